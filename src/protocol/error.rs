//! Error codes on the wire, and who must act.

use serde::{Deserialize, Serialize};

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The frame is not of this protocol (not JSON or MessagePack, a missing or malformed field).
    Malformed,
    /// A frame type this server does not know.
    Unsupported,
    /// A frame, op, batch or list exceeds its limit.
    TooLarge,
    /// `hello` must come first, and once.
    NotReady,
    /// The token is missing, forged, of another key or audience.
    Unauthorized,
    /// The token has expired.
    TokenExpired,
    /// The token was revoked.
    TokenRevoked,
    /// The guest name is empty, too long, or another guest's.
    NameTaken,
    /// Guests are not let in here.
    GuestsRefused,
    /// The token, the role or the membership does not allow it.
    Forbidden,
    /// No such room, or none the user may know of.
    RoomNotFound,
    /// The room is quarantined after repeated faults, or cannot be read.
    RoomUnavailable,
    /// No such user among the members.
    UserNotFound,
    /// No such invite: wrong, expired, revoked or used up.
    InviteInvalid,
    /// The replica's log has a gap: `have` says the counter the server has.
    Gap,
    /// The dot is known with another content: take a new replica id and resend.
    DotConflict,
    /// The replica belongs to another user or device.
    ForeignReplica,
    /// The op's clock is further ahead than the server allows.
    ClockSkew,
    /// Too many requests.
    RateLimited,
    /// The server's queue for this is full.
    Overloaded,
    /// The node cannot write: reads go on. Nothing unacknowledged is stored for sure.
    ReadOnly,
    /// The following ended because the user is no longer a member.
    NotAMember,
    /// The room was restarted while it handled the request: send it again under the same dots.
    Restarted,
    /// There is no such call, participant or publication, or the client is not in the call.
    CallNotFound,
    /// The call has as many participants or publications as it takes.
    CallFull,
    /// The SDP offer cannot be taken: the message says why.
    OfferRefused,
    /// This node has no calls, or none now.
    CallsUnavailable,
}

/// Who must act, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Send the same again later.
    Retry,
    /// The request is wrong as it is.
    Fix,
    /// Get a new token or connection.
    Reconnect,
    /// Only the operator can help.
    Operator,
}
