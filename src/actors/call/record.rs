//! The call's record on the room's timeline: when it began and by whom, and what became of it.

use super::state::State;
use super::{CallActor, Charter};
use crate::actors::node::Node;
use crate::actors::room::{RecordCall, RoomLane, RoomMessage};
use crate::protocol::call::{CallEnd, CallInfo};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Users that a record names.
const USERS_NAMED_MAX: usize = 32;

impl CallActor {
    /// The first participant is in.
    pub(super) fn record_start(&mut self) {
        self.state.recorded = true;
        self.record([("event", json!("started"))].into());
    }

    /// The call is over.
    pub(super) fn record_end(&self, reason: CallEnd) {
        self.state.record_end(&self.charter, &self.node, reason);
    }

    fn record(&self, fields: BTreeMap<&str, Value>) {
        record(&self.charter, &self.node, fields);
    }

    /// Shows the call to the followers of its room, if it changed.
    pub(super) fn show(&self) {
        if !self.state.recorded || self.over {
            return;
        }
        let charter = &self.charter;
        let info = CallInfo {
            call: charter.call,
            started_by: charter.started_by.user.clone(),
            started_ms: charter.started_ms,
            participants: u32::try_from(self.state.call.len()).unwrap_or(u32::MAX),
        };
        self.node.calls.show(charter.room, charter.call, Some(info));
    }
}

impl State {
    /// The call is over. Who was in it stands in the record, up to a number.
    pub(super) fn record_end(&self, charter: &Charter, node: &Node, reason: CallEnd) {
        if !self.recorded {
            return;
        }
        let users = self.call.users();
        let named: Vec<&str> = users
            .iter()
            .take(USERS_NAMED_MAX)
            .map(|user| user.as_str())
            .collect();
        let duration_ms = node.clock.now_ms().saturating_sub(charter.started_ms);
        let fields = [
            ("event", json!("ended")),
            ("reason", json!(reason)),
            ("duration_ms", json!(duration_ms)),
            ("participants", json!(users.len())),
            ("users", json!(named)),
        ];
        record(charter, node, fields.into());
    }
}

fn record(charter: &Charter, node: &Node, fields: BTreeMap<&str, Value>) {
    let common = [
        ("call", json!(charter.call)),
        ("started_ms", json!(charter.started_ms)),
    ];
    let fields = fields.into_iter().chain(common);
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    let record = RecordCall {
        caller: charter.started_by.clone(),
        fields: fields.collect(),
    };
    let message = RoomMessage::RecordCall(Box::new(record));
    if let Err(error) = node.rooms.tell(charter.room, RoomLane::Request, message) {
        tracing::warn!(call = %charter.call, %error, "a call was not recorded");
    }
}
