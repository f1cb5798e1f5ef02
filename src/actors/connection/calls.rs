//! A connection's part in calls: it hands frames on under its client's rights, and tells calls when it is gone.

use super::{Connection, Session};
use crate::actors::call::{
    Absence, Answer, Ask, CallLane, CallMessage, Join, JoinLink, Request as CallRequest,
};
use crate::id::RoomId;
use crate::protocol::call::CallJoin;
use crate::protocol::{Advice, ClientFrame, CloseCode, ErrorCode, RequestId};
use crate::sfu::call::LeaveReason;
use std::sync::Arc;

/// Calls that one connection may be in at a time.
const CALLS_MAX: usize = 8;

/// What a connection knows of its calls: in which rooms they may be. A call knows better who is in it.
#[derive(Debug, Default)]
pub(super) struct InCalls(Vec<RoomId>);

impl InCalls {
    /// Notes a room; false when there are too many.
    fn enter(&mut self, room: RoomId) -> bool {
        if self.0.contains(&room) {
            return true;
        }
        if self.0.len() >= CALLS_MAX {
            return false;
        }
        self.0.push(room);
        true
    }

    fn leave(&mut self, room: RoomId) {
        self.0.retain(|known| *known != room);
    }
}

impl Connection {
    /// Does what a frame about a call says; gives back any other frame.
    pub(super) fn call_frame(&mut self, frame: ClientFrame) -> Option<ClientFrame> {
        use ClientFrame as F;
        match frame {
            F::CallJoin(join) => self.join_call(join),
            F::CallOffer(offer) => self.ask_call(offer.id, offer.room, Ask::Offer(offer)),
            F::CallLayout(layout) => self.ask_call(layout.id, layout.room, Ask::Layout(layout)),
            F::CallMute(mute) => self.ask_call(mute.id, mute.room, Ask::Mute(mute)),
            F::CallHand(hand) => self.ask_call(hand.id, hand.room, Ask::Hand(hand)),
            F::CallUnpublish(unpublish) => {
                self.ask_call(unpublish.id, unpublish.room, Ask::Unpublish(unpublish));
            }
            F::CallLeave(leave) => {
                self.ask_call(leave.id, leave.room, Ask::Leave);
                self.in_calls(|calls| calls.leave(leave.room));
            }
            F::CallRemove(remove) => self.ask_call(remove.id, remove.room, Ask::Remove(remove)),
            F::CallEnd(end) => self.ask_call(end.id, end.room, Ask::End),
            other => return Some(other),
        }
        None
    }

    fn join_call(&mut self, join: CallJoin) {
        let Some(reply) = self.reply(join.id, join.room) else {
            return;
        };
        let (connection, outbox) = (self.id, Arc::clone(&self.outbox));
        let Session::Open(open) = &mut self.session else {
            return;
        };
        // Calls that ended since then make room.
        let calls = &self.node.calls;
        open.calls.0.retain(|room| calls.contains(*room));
        if !open.calls.enter(join.room) {
            let message = "too many calls at a time: leave some";
            return reply.refuse(ErrorCode::TooLarge, Advice::Fix, message);
        }
        let caller = open.caller.clone();
        let name = join.name.unwrap_or_else(|| caller.name.clone());
        self.node.calls.join(
            join.room,
            Join {
                caller,
                name,
                offer: join.offer,
                tracks: join.tracks,
                resume: join.resume,
                link: JoinLink::Socket { connection, outbox },
                answer: Answer::Frame(reply),
            },
        );
    }

    fn ask_call(&mut self, id: RequestId, room: RoomId, ask: Ask) {
        let Some(reply) = self.reply(id, room) else {
            return;
        };
        let Session::Open(open) = &self.session else {
            return;
        };
        let request = CallMessage::Request(Box::new(CallRequest {
            connection: self.id,
            caller: open.caller.clone(),
            ask,
            reply,
        }));
        // Refused: the reply in it has said why.
        let _ = self.node.calls.tell(room, CallLane::Request, request);
    }

    /// The socket is gone, or closed for this reason: calls keep its client a while, unless it may not come back.
    pub(super) fn leave_calls(&mut self, closed: Option<CloseCode>) {
        let how = match closed {
            Some(CloseCode::TokenRevoked) => Absence::Gone(LeaveReason::Revoked),
            _ => Absence::Away,
        };
        let mut rooms = Vec::new();
        self.in_calls(|calls| rooms = std::mem::take(&mut calls.0));
        for room in rooms {
            self.lose_call(room, how);
        }
    }

    /// The token no longer covers a room: its call goes on without this client.
    pub(super) fn leave_uncovered_calls(&mut self) {
        let Session::Open(open) = &mut self.session else {
            return;
        };
        let capability = &open.capability;
        let (stay, uncovered) = std::mem::take(&mut open.calls.0)
            .into_iter()
            .partition(|room| capability.covers(room));
        open.calls.0 = stay;
        let uncovered: Vec<RoomId> = uncovered;
        for room in uncovered {
            self.lose_call(room, Absence::Gone(LeaveReason::Revoked));
        }
    }

    fn lose_call(&self, room: RoomId, how: Absence) {
        let connection = self.id;
        let lost = CallMessage::Lost { connection, how };
        // Refused when there is no call any more. One with too much to do finds that its media vanishes.
        let _ = self.node.calls.tell(room, CallLane::Control, lost);
    }

    fn in_calls(&mut self, change: impl FnOnce(&mut InCalls)) {
        if let Session::Open(open) = &mut self.session {
            change(&mut open.calls);
        }
    }
}
