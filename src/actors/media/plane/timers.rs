//! When transports want to be woken: a heap in which a peer stands once for each time it asked to be woken earlier.

use super::seats::PeerKey;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// The timers of one shard. A peer is woken no later than it asked, and sometimes for nothing.
#[derive(Debug, Default)]
pub(super) struct Timers(BinaryHeap<Reverse<Due>>);

#[derive(Debug, PartialEq, Eq)]
struct Due {
    at: Instant,
    peer: PeerKey,
}

impl Timers {
    /// Wakes `peer` at `at`. `armed` is the time it is to be woken at already: the caller keeps it beside the peer, and
    /// clears it when the peer is woken at or after it. Entries of a peer grow only while its deadlines come closer, so
    /// they are few.
    pub(super) fn arm(&mut self, peer: PeerKey, at: Instant, armed: &mut Option<Instant>) {
        if armed.is_some_and(|armed| armed <= at) {
            return;
        }
        *armed = Some(at);
        self.0.push(Reverse(Due { at, peer }));
    }

    /// The next peer that is due.
    pub(super) fn due(&mut self, now: Instant) -> Option<PeerKey> {
        let Reverse(next) = self.0.peek()?;
        if next.at > now {
            return None;
        }
        self.0.pop().map(|Reverse(due)| due.peer)
    }

    /// When the next one is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse(due)| due.at)
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::super::seats::Seats;
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_later_deadline_waits_for_the_earlier_one() {
        let mut seats = Seats::new();
        let (one, two) = (seats.insert(|_| ()), seats.insert(|_| ()));
        let (mut timers, now) = (Timers::default(), Instant::now());
        let at = |ms| now + Duration::from_millis(ms);
        let (mut armed_one, mut armed_two) = (None, None);
        timers.arm(one, at(20), &mut armed_one);
        timers.arm(two, at(10), &mut armed_two);
        timers.arm(one, at(30), &mut armed_one);
        timers.arm(one, at(5), &mut armed_one);
        assert_eq!(timers.next(), Some(at(5)));
        assert_eq!(timers.due(at(4)), None);
        assert_eq!(timers.due(at(10)), Some(one));
        assert_eq!(timers.due(at(10)), Some(two));
        assert_eq!(timers.due(at(10)), None);
        assert_eq!(timers.due(at(20)), Some(one));
        assert_eq!(timers.due(at(60)), None);
    }
}
