//! The scenarios with calls. `hall` is what they stand on, `judge` what their reports have in common.

mod churn;
mod curve;
mod hall;
mod handshake;
mod judge;
mod latency;
mod livestream;
mod lossy;
mod meeting;
mod mixed;
mod overload;
mod peers;
mod rooms;
mod step;
mod track;

use crate::args::{Args, Limit, Scenario};
use crate::report::Report;

/// Runs the chosen scenario.
///
/// # Errors
/// When the server or a client fails in a way the scenario is not about, or when it is not one with calls.
pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    match (args.scenario, args.call.limit) {
        (Scenario::Call, _) => rooms::run(args).await,
        (Scenario::Curve, _) => curve::run(args).await,
        (Scenario::Livestream, _) => livestream::run(args).await,
        (Scenario::Meeting, _) => meeting::run(args).await,
        (Scenario::Latency, _) => latency::run(args).await,
        (Scenario::Overload, Limit::Cpu) => overload::cpu(args).await,
        (Scenario::Overload, Limit::Link) => overload::link(args).await,
        (Scenario::Lossy, _) => lossy::run(args).await,
        (Scenario::Step, _) => step::run(args).await,
        (Scenario::Churn, _) => churn::run(args).await,
        (Scenario::Mixed, _) => mixed::run(args).await,
        (Scenario::Track, _) => track::run(args).await,
        (Scenario::Handshake, _) => handshake::run(args).await,
        (Scenario::Peers, _) => peers::run(args).await,
        (other, _) => anyhow::bail!("{} has no calls", other.name()),
    }
}
