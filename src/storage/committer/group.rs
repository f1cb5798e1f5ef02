//! A group of batches on their way to one fsync.

use super::queue::{Done, Work};
use super::{Committed, Shared};
use crate::storage::batch::{self, Durability, RoomBatch, Staged};
use crate::storage::directory::{self, NodeChange};
use crate::storage::engine::EngineError;
use crate::storage::error::{CommitError, Fault};
use crate::storage::scrub::{self, Progress};
use crate::storage::store::Store;
use crate::storage::watermark::Watermark;
use std::time::{Duration, Instant};

/// Lazy batches that may wait for an fsync together.
const LAZY_MAX: usize = 4096;
/// How long the thread sleeps when nothing is due.
const IDLE: Duration = Duration::from_secs(3600);
/// How long scrubbing waits after a slice that failed.
const SCRUB_RETRY: Duration = Duration::from_secs(60);

/// Applied, not yet fsynced.
enum Waiting {
    Batch(Committed, Done<Committed>),
    Fence(Done<()>),
}

impl Waiting {
    fn end(self, result: &Result<(), CommitError>) {
        match self {
            Self::Batch(committed, done) => done.call(result.clone().map(|()| committed)),
            Self::Fence(done) => done.call(result.clone()),
        }
    }
}

pub(super) struct Group<'a> {
    store: &'a Store,
    shared: &'a Shared,
    lazy_delay: Duration,
    watermark: Watermark<'a>,
    waiting: Vec<Waiting>,
    /// Whether anything was applied since the last fsync.
    dirty: bool,
    /// Whether someone waits for the fsync.
    urgent: bool,
    /// When the oldest lazy change must be fsynced.
    lazy_due: Option<Instant>,
    /// When to scrub next; `None` when nothing is left to scrub.
    scrub_at: Option<Instant>,
}

impl<'a> Group<'a> {
    pub(super) fn new(store: &'a Store, shared: &'a Shared, lazy_delay: Duration) -> Self {
        Self {
            store,
            shared,
            lazy_delay,
            watermark: Watermark::new(store),
            waiting: Vec::new(),
            dirty: false,
            urgent: false,
            lazy_due: None,
            // A scrub may have been cut short by the last stop.
            scrub_at: Some(Instant::now()),
        }
    }

    /// How long the thread may wait for more work.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        let due = [self.lazy_due, self.scrub_at].into_iter().flatten().min();
        due.map_or(IDLE, |due| due.saturating_duration_since(now))
    }

    /// Applies one piece of work; its answer follows the fsync.
    pub(super) fn apply(&mut self, work: Work, now: Instant) {
        if let Some(fault) = self.shared.fault.get() {
            return work.fail(&CommitError::ReadOnly(fault.clone()));
        }
        match work {
            Work::Batch(batch, done) => self.apply_batch(&batch, done, now),
            Work::Node(change, done) => match self.apply_node(change) {
                Ok(()) => {
                    self.urgent = true;
                    self.waiting.push(Waiting::Fence(done));
                }
                Err(error) => done.call(Err(error)),
            },
            Work::Fence(room, done) => {
                tracing::trace!(%room, "fence");
                self.urgent = true;
                self.waiting.push(Waiting::Fence(done));
            }
            Work::Close => {}
        }
    }

    /// Fsyncs if it is time, and scrubs a slice if there is anything to scrub.
    pub(super) fn settle(&mut self, now: Instant) {
        let lazy_over = self.lazy_due.is_some_and(|due| due <= now);
        if self.urgent || lazy_over || self.waiting.len() >= LAZY_MAX {
            self.sync();
        }
        if self.scrub_at.is_some_and(|at| at <= now) {
            self.scrub(now);
        }
    }

    /// Makes everything applied durable, then answers.
    pub(super) fn sync(&mut self) {
        let result = match self.shared.fault.get() {
            Some(fault) => Err(CommitError::ReadOnly(fault.clone())),
            None if self.dirty => self.flush_and_sync(),
            None => Ok(()),
        };
        self.dirty = false;
        self.urgent = false;
        self.lazy_due = None;
        self.shared
            .stats
            .group_batches
            .observe(self.waiting.len() as u64);
        for waiting in self.waiting.drain(..) {
            waiting.end(&result);
        }
    }

    /// The last thing the thread does.
    pub(super) fn close(&mut self) {
        self.sync();
        if self.shared.fault.get().is_none() {
            self.watermark.close(Instant::now());
        }
    }

    fn apply_batch(&mut self, batch: &RoomBatch, done: Done<Committed>, now: Instant) {
        let mut staged = Staged::new(self.store);
        let staged = batch::stage(&mut staged, batch).map(|()| staged);
        if let Err(error) = staged.and_then(|staged| self.write(staged)) {
            tracing::error!(room = %batch.room, %error, "a batch was not committed");
            return done.call(Err(error));
        }
        match batch.durability {
            Durability::Durable => self.urgent = true,
            Durability::Lazy => {
                self.lazy_due.get_or_insert(now + self.lazy_delay);
            }
        }
        let purges = |change: &crate::chat::Change| {
            use crate::chat::Change;
            matches!(change, Change::PurgeUpTo(_) | Change::Strip { .. })
        };
        if self.scrub_at.is_none() && batch.changes.iter().any(purges) {
            self.scrub_at = Some(now);
        }
        self.shared.stats.batches.increment(1);
        let committed = Committed {
            room: batch.room,
            head: batch.head.offset,
        };
        self.waiting.push(Waiting::Batch(committed, done));
    }

    fn apply_node(&mut self, change: NodeChange) -> Result<(), CommitError> {
        let mut staged = Staged::new(self.store);
        directory::stage(&mut staged, change)?;
        self.write(staged)
    }

    fn write(&mut self, staged: Staged<'_>) -> Result<(), CommitError> {
        let batch = staged.seal()?;
        match self.store.engine().apply(batch) {
            Ok(()) => {
                self.dirty = true;
                Ok(())
            }
            Err(error) => Err(self.poison(error, "apply")),
        }
    }

    fn flush_and_sync(&mut self) -> Result<(), CommitError> {
        let engine = self.store.engine();
        let start = Instant::now();
        if let Err(error) = self.watermark.rise(engine) {
            return Err(self.poison(error, "apply"));
        }
        if let Err(error) = engine.flush() {
            return Err(self.poison(error, "flush"));
        }
        if let Err(error) = engine.sync() {
            return Err(self.poison(error, "fsync"));
        }
        self.watermark.hold(start);
        let took = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.shared.stats.fsync_us.observe(took);
        self.shared.stats.fsyncs.increment(1);
        self.look_for_room();
        Ok(())
    }

    /// Stops writing while the engine still has room to read: what was acknowledged is on disk, nothing has failed.
    pub(super) fn look_for_room(&self) {
        if !self.store.engine().has_room() {
            self.poison(EngineError::Full, "room on disk");
        }
    }

    fn scrub(&mut self, now: Instant) {
        if self.shared.fault.get().is_some() {
            self.scrub_at = None;
            return;
        }
        let mut staged = Staged::new(self.store);
        let slice = scrub::stage_slice(&mut staged).and_then(|progress| match progress {
            Progress::Done => Ok(progress),
            Progress::More => self.write(staged).map(|()| progress),
        });
        self.scrub_at = match slice {
            Ok(Progress::Done) => None,
            Ok(Progress::More) => {
                self.lazy_due.get_or_insert(now + self.lazy_delay);
                self.shared.stats.scrub_slices.increment(1);
                Some(now)
            }
            Err(error) => {
                tracing::error!(%error, "purged bodies could not be scrubbed");
                Some(now + SCRUB_RETRY)
            }
        };
    }

    fn poison(&self, error: EngineError, step: &'static str) -> CommitError {
        let fault = Fault::from(error);
        tracing::error!(step, %fault, "writing failed: the node is read-only until it restarts");
        CommitError::ReadOnly(self.shared.fault.get_or_init(|| fault).clone())
    }
}
