//! The shell around one WebRTC transport: takes its seat in the Plane, publishes its lines, fills its slots as the Call
//! says, and answers its client's feedback.

mod feedback;
mod lines;
mod message;
mod upkeep;

pub use message::{PeerLane, PeerMessage};

use super::handle::{MediaHandle, Seat};
use super::plane::{Admission, PeerKey, with_plane};
use super::port::{AdmitPeer, GoneReason, MediaEvent, MediaEvents, PeerCommand, PeerId, TrackKey};
#[cfg(feature = "failpoints")]
use super::track::{TrackLane, TrackMessage};
use crate::actors::supervision::{Behaviour, ChildId, Cx, Exit};
use crate::id::CallId;
use crate::sfu::loss::LossPolicy;
use crate::sfu::quality::QualityMeter;
use crate::sfu::{ParticipantId, TrackId};
use std::time::Instant;
use upkeep::Upkeep;

/// One peer.
pub struct PeerActor {
    id: PeerId,
    media: MediaHandle,
    /// What it begins with: there is one life.
    first: Option<(AdmitPeer, Seat)>,
    live: Option<Live>,
    /// Why it ends.
    reason: GoneReason,
}

/// A peer that has its seat.
struct Live {
    key: PeerKey,
    call: CallId,
    participant: ParticipantId,
    events: MediaEvents,
    /// Its publications.
    tracks: Vec<(TrackKey, ChildId)>,
    /// How sound is to be protected on the way down.
    policy: LossPolicy,
    quality: QualityMeter,
    upkeep: Upkeep,
    _seat: Seat,
}

impl PeerActor {
    pub(super) fn new(id: PeerId, media: MediaHandle, first: Option<(AdmitPeer, Seat)>) -> Self {
        Self {
            id,
            media,
            first,
            live: None,
            reason: GoneReason::Fault,
        }
    }
}

impl Behaviour for PeerActor {
    type Lane = PeerLane;
    type Message = PeerMessage;

    fn started(&mut self, cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        let Some((admit, seat)) = self.first.take() else {
            return Err(Exit::error("a peer has one life"));
        };
        let now = cx.now();
        let admission = Admission {
            id: self.id,
            call: admit.call,
            address: cx.address(),
        };
        let events = admit.events.clone();
        let seated = with_plane(|plane| plane.admit(admission, admit.session, &admit.agreed, now));
        let key = seated.map_err(|error| {
            events.tell(MediaEvent::PeerGone(self.id, GoneReason::Fault));
            Exit::error(error)
        })?;
        let mut live = Live {
            key,
            call: admit.call,
            participant: admit.participant,
            events,
            tracks: Vec::new(),
            policy: LossPolicy::default(),
            quality: QualityMeter::new(),
            upkeep: Upkeep::new(now),
            _seat: seat,
        };
        live.publish(&self.media, &admit.agreed, &admit.publications);
        self.live = Some(live);
        cx.after(upkeep::TICK, PeerMessage::Tick);
        Ok(())
    }

    fn handle(&mut self, message: PeerMessage, cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        let now = cx.now();
        let Some(live) = &mut self.live else {
            return Ok(());
        };
        match message {
            PeerMessage::Command(PeerCommand::Remove) => {
                self.reason = GoneReason::Removed;
                cx.stop();
            }
            PeerMessage::Command(command) => live.command(self.id, &self.media, command, now),
            PeerMessage::Connected => {
                live.events.tell(MediaEvent::PeerConnected(self.id));
                live.allocate(self.id, now);
            }
            PeerMessage::Gone(reason) => {
                self.reason = reason;
                cx.stop();
            }
            PeerMessage::Feedback { packets, arrived } => live.feed_back(packets, arrived, now),
            PeerMessage::Data(data) => live.events.tell(MediaEvent::Data(self.id, data)),
            PeerMessage::Layers => live.allocate(self.id, now),
            PeerMessage::Tick => match with_plane(|plane| plane.is_over(live.key)) {
                Some(reason) => {
                    self.reason = reason;
                    cx.stop();
                }
                None => {
                    let pause = live.tick(self.id, now);
                    cx.after(pause, PeerMessage::Tick);
                }
            },
        }
        Ok(())
    }

    fn terminated(&mut self, exit: &Exit) {
        let Some(live) = self.live.take() else {
            return;
        };
        let reason = match exit {
            Exit::Normal => self.reason,
            Exit::Shutdown => GoneReason::Removed,
            Exit::Panic(_) | Exit::Error(_) | Exit::Escalated(_) | Exit::Lost => GoneReason::Fault,
        };
        for (key, child) in &live.tracks {
            with_plane(|plane| plane.unpublish(live.key, *key));
            self.media.unpublish(*key, *child);
        }
        with_plane(|plane| plane.remove(live.key, Instant::now()));
        live.events.tell(MediaEvent::PeerGone(self.id, reason));
    }
}

impl Live {
    fn command(&mut self, id: PeerId, media: &MediaHandle, command: PeerCommand, now: Instant) {
        match command {
            PeerCommand::Fill(fills) => {
                with_plane(|plane| {
                    for fill in fills {
                        let _ = plane.fill(self.key, &fill.mid, fill.track, now);
                    }
                });
                self.allocate(id, now);
            }
            PeerCommand::Show(tiles) => {
                with_plane(|plane| plane.show(self.key, tiles));
                self.allocate(id, now);
            }
            PeerCommand::Gate(track, gate) => {
                let key = self.track_key(track);
                with_plane(|plane| plane.gate(self.key, key, gate));
            }
            PeerCommand::Renegotiate(agreed, publications) => {
                self.renegotiate(media, &agreed, &publications, now);
                self.allocate(id, now);
            }
            PeerCommand::RestartIce { local, remote } => {
                with_plane(|plane| plane.restart_ice(self.key, local, remote, now));
            }
            PeerCommand::Send(data) => with_plane(|plane| plane.send_data(self.key, &data, now)),
            // Handled before.
            PeerCommand::Remove => {}
            #[cfg(feature = "failpoints")]
            PeerCommand::Panic => panic!("a fault was injected"),
            #[cfg(feature = "failpoints")]
            PeerCommand::Poison => with_plane(|plane| plane.poison(self.key)),
            #[cfg(feature = "failpoints")]
            PeerCommand::PanicTrack(track) => {
                if let Some(track) = media.published(self.track_key(track)) {
                    let _ = track.address.push(TrackLane::Control, TrackMessage::Panic);
                }
            }
        }
    }

    fn allocate(&mut self, id: PeerId, now: Instant) {
        let states = with_plane(|plane| plane.allocate(self.key, now));
        if !states.is_empty() {
            self.events.tell(MediaEvent::Slots(id, states));
        }
    }

    fn track_key(&self, track: TrackId) -> TrackKey {
        let call = self.call;
        TrackKey { call, track }
    }
}
