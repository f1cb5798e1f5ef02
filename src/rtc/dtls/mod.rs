//! DTLS 1.2 (RFC 6347) with use_srtp (RFC 5764), around the sans-I/O endpoint of `rtc-dtls`.
//!
//! Owns what that library lacks: repetition of flights, a filter before it, deadlines, and an end that stays one. The
//! peer proves itself by the fingerprint of its certificate, never by who signed it. It knows no addresses: an ICE path
//! may change without DTLS noticing.

mod hello;
mod records;
mod resend;

use crate::rtc::{
    identity::{Fingerprint, Identity},
    srtp::{Srtp, SrtpProfile},
};
use bytes::{Bytes, BytesMut};
use records::{RecordFilter, Stage};
use resend::Flight;
use rtc_dtls::{
    config::{
        ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig,
        VerifyPeerCertificateFn,
    },
    endpoint::{Endpoint, EndpointEvent},
    extension::extension_use_srtp::SrtpProtectionProfile,
    state::State,
};
use rtc_shared::{TransportProtocol, error::Error};
use std::{
    collections::VecDeque,
    fmt,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};
use thiserror::Error as ThisError;

/// A handshake not complete this long after it began has failed.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(20);

/// Datagrams that wait to be taken by [`Dtls::poll_transmit`]; more are dropped, as a network would.
const TRANSMITS_MAX: usize = 64;

/// Label of the exporter (RFC 5764 §4.2).
const EXPORTER: &str = "EXTRACTOR-dtls_srtp";

/// The library's own timer, put off beyond any handshake: see [`resend`].
const LIBRARY_TIMER: Duration = Duration::from_secs(3600);

/// Associations of the library are named by an address. There is one, so any will do.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9);

/// Who sends the ClientHello.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DtlsRole {
    /// We do: `a=setup:active`.
    Active,
    /// The peer does: `a=setup:passive`.
    Passive,
}

/// The SRTP profiles that are acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SrtpOffer {
    /// AEAD_AES_128_GCM alone, which every browser takes when nothing else is offered.
    #[default]
    GcmOnly,
    /// SRTP_AES128_CM_HMAC_SHA1_80 too. The passive side chooses: as [`DtlsRole::Passive`] we take GCM whenever the peer
    /// has it; as [`DtlsRole::Active`] the peer may choose SHA1 although it has GCM.
    WithSha1,
}

/// The library refused a configuration or a message.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[error("{0}")]
pub struct DtlsError(String);

impl From<Error> for DtlsError {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

/// What the association did.
#[derive(Debug)]
pub enum DtlsEvent {
    /// The handshake is complete; here are its keys.
    Connected(Box<Srtp>),
    /// Application data: SCTP packets.
    Data(Bytes),
    /// The peer closed. Last event.
    Closed,
    /// The handshake was refused by either side, or took too long. Last event.
    Failed,
}

/// What was refused since the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DtlsStats {
    /// Records dropped before the library saw them.
    pub filtered: u64,
    /// Errors that the library reported.
    pub errors: u64,
    /// Flights sent again.
    pub resent: u64,
}

/// One association.
pub struct Dtls {
    endpoint: Endpoint,
    configs: Configs,
    role: DtlsRole,
    phase: Phase,
    filter: RecordFilter,
    flight: Flight,
    transmits: VecDeque<Vec<u8>>,
    events: VecDeque<DtlsEvent>,
    stats: DtlsStats,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    Handshaking { until: Instant },
    Established,
    Over,
}

/// What a handshake needs to begin; dropped once it has.
struct Configs {
    identity: Arc<Identity>,
    remote_fingerprint: Fingerprint,
    offer: SrtpOffer,
}

impl Dtls {
    /// An association that has not begun.
    #[must_use]
    pub fn new(
        identity: Arc<Identity>,
        role: DtlsRole,
        remote_fingerprint: Fingerprint,
        offer: SrtpOffer,
    ) -> Self {
        Self {
            endpoint: Endpoint::new(PEER, TransportProtocol::UDP, None),
            configs: Configs {
                identity,
                remote_fingerprint,
                offer,
            },
            role,
            phase: Phase::Idle,
            filter: RecordFilter::new(role),
            flight: Flight::default(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            stats: DtlsStats::default(),
        }
    }

    /// Begins, once there is a path: the active side sends its ClientHello. Later calls do nothing.
    ///
    /// # Errors
    ///
    /// The library refuses the configuration.
    pub fn start(&mut self, now: Instant) -> Result<(), DtlsError> {
        if self.phase != Phase::Idle {
            return Ok(());
        }
        self.phase = Phase::Handshaking {
            until: now + HANDSHAKE_TIMEOUT,
        };
        if self.role == DtlsRole::Active {
            let config = self
                .configs
                .build(self.role, self.configs.offer.profiles())?;
            self.endpoint.connect(now, PEER, Arc::new(config), None)?;
            let hello = self.take_output();
            self.send(&hello);
            self.flight.sent(now, hello);
        }
        Ok(())
    }

    /// Takes a datagram from a validated path.
    pub fn handle(&mut self, now: Instant, datagram: &[u8]) {
        let stage = match self.phase {
            Phase::Handshaking { .. } => Stage::Handshaking,
            Phase::Established => Stage::Established,
            // After its close_notify the library would take a late datagram for a new client.
            Phase::Idle | Phase::Over => {
                self.stats.filtered += 1;
                return;
            }
        };
        let admitted = self.filter.admit(stage, datagram);
        self.stats.filtered += admitted.refused;
        if admitted.records.is_empty() || !self.prepare_to_answer(&admitted.records) {
            return;
        }
        let input = BytesMut::from(&admitted.records[..]);
        let result = self.endpoint.read(now, PEER, None, input);
        let output = self.take_output();
        self.send(&output);
        let was_handshaking = stage == Stage::Handshaking;
        match result {
            Ok(events) => events.into_iter().for_each(|event| self.on_event(event)),
            Err(error) => self.on_error(&error, was_handshaking),
        }
        if was_handshaking {
            self.remember_flight(now, output);
        } else if records::first_message(&admitted.records).is_some() {
            let answer = self.flight.answer(now);
            self.resend(answer);
        }
    }

    /// Sends application data.
    ///
    /// # Errors
    ///
    /// The association is not established.
    pub fn write(&mut self, now: Instant, data: &[u8]) -> Result<(), DtlsError> {
        if self.phase != Phase::Established {
            return Err(DtlsError("not established".to_owned()));
        }
        self.endpoint.write(now, PEER, data)?;
        let output = self.take_output();
        self.send(&output);
        Ok(())
    }

    /// Sends close_notify and ends. No event follows.
    pub fn close(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Handshaking { .. } | Phase::Established) {
            drop(self.endpoint.stop(now, PEER));
            let output = self.take_output();
            self.send(&output);
        }
        self.end();
    }

    /// The next datagram to send.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.transmits.pop_front()
    }

    /// What happened next.
    pub fn poll_event(&mut self) -> Option<DtlsEvent> {
        self.events.pop_front()
    }

    /// When [`Self::handle_timeout`] wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let deadline = match self.phase {
            Phase::Handshaking { until } => Some(until),
            _ => None,
        };
        [deadline, self.flight.next_at()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Repeats a flight, or gives up.
    pub fn handle_timeout(&mut self, now: Instant) {
        let due = self.flight.due(now);
        self.resend(due);
        if matches!(self.phase, Phase::Handshaking { until } if until <= now) {
            self.fail();
        }
    }

    /// Whether the handshake is complete and nobody has closed.
    #[must_use]
    pub fn is_established(&self) -> bool {
        self.phase == Phase::Established
    }

    /// What was refused.
    #[must_use]
    pub const fn stats(&self) -> DtlsStats {
        self.stats
    }

    /// The passive side chooses its SRTP profile when it sees the first ClientHello. False: it cannot answer.
    fn prepare_to_answer(&mut self, records: &[u8]) -> bool {
        let is_known = self.endpoint.get_connection_state(PEER).is_some();
        if self.role == DtlsRole::Active || is_known {
            return is_known;
        }
        let whole_hello = records::first_message(records)
            .filter(|message| message.kind == records::CLIENT_HELLO)
            .filter(|message| message.fragment.len() == message.length);
        let has_gcm = whole_hello.is_some_and(|message| hello::offers_gcm(message.fragment));
        let profiles = match self.configs.offer {
            SrtpOffer::WithSha1 if has_gcm => SrtpOffer::GcmOnly.profiles(),
            offer => offer.profiles(),
        };
        match self.configs.build(self.role, profiles) {
            Ok(config) => self.endpoint.set_server_config(Some(Arc::new(config))),
            Err(_) => self.fail(),
        }
        self.phase != Phase::Over
    }

    fn on_event(&mut self, event: EndpointEvent) {
        match event {
            EndpointEvent::HandshakeComplete => match self.export() {
                Some(srtp) => {
                    self.phase = Phase::Established;
                    self.events.push_back(DtlsEvent::Connected(Box::new(srtp)));
                }
                None => self.fail(),
            },
            EndpointEvent::ApplicationData(data) if self.is_established() => {
                self.events.push_back(DtlsEvent::Data(data.freeze()));
            }
            EndpointEvent::PeerClosed if self.is_established() => {
                self.end();
                self.events.push_back(DtlsEvent::Closed);
            }
            EndpointEvent::PeerClosed => self.fail(),
            _ => {}
        }
    }

    fn on_error(&mut self, error: &Error, was_handshaking: bool) {
        self.stats.errors += 1;
        if was_handshaking {
            self.fail();
        } else if matches!(error, Error::ErrAlertFatalOrClose) {
            self.end();
            self.events.push_back(DtlsEvent::Closed);
        }
    }

    /// What came out of the library during the handshake is a flight; nothing came out: the last one still stands.
    fn remember_flight(&mut self, now: Instant, output: Vec<Vec<u8>>) {
        match (self.phase, self.role) {
            (Phase::Handshaking { .. }, _) if !output.is_empty() => self.flight.sent(now, output),
            // The server speaks last, and nobody tells it whether it was heard.
            (Phase::Established, DtlsRole::Passive) => self.flight.sent_last(now, output),
            (Phase::Established, DtlsRole::Active) => self.flight.forget(),
            _ => {}
        }
    }

    fn export(&self) -> Option<Srtp> {
        let state = self.endpoint.get_connection_state(PEER)?;
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => SrtpProfile::AeadAes128Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => SrtpProfile::Aes128CmSha1_80,
            _ => return None,
        };
        let keying = keying(state, profile)?;
        match self.role {
            DtlsRole::Active => Srtp::client(profile, &keying),
            DtlsRole::Passive => Srtp::server(profile, &keying),
        }
        .ok()
    }

    fn fail(&mut self) {
        self.end();
        self.events.push_back(DtlsEvent::Failed);
    }

    /// Forgets the association and all it holds.
    fn end(&mut self) {
        self.phase = Phase::Over;
        self.flight.forget();
        self.endpoint = Endpoint::new(PEER, TransportProtocol::UDP, None);
    }

    fn take_output(&mut self) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| self.endpoint.poll_transmit())
            .map(|transmit| transmit.message.to_vec())
            .collect()
    }

    fn resend(&mut self, flight: Option<Vec<Vec<u8>>>) {
        if let Some(flight) = flight {
            self.stats.resent += 1;
            self.send(&flight);
        }
    }

    fn send(&mut self, datagrams: &[Vec<u8>]) {
        let room = TRANSMITS_MAX.saturating_sub(self.transmits.len());
        self.transmits.extend(datagrams.iter().take(room).cloned());
    }
}

fn keying(state: &State, profile: SrtpProfile) -> Option<Vec<u8>> {
    let secret = state
        .export_keying_material(EXPORTER, &[], profile.keying_len())
        .ok()?;
    Some(secret.as_ref().to_vec())
}

impl SrtpOffer {
    fn profiles(self) -> Vec<SrtpProtectionProfile> {
        let gcm = SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm;
        match self {
            Self::GcmOnly => vec![gcm],
            Self::WithSha1 => vec![gcm, SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80],
        }
    }
}

impl Configs {
    fn build(
        &self,
        role: DtlsRole,
        profiles: Vec<SrtpProtectionProfile>,
    ) -> Result<HandshakeConfig, DtlsError> {
        let expected = self.remote_fingerprint;
        let verify: VerifyPeerCertificateFn = Arc::new(move |certificates, _| {
            let is_expected = certificates
                .first()
                .is_some_and(|der| Fingerprint::of_certificate(der) == expected);
            match is_expected {
                true => Ok(()),
                false => Err(Error::Other("the certificate is another".to_owned())),
            }
        });
        let config = ConfigBuilder::default()
            .with_crypto_provider(Arc::clone(self.identity.provider()))
            .with_certificates(vec![self.identity.certificate().clone()])
            .with_srtp_protection_profiles(profiles)
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            // There is no chain to verify: `verify` compares the fingerprint, and signatures are checked anyway.
            .with_insecure_skip_verify(true)
            .with_verify_peer_certificate(Some(verify))
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .with_flight_interval(LIBRARY_TIMER)
            .build(role == DtlsRole::Active, Some(PEER))?;
        Ok(config)
    }
}

impl fmt::Debug for Dtls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dtls")
            .field("role", &self.role)
            .field("phase", &self.phase)
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
