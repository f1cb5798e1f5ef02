//! One worker: builds its clients and carries out orders, in a thread of the harness or in a process of its own.

use super::plan::{Event, Member, Order, Outcome, Plan};
use super::run;
use crate::client::{Client, HEARTBEAT_MS, Keep, OnLoss, Settings, Since};
use crate::content::mix;
use crate::tally::Tally;
use anyhow::{Context, anyhow};
use futures_util::{StreamExt, TryStreamExt, stream};
use greenroom::id::ReplicaId;
use greenroom::protocol::ClientFrame;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;

/// Handshakes, joins and openings under way at once, per worker.
const CONCURRENCY: usize = 64;
/// Orders and events waiting between harness and worker.
pub(super) const PIPE_MAX: usize = 1_024;

/// A worker's clients and counts.
pub(super) struct Worker {
    pub(super) plan: Plan,
    pub(super) clients: Vec<(Rc<Client>, Member)>,
    pub(super) tally: Rc<RefCell<Tally>>,
}

/// Carries out orders until there are none; to be run inside a `LocalSet`.
pub(super) async fn work(
    plan: Plan,
    mut orders: mpsc::Receiver<Order>,
    events: mpsc::Sender<Event>,
) {
    let worker = Worker::new(plan);
    tokio::task::spawn_local(beat(worker.clients.iter().map(|c| c.0.clone()).collect()));
    while let Some(order) = orders.recv().await {
        let done = match order {
            Order::Connect => worker.connect().await,
            Order::Join => worker.join().await,
            Order::Open => worker.open().await,
            Order::Run { start_us } => run::run(&worker, start_us, &mut orders, &events).await,
            Order::Stop => Ok(()), // it came after the run had ended by itself
            Order::Report => {
                let report = Event::Report(Box::new(worker.report()));
                if events.send(report).await.is_err() {
                    return;
                }
                continue;
            }
        };
        let event = match done {
            Ok(()) => Event::Done,
            Err(error) => Event::Failed(format!("{error:#}")),
        };
        if events.send(event).await.is_err() {
            return;
        }
    }
}

impl Worker {
    fn new(mut plan: Plan) -> Self {
        let settings = Rc::new(Settings {
            endpoint: plan.endpoint.clone(),
            subprotocol: plan.encoding.into(),
            on_loss: if plan.resume {
                OnLoss::Resume
            } else {
                OnLoss::Stay
            },
            keep: Keep::Digest,
        });
        let tally = Rc::new(RefCell::new(Tally::default()));
        let clients = std::mem::take(&mut plan.members)
            .into_iter()
            .map(|member| {
                let client = Client::new(&settings, &tally, member.login.clone(), member.stalls);
                (client, member)
            })
            .collect();
        Self {
            plan,
            clients,
            tally,
        }
    }

    async fn connect(&self) -> anyhow::Result<()> {
        self.each(|client, member| async move {
            let welcome = client.connect().await;
            welcome.with_context(|| format!("connecting client {}", member.index))?;
            Ok(())
        })
        .await
    }

    async fn join(&self) -> anyhow::Result<()> {
        self.each(|client, member| async move {
            let joined = client.join(self.plan.rooms[member.room]).await;
            joined.with_context(|| format!("client {}", member.index))
        })
        .await
    }

    async fn open(&self) -> anyhow::Result<()> {
        self.each(|client, member| async move {
            let replica = member
                .author
                .map(|_| replica(self.plan.run, member.index as u64));
            let room = self.plan.rooms[member.room];
            let opened = client.open(room, Since::Now, replica).await;
            opened.with_context(|| format!("client {}", member.index))?;
            Ok(())
        })
        .await
    }

    async fn each<'a, F, Fut>(&'a self, act: F) -> anyhow::Result<()>
    where
        F: Fn(&'a Rc<Client>, &'a Member) -> Fut,
        Fut: Future<Output = anyhow::Result<()>>,
    {
        stream::iter(&self.clients)
            .map(|(client, member)| act(client, member))
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await
    }

    fn report(&self) -> Outcome {
        let mut outcome = Outcome {
            tally: self.tally.borrow().clone(),
            ..Outcome::default()
        };
        for (client, _) in &self.clients {
            let reading = client.reading();
            client.with_rooms(|rooms| {
                for room in rooms {
                    let (author, view) = room.records(reading);
                    outcome.authors.extend(author);
                    outcome.views.extend(view);
                }
            });
        }
        outcome
    }
}

/// The replica of the n-th writer of a run.
pub(crate) fn replica(run: u32, n: u64) -> ReplicaId {
    ReplicaId::from_bytes(mix(u64::from(run) << 32 ^ mix(n)).to_be_bytes())
}

/// Beats for every client twice per interval, spread evenly.
async fn beat(clients: Vec<Rc<Client>>) {
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    let ticks = (HEARTBEAT_MS / 2 / 50) as usize;
    for n in (0..ticks).cycle() {
        tick.tick().await;
        for client in clients.iter().skip(n).step_by(ticks) {
            client.send(&ClientFrame::Beat {});
        }
    }
}

/// The whole life of a worker process: the plan and orders come as JSON lines on standard input, events go out on
/// standard output.
///
/// # Errors
/// When the pipe breaks or the plan cannot be read.
pub(crate) async fn worker_process() -> anyhow::Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let plan = lines
        .next_line()
        .await?
        .ok_or_else(|| anyhow!("a worker is started by the harness, with a plan"))?;
    let plan: Plan = serde_json::from_str(&plan).context("reading the plan")?;
    let (order, orders) = mpsc::channel(PIPE_MAX);
    let (event, mut events) = mpsc::channel(PIPE_MAX);
    tokio::task::spawn_local(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            let Ok(parsed) = serde_json::from_str(&line) else {
                return;
            };
            if order.send(parsed).await.is_err() {
                return;
            }
        }
    });
    tokio::task::spawn_local(work(plan, orders, event));
    let mut out = tokio::io::stdout();
    while let Some(event) = events.recv().await {
        let mut line = serde_json::to_vec(&event).context("writing an event")?;
        line.push(b'\n');
        out.write_all(&line).await?;
        out.flush().await?;
    }
    Ok(())
}
