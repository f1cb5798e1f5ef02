//! The actix actor around a behaviour. It never unwinds, and outlives every crash of what it holds.

mod turn;

use super::{
    actor::Factory,
    behaviour::Behaviour,
    exit::Exit,
    group::{ChildId, Order, Report},
    guard::{guard, guarded_drop},
    link::{self, Link},
    policy::Restart,
    status::ActorState,
    supervisor::Supervisor,
    work::Work,
};
use actix::{Actor, ActorContext, ActorFuture, AsyncContext, Context};
use std::{
    collections::VecDeque,
    mem,
    ops::ControlFlow,
    pin::Pin,
    sync::Arc,
    task::{self, Poll},
    time::Duration,
};

/// Messages an actor handles before others on its arbiter have a turn.
pub const BATCH_MESSAGES_MAX: usize = 32;

/// Rounds of one poll: an actor whose work keeps appearing yields after so many.
const ROUNDS_MAX: usize = 4;

/// Batches that are dropped of a dead actor's queue; producers that still push meanwhile cannot keep it longer.
const DROP_BATCHES_MAX: usize = 1 << 16;

/// The actix actor that runs a behaviour: it owns the mailbox's consuming end and obeys its supervisor.
///
/// Its actix mailbox is not used; it takes messages through [`Address`](super::Address) only.
pub struct Shell<B: Behaviour> {
    link: Arc<Link<B::Lane, B::Message>>,
    seat: Seat,
    factory: Factory<B>,
    restart: Restart,
    behaviour: Option<B>,
    work: Work<B>,
    /// Taken from the mailbox, not handled yet; it survives a crash like the mailbox itself.
    batch: VecDeque<B::Message>,
    stage: Stage,
}

enum Stage {
    Parked,
    BackingOff(Pin<Box<tokio::time::Sleep>>),
    /// Alive; whether the supervisor knows that it runs.
    Alive {
        announced: bool,
    },
    /// Alive until the queue is empty, on the supervisor's order.
    Finishing,
    Gone,
}

/// What a round of work says about the next.
enum Round {
    /// Nothing to do until woken.
    Idle,
    /// Look again now.
    Again,
    /// Look again after others had a turn.
    Yield,
}

/// A child's side of the supervisor; if it is dropped before the child has ended, the child is lost.
pub(super) struct Seat {
    pub(super) supervisor: Supervisor,
    pub(super) id: ChildId,
    pub(super) ended: bool,
}

impl Seat {
    fn report(&self, report: Report) {
        self.supervisor.report(self.id, report);
    }

    fn end(&mut self, exit: Exit) {
        self.ended = true;
        self.report(Report::Gone(exit));
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if !self.ended {
            self.end(Exit::Lost);
        }
    }
}

/// Nothing in a shell is pinned in place.
impl<B: Behaviour> Unpin for Shell<B> {}

impl<B: Behaviour> Actor for Shell<B> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.spawn(Pump);
    }
}

/// Drives the shell for as long as it lives: the only future actix knows of this actor.
struct Pump;

impl<B: Behaviour> ActorFuture<Shell<B>> for Pump {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        shell: &mut Shell<B>,
        ctx: &mut Context<Shell<B>>,
        cx: &mut task::Context<'_>,
    ) -> Poll<()> {
        let done = shell.drive(cx);
        if done.is_ready() {
            ctx.stop();
        }
        done
    }
}

impl<B: Behaviour> Shell<B> {
    pub(super) fn new(
        link: Arc<Link<B::Lane, B::Message>>,
        seat: Seat,
        factory: Factory<B>,
        restart: Restart,
    ) -> Self {
        Self {
            link,
            seat,
            factory,
            restart,
            behaviour: None,
            work: Work::new(),
            batch: VecDeque::new(),
            stage: Stage::Parked,
        }
    }

    fn drive(&mut self, cx: &mut task::Context<'_>) -> Poll<()> {
        let mut order = self.link.control.poll(cx);
        for _ in 0..ROUNDS_MAX {
            if let Some(order) = order.take() {
                self.obey(order);
            }
            let round = match &mut self.stage {
                Stage::Parked => Round::Idle,
                Stage::BackingOff(sleep) => match sleep.as_mut().poll(cx) {
                    Poll::Pending => Round::Idle,
                    Poll::Ready(()) => self.boot(),
                },
                Stage::Alive { .. } | Stage::Finishing => match self.turn(cx) {
                    ControlFlow::Continue(round) => round,
                    ControlFlow::Break(exit) => self.ended(exit),
                },
                Stage::Gone => return Poll::Ready(()),
            };
            order = self.link.control.take();
            match round {
                Round::Idle if order.is_none() && !matches!(self.stage, Stage::Gone) => {
                    return Poll::Pending;
                }
                Round::Idle | Round::Again => {}
                Round::Yield => break,
            }
        }
        if let Some(order) = order {
            self.obey(order);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Start(pause) => {
                self.tear(&Exit::Shutdown);
                if pause == Duration::ZERO {
                    self.boot();
                } else {
                    self.stage = Stage::BackingOff(Box::pin(tokio::time::sleep(pause)));
                    self.link.control.set_state(ActorState::BackingOff);
                }
            }
            // An actor that asked to stop has closed its mailbox: there is no next life to wait for.
            Order::Suspend if self.link.mailbox.is_closed() => {
                self.tear(&Exit::Normal);
                self.gone(Exit::Normal);
            }
            Order::Suspend => {
                self.tear(&Exit::Shutdown);
                self.park(ActorState::Parked);
                self.seat.report(Report::Suspended);
            }
            Order::Quarantine => {
                self.tear(&Exit::Shutdown);
                self.park(ActorState::Quarantined);
                self.drop_queue();
            }
            Order::Finish => {
                self.link.mailbox.close();
                if self.behaviour.is_some() {
                    self.stage = Stage::Finishing;
                    self.link.control.set_state(ActorState::Stopping);
                } else {
                    self.gone(Exit::Shutdown);
                }
            }
            Order::Kill => {
                self.tear(&Exit::Shutdown);
                self.gone(Exit::Shutdown);
            }
        }
    }

    /// Begins the next life.
    fn boot(&mut self) -> Round {
        let incarnation = self.link.control.incarnate();
        self.link.control.set_state(ActorState::Starting);
        self.stage = Stage::Alive { announced: false };
        let factory = &mut self.factory;
        let begun = match guard(|| factory(incarnation)) {
            Ok(behaviour) => {
                self.behaviour = Some(behaviour);
                self.enter(B::started)
            }
            Err(exit) => Err(exit),
        };
        match begun {
            Ok(()) => Round::Again,
            Err(exit) => self.ended(exit),
        }
    }

    /// This life ended by itself or by a crash: ends for good, or parks and asks the supervisor.
    fn ended(&mut self, exit: Exit) -> Round {
        if exit == Exit::Normal || exit == Exit::Shutdown {
            tracing::debug!(actor = %self.link.name, incarnation = %self.link.control.incarnation(), %exit, "actor ended");
        } else {
            tracing::error!(actor = %self.link.name, incarnation = %self.link.control.incarnation(), %exit, "actor crashed");
            self.link.control.remember(exit.clone(), link::now());
        }
        let finishing = matches!(self.stage, Stage::Finishing) || self.link.mailbox.is_closed();
        self.tear(&exit);
        if finishing || !self.restart.follows(&exit) {
            self.gone(exit);
        } else {
            self.park(ActorState::Parked);
            self.seat.report(Report::Down(exit));
        }
        Round::Again
    }

    fn park(&mut self, state: ActorState) {
        self.stage = Stage::Parked;
        self.link.control.set_state(state);
    }

    fn gone(&mut self, exit: Exit) {
        self.stage = Stage::Gone;
        self.link.mailbox.close();
        self.link.control.set_state(ActorState::Stopped);
        self.drop_queue();
        self.seat.end(exit);
    }

    /// Ends the life, if there is one: cancels its work, tells it, drops it.
    fn tear(&mut self, exit: &Exit) {
        self.work.clear();
        if let Some(mut behaviour) = self.behaviour.take() {
            if let Err(panic) = guard(|| behaviour.terminated(exit)) {
                tracing::error!(actor = %self.link.name, exit = %panic, "the end of an actor's life panicked");
            }
            guarded_drop(behaviour);
        }
    }

    fn drop_queue(&mut self) {
        for message in mem::take(&mut self.batch) {
            guarded_drop(message);
        }
        for _ in 0..DROP_BATCHES_MAX {
            if self.link.mailbox.is_empty() {
                break;
            }
            let (mailbox, mut batch) = (&self.link.mailbox, Vec::new());
            let drained = guard(|| mailbox.drain(BATCH_MESSAGES_MAX, link::now(), &mut batch));
            if let Err(exit) = drained {
                tracing::error!(actor = %self.link.name, %exit, "dropping a stale message panicked");
            }
            for message in batch {
                guarded_drop(message);
            }
        }
    }
}

impl<B: Behaviour> Drop for Shell<B> {
    fn drop(&mut self) {
        if !matches!(self.stage, Stage::Gone) {
            self.tear(&Exit::Lost);
            self.gone(Exit::Lost);
        }
    }
}
