//! A writer's side of one room: what it wrote, what was acked and where.

use greenroom::crdt::{Body, Dot, Hlc, Op};
use greenroom::id::{Counter, ReplicaId};
use std::collections::BTreeMap;

/// One device's replica in one room.
#[derive(Debug)]
pub(crate) struct Author {
    replica: ReplicaId,
    clock: Hlc,
    /// Written and not yet acked, by counter: with the intended time of sending.
    pending: BTreeMap<u64, (Op, u64)>,
    /// By counter − 1: the offset the op was acked at, 0 before that.
    offsets: Vec<u64>,
    conflicts: u64,
}

/// What an ack means.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Acked {
    /// The op is on disk.
    First {
        /// When it was due, microseconds.
        due_us: u64,
        /// The op as it was written.
        op: Op,
    },
    /// Known already, same place.
    Again,
    /// Acked at another place before, or never written: the server stored it twice or made it up.
    Conflict,
}

impl Author {
    /// A replica that has written nothing.
    pub(crate) fn new(replica: ReplicaId) -> Self {
        Self {
            replica,
            clock: Hlc::default(),
            pending: BTreeMap::new(),
            offsets: Vec::new(),
            conflicts: 0,
        }
    }

    /// Its id.
    pub(crate) const fn replica(&self) -> ReplicaId {
        self.replica
    }

    /// Writes an op; `body` gets its dot.
    pub(crate) fn write(&mut self, now_us: u64, due_us: u64, body: impl FnOnce(Dot) -> Body) -> Op {
        self.offsets.push(0);
        let counter = self.offsets.len() as u64;
        let dot = self.dot(counter);
        self.clock = self.clock.tick(now_us / 1_000);
        let op = Op {
            dot,
            hlc: self.clock,
            author: None,
            body: body(dot),
            extra: BTreeMap::new(),
        };
        self.pending.insert(counter, (op.clone(), due_us));
        op
    }

    /// Notes an ack.
    pub(crate) fn acked(&mut self, counter: u64, offset: u64) -> Acked {
        let place = usize::try_from(counter)
            .ok()
            .and_then(|n| self.offsets.get_mut(n.checked_sub(1)?));
        match place {
            Some(known) if *known == 0 => {
                *known = offset;
                let (op, due_us) = self
                    .pending
                    .remove(&counter)
                    .expect("an op without a place is pending");
                Acked::First { due_us, op }
            }
            Some(known) if *known == offset => Acked::Again,
            _ => {
                self.conflicts += 1;
                Acked::Conflict
            }
        }
    }

    /// What is not acked yet, oldest first.
    pub(crate) fn pending(&self) -> impl Iterator<Item = &Op> + '_ {
        self.pending.values().map(|(op, _)| op)
    }

    /// How many are not acked yet.
    pub(crate) fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// Acks that contradict each other.
    pub(crate) const fn conflicts(&self) -> u64 {
        self.conflicts
    }

    /// Everything acked: counter and offset.
    pub(crate) fn acks(&self) -> Vec<(u64, u64)> {
        (1..)
            .zip(&self.offsets)
            .filter(|(_, offset)| **offset > 0)
            .map(|(counter, offset)| (counter, *offset))
            .collect()
    }

    fn dot(&self, counter: u64) -> Dot {
        let counter = Counter::try_from(counter).expect("a run writes fewer than 2^53 ops");
        Dot::new(self.replica, counter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delete(target: Dot) -> Body {
        Body::Delete { target }
    }

    #[test]
    fn an_op_is_pending_until_its_first_ack() {
        let mut author = Author::new(ReplicaId::from_bytes([1; 8]));
        let one = author.write(1_000, 900, delete);
        let two = author.write(1_000, 950, delete);
        assert_eq!((one.dot.counter().get(), two.dot.counter().get()), (1, 2));
        assert!(one.hlc < two.hlc);
        let first = Acked::First {
            due_us: 900,
            op: one,
        };
        assert_eq!(author.acked(1, 40), first);
        assert_eq!(author.pending().collect::<Vec<_>>(), [&two]);
        assert_eq!(author.acked(1, 40), Acked::Again);
        assert_eq!(author.acks(), [(1, 40)]);
    }

    #[test]
    fn two_places_for_one_op_and_acks_of_nothing_are_conflicts() {
        let mut author = Author::new(ReplicaId::from_bytes([1; 8]));
        author.write(1, 1, delete);
        author.acked(1, 7);
        assert_eq!(author.acked(1, 9), Acked::Conflict);
        assert_eq!(author.acked(2, 10), Acked::Conflict);
        assert_eq!(author.acked(0, 11), Acked::Conflict);
        assert_eq!(author.conflicts(), 3);
    }
}
