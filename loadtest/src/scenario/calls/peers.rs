//! `peers`: participants that listen to silence. Their WebSockets are there before, so what is counted is the call's.

use super::hall::{Client, Guest, Hall};
use super::judge;
use crate::args::Args;
use crate::call::{Kit, Talk};
use crate::report::Report;
use crate::server::Build;
use std::time::Duration;

/// Of a processor, percent.
const CPU_PERCENT_MAX: f64 = 0.02;
/// Resident memory, bytes.
const RSS_BYTES_MAX: f64 = 60.0 * 1024.0;
/// The server settles after the rooms are made and entered.
const SETTLE: Duration = Duration::from_secs(3);

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let hall = Hall::open(args, Build::Release, None).await?;
    let participants = args.call.participants(args.scenario);
    let guests: Vec<Guest> = (0..args.rooms())
        .flat_map(|room| (0..participants).map(move |who| (room, who)))
        .map(|(room, who)| Guest {
            room,
            who,
            kit: Kit::VIEWER,
            client: Client::Light,
            talk: Talk::Never,
            bad: None,
            view: None,
        })
        .collect();
    let count = guests.len() as f64;
    hall.wait_outside(&guests).await?;
    tokio::time::sleep(SETTLE).await;
    let outside = hall.stage.usage();
    // What the server uses without any call: its own timers, and the WebSockets' beats.
    let idle = hall.measure_now(args.seconds()).await?;
    hall.admit(guests).await?;
    let measured = hall.measure(args.seconds()).await?;
    let mut report = judge::report(args, &hall, &measured);
    let share = |m: &super::hall::Measured| {
        m.usage
            .map(|[start, end]| 100.0 * (end.cpu_s - start.cpu_s) / m.seconds)
    };
    if let (Some(with), Some(without)) = (share(&measured), share(&idle)) {
        report.detail("server_cpu_percent_without_calls", without);
        let each = (with - without).max(0.0) / count;
        report.at_most(
            "idle CPU per peer, percent of a core",
            Some(each),
            CPU_PERCENT_MAX,
        );
    }
    if let (Some(before), Some([_, end])) = (outside, measured.usage) {
        let grown = end.rss_bytes.saturating_sub(before.rss_bytes) as f64 / count;
        report.rss_bytes_per_connection = Some(grown);
        report.detail("rss_bytes_before_connections", before.rss_bytes);
        report.at_most("resident bytes per peer", Some(grown), RSS_BYTES_MAX);
    }
    hall.clear().await?;
    Ok(report)
}
