use super::*;
use std::{
    net::UdpSocket as Peer,
    time::{Duration, Instant},
};

/// Only to fail instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);
/// More than it takes until the kernel tells of drops.
const PROBES_MAX: u8 = 100;

fn loopback(gso: Gso) -> UdpListen {
    UdpListen {
        ipv4: Some(Ipv4Addr::LOCALHOST),
        ipv6: Some(Ipv6Addr::LOCALHOST),
        port: 0,
        gso,
    }
}

/// Loopback in both families, or in the one that the machine has.
fn open_port() -> MediaSocket {
    let both = loopback(Gso::On);
    match MediaSocket::bind(&both) {
        Err(UdpError::Refused { address, .. }) if address.is_ipv6() => {
            let ipv4 = UdpListen { ipv6: None, ..both };
            MediaSocket::bind(&ipv4).expect("IPv4 on loopback")
        }
        bound => bound.expect("a free port"),
    }
}

fn peer_of(socket: &MediaSocket, family: Family) -> Option<Peer> {
    socket.descriptor(family)?;
    let (own, to) = match family {
        Family::Ipv4 => (
            "127.0.0.1:0",
            SocketAddr::from(([127, 0, 0, 1], socket.port())),
        ),
        Family::Ipv6 => ("[::1]:0", (Ipv6Addr::LOCALHOST, socket.port()).into()),
    };
    let peer = Peer::bind(own).expect("a free port");
    peer.connect(to).expect("an address of this machine");
    Some(peer)
}

/// Receives batch after batch until one is `enough`.
async fn receive_until(
    socket: &mut MediaSocket,
    batch: &mut Batch,
    mut enough: impl FnMut(&MediaSocket, &mut Batch) -> bool,
) {
    let received = async {
        loop {
            socket.readable().await.expect("a live runtime");
            socket.receive(batch);
            if enough(socket, batch) {
                return;
            }
        }
    };
    let received = tokio::time::timeout(PATIENCE, received).await;
    received.expect("what was sent");
}

#[tokio::test]
async fn datagrams_of_both_families_come_with_sender_and_time() {
    let mut socket = open_port();
    let before = Instant::now();
    let peers: Vec<_> = Family::BOTH
        .into_iter()
        .filter_map(|family| peer_of(&socket, family))
        .collect();
    let mut expected = Vec::new();
    for (i, peer) in peers.iter().enumerate() {
        for byte in 0..100u8 {
            let bytes = vec![byte; 1 + i + usize::from(byte)];
            peer.send(&bytes).expect("loopback");
            expected.push((peer.local_addr().expect("bound"), bytes));
        }
    }
    let mut found = Vec::new();
    let mut times = Vec::new();
    let mut batch = Batch::new();
    receive_until(&mut socket, &mut batch, |_, batch| {
        for arrival in batch.arrivals() {
            found.push((arrival.from, arrival.bytes.to_vec()));
            times.push(arrival.arrived);
        }
        found.len() == expected.len()
    })
    .await;
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    let after = Instant::now();
    assert!(times.iter().all(|&time| time <= after));
    // Stamped by the kernel between sending and receiving; the two clocks are read a moment apart.
    let slack = Duration::from_millis(1);
    assert!(times.iter().all(|&time| time + slack >= before));
    assert_eq!(socket.kernel_drops(), 0);
}

#[tokio::test]
async fn a_datagram_too_long_does_not_hide_the_others() {
    let mut socket = open_port();
    let peer = peer_of(&socket, Family::Ipv4).expect("IPv4 on loopback");
    for len in [1, crate::transport::media::batch::DATAGRAM_BYTES_MAX + 1, 2] {
        peer.send(&vec![7; len]).expect("loopback");
    }
    let mut lengths = Vec::new();
    let mut batch = Batch::new();
    receive_until(&mut socket, &mut batch, |_, batch| {
        lengths.extend(batch.arrivals().map(|arrival| arrival.bytes.len()));
        lengths.contains(&2)
    })
    .await;
    assert_eq!(lengths, [1, 2]);
}

#[tokio::test]
async fn what_the_kernel_drops_is_counted() {
    let mut socket = open_port();
    let peer = peer_of(&socket, Family::Ipv4).expect("IPv4 on loopback");
    let mut batch = Batch::new();
    // The first batch tells of no drops, so the kernel needs less room to tell than later.
    peer.send(&[0]).expect("loopback");
    receive_until(&mut socket, &mut batch, |_, batch| batch.len() == 1).await;
    let flood = 3 * SOCKET_BUFFER_BYTES / 1200;
    for _ in 0..flood {
        peer.send(&[0; 1200]).expect("loopback");
    }
    let mut received = 0;
    receive_until(&mut socket, &mut batch, |_, batch| {
        received += batch.len();
        true
    })
    .await;
    while socket.receive(&mut batch) > 0 {
        received += batch.len();
    }
    // The count comes with what arrives after the drops; the first to come may find too little room for it.
    let mut probe = 0;
    while socket.kernel_drops() == 0 {
        probe += 1;
        assert!(probe < PROBES_MAX, "the kernel tells at last");
        peer.send(&[probe]).expect("loopback");
        receive_until(&mut socket, &mut batch, |_, batch| {
            received += batch.len();
            batch.arrivals().any(|arrival| arrival.bytes == [probe])
        })
        .await;
    }
    let dropped = usize::try_from(socket.kernel_drops()).expect("a few thousand");
    assert_eq!(received + dropped, flood + usize::from(probe));
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let first = open_port();
    let again = UdpListen {
        port: first.port(),
        ..loopback(Gso::On)
    };
    let error = MediaSocket::bind(&again).expect_err("taken");
    assert!(matches!(error, UdpError::InUse(address) if address.port() == first.port()));
    assert!(error.to_string().contains("calls.port"));
}

#[tokio::test]
async fn no_family_is_an_error_of_its_own() {
    let nowhere = UdpListen {
        ipv4: None,
        ipv6: None,
        ..loopback(Gso::On)
    };
    assert!(matches!(
        MediaSocket::bind(&nowhere),
        Err(UdpError::NoFamily)
    ));
}

#[tokio::test]
async fn offload_is_off_where_it_is_not_wanted() {
    let ipv4 = UdpListen {
        ipv6: None,
        ..loopback(Gso::Off)
    };
    let socket = MediaSocket::bind(&ipv4).expect("a free port");
    assert_eq!(socket.gso(), Gso::Off);
    let granted = socket.granted();
    assert!(granted.receive_bytes > 0 && granted.send_bytes > 0);
}
