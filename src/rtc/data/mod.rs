//! Data channels: SCTP over DTLS (RFC 8261, RFC 8831) opened by DCEP (RFC 8832).

use bytes::Bytes;
use thiserror::Error;

/// Longest label and longest protocol name of a channel, in bytes.
pub const LABEL_LEN_MAX: usize = 256;

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
    /// Longer than the peer is ready to take: send less.
    #[error("the message is too long")]
    TooLong,
    /// Too much is waiting to be sent: try later, or drop it.
    #[error("too much is waiting to be sent")]
    Full,
}
