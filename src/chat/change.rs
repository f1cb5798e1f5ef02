//! What a room keeps on disk, as values: decisions are lists of [`Change`]s, a restart begins from a [`Snapshot`].

use crate::crdt::{Body, Dot, Entry, Hlc, Membership, Role, Stamp, Visibility};
use crate::id::{Counter, DeviceId, Epoch, InviteId, Offset, ReplicaId, RoomId, UserId};
use std::collections::BTreeMap;

/// One step of a decision. A decision's changes are applied in order, as one atomic batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Appends to the log and indexes the dot.
    Append(Record),
    /// Binds a replica on first use (its counter follows from the appended records).
    BindReplica {
        /// The replica.
        replica: ReplicaId,
        /// Whose it is from now on.
        owner: ReplicaOwner,
    },
    /// Writes a member's record (and the user's list of rooms).
    Member {
        /// Who.
        user: UserId,
        /// The whole new record.
        member: Member,
    },
    /// Writes the settings.
    Settings(Settings),
    /// Writes or removes an invite.
    Invite {
        /// The invite.
        invite: InviteId,
        /// `None` removes it.
        value: Option<Invite>,
    },
    /// Purges the bodies of a message and of all its stored edits; headers stay. Later edits arrive already without a body.
    Strip {
        /// The message.
        target: Dot,
    },
    /// Everything stamped at or before this is unreadable from now on; storage scrubs the bodies in the background.
    PurgeUpTo(Stamp),
}

/// An entry of the log with what the room needs to find again without reading the body.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The entry.
    pub entry: Entry,
    /// Tells a resend of the same op from another op under the same dot; survives purges.
    pub fingerprint: Fingerprint,
    /// How many posts the log has up to and including this entry: unread counts are differences of it.
    pub posts: u64,
}

/// The first 16 bytes of SHA-256 over an op's canonical form as its author wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 16]);

/// What is known of a stored op, from the dot index and the record's header: the answer to `Room::lookups`.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Its place.
    pub offset: Offset,
    /// Its stamp.
    pub stamp: Stamp,
    /// Its author.
    pub author: Option<UserId>,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Its body (possibly purged).
    pub body: Body,
    /// Whether a delete of it is stored.
    pub deleted: bool,
    /// Posts up to and including it.
    pub posts: u64,
}

/// Whose a replica is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaOwner {
    /// The user.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
}

/// A user's record in a room.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Display name.
    pub name: String,
    /// Standing and role.
    pub membership: Membership,
    /// What they have read.
    pub marker: Option<Marker>,
    /// When they were last here, Unix milliseconds.
    pub last_seen_ms: u64,
}

/// A read marker: a maximum over (stamp, dot).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Marker {
    /// The newest read message's stamp.
    pub stamp: Stamp,
    /// That message.
    pub dot: Dot,
    /// Posts up to and including it.
    pub posts: u64,
}

/// A room's settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Name for people.
    pub name: String,
    /// Who may find and join it.
    pub visibility: Visibility,
    /// Days that bodies are kept; `None` for ever.
    pub retention_days: Option<u32>,
    /// The topic.
    pub topic: String,
    /// When the topic was written (effective HLC, dot): the last writer wins.
    pub topic_written: Option<(Hlc, Dot)>,
}

/// An invite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// Role on joining.
    pub role: Role,
    /// When it expires, Unix milliseconds.
    pub expires_ms: u64,
    /// Uses left; `None` without limit.
    pub uses: Option<u32>,
    /// Who made it.
    pub by: UserId,
}

/// Where the log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The epoch of this log.
    pub epoch: Epoch,
    /// The replica under which this node writes the room's server ops.
    pub server_replica: ReplicaId,
    /// The newest offset; 0 for an empty log.
    pub offset: Offset,
    /// The newest stamp.
    pub stamp: Stamp,
    /// Posts in the log.
    pub posts: u64,
    /// Bodies stamped at or before this are purged.
    pub purged_up_to: Option<Stamp>,
}

/// All that a room needs in memory to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The room.
    pub room: RoomId,
    /// Where the log ends.
    pub head: Head,
    /// The settings.
    pub settings: Settings,
    /// Every user who is or was a member, or is banned.
    pub members: BTreeMap<UserId, Member>,
    /// Every replica with its highest contiguous counter; the server's own has no owner.
    pub replicas: BTreeMap<ReplicaId, (Option<Counter>, Option<ReplicaOwner>)>,
    /// Invites that have not been removed.
    pub invites: BTreeMap<InviteId, Invite>,
}
