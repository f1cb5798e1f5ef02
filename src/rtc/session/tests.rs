//! Sessions whose peer is a browser's DTLS and checks, in virtual time.

use super::*;
use crate::rtc::{
    dtls::{DtlsRole, SrtpOffer},
    ice::{CONSENT_TIMEOUT, CREDENTIAL_RANDOM_LEN, build},
    identity::Identity,
    srtp::SrtpProfile,
};
use std::{net::SocketAddr, sync::Arc, time::Duration};

/// The other side: a full ICE agent as far as we see it, and DTLS in the other role.
struct Browser {
    dtls: Dtls,
    srtp: Option<Box<Srtp>>,
    username: String,
    password: String,
}

struct Pair {
    now: Instant,
    session: Session,
    browser: Browser,
    path: Path,
    events: Vec<SessionEvent>,
}

fn udp(port: u16) -> Path {
    Path::Udp(SocketAddr::from(([192, 0, 2, 1], port)))
}

fn credentials(fill: u8) -> IceCredentials {
    IceCredentials::from_random(&[fill; CREDENTIAL_RANDOM_LEN])
}

fn identity() -> Arc<Identity> {
    Arc::new(Identity::generate().unwrap())
}

fn pair(role: DtlsRole, data: DataChannels) -> Pair {
    let (ours, theirs) = (identity(), identity());
    let now = Instant::now();
    let (local, remote) = (credentials(1), credentials(2));
    let browser = Browser {
        dtls: Dtls::new(
            Arc::clone(&theirs),
            match role {
                DtlsRole::Active => DtlsRole::Passive,
                DtlsRole::Passive => DtlsRole::Active,
            },
            ours.fingerprint(),
            SrtpOffer::GcmOnly,
        ),
        srtp: None,
        username: format!("{}:{}", local.ufrag, remote.ufrag),
        password: local.pwd.clone(),
    };
    let config = SessionConfig {
        identity: ours,
        local,
        remote,
        remote_fingerprint: theirs.fingerprint(),
        role,
        data,
        srtp: SrtpOffer::GcmOnly,
    };
    Pair {
        now,
        session: Session::new(config, now).unwrap(),
        browser,
        path: udp(1),
        events: Vec::new(),
    }
}

fn connected(role: DtlsRole, data: DataChannels) -> Pair {
    let mut pair = pair(role, data);
    pair.check(udp(1), true);
    pair.browser.dtls.start(pair.now).unwrap();
    pair.exchange();
    let expected = [
        SessionEvent::PathChanged(udp(1)),
        SessionEvent::Connected {
            srtp: SrtpProfile::AeadAes128Gcm,
        },
    ];
    assert_eq!(std::mem::take(&mut pair.events), expected);
    assert!(pair.session.is_connected());
    pair
}

impl Pair {
    fn check(&mut self, path: Path, nominate: bool) -> StunVerdict {
        let extra: &[_] = if nominate { &[build::NOMINATE] } else { &[] };
        let request = build::request(&self.browser.username, &self.browser.password, extra);
        self.session.handle_stun(self.now, path, &request)
    }

    /// Carries datagrams until both are silent.
    fn exchange(&mut self) {
        loop {
            let mut is_quiet = true;
            while let Some(Transmit { path, payload }) = self.session.poll_transmit() {
                if classify(&payload) == Datagram::Dtls {
                    is_quiet = false;
                    assert_eq!(Some(path), self.session.ice.best().or(Some(path)));
                    self.browser.dtls.handle(self.now, &payload);
                }
            }
            while let Some(datagram) = self.browser.dtls.poll_transmit() {
                is_quiet = false;
                self.session.handle_dtls(self.now, self.path, &datagram);
            }
            while let Some(event) = self.browser.dtls.poll_event() {
                if let DtlsEvent::Connected(srtp) = event {
                    self.browser.srtp = Some(srtp);
                }
            }
            self.events
                .extend(std::iter::from_fn(|| self.session.poll_event()));
            if is_quiet {
                break;
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.session.handle_timeout(self.now);
        self.exchange();
    }
}

fn rtp(sequence: u16, spare: usize) -> Vec<u8> {
    let mut packet = vec![0x80, 96];
    packet.extend(sequence.to_be_bytes());
    packet.extend([0, 0, 0, 0, 0, 0, 0, 5]);
    packet.extend(b"payload");
    packet.resize(packet.len() + spare, 0);
    packet
}

#[test]
fn media_flows_both_ways_in_either_role() {
    for role in [DtlsRole::Active, DtlsRole::Passive] {
        let mut pair = connected(role, DataChannels::Off);
        let browser = pair.browser.srtp.as_mut().unwrap();
        let mut packet = rtp(3, pair.session.rtp_overhead());
        pair.session.seal_rtp(&mut packet, 12, 3).unwrap();
        assert_eq!(browser.open_rtp(&mut packet, 12).unwrap().index, 3);

        let mut packet = rtp(4, 16);
        browser.seal_rtp(&mut packet, 12, 4).unwrap();
        let again = packet.clone();
        let opened = pair.session.open_rtp(&mut packet, 12).unwrap();
        assert_eq!(&packet[opened.payload], b"payload");
        assert!(pair.session.open_rtp(&mut again.clone(), 12).is_err());

        let mut report = vec![0x80, 201, 0, 1, 0, 0, 0, 9];
        browser.seal_rtcp(&mut report).unwrap();
        assert_eq!(report.len(), 8 + pair.session.rtcp_overhead());
        assert_eq!(pair.session.open_rtcp(&mut report), Ok(8));
        pair.session.seal_rtcp(&mut report).unwrap();
        let mut forged = rtp(5, 16);
        assert!(pair.session.open_rtp(&mut forged, 12).is_err());
        assert!(pair.session.open_rtcp(&mut [0x80, 201, 0]).is_err());
        let stats = pair.session.stats();
        assert_eq!(
            (
                stats.srtp_replayed,
                stats.srtp_unauthenticated,
                stats.srtp_malformed
            ),
            (1, 1, 1)
        );
    }
}

#[test]
fn a_session_needs_true_credentials() {
    let identity = identity();
    let fingerprint = identity.fingerprint();
    let new = |local, remote| {
        let config = SessionConfig {
            identity: Arc::clone(&identity),
            local,
            remote,
            remote_fingerprint: fingerprint,
            role: DtlsRole::Active,
            data: DataChannels::Off,
            srtp: SrtpOffer::GcmOnly,
        };
        Session::new(config, Instant::now()).map(|_| ())
    };
    let guessable = IceCredentials {
        pwd: String::new(),
        ..credentials(2)
    };
    assert_eq!(new(credentials(1), credentials(2)), Ok(()));
    assert_eq!(
        new(credentials(1), guessable.clone()),
        Err(SessionError::Credentials)
    );
    assert_eq!(
        new(guessable, credentials(2)),
        Err(SessionError::Credentials)
    );
}

#[test]
fn nothing_is_sent_to_who_has_not_proven_himself() {
    let mut pair = pair(DtlsRole::Active, DataChannels::Off);
    let mut forged = build::request(&pair.browser.username, "wrong", &[build::NOMINATE]);
    assert_eq!(
        pair.session.handle_stun(pair.now, udp(9), &forged),
        StunVerdict::Ignored
    );
    forged.truncate(10);
    pair.session.handle_stun(pair.now, udp(9), &forged);
    pair.session.handle_dtls(pair.now, udp(9), &[22; 60]);
    assert_eq!(pair.session.poll_transmit(), None);
    assert_eq!(pair.session.path(), None);
    let stats = pair.session.stats();
    assert_eq!((stats.stun_refused, stats.dtls_refused), (2, 1));
    let mut packet = rtp(1, 16);
    assert_eq!(
        pair.session.open_rtp(&mut packet, 12),
        Err(OpenError::NotConnected)
    );
    assert_eq!(
        pair.session.seal_rtp(&mut packet, 12, 1),
        Err(SealError::NotConnected)
    );
}

#[test]
fn a_network_change_moves_the_session() {
    let mut pair = connected(DtlsRole::Active, DataChannels::Off);
    assert!(!pair.session.is_validated(&udp(2)));
    assert_eq!(pair.check(udp(2), false), StunVerdict::Validated);
    assert!(pair.session.is_validated(&udp(2)) && pair.session.is_validated(&udp(1)));
    assert_eq!(pair.session.path(), Some(udp(1)));
    pair.check(udp(2), true);
    pair.exchange();
    assert_eq!(pair.events, [SessionEvent::PathChanged(udp(2))]);
    assert_eq!(pair.session.path(), Some(udp(2)));
    pair.session.forget_path(&udp(2));
    assert_eq!(pair.session.path(), Some(udp(1)));
}

#[test]
fn an_ice_restart_keeps_the_keys() {
    let mut pair = connected(DtlsRole::Active, DataChannels::Off);
    pair.session.restart_ice(credentials(3), credentials(4));
    assert_eq!(pair.check(udp(1), false), StunVerdict::Validated);
    pair.browser.username = format!("{}:{}", credentials(3).ufrag, credentials(4).ufrag);
    pair.browser.password = credentials(3).pwd;
    assert_eq!(pair.check(udp(5), true), StunVerdict::Validated);
    pair.exchange();
    assert_eq!(pair.events, [SessionEvent::PathChanged(udp(5))]);
    assert!(pair.session.is_connected());
}

#[test]
fn a_vanished_peer_is_noticed() {
    let mut pair = connected(DtlsRole::Active, DataChannels::Off);
    pair.pass(CONSENT_TIMEOUT - Duration::from_millis(1));
    assert_eq!(pair.events, []);
    pair.pass(Duration::from_millis(1));
    let closed = SessionEvent::Closed(CloseReason::ConsentLost);
    assert_eq!(pair.events, [closed]);
    assert_eq!(pair.session.poll_timeout(), None);
    assert_eq!(pair.check(udp(1), true), StunVerdict::Ignored);
    assert!(!pair.session.is_connected());
}

#[test]
fn a_close_is_told_once_in_both_directions() {
    let mut pair = connected(DtlsRole::Active, DataChannels::Off);
    pair.browser.dtls.close(pair.now);
    pair.exchange();
    let closed = |reason| vec![SessionEvent::Closed(reason)];
    assert_eq!(pair.events, closed(CloseReason::PeerClosed));
    pair.session.close(pair.now);
    assert_eq!(pair.session.poll_event(), None);

    let mut pair = connected(DtlsRole::Active, DataChannels::Off);
    pair.session.close(pair.now);
    let good_bye = pair.session.poll_transmit().unwrap();
    assert_eq!(classify(&good_bye.payload), Datagram::Dtls);
    pair.exchange();
    assert_eq!(pair.events, closed(CloseReason::Local));
}

#[test]
fn a_failed_handshake_ends_the_session() {
    let mut pair = pair(DtlsRole::Active, DataChannels::Off);
    for _ in 0..5 {
        pair.check(udp(1), true);
        pair.now += Duration::from_secs(5);
        pair.session.handle_timeout(pair.now);
    }
    let events: Vec<_> = std::iter::from_fn(|| pair.session.poll_event()).collect();
    assert_eq!(
        events.last(),
        Some(&SessionEvent::Closed(CloseReason::DtlsFailed))
    );
}

#[test]
fn sctp_is_made_only_when_it_comes_and_was_agreed() {
    for (data, made) in [(DataChannels::Off, false), (DataChannels::On, true)] {
        let mut pair = connected(DtlsRole::Active, data);
        assert!(!matches!(pair.session.data, DataState::On(_)));
        pair.browser.dtls.write(pair.now, &[0; 40]).unwrap();
        pair.exchange();
        assert_eq!(matches!(pair.session.data, DataState::On(_)), made);
        assert_eq!(pair.session.stats().data_refused, 1, "it was no SCTP");
        let message = DataMessage::Text("x".to_owned());
        assert_eq!(
            pair.session.send_data(pair.now, ChannelId(0), message),
            Err(DataError::NotOpen)
        );
    }
}
