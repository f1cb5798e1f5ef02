use super::*;
use crate::transport::media::socket::UdpListen;
use proptest::prelude::*;
use std::{
    net::{Ipv4Addr, Ipv6Addr, UdpSocket as Peer},
    time::Duration,
};

/// Only to fail instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);

fn open_port(gso: Gso) -> MediaSocket {
    let both = UdpListen {
        ipv4: Some(Ipv4Addr::LOCALHOST),
        ipv6: Some(Ipv6Addr::LOCALHOST),
        port: 0,
        gso,
    };
    MediaSocket::bind(&both)
        .or_else(|_| MediaSocket::bind(&UdpListen { ipv6: None, ..both }))
        .expect("a free port")
}

/// Peers in every family the machine has, each with the address to send to.
fn open_peers(socket: &MediaSocket, each: usize) -> Vec<(Peer, SocketAddr)> {
    let families = Family::BOTH.into_iter();
    let families = families.filter(|&family| socket.descriptor(family).is_some());
    families
        .flat_map(|family| [family].repeat(each))
        .map(|family| {
            let own = match family {
                Family::Ipv4 => "127.0.0.1:0",
                Family::Ipv6 => "[::1]:0",
            };
            let peer = Peer::bind(own).expect("a free port");
            peer.set_read_timeout(Some(PATIENCE)).expect("not zero");
            let address = peer.local_addr().expect("bound");
            (peer, address)
        })
        .collect()
}

fn received(peer: &Peer, count: usize) -> Vec<Vec<u8>> {
    let mut room = vec![0; 70_000];
    let mut one = || {
        let len = peer.recv(&mut room).expect("what was sent");
        room[..len].to_vec()
    };
    (0..count).map(|_| one()).collect()
}

/// Fills the arena as a shard would: flushes when it is full.
fn put(arena: &mut Arena, socket: &MediaSocket, datagram: &[u8], to: SocketAddr) -> FlushReport {
    let mut report = FlushReport::default();
    if !arena.has_room(datagram.len()) {
        report = arena.flush(socket);
    }
    let room = arena.reserve(datagram.len(), to).expect("room by now");
    room.copy_from_slice(datagram);
    report
}

fn arrive_alike(gso: Gso, plan: &[(usize, usize, usize)]) {
    let socket = open_port(gso);
    let peers = open_peers(&socket, 2);
    let mut arena = Arena::new(1 << 17, socket.gso());
    let mut expected = vec![Vec::new(); peers.len()];
    let mut sent = 0;
    for (number, &(peer, len, times)) in plan.iter().enumerate() {
        let peer = peer % peers.len();
        for time in 0..times {
            let mut datagram = vec![time as u8; len];
            datagram[0] = number as u8;
            sent += put(&mut arena, &socket, &datagram, peers[peer].1).sent;
            expected[peer].push(datagram);
        }
        // One that could not be sealed.
        if arena.has_room(len) {
            arena.reserve(len, peers[peer].1).expect("room").fill(0xff);
            arena.retract();
        }
    }
    let report = arena.flush(&socket);
    sent += report.sent;
    assert_eq!(report.drops, EgressDrops::default());
    assert_eq!(sent as usize, expected.iter().map(Vec::len).sum::<usize>());
    assert!(arena.is_empty());
    for ((peer, _), expected) in peers.iter().zip(expected) {
        assert_eq!(received(peer, expected.len()), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn datagrams_arrive_alike_with_and_without_offload(
        plan in prop::collection::vec((0usize..4, 1usize..1300, 1usize..6), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let _inside = runtime.enter();
        arrive_alike(Gso::On, &plan);
        arrive_alike(Gso::Off, &plan);
    }
}

#[tokio::test]
async fn big_bursts_leave_in_few_calls_and_arrive_whole() {
    let socket = open_port(Gso::On);
    let peers = open_peers(&socket, 1);
    let mut arena = Arena::new(1 << 18, socket.gso());
    for &(_, to) in &peers {
        for i in 0..90u8 {
            put(&mut arena, &socket, &[i; 1200], to);
        }
    }
    let report = arena.flush(&socket);
    assert_eq!(report.sent, 90 * peers.len() as u64);
    assert_eq!(report.bytes, 1200 * report.sent);
    if arena.gso() == Gso::On {
        assert_eq!(
            report.calls,
            peers.len() as u64,
            "runs of 54 and 36 in a call"
        );
    }
    for (peer, _) in &peers {
        let expected: Vec<_> = (0..90u8).map(|i| vec![i; 1200]).collect();
        assert_eq!(received(peer, 90), expected);
    }
}

#[tokio::test]
async fn a_destination_that_is_refused_takes_nothing_from_the_others() {
    for gso in [Gso::On, Gso::Off] {
        let socket = open_port(gso);
        let peers = open_peers(&socket, 2);
        let broadcast = SocketAddr::from(([255, 255, 255, 255], 9)); // not allowed without SO_BROADCAST
        let mut arena = Arena::new(1 << 16, socket.gso());
        for (to, byte) in [
            (peers[0].1, 1),
            (broadcast, 2),
            (SocketAddr::from(([127, 0, 0, 1], 0)), 3), // no such port
            (peers[1].1, 4),
        ] {
            put(&mut arena, &socket, &[byte; 100], to);
            put(&mut arena, &socket, &[byte; 100], to);
        }
        let report = arena.flush(&socket);
        assert_eq!(report.sent, 4);
        assert_eq!(report.drops.unreachable, 2);
        assert_eq!(report.drops.other, 2);
        assert_eq!(
            arena.gso(),
            gso,
            "bad destinations say nothing of the device"
        );
        assert_eq!(received(&peers[0].0, 2), [[1; 100]; 2]);
        assert_eq!(received(&peers[1].0, 2), [[4; 100]; 2]);
    }
}

#[test]
fn a_full_arena_says_so() {
    let to = SocketAddr::from(([127, 0, 0, 1], 9));
    let mut arena = Arena::new(100, Gso::On);
    assert!(arena.reserve(0, to).is_none());
    assert!(arena.reserve(101, to).is_none());
    assert!(arena.reserve(60, to).is_some());
    assert!(arena.reserve(41, to).is_none() && !arena.has_room(41));
    assert!(arena.reserve(40, to).is_some());
    assert_eq!(arena.len(), 2);

    let mut arena = Arena::new(1 << 16, Gso::Off);
    let taken = (0..=RUNS_MAX).take_while(|_| arena.reserve(1, to).is_some());
    assert_eq!(taken.count(), RUNS_MAX);
}

#[test]
fn the_size_to_pad_to_is_that_of_the_open_run() {
    let [to, other] = [1, 2].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    let mut arena = Arena::new(1 << 20, Gso::On);
    assert_eq!(arena.run_size_for(to), None);
    arena.reserve(1000, to);
    assert_eq!(arena.run_size_for(to), Some(1000));
    assert_eq!(arena.run_size_for(other), None);
    arena.reserve(999, to);
    assert_eq!(arena.run_size_for(to), None, "a shorter one closes the run");
    arena.retract();
    assert_eq!(
        arena.run_size_for(to),
        Some(1000),
        "and opens it when taken back"
    );
    for _ in 1..RUN_SEGMENTS_MAX {
        arena.reserve(1000, to);
    }
    assert_eq!(arena.run_size_for(to), None, "64 are a run");
    arena.reserve(RUN_BYTES_MAX - 100, to);
    assert_eq!(
        arena.run_size_for(to),
        None,
        "no room for a second of this length"
    );

    let mut arena = Arena::new(1 << 20, Gso::Off);
    arena.reserve(1000, to);
    assert_eq!(arena.run_size_for(to), None, "nothing is gained by padding");
}
