//! `track`: tracks panic one after the other while everyone speaks; who is not hit loses nothing.

use super::hall::{Client, Guest, Hall, kit};
use super::judge;
use crate::args::Args;
use crate::call::{Talk, View};
use crate::report::Report;
use crate::server::{Build, http};
use anyhow::{Context, ensure};
use greenroom::sfu::Source;
use std::time::Duration;

/// The silence of a panicked microphone, milliseconds.
const GAP_MS_MAX: f64 = 60.0;
/// The frozen picture of a panicked camera, milliseconds.
const FREEZE_MS_MAX: f64 = 500.0;
/// Between two panics.
const PAUSE: Duration = Duration::from_millis(1_500);

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let hall = Hall::open(args, Build::Failpoints, None).await?;
    let participants = args.call.participants(args.scenario);
    let profile = args.call.profile(args.scenario);
    let everyone = (0..args.rooms()).flat_map(|room| {
        (0..participants).map(move |who| Guest {
            room,
            who,
            kit: kit(profile, who, participants - 1),
            client: if args.call.other_clients {
                Client::Real
            } else {
                Client::Light
            },
            talk: Talk::Always,
            bad: None,
            view: None,
        })
    });
    hall.admit(everyone.collect()).await?;
    let view = View::Everyone {
        width: 1_280,
        height: 720,
    };
    hall.lay_out(view).await?;
    let seconds = PAUSE.as_secs_f64() * (args.rooms() * 2 + 2) as f64;
    let (measured, panics) = futures_util::join!(hall.measure(seconds), panic_all(&hall, args));
    let (measured, panics) = (measured?, panics?);
    let mut report = judge::report(args, &hall, &measured);
    report.restarts = Some(panics);
    let victims = victims(&hall, participants);
    let hit = |stream: &_| victims.iter().any(|seat| seat.peer.owns(*stream));
    let others: u64 = measured
        .tally
        .lost_of
        .iter()
        .filter(|(stream, _)| !hit(stream))
        .map(|(_, lost)| lost)
        .sum();
    let of_victims: u64 = measured.tally.lost_of.values().sum::<u64>() - others;
    report.detail("packets_lost_of_the_panicked", of_victims);
    let gap = measured.tally.audio_gap.at(1.0);
    report.at_most("audio gap around a panic, ms", gap, GAP_MS_MAX);
    let freeze = measured.tally.freeze.at(1.0).or(Some(0.0));
    report.at_most("picture frozen by a panic, ms", freeze, FREEZE_MS_MAX);
    report.at_most("packets that others lost", Some(others as f64), 0.0);
    hall.clear().await?;
    Ok(report)
}

fn victims(hall: &Hall, participants: usize) -> Vec<std::rc::Rc<crate::call::Seat>> {
    let seats = hall.seats.borrow();
    seats
        .iter()
        .filter(|seat| seat.peer.who() == 0 && participants > 1)
        .cloned()
        .collect()
}

/// Panics the microphone and then the camera of the first one of each room.
async fn panic_all(hall: &Hall, args: &Args) -> anyhow::Result<u64> {
    // The measurement warms up first.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let mut panics = 0;
    for seat in victims(hall, args.call.participants(args.scenario)) {
        for source in [Source::Microphone, Source::Camera] {
            let Some(track) = seat.own(source) else {
                continue;
            };
            let room = seat.room();
            let path = format!("/debug/panic?room={room}&track={}", track.0);
            let (status, body) = http::send(hall.stage.endpoint.addr, "POST", &path).await?;
            ensure!(
                (200..300).contains(&status),
                "POST {path} was answered by {status}: {body}\n(it needs a server built with --features failpoints)"
            );
            panics += 1;
            tokio::time::sleep(PAUSE).await;
        }
    }
    (panics > 0)
        .then_some(panics)
        .context("nobody publishes anything")
}
