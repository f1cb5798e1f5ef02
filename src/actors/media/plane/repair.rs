//! What a subscriber's feedback and the passing of time ask of its slots.

use super::Plane;
use super::link::RTT_MAX;
use super::seats::PeerKey;
use crate::actors::media::port::TrackKey;
use crate::rtc::rtcp::{ReportBlock, Rtcp};
use crate::rtc::twcc;
use crate::sfu::Encoding;
use crate::sfu::bandwidth::Bitrate;
use crate::sfu::report;
use crate::sfu::slot::Redundancy;
use std::time::{Duration, Instant};

/// The SSRC that speaks in our feedback: we are one, whatever we send.
pub(in crate::actors::media) const OUR_SSRC: u32 = 1;

impl Plane {
    /// A subscriber misses packets of a slot.
    pub(in crate::actors::media) fn answer_nack(
        &mut self,
        peer: PeerKey,
        ssrc: u32,
        lost: &[u16],
        now: Instant,
    ) {
        let Some(seat) = self.seats.get_mut(peer) else {
            return;
        };
        self.figures.nacks_in.add(lost.len() as u64);
        let rtt = seat.rtt();
        let Some(slot) = seat.egress.slots.iter_mut().find(|it| it.ssrc == ssrc) else {
            return;
        };
        for sequence in lost {
            if let Some(again) = slot.slot.on_nack(now, rtt, *sequence) {
                seat.egress.lanes.push_again(now, again);
            }
        }
        self.mark(peer);
    }

    /// A subscriber cannot decode a slot.
    pub(in crate::actors::media) fn answer_picture_loss(
        &mut self,
        peer: PeerKey,
        ssrc: u32,
        now: Instant,
    ) {
        self.figures.keyframes_in.add(1);
        let seat = self.seats.get_mut(peer);
        if let Some(slot) = seat.and_then(|seat| seat.egress.by_ssrc(ssrc))
            && slot.keyframes.take(now, 1)
        {
            slot.ask_keyframe();
        }
    }

    /// A subscriber says which packets arrived, and when.
    pub(in crate::actors::media) fn on_arrivals(
        &mut self,
        peer: PeerKey,
        feedback: &twcc::Feedback,
        now: Instant,
    ) {
        if let Some(seat) = self.seats.get_mut(peer) {
            let egress = &mut seat.egress;
            let estimator = &mut egress.estimator;
            estimator.on_feedback(now, feedback);
            egress.pacer.set_pacing(now, estimator.pacing());
        }
    }

    /// A subscriber without transport-wide feedback says what its link carries of these streams.
    pub(in crate::actors::media) fn on_remb(
        &mut self,
        peer: PeerKey,
        rate: Bitrate,
        ssrcs: &[u32],
        now: Instant,
    ) {
        if let Some(seat) = self.seats.get_mut(peer) {
            let egress = &mut seat.egress;
            let rate = egress.remb_of_all(rate, ssrcs, now);
            egress.estimator.on_remb(now, rate);
            egress.pacer.set_pacing(now, egress.estimator.pacing());
        }
    }

    /// A subscriber reports on a slot. Returns the loss, 0 to 1, if the block is of one of its slots.
    pub(in crate::actors::media) fn on_report(
        &mut self,
        peer: PeerKey,
        block: &ReportBlock,
        now: Instant,
    ) -> Option<f32> {
        let ntp = self.clock.ntp(now);
        let seat = self.seats.get_mut(peer)?;
        seat.egress.by_ssrc(block.ssrc)?;
        let link = report::read(block, ntp);
        let rtt = link.rtt.filter(|rtt| *rtt < RTT_MAX);
        if let Some(rtt) = rtt {
            let before = seat.rtt.unwrap_or(rtt);
            seat.rtt = Some((before * 7 + rtt) / 8);
        }
        let loss = f64::from(link.loss);
        seat.egress.estimator.on_report(now, loss, rtt);
        Some(link.loss)
    }

    /// How sound is protected on the way to a subscriber that takes RED.
    pub(in crate::actors::media) fn protect(&mut self, peer: PeerKey, redundancy: Redundancy) {
        use crate::rtc::codec::Codec::{Opus, Red};
        let Some(seat) = self.seats.get_mut(peer) else {
            return;
        };
        for slot in &mut seat.egress.slots {
            if slot.types.get(Red).is_some() && slot.types.get(Opus).is_some() {
                slot.slot.set_redundancy(redundancy);
            }
        }
    }

    /// Sends the reports of all slots that have sent something.
    pub(in crate::actors::media) fn send_reports(&mut self, peer: PeerKey, now: Instant) {
        let ntp = self.clock.ntp(now);
        let Some(seat) = self.seats.get(peer) else {
            return;
        };
        let slots = seat.egress.slots.iter();
        let reports = slots.filter_map(|slot| slot.slot.sender_report(now, ntp));
        let reports: Vec<_> = reports.map(Rtcp::SenderReport).collect();
        for few in reports.chunks(REPORTS_PER_PACKET) {
            self.send_rtcp(peer, few, now);
        }
    }

    /// Moves what depends on time alone: the estimate, the pace, probes.
    pub(in crate::actors::media) fn pace(&mut self, peer: PeerKey, now: Instant) {
        let Some(seat) = self.seats.get_mut(peer) else {
            return;
        };
        let egress = &mut seat.egress;
        egress.estimator.on_tick(now);
        egress.pacer.set_pacing(now, egress.estimator.pacing());
        egress.pacer.set_backlog(now, egress.backlog());
        if let Some(probe) = egress.estimator.next_probe(now) {
            egress.pacer.start_probe(now, probe);
        }
        if egress.pad(now) {
            self.mark(peer);
        }
    }

    /// Asks a publisher for packets again.
    pub(in crate::actors::media) fn send_nack(
        &mut self,
        publisher: PeerKey,
        media: u32,
        lost: Vec<u16>,
        now: Instant,
    ) {
        self.figures.nacks_out.add(lost.len() as u64);
        let sender = OUR_SSRC;
        let nack = Rtcp::Nack {
            sender,
            media,
            lost,
        };
        self.send_rtcp(publisher, &[nack], now);
    }

    /// Asks a publisher for a keyframe of an encoding.
    pub(in crate::actors::media) fn send_picture_loss(
        &mut self,
        publisher: PeerKey,
        track: TrackKey,
        encoding: Encoding,
        now: Instant,
    ) {
        let seat = self.seats.get(publisher);
        let Some(media) = seat.and_then(|seat| seat.streams.ssrc_of(track, encoding)) else {
            return;
        };
        self.figures.keyframes_out.add(1);
        let sender = OUR_SSRC;
        self.send_rtcp(publisher, &[Rtcp::Pli { sender, media }], now);
    }

    /// Round trip to a peer, known or assumed.
    pub(in crate::actors::media) fn rtt(&self, peer: PeerKey) -> Duration {
        let rtt = self.seats.get(peer).map(super::seat::Seat::rtt);
        rtt.unwrap_or(super::seat::RTT_ASSUMED)
    }
}

/// Sender reports in one datagram: 28 bytes each.
const REPORTS_PER_PACKET: usize = 16;

/// A REMB about other streams counts for so long.
const REMB_MAX: Duration = Duration::from_secs(5);

impl super::egress::Egress {
    /// Some clients (aiortc) estimate each stream for itself: together they are the link.
    fn remb_of_all(&mut self, rate: Bitrate, ssrcs: &[u32], now: Instant) -> Bitrate {
        let mut total = rate;
        let mut told = Some((now, rate));
        for slot in &mut self.slots {
            if ssrcs.contains(&slot.ssrc) {
                slot.remb = told.take();
            } else if let Some((at, others)) = slot.remb
                && now.saturating_duration_since(at) < REMB_MAX
            {
                total = Bitrate(total.0.saturating_add(others.0));
            }
        }
        total
    }

    /// Bytes that wait in the paced lanes.
    fn backlog(&self) -> u64 {
        use crate::sfu::lanes::EgressLane::{Base, Enhancement, Repair};
        let lanes = [Repair, Base, Enhancement];
        lanes
            .iter()
            .map(|lane| self.lanes.bytes(*lane) as u64)
            .sum()
    }

    /// Queues the newest picture again while a probe has nothing else to send. True if it did; ask again once it left.
    pub(super) fn pad(&mut self, now: Instant) -> bool {
        if self.pacer.probe().is_none() || self.backlog() > 0 || self.pacer.padding_due(now) == 0 {
            return false;
        }
        let probe = self.slots.iter().find_map(|slot| slot.slot.probe());
        let Some(probe) = probe else {
            return false;
        };
        self.lanes.push_again(now, probe);
        true
    }
}
