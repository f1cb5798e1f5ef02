//! A bounded pool of threads for reads from disk: arbiters never block on sled for more than a point look-up.

use crate::protocol::limits::PAGE_OPS_MAX;
use crate::storage::{PageLimits, Store};
use crossbeam::channel::{Receiver, Sender, bounded};
use rustix::process::setpriority_process;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Reads that may wait; each connection keeps only a few outstanding.
const QUEUE_MAX: usize = 4_096;

/// What one read of a log takes in: a page on the wire. Far below what a page may hold, so that the worker that encodes
/// it soon turns to its other connections.
pub const PAGE: PageLimits = PageLimits {
    items: PAGE_OPS_MAX / 4,
    bytes: 64 * 1024,
};

/// How far reading yields to everything else: who is current goes before who catches up.
const NICENESS: i32 = 10;

/// A read: runs on a pool thread and hands its result on itself.
pub type Read = Box<dyn FnOnce(&Store) + Send>;

/// The queue is full: try again in a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many reads are waiting")]
pub struct Busy;

/// The pool. Its threads end when the last clone is dropped.
#[derive(Clone)]
pub struct Readers {
    queue: Sender<Read>,
}

impl Readers {
    /// Starts `threads` threads that read from `store`.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(store: &Store, threads: usize) -> std::io::Result<Self> {
        let (queue, reads) = bounded(QUEUE_MAX);
        for n in 0..threads.max(1) {
            let (store, reads) = (store.clone(), reads.clone());
            std::thread::Builder::new()
                .name(format!("reader-{n}"))
                .spawn(move || serve(&store, &reads))?;
        }
        Ok(Self { queue })
    }

    /// Queues a read.
    ///
    /// # Errors
    /// [`Busy`] when [`QUEUE_MAX`] reads wait already.
    pub fn submit(&self, read: Read) -> Result<(), Busy> {
        self.queue.try_send(read).map_err(|_| Busy)
    }
}

fn serve(store: &Store, reads: &Receiver<Read>) {
    // On Linux a priority belongs to a thread, and "none" names the calling one. Without it reads only compete more.
    if let Err(error) = setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "readers keep the priority of the process");
    }
    for read in reads {
        // A read that panics costs its requester an answer, not the pool a thread.
        if catch_unwind(AssertUnwindSafe(|| read(store))).is_err() {
            tracing::error!("a read from disk panicked");
        }
    }
}
