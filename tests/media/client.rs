//! A client: one socket, our own transport in the other role, and RTP by hand.

use super::node::Node;
use super::stun;
use greenroom::actors::media::{
    AdmitPeer, Figures, Gate, MediaEvent, MediaEvents, PeerHandle, Publication, ShardId,
};
use greenroom::rtc::Path;
use greenroom::rtc::codec::Codec;
use greenroom::rtc::dtls::{DtlsRole, SrtpOffer};
use greenroom::rtc::extension::AudioLevel;
use greenroom::rtc::ice::IceCredentials;
use greenroom::rtc::identity::Identity;
use greenroom::rtc::rtcp::{self, Rtcp};
use greenroom::rtc::rtp::{ExtensionsOut, Header, HeaderOut};
use greenroom::rtc::sdp::{
    self, Agreed, AudioNack, AudioRed, Candidate, LocalDescription, OfferLimits, SendRecv,
    SlotSsrcs,
};
use greenroom::rtc::session::{DataChannels, Datagram, Session, SessionConfig, classify};
use greenroom::sfu::feedback::ArrivalLog;
use greenroom::sfu::{ParticipantId, Source, TrackId};
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

pub(crate) const AUDIO_SSRC: u32 = 1_000;
pub(crate) const VIDEO_SSRC: u32 = 2_000;
/// Ids of the header extensions that [`OFFER`] names.
const LEVEL: u8 = 1;
const NUMBER: u8 = 3;
const MID: u8 = 4;

/// Only to fail instead of hanging: a machine that is busy with other things sheds pictures for half a minute.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// Events that a test may leave unread.
const EVENTS_MAX: usize = 4_096;

/// A media packet that a client received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) ssrc: u32,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) csrc: Option<u32>,
    pub(crate) payload: Vec<u8>,
}

pub(crate) struct Client {
    pub(crate) socket: UdpSocket,
    pub(crate) server: SocketAddr,
    pub(crate) session: Session,
    pub(crate) peer: PeerHandle,
    pub(crate) events: mpsc::Receiver<MediaEvent>,
    pub(crate) heard: Vec<Heard>,
    pub(crate) rtcp: Vec<Rtcp>,
    local: IceCredentials,
    remote: IceCredentials,
    indices: [u64; 2],
    number: u16,
    checked: Option<Instant>,
    /// How often it checked.
    checks: u8,
    arrivals: ArrivalLog,
    /// When the next packet of sound and the next picture are due.
    due: [Instant; 2],
    pictures: u32,
    figures: Vec<Arc<Figures>>,
}

/// Lines 0 and 1 send sound and pictures, 2 and 3 receive them.
fn offer(ice: &IceCredentials, identity: &Identity) -> String {
    let mut text = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2 3\r\na=extmap-allow-mixed\r\n\
         a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:sha-256 {}\r\na=setup:actpass\r\n",
        ice.ufrag,
        ice.pwd,
        identity.fingerprint()
    );
    for (mid, kind, direction) in [
        (0, "audio", "sendonly"),
        (1, "video", "sendonly"),
        (2, "audio", "recvonly"),
        (3, "video", "recvonly"),
    ] {
        let formats = if kind == "audio" { "111" } else { "96 97" };
        text += &format!(
            "m={kind} 9 UDP/TLS/RTP/SAVPF {formats}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na={direction}\r\n\
             a=rtcp-mux\r\na=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
             a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
        );
        text += if kind == "audio" {
            "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=rtpmap:111 opus/48000/2\r\n\
             a=rtcp-fb:111 transport-cc\r\na=rtcp-fb:111 nack\r\n"
        } else {
            "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n\
             a=rtcp-fb:96 transport-cc\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
        };
    }
    text
}

impl Client {
    /// Joins the node's call as `participant` with tracks `10 * participant` (sound) and one more (pictures), on `shard`.
    pub(crate) fn join(node: &Node, participant: u32, shard: ShardId) -> Self {
        let identity = Arc::new(Identity::generate().unwrap());
        let fill = u8::try_from(participant).unwrap();
        let local = IceCredentials::from_random(&[fill; 32]);
        let remote = IceCredentials::from_random(&[fill.wrapping_add(100); 32]);
        let (agreed, server) = agree(node, participant, shard, &offer(&local, &identity), &remote);
        let config =
            |identity, local: &IceCredentials, far: &IceCredentials, print, role| SessionConfig {
                identity,
                local: local.clone(),
                remote: far.clone(),
                remote_fingerprint: print,
                role,
                data: DataChannels::Off,
                srtp: SrtpOffer::GcmOnly,
            };
        let theirs = Arc::clone(node.media.identity());
        let (print, server_print) = (identity.fingerprint(), theirs.fingerprint());
        let (tell, events) = mpsc::sync_channel(EVENTS_MAX);
        let publication = |mid: &str, track, source| Publication {
            mid: mid.into(),
            track: TrackId(track),
            source,
            gate: Gate::Open,
        };
        let peer = node.media.admit(AdmitPeer {
            call: node.call,
            participant: ParticipantId(participant),
            shard,
            agreed,
            session: config(theirs, &remote, &local, print, DtlsRole::Active),
            publications: vec![
                publication("0", 10 * participant, Source::Microphone),
                publication("1", 10 * participant + 1, Source::Camera),
            ],
            events: MediaEvents::new(move |event| drop(tell.try_send(event))),
        });
        let ours = config(identity, &local, &remote, server_print, DtlsRole::Passive);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(2)))
            .unwrap();
        Self {
            socket,
            server,
            session: Session::new(ours, Instant::now()).unwrap(),
            peer: peer.expect("room"),
            events,
            heard: Vec::new(),
            rtcp: Vec::new(),
            local,
            remote,
            indices: [100, 500],
            number: 0,
            checked: None,
            checks: 0,
            arrivals: ArrivalLog::new(Instant::now()),
            due: [Instant::now(); 2],
            pictures: 0,
            figures: node.figures.clone(),
        }
    }

    /// Joins and waits until media may flow.
    pub(crate) fn connected(node: &Node, participant: u32, shard: ShardId) -> Self {
        let mut client = Self::join(node, participant, shard);
        client.until("the transport is up", |it| it.session.is_connected());
        client.expect("the server says so", |it| {
            matches!(it, MediaEvent::PeerConnected(_))
        });
        client
    }

    /// Carries datagrams until something holds; a test that waits in vain says what for.
    pub(crate) fn until(&mut self, what: &str, mut holds: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            let (heard, figures) = (self.heard.len(), &self.figures);
            assert!(
                Instant::now() < deadline,
                "waited in vain: {what}; heard {heard} packets; {figures:#?}"
            );
            self.turn();
        }
    }

    /// Waits for an event.
    pub(crate) fn expect(&mut self, what: &str, is: impl Fn(&MediaEvent) -> bool) -> MediaEvent {
        let mut found = None;
        self.until(what, |it| {
            while let Ok(event) = it.events.try_recv() {
                if is(&event) {
                    found = Some(event);
                    return true;
                }
            }
            false
        });
        found.unwrap()
    }

    /// Sends what is to be sent and takes what has come.
    pub(crate) fn turn(&mut self) {
        let now = Instant::now();
        let server = Path::Udp(self.server);
        if self
            .checked
            .is_none_or(|at| now.duration_since(at) > Duration::from_millis(500))
        {
            self.checked = Some(now);
            self.check();
            // The server never checks; our own transport would not talk to whom it has not heard of.
            let back = stun::check(&self.local, &self.remote, self.checks);
            self.session.handle_stun(now, server, &back);
        }
        self.session.handle_timeout(now);
        while let Some(transmit) = self.session.poll_transmit() {
            if classify(&transmit.payload) != Datagram::Stun {
                self.socket.send_to(&transmit.payload, self.server).unwrap();
            }
        }
        while self.session.poll_event().is_some() {}
        if self.session.is_connected()
            && let Some(feedback) = self.arrivals.build(now, 1, AUDIO_SSRC)
        {
            self.report(&[Rtcp::TransportCc(feedback)]);
        }
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = self.socket.recv_from(&mut buffer) {
            self.take(now, Path::Udp(from), &mut buffer[..length]);
        }
    }

    /// Sends a connectivity check.
    pub(crate) fn check(&mut self) {
        self.checks = self.checks.wrapping_add(1);
        self.send(&stun::check(&self.remote, &self.local, self.checks));
    }

    fn take(&mut self, now: Instant, path: Path, datagram: &mut [u8]) {
        match classify(datagram) {
            Datagram::Dtls => self.session.handle_dtls(now, path, datagram),
            Datagram::Rtp => {
                let header = Header::parse(datagram).unwrap().len();
                let Ok(opened) = self.session.open_rtp(datagram, header) else {
                    return;
                };
                let header = Header::parse(datagram).unwrap();
                for (id, value) in header.extensions() {
                    if id == NUMBER {
                        let number = u16::from_be_bytes(value.try_into().unwrap());
                        self.arrivals.record(now, number, datagram.len());
                    }
                }
                let payload = &datagram[opened.payload];
                let payload = greenroom::rtc::rtp::unpad(&header, payload).unwrap();
                self.heard.push(Heard {
                    ssrc: header.ssrc,
                    sequence: header.sequence,
                    timestamp: header.timestamp,
                    csrc: header.csrcs().next(),
                    payload: payload.to_vec(),
                });
            }
            Datagram::Rtcp => {
                if let Ok(length) = self.session.open_rtcp(datagram) {
                    self.rtcp.extend(rtcp::parse(&datagram[..length]).unwrap());
                }
            }
            Datagram::Stun | Datagram::Other => {}
        }
    }

    /// Publishes in real time: a packet of sound every 20 ms and a picture every 33.
    pub(crate) fn publish(&mut self) {
        let now = Instant::now();
        if now >= self.due[0] {
            self.due[0] += Duration::from_millis(20);
            let sound = self.sound(&[0xfc, 1, 2, 3]);
            self.send(&sound);
        }
        if now >= self.due[1] {
            self.due[1] += Duration::from_millis(33);
            let picture = self.picture(self.pictures.is_multiple_of(15));
            self.pictures += 1;
            self.send(&picture);
        }
        self.turn();
    }

    /// A packet of sound, sealed.
    pub(crate) fn sound(&mut self, payload: &[u8]) -> Vec<u8> {
        let index = self.indices[0];
        self.indices[0] += 1;
        let timestamp = u32::try_from(index).unwrap() * 960;
        self.packet(AUDIO_SSRC, 111, index, timestamp, payload, b"0")
    }

    /// A picture of one packet, sealed.
    pub(crate) fn picture(&mut self, key: bool) -> Vec<u8> {
        let index = self.indices[1];
        self.indices[1] += 1;
        let timestamp = u32::try_from(index).unwrap() * 3_000;
        // Descriptor with the start bit (RFC 7741 §4.2), then the frame tag, whose lowest bit is 0 in a keyframe.
        let mut payload = vec![0x10, u8::from(!key), 0, 0, 0x9d, 0x01, 0x2a, 64, 1, 180, 0];
        payload.resize(600, u8::try_from(index % 251).unwrap());
        self.packet(VIDEO_SSRC, 96, index, timestamp, &payload, b"1")
    }

    fn packet(
        &mut self,
        ssrc: u32,
        payload_type: u8,
        index: u64,
        timestamp: u32,
        payload: &[u8],
        mid: &[u8],
    ) -> Vec<u8> {
        let mut extensions = ExtensionsOut::default();
        self.number = self.number.wrapping_add(1);
        extensions.push(NUMBER, &self.number.to_be_bytes()).unwrap();
        extensions.push(MID, mid).unwrap();
        if ssrc == AUDIO_SSRC {
            let level = AudioLevel {
                voice: true,
                dbov: 20,
            };
            extensions.push(LEVEL, &level.to_bytes()).unwrap();
        }
        let header = HeaderOut {
            marker: ssrc == VIDEO_SSRC,
            payload_type,
            sequence: index as u16,
            timestamp,
            ssrc,
            csrc: None,
            padding: false,
        };
        let mut packet = vec![0; header.bytes(&extensions)];
        let header_bytes = header.write(&mut packet, &extensions);
        packet.extend(payload);
        packet.resize(packet.len() + self.session.rtp_overhead(), 0);
        self.session
            .seal_rtp(&mut packet, header_bytes, index)
            .unwrap();
        packet
    }

    /// Sends one datagram to the server.
    pub(crate) fn send(&self, datagram: &[u8]) {
        self.socket.send_to(datagram, self.server).unwrap();
    }

    /// Sends RTCP.
    pub(crate) fn report(&mut self, packets: &[Rtcp]) {
        let mut bytes = Vec::new();
        rtcp::write(packets, &mut bytes);
        self.session.seal_rtcp(&mut bytes).unwrap();
        self.send(&bytes);
    }

    /// What arrived in the slot of a line.
    pub(crate) fn in_slot(&self, participant: u32, mid: u32) -> Vec<&Heard> {
        let ssrc = ssrcs(participant, &mid.to_string()).media;
        self.heard.iter().filter(|it| it.ssrc == ssrc).collect()
    }
}

/// The streams of a slot.
pub(crate) fn ssrcs(participant: u32, mid: &str) -> SlotSsrcs {
    let mid: u32 = mid.parse().unwrap();
    SlotSsrcs {
        media: participant * 10_000 + mid * 10,
        rtx: participant * 10_000 + mid * 10 + 1,
    }
}

fn agree(
    node: &Node,
    participant: u32,
    shard: ShardId,
    offer: &str,
    ice: &IceCredentials,
) -> (Agreed, SocketAddr) {
    let offer = sdp::parse_offer(offer, &OfferLimits::default()).unwrap();
    let candidates = &node.media.port(shard).candidates;
    let local = LocalDescription {
        ice,
        fingerprint: node.media.identity().fingerprint(),
        candidates,
        session_id: 1,
        session_version: 1,
        video_codecs: &[Codec::Vp8],
        sendrecv: SendRecv::Publication,
        red: AudioRed::Preferred,
        audio_nack: AudioNack::Always,
        slots: &|mid| ssrcs(participant, mid),
    };
    let (agreed, _) = sdp::answer(&offer, &local).unwrap();
    let udp = candidates.iter().find_map(|it| match it {
        Candidate::Udp(address) => Some(*address),
        Candidate::TcpPassive(_) => None,
    });
    (agreed, udp.expect("a UDP candidate"))
}
