//! Any chunks from a peer with an SCTP association: no panic, and what is kept stays within bounds.
#![no_main]

use bytes::Bytes;
use greenroom::rtc::data::{CHANNELS_MAX, Data, DataEvent, DataMessage, MESSAGE_LEN_MAX};
use libfuzzer_sys::{arbitrary, arbitrary::Arbitrary, fuzz_target};
use std::time::{Duration, Instant};

const INIT: u8 = 1;
const COOKIE_ECHO: u8 = 10;
const STATE_COOKIE: u16 = 7;

#[derive(Debug, Arbitrary)]
enum Step {
    /// A whole ordered message: the next in sequence, so that it is delivered.
    Message {
        stream: u8,
        protocol: u8,
        content: Vec<u8>,
    },
    Chunk {
        kind: u8,
        flags: u8,
        body: Vec<u8>,
    },
    Raw(Vec<u8>),
    Wait(u16),
}

/// CRC-32C (RFC 9260 appendix A), bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0x82F6_3B78 * (crc & 1))
        })
    })
}

fn packet(tag: [u8; 4], kind: u8, flags: u8, body: &[u8]) -> Bytes {
    let mut packet = vec![0x13, 0x88, 0x13, 0x88];
    packet.extend(tag);
    packet.extend([0; 4]);
    packet.extend([kind, flags]);
    packet.extend(
        u16::try_from(body.len() + 4)
            .unwrap_or(u16::MAX)
            .to_be_bytes(),
    );
    packet.extend(body);
    packet.resize(packet.len().next_multiple_of(4), 0);
    let checksum = crc32c(&packet).to_le_bytes();
    packet[8..12].copy_from_slice(&checksum);
    packet.into()
}

/// Begins the association and returns our verification tag.
fn associate(data: &mut Data, now: Instant) -> Option<[u8; 4]> {
    let mut init = vec![0, 0, 0, 9]; // our tag
    init.extend([0, 2, 0, 0]); // window
    init.extend([1, 0, 1, 0]); // streams
    init.extend([0, 0, 0, 1]); // first TSN
    data.handle(now, packet([0; 4], INIT, 0, &init));
    let answer = data.poll_packet()?;
    let tag = answer.get(16..20)?.try_into().ok()?;
    let mut parameters = answer.get(32..)?;
    while parameters.len() >= 4 {
        let kind = u16::from_be_bytes([parameters[0], parameters[1]]);
        let length = usize::from(u16::from_be_bytes([parameters[2], parameters[3]]));
        if kind == STATE_COOKIE {
            let cookie = parameters.get(4..length)?.to_vec();
            data.handle(now, packet(tag, COOKIE_ECHO, 0, &cookie));
            return Some(tag);
        }
        parameters = parameters.get(length.next_multiple_of(4).max(4)..)?;
    }
    None
}

fuzz_target!(|steps: Vec<Step>| {
    let mut now = Instant::now();
    let mut data = Data::new();
    let tag = associate(&mut data, now).expect("our INIT is sound");
    let mut tsn = 1u32;
    let mut sequences = [0u16; 256];
    for step in steps {
        match step {
            Step::Message {
                stream,
                protocol,
                content,
            } => {
                let mut body = tsn.to_be_bytes().to_vec();
                body.extend([0, stream]);
                body.extend(sequences[usize::from(stream)].to_be_bytes());
                body.extend([0, 0, 0, 50 + protocol % 8]);
                body.extend(content);
                data.handle(now, packet(tag, 0, 3, &body));
                tsn = tsn.wrapping_add(1);
                sequences[usize::from(stream)] = sequences[usize::from(stream)].wrapping_add(1);
            }
            Step::Chunk { kind, flags, body } => data.handle(now, packet(tag, kind, flags, &body)),
            Step::Raw(bytes) => data.handle(now, bytes.into()),
            Step::Wait(ms) => {
                now += Duration::from_millis(u64::from(ms));
                data.handle_timeout(now);
            }
        }
        while data.poll_packet().is_some() {}
        while let Some(event) = data.poll_event() {
            match event {
                DataEvent::Opened { channel, .. } => {
                    assert!(channel.0 < CHANNELS_MAX);
                    let message = DataMessage::Text("hello".to_owned());
                    assert!(data.send(now, channel, &message).is_ok());
                }
                DataEvent::Message {
                    message: DataMessage::Binary(bytes),
                    ..
                } => {
                    assert!(bytes.len() <= MESSAGE_LEN_MAX);
                }
                _ => {}
            }
        }
    }
});
