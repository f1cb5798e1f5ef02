//! Carries out what the call wants done: frames to participants, commands to media.

use super::CallActor;
use super::frames::{Seen, slot_state};
use super::state::{Link, Way};
use crate::actors::media::{Gate, PeerCommand, SlotFill, Tile};
use crate::actors::outbox::{self, OutItem, OutLane};
use crate::protocol::call::{
    CallChanged, CallDemand, CallEnd, CallEnded, CallMuted, CallQuality, CallSlots, CallSpeakers,
    Departed, EncodingDemand, LeaveReason, TrackDemand,
};
use crate::protocol::{Outgoing, ServerFrame};
use crate::sfu::call::Effect;
use crate::sfu::{ParticipantId, TrackId};
use std::collections::BTreeSet;
use std::sync::Arc;

impl CallActor {
    /// Carries out effects, the roster's first, so that nobody is told of someone they have not heard of.
    pub(super) fn apply(&mut self, effects: Vec<Effect>) {
        self.apply_for(None, effects);
    }

    /// The same for `entrant`, who was told how everything stands.
    pub(super) fn apply_for(&mut self, entrant: Option<ParticipantId>, effects: Vec<Effect>) {
        self.changed = true;
        if effects.is_empty() {
            return;
        }
        self.say_changed(entrant, &effects);
        for effect in effects {
            match effect {
                Effect::Joined(_) | Effect::Updated(_) | Effect::Unpublished { .. } => {}
                Effect::Left {
                    participant,
                    reason,
                } => self.departed(participant, reason),
                Effect::Fill { participant, slots } => self.fill(participant, &slots),
                Effect::Show { participant, slots } => {
                    if Some(participant) != entrant {
                        self.show_slots(participant, &slots);
                    }
                }
                Effect::Layout(participant) => self.lay_out(participant),
                Effect::Mute { track, muted } => self.gate(track, muted),
                Effect::MutedBy {
                    participant,
                    track,
                    by,
                } => {
                    let room = self.charter.room;
                    let frame = ServerFrame::CallMuted(CallMuted { room, track, by });
                    self.tell(participant, OutLane::Control, frame);
                }
                Effect::Demand(track) => self.demand(track),
                Effect::Speakers => {
                    let frame = ServerFrame::CallSpeakers(CallSpeakers {
                        room: self.charter.room,
                        speakers: self.state.call.speakers().to_vec(),
                    });
                    self.tell_all(OutLane::Signal, frame);
                }
            }
        }
        if self.heard_at.is_some() && self.state.call.is_empty() {
            self.heard_at = None;
        }
    }

    /// Tells a participant, if there is a WebSocket to tell them on.
    pub(super) fn tell(&self, participant: ParticipantId, lane: OutLane, frame: ServerFrame) {
        let link = self.state.links.get(&participant);
        if let Some(Way::Socket(_, outbox)) = link.map(|link| &link.way) {
            outbox::deliver(outbox, lane, frame);
        }
    }

    /// Tells everyone in the call, encoded once.
    fn tell_all(&self, lane: OutLane, frame: ServerFrame) {
        self.tell_others(None, lane, frame);
    }

    fn tell_others(&self, except: Option<ParticipantId>, lane: OutLane, frame: ServerFrame) {
        let frame = Arc::new(Outgoing::new(frame));
        for (participant, link) in &self.state.links {
            if let Way::Socket(_, outbox) = &link.way
                && Some(*participant) != except
            {
                outbox::push(outbox, lane, OutItem::Frame(Arc::clone(&frame)));
            }
        }
    }

    /// Asks something of a participant's media.
    pub(super) fn command(&self, participant: ParticipantId, command: PeerCommand) {
        let link = self.state.links.get(&participant);
        let transport = link.and_then(|link| link.transport.as_ref());
        if let Some(transport) = transport
            && !transport.peer.tell(command)
        {
            tracing::warn!(participant = participant.0, "a peer has too much to do");
        }
    }

    /// Tells everyone of the call's end.
    pub(super) fn say_ended(&self, reason: CallEnd) {
        self.tell_all(OutLane::Control, self.ended(reason));
    }

    /// Tells everyone how well people are connected.
    pub(super) fn show_qualities(&mut self) {
        let mut qualities = std::mem::take(&mut self.qualities);
        qualities.retain(|participant, _| self.state.call.member(*participant).is_some());
        if qualities.is_empty() {
            return;
        }
        let frame = ServerFrame::CallQuality(CallQuality {
            room: self.charter.room,
            qualities: qualities.into_values().collect(),
        });
        self.tell_all(OutLane::Signal, frame);
    }

    fn ended(&self, reason: CallEnd) -> ServerFrame {
        ServerFrame::CallEnded(CallEnded {
            room: self.charter.room,
            call: self.charter.call,
            reason,
        })
    }

    fn say_changed(&self, entrant: Option<ParticipantId>, effects: &[Effect]) {
        let mut changed = CallChanged {
            room: self.charter.room,
            call: self.charter.call,
            joined: Vec::new(),
            updated: Vec::new(),
            left: Vec::new(),
        };
        let (mut joined, mut updated) = (BTreeSet::new(), BTreeSet::new());
        for effect in effects {
            match effect {
                Effect::Joined(participant) => drop(joined.insert(*participant)),
                Effect::Updated(participant) => drop(updated.insert(*participant)),
                Effect::Left {
                    participant,
                    reason,
                } => changed.left.push(Departed {
                    participant: *participant,
                    reason: *reason,
                }),
                _ => {}
            }
        }
        let seen = |id: &ParticipantId| self.participant(*id, Seen::ByOthers);
        changed.joined = joined.iter().filter_map(seen).collect();
        // Somebody whom media did not admit was never there.
        changed
            .left
            .retain(|left| !joined.contains(&left.participant));
        changed.updated = updated.difference(&joined).filter_map(seen).collect();
        if !(changed.joined.is_empty() && changed.updated.is_empty() && changed.left.is_empty()) {
            let frame = ServerFrame::CallChanged(changed);
            self.tell_others(entrant, OutLane::Control, frame);
        }
    }

    /// Someone is gone: they are told why, unless they asked for it, and their media ends.
    fn departed(&mut self, participant: ParticipantId, reason: LeaveReason) {
        let end = match reason {
            LeaveReason::Left => None,
            LeaveReason::Lost => Some(CallEnd::Lost),
            LeaveReason::Removed => Some(CallEnd::Removed),
            LeaveReason::Revoked => Some(CallEnd::Revoked),
            LeaveReason::Replaced => Some(CallEnd::Replaced),
        };
        if let Some(end) = end
            && !self.shares_a_socket(participant)
        {
            self.tell(participant, OutLane::Control, self.ended(end));
        }
        self.speakers.remove(participant);
        if let Some(link) = self.state.links.remove(&participant)
            && let Some(transport) = &link.transport
        {
            // Refused when it is gone already.
            transport.peer.tell(PeerCommand::Remove);
        }
    }

    /// Whether another participant is on the same WebSocket: whoever joined again is not told that the call ended.
    fn shares_a_socket(&self, participant: ParticipantId) -> bool {
        let connection = |link: &Link| match link.way {
            Way::Socket(connection, _) => Some(connection),
            Way::Away | Way::Http(..) => None,
        };
        let links = &self.state.links;
        let own = links.get(&participant).and_then(|link| connection(link));
        own.is_some()
            && links
                .iter()
                .any(|(id, link)| *id != participant && connection(link) == own)
    }

    fn fill(&self, participant: ParticipantId, slots: &[usize]) {
        let Some(member) = self.state.call.member(participant) else {
            return;
        };
        let all: Vec<_> = member.slots().collect();
        let fills = slots.iter().filter_map(|place| all.get(*place));
        let fills = fills.map(|(mid, track, _)| SlotFill {
            mid: (***mid).into(),
            track: *track,
        });
        let fills = PeerCommand::Fill(fills.collect());
        self.command(participant, fills);
    }

    fn show_slots(&self, participant: ParticipantId, slots: &[usize]) {
        let Some(member) = self.state.call.member(participant) else {
            return;
        };
        let all: Vec<_> = member.slots().collect();
        let shown = slots.iter().filter_map(|place| all.get(*place));
        let slots = shown.map(|(mid, _, view)| slot_state(mid, *view)).collect();
        let room = self.charter.room;
        let frame = ServerFrame::CallSlots(CallSlots { room, slots });
        self.tell(participant, OutLane::Control, frame);
    }

    fn lay_out(&self, participant: ParticipantId) {
        let Some(member) = self.state.call.member(participant) else {
            return;
        };
        let tiles = member.tiles().map(|tile| Tile {
            mid: (*tile.mid).into(),
            width: tile.width,
            height: tile.height,
            priority: tile.priority,
            pinned: tile.pinned,
        });
        let tiles = PeerCommand::Show(tiles.collect());
        self.command(participant, tiles);
    }

    fn gate(&self, track: TrackId, muted: bool) {
        if let Ok(owner) = self.state.call.owner(track) {
            let gate = if muted { Gate::Shut } else { Gate::Open };
            self.command(owner, PeerCommand::Gate(track, gate));
        }
    }

    fn demand(&self, track: TrackId) {
        let Some(publication) = self.state.call.publication(track) else {
            return;
        };
        let encodings = publication.demanded().map(|(rid, active)| EncodingDemand {
            rid: rid.to_owned(),
            active,
        });
        let demand = TrackDemand {
            track,
            mid: publication.mid.to_string(),
            encodings: encodings.collect(),
        };
        let frame = ServerFrame::CallDemand(CallDemand {
            room: self.charter.room,
            tracks: vec![demand],
        });
        self.tell(publication.owner, OutLane::Control, frame);
    }
}
