//! `call`: rooms of participants, one speaker each, silent otherwise.

use super::hall::{Client, Guest, Hall, kit};
use super::judge;
use crate::args::{Args, Profile};
use crate::call::{Talk, View};
use crate::report::Report;
use crate::server::Build;

/// A change of speaker is heard within this, milliseconds.
const SPEAKER_MS_MAX: f64 = 300.0;

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let hall = Hall::open(args, Build::Release, None).await?;
    hall.admit(guests(args, 0..args.rooms())).await?;
    let measured = hall.measure(args.seconds()).await?;
    let mut report = judge::report(args, &hall, &measured);
    let lost = measured.tally.audio_lost as f64;
    report.at_most("audio packets lost", Some(lost), 0.0);
    let heard = measured.tally.spurt_heard.at(0.99);
    report.at_most("speaker change heard, p99, ms", heard, SPEAKER_MS_MAX);
    hall.clear().await?;
    Ok(report)
}

/// Everyone of these rooms.
pub(super) fn guests(args: &Args, rooms: std::ops::Range<usize>) -> Vec<Guest> {
    let participants = args.call.participants(args.scenario);
    let profile = args.call.profile(args.scenario);
    let client = if args.call.other_clients {
        Client::Real
    } else {
        Client::Light
    };
    let view = (profile != Profile::Audio).then_some(View::Speaker);
    rooms
        .flat_map(|room| {
            (0..participants).map(move |who| Guest {
                room,
                who,
                kit: kit(profile, who, participants - 1),
                client,
                talk: Talk::Turns,
                bad: None,
                view,
            })
        })
        .collect()
}
