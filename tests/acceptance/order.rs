//! The order of ops: replicas, resends, gaps, clocks, stamps and voids.

use crate::stage::{START_MS, caller, dot, edit, guest, kick, post, replica, stage, topic, user};
use greenroom::chat::{Arrival, Caller, Change, Command, Refusal, Reply, Room, Write, limits};
use greenroom::crdt::{Hlc, VoidCode};

#[test]
fn accepted_ops_get_contiguous_offsets_growing_stamps_and_their_author() {
    let mut stage = stage();
    let head = stage.room.head();
    let ops = vec![post("bob", 1, "a"), post("bob", 2, "b")];
    let posted = stage.post(&caller("bob"), ops);
    assert_eq!(stage.last.write, Write::Durable);
    let offsets: Vec<u64> = posted.accepted.iter().map(|a| a.offset.get()).collect();
    assert_eq!(offsets, [head.offset.get() + 1, head.offset.get() + 2]);
    assert!(head.stamp < posted.accepted[0].stamp);
    assert!(posted.accepted[0].stamp < posted.accepted[1].stamp);
    let last = stage.log.last().expect("appended");
    assert_eq!(last.entry.op.author, Some(user("bob")));
    assert_eq!(last.posts, 2);
}

#[test]
fn stamps_grow_when_the_server_clock_runs_back() {
    let mut stage = stage();
    let before = stage.says(&caller("bob"), post("bob", 1, "a")).entry.stamp;
    stage.now_ms -= 60_000;
    assert!(stage.says(&caller("bob"), post("bob", 2, "b")).entry.stamp > before);
}

#[test]
fn the_first_op_of_a_replica_binds_it_to_user_and_device() {
    let mut stage = stage();
    let decision = stage.says(&caller("bob"), post("bob", 1, "a"));
    assert_eq!(decision.entry.op.dot, dot("bob", 1));
    let bound = stage.last.changes.iter();
    assert_eq!(
        bound
            .filter(|c| matches!(c, Change::BindReplica { .. }))
            .count(),
        1
    );
    let bob = caller("bob");
    let own = stage.room.replicas_of(&bob.user, &bob.device);
    assert_eq!(own, [(replica("bob"), 1)]);
}

#[test]
fn a_replica_of_another_user_device_or_the_server_is_foreign() {
    let mut stage = stage();
    stage.says(&caller("bob"), post("bob", 1, "a"));
    let foreign = Refusal::ForeignReplica(replica("bob"));
    assert_eq!(stage.stopped(&caller("cid"), post("bob", 2, "b")), foreign);
    let laptop = Caller {
        device: "bob-laptop".parse().expect("an id"),
        ..caller("bob")
    };
    assert_eq!(stage.stopped(&laptop, post("bob", 2, "b")), foreign);
    assert_eq!(
        stage.stopped(&caller("cid"), post("bob", 1, "a")),
        foreign,
        "resends too"
    );
    let mut forged = post("bob", 1, "x");
    let server = stage.room.head().server_replica;
    forged.dot = greenroom::crdt::Dot::new(server, forged.dot.counter());
    assert_eq!(
        stage.stopped(&caller("bob"), forged),
        Refusal::ForeignReplica(server)
    );
}

#[test]
fn a_resent_op_is_acked_again_with_the_place_it_has() {
    let mut stage = stage();
    let first = stage.says(&caller("bob"), post("bob", 1, "a"));
    let mut again = post("bob", 1, "a");
    again.author = Some(user("bob"));
    let posted = stage.post(&caller("bob"), vec![again, post("bob", 2, "b")]);
    assert_eq!(posted.accepted[0].arrival, Arrival::Again);
    assert_eq!(posted.accepted[0].offset, first.entry.offset);
    assert_eq!(posted.accepted[0].stamp, first.entry.stamp);
    assert_eq!(posted.accepted[1].arrival, Arrival::New);
}

#[test]
fn a_resend_is_known_before_the_disk_has_it_and_long_after() {
    let mut stage = stage();
    let send = |text: &str| Command::Post {
        ops: vec![post("bob", 1, text)],
    };
    let bob = caller("bob");
    stage.ask_unsettled(&bob, send("a")).expect("taken");
    assert_eq!(stage.room.lookups(&send("a")), []);
    let posted = |reply| match reply {
        Ok(Reply::Posted(posted)) => posted,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        posted(stage.ask_unsettled(&bob, send("a"))).accepted[0].arrival,
        Arrival::Again
    );
    stage.room = Room::restore(stage.room.snapshot());
    assert_eq!(stage.room.lookups(&send("a")), [dot("bob", 1)]);
    assert_eq!(
        posted(stage.ask(&bob, send("a"))).accepted[0].arrival,
        Arrival::Again
    );
    assert_eq!(
        posted(stage.ask(&bob, send("other"))).stopped,
        Some(Refusal::DotConflict(dot("bob", 1)))
    );
}

#[test]
fn a_target_at_hand_when_a_batch_begins_is_at_hand_until_its_end() {
    let mut stage = stage();
    let bob = caller("bob");
    let posts = |numbers: std::ops::RangeInclusive<u64>| -> Vec<_> {
        numbers.map(|n| post("bob", n, "text")).collect()
    };
    stage.post(&bob, posts(1..=256));
    // The room remembers the newest 256 entries: it does not ask storage for the first post, and the batch pushes it out.
    let mut ops = posts(257..=511);
    ops.push(edit("bob", 512, dot("bob", 1), "new text"));
    let posted = stage.post(&bob, ops);
    assert_eq!(posted.refused, []);
    assert_eq!(posted.accepted.len(), 256);
}

#[test]
fn a_resend_of_what_storage_lost_is_never_acked() {
    let mut stage = stage();
    stage.says(&caller("bob"), post("bob", 1, "a"));
    stage.room = Room::restore(stage.room.snapshot());
    stage.stored.clear();
    assert_eq!(
        stage.stopped(&caller("bob"), post("bob", 1, "a")),
        Refusal::Missing(dot("bob", 1))
    );
}

#[test]
fn a_known_dot_with_other_content_is_a_conflict() {
    let mut stage = stage();
    stage.says(&caller("bob"), post("bob", 1, "a"));
    let conflict = Refusal::DotConflict(dot("bob", 1));
    assert_eq!(stage.stopped(&caller("bob"), post("bob", 1, "b")), conflict);
    let mut later = post("bob", 1, "a");
    later.hlc = Hlc::new(START_MS, 1).expect("in range");
    assert_eq!(stage.stopped(&caller("bob"), later), conflict);
}

#[test]
fn a_gap_stops_the_batch_and_says_what_is_there() {
    let mut stage = stage();
    let ops = vec![
        post("bob", 1, "a"),
        post("bob", 3, "c"),
        post("bob", 4, "d"),
    ];
    let posted = stage.post(&caller("bob"), ops);
    assert_eq!(posted.accepted.len(), 1);
    assert_eq!(posted.stopped, Some(Refusal::Gap { have: 1 }));
    assert_eq!(
        stage.stopped(&caller("cid"), post("cid", 2, "b")),
        Refusal::Gap { have: 0 }
    );
}

#[test]
fn a_batch_is_of_one_replica_and_of_bounded_length() {
    let mut stage = stage();
    let mixed = Command::Post {
        ops: vec![post("bob", 1, "a"), post("cid", 1, "b")],
    };
    assert_eq!(stage.refused(&caller("bob"), mixed), Refusal::MixedReplicas);
    let ops = (1..=257).map(|n| post("bob", n, "a")).collect();
    assert_eq!(
        stage.refused(&caller("bob"), Command::Post { ops }),
        Refusal::TooManyOps
    );
    assert_eq!(stage.post(&caller("bob"), vec![]), Default::default());
}

#[test]
fn a_clock_a_day_ahead_is_taken_and_beyond_it_the_client_must_fix_it() {
    let mut stage = stage();
    let at = |n, ahead| {
        let mut op = post("bob", n, "a");
        op.hlc = Hlc::new(START_MS + ahead, 0).expect("in range");
        op
    };
    stage.says(&caller("bob"), at(1, limits::CLOCK_AHEAD_MS_MAX));
    let skew = Refusal::ClockSkew {
        ahead_ms: limits::CLOCK_AHEAD_MS_MAX + 1,
    };
    assert_eq!(
        stage.stopped(&caller("bob"), at(2, limits::CLOCK_AHEAD_MS_MAX + 1)),
        skew
    );
    stage.says(&caller("bob"), at(2, 0));
}

#[test]
fn a_clock_far_behind_is_fine() {
    let mut stage = stage();
    let mut old = post("bob", 1, "written at sea");
    old.hlc = Hlc::new(1, 0).expect("in range");
    stage.says(&caller("bob"), old);
}

#[test]
fn non_members_leave_no_trace_and_lose_nothing() {
    let mut stage = stage();
    stage.says(&caller("bob"), post("bob", 1, "a"));
    stage.must(&caller("ann"), kick("bob"));
    assert_eq!(
        stage.stopped(&caller("bob"), post("bob", 2, "b")),
        Refusal::NotAMember
    );
    assert_eq!(
        stage.stopped(&caller("eve"), post("eve", 1, "b")),
        Refusal::NotAMember
    );
    let resent = stage.post(&caller("bob"), vec![post("bob", 1, "a")]);
    assert_eq!(
        resent.accepted[0].arrival,
        Arrival::Again,
        "what was taken stays acked"
    );
    stage.must(&caller("bob"), Command::Join { invite: None });
    stage.says(&caller("bob"), post("bob", 2, "b"));
}

#[test]
fn a_token_without_the_right_to_post_leaves_no_trace() {
    let mut stage = stage();
    let mute = Caller {
        can_post: false,
        ..caller("bob")
    };
    assert_eq!(
        stage.stopped(&mute, post("bob", 1, "a")),
        Refusal::MayNotPost
    );
}

#[test]
fn an_op_refused_for_good_leaves_a_void_and_the_log_goes_on() {
    let mut stage = stage();
    let gus = guest("gus");
    let ops = vec![topic("gus", 1, "mine"), post("gus", 2, "a")];
    let posted = stage.post(&gus, ops);
    assert_eq!(posted.refused[0].dot, dot("gus", 1));
    assert_eq!(posted.refused[0].code, VoidCode::Forbidden);
    assert_eq!(posted.accepted[0].dot, dot("gus", 2));
    assert_eq!(posted.accepted[0].offset, posted.refused[0].offset.next());
    assert_eq!(posted.offset_max(), Some(posted.accepted[0].offset));
    let again = stage.post(&gus, vec![topic("gus", 1, "mine")]);
    assert_eq!(again.refused[0].arrival, Arrival::Again);
    assert_eq!(again.refused[0].code, VoidCode::Forbidden);
    assert_eq!(
        stage.stopped(&gus, topic("gus", 1, "other")),
        Refusal::DotConflict(dot("gus", 1))
    );
}

#[test]
fn a_room_takes_no_more_than_the_disk_can_follow() {
    let mut stage = stage();
    let bob = caller("bob");
    let mut n = 0;
    let refusal = loop {
        let ops = (1..=256).map(|i| post("bob", n + i, "a")).collect();
        n += 256;
        match stage.ask_unsettled(&bob, Command::Post { ops }) {
            Ok(Reply::Posted(posted)) if posted.stopped.is_some() => break posted.stopped,
            Ok(_) => assert!(n <= 2 * limits::UNSETTLED_MAX as u64),
            Err(refusal) => panic!("{refusal}"),
        }
    };
    assert_eq!(refusal, Some(Refusal::Busy));
    stage.room.settled(stage.room.head().offset);
    let next = stage.room.replicas_of(&bob.user, &bob.device)[0].1 + 1;
    stage.says(&bob, post("bob", next, "a"));
}
