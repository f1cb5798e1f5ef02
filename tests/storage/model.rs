//! The store against a map in memory, across restarts.

use crate::writer::{Writer, commit, content, replica, stamp};
use crate::{ALL, close, open, reopen};
use greenroom::chat::Change;
use greenroom::crdt::{Body, Dot, Entry, Stamp};
use greenroom::id::Offset;
use greenroom::storage::{Durability, PageLimits, check};
use proptest::prelude::*;
use std::collections::BTreeMap;

const ROOMS: usize = 3;

#[derive(Debug, Clone)]
enum Step {
    Post {
        room: usize,
        replica: u8,
        size: usize,
    },
    Edit {
        room: usize,
        of: usize,
        size: usize,
    },
    Delete {
        room: usize,
        of: usize,
    },
    Purge {
        room: usize,
        back: u64,
    },
    Commit {
        room: usize,
    },
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let room = 0..ROOMS;
    prop_oneof![
        6 => (room.clone(), 0..4_u8, 0..3000_usize)
            .prop_map(|(room, replica, size)| Step::Post { room, replica, size }),
        3 => (room.clone(), 0..50_usize, 0..3000_usize)
            .prop_map(|(room, of, size)| Step::Edit { room, of, size }),
        2 => (room.clone(), 0..50_usize).prop_map(|(room, of)| Step::Delete { room, of }),
        1 => (room.clone(), 0..20_u64).prop_map(|(room, back)| Step::Purge { room, back }),
        6 => room.prop_map(|room| Step::Commit { room }),
        1 => Just(Step::Reopen),
    ]
}

/// What a reader must see.
#[derive(Default)]
struct Model {
    log: BTreeMap<Offset, Entry>,
    posts: Vec<Dot>,
    /// Deleted by what is committed.
    deleted: Vec<Dot>,
    /// Deleted by what is written, committed or not.
    doomed: Vec<Dot>,
    purged: Option<Stamp>,
}

impl Model {
    fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Append(record) => {
                    if let Body::Delete { target } = record.entry.op.body {
                        self.deleted.push(target);
                    }
                    self.log.insert(record.entry.offset, record.entry.clone());
                }
                Change::PurgeUpTo(stamp) => self.purged = Some(*stamp),
                _ => {}
            }
        }
        for entry in self.log.values_mut() {
            let about = match entry.op.body {
                Body::Post { .. } => Some(entry.op.dot),
                Body::Edit { target, .. } => Some(target),
                _ => None,
            };
            let deleted = about.is_some_and(|dot| self.deleted.contains(&dot));
            if deleted || Some(entry.stamp) <= self.purged {
                entry.op.purge();
            }
        }
    }
}

fn edit_or_post(writer: &mut Writer, model: &mut Model, step: &Step) {
    match step {
        Step::Post {
            replica: by, size, ..
        } => {
            let content = Some(content(&"p".repeat(*size)));
            let dot = writer.op_of(
                replica(*by + 1),
                Body::Post {
                    thread: None,
                    content,
                },
            );
            model.posts.push(dot);
        }
        Step::Edit { of, size, .. } => {
            if let Some(target) = pick(model, *of) {
                // As the room does: an edit of a deleted message arrives without a body.
                let content =
                    (!model.doomed.contains(&target)).then(|| content(&"e".repeat(*size)));
                writer.op(Body::Edit { target, content });
            }
        }
        Step::Delete { of, .. } => {
            if let Some(target) = pick(model, *of)
                && !model.doomed.contains(&target)
            {
                writer.delete(target);
                model.doomed.push(target);
            }
        }
        Step::Purge { back, .. } => {
            let up_to = stamp(writer.head.offset.get().saturating_sub(*back));
            if Some(up_to) > writer.head.purged_up_to {
                writer.purge(up_to);
            }
        }
        Step::Commit { .. } | Step::Reopen => {}
    }
}

fn pick(model: &Model, of: usize) -> Option<Dot> {
    let count = model.posts.len();
    (count > 0).then(|| model.posts[of % count])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn the_store_agrees_with_a_map(steps in prop::collection::vec(step(), 1..80)) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut db = open(folder.path());
        let mut writers: Vec<_> = (1..=ROOMS as u8).map(Writer::new).collect();
        let mut models: Vec<_> = (0..ROOMS).map(|_| Model::default()).collect();
        for step in &steps {
            match step {
                Step::Post { room, .. } | Step::Edit { room, .. } | Step::Delete { room, .. }
                | Step::Purge { room, .. } => {
                    edit_or_post(&mut writers[*room], &mut models[*room], step);
                }
                Step::Commit { room } => {
                    let batch = writers[*room].take(Durability::Durable);
                    models[*room].apply(&batch.changes);
                    commit(&db.1, batch).expect("committed");
                }
                Step::Reopen => db = reopen(folder.path(), db),
            }
        }
        db = reopen(folder.path(), db);
        for (writer, model) in writers.iter().zip(&models) {
            let last = model.log.keys().next_back().copied().unwrap_or(Offset::MIN);
            let page = db.0.read_log(writer.room, Offset::MIN, last, ALL).expect("read");
            let expected: Vec<_> = model.log.values().cloned().collect();
            prop_assert_eq!(&page.entries, &expected);
            // Page by page, forwards and backwards, it is the same log.
            let limits = PageLimits { items: 7, bytes: 4000 };
            let mut paged = Vec::new();
            let mut at = Offset::MIN;
            while at < last {
                let page = db.0.read_log(writer.room, at, last, limits).expect("read");
                prop_assert!(page.next > at);
                at = page.next;
                paged.extend(page.entries);
            }
            prop_assert_eq!(&paged, &expected);
            let mut at = last.next();
            let mut back = Vec::new();
            while at.get() > 1 {
                let page = db.0.read_back(writer.room, at, limits).expect("read");
                at = page.next;
                back.extend(page.entries.into_iter().rev());
            }
            back.reverse();
            prop_assert_eq!(&back, &expected);
            let dots: Vec<_> = expected.iter().map(|e| e.op.dot).collect();
            let known = db.0.lookup(writer.room, &dots).expect("read");
            for entry in &expected {
                let known = &known[&entry.op.dot];
                prop_assert_eq!(known.offset, entry.offset);
                prop_assert_eq!(&known.body, &entry.op.body);
                prop_assert_eq!(known.deleted, model.deleted.contains(&entry.op.dot));
            }
        }
        let report = check(&db.0);
        prop_assert!(report.is_clean(), "{:?}", report.problems);
        close(db);
    }
}
