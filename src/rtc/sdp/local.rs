//! What this side brings to an answer.

use crate::rtc::{codec::Codec, ice::IceCredentials, identity::Fingerprint};
use std::net::SocketAddr;

/// An address of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Candidate {
    /// Of a UDP port.
    Udp(SocketAddr),
    /// Of a TCP port that accepts (RFC 6544, passive).
    TcpPassive(SocketAddr),
}

/// What an m-line of `sendrecv` becomes. Clients that name no direction offer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendRecv {
    /// The client publishes on it: calls and WHIP.
    Publication,
    /// The client plays it: WHEP.
    Slot,
}

/// Whether redundant audio is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AudioRed {
    /// Where offered, and asked for on publications: it is named first, which makes Chromium send it.
    Preferred,
    /// Never.
    Off,
}

/// Whether lost packets of audio are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AudioNack {
    /// Even where the offer does not have it. RFC 4585 §4.2 asks an answer to add nothing, but browsers never offer it
    /// for audio, Chromium does it when an answer has it, and the others ignore it.
    Always,
    /// Only where offered.
    AsOffered,
}

/// The streams of a slot, the same for as long as the m-line lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SlotSsrcs {
    /// The media.
    pub media: u32,
    /// Its retransmissions.
    pub rtx: u32,
}

/// This side of an answer.
#[derive(Clone, Copy)]
pub struct LocalDescription<'a> {
    /// ICE user fragment and password.
    pub ice: &'a IceCredentials,
    /// Of the DTLS certificate.
    pub fingerprint: Fingerprint,
    /// Where datagrams are taken, the preferred first.
    pub candidates: &'a [Candidate],
    /// Names the session in `o=`: constant over renegotiations.
    pub session_id: u64,
    /// Counts the answers of the session in `o=`.
    pub session_version: u64,
    /// The video codecs that are taken. A publication gets the first of the *offerer's* codecs that is among them, so
    /// that `setCodecPreferences` decides; a slot gets all of them.
    pub video_codecs: &'a [Codec],
    /// What to make of m-lines without direction.
    pub sendrecv: SendRecv,
    /// Redundant audio.
    pub red: AudioRed,
    /// Retransmission of audio.
    pub audio_nack: AudioNack,
    /// The streams of the slot of a mid: asked once for each slot, and told the same in every answer.
    pub slots: &'a dyn Fn(&str) -> SlotSsrcs,
}
