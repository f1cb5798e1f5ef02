//! Who is in: joining, leaving, roles, kicks and bans. Ordered by this server and written as its own ops.

use super::limits::{MEMBER_RECORDS_MAX, MEMBERS_MAX};
use super::{
    Caller, Change, Decision, Marker, Member, Notice, Refusal, Removal, Reply, Room, rules,
};
use crate::crdt::{Body, Membership, Role, Standing, Visibility};
use crate::id::{InviteId, UserId};

impl Room {
    /// Makes the caller a member, through the open door or by invite.
    pub(super) fn join(
        &mut self,
        now_ms: u64,
        caller: &Caller,
        invite: Option<InviteId>,
    ) -> Result<Decision, Refusal> {
        rules::check_name(&caller.name)?;
        let user = caller.user.clone();
        let record = self.roster.record(&user);
        let role = match record.map(|member| member.membership) {
            Some(Membership {
                standing: Standing::Banned,
                ..
            }) => return Err(Refusal::Banned),
            Some(Membership {
                standing: Standing::Joined,
                role,
            }) => {
                let renamed = record.is_some_and(|member| member.name != caller.name);
                return Ok(self.rename(now_ms, caller, role, renamed));
            }
            _ if self.settings.visibility == Visibility::Direct => return Err(Refusal::NotVisible),
            known => {
                let full = self.roster.joined_count() >= MEMBERS_MAX
                    || (known.is_none() && self.roster.records().len() >= MEMBER_RECORDS_MAX);
                if full {
                    return Err(Refusal::RoomFull);
                }
                match invite {
                    Some(invite) => self.invited_role(now_ms, invite)?,
                    None if self.settings.visibility == Visibility::Public => Role::Member,
                    None => return Err(Refusal::NotVisible),
                }
            }
        };
        let mut changes: Vec<Change> = invite
            .and_then(|invite| self.use_invite(invite))
            .into_iter()
            .collect();
        let membership = Membership {
            standing: Standing::Joined,
            role: role.min(caller.role_max),
        };
        let name = caller.name.clone();
        changes.extend(self.write_member(now_ms, &user, user.clone(), name, membership));
        Ok(Decision::durable(changes, Reply::Joined).tell(Notice::In { user }))
    }

    /// Ends the caller's membership.
    pub(super) fn leave(&mut self, now_ms: u64, caller: &Caller) -> Result<Decision, Refusal> {
        let member = self
            .roster
            .joined(&caller.user)
            .ok_or(Refusal::NotAMember)?;
        if self.settings.visibility == Visibility::Direct {
            return Err(Refusal::DirectRoom);
        }
        let role = member.membership.role;
        // The last member may go: the room then rests, with its log.
        if self.is_last_owner(role) && self.roster.joined_count() > 1 {
            return Err(Refusal::LastOwner);
        }
        let user = caller.user.clone();
        Ok(self.put_out(now_ms, caller, user, Standing::Left))
    }

    /// Gives a member a role.
    pub(super) fn set_role(
        &mut self,
        now_ms: u64,
        caller: &Caller,
        user: UserId,
        role: Role,
    ) -> Result<Decision, Refusal> {
        let own = self.require(caller, Role::Moderator)?;
        let target = self.roster.joined(&user).ok_or(Refusal::UserNotFound)?;
        let (old, name) = (target.membership.role, target.name.clone());
        let step_down = user == caller.user && role <= old;
        if own < Role::Owner && !step_down && (old >= own || role >= own) {
            return Err(Refusal::NotBelow);
        }
        if role < Role::Owner && self.is_last_owner(old) {
            return Err(Refusal::LastOwner);
        }
        if role == old {
            return Ok(Decision::reply(Reply::Done));
        }
        let membership = Membership {
            standing: Standing::Joined,
            role,
        };
        let changes = self.write_member(now_ms, &caller.user, user, name, membership);
        Ok(Decision::durable(changes, Reply::Done))
    }

    /// Puts a member out, or bans any user.
    pub(super) fn kick(
        &mut self,
        now_ms: u64,
        caller: &Caller,
        user: UserId,
        how: Removal,
    ) -> Result<Decision, Refusal> {
        let own = self.require(caller, Role::Moderator)?;
        if user == caller.user {
            return Err(Refusal::NotBelow);
        }
        let record = self.roster.record(&user);
        let standing = record.map(|member| member.membership.standing);
        match (how, standing) {
            (_, Some(Standing::Joined)) => {
                let role = record.map(|member| member.membership.role);
                if own < Role::Owner && role >= Some(own) {
                    return Err(Refusal::NotBelow);
                }
            }
            (Removal::Kick, _) => return Err(Refusal::UserNotFound),
            (Removal::Ban, Some(Standing::Banned)) => return Ok(Decision::reply(Reply::Done)),
            (Removal::Ban, None) if self.roster.records().len() >= MEMBER_RECORDS_MAX => {
                return Err(Refusal::RoomFull);
            }
            (Removal::Ban, _) => {}
        }
        let standing = match how {
            Removal::Kick => Standing::Kicked,
            Removal::Ban => Standing::Banned,
        };
        Ok(self.put_out(now_ms, caller, user, standing))
    }

    /// Lifts a ban: the user counts as kicked from now on.
    pub(super) fn unban(
        &mut self,
        now_ms: u64,
        caller: &Caller,
        user: UserId,
    ) -> Result<Decision, Refusal> {
        self.require(caller, Role::Moderator)?;
        let member = self
            .roster
            .record(&user)
            .filter(|member| member.membership.standing == Standing::Banned)
            .ok_or(Refusal::UserNotFound)?;
        let name = member.name.clone();
        let membership = Membership {
            standing: Standing::Kicked,
            role: member.membership.role,
        };
        let changes = self.write_member(now_ms, &caller.user, user, name, membership);
        Ok(Decision::durable(changes, Reply::Done))
    }

    /// The caller's role in force, if it suffices in a room whose members can change.
    pub(super) fn require(&self, caller: &Caller, least: Role) -> Result<Role, Refusal> {
        let role = self.role(caller).ok_or(Refusal::NotAMember)?;
        if self.settings.visibility == Visibility::Direct {
            return Err(Refusal::DirectRoom);
        }
        if role < least {
            return Err(Refusal::NeedsRole(least));
        }
        Ok(role)
    }

    /// Writes where a user stands: the op, then the record. Who comes in has read what was there.
    pub(super) fn write_member(
        &mut self,
        now_ms: u64,
        author: &UserId,
        user: UserId,
        name: String,
        membership: Membership,
    ) -> Vec<Change> {
        let body = Body::Member {
            user: user.clone(),
            name: name.clone(),
            membership,
        };
        let append = self.append_own(now_ms, Some(author), body);
        let old = self.roster.record(&user);
        let was_in = self.is_member(&user);
        let mut marker = old.and_then(|member| member.marker);
        if membership.standing == Standing::Joined
            && !was_in
            && let Change::Append(record) = &append
        {
            marker = marker.max(Some(Marker {
                stamp: record.entry.stamp,
                dot: record.entry.op.dot,
                posts: record.posts,
            }));
        }
        let last_seen_ms = old.map_or(0, |member| member.last_seen_ms);
        let member = Member {
            name,
            membership,
            marker,
            last_seen_ms,
        };
        vec![append, self.roster.put(user, member)]
    }

    /// A member joins again: only a new name is news.
    fn rename(&mut self, now_ms: u64, caller: &Caller, role: Role, renamed: bool) -> Decision {
        if !renamed {
            return Decision::reply(Reply::Joined);
        }
        let membership = Membership {
            standing: Standing::Joined,
            role,
        };
        let (user, name) = (caller.user.clone(), caller.name.clone());
        let changes = self.write_member(now_ms, &user, user.clone(), name, membership);
        Decision::durable(changes, Reply::Joined)
    }

    fn put_out(
        &mut self,
        now_ms: u64,
        caller: &Caller,
        user: UserId,
        standing: Standing,
    ) -> Decision {
        let was_in = self.is_member(&user);
        let record = self.roster.record(&user);
        let role = record.map_or(Role::Guest, |member| member.membership.role);
        let name = record.map_or_else(|| user.to_string(), |member| member.name.clone());
        let membership = Membership { standing, role };
        let author = &caller.user;
        let mut changes = self.write_member(now_ms, author, user.clone(), name, membership);
        changes.extend(self.drop_invites_of(&user));
        let decision = Decision::durable(changes, Reply::Done);
        if was_in {
            decision.tell(Notice::Out { user, standing })
        } else {
            decision
        }
    }

    fn is_last_owner(&self, role: Role) -> bool {
        role == Role::Owner && self.roster.owner_count() == 1
    }
}
