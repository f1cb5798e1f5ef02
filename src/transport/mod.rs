//! Bytes in, bytes out: HTTP, WebSocket.

#[cfg(feature = "failpoints")]
mod faults;
pub mod gateway;
pub mod http;
pub mod listen;
pub mod tls;
pub mod ws;
