//! One room as one client follows it.

use super::Keep;
use crate::ledger::{Author, AuthorRecord, View, ViewRecord};
use greenroom::crdt::{Dot, Stamp, VersionVector};
use greenroom::id::{Epoch, Offset, ReplicaId, RoomId};
use greenroom::protocol::{Cursor, RoomRef};
use tokio::sync::oneshot;

/// Where a first opening starts.
#[derive(Debug, Clone)]
pub(crate) enum Since {
    /// At the end: nothing old.
    Now,
    /// At the very first op.
    Beginning,
    /// After a place in a log of this epoch.
    Cursor(Epoch, u64),
    /// Behind what the vector holds.
    Vector(VersionVector),
}

/// A room's ledgers and whether it is in sync.
#[derive(Debug)]
pub(crate) struct Room {
    id: RoomId,
    epoch: Option<Epoch>,
    pub(crate) view: View,
    pub(crate) author: Option<Author>,
    state: Following,
    waiter: Option<oneshot::Sender<()>>,
    /// A resend is on its way already.
    pub(crate) resending: bool,
    /// The newest post that was read.
    pub(crate) newest: Option<(Stamp, Dot)>,
    /// What it has, per replica ([`Keep::Entries`] only).
    vector: Option<VersionVector>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Following {
    Not,
    Syncing,
    Live,
}

impl Room {
    pub(crate) fn new(id: RoomId, replica: Option<ReplicaId>, keep: Keep) -> Self {
        Self {
            id,
            epoch: None,
            view: View::default(),
            author: replica.map(Author::new),
            state: Following::Not,
            waiter: None,
            resending: false,
            newest: None,
            vector: (keep == Keep::Entries).then(VersionVector::default),
        }
    }

    pub(crate) const fn id(&self) -> RoomId {
        self.id
    }

    /// The epoch of the log, once known.
    pub(crate) const fn epoch(&self) -> Option<Epoch> {
        self.epoch
    }

    pub(crate) fn in_sync(&self) -> bool {
        self.state == Following::Live
    }

    /// Notes an op it has.
    pub(crate) fn has(&mut self, dot: Dot) {
        if let Some(vector) = &mut self.vector {
            vector.advance(dot);
        }
    }

    /// What it has ([`Keep::Entries`] only).
    pub(crate) fn vector(&self) -> Option<VersionVector> {
        self.vector.clone()
    }

    /// Begins to follow; `done` is told when in sync.
    pub(crate) fn start(&mut self, since: Since, done: oneshot::Sender<()>) -> RoomRef {
        self.waiter = Some(done);
        self.state = Following::Syncing;
        let mut reference = RoomRef {
            room: self.id,
            cursor: None,
            vv: None,
            tail: None,
        };
        match since {
            Since::Now => reference.tail = Some(0),
            Since::Beginning => {}
            Since::Cursor(epoch, offset) => {
                self.view.begin(offset);
                reference.cursor = Offset::try_from(offset).ok().map(|o| Cursor(epoch, o));
            }
            Since::Vector(vector) => reference.vv = Some(vector),
        }
        reference
    }

    /// How to go on where it was; `None` when it was never in sync.
    pub(crate) fn reference(&self) -> Option<RoomRef> {
        let offset = Offset::try_from(self.view.cursor()).ok()?;
        let epoch = self.epoch?;
        self.view.start()?;
        Some(RoomRef {
            room: self.id,
            cursor: Some(Cursor(epoch, offset)),
            vv: None,
            tail: None,
        })
    }

    /// `opened` came. Returns false when the log is another one than before.
    pub(crate) fn opened(&mut self, epoch: Epoch) -> bool {
        self.state = Following::Syncing;
        let same = self.epoch.is_none_or(|known| known == epoch);
        self.epoch = Some(epoch);
        same
    }

    /// `synced` came.
    pub(crate) fn synced(&mut self, cursor: u64) {
        self.view.begin(cursor);
        self.state = Following::Live;
        if let Some(waiter) = self.waiter.take() {
            // Whoever waited may have given up.
            let _ = waiter.send(());
        }
    }

    /// The link was lost, or the room's following ended.
    pub(crate) fn interrupted(&mut self) {
        self.state = Following::Not;
        self.waiter = None;
    }

    /// The ledgers as they are handed in.
    pub(crate) fn records(&self, reading: bool) -> (Option<AuthorRecord>, Option<ViewRecord>) {
        let author = self.author.as_ref().map(|author| AuthorRecord {
            room: self.id,
            replica: author.replica(),
            acks: author.acks(),
            conflicts: author.conflicts(),
            unacked: author.pending_len() as u64,
        });
        let view = self.view.start().map(|start| ViewRecord {
            room: self.id,
            start,
            cursor: self.view.cursor(),
            digest: self.view.digest(),
            duplicated: self.view.duplicated(),
            out_of_order: self.view.out_of_order(),
            reading,
        });
        (author, view)
    }
}
