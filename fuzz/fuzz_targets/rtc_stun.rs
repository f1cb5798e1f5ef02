//! Any datagrams at a session: no panic, no answer and no path for what is not authentic.
#![no_main]

use greenroom::rtc::{
    Path,
    dtls::{DtlsRole, SrtpOffer},
    ice::{CREDENTIAL_RANDOM_LEN, IceCredentials, StunVerdict, stun_local_ufrag},
    identity::Identity,
    session::{DataChannels, Datagram, Session, SessionConfig, classify},
};
use libfuzzer_sys::fuzz_target;
use std::{
    net::SocketAddr,
    sync::{Arc, LazyLock},
    time::Instant,
};

static IDENTITY: LazyLock<Arc<Identity>> =
    LazyLock::new(|| Arc::new(Identity::generate().expect("there is entropy")));

fuzz_target!(|datagrams: Vec<Vec<u8>>| {
    let now = Instant::now();
    let config = SessionConfig {
        identity: Arc::clone(&IDENTITY),
        local: IceCredentials::from_random(&[1; CREDENTIAL_RANDOM_LEN]),
        remote: IceCredentials::from_random(&[2; CREDENTIAL_RANDOM_LEN]),
        remote_fingerprint: IDENTITY.fingerprint(),
        role: DtlsRole::Active,
        data: DataChannels::On,
        srtp: SrtpOffer::GcmOnly,
    };
    let mut session = Session::new(config, now).expect("the credentials are sound");
    let path = Path::Udp(SocketAddr::from(([192, 0, 2, 1], 9)));
    for mut datagram in datagrams {
        let _ = stun_local_ufrag(&datagram);
        match classify(&datagram) {
            Datagram::Stun => {
                let verdict = session.handle_stun(now, path, &datagram);
                assert_eq!(verdict, StunVerdict::Ignored);
            }
            Datagram::Dtls => session.handle_dtls(now, path, &datagram),
            Datagram::Rtp => assert!(session.open_rtp(&mut datagram, 12).is_err()),
            Datagram::Rtcp => assert!(session.open_rtcp(&mut datagram).is_err()),
            Datagram::Other => {}
        }
        assert!(session.poll_transmit().is_none());
    }
    assert!(!session.is_validated(&path));
});
