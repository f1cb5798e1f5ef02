//! A bad link between one client and the server: a UDP relay on loopback that shapes both directions.

use super::arrival::{Arrival, note_arrivals, try_receive};
use super::shape::{Fate, Link, Shape};
use crate::clock::{Alarm, now_us};
use anyhow::ensure;
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use tokio::net::UdpSocket;

/// Datagrams on their way in one relay; more are dropped, as a real queue would.
const UNDER_WAY_MAX: usize = 8_192;
/// Passages remembered.
const PASSAGES_MAX: usize = 2_000_000;
const DATAGRAM_BYTES_MAX: usize = 2_048;

/// One datagram that came through, towards the client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passage {
    pub(crate) at_us: u64,
    pub(crate) bytes: usize,
    pub(crate) queued_us: u64,
}

/// A relay; it ends when dropped.
pub(crate) struct Proxy {
    addr: SocketAddr,
    state: Rc<RefCell<State>>,
    task: tokio::task::JoinHandle<()>,
}

struct State {
    up: Link,
    down: Link,
    passages: Vec<Passage>,
    lost: u64,
    overflown: u64,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct UnderWay {
    at_us: u64,
    /// Keeps the order of those that arrive at the same time.
    number: u64,
    down: bool,
    datagram: Vec<u8>,
}

impl Proxy {
    /// A relay to `server`, which must be on this machine.
    ///
    /// # Errors
    /// When it is not, or there is no socket.
    pub(crate) async fn start(
        server: SocketAddr,
        [up, down]: [Shape; 2],
        seed: u64,
    ) -> anyhow::Result<Self> {
        ensure!(
            server.ip().is_loopback(),
            "the proxy shapes loopback only, not {server}"
        );
        let front = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let back = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        back.connect(server).await?;
        note_arrivals(&front);
        note_arrivals(&back);
        let addr = front.local_addr()?;
        let state = Rc::new(RefCell::new(State {
            up: Link::new(up, seed),
            down: Link::new(down, !seed),
            passages: Vec::new(),
            lost: 0,
            overflown: 0,
        }));
        let alarm = Alarm::new()?;
        let relay = relay(front, back, alarm, Rc::clone(&state));
        let task = tokio::task::spawn_local(relay);
        Ok(Self { addr, state, task })
    }

    /// Where the client finds the server.
    pub(crate) const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Changes the direction towards the client from now on.
    pub(crate) fn reshape(&self, down: Shape) {
        self.state.borrow_mut().down.reshape(down);
    }

    /// Takes what came through towards the client so far.
    pub(crate) fn take_passages(&self) -> Vec<Passage> {
        std::mem::take(&mut self.state.borrow_mut().passages)
    }

    /// Datagrams lost at random, and for want of room in a queue.
    pub(crate) fn lost(&self) -> (u64, u64) {
        let state = self.state.borrow();
        (state.lost, state.overflown)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    /// When a datagram arrives; `None` when it does not.
    fn carry(&mut self, down: bool, arrival: Arrival) -> Option<u64> {
        let link = if down { &mut self.down } else { &mut self.up };
        let bytes = arrival.len;
        match link.carry(arrival.at_us, bytes) {
            Fate::Arrives { at_us, queued_us } => {
                if down && self.passages.len() < PASSAGES_MAX {
                    self.passages.push(Passage {
                        at_us,
                        bytes,
                        queued_us,
                    });
                }
                Some(at_us)
            }
            Fate::Lost => {
                self.lost += 1;
                None
            }
            Fate::Overflow => {
                self.overflown += 1;
                None
            }
        }
    }
}

async fn relay(front: UdpSocket, back: UdpSocket, alarm: Alarm, state: Rc<RefCell<State>>) {
    let mut client = None;
    let mut under_way: BinaryHeap<Reverse<UnderWay>> = BinaryHeap::new();
    let mut number = 0;
    let mut buffers = [[0; DATAGRAM_BYTES_MAX]; 2];
    loop {
        let next_us = under_way.peek().map(|next| next.0.at_us);
        let [ups, downs] = &mut buffers;
        let (down, arrival, datagram) = tokio::select! {
            biased;
            _ = alarm.until(next_us.unwrap_or(0)), if next_us.is_some() => {
                deliver(&mut under_way, &front, &back, client);
                continue;
            }
            Ok(()) = front.readable() => {
                let Ok(arrival) = try_receive(&front, ups) else {
                    continue;
                };
                client = arrival.from.or(client);
                (false, arrival, &ups[..arrival.len])
            }
            Ok(()) = back.readable() => {
                let Ok(arrival) = try_receive(&back, downs) else {
                    continue;
                };
                (true, arrival, &downs[..arrival.len])
            }
            else => return,
        };
        let arrives = state.borrow_mut().carry(down, arrival);
        if let Some(at_us) = arrives.filter(|_| under_way.len() < UNDER_WAY_MAX) {
            number += 1;
            under_way.push(Reverse(UnderWay {
                at_us,
                number,
                down,
                datagram: datagram.to_vec(),
            }));
        }
    }
}

fn deliver(
    under_way: &mut BinaryHeap<Reverse<UnderWay>>,
    front: &UdpSocket,
    back: &UdpSocket,
    client: Option<SocketAddr>,
) {
    let now_us = now_us();
    while under_way.peek().is_some_and(|next| next.0.at_us <= now_us) {
        let Some(Reverse(next)) = under_way.pop() else {
            return;
        };
        // A full socket drops, as the network would.
        let _ = match (next.down, client) {
            (true, Some(client)) => front.try_send_to(&next.datagram, client),
            (true, None) => continue,
            (false, _) => back.try_send(&next.datagram),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only to fail instead of hanging.
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

    #[test]
    fn both_directions_pass_and_a_dead_link_does_not() {
        let pass = async {
            let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
                .await
                .expect("a socket");
            let at = server.local_addr().expect("bound");
            let shapes = [Shape::PERFECT; 2];
            let proxy = Proxy::start(at, shapes, 1).await.expect("on loopback");
            let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
                .await
                .expect("a socket");
            client.send_to(b"ping", proxy.addr()).await.expect("sent");
            let mut buffer = [0; 16];
            let (len, from) = server.recv_from(&mut buffer).await.expect("passed");
            assert_eq!(&buffer[..len], b"ping");
            server.send_to(b"pong", from).await.expect("sent");
            let (len, _) = client.recv_from(&mut buffer).await.expect("passed");
            assert_eq!(&buffer[..len], b"pong");
            assert_eq!(proxy.take_passages().len(), 1);
            let dead = Shape {
                loss_percent: 100.0,
                ..Shape::PERFECT
            };
            proxy.reshape(dead);
            server.send_to(b"lost", from).await.expect("sent");
            while proxy.lost().0 == 0 {
                tokio::task::yield_now().await;
            }
            let far = SocketAddr::from(([192, 0, 2, 1], 9));
            assert!(Proxy::start(far, shapes, 1).await.is_err());
        };
        let in_time = async { tokio::time::timeout(PATIENCE, pass).await };
        crate::block_on_local(in_time).expect("what was sent");
    }
}
