//! One turn of a living actor: its futures, its timers, a batch of its messages.

use super::{BATCH_MESSAGES_MAX, Round, Shell, Stage};
use crate::actors::supervision::{
    behaviour::{Behaviour, Cx},
    exit::Exit,
    group::Report,
    guard::guard,
    link,
    policy::Restart,
    status::ActorState,
};
use std::{collections::VecDeque, mem, ops::ControlFlow, task};

impl<B: Behaviour> Shell<B> {
    /// Runs code of the behaviour. `Err` ends this life.
    pub(super) fn enter(
        &mut self,
        code: impl FnOnce(&mut B, &mut Cx<'_, B>) -> Result<(), Exit>,
    ) -> Result<(), Exit> {
        let Some(behaviour) = self.behaviour.as_mut() else {
            return Ok(());
        };
        let mut cx = Cx {
            link: &self.link,
            work: &mut self.work,
            restart: self.restart,
        };
        guard(|| code(behaviour, &mut cx)).flatten()?;
        if self.work.stop && self.restart == Restart::Permanent {
            return Err(Exit::Normal);
        }
        Ok(())
    }

    /// One round of this life: futures, timers, a batch of messages. Breaks with the end of the life.
    pub(super) fn turn(&mut self, cx: &mut task::Context<'_>) -> ControlFlow<Exit, Round> {
        self.work.dirty = false;
        let mut jobs = 0;
        while let Some(done) = self.work.poll_job(cx) {
            match done.and_then(|then| then.map_or(Ok(()), |then| self.enter(then))) {
                Ok(()) => jobs += 1,
                Err(exit) => return ControlFlow::Break(exit),
            }
            if jobs == BATCH_MESSAGES_MAX {
                return ControlFlow::Continue(Round::Yield);
            }
        }
        if self.work.is_held() {
            return ControlFlow::Continue(self.idle_unless_dirty());
        }
        self.announce();
        let mut handled = 0;
        while handled < BATCH_MESSAGES_MAX && !self.work.is_held() {
            let handled_one = match self.next(cx) {
                Ok(Some(message)) => self.enter(|behaviour, cx| behaviour.handle(message, cx)),
                Ok(None) => return self.rest(cx),
                Err(exit) => Err(exit),
            };
            if let Err(exit) = handled_one {
                return ControlFlow::Break(exit);
            }
            handled += 1;
        }
        ControlFlow::Continue(Round::Yield)
    }

    /// The next message: a timer that is due, else the oldest of the batch, else of a new batch.
    fn next(&mut self, cx: &mut task::Context<'_>) -> Result<Option<B::Message>, Exit> {
        // One reading of the clock a batch: timers are looked at per message only where there are any.
        if self.work.has_timers()
            && let Some(message) = self.work.poll_timer(link::now(), cx)
        {
            return Ok(Some(message));
        }
        if self.batch.is_empty() {
            let mut batch = Vec::from(mem::take(&mut self.batch));
            // Guarded: draining drops stale messages, which may have a `Drop` of their own.
            let mailbox = &self.link.mailbox;
            let drained = guard(|| mailbox.drain(BATCH_MESSAGES_MAX, link::now(), &mut batch));
            self.batch = batch.into();
            drained?;
        }
        Ok(self.batch.pop_front())
    }

    /// The queue is empty: waits for more, or ends if no more may come.
    fn rest(&mut self, cx: &mut task::Context<'_>) -> ControlFlow<Exit, Round> {
        self.batch = VecDeque::new();
        if self.link.mailbox.poll_ready(cx).is_pending() || self.work.dirty {
            return ControlFlow::Continue(self.idle_unless_dirty());
        }
        match self.stage {
            _ if !self.link.mailbox.is_empty() => ControlFlow::Continue(Round::Again),
            _ if self.work.stop => ControlFlow::Break(Exit::Normal),
            _ => ControlFlow::Break(Exit::Shutdown),
        }
    }

    fn idle_unless_dirty(&self) -> Round {
        if self.work.dirty {
            Round::Again
        } else {
            Round::Idle
        }
    }

    fn announce(&mut self) {
        if let Stage::Alive { announced } = &mut self.stage
            && !*announced
        {
            *announced = true;
            if !self.work.stop {
                self.link.control.set_state(ActorState::Running);
            }
            self.seat.report(Report::Started);
        }
    }
}
