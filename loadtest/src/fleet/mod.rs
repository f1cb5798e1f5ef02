//! The load: many clients on one thread, or the same spread over worker processes, moved through phases together.

mod handle;
mod plan;
mod run;
mod worker;

pub(crate) use handle::Fleet;
pub(crate) use plan::{Encoding, Member, Order, Outcome, Pace, Plan, Signals};
pub(crate) use worker::{replica, worker_process};
