//! Golden bytes: what version 1 wrote must be read for ever. `GREENROOM_VECTORS=write` writes the files anew.

use super::{Meta, PurgeJob, Stored, decode, decode_log, encode, encode_log};
use crate::chat::{Fingerprint, Head, Invite, Marker, Member, Record, ReplicaOwner, Settings};
use crate::crdt::{
    Body, Content, Dot, Entry, Hlc, Membership, Op, Role, Stamp, Standing, Visibility, VoidCode,
};
use crate::id::{Counter, Epoch, NodeId, Offset, ReplicaId, UserId};
use crate::storage::directory::{Guest, Revocation, Revoked};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn golden(name: &str, bytes: &[u8]) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors/records")
        .join(format!("{name}.hex"));
    let text = hex::encode(bytes) + "\n";
    if std::env::var("GREENROOM_VECTORS").as_deref() == Ok("write") {
        std::fs::write(&path, &text).expect("the vectors' folder is writable");
    }
    let golden = std::fs::read_to_string(&path).expect("the vector is there");
    assert_eq!(text, golden, "{name} is written as it always was");
    hex::decode(golden.trim()).expect("hexadecimal")
}

fn same<T: Stored + PartialEq + std::fmt::Debug>(name: &str, value: &T) {
    let bytes = golden(name, &encode(value).expect("encoded"));
    assert_eq!(&decode::<T>(&bytes).expect("decoded"), value, "{name}");
    for cut in 0..bytes.len() {
        assert!(decode::<T>(&bytes[..cut]).is_err(), "{name} cut at {cut}");
    }
    let trailing = [&bytes[..], &[0]].concat();
    assert!(
        decode::<T>(&trailing).is_err(),
        "{name} with a trailing byte"
    );
    let version_2 = [&[1], &bytes[1..]].concat();
    assert!(decode::<T>(&version_2).is_err(), "{name} of version 2");
}

fn user(name: &str) -> UserId {
    name.parse().expect("a user id")
}

fn hlc(ms: u64, counter: u32) -> Hlc {
    Hlc::new(ms, counter).expect("in range")
}

fn dot(replica: u8, counter: u64) -> Dot {
    let counter = Counter::try_from(counter).expect("in range");
    Dot::new(ReplicaId::from_bytes([replica; 8]), counter)
}

fn offset(number: u64) -> Offset {
    Offset::try_from(number).expect("in range")
}

fn extra() -> BTreeMap<String, Value> {
    BTreeMap::from([("lang".to_owned(), json!({"a": [1, -2.5, null, "é"]}))])
}

fn bodies() -> Vec<(&'static str, Body)> {
    let extra = extra();
    let content = Content {
        text: "Grüße 👋".into(),
        mentions: vec![user("bob"), user("cy@ship")],
        extra: extra.clone(),
    };
    let membership = Membership {
        standing: Standing::Kicked,
        role: Role::Moderator,
    };
    let target = dot(2, 300);
    vec![
        (
            "post",
            Body::Post {
                thread: Some(target),
                content: Some(content.clone()),
            },
        ),
        (
            "post-purged",
            Body::Post {
                thread: None,
                content: None,
            },
        ),
        (
            "edit",
            Body::Edit {
                target,
                content: Some(Content {
                    text: "x".into(),
                    ..Content::default()
                }),
            },
        ),
        ("delete", Body::Delete { target }),
        (
            "reaction",
            Body::Reaction {
                target,
                emoji: "👍".into(),
                on: true,
            },
        ),
        ("pin", Body::Pin { target, on: false }),
        (
            "topic",
            Body::Topic {
                text: "Things".into(),
            },
        ),
        (
            "member",
            Body::Member {
                user: user("bob"),
                name: "Bob".into(),
                membership,
            },
        ),
        (
            "room",
            Body::Room {
                name: "R".into(),
                visibility: Visibility::Direct,
                retention_days: Some(9),
            },
        ),
        (
            "purge",
            Body::Purge {
                up_to: Stamp(hlc(7, 1)),
            },
        ),
        (
            "void",
            Body::Void {
                code: VoidCode::TooLarge,
            },
        ),
        (
            "other",
            Body::Other {
                kind: "poll".into(),
                fields: extra,
            },
        ),
    ]
}

#[test]
fn log_entries() {
    let target = dot(2, 300);
    let plain = bodies().into_iter().map(|(n, b)| (n, b, BTreeMap::new()));
    let kept = ("delete-extra", Body::Delete { target }, extra());
    for (name, body, extra) in plain.chain([kept]) {
        let record = Record {
            entry: Entry {
                offset: offset(12),
                stamp: Stamp(hlc(1_700_000_000_123, 4)),
                op: Op {
                    dot: dot(1, 70_000),
                    hlc: hlc(1_700_000_000_000, 0),
                    author: Some(user("ann")),
                    body,
                    extra,
                },
            },
            fingerprint: Fingerprint([0xab; 16]),
            posts: 11,
        };
        let bytes = golden(
            &format!("log-{name}"),
            &encode_log(&record).expect("encoded"),
        );
        let decoded = decode_log(offset(12), &bytes).expect("decoded");
        assert_eq!(decoded, record, "{name}");
        for cut in 0..bytes.len() {
            assert!(decode_log(offset(12), &bytes[..cut]).is_err());
        }
    }
}

#[test]
fn what_a_room_keeps() {
    let stamp = Stamp(hlc(1_700_000_000_123, 4));
    same(
        "head",
        &Head {
            epoch: Epoch::from_bytes([3; 8]),
            server_replica: ReplicaId::from_bytes([4; 8]),
            offset: offset(1000),
            stamp,
            posts: 900,
            purged_up_to: Some(Stamp(hlc(5, 0))),
        },
    );
    same(
        "settings",
        &Settings {
            name: "Ops".into(),
            visibility: Visibility::Private,
            retention_days: Some(30),
            topic: "Things".into(),
            topic_written: Some((hlc(5, 0), dot(1, 2))),
        },
    );
    same(
        "member",
        &Member {
            name: "Ann".into(),
            membership: Membership {
                standing: Standing::Joined,
                role: Role::Owner,
            },
            marker: Some(Marker {
                stamp,
                dot: dot(1, 5),
                posts: 4,
            }),
            last_seen_ms: 1_700_000_000_000,
        },
    );
    same(
        "invite",
        &Invite {
            role: Role::Member,
            expires_ms: 1_700_000_000_000,
            uses: Some(5),
            by: user("ann"),
        },
    );
    same(
        "replica-owner",
        &ReplicaOwner {
            user: user("ann"),
            device: "phone".parse().expect("a device id"),
        },
    );
    same("offset", &offset(1000));
    same("counter", &Counter::try_from(70_000).expect("in range"));
    same("presence", &());
    same(
        "scrub",
        &PurgeJob {
            up_to: stamp,
            done: offset(77),
        },
    );
}

#[test]
fn what_a_node_keeps() {
    same(
        "guest",
        &Guest {
            name: "Zoë".into(),
            key: [9; 32],
            user: user("guest:1"),
            since_ms: 1_700_000_000_000,
        },
    );
    same("guest-key", &[9_u8; 32]);
    let (ann, device) = (user("ann"), "phone".parse().expect("a device id"));
    for (name, what) in [
        ("revoked-token", Revoked::Token("t1".into())),
        ("revoked-device", Revoked::Device(ann.clone(), device)),
        ("revoked-user", Revoked::User(ann)),
    ] {
        same(
            name,
            &Revocation {
                what,
                until_ms: 1_700_000_000_000,
            },
        );
    }
    let meta = Meta {
        node: NodeId::from_bytes([6; 8]),
        signing_key: vec![1, 2, 3].into(),
    };
    let bytes = golden("meta", &encode(&meta).expect("encoded"));
    let decoded: Meta = decode(&bytes).expect("decoded");
    assert_eq!(
        (decoded.node, decoded.signing_key),
        (meta.node, meta.signing_key)
    );
}

#[test]
fn hostile_lengths_allocate_nothing() {
    // V1, a log entry's first fields, then a text that claims to have 2^60 bytes.
    let mut bytes = vec![0, 1, 0, 1, 0];
    bytes.extend([1; 8]);
    bytes.extend([1, 1, 0xfd]);
    bytes.extend((1_u64 << 60).to_le_bytes());
    assert!(decode_log(offset(1), &bytes).is_err());
}

proptest::proptest! {
    #[test]
    fn any_bytes_decode_or_are_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300), cut in 0..40_usize) {
        // As they are, and as the tail of something that begins well.
        let (_, body) = &bodies()[0];
        let record = Record {
            entry: Entry {
                offset: offset(1),
                stamp: Stamp(hlc(1, 0)),
                op: Op { dot: dot(1, 1), hlc: hlc(1, 0), author: None, body: body.clone(), extra: extra() },
            },
            fingerprint: Fingerprint([0; 16]),
            posts: 1,
        };
        let good = encode_log(&record).expect("encoded");
        for bytes in [bytes.clone(), [&good[..cut.min(good.len())], &bytes].concat()] {
            if let Ok(decoded) = decode_log(offset(1), &bytes) {
                let again = encode_log(&decoded).expect("encoded");
                proptest::prop_assert_eq!(decode_log(offset(1), &again).expect("decoded"), decoded);
            }
            let _ = (decode::<Head>(&bytes), decode::<Settings>(&bytes), decode::<Member>(&bytes));
            let _ = (decode::<Invite>(&bytes), decode::<Guest>(&bytes), decode::<Revocation>(&bytes));
        }
    }
}
