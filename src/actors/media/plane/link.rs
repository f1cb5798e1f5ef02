//! The transports of peers: STUN, DTLS and RTCP in, what they want to send and say out.

use super::seat::{CHANNELS_MAX, Seat};
use super::seats::PeerKey;
use super::{Plane, Refusal};
use crate::actors::media::peer::{PeerLane, PeerMessage};
use crate::actors::media::port::{DATA_BYTES_MAX, DataBlock, DataKind, GoneReason};
use crate::rtc::Path;
use crate::rtc::data::DataMessage;
use crate::rtc::ice::StunVerdict;
use crate::rtc::rtcp::{self, Rtcp};
use crate::rtc::session::{CloseReason, SessionEvent};
use crate::rtc::srtp::OpenError;
use crate::sfu::lanes::EgressLane;
use bytes::{BufMut, Bytes, BytesMut};
use std::time::{Duration, Instant};

impl Plane {
    /// The peer with this local user fragment.
    #[must_use]
    pub fn peer_named(&self, ufrag: &str) -> Option<PeerKey> {
        self.names.get(ufrag).copied()
    }

    /// Takes a STUN datagram for a peer.
    pub fn stun(
        &mut self,
        peer: PeerKey,
        path: Path,
        datagram: &[u8],
        now: Instant,
    ) -> StunVerdict {
        self.serving = Some(peer);
        let verdict = match self.seats.get_mut(peer) {
            Some(seat) => seat.session.handle_stun(now, path, datagram),
            None => StunVerdict::Ignored,
        };
        self.settle(peer, now);
        self.serving = None;
        verdict
    }

    /// Takes a DTLS datagram of a peer.
    pub fn dtls(&mut self, peer: PeerKey, path: Path, datagram: &[u8], now: Instant) {
        self.serving = Some(peer);
        if let Some(seat) = self.seats.get_mut(peer) {
            // What others send in its name costs it nothing.
            if !seat.session.is_validated(&path) || seat.rations.transport(now) {
                seat.session.handle_dtls(now, path, datagram);
            } else {
                self.refuse(Refusal::Excess);
            }
        }
        self.settle(peer, now);
        self.serving = None;
    }

    /// A path to a peer is gone: what it is sent takes another at once, if there is one.
    pub fn path_gone(&mut self, peer: PeerKey, path: &Path, now: Instant) {
        self.serving = Some(peer);
        if let Some(seat) = self.seats.get_mut(peer) {
            seat.session.forget_path(path);
        }
        self.settle(peer, now);
        self.serving = None;
    }

    /// Takes an RTCP packet of a peer: opened, read, and queued for its actor.
    pub fn rtcp(&mut self, peer: PeerKey, path: Path, datagram: &mut [u8], arrived: Instant) {
        self.serving = Some(peer);
        let taken = self.open_rtcp(peer, path, datagram, arrived);
        self.serving = None;
        if let Err(refusal) = taken {
            self.refuse(refusal);
        }
    }

    fn open_rtcp(
        &mut self,
        peer: PeerKey,
        path: Path,
        datagram: &mut [u8],
        arrived: Instant,
    ) -> Result<(), Refusal> {
        let seat = self.seats.get_mut(peer).ok_or(Refusal::Unvalidated)?;
        if !seat.session.is_validated(&path) {
            return Err(Refusal::Unvalidated);
        }
        if !seat.rations.feedback(arrived, 1) {
            return Err(Refusal::Excess);
        }
        let plain = seat
            .session
            .open_rtcp(datagram)
            .map_err(|error| match error {
                OpenError::NotConnected | OpenError::Malformed => Refusal::Malformed,
                OpenError::Unauthenticated => Refusal::Unauthenticated,
                OpenError::Replayed => Refusal::Replayed,
            })?;
        seat.session.heard(arrived, &path);
        let packets = rtcp::parse(&datagram[..plain]).map_err(|_| Refusal::Malformed)?;
        // What it costs is known only now: it is paid off before the next is taken.
        seat.rations
            .feedback(arrived, packets.iter().map(Rtcp::cost).sum());
        let feedback = PeerMessage::Feedback { packets, arrived };
        seat.address
            .push(PeerLane::Feedback, feedback)
            .map_err(|_| Refusal::Overflow)
    }

    /// Seals RTCP and queues it, the first thing to leave for this peer.
    pub(in crate::actors::media) fn send_rtcp(
        &mut self,
        peer: PeerKey,
        packets: &[Rtcp],
        now: Instant,
    ) {
        let Some(seat) = self.seats.get_mut(peer) else {
            return;
        };
        let mut bytes = Vec::with_capacity(128);
        rtcp::write(packets, &mut bytes);
        if bytes.is_empty() || seat.session.seal_rtcp(&mut bytes).is_err() {
            return;
        }
        let lanes = &mut seat.egress.lanes;
        lanes.push_message(now, EgressLane::Control, bytes.into());
        self.mark(peer);
    }

    /// Queues a message for the peer's data channel of that label, the last thing to leave for it.
    pub(in crate::actors::media) fn send_data(
        &mut self,
        peer: PeerKey,
        data: &DataBlock,
        now: Instant,
    ) {
        let Some(seat) = self.seats.get_mut(peer) else {
            return;
        };
        let channel = seat.channels.iter().find(|it| it.1 == data.label);
        let Some((channel, _)) = channel else {
            return;
        };
        let mut message = BytesMut::with_capacity(3 + data.bytes.len());
        message.put_u16(channel.0);
        message.put_u8(u8::from(data.kind == DataKind::Text));
        message.put_slice(&data.bytes);
        let lanes = &mut seat.egress.lanes;
        lanes.push_message(now, EgressLane::Data, message.freeze());
        self.mark(peer);
    }

    /// Hands a message of the data lane to the transport.
    pub(super) fn pass_data(&mut self, peer: PeerKey, message: &Bytes, now: Instant) {
        let Some(seat) = self.seats.get_mut(peer) else {
            return;
        };
        let [high, low, kind, bytes @ ..] = &message[..] else {
            return;
        };
        let channel = u16::from_be_bytes([*high, *low]);
        let text = (*kind == 1).then(|| std::str::from_utf8(bytes).ok());
        let message = match text.flatten() {
            Some(text) => DataMessage::Text(text.to_owned()),
            None => DataMessage::Binary(message.slice(3..)),
        };
        // A channel that takes no more loses the message: it is relayed without promise.
        let _ = seat
            .session
            .send_data(now, crate::rtc::data::ChannelId(channel), message);
        self.settle(peer, now);
    }

    /// A transport is due.
    pub(super) fn time_out(&mut self, peer: PeerKey, now: Instant) {
        let Some(seat) = self.seats.get_mut(peer) else {
            return;
        };
        if seat.armed.is_none_or(|at| at > now) {
            return;
        }
        self.serving = Some(peer);
        #[cfg(feature = "failpoints")]
        seat.fail();
        seat.armed = None;
        seat.session.handle_timeout(now);
        self.settle(peer, now);
        self.serving = None;
    }

    /// Takes what a session wants after it was touched: datagrams, events, the next time to wake it.
    pub(super) fn settle(&mut self, peer: PeerKey, now: Instant) {
        let Some(seat) = self.seats.get_mut(peer) else {
            return;
        };
        let mut some = false;
        while let Some(transmit) = seat.session.poll_transmit() {
            some = true;
            if self.transmits.len() == super::TRANSMITS_MAX {
                self.transmits.pop_front();
            }
            self.transmits.push_back(transmit);
        }
        while let Some(event) = seat.session.poll_event() {
            match &event {
                SessionEvent::Connected { .. } => self.figures.connected.add(1),
                SessionEvent::Closed(CloseReason::DtlsFailed) => {
                    self.figures.handshakes_failed.add(1);
                }
                SessionEvent::Closed(CloseReason::ConsentLost) => self.figures.vanished.add(1),
                _ => {}
            }
            seat.hear(event, now);
        }
        if let Some(at) = seat.session.poll_timeout() {
            // A transport that is always due must not keep the thread.
            let at = at.max(now + WAKE_MIN);
            self.timers.arm(peer, at, &mut seat.armed);
        }
        if some {
            self.wake.notify_one();
        }
    }
}

impl Seat {
    fn hear(&mut self, event: SessionEvent, now: Instant) {
        match event {
            SessionEvent::Connected { .. } => self.tell(PeerMessage::Connected),
            SessionEvent::PathChanged(_) => self.egress.estimator.on_route_change(now),
            SessionEvent::ChannelOpened { channel, label, .. } => {
                if self.channels.len() < CHANNELS_MAX {
                    self.channels.push((channel, label.into()));
                }
            }
            SessionEvent::ChannelClosed { channel } => self.channels.retain(|it| it.0 != channel),
            SessionEvent::Message { channel, message } => {
                let label = self.channels.iter().find(|it| it.0 == channel);
                let Some((_, label)) = label else {
                    return;
                };
                let (kind, bytes) = match message {
                    DataMessage::Text(text) => (DataKind::Text, Bytes::from(text)),
                    DataMessage::Binary(bytes) => (DataKind::Binary, bytes),
                };
                if bytes.len() <= DATA_BYTES_MAX && self.rations.message(now, bytes.len()) {
                    let label = label.clone();
                    let data = PeerMessage::Data(DataBlock { label, kind, bytes });
                    // The lane drops the newest when a client sends too much.
                    let _ = self.address.push(PeerLane::Data, data);
                }
            }
            SessionEvent::Closed(reason) => self.end(match reason {
                CloseReason::PeerClosed => GoneReason::Closed,
                CloseReason::ConsentLost => GoneReason::Vanished,
                CloseReason::DtlsFailed => GoneReason::Handshake,
                CloseReason::Local => GoneReason::Removed,
            }),
        }
    }

    /// The transport is over. Should the actor's mailbox be full, it finds out at its next tick.
    pub(super) fn end(&mut self, reason: GoneReason) {
        self.over.get_or_insert(reason);
        self.tell(PeerMessage::Gone(reason));
    }

    fn tell(&self, message: PeerMessage) {
        if self.address.push(PeerLane::Control, message).is_err() {
            tracing::debug!(
                peer = self.id.0,
                "a peer has too much to do to hear of its transport"
            );
        }
    }
}

/// A transport is woken this long after it was touched, at the soonest.
const WAKE_MIN: Duration = Duration::from_millis(1);
/// Round trips beyond this are measurement errors.
pub(super) const RTT_MAX: Duration = Duration::from_secs(10);
