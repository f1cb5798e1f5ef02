//! The two encodings of the same frames: JSON as text, MessagePack (maps with names) as binary.

use super::{ClientFrame, RequestId, ServerFrame};
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

    /// Reads a client's frame. A `t` this version does not know is [`ClientFrame::Unknown`].
    ///
    /// # Errors
    /// [`DecodeError`] when it is not one frame in this encoding.
    pub fn decode_client(self, message: &[u8]) -> Result<ClientFrame, DecodeError> {
        self.decode::<ClientFrame>(message).or_else(|error| {
            let Ok(head) = self.decode::<Head>(message) else {
                return Err(DecodeError {
                    id: None,
                    message: error,
                });
            };
            if CLIENT_FRAMES.contains(&head.t.as_str()) {
                Err(DecodeError {
                    id: head.id,
                    message: error,
                })
            } else {
                Ok(ClientFrame::Unknown { id: head.id })
            }
        })
    }

    /// Reads a server's frame (for clients, the harness and tests).
    ///
    /// # Errors
    /// [`DecodeError`] when it is not one frame in this encoding, or a frame this version does not know.
    pub fn decode_server(self, message: &[u8]) -> Result<ServerFrame, DecodeError> {
        self.decode(message)
            .map_err(|message| DecodeError { id: None, message })
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
                let frame = rmp_serde::from_read(&mut rest).map_err(|e| e.to_string())?;
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
        let unknown = Subprotocol::Json.decode_client(br#"{"t":"call.start","id":3}"#);
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
}
