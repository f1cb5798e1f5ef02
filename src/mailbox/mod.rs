//! Bounded priority lanes: the only queues between actors.
//!
//! A [`Mailbox`] has a few lanes, the most urgent first, each bounded in items and bytes, with a time to live and an
//! overflow policy of its own. Many threads push, one consumer drains: it awaits [`Mailbox::poll_ready`], takes a
//! bounded batch with [`Mailbox::drain`], works on it and yields. Every item that does not arrive is counted by lane and
//! reason.
//!
//! Two backends share one type and one behaviour. [`Mailbox::cold`] is the usual choice: one small mutex around deques
//! that are given back when the consumer goes idle; empty it measures 64 bytes, whatever its lanes may hold.
//! [`Mailbox::hot`] is for the few that many threads feed at once: lock-free rings, preallocated, so that producers
//! never wait for a lock that the consumer or a preempted sibling holds. `benches/mailbox.rs` has the figures: with one
//! or two producers on two cores the cold one is the faster.
//!
//! It knows no actor, no runtime and no clock: the time is an argument, the consumer is a [`std::task::Waker`].

mod cold;
mod deque;
mod drops;
mod hot;
mod lane;
mod ring;
mod sync;

pub use drops::{Drops, LaneDrops};
pub use lane::{Item, LANES_MAX, Lane, LaneSpec, Overflow};

use cold::Cold;
use deque::{Losses, Queued};
use hot::Hot;
use std::{
    fmt,
    marker::PhantomData,
    task::{Context, Poll},
    time::Instant,
};
use thiserror::Error;

/// One item in this many goes to the lowest lane that holds something, so that a flood above never starves it.
pub const LOWEST_SHARE: u8 = 16;

/// Bounded priority lanes with many producers and one consumer. See the module for its behaviour.
pub struct Mailbox<L: Lane, T: Item> {
    backend: Backend<T>,
    lanes: PhantomData<fn() -> L>,
}

/// Why an item came back to its producer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RefusedReason {
    /// The lane has no room and its policy does not make any, or the item alone is over the lane's `bytes_max`.
    #[error("the lane is full")]
    Full,
    /// The mailbox is closed.
    #[error("the mailbox is closed")]
    Closed,
}

/// An item that was not queued, given back to its producer.
#[derive(Error)]
#[error("{reason}")]
pub struct Refused<T> {
    /// The item, untouched.
    pub item: T,
    /// Why.
    pub reason: RefusedReason,
}

/// What a lane holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Queued items, expired ones among them until they are looked at.
    pub items: usize,
    /// Their sum of [`Item::bytes`].
    pub bytes: usize,
}

enum Backend<T> {
    Cold(Cold<T>),
    Hot(Box<Hot<T>>),
}

impl<L: Lane, T: Item> Mailbox<L, T> {
    /// For the thousands: one small mutex, next to no memory while empty.
    #[must_use]
    pub fn cold() -> Self {
        const { lane::check(L::SPECS) };
        Self {
            backend: Backend::Cold(Cold::new()),
            lanes: PhantomData,
        }
    }

    /// For the few that many threads feed at once: lock-free lanes, preallocated to `items_max`.
    #[must_use]
    pub fn hot() -> Self {
        const { lane::check(L::SPECS) };
        Self {
            backend: Backend::Hot(Box::new(Hot::new(L::SPECS))),
            lanes: PhantomData,
        }
    }

    /// Queues an item in its lane and wakes the consumer. `Ok` also when a lossy policy dropped it, or others for it:
    /// the counters tell.
    ///
    /// # Errors
    /// Gives the item back when the lane refuses it, or when the mailbox is closed.
    pub fn push(&self, lane: L, item: T, now: Instant) -> Result<(), Refused<T>> {
        let queued = Queued::new(item, now);
        match &self.backend {
            Backend::Cold(cold) => cold.push(L::SPECS, lane.index(), queued, now),
            Backend::Hot(hot) => hot.push(L::SPECS, lane.index(), queued, now),
        }
    }

    /// Takes the next item that has not expired.
    pub fn pop(&self, now: Instant) -> Option<T> {
        match &self.backend {
            Backend::Cold(cold) => cold.pop(L::SPECS, now),
            Backend::Hot(hot) => hot.pop(L::SPECS, now),
        }
    }

    /// Appends up to `items_max` items to `out` and returns how many. Strict priority, oldest first inside a lane, but
    /// one in [`LOWEST_SHARE`] comes from the lowest lane that holds something. Expired items are dropped and counted,
    /// so fewer, even none, may come out of a mailbox that was ready. After a full batch, yield to the runtime.
    pub fn drain(&self, items_max: usize, now: Instant, out: &mut Vec<T>) -> usize {
        match &self.backend {
            Backend::Cold(cold) => cold.drain(L::SPECS, items_max, now, out),
            Backend::Hot(hot) => hot.drain(L::SPECS, items_max, now, out),
        }
    }

    /// Ready when something can be drained or the mailbox is closed; otherwise the waker is registered and woken by the
    /// next push or by [`Mailbox::close`]. Only the last registered waker is woken: a mailbox has one consumer.
    pub fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        match &self.backend {
            Backend::Cold(cold) => cold.poll_ready(cx),
            Backend::Hot(hot) => hot.poll_ready(cx),
        }
    }

    /// Refuses every later push and wakes the consumer. What is queued can still be drained.
    pub fn close(&self) {
        match &self.backend {
            Backend::Cold(cold) => cold.close(),
            Backend::Hot(hot) => hot.close(),
        }
    }

    /// Whether [`Mailbox::close`] was called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match &self.backend {
            Backend::Cold(cold) => cold.is_closed(),
            Backend::Hot(hot) => hot.is_closed(),
        }
    }

    /// Whether no lane holds anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.backend {
            Backend::Cold(cold) => cold.is_empty(),
            Backend::Hot(hot) => hot.is_empty(),
        }
    }

    /// What a lane holds now.
    #[must_use]
    pub fn depth(&self, lane: L) -> Depth {
        match &self.backend {
            Backend::Cold(cold) => cold.depth(lane.index()),
            Backend::Hot(hot) => hot.depth(lane.index()),
        }
    }

    /// What every lane holds now, in the order of [`Lane::SPECS`].
    #[must_use]
    pub fn depths(&self) -> Vec<Depth> {
        (0..L::SPECS.len())
            .map(|lane| match &self.backend {
                Backend::Cold(cold) => cold.depth(lane),
                Backend::Hot(hot) => hot.depth(lane),
            })
            .collect()
    }

    /// What did not arrive since the mailbox was made, by lane and reason. It can be read at any time.
    #[must_use]
    pub fn drops(&self) -> Drops {
        match &self.backend {
            Backend::Cold(cold) => cold.drops(L::SPECS.len()),
            Backend::Hot(hot) => hot.drops(),
        }
    }
}

impl<L: Lane, T: Item> fmt::Debug for Mailbox<L, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}
