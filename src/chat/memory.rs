//! What a room still knows of its newest entries, so that it never depends on what storage has not written yet.

use super::limits::{REMEMBERED_MAX, UNSETTLED_MAX};
use super::{Fingerprint, Known};
use crate::crdt::{Body, Dot, Stamp, VoidCode};
use crate::id::{Offset, UserId};
use std::collections::{HashMap, VecDeque};

/// What acceptance needs to know of a stored op: [`Known`] without the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fact {
    pub(super) offset: Offset,
    pub(super) stamp: Stamp,
    pub(super) author: Option<UserId>,
    pub(super) fingerprint: Fingerprint,
    pub(super) kind: Kind,
    pub(super) deleted: bool,
    pub(super) posts: u64,
}

/// What matters of a body to later ops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A message that is not a reply.
    Root,
    /// A message in a thread.
    Reply,
    /// Refused for good.
    Void(VoidCode),
    /// Anything that nothing can be about.
    Other,
}

impl Kind {
    pub(super) const fn of(body: &Body) -> Self {
        match body {
            Body::Post { thread: None, .. } => Self::Root,
            Body::Post {
                thread: Some(_), ..
            } => Self::Reply,
            Body::Void { code } => Self::Void(*code),
            Body::Edit { .. }
            | Body::Delete { .. }
            | Body::Reaction { .. }
            | Body::Pin { .. }
            | Body::Topic { .. }
            | Body::Member { .. }
            | Body::Room { .. }
            | Body::Purge { .. }
            | Body::Other { .. } => Self::Other,
        }
    }

    pub(super) const fn is_message(self) -> bool {
        matches!(self, Self::Root | Self::Reply)
    }
}

impl From<&Known> for Fact {
    fn from(known: &Known) -> Self {
        Self {
            offset: known.offset,
            stamp: known.stamp,
            author: known.author.clone(),
            fingerprint: known.fingerprint,
            kind: Kind::of(&known.body),
            deleted: known.deleted,
            posts: known.posts,
        }
    }
}

/// The facts of entries that may not be on disk, and of some that are.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    facts: HashMap<Dot, Remembered>,
    /// What each append noted, oldest first.
    order: VecDeque<(Offset, Dot)>,
    /// Up to here storage can be read.
    settled: Offset,
}

#[derive(Debug, Clone)]
struct Remembered {
    fact: Fact,
    /// Forgotten no earlier than the entry at this offset.
    keep: Offset,
}

impl Memory {
    /// A memory of a log that is on disk up to `settled`.
    pub(super) fn new(settled: Offset) -> Self {
        Self {
            facts: HashMap::new(),
            order: VecDeque::new(),
            settled,
        }
    }

    pub(super) fn get(&self, dot: Dot) -> Option<&Fact> {
        self.facts.get(&dot).map(|remembered| &remembered.fact)
    }

    /// Notes what the entry at `at` says of `dot`. Nothing is forgotten here: what a command was told it need not look up
    /// must be at hand until the command is handled.
    pub(super) fn note(&mut self, at: Offset, dot: Dot, fact: Fact) {
        self.facts.insert(dot, Remembered { fact, keep: at });
        self.order.push_back((at, dot));
    }

    /// Whether too much is on its way to the disk to take more.
    pub(super) fn is_full(&self, head: Offset) -> bool {
        head.get().saturating_sub(self.settled.get()) >= UNSETTLED_MAX as u64
    }

    /// Entries up to `offset` can be read from storage.
    pub(super) fn settle(&mut self, offset: Offset) {
        self.settled = self.settled.max(offset);
        self.forget();
    }

    fn forget(&mut self) {
        while self.order.len() > REMEMBERED_MAX {
            match self.order.front() {
                Some((at, dot)) if *at <= self.settled => {
                    if self.facts.get(dot).is_some_and(|r| r.keep <= *at) {
                        self.facts.remove(dot);
                    }
                    self.order.pop_front();
                }
                _ => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Counter, ReplicaId};

    fn offset(n: u64) -> Offset {
        Offset::try_from(n).expect("in range")
    }

    fn dot(n: u64) -> Dot {
        let counter = Counter::try_from(n).expect("from 1");
        Dot::new(ReplicaId::from_bytes([1; 8]), counter)
    }

    fn fact(deleted: bool) -> Fact {
        Fact {
            offset: offset(1),
            stamp: Stamp::default(),
            author: None,
            fingerprint: Fingerprint([0; 16]),
            kind: Kind::Root,
            deleted,
            posts: 1,
        }
    }

    #[test]
    fn only_what_is_on_disk_is_forgotten_and_the_oldest_first() {
        let mut memory = Memory::new(Offset::MIN);
        let many = REMEMBERED_MAX as u64 + 9;
        for n in 1..=many {
            memory.note(offset(n), dot(n), fact(false));
        }
        memory.settle(offset(5));
        assert!(memory.get(dot(5)).is_none());
        assert!(memory.get(dot(6)).is_some());
        memory.settle(offset(many));
        assert!(memory.get(dot(9)).is_none());
        assert!(memory.get(dot(10)).is_some(), "some are kept at hand");
    }

    #[test]
    fn a_newer_note_outlives_an_older_one_of_the_same_dot() {
        let mut memory = Memory::new(Offset::MIN);
        memory.note(offset(1), dot(1), fact(false));
        for n in 2..=REMEMBERED_MAX as u64 {
            memory.note(offset(n), dot(n), fact(false));
        }
        let delete = REMEMBERED_MAX as u64 + 1;
        memory.note(offset(delete), dot(1), fact(true));
        memory.settle(offset(delete - 1));
        assert!(memory.get(dot(1)).is_some_and(|fact| fact.deleted));
    }
}
