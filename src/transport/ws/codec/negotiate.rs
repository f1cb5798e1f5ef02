//! Agreeing on permessage-deflate (RFC 7692 §7.1).
//!
//! Both directions always go without context takeover: a context costs a connection some 300 KiB, and without one a
//! message is compressed once for all its receivers.

/// What a client offers to be answered like our own: no context takeover in either direction.
pub const OFFER: &str =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

const NAME: &str = "permessage-deflate";
/// The base-2 logarithm of DEFLATE's largest window.
const WINDOW_BITS_MAX: u8 = 15;

/// Compression as agreed for one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deflate {
    window_bits: u8,
}

impl Default for Deflate {
    fn default() -> Self {
        Self {
            window_bits: WINDOW_BITS_MAX,
        }
    }
}

impl Deflate {
    /// Whether the shared compressed form of a message this long may be sent: one no longer than the peer's window
    /// never refers further back than the window reaches.
    #[must_use]
    pub const fn fits(self, message_bytes: usize) -> bool {
        self.window_bits == WINDOW_BITS_MAX || message_bytes <= 1 << self.window_bits
    }
}

/// The first acceptable offer among the values of `Sec-WebSocket-Extensions`, with the value that answers it.
#[must_use]
pub fn negotiate<'a>(offers: impl Iterator<Item = &'a str>) -> Option<(Deflate, String)> {
    offers.flat_map(|value| value.split(',')).find_map(accept)
}

/// Each parameter may be there once; an unknown or malformed one declines the offer (§5.1, §7.1).
fn accept(offer: &str) -> Option<(Deflate, String)> {
    let mut parts = offer.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case(NAME) {
        return None;
    }
    let (mut server_no_context, mut client_no_context) = (false, false);
    let (mut server_bits, mut client_bits) = (None, None);
    for part in parts {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim(), Some(unquote(value.trim())?)),
            None => (part, None),
        };
        match (name, value) {
            ("server_no_context_takeover", None) if !server_no_context => server_no_context = true,
            ("client_no_context_takeover", None) if !client_no_context => client_no_context = true,
            ("server_max_window_bits", Some(value)) if server_bits.is_none() => {
                // zlib cannot compress with a window of 256 bytes.
                server_bits = Some(window_bits(value).filter(|bits| *bits > 8)?);
            }
            ("client_max_window_bits", value) if client_bits.is_none() => {
                client_bits = Some(value.map_or(Some(WINDOW_BITS_MAX), window_bits)?);
            }
            _ => return None,
        }
    }
    let mut answer = OFFER.to_owned();
    if let Some(bits) = server_bits {
        answer.push_str(&format!("; server_max_window_bits={bits}"));
    }
    let window_bits = server_bits.unwrap_or(WINDOW_BITS_MAX);
    Some((Deflate { window_bits }, answer))
}

/// A value may be a token or a quoted string; half a quote is neither.
fn unquote(value: &str) -> Option<&str> {
    match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"'),
        None => (!value.ends_with('"')).then_some(value),
    }
}

/// 8 to 15, without leading zeros (§7.1.2).
fn window_bits(value: &str) -> Option<u8> {
    let digits = value.bytes().all(|b| b.is_ascii_digit()) && !value.starts_with('0');
    let bits = digits.then(|| value.parse().ok()).flatten()?;
    (8..=WINDOW_BITS_MAX).contains(&bits).then_some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(offers: &str) -> Option<String> {
        negotiate([offers].into_iter()).map(|(_, answer)| answer)
    }

    #[test]
    fn context_takeover_is_declined_whatever_was_offered() {
        for offer in [
            "permessage-deflate",
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; client_max_window_bits=\"10\"; server_no_context_takeover",
            "x-webkit-deflate-frame, permessage-deflate;client_no_context_takeover",
        ] {
            assert_eq!(answer(offer).as_deref(), Some(OFFER), "{offer}");
        }
    }

    #[test]
    fn a_narrow_server_window_is_agreed_to_and_kept() {
        let (deflate, answer) =
            negotiate(["permessage-deflate; server_max_window_bits=10"].into_iter())
                .expect("accepted");
        assert!(answer.ends_with("; server_max_window_bits=10"));
        assert!(deflate.fits(1024) && !deflate.fits(1025));
    }

    #[test]
    fn an_offer_that_cannot_be_met_falls_back_to_the_next() {
        assert_eq!(
            answer("permessage-deflate; server_max_window_bits=8, permessage-deflate").as_deref(),
            Some(OFFER)
        );
    }

    #[test]
    fn malformed_offers_are_declined() {
        for offer in [
            "",
            "deflate",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=8",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=09",
            "permessage-deflate; server_max_window_bits=+9",
            "permessage-deflate; client_max_window_bits=7",
            "permessage-deflate; client_max_window_bits=\"9",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
            "permessage-deflate; unknown",
        ] {
            assert_eq!(answer(offer), None, "{offer}");
        }
    }
}
