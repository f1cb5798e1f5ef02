//! Bytes in, bytes out: HTTP, WebSocket.

pub mod ws;
