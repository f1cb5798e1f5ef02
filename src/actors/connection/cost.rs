//! What frames cost a client's rates, and which of them are requests.

use crate::access::limits::Cost;
use crate::protocol::{ClientFrame, RequestId};

/// What a frame costs.
pub(super) fn cost(frame: &ClientFrame) -> (Cost, u32) {
    use ClientFrame as F;
    match frame {
        F::Post { ops, .. } => (Cost::Ops, u32::try_from(ops.len()).unwrap_or(u32::MAX)),
        F::Typing { .. } | F::Presence { .. } | F::Read { .. } => (Cost::Signals, 1),
        F::Open { .. }
        | F::Close { .. }
        | F::History { .. }
        | F::RoomList { .. }
        | F::Members { .. }
        | F::InviteList { .. } => (Cost::Reads, 1),
        F::RoomCreate { .. }
        | F::RoomUpdate { .. }
        | F::RoomDirect { .. }
        | F::Join { .. }
        | F::Leave { .. }
        | F::MemberRole { .. }
        | F::MemberKick { .. }
        | F::MemberUnban { .. }
        | F::InviteCreate { .. }
        | F::InviteRevoke { .. }
        | F::InviteAccept { .. }
        | F::Renew { .. }
        | F::Prove { .. } => (Cost::Changes, 1),
        F::Hello(_) | F::Beat {} | F::Unknown { .. } => (Cost::Frames, 1),
    }
}

/// The request a frame is, if it is one.
pub(super) fn request_id(frame: &ClientFrame) -> Option<RequestId> {
    use ClientFrame as F;
    match frame {
        F::Open { id, .. }
        | F::Close { id, .. }
        | F::Post { id, .. }
        | F::History { id, .. }
        | F::RoomCreate { id, .. }
        | F::RoomUpdate { id, .. }
        | F::RoomDirect { id, .. }
        | F::RoomList { id, .. }
        | F::Join { id, .. }
        | F::Leave { id, .. }
        | F::Members { id, .. }
        | F::MemberRole { id, .. }
        | F::MemberKick { id, .. }
        | F::MemberUnban { id, .. }
        | F::InviteCreate { id, .. }
        | F::InviteList { id, .. }
        | F::InviteRevoke { id, .. }
        | F::InviteAccept { id, .. } => Some(*id),
        F::Unknown { id } => *id,
        F::Hello(_)
        | F::Prove { .. }
        | F::Renew { .. }
        | F::Beat {}
        | F::Typing { .. }
        | F::Presence { .. }
        | F::Read { .. } => None,
    }
}
