//! A real client: `RTCPeerConnection` of webrtc-rs with its NACK, RTX, report and transport-wide feedback interceptors,
//! on a plain socket. Tens fit beside the server.

mod deliver;
mod library;

use super::hearing::Copy;
use super::kit::{Arrived, Kit, Medium, Outgoing, PeerEvent};
use super::light::sdp;
use super::{voice, vp8};
use anyhow::Context;
use bytes::{Bytes, BytesMut};
use library::{AUDIO_LEVEL, peer_connection, track};
use rand::RngExt;
use rtc::peer_connection::RTCPeerConnection;
use rtc::peer_connection::event::RTCPeerConnectionEvent;
use rtc::peer_connection::message::RTCMessage;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::{CandidateConfig, CandidateHostConfig, RTCIceCandidate};
use rtc::rtcp::Packet;
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtp_transceiver::rtp_sender::RtpCodecKind;
use rtc::rtp_transceiver::{
    RTCRtpReceiverId, RTCRtpSenderId, RTCRtpTransceiverDirection, RTCRtpTransceiverInit,
};
use rtc::sansio::Protocol;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};
use std::collections::HashMap;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
const RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
/// Events waiting to be taken.
const EVENTS_MAX: usize = 1_024;

/// A real client.
pub(crate) struct Real {
    pc: RTCPeerConnection,
    local: SocketAddr,
    server: Option<SocketAddr>,
    lines: usize,
    published: Vec<Published>,
    /// SSRC to video slot; none for audio.
    slots: HashMap<u32, Option<usize>>,
    receivers: HashMap<u32, RTCRtpReceiverId>,
    slot_ssrcs: Vec<u32>,
    events: VecDeque<PeerEvent>,
}

/// A publication.
struct Published {
    medium: Medium,
    sender: RTCRtpSenderId,
    mid: String,
    encodings: Vec<(&'static str, u32, u16)>,
    /// Payload type and the ids of mid, rid and audio level, once agreed.
    agreed: Option<(u8, [Option<u8>; 3])>,
}

impl Real {
    /// A client with its m-lines, bound to `local`, not in any call yet.
    ///
    /// # Errors
    /// When the library refuses.
    pub(crate) fn new(kit: &Kit, local: SocketAddr, now: Instant) -> anyhow::Result<Self> {
        let mut pc = peer_connection(now)?;
        let mut published = Vec::new();
        for (n, (medium, picture)) in kit.publications().into_iter().enumerate() {
            let rids = picture.map_or(vec![""], |p| p.layers.iter().map(|l| l.rid).collect());
            let encodings: Vec<_> = rids
                .into_iter()
                .map(|rid| (rid, rand::rng().random(), 0_u16))
                .collect();
            let kind = if picture.is_some() {
                RtpCodecKind::Video
            } else {
                RtpCodecKind::Audio
            };
            let track = track(n, kind, &encodings);
            published.push(Published {
                medium,
                sender: pc.add_track(track)?,
                mid: n.to_string(),
                encodings,
                agreed: None,
            });
        }
        for n in 0..kit.audio_slots + kit.video_slots {
            let kind = if n < kit.audio_slots {
                RtpCodecKind::Audio
            } else {
                RtpCodecKind::Video
            };
            let init = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Recvonly,
                ..Default::default()
            };
            pc.add_transceiver_from_kind(kind, Some(init))?;
        }
        let candidate = CandidateHostConfig {
            base_config: CandidateConfig {
                network: "udp".into(),
                address: local.ip().to_string(),
                port: local.port(),
                component: 1,
                ..Default::default()
            },
            ..Default::default()
        }
        .new_candidate_host()?;
        pc.add_local_candidate(RTCIceCandidate::from(&candidate).to_json()?)?;
        Ok(Self {
            pc,
            local,
            server: None,
            lines: published.len() + kit.audio_slots + kit.video_slots,
            published,
            slots: HashMap::new(),
            receivers: HashMap::new(),
            slot_ssrcs: Vec::new(),
            events: VecDeque::new(),
        })
    }

    /// The offer.
    ///
    /// # Errors
    /// When the library refuses.
    pub(crate) fn offer(&mut self, now: Instant) -> anyhow::Result<String> {
        let offer = self.pc.create_offer(None)?;
        self.pc.set_local_description(now, offer)?;
        let local = self.pc.local_description().context("an offer was set")?;
        for (published, mid) in self.published.iter_mut().zip(mids(&local.sdp)) {
            published.mid = mid.to_owned();
        }
        Ok(local.sdp)
    }

    /// Takes the answer and begins to connect to the server at `server`.
    ///
    /// # Errors
    /// When the answer is not what an answer should be.
    pub(crate) fn answer(
        &mut self,
        sdp: &str,
        server: SocketAddr,
        now: Instant,
    ) -> anyhow::Result<()> {
        let answer = sdp::read(sdp, self.lines)?;
        let mut slot = 0;
        let kinds = sdp
            .split("\nm=")
            .skip(1)
            .map(|section| section.starts_with("video"));
        for (video, (media, rtx)) in kinds.zip(&answer.streams).skip(self.published.len()) {
            let media = media.context("a slot without an SSRC in the answer")?;
            if video {
                self.slots.insert(media, Some(slot));
                self.slots.extend(rtx.map(|rtx| (rtx, Some(slot))));
                self.slot_ssrcs.push(media);
                slot += 1;
            } else {
                self.slots.insert(media, None);
            }
        }
        let redirected = sdp::redirect(sdp, server);
        let answer = RTCSessionDescription::answer(redirected)?;
        self.pc.set_remote_description(now, answer)?;
        self.server = Some(server);
        Ok(())
    }

    /// Sends one packet of media; an error of the library loses it, as a full socket would.
    pub(crate) fn send(&mut self, now: Instant, outgoing: &Outgoing<'_>) {
        let mut all = self.published.iter_mut();
        let Some(published) = all.find(|p| p.medium == outgoing.medium) else {
            return;
        };
        let Some(mut sender) = self.pc.rtp_sender(published.sender) else {
            return;
        };
        let (payload_type, ids) = *published.agreed.get_or_insert_with(|| {
            let parameters = &sender.get_parameters().rtp_parameters;
            let id = |uri: &str| {
                let found = parameters
                    .header_extensions
                    .iter()
                    .find(|ext| ext.uri == uri);
                found.and_then(|ext| u8::try_from(ext.id).ok())
            };
            let codec = parameters.codecs.first();
            (
                codec.map_or(96, |c| c.payload_type),
                [MID, RID, AUDIO_LEVEL].map(id),
            )
        });
        let Some((rid, ssrc, sequence)) = published.encodings.get_mut(outgoing.layer) else {
            return;
        };
        *sequence = sequence.wrapping_add(1);
        let mut header = rtc::rtp::header::Header {
            version: 2,
            marker: outgoing.marker,
            payload_type,
            sequence_number: *sequence,
            timestamp: outgoing.timestamp,
            ssrc: *ssrc,
            ..Default::default()
        };
        let level = outgoing
            .level
            .map(|level| vec![u8::from(level < 127) << 7 | level]);
        let rid = (!rid.is_empty()).then(|| rid.as_bytes().to_vec());
        let values = [Some(published.mid.as_bytes().to_vec()), rid, level];
        for (id, value) in ids.into_iter().zip(values) {
            if let (Some(id), Some(value)) = (id, value) {
                // Refused only above 16 bytes.
                let _ = header.set_extension(id, Bytes::from(value));
            }
        }
        let packet = rtc::rtp::packet::Packet {
            header,
            payload: Bytes::copy_from_slice(outgoing.payload),
        };
        let _ = sender.write_rtp(now, packet);
    }

    /// Takes a datagram; media in it goes to `take`.
    pub(crate) fn datagram(
        &mut self,
        now: Instant,
        datagram: &[u8],
        take: &mut dyn FnMut(Arrived),
    ) {
        let Some(server) = self.server else {
            return;
        };
        let tagged = TaggedBytesMut {
            now,
            transport: TransportContext {
                local_addr: self.local,
                peer_addr: server,
                ecn: None,
                transport_protocol: TransportProtocol::UDP,
            },
            message: BytesMut::from(datagram),
        };
        if self.pc.handle_read(tagged).is_err() {
            take(Arrived::Bad);
        }
        self.drain(take);
    }

    /// Timers.
    pub(crate) fn tick(&mut self, now: Instant, take: &mut dyn FnMut(Arrived)) {
        if self.pc.poll_timeout().is_some_and(|at| at <= now) {
            // An error here is one of a stream, and shows in what is measured.
            let _ = self.pc.handle_timeout(now);
        }
        self.drain(take);
    }

    /// Asks for a key frame in the n-th video slot.
    pub(crate) fn want_keyframe(&mut self, now: Instant, slot: usize) {
        let Some(ssrc) = self.slot_ssrcs.get(slot) else {
            return;
        };
        let Some(mut receiver) = self
            .receivers
            .get(ssrc)
            .and_then(|id| self.pc.rtp_receiver(*id))
        else {
            return;
        };
        let pli = PictureLossIndication {
            sender_ssrc: 0,
            media_ssrc: *ssrc,
        };
        // Lost like any other packet when the transport is gone.
        let _ = receiver.write_rtcp(now, vec![Box::new(pli)]);
    }

    /// Says goodbye to the server.
    pub(crate) fn close(&mut self) {
        // What cannot be closed is gone.
        let _ = self.pc.close();
    }

    /// The next datagram for the server.
    pub(crate) fn transmit(&mut self) -> Option<Vec<u8>> {
        loop {
            let tagged = self.pc.poll_write()?;
            // Checks of candidates that are not the server's go nowhere.
            if Some(tagged.transport.peer_addr) == self.server {
                return Some(tagged.message.to_vec());
            }
        }
    }

    /// What happened.
    pub(crate) fn event(&mut self) -> Option<PeerEvent> {
        self.events.pop_front()
    }

    fn drain(&mut self, take: &mut dyn FnMut(Arrived)) {
        while let Some(event) = self.pc.poll_event() {
            match event {
                RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) => match state {
                    RTCPeerConnectionState::Connected => self.push(PeerEvent::Connected),
                    RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed => {
                        self.push(PeerEvent::Closed(state.to_string()));
                    }
                    _ => {}
                },
                RTCPeerConnectionEvent::OnTrack(
                    rtc::peer_connection::event::RTCTrackEvent::OnOpen(init),
                ) => {
                    self.receivers.insert(init.ssrc, init.receiver_id);
                }
                _ => {}
            }
        }
        while let Some(message) = self.pc.poll_read() {
            match message.message {
                RTCMessage::RtpPacket(_, packet) => take(self.read(&packet)),
                RTCMessage::RtcpPacket(_, packets) => {
                    for packet in packets {
                        self.asked(packet.as_ref());
                    }
                }
                _ => {}
            }
        }
    }

    fn read(&self, packet: &rtc::rtp::packet::Packet) -> Arrived {
        let payload = &packet.payload[..];
        match self.slots.get(&packet.header.ssrc) {
            None => Arrived::Bad,
            Some(None) => voice::read(payload).map_or(Arrived::Unread, |stamp| Arrived::Audio {
                stamp,
                copy: Copy::Original,
            }),
            Some(Some(slot)) => {
                // A retransmission may be handed on with the original sequence number still in front.
                let again = || vp8::read(payload.get(2..)?);
                vp8::read(payload)
                    .or_else(again)
                    .map_or(Arrived::Unread, |stamp| Arrived::Video {
                        slot: *slot,
                        stamp,
                    })
            }
        }
    }

    fn asked(&mut self, packet: &dyn Packet) {
        let any = packet.as_any();
        let media = if let Some(pli) = any.downcast_ref::<PictureLossIndication>() {
            vec![pli.media_ssrc]
        } else if let Some(fir) = any.downcast_ref::<FullIntraRequest>() {
            fir.fir.iter().map(|entry| entry.ssrc).collect()
        } else {
            return;
        };
        for ssrc in media {
            let wanted = self.published.iter().find_map(|p| {
                let layer = p.encodings.iter().position(|encoding| encoding.1 == ssrc)?;
                Some(PeerEvent::KeyframeWanted {
                    medium: p.medium,
                    layer,
                })
            });
            if let Some(wanted) = wanted {
                self.push(wanted);
            }
        }
    }

    fn push(&mut self, event: PeerEvent) {
        if self.events.len() < EVENTS_MAX {
            self.events.push_back(event);
        }
    }
}

fn mids(sdp: &str) -> impl Iterator<Item = &str> {
    sdp.lines().filter_map(|line| line.strip_prefix("a=mid:"))
}
