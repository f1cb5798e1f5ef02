//! Many rooms with all that people do in them: durable acks under a mixed load.

use super::{measured, promises};
use crate::args::Args;
use crate::fleet::{Pace, Signals};
use crate::report::Report;
use crate::server::Build;
use crate::stage::{Load, Stage, spread};

/// Latency of a durable ack, milliseconds: half, and 99 %.
const ACK_MS_MAX: [f64; 2] = [5.0, 25.0];

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let mut stage = Stage::set(args, Build::Release).await?;
    let rooms = stage.rooms(args.rooms()).await?;
    let load = Load {
        pace: Pace::Open {
            rate: args.rate(),
            burst: args.burst(),
        },
        signals: Signals {
            typing: args.typing,
            presence: args.presence,
            reads: args.reads,
            reconnects: args.reconnects,
        },
        seconds: args.seconds(),
        stall_after_s: 0.0,
        resume: false,
    };
    let plans = stage.plans(&rooms, &spread(args.connections(), args.rooms()), load)?;
    let ran = stage.drive(plans).await?;
    let found = stage.audit(&ran.outcome).await?;
    let mut report = measured(&stage, &ran, &found);
    let ack = report.ack_ms;
    report.at_most("ack p50, ms", ack.map(|q| q.p50), ACK_MS_MAX[0]);
    report.at_most("ack p99, ms", ack.map(|q| q.p99), ACK_MS_MAX[1]);
    let errors = ran.outcome.tally.error_count() + ran.outcome.tally.retries;
    report.at_most("errors and retries", Some(errors as f64), 0.0);
    report.at_most("posts not acked", Some(ran.outcome.unacked() as f64), 0.0);
    promises(&mut report);
    stage.strike().await?;
    Ok(report)
}
