//! `lossy`: pairs of people who speak without end, with random loss on one leg, in both its directions.

use super::hall::{Client, Guest, Hall, kit};
use super::judge;
use crate::args::{Args, Leg, Profile};
use crate::call::{Kit, Shape, Talk, View};
use crate::report::Report;
use crate::server::Build;

/// Audio that comes in time at 20 % of loss and below, and at 30 %, percent.
const PLAYABLE_PERCENT_MIN: [f64; 2] = [99.0, 97.0];

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let hall = Hall::open(args, Build::Release, None).await?;
    let loss = args.call.loss(args.scenario);
    let profile = args.call.profile(args.scenario);
    let shape = Shape {
        loss_percent: loss,
        delay_us: args.call.rtt * 500,
        ..Shape::PERFECT
    };
    let client = if args.call.other_clients {
        Client::Real
    } else {
        Client::Light
    };
    let participants = args.call.participants(args.scenario);
    let bad_one = match args.call.leg {
        Leg::Publisher => 0,
        Leg::Subscriber => 1,
    };
    let everyone = (0..args.rooms()).flat_map(|room| {
        (0..participants).map(move |who| Guest {
            room,
            who,
            kit: one_way(profile, who),
            client,
            talk: Talk::Always,
            bad: (who == bad_one).then_some(([shape; 2], args.seed + room as u64)),
            view: (profile != Profile::Audio).then_some(View::Speaker),
        })
    });
    hall.admit(everyone.collect()).await?;
    hall.lay_out(View::Speaker).await?;
    let measured = hall.measure(args.seconds()).await?;
    let mut report = judge::report(args, &hall, &measured);
    report.detail("leg", format!("{:?}", args.call.leg).to_lowercase());
    report.detail("rtt_ms", args.call.rtt);
    let bound = PLAYABLE_PERCENT_MIN[usize::from(loss > 20.0)];
    let playable = measured.tally.audio_playable_percent();
    report.at_least("audio playable within 200 ms, percent", playable, bound);
    hall.clear().await?;
    Ok(report)
}

/// The first of a pair sends, the second receives.
fn one_way(profile: Profile, who: usize) -> Kit {
    let both = kit(profile, who, 1);
    let common = Kit {
        twcc: true,
        red: true,
        ..both
    };
    if who == 0 {
        Kit {
            audio_slots: 0,
            video_slots: 0,
            screen: None,
            red: false,
            ..common
        }
    } else {
        Kit {
            microphone: false,
            camera: None,
            ..common
        }
    }
}
