//! An actor that holds takes no message until it has what it waits for.

use super::probe::{Ask, Diary, Message, one, pass, probe, probe_that, run, settle, tree};
use greenroom::actors::supervision::{
    ActorState, Exit, Incarnation, Policy, Restart, SupervisorSpec, Tree,
};
use std::time::Duration;

async fn disk(ms: u64) -> &'static str {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    "history"
}

#[test]
fn messages_and_younger_siblings_wait_for_what_is_loaded() {
    run(async {
        let diary = Diary::default();
        let a = probe_that("a", Restart::Permanent, &diary, |_, cx| {
            cx.hold(disk(10), |probe, _, loaded| {
                probe.write(&format!("loaded {loaded}"));
                Ok(())
            });
            Ok(())
        });
        let b = probe("b", Restart::Permanent, &diary);
        let (address, sibling) = (a.address(), b.address());
        let tree = Tree::start(
            SupervisorSpec::new("node", Policy::default())
                .child(a)
                .child(b),
        );
        address.note(1);
        pass(5).await;
        assert_eq!(diary.take(), ["a1 starts"]);
        assert_eq!(
            (address.state(), sibling.state()),
            (ActorState::Starting, ActorState::Waiting)
        );
        tree.started().await.unwrap();
        settle().await;
        let lines = diary.take();
        assert_eq!(lines[..2], ["a1 loaded history", "a1 notes 1"]);
        assert_eq!(lines[2..], ["b1 starts"]);
    });
}

#[test]
fn a_hold_in_the_middle_keeps_the_rest_of_the_batch_and_timers() {
    run(async {
        let diary = Diary::default();
        let (_tree, a) = one(Restart::Permanent, &diary).await;
        let meanwhile = diary.clone();
        a.act(|_, cx| {
            cx.after(Duration::from_millis(5), Message::Note(5));
            cx.spawn(async move {
                tokio::time::sleep(Duration::from_millis(6)).await;
                meanwhile.add("other futures go on");
            });
            cx.hold(disk(10), |probe, _, _| {
                probe.write("loaded");
                Ok(())
            });
            Ok(())
        });
        a.note(1);
        pass(8).await;
        a.note(2);
        pass(20).await;
        assert_eq!(
            diary.take(),
            [
                "other futures go on",
                "a1 loaded",
                "a1 notes 5",
                "a1 notes 1",
                "a1 notes 2"
            ]
        );
    });
}

#[test]
fn a_hold_that_panics_or_fails_is_a_crash_and_keeps_messages() {
    run(async {
        let diary = Diary::default();
        let a = probe_that("a", Restart::Permanent, &diary, |probe, cx| {
            let life = probe.life;
            let load = async move {
                assert!(life != Incarnation(1), "disk");
                disk(1).await
            };
            cx.hold(load, move |probe, _, _| match life {
                Incarnation(2) => Err(Exit::error("torn")),
                _ => {
                    probe.write("loaded");
                    Ok(())
                }
            });
            Ok(())
        });
        let address = a.address();
        address.note(1);
        let _tree = tree(SupervisorSpec::new("node", Policy::default()).child(a)).await;
        settle().await;
        let lines = diary.take();
        assert_eq!(lines.len(), 7, "{lines:?}");
        assert_eq!(
            lines[2..],
            [
                "a2 starts",
                "a2 ends: torn",
                "a3 starts",
                "a3 loaded",
                "a3 notes 1"
            ]
        );
    });
}
