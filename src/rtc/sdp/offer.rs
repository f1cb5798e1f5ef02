//! Reading an offer.

use super::{MediaLine, SdpError};

/// How much an offer may have of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferLimits {
    /// Its text.
    pub bytes_max: usize,
    /// Its m-lines.
    pub lines_max: usize,
    /// Candidates, of all m-lines.
    pub candidates_max: usize,
    /// SSRCs, of all m-lines.
    pub ssrcs_max: usize,
    /// Payload types of one m-line.
    pub payload_types_max: usize,
    /// Header extensions of one m-line.
    pub extensions_max: usize,
    /// Simulcast encodings of one m-line.
    pub rids_max: usize,
}

impl Default for OfferLimits {
    fn default() -> Self {
        Self {
            bytes_max: 64 * 1024,
            lines_max: 64,
            candidates_max: 256,
            ssrcs_max: 256,
            payload_types_max: 96,
            extensions_max: 32,
            rids_max: 4,
        }
    }
}

/// A DTLS role (RFC 8842 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// Opens the handshake.
    Active,
    /// Awaits it.
    Passive,
    /// Either: only in offers.
    ActPass,
}

/// An offer, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its m-lines, in order.
    pub lines: Vec<MediaLine>,
    /// The mids of the BUNDLE group, in order; empty without one.
    pub bundle: Vec<String>,
    /// The offerer understands one- and two-byte extensions mixed in one stream.
    pub mixed_extensions: bool,
}

/// Reads an offer.
///
/// # Errors
/// When it is malformed, or has more of something than `limits` allow.
pub fn parse_offer(text: &str, limits: &OfferLimits) -> Result<Offer, SdpError> {
    let _ = (text, limits);
    todo!()
}
