//! What the clients write: a text that follows from the dot alone, so that any reader can check any message.

use greenroom::crdt::{Body, Content, Dot};
use serde_json::Value;
use std::collections::BTreeMap;

/// The field of a post that carries its intended time of sending, microseconds of [`crate::clock::now_us`]. The server
/// keeps fields it does not know.
pub(crate) const DUE_FIELD: &str = "due_us";

/// The post with this dot: `bytes` of text, due at `due_us`.
pub(crate) fn post(dot: Dot, bytes: usize, due_us: u64) -> Body {
    Body::Post {
        thread: None,
        content: Some(Content {
            text: text(dot, bytes),
            mentions: Vec::new(),
            extra: BTreeMap::from([(DUE_FIELD.to_owned(), Value::from(due_us))]),
        }),
    }
}

/// The text of the post with this dot: words drawn from a generator seeded by it. Readable, and not compressible to
/// nothing.
pub(crate) fn text(dot: Dot, bytes: usize) -> String {
    const LETTERS: &[u8; 32] = b"etaoinshrdlucmfwypvbgk  jxqz  ea";
    let mut text = String::with_capacity(bytes);
    let mut state = mix(dot_hash(dot));
    while text.len() < bytes {
        state = mix(state);
        for byte in state.to_le_bytes() {
            if text.len() < bytes {
                text.push(char::from(LETTERS[usize::from(byte % 32)]));
            }
        }
    }
    text
}

/// A number that stands for an entry of a log; the sum over entries is a digest that does not depend on their order.
pub(crate) fn entry_hash(offset: u64, dot: Dot) -> u64 {
    mix(dot_hash(dot) ^ mix(offset))
}

fn dot_hash(dot: Dot) -> u64 {
    u64::from_be_bytes(*dot.replica().as_bytes()) ^ mix(dot.counter().get())
}

/// SplitMix64's finalizer (Steele et al., "Fast splittable pseudorandom number generators", 2014).
pub(crate) fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenroom::id::{Counter, ReplicaId};

    fn dot(replica: u8, counter: u64) -> Dot {
        let counter = Counter::try_from(counter).expect("positive");
        Dot::new(ReplicaId::from_bytes([replica; 8]), counter)
    }

    #[test]
    fn the_text_follows_from_the_dot() {
        assert_eq!(text(dot(1, 1), 200), text(dot(1, 1), 200));
        assert_ne!(text(dot(1, 1), 200), text(dot(1, 2), 200));
        assert_ne!(text(dot(1, 1), 200), text(dot(2, 1), 200));
        for bytes in [0, 1, 7, 8, 200, 16_384] {
            assert_eq!(text(dot(1, 1), bytes).len(), bytes);
        }
    }

    #[test]
    fn an_entry_hash_tells_offset_and_dot() {
        assert_ne!(entry_hash(1, dot(1, 1)), entry_hash(2, dot(1, 1)));
        assert_ne!(entry_hash(1, dot(1, 1)), entry_hash(1, dot(1, 2)));
    }
}
