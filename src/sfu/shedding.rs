//! How much of the pictures a thread carries when it cannot carry all: the part of them that keeps it busy but not
//! behind, found from how busy it is.
//!
//! What is given up is chosen slot by slot, so that any part can be: larger encodings before cameras, cameras before
//! screens, and of each viewer's the least important first. Sound is not asked about here: it is never given up.

use super::bandwidth::Bitrate;
use std::time::{Duration, Instant};

/// How often a thread is looked at.
pub const WINDOW: Duration = Duration::from_millis(100);

/// Busier than this part of a window and behind, a thread is saturated; how far beyond cannot be told.
const SATURATED: f64 = 0.97;
/// Saturated windows in a row before anything is given up: one stall is not overload.
const WINDOWS_BEFORE: u32 = 2;
/// What is left after a saturated window: when it was not, after several, and when datagrams were late, so that sound was.
const CUT_FIRST: f64 = 0.85;
const CUT: f64 = 0.75;
const CUT_LATE: f64 = 0.55;
/// What waits this long is late.
const LATE: Duration = Duration::from_millis(20);
/// Less busy than this, it carries more.
const ROOM: f64 = 0.86;
/// How busy it is to be.
const AIM: f64 = 0.93;
/// How often more comes back. It begins with a keyframe, so that the rise before may not be felt yet: half the way at a
/// time.
const RISE_EVERY: Duration = Duration::from_millis(200);
/// By how much more, at most and at least.
const RISE_MAX: f64 = 1.4;
const RISE_MIN: f64 = 0.02;
/// So little is nothing, and so much is all.
const NOTHING: f64 = 0.02;
const ALL: f64 = 0.985;

/// How a thread did in a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// The part of the time in which it had something to do, 0 to 1.
    pub busy: f64,
    /// The longest that a datagram waited for it.
    pub waited: Duration,
    /// For how long, at the end, it has had more to send than it came to.
    pub behind: Duration,
}

impl Load {
    fn is_saturated(&self) -> bool {
        self.busy >= SATURATED && self.waited.max(self.behind) >= LATE
    }
}

/// Finds the part of the pictures that a thread carries.
#[derive(Debug)]
pub struct Shedder {
    part: f64,
    /// Saturated windows in a row.
    saturated: u32,
    changed: Option<Instant>,
}

impl Default for Shedder {
    fn default() -> Self {
        Self {
            part: 1.0,
            saturated: 0,
            changed: None,
        }
    }
}

impl Shedder {
    /// The part of what is asked for that is carried, 0 to 1.
    #[must_use]
    pub const fn part(&self) -> f64 {
        self.part
    }

    /// Whether anything is given up.
    #[must_use]
    pub fn is_shedding(&self) -> bool {
        self.part < 1.0
    }

    /// Takes in a window.
    pub fn observe(&mut self, now: Instant, load: Load) {
        if load.is_saturated() {
            self.saturated = self.saturated.saturating_add(1);
            let cut = match self.saturated {
                1 if self.is_shedding() => CUT_FIRST,
                n if n < WINDOWS_BEFORE => return,
                _ if load.waited >= LATE => CUT_LATE,
                _ => CUT,
            };
            self.set(now, self.part * cut);
            return;
        }
        self.saturated = 0;
        let since = self.changed.map(|at| now.saturating_duration_since(at));
        if self.is_shedding() && load.busy < ROOM && since.is_none_or(|it| it >= RISE_EVERY) {
            let times = (AIM / load.busy.max(0.01)).sqrt().min(RISE_MAX);
            self.set(now, (self.part * times).max(self.part + RISE_MIN));
        }
    }

    fn set(&mut self, now: Instant, part: f64) {
        self.changed = Some(now);
        self.part = match part {
            part if part < NOTHING => 0.0,
            part if part > ALL => 1.0,
            part => part,
        };
    }
}

/// How early a picture is given up; the last first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Screen shares.
    Screen,
    /// The smallest or only encoding of a camera.
    Base,
    /// What a larger one takes beyond that.
    Enhancement,
}

/// What all slots together would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demand([Bitrate; 3]);

impl Demand {
    /// Adds what a slot would take.
    pub fn add(&mut self, class: Class, rate: Bitrate) {
        let sum = &mut self.0[class as usize];
        *sum = *sum + rate;
    }
}

/// The part of each class that is carried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares([f64; 3]);

impl Shares {
    /// Everything.
    pub const ALL: Self = Self([1.0; 3]);

    /// Shares out a part of the demand, screens first.
    #[must_use]
    pub fn of(part: f64, demand: Demand) -> Self {
        if part >= 1.0 {
            return Self::ALL;
        }
        let mut left = demand.0.iter().map(|rate| rate.0 as f64).sum::<f64>() * part;
        Self(demand.0.map(|rate| {
            let wanted = rate.0 as f64;
            let given = wanted.min(left);
            left -= given;
            if wanted > 0.0 {
                given / wanted
            } else {
                f64::from(u8::from(part > 0.0))
            }
        }))
    }

    /// Whether a slot of this [`rank`] is carried.
    #[must_use]
    pub fn carry(&self, class: Class, rank: f64) -> bool {
        rank < self.0[class as usize]
    }
}

/// Where a slot stands, 0 to below 1: the `place`-th of `count` slots of the `viewer`-th viewer, the most important
/// first. The ranks of all viewers are spread evenly, so that a share takes that part of them, and of each viewer's slots
/// the same number but for one.
#[must_use]
pub fn rank(viewer: u32, place: usize, count: usize) -> f64 {
    /// The golden ratio: its multiples are the most evenly spread.
    const SPREAD: f64 = 0.618_033_988_749_895;
    let phase = (f64::from(viewer) * SPREAD).fract();
    (place as f64 + phase) / count.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thread that carries `capacity` a second, in virtual time. What comes back does so late, as after a keyframe;
    /// what waits longer than 300 ms is dropped.
    struct World {
        now: Instant,
        shedder: Shedder,
        /// Of what it carries.
        offered: f64,
        carried: f64,
        backlog: f64,
        late: std::collections::VecDeque<f64>,
    }

    const LATE_WINDOWS: usize = 3;

    impl World {
        fn new() -> Self {
            Self {
                now: Instant::now(),
                shedder: Shedder::default(),
                offered: 0.5,
                carried: 0.5,
                backlog: 0.0,
                late: [1.0; LATE_WINDOWS].into(),
            }
        }

        /// Runs one window; the part of its time that was used well.
        fn step(&mut self) -> f64 {
            self.late.push_back(self.shedder.part());
            let before = self.late.pop_front().expect("as many as were put in");
            let part = self.shedder.part().min(before);
            let window = WINDOW.as_secs_f64();
            self.carried = self.offered * part;
            let work = self.backlog + self.carried * window;
            let done = work.min(window);
            self.backlog = (work - done).min(0.3 * self.carried);
            self.now += WINDOW;
            let busy = done / window;
            let load = Load {
                busy,
                waited: Duration::from_secs_f64(self.backlog / 10.0),
                behind: Duration::from_secs_f64(self.backlog),
            };
            self.shedder.observe(self.now, load);
            busy
        }

        /// The mean over so many windows, and the longest backlog.
        fn run(&mut self, windows: usize) -> (f64, f64) {
            let (mut used, mut backlog) = (0.0, 0.0_f64);
            for _ in 0..windows {
                used += self.step();
                backlog = backlog.max(self.backlog);
            }
            (used / windows as f64, backlog)
        }
    }

    #[test]
    fn what_fits_is_carried() {
        let mut world = World::new();
        for offered in [0.1, 0.5, 0.9, 0.95] {
            world.offered = offered;
            world.run(50);
            assert!(!world.shedder.is_shedding(), "{offered}");
        }
    }

    #[test]
    fn overload_leaves_the_thread_well_used_and_not_behind() {
        for times in [1.2, 1.5, 2.0, 3.0, 10.0] {
            let mut world = World::new();
            world.run(20);
            world.offered = times;
            world.run(12);
            assert!(world.carried <= 1.05, "{times}: {}", world.carried);
            let (used, backlog) = world.run(100);
            assert!(used >= 0.8, "{times}: {used}");
            assert!(backlog < 0.1, "{times}: {backlog}");
        }
    }

    #[test]
    fn it_comes_back_soon() {
        for (times, windows) in [(1.5, 10), (3.0, 14), (10.0, 24)] {
            let mut world = World::new();
            world.offered = times;
            world.run(50);
            world.offered = 0.5;
            world.run(windows);
            assert!(!world.shedder.is_shedding(), "{times}");
        }
    }

    #[test]
    fn one_stall_gives_nothing_up() {
        let (mut shedder, now) = (Shedder::default(), Instant::now());
        for n in 0..20 {
            let busy = if n % 2 == 0 { 1.0 } else { 0.5 };
            let load = Load {
                busy,
                waited: Duration::from_millis(50),
                behind: WINDOW,
            };
            shedder.observe(now + WINDOW * n, load);
        }
        assert!(!shedder.is_shedding());
    }

    #[test]
    fn a_busy_thread_that_nothing_waits_for_gives_nothing_up() {
        let (mut shedder, now) = (Shedder::default(), Instant::now());
        let load = Load {
            busy: 1.0,
            waited: LATE / 2,
            behind: LATE / 2,
        };
        for n in 0..20 {
            shedder.observe(now + WINDOW * n, load);
        }
        assert!(!shedder.is_shedding());
    }

    #[test]
    fn a_thread_that_nothing_helps_carries_no_picture_and_comes_back() {
        let (mut shedder, mut now) = (Shedder::default(), Instant::now());
        let mut observe = |shedder: &mut Shedder, busy, windows| {
            for _ in 0..windows {
                now += WINDOW;
                let load = Load {
                    busy,
                    waited: Duration::ZERO,
                    behind: WINDOW,
                };
                shedder.observe(now, load);
            }
        };
        observe(&mut shedder, 1.0, 30);
        assert_eq!(shedder.part(), 0.0);
        observe(&mut shedder, 0.2, 60);
        assert_eq!(shedder.part(), 1.0);
    }

    fn demand(screen: u64, base: u64, enhancement: u64) -> Demand {
        Demand([screen, base, enhancement].map(Bitrate))
    }

    #[test]
    fn enhancement_goes_before_cameras_and_cameras_before_screens() {
        use Class::{Base, Enhancement, Screen};
        let shares = |part| {
            let Shares(shares) = Shares::of(part, demand(100, 100, 200));
            shares
        };
        assert_eq!(shares(1.0), [1.0, 1.0, 1.0]);
        assert_eq!(shares(0.75), [1.0, 1.0, 0.5]);
        assert_eq!(shares(0.5), [1.0, 1.0, 0.0]);
        assert_eq!(shares(0.375), [1.0, 0.5, 0.0]);
        assert_eq!(shares(0.125), [0.5, 0.0, 0.0]);
        assert_eq!(shares(0.0), [0.0, 0.0, 0.0]);
        let none = Shares::of(0.5, Demand::default());
        for class in [Screen, Base, Enhancement] {
            assert!(none.carry(class, 0.99), "what is new is carried");
            assert!(Shares::ALL.carry(class, 0.99));
        }
    }

    #[test]
    fn a_share_takes_its_part_of_all_slots_and_the_important_ones_of_each_viewer() {
        let shares = Shares::of(0.33, demand(0, 1_000, 0));
        let (viewers, count) = (200, 4);
        let mut carried = 0;
        for viewer in 0..viewers {
            let taken: Vec<_> = (0..count)
                .map(|place| shares.carry(Class::Base, rank(viewer, place, count)))
                .collect();
            assert!(taken[0] && taken.is_sorted_by(|a, b| a >= b), "{taken:?}");
            carried += taken.iter().filter(|it| **it).count();
        }
        let part = carried as f64 / f64::from(viewers) / count as f64;
        assert!((part - 0.33).abs() < 0.01, "{part}");
    }
}
