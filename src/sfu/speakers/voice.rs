//! How loud one participant speaks.

use std::time::{Duration, Instant};

/// What a packet of audio lasts, as far as levels go. A longer gap is silence (DTX).
const PACKET: Duration = Duration::from_millis(20);
const GAP: Duration = Duration::from_millis(60);
/// Hears an onset within a few packets.
const FAST_S: f64 = 0.06;
/// Bridges the pauses within speech.
const SLOW_S: f64 = 1.0;
/// Levels in -dBov below which it is speech: what the sender calls a voice, and what it does not (or cannot tell).
const VOICE_DBOV: f64 = 75.0;
const SOUND_DBOV: f64 = 50.0;
/// The fast loudness from which somebody speaks.
const SPEECH: f64 = 8.0;
/// How long somebody counts as speaking after the last of it.
const HANGOVER: Duration = Duration::from_millis(700);

/// The loudness of one participant over a short and a long time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voice {
    fast: f64,
    slow: f64,
    heard: Instant,
    spoke: Option<Instant>,
}

impl Voice {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            fast: 0.0,
            slow: 0.0,
            heard: now,
            spoke: None,
        }
    }

    /// Takes the level of one packet. Constant time.
    pub(super) fn on_level(&mut self, now: Instant, dbov: u8, voice: bool) {
        let passed = now.saturating_duration_since(self.heard);
        if passed > GAP {
            self.pass(passed.saturating_sub(PACKET), 0.0);
            self.pass(PACKET, loudness(dbov, voice));
        } else {
            self.pass(passed, loudness(dbov, voice));
        }
        self.heard = self.heard.max(now);
        if self.fast >= SPEECH {
            self.spoke = Some(now);
        }
    }

    /// As it is now, silence since the last packet counted.
    pub(super) fn at(&self, now: Instant) -> Self {
        let mut voice = *self;
        let passed = now.saturating_duration_since(self.heard);
        if passed > GAP {
            voice.pass(passed, 0.0);
            voice.heard = now;
        }
        voice
    }

    /// Loudness right now, 0 to about 75.
    pub(super) const fn fast(&self) -> f64 {
        self.fast
    }

    /// Loudness of late.
    pub(super) const fn score(&self) -> f64 {
        0.5 * (self.fast + self.slow)
    }

    /// Speaks in this moment.
    pub(super) fn speaks(&self) -> bool {
        self.fast >= SPEECH
    }

    /// Speaks, or paused a moment ago.
    pub(super) fn is_speaking(&self, now: Instant) -> bool {
        self.spoke
            .is_some_and(|at| now.saturating_duration_since(at) < HANGOVER)
    }

    fn pass(&mut self, passed: Duration, loudness: f64) {
        let seconds = passed.as_secs_f64();
        self.fast = loudness + (self.fast - loudness) * (-seconds / FAST_S).exp();
        self.slow = loudness + (self.slow - loudness) * (-seconds / SLOW_S).exp();
    }
}

fn loudness(dbov: u8, voice: bool) -> f64 {
    let floor = if voice { VOICE_DBOV } else { SOUND_DBOV };
    (floor - f64::from(dbov)).max(0.0)
}
