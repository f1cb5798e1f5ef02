//! Clients that break the rules.

use crate::{
    raw::{KEY, Raw},
    server::Server,
};
use greenroom::{
    protocol::Subprotocol,
    transport::ws::{
        Ended,
        codec::{Event, Failure, OFFER, OpCode, compress, masked_frame},
    },
};

/// A masked frame with any first byte.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = masked_frame(OpCode::Text, payload, KEY).to_vec();
    bytes[0] = first;
    bytes
}

#[actix_web::test]
async fn each_fault_gets_its_close_code() {
    let mut server = Server::start();
    let unmasked = vec![0x81, 0x01, b'x'];
    let fragmented_ping = frame(0x09, b"");
    let cases = [
        (unmasked, 1002, Failure::Masking),
        (frame(0x91, b""), 1002, Failure::ReservedBit),
        (frame(0xc1, b""), 1002, Failure::ReservedBit),
        (frame(0x83, b""), 1002, Failure::ReservedOpCode),
        (frame(0x80, b""), 1002, Failure::NothingToContinue),
        (fragmented_ping, 1002, Failure::FragmentedControl),
        (frame(0x89, &[0; 126]), 1002, Failure::LongControl),
        (
            frame(0x88, &1005_u16.to_be_bytes()),
            1002,
            Failure::CloseCode,
        ),
        (frame(0x88, &[3]), 1002, Failure::ShortClose),
        (frame(0x81, b"\xc0\xaf"), 1007, Failure::Utf8),
        // Fails at the byte that is wrong, although the frame is not complete.
        (
            frame(0x81, b"\xed\xa0\x80 and more")[..9].to_vec(),
            1007,
            Failure::Utf8,
        ),
    ];
    for (bytes, code, failure) in cases {
        let mut client = Raw::connect(server.address, Subprotocol::Json).await;
        client.write(&bytes).await;
        assert_eq!(client.close_code().await, code, "{failure}");
        drop(client);
        assert_eq!(server.ending().await, Ended::Failed(failure));
    }
    server.stop().await;
}

#[actix_web::test]
async fn an_oversize_frame_is_refused_before_its_payload_arrives() {
    let mut server = Server::start();
    let mut client = Raw::connect(server.address, Subprotocol::Json).await;
    let mut header = vec![0x81, 0xff];
    header.extend_from_slice(&(256 * 1024 + 1_u64).to_be_bytes());
    header.extend_from_slice(&KEY);
    client.write(&header).await;
    assert_eq!(client.close_code().await, 1009);
    // The payload is passed over, and the client's close frame behind it found.
    client.write(&vec![0; 256 * 1024 + 1]).await;
    client.close().await;
    assert_eq!(server.ending().await, Ended::Failed(Failure::TooBig));
    server.stop().await;
}

#[actix_web::test]
async fn a_deflate_bomb_is_refused() {
    let mut server = Server::start();
    let offer = format!("Sec-WebSocket-Extensions: {OFFER}\r\n");
    let mut client = Raw::connect_with(server.address, Subprotocol::Json, &offer, None).await;
    let bomb = compress(&vec![b'x'; 50 << 20]).expect("it shrinks");
    client.write(&frame(0xc1, &bomb)).await;
    assert_eq!(client.close_code().await, 1009);
    client.close().await;
    assert_eq!(server.ending().await, Ended::Failed(Failure::TooBig));
    server.stop().await;
}

#[actix_web::test]
async fn the_wrong_kind_of_message_is_refused() {
    let server = Server::start();
    for (subprotocol, first) in [(Subprotocol::Json, 0x82), (Subprotocol::MessagePack, 0x81)] {
        let mut client = Raw::connect(server.address, subprotocol).await;
        client.write(&frame(first, b"hello")).await;
        assert_eq!(client.close_code().await, 1003);
        client.close().await;
    }
    server.stop().await;
}

#[actix_web::test]
async fn answers_to_what_came_before_a_fault_go_out_before_the_close() {
    let server = Server::start();
    let mut client = Raw::connect(server.address, Subprotocol::Json).await;
    let bytes = [
        frame(0x81, b"good"),
        frame(0x89, b"ping"),
        frame(0x83, b"bad"),
    ]
    .concat();
    client.write(&bytes).await;
    let mut events = Vec::new();
    for _ in 0..2 {
        events.push(client.event().await);
    }
    assert!(
        events.contains(&Some(Event::Pong(b"ping".to_vec()))),
        "{events:?}"
    );
    assert_eq!(client.close_code().await, 1002);
    server.stop().await;
}

#[actix_web::test]
async fn half_a_header_holds_up_nobody_else() {
    let mut server = Server::start();
    let mut slow = Raw::connect(server.address, Subprotocol::Json).await;
    slow.write(&[0x81]).await;
    let mut client = Raw::connect(server.address, Subprotocol::Json).await;
    client.say("meanwhile").await;
    assert_eq!(client.answer().await, "meanwhile");
    drop(slow);
    assert_eq!(server.ending().await, Ended::Lost);
    server.stop().await;
}

#[actix_web::test]
async fn noise_ends_the_connection_and_nothing_else() {
    let mut server = Server::start();
    let mut noise = Vec::new();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..64 * 1024 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.push(state as u8);
    }
    let mut client = Raw::connect(server.address, Subprotocol::Json).await;
    client.write(&noise).await;
    assert!(matches!(client.event().await, Some(Event::Close(Some(_)))));
    drop(client);
    assert!(matches!(server.ending().await, Ended::Failed(_)));
    let mut client = Raw::connect(server.address, Subprotocol::Json).await;
    client.say("still here").await;
    assert_eq!(client.answer().await, "still here");
    server.stop().await;
}
