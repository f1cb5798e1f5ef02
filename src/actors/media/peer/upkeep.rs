//! What a peer does as time passes. Little, while nothing flows: most peers of a large node listen to silence.

use super::Live;
use crate::actors::media::plane::with_plane;
use crate::actors::media::port::{MediaEvent, PeerId};
use crate::sfu::slot::Redundancy;
use std::time::{Duration, Instant};

/// How often what is due is looked at while packets flow.
pub(super) const TICK: Duration = Duration::from_millis(50);
/// The same while none do.
const TICK_IDLE: Duration = Duration::from_millis(250);
/// How often layers are chosen anew.
const ALLOCATE_EVERY: Duration = Duration::from_millis(100);
/// How often its client hears what it was sent.
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// How often its connection is scored.
const SCORE_EVERY: Duration = Duration::from_secs(2);

/// What is due when.
pub(super) struct Upkeep {
    allocated: Instant,
    reported: Instant,
    scored: Instant,
    /// Packets in and out at the tick before.
    packets: u64,
    /// The client sends transport-wide feedback.
    pub(super) has_arrivals: bool,
    /// As the slots were told.
    pub(super) redundancy: Redundancy,
    /// The worst loss of the last reports, 0 to 1.
    pub(super) lost_down: f64,
}

impl Upkeep {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            allocated: now,
            reported: now,
            scored: now,
            packets: 0,
            has_arrivals: false,
            redundancy: Redundancy::Off,
            lost_down: 0.0,
        }
    }
}

impl Live {
    /// Does what is due and says when to look again.
    pub(super) fn tick(&mut self, id: PeerId, now: Instant) -> Duration {
        let key = self.key;
        let packets = with_plane(|plane| {
            plane.connect_waiting(key);
            plane.packets(key)
        });
        let active = packets != self.upkeep.packets;
        self.upkeep.packets = packets;
        let due = |last: Instant, every| now.saturating_duration_since(last) >= every;
        if active {
            with_plane(|plane| {
                plane.send_arrivals(key, now);
                plane.pace(key, now);
            });
        }
        if due(self.upkeep.allocated, ALLOCATE_EVERY) {
            self.upkeep.allocated = now;
            self.allocate(id, now);
        }
        if due(self.upkeep.reported, REPORT_EVERY) && active {
            self.upkeep.reported = now;
            with_plane(|plane| plane.send_reports(key, now));
        }
        if due(self.upkeep.scored, SCORE_EVERY) && active {
            self.upkeep.scored = now;
            let inputs = with_plane(|plane| plane.quality_inputs(key, self.upkeep.lost_down));
            let quality = inputs.and_then(|inputs| self.quality.update(now, &inputs));
            if let Some(quality) = quality {
                self.events.tell(MediaEvent::Quality(id, quality));
            }
        }
        if active { TICK } else { TICK_IDLE }
    }
}
