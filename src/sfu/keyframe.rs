//! When a publisher is asked for a keyframe: merged over all that want one, at intervals, until it came.

use super::Encoding;
use std::time::{Duration, Instant};

/// The most encodings of a publication.
pub const ENCODINGS_MAX: usize = 4;
/// The least time between two requests for one encoding: a keyframe costs as much as many pictures.
const INTERVAL_MIN: Duration = Duration::from_millis(300);
/// How often a publisher is asked at that pace; after that it is asked each [`INTERVAL_SLOW`].
const ATTEMPTS_FAST: u8 = 10;
const INTERVAL_SLOW: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy, Default)]
struct Wanted {
    is_wanted: bool,
    asked: Option<Instant>,
    attempts: u8,
}

/// The requests of one publication.
#[derive(Debug, Default)]
pub struct KeyframeRequests {
    encodings: [Wanted; ENCODINGS_MAX],
}

impl KeyframeRequests {
    fn wanted(&mut self, encoding: Encoding) -> Option<&mut Wanted> {
        self.encodings.get_mut(usize::from(encoding.0))
    }

    /// Someone needs a keyframe of an encoding.
    pub fn request(&mut self, encoding: Encoding) {
        if let Some(wanted) = self.wanted(encoding) {
            wanted.is_wanted = true;
        }
    }

    /// A keyframe of an encoding began to arrive.
    pub fn on_keyframe(&mut self, encoding: Encoding) {
        self.cancel(encoding);
    }

    /// Nobody needs one any more, as when the encoding ended.
    pub fn cancel(&mut self, encoding: Encoding) {
        if let Some(wanted) = self.wanted(encoding) {
            wanted.is_wanted = false;
            wanted.attempts = 0;
        }
    }

    /// An encoding whose publisher is to be sent a PLI now; call it until `None`. `rtt` is that to the publisher.
    pub fn due(&mut self, now: Instant, rtt: Duration) -> Option<Encoding> {
        let is_due = |wanted: &Wanted| {
            let interval = if wanted.attempts < ATTEMPTS_FAST {
                // An answer cannot be here before the round trip.
                INTERVAL_MIN.max(rtt + rtt / 2).min(INTERVAL_SLOW)
            } else {
                INTERVAL_SLOW
            };
            let waited = |asked| now.saturating_duration_since(asked) >= interval;
            wanted.is_wanted && wanted.asked.is_none_or(waited)
        };
        let due = self.encodings.iter().position(is_due)?;
        let wanted = &mut self.encodings[due];
        wanted.asked = Some(now);
        wanted.attempts = wanted.attempts.saturating_add(1);
        u8::try_from(due).ok().map(Encoding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(50);

    fn asks(requests: &mut KeyframeRequests, now: Instant) -> Vec<u8> {
        std::iter::from_fn(|| requests.due(now, RTT))
            .map(|encoding| encoding.0)
            .collect()
    }

    #[test]
    fn requests_merge_and_are_repeated_until_the_keyframe_comes() {
        let (mut requests, start) = (KeyframeRequests::default(), Instant::now());
        let after = |ms| start + Duration::from_millis(ms);
        assert!(asks(&mut requests, start).is_empty(), "nobody wants one");
        requests.request(Encoding(0));
        requests.request(Encoding(2));
        requests.request(Encoding(2));
        assert_eq!(asks(&mut requests, start), [0, 2]);
        requests.request(Encoding(2));
        assert!(asks(&mut requests, after(299)).is_empty(), "too soon");
        requests.on_keyframe(Encoding(0));
        assert_eq!(asks(&mut requests, after(300)), [2], "it did not come");
        requests.on_keyframe(Encoding(2));
        assert!(asks(&mut requests, after(900)).is_empty());
        requests.request(Encoding(0));
        assert_eq!(asks(&mut requests, after(900)), [0]);
    }

    #[test]
    fn a_publisher_far_away_is_asked_less_often() {
        let (mut requests, start) = (KeyframeRequests::default(), Instant::now());
        let far = Duration::from_millis(400);
        requests.request(Encoding(1));
        assert_eq!(requests.due(start, far), Some(Encoding(1)));
        assert_eq!(requests.due(start + Duration::from_millis(599), far), None);
        let later = start + Duration::from_millis(600);
        assert_eq!(requests.due(later, far), Some(Encoding(1)));
    }

    #[test]
    fn a_publisher_that_never_answers_is_asked_slowly_and_a_foreign_encoding_never() {
        let (mut requests, start) = (KeyframeRequests::default(), Instant::now());
        requests.request(Encoding(200));
        requests.request(Encoding(0));
        let asked = (0..60_000)
            .filter(|ms| {
                requests
                    .due(start + Duration::from_millis(*ms), RTT)
                    .is_some()
            })
            .count();
        assert_eq!(asked, 10 + 57, "ten times in 2.7 s, then once a second");
    }
}
