//! What waits for the committer.

use super::Committed;
use crate::id::RoomId;
use crate::storage::batch::RoomBatch;
use crate::storage::directory::NodeChange;
use crate::storage::error::CommitError;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Work that may wait.
pub const QUEUE_ITEMS_MAX: usize = 4096;
/// Bytes of work that may wait, about.
pub const QUEUE_BYTES_MAX: usize = 64 << 20;

type Callback<T> = Box<dyn FnOnce(Result<T, CommitError>) + Send>;
/// Told when a batch is fsynced, or why not.
pub type CommitDone = Callback<Committed>;
/// Told when everything before is durable, or why not.
pub type FenceDone = Callback<()>;

/// A callback that is called exactly once: with [`CommitError::Closed`] when it is dropped.
pub(super) struct Done<T>(Option<Callback<T>>);

impl<T> Done<T> {
    pub(super) fn new(callback: Callback<T>) -> Self {
        Self(Some(callback))
    }

    pub(super) fn call(mut self, result: Result<T, CommitError>) {
        self.run(result);
    }

    pub(super) fn into_inner(mut self) -> Callback<T> {
        self.0
            .take()
            .expect("only `call`, `drop` and this take it, and each consumes the holder")
    }

    fn run(&mut self, result: Result<T, CommitError>) {
        if let Some(callback) = self.0.take()
            && catch_unwind(AssertUnwindSafe(|| callback(result))).is_err()
        {
            tracing::error!("a commit callback panicked");
        }
    }
}

impl<T> Drop for Done<T> {
    fn drop(&mut self) {
        self.run(Err(CommitError::Closed));
    }
}

pub(super) enum Work {
    Batch(Box<RoomBatch>, Done<Committed>),
    Fence(RoomId, Done<()>),
    Node(NodeChange, Done<()>),
    Close,
}

impl Work {
    pub(super) fn fail(self, error: &CommitError) {
        match self {
            Self::Batch(_, done) => done.call(Err(error.clone())),
            Self::Fence(_, done) | Self::Node(_, done) => done.call(Err(error.clone())),
            Self::Close => {}
        }
    }
}

/// Work with its share of [`QUEUE_BYTES_MAX`].
pub(super) struct Item {
    pub(super) work: Work,
    pub(super) bytes: usize,
}
