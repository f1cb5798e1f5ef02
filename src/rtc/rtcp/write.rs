//! Writing RTCP.

use super::{
    BYE, DESCRIPTION, FIR, NACK, PAYLOAD_FEEDBACK, PLI, RECEIVER_REPORT, REMB, ReportBlock, Rtcp,
    SENDER_REPORT, TRANSPORT_CC, TRANSPORT_FEEDBACK,
};

/// The most blocks, sources or names of one packet: its header counts them in five bits.
const COUNT_MAX: usize = 31;
/// The largest mantissa of a REMB: 18 bits.
const MANTISSA_MAX: u64 = (1 << 18) - 1;
const NAME_BYTES_MAX: usize = 255;

/// Appends packets to `out`. [`Rtcp::Other`] is nothing that could be written and is left out; so are blocks, sources and
/// names beyond 31 of one packet.
pub fn write(packets: &[Rtcp], out: &mut Vec<u8>) {
    for packet in packets {
        one(packet, out);
    }
}

fn one(packet: &Rtcp, out: &mut Vec<u8>) {
    match packet {
        Rtcp::SenderReport(report) => {
            let reports = counted(&report.reports);
            framed(out, SENDER_REPORT, reports.len(), |out| {
                put(out, &[report.ssrc]);
                out.extend(report.ntp.to_be_bytes());
                put(out, &[report.rtp_timestamp, report.packets, report.octets]);
                blocks(reports, out);
            });
        }
        Rtcp::ReceiverReport { ssrc, reports } => {
            let reports = counted(reports);
            framed(out, RECEIVER_REPORT, reports.len(), |out| {
                put(out, &[*ssrc]);
                blocks(reports, out);
            });
        }
        Rtcp::Description(names) => {
            let names = counted(names);
            framed(out, DESCRIPTION, names.len(), |out| {
                descriptions(names, out)
            });
        }
        Rtcp::Bye(ssrcs) => {
            let ssrcs = counted(ssrcs);
            framed(out, BYE, ssrcs.len(), |out| put(out, ssrcs));
        }
        Rtcp::Nack {
            sender,
            media,
            lost,
        } => feedback(out, TRANSPORT_FEEDBACK, NACK, |out| {
            put(out, &[*sender, *media]);
            nack_pairs(lost, out);
        }),
        Rtcp::Pli { sender, media } => feedback(out, PAYLOAD_FEEDBACK, PLI, |out| {
            put(out, &[*sender, *media]);
        }),
        Rtcp::Fir { sender, requests } => feedback(out, PAYLOAD_FEEDBACK, FIR, |out| {
            put(out, &[*sender, 0]);
            for (ssrc, number) in requests {
                put(out, &[*ssrc, u32::from(*number) << 24]);
            }
        }),
        Rtcp::Remb {
            sender,
            bitrate_bps,
            ssrcs,
        } => feedback(out, PAYLOAD_FEEDBACK, REMB, |out| {
            put(out, &[*sender, 0]);
            remb(*bitrate_bps, ssrcs, out);
        }),
        Rtcp::TransportCc(told) => feedback(out, TRANSPORT_FEEDBACK, TRANSPORT_CC, |out| {
            told.write(out);
        }),
        Rtcp::Other { .. } => {}
    }
}

fn counted<T>(items: &[T]) -> &[T] {
    &items[..items.len().min(COUNT_MAX)]
}

fn feedback(out: &mut Vec<u8>, packet_type: u8, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    framed(out, packet_type, usize::from(kind), body);
}

/// The header of RFC 3550 §6.4.1 around a body of whole words.
fn framed(out: &mut Vec<u8>, packet_type: u8, count: usize, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    let count = u8::try_from(count).expect("COUNT_MAX, or a kind of feedback");
    out.extend([0x80 | count, packet_type, 0, 0]);
    body(out);
    debug_assert!((out.len() - start).is_multiple_of(4), "whole words");
    let words = u16::try_from((out.len() - start) / 4 - 1).unwrap_or(u16::MAX);
    out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
}

fn put(out: &mut Vec<u8>, words: &[u32]) {
    for word in words {
        out.extend(word.to_be_bytes());
    }
}

fn blocks(reports: &[ReportBlock], out: &mut Vec<u8>) {
    for block in reports {
        // RFC 3550 §6.4.1: what does not fit into 24 bits stays at the limit.
        let lost = block.cumulative_lost.clamp(-0x80_0000, 0x7f_ffff);
        let lost = lost.cast_unsigned() & 0xff_ffff;
        put(
            out,
            &[
                block.ssrc,
                u32::from(block.fraction_lost) << 24 | lost,
                block.highest_sequence,
                block.jitter,
                block.last_sr,
                block.delay_since_last_sr,
            ],
        );
    }
}

fn descriptions(names: &[(u32, String)], out: &mut Vec<u8>) {
    for (ssrc, name) in names {
        let name = &name.as_bytes()[..name.len().min(NAME_BYTES_MAX)];
        put(out, &[*ssrc]);
        out.extend([1, u8::try_from(name.len()).expect("NAME_BYTES_MAX")]);
        out.extend(name);
        // One zero ends the items, and more fill the word.
        let end = 6 + name.len();
        out.extend(std::iter::repeat_n(0, (end + 1).next_multiple_of(4) - end));
    }
}

/// Pairs of a sequence number and a mask of the sixteen after it, in the order given: shortest when that is sorted.
fn nack_pairs(lost: &[u16], out: &mut Vec<u8>) {
    let mut rest = lost;
    while let [first, after @ ..] = rest {
        let mut mask = 0_u16;
        let mut last = 0;
        rest = after;
        while let [next, after @ ..] = rest {
            let distance = next.wrapping_sub(*first);
            if distance <= last || distance > 16 {
                break;
            }
            last = distance;
            mask |= 1 << (distance - 1);
            rest = after;
        }
        out.extend(first.to_be_bytes());
        out.extend(mask.to_be_bytes());
    }
}

fn remb(bitrate_bps: u64, ssrcs: &[u32], out: &mut Vec<u8>) {
    let ssrcs = &ssrcs[..ssrcs.len().min(255)];
    let bits = u64::BITS - bitrate_bps.leading_zeros();
    let exponent = bits.saturating_sub(MANTISSA_MAX.count_ones());
    let mantissa = u32::try_from(bitrate_bps >> exponent).expect("18 bits are left");
    out.extend(b"REMB");
    let count = u32::try_from(ssrcs.len()).expect("255 at most");
    put(out, &[count << 24 | exponent << 18 | mantissa]);
    put(out, ssrcs);
}
