//! The live tree, as a snapshot.

use super::exit::{Exit, Failure, Incarnation};
use crate::mailbox::{Depth, LaneDrops};
use std::fmt;

/// The most children of one supervisor that a snapshot lists one by one; those that are not running come first.
/// [`Crowd`] counts all of them.
pub const SNAPSHOT_CHILDREN_MAX: usize = 64;

/// The most lanes of different names that one supervisor's crowd sums up; others are left out.
pub const CROWD_LANES_MAX: usize = 32;

/// What an actor or a supervisor does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ActorState {
    /// Not started yet: its elder siblings come first.
    Waiting,
    /// Being made, or holding its mailbox until its state is loaded.
    Starting,
    /// Handling messages.
    Running,
    /// Suspended by its supervisor; messages wait.
    Parked,
    /// Waiting before its next life; messages wait.
    BackingOff,
    /// Halted after too many failures; messages are refused.
    Quarantined,
    /// Handling what is queued before it ends.
    Stopping,
    /// Gone for good.
    Stopped,
}

impl ActorState {
    /// All states.
    pub const ALL: [Self; 8] = [
        Self::Waiting,
        Self::Starting,
        Self::Running,
        Self::Parked,
        Self::BackingOff,
        Self::Quarantined,
        Self::Stopping,
        Self::Stopped,
    ];

    /// The name in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Parked => "parked",
            Self::BackingOff => "backing_off",
            Self::Quarantined => "quarantined",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }

    /// Whether a child in this state has ended for good.
    #[must_use]
    pub fn is_final(self) -> bool {
        self == Self::Stopped
    }

    pub(super) fn from_bits(bits: u8) -> Self {
        Self::ALL
            .get(usize::from(bits))
            .copied()
            .unwrap_or(Self::Stopped)
    }
}

impl fmt::Display for ActorState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One lane of a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneStatus {
    /// The lane's name.
    pub lane: &'static str,
    /// What it holds.
    pub depth: Depth,
    /// What it dropped, by reason.
    pub drops: LaneDrops,
}

impl LaneStatus {
    pub(super) fn absorb(&mut self, other: &Self) {
        self.depth.items += other.depth.items;
        self.depth.bytes += other.depth.bytes;
        self.absorb_drops(&other.drops);
    }

    fn absorb_drops(&mut self, other: &LaneDrops) {
        self.drops.full += other.full;
        self.drops.stale += other.stale;
        self.drops.frame += other.frame;
        self.drops.refused += other.refused;
        self.drops.closed += other.closed;
    }
}

/// One actor or supervisor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorStatus {
    /// The names from the root down, joined by `/`.
    pub path: String,
    /// What it does.
    pub state: ActorState,
    /// The life it is in; how often its children were started together, for a supervisor.
    pub incarnation: Incarnation,
    /// Lives after the first.
    pub restarts: u32,
    /// The last abnormal end.
    pub last_failure: Option<Failure>,
    /// Its mailbox, the most urgent lane first; empty for a supervisor.
    pub lanes: Vec<LaneStatus>,
    /// Its children, when it is a supervisor.
    pub crowd: Option<Crowd>,
}

/// All children of a supervisor, summed up. The sums of restarts and drops also hold those of children that are gone,
/// so they never fall.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crowd {
    /// Children it has.
    pub children: usize,
    /// How many are in each state, in the order of [`ActorState::ALL`].
    pub states: [usize; ActorState::ALL.len()],
    /// Restarts of all, ever.
    pub restarts: u64,
    /// Lanes of all actors under it, by name.
    pub lanes: Vec<LaneStatus>,
    /// The latest failure of a child that is gone.
    pub last_departed: Option<Exit>,
}

impl Crowd {
    /// How many children are in `state`.
    #[must_use]
    pub fn in_state(&self, state: ActorState) -> usize {
        self.states[state as usize]
    }

    pub(super) fn count(&mut self, look: &super::link::Look) {
        self.children += 1;
        self.states[look.state as usize] += 1;
        self.add_sums(look.restarts, &look.lanes);
    }

    /// Adds what a departed child leaves behind: its counters, not its depths.
    pub(super) fn bury(&mut self, look: &super::link::Look) {
        let lanes: Vec<LaneStatus> = look
            .lanes
            .iter()
            .map(|lane| LaneStatus {
                depth: Depth::default(),
                ..*lane
            })
            .collect();
        self.add_sums(look.restarts, &lanes);
        if let Some(failure) = &look.last_failure {
            self.last_departed = Some(failure.exit.clone());
        }
    }

    fn add_sums(&mut self, restarts: u32, lanes: &[LaneStatus]) {
        self.restarts += u64::from(restarts);
        for lane in lanes {
            if let Some(sum) = self.lanes.iter_mut().find(|sum| sum.lane == lane.lane) {
                sum.absorb(lane);
            } else if self.lanes.len() < CROWD_LANES_MAX {
                self.lanes.push(*lane);
            }
        }
    }
}
