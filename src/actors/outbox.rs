//! What waits to be sent to one connection.
//!
//! Rooms and the Connection push, the transport drains as its socket takes more, so that what goes first is decided at
//! the last moment. Who is refused in [`OutLane::Control`] or [`OutLane::Ops`] calls [`close`]: a client that lost one
//! of those cannot go on, but can resume.

use crate::{
    mailbox::{Item, Lane, LaneSpec, Mailbox, Overflow, RefusedReason},
    protocol::{CloseCode, FRAME_BYTES_MIN, Outgoing, ServerFrame},
};
use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

/// The lanes of one connection, shared by whoever has something to say to it.
pub type Outbox = Mailbox<OutLane, OutItem>;

/// The lanes, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutLane {
    /// The order to close. A lane of its own, so that it finds room when the others have none.
    Close,
    /// Welcome, errors, replies, beat, drain, closed.
    Control,
    /// Acks, live ops and pages of a sync, in offset order.
    Ops,
    /// Read markers, presence, typing: the newest count.
    Signal,
}

impl Lane for OutLane {
    const SPECS: &'static [LaneSpec] = &[
        LaneSpec {
            name: "close",
            items_max: 1,
            bytes_max: FRAME_BYTES_MIN,
            ttl: None,
            overflow: Overflow::DropNewest,
        },
        LaneSpec {
            // One answer to every room of a `hello` and to every request that the default rates let through at once.
            name: "control",
            items_max: 4_096,
            bytes_max: 12 * 1024 * 1024,
            ttl: None,
            overflow: Overflow::Refuse,
        },
        LaneSpec {
            name: "ops",
            items_max: 1024,
            bytes_max: 4 * 1024 * 1024,
            ttl: None,
            overflow: Overflow::Refuse,
        },
        LaneSpec {
            name: "signal",
            items_max: 64,
            bytes_max: 256 * 1024,
            ttl: Some(Duration::from_secs(5)),
            overflow: Overflow::DropOldest,
        },
    ];

    fn index(self) -> usize {
        match self {
            Self::Close => 0,
            Self::Control => 1,
            Self::Ops => 2,
            Self::Signal => 3,
        }
    }
}

/// Something to send.
#[derive(Debug)]
pub enum OutItem {
    /// A frame, encoded once for all who get it.
    Frame(Arc<Outgoing>),
    /// A page of a sync: the next one is read when this one has left.
    Page(Arc<Outgoing>, Credit),
    /// Close, after what is queued ([`CloseCode::SlowConsumer`]: at once).
    Close(CloseCode),
}

impl Item for OutItem {
    fn bytes(&self) -> usize {
        match self {
            Self::Frame(outgoing) | Self::Page(outgoing, _) => outgoing.weight(),
            Self::Close(_) => FRAME_BYTES_MIN,
        }
    }
}

/// Calls back when it is dropped: its item was sent, or never will be.
pub struct Credit(Arc<dyn Fn() + Send + Sync>);

impl Credit {
    /// `returned` runs once, on whatever thread drops the credit; it must be short and must not block.
    #[must_use]
    pub fn new(returned: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self(returned)
    }
}

impl Drop for Credit {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl fmt::Debug for Credit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credit")
    }
}

/// Answers that may wait before the client's next messages do, so that who asks faster than they read is slowed down.
const ANSWERS_AHEAD_ITEMS: usize = 64;
/// The same in bytes.
const ANSWERS_AHEAD_BYTES: usize = 256 * 1024;

/// Whether the client should read what it asked for before it asks for more.
#[must_use]
pub fn is_behind(outbox: &Outbox) -> bool {
    let waiting = outbox.depth(OutLane::Control);
    waiting.items >= ANSWERS_AHEAD_ITEMS || waiting.bytes >= ANSWERS_AHEAD_BYTES
}

/// Orders the connection closed. The first order counts; the transport ends the connection within seconds even when
/// its socket is stuck.
pub fn close(outbox: &Outbox, code: CloseCode, now: Instant) {
    // Closed already, or about to be: then there is nothing left to order.
    let _ = outbox.push(OutLane::Close, OutItem::Close(code), now);
}

/// Queues an item; a connection that cannot take one it needs is closed, and resumes.
pub fn push(outbox: &Outbox, lane: OutLane, item: OutItem) {
    let now = Instant::now();
    if let Err(refused) = outbox.push(lane, item, now)
        && refused.reason == RefusedReason::Full
    {
        close(outbox, CloseCode::SlowConsumer, now);
    }
}

/// Queues a frame for this connection alone; see [`push`].
pub fn deliver(outbox: &Outbox, lane: OutLane, frame: ServerFrame) {
    push(outbox, lane, OutItem::Frame(Arc::new(Outgoing::new(frame))));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn frame(message: &str) -> OutItem {
        OutItem::Frame(Arc::new(Outgoing::new(ServerFrame::Error {
            id: None,
            room: None,
            code: crate::protocol::ErrorCode::Overloaded,
            advice: crate::protocol::Advice::Retry,
            message: message.into(),
            retry_after_ms: None,
        })))
    }

    #[test]
    fn the_order_to_close_finds_room_when_no_lane_has_any() {
        let (outbox, now) = (Outbox::cold(), Instant::now());
        while outbox.push(OutLane::Control, frame(""), now).is_ok() {}
        close(&outbox, CloseCode::SlowConsumer, now);
        close(&outbox, CloseCode::GoingAway, now);
        assert_eq!(outbox.depth(OutLane::Close).items, 1);
        assert!(matches!(
            outbox.pop(now),
            Some(OutItem::Close(CloseCode::SlowConsumer))
        ));
    }

    #[test]
    fn a_credit_returns_when_its_page_leaves() {
        let returned = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&returned);
        let credit = Credit::new(Arc::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        }));
        let (outbox, now) = (Outbox::cold(), Instant::now());
        let page = Arc::new(Outgoing::new(ServerFrame::Beat {}));
        outbox
            .push(OutLane::Ops, OutItem::Page(page, credit), now)
            .expect("room");
        assert_eq!(returned.load(Ordering::Relaxed), 0);
        drop(outbox.pop(now));
        assert_eq!(returned.load(Ordering::Relaxed), 1);
    }
}
