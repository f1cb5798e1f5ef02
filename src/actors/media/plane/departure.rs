//! The last step of a packet: it leaves its lane, gets its numbers and its header, and is sealed where it is sent from.

use super::Plane;
use super::clock::Clock;
use super::egress::{Egress, SlotSeat};
use super::seats::PeerKey;
use crate::rtc::Path;
use crate::rtc::codec::{Codec, dependency, rewrite_picture_ids};
use crate::rtc::extension::AbsSendTime;
use crate::rtc::red::{self, Earlier};
use crate::rtc::rtp::{self, ExtensionsOut, HeaderOut, PADDING_BYTES_MAX};
use crate::sfu::MediaKind;
use crate::sfu::lanes::{EgressLane, Kind, Leaving, Queued};
use crate::sfu::pacer::Pace;
use crate::sfu::packet::Packet;
use crate::sfu::slot::{self, Form};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Instant;

/// Padding that is worth a longer run: what it costs the subscriber's link is bounded by it.
const EVEN_BYTES_MAX: usize = 96;
/// Padding of a packet that has nothing else.
const FILLER_BYTES: usize = 4;
/// The longest dependency descriptor that is sent on: the largest structure is a few dozen bytes.
const DESCRIPTOR_BYTES_MAX: usize = 160;
/// The longest value of an extension of one byte (RFC 8285 §4.2).
const ONE_BYTE_VALUE_MAX: usize = 16;

/// A datagram that leaves now: reserve its bytes, then [`Plane::depart`] into them.
#[derive(Debug)]
pub struct Departure {
    peer: PeerKey,
    path: Path,
    bytes: usize,
    matter: Matter,
}

#[derive(Debug)]
enum Matter {
    /// Sealed already.
    Control(Bytes),
    /// Its pieces are the plane's parting.
    Media,
}

impl Departure {
    /// Where it goes.
    #[must_use]
    pub fn path(&self) -> Path {
        self.path
    }

    /// How long it is.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// The pieces of the packet that leaves next, kept to be used again.
#[derive(Default)]
pub(super) struct Parting {
    header: Option<HeaderOut>,
    extensions: ExtensionsOut,
    packet: Option<Arc<Packet>>,
    form: Option<Form>,
    /// The joined payload of a RED packet.
    red: Vec<u8>,
    is_red: bool,
    departure: Option<slot::Departure>,
    padding: usize,
    number: Option<u16>,
    pace: Option<Pace>,
    /// Counts as forwarded, not as sent again.
    first: bool,
}

impl Plane {
    /// What leaves next: the most urgent lane over all subscribers, then the next. `run` says at which length a datagram
    /// would join the run that is being built for a path.
    pub fn next_departure(
        &mut self,
        now: Instant,
        run: impl Fn(&Path) -> Option<usize>,
    ) -> Option<Departure> {
        loop {
            let (lane, peer) = self.ready.first()?;
            let Some(seat) = self.seats.get_mut(peer) else {
                self.ready.done(lane, None);
                continue;
            };
            self.serving = Some(peer);
            let paced = matches!(
                lane,
                EgressLane::Repair | EgressLane::Base | EgressLane::Enhancement
            );
            if paced && !seat.egress.pacer.may_send(now) {
                self.ready.hold(lane, &mut seat.standing);
                continue;
            }
            let leaving = seat.egress.lanes.pop(lane, now);
            let more = seat.egress.lanes.has(lane);
            if leaving.is_none() || !more {
                self.ready.done(lane, Some(&mut seat.standing));
            }
            let (Some(leaving), Some(path)) = (leaving, seat.session.path()) else {
                continue;
            };
            let (bytes, matter) = match leaving {
                Leaving::Message(message) if lane == EgressLane::Data => {
                    self.pass_data(peer, &message, now);
                    continue;
                }
                Leaving::Message(message) => (message.len(), Matter::Control(message)),
                Leaving::Media(queued) => {
                    let overhead = seat.session.rtp_overhead();
                    let clock = self.clock;
                    let parting = &mut self.parting;
                    let Some(bare) = parting.prepare(&mut seat.egress, &queued, clock, now) else {
                        continue;
                    };
                    let even = run(&path).filter(|_| more);
                    let bytes = parting.even_out(bare + overhead, even, &queued);
                    (bytes, Matter::Media)
                }
            };
            return Some(Departure {
                peer,
                path,
                bytes,
                matter,
            });
        }
    }

    /// Writes and seals a departure, the one that was asked for last, into its bytes. False when it is not to be sent.
    pub fn depart(&mut self, departure: &Departure, room: &mut [u8], now: Instant) -> bool {
        let Some(seat) = self.seats.get_mut(departure.peer) else {
            return false;
        };
        let wire = departure.bytes + overhead(&departure.path);
        let egress = &mut seat.egress;
        match &departure.matter {
            Matter::Control(bytes) => {
                room.copy_from_slice(bytes);
                egress.pacer.on_sent(now, wire, Pace::Exempt);
                egress.estimator.on_sent(now, None, wire, None);
            }
            Matter::Media => {
                let parting = &self.parting;
                let Some((header_bytes, index)) = parting.write(room) else {
                    return false;
                };
                if seat.session.seal_rtp(room, header_bytes, index).is_err() {
                    return false;
                }
                let probe = egress.pacer.probe();
                let pace = parting.pace.unwrap_or(Pace::Paced);
                egress.pacer.on_sent(now, wire, pace);
                egress.estimator.on_sent(now, parting.number, wire, probe);
                egress.sent += 1;
                if let (true, Some(packet)) = (parting.first, &parting.packet) {
                    self.figures.packets_forwarded.add(1);
                    let waited = now.saturating_duration_since(packet.arrived);
                    self.figures.forwarding.record(waited);
                } else {
                    self.figures.retransmitted.add(1);
                }
                if egress.pacer.probe().is_some() {
                    self.go_on_probing(departure.peer, now);
                }
            }
        }
        true
    }
}

/// Bytes of IP and UDP, or of IP, TCP and the frame's length.
fn overhead(path: &Path) -> usize {
    let ip = if path.remote().is_ipv4() { 20 } else { 40 };
    match path {
        Path::Udp(_) => ip + 8,
        Path::Tcp(..) => ip + 22,
    }
}

impl Parting {
    /// Says how a packet leaves; its length without overhead and padding to even it out. `None`: not at all.
    fn prepare(
        &mut self,
        egress: &mut Egress,
        queued: &Queued,
        clock: Clock,
        now: Instant,
    ) -> Option<usize> {
        let index = usize::from(queued.slot.0);
        let slot = egress.slots.get_mut(index)?;
        let departure = slot.slot.rewrite(now, queued)?;
        let (media, repair) = slot.types.get(departure.codec)?;
        let payload_type = match departure.form {
            Form::Rtx { .. } => repair?,
            Form::Media | Form::Padding => media,
        };
        self.is_red = departure.codec == Codec::Red && queued.packet.codec == Codec::Opus;
        if self.is_red {
            let (opus, _) = slot.types.get(Codec::Opus)?;
            self.join(opus, &queued.packet, &departure);
        }
        self.number = (slot.ids.number != 0).then(|| {
            egress.number = egress.number.wrapping_add(1);
            egress.number
        });
        let sent_at = AbsSendTime::from_micros(clock.micros(now));
        self.extend(slot, queued, &departure, sent_at, egress.mixed_extensions);
        let header = HeaderOut {
            marker: departure.marker,
            payload_type,
            sequence: departure.index as u16,
            timestamp: departure.timestamp,
            ssrc: departure.ssrc,
            csrc: Some(departure.csrc.0),
            padding: false,
        };
        let mut bytes = header.bytes(&self.extensions);
        bytes += match departure.form {
            Form::Media => self.payload(&queued.packet).len(),
            Form::Rtx { .. } => 2 + queued.packet.payload.len(),
            Form::Padding => FILLER_BYTES,
        };
        self.padding = match departure.form {
            Form::Padding => FILLER_BYTES,
            Form::Media | Form::Rtx { .. } => 0,
        };
        self.pace = Some(match slot.kind {
            MediaKind::Audio => Pace::Exempt,
            MediaKind::Video => Pace::Paced,
        });
        self.first = matches!(queued.kind, Kind::Media | Kind::Late);
        self.header = Some(header);
        self.form = Some(departure.form);
        self.packet = Some(Arc::clone(&queued.packet));
        self.departure = Some(departure);
        Some(bytes)
    }

    /// Pads video to the length of the run it can join. Returns the length of the datagram.
    fn even_out(&mut self, bytes: usize, even: Option<usize>, queued: &Queued) -> usize {
        let missing = even.and_then(|even| even.checked_sub(bytes)).unwrap_or(0);
        let is_video = queued.packet.kind() == MediaKind::Video;
        let padding = self.padding + missing;
        if !is_video || missing == 0 || missing > EVEN_BYTES_MAX || padding > PADDING_BYTES_MAX {
            return bytes;
        }
        self.padding = padding;
        bytes + missing
    }

    fn payload<'a>(&'a self, packet: &'a Packet) -> &'a [u8] {
        if self.is_red {
            &self.red
        } else {
            &packet.payload
        }
    }

    fn join(&mut self, opus: u8, packet: &Packet, departure: &slot::Departure) {
        self.red.clear();
        let mut earlier = [Earlier {
            timestamp_offset: 0,
            bytes: &[],
        }; 2];
        let mut count = 0;
        for repeated in departure.repeated.iter().flatten() {
            earlier[count] = Earlier {
                timestamp_offset: repeated.timestamp_offset,
                bytes: &repeated.packet.payload,
            };
            count += 1;
        }
        red::join(opus, &packet.payload, &earlier[..count], &mut self.red);
    }

    fn extend(
        &mut self,
        slot: &SlotSeat,
        queued: &Queued,
        departure: &slot::Departure,
        sent_at: AbsSendTime,
        mixed: bool,
    ) {
        let (ids, packet) = (slot.ids, &queued.packet);
        self.extensions = ExtensionsOut::default();
        let out = &mut self.extensions;
        // An id of 0 was not agreed: such an extension is refused, as it should be.
        if let Some(number) = self.number {
            let _ = out.push(ids.number, &number.to_be_bytes());
        }
        let _ = out.push(ids.sent_at, &sent_at.to_bytes());
        if departure.form == Form::Padding {
            return;
        }
        if let Some(level) = packet.level {
            let _ = out.push(ids.level, &level.to_bytes());
        }
        if let Some(orientation) = packet.orientation {
            let _ = out.push(ids.orientation, &[orientation]);
        }
        if let Some(time) = packet.capture_time {
            let _ = out.push(ids.capture_time, time.write(&mut [0; 16]));
        }
        if let Some(descriptor) = &packet.dependency
            && descriptor.len() <= DESCRIPTOR_BYTES_MAX
            && (mixed || descriptor.len() <= ONE_BYTE_VALUE_MAX)
        {
            let mut copy = [0; DESCRIPTOR_BYTES_MAX];
            let copy = &mut copy[..descriptor.len()];
            copy.copy_from_slice(descriptor);
            if let Some(number) = departure.frame_number {
                dependency::rewrite_frame_number(copy, number);
            }
            let _ = out.push(ids.dependency, copy);
        }
    }

    /// Writes everything but the overhead of SRTP. Returns the length of the header and the SRTP index.
    fn write(&self, room: &mut [u8]) -> Option<(usize, u64)> {
        let (mut header, departure) = (self.header?, self.departure.as_ref()?);
        let packet = self.packet.as_deref()?;
        header.padding = self.padding > 0;
        let header_bytes = header.write(room, &self.extensions);
        let mut at = header_bytes;
        if let Form::Rtx { original } = departure.form {
            room[at..at + 2].copy_from_slice(&original.to_be_bytes());
            at += 2;
        }
        if departure.form != Form::Padding {
            let payload = self.payload(packet);
            let place = &mut room[at..at + payload.len()];
            place.copy_from_slice(payload);
            if let Some(ids) = departure.picture {
                rewrite_picture_ids(packet.codec, place, ids);
            }
            at += payload.len();
        }
        rtp::pad(&mut room[at..at + self.padding]);
        Some((header_bytes, departure.index))
    }
}
