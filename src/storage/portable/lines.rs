//! The lines of an export, as serde types.

use crate::chat::{Fingerprint, Invite, Marker, Member, Record, ReplicaOwner, Settings};
use crate::crdt::{Dot, Entry, Hlc, Membership, Op, Role, Stamp, Standing, Visibility};
use crate::id::{DeviceId, InviteId, NodeId, Offset, ReplicaId, RoomId, UserId};
use crate::storage::directory::{Guest, Revocation, Revoked};
use serde::{Deserialize, Serialize};

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line {
    GreenroomExport(HeaderLine),
    Room(RoomLine),
    Member(MemberLine),
    Replica(ReplicaLine),
    Invite(InviteLine),
    Entry(EntryLine),
    Guest(GuestLine),
    Revoked(RevokedLine),
    End(EndLine),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeaderLine {
    pub(super) version: u32,
    pub(super) node: NodeId,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoomLine {
    pub(super) room: RoomId,
    name: String,
    visibility: Visibility,
    retention_days: Option<u32>,
    topic: String,
    topic_written: Option<(Hlc, Dot)>,
    pub(super) entries: u64,
    pub(super) stamp: Stamp,
    pub(super) purged_up_to: Option<Stamp>,
}

impl RoomLine {
    pub(super) fn new(
        room: RoomId,
        settings: Settings,
        entries: u64,
        stamp: Stamp,
        purged_up_to: Option<Stamp>,
    ) -> Self {
        Self {
            room,
            name: settings.name,
            visibility: settings.visibility,
            retention_days: settings.retention_days,
            topic: settings.topic,
            topic_written: settings.topic_written,
            entries,
            stamp,
            purged_up_to,
        }
    }

    pub(super) fn settings(&self) -> Settings {
        Settings {
            name: self.name.clone(),
            visibility: self.visibility,
            retention_days: self.retention_days,
            topic: self.topic.clone(),
            topic_written: self.topic_written,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberLine {
    pub(super) room: RoomId,
    pub(super) user: UserId,
    name: String,
    standing: Standing,
    role: Role,
    marker: Option<MarkerLine>,
    last_seen_ms: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MarkerLine {
    stamp: Stamp,
    dot: Dot,
    posts: u64,
}

impl MemberLine {
    pub(super) fn new(room: RoomId, user: UserId, member: Member) -> Self {
        Self {
            room,
            user,
            name: member.name,
            standing: member.membership.standing,
            role: member.membership.role,
            marker: member.marker.map(|marker| MarkerLine {
                stamp: marker.stamp,
                dot: marker.dot,
                posts: marker.posts,
            }),
            last_seen_ms: member.last_seen_ms,
        }
    }

    pub(super) fn member(self) -> (UserId, Member) {
        let member = Member {
            name: self.name,
            membership: Membership {
                standing: self.standing,
                role: self.role,
            },
            marker: self.marker.map(|marker| Marker {
                stamp: marker.stamp,
                dot: marker.dot,
                posts: marker.posts,
            }),
            last_seen_ms: self.last_seen_ms,
        };
        (self.user, member)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplicaLine {
    pub(super) room: RoomId,
    pub(super) replica: ReplicaId,
    user: UserId,
    device: DeviceId,
}

impl ReplicaLine {
    pub(super) fn new(room: RoomId, replica: ReplicaId, owner: ReplicaOwner) -> Self {
        Self {
            room,
            replica,
            user: owner.user,
            device: owner.device,
        }
    }

    pub(super) fn owner(self) -> (ReplicaId, ReplicaOwner) {
        let owner = ReplicaOwner {
            user: self.user,
            device: self.device,
        };
        (self.replica, owner)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InviteLine {
    pub(super) room: RoomId,
    invite: InviteId,
    role: Role,
    expires_ms: u64,
    uses: Option<u32>,
    by: UserId,
}

impl InviteLine {
    pub(super) fn new(room: RoomId, id: InviteId, invite: Invite) -> Self {
        Self {
            room,
            invite: id,
            role: invite.role,
            expires_ms: invite.expires_ms,
            uses: invite.uses,
            by: invite.by,
        }
    }

    pub(super) fn invite(self) -> (InviteId, Invite) {
        let invite = Invite {
            role: self.role,
            expires_ms: self.expires_ms,
            uses: self.uses,
            by: self.by,
        };
        (self.invite, invite)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryLine {
    pub(super) room: RoomId,
    pub(super) offset: Offset,
    stamp: Stamp,
    posts: u64,
    #[serde(with = "hex")]
    fingerprint: [u8; 16],
    op: Op,
}

impl EntryLine {
    pub(super) fn new(room: RoomId, record: Record) -> Self {
        Self {
            room,
            offset: record.entry.offset,
            stamp: record.entry.stamp,
            posts: record.posts,
            fingerprint: record.fingerprint.0,
            op: record.entry.op,
        }
    }

    pub(super) fn record(self) -> Record {
        Record {
            entry: Entry {
                offset: self.offset,
                stamp: self.stamp,
                op: self.op,
            },
            fingerprint: Fingerprint(self.fingerprint),
            posts: self.posts,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GuestLine {
    name: String,
    #[serde(with = "hex")]
    key: [u8; 32],
    user: UserId,
    since_ms: u64,
}

impl From<Guest> for GuestLine {
    fn from(guest: Guest) -> Self {
        Self {
            name: guest.name,
            key: guest.key,
            user: guest.user,
            since_ms: guest.since_ms,
        }
    }
}

impl From<GuestLine> for Guest {
    fn from(line: GuestLine) -> Self {
        Self {
            name: line.name,
            key: line.key,
            user: line.user,
            since_ms: line.since_ms,
        }
    }
}

/// A token, a user, or a user's device.
#[derive(Serialize, Deserialize)]
pub(super) struct RevokedLine {
    #[serde(flatten)]
    what: RevokedWhat,
    until_ms: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RevokedWhat {
    Token(String),
    Device(UserId, DeviceId),
    User(UserId),
}

impl From<Revocation> for RevokedLine {
    fn from(revocation: Revocation) -> Self {
        let what = match revocation.what {
            Revoked::Token(id) => RevokedWhat::Token(id),
            Revoked::Device(user, device) => RevokedWhat::Device(user, device),
            Revoked::User(user) => RevokedWhat::User(user),
        };
        Self {
            what,
            until_ms: revocation.until_ms,
        }
    }
}

impl From<RevokedLine> for Revocation {
    fn from(line: RevokedLine) -> Self {
        let what = match line.what {
            RevokedWhat::Token(id) => Revoked::Token(id),
            RevokedWhat::Device(user, device) => Revoked::Device(user, device),
            RevokedWhat::User(user) => Revoked::User(user),
        };
        Self {
            what,
            until_ms: line.until_ms,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndLine {
    pub(super) lines: u64,
    #[serde(with = "hex")]
    pub(super) sha256: [u8; 32],
}
