//! Storage through its public API, on the real engine in temporary folders.
#![allow(missing_docs, unreachable_pub, reason = "a test program has no API")]

mod folder;
mod log;
mod model;
mod portable;
mod purge;
mod size;
mod writer;

use greenroom::storage::{Committer, KeySource, PageLimits, Store, StoreConfig};
use std::path::Path;
use zeroize::Zeroizing;

const ALL: PageLimits = PageLimits {
    items: usize::MAX,
    bytes: usize::MAX,
};

fn config(folder: &Path) -> StoreConfig {
    let key = KeySource::Given(Zeroizing::new([7; 32]));
    StoreConfig {
        cache_bytes: 16 << 20,
        ..StoreConfig::new(folder.join("db"), key)
    }
}

fn open(folder: &Path) -> (Store, Committer) {
    Store::open(&config(folder)).expect("the database opens")
}

/// Closes and opens again.
fn reopen(folder: &Path, old: (Store, Committer)) -> (Store, Committer) {
    close(old);
    open(folder)
}

fn close((store, committer): (Store, Committer)) {
    committer.close();
    drop((store, committer));
}
