//! What a worker is told, and what it tells.

use crate::client::Login;
use crate::ledger::{AuthorRecord, ViewRecord};
use crate::tally::Tally;
use crate::wire::Endpoint;
use clap::ValueEnum;
use greenroom::id::RoomId;
use greenroom::protocol::Subprotocol;
use serde::{Deserialize, Serialize};

/// A worker's whole task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) endpoint: Endpoint,
    pub(crate) encoding: Encoding,
    /// Tells this run's users and replicas from those of other runs on the same server.
    pub(crate) run: u32,
    pub(crate) seed: u64,
    pub(crate) rooms: Vec<RoomId>,
    /// This worker's share.
    pub(crate) members: Vec<Member>,
    /// Clients in all workers together.
    pub(crate) clients: usize,
    /// Authors in all workers together.
    pub(crate) authors: usize,
    pub(crate) pace: Pace,
    pub(crate) signals: Signals,
    pub(crate) text_bytes: usize,
    /// Lost links are made again.
    pub(crate) resume: bool,
    pub(crate) seconds: f64,
    /// When readers that stall stop reading, seconds after the start.
    pub(crate) stall_after_s: f64,
}

/// One client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Member {
    /// Its number among all clients of the run.
    pub(crate) index: usize,
    pub(crate) login: Login,
    /// Index into the plan's rooms.
    pub(crate) room: usize,
    /// Its rank among the authors, if it writes.
    pub(crate) author: Option<usize>,
    /// Whether it stops reading.
    pub(crate) stalls: bool,
}

/// How posts are paced.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Pace {
    /// Nobody posts.
    Silent,
    /// Open loop: posts a second over all workers, in groups.
    Open { rate: f64, burst: usize },
    /// Closed loop: so many in flight per author.
    Window { in_flight: usize },
}

/// What else happens, times a second over all workers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Signals {
    pub(crate) typing: f64,
    pub(crate) presence: f64,
    pub(crate) reads: f64,
    /// Clients that leave and come back at once.
    pub(crate) reconnects: f64,
}

/// [`Subprotocol`] as a flag and on the pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Encoding {
    /// greenroom.v1.json
    Json,
    /// greenroom.v1.msgpack
    Msgpack,
}

impl From<Encoding> for Subprotocol {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Json => Self::Json,
            Encoding::Msgpack => Self::MessagePack,
        }
    }
}

/// What all workers do next.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Order {
    Connect,
    Join,
    Open,
    /// Start at this time, microseconds of [`crate::clock::now_us`].
    Run {
        start_us: u64,
    },
    /// End the run early.
    Stop,
    Report,
}

/// What a worker says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Event {
    /// The order is carried out.
    Done,
    /// The order cannot be carried out.
    Failed(String),
    /// While running.
    Progress {
        sent: u64,
        acked: u64,
        delivered: u64,
    },
    /// The answer to `Report`.
    Report(Box<Outcome>),
}

/// What came of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) tally: Tally,
    pub(crate) authors: Vec<AuthorRecord>,
    pub(crate) views: Vec<ViewRecord>,
}

impl Outcome {
    /// Adds another worker's.
    pub(crate) fn merge(&mut self, other: Self) {
        self.tally.merge(&other.tally);
        self.authors.extend(other.authors);
        self.views.extend(other.views);
    }

    /// Ops written and never acked.
    pub(crate) fn unacked(&self) -> u64 {
        self.authors.iter().map(|author| author.unacked).sum()
    }
}
