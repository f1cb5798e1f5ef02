//! Media that a peer sends: from the datagram to the mailbox of its Track.

use super::passage::Passage;
use super::seats::PeerKey;
use super::streams::{Carries, Class, Stream};
use super::{Plane, Refusal};
use crate::actors::media::port::Gate;
use crate::actors::media::track::{Received, TrackLane, TrackMessage};
use crate::rtc::Path;
use crate::rtc::extension::{AbsCaptureTime, AudioLevel, Extension, TransportSequence};
use crate::rtc::rtp::{Header, unpad};
use crate::rtc::srtp::OpenError;
use crate::sfu::reception::unwrap_rtx;
use bytes::Bytes;
use std::time::Instant;

impl Plane {
    /// Takes an RTP packet of a peer: given up by class if the thread cannot keep up, opened in place, placed, copied
    /// once, and queued for its Track.
    pub fn rtp(
        &mut self,
        peer: PeerKey,
        path: Path,
        datagram: &mut [u8],
        arrived: Instant,
        now: Instant,
    ) {
        self.serving = Some(peer);
        let taken = self.open(peer, path, datagram, arrived, now);
        self.serving = None;
        if let Err(refusal) = taken {
            self.refuse(refusal);
        }
    }

    fn open(
        &mut self,
        peer: PeerKey,
        path: Path,
        datagram: &mut [u8],
        arrived: Instant,
        now: Instant,
    ) -> Result<(), Refusal> {
        let seat = self.seats.get_mut(peer).ok_or(Refusal::Unvalidated)?;
        if !seat.session.is_validated(&path) {
            return Err(Refusal::Unvalidated);
        }
        let header = Header::parse(datagram).map_err(|_| Refusal::Malformed)?;
        let (ssrc, header_bytes) = (header.ssrc, header.len());
        let class = seat.streams.get(ssrc).map(|stream| stream.class);
        let within = match class {
            Some(Class::Audio) => seat.rations.sound(now, datagram.len() - header_bytes),
            _ => seat.rations.media(now),
        };
        if !within {
            return Err(Refusal::Excess);
        }
        let stream = seat.streams.get(ssrc);
        let shed = self.shedder.is_shedding()
            && stream.is_some_and(|stream| {
                let track = seat.streams.publications[stream.publication].key;
                stream.class != Class::Audio && !self.routes.carries(track, stream.encoding)
            });
        let passage = seat.streams.passes(ssrc, header.timestamp, shed);
        if passage.is_shut() {
            self.figures.shed.add(1);
            if let Passage::Shut { first: true, .. } = passage
                && let Some(stream) = seat.streams.get(ssrc)
            {
                let told = TrackMessage::Shed(stream.encoding);
                let track = &seat.streams.publications[stream.publication].address;
                // A Track too busy to hear it finds out that nothing arrives.
                let _ = track.push(TrackLane::Control, told);
            }
            if !passage.is_sample() {
                return Ok(());
            }
        }
        let opened = seat.session.open_rtp(datagram, header_bytes);
        let opened = opened.map_err(refusal)?;
        seat.session.heard(now, &path);
        let header = Header::parse(datagram).map_err(|_| Refusal::Malformed)?;
        let payload = unpad(&header, &datagram[opened.payload.clone()]);
        let payload = payload.map_err(|_| Refusal::Malformed)?;
        let streams = &mut seat.streams;
        streams.received += 1;
        self.figures.packets_in.add(1);
        let known = streams.get(ssrc).or_else(|| streams.learn(&header));
        let heard = heard(&header, &streams.extensions);
        if let Some(TransportSequence(number)) = heard.number {
            streams.arrivals.record(arrived, number, datagram.len());
        }
        let stream = known.ok_or(Refusal::Unknown)?;
        if passage.is_shut() {
            return Ok(());
        }
        let publication = &streams.publications[stream.publication];
        if publication.gate == Gate::Shut {
            return Err(Refusal::Muted);
        }
        let codec = publication.line.codec_of(header.payload_type);
        let (codec, _) = codec.ok_or(Refusal::Unknown)?;
        if let Some(remb) = &mut streams.remb {
            let (timestamp, clock) = (header.timestamp, codec.clock_hz);
            remb.on_packet(arrived, ssrc, timestamp, clock, datagram.len());
        }
        let (repairs, payload) = match stream.carries {
            Carries::Media => (None, payload),
            // Without payload it was sent to probe the link.
            Carries::Repairs => match unwrap_rtx(payload) {
                Some((original, payload)) => (Some(original), payload),
                None => return Ok(()),
            },
        };
        let Some(media_ssrc) = streams.media_ssrc(&stream) else {
            // A repair came before anything that it could repair.
            return Ok(());
        };
        let received = Received {
            encoding: stream.encoding,
            ssrc: media_ssrc,
            index: opened.index,
            repairs,
            timestamp: header.timestamp,
            marker: header.marker,
            codec: codec.codec,
            arrived,
            level: heard.level,
            orientation: heard.orientation,
            capture_time: heard.capture_time,
            dependency: heard.dependency.map(Bytes::copy_from_slice),
            payload: Bytes::copy_from_slice(payload),
        };
        publication
            .address
            .push(lane(&stream), TrackMessage::Rtp(received))
            .map_err(|_| Refusal::Overflow)
    }
}

/// The extensions of one packet that go on with it, and its number.
#[derive(Default)]
struct Heard<'a> {
    number: Option<TransportSequence>,
    level: Option<AudioLevel>,
    orientation: Option<u8>,
    capture_time: Option<AbsCaptureTime>,
    dependency: Option<&'a [u8]>,
}

fn heard<'a>(header: &Header<'a>, extensions: &crate::rtc::extension::ExtensionMap) -> Heard<'a> {
    let mut heard = Heard::default();
    for (id, value) in header.extensions() {
        match extensions.extension(id) {
            Some(Extension::TransportCc) => heard.number = TransportSequence::parse(value),
            Some(Extension::AudioLevel) => heard.level = AudioLevel::parse(value),
            Some(Extension::VideoOrientation) => heard.orientation = value.first().copied(),
            Some(Extension::AbsCaptureTime) => heard.capture_time = AbsCaptureTime::parse(value),
            Some(Extension::DependencyDescriptor) => heard.dependency = Some(value),
            _ => {}
        }
    }
    heard
}

fn lane(stream: &Stream) -> TrackLane {
    match (stream.class, stream.carries) {
        (Class::Audio, _) => TrackLane::Audio,
        (_, Carries::Repairs) => TrackLane::Repair,
        (Class::Screen | Class::Base, Carries::Media) => TrackLane::Base,
        (Class::Enhancement, Carries::Media) => TrackLane::Enhancement,
    }
}

fn refusal(error: OpenError) -> Refusal {
    match error {
        OpenError::NotConnected | OpenError::Malformed => Refusal::Malformed,
        OpenError::Unauthenticated => Refusal::Unauthenticated,
        OpenError::Replayed => Refusal::Replayed,
    }
}
