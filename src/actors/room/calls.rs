//! What a room does for its call: says who somebody is, keeps the record, tells its followers.

use super::message::{RecordCall, Vouch};
use super::{RoomActor, State, answers};
use crate::actors::node::Node;
use crate::actors::outbox::{self, OutItem, OutLane, Outbox};
use crate::actors::rooms::RoomError;
use crate::actors::supervision::Cx;
use crate::chat::{Command, Refusal};
use crate::id::RoomId;
use crate::protocol::call::CallState;
use crate::protocol::{Outgoing, ServerFrame};
use std::collections::BTreeMap;
use std::sync::Arc;

impl RoomActor {
    /// Says who somebody is here.
    pub(super) fn vouch(&mut self, vouch: Vouch) {
        let Vouch { caller, answer } = vouch;
        let role = match &self.state {
            State::Open(open) => {
                let role = open.machine.role(&caller);
                role.ok_or_else(|| answers::unseen(&open.machine))
            }
            State::Absent | State::Loading | State::Closing => Err(Refusal::NotVisible),
        };
        answer(role.map_err(RoomError::Absent));
    }

    /// Writes what became of the call into the timeline. A room that cannot write has no record of it.
    pub(super) fn record_call(&mut self, record: RecordCall, cx: &mut Cx<'_, Self>) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        let RecordCall { caller, fields } = record;
        if open.commits.is_full() || open.commits.is_torn() {
            tracing::warn!(room = %self.room, "a call was not recorded: the room has too much to write");
            return;
        }
        open.upkeep.busy_at = cx.now();
        let command = Command::RecordCall { fields };
        let now_ms = self.node.clock.now_ms();
        let decision = open
            .machine
            .handle(now_ms, &caller, command, &BTreeMap::new());
        self.take_up(decision, &caller, None, None, cx.now());
        self.submit(cx);
    }

    /// Tells every follower how the call stands.
    pub(super) fn call_changed(&self) {
        if !matches!(self.state, State::Open(_)) {
            return;
        }
        let frame = Arc::new(Outgoing::new(call_state(&self.node, self.room)));
        for subscriber in self.roster.lock().values() {
            let item = OutItem::Frame(Arc::clone(&frame));
            outbox::push(&subscriber.outbox, OutLane::Ops, item);
        }
    }
}

/// Tells a new follower of the room's call, if there is one. Behind `opened`, in its lane.
pub(super) fn show_call(node: &Node, room: RoomId, outbox: &Outbox) {
    if node.calls.info(room).is_some() {
        outbox::deliver(outbox, OutLane::Ops, call_state(node, room));
    }
}

fn call_state(node: &Node, room: RoomId) -> ServerFrame {
    let call = node.calls.info(room);
    ServerFrame::CallState(CallState { room, call })
}
