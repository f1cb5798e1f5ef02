//! What participants ask for once they are in, and what only moderators may.

use super::CallActor;
use super::frames::{Seen, layout};
use super::join::Refused;
use super::message::{Ask, Request, Vouched};
use super::state::Way;
use crate::access::Revocations;
use crate::actors::reply::Reply;
use crate::actors::supervision::Cx;
use crate::crdt::Role;
use crate::protocol::ServerFrame;
use crate::protocol::call::{CallAnswer, CallEnd};
use crate::sfu::ParticipantId;
use crate::sfu::call::{Effect, LeaveReason, Refusal};
use std::sync::Arc;

impl CallActor {
    /// A participant asks for something. What needs a role in the room waits for the room's word.
    pub(super) fn request(&mut self, request: Box<Request>, cx: &mut Cx<'_, Self>) {
        let asker = self.state.on(request.connection);
        let needs_role = match &request.ask {
            Ask::Remove(_) => true,
            Ask::End => !self.state.is_founder(&request.caller.user),
            Ask::Mute(mute) => {
                let owner = self.state.call.owner(mute.track).ok();
                owner.is_some() && owner != asker
            }
            _ => false,
        };
        if needs_role {
            let caller = request.caller.clone();
            return self.vouch(caller, Vouched::Request(request), cx);
        }
        self.moderate(Role::Guest, *request, cx);
    }

    /// Does what was asked, by somebody with this role in the room.
    pub(super) fn moderate(&mut self, role: Role, request: Request, cx: &mut Cx<'_, Self>) {
        let Request {
            connection,
            caller,
            ask,
            reply,
        } = request;
        let asker = self.state.on(connection);
        let may_moderate = role >= Role::Moderator;
        match (ask, asker) {
            (Ask::End, _) if may_moderate || self.state.is_founder(&caller.user) => {
                reply.ok();
                self.finish(CallEnd::Ended, cx);
            }
            (Ask::Remove(remove), _) if may_moderate => {
                let participant = remove.participant;
                let reason = LeaveReason::Removed;
                let effects = self.state.call.leave(cx.now(), participant, reason);
                let done = if effects.is_empty() {
                    Err(Refusal::NoParticipant)
                } else {
                    Ok(effects)
                };
                self.answer(reply, done);
            }
            (Ask::End | Ask::Remove(_), _) => {
                self.answer(reply, Err(Refusal::Forbidden));
            }
            (_, None) => self.answer(reply, Err(Refusal::NoParticipant)),
            (Ask::Offer(offer), Some(asker)) => {
                let done = self.reoffer(asker, &offer.offer, &offer.tracks, &caller, cx);
                self.answered(reply, asker, done);
            }
            (ask, Some(asker)) => {
                let done = self.ask(ask, asker, may_moderate, cx);
                self.answer(reply, done);
            }
        }
    }

    fn ask(
        &mut self,
        ask: Ask,
        asker: ParticipantId,
        may_moderate: bool,
        cx: &Cx<'_, Self>,
    ) -> Result<Vec<Effect>, Refusal> {
        let (call, now) = (&mut self.state.call, cx.now());
        match ask {
            Ask::Layout(said) => call.layout(now, asker, layout(said)),
            Ask::Mute(mute) => call.mute(now, asker, mute.track, mute.muted, may_moderate),
            Ask::Hand(hand) => Ok(call.hand(asker, hand.raised)),
            Ask::Unpublish(unpublish) => call.unpublish(now, asker, unpublish.track),
            Ask::Leave => Ok(call.leave(now, asker, LeaveReason::Left)),
            Ask::Offer(_) | Ask::Remove(_) | Ask::End => Err(Refusal::Forbidden),
        }
    }

    fn answer(&mut self, reply: Reply, done: Result<Vec<Effect>, Refusal>) {
        match done {
            Ok(effects) => {
                reply.ok();
                self.apply(effects);
            }
            Err(refusal) => {
                let Refused(code, advice, message) = refusal.into();
                reply.refuse(code, advice, message);
            }
        }
    }

    fn answered(
        &mut self,
        reply: Reply,
        asker: ParticipantId,
        done: Result<(String, Vec<Effect>), Refused>,
    ) {
        let (answer, effects) = match done {
            Ok(done) => done,
            Err(Refused(code, advice, message)) => return reply.refuse(code, advice, message),
        };
        let member = self.state.call.member(asker);
        let tracks = member.map_or_else(Vec::new, |member| self.tracks(member, Seen::ByItself));
        let (id, room) = (reply.id(), self.charter.room);
        reply.send(ServerFrame::CallAnswer(CallAnswer {
            id,
            room,
            answer,
            tracks,
        }));
        self.apply(effects);
    }

    /// Tokens were revoked: whoever is here by HTTP under one of them leaves. (WebSockets are closed by their own.)
    pub(super) fn revoked(&mut self, revocations: &Arc<Revocations>, cx: &mut Cx<'_, Self>) {
        let hit: Vec<_> = self
            .state
            .links
            .iter()
            .filter(|(_, link)| {
                matches!(&link.way, Way::Http(capability, _) if revocations.hits(capability))
            })
            .map(|(participant, _)| *participant)
            .collect();
        for participant in hit {
            let reason = LeaveReason::Revoked;
            let effects = self.state.call.leave(cx.now(), participant, reason);
            self.apply(effects);
        }
    }
}
