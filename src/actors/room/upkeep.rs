//! What a room does by its clock: presence, read markers, retention, forgetting subscribers that are gone, and leaving
//! memory when nobody needs it.

use super::{OpenRoom, RoomActor, RoomMessage, State};
use crate::actors::node::Node;
use crate::actors::supervision::Cx;
use crate::chat::{self, Command, Link, Write};
use crate::storage::{Durability, Health, RoomBatch};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often a room looks at its clock.
pub(super) const TICK: Duration = Duration::from_secs(1);
/// A room without subscribers and without work for this long leaves memory.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// How often read markers are written at most.
const MARK: Duration = Duration::from_millis(chat::limits::MARKER_INTERVAL_MS);
/// How often retention is looked at.
const RETAIN: Duration = Duration::from_secs(3600);
/// How often subscribers are looked for whose connection ended without a word that arrived.
const SWEEP: Duration = Duration::from_secs(10);

/// When a room did what it does now and then.
pub(super) struct Upkeep {
    /// When it last had a subscriber or a request.
    pub(super) busy_at: Instant,
    marked_at: Instant,
    swept_at: Instant,
    retained_at: Option<Instant>,
}

impl Upkeep {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            busy_at: now,
            marked_at: now,
            swept_at: now,
            retained_at: None,
        }
    }
}

impl RoomActor {
    /// The room's clock: what is due is sent or decided; an idle room leaves memory.
    pub(super) fn tick(&mut self, cx: &mut Cx<'_, Self>) {
        let State::Open(open) = &mut self.state else {
            return self.close(cx);
        };
        let now = cx.now();
        if due(open.upkeep.swept_at, SWEEP, now) {
            open.upkeep.swept_at = now;
            self.sweep();
        }
        self.flush_presence();
        let State::Open(open) = &mut self.state else {
            return;
        };
        if !self.roster.lock().is_empty() {
            open.upkeep.busy_at = now;
        }
        let idle = due(open.upkeep.busy_at, IDLE_MAX, now);
        open.keep_up(&self.node, now, idle);
        if idle && open.commits.is_empty() && !open.commits.is_torn() {
            return self.close(cx);
        }
        self.submit(cx);
        cx.after(TICK, RoomMessage::Tick);
    }

    fn close(&mut self, cx: &mut Cx<'_, Self>) {
        self.state = State::Closing;
        cx.stop();
    }

    /// Takes out the subscribers whose outbox was closed: they could not say that they are gone.
    fn sweep(&mut self) {
        for (connection, gone) in self.roster.take(|subscriber| subscriber.outbox.is_closed()) {
            self.left(&gone.user, Link(connection.0));
        }
    }

    /// The node shuts down: hands over what was decided, and the markers that moved. Nobody waits for the answer.
    pub(super) fn write_last(&mut self) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        if open.commits.is_torn() || self.node.committer.health() != Health::Ok {
            return;
        }
        open.decide_by_itself(&self.node, Command::WriteMarkers);
        let changes = open.commits.last();
        if changes.is_empty() {
            return;
        }
        let batch = RoomBatch {
            room: self.room,
            head: open.machine.head(),
            changes,
            durability: Durability::Lazy,
        };
        if self.node.committer.commit(batch, Box::new(|_| ())).is_err() {
            tracing::warn!(room = %self.room, "the last read markers were not written: the committer is busy");
        }
    }
}

impl OpenRoom {
    /// Writes the read markers that moved, and now and then purges what retention says. `all` writes whatever is left.
    fn keep_up(&mut self, node: &Node, now: Instant, all: bool) {
        if node.committer.health() != Health::Ok {
            return;
        }
        if all || due(self.upkeep.marked_at, MARK, now) {
            self.upkeep.marked_at = now;
            self.decide_by_itself(node, Command::WriteMarkers);
        }
        if self
            .upkeep
            .retained_at
            .is_none_or(|then| due(then, RETAIN, now))
        {
            self.upkeep.retained_at = Some(now);
            self.decide_by_itself(node, Command::Retain);
        }
    }

    fn decide_by_itself(&mut self, node: &Node, command: Command) {
        let decision =
            self.machine
                .handle(node.clock.now_ms(), &node.itself, command, &BTreeMap::new());
        self.commits
            .add(decision.changes, decision.write == Write::Durable, None);
    }
}

fn due(then: Instant, every: Duration, now: Instant) -> bool {
    now.saturating_duration_since(then) >= every
}
