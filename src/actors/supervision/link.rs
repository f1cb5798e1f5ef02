//! What an actor shares with the rest of the node: its mailbox, its one-slot order and its public state.

use super::{
    behaviour::Behaviour,
    exit::{Exit, Failure, Incarnation},
    group::{ChildId, Event, Order, Report},
    status::{ActorState, LaneStatus},
    supervisor::Supervisor,
};
use crate::mailbox::{Item, Lane, Mailbox, Refused, RefusedReason};
use futures_util::task::AtomicWaker;
use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering},
    },
    task::{Context, Waker},
    time::{Duration, Instant},
};

/// The way to an actor: cheap to clone, good from any thread, valid across restarts.
///
/// It is good before the actor starts as well: messages wait. A push is refused as closed while the actor is
/// quarantined, once it is stopping, and when it is gone; [`Address::state`] tells them apart.
pub struct Address<B: Behaviour>(Arc<Link<B::Lane, B::Message>>);

impl<B: Behaviour> Address<B> {
    pub(super) fn new(link: Arc<Link<B::Lane, B::Message>>) -> Self {
        Self(link)
    }

    /// Queues a message.
    ///
    /// # Errors
    /// Gives the message back when its lane refuses it or the actor takes no messages.
    pub fn push(&self, lane: B::Lane, message: B::Message) -> Result<(), Refused<B::Message>> {
        if self.0.control.state() == ActorState::Quarantined {
            let reason = RefusedReason::Closed;
            return Err(Refused {
                item: message,
                reason,
            });
        }
        self.0.mailbox.push(lane, message, now())
    }

    /// The mailbox, for what it holds and dropped.
    #[must_use]
    pub fn mailbox(&self) -> &Mailbox<B::Lane, B::Message> {
        &self.0.mailbox
    }

    /// What the actor does now.
    #[must_use]
    pub fn state(&self) -> ActorState {
        self.0.control.state()
    }

    /// The life it is in.
    #[must_use]
    pub fn incarnation(&self) -> Incarnation {
        self.0.control.incarnation()
    }

    /// Whether both lead to the same actor.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<B: Behaviour> Clone for Address<B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B: Behaviour> fmt::Debug for Address<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

/// Now, by the runtime's clock where there is one, so that paused time in tests holds everywhere.
pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// A child as its supervisor sees it: an actor or another supervisor.
pub(super) trait Child: Send + Sync {
    /// Gives the latest order. A child that has obeyed at once hands its report back, for it may not call its
    /// supervisor from inside an order. Events below it are collected for after the locks are open.
    fn order(&self, order: Order, told: &mut Vec<Told>) -> Option<Report>;

    fn name(&self) -> &str;

    fn look(&self) -> Look;

    /// The supervisor, when it is one.
    fn supervisor(&self) -> Option<&Supervisor>;
}

/// An event on its way out of the locks.
pub(super) struct Told {
    pub(super) by: Supervisor,
    pub(super) id: ChildId,
    /// Kept so that a child that is gone is dropped outside the locks.
    pub(super) child: Arc<dyn Child>,
    pub(super) event: Event,
}

/// One look at a child.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) state: ActorState,
    pub(super) incarnation: Incarnation,
    pub(super) restarts: u32,
    pub(super) last_failure: Option<Failure>,
    pub(super) lanes: Vec<LaneStatus>,
}

/// Everything shared of one actor, in one allocation.
pub(super) struct Link<L: Lane, T: Item> {
    pub(super) mailbox: Mailbox<L, T>,
    pub(super) control: Control,
    pub(super) name: Box<str>,
}

impl<L: Lane, T: Item + Send> Child for Link<L, T> {
    fn order(&self, order: Order, _told: &mut Vec<Told>) -> Option<Report> {
        self.control.give(order);
        None
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn look(&self) -> Look {
        let drops = self.mailbox.drops();
        let lanes = L::SPECS
            .iter()
            .zip(self.mailbox.depths())
            .zip(drops.by_lane())
            .map(|((spec, depth), drops)| LaneStatus {
                lane: spec.name,
                depth,
                drops: *drops,
            })
            .collect();
        self.control.look(lanes)
    }

    fn supervisor(&self) -> Option<&Supervisor> {
        None
    }
}

/// The one-slot order and the public state of a child.
///
/// The order is one atomic word: a new order replaces one not yet taken, so there is nothing to bound.
pub(super) struct Control {
    order: AtomicU64,
    waker: AtomicWaker,
    state: AtomicU8,
    incarnation: AtomicU32,
    restarts: AtomicU32,
    /// Critical section: one pointer read or written; never while user code runs.
    failure: Mutex<Option<Box<(Exit, Incarnation, Instant)>>>,
}

const ORDER_BITS: u32 = 3;

impl Control {
    pub(super) fn new() -> Self {
        Self {
            order: AtomicU64::new(0),
            waker: AtomicWaker::new(),
            state: AtomicU8::new(ActorState::Waiting as u8),
            incarnation: AtomicU32::new(0),
            restarts: AtomicU32::new(0),
            failure: Mutex::new(None),
        }
    }

    pub(super) fn give(&self, order: Order) {
        self.order.store(encode(order), Ordering::Release);
        self.waker.wake();
    }

    pub(super) fn take(&self) -> Option<Order> {
        if self.order.load(Ordering::Relaxed) == 0 {
            return None;
        }
        decode(self.order.swap(0, Ordering::Acquire))
    }

    /// Registers the waker, then looks for an order, so none is missed.
    pub(super) fn poll(&self, cx: &Context<'_>) -> Option<Order> {
        self.register(cx.waker());
        decode(self.order.swap(0, Ordering::AcqRel))
    }

    fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    pub(super) fn state(&self) -> ActorState {
        ActorState::from_bits(self.state.load(Ordering::Relaxed))
    }

    pub(super) fn set_state(&self, state: ActorState) {
        self.state.store(state as u8, Ordering::Relaxed);
    }

    pub(super) fn incarnation(&self) -> Incarnation {
        Incarnation(self.incarnation.load(Ordering::Relaxed))
    }

    /// Begins the next life.
    pub(super) fn incarnate(&self) -> Incarnation {
        let before = self.incarnation.fetch_add(1, Ordering::Relaxed);
        if before > 0 {
            self.restarts.fetch_add(1, Ordering::Relaxed);
        }
        Incarnation(before.saturating_add(1))
    }

    pub(super) fn remember(&self, exit: Exit, now: Instant) {
        let failure = Some(Box::new((exit, self.incarnation(), now)));
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }

    pub(super) fn look(&self, lanes: Vec<LaneStatus>) -> Look {
        let last_failure = self
            .failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_deref()
            .map(|(exit, incarnation, at)| Failure {
                exit: exit.clone(),
                incarnation: *incarnation,
                age: now().saturating_duration_since(*at),
            });
        Look {
            state: self.state(),
            incarnation: self.incarnation(),
            restarts: self.restarts.load(Ordering::Relaxed),
            last_failure,
            lanes,
        }
    }
}

fn encode(order: Order) -> u64 {
    match order {
        Order::Start(pause) => {
            let micros = u64::try_from(pause.as_micros()).unwrap_or(u64::MAX);
            1 | micros.min(u64::MAX >> ORDER_BITS) << ORDER_BITS
        }
        Order::Suspend => 2,
        Order::Quarantine => 3,
        Order::Finish => 4,
        Order::Kill => 5,
    }
}

fn decode(word: u64) -> Option<Order> {
    match word & ((1 << ORDER_BITS) - 1) {
        0 => None,
        1 => Some(Order::Start(Duration::from_micros(word >> ORDER_BITS))),
        2 => Some(Order::Suspend),
        3 => Some(Order::Quarantine),
        4 => Some(Order::Finish),
        _ => Some(Order::Kill),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_latest_order_counts() {
        let control = Control::new();
        assert_eq!(control.take(), None);
        control.give(Order::Suspend);
        control.give(Order::Start(Duration::from_millis(12)));
        assert_eq!(
            control.take(),
            Some(Order::Start(Duration::from_millis(12)))
        );
        assert_eq!(control.take(), None);
        for order in [
            Order::Start(Duration::ZERO),
            Order::Quarantine,
            Order::Finish,
            Order::Kill,
        ] {
            control.give(order);
            assert_eq!(control.take(), Some(order));
        }
    }
}
