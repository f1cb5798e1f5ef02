//! Reading RTCP.

use super::{
    BYE, DESCRIPTION, FIR, NACK, PAYLOAD_FEEDBACK, PLI, RECEIVER_REPORT, REMB, ReportBlock, Rtcp,
    SENDER_REPORT, SenderReport, TRANSPORT_CC, TRANSPORT_FEEDBACK,
};
use crate::rtc::twcc;

/// The most packets of one compound that are read; what follows is left.
pub const PACKETS_MAX: usize = 64;
/// The most sequence numbers of one NACK that are read.
pub const NACKS_MAX: usize = 1_024;
/// The most packets that one compound may list, as missing or as arrived: some bytes can list thousands. What follows the
/// packet that lists more is left.
pub const LISTED_MAX: usize = twcc::PACKETS_MAX;

const HEADER_BYTES: usize = 4;
const VERSION: u8 = 2;
/// The item of a description that names its source (RFC 3550 §6.5.1).
const CNAME: u8 = 1;

/// Why bytes are no RTCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RtcpError {
    /// The datagram or a packet in it is shorter than it says.
    #[error("the packet is shorter than it says")]
    Short,
    /// The version is not 2.
    #[error("the version is not 2")]
    Version,
}

/// Reads a decrypted datagram. A packet whose body is malformed is [`Rtcp::Other`]; the others are read all the same.
///
/// # Errors
/// When the chain of packets is broken.
pub fn parse(datagram: &[u8]) -> Result<Vec<Rtcp>, RtcpError> {
    let mut packets = Vec::new();
    let mut rest = datagram;
    let mut room = LISTED_MAX;
    while !rest.is_empty() && packets.len() < PACKETS_MAX {
        let header = rest.first_chunk::<HEADER_BYTES>().ok_or(RtcpError::Short)?;
        if header[0] >> 6 != VERSION {
            return Err(RtcpError::Version);
        }
        let length = 4 * (usize::from(u16::from_be_bytes([header[2], header[3]])) + 1);
        let (packet, after) = rest.split_at_checked(length).ok_or(RtcpError::Short)?;
        rest = after;
        let body = &packet[HEADER_BYTES..];
        let body = if header[0] & 0x20 == 0 {
            Some(body)
        } else {
            unpad(body)
        };
        let (packet_type, count) = (header[1], header[0] & 0x1f);
        let read = body.and_then(|body| packet_of(packet_type, count, body));
        let read = read.unwrap_or(Rtcp::Other { packet_type });
        let Some(left) = room.checked_sub(read.listed()) else {
            break;
        };
        room = left;
        packets.push(read);
    }
    if packets.is_empty() {
        return Err(RtcpError::Short);
    }
    Ok(packets)
}

fn unpad(body: &[u8]) -> Option<&[u8]> {
    let count = usize::from(*body.last()?);
    (count > 0).then_some(())?;
    body.get(..body.len().checked_sub(count)?)
}

/// `count` is the five bits of the header: a number of blocks, or the kind of feedback.
fn packet_of(packet_type: u8, count: u8, body: &[u8]) -> Option<Rtcp> {
    match (packet_type, count) {
        (SENDER_REPORT, _) => sender_report(count, body),
        (RECEIVER_REPORT, _) => Some(Rtcp::ReceiverReport {
            ssrc: word(body, 0)?,
            reports: reports(count, body.get(4..)?)?,
        }),
        (DESCRIPTION, _) => description(count, body),
        (BYE, _) => {
            let ssrcs = body.get(..4 * usize::from(count))?;
            Some(Rtcp::Bye(words(ssrcs).collect()))
        }
        (TRANSPORT_FEEDBACK, NACK) => nack(body),
        (TRANSPORT_FEEDBACK, TRANSPORT_CC) => {
            twcc::Feedback::parse(body).ok().map(Rtcp::TransportCc)
        }
        (PAYLOAD_FEEDBACK, PLI) => Some(Rtcp::Pli {
            sender: word(body, 0)?,
            media: word(body, 4)?,
        }),
        (PAYLOAD_FEEDBACK, FIR) => {
            let (requests, _) = body.get(8..)?.as_chunks::<8>();
            let request = |request: &[u8; 8]| Some((word(request, 0)?, request[4]));
            Some(Rtcp::Fir {
                sender: word(body, 0)?,
                requests: requests.iter().filter_map(request).collect(),
            })
        }
        (PAYLOAD_FEEDBACK, REMB) => remb(body),
        _ => None,
    }
}

fn sender_report(count: u8, body: &[u8]) -> Option<Rtcp> {
    Some(Rtcp::SenderReport(SenderReport {
        ssrc: word(body, 0)?,
        ntp: u64::from(word(body, 4)?) << 32 | u64::from(word(body, 8)?),
        rtp_timestamp: word(body, 12)?,
        packets: word(body, 16)?,
        octets: word(body, 20)?,
        reports: reports(count, body.get(24..)?)?,
    }))
}

fn reports(count: u8, bytes: &[u8]) -> Option<Vec<ReportBlock>> {
    let bytes = bytes.get(..24 * usize::from(count))?;
    let (blocks, _) = bytes.as_chunks::<24>();
    blocks
        .iter()
        .map(|block| {
            let lost = word(block, 4)?;
            Some(ReportBlock {
                ssrc: word(block, 0)?,
                fraction_lost: block[4],
                // 24 bits with a sign.
                cumulative_lost: (lost << 8).cast_signed() >> 8,
                highest_sequence: word(block, 8)?,
                jitter: word(block, 12)?,
                last_sr: word(block, 16)?,
                delay_since_last_sr: word(block, 20)?,
            })
        })
        .collect()
}

/// Chunks of an SSRC and items, each ended by a zero and padded to a word.
fn description(count: u8, body: &[u8]) -> Option<Rtcp> {
    let mut names = Vec::new();
    let mut rest = body;
    for _ in 0..count {
        let ssrc = word(rest, 0)?;
        let mut at = 4;
        let mut name = String::new();
        loop {
            let kind = *rest.get(at)?;
            if kind == 0 {
                break;
            }
            let length = usize::from(*rest.get(at + 1)?);
            let text = rest.get(at + 2..at + 2 + length)?;
            if kind == CNAME {
                name = String::from_utf8_lossy(text).into_owned();
            }
            at += 2 + length;
        }
        names.push((ssrc, name));
        rest = rest.get((at + 1).next_multiple_of(4)..)?;
    }
    Some(Rtcp::Description(names))
}

/// Pairs of a sequence number and a mask of the sixteen after it.
fn nack(body: &[u8]) -> Option<Rtcp> {
    let (pairs, _) = body.get(8..)?.as_chunks::<4>();
    let lost = pairs.iter().flat_map(|pair| {
        let first = u16::from_be_bytes([pair[0], pair[1]]);
        let mask = u16::from_be_bytes([pair[2], pair[3]]);
        let named = (0..16).filter(move |bit| mask >> bit & 1 == 1);
        let after = named.map(move |bit| first.wrapping_add(bit + 1));
        std::iter::once(first).chain(after)
    });
    Some(Rtcp::Nack {
        sender: word(body, 0)?,
        media: word(body, 4)?,
        lost: lost.take(NACKS_MAX).collect(),
    })
}

/// `REMB`, a number of SSRCs, and the rate as six bits of exponent and 18 of mantissa.
fn remb(body: &[u8]) -> Option<Rtcp> {
    if body.get(8..12)? != b"REMB" {
        return None;
    }
    let [count, a, b, c] = word(body, 12)?.to_be_bytes();
    let mantissa = u64::from(u32::from_be_bytes([0, a & 3, b, c]));
    let bitrate_bps = mantissa.checked_shl(u32::from(a >> 2));
    let fits = |rate: &u64| rate >> (a >> 2) == mantissa;
    Some(Rtcp::Remb {
        sender: word(body, 0)?,
        bitrate_bps: bitrate_bps.filter(fits).unwrap_or(u64::MAX),
        ssrcs: words(body.get(16..16 + 4 * usize::from(count))?).collect(),
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_be_bytes(*bytes))
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|word| u32::from_be_bytes(*word))
}
