//! The sizes of a decoded frame: what the types alone cannot say. Rules about ops are the room's, not these.

use super::call::{
    CallHand, CallJoin, CallLayout, CallMute, CallOffer, CallRef, CallRemove, CallUnpublish,
    TrackOffer,
};
use super::{ClientFrame, ErrorCode, RequestId, RoomRef, limits};

/// Why a frame of the right shape is refused all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) code: ErrorCode,
    pub(super) message: &'static str,
}

const fn too_large(message: &'static str) -> Violation {
    Violation {
        code: ErrorCode::TooLarge,
        message,
    }
}

const fn malformed(message: &'static str) -> Violation {
    Violation {
        code: ErrorCode::Malformed,
        message,
    }
}

impl ClientFrame {
    /// The request id, for frames that are requests.
    #[must_use]
    pub const fn request(&self) -> Option<RequestId> {
        match self {
            Self::Hello(_)
            | Self::Prove { .. }
            | Self::Renew { .. }
            | Self::Beat {}
            | Self::Typing { .. }
            | Self::Presence { .. }
            | Self::Read { .. } => None,
            Self::Open { id, .. }
            | Self::Close { id, .. }
            | Self::Post { id, .. }
            | Self::History { id, .. }
            | Self::RoomCreate { id, .. }
            | Self::RoomUpdate { id, .. }
            | Self::RoomDirect { id, .. }
            | Self::RoomList { id, .. }
            | Self::Join { id, .. }
            | Self::Leave { id, .. }
            | Self::Members { id, .. }
            | Self::MemberRole { id, .. }
            | Self::MemberKick { id, .. }
            | Self::MemberUnban { id, .. }
            | Self::InviteCreate { id, .. }
            | Self::InviteList { id, .. }
            | Self::InviteRevoke { id, .. }
            | Self::InviteAccept { id, .. } => Some(*id),
            Self::CallJoin(CallJoin { id, .. })
            | Self::CallOffer(CallOffer { id, .. })
            | Self::CallLayout(CallLayout { id, .. })
            | Self::CallMute(CallMute { id, .. })
            | Self::CallHand(CallHand { id, .. })
            | Self::CallUnpublish(CallUnpublish { id, .. })
            | Self::CallRemove(CallRemove { id, .. })
            | Self::CallLeave(CallRef { id, .. })
            | Self::CallEnd(CallRef { id, .. }) => Some(*id),
            Self::Unknown { id } => *id,
        }
    }

    /// Checks counts and lengths against [`limits`]; every decoder calls it.
    pub(super) fn check(&self) -> Result<(), Violation> {
        match self {
            Self::Hello(hello) => {
                if hello.rooms.len() > limits::OPEN_ROOMS_MAX {
                    return Err(too_large("more than 512 rooms"));
                }
                hello.rooms.iter().try_for_each(check_room)
            }
            Self::Open { room, .. } => check_room(room),
            Self::Post { ops, .. } if ops.is_empty() => Err(malformed("a post without ops")),
            Self::Post { ops, .. } if ops.len() > limits::POST_OPS_MAX => {
                Err(too_large("more than 256 ops in one post"))
            }
            Self::RoomCreate { name, .. }
            | Self::RoomUpdate {
                name: Some(name), ..
            } => check_name(name),
            Self::InviteCreate { expires_s, .. } if *expires_s > limits::INVITE_S_MAX => {
                Err(too_large("an invite lives at most 30 days"))
            }
            Self::CallJoin(join) => check_join(join),
            Self::CallOffer(offer) => check_offer(Some(&offer.offer), &offer.tracks),
            Self::CallLayout(layout) => check_layout(layout),
            _ => Ok(()),
        }
    }
}

fn check_join(join: &CallJoin) -> Result<(), Violation> {
    if join.offer.is_none() && join.resume.is_none() {
        return Err(malformed("a call.join without an offer"));
    }
    if let Some(name) = &join.name {
        check_name(name)?;
    }
    check_offer(join.offer.as_deref(), &join.tracks)
}

fn check_offer(offer: Option<&str>, tracks: &[TrackOffer]) -> Result<(), Violation> {
    if offer.is_some_and(|offer| offer.len() > limits::SDP_BYTES_MAX) {
        return Err(too_large("an offer of more than 64 KiB"));
    }
    if tracks.len() > limits::PUBLICATIONS_MAX {
        return Err(too_large("more than 16 tracks"));
    }
    tracks.iter().try_for_each(|track| check_mid(&track.mid))
}

fn check_layout(layout: &CallLayout) -> Result<(), Violation> {
    if layout.tiles.len() > limits::SDP_LINES_MAX {
        return Err(too_large("more than 64 tiles"));
    }
    layout
        .tiles
        .iter()
        .try_for_each(|tile| check_mid(&tile.mid))
}

fn check_mid(mid: &str) -> Result<(), Violation> {
    if mid.is_empty() {
        return Err(malformed("an empty mid"));
    }
    if mid.len() > limits::MID_BYTES_MAX {
        return Err(too_large("a mid of more than 16 bytes"));
    }
    Ok(())
}

fn check_room(room: &RoomRef) -> Result<(), Violation> {
    match &room.vv {
        Some(vv) if vv.len() > limits::VECTOR_REPLICAS_MAX => {
            Err(too_large("more than 4096 replicas in a version vector"))
        }
        _ => Ok(()),
    }
}

fn check_name(name: &str) -> Result<(), Violation> {
    if name.trim().is_empty() {
        return Err(malformed("an empty name"));
    }
    if name.len() > limits::NAME_BYTES_MAX {
        return Err(too_large("a name of more than 128 bytes"));
    }
    Ok(())
}
