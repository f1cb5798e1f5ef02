//! The portable form of a database: JSON lines, documented in `docs/EXPORT.md`.
//!
//! In plain text and without the node's keys: who holds an export can read everything in it.

mod export;
mod import;
mod lines;

pub use export::{ExportError, ExportReport, export};
pub use import::{ImportError, ImportReport, import};

/// The version of the form.
pub const EXPORT_VERSION: u32 = 1;
/// The longest line an import reads, bytes.
pub const LINE_BYTES_MAX: usize = 1 << 20;
