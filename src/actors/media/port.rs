//! The port of the media plane: what a Call asks of it and what it hears back. Plain values, good from any thread.

use crate::id::CallId;
use crate::mailbox::Item;
use crate::rtc::codec::Codec;
use crate::rtc::extension::AudioLevel;
use crate::rtc::ice::IceCredentials;
use crate::rtc::sdp::Agreed;
use crate::rtc::session::SessionConfig;
use crate::sfu::quality::Quality;
use crate::sfu::{Encoding, ParticipantId, Source, TrackId};
use bytes::Bytes;
use std::{fmt, sync::Arc};

/// Audio levels of one track reach its Call at most this often, milliseconds.
pub const LEVEL_EVERY_MS: u64 = 60;
/// The largest message of a data channel that is relayed, bytes.
pub const DATA_BYTES_MAX: usize = 16 * 1024;

/// A media shard: one thread and one UDP port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShardId(pub u16);

/// A WebRTC transport of this node, never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId(pub u64);

/// A publication of this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TrackKey {
    /// Its call.
    pub call: CallId,
    /// Which one of the call's.
    pub track: TrackId,
}

/// A peer to be: everything agreed with its client, and whom to tell what becomes of it.
pub struct AdmitPeer {
    /// The call it belongs to.
    pub call: CallId,
    /// Whose it is: the CSRC of everything it publishes.
    pub participant: ParticipantId,
    /// Where it lives, from [`MediaHandle::place`](super::MediaHandle::place): its candidates are in the answer.
    pub shard: ShardId,
    /// The outcome of offer and answer.
    pub agreed: Agreed,
    /// Keys, credentials and fingerprint of the transport.
    pub session: SessionConfig,
    /// The lines that send, as far as the call takes them.
    pub publications: Vec<Publication>,
    /// The Call.
    pub events: MediaEvents,
}

/// A line of a peer that sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The line of the offer.
    pub mid: Box<str>,
    /// The publication's name in its call.
    pub track: TrackId,
    /// What it shows.
    pub source: Source,
    /// Whether its packets pass.
    pub gate: Gate,
}

/// Whether the packets of a publication pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// They are forwarded.
    Open,
    /// Muted: dropped as they arrive, whatever the client sends.
    Shut,
}

/// What fills a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotFill {
    /// The slot's line.
    pub mid: Box<str>,
    /// The publication; `None` empties the slot.
    pub track: Option<TrackId>,
}

/// How a client shows a slot. A slot that is not named is not shown, and gets no video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// The slot's line.
    pub mid: Box<str>,
    /// Width in physical pixels.
    pub width: u16,
    /// Height in physical pixels.
    pub height: u16,
    /// Higher is served first.
    pub priority: u8,
    /// Pinned by the person: before all that are not.
    pub pinned: bool,
}

/// A message of a data channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataBlock {
    /// The channel's label, which names it to all peers of a call.
    pub label: Box<str>,
    /// Text (UTF-8) or bytes.
    pub kind: DataKind,
    /// At most [`DATA_BYTES_MAX`].
    pub bytes: Bytes,
}

/// How a message of a data channel is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataKind {
    /// UTF-8.
    Text,
    /// Anything.
    Binary,
}

/// What a Call asks of a peer.
pub enum PeerCommand {
    /// Fills slots; those not named stay as they are.
    Fill(Vec<SlotFill>),
    /// What the client shows now, in place of what it showed before.
    Show(Vec<Tile>),
    /// Opens or shuts a publication of this peer.
    Gate(TrackId, Gate),
    /// A new offer was answered: lines came or went. Lines keep their SSRCs.
    Renegotiate(Box<Agreed>, Vec<Publication>),
    /// New credentials on both sides (RFC 8445 §9); media goes on over the old path meanwhile.
    RestartIce {
        /// The server's.
        local: IceCredentials,
        /// The client's.
        remote: IceCredentials,
    },
    /// A message to its data channel of that label.
    Send(DataBlock),
    /// Ends the transport. [`MediaEvent::PeerGone`] follows.
    Remove,
    /// Makes it panic, for tests.
    #[cfg(feature = "failpoints")]
    Panic,
    /// Makes whatever serves it on its shard panic, for tests.
    #[cfg(feature = "failpoints")]
    Poison,
    /// Makes a publication of it panic, for tests.
    #[cfg(feature = "failpoints")]
    PanicTrack(TrackId),
}

impl Item for PeerCommand {
    fn bytes(&self) -> usize {
        match self {
            Self::Send(data) => data.bytes.len(),
            _ => 0,
        }
    }
}

impl fmt::Debug for PeerCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PeerCommand")
    }
}

/// What a Call hears.
#[derive(Debug, Clone, PartialEq)]
pub enum MediaEvent {
    /// The transport is up.
    PeerConnected(PeerId),
    /// The transport is gone, and its publications with it.
    PeerGone(PeerId, GoneReason),
    /// First packets of a publication arrived.
    TrackStarted {
        /// The publication.
        track: TrackId,
        /// What it is coded in.
        codec: Codec,
        /// Its encodings that arrive, low to high.
        encodings: Vec<Encoding>,
    },
    /// The loudest voice of a publication within the last [`LEVEL_EVERY_MS`]; none while it is silent.
    Level {
        /// The publication.
        track: TrackId,
        /// RFC 6464.
        level: AudioLevel,
    },
    /// How well a participant is connected, when it changed.
    Quality(PeerId, Quality),
    /// The encodings of a publication that somebody watches changed: the sender may pause the others.
    Watched {
        /// The publication.
        track: TrackId,
        /// Low to high.
        encodings: Vec<Encoding>,
    },
    /// What slots of a peer show changed.
    Slots(PeerId, Vec<SlotState>),
    /// A message of a data channel, to be relayed to the others.
    Data(PeerId, DataBlock),
}

/// What a slot shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotState {
    /// The slot's line.
    pub mid: Box<str>,
    /// The publication in it.
    pub track: Option<TrackId>,
    /// Whether packets flow.
    pub flow: Flow,
}

/// Whether packets flow into a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// At this encoding.
    Live(Encoding),
    /// None, and why.
    Paused(PauseReason),
    /// Nothing is in it.
    Empty,
}

/// Why a slot that is filled gets no packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseReason {
    /// The subscriber's link has no room for it.
    Bandwidth,
    /// The client does not show it.
    Hidden,
    /// The publisher is muted or sends nothing yet.
    Source,
    /// The subscriber cannot decode the publication's codec.
    Codec,
}

/// Why a peer is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoneReason {
    /// Its client closed the transport.
    Closed,
    /// Nothing was heard of it for too long.
    Vanished,
    /// DTLS failed: the keys or the certificate are not what was agreed.
    Handshake,
    /// The Call removed it.
    Removed,
    /// A fault on the server: the client should join anew.
    Fault,
}

/// The way to a Call. What it calls must be short and must not block.
#[derive(Clone)]
pub struct MediaEvents(Arc<dyn Fn(MediaEvent) + Send + Sync>);

impl MediaEvents {
    /// Hands every event to `hear`, on the shard's thread.
    #[must_use]
    pub fn new(hear: impl Fn(MediaEvent) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    /// Tells the Call.
    pub fn tell(&self, event: MediaEvent) {
        (self.0)(event);
    }
}

impl fmt::Debug for MediaEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MediaEvents")
    }
}
