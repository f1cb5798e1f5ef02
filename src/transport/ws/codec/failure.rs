//! Why a peer's bytes are refused, and the close code that says so.

use crate::protocol::CloseCode;

/// The first fault in a byte stream; everything after it is skimmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// RSV2, RSV3, or RSV1 where no extension gives it a meaning (RFC 6455 §5.2).
    #[error("a reserved bit is set")]
    ReservedBit,
    /// Opcodes 3–7 and 11–15 (§5.2).
    #[error("reserved opcode")]
    ReservedOpCode,
    /// A control frame in fragments (§5.5).
    #[error("fragmented control frame")]
    FragmentedControl,
    /// A control frame above 125 bytes (§5.5).
    #[error("control frame above 125 bytes")]
    LongControl,
    /// A client that does not mask, or a server that does (§5.1).
    #[error("wrong masking")]
    Masking,
    /// A length not in its shortest form, or with its highest bit set (§5.2).
    #[error("length not in its shortest form")]
    LengthForm,
    /// A continuation of nothing (§5.4).
    #[error("continuation without a message")]
    NothingToContinue,
    /// A new message inside a fragmented one (§5.4).
    #[error("data frame inside a fragmented message")]
    InterleavedMessage,
    /// A close payload of one byte (§5.5.1).
    #[error("close payload of one byte")]
    ShortClose,
    /// A close code that must not be on the wire (§7.4).
    #[error("invalid close code")]
    CloseCode,
    /// Text or a close reason that is not UTF-8 (§8.1).
    #[error("text is not UTF-8")]
    Utf8,
    /// A compressed payload that does not inflate (RFC 7692 §7.2.2).
    #[error("corrupt compressed data")]
    Deflate,
    /// A frame or a message beyond its limit.
    #[error("message too big")]
    TooBig,
}

impl Failure {
    /// The close code for the peer (RFC 6455 §7.4.1).
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::Utf8 | Self::Deflate => CloseCode::InvalidUtf8,
            Self::TooBig => CloseCode::TooBig,
            Self::ReservedBit
            | Self::ReservedOpCode
            | Self::FragmentedControl
            | Self::LongControl
            | Self::Masking
            | Self::LengthForm
            | Self::NothingToContinue
            | Self::InterleavedMessage
            | Self::ShortClose
            | Self::CloseCode => CloseCode::ProtocolError,
        }
    }
}
