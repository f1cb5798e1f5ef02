//! Requests that came before: one that comes again from elsewhere, or late, proves nothing.
//!
//! Checks are in the clear, so whoever hears one can send it again. Over another address that would turn the media there;
//! later it would pass for the consent of a peer that is gone.

use super::CONSENT_TIMEOUT;
use crate::rtc::Path;
use std::{collections::VecDeque, time::Instant};

/// Requests that are remembered: browsers check a path that is in use about each 2.5 s.
const KNOWN_MAX: usize = 64;

/// The requests of one peer, known by a part of their authentication tags.
#[derive(Debug, Default)]
pub(super) struct Requests {
    known: VecDeque<Known>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    tag: u64,
    path: Path,
    since: Instant,
}

impl Requests {
    /// Remembers an authentic request. False: it is another's repetition, and not what its sender sends again because it
    /// heard no answer (RFC 8489 §6.2.1).
    pub(super) fn admit(&mut self, now: Instant, path: Path, tag: u64) -> bool {
        if let Some(known) = self.known.iter().find(|known| known.tag == tag) {
            return known.path == path && known.since + CONSENT_TIMEOUT > now;
        }
        if self.known.len() == KNOWN_MAX {
            self.known.pop_front();
        }
        let since = now;
        self.known.push_back(Known { tag, path, since });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;

    #[test]
    fn few_are_remembered() {
        let now = Instant::now();
        let path = |port| Path::Udp(SocketAddr::from(([192, 0, 2, 1], port)));
        let mut requests = Requests::default();
        for tag in 0..1_000 {
            assert!(requests.admit(now, path(1), tag));
        }
        assert_eq!(requests.known.len(), KNOWN_MAX);
        assert!(!requests.admit(now, path(2), 999));
        assert!(requests.admit(now, path(1), 999));
    }
}
