//! ICE-lite (RFC 8445 §2.5): we have one candidate, never send checks, and answer those of the peer.

use std::{fmt, time::Duration};

/// A peer whose binding requests stop for this long is gone (RFC 7675 §5.1 allows 30 s; calls notice sooner).
pub const CONSENT_TIMEOUT: Duration = Duration::from_secs(12);

/// Random bytes that make [`IceCredentials`].
pub const CREDENTIAL_RANDOM_LEN: usize = 32;

/// What a STUN datagram did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StunVerdict {
    /// A valid request: its path now counts as validated. The answer is queued.
    Validated,
    /// Not for us, not valid, or answered with an error: the path gained nothing.
    Ignored,
}

/// User fragment and password of one side (RFC 8445 §5.3). Debug output hides the password.
#[derive(Clone, PartialEq, Eq)]
pub struct IceCredentials {
    /// 4 to 256 ICE characters.
    pub ufrag: String,
    /// 22 to 256 ICE characters.
    pub pwd: String,
}

impl IceCredentials {
    /// Makes credentials of 48 and 144 bits from random bytes of the caller.
    #[must_use]
    pub fn from_random(random: &[u8; CREDENTIAL_RANDOM_LEN]) -> Self {
        const ICE_CHARS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let text = |bytes: &[u8]| {
            bytes
                .iter()
                .map(|byte| char::from(ICE_CHARS[usize::from(byte % 64)]))
                .collect()
        };
        let (ufrag, pwd) = random.split_at(8);
        Self {
            ufrag: text(ufrag),
            pwd: text(pwd),
        }
    }
}

impl fmt::Debug for IceCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceCredentials")
            .field("ufrag", &self.ufrag)
            .finish_non_exhaustive()
    }
}

/// The local user fragment in USERNAME (`local:remote`), without checking anything else: the key by which a request from
/// a new address finds its session.
#[must_use]
pub fn stun_local_ufrag(datagram: &[u8]) -> Option<&str> {
    let _ = datagram;
    todo!()
}
