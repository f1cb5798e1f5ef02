//! One error type per operation: opening, reading, committing.

use super::engine::EngineError;
use super::record::RecordError;
use super::seal::SealError;
use crate::id::Offset;
use std::io;
use std::path::PathBuf;

/// Why a database could not be opened. Each says what the operator does.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error(
        "the database in {path} is in use by another process: stop that one, or give this one its own data folder"
    )]
    InUse {
        /// The database's folder.
        path: PathBuf,
    },
    /// The folder holds something else.
    #[error(
        "{path} is not a Greenroom database and not empty: point the data folder at an empty place ({found} is in it)"
    )]
    NotGreenroom {
        /// The folder.
        path: PathBuf,
        /// What was found there.
        found: String,
    },
    /// A later version wrote it.
    #[error(
        "the database in {path} has format {found}, this program reads up to {known}: start the newer program again, or import an export"
    )]
    NewerFormat {
        /// The folder.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// The key does not open it.
    #[error(
        "the master key is not the one of the database in {path}: give the key it was made with, or the one of its last rotation"
    )]
    WrongKey {
        /// The folder.
        path: PathBuf,
    },
    /// The database exists, its key file does not.
    #[error(
        "the key file {path} is missing, and without it the database cannot be read: restore it from your backup"
    )]
    KeyMissing {
        /// The key file.
        path: PathBuf,
    },
    /// The key file is not a key.
    #[error(
        "{path} is not a key file (expected 64 hexadecimal digits): restore it from your backup"
    )]
    KeyMalformed {
        /// The key file.
        path: PathBuf,
    },
    /// An import was cut short.
    #[error("an import into {path} did not finish: delete that folder and import again")]
    HalfImported {
        /// The folder.
        path: PathBuf,
    },
    /// The data are damaged.
    #[error(
        "the database in {path} is damaged ({what}): keep a copy of the folder, then restore a backup or import an export; never start over in place"
    )]
    Corrupted {
        /// The folder.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// The operating system refused.
    #[error("cannot use {path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Why a read failed. Nothing the caller can repair: tell the client that the room is unavailable, and the operator.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// A record is damaged or missing.
    #[error("damaged data at {key}: {what}")]
    Corrupted {
        /// The key, in hexadecimal.
        key: String,
        /// What is wrong with it.
        what: String,
    },
    /// The engine failed.
    #[error("the engine failed: {0}")]
    Engine(String),
}

impl ReadError {
    pub(super) fn corrupted(key: &[u8], what: impl ToString) -> Self {
        Self::Corrupted {
            key: hex::encode(key),
            what: what.to_string(),
        }
    }
}

impl From<EngineError> for ReadError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error.to_string())
    }
}

/// Why nothing can be written until the process restarts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No space left, or too little to write and still read. Make room, then restart.
    #[error("the disk is full: make room, then restart")]
    DiskFull,
    /// A write or fsync failed. Check the disk, then restart.
    #[error("writing failed ({0}): check the disk, then restart")]
    Io(String),
    /// The data are damaged. Restore a backup or an export.
    #[error("the data are damaged ({0}): restore a backup or import an export")]
    Corrupted(String),
}

/// Why a batch was not committed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// Writing failed before or with this batch; reads go on. Only a restart makes the node writable again.
    #[error("the node is read-only: {0}")]
    ReadOnly(Fault),
    /// The batch does not continue the stored log: its writer must reload the room.
    #[error("the batch does not continue the log, which ends at {stored}")]
    Conflict {
        /// Where the stored log ends.
        stored: Offset,
    },
    /// A record exceeds [`VALUE_BYTES_MAX`](super::VALUE_BYTES_MAX). A bug of the caller: limits are checked at the edge.
    #[error("a record has {bytes} bytes")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The guest's name belongs to another key.
    #[error("the name is taken")]
    NameTaken,
    /// A stored record that the batch builds upon is damaged.
    #[error(transparent)]
    Read(#[from] CommitReadError),
    /// The committer has been closed.
    #[error("the committer is closed")]
    Closed,
}

/// A read that a commit needed failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CommitReadError(pub String);

impl From<ReadError> for CommitError {
    fn from(error: ReadError) -> Self {
        Self::Read(CommitReadError(error.to_string()))
    }
}

impl From<RecordError> for CommitError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::TooLarge { bytes } => Self::TooLarge { bytes },
            other => Self::Read(CommitReadError(other.to_string())),
        }
    }
}

impl From<SealError> for CommitError {
    fn from(error: SealError) -> Self {
        Self::ReadOnly(Fault::Io(error.to_string()))
    }
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Full => Self::DiskFull,
            EngineError::Corrupted(what) => Self::Corrupted(what),
            EngineError::Locked | EngineError::Io(_) | EngineError::Unsupported(_) => {
                Self::Io(error.to_string())
            }
        }
    }
}
