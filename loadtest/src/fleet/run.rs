//! The run itself: posts, signals and stalls at their times, then a wait until everything has arrived.

use super::plan::{Event, Order, Pace};
use super::worker::Worker;
use crate::clock::{Alarm, now_us};
use crate::content::mix;
use crate::schedule::Schedule;
use greenroom::protocol::{ClientFrame, Status};
use std::time::Duration;
use tokio::sync::mpsc;

/// How long after the run acks and deliveries may still come.
const SETTLE_TIME_MAX: Duration = Duration::from_secs(60);
/// Everything has arrived when nothing came for so long.
const QUIET: Duration = Duration::from_millis(400);
/// How often progress is told.
const PROGRESS: Duration = Duration::from_millis(250);
/// Posts that may go out late in a row before readers get a turn.
const LATE_IN_A_ROW: usize = 16;

/// What happens besides posts.
#[derive(Debug, Clone, Copy)]
enum Signal {
    Typing,
    Presence,
    Read,
    Reconnect,
}

/// Runs from `start_us` for the planned time or until told to stop.
///
/// # Errors
/// When the clock fails.
pub(super) async fn run(
    worker: &Worker,
    start_us: u64,
    orders: &mut mpsc::Receiver<Order>,
    events: &mpsc::Sender<Event>,
) -> anyhow::Result<()> {
    let plan = &worker.plan;
    worker.tally.borrow_mut().start(start_us, plan.seconds);
    let signals = plan.signals;
    let load = async {
        tokio::try_join!(
            posts(worker, start_us),
            signal(worker, start_us, Signal::Typing, signals.typing),
            signal(worker, start_us, Signal::Presence, signals.presence),
            signal(worker, start_us, Signal::Read, signals.reads),
            signal(worker, start_us, Signal::Reconnect, signals.reconnects),
            stall(worker, start_us),
            until(start_us + (plan.seconds * 1e6) as u64),
        )
    };
    tokio::select! {
        done = load => {
            done?;
        }
        () = stopped(orders) => {}
        () = progress(worker, events) => {}
    }
    for (client, _) in &worker.clients {
        client.set_window(0, 0);
    }
    let settling = async {
        tokio::select! {
            () = settle(worker) => {}
            () = progress(worker, events) => {}
        }
    };
    // What is missing after this shows as unacked or behind in the report.
    let _ = tokio::time::timeout(SETTLE_TIME_MAX, settling).await;
    Ok(())
}

async fn posts(worker: &Worker, start_us: u64) -> anyhow::Result<()> {
    let plan = &worker.plan;
    let (rate, burst) = match plan.pace {
        Pace::Silent => return Ok(()),
        Pace::Window { in_flight } => {
            until(start_us).await?;
            for (client, member) in &worker.clients {
                if member.author.is_some() {
                    client.set_window(in_flight, plan.text_bytes);
                }
            }
            return Ok(());
        }
        Pace::Open { rate, burst } => (rate, burst),
    };
    let mut mine = vec![None; plan.authors];
    for (client, member) in &worker.clients {
        if let Some(rank) = member.author {
            mine[rank] = Some(client);
        }
    }
    let alarm = Alarm::new()?;
    let end_us = (plan.seconds * 1e6) as u64;
    let mut late = 0;
    for arrival in Schedule::new(plan.seed, rate, burst, plan.authors) {
        if arrival.at_us >= end_us {
            break;
        }
        let Some(client) = mine[arrival.author] else {
            continue;
        };
        let due_us = start_us + arrival.at_us;
        late = if now_us() < due_us { 0 } else { late + 1 };
        if late == 0 {
            alarm.until(due_us).await?;
        } else if late % LATE_IN_A_ROW == 0 {
            tokio::task::yield_now().await;
        }
        client.post(0, due_us, plan.text_bytes, 1);
    }
    Ok(())
}

async fn signal(worker: &Worker, start_us: u64, what: Signal, rate: f64) -> anyhow::Result<()> {
    let share = rate * worker.clients.len() as f64 / worker.plan.clients.max(1) as f64;
    let seed = mix(worker.plan.seed ^ (what as u64 + 1));
    let end_us = (worker.plan.seconds * 1e6) as u64;
    let alarm = Alarm::new()?;
    let mut flip = false;
    for arrival in Schedule::new(seed, share, 1, worker.clients.len()) {
        if arrival.at_us >= end_us {
            break;
        }
        alarm.until(start_us + arrival.at_us).await?;
        let (client, member) = &worker.clients[arrival.author];
        if member.stalls {
            continue;
        }
        let room = worker.plan.rooms[member.room];
        flip = !flip;
        match what {
            Signal::Typing => client.send(&ClientFrame::Typing { room, on: flip }),
            Signal::Presence => {
                let status = if flip { Status::Away } else { Status::Online };
                client.send(&ClientFrame::Presence { status });
            }
            Signal::Read => {
                if let Some((stamp, dot)) = client.last_read(0) {
                    client.send(&ClientFrame::Read { room, stamp, dot });
                }
            }
            Signal::Reconnect => {
                let client = client.clone();
                tokio::task::spawn_local(async move { client.bounce().await });
            }
        }
    }
    Ok(())
}

async fn stall(worker: &Worker, start_us: u64) -> anyhow::Result<()> {
    until(start_us + (worker.plan.stall_after_s * 1e6) as u64).await?;
    for (client, member) in &worker.clients {
        if member.stalls {
            client.stall();
        }
    }
    Ok(())
}

async fn until(at_us: u64) -> anyhow::Result<()> {
    Alarm::new()?.until(at_us).await
}

async fn stopped(orders: &mut mpsc::Receiver<Order>) {
    // Whatever comes during a run ends it: the harness sends nothing else, or is gone.
    orders.recv().await;
}

/// Never returns: a run ends by something else.
async fn progress(worker: &Worker, events: &mpsc::Sender<Event>) {
    loop {
        tokio::time::sleep(PROGRESS).await;
        let event = {
            let tally = worker.tally.borrow();
            Event::Progress {
                sent: tally.sent,
                acked: tally.acked,
                delivered: tally.delivered,
            }
        };
        // A full pipe drops progress, nothing else.
        let _ = events.try_send(event);
    }
}

async fn settle(worker: &Worker) {
    let mut before = u64::MAX;
    loop {
        tokio::time::sleep(QUIET).await;
        let delivered = worker.tally.borrow().delivered;
        let mut clients = worker.clients.iter();
        let settled = clients.all(|(client, m)| m.stalls || (client.settled() && client.in_sync()));
        if delivered == before && settled {
            return;
        }
        before = delivered;
    }
}
