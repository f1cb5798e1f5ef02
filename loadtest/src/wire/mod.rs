//! The client's side of the wire: WebSocket framing, a light decoder for the hot frames, and the socket itself.

mod framing;
mod hot;
mod link;

pub(crate) use framing::{Message, Opcode};
pub(crate) use hot::HotFrame;
pub(crate) use link::{Endpoint, Inbound, Link, LinkError, connect};
