//! Which web pages may connect: the `Origin` of a handshake (RFC 6454 §7, RFC 6455 §10.2).

/// Whether pages of the server's own host may connect without being listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SameHost {
    /// The page's host and port are those of the `Host` header.
    #[default]
    Allowed,
    /// Only what is listed.
    Listed,
}

/// An exact allow-list. A request without an `Origin` does not come from a web page and passes.
#[derive(Debug, Clone, Default)]
pub struct OriginPolicy {
    listed: Vec<String>,
    same_host: SameHost,
}

impl OriginPolicy {
    /// `listed` holds origins as browsers send them: scheme, host and, unless it is the scheme's own, port.
    #[must_use]
    pub fn new(listed: &[String], same_host: SameHost) -> Self {
        Self {
            listed: listed
                .iter()
                .map(|origin| canonical(origin).to_ascii_lowercase())
                .collect(),
            same_host,
        }
    }

    /// Judges an `Origin` header against a `Host` header.
    #[must_use]
    pub fn allows(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        let Some(origin) = origin else { return true };
        let origin = canonical(origin);
        self.listed
            .iter()
            .any(|listed| listed.eq_ignore_ascii_case(origin))
            || self.same_host == SameHost::Allowed
                && host.is_some_and(|host| is_same_host(origin, host))
    }
}

/// Without a trailing slash and without the scheme's own port.
fn canonical(origin: &str) -> &str {
    let origin = origin.trim_end_matches('/');
    match split(origin) {
        Some((_, port, authority)) => {
            let cut = authority.strip_suffix(port).map_or(0, |_| port.len());
            &origin[..origin.len() - cut]
        }
        None => origin,
    }
}

fn is_same_host(origin: &str, host: &str) -> bool {
    split(origin).is_some_and(|(_, port, authority)| {
        let own = host.strip_suffix(port).unwrap_or(host);
        own.eq_ignore_ascii_case(authority)
    })
}

/// Scheme, its own port, and what follows the scheme.
fn split(origin: &str) -> Option<(&str, &'static str, &str)> {
    let (scheme, authority) = origin.split_once("://")?;
    let port = match scheme.to_ascii_lowercase().as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    Some((scheme, port, authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_origins_pass() {
        let policy = OriginPolicy::new(
            &[
                "https://Chat.example/".into(),
                "http://localhost:5173".into(),
            ],
            SameHost::Listed,
        );
        for allowed in [
            "https://chat.example",
            "HTTPS://chat.example:443",
            "http://localhost:5173",
        ] {
            assert!(policy.allows(Some(allowed), Some("x")), "{allowed}");
        }
        for refused in [
            "http://chat.example",
            "https://chat.example.evil.test",
            "https://evil.test/https://chat.example",
            "https://sub.chat.example",
            "http://localhost",
            "null",
            "",
        ] {
            assert!(
                !policy.allows(Some(refused), Some("chat.example")),
                "{refused}"
            );
        }
        assert!(policy.allows(None, Some("chat.example")));
    }

    #[test]
    fn the_own_host_passes_with_or_without_the_usual_port() {
        let policy = OriginPolicy::new(&[], SameHost::Allowed);
        assert!(policy.allows(Some("https://chat.lan"), Some("chat.lan")));
        assert!(policy.allows(Some("https://chat.lan"), Some("chat.lan:443")));
        assert!(policy.allows(Some("http://CHAT.lan:8080"), Some("chat.lan:8080")));
        assert!(!policy.allows(Some("http://chat.lan:8080"), Some("chat.lan")));
        assert!(!policy.allows(Some("https://evil.test"), Some("chat.lan")));
        assert!(!policy.allows(Some("chrome-extension://chat.lan"), Some("chat.lan")));
        assert!(!policy.allows(Some("https://chat.lan"), None));
    }
}
