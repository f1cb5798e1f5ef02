//! What frames cost a client's rates.

use crate::access::limits::Cost;
use crate::protocol::ClientFrame;

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
        F::CallLayout(_) | F::CallMute(_) | F::CallHand(_) => (Cost::Reads, 1),
        F::CallJoin(_)
        | F::CallOffer(_)
        | F::CallUnpublish(_)
        | F::CallLeave(_)
        | F::CallRemove(_)
        | F::CallEnd(_)
        | F::RoomCreate { .. }
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
