//! Who is here and who is typing: never on disk, sent as diffs.
//!
//! Several connections of a user, on one device or many, are one presence: online goes before away, away before
//! offline. Diffs are taken at most once per [`PRESENCE_INTERVAL_MS`]; in rooms above [`PRESENCE_MEMBERS_MAX`] members
//! they carry only the count, and typing is not shown.

use super::limits::{
    LINKS_PER_USER_MAX, PRESENCE_INTERVAL_MS, PRESENCE_MEMBERS_MAX, TYPING_MS, TYPING_USERS_MAX,
};
use crate::id::UserId;
use std::collections::{BTreeMap, BTreeSet};

/// One connection that follows the room: the shell's number for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link(pub u64);

/// How a connected user is here; the greater goes before the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Here {
    /// Idle.
    Away,
    /// In use.
    Online,
}

/// What changed since the last flush.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PresenceDiff {
    /// Presence, if any changed.
    pub presence: Option<Seen>,
    /// Users who started to type, in id order.
    pub typing: Vec<UserId>,
    /// Users who stopped, in id order.
    pub stopped: Vec<UserId>,
}

/// A change of presence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Who changed to what (`None`: offline), in id order. Empty in large rooms.
    pub changes: Vec<(UserId, Option<Here>)>,
    /// How many users are here, away ones included.
    pub here: usize,
}

/// The presence of one room. Bounded by its callers' connections and the limits named above.
#[derive(Debug, Clone, Default)]
pub struct Presence {
    users: BTreeMap<UserId, BTreeMap<Link, Here>>,
    /// Users touched since the last flush, with what was last told of them.
    touched: BTreeMap<UserId, Option<Here>>,
    here_told: usize,
    /// Who types, and until when unless they go on.
    typing: BTreeMap<UserId, u64>,
    typing_told: BTreeSet<UserId>,
    flushed_ms: Option<u64>,
}

impl Presence {
    /// A connection is here, or changed how. Beyond [`LINKS_PER_USER_MAX`] connections of a user, new ones count for
    /// nothing.
    pub fn set(&mut self, user: &UserId, link: Link, here: Here) {
        let links = self.users.get(user);
        let full = links.is_some_and(|l| l.len() >= LINKS_PER_USER_MAX && !l.contains_key(&link));
        if full || links.and_then(|links| links.get(&link)) == Some(&here) {
            return;
        }
        self.touch(user);
        let links = self.users.entry(user.clone()).or_default();
        links.insert(link, here);
    }

    /// A connection is gone; true when it was the user's last, who is offline from now on.
    pub fn remove(&mut self, user: &UserId, link: Link) -> bool {
        let Some(links) = self.users.get(user) else {
            return false;
        };
        if !links.contains_key(&link) {
            return false;
        }
        self.touch(user);
        if let Some(links) = self.users.get_mut(user) {
            links.remove(&link);
            if links.is_empty() {
                self.users.remove(user);
                self.typing.remove(user);
                return true;
            }
        }
        false
    }

    /// A user started, went on, or stopped typing. Beyond [`TYPING_USERS_MAX`] at a time, further ones are not shown.
    pub fn typing(&mut self, user: &UserId, types: Types, now_ms: u64) {
        match types {
            Types::Stop => {
                self.typing.remove(user);
            }
            Types::Go if self.typing.len() < TYPING_USERS_MAX || self.typing.contains_key(user) => {
                self.typing.insert(user.clone(), now_ms + TYPING_MS);
            }
            Types::Go => {}
        }
    }

    /// How a user is here; `None` is offline.
    #[must_use]
    pub fn of(&self, user: &UserId) -> Option<Here> {
        self.users
            .get(user)
            .and_then(|links| links.values().max().copied())
    }

    /// How many users are here, away ones included.
    #[must_use]
    pub fn here(&self) -> usize {
        self.users.len()
    }

    /// What a connection that just came should be told first: everybody who is here, or the count above
    /// [`PRESENCE_MEMBERS_MAX`] members.
    #[must_use]
    pub fn now(&self, members: usize) -> Seen {
        let changes = if members > PRESENCE_MEMBERS_MAX {
            Vec::new()
        } else {
            let users = self.users.keys();
            users.map(|user| (user.clone(), self.of(user))).collect()
        };
        Seen {
            changes,
            here: self.here(),
        }
    }

    /// When [`Self::flush`] next has something to say, Unix milliseconds; `None` while nothing changes by itself.
    #[must_use]
    pub fn due_ms(&self) -> Option<u64> {
        let waiting = !self.touched.is_empty()
            || self.typing.keys().any(|u| !self.typing_told.contains(u))
            || self
                .typing_told
                .iter()
                .any(|u| !self.typing.contains_key(u));
        let next_ms = self.flushed_ms.map_or(0, |ms| ms + PRESENCE_INTERVAL_MS);
        if waiting {
            return Some(next_ms);
        }
        let ends_ms = self.typing.values().min().copied();
        ends_ms.map(|ends_ms| ends_ms.max(next_ms))
    }

    /// What changed since the last flush; `None` when nothing did, or it was less than [`PRESENCE_INTERVAL_MS`] ago.
    pub fn flush(&mut self, now_ms: u64, members: usize) -> Option<PresenceDiff> {
        let too_soon = |ms: u64| now_ms < ms + PRESENCE_INTERVAL_MS;
        if self.flushed_ms.is_some_and(too_soon) {
            return None;
        }
        self.typing.retain(|_, until_ms| *until_ms > now_ms);
        let (typing, stopped) = self.typing_diff(members);
        let diff = PresenceDiff {
            presence: self.presence_diff(members),
            typing,
            stopped,
        };
        if diff == PresenceDiff::default() {
            return None;
        }
        self.flushed_ms = Some(now_ms);
        Some(diff)
    }

    fn presence_diff(&mut self, members: usize) -> Option<Seen> {
        let touched = std::mem::take(&mut self.touched);
        let mut changes: Vec<_> = touched
            .into_iter()
            .map(|(user, told)| (self.of(&user), user, told))
            .filter(|(is, _, told)| is != told)
            .map(|(is, user, _)| (user, is))
            .collect();
        let here = self.here();
        if members > PRESENCE_MEMBERS_MAX {
            changes.clear();
        }
        let news = !changes.is_empty() || here != self.here_told;
        self.here_told = here;
        news.then_some(Seen { changes, here })
    }

    fn typing_diff(&mut self, members: usize) -> (Vec<UserId>, Vec<UserId>) {
        let shown: BTreeSet<UserId> = if members > PRESENCE_MEMBERS_MAX {
            self.typing.clear();
            BTreeSet::new()
        } else {
            self.typing.keys().cloned().collect()
        };
        let started = shown.difference(&self.typing_told).cloned().collect();
        let stopped = self.typing_told.difference(&shown).cloned().collect();
        self.typing_told = shown;
        (started, stopped)
    }

    fn touch(&mut self, user: &UserId) {
        let is = self.of(user);
        self.touched.entry(user.clone()).or_insert(is);
    }
}

/// What a client says of its typing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Types {
    /// Started, or goes on: say it again within [`TYPING_MS`].
    Go,
    /// Stopped, or sent.
    Stop,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserId {
        name.parse().expect("an id")
    }

    fn seen(diff: Option<PresenceDiff>) -> Seen {
        diff.expect("a diff").presence.expect("presence")
    }

    #[test]
    fn several_links_are_one_presence_and_the_liveliest_counts() {
        let (mut presence, ann) = (Presence::default(), user("ann"));
        presence.set(&ann, Link(1), Here::Away);
        presence.set(&ann, Link(2), Here::Online);
        assert_eq!(presence.of(&ann), Some(Here::Online));
        assert_eq!(presence.here(), 1);
        assert!(!presence.remove(&ann, Link(2)));
        assert_eq!(presence.of(&ann), Some(Here::Away));
        assert!(presence.remove(&ann, Link(1)));
        assert!(!presence.remove(&ann, Link(1)));
        assert_eq!(presence.of(&ann), None);
    }

    #[test]
    fn a_diff_tells_only_what_differs_from_what_was_told() {
        let (mut presence, ann, bob) = (Presence::default(), user("ann"), user("bob"));
        assert_eq!(presence.due_ms(), None);
        presence.set(&ann, Link(1), Here::Online);
        presence.set(&bob, Link(2), Here::Online);
        presence.remove(&bob, Link(2));
        let first = seen(presence.flush(10_000, 2));
        assert_eq!(first.changes, [(ann.clone(), Some(Here::Online))]);
        assert_eq!(first.here, 1);
        presence.set(&ann, Link(1), Here::Away);
        presence.set(&ann, Link(1), Here::Online);
        assert_eq!(presence.flush(20_000, 2), None);
        presence.remove(&ann, Link(1));
        assert_eq!(seen(presence.flush(20_000, 2)).changes, [(ann, None)]);
    }

    #[test]
    fn diffs_are_at_most_one_an_interval() {
        let (mut presence, ann) = (Presence::default(), user("ann"));
        presence.set(&ann, Link(1), Here::Online);
        assert!(presence.flush(10_000, 1).is_some());
        presence.set(&ann, Link(1), Here::Away);
        assert_eq!(presence.due_ms(), Some(11_000));
        assert_eq!(presence.flush(10_999, 1), None);
        assert!(presence.flush(11_000, 1).is_some());
    }

    #[test]
    fn a_large_room_only_counts() {
        let (mut presence, ann) = (Presence::default(), user("ann"));
        presence.set(&ann, Link(1), Here::Online);
        presence.typing(&ann, Types::Go, 0);
        let diff = presence.flush(10_000, PRESENCE_MEMBERS_MAX + 1);
        assert_eq!(
            diff.as_ref().map(|d| d.typing.as_slice()),
            Some(&[] as &[UserId])
        );
        let counted = Seen {
            changes: Vec::new(),
            here: 1,
        };
        assert_eq!(seen(diff), counted);
        presence.set(&ann, Link(1), Here::Away);
        assert_eq!(presence.flush(20_000, PRESENCE_MEMBERS_MAX + 1), None);
        assert_eq!(presence.now(PRESENCE_MEMBERS_MAX + 1), counted);
        assert_eq!(
            presence.now(PRESENCE_MEMBERS_MAX).changes,
            [(ann, Some(Here::Away))]
        );
    }

    #[test]
    fn typing_ends_by_itself_or_by_word_or_with_the_last_link() {
        let (mut presence, ann, bob) = (Presence::default(), user("ann"), user("bob"));
        presence.set(&bob, Link(2), Here::Online);
        presence.typing(&ann, Types::Go, 10_000);
        presence.typing(&bob, Types::Go, 10_000);
        let diff = presence.flush(10_000, 2).expect("typing");
        assert_eq!(diff.typing, [ann.clone(), bob.clone()]);
        assert_eq!(presence.due_ms(), Some(10_000 + TYPING_MS));
        presence.typing(&ann, Types::Go, 12_000);
        assert_eq!(presence.flush(12_000, 2), None, "going on is no news");
        presence.remove(&bob, Link(2));
        assert_eq!(presence.flush(12_000, 2).expect("left").stopped, [bob]);
        assert_eq!(presence.flush(17_999, 2), None);
        assert_eq!(presence.flush(18_000, 2).expect("ended").stopped, [ann]);
        assert_eq!(presence.due_ms(), None);
    }

    #[test]
    fn everything_is_bounded() {
        let (mut presence, ann) = (Presence::default(), user("ann"));
        for n in 0..1_000 {
            presence.set(&ann, Link(n), Here::Away);
            presence.typing(&user(&format!("u{n}")), Types::Go, 0);
        }
        assert_eq!(presence.users[&ann].len(), LINKS_PER_USER_MAX);
        assert_eq!(presence.typing.len(), TYPING_USERS_MAX);
        presence.set(&ann, Link(0), Here::Online);
        assert_eq!(
            presence.of(&ann),
            Some(Here::Online),
            "known links still count"
        );
    }
}
