//! Settings, retention, read markers and last-seen times.

use crate::stage::{Stage, caller, dot, guest, post, react, stage, topic, user};
use greenroom::chat::{Change, Command, Marker, Notice, Refusal, Reply, Room, Write};
use greenroom::crdt::{Body, Role, Visibility};

const DAY_MS: u64 = 24 * 3600 * 1000;

fn update(name: Option<&str>, visibility: Option<Visibility>, days: Option<u32>) -> Command {
    Command::Update {
        name: name.map(Into::into),
        visibility,
        retention_days: days,
    }
}

fn read(stage: &Stage, user: &str, n: u64) -> Command {
    let dot = dot(user, n);
    let stamp = stage.stored[&dot].stamp;
    Command::MarkRead { stamp, dot }
}

#[test]
fn owners_change_the_settings_and_absent_fields_stay() {
    let mut stage = stage();
    let ann = caller("ann");
    stage.must(&ann, update(None, Some(Visibility::Private), Some(30)));
    let settings = stage.room.settings().clone();
    assert_eq!(
        (settings.name.as_str(), settings.retention_days),
        ("deck", Some(30))
    );
    assert_eq!(settings.visibility, Visibility::Private);
    let last = &stage.log.last().expect("appended").entry.op.body;
    assert!(matches!(last, Body::Room { name, .. } if name == "deck"));
    stage.must(&ann, update(Some("aft"), None, Some(0)));
    assert_eq!(stage.room.settings().retention_days, None);
    stage.must(&ann, update(Some("aft"), None, None));
    assert_eq!(stage.last.changes, [], "nothing new is no op");
}

#[test]
fn settings_need_an_owner_and_legal_values() {
    let mut stage = stage();
    let (ann, rename) = (caller("ann"), update(Some("x"), None, None));
    assert_eq!(
        stage.refused(&caller("mod"), rename),
        Refusal::NeedsRole(Role::Owner)
    );
    let mut bad = |command| stage.refused(&ann, command);
    assert_eq!(bad(update(Some(""), None, None)), Refusal::BadName);
    assert_eq!(
        bad(update(None, Some(Visibility::Direct), None)),
        Refusal::BadVisibility
    );
    assert_eq!(bad(update(None, None, Some(36_501))), Refusal::BadRetention);
}

#[test]
fn a_room_without_retention_keeps_everything() {
    let mut stage = stage();
    stage.now_ms += 10_000 * DAY_MS;
    assert_eq!(
        stage.must(&caller("ann"), Command::Retain),
        Reply::Purged(None)
    );
}

#[test]
fn retention_purges_up_to_a_stamp_at_most_hourly_and_only_while_there_are_bodies() {
    let mut stage = stage();
    let ann = caller("ann");
    stage.must(&ann, update(None, None, Some(1)));
    let old = stage.says(&ann, post("ann", 1, "old")).entry.stamp;
    assert!(matches!(stage.must(&ann, Command::Retain), Reply::Purged(Some(p)) if p < old));
    stage.now_ms += DAY_MS + 1;
    let Reply::Purged(Some(up_to)) = stage.must(&ann, Command::Retain) else {
        panic!("due");
    };
    assert!(up_to >= old);
    assert_eq!(stage.room.head().purged_up_to, Some(up_to));
    assert!(stage.last.changes.contains(&Change::PurgeUpTo(up_to)));
    let last = &stage.log.last().expect("appended").entry.op;
    assert_eq!((&last.author, &last.body), (&None, &Body::Purge { up_to }));
    stage.now_ms += DAY_MS;
    assert_eq!(
        stage.must(&ann, Command::Retain),
        Reply::Purged(None),
        "no bodies left"
    );
    let new = stage.says(&ann, post("ann", 2, "new")).entry.stamp;
    stage.now_ms += DAY_MS / 2;
    stage.must(&ann, Command::Retain);
    assert!(stage.room.head().purged_up_to.expect("purged") < new);
    stage.now_ms += 60_000;
    assert_eq!(
        stage.must(&ann, Command::Retain),
        Reply::Purged(None),
        "within the hour"
    );
}

#[test]
fn retention_is_due_for_unknown_fields_too() {
    let mut stage = stage();
    let ann = caller("ann");
    stage.must(&ann, update(None, None, Some(1)));
    stage.must(&ann, Command::Retain);
    let mut op = topic("ann", 1, "t");
    op.extra.insert("x".into(), 1.into());
    let old = stage.says(&ann, op).entry.stamp;
    stage.now_ms += DAY_MS + 1;
    let purged = stage.must(&ann, Command::Retain);
    assert!(matches!(purged, Reply::Purged(Some(up_to)) if up_to >= old));
}

#[test]
fn unread_counts_the_posts_after_the_marker() {
    let mut stage = stage();
    let bob = caller("bob");
    stage.post(&bob, (1..=3).map(|n| post("bob", n, "a")).collect());
    stage.says(&bob, react("bob", 4, dot("bob", 1)));
    assert_eq!(stage.room.unread(&user("cid")), 3);
    let command = read(&stage, "bob", 2);
    let Reply::Marked(marker) = stage.must(&caller("cid"), command) else {
        panic!("marked");
    };
    assert_eq!(marker.posts, 2);
    assert_eq!(stage.room.unread(&user("cid")), 1);
    let told = Notice::Marker {
        user: user("cid"),
        marker,
        unread: 1,
    };
    assert_eq!(stage.last.notices, [told]);
    assert_eq!(stage.room.unread(&user("eve")), 0, "not a member");
}

#[test]
fn a_marker_never_moves_back() {
    let mut stage = stage();
    stage.post(
        &caller("bob"),
        (1..=3).map(|n| post("bob", n, "a")).collect(),
    );
    let (late, early) = (read(&stage, "bob", 3), read(&stage, "bob", 1));
    let newest = stage.must(&caller("cid"), late);
    assert_eq!(stage.must(&caller("cid"), early), newest);
    assert_eq!(stage.last.notices, []);
}

#[test]
fn a_marker_names_a_message_of_the_room_by_its_own_stamp() {
    let mut stage = stage();
    stage.says(&caller("bob"), post("bob", 1, "a"));
    let Command::MarkRead { stamp, dot: of } = read(&stage, "bob", 1) else {
        unreachable!("read marks");
    };
    let wrong = Command::MarkRead {
        stamp: Default::default(),
        dot: of,
    };
    assert_eq!(
        stage.refused(&guest("gus"), wrong),
        Refusal::UnknownMessage(of)
    );
    let nowhere = Command::MarkRead {
        stamp,
        dot: dot("bob", 2),
    };
    assert_eq!(
        stage.refused(&guest("gus"), nowhere),
        Refusal::UnknownMessage(dot("bob", 2))
    );
    let outside = Command::MarkRead { stamp, dot: of };
    assert_eq!(stage.refused(&caller("eve"), outside), Refusal::NotAMember);
}

#[test]
fn markers_and_last_seen_times_are_written_lazily_and_once() {
    let mut stage = stage();
    stage.says(&caller("bob"), post("bob", 1, "a"));
    let command = read(&stage, "bob", 1);
    stage.must(&caller("cid"), command);
    assert_eq!(stage.last.write, Write::Nothing);
    stage.room.seen(&user("cid"), 77);
    stage.room.seen(&user("cid"), 76);
    stage.room.seen(&user("eve"), 77);
    stage.must(&caller("ann"), Command::WriteMarkers);
    assert_eq!(stage.last.write, Write::Lazy);
    match stage.last.changes.as_slice() {
        [Change::Member { user, member }] => {
            assert_eq!((user.as_str(), member.last_seen_ms), ("cid", 77));
            assert!(member.marker.is_some_and(|m: Marker| m.posts == 1));
        }
        other => panic!("{other:?}"),
    }
    stage.must(&caller("ann"), Command::WriteMarkers);
    assert_eq!(
        (stage.last.write, stage.last.changes.len()),
        (Write::Nothing, 0)
    );
    let restored = Room::restore(stage.room.snapshot());
    assert_eq!(restored.unread(&user("cid")), 0);
}
