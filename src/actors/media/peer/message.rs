//! What a Peer is told, and in which lane.

use crate::actors::media::port::{DataBlock, GoneReason, PeerCommand};
use crate::mailbox::{Item, Lane, LaneSpec, Overflow};
use crate::rtc::rtcp::Rtcp;
use std::time::Instant;

/// The lanes of a Peer's mailbox, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerLane {
    /// Commands of its Call, the ends of its transport, timers.
    Control,
    /// RTCP of its client.
    Feedback,
    /// Messages of data channels.
    Data,
}

impl Lane for PeerLane {
    const SPECS: &'static [LaneSpec] = &[
        LaneSpec {
            name: "control",
            items_max: 1_024,
            bytes_max: 64 * 1024,
            ttl: None,
            overflow: Overflow::Refuse,
        },
        LaneSpec {
            name: "feedback",
            items_max: 256,
            bytes_max: 256 * 1024,
            ttl: None,
            overflow: Overflow::DropOldest,
        },
        LaneSpec {
            name: "data",
            items_max: 128,
            bytes_max: 512 * 1024,
            ttl: None,
            overflow: Overflow::DropNewest,
        },
    ];

    fn index(self) -> usize {
        self as usize
    }
}

/// A message to a Peer.
#[derive(Debug)]
pub enum PeerMessage {
    /// Its Call asks something of it.
    Command(PeerCommand),
    /// Keys are agreed: media may flow.
    Connected,
    /// Its transport is over.
    Gone(GoneReason),
    /// RTCP of its client, authenticated.
    Feedback {
        /// One compound packet.
        packets: Vec<Rtcp>,
        /// When it came.
        arrived: Instant,
    },
    /// A message of a data channel.
    Data(DataBlock),
    /// A publication that it shows has other layers than before.
    Layers,
    /// Time for what is due.
    Tick,
}

impl Item for PeerMessage {
    fn bytes(&self) -> usize {
        match self {
            Self::Command(command) => command.bytes(),
            Self::Feedback { packets, .. } => packets.iter().map(Rtcp::bytes).sum(),
            Self::Data(data) => data.bytes.len(),
            Self::Connected | Self::Gone(_) | Self::Layers | Self::Tick => 0,
        }
    }
}
