//! The ideal: what a budget allows without regard to what was before.

use super::{demand::SlotDemand, ladder::Ladder};
use crate::sfu::bandwidth::Bitrate;
use std::cmp::Reverse;

/// What comes first: screens, then what is pinned, then the viewer's priority. Higher is more.
pub(super) type Rank = (bool, bool, u8);

pub(super) const fn rank(demand: &SlotDemand<'_>) -> Rank {
    (demand.screen, demand.pinned, demand.priority)
}

/// The demands by rank, the most important first; equal ones as they were given.
pub(super) fn by_rank(demands: &[SlotDemand<'_>]) -> Vec<usize> {
    let mut order: Vec<_> = (0..demands.len()).collect();
    order.sort_by_key(|&index| Reverse(rank(&demands[index])));
    order
}

/// Shares the budget: first the lowest layer for each, then rank by rank, and in turns within a rank, one layer up while
/// it fits.
pub(super) fn fill(
    budget: Bitrate,
    demands: &[SlotDemand<'_>],
    ladders: &[Ladder],
    order: &[usize],
) -> Vec<Option<usize>> {
    let mut places = vec![None; ladders.len()];
    let mut left = budget;
    let mut rise = |index: usize, places: &mut [Option<usize>]| -> bool {
        let ladder = &ladders[index];
        let Some(above) = ladder.above(places[index]) else {
            return false;
        };
        let more = ladder
            .cost(Some(above))
            .saturating_sub(ladder.cost(places[index]));
        if more > left {
            return false;
        }
        left = left.saturating_sub(more);
        places[index] = Some(above);
        true
    };
    for &index in order {
        rise(index, &mut places);
    }
    for peers in order.chunk_by(|a, b| rank(&demands[*a]) == rank(&demands[*b])) {
        // Each turn raises somebody or is the last, and ladders are finite.
        let mut raised = true;
        while raised {
            raised = false;
            for &index in peers {
                // One that got no base stays paused: a layer for it comes with the next budget.
                raised |= places[index].is_some() && rise(index, &mut places);
            }
        }
    }
    places
}
