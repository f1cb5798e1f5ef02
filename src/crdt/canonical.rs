//! The one binary form of ops and values that fingerprints, sizes and digests are taken over.
//!
//! `docs/DIGEST.md` defines it for other languages. Big-endian integers, `u32` lengths, no alternatives: equal facts
//! have equal bytes whether they came as JSON or MessagePack.

use super::{Body, Content, Dot, Hlc, Op, Role, Standing, Visibility, VoidCode};
use crate::id::UserId;
use serde_json::Value;

/// How deep unknown fields may nest; deeper values are cut, and [`Canonical::too_deep`] says so.
pub const VALUE_DEPTH_MAX: u32 = 32;

/// Collects canonical bytes.
#[derive(Debug, Clone, Default)]
pub struct Canonical {
    bytes: Vec<u8>,
    too_deep: bool,
}

impl Canonical {
    /// The bytes so far.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether a value nested deeper than [`VALUE_DEPTH_MAX`] was cut.
    #[must_use]
    pub const fn too_deep(&self) -> bool {
        self.too_deep
    }

    /// Empties it, keeping its memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.too_deep = false;
    }

    /// A whole op: dot, HLC, author, body, unknown fields.
    pub fn op(&mut self, op: &Op) {
        self.dot(op.dot);
        self.hlc(op.hlc);
        self.option(op.author.as_ref(), |out, author: &UserId| {
            out.text(author.as_str());
        });
        self.body(&op.body);
        match &op.body {
            // Theirs are in the body.
            Body::Post { .. } | Body::Edit { .. } | Body::Other { .. } => {}
            Body::Delete { .. }
            | Body::Reaction { .. }
            | Body::Pin { .. }
            | Body::Topic { .. }
            | Body::Member { .. }
            | Body::Room { .. }
            | Body::Purge { .. }
            | Body::Void { .. } => self.fields(op.extra.iter(), 0),
        }
    }

    /// One byte.
    pub(super) fn byte(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// Bytes as they are.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A length or count: four bytes.
    pub(super) fn count(&mut self, count: usize) {
        let count = u32::try_from(count).expect("nothing in memory here has 2^32 parts");
        self.raw(&count.to_be_bytes());
    }

    /// A text: its length in bytes of UTF-8, then the bytes.
    pub(super) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.raw(text.as_bytes());
    }

    /// Replica (8 bytes) and counter (8 bytes).
    pub(super) fn dot(&mut self, dot: Dot) {
        self.raw(dot.replica().as_bytes());
        self.raw(&dot.counter().get().to_be_bytes());
    }

    /// Milliseconds (8 bytes) and counter (4 bytes).
    pub(super) fn hlc(&mut self, hlc: Hlc) {
        self.raw(&hlc.ms().to_be_bytes());
        self.raw(&hlc.counter().to_be_bytes());
    }

    /// 0, or 1 and the value.
    pub(super) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.byte(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    /// Text, mentions in the order written, unknown fields.
    pub(super) fn content(&mut self, content: &Content) {
        self.text(&content.text);
        self.count(content.mentions.len());
        for user in &content.mentions {
            self.text(user.as_str());
        }
        self.fields(content.extra.iter(), 0);
    }

    fn body(&mut self, body: &Body) {
        self.byte(tag(body));
        match body {
            Body::Post { thread, content } => {
                self.option(*thread, Self::dot);
                self.option(content.as_ref(), Self::content);
            }
            Body::Edit { target, content } => {
                self.dot(*target);
                self.option(content.as_ref(), Self::content);
            }
            Body::Delete { target } => self.dot(*target),
            Body::Reaction { target, emoji, on } => {
                self.dot(*target);
                self.text(emoji);
                self.byte(u8::from(*on));
            }
            Body::Pin { target, on } => {
                self.dot(*target);
                self.byte(u8::from(*on));
            }
            Body::Topic { text } => self.text(text),
            Body::Member {
                user,
                name,
                membership,
            } => {
                self.text(user.as_str());
                self.text(name);
                self.byte(standing(membership.standing));
                self.byte(role(membership.role));
            }
            Body::Room {
                name,
                visibility,
                retention_days,
            } => self.settings(name, *visibility, *retention_days),
            Body::Purge { up_to } => self.hlc(up_to.0),
            Body::Void { code } => self.byte(match code {
                VoidCode::Forbidden => 0,
                VoidCode::TooLarge => 1,
                VoidCode::Invalid => 2,
            }),
            Body::Other { kind, fields } => {
                self.text(kind);
                self.fields(fields.iter(), 0);
            }
        }
    }

    /// Name, visibility (public 0, private 1, direct 2), retention in days.
    pub(super) fn settings(&mut self, name: &str, visibility: Visibility, days: Option<u32>) {
        self.text(name);
        self.byte(match visibility {
            Visibility::Public => 0,
            Visibility::Private => 1,
            Visibility::Direct => 2,
        });
        self.option(days, |out, days: u32| out.raw(&days.to_be_bytes()));
    }

    /// A map: count, then keys in the order of their UTF-8 bytes, each a text followed by its value.
    fn fields<'a>(&mut self, fields: impl Iterator<Item = (&'a String, &'a Value)>, depth: u32) {
        let mut fields: Vec<_> = fields.collect();
        fields.sort_unstable_by_key(|(key, _)| key.as_str());
        self.count(fields.len());
        for (key, value) in fields {
            self.text(key);
            self.value(value, depth);
        }
    }

    fn value(&mut self, value: &Value, depth: u32) {
        match value {
            Value::Null => self.byte(0),
            Value::Bool(false) => self.byte(1),
            Value::Bool(true) => self.byte(2),
            // Every number is a binary64, as it is in a browser; -0 is 0.
            Value::Number(number) => {
                self.byte(3);
                let number = number.as_f64().unwrap_or(0.0) + 0.0;
                self.raw(&number.to_be_bytes());
            }
            Value::String(text) => {
                self.byte(4);
                self.text(text);
            }
            Value::Array(_) | Value::Object(_) if depth >= VALUE_DEPTH_MAX => {
                self.too_deep = true;
                self.byte(7);
            }
            Value::Array(items) => {
                self.byte(5);
                self.count(items.len());
                for item in items {
                    self.value(item, depth + 1);
                }
            }
            Value::Object(fields) => {
                self.byte(6);
                self.fields(fields.iter(), depth + 1);
            }
        }
    }
}

fn tag(body: &Body) -> u8 {
    match body {
        Body::Post { .. } => 1,
        Body::Edit { .. } => 2,
        Body::Delete { .. } => 3,
        Body::Reaction { .. } => 4,
        Body::Pin { .. } => 5,
        Body::Topic { .. } => 6,
        Body::Member { .. } => 7,
        Body::Room { .. } => 8,
        Body::Purge { .. } => 9,
        Body::Void { .. } => 10,
        Body::Other { .. } => 255,
    }
}

/// Joined 0, left 1, kicked 2, banned 3.
pub(super) const fn standing(standing: Standing) -> u8 {
    match standing {
        Standing::Joined => 0,
        Standing::Left => 1,
        Standing::Kicked => 2,
        Standing::Banned => 3,
    }
}

/// Guest 0, member 1, moderator 2, owner 3.
pub(super) const fn role(role: Role) -> u8 {
    match role {
        Role::Guest => 0,
        Role::Member => 1,
        Role::Moderator => 2,
        Role::Owner => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        let mut out = Canonical::default();
        out.op(&serde_json::from_str(text).expect("an op"));
        out.bytes().to_vec()
    }

    #[test]
    fn equal_facts_have_equal_bytes_however_they_were_written() {
        let a = r#"{"dot":["0000000000000001",1],"hlc":[5,0],"kind":"x","n":1,"m":{"b":-0.0,"a":[2e0]}}"#;
        let b =
            r#"{"kind":"x","m":{"a":[2],"b":0},"n":1.0,"hlc":[5,0],"dot":["0000000000000001",1]}"#;
        assert_eq!(bytes(a), bytes(b));
    }

    #[test]
    fn deep_values_are_cut_and_reported() {
        let deep = format!("{}{}", "[".repeat(60), "]".repeat(60));
        let op: Op = serde_json::from_str(&format!(
            r#"{{"dot":["0000000000000001",1],"hlc":[5,0],"kind":"x","n":{deep}}}"#
        ))
        .expect("an op");
        let mut out = Canonical::default();
        out.op(&op);
        assert!(out.too_deep());
    }
}
