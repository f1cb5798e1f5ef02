//! A frame on its way to many connections, encoded at most once per form.

use super::weight::weight;
use super::{ServerFrame, Subprotocol};
use bytes::Bytes;
use std::sync::OnceLock;
use std::time::Instant;

/// A frame with its encodings: one per (subprotocol, compressed), each made by the first transport that needs it and
/// shared by reference from then on.
#[derive(Debug)]
pub struct Outgoing {
    frame: ServerFrame,
    weight: usize,
    accepted_at: Option<Instant>,
    encoded: [OnceLock<Bytes>; 4],
}

impl Outgoing {
    /// Wraps a frame; nothing is encoded yet.
    #[must_use]
    pub fn new(frame: ServerFrame) -> Self {
        Self {
            weight: weight(&frame),
            frame,
            accepted_at: None,
            encoded: [const { OnceLock::new() }; 4],
        }
    }

    /// Wraps live ops, the oldest of which was taken up at `accepted_at`: for the delivery latency.
    #[must_use]
    pub fn live(frame: ServerFrame, accepted_at: Option<Instant>) -> Self {
        Self {
            accepted_at,
            ..Self::new(frame)
        }
    }

    /// About how many bytes it is on the wire.
    #[must_use]
    pub const fn weight(&self) -> usize {
        self.weight
    }

    /// When the oldest of its live ops was taken up.
    #[must_use]
    pub const fn accepted_at(&self) -> Option<Instant> {
        self.accepted_at
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
