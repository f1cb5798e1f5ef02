//! Acked and fsynced posts a second: authors with a room each, a bounded number in flight, one other subscriber.

use super::{measured, promises};
use crate::args::Args;
use crate::fleet::{Pace, Signals};
use crate::histogram::Latency;
use crate::report::Report;
use crate::server::Build;
use crate::stage::{Load, Spot, Stage};
use anyhow::Context;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// Acked posts a second.
const ACKED_PER_S_MIN: f64 = 10_000.0;
/// Writes timed on the bare disk.
const SYNCS: usize = 300;
/// Bytes of each.
const SYNC_BYTES: usize = 4_096;
/// Seconds at the start that do not count.
const WARM_UP_S: f64 = 1.0;

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let mut stage = Stage::set(args, Build::Release).await?;
    let bare = match &stage.server {
        Some(server) => Some(bare_fdatasync(&server.data())?),
        None => None,
    };
    let rooms = stage.rooms(args.rooms()).await?;
    let load = Load {
        pace: Pace::Window {
            in_flight: args.in_flight,
        },
        signals: Signals::default(),
        seconds: args.seconds(),
        stall_after_s: 0.0,
        resume: false,
    };
    let plans = stage.plans(&rooms, &spots(args.rooms()), load)?;
    let ran = stage.drive(plans).await?;
    let found = stage.audit(&ran.outcome).await?;
    let mut report = measured(&stage, &ran, &found);
    let (acks, _) = ran.outcome.tally.between(WARM_UP_S, args.seconds());
    let acked_per_s = acks.count() as f64 / (args.seconds() - WARM_UP_S);
    report
        .parameters
        .insert("in_flight".into(), args.in_flight.into());
    report.detail("acked_per_s", acked_per_s);
    if let Some(quantiles) = bare.as_ref().and_then(Latency::quantiles) {
        report.detail("bare_fdatasync_ms", quantiles);
    }
    report.at_least(
        "acked and fsynced posts a second",
        Some(acked_per_s),
        ACKED_PER_S_MIN,
    );
    promises(&mut report);
    stage.strike().await?;
    Ok(report)
}

/// An author and another subscriber in each room.
fn spots(rooms: usize) -> Vec<Spot> {
    (0..2 * rooms)
        .map(|n| Spot {
            room: n % rooms,
            writes: n < rooms,
            stalls: false,
        })
        .collect()
}

/// What this disk takes to make a small append durable, with nothing else going on.
fn bare_fdatasync(folder: &Path) -> anyhow::Result<Latency> {
    let mut file = tempfile::tempfile_in(folder).context("a file beside the database")?;
    let bytes = [0x5a; SYNC_BYTES];
    let mut latency = Latency::default();
    for _ in 0..SYNCS {
        let begin = Instant::now();
        file.write_all(&bytes)?;
        file.sync_data()?;
        latency.record(crate::clock::micros(begin.elapsed()));
    }
    Ok(latency)
}
