//! One direction of a bad link: loss, delay, jitter, reordering, and a bandwidth with a bounded queue, from one seed.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// What a link does to packets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shape {
    /// Packets lost at random, percent.
    pub(crate) loss_percent: f64,
    /// One way, microseconds.
    pub(crate) delay_us: u64,
    /// Up to so much more, at random, without changing the order.
    pub(crate) jitter_us: u64,
    /// Packets that overtake, percent: they skip the jitter and half of the delay.
    pub(crate) reorder_percent: f64,
    /// Bits a second; none when unlimited.
    pub(crate) bandwidth_bps: Option<u64>,
    /// What may wait for the bandwidth, milliseconds of it.
    pub(crate) queue_ms: u64,
}

impl Shape {
    /// A link that changes nothing.
    pub(crate) const PERFECT: Self = Self {
        loss_percent: 0.0,
        delay_us: 0,
        jitter_us: 0,
        reorder_percent: 0.0,
        bandwidth_bps: None,
        queue_ms: 300,
    };
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It arrives at this time.
    Arrives { at_us: u64, queued_us: u64 },
    /// It is lost at random.
    Lost,
    /// The queue is full.
    Overflow,
}

/// A link in one direction.
#[derive(Debug)]
pub(crate) struct Link {
    shape: Shape,
    random: SmallRng,
    /// Bits waiting at `at_us`.
    backlog_bits: f64,
    at_us: u64,
    /// The last arrival in order.
    last_us: u64,
}

impl Link {
    /// A link of this shape.
    pub(crate) fn new(shape: Shape, seed: u64) -> Self {
        Self {
            shape,
            random: SmallRng::seed_from_u64(seed),
            backlog_bits: 0.0,
            at_us: 0,
            last_us: 0,
        }
    }

    /// Changes the shape from now on; what waits in the queue stays there.
    pub(crate) fn reshape(&mut self, shape: Shape) {
        self.shape = shape;
    }

    /// A packet enters the link.
    pub(crate) fn carry(&mut self, now_us: u64, bytes: usize) -> Fate {
        let shape = self.shape;
        let queued_us = match shape.bandwidth_bps {
            None => 0,
            Some(bps) => {
                let per_us = bps as f64 / 1e6;
                let drained = now_us.saturating_sub(self.at_us) as f64 * per_us;
                self.backlog_bits = (self.backlog_bits - drained).max(0.0);
                self.at_us = now_us;
                let after = self.backlog_bits + bytes as f64 * 8.0;
                if after / per_us > shape.queue_ms as f64 * 1_000.0 {
                    return Fate::Overflow;
                }
                self.backlog_bits = after;
                (after / per_us) as u64
            }
        };
        if self
            .random
            .random_bool((shape.loss_percent / 100.0).clamp(0.0, 1.0))
        {
            return Fate::Lost;
        }
        let through_us = now_us + queued_us;
        if self
            .random
            .random_bool((shape.reorder_percent / 100.0).clamp(0.0, 1.0))
        {
            return Fate::Arrives {
                at_us: through_us + shape.delay_us / 2,
                queued_us,
            };
        }
        let jitter_us = self.random.random_range(0..=shape.jitter_us);
        self.last_us = self.last_us.max(through_us + shape.delay_us + jitter_us);
        Fate::Arrives {
            at_us: self.last_us,
            queued_us,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perfect_link_changes_nothing() {
        let mut link = Link::new(Shape::PERFECT, 1);
        for at_us in [5, 6, 900] {
            assert_eq!(
                link.carry(at_us, 1_200),
                Fate::Arrives {
                    at_us,
                    queued_us: 0
                }
            );
        }
    }

    #[test]
    fn as_much_is_lost_as_was_asked_for() {
        let shape = Shape {
            loss_percent: 30.0,
            ..Shape::PERFECT
        };
        let mut link = Link::new(shape, 7);
        let lost = (0..10_000)
            .filter(|n| link.carry(*n, 100) == Fate::Lost)
            .count();
        assert!((2_800..3_200).contains(&lost), "{lost} of 10,000");
    }

    #[test]
    fn a_full_queue_drops_and_what_passes_is_the_bandwidth() {
        let shape = Shape {
            bandwidth_bps: Some(1_000_000),
            queue_ms: 100,
            ..Shape::PERFECT
        };
        let mut link = Link::new(shape, 1);
        // 2 Mbit/s offered for 10 s.
        let (mut passed, mut waited_us) = (0, 0);
        for n in 0..2_500_u64 {
            if let Fate::Arrives { queued_us, .. } = link.carry(n * 4_000, 1_000) {
                passed += 1;
                waited_us = waited_us.max(queued_us);
            }
        }
        assert!((1_245..=1_265).contains(&passed), "{passed}");
        assert!((90_000..=100_000).contains(&waited_us), "{waited_us}");
    }

    #[test]
    fn jitter_keeps_the_order_and_reordering_does_not() {
        let mut shape = Shape {
            delay_us: 25_000,
            jitter_us: 20_000,
            ..Shape::PERFECT
        };
        let ordered = |shape: Shape| {
            let mut link = Link::new(shape, 3);
            let mut last_us = 0;
            (0..1_000).all(|n| match link.carry(n * 1_000, 100) {
                Fate::Arrives { at_us, .. } => at_us >= std::mem::replace(&mut last_us, at_us),
                Fate::Lost | Fate::Overflow => false,
            })
        };
        assert!(ordered(shape));
        shape.reorder_percent = 5.0;
        assert!(!ordered(shape));
    }
}
