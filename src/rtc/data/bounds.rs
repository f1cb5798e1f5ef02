//! How far a peer may go: what the SCTP library would keep or count for it without an end.

use super::chunks::{Acknowledged, Contents};

/// Bytes of messages that are not complete yet: the receive window.
pub(super) const RECEIVE_BUFFER_MAX: u32 = 128 * 1024;

/// What may still be taken while the window is shut. The library takes any continuation of an unfinished message then.
const OVERRUN_MAX: usize = 128 * 1024;

/// Chunks that may come before everything received was complete once. The library searches all that it keeps for each,
/// and its window does not count chunks.
pub(super) const UNFINISHED_CHUNKS_MAX: u32 = 8192;

/// How far a peer may give up at once: the library counts there one by one.
const FORWARD_MAX: u32 = 8192;

/// Stream resets in the life of an association.
const RESETS_MAX: u32 = 1024;

/// What an association has taken of its bounds.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    /// What came since the window was shut; 0 while it is open.
    overrun: usize,
    /// Chunks since all that was received was complete.
    unfinished_chunks: u32,
    /// The peer's last TSN before the first gap, as we acknowledged it. `None` before its INIT.
    cumulative_tsn: Option<u32>,
    resets: u32,
}

impl Bounds {
    /// Counts what came; false: the peer goes too far.
    pub(super) fn may_take(&mut self, contents: Contents) -> bool {
        if let Some(initial_tsn) = contents.initial_tsn {
            self.cumulative_tsn
                .get_or_insert(initial_tsn.wrapping_sub(1));
        }
        if self.overrun > 0 {
            self.overrun += contents.data_cost;
        }
        self.unfinished_chunks += contents.data_chunks;
        self.resets += contents.resets;
        self.resets <= RESETS_MAX
            && self.overrun <= OVERRUN_MAX
            && self.unfinished_chunks <= UNFINISHED_CHUNKS_MAX
            && contents.forward_to.is_none_or(|tsn| self.is_near(tsn))
    }

    /// Takes what we announced to the peer.
    pub(super) fn on_acknowledged(&mut self, acknowledged: Acknowledged) {
        self.cumulative_tsn = Some(acknowledged.cumulative_tsn);
        match acknowledged.window {
            0 => self.overrun = self.overrun.max(1),
            RECEIVE_BUFFER_MAX => {
                self.overrun = 0;
                self.unfinished_chunks = 0;
            }
            _ => self.overrun = 0,
        }
    }

    #[cfg(test)]
    pub(super) fn cumulative_tsn(&self) -> u32 {
        self.cumulative_tsn.expect("there was an INIT")
    }

    /// Behind us, which is half of the circle, or not far ahead.
    fn is_near(&self, tsn: u32) -> bool {
        self.cumulative_tsn.is_none_or(|cumulative_tsn| {
            let ahead = tsn.wrapping_sub(cumulative_tsn);
            ahead <= FORWARD_MAX || ahead >= 1 << 31
        })
    }
}
