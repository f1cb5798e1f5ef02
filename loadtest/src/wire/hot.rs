//! The frames of the hot path, read only as far as the ledger needs: no text is copied, no body is built.

use greenroom::crdt::{Dot, Stamp};
use greenroom::id::{Offset, RoomId};
use greenroom::protocol::{Ack, Cursor, RefusedOp, RequestId, Stopped, Subprotocol};
use serde::Deserialize;

/// A frame from the server, flat: `t` says which fields mean something. Other frames than these are decoded in full.
#[derive(Debug, Deserialize)]
pub(crate) struct HotFrame<'a> {
    #[serde(borrow)]
    pub(crate) t: &'a str,
    #[serde(default)]
    pub(crate) id: Option<RequestId>,
    #[serde(default)]
    pub(crate) room: Option<RoomId>,
    #[serde(default)]
    pub(crate) ops: Vec<HotEntry>,
    #[serde(default)]
    pub(crate) acks: Vec<Ack>,
    #[serde(default)]
    pub(crate) refused: Vec<RefusedOp>,
    #[serde(default)]
    pub(crate) cursor: Option<Cursor>,
    #[serde(default)]
    pub(crate) stopped: Option<Stopped>,
}

/// An entry of a log: its place and its name.
#[derive(Debug, Deserialize)]
pub(crate) struct HotEntry {
    pub(crate) offset: Offset,
    pub(crate) stamp: Stamp,
    pub(crate) op: HotOp,
}

/// Of an op, its name and when it was due.
#[derive(Debug, Deserialize)]
pub(crate) struct HotOp {
    pub(crate) dot: Dot,
    #[serde(default)]
    pub(crate) due_us: Option<u64>,
}

impl<'a> HotFrame<'a> {
    /// Reads a frame; `None` when it is not of this shape (another frame, or garbage: decode it in full to know).
    pub(crate) fn read(subprotocol: Subprotocol, message: &'a [u8]) -> Option<Self> {
        match subprotocol {
            Subprotocol::Json => serde_json::from_slice(message).ok(),
            Subprotocol::MessagePack => rmp_serde::from_slice(message).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content;
    use greenroom::crdt::{Entry, Hlc, Op};
    use greenroom::id::{Counter, Epoch, ReplicaId};
    use greenroom::protocol::{RoomInfo, ServerFrame};

    #[test]
    fn an_ops_frame_is_read_in_both_subprotocols() {
        let counter = Counter::try_from(5).expect("positive");
        let dot = Dot::new(ReplicaId::from_bytes([9; 8]), counter);
        let room = RoomId::from_bytes([1; 16]);
        let frame = ServerFrame::Ops {
            id: None,
            room,
            ops: vec![Entry {
                offset: Offset::try_from(77).expect("small"),
                stamp: Stamp::default(),
                op: Op {
                    dot,
                    hlc: Hlc::default(),
                    author: None,
                    body: content::post(dot, 20, 123_456),
                    extra: std::collections::BTreeMap::new(),
                },
            }],
            more: false,
        };
        for subprotocol in Subprotocol::ALL {
            let bytes = subprotocol.encode_server(&frame);
            let hot = HotFrame::read(subprotocol, &bytes).expect("the shape");
            assert_eq!((hot.t, hot.room), ("ops", Some(room)));
            assert_eq!(hot.ops[0].offset.get(), 77);
            assert_eq!(hot.ops[0].op.dot, dot);
            assert_eq!(hot.ops[0].op.due_us, Some(123_456));
        }
    }

    #[test]
    fn acks_and_synced_are_read_and_opened_does_not_hurt() {
        let ack = br#"{"t":"ack","id":3,"room":"00000000000000000000000000000001","acks":[
            {"dot":["00000000000000aa",1],"stamp":[1,0],"offset":4}],"refused":[{"dot":["00000000000000aa",2],
            "code":"forbidden","message":"no","offset":5}],"stopped":{"code":"gap","advice":"retry","message":"","have":2}}"#;
        let hot = HotFrame::read(Subprotocol::Json, ack).expect("the shape");
        assert_eq!((hot.t, hot.id), ("ack", Some(RequestId(3))));
        assert_eq!((hot.acks[0].offset.get(), hot.refused.len()), (4, 1));
        assert_eq!(hot.stopped.and_then(|stopped| stopped.have), Some(2));
        let synced = br#"{"t":"synced","room":"00000000000000000000000000000001","cursor":["00000000000000ff",9]}"#;
        let hot = HotFrame::read(Subprotocol::Json, synced).expect("the shape");
        assert_eq!(hot.cursor.map(|c| c.1.get()), Some(9));
        let opened = ServerFrame::Opened {
            id: None,
            info: RoomInfo {
                room: RoomId::from_bytes([1; 16]),
                epoch: Epoch::from_bytes([2; 8]),
                head: Offset::MIN,
                name: "x".into(),
                visibility: greenroom::crdt::Visibility::Public,
                topic: String::new(),
                retention_days: None,
                members: 1,
                role: None,
                unread: 0,
                read: None,
            },
            epoch_changed: false,
        };
        let bytes = Subprotocol::MessagePack.encode_server(&opened);
        let hot = HotFrame::read(Subprotocol::MessagePack, &bytes);
        assert!(hot.is_none_or(|hot| hot.t == "opened"));
    }
}
