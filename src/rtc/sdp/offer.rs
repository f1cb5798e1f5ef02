//! Reading an offer.

use super::{
    MediaLine, SdpError,
    line::{Direction, Transport, direction, malformed, values},
};
use rtc_sdp::description::session::SessionDescription;
use std::{collections::BTreeSet, io::Cursor};

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
            // Chromium offers 6.6 KB for each video slot whose codecs a page did not narrow.
            bytes_max: 512 * 1024,
            lines_max: 64,
            candidates_max: 1_024,
            ssrcs_max: 256,
            payload_types_max: 96,
            extensions_max: 32,
            rids_max: 4,
        }
    }
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
    pub(super) transport: Transport,
}

/// Reads an offer.
///
/// # Errors
/// When it is malformed, or has more of something than `limits` allow.
pub fn parse_offer(text: &str, limits: &OfferLimits) -> Result<Offer, SdpError> {
    check_text(text, limits)?;
    let session = SessionDescription::unmarshal(&mut Cursor::new(text.as_bytes()))
        .map_err(|error| SdpError::Malformed(error.to_string().chars().take(100).collect()))?;
    let default_direction = direction(&session.attributes).unwrap_or(Direction::SendRecv);
    let lines = session
        .media_descriptions
        .iter()
        .map(|media| MediaLine::parse(media, default_direction, limits))
        .collect::<Result<Vec<_>, _>>()?;
    at_most(
        "SSRCs",
        lines.iter().map(|line| line.ssrcs.len()).sum(),
        limits.ssrcs_max,
    )?;
    let mut mids = BTreeSet::new();
    if let Some(line) = lines.iter().find(|line| !mids.insert(line.mid.as_str())) {
        return Err(malformed("repeated mid", &line.mid));
    }
    let mixed = "extmap-allow-mixed";
    Ok(Offer {
        mixed_extensions: session.has_attribute(mixed)
            || session
                .media_descriptions
                .iter()
                .any(|media| media.has_attribute(mixed)),
        bundle: values(&session.attributes, "group")
            .find_map(|group| group.strip_prefix("BUNDLE"))
            .map(|mids| mids.split_ascii_whitespace().map(str::to_owned).collect())
            .unwrap_or_default(),
        transport: Transport::parse(&session.attributes)?,
        lines,
    })
}

/// What can be said before parsing, so that nothing large is parsed.
fn check_text(text: &str, limits: &OfferLimits) -> Result<(), SdpError> {
    if text.len() > limits.bytes_max {
        return Err(SdpError::TooLarge {
            bytes: text.len(),
            max: limits.bytes_max,
        });
    }
    let lines = || {
        text.split('\n')
            .map(|line| line.strip_suffix('\r').unwrap_or(line))
    };
    // What an answer repeats must not be able to begin a line of its own.
    if lines().any(|line| line.chars().any(char::is_control)) {
        return Err(SdpError::Malformed("it has control characters".into()));
    }
    let count = |prefix: &str| lines().filter(|line| line.starts_with(prefix)).count();
    at_most("m-lines", count("m="), limits.lines_max)?;
    at_most("candidates", count("a=candidate:"), limits.candidates_max)
}

fn at_most(what: &'static str, count: usize, max: usize) -> Result<(), SdpError> {
    if count > max {
        return Err(SdpError::TooMany { what, max });
    }
    Ok(())
}
