//! When to probe and at what rate: libwebrtc's `ProbeController`, for a sender of layers.

use super::{
    Bitrate,
    probe::{Probe, ProbeId, ProbeResult},
    trendline::Usage,
};

/// The first two probes, as multiples of the first estimate.
const FIRST: [f64; 2] = [3.0, 6.0];
/// Every later one, as a multiple of the estimate or of the probe that succeeded.
const FURTHER: f64 = 2.0;
/// A probe that found this part of its rate is followed by a higher one.
const SUCCESS: f64 = 0.7;
/// So does one that found the link full at almost its rate: it left a little faster than it was to.
const REACHED: f64 = 0.9;
/// What is wanted is probed with so much on top: the allocator asks for a margin.
const WANTED_MARGIN: f64 = 1.3;
/// With the estimate this far above what is wanted nothing is left to find.
const ENOUGH: f64 = 1.15;
/// A probe must be so much above the estimate to be worth it.
const WORTH: f64 = 1.1;
/// A demand that grows so much is probed at once.
const DEMAND_JUMP: f64 = 1.2;

const INTERVAL_US: i64 = 4_000_000;
const AFTER_DROP_US: i64 = 800_000;
const AFTER_PROBE_US: i64 = 300_000;
const ANSWER_US_MAX: i64 = 1_000_000;
/// No probe while the queue is this long.
const QUEUE_US_MAX: i64 = 30_000;
const LOSS_MAX: f64 = 0.25;
/// A rise by a probe that overuse follows within this time was none.
const TRUST_US: i64 = 5_000_000;
/// Overuse that leaves less than this part takes the rise back.
const COLLAPSE: f64 = 0.75;
/// Doublings of the interval for rises that were none.
const DISTRUST_MAX: u32 = 4;
/// Probes in a row without any answer after which only the interval's are sent.
const UNANSWERED_MAX: u32 = 3;

/// What the prober must know of the link.
#[derive(Debug, Clone, Copy)]
pub(super) struct LinkView {
    pub(super) estimate: Bitrate,
    pub(super) wanted: Bitrate,
    pub(super) usage: Usage,
    pub(super) queue_us: i64,
    pub(super) loss: f64,
    pub(super) rtt_us: i64,
    pub(super) reduced_us: Option<i64>,
}

/// Decides on the probes of one link.
#[derive(Debug)]
pub(super) struct Prober {
    next: u32,
    start: Bitrate,
    firsts: usize,
    further: Option<Bitrate>,
    waiting: Option<(Probe, i64)>,
    unanswered: u32,
    probed_us: Option<i64>,
    /// What was wanted when the last probe was sent.
    wanted_then: Bitrate,
    risen_us: Option<i64>,
    distrust: u32,
}

impl Prober {
    pub(super) const fn new(start: Bitrate) -> Self {
        Self {
            next: 1,
            start,
            firsts: 0,
            further: None,
            waiting: None,
            unanswered: 0,
            probed_us: None,
            wanted_then: Bitrate::ZERO,
            risen_us: None,
            distrust: 0,
        }
    }

    /// All over again; the numbers go on.
    pub(super) fn restart(&mut self) {
        let next = self.next;
        *self = Self::new(self.start);
        self.next = next;
    }

    /// A probe to send now.
    pub(super) fn due(&mut self, now_us: i64, link: &LinkView) -> Option<Probe> {
        self.trust(now_us);
        if let Some((probe, until_us)) = self.waiting {
            if now_us < until_us {
                return None;
            }
            self.waiting = None;
            self.unanswered += 1;
            self.further = (self.unanswered < UNANSWERED_MAX).then_some(probe.rate);
        }
        let quiet = link.usage != Usage::Over
            && link.queue_us < QUEUE_US_MAX
            && link.loss < LOSS_MAX
            && link
                .reduced_us
                .is_none_or(|at_us| now_us - at_us >= AFTER_DROP_US);
        if !quiet || link.estimate >= link.wanted.scaled(ENOUGH) {
            return None;
        }
        let rate = self
            .rate(now_us, link)?
            .min(link.wanted.scaled(WANTED_MARGIN));
        if rate < link.estimate.scaled(WORTH) {
            return None;
        }
        let probe = Probe::new(ProbeId(self.next), rate);
        self.next = self.next.wrapping_add(1).max(1);
        let sending_us = rate.time_for(probe.bytes_min).as_micros() as i64;
        let answer_us = sending_us + 2 * link.rtt_us + ANSWER_US_MAX;
        self.waiting = Some((probe, now_us + answer_us));
        self.probed_us = Some(now_us);
        self.wanted_then = link.wanted;
        Some(probe)
    }

    /// A probe's result, and the estimate before and after it.
    pub(super) fn on_result(
        &mut self,
        now_us: i64,
        result: &ProbeResult,
        before: Bitrate,
        after: Bitrate,
    ) {
        self.unanswered = 0;
        if let Some((probe, _)) = self.waiting
            && probe.id == result.id
        {
            self.waiting = None;
            let part = if result.full { REACHED } else { SUCCESS };
            let success = result.rate >= probe.rate.scaled(part);
            self.further = success.then(|| result.rate.scaled(FURTHER));
        }
        if after > before.scaled(WORTH) {
            self.risen_us = Some(now_us);
        }
    }

    /// The estimate went down for overuse.
    pub(super) fn on_overuse(&mut self, now_us: i64, before: Bitrate, after: Bitrate) {
        self.further = None;
        self.firsts = FIRST.len();
        self.trust(now_us);
        if after < before.scaled(COLLAPSE) && self.risen_us.take().is_some() {
            self.distrust = (self.distrust + 1).min(DISTRUST_MAX);
        }
    }

    /// A rise that lasted was true.
    fn trust(&mut self, now_us: i64) {
        if self
            .risen_us
            .is_some_and(|at_us| now_us - at_us >= TRUST_US)
        {
            self.risen_us = None;
            self.distrust = 0;
        }
    }

    fn rate(&mut self, now_us: i64, link: &LinkView) -> Option<Bitrate> {
        if self.firsts < FIRST.len() && self.unanswered < UNANSWERED_MAX {
            let rate = self.start.scaled(FIRST[self.firsts]);
            self.firsts += 1;
            return Some(rate);
        }
        if let Some(rate) = self.further.take() {
            return Some(rate);
        }
        let since_us = now_us - self.probed_us.unwrap_or(i64::MIN / 2);
        let dropped_since = link.reduced_us > self.probed_us;
        let interval_us = INTERVAL_US << self.distrust;
        let jumped = link.wanted > self.wanted_then.scaled(DEMAND_JUMP);
        let due = since_us >= interval_us
            || (dropped_since && self.distrust == 0)
            || (jumped && since_us >= AFTER_PROBE_US);
        due.then(|| link.estimate.scaled(FURTHER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Bitrate = Bitrate::from_kbps(300);

    fn link(estimate_kbps: u64, wanted_kbps: u64) -> LinkView {
        LinkView {
            estimate: Bitrate::from_kbps(estimate_kbps),
            wanted: Bitrate::from_kbps(wanted_kbps),
            usage: Usage::Normal,
            queue_us: 0,
            loss: 0.0,
            rtt_us: 50_000,
            reduced_us: None,
        }
    }

    fn answer(prober: &mut Prober, now_us: i64, probe: Probe, rate: Bitrate, full: bool) {
        let result = ProbeResult {
            id: probe.id,
            rate,
            full,
        };
        prober.on_result(now_us, &result, START, rate);
    }

    #[test]
    fn it_begins_at_three_and_six_times_and_goes_on_while_it_succeeds() {
        let mut prober = Prober::new(START);
        let first = prober.due(0, &link(300, 10_000)).expect("first");
        assert_eq!(first.rate, Bitrate::from_kbps(900));
        assert_eq!(prober.due(1_000, &link(300, 10_000)), None, "one at a time");
        answer(&mut prober, 100_000, first, first.rate, false);
        let second = prober.due(100_000, &link(900, 10_000)).expect("second");
        assert_eq!(second.rate, Bitrate::from_kbps(1_800));
        answer(&mut prober, 200_000, second, second.rate, false);
        let third = prober.due(200_000, &link(1_800, 10_000)).expect("third");
        assert_eq!(third.rate, Bitrate::from_kbps(3_600));
        answer(&mut prober, 300_000, third, Bitrate::from_kbps(2_000), true);
        assert_eq!(prober.due(300_000, &link(2_000, 10_000)), None);
        assert!(
            prober
                .due(200_000 + INTERVAL_US, &link(2_000, 10_000))
                .is_some()
        );
    }

    #[test]
    fn nothing_is_probed_that_nobody_wants_or_while_the_queue_is_long() {
        let mut prober = Prober::new(START);
        assert_eq!(prober.due(0, &link(300, 200)), None);
        let queued = LinkView {
            queue_us: 100_000,
            ..link(300, 3_000)
        };
        assert_eq!(prober.due(0, &queued), None);
        let over = LinkView {
            usage: Usage::Over,
            ..link(300, 3_000)
        };
        assert_eq!(prober.due(0, &over), None);
        let capped = prober.due(0, &link(300, 400)).expect("wanted");
        assert_eq!(capped.rate, Bitrate::from_kbps(520));
    }

    #[test]
    fn a_drop_is_probed_soon_and_a_false_rise_makes_it_wary() {
        let mut prober = Prober::new(START);
        let probe = prober.due(0, &link(300, 3_000)).expect("first");
        answer(&mut prober, 100_000, probe, Bitrate::from_kbps(800), false);
        prober.on_overuse(2_000_000, Bitrate::from_kbps(800), Bitrate::from_kbps(400));
        let dropped = LinkView {
            reduced_us: Some(2_000_000),
            ..link(400, 3_000)
        };
        assert_eq!(prober.due(2_900_000, &dropped), None, "the rise was none");
        assert_eq!(prober.due(INTERVAL_US, &dropped), None);
        assert!(prober.due(2 * INTERVAL_US, &dropped).is_some());

        let mut prober = Prober::new(START);
        prober.due(0, &link(300, 3_000)).expect("first");
        prober.on_overuse(2_000_000, Bitrate::from_kbps(800), Bitrate::from_kbps(400));
        assert_eq!(prober.due(2_500_000, &dropped), None, "too soon");
        assert!(prober.due(2_900_000, &dropped).is_some());
    }

    #[test]
    fn a_demand_that_grows_is_probed_at_once() {
        let mut prober = Prober::new(START);
        prober.firsts = FIRST.len();
        let probe = prober.due(10_000_000, &link(300, 310)).expect("first");
        answer(
            &mut prober,
            10_100_000,
            probe,
            Bitrate::from_kbps(360),
            true,
        );
        assert_eq!(prober.due(10_500_000, &link(360, 340)), None);
        assert!(prober.due(10_500_000, &link(360, 2_000)).is_some());
    }

    #[test]
    fn probes_without_answer_do_not_pile_up() {
        let mut prober = Prober::new(START);
        let sent = (0..60_000)
            .filter(|step| prober.due(step * 1_000, &link(300, 3_000)).is_some())
            .count();
        assert!((10..=18).contains(&sent), "{sent} in a minute");
    }
}
