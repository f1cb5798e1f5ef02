//! What a light client publishes: one sender per encoding, with a history to send from again.

use super::super::kit::{Medium, Outgoing};
use super::rtp::{Header, id};
use super::sdp::{Encoding, pt};
use greenroom::rtc::session::Session;
use std::collections::VecDeque;

/// Packets kept to be sent again.
const HISTORY_MAX: usize = 512;

/// One encoding on its way to the server.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) medium: Medium,
    pub(super) layer: usize,
    mid: String,
    encoding: Encoding,
    simulcast: bool,
    twcc: bool,
    index: u64,
    rtx_index: u64,
    history: VecDeque<Sent>,
    last_timestamp: u32,
    packets: u32,
    octets: u32,
}

#[derive(Debug)]
struct Sent {
    index: u64,
    timestamp: u32,
    marker: bool,
    plain: Vec<u8>,
    header_len: usize,
}

impl Sender {
    /// `first`: the first index, below 2^15 so that the server guesses the rollover counter right (RFC 3711 3.3.1).
    pub(super) fn new(
        medium: Medium,
        layer: usize,
        mid: &str,
        encoding: Encoding,
        twcc: bool,
        first: u16,
    ) -> Self {
        Self {
            medium,
            layer,
            mid: mid.to_owned(),
            simulcast: !encoding.rid.is_empty(),
            encoding,
            twcc,
            index: u64::from(first >> 1),
            rtx_index: u64::from(first >> 2),
            history: VecDeque::new(),
            last_timestamp: 0,
            packets: 0,
            octets: 0,
        }
    }

    /// Its media stream.
    pub(super) const fn ssrc(&self) -> u32 {
        self.encoding.ssrc
    }

    /// What a sender report says: SSRC, RTP time, packets and octets.
    pub(super) const fn report(&self) -> Option<(u32, u32, [u32; 2])> {
        if self.packets == 0 {
            return None;
        }
        let sent = [self.packets, self.octets];
        Some((self.encoding.ssrc, self.last_timestamp, sent))
    }

    /// A sealed packet.
    pub(super) fn send(
        &mut self,
        session: &mut Session,
        counter: &mut u16,
        outgoing: &Outgoing<'_>,
    ) -> Option<Vec<u8>> {
        let header = Header {
            marker: outgoing.marker,
            payload_type: match self.medium {
                Medium::Microphone => pt::OPUS,
                Medium::Camera | Medium::Screen => pt::VP8,
            },
            sequence: low(self.index),
            timestamp: outgoing.timestamp,
            ssrc: self.encoding.ssrc,
        };
        // Voice activity, then the level (RFC 6464 3).
        let level = outgoing
            .level
            .map(|level| [u8::from(level < 127) << 7 | level]);
        let mut plain = Vec::with_capacity(outgoing.payload.len() + 64);
        let number = next(counter).to_be_bytes();
        let mut extensions: Vec<(u8, &[u8])> = vec![(id::MID, self.mid.as_bytes())];
        if self.simulcast {
            extensions.push((id::RID, self.encoding.rid.as_bytes()));
        }
        if self.twcc {
            extensions.push((id::TWCC, &number));
        }
        if let Some(level) = &level {
            extensions.push((id::AUDIO_LEVEL, level));
        }
        header.write(&mut plain, &extensions);
        let header_len = plain.len();
        plain.extend_from_slice(outgoing.payload);
        let packet = seal(session, &plain, header_len, self.index);
        if self.history.len() == HISTORY_MAX {
            self.history.pop_front();
        }
        self.history.push_back(Sent {
            index: self.index,
            timestamp: outgoing.timestamp,
            marker: outgoing.marker,
            plain,
            header_len,
        });
        self.index += 1;
        self.last_timestamp = outgoing.timestamp;
        self.packets = self.packets.wrapping_add(1);
        let octets = u32::try_from(outgoing.payload.len()).expect("payloads are short");
        self.octets = self.octets.wrapping_add(octets);
        packet
    }

    /// A packet again, sealed: as it was for audio, on its retransmission stream for video (RFC 4588 4).
    pub(super) fn send_again(
        &mut self,
        session: &mut Session,
        counter: &mut u16,
        sequence: u16,
    ) -> Option<Vec<u8>> {
        let sent = self
            .history
            .iter()
            .find(|sent| low(sent.index) == sequence)?;
        if self.medium == Medium::Microphone {
            return seal(session, &sent.plain, sent.header_len, sent.index);
        }
        let header = Header {
            marker: sent.marker,
            payload_type: pt::VP8_RTX,
            sequence: low(self.rtx_index),
            timestamp: sent.timestamp,
            ssrc: self.encoding.rtx_ssrc,
        };
        let number = next(counter).to_be_bytes();
        let mut extensions: Vec<(u8, &[u8])> = vec![(id::MID, self.mid.as_bytes())];
        if self.simulcast {
            extensions.push((id::REPAIRED_RID, self.encoding.rid.as_bytes()));
        }
        if self.twcc {
            extensions.push((id::TWCC, &number));
        }
        let mut plain = Vec::with_capacity(sent.plain.len() + 8);
        header.write(&mut plain, &extensions);
        let header_len = plain.len();
        plain.extend_from_slice(&sequence.to_be_bytes());
        plain.extend_from_slice(&sent.plain[sent.header_len..]);
        self.rtx_index += 1;
        seal(session, &plain, header_len, self.rtx_index - 1)
    }
}

fn seal(session: &mut Session, plain: &[u8], header_len: usize, index: u64) -> Option<Vec<u8>> {
    let mut packet = Vec::with_capacity(plain.len() + session.rtp_overhead());
    packet.extend_from_slice(plain);
    packet.resize(plain.len() + session.rtp_overhead(), 0);
    session.seal_rtp(&mut packet, header_len, index).ok()?;
    Some(packet)
}

fn next(counter: &mut u16) -> u16 {
    *counter = counter.wrapping_add(1);
    *counter
}

fn low(index: u64) -> u16 {
    u16::try_from(index & 0xFFFF).expect("masked to 16 bits")
}
