//! Who may say what, about what, and how long it may be.

use crate::stage::{
    START_MS, caller, content, delete, dot, edit, guest, op, post, react, stage, topic, user,
};
use greenroom::chat::{Arrival, Caller, Change, Command, Refusal, Room, limits};
use greenroom::crdt::{
    Body, Content, Hlc, Membership, Op, Role, Stamp, Standing, Visibility, VoidCode,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[test]
fn only_the_author_edits() {
    let mut stage = stage();
    stage.says(&caller("bob"), post("bob", 1, "a"));
    stage.says(&caller("bob"), edit("bob", 2, dot("bob", 1), "b"));
    let (code, _) = stage.voided(&caller("ann"), edit("ann", 1, dot("bob", 1), "c"));
    assert_eq!(code, VoidCode::Invalid);
}

#[test]
fn a_user_edits_from_any_device() {
    let mut stage = stage();
    stage.says(&caller("bob"), post("bob", 1, "a"));
    let laptop = Caller {
        device: "bob-laptop".parse().expect("an id"),
        ..caller("bob")
    };
    stage.says(&laptop, edit("bob2", 1, dot("bob", 1), "b"));
}

#[test]
fn authors_and_moderators_delete_and_bodies_are_stripped_once() {
    let mut stage = stage();
    let ops = (1..=3).map(|n| post("bob", n, "a")).collect();
    stage.post(&caller("bob"), ops);
    stage.says(&caller("bob"), delete("bob", 4, dot("bob", 1)));
    assert!(stage.last.changes.contains(&Change::Strip {
        target: dot("bob", 1)
    }));
    stage.says(&caller("mod"), delete("mod", 1, dot("bob", 2)));
    let (code, _) = stage.voided(&caller("cid"), delete("cid", 1, dot("bob", 3)));
    assert_eq!(code, VoidCode::Forbidden);
    stage.says(&caller("mod"), delete("mod", 2, dot("bob", 1)));
    assert!(!stage.last.changes.contains(&Change::Strip {
        target: dot("bob", 1)
    }));
}

#[test]
fn a_token_caps_the_role() {
    let mut stage = stage();
    stage.says(&caller("bob"), post("bob", 1, "a"));
    let capped = Caller {
        role_max: Role::Member,
        ..caller("ann")
    };
    let (code, _) = stage.voided(&capped, delete("ann", 1, dot("bob", 1)));
    assert_eq!(code, VoidCode::Forbidden);
}

#[test]
fn edits_after_a_delete_arrive_without_a_body() {
    let mut stage = stage();
    let bob = caller("bob");
    let ops = vec![
        post("bob", 1, "a"),
        delete("bob", 2, dot("bob", 1)),
        edit("bob", 3, dot("bob", 1), "secret"),
    ];
    stage.post(&bob, ops);
    let stripped = Body::Edit {
        target: dot("bob", 1),
        content: None,
    };
    assert_eq!(stage.log.last().expect("appended").entry.op.body, stripped);
    stage.room = Room::restore(stage.room.snapshot());
    let late = stage.says(&bob, edit("bob", 4, dot("bob", 1), "secret"));
    assert_eq!(late.entry.op.body, stripped);
    let again = stage.post(&bob, vec![edit("bob", 4, dot("bob", 1), "secret")]);
    assert_eq!(
        again.accepted[0].arrival,
        Arrival::Again,
        "it is known by its fingerprint"
    );
}

#[test]
fn a_delete_that_is_not_on_disk_yet_already_counts() {
    let mut stage = stage();
    let bob = caller("bob");
    stage.says(&bob, post("bob", 1, "a"));
    stage.room = Room::restore(stage.room.snapshot());
    let before = stage.stored.clone();
    let remove = Command::Post {
        ops: vec![delete("bob", 2, dot("bob", 1))],
    };
    stage.ask_unsettled(&bob, remove).expect("taken");
    stage.stored = before; // storage lags
    let ops = vec![edit("bob", 3, dot("bob", 1), "secret")];
    stage
        .ask_unsettled(&bob, Command::Post { ops })
        .expect("taken");
    let last = &stage.log.last().expect("appended").entry.op.body;
    assert_eq!(
        *last,
        Body::Edit {
            target: dot("bob", 1),
            content: None
        }
    );
}

#[test]
fn guests_read_post_react_edit_and_delete_their_own() {
    let mut stage = stage();
    let gus = guest("gus");
    stage.says(&gus, post("gus", 1, "hi"));
    stage.says(&gus, edit("gus", 2, dot("gus", 1), "hello"));
    stage.says(&gus, react("gus", 3, dot("gus", 1)));
    stage.says(&gus, delete("gus", 4, dot("gus", 1)));
}

#[test]
fn pins_and_the_topic_need_a_member() {
    let mut stage = stage();
    stage.says(&caller("bob"), post("bob", 1, "a"));
    let pin = |by, n| {
        op(
            by,
            n,
            Body::Pin {
                target: dot("bob", 1),
                on: true,
            },
        )
    };
    stage.says(&caller("cid"), pin("cid", 1));
    stage.says(&caller("cid"), topic("cid", 2, "sails"));
    assert_eq!(stage.room.settings().topic, "sails");
    assert_eq!(
        stage.voided(&guest("gus"), pin("gus", 1)).0,
        VoidCode::Forbidden
    );
    assert_eq!(
        stage.voided(&guest("gus"), topic("gus", 2, "x")).0,
        VoidCode::Forbidden
    );
}

#[test]
fn the_last_written_topic_wins_even_when_it_arrives_first() {
    let mut stage = stage();
    stage.now_ms += 10_000;
    let at = |by, ms, text: &str| {
        let mut op = topic(by, 1, text);
        op.hlc = Hlc::new(START_MS + ms, 0).expect("in range");
        op
    };
    stage.says(&caller("bob"), at("bob", 9_000, "new"));
    stage.says(&caller("cid"), at("cid", 1_000, "old"));
    assert_eq!(stage.room.settings().topic, "new");
}

#[test]
fn a_topic_from_a_clock_that_runs_ahead_wins_nothing() {
    let mut stage = stage();
    let mut ahead = topic("bob", 1, "ahead");
    ahead.hlc = Hlc::new(START_MS + 3_600_000, 0).expect("in range");
    stage.says(&caller("bob"), ahead);
    stage.now_ms += 1_000;
    let mut later = topic("cid", 1, "later");
    later.hlc = Hlc::new(stage.now_ms, 0).expect("in range");
    stage.says(&caller("cid"), later);
    assert_eq!(stage.room.settings().topic, "later");
}

#[test]
fn ops_are_about_messages_that_exist() {
    let mut stage = stage();
    let bob = caller("bob");
    stage.says(&bob, post("bob", 1, "a"));
    stage.says(&bob, react("bob", 2, dot("bob", 1)));
    for (n, body) in [
        react("bob", 3, dot("cid", 7)).body,
        react("bob", 4, dot("bob", 2)).body,
        delete("bob", 5, dot("bob", 2)).body,
        edit("bob", 6, dot("bob", 2), "x").body,
        Body::Pin {
            target: dot("bob", 9),
            on: true,
        },
        Body::Post {
            thread: Some(dot("bob", 2)),
            content: content("x"),
        },
    ]
    .into_iter()
    .enumerate()
    {
        let n = u64::try_from(n).expect("small") + 3;
        assert_eq!(stage.voided(&bob, op("bob", n, body)).0, VoidCode::Invalid);
    }
}

#[test]
fn a_thread_has_one_level() {
    let mut stage = stage();
    let reply = |n, root| {
        op(
            "bob",
            n,
            Body::Post {
                thread: Some(root),
                content: content("r"),
            },
        )
    };
    let bob = caller("bob");
    stage.post(&bob, vec![post("bob", 1, "root"), reply(2, dot("bob", 1))]);
    assert_eq!(stage.room.head().posts, 2);
    assert_eq!(
        stage.voided(&bob, reply(3, dot("bob", 2))).0,
        VoidCode::Invalid
    );
}

#[test]
fn a_client_cannot_write_as_another_or_as_the_server() {
    let mut stage = stage();
    let bob = caller("bob");
    let mut forged = post("bob", 1, "a");
    forged.author = Some(user("ann"));
    assert_eq!(stage.voided(&bob, forged).0, VoidCode::Invalid);
    let last = &stage.log.last().expect("appended").entry.op;
    assert_eq!(last.author, Some(user("bob")), "the void is its sender's");
    let owner = Membership {
        standing: Standing::Joined,
        role: Role::Owner,
    };
    let room = Body::Room {
        name: "x".into(),
        visibility: Visibility::Public,
        retention_days: None,
    };
    for (n, body) in [
        Body::Member {
            user: user("bob"),
            name: "B".into(),
            membership: owner,
        },
        room,
        Body::Purge {
            up_to: Stamp::default(),
        },
        Body::Void {
            code: VoidCode::Invalid,
        },
        Body::Post {
            thread: None,
            content: None,
        },
        Body::Other {
            kind: "call".into(),
            fields: BTreeMap::new(),
        },
    ]
    .into_iter()
    .enumerate()
    {
        let n = u64::try_from(n).expect("small") + 2;
        assert_eq!(stage.voided(&bob, op("bob", n, body)).0, VoidCode::Invalid);
    }
    assert_eq!(stage.room.role(&bob), Some(Role::Member));
}

#[test]
fn a_call_is_recorded_under_who_started_it() {
    let mut stage = stage();
    let fields = BTreeMap::from([("event".to_owned(), "started".into())]);
    let record = Command::RecordCall {
        fields: fields.clone(),
    };
    stage.must(&caller("bob"), record);
    let op = &stage.log.last().expect("appended").entry.op;
    assert_eq!(op.author, Some(user("bob")));
    let kind = "call".to_owned();
    assert_eq!(op.body, Body::Other { kind, fields });
    assert_eq!(op.dot.replica(), stage.room.head().server_replica);
}

#[test]
fn sizes_are_limited_and_the_limit_itself_is_fine() {
    let mut stage = stage();
    let bob = caller("bob");
    let long = |n| "x".repeat(n);
    let with = |content| Body::Post {
        thread: None,
        content: Some(content),
    };
    let mentions = |n| {
        with(Content {
            mentions: vec![user("cid"); n],
            ..Content::default()
        })
    };
    let extra = |n| {
        with(Content {
            extra: [("x".to_owned(), json!(long(n)))].into(),
            ..Content::default()
        })
    };
    stage.says(&bob, post("bob", 1, &long(limits::TEXT_BYTES_MAX)));
    stage.says(&bob, op("bob", 2, mentions(limits::MENTIONS_MAX)));
    stage.says(&bob, op("bob", 3, extra(limits::OP_BYTES_MAX - 256)));
    let emoji = |n| Body::Reaction {
        target: dot("bob", 1),
        emoji: long(n),
        on: true,
    };
    stage.says(&bob, op("bob", 4, emoji(limits::EMOJI_BYTES_MAX)));
    for (n, body) in [
        post("bob", 5, &long(limits::TEXT_BYTES_MAX + 1)).body,
        mentions(limits::MENTIONS_MAX + 1),
        extra(limits::OP_BYTES_MAX),
        emoji(limits::EMOJI_BYTES_MAX + 1),
        topic("bob", 9, &long(limits::TEXT_BYTES_MAX + 1)).body,
    ]
    .into_iter()
    .enumerate()
    {
        let n = u64::try_from(n).expect("small") + 5;
        assert_eq!(
            stage.voided(&bob, op("bob", n, body)).0,
            VoidCode::TooLarge,
            "{n}"
        );
    }
    assert_eq!(
        stage.voided(&bob, op("bob", 10, emoji(0))).0,
        VoidCode::Invalid
    );
}

#[test]
fn unknown_fields_of_any_kind_are_kept_and_counted() {
    let mut stage = stage();
    let bob = caller("bob");
    let root = dot("bob", 1);
    stage.says(&bob, post("bob", 1, "a"));
    let with = |mut op: Op, value: Value| {
        op.extra.insert("x".to_owned(), value);
        op
    };
    let pin = Body::Pin {
        target: root,
        on: true,
    };
    let kept = [
        react("bob", 2, root),
        op("bob", 3, pin),
        topic("bob", 4, "t"),
        delete("bob", 5, root),
    ];
    for op in kept {
        let op = with(op, json!({"n": 1}));
        assert_eq!(stage.says(&bob, op.clone()).entry.op.extra, op.extra);
        let other = with(op.clone(), json!({"n": 2}));
        assert_eq!(
            stage.stopped(&bob, other),
            Refusal::DotConflict(op.dot),
            "{op:?}"
        );
        let again = stage.post(&bob, vec![op]);
        assert_eq!(again.accepted[0].arrival, Arrival::Again);
    }
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    for (n, value) in [json!("x".repeat(limits::OP_BYTES_MAX)), deep]
        .into_iter()
        .enumerate()
    {
        let n = u64::try_from(n).expect("small") + 6;
        let (code, _) = stage.voided(&bob, with(topic("bob", n, "t"), value));
        assert_eq!(code, VoidCode::TooLarge);
    }
}

#[test]
fn unknown_kinds_are_kept_for_clients_that_know_them() {
    let mut stage = stage();
    let poll = Body::Other {
        kind: "poll".into(),
        fields: [("options".to_owned(), json!(["a", "b"]))].into(),
    };
    let record = stage.says(&guest("gus"), op("gus", 1, poll.clone()));
    assert_eq!(record.entry.op.body, poll);
    assert_eq!(record.posts, 0);
    let nameless = Body::Other {
        kind: String::new(),
        fields: Default::default(),
    };
    assert_eq!(
        stage.voided(&guest("gus"), op("gus", 2, nameless)).0,
        VoidCode::Invalid
    );
}
