//! Acceptance: what a room takes, refuses, voids, and from whom. One test per rule; the name is the rule.

#[allow(unreachable_pub, reason = "a binary of tests has no public items")]
mod stage;

mod founding;
mod hostile;
mod keeping;
mod members;
mod order;
mod saying;
