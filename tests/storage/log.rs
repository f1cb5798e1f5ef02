//! What is committed is read, whole and in order, also after a restart.

use crate::writer::{Writer, commit, fence, member, offset, replica, settings, user};
use crate::{ALL, open, reopen};
use greenroom::chat::Change;
use greenroom::crdt::{Standing, VersionVector, Visibility};
use greenroom::id::{Offset, RoomId};
use greenroom::storage::{CommitError, Durability, PageLimits};

#[test]
fn a_room_comes_back_as_it_was_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(folder.path());
    let mut writer = Writer::new(1);
    let first = writer.post("first");
    writer.edit(first, "first, edited");
    writer.post("second");
    let batch = writer.take(Durability::Durable);
    commit(&db.1, batch.clone()).expect("committed");
    let (node, key) = (db.0.node(), db.0.signing_key());
    let before = db.0.load_room(writer.room).expect("read").expect("a room");

    let db = reopen(folder.path(), db);
    assert_eq!((db.0.node(), db.0.signing_key()), (node, key));
    let after = db.0.load_room(writer.room).expect("read").expect("a room");
    assert_eq!(after, before);
    assert_eq!(after.head, writer.head);
    assert_eq!(after.settings, settings(Visibility::Public));
    let (counter, owner) = &after.replicas[&replica(1)];
    assert_eq!(counter.map(|c| c.get()), Some(3));
    assert_eq!(owner.as_ref().map(|o| &o.user), Some(&user("ann")));
    let page =
        db.0.read_log(writer.room, Offset::MIN, after.head.offset, ALL)
            .expect("read");
    let appended: Vec<_> = batch
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::Append(record) => Some(record.entry.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(page.entries, appended);
    assert_eq!(page.next, offset(3));
    assert_eq!(
        db.0.load_room(RoomId::from_bytes([9; 16])).expect("read"),
        None
    );
}

#[test]
fn pages_respect_their_limits_and_the_durable_head() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, committer) = open(folder.path());
    let mut writer = Writer::new(1);
    for i in 0..10 {
        writer.post(&format!("post {i}"));
    }
    writer.commit(&committer).expect("committed");
    let limits = PageLimits {
        items: 4,
        bytes: usize::MAX,
    };
    let read = |after, up_to, limits| {
        let page = store
            .read_log(writer.room, offset(after), offset(up_to), limits)
            .expect("read");
        let offsets: Vec<u64> = page.entries.iter().map(|e| e.offset.get()).collect();
        (offsets, page.next.get())
    };
    assert_eq!(read(0, 10, limits), (vec![1, 2, 3, 4], 4));
    assert_eq!(read(8, 10, limits), (vec![9, 10], 10));
    assert_eq!(read(2, 3, limits), (vec![3], 3));
    assert_eq!(read(10, 10, limits), (vec![], 10));
    assert_eq!(read(10, 5, limits), (vec![], 10));
    let tiny = PageLimits { items: 4, bytes: 1 };
    assert_eq!(read(0, 10, tiny), (vec![1], 1), "never stuck");

    let back = |before, limits| {
        let page = store
            .read_back(writer.room, offset(before), limits)
            .expect("read");
        let offsets: Vec<u64> = page.entries.iter().map(|e| e.offset.get()).collect();
        (offsets, page.next.get())
    };
    assert_eq!(back(11, limits), (vec![7, 8, 9, 10], 7));
    assert_eq!(back(3, limits), (vec![1, 2], 1));
    assert_eq!(back(1, limits), (vec![], 0));
    assert_eq!(back(0, limits), (vec![], 0));
}

#[test]
fn a_version_vector_leaves_out_what_the_reader_has() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, committer) = open(folder.path());
    let mut writer = Writer::new(1);
    let mut dots = Vec::new();
    for i in 0..12 {
        let body = greenroom::crdt::Body::Topic {
            text: format!("topic {i}"),
        };
        dots.push(writer.op_of(replica(i % 3), body));
    }
    writer.commit(&committer).expect("committed");
    let mut vector = VersionVector::default();
    assert_eq!(
        store.start_of(writer.room, &vector).expect("read"),
        offset(0)
    );
    // All of replica 0, nothing of 1 is missing after its second op, and everything of 2.
    for dot in [dots[9], dots[4], dots[11]] {
        vector.advance(dot);
    }
    let start = store.start_of(writer.room, &vector).expect("read");
    assert_eq!(start, offset(7));
    let page = store
        .read_since(writer.room, &vector, start, offset(12), ALL)
        .expect("read");
    let found: Vec<_> = page.entries.iter().map(|e| e.op.dot).collect();
    assert_eq!(found, [dots[7], dots[10]]);
    assert_eq!(page.next, offset(12));
    vector.advance(dots[10]);
    assert_eq!(
        store.start_of(writer.room, &vector).expect("read"),
        offset(12)
    );
}

#[test]
fn the_dot_index_finds_every_op() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, committer) = open(folder.path());
    let mut writer = Writer::new(1);
    let post = writer.post("hello");
    let gone = writer.post("gone");
    writer.delete(gone);
    writer.commit(&committer).expect("committed");
    let mut elsewhere = Writer::new(2);
    let unknown = elsewhere.op_of(
        replica(9),
        greenroom::crdt::Body::Topic { text: "x".into() },
    );
    let known = store
        .lookup(writer.room, &[post, gone, unknown])
        .expect("read");
    assert_eq!(known.len(), 2);
    assert_eq!(known[&post].offset, offset(1));
    assert_eq!(known[&post].posts, 1);
    assert!(!known[&post].deleted);
    assert!(known[&gone].deleted);
    assert_eq!(known[&gone].fingerprint.0, [2; 16]);
}

#[test]
fn a_batch_that_does_not_continue_the_log_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, committer) = open(folder.path());
    let mut writer = Writer::new(1);
    writer.post("one");
    writer.commit(&committer).expect("committed");
    let mut other = writer.clone();
    writer.post("two");
    writer.commit(&committer).expect("committed");
    // Another incarnation that did not wait for the fence.
    other.post("two, too");
    other.change(Change::Settings(settings(Visibility::Private)));
    assert_eq!(
        other.commit(&committer),
        Err(CommitError::Conflict { stored: offset(2) })
    );
    let room = store.load_room(writer.room).expect("read").expect("a room");
    assert_eq!(room.settings.visibility, Visibility::Public);
    writer.post("three");
    writer
        .commit(&committer)
        .expect("a conflict poisons nothing");
}

#[test]
fn lists_follow_members_and_settings() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, committer) = open(folder.path());
    let mut writers: Vec<_> = (1..=5).map(Writer::new).collect();
    for writer in &mut writers {
        writer.commit(&committer).expect("committed");
    }
    let ann = user("ann");
    let rooms = |after: Option<usize>, limit| {
        let after = after.map(|i: usize| writers[i].room);
        let list = store.rooms_of(&ann, after, limit).expect("read");
        let numbers: Vec<u8> = list.rooms.iter().map(|room| room.as_bytes()[0]).collect();
        (numbers, list.more)
    };
    assert_eq!(rooms(None, 3), (vec![1, 2, 3], true));
    assert_eq!(rooms(Some(2), 3), (vec![4, 5], false));
    assert_eq!(rooms(None, 5), (vec![1, 2, 3, 4, 5], false));
    assert_eq!(
        store.rooms_of(&user("an"), None, 5).expect("read").rooms,
        []
    );
    let mut left = writers[1].clone();
    left.change(Change::Member {
        user: ann.clone(),
        member: member(Standing::Left),
    });
    left.change(Change::Settings(settings(Visibility::Private)));
    left.commit(&committer).expect("committed");
    assert_eq!(rooms(None, 5), (vec![1, 3, 4, 5], false));
    let public = store.public_rooms(None, 2).expect("read");
    assert_eq!(public.rooms, [writers[0].room, writers[2].room]);
    assert!(public.more);
    let second = store.next_room(Some(writers[0].room)).expect("read");
    assert_eq!(second, Some(writers[1].room), "private rooms are rooms");
}

#[test]
fn lazy_batches_are_applied_in_order_and_answered_by_the_next_fsync() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = crate::config(folder.path());
    config.lazy_delay = std::time::Duration::from_secs(3600);
    let db = greenroom::storage::Store::open(&config).expect("open");
    let mut writer = Writer::new(1);
    writer.commit(&db.1).expect("committed");
    writer.post("lazy");
    let (tell, told) = std::sync::mpsc::sync_channel(1);
    let batch = writer.take(Durability::Lazy);
    let done = Box::new(move |result| tell.send(result).expect("the test waits"));
    db.1.commit(batch, done).expect("room in the queue");
    writer.post("durable");
    writer.commit(&db.1).expect("committed");
    let lazy = told.try_recv().expect("answered before the later batch");
    assert_eq!(lazy.expect("committed").head, offset(1));
    fence(&db.1, writer.room).expect("durable");
    assert_eq!(db.1.stats().batches.get(), 3);
}

#[test]
fn a_closed_committer_answers_what_comes_late() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, committer) = open(folder.path());
    let mut writer = Writer::new(1);
    writer.post("in time");
    let batch = writer.take(Durability::Lazy);
    let (tell, told) = std::sync::mpsc::sync_channel(1);
    let done = Box::new(move |result| tell.send(result).expect("the test waits"));
    committer.commit(batch, done).expect("room in the queue");
    committer.close();
    told.recv().expect("answered").expect("committed at close");
    writer.post("late");
    assert_eq!(writer.commit(&committer), Err(CommitError::Closed));
    assert_eq!(fence(&committer, writer.room), Err(CommitError::Closed));
    committer.close();
    assert!(store.load_room(writer.room).expect("reads go on").is_some());
}
