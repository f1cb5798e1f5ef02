//! The forms of what belongs to the node rather than to a room.

use super::parts::HlcForm;
use super::{RecordError, Stored};
use crate::crdt::Stamp;
use crate::id::{NodeId, Offset};
use crate::storage::directory::{Guest, Revocation, Revoked};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The node's own record.
pub(in crate::storage) struct Meta {
    /// The node.
    pub(in crate::storage) node: NodeId,
    /// Its Ed25519 key, PKCS#8.
    pub(in crate::storage) signing_key: Zeroizing<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
pub(in crate::storage) struct MetaForm {
    node: [u8; 8],
    signing_key: Vec<u8>,
}

impl Stored for Meta {
    type Form = MetaForm;

    fn to_form(&self) -> Result<MetaForm, RecordError> {
        Ok(MetaForm {
            node: *self.node.as_bytes(),
            signing_key: self.signing_key.to_vec(),
        })
    }

    fn from_form(form: MetaForm) -> Result<Self, RecordError> {
        Ok(Self {
            node: NodeId::from_bytes(form.node),
            signing_key: form.signing_key.into(),
        })
    }
}

/// How far a room's purged bodies have been scrubbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage) struct PurgeJob {
    /// What is stamped at or before this is to be scrubbed.
    pub(in crate::storage) up_to: Stamp,
    /// Everything up to this offset has been scrubbed.
    pub(in crate::storage) done: Offset,
}

#[derive(Serialize, Deserialize)]
pub(in crate::storage) struct PurgeForm {
    up_to: HlcForm,
    done: u64,
}

impl Stored for PurgeJob {
    type Form = PurgeForm;

    fn to_form(&self) -> Result<PurgeForm, RecordError> {
        Ok(PurgeForm {
            up_to: self.up_to.into(),
            done: self.done.get(),
        })
    }

    fn from_form(form: PurgeForm) -> Result<Self, RecordError> {
        Ok(Self {
            up_to: form.up_to.stamp()?,
            done: Offset::try_from(form.done)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(in crate::storage) struct GuestForm {
    name: String,
    key: [u8; 32],
    user: String,
    since_ms: u64,
}

impl Stored for Guest {
    type Form = GuestForm;

    fn to_form(&self) -> Result<GuestForm, RecordError> {
        Ok(GuestForm {
            name: self.name.clone(),
            key: self.key,
            user: self.user.as_str().into(),
            since_ms: self.since_ms,
        })
    }

    fn from_form(form: GuestForm) -> Result<Self, RecordError> {
        Ok(Self {
            name: form.name,
            key: form.key,
            user: form.user.parse()?,
            since_ms: form.since_ms,
        })
    }
}

/// A guest's public key, by name.
impl Stored for [u8; 32] {
    type Form = [u8; 32];

    fn to_form(&self) -> Result<Self, RecordError> {
        Ok(*self)
    }

    fn from_form(form: Self) -> Result<Self, RecordError> {
        Ok(form)
    }
}

#[derive(Serialize, Deserialize)]
enum RevokedForm {
    Token(String),
    Device(String, String),
    User(String),
}

#[derive(Serialize, Deserialize)]
pub(in crate::storage) struct RevocationForm {
    what: RevokedForm,
    until_ms: u64,
}

impl Stored for Revocation {
    type Form = RevocationForm;

    fn to_form(&self) -> Result<RevocationForm, RecordError> {
        let what = match &self.what {
            Revoked::Token(id) => RevokedForm::Token(id.clone()),
            Revoked::Device(user, device) => {
                RevokedForm::Device(user.to_string(), device.to_string())
            }
            Revoked::User(user) => RevokedForm::User(user.to_string()),
        };
        Ok(RevocationForm {
            what,
            until_ms: self.until_ms,
        })
    }

    fn from_form(form: RevocationForm) -> Result<Self, RecordError> {
        let what = match form.what {
            RevokedForm::Token(id) => Revoked::Token(id),
            RevokedForm::Device(user, device) => Revoked::Device(user.parse()?, device.parse()?),
            RevokedForm::User(user) => Revoked::User(user.parse()?),
        };
        Ok(Self {
            what,
            until_ms: form.until_ms,
        })
    }
}
