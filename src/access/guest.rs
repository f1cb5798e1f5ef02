//! Guests: a LAN visitor under a chosen name, recognised by a key of their own.
//!
//! The device makes an Ed25519 key and signs a challenge with it; the user id follows from the key, so the same device
//! is the same guest tomorrow. Who owns a name is the store's business: it is asked with [`GuestName::folded`].

use crate::id::{DeviceId, NodeId, UserId};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

/// What every guest's user id begins with; no other user's may.
pub const GUEST_PREFIX: &str = "guest-";
/// Characters in a guest's name.
const NAME_CHARS_MAX: usize = 64;
/// Bytes of UTF-8 in a guest's name, before and after normalisation.
const NAME_BYTES_MAX: usize = 128;

/// Asks for the emoji form of the character before it; invisible, so it makes no other name.
const EMOJI_STYLE: char = '\u{FE0F}';

/// Why a guest is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GuestError {
    /// The name is empty, too long, or has characters that hide or reorder text.
    #[error(
        "a name has 1 to 64 visible characters (128 bytes), without control or direction marks"
    )]
    Name,
    /// Another guest has the name (said by whoever asks the store).
    #[error("another guest has this name")]
    NameTaken,
    /// The key is not 64 lowercase hexadecimal digits.
    #[error("a key has 64 lowercase hexadecimal digits")]
    Key,
    /// The signature does not fit the challenge and the key.
    #[error("the signature does not fit the challenge")]
    Signature,
}

/// A guest's name, fit to be shown beside others: NFC, trimmed, inner white space single.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestName(String);

impl GuestName {
    /// Checks and normalises a name as sent.
    ///
    /// # Errors
    /// [`GuestError::Name`].
    pub fn parse(sent: &str) -> Result<Self, GuestError> {
        if sent.len() > NAME_BYTES_MAX || sent.chars().any(is_deceptive) {
            return Err(GuestError::Name);
        }
        let words: Vec<&str> = sent.split_whitespace().collect();
        let name: String = words.join(" ").nfc().collect();
        let fits = name.len() <= NAME_BYTES_MAX && name.chars().count() <= NAME_CHARS_MAX;
        if name.chars().all(|c| c == EMOJI_STYLE) || !fits {
            return Err(GuestError::Name);
        }
        Ok(Self(name))
    }

    /// The name to show.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two names clash: compatibility forms and case folded, so `Ａnn` is `ann`.
    /// (Look-alikes of other scripts do not clash.)
    #[must_use]
    pub fn folded(&self) -> String {
        let seen = self.0.chars().filter(|c| *c != EMOJI_STYLE);
        let lower = seen.nfkc().collect::<String>().to_lowercase();
        lower.nfkc().collect()
    }
}

/// Control characters, what Unicode calls default-ignorable or bidirectional formatting (UAX #9, UTS #39), and what has no
/// meaning to all (private use, noncharacters). Of the ignorable, only the emoji variation selector passes.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0E}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}' | '\u{2800}' | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..)
        || u32::from(c) & 0xFFFE == 0xFFFE
}

/// A guest's Ed25519 public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GuestKey([u8; 32]);

impl GuestKey {
    /// Reads 64 lowercase hexadecimal digits.
    ///
    /// # Errors
    /// [`GuestError::Key`].
    pub fn parse(text: &str) -> Result<Self, GuestError> {
        let mut bytes = [0; 32];
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(GuestError::Key);
        }
        hex::decode_to_slice(text, &mut bytes).map_err(|_| GuestError::Key)?;
        Ok(Self(bytes))
    }

    /// The key that a guest's device id is. A guest who came back with a token renews it by this key.
    ///
    /// # Errors
    /// [`GuestError::Key`] when the device is not a guest's.
    pub fn of_device(device: &DeviceId) -> Result<Self, GuestError> {
        Self::parse(device.as_str())
    }

    /// `guest-` and the first 16 hexadecimal digits of the key's SHA-256.
    ///
    /// # Panics
    /// Never: the text is 22 legal characters.
    #[must_use]
    pub fn user(&self) -> UserId {
        let hash: [u8; 32] = Sha256::digest(self.0).into();
        let (first, _) = hash.split_at(8);
        let id = format!("{GUEST_PREFIX}{}", hex::encode(first));
        id.parse().expect("a prefix and 16 digits are a user id")
    }

    /// The bytes of the key.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key itself, as 64 hexadecimal digits.
    ///
    /// # Panics
    /// Never: 64 digits are the longest device id.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        let id = hex::encode(self.0).parse();
        id.expect("64 digits are a device id")
    }
}

/// What a guest signs: proof that the key is the device's own, on this node, now, for this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    node: NodeId,
    nonce: [u8; 32],
    name: String,
    key: GuestKey,
}

impl Challenge {
    /// A challenge with a random `nonce`. `name` is the name as the client sent it in `hello`, or, on renewal, as the
    /// server said it in `welcome`.
    ///
    /// # Errors
    /// [`GuestError::Name`] for a name that [`GuestName::parse`] refuses: it could hold a line break.
    pub fn new(
        node: NodeId,
        nonce: [u8; 32],
        name: &str,
        key: GuestKey,
    ) -> Result<Self, GuestError> {
        GuestName::parse(name)?;
        Ok(Self {
            node,
            nonce,
            name: name.into(),
            key,
        })
    }

    /// The nonce as the `challenge` frame carries it: 64 hexadecimal digits.
    #[must_use]
    pub fn nonce(&self) -> String {
        hex::encode(self.nonce)
    }

    /// The signed text, in UTF-8: five lines, separated by single line feeds, none after the last:
    /// `greenroom guest v1`, node id, nonce, name, key. No field can hold a line feed, so it reads in one way only.
    #[must_use]
    pub fn text(&self) -> String {
        let (nonce, key) = (self.nonce(), hex::encode(self.key.0));
        format!(
            "greenroom guest v1\n{}\n{nonce}\n{}\n{key}",
            self.node, self.name
        )
    }

    /// Checks the guest's Ed25519 signature (RFC 8032): 128 hexadecimal digits.
    ///
    /// # Errors
    /// [`GuestError::Signature`].
    pub fn verify(&self, signature: &str) -> Result<(), GuestError> {
        let mut bytes = [0; 64];
        hex::decode_to_slice(signature, &mut bytes).map_err(|_| GuestError::Signature)?;
        UnparsedPublicKey::new(&ED25519, self.key.0)
            .verify(self.text().as_bytes(), &bytes)
            .map_err(|_| GuestError::Signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

    fn device(seed: u8) -> (Ed25519KeyPair, GuestKey) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a seed");
        let key = GuestKey::parse(&hex::encode(pair.public_key())).expect("a key");
        (pair, key)
    }

    fn challenge(name: &str, key: GuestKey) -> Challenge {
        let node = NodeId::from_bytes([1; 8]);
        Challenge::new(node, [2; 32], name, key).expect("a legal name")
    }

    #[test]
    fn the_text_is_exactly_this() {
        let (_, key) = device(3);
        assert_eq!(
            challenge(" Ann  B ", key).text(),
            "greenroom guest v1\n0101010101010101\n\
             0202020202020202020202020202020202020202020202020202020202020202\n Ann  B \n\
             ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614ac8737d1"
        );
        assert_eq!(key.user().as_str(), "guest-b62e867fa2f33afe");
        assert_eq!(GuestKey::of_device(&key.device()), Ok(key));
    }

    #[test]
    fn only_the_key_answers_its_challenge() {
        let (pair, key) = device(3);
        let (other, _) = device(4);
        let asked = challenge("Ann", key);
        let sign = |pair: &Ed25519KeyPair, text: &str| hex::encode(pair.sign(text.as_bytes()));
        assert_eq!(asked.verify(&sign(&pair, &asked.text())), Ok(()));
        for bad in [
            sign(&other, &asked.text()),
            sign(&pair, &challenge("Bob", key).text()),
            sign(&pair, &format!("{}\n", asked.text())),
            "00".repeat(64),
            "zz".repeat(64),
            String::new(),
        ] {
            assert_eq!(asked.verify(&bad), Err(GuestError::Signature));
        }
    }

    #[test]
    fn names_are_normalised_and_clash_when_they_look_the_same() {
        let name = |sent| GuestName::parse(sent).expect("a legal name");
        assert_eq!(name("  Ann \u{a0} B ").as_str(), "Ann B");
        assert_eq!(name("A\u{30a}ke").as_str(), "Åke");
        assert_eq!(name("ÅKE").folded(), name("a\u{30a}ke").folded());
        assert_eq!(name("\u{ff21}nn").folded(), name("ann").folded());
        assert_eq!(name("A\u{fe0f}nn\u{fe0f}").folded(), name("ann").folded());
        assert_eq!(name("\u{2764}\u{fe0f}").as_str(), "\u{2764}\u{fe0f}");
        assert_ne!(name("Ann").folded(), name("Anna").folded());
        assert!(GuestName::parse(&"é".repeat(64)).is_ok());
    }

    #[test]
    fn names_that_hide_something_are_refused() {
        let long = "x".repeat(65);
        for bad in [
            "",
            "   ",
            "a\nb",
            "a\tb",
            "a\0b",
            "a\u{202e}b",
            "\u{200b}",
            "a\u{2066}b",
            "a\u{feff}",
            "\u{e0041}",
            "\u{fe0f}\u{fe0f}",
            "a\u{1bca0}",
            "a\u{1d173}",
            "a\u{e000}",
            "a\u{ffff}",
            "a\u{10ffff}",
            &long,
        ] {
            assert_eq!(GuestName::parse(bad), Err(GuestError::Name), "{bad:?}");
            let asked = Challenge::new(NodeId::from_bytes([1; 8]), [2; 32], bad, device(3).1);
            assert_eq!(asked, Err(GuestError::Name));
        }
        for bad in ["", "00", &"0".repeat(63), &"A".repeat(64), &"g".repeat(64)] {
            assert_eq!(GuestKey::parse(bad), Err(GuestError::Key), "{bad:?}");
        }
    }
}
