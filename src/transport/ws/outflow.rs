//! The outgoing side of one connection: what goes next, encoded for it.

use super::codec::{self, Deflate, MessageKind};
use crate::{
    actors::outbox::{OutItem, Outbox},
    protocol::{CloseCode, Outgoing, Subprotocol},
    telemetry::Metrics,
};
use bytes::Bytes;
use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

/// Pings that may wait for their answer; of more, the newest are answered (RFC 6455 §5.5.3 asks for the last only).
const PONGS_MAX: usize = 4;

/// What to do next.
#[derive(Debug)]
pub(super) enum Next {
    /// Put this on the socket.
    Send(Bytes),
    /// The server wants to close.
    Close(CloseCode),
}

/// Lanes and pongs of one connection.
#[derive(Debug)]
pub(super) struct Outflow {
    outbox: Arc<Outbox>,
    pongs: VecDeque<Bytes>,
    subprotocol: Subprotocol,
    deflate: Option<Deflate>,
    metrics: Arc<Metrics>,
}

impl Outflow {
    pub(super) const fn new(
        outbox: Arc<Outbox>,
        subprotocol: Subprotocol,
        deflate: Option<Deflate>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            outbox,
            pongs: VecDeque::new(),
            subprotocol,
            deflate,
            metrics,
        }
    }

    /// The kind of message this connection speaks.
    pub(super) const fn kind(&self) -> MessageKind {
        if self.subprotocol.is_text() {
            MessageKind::Text
        } else {
            MessageKind::Binary
        }
    }

    /// Queues the answer to a ping.
    pub(super) fn pong(&mut self, payload: &[u8]) {
        if self.pongs.len() == PONGS_MAX {
            self.pongs.pop_front();
        }
        self.pongs.push_back(codec::pong(payload));
    }

    /// Chooses what goes next. An outbox that its producers closed without an order lost its owner to a fault.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        loop {
            if let Some(next) = self.take(Instant::now()) {
                return Poll::Ready(next);
            }
            if self.outbox.poll_ready(cx).is_pending() {
                return Poll::Pending;
            }
            if self.outbox.is_closed() && self.outbox.is_empty() {
                return Poll::Ready(Next::Close(CloseCode::Internal));
            }
        }
    }

    /// Refuses whatever comes from now on.
    pub(super) fn stop(&self) {
        self.outbox.close();
    }

    /// What was queued before [`Self::stop`].
    pub(super) fn next_queued(&mut self) -> Option<Bytes> {
        loop {
            match self.take(Instant::now())? {
                Next::Send(bytes) => return Some(bytes),
                // Closing already: the first reason counts.
                Next::Close(_) => {}
            }
        }
    }

    /// Drops whatever is queued, so that pages give their credits back. Returns an order to close that was among it.
    pub(super) fn discard(&mut self) -> Option<CloseCode> {
        self.outbox.close();
        self.pongs = VecDeque::new();
        let mut ordered = None;
        while let Some(item) = self.outbox.pop(Instant::now()) {
            if let OutItem::Close(code) = item {
                ordered = ordered.or(Some(code));
            }
        }
        ordered
    }

    fn take(&mut self, now: Instant) -> Option<Next> {
        if let Some(pong) = self.pongs.pop_front() {
            if self.pongs.is_empty() {
                // Idle connections hold no ring buffer.
                self.pongs = VecDeque::new();
            }
            return Some(Next::Send(pong));
        }
        Some(match self.outbox.pop(now)? {
            OutItem::Frame(outgoing) => Next::Send(self.send(&outgoing, now)),
            OutItem::Page(outgoing, _credit) => Next::Send(self.send(&outgoing, now)),
            OutItem::Close(code) => Next::Close(code),
        })
    }

    fn send(&self, outgoing: &Outgoing, now: Instant) -> Bytes {
        let bytes = self.encode(outgoing);
        self.metrics.frames_out.inc();
        self.metrics.bytes_out.inc_by(bytes.len() as u64);
        if let Some(accepted_at) = outgoing.accepted_at() {
            let latency = now.saturating_duration_since(accepted_at);
            self.metrics.delivery_latency.record(latency);
        }
        bytes
    }

    fn encode(&self, outgoing: &Outgoing) -> Bytes {
        let form = |compressed: bool| {
            outgoing.bytes(self.subprotocol, compressed, |payload| {
                codec::message(self.kind(), &payload, compressed)
            })
        };
        match self.deflate {
            None => form(false).clone(),
            Some(deflate) if deflate.fits(usize::MAX) => form(true).clone(),
            // Rare: a client with a narrow window shares the compressed form of short messages only.
            Some(deflate) => {
                let plain = form(false);
                if deflate.fits(plain.len()) {
                    form(true).clone()
                } else {
                    plain.clone()
                }
            }
        }
    }
}
