//! Bytes in, bytes out: HTTP, WebSocket, media.

#[cfg(feature = "failpoints")]
mod faults;
pub mod gateway;
pub mod http;
pub mod listen;
pub mod media;
mod paced;
pub mod socket;
pub mod tls;
mod version;
pub mod web;
pub mod whip;
pub mod ws;
