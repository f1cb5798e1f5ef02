//! `meeting`: everyone sends and sees everyone; then others join, one after the other, to see how soon they see.

use super::hall::{Client, Guest, Hall, kit};
use super::judge;
use crate::args::Args;
use crate::call::{Kit, MediaTally, Talk, View};
use crate::report::Report;
use crate::server::Build;
use std::time::Duration;

/// Those who join later.
const PROBES: usize = 10;
/// How long each of them looks.
const PROBE_TIME: Duration = Duration::from_millis(2_000);
/// From the join to the first frame, milliseconds, median. Chromium decodes as well; the page's own figure comes from
/// the browser tests.
const FIRST_FRAME_MS_MAX: f64 = 500.0;
const TILE: View = View::Everyone {
    width: 640,
    height: 360,
};

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let hall = Hall::open(args, Build::Release, None).await?;
    let participants = args.call.participants(args.scenario);
    let profile = args.call.profile(args.scenario);
    let client = if args.call.other_clients {
        Client::Light
    } else {
        Client::Real
    };
    let everyone = (0..args.rooms()).flat_map(|room| {
        (0..participants).map(move |who| Guest {
            room,
            who,
            kit: Kit {
                twcc: true,
                ..kit(profile, who, participants - 1)
            },
            client,
            talk: Talk::Turns,
            bad: None,
            view: None,
        })
    });
    hall.admit(everyone.collect()).await?;
    hall.lay_out(TILE).await?;
    let measured = hall.measure(args.seconds()).await?;
    let probes = probe(&hall, client).await?;
    let mut report = judge::report(args, &hall, &measured);
    report.time_to_first_frame_ms = probes.first_frame.quantiles();
    let lost = measured.tally.audio_lost as f64;
    report.at_most("audio packets lost", Some(lost), 0.0);
    let first = probes.first_frame.at(0.5);
    report.at_most("join to first frame, median, ms", first, FIRST_FRAME_MS_MAX);
    hall.clear().await?;
    Ok(report)
}

/// Joins a running meeting again and again.
async fn probe(hall: &Hall, client: Client) -> anyhow::Result<MediaTally> {
    hall.stage.bar.set_prefix("first frame");
    let mut seen = MediaTally::default();
    for who in 0..PROBES {
        let seat = hall
            .seat(&Guest {
                room: 0,
                who,
                kit: Kit {
                    twcc: true,
                    ..Kit::VIEWER
                },
                client,
                talk: Talk::Never,
                bad: None,
                // A camera: a screen would come first for a speaker's tile, and may not fit the link at once.
                view: Some(TILE),
            })
            .await?;
        tokio::time::sleep(PROBE_TIME).await;
        seen.merge(&seat.peer.end().0);
        seat.leave().await?;
    }
    Ok(seen)
}
