//! The committer: one thread that applies batches in the order they were handed over, fsyncs a group at a time, and only
//! then reports back.
//!
//! After a failed apply, flush or fsync nothing is ever acknowledged again until the process restarts: what the disk
//! holds is unknown, and a later fsync that succeeds proves nothing about an earlier one that failed. When the disk is
//! all but full it stops too, before anything fails.

mod group;
mod queue;
mod stats;

pub use queue::{CommitDone, FenceDone, QUEUE_BYTES_MAX, QUEUE_ITEMS_MAX};
pub use stats::{CommitterStats, Count, Histogram};

use self::group::Group;
use self::queue::{Done, Item, Work};
use super::batch::RoomBatch;
use super::directory::NodeChange;
use super::error::{CommitError, Fault};
use super::store::Store;
use crate::id::{Offset, RoomId};
use crossbeam::channel::{self, Receiver, RecvTimeoutError, Sender, TrySendError};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Batches made durable by one fsync, at most.
pub const GROUP_BATCHES_MAX: usize = 256;
/// Bytes made durable by one fsync, about, at most.
pub const GROUP_BYTES_MAX: usize = 4 << 20;

/// A batch is on disk, fsynced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The room.
    pub room: RoomId,
    /// Where its log now ends.
    pub head: Offset,
}

/// The queue is full: nothing was taken. Try again after the next answer.
pub struct Busy {
    /// The batch, given back.
    pub batch: RoomBatch,
    /// Its callback, given back.
    pub done: CommitDone,
}

impl std::fmt::Debug for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Busy").finish_non_exhaustive()
    }
}

/// Whether the node can write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Yes.
    Ok,
    /// Not until the process restarts; reads go on.
    ReadOnly(Fault),
}

/// Hands work to the committer thread. Cheap to clone; usable from any thread; never blocks except where it says so.
#[derive(Clone)]
pub struct Committer(Arc<Handle>);

struct Handle {
    queue: Sender<Item>,
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>, // held to take the handle out, once, in `close`
}

/// What the thread and its handles both see.
#[derive(Default)]
struct Shared {
    queued_bytes: AtomicUsize,
    fault: OnceLock<Fault>,
    stats: CommitterStats,
}

impl std::fmt::Debug for Committer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Committer")
            .field("queued", &self.queued())
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}

impl Committer {
    /// Starts the thread.
    pub(super) fn start(store: Store, lazy_delay: Duration) -> io::Result<Self> {
        let (queue, items) = channel::bounded(QUEUE_ITEMS_MAX);
        let shared = Arc::new(Shared::default());
        let thread = thread::Builder::new().name("committer".into()).spawn({
            let shared = Arc::clone(&shared);
            move || run(&store, &items, &shared, lazy_delay)
        })?;
        Ok(Self(Arc::new(Handle {
            queue,
            shared,
            thread: Mutex::new(Some(thread)),
        })))
    }

    /// Hands over a batch. `done` runs on the committer thread once the batch is fsynced or has failed: it must be quick,
    /// as a push into a mailbox is. Batches are applied in the order they were handed over.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full ([`QUEUE_ITEMS_MAX`] or [`QUEUE_BYTES_MAX`]).
    pub fn commit(&self, batch: RoomBatch, done: CommitDone) -> Result<(), Box<Busy>> {
        let bytes = batch.bytes();
        self.send(Work::Batch(Box::new(batch), Done::new(done)), bytes)
            .map_err(|work| match work {
                Work::Batch(batch, done) => Box::new(Busy {
                    batch: *batch,
                    done: done.into_inner(),
                }),
                _ => unreachable!("the work that was sent comes back"),
            })
    }

    /// Runs `done` once everything handed over before is durable (or has failed, and then it is told so). The next
    /// incarnation of a room waits for it before it loads the room.
    ///
    /// # Errors
    /// The callback, given back, when the queue is full.
    pub fn fence(&self, room: RoomId, done: FenceDone) -> Result<(), FenceDone> {
        self.send(Work::Fence(room, Done::new(done)), 0)
            .map_err(|work| match work {
                Work::Fence(_, done) => done.into_inner(),
                _ => unreachable!("the work that was sent comes back"),
            })
    }

    /// Writes one of the node's own records (guests, revocations); `done` as for [`commit`](Self::commit).
    ///
    /// # Errors
    /// The change and its callback, given back, when the queue is full.
    pub fn record(
        &self,
        change: NodeChange,
        done: FenceDone,
    ) -> Result<(), (NodeChange, FenceDone)> {
        self.send(Work::Node(change, Done::new(done)), 0)
            .map_err(|work| match work {
                Work::Node(change, done) => (change, done.into_inner()),
                _ => unreachable!("the work that was sent comes back"),
            })
    }

    /// Whether the node can write.
    #[must_use]
    pub fn health(&self) -> Health {
        match self.0.shared.fault.get() {
            None => Health::Ok,
            Some(fault) => Health::ReadOnly(fault.clone()),
        }
    }

    /// Counters and histograms, readable at any time.
    #[must_use]
    pub fn stats(&self) -> &CommitterStats {
        &self.0.shared.stats
    }

    /// Batches and other work waiting.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.0.queue.len()
    }

    /// Commits what was handed over, then ends the thread. **Blocks.** Later work is answered [`CommitError::Closed`].
    pub fn close(&self) {
        let thread = self
            .0
            .thread
            .lock()
            .expect("nothing panics while holding it")
            .take();
        if let Some(thread) = thread {
            // A closed channel means that the thread has ended already.
            let _ = self.0.queue.send(Item {
                work: Work::Close,
                bytes: 0,
            });
            if thread.join().is_err() {
                tracing::error!("the committer thread panicked");
            }
        }
    }

    fn send(&self, work: Work, bytes: usize) -> Result<(), Work> {
        let queued = &self.0.shared.queued_bytes;
        // One batch may overshoot the limit, or a batch larger than it could never be taken.
        if queued.load(SeqCst) >= QUEUE_BYTES_MAX {
            return Err(work);
        }
        queued.fetch_add(bytes, SeqCst);
        match self.0.queue.try_send(Item { work, bytes }) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(item)) => {
                queued.fetch_sub(bytes, SeqCst);
                Err(item.work)
            }
            Err(TrySendError::Disconnected(item)) => {
                item.work.fail(&CommitError::Closed);
                Ok(())
            }
        }
    }
}

/// The thread's life.
fn run(store: &Store, items: &Receiver<Item>, shared: &Shared, lazy_delay: Duration) {
    let mut group = Group::new(store, shared, lazy_delay);
    group.look_for_room();
    loop {
        let wait = group.wait(Instant::now());
        let first = match items.recv_timeout(wait) {
            Ok(item) => Some(item),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let mut closing = false;
        let mut taken_bytes = 0;
        let mut next = first;
        for taken in 1..=GROUP_BATCHES_MAX {
            let Some(item) = next.take() else { break };
            shared.queued_bytes.fetch_sub(item.bytes, SeqCst);
            taken_bytes += item.bytes;
            if let Work::Close = item.work {
                closing = true;
                break;
            }
            group.apply(item.work, Instant::now());
            // An item taken here and not applied would be lost.
            if taken_bytes >= GROUP_BYTES_MAX || taken == GROUP_BATCHES_MAX {
                break;
            }
            next = items.try_recv().ok();
        }
        if closing {
            break;
        }
        group.settle(Instant::now());
    }
    group.close();
}
