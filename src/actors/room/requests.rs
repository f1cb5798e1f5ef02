//! Requests to a room: decided by the machine, written by the committer, told to everyone once they are on disk.

use super::answers;
use super::commits::Answer;
use super::message::{Create, Request};
use super::publish::send;
use super::{OpenRoom, RoomActor, RoomLane, RoomMessage, State};
use crate::actors::node::Node;
use crate::actors::reply::Reply;
use crate::actors::supervision::{Cx, Exit, Incarnation};
use crate::chat::{self, Caller, Command, Decision, Notice, Write};
use crate::crdt::{Dot, Stamp};
use crate::id::{ConnectionId, Offset};
use crate::protocol::{Advice, ErrorCode, ServerFrame};
use crate::storage::{CommitError, Durability, Health, RoomBatch};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a room waits before it offers its batch again to a committer whose queue was full.
const RETRY: Duration = Duration::from_millis(2);

impl RoomActor {
    /// Makes the room, unless it exists.
    pub(super) fn create(&mut self, create: Create, cx: &mut Cx<'_, Self>) {
        let Create {
            caller,
            founding,
            reply,
        } = create;
        let Some(reply) = self.while_writable(reply) else {
            return;
        };
        match &mut self.state {
            State::Open(open) if open.machine.is_member(&caller.user) => {
                let info = answers::room_info(&open.machine, open.durable, &caller);
                let id = reply.id();
                return open.hold(reply, ServerFrame::Room { id, info }, cx.now(), &self.node);
            }
            State::Open(_) => return refuse(reply, &chat::Refusal::NotVisible),
            State::Absent | State::Loading | State::Closing => {}
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
            reply,
            bytes,
        } = request;
        let Some(reply) = self.while_writable(reply) else {
            return;
        };
        let State::Open(open) = &mut self.state else {
            return refuse(reply, &answers::absent(&command));
        };
        open.upkeep.busy_at = cx.now();
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
        self.take_up(decision, &caller, Some(connection), Some(reply), cx.now());
        if let State::Open(open) = &mut self.state {
            open.commits.weigh(bytes);
        }
        self.submit(cx);
    }

    /// Refuses for a node that cannot write, and for a room that could not: `None`, and its client was told.
    fn while_writable(&self, reply: Reply) -> Option<Reply> {
        match (self.node.committer.health(), &self.state) {
            (Health::ReadOnly(fault), _) => {
                reply.refuse(ErrorCode::ReadOnly, Advice::Operator, fault.to_string());
                None
            }
            // The dropped reply tells the client to send again.
            (Health::Ok, State::Open(open)) if open.commits.is_torn() => None,
            (Health::Ok, _) => Some(reply),
        }
    }

    /// A user has read up to a message.
    pub(super) fn read(&mut self, caller: &Caller, stamp: Stamp, dot: Dot, cx: &mut Cx<'_, Self>) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        open.upkeep.busy_at = cx.now();
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

    /// Queues what was decided. The answer waits for all that was decided before it: nothing is said that a crash could
    /// take back.
    pub(super) fn take_up(
        &mut self,
        decision: Decision,
        caller: &Caller,
        connection: Option<ConnectionId>,
        reply: Option<Reply>,
        received: Instant,
    ) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        // Acks stand for posts alone: whoever causes a server's op must be sent it like everyone else.
        let author = match decision.reply {
            Ok(chat::Reply::Posted(_)) => connection,
            _ => None,
        };
        open.commits
            .add(decision.changes, decision.write == Write::Durable, author);
        let notices = match decision.write {
            Write::Durable => {
                open.commits.notify(decision.notices);
                Vec::new()
            }
            Write::Lazy | Write::Nothing => decision.notices,
        };
        match (reply, answers::whole(&open.machine, caller, decision.reply)) {
            (Some(reply), Ok(answer)) => {
                let frame = answers::success(reply.id(), &open.machine, caller, answer);
                open.hold(reply, frame, received, &self.node);
            }
            (Some(reply), Err(refusal)) => {
                refuse(reply, &answers::as_seen(&open.machine, caller, refusal));
            }
            (None, _) => {}
        }
        self.tell(notices);
    }

    /// Offers the open batch to the committer.
    pub(super) fn submit(&mut self, cx: &mut Cx<'_, Self>) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        if open.retries {
            return;
        }
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
                open.retries = true;
                cx.after(RETRY, RoomMessage::Retry);
            }
        }
    }

    /// The committer's queue was full: offers the batch again.
    pub(super) fn retry(&mut self, cx: &mut Cx<'_, Self>) {
        if let State::Open(open) = &mut self.state {
            open.retries = false;
        }
        self.submit(cx);
    }

    /// The oldest batch in flight is on disk, or cannot be.
    ///
    /// # Errors
    /// When it cannot be although the node writes: this life is over.
    pub(super) fn committed(
        &mut self,
        incarnation: Incarnation,
        result: Result<(), CommitError>,
        cx: &mut Cx<'_, Self>,
    ) -> Result<(), Exit> {
        let State::Open(open) = &mut self.state else {
            return Ok(());
        };
        if incarnation != open.incarnation || open.commits.is_torn() {
            return Ok(());
        }
        let Err(error) = result else {
            if let Some(batch) = open.commits.done() {
                let notices = open.publish(batch, self.room, &self.roster, &self.node);
                self.tell(notices);
            }
            self.submit(cx);
            return Ok(());
        };
        let answers = open.commits.tear();
        if let Health::ReadOnly(fault) = self.node.committer.health() {
            // Reads go on from what is known to be on disk.
            for answer in answers {
                let (code, advice) = (ErrorCode::ReadOnly, Advice::Operator);
                answer.reply.refuse(code, advice, fault.to_string());
            }
            return Ok(());
        }
        // The room is ahead of the disk and must begin again from there: the dropped answers tell their clients to send
        // again.
        Err(Exit::error(error))
    }

    /// Tells others what concerns them beyond the ops.
    fn tell(&mut self, notices: Vec<Notice>) {
        for notice in notices {
            match notice {
                Notice::In { user } => self.node.users.rooms_changed(&user),
                Notice::Out { user, .. } => {
                    self.put_out(&user);
                    self.node.calls.put_out(self.room, &user);
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
}

impl OpenRoom {
    /// Sends an answer once everything decided so far is on disk.
    fn hold(&mut self, reply: Reply, frame: ServerFrame, received: Instant, node: &Node) {
        let answer = Answer {
            reply,
            frame,
            received,
        };
        if let Some(ready) = self.commits.hold(answer) {
            send(ready, node);
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

/// Refuses in the words of the protocol.
pub(super) fn refuse(reply: Reply, refusal: &chat::Refusal) {
    let (code, advice) = answers::refusal_code(refusal);
    reply.refuse(code, advice, refusal.to_string());
}
