//! The harness's end: all workers as one.

use super::plan::{Event, Order, Outcome, Plan};
use super::worker::{PIPE_MAX, work};
use anyhow::{Context, anyhow, bail};
use indicatif::ProgressBar;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// The workers of a run.
pub(crate) struct Fleet {
    workers: Vec<Handle>,
}

struct Handle {
    orders: mpsc::Sender<Order>,
    events: mpsc::Receiver<Event>,
    /// Killed when dropped, so that a failed run leaves no worker behind.
    _child: Option<Child>,
    progress: [u64; 3],
}

impl Fleet {
    /// Starts one worker per plan: a single one in a thread, several in processes.
    ///
    /// # Errors
    /// When a worker cannot be started.
    pub(crate) async fn start(plans: Vec<Plan>) -> anyhow::Result<Self> {
        let single = plans.len() == 1;
        let mut workers = Vec::with_capacity(plans.len());
        for plan in plans {
            workers.push(if single {
                Handle::thread(plan)?
            } else {
                Handle::process(&plan).await?
            });
        }
        Ok(Self { workers })
    }

    /// Gives all workers an order and waits until all have carried it out.
    ///
    /// # Errors
    /// When a worker fails.
    pub(crate) async fn order(&mut self, order: Order, bar: &ProgressBar) -> anyhow::Result<()> {
        self.send(&order).await?;
        self.wait(bar).await
    }

    /// Gives all workers an order.
    ///
    /// # Errors
    /// When a worker is gone.
    pub(crate) async fn send(&self, order: &Order) -> anyhow::Result<()> {
        for worker in &self.workers {
            let sent = worker.orders.send(order.clone()).await;
            sent.map_err(|_| anyhow!("a worker is gone"))?;
        }
        Ok(())
    }

    /// Waits until all workers have carried out the last order; shows their progress.
    ///
    /// # Errors
    /// When a worker fails.
    pub(crate) async fn wait(&mut self, bar: &ProgressBar) -> anyhow::Result<()> {
        let mut totals = vec![[0; 3]; self.workers.len()];
        for n in 0..self.workers.len() {
            loop {
                let worker = &mut self.workers[n];
                match worker.events.recv().await.context("a worker is gone")? {
                    Event::Done => break,
                    Event::Failed(error) => bail!(error),
                    Event::Progress {
                        sent,
                        acked,
                        delivered,
                    } => {
                        worker.progress = [sent, acked, delivered];
                        totals[n] = worker.progress;
                        let sum = |k: usize| totals.iter().map(|t| t[k]).sum::<u64>();
                        bar.set_message(format!(
                            "{} sent, {} acked, {} delivered",
                            sum(0),
                            sum(1),
                            sum(2)
                        ));
                    }
                    Event::Report(_) => bail!("a report nobody asked for"),
                }
            }
        }
        Ok(())
    }

    /// Collects and adds up what the workers counted.
    ///
    /// # Errors
    /// When a worker is gone.
    pub(crate) async fn report(&mut self) -> anyhow::Result<Outcome> {
        self.send(&Order::Report).await?;
        let mut whole = Outcome::default();
        for worker in &mut self.workers {
            loop {
                match worker.events.recv().await.context("a worker is gone")? {
                    Event::Report(outcome) => {
                        whole.merge(*outcome);
                        break;
                    }
                    Event::Failed(error) => bail!(error),
                    Event::Done | Event::Progress { .. } => {}
                }
            }
        }
        Ok(whole)
    }
}

impl Handle {
    fn thread(plan: Plan) -> anyhow::Result<Self> {
        let (orders, from_harness) = mpsc::channel(PIPE_MAX);
        let (to_harness, events) = mpsc::channel(PIPE_MAX);
        let thread = std::thread::Builder::new().name("load".into());
        thread
            .spawn(move || crate::block_on_local(work(plan, from_harness, to_harness)))
            .context("starting the load's thread")?;
        Ok(Self {
            orders,
            events,
            _child: None,
            progress: [0; 3],
        })
    }

    async fn process(plan: &Plan) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(crate::args::WORKER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting a worker process")?;
        let mut input = child.stdin.take().context("a worker's standard input")?;
        let output = child.stdout.take().context("a worker's standard output")?;
        send_line(&mut input, plan).await?;
        let (orders, mut from_harness) = mpsc::channel::<Order>(PIPE_MAX);
        let (to_harness, events) = mpsc::channel(PIPE_MAX);
        tokio::task::spawn_local(async move {
            while let Some(order) = from_harness.recv().await {
                if send_line(&mut input, &order).await.is_err() {
                    return;
                }
            }
        });
        tokio::task::spawn_local(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let event = serde_json::from_str(&line).unwrap_or_else(|error| {
                    Event::Failed(format!("a worker said: {line}: {error}"))
                });
                if to_harness.send(event).await.is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            orders,
            events,
            _child: Some(child),
            progress: [0; 3],
        })
    }
}

async fn send_line<T: serde::Serialize>(
    pipe: &mut tokio::process::ChildStdin,
    value: &T,
) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    pipe.write_all(&line).await?;
    Ok(pipe.flush().await?)
}
