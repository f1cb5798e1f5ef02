//! The transport of a participant: answered, admitted, and told of later offers.

use super::join::Refused;
use super::negotiate::{self, Negotiated, Terms};
use super::state::{Transport, Way};
use super::{CallActor, CallLane, CallMessage};
use crate::actors::media::{
    AdmitPeer, Gate, MediaEvent, MediaEvents, PeerCommand, PeerHandle, Publication, ShardId,
};
use crate::actors::supervision::Cx;
use crate::chat::Caller;
use crate::protocol::call::TrackOffer;
use crate::protocol::{Advice, ErrorCode};
use crate::rtc::dtls::SrtpOffer;
use crate::rtc::sdp::SendRecv;
use crate::sfu::ParticipantId;
use std::collections::BTreeSet;
use std::sync::Arc;

impl CallActor {
    /// Answers an offer.
    pub(super) fn negotiate(
        &self,
        offer: &str,
        tracks: &[TrackOffer],
        shard: ShardId,
        sendrecv: SendRecv,
        caller: &Caller,
        before: Option<&Transport>,
    ) -> Result<Negotiated, Refused> {
        let terms = Terms {
            media: &self.charter.media,
            shard,
            tracks,
            sendrecv,
            may_publish: caller.can_post,
            before,
            random: &|| self.node.random(),
        };
        Ok(negotiate::negotiate(offer, &terms)?)
    }

    /// Has media admit a participant under what was agreed.
    pub(super) fn start_media(
        &mut self,
        participant: ParticipantId,
        shard: ShardId,
        negotiated: &Negotiated,
        cx: &Cx<'_, Self>,
    ) -> Result<(), Refused> {
        let address = cx.address();
        let events = MediaEvents::new(move |event| {
            let lane = match event {
                MediaEvent::Level { .. } => CallLane::Level,
                _ => CallLane::Media,
            };
            // Refused when the call is gone, and its media is going.
            let _ = address.push(lane, CallMessage::Media(event));
        });
        let is_http = matches!(
            self.state.links.get(&participant).map(|link| &link.way),
            Some(Way::Http(..))
        );
        // Every browser has GCM; what speaks WHIP and WHEP may have nothing but SHA1.
        let srtp = if is_http {
            SrtpOffer::WithSha1
        } else {
            SrtpOffer::GcmOnly
        };
        let admit = AdmitPeer {
            call: self.charter.call,
            participant,
            shard,
            agreed: negotiated.agreed.clone(),
            session: negotiate::session(&self.charter.media, negotiated, srtp),
            publications: self.publications(participant),
            events,
        };
        let peer = self.charter.media.admit(admit).map_err(|error| {
            let (code, advice) = (ErrorCode::CallsUnavailable, Advice::Retry);
            Refused(code, advice, error.to_string())
        })?;
        self.set_transport(participant, peer, shard, negotiated);
        Ok(())
    }

    /// Tells media of a new offer on the transport that is there.
    pub(super) fn continue_media(
        &mut self,
        participant: ParticipantId,
        before: &Transport,
        negotiated: &Negotiated,
    ) {
        if negotiated.restarted {
            let restart = PeerCommand::RestartIce {
                local: negotiated.local.clone(),
                remote: negotiated.agreed.remote.ice.clone(),
            };
            self.command(participant, restart);
        }
        let agreed = Box::new(negotiated.agreed.clone());
        let publications = self.publications(participant);
        self.command(participant, PeerCommand::Renegotiate(agreed, publications));
        let peer = before.peer.clone();
        self.set_transport(participant, peer, before.shard, negotiated);
    }

    fn set_transport(
        &mut self,
        participant: ParticipantId,
        peer: PeerHandle,
        shard: ShardId,
        negotiated: &Negotiated,
    ) {
        if let Some(link) = self.state.link(participant) {
            link.transport = Some(Transport {
                peer,
                shard,
                local: negotiated.local.clone(),
                agreed: Arc::new(negotiated.agreed.clone()),
                session_id: negotiated.session_id,
                version: negotiated.version,
                ssrcs: Arc::new(negotiated.ssrcs.clone()),
                candidates: candidates(&negotiated.answer).into(),
            });
        }
    }

    fn publications(&self, participant: ParticipantId) -> Vec<Publication> {
        let call = &self.state.call;
        let tracks = call.member(participant).map_or(&[][..], |m| m.tracks());
        let publication = |track: &_| {
            let publication = call.publication(*track)?;
            Some(Publication {
                mid: (*publication.mid).into(),
                track: *track,
                source: publication.source,
                gate: if publication.muted() {
                    Gate::Shut
                } else {
                    Gate::Open
                },
            })
        };
        tracks.iter().filter_map(publication).collect()
    }
}

/// The candidates of the first line of an answer: all lines share a transport.
fn candidates(answer: &str) -> String {
    let is_about = |line: &&str| line.starts_with("a=candidate:") || *line == "a=end-of-candidates";
    let mut seen = BTreeSet::new();
    let lines = answer.lines().filter(is_about);
    let lines = lines.filter(|line| seen.insert(*line));
    lines.flat_map(|line| [line, "\r\n"]).collect()
}
