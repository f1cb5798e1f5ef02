//! SIGKILL at random moments under load: after every restart clients resume, at the end every ack is looked for.

use super::fill::fill;
use super::{measured, promises};
use crate::args::Args;
use crate::fleet::{Order, Pace, Signals};
use crate::histogram::Latency;
use crate::report::Report;
use crate::server::Build;
use crate::stage::{Load, Stage, spread};
use anyhow::{Context, ensure};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::time::Duration;

/// From the start of the process to `/readyz`, milliseconds.
const READY_MS_MAX: f64 = 2_000.0;
/// How long the server lives between two kills, milliseconds.
const LIFE_MS: std::ops::Range<u64> = 100..1_500;
/// Time for clients to come back after the last kill.
const CALM: Duration = Duration::from_secs(3);
/// Messages of the prefill per room, about.
const FILL_PER_ROOM: u64 = 20_000;
/// Rooms of the prefill: what one connection may follow.
const FILL_ROOMS_MAX: u64 = 500;
/// The longest the load lasts, seconds per kill and besides.
const SECONDS_MAX: (f64, f64) = (10.0, 60.0);

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    ensure!(
        args.url.is_none(),
        "crash kills its server: it works with --spawn only"
    );
    let mut stage = Stage::set(args, Build::Release).await?;
    let filled = if args.prefill > 0 {
        let rooms = args.prefill.div_ceil(FILL_PER_ROOM).min(FILL_ROOMS_MAX);
        let rooms = stage.rooms(usize::try_from(rooms)?).await?;
        Some(fill(&stage, &rooms, args.prefill, args.text_bytes()).await?)
    } else {
        None
    };
    let rooms = stage.rooms(args.rooms()).await?;
    let load = Load {
        pace: Pace::Open {
            rate: args.rate(),
            burst: args.burst(),
        },
        signals: Signals::default(),
        seconds: f64::from(args.kills) * SECONDS_MAX.0 + SECONDS_MAX.1,
        stall_after_s: 0.0,
        resume: true,
    };
    let plans = stage.plans(&rooms, &spread(args.connections(), args.rooms()), load)?;
    let (mut fleet, before) = stage.gather(plans).await?;
    let at_start = stage.usage();
    let start_us = stage.start(&fleet).await?;
    let ready = kill_again_and_again(&mut stage).await?;
    tokio::time::sleep(CALM).await;
    fleet.order(Order::Stop, &stage.bar).await?;
    let mut ran = stage.ran(&mut fleet, start_us, [before, at_start]).await?;
    if let Some(filled) = filled {
        ran.outcome.merge(filled);
    }
    let found = stage.audit(&ran.outcome).await?;
    let mut report = measured(&stage, &ran, &found);
    report.restarts = Some(u64::from(args.kills));
    report.recover_ms = ready.quantiles();
    report.parameters.insert("kills".into(), args.kills.into());
    report
        .parameters
        .insert("prefill".into(), args.prefill.into());
    report.detail("client_recover_ms", ran.outcome.tally.recover.quantiles());
    report.at_most(
        "ready again after SIGKILL, max, ms",
        ready.at(1.0),
        READY_MS_MAX,
    );
    report.at_most("posts never acked", Some(ran.outcome.unacked() as f64), 0.0);
    promises(&mut report);
    stage.strike().await?;
    Ok(report)
}

/// Returns how long each restart took until the server was ready.
async fn kill_again_and_again(stage: &mut Stage) -> anyhow::Result<Latency> {
    let mut random = SmallRng::seed_from_u64(stage.args.seed);
    let mut ready = Latency::default();
    for n in 0..stage.args.kills {
        stage.bar.set_prefix("crash");
        stage
            .bar
            .set_message(format!("kill {} of {}", n + 1, stage.args.kills));
        tokio::time::sleep(Duration::from_millis(random.random_range(LIFE_MS))).await;
        let server = stage.server.as_mut().context("a server of our own")?;
        server.kill()?;
        ready.record(crate::clock::micros(server.start().await?));
        if let (Some(meter), Some(pid)) = (&stage.meter, server.pid()) {
            meter.follow(pid);
        }
    }
    Ok(ready)
}
