//! Any op that decodes, from anyone, in any order: a room never panics, and its log keeps its promises.

use crate::stage::{Stage, caller, guest, replica, stage};
use greenroom::chat::{Arrival, Caller, Command, Reply};
use greenroom::crdt::{
    Body, Content, Dot, Hlc, Membership, Op, Role, Stamp, Standing, State, Text, Visibility,
    VoidCode,
};
use greenroom::id::{Counter, WIRE_INTEGER_MAX};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::Value;

const USERS: [&str; 5] = ["ann", "mod", "bob", "gus", "eve"];

fn arbitrary_dot() -> impl Strategy<Value = Dot> {
    let counter = prop_oneof![8 => 1..6u64, 1 => Just(WIRE_INTEGER_MAX), 1 => 1..=WIRE_INTEGER_MAX];
    let writer = prop::sample::select(vec!["ann", "mod", "bob", "gus", "eve", "two"]);
    (writer, counter).prop_map(|(writer, counter)| {
        Dot::new(
            replica(writer),
            Counter::try_from(counter).expect("in range"),
        )
    })
}

fn arbitrary_hlc() -> impl Strategy<Value = Hlc> {
    let ms = prop_oneof![
        Just(0),
        Just(WIRE_INTEGER_MAX),
        crate::stage::START_MS - 9..crate::stage::START_MS + 9
    ];
    let counter = prop_oneof![0..3u32, Just(u32::MAX)];
    (ms, counter).prop_map(|(ms, counter)| Hlc::new(ms, counter).expect("in range"))
}

fn arbitrary_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        ".{0,9}".prop_map(Value::from),
    ];
    leaf.prop_recursive(40, 60, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            btree_map(".{0,3}", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn arbitrary_content() -> impl Strategy<Value = Option<Content>> {
    let user = prop::sample::select(USERS.to_vec()).prop_map(crate::stage::user);
    let text = prop_oneof![".{0,20}", (0..40_000usize).prop_map(|n| "x".repeat(n))];
    let content = (
        text,
        vec(user, 0..70),
        btree_map("[a-z]{1,4}", arbitrary_value(), 0..3),
    );
    proptest::option::weighted(0.9, content).prop_map(|content| {
        content.map(|(text, mentions, extra)| Content {
            text,
            mentions,
            extra,
        })
    })
}

fn arbitrary_body() -> impl Strategy<Value = Body> {
    let member =
        (prop::sample::select(USERS.to_vec()), ".{0,4}").prop_map(|(user, name)| Body::Member {
            user: crate::stage::user(user),
            name,
            membership: Membership {
                standing: Standing::Joined,
                role: Role::Owner,
            },
        });
    let room = (".{0,4}", any::<Option<u32>>()).prop_map(|(name, retention_days)| Body::Room {
        name,
        visibility: Visibility::Direct,
        retention_days,
    });
    prop_oneof![
        4 => (proptest::option::of(arbitrary_dot()), arbitrary_content())
            .prop_map(|(thread, content)| Body::Post { thread, content }),
        2 => (arbitrary_dot(), arbitrary_content())
            .prop_map(|(target, content)| Body::Edit { target, content }),
        2 => arbitrary_dot().prop_map(|target| Body::Delete { target }),
        2 => (arbitrary_dot(), ".{0,40}", any::<bool>())
            .prop_map(|(target, emoji, on)| Body::Reaction { target, emoji, on }),
        1 => (arbitrary_dot(), any::<bool>()).prop_map(|(target, on)| Body::Pin { target, on }),
        1 => ".{0,20}".prop_map(|text| Body::Topic { text }),
        1 => member,
        1 => room,
        1 => arbitrary_hlc().prop_map(|hlc| Body::Purge { up_to: Stamp(hlc) }),
        1 => Just(Body::Void { code: VoidCode::Invalid }),
        1 => (".{0,70}", btree_map("[a-z]{1,4}", arbitrary_value(), 0..3))
            .prop_map(|(kind, fields)| Body::Other { kind, fields }),
    ]
}

fn arbitrary_op() -> impl Strategy<Value = Op> {
    let author = prop_oneof![8 => Just(None), 1 => Just(Some("bob"))];
    let extra = btree_map("[a-z]{1,4}", arbitrary_value(), 0..3);
    let parts = (
        arbitrary_dot(),
        arbitrary_hlc(),
        author,
        arbitrary_body(),
        extra,
    );
    parts.prop_map(|(dot, hlc, author, body, mut extra)| {
        if matches!(
            body,
            Body::Post { .. } | Body::Edit { .. } | Body::Other { .. }
        ) {
            extra.clear();
        }
        Op {
            dot,
            hlc,
            author: author.map(crate::stage::user),
            body,
            extra,
        }
    })
}

fn arbitrary_command() -> impl Strategy<Value = Command> {
    let user = || prop::sample::select(USERS.to_vec());
    let role = prop::sample::select(vec![
        Role::Guest,
        Role::Member,
        Role::Moderator,
        Role::Owner,
    ]);
    prop_oneof![
        20 => vec(arbitrary_op(), 1..4).prop_map(|ops| Command::Post { ops }),
        1 => Just(Command::Join { invite: None }),
        1 => Just(Command::Leave),
        1 => (user(), role).prop_map(|(user, role)| crate::stage::role(user, role)),
        1 => user().prop_map(crate::stage::ban),
        1 => user().prop_map(|user| Command::Unban { user: crate::stage::user(user) }),
        1 => (arbitrary_hlc(), arbitrary_dot())
            .prop_map(|(hlc, dot)| Command::MarkRead { stamp: Stamp(hlc), dot }),
        1 => Just(Command::Update { name: None, visibility: None, retention_days: Some(1) }),
        1 => Just(Command::Retain),
        1 => Just(Command::WriteMarkers),
    ]
}

fn arbitrary_caller() -> impl Strategy<Value = Caller> {
    prop::sample::select(USERS.to_vec()).prop_map(|user| {
        if user == "gus" {
            guest(user)
        } else {
            caller(user)
        }
    })
}

proptest! {
    #[test]
    fn a_room_survives_anything_and_keeps_its_promises(
        script in vec((arbitrary_caller(), arbitrary_command(), any::<bool>(), 0..100_000_000u64), 1..40)
    ) {
        let mut stage = stage();
        for (caller, mut command, own, wait_ms) in script {
            if own && let Command::Post { ops } = &mut command {
                continue_the_log(&stage, &caller, ops);
            }
            stage.now_ms += wait_ms;
            let again = command.clone();
            let reply = stage.ask(&caller, command);
            if let (Ok(Reply::Posted(first)), Command::Post { .. }) = (reply, &again) {
                let told = first.accepted.len() + first.refused.len();
                let Ok(Reply::Posted(second)) = stage.ask(&caller, again) else {
                    panic!("a resend is never refused as a whole");
                };
                prop_assert!(stage.last.changes.is_empty(), "a resend writes nothing");
                prop_assert_eq!(second.accepted.len() + second.refused.len(), told);
                let new = second.accepted.iter().filter(|a| a.arrival == Arrival::New).count();
                prop_assert_eq!(new, 0);
            }
        }
        keeps_its_promises(&stage)?;
        agrees_with_its_log(&stage)?;
    }
}

/// Gives the ops the dots that the caller's replica has next, so that most of them reach judgement.
fn continue_the_log(stage: &Stage, caller: &Caller, ops: &mut [Op]) {
    let replica = replica(caller.user.as_str());
    let have = stage.room.version_vector().get(replica);
    for (op, n) in ops.iter_mut().zip(have + 1..) {
        op.dot = Dot::new(replica, Counter::try_from(n).expect("small"));
    }
}

fn keeps_its_promises(stage: &Stage) -> Result<(), TestCaseError> {
    let mut vector = greenroom::crdt::VersionVector::default();
    let mut posts = 0;
    for (record, offset) in stage.log.iter().zip(1..) {
        let entry = &record.entry;
        prop_assert_eq!(entry.offset.get(), offset);
        let dot = entry.op.dot;
        prop_assert_eq!(dot.counter().get(), vector.get(dot.replica()) + 1);
        vector.advance(dot);
        posts += u64::from(matches!(entry.op.body, Body::Post { .. }));
        prop_assert_eq!(record.posts, posts);
    }
    let stamps: Vec<_> = stage.log.iter().map(|r| r.entry.stamp).collect();
    prop_assert!(stamps.is_sorted_by(|a, b| a < b));
    prop_assert_eq!(stage.room.version_vector(), vector);
    prop_assert_eq!(stage.room.head().posts, posts);
    let restored = greenroom::chat::Room::restore(stage.room.snapshot());
    prop_assert_eq!(restored.snapshot(), stage.room.snapshot());
    prop_assert_eq!(restored.member_count(), stage.room.member_count());
    Ok(())
}

/// What the room keeps in memory is what its log converges to anywhere.
fn agrees_with_its_log(stage: &Stage) -> Result<(), TestCaseError> {
    let mut state = State::default();
    for record in stage.log.iter().rev() {
        state.apply(record.entry.op.clone(), record.entry.stamp);
    }
    let (settings, head) = (stage.room.settings(), stage.room.head());
    prop_assert_eq!(state.topic().unwrap_or_default(), settings.topic.as_str());
    let converged = state.settings().expect("written at founding");
    prop_assert_eq!(converged.name, settings.name.as_str());
    prop_assert_eq!(converged.visibility, settings.visibility);
    prop_assert_eq!(converged.retention_days, settings.retention_days);
    prop_assert_eq!(state.purged_up_to(), head.purged_up_to);
    prop_assert_eq!(state.version_vector(), stage.room.version_vector());
    for (user, name, membership) in state.members() {
        let member = stage.room.member(user).expect("known");
        prop_assert_eq!(
            (member.name.as_str(), member.membership),
            (name, membership)
        );
    }
    for message in state.timeline() {
        let known = &stage.stored[&message.dot];
        prop_assert_eq!(known.deleted, message.text == Text::Deleted);
    }
    Ok(())
}
