//! Ops: the immutable facts a room is made of.

use super::{Dot, Hlc, Stamp};
use crate::id::{Offset, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// One immutable fact, as its author wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Op {
    /// Its identity.
    pub dot: Dot,
    /// When its author wrote it, by the author's clock.
    pub hlc: Hlc,
    /// Who wrote it. A client may leave it out; the server that accepts the op fills it in.
    pub author: Option<UserId>,
    /// What it says.
    pub body: Body,
    /// Fields this version does not know. Empty in posts, edits and [`Body::Other`]: theirs are in the body.
    pub extra: BTreeMap<String, Value>,
}

impl Op {
    /// Takes out the content and all unknown fields: what delete, retention and storage mean by "purge".
    pub fn purge(&mut self) {
        self.body.purge();
        self.extra.clear();
    }
}

/// An op with its place: `stamp` is the same on every server, `offset` belongs to this node's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Place in this node's log of the room.
    pub offset: Offset,
    /// Place in the timeline, with the dot.
    pub stamp: Stamp,
    /// The op.
    pub op: Op,
}

/// What an op says.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A message.
    Post {
        /// The root of the thread it replies in: immutable.
        thread: Option<Dot>,
        /// `None` once purged or deleted: the header stays.
        content: Option<Content>,
    },
    /// A new content for a message of the same author. Last writer (effective HLC, dot) wins.
    Edit {
        /// The message.
        target: Dot,
        /// `None` once purged or deleted.
        content: Option<Content>,
    },
    /// Deletes a message: wins over edits and purges their bodies, present and future.
    Delete {
        /// The message.
        target: Dot,
    },
    /// Sets or clears a flag per (message, emoji, user).
    Reaction {
        /// The message.
        target: Dot,
        /// Any short text, an emoji as a rule.
        emoji: String,
        /// Set or cleared.
        on: bool,
    },
    /// Sets or clears the pin of a message.
    Pin {
        /// The message.
        target: Dot,
        /// Set or cleared.
        on: bool,
    },
    /// The room's topic; last writer wins.
    Topic {
        /// The topic.
        text: String,
    },
    /// Server op: where a user stands in the room; the last by (stamp, dot) counts.
    Member {
        /// Whom it is about (the op's author is who caused it).
        user: UserId,
        /// Display name at that time.
        name: String,
        /// The new standing.
        membership: Membership,
    },
    /// Server op: the room's settings; the last by (stamp, dot) counts.
    Room {
        /// Name for people.
        name: String,
        /// Who may find and join it.
        visibility: Visibility,
        /// Bodies older than this many days are purged; `None` keeps them for ever.
        retention_days: Option<u32>,
    },
    /// Server op: bodies stamped at or before this are purged. The maximum counts.
    Purge {
        /// The last purged stamp.
        up_to: Stamp,
    },
    /// The place of an op that was refused for good, so that its replica's log stays contiguous.
    Void {
        /// Why it was refused.
        code: VoidCode,
    },
    /// A kind this version does not know: kept and passed on, without effect here.
    Other {
        /// Its kind.
        kind: String,
        /// Everything else it carries.
        fields: BTreeMap<String, Value>,
    },
}

impl Body {
    /// Takes the content out and leaves the header: the body's part of [`Op::purge`].
    pub fn purge(&mut self) {
        match self {
            Self::Post { content, .. } | Self::Edit { content, .. } => *content = None,
            Self::Other { fields, .. } => fields.clear(),
            Self::Delete { .. }
            | Self::Reaction { .. }
            | Self::Pin { .. }
            | Self::Topic { .. }
            | Self::Member { .. }
            | Self::Room { .. }
            | Self::Purge { .. }
            | Self::Void { .. } => {}
        }
    }

    /// The message it is about: what it edits, deletes, reacts to or pins.
    #[must_use]
    pub const fn target(&self) -> Option<Dot> {
        match self {
            Self::Edit { target, .. }
            | Self::Delete { target }
            | Self::Reaction { target, .. }
            | Self::Pin { target, .. } => Some(*target),
            Self::Post { .. }
            | Self::Topic { .. }
            | Self::Member { .. }
            | Self::Room { .. }
            | Self::Purge { .. }
            | Self::Void { .. }
            | Self::Other { .. } => None,
        }
    }
}

/// The body of a message. The server need not understand it: `text` may be ciphertext, and unknown fields are kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Content {
    /// The text, Markdown as a rule.
    pub text: String,
    /// Users to notify.
    pub mentions: Vec<UserId>,
    /// Fields this version does not know.
    pub extra: BTreeMap<String, Value>,
}

/// What a member may do, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads, posts, reacts.
    Guest,
    /// Also sets the topic, pins, and invites.
    Member,
    /// Also deletes others' messages, kicks, bans, and gives roles below its own.
    Moderator,
    /// Everything, roles and settings included.
    Owner,
}

/// Where a user stands in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Membership {
    /// In, out, or shut out.
    pub standing: Standing,
    /// The role while joined (kept while out, without effect).
    pub role: Role,
}

/// In, out, or shut out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// A member.
    Joined,
    /// Left of their own will.
    Left,
    /// Put out; may come back if the room lets them.
    Kicked,
    /// Put out and kept out.
    Banned,
}

/// Who may find and join a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Listed; anyone on the node may join.
    Public,
    /// Joined by invite only.
    Private,
    /// Two users, fixed.
    Direct,
}

/// Why an op was refused for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoidCode {
    /// Its author may not do this.
    Forbidden,
    /// It exceeds a limit.
    TooLarge,
    /// Its fields contradict the rules (an edit of another's message, a reaction to a reaction …).
    Invalid,
}
