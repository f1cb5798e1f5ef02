//! `mixed`: of `--connections` users 30 % are in calls and the others chat, all on one server.

use super::hall::{Client, Guest, Hall, kit};
use super::judge;
use crate::args::{Args, Profile};
use crate::call::{Talk, View};
use crate::fleet::{Pace, Signals};
use crate::report::Report;
use crate::scenario;
use crate::server::Build;
use crate::stage::{Load, spread};

/// Users in calls, percent.
const CALLERS_PERCENT: usize = 30;
/// Audio lost, percent.
const LOSS_PERCENT_MAX: f64 = 0.1;
/// Time for calls to be joined and to warm up while chat runs already, seconds.
const LEAD_S: f64 = 5.0;

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let hall = Hall::open(args, Build::Release, None).await?;
    let callers = (args.connections() * CALLERS_PERCENT / 100).max(1);
    let chatters = args.connections().saturating_sub(callers).max(1);
    let participants = args.call.participants(args.scenario);
    let call_rooms = callers.div_ceil(participants);
    let chat_rooms = hall.stage.rooms(args.rooms()).await?;
    hall.more_rooms(call_rooms.saturating_sub(args.rooms()))
        .await?;
    let profile = args.call.profile(args.scenario);
    let guests = (0..callers).map(|n| Guest {
        room: n / participants,
        who: n % participants,
        kit: kit(profile, n % participants, participants - 1),
        client: Client::Light,
        talk: Talk::Turns,
        bad: None,
        view: (profile != Profile::Audio).then_some(View::Speaker),
    });
    hall.admit(guests.collect()).await?;
    let load = Load {
        pace: Pace::Open {
            rate: args.rate(),
            burst: 1,
        },
        signals: Signals {
            typing: args.typing,
            presence: args.presence,
            reads: args.reads,
            reconnects: 0.0,
        },
        seconds: args.seconds() + LEAD_S,
        stall_after_s: 0.0,
        resume: false,
    };
    let stage = &hall.stage;
    let plans = stage.plans(&chat_rooms, &spread(chatters, args.rooms()), load)?;
    let (mut fleet, before) = stage.gather(plans).await?;
    let at_start = stage.usage();
    let start_us = stage.start(&fleet).await?;
    let measured = hall.measure(args.seconds()).await?;
    fleet.wait(&stage.bar).await?;
    let ran = stage.ran(&mut fleet, start_us, [before, at_start]).await?;
    let found = stage.audit(&ran.outcome).await?;
    let mut report = judge::report(args, &hall, &measured);
    scenario::count(&mut report, &ran.outcome);
    scenario::judge(&mut report, &found);
    scenario::promises(&mut report);
    report.detail("in_calls", callers);
    report.detail("chatting", chatters);
    let loss = measured.tally.audio_loss_percent();
    report.at_most("audio loss beside chat, percent", loss, LOSS_PERCENT_MAX);
    report.at_most(
        "ack p99 beside calls, ms",
        ran.outcome.tally.ack.at(0.99),
        25.0,
    );
    hall.clear().await?;
    Ok(report)
}
