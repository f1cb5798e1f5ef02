//! A receive position of one subscriber: one SSRC for ever, whatever is shown in it.

mod sent;
#[cfg(test)]
mod tests;

use super::{
    MediaKind, ParticipantId,
    lanes::{Kind, Queued, SlotIndex},
    packet::{Packet, Stream},
};
use crate::rtc::{
    codec::{Codec, PictureIds},
    rtcp::SenderReport,
};
use sent::{Sent, SentPackets};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How a slot begins. The random numbers are the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotConfig {
    /// Which of the subscriber's.
    pub slot: SlotIndex,
    /// Sound or picture, which gives the clock.
    pub kind: MediaKind,
    /// The SSRC of its media.
    pub ssrc: u32,
    /// The SSRC of its retransmissions (RFC 4588), if they were negotiated.
    pub rtx_ssrc: Option<u32>,
    /// The first timestamp: random.
    pub first_timestamp: u32,
    /// The first sequence number of retransmissions: random, below 2^15.
    pub first_rtx_index: u16,
}

/// What leaves in a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The payload, with `Departure::picture` rewritten.
    Media,
    /// The payload after the sequence number that it repeats (RFC 4588 §4).
    Rtx {
        /// That number.
        original: u16,
    },
    /// Only padding.
    Padding,
}

/// An earlier payload to repeat in a RED packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    /// How much earlier it was, in units of the clock.
    pub timestamp_offset: u32,
    /// It.
    pub packet: Arc<Packet>,
}

/// How a packet leaves: all that is not in the packet itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// The SSRC.
    pub ssrc: u32,
    /// The SRTP index: the sequence number with its cycles above. Unique in its SSRC.
    pub index: u64,
    /// The timestamp.
    pub timestamp: u32,
    /// The marker.
    pub marker: bool,
    /// Which payload type: that of this codec, or of its retransmissions when `form` is [`Form::Rtx`]. [`Codec::Red`] of
    /// an Opus packet: the payload is joined with `repeated`.
    pub codec: Codec,
    /// What leaves.
    pub form: Form,
    /// Who publishes it.
    pub csrc: ParticipantId,
    /// Ids to write into the payload of VP8 and VP9.
    pub picture: Option<PictureIds>,
    /// The frame number to write into the dependency descriptor.
    pub frame_number: Option<u16>,
    /// What a RED packet repeats, the oldest first.
    pub repeated: [Option<Repeated>; 2],
}

/// How sound is protected on its way to the subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Redundancy {
    /// Opus as it is.
    #[default]
    Off,
    /// RED that repeats the two payloads before (RFC 2198).
    Distance2,
}

/// A packet is not sent again sooner than this after it was, whatever round trip the subscriber claims.
const AGAIN_MIN: Duration = Duration::from_millis(10);
/// The least step of the timestamp from one publication to the next.
const STEP_MIN: Duration = Duration::from_millis(10);
/// RED counts how much earlier a block is in 14 bits (RFC 2198 §3).
const REPEATED_OFFSET_MAX: u32 = (1 << 14) - 1;

/// What is added to the publisher's numbers while one stream is shown.
#[derive(Debug, Clone, Copy)]
struct Shift {
    segment: u32,
    stream: Stream,
    timestamp: u32,
    tl0: u8,
    frame_number: u16,
}

/// The newest packet that left in order.
#[derive(Debug, Clone, Copy)]
struct Newest {
    timestamp: u32,
    arrived: Instant,
}

/// One slot.
#[derive(Debug)]
pub struct Slot {
    config: SlotConfig,
    shift: Option<Shift>,
    newest: Option<Newest>,
    tl0: u8,
    frame_number: u16,
    /// A timestamp of the publisher, and when it was: for sender reports.
    anchor: Option<(u32, Instant)>,
    sent: SentPackets,
    rtx_index: u64,
    redundancy: Redundancy,
    /// The two newest packets of sound, the newest last.
    earlier: [Option<Arc<Packet>>; 2],
    packets: u32,
    octets: u32,
}

impl Slot {
    /// An empty slot.
    #[must_use]
    pub const fn new(config: SlotConfig) -> Self {
        Self {
            config,
            shift: None,
            newest: None,
            tl0: 0,
            frame_number: 0,
            anchor: None,
            sent: SentPackets::new(),
            rtx_index: config.first_rtx_index as u64,
            redundancy: Redundancy::Off,
            earlier: [None, None],
            packets: 0,
            octets: 0,
        }
    }

    /// How it began.
    #[must_use]
    pub const fn config(&self) -> &SlotConfig {
        &self.config
    }

    /// Says how a packet that its lane gave leaves, and remembers it for resends. `None`: not at all (a repair of what is
    /// not shown any more, a resend of what is forgotten). What was given leaves: its index is never given again.
    pub fn rewrite(&mut self, now: Instant, queued: &Queued) -> Option<Departure> {
        match queued.kind {
            Kind::Media => Some(self.send(now, queued)),
            Kind::Late => {
                let shown = self
                    .shift
                    .is_some_and(|shift| shift.segment == queued.segment);
                shown.then(|| self.send(now, queued))
            }
            Kind::Filler => Some(self.fill(queued)),
            Kind::Resend | Kind::Probe => self.send_again(queued),
        }
    }

    fn send(&mut self, now: Instant, queued: &Queued) -> Departure {
        let packet = &queued.packet;
        let shift = self.shift_for(queued);
        let timestamp = packet.timestamp.wrapping_add(shift.timestamp);
        let picture = queued.picture.zip(packet.frame.picture).map(|(id, ids)| {
            let mask = if ids.long { 0x7fff } else { 0x7f };
            PictureIds {
                // Cycles above are cut off on purpose.
                picture_id: (id & mask) as u16,
                long: ids.long,
                tl0: ids.tl0.map(|tl0| tl0.wrapping_add(shift.tl0)),
            }
        });
        let frame_number = packet
            .frame
            .frame_number
            .map(|number| number.wrapping_add(shift.frame_number));
        let in_order = queued.kind == Kind::Media;
        if in_order {
            self.newest = Some(Newest {
                timestamp,
                arrived: packet.arrived,
            });
            self.tl0 = picture.and_then(|ids| ids.tl0).unwrap_or(self.tl0);
            self.frame_number = frame_number.unwrap_or(self.frame_number);
        }
        let repeated = if in_order {
            self.repeat(packet)
        } else {
            [None, None]
        };
        let is_red = self.redundancy == Redundancy::Distance2 && packet.codec == Codec::Opus;
        let departure = Departure {
            ssrc: self.config.ssrc,
            index: queued.index,
            timestamp,
            marker: queued.marker,
            codec: if is_red { Codec::Red } else { packet.codec },
            form: Form::Media,
            csrc: packet.participant,
            picture,
            frame_number,
            repeated,
        };
        self.count(packet);
        if self.config.rtx_ssrc.is_some() {
            self.sent.insert(Sent {
                index: queued.index,
                packet: Arc::clone(packet),
                timestamp,
                marker: queued.marker,
                picture,
                frame_number,
                left: now,
                again: None,
            });
        }
        departure
    }

    fn count(&mut self, packet: &Packet) {
        self.packets = self.packets.wrapping_add(1);
        // RTCP counts modulo 2^32.
        self.octets = self.octets.wrapping_add(packet.payload.len() as u32);
    }

    /// The shift of a packet's segment; the first of a segment goes on from the newest of the one before.
    fn shift_for(&mut self, queued: &Queued) -> Shift {
        if let Some(shift) = self.shift
            && shift.segment == queued.segment
        {
            return shift;
        }
        let packet = &queued.packet;
        let start = self.newest.map_or(self.config.first_timestamp, |newest| {
            let waited = packet.arrived.saturating_duration_since(newest.arrived);
            let step = self.units(waited.max(STEP_MIN));
            newest.timestamp.wrapping_add(step)
        });
        let tl0 = packet.frame.picture.and_then(|ids| ids.tl0);
        let number = packet.frame.frame_number;
        let shift = Shift {
            segment: queued.segment,
            stream: packet.stream(),
            timestamp: start.wrapping_sub(packet.timestamp),
            tl0: tl0.map_or(0, |tl0| self.tl0.wrapping_add(1).wrapping_sub(tl0)),
            frame_number: number.map_or(0, |number| {
                self.frame_number.wrapping_add(1).wrapping_sub(number)
            }),
        };
        self.shift = Some(shift);
        self.anchor = None;
        self.earlier = [None, None];
        shift
    }

    /// A time in units of the clock, wrapping as timestamps do.
    const fn units(&self, time: Duration) -> u32 {
        let clock_hz = match self.config.kind {
            MediaKind::Audio => 48_000,
            MediaKind::Video => 90_000,
        };
        (time.as_micros() * clock_hz / 1_000_000) as u32
    }

    fn repeat(&mut self, packet: &Arc<Packet>) -> [Option<Repeated>; 2] {
        if packet.codec != Codec::Opus || self.redundancy == Redundancy::Off {
            return [None, None];
        }
        let repeated = self.earlier.each_ref().map(|earlier| {
            let earlier = earlier.as_ref()?;
            let offset = packet.timestamp.wrapping_sub(earlier.timestamp);
            (1..=REPEATED_OFFSET_MAX)
                .contains(&offset)
                .then(|| Repeated {
                    timestamp_offset: offset,
                    packet: Arc::clone(earlier),
                })
        });
        self.earlier = [self.earlier[1].take(), Some(Arc::clone(packet))];
        repeated
    }

    fn fill(&self, queued: &Queued) -> Departure {
        Departure {
            ssrc: self.config.ssrc,
            index: queued.index,
            timestamp: self.newest.map_or(0, |newest| newest.timestamp),
            marker: false,
            codec: queued.packet.codec,
            form: Form::Padding,
            csrc: queued.packet.participant,
            picture: None,
            frame_number: None,
            repeated: [None, None],
        }
    }

    fn send_again(&mut self, queued: &Queued) -> Option<Departure> {
        let ssrc = self.config.rtx_ssrc?;
        let sent = self.sent.get_mut(queued.index)?;
        let index = self.rtx_index;
        self.rtx_index += 1;
        Some(Departure {
            ssrc,
            index,
            timestamp: sent.timestamp,
            marker: sent.marker,
            codec: sent.packet.codec,
            form: Form::Rtx {
                // The cycles above are not sent.
                original: sent.index as u16,
            },
            csrc: sent.packet.participant,
            picture: sent.picture,
            frame_number: sent.frame_number,
            repeated: [None, None],
        })
    }

    /// Finds the packet of a sequence number that the subscriber asks for again: for `EgressLanes::push_again`.
    /// `None`: never sent (a gap that we have not repaired ourselves), too old, without an RTX stream (the same index
    /// must not be sealed twice), or answered within the last `rtt`.
    pub fn on_nack(&mut self, now: Instant, rtt: Duration, sequence: u16) -> Option<Queued> {
        let newest = self.sent.newest()?.index;
        // As many below the newest as the difference of the 16 bits says.
        let index = newest.checked_sub(u64::from((newest as u16).wrapping_sub(sequence)))?;
        let sent = self.sent.get_mut(index)?;
        let pause = rtt.max(AGAIN_MIN);
        if sent
            .again
            .is_some_and(|at| now.saturating_duration_since(at) < pause)
        {
            return None;
        }
        sent.again = Some(now);
        let again = sent.queued(self.config.slot, Kind::Resend);
        Some(again)
    }

    /// The newest packet again, to fill the link while its capacity is probed: for `EgressLanes::push_again`.
    #[must_use]
    pub fn probe(&self) -> Option<Queued> {
        let newest = self.sent.newest()?;
        Some(newest.queued(self.config.slot, Kind::Probe))
    }

    /// Sets how sound is protected; only for subscribers that take RED.
    pub const fn set_redundancy(&mut self, redundancy: Redundancy) {
        self.redundancy = redundancy;
    }

    /// Says when a timestamp of a publisher was, in our time: from its sender reports, so that its sound and pictures
    /// stay together. Ignored unless that stream is shown.
    pub fn set_anchor(&mut self, stream: Stream, timestamp: u32, at: Instant) {
        if self.shift.is_some_and(|shift| shift.stream == stream) {
            self.anchor = Some((timestamp, at));
        }
    }

    /// The report of what was sent, at `ntp` (seconds since 1900 in 1/2^32) which is `now`. `None` before the first
    /// packet. Send it each second.
    #[must_use]
    pub fn sender_report(&self, now: Instant, ntp: u64) -> Option<SenderReport> {
        let (shift, newest) = self.shift.zip(self.newest)?;
        let (timestamp, at) = self
            .anchor
            .map_or((newest.timestamp, newest.arrived), |(timestamp, at)| {
                (timestamp.wrapping_add(shift.timestamp), at)
            });
        let since = self.units(now.saturating_duration_since(at));
        Some(SenderReport {
            ssrc: self.config.ssrc,
            ntp,
            rtp_timestamp: timestamp.wrapping_add(since),
            packets: self.packets,
            octets: self.octets,
            reports: Vec::new(),
        })
    }
}
