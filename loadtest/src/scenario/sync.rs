//! A client far behind catches up with one request, again and again, while others chat.

use super::fill::fill;
use super::{measured, promises};
use crate::args::Args;
use crate::client::{Client, Keep, OnLoss, Since};
use crate::clock::now_us;
use crate::fleet::{Encoding, Pace, Signals};
use crate::histogram::Latency;
use crate::report::Report;
use crate::server::Build;
use crate::stage::{Load, Stage, read_all, spread};
use anyhow::Context;
use greenroom::crdt::Entry;
use greenroom::id::{Epoch, RoomId};
use std::rc::Rc;
use std::time::Duration;

/// From the request to being current, milliseconds.
const CURRENT_MS_MAX: f64 = 150.0;
/// Bytes received, times the same ops one by one.
const BYTES_MAX: f64 = 1.1;
/// How many times the others' delivery p99 may grow.
const SLOWER_MAX: f64 = 2.0;
/// The first second of each phase is not compared.
const WARM_UP_S: f64 = 1.0;

/// What one catching-up took.
struct Caught {
    took_us: u64,
    bytes: u64,
    /// The offsets it went from and to.
    from: u64,
    to: u64,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let mut stage = Stage::set(args, Build::Release).await?;
    let rooms = stage.rooms(args.rooms()).await?;
    let (epoch, behind) = place(&stage, rooms[0]).await?;
    fill(&stage, &rooms[..1], args.behind, args.text_bytes()).await?;
    let phase_s = args.seconds();
    let load = Load {
        pace: Pace::Open {
            rate: args.rate(),
            burst: args.burst(),
        },
        signals: Signals::default(),
        seconds: 2.0 * phase_s,
        stall_after_s: 0.0,
        resume: false,
    };
    let plans = stage.plans(&rooms, &spread(args.connections(), args.rooms()), load)?;
    let (mut fleet, before) = stage.gather(plans).await?;
    let at_start = stage.usage();
    let start_us = stage.start(&fleet).await?;
    let caught = catch_up(&stage, rooms[0], (epoch, behind), start_us).await?;
    fleet.wait(&stage.bar).await?;
    let ran = stage.ran(&mut fleet, start_us, [before, at_start]).await?;
    let found = stage.audit(&ran.outcome).await?;
    let mut report = measured(&stage, &ran, &found);

    let (_, calm) = ran.outcome.tally.between(WARM_UP_S, phase_s);
    let (_, during) = ran
        .outcome
        .tally
        .between(phase_s + WARM_UP_S, 2.0 * phase_s);
    report.delivery_ms = during.quantiles();
    report.detail("delivery_ms_before", calm.quantiles());
    let log = read_log(&stage, rooms[0]).await?;
    judge(&mut report, args, &caught, &log);
    let ratio = during.at(0.99).zip(calm.at(0.99)).map(|(d, c)| d / c);
    report.at_most(
        "others' delivery p99 meanwhile, times before",
        ratio,
        SLOWER_MAX,
    );
    promises(&mut report);
    stage.strike().await?;
    Ok(report)
}

fn judge(report: &mut Report, args: &Args, caught: &[Caught], log: &[Entry]) {
    let mut current = Latency::default();
    let (mut bytes, mut entries, mut ops, mut count) = (0, 0, 0, 0);
    for one in caught {
        current.record(one.took_us);
        bytes += one.bytes;
        count += one.to - one.from;
        let range = one.from as usize..(one.to as usize).min(log.len());
        for entry in &log[range] {
            entries += encoded(args.subprotocol, entry);
            ops += encoded(args.subprotocol, &entry.op);
        }
    }
    let runs = caught.len().max(1) as f64;
    report.detail("syncs", caught.len());
    report.detail("ops_per_sync", count as f64 / runs);
    report.detail("bytes_per_sync", bytes as f64 / runs);
    report.detail("bytes_per_op_entry", entries as f64 / count.max(1) as f64);
    report.detail("bytes_times_bare_ops", bytes as f64 / ops.max(1) as f64);
    report.detail("current_ms", current.quantiles());
    report.at_most("time to current p50, ms", current.at(0.5), CURRENT_MS_MAX);
    report.at_most("time to current p99, ms", current.at(0.99), CURRENT_MS_MAX);
    let ratio = (entries > 0).then(|| bytes as f64 / entries as f64);
    report.at_most("bytes, times the same entries one by one", ratio, BYTES_MAX);
}

/// Where the room's log stands now.
async fn place(stage: &Stage, room: RoomId) -> anyhow::Result<(Epoch, u64)> {
    let (client, _) = stage.client("owner", Keep::Digest, OnLoss::Stay).await?;
    let index = client.open(room, Since::Now, None).await?;
    let place =
        client.with_rooms(|rooms| Some((rooms[index].epoch()?, rooms[index].view.cursor())));
    client.leave();
    place.context("the room has no epoch")
}

/// Catches up back to back through the second phase.
async fn catch_up(
    stage: &Stage,
    room: RoomId,
    (epoch, behind): (Epoch, u64),
    start_us: u64,
) -> anyhow::Result<Vec<Caught>> {
    let phase_us = (stage.args.seconds() * 1e6) as u64;
    tokio::time::sleep(Duration::from_micros(
        (start_us + phase_us).saturating_sub(now_us()),
    ))
    .await;
    let mut caught = Vec::new();
    while now_us() < start_us + 2 * phase_us {
        let (client, tally) = stage.client("owner", Keep::Digest, OnLoss::Stay).await?;
        let bytes = tally.borrow().bytes_in;
        let begin_us = now_us();
        let since = Since::Cursor(epoch, behind);
        let index = client.open(room, since, None).await?;
        caught.push(Caught {
            took_us: now_us() - begin_us,
            bytes: tally.borrow().bytes_in - bytes,
            from: behind,
            to: cursor(&client, index),
        });
        let errors = tally.borrow().error_count();
        anyhow::ensure!(
            errors == 0,
            "catching up failed: {:?}",
            tally.borrow().errors
        );
        client.leave();
    }
    Ok(caught)
}

fn cursor(client: &Rc<Client>, room: usize) -> u64 {
    client.with_rooms(|rooms| rooms[room].view.cursor())
}

async fn read_log(stage: &Stage, room: RoomId) -> anyhow::Result<Vec<Entry>> {
    let (reader, _) = stage.client("owner", Keep::Entries, OnLoss::Stay).await?;
    let log = read_all(&reader, room).await;
    reader.leave();
    log
}

/// Bytes of a value alone in the subprotocol.
fn encoded(encoding: Encoding, value: &impl serde::Serialize) -> u64 {
    let bytes = match encoding {
        Encoding::Json => serde_json::to_vec(value).map(|bytes| bytes.len()).ok(),
        Encoding::Msgpack => rmp_serde::to_vec_named(value).map(|bytes| bytes.len()).ok(),
    };
    bytes.expect("ops have string keys and finite numbers") as u64
}
