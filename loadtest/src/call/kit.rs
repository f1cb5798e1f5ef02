//! What a participant brings to a call and how it behaves there.

use super::camera::Picture;
use super::hearing::Copy;
use super::stamp::Stamp;

/// What a participant publishes, receives and speaks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Kit {
    pub(crate) microphone: bool,
    pub(crate) camera: Option<Picture>,
    pub(crate) screen: Option<Picture>,
    pub(crate) audio_slots: usize,
    pub(crate) video_slots: usize,
    /// Transport-wide congestion control; REMB without.
    pub(crate) twcc: bool,
    /// The bitrate that REMB allows, bits a second.
    pub(crate) remb_bps: u64,
    /// Redundant audio (RFC 2198) can be received.
    pub(crate) red: bool,
    /// Insists on beginning the DTLS handshake; leaves it to the server otherwise.
    pub(crate) dtls_active: bool,
    pub(crate) opens: Opens,
}

/// Which packets a participant decrypts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opens {
    /// All: every figure is measured.
    Everything,
    /// Audio, and of video a sample: a sink.
    Audio,
    /// Takes nothing out of its socket but once in a while: what does not fit is dropped by the kernel.
    Nothing,
}

/// A publication of a participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Medium {
    Microphone,
    Camera,
    Screen,
}

/// One packet to be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    pub(crate) medium: Medium,
    pub(crate) layer: usize,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    /// −dBov, audio only.
    pub(crate) level: Option<u8>,
    pub(crate) payload: &'a [u8],
}

/// What arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrived {
    /// Speech or comfort noise.
    Audio { stamp: Stamp, copy: Copy },
    /// Part of a frame, in the n-th video slot.
    Video { slot: usize, stamp: Stamp },
    /// A packet that was not decrypted, or only padding.
    Unread,
    /// A packet that failed authentication or that nobody here sent.
    Bad,
}

/// What happened to a participant's transport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PeerEvent {
    /// Media may flow.
    Connected,
    /// It is over.
    Closed(String),
    /// The server needs a key frame.
    KeyframeWanted { medium: Medium, layer: usize },
}

impl Kit {
    /// A listener and viewer without anything to send.
    pub(crate) const VIEWER: Self = Self {
        microphone: false,
        camera: None,
        screen: None,
        audio_slots: 3,
        video_slots: 1,
        twcc: false,
        remb_bps: 100_000_000,
        red: false,
        dtls_active: false,
        opens: Opens::Everything,
    };

    /// The publications, in the order of their m-lines, with the layers of each.
    pub(crate) fn publications(&self) -> Vec<(Medium, Option<Picture>)> {
        [
            self.microphone.then_some((Medium::Microphone, None)),
            self.camera.map(|picture| (Medium::Camera, Some(picture))),
            self.screen.map(|picture| (Medium::Screen, Some(picture))),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
