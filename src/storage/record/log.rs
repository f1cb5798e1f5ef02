//! The form of a log entry.

use super::parts::{DotForm, HlcForm};
use super::room::MembershipForm;
use super::{RecordError, decode_form, encode_form};
use crate::chat::{Fingerprint, Record};
use crate::crdt::{Body, Content, Entry, Op, Visibility, VoidCode};
use crate::id::{Offset, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The bytes of a log entry; the offset is in its key.
pub(in crate::storage) fn encode_log(record: &Record) -> Result<Vec<u8>, RecordError> {
    let Record {
        entry,
        fingerprint,
        posts,
    } = record;
    encode_form(LogForm {
        stamp: entry.stamp.into(),
        hlc: entry.op.hlc.into(),
        dot: entry.op.dot.into(),
        author: entry.op.author.as_ref().map(|user| user.as_str().into()),
        fingerprint: fingerprint.0,
        posts: *posts,
        body: BodyForm::new(&entry.op.body)?,
        extra: to_json(&entry.op.extra)?,
    })
}

/// The log entry of these bytes, at `offset`.
pub(in crate::storage) fn decode_log(offset: Offset, bytes: &[u8]) -> Result<Record, RecordError> {
    let form: LogForm = decode_form(bytes)?;
    let op = Op {
        dot: form.dot.dot()?,
        hlc: form.hlc.hlc()?,
        author: form.author.map(|user| user.parse()).transpose()?,
        body: form.body.body()?,
        extra: from_json(&form.extra)?,
    };
    Ok(Record {
        entry: Entry {
            offset,
            stamp: form.stamp.stamp()?,
            op,
        },
        fingerprint: Fingerprint(form.fingerprint),
        posts: form.posts,
    })
}

#[derive(Serialize, Deserialize)]
struct LogForm {
    stamp: HlcForm,
    hlc: HlcForm,
    dot: DotForm,
    author: Option<String>,
    fingerprint: [u8; 16],
    posts: u64,
    body: BodyForm,
    /// JSON text; empty for none.
    extra: String,
}

/// The order of the variants is part of the format: add at the end.
#[derive(Serialize, Deserialize)]
enum BodyForm {
    Post {
        thread: Option<DotForm>,
        content: Option<ContentForm>,
    },
    Edit {
        target: DotForm,
        content: Option<ContentForm>,
    },
    Delete(DotForm),
    Reaction {
        target: DotForm,
        emoji: String,
        on: bool,
    },
    Pin {
        target: DotForm,
        on: bool,
    },
    Topic(String),
    Member {
        user: String,
        name: String,
        membership: MembershipForm,
    },
    Room {
        name: String,
        visibility: VisibilityForm,
        retention_days: Option<u32>,
    },
    Purge(HlcForm),
    Void(VoidForm),
    Other {
        kind: String,
        /// JSON text.
        fields: String,
    },
}

#[derive(Serialize, Deserialize)]
struct ContentForm {
    text: String,
    mentions: Vec<String>,
    /// JSON text; empty for none.
    extra: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) enum VisibilityForm {
    Public,
    Private,
    Direct,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum VoidForm {
    Forbidden,
    TooLarge,
    Invalid,
}

impl BodyForm {
    fn new(body: &Body) -> Result<Self, RecordError> {
        Ok(match body {
            Body::Post { thread, content } => Self::Post {
                thread: thread.map(Into::into),
                content: content.as_ref().map(ContentForm::new).transpose()?,
            },
            Body::Edit { target, content } => Self::Edit {
                target: (*target).into(),
                content: content.as_ref().map(ContentForm::new).transpose()?,
            },
            Body::Delete { target } => Self::Delete((*target).into()),
            Body::Reaction { target, emoji, on } => Self::Reaction {
                target: (*target).into(),
                emoji: emoji.clone(),
                on: *on,
            },
            Body::Pin { target, on } => Self::Pin {
                target: (*target).into(),
                on: *on,
            },
            Body::Topic { text } => Self::Topic(text.clone()),
            Body::Member {
                user,
                name,
                membership,
            } => Self::Member {
                user: user.as_str().into(),
                name: name.clone(),
                membership: (*membership).into(),
            },
            Body::Room {
                name,
                visibility,
                retention_days,
            } => Self::Room {
                name: name.clone(),
                visibility: (*visibility).into(),
                retention_days: *retention_days,
            },
            Body::Purge { up_to } => Self::Purge((*up_to).into()),
            Body::Void { code } => Self::Void((*code).into()),
            Body::Other { kind, fields } => Self::Other {
                kind: kind.clone(),
                fields: to_json(fields)?,
            },
        })
    }

    fn body(self) -> Result<Body, RecordError> {
        Ok(match self {
            Self::Post { thread, content } => Body::Post {
                thread: thread.map(DotForm::dot).transpose()?,
                content: content.map(ContentForm::content).transpose()?,
            },
            Self::Edit { target, content } => Body::Edit {
                target: target.dot()?,
                content: content.map(ContentForm::content).transpose()?,
            },
            Self::Delete(target) => Body::Delete {
                target: target.dot()?,
            },
            Self::Reaction { target, emoji, on } => Body::Reaction {
                target: target.dot()?,
                emoji,
                on,
            },
            Self::Pin { target, on } => Body::Pin {
                target: target.dot()?,
                on,
            },
            Self::Topic(text) => Body::Topic { text },
            Self::Member {
                user,
                name,
                membership,
            } => Body::Member {
                user: user.parse()?,
                name,
                membership: membership.into(),
            },
            Self::Room {
                name,
                visibility,
                retention_days,
            } => Body::Room {
                name,
                visibility: visibility.into(),
                retention_days,
            },
            Self::Purge(up_to) => Body::Purge {
                up_to: up_to.stamp()?,
            },
            Self::Void(code) => Body::Void { code: code.into() },
            Self::Other { kind, fields } => Body::Other {
                kind,
                fields: from_json(&fields)?,
            },
        })
    }
}

impl ContentForm {
    fn new(content: &Content) -> Result<Self, RecordError> {
        Ok(Self {
            text: content.text.clone(),
            mentions: content.mentions.iter().map(ToString::to_string).collect(),
            extra: to_json(&content.extra)?,
        })
    }

    fn content(self) -> Result<Content, RecordError> {
        let mentions: Result<Vec<UserId>, _> = self.mentions.iter().map(|m| m.parse()).collect();
        Ok(Content {
            text: self.text,
            mentions: mentions?,
            extra: from_json(&self.extra)?,
        })
    }
}

fn to_json(fields: &BTreeMap<String, Value>) -> Result<String, RecordError> {
    if fields.is_empty() {
        return Ok(String::new());
    }
    Ok(serde_json::to_string(fields)?)
}

fn from_json(text: &str) -> Result<BTreeMap<String, Value>, RecordError> {
    if text.is_empty() {
        return Ok(BTreeMap::new());
    }
    Ok(serde_json::from_str(text)?)
}

/// Maps two enums of the same variants onto each other, exhaustively both ways.
macro_rules! mirror {
    ($form:ty, $value:ty, $($variant:ident),+) => {
        impl From<$value> for $form {
            fn from(value: $value) -> Self {
                match value { $(<$value>::$variant => Self::$variant),+ }
            }
        }
        impl From<$form> for $value {
            fn from(form: $form) -> Self {
                match form { $(<$form>::$variant => Self::$variant),+ }
            }
        }
    };
}
pub(super) use mirror;

mirror!(VisibilityForm, Visibility, Public, Private, Direct);
mirror!(VoidForm, VoidCode, Forbidden, TooLarge, Invalid);
