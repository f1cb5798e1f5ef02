//! How long packets wait in the link's queue.

/// The least delay is looked for over this long, twice: clocks drift apart and routes change.
const WINDOW_US: i64 = 15_000_000;
/// How much the newest feedback counts.
const WEIGHT: f64 = 0.5;

/// The delay above the least of late. Sender's and receiver's clocks need not agree, only run at the same speed.
#[derive(Debug, Default)]
pub(in crate::sfu) struct QueueDelay {
    window_from_us: i64,
    least_us: Option<i64>,
    least_before_us: Option<i64>,
    delay_us: f64,
    latest_us: i64,
}

impl QueueDelay {
    /// Takes what one feedback reported: pairs of sent and arrived.
    pub(in crate::sfu) fn update(
        &mut self,
        now_us: i64,
        packets: impl Iterator<Item = (i64, i64)>,
    ) {
        if now_us - self.window_from_us >= WINDOW_US {
            self.window_from_us = now_us;
            self.least_before_us = self.least_us.take();
        }
        let (mut sum_us, mut count) = (0, 0);
        for (sent_us, arrived_us) in packets {
            let transit_us = arrived_us - sent_us;
            self.least_us = Some(self.least_us.map_or(transit_us, |it| it.min(transit_us)));
            sum_us += transit_us;
            count += 1;
        }
        let least_us = match (self.least_us, self.least_before_us) {
            (Some(now), Some(before)) => now.min(before),
            (Some(least), None) | (None, Some(least)) => least,
            (None, None) => return,
        };
        if count > 0 {
            self.latest_us = sum_us / count - least_us;
            self.delay_us += WEIGHT * (self.latest_us as f64 - self.delay_us);
        }
    }

    /// Smoothed.
    pub(in crate::sfu) const fn delay_us(&self) -> i64 {
        self.delay_us as i64
    }

    /// The mean of the last feedback alone.
    pub(in crate::sfu) const fn latest_us(&self) -> i64 {
        self.latest_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_delay_is_the_path_and_the_rest_the_queue() {
        let mut queue = QueueDelay::default();
        for step in 0..10_i64 {
            queue.update(step * 50_000, [(0, 1_000_000)].into_iter());
        }
        assert_eq!(queue.delay_us(), 0);
        for step in 10..30_i64 {
            queue.update(step * 50_000, [(0, 1_080_000), (0, 1_120_000)].into_iter());
        }
        assert!(
            (99_000..=100_000).contains(&queue.delay_us()),
            "{}",
            queue.delay_us()
        );
    }

    #[test]
    fn a_longer_route_is_no_queue_for_ever() {
        let mut queue = QueueDelay::default();
        queue.update(0, [(0, 0)].into_iter());
        for step in 1..800_i64 {
            queue.update(step * 50_000, [(0, 70_000)].into_iter());
        }
        assert_eq!(queue.delay_us(), 0);
    }
}
