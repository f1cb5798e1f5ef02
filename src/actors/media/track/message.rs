//! What a Track is told, and in which lane.

use crate::actors::media::port::ShardId;
use crate::mailbox::{Item, Lane, LaneSpec, Overflow};
use crate::rtc::codec::Codec;
use crate::rtc::extension::{AbsCaptureTime, AudioLevel};
use crate::sfu::Encoding;
use bytes::Bytes;
use std::time::{Duration, Instant};

/// Media older than this when its Track gets to it is worth nothing to a call.
const STALE: Duration = Duration::from_millis(200);

/// The lanes of a Track's mailbox, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackLane {
    /// Relays, what is watched, timers.
    Control,
    /// Sound.
    Audio,
    /// Keyframe requests of subscribers, who may send many: each is repeated until the keyframe comes.
    Keyframe,
    /// Repairs of what was lost on the way here.
    Repair,
    /// The smallest encoding, or the only one.
    Base,
    /// The larger encodings.
    Enhancement,
}

impl Lane for TrackLane {
    const SPECS: &'static [LaneSpec] = &[
        LaneSpec {
            name: "control",
            items_max: 1_024,
            bytes_max: 64 * 1024,
            ttl: None,
            overflow: Overflow::DropNewest,
        },
        LaneSpec {
            // Two and a half seconds of packets of 20 ms: a pause of the thread costs no sound.
            name: "audio",
            items_max: 128,
            bytes_max: 256 * 1024,
            ttl: None,
            overflow: Overflow::DropOldest,
        },
        LaneSpec {
            name: "keyframe",
            items_max: 128,
            bytes_max: 64 * 1024,
            ttl: None,
            overflow: Overflow::DropNewest,
        },
        LaneSpec {
            name: "repair",
            items_max: 512,
            bytes_max: 1 << 20,
            ttl: Some(STALE),
            overflow: Overflow::DropOldest,
        },
        LaneSpec {
            name: "base",
            items_max: 1_024,
            bytes_max: 2 << 20,
            ttl: Some(STALE),
            overflow: Overflow::DropFrame,
        },
        LaneSpec {
            name: "enhancement",
            items_max: 1_024,
            bytes_max: 2 << 20,
            ttl: Some(STALE),
            overflow: Overflow::DropFrame,
        },
    ];

    fn index(self) -> usize {
        self as usize
    }
}

/// A message to a Track.
#[derive(Debug)]
pub enum TrackMessage {
    /// A packet of it, decrypted.
    Rtp(Received),
    /// Its sender's clock (RFC 3550 §6.4.1).
    SenderReport {
        /// Of which encoding.
        encoding: Encoding,
        /// NTP time: seconds since 1900 in 1/2^32.
        ntp: u64,
        /// The same moment in units of the codec's clock.
        timestamp: u32,
        /// The same moment in our time, as well as it can be told: alike for all of the sender's streams.
        at: Instant,
        /// When it came.
        arrived: Instant,
    },
    /// Somebody cannot decode an encoding without a keyframe.
    WantKeyframe(Encoding),
    /// An encoding is given up under overload: whole frames of it do not arrive.
    Shed(Encoding),
    /// A shard has subscribers of it.
    Relay(ShardId),
    /// What the subscribers on a shard watch, one bit for each encoding.
    Watched {
        /// The shard.
        shard: ShardId,
        /// The encodings.
        watched: u8,
    },
    /// A shard has none any more.
    EndRelay(ShardId),
    /// Time for what is due: NACKs, reports, rates, levels.
    Tick,
    /// A fault for tests.
    #[cfg(feature = "failpoints")]
    Panic,
}

/// A packet as it came off the wire, decrypted.
#[derive(Debug, Clone)]
pub struct Received {
    /// The encoding it belongs to.
    pub encoding: Encoding,
    /// The SSRC of the encoding's media, also of a repair.
    pub ssrc: u32,
    /// The SRTP index of its stream: the sequence number without wrapping.
    pub index: u64,
    /// Sequence number of the packet that this one repairs (RFC 4588 §4); `payload` is that packet's.
    pub repairs: Option<u16>,
    /// Media time in units of the codec's clock.
    pub timestamp: u32,
    /// RTP marker.
    pub marker: bool,
    /// What it is coded in; for RED the outer one.
    pub codec: Codec,
    /// When the kernel took it off the device.
    pub arrived: Instant,
    /// RFC 6464.
    pub level: Option<AudioLevel>,
    /// Orientation of the video (3GPP TS 26.114 §7.4.5).
    pub orientation: Option<u8>,
    /// Absolute capture time, as it was sent.
    pub capture_time: Option<AbsCaptureTime>,
    /// The dependency descriptor, as it was sent.
    pub dependency: Option<Bytes>,
    /// Without padding; empty in a packet that is padding only.
    pub payload: Bytes,
}

impl Item for TrackMessage {
    fn bytes(&self) -> usize {
        match self {
            Self::Rtp(received) => received.payload.len(),
            _ => 16,
        }
    }

    fn frame(&self) -> Option<u64> {
        match self {
            Self::Rtp(received) => {
                Some(u64::from(received.encoding.0) << 32 | u64::from(received.timestamp))
            }
            _ => None,
        }
    }
}
