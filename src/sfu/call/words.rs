//! The states and reasons of a call, as they stand on the wire.

use serde::{Deserialize, Serialize};

/// Where a participant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Media is not there yet, or was lost and may come back.
    Connecting,
    /// Media flows.
    Connected,
    /// The WebSocket was lost: they come back within 20 s, or leave.
    Away,
}

/// Why a participant is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// They left.
    Left,
    /// Their connection was lost and did not come back.
    Lost,
    /// A moderator put them out of the call.
    Removed,
    /// They may no longer be in the room, or their token ended.
    Revoked,
    /// They joined again on the same device.
    Replaced,
}

/// Whether something comes in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotStatus {
    /// Media comes.
    Live,
    /// A publication is there, and nothing comes of it now.
    Paused,
    /// No publication is there.
    Empty,
}

/// Why nothing comes in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotReason {
    /// The publication is muted.
    Muted,
    /// The link carries no more.
    Bandwidth,
    /// The offer took no codec that the publication comes in.
    Codec,
    /// Its publisher sends nothing.
    Sender,
}
