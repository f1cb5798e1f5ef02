//! The mailbox, compiled on loom's primitives. Its models are under `tests/`; run them with
//! `cargo test -p loom-models`.

#[path = "../../../src/mailbox/mod.rs"]
pub mod mailbox;
