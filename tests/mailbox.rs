//! What users of a mailbox rely on, example by example. `mailbox_model.rs` has the general laws.

use greenroom::mailbox::{
    Depth, Item, LOWEST_SHARE, Lane, LaneDrops, LaneSpec, Mailbox, Overflow, Refused, RefusedReason,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Out {
    Control,
    Signal,
    Bulk,
}

impl Lane for Out {
    const SPECS: &'static [LaneSpec] = &[
        LaneSpec {
            name: "control",
            items_max: 4,
            bytes_max: 100,
            ttl: None,
            overflow: Overflow::Refuse,
        },
        LaneSpec {
            name: "signal",
            items_max: 2,
            bytes_max: 100,
            ttl: Some(Duration::from_secs(1)),
            overflow: Overflow::DropOldest,
        },
        LaneSpec {
            name: "bulk",
            items_max: 64,
            bytes_max: 1000,
            ttl: None,
            overflow: Overflow::DropNewest,
        },
    ];

    fn index(self) -> usize {
        self as usize
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parcel(u32);

impl Item for Parcel {
    fn bytes(&self) -> usize {
        10
    }
}

#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn both() -> [Mailbox<Out, Parcel>; 2] {
    [Mailbox::cold(), Mailbox::hot()]
}

#[test]
fn urgent_lanes_go_first_and_the_lowest_keeps_its_share() {
    for mailbox in both() {
        let now = Instant::now();
        let mut out = Vec::new();
        mailbox.push(Out::Bulk, Parcel(1000), now).unwrap();
        for n in 0..u32::from(LOWEST_SHARE) {
            mailbox.push(Out::Control, Parcel(n), now).unwrap();
            assert_eq!(mailbox.drain(1, now, &mut out), 1);
        }
        let share = usize::from(LOWEST_SHARE) - 1;
        assert_eq!(out[share], Parcel(1000), "the last one of each round");
        assert!(out[..share].iter().all(|parcel| parcel.0 < 1000));
    }
}

#[test]
fn a_refused_item_comes_back_with_its_reason() {
    for mailbox in both() {
        let now = Instant::now();
        for n in 0..4 {
            mailbox.push(Out::Control, Parcel(n), now).unwrap();
        }
        let Err(Refused { item, reason }) = mailbox.push(Out::Control, Parcel(4), now) else {
            panic!("the lane is full");
        };
        assert_eq!((item, reason), (Parcel(4), RefusedReason::Full));
        assert_eq!(
            mailbox.depth(Out::Control),
            Depth {
                items: 4,
                bytes: 40
            }
        );
        mailbox.close();
        let refused = mailbox.push(Out::Bulk, Parcel(5), now).unwrap_err();
        assert_eq!(refused.reason, RefusedReason::Closed);
        assert_eq!(mailbox.pop(now), Some(Parcel(0)), "what was queued stays");
        let drops = mailbox.drops();
        assert_eq!(drops.lane(Out::Control).refused, 1);
        assert_eq!(drops.lane(Out::Bulk).closed, 1);
        assert_eq!(drops.total(), 2);
    }
}

#[test]
fn expired_items_are_counted_and_never_delivered() {
    for mailbox in both() {
        let start = Instant::now();
        for n in 0..3 {
            mailbox.push(Out::Signal, Parcel(n), start).unwrap();
        }
        let at_limit = start + Duration::from_secs(1);
        assert_eq!(mailbox.pop(at_limit), Some(Parcel(1)), "0 made room for 2");
        assert_eq!(mailbox.pop(at_limit + Duration::from_nanos(1)), None);
        assert!(mailbox.is_empty());
        let expected = LaneDrops {
            full: 1,
            stale: 1,
            ..LaneDrops::default()
        };
        assert_eq!(mailbox.drops().lane(Out::Signal), expected);
    }
}

#[test]
fn the_waiting_consumer_is_woken_by_a_push_and_by_close() {
    for mailbox in both() {
        let now = Instant::now();
        let bell = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&bell));
        let mut cx = Context::from_waker(&waker);
        let rings = || bell.0.load(Ordering::SeqCst);

        assert_eq!(mailbox.poll_ready(&mut cx), Poll::Pending);
        mailbox.push(Out::Signal, Parcel(1), now).unwrap();
        mailbox.push(Out::Signal, Parcel(2), now).unwrap();
        assert_eq!(rings(), 1, "only a waiting consumer is woken");
        assert_eq!(mailbox.poll_ready(&mut cx), Poll::Ready(()));
        assert_eq!(mailbox.drain(16, now, &mut Vec::new()), 2);

        assert_eq!(mailbox.poll_ready(&mut cx), Poll::Pending);
        mailbox.close();
        assert_eq!(rings(), 2);
        assert_eq!(mailbox.poll_ready(&mut cx), Poll::Ready(()));
    }
}

#[test]
fn an_item_may_push_when_it_is_dropped() {
    struct Boomerang(Option<Arc<Mailbox<Out, Boomerang>>>);
    impl Item for Boomerang {
        fn bytes(&self) -> usize {
            10
        }
    }
    impl Drop for Boomerang {
        fn drop(&mut self) {
            if let Some(mailbox) = self.0.take() {
                let _ = mailbox.push(Out::Bulk, Boomerang(None), Instant::now());
            }
        }
    }
    for mailbox in [Mailbox::<Out, Boomerang>::cold(), Mailbox::hot()] {
        let (now, mailbox) = (Instant::now(), Arc::new(mailbox));
        for _ in 0..3 {
            let boomerang = Boomerang(Some(Arc::clone(&mailbox)));
            mailbox.push(Out::Signal, boomerang, now).unwrap();
        }
        assert_eq!(mailbox.depth(Out::Bulk).items, 1, "the third evicts one");
        let later = now + Duration::from_secs(2);
        let mut out = Vec::new();
        while mailbox
            .poll_ready(&mut Context::from_waker(Waker::noop()))
            .is_ready()
        {
            mailbox.drain(16, later, &mut out);
        }
        assert_eq!(out.len(), 3, "and the other two expire");
    }
}

#[test]
fn an_empty_cold_mailbox_is_small() {
    let bytes = size_of::<Mailbox<Out, Parcel>>();
    assert!(bytes <= 96, "{bytes} B, and nothing on the heap");
}
