//! What a client does with what the server says.

use super::{CALL_FRAMES_MAX, Client, Keep, OnLoss, Room, ended};
use crate::clock::now_us;
use crate::ledger::{Acked, Seen};
use crate::wire::{HotFrame, Inbound, LinkError, Message, Opcode};
use anyhow::anyhow;
use greenroom::crdt::Entry;
use greenroom::protocol::{Advice, ErrorCode, RequestId, ServerFrame};
use std::rc::Rc;
use std::time::Duration;

/// Resend after a refusal that names no time, milliseconds.
const RESEND_MS: u64 = 2;
/// The longest wait before a resend, milliseconds.
const RESEND_MS_MAX: u64 = 5_000;

impl Client {
    /// Reads until the link ends.
    pub(super) async fn attend(self: Rc<Self>, mut inbound: Inbound, generation: u64) {
        let end = loop {
            if self.stalled.get() {
                // The socket stays open and full: that is the point.
                std::future::pending::<()>().await;
            }
            let current = || self.state.borrow().generation == generation;
            let received = inbound.receive(|message| {
                // What a link that was given up still brings belongs to nobody.
                if current() {
                    self.take(&message);
                }
            });
            let received = received.await;
            if !current() {
                return;
            }
            match received {
                Ok(bytes) => self.tally.borrow_mut().bytes_in += bytes as u64,
                Err(error) => break error,
            }
            if let Some((code, reason)) = self.state.borrow_mut().closed.take() {
                break LinkError::Closed(code, reason);
            }
        };
        drop(inbound);
        self.lost(&end);
    }

    fn lost(self: &Rc<Self>, end: &LinkError) {
        self.disconnected();
        let resuming = {
            let state = &mut *self.state.borrow_mut();
            state.lost_at_us.get_or_insert_with(now_us);
            state.resuming
        };
        let name = match end {
            LinkError::Closed(Some(code), _) => code.to_string(),
            LinkError::Closed(None, _) => "no code".into(),
            LinkError::Eof => "eof".into(),
            LinkError::Io(error) => format!("{:?}", error.kind()),
            LinkError::Framing(_) | LinkError::Upgrade(_) => end.to_string(),
        };
        *self.tally.borrow_mut().closes.entry(name).or_default() += 1;
        match self.settings.on_loss {
            OnLoss::Stay => self.tally.borrow_mut().error("link lost"),
            OnLoss::Resume if resuming => {}
            OnLoss::Resume => {
                tokio::task::spawn_local(Rc::clone(self).resume());
            }
        }
    }

    /// Forgets the link and everything that was under way on it.
    pub(super) fn disconnected(&self) {
        let (waiting, welcome) = {
            let state = &mut *self.state.borrow_mut();
            state.generation += 1;
            state.link = None;
            state.posts.clear();
            state.rooms.iter_mut().for_each(Room::interrupted);
            (std::mem::take(&mut state.waiting), state.welcome.take())
        };
        for (_, sender) in waiting {
            let _ = sender.send(Err(ended()));
        }
        if let Some(sender) = welcome {
            let _ = sender.send(Err(ended()));
        }
    }

    fn take(self: &Rc<Self>, message: &Message<'_>) {
        match message.opcode {
            Opcode::Text | Opcode::Binary => self.take_frame(message.payload),
            Opcode::Ping => {
                let link = self.state.borrow().link.clone();
                if let Some(link) = link {
                    link.send_frame(Opcode::Pong, message.payload);
                }
            }
            Opcode::Pong => {}
            Opcode::Close => {
                let code = message
                    .payload
                    .first_chunk::<2>()
                    .map(|c| u16::from_be_bytes(*c));
                let reason = String::from_utf8_lossy(message.payload.get(2..).unwrap_or_default());
                let state = &mut *self.state.borrow_mut();
                state.closed = Some((code, reason.into_owned()));
                if let Some(link) = state.link.take() {
                    link.close();
                }
            }
        }
    }

    fn take_frame(self: &Rc<Self>, payload: &[u8]) {
        let subprotocol = self.settings.subprotocol;
        let hot = HotFrame::read(subprotocol, payload);
        match hot.as_ref().map_or("", |hot| hot.t) {
            "ops" => {
                let hot = hot.expect("it has a `t`");
                if hot.id.is_some() {
                    self.take_other(payload);
                } else {
                    self.take_ops(&hot);
                    if self.settings.keep == Keep::Entries {
                        self.keep(payload);
                    }
                }
            }
            "ack" => self.take_ack(&hot.expect("it has a `t`")),
            "synced" => self.take_synced(&hot.expect("it has a `t`")),
            "typing" | "presence" | "read" => self.tally.borrow_mut().signals += 1,
            "beat" | "rooms.changed" => {}
            _ => self.take_other(payload),
        }
    }

    fn take_ops(&self, hot: &HotFrame<'_>) {
        let now_us = now_us();
        let state = &mut *self.state.borrow_mut();
        let tally = &mut *self.tally.borrow_mut();
        let Some(room) = state.rooms.iter_mut().find(|r| Some(r.id()) == hot.room) else {
            tally.error("ops of a room that is not open");
            return;
        };
        for entry in &hot.ops {
            room.has(entry.op.dot);
            if room.view.note(entry.offset.get(), entry.op.dot) != Seen::Again {
                tally.delivered(entry.op.due_us, now_us, room.in_sync());
                if entry.op.due_us.is_some() {
                    room.newest = Some((entry.stamp, entry.op.dot));
                }
            }
        }
    }

    fn take_ack(self: &Rc<Self>, hot: &HotFrame<'_>) {
        let now_us = now_us();
        let (index, stopped) = {
            let state = &mut *self.state.borrow_mut();
            let tally = &mut *self.tally.borrow_mut();
            if let Some(id) = hot.id {
                state.posts.remove(&id.0);
            }
            let Some(index) = state.rooms.iter().position(|r| Some(r.id()) == hot.room) else {
                tally.error("an ack of a room that is not open");
                return;
            };
            let room = &mut state.rooms[index];
            for ack in &hot.acks {
                let offset = ack.offset.get();
                let Some(author) = room.author.as_mut() else {
                    tally.error("an ack to a reader");
                    continue;
                };
                if ack.dot.replica() != author.replica() {
                    tally.error("an ack of a foreign dot");
                    continue;
                }
                match author.acked(ack.dot.counter().get(), offset) {
                    Acked::First { due_us, mut op } => {
                        tally.acked(due_us, now_us);
                        if self.settings.keep == Keep::Entries {
                            op.author = state.welcomed.as_ref().map(|w| w.user.clone());
                            state.entries.push(Entry {
                                offset: ack.offset,
                                stamp: ack.stamp,
                                op,
                            });
                        }
                    }
                    Acked::Again => {}
                    Acked::Conflict => tally.error("an ack at another place"),
                }
                room.has(ack.dot);
                room.view.note_own(offset, ack.dot);
            }
            for refused in &hot.refused {
                tally.error(format!(
                    "op refused: {:?}: {}",
                    refused.code, refused.message
                ));
                room.has(refused.dot);
                room.view.note_own(refused.offset.get(), refused.dot);
            }
            (index, hot.stopped.as_ref())
        };
        if let Some(stopped) = stopped {
            self.refused(index, stopped.code, stopped.advice, None);
        }
        if self.window.get() > 0 {
            self.fill_window(index);
        }
    }

    fn take_synced(self: &Rc<Self>, hot: &HotFrame<'_>) {
        let index = {
            let state = &mut *self.state.borrow_mut();
            let index = state.rooms.iter().position(|r| Some(r.id()) == hot.room);
            let (Some(index), Some(cursor)) = (index, hot.cursor) else {
                self.tally.borrow_mut().error("synced without a room");
                return;
            };
            let room = &mut state.rooms[index];
            room.synced(cursor.1.get());
            if room.view.cursor() < cursor.1.get() {
                self.tally.borrow_mut().error("synced without its ops");
            }
            if state.rooms.iter().all(Room::in_sync)
                && let Some(lost_at_us) = state.lost_at_us.take()
            {
                let away_us = now_us().saturating_sub(lost_at_us);
                self.tally.borrow_mut().recover.record(away_us);
            }
            index
        };
        self.resend(index);
    }

    fn take_other(self: &Rc<Self>, payload: &[u8]) {
        match self.settings.subprotocol.decode_server(payload) {
            Ok(frame) => self.take_whole(frame),
            Err(error) => self
                .tally
                .borrow_mut()
                .error(format!("undecodable frame: {error}")),
        }
    }

    fn take_whole(self: &Rc<Self>, frame: ServerFrame) {
        match frame {
            ServerFrame::Welcome(welcome) => {
                let state = &mut *self.state.borrow_mut();
                state.welcomed = Some(welcome.clone());
                if let Some(sender) = state.welcome.take() {
                    let _ = sender.send(Ok(welcome));
                }
            }
            ServerFrame::Challenge { nonce, node } => self.prove(&nonce, node),
            ServerFrame::Error {
                id,
                room,
                code,
                advice,
                message,
                retry_after_ms,
            } => self.take_error(id, room, code, advice, &message, retry_after_ms),
            ServerFrame::Opened {
                id,
                ref info,
                epoch_changed,
            } => {
                {
                    let state = &mut *self.state.borrow_mut();
                    let tally = &mut *self.tally.borrow_mut();
                    if let Some(room) = state.rooms.iter_mut().find(|r| r.id() == info.room) {
                        if !room.opened(info.epoch) || epoch_changed {
                            tally.error("the log's epoch changed");
                        }
                        if info.head.get() < room.view.cursor() {
                            tally.error("the log is shorter than what was read");
                        }
                    }
                }
                self.answer(id, frame);
            }
            ServerFrame::Closed {
                room, code, advice, ..
            } => self.take_closed(room, code, advice),
            ServerFrame::Ok { id }
            | ServerFrame::Room { id, .. }
            | ServerFrame::Rooms { id, .. }
            | ServerFrame::Members { id, .. }
            | ServerFrame::Invites { id, .. } => self.answer(Some(id), frame),
            ServerFrame::Ops { id, .. } => self.answer(id, frame),
            ServerFrame::CallJoined(ref joined) => {
                let id = joined.id;
                self.answer(Some(id), frame);
            }
            ServerFrame::CallAnswer(ref answer) => {
                let id = answer.id;
                self.answer(Some(id), frame);
            }
            ServerFrame::CallChanged(_)
            | ServerFrame::CallSlots(_)
            | ServerFrame::CallDemand(_)
            | ServerFrame::CallMuted(_)
            | ServerFrame::CallQuality(_)
            | ServerFrame::CallEnded(_) => {
                let state = &mut *self.state.borrow_mut();
                if state.calls.len() == CALL_FRAMES_MAX {
                    state.calls.pop_front();
                }
                state.calls.push_back(frame);
            }
            ServerFrame::Drain { .. } => self.tally.borrow_mut().error("drained"),
            _ => {}
        }
    }

    fn answer(&self, id: Option<RequestId>, frame: ServerFrame) {
        let sender = id.and_then(|id| self.state.borrow_mut().waiting.remove(&id.0));
        if let Some(sender) = sender {
            let _ = sender.send(Ok(frame));
        }
    }

    fn take_error(
        self: &Rc<Self>,
        id: Option<RequestId>,
        room: Option<greenroom::id::RoomId>,
        code: ErrorCode,
        advice: Advice,
        message: &str,
        retry_after_ms: Option<u64>,
    ) {
        let (waiting, post) = {
            let state = &mut *self.state.borrow_mut();
            let waiting = id.and_then(|id| state.waiting.remove(&id.0));
            let post = id.and_then(|id| state.posts.remove(&id.0));
            let room = || state.rooms.iter().position(|r| Some(r.id()) == room);
            (waiting, post.or_else(room))
        };
        if let Some(sender) = waiting {
            let _ = sender.send(Err(anyhow!("{code:?}: {message}")));
        } else if let Some(index) = post {
            self.refused(index, code, advice, retry_after_ms);
        } else {
            let welcome = self.state.borrow_mut().welcome.take();
            self.tally.borrow_mut().error(format!("{code:?}"));
            if let Some(sender) = welcome {
                let _ = sender.send(Err(anyhow!("{code:?}: {message}")));
            }
        }
    }

    /// A post was not taken, or not as a whole.
    fn refused(
        self: &Rc<Self>,
        room: usize,
        code: ErrorCode,
        advice: Advice,
        retry_after_ms: Option<u64>,
    ) {
        if advice != Advice::Retry && code != ErrorCode::Gap {
            self.tally.borrow_mut().error(format!("{code:?}"));
            return;
        }
        self.tally.borrow_mut().retries += 1;
        {
            let state = &mut *self.state.borrow_mut();
            if std::mem::replace(&mut state.rooms[room].resending, true) {
                return;
            }
        }
        let wait_ms = retry_after_ms.unwrap_or(RESEND_MS).min(RESEND_MS_MAX);
        let client = Rc::clone(self);
        tokio::task::spawn_local(async move {
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            client.resend(room);
        });
    }
}
