//! Gaps, and when to ask for what is missing.

use super::Verdict;
use crate::sfu::MediaKind;
use std::{
    collections::VecDeque,
    ops::Range,
    time::{Duration, Instant},
};

/// A larger gap is a new beginning: nothing of it is asked for.
const GAP_MAX: u64 = 500;
/// The most packets that are missing at a time; of more, the oldest are given up.
const MISSING_MAX: usize = 1_000;
/// How often a packet is asked for.
const REQUESTS_MAX: u8 = 10;
/// The most sequence numbers asked for at once.
const DUE_MAX: usize = 250;
/// How long a picture is worth waiting for, and a sound, which is played at its time.
const VIDEO_AGE_MAX: Duration = Duration::from_secs(1);
const AUDIO_AGE_MAX: Duration = Duration::from_millis(250);
/// The least time between two requests, and the most: an RTT is a guess at first.
const PACE_MIN: Duration = Duration::from_millis(15);
const PACE_MAX: Duration = Duration::from_millis(300);
/// The longest grace for packets that are reordered on their way.
const GRACE_MAX: Duration = Duration::from_millis(20);
/// Packets in order after which the grace is halved.
const CALM_PACKETS: u32 = 256;

#[derive(Debug, Clone, Copy)]
struct Lost {
    index: u64,
    since: Instant,
    due: Instant,
    requests: u8,
}

/// What is missing of one encoding, in order.
#[derive(Debug)]
pub(super) struct Missing {
    kind: MediaKind,
    is_on: bool,
    lost: VecDeque<Lost>,
    given_up: usize,
    /// How long a packet is waited for before it is asked for: nothing, unless packets come reordered.
    grace: Duration,
    calm: u32,
}

impl Missing {
    pub(super) const fn new(kind: MediaKind) -> Self {
        Self {
            kind,
            is_on: matches!(kind, MediaKind::Video),
            lost: VecDeque::new(),
            given_up: 0,
            grace: Duration::ZERO,
            calm: 0,
        }
    }

    pub(super) fn set_on(&mut self, on: bool) {
        self.is_on = on;
        if !on {
            self.lost.clear();
        }
    }

    pub(super) fn on_gap(&mut self, now: Instant, gap: Range<u64>) {
        self.calm += 1;
        if self.calm >= CALM_PACKETS {
            self.calm = 0;
            self.grace /= 2;
        }
        if !self.is_on || gap.is_empty() {
            return;
        }
        if gap.end - gap.start > GAP_MAX {
            self.lost.clear();
            self.given_up += 1;
            return;
        }
        let due = now + self.grace;
        self.lost.extend(gap.map(|index| Lost {
            index,
            since: now,
            due,
            requests: 0,
        }));
        while self.lost.len() > MISSING_MAX {
            self.lost.pop_front();
            self.given_up += 1;
        }
    }

    pub(super) fn on_late(&mut self, now: Instant, index: u64) -> Verdict {
        let Ok(at) = self.lost.binary_search_by_key(&index, |lost| lost.index) else {
            return Verdict::Late;
        };
        let Some(lost) = self.lost.remove(at) else {
            return Verdict::Late;
        };
        if lost.requests > 0 {
            return Verdict::Repaired;
        }
        let late = now.saturating_duration_since(lost.since);
        self.grace = self.grace.max(late + late / 4).min(GRACE_MAX);
        self.calm = 0;
        Verdict::Late
    }

    pub(super) fn forget_before(&mut self, index: u64) {
        let kept = self.lost.partition_point(|lost| lost.index < index);
        self.lost.drain(..kept);
    }

    pub(super) fn due(&mut self, now: Instant, rtt: Duration, due: &mut Vec<u16>) -> usize {
        let age_max = match self.kind {
            MediaKind::Video => VIDEO_AGE_MAX,
            MediaKind::Audio => AUDIO_AGE_MAX,
        };
        let before = self.lost.len();
        self.lost.retain(|lost| {
            let is_old = now.saturating_duration_since(lost.since) > age_max;
            let is_exhausted = lost.requests >= REQUESTS_MAX && lost.due <= now;
            !is_old && !is_exhausted
        });
        self.given_up += before - self.lost.len();
        let pace = rtt.clamp(PACE_MIN, PACE_MAX);
        let waiting = self
            .lost
            .iter_mut()
            .filter(|lost| lost.due <= now && lost.requests < REQUESTS_MAX);
        for lost in waiting.take(DUE_MAX) {
            lost.requests += 1;
            lost.due = now + pace;
            // Sequence numbers are the low 16 bits.
            due.push(lost.index as u16);
        }
        std::mem::take(&mut self.given_up)
    }
}
