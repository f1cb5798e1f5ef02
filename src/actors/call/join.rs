//! Joining, coming back, and new offers.

use super::frames::{Seen, refusal_code, slot_state};
use super::message::{Answer, Join, JoinLink, Vouched};
use super::negotiate::OfferError;
use super::state::{Link, Way};
use super::{CallActor, CallLane, CallMessage};
use crate::actors::calls::CallError;
use crate::actors::room::{RoomLane, RoomMessage, Vouch};
use crate::actors::rooms::RoomError;
use crate::actors::supervision::Cx;
use crate::chat::Caller;
use crate::crdt::Role;
use crate::protocol::call::{CallJoined, Resume, TrackOffer};
use crate::protocol::{Advice, ErrorCode, RequestId, ServerFrame};
use crate::rtc::sdp::SendRecv;
use crate::sfu::ParticipantId;
use crate::sfu::call::{Arrival, Effect, Secret};
use std::sync::Arc;

/// Why a request is refused.
pub(super) struct Refused(pub(super) ErrorCode, pub(super) Advice, pub(super) String);

impl From<crate::sfu::call::Refusal> for Refused {
    fn from(refusal: crate::sfu::call::Refusal) -> Self {
        let (code, advice) = refusal_code(refusal);
        Self(code, advice, refusal.to_string())
    }
}

impl From<OfferError> for Refused {
    fn from(error: OfferError) -> Self {
        let advice = match error {
            OfferError::NoRandomness => Advice::Retry,
            _ => Advice::Fix,
        };
        Self(error.code(), advice, error.to_string())
    }
}

impl CallActor {
    /// Somebody joins: the room is asked who they are.
    pub(super) fn join(&mut self, join: Box<Join>, cx: &mut Cx<'_, Self>) {
        self.pending += 1;
        let caller = join.caller.clone();
        self.vouch(caller, Vouched::Join(join), cx);
    }

    /// Asks the room who somebody is; [`Self::vouched`] follows.
    pub(super) fn vouch(&self, caller: Caller, what: Vouched, cx: &Cx<'_, Self>) {
        let address = cx.address();
        let answer = Box::new(move |role| {
            // Refused when the call has ended: whoever waits is told to send again.
            let _ = address.push(CallLane::Control, CallMessage::Vouched(role, what));
        });
        let message = RoomMessage::Vouch(Box::new(Vouch { caller, answer }));
        // An error has become the answer.
        let _ = self
            .node
            .rooms
            .tell(self.charter.room, RoomLane::Request, message);
    }

    /// The room has said who somebody is.
    pub(super) fn vouched(
        &mut self,
        role: Result<Role, RoomError>,
        what: Vouched,
        cx: &mut Cx<'_, Self>,
    ) {
        if matches!(what, Vouched::Join(_)) {
            self.pending = self.pending.saturating_sub(1);
        }
        match (role, what) {
            (Ok(_), Vouched::Join(join)) => self.admit(*join, cx),
            (Ok(role), Vouched::Request(request)) => self.moderate(role, *request, cx),
            (Err(error), what) => {
                let (code, advice) = error.code();
                let refused = match what {
                    Vouched::Join(join) => CallMessage::Join(join),
                    Vouched::Request(request) => CallMessage::Request(request),
                };
                refused.refuse(code, advice, &error.to_string());
            }
        }
    }

    /// A member of the room joins, or comes back.
    fn admit(&mut self, mut join: Join, cx: &mut Cx<'_, Self>) {
        if self.state.founded.is_none() && !join.caller.can_post {
            // Whoever was about to begin it was refused.
            let error = if join.is_player() {
                CallError::None
            } else {
                CallError::MayNotStart
            };
            let (code, advice) = error.code();
            return join.answer.refuse(code, advice, error.to_string());
        }
        let done = match join.resume.take() {
            Some(resume) => self.come_back(&resume, &join, cx),
            None => self.enter(&join, cx),
        };
        let (participant, answer, effects) = match done {
            Ok(done) => done,
            Err(Refused(code, advice, message)) => {
                return join.answer.refuse(code, advice, message);
            }
        };
        let caller = join.caller;
        match join.answer {
            Answer::Frame(reply) => {
                let frame = self.joined(reply.id(), participant, answer);
                reply.send(frame);
            }
            Answer::Http(waiting) => {
                let frame = self.joined(RequestId(0), participant, answer);
                if waiting.send(Ok(frame)).is_err() {
                    tracing::debug!("a client went away while it joined");
                }
            }
        }
        let first = self.state.founded.is_none();
        if first {
            self.record_start(caller);
        }
        self.apply_for(Some(participant), effects);
        if first {
            self.show();
        }
    }

    fn enter(
        &mut self,
        join: &Join,
        cx: &mut Cx<'_, Self>,
    ) -> Result<(ParticipantId, Option<String>, Vec<Effect>), Refused> {
        let offer = join.offer.as_deref().unwrap_or_default();
        let shard = self.charter.media.place(self.charter.call);
        let (way, device, sendrecv) = match &join.link {
            JoinLink::Socket { connection, outbox } => {
                let way = Way::Socket(*connection, Arc::clone(outbox));
                (way, Some(join.caller.device.clone()), SendRecv::Publication)
            }
            JoinLink::Http {
                capability,
                sendrecv,
            } => (
                Way::Http(Arc::clone(capability), *sendrecv),
                None,
                *sendrecv,
            ),
        };
        let negotiated =
            self.negotiate(offer, &join.tracks, shard, sendrecv, &join.caller, None)?;
        let secret = self.node.random().ok_or(OfferError::NoRandomness)?;
        let arrival = Arrival {
            user: join.caller.user.clone(),
            device,
            name: join.name.clone(),
            secret: Secret(secret),
        };
        let lines = negotiated.lines.clone();
        let (participant, effects) = self.state.call.join(cx.now(), arrival, lines)?;
        self.changed = true;
        let link = Link {
            caller: join.caller.clone(),
            way,
            transport: None,
        };
        self.state.links.insert(participant, Arc::new(link));
        match self.start_media(participant, shard, &negotiated, cx) {
            Ok(()) => Ok((participant, Some(negotiated.answer), effects)),
            Err(refused) => {
                let mut effects = effects;
                let reason = crate::sfu::call::LeaveReason::Left;
                effects.extend(self.state.call.leave(cx.now(), participant, reason));
                self.state.links.remove(&participant);
                self.apply(effects);
                Err(refused)
            }
        }
    }

    fn come_back(
        &mut self,
        resume: &Resume,
        join: &Join,
        cx: &mut Cx<'_, Self>,
    ) -> Result<(ParticipantId, Option<String>, Vec<Effect>), Refused> {
        let participant = resume.participant;
        let mut secret = Secret([0; 16]);
        let unknown = crate::sfu::call::Refusal::NoParticipant;
        hex::decode_to_slice(&resume.secret, &mut secret.0).map_err(|_| unknown)?;
        let call = &self.state.call;
        call.may_resume(participant, &join.caller.user, &secret)?;
        let has_media = call.member(participant).is_some_and(|m| m.has_media());
        if join.offer.is_none() && !has_media {
            return Err(Refused(
                ErrorCode::OfferRefused,
                Advice::Fix,
                "media was lost meanwhile: come back with an offer".into(),
            ));
        }
        let JoinLink::Socket { connection, outbox } = &join.link else {
            return Err(unknown.into());
        };
        let (answer, mut effects) = match &join.offer {
            Some(offer) => {
                let (answer, effects) =
                    self.reoffer(participant, offer, &join.tracks, &join.caller, cx)?;
                (Some(answer), effects)
            }
            None => (None, Vec::new()),
        };
        if let Some(link) = self.state.link(participant) {
            link.way = Way::Socket(*connection, Arc::clone(outbox));
            link.caller = join.caller.clone();
        }
        effects.extend(self.state.call.here(participant));
        Ok((participant, answer, effects))
    }

    /// Takes a participant's new offer.
    pub(super) fn reoffer(
        &mut self,
        participant: ParticipantId,
        offer: &str,
        tracks: &[TrackOffer],
        caller: &Caller,
        cx: &mut Cx<'_, Self>,
    ) -> Result<(String, Vec<Effect>), Refused> {
        let link = self.state.links.get(&participant).map(Arc::clone);
        let link = link.ok_or(crate::sfu::call::Refusal::NoParticipant)?;
        let before = link.transport.as_ref();
        let shard = match before {
            Some(before) => before.shard,
            None => self.charter.media.place(self.charter.call),
        };
        let sendrecv = match link.way {
            Way::Http(_, sendrecv) => sendrecv,
            Way::Socket(..) | Way::Away => SendRecv::Publication,
        };
        let negotiated = self.negotiate(offer, tracks, shard, sendrecv, caller, before)?;
        let lines = negotiated.lines.clone();
        let effects = self.state.call.renegotiate(cx.now(), participant, lines)?;
        self.changed = true;
        match before {
            Some(before) => self.continue_media(participant, before, &negotiated),
            None => {
                self.state.call.media_begins(cx.now(), participant);
                self.start_media(participant, shard, &negotiated, cx)?;
            }
        }
        Ok((negotiated.answer, effects))
    }

    fn joined(
        &self,
        id: RequestId,
        participant: ParticipantId,
        answer: Option<String>,
    ) -> ServerFrame {
        let call = &self.state.call;
        let seen = |other: ParticipantId| {
            let seen = if other == participant {
                Seen::ByItself
            } else {
                Seen::ByOthers
            };
            self.participant(other, seen)
        };
        let member = call.member(participant);
        let slots = member.into_iter().flat_map(|member| {
            let slots = member.slots();
            slots.map(|(mid, _, view)| slot_state(mid, view))
        });
        ServerFrame::CallJoined(CallJoined {
            id,
            room: self.charter.room,
            call: self.charter.call,
            participant,
            secret: member.map_or_else(String::new, |m| hex::encode(m.secret().0)),
            answer,
            participants: call.members().filter_map(|(id, _)| seen(id)).collect(),
            slots: slots.collect(),
        })
    }
}
