//! How a supervisor is described before it starts.

use super::{
    actor::ActorSpec,
    behaviour::Behaviour,
    policy::{Policy, Restart},
    supervisor::{Notice, Parent, Supervisor},
};
use std::sync::Arc;

/// A supervisor to be: its rules and static children, in the order in which they start.
pub struct SupervisorSpec {
    supervisor: Supervisor,
    restart: Restart,
    launches: Vec<Launch>,
}

/// Seats a child and starts its shell, which waits for its first order.
type Launch = Box<dyn FnOnce(&Supervisor)>;

impl SupervisorSpec {
    /// A permanent supervisor without children.
    pub fn new(name: impl Into<Box<str>>, policy: Policy) -> Self {
        Self {
            supervisor: Supervisor::new(name.into(), policy),
            restart: Restart::Permanent,
            launches: Vec::new(),
        }
    }

    /// Calls `watch` for every event of its children. The first watch counts.
    #[must_use]
    pub fn watch(self, watch: impl Fn(&Notice<'_>) + Send + Sync + 'static) -> Self {
        self.supervisor.set_watch(Box::new(watch));
        self
    }

    /// Adds a static actor after the children so far.
    #[must_use]
    pub fn child<B: Behaviour>(mut self, spec: ActorSpec<B>) -> Self {
        self.launches.push(Box::new(move |parent| {
            let id = parent.add_static(spec.restart, spec.child());
            spec.launch(parent.clone(), id);
        }));
        self
    }

    /// Adds a static supervisor after the children so far.
    #[must_use]
    pub fn supervisor(mut self, spec: Self) -> Self {
        self.launches.push(Box::new(move |parent| {
            let id = parent.add_static(spec.restart, Arc::new(spec.supervisor.clone()));
            spec.launch(Parent::Supervisor(parent.downgrade(), id));
        }));
        self
    }

    /// The supervisor, for starting dynamic children once the tree has started.
    #[must_use]
    pub fn handle(&self) -> Supervisor {
        self.supervisor.clone()
    }

    pub(super) fn launch(self, parent: Parent) {
        for launch in self.launches {
            launch(&self.supervisor);
        }
        self.supervisor.attach(parent);
    }
}
