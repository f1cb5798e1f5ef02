//! Questions about a room: answered from memory, or by a reader from disk.

use super::answers;
use super::message::{Ask, Question};
use super::requests::refuse;
use super::{RoomActor, State};
use crate::actors::readers::PAGE;
use crate::actors::reply::Reply;
use crate::chat;
use crate::id::{Offset, RoomId};
use crate::protocol::limits::LIST_MAX;
use crate::protocol::{Advice, ErrorCode, ServerFrame};
use crate::storage::{PageLimits, Store};

impl RoomActor {
    /// Answers a question about the room.
    pub(super) fn answer(&mut self, ask: Ask) {
        let Ask {
            caller,
            question,
            reply,
        } = ask;
        let State::Open(open) = &self.state else {
            return refuse(reply, &chat::Refusal::NotVisible);
        };
        if !open.machine.is_member(&caller.user) {
            return refuse(reply, &answers::unseen(&open.machine));
        }
        let (id, room) = (reply.id(), self.room);
        match question {
            Question::Members(after) => {
                let (page, more) = open.machine.members_page(after.as_ref(), LIST_MAX);
                let info = |(user, member): (&_, &_)| {
                    answers::member_info(user, member, open.presence_of(user, member))
                };
                let members = page.into_iter().map(info).collect();
                reply.send(ServerFrame::Members {
                    id,
                    room,
                    members,
                    more,
                });
            }
            Question::History { before, items } => {
                // Never beyond what is on disk for good.
                let before = before.min(open.durable.next());
                let read =
                    Box::new(move |store: &Store| history(store, room, before, items, reply));
                if self.node.readers.submit(read).is_err() {
                    // The dropped reply has told the client to send again.
                    tracing::debug!(%room, "the readers are busy");
                }
            }
            Question::Invites => {
                match open.machine.invites_for(self.node.clock.now_ms(), &caller) {
                    Ok(invites) => {
                        let invites = invites.into_iter();
                        let invites = invites
                            .map(|(id, invite)| answers::invite_info(id, invite.clone()))
                            .collect();
                        reply.send(ServerFrame::Invites { id, room, invites });
                    }
                    Err(refusal) => refuse(reply, &refusal),
                }
            }
        }
    }
}

/// Answers with a page of the log, backwards.
fn history(store: &Store, room: RoomId, before: Offset, items: usize, reply: Reply) {
    let id = reply.id();
    match store.read_back(room, before, PageLimits { items, ..PAGE }) {
        Ok(page) => {
            let more = page.next > Offset::MIN.next();
            reply.send_in_order(ServerFrame::Ops {
                id: Some(id),
                room,
                ops: page.entries,
                more,
            });
        }
        Err(error) => {
            tracing::error!(%room, %error, "history cannot be read");
            reply.refuse(
                ErrorCode::RoomUnavailable,
                Advice::Operator,
                error.to_string(),
            );
        }
    }
}
