//! What passes between a supervisor, its children and the outside.

use crate::actors::supervision::exit::Exit;
use std::{fmt, time::Duration};

/// A child's place under its supervisor; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChildId {
    pub(in crate::actors::supervision) index: u32,
    pub(in crate::actors::supervision) generation: u32,
}

impl fmt::Display for ChildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.index, self.generation)
    }
}

/// What a supervisor tells a child. Only the latest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::actors::supervision) enum Order {
    /// Live (again) after the pause.
    Start(Duration),
    /// Drop the state, keep the mailbox, wait.
    Suspend,
    /// Like `Suspend`, and refuse messages and drop the queue.
    Quarantine,
    /// Take no more messages, handle those queued, end.
    Finish,
    /// End at once.
    Kill,
}

/// What a child tells its supervisor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::actors::supervision) enum Report {
    /// It runs.
    Started,
    /// Its life ended by itself; it is parked and waits for an order.
    Down(Exit),
    /// It obeyed `Suspend`.
    Suspended,
    /// It ended for good.
    Gone(Exit),
}

/// What the outside learns about a child.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// It failed and lives again after the pause.
    Restarting {
        /// How the last life ended.
        exit: Exit,
        /// Time until the next one begins.
        pause: Duration,
    },
    /// It failed too often and is halted until released; its queue is dropped and its address refuses messages.
    Quarantined(Exit),
    /// Its failure was one too many for the whole group: the group is suspended and its parent told.
    Escalated(Exit),
    /// It is gone for good.
    Gone(Exit),
}

pub(in crate::actors::supervision) enum Effect<C> {
    Order(ChildId, C, Order),
    Report(Report),
    Event(ChildId, Event),
    /// A dynamic child is gone and its slot free.
    Removed(ChildId, C, Exit),
}

pub(in crate::actors::supervision) type Effects<C> = Vec<Effect<C>>;
