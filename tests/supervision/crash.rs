//! Whatever panics, only a life ends: the actor, its address and its queue go on.

use super::probe::{Ask, Diary, Message, Probe, one, pass, probe, probe_that, run, settle, tree};
use greenroom::actors::supervision::{
    ActorSpec, ActorState, Cx, Exit, Incarnation, Policy, Restart, SupervisorSpec,
};
use std::time::Duration;

/// What the hook adds to a panic: its place in a file.
fn without_places(lines: Vec<String>) -> Vec<String> {
    lines
        .into_iter()
        .map(|line| line.split(" (").next().unwrap().to_owned())
        .collect()
}

#[test]
fn a_panicking_handler_costs_a_life_and_no_message() {
    run(async {
        let diary = Diary::default();
        let (_tree, a) = one(Restart::Permanent, &diary).await;
        a.note(1);
        a.act(|_, _| panic!("boom"));
        a.note(2);
        a.note(3);
        settle().await;
        a.note(4);
        settle().await;
        assert_eq!(
            without_places(diary.take()),
            [
                "a1 notes 1",
                "a1 ends: panic: boom",
                "a2 starts",
                "a2 notes 2",
                "a2 notes 3",
                "a2 notes 4"
            ]
        );
        assert_eq!(
            (a.state(), a.incarnation()),
            (ActorState::Running, Incarnation(2))
        );
    });
}

#[test]
fn an_error_ends_a_life_like_a_panic() {
    run(async {
        let diary = Diary::default();
        let (_tree, a) = one(Restart::Transient, &diary).await;
        a.fail();
        a.note(1);
        settle().await;
        assert_eq!(
            diary.take(),
            ["a1 ends: told to", "a2 starts", "a2 notes 1"]
        );
    });
}

#[test]
fn a_panicking_future_is_its_actors_crash() {
    run(async {
        let diary = Diary::default();
        let (_tree, a) = one(Restart::Permanent, &diary).await;
        a.act(|_, cx| {
            cx.spawn(async {
                tokio::time::sleep(Duration::from_millis(5)).await;
                panic!("later");
            });
            Ok(())
        });
        pass(4).await;
        a.note(1);
        pass(2).await;
        a.note(2);
        settle().await;
        assert_eq!(
            without_places(diary.take()),
            [
                "a1 notes 1",
                "a1 ends: panic: later",
                "a2 starts",
                "a2 notes 2"
            ]
        );
    });
}

#[test]
fn a_panicking_continuation_is_its_actors_crash() {
    run(async {
        let diary = Diary::default();
        let (_tree, a) = one(Restart::Permanent, &diary).await;
        a.act(|_, cx| {
            cx.spawn_then(async { 7 }, |_, _, n| panic!("got {n}"));
            Ok(())
        });
        settle().await;
        assert_eq!(
            without_places(diary.take()),
            ["a1 ends: panic: got 7", "a2 starts"]
        );
    });
}

#[test]
fn a_panicking_timer_is_its_actors_crash() {
    run(async {
        let diary = Diary::default();
        let (_tree, a) = one(Restart::Permanent, &diary).await;
        a.act(|_, cx| {
            cx.after(Duration::from_millis(9), Message::Note(9));
            cx.after(
                Duration::from_millis(5),
                Message::Do(Box::new(|_, _| panic!("tick"))),
            );
            cx.after(Duration::from_millis(3), Message::Note(3));
            Ok(())
        });
        pass(20).await;
        // The timer at 9 ms was of the first life and ended with it.
        assert_eq!(
            without_places(diary.take()),
            ["a1 notes 3", "a1 ends: panic: tick", "a2 starts"]
        );
    });
}

#[test]
fn a_cancelled_timer_gives_its_message_back() {
    run(async {
        let diary = Diary::default();
        let (_tree, a) = one(Restart::Permanent, &diary).await;
        a.act(|probe, cx| {
            let timer = cx.after(Duration::from_millis(5), Message::Note(5));
            cx.after(Duration::from_millis(6), Message::Note(6));
            let Some(Message::Note(n)) = cx.cancel(timer) else {
                panic!("the timer is gone");
            };
            assert!(cx.cancel(timer).is_none());
            probe.write(&format!("cancels {n}"));
            Ok(())
        });
        pass(20).await;
        assert_eq!(diary.take(), ["a1 cancels 5", "a1 notes 6"]);
    });
}

#[test]
fn futures_end_with_their_life() {
    run(async {
        let diary = Diary::default();
        let (_tree, a) = one(Restart::Permanent, &diary).await;
        let late = diary.clone();
        a.act(|_, cx| {
            cx.spawn(async move {
                tokio::time::sleep(Duration::from_millis(5)).await;
                late.add("too late");
            });
            Ok(())
        });
        a.fail();
        pass(20).await;
        assert_eq!(diary.take(), ["a1 ends: told to", "a2 starts"]);
    });
}

#[test]
fn a_panicking_start_and_factory_are_tried_again() {
    run(async {
        let diary = Diary::default();
        let for_lives = diary.clone();
        let a = ActorSpec::new("a", Restart::Permanent, move |life: Incarnation| {
            assert!(life != Incarnation(1), "factory");
            Probe {
                name: "a",
                diary: for_lives.clone(),
                life,
                start: |probe, _| {
                    assert!(probe.life != Incarnation(2), "start");
                    Ok(())
                },
                panics_on_drop: false,
            }
        });
        let address = a.address();
        address.note(1);
        let _tree = tree(SupervisorSpec::new("node", Policy::default()).child(a)).await;
        settle().await;
        assert_eq!(
            without_places(diary.take()),
            [
                "a2 starts",
                "a2 ends: panic: start",
                "a3 starts",
                "a3 notes 1"
            ]
        );
    });
}

#[test]
fn a_panicking_drop_is_contained() {
    run(async {
        let diary = Diary::default();
        let (tree, a) = one(Restart::Permanent, &diary).await;
        a.act(|probe, _| {
            probe.panics_on_drop = true;
            Err(Exit::error("x"))
        });
        a.note(1);
        settle().await;
        assert_eq!(diary.take(), ["a1 ends: x", "a2 starts", "a2 notes 1"]);
        drop(tree.shutdown(Duration::from_secs(1)).await);
    });
}

#[test]
fn whatever_a_life_holds_may_panic_when_dropped() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("bomb");
        }
    }
    run(async {
        let diary = Diary::default();
        let (_tree, a) = one(Restart::Permanent, &diary).await;
        a.act(|_, cx| {
            let (in_future, in_timer) = (Bomb, Bomb);
            cx.spawn(async move {
                let _held = in_future;
                std::future::pending::<()>().await;
            });
            let late = Message::Do(Box::new(move |_, _| {
                drop(in_timer);
                Ok(())
            }));
            cx.after(Duration::from_secs(1), late);
            Ok(())
        });
        settle().await;
        a.fail();
        a.note(1);
        settle().await;
        assert_eq!(
            diary.take(),
            ["a1 ends: told to", "a2 starts", "a2 notes 1"]
        );
    });
}

#[test]
fn too_many_futures_are_a_crash_not_a_leak() {
    run(async {
        let diary = Diary::default();
        let (_tree, a) = one(Restart::Permanent, &diary).await;
        a.act(|_, cx| {
            loop {
                cx.spawn(std::future::pending());
            }
        });
        a.act(|_, cx| {
            loop {
                cx.after(Duration::from_secs(1), Message::Note(0));
            }
        });
        a.note(1);
        pass(100).await;
        let lines = diary.take();
        assert_eq!(lines.last().unwrap(), "a3 notes 1", "{lines:?}");
    });
}

/// Sends itself a message whenever it handles one.
fn again(cx: &mut Cx<'_, Probe>) -> Result<(), Exit> {
    cx.address().act(|_, cx| again(cx));
    Ok(())
}

#[test]
fn a_busy_actor_lets_others_have_their_turn() {
    run(async {
        let diary = Diary::default();
        let (flood, b) = (
            probe_that("a", Restart::Permanent, &diary, |_, cx| again(cx)),
            probe("b", Restart::Permanent, &diary),
        );
        let address = b.address();
        let _tree = tree(
            SupervisorSpec::new("node", Policy::default())
                .child(flood)
                .child(b),
        )
        .await;
        address.note(1);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(diary.take().contains(&"b1 notes 1".to_owned()));
    });
}
