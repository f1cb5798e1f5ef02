//! A client that writes whatever bytes it likes.

use crate::server::PATIENCE;
use greenroom::{
    protocol::{ServerFrame, Subprotocol},
    transport::ws::codec::{Decoder, Deflate, Event, Limits, OpCode, Role, masked_frame},
};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

pub(crate) const KEY: [u8; 4] = [1, 2, 3, 4];

pub(crate) struct Raw {
    stream: TcpStream,
    decoder: Decoder,
    unread: Vec<u8>,
    subprotocol: Subprotocol,
}

/// A handshake with these headers besides the necessary ones.
pub(crate) fn handshake(address: SocketAddr, headers: &str) -> String {
    format!(
        "GET /ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    )
}

/// Sends a request and returns status and text of the answer, which must end the connection or be short.
pub(crate) async fn request(address: SocketAddr, request: &str) -> (u16, String) {
    tokio::time::timeout(PATIENCE, exchange(address, request))
        .await
        .expect("an answer")
}

async fn exchange(address: SocketAddr, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.expect("a server");
    stream.write_all(request.as_bytes()).await.expect("written");
    let head = read_head(&mut stream).await;
    let status = head[9..12].parse().expect("a status");
    let length = head
        .to_ascii_lowercase()
        .split_once("content-length: ")
        .and_then(|(_, rest)| rest.split("\r\n").next()?.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.expect("a body");
    (status, head + &String::from_utf8(body).expect("text"))
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a head"));
    }
    String::from_utf8(head).expect("ASCII")
}

impl Raw {
    pub(crate) async fn connect(address: SocketAddr, subprotocol: Subprotocol) -> Self {
        Self::connect_with(address, subprotocol, "", None).await
    }

    /// `receive_bytes` bounds what the kernel takes in for a client that does not read.
    pub(crate) async fn connect_with(
        address: SocketAddr,
        subprotocol: Subprotocol,
        headers: &str,
        receive_bytes: Option<u32>,
    ) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        if let Some(bytes) = receive_bytes {
            socket.set_recv_buffer_size(bytes).expect("set");
        }
        let mut stream = socket.connect(address).await.expect("a server");
        let headers = format!(
            "Sec-WebSocket-Protocol: {}\r\n{headers}",
            subprotocol.name()
        );
        let request = handshake(address, &headers);
        stream.write_all(request.as_bytes()).await.expect("written");
        let head = tokio::time::timeout(PATIENCE, read_head(&mut stream)).await;
        let head = head.expect("an answer");
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        let deflate = head.contains("permessage-deflate").then(Deflate::default);
        let limits = Limits {
            frame_bytes_max: 1 << 20,
            message_bytes_max: 1 << 20,
        };
        Self {
            stream,
            decoder: Decoder::new(Role::Client, limits, deflate),
            unread: Vec::new(),
            subprotocol,
        }
    }

    /// Writes to a server that may have ended the connection already: what it said before can be read in any case.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    pub(crate) async fn say(&mut self, text: &str) {
        let opcode = if self.subprotocol.is_text() {
            OpCode::Text
        } else {
            OpCode::Binary
        };
        self.write(&masked_frame(opcode, text.as_bytes(), KEY))
            .await;
    }

    /// The next event, or nothing when the server ended the connection.
    pub(crate) async fn event(&mut self) -> Option<Event> {
        tokio::time::timeout(PATIENCE, self.next_event())
            .await
            .expect("the server says something")
    }

    /// The text of the next answer.
    pub(crate) async fn answer(&mut self) -> String {
        match self.event().await {
            Some(Event::Message(message)) => {
                let frame = self.subprotocol.decode_server(&message.payload);
                match frame.expect("a frame") {
                    ServerFrame::Error { message, .. } => message,
                    other => panic!("{other:?}"),
                }
            }
            other => panic!("{other:?}"),
        }
    }

    /// The code of the next event, a close frame.
    pub(crate) async fn close_code(&mut self) -> u16 {
        match self.event().await {
            Some(Event::Close(Some(close))) => close.code,
            other => panic!("{other:?}"),
        }
    }

    /// Answers a close frame and sees the server end the connection.
    pub(crate) async fn close(&mut self) {
        self.write(&masked_frame(OpCode::Close, &[], KEY)).await;
        assert_eq!(self.event().await, None);
    }

    async fn next_event(&mut self) -> Option<Event> {
        loop {
            let mut input = &self.unread[..];
            let event = self.decoder.decode(&mut input).expect("a valid server");
            let consumed = self.unread.len() - input.len();
            self.unread.drain(..consumed);
            if event.is_some() {
                return event;
            }
            let mut chunk = [0; 16 * 1024];
            match self.stream.read(&mut chunk).await {
                Ok(0) | Err(_) => return None,
                Ok(read) => self.unread.extend_from_slice(&chunk[..read]),
            }
        }
    }
}
