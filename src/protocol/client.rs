//! What a client says.

use super::call::{
    CallHand, CallJoin, CallLayout, CallMute, CallOffer, CallRef, CallRemove, CallUnpublish,
};
use crate::crdt::{Dot, Op, Role, Stamp, VersionVector, Visibility};
use crate::id::{Epoch, IdError, InviteId, Offset, RoomId, UserId, WIRE_INTEGER_MAX};
use serde::{Deserialize, Serialize};

/// A client's name for a request; the answer carries it back. Any number up to 2^53 − 1: larger ones are not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct RequestId(pub u64);

impl TryFrom<u64> for RequestId {
    type Error = IdError;

    fn try_from(value: u64) -> Result<Self, IdError> {
        if value > WIRE_INTEGER_MAX {
            return Err(IdError::Integer { min: 0 });
        }
        Ok(Self(value))
    }
}

impl From<RequestId> for u64 {
    fn from(id: RequestId) -> Self {
        id.0
    }
}

/// A frame from a client. `t` names it; unknown fields are ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t")]
pub enum ClientFrame {
    /// The first frame: who, and what rooms to follow from where.
    #[serde(rename = "hello")]
    Hello(Hello),
    /// A guest's answer to `challenge`: an Ed25519 signature (hex) over the text PROTOCOL.md gives.
    #[serde(rename = "prove")]
    Prove {
        /// 128 hexadecimal digits.
        signature: String,
    },
    /// Replaces the token on the open socket. A guest leaves `token` out and gets a new challenge.
    #[serde(rename = "renew")]
    Renew {
        /// The new token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
    },
    /// "I am here"; the server answers with a beat of its own.
    #[serde(rename = "beat")]
    Beat {},
    /// Follows a room: sync from `since`, then live ops.
    #[serde(rename = "open")]
    Open {
        /// Request.
        id: RequestId,
        /// The room and where to start.
        #[serde(flatten)]
        room: RoomRef,
    },
    /// Stops following a room.
    #[serde(rename = "close")]
    Close {
        /// Request.
        id: RequestId,
        /// The room.
        room: RoomId,
    },
    /// Appends ops of this device's replica; answered by `ack`.
    #[serde(rename = "post")]
    Post {
        /// Request.
        id: RequestId,
        /// The room.
        room: RoomId,
        /// In counter order, of one replica.
        ops: Vec<Op>,
    },
    /// A page of the log before an offset, newest page first.
    #[serde(rename = "history")]
    History {
        /// Request.
        id: RequestId,
        /// The room.
        room: RoomId,
        /// Entries with smaller offsets only.
        before: Offset,
        /// At most this many (≤ 256).
        limit: u32,
    },
    /// Typing started or stopped.
    #[serde(rename = "typing")]
    Typing {
        /// The room.
        room: RoomId,
        /// Started or stopped.
        on: bool,
    },
    /// This device's status in all rooms.
    #[serde(rename = "presence")]
    Presence {
        /// Online or away.
        status: Status,
    },
    /// Everything up to this message is read.
    #[serde(rename = "read")]
    Read {
        /// The room.
        room: RoomId,
        /// The message's stamp.
        stamp: Stamp,
        /// The message.
        dot: Dot,
    },
    /// Makes a room with the sender as its owner; answered by `room`.
    #[serde(rename = "room.create")]
    RoomCreate {
        /// Request.
        id: RequestId,
        /// Name for people.
        name: String,
        /// Public or private.
        visibility: Visibility,
        /// Days that bodies are kept; absent: for ever.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retention_days: Option<u32>,
    },
    /// Changes the settings (owners only): absent fields stay.
    #[serde(rename = "room.update")]
    RoomUpdate {
        /// Request.
        id: RequestId,
        /// The room.
        room: RoomId,
        /// New name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// New visibility.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        visibility: Option<Visibility>,
        /// New retention; 0 means for ever.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retention_days: Option<u32>,
    },
    /// The room of two users, made on first use; answered by `room`.
    #[serde(rename = "room.direct")]
    RoomDirect {
        /// Request.
        id: RequestId,
        /// The other user.
        user: UserId,
    },
    /// Rooms: the sender's own, or all public ones; answered by `rooms`.
    #[serde(rename = "room.list")]
    RoomList {
        /// Request.
        id: RequestId,
        /// Public rooms instead of the sender's own.
        #[serde(default)]
        public: bool,
        /// Continue after this room.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<RoomId>,
    },
    /// Becomes a member of a public room; answered by `room`.
    #[serde(rename = "join")]
    Join {
        /// Request.
        id: RequestId,
        /// The room.
        room: RoomId,
    },
    /// Stops being a member.
    #[serde(rename = "leave")]
    Leave {
        /// Request.
        id: RequestId,
        /// The room.
        room: RoomId,
    },
    /// The members, with presence; answered by `members`.
    #[serde(rename = "members")]
    Members {
        /// Request.
        id: RequestId,
        /// The room.
        room: RoomId,
        /// Continue after this user.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<UserId>,
    },
    /// Gives a member a role below or equal to the sender's own.
    #[serde(rename = "member.role")]
    MemberRole {
        /// Request.
        id: RequestId,
        /// The room.
        room: RoomId,
        /// The member.
        user: UserId,
        /// The new role.
        role: Role,
    },
    /// Puts a member out; `ban` also keeps them out.
    #[serde(rename = "member.kick")]
    MemberKick {
        /// Request.
        id: RequestId,
        /// The room.
        room: RoomId,
        /// The member.
        user: UserId,
        /// Keep out.
        #[serde(default)]
        ban: bool,
    },
    /// Lifts a ban.
    #[serde(rename = "member.unban")]
    MemberUnban {
        /// Request.
        id: RequestId,
        /// The room.
        room: RoomId,
        /// The user.
        user: UserId,
    },
    /// Makes an invite; answered by `invites`.
    #[serde(rename = "invite.create")]
    InviteCreate {
        /// Request.
        id: RequestId,
        /// The room.
        room: RoomId,
        /// Role on joining, at most the sender's own.
        role: Role,
        /// Seconds until it expires (≤ 30 days).
        expires_s: u64,
        /// How often it may be used; absent: without limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uses: Option<u32>,
    },
    /// The room's valid invites; answered by `invites`.
    #[serde(rename = "invite.list")]
    InviteList {
        /// Request.
        id: RequestId,
        /// The room.
        room: RoomId,
    },
    /// Revokes an invite.
    #[serde(rename = "invite.revoke")]
    InviteRevoke {
        /// Request.
        id: RequestId,
        /// The room.
        room: RoomId,
        /// The invite.
        invite: InviteId,
    },
    /// Joins by invite; answered by `room`.
    #[serde(rename = "invite.accept")]
    InviteAccept {
        /// Request.
        id: RequestId,
        /// The room.
        room: RoomId,
        /// The invite.
        invite: InviteId,
    },
    /// Starts the room's call or joins it; answered by `call.joined`.
    #[serde(rename = "call.join")]
    CallJoin(CallJoin),
    /// Another SDP offer; answered by `call.answer`.
    #[serde(rename = "call.offer")]
    CallOffer(CallOffer),
    /// What the participant shows.
    #[serde(rename = "call.layout")]
    CallLayout(CallLayout),
    /// Mutes or unmutes a publication.
    #[serde(rename = "call.mute")]
    CallMute(CallMute),
    /// Raises or lowers the hand.
    #[serde(rename = "call.hand")]
    CallHand(CallHand),
    /// Ends a publication.
    #[serde(rename = "call.unpublish")]
    CallUnpublish(CallUnpublish),
    /// Leaves the call.
    #[serde(rename = "call.leave")]
    CallLeave(CallRef),
    /// Puts a participant out of the call.
    #[serde(rename = "call.remove")]
    CallRemove(CallRemove),
    /// Ends the call for all.
    #[serde(rename = "call.end")]
    CallEnd(CallRef),
    /// Any `t` this version does not know: answered with `unsupported` if it has an `id`, else ignored.
    #[serde(skip)]
    Unknown {
        /// Request, if it was one.
        id: Option<RequestId>,
    },
}

/// The first frame.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// A capability token; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// A guest's name and key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<GuestLogin>,
    /// How often both sides beat, in milliseconds (1,000 to 60,000). Two missed beats end the link.
    pub heartbeat_ms: u32,
    /// Rooms to follow at once, as if by `open`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<RoomRef>,
    /// Name and version of the client, for the operator's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

/// A guest asks in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GuestLogin {
    /// The chosen name.
    pub name: String,
    /// The device's Ed25519 public key: 64 hexadecimal digits.
    pub key: String,
}

/// A room and where the client stands in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoomRef {
    /// The room.
    pub room: RoomId,
    /// A cursor, when the epoch is known; wins over `vv`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// What the client has; used without a cursor or when its epoch is not the log's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vv: Option<VersionVector>,
    /// Without either: at most this many of the newest ops (absent: from the beginning).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<u32>,
}

/// Everything up to `offset` in the log of `epoch` is known. On the wire: `["<epoch>", offset]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor(pub Epoch, pub Offset);

/// Where a sync starts: what `RoomRef` comes to once the epoch is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Since {
    /// After this offset.
    Offset(Offset),
    /// Whatever the vector does not contain.
    Vector(VersionVector),
    /// The newest so many.
    Tail(u32),
}

/// A device's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// In use.
    Online,
    /// Idle.
    Away,
}
