//! One large room: what a delivery costs the server.

use super::{measured, promises};
use crate::args::Args;
use crate::fleet::{Pace, Signals};
use crate::report::Report;
use crate::server::Build;
use crate::stage::{Load, Stage, spread};

/// Bursts from this size on are held to the lower figure.
const BURST_MIN: usize = 8;
/// CPU per delivery, microseconds: of single messages, and within bursts.
const CPU_US_MAX: [f64; 2] = [12.0, 2.0];

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let mut stage = Stage::set(args, Build::Release).await?;
    let rooms = stage.rooms(args.rooms()).await?;
    let load = Load {
        pace: Pace::Open {
            rate: args.rate(),
            burst: args.burst(),
        },
        signals: Signals::default(),
        seconds: args.seconds(),
        stall_after_s: 0.0,
        resume: false,
    };
    let plans = stage.plans(&rooms, &spread(args.connections(), args.rooms()), load)?;
    let ran = stage.drive(plans).await?;
    let found = stage.audit(&ran.outcome).await?;
    let mut report = measured(&stage, &ran, &found);
    let bound = CPU_US_MAX[usize::from(args.burst() >= BURST_MIN)];
    let cpu_us = report.cpu_us_per_delivery;
    report.at_most("server CPU per delivery, µs", cpu_us, bound);
    promises(&mut report);
    stage.strike().await?;
    Ok(report)
}
