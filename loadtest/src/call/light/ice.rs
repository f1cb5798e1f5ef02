//! The transport of a light client: its session, and the binding requests that open and keep its path.

use super::sdp::Answer;
use super::stun::{self, Transaction};
use greenroom::rtc::Path;
use greenroom::rtc::dtls::{DtlsRole, SrtpOffer};
use greenroom::rtc::ice::IceCredentials;
use greenroom::rtc::identity::Identity;
use greenroom::rtc::session::{DataChannels, Session, SessionConfig, SessionError};
use std::sync::Arc;
use std::time::Instant;

/// Between two binding requests on an open path, microseconds: often enough that consent outlives heavy loss.
const KEEP_US: u64 = 1_000_000;
/// Between two while there is no answer yet, microseconds.
const CHECK_US: u64 = 50_000;

/// A session with the server.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) session: Session,
    pub(super) path: Path,
    /// `theirs:ours`, as requests to the server say it, and the other way round.
    usernames: [String; 2],
    theirs_pwd: String,
    ours_pwd: String,
    transaction: Transaction,
    next_us: u64,
    open: bool,
}

impl Link {
    /// A session towards the server of this answer.
    pub(super) fn new(
        identity: &Arc<Identity>,
        local: &IceCredentials,
        answer: &Answer,
        now: Instant,
    ) -> Result<Self, SessionError> {
        let session = Session::new(
            SessionConfig {
                identity: Arc::clone(identity),
                local: local.clone(),
                remote: IceCredentials {
                    ufrag: answer.ufrag.clone(),
                    pwd: answer.pwd.clone(),
                },
                remote_fingerprint: answer.fingerprint,
                role: if answer.active {
                    DtlsRole::Passive
                } else {
                    DtlsRole::Active
                },
                data: DataChannels::Off,
                srtp: SrtpOffer::GcmOnly,
            },
            now,
        )?;
        Ok(Self {
            session,
            path: Path::Udp(answer.server),
            usernames: [
                format!("{}:{}", answer.ufrag, local.ufrag),
                format!("{}:{}", local.ufrag, answer.ufrag),
            ],
            theirs_pwd: answer.pwd.clone(),
            ours_pwd: local.pwd.clone(),
            transaction: [0; 12],
            next_us: 0,
            open: false,
        })
    }

    /// The next binding request, when one is due.
    pub(super) fn check(&mut self, now_us: u64) -> Option<Vec<u8>> {
        if now_us < self.next_us {
            return None;
        }
        self.next_us = now_us + if self.open { KEEP_US } else { CHECK_US };
        // While there is no answer the request stays the same one, sent again (RFC 8489 6.2.1).
        if self.open || self.transaction == [0; 12] {
            self.transaction = rand::random();
        }
        let [username, _] = &self.usernames;
        Some(stun::request(
            self.transaction,
            username,
            &self.theirs_pwd,
            1,
        ))
    }

    /// STUN arrived: an answer to our request opens the path.
    pub(super) fn answered(&mut self, now: Instant, now_us: u64, datagram: &[u8]) {
        if stun::is_success(datagram, &self.transaction) {
            if !self.open {
                self.next_us = now_us + KEEP_US;
            }
            self.opened(now);
        }
    }

    /// The server sends DTLS: it has taken our request, whatever became of its answer.
    pub(super) fn reached(&mut self, now: Instant) {
        if !self.open {
            self.opened(now);
        }
    }

    /// Our session is the server's kind, which waits to be nominated: so it is, by a request in the server's name.
    fn opened(&mut self, now: Instant) {
        self.open = true;
        let [_, username] = &self.usernames;
        let request = stun::request(rand::random(), username, &self.ours_pwd, 2);
        self.session.handle_stun(now, self.path, &request);
    }
}
