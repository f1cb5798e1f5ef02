//! SDP fragments of trickle ICE (RFC 8840 §9): all that matters here are the client's credentials.

use crate::rtc::ice::IceCredentials;

/// What RFC 8445 §5.3 allows.
const UFRAG_CHARS: std::ops::RangeInclusive<usize> = 4..=256;
/// What RFC 8445 §5.3 allows.
const PWD_CHARS: std::ops::RangeInclusive<usize> = 22..=256;

/// The value of the first attribute of that name.
pub(super) fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let attribute = line.trim_end().strip_prefix("a=")?;
        let (found, value) = attribute.split_once(':')?;
        (found == name).then_some(value)
    })
}

/// The credentials that a fragment names; `None` without any.
pub(super) fn credentials(text: &str) -> Result<Option<IceCredentials>, &'static str> {
    let (ufrag, pwd) = match (value(text, "ice-ufrag"), value(text, "ice-pwd")) {
        (None, None) => return Ok(None),
        (Some(ufrag), Some(pwd)) => (ufrag, pwd),
        _ => return Err("ice-ufrag and ice-pwd come together"),
    };
    let legal = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
    };
    if !UFRAG_CHARS.contains(&ufrag.len()) || !legal(ufrag) {
        return Err("ice-ufrag has 4 to 256 letters, digits, + and /");
    }
    if !PWD_CHARS.contains(&pwd.len()) || !legal(pwd) {
        return Err("ice-pwd has 22 to 256 letters, digits, + and /");
    }
    Ok(Some(IceCredentials {
        ufrag: ufrag.into(),
        pwd: pwd.into(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PWD: &str = "abcdefghijklmnopqrstuvwx";

    #[test]
    fn credentials_come_whole_or_not_at_all() {
        let text = format!("a=ice-ufrag:Q8zR\r\na=ice-pwd:{PWD}\r\nm=audio 9 X 0\r\na=mid:0\r\n");
        let found = credentials(&text).expect("legal").expect("there");
        assert_eq!((found.ufrag.as_str(), found.pwd.as_str()), ("Q8zR", PWD));
        let candidates =
            "m=audio 9 X 0\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n";
        assert_eq!(credentials(candidates), Ok(None));
        for bad in [
            "a=ice-ufrag:Q8zR\r\n".to_owned(),
            format!("a=ice-ufrag:Q8z\r\na=ice-pwd:{PWD}\r\n"),
            "a=ice-ufrag:Q8zR\r\na=ice-pwd:short\r\n".to_owned(),
            format!("a=ice-ufrag:Q8 R\r\na=ice-pwd:{PWD}\r\n"),
            format!("a=ice-ufrag:Q8zR\r\na=ice-pwd:{}\r\n", "x".repeat(257)),
        ] {
            assert!(credentials(&bad).is_err(), "{bad}");
        }
    }
}
