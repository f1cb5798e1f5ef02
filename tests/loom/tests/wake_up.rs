//! No push and no close is missed by a consumer that goes to wait, in any interleaving of at most
//! [`PREEMPTIONS_MAX`] preemptions. Two find every fault we planted: a mask that is looked at before it is set, a lane
//! not looked at again after its bit was cleared, a missing second look at the mask, an access weaker than SeqCst.

use loom::{future::block_on, model::Builder, sync::Arc, thread};
use loom_models::mailbox::{Item, Lane, LaneSpec, Mailbox, Overflow};
use std::{
    future::poll_fn,
    time::{Duration, Instant},
};

const PREEMPTIONS_MAX: usize = 2;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Two {
    Urgent,
    Lossy,
}

impl Lane for Two {
    const SPECS: &'static [LaneSpec] = &[
        LaneSpec {
            name: "urgent",
            items_max: 3,
            bytes_max: 3,
            ttl: None,
            overflow: Overflow::Refuse,
        },
        LaneSpec {
            name: "lossy",
            items_max: 1,
            bytes_max: 1,
            ttl: Some(Duration::from_secs(1)),
            overflow: Overflow::DropOldest,
        },
    ];

    fn index(self) -> usize {
        self as usize
    }
}

#[derive(Debug, PartialEq)]
struct Token(u32);

impl Item for Token {
    fn bytes(&self) -> usize {
        1
    }
}

type Shared = Arc<Mailbox<Two, Token>>;

fn explore(model: impl Fn(Shared, Instant) + Copy + Send + Sync + 'static) {
    let now = Instant::now();
    for make in [Mailbox::cold, Mailbox::hot] {
        let mut builder = Builder::new();
        builder.preemption_bound = Some(PREEMPTIONS_MAX);
        builder.check(move || model(Arc::new(make()), now));
    }
}

/// Waits until `wanted` items came or the mailbox is closed and empty.
fn consume(mailbox: &Shared, now: Instant, wanted: usize) -> Vec<Token> {
    block_on(async {
        let mut out = Vec::new();
        while out.len() < wanted {
            poll_fn(|cx| mailbox.poll_ready(cx)).await;
            let closed = mailbox.is_closed();
            if mailbox.drain(2, now, &mut out) == 0 && closed {
                break;
            }
        }
        out
    })
}

fn spawn_push(mailbox: &Shared, lane: Two, token: u32, now: Instant) -> thread::JoinHandle<()> {
    let mailbox = Arc::clone(mailbox);
    thread::spawn(move || mailbox.push(lane, Token(token), now).expect("it has room"))
}

#[test]
fn a_push_wakes_the_waiting_consumer() {
    explore(|mailbox, now| {
        let producer = spawn_push(&mailbox, Two::Urgent, 1, now);
        assert_eq!(consume(&mailbox, now, 1), [Token(1)]);
        producer.join().unwrap();
    });
}

#[test]
fn two_pushes_into_one_lane_both_arrive() {
    explore(|mailbox, now| {
        let producers = [1, 2].map(|token| spawn_push(&mailbox, Two::Urgent, token, now));
        assert_eq!(consume(&mailbox, now, 2).len(), 2);
        for producer in producers {
            producer.join().unwrap();
        }
        assert!(mailbox.is_empty());
    });
}

#[test]
fn pushes_into_two_lanes_both_arrive() {
    explore(|mailbox, now| {
        let producers = [
            spawn_push(&mailbox, Two::Urgent, 1, now),
            spawn_push(&mailbox, Two::Lossy, 2, now),
        ];
        assert_eq!(consume(&mailbox, now, 2).len(), 2);
        for producer in producers {
            producer.join().unwrap();
        }
    });
}

#[test]
fn pushes_of_one_producer_arrive_in_order() {
    explore(|mailbox, now| {
        mailbox.push(Two::Urgent, Token(0), now).unwrap();
        let producer = {
            let mailbox = Arc::clone(&mailbox);
            thread::spawn(move || {
                for token in [1, 2] {
                    mailbox.push(Two::Urgent, Token(token), now).unwrap();
                }
            })
        };
        assert_eq!(consume(&mailbox, now, 3), [Token(0), Token(1), Token(2)]);
        producer.join().unwrap();
    });
}

#[test]
fn close_wakes_the_waiting_consumer() {
    explore(|mailbox, now| {
        let closer = {
            let mailbox = Arc::clone(&mailbox);
            thread::spawn(move || mailbox.close())
        };
        assert_eq!(consume(&mailbox, now, 1), []);
        closer.join().unwrap();
    });
}

#[test]
fn an_eviction_races_with_the_consumer_and_every_item_is_accounted_for() {
    explore(|mailbox, now| {
        let producer = {
            let mailbox = Arc::clone(&mailbox);
            thread::spawn(move || {
                for token in [1, 2] {
                    mailbox.push(Two::Lossy, Token(token), now).unwrap();
                }
                mailbox.close();
            })
        };
        let arrived = consume(&mailbox, now, 2);
        producer.join().unwrap();
        let dropped = usize::try_from(mailbox.drops().total()).unwrap();
        assert_eq!(arrived.len() + dropped, 2);
        assert_eq!(arrived.last(), Some(&Token(2)), "the newest survives");
    });
}
