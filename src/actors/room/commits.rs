//! What a room has decided but not yet got back from the committer.
//!
//! Decisions gather in one open batch while at most [`IN_FLIGHT_MAX`] batches are on their way to the disk, so a busy
//! room commits in groups of its own and its frames carry several ops.

use crate::actors::reply::Reply;
use crate::chat::{Change, Notice, Record};
use crate::id::{ConnectionId, Offset};
use crate::protocol::ServerFrame;
use std::collections::VecDeque;
use std::time::Instant;

/// Batches handed to the committer and not yet answered.
const IN_FLIGHT_MAX: usize = 2;
/// Ops in the open batch; beyond it requests are refused as overloaded.
const OPEN_OPS_MAX: usize = 2_048;
/// Bytes that its requests took on the wire; the same. Live ops of one batch go out together, so that several such
/// batches must fit the lane of a subscriber who reads.
const OPEN_BYTES_MAX: usize = 768 * 1024;

/// The decisions of one disk write.
#[derive(Default)]
pub(super) struct Batch {
    /// In order.
    pub(super) changes: Vec<Change>,
    /// Answers to send once it is on disk.
    pub(super) replies: Vec<Answer>,
    /// What to tell others once it is on disk.
    pub(super) notices: Vec<Notice>,
    /// Whether the answers wait for an fsync.
    pub(super) durable: bool,
    /// When the oldest of its requests was taken up.
    pub(super) received: Option<Instant>,
    ops: usize,
    bytes: usize,
    authors: Authors,
}

/// An answer that waits for the disk.
pub(super) struct Answer {
    /// To whom.
    pub(super) reply: Reply,
    /// What.
    pub(super) frame: ServerFrame,
    /// When the request was taken up.
    pub(super) received: Instant,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Authors {
    #[default]
    None,
    One(ConnectionId),
    Many,
}

impl Batch {
    /// The appended records, in offset order.
    pub(super) fn records(&self) -> impl DoubleEndedIterator<Item = &Record> {
        self.changes.iter().filter_map(|change| match change {
            Change::Append(record) => Some(record),
            _ => None,
        })
    }

    /// First and last offset it appends.
    pub(super) fn span(&self) -> Option<(Offset, Offset)> {
        Some((
            self.records().next()?.entry.offset,
            self.records().next_back()?.entry.offset,
        ))
    }

    /// The connection that wrote every op of the batch: its acks stand for them.
    pub(super) fn sole_author(&self) -> Option<ConnectionId> {
        match self.authors {
            Authors::One(connection) => Some(connection),
            Authors::None | Authors::Many => None,
        }
    }

    /// Whether it makes bodies unreadable.
    pub(super) fn purges(&self) -> bool {
        self.changes
            .iter()
            .any(|change| matches!(change, Change::Strip { .. } | Change::PurgeUpTo(_)))
    }
}

/// The open batch and those on their way.
#[derive(Default)]
pub(super) struct Commits {
    open: Batch,
    in_flight: VecDeque<Batch>,
}

impl Commits {
    /// Adds a decision. `author` is the connection whose ops it appends, `None` for server ops.
    pub(super) fn add(
        &mut self,
        changes: Vec<Change>,
        durable: bool,
        author: Option<ConnectionId>,
    ) {
        let appended = changes
            .iter()
            .filter(|change| matches!(change, Change::Append(_)))
            .count();
        if appended > 0 {
            self.open.authors = match (self.open.authors, author) {
                (Authors::None, Some(connection)) => Authors::One(connection),
                (Authors::One(before), Some(connection)) if before == connection => {
                    Authors::One(before)
                }
                _ => Authors::Many,
            };
        }
        self.open.ops += appended;
        self.open.durable |= durable;
        self.open.changes.extend(changes);
    }

    /// Counts what the request being decided took on the wire.
    pub(super) const fn weigh(&mut self, bytes: usize) {
        self.open.bytes += bytes;
    }

    /// Holds notices until the open batch is on disk.
    pub(super) fn notify(&mut self, notices: Vec<Notice>) {
        self.open.notices.extend(notices);
    }

    /// Holds an answer until everything decided so far is on disk; gives it back when that is so already.
    pub(super) fn hold(&mut self, answer: Answer) -> Option<Answer> {
        if self.open.durable {
            self.open.received.get_or_insert(answer.received);
            self.open.replies.push(answer);
        } else if let Some(newest) = self.in_flight.iter_mut().rev().find(|batch| batch.durable) {
            newest.replies.push(answer);
        } else {
            return Some(answer);
        }
        None
    }

    /// The changes to hand to the committer now, if there are any and it has room for another batch.
    pub(super) fn next(&self) -> Option<(&[Change], bool)> {
        let ready = !self.open.changes.is_empty() && self.in_flight.len() < IN_FLIGHT_MAX;
        ready.then_some((self.open.changes.as_slice(), self.open.durable))
    }

    /// The open batch was handed over.
    pub(super) fn sent(&mut self) {
        self.in_flight.push_back(std::mem::take(&mut self.open));
    }

    /// The oldest batch on its way is done.
    pub(super) fn done(&mut self) -> Option<Batch> {
        self.in_flight.pop_front()
    }

    /// Everything not yet done, for a node that can no longer write.
    pub(super) fn abandon(&mut self) -> Vec<Answer> {
        let open = std::mem::take(&mut self.open);
        self.in_flight
            .drain(..)
            .chain([open])
            .flat_map(|batch| batch.replies)
            .collect()
    }

    /// Whether another request would make the open batch too large.
    pub(super) fn is_full(&self) -> bool {
        self.open.ops >= OPEN_OPS_MAX || self.open.bytes >= OPEN_BYTES_MAX
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.open.changes.is_empty() && self.in_flight.is_empty()
    }
}
