//! Greenroom: a realtime backbone for a private network, in one binary.
//!
//! The code map (`docs/ARCHITECTURE.md` tells it at length). Imports run one way, and `tests/layering.rs` checks it:
//! `id <- {crdt, mailbox, rtc} <- sfu <- {chat, protocol, access, config, telemetry} <- storage <- actors <- transport <- app <- cli <- main`.

pub mod access;
pub mod actors;
pub mod app;
pub mod chat;
pub mod config;
pub mod crdt;
pub mod id;
pub mod mailbox;
pub mod protocol;
pub mod rtc;
pub mod sfu;
pub mod storage;
pub mod telemetry;
pub mod transport;
