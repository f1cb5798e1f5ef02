//! When to send: an open loop, drawn from a seed before the run and kept to whatever the server does.
//!
//! A closed loop would send less while the server stalls and so hide the stall (coordinated omission). Here the time of
//! each arrival is fixed in advance, and latency counts from it.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// One moment of the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// Microseconds after the start.
    pub(crate) at_us: u64,
    /// Who sends, as a rank among the authors.
    pub(crate) author: usize,
}

/// Poisson arrivals at a rate, in groups of `burst` different authors at the same moment. Endless.
///
/// Every process draws the whole schedule and keeps what its own authors send, so a seed means the same load however
/// many processes share it.
#[derive(Debug)]
pub(crate) struct Schedule {
    random: SmallRng,
    authors: usize,
    burst: usize,
    groups_per_s: f64,
    at_us: f64,
    left_in_group: usize,
    next_author: usize,
}

impl Schedule {
    /// `rate_per_s` counts single arrivals, not groups.
    pub(crate) fn new(seed: u64, rate_per_s: f64, burst: usize, authors: usize) -> Self {
        let burst = burst.clamp(1, authors.max(1));
        Self {
            random: SmallRng::seed_from_u64(seed),
            authors,
            burst,
            groups_per_s: rate_per_s / burst as f64,
            at_us: 0.0,
            left_in_group: 0,
            next_author: 0,
        }
    }
}

impl Iterator for Schedule {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        if self.authors == 0 || self.groups_per_s <= 0.0 {
            return None;
        }
        if self.left_in_group == 0 {
            // Exponential gaps; 1 − u is never 0.
            let u: f64 = self.random.random();
            self.at_us += -(1.0 - u).ln() * 1_000_000.0 / self.groups_per_s;
            self.left_in_group = self.burst;
            self.next_author = self.random.random_range(0..self.authors);
        }
        self.left_in_group -= 1;
        let author = self.next_author;
        self.next_author = (author + 1) % self.authors;
        Some(Arrival {
            at_us: self.at_us as u64,
            author,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_schedule() {
        let take = |seed| {
            Schedule::new(seed, 1_000.0, 1, 50)
                .take(500)
                .collect::<Vec<_>>()
        };
        assert_eq!(take(7), take(7));
        assert_ne!(take(7), take(8));
    }

    #[test]
    fn the_rate_is_kept_on_average_and_times_never_go_back() {
        for burst in [1, 8] {
            let arrivals: Vec<_> = Schedule::new(1, 2_000.0, burst, 100).take(40_000).collect();
            assert!(arrivals.windows(2).all(|w| w[0].at_us <= w[1].at_us));
            let seconds = arrivals.last().expect("taken").at_us as f64 / 1e6;
            assert!((seconds - 20.0).abs() < 1.5, "{seconds} s for 20");
        }
    }

    #[test]
    fn a_burst_is_of_different_authors_at_one_moment() {
        let arrivals: Vec<_> = Schedule::new(3, 100.0, 8, 20).take(80).collect();
        for group in arrivals.chunks(8) {
            let mut authors: Vec<_> = group.iter().map(|a| a.author).collect();
            authors.sort_unstable();
            authors.dedup();
            assert_eq!(authors.len(), 8);
            assert!(group.iter().all(|a| a.at_us == group[0].at_us));
        }
        assert!(arrivals.iter().all(|a| a.author < 20));
    }

    #[test]
    fn nobody_sends_nothing() {
        assert_eq!(Schedule::new(1, 100.0, 1, 0).next(), None);
        assert_eq!(Schedule::new(1, 0.0, 1, 5).next(), None);
    }
}
