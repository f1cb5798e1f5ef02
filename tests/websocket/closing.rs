//! How connections end.

use crate::{raw::Raw, server::Server};
use greenroom::{
    protocol::{CloseCode, Subprotocol},
    transport::{
        socket::USER_TIMEOUT,
        ws::{CLOSE_TIMEOUT, Ended, codec::Event},
    },
};
use std::time::Instant;

#[actix_web::test]
async fn the_server_closes_after_what_was_queued() {
    let mut server = Server::start();
    let mut client = Raw::connect(server.address, Subprotocol::Json).await;
    client.say("drain").await;
    assert_eq!(client.answer().await, "before the close");
    assert_eq!(client.close_code().await, 1001);
    client.close().await;
    assert_eq!(server.ending().await, Ended::ByServer(CloseCode::GoingAway));
    server.stop().await;
}

#[actix_web::test]
async fn a_client_that_never_answers_the_close_is_let_go() {
    let mut server = Server::start();
    let mut client = Raw::connect(server.address, Subprotocol::Json).await;
    client.say("drain").await;
    assert_eq!(client.answer().await, "before the close");
    assert_eq!(client.close_code().await, 1001);
    client.say("I stay").await;
    assert_eq!(client.event().await, None);
    assert_eq!(server.ending().await, Ended::ByServer(CloseCode::GoingAway));
    server.stop().await;
}

#[actix_web::test]
async fn an_outbox_closed_without_an_order_is_an_internal_error() {
    let mut server = Server::start();
    let mut client = Raw::connect(server.address, Subprotocol::Json).await;
    client.say("die").await;
    assert_eq!(client.close_code().await, 1011);
    client.close().await;
    assert_eq!(server.ending().await, Ended::ByServer(CloseCode::Internal));
    server.stop().await;
}

#[actix_web::test]
async fn a_client_that_vanishes_is_noticed() {
    let mut server = Server::start();
    let client = Raw::connect(server.address, Subprotocol::Json).await;
    drop(client);
    assert_eq!(server.ending().await, Ended::Lost);
    server.stop().await;
}

/// Closes of which each may be cut short by its deadline, on a machine that stops for seconds.
const ATTEMPTS_MAX: usize = 5;

#[actix_web::test]
async fn a_slow_reader_that_reads_on_learns_why_it_is_closed() {
    let mut server = Server::start();
    for _ in 0..ATTEMPTS_MAX {
        let mut client = Raw::connect(server.address, Subprotocol::Json).await;
        client.say("flood").await;
        let begun = Instant::now();
        let close = loop {
            match client.event().await {
                Some(Event::Message(_)) => {}
                other => break other,
            }
        };
        let slow = Ended::ByServer(CloseCode::SlowConsumer);
        if close.is_none() && begun.elapsed() >= CLOSE_TIMEOUT {
            assert_eq!(server.ending().await, slow);
            continue;
        }
        let Some(Event::Close(Some(close))) = close else {
            panic!("{close:?}");
        };
        assert_eq!(close.code, 4004);
        client.close().await;
        assert_eq!(server.ending().await, slow);
        server.stop().await;
        return;
    }
    panic!("each close was cut short");
}

#[actix_web::test]
async fn a_stuck_reader_is_freed_without_the_help_of_the_kernel() {
    let (mut server, sockets) = Server::start_with_sockets(None);
    let mut client = Raw::connect_with(server.address, Subprotocol::Json, "", Some(4096)).await;
    let socket = sockets.recv().expect("connected");
    let kernels = socket.tcp_user_timeout().expect("an option");
    assert_eq!(kernels, Some(USER_TIMEOUT));
    socket.set_tcp_user_timeout(None).expect("an option");
    client.say("flood").await;
    // It never reads. `ending` waits until the server has freed the connection.
    let slow = Ended::ByServer(CloseCode::SlowConsumer);
    assert_eq!(server.ending().await, slow);
    drop(client);
    server.stop().await;
}
