//! Deleted and purged bodies: unreadable at once, off the disk soon; headers and fingerprints stay.

use crate::writer::{Writer, content, fence, offset, replica, stamp};
use crate::{ALL, close, open};
use greenroom::crdt::{Body, Dot, Entry};
use greenroom::id::Offset;
use greenroom::storage::{Committer, Store, check};

fn text(entry: &Entry) -> Option<&str> {
    match &entry.op.body {
        Body::Post { content, .. } | Body::Edit { content, .. } => {
            content.as_ref().map(|content| content.text.as_str())
        }
        _ => None,
    }
}

fn texts(store: &Store, writer: &Writer) -> Vec<Option<String>> {
    let page = store
        .read_log(writer.room, Offset::MIN, writer.head.offset, ALL)
        .expect("read");
    page.entries
        .iter()
        .map(|entry| text(entry).map(Into::into))
        .collect()
}

/// Waits until the committer has nothing left to scrub. It does a slice after each answer, so of three answers without
/// a slice the second at least had nothing to do.
fn scrubbed(committer: &Committer, writer: &Writer) {
    const ROUND_TRIPS_MAX: u64 = 10_000;
    let (mut slices, mut same) = (0, 0);
    for _ in 0..ROUND_TRIPS_MAX {
        fence(committer, writer.room).expect("durable");
        let now = committer.stats().scrub_slices.get();
        same = if now == slices { same + 1 } else { 0 };
        if same == 3 {
            return;
        }
        slices = now;
    }
    panic!("still scrubbing");
}

#[test]
fn a_delete_takes_the_message_and_its_edits_in_the_same_batch() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, committer) = open(folder.path());
    let mut writer = Writer::new(1);
    let kept = writer.post("kept");
    let post = writer.post("secret");
    writer.edit(post, "secret 2");
    writer.edit(kept, "kept 2");
    writer.commit(&committer).expect("committed");
    // An edit and the delete in one batch: the strip must see what is not applied yet.
    writer.edit(post, "secret 3");
    writer.delete(post);
    writer.commit(&committer).expect("committed");
    let expected = [Some("kept"), None, None, Some("kept 2"), None, None];
    assert_eq!(
        texts(&store, &writer),
        expected.map(|t| t.map(str::to_owned))
    );
    let known = store.lookup(writer.room, &[post]).expect("read");
    assert_eq!(known[&post].fingerprint.0, [2; 16]);
    assert!(known[&post].deleted);
    let report = check(&store);
    assert!(report.is_clean(), "{:?}", report.problems);
    close((store, committer));
    let mut export = Vec::new();
    let (store, committer) = open(folder.path());
    greenroom::storage::export(&store, &mut export).expect("exported");
    assert!(!String::from_utf8(export).expect("JSON").contains("secret"));
    close((store, committer));
}

#[test]
fn more_edits_than_a_batch_rewrites_are_hidden_at_once_and_scrubbed_later() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, committer) = open(folder.path());
    let mut writer = Writer::new(1);
    let post = writer.post("secret");
    for i in 0..3_000 {
        writer.edit(post, &format!("secret {i}"));
        if i % 250 == 0 {
            writer.commit(&committer).expect("committed");
        }
    }
    writer.delete(post);
    writer.commit(&committer).expect("committed");
    assert!(texts(&store, &writer).iter().all(Option::is_none));
    scrubbed(&committer, &writer);
    let report = check(&store);
    assert!(report.is_clean(), "{:?}", report.problems);
    assert!(committer.stats().scrub_slices.get() >= 2);
}

#[test]
fn a_purge_hides_at_once_and_scrubbing_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(folder.path());
    let mut writer = Writer::new(1);
    let dots: Vec<Dot> = (0..1_000)
        .map(|i| writer.post(&format!("post {i}")))
        .collect();
    writer.commit(&db.1).expect("committed");
    writer.purge(stamp(900));
    writer.commit(&db.1).expect("committed");
    let visible = |store: &Store, writer: &Writer| texts(store, writer).iter().flatten().count();
    assert_eq!(visible(&db.0, &writer), 100);
    let since = db.0.read_back(writer.room, offset(902), ALL).expect("read");
    assert_eq!(since.entries.iter().filter_map(text).count(), 1);
    let known =
        db.0.lookup(writer.room, &[dots[0], dots[900]])
            .expect("read");
    assert_eq!(known[&dots[0]].posts, 1);
    assert_eq!(
        known[&dots[0]].body,
        Body::Post {
            thread: None,
            content: None
        }
    );
    assert_eq!(
        known[&dots[900]].body,
        Body::Post {
            thread: None,
            content: Some(content("post 900"))
        }
    );
    // Closed at once: most of it is not scrubbed yet.
    close(db);
    let db = open(folder.path());
    scrubbed(&db.1, &writer);
    assert_eq!(visible(&db.0, &writer), 100);
    let report = check(&db.0);
    assert!(report.is_clean(), "{:?}", report.problems);
    let job = db.1.stats().scrub_slices.get();
    // A later purge goes on where the first ended.
    writer.purge(stamp(950));
    writer.commit(&db.1).expect("committed");
    scrubbed(&db.1, &writer);
    assert_eq!(visible(&db.0, &writer), 50);
    assert!(db.1.stats().scrub_slices.get() - job <= 2);
    let report = check(&db.0);
    assert!(report.is_clean(), "{:?}", report.problems);
}

#[test]
fn a_purge_takes_unknown_fields_and_leaves_the_known_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(folder.path());
    let mut writer = Writer::new(1);
    let topic = Body::Topic { text: "t".into() };
    for text in ["old", "new"] {
        let extra = [("x".to_owned(), text.into())].into();
        writer.op_with(replica(1), topic.clone(), extra);
    }
    writer.purge(stamp(1));
    writer.commit(&db.1).expect("committed");
    scrubbed(&db.1, &writer);
    let log =
        db.0.read_log(writer.room, Offset::MIN, writer.head.offset, ALL)
            .expect("read");
    let [old, new] = &log.entries[..] else {
        panic!("two entries");
    };
    assert_eq!((&old.op.body, &new.op.body), (&topic, &topic));
    assert!(old.op.extra.is_empty());
    assert_eq!(new.op.extra["x"], "new");
    let report = check(&db.0);
    assert!(report.is_clean(), "{:?}", report.problems);
}
