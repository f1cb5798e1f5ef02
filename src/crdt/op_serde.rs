//! The wire form of ops: one flat map, `kind` naming the body, unknown fields kept.
//!
//! Written by hand: serde's `flatten` would lose unknown fields of known kinds, and cannot tell a purged body.

use super::{Body, Content, Dot, Hlc, Membership, Op, Role, Stamp, Standing, Visibility, VoidCode};
use crate::id::{UserId, WIRE_INTEGER_MAX};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error as _,
    ser::SerializeMap,
};
use serde_json::Value;
use std::collections::BTreeMap;

type Fields = BTreeMap<String, Value>;

impl Serialize for Op {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("dot", &self.dot)?;
        map.serialize_entry("hlc", &self.hlc)?;
        if let Some(author) = &self.author {
            map.serialize_entry("author", author)?;
        }
        map.serialize_entry("kind", self.body.kind())?;
        serialize_body(&self.body, &mut map)?;
        serialize_fields(&self.extra, &mut map)?;
        map.end()
    }
}

fn serialize_body<M: SerializeMap>(body: &Body, map: &mut M) -> Result<(), M::Error> {
    match body {
        Body::Post { thread, content } => {
            if let Some(thread) = thread {
                map.serialize_entry("thread", thread)?;
            }
            serialize_content(content.as_ref(), map)
        }
        Body::Edit { target, content } => {
            map.serialize_entry("target", target)?;
            serialize_content(content.as_ref(), map)
        }
        Body::Delete { target } => map.serialize_entry("target", target),
        Body::Reaction { target, emoji, on } => {
            map.serialize_entry("target", target)?;
            map.serialize_entry("emoji", emoji)?;
            map.serialize_entry("on", on)
        }
        Body::Pin { target, on } => {
            map.serialize_entry("target", target)?;
            map.serialize_entry("on", on)
        }
        Body::Topic { text } => map.serialize_entry("text", text),
        Body::Member {
            user,
            name,
            membership,
        } => {
            map.serialize_entry("user", user)?;
            map.serialize_entry("name", name)?;
            map.serialize_entry("standing", &membership.standing)?;
            map.serialize_entry("role", &membership.role)
        }
        Body::Room {
            name,
            visibility,
            retention_days,
        } => {
            map.serialize_entry("name", name)?;
            map.serialize_entry("visibility", visibility)?;
            map.serialize_entry("retention_days", retention_days)
        }
        Body::Purge { up_to } => map.serialize_entry("up_to", up_to),
        Body::Void { code } => map.serialize_entry("code", code),
        Body::Other { kind: _, fields } => serialize_fields(fields, map),
    }
}

fn serialize_content<M: SerializeMap>(
    content: Option<&Content>,
    map: &mut M,
) -> Result<(), M::Error> {
    let Some(content) = content else {
        return map.serialize_entry("purged", &true);
    };
    map.serialize_entry("text", &content.text)?;
    if !content.mentions.is_empty() {
        map.serialize_entry("mentions", &content.mentions)?;
    }
    serialize_fields(&content.extra, map)
}

fn serialize_fields<M: SerializeMap>(fields: &Fields, map: &mut M) -> Result<(), M::Error> {
    fields
        .iter()
        .try_for_each(|(k, v)| map.serialize_entry(k, v))
}

impl<'de> Deserialize<'de> for Op {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Fields::deserialize(deserializer)?;
        parse(&mut fields).map_err(D::Error::custom)
    }
}

fn parse(fields: &mut Fields) -> Result<Op, String> {
    check_integers(fields.values())?;
    let dot: Dot = take(fields, "dot")?;
    let hlc: Hlc = take(fields, "hlc")?;
    let author: Option<UserId> = take_optional(fields, "author")?;
    let kind: String = take(fields, "kind")?;
    let body = parse_body(kind, fields)?;
    Ok(Op {
        dot,
        hlc,
        author,
        body,
        extra: std::mem::take(fields),
    })
}

/// Takes the fields of the body out of `f`: what is left is unknown.
fn parse_body(kind: String, f: &mut Fields) -> Result<Body, String> {
    Ok(match kind.as_str() {
        "post" => Body::Post {
            thread: take_optional(f, "thread")?,
            content: take_content(f)?,
        },
        "edit" => Body::Edit {
            target: take(f, "target")?,
            content: take_content(f)?,
        },
        "delete" => Body::Delete {
            target: take(f, "target")?,
        },
        "reaction" => Body::Reaction {
            target: take(f, "target")?,
            emoji: take(f, "emoji")?,
            on: take(f, "on")?,
        },
        "pin" => Body::Pin {
            target: take(f, "target")?,
            on: take(f, "on")?,
        },
        "topic" => Body::Topic {
            text: take(f, "text")?,
        },
        "member" => Body::Member {
            user: take(f, "user")?,
            name: take(f, "name")?,
            membership: Membership {
                standing: take::<Standing>(f, "standing")?,
                role: take::<Role>(f, "role")?,
            },
        },
        "room" => Body::Room {
            name: take(f, "name")?,
            visibility: take::<Visibility>(f, "visibility")?,
            retention_days: take_optional(f, "retention_days")?,
        },
        "purge" => Body::Purge {
            up_to: take::<Stamp>(f, "up_to")?,
        },
        "void" => Body::Void {
            code: take::<VoidCode>(f, "code")?,
        },
        _ => Body::Other {
            kind,
            fields: std::mem::take(f),
        },
    })
}

/// Refuses integers beyond ±(2^53 − 1), in unknown fields too: a reader with doubles only would change the op.
/// Recursion ends where the decoders' depth limits do.
fn check_integers<'a>(mut values: impl Iterator<Item = &'a Value>) -> Result<(), String> {
    values.try_for_each(|value| match value {
        Value::Number(n) if n.is_f64() => Ok(()),
        Value::Number(n) => match n.as_i64() {
            Some(n) if n.unsigned_abs() <= WIRE_INTEGER_MAX => Ok(()),
            _ => Err(format!("the integer {n} is beyond 2^53-1")),
        },
        Value::Array(values) => check_integers(values.iter()),
        Value::Object(fields) => check_integers(fields.values()),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    })
}

/// Takes the content, or `None` when the op says that it was purged.
fn take_content(fields: &mut Fields) -> Result<Option<Content>, String> {
    if take_optional::<bool>(fields, "purged")? == Some(true) {
        fields.clear(); // unknown fields are content
        return Ok(None);
    }
    Ok(Some(Content {
        text: take(fields, "text")?,
        mentions: take_optional(fields, "mentions")?.unwrap_or_default(),
        extra: std::mem::take(fields),
    }))
}

fn take<T: DeserializeOwned>(fields: &mut Fields, name: &str) -> Result<T, String> {
    let value = fields
        .remove(name)
        .ok_or_else(|| format!("missing field `{name}`"))?;
    serde_json::from_value(value).map_err(|e| format!("field `{name}`: {e}"))
}

fn take_optional<T: DeserializeOwned>(
    fields: &mut Fields,
    name: &str,
) -> Result<Option<T>, String> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => serde_json::from_value(value).map_err(|e| format!("field `{name}`: {e}")),
    }
}

impl Body {
    /// The name of the kind on the wire.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Post { .. } => "post",
            Self::Edit { .. } => "edit",
            Self::Delete { .. } => "delete",
            Self::Reaction { .. } => "reaction",
            Self::Pin { .. } => "pin",
            Self::Topic { .. } => "topic",
            Self::Member { .. } => "member",
            Self::Room { .. } => "room",
            Self::Purge { .. } => "purge",
            Self::Void { .. } => "void",
            Self::Other { kind, .. } => kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_unknown_fields_stay_within_2_to_the_53() {
        let op = |value: &str| {
            serde_json::from_str::<Op>(&format!(
                r#"{{"dot":["00000000000000aa",1],"hlc":[1,0],"kind":"post","text":"","x":{{"y":[{value}]}}}}"#
            ))
        };
        for good in ["9007199254740991", "-9007199254740991", "1.5", "1e300"] {
            assert!(op(good).is_ok(), "{good}");
        }
        for bad in [
            "9007199254740992",
            "-9007199254740992",
            "18446744073709551615",
        ] {
            assert!(op(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_kind_keeps_its_unknown_fields() {
        let target = r#""target":["00000000000000aa",9]"#;
        for (kind, known) in [
            ("post", r#""text":"a""#.to_owned()),
            ("edit", format!(r#"{target},"text":"a""#)),
            ("delete", target.to_owned()),
            ("reaction", format!(r#"{target},"emoji":"+1","on":true"#)),
            ("pin", format!(r#"{target},"on":false"#)),
            ("topic", r#""text":"a""#.to_owned()),
            (
                "member",
                r#""user":"a","name":"A","standing":"joined","role":"guest""#.to_owned(),
            ),
            (
                "room",
                r#""name":"R","visibility":"public","retention_days":null"#.to_owned(),
            ),
            ("purge", r#""up_to":[1,0]"#.to_owned()),
            ("void", r#""code":"invalid""#.to_owned()),
            ("poll", r#""a":1"#.to_owned()),
        ] {
            let json: Value = serde_json::from_str(&format!(
                r#"{{"dot":["00000000000000aa",1],"hlc":[1,0],"kind":"{kind}",{known},"x":{{"y":[1.5,null]}}}}"#
            ))
            .expect("JSON");
            let op: Op = serde_json::from_value(json.clone()).expect("an op");
            assert_eq!(serde_json::to_value(&op).expect("JSON"), json);
            let packed = rmp_serde::to_vec_named(&op).expect("MessagePack");
            assert_eq!(rmp_serde::from_slice::<Op>(&packed).expect("an op"), op);
            let mut purged = op;
            purged.purge();
            let purged = serde_json::to_value(&purged).expect("JSON");
            assert_eq!(purged.get("x"), None, "{kind} purged");
        }
    }

    #[test]
    fn floats_of_unknown_fields_come_back_bit_for_bit() {
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let float = f64::from_bits(bits);
            if float.is_finite() {
                let text = serde_json::to_string(&float).expect("a number");
                let again: Value = serde_json::from_str(&text).expect("a number");
                assert_eq!(again.as_f64().map(f64::to_bits), Some(bits), "{text}");
            }
        }
    }
}
