//! Random sets of accepted pairs, small enough in their values that everything collides: clocks, stamps, targets.

use greenroom::crdt::{
    Body, Content, Dot, Hlc, Membership, Op, Role, Stamp, Standing, Visibility, VoidCode,
};
use greenroom::id::{Counter, ReplicaId, UserId};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) type Pair = (Op, Stamp);

const WRITERS: u8 = 4;

/// What one author writes once, and how it fares at one or two servers.
#[derive(Debug, Clone)]
struct Fact {
    writer: u8,
    hlc: Hlc,
    body: Body,
    extra: BTreeMap<String, Value>,
    stamp: Hlc,
    second: Second,
}

/// What happens to the op at a second server.
#[derive(Debug, Clone)]
enum Second {
    Nothing,
    /// Accepted there with another stamp.
    Stamped(Hlc),
    /// Refused there for good.
    Voided(Hlc),
    /// Stored there without its body.
    Stripped(Hlc),
    /// A clone of the device wrote something else under the same dot there.
    Cloned(Hlc, Body),
}

/// Up to 40 ops of 4 writers as servers stamped them: up to 80 pairs.
pub(crate) fn pairs() -> impl Strategy<Value = Vec<Pair>> {
    proptest::collection::vec(fact(), 1..40).prop_map(|facts| {
        let mut counters = [0u64; WRITERS as usize];
        let mut pairs = Vec::new();
        for fact in facts {
            let counter = &mut counters[usize::from(fact.writer)];
            *counter += 1;
            let op = Op {
                dot: dot(fact.writer, *counter),
                hlc: fact.hlc,
                author: Some(user(fact.writer)),
                body: fact.body,
                extra: fact.extra,
            };
            let with = |body: Body, stamp: Hlc| {
                let mut other = Op { body, ..op.clone() };
                if has_content(&other.body) {
                    other.extra.clear();
                }
                (other, Stamp(stamp))
            };
            match fact.second {
                Second::Nothing => {}
                Second::Stamped(stamp) => pairs.push(with(op.body.clone(), stamp)),
                Second::Voided(stamp) => pairs.push(with(
                    Body::Void {
                        code: VoidCode::Forbidden,
                    },
                    stamp,
                )),
                Second::Stripped(stamp) => {
                    let mut stripped = op.clone();
                    stripped.purge();
                    pairs.push((stripped, Stamp(stamp)));
                }
                Second::Cloned(stamp, body) => pairs.push(with(body, stamp)),
            }
            pairs.push((op, Stamp(fact.stamp)));
        }
        pairs
    })
}

fn fact() -> impl Strategy<Value = Fact> {
    let second = prop_oneof![
        4 => Just(Second::Nothing),
        3 => hlc().prop_map(Second::Stamped),
        1 => hlc().prop_map(Second::Voided),
        1 => hlc().prop_map(Second::Stripped),
        1 => (hlc(), body()).prop_map(|(stamp, body)| Second::Cloned(stamp, body)),
    ];
    (0..WRITERS, hlc(), body(), extra(), hlc(), second).prop_map(
        |(writer, hlc, body, extra, stamp, second)| Fact {
            writer,
            hlc,
            extra: if has_content(&body) {
                BTreeMap::new()
            } else {
                extra
            },
            body,
            stamp,
            second,
        },
    )
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        6 => (proptest::option::weighted(0.3, any_dot()), content())
            .prop_map(|(thread, content)| Body::Post { thread, content: Some(content) }),
        4 => (any_dot(), content())
            .prop_map(|(target, content)| Body::Edit { target, content: Some(content) }),
        1 => any_dot().prop_map(|target| Body::Delete { target }),
        5 => (any_dot(), prop::sample::select(vec!["👍", "+1"]), any::<bool>())
            .prop_map(|(target, emoji, on)| Body::Reaction { target, emoji: emoji.into(), on }),
        3 => (any_dot(), any::<bool>()).prop_map(|(target, on)| Body::Pin { target, on }),
        1 => "[ab]".prop_map(|text| Body::Topic { text }),
        2 => (0..WRITERS, "[ab]", standing(), role()).prop_map(|(who, name, standing, role)| {
            Body::Member { user: user(who), name, membership: Membership { standing, role } }
        }),
        1 => ("[ab]", proptest::option::of(1..9u32)).prop_map(|(name, retention_days)| Body::Room {
            name,
            visibility: Visibility::Public,
            retention_days,
        }),
        1 => hlc().prop_map(|hlc| Body::Purge { up_to: Stamp(hlc) }),
        1 => Just(Body::Other { kind: "poll".into(), fields: [("n".to_owned(), json!(1))].into() }),
    ]
}

/// Whether its unknown fields are part of the body.
const fn has_content(body: &Body) -> bool {
    matches!(
        body,
        Body::Post { .. } | Body::Edit { .. } | Body::Other { .. }
    )
}

fn extra() -> impl Strategy<Value = BTreeMap<String, Value>> {
    prop_oneof![
        3 => Just(Default::default()),
        1 => (-2..3i32).prop_map(|n| [("n".to_owned(), json!(n))].into()),
        1 => "[ab]".prop_map(|text| [("a".to_owned(), json!(text)), ("Z".to_owned(), json!(null))].into()),
    ]
}

fn content() -> impl Strategy<Value = Content> {
    (
        "[ab]{0,2}",
        proptest::collection::vec(0..WRITERS, 0..2),
        extra(),
    )
        .prop_map(|(text, mentions, extra)| Content {
            text,
            mentions: mentions.into_iter().map(user).collect(),
            extra,
        })
}

fn any_dot() -> impl Strategy<Value = Dot> {
    (0..WRITERS, 1..6u64).prop_map(|(writer, counter)| dot(writer, counter))
}

fn hlc() -> impl Strategy<Value = Hlc> {
    (1..30u64, 0..2u32).prop_map(|(ms, counter)| Hlc::new(ms, counter).expect("in range"))
}

fn standing() -> impl Strategy<Value = Standing> {
    use Standing::{Banned, Joined, Kicked, Left};
    prop::sample::select(vec![Joined, Left, Kicked, Banned])
}

fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(vec![
        Role::Guest,
        Role::Member,
        Role::Moderator,
        Role::Owner,
    ])
}

fn dot(writer: u8, counter: u64) -> Dot {
    let replica = ReplicaId::from_bytes([writer + 1; 8]);
    Dot::new(replica, Counter::try_from(counter).expect("from 1"))
}

/// Writers 0 and 1 are two devices of one user.
fn user(writer: u8) -> UserId {
    ["ann", "ann", "bob", "cid"][usize::from(writer)]
        .parse()
        .expect("an id")
}
