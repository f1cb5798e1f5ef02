//! The room: what it holds in memory, how it begins, and what can be asked of it without changing it.

use super::limits::LIST_MAX;
use super::memory::{Fact, Kind, Memory};
use super::roster::Roster;
use super::rules::CALL_KIND;
use super::writers::Writers;
use super::{
    Caller, Change, Command, Decision, Fingerprint, Head, Invite, Known, Member, Notice, Record,
    Refusal, Reply, Settings, Snapshot,
};
use crate::crdt::{
    Body, Canonical, Dot, Entry, Membership, Op, Role, Stamp, Standing, VersionVector, Visibility,
};
use crate::id::{Counter, DeviceId, Epoch, InviteId, Offset, ReplicaId, RoomId, UserId};
use std::collections::{BTreeMap, BTreeSet};

/// One room on one node.
#[derive(Debug, Clone)]
pub struct Room {
    pub(super) id: RoomId,
    pub(super) head: Head,
    pub(super) settings: Settings,
    pub(super) roster: Roster,
    pub(super) writers: Writers,
    pub(super) invites: BTreeMap<InviteId, Invite>,
    pub(super) memory: Memory,
    /// The newest entry whose body retention could purge; at least that, after a restart.
    pub(super) newest_body: Stamp,
    /// Canonical bytes of the op at hand; kept for its memory.
    pub(super) canonical: Canonical,
}

/// The random ids of a new room's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fresh {
    /// The log's epoch.
    pub epoch: Epoch,
    /// The replica of the server's own ops.
    pub server_replica: ReplicaId,
}

/// What kind of room is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Founding {
    /// A room with a name and an owner.
    Group {
        /// Name for people.
        name: String,
        /// Who may find it; not [`Visibility::Direct`].
        visibility: Visibility,
        /// Days that bodies are kept; `None` or 0 for ever.
        retention_days: Option<u32>,
    },
    /// The room of two users (or of one with themself): both are plain members for ever.
    Direct {
        /// The other user.
        other: UserId,
        /// The other user's display name.
        other_name: String,
        /// Days that bodies are kept; `None` or 0 for ever.
        retention_days: Option<u32>,
    },
}

impl Room {
    /// A new room with its first entries: the settings, then the founding members.
    ///
    /// # Errors
    /// [`Refusal::BadName`], [`Refusal::BadRetention`], [`Refusal::BadVisibility`].
    pub fn create(
        id: RoomId,
        fresh: Fresh,
        now_ms: u64,
        creator: &Caller,
        founding: Founding,
    ) -> Result<(Self, Decision), Refusal> {
        let settings = super::settings::founding(&founding)?;
        let head = Head {
            epoch: fresh.epoch,
            server_replica: fresh.server_replica,
            offset: Offset::MIN,
            stamp: Stamp::default(),
            posts: 0,
            purged_up_to: None,
        };
        let mut room = Self::restore(Snapshot {
            room: id,
            head,
            settings: settings.clone(),
            members: BTreeMap::new(),
            replicas: BTreeMap::new(),
            invites: BTreeMap::new(),
        });
        let body = super::settings::body(&settings);
        let mut changes = vec![
            Change::Settings(settings),
            room.append_own(now_ms, Some(&creator.user), body),
        ];
        let (role, other) = match founding {
            Founding::Group { .. } => (Role::Owner, None),
            Founding::Direct {
                other, other_name, ..
            } => (Role::Member, Some((other, other_name))),
        };
        let first = (creator.user.clone(), creator.name.clone());
        let others = other.filter(|(user, _)| *user != creator.user);
        let mut notices = Vec::new();
        for (user, name) in std::iter::once(first).chain(others) {
            super::rules::check_name(&name)?;
            notices.push(Notice::In { user: user.clone() });
            let membership = Membership {
                standing: Standing::Joined,
                role,
            };
            changes.extend(room.write_member(now_ms, &creator.user, user, name, membership));
        }
        let mut decision = Decision::durable(changes, Reply::Joined);
        decision.notices = notices;
        Ok((room, decision))
    }

    /// The room as storage has it.
    #[must_use]
    pub fn restore(snapshot: Snapshot) -> Self {
        let mut writers = Writers::new(snapshot.replicas);
        let server = snapshot.head.server_replica;
        if writers.have(server) == 0 {
            writers.bind(server, None);
        }
        Self {
            id: snapshot.room,
            head: snapshot.head,
            settings: snapshot.settings,
            roster: Roster::new(snapshot.members),
            writers,
            invites: snapshot.invites,
            memory: Memory::new(snapshot.head.offset),
            newest_body: snapshot.head.stamp,
            canonical: Canonical::default(),
        }
    }

    /// All that a restart needs; equal to what the changes so far wrote, except for unwritten markers.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            room: self.id,
            head: self.head,
            settings: self.settings.clone(),
            members: self.roster.records().clone(),
            replicas: self.writers.snapshot(),
            invites: self.invites.clone(),
        }
    }

    /// The dots whose [`Known`] the shell must read from storage before it hands the command to [`Self::handle`]: resent
    /// ops, targets, thread roots, read markers. Few or none as a rule: the room remembers what is not on disk yet. No
    /// other command may be handled in between; what storage does not find is left out.
    #[must_use]
    pub fn lookups(&self, command: &Command) -> Vec<Dot> {
        let mut dots = BTreeSet::new();
        match command {
            Command::Post { ops } => {
                for op in ops.iter().take(super::limits::POST_OPS_MAX) {
                    let thread = match &op.body {
                        Body::Post { thread, .. } => *thread,
                        _ => None,
                    };
                    dots.extend(
                        [Some(op.dot), op.body.target(), thread]
                            .into_iter()
                            .flatten(),
                    );
                }
            }
            Command::MarkRead { dot, .. } => {
                dots.insert(*dot);
            }
            _ => {}
        }
        dots.retain(|dot| self.writers.contains(*dot) && self.memory.get(*dot).is_none());
        dots.into_iter().collect()
    }

    /// Decides on a command, and takes the decision as done: its changes must be written, in this order, after those of
    /// earlier decisions (or the room restored from storage).
    #[must_use]
    pub fn handle(
        &mut self,
        now_ms: u64,
        caller: &Caller,
        command: Command,
        known: &BTreeMap<Dot, Known>,
    ) -> Decision {
        let decided = match command {
            Command::Post { ops } => self.post(now_ms, caller, ops, known),
            Command::Join { invite } => self.join(now_ms, caller, invite),
            Command::Leave => self.leave(now_ms, caller),
            Command::SetRole { user, role } => self.set_role(now_ms, caller, user, role),
            Command::Kick { user, how } => self.kick(now_ms, caller, user, how),
            Command::Unban { user } => self.unban(now_ms, caller, user),
            Command::Update {
                name,
                visibility,
                retention_days,
            } => self.update(now_ms, caller, name, visibility, retention_days),
            Command::CreateInvite {
                invite,
                role,
                expires_ms,
                uses,
            } => self.create_invite(now_ms, caller, invite, role, expires_ms, uses),
            Command::RevokeInvite { invite } => self.revoke_invite(caller, invite),
            Command::MarkRead { stamp, dot } => self.mark_read(caller, stamp, dot, known),
            Command::RecordCall { fields } => {
                let kind = CALL_KIND.to_owned();
                let body = Body::Other { kind, fields };
                let change = self.append_own(now_ms, Some(&caller.user), body);
                Ok(Decision::durable(vec![change], Reply::Done))
            }
            Command::WriteMarkers => Ok(self.write_markers()),
            Command::Retain => Ok(self.retain(now_ms)),
        };
        decided.unwrap_or_else(Decision::refuse)
    }

    /// Entries up to `offset` are on disk and can be looked up. Without it a room soon refuses posts as busy.
    pub fn settled(&mut self, offset: Offset) {
        self.memory.settle(offset);
    }

    /// Notes that a member was here; written by [`Command::WriteMarkers`].
    pub fn seen(&mut self, user: &UserId, at_ms: u64) {
        if self
            .roster
            .record(user)
            .is_some_and(|m| m.last_seen_ms < at_ms)
        {
            self.roster
                .touch(user, |member| member.last_seen_ms = at_ms);
        }
    }

    /// The room.
    #[must_use]
    pub const fn id(&self) -> RoomId {
        self.id
    }

    /// Where the log ends (accepted, not necessarily durable).
    #[must_use]
    pub const fn head(&self) -> Head {
        self.head
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether the user is a member.
    #[must_use]
    pub fn is_member(&self, user: &UserId) -> bool {
        self.roster.joined(user).is_some()
    }

    /// The record of anyone the room has heard of, out or in.
    #[must_use]
    pub fn member(&self, user: &UserId) -> Option<&Member> {
        self.roster.record(user)
    }

    /// The caller's role in force: the smaller of the membership's and the token's. `None` when not a member.
    #[must_use]
    pub fn role(&self, caller: &Caller) -> Option<Role> {
        let member = self.roster.joined(&caller.user)?;
        Some(member.membership.role.min(caller.role_max))
    }

    /// How many members the room has.
    #[must_use]
    pub const fn member_count(&self) -> usize {
        self.roster.joined_count()
    }

    /// Members in user id order after `after`, at most `limit` (≤ [`LIST_MAX`]); true when there are more.
    #[must_use]
    pub fn members_page(
        &self,
        after: Option<&UserId>,
        limit: usize,
    ) -> (Vec<(&UserId, &Member)>, bool) {
        use std::ops::Bound::{Excluded, Unbounded};
        let limit = limit.min(LIST_MAX);
        let from = after.map_or(Unbounded, Excluded);
        let mut members = self
            .roster
            .records()
            .range::<UserId, _>((from, Unbounded))
            .filter(|(_, member)| member.membership.standing == Standing::Joined);
        let page = members.by_ref().take(limit).collect();
        (page, members.next().is_some())
    }

    /// Posts after the user's read marker, their own included until they mark them; 0 for those who are not members.
    #[must_use]
    pub fn unread(&self, user: &UserId) -> u64 {
        self.roster.joined(user).map_or(0, |member| {
            let read = member.marker.map_or(0, |marker| marker.posts);
            self.head.posts.saturating_sub(read)
        })
    }

    /// A device's replicas, each with how far it is known here.
    #[must_use]
    pub fn replicas_of(&self, user: &UserId, device: &DeviceId) -> Vec<(ReplicaId, u64)> {
        self.writers.of(user, device)
    }

    /// What the log holds.
    #[must_use]
    pub fn version_vector(&self) -> VersionVector {
        self.writers.vector()
    }

    /// Appends an op to the log under the next offset and stamp.
    pub(super) fn append(&mut self, now_ms: u64, op: Op, fingerprint: Fingerprint) -> Change {
        let kind = Kind::of(&op.body);
        self.head.stamp = Stamp(self.head.stamp.0.tick(now_ms));
        self.head.offset = self.head.offset.next();
        self.head.posts += u64::from(kind.is_message());
        let Head {
            offset,
            stamp,
            posts,
            ..
        } = self.head;
        let has_body = matches!(
            op.body,
            Body::Post { .. } | Body::Edit { .. } | Body::Other { .. }
        );
        if has_body || !op.extra.is_empty() {
            self.newest_body = stamp;
        }
        self.writers.advance(op.dot);
        let fact = Fact {
            offset,
            stamp,
            author: op.author.clone(),
            fingerprint,
            kind,
            deleted: false,
            posts,
        };
        self.memory.note(offset, op.dot, fact);
        Change::Append(Record {
            entry: Entry { offset, stamp, op },
            fingerprint,
            posts,
        })
    }

    /// Appends an op of the server, caused by `author` (`None`: by time).
    pub(super) fn append_own(
        &mut self,
        now_ms: u64,
        author: Option<&UserId>,
        body: Body,
    ) -> Change {
        let replica = self.head.server_replica;
        let counter = Counter::try_from(self.writers.have(replica) + 1)
            .expect("a log does not reach 2^53 entries");
        let op = Op {
            dot: Dot::new(replica, counter),
            hlc: self.head.stamp.0.tick(now_ms), // what `append` stamps it with
            author: author.cloned(),
            body,
            extra: BTreeMap::new(),
        };
        let fingerprint = Fingerprint::of(&op, &mut self.canonical);
        self.append(now_ms, op, fingerprint)
    }
}
