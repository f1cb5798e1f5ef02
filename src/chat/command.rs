//! What a room is asked, and what it decides.

use super::{Change, Invite, Marker, Refusal};
use crate::crdt::{Dot, Op, Role, Stamp, Standing, Visibility, VoidCode};
use crate::id::{DeviceId, InviteId, Offset, UserId};
use serde_json::Value;
use std::collections::BTreeMap;

/// Who asks. Membership decides what they may do; the token only caps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
    /// Display name, kept in the member's record on joining.
    pub name: String,
    /// The token's cap: the role in force is the smaller of it and the membership's.
    pub role_max: Role,
    /// Whether the token allows posting.
    pub can_post: bool,
}

/// What a room can be asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Takes ops, in order, all of one replica; [`Reply::Posted`].
    Post {
        /// At most [`super::limits::POST_OPS_MAX`].
        ops: Vec<Op>,
    },
    /// Makes the caller a member; [`Reply::Joined`].
    Join {
        /// Needed unless the room is public.
        invite: Option<InviteId>,
    },
    /// Ends the caller's membership.
    Leave,
    /// Gives a member a role.
    SetRole {
        /// The member.
        user: UserId,
        /// The new role.
        role: Role,
    },
    /// Puts a member out.
    Kick {
        /// The member; for a ban any user.
        user: UserId,
        /// Whether they are also kept out.
        how: Removal,
    },
    /// Lifts a ban; the user may then join as anyone else.
    Unban {
        /// The user.
        user: UserId,
    },
    /// Changes the settings; absent fields stay. Owners only.
    Update {
        /// New name.
        name: Option<String>,
        /// New visibility.
        visibility: Option<Visibility>,
        /// New retention in days; 0 is for ever.
        retention_days: Option<u32>,
    },
    /// Makes an invite; [`Reply::Invite`].
    CreateInvite {
        /// Its random id.
        invite: InviteId,
        /// Role on joining, at most the caller's own.
        role: Role,
        /// When it expires, Unix milliseconds, within 30 days.
        expires_ms: u64,
        /// How often it may be used; `None` without limit.
        uses: Option<u32>,
    },
    /// Revokes an invite: one's own, or any as a moderator.
    RevokeInvite {
        /// The invite.
        invite: InviteId,
    },
    /// Everything up to this message is read; [`Reply::Marked`]. Kept in memory until [`Command::WriteMarkers`].
    MarkRead {
        /// The message's stamp.
        stamp: Stamp,
        /// The message.
        dot: Dot,
    },
    /// Appends what became of the room's call. The caller is whom it is about.
    RecordCall {
        /// The op's fields beside its kind.
        fields: BTreeMap<String, Value>,
    },
    /// Timer, at most every [`super::limits::MARKER_INTERVAL_MS`] and before passivation: writes the markers and last-seen
    /// times that moved. The caller does not matter.
    WriteMarkers,
    /// Timer: purges what retention says; [`Reply::Purged`]. The caller does not matter.
    Retain,
}

/// How a member is put out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// May come back if the room lets them.
    Kick,
    /// Is kept out.
    Ban,
}

/// What a command comes to. A refused command has no changes; a stopped batch has those of the ops before the stop.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// To be written in this order, as one atomic batch.
    pub changes: Vec<Change>,
    /// When the reply may go out.
    pub write: Write,
    /// What to tell the caller.
    pub reply: Result<Reply, Refusal>,
    /// What to tell others, once `changes` are written.
    pub notices: Vec<Notice>,
}

/// What must have happened to `changes` before the reply goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// There are none. (Duplicates are still acked only once the durable head has passed their offset.)
    Nothing,
    /// They may be written any time.
    Lazy,
    /// They must be fsynced.
    Durable,
}

/// A command succeeded.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// It is done, or was so already.
    Done,
    /// Ops were handled.
    Posted(Posted),
    /// The caller is a member.
    Joined,
    /// An invite was made.
    Invite {
        /// Its id.
        invite: InviteId,
        /// Its terms.
        value: Invite,
    },
    /// The read marker, wherever it stands now.
    Marked(Marker),
    /// Bodies up to this stamp are purged; `None` when nothing was due.
    Purged(Option<Stamp>),
}

/// What became of a batch. Everything here carries its offset: it may be told once the durable head has reached it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Posted {
    /// Accepted ops, in request order.
    pub accepted: Vec<Accepted>,
    /// Ops refused for good, in request order: a void stands under each dot.
    pub refused: Vec<Refused>,
    /// Why the batch ended early. The op it is about and those after it left no trace.
    pub stopped: Option<Refusal>,
}

impl Posted {
    /// The highest offset it tells of; hold it back until that is durable.
    #[must_use]
    pub fn offset_max(&self) -> Option<Offset> {
        let accepted = self.accepted.iter().map(|op| op.offset);
        accepted
            .chain(self.refused.iter().map(|op| op.offset))
            .max()
    }
}

/// An op that is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Which.
    pub dot: Dot,
    /// Its stamp.
    pub stamp: Stamp,
    /// Its place.
    pub offset: Offset,
    /// Whether this batch put it there.
    pub arrival: Arrival,
}

/// Whether an op came for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// It was appended now.
    New,
    /// It was known.
    Again,
}

/// An op that was refused for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Which.
    pub dot: Dot,
    /// Why.
    pub code: VoidCode,
    /// For people.
    pub message: &'static str,
    /// The void's stamp.
    pub stamp: Stamp,
    /// The void's place.
    pub offset: Offset,
    /// Whether the void was written now.
    pub arrival: Arrival,
}

/// Something others must hear of beyond the appended ops.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// A user became a member: their other devices' lists of rooms change.
    In {
        /// Who.
        user: UserId,
    },
    /// A user is no longer a member: end their following of the room.
    Out {
        /// Who.
        user: UserId,
        /// Left, kicked or banned.
        standing: Standing,
    },
    /// A read marker moved.
    Marker {
        /// Whose.
        user: UserId,
        /// To where.
        marker: Marker,
        /// Posts after it: for the user's own devices.
        unread: u64,
    },
}

impl Decision {
    pub(super) fn refuse(refusal: Refusal) -> Self {
        Self {
            changes: Vec::new(),
            write: Write::Nothing,
            reply: Err(refusal),
            notices: Vec::new(),
        }
    }

    pub(super) fn reply(reply: Reply) -> Self {
        Self {
            changes: Vec::new(),
            write: Write::Nothing,
            reply: Ok(reply),
            notices: Vec::new(),
        }
    }

    pub(super) fn durable(changes: Vec<Change>, reply: Reply) -> Self {
        let write = if changes.is_empty() {
            Write::Nothing
        } else {
            Write::Durable
        };
        Self {
            changes,
            write,
            reply: Ok(reply),
            notices: Vec::new(),
        }
    }

    pub(super) fn tell(mut self, notice: Notice) -> Self {
        self.notices.push(notice);
        self
    }
}
