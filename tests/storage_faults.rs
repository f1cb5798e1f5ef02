//! A failed write, flush or fsync: no false answer, no answer ever again, reads go on.
//!
//! Needs `--features failpoints`. Fail points are global to the process: a program of its own, with one test.
#![cfg(feature = "failpoints")]
#![allow(missing_docs, unreachable_pub, reason = "a test program has no API")]

#[path = "storage/writer.rs"]
#[allow(dead_code, reason = "shared with the other storage tests")]
mod writer;

use greenroom::id::Offset;
use greenroom::storage::{
    CommitError, Committer, Durability, Fault, Health, KeySource, PageLimits, Store, StoreConfig,
};
use std::path::Path;
use writer::{Writer, commit, fence};
use zeroize::Zeroizing;

const ALL: PageLimits = PageLimits {
    items: usize::MAX,
    bytes: usize::MAX,
};

fn open(folder: &Path) -> (Store, Committer) {
    let key = KeySource::Given(Zeroizing::new([7; 32]));
    Store::open(&StoreConfig::new(folder.join("db"), key)).expect("the database opens")
}

fn poisoned(point: &str, kind: &str, expected: &Fault) {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, committer) = open(folder.path());
    let mut writer = Writer::new(1);
    writer.post("acknowledged");
    writer.commit(&committer).expect("committed");
    assert_eq!(committer.health(), Health::Ok);
    let acknowledged = writer.head.offset;

    fail::cfg(point, &format!("1*return({kind})")).expect("a fail point");
    writer.post("not acknowledged");
    let error = CommitError::ReadOnly(expected.clone());
    assert_eq!(writer.commit(&committer), Err(error.clone()), "{point}");
    assert_eq!(committer.health(), Health::ReadOnly(expected.clone()));
    // The disk works again, and it makes no difference.
    writer.post("too late");
    let late = commit(&committer, writer.take(Durability::Lazy));
    assert_eq!(late, Err(error.clone()));
    assert_eq!(fence(&committer, writer.room), Err(error));
    let page = store
        .read_log(writer.room, Offset::MIN, acknowledged, ALL)
        .expect("reads go on");
    assert_eq!(page.entries.len(), 1);
    committer.close();
    drop((store, committer));

    let (store, committer) = open(folder.path());
    assert_eq!(committer.health(), Health::Ok);
    let room = store.load_room(writer.room).expect("read").expect("a room");
    assert!(room.head.offset >= acknowledged);
    assert!(greenroom::storage::check(&store).is_clean());
}

#[test]
fn a_failure_poisons_the_committer_until_a_restart() {
    let io = Fault::Io("injected by a fail point".into());
    for point in ["committer::apply", "committer::flush", "committer::sync"] {
        poisoned(point, "io", &io);
        poisoned(point, "full", &Fault::DiskFull);
    }
}
