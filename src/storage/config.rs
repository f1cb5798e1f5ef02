//! Where the database is and how it is opened.

use std::path::PathBuf;
use std::time::Duration;
use zeroize::Zeroizing;

/// How to open a [`Store`](super::Store).
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// The database's own folder: made when absent; nothing else may live in it.
    pub path: PathBuf,
    /// Memory for pages, bytes.
    pub cache_bytes: u64,
    /// The master key, which wraps the data keys.
    pub key: KeySource,
    /// How long a lazy batch may wait for its fsync.
    pub lazy_delay: Duration,
}

impl StoreConfig {
    /// The folder and the key file, everything else as usual: 256 MiB of cache, lazy batches within a second.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, key: KeySource) -> Self {
        Self {
            path: path.into(),
            cache_bytes: 256 << 20,
            key,
            lazy_delay: Duration::from_secs(1),
        }
    }
}

/// Where the master key comes from.
#[derive(Clone)]
pub enum KeySource {
    /// A file of 64 hexadecimal digits. Made with mode 0600 together with a new database, never for an existing one.
    File(PathBuf),
    /// The key itself.
    Given(Zeroizing<[u8; 32]>),
}

impl std::fmt::Debug for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Given(_) => f.write_str("Given(..)"),
        }
    }
}
