//! The state machine of one supervisor, pure: orders and reports in, orders and reports out.
//!
//! It knows nothing of threads or actors. Static children hold the first slots in order; dynamic ones follow and are
//! younger than all static ones. A report that the child's phase does not expect is stale and ignored, so a child may
//! cross an order with a report at any time.

mod order;
mod schedule;

pub use order::{ChildId, Event};
pub(super) use order::{Effect, Effects, Order, Report};

use super::{
    exit::Exit,
    policy::{Excess, Jitter, Policy, Restart, Strategy, Verdict, Window},
    status::ActorState,
};
use std::time::{Duration, Instant};

/// The most children a supervisor may have.
pub const CHILDREN_MAX: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Not running; to be started after the pause when its turn comes.
    Down(Duration),
    Starting,
    Running,
    Suspending,
    Quarantined,
    Stopping,
    /// Ended for good (static children keep their slot).
    Gone,
}

#[derive(Debug)]
enum Mode {
    Idle,
    Up,
    /// Suspending everybody, then reporting this.
    Lowering(Report),
    Halting(Exit),
    Halted,
}

struct Member<C> {
    generation: u32,
    restart: Restart,
    phase: Phase,
    window: Window,
    payload: C,
}

/// How many dynamic children are in which part of their life, so that most events cost O(1).
#[derive(Debug, Default)]
struct Tally {
    down: usize,
    up: usize,
    leaving: usize,
    quarantined: usize,
}

impl Tally {
    fn slot(&mut self, phase: Phase) -> Option<&mut usize> {
        match phase {
            Phase::Down(_) => Some(&mut self.down),
            Phase::Starting | Phase::Running => Some(&mut self.up),
            Phase::Suspending | Phase::Stopping => Some(&mut self.leaving),
            Phase::Quarantined => Some(&mut self.quarantined),
            Phase::Gone => None,
        }
    }

    fn total(&self) -> usize {
        self.down + self.up + self.leaving + self.quarantined
    }
}

pub(super) struct Group<C> {
    policy: Policy,
    mode: Mode,
    members: Vec<Option<Member<C>>>,
    free: Vec<u32>,
    statics: usize,
    generation: u32,
    tally: Tally,
    window: Window,
    jitter: Jitter,
    /// Whether this start was reported.
    announced: bool,
    /// A static child was lost and cannot be made again.
    broken: bool,
    /// All static children are added.
    open: bool,
}

impl<C: Clone> Group<C> {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            jitter: Jitter::new(policy.seed),
            policy,
            mode: Mode::Idle,
            members: Vec::new(),
            free: Vec::new(),
            statics: 0,
            generation: 0,
            tally: Tally::default(),
            window: Window::default(),
            announced: false,
            broken: false,
            open: false,
        }
    }

    /// Adds the next static child, before the group opens.
    pub(super) fn add_static(&mut self, restart: Restart, payload: C) -> ChildId {
        debug_assert!(!self.open, "static children come first");
        self.statics += 1;
        self.insert(restart, payload)
    }

    /// Lets dynamic children in.
    pub(super) fn open(&mut self) {
        self.open = true;
    }

    /// Adds a dynamic child; `None` when the group ends or is full.
    pub(super) fn add(
        &mut self,
        restart: Restart,
        payload: C,
        effects: &mut Effects<C>,
    ) -> Option<ChildId> {
        let ending = matches!(self.mode, Mode::Halting(_) | Mode::Halted);
        if !self.open || ending || self.children() >= CHILDREN_MAX {
            return None;
        }
        let id = self.insert(restart, payload);
        self.tally.down += 1;
        if matches!(self.mode, Mode::Up) && self.announced && self.lets_dynamic_up() {
            self.start_member(id.index as usize, Duration::ZERO, effects);
        } else {
            self.advance(effects);
        }
        Some(id)
    }

    /// Obeys an order of the parent.
    pub(super) fn order(&mut self, order: Order, effects: &mut Effects<C>) {
        match (order, &self.mode) {
            (_, Mode::Halted) => return,
            (Order::Start(_) | Order::Suspend | Order::Quarantine, Mode::Halting(_)) => return,
            (Order::Start(_), _) if self.broken => {
                effects.push(Effect::Report(Report::Down(Exit::Lost)));
                return;
            }
            (Order::Start(pause), _) => {
                self.mode = Mode::Up;
                self.announced = false;
                self.window.clear();
                self.delay(pause);
            }
            (Order::Suspend | Order::Quarantine, _) => {
                self.mode = Mode::Lowering(Report::Suspended)
            }
            (Order::Finish, Mode::Halting(_)) => {}
            (Order::Finish, _) => self.mode = Mode::Halting(Exit::Shutdown),
            (Order::Kill, _) => {
                self.mode = Mode::Halting(Exit::Shutdown);
                for index in (0..self.members.len()).rev() {
                    if self.phase(index).is_some_and(|phase| phase != Phase::Gone) {
                        self.tell(index, Phase::Stopping, Order::Kill, effects);
                    }
                }
            }
        }
        self.advance(effects);
    }

    /// Takes a child's report.
    pub(super) fn report(
        &mut self,
        id: ChildId,
        report: Report,
        now: Instant,
        effects: &mut Effects<C>,
    ) {
        let index = id.index as usize;
        let Some(member) = self.member(id) else {
            return;
        };
        match (report, member.phase) {
            (_, Phase::Gone) => return,
            (Report::Started, Phase::Starting) => self.set_phase(index, Phase::Running),
            (Report::Suspended | Report::Down(_), Phase::Suspending) => {
                self.set_phase(index, Phase::Down(Duration::ZERO));
            }
            (Report::Down(exit), Phase::Starting | Phase::Running) => {
                self.failed(id, exit, now, effects)
            }
            (Report::Gone(exit), phase) => self.gone(id, phase, exit, effects),
            (Report::Started | Report::Suspended | Report::Down(_), _) => return,
        }
        self.advance(effects);
    }

    /// Lets a quarantined child live again, with a clean record; `false` when it is not quarantined.
    pub(super) fn release(&mut self, id: ChildId, effects: &mut Effects<C>) -> bool {
        let index = id.index as usize;
        match self.member(id) {
            Some(member) if member.phase == Phase::Quarantined => member.window.clear(),
            _ => return false,
        }
        self.set_phase(index, Phase::Down(Duration::ZERO));
        if matches!(self.mode, Mode::Up) {
            self.start_member(index, Duration::ZERO, effects);
        }
        true
    }

    /// Ends one child at the outside's wish; `false` when there is none.
    pub(super) fn stop(&mut self, id: ChildId, order: Order, effects: &mut Effects<C>) -> bool {
        if self
            .member(id)
            .is_none_or(|member| member.phase == Phase::Gone)
        {
            return false;
        }
        self.tell(id.index as usize, Phase::Stopping, order, effects);
        true
    }

    /// The children from slot `from` on, at most `limit` slots; and the next slot, if any is left.
    pub(super) fn page(&self, from: usize, limit: usize) -> (Vec<(ChildId, C)>, Option<usize>) {
        let end = self.members.len().min(from.saturating_add(limit));
        let page = (from..end)
            .filter_map(|index| {
                let member = self.members[index].as_ref()?;
                Some((self.id(index, member), member.payload.clone()))
            })
            .collect();
        (page, (end < self.members.len()).then_some(end))
    }

    pub(super) fn payload(&self, id: ChildId) -> Option<&C> {
        let member = self.members.get(id.index as usize)?.as_ref()?;
        (member.generation == id.generation).then_some(&member.payload)
    }

    pub(super) fn children(&self) -> usize {
        self.members.len() - self.free.len()
    }

    /// What the group as a whole does.
    pub(super) fn state(&self) -> ActorState {
        match self.mode {
            Mode::Idle if self.announced => ActorState::Parked,
            Mode::Idle => ActorState::Waiting,
            Mode::Up if self.announced => ActorState::Running,
            Mode::Up => ActorState::Starting,
            Mode::Lowering(_) => ActorState::Parked,
            Mode::Halting(_) => ActorState::Stopping,
            Mode::Halted => ActorState::Stopped,
        }
    }

    fn insert(&mut self, restart: Restart, payload: C) -> ChildId {
        self.generation = self.generation.wrapping_add(1);
        let generation = self.generation;
        let member = Some(Member {
            generation,
            restart,
            phase: Phase::Down(Duration::ZERO),
            window: Window::default(),
            payload,
        });
        let index = match self.free.pop() {
            Some(index) => {
                self.members[index as usize] = member;
                index
            }
            None => {
                self.members.push(member);
                u32::try_from(self.members.len() - 1).expect("CHILDREN_MAX fits 32 bits")
            }
        };
        ChildId { index, generation }
    }

    fn id(&self, index: usize, member: &Member<C>) -> ChildId {
        ChildId {
            index: u32::try_from(index).expect("CHILDREN_MAX fits 32 bits"),
            generation: member.generation,
        }
    }

    fn member(&mut self, id: ChildId) -> Option<&mut Member<C>> {
        let member = self.members.get_mut(id.index as usize)?.as_mut()?;
        (member.generation == id.generation).then_some(member)
    }

    fn phase(&self, index: usize) -> Option<Phase> {
        self.members[index].as_ref().map(|member| member.phase)
    }

    fn set_phase(&mut self, index: usize, phase: Phase) {
        let Some(member) = self.members[index].as_mut() else {
            return;
        };
        let before = std::mem::replace(&mut member.phase, phase);
        if index >= self.statics {
            if let Some(count) = self.tally.slot(before) {
                *count -= 1;
            }
            if let Some(count) = self.tally.slot(phase) {
                *count += 1;
            }
        }
    }

    /// Spreads the pause of a subtree's restart: the first static child and every dynamic one wait.
    fn delay(&mut self, pause: Duration) {
        let mut first = true;
        for (index, member) in self.members.iter_mut().enumerate() {
            if let Some(member) = member
                && let Phase::Down(delay) = &mut member.phase
                && (first || index >= self.statics)
            {
                *delay = pause;
                first = false;
            }
        }
    }

    fn failed(&mut self, id: ChildId, exit: Exit, now: Instant, effects: &mut Effects<C>) {
        let index = id.index as usize;
        let (policy, dynamic) = (self.policy, index >= self.statics);
        let Some(member) = self.member(id) else {
            return;
        };
        if !member.restart.follows(&exit) {
            self.tell(index, Phase::Stopping, Order::Kill, effects);
            return;
        }
        if !matches!(self.mode, Mode::Up) {
            self.set_phase(index, Phase::Down(Duration::ZERO));
            return;
        }
        let Some(member) = self.member(id) else {
            return;
        };
        let own = member.window.record(now, policy.intensity);
        let verdict = match policy.excess {
            Excess::Quarantine => own,
            Excess::Escalate => self.window.record(now, policy.intensity),
        };
        let (Verdict::Tolerated(_), Verdict::Tolerated(attempt)) = (verdict, own) else {
            self.exceeded(id, exit, effects);
            return;
        };
        let pause = policy.backoff.pause(attempt, &mut self.jitter);
        effects.push(Effect::Event(id, Event::Restarting { exit, pause }));
        if dynamic || policy.strategy == Strategy::OneForOne {
            self.start_member(index, pause, effects);
        } else {
            self.set_phase(index, Phase::Down(pause));
        }
    }

    fn exceeded(&mut self, id: ChildId, exit: Exit, effects: &mut Effects<C>) {
        let index = id.index as usize;
        match self.policy.excess {
            Excess::Quarantine => {
                self.tell(index, Phase::Quarantined, Order::Quarantine, effects);
                effects.push(Effect::Event(id, Event::Quarantined(exit)));
            }
            Excess::Escalate => {
                self.set_phase(index, Phase::Down(Duration::ZERO));
                self.escalate(id, exit, effects);
            }
        }
    }

    fn escalate(&mut self, id: ChildId, exit: Exit, effects: &mut Effects<C>) {
        for member in self.members.iter_mut().flatten() {
            member.window.clear();
        }
        self.window.clear();
        self.mode = Mode::Lowering(Report::Down(exit.clone()));
        effects.push(Effect::Event(id, Event::Escalated(exit)));
    }

    fn gone(&mut self, id: ChildId, phase: Phase, exit: Exit, effects: &mut Effects<C>) {
        let index = id.index as usize;
        self.set_phase(index, Phase::Gone);
        if index >= self.statics {
            if let Some(member) = self.members[index].take() {
                self.free.push(id.index);
                effects.push(Effect::Removed(id, member.payload, exit));
            }
            return;
        }
        effects.push(Effect::Event(id, Event::Gone(exit.clone())));
        let ending =
            phase == Phase::Stopping || matches!(self.mode, Mode::Halting(_) | Mode::Halted);
        if exit == Exit::Lost && !ending {
            self.broken = true;
            self.escalate(id, exit, effects);
        }
    }
}

#[cfg(test)]
mod tests;
