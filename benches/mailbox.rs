//! What a mailbox costs per 40-byte message, against tokio's mpsc and the actix mailbox, which have one lane.
//!
//! `cargo bench --bench mailbox`. "local" pushes and takes batches of 16 over five lanes on one thread; "producers"
//! floods one consumer on a current-thread runtime from one and from two threads. Per-message time is the inverse of
//! the throughput that criterion prints.
//!
//! Local, per message, on a shared 2-core Xeon: cold 40 ns drained in batches and 52 popped one by one, hot 76 and 104,
//! tokio mpsc 67. With producers, on the same machine while it was busy, in million messages a second (the intervals of
//! repeated runs overlap widely): one producer, cold 4.6, hot 1.8 to 4.7, mpsc 1.1 to 5.0, actix 1.0 to 5.5; two, cold
//! 1.3 to 1.8, hot 1.1 to 1.8, mpsc 0.6 to 1.1, actix 0.5 to 1.2.

use actix::prelude::{Actor, Addr, Context, Handler, Message, System};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use greenroom::mailbox::{Item, Lane, LaneSpec, Mailbox, Overflow};
use std::{
    future::poll_fn,
    hint::black_box,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};

const BATCH: usize = 16;
const CAPACITY: usize = 1024;
const FLOOD: usize = 100_000;

#[derive(Clone, Copy, PartialEq, Eq)]
struct Five(usize);

const fn spec(name: &'static str, overflow: Overflow) -> LaneSpec {
    LaneSpec {
        name,
        items_max: CAPACITY,
        bytes_max: 1 << 20,
        ttl: Some(Duration::from_secs(3600)),
        overflow,
    }
}

impl Lane for Five {
    const SPECS: &'static [LaneSpec] = &[
        spec("control", Overflow::Refuse),
        spec("audio", Overflow::DropOldest),
        spec("video", Overflow::DropOldest),
        spec("signal", Overflow::DropNewest),
        spec("bulk", Overflow::Refuse),
    ];

    fn index(self) -> usize {
        self.0
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Forty([u64; 5]);

impl Item for Forty {
    fn bytes(&self) -> usize {
        size_of_val(&self.0)
    }
}

type Lanes = Mailbox<Five, Forty>;

fn local(c: &mut Criterion) {
    let mut group = c.benchmark_group("local");
    group.throughput(Throughput::Elements(BATCH as u64));
    let now = Instant::now();
    for (name, lanes) in [("cold", Lanes::cold()), ("hot", Lanes::hot())] {
        let mut out = Vec::with_capacity(BATCH);
        group.bench_function(format!("{name}/push+drain"), |b| {
            b.iter(|| {
                for n in 0..BATCH {
                    let _ = lanes.push(Five(n % 5), Forty([n as u64; 5]), now);
                }
                lanes.drain(BATCH, now, &mut out);
                black_box(&out);
                out.clear();
            });
        });
        group.bench_function(format!("{name}/push+pop"), |b| {
            b.iter(|| {
                for n in 0..BATCH {
                    let _ = lanes.push(Five(n % 5), Forty([n as u64; 5]), now);
                    black_box(lanes.pop(now));
                }
            });
        });
    }
    let (sender, mut receiver) = mpsc::channel(CAPACITY);
    group.bench_function("tokio mpsc/push+drain", |b| {
        b.iter(|| {
            for n in 0..BATCH {
                let _ = sender.try_send(Forty([n as u64; 5]));
            }
            while let Ok(item) = receiver.try_recv() {
                black_box(item);
            }
        });
    });
    group.finish();
}

fn producers(c: &mut Criterion) {
    let mut group = c.benchmark_group("producers");
    group.sample_size(20);
    group.throughput(Throughput::Elements(FLOOD as u64));
    for producers in [1, 2] {
        for (name, make) in [("cold", Lanes::cold as fn() -> Lanes), ("hot", Lanes::hot)] {
            group.bench_function(format!("{name}/{producers}"), |b| {
                b.iter_batched(
                    make,
                    |lanes| flood_lanes(lanes, producers),
                    BatchSize::PerIteration,
                );
            });
        }
        group.bench_function(format!("tokio mpsc/{producers}"), |b| {
            b.iter(|| flood_mpsc(producers))
        });
        group.bench_function(format!("actix mailbox/{producers}"), |b| {
            b.iter(|| flood_actix(producers))
        });
    }
    group.finish();
}

/// Runs `send` for each message on `producers` threads; it gives a message back when there is no room.
fn flood(producers: usize, send: impl Fn(Forty) -> Result<(), Forty> + Clone + Send + 'static) {
    for _ in 0..producers {
        let send = send.clone();
        thread::spawn(move || {
            for n in 0..FLOOD / producers {
                let mut item = Forty([n as u64; 5]);
                while let Err(back) = send(item) {
                    item = back;
                    thread::yield_now();
                }
            }
        });
    }
}

fn flood_lanes(lanes: Lanes, producers: usize) {
    let (lanes, now) = (Arc::new(lanes), Instant::now());
    let target = Arc::clone(&lanes);
    flood(producers, move |item| {
        let lane = if item.0[0].is_multiple_of(2) {
            Five(0)
        } else {
            Five(4)
        };
        target.push(lane, item, now).map_err(|refused| refused.item)
    });
    runtime().block_on(async {
        let mut out = Vec::with_capacity(BATCH);
        let mut taken = 0;
        while taken < FLOOD {
            poll_fn(|cx| lanes.poll_ready(cx)).await;
            taken += lanes.drain(BATCH, now, &mut out);
            black_box(&out);
            out.clear();
        }
    });
}

fn flood_mpsc(producers: usize) {
    let (sender, mut receiver) = mpsc::channel(CAPACITY);
    flood(producers, move |item| {
        sender.try_send(item).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(item) | mpsc::error::TrySendError::Closed(item) => item,
        })
    });
    runtime().block_on(async {
        let mut out = Vec::with_capacity(BATCH);
        let mut taken = 0;
        while taken < FLOOD {
            taken += receiver.recv_many(&mut out, BATCH).await;
            black_box(&out);
            out.clear();
        }
    });
}

struct Counter {
    left: usize,
    done: Option<oneshot::Sender<()>>,
}

impl Actor for Counter {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(CAPACITY);
    }
}

impl Handler<Forty> for Counter {
    type Result = ();

    fn handle(&mut self, item: Forty, _: &mut Self::Context) {
        black_box(item);
        self.left -= 1;
        if self.left == 0
            && let Some(done) = self.done.take()
        {
            let _ = done.send(());
        }
    }
}

fn flood_actix(producers: usize) {
    System::new().block_on(async {
        let (done, finished) = oneshot::channel();
        let counter: Addr<Counter> = Counter {
            left: FLOOD,
            done: Some(done),
        }
        .start();
        tokio::task::yield_now().await;
        flood(producers, move |item| {
            counter.try_send(item).map_err(|refused| match refused {
                actix::prelude::SendError::Full(item) | actix::prelude::SendError::Closed(item) => {
                    item
                }
            })
        });
        finished
            .await
            .expect("the actor lives until it counted them all");
    });
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without drivers")
}

criterion_group!(benches, local, producers);
criterion_main!(benches);
