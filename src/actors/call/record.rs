//! The call's record on the room's timeline: when it began and by whom, and what became of it.

use super::state::{Founding, State};
use super::{CallActor, Charter};
use crate::actors::node::Node;
use crate::actors::room::{RecordCall, RoomLane, RoomMessage};
use crate::chat::Caller;
use crate::protocol::call::{CallEnd, CallInfo};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Users that a record names.
const USERS_NAMED_MAX: usize = 32;

impl CallActor {
    /// The first participant is in.
    pub(super) fn record_start(&mut self, by: Caller) {
        let at_ms = self.node.clock.now_ms();
        let founding = Founding { by, at_ms };
        let fields = [("event", json!("started"))];
        record(&self.charter, &founding, &self.node, fields.into());
        self.state.founded = Some(Arc::new(founding));
    }

    /// The call is over.
    pub(super) fn record_end(&self, reason: CallEnd) {
        self.state.record_end(&self.charter, &self.node, reason);
    }

    /// Shows the call to the followers of its room, if it changed.
    pub(super) fn show(&self) {
        let (Some(founding), false) = (&self.state.founded, self.over) else {
            return;
        };
        let charter = &self.charter;
        let info = CallInfo {
            call: charter.call,
            started_by: founding.by.user.clone(),
            started_ms: founding.at_ms,
            participants: u32::try_from(self.state.call.len()).unwrap_or(u32::MAX),
        };
        self.node.calls.show(charter.room, charter.call, Some(info));
    }
}

impl State {
    /// The call is over. Who was in it stands in the record, up to a number.
    pub(super) fn record_end(&self, charter: &Charter, node: &Node, reason: CallEnd) {
        let Some(founding) = &self.founded else {
            return;
        };
        let users = self.call.users();
        let named: Vec<&str> = users
            .iter()
            .take(USERS_NAMED_MAX)
            .map(|user| user.as_str())
            .collect();
        let duration_ms = node.clock.now_ms().saturating_sub(founding.at_ms);
        let fields = [
            ("event", json!("ended")),
            ("reason", json!(reason)),
            ("duration_ms", json!(duration_ms)),
            ("participants", json!(users.len())),
            ("users", json!(named)),
        ];
        record(charter, founding, node, fields.into());
    }
}

fn record(charter: &Charter, founding: &Founding, node: &Node, fields: BTreeMap<&str, Value>) {
    let common = [
        ("call", json!(charter.call)),
        ("started_ms", json!(founding.at_ms)),
    ];
    let fields = fields.into_iter().chain(common);
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    let record = RecordCall {
        caller: founding.by.clone(),
        fields: fields.collect(),
    };
    let message = RoomMessage::RecordCall(Box::new(record));
    if let Err(error) = node.rooms.tell(charter.room, RoomLane::Request, message) {
        tracing::warn!(call = %charter.call, %error, "a call was not recorded");
    }
}
