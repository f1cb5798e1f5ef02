//! What an idle supervised actor costs. Alone in its process, so that nobody else's memory is counted.

use greenroom::{
    actors::supervision::{ActorSpec, Behaviour, Cx, Exit, Policy, Restart, SupervisorSpec, Tree},
    mailbox::{Item, Lane, LaneSpec, Overflow},
};
use std::time::Duration;
use tokio::task::LocalSet;

const ACTORS: usize = 20_000;
const IDLE_ACTOR_BYTES_MAX: usize = 2_560;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Only;

impl Lane for Only {
    const SPECS: &'static [LaneSpec] = &[LaneSpec {
        name: "only",
        items_max: 64,
        bytes_max: 1 << 16,
        ttl: None,
        overflow: Overflow::Refuse,
    }];

    fn index(self) -> usize {
        0
    }
}

struct Word([u64; 5]);

impl Item for Word {
    fn bytes(&self) -> usize {
        size_of_val(&self.0)
    }
}

struct Idle;

impl Behaviour for Idle {
    type Lane = Only;
    type Message = Word;

    fn handle(&mut self, _message: Word, _cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        Ok(())
    }
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.parse::<usize>().ok())
        .expect("a number of kB")
        * 1024
}

#[test]
fn an_idle_actor_stays_small() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, async {
        let spec = SupervisorSpec::new("connections", Policy::default());
        let connections = spec.handle();
        let tree = Tree::start(spec);
        tree.started().await.unwrap();
        let mut addresses = Vec::with_capacity(ACTORS);
        let before = resident_bytes();
        let begun = std::time::Instant::now();
        for _ in 0..ACTORS {
            let actor = ActorSpec::new("", Restart::Temporary, |_| Idle);
            addresses.push(actor.address());
            connections.start_child(actor).unwrap();
        }
        let started = begun.elapsed() / u32::try_from(ACTORS).unwrap();
        tokio::task::yield_now().await;
        // Each has worked once and given its queue back.
        for address in &addresses {
            address.push(Only, Word([0; 5])).unwrap();
        }
        while !addresses.iter().all(|address| address.mailbox().is_empty()) {
            tokio::task::yield_now().await;
        }
        let each = resident_bytes().saturating_sub(before) / ACTORS;
        println!("{each} bytes per idle actor; {started:?} to start one");
        assert!(each <= IDLE_ACTOR_BYTES_MAX, "{each} bytes per idle actor");
        tree.shutdown(Duration::from_secs(10)).await;
    });
}
