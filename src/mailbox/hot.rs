//! The backend of the few that many threads feed at once: lock-free rings, a mask of the lanes that hold something, and
//! a wake-up that costs producers one load while the consumer is busy.
//!
//! The wake-up. A producer writes its item, then the mask, then reads the idle flag; a consumer about to wait registers
//! its waker, then writes the idle flag, then reads the mask. All four are SeqCst, so at least one of the two sees the
//! other. The mask is set unconditionally: to look first and skip the write races with the consumer that clears it.

use super::{
    Depth, Drops, Item, LOWEST_SHARE, LaneDrops, LaneSpec, Losses, Overflow, Queued, Refused,
    RefusedReason,
    deque::Deque,
    ring::Ring,
    sync::{
        AtomicBool, AtomicU32, AtomicU64, AtomicWaker, Mutex, MutexGuard, Ordering, PoisonError,
        keep_order,
    },
};
use std::{
    task::{Context, Poll},
    time::Instant,
};

/// The mask's bit for a closed mailbox; the lanes have the low ones.
const CLOSED: u32 = 1 << 31;

pub(super) struct Hot<T> {
    lanes: Box<[HotLane<T>]>,
    /// One bit per lane that may hold something, and [`CLOSED`].
    mask: AtomicU32,
    /// Whether the consumer waits.
    idle: AtomicBool,
    consumer: AtomicWaker,
    /// Items delivered since the lowest lane had its share. Written by the consumer only.
    since_share: AtomicU32,
}

struct HotLane<T> {
    queue: Queue<T>,
    drops: Counters,
}

enum Queue<T> {
    Ring(Box<Ring<T>>),
    /// For the policies that look into the queue. Critical section: one deque operation, or the drop of one frame.
    Deque(Mutex<Deque<T>>),
}

struct Counters {
    full: AtomicU64,
    stale: AtomicU64,
    frame: AtomicU64,
    refused: AtomicU64,
    closed: AtomicU64,
}

impl<T: Item> Hot<T> {
    pub(super) fn new(specs: &[LaneSpec]) -> Self {
        Self {
            lanes: specs.iter().map(HotLane::new).collect(),
            mask: AtomicU32::new(0),
            idle: AtomicBool::new(false),
            consumer: AtomicWaker::new(),
            since_share: AtomicU32::new(0),
        }
    }

    pub(super) fn push(
        &self,
        specs: &[LaneSpec],
        lane: usize,
        queued: Queued<T>,
        now: Instant,
    ) -> Result<(), Refused<T>> {
        if self.is_closed() {
            self.lanes[lane]
                .drops
                .closed
                .fetch_add(1, Ordering::Relaxed);
            return Err(Refused {
                item: queued.item,
                reason: RefusedReason::Closed,
            });
        }
        let mut losses = Losses::none();
        self.lanes[lane]
            .offer(&specs[lane], queued, now, &mut losses)
            .map_err(|item| Refused {
                item,
                reason: RefusedReason::Full,
            })?;
        self.raise(1 << lane);
        Ok(())
    }

    pub(super) fn pop(&self, specs: &[LaneSpec], now: Instant) -> Option<T> {
        self.take(specs, now, &mut looks_max(specs, 1))
    }

    pub(super) fn drain(
        &self,
        specs: &[LaneSpec],
        items_max: usize,
        now: Instant,
        out: &mut Vec<T>,
    ) -> usize {
        let mut looks = looks_max(specs, items_max);
        let mut taken = 0;
        while taken < items_max
            && let Some(item) = self.take(specs, now, &mut looks)
        {
            out.push(item);
            taken += 1;
        }
        taken
    }

    pub(super) fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.mask.load(Ordering::SeqCst) != 0 {
            return Poll::Ready(());
        }
        self.consumer.register(cx.waker());
        // A swap costs what a SeqCst store does, and loom keeps only swaps in one order.
        self.idle.swap(true, Ordering::SeqCst);
        keep_order();
        if self.mask.load(Ordering::SeqCst) != 0 {
            self.idle.swap(false, Ordering::AcqRel);
            return Poll::Ready(());
        }
        Poll::Pending
    }

    pub(super) fn close(&self) {
        self.raise(CLOSED);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.mask.load(Ordering::SeqCst) & CLOSED != 0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lanes.iter().all(|lane| lane.depth().items == 0)
    }

    pub(super) fn depth(&self, lane: usize) -> Depth {
        self.lanes[lane].depth()
    }

    pub(super) fn drops(&self) -> Drops {
        Drops::collect(self.lanes.len(), |lane| self.lanes[lane].drops.read())
    }

    /// Sets a bit of the mask and wakes the consumer if it waits.
    fn raise(&self, bit: u32) {
        self.mask.fetch_or(bit, Ordering::SeqCst);
        keep_order();
        if self.idle.load(Ordering::SeqCst) && self.idle.swap(false, Ordering::AcqRel) {
            self.consumer.wake();
        }
    }

    /// The next live item. Every item or lane it looks at costs one of `looks`, which bounds the work however fast
    /// producers push what is already expired.
    fn take(&self, specs: &[LaneSpec], now: Instant, looks: &mut usize) -> Option<T> {
        while let Some(left) = looks.checked_sub(1) {
            *looks = left;
            let ready = self.mask.load(Ordering::Acquire) & !CLOSED;
            if ready == 0 {
                return None;
            }
            let since_share = self.since_share.load(Ordering::Relaxed);
            let lane = if since_share == u32::from(LOWEST_SHARE) - 1 {
                ready.ilog2()
            } else {
                ready.trailing_zeros()
            } as usize;
            let Some(queued) = self.pop_lane(lane) else {
                continue;
            };
            if queued.is_expired(&specs[lane], now) {
                self.lanes[lane].drops.stale.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            let next = (since_share + 1) % u32::from(LOWEST_SHARE);
            self.since_share.store(next, Ordering::Relaxed);
            return Some(queued.item);
        }
        None
    }

    /// The front of a lane whose bit is set; clears the bit when there is none.
    fn pop_lane(&self, lane: usize) -> Option<Queued<T>> {
        let queue = &self.lanes[lane].queue;
        if let Some(queued) = queue.pop_front() {
            return Some(queued);
        }
        let bit = 1 << lane;
        self.mask.fetch_and(!bit, Ordering::AcqRel);
        // A producer may have pushed and set the bit between the two lines above.
        let queued = queue.pop_front()?;
        self.mask.fetch_or(bit, Ordering::AcqRel);
        Some(queued)
    }
}

/// Every item that can be queued at once may be expired, and every lane's bit may be out of date.
fn looks_max(specs: &[LaneSpec], items_max: usize) -> usize {
    specs.iter().fold(items_max, |looks, spec| {
        looks.saturating_add(spec.items_max).saturating_add(1)
    })
}

impl<T: Item> HotLane<T> {
    fn new(spec: &LaneSpec) -> Self {
        let queue = match spec.overflow {
            Overflow::Refuse | Overflow::DropOldest | Overflow::DropNewest => {
                Queue::Ring(Box::new(Ring::new(spec.items_max)))
            }
            Overflow::DropStale | Overflow::DropFrame => Queue::Deque(Mutex::new(Deque::new())),
        };
        Self {
            queue,
            drops: Counters::new(),
        }
    }

    fn offer(
        &self,
        spec: &LaneSpec,
        queued: Queued<T>,
        now: Instant,
        losses: &mut Losses<T>,
    ) -> Result<(), T> {
        let result = match &self.queue {
            Queue::Ring(ring) => ring.offer(spec, queued, losses),
            Queue::Deque(deque) => lock(deque).offer(spec, queued, now, losses),
        };
        if losses.drops.total() > 0 {
            self.drops.add(&losses.drops);
        }
        result
    }

    fn depth(&self) -> Depth {
        match &self.queue {
            Queue::Ring(ring) => ring.depth(),
            Queue::Deque(deque) => lock(deque).depth(),
        }
    }
}

impl<T: Item> Queue<T> {
    fn pop_front(&self) -> Option<Queued<T>> {
        match self {
            Self::Ring(ring) => ring.pop_front(),
            Self::Deque(deque) => lock(deque).pop_front(),
        }
    }
}

impl Counters {
    fn new() -> Self {
        Self {
            full: AtomicU64::new(0),
            stale: AtomicU64::new(0),
            frame: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            closed: AtomicU64::new(0),
        }
    }

    fn add(&self, drops: &LaneDrops) {
        self.full.fetch_add(drops.full, Ordering::Relaxed);
        self.stale.fetch_add(drops.stale, Ordering::Relaxed);
        self.frame.fetch_add(drops.frame, Ordering::Relaxed);
        self.refused.fetch_add(drops.refused, Ordering::Relaxed);
        self.closed.fetch_add(drops.closed, Ordering::Relaxed);
    }

    fn read(&self) -> LaneDrops {
        LaneDrops {
            full: self.full.load(Ordering::Relaxed),
            stale: self.stale.load(Ordering::Relaxed),
            frame: self.frame.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            closed: self.closed.load(Ordering::Relaxed),
        }
    }
}

fn lock<T>(deque: &Mutex<Deque<T>>) -> MutexGuard<'_, Deque<T>> {
    // Only a panic in `Item::frame`, which the trait forbids, can poison it.
    deque.lock().unwrap_or_else(PoisonError::into_inner)
}
