//! RTCP as far as a light client speaks it: reports, NACK, PLI, REMB and transport-wide feedback.

/// What the server asks of a publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// Send these again.
    Nack { ssrc: u32, sequences: Vec<u16> },
    /// Send a key frame.
    Keyframe { ssrc: u32 },
    /// A sender report of the server: the middle of its NTP time (RFC 3550 4).
    Report { ssrc: u32, ntp_middle: u32 },
    /// Everything else.
    Other,
}

/// Sequence numbers of one NACK, at most.
const NACK_MAX: usize = 512;

/// Reads a compound packet as far as it is whole.
pub(super) fn read(mut compound: &[u8]) -> Vec<Asked> {
    let mut asked = Vec::new();
    while let Some(&[first, kind, high, low]) = compound.first_chunk() {
        let len = (usize::from(u16::from_be_bytes([high, low])) + 1) * 4;
        let Some(packet) = compound.get(..len) else {
            break;
        };
        asked.push(match (kind, first & 0x1F) {
            (200, _) => report(packet),
            (205, 1) => nack(packet),
            (206, 1) => word(packet, 8).map(|ssrc| Asked::Keyframe { ssrc }),
            (206, 4) => word(packet, 12).map(|ssrc| Asked::Keyframe { ssrc }),
            _ => None,
        });
        compound = &compound[len..];
    }
    asked
        .into_iter()
        .map(|asked| asked.unwrap_or(Asked::Other))
        .collect()
}

fn report(packet: &[u8]) -> Option<Asked> {
    Some(Asked::Report {
        ssrc: word(packet, 4)?,
        ntp_middle: word(packet, 10)?,
    })
}

fn nack(packet: &[u8]) -> Option<Asked> {
    let ssrc = word(packet, 8)?;
    let mut sequences = Vec::new();
    for entry in packet.get(12..)?.chunks_exact(4) {
        let base = u16::from_be_bytes([entry[0], entry[1]]);
        let bits = u16::from_be_bytes([entry[2], entry[3]]);
        sequences.push(base);
        let more = (0..16).filter(|bit| bits >> bit & 1 == 1);
        sequences.extend(more.map(|bit| base.wrapping_add(bit + 1)));
    }
    sequences.truncate(NACK_MAX);
    Some(Asked::Nack { ssrc, sequences })
}

fn word(packet: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*packet.get(at..)?.first_chunk()?))
}

/// How one stream of the server arrives (RFC 3550 6.4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) ssrc: u32,
    /// Since the last report, in 256ths.
    pub(super) fraction: u8,
    /// Since the beginning, 24 bits.
    pub(super) lost: u32,
    pub(super) highest: u32,
    pub(super) jitter: u32,
    /// The middle of the last sender report's time, and how long ago it came in 65,536ths of a second.
    pub(super) last_report: [u32; 2],
}

/// Blocks of one report, at most (RFC 3550 6.4.1).
pub(super) const BLOCKS_MAX: usize = 31;

/// A receiver report: what a compound packet begins with, even without a block (RFC 3550 6.1).
pub(super) fn receiver_report(out: &mut Vec<u8>, ours: u32, blocks: &[Block]) {
    let blocks = &blocks[..blocks.len().min(BLOCKS_MAX)];
    let count = u8::try_from(blocks.len()).expect("31 at most");
    let body: Vec<u8> = blocks
        .iter()
        .flat_map(|block| {
            let lost = u32::from(block.fraction) << 24 | block.lost & 0xFF_FFFF;
            let [last, since] = block.last_report;
            [block.ssrc, lost, block.highest, block.jitter, last, since]
        })
        .flat_map(u32::to_be_bytes)
        .collect();
    packet(out, count, 201, &[&ours.to_be_bytes(), &body]);
}

/// A sender report (RFC 3550 6.4.1). `ntp` is 32.32 fixed point.
pub(super) fn sender_report(out: &mut Vec<u8>, ssrc: u32, ntp: u64, rtp: u32, sent: [u32; 2]) {
    packet(
        out,
        0,
        200,
        &[
            &ssrc.to_be_bytes(),
            &ntp.to_be_bytes(),
            &rtp.to_be_bytes(),
            &sent[0].to_be_bytes(),
            &sent[1].to_be_bytes(),
        ],
    );
}

/// A picture loss indication (RFC 4585 6.3.1).
pub(super) fn pli(out: &mut Vec<u8>, ours: u32, media: u32) {
    packet(out, 1, 206, &[&ours.to_be_bytes(), &media.to_be_bytes()]);
}

/// A generic NACK (RFC 4585 6.2.1), one entry a sequence number.
pub(super) fn ask_again(out: &mut Vec<u8>, ours: u32, media: u32, sequences: &[u16]) {
    let entries: Vec<u8> = sequences
        .iter()
        .flat_map(|sequence| [sequence.to_be_bytes(), [0, 0]].concat())
        .collect();
    packet(
        out,
        1,
        205,
        &[&ours.to_be_bytes(), &media.to_be_bytes(), &entries],
    );
}

/// Receiver-estimated maximum bitrate (draft-alvestrand-rmcat-remb).
pub(super) fn remb(out: &mut Vec<u8>, ours: u32, media: u32, bps: u64) {
    let exponent = (64 - bps.leading_zeros()).saturating_sub(18);
    let mantissa = u32::try_from(bps >> exponent).expect("18 bits are left");
    let rate = exponent << 18 | mantissa | 1 << 24;
    let [count, rate @ ..] = rate.to_be_bytes();
    packet(
        out,
        15,
        206,
        &[
            &ours.to_be_bytes(),
            &[0; 4],
            b"REMB",
            &[count, rate[0], rate[1], rate[2]],
            &media.to_be_bytes(),
        ],
    );
}

/// Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 3.1): arrivals in order of number,
/// microseconds, the first of which is `base`; none for what did not come.
pub(super) fn twcc(
    out: &mut Vec<u8>,
    [ours, media]: [u32; 2],
    base: u16,
    count: u8,
    arrivals: &[Option<u64>],
) {
    let Some(first_us) = arrivals.iter().flatten().next() else {
        return;
    };
    // Units of 64 ms; deltas count from it in quarters of a millisecond.
    let reference = first_us / 64_000;
    let mut clock = i64::try_from(reference * 256).expect("the clock is below 500,000 years");
    let mut symbols = Vec::with_capacity(arrivals.len());
    let mut deltas = Vec::new();
    for arrival in arrivals {
        let Some(us) = arrival else {
            symbols.push(0_u16);
            continue;
        };
        let quarter = i64::try_from(us / 250).expect("the clock is below 500,000 years");
        let delta = (quarter - clock).clamp(i64::from(i16::MIN), i64::from(i16::MAX));
        clock += delta;
        if let Ok(small) = u8::try_from(delta) {
            symbols.push(1);
            deltas.push(small);
        } else {
            symbols.push(2);
            let large = i16::try_from(delta).expect("clamped");
            deltas.extend_from_slice(&large.to_be_bytes());
        }
    }
    let chunks: Vec<u8> = symbols
        .chunks(7)
        .flat_map(|seven| {
            let bits = seven.iter().chain(std::iter::repeat(&0)).take(7);
            let vector = bits.fold(0, |vector, symbol| vector << 2 | symbol);
            (0xC000 | vector).to_be_bytes()
        })
        .collect();
    let status = u16::try_from(arrivals.len()).expect("feedback covers at most 65,535 packets");
    let [_, reference @ ..] = u32::try_from(reference & 0xFF_FFFF)
        .expect("masked")
        .to_be_bytes();
    let body: [&[u8]; 8] = [
        &ours.to_be_bytes(),
        &media.to_be_bytes(),
        &base.to_be_bytes(),
        &status.to_be_bytes(),
        &reference,
        &[count],
        &chunks,
        &deltas,
    ];
    packet(out, 15, 205, &body);
}

/// One packet: the parts are its body, padded to whole words with zeros.
fn packet(out: &mut Vec<u8>, count: u8, kind: u8, body: &[&[u8]]) {
    let bytes: usize = body.iter().map(|part| part.len()).sum();
    let words = u16::try_from(bytes.div_ceil(4)).expect("packets here are short");
    out.extend_from_slice(&[0x80 | count, kind]);
    out.extend_from_slice(&words.to_be_bytes());
    let end = out.len() + usize::from(words) * 4;
    body.iter().for_each(|part| out.extend_from_slice(part));
    out.resize(end, 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compound_packet_is_read_to_its_end() {
        let mut out = Vec::new();
        receiver_report(&mut out, 1, &[]);
        pli(&mut out, 1, 77);
        ask_again(&mut out, 1, 78, &[5, 9]);
        remb(&mut out, 1, 77, 5_000_000);
        let nack = Asked::Nack {
            ssrc: 78,
            sequences: vec![5, 9],
        };
        let asked = read(&out);
        assert_eq!(
            asked,
            [
                Asked::Other,
                Asked::Keyframe { ssrc: 77 },
                nack,
                Asked::Other
            ]
        );
        assert_eq!(read(&out[..out.len() - 1]).len(), 3);
    }

    #[test]
    fn a_bitmask_names_the_sixteen_after_the_base() {
        let mut out = Vec::new();
        packet(
            &mut out,
            1,
            205,
            &[&[0; 4], &[0, 0, 0, 9], &[255, 255, 0x80, 1]],
        );
        let sequences = vec![65_535, 0, 15];
        assert_eq!(read(&out), [Asked::Nack { ssrc: 9, sequences }]);
    }

    #[test]
    fn feedback_has_the_draft_s_shape() {
        let mut out = Vec::new();
        let arrivals = [Some(640_000), None, Some(641_000), Some(900_000)];
        twcc(&mut out, [1, 2], 10, 3, &arrivals);
        assert_eq!(out.len() % 4, 0);
        assert_eq!(&out[12..20], &[0, 10, 0, 4, 0, 0, 10, 3]);
        // Received, small; not received; received, small; received, large.
        assert_eq!(
            &out[20..22],
            &(0xC000_u16 | 0b01_00_01_10 << 6).to_be_bytes()
        );
        assert_eq!(&out[22..26], &[0, 4, 4, 12]);
    }
}
