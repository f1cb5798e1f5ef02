//! Requests to a room: decided by the machine, written by the committer, told to everyone once they are on disk.

use super::answers;
use super::commits::{Answer, Batch};
use super::message::{Ask, Create, Question, Request};
use super::{OpenRoom, RoomActor, RoomLane, RoomMessage, State};
use crate::actors::node::Node;
use crate::actors::readers::PAGE;
use crate::actors::reply::Reply;
use crate::actors::supervision::{Cx, Exit, Incarnation};
use crate::chat::{self, Caller, Command, Decision, Notice, Write};
use crate::crdt::{Dot, Stamp};
use crate::id::{ConnectionId, Offset, RoomId};
use crate::protocol::limits::LIST_MAX;
use crate::protocol::{Advice, ErrorCode, Outgoing, ServerFrame, ops_frames};
use crate::storage::{CommitError, Durability, Health, PageLimits, RoomBatch, Store};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a room waits before it offers its batch again to a committer whose queue was full.
const RETRY: Duration = Duration::from_millis(2);
/// How often read markers are written at most.
const MARK: Duration = Duration::from_millis(chat::limits::MARKER_INTERVAL_MS);
/// How often retention is looked at.
const RETAIN: Duration = Duration::from_secs(3600);

impl RoomActor {
    /// Makes the room, unless it exists.
    pub(super) fn create(&mut self, create: Create, cx: &mut Cx<'_, Self>) {
        let Create {
            caller,
            founding,
            reply,
        } = create;
        match &self.state {
            State::Open(open) if open.machine.is_member(&caller.user) => {
                let info = answers::room_info(&open.machine, open.durable, &caller);
                let id = reply.id();
                return reply.send(ServerFrame::Room { id, info });
            }
            State::Open(_) => return refuse(reply, &chat::Refusal::NotVisible),
            State::Closing => return,
            State::Absent | State::Loading => {}
        }
        let Some(fresh) = self.node.fresh_log() else {
            return reply.refuse(ErrorCode::Overloaded, Advice::Retry, "no randomness");
        };
        match chat::Room::create(
            self.room,
            fresh,
            self.node.clock.now_ms(),
            &caller,
            founding,
        ) {
            Ok((machine, decision)) => {
                self.state = State::Open(Box::new(OpenRoom::new(machine, Offset::MIN, cx)));
                self.take_up(decision, &caller, None, Some(reply), cx.now());
                self.submit(cx);
                cx.after(super::TICK, RoomMessage::Tick);
            }
            Err(refusal) => refuse(reply, &refusal),
        }
    }

    /// Has the machine decide a request.
    pub(super) fn request(&mut self, request: Request, cx: &mut Cx<'_, Self>) {
        let Request {
            connection,
            caller,
            command,
            bytes,
            reply,
        } = request;
        if let Health::ReadOnly(fault) = self.node.committer.health() {
            return reply.refuse(ErrorCode::ReadOnly, Advice::Operator, fault.to_string());
        }
        let open = match &mut self.state {
            State::Open(open) => open,
            // The dropped reply tells the client to send again.
            State::Closing => return,
            State::Absent | State::Loading => return refuse(reply, &answers::absent(&command)),
        };
        if open.commits.is_full() {
            return refuse(reply, &chat::Refusal::Busy);
        }
        let known = match look_up(open, &self.node, &command) {
            Ok(known) => known,
            Err(message) => {
                return reply.refuse(ErrorCode::RoomUnavailable, Advice::Operator, message);
            }
        };
        let decision = open
            .machine
            .handle(self.node.clock.now_ms(), &caller, command, &known);
        open.commits.weigh(bytes);
        self.take_up(decision, &caller, Some(connection), Some(reply), cx.now());
        self.submit(cx);
    }

    /// A user has read up to a message.
    pub(super) fn read(&mut self, caller: &Caller, stamp: Stamp, dot: Dot, cx: &mut Cx<'_, Self>) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        let command = Command::MarkRead { stamp, dot };
        // A marker that cannot be looked up now is only late: the client sends the next one.
        let Ok(known) = look_up(open, &self.node, &command) else {
            return;
        };
        let decision = open
            .machine
            .handle(self.node.clock.now_ms(), caller, command, &known);
        self.take_up(decision, caller, None, None, cx.now());
        self.submit(cx);
    }

    /// Queues what was decided; tells what may be told at once.
    fn take_up(
        &mut self,
        decision: Decision,
        caller: &Caller,
        author: Option<ConnectionId>,
        reply: Option<Reply>,
        received: Instant,
    ) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        let waits = decision.write == Write::Durable
            || matches!(&decision.reply, Ok(chat::Reply::Posted(_)));
        open.commits
            .add(decision.changes, decision.write == Write::Durable, author);
        let notices = match decision.write {
            Write::Durable => {
                open.commits.notify(decision.notices);
                Vec::new()
            }
            Write::Lazy | Write::Nothing => decision.notices,
        };
        if let Some(reply) = reply {
            match answers::whole(&open.machine, caller, decision.reply) {
                Err(refusal) => {
                    refuse(reply, &answers::as_seen(&open.machine, caller, refusal));
                }
                Ok(answer) => {
                    let frame = answers::success(reply.id(), &open.machine, caller, answer);
                    let answer = Answer {
                        reply,
                        frame,
                        received,
                    };
                    let ready = if waits {
                        open.commits.hold(answer)
                    } else {
                        Some(answer)
                    };
                    ready
                        .into_iter()
                        .for_each(|answer| send(answer, &self.node));
                }
            }
        }
        self.tell(notices);
    }

    /// Offers the open batch to the committer.
    pub(super) fn submit(&mut self, cx: &mut Cx<'_, Self>) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        let Some((changes, durable)) = open.commits.next() else {
            return;
        };
        let batch = RoomBatch {
            room: self.room,
            head: open.machine.head(),
            changes: changes.to_vec(),
            durability: if durable {
                Durability::Durable
            } else {
                Durability::Lazy
            },
        };
        let (address, incarnation) = (cx.address(), open.incarnation);
        let done = Box::new(move |result: Result<_, CommitError>| {
            let result = result.map(|_| ());
            // The lane holds more than the room ever has in flight, so only a closed room refuses, and needs no answer.
            let _ = address.push(
                RoomLane::Control,
                RoomMessage::Committed {
                    incarnation,
                    result,
                },
            );
        });
        match self.node.committer.commit(batch, done) {
            Ok(()) => open.commits.sent(),
            Err(_) => {
                cx.after(RETRY, RoomMessage::Retry);
            }
        }
    }

    /// The oldest batch in flight is on disk, or cannot be.
    ///
    /// # Errors
    /// When the batch does not continue what is stored: this life is over, the next one reads the disk again, and the
    /// dropped replies tell their clients to send again.
    pub(super) fn committed(
        &mut self,
        incarnation: Incarnation,
        result: Result<(), CommitError>,
        cx: &mut Cx<'_, Self>,
    ) -> Result<(), Exit> {
        let State::Open(open) = &mut self.state else {
            return Ok(());
        };
        if incarnation != open.incarnation {
            return Ok(());
        }
        match result {
            Ok(()) => {
                if let Some(batch) = open.commits.done() {
                    let notices = open.publish(batch, self.room, &self.roster, &self.node);
                    self.tell(notices);
                }
                self.submit(cx);
                Ok(())
            }
            Err(error) if matches!(self.node.committer.health(), Health::ReadOnly(_)) => {
                for answer in open.commits.abandon() {
                    let (code, advice) = (ErrorCode::ReadOnly, Advice::Operator);
                    answer.reply.refuse(code, advice, error.to_string());
                }
                Ok(())
            }
            Err(error) => Err(Exit::error(error)),
        }
    }

    /// Tells others what concerns them beyond the ops.
    fn tell(&mut self, notices: Vec<Notice>) {
        for notice in notices {
            match notice {
                Notice::In { user } => self.node.users.rooms_changed(&user),
                Notice::Out { user, .. } => {
                    self.put_out(&user);
                    self.node.users.rooms_changed(&user);
                }
                Notice::Marker {
                    user,
                    marker,
                    unread,
                } => self.marker_moved(&user, marker, unread),
            }
        }
    }

    /// Answers a question about the room.
    pub(super) fn answer(&mut self, ask: Ask) {
        let Ask {
            caller,
            question,
            reply,
        } = ask;
        let State::Open(open) = &self.state else {
            return refuse(reply, &chat::Refusal::NotVisible);
        };
        if !open.machine.is_member(&caller.user) {
            return refuse(reply, &answers::unseen(&open.machine));
        }
        let (id, room) = (reply.id(), self.room);
        match question {
            Question::Members(after) => {
                let (page, more) = open.machine.members_page(after.as_ref(), LIST_MAX);
                let info = |(user, member): (&_, &_)| {
                    answers::member_info(user, member, open.presence_of(user, member))
                };
                let members = page.into_iter().map(info).collect();
                reply.send(ServerFrame::Members {
                    id,
                    room,
                    members,
                    more,
                });
            }
            Question::History { before, items } => {
                // Never beyond what is on disk for good.
                let before = before.min(open.durable.next());
                let read =
                    Box::new(move |store: &Store| history(store, room, before, items, reply));
                if self.node.readers.submit(read).is_err() {
                    // The dropped reply has told the client to send again.
                    tracing::debug!(%room, "the readers are busy");
                }
            }
            Question::Invites => {
                match open.machine.invites_for(self.node.clock.now_ms(), &caller) {
                    Ok(invites) => {
                        let invites = invites.into_iter();
                        let invites = invites
                            .map(|(id, invite)| answers::invite_info(id, invite.clone()))
                            .collect();
                        reply.send(ServerFrame::Invites { id, room, invites });
                    }
                    Err(refusal) => refuse(reply, &refusal),
                }
            }
        }
    }
}

impl OpenRoom {
    /// A batch is on disk: acks go to the authors and the ops to everyone else, encoded once.
    fn publish(
        &mut self,
        batch: Batch,
        room: RoomId,
        roster: &super::Roster,
        node: &Node,
    ) -> Vec<Notice> {
        if batch.purges() {
            self.ring.clear();
        }
        if let Some((first, last)) = batch.span() {
            node.metrics.ops.inc_by(last.get() + 1 - first.get());
            self.durable = last;
            self.machine.settled(last);
            for ops in ops_frames(batch.records().map(|record| record.entry.clone())) {
                let (Some(first), Some(last)) = (ops.first(), ops.last()) else {
                    continue;
                };
                let (first, last) = (first.offset, last.offset);
                let frame = ServerFrame::Ops {
                    id: None,
                    room,
                    ops,
                    more: false,
                };
                let frame = Arc::new(Outgoing::live(frame, batch.received));
                self.ring.push(first, last, Arc::clone(&frame));
                roster.publish(&frame, last, batch.sole_author());
            }
        }
        batch
            .replies
            .into_iter()
            .for_each(|answer| send(answer, node));
        batch.notices
    }

    /// Writes the read markers that moved, and now and then purges what retention says.
    pub(super) fn keep_up(&mut self, node: &Node, now: Instant) {
        let due = |then: Instant, every| now.saturating_duration_since(then) >= every;
        if due(self.marked_at, MARK) {
            self.marked_at = now;
            self.decide_by_itself(node, Command::WriteMarkers);
        }
        if self.retained_at.is_none_or(|then| due(then, RETAIN)) {
            self.retained_at = Some(now);
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

/// Answers with a page of the log, backwards.
fn history(store: &Store, room: RoomId, before: Offset, items: usize, reply: Reply) {
    let id = reply.id();
    match store.read_back(room, before, PageLimits { items, ..PAGE }) {
        Ok(page) => {
            let more = page.next > Offset::MIN.next();
            reply.send_in_order(ServerFrame::Ops {
                id: Some(id),
                room,
                ops: page.entries,
                more,
            });
        }
        Err(error) => {
            tracing::error!(%room, %error, "history cannot be read");
            reply.refuse(
                ErrorCode::RoomUnavailable,
                Advice::Operator,
                error.to_string(),
            );
        }
    }
}

/// Fetches what the machine needs to know of stored ops.
fn look_up(
    open: &OpenRoom,
    node: &Node,
    command: &Command,
) -> Result<BTreeMap<Dot, chat::Known>, String> {
    let dots = open.machine.lookups(command);
    if dots.is_empty() {
        return Ok(BTreeMap::new());
    }
    node.store
        .lookup(open.machine.id(), &dots)
        .map_err(|error| {
            tracing::error!(room = %open.machine.id(), %error, "the index of ops cannot be read");
            error.to_string()
        })
}

/// Sends an answer whose time has come; acks stay in the order of the ops.
fn send(answer: Answer, node: &Node) {
    if matches!(answer.frame, ServerFrame::Ack { .. }) {
        node.metrics.ack_latency.record(answer.received.elapsed());
        answer.reply.send_in_order(answer.frame);
    } else {
        answer.reply.send(answer.frame);
    }
}

/// Refuses in the words of the protocol.
pub(super) fn refuse(reply: Reply, refusal: &chat::Refusal) {
    let (code, advice) = answers::refusal_code(refusal);
    reply.refuse(code, advice, refusal.to_string());
}
