//! ICE-lite (RFC 8445 §2.5): we have one candidate, never send checks, and answer those of the peer.
//!
//! Nothing unauthenticated is answered. The peer's requests are its consent to be sent to (RFC 7675), and so is what
//! comes sealed by it: when both stop the session ends. After an ICE restart both the old and the new credentials count until the new ones are used.

mod paths;
mod requests;
mod stun;

pub use paths::PATHS_MAX;
#[cfg(test)]
pub(in crate::rtc) use stun::build;

use crate::rtc::Path;
use paths::Paths;
use requests::Requests;
use std::{
    fmt,
    time::{Duration, Instant},
};
use stun::{Answer, Request};

/// A peer whose binding requests and media stop for this long is gone (RFC 7675 §5.1 allows 30 s; calls notice sooner).
pub const CONSENT_TIMEOUT: Duration = Duration::from_secs(12);

/// A peer whose first valid binding request does not come within this time will not come.
pub const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

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

    /// Whether the lengths are those of RFC 8445 §5.3.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        (4..=256).contains(&self.ufrag.len()) && (22..=256).contains(&self.pwd.len())
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
    let username = std::str::from_utf8(stun::username(datagram)?).ok()?;
    Some(username.split_once(':')?.0)
}

/// What the agent made of a datagram.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) verdict: StunVerdict,
    /// To be sent back over the same path.
    pub(super) answer: Option<Vec<u8>>,
    /// The selected path is another now.
    pub(super) is_path_changed: bool,
}

impl Checked {
    const IGNORED: Self = Self {
        verdict: StunVerdict::Ignored,
        answer: None,
        is_path_changed: false,
    };
}

/// The lite agent of one session.
#[derive(Debug)]
pub(super) struct IceAgent {
    current: Generation,
    /// Before the last restart, until the current credentials are used.
    previous: Option<Generation>,
    paths: Paths,
    requests: Requests,
    /// Without a valid request until then, there will be none.
    first_by: Instant,
}

/// Credentials between two restarts.
#[derive(Debug)]
struct Generation {
    /// USERNAME of the peer's requests: `local:remote`.
    username: Vec<u8>,
    /// Our password, which signs both requests and answers.
    password: String,
}

impl Generation {
    fn new(local: IceCredentials, remote: &IceCredentials) -> Self {
        Self {
            username: format!("{}:{}", local.ufrag, remote.ufrag).into_bytes(),
            password: local.pwd,
        }
    }

    fn made(&self, request: &Request<'_>) -> bool {
        request.username == self.username && request.is_authentic(&self.password)
    }
}

impl IceAgent {
    pub(super) fn new(now: Instant, local: IceCredentials, remote: &IceCredentials) -> Self {
        Self {
            current: Generation::new(local, remote),
            previous: None,
            paths: Paths::default(),
            requests: Requests::default(),
            first_by: now + FIRST_REQUEST_TIMEOUT,
        }
    }

    /// Takes a STUN datagram.
    pub(super) fn handle(&mut self, now: Instant, path: Path, datagram: &[u8]) -> Checked {
        let Some(request) = Request::parse(datagram) else {
            return Checked::IGNORED;
        };
        let is_current = self.current.made(&request);
        let previous = self.previous.as_ref().filter(|_| !is_current);
        let is_previous = previous.is_some_and(|previous| previous.made(&request));
        if !(is_current || is_previous) || !self.requests.admit(now, path, request.tag()) {
            return Checked::IGNORED;
        }
        if is_current {
            self.previous = None;
        }
        let generation = self.previous.as_ref().unwrap_or(&self.current);
        let refusal = if request.is_controlled {
            Some(Answer::RoleConflict)
        } else if request.has_unknown() {
            Some(Answer::UnknownAttributes)
        } else {
            None
        };
        let answer = refusal.unwrap_or(Answer::Success(path.remote()));
        let answer = Some(request.answer(answer, &generation.password));
        if refusal.is_some() {
            return Checked {
                answer,
                ..Checked::IGNORED
            };
        }
        self.paths.heard(now, path);
        Checked {
            verdict: StunVerdict::Validated,
            answer,
            is_path_changed: request.use_candidate && self.paths.select(path),
        }
    }

    /// Takes new credentials of both sides; the old ones count until the new ones are used (RFC 8445 §9).
    pub(super) fn restart(&mut self, local: IceCredentials, remote: &IceCredentials) {
        let restarted = Generation::new(local, remote);
        self.previous = Some(std::mem::replace(&mut self.current, restarted));
    }

    /// The nominated path.
    pub(super) const fn selected(&self) -> Option<Path> {
        self.paths.selected()
    }

    /// Where to send: the selected path, or before there is one the path heard last.
    pub(super) fn best(&self) -> Option<Path> {
        self.paths.best()
    }

    pub(super) fn is_validated(&self, path: &Path) -> bool {
        self.paths.contains(path)
    }

    /// Media of the peer came over this path. libnice asks nothing more once it is connected.
    pub(super) fn heard(&mut self, now: Instant, path: &Path) {
        self.paths.heard_again(now, path);
    }

    /// A path is gone. True: another was selected instead.
    pub(super) fn remove(&mut self, path: &Path) -> bool {
        self.paths.remove(path)
    }

    /// When [`Self::handle_timeout`] wants to be called.
    pub(super) fn poll_timeout(&self) -> Instant {
        self.paths.silent_at().unwrap_or(self.first_by)
    }

    /// Forgets silent paths.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Consent {
        let is_path_changed = self.paths.expire(now);
        let never_came = self.paths.silent_at().is_none() && self.first_by <= now;
        if never_came || self.paths.is_lost(now) {
            return Consent::Lost;
        }
        Consent::Given { is_path_changed }
    }
}

/// Whether the peer still wants to hear from us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    Given {
        /// A path fell silent and another was selected instead.
        is_path_changed: bool,
    },
    Lost,
}

#[cfg(test)]
mod tests;
