//! Both backends do exactly what a naive model of lists does: every policy, limits in items and bytes, times to live,
//! the order of delivery and every counter. A failure prints its seed; proptest replays it.

use greenroom::mailbox::{
    Depth, Item, LOWEST_SHARE, Lane, LaneDrops, LaneSpec, Mailbox, Overflow, RefusedReason,
};
use proptest::prelude::*;
use std::{
    task::{Context, Waker},
    time::{Duration, Instant},
};

const STEPS_MAX: usize = 200;
const LANES: [Five; 5] = [
    Five::Refuse,
    Five::Newest,
    Five::Frame,
    Five::Stale,
    Five::Oldest,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Five {
    Refuse,
    Newest,
    Frame,
    Stale,
    Oldest,
}

const fn spec(
    name: &'static str,
    items_max: usize,
    ttl_ms: Option<u64>,
    overflow: Overflow,
) -> LaneSpec {
    LaneSpec {
        name,
        items_max,
        bytes_max: 20,
        ttl: match ttl_ms {
            Some(ms) => Some(Duration::from_millis(ms)),
            None => None,
        },
        overflow,
    }
}

impl Lane for Five {
    const SPECS: &'static [LaneSpec] = &[
        spec("refuse", 3, None, Overflow::Refuse),
        spec("newest", 4, Some(50), Overflow::DropNewest),
        spec("frame", 6, Some(80), Overflow::DropFrame),
        spec("stale", 4, Some(30), Overflow::DropStale),
        spec("oldest", 4, Some(60), Overflow::DropOldest),
    ];

    fn index(self) -> usize {
        self as usize
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    id: usize,
    bytes: usize,
    frame: Option<u64>,
}

impl Item for Piece {
    fn bytes(&self) -> usize {
        self.bytes
    }

    fn frame(&self) -> Option<u64> {
        self.frame
    }
}

#[derive(Debug, Clone)]
enum Step {
    Push {
        lane: usize,
        bytes: usize,
        frame: Option<u64>,
    },
    Pop,
    Drain(usize),
    Wait(Duration),
    Poll,
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    let push = (
        0..LANES.len(),
        prop_oneof![9 => 0_usize..9, 1 => 9_usize..25],
        proptest::option::of(0_u64..5),
    );
    prop_oneof![
        60 => push.prop_map(|(lane, bytes, frame)| Step::Push { lane, bytes, frame }),
        10 => Just(Step::Pop),
        8 => (0_usize..12).prop_map(Step::Drain),
        12 => (0_u64..40).prop_map(|ms| Step::Wait(Duration::from_millis(ms))),
        10 => Just(Step::Poll),
        1 => Just(Step::Close),
    ]
}

#[derive(Default)]
struct Model {
    lanes: [Vec<(Piece, Instant)>; 5],
    drops: [LaneDrops; 5],
    broken: [Option<u64>; 5],
    delivered: usize,
    closed: bool,
}

impl Model {
    fn push(&mut self, lane: usize, piece: Piece, now: Instant) -> Result<(), RefusedReason> {
        let spec = Five::SPECS[lane];
        let (queue, drops) = (&mut self.lanes[lane], &mut self.drops[lane]);
        let fits = |queue: &[(Piece, Instant)]| {
            let bytes: usize = queue.iter().map(|(piece, _)| piece.bytes).sum();
            queue.len() < spec.items_max && bytes + piece.bytes <= spec.bytes_max
        };
        if self.closed {
            drops.closed += 1;
            return Err(RefusedReason::Closed);
        }
        if piece.bytes > spec.bytes_max {
            drops.refused += 1;
            return Err(RefusedReason::Full);
        }
        match spec.overflow {
            Overflow::Refuse => {}
            Overflow::DropNewest if !fits(queue) => {
                drops.full += 1;
                return Ok(());
            }
            Overflow::DropNewest => {}
            Overflow::DropOldest => {
                while !fits(queue) {
                    queue.remove(0);
                    drops.full += 1;
                }
            }
            Overflow::DropStale => {
                while !fits(queue) && !queue.is_empty() && is_expired(&spec, queue[0].1, now) {
                    queue.remove(0);
                    drops.stale += 1;
                }
            }
            Overflow::DropFrame => loop {
                if piece.frame.is_some() && piece.frame == self.broken[lane] {
                    drops.frame += 1;
                    return Ok(());
                }
                if fits(queue) {
                    break;
                }
                let (oldest, _) = queue.remove(0);
                drops.frame += 1;
                if oldest.frame.is_some() {
                    self.broken[lane] = oldest.frame;
                    let before = queue.len();
                    queue.retain(|(queued, _)| queued.frame != oldest.frame);
                    drops.frame += (before - queue.len()) as u64;
                }
            },
        }
        if !fits(queue) {
            drops.refused += 1;
            return Err(RefusedReason::Full);
        }
        queue.push((piece, now));
        Ok(())
    }

    fn pop(&mut self, now: Instant) -> Option<Piece> {
        loop {
            let mut held = (0..5).filter(|lane| !self.lanes[*lane].is_empty());
            let share = usize::from(LOWEST_SHARE);
            let lane = if self.delivered % share == share - 1 {
                held.next_back()?
            } else {
                held.next()?
            };
            let (piece, at) = self.lanes[lane].remove(0);
            if is_expired(&Five::SPECS[lane], at, now) {
                self.drops[lane].stale += 1;
            } else {
                self.delivered += 1;
                return Some(piece);
            }
        }
    }

    fn depth(&self, lane: usize) -> Depth {
        Depth {
            items: self.lanes[lane].len(),
            bytes: self.lanes[lane].iter().map(|(piece, _)| piece.bytes).sum(),
        }
    }

    fn is_empty(&self) -> bool {
        self.lanes.iter().all(Vec::is_empty)
    }
}

fn is_expired(spec: &LaneSpec, at: Instant, now: Instant) -> bool {
    spec.ttl.is_some_and(|ttl| now - at > ttl)
}

fn run(mailbox: &Mailbox<Five, Piece>, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut model = Model::default();
    let mut now = Instant::now();
    for (id, step) in steps.iter().enumerate() {
        match *step {
            Step::Push { lane, bytes, frame } => {
                let piece = Piece { id, bytes, frame };
                let expected = model.push(lane, piece.clone(), now);
                let result = mailbox.push(LANES[lane], piece.clone(), now);
                if let Err(refused) = &result {
                    prop_assert_eq!(&refused.item, &piece);
                }
                prop_assert_eq!(result.map_err(|refused| refused.reason), expected);
            }
            Step::Pop => prop_assert_eq!(mailbox.pop(now), model.pop(now)),
            Step::Drain(items_max) => {
                let expected: Vec<_> = (0..items_max).map_while(|_| model.pop(now)).collect();
                let mut out = Vec::new();
                prop_assert_eq!(mailbox.drain(items_max, now, &mut out), expected.len());
                prop_assert_eq!(out, expected);
            }
            Step::Wait(time) => now += time,
            Step::Poll => {
                let mut cx = Context::from_waker(Waker::noop());
                let ready = mailbox.poll_ready(&mut cx).is_ready();
                let due = !model.is_empty() || model.closed;
                prop_assert!(ready || !due, "a consumer would sleep on what is queued");
            }
            Step::Close => {
                model.closed = true;
                mailbox.close();
            }
        }
        let drops = mailbox.drops();
        prop_assert_eq!(drops.by_lane(), &model.drops[..]);
        prop_assert_eq!(mailbox.is_empty(), model.is_empty());
        prop_assert_eq!(mailbox.is_closed(), model.closed);
        for (index, lane) in LANES.iter().enumerate() {
            prop_assert_eq!(mailbox.depth(*lane), model.depth(index));
        }
    }
    rest_arrives(mailbox, &mut model, now)
}

/// What is left comes out in the model's order, and then the consumer may sleep.
fn rest_arrives(
    mailbox: &Mailbox<Five, Piece>,
    model: &mut Model,
    now: Instant,
) -> Result<(), TestCaseError> {
    let mut out = Vec::new();
    mailbox.drain(STEPS_MAX, now, &mut out);
    let expected: Vec<_> = std::iter::from_fn(|| model.pop(now)).collect();
    prop_assert_eq!(out, expected);
    let mut cx = Context::from_waker(Waker::noop());
    prop_assert_eq!(mailbox.poll_ready(&mut cx).is_ready(), model.closed);
    Ok(())
}

proptest! {
    #[test]
    fn cold_behaves_like_the_model(steps in proptest::collection::vec(step(), 0..STEPS_MAX)) {
        run(&Mailbox::cold(), &steps)?;
    }

    #[test]
    fn hot_behaves_like_the_model(steps in proptest::collection::vec(step(), 0..STEPS_MAX)) {
        run(&Mailbox::hot(), &steps)?;
    }
}
