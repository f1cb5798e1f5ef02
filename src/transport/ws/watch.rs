//! Deadlines of closing connections: one coarse timer per worker thread for all of them.
//!
//! The HTTP layer does not poll a body while its write buffer is full, so a connection whose socket is stuck cannot
//! watch its own outbox. This does.

use crate::{
    actors::outbox::{OutLane, Outbox},
    transport::socket::SocketHandle,
};
use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
    sync::Arc,
    task::Waker,
    time::{Duration, Instant},
};

/// How long a closing connection may take, from the order to the end.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// How late the deadline may be noticed.
const TICK: Duration = Duration::from_millis(500);

thread_local! {
    /// The connections of this thread: as many as the HTTP server lets in.
    static WATCHED: RefCell<Vec<Weak<Watch>>> = const { RefCell::new(Vec::new()) };
    static TICKING: Cell<bool> = const { Cell::new(false) };
}

/// One connection under watch, until it is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    outbox: Arc<Outbox>,
    socket: Option<SocketHandle>,
    closing_since: Cell<Option<Instant>>,
    expired: Cell<bool>,
    task: RefCell<Option<Waker>>,
}

impl Watch {
    /// Starts to watch.
    pub(super) fn start(outbox: Arc<Outbox>, socket: Option<SocketHandle>) -> Rc<Self> {
        let watch = Rc::new(Self {
            outbox,
            socket,
            closing_since: Cell::new(None),
            expired: Cell::new(false),
            task: RefCell::new(None),
        });
        WATCHED.with_borrow_mut(|watched| watched.push(Rc::downgrade(&watch)));
        if !TICKING.replace(true) {
            actix_web::rt::spawn(tick_while_watching(Ticking));
        }
        watch
    }

    /// The deadline runs from now, unless it does already.
    pub(super) fn closing(&self, now: Instant) {
        if self.closing_since.get().is_none() {
            self.closing_since.set(Some(now));
        }
    }

    /// Whether the connection must end at once.
    pub(super) const fn is_expired(&self) -> bool {
        self.expired.get()
    }

    /// Wakes this task when the deadline has passed.
    pub(super) fn wake_at_deadline(&self, waker: &Waker) {
        self.task.replace(Some(waker.clone()));
    }

    fn tick(&self, now: Instant) {
        if self.outbox.depth(OutLane::Close).items > 0 || self.outbox.is_closed() {
            self.closing(now);
        }
        let late = self
            .closing_since
            .get()
            .is_some_and(|since| now.saturating_duration_since(since) >= CLOSE_TIMEOUT);
        if !late || self.expired.replace(true) {
            return;
        }
        if let Some(socket) = self.socket {
            socket.shut_down();
        }
        if let Some(task) = self.task.take() {
            task.wake();
        }
    }
}

/// Marks the thread as ticking, also when its runtime ends before its connections.
struct Ticking;

impl Drop for Ticking {
    fn drop(&mut self) {
        TICKING.set(false);
    }
}

async fn tick_while_watching(ticking: Ticking) {
    loop {
        actix_web::rt::time::sleep(TICK).await;
        let now = Instant::now();
        let left = WATCHED.with_borrow_mut(|watched| {
            watched.retain(|watch| watch.upgrade().inspect(|watch| watch.tick(now)).is_some());
            if watched.is_empty() {
                *watched = Vec::new();
            }
            watched.len()
        });
        if left == 0 {
            drop(ticking);
            return;
        }
    }
}
