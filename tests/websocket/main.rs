//! The WebSocket transport under a real actix-web server on loopback.

mod closing;
mod conversation;
mod handshake;
mod hostile;
mod raw;
mod server;
mod tls;
