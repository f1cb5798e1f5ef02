//! What an op may say: limits and fields, whoever wrote it.

use super::limits::{
    EMOJI_BYTES_MAX, KIND_BYTES_MAX, MENTIONS_MAX, NAME_BYTES_MAX, OP_BYTES_MAX, TEXT_BYTES_MAX,
};
use super::{Fingerprint, Refusal};
use crate::crdt::{Body, Canonical, Content, Op, VoidCode};
use sha2::{Digest, Sha256};

/// The kind of the ops that tell of calls. The merge rules do not know it: like any kind they do not, it is kept, passed
/// on, and purged with its fields.
pub(super) const CALL_KIND: &str = "call";

/// Why an op is refused for good, for the log and for people.
pub(super) type Fault = (VoidCode, &'static str);

impl Fingerprint {
    /// The first 16 bytes of SHA-256 over the op's canonical form (`docs/DIGEST.md`), its author filled in. `canonical`
    /// lends its memory and holds the canonical form afterwards.
    #[must_use]
    pub fn of(op: &Op, canonical: &mut Canonical) -> Self {
        canonical.clear();
        canonical.op(op);
        let hash = Sha256::digest(canonical.bytes());
        let mut first = [0; 16];
        first.copy_from_slice(&hash[..16]);
        Self(first)
    }
}

/// Checks what can be checked of a client's op alone; `canonical` holds its canonical form.
pub(super) fn check(op: &Op, canonical: &Canonical) -> Result<(), Fault> {
    if canonical.bytes().len() > OP_BYTES_MAX {
        return Err((VoidCode::TooLarge, "an op has at most 24 KiB"));
    }
    if canonical.too_deep() {
        return Err((VoidCode::TooLarge, "fields nest at most 32 deep"));
    }
    match &op.body {
        Body::Post { content, .. } | Body::Edit { content, .. } => check_content(content.as_ref()),
        Body::Reaction { emoji, .. } if emoji.is_empty() => {
            Err((VoidCode::Invalid, "a reaction needs an emoji"))
        }
        Body::Reaction { emoji, .. } if emoji.len() > EMOJI_BYTES_MAX => {
            Err((VoidCode::TooLarge, "an emoji has at most 64 bytes"))
        }
        Body::Topic { text } if text.len() > TEXT_BYTES_MAX => {
            Err((VoidCode::TooLarge, "a topic has at most 16 KiB"))
        }
        Body::Other { kind, .. } if kind.is_empty() || kind.len() > KIND_BYTES_MAX => {
            Err((VoidCode::Invalid, "a kind has 1 to 64 bytes"))
        }
        Body::Other { kind, .. } if kind == CALL_KIND => {
            Err((VoidCode::Invalid, "only the server writes ops of this kind"))
        }
        Body::Member { .. } | Body::Room { .. } | Body::Purge { .. } | Body::Void { .. } => {
            Err((VoidCode::Invalid, "only the server writes ops of this kind"))
        }
        Body::Delete { .. }
        | Body::Reaction { .. }
        | Body::Pin { .. }
        | Body::Topic { .. }
        | Body::Other { .. } => Ok(()),
    }
}

/// Checks a name for people.
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    let legal = !name.trim().is_empty()
        && name.len() <= NAME_BYTES_MAX
        && !name.chars().any(char::is_control);
    if legal { Ok(()) } else { Err(Refusal::BadName) }
}

fn check_content(content: Option<&Content>) -> Result<(), Fault> {
    let Some(content) = content else {
        return Err((VoidCode::Invalid, "a message needs its content"));
    };
    if content.text.len() > TEXT_BYTES_MAX {
        return Err((VoidCode::TooLarge, "a text has at most 16 KiB"));
    }
    if content.mentions.len() > MENTIONS_MAX {
        return Err((VoidCode::TooLarge, "a message has at most 64 mentions"));
    }
    Ok(())
}
