//! `churn`: participants come and go all the time; half of those who go say so, half vanish.

use super::hall::{Client, Guest, Hall, kit};
use super::judge;
use crate::args::{Args, Profile};
use crate::call::{Kit, MediaTally, Talk, View};
use crate::clock::{Alarm, now_us};
use crate::report::Report;
use crate::server::Build;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Joins that may be under way before the run counts as failed.
const ERRORS_MAX: f64 = 0.0;

/// What the comings and goings brought.
#[derive(Default)]
struct Comings {
    joined: u64,
    left: u64,
    vanished: u64,
    failed: Vec<String>,
    gone: MediaTally,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let hall = Rc::new(Hall::open(args, Build::Release, None).await?);
    let participants = args.call.participants(args.scenario);
    let everyone = (0..args.rooms()).flat_map(|room| (0..participants).map(move |who| (room, who)));
    let everyone = everyone.map(|(room, who)| guest(args, room, who));
    hall.admit(everyone.collect()).await?;
    let comings = Rc::new(RefCell::new(Comings::default()));
    let task = tokio::task::spawn_local(churn(Rc::clone(&hall), args.clone(), Rc::clone(&comings)));
    let measured = hall.measure(args.seconds()).await?;
    task.abort();
    let mut report = judge::report(args, &hall, &measured);
    let comings = comings.take();
    let mut whole = measured.tally.clone();
    whole.merge(&comings.gone);
    report.time_to_first_frame_ms = whole.first_frame.quantiles();
    report.detail("joined", comings.joined);
    report.detail("left", comings.left);
    report.detail("vanished", comings.vanished);
    report.detail("failures", &comings.failed);
    let failed = comings.failed.len() as f64;
    report.at_most("joins and leaves that failed", Some(failed), ERRORS_MAX);
    let lost = measured.tally.audio_lost as f64;
    report.at_most("audio packets lost by those who stay", Some(lost), 0.0);
    // The aborted task may hold on to the hall for a moment.
    tokio::time::sleep(Duration::from_millis(100)).await;
    if let Ok(hall) = Rc::try_unwrap(hall) {
        hall.clear().await?;
    }
    Ok(report)
}

async fn churn(hall: Rc<Hall>, args: Args, comings: Rc<RefCell<Comings>>) -> anyhow::Result<()> {
    let mut random = SmallRng::seed_from_u64(args.seed);
    let alarm = Alarm::new()?;
    let begin_us = now_us();
    let step_us = (1e6 / args.rate().max(0.1)) as u64;
    for n in 0_u64.. {
        alarm.until(begin_us + n * step_us).await?;
        let rooms = args.rooms();
        let participants = args.call.participants(args.scenario);
        // The last half of each room stays.
        let who = random.random_range(0..participants.div_ceil(2));
        let room = random.random_range(0..rooms);
        let polite = random.random_bool(0.5);
        let turn = turn(
            Rc::clone(&hall),
            guest(&args, room, who),
            polite,
            Rc::clone(&comings),
        );
        tokio::task::spawn_local(turn);
    }
    Ok(())
}

/// One goes, another comes to its place.
async fn turn(hall: Rc<Hall>, guest: Guest, polite: bool, comings: Rc<RefCell<Comings>>) {
    let place = (guest.room, guest.who);
    let Some(seat) = hall.replace(place, None) else {
        // Somebody else is just doing this.
        return;
    };
    if polite {
        let left = seat.leave().await;
        let comings = &mut *comings.borrow_mut();
        comings.left += 1;
        comings
            .failed
            .extend(left.err().map(|error| format!("{error:#}")));
    } else {
        seat.peer.vanish();
        comings.borrow_mut().vanished += 1;
    }
    seat.client.leave();
    let tally = seat.peer.end().0;
    comings
        .borrow_mut()
        .gone
        .first_frame
        .merge(&tally.first_frame);
    match hall.seat(&guest).await {
        Ok(seat) => {
            comings.borrow_mut().joined += 1;
            hall.replace(place, Some(seat));
        }
        Err(error) => comings.borrow_mut().failed.push(format!("{error:#}")),
    }
}

fn guest(args: &Args, room: usize, who: usize) -> Guest {
    let participants = args.call.participants(args.scenario);
    let profile = args.call.profile(args.scenario);
    let stays = who >= participants.div_ceil(2);
    Guest {
        room,
        who,
        kit: Kit {
            video_slots: usize::from(profile != Profile::Audio),
            ..kit(profile, who, participants - 1)
        },
        client: if args.call.other_clients {
            Client::Real
        } else {
            Client::Light
        },
        // Those who stay speak, so that what is lost is lost by the server.
        talk: if stays { Talk::Turns } else { Talk::Never },
        bad: None,
        view: (profile != Profile::Audio).then_some(View::Speaker),
    }
}
