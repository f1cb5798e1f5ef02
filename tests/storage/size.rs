//! The largest values that are allowed never leave sled's main file: nothing fsyncs the files under `blobs/`.

use crate::writer::{Writer, content};
use crate::{close, open};
use greenroom::crdt::Body;
use greenroom::storage::{CommitError, VALUE_BYTES_MAX, check};
use std::fs;

#[test]
fn the_largest_values_leave_blobs_empty() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(folder.path());
    let mut writer = Writer::new(1);
    // What else is in the record and its seal, a little rounded up.
    let largest = "x".repeat(VALUE_BYTES_MAX - 200);
    let post = writer.post("first");
    for i in 0..400 {
        match i % 3 {
            0 => writer.edit(post, &largest),
            _ => writer.post(&largest),
        };
        if i % 40 == 0 {
            writer.commit(&db.1).expect("committed");
        }
    }
    writer.commit(&db.1).expect("committed");
    // Rewriting large values, and merging what has become small.
    writer.delete(post);
    writer.purge(writer.head.stamp);
    writer.commit(&db.1).expect("committed");
    let db = crate::reopen(folder.path(), db);
    let report = check(&db.0);
    assert!(report.is_clean(), "{:?}", report.problems);
    close(db);
    let blobs = fs::read_dir(folder.path().join("db/sled/blobs")).expect("sled makes it");
    assert_eq!(blobs.count(), 0);
}

#[test]
fn a_value_above_the_limit_is_refused_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, committer) = open(folder.path());
    let mut writer = Writer::new(1);
    writer.post("fits");
    writer.commit(&committer).expect("committed");
    let before = writer.clone();
    writer.post("fits, too");
    writer.op(Body::Post {
        thread: None,
        content: Some(content(&"x".repeat(VALUE_BYTES_MAX))),
    });
    let error = writer.commit(&committer).expect_err("too large");
    assert!(matches!(error, CommitError::TooLarge { .. }), "{error}");
    let room = store.load_room(writer.room).expect("read").expect("a room");
    assert_eq!(room.head, before.head);
    let mut writer = before;
    writer.post("goes on");
    writer.commit(&committer).expect("nothing is poisoned");
}
