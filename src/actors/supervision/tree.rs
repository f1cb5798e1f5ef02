//! The whole tree: start, end, and a look at any time.

use super::{
    exit::Exit,
    group::{ChildId, Order, Report},
    link::{Child, Look},
    spec::SupervisorSpec,
    status::{ActorState, ActorStatus, Crowd, SNAPSHOT_CHILDREN_MAX},
    supervisor::{Parent, Supervisor},
};
use std::time::Duration;
use tokio::sync::watch;

/// How long a shutdown waits for actors that were told to end at once; one that still runs then is blocked in its code.
pub const KILL_GRACE: Duration = Duration::from_secs(1);

/// How an orderly shutdown went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shutdown {
    /// Every actor handled what was queued and ended within the deadline.
    Clean,
    /// The deadline passed; the rest ended at once, without what was queued.
    Forced,
    /// These did not end even then: their code blocks its thread. At most [`SNAPSHOT_CHILDREN_MAX`] per supervisor.
    Abandoned(Vec<String>),
}

/// What the root tells the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
enum RootState {
    Starting,
    Started,
    GivingUp(Exit),
    Ended(Exit),
}

/// The tree's side of the root supervisor: a watched value, in which the latest state replaces the one before.
pub(super) struct Root(watch::Sender<RootState>);

impl Root {
    /// Takes the root's report; a root that failed is ended.
    pub(super) fn takes(&self, report: Report) -> Option<Order> {
        match report {
            Report::Started => {
                self.0.send_if_modified(|state| {
                    let starting = *state == RootState::Starting;
                    if starting {
                        *state = RootState::Started;
                    }
                    starting
                });
                None
            }
            Report::Down(exit) => {
                tracing::error!(%exit, "the root of the supervision tree gives up");
                self.0.send_replace(RootState::GivingUp(exit));
                Some(Order::Kill)
            }
            Report::Gone(exit) => {
                self.0.send_modify(|state| {
                    *state = RootState::Ended(match state {
                        RootState::GivingUp(reason) => reason.clone(),
                        RootState::Starting | RootState::Started | RootState::Ended(_) => exit,
                    });
                });
                None
            }
            Report::Suspended => None,
        }
    }
}

/// The live tree: cheap to clone, good from any thread. Keep it: without it actors go on, but supervisors under the
/// root cannot report to it.
#[derive(Debug, Clone)]
pub struct Tree {
    root: Supervisor,
    state: watch::Receiver<RootState>,
}

impl Tree {
    /// Starts the tree: static children in order, each once the one before runs. Returns at once. Actors whose specs
    /// name no arbiter run on that of the calling thread.
    ///
    /// # Panics
    /// When a spec names no arbiter and the calling thread has none.
    #[must_use]
    pub fn start(spec: SupervisorSpec) -> Self {
        let (sender, state) = watch::channel(RootState::Starting);
        let root = spec.handle();
        spec.launch(Parent::Root(Root(sender)));
        root.command(Order::Start(Duration::ZERO));
        Self { root, state }
    }

    /// The root supervisor.
    #[must_use]
    pub fn root(&self) -> &Supervisor {
        &self.root
    }

    /// Waits until every static child runs.
    ///
    /// # Errors
    /// When the tree ends before.
    pub async fn started(&self) -> Result<(), Exit> {
        let mut state = self.state.clone();
        match state
            .wait_for(|state| *state != RootState::Starting)
            .await
            .as_deref()
        {
            Ok(RootState::GivingUp(exit) | RootState::Ended(exit)) => Err(exit.clone()),
            Ok(RootState::Starting | RootState::Started) => Ok(()),
            Err(_) => Err(Exit::Lost),
        }
    }

    /// Waits for the end of the tree: [`Exit::Shutdown`] when asked to, anything else when the root gave up.
    pub async fn ended(&self) -> Exit {
        let mut state = self.state.clone();
        match state
            .wait_for(|state| matches!(state, RootState::Ended(_)))
            .await
            .as_deref()
        {
            Ok(RootState::Ended(exit)) => exit.clone(),
            _ => Exit::Lost,
        }
    }

    /// Ends the tree, youngest first: dynamic children of a supervisor together, then its static children one by one.
    /// Each takes no more messages, handles those that are queued (once what it holds is done) and is told
    /// [`Exit::Shutdown`]. When the deadline passes, whatever is left ends at once and its queue is dropped.
    ///
    /// Dropped before it is done, the orders given so far stand and the deadline does not.
    pub async fn shutdown(&self, deadline: Duration) -> Shutdown {
        self.root.command(Order::Finish);
        if tokio::time::timeout(deadline, self.ended()).await.is_ok() {
            return Shutdown::Clean;
        }
        self.root.command(Order::Kill);
        if tokio::time::timeout(KILL_GRACE, self.ended()).await.is_ok() {
            return Shutdown::Forced;
        }
        let left = self.snapshot().into_iter();
        let left = left.filter(|status| status.crowd.is_none() && !status.state.is_final());
        Shutdown::Abandoned(left.map(|status| status.path).collect())
    }

    /// The tree as it is, a supervisor before its children. It blocks no actor for more than a page of a supervisor's
    /// books. At most [`SNAPSHOT_CHILDREN_MAX`] actors per supervisor are listed, those that are not running first;
    /// the supervisor's crowd counts all.
    #[must_use]
    pub fn snapshot(&self) -> Vec<ActorStatus> {
        let mut out = Vec::new();
        walk(&self.root, self.root.name().to_owned(), &mut out);
        out
    }
}

fn walk(supervisor: &Supervisor, path: String, out: &mut Vec<ActorStatus>) {
    let mut crowd = supervisor.departed();
    let (mut unwell, mut well, mut supervisors) = (Vec::new(), Vec::new(), Vec::new());
    supervisor.each_child(|id, child| {
        let look = child.look();
        crowd.count(&look);
        if let Some(supervisor) = child.supervisor() {
            supervisors.push((format!("{path}/{}", child.name()), supervisor.clone()));
            return;
        }
        let list = match look.state {
            ActorState::Running => &mut well,
            _ => &mut unwell,
        };
        if list.len() < SNAPSHOT_CHILDREN_MAX {
            list.push(status(child_path(&path, id, child.name()), look, None));
        }
    });
    out.push(status(path, supervisor.look(), Some(crowd)));
    out.extend(unwell.into_iter().chain(well).take(SNAPSHOT_CHILDREN_MAX));
    for (path, supervisor) in supervisors {
        walk(&supervisor, path, out);
    }
}

fn child_path(path: &str, id: ChildId, name: &str) -> String {
    match name {
        "" => format!("{path}/{id}"),
        name => format!("{path}/{name}"),
    }
}

fn status(path: String, look: Look, crowd: Option<Crowd>) -> ActorStatus {
    ActorStatus {
        path,
        state: look.state,
        incarnation: look.incarnation,
        restarts: look.restarts,
        last_failure: look.last_failure,
        lanes: look.lanes,
        crowd,
    }
}
