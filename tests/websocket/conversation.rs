//! Well-behaved clients.

use crate::{
    raw::{KEY, Raw},
    server::{Server, answer},
};
use futures_util::{SinkExt, StreamExt};
use greenroom::{
    protocol::Subprotocol,
    transport::ws::{
        Ended,
        codec::{Event, OFFER, OpCode, masked_frame},
    },
};
use tokio_tungstenite::tungstenite::{
    Message,
    client::IntoClientRequest,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

#[actix_web::test]
async fn another_implementation_is_understood_in_both_subprotocols() {
    let mut server = Server::start();
    for subprotocol in Subprotocol::ALL {
        let mut request = format!("ws://{}/", server.address)
            .into_client_request()
            .expect("a request");
        request.headers_mut().insert(
            "Sec-WebSocket-Protocol",
            subprotocol.name().parse().expect("a value"),
        );
        let (mut socket, _) = tokio_tungstenite::connect_async(request)
            .await
            .expect("connected");
        for text in ["hello", "", &"long ".repeat(20_000)] {
            let message = if subprotocol.is_text() {
                Message::text(text)
            } else {
                Message::binary(text.as_bytes().to_vec())
            };
            socket.send(message).await.expect("sent");
            let reply = socket.next().await.expect("open").expect("an answer");
            assert_eq!(reply.is_text(), subprotocol.is_text());
            assert_eq!(
                subprotocol.decode_server(&reply.into_data()),
                Ok(answer(text))
            );
        }
        socket
            .send(Message::Ping("are you there".into()))
            .await
            .expect("sent");
        let pong = socket.next().await.expect("open").expect("an answer");
        assert_eq!(pong, Message::Pong("are you there".into()));
        let close = CloseFrame {
            code: CloseCode::Library(4321),
            reason: "enough".into(),
        };
        socket.close(Some(close)).await.expect("sent");
        let Some(Ok(Message::Close(Some(echo)))) = socket.next().await else {
            panic!("no close frame");
        };
        assert_eq!(u16::from(echo.code), 4321);
        assert!(
            socket.next().await.is_none(),
            "the server ends the connection"
        );
        assert_eq!(server.ending().await, Ended::ByClient(Some(4321)));
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_burst_arrives_whole_and_in_order_although_the_session_is_slow() {
    let server = Server::start();
    let mut client = Raw::connect(server.address, Subprotocol::Json).await;
    client.say("burst").await;
    for i in 0..500 {
        assert_eq!(client.answer().await, i.to_string());
    }
    let mut burst = Vec::new();
    for i in 0..500 {
        let text = format!("message {i}");
        burst.extend_from_slice(&masked_frame(OpCode::Text, text.as_bytes(), KEY));
    }
    client.write(&burst).await;
    for i in 0..500 {
        assert_eq!(client.answer().await, format!("message {i}"));
    }
    server.stop().await;
}

#[actix_web::test]
async fn compressed_clients_get_the_same_answers() {
    let server = Server::start();
    let offer = format!("Sec-WebSocket-Extensions: {OFFER}\r\n");
    let mut client =
        Raw::connect_with(server.address, Subprotocol::MessagePack, &offer, None).await;
    for text in ["short", &"repeated ".repeat(1000)] {
        client.say(text).await;
        assert_eq!(client.answer().await, text);
    }
    let narrow = "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9\r\n";
    let mut client = Raw::connect_with(server.address, Subprotocol::Json, narrow, None).await;
    for text in [&"fits ".repeat(50), &"does not fit ".repeat(1000)] {
        client.say(text).await;
        assert_eq!(&client.answer().await, text);
    }
    server.stop().await;
}

#[actix_web::test]
async fn fragments_with_a_ping_between_them_make_one_message() {
    let server = Server::start();
    let mut client = Raw::connect(server.address, Subprotocol::Json).await;
    let mut first = masked_frame(OpCode::Text, b"frag", KEY).to_vec();
    first[0] &= 0x7f;
    let ping = masked_frame(OpCode::Ping, b"?", KEY);
    let last = masked_frame(OpCode::Continuation, b"ments", KEY);
    for byte in [&first[..], &ping[..], &last[..]].concat() {
        client.write(&[byte]).await;
    }
    assert_eq!(client.event().await, Some(Event::Pong(b"?".to_vec())));
    assert_eq!(client.answer().await, "fragments");
    server.stop().await;
}
