//! Invites: expiring, revocable, and worth no more than the role of who made them.

use super::limits::{INVITE_MS_MAX, INVITES_MAX};
use super::{Caller, Change, Decision, Invite, Refusal, Reply, Room};
use crate::crdt::Role;
use crate::id::{InviteId, UserId};

impl Room {
    /// The valid invites the caller may see: a moderator all, a member its own.
    ///
    /// # Errors
    /// [`Refusal::NotAMember`], [`Refusal::NeedsRole`], [`Refusal::DirectRoom`].
    pub fn invites_for(
        &self,
        now_ms: u64,
        caller: &Caller,
    ) -> Result<Vec<(InviteId, &Invite)>, Refusal> {
        let role = self.require(caller, Role::Member)?;
        let visible = |invite: &Invite| {
            invite.expires_ms > now_ms && (role >= Role::Moderator || invite.by == caller.user)
        };
        Ok(self
            .invites
            .iter()
            .filter(|(_, invite)| visible(invite))
            .map(|(id, invite)| (*id, invite))
            .collect())
    }

    pub(super) fn create_invite(
        &mut self,
        now_ms: u64,
        caller: &Caller,
        id: InviteId,
        role: Role,
        expires_ms: u64,
        uses: Option<u32>,
    ) -> Result<Decision, Refusal> {
        let own = self.require(caller, Role::Member)?;
        if role > own {
            return Err(Refusal::NotBelow);
        }
        let in_time = expires_ms > now_ms && expires_ms - now_ms <= INVITE_MS_MAX;
        if !in_time || uses == Some(0) || self.invites.contains_key(&id) {
            return Err(Refusal::InviteTerms);
        }
        let expired: Vec<InviteId> = self
            .invites
            .iter()
            .filter(|(_, invite)| invite.expires_ms <= now_ms)
            .map(|(id, _)| *id)
            .collect();
        if self.invites.len() - expired.len() >= INVITES_MAX {
            return Err(Refusal::TooManyInvites);
        }
        let mut changes = self.drop_invites(expired);
        let value = Invite {
            role,
            expires_ms,
            uses,
            by: caller.user.clone(),
        };
        self.invites.insert(id, value.clone());
        changes.push(Change::Invite {
            invite: id,
            value: Some(value.clone()),
        });
        Ok(Decision::durable(
            changes,
            Reply::Invite { invite: id, value },
        ))
    }

    pub(super) fn revoke_invite(
        &mut self,
        caller: &Caller,
        id: InviteId,
    ) -> Result<Decision, Refusal> {
        let own = self.require(caller, Role::Guest)?;
        let mine = |invite: &&Invite| own >= Role::Moderator || invite.by == caller.user;
        self.invites
            .get(&id)
            .filter(mine)
            .ok_or(Refusal::InviteInvalid)?;
        Ok(Decision::durable(self.drop_invites(vec![id]), Reply::Done))
    }

    /// The role a valid invite gives now: never above what its maker has.
    pub(super) fn invited_role(&self, now_ms: u64, id: InviteId) -> Result<Role, Refusal> {
        let invite = self
            .invites
            .get(&id)
            .filter(|invite| invite.expires_ms > now_ms)
            .ok_or(Refusal::InviteInvalid)?;
        let maker = self
            .roster
            .joined(&invite.by)
            .ok_or(Refusal::InviteInvalid)?;
        Ok(invite.role.min(maker.membership.role))
    }

    /// Counts one use of an invite.
    pub(super) fn use_invite(&mut self, id: InviteId) -> Option<Change> {
        let invite = self.invites.get_mut(&id)?;
        invite.uses = match invite.uses {
            None => return None,
            Some(uses) => Some(uses.saturating_sub(1)),
        };
        if invite.uses == Some(0) {
            self.invites.remove(&id);
        }
        Some(Change::Invite {
            invite: id,
            value: self.invites.get(&id).cloned(),
        })
    }

    /// Who goes takes their invites along.
    pub(super) fn drop_invites_of(&mut self, user: &UserId) -> Vec<Change> {
        let theirs = self
            .invites
            .iter()
            .filter(|(_, invite)| invite.by == *user)
            .map(|(id, _)| *id)
            .collect();
        self.drop_invites(theirs)
    }

    fn drop_invites(&mut self, ids: Vec<InviteId>) -> Vec<Change> {
        ids.into_iter()
            .map(|invite| {
                self.invites.remove(&invite);
                Change::Invite {
                    invite,
                    value: None,
                }
            })
            .collect()
    }
}
