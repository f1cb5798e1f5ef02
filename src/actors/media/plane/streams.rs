//! What a peer sends: its publications, and which of them each SSRC belongs to.

use super::passage::Passage;
use crate::actors::media::port::{Gate, Publication, TrackKey};
use crate::actors::media::track::TrackActor;
use crate::actors::supervision::Address;
use crate::rtc::extension::{Extension, ExtensionMap, name};
use crate::rtc::rtp::Header;
use crate::rtc::sdp::AgreedLine;
use crate::sfu::bandwidth::EstimatorLimits;
use crate::sfu::feedback::{ArrivalLog, RembEstimator};
use crate::sfu::{Encoding, MediaKind, Source};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// SSRCs that one peer may use; what comes with another is dropped. Three encodings with their retransmissions for each
/// of a few publications, and some that changed.
pub(super) const STREAMS_MAX: usize = 128;

/// NTP's unit of a second.
const NTP_SECOND: f64 = 4_294_967_296.0;
/// A report that is later than this by the sender's clock says that the clock was set.
const STEP_MAX: Duration = Duration::from_secs(1);
/// How much of a report's delay is believed to be drift of the clock.
const SLACK_PART: u32 = 64;

/// How urgent a packet is on its way to its Track. Under overload all but sound is given up where nobody is sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Sound.
    Audio,
    /// Screen shares.
    Screen,
    /// The smallest or only encoding of a camera.
    Base,
    /// The larger encodings.
    Enhancement,
}

/// One publication of a peer.
pub(super) struct Published {
    pub(super) mid: Box<str>,
    pub(super) key: TrackKey,
    pub(super) source: Source,
    pub(super) gate: Gate,
    pub(super) line: AgreedLine,
    pub(super) address: Address<TrackActor>,
}

/// Where packets of one SSRC belong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stream {
    /// Index among the publications.
    pub(super) publication: usize,
    pub(super) encoding: Encoding,
    /// Whether it carries retransmissions.
    pub(super) carries: Carries,
    pub(super) class: Class,
    pub(super) passage: Passage,
}

/// What a stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carries {
    Media,
    /// Retransmissions of the stream of this SSRC, once that is known.
    Repairs,
}

/// Everything a peer sends.
pub(super) struct Streams {
    pub(super) extensions: ExtensionMap,
    pub(super) publications: Vec<Published>,
    by_ssrc: HashMap<u32, Stream>,
    /// The media SSRC of each encoding of each publication.
    media: HashMap<(usize, Encoding), u32>,
    pub(super) arrivals: ArrivalLog,
    /// For publishers without transport-wide feedback.
    pub(super) remb: Option<RembEstimator>,
    /// Loss before repair, 0 to 1, by the last report.
    pub(super) loss: f64,
    /// Jitter by the last report.
    pub(super) jitter: Duration,
    /// A moment of its clock (NTP) and when that was here, by the report that was fastest of late.
    clock: Option<(u64, Instant)>,
    /// Media packets received: whether the peer is active.
    pub(super) received: u64,
}

impl Streams {
    pub(super) fn new(extensions: ExtensionMap, now: Instant) -> Self {
        let twcc = extensions.id(Extension::TransportCc).is_some();
        Self {
            extensions,
            publications: Vec::new(),
            by_ssrc: HashMap::new(),
            media: HashMap::new(),
            arrivals: ArrivalLog::new(now),
            remb: (!twcc).then(|| RembEstimator::new(now, EstimatorLimits::default())),
            loss: 0.0,
            jitter: Duration::ZERO,
            clock: None,
            received: 0,
        }
    }

    /// Adds a publication; what its SSRC belongs to is learnt from its packets.
    pub(super) fn publish(
        &mut self,
        publication: &Publication,
        key: TrackKey,
        line: AgreedLine,
        address: Address<TrackActor>,
    ) {
        self.publications.push(Published {
            mid: publication.mid.clone(),
            key,
            source: publication.source,
            gate: publication.gate,
            line,
            address,
        });
    }

    /// Takes a publication away; its SSRCs are forgotten, and all others keep theirs.
    pub(super) fn unpublish(&mut self, key: TrackKey) {
        let Some(gone) = self.publications.iter().position(|it| it.key == key) else {
            return;
        };
        self.publications.remove(gone);
        self.by_ssrc.retain(|_, it| it.publication != gone);
        let after = |index: usize| index - usize::from(index > gone);
        for stream in self.by_ssrc.values_mut() {
            stream.publication = after(stream.publication);
        }
        let media = std::mem::take(&mut self.media).into_iter();
        self.media = media
            .filter(|((index, _), _)| *index != gone)
            .map(|((index, encoding), ssrc)| ((after(index), encoding), ssrc))
            .collect();
    }

    pub(super) fn publication_mut(&mut self, key: TrackKey) -> Option<&mut Published> {
        self.publications.iter_mut().find(|it| it.key == key)
    }

    /// Where an SSRC belongs, if a packet of it came before.
    pub(super) fn get(&self, ssrc: u32) -> Option<Stream> {
        self.by_ssrc.get(&ssrc).copied()
    }

    /// Whether a packet is given up unread; see [`Passage`].
    pub(super) fn passes(&mut self, ssrc: u32, timestamp: u32, shed: bool) -> Passage {
        match self.by_ssrc.get_mut(&ssrc) {
            Some(stream) => {
                stream.passage.step(shed, timestamp);
                stream.passage
            }
            None => Passage::default(),
        }
    }

    /// The SSRC of the media that a stream carries or repairs.
    pub(super) fn media_ssrc(&self, stream: &Stream) -> Option<u32> {
        self.media
            .get(&(stream.publication, stream.encoding))
            .copied()
    }

    /// Every publication with the encoding and SSRC of each of its streams of media.
    pub(super) fn ssrc_of(&self, key: TrackKey, encoding: Encoding) -> Option<u32> {
        let index = self.publications.iter().position(|it| it.key == key)?;
        self.media.get(&(index, encoding)).copied()
    }

    /// When a moment of the sender's clock was here, at the latest: told from the fastest of its reports, so that the
    /// streams of one sender stay together however long each report took.
    pub(super) fn sender_time(&mut self, ntp: u64, arrived: Instant) -> Instant {
        let expected = self.clock.and_then(|(reference, at)| {
            let passed = ntp.checked_sub(reference)?;
            at.checked_add(Duration::from_secs_f64(passed as f64 / NTP_SECOND))
        });
        // A clock that was set, or that runs faster than ours, begins anew.
        let at = match expected {
            Some(expected) if arrived.saturating_duration_since(expected) < STEP_MAX => {
                expected.min(arrived)
            }
            _ => arrived,
        };
        let slack = arrived.saturating_duration_since(at) / SLACK_PART;
        self.clock = Some((ntp, at + slack));
        at
    }

    /// Any stream of media: what transport-wide feedback names.
    pub(super) fn any_ssrc(&self) -> Option<u32> {
        self.media.values().next().copied()
    }

    /// All streams of media.
    pub(super) fn media_ssrcs(&self) -> Vec<u32> {
        self.media.values().copied().collect()
    }

    /// Finds out where a new SSRC belongs: by mid, else as the offer named it, else by a payload type that only one
    /// line has (RFC 8843 §9.2); its encoding by rid. Called for authentic packets only.
    pub(super) fn learn(&mut self, header: &Header<'_>) -> Option<Stream> {
        if self.by_ssrc.len() >= STREAMS_MAX {
            return None;
        }
        let (mut mid, mut rid, mut repaired) = (None, None, None);
        for (id, value) in header.extensions() {
            match self.extensions.extension(id) {
                Some(Extension::Mid) => mid = name(value),
                Some(Extension::Rid) => rid = name(value),
                Some(Extension::RepairedRid) => repaired = name(value),
                _ => {}
            }
        }
        let publication = self.line_of(mid, header)?;
        let line = &self.publications[publication].line;
        let (_, is_rtx) = line.codec_of(header.payload_type)?;
        let encoding = if line.rids.is_empty() {
            0
        } else {
            let rid = repaired.or(rid)?;
            line.rids.iter().position(|it| it == rid)?
        };
        let encoding = Encoding(u8::try_from(encoding).ok()?);
        let class = match self.publications[publication].source {
            source if source.kind() == MediaKind::Audio => Class::Audio,
            Source::Screen => Class::Screen,
            _ if encoding.0 == 0 => Class::Base,
            _ => Class::Enhancement,
        };
        let carries = if is_rtx {
            Carries::Repairs
        } else {
            self.media.insert((publication, encoding), header.ssrc);
            Carries::Media
        };
        let stream = Stream {
            publication,
            encoding,
            carries,
            class,
            passage: Passage::default(),
        };
        self.by_ssrc.insert(header.ssrc, stream);
        Some(stream)
    }

    fn line_of(&self, mid: Option<&str>, header: &Header<'_>) -> Option<usize> {
        if let Some(mid) = mid {
            return self.publications.iter().position(|it| &*it.mid == mid);
        }
        let ssrc = Some(header.ssrc);
        let named = |it: &Published| it.line.ssrc == ssrc || it.line.rtx_ssrc == ssrc;
        if let Some(index) = self.publications.iter().position(named) {
            return Some(index);
        }
        let has_type = |it: &Published| it.line.codec_of(header.payload_type).is_some();
        let mut fitting = (0..).zip(&self.publications).filter(|(_, it)| has_type(it));
        let (index, _) = fitting.next()?;
        fitting.next().is_none().then_some(index)
    }
}
