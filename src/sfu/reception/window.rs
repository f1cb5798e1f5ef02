//! Which of the newest indices were seen.

const WORDS: usize = 32;
/// How far back is remembered, in packets: about 2 s of a large screen share, 8 s of a camera.
pub(in crate::sfu) const WINDOW: u64 = 64 * WORDS as u64;

/// What an index is to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sfu) enum Seen {
    /// First seen.
    New,
    /// Seen before.
    Again,
    /// Too old to say.
    TooOld,
}

/// A bit for each of the newest [`WINDOW`] indices.
#[derive(Debug, Clone)]
pub(in crate::sfu) struct Window {
    /// One past the newest.
    end: u64,
    bits: [u64; WORDS],
}

impl Window {
    pub(in crate::sfu) const fn new() -> Self {
        Self {
            end: 0,
            bits: [0; WORDS],
        }
    }

    /// Marks an index as seen and says whether it was.
    pub(in crate::sfu) fn insert(&mut self, index: u64) -> Seen {
        if index >= self.end {
            self.advance(index + 1);
        } else if index + WINDOW < self.end {
            return Seen::TooOld;
        }
        let (word, bit) = place(index);
        let again = self.bits[word] & bit != 0;
        self.bits[word] |= bit;
        if again { Seen::Again } else { Seen::New }
    }

    fn advance(&mut self, end: u64) {
        if end - self.end >= WINDOW {
            self.bits = [0; WORDS];
        } else {
            for index in self.end..end {
                let (word, bit) = place(index);
                self.bits[word] &= !bit;
            }
        }
        self.end = end;
    }
}

const fn place(index: u64) -> (usize, u64) {
    let within = index % WINDOW;
    ((within / 64) as usize, 1 << (within % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_agrees_with_a_set(steps in prop::collection::vec(-3000_i64..3000, 1..400)) {
            let (mut window, mut set, mut at) = (Window::new(), BTreeSet::new(), 10_000_i64);
            for step in steps {
                at = (at + step).max(0);
                let index = u64::try_from(at).expect("not negative");
                let newest = set.last().copied().unwrap_or(0);
                let seen = window.insert(index);
                if index + WINDOW <= newest {
                    prop_assert_eq!(seen, Seen::TooOld);
                } else if set.insert(index) {
                    prop_assert_eq!(seen, Seen::New);
                } else {
                    prop_assert_eq!(seen, Seen::Again);
                }
            }
        }
    }
}
