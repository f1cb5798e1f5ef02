//! What a client says in RTCP.

use super::Live;
use crate::actors::media::plane::with_plane;
use crate::rtc::rtcp::{ReportBlock, Rtcp};
use crate::sfu::bandwidth::Bitrate;
use std::time::Instant;

impl Live {
    /// Takes one compound packet in.
    pub(super) fn feed_back(&mut self, packets: Vec<Rtcp>, arrived: Instant, now: Instant) {
        for packet in packets {
            self.take(packet, arrived, now);
        }
    }

    fn take(&mut self, packet: Rtcp, arrived: Instant, now: Instant) {
        let key = self.key;
        match packet {
            Rtcp::SenderReport(report) => {
                with_plane(|plane| plane.on_sender_report(key, &report, arrived));
                self.take_reports(&report.reports, now);
            }
            Rtcp::ReceiverReport { reports, .. } => self.take_reports(&reports, now),
            Rtcp::Nack { media, lost, .. } => {
                with_plane(|plane| plane.answer_nack(key, media, &lost, now));
            }
            Rtcp::Pli { media, .. } => {
                with_plane(|plane| plane.answer_picture_loss(key, media, now));
            }
            Rtcp::Fir { requests, .. } => {
                for (media, _) in requests {
                    with_plane(|plane| plane.answer_picture_loss(key, media, now));
                }
            }
            Rtcp::Remb {
                bitrate_bps, ssrcs, ..
            } => {
                with_plane(|plane| plane.on_remb(key, Bitrate(bitrate_bps), &ssrcs, now));
            }
            Rtcp::TransportCc(feedback) => {
                let expected = u32::try_from(feedback.packets.len()).unwrap_or(u32::MAX);
                let lost = feedback.packets.iter().filter(|it| it.is_none()).count();
                let lost = u32::try_from(lost).unwrap_or(u32::MAX);
                self.upkeep.has_arrivals = true;
                self.policy.on_sample(now, lost, expected);
                with_plane(|plane| plane.on_arrivals(key, &feedback, now));
                self.protect();
            }
            // What a client says of itself and of others; it ends by DTLS, not by BYE.
            Rtcp::Description(_) | Rtcp::Bye(_) | Rtcp::Other { .. } => {}
        }
    }

    fn take_reports(&mut self, reports: &[ReportBlock], now: Instant) {
        let mut worst = None;
        for block in reports {
            let loss = with_plane(|plane| plane.on_report(self.key, block, now));
            worst = worst.max(loss.map(|_| block.fraction_lost));
        }
        if let Some(lost) = worst {
            self.upkeep.lost_down = f64::from(lost) / 256.0;
            if !self.upkeep.has_arrivals {
                self.policy.on_sample(now, u32::from(lost), 256);
                self.protect();
            }
        }
    }

    /// Protects sound as the loss asks for.
    fn protect(&mut self) {
        let redundancy = self.policy.redundancy();
        if redundancy != self.upkeep.redundancy {
            self.upkeep.redundancy = redundancy;
            with_plane(|plane| plane.protect(self.key, redundancy));
        }
    }
}
