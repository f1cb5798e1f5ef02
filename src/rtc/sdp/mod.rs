//! Session descriptions: an offer is read, an answer is made (RFC 8829, RFC 9429; the server only answers).
//!
//! [`parse_offer`] checks and bounds; [`answer`] decides per m-line what it is (a publication, a slot, the data channel,
//! or refused), chooses codecs and writes the text. It keeps no state: SSRCs of slots come from the caller.

mod agreed;
mod answer;
mod choose;
mod error;
mod formats;
mod line;
mod local;
mod offer;
mod simulcast;
mod write;

pub use agreed::{Agreed, AgreedCodec, AgreedLine, Feedback, LineRole, MediaKind, Remote};
pub use answer::answer;
pub use error::SdpError;
pub use line::{Direction, MediaLine, OfferedCodec};
pub use local::{AudioNack, AudioRed, Candidate, LocalDescription, SendRecv, SlotSsrcs};
pub use offer::{Offer, OfferLimits, parse_offer};

#[cfg(test)]
mod tests;
