//! What a client's frame asks of a room, in the room's words. Pure.

use crate::actors::room::Question;
use crate::chat::{Command, Removal};
use crate::id::RoomId;
use crate::protocol::limits::PAGE_OPS_MAX;
use crate::protocol::{ClientFrame, RequestId};

/// A frame, sorted by who answers it.
pub(super) enum Asked {
    /// The room decides.
    Command(RequestId, RoomId, Command),
    /// The room answers.
    Question(RequestId, RoomId, Question),
    /// It is for the connection.
    Here(ClientFrame),
}

/// Sorts a frame.
pub(super) fn sort(frame: ClientFrame) -> Asked {
    use ClientFrame as F;
    let (id, room, command) = match frame {
        F::Post { id, room, ops } => (id, room, Command::Post { ops }),
        F::RoomUpdate {
            id,
            room,
            name,
            visibility,
            retention_days,
        } => {
            let update = Command::Update {
                name,
                visibility,
                retention_days,
            };
            (id, room, update)
        }
        F::Join { id, room } => (id, room, Command::Join { invite: None }),
        F::InviteAccept { id, room, invite } => {
            let invite = Some(invite);
            (id, room, Command::Join { invite })
        }
        F::Leave { id, room } => (id, room, Command::Leave),
        F::MemberRole {
            id,
            room,
            user,
            role,
        } => (id, room, Command::SetRole { user, role }),
        F::MemberKick {
            id,
            room,
            user,
            ban,
        } => {
            let how = if ban { Removal::Ban } else { Removal::Kick };
            (id, room, Command::Kick { user, how })
        }
        F::MemberUnban { id, room, user } => (id, room, Command::Unban { user }),
        F::InviteRevoke { id, room, invite } => (id, room, Command::RevokeInvite { invite }),
        other => return question(other),
    };
    Asked::Command(id, room, command)
}

fn question(frame: ClientFrame) -> Asked {
    use ClientFrame as F;
    let (id, room, question) = match frame {
        F::History {
            id,
            room,
            before,
            limit,
        } => {
            let items = usize::try_from(limit).unwrap_or(usize::MAX);
            let items = items.clamp(1, PAGE_OPS_MAX);
            (id, room, Question::History { before, items })
        }
        F::Members { id, room, after } => (id, room, Question::Members(after)),
        F::InviteList { id, room } => (id, room, Question::Invites),
        other => return Asked::Here(other),
    };
    Asked::Question(id, room, question)
}
