//! Bytes in, bytes out: HTTP, WebSocket, media.

#[cfg(feature = "failpoints")]
mod faults;
pub mod gateway;
pub mod http;
pub mod listen;
pub mod media;
pub mod tls;
pub mod whip;
pub mod ws;
