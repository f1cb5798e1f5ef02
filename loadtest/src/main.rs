//! The load-test harness of Greenroom. `loadtest/README.md` tells it.

mod client;
mod clock;
mod content;
mod histogram;
mod ledger;
mod schedule;
mod tally;
mod wire;

fn main() {}
