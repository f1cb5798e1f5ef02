//! The digest of a room's state, and the canonical bytes it is taken over.
//!
//! `docs/DIGEST.md` is the definition for other languages; `tests/vectors/digest.json` holds examples. In short, in
//! this order, all integers big-endian, counts and lengths `u32`, texts as length and UTF-8:
//!
//! 1. the 19 bytes `greenroom.digest.v1`;
//! 2. the version vector: count, then replica and counter, in replica order;
//! 3. the purge stamp: option;
//! 4. the settings: option of name, visibility, option of days;
//! 5. the topic: option of text;
//! 6. the members: count, then user, name, standing, role, in order of the users' bytes;
//! 7. the messages: count, then each in timeline order: dot, stamp, author's HLC, option of author, option of thread;
//!    one byte 0 present, 1 purged, 2 deleted; unless deleted: option of the winning edit's dot, the content if present,
//!    one byte pinned or not, and the reactions: count, then emoji and user, in order of their bytes.

use super::canonical::{role, standing};
use super::{Canonical, Dot, Message, State, Text};
use crate::id::UserId;
use sha2::{Digest as _, Sha256};
use std::fmt;

const DOMAIN: &[u8] = b"greenroom.digest.v1";

/// SHA-256 over a state's canonical bytes: equal on any two replicas that accepted the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StateDigest(pub [u8; 32]);

impl fmt::Display for StateDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for StateDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl State {
    /// The digest.
    #[must_use]
    pub fn digest(&self) -> StateDigest {
        let mut hash = Sha256::new();
        self.write_canonical(|bytes| hash.update(bytes));
        StateDigest(hash.finalize().into())
    }

    /// The bytes the digest is taken over.
    #[must_use]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut all = Vec::new();
        self.write_canonical(|bytes| all.extend_from_slice(bytes));
        all
    }

    /// Hands the canonical bytes over piece by piece, so that no room is too large to digest.
    fn write_canonical(&self, mut take: impl FnMut(&[u8])) {
        let mut out = Canonical::default();
        out.raw(DOMAIN);
        let vector = self.version_vector();
        out.count(vector.len());
        for (replica, counter) in vector.iter() {
            out.dot(Dot::new(replica, counter));
        }
        out.option(self.purged_up_to(), |out, stamp| out.hlc(stamp.0));
        out.option(self.settings(), |out, settings| {
            out.settings(settings.name, settings.visibility, settings.retention_days);
        });
        out.option(self.topic(), Canonical::text);
        let members = self.members();
        out.count(members.len());
        for (user, name, membership) in members {
            out.text(user.as_str());
            out.text(name);
            out.byte(standing(membership.standing));
            out.byte(role(membership.role));
        }
        out.count(self.message_count());
        take(out.bytes());
        for message in self.timeline() {
            out.clear();
            write_message(&mut out, &message);
            take(out.bytes());
        }
    }
}

fn write_message(out: &mut Canonical, message: &Message<'_>) {
    out.dot(message.dot);
    out.hlc(message.stamp.0);
    out.hlc(message.written);
    out.option(message.author, |out, author: &UserId| {
        out.text(author.as_str());
    });
    out.option(message.thread, Canonical::dot);
    match message.text {
        Text::Present { edit, content } => {
            out.byte(0);
            out.option(edit, Canonical::dot);
            out.content(content);
        }
        Text::Purged { edit } => {
            out.byte(1);
            out.option(edit, Canonical::dot);
        }
        Text::Deleted => {
            out.byte(2);
            return;
        }
    }
    out.byte(u8::from(message.pinned));
    out.count(message.reactions.len());
    for (emoji, user) in &message.reactions {
        out.text(emoji);
        out.text(user.as_str());
    }
}
