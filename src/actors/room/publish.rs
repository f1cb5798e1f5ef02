//! A batch is on disk: acks go to its authors and the ops to everyone else, encoded once.

use super::commits::{Answer, Batch};
use super::{OpenRoom, Roster};
use crate::actors::node::Node;
use crate::chat::{Change, Notice};
use crate::crdt::{Body, Entry};
use crate::id::{Offset, RoomId};
use crate::protocol::limits::PAGE_OPS_MAX;
use crate::protocol::{Outgoing, ServerFrame, entry_weight};
use std::sync::Arc;
use std::time::Instant;

/// Bytes of one frame of live ops, about; one op may exceed it.
const FRAME_BYTES_MAX: usize = 256 * 1024;

impl OpenRoom {
    /// Tells everyone of a batch; returns what others must hear of beyond the ops.
    pub(super) fn publish(
        &mut self,
        batch: Batch,
        room: RoomId,
        roster: &Roster,
        node: &Node,
    ) -> Vec<Notice> {
        let (purges, author, received) = (batch.purges(), batch.sole_author(), batch.received);
        let entries = batch.changes.into_iter().filter_map(|change| match change {
            Change::Append(record) => Some(record.entry),
            _ => None,
        });
        let frames = frames(room, entries, received);
        if purges {
            // Who is behind reads from the disk, where the bodies are gone.
            self.ring.clear();
        }
        if let Some(last) = frames.last().map(|frame| frame.last) {
            self.durable = last;
            self.machine.settled(last);
            roster.settled(last);
            let mut shared = Vec::with_capacity(frames.len());
            for LiveFrame { first, last, frame } in frames {
                count(node, &frame);
                if !purges {
                    self.ring.push(first, last, Arc::clone(&frame));
                }
                shared.push(frame);
            }
            roster.publish(&shared, last, author);
        }
        for answer in batch.replies {
            send(answer, node);
        }
        batch.notices
    }
}

/// A frame of live ops, and the entries it spans.
struct LiveFrame {
    first: Offset,
    last: Offset,
    frame: Arc<Outgoing>,
}

/// Cuts the entries into frames that every client takes.
fn frames(
    room: RoomId,
    entries: impl Iterator<Item = Entry>,
    received: Option<Instant>,
) -> Vec<LiveFrame> {
    let mut frames = Vec::new();
    let (mut ops, mut bytes) = (Vec::new(), 0);
    for entry in entries {
        let weight = entry_weight(&entry);
        if ops.len() == PAGE_OPS_MAX || (bytes + weight > FRAME_BYTES_MAX && !ops.is_empty()) {
            frames.extend(frame(room, std::mem::take(&mut ops), received));
            bytes = 0;
        }
        bytes += weight;
        ops.push(entry);
    }
    frames.extend(frame(room, ops, received));
    frames
}

fn frame(room: RoomId, ops: Vec<Entry>, received: Option<Instant>) -> Option<LiveFrame> {
    let (first, last) = (ops.first()?.offset, ops.last()?.offset);
    let frame = ServerFrame::Ops {
        id: None,
        room,
        ops,
        more: false,
    };
    let frame = Arc::new(Outgoing::live(frame, received));
    Some(LiveFrame { first, last, frame })
}

/// Voids are refused ops, everything else was accepted.
fn count(node: &Node, frame: &Outgoing) {
    if let ServerFrame::Ops { ops, .. } = frame.frame() {
        let is_void = |entry: &&Entry| matches!(entry.op.body, Body::Void { .. });
        let refused = ops.iter().filter(is_void).count();
        node.metrics.ops_refused.inc_by(refused as u64);
        node.metrics.ops.inc_by((ops.len() - refused) as u64);
    }
}

/// Sends an answer whose time has come; acks stay in the order of the ops.
pub(super) fn send(answer: Answer, node: &Node) {
    if matches!(answer.frame, ServerFrame::Ack { .. }) {
        node.metrics.ack_latency.record(answer.received.elapsed());
        answer.reply.send_in_order(answer.frame);
    } else {
        answer.reply.send(answer.frame);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crdt::{Content, Dot, Hlc, Op, Stamp};
    use crate::id::{Counter, ReplicaId};

    fn entry(n: u64, text: usize) -> Entry {
        let hlc = Hlc::new(1, 0).expect("small");
        let counter = Counter::try_from(n).expect("not 0");
        Entry {
            offset: Offset::try_from(n).expect("small"),
            stamp: Stamp(hlc),
            op: Op {
                dot: Dot::new(ReplicaId::from_bytes([1; 8]), counter),
                hlc,
                author: None,
                extra: std::collections::BTreeMap::new(),
                body: Body::Post {
                    thread: None,
                    content: Some(Content {
                        text: "x".repeat(text),
                        ..Content::default()
                    }),
                },
            },
        }
    }

    fn spans(entries: impl Iterator<Item = Entry>) -> Vec<(u64, u64)> {
        frames(RoomId::from_bytes([1; 16]), entries, None)
            .iter()
            .map(|frame| (frame.first.get(), frame.last.get()))
            .collect()
    }

    #[test]
    fn a_large_batch_is_cut_without_gaps() {
        assert_eq!(spans(std::iter::empty()), []);
        let many = (1..=600).map(|n| entry(n, 1));
        assert_eq!(spans(many), [(1, 256), (257, 512), (513, 600)]);
        let heavy = (1..=4).map(|n| entry(n, 100 * 1024));
        assert_eq!(spans(heavy), [(1, 2), (3, 4)]);
        let heavier = (1..=2).map(|n| entry(n, 300 * 1024));
        assert_eq!(spans(heavier), [(1, 1), (2, 2)]);
    }
}
