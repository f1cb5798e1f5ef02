//! Which peers have something to send, lane by lane, and whom pacing holds back.

use super::seats::PeerKey;
use crate::sfu::lanes::EgressLane;
use std::collections::VecDeque;

/// The queues of a shard's egress: one lane over all subscribers before the next. A peer stands at most once in each,
/// so they hold no more than there are peers.
#[derive(Debug, Default)]
pub(super) struct Ready {
    lanes: [VecDeque<PeerKey>; EgressLane::ALL.len()],
    held: Vec<PeerKey>,
}

/// In which queues one peer stands: kept beside the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Standing {
    lanes: u8,
    held: bool,
}

impl Ready {
    /// The peer has something in a lane. True when nobody had anything before: the driver may sleep.
    pub(super) fn add(&mut self, peer: PeerKey, lane: EgressLane, standing: &mut Standing) -> bool {
        let bit = 1 << lane as u8;
        if standing.lanes & bit != 0 {
            return false;
        }
        let was_empty = self.is_empty();
        standing.lanes |= bit;
        self.lanes[lane as usize].push_back(peer);
        was_empty
    }

    /// Whose turn it is, and in which lane.
    pub(super) fn first(&self) -> Option<(EgressLane, PeerKey)> {
        let lanes = EgressLane::ALL.into_iter().zip(&self.lanes);
        lanes
            .filter_map(|(lane, peers)| Some((lane, *peers.front()?)))
            .next()
    }

    /// The first peer of a lane has nothing more in it, or is gone.
    pub(super) fn done(&mut self, lane: EgressLane, standing: Option<&mut Standing>) {
        self.lanes[lane as usize].pop_front();
        if let Some(standing) = standing {
            standing.lanes &= !(1 << lane as u8);
        }
    }

    /// The first peer of a lane may not send that lane yet.
    pub(super) fn hold(&mut self, lane: EgressLane, standing: &mut Standing) {
        let Some(peer) = self.lanes[lane as usize].pop_front() else {
            return;
        };
        standing.lanes &= !(1 << lane as u8);
        if !standing.held {
            standing.held = true;
            self.held.push(peer);
        }
    }

    /// Everybody who was held back, to be looked at again.
    pub(super) fn take_held(&mut self) -> Vec<PeerKey> {
        std::mem::take(&mut self.held)
    }

    /// One of those who were held back is looked at.
    pub(super) fn release(standing: &mut Standing) {
        standing.held = false;
    }

    /// It is to be looked at again soon.
    pub(super) fn keep_held(&mut self, peer: PeerKey, standing: &mut Standing) {
        if !standing.held {
            standing.held = true;
            self.held.push(peer);
        }
    }

    pub(super) fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lanes.iter().all(VecDeque::is_empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EgressLane::*;

    #[test]
    fn one_lane_of_everybody_comes_before_the_next() {
        let [one, two] = PeerKey::samples();
        let mut ready = Ready::default();
        let (mut of_one, mut of_two) = (Standing::default(), Standing::default());
        assert!(ready.add(one, Base, &mut of_one));
        assert!(!ready.add(one, Base, &mut of_one));
        assert!(!ready.add(two, Audio, &mut of_two));
        assert!(!ready.add(one, Audio, &mut of_one));
        for expected in [(Audio, two), (Audio, one), (Base, one)] {
            assert_eq!(ready.first(), Some(expected));
            let standing = if expected.1 == one {
                &mut of_one
            } else {
                &mut of_two
            };
            ready.done(expected.0, Some(standing));
        }
        assert!(ready.is_empty());
        assert_eq!(of_one, Standing::default());
    }

    #[test]
    fn who_is_held_back_does_not_stand_in_the_way() {
        let [one, two] = PeerKey::samples();
        let mut ready = Ready::default();
        let (mut of_one, mut of_two) = (Standing::default(), Standing::default());
        ready.add(one, Base, &mut of_one);
        ready.add(one, Enhancement, &mut of_one);
        ready.add(two, Base, &mut of_two);
        ready.hold(Base, &mut of_one);
        assert_eq!(ready.first(), Some((Base, two)));
        ready.done(Base, Some(&mut of_two));
        ready.hold(Enhancement, &mut of_one);
        assert!(ready.is_holding());
        assert_eq!(ready.take_held(), [one]);
        Ready::release(&mut of_one);
        assert_eq!(of_one, Standing::default());
    }
}
