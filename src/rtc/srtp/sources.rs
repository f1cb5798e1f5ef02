//! What is remembered of each SSRC: its replay window.

use super::replay::ReplayWindow;

/// Replay windows by SSRC, at most `MAX` of them. Only authenticated packets create one, so only the peer itself can
/// fill it; then the source that was silent longest is forgotten.
#[derive(Debug, Default)]
pub(super) struct Sources<const MAX: usize> {
    /// Sorted by SSRC.
    known: Vec<Source>,
    /// Packets accepted so far.
    clock: u64,
}

#[derive(Debug)]
struct Source {
    ssrc: u32,
    heard: u64,
    window: ReplayWindow,
}

impl<const MAX: usize> Sources<MAX> {
    pub(super) fn window(&self, ssrc: u32) -> Option<&ReplayWindow> {
        self.position(ssrc).ok().map(|at| &self.known[at].window)
    }

    /// Remembers an authenticated packet.
    pub(super) fn accept(&mut self, ssrc: u32, index: u64) {
        self.clock += 1;
        match self.position(ssrc) {
            Ok(at) => {
                self.known[at].heard = self.clock;
                self.known[at].window.accept(index);
            }
            Err(mut at) => {
                if let Some(forgotten) = self.forget_if_full()
                    && forgotten < at
                {
                    at -= 1;
                }
                let window = ReplayWindow::beginning_with(index);
                let heard = self.clock;
                self.known.insert(
                    at,
                    Source {
                        ssrc,
                        heard,
                        window,
                    },
                );
            }
        }
    }

    fn forget_if_full(&mut self) -> Option<usize> {
        if self.known.len() < MAX {
            return None;
        }
        let silent = (0..self.known.len()).min_by_key(|at| self.known[*at].heard)?;
        self.known.remove(silent);
        Some(silent)
    }

    fn position(&self, ssrc: u32) -> Result<usize, usize> {
        self.known.binary_search_by_key(&ssrc, |source| source.ssrc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_silent_longest_is_forgotten() {
        let mut sources = Sources::<3>::default();
        for ssrc in [30, 10, 20, 30] {
            sources.accept(ssrc, u64::from(ssrc));
        }
        for (new, forgotten) in [(15, 10), (40, 20), (5, 30)] {
            sources.accept(new, 1);
            assert!(sources.window(forgotten).is_none(), "{forgotten}");
            assert_eq!(sources.window(new).map(ReplayWindow::newest), Some(1));
            assert_eq!(sources.known.len(), 3);
            assert!(sources.known.is_sorted_by_key(|source| source.ssrc));
        }
        assert_eq!(
            sources.known.iter().map(|s| s.ssrc).collect::<Vec<_>>(),
            [5, 15, 40]
        );
    }
}
