//! `overload`: `--overload` times what the server's one processor, or a subscriber's link, carries.

use super::hall::{Client, Guest, Hall, Measured, SINK, kit};
use super::{judge, step};
use crate::args::{Args, Profile};
use crate::call::{Kit, Opens, Picture, Shape, Talk, View};
use crate::report::Report;
use crate::server::{Build, pin};

/// Audio lost, percent; and its latency, milliseconds.
const LOSS_PERCENT_MAX: f64 = 0.1;
const AUDIO_MS_MAX: f64 = 40.0;
/// Those who send, all to everyone.
const SENDERS: usize = 4;
/// Those of the others who read and judge everything. The rest are sinks: what they do not read the kernel drops.
const JUDGES: usize = 4;
/// Frames a second.
const FRAMES: u64 = 30;
/// Packets of a frame while the capacity is measured.
const CALM_BURST: usize = 8;
/// What the cameras of `link` send, bits a second: all layers that fit their tiles.
const WANTED_BPS: f64 = 4.0 * 1_700_000.0;

/// Overload of the CPU.
pub(super) async fn cpu(args: &Args) -> anyhow::Result<Report> {
    let hall = Hall::open(args, Build::Release, Some(1)).await?;
    if let Some(pid) = hall.stage.pid() {
        pin(pid, 0)?;
        pin(std::process::id(), 1)?;
    }
    let participants = args.call.participants(args.scenario).max(SENDERS + JUDGES);
    let picture = |burst| Picture::bursts(burst, FRAMES * burst as u64);
    let guests = (0..participants).map(|who| Guest {
        room: 0,
        who,
        kit: part(who, picture(CALM_BURST)),
        client: Client::Light,
        talk: Talk::Always,
        bad: None,
        view: None,
    });
    hall.admit(guests.collect()).await?;
    hall.lay_out(View::Everyone {
        width: 1_280,
        height: 720,
    })
    .await?;
    let calm = hall.measure(args.seconds()).await?;
    // One processor less what is not forwarding is what could be forwarded in the same way.
    let capacity_pps = judge::cpu_us_per_forwarded(&calm).map_or(0.0, |us| 1e6 / us);
    let copies = (SENDERS * (participants - SENDERS)) as f64;
    let burst = args.call.overload * capacity_pps / copies / FRAMES as f64;
    let burst = (burst.ceil() as usize).max(CALM_BURST);
    for seat in hall.seats.borrow().iter() {
        seat.peer.film(picture(burst));
    }
    let measured = hall.measure(args.seconds()).await?;
    let mut report = judge::report(args, &hall, &measured);
    let offered = judge::offered_per_s(&measured) * (participants - SENDERS) as f64;
    report.detail("capacity_per_s", capacity_pps);
    report.detail("offered_per_s", offered);
    report.detail("forwarded_per_s", judge::forwarded_per_s(&measured));
    report.detail("offered_times_capacity", offered / capacity_pps.max(1.0));
    report.detail("packets_of_a_frame", burst);
    report.detail(
        "calm_audio_latency_ms",
        calm.tally.audio_latency.quantiles(),
    );
    verdict(&mut report, &measured);
    hall.clear().await?;
    Ok(report)
}

/// Overload of the links of subscribers.
pub(super) async fn link(args: &Args) -> anyhow::Result<Report> {
    let hall = Hall::open(args, Build::Release, None).await?;
    hall.admit(step::publishers(SENDERS)).await?;
    let bandwidth = (WANTED_BPS / args.call.overload.max(0.1)) as u64;
    let shape = |bandwidth_bps| Shape {
        delay_us: 5_000,
        bandwidth_bps,
        ..Shape::PERFECT
    };
    let guests = (0..JUDGES).map(|n| Guest {
        room: 0,
        who: SENDERS + n,
        kit: Kit {
            video_slots: SENDERS,
            twcc: true,
            ..Kit::VIEWER
        },
        client: if args.call.other_clients {
            Client::Real
        } else {
            Client::Light
        },
        talk: Talk::Never,
        bad: Some(([shape(None), shape(Some(bandwidth))], args.seed + n as u64)),
        view: Some(View::Everyone {
            width: 1_280,
            height: 720,
        }),
    });
    hall.admit(guests.collect()).await?;
    let measured = hall.measure(args.seconds()).await?;
    let mut report = judge::report(args, &hall, &measured);
    report.detail("link_bps", bandwidth);
    report.detail("wanted_bps", WANTED_BPS);
    verdict(&mut report, &measured);
    hall.clear().await?;
    Ok(report)
}

fn verdict(report: &mut Report, measured: &Measured) {
    let tally = &measured.tally;
    let loss = tally.audio_loss_percent();
    report.at_most("audio loss, percent", loss, LOSS_PERCENT_MAX);
    report.at_most(
        "audio latency p99, ms",
        tally.audio_latency.at(0.99),
        AUDIO_MS_MAX,
    );
    let partial = 100.0 * tally.frames_partial as f64
        / (tally.frames_shown + tally.frames_partial + tally.frames_absent).max(1) as f64;
    report.at_most(
        "frames of which only a part came, percent",
        Some(partial),
        0.1,
    );
}

fn part(who: usize, picture: Picture) -> Kit {
    const REMB_BPS: u64 = 10_000_000_000;
    if who < SENDERS {
        return Kit {
            camera: Some(picture),
            audio_slots: 0,
            video_slots: 0,
            remb_bps: REMB_BPS,
            // One speaks, so that what is lost is easy to tell.
            microphone: who == 0,
            ..kit(Profile::Mixed, 1, 0)
        };
    }
    let receives = Kit {
        video_slots: SENDERS,
        remb_bps: REMB_BPS,
        ..Kit::VIEWER
    };
    match who - SENDERS {
        0 => receives,
        n if n < JUDGES => Kit {
            opens: Opens::Audio,
            ..receives
        },
        _ => Kit {
            video_slots: SENDERS,
            remb_bps: REMB_BPS,
            ..SINK
        },
    }
}
