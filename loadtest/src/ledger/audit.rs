//! The comparison at the end of a run: every ledger against a fresh full sync.

use crate::content::{self, DUE_FIELD, entry_hash};
use greenroom::crdt::{Body, Dot, Entry};
use greenroom::id::{Counter, ReplicaId, RoomId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

/// A writer's ledger of one room, as it is handed in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AuthorRecord {
    pub(crate) room: RoomId,
    pub(crate) replica: ReplicaId,
    /// Counter and offset of everything acked.
    pub(crate) acks: Vec<(u64, u64)>,
    /// Acks that contradicted each other.
    pub(crate) conflicts: u64,
    /// Written and never acked.
    pub(crate) unacked: u64,
}

/// A reader's ledger of one room, as it is handed in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ViewRecord {
    pub(crate) room: RoomId,
    pub(crate) start: u64,
    pub(crate) cursor: u64,
    pub(crate) digest: u64,
    pub(crate) duplicated: u64,
    pub(crate) out_of_order: u64,
    /// Whether it was connected and reading to the end: then it must have seen everything.
    pub(crate) reading: bool,
}

/// What does not fit. All zero is what Greenroom promises.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Findings {
    /// Acked ops that are not in the log at their offset.
    pub(crate) lost_acked: u64,
    /// Ops stored twice, delivered twice, or acked at two places.
    pub(crate) duplicated: u64,
    /// Entries delivered before one they follow, and gaps in the stored log.
    pub(crate) out_of_order: u64,
    /// Readers that were there to the end and did not see the end of the log.
    pub(crate) behind: u64,
    /// Readers whose entries are not those of the log.
    pub(crate) views_differ: u64,
    /// Posts whose text is not what their author wrote.
    pub(crate) wrong_content: u64,
    /// Ops in the logs that were compared.
    pub(crate) stored: u64,
    /// Readers that were compared.
    pub(crate) views: u64,
}

/// A room's log as a fresh full sync brought it.
#[derive(Debug, Default)]
pub(crate) struct Log {
    places: HashMap<Dot, u64>,
    /// By offset: the sum of hashes up to it.
    sums: Vec<u64>,
    twice: u64,
    gaps: u64,
    wrong: u64,
}

impl Log {
    /// Takes entries in the order they came.
    pub(crate) fn new<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut log = Self {
            sums: vec![0],
            ..Self::default()
        };
        for entry in entries {
            log.push(entry);
        }
        log
    }

    fn push(&mut self, entry: &Entry) {
        let (offset, dot) = (entry.offset.get(), entry.op.dot);
        self.gaps += u64::from(offset != self.sums.len() as u64);
        match self.places.entry(dot) {
            Slot::Occupied(_) => self.twice += 1,
            Slot::Vacant(slot) => {
                slot.insert(offset);
            }
        }
        let before = *self.sums.last().expect("it begins with one");
        self.sums.push(before.wrapping_add(entry_hash(offset, dot)));
        if let Body::Post {
            content: Some(content),
            ..
        } = &entry.op.body
            && content.extra.contains_key(DUE_FIELD)
        {
            let expected = content::text(dot, content.text.len());
            self.wrong += u64::from(content.text != expected);
        }
    }

    /// The newest offset.
    pub(crate) fn head(&self) -> u64 {
        self.sums.len() as u64 - 1
    }

    /// Compares the ledgers of this room with it.
    pub(crate) fn compare<'a>(
        &self,
        authors: impl IntoIterator<Item = &'a AuthorRecord>,
        views: impl IntoIterator<Item = &'a ViewRecord>,
    ) -> Findings {
        let mut found = Findings {
            stored: self.head(),
            duplicated: self.twice,
            out_of_order: self.gaps,
            wrong_content: self.wrong,
            ..Findings::default()
        };
        for author in authors {
            found.duplicated += author.conflicts;
            for (counter, offset) in &author.acks {
                let stored = Counter::try_from(*counter)
                    .ok()
                    .and_then(|counter| self.places.get(&Dot::new(author.replica, counter)));
                found.lost_acked += u64::from(stored != Some(offset));
            }
        }
        for view in views {
            found.views += 1;
            found.duplicated += view.duplicated;
            found.out_of_order += view.out_of_order;
            found.behind += u64::from(view.reading && view.cursor < self.head());
            found.views_differ += u64::from(!self.agrees(view));
        }
        found
    }

    fn agrees(&self, view: &ViewRecord) -> bool {
        if view.out_of_order > 0 {
            return true; // already counted for what it is
        }
        let sum = |offset: u64| {
            usize::try_from(offset)
                .ok()
                .and_then(|offset| self.sums.get(offset))
        };
        match (sum(view.start), sum(view.cursor)) {
            (Some(start), Some(end)) => end.wrapping_sub(*start) == view.digest,
            _ => false,
        }
    }
}

impl Findings {
    /// Adds another room's.
    pub(crate) fn add(&mut self, other: &Self) {
        self.lost_acked += other.lost_acked;
        self.duplicated += other.duplicated;
        self.out_of_order += other.out_of_order;
        self.behind += other.behind;
        self.views_differ += other.views_differ;
        self.wrong_content += other.wrong_content;
        self.stored += other.stored;
        self.views += other.views;
    }

    /// Whether every promise was kept.
    pub(crate) const fn clean(&self) -> bool {
        self.lost_acked == 0
            && self.duplicated == 0
            && self.out_of_order == 0
            && self.behind == 0
            && self.views_differ == 0
            && self.wrong_content == 0
    }
}

#[cfg(test)]
mod tests {
    use super::super::View;
    use super::*;
    use greenroom::crdt::{Hlc, Op, Stamp};
    use greenroom::id::Offset;

    fn dot(replica: u8, counter: u64) -> Dot {
        let counter = Counter::try_from(counter).expect("positive");
        Dot::new(ReplicaId::from_bytes([replica; 8]), counter)
    }

    fn entry(offset: u64, dot: Dot) -> Entry {
        Entry {
            offset: Offset::try_from(offset).expect("small"),
            stamp: Stamp::default(),
            op: Op {
                dot,
                hlc: Hlc::default(),
                author: None,
                body: content::post(dot, 40, 1),
                extra: std::collections::BTreeMap::new(),
            },
        }
    }

    fn room() -> RoomId {
        RoomId::from_bytes([0; 16])
    }

    fn author(acks: &[(u64, u64)]) -> AuthorRecord {
        AuthorRecord {
            room: room(),
            replica: ReplicaId::from_bytes([1; 8]),
            acks: acks.to_vec(),
            conflicts: 0,
            unacked: 0,
        }
    }

    fn view(entries: &[Entry]) -> ViewRecord {
        let mut view = View::default();
        for entry in entries {
            view.note(entry.offset.get(), entry.op.dot);
        }
        ViewRecord {
            room: room(),
            start: view.start().expect("something was seen"),
            cursor: view.cursor(),
            digest: view.digest(),
            duplicated: view.duplicated(),
            out_of_order: view.out_of_order(),
            reading: true,
        }
    }

    fn log() -> Vec<Entry> {
        (1..=6)
            .map(|n| entry(n, dot(1 + (n % 2) as u8, n.div_ceil(2))))
            .collect()
    }

    #[test]
    fn what_fits_finds_nothing() {
        let entries = log();
        let found = Log::new(&entries).compare(
            [&author(&[(1, 2), (2, 4), (3, 6)])],
            [&view(&entries), &view(&entries[3..])],
        );
        assert!(found.clean(), "{found:?}");
        assert_eq!((found.stored, found.views), (6, 2));
    }

    #[test]
    fn a_lost_or_moved_ack_is_found() {
        let entries = log();
        let found = Log::new(&entries).compare([&author(&[(1, 2), (2, 5), (9, 7)])], []);
        assert_eq!(found.lost_acked, 2);
    }

    #[test]
    fn an_op_stored_twice_is_found() {
        let mut entries = log();
        entries.push(entry(7, dot(1, 1)));
        assert_eq!(Log::new(&entries).compare([], []).duplicated, 1);
    }

    #[test]
    fn a_reader_that_saw_another_log_or_not_the_end_is_found() {
        let entries = log();
        let mut other = entries.clone();
        other[2] = entry(3, dot(9, 1));
        let found = Log::new(&entries).compare([], [&view(&other), &view(&entries[..4])]);
        assert_eq!((found.views_differ, found.behind), (1, 1));
    }

    #[test]
    fn a_gap_and_a_changed_text_are_found() {
        let mut entries = log();
        if let Body::Post {
            content: Some(content),
            ..
        } = &mut entries[1].op.body
        {
            content.text.replace_range(0..1, "X");
        }
        entries.remove(4);
        let found = Log::new(&entries).compare([], []);
        assert_eq!((found.wrong_content, found.out_of_order), (1, 1));
    }
}
