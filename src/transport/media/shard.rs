//! The driver of one media shard: datagrams in, departures out, on one thread with the actors of its peers.
//!
//! It drains the socket before each slice of egress, so that what arrives is classified and shed by rank rather than
//! lost in the kernel. Between batches it yields, and the Tracks and Peers of the shard run. Whatever panics in here
//! while it serves a peer costs that peer alone.

use super::arena::Arena;
use super::batch::{Arrival, Batch};
use super::demux::Demux;
use super::effort::Effort;
use super::outlet::Outlet;
use super::socket::MediaSocket;
use super::tcp::TcpEvent;
use crate::actors::media::{Figures, Plane, Refusal, with_plane};
use crate::rtc::Path;
use crate::rtc::ice::{StunVerdict, stun_local_ufrag};
use crate::rtc::session::{Datagram, classify};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc};

/// Longest time for which departures are made before the socket is looked at again.
const SLICE: Duration = Duration::from_millis(1);
/// Batches taken in a row before the actors of the shard run.
const BATCHES_IN_A_ROW: usize = 4;
/// Datagrams of ICE-TCP taken in a row.
const TCP_IN_A_ROW: usize = 256;
/// What pacing holds back is looked at this often.
const PACING_TICK: Duration = Duration::from_millis(1);
/// Longest sleep: gauges are refreshed this often.
const IDLE_TICK: Duration = Duration::from_millis(500);
/// Room for departures between two system calls.
const ARENA_BYTES: usize = 1 << 20;

/// One shard.
pub(super) struct Driver {
    socket: MediaSocket,
    batch: Batch,
    demux: Demux,
    outlet: Outlet,
    tcp: mpsc::Receiver<TcpEvent>,
    wake: Arc<Notify>,
    figures: Arc<Figures>,
    kernel_drops: u64,
    effort: Effort,
}

/// What a turn of the driver found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// There may be more to do at once.
    Busy,
    /// Nothing is left until something happens.
    Idle,
}

impl Driver {
    pub(super) fn new(
        socket: MediaSocket,
        tcp: mpsc::Receiver<TcpEvent>,
        wake: Arc<Notify>,
        figures: Arc<Figures>,
    ) -> Self {
        let arena = Arena::new(ARENA_BYTES, socket.gso());
        Self {
            socket,
            batch: Batch::new(),
            demux: Demux::default(),
            outlet: Outlet::new(arena, Arc::clone(&figures)),
            tcp,
            wake,
            figures,
            kernel_drops: 0,
            effort: Effort::new(Instant::now()),
        }
    }

    /// Runs until its arbiter ends.
    pub(super) async fn run(mut self) {
        loop {
            let began = Instant::now();
            let turn = self.turn();
            self.figures
                .busy_us
                .add(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
            match turn {
                Turn::Busy => yield_to_actors().await,
                Turn::Idle => {
                    let slept = Instant::now();
                    self.sleep().await;
                    self.effort.idle += slept.elapsed();
                }
            }
            let now = Instant::now();
            if let Some(load) = self.effort.load(now) {
                with_plane(|plane| plane.observe(now, load));
            }
        }
    }

    /// Takes in what waits, then sends for at most a slice.
    fn turn(&mut self) -> Turn {
        let received = self.receive();
        let now = Instant::now();
        with_plane(|plane| {
            guarded(plane, |plane| plane.run(now));
            self.depart(plane);
            while let Some(peer) = plane.next_gone() {
                self.demux.forget_peer(peer);
            }
        });
        let left = with_plane(|plane| plane.has_departures());
        self.effort.behind = left.then(|| self.effort.behind.unwrap_or(now));
        if received == Turn::Busy || left {
            Turn::Busy
        } else {
            Turn::Idle
        }
    }

    fn receive(&mut self) -> Turn {
        let mut turn = Turn::Idle;
        for _ in 0..BATCHES_IN_A_ROW {
            let taken = self.socket.receive(&mut self.batch);
            if taken == 0 {
                break;
            }
            turn = Turn::Busy;
            let (demux, now) = (&mut self.demux, Instant::now());
            with_plane(|plane| {
                let mut oldest = now;
                for Arrival {
                    bytes,
                    from,
                    arrived,
                } in self.batch.arrivals()
                {
                    oldest = oldest.min(arrived);
                    guarded(plane, |plane| {
                        datagram(plane, demux, Path::Udp(from), bytes, arrived, now);
                    });
                }
                let waited = now.saturating_duration_since(oldest);
                self.effort.waited = self.effort.waited.max(waited);
            });
        }
        let drops = self.socket.kernel_drops();
        self.figures
            .kernel_drops_in
            .add(drops.saturating_sub(self.kernel_drops));
        self.kernel_drops = drops;
        for _ in 0..TCP_IN_A_ROW {
            let Ok(event) = self.tcp.try_recv() else {
                break;
            };
            turn = Turn::Busy;
            self.tcp_event(event);
        }
        turn
    }

    fn tcp_event(&mut self, event: TcpEvent) {
        match event {
            TcpEvent::Opened(link) => self.outlet.opened(link),
            TcpEvent::Closed(id, _) => {
                let path = self.outlet.closed(id).map(|it| Path::Tcp(id, it));
                let gone = path.and_then(|path| Some((self.demux.forget_path(&path)?, path)));
                if let Some((peer, path)) = gone {
                    let now = Instant::now();
                    with_plane(|plane| guarded(plane, |plane| plane.path_gone(peer, &path, now)));
                }
            }
            TcpEvent::Datagram {
                path,
                mut bytes,
                arrived,
            } => {
                let (demux, now) = (&mut self.demux, Instant::now());
                with_plane(|plane| {
                    guarded(plane, |plane| {
                        datagram(plane, demux, path, &mut bytes, arrived, now);
                    });
                });
            }
        }
    }

    /// Sends for at most a slice: transports first, then lane by lane over all subscribers.
    fn depart(&mut self, plane: &mut Plane) {
        let until = Instant::now() + SLICE;
        guarded(plane, |plane| self.outlet.send(plane, &self.socket, until));
        self.outlet.abandon();
        self.outlet.flush(&self.socket);
    }

    async fn sleep(&mut self) {
        let now = Instant::now();
        let (next, held) = with_plane(|plane| (plane.next_timeout(), plane.is_holding()));
        let mut wait = next.map_or(IDLE_TICK, |at| {
            at.saturating_duration_since(now).min(IDLE_TICK)
        });
        if held {
            wait = wait.min(PACING_TICK);
        }
        tokio::select! {
            // An error means that the runtime ends, and this task with it.
            _ = self.socket.readable() => {}
            () = self.wake.notified() => {}
            Some(event) = self.tcp.recv() => self.tcp_event(event),
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Gives one datagram to whom it belongs.
fn datagram(
    plane: &mut Plane,
    demux: &mut Demux,
    path: Path,
    bytes: &mut [u8],
    arrived: Instant,
    now: Instant,
) {
    plane.count_in(bytes.len());
    let kind = classify(bytes);
    if kind == Datagram::Stun {
        let peer = stun_local_ufrag(bytes).and_then(|ufrag| plane.peer_named(ufrag));
        let Some(peer) = peer else {
            return plane.refuse(Refusal::Unvalidated);
        };
        if plane.stun(peer, path, bytes, now) == StunVerdict::Validated {
            demux.learn(path, peer);
        }
        return;
    }
    let Some(peer) = demux.peer(&path) else {
        return plane.refuse(Refusal::Unvalidated);
    };
    match kind {
        Datagram::Rtp => plane.rtp(peer, path, bytes, arrived, now),
        Datagram::Rtcp => plane.rtcp(peer, path, bytes, arrived),
        Datagram::Dtls => plane.dtls(peer, path, bytes, now),
        Datagram::Stun | Datagram::Other => plane.refuse(Refusal::Malformed),
    }
}

/// Runs `serve`; if it panics, the peer it was serving is removed and the others go on.
fn guarded(plane: &mut Plane, serve: impl FnOnce(&mut Plane)) {
    if catch_unwind(AssertUnwindSafe(|| serve(plane))).is_err() {
        plane.fault();
    }
}

/// Lets the actors of this shard run once, then comes back.
async fn yield_to_actors() {
    let mut yielded = false;
    poll_fn(|cx| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
