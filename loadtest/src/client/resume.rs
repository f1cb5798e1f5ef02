//! Coming back: after a lost link, after a room was closed under its readers, after a refusal.

use super::{Client, Keep};
use greenroom::id::RoomId;
use greenroom::protocol::limits::POST_OPS_MAX;
use greenroom::protocol::{Advice, ClientFrame, ErrorCode, RequestId, ServerFrame};
use std::rc::Rc;
use std::time::Duration;

/// First and last wait between attempts to reconnect, milliseconds; a random part of it is waited.
const BACKOFF_MS: std::ops::RangeInclusive<u64> = 20..=500;
/// Attempts before a client gives up. At the longest wait: about five minutes.
const ATTEMPTS_MAX: u32 = 1_000;
/// Wait before a room that was closed is opened again, milliseconds.
const REOPEN_MS: u64 = 5;

impl Client {
    /// Connects again until it succeeds; rooms go on from their cursors.
    pub(crate) async fn resume(self: Rc<Self>) {
        self.state.borrow_mut().resuming = true;
        let mut wait_ms = *BACKOFF_MS.start();
        for _ in 0..ATTEMPTS_MAX {
            let part: f64 = rand::random();
            tokio::time::sleep(Duration::from_micros((wait_ms as f64 * part * 1e3) as u64)).await;
            if self.connect().await.is_ok() {
                self.state.borrow_mut().resuming = false;
                self.tally.borrow_mut().reconnects += 1;
                return;
            }
            wait_ms = (wait_ms * 2).min(*BACKOFF_MS.end());
        }
        self.tally.borrow_mut().error("gave up reconnecting");
    }

    /// Leaves and comes back at once, as a phone that changes networks.
    pub(crate) async fn bounce(self: &Rc<Self>) -> anyhow::Result<()> {
        self.leave();
        self.connect().await?;
        self.tally.borrow_mut().reconnects += 1;
        Ok(())
    }

    /// Sends everything unacked of a room again, in order, under the same dots.
    pub(super) fn resend(self: &Rc<Self>, room: usize) {
        let ops: Vec<_> = {
            let state = &mut *self.state.borrow_mut();
            let Some(room) = state.rooms.get_mut(room) else {
                return;
            };
            room.resending = false;
            match &room.author {
                Some(author) => author.pending().cloned().collect(),
                None => return,
            }
        };
        for batch in ops.chunks(POST_OPS_MAX) {
            self.send_ops(room, batch.to_vec());
        }
    }

    /// A room's following ended.
    pub(super) fn take_closed(self: &Rc<Self>, room: RoomId, code: ErrorCode, advice: Advice) {
        {
            let state = &mut *self.state.borrow_mut();
            if let Some(room) = state.rooms.iter_mut().find(|r| r.id() == room) {
                room.interrupted();
            }
        }
        if advice != Advice::Retry {
            self.tally.borrow_mut().error(format!("closed: {code:?}"));
            return;
        }
        self.tally.borrow_mut().retries += 1;
        let client = Rc::clone(self);
        tokio::task::spawn_local(async move {
            tokio::time::sleep(Duration::from_millis(REOPEN_MS)).await;
            let reference = client.with_rooms(|rooms| {
                let room = rooms.iter().find(|r| r.id() == room);
                room.and_then(super::Room::reference)
            });
            if let Some(room) = reference {
                let id = client.next_request();
                client.send(&ClientFrame::Open { id, room });
            }
        });
    }

    /// Keeps the entries of an `ops` frame.
    pub(super) fn keep(&self, payload: &[u8]) {
        debug_assert_eq!(self.settings.keep, Keep::Entries);
        match self.settings.subprotocol.decode_server(payload) {
            Ok(ServerFrame::Ops { ops, .. }) => self.state.borrow_mut().entries.extend(ops),
            Ok(_) => {}
            Err(error) => self
                .tally
                .borrow_mut()
                .error(format!("undecodable frame: {error}")),
        }
    }

    fn next_request(&self) -> RequestId {
        let state = &mut *self.state.borrow_mut();
        state.last_request += 1;
        RequestId(state.last_request)
    }
}
