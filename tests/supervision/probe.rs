//! An actor that does what its messages say and keeps a diary, and a runtime with paused time for it.

use greenroom::{
    actors::supervision::{
        ActorSpec, Address, Behaviour, Cx, Exit, Incarnation, Policy, Restart, SupervisorSpec, Tree,
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
pub(crate) struct Only;

pub(crate) const QUEUE_MAX: usize = 256;

impl Lane for Only {
    const SPECS: &'static [LaneSpec] = &[LaneSpec {
        name: "only",
        items_max: QUEUE_MAX,
        bytes_max: 1 << 20,
        ttl: None,
        overflow: Overflow::Refuse,
    }];

    fn index(self) -> usize {
        0
    }
}

type Act = Box<dyn FnOnce(&mut Probe, &mut Cx<'_, Probe>) -> Result<(), Exit> + Send>;

pub(crate) enum Message {
    /// To be written into the diary.
    Note(u32),
    Do(Act),
}

impl Item for Message {
    fn bytes(&self) -> usize {
        8
    }
}

/// What happened, in order, across lives and actors.
#[derive(Clone, Default)]
pub(crate) struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    pub(crate) fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

pub(crate) type Start = fn(&mut Probe, &mut Cx<'_, Probe>) -> Result<(), Exit>;

/// Its lines read `<name><incarnation> <what>`.
pub(crate) struct Probe {
    pub(crate) name: &'static str,
    pub(crate) diary: Diary,
    pub(crate) life: Incarnation,
    pub(crate) start: Start,
    pub(crate) panics_on_drop: bool,
}

impl Probe {
    pub(crate) fn write(&self, line: &str) {
        self.diary.add(format!("{}{} {line}", self.name, self.life));
    }
}

impl Behaviour for Probe {
    type Lane = Only;
    type Message = Message;

    fn started(&mut self, cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        self.write("starts");
        (self.start)(self, cx)
    }

    fn handle(&mut self, message: Message, cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        match message {
            Message::Note(n) => {
                self.write(&format!("notes {n}"));
                Ok(())
            }
            Message::Do(act) => act(self, cx),
        }
    }

    fn terminated(&mut self, exit: &Exit) {
        self.write(&format!("ends: {exit}"));
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        assert!(!self.panics_on_drop, "drop");
    }
}

pub(crate) fn probe(name: &'static str, restart: Restart, diary: &Diary) -> ActorSpec<Probe> {
    probe_that(name, restart, diary, |_, _| Ok(()))
}

/// A probe with something to do whenever it starts.
pub(crate) fn probe_that(
    name: &'static str,
    restart: Restart,
    diary: &Diary,
    start: Start,
) -> ActorSpec<Probe> {
    let diary = diary.clone();
    ActorSpec::new(name, restart, move |life| Probe {
        name,
        diary: diary.clone(),
        life,
        start,
        panics_on_drop: false,
    })
}

pub(crate) trait Ask {
    fn note(&self, n: u32);
    fn act(
        &self,
        act: impl FnOnce(&mut Probe, &mut Cx<'_, Probe>) -> Result<(), Exit> + Send + 'static,
    );
    fn fail(&self) {
        self.act(|_, _| Err(Exit::error("told to")));
    }
}

impl Ask for Address<Probe> {
    fn note(&self, n: u32) {
        self.push(Only, Message::Note(n)).unwrap();
    }

    fn act(
        &self,
        act: impl FnOnce(&mut Probe, &mut Cx<'_, Probe>) -> Result<(), Exit> + Send + 'static,
    ) {
        self.push(Only, Message::Do(Box::new(act))).unwrap();
    }
}

/// A tree of one supervisor, started.
pub(crate) async fn tree(spec: SupervisorSpec) -> Tree {
    let tree = Tree::start(spec);
    tree.started().await.unwrap();
    tree
}

/// One permanent probe `a` under the default policy, started, its first line taken.
pub(crate) async fn one(restart: Restart, diary: &Diary) -> (Tree, Address<Probe>) {
    let spec = probe("a", restart, diary);
    let address = spec.address();
    let tree = tree(SupervisorSpec::new("node", Policy::default()).child(spec)).await;
    assert_eq!(diary.take(), ["a1 starts"]);
    (tree, address)
}

/// Runs a test on one thread with paused time, which jumps to the next timer when nobody has work.
pub(crate) fn run(test: impl Future<Output = ()>) {
    greenroom::actors::supervision::install_panic_hook();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, test);
}

/// Lets virtual time pass: everybody has done what there was to do before it does.
pub(crate) async fn pass(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

pub(crate) async fn settle() {
    pass(1).await;
}
