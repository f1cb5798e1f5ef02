//! Supervision through its public API. Time is paused, except where two threads must meet.

mod crash;
mod hold;
mod probe;
mod restart;
mod shutdown;
mod threads;
mod tree;
