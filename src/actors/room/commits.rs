//! What a room has decided but not yet got back from the committer.
//!
//! Decisions gather in one open batch while at most [`IN_FLIGHT_MAX`] batches are on their way to the disk, so a busy
//! room commits in groups of its own and its frames carry several ops.

use crate::actors::reply::Reply;
use crate::chat::{Change, Notice};
use crate::id::ConnectionId;
use crate::protocol::ServerFrame;
use std::collections::VecDeque;
use std::time::Instant;

/// Batches handed to the committer and not yet answered.
const IN_FLIGHT_MAX: usize = 2;
/// Ops in the open batch; beyond it requests are refused as overloaded.
const OPEN_OPS_MAX: usize = 2_048;
/// Bytes of the requests in the open batch, about; beyond it requests are refused as overloaded.
///
/// The ops of one batch go out together: several batches must fit the lane of a subscriber who reads.
const OPEN_BYTES_MAX: usize = 768 << 10;

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
    torn: bool,
}

impl Commits {
    /// Adds a decision. `author` is the connection that will be acked what it appends; `None` for the server's own ops,
    /// whoever caused them.
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

    /// Counts what a request of the open batch took on the wire.
    pub(super) fn weigh(&mut self, bytes: usize) {
        if !self.open.changes.is_empty() {
            self.open.bytes += bytes;
        }
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
        (ready && !self.torn).then_some((self.open.changes.as_slice(), self.open.durable))
    }

    /// The open batch was handed over.
    pub(super) fn sent(&mut self) {
        self.in_flight.push_back(std::mem::take(&mut self.open));
    }

    /// The oldest batch on its way is done.
    pub(super) fn done(&mut self) -> Option<Batch> {
        self.in_flight.pop_front()
    }

    /// The changes that were not handed over yet, for the last batch of a life.
    pub(super) fn last(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.open).changes
    }

    /// A batch cannot be written: nothing that was decided since counts, and nothing more is written in this life.
    /// Returns the answers that waited.
    pub(super) fn tear(&mut self) -> Vec<Answer> {
        self.torn = true;
        let open = std::mem::take(&mut self.open);
        self.in_flight
            .drain(..)
            .chain([open])
            .flat_map(|batch| batch.replies)
            .collect()
    }

    /// Whether what the room has decided is more than the disk will ever hold.
    pub(super) const fn is_torn(&self) -> bool {
        self.torn
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Command, Founding, Fresh, Room};
    use crate::crdt::{Role, Visibility};
    use crate::id::{Epoch, ReplicaId, RoomId};
    use std::collections::BTreeMap;

    const ANN: ConnectionId = ConnectionId(1);

    /// A change that appends, and one that does not.
    fn decisions() -> (Vec<Change>, Vec<Change>) {
        let caller = crate::chat::Caller {
            user: "ann".parse().expect("legal"),
            device: "laptop".parse().expect("legal"),
            name: "Ann".into(),
            role_max: Role::Owner,
            can_post: true,
        };
        let fresh = Fresh {
            epoch: Epoch::from_bytes([1; 8]),
            server_replica: ReplicaId::from_bytes([2; 8]),
        };
        let founding = Founding::Group {
            name: "deck".into(),
            visibility: Visibility::Public,
            retention_days: None,
        };
        let (mut room, decision) =
            Room::create(RoomId::from_bytes([3; 16]), fresh, 1, &caller, founding).expect("legal");
        room.seen(&caller.user, 5);
        let lazy = room.handle(6, &caller, Command::WriteMarkers, &BTreeMap::new());
        (decision.changes, lazy.changes)
    }

    #[test]
    fn only_who_is_acked_everything_is_the_sole_author() {
        let (appends, lazy) = decisions();
        let sole = |authors: &[Option<ConnectionId>]| {
            let mut commits = Commits::default();
            for author in authors {
                commits.add(appends.clone(), true, *author);
            }
            commits.add(lazy.clone(), false, None);
            commits.sent();
            commits.done().expect("sent").sole_author()
        };
        assert_eq!(sole(&[Some(ANN)]), Some(ANN));
        assert_eq!(sole(&[Some(ANN), Some(ANN)]), Some(ANN));
        assert_eq!(sole(&[Some(ANN), Some(ConnectionId(2))]), None);
        assert_eq!(sole(&[Some(ANN), None]), None);
        assert_eq!(sole(&[None, Some(ANN)]), None);
        assert_eq!(sole(&[]), None);
    }

    #[test]
    fn two_batches_are_on_their_way_and_the_rest_gathers() {
        let (appends, _) = decisions();
        let mut commits = Commits::default();
        for _ in 0..IN_FLIGHT_MAX {
            commits.add(appends.clone(), true, None);
            assert!(commits.next().is_some());
            commits.sent();
        }
        commits.add(appends.clone(), true, None);
        commits.add(appends.clone(), true, None);
        assert!(commits.next().is_none(), "two are on their way");
        let _ = commits.done();
        let (changes, durable) = commits.next().expect("one is done");
        assert_eq!((changes.len(), durable), (2 * appends.len(), true));
    }
}
