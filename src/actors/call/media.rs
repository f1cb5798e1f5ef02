//! What media reports, in the words of the call.

use super::{CallActor, CallMessage, LISTEN, LISTEN_MAX};
use crate::actors::media::{Flow, MediaEvent, PauseReason, PeerCommand, PeerId, SlotState};
use crate::actors::supervision::Cx;
use crate::protocol::call::{Quality, QualityReason};
use crate::sfu::call::{Fill, Mid, SlotReason};
use crate::sfu::quality::{self, Reason};
use crate::sfu::{ParticipantId, Source};

impl CallActor {
    pub(super) fn media(&mut self, event: MediaEvent, cx: &mut Cx<'_, Self>) {
        let now = cx.now();
        let call = &mut self.state.call;
        let effects = match event {
            MediaEvent::TrackStarted { track, codec, .. } => call.track_started(now, track, codec),
            MediaEvent::Watched { track, encodings } => {
                call.watched(now, track, encodings.into_iter().collect())
            }
            MediaEvent::Level { track, level } => {
                let publication = call.publication(track);
                let heard = publication.filter(|publication| {
                    publication.source == Source::Microphone && !publication.muted()
                });
                if let Some(owner) = heard.map(|publication| publication.owner) {
                    self.speakers.on_level(now, owner, level.dbov, level.voice);
                    if self.heard_at.replace(now).is_none() {
                        cx.after(LISTEN, CallMessage::Listen);
                    }
                }
                return;
            }
            MediaEvent::PeerConnected(peer)
            | MediaEvent::PeerGone(peer, _)
            | MediaEvent::Quality(peer, _)
            | MediaEvent::Slots(peer, _)
            | MediaEvent::Data(peer, _) => return self.peer(peer, event, cx),
        };
        self.apply(effects);
    }

    /// Something about a peer: nothing, if it is nobody's any more.
    fn peer(&mut self, peer: PeerId, event: MediaEvent, cx: &mut Cx<'_, Self>) {
        let Some(participant) = self.state.with(peer) else {
            return;
        };
        let now = cx.now();
        let effects = match event {
            MediaEvent::PeerConnected(_) => self.state.call.connected(participant),
            MediaEvent::PeerGone(_, reason) => {
                tracing::debug!(participant = participant.0, ?reason, "media is gone");
                if let Some(link) = self.state.link(participant) {
                    link.transport = None;
                }
                self.state.call.media_gone(now, participant)
            }
            MediaEvent::Slots(_, slots) => {
                let fills = self.fills(participant, slots);
                self.state.call.slots_filled(now, participant, &fills)
            }
            MediaEvent::Quality(_, quality) => {
                let quality = wire_quality(participant, quality);
                self.qualities.insert(participant, quality);
                return;
            }
            MediaEvent::Data(_, data) => {
                let others = self
                    .state
                    .links
                    .keys()
                    .filter(|other| **other != participant);
                for other in others {
                    self.command(*other, PeerCommand::Send(data.clone()));
                }
                return;
            }
            MediaEvent::TrackStarted { .. }
            | MediaEvent::Level { .. }
            | MediaEvent::Watched { .. } => return,
        };
        self.apply(effects);
    }

    /// How slots are filled, as far as it is about what is in them now.
    fn fills(&self, participant: ParticipantId, slots: Vec<SlotState>) -> Vec<(Mid, Fill)> {
        let Some(member) = self.state.call.member(participant) else {
            return Vec::new();
        };
        let now: Vec<_> = member.slots().collect();
        let fill = |slot: SlotState| {
            let current = now.iter().find(|(mid, ..)| ***mid == *slot.mid);
            let (mid, track, _) = current.filter(|(_, track, _)| *track == slot.track)?;
            track.is_some().then(|| ((*mid).clone(), fill(slot.flow)))
        };
        slots.into_iter().filter_map(fill).collect()
    }

    /// The clock of speakers, while anybody is heard.
    pub(super) fn listen(&mut self, cx: &mut Cx<'_, Self>) {
        let now = cx.now();
        let changes = self.speakers.tick(now);
        if let Some(audible) = changes.audible {
            let effects = self.state.call.rank(now, &audible);
            self.apply(effects);
        }
        if let Some(speaking) = changes.speaking {
            let effects = self.state.call.speak(now, speaking);
            self.apply(effects);
        }
        let silent = |at| now.saturating_duration_since(at) > LISTEN_MAX;
        if self.heard_at.is_some_and(silent) {
            self.heard_at = None;
        }
        if self.heard_at.is_some() {
            cx.after(LISTEN, CallMessage::Listen);
        }
    }
}

const fn fill(flow: Flow) -> Fill {
    match flow {
        Flow::Live(encoding) => Fill {
            encoding: Some(encoding),
            paused: None,
        },
        Flow::Paused(reason) => Fill {
            encoding: None,
            paused: match reason {
                PauseReason::Bandwidth => Some(SlotReason::Bandwidth),
                PauseReason::Source => Some(SlotReason::Sender),
                PauseReason::Codec => Some(SlotReason::Codec),
                PauseReason::Hidden => None,
            },
        },
        Flow::Empty => Fill {
            encoding: None,
            paused: None,
        },
    }
}

fn wire_quality(participant: ParticipantId, quality: quality::Quality) -> Quality {
    Quality {
        participant,
        score: quality.score,
        reason: quality.reason.map(|reason| match reason {
            Reason::Link => QualityReason::Link,
            Reason::Sender => QualityReason::Sender,
            Reason::Receiver => QualityReason::Receiver,
            Reason::Server => QualityReason::Server,
        }),
    }
}
