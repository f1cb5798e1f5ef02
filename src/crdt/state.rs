//! Convergence: what a room is, as a function of the set of accepted (op, stamp) pairs alone.
//!
//! A [`State`] keeps the set and derives the rest when asked, so no order of arrival can matter. Two pairs of one dot
//! (servers that stamped the same op, a void beside an accepted op) are reduced to the smaller by (is it a void, stamp,
//! canonical bytes): a minimum, so merging commutes, associates and repeats without effect. Rights are acceptance's
//! business, except what a later merge could break: only its author's edits change a message.

use super::{Body, Canonical, Content, Dot, Hlc, Membership, Op, Stamp, VersionVector, Visibility};
use crate::id::UserId;
use std::collections::{BTreeMap, BTreeSet};

/// The accepted ops of a room and what they come to. Its size is that of the log its caller feeds it.
#[derive(Debug, Clone, Default)]
pub struct State {
    pairs: BTreeMap<Dot, Pair>,
    /// Per target, what is about it.
    about: BTreeMap<Dot, BTreeSet<Dot>>,
    /// Messages in timeline order.
    timeline: BTreeSet<(Stamp, Dot)>,
    topics: BTreeSet<Dot>,
    rooms: BTreeSet<Dot>,
    purges: BTreeSet<Dot>,
    members: BTreeMap<UserId, BTreeSet<Dot>>,
}

/// An accepted op with its stamp.
#[derive(Debug, Clone, PartialEq)]
struct Pair {
    op: Op,
    stamp: Stamp,
}

/// A message as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Message<'a> {
    /// Its identity.
    pub dot: Dot,
    /// Its place in the timeline, with the dot.
    pub stamp: Stamp,
    /// When its author wrote it, by the author's clock.
    pub written: Hlc,
    /// Who wrote it.
    pub author: Option<&'a UserId>,
    /// The root of the thread it replies in.
    pub thread: Option<Dot>,
    /// What it says now.
    pub text: Text<'a>,
    /// Whether it is pinned.
    pub pinned: bool,
    /// Reactions that are set, in order of emoji, then user (by bytes).
    pub reactions: BTreeSet<(&'a str, &'a UserId)>,
}

/// What a message says now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Text<'a> {
    /// As posted, or as the winning edit says.
    Present {
        /// The winning edit.
        edit: Option<Dot>,
        /// The content.
        content: &'a Content,
    },
    /// The content was purged by retention.
    Purged {
        /// The winning edit.
        edit: Option<Dot>,
    },
    /// The message was deleted: nothing but its header is left.
    Deleted,
}

/// The settings as they stand: the last by (stamp, dot).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomSettings<'a> {
    /// Name for people.
    pub name: &'a str,
    /// Who may find and join it.
    pub visibility: Visibility,
    /// Days that bodies are kept.
    pub retention_days: Option<u32>,
}

/// When a flag was written, and whether it was set or cleared.
type Flag = ((Hlc, Dot), bool);

/// Whether a pair changed the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It was new, or goes before the one that was known.
    New,
    /// It was known, or the known one goes before it.
    Known,
}

impl State {
    /// Adds an accepted op with its stamp. In any order, as often as it comes.
    pub fn apply(&mut self, op: Op, stamp: Stamp) -> Applied {
        let pair = Pair { op, stamp };
        if let Some(known) = self.pairs.get(&pair.op.dot) {
            if !goes_before(&pair, known) {
                return Applied::Known;
            }
            self.unindex(pair.op.dot);
        }
        self.index(&pair);
        self.pairs.insert(pair.op.dot, pair);
        Applied::New
    }

    /// Adds all that another replica accepted.
    pub fn merge(&mut self, other: &Self) {
        for pair in other.pairs.values() {
            self.apply(pair.op.clone(), pair.stamp);
        }
    }

    /// How many ops it holds, voids included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Per replica, the highest counter up to which every op is held.
    #[must_use]
    pub fn version_vector(&self) -> VersionVector {
        let mut vector = VersionVector::default();
        for dot in self.pairs.keys() {
            if dot.counter().get() == vector.get(dot.replica()) + 1 {
                vector.advance(*dot);
            }
        }
        vector
    }

    /// The messages in timeline order: (stamp, dot).
    pub fn timeline(&self) -> impl Iterator<Item = Message<'_>> {
        let purged = self.purged_up_to();
        self.timeline
            .iter()
            .filter_map(move |(_, dot)| self.read(*dot, purged))
    }

    /// One message.
    #[must_use]
    pub fn message(&self, dot: Dot) -> Option<Message<'_>> {
        self.read(dot, self.purged_up_to())
    }

    /// The replies in a thread, in timeline order.
    pub fn thread(&self, root: Dot) -> impl Iterator<Item = Message<'_>> {
        let mut replies: Vec<Message<'_>> = self
            .about(root)
            .filter(|pair| matches!(pair.op.body, Body::Post { .. }))
            .filter_map(|pair| self.message(pair.op.dot))
            .collect();
        replies.sort_unstable_by_key(|message| (message.stamp, message.dot));
        replies.into_iter()
    }

    /// The topic: the last written by (effective HLC, dot).
    #[must_use]
    pub fn topic(&self) -> Option<&str> {
        let last = self.pairs_of(&self.topics).max_by_key(|p| p.written())?;
        match &last.op.body {
            Body::Topic { text } => Some(text),
            _ => None,
        }
    }

    /// The settings: the last by (stamp, dot).
    #[must_use]
    pub fn settings(&self) -> Option<RoomSettings<'_>> {
        let last = self.pairs_of(&self.rooms).max_by_key(|p| p.placed())?;
        match &last.op.body {
            Body::Room {
                name,
                visibility,
                retention_days,
            } => Some(RoomSettings {
                name,
                visibility: *visibility,
                retention_days: *retention_days,
            }),
            _ => None,
        }
    }

    /// Everyone who ever stood in the room somehow, in id order, with display name: the last by (stamp, dot).
    pub fn members(&self) -> impl ExactSizeIterator<Item = (&UserId, &str, Membership)> {
        self.members.iter().map(|(user, dots)| {
            let last = self.pairs_of(dots).max_by_key(|p| p.placed());
            match last.map(|pair| &pair.op.body) {
                Some(Body::Member {
                    name, membership, ..
                }) => (user, name.as_str(), *membership),
                _ => unreachable!("only member ops are indexed by user, and no set is empty"),
            }
        })
    }

    /// Contents stamped at or before this are purged: the maximum of all purges.
    #[must_use]
    pub fn purged_up_to(&self) -> Option<Stamp> {
        self.pairs_of(&self.purges)
            .filter_map(|pair| match pair.op.body {
                Body::Purge { up_to } => Some(up_to),
                _ => None,
            })
            .max()
    }

    /// How many messages there are, deleted ones included.
    pub(super) fn message_count(&self) -> usize {
        self.timeline.len()
    }

    fn read(&self, dot: Dot, purged: Option<Stamp>) -> Option<Message<'_>> {
        let pair = self.pairs.get(&dot)?;
        let Body::Post { thread, content } = &pair.op.body else {
            return None;
        };
        let mut message = Message {
            dot,
            stamp: pair.stamp,
            written: pair.op.hlc,
            author: pair.op.author.as_ref(),
            thread: *thread,
            text: Text::Deleted,
            pinned: false,
            reactions: BTreeSet::new(),
        };
        let about: Vec<&Pair> = self.about(dot).collect();
        let is_delete = |pair: &&Pair| matches!(pair.op.body, Body::Delete { .. });
        if about.iter().any(is_delete) {
            return Some(message);
        }
        message.text = text(pair, content.as_ref(), &about, purged);
        message.pinned = last_flag(about.iter().filter_map(|p| match p.op.body {
            Body::Pin { on, .. } => Some((p.written(), on)),
            _ => None,
        }));
        message.reactions = reactions(&about);
        Some(message)
    }

    fn about(&self, target: Dot) -> impl Iterator<Item = &Pair> {
        let dots = self.about.get(&target);
        dots.into_iter().flat_map(|dots| self.pairs_of(dots))
    }

    fn pairs_of<'a>(&'a self, dots: &'a BTreeSet<Dot>) -> impl Iterator<Item = &'a Pair> {
        dots.iter().filter_map(|dot| self.pairs.get(dot))
    }

    fn index(&mut self, pair: &Pair) {
        let dot = pair.op.dot;
        if let Some(target) = subject(&pair.op.body) {
            self.about.entry(target).or_default().insert(dot);
        }
        match &pair.op.body {
            Body::Post { .. } => {
                self.timeline.insert((pair.stamp, dot));
            }
            Body::Topic { .. } => {
                self.topics.insert(dot);
            }
            Body::Room { .. } => {
                self.rooms.insert(dot);
            }
            Body::Purge { .. } => {
                self.purges.insert(dot);
            }
            Body::Member { user, .. } => {
                self.members.entry(user.clone()).or_default().insert(dot);
            }
            Body::Edit { .. }
            | Body::Delete { .. }
            | Body::Reaction { .. }
            | Body::Pin { .. }
            | Body::Void { .. }
            | Body::Other { .. } => {}
        }
    }

    /// Undoes [`Self::index`] for a pair that another replaces.
    fn unindex(&mut self, dot: Dot) {
        let Some(pair) = self.pairs.remove(&dot) else {
            return;
        };
        if let Some(target) = subject(&pair.op.body) {
            take_out(&mut self.about, &target, dot);
        }
        self.timeline.remove(&(pair.stamp, dot));
        self.topics.remove(&dot);
        self.rooms.remove(&dot);
        self.purges.remove(&dot);
        if let Body::Member { user, .. } = &pair.op.body {
            take_out(&mut self.members, user, dot);
        }
    }
}

impl Pair {
    /// The order of last-writer-wins: when its author wrote it, as far as its clock counts.
    fn written(&self) -> (Hlc, Dot) {
        (self.op.hlc.effective(self.stamp), self.op.dot)
    }

    /// The order of what the server decides.
    fn placed(&self) -> (Stamp, Dot) {
        (self.stamp, self.op.dot)
    }
}

/// The one rule by which two pairs of a dot become one.
fn goes_before(a: &Pair, b: &Pair) -> bool {
    let key = |pair: &Pair| (matches!(pair.op.body, Body::Void { .. }), pair.stamp);
    let bytes = |pair: &Pair| {
        let mut canonical = Canonical::default();
        canonical.op(&pair.op);
        canonical
    };
    match key(a).cmp(&key(b)) {
        std::cmp::Ordering::Less => true,
        std::cmp::Ordering::Greater => false,
        std::cmp::Ordering::Equal => a != b && bytes(a).bytes() < bytes(b).bytes(),
    }
}

/// The message an op is indexed under.
fn subject(body: &Body) -> Option<Dot> {
    match body {
        Body::Post { thread, .. } => *thread,
        _ => body.target(),
    }
}

fn text<'a>(
    post: &'a Pair,
    posted: Option<&'a Content>,
    about: &[&'a Pair],
    purged: Option<Stamp>,
) -> Text<'a> {
    let edits = about.iter().filter_map(|pair| match &pair.op.body {
        Body::Edit { content, .. } if pair.op.author == post.op.author => {
            Some((*pair, content.as_ref()))
        }
        _ => None,
    });
    let winner = edits.max_by_key(|(pair, _)| pair.written());
    let edit = winner.map(|(pair, _)| pair.op.dot);
    let (pair, content) = winner.unwrap_or((post, posted));
    match content {
        Some(content) if Some(pair.stamp) > purged => Text::Present { edit, content },
        _ => Text::Purged { edit },
    }
}

fn reactions<'a>(about: &[&'a Pair]) -> BTreeSet<(&'a str, &'a UserId)> {
    let mut flags: BTreeMap<(&str, &UserId), Flag> = BTreeMap::new();
    for pair in about {
        if let (Body::Reaction { emoji, on, .. }, Some(user)) = (&pair.op.body, &pair.op.author) {
            let flag = (pair.written(), *on);
            let last = flags.entry((emoji, user)).or_insert(flag);
            *last = (*last).max(flag);
        }
    }
    let set = flags.into_iter().filter(|(_, (_, on))| *on);
    set.map(|(key, _)| key).collect()
}

fn last_flag(flags: impl Iterator<Item = Flag>) -> bool {
    flags.max().is_some_and(|(_, on)| on)
}

fn take_out<K: Ord>(sets: &mut BTreeMap<K, BTreeSet<Dot>>, key: &K, dot: Dot) {
    if let Some(set) = sets.get_mut(key) {
        set.remove(&dot);
        if set.is_empty() {
            sets.remove(key);
        }
    }
}
