//! The lines of a peer that send: each is a publication with a Track of its own.

use super::Live;
use crate::actors::media::handle::{self, MediaHandle};
use crate::actors::media::plane::{Line, with_plane};
use crate::actors::media::port::Publication;
use crate::actors::media::track::{TrackActor, TrackSetup};
use crate::actors::supervision::{ActorSpec, Restart};
use crate::mailbox::Mailbox;
use crate::rtc::sdp::{self, Agreed, AgreedLine, LineRole};
use crate::sfu::MediaKind;
use std::time::Instant;

/// Publications of one peer.
const PUBLICATIONS_MAX: usize = 16;

impl Live {
    /// Starts the Tracks of publications that are new. A line that was not agreed, or is of the other kind, has none.
    pub(super) fn publish(
        &mut self,
        media: &MediaHandle,
        agreed: &Agreed,
        publications: &[Publication],
    ) {
        for publication in publications {
            let key = self.track_key(publication.track);
            let known = self.tracks.iter().any(|it| it.0 == key);
            let line = agreed.line(&publication.mid);
            let line = line.filter(|line| sends(line, publication));
            if let Some(line) = line
                && !known
                && self.tracks.len() < PUBLICATIONS_MAX
            {
                self.start_track(media, publication, line);
            }
        }
    }

    /// Lines came or went: what is still there is not touched.
    pub(super) fn renegotiate(
        &mut self,
        media: &MediaHandle,
        agreed: &Agreed,
        publications: &[Publication],
        now: Instant,
    ) {
        let call = self.call;
        let stays = |track| {
            let mut named = publications.iter().filter(|it| it.track == track);
            named.any(|it| agreed.line(&it.mid).is_some_and(|line| sends(line, it)))
        };
        let (stay, go) = std::mem::take(&mut self.tracks)
            .into_iter()
            .partition(|(key, _)| key.call == call && stays(key.track));
        self.tracks = stay;
        for publication in publications {
            let key = self.track_key(publication.track);
            if let Some(line) = agreed.line(&publication.mid)
                && let Some(codec) = codec(line)
            {
                with_plane(|plane| plane.set_line(self.key, key, line));
                media.set_codec(key, codec);
            }
        }
        for (key, child) in go {
            with_plane(|plane| plane.unpublish(self.key, key));
            media.unpublish(key, child);
        }
        with_plane(|plane| plane.set_slots(self.key, agreed, now));
        self.publish(media, agreed, publications);
    }

    fn start_track(&mut self, media: &MediaHandle, publication: &Publication, line: &AgreedLine) {
        let key = self.track_key(publication.track);
        let Some(codec) = codec(line) else {
            return;
        };
        let setup = TrackSetup {
            key,
            publisher: self.key,
            participant: self.participant,
            source: publication.source,
            encodings: u8::try_from(line.rids.len()).unwrap_or(u8::MAX).max(1),
            events: self.events.clone(),
        };
        let spec = ActorSpec::with_mailbox(
            "",
            Restart::Permanent,
            Mailbox::cold(),
            move |incarnation| TrackActor::new(setup.clone(), incarnation),
        );
        let shard = with_plane(|plane| plane.shard());
        let published = handle::Published {
            shard,
            address: spec.address(),
            source: publication.source,
            codec,
        };
        let address = spec.address();
        let spec = spec.on(media.port(shard).arbiter.clone());
        let Ok(child) = media.publish(key, published, spec) else {
            // The node is stopping, and this peer with it.
            return;
        };
        let line = Line {
            publication: publication.clone(),
            key,
            agreed: line.clone(),
            address,
        };
        with_plane(|plane| plane.publish(self.key, line));
        self.tracks.push((key, child));
    }
}

/// What subscribers must decode: of sound, what is in RED, for it is unwrapped.
fn codec(line: &AgreedLine) -> Option<sdp::AgreedCodec> {
    use crate::rtc::codec::Codec::Red;
    line.codecs.iter().find(|it| it.codec != Red).cloned()
}

fn sends(line: &AgreedLine, publication: &Publication) -> bool {
    let kind = match line.kind {
        sdp::MediaKind::Audio => MediaKind::Audio,
        sdp::MediaKind::Video => MediaKind::Video,
    };
    line.direction == LineRole::Publication && kind == publication.source.kind()
}
