use super::*;
use crate::transport::ws::codec::{compress, decode_all, masked_frame};
use proptest::prelude::*;

const LIMITS: Limits = Limits {
    frame_bytes_max: 1000,
    message_bytes_max: 2000,
};
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

fn server() -> Decoder {
    Decoder::new(Role::Server, LIMITS, Some(Deflate::default()))
}

fn text(payload: &str) -> Event {
    Event::Message(Message {
        kind: MessageKind::Text,
        payload: payload.into(),
    })
}

/// A masked frame with any first byte.
fn raw(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = masked_frame(OpCode::Text, payload, KEY).to_vec();
    bytes[0] = first;
    bytes
}

fn failure(bytes: &[u8]) -> Failure {
    decode_all(&mut server(), bytes).expect_err("refused").1
}

/// RFC 6455 §5.7, read by the side that would.
#[test]
fn the_examples_of_the_rfc() {
    let mut client = Decoder::new(Role::Client, LIMITS, None);
    let unmasked = [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
    assert_eq!(decode_all(&mut client, &unmasked), Ok(vec![text("Hello")]));
    let fragments = [0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f];
    assert_eq!(decode_all(&mut client, &fragments), Ok(vec![text("Hello")]));
    let ping = [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
    assert_eq!(
        decode_all(&mut client, &ping),
        Ok(vec![Event::Ping(b"Hello".to_vec())])
    );
    let masked = [
        0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
    ];
    assert_eq!(decode_all(&mut server(), &masked), Ok(vec![text("Hello")]));
}

/// RFC 7692 §7.2.3.1: compressed in one frame and in two fragments.
#[test]
fn the_compressed_examples_of_the_rfc() {
    let mut client = Decoder::new(Role::Client, LIMITS, Some(Deflate::default()));
    let whole = [0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    assert_eq!(decode_all(&mut client, &whole), Ok(vec![text("Hello")]));
    let fragments = [
        0x41, 0x03, 0xf2, 0x48, 0xcd, 0x80, 0x04, 0xc9, 0xc9, 0x07, 0x00,
    ];
    assert_eq!(decode_all(&mut client, &fragments), Ok(vec![text("Hello")]));
}

#[test]
fn control_frames_pass_between_fragments() {
    let bytes = [
        raw(0x01, b"ab"),
        raw(0x89, b"?"),
        raw(0x8a, b"!"),
        raw(0x80, b"c"),
    ]
    .concat();
    assert_eq!(
        decode_all(&mut server(), &bytes),
        Ok(vec![
            Event::Ping(b"?".to_vec()),
            Event::Pong(b"!".to_vec()),
            text("abc")
        ])
    );
}

#[test]
fn fragments_must_belong_together() {
    assert_eq!(failure(&raw(0x80, b"x")), Failure::NothingToContinue);
    let interleaved = [raw(0x01, b"a"), raw(0x82, b"b")].concat();
    assert_eq!(failure(&interleaved), Failure::InterleavedMessage);
    let compressed_continuation = [raw(0x41, b""), raw(0xc0, b"")].concat();
    assert_eq!(failure(&compressed_continuation), Failure::ReservedBit);
}

#[test]
fn an_oversize_frame_is_refused_at_its_header() {
    let frame = raw(0x82, &[0; 1001]);
    assert_eq!(failure(&frame[..8]), Failure::TooBig);
    let huge = [
        0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4,
    ];
    assert_eq!(failure(&huge), Failure::TooBig);
}

#[test]
fn fragments_are_bounded_in_sum() {
    let bytes = [raw(0x02, &[0; 1000]), raw(0x00, &[0; 1000])].concat();
    let last = raw(0x80, &[0; 1]);
    let mut decoder = server();
    assert_eq!(decode_all(&mut decoder, &bytes), Ok(vec![]));
    let (events, failure) = decode_all(&mut decoder, &last[..6]).expect_err("refused");
    assert_eq!((events, failure), (vec![], Failure::TooBig));
}

#[test]
fn an_inflated_message_is_bounded() {
    let fits = compress(&[b'x'; 2000]).expect("it shrinks");
    let events = decode_all(&mut server(), &raw(0xc2, &fits)).expect("a message");
    assert_eq!(events.len(), 1);
    let bomb = compress(&[b'x'; 2001]).expect("it shrinks");
    assert_eq!(failure(&raw(0xc2, &bomb)), Failure::TooBig);
}

#[test]
fn a_close_frame_ends_the_stream() {
    let mut decoder = server();
    let bytes = [raw(0x88, b"\x03\xe8bye"), raw(0x81, b"late")].concat();
    let close = CloseFrame {
        code: 1000,
        reason: "bye".into(),
    };
    assert_eq!(
        decode_all(&mut decoder, &bytes),
        Ok(vec![Event::Close(Some(close))])
    );
    assert!(decoder.peer_closed());
    assert_eq!(decode_all(&mut decoder, &[1; 100]), Ok(vec![]));
}

#[test]
fn a_bad_close_frame_is_a_failure_and_still_the_end() {
    let mut decoder = server();
    let (_, failure) = decode_all(&mut decoder, &raw(0x88, &[3, 0xed])).expect_err("1005");
    assert_eq!(failure, Failure::CloseCode);
    assert!(decoder.peer_closed());
}

#[test]
fn after_a_failure_the_close_frame_is_still_found() {
    let garbage = [
        raw(0x82, &[0; 1001]), // refused whole, payload passed over
        raw(0x81, b"\xff"),    // would be another failure
        raw(0x88, &[]),
        raw(0x81, b"late"),
    ];
    let bytes = garbage.concat();
    let mut decoder = server();
    let mut input = &bytes[..];
    assert_eq!(decoder.decode(&mut input), Err(Failure::TooBig));
    assert_eq!(decoder.decode(&mut input), Ok(Some(Event::Close(None))));
    assert!(input.is_empty() && decoder.peer_closed());
}

#[test]
fn a_header_refused_by_two_bytes_is_skimmed_from_there() {
    let bytes = [raw(0xa1, b"payload"), raw(0x88, &[])].concat();
    for cut in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(cut);
        let mut decoder = server();
        let mut failures = 0;
        for mut part in [head, tail] {
            while !part.is_empty() {
                failures += usize::from(decoder.decode(&mut part).is_err());
            }
        }
        assert!(failures == 1 && decoder.peer_closed(), "cut at {cut}");
    }
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Event(Event),
    Failure(Failure),
}

/// Everything a decoder says about a stream that arrives in pieces.
fn outcomes(bytes: &[u8], cuts: &[usize]) -> Vec<Outcome> {
    let mut decoder = server();
    let mut outcomes = Vec::new();
    let mut start = 0;
    for end in cuts.iter().copied().chain([bytes.len()]) {
        let mut input = &bytes[start..end.max(start)];
        start = end.max(start);
        loop {
            match decoder.decode(&mut input) {
                Ok(Some(event)) => outcomes.push(Outcome::Event(event)),
                Ok(None) => break,
                Err(failure) => outcomes.push(Outcome::Failure(failure)),
            }
        }
        assert!(input.is_empty(), "all input is consumed");
    }
    outcomes
}

fn frame() -> impl Strategy<Value = Vec<u8>> {
    let payload = prop_oneof![
        "\\PC{0,40}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..140),
        (1_usize..600).prop_map(|n| compress(&vec![b'z'; n + 128]).unwrap_or_default()),
    ];
    let first = prop_oneof![
        8 => prop::sample::select(vec![0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0xc1, 0x41, 0x89, 0x8a]),
        1 => prop::sample::select(vec![0x88_u8]),
        1 => any::<u8>(),
    ];
    (first, payload).prop_map(|(first, payload)| raw(first, &payload))
}

proptest! {
    #[test]
    fn any_split_of_a_stream_gives_the_same_events(
        frames in prop::collection::vec(frame(), 1..8),
        mut cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let bytes = frames.concat();
        let mut cuts: Vec<usize> = cuts.drain(..).map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        let whole = outcomes(&bytes, &[]);
        prop_assert_eq!(&outcomes(&bytes, &cuts), &whole);
        let every: Vec<usize> = (0..bytes.len()).collect();
        prop_assert_eq!(&outcomes(&bytes, &every), &whole);
    }

    #[test]
    fn any_fragmentation_of_a_message_gives_the_message(
        message in "\\PC{0,200}",
        mut cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let payload = message.as_bytes();
        let mut cuts: Vec<usize> = cuts.drain(..).map(|cut| cut.index(payload.len() + 1)).collect();
        cuts.sort_unstable();
        let mut bytes = Vec::new();
        let mut start = 0;
        for end in cuts.iter().copied() {
            bytes.extend(raw(u8::from(start == 0 && bytes.is_empty()), &payload[start..end]));
            start = end;
        }
        bytes.extend(raw(0x80 | u8::from(bytes.is_empty()), &payload[start..]));
        let mut wide = Decoder::new(
            Role::Server,
            Limits { frame_bytes_max: 4096, message_bytes_max: 4096 },
            None,
        );
        prop_assert_eq!(decode_all(&mut wide, &bytes), Ok(vec![text(&message)]));
    }

    #[test]
    fn noise_never_makes_the_decoder_hold_more_than_its_limits(
        bytes in prop::collection::vec(any::<u8>(), 0..4000),
    ) {
        for outcome in outcomes(&bytes, &[]) {
            if let Outcome::Event(Event::Message(message)) = outcome {
                prop_assert!(message.payload.len() <= LIMITS.message_bytes_max);
            }
        }
    }
}
