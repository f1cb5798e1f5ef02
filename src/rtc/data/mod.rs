//! Data channels: SCTP over DTLS (RFC 8261, RFC 8831) opened by DCEP (RFC 8832), around the sans-I/O `rtc-sctp`.
//!
//! The peer opens both the association and the channels; each open is acknowledged. What a peer can make us keep is
//! bounded: beyond the bounds the association ends, media goes on.

mod bounds;
mod chunks;
mod dcep;

use bounds::{Bounds, RECEIVE_BUFFER_MAX};
use bytes::Bytes;
use dcep::Open;
use rtc_sctp::{
    Association, AssociationHandle, DatagramEvent, Endpoint, EndpointConfig, Event, Payload,
    PayloadProtocolIdentifier, ServerConfig, StreamEvent, TransportConfig,
};
use rtc_shared::TransportProtocol;
use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Instant,
};
use thiserror::Error;

/// Longest label and longest protocol name of a channel, in bytes.
pub const LABEL_LEN_MAX: usize = 256;

/// Channels of a peer, and streams each way.
pub const CHANNELS_MAX: u16 = 64;

/// Longest message, both ways, in bytes: what the SDP says in `a=max-message-size`.
pub const MESSAGE_LEN_MAX: usize = 64 * 1024;

/// Bytes that may wait to be sent to a peer.
pub const SEND_BUFFER_MAX: usize = 256 * 1024;

/// Packets that wait to be taken by [`Data::poll_packet`]; more are dropped, as a network would.
const PACKETS_MAX: usize = 512;

/// Associations of the library are named by an address. There is one, so any will do.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9);

/// A data channel: the number of its SCTP stream, both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelId(pub u16);

/// A message of a data channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataMessage {
    /// UTF-8.
    Text(String),
    /// Bytes.
    Binary(Bytes),
}

/// Why a message was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DataError {
    /// No such channel is open.
    #[error("the data channel is not open")]
    NotOpen,
    /// Longer than [`MESSAGE_LEN_MAX`]: send less.
    #[error("the message is too long")]
    TooLong,
    /// [`SEND_BUFFER_MAX`] is reached: try later, or drop it.
    #[error("too much is waiting to be sent")]
    Full,
}

/// What happened on the channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataEvent {
    /// The peer opened a channel.
    Opened {
        /// Which.
        channel: ChannelId,
        /// Its label.
        label: String,
        /// Its subprotocol, often empty.
        protocol: String,
    },
    /// A whole message arrived.
    Message {
        /// On which channel.
        channel: ChannelId,
        /// What.
        message: DataMessage,
    },
    /// The peer closed a channel, or the association ended.
    Closed {
        /// Which.
        channel: ChannelId,
    },
}

/// The SCTP association of one peer, begun by the peer.
pub struct Data {
    endpoint: Endpoint,
    association: Option<(AssociationHandle, Box<Association>)>,
    /// The library calls an association closed before it is established, too.
    is_established: bool,
    open: BTreeSet<u16>,
    packets: VecDeque<Bytes>,
    events: VecDeque<DataEvent>,
    bounds: Bounds,
    refused: u64,
}

impl Default for Data {
    fn default() -> Self {
        Self::new()
    }
}

impl Data {
    /// Waits for the peer's INIT. Costs some kilobytes: make it when the first packet comes.
    #[must_use]
    pub fn new() -> Self {
        let transport = TransportConfig::default()
            .with_max_receive_buffer_size(RECEIVE_BUFFER_MAX)
            .with_max_message_size(MESSAGE_LEN_MAX as u32)
            .with_max_num_inbound_streams(CHANNELS_MAX)
            .with_max_num_outbound_streams(CHANNELS_MAX);
        Self {
            endpoint: Endpoint::new(
                PEER,
                TransportProtocol::UDP,
                Arc::new(EndpointConfig::default()),
                Some(Arc::new(ServerConfig::new(transport))),
            ),
            association: None,
            is_established: false,
            open: BTreeSet::new(),
            packets: VecDeque::new(),
            events: VecDeque::new(),
            bounds: Bounds::default(),
            refused: 0,
        }
    }

    /// Takes an SCTP packet, the content of one DTLS record.
    pub fn handle(&mut self, now: Instant, packet: Bytes) {
        let Some(contents) = chunks::contents(&packet, CHANNELS_MAX) else {
            self.refused += 1;
            return;
        };
        if !self.bounds.may_take(contents) {
            self.refused += 1;
            self.abort(now);
            return;
        }
        match self.endpoint.handle(now, PEER, None, packet) {
            Some((handle, DatagramEvent::NewAssociation(association))) => {
                self.association = Some((handle, Box::new(association)));
                // Every further INIT would leave something behind.
                self.endpoint.reject_new_associations();
            }
            Some((_, DatagramEvent::AssociationEvent(event))) => {
                if let Some((_, association)) = &mut self.association {
                    association.handle_event(event);
                }
            }
            _ => self.refused += 1,
        }
        self.advance(now);
    }

    /// Sends a message on an open channel.
    ///
    /// # Errors
    ///
    /// See [`DataError`]; nothing was sent.
    pub fn send(
        &mut self,
        now: Instant,
        channel: ChannelId,
        message: &DataMessage,
    ) -> Result<(), DataError> {
        use PayloadProtocolIdentifier::{Binary, BinaryEmpty, String, StringEmpty};
        let (content, protocol) = match message {
            // SCTP carries no empty messages: RFC 8831 §6.6.
            DataMessage::Text(text) if text.is_empty() => (&[0][..], StringEmpty),
            DataMessage::Binary(bytes) if bytes.is_empty() => (&[0][..], BinaryEmpty),
            DataMessage::Text(text) => (text.as_bytes(), String),
            DataMessage::Binary(bytes) => (&bytes[..], Binary),
        };
        if content.len() > MESSAGE_LEN_MAX {
            return Err(DataError::TooLong);
        }
        if !self.open.contains(&channel.0) {
            return Err(DataError::NotOpen);
        }
        if self.waiting() + content.len() > SEND_BUFFER_MAX {
            return Err(DataError::Full);
        }
        self.write(now, channel.0, content, protocol)
            .ok_or(DataError::NotOpen)?;
        self.advance(now);
        Ok(())
    }

    /// The next SCTP packet to send in a DTLS record.
    pub fn poll_packet(&mut self) -> Option<Bytes> {
        self.packets.pop_front()
    }

    /// What happened next.
    pub fn poll_event(&mut self) -> Option<DataEvent> {
        self.events.pop_front()
    }

    /// When [`Self::handle_timeout`] wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.association
            .as_ref()
            .and_then(|(_, association)| association.poll_timeout())
    }

    /// Retransmits and acknowledges.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let Some((_, association)) = &mut self.association {
            association.handle_timeout(now);
            self.advance(now);
        }
    }

    /// Packets and messages that were dropped.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// Bytes that wait to be sent or acknowledged, on all channels.
    fn waiting(&mut self) -> usize {
        let Some((_, association)) = &mut self.association else {
            return 0;
        };
        self.open
            .iter()
            .filter_map(|id| association.stream(*id).ok()?.buffered_amount().ok())
            .sum()
    }

    fn write(
        &mut self,
        now: Instant,
        id: u16,
        content: &[u8],
        protocol: PayloadProtocolIdentifier,
    ) -> Option<()> {
        let (_, association) = self.association.as_mut()?;
        let mut stream = association.stream(id).ok()?;
        stream.write_with_ppi(now, content, protocol).ok()?;
        Some(())
    }

    /// Takes from the association whatever it has.
    fn advance(&mut self, now: Instant) {
        self.take_events(now);
        self.take_packets(now);
        let is_closed = self
            .association
            .as_ref()
            .is_some_and(|(_, association)| association.is_closed());
        if self.is_established && is_closed {
            self.end();
        }
    }

    fn take_events(&mut self, now: Instant) {
        while let Some((handle, association)) = &mut self.association {
            while let Some(event) = association.poll_endpoint_event() {
                self.endpoint.handle_event(*handle, event);
            }
            match association.poll() {
                Some(Event::Stream(StreamEvent::Opened { .. })) => {
                    association.accept_stream();
                }
                Some(Event::Stream(StreamEvent::Readable { id })) => self.read(now, id),
                // The library reports a stream reset by the peer as the loss of it.
                Some(Event::AssociationLost { id, .. }) => self.close_channel(id),
                Some(Event::Connected) => self.is_established = true,
                Some(_) => {}
                None => break,
            }
        }
    }

    fn take_packets(&mut self, now: Instant) {
        while let Some((_, association)) = &mut self.association {
            let Some(transmit) = association.poll_transmit(now) else {
                return;
            };
            let Payload::RawEncode(packets) = transmit.message else {
                continue;
            };
            for packet in packets {
                if let Some(acknowledged) = chunks::acknowledged(&packet) {
                    self.bounds.on_acknowledged(acknowledged);
                }
                if self.packets.len() < PACKETS_MAX {
                    self.packets.push_back(packet);
                }
            }
        }
    }

    fn read(&mut self, now: Instant, id: u16) {
        loop {
            let Some((_, association)) = &mut self.association else {
                return;
            };
            let Ok(mut stream) = association.stream(id) else {
                return;
            };
            let Ok(Some(chunks)) = stream.read_sctp() else {
                return;
            };
            match chunks.to_payload(MESSAGE_LEN_MAX) {
                Ok(payload) => self.on_message(now, id, chunks.ppi, payload.freeze()),
                Err(_) => self.refused += 1,
            }
        }
    }

    fn on_message(
        &mut self,
        now: Instant,
        id: u16,
        protocol: PayloadProtocolIdentifier,
        payload: Bytes,
    ) {
        use PayloadProtocolIdentifier::{Binary, BinaryEmpty, Dcep, String, StringEmpty};
        let message = match protocol {
            Dcep => return self.on_dcep(now, id, &payload),
            String => std::str::from_utf8(&payload)
                .ok()
                .map(|text| DataMessage::Text(text.to_owned())),
            Binary => Some(DataMessage::Binary(payload)),
            StringEmpty => Some(DataMessage::Text(std::string::String::new())),
            BinaryEmpty => Some(DataMessage::Binary(Bytes::new())),
            _ => None,
        };
        match message.filter(|_| self.open.contains(&id)) {
            Some(message) => self.events.push_back(DataEvent::Message {
                channel: ChannelId(id),
                message,
            }),
            None => self.refused += 1,
        }
    }

    fn on_dcep(&mut self, now: Instant, id: u16, message: &[u8]) {
        let open = Open::parse(message).filter(|_| !self.open.contains(&id));
        let (Some(open), Some((_, association))) = (open, &mut self.association) else {
            // An ACK, of which we ask none, or nonsense.
            self.refused += 1;
            return;
        };
        if let Ok(mut stream) = association.stream(id) {
            // It exists, so this cannot fail; if it did, the channel would be reliable.
            let _ = stream.set_reliability_params(
                open.unordered,
                open.reliability,
                open.reliability_value,
            );
        }
        if self
            .write(now, id, &dcep::ACK, PayloadProtocolIdentifier::Dcep)
            .is_some()
        {
            self.open.insert(id);
            self.events.push_back(DataEvent::Opened {
                channel: ChannelId(id),
                label: open.label,
                protocol: open.protocol,
            });
        }
    }

    fn close_channel(&mut self, id: u16) {
        if self.open.remove(&id) {
            self.events.push_back(DataEvent::Closed {
                channel: ChannelId(id),
            });
        }
    }

    fn abort(&mut self, now: Instant) {
        if let Some((_, association)) = &mut self.association {
            // It only fails when there is nobody to tell.
            let _ = association.abort();
            self.take_packets(now);
        }
        self.end();
    }

    fn end(&mut self) {
        self.association = None;
        while let Some(id) = self.open.pop_first() {
            self.events.push_back(DataEvent::Closed {
                channel: ChannelId(id),
            });
        }
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Data")
            .field("open", &self.open)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
