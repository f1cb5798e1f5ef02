//! Why a room says no. Each says who must act; nothing refused here was written.

use crate::crdt::{Dot, Role};
use crate::id::ReplicaId;

/// A command, or the rest of a batch of ops, was refused and left no trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The caller is not a member. Ops stay with the client: they are taken once it is (again).
    #[error("you are not a member of this room")]
    NotAMember,
    /// The room is not one the caller may know of: answer as if it did not exist.
    #[error("no such room")]
    NotVisible,
    /// The caller is banned.
    #[error("you are banned from this room")]
    Banned,
    /// It needs a higher role, in the room and in the token.
    #[error("this needs the role {0:?} or higher")]
    NeedsRole(Role),
    /// The token does not allow posting. Ops stay with the client.
    #[error("the token does not allow posting")]
    MayNotPost,
    /// The other user's role is not below the caller's.
    #[error("that member's role is not below yours")]
    NotBelow,
    /// The room would be left without an owner.
    #[error("make someone else an owner first")]
    LastOwner,
    /// A direct room has two fixed members and no settings.
    #[error("a direct room cannot be changed")]
    DirectRoom,
    /// No such user among those it could be about.
    #[error("no such user in this room")]
    UserNotFound,
    /// Wrong, expired, revoked or used up.
    #[error("the invite is not valid")]
    InviteInvalid,
    /// An invite must expire in the future, within 30 days, and allow at least one use.
    #[error("an invite must expire within 30 days and allow at least one use")]
    InviteTerms,
    /// Too many valid invites.
    #[error("the room has too many invites: revoke some")]
    TooManyInvites,
    /// Too many members.
    #[error("the room is full")]
    RoomFull,
    /// A name is empty, too long, or has control characters.
    #[error("a name has 1 to 128 bytes and no control characters")]
    BadName,
    /// Retention is out of range.
    #[error("retention is at most 36500 days")]
    BadRetention,
    /// A visibility that a room cannot change to.
    #[error("a room cannot become a direct room")]
    BadVisibility,
    /// Too many ops in one batch.
    #[error("at most 256 ops in one batch")]
    TooManyOps,
    /// A batch must be of one replica.
    #[error("the ops of a batch must be of one replica")]
    MixedReplicas,
    /// Ops between what the room has and this one are missing.
    #[error("I have up to {have}")]
    Gap {
        /// The replica's highest counter here.
        have: u64,
    },
    /// The dot is known with another content: take a new replica id and resend.
    #[error("{0} is known with another content: take a new replica id and send again")]
    DotConflict(Dot),
    /// The replica belongs to another user or device, or to the server.
    #[error("the replica {0} is not this device's")]
    ForeignReplica(ReplicaId),
    /// Too many replicas of this user or in this room.
    #[error("too many replicas")]
    TooManyReplicas,
    /// The op's clock is too far ahead. Nothing is lost: set the clock, write the op's time anew, send again.
    #[error("the clock of the op is {ahead_ms} ms ahead")]
    ClockSkew {
        /// How far ahead, milliseconds.
        ahead_ms: u64,
    },
    /// No such message here.
    #[error("no message {0}")]
    UnknownMessage(Dot),
    /// Too much is on its way to the disk: send the same again.
    #[error("the room is busy")]
    Busy,
    /// The version vector says that the op is stored, but storage did not find it: the operator must check the database.
    #[error("{0} should be stored, but is missing")]
    Missing(Dot),
}
