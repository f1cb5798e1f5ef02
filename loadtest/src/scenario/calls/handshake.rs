//! `handshake`: everyone sets DTLS up at once, through loss (`--loss`) or while strangers send ClientHellos
//! (`--hellos`).

use super::hall::{Client, Guest, Hall, Measured};
use super::judge;
use crate::args::Args;
use crate::call::{Kit, PeerState, Seat, Shape, Talk, client_hello};
use crate::clock::{Alarm, now_us};
use crate::histogram::Latency;
use crate::report::Report;
use crate::server::Build;
use anyhow::Context;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;
use tokio::net::UdpSocket;

/// A transport counts as set up when it is within this.
const TIME_MAX: Duration = Duration::from_secs(12);
/// Set up in time: through loss, and without it, percent.
const UP_PERCENT_MIN: [f64; 2] = [95.0, 100.0];
/// Sockets the strangers send from.
const STRANGERS: usize = 64;
/// ClientHellos sent at once.
const HELLOS: u64 = 10;

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let hall = Hall::open(args, Build::Release, None).await?;
    let loss = args.call.loss(args.scenario);
    let participants = args.call.participants(args.scenario);
    let guests: Vec<Guest> = (0..args.rooms())
        .flat_map(|room| (0..participants).map(move |who| (room, who)))
        .map(|(room, who)| guest(args, room, who, participants))
        .collect();
    hall.wait_outside(&guests).await?;
    let usage = hall.stage.usage();
    let mut seats: Vec<Rc<Seat>> = Vec::new();
    let mut strangers = None;
    for guest in &guests {
        let seat = hall.begin(guest).await?;
        if strangers.is_none() && args.call.hellos > 0 {
            let server = seat.peer.server().context("an answer was taken")?;
            strangers = Some(tokio::task::spawn_local(spray(server, args.call.hellos)));
        }
        seats.push(seat);
    }
    tokio::time::sleep(TIME_MAX).await;
    if let Some(strangers) = strangers {
        strangers.abort();
    }
    let mut took = Latency::default();
    let mut failures = Vec::new();
    for seat in &seats {
        match seat.peer.state() {
            PeerState::Connected(us) if us <= crate::clock::micros(TIME_MAX) => took.record(us),
            other => failures.push(format!("{other:?}")),
        }
    }
    hall.seats.borrow_mut().extend(seats.iter().cloned());
    let measured = Measured {
        usage: usage.zip(hall.stage.usage()).map(|(a, b)| [a, b]),
        seconds: TIME_MAX.as_secs_f64(),
        ..Measured::default()
    };
    let mut report = judge::report(args, &hall, &measured);
    report.detail("connect_ms", took.quantiles());
    report.detail("hellos_per_s", args.call.hellos);
    failures.truncate(5);
    report.detail("failures", failures);
    let up = 100.0 * took.count() as f64 / seats.len().max(1) as f64;
    let bound = UP_PERCENT_MIN[usize::from(loss == 0.0)];
    report.at_least("transports up within 12 s, percent", Some(up), bound);
    hall.clear().await?;
    Ok(report)
}

fn guest(args: &Args, room: usize, who: usize, participants: usize) -> Guest {
    let loss = args.call.loss(args.scenario);
    let shape = Shape {
        loss_percent: loss,
        delay_us: args.call.rtt * 500,
        ..Shape::PERFECT
    };
    let seed = args.seed + (room * participants + who) as u64;
    Guest {
        room,
        who,
        kit: Kit {
            microphone: true,
            video_slots: 0,
            // Half of the clients begin the handshake, as some do.
            dtls_active: who % 2 == 1,
            ..Kit::VIEWER
        },
        client: if args.call.other_clients {
            Client::Real
        } else {
            Client::Light
        },
        talk: Talk::Never,
        bad: (loss > 0.0).then_some(([shape; 2], seed)),
        view: None,
    }
}

/// Strangers that nobody invited begin handshakes.
async fn spray(server: SocketAddr, per_s: u64) -> anyhow::Result<()> {
    let mut sockets = Vec::new();
    for _ in 0..STRANGERS {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        socket.connect(server).await?;
        sockets.push(socket);
    }
    let alarm = Alarm::new()?;
    let begin_us = now_us();
    for n in 0_u64.. {
        alarm
            .until(begin_us + n * HELLOS * 1_000_000 / per_s)
            .await?;
        for k in 0..HELLOS {
            let random: [u8; 32] = rand::random();
            let socket = &sockets[usize::try_from(n * HELLOS + k)? % STRANGERS];
            // What the kernel does not take is not sent again: the next one is due already.
            let _ = socket.try_send(&client_hello(&random));
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}
