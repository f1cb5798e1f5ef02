//! The last flight of a handshake and when to send it again (RFC 6347 §4.2.4).
//!
//! The library loses its own timer whenever part of a flight arrives, and then waits for ever: at 30 % loss a third of
//! the handshakes failed. So its timer is put off for good and flights are repeated here, record for record: a peer that
//! has some of the records drops them as replayed and takes the others.

use std::time::{Duration, Instant};

/// The first repetition comes this long after a flight. On a private network round trips are short.
pub(super) const RESEND_FIRST: Duration = Duration::from_millis(50);

/// Repetitions are this far apart at most; until then the distance doubles.
pub(super) const RESEND_MAX: Duration = Duration::from_millis(800);

/// How often the very last flight is repeated, which nobody answers.
const FINAL_REPEATS: u8 = 3;

/// How often it is repeated beyond that, to a peer that shows by repeating its own flight that it has not got it.
const FINAL_ANSWERS_MAX: u8 = 32;

/// The last flight.
#[derive(Debug, Default)]
pub(super) struct Flight {
    datagrams: Vec<Vec<u8>>,
    again: Option<Again>,
    /// Only for the final flight.
    answers_left: u8,
    answered: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Again {
    at: Instant,
    wait: Duration,
    /// `None`: until it is answered.
    left: Option<u8>,
}

impl Flight {
    /// A new flight was sent that the peer will answer.
    pub(super) fn sent(&mut self, now: Instant, datagrams: Vec<Vec<u8>>) {
        self.begin(now, datagrams, None);
    }

    /// The flight was sent that ends the handshake.
    pub(super) fn sent_last(&mut self, now: Instant, datagrams: Vec<Vec<u8>>) {
        self.begin(now, datagrams, Some(FINAL_REPEATS));
        self.answers_left = FINAL_ANSWERS_MAX;
    }

    /// The peer repeats itself although the handshake is complete: the final flight again, but not for each datagram of
    /// the peer's. The library would answer too, were the records not the same that it has seen.
    pub(super) fn answer(&mut self, now: Instant) -> Option<Vec<Vec<u8>>> {
        let is_early = self
            .answered
            .is_some_and(|answered| now < answered + RESEND_FIRST);
        if is_early || self.answers_left == 0 {
            return None;
        }
        self.answers_left -= 1;
        self.answered = Some(now);
        Some(self.datagrams.clone())
    }

    /// Nothing is to be repeated any more.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// When [`Self::due`] will have something.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.again.map(|again| again.at)
    }

    /// The datagrams to repeat now, if it is time.
    pub(super) fn due(&mut self, now: Instant) -> Option<Vec<Vec<u8>>> {
        let again = self.again.filter(|again| again.at <= now)?;
        let wait = (again.wait * 2).min(RESEND_MAX);
        let left = again.left.map(|left| left - 1);
        self.again = (left != Some(0)).then_some(Again {
            at: now + wait,
            wait,
            left,
        });
        Some(self.datagrams.clone())
    }

    fn begin(&mut self, now: Instant, datagrams: Vec<Vec<u8>>, left: Option<u8>) {
        let again = Again {
            at: now + RESEND_FIRST,
            wait: RESEND_FIRST,
            left,
        };
        *self = Self {
            datagrams,
            again: Some(again),
            ..Self::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeats(flight: &mut Flight, begin: Instant, until: Duration) -> Vec<u128> {
        let mut found = Vec::new();
        while let Some(at) = flight.next_at().filter(|at| *at <= begin + until) {
            assert!(flight.due(at - Duration::from_millis(1)).is_none());
            assert_eq!(flight.due(at), Some(vec![vec![1]]));
            found.push((at - begin).as_millis());
        }
        found
    }

    #[test]
    fn the_distance_doubles_up_to_its_maximum() {
        let begin = Instant::now();
        let mut flight = Flight::default();
        flight.sent(begin, vec![vec![1]]);
        let times = repeats(&mut flight, begin, Duration::from_secs(4));
        assert_eq!(times, [50, 150, 350, 750, 1550, 2350, 3150, 3950]);
        flight.forget();
        assert_eq!(flight.next_at(), None);
    }

    #[test]
    fn the_last_flight_is_repeated_a_few_times() {
        let begin = Instant::now();
        let mut flight = Flight::default();
        flight.sent_last(begin, vec![vec![1]]);
        let times = repeats(&mut flight, begin, Duration::from_secs(60));
        assert_eq!(times, [50, 150, 350]);
    }

    #[test]
    fn the_last_flight_answers_repetitions_within_bounds() {
        let begin = Instant::now();
        let mut flight = Flight::default();
        flight.sent(begin, vec![vec![1]]);
        assert_eq!(flight.answer(begin), None, "the peer's turn");
        flight.sent_last(begin, vec![vec![1]]);
        let answers = (0..1000)
            .filter(|ms| flight.answer(begin + Duration::from_millis(*ms)).is_some())
            .count();
        assert_eq!(answers, 20);
        let answers = (1..1000)
            .filter(|s| flight.answer(begin + Duration::from_secs(*s)).is_some())
            .count();
        assert_eq!(answers, usize::from(FINAL_ANSWERS_MAX) - 20);
    }
}
