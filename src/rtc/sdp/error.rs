//! Why an offer is refused: always the offerer's to mend.

/// What is wrong with an offer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// More bytes than allowed.
    #[error("the offer has {bytes} bytes, more than {max}")]
    TooLarge {
        /// Its length.
        bytes: usize,
        /// The most allowed.
        max: usize,
    },
    /// More of something than allowed.
    #[error("the offer has too many {what}, more than {max}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The most allowed.
        max: usize,
    },
    /// It is not SDP.
    #[error("the offer is malformed: {0}")]
    Malformed(String),
    /// Something that WebRTC needs is not there.
    #[error("the offer has no {0}")]
    Missing(&'static str),
    /// An m-line is outside of the BUNDLE group: all media go over one transport here.
    #[error("m-line {mid:?} is not bundled: offer with BUNDLE (bundlePolicy max-bundle)")]
    NotBundled {
        /// The m-line.
        mid: String,
    },
    /// An m-line wants a port of its own for RTCP.
    #[error("m-line {mid:?} has no rtcp-mux")]
    NoRtcpMux {
        /// The m-line.
        mid: String,
    },
    /// Nothing that was offered can be taken.
    #[error("no m-line of the offer can be accepted")]
    NothingAcceptable,
}
