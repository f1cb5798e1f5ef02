//! Which layer each of a subscriber's video slots gets out of its bandwidth.
//!
//! A pure function of the budget, what is shown, what arrives and the allocation before. It goes down at once when the
//! budget is exceeded and up only when a better layer has been affordable, with a margin, for a while; a slot that went
//! up in vain waits longer the next time. Knows nothing of keyframes (`selector`) and of how the budget is found
//! (`bandwidth`).

mod demand;
mod fill;
mod ladder;
#[cfg(test)]
mod tests;

pub use demand::{
    Allocation, Layer, LayerRate, PauseReason, SlotAllocation, SlotDemand, SlotId, TileSize,
};

use super::bandwidth::Bitrate;
use fill::{by_rank, fill, rank};
use ladder::Ladder;
use std::time::{Duration, Instant};

/// The most video slots of one subscriber: what is beyond is paused.
pub const SLOTS_MAX: usize = 64;

/// The most layers of one publication: what is beyond is not considered.
pub const LAYERS_MAX: usize = 32;

/// The part of the budget up to which layers rise.
const RISE_PART: f64 = 0.97;
/// Above the budget by this factor layers go down at once, by less after [`OVER_TIME`].
const OVER: f64 = 1.05;
const OVER_TIME: Duration = Duration::from_millis(1_000);
/// How long a better layer must have been affordable.
const CLIMB: Duration = Duration::from_millis(1_500);
/// The same for a slot filled a moment ago: it finds its layer quickly.
const CLIMB_FRESH: Duration = Duration::from_millis(200);
const FRESH: Duration = Duration::from_secs(4);
/// Each rise brings a keyframe: one at a time, but for slots that show nothing yet.
const RISE_GAP: Duration = Duration::from_millis(300);
/// How long a slot that changed does not rise; doubled each time it rose in vain.
const HOLD: Duration = Duration::from_secs(10);
const HOLD_MAX: Duration = Duration::from_secs(80);
/// Going down so soon after going up means that it rose in vain.
const IN_VAIN: Duration = Duration::from_secs(6);

/// Shares `budget` (what the estimate leaves for video) among the demands. Call it when the estimate or the demands
/// change, and every 100 to 500 ms.
#[must_use]
pub fn allocate(
    now: Instant,
    budget: Bitrate,
    demands: &[SlotDemand<'_>],
    previous: &Allocation,
) -> Allocation {
    let demands = &demands[..demands.len().min(SLOTS_MAX)];
    let ladders: Vec<_> = demands.iter().map(Ladder::of).collect();
    let order = by_rank(demands);
    let ideal = fill(budget.scaled(RISE_PART), demands, &ladders, &order);
    let mut memory: Vec<_> = demands
        .iter()
        .map(|demand| remember(now, demand, previous))
        .collect();
    let before: Vec<_> = memory
        .iter()
        .zip(&ladders)
        .map(|(slot, ladder)| slot.wished.and_then(|layer| ladder.place_of(layer)))
        .collect();

    let mut places = before.clone();
    let excess = total(&ladders, &places);
    let over = (excess > budget).then(|| previous.over.unwrap_or(now));
    let lasting = over.is_some_and(|since| now.saturating_duration_since(since) >= OVER_TIME);
    let lowers = excess > budget.scaled(OVER) || lasting;
    if lowers {
        let fits = fill(budget, demands, &ladders, &order);
        for (place, fit) in places.iter_mut().zip(fits) {
            *place = (*place).min(fit);
        }
    }
    let mut raised = previous.raised;
    for &index in &order {
        let wants = ideal[index] > places[index] && places[index] == before[index];
        let slot = &mut memory[index];
        slot.climbing = wants.then(|| slot.climbing.unwrap_or(now));
        let shows = slot.wished.is_some();
        let waits = raised.is_some_and(|at| now.saturating_duration_since(at) < RISE_GAP);
        if may_rise(now, slot) && !(waits && shows) {
            rise(budget, demands, &ladders, &ideal, &mut places, index);
            if shows && places[index] != before[index] {
                raised = Some(now);
            }
        }
    }
    let spare = budget.saturating_sub(total(&ladders, &places));
    for (index, slot) in memory.iter_mut().enumerate() {
        settle(now, slot, &ladders[index], before[index], places[index]);
        slot.layer = ladders[index].arriving(places[index], spare);
    }
    Allocation {
        slots: memory,
        over: if lowers { None } else { over },
        raised,
    }
}

/// What all demands together could use: the best layer of each that its tile can show.
#[must_use]
pub fn wanted(demands: &[SlotDemand<'_>]) -> Bitrate {
    let ladders = demands.iter().take(SLOTS_MAX).map(Ladder::of);
    ladders.map(|ladder| ladder.cost(ladder.top())).sum()
}

/// What the slot had, or a new memory when it shows another publication. A tile that grew is the viewer's wish: it does not
/// wait for what was learnt of the link, unless that was too narrow.
fn remember(now: Instant, demand: &SlotDemand<'_>, previous: &Allocation) -> SlotAllocation {
    let known = previous
        .slot(demand.slot)
        .filter(|slot| slot.track == demand.track);
    if let Some(&known) = known {
        let grows = known.tile.grows_to(demand.tile);
        return SlotAllocation {
            tile: demand.tile,
            filled: if grows { now } else { known.filled },
            ..known
        };
    }
    SlotAllocation {
        slot: demand.slot,
        track: demand.track,
        layer: None,
        wished: None,
        filled: now,
        changed: now,
        rose: true,
        tile: demand.tile,
        climbing: None,
        hold: Duration::ZERO,
    }
}

fn may_rise(now: Instant, slot: &SlotAllocation) -> bool {
    let Some(climbing) = slot.climbing else {
        return false;
    };
    let fresh = now.saturating_duration_since(slot.filled) < FRESH && slot.rose;
    if fresh && slot.wished.is_none() {
        return true;
    }
    let climb = if fresh { CLIMB_FRESH } else { CLIMB };
    // One that shows nothing has nothing to lose by trying.
    let free = fresh || slot.wished.is_none();
    let hold = if free { Duration::ZERO } else { slot.hold };
    now.saturating_duration_since(climbing) >= climb
        && now.saturating_duration_since(slot.changed) >= hold
}

/// Raises one slot towards its ideal, at the cost of less important ones that have more than their ideal.
fn rise(
    budget: Bitrate,
    demands: &[SlotDemand<'_>],
    ladders: &[Ladder],
    ideal: &[Option<usize>],
    places: &mut Vec<Option<usize>>,
    index: usize,
) {
    let lowest = places[index].map_or(0, |place| place + 1);
    let Some(best) = ideal[index] else { return };
    for place in (lowest..=best).rev() {
        let mut tried = places.clone();
        tried[index] = Some(place);
        if total(ladders, &tried) > budget.scaled(RISE_PART) {
            for (other, demand) in demands.iter().enumerate() {
                if rank(demand) < rank(&demands[index]) {
                    tried[other] = tried[other].min(ideal[other]);
                }
            }
        }
        if total(ladders, &tried) <= budget.scaled(RISE_PART) {
            *places = tried;
            return;
        }
    }
}

/// Writes down where a slot went.
fn settle(
    now: Instant,
    slot: &mut SlotAllocation,
    ladder: &Ladder,
    before: Option<usize>,
    place: Option<usize>,
) {
    slot.wished = place
        .and_then(|place| ladder.step(place))
        .map(|it| it.layer);
    if place == before {
        return;
    }
    let rose = place > before;
    let lasted = now.saturating_duration_since(slot.changed) >= IN_VAIN;
    slot.hold = match (rose, slot.rose) {
        (false, true) if !lasted => (slot.hold * 2).clamp(HOLD, HOLD_MAX),
        (false, true) => HOLD,
        // What was learnt stays until a rise has lasted.
        (true, _) | (false, false) => slot.hold.max(HOLD),
    };
    slot.changed = now;
    slot.rose = rose;
    slot.climbing = None;
}

fn total(ladders: &[Ladder], places: &[Option<usize>]) -> Bitrate {
    ladders
        .iter()
        .zip(places)
        .map(|(ladder, place)| ladder.cost(*place))
        .sum()
}
