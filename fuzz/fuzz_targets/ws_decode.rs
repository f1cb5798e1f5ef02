//! Any bytes, in any pieces: the WebSocket decoder says the same, keeps its limits, and consumes everything.
#![no_main]

use greenroom::transport::ws::codec::{
    Decoder, Deflate, Event, Failure, Limits, MessageKind, Role,
};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits {
    frame_bytes_max: 4096,
    message_bytes_max: 8192,
};

fuzz_target!(|input: (bool, bool, u8, &[u8])| {
    let (client, deflate, piece, bytes) = input;
    let role = if client { Role::Client } else { Role::Server };
    let deflate = deflate.then(Deflate::default);
    let whole = outcomes(
        Decoder::new(role, LIMITS, deflate),
        bytes,
        bytes.len().max(1),
    );
    let pieces = outcomes(
        Decoder::new(role, LIMITS, deflate),
        bytes,
        usize::from(piece).max(1),
    );
    assert_eq!(whole, pieces);
});

fn outcomes(mut decoder: Decoder, bytes: &[u8], piece: usize) -> Vec<Result<Event, Failure>> {
    let mut outcomes = Vec::new();
    for mut input in bytes.chunks(piece) {
        loop {
            match decoder.decode(&mut input) {
                Ok(Some(event)) => outcomes.push(Ok(event)),
                Ok(None) => break,
                Err(failure) => outcomes.push(Err(failure)),
            }
        }
        assert!(input.is_empty(), "bytes are left over");
    }
    assert!(
        outcomes.iter().filter(|o| o.is_err()).count() <= 1,
        "one failure at most"
    );
    for event in outcomes.iter().flatten() {
        match event {
            Event::Message(message) => {
                assert!(message.payload.len() <= LIMITS.message_bytes_max);
                let utf8 = std::str::from_utf8(&message.payload).is_ok();
                assert!(utf8 || message.kind == MessageKind::Binary);
            }
            Event::Ping(payload) | Event::Pong(payload) => assert!(payload.len() <= 125),
            Event::Close(_) => {}
        }
    }
    outcomes
}
