//! The actor system: supervision, the registry, and thin shells around the pure machines.

pub mod outbox;
pub mod supervision;
