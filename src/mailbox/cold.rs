//! The backend of the thousands: one small mutex around lazily made deques.

use super::{
    Depth, Drops, Item, LOWEST_SHARE, LaneDrops, LaneSpec, Losses, Queued, Refused, RefusedReason,
    deque::Deque,
    sync::{Mutex, MutexGuard, PoisonError},
};
use std::{
    mem,
    task::{Context, Poll, Waker},
    time::Instant,
};

/// Critical section: a few deque operations of one push, or of one batch; no item, waker or user code but
/// `Item::frame` runs inside it.
pub(super) struct Cold<T> {
    state: Mutex<State<T>>,
}

struct State<T> {
    /// Empty until the first push and after the consumer went idle.
    lanes: Box<[Deque<T>]>,
    /// Empty until the first loss.
    drops: Box<[LaneDrops]>,
    /// The consumer, while it waits.
    consumer: Option<Waker>,
    /// One bit per lane that holds something.
    ready: u8,
    /// Items delivered since the lowest lane had its share.
    since_share: u8,
    closed: bool,
}

impl<T: Item> Cold<T> {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                lanes: Box::default(),
                drops: Box::default(),
                consumer: None,
                ready: 0,
                since_share: 0,
                closed: false,
            }),
        }
    }

    pub(super) fn push(
        &self,
        specs: &[LaneSpec],
        lane: usize,
        queued: Queued<T>,
        now: Instant,
    ) -> Result<(), Refused<T>> {
        let mut losses = Losses::none();
        let (result, consumer) = self.lock().push(specs, lane, queued, now, &mut losses);
        if let Some(consumer) = consumer {
            consumer.wake();
        }
        result
    }

    pub(super) fn pop(&self, specs: &[LaneSpec], now: Instant) -> Option<T> {
        let mut expired = Vec::new();
        self.lock().take(specs, now, &mut expired)
    }

    pub(super) fn drain(
        &self,
        specs: &[LaneSpec],
        items_max: usize,
        now: Instant,
        out: &mut Vec<T>,
    ) -> usize {
        let mut expired = Vec::new();
        let mut state = self.lock();
        let mut taken = 0;
        while taken < items_max
            && let Some(item) = state.take(specs, now, &mut expired)
        {
            out.push(item);
            taken += 1;
        }
        drop(state);
        taken
    }

    pub(super) fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.ready != 0 || state.closed {
            return Poll::Ready(());
        }
        let unused = state.release();
        let known = state
            .consumer
            .as_ref()
            .is_some_and(|consumer| consumer.will_wake(cx.waker()));
        let replaced = if known {
            None
        } else {
            state.consumer.replace(cx.waker().clone())
        };
        drop(state);
        drop((unused, replaced));
        Poll::Pending
    }

    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let consumer = state.consumer.take();
        drop(state);
        if let Some(consumer) = consumer {
            consumer.wake();
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().ready == 0
    }

    pub(super) fn depth(&self, lane: usize) -> Depth {
        self.lock()
            .lanes
            .get(lane)
            .map_or(Depth::default(), Deque::depth)
    }

    pub(super) fn drops(&self, lanes: usize) -> Drops {
        let state = self.lock();
        Drops::collect(lanes, |lane| {
            state.drops.get(lane).copied().unwrap_or_default()
        })
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Only a panic in `Item::frame`, which the trait forbids, can poison it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Item> State<T> {
    fn push(
        &mut self,
        specs: &[LaneSpec],
        lane: usize,
        queued: Queued<T>,
        now: Instant,
        losses: &mut Losses<T>,
    ) -> (Result<(), Refused<T>>, Option<Waker>) {
        if self.closed {
            losses.drops.closed += 1;
            self.record(specs, lane, &losses.drops);
            let refused = Refused {
                item: queued.item,
                reason: RefusedReason::Closed,
            };
            return (Err(refused), None);
        }
        if self.lanes.is_empty() {
            self.lanes = specs.iter().map(|_| Deque::new()).collect();
        }
        let result = self.lanes[lane].offer(&specs[lane], queued, now, losses);
        if losses.drops.total() > 0 {
            self.record(specs, lane, &losses.drops);
        }
        self.note_ready(lane);
        let consumer = if self.ready == 0 {
            None
        } else {
            self.consumer.take()
        };
        let result = result.map_err(|item| Refused {
            item,
            reason: RefusedReason::Full,
        });
        (result, consumer)
    }

    fn take(&mut self, specs: &[LaneSpec], now: Instant, expired: &mut Vec<T>) -> Option<T> {
        while self.ready != 0 {
            let lane = self.next_lane();
            let Some(queued) = self.lanes[lane].pop_front() else {
                self.note_ready(lane);
                continue;
            };
            self.note_ready(lane);
            if !queued.is_expired(&specs[lane], now) {
                self.since_share = (self.since_share + 1) % LOWEST_SHARE;
                return Some(queued.item);
            }
            expired.push(queued.item);
            self.record(
                specs,
                lane,
                &LaneDrops {
                    stale: 1,
                    ..LaneDrops::default()
                },
            );
        }
        None
    }

    fn next_lane(&self) -> usize {
        if self.since_share == LOWEST_SHARE - 1 {
            self.ready.ilog2() as usize
        } else {
            self.ready.trailing_zeros() as usize
        }
    }

    fn note_ready(&mut self, lane: usize) {
        let bit = 1 << lane;
        if self.lanes[lane].is_empty() {
            self.ready &= !bit;
        } else {
            self.ready |= bit;
        }
    }

    fn record(&mut self, specs: &[LaneSpec], lane: usize, drops: &LaneDrops) {
        if self.drops.is_empty() {
            self.drops = vec![LaneDrops::default(); specs.len()].into();
        }
        self.drops[lane].add(drops);
    }

    /// Gives the deques back, unless one still remembers a broken frame.
    fn release(&mut self) -> Box<[Deque<T>]> {
        if self.lanes.iter().all(Deque::is_blank) {
            mem::take(&mut self.lanes)
        } else {
            Box::default()
        }
    }
}
