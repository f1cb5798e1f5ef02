//! What a close frame may carry (RFC 6455 §5.5.1, §7.4).

use super::failure::Failure;

/// A peer's close code with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFrame {
    /// One of the codes allowed on the wire.
    pub code: u16,
    /// At most 123 bytes.
    pub reason: String,
}

impl CloseFrame {
    /// Reads a close payload; an empty one carries no code.
    ///
    /// # Errors
    /// A lone byte, a code that is reserved or never sent, or a reason that is not UTF-8.
    pub(super) fn parse(payload: &[u8]) -> Result<Option<Self>, Failure> {
        let (code, reason) = match payload {
            [] => return Ok(None),
            [_] => return Err(Failure::ShortClose),
            [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
        };
        if !is_sendable(code) {
            return Err(Failure::CloseCode);
        }
        let reason = str::from_utf8(reason)
            .map_err(|_| Failure::Utf8)?
            .to_owned();
        Ok(Some(Self { code, reason }))
    }
}

/// Codes that may appear in a close frame (§7.4.1, §7.4.2 and the IANA registry).
pub(super) const fn is_sendable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_registry_and_of_applications_pass() {
        for code in [1000_u16, 1001, 1003, 1007, 1011, 1014, 3000, 3999, 4004] {
            let payload = [&code.to_be_bytes()[..], "grüß".as_bytes()].concat();
            let frame = CloseFrame::parse(&payload).expect("valid").expect("a code");
            assert_eq!((frame.code, frame.reason.as_str()), (code, "grüß"));
        }
        assert_eq!(CloseFrame::parse(&[]), Ok(None));
    }

    #[test]
    fn reserved_codes_lone_bytes_and_bad_reasons_fail() {
        for code in [
            0_u16, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
        ] {
            assert_eq!(
                CloseFrame::parse(&code.to_be_bytes()),
                Err(Failure::CloseCode)
            );
        }
        assert_eq!(CloseFrame::parse(&[3]), Err(Failure::ShortClose));
        assert_eq!(CloseFrame::parse(&[0x03, 0xe8, 0xff]), Err(Failure::Utf8));
    }
}
