//! The newest frames of a room, kept to bring a subscriber that is almost current up to date without reading the disk.

use crate::id::Offset;
use crate::protocol::{Outgoing, ServerFrame};
use std::collections::VecDeque;
use std::sync::Arc;

/// Frames kept.
const FRAMES_MAX: usize = 128;
/// Entries kept, over all frames.
const ENTRIES_MAX: u64 = 1_024;
/// Bytes kept, about, over all frames: a subscriber gets them at once, and several rooms at a time.
const BYTES_MAX: usize = 512 * 1024;

/// Frames of live ops in offset order, without gaps between them.
#[derive(Default)]
pub(super) struct Ring {
    frames: VecDeque<Span>,
    entries: u64,
    bytes: usize,
}

struct Span {
    first: Offset,
    last: Offset,
    frame: Arc<Outgoing>,
}

impl Span {
    /// Its frame without the entries up to `after`.
    fn after(&self, after: Offset) -> Arc<Outgoing> {
        match self.frame.frame() {
            ServerFrame::Ops {
                id,
                room,
                ops,
                more,
            } if self.first <= after => {
                let missing = ops.iter().filter(|entry| entry.offset > after);
                Arc::new(Outgoing::new(ServerFrame::Ops {
                    id: *id,
                    room: *room,
                    ops: missing.cloned().collect(),
                    more: *more,
                }))
            }
            _ => Arc::clone(&self.frame),
        }
    }
}

impl Ring {
    /// Adds the frame with the entries `first..=last`, which follow those before.
    pub(super) fn push(&mut self, first: Offset, last: Offset, frame: Arc<Outgoing>) {
        if self
            .frames
            .back()
            .is_some_and(|newest| newest.last.next() != first)
        {
            self.clear();
        }
        self.entries += last.get() - first.get() + 1;
        self.bytes += frame.weight();
        self.frames.push_back(Span { first, last, frame });
        while self.frames.len() > FRAMES_MAX || self.entries > ENTRIES_MAX || self.bytes > BYTES_MAX
        {
            let Some(oldest) = self.frames.pop_front() else {
                break;
            };
            self.entries -= oldest.last.get() - oldest.first.get() + 1;
            self.bytes -= oldest.frame.weight();
        }
    }

    /// The frames that bring someone who has everything up to `after` to `head`: none if already there, `None` if the
    /// ring does not reach back so far. A frame that begins at or before `after` is cut.
    pub(super) fn since(&self, after: Offset, head: Offset) -> Option<Vec<Arc<Outgoing>>> {
        if after >= head {
            return Some(Vec::new());
        }
        let reaches_back = self
            .frames
            .front()
            .is_some_and(|oldest| oldest.first <= after.next());
        let reaches_head = self.frames.back().is_some_and(|newest| newest.last >= head);
        (reaches_back && reaches_head).then(|| {
            self.frames
                .iter()
                .filter(|span| span.last > after)
                .map(|span| span.after(after))
                .collect()
        })
    }

    /// Forgets everything: bodies in it were purged, or its order broke.
    pub(super) fn clear(&mut self) {
        self.frames.clear();
        self.entries = 0;
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(n: u64) -> Offset {
        Offset::try_from(n).expect("small")
    }

    fn ring(spans: &[(u64, u64)]) -> Ring {
        let mut ring = Ring::default();
        for (first, last) in spans {
            ring.push(
                offset(*first),
                offset(*last),
                Arc::new(Outgoing::new(ServerFrame::Beat {})),
            );
        }
        ring
    }

    fn frames(ring: &Ring, after: u64, head: u64) -> Option<usize> {
        ring.since(offset(after), offset(head))
            .map(|frames| frames.len())
    }

    #[test]
    fn gives_what_is_missing_and_nothing_more() {
        let ring = ring(&[(5, 6), (7, 7), (8, 10)]);
        assert_eq!(frames(&ring, 10, 10), Some(0));
        assert_eq!(frames(&ring, 7, 10), Some(1));
        assert_eq!(frames(&ring, 5, 10), Some(3));
        assert_eq!(frames(&ring, 4, 10), Some(3));
        assert_eq!(frames(&ring, 3, 10), None, "4 is not in the ring");
        assert_eq!(frames(&ring, 7, 11), None, "11 is not in the ring yet");
        assert_eq!(frames(&Ring::default(), 0, 1), None);
    }

    #[test]
    fn stays_bounded_and_without_gaps() {
        let mut many = ring(&[]);
        for n in 1..=10_000 {
            many.push(
                offset(n),
                offset(n),
                Arc::new(Outgoing::new(ServerFrame::Beat {})),
            );
        }
        assert_eq!(many.frames.len(), FRAMES_MAX);
        many.push(
            offset(20_000),
            offset(20_000),
            Arc::new(Outgoing::new(ServerFrame::Beat {})),
        );
        assert_eq!(
            frames(&many, 9_999, 20_000),
            None,
            "a gap empties what came before it"
        );
    }
}
