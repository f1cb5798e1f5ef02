//! A light client against the server's session, in virtual time.

use super::super::camera::{Camera, Picture};
use super::super::kit::{Arrived, Kit, Medium, Outgoing, PeerEvent};
use super::super::stamp::StreamId;
use super::Light;
use super::rtp;
use greenroom::rtc::Path;
use greenroom::rtc::dtls::{DtlsRole, SrtpOffer};
use greenroom::rtc::ice::IceCredentials;
use greenroom::rtc::identity::Identity;
use greenroom::rtc::session::{DataChannels, Datagram, Session, SessionConfig, classify};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

const SLOT_SSRC: u32 = 77;

struct Pair {
    light: Light,
    server: Session,
    path: Path,
    now: Instant,
    now_us: u64,
    arrived: Vec<Arrived>,
    /// Plain RTP packets as the server opened them.
    opened: Vec<Vec<u8>>,
}

fn value<'a>(sdp: &'a str, key: &str) -> &'a str {
    sdp.lines()
        .find_map(|line| line.strip_prefix(key))
        .expect("the line is there")
}

impl Pair {
    fn new(server_role: DtlsRole) -> Self {
        let kit = Kit {
            camera: Some(Picture::CAMERA),
            audio_slots: 0,
            dtls_active: server_role == DtlsRole::Passive,
            ..Kit::VIEWER
        };
        let identity = Arc::new(Identity::generate().expect("a certificate"));
        let now = Instant::now();
        let mut light = Light::new(kit, &identity);
        let offer = light.offer();
        let ours = Arc::new(Identity::generate().expect("a certificate"));
        let local = IceCredentials::from_random(&[9; 32]);
        let server = Session::new(
            SessionConfig {
                identity: Arc::clone(&ours),
                local: local.clone(),
                remote: IceCredentials {
                    ufrag: value(&offer, "a=ice-ufrag:").to_owned(),
                    pwd: value(&offer, "a=ice-pwd:").to_owned(),
                },
                remote_fingerprint: value(&offer, "a=fingerprint:sha-256 ")
                    .parse()
                    .expect("a fingerprint"),
                role: server_role,
                data: DataChannels::Off,
                srtp: SrtpOffer::GcmOnly,
            },
            now,
        );
        let setup = match server_role {
            DtlsRole::Active => "active",
            DtlsRole::Passive => "passive",
        };
        let at = SocketAddr::from(([127, 0, 0, 1], 7_701));
        let answer = format!(
            "v=0\r\nm=video 9 X 96\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:sha-256 {}\r\na=setup:{setup}\r\n\
             a=candidate:1 1 udp 1 127.0.0.1 7701 typ host\r\nm=video 9 X 96\r\na=ssrc:{SLOT_SSRC} cname:x\r\n",
            local.ufrag,
            local.pwd,
            ours.fingerprint()
        );
        light.answer(&answer, at, now).expect("a legal answer");
        Self {
            light,
            server: server.expect("a legal configuration"),
            path: Path::Udp(SocketAddr::from(([127, 0, 0, 1], 5_000))),
            now,
            now_us: 1_000_000,
            arrived: Vec::new(),
            opened: Vec::new(),
        }
    }

    /// One turn: timers, and every datagram that `passes` lets through.
    fn turn(&mut self, mut passes: impl FnMut() -> bool) {
        self.light.tick(self.now, self.now_us);
        if self.server.poll_timeout().is_some_and(|at| at <= self.now) {
            self.server.handle_timeout(self.now);
        }
        for _ in 0..8 {
            while let Some(mut datagram) = self.light.transmit() {
                if !passes() {
                    continue;
                }
                match classify(&datagram) {
                    Datagram::Stun => {
                        self.server.handle_stun(self.now, self.path, &datagram);
                    }
                    Datagram::Dtls => self.server.handle_dtls(self.now, self.path, &datagram),
                    Datagram::Rtp => {
                        let len = rtp::read(&datagram).expect("whole").len;
                        let opened = self.server.open_rtp(&mut datagram, len).expect("authentic");
                        self.opened.push(datagram[opened.payload].to_vec());
                    }
                    Datagram::Rtcp | Datagram::Other => {}
                }
            }
            while let Some(transmit) = self.server.poll_transmit() {
                if passes() {
                    self.feed(transmit.payload);
                }
            }
        }
        self.now += Duration::from_millis(10);
        self.now_us += 10_000;
    }

    fn feed(&mut self, mut datagram: Vec<u8>) {
        let arrived = &mut self.arrived;
        self.light
            .datagram(self.now, self.now_us, &mut datagram, &mut |a| {
                arrived.push(a)
            });
    }

    fn connect(&mut self, mut passes: impl FnMut() -> bool) -> bool {
        (0..1_200).any(|_| {
            self.turn(&mut passes);
            self.light.event() == Some(PeerEvent::Connected) && self.server.is_connected()
                || self.server.is_connected() && self.light_connected()
        })
    }

    fn light_connected(&self) -> bool {
        self.light
            .link
            .as_ref()
            .is_some_and(|link| link.session.is_connected())
    }
}

#[test]
fn media_flow_in_both_directions_whoever_begins_the_handshake() {
    for role in [DtlsRole::Active, DtlsRole::Passive] {
        let mut pair = Pair::new(role);
        assert!(pair.connect(|| true), "{role:?}");
        let mut camera = Camera::new(StreamId(1), Picture::CAMERA, pair.now_us);
        let mut sent = 0;
        camera.film(pair.now_us, |filmed| {
            sent += 1;
            pair.light.send(&Outgoing {
                medium: Medium::Camera,
                layer: filmed.layer,
                timestamp: filmed.timestamp,
                marker: filmed.marker,
                level: None,
                payload: &filmed.payload,
            });
        });
        pair.turn(|| true);
        assert_eq!(pair.opened.len(), sent);
        // The server sends one back in the slot.
        let header = rtp::Header {
            marker: true,
            payload_type: 96,
            sequence: 5,
            timestamp: 0,
            ssrc: SLOT_SSRC,
        };
        let mut packet = Vec::new();
        header.write(&mut packet, &[]);
        let header_len = packet.len();
        packet.extend_from_slice(&pair.opened[0]);
        packet.resize(packet.len() + pair.server.rtp_overhead(), 0);
        pair.server
            .seal_rtp(&mut packet, header_len, 5)
            .expect("connected");
        pair.feed(packet);
        let video = |a: &Arrived| matches!(a, Arrived::Video { slot: 0, stamp } if stamp.stream == StreamId(1));
        assert!(pair.arrived.iter().any(video), "{:?}", pair.arrived);
    }
}

#[test]
fn the_handshake_survives_loss() {
    let mut up = 0;
    for seed in 0..20_u64 {
        let mut pair = Pair::new(DtlsRole::Active);
        let mut random = crate::content::mix(seed);
        up += u32::from(pair.connect(|| {
            random = crate::content::mix(random);
            random % 100 >= 30
        }));
    }
    assert!(up >= 19, "{up} of 20 at 30 % loss within 12 s");
}
