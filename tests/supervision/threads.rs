//! Supervisors and children on different arbiters, in real time.

use super::probe::{Ask, Diary, probe};
use actix_rt::Arbiter;
use greenroom::actors::supervision::{
    ActorState, Exit, Incarnation, Policy, Restart, Shutdown, Strategy, SupervisorSpec, Tree,
    install_panic_hook,
};
use std::{sync::mpsc, time::Duration};

/// Only to fail instead of hanging.
const PATIENCE: Duration = Duration::from_secs(90);

async fn until(condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .expect("it never came true");
}

#[test]
fn children_on_other_arbiters_are_restarted_in_order() {
    install_panic_hook();
    actix_rt::System::new().block_on(async {
        let arbiters = [Arbiter::new(), Arbiter::new()];
        let diary = Diary::default();
        let strategy = Strategy::RestForOne;
        let mut spec = SupervisorSpec::new(
            "node",
            Policy {
                strategy,
                ..Policy::default()
            },
        );
        let mut addresses = Vec::new();
        for (n, name) in ["a", "b", "c"].into_iter().enumerate() {
            let child = probe(name, Restart::Permanent, &diary).on(arbiters[n % 2].handle());
            addresses.push(child.address());
            spec = spec.child(child);
        }
        let tree = Tree::start(spec);
        tree.started().await.unwrap();
        diary.take();
        addresses[0].act(|_, _| Err(Exit::error("x")));
        until(|| {
            addresses[2].incarnation() == Incarnation(2)
                && addresses[2].state() == ActorState::Running
        })
        .await;
        assert_eq!(tree.shutdown(PATIENCE).await, Shutdown::Clean);
        assert_eq!(
            diary.take(),
            [
                "a1 ends: x",
                "c1 ends: shut down",
                "b1 ends: shut down",
                "a2 starts",
                "b2 starts",
                "c2 starts",
                "c2 ends: shut down",
                "b2 ends: shut down",
                "a2 ends: shut down",
            ]
        );
    });
}

#[test]
fn thousands_come_and_go_on_many_arbiters_while_the_tree_is_read() {
    const EACH: u32 = 1_000;
    install_panic_hook();
    actix_rt::System::new().block_on(async {
        let spec = SupervisorSpec::new("connections", Policy::default());
        let connections = spec.handle();
        let tree = Tree::start(spec);
        tree.started().await.unwrap();
        let arbiters: Vec<_> = (0..3).map(|_| Arbiter::new()).collect();
        let (sender, mut done) = tokio::sync::mpsc::channel(8);
        for arbiter in &arbiters {
            let (connections, sender) = (connections.clone(), sender.clone());
            arbiter.spawn(async move {
                let diary = Diary::default();
                for n in 0..EACH {
                    let child = probe("", Restart::Temporary, &diary);
                    let address = child.address();
                    connections.start_child(child).unwrap();
                    match n % 3 {
                        0 => address.note(n),
                        1 => address.fail(),
                        _ => address.act(|_, cx| {
                            cx.stop();
                            Ok(())
                        }),
                    }
                    if n % 50 == 0 {
                        tokio::task::yield_now().await;
                    }
                }
                sender.send(()).await.unwrap();
            });
        }
        for _ in &arbiters {
            assert!(!tree.snapshot().is_empty());
            done.recv().await.unwrap();
        }
        let stay = 3 * EACH.div_ceil(3) as usize;
        until(|| connections.children() == stay).await;
        until(|| {
            let snapshot = tree.snapshot();
            let crowd = snapshot[0].crowd.as_ref().unwrap();
            crowd.in_state(ActorState::Running) == stay
        })
        .await;
        assert_eq!(tree.shutdown(PATIENCE).await, Shutdown::Clean);
        assert_eq!(connections.children(), 0);
    });
}

#[test]
fn an_actor_that_blocks_its_thread_is_left_behind_and_named() {
    install_panic_hook();
    actix_rt::System::new().block_on(async {
        let arbiter = Arbiter::new();
        let diary = Diary::default();
        let a = probe("a", Restart::Permanent, &diary).on(arbiter.handle());
        let address = a.address();
        let tree = Tree::start(SupervisorSpec::new("node", Policy::default()).child(a));
        tree.started().await.unwrap();
        let (release, blocked) = mpsc::sync_channel::<()>(1);
        let (entered, inside) = mpsc::sync_channel(1);
        address.act(move |_, _| {
            entered.send(()).unwrap();
            let _ = blocked.recv();
            Ok(())
        });
        inside.recv_timeout(PATIENCE).unwrap();
        let left = tree.shutdown(Duration::from_millis(10)).await;
        assert_eq!(left, Shutdown::Abandoned(vec!["node/a".to_owned()]));
        drop(release);
        let end = tokio::time::timeout(PATIENCE, tree.ended()).await;
        assert_eq!(end, Ok(Exit::Shutdown));
    });
}

#[test]
fn a_child_lost_with_its_arbiter_ends_a_tree_that_cannot_make_it_again() {
    install_panic_hook();
    actix_rt::System::new().block_on(async {
        let arbiter = Arbiter::new();
        let diary = Diary::default();
        let a = probe("a", Restart::Permanent, &diary).on(arbiter.handle());
        let address = a.address();
        let inner = SupervisorSpec::new("inner", Policy::default()).child(a);
        let tree = Tree::start(SupervisorSpec::new("node", Policy::default()).supervisor(inner));
        tree.started().await.unwrap();
        arbiter.stop();
        arbiter.join().unwrap();
        let end = tokio::time::timeout(PATIENCE, tree.ended()).await.unwrap();
        assert!(matches!(end, Exit::Escalated(_)), "{end}");
        assert_eq!(address.state(), ActorState::Stopped);
    });
}
