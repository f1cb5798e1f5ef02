//! Who is started, suspended or ended next, and in which order.

use super::{Effect, Effects, Group, Mode, Order, Phase, Report};
use crate::actors::supervision::policy::{Restart, Strategy};
use std::time::Duration;

impl<C: Clone> Group<C> {
    pub(super) fn advance(&mut self, effects: &mut Effects<C>) {
        match &self.mode {
            Mode::Idle | Mode::Halted => {}
            Mode::Up => self.raise(effects),
            Mode::Lowering(_) => {
                if self.lower(0, effects)
                    && let Mode::Lowering(report) = std::mem::replace(&mut self.mode, Mode::Idle)
                {
                    effects.push(Effect::Report(report));
                }
            }
            Mode::Halting(_) => {
                if self.sink(effects)
                    && let Mode::Halting(exit) = std::mem::replace(&mut self.mode, Mode::Halted)
                {
                    effects.push(Effect::Report(Report::Gone(exit)));
                }
            }
        }
    }

    /// Whether a dynamic child may start on its own, now that the group is up.
    pub(super) fn lets_dynamic_up(&self) -> bool {
        self.policy.strategy == Strategy::OneForOne
            || (0..self.statics).all(|index| {
                matches!(
                    self.phase(index),
                    Some(Phase::Running | Phase::Quarantined | Phase::Stopping | Phase::Gone)
                )
            })
    }

    /// Starts static children one by one in order, the dynamic ones after them.
    fn raise(&mut self, effects: &mut Effects<C>) {
        for index in 0..self.statics {
            match self.phase(index) {
                Some(Phase::Running | Phase::Quarantined | Phase::Stopping | Phase::Gone)
                | None => {}
                Some(Phase::Starting | Phase::Suspending) => return,
                Some(Phase::Down(pause)) => {
                    if self.policy.strategy == Strategy::OneForOne || self.lower(index + 1, effects)
                    {
                        self.start_member(index, pause, effects);
                    }
                    return;
                }
            }
        }
        if !self.announced {
            self.announced = true;
            effects.push(Effect::Report(Report::Started));
        }
        if self.tally.down > 0 {
            for index in self.statics..self.members.len() {
                if let Some(Phase::Down(pause)) = self.phase(index) {
                    self.start_member(index, pause, effects);
                }
            }
        }
    }

    /// Suspends the children from slot `floor` on: dynamic ones together, then static ones youngest first, each when
    /// the one before is down. Returns whether all are.
    fn lower(&mut self, floor: usize, effects: &mut Effects<C>) -> bool {
        if self.tally.up > 0 {
            for index in self.statics..self.members.len() {
                if matches!(self.phase(index), Some(Phase::Starting | Phase::Running)) {
                    self.suspend_member(index, effects);
                }
            }
        }
        if self.tally.leaving > 0 {
            return false;
        }
        for index in (floor..self.statics).rev() {
            match self.phase(index) {
                Some(Phase::Starting | Phase::Running) => {
                    self.suspend_member(index, effects);
                    return false;
                }
                Some(Phase::Suspending | Phase::Stopping) => return false,
                Some(Phase::Down(_) | Phase::Quarantined | Phase::Gone) | None => {}
            }
        }
        true
    }

    /// Ends all children, youngest first: dynamic ones together, then static ones one by one. Returns whether all are
    /// gone.
    fn sink(&mut self, effects: &mut Effects<C>) -> bool {
        if self.tally.total() > self.tally.leaving {
            for index in self.statics..self.members.len() {
                if matches!(
                    self.phase(index),
                    Some(Phase::Down(_) | Phase::Starting | Phase::Running | Phase::Quarantined)
                ) {
                    self.tell(index, Phase::Stopping, Order::Finish, effects);
                }
            }
        }
        if self.tally.leaving > 0 {
            return false;
        }
        for index in (0..self.statics).rev() {
            match self.phase(index) {
                Some(Phase::Gone) | None => {}
                Some(Phase::Stopping) => return false,
                Some(_) => {
                    self.tell(index, Phase::Stopping, Order::Finish, effects);
                    return false;
                }
            }
        }
        true
    }

    pub(super) fn tell(
        &mut self,
        index: usize,
        phase: Phase,
        order: Order,
        effects: &mut Effects<C>,
    ) {
        self.set_phase(index, phase);
        if let Some(member) = self.members[index].as_ref() {
            effects.push(Effect::Order(
                self.id(index, member),
                member.payload.clone(),
                order,
            ));
        }
    }

    pub(super) fn start_member(&mut self, index: usize, pause: Duration, effects: &mut Effects<C>) {
        self.tell(index, Phase::Starting, Order::Start(pause), effects);
    }

    /// Suspends one child; a temporary one has no next life and ends instead.
    fn suspend_member(&mut self, index: usize, effects: &mut Effects<C>) {
        match self.members[index].as_ref().map(|member| member.restart) {
            Some(Restart::Temporary) => self.tell(index, Phase::Stopping, Order::Kill, effects),
            Some(Restart::Permanent | Restart::Transient) => {
                self.tell(index, Phase::Suspending, Order::Suspend, effects);
            }
            None => {}
        }
    }
}
