//! The two encodings of the same frames: JSON as text, MessagePack (maps with names) as binary.

use super::{ClientFrame, ErrorCode, RequestId, ServerFrame, limits::MESSAGE_DEPTH_MAX};
use serde::Deserialize;

/// The encoding a client chose in `Sec-WebSocket-Protocol`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subprotocol {
    /// `greenroom.v1.json`: text messages.
    Json,
    /// `greenroom.v1.msgpack`: binary messages.
    MessagePack,
}

/// Why a message is not a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DecodeError {
    /// The request it belongs to, if that much could be read.
    pub id: Option<RequestId>,
    /// [`ErrorCode::Malformed`], or [`ErrorCode::TooLarge`] when a count or a length exceeds its limit.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
}

impl Subprotocol {
    /// Every subprotocol, the preferred one first.
    pub const ALL: [Self; 2] = [Self::MessagePack, Self::Json];

    /// Its name in the handshake.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "greenroom.v1.json",
            Self::MessagePack => "greenroom.v1.msgpack",
        }
    }

    /// Whether its messages are text.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Json)
    }

    /// Reads a client's frame and checks its sizes. A `t` this version does not know is [`ClientFrame::Unknown`].
    ///
    /// # Errors
    /// [`DecodeError`] when it is not one frame in this encoding, or exceeds a limit of [`super::limits`].
    pub fn decode_client(self, message: &[u8]) -> Result<ClientFrame, DecodeError> {
        match self.decode::<ClientFrame>(message) {
            Ok(frame) => match frame.check() {
                Ok(()) => Ok(frame),
                Err(violation) => Err(DecodeError {
                    id: frame.request(),
                    code: violation.code,
                    message: violation.message.into(),
                }),
            },
            Err(error) => self.unknown_or(message, error),
        }
    }

    /// Tells a frame of a newer version from a broken one.
    fn unknown_or(self, message: &[u8], error: String) -> Result<ClientFrame, DecodeError> {
        match self.decode::<Head>(message) {
            Ok(head) if !CLIENT_FRAMES.contains(&head.t.as_str()) => {
                Ok(ClientFrame::Unknown { id: head.id })
            }
            head => Err(malformed(head.ok().and_then(|head| head.id), error)),
        }
    }

    /// Reads a server's frame (for clients, the harness and tests).
    ///
    /// # Errors
    /// [`DecodeError`] when it is not one frame in this encoding, or a frame this version does not know.
    pub fn decode_server(self, message: &[u8]) -> Result<ServerFrame, DecodeError> {
        self.decode(message).map_err(|error| malformed(None, error))
    }

    /// Writes a server's frame.
    #[must_use]
    pub fn encode_server(self, frame: &ServerFrame) -> Vec<u8> {
        self.encode(frame)
    }

    /// Writes a client's frame (for clients, the harness and tests).
    #[must_use]
    pub fn encode_client(self, frame: &ClientFrame) -> Vec<u8> {
        self.encode(frame)
    }

    fn decode<T: serde::de::DeserializeOwned>(self, message: &[u8]) -> Result<T, String> {
        match self {
            Self::Json => serde_json::from_slice(message).map_err(|e| e.to_string()),
            Self::MessagePack => {
                let mut rest = message;
                let mut reader = rmp_serde::Deserializer::new(&mut rest);
                reader.set_max_depth(MESSAGE_DEPTH_MAX);
                let frame = T::deserialize(&mut reader).map_err(|e| e.to_string())?;
                if rest.is_empty() {
                    Ok(frame)
                } else {
                    Err("bytes after the frame".into())
                }
            }
        }
    }

    fn encode<T: serde::Serialize>(self, frame: &T) -> Vec<u8> {
        match self {
            Self::Json => {
                serde_json::to_vec(frame).expect("frames have string keys and finite numbers")
            }
            Self::MessagePack => {
                rmp_serde::to_vec_named(frame).expect("writing to memory cannot fail")
            }
        }
    }
}

const fn malformed(id: Option<RequestId>, message: String) -> DecodeError {
    DecodeError {
        id,
        code: ErrorCode::Malformed,
        message,
    }
}

#[derive(Deserialize)]
struct Head {
    t: String,
    #[serde(default)]
    id: Option<RequestId>,
}

/// Every `t` of [`ClientFrame`].
const CLIENT_FRAMES: &[&str] = &[
    "hello",
    "prove",
    "renew",
    "beat",
    "open",
    "close",
    "post",
    "history",
    "typing",
    "presence",
    "read",
    "room.create",
    "room.update",
    "room.direct",
    "room.list",
    "join",
    "leave",
    "members",
    "member.role",
    "member.kick",
    "member.unban",
    "invite.create",
    "invite.list",
    "invite.revoke",
    "invite.accept",
    "call.join",
    "call.offer",
    "call.layout",
    "call.mute",
    "call.hand",
    "call.unpublish",
    "call.leave",
    "call.remove",
    "call.end",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_carry_a_post_with_unknown_fields() {
        let json = br#"{"t":"post","id":7,"room":"00000000000000000000000000000001","new":1,"ops":[
            {"dot":["00000000000000aa",1],"hlc":[1700000000000,0],"kind":"post","text":"hi","color":{"r":[1,2.5,null]}},
            {"dot":["00000000000000aa",2],"hlc":[1700000000000,1],"kind":"poll","options":["a","b"]}]}"#;
        let frame = Subprotocol::Json.decode_client(json).expect("a frame");
        for subprotocol in Subprotocol::ALL {
            let bytes = subprotocol.encode_client(&frame);
            assert_eq!(subprotocol.decode_client(&bytes).expect("a frame"), frame);
        }
        assert!(
            String::from_utf8_lossy(&Subprotocol::Json.encode_client(&frame))
                .contains(r#""color":{"r":[1,2.5,null]}"#)
        );
    }

    #[test]
    fn an_unknown_frame_is_told_from_a_malformed_one() {
        let unknown = Subprotocol::Json.decode_client(br#"{"t":"teleport","id":3}"#);
        assert_eq!(
            unknown,
            Ok(ClientFrame::Unknown {
                id: Some(RequestId(3))
            })
        );
        let malformed = Subprotocol::Json
            .decode_client(br#"{"t":"join","id":3}"#)
            .expect_err("no room");
        assert_eq!(malformed.id, Some(RequestId(3)));
    }

    #[test]
    fn hostile_nesting_and_lengths_cost_an_error_not_the_process() {
        for depth in [63, 127, 1_023, 100_000] {
            let mut array = b"\x82\xa1t\xa4beat\xa1v".to_vec();
            for _ in 0..depth {
                array.extend([0xdd, 0xff, 0xff, 0xff, 0xff]); // an array that claims 2^32 − 1 items
            }
            assert!(Subprotocol::MessagePack.decode_client(&array).is_err());
            let json = format!("{{\"t\":\"beat\",\"v\":{}", "[".repeat(depth));
            assert!(Subprotocol::Json.decode_client(json.as_bytes()).is_err());
        }
        assert!(
            Subprotocol::MessagePack
                .decode_client(b"\xdb\xff\xff\xff\xff")
                .is_err()
        );
    }

    #[test]
    fn nesting_within_the_limit_survives_a_small_stack() {
        let op = |depth: usize| {
            format!(
                r#"{{"t":"post","id":1,"room":"00000000000000000000000000000001","ops":[
                {{"dot":["00000000000000aa",1],"hlc":[1,0],"kind":"post","text":"","x":{}1{}}}]}}"#,
                "[".repeat(depth),
                "]".repeat(depth)
            )
        };
        let frame = Subprotocol::Json.decode_client(op(124).as_bytes());
        assert!(frame.is_ok(), "{frame:?}");
        assert!(Subprotocol::Json.decode_client(op(125).as_bytes()).is_err());
        let frame = Subprotocol::Json
            .decode_client(op(59).as_bytes())
            .expect("a frame");
        let bytes = Subprotocol::MessagePack.encode_client(&frame);
        assert_eq!(Subprotocol::MessagePack.decode_client(&bytes), Ok(frame));
    }

    #[test]
    fn bytes_after_a_frame_are_refused() {
        for subprotocol in Subprotocol::ALL {
            let mut bytes = subprotocol.encode_client(&ClientFrame::Beat {});
            assert_eq!(subprotocol.decode_client(&bytes), Ok(ClientFrame::Beat {}));
            bytes.push(b'1');
            assert!(subprotocol.decode_client(&bytes).is_err());
        }
    }

    #[test]
    fn sizes_are_checked_where_a_frame_is_decoded() {
        let room = "00000000000000000000000000000001";
        let decode = |json: String| Subprotocol::Json.decode_client(json.as_bytes());
        let code = |json: String| decode(json).expect_err("refused").code;
        let op = r#"{"dot":["00000000000000aa",1],"hlc":[1,0],"kind":"post","text":""}"#;
        let ops = |n: usize| {
            let ops = vec![op; n].join(",");
            format!(r#"{{"t":"post","id":4,"room":"{room}","ops":[{ops}]}}"#)
        };
        assert!(decode(ops(256)).is_ok());
        assert_eq!(code(ops(257)), ErrorCode::TooLarge);
        assert_eq!(decode(ops(0)).expect_err("refused").id, Some(RequestId(4)));
        let create = |name: &str| {
            format!(r#"{{"t":"room.create","id":1,"name":"{name}","visibility":"public"}}"#)
        };
        assert!(decode(create("deck")).is_ok());
        assert_eq!(code(create(" ")), ErrorCode::Malformed);
        assert_eq!(code(create(&"x".repeat(129))), ErrorCode::TooLarge);
        let hello = |n: usize| {
            let rooms = vec![format!(r#"{{"room":"{room}"}}"#); n].join(",");
            format!(r#"{{"t":"hello","heartbeat_ms":1000,"rooms":[{rooms}]}}"#)
        };
        assert!(decode(hello(512)).is_ok());
        assert_eq!(code(hello(513)), ErrorCode::TooLarge);
        let vector = |n: usize| {
            let replicas: Vec<_> = (0..n).map(|i| format!(r#""{i:016x}":1"#)).collect();
            format!(
                r#"{{"t":"open","id":1,"room":"{room}","vv":{{{}}}}}"#,
                replicas.join(",")
            )
        };
        assert!(decode(vector(4_096)).is_ok());
        assert_eq!(code(vector(4_097)), ErrorCode::TooLarge);
    }

    #[test]
    fn integers_beyond_what_every_json_reader_holds_are_refused() {
        let close = |id: &str| {
            let json =
                format!(r#"{{"t":"close","id":{id},"room":"00000000000000000000000000000001"}}"#);
            Subprotocol::Json.decode_client(json.as_bytes())
        };
        assert!(close("9007199254740991").is_ok());
        assert!(close("9007199254740992").is_err());
        assert!(close("-1").is_err());
    }
}
