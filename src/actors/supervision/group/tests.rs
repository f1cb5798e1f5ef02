//! The group against a world of children that obey late, crash and cross orders with reports.

use super::*;
use crate::actors::supervision::policy::{Backoff, Intensity};
use proptest::{
    prop_assert, prop_assert_eq, prop_oneof, proptest,
    strategy::{Just, Strategy as _},
};

const NOW_STEP: Duration = Duration::from_millis(100);

fn policy(strategy: Strategy, excess: Excess) -> Policy {
    Policy {
        strategy,
        excess,
        intensity: Intensity {
            restarts_max: 3,
            within: Duration::from_secs(2),
        },
        backoff: Backoff {
            base: Duration::from_millis(10),
            max: Duration::from_secs(1),
        },
        seed: 1,
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Life {
    Parked,
    Alive,
    Gone,
}

/// A child: the order not yet taken, and the report not yet made.
#[derive(Debug)]
struct Sim {
    id: ChildId,
    life: Life,
    cell: Option<Order>,
    saying: Option<Report>,
}

struct World {
    group: Group<()>,
    sims: Vec<Sim>,
    now: Instant,
    ups: Vec<Report>,
    orders: Vec<(u32, Order)>,
    events: Vec<(u32, Event)>,
}

impl World {
    fn new(policy: Policy, statics: &[Restart]) -> Self {
        let mut group = Group::new(policy);
        let sims = statics
            .iter()
            .map(|restart| sim(group.add_static(*restart, ())))
            .collect();
        group.open();
        Self {
            group,
            sims,
            now: Instant::now(),
            ups: Vec::new(),
            orders: Vec::new(),
            events: Vec::new(),
        }
    }

    fn apply(&mut self, effects: Effects<()>) {
        for effect in effects {
            match effect {
                Effect::Order(id, (), order) => {
                    self.orders.push((id.index, order));
                    if let Some(sim) = self.sims.iter_mut().find(|sim| sim.id == id) {
                        sim.cell = Some(order);
                    }
                }
                Effect::Report(report) => self.ups.push(report),
                Effect::Event(id, event) => self.events.push((id.index, event)),
                Effect::Removed(id, (), exit) => self.events.push((id.index, Event::Gone(exit))),
            }
        }
        self.check();
    }

    /// What holds whatever the interleaving.
    fn check(&self) {
        let phases: Vec<_> = (0..self.group.statics)
            .filter_map(|i| self.group.phase(i))
            .collect();
        if self.group.policy.strategy == Strategy::RestForOne
            && let Some(starting) = phases.iter().position(|phase| *phase == Phase::Starting)
        {
            let younger = &phases[starting + 1..];
            assert!(
                !younger.contains(&Phase::Running) && !younger.contains(&Phase::Starting),
                "a younger child runs while an elder starts: {phases:?}"
            );
        }
    }

    fn order(&mut self, order: Order) {
        let mut effects = Vec::new();
        self.group.order(order, &mut effects);
        self.apply(effects);
    }

    fn report(&mut self, id: ChildId, report: Report) {
        let mut effects = Vec::new();
        self.group.report(id, report, self.now, &mut effects);
        self.apply(effects);
    }

    fn add(&mut self, restart: Restart) {
        let mut effects = Vec::new();
        if let Some(id) = self.group.add(restart, (), &mut effects) {
            self.sims.push(sim(id));
        }
        self.apply(effects);
    }

    /// The child takes its order, or makes the report it owes.
    fn step(&mut self, at: usize) -> bool {
        let sim = &mut self.sims[at];
        if let Some(report) = sim.saying.take() {
            let id = sim.id;
            self.report(id, report);
            return true;
        }
        if sim.life == Life::Gone {
            return false;
        }
        let Some(order) = sim.cell.take() else {
            return false;
        };
        (sim.life, sim.saying) = match order {
            Order::Start(_) => (Life::Alive, Some(Report::Started)),
            Order::Suspend => (Life::Parked, Some(Report::Suspended)),
            Order::Quarantine => (Life::Parked, None),
            Order::Finish | Order::Kill => (Life::Gone, Some(Report::Gone(Exit::Shutdown))),
        };
        true
    }

    fn crash(&mut self, at: usize, exit: Exit) {
        let sim = &mut self.sims[at];
        if sim.life == Life::Alive && sim.saying.is_none() {
            sim.life = Life::Parked;
            sim.saying = Some(Report::Down(exit));
        }
    }

    /// Everybody acts until nothing is left to do.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            let mut busy = false;
            for at in 0..self.sims.len() {
                busy |= self.step(at);
            }
            if !busy {
                return;
            }
        }
        panic!("the group never settles");
    }

    fn started(policy: Policy, statics: &[Restart]) -> Self {
        let mut world = Self::new(policy, statics);
        world.order(Order::Start(Duration::ZERO));
        world.settle();
        assert_eq!(world.ups, [Report::Started]);
        world.orders.clear();
        world.ups.clear();
        world
    }
}

fn sim(id: ChildId) -> Sim {
    Sim {
        id,
        life: Life::Parked,
        cell: None,
        saying: None,
    }
}

#[test]
fn rest_for_one_suspends_the_younger_first_and_starts_the_elder_first() {
    let policy = policy(Strategy::RestForOne, Excess::Escalate);
    let mut world = World::started(policy, &[Restart::Permanent; 4]);
    world.crash(1, Exit::error("x"));
    world.settle();
    let start = Order::Start(Duration::ZERO);
    assert_eq!(
        world.orders,
        [
            (3, Order::Suspend),
            (2, Order::Suspend),
            (1, start),
            (2, start),
            (3, start)
        ]
    );
}

#[test]
fn an_escalation_suspends_all_youngest_first_then_tells_the_parent() {
    let policy = policy(Strategy::OneForOne, Excess::Escalate);
    let mut world = World::started(policy, &[Restart::Permanent; 2]);
    for _ in 0..4 {
        world.crash(0, Exit::error("x"));
        world.settle();
    }
    assert_eq!(world.orders.last(), Some(&(1, Order::Suspend)));
    assert_eq!(world.ups, [Report::Down(Exit::error("x"))]);
    world.order(Order::Start(Duration::from_millis(5)));
    world.settle();
    assert_eq!(world.ups.last(), Some(&Report::Started));
    assert!(
        world
            .orders
            .contains(&(0, Order::Start(Duration::from_millis(5))))
    );
}

#[test]
fn quarantine_hits_one_child_until_it_is_released() {
    let policy = policy(Strategy::OneForOne, Excess::Quarantine);
    let mut world = World::started(policy, &[]);
    world.add(Restart::Transient);
    world.add(Restart::Transient);
    world.settle();
    for _ in 0..4 {
        world.crash(0, Exit::error("x"));
        world.settle();
    }
    assert_eq!(
        world.events.last(),
        Some(&(0, Event::Quarantined(Exit::error("x"))))
    );
    assert_eq!(
        (world.sims[0].life, world.sims[1].life),
        (Life::Parked, Life::Alive)
    );
    assert_eq!(world.ups, []);
    let mut effects = Vec::new();
    assert!(world.group.release(world.sims[0].id, &mut effects));
    world.apply(effects);
    world.settle();
    assert_eq!(world.sims[0].life, Life::Alive);
    assert!(!world.group.release(world.sims[0].id, &mut Vec::new()));
}

#[test]
fn a_lost_static_child_cannot_be_made_again() {
    let mut world = World::started(
        policy(Strategy::OneForOne, Excess::Escalate),
        &[Restart::Permanent],
    );
    world.report(world.sims[0].id, Report::Gone(Exit::Lost));
    assert_eq!(world.ups, [Report::Down(Exit::Lost)]);
    world.order(Order::Start(Duration::ZERO));
    assert_eq!(world.ups.last(), Some(&Report::Down(Exit::Lost)));
}

#[test]
fn a_halt_ends_dynamic_children_together_then_static_ones_youngest_first() {
    let mut world = World::started(
        policy(Strategy::OneForOne, Excess::Escalate),
        &[Restart::Permanent; 2],
    );
    world.add(Restart::Temporary);
    world.add(Restart::Temporary);
    world.settle();
    world.orders.clear();
    world.order(Order::Finish);
    assert_eq!(world.orders, [(2, Order::Finish), (3, Order::Finish)]);
    world.settle();
    assert_eq!(world.orders[2..], [(1, Order::Finish), (0, Order::Finish)]);
    assert_eq!(world.ups, [Report::Gone(Exit::Shutdown)]);
    let mut effects = Vec::new();
    assert!(
        world
            .group
            .add(Restart::Temporary, (), &mut effects)
            .is_none()
    );
}

#[derive(Debug, Clone)]
enum Act {
    Step(usize),
    Crash(usize),
    Leave(usize),
    Add(Restart),
    Pass,
    Suspend,
    Start,
}

fn restart() -> impl proptest::strategy::Strategy<Value = Restart> {
    prop_oneof![
        Just(Restart::Permanent),
        Just(Restart::Transient),
        Just(Restart::Temporary)
    ]
}

fn act() -> impl proptest::strategy::Strategy<Value = Act> {
    prop_oneof![
        12 => (0..16_usize).prop_map(Act::Step),
        4 => (0..16_usize).prop_map(Act::Crash),
        1 => (0..16_usize).prop_map(Act::Leave),
        2 => restart().prop_map(Act::Add),
        4 => Just(Act::Pass),
        1 => Just(Act::Suspend),
        2 => Just(Act::Start),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_the_group_comes_up_again_and_ends(
        rest_for_one: bool,
        quarantine: bool,
        statics in proptest::collection::vec(restart(), 0..4),
        acts in proptest::collection::vec(act(), 0..120),
    ) {
        let strategy = if rest_for_one { Strategy::RestForOne } else { Strategy::OneForOne };
        let excess = if quarantine { Excess::Quarantine } else { Excess::Escalate };
        let mut world = World::new(policy(strategy, excess), &statics);
        world.order(Order::Start(Duration::ZERO));
        for act in acts {
            let count = world.sims.len();
            match act {
                Act::Step(at) if count > 0 => drop(world.step(at % count)),
                Act::Crash(at) if count > 0 => world.crash(at % count, Exit::error("x")),
                Act::Leave(at) if count > 0 => world.crash(at % count, Exit::Normal),
                Act::Step(_) | Act::Crash(_) | Act::Leave(_) => {}
                Act::Add(restart) => world.add(restart),
                Act::Pass => world.now += NOW_STEP,
                Act::Suspend => world.order(Order::Suspend),
                Act::Start => world.order(Order::Start(Duration::ZERO)),
            }
        }
        world.settle();
        world.order(Order::Start(Duration::ZERO));
        world.settle();
        prop_assert_eq!(world.group.state(), ActorState::Running);
        for sim in &world.sims {
            let quarantined = world.group.member(sim.id).is_some_and(|m| m.phase == Phase::Quarantined);
            prop_assert!(sim.life != Life::Parked || quarantined, "left behind: {:?}", sim);
        }
        world.ups.clear();
        world.order(Order::Finish);
        world.settle();
        prop_assert_eq!(&world.ups, &[Report::Gone(Exit::Shutdown)]);
        prop_assert!(world.sims.iter().all(|sim| sim.life == Life::Gone));
    }
}
