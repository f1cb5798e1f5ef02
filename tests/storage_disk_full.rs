//! A disk that is really full, on a small tmpfs. Needs root to mount one; says so and passes when it cannot.
#![allow(missing_docs, unreachable_pub, reason = "a test program has no API")]

#[path = "storage/writer.rs"]
#[allow(dead_code, reason = "shared with the other storage tests")]
mod writer;

use greenroom::id::Offset;
use greenroom::storage::{
    CommitError, Committer, Fault, Health, KeySource, PageLimits, Store, StoreConfig, check,
};
use std::path::{Path, PathBuf};
use std::process::Command;
use writer::Writer;
use zeroize::Zeroizing;

/// What the engine keeps free (four of sled's segments), and about as much again.
const DISK_MIB: u32 = 32;
const BATCHES_MAX: usize = 2_000;

struct Tmpfs(PathBuf);

impl Tmpfs {
    fn mount(at: &Path) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={DISK_MIB}m"), "tmpfs"])
            .arg(at)
            .output();
        mounted
            .is_ok_and(|output| output.status.success())
            .then(|| Self(at.to_owned()))
    }

    fn grow(&self) {
        let grown = Command::new("mount")
            .args(["-o", "remount,size=256m"])
            .arg(&self.0)
            .status();
        assert!(grown.is_ok_and(|status| status.success()));
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn open(folder: &Path) -> (Store, Committer) {
    let key = KeySource::Given(Zeroizing::new([7; 32]));
    Store::open(&StoreConfig::new(folder.join("db"), key)).expect("the database opens")
}

fn entries(store: &Store, writer: &Writer, up_to: Offset) -> usize {
    let limits = PageLimits {
        items: usize::MAX,
        bytes: usize::MAX,
    };
    let (mut at, mut count) = (Offset::MIN, 0);
    while at < up_to {
        let page = store
            .read_log(writer.room, at, up_to, limits)
            .expect("reads go on");
        assert!(page.next > at, "entries are missing after {at}");
        (at, count) = (page.next, count + page.entries.len());
    }
    count
}

#[test]
fn a_full_disk_makes_the_node_read_only_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(disk) = Tmpfs::mount(folder.path()) else {
        eprintln!("SKIPPED: cannot mount a tmpfs (needs root): a full disk was not tested");
        return;
    };
    let (store, committer) = open(folder.path());
    let mut writer = Writer::new(1);
    let text = "x".repeat(2_000);
    let mut acknowledged = Offset::MIN;
    let error = (0..BATCHES_MAX).find_map(|_| {
        for _ in 0..16 {
            writer.post(&text);
        }
        match writer.commit(&committer) {
            Ok(committed) => {
                acknowledged = committed.head;
                None
            }
            Err(error) => Some(error),
        }
    });
    assert_eq!(error, Some(CommitError::ReadOnly(Fault::DiskFull)));
    assert_eq!(committer.health(), Health::ReadOnly(Fault::DiskFull));
    let acked = acknowledged.get() as usize;
    assert!(acked > 0);
    assert_eq!(entries(&store, &writer, acknowledged), acked);
    committer.close();
    drop((store, committer));

    disk.grow();
    let (store, committer) = open(folder.path());
    assert_eq!(entries(&store, &writer, acknowledged), acked);
    let report = check(&store);
    assert!(report.is_clean(), "{:?}", report.problems);
    assert_eq!(committer.health(), Health::Ok);
    committer.close();
}
