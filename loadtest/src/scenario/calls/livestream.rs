//! `livestream`: one sends frames of `--burst` packets of 1,200 bytes, everyone else receives them.

use super::hall::{Client, Guest, Hall};
use super::judge;
use crate::args::Args;
use crate::call::{Kit, Opens, Picture, Talk, View};
use crate::report::Report;
use crate::server::{Build, pin};

/// CPU per forwarded packet, microseconds: bursts, and single packets.
const CPU_US_MAX: [f64; 2] = [1.8, 3.8];
/// From this burst on the first bound holds.
const BURST_MIN: usize = 8;
/// One subscriber in so many reads and judges everything; the others decrypt a sample.
const JUDGES: usize = 10;

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let hall = Hall::open(args, Build::Release, args.call.pin.then_some(1)).await?;
    if let (true, Some(pid)) = (args.call.pin, hall.stage.pid()) {
        pin(pid, 0)?;
        pin(std::process::id(), 1)?;
    }
    hall.admit(guests(args)).await?;
    hall.lay_out(View::Speaker).await?;
    let measured = hall.measure(args.seconds()).await?;
    let mut report = judge::report(args, &hall, &measured);
    let bound = CPU_US_MAX[usize::from(args.burst() < BURST_MIN)];
    let cpu_us = report.cpu_us_per_forwarded_packet;
    report.at_most("server CPU per forwarded packet, µs", cpu_us, bound);
    hall.clear().await?;
    Ok(report)
}

fn guests(args: &Args) -> Vec<Guest> {
    let participants = args.call.participants(args.scenario);
    let picture = Picture::bursts(args.burst(), args.rate() as u64);
    let publisher = Kit {
        camera: Some(picture),
        audio_slots: 0,
        video_slots: 0,
        ..Kit::VIEWER
    };
    (0..participants)
        .map(|who| Guest {
            room: 0,
            who,
            kit: match who {
                0 => publisher,
                _ => Kit {
                    audio_slots: 0,
                    opens: if who % JUDGES == 1 {
                        Opens::Everything
                    } else {
                        Opens::Audio
                    },
                    ..Kit::VIEWER
                },
            },
            client: Client::Light,
            talk: Talk::Never,
            bad: None,
            view: (who > 0).then_some(View::Speaker),
        })
        .collect()
}
