//! What an actor is to supervision: its state and how it answers, and the context it answers in.

use super::{
    exit::{Exit, Incarnation},
    link::{self, Address, Link},
    policy::Restart,
    status::ActorState,
    work::{TimerId, Work},
};
use crate::mailbox::{Item, Lane};
use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

/// The state of an actor and its answers. It lives on one arbiter and need not be `Send`.
///
/// A panic in any of these, an `Err`, and a panic in anything started through [`Cx`] end this life: the state is
/// dropped, timers and futures are cancelled, the mailbox waits for the next life.
pub trait Behaviour: Sized + Unpin + 'static {
    /// The lanes of its mailbox.
    type Lane: Lane;
    /// What it handles.
    type Message: Item + Send + 'static;

    /// Begins this life. What it [holds](Cx::hold) is done before the first message and before younger siblings start.
    ///
    /// # Errors
    /// Ends this life.
    fn started(&mut self, cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        let _ = cx;
        Ok(())
    }

    /// Handles one message.
    ///
    /// # Errors
    /// Ends this life.
    fn handle(&mut self, message: Self::Message, cx: &mut Cx<'_, Self>) -> Result<(), Exit>;

    /// Ends this life, whatever the reason; the state is dropped after it. After a panic the state may be torn.
    fn terminated(&mut self, exit: &Exit) {
        let _ = exit;
    }
}

/// What an actor may do while it answers. Everything started here ends with this life.
pub struct Cx<'a, B: Behaviour> {
    pub(super) link: &'a Arc<Link<B::Lane, B::Message>>,
    pub(super) work: &'a mut Work<B>,
    pub(super) restart: Restart,
}

impl<B: Behaviour> Cx<'_, B> {
    /// The actor's own address.
    #[must_use]
    pub fn address(&self) -> Address<B> {
        Address::new(self.link.clone())
    }

    /// Which life this is.
    #[must_use]
    pub fn incarnation(&self) -> Incarnation {
        self.link.control.incarnation()
    }

    /// Now, by the runtime's clock.
    #[must_use]
    pub fn now(&self) -> Instant {
        link::now()
    }

    /// Ends this life normally. A permanent actor ends after this answer and begins its next life with its queue; any
    /// other takes no new message from now on, handles those queued, then ends for good.
    pub fn stop(&mut self) {
        self.work.stop = true;
        if self.restart != Restart::Permanent {
            self.link.mailbox.close();
            self.link.control.set_state(ActorState::Stopping);
        }
    }

    /// Whether this life takes no new messages: it asked to stop, or the node shuts down.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.link.mailbox.is_closed()
    }

    /// Runs a future beside the messages.
    ///
    /// # Panics
    /// With more than [`JOBS_MAX`](super::JOBS_MAX) futures.
    pub fn spawn(&mut self, future: impl Future<Output = ()> + 'static) {
        self.work.spawn(async move {
            future.await;
            None
        });
    }

    /// Runs a future beside the messages, then `then` with its output.
    ///
    /// # Panics
    /// With more than [`JOBS_MAX`](super::JOBS_MAX) futures.
    pub fn spawn_then<O: 'static>(
        &mut self,
        future: impl Future<Output = O> + 'static,
        then: impl FnOnce(&mut B, &mut Cx<'_, B>, O) -> Result<(), Exit> + 'static,
    ) {
        self.work.spawn(continued(future, then));
    }

    /// Like [`spawn_then`](Self::spawn_then), and messages and timers wait until it is done; other futures go on.
    ///
    /// # Panics
    /// With more than [`JOBS_MAX`](super::JOBS_MAX) futures.
    pub fn hold<O: 'static>(
        &mut self,
        future: impl Future<Output = O> + 'static,
        then: impl FnOnce(&mut B, &mut Cx<'_, B>, O) -> Result<(), Exit> + 'static,
    ) {
        self.work.hold(continued(future, then));
    }

    /// Handles `message` after the delay, past the mailbox.
    ///
    /// # Panics
    /// With more than [`TIMERS_MAX`](super::TIMERS_MAX) timers.
    pub fn after(&mut self, delay: Duration, message: B::Message) -> TimerId {
        self.work.after(link::now() + delay, message)
    }

    /// Cancels a timer and gives its message back; `None` when it has fired.
    pub fn cancel(&mut self, timer: TimerId) -> Option<B::Message> {
        self.work.cancel(timer)
    }
}

async fn continued<B: Behaviour, O: 'static>(
    future: impl Future<Output = O> + 'static,
    then: impl FnOnce(&mut B, &mut Cx<'_, B>, O) -> Result<(), Exit> + 'static,
) -> Option<super::work::Then<B>> {
    let output = future.await;
    Some(Box::new(move |behaviour: &mut B, cx: &mut Cx<'_, B>| {
        then(behaviour, cx, output)
    }))
}
