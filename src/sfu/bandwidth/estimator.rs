//! The parts put together.

use super::{
    Bitrate, Probe, ProbeId,
    acked::AckedRate,
    groups::PacketGroups,
    load::SentRate,
    loss::{LossControl, LossCounts},
    probe::ProbeMeter,
    prober::{LinkView, Prober},
    queue::QueueDelay,
    rate_control::RateControl,
    sent::{Reported, SentHistory},
    trendline::{Trendline, Usage},
};
use crate::{rtc::twcc::Feedback, sfu::pacer::Pacing};
use std::time::{Duration, Instant};

/// The pacer's rates as multiples of the estimate.
const PACING: f64 = 1.5;
const PACING_MAX: f64 = 2.0;
/// A trend upwards counts once the queue is this long: a keyframe alone makes a trend, and what is sent comes in frames.
const OVERUSE_QUEUE_US: i64 = 40_000;
/// The link's queue is drained when it is longer than this, shortly after the estimate went down.
const DRAIN_ABOVE_US: i64 = 25_000;
const DRAIN_US_MAX: i64 = 3_000_000;
/// How long draining takes, and the least that is sent meanwhile.
const DRAIN_WITHIN_US: f64 = 700_000.0;
const DRAIN_LEAST: f64 = 0.4;
/// Losses within this time and a round trip after overuse belong to it.
const LOSS_AFTER_US: i64 = 500_000;
const RTT_START_US: i64 = 100_000;
const RTT_WEIGHT: f64 = 0.125;
/// Feedback that stays away this long, or so many round trips, while packets leave.
const SILENCE_US: i64 = 1_500_000;
const SILENCE_ROUND_TRIPS: i64 = 4;
/// Per half second of silence.
const SILENCE_FACTOR: f64 = 0.8;
const SILENCE_STEP_US: f64 = 500_000.0;
const SILENCE_LEAST: f64 = 0.1;
/// A REMB above this part of what was sent says no more than that it all came: receivers cap theirs near what they get.
/// One below is followed, though not below the start: of a trickle they know little, and loss lowers it in any case.
const REMB_KNOWS: f64 = 0.9;
/// A REMB older than this no longer holds.
const REMB_US_MAX: i64 = 10_000_000;
const REPORT_US_MAX: i64 = 10_000_000;
/// Growth per second on receiver reports alone, as far as what is sent supports it.
const REPORT_GROWTH_PER_S: f64 = 1.08;
const REPORT_LOSS_LOW: f64 = 0.02;

/// Where an estimate begins and between what it stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EstimatorLimits {
    /// The first estimate.
    pub start: Bitrate,
    /// Never less.
    pub min: Bitrate,
    /// Never more.
    pub max: Bitrate,
}

impl Default for EstimatorLimits {
    fn default() -> Self {
        Self {
            start: Bitrate::from_kbps(300),
            min: Bitrate::from_kbps(30),
            max: Bitrate::from_kbps(100_000),
        }
    }
}

/// What the estimate stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basis {
    /// Nothing but receiver reports so far.
    Reports,
    /// The client's REMB, which came at this time.
    Remb { at_us: i64 },
    /// Transport-wide feedback.
    Transport,
}

/// The estimator of one subscriber's link.
#[derive(Debug)]
pub struct Estimator {
    epoch: Instant,
    limits: EstimatorLimits,
    basis: Basis,
    wanted: Bitrate,
    now_us: i64,
    rtt_us: Option<f64>,
    history: SentHistory,
    groups: PacketGroups,
    trendline: Trendline,
    acked: AckedRate,
    sent: SentRate,
    queue: QueueDelay,
    loss: LossControl,
    control: RateControl,
    meter: ProbeMeter,
    prober: Prober,
    /// Whether packets carry transport-wide numbers: only they can probe.
    numbered: bool,
    /// The first packet sent since the last feedback.
    unanswered_us: Option<i64>,
    silence: f64,
    reported_us: Option<i64>,
}

impl Estimator {
    /// An estimator that knows nothing yet.
    #[must_use]
    pub fn new(now: Instant, limits: EstimatorLimits) -> Self {
        Self {
            epoch: now,
            limits,
            basis: Basis::Reports,
            wanted: Bitrate::ZERO,
            now_us: 0,
            rtt_us: None,
            history: SentHistory::default(),
            groups: PacketGroups::default(),
            trendline: Trendline::new(),
            acked: AckedRate::new(),
            sent: SentRate::default(),
            queue: QueueDelay::default(),
            loss: LossControl::default(),
            control: RateControl::new(limits),
            meter: ProbeMeter::default(),
            prober: Prober::new(limits.start),
            numbered: false,
            unanswered_us: None,
            silence: 1.0,
            reported_us: None,
        }
    }

    /// A packet left with this transport-wide sequence number (none: its client does not do TWCC), `bytes` on the wire,
    /// as part of a probe or not.
    pub fn on_sent(
        &mut self,
        now: Instant,
        twcc: Option<u16>,
        bytes: usize,
        probe: Option<ProbeId>,
    ) {
        let now_us = self.at(now);
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.sent.on_sent(now_us, bytes);
        if let Some(twcc) = twcc {
            self.numbered = true;
            self.history.on_sent(now_us, twcc, bytes, probe);
            self.unanswered_us.get_or_insert(now_us);
        }
    }

    /// Transport-wide feedback of the client.
    pub fn on_feedback(&mut self, now: Instant, feedback: &Feedback) {
        let now_us = self.at(now);
        let reported = self.history.report(feedback.base, &feedback.packets);
        if reported.packets == 0 && reported.recovered == 0 {
            return;
        }
        self.basis = Basis::Transport;
        self.unanswered_us = None;
        self.silence = 1.0;
        self.measure(now_us, &reported);
        self.decide(now_us, &reported);
    }

    /// A REMB of the client. It counts only while no TWCC feedback has ever come.
    pub fn on_remb(&mut self, now: Instant, remb: Bitrate) {
        let now_us = self.at(now);
        if self.basis != Basis::Transport {
            self.basis = Basis::Remb { at_us: now_us };
            let limited = remb >= self.sent.rate(now_us).scaled(REMB_KNOWS);
            let least = if limited {
                self.control.rate()
            } else {
                self.limits.start
            };
            self.control.force(remb.max(least));
        }
    }

    /// A receiver report: the fraction lost (0 to 1) since the one before, and the round trip if it could be told.
    pub fn on_report(&mut self, now: Instant, lost: f64, rtt: Option<Duration>) {
        let now_us = self.at(now);
        if let Some(rtt) = rtt {
            self.smooth_rtt(rtt.as_micros() as f64);
        }
        let before_us = self.reported_us.replace(now_us);
        if self.basis == Basis::Transport {
            return;
        }
        let span_us = (now_us - before_us.unwrap_or(now_us)).clamp(0, REPORT_US_MAX);
        let offered = self.sent.rate(now_us);
        let rate = self.control.rate();
        self.loss.on_report(span_us, lost, offered, rate);
        if self.basis == Basis::Reports && lost < REPORT_LOSS_LOW && self.loss.cap().is_none() {
            let grown = rate.scaled(REPORT_GROWTH_PER_S.powf(span_us as f64 / 1e6));
            let supported = grown.min(offered.scaled(PACING));
            self.control.force(supported.max(rate));
        }
    }

    /// What the subscriber could use at most: the sum of the best layers it shows, audio included. Probing stops there.
    pub fn set_wanted(&mut self, wanted: Bitrate) {
        self.wanted = wanted;
    }

    /// Call it every 25 to 100 ms: notices feedback that stays away and moves what depends on time alone.
    pub fn on_tick(&mut self, now: Instant) {
        let now_us = self.at(now);
        if let Basis::Remb { at_us } = self.basis
            && now_us - at_us > REMB_US_MAX
        {
            self.basis = Basis::Reports;
        }
        let patience_us = SILENCE_US.max(SILENCE_ROUND_TRIPS * self.rtt_us());
        if self.basis == Basis::Transport
            && let Some(since_us) = self.unanswered_us
            && now_us - since_us > patience_us
        {
            let steps = (now_us - since_us - patience_us) as f64 / SILENCE_STEP_US;
            self.silence = SILENCE_FACTOR.powf(1.0 + steps).max(SILENCE_LEAST);
        }
    }

    /// The selected path changed: what was learnt of the old one is forgotten, and the new one is probed.
    pub fn on_route_change(&mut self, now: Instant) {
        self.at(now);
        let start = self.estimate().min(self.limits.start);
        self.history.forget();
        self.groups = PacketGroups::default();
        self.trendline = Trendline::new();
        self.acked = AckedRate::new();
        self.queue = QueueDelay::default();
        self.loss = LossControl::default();
        self.control = RateControl::new(EstimatorLimits {
            start,
            ..self.limits
        });
        self.meter = ProbeMeter::default();
        self.prober.restart();
        self.rtt_us = None;
        self.unanswered_us = None;
        self.silence = 1.0;
    }

    /// What the link carries, in the bytes that [`Estimator::on_sent`] counts. The allocator's budget.
    #[must_use]
    pub fn estimate(&self) -> Bitrate {
        let rate = self.control.rate();
        let capped = self.loss.cap().map_or(rate, |cap| rate.min(cap));
        capped.scaled(self.silence).max(self.limits.min)
    }

    /// How fast the pacer may go now: above the estimate, so that frames leave without delay, or below it while the link's
    /// queue is to be drained.
    #[must_use]
    pub fn pacing(&self) -> Pacing {
        let estimate = self.estimate();
        let queue_us = self.queue.delay_us();
        let reduced = self.control.reduced_us();
        let drains = queue_us > DRAIN_ABOVE_US
            && reduced.is_some_and(|at_us| self.now_us - at_us < DRAIN_US_MAX);
        if drains {
            let part = (1.0 - queue_us as f64 / DRAIN_WITHIN_US).max(DRAIN_LEAST);
            let rate = estimate.scaled(part);
            return Pacing {
                rate,
                rate_max: rate,
            };
        }
        Pacing {
            rate: estimate.scaled(PACING),
            rate_max: estimate.scaled(PACING_MAX),
        }
    }

    /// A probe to begin now, if one is due; it then goes to [`crate::sfu::pacer::Pacer::start_probe`].
    pub fn next_probe(&mut self, now: Instant) -> Option<Probe> {
        let now_us = self.at(now);
        if !self.numbered {
            return None;
        }
        let link = LinkView {
            estimate: self.estimate(),
            wanted: self.wanted,
            usage: self.trendline.usage(),
            queue_us: self.queue.delay_us(),
            loss: self.loss.loss(),
            rtt_us: self.rtt_us(),
            reduced_us: self.control.reduced_us(),
        };
        let probe = self.prober.due(now_us, &link)?;
        self.meter.start(probe);
        Some(probe)
    }

    /// The smoothed round trip, once known.
    #[must_use]
    pub fn rtt(&self) -> Option<Duration> {
        self.rtt_us.map(|us| Duration::from_micros(us as u64))
    }

    /// The fraction of packets lost of late, 0 to 1.
    #[must_use]
    pub fn loss(&self) -> f64 {
        self.loss.loss()
    }

    /// How long packets wait in the link's queue, as far as their delay tells.
    #[must_use]
    pub fn queueing(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.queue.delay_us()).unwrap_or(0))
    }

    /// The rate at which packets arrive, once measured.
    #[must_use]
    pub fn acknowledged(&self) -> Option<Bitrate> {
        self.acked.rate()
    }

    fn measure(&mut self, now_us: i64, reported: &Reported) {
        if let Some(round_us) = reported.acked.iter().map(|it| now_us - it.sent_us).min() {
            self.smooth_rtt(round_us as f64);
        }
        let load = self.sent.load(now_us, self.estimate());
        for acked in &reported.acked {
            self.acked.update(acked.arrived_us, acked.bytes, load);
            self.meter.on_acked(acked);
            let delta = self.groups.push(now_us, acked.sent_us, acked.arrived_us);
            if let Some(delta) = delta {
                let before = self.trendline.usage();
                self.trendline.update(delta);
                if before != Usage::Over && self.trendline.usage() == Usage::Over {
                    self.acked.expect_change();
                }
            }
        }
        let transits = reported.acked.iter().map(|it| (it.sent_us, it.arrived_us));
        self.queue.update(now_us, transits);
    }

    fn decide(&mut self, now_us: i64, reported: &Reported) {
        let usage = match self.trendline.usage() {
            Usage::Over if self.queue.latest_us() < OVERUSE_QUEUE_US => Usage::Under,
            usage => usage,
        };
        let rtt_us = self.rtt_us();
        let acked = self.acked.rate();
        if usage == Usage::Over {
            // While the queue grows the last moments show what the link carries; the long window lags behind.
            let carried = self.acked.recent().or(acked);
            let before = self.control.rate();
            if self.control.on_overuse(now_us, rtt_us, carried) {
                self.prober.on_overuse(now_us, before, self.control.rate());
            }
        } else {
            self.control.on_room(now_us, usage, rtt_us, acked);
            if let Some(result) = self.meter.result() {
                let before = self.control.rate();
                let acked = acked.unwrap_or_default();
                self.control
                    .on_probe(now_us, result.rate, result.full, acked);
                self.prober
                    .on_result(now_us, &result, before, self.control.rate());
            }
        }
        let counts = LossCounts {
            packets: reported.packets,
            missing: reported.missing,
            recovered: reported.recovered,
            bytes: reported.bytes,
        };
        // What the queue had no room for was lost before the rate went down: it is not to go down twice.
        let settled = self
            .control
            .reduced_us()
            .is_none_or(|at_us| now_us - at_us > rtt_us + LOSS_AFTER_US);
        if settled {
            self.loss.on_packets(now_us, counts, self.control.rate());
        }
    }

    fn smooth_rtt(&mut self, round_us: f64) {
        let smoothed = self
            .rtt_us
            .map_or(round_us, |rtt_us| rtt_us + RTT_WEIGHT * (round_us - rtt_us));
        self.rtt_us = Some(smoothed);
    }

    fn rtt_us(&self) -> i64 {
        self.rtt_us.map_or(RTT_START_US, |us| us as i64)
    }

    /// Microseconds since this estimator began; time never goes back.
    fn at(&mut self, now: Instant) -> i64 {
        let now_us = now.saturating_duration_since(self.epoch).as_micros();
        self.now_us = self.now_us.max(i64::try_from(now_us).unwrap_or(i64::MAX));
        self.now_us
    }
}
