//! What is given up before it costs anything, when the thread cannot keep up: the lowest class first, by its header,
//! before decryption. Sound, STUN, DTLS and RTCP are never shed.

use super::streams::Class;
use std::time::{Duration, Instant};

/// A datagram that waited this long says that the thread cannot keep up.
pub(super) const LAG_HIGH: Duration = Duration::from_millis(20);
/// One that waited no longer than this says that it can.
pub(super) const LAG_LOW: Duration = Duration::from_millis(3);
/// How long a lag must last before more is shed: a thread that was only kept waiting catches up sooner.
const RAISE_AFTER: Duration = Duration::from_millis(200);
/// How long there must be no lag before less is shed, at first; the price of a mistake is a keyframe.
const LOWER_AFTER: Duration = Duration::from_secs(2);
/// The same after it was a mistake again and again: it doubles each time.
const LOWER_AFTER_MAX: Duration = Duration::from_secs(32);
/// Shedding more so soon after less was a mistake.
const MISTAKE: Duration = Duration::from_secs(5);

/// How much is shed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Shedding {
    /// Nothing.
    #[default]
    Nothing,
    /// The larger encodings of simulcast.
    Enhancement,
    /// Cameras as a whole.
    Cameras,
    /// All video.
    Video,
}

impl Shedding {
    /// Whether a class is given up at this level.
    pub(super) fn takes(self, class: Class) -> bool {
        match class {
            Class::Audio => false,
            Class::Screen => self >= Self::Video,
            Class::Base => self >= Self::Cameras,
            Class::Enhancement => self >= Self::Enhancement,
        }
    }

    fn more(self) -> Self {
        match self {
            Self::Nothing => Self::Enhancement,
            Self::Enhancement => Self::Cameras,
            Self::Cameras | Self::Video => Self::Video,
        }
    }

    fn less(self) -> Self {
        match self {
            Self::Nothing | Self::Enhancement => Self::Nothing,
            Self::Cameras => Self::Enhancement,
            Self::Video => Self::Cameras,
        }
    }
}

/// Whether the packets of one stream are given up. It begins and ends between frames, so that frames are whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    /// They pass; the timestamp of the last, if there was one.
    Open(Option<u32>),
    /// They are given up.
    Shut {
        /// The timestamp of the last.
        timestamp: u32,
        /// This is the first of them.
        first: bool,
        /// How many there were.
        count: u32,
    },
}

/// One in so many packets of a stream that is shed is opened all the same, so that its roll-over counter stays known
/// (RFC 3711 §3.3.1: it is lost after 2^15 packets).
const SAMPLE_EVERY: u32 = 4_096;

impl Default for Passage {
    fn default() -> Self {
        Self::Open(None)
    }
}

impl Passage {
    /// Takes in the next packet of the stream, whose class is to be given up or not.
    pub(super) fn step(&mut self, shed: bool, timestamp: u32) {
        *self = match *self {
            Self::Open(Some(last)) if shed && last != timestamp => Self::Shut {
                timestamp,
                first: true,
                count: 1,
            },
            Self::Open(_) => Self::Open(Some(timestamp)),
            Self::Shut {
                timestamp: last, ..
            } if !shed && last != timestamp => Self::Open(Some(timestamp)),
            Self::Shut { count, .. } => Self::Shut {
                timestamp,
                first: false,
                count: count.wrapping_add(1),
            },
        }
    }

    /// Whether the packet is given up.
    pub(super) fn is_shut(self) -> bool {
        matches!(self, Self::Shut { .. })
    }

    /// Whether it is opened although it is given up.
    pub(super) fn is_sample(self) -> bool {
        matches!(self, Self::Shut { count, .. } if count.is_multiple_of(SAMPLE_EVERY))
    }
}

/// How far a thread is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pressure {
    /// How long the oldest datagram of a batch had waited in the socket.
    pub waited: Duration,
    /// How long departures have been waiting without a pause. Their lanes drop by rank too, so this alone gives up no
    /// more than the larger encodings.
    pub behind: Duration,
}

impl Pressure {
    /// The most that may be shed for it: nothing without a lag.
    fn allows(self) -> Shedding {
        if self.waited >= LAG_HIGH {
            Shedding::Video
        } else if self.behind >= LAG_HIGH {
            Shedding::Enhancement
        } else {
            Shedding::Nothing
        }
    }

    fn is_calm(self) -> bool {
        self.waited.max(self.behind) <= LAG_LOW
    }
}

/// Watches how far the thread is behind and decides how much to shed.
#[derive(Debug)]
pub(super) struct Shed {
    level: Shedding,
    /// Since when it lags.
    lagging: Option<Instant>,
    /// Since when it does not.
    calm: Option<Instant>,
    /// When less was shed last.
    lowered: Option<Instant>,
    /// How long it must be calm before less is shed.
    patience: Duration,
}

impl Default for Shed {
    fn default() -> Self {
        Self {
            level: Shedding::Nothing,
            lagging: None,
            calm: None,
            lowered: None,
            patience: LOWER_AFTER,
        }
    }
}

impl Shed {
    /// How much is shed now.
    pub(super) fn level(&self) -> Shedding {
        self.level
    }

    /// Takes in how far the thread is behind, once for each batch.
    pub(super) fn observe(&mut self, now: Instant, pressure: Pressure) {
        let most = pressure.allows();
        if most == Shedding::Nothing {
            self.lagging = None;
        }
        if most > Shedding::Nothing {
            self.calm = None;
            let since = *self.lagging.get_or_insert(now);
            let lasted = now.saturating_duration_since(since);
            if lasted >= RAISE_AFTER && self.level < most {
                if self.level == Shedding::Nothing {
                    self.learn(now);
                }
                self.level = self.level.more();
                self.lagging = Some(now);
            }
        } else if pressure.is_calm() {
            let since = *self.calm.get_or_insert(now);
            let calm = now.saturating_duration_since(since);
            if calm >= self.patience && self.level > Shedding::Nothing {
                self.level = self.level.less();
                self.calm = Some(now);
                self.lowered = Some(now);
            }
        }
    }

    /// Has more patience after a mistake, and no more than at first otherwise.
    fn learn(&mut self, now: Instant) {
        let mistake = self
            .lowered
            .is_some_and(|at| now.saturating_duration_since(at) < MISTAKE);
        self.patience = if mistake {
            (self.patience * 2).min(LOWER_AFTER_MAX)
        } else {
            LOWER_AFTER
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HIGH: Pressure = Pressure {
        waited: LAG_HIGH,
        behind: Duration::ZERO,
    };
    const NONE: Pressure = Pressure {
        waited: Duration::ZERO,
        behind: Duration::ZERO,
    };

    #[test]
    fn frames_are_given_up_whole() {
        let mut passage = Passage::default();
        let mut step = |shed, timestamp| {
            passage.step(shed, timestamp);
            passage.is_shut()
        };
        assert!(!step(false, 1));
        assert!(!step(true, 1), "the rest of the frame that was begun");
        assert!(step(true, 2));
        assert!(step(false, 2), "the rest of the frame that was given up");
        assert!(!step(false, 3));
    }

    #[test]
    fn a_shed_stream_is_sampled() {
        let mut passage = Passage::Open(Some(0));
        let samples = (1..=2 * SAMPLE_EVERY).filter(|timestamp| {
            passage.step(true, *timestamp);
            passage.is_sample()
        });
        assert_eq!(samples.count(), 2);
    }

    #[test]
    fn one_late_batch_sheds_nothing() {
        let (mut shed, now) = (Shed::default(), Instant::now());
        shed.observe(now, HIGH);
        shed.observe(now + Duration::from_millis(5), NONE);
        shed.observe(now + Duration::from_millis(30), HIGH);
        assert_eq!(shed.level(), Shedding::Nothing);
    }

    #[test]
    fn a_lasting_lag_sheds_more_and_more_but_never_sound() {
        let (mut shed, mut now) = (Shed::default(), Instant::now());
        let mut seen = vec![shed.level()];
        for _ in 0..10 {
            shed.observe(now, HIGH);
            now += RAISE_AFTER;
            if *seen.last().unwrap() != shed.level() {
                seen.push(shed.level());
            }
        }
        use Shedding::*;
        assert_eq!(seen, [Nothing, Enhancement, Cameras, Video]);
        assert!(shed.level().takes(Class::Screen));
        assert!(!shed.level().takes(Class::Audio));
        assert!(!Enhancement.takes(Class::Base));
        assert!(!Cameras.takes(Class::Screen));
    }

    #[test]
    fn departures_that_wait_cost_only_the_larger_encodings() {
        let (mut shed, mut now) = (Shed::default(), Instant::now());
        let behind = Pressure {
            waited: Duration::ZERO,
            behind: Duration::from_secs(1),
        };
        for _ in 0..10 {
            shed.observe(now, behind);
            now += RAISE_AFTER;
        }
        assert_eq!(shed.level(), Shedding::Enhancement);
    }

    #[test]
    fn it_comes_back_slowly_and_only_when_calm() {
        let (mut shed, now) = (Shed::default(), Instant::now());
        shed.observe(now, HIGH);
        shed.observe(now + RAISE_AFTER, HIGH);
        assert_eq!(shed.level(), Shedding::Enhancement);
        let calm = now + Duration::from_secs(1);
        shed.observe(calm, NONE);
        shed.observe(calm + LOWER_AFTER / 2, HIGH);
        shed.observe(calm + LOWER_AFTER, NONE);
        assert_eq!(shed.level(), Shedding::Enhancement);
        shed.observe(calm + 2 * LOWER_AFTER, NONE);
        assert_eq!(shed.level(), Shedding::Nothing);
    }

    #[test]
    fn it_has_more_patience_after_a_mistake() {
        let (mut shed, mut now) = (Shed::default(), Instant::now());
        let mut waited = Vec::new();
        for _ in 0..6 {
            shed.observe(now, HIGH);
            now += RAISE_AFTER;
            shed.observe(now, HIGH);
            let begun = now;
            while shed.level() > Shedding::Nothing {
                now += Duration::from_secs(1);
                shed.observe(now, NONE);
            }
            waited.push((now - begun).as_secs());
        }
        assert_eq!(waited, [3, 5, 9, 17, 33, 33]);
    }
}
