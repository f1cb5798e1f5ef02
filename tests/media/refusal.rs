//! What is not taken.

use super::client::{Client, PATIENCE};
use super::node::{Node, run};
use greenroom::actors::media::{Gate, GoneReason, MediaEvent, PeerCommand, ShardId};
use greenroom::sfu::TrackId;
use std::net::UdpSocket;

const HOME: ShardId = ShardId(0);

#[test]
fn media_from_an_unvalidated_address_is_dropped() {
    run(async {
        let node = Node::start(1).await;
        let mut client = Client::connected(&node, 1, HOME);
        let packet = client.sound(&[1, 2, 3]);
        let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
        stranger.send_to(&packet, client.server).unwrap();
        client.until("it is refused", |_| {
            node.sum(|it| it.refused.unvalidated.get()) == 1
        });
        assert_eq!(node.sum(|it| it.packets_in.get()), 0);
        client.send(&packet);
        client.until("its owner may send it", |_| {
            node.sum(|it| it.packets_in.get()) == 1
        });
    });
}

#[test]
fn a_repeated_or_forged_packet_is_dropped() {
    run(async {
        let node = Node::start(1).await;
        let mut client = Client::connected(&node, 1, HOME);
        let mut packet = client.sound(&[1, 2, 3]);
        client.send(&packet);
        client.send(&packet);
        client.until("the second is refused", |_| {
            node.sum(|it| it.refused.replayed.get()) == 1
        });
        assert_eq!(node.sum(|it| it.packets_in.get()), 1);
        packet = client.sound(&[4, 5, 6]);
        *packet.last_mut().unwrap() ^= 1;
        client.send(&packet);
        client.until("a forged one too", |_| {
            node.sum(|it| it.refused.unauthenticated.get()) == 1
        });
    });
}

#[test]
fn a_muted_publication_does_not_pass() {
    run(async {
        let node = Node::start(1).await;
        let mut client = Client::connected(&node, 1, HOME);
        client.peer.tell(PeerCommand::Gate(TrackId(10), Gate::Shut));
        client.until("it is refused", |client| {
            let packet = client.sound(&[1, 2, 3]);
            client.send(&packet);
            node.sum(|it| it.refused.muted.get()) > 0
        });
    });
}

#[test]
fn garbage_harms_nobody() {
    run(async {
        let node = Node::start(1).await;
        let mut client = Client::connected(&node, 1, HOME);
        for first in 0..=255 {
            for length in [1, 2, 12, 13, 40, 1_400] {
                client.send(&vec![first; length]);
            }
        }
        client.until("sound still passes", |client| {
            let packet = client.sound(&[1, 2, 3]);
            client.send(&packet);
            node.sum(|it| it.packets_in.get()) > 0
        });
        assert_eq!(node.sum(|it| it.faults.get()), 0);
    });
}

#[test]
fn a_client_that_falls_silent_is_gone() {
    run(async {
        let node = Node::start(1).await;
        let client = Client::connected(&node, 1, HOME);
        let gone = loop {
            match client.events.recv_timeout(PATIENCE) {
                Ok(event @ MediaEvent::PeerGone(..)) => break event,
                Ok(_) => {}
                Err(error) => panic!("it is still there: {error}"),
            }
        };
        assert_eq!(
            gone,
            MediaEvent::PeerGone(client.peer.id(), GoneReason::Vanished)
        );
    });
}

#[test]
fn a_peer_that_cannot_be_told_is_given_up() {
    run(async {
        let node = Node::start(1).await;
        let mut client = Client::connected(&node, 1, HOME);
        let tell = |_: &u32| client.peer.tell(PeerCommand::Show(Vec::new()));
        let told = (0..1_000_000).take_while(tell).count();
        assert!(told < 1_000_000, "it keeps up");
        let gone = client.expect("it is gone", |it| matches!(it, MediaEvent::PeerGone(..)));
        let removed = MediaEvent::PeerGone(client.peer.id(), GoneReason::Removed);
        assert_eq!(gone, removed);
    });
}
