//! Who gets in.

use crate::{
    raw::{handshake, request},
    server::Server,
};

const SUBPROTOCOL: &str = "Sec-WebSocket-Protocol: greenroom.v1.json\r\n";

async fn status(server: &Server, headers: &str) -> (u16, String) {
    request(server.address, &handshake(server.address, headers)).await
}

#[actix_web::test]
async fn the_first_known_subprotocol_of_the_client_is_taken() {
    let server = Server::start();
    for (offer, answer) in [
        ("greenroom.v1.json", "greenroom.v1.json"),
        (
            "chat, greenroom.v1.json, greenroom.v1.msgpack",
            "greenroom.v1.json",
        ),
        (
            "greenroom.v1.msgpack,greenroom.v1.json",
            "greenroom.v1.msgpack",
        ),
    ] {
        let headers = format!("Sec-WebSocket-Protocol: {offer}\r\n");
        let (code, head) = status(&server, &headers).await;
        assert_eq!(code, 101);
        let line = format!("sec-websocket-protocol: {answer}\r\n");
        assert!(head.to_ascii_lowercase().contains(&line), "{head}");
        // RFC 6455 §1.3.
        assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    }
    for offer in ["", "Sec-WebSocket-Protocol: greenroom.v9.json\r\n"] {
        let (code, text) = status(&server, offer).await;
        assert_eq!(code, 400);
        assert!(
            text.contains("greenroom.v1.msgpack, greenroom.v1.json"),
            "{text}"
        );
    }
    server.stop().await;
}

#[actix_web::test]
async fn only_listed_pages_and_the_own_host_get_in() {
    let server = Server::start();
    for (origin, code) in [
        (None, 101),
        (Some("https://chat.example".to_owned()), 101),
        (Some(format!("http://{}", server.address)), 101),
        (Some("https://evil.test".to_owned()), 403),
        (Some("https://chat.example.evil.test".to_owned()), 403),
        (Some("null".to_owned()), 403),
    ] {
        let line = origin.map_or(String::new(), |origin| format!("Origin: {origin}\r\n"));
        let (got, text) = status(&server, &format!("{SUBPROTOCOL}{line}")).await;
        assert_eq!(got, code, "{text}");
    }
    server.stop().await;
}

#[actix_web::test]
async fn what_is_not_a_handshake_gets_a_clear_answer() {
    let server = Server::start();
    let good = handshake(server.address, SUBPROTOCOL);
    for (from, to, code, text) in [
        ("GET", "POST", 405, "allow: get"),
        (
            "Version: 13",
            "Version: 8",
            426,
            "sec-websocket-version: 13",
        ),
        ("Upgrade: websocket\r\n", "", 426, "upgrade: websocket"),
        (
            "dGhlIHNhbXBsZSBub25jZQ==",
            "dGhl",
            400,
            "not a websocket handshake",
        ),
        (
            "\r\n\r\n",
            "\r\nContent-Length: 1\r\n\r\nx",
            400,
            "without a body",
        ),
    ] {
        let (got, answer) = request(server.address, &good.replacen(from, to, 1)).await;
        assert_eq!(got, code, "{answer}");
        assert!(answer.to_ascii_lowercase().contains(text), "{answer}");
    }
    server.stop().await;
}

#[actix_web::test]
async fn compression_is_agreed_to_without_context_takeover() {
    let server = Server::start();
    for (offer, agreed) in [
        ("permessage-deflate; client_max_window_bits", true),
        ("permessage-deflate; server_max_window_bits=8", false),
        ("x-unknown", false),
    ] {
        let headers = format!("{SUBPROTOCOL}Sec-WebSocket-Extensions: {offer}\r\n");
        let (code, head) = status(&server, &headers).await;
        assert_eq!(code, 101);
        let answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
        assert_eq!(head.contains(answer), agreed, "{head}");
    }
    server.stop().await;
}
