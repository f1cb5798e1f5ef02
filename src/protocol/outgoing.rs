//! A frame on its way to many connections, encoded at most once per form.

use super::{ServerFrame, Subprotocol};
use bytes::Bytes;
use std::sync::OnceLock;

/// A frame with its encodings: one per (subprotocol, compressed), each made by the first transport that needs it and
/// shared by reference from then on.
#[derive(Debug)]
pub struct Outgoing {
    frame: ServerFrame,
    encoded: [OnceLock<Bytes>; 4],
}

impl Outgoing {
    /// Wraps a frame; nothing is encoded yet.
    #[must_use]
    pub const fn new(frame: ServerFrame) -> Self {
        Self {
            frame,
            encoded: [const { OnceLock::new() }; 4],
        }
    }

    /// The frame.
    #[must_use]
    pub const fn frame(&self) -> &ServerFrame {
        &self.frame
    }

    /// The bytes of one form. `wrap` gets the encoded frame and returns what goes on the socket (a WebSocket frame,
    /// compressed or not); it runs at most once per form unless two threads race, and then one result is kept.
    pub fn bytes(
        &self,
        subprotocol: Subprotocol,
        compressed: bool,
        wrap: impl FnOnce(Vec<u8>) -> Bytes,
    ) -> &Bytes {
        let form = usize::from(subprotocol.is_text()) * 2 + usize::from(compressed);
        self.encoded[form].get_or_init(|| wrap(subprotocol.encode_server(&self.frame)))
    }
}

impl From<ServerFrame> for Outgoing {
    fn from(frame: ServerFrame) -> Self {
        Self::new(frame)
    }
}
