//! Who is, was, or may not be in the room.

use super::{Change, Member};
use crate::crdt::{Role, Standing};
use crate::id::UserId;
use std::collections::{BTreeMap, BTreeSet};

/// The member records with what is counted over them. Bounded by [`super::limits::MEMBER_RECORDS_MAX`] at the door.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Roster {
    records: BTreeMap<UserId, Member>,
    joined: usize,
    owners: usize,
    /// Whose marker or last-seen time is newer than on disk.
    unwritten: BTreeSet<UserId>,
}

impl Roster {
    pub(super) fn new(records: BTreeMap<UserId, Member>) -> Self {
        let joined = records.values().filter(|m| is_joined(m)).count();
        let owners = records.values().filter(|m| is_owner(m)).count();
        Self {
            records,
            joined,
            owners,
            unwritten: BTreeSet::new(),
        }
    }

    pub(super) fn records(&self) -> &BTreeMap<UserId, Member> {
        &self.records
    }

    /// The record of anyone the room has heard of.
    pub(super) fn record(&self, user: &UserId) -> Option<&Member> {
        self.records.get(user)
    }

    /// The record of a member.
    pub(super) fn joined(&self, user: &UserId) -> Option<&Member> {
        self.records.get(user).filter(|member| is_joined(member))
    }

    pub(super) const fn joined_count(&self) -> usize {
        self.joined
    }

    pub(super) const fn owner_count(&self) -> usize {
        self.owners
    }

    /// Writes a record, in memory and as a change.
    pub(super) fn put(&mut self, user: UserId, member: Member) -> Change {
        self.joined += usize::from(is_joined(&member));
        self.owners += usize::from(is_owner(&member));
        self.unwritten.remove(&user);
        if let Some(old) = self.records.insert(user.clone(), member.clone()) {
            self.joined -= usize::from(is_joined(&old));
            self.owners -= usize::from(is_owner(&old));
        }
        Change::Member { user, member }
    }

    /// Changes a member's marker or last-seen time, to be written later.
    pub(super) fn touch(&mut self, user: &UserId, change: impl FnOnce(&mut Member)) {
        if let Some(member) = self.records.get_mut(user) {
            change(member);
            self.unwritten.insert(user.clone());
        }
    }

    /// What [`Self::touch`] changed since the last call.
    pub(super) fn take_unwritten(&mut self) -> Vec<Change> {
        let records = &self.records;
        std::mem::take(&mut self.unwritten)
            .into_iter()
            .filter_map(|user| {
                let member = records.get(&user)?.clone();
                Some(Change::Member { user, member })
            })
            .collect()
    }
}

fn is_joined(member: &Member) -> bool {
    member.membership.standing == Standing::Joined
}

fn is_owner(member: &Member) -> bool {
    is_joined(member) && member.membership.role == Role::Owner
}
