//! Which packets came before (RFC 3711 §3.3.2), and what index a packet of RTP has (§3.3.1).

/// Words of 64 packets in a window.
const WORDS: usize = 4;

/// Packets a window tells apart, counted back from the newest: the RFC asks for 64.
pub const REPLAY_WINDOW: u64 = WORDS as u64 * 64;

/// The newest index of one source and which of the [`REPLAY_WINDOW`] before it were seen: a ring of bits.
#[derive(Debug, Clone)]
pub(super) struct ReplayWindow {
    newest: u64,
    seen: [u64; WORDS],
}

impl ReplayWindow {
    /// A window whose first packet is `index`.
    pub(super) fn beginning_with(index: u64) -> Self {
        let mut window = Self {
            newest: index,
            seen: [0; WORDS],
        };
        window.mark(index);
        window
    }

    pub(super) const fn newest(&self) -> u64 {
        self.newest
    }

    /// Whether a packet of this index may still be accepted.
    pub(super) const fn is_fresh(&self, index: u64) -> bool {
        if index > self.newest {
            return true;
        }
        let (word, bit) = place(index);
        self.newest - index < REPLAY_WINDOW && self.seen[word] & bit == 0
    }

    /// Remembers a packet that was authenticated and fresh.
    pub(super) fn accept(&mut self, index: u64) {
        if index > self.newest {
            let skipped = (index - self.newest).min(REPLAY_WINDOW);
            for forgotten in index - skipped + 1..=index {
                let (word, bit) = place(forgotten);
                self.seen[word] &= !bit;
            }
            self.newest = index;
        }
        self.mark(index);
    }

    const fn mark(&mut self, index: u64) {
        let (word, bit) = place(index);
        self.seen[word] |= bit;
    }
}

const fn place(index: u64) -> (usize, u64) {
    let slot = index % REPLAY_WINDOW;
    ((slot / 64) as usize, 1 << (slot % 64))
}

/// The index of a packet with this sequence number that makes it closest to the newest one seen. The roll-over counter
/// begins at 0.
pub(super) fn estimate_index(newest: Option<u64>, sequence: u16) -> u64 {
    let Some(newest) = newest else {
        return u64::from(sequence);
    };
    let [.., high, low] = newest.to_be_bytes();
    let distance = sequence
        .wrapping_sub(u16::from_be_bytes([high, low]))
        .cast_signed();
    newest
        .checked_add_signed(i64::from(distance))
        // Before the very first roll-over: it can only be a packet of this round, far ahead.
        .unwrap_or_else(|| u64::from(sequence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn the_window_agrees_with_a_set(
            start in 0u64..100_000,
            steps in prop::collection::vec(-300i64..300, 1..400),
        ) {
            let mut window = ReplayWindow::beginning_with(start);
            let mut seen = HashSet::from([start]);
            let (mut newest, mut at) = (start, start);
            for step in steps {
                at = at.saturating_add_signed(step);
                let fresh = !seen.contains(&at) && at + REPLAY_WINDOW > newest;
                prop_assert_eq!(window.is_fresh(at), fresh, "{} of {}", at, newest);
                if fresh {
                    window.accept(at);
                    seen.insert(at);
                    newest = newest.max(at);
                    prop_assert_eq!(window.newest(), newest);
                }
            }
        }

        #[test]
        fn an_index_is_found_again_within_half_a_round(
            newest in 40_000u64..(1 << 47),
            distance in -32_000i64..32_000,
        ) {
            let index = newest.saturating_add_signed(distance);
            let sequence = (index & 0xFFFF) as u16;
            prop_assert_eq!(estimate_index(Some(newest), sequence), index);
        }
    }

    #[test]
    fn the_first_round_has_nothing_before_it() {
        assert_eq!(estimate_index(None, 65_000), 65_000);
        assert_eq!(estimate_index(Some(10), 65_000), 65_000);
        assert_eq!(estimate_index(Some(65_000), 10), 65_546);
        assert_eq!(estimate_index(Some(65_546), 65_000), 65_000);
    }
}
