//! How much one peer may ask of its shard. What is beyond is dropped unread; whoever keeps to it never notices.
//!
//! Shedding gives up classes of everybody's media when the thread cannot keep up. This is what keeps one peer from
//! bringing it there.

use std::time::Instant;

/// So much per second, and so much at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    per_s: u32,
    burst: u32,
}

/// Bytes of sound with headers. It is neither paced nor shed, so nothing else bounds what it takes of a subscriber's link:
/// a microphone at its best and a screen's stereo sound, both with redundancy, in packets of 10 ms.
const SOUND: Rate = Rate {
    per_s: 200_000,
    burst: 200_000,
};
/// Other packets of media: 300 Mbit/s.
const MEDIA: Rate = Rate {
    per_s: 30_000,
    burst: 10_000,
};
/// What RTCP costs, see [`Rtcp::cost`](crate::rtc::rtcp::Rtcp::cost): a client that shows dozens of slots and loses much
/// takes a tenth.
const FEEDBACK: Rate = Rate {
    per_s: 10_000,
    burst: 20_000,
};
/// DTLS datagrams: data channels at 24 Mbit/s.
const TRANSPORT: Rate = Rate {
    per_s: 3_000,
    burst: 1_500,
};
/// What messages of data channels cost, which go to everybody in the call: one and one per KiB.
const MESSAGES: Rate = Rate {
    per_s: 500,
    burst: 500,
};
/// Keyframes that a client asks for in one slot. All that watch the publication pay for each.
const KEYFRAMES: Rate = Rate { per_s: 1, burst: 5 };

/// Header, extensions and tag of a packet of sound, about.
const SOUND_HEADER_BYTES: usize = 100;

/// What is left of a rate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    rate: Rate,
    left: f64,
    at: Instant,
}

impl Allowance {
    const fn new(rate: Rate, now: Instant) -> Self {
        Self {
            rate,
            left: rate.burst as f64,
            at: now,
        }
    }

    /// For what a client asks of one slot.
    pub(super) const fn keyframes(now: Instant) -> Self {
        Self::new(KEYFRAMES, now)
    }

    /// Takes what something costs. False: nothing is left. What costs more than is left is taken, and paid off before
    /// the next.
    pub(super) fn take(&mut self, now: Instant, cost: usize) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        let earned = passed * f64::from(self.rate.per_s);
        self.left = (self.left + earned).min(f64::from(self.rate.burst));
        let is_left = self.left >= 1.0;
        if is_left {
            self.left -= cost as f64;
        }
        is_left
    }
}

/// What one peer may send.
#[derive(Debug)]
pub(super) struct Rations {
    sound: Allowance,
    media: Allowance,
    feedback: Allowance,
    transport: Allowance,
    messages: Allowance,
}

impl Rations {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            sound: Allowance::new(SOUND, now),
            media: Allowance::new(MEDIA, now),
            feedback: Allowance::new(FEEDBACK, now),
            transport: Allowance::new(TRANSPORT, now),
            messages: Allowance::new(MESSAGES, now),
        }
    }

    /// A packet of a stream of sound, of so many bytes.
    pub(super) fn sound(&mut self, now: Instant, bytes: usize) -> bool {
        self.sound.take(now, SOUND_HEADER_BYTES + bytes)
    }

    /// A packet of any other stream.
    pub(super) fn media(&mut self, now: Instant) -> bool {
        self.media.take(now, 1)
    }

    /// RTCP that costs so much.
    pub(super) fn feedback(&mut self, now: Instant, cost: usize) -> bool {
        self.feedback.take(now, cost)
    }

    /// A DTLS datagram.
    pub(super) fn transport(&mut self, now: Instant) -> bool {
        self.transport.take(now, 1)
    }

    /// A message of so many bytes.
    pub(super) fn message(&mut self, now: Instant, bytes: usize) -> bool {
        self.messages.take(now, 1 + bytes / 1_024)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_is_given_and_then_the_rate() {
        let now = Instant::now();
        let mut keyframes = Allowance::keyframes(now);
        let given = |allowance: &mut Allowance, at: Instant| {
            (0..100).filter(|_| allowance.take(at, 1)).count()
        };
        assert_eq!(given(&mut keyframes, now), 5);
        assert_eq!(given(&mut keyframes, now + Duration::from_millis(900)), 0);
        assert_eq!(given(&mut keyframes, now + Duration::from_millis(2_000)), 2);
        assert_eq!(given(&mut keyframes, now + Duration::from_secs(60)), 5);
        assert_eq!(given(&mut keyframes, now), 0, "time does not go back");
    }

    #[test]
    fn what_costs_too_much_is_paid_off() {
        let now = Instant::now();
        let mut rations = Rations::new(now);
        assert!(rations.feedback(now, 25_000));
        assert!(!rations.feedback(now + Duration::from_millis(499), 1));
        assert!(rations.feedback(now + Duration::from_millis(501), 1));
    }

    #[test]
    fn sound_at_its_best_is_never_too_much() {
        let start = Instant::now();
        let mut rations = Rations::new(start);
        // Stereo at 510 kbit/s repeated once, and speech, in packets of 20 ms and of 10.
        for step in 0..6_000 {
            let now = start + Duration::from_millis(10 * step);
            assert!(rations.sound(now, 160));
            assert!(step % 2 > 0 || rations.sound(now, 2 * 1_275));
        }
    }
}
