//! About how many bytes a frame is, for the bounds of queues: frames are encoded only when they are sent.

use super::call::Participant;
use super::{RoomInfo, ServerFrame};
use crate::crdt::{Body, Content, Entry};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the smallest frame counts for.
pub const FRAME_BYTES_MIN: usize = 64;
const ENTRY_WEIGHT: usize = 192;
const MENTION_WEIGHT: usize = 34;
const NUMBER_WEIGHT: usize = 8;
const CHANGE_WEIGHT: usize = 64;
const SLOT_WEIGHT: usize = 128;
const LIST_ENTRY_WEIGHT: usize = 256;

/// About how many bytes a frame is on the wire. Cheap: frames are encoded only when they are sent.
pub(super) fn weight(frame: &ServerFrame) -> usize {
    FRAME_BYTES_MIN
        + match frame {
            ServerFrame::Ops { ops, .. } => ops.iter().map(entry_weight).sum(),
            ServerFrame::Ack { acks, refused, .. } => {
                acks.len() * ENTRY_WEIGHT / 2 + refused.len() * ENTRY_WEIGHT
            }
            ServerFrame::Error { message, .. } => message.len(),
            ServerFrame::Rooms { rooms, .. } => rooms.iter().map(room_weight).sum(),
            ServerFrame::Members { members, .. } => members.len() * LIST_ENTRY_WEIGHT,
            ServerFrame::Invites { invites, .. } => invites.len() * LIST_ENTRY_WEIGHT,
            ServerFrame::Presence { changes, .. } => changes.len() * CHANGE_WEIGHT,
            ServerFrame::Typing { on, off, .. } => (on.len() + off.len()) * MENTION_WEIGHT,
            ServerFrame::Opened { info, .. } | ServerFrame::Room { info, .. } => room_weight(info),
            ServerFrame::Welcome(_) => 2 * LIST_ENTRY_WEIGHT,
            ServerFrame::CallJoined(joined) => {
                2 * LIST_ENTRY_WEIGHT
                    + joined.answer.as_ref().map_or(0, String::len)
                    + participants_weight(&joined.participants)
                    + joined.slots.len() * SLOT_WEIGHT
            }
            ServerFrame::CallAnswer(answer) => {
                answer.answer.len() + answer.tracks.len() * SLOT_WEIGHT
            }
            ServerFrame::CallChanged(changed) => {
                participants_weight(&changed.joined)
                    + participants_weight(&changed.updated)
                    + changed.left.len() * CHANGE_WEIGHT
            }
            ServerFrame::CallSlots(slots) => slots.slots.len() * SLOT_WEIGHT,
            ServerFrame::CallSpeakers(speakers) => speakers.speakers.len() * NUMBER_WEIGHT,
            ServerFrame::CallQuality(quality) => quality.qualities.len() * CHANGE_WEIGHT,
            ServerFrame::CallDemand(demand) => demand.tracks.len() * 2 * SLOT_WEIGHT,
            ServerFrame::CallState(_) => LIST_ENTRY_WEIGHT,
            ServerFrame::CallMuted(_) | ServerFrame::CallEnded(_) => 2 * FRAME_BYTES_MIN,
            ServerFrame::Challenge { .. }
            | ServerFrame::Renewed { .. }
            | ServerFrame::Beat {}
            | ServerFrame::Ok { .. }
            | ServerFrame::Synced { .. }
            | ServerFrame::Closed { .. }
            | ServerFrame::Read { .. }
            | ServerFrame::RoomsChanged {}
            | ServerFrame::Drain { .. } => FRAME_BYTES_MIN,
        }
}

fn participants_weight(participants: &[Participant]) -> usize {
    participants
        .iter()
        .map(|participant| {
            LIST_ENTRY_WEIGHT + participant.name.len() + participant.tracks.len() * SLOT_WEIGHT
        })
        .sum()
}

/// About how many bytes a room's information is on the wire.
#[must_use]
pub fn room_weight(info: &RoomInfo) -> usize {
    LIST_ENTRY_WEIGHT + info.name.len() + info.topic.len()
}

/// About how many bytes an entry of the log is on the wire.
#[must_use]
pub fn entry_weight(entry: &Entry) -> usize {
    ENTRY_WEIGHT
        + fields_weight(&entry.op.extra)
        + match &entry.op.body {
            Body::Post { content, .. } | Body::Edit { content, .. } => {
                content.as_ref().map_or(0, content_weight)
            }
            Body::Topic { text } => text.len(),
            Body::Reaction { emoji, .. } => emoji.len(),
            Body::Other { kind, fields } => kind.len() + fields_weight(fields),
            Body::Member { name, .. } | Body::Room { name, .. } => name.len(),
            Body::Delete { .. } | Body::Pin { .. } | Body::Purge { .. } | Body::Void { .. } => 0,
        }
}

fn content_weight(content: &Content) -> usize {
    content.text.len() + content.mentions.len() * MENTION_WEIGHT + fields_weight(&content.extra)
}

fn fields_weight(fields: &BTreeMap<String, Value>) -> usize {
    fields
        .iter()
        .map(|(name, value)| name.len() + json_weight(value))
        .sum()
}

/// Recurses as deep as the value: the decoders bound that.
fn json_weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => NUMBER_WEIGHT,
        Value::String(text) => NUMBER_WEIGHT + text.len(),
        Value::Array(values) => NUMBER_WEIGHT + values.iter().map(json_weight).sum::<usize>(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| NUMBER_WEIGHT + name.len() + json_weight(value))
            .sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Subprotocol;

    #[test]
    fn the_weight_of_a_long_op_is_close_to_its_size() {
        for kind in ["post", "topic", "poll"] {
            the_weight_is_close(kind);
        }
    }

    fn the_weight_is_close(kind: &str) {
        let json = format!(
            r#"{{"t":"ops","room":"00000000000000000000000000000001","ops":[{{"offset":1,"stamp":[1700000000000,0],
            "op":{{"dot":["00000000000000aa",1],"hlc":[1700000000000,0],"kind":"{kind}","text":"{}","x":["{}"]}}}}]}}"#,
            "a".repeat(4000),
            "b".repeat(4000)
        );
        let frame = Subprotocol::Json
            .decode_server(json.as_bytes())
            .expect("an ops frame");
        for subprotocol in Subprotocol::ALL {
            let bytes = subprotocol.encode_server(&frame).len();
            let weight = weight(&frame);
            assert!(
                weight >= bytes && weight <= bytes * 2,
                "{weight} for {bytes}"
            );
        }
    }
}
