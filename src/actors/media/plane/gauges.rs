//! What is summed up over all peers of a shard, once a second.

use super::Plane;
use super::egress::Egress;
use crate::actors::media::figures::{Figures, LAYERS};
use crate::actors::media::port::Flow;
use crate::sfu::MediaKind;
use crate::sfu::lanes::{DropReason, EgressLane};
use std::time::{Duration, Instant};

/// How often it is summed up.
const EVERY: Duration = Duration::from_secs(1);

/// Drops by lane and reason.
pub(super) type Drops = [[u64; DropReason::ALL.len()]; EgressLane::ALL.len()];

impl Plane {
    /// Sums up, if it is time.
    pub(super) fn sum_up(&mut self, now: Instant) {
        let last = self.summed.get_or_insert(now);
        if now.saturating_duration_since(*last) < EVERY {
            return;
        }
        *last = now;
        let (mut estimate, mut layers) = (0, [0; LAYERS]);
        for seat in self.seats.iter_mut() {
            let egress = &mut seat.egress;
            egress.count_drops(&self.figures);
            egress.count_layers(&mut layers);
            estimate += egress.estimator.estimate().0;
        }
        // What a slot showed before it switched is no longer watched.
        for track in self.routes.subscribed() {
            self.tell_watched(track);
        }
        self.figures.estimate_bps.set(estimate);
        for (gauge, slots) in self.figures.layers.iter().zip(layers) {
            gauge.set(slots);
        }
    }
}

impl Egress {
    /// Adds what was dropped since the last time.
    pub(super) fn count_drops(&mut self, figures: &Figures) {
        figures.stills.add(std::mem::take(&mut self.stills));
        for lane in EgressLane::ALL {
            for reason in DropReason::ALL {
                let dropped = self.lanes.dropped(lane, reason);
                let before = &mut self.drops[lane as usize][reason as usize];
                figures.lane_drops[lane as usize][reason as usize].add(dropped - *before);
                *before = dropped;
            }
        }
    }

    fn count_layers(&self, layers: &mut [u64; LAYERS]) {
        for slot in &self.slots {
            if slot.kind != MediaKind::Video {
                continue;
            }
            let index = match slot.told.1 {
                Flow::Live(encoding) => usize::from(encoding.0).min(LAYERS - 2),
                Flow::Paused(_) => LAYERS - 1,
                Flow::Empty => continue,
            };
            layers[index] += 1;
        }
    }
}
