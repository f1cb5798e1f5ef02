//! The way out of a shard: departures are written in place, where they will be sent from.

use super::arena::Arena;
use super::socket::MediaSocket;
use super::tcp::TcpLink;
use crate::actors::media::{Departure, Figures, Plane};
use crate::rtc::{Path, TcpId};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

/// Departures made between two looks at the clock.
const DEPARTURES_PER_LOOK: usize = 16;

/// Where departures leave: UDP in runs, TCP one by one.
pub(super) struct Outlet {
    arena: Arena,
    links: HashMap<TcpId, TcpLink>,
    /// A datagram on its way to a TCP connection.
    scratch: Vec<u8>,
    /// A datagram in the arena is not sealed yet.
    is_open: bool,
    figures: Arc<Figures>,
}

impl Outlet {
    pub(super) fn new(arena: Arena, figures: Arc<Figures>) -> Self {
        Self {
            arena,
            links: HashMap::new(),
            scratch: Vec::new(),
            is_open: false,
            figures,
        }
    }

    /// A TCP connection is there. Their listener bounds how many there are.
    pub(super) fn opened(&mut self, link: TcpLink) {
        self.links.insert(link.id(), link);
    }

    /// A TCP connection is gone; the peer it led to.
    pub(super) fn closed(&mut self, id: TcpId) -> Option<SocketAddr> {
        self.links.remove(&id).map(|link| link.remote())
    }

    /// Makes departures until there are none or the time is over.
    pub(super) fn send(&mut self, plane: &mut Plane, socket: &MediaSocket, until: Instant) {
        while let Some(transmit) = plane.next_transmit() {
            self.copy(&transmit.path, &transmit.payload, socket);
        }
        loop {
            let now = Instant::now();
            if now >= until {
                return;
            }
            for _ in 0..DEPARTURES_PER_LOOK {
                let arena = &self.arena;
                let run = |path: &Path| match path {
                    Path::Udp(to) => arena.run_size_for(*to),
                    Path::Tcp(..) => None,
                };
                let Some(departure) = plane.next_departure(now, run) else {
                    return;
                };
                self.write(plane, &departure, socket, now);
            }
        }
    }

    /// Hands everything written to the kernel.
    pub(super) fn flush(&mut self, socket: &MediaSocket) {
        if self.arena.is_empty() {
            return;
        }
        let report = self.arena.flush(socket);
        self.figures.datagrams_out.add(report.sent);
        self.figures.bytes_out.add(report.bytes);
        let drops = report.drops;
        self.figures
            .kernel_drops_out
            .add(drops.full + drops.unreachable + drops.too_long + drops.other);
    }

    fn write(
        &mut self,
        plane: &mut Plane,
        departure: &Departure,
        socket: &MediaSocket,
        now: Instant,
    ) {
        let bytes = departure.bytes();
        match departure.path() {
            Path::Udp(to) => {
                self.is_open = true;
                let Some(room) = self.room(bytes, to, socket) else {
                    self.is_open = false;
                    return;
                };
                if plane.depart(departure, room, now) {
                    self.is_open = false;
                } else {
                    self.abandon();
                }
            }
            Path::Tcp(id, _) => {
                self.scratch.resize(bytes, 0);
                if plane.depart(departure, &mut self.scratch, now)
                    && let Some(link) = self.links.get(&id)
                {
                    self.figures.datagrams_out.add(1);
                    self.figures.bytes_out.add(bytes as u64);
                    // A full queue loses the datagram, as a link would: the link counts it.
                    let _ = link.send(&self.scratch);
                }
            }
        }
    }

    /// Takes back a datagram that was not sealed, as when that panicked: it would leave as it is.
    pub(super) fn abandon(&mut self) {
        if std::mem::take(&mut self.is_open) {
            self.arena.retract();
        }
    }

    fn copy(&mut self, path: &Path, payload: &[u8], socket: &MediaSocket) {
        match path {
            Path::Udp(to) => {
                if let Some(room) = self.room(payload.len(), *to, socket) {
                    room.copy_from_slice(payload);
                }
            }
            Path::Tcp(id, _) => {
                if let Some(link) = self.links.get(id) {
                    let _ = link.send(payload);
                }
            }
        }
    }

    fn room(&mut self, bytes: usize, to: SocketAddr, socket: &MediaSocket) -> Option<&mut [u8]> {
        if !self.arena.has_room(bytes) {
            self.flush(socket);
        }
        self.arena.reserve(bytes, to)
    }
}
