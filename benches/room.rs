//! What one accepted post costs in the pure room, and one op in the digest: `cargo bench --bench room`.

#![allow(missing_docs, reason = "criterion's macros make public items")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use greenroom::chat::{Caller, Command, Founding, Fresh, Room};
use greenroom::crdt::{Body, Content, Dot, Hlc, Op, Role, Stamp, State, Visibility};
use greenroom::id::{Counter, Epoch, ReplicaId, RoomId};
use std::collections::BTreeMap;

const NOW_MS: u64 = 1_800_000_000_000;
const MEMBERS: usize = 1_000;

fn caller(user: &str) -> Caller {
    Caller {
        user: user.parse().expect("an id"),
        device: "phone".parse().expect("an id"),
        name: user.into(),
        role_max: Role::Owner,
        can_post: true,
    }
}

fn room() -> Room {
    let fresh = Fresh {
        epoch: Epoch::from_bytes([1; 8]),
        server_replica: ReplicaId::from_bytes([0; 8]),
    };
    let founding = Founding::Group {
        name: "deck".into(),
        visibility: Visibility::Public,
        retention_days: None,
    };
    let id = RoomId::from_bytes([2; 16]);
    let (mut room, _) =
        Room::create(id, fresh, NOW_MS, &caller("ann"), founding).expect("a legal founding");
    for n in 0..MEMBERS {
        let join = Command::Join { invite: None };
        let _ = room.handle(NOW_MS, &caller(&format!("user{n}")), join, &BTreeMap::new());
    }
    room
}

fn post(n: u64) -> Op {
    let counter = Counter::try_from(n).expect("from 1");
    let content = Content {
        text: "x".repeat(200),
        ..Content::default()
    };
    Op {
        dot: Dot::new(ReplicaId::from_bytes([7; 8]), counter),
        hlc: Hlc::new(NOW_MS, 0).expect("in range"),
        author: None,
        body: Body::Post {
            thread: None,
            content: Some(content),
        },
        extra: BTreeMap::new(),
    }
}

fn accept(c: &mut Criterion) {
    let mut group = c.benchmark_group("accept a 200 B post");
    for batch in [1, 64] {
        let (mut room, mut n, author) = (room(), 0, caller("user500"));
        group.throughput(Throughput::Elements(batch));
        group.bench_function(format!("in batches of {batch}"), |b| {
            b.iter_batched(
                || {
                    n += batch;
                    let ops = (n - batch + 1..=n).map(post).collect();
                    Command::Post { ops }
                },
                |command| {
                    let decision = room.handle(NOW_MS, &author, command, &BTreeMap::new());
                    room.settled(room.head().offset);
                    decision
                },
                BatchSize::PerIteration, // one log: batches cannot be prepared out of order
            );
        });
    }
}

fn digest(c: &mut Criterion) {
    let mut state = State::default();
    let posts = 10_000;
    for n in 1..=posts {
        let stamp = Stamp(Hlc::new(NOW_MS + n, 0).expect("in range"));
        state.apply(post(n), stamp);
    }
    let mut group = c.benchmark_group("digest");
    group.throughput(Throughput::Elements(posts));
    group.bench_function("10,000 posts", |b| b.iter(|| state.digest()));
}

criterion_group!(benches, accept, digest);
criterion_main!(benches);
