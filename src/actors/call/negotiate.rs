//! From an offer to an answer, and to what a call and media make of its lines.

use super::state::Transport;
use crate::actors::media::MediaHandle;
use crate::actors::media::ShardId;
use crate::protocol::ErrorCode;
use crate::protocol::call::TrackOffer;
use crate::protocol::limits::{MID_BYTES_MAX, SDP_BYTES_MAX, SDP_LINES_MAX};
use crate::rtc::codec::Codec;
use crate::rtc::dtls::SrtpOffer;
use crate::rtc::ice::IceCredentials;
use crate::rtc::sdp::{
    self, Agreed, AgreedLine, AudioNack, AudioRed, LineRole, LocalDescription, OfferLimits,
    SendRecv, SlotSsrcs,
};
use crate::rtc::session::{DataChannels, SessionConfig};
use crate::sfu::call::{Lines, PublicationOffer, SlotOffer};
use crate::sfu::{MediaKind, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The video codecs that pass through.
const VIDEO_CODECS: [Codec; 5] = [Codec::Vp8, Codec::Vp9, Codec::H264, Codec::H265, Codec::Av1];

/// What an offer is answered under.
pub(super) struct Terms<'a> {
    pub(super) media: &'a MediaHandle,
    pub(super) shard: ShardId,
    pub(super) tracks: &'a [TrackOffer],
    pub(super) sendrecv: SendRecv,
    /// Whether the token allows publishing.
    pub(super) may_publish: bool,
    /// The media that is there already.
    pub(super) before: Option<&'a Transport>,
    pub(super) random: &'a dyn Fn() -> Option<[u8; 32]>,
}

/// SSRCs up to this one are no slot's: 1 speaks in our feedback.
const RESERVED_MAX: u32 = 2;

/// An answer, and what follows from it.
pub(super) struct Negotiated {
    pub(super) answer: String,
    pub(super) agreed: Agreed,
    pub(super) lines: Lines,
    pub(super) local: IceCredentials,
    /// ICE begins anew.
    pub(super) restarted: bool,
    pub(super) session_id: u64,
    pub(super) version: u64,
    pub(super) ssrcs: BTreeMap<String, SlotSsrcs>,
}

/// Why an offer gets no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum OfferError {
    #[error(transparent)]
    Sdp(#[from] sdp::SdpError),
    #[error("`{0}` is named as a track, and is no line of the offer that sends")]
    NoLine(String),
    #[error("`{0}` is named as a track of the other kind than its line")]
    WrongKind(String),
    #[error("a mid has at most 16 bytes")]
    LongMid,
    #[error("the token does not allow publishing")]
    MayNotPublish,
    #[error("no randomness")]
    NoRandomness,
}

impl OfferError {
    pub(super) const fn code(&self) -> ErrorCode {
        match self {
            Self::Sdp(_) | Self::NoLine(_) | Self::WrongKind(_) | Self::LongMid => {
                ErrorCode::OfferRefused
            }
            Self::MayNotPublish => ErrorCode::Forbidden,
            Self::NoRandomness => ErrorCode::Overloaded,
        }
    }
}

/// Answers an offer.
pub(super) fn negotiate(text: &str, terms: &Terms<'_>) -> Result<Negotiated, OfferError> {
    let limits = OfferLimits {
        bytes_max: SDP_BYTES_MAX,
        lines_max: SDP_LINES_MAX,
        ..OfferLimits::default()
    };
    let offer = sdp::parse_offer(text, &limits)?;
    if offer
        .lines
        .iter()
        .any(|line| line.mid.len() > MID_BYTES_MAX)
    {
        return Err(OfferError::LongMid);
    }
    let mids = offer.lines.iter().map(|line| line.mid.as_str());
    let ssrcs = ssrcs(mids, terms)?;
    let fresh = || random(terms).map(|bytes| IceCredentials::from_random(&bytes));
    let (session_id, version) = match terms.before {
        Some(before) => (before.session_id, before.version + 1),
        None => (u64::from(number(&random(terms)?, 0)), 1),
    };
    let local = match terms.before {
        Some(before) => before.local.clone(),
        None => fresh()?,
    };
    let answer = |local: &IceCredentials| {
        let fingerprint = terms.media.identity().fingerprint();
        let description = LocalDescription {
            ice: local,
            fingerprint,
            candidates: &terms.media.port(terms.shard).candidates,
            session_id,
            session_version: version,
            video_codecs: &VIDEO_CODECS,
            sendrecv: terms.sendrecv,
            red: AudioRed::Preferred,
            audio_nack: AudioNack::Always,
            slots: &|mid| {
                ssrcs
                    .get(mid)
                    .copied()
                    .unwrap_or(SlotSsrcs { media: 1, rtx: 2 })
            },
        };
        sdp::answer(&offer, &description)
    };
    let (agreed, text) = answer(&local)?;
    let restarted = terms
        .before
        .is_some_and(|before| agreed.restarts_ice(&before.agreed.remote));
    let (local, (agreed, text)) = if restarted {
        let local = fresh()?;
        let answered = answer(&local)?;
        (local, answered)
    } else {
        (local, (agreed, text))
    };
    let lines = lines(&agreed, terms)?;
    Ok(Negotiated {
        answer: text,
        agreed,
        lines,
        local,
        restarted,
        session_id,
        version,
        ssrcs,
    })
}

/// The transport that was agreed.
pub(super) fn session(
    media: &MediaHandle,
    negotiated: &Negotiated,
    srtp: SrtpOffer,
) -> SessionConfig {
    let agreed = &negotiated.agreed;
    SessionConfig {
        identity: Arc::clone(media.identity()),
        local: negotiated.local.clone(),
        remote: agreed.remote.ice.clone(),
        remote_fingerprint: agreed.remote.fingerprint,
        role: agreed.role,
        data: if agreed.data {
            DataChannels::On
        } else {
            DataChannels::Off
        },
        srtp,
    }
}

/// What the call makes of the lines.
fn lines(agreed: &Agreed, terms: &Terms<'_>) -> Result<Lines, OfferError> {
    for track in terms.tracks {
        let line = agreed.line(&track.mid);
        let line = line.filter(|line| line.direction != LineRole::Slot);
        let line = line.ok_or_else(|| OfferError::NoLine(track.mid.clone()))?;
        if kind(line) != track.source.kind() {
            return Err(OfferError::WrongKind(track.mid.clone()));
        }
    }
    let mut lines = Lines::default();
    for line in &agreed.lines {
        match line.direction {
            LineRole::Publication => {
                let named = terms.tracks.iter().find(|track| track.mid == line.mid);
                let usual = match kind(line) {
                    MediaKind::Audio => Source::Microphone,
                    MediaKind::Video => Source::Camera,
                };
                lines.publications.push(PublicationOffer {
                    mid: line.mid.as_str().into(),
                    source: named.map_or(usual, |track| track.source),
                    muted: named.is_some_and(|track| track.muted),
                    rids: line.rids.iter().map(|rid| rid.as_str().into()).collect(),
                });
            }
            LineRole::Slot => lines.slots.push(SlotOffer {
                mid: line.mid.as_str().into(),
                kind: kind(line),
                codecs: line.codecs.iter().map(|codec| codec.codec).collect(),
            }),
            LineRole::Inactive | LineRole::Refused => {}
        }
    }
    if !terms.may_publish && !lines.publications.is_empty() {
        return Err(OfferError::MayNotPublish);
    }
    Ok(lines)
}

const fn kind(line: &AgreedLine) -> MediaKind {
    match line.kind {
        sdp::MediaKind::Audio => MediaKind::Audio,
        sdp::MediaKind::Video => MediaKind::Video,
    }
}

/// A pair of streams for every line: a line that is there already keeps its own.
fn ssrcs<'a>(
    mids: impl Iterator<Item = &'a str>,
    terms: &Terms<'_>,
) -> Result<BTreeMap<String, SlotSsrcs>, OfferError> {
    let mut ssrcs: BTreeMap<String, SlotSsrcs> = BTreeMap::new();
    let before = |mid: &str| terms.before.and_then(|before| before.ssrcs.get(mid));
    let known = terms.before.iter().flat_map(|before| before.ssrcs.values());
    let mut taken: BTreeSet<u32> = known.flat_map(|pair| [pair.media, pair.rtx]).collect();
    for mid in mids {
        let pair = match before(mid) {
            Some(pair) => *pair,
            None => pair(&mut taken, &|| random(terms))?,
        };
        ssrcs.insert(mid.to_owned(), pair);
    }
    Ok(ssrcs)
}

/// Two streams that are not `taken`, which they are from now on: two of one transport under one SSRC would be sealed with
/// the same nonces.
fn pair(
    taken: &mut BTreeSet<u32>,
    random: &dyn Fn() -> Result<[u8; 32], OfferError>,
) -> Result<SlotSsrcs, OfferError> {
    let bytes = random()?;
    // Seven of them may be taken, of four billion.
    let (words, _) = bytes.as_chunks::<4>();
    let words = words.iter().map(|word| u32::from_be_bytes(*word));
    let mut free = words.filter(|ssrc| *ssrc > RESERVED_MAX && taken.insert(*ssrc));
    let (media, rtx) = free
        .next()
        .zip(free.next())
        .ok_or(OfferError::NoRandomness)?;
    Ok(SlotSsrcs { media, rtx })
}

fn random(terms: &Terms<'_>) -> Result<[u8; 32], OfferError> {
    (terms.random)().ok_or(OfferError::NoRandomness)
}

/// Four random bytes as a number, never 0.
fn number(bytes: &[u8; 32], at: usize) -> u32 {
    let mut four = [0; 4];
    four.copy_from_slice(&bytes[at..at + 4]);
    u32::from_be_bytes(four).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_streams_of_a_transport_are_the_same() {
        let words = |words: [u32; 8]| {
            let mut bytes = [0; 32];
            for (place, word) in bytes.chunks_mut(4).zip(words) {
                place.copy_from_slice(&word.to_be_bytes());
            }
            bytes
        };
        let mut taken = BTreeSet::from([7]);
        let dice = words([7, 1, 9, 9, 0, 8, 3, 3]);
        let first = pair(&mut taken, &|| Ok(dice)).expect("two are free");
        assert_eq!((first.media, first.rtx), (9, 8));
        assert!(taken.contains(&9) && taken.contains(&8));
        let again = pair(&mut taken, &|| Ok(dice));
        assert_eq!(
            again.err(),
            Some(OfferError::NoRandomness),
            "only 3 is free"
        );
    }
}
