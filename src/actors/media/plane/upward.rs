//! What a publisher is told of its own link, and what it says of its clock.

use super::Plane;
use super::repair::OUR_SSRC;
use super::seats::PeerKey;
use crate::actors::media::track::{TrackLane, TrackMessage};
use crate::rtc::rtcp::{Rtcp, SenderReport};
use crate::sfu::quality::QualityInputs;
use std::time::{Duration, Instant};

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
            loss_up: 0.0,
            loss_down,
            rtt: seat.rtt(),
            jitter: Duration::ZERO,
            estimate: egress.estimator.estimate(),
            wanted: egress.wanted,
            frozen: 0.0,
            missing_up: 0.0,
            dropped_by_server: 0.0,
        })
    }
}
