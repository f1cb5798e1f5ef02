//! Masking (RFC 6455 §5.3): XOR with four bytes, repeated.

/// A masking key and how far into it the payload is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mask {
    key: [u8; 4],
    at: u8,
}

impl Mask {
    /// A mask at the start of a payload.
    pub(super) const fn new(key: [u8; 4]) -> Self {
        Self { key, at: 0 }
    }

    /// Masks or unmasks the next bytes of the payload.
    pub(super) fn apply(&mut self, bytes: &mut [u8]) {
        let at = usize::from(self.at);
        let key: [u8; 4] = std::array::from_fn(|i| self.key[(at + i) % 4]);
        let word = u64::from(u32::from_ne_bytes(key));
        let word = word << 32 | word;
        let mut words = bytes.chunks_exact_mut(8);
        for chunk in &mut words {
            let eight: [u8; 8] = (&*chunk).try_into().expect("chunks of eight");
            chunk.copy_from_slice(&(u64::from_ne_bytes(eight) ^ word).to_ne_bytes());
        }
        for (byte, key) in words.into_remainder().iter_mut().zip(key.iter().cycle()) {
            *byte ^= key;
        }
        self.at = ((at + bytes.len()) % 4) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_split_masks_like_one_byte_at_a_time(
            key: [u8; 4],
            payload in prop::collection::vec(any::<u8>(), 0..100),
            cut in 0_usize..100,
        ) {
            let expected: Vec<u8> =
                payload.iter().enumerate().map(|(i, b)| b ^ key[i % 4]).collect();
            let mut masked = payload.clone();
            let (head, tail) = masked.split_at_mut(cut.min(payload.len()));
            let mut mask = Mask::new(key);
            mask.apply(head);
            mask.apply(tail);
            prop_assert_eq!(masked, expected);
        }
    }
}
