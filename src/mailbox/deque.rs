//! One lane as a deque: every overflow policy in its exact form. Whoever owns it brings the lock.

use super::{Depth, Item, LaneDrops, LaneSpec, Overflow};
use std::{collections::VecDeque, mem, time::Instant};

/// A drained lane keeps at most this much capacity, so a burst is not paid for ever.
const SPARE_ITEMS_MAX: usize = 64;

/// An item with what the lane noted when it came.
pub(super) struct Queued<T> {
    pub(super) item: T,
    pub(super) bytes: usize,
    at: Instant,
}

/// What one call lost: counted for the ledger, and the items themselves, so that they are destroyed after every lock is
/// released (an item may carry a guard that calls back).
pub(super) struct Losses<T> {
    pub(super) drops: LaneDrops,
    pub(super) items: Vec<T>,
}

/// The queue of one lane.
pub(super) struct Deque<T> {
    queue: VecDeque<Queued<T>>,
    bytes: usize,
    /// The last frame that lost a part: the rest of it is of no use when it comes.
    broken_frame: Option<u64>,
}

impl<T: Item> Queued<T> {
    pub(super) fn new(item: T, now: Instant) -> Self {
        Self {
            bytes: item.bytes(),
            item,
            at: now,
        }
    }

    pub(super) fn is_expired(&self, spec: &LaneSpec, now: Instant) -> bool {
        spec.ttl
            .is_some_and(|ttl| now.saturating_duration_since(self.at) > ttl)
    }
}

impl<T> Losses<T> {
    pub(super) fn none() -> Self {
        Self {
            drops: LaneDrops::default(),
            items: Vec::new(),
        }
    }

    pub(super) fn full(&mut self, item: T) {
        self.drops.full += 1;
        self.items.push(item);
    }

    pub(super) fn stale(&mut self, item: T) {
        self.drops.stale += 1;
        self.items.push(item);
    }

    fn frame(&mut self, item: T) {
        self.drops.frame += 1;
        self.items.push(item);
    }
}

impl<T: Item> Deque<T> {
    pub(super) fn new() -> Self {
        Self {
            queue: VecDeque::new(),
            bytes: 0,
            broken_frame: None,
        }
    }

    /// Queues the item, or loses it or others as the policy says.
    ///
    /// # Errors
    /// Gives the item back when the policy refuses it.
    pub(super) fn offer(
        &mut self,
        spec: &LaneSpec,
        queued: Queued<T>,
        now: Instant,
        losses: &mut Losses<T>,
    ) -> Result<(), T> {
        if queued.bytes > spec.bytes_max {
            losses.drops.refused += 1;
            return Err(queued.item);
        }
        match spec.overflow {
            Overflow::Refuse => {}
            Overflow::DropOldest => {
                while !self.has_room(spec, queued.bytes)
                    && let Some(oldest) = self.pop_front()
                {
                    losses.full(oldest.item);
                }
            }
            Overflow::DropNewest => {
                if !self.has_room(spec, queued.bytes) {
                    losses.full(queued.item);
                    return Ok(());
                }
            }
            Overflow::DropStale => {
                while !self.has_room(spec, queued.bytes)
                    && self
                        .queue
                        .front()
                        .is_some_and(|oldest| oldest.is_expired(spec, now))
                    && let Some(oldest) = self.pop_front()
                {
                    losses.stale(oldest.item);
                }
            }
            Overflow::DropFrame => {
                while !self.is_broken(&queued.item)
                    && !self.has_room(spec, queued.bytes)
                    && let Some(oldest) = self.pop_front()
                {
                    self.drop_frame(oldest.item, losses);
                }
                if self.is_broken(&queued.item) {
                    losses.frame(queued.item);
                    return Ok(());
                }
            }
        }
        if !self.has_room(spec, queued.bytes) {
            losses.drops.refused += 1;
            return Err(queued.item);
        }
        self.bytes += queued.bytes;
        self.queue.push_back(queued);
        Ok(())
    }

    pub(super) fn pop_front(&mut self) -> Option<Queued<T>> {
        let queued = self.queue.pop_front()?;
        self.bytes -= queued.bytes;
        if self.queue.is_empty() && self.queue.capacity() > SPARE_ITEMS_MAX {
            self.queue = VecDeque::new();
        }
        Some(queued)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether forgetting this lane would lose nothing.
    pub(super) fn is_blank(&self) -> bool {
        self.is_empty() && self.broken_frame.is_none()
    }

    pub(super) fn depth(&self) -> Depth {
        Depth {
            items: self.queue.len(),
            bytes: self.bytes,
        }
    }

    fn has_room(&self, spec: &LaneSpec, bytes: usize) -> bool {
        self.queue.len() < spec.items_max && bytes <= spec.bytes_max - self.bytes
    }

    fn is_broken(&self, item: &T) -> bool {
        self.broken_frame.is_some() && item.frame() == self.broken_frame
    }

    /// Loses an item that was taken off the front, and with it the rest of its frame.
    fn drop_frame(&mut self, oldest: T, losses: &mut Losses<T>) {
        let frame = oldest.frame();
        losses.frame(oldest);
        if frame.is_none() {
            return;
        }
        self.broken_frame = frame;
        for queued in mem::take(&mut self.queue) {
            if queued.item.frame() == frame {
                self.bytes -= queued.bytes;
                losses.frame(queued.item);
            } else {
                self.queue.push_back(queued);
            }
        }
    }
}
