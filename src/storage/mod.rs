//! What a node keeps on disk: rooms, members, invites, guests, revocations, keys.
//!
//! Owns the key schema (`key`), the record forms (`record`), sealing (`seal`), the engine (`engine`: the one file that
//! names sled) and the committer, the one thread that writes. An ack means: applied, flushed and fsynced.
//! Knows nothing of actors, frames or rights; it stores what `chat` decided.

mod batch;
mod check;
mod committer;
mod config;
mod directory;
mod engine;
mod error;
mod folder;
mod key;
mod master;
mod pages;
mod portable;
mod read;
mod record;
mod rotate;
mod scrub;
mod seal;
mod store;
mod summary;
mod watermark;

pub use batch::{Durability, RoomBatch};
pub use check::{CheckReport, PROBLEMS_MAX, Problem, check};
pub use committer::{
    Busy, CommitDone, Committed, Committer, CommitterStats, Count, FenceDone, GROUP_BATCHES_MAX,
    GROUP_BYTES_MAX, Health, Histogram, QUEUE_BYTES_MAX, QUEUE_ITEMS_MAX,
};
pub use config::{KeySource, StoreConfig};
pub use directory::{Directory, Guest, NodeChange, Revocation, Revoked};
pub use error::{CommitError, Fault, OpenError, ReadError};
pub use pages::{Page, PageLimits, RoomList};
pub use portable::{
    EXPORT_VERSION, ExportError, ExportReport, ImportError, ImportReport, LINE_BYTES_MAX, export,
    import,
};
pub use record::VALUE_BYTES_MAX;
pub use rotate::{DataKeys, Rotated, rotate};
pub use store::Store;
pub use summary::RoomSummary;
