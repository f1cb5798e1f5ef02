//! The engine: the one file that names sled (0.34.7). Another ordered, batch-atomic engine can be put here.
//!
//! Three things sled does not do by itself: `flush()` is not an fsync on Linux (it uses `sync_file_range`), pages above a
//! quarter of a segment go to files under `blobs/` that nothing syncs, and some kinds of damage make it panic.

use sled::IVec;
use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// sled's segments. A leaf holds about 17 values of 32 KiB: well below a quarter of this, so nothing goes to `blobs/`.
const SEGMENT_BYTES: usize = 4 << 20;
/// The room on disk below which nothing more is written: enough for a group of batches and what sled makes of it. sled
/// splits its pages when they are next *read*; on a disk without any room, reading fails with it.
const RESERVE_BYTES: u64 = 4 * SEGMENT_BYTES as u64;
/// sled's threads may keep its file locked for a moment after the last handle is gone: tries, and the pause between them.
const LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// A stored key or value.
pub(super) type Value = IVec;

/// Why the engine failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum EngineError {
    #[error("no space left on the device")]
    Full,
    #[error("another process has the database open")]
    Locked,
    #[error("{0}")]
    Io(String),
    #[error("{0}")]
    Corrupted(String),
    #[error("{0}")]
    Unsupported(String),
}

/// An ordered map on disk.
pub(super) struct Engine {
    db: sled::Db,
    /// sled's own file, for the fsync that sled leaves out.
    file: File,
    path: PathBuf,
}

/// Changes that become visible and durable together.
#[derive(Default)]
pub(super) struct WriteBatch(sled::Batch);

impl WriteBatch {
    pub(super) fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.insert(key, value);
    }

    pub(super) fn remove(&mut self, key: Vec<u8>) {
        self.0.remove(key);
    }
}

impl Engine {
    /// Opens or makes the database in `path`. The caller holds the folder's lock.
    pub(super) fn open(path: &Path, cache_bytes: u64) -> Result<Self, EngineError> {
        let config = sled::Config::new()
            .path(path)
            .cache_capacity(cache_bytes)
            .segment_size(SEGMENT_BYTES)
            .mode(sled::Mode::HighThroughput)
            .flush_every_ms(None);
        let mut tries = 0;
        let db = loop {
            match guarded(|| config.open().map_err(EngineError::from)) {
                Err(EngineError::Locked) if tries < LOCK_TRIES => {
                    tries += 1;
                    thread::sleep(LOCK_PAUSE);
                }
                other => break other?,
            }
        };
        let file = File::options().write(true).open(path.join("db"))?;
        let engine = Self {
            db,
            file,
            path: path.to_owned(),
        };
        // The files' names must be as durable as what is in them.
        File::open(path)?.sync_all()?;
        Ok(engine)
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Value>, EngineError> {
        Ok(self.db.get(key)?)
    }

    /// Keys from `start` (inclusive) up to `end` (exclusive), from either side.
    pub(super) fn range(
        &self,
        start: &[u8],
        end: &[u8],
    ) -> impl DoubleEndedIterator<Item = Result<(Value, Value), EngineError>> + use<> {
        // sled panics on a range that ends before it starts.
        let end = end.max(start);
        self.db
            .range(start..end)
            .map(|item| item.map_err(EngineError::from))
    }

    /// Applies a batch: visible at once, durable after [`flush`](Self::flush) and [`sync`](Self::sync).
    pub(super) fn apply(&self, batch: WriteBatch) -> Result<(), EngineError> {
        fail::fail_point!("committer::apply", |kind| Err(injected(kind)));
        guarded(|| Ok(self.db.apply_batch(batch.0)?))
    }

    /// Hands everything applied to the operating system.
    pub(super) fn flush(&self) -> Result<(), EngineError> {
        fail::fail_point!("committer::flush", |kind| Err(injected(kind)));
        guarded(|| Ok(self.db.flush().map(drop)?))
    }

    /// Makes everything flushed durable.
    pub(super) fn sync(&self) -> Result<(), EngineError> {
        fail::fail_point!("committer::sync", |kind| Err(injected(kind)));
        Ok(self.file.sync_data()?)
    }

    /// Whether the disk has room for what comes next. A file system that does not tell is taken to have it.
    pub(super) fn has_room(&self) -> bool {
        let stat = rustix::fs::fstatvfs(&self.file);
        stat.map_or(true, |stat| {
            stat.f_bavail.saturating_mul(stat.f_frsize) >= RESERVE_BYTES
        })
    }

    /// Files under `blobs/`, which nothing syncs: there must be none.
    pub(super) fn unsynced_files(&self) -> Result<usize, EngineError> {
        Ok(fs::read_dir(self.path.join("blobs"))?.count())
    }

    /// Bytes on disk.
    pub(super) fn size_on_disk_bytes(&self) -> Result<u64, EngineError> {
        Ok(self.db.size_on_disk()?)
    }
}

/// sled panics on some kinds of damage; here that is an error like any other.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, EngineError>) -> Result<T, EngineError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Err(EngineError::Corrupted(format!(
            "the engine panicked: {}",
            text.unwrap_or("without a message")
        )))
    })
}

impl From<sled::Error> for EngineError {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) => error.into(),
            sled::Error::Corruption { at, .. } => Self::Corrupted(format!("damage at {at:?}")),
            sled::Error::Unsupported(what) => Self::Unsupported(what),
            other => Self::Corrupted(other.to_string()),
        }
    }
}

impl From<io::Error> for EngineError {
    fn from(error: io::Error) -> Self {
        let text = error.to_string();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            // sled wraps the error of its lock as text.
            io::ErrorKind::Other if text.starts_with("could not acquire lock") => Self::Locked,
            _ => Self::Io(text),
        }
    }
}

#[cfg(feature = "failpoints")]
fn injected(kind: Option<String>) -> EngineError {
    match kind.as_deref() {
        Some("full") => EngineError::Full,
        _ => EngineError::Io("injected by a fail point".into()),
    }
}
