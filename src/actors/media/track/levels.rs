//! How loud a publication is, as its Call is told: the loudest of a short while.

use super::TrackActor;
use crate::actors::media::port::{LEVEL_EVERY_MS, MediaEvent};
use crate::rtc::extension::AudioLevel;
use crate::sfu::packet::Packet;
use std::time::{Duration, Instant};

/// Quieter than this is silence, and not told.
const AUDIBLE_DBOV_MAX: u8 = 90;

/// The loudest packet since the Call was told.
#[derive(Debug, Default)]
pub(super) struct Levels {
    loudest: Option<AudioLevel>,
    told: Option<Instant>,
}

impl Levels {
    /// Takes in one packet's level; returns what to tell, if it is time.
    fn hear(&mut self, level: AudioLevel, now: Instant) -> Option<AudioLevel> {
        if level.dbov <= AUDIBLE_DBOV_MAX {
            let before = self.loudest.unwrap_or(level);
            self.loudest = Some(AudioLevel {
                voice: level.voice || before.voice,
                dbov: level.dbov.min(before.dbov),
            });
        }
        let pause = Duration::from_millis(LEVEL_EVERY_MS);
        if self
            .told
            .is_some_and(|at| now.saturating_duration_since(at) < pause)
        {
            return None;
        }
        let loudest = self.loudest.take()?;
        self.told = Some(now);
        Some(loudest)
    }
}

impl TrackActor {
    pub(super) fn hear(&mut self, packet: &Packet, now: Instant) {
        let level = packet.level.and_then(|level| self.levels.hear(level, now));
        if let Some(level) = level {
            let track = self.setup.key.track;
            self.setup.events.tell(MediaEvent::Level { track, level });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loudest_of_a_while_is_told_once() {
        let (mut levels, now) = (Levels::default(), Instant::now());
        let at = |ms| now + Duration::from_millis(ms);
        let level = |dbov| AudioLevel { voice: false, dbov };
        assert_eq!(levels.hear(level(40), at(0)), Some(level(40)));
        assert_eq!(levels.hear(level(20), at(20)), None);
        assert_eq!(levels.hear(level(50), at(40)), None);
        assert_eq!(levels.hear(level(50), at(60)), Some(level(20)));
        assert_eq!(levels.hear(level(127), at(200)), None, "silence");
        assert_eq!(levels.hear(level(60), at(220)), Some(level(60)));
    }
}
