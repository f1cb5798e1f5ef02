//! The rate at which packets arrive.

use super::Bitrate;

const FIRST_WINDOW_US: i64 = 500_000;
const WINDOW_US: i64 = 150_000;
/// How little a sample counts the further it is from the estimate; less still while little is sent on purpose.
const UNCERTAINTY: f64 = 10.0;
const UNCERTAINTY_LIMITED: f64 = 20.0;
const VARIANCE_START: f64 = 50.0;
const VARIANCE_STEP: f64 = 5.0;
/// What makes the next samples count at once.
const VARIANCE_CHANGE: f64 = 200.0;

/// The slots of the short window: 15 of 10 ms.
const SLOTS: usize = 15;
const SLOT_US: i64 = 10_000;
/// With fewer packets in the short window its rate says little.
const RECENT_PACKETS_MIN: u32 = 12;

/// Whether the sender has as much to send as the link takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sfu) enum Load {
    /// It sends about what is estimated.
    Full,
    /// It has less to send.
    Limited,
}

/// The Bayesian estimator of libwebrtc's `BitrateEstimator`, and a short plain window beside it.
#[derive(Debug)]
pub(in crate::sfu) struct AckedRate {
    estimate_bps: Option<f64>,
    variance: f64,
    sum_bytes: u64,
    window_us: i64,
    last_us: Option<i64>,
    slots: [(u32, u32); SLOTS],
    slot: i64,
}

impl AckedRate {
    pub(in crate::sfu) const fn new() -> Self {
        Self {
            estimate_bps: None,
            variance: VARIANCE_START,
            sum_bytes: 0,
            window_us: 0,
            last_us: None,
            slots: [(0, 0); SLOTS],
            slot: 0,
        }
    }

    /// Takes a packet by its time of arrival.
    pub(in crate::sfu) fn update(&mut self, arrived_us: i64, bytes: u32, load: Load) {
        self.count_recent(arrived_us, bytes);
        let window_us = if self.estimate_bps.is_none() {
            FIRST_WINDOW_US
        } else {
            WINDOW_US
        };
        let sample = self.sample(arrived_us, bytes, window_us);
        let Some(sample_bps) = sample else {
            return;
        };
        let Some(estimate_bps) = self.estimate_bps else {
            self.estimate_bps = Some(sample_bps);
            return;
        };
        let scale = match load {
            Load::Limited if sample_bps < estimate_bps => UNCERTAINTY_LIMITED,
            Load::Limited | Load::Full => UNCERTAINTY,
        };
        let uncertainty = scale * (estimate_bps - sample_bps).abs() / estimate_bps.max(1.0);
        let sample_variance = (uncertainty * uncertainty).max(f64::MIN_POSITIVE);
        let predicted = self.variance + VARIANCE_STEP;
        let total = sample_variance + predicted;
        self.estimate_bps = Some((sample_variance * estimate_bps + predicted * sample_bps) / total);
        self.variance = sample_variance * predicted / total;
    }

    /// The sender's rate or the link's has just changed.
    pub(in crate::sfu) fn expect_change(&mut self) {
        self.variance += VARIANCE_CHANGE;
    }

    /// The estimate, once half a second has been measured.
    pub(in crate::sfu) fn rate(&self) -> Option<Bitrate> {
        self.estimate_bps.map(Bitrate::from_f64)
    }

    /// The rate over the last moments (70 or 140 ms, whichever is higher), when enough packets came in them. While the
    /// queue grows this is what the link carries; the longer window may have begun before the queue did.
    pub(in crate::sfu) fn recent(&self) -> Option<Bitrate> {
        let span = SLOTS as i64 - 1;
        let short = self.over(span / 2);
        self.over(span)
            .map(|long| short.map_or(long, |it| it.max(long)))
    }

    /// The rate over the last complete slots; the newest is still being filled.
    fn over(&self, slots: i64) -> Option<Bitrate> {
        let complete = (self.slot - slots..self.slot).map(|slot| self.slots[index(slot)]);
        let (packets, bytes) = complete.fold((0_u32, 0_u64), |(packets, bytes), slot| {
            (packets + slot.0, bytes + u64::from(slot.1))
        });
        let span_us = (SLOT_US * slots) as f64;
        (packets >= RECENT_PACKETS_MIN).then(|| Bitrate::from_f64(bytes as f64 * 8e6 / span_us))
    }

    fn sample(&mut self, now_us: i64, bytes: u32, length_us: i64) -> Option<f64> {
        let last_us = self.last_us.replace(now_us);
        match last_us {
            Some(last_us) if now_us >= last_us => {
                let gap_us = now_us - last_us;
                self.window_us += gap_us;
                if gap_us > length_us {
                    self.sum_bytes = 0;
                    self.window_us %= length_us;
                }
            }
            Some(_) => {
                self.sum_bytes = 0;
                self.window_us = 0;
            }
            None => {}
        }
        let mut sample_bps = None;
        if self.window_us >= length_us {
            sample_bps = Some(self.sum_bytes as f64 * 8e6 / length_us as f64);
            self.window_us -= length_us;
            self.sum_bytes = 0;
        }
        self.sum_bytes += u64::from(bytes);
        sample_bps
    }

    fn count_recent(&mut self, arrived_us: i64, bytes: u32) {
        let slot = arrived_us.div_euclid(SLOT_US);
        if slot < self.slot {
            return;
        }
        let passed = (slot - self.slot).min(SLOTS as i64);
        for step in 0..passed {
            self.slots[index(slot - step)] = (0, 0);
        }
        self.slot = slot;
        let current = &mut self.slots[index(slot)];
        current.0 += 1;
        current.1 = current.1.saturating_add(bytes);
    }
}

fn index(slot: i64) -> usize {
    slot.rem_euclid(SLOTS as i64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1,000-byte packets, `per_second` of them, for `seconds`.
    fn feed(acked: &mut AckedRate, from_us: i64, per_second: i64, seconds: f64) -> i64 {
        let step_us = 1_000_000 / per_second;
        let packets = (seconds * per_second as f64) as i64;
        for packet in 0..packets {
            acked.update(from_us + packet * step_us, 1_000, Load::Full);
        }
        from_us + packets * step_us
    }

    #[test]
    fn it_settles_on_the_rate_and_follows_a_change() {
        let mut acked = AckedRate::new();
        assert_eq!(acked.rate(), None);
        let now_us = feed(&mut acked, 0, 500, 2.0);
        let rate = acked.rate().map(Bitrate::as_f64).expect("measured");
        assert!((rate - 4e6).abs() < 0.1e6, "{rate}");
        acked.expect_change();
        feed(&mut acked, now_us, 125, 3.0);
        let rate = acked.rate().map(Bitrate::as_f64).expect("measured");
        assert!((rate - 1e6).abs() < 0.3e6, "{rate}");
        let recent = acked.recent().map(Bitrate::as_f64).expect("measured");
        assert!((recent - 1e6).abs() < 0.15e6, "{recent}");
    }

    #[test]
    fn few_packets_have_no_recent_rate() {
        let mut acked = AckedRate::new();
        feed(&mut acked, 0, 50, 2.0);
        assert_eq!(acked.recent(), None);
        assert!(acked.rate().is_some());
    }
}
