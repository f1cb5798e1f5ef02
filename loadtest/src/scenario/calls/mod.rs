//! The scenarios with calls. `hall` is what they stand on, `judge` what their reports have in common.

mod hall;
mod judge;
mod livestream;
mod rooms;

use crate::args::{Args, Scenario};
use crate::report::Report;

/// Runs the chosen scenario.
///
/// # Errors
/// When the server or a client fails in a way the scenario is not about.
pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    match args.scenario {
        Scenario::Livestream => livestream::run(args).await,
        Scenario::Call => rooms::run(args).await,
        _ => anyhow::bail!("not there yet"),
    }
}
