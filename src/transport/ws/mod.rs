//! WebSocket: a codec without I/O and a thin driver under actix-web.

pub mod codec;
