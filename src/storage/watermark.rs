//! How far this database is known to be durable, written beside it.
//!
//! sled takes damage at the end of its log for a write that was cut short, and drops it without a word: acknowledged
//! data would just be gone. So every fsync counts up inside the database, and now and then (at the latest when closing)
//! the count is written here. A database that opens with a smaller count has lost something, and is refused.

use super::engine::{Engine, EngineError, WriteBatch};
use super::error::ReadError;
use super::folder::Folder;
use super::key;
use super::record::{self, RecordError, Stored};
use super::store::Store;
use std::time::{Duration, Instant};

/// Least time between two writes of the file.
const INTERVAL: Duration = Duration::from_secs(10);

/// Fsyncs since the database was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SyncCount(pub(super) u64);

impl Stored for SyncCount {
    type Form = u64;

    fn to_form(&self) -> Result<u64, RecordError> {
        Ok(self.0)
    }

    fn from_form(form: u64) -> Result<Self, RecordError> {
        Ok(Self(form))
    }
}

/// Counts fsyncs, on the committer thread.
pub(super) struct Watermark<'a> {
    store: &'a Store,
    count: SyncCount,
    written: Option<(SyncCount, Instant)>,
}

impl<'a> Watermark<'a> {
    pub(super) fn new(store: &'a Store) -> Self {
        Self {
            store,
            // Read when it was opened; unreadable counts as none.
            count: stored(store).unwrap_or_default(),
            written: None,
        }
    }

    /// Counts the fsync that is about to come: inside the database, before it is flushed.
    pub(super) fn rise(&mut self, engine: &Engine) -> Result<(), EngineError> {
        self.count.0 += 1;
        let sealed = |plain: Vec<u8>| self.store.seal_value(key::SYNC_COUNT, &plain).ok();
        // Without randomness nothing can be sealed, and the batches before have failed already.
        let Some(value) = record::encode(&self.count).ok().and_then(sealed) else {
            return Ok(());
        };
        let mut batch = WriteBatch::default();
        batch.put(key::SYNC_COUNT.to_vec(), value);
        engine.apply(batch)
    }

    /// Notes, after a successful fsync, that it happened; writes the file if that was not done for a while.
    pub(super) fn hold(&mut self, now: Instant) {
        let due = |(_, at): (SyncCount, Instant)| now.duration_since(at) >= INTERVAL;
        if self.written.is_none_or(due) {
            self.write(now);
        }
    }

    /// Writes the file when closing.
    pub(super) fn close(&mut self, now: Instant) {
        if self.written.is_none_or(|(count, _)| count < self.count) {
            self.write(now);
        }
    }

    fn write(&mut self, now: Instant) {
        self.written = Some((self.count, now));
        if let Err(error) = self.store.folder().write_watermark(self.count.0) {
            // Only a guard: the data themselves are safe.
            tracing::warn!(%error, "the watermark could not be written");
        }
    }
}

/// Whether the database holds at least what the file says it held; if not, the two counts.
pub(super) fn verify(store: &Store, folder: &Folder) -> Result<Result<(), (u64, u64)>, ReadError> {
    let (held, noted) = (stored(store)?.0, folder.read_watermark());
    Ok(if held < noted {
        Err((held, noted))
    } else {
        Ok(())
    })
}

fn stored(store: &Store) -> Result<SyncCount, ReadError> {
    Ok(store.get_record(key::SYNC_COUNT)?.unwrap_or_default())
}
