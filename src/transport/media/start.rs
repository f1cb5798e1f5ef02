//! Opens the ports of all shards and sets their drivers going.

use super::interfaces::advertised;
use super::shard::Driver;
use super::socket::{Gso, MediaSocket, UdpError, UdpListen};
use super::tcp::{IceTcp, Route, TcpEvent, TcpLimits};
use crate::actors::media::{Figures, MediaHandle, Plane, Relay, ShardId, ShardPort};
use crate::actors::supervision::Supervisor;
use crate::rtc::ice::stun_local_ufrag;
use crate::rtc::identity::{Identity, IdentityError};
use crate::rtc::sdp::Candidate;
use crate::transport::listen::BindError;
use actix_rt::{Arbiter, ArbiterHandle};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::{Notify, mpsc, oneshot};

/// Datagrams of ICE-TCP that wait for one shard; more hold their connections back.
const TCP_DATAGRAMS_MAX: usize = 1_024;

/// Where and how media is taken.
#[derive(Debug, Clone)]
pub struct MediaSettings {
    /// Addresses to listen on; at most one of each family counts, and any address stands for all when there are more.
    pub listen: Vec<IpAddr>,
    /// UDP port of the first shard, the next ones follow; and the port of ICE-TCP. 0: whatever is free.
    pub port: u16,
    /// Addresses that clients are told; none: those that are listened on.
    pub addresses: Vec<IpAddr>,
    /// Whether a loopback address is told beside others, for clients on this machine.
    pub loopback: bool,
    /// Shards, at least one.
    pub shards: usize,
}

/// Why there is no media. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// No UDP port.
    #[error(transparent)]
    Udp(#[from] UdpError),
    /// No TCP port.
    #[error(transparent)]
    Tcp(#[from] BindError),
    /// No certificate.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// More shards than ports.
    #[error("{0} media shards do not fit behind port {1}: choose a lower calls.port")]
    Ports(usize, u16),
    /// A thread ended before it began.
    #[error("the thread of a media shard ended")]
    Thread,
}

/// The shards of this node, running.
pub struct Shards {
    /// The way into the media plane.
    pub media: MediaHandle,
    /// What each shard counts.
    pub figures: Vec<Arc<Figures>>,
    /// Their threads; they end with the process.
    pub arbiters: Vec<Arbiter>,
}

/// A shard that has its port and waits for the plane.
struct Opened {
    udp_port: u16,
    tcp_ports: Vec<u16>,
    begin: oneshot::Sender<Begin>,
}

/// What a shard begins with.
struct Begin {
    media: MediaHandle,
    relay: Relay,
    /// Of all shards, by their ids: for whoever accepts.
    tcp: Vec<mpsc::Sender<TcpEvent>>,
    /// Told when the shard takes peers.
    ready: oneshot::Sender<()>,
}

/// What a shard is made of before anybody else is there.
struct Rank {
    shard: ShardId,
    listen: UdpListen,
    /// The addresses of ICE-TCP, for the shard that accepts.
    tcp: Vec<SocketAddr>,
    events: mpsc::Receiver<TcpEvent>,
    wake: Arc<Notify>,
    figures: Arc<Figures>,
}

/// Opens the ports and starts the shards. Peers live under `peers`, publications under `tracks`.
///
/// # Errors
/// [`MediaError`]: the operator must choose other ports or addresses.
pub async fn start(
    settings: &MediaSettings,
    peers: Supervisor,
    tracks: Supervisor,
) -> Result<Shards, MediaError> {
    let count = settings.shards.max(1);
    let identity = Arc::new(Identity::generate()?);
    let listened = listened(&settings.listen);
    let wakes: Vec<_> = (0..count).map(|_| Arc::new(Notify::new())).collect();
    let figures: Vec<_> = (0..count).map(|_| Arc::new(Figures::default())).collect();
    let arbiters: Vec<_> = (0..count).map(|_| Arbiter::new()).collect();
    let mut queues = Vec::new();
    let mut opened = Vec::new();
    for (index, arbiter) in arbiters.iter().enumerate() {
        let (queue, events) = mpsc::channel(TCP_DATAGRAMS_MAX);
        queues.push(queue);
        let rank = Rank {
            shard: shard_id(index),
            listen: udp(&listened, port(settings.port, index, count)?),
            tcp: tcp(&listened, settings.port, index),
            events,
            wake: Arc::clone(&wakes[index]),
            figures: Arc::clone(&figures[index]),
        };
        opened.push(open(&arbiter.handle(), rank).await?);
    }
    let addresses = advertised(&settings.addresses, &listened, settings.loopback);
    let tcp_ports = &opened[0].tcp_ports;
    let ports = opened
        .iter()
        .zip(&arbiters)
        .map(|(shard, arbiter)| ShardPort {
            arbiter: arbiter.handle(),
            candidates: candidates(&addresses, shard.udp_port, tcp_ports),
        });
    let media = MediaHandle::new(identity, ports.collect(), peers, tracks);
    for (shard, relay) in opened.into_iter().zip(Relay::between(&wakes)) {
        let (ready, is_ready) = oneshot::channel();
        let begin = Begin {
            media: media.clone(),
            relay,
            tcp: queues.clone(),
            ready,
        };
        shard.begin.send(begin).map_err(|_| MediaError::Thread)?;
        is_ready.await.map_err(|_| MediaError::Thread)?;
    }
    Ok(Shards {
        media,
        figures,
        arbiters,
    })
}

/// Opens a shard's ports on its own thread, where it stays and waits to begin.
async fn open(arbiter: &ArbiterHandle, rank: Rank) -> Result<Opened, MediaError> {
    let (tell, told) = oneshot::channel();
    // Made over there: a driver does not move between threads.
    let shard = move || async move {
        let bound = MediaSocket::bind(&rank.listen).map_err(MediaError::from);
        let bound = bound.and_then(|socket| {
            let tcp = match &rank.tcp[..] {
                [] => None,
                addresses => Some(IceTcp::bind(addresses, TcpLimits::default())?),
            };
            Ok((socket, tcp))
        });
        match bound {
            Ok((socket, tcp)) => {
                let (begin, begun) = oneshot::channel();
                let ports = tcp.iter().flat_map(IceTcp::addresses);
                let opened = Opened {
                    udp_port: socket.port(),
                    tcp_ports: ports.map(|address| address.port()).collect(),
                    begin,
                };
                // Nobody listens any more when another shard has no port: then there is nothing to begin.
                if tell.send(Ok(opened)).is_ok()
                    && let Ok(begin) = begun.await
                {
                    run(rank, socket, tcp, begin).await;
                }
            }
            Err(error) => drop(tell.send(Err(error))),
        }
    };
    arbiter.spawn_fn(move || drop(actix_rt::spawn(shard())));
    told.await.map_err(|_| MediaError::Thread)?
}

async fn run(rank: Rank, socket: MediaSocket, tcp: Option<IceTcp>, begin: Begin) {
    let Begin {
        media,
        relay,
        tcp: queues,
        ready,
    } = begin;
    if let Some(tcp) = tcp {
        let media = media.clone();
        let route: Route = Rc::new(move |datagram| {
            let shard = media.shard_named(stun_local_ufrag(datagram)?)?;
            queues.get(usize::from(shard.0)).cloned()
        });
        actix_rt::spawn(tcp.run(route));
    }
    let (wake, figures) = (Arc::clone(&rank.wake), Arc::clone(&rank.figures));
    Plane::install(rank.shard, media, relay, wake, figures);
    // Nobody waits for a node that gave up.
    let _ = ready.send(());
    Driver::new(socket, rank.events, rank.wake, rank.figures)
        .run()
        .await;
}

fn shard_id(index: usize) -> ShardId {
    ShardId(u16::try_from(index).expect("fewer shards than ports"))
}

fn port(first: u16, index: usize, count: usize) -> Result<u16, MediaError> {
    if first == 0 {
        return Ok(0);
    }
    let port = u16::try_from(index)
        .ok()
        .and_then(|it| first.checked_add(it));
    port.ok_or(MediaError::Ports(count, first))
}

/// One address of each family: several of one stand for all.
fn listened(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let v4: Vec<_> = addresses.iter().filter(|it| it.is_ipv4()).collect();
    let v6: Vec<_> = addresses.iter().filter(|it| it.is_ipv6()).collect();
    let one = |family: &[&IpAddr], all: IpAddr| match family {
        [] => None,
        [one] => Some(**one),
        _ => Some(all),
    };
    let v4 = one(&v4, Ipv4Addr::UNSPECIFIED.into());
    let v6 = one(&v6, Ipv6Addr::UNSPECIFIED.into());
    v4.into_iter().chain(v6).collect()
}

fn udp(listened: &[IpAddr], port: u16) -> UdpListen {
    let mut listen = UdpListen {
        ipv4: None,
        ipv6: None,
        port,
        gso: Gso::On,
    };
    for address in listened {
        match address {
            IpAddr::V4(v4) => listen.ipv4 = Some(*v4),
            IpAddr::V6(v6) => listen.ipv6 = Some(*v6),
        }
    }
    listen
}

/// The first shard accepts for all.
fn tcp(listened: &[IpAddr], port: u16, index: usize) -> Vec<SocketAddr> {
    let listened = listened.iter().filter(|_| index == 0);
    listened.map(|it| SocketAddr::new(*it, port)).collect()
}

fn candidates(addresses: &[IpAddr], udp: u16, tcp: &[u16]) -> Vec<Candidate> {
    let of_udp = addresses.iter().map(|it| SocketAddr::new(*it, udp));
    // All listeners have the same port unless the system chose it.
    let of_tcp = addresses.iter().zip(tcp.first().into_iter().cycle());
    let of_tcp = of_tcp.map(|(it, port)| SocketAddr::new(*it, *port));
    let of_udp = of_udp.map(Candidate::Udp);
    of_udp.chain(of_tcp.map(Candidate::TcpPassive)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_addresses_of_a_family_stand_for_all() {
        let addresses = |texts: &[&str]| -> Vec<IpAddr> {
            let parsed = texts.iter().map(|it| it.parse());
            parsed.collect::<Result<_, _>>().expect("addresses")
        };
        let one = addresses(&["192.0.2.1", "2001:db8::1"]);
        assert_eq!(listened(&one), one);
        let many = addresses(&["192.0.2.1", "192.0.2.2"]);
        assert_eq!(listened(&many), addresses(&["0.0.0.0"]));
    }

    #[test]
    fn shards_have_ports_in_a_row() {
        assert_eq!(port(7701, 3, 4).ok(), Some(7704));
        assert_eq!(port(0, 3, 4).ok(), Some(0));
        assert!(matches!(port(65_535, 1, 2), Err(MediaError::Ports(2, _))));
    }
}
