//! What the machine says, in the words of the protocol.

use crate::chat::{self, Caller, Command, Posted, Refusal};
use crate::crdt::Visibility;
use crate::id::{InviteId, Offset, RoomId, UserId};
use crate::protocol::{
    Ack, Advice, ErrorCode, InviteInfo, MemberInfo, PresenceState, RefusedOp, RequestId, RoomInfo,
    ServerFrame,
};

/// The answer to a command that succeeded, to be sent once all that the machine has decided is on disk.
pub(super) fn success(
    id: RequestId,
    machine: &chat::Room,
    caller: &Caller,
    reply: chat::Reply,
) -> ServerFrame {
    let room = machine.id();
    match reply {
        chat::Reply::Posted(mut posted) => {
            posted.stopped = posted.stopped.map(|why| as_seen(machine, caller, why));
            acks(id, room, posted)
        }
        chat::Reply::Joined => ServerFrame::Room {
            id,
            info: room_info(machine, machine.head().offset, caller),
        },
        chat::Reply::Invite { invite, value } => {
            let invites = vec![invite_info(invite, value)];
            ServerFrame::Invites { id, room, invites }
        }
        chat::Reply::Done | chat::Reply::Marked(_) | chat::Reply::Purged(_) => {
            ServerFrame::Ok { id }
        }
    }
}

fn acks(id: RequestId, room: RoomId, posted: Posted) -> ServerFrame {
    let acks = posted.accepted.iter();
    let refused = posted.refused.into_iter();
    ServerFrame::Ack {
        id,
        room,
        acks: acks
            .map(|op| Ack {
                dot: op.dot,
                stamp: op.stamp,
                offset: op.offset,
            })
            .collect(),
        refused: refused
            .map(|op| RefusedOp {
                dot: op.dot,
                code: op.code,
                message: op.message.into(),
                offset: op.offset,
            })
            .collect(),
        stopped: posted.stopped.map(|refusal| {
            let (code, advice) = refusal_code(&refusal);
            crate::protocol::Stopped {
                code,
                advice,
                message: refusal.to_string(),
                have: have(&refusal),
            }
        }),
    }
}

/// The counter that a gap is counted from.
fn have(refusal: &Refusal) -> Option<u64> {
    match refusal {
        Refusal::Gap { have } => Some(*have),
        _ => None,
    }
}

/// The code and the advice for a refusal.
pub(in crate::actors) fn refusal_code(refusal: &Refusal) -> (ErrorCode, Advice) {
    use Refusal as R;
    match refusal {
        R::NotAMember => (ErrorCode::NotAMember, Advice::Fix),
        R::NotVisible => (ErrorCode::RoomNotFound, Advice::Fix),
        R::Banned
        | R::NeedsRole(_)
        | R::MayNotPost
        | R::NotBelow
        | R::LastOwner
        | R::DirectRoom => (ErrorCode::Forbidden, Advice::Fix),
        R::UserNotFound => (ErrorCode::UserNotFound, Advice::Fix),
        R::InviteInvalid => (ErrorCode::InviteInvalid, Advice::Fix),
        R::InviteTerms
        | R::BadName
        | R::BadRetention
        | R::BadVisibility
        | R::MixedReplicas
        | R::UnknownMessage(_) => (ErrorCode::Malformed, Advice::Fix),
        R::TooManyInvites | R::RoomFull | R::TooManyOps | R::TooManyReplicas => {
            (ErrorCode::TooLarge, Advice::Fix)
        }
        R::Gap { .. } => (ErrorCode::Gap, Advice::Fix),
        R::DotConflict(_) => (ErrorCode::DotConflict, Advice::Fix),
        R::ForeignReplica(_) => (ErrorCode::ForeignReplica, Advice::Fix),
        R::ClockSkew { .. } => (ErrorCode::ClockSkew, Advice::Fix),
        R::Busy => (ErrorCode::Overloaded, Advice::Retry),
        R::Missing(_) => (ErrorCode::RoomUnavailable, Advice::Operator),
    }
}

/// What a command for a room that does not exist is told: the same as a stranger of a private room.
pub(super) fn absent(command: &Command) -> Refusal {
    match command {
        Command::Join { invite: Some(_) } => Refusal::InviteInvalid,
        _ => Refusal::NotVisible,
    }
}

/// An answer of which nothing must be seen is a refusal as a whole: a post to a private room looks like one to none.
pub(super) fn whole(
    machine: &chat::Room,
    caller: &Caller,
    reply: Result<chat::Reply, Refusal>,
) -> Result<chat::Reply, Refusal> {
    let Ok(chat::Reply::Posted(posted)) = &reply else {
        return reply;
    };
    let nothing = posted.accepted.is_empty() && posted.refused.is_empty();
    match posted.stopped.filter(|_| nothing) {
        Some(why) if as_seen(machine, caller, why) == Refusal::NotVisible => {
            Err(Refusal::NotVisible)
        }
        _ => reply,
    }
}

/// What someone who is not a member is told: private rooms do not exist for them.
pub(super) fn unseen(machine: &chat::Room) -> Refusal {
    match machine.settings().visibility {
        Visibility::Public => Refusal::NotAMember,
        Visibility::Private | Visibility::Direct => Refusal::NotVisible,
    }
}

/// A refusal in the words for this caller: who never was in a private room does not learn that it exists.
pub(super) fn as_seen(machine: &chat::Room, caller: &Caller, refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::NotAMember if machine.member(&caller.user).is_none() => unseen(machine),
        other => other,
    }
}

/// A room as the caller sees it, up to the newest durable offset.
pub(super) fn room_info(machine: &chat::Room, durable: Offset, caller: &Caller) -> RoomInfo {
    let settings = machine.settings();
    let marker = machine
        .member(&caller.user)
        .and_then(|member| member.marker);
    RoomInfo {
        room: machine.id(),
        epoch: machine.head().epoch,
        head: durable,
        name: settings.name.clone(),
        visibility: settings.visibility,
        topic: settings.topic.clone(),
        retention_days: settings.retention_days,
        members: u32::try_from(machine.member_count()).unwrap_or(u32::MAX),
        role: machine.role(caller),
        unread: machine.unread(&caller.user),
        read: marker.map(|marker| (marker.stamp, marker.dot)),
    }
}

/// An invite on the wire.
pub(super) fn invite_info(invite: InviteId, value: chat::Invite) -> InviteInfo {
    InviteInfo {
        invite,
        role: value.role,
        expires_ms: value.expires_ms,
        uses: value.uses,
        by: value.by,
    }
}

/// A member on the wire.
pub(super) fn member_info(
    user: &UserId,
    member: &chat::Member,
    presence: PresenceState,
) -> MemberInfo {
    MemberInfo {
        user: user.clone(),
        name: member.name.clone(),
        role: member.membership.role,
        presence,
    }
}
