//! The same under TLS.

use crate::{
    raw::{KEY, handshake},
    server::Server,
};
use greenroom::{
    protocol::CloseCode,
    transport::{
        socket::tune_socket,
        ws::{
            Ended,
            codec::{OpCode, masked_frame},
        },
    },
};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned,
    pki_types::{PrivateKeyDer, ServerName},
};
use std::{
    io::{Read, Write},
    net::SocketAddr,
    sync::Arc,
};

type Tls = StreamOwned<ClientConnection, std::net::TcpStream>;

fn certificate() -> (ServerConfig, ClientConfig) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a key that fits");
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("a certificate");
    let client = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (server, client)
}

/// Connects and says one thing.
fn say(address: SocketAddr, config: ClientConfig, text: &str) -> Tls {
    let name = ServerName::try_from("localhost").expect("a name");
    let tls = ClientConnection::new(Arc::new(config), name).expect("a client");
    let tcp = std::net::TcpStream::connect(address).expect("a server");
    let mut stream = StreamOwned::new(tls, tcp);
    let request = handshake(address, "Sec-WebSocket-Protocol: greenroom.v1.json\r\n");
    stream.write_all(request.as_bytes()).expect("written");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a head");
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"HTTP/1.1 101"));
    let message = masked_frame(OpCode::Text, text.as_bytes(), KEY);
    stream.write_all(&message).expect("written");
    stream
}

#[actix_web::test]
async fn a_message_is_answered() {
    let (server_config, client_config) = certificate();
    let server = Server::start_with(Some(server_config), tune_socket);
    let address = server.address;
    let client = move || {
        let mut stream = say(address, client_config, "secret");
        let mut header = [0; 2];
        stream.read_exact(&mut header).expect("an answer");
        let mut payload = vec![0; usize::from(header[1])];
        stream.read_exact(&mut payload).expect("an answer");
        String::from_utf8(payload).expect("text")
    };
    let payload = actix_web::rt::task::spawn_blocking(client).await;
    assert!(payload.expect("an answer").contains("secret"));
    server.stop().await;
}

#[actix_web::test]
async fn a_stuck_reader_is_freed() {
    let (server_config, client_config) = certificate();
    let (mut server, sockets) = Server::start_with_sockets(Some(server_config));
    let address = server.address;
    let client = move || {
        let mut stream = say(address, client_config, "I shall not read");
        let socket = sockets.recv().expect("connected");
        socket.set_tcp_user_timeout(None).expect("an option");
        let flood = masked_frame(OpCode::Text, b"flood", KEY);
        stream.write_all(&flood).expect("written");
        stream
    };
    let stuck = actix_web::rt::task::spawn_blocking(client)
        .await
        .expect("connected");
    let slow = Ended::ByServer(CloseCode::SlowConsumer);
    assert_eq!(server.ending().await, slow);
    drop(stuck);
    server.stop().await;
}
