//! The forms of what a room keeps besides its log.

use super::log::{VisibilityForm, mirror};
use super::parts::{DotForm, HlcForm};
use super::{RecordError, Stored};
use crate::chat::{Head, Invite, Marker, Member, ReplicaOwner, Settings};
use crate::crdt::{Membership, Role, Standing};
use crate::id::{Counter, Epoch, Offset, ReplicaId};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Serialize, Deserialize)]
enum RoleForm {
    Guest,
    Member,
    Moderator,
    Owner,
}
mirror!(RoleForm, Role, Guest, Member, Moderator, Owner);

#[derive(Clone, Copy, Serialize, Deserialize)]
enum StandingForm {
    Joined,
    Left,
    Kicked,
    Banned,
}
mirror!(StandingForm, Standing, Joined, Left, Kicked, Banned);

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct MembershipForm {
    standing: StandingForm,
    role: RoleForm,
}

impl From<Membership> for MembershipForm {
    fn from(membership: Membership) -> Self {
        Self {
            standing: membership.standing.into(),
            role: membership.role.into(),
        }
    }
}

impl From<MembershipForm> for Membership {
    fn from(form: MembershipForm) -> Self {
        Self {
            standing: form.standing.into(),
            role: form.role.into(),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(in crate::storage) struct HeadForm {
    epoch: [u8; 8],
    server_replica: [u8; 8],
    offset: u64,
    stamp: HlcForm,
    posts: u64,
    purged_up_to: Option<HlcForm>,
}

impl Stored for Head {
    type Form = HeadForm;

    fn to_form(&self) -> Result<HeadForm, RecordError> {
        Ok(HeadForm {
            epoch: *self.epoch.as_bytes(),
            server_replica: *self.server_replica.as_bytes(),
            offset: self.offset.get(),
            stamp: self.stamp.into(),
            posts: self.posts,
            purged_up_to: self.purged_up_to.map(Into::into),
        })
    }

    fn from_form(form: HeadForm) -> Result<Self, RecordError> {
        Ok(Self {
            epoch: Epoch::from_bytes(form.epoch),
            server_replica: ReplicaId::from_bytes(form.server_replica),
            offset: Offset::try_from(form.offset)?,
            stamp: form.stamp.stamp()?,
            posts: form.posts,
            purged_up_to: form.purged_up_to.map(HlcForm::stamp).transpose()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(in crate::storage) struct SettingsForm {
    name: String,
    visibility: VisibilityForm,
    retention_days: Option<u32>,
    topic: String,
    topic_written: Option<(HlcForm, DotForm)>,
}

impl Stored for Settings {
    type Form = SettingsForm;

    fn to_form(&self) -> Result<SettingsForm, RecordError> {
        Ok(SettingsForm {
            name: self.name.clone(),
            visibility: self.visibility.into(),
            retention_days: self.retention_days,
            topic: self.topic.clone(),
            topic_written: self
                .topic_written
                .map(|(hlc, dot)| (hlc.into(), dot.into())),
        })
    }

    fn from_form(form: SettingsForm) -> Result<Self, RecordError> {
        let written = |(hlc, dot): (HlcForm, DotForm)| -> Result<_, RecordError> {
            Ok((hlc.hlc()?, dot.dot()?))
        };
        Ok(Self {
            name: form.name,
            visibility: form.visibility.into(),
            retention_days: form.retention_days,
            topic: form.topic,
            topic_written: form.topic_written.map(written).transpose()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(in crate::storage) struct MemberForm {
    name: String,
    membership: MembershipForm,
    marker: Option<MarkerForm>,
    last_seen_ms: u64,
}

#[derive(Serialize, Deserialize)]
struct MarkerForm {
    stamp: HlcForm,
    dot: DotForm,
    posts: u64,
}

impl MarkerForm {
    fn marker(self) -> Result<Marker, RecordError> {
        Ok(Marker {
            stamp: self.stamp.stamp()?,
            dot: self.dot.dot()?,
            posts: self.posts,
        })
    }
}

impl Stored for Member {
    type Form = MemberForm;

    fn to_form(&self) -> Result<MemberForm, RecordError> {
        Ok(MemberForm {
            name: self.name.clone(),
            membership: self.membership.into(),
            marker: self.marker.map(|marker| MarkerForm {
                stamp: marker.stamp.into(),
                dot: marker.dot.into(),
                posts: marker.posts,
            }),
            last_seen_ms: self.last_seen_ms,
        })
    }

    fn from_form(form: MemberForm) -> Result<Self, RecordError> {
        Ok(Self {
            name: form.name,
            membership: form.membership.into(),
            marker: form.marker.map(MarkerForm::marker).transpose()?,
            last_seen_ms: form.last_seen_ms,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(in crate::storage) struct InviteForm {
    role: RoleForm,
    expires_ms: u64,
    uses: Option<u32>,
    by: String,
}

impl Stored for Invite {
    type Form = InviteForm;

    fn to_form(&self) -> Result<InviteForm, RecordError> {
        Ok(InviteForm {
            role: self.role.into(),
            expires_ms: self.expires_ms,
            uses: self.uses,
            by: self.by.as_str().into(),
        })
    }

    fn from_form(form: InviteForm) -> Result<Self, RecordError> {
        Ok(Self {
            role: form.role.into(),
            expires_ms: form.expires_ms,
            uses: form.uses,
            by: form.by.parse()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(in crate::storage) struct OwnerForm {
    user: String,
    device: String,
}

impl Stored for ReplicaOwner {
    type Form = OwnerForm;

    fn to_form(&self) -> Result<OwnerForm, RecordError> {
        Ok(OwnerForm {
            user: self.user.as_str().into(),
            device: self.device.as_str().into(),
        })
    }

    fn from_form(form: OwnerForm) -> Result<Self, RecordError> {
        Ok(Self {
            user: form.user.parse()?,
            device: form.device.parse()?,
        })
    }
}

/// The dot index: where the op is.
impl Stored for Offset {
    type Form = u64;

    fn to_form(&self) -> Result<u64, RecordError> {
        Ok(self.get())
    }

    fn from_form(form: u64) -> Result<Self, RecordError> {
        Ok(Self::try_from(form)?)
    }
}

/// A replica's highest counter.
impl Stored for Counter {
    type Form = u64;

    fn to_form(&self) -> Result<u64, RecordError> {
        Ok(self.get())
    }

    fn from_form(form: u64) -> Result<Self, RecordError> {
        Ok(Self::try_from(form)?)
    }
}

/// A key whose presence says it all.
impl Stored for () {
    type Form = ();

    fn to_form(&self) -> Result<(), RecordError> {
        Ok(())
    }

    fn from_form((): ()) -> Result<Self, RecordError> {
        Ok(())
    }
}
