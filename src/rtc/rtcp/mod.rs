//! RTCP (RFC 3550 §6, RFC 4585, RFC 5104, REMB, transport-wide feedback): compound and reduced-size (RFC 5506) packets.

mod parse;
mod write;

pub use parse::{LISTED_MAX, NACKS_MAX, PACKETS_MAX, RtcpError, parse};
pub use write::write;

use super::twcc;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTION: u8 = 202;
const BYE: u8 = 203;
const TRANSPORT_FEEDBACK: u8 = 205;
const PAYLOAD_FEEDBACK: u8 = 206;
/// Kinds of transport feedback.
const NACK: u8 = 1;
const TRANSPORT_CC: u8 = 15;
/// Kinds of payload feedback.
const PLI: u8 = 1;
const FIR: u8 = 4;
const REMB: u8 = 15;

/// One packet of a compound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rtcp {
    /// What a sender sent.
    SenderReport(SenderReport),
    /// What a receiver received.
    ReceiverReport {
        /// The receiver.
        ssrc: u32,
        /// At most 31.
        reports: Vec<ReportBlock>,
    },
    /// Names of sources (SDES): SSRC and CNAME.
    Description(Vec<(u32, String)>),
    /// Sources that end.
    Bye(Vec<u32>),
    /// Packets that are missing (RFC 4585 §6.2.1).
    Nack {
        /// Who misses them.
        sender: u32,
        /// The stream.
        media: u32,
        /// Sequence numbers, at most [`NACKS_MAX`].
        lost: Vec<u16>,
    },
    /// A picture is lost: send a keyframe (RFC 4585 §6.3.1).
    Pli {
        /// Who lost it.
        sender: u32,
        /// The stream.
        media: u32,
    },
    /// Send a keyframe (RFC 5104 §4.3.1).
    Fir {
        /// Who wants it.
        sender: u32,
        /// Streams, each with a number that says if the request is new.
        requests: Vec<(u32, u8)>,
    },
    /// The rate that a receiver without transport-wide feedback estimates (draft-alvestrand-rmcat-remb-03).
    Remb {
        /// Who estimates.
        sender: u32,
        /// Bits per second.
        bitrate_bps: u64,
        /// The streams together.
        ssrcs: Vec<u32>,
    },
    /// Transport-wide feedback.
    TransportCc(twcc::Feedback),
    /// Anything else, extended reports among it: left alone.
    Other {
        /// The packet type.
        packet_type: u8,
    },
}

impl Rtcp {
    /// Packets that it lists: those missing, those that arrived.
    #[must_use]
    pub const fn listed(&self) -> usize {
        match self {
            Self::Nack { lost, .. } => lost.len(),
            Self::TransportCc(feedback) => feedback.packets.len(),
            _ => 0,
        }
    }

    /// What it takes to do as it says, in units of some microseconds: a client's RTCP is bounded by the sum.
    #[must_use]
    pub const fn cost(&self) -> usize {
        match self {
            // Told to all that receive the stream.
            Self::SenderReport(_) => 4,
            Self::Nack { lost, .. } => 1 + lost.len() / 8,
            Self::TransportCc(feedback) => 1 + feedback.packets.len() / 64,
            _ => 1,
        }
    }

    /// Bytes of memory that it takes, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let listed = match self {
            Self::SenderReport(SenderReport { reports, .. })
            | Self::ReceiverReport { reports, .. } => size_of_val(&reports[..]),
            Self::Description(names) => {
                let names = names
                    .iter()
                    .map(|(_, name)| size_of::<(u32, String)>() + name.len());
                names.sum()
            }
            Self::Bye(ssrcs) | Self::Remb { ssrcs, .. } => size_of_val(&ssrcs[..]),
            Self::Nack { lost, .. } => size_of_val(&lost[..]),
            Self::Fir { requests, .. } => size_of_val(&requests[..]),
            Self::TransportCc(feedback) => size_of_val(&feedback.packets[..]),
            Self::Pli { .. } | Self::Other { .. } => 0,
        };
        size_of::<Self>() + listed
    }
}

/// What a sender sent, and what it received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderReport {
    /// The stream.
    pub ssrc: u32,
    /// When, as NTP: seconds since 1900 in 1/2^32.
    pub ntp: u64,
    /// The same moment in units of the stream's clock.
    pub rtp_timestamp: u32,
    /// Packets sent, wrapping.
    pub packets: u32,
    /// Payload bytes sent, wrapping.
    pub octets: u32,
    /// At most 31.
    pub reports: Vec<ReportBlock>,
}

/// What a receiver says of one stream (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportBlock {
    /// The stream.
    pub ssrc: u32,
    /// Packets lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost in all; duplicates make it negative. 24 bits.
    pub cumulative_lost: i32,
    /// The highest sequence number, with its cycles above.
    pub highest_sequence: u32,
    /// In units of the stream's clock.
    pub jitter: u32,
    /// The middle 32 bits of the NTP time of the last sender report, 0 if none.
    pub last_sr: u32,
    /// Since that report, in 1/65536 s.
    pub delay_since_last_sr: u32,
}

#[cfg(test)]
mod tests;
