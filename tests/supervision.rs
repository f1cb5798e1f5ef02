//! Supervision through its public API, on paused time: crashes, restarts, quarantine, escalation, shutdown, snapshots.

use greenroom::{
    actors::supervision::{
        ActorSpec, Behaviour, Cx, Exit, Incarnation, Policy, Restart, SupervisorSpec, Tree,
    },
    mailbox::{Item, Lane, LaneSpec, Overflow},
};
use std::{
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::task::LocalSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Only;

impl Lane for Only {
    const SPECS: &'static [LaneSpec] = &[LaneSpec {
        name: "only",
        items_max: 256,
        bytes_max: 1 << 20,
        ttl: None,
        overflow: Overflow::Refuse,
    }];

    fn index(self) -> usize {
        0
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Message {
    Note(u32),
    Panic,
}

impl Item for Message {
    fn bytes(&self) -> usize {
        8
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

struct Probe {
    name: &'static str,
    log: Log,
    life: Incarnation,
}

impl Behaviour for Probe {
    type Lane = Only;
    type Message = Message;

    fn started(&mut self, _cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        self.log.add(format!("{}{} started", self.name, self.life));
        Ok(())
    }

    fn handle(&mut self, message: Message, _cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        match message {
            Message::Note(n) => self.log.add(format!("{}{} note {n}", self.name, self.life)),
            Message::Panic => panic!("boom"),
        }
        Ok(())
    }

    fn terminated(&mut self, exit: &Exit) {
        self.log
            .add(format!("{}{} ended: {exit}", self.name, self.life));
    }
}

fn probe(name: &'static str, restart: Restart, log: &Log) -> ActorSpec<Probe> {
    let log = log.clone();
    ActorSpec::new(name, restart, move |life| Probe {
        name,
        log: log.clone(),
        life,
    })
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, test);
}

async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[test]
fn a_panic_restarts_the_actor_and_keeps_its_queue() {
    run(async {
        let log = Log::default();
        let a = probe("a", Restart::Permanent, &log);
        let address = a.address();
        let tree = Tree::start(SupervisorSpec::new("node", Policy::default()).child(a));
        tree.started().await.unwrap();
        for message in [Message::Note(1), Message::Panic, Message::Note(2)] {
            address.push(Only, message).unwrap();
        }
        settle().await;
        address.push(Only, Message::Note(3)).unwrap();
        settle().await;
        assert_eq!(
            log.take(),
            [
                "a1 started",
                "a1 note 1",
                "a1 ended: panic: boom",
                "a2 started",
                "a2 note 2",
                "a2 note 3"
            ]
        );
        println!("{:#?}", tree.snapshot());
        println!("{:?}", tree.shutdown(Duration::from_secs(1)).await);
        println!("{:?}", log.take());
    });
}
