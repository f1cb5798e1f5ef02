//! A receive position of one subscriber: one SSRC for ever, whatever is shown in it.

use super::{
    MediaKind, ParticipantId,
    lanes::{Queued, SlotIndex},
    packet::Packet,
};
use crate::rtc::{
    codec::{Codec, PictureIds},
    rtcp::SenderReport,
};
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

/// One slot.
#[derive(Debug)]
pub struct Slot {}

impl Slot {
    /// An empty slot.
    #[must_use]
    pub fn new(config: SlotConfig) -> Self {
        let _ = config;
        todo!()
    }

    /// Says how a packet that its lane gave leaves, and remembers it for resends. `None`: not at all (a resend without
    /// an RTX stream).
    pub fn rewrite(&mut self, now: Instant, queued: &Queued) -> Option<Departure> {
        let _ = (now, queued);
        todo!()
    }

    /// Finds the packet of a sequence number that the subscriber asks for again: for `EgressLanes::push_again`.
    /// `None`: never sent (a gap that we have not repaired ourselves), too old, or answered within the last `rtt`.
    pub fn on_nack(&mut self, now: Instant, rtt: Duration, sequence: u16) -> Option<Queued> {
        let _ = (now, rtt, sequence);
        todo!()
    }

    /// The newest packet again, to fill the link while its capacity is probed: for `EgressLanes::push_again`.
    #[must_use]
    pub fn probe(&self) -> Option<Queued> {
        todo!()
    }

    /// Sets how sound is protected; only for subscribers that take RED.
    pub fn set_redundancy(&mut self, redundancy: Redundancy) {
        let _ = redundancy;
        todo!()
    }

    /// The report of what was sent, at `ntp` (seconds since 1900 in 1/2^32) which is `now`. `None` before the first
    /// packet. Send it each second.
    #[must_use]
    pub fn sender_report(&self, now: Instant, ntp: u64) -> Option<SenderReport> {
        let _ = (now, ntp);
        todo!()
    }
}
