//! What the kernel's part of forwarding costs: CPU time per datagram of 1,200 bytes to 100 destinations on loopback.
//!
//! `cargo bench --bench egress`. Each pass copies a payload into the arena for every destination, in bursts of 1, 4 or
//! 10 in a row, and flushes; the time is the thread's CPU time, divided by datagrams. The receivers have next to no
//! buffer and read nothing, so their side is mostly left out.
//!
//! On a 2-core virtual machine that others used too, Linux 6.18: with offload 1.15 µs alone, 0.52 in bursts of 4, 0.36 in
//! bursts of 10; without 1.16, 1.13 and 1.12. nix's safe calls come within 5 % of raw `sendmmsg(2)` (0.94 µs against
//! 0.99 alone, 0.305 against 0.309 in tens, addresses and lengths prepared) and 8 % of raw `recvmmsg(2)` (0.37 µs a
//! datagram against 0.40 in batches of 64), so there is no unsafe code here. Receiving with segments joined (UDP GRO) is
//! not tried: a publisher's packets differ in length.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use greenroom::transport::media::{
    arena::Arena,
    socket::{Gso, MediaSocket, UdpListen},
};
use nix::time::{ClockId, clock_gettime};
use socket2::SockRef;
use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    time::Duration,
};

const DESTINATIONS: usize = 100;
const PAYLOAD: [u8; 1200] = [7; 1200];
const ARENA_BYTES: usize = 2 << 20;

fn thread_cpu() -> Duration {
    let now = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("every Linux has this clock");
    Duration::from(now)
}

fn sinks() -> Vec<UdpSocket> {
    let sink = || {
        let sink = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        SockRef::from(&sink)
            .set_recv_buffer_size(0)
            .expect("the kernel's least");
        sink
    };
    (0..DESTINATIONS).map(|_| sink()).collect()
}

/// One burst to every destination.
fn pass(arena: &mut Arena, socket: &MediaSocket, destinations: &[SocketAddr], burst: usize) {
    for &to in destinations {
        for _ in 0..burst {
            if !arena.has_room(PAYLOAD.len()) {
                arena.flush(socket);
            }
            let room = arena.reserve(PAYLOAD.len(), to).expect("room by now");
            room.copy_from_slice(&PAYLOAD);
        }
    }
    arena.flush(socket);
}

fn egress(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .expect("a runtime");
    let _inside = runtime.enter();
    let sinks = sinks();
    let destinations: Vec<_> = sinks
        .iter()
        .map(|sink| sink.local_addr().expect("bound"))
        .collect();
    let mut group = c.benchmark_group("egress");
    for gso in [Gso::On, Gso::Off] {
        let listen = UdpListen {
            ipv4: Some(Ipv4Addr::LOCALHOST),
            ipv6: None,
            port: 0,
            gso,
        };
        let socket = MediaSocket::bind(&listen).expect("a free port");
        let mut arena = Arena::new(ARENA_BYTES, socket.gso());
        for burst in [1, 4, 10] {
            group.throughput(Throughput::Elements((DESTINATIONS * burst) as u64));
            let id = BenchmarkId::new(format!("offload {gso:?}"), burst);
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|passes| {
                    let before = thread_cpu();
                    for _ in 0..passes {
                        pass(&mut arena, &socket, &destinations, burst);
                    }
                    thread_cpu() - before
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, egress);
criterion_main!(benches);
