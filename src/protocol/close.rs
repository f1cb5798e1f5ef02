//! WebSocket close codes (RFC 6455 §7.4), and whether and how to reconnect after each.

/// Why the server closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseCode {
    /// Both sides are done. Do not reconnect by itself.
    Normal,
    /// The server stops: reconnect after a random delay.
    GoingAway,
    /// A WebSocket protocol error.
    ProtocolError,
    /// A text message where only binary ones are spoken, or the other way round.
    UnsupportedData,
    /// Text that is not UTF-8.
    InvalidUtf8,
    /// Floods after warnings.
    PolicyViolation,
    /// A message beyond the limit.
    TooBig,
    /// An unexpected fault: reconnect with back-off.
    Internal,
    /// `hello` did not come in time, or was refused.
    Unauthorized,
    /// The token expired: reconnect with a new one.
    TokenExpired,
    /// The token was revoked: do not reconnect with it.
    TokenRevoked,
    /// The client reads too slowly: reconnect and resume from the cursor.
    SlowConsumer,
    /// Two heartbeats were missed: reconnect and resume.
    HeartbeatLost,
}

impl CloseCode {
    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::GoingAway => 1001,
            Self::ProtocolError => 1002,
            Self::UnsupportedData => 1003,
            Self::InvalidUtf8 => 1007,
            Self::PolicyViolation => 1008,
            Self::TooBig => 1009,
            Self::Internal => 1011,
            Self::Unauthorized => 4001,
            Self::TokenExpired => 4002,
            Self::TokenRevoked => 4003,
            Self::SlowConsumer => 4004,
            Self::HeartbeatLost => 4005,
        }
    }

    /// The reason text that goes with it (≤ 123 bytes).
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Normal => "done",
            Self::GoingAway => "server is going away: reconnect",
            Self::ProtocolError => "WebSocket protocol error",
            Self::UnsupportedData => "wrong message type for the subprotocol",
            Self::InvalidUtf8 => "text is not UTF-8",
            Self::PolicyViolation => "too many requests",
            Self::TooBig => "message too big",
            Self::Internal => "internal error: reconnect",
            Self::Unauthorized => "unauthorized",
            Self::TokenExpired => "token expired: reconnect with a new one",
            Self::TokenRevoked => "token revoked",
            Self::SlowConsumer => "reading too slowly: reconnect and resume",
            Self::HeartbeatLost => "heartbeat lost: reconnect and resume",
        }
    }
}
