//! The snapshot tells the truth, at any time.

use super::probe::{Ask, Diary, one, pass, probe, run, settle, tree};
use greenroom::actors::supervision::{
    ActorState, Exit, Incarnation, Policy, Restart, SNAPSHOT_CHILDREN_MAX, SupervisorSpec,
};
use std::time::Duration;

#[test]
fn a_snapshot_shows_paths_lives_failures_and_queues() {
    run(async {
        let diary = Diary::default();
        let a = probe("a", Restart::Permanent, &diary);
        let address = a.address();
        let rooms = SupervisorSpec::new("rooms", Policy::default()).child(a);
        let spec = SupervisorSpec::new("node", Policy::default()).supervisor(rooms);
        let tree = tree(spec).await;
        address.fail();
        pass(7).await;
        address.act(|_, cx| {
            cx.hold(
                tokio::time::sleep(Duration::from_secs(1)),
                |_, _, ()| Ok(()),
            );
            Ok(())
        });
        settle().await;
        for n in 0..3 {
            address.note(n);
        }
        let snapshot = tree.snapshot();
        let paths: Vec<_> = snapshot.iter().map(|status| status.path.as_str()).collect();
        assert_eq!(paths, ["node", "node/rooms", "node/rooms/a"]);
        let a = &snapshot[2];
        assert_eq!(
            (a.state, a.incarnation, a.restarts),
            (ActorState::Running, Incarnation(2), 1)
        );
        let failure = a.last_failure.as_ref().unwrap();
        assert_eq!(
            (&failure.exit, failure.incarnation),
            (&Exit::error("told to"), Incarnation(1))
        );
        assert!(failure.age >= Duration::from_millis(8));
        assert_eq!((a.lanes[0].lane, a.lanes[0].depth.items), ("only", 3));
        let crowd = snapshot[1].crowd.as_ref().unwrap();
        assert_eq!(
            (crowd.children, crowd.restarts, crowd.lanes[0].depth.items),
            (1, 1, 3)
        );
        assert_eq!(crowd.in_state(ActorState::Running), 1);
        assert_eq!(snapshot[0].state, ActorState::Running);
    });
}

#[test]
fn a_crowd_is_counted_whole_and_listed_in_part_the_unwell_first() {
    run(async {
        let diary = Diary::default();
        let spec = SupervisorSpec::new("connections", Policy::default());
        let connections = spec.handle();
        let tree = tree(spec).await;
        let mut addresses = Vec::new();
        for _ in 0..1_000 {
            let child = probe("", Restart::Transient, &diary);
            addresses.push(child.address());
            connections.start_child(child).unwrap();
        }
        settle().await;
        for _ in 0..5 {
            addresses[777].fail();
        }
        addresses[5].act(|_, cx| {
            cx.stop();
            Ok(())
        });
        pass(20).await;
        let snapshot = tree.snapshot();
        assert_eq!(snapshot.len(), 1 + SNAPSHOT_CHILDREN_MAX);
        let crowd = snapshot[0].crowd.as_ref().unwrap();
        assert_eq!(
            (crowd.children, crowd.in_state(ActorState::Running)),
            (999, 998)
        );
        assert_eq!(snapshot[1].state, ActorState::BackingOff);
        assert!(
            snapshot[1].path.starts_with("connections/777."),
            "{}",
            snapshot[1].path
        );
    });
}

#[test]
fn what_departed_children_counted_stays_in_the_sums() {
    run(async {
        let diary = Diary::default();
        let spec = SupervisorSpec::new("rooms", Policy::default());
        let rooms = spec.handle();
        let tree = tree(spec).await;
        let child = probe("r", Restart::Transient, &diary);
        let address = child.address();
        rooms.start_child(child).unwrap();
        address.fail();
        settle().await;
        address.act(|_, cx| {
            cx.stop();
            assert!(cx.is_stopping());
            assert!(
                cx.address()
                    .push(super::probe::Only, super::probe::Message::Note(1))
                    .is_err()
            );
            Ok(())
        });
        settle().await;
        let snapshot = tree.snapshot();
        let crowd = snapshot[0].crowd.as_ref().unwrap();
        assert_eq!(
            (crowd.children, crowd.restarts, crowd.lanes[0].drops.closed),
            (0, 1, 1)
        );
        assert_eq!(crowd.last_departed, Some(Exit::error("told to")));
    });
}

#[test]
fn a_snapshot_can_be_taken_from_any_thread_and_inside_an_actor() {
    run(async {
        let diary = Diary::default();
        let (tree, a) = one(Restart::Permanent, &diary).await;
        let elsewhere = tree.clone();
        let seen = std::thread::spawn(move || elsewhere.snapshot().len())
            .join()
            .unwrap();
        assert_eq!(seen, 2);
        a.act(move |probe, _| {
            probe.write(&format!("sees {}", tree.snapshot().len()));
            Ok(())
        });
        settle().await;
        assert_eq!(diary.take(), ["a1 sees 2"]);
    });
}
