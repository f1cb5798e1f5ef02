//! Bytes in, bytes out: HTTP, WebSocket.

pub mod gateway;
pub mod http;
pub mod listen;
pub mod tls;
pub mod ws;
