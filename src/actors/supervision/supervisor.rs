//! Supervisors: the group machine behind a lock, wired to its children and its parent.
//!
//! A supervisor has no task and no queue. A child's report is a function call on the child's own thread: it locks the
//! supervisor, feeds the machine and writes the resulting orders into the children's one-slot cells. Locks are taken
//! from parent to child only: a report to the parent, events and hooks wait until the locks are open.

use super::{
    actor::ActorSpec,
    behaviour::Behaviour,
    exit::Exit,
    group::{ChildId, Effect, Effects, Event, Group, Order, Report},
    link::{self, Child, Control, Look, Told},
    policy::{Policy, Restart},
    status::Crowd,
    tree::Root,
};
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
};

/// Slots of a supervisor that a snapshot reads under one lock.
const PAGE_SLOTS: usize = 128;

/// Called for every event of a supervisor's children, on the thread where it happened, with no lock held. It must be
/// quick, and may call the supervisor.
pub type Watch = Box<dyn Fn(&Notice<'_>) + Send + Sync>;

/// An event of a child.
#[derive(Debug)]
pub struct Notice<'a> {
    /// The child.
    pub child: ChildId,
    /// Its name.
    pub name: &'a str,
    /// What happened.
    pub event: &'a Event,
}

/// Why a child was not started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The tree has not started, the supervisor is ending, or it has as many children as it may.
    #[error("the supervisor takes no children: it has not started, is ending or is full")]
    Refused,
}

/// A live supervisor: cheap to clone, good from any thread.
#[derive(Clone)]
pub struct Supervisor(Arc<Core>);

pub(super) struct Core {
    name: Box<str>,
    control: Control,
    /// Critical section: one event of the machine and the order words it writes; no user code.
    inner: Mutex<Inner>,
    watch: OnceLock<Watch>,
    parent: OnceLock<Parent>,
}

struct Inner {
    group: Group<Arc<dyn Child>>,
    departed: Crowd,
    /// What to tell the parent once all children are down.
    escalation: Option<Exit>,
}

pub(super) enum Parent {
    Supervisor(Weak<Core>, ChildId),
    Root(Root),
}

impl Supervisor {
    pub(super) fn new(name: Box<str>, policy: Policy) -> Self {
        Self(Arc::new(Core {
            name,
            control: Control::new(),
            inner: Mutex::new(Inner {
                group: Group::new(policy),
                departed: Crowd::default(),
                escalation: None,
            }),
            watch: OnceLock::new(),
            parent: OnceLock::new(),
        }))
    }

    /// Starts a dynamic child, at once or when the supervisor is up. It runs on the arbiter of its spec, or on that of
    /// the calling thread.
    ///
    /// # Errors
    /// When the tree has not started, or the supervisor is ending or full.
    ///
    /// # Panics
    /// When the spec names no arbiter and the calling thread has none.
    pub fn start_child<B: Behaviour>(&self, spec: ActorSpec<B>) -> Result<ChildId, StartError> {
        let mut added = None;
        self.transact(|group, effects| added = group.add(spec.restart, spec.child(), effects));
        let id = added.ok_or(StartError::Refused)?;
        spec.launch(self.clone(), id);
        Ok(id)
    }

    /// Asks a child to handle what is queued, to take nothing more and to end for good. Returns `false` when there is
    /// no such child.
    pub fn stop_child(&self, child: ChildId) -> bool {
        let mut found = false;
        self.transact(|group, effects| found = group.stop(child, Order::Finish, effects));
        found
    }

    /// Lets a quarantined child live again with a clean record. Returns `false` when it is not quarantined.
    pub fn release(&self, child: ChildId) -> bool {
        let mut found = false;
        self.transact(|group, effects| found = group.release(child, effects));
        found
    }

    /// How many children it has, those that ended but keep their place among them.
    #[must_use]
    pub fn children(&self) -> usize {
        self.lock().group.children()
    }

    pub(super) fn set_watch(&self, watch: Watch) {
        let _ = self.0.watch.set(watch);
    }

    pub(super) fn add_static(&self, restart: Restart, child: Arc<dyn Child>) -> ChildId {
        self.lock().group.add_static(restart, child)
    }

    /// All static children are seated: gives it its parent and lets dynamic children in.
    pub(super) fn attach(&self, parent: Parent) {
        let _ = self.0.parent.set(parent);
        self.lock().group.open();
    }

    pub(super) fn downgrade(&self) -> Weak<Core> {
        Arc::downgrade(&self.0)
    }

    pub(super) fn report(&self, child: ChildId, report: Report) {
        self.transact(|group, effects| group.report(child, report, link::now(), effects));
    }

    /// Gives an order from outside the tree.
    pub(super) fn command(&self, order: Order) {
        let mut told = Vec::new();
        let up = self.order(order, &mut told);
        self.after(up, told);
    }

    /// Reads the children page by page, so that no lock is held for long.
    pub(super) fn each_child(&self, mut visit: impl FnMut(ChildId, &dyn Child)) {
        let mut from = Some(0);
        while let Some(start) = from {
            let (page, next) = self.lock().group.page(start, PAGE_SLOTS);
            for (id, child) in &page {
                visit(*id, &**child);
            }
            from = next;
        }
    }

    /// The sums of children that are gone.
    pub(super) fn departed(&self) -> Crowd {
        self.lock().departed.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn transact(
        &self,
        step: impl FnOnce(&mut Group<Arc<dyn Child>>, &mut Effects<Arc<dyn Child>>),
    ) {
        let mut told = Vec::new();
        let mut inner = self.lock();
        let mut effects = Vec::new();
        step(&mut inner.group, &mut effects);
        let up = self.apply(&mut inner, effects, &mut told);
        drop(inner);
        self.after(up, told);
    }

    /// Carries the effects out, under the lock so that orders keep their sequence; returns the report for the parent.
    fn apply(
        &self,
        inner: &mut Inner,
        effects: Effects<Arc<dyn Child>>,
        told: &mut Vec<Told>,
    ) -> Option<Report> {
        let mut up = None;
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            match effect {
                Effect::Order(id, child, order) => {
                    if let Some(report) = child.order(order, told) {
                        let mut more = Vec::new();
                        inner.group.report(id, report, link::now(), &mut more);
                        queue.extend(more);
                    }
                }
                Effect::Event(id, event) => {
                    let Some(child) = inner.group.payload(id).cloned() else {
                        continue;
                    };
                    if let Event::Escalated(exit) = &event {
                        inner.escalation = Some(Exit::escalated(child.name(), exit));
                    }
                    let by = self.clone();
                    told.push(Told {
                        by,
                        child,
                        id,
                        event,
                    });
                }
                Effect::Removed(id, child, exit) => {
                    inner.departed.bury(&child.look());
                    let (by, event) = (self.clone(), Event::Gone(exit));
                    told.push(Told {
                        by,
                        child,
                        id,
                        event,
                    });
                }
                Effect::Report(Report::Down(exit)) => {
                    let exit = inner.escalation.take().unwrap_or(exit);
                    self.0.control.remember(exit.clone(), link::now());
                    up = Some(Report::Down(exit));
                }
                Effect::Report(report) => up = Some(report),
            }
        }
        self.0.control.set_state(inner.group.state());
        up
    }

    /// What must wait until the locks are open: events, then the parent.
    fn after(&self, up: Option<Report>, told: Vec<Told>) {
        for told in told {
            told.by.0.tell(&told);
        }
        if let Some(report) = up {
            match self.0.parent.get() {
                Some(Parent::Supervisor(parent, id)) => {
                    if let Some(parent) = parent.upgrade() {
                        Self(parent).report(*id, report);
                    }
                }
                Some(Parent::Root(root)) => {
                    if let Some(order) = root.takes(report) {
                        self.command(order);
                    }
                }
                None => {}
            }
        }
    }
}

impl Child for Supervisor {
    fn order(&self, order: Order, told: &mut Vec<Told>) -> Option<Report> {
        let mut inner = self.lock();
        if let Order::Start(_) = order {
            self.0.control.incarnate();
        }
        let mut effects = Vec::new();
        inner.group.order(order, &mut effects);
        self.apply(&mut inner, effects, told)
    }

    fn name(&self) -> &str {
        &self.0.name
    }

    fn look(&self) -> Look {
        self.0.control.look(Vec::new())
    }

    fn supervisor(&self) -> Option<&Supervisor> {
        Some(self)
    }
}

impl Core {
    fn tell(&self, told: &Told) {
        let (supervisor, child) = (&self.name, told.child.name());
        match &told.event {
            Event::Restarting { exit, pause } => {
                tracing::warn!(%supervisor, child, %exit, ?pause, "restarting a child");
            }
            Event::Quarantined(exit) => {
                tracing::error!(%supervisor, child, %exit, "a child failed too often: quarantined");
            }
            Event::Escalated(exit) => {
                tracing::error!(%supervisor, child, %exit, "too many failures: escalating");
            }
            Event::Gone(exit) => tracing::debug!(%supervisor, child, %exit, "a child is gone"),
        }
        if let Some(watch) = self.watch.get() {
            let notice = Notice {
                child: told.id,
                name: child,
                event: &told.event,
            };
            if let Err(exit) = super::guard::guard(|| watch(&notice)) {
                tracing::error!(%supervisor, %exit, "the watch of a supervisor panicked");
            }
        }
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("name", &self.0.name)
            .field("state", &self.0.control.state())
            .finish_non_exhaustive()
    }
}
