//! Panics in rooms and connections under load: each room once, and what its members and its siblings notice.

use super::{measured, promises};
use crate::args::Args;
use crate::client::{Client, Keep, OnLoss, Since};
use crate::clock::{Alarm, now_us};
use crate::fleet::{Outcome, Pace, Signals, replica};
use crate::report::Report;
use crate::server::{Build, http};
use crate::stage::{Load, Spot, Stage};
use anyhow::ensure;
use greenroom::id::RoomId;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use std::rc::Rc;
use std::time::Duration;

/// From the panic to the ack of a post sent right after it, 99 %, milliseconds.
const RECOVER_MS_MAX: f64 = 10.0;
/// How many times the others' delivery p99 may grow.
const SLOWER_MAX: f64 = 2.0;
/// Replicas of the prober begin here.
const REPLICA_BASE: u64 = 1 << 41;
/// After the last panic, seconds.
const CALM_S: f64 = 2.0;
/// The first second is not compared.
const WARM_UP_S: f64 = 1.0;

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let mut stage = Stage::set(args, Build::Failpoints).await?;
    let rooms = stage.rooms(args.rooms()).await?;
    let phase_s = args.seconds();
    let load = Load {
        pace: Pace::Open {
            rate: args.rate(),
            burst: args.burst(),
        },
        signals: Signals::default(),
        seconds: 2.0 * phase_s + CALM_S,
        stall_after_s: 0.0,
        resume: true,
    };
    let plans = stage.plans(&rooms, &spots(args), load)?;
    let (mut fleet, before) = stage.gather(plans).await?;
    let (prober, probes) = stage.client("owner", Keep::Digest, OnLoss::Resume).await?;
    for (n, room) in rooms.iter().enumerate() {
        let replica = replica(stage.run, REPLICA_BASE + n as u64);
        prober.open(*room, Since::Now, Some(replica)).await?;
    }
    let at_start = stage.usage();
    let start_us = stage.start(&fleet).await?;
    let panics = inject(&stage, &prober, &rooms, start_us).await?;
    fleet.wait(&stage.bar).await?;
    settle(&prober).await;
    let mut ran = stage.ran(&mut fleet, start_us, [before, at_start]).await?;
    add(&mut ran.outcome, &prober);
    prober.leave();
    let found = stage.audit(&ran.outcome).await?;
    let mut report = measured(&stage, &ran, &found);
    let probes = probes.borrow().clone();
    let tally = &ran.outcome.tally;
    let (_, calm) = tally.between(WARM_UP_S, phase_s);
    let (_, during) = tally.between(phase_s, 2.0 * phase_s);
    report.delivery_ms = during.quantiles();
    report.detail("delivery_ms_before", calm.quantiles());
    report.restarts = Some(panics);
    report.recover_ms = probes.ack.quantiles();
    report.detail("prober_retries", probes.retries);
    report.detail("prober_errors", &probes.errors);
    report.detail("client_recover_ms", tally.recover.quantiles());
    report.at_most(
        "room restart after a panic, p99, ms",
        probes.ack.at(0.99),
        RECOVER_MS_MAX,
    );
    let ratio = during.at(0.99).zip(calm.at(0.99)).map(|(d, c)| d / c);
    report.at_most(
        "delivery p99 while rooms panic, times before",
        ratio,
        SLOWER_MAX,
    );
    report.at_most(
        "errors",
        Some((tally.error_count() + probes.error_count()) as f64),
        0.0,
    );
    report.at_most("posts never acked", Some(ran.outcome.unacked() as f64), 0.0);
    promises(&mut report);
    stage.strike().await?;
    Ok(report)
}

/// One large room; the other clients are spread over the other rooms.
fn spots(args: &Args) -> Vec<Spot> {
    let others = args.rooms().saturating_sub(1).max(1);
    (0..args.connections())
        .map(|n| Spot {
            room: if n < args.large() {
                0
            } else {
                (1 + n % others).min(args.rooms() - 1)
            },
            // The large room is written to by a few, or it would be all the load there is.
            writes: n < 10 || n >= args.large(),
            stalls: false,
        })
        .collect()
}

/// Panics every room once and some connections, evenly through the second phase; a probe follows each room's panic.
async fn inject(
    stage: &Stage,
    prober: &Rc<Client>,
    rooms: &[RoomId],
    start_us: u64,
) -> anyhow::Result<u64> {
    let args = &stage.args;
    let mut random = SmallRng::seed_from_u64(args.seed);
    let mut order: Vec<usize> = (0..rooms.len()).collect();
    order.shuffle(&mut random);
    let phase_us = (args.seconds() * 1e6) as u64;
    let step_us = phase_us / rooms.len() as u64;
    let alarm = Alarm::new()?;
    let mut connections_left = args.connection_panics;
    for (n, room) in order.into_iter().enumerate() {
        let at_us = start_us + phase_us + n as u64 * step_us;
        alarm.until(at_us).await?;
        stage
            .bar
            .set_message(format!("panic {} of {}", n + 1, rooms.len()));
        let begin_us = now_us();
        panic(stage, &format!("room={}", rooms[room])).await?;
        prober.post(room, begin_us, args.text_bytes(), 1);
        if connections_left > 0 {
            connections_left -= 1;
            alarm.until(at_us + step_us / 2).await?;
            let victim = random.random_range(1..=args.connections());
            // That connection may have come back under another number: then there is nothing to panic.
            let _ = panic(stage, &format!("connection={victim}")).await;
        }
    }
    Ok(rooms.len() as u64)
}

async fn panic(stage: &Stage, victim: &str) -> anyhow::Result<()> {
    let path = format!("/debug/panic?{victim}");
    let (status, body) = http::send(stage.endpoint.addr, "POST", &path).await?;
    ensure!(
        (200..300).contains(&status),
        "POST {path} was answered by {status}: {body}\n(chaos needs a server built with --features failpoints)"
    );
    Ok(())
}

async fn settle(prober: &Rc<Client>) {
    for _ in 0..500 {
        if prober.settled() && prober.in_sync() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn add(outcome: &mut Outcome, prober: &Rc<Client>) {
    let reading = prober.reading();
    prober.with_rooms(|rooms| {
        for room in rooms {
            let (author, view) = room.records(reading);
            outcome.authors.extend(author);
            outcome.views.extend(view);
        }
    });
}
