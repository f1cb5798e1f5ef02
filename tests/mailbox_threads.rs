//! With real threads: whatever the interleaving, every item arrives once or is counted, and each producer's items stay
//! in order. `tests/loom` explores the wake-up itself.

use greenroom::mailbox::{Item, Lane, LaneSpec, Mailbox, Overflow, RefusedReason};
use std::{
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Instant,
};

const PRODUCERS: usize = 3;
const ITEMS_PER_PRODUCER: usize = 20_000;
const BATCH_MAX: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Two {
    Sure,
    Lossy,
}

impl Lane for Two {
    const SPECS: &'static [LaneSpec] = &[
        LaneSpec {
            name: "sure",
            items_max: 32,
            bytes_max: 100,
            ttl: None,
            overflow: Overflow::Refuse,
        },
        LaneSpec {
            name: "lossy",
            items_max: 8,
            bytes_max: 30,
            ttl: None,
            overflow: Overflow::DropOldest,
        },
    ];

    fn index(self) -> usize {
        self as usize
    }
}

struct Numbered {
    lane: Two,
    producer: usize,
    number: usize,
}

impl Item for Numbered {
    fn bytes(&self) -> usize {
        4
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[test]
fn cold_loses_nothing_uncounted() {
    flood(&Arc::new(Mailbox::cold()));
}

#[test]
fn hot_loses_nothing_uncounted() {
    flood(&Arc::new(Mailbox::hot()));
}

fn flood(mailbox: &Arc<Mailbox<Two, Numbered>>) {
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|producer| {
            let mailbox = Arc::clone(mailbox);
            thread::spawn(move || produce(&mailbox, producer))
        })
        .collect();
    let closer = {
        let mailbox = Arc::clone(mailbox);
        thread::spawn(move || {
            for producer in producers {
                producer.join().expect("it only pushes");
            }
            mailbox.close();
        })
    };
    let (sure, lossy) = consume(mailbox);
    closer.join().expect("the producers ended");

    let sent = PRODUCERS * ITEMS_PER_PRODUCER / 2;
    assert_eq!(sure, sent);
    let drops = mailbox.drops().lane(Two::Lossy);
    assert_eq!(lossy + usize::try_from(drops.full).unwrap(), sent);
    assert_eq!(drops.total(), drops.full, "a lossy lane never pushes back");
}

fn produce(mailbox: &Mailbox<Two, Numbered>, producer: usize) {
    let now = Instant::now();
    for number in 0..ITEMS_PER_PRODUCER {
        let lane = if number % 2 == 0 {
            Two::Sure
        } else {
            Two::Lossy
        };
        let mut item = Numbered {
            lane,
            producer,
            number,
        };
        while let Err(refused) = mailbox.push(lane, item, now) {
            assert_eq!(refused.reason, RefusedReason::Full);
            item = refused.item;
            thread::yield_now();
        }
    }
}

/// How many arrived in each lane before the mailbox was closed and empty.
fn consume(mailbox: &Mailbox<Two, Numbered>) -> (usize, usize) {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let now = Instant::now();
    let (mut sure, mut lossy) = (0, 0);
    let mut next = [[0; 2]; PRODUCERS];
    let mut batch = Vec::with_capacity(BATCH_MAX);
    loop {
        while mailbox.poll_ready(&mut Context::from_waker(&waker)) == Poll::Pending {
            thread::park();
        }
        let closed = mailbox.is_closed();
        if mailbox.drain(BATCH_MAX, now, &mut batch) == 0 && closed {
            return (sure, lossy);
        }
        for item in batch.drain(..) {
            let next = &mut next[item.producer][item.lane.index()];
            assert!(item.number >= *next, "out of order");
            *next = item.number + 1;
            match item.lane {
                Two::Sure => sure += 1,
                Two::Lossy => lossy += 1,
            }
        }
    }
}
