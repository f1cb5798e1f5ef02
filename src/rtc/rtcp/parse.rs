//! Reading RTCP.

use super::Rtcp;

/// The most packets of one compound that are read; what follows is left.
pub const PACKETS_MAX: usize = 64;
/// The most sequence numbers of one NACK.
pub const NACKS_MAX: usize = 1_024;

/// Why bytes are no RTCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RtcpError {
    /// The datagram or a packet in it is shorter than it says.
    #[error("the packet is shorter than it says")]
    Short,
    /// The version is not 2.
    #[error("the version is not 2")]
    Version,
}

/// Reads a decrypted datagram. A packet whose body is malformed is [`Rtcp::Other`]; the others are read all the same.
///
/// # Errors
/// When the chain of packets is broken.
pub fn parse(datagram: &[u8]) -> Result<Vec<Rtcp>, RtcpError> {
    let _ = datagram;
    todo!()
}
