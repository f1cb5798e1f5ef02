//! What sealing and opening a packet costs.
//!
//! `cargo bench --bench srtp`. "seal" seals one packet under rising indices; "open" opens packets that were sealed
//! before, 64 in one go and each once, because a second time it would be a replay.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use greenroom::rtc::srtp::{Srtp, SrtpProfile};
use std::hint::black_box;

const HEADER_LEN: usize = 12;
const PAYLOADS: [usize; 2] = [100, 1200];
const PROFILES: [(&str, SrtpProfile); 2] = [
    ("aes128-gcm", SrtpProfile::AeadAes128Gcm),
    ("aes128-cm-sha1-80", SrtpProfile::Aes128CmSha1_80),
];

/// Packets opened in one go; the index rises over all of them.
const BATCH: u64 = 64;

fn pair(profile: SrtpProfile) -> (Srtp, Srtp) {
    let keying = vec![7; profile.keying_len()];
    let fits = "the profile says how long it is";
    (
        Srtp::client(profile, &keying).expect(fits),
        Srtp::server(profile, &keying).expect(fits),
    )
}

fn packet(profile: SrtpProfile, payload: usize) -> Vec<u8> {
    let mut packet = vec![0; HEADER_LEN + payload + profile.rtp_overhead()];
    packet[..2].copy_from_slice(&[0x80, 96]);
    packet
}

fn seal_next(srtp: &Srtp, packet: &mut [u8], index: u64) {
    packet[2..4].copy_from_slice(&index.to_be_bytes()[6..]);
    srtp.seal_rtp(packet, HEADER_LEN, index)
        .expect("the packet is whole");
}

fn seal(c: &mut Criterion) {
    let mut group = c.benchmark_group("seal");
    for (name, profile) in PROFILES {
        let (client, _) = pair(profile);
        for payload in PAYLOADS {
            group.throughput(Throughput::Bytes(payload as u64));
            let mut packet = packet(profile, payload);
            let mut index = 0;
            group.bench_function(BenchmarkId::new(name, payload), |b| {
                b.iter(|| {
                    index += 1;
                    seal_next(&client, black_box(&mut packet), index);
                });
            });
        }
    }
}

fn open(c: &mut Criterion) {
    let mut group = c.benchmark_group("open");
    for (name, profile) in PROFILES {
        for payload in PAYLOADS {
            let (client, mut server) = pair(profile);
            group.throughput(Throughput::Elements(BATCH));
            let mut index = 0;
            group.bench_function(BenchmarkId::new(name, payload), |b| {
                b.iter_batched(
                    || {
                        let sealed = (0..BATCH).map(|_| {
                            index += 1;
                            let mut packet = packet(profile, payload);
                            seal_next(&client, &mut packet, index);
                            packet
                        });
                        sealed.collect::<Vec<_>>()
                    },
                    |mut sealed| {
                        for packet in &mut sealed {
                            let opened = server.open_rtp(packet, HEADER_LEN);
                            black_box(opened.expect("it is authentic and new"));
                        }
                        sealed
                    },
                    BatchSize::SmallInput,
                );
            });
        }
    }
}

criterion_group!(benches, seal, open);
criterion_main!(benches);
