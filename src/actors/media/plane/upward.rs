//! What a publisher is told of its own link, and what it says of its clock.

use super::Plane;
use super::repair::OUR_SSRC;
use super::seats::PeerKey;
use crate::actors::media::port::TrackKey;
use crate::actors::media::track::{TrackLane, TrackMessage};
use crate::rtc::rtcp::{Rtcp, SenderReport};
use crate::sfu::quality::QualityInputs;
use std::time::{Duration, Instant};

/// What giving up all pictures is worth beside losing packets: they are slots that stand still, not holes in those that
/// go on.
const SHED_FELT: f64 = 0.15;

impl Plane {
    /// A publisher's clock: handed to the Track of that stream.
    pub(in crate::actors::media) fn on_sender_report(
        &mut self,
        peer: PeerKey,
        report: &SenderReport,
        arrived: Instant,
    ) {
        let Some(seat) = self.seats.get_mut(peer) else {
            return;
        };
        let at = seat.streams.sender_time(report.ntp, arrived);
        let Some(stream) = seat.streams.get(report.ssrc) else {
            return;
        };
        let told = TrackMessage::SenderReport {
            encoding: stream.encoding,
            ntp: report.ntp,
            timestamp: report.rtp_timestamp,
            at,
            arrived,
        };
        let track = &seat.streams.publications[stream.publication].address;
        // The next report does as well.
        let _ = track.push(TrackLane::Control, told);
    }

    /// Tells a publisher which of its packets arrived, and when; or what its link seems to carry.
    pub(in crate::actors::media) fn send_arrivals(&mut self, peer: PeerKey, now: Instant) {
        let Some(seat) = self.seats.get_mut(peer) else {
            return;
        };
        let media = seat.streams.any_ssrc().unwrap_or_default();
        let feedback = seat.streams.arrivals.build(now, OUR_SSRC, media);
        let remb = seat.streams.remb.as_mut().and_then(|it| it.remb(now));
        let mut packets: Vec<_> = feedback.map(Rtcp::TransportCc).into_iter().collect();
        packets.extend(remb.map(|rate| Rtcp::Remb {
            sender: OUR_SSRC,
            bitrate_bps: rate.0,
            ssrcs: seat.streams.media_ssrcs(),
        }));
        if !packets.is_empty() {
            self.send_rtcp(peer, &packets, now);
        }
    }

    /// Media packets of a peer so far, in and out.
    pub(in crate::actors::media) fn packets(&self, peer: PeerKey) -> u64 {
        let seat = self.seats.get(peer);
        seat.map_or(0, |seat| seat.streams.received + seat.egress.sent)
    }

    /// What the quality of a peer's connection is made of.
    pub(in crate::actors::media) fn quality_inputs(
        &self,
        peer: PeerKey,
        loss_down: f64,
    ) -> Option<QualityInputs> {
        let seat = self.seats.get(peer)?;
        let egress = &seat.egress;
        Some(QualityInputs {
            loss_up: seat.streams.loss,
            loss_down,
            rtt: seat.rtt(),
            jitter: seat.streams.jitter,
            estimate: egress.estimator.estimate(),
            wanted: egress.wanted,
            dropped_by_server: (1.0 - self.shedder.part()) * SHED_FELT,
            ..QualityInputs::default()
        })
    }

    /// How the way up of a publisher is, by the last report on one of its publications: loss (0 to 1) before repair, and
    /// jitter.
    pub(in crate::actors::media) fn set_way_up(
        &mut self,
        publisher: PeerKey,
        loss: f64,
        jitter: Duration,
    ) {
        if let Some(seat) = self.seats.get_mut(publisher) {
            seat.streams.loss = loss;
            seat.streams.jitter = jitter;
        }
    }

    /// The worst loss (0 to 1) on the way down to a subscriber of a publication on this shard.
    pub(in crate::actors::media) fn worst_loss(&self, track: TrackKey) -> f64 {
        let Some(route) = self.routes.get(track) else {
            return 0.0;
        };
        let seats = route
            .subscribers
            .iter()
            .filter_map(|it| self.seats.get(it.0));
        let losses = seats.map(|seat| seat.egress.estimator.loss());
        losses.fold(0.0, f64::max)
    }
}
