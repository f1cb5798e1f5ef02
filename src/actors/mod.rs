//! The actor system: supervision, the registry, and thin shells around the pure machines.
//!
//! Actors never import a transport: transports fill mailboxes and drain outboxes.

pub mod call;
pub mod calls;
pub mod clock;
pub mod connection;
pub mod gate;
mod listing;
pub mod media;
pub mod node;
pub mod outbox;
pub mod readers;
pub mod reply;
pub mod room;
pub mod rooms;
pub mod supervision;
pub mod users;
