//! `step`: a subscriber of several cameras, whose link steps from 4 to 1 and back to 4 Mbit/s.

use super::hall::{Client, Guest, Hall, Measured, kit};
use super::judge;
use crate::args::{Args, Profile};
use crate::call::{Kit, Passage, Shape, Talk, View};
use crate::clock::now_us;
use crate::report::Report;
use crate::server::Build;
use anyhow::Context;
use serde_json::json;
use std::time::Duration;

/// The link, bits a second, phase by phase.
const PHASES_BPS: [u64; 3] = [4_000_000, 1_000_000, 4_000_000];
/// Cameras that the subscriber would like to see.
const CAMERAS: usize = 4;
/// After a step, until the use of the link counts.
const ADAPT_US: u64 = 10_000_000;
/// After a step, until the queue counts.
const DRAIN_US: u64 = 2_000_000;
/// Used of the link after that, percent.
const USED_PERCENT_MIN: f64 = 80.0;
const QUEUE_MS_MAX: f64 = 150.0;
const SWITCHES_MAX: f64 = 1.0;

/// What was seen of one phase.
struct Phase {
    bps: u64,
    from_us: u64,
    to_us: u64,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let hall = Hall::open(args, Build::Release, None).await?;
    hall.admit(publishers(CAMERAS)).await?;
    let subscriber = hall.seat(&subscriber(args)).await?;
    hall.seats.borrow_mut().push(subscriber.clone());
    let view = View::Everyone {
        width: 1_280,
        height: 720,
    };
    subscriber.lay_out(view).await?;
    let proxy = subscriber
        .proxy
        .as_ref()
        .context("the subscriber is behind a proxy")?;
    let mut phases = Vec::new();
    let mut switches = Vec::new();
    // The estimate starts low: the first phase begins once it has had time to grow.
    tokio::time::sleep(Duration::from_micros(ADAPT_US)).await;
    proxy.take_passages();
    for bps in PHASES_BPS {
        proxy.reshape(link(args, bps));
        let from_us = now_us();
        let measured = hall.measure_now(args.seconds()).await?;
        switches.push(measured.tally.switches_in_10_s_max);
        let to_us = now_us();
        phases.push((
            Phase {
                bps,
                from_us,
                to_us,
            },
            measured,
        ));
    }
    let passages = proxy.take_passages();
    let (lost, overflown) = proxy.lost();
    let last = phases
        .last()
        .map(|(_, measured)| measured.clone())
        .unwrap_or_default();
    let mut report = judge::report(args, &hall, &last);
    let (used_min, queue_max) = tell(&mut report, &phases, &passages);
    report.at_least(
        "link used 10 s after a step, percent",
        Some(used_min),
        USED_PERCENT_MIN,
    );
    report.at_most(
        "queueing p95 2 s after a step, ms",
        Some(queue_max),
        QUEUE_MS_MAX,
    );
    let most = switches.into_iter().max().unwrap_or(0) as f64;
    report.at_most("layer switches of a slot in 10 s", Some(most), SWITCHES_MAX);
    report.detail("lost_at_random", lost);
    report.detail("lost_to_full_queues", overflown);
    hall.clear().await?;
    Ok(report)
}

/// Tells of every phase; returns the least use of the link and the longest queue.
fn tell(report: &mut Report, phases: &[(Phase, Measured)], passages: &[Passage]) -> (f64, f64) {
    let mut rows = Vec::new();
    let (mut used_min, mut queue_max) = (f64::MAX, 0.0_f64);
    for (phase, measured) in phases {
        let used = phase.used_percent(passages);
        let queue = phase.queue_p95_ms(passages);
        used_min = used_min.min(used);
        queue_max = queue_max.max(queue);
        rows.push(json!({
            "bps": phase.bps,
            "used_percent": used,
            "queue_p95_ms": queue,
            "switches_in_10_s_max": measured.tally.switches_in_10_s_max,
            "audio_lost": measured.tally.audio_lost,
            "freezes": measured.tally.freezes,
        }));
    }
    report.detail("phases", rows);
    (used_min, queue_max)
}

impl Phase {
    fn used_percent(&self, passages: &[Passage]) -> f64 {
        let from_us = self.from_us + ADAPT_US.min((self.to_us - self.from_us) / 2);
        let within = passages
            .iter()
            .filter(|p| p.at_us >= from_us && p.at_us < self.to_us);
        let bits: usize = within.map(|p| p.bytes * 8).sum();
        100.0 * bits as f64 / ((self.to_us - from_us) as f64 / 1e6 * self.bps as f64)
    }

    fn queue_p95_ms(&self, passages: &[Passage]) -> f64 {
        let from_us = self.from_us + DRAIN_US;
        let within = passages
            .iter()
            .filter(|p| p.at_us >= from_us && p.at_us < self.to_us);
        let mut queued: Vec<u64> = within.map(|p| p.queued_us).collect();
        queued.sort_unstable();
        let at = queued.len() * 95 / 100;
        queued.get(at).map_or(0.0, |us| *us as f64 / 1e3)
    }
}

fn link(args: &Args, bps: u64) -> Shape {
    Shape {
        delay_us: args.call.rtt * 500,
        bandwidth_bps: Some(bps),
        ..Shape::PERFECT
    }
}

/// People with cameras who listen to nobody.
pub(super) fn publishers(count: usize) -> Vec<Guest> {
    (0..count)
        .map(|who| Guest {
            room: 0,
            who,
            kit: Kit {
                audio_slots: 0,
                video_slots: 0,
                screen: None,
                ..kit(Profile::Mixed, who, 0)
            },
            client: Client::Light,
            talk: if who == 0 { Talk::Always } else { Talk::Never },
            bad: None,
            view: None,
        })
        .collect()
}

fn subscriber(args: &Args) -> Guest {
    let up = Shape {
        delay_us: args.call.rtt * 500,
        ..Shape::PERFECT
    };
    Guest {
        room: 0,
        who: CAMERAS,
        kit: Kit {
            video_slots: CAMERAS,
            twcc: true,
            ..Kit::VIEWER
        },
        client: if args.call.other_clients {
            Client::Light
        } else {
            Client::Real
        },
        talk: Talk::Never,
        bad: Some(([up, link(args, PHASES_BPS[0])], args.seed)),
        view: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_counts_after_the_adaptation_and_the_queue_after_the_drain() {
        let phase = Phase {
            bps: 1_000_000,
            from_us: 0,
            to_us: 20_000_000,
        };
        let passages: Vec<_> = (0..20_000_u64)
            .map(|ms| Passage {
                at_us: ms * 1_000,
                // Half of the link from the tenth second on, all of it before.
                bytes: if ms < 10_000 { 125 } else { 62 },
                queued_us: if ms < 2_000 { 300_000 } else { 10_000 },
            })
            .collect();
        assert!((phase.used_percent(&passages) - 49.6).abs() < 0.1);
        assert_eq!(phase.queue_p95_ms(&passages), 10.0);
    }
}
