//! OTP-style supervision on actix.
//!
//! A [`Behaviour`] is the state of an actor and its answers. A [`Shell`] is the actix actor around it: every entry into
//! the behaviour is guarded, a crash drops the state and parks the mailbox, and the [`Address`] stays valid with what is
//! queued behind it. A [`Supervisor`] decides who lives again, when, and with whom; too many failures quarantine the
//! child or end the supervisor's own life. A [`Tree`] starts, ends and shows the whole.
//!
//! What is absent: any queue but the mailboxes. A report to a supervisor is a function call; an order to a child is one
//! atomic word in which the latest replaces the one before, with a waker beside it; the end of the tree is a watched
//! value. So control traffic is bounded by construction.
//!
//! Logging: supervision logs every crash, restart, quarantine and escalation once, through `tracing`.
//! [`install_panic_hook`] keeps the default hook from printing them as well; `main` calls it.

mod actor;
mod behaviour;
mod exit;
mod group;
mod guard;
mod link;
mod policy;
mod shell;
mod spec;
mod status;
mod supervisor;
mod tree;
mod work;

pub use actor::ActorSpec;
pub use behaviour::{Behaviour, Cx};
pub use exit::{EXIT_TEXT_BYTES_MAX, Exit, Failure, Incarnation};
pub use group::{CHILDREN_MAX, ChildId, Event};
pub use guard::install_panic_hook;
pub use link::Address;
pub use policy::{Backoff, Excess, INTENSITY_RESTARTS_MAX, Intensity, Policy, Restart, Strategy};
pub use shell::{BATCH_MESSAGES_MAX, Shell};
pub use spec::SupervisorSpec;
pub use status::{
    ActorState, ActorStatus, CROWD_LANES_MAX, Crowd, LaneStatus, SNAPSHOT_CHILDREN_MAX,
};
pub use supervisor::{Notice, StartError, Supervisor, Watch};
pub use tree::{KILL_GRACE, Shutdown, Tree};
pub use work::{JOBS_MAX, TIMERS_MAX, TimerId};
