//! One WebRTC transport: ICE-lite, DTLS, SRTP and data channels behind one state machine without I/O.
//!
//! The driver gives it datagrams and the time and takes [`Transmit`]s, [`SessionEvent`]s and the next timeout from it;
//! after every call that may change something it drains all three. Media is opened and sealed in place, in the driver's
//! own buffers. What fails authentication is dropped and counted in [`SessionStats`].

mod datagram;
mod event;

pub use datagram::{Datagram, classify};
pub use event::{
    CloseReason, DataChannels, SessionConfig, SessionError, SessionEvent, SessionStats, Transmit,
};

use crate::rtc::{
    Path,
    data::{ChannelId, Data, DataError, DataEvent, DataMessage},
    dtls::{Dtls, DtlsEvent},
    ice::{Consent, IceAgent, IceCredentials, StunVerdict},
    srtp::{OpenError, OpenedRtp, SealError, Srtp},
};
use bytes::Bytes;
use std::{collections::VecDeque, time::Instant};

/// Datagrams and events that wait to be taken; more are dropped. A driver that drains after each call sees none dropped.
const QUEUE_MAX: usize = 1024;

/// One peer's transport.
#[derive(Debug)]
pub struct Session {
    ice: IceAgent,
    dtls: Dtls,
    srtp: Option<Box<Srtp>>,
    data: DataState,
    transmits: VecDeque<Transmit>,
    events: VecDeque<SessionEvent>,
    is_closed: bool,
    stats: SessionStats,
}

/// SCTP is made when its first packet comes: most peers never send one.
#[derive(Debug)]
enum DataState {
    Off,
    Awaited,
    On(Box<Data>),
}

impl Session {
    /// A session that waits for the peer's first connectivity check.
    ///
    /// # Errors
    ///
    /// The ICE credentials are none.
    pub fn new(config: SessionConfig, now: Instant) -> Result<Self, SessionError> {
        let SessionConfig {
            identity,
            local,
            remote,
            remote_fingerprint,
            role,
            data,
            srtp,
        } = config;
        if !(local.is_valid() && remote.is_valid()) {
            return Err(SessionError::Credentials);
        }
        Ok(Self {
            ice: IceAgent::new(now, local, &remote),
            dtls: Dtls::new(identity, role, remote_fingerprint, srtp),
            srtp: None,
            data: match data {
                DataChannels::On => DataState::Awaited,
                DataChannels::Off => DataState::Off,
            },
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            is_closed: false,
            stats: SessionStats::default(),
        })
    }

    /// Takes a STUN datagram, from whatever path; the answer, if it deserves one, is queued. The first valid request
    /// begins the DTLS handshake.
    pub fn handle_stun(&mut self, now: Instant, path: Path, datagram: &[u8]) -> StunVerdict {
        if self.is_closed {
            return StunVerdict::Ignored;
        }
        let checked = self.ice.handle(now, path, datagram);
        match (&checked.verdict, &checked.answer) {
            (StunVerdict::Validated, _) => {}
            (StunVerdict::Ignored, Some(_)) => self.stats.stun_conflicts += 1,
            (StunVerdict::Ignored, None) => self.stats.stun_refused += 1,
        }
        if let Some(payload) = checked.answer {
            self.transmit(path, payload);
        }
        if checked.is_path_changed {
            self.emit(SessionEvent::PathChanged(path));
        }
        if checked.verdict == StunVerdict::Validated {
            if self.dtls.start(now).is_err() {
                self.end(CloseReason::DtlsFailed);
            }
            self.advance(now);
        }
        checked.verdict
    }

    /// Takes a DTLS datagram. From a path that is not validated it is dropped.
    pub fn handle_dtls(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        if self.is_closed || !self.ice.is_validated(&path) {
            self.stats.dtls_refused += 1;
            return;
        }
        self.dtls.handle(now, datagram);
        self.advance(now);
    }

    /// Where to send: the path that the peer selected, or before it has, the one that it was last heard over. Keys are often
    /// agreed before a browser nominates a path, and the first pictures need not wait for that.
    #[must_use]
    pub fn path(&self) -> Option<Path> {
        self.ice.best()
    }

    /// Whether the peer has proven that this path is its own: media is accepted from such paths only. There are at most
    /// [`PATHS_MAX`](crate::rtc::ice::PATHS_MAX).
    #[must_use]
    pub fn is_validated(&self, path: &Path) -> bool {
        self.ice.is_validated(path)
    }

    /// A path is gone, as when its TCP connection was closed.
    pub fn forget_path(&mut self, path: &Path) {
        if self.ice.remove(path) {
            self.tell_path();
        }
    }

    /// Whether media may flow.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.srtp.is_some() && !self.is_closed
    }

    /// Opens an SRTP packet in place. `header_len` is the length of the RTP header with CSRCs and extensions; that the
    /// path is validated was checked before.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]. Counted; drop the packet, its content is worthless.
    pub fn open_rtp(
        &mut self,
        packet: &mut [u8],
        header_len: usize,
    ) -> Result<OpenedRtp, OpenError> {
        let srtp = self.srtp.as_mut().ok_or(OpenError::NotConnected)?;
        let opened = srtp.open_rtp(packet, header_len);
        self.count_open(opened)
    }

    /// Opens an SRTCP packet in place and returns how long the plain compound packet at its beginning is.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]. Counted; drop the packet, its content is worthless.
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, OpenError> {
        let srtp = self.srtp.as_mut().ok_or(OpenError::NotConnected)?;
        let opened = srtp.open_rtcp(packet);
        self.count_open(opened)
    }

    /// Bytes that [`Self::seal_rtp`] needs behind the payload; 0 before the session is connected.
    #[must_use]
    pub fn rtp_overhead(&self) -> usize {
        self.srtp
            .as_ref()
            .map_or(0, |srtp| srtp.profile().rtp_overhead())
    }

    /// A packet that [`Self::open_rtp`] or [`Self::open_rtcp`] took came over this path: the peer is there, and consents as
    /// by a binding request. Some clients (GStreamer) send none once they are connected.
    pub fn heard(&mut self, now: Instant, path: &Path) {
        self.ice.heard(now, path);
    }

    /// Bytes that [`Self::seal_rtcp`] appends; 0 before the session is connected.
    #[must_use]
    pub fn rtcp_overhead(&self) -> usize {
        self.srtp
            .as_ref()
            .map_or(0, |srtp| srtp.profile().rtcp_overhead())
    }

    /// Seals `header | payload | spare bytes` in place, where the spare bytes are [`Self::rtp_overhead`] many. `index`
    /// has 48 bits, ends in the header's sequence number and never comes twice for an SSRC with different content.
    ///
    /// # Errors
    ///
    /// See [`SealError`]: do not send the packet.
    pub fn seal_rtp(
        &mut self,
        packet: &mut [u8],
        header_len: usize,
        index: u64,
    ) -> Result<(), SealError> {
        self.srtp
            .as_ref()
            .ok_or(SealError::NotConnected)?
            .seal_rtp(packet, header_len, index)
    }

    /// Seals a compound RTCP packet and appends [`Self::rtcp_overhead`] bytes.
    ///
    /// # Errors
    ///
    /// See [`SealError`]: do not send the packet.
    pub fn seal_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), SealError> {
        self.srtp
            .as_mut()
            .ok_or(SealError::NotConnected)?
            .seal_rtcp(packet)
    }

    /// Takes the credentials of an ICE restart. The old ones, and the paths, count until the new ones are used.
    pub fn restart_ice(&mut self, local: IceCredentials, remote: IceCredentials) {
        self.ice.restart(local, &remote);
    }

    /// Sends a message on an open data channel.
    ///
    /// # Errors
    ///
    /// See [`DataError`]: nothing was sent.
    pub fn send_data(
        &mut self,
        now: Instant,
        channel: ChannelId,
        message: DataMessage,
    ) -> Result<(), DataError> {
        match &mut self.data {
            DataState::On(data) if !self.is_closed => data.send(now, channel, &message)?,
            _ => return Err(DataError::NotOpen),
        }
        self.advance(now);
        Ok(())
    }

    /// Says good-bye to the peer and ends.
    pub fn close(&mut self, now: Instant) {
        if self.is_closed {
            return;
        }
        self.dtls.close(now);
        self.take_datagrams();
        self.end(CloseReason::Local);
    }

    /// The next datagram to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// What happened next.
    pub fn poll_event(&mut self) -> Option<SessionEvent> {
        self.events.pop_front()
    }

    /// When [`Self::handle_timeout`] wants to be called. `None` once the session is closed.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.is_closed {
            return None;
        }
        let data = match &self.data {
            DataState::On(data) => data.poll_timeout(),
            DataState::Off | DataState::Awaited => None,
        };
        [
            Some(self.ice.poll_timeout()),
            self.dtls.poll_timeout(),
            data,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Does what is due at `now`; early calls do no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.is_closed {
            return;
        }
        match self.ice.handle_timeout(now) {
            Consent::Lost => return self.end(CloseReason::ConsentLost),
            Consent::Given { is_path_changed } => {
                if is_path_changed {
                    self.tell_path();
                }
            }
        }
        self.dtls.handle_timeout(now);
        if let DataState::On(data) = &mut self.data
            && data.poll_timeout().is_some_and(|at| at <= now)
        {
            data.handle_timeout(now);
        }
        self.advance(now);
    }

    /// What was refused since the session began.
    #[must_use]
    pub fn stats(&self) -> SessionStats {
        let dtls = self.dtls.stats();
        let data_refused = match &self.data {
            DataState::On(data) => data.refused(),
            DataState::Off | DataState::Awaited => 0,
        };
        SessionStats {
            dtls_filtered: dtls.filtered,
            dtls_errors: dtls.errors,
            dtls_resent: dtls.resent,
            data_refused: self.stats.data_refused + data_refused,
            ..self.stats
        }
    }

    /// Carries what one part has for another.
    fn advance(&mut self, now: Instant) {
        while let Some(event) = self.dtls.poll_event() {
            self.on_dtls(now, event);
        }
        self.advance_data(now);
        self.take_datagrams();
    }

    fn on_dtls(&mut self, now: Instant, event: DtlsEvent) {
        match event {
            DtlsEvent::Connected(srtp) => {
                let profile = srtp.profile();
                self.srtp = Some(srtp);
                self.emit(SessionEvent::Connected { srtp: profile });
            }
            DtlsEvent::Data(packet) => self.on_sctp(now, packet),
            DtlsEvent::Closed => {
                self.take_datagrams();
                self.end(CloseReason::PeerClosed);
            }
            DtlsEvent::Failed => {
                self.take_datagrams();
                self.end(CloseReason::DtlsFailed);
            }
        }
    }

    fn on_sctp(&mut self, now: Instant, packet: Bytes) {
        if matches!(self.data, DataState::Awaited) {
            self.data = DataState::On(Box::default());
        }
        match &mut self.data {
            DataState::On(data) => data.handle(now, packet),
            DataState::Off | DataState::Awaited => self.stats.data_refused += 1,
        }
    }

    fn advance_data(&mut self, now: Instant) {
        let DataState::On(data) = &mut self.data else {
            return;
        };
        while let Some(packet) = data.poll_packet() {
            // It fails when DTLS is over, and then so is this.
            let _ = self.dtls.write(now, &packet);
        }
        let events: Vec<_> = std::iter::from_fn(|| data.poll_event()).collect();
        for event in events {
            self.emit(match event {
                DataEvent::Opened {
                    channel,
                    label,
                    protocol,
                } => SessionEvent::ChannelOpened {
                    channel,
                    label,
                    protocol,
                },
                DataEvent::Message { channel, message } => {
                    SessionEvent::Message { channel, message }
                }
                DataEvent::Closed { channel } => SessionEvent::ChannelClosed { channel },
            });
        }
    }

    fn take_datagrams(&mut self) {
        while let Some(payload) = self.dtls.poll_transmit() {
            if let Some(path) = self.ice.best() {
                self.transmit(path, payload);
            }
        }
    }

    fn transmit(&mut self, path: Path, payload: Vec<u8>) {
        if self.transmits.len() < QUEUE_MAX {
            self.transmits.push_back(Transmit { path, payload });
        }
    }

    fn tell_path(&mut self) {
        if let Some(path) = self.ice.selected() {
            self.emit(SessionEvent::PathChanged(path));
        }
    }

    fn emit(&mut self, event: SessionEvent) {
        if self.is_closed {
            return;
        }
        // The end is always told.
        if self.events.len() < QUEUE_MAX || matches!(event, SessionEvent::Closed(_)) {
            self.events.push_back(event);
        }
    }

    fn end(&mut self, reason: CloseReason) {
        self.emit(SessionEvent::Closed(reason));
        self.is_closed = true;
        self.srtp = None;
        self.data = DataState::Off;
    }

    fn count_open<T>(&mut self, opened: Result<T, OpenError>) -> Result<T, OpenError> {
        match opened {
            Err(OpenError::Malformed) => self.stats.srtp_malformed += 1,
            Err(OpenError::Unauthenticated) => self.stats.srtp_unauthenticated += 1,
            Err(OpenError::Replayed) => self.stats.srtp_replayed += 1,
            Err(OpenError::NotConnected) | Ok(_) => {}
        }
        opened
    }
}

#[cfg(test)]
mod tests;
