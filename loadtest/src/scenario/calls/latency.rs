//! `latency`: a few participants on an otherwise idle machine. What forwarding adds is the way through the server less
//! the way straight from socket to socket, both with the same stamps, reader and clock.

use super::hall::{Client, Guest, Hall};
use super::judge;
use crate::args::Args;
use crate::call::{Kit, Picture, Talk, View};
use crate::clock::{Alarm, now_us};
use crate::histogram::Latency;
use crate::report::Report;
use crate::server::Build;
use std::cell::RefCell;
use std::net::Ipv4Addr;
use std::rc::Rc;
use tokio::net::UdpSocket;

/// What forwarding adds, milliseconds.
const P50_MS_MAX: f64 = 0.3;
const P99_MS_MAX: f64 = 2.0;
/// Between two direct packets, microseconds: not in step with the media.
const DIRECT_US: u64 = 7_300;

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let hall = Hall::open(args, Build::Release, None).await?;
    let participants = args.call.participants(args.scenario);
    let picture = Picture::bursts(args.burst(), args.rate() as u64);
    let guests = (0..participants).map(|who| Guest {
        room: 0,
        who,
        kit: Kit {
            microphone: who == 0,
            camera: (who == 0).then_some(picture),
            ..Kit::VIEWER
        },
        client: Client::Light,
        talk: Talk::Always,
        bad: None,
        view: Some(View::Speaker),
    });
    hall.admit(guests.collect()).await?;
    hall.lay_out(View::Speaker).await?;
    let direct = Rc::new(RefCell::new(Latency::default()));
    let probe = tokio::task::spawn_local(probe(Rc::clone(&direct)));
    let measured = hall.measure(args.seconds()).await?;
    probe.abort();
    let mut report = judge::report(args, &hall, &measured);
    let direct = direct.take();
    report.detail("direct_ms", direct.quantiles());
    let mut forward = measured.tally.audio_latency.clone();
    forward.merge(&measured.tally.video_latency);
    for (name, quantile, bound) in [("p50", 0.5, P50_MS_MAX), ("p99", 0.99, P99_MS_MAX)] {
        let added = forward
            .at(quantile)
            .zip(direct.at(quantile))
            .map(|(f, d)| (f - d).max(0.0));
        report.at_most(
            &format!("latency that forwarding adds, {name}, ms"),
            added,
            bound,
        );
    }
    hall.clear().await?;
    Ok(report)
}

/// Sends from one socket to another of this thread.
async fn probe(latency: Rc<RefCell<Latency>>) -> anyhow::Result<()> {
    let (from, to) = (
        UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?,
        UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?,
    );
    from.connect(to.local_addr()?).await?;
    let reader = tokio::task::spawn_local(async move {
        let mut buffer = [0; 64];
        while let Ok(len) = to.recv(&mut buffer).await {
            if let Some(sent) = buffer[..len].first_chunk() {
                let latency_us = now_us().saturating_sub(u64::from_be_bytes(*sent));
                latency.borrow_mut().record(latency_us);
            }
        }
    });
    let alarm = Alarm::new()?;
    let begin_us = now_us();
    for n in 0_u64.. {
        if reader.is_finished() {
            break;
        }
        alarm.until(begin_us + n * DIRECT_US).await?;
        // A full socket drops; then there is one less to measure.
        let _ = from.try_send(&now_us().to_be_bytes());
    }
    Ok(())
}
