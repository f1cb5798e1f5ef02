//! Commit (fsync included), page reads, and sealing. `cargo bench --bench storage`; the disk under `TMPDIR` is what counts.
#![allow(missing_docs, unreachable_pub, reason = "a benchmark has no API")]

#[path = "../tests/storage/writer.rs"]
#[allow(dead_code, reason = "shared with the storage tests")]
mod writer;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use greenroom::id::Offset;
use greenroom::storage::{Committer, KeySource, PageLimits, Store, StoreConfig};
use std::hint::black_box;
use std::path::Path;
use writer::{Writer, offset};
use zeroize::Zeroizing;

const TEXT_BYTES: usize = 200;

fn open(folder: &Path) -> (Store, Committer) {
    let key = KeySource::Given(Zeroizing::new([7; 32]));
    Store::open(&StoreConfig::new(folder.join("db"), key)).expect("the database opens")
}

fn commit(c: &mut Criterion) {
    let mut group = c.benchmark_group("commit");
    for ops in [1, 64, 256] {
        let folder = tempfile::tempdir().expect("a folder");
        let (_store, committer) = open(folder.path());
        let mut writer = Writer::new(1);
        let text = "x".repeat(TEXT_BYTES);
        group.throughput(Throughput::Elements(ops));
        group.bench_function(format!("{ops} ops, fsynced"), |b| {
            b.iter(|| {
                for _ in 0..ops {
                    writer.post(&text);
                }
                writer.commit(&committer).expect("committed")
            });
        });
        committer.close();
    }
    group.finish();
}

fn read(c: &mut Criterion) {
    const ENTRIES: u64 = 10_000;
    let folder = tempfile::tempdir().expect("a folder");
    let (store, committer) = open(folder.path());
    let mut writer = Writer::new(1);
    let text = "x".repeat(TEXT_BYTES);
    for _ in 0..ENTRIES / 100 {
        for _ in 0..100 {
            writer.post(&text);
        }
        writer.commit(&committer).expect("committed");
    }
    let limits = PageLimits {
        items: 256,
        bytes: 256 * 1024,
    };
    let mut group = c.benchmark_group("read");
    group.throughput(Throughput::Elements(256));
    group.bench_function("a page of 256", |b| {
        b.iter(|| {
            store.read_log(
                writer.room,
                black_box(offset(5_000)),
                offset(ENTRIES),
                limits,
            )
        });
    });
    group.throughput(Throughput::Elements(50));
    let last = PageLimits {
        items: 50,
        ..limits
    };
    group.bench_function("the last 50", |b| {
        b.iter(|| store.read_back(writer.room, black_box(offset(ENTRIES + 1)), last));
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("a room to start from", |b| {
        b.iter(|| store.load_room(black_box(writer.room)));
    });
    group.throughput(Throughput::Elements(ENTRIES));
    group.bench_function("10,000 ops in pages", |b| {
        b.iter(|| {
            let mut at = Offset::MIN;
            while at < offset(ENTRIES) {
                let page = store.read_log(writer.room, at, offset(ENTRIES), limits);
                at = page.expect("read").next;
            }
        });
    });
    group.finish();
}

fn seal(c: &mut Criterion) {
    let cipher = XChaCha20Poly1305::new(&[7; 32].into());
    let nonce = XNonce::from([1; 24]);
    let plain = vec![1; 300];
    let payload = |msg| Payload { msg, aad: &[2; 26] };
    let sealed = cipher.encrypt(&nonce, payload(&plain)).expect("sealed");
    let mut group = c.benchmark_group("XChaCha20-Poly1305, 300 bytes");
    group.bench_function("seal", |b| {
        b.iter(|| cipher.encrypt(&nonce, payload(black_box(&plain))));
    });
    group.bench_function("open", |b| {
        b.iter(|| cipher.decrypt(&nonce, payload(black_box(&sealed))));
    });
    group.finish();
}

criterion_group!(benches, commit, read, seal);
criterion_main!(benches);
