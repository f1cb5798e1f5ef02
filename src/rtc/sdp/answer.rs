//! Making an answer.

use super::{Agreed, LocalDescription, Offer, SdpError};

/// Answers an offer: what was agreed, and the text for the offerer.
///
/// # Errors
/// When the offer lacks what WebRTC needs here (BUNDLE, rtcp-mux, ICE and DTLS parameters), or nothing in it can be taken.
pub fn answer(offer: &Offer, local: &LocalDescription<'_>) -> Result<(Agreed, String), SdpError> {
    let _ = (offer, local);
    todo!()
}
