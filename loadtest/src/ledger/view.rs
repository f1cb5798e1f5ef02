//! A reader's side of one room: every offset once, in order, without gaps.

use crate::content::entry_hash;
use greenroom::crdt::Dot;

/// What one client has seen of one room's log. Own ops count when they are acked: acks stand for them in the stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct View {
    /// The offset before the first one seen.
    start: Option<u64>,
    cursor: u64,
    digest: u64,
    duplicated: u64,
    out_of_order: u64,
}

/// How an entry fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The next one.
    New,
    /// Seen before.
    Again,
    /// Something before it is missing.
    Gap,
}

impl View {
    /// Notes that the log is known up to `offset`, if nothing was known so far.
    pub(crate) fn begin(&mut self, offset: u64) {
        if self.start.is_none() {
            self.start = Some(offset);
            self.cursor = offset;
        }
    }

    /// Notes an entry.
    pub(crate) fn note(&mut self, offset: u64, dot: Dot) -> Seen {
        self.begin(offset.saturating_sub(1));
        if offset <= self.cursor {
            self.duplicated += 1;
            return Seen::Again;
        }
        let gap = offset != self.cursor + 1;
        self.cursor = offset;
        self.digest = self.digest.wrapping_add(entry_hash(offset, dot));
        if gap {
            self.out_of_order += 1;
            return Seen::Gap;
        }
        Seen::New
    }

    /// Notes an own op's ack. A repeated ack (of a resent op) is no fault.
    pub(crate) fn note_own(&mut self, offset: u64, dot: Dot) -> Seen {
        if self.start.is_some() && offset <= self.cursor {
            return Seen::Again;
        }
        self.note(offset, dot)
    }

    /// The offset before the first one seen; `None` before the room was synced.
    pub(crate) const fn start(&self) -> Option<u64> {
        self.start
    }

    /// The highest offset seen.
    pub(crate) const fn cursor(&self) -> u64 {
        self.cursor
    }

    /// The sum of [`entry_hash`] over what was seen.
    pub(crate) const fn digest(&self) -> u64 {
        self.digest
    }

    /// Entries that came again.
    pub(crate) const fn duplicated(&self) -> u64 {
        self.duplicated
    }

    /// Entries that came before one they follow.
    pub(crate) const fn out_of_order(&self) -> u64 {
        self.out_of_order
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenroom::id::{Counter, ReplicaId};

    fn dot(counter: u64) -> Dot {
        let counter = Counter::try_from(counter).expect("positive");
        Dot::new(ReplicaId::from_bytes([3; 8]), counter)
    }

    #[test]
    fn acks_fill_the_places_of_own_ops() {
        let mut view = View::default();
        view.begin(10);
        assert_eq!(view.note(11, dot(1)), Seen::New);
        assert_eq!(view.note_own(12, dot(2)), Seen::New);
        assert_eq!(view.note(13, dot(3)), Seen::New);
        assert_eq!(
            view.note_own(12, dot(2)),
            Seen::Again,
            "acked again after a resend"
        );
        assert_eq!((view.duplicated(), view.out_of_order()), (0, 0));
        assert_eq!((view.start(), view.cursor()), (Some(10), 13));
    }

    #[test]
    fn repeats_and_gaps_are_counted_apart() {
        let mut view = View::default();
        assert_eq!(view.note(5, dot(1)), Seen::New);
        assert_eq!(view.note(5, dot(1)), Seen::Again);
        assert_eq!(view.note(8, dot(2)), Seen::Gap);
        assert_eq!(view.note(6, dot(3)), Seen::Again);
        assert_eq!((view.duplicated(), view.out_of_order()), (2, 1));
    }
}
