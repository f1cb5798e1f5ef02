//! One lane as a lock-free ring, for the policies that need not look into the queue.

use super::{
    Depth, Item, LaneSpec, Losses, Overflow, Queued,
    sync::{ArrayQueue, AtomicUsize, Ordering},
};

pub(super) struct Ring<T> {
    queue: ArrayQueue<Queued<T>>,
    /// Reserved before an item is queued, released after it is taken: never below what is queued.
    bytes: AtomicUsize,
}

impl<T: Item> Ring<T> {
    pub(super) fn new(items_max: usize) -> Self {
        Self {
            queue: ArrayQueue::new(items_max),
            bytes: AtomicUsize::new(0),
        }
    }

    /// Queues the item, or loses it or others as the policy says.
    ///
    /// # Errors
    /// Gives the item back when the policy refuses it.
    pub(super) fn offer(
        &self,
        spec: &LaneSpec,
        queued: Queued<T>,
        losses: &mut Losses<T>,
    ) -> Result<(), T> {
        let refused = match self.try_push(queued, spec.bytes_max) {
            Ok(()) => return Ok(()),
            Err(back) if back.bytes > spec.bytes_max => back.item,
            Err(back) => match spec.overflow {
                Overflow::DropOldest => {
                    self.push_over_oldest(spec, back, losses);
                    return Ok(());
                }
                Overflow::DropNewest => {
                    losses.full(back.item);
                    return Ok(());
                }
                Overflow::Refuse | Overflow::DropStale | Overflow::DropFrame => back.item,
            },
        };
        losses.drops.refused += 1;
        Err(refused)
    }

    pub(super) fn pop_front(&self) -> Option<Queued<T>> {
        let queued = self.queue.pop()?;
        self.bytes.fetch_sub(queued.bytes, Ordering::Relaxed);
        Some(queued)
    }

    /// Items and bytes are read one after the other: under load they may be a few items apart.
    pub(super) fn depth(&self) -> Depth {
        Depth {
            items: self.queue.len(),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    /// Evicts until the item fits. A producer that finds the room taken by others each time gives up after a lane's
    /// worth of evictions, and loses its own item.
    fn push_over_oldest(&self, spec: &LaneSpec, mut queued: Queued<T>, losses: &mut Losses<T>) {
        for _ in 0..spec.items_max {
            let bytes_max = match self.pop_front() {
                Some(oldest) => {
                    losses.full(oldest.item);
                    spec.bytes_max
                }
                // Nothing is queued: other threads are about to release the bytes, or to queue what they stand for.
                None => usize::MAX,
            };
            match self.try_push(queued, bytes_max) {
                Ok(()) => return,
                Err(back) => queued = back,
            }
        }
        losses.full(queued.item);
    }

    fn try_push(&self, queued: Queued<T>, bytes_max: usize) -> Result<(), Queued<T>> {
        let bytes = queued.bytes;
        let reserved = self
            .bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
                held.checked_add(bytes).filter(|sum| *sum <= bytes_max)
            });
        if reserved.is_err() {
            return Err(queued);
        }
        self.queue.push(queued).inspect_err(|_| {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        })
    }
}
