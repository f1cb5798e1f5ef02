//! What a session takes and what it tells.

use crate::rtc::{
    Path,
    data::{ChannelId, DataMessage},
    dtls::{DtlsRole, SrtpOffer},
    ice::IceCredentials,
    identity::{Fingerprint, Identity},
    srtp::SrtpProfile,
};
use std::sync::Arc;
use thiserror::Error;

/// Whether data channels were negotiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DataChannels {
    /// An `m=application` line was agreed.
    On,
    /// What the peer sends for SCTP is dropped.
    #[default]
    Off,
}

/// What offer and answer agreed on, as far as the transport is concerned.
#[derive(Debug, Clone)]
pub struct SessionConfig {
    /// The node's certificate.
    pub identity: Arc<Identity>,
    /// Ours, as in the answer.
    pub local: IceCredentials,
    /// The peer's, as in its offer.
    pub remote: IceCredentials,
    /// The certificate the peer must show.
    pub remote_fingerprint: Fingerprint,
    /// Who begins the DTLS handshake. Active unless the peer insists on being active.
    pub role: DtlsRole,
    /// Whether SCTP is spoken.
    pub data: DataChannels,
    /// Which SRTP profiles are acceptable.
    pub srtp: SrtpOffer,
}

/// The session cannot begin with what was agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SessionError {
    /// User fragments have 4 to 256 bytes and passwords 22 to 256 (RFC 8445 §5.3): the offer, or this node, is wrong.
    #[error("the ICE credentials are too short or too long")]
    Credentials,
}

/// A datagram to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmit {
    /// Where to.
    pub path: Path,
    /// The whole datagram, or for [`Path::Tcp`] the content of one frame.
    pub payload: Vec<u8>,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The peer closed DTLS.
    PeerClosed,
    /// Neither a valid binding request nor media came for [`CONSENT_TIMEOUT`](crate::rtc::ice::CONSENT_TIMEOUT)
    /// (RFC 7675 §5.1), or no request at all.
    ConsentLost,
    /// The handshake was refused or not completed in time.
    DtlsFailed,
    /// [`Session::close`](super::Session::close) was called.
    Local,
}

/// What happened. Events come in the order in which they did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEvent {
    /// DTLS is complete and the peer's certificate is the one announced: media may flow.
    Connected {
        /// The profile that was agreed.
        srtp: SrtpProfile,
    },
    /// The peer selected this path, the first or another: send there from now on.
    PathChanged(Path),
    /// The peer opened a data channel; it is acknowledged already.
    ChannelOpened {
        /// Its stream.
        channel: ChannelId,
        /// Its label, up to [`LABEL_LEN_MAX`](crate::rtc::data::LABEL_LEN_MAX) bytes.
        label: String,
        /// Its subprotocol, often empty; bounded as the label.
        protocol: String,
    },
    /// A whole message arrived.
    Message {
        /// On which channel.
        channel: ChannelId,
        /// What.
        message: DataMessage,
    },
    /// The peer closed a data channel.
    ChannelClosed {
        /// Which.
        channel: ChannelId,
    },
    /// The session is over: nothing follows, and what it holds may be dropped once the transmits are sent.
    Closed(CloseReason),
}

/// What a session refused, since it began. All counters only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionStats {
    /// STUN messages that were no valid binding request for us.
    pub stun_refused: u64,
    /// Requests answered with an error: role conflict or unknown attribute.
    pub stun_conflicts: u64,
    /// Datagrams of DTLS from a path that is not validated, or after the end.
    pub dtls_refused: u64,
    /// DTLS records dropped before the library saw them: foreign ClientHellos, plaintext after the handshake, excess.
    pub dtls_filtered: u64,
    /// Errors that the DTLS library reported.
    pub dtls_errors: u64,
    /// Flights of the handshake that were sent again.
    pub dtls_resent: u64,
    /// SRTP and SRTCP packets too short or malformed.
    pub srtp_malformed: u64,
    /// SRTP and SRTCP packets that failed authentication.
    pub srtp_unauthenticated: u64,
    /// SRTP and SRTCP packets that were seen before or are older than the replay window.
    pub srtp_replayed: u64,
    /// Packets of SCTP or messages of data channels that were dropped.
    pub data_refused: u64,
}
