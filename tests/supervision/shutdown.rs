//! The end of the tree: youngest first, with what is queued, within the deadline.

use super::probe::{Ask, Diary, Message, Only, one, pass, probe, run, settle, tree};
use greenroom::actors::supervision::{
    ActorState, Exit, Policy, Restart, Shutdown, StartError, SupervisorSpec,
};
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(5);

#[test]
fn the_youngest_end_first_and_handle_what_is_queued() {
    run(async {
        let diary = Diary::default();
        let (a, b, c) = (
            probe("a", Restart::Permanent, &diary),
            probe("b", Restart::Permanent, &diary),
            probe("c", Restart::Permanent, &diary),
        );
        let addresses = [a.address(), b.address(), c.address()];
        let inner = SupervisorSpec::new("inner", Policy::default()).child(b);
        let dynamic = inner.handle();
        let spec = SupervisorSpec::new("node", Policy::default())
            .child(a)
            .supervisor(inner)
            .child(c);
        let tree = tree(spec).await;
        let d = probe("d", Restart::Temporary, &diary);
        let youngest = d.address();
        dynamic.start_child(d).unwrap();
        settle().await;
        diary.take();
        for (n, address) in (1..).zip(addresses.iter().chain([&youngest])) {
            address.note(n);
        }
        assert_eq!(tree.shutdown(DEADLINE).await, Shutdown::Clean);
        // All were told at once what to note; they end one after the other.
        let mut lines = diary.take();
        let ends: Vec<_> = lines.extract_if(.., |line| line.contains("ends")).collect();
        assert_eq!(
            ends,
            [
                "c1 ends: shut down",
                "d1 ends: shut down",
                "b1 ends: shut down",
                "a1 ends: shut down"
            ]
        );
        lines.sort();
        assert_eq!(
            lines,
            ["a1 notes 1", "b1 notes 2", "c1 notes 3", "d1 notes 4"]
        );
        assert_eq!(tree.ended().await, Exit::Shutdown);
        assert!(
            addresses
                .iter()
                .all(|address| address.state() == ActorState::Stopped)
        );
        assert!(youngest.push(Only, Message::Note(9)).is_err());
        let late = probe("late", Restart::Temporary, &diary);
        assert_eq!(dynamic.start_child(late), Err(StartError::Refused));
        // Shutting down twice is harmless.
        assert_eq!(tree.shutdown(DEADLINE).await, Shutdown::Clean);
    });
}

#[test]
fn after_the_deadline_the_rest_is_dropped() {
    run(async {
        let diary = Diary::default();
        let (tree, a) = one(Restart::Permanent, &diary).await;
        a.act(|_, cx| {
            cx.hold(std::future::pending::<()>(), |_, _, ()| Ok(()));
            Ok(())
        });
        a.note(1);
        settle().await;
        let before = tokio::time::Instant::now();
        assert_eq!(tree.shutdown(DEADLINE).await, Shutdown::Forced);
        assert_eq!(before.elapsed(), DEADLINE);
        assert_eq!(diary.take(), ["a1 ends: shut down"]);
        assert_eq!(a.state(), ActorState::Stopped);
        assert!(a.mailbox().is_empty());
    });
}

#[test]
fn an_actor_that_waits_for_its_next_life_ends_at_once() {
    run(async {
        let diary = Diary::default();
        let (tree, a) = one(Restart::Permanent, &diary).await;
        for _ in 0..4 {
            a.fail();
        }
        a.note(1);
        pass(30).await;
        assert_eq!(a.state(), ActorState::BackingOff);
        let before = tokio::time::Instant::now();
        assert_eq!(tree.shutdown(DEADLINE).await, Shutdown::Clean);
        assert_eq!(before.elapsed(), Duration::ZERO);
        assert!(!diary.take().iter().any(|line| line.contains("notes")));
    });
}

#[test]
fn a_crash_while_ending_ends() {
    run(async {
        let diary = Diary::default();
        let (tree, a) = one(Restart::Permanent, &diary).await;
        a.act(|_, cx| {
            cx.hold(tokio::time::sleep(Duration::from_millis(5)), |_, _, ()| {
                Ok(())
            });
            Ok(())
        });
        a.fail();
        settle().await;
        assert_eq!(tree.shutdown(DEADLINE).await, Shutdown::Clean);
        assert_eq!(diary.take(), ["a1 ends: told to"]);
    });
}

#[test]
fn one_child_can_be_stopped() {
    run(async {
        let diary = Diary::default();
        let spec = SupervisorSpec::new("connections", Policy::default());
        let connections = spec.handle();
        let _tree = tree(spec).await;
        let child = probe("c", Restart::Permanent, &diary);
        let address = child.address();
        let id = connections.start_child(child).unwrap();
        address.note(1);
        settle().await;
        address.note(2);
        assert!(connections.stop_child(id));
        settle().await;
        assert_eq!(
            diary.take(),
            [
                "c1 starts",
                "c1 notes 1",
                "c1 notes 2",
                "c1 ends: shut down"
            ]
        );
        assert_eq!(connections.children(), 0);
        assert!(!connections.stop_child(id));
    });
}
