//! A promise to answer a request: if whoever holds it crashes, dropping it tells the client to send again.

use super::outbox::{self, OutLane, Outbox};
use crate::id::RoomId;
use crate::protocol::{Advice, ErrorCode, RequestId, ServerFrame};
use std::sync::Arc;

/// Answers one request on one connection, exactly once. Dropped without an answer it sends `restarted`.
pub struct Reply {
    id: RequestId,
    room: Option<RoomId>,
    outbox: Option<Arc<Outbox>>,
    /// Held until the answer is in the outbox: who gave it counts what is out.
    _count: Arc<()>,
}

impl Reply {
    /// A promise to answer request `id`, which was about `room`. A clone of `count` lives until it is kept.
    #[must_use]
    pub fn new(id: RequestId, room: Option<RoomId>, outbox: Arc<Outbox>, count: Arc<()>) -> Self {
        Self {
            id,
            room,
            outbox: Some(outbox),
            _count: count,
        }
    }

    /// The request.
    #[must_use]
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// Answers.
    pub fn send(mut self, frame: ServerFrame) {
        if let Some(outbox) = self.outbox.take() {
            outbox::deliver(&outbox, OutLane::Control, frame);
        }
    }

    /// Answers in the lane of ops, behind every op queued before: for `ack`, whose offsets must come in order.
    pub fn send_in_order(mut self, frame: ServerFrame) {
        if let Some(outbox) = self.outbox.take() {
            outbox::deliver(&outbox, OutLane::Ops, frame);
        }
    }

    /// Answers that it was done.
    pub fn ok(self) {
        let id = self.id;
        self.send(ServerFrame::Ok { id });
    }

    /// Answers that it was refused.
    pub fn refuse(mut self, code: ErrorCode, advice: Advice, message: impl Into<String>) {
        self.refuse_in_place(code, advice, message.into());
    }

    fn refuse_in_place(&mut self, code: ErrorCode, advice: Advice, message: String) {
        if let Some(outbox) = self.outbox.take() {
            let (id, room) = (Some(self.id), self.room);
            outbox::deliver(
                &outbox,
                OutLane::Control,
                ServerFrame::Error {
                    id,
                    room,
                    code,
                    advice,
                    message,
                    retry_after_ms: None,
                },
            );
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        let message = "the room was restarted while it handled this: send it again".into();
        self.refuse_in_place(ErrorCode::Restarted, Advice::Retry, message);
    }
}
