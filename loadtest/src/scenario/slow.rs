//! Readers that stop reading: first everyone reads, then some do not, and the others must hardly notice.

use super::{measured, promises};
use crate::args::Args;
use crate::fleet::{Pace, Signals};
use crate::report::Report;
use crate::server::Build;
use crate::stage::{Load, Spot, Stage};

/// How much the server may grow while readers stall, bytes.
const GROWTH_BYTES_MAX: f64 = 64.0 * 1024.0 * 1024.0;
/// How many times the others' delivery p99 may grow.
const SLOWER_MAX: f64 = 2.0;
/// The first seconds of each phase are not compared: caches fill, readers have only just stopped.
const WARM_UP_S: f64 = 2.0;

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let mut stage = Stage::set(args, Build::Release).await?;
    let rooms = stage.rooms(args.rooms()).await?;
    let phase_s = args.seconds();
    let load = Load {
        pace: Pace::Open {
            rate: args.rate(),
            burst: args.burst(),
        },
        signals: Signals::default(),
        seconds: 2.0 * phase_s,
        stall_after_s: phase_s,
        resume: false,
    };
    let plans = stage.plans(&rooms, &spots(args), load)?;
    let ran = stage.drive(plans).await?;
    let found = stage.audit(&ran.outcome).await?;
    let mut report = measured(&stage, &ran, &found);
    let tally = &ran.outcome.tally;
    let (_, before) = tally.between(WARM_UP_S, phase_s);
    let (ack, during) = tally.between(phase_s + WARM_UP_S, 2.0 * phase_s);
    report.ack_ms = ack.quantiles();
    report.delivery_ms = during.quantiles();
    report.detail("delivery_ms_before", before.quantiles());
    report.detail("stalled_readers", args.stalled());
    let ratio = during.at(0.99).zip(before.at(0.99)).map(|(d, b)| d / b);
    report.at_most(
        "delivery p99 while readers stall, times before",
        ratio,
        SLOWER_MAX,
    );
    if let Some(meter) = &stage.meter {
        let stall_us = ran.start_us + (phase_s * 1e6) as u64;
        let calm = meter.rss_max(ran.start_us, stall_us);
        let growth = meter.rss_max(stall_us, ran.end_us).saturating_sub(calm);
        report.detail("server_growth_bytes", growth);
        report.at_most(
            "server growth, bytes",
            Some(growth as f64),
            GROWTH_BYTES_MAX,
        );
    }
    promises(&mut report);
    stage.strike().await?;
    Ok(report)
}

/// The last clients stall; they write nothing, so that what is sent stays the same.
fn spots(args: &Args) -> Vec<Spot> {
    let reading = args.connections().saturating_sub(args.stalled());
    (0..args.connections())
        .map(|n| Spot {
            room: n % args.rooms(),
            writes: n < reading,
            stalls: n >= reading,
        })
        .collect()
}
