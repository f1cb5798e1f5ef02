//! What a request prefers and already has: `Accept-Encoding` (RFC 9110 §12.5.3), `If-None-Match` (RFC 9110 §13.1.2).

/// How a file's bytes are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// Brotli (RFC 7932).
    Brotli,
    /// Gzip (RFC 1952).
    Gzip,
    /// As they are.
    Identity,
}

impl Coding {
    /// The smallest first: of equal weights it wins.
    const BY_SIZE: [Self; 3] = [Self::Brotli, Self::Gzip, Self::Identity];

    /// Its name in headers.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }
}

/// The coding to answer in, of those that are `available`. The identity always is: whoever refuses even that gets it.
pub(super) fn choose(accepted: Option<&str>, available: impl Fn(Coding) -> bool) -> Coding {
    let accepted = accepted.unwrap_or("");
    let mut best = (0, Coding::Identity);
    for coding in Coding::BY_SIZE {
        let weight = weight(accepted, coding);
        if weight > best.0 && available(coding) {
            best = (weight, coding);
        }
    }
    best.1
}

/// In thousandths; 0: refused. The identity weighs least when it is not named.
fn weight(accepted: &str, coding: Coding) -> u16 {
    let mut any = None;
    for item in accepted.split(',') {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or("");
        let q = parts.find_map(quality).unwrap_or(1000);
        if name.eq_ignore_ascii_case(coding.name()) {
            return q;
        } else if name == "*" {
            any = Some(q);
        }
    }
    any.unwrap_or(u16::from(coding == Coding::Identity))
}

/// `q=0.5` as 500; what is not a number from 0 to 1 refuses.
fn quality(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let value = value.trim().parse::<f32>().unwrap_or(0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 1000 after the clamp"
    )]
    Some((value.clamp(0.0, 1.0) * 1000.0) as u16)
}

/// Whether the client has the representation under `tag`, a quoted strong entity tag.
pub(super) fn is_known(if_none_match: &str, tag: &str) -> bool {
    if_none_match
        .split(',')
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_accepted_coding_is_chosen() {
        use Coding::{Brotli, Gzip, Identity};
        for (accepted, expected) in [
            (Some("gzip, deflate, br, zstd"), Brotli),
            (Some("gzip, deflate"), Gzip),
            (Some("GZIP;Q=1"), Gzip),
            (Some("br;q=0.5, gzip;q=0.8"), Gzip),
            (Some("br;q=0, *"), Gzip),
            (Some("*"), Brotli),
            (Some("*;q=0"), Identity),
            (Some("gzip;q=0.1, identity"), Identity),
            (Some("br;q=nonsense, gzip;q=-1"), Identity),
            (Some("zstd"), Identity),
            (Some(""), Identity),
            (None, Identity),
        ] {
            assert_eq!(choose(accepted, |_| true), expected, "{accepted:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_chosen() {
        let only_gzip = |coding| coding != Coding::Brotli;
        assert_eq!(choose(Some("br, gzip"), only_gzip), Coding::Gzip);
        let nothing = |coding| coding == Coding::Identity;
        assert_eq!(choose(Some("br, gzip"), nothing), Coding::Identity);
    }

    #[test]
    fn a_known_tag_is_found_in_a_list() {
        let tag = "\"ab\"";
        for known in ["\"ab\"", "\"x\", \"ab\"", "W/\"ab\"", "*", " \"ab\" "] {
            assert!(is_known(known, tag), "{known}");
        }
        for unknown in ["", "ab", "\"abc\"", "\"a\", \"b\"", "W/"] {
            assert!(!is_known(unknown, tag), "{unknown}");
        }
    }
}
