//! Who is restarted, how often, after how long, and what happens to more.

use super::probe::{Ask, Diary, Message, Only, one, pass, probe, run, settle, tree};
use greenroom::{
    actors::supervision::{
        ActorState, Backoff, ChildId, Event, Excess, Exit, Incarnation, Intensity, Policy, Restart,
        StartError, Strategy, SupervisorSpec,
    },
    mailbox::RefusedReason,
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

fn policy(restarts_max: u32) -> Policy {
    Policy {
        intensity: Intensity {
            restarts_max,
            within: Duration::from_secs(5),
        },
        ..Policy::default()
    }
}

type Events = Arc<Mutex<Vec<(String, ChildId, Event)>>>;

fn watched(spec: SupervisorSpec) -> (SupervisorSpec, Events) {
    let events = Events::default();
    let seen = events.clone();
    let spec = spec.watch(move |notice| {
        let event = (notice.name.to_owned(), notice.child, notice.event.clone());
        seen.lock().unwrap().push(event);
    });
    (spec, events)
}

#[test]
fn a_normal_end_is_followed_only_by_the_permanent() {
    run(async {
        let diary = Diary::default();
        let specs = [Restart::Permanent, Restart::Transient, Restart::Temporary]
            .into_iter()
            .zip(["p", "t", "o"])
            .map(|(restart, name)| probe(name, restart, &diary));
        let (mut spec, mut addresses) = (SupervisorSpec::new("node", policy(5)), Vec::new());
        for child in specs {
            addresses.push(child.address());
            spec = spec.child(child);
        }
        let _tree = tree(spec).await;
        diary.take();
        for address in &addresses {
            address.act(|_, cx| {
                cx.stop();
                Ok(())
            });
            address.note(1);
        }
        settle().await;
        // The permanent one keeps its queue for the next life; the others handle theirs before they end.
        assert_eq!(
            diary.take(),
            [
                "p1 ends: stopped by itself",
                "p2 starts",
                "p2 notes 1",
                "t1 notes 1",
                "t1 ends: stopped by itself",
                "o1 notes 1",
                "o1 ends: stopped by itself",
            ]
        );
        let states: Vec<_> = addresses.iter().map(|address| address.state()).collect();
        assert_eq!(
            states,
            [
                ActorState::Running,
                ActorState::Stopped,
                ActorState::Stopped
            ]
        );
        let refused = addresses[1].push(Only, Message::Note(2)).unwrap_err();
        assert_eq!(refused.reason, RefusedReason::Closed);
    });
}

#[test]
fn a_temporary_child_has_one_life() {
    run(async {
        let diary = Diary::default();
        let (spec, events) = watched(SupervisorSpec::new("connections", policy(5)));
        let connections = spec.handle();
        let early = probe("early", Restart::Temporary, &diary);
        assert_eq!(connections.start_child(early), Err(StartError::Refused));
        let _tree = tree(spec).await;
        let child = probe("c", Restart::Temporary, &diary);
        let address = child.address();
        let id = connections.start_child(child).unwrap();
        address.note(1);
        address.fail();
        address.note(2);
        settle().await;
        assert_eq!(
            diary.take(),
            ["c1 starts", "c1 notes 1", "c1 ends: told to"]
        );
        assert_eq!(
            *events.lock().unwrap(),
            [("c".to_owned(), id, Event::Gone(Exit::error("told to")))]
        );
        assert_eq!(
            (connections.children(), address.state()),
            (0, ActorState::Stopped)
        );
        assert!(address.mailbox().is_empty());
    });
}

#[test]
fn rest_for_one_restarts_what_stands_on_the_failed_one() {
    run(async {
        let diary = Diary::default();
        let strategy = Strategy::RestForOne;
        let (mut spec, mut addresses) = (
            SupervisorSpec::new(
                "node",
                Policy {
                    strategy,
                    ..policy(5)
                },
            ),
            Vec::new(),
        );
        for name in ["x", "y", "z", "w"] {
            let child = probe(name, Restart::Permanent, &diary);
            addresses.push(child.address());
            spec = spec.child(child);
        }
        let _tree = tree(spec).await;
        assert_eq!(
            diary.take(),
            ["x1 starts", "y1 starts", "z1 starts", "w1 starts"]
        );
        addresses[1].fail();
        settle().await;
        assert_eq!(
            diary.take(),
            [
                "y1 ends: told to",
                "w1 ends: shut down",
                "z1 ends: shut down",
                "y2 starts",
                "z2 starts",
                "w2 starts",
            ]
        );
        addresses[0].note(1);
        settle().await;
        assert_eq!(diary.take(), ["x1 notes 1"]);
    });
}

#[test]
fn the_first_restart_is_immediate_and_later_ones_wait_by_the_seed() {
    let pauses = |seed| {
        let taken = Arc::new(Mutex::new(Vec::new()));
        let out = taken.clone();
        run(async move {
            let diary = Diary::default();
            let a = probe("a", Restart::Permanent, &diary);
            let address = a.address();
            let policy = Policy { seed, ..policy(6) };
            let (spec, events) = watched(SupervisorSpec::new("node", policy).child(a));
            let _tree = tree(spec).await;
            for _ in 0..6 {
                address.fail();
                pass(600).await;
                assert_eq!(address.state(), ActorState::Running);
            }
            let events = events.lock().unwrap();
            *out.lock().unwrap() = events
                .iter()
                .map(|(_, _, event)| match event {
                    Event::Restarting { pause, .. } => *pause,
                    other => panic!("{other:?}"),
                })
                .collect::<Vec<_>>();
        });
        std::mem::take(&mut *taken.lock().unwrap())
    };
    let first = pauses(1);
    assert_eq!(first.len(), 6);
    assert_eq!(first[0], Duration::ZERO);
    assert!(first[1] >= Duration::from_millis(5) && first[1] < Duration::from_millis(10));
    assert!(first[5] >= Duration::from_millis(80) && first[5] < Duration::from_millis(160));
    assert_eq!(first, pauses(1));
    assert_ne!(first, pauses(2));
}

#[test]
fn a_backing_off_actor_shows_it_and_keeps_messages() {
    run(async {
        let diary = Diary::default();
        let backoff = Backoff {
            base: Duration::from_secs(2),
            max: Duration::from_secs(2),
        };
        let a = probe("a", Restart::Permanent, &diary);
        let address = a.address();
        let policy = Policy {
            backoff,
            ..policy(5)
        };
        let _tree = tree(SupervisorSpec::new("node", policy).child(a)).await;
        address.fail();
        address.fail();
        address.note(1);
        settle().await;
        assert_eq!(address.state(), ActorState::BackingOff);
        assert_eq!(diary.take().last().unwrap(), "a2 ends: told to");
        pass(2_000).await;
        assert_eq!(diary.take(), ["a3 starts", "a3 notes 1"]);
    });
}

#[test]
fn too_many_failures_escalate_and_the_subtree_starts_again() {
    run(async {
        let diary = Diary::default();
        let (a, b) = (
            probe("a", Restart::Permanent, &diary),
            probe("b", Restart::Permanent, &diary),
        );
        let (address, sibling) = (a.address(), b.address());
        let middle = SupervisorSpec::new("middle", policy(2)).child(a).child(b);
        let top = SupervisorSpec::new("top", policy(1)).supervisor(middle);
        let (top, events) = watched(top);
        let tree = tree(top).await;
        diary.take();
        for _ in 0..3 {
            address.fail();
        }
        address.note(1);
        sibling.note(2);
        pass(100).await;
        let lines = diary.take();
        assert_eq!(
            lines[lines.len() - 4..],
            ["b1 ends: shut down", "a4 starts", "a4 notes 1", "b2 starts"],
            "{lines:?}"
        );
        let escalated = Exit::Escalated("a: told to".into());
        assert!(
            matches!(&events.lock().unwrap()[..], [(name, _, Event::Restarting { exit, .. })]
                if name == "middle" && *exit == escalated)
        );
        for _ in 0..3 {
            address.fail();
        }
        let end = tree.ended().await;
        assert_eq!(
            end,
            Exit::Escalated("middle: too many failures, last of a: told to".into())
        );
        assert_eq!(
            (address.state(), sibling.state()),
            (ActorState::Stopped, ActorState::Stopped)
        );
    });
}

#[test]
fn a_start_that_keeps_failing_ends_the_tree_with_its_reason() {
    run(async {
        let diary = Diary::default();
        let a = super::probe::probe_that("a", Restart::Permanent, &diary, |_, _| {
            Err(Exit::error("the database is locked"))
        });
        let tree = greenroom::actors::supervision::Tree::start(
            SupervisorSpec::new("node", policy(1)).child(a),
        );
        let exit = Exit::Escalated("a: the database is locked".into());
        assert_eq!(tree.started().await, Err(exit.clone()));
        assert_eq!(tree.ended().await, exit);
    });
}

#[test]
fn quarantine_halts_one_child_until_it_is_released() {
    run(async {
        let diary = Diary::default();
        let excess = Excess::Quarantine;
        let (spec, events) = watched(SupervisorSpec::new(
            "rooms",
            Policy {
                excess,
                ..policy(2)
            },
        ));
        let rooms = spec.handle();
        let tree = tree(spec).await;
        let (poison, sound) = (
            probe("poison", Restart::Transient, &diary),
            probe("sound", Restart::Transient, &diary),
        );
        let (address, sibling) = (poison.address(), sound.address());
        let id = rooms.start_child(poison).unwrap();
        rooms.start_child(sound).unwrap();
        for _ in 0..3 {
            address.fail();
        }
        address.note(1);
        sibling.note(2);
        pass(100).await;
        assert_eq!(address.state(), ActorState::Quarantined);
        let last = events.lock().unwrap().last().cloned();
        let quarantined = Event::Quarantined(Exit::error("told to"));
        assert_eq!(last, Some(("poison".to_owned(), id, quarantined)));
        assert!(address.push(Only, Message::Note(3)).is_err());
        assert!(address.mailbox().is_empty());
        let lines = diary.take();
        assert!(lines.contains(&"sound1 notes 2".to_owned()));
        assert!(
            !lines
                .iter()
                .any(|line| line.starts_with("poison") && line.contains("notes"))
        );
        assert!(rooms.release(id));
        settle().await;
        address.note(4);
        settle().await;
        assert_eq!(diary.take(), ["poison4 starts", "poison4 notes 4"]);
        assert_eq!(
            (address.state(), address.incarnation()),
            (ActorState::Running, Incarnation(4))
        );
        assert!(!rooms.release(id));
        drop(tree);
    });
}

#[test]
fn failures_apart_from_each_other_are_tolerated_for_ever() {
    run(async {
        let diary = Diary::default();
        let (_tree, a) = one(Restart::Permanent, &diary).await;
        for _ in 0..50 {
            a.fail();
            pass(11_000).await;
        }
        assert_eq!(
            (a.state(), a.incarnation()),
            (ActorState::Running, Incarnation(51))
        );
    });
}
