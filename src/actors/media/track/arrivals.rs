//! Packets as they arrive: placed, described, kept, and handed on.

use super::message::Received;
use super::{TrackActor, encodings};
use crate::actors::media::plane::with_plane;
use crate::actors::media::port::MediaEvent;
use crate::rtc::codec::{Codec, DescriptorState, describe};
use crate::rtc::red;
use crate::sfu::packet::{Packet, Stream};
use crate::sfu::reception::{Reception, Verdict};
use crate::sfu::{Encoding, MediaKind};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Instant;

/// What arrived of one encoding.
pub(super) struct Arrivals {
    pub(super) encoding: Encoding,
    pub(super) ssrc: u32,
    pub(super) reception: Reception,
    /// What its dependency descriptors say of its layers.
    pub(super) state: DescriptorState,
    /// When the newest came; none since it was shed.
    pub(super) newest: Option<Instant>,
    /// What its packets are, as slots tell them apart.
    pub(super) stream: Option<Stream>,
}

impl TrackActor {
    /// Takes a packet, and what it repeats of those before it.
    pub(super) fn take(&mut self, received: Received, now: Instant) {
        if received.codec == Codec::Red && self.heard.is_some() {
            for repeated in repeated(&received) {
                self.receive(repeated, now);
            }
        }
        self.receive(received, now);
    }

    /// Takes a packet; forwards it unless it was here before.
    fn receive(&mut self, received: Received, now: Instant) {
        let kind = self.setup.source.kind();
        let index = self.place(&received);
        let arrivals = &mut self.arrivals[index];
        let arrived = received.arrived;
        let receipt = match received.repairs {
            None => arrivals
                .reception
                .on_packet(arrived, received.index, received.timestamp),
            Some(original) => arrivals.reception.on_rtx(arrived, original),
        };
        if matches!(receipt.verdict, Verdict::Duplicate | Verdict::Stale) {
            return;
        }
        arrivals.newest = Some(now);
        self.heard = Some(now);
        let repaired = receipt.verdict == Verdict::Repaired;
        let packet = describe_packet(self, index, received, receipt.index, repaired);
        let arrivals = &mut self.arrivals[index];
        arrivals.stream = Some(packet.stream());
        // Sound is all keyframes: what is missing of it is missed all the same.
        if kind == MediaKind::Video && packet.begins_keyframe() {
            arrivals.reception.on_keyframe(packet.index);
            self.requests.on_keyframe(packet.encoding);
        }
        match kind {
            MediaKind::Audio => self.hear(&packet, now),
            MediaKind::Video => {
                self.layers.count(&packet);
                self.tell_layers(now);
            }
        }
        let packet = Arc::new(packet);
        with_plane(|plane| {
            if repaired {
                plane.figures().repaired.add(1);
            }
            plane.forward(self.setup.key, &packet, now);
        });
        if receipt.verdict == Verdict::Fresh {
            self.ask_missing(now);
        }
        self.tell_arriving(packet.encoding, packet.codec);
    }

    /// Asks for what is missing and due, and for a keyframe instead of what is not coming.
    pub(super) fn ask_missing(&mut self, now: Instant) {
        let publisher = self.setup.publisher;
        let mut rtt = None;
        for arrivals in &mut self.arrivals {
            let rtt = *rtt.get_or_insert_with(|| with_plane(|plane| plane.rtt(publisher)));
            let mut due = Vec::new();
            let given_up = arrivals.reception.nacks_due(now, rtt, &mut due);
            if !due.is_empty() {
                with_plane(|plane| plane.send_nack(publisher, arrivals.ssrc, due, now));
            }
            let is_watched = self.told_watched & 1 << arrivals.encoding.0.min(7) != 0;
            if given_up > 0 && is_watched && self.setup.source.kind() == MediaKind::Video {
                self.requests.request(arrivals.encoding);
            }
        }
    }

    /// Asks for the keyframes that are due.
    pub(super) fn ask_keyframes(&mut self, now: Instant) {
        let (key, publisher) = (self.setup.key, self.setup.publisher);
        let rtt = with_plane(|plane| plane.rtt(publisher));
        while let Some(encoding) = self.requests.due(now, rtt) {
            with_plane(|plane| plane.send_picture_loss(publisher, key, encoding, now));
        }
    }

    /// An encoding is given up under overload. It begins anew when it comes again: nothing is asked for meanwhile.
    pub(super) fn shed(&mut self, encoding: Encoding, now: Instant) {
        self.arrivals.retain(|it| it.encoding != encoding);
        self.requests.cancel(encoding);
        if let Some(layers) = self.layers.measure_again(now, &self.arrivals) {
            with_plane(|plane| plane.set_layers(self.setup.key, layers));
        }
    }

    /// The arrivals of a packet's encoding; they begin anew with a new SSRC.
    fn place(&mut self, received: &Received) -> usize {
        let kind = self.setup.source.kind();
        let same = |it: &Arrivals| it.encoding == received.encoding;
        let fresh = || Arrivals {
            encoding: received.encoding,
            ssrc: received.ssrc,
            reception: Reception::new(received.ssrc, kind),
            state: DescriptorState::default(),
            newest: None,
            stream: None,
        };
        match self.arrivals.iter().position(same) {
            Some(index) if self.arrivals[index].ssrc == received.ssrc => index,
            Some(index) => {
                self.arrivals[index] = fresh();
                index
            }
            None => {
                self.arrivals.push(fresh());
                self.arrivals.len() - 1
            }
        }
    }

    fn tell_arriving(&mut self, encoding: Encoding, codec: Codec) {
        let bit = 1 << encoding.0.min(7);
        if self.told_arriving & bit != 0 {
            return;
        }
        self.told_arriving |= bit;
        let started = MediaEvent::TrackStarted {
            track: self.setup.key.track,
            codec,
            encodings: encodings(self.told_arriving),
        };
        self.setup.events.tell(started);
    }
}

fn describe_packet(
    track: &mut TrackActor,
    arrivals: usize,
    received: Received,
    index: u64,
    repaired: bool,
) -> Packet {
    let (codec, payload) = match received.codec {
        Codec::Red => (Codec::Opus, primary(&received.payload)),
        codec => (codec, received.payload),
    };
    let frame = describe(
        codec,
        &payload,
        received.marker,
        received.dependency.as_deref(),
        &mut track.arrivals[arrivals].state,
    );
    Packet {
        track: track.setup.key.track,
        participant: track.setup.participant,
        source: track.setup.source,
        encoding: received.encoding,
        ssrc: received.ssrc,
        index,
        timestamp: received.timestamp,
        marker: received.marker,
        codec,
        frame,
        arrived: received.arrived,
        repaired,
        level: received.level,
        orientation: received.orientation,
        capture_time: received.capture_time,
        dependency: received.dependency,
        payload,
    }
}

/// What a packet of RED repeats, the oldest first: as many packets before it as it has earlier blocks.
fn repeated(received: &Received) -> Vec<Received> {
    let Ok(blocks) = red::split(&received.payload) else {
        return Vec::new();
    };
    let earlier = blocks.iter().rev().skip(1);
    let mut repeated: Vec<_> = (1..)
        .zip(earlier)
        .map(|(distance, block)| {
            let offset = u32::from(block.timestamp_offset);
            Received {
                // Sequence numbers wrap.
                repairs: Some((received.index as u16).wrapping_sub(distance)),
                timestamp: received.timestamp.wrapping_sub(offset),
                marker: false,
                codec: Codec::Opus,
                level: None,
                capture_time: None,
                payload: received.payload.slice_ref(block.bytes),
                ..received.clone()
            }
        })
        .filter(|it| !it.payload.is_empty())
        .collect();
    repeated.reverse();
    repeated
}

/// The newest block of a RED payload: redundancy is made anew for whoever needs it.
fn primary(payload: &Bytes) -> Bytes {
    match red::split(payload) {
        Ok(blocks) => payload.slice_ref(blocks.primary().bytes),
        Err(_) => Bytes::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtc::red::Earlier;

    fn received(payload: &[u8]) -> Received {
        Received {
            encoding: Encoding(0),
            ssrc: 7,
            index: 1 << 16,
            repairs: None,
            timestamp: 10_000,
            marker: true,
            codec: Codec::Red,
            arrived: Instant::now(),
            level: None,
            orientation: None,
            capture_time: None,
            dependency: None,
            payload: Bytes::copy_from_slice(payload),
        }
    }

    #[test]
    fn red_repairs_the_packets_before_it() {
        let earlier = [(1_920, &[1][..]), (960, &[2])];
        let earlier = earlier.map(|(timestamp_offset, bytes)| Earlier {
            timestamp_offset,
            bytes,
        });
        let mut payload = Vec::new();
        red::join(111, &[3], &earlier, &mut payload);
        let found = repeated(&received(&payload));
        let found: Vec<_> = found
            .iter()
            .map(|it| (it.repairs, it.timestamp, it.codec, &it.payload[..]))
            .collect();
        let expected = [
            (Some(65_534), 8_080, Codec::Opus, &[1][..]),
            (Some(65_535), 9_040, Codec::Opus, &[2]),
        ];
        assert_eq!(found, expected);
        assert!(repeated(&received(&[])).is_empty());
    }
}
