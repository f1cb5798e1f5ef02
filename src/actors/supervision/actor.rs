//! How an actor is described before it starts.

use super::{
    behaviour::Behaviour,
    exit::Incarnation,
    group::ChildId,
    link::{Address, Child, Control, Link},
    policy::Restart,
    shell::{Seat, Shell},
    supervisor::Supervisor,
};
use crate::mailbox::Mailbox;
use actix::Actor as _;
use actix_rt::ArbiterHandle;
use std::sync::Arc;

/// Makes the state for each life, on the actor's arbiter.
pub(super) type Factory<B> = Box<dyn FnMut(Incarnation) -> B + Send>;

/// An actor to be: its name, its restart rule, the factory of its state, and its mailbox, which takes messages already.
pub struct ActorSpec<B: Behaviour> {
    pub(super) link: Arc<Link<B::Lane, B::Message>>,
    pub(super) restart: Restart,
    factory: Factory<B>,
    arbiter: Option<ArbiterHandle>,
}

impl<B: Behaviour> ActorSpec<B> {
    /// An actor with a cold mailbox on the arbiter of the thread that starts it. An empty `name` shows as its number:
    /// right for the thousands. The factory runs at the beginning of every life.
    pub fn new(
        name: impl Into<Box<str>>,
        restart: Restart,
        factory: impl FnMut(Incarnation) -> B + Send + 'static,
    ) -> Self {
        Self::with_mailbox(name, restart, Mailbox::cold(), factory)
    }

    /// The same with a mailbox of choice.
    pub fn with_mailbox(
        name: impl Into<Box<str>>,
        restart: Restart,
        mailbox: Mailbox<B::Lane, B::Message>,
        factory: impl FnMut(Incarnation) -> B + Send + 'static,
    ) -> Self {
        Self {
            link: Arc::new(Link {
                mailbox,
                control: Control::new(),
                name: name.into(),
            }),
            restart,
            factory: Box::new(factory),
            arbiter: None,
        }
    }

    /// Puts the actor on this arbiter, for all its lives.
    #[must_use]
    pub fn on(mut self, arbiter: ArbiterHandle) -> Self {
        self.arbiter = Some(arbiter);
        self
    }

    /// Its address, good from now on.
    #[must_use]
    pub fn address(&self) -> Address<B> {
        Address::new(self.link.clone())
    }

    pub(super) fn child(&self) -> Arc<dyn Child> {
        self.link.clone()
    }

    pub(super) fn launch(self, supervisor: Supervisor, id: ChildId) {
        let Self {
            link,
            restart,
            factory,
            arbiter,
        } = self;
        let seat = Seat {
            supervisor,
            id,
            ended: false,
        };
        let start = move || {
            Shell::new(link, seat, factory, restart).start();
        };
        match arbiter {
            // A dead arbiter drops the closure, and the seat in it reports the loss. Its queue of closures holds at
            // most one per child, so CHILDREN_MAX bounds it.
            Some(arbiter) => drop(arbiter.spawn_fn(start)),
            None => start(),
        }
    }
}
