//! How a connection catches up with a room: pages are read as the socket takes them, never ahead of it, and live ops
//! wait behind. A pure machine; the connection does the reading and the pushing.

use crate::crdt::VersionVector;
use crate::id::Offset;
use std::sync::Arc;

/// Pages read or queued at once: one on its way to the socket while the next is read.
const PAGES_AHEAD_MAX: u8 = 2;

/// The catch-up with one room.
#[derive(Debug)]
pub(super) struct CatchUp {
    after: Offset,
    up_to: Offset,
    vector: Option<Arc<VersionVector>>,
    reading: bool,
    queued: u8,
    told: bool,
}

/// What to do now.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// Read the page after `after`, up to `up_to`.
    Read {
        /// Entries after this offset.
        after: Offset,
        /// Entries up to this offset.
        up_to: Offset,
        /// Leave out what it contains.
        vector: Option<Arc<VersionVector>>,
    },
    /// Tell the room that everything up to here is queued.
    Tell(Offset),
    /// Wait for a read, the socket, or the room.
    Wait,
}

impl CatchUp {
    /// From `after` to `up_to`, leaving out what `vector` contains.
    pub(super) fn new(after: Offset, up_to: Offset, vector: Option<VersionVector>) -> Self {
        Self {
            after,
            up_to,
            vector: vector.map(Arc::new),
            reading: false,
            queued: 0,
            told: false,
        }
    }

    /// What to do now; call it after every change until it says [`Step::Wait`].
    pub(super) fn step(&mut self) -> Step {
        if self.reading || self.told {
            return Step::Wait;
        }
        if self.after >= self.up_to {
            self.told = true;
            return Step::Tell(self.after);
        }
        if self.queued >= PAGES_AHEAD_MAX {
            return Step::Wait;
        }
        self.reading = true;
        Step::Read {
            after: self.after,
            up_to: self.up_to,
            vector: self.vector.clone(),
        }
    }

    /// A read came back: the log was scanned up to `scanned`, and what was found is queued for the socket.
    pub(super) fn page_read(&mut self, scanned: Offset, queued: bool) {
        self.reading = false;
        self.after = self.after.max(scanned);
        self.queued += u8::from(queued);
    }

    /// The read could not be made: it will be tried again.
    pub(super) fn read_failed(&mut self) {
        self.reading = false;
    }

    /// The room could not be told: it will be tried again.
    pub(super) fn untold(&mut self) {
        self.told = false;
    }

    /// The socket took a page.
    pub(super) fn page_taken(&mut self) {
        self.queued = self.queued.saturating_sub(1);
    }

    /// The room has gone on to `head` meanwhile.
    pub(super) fn behind(&mut self, head: Offset) {
        self.told = false;
        self.up_to = self.up_to.max(head);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(n: u64) -> Offset {
        Offset::try_from(n).expect("small")
    }

    fn read(after: u64, up_to: u64) -> Step {
        Step::Read {
            after: offset(after),
            up_to: offset(up_to),
            vector: None,
        }
    }

    #[test]
    fn reads_only_as_far_ahead_as_the_socket_takes() {
        let mut sync = CatchUp::new(offset(0), offset(1000), None);
        assert_eq!(sync.step(), read(0, 1000));
        assert_eq!(sync.step(), Step::Wait, "one read at a time");
        sync.page_read(offset(256), true);
        assert_eq!(sync.step(), read(256, 1000));
        sync.page_read(offset(512), true);
        assert_eq!(sync.step(), Step::Wait, "two pages wait for the socket");
        sync.page_taken();
        assert_eq!(sync.step(), read(512, 1000));
    }

    #[test]
    fn tells_the_room_once_and_reads_on_when_it_went_on() {
        let mut sync = CatchUp::new(offset(5), offset(5), None);
        assert_eq!(sync.step(), Step::Tell(offset(5)));
        assert_eq!(sync.step(), Step::Wait);
        sync.behind(offset(9));
        assert_eq!(sync.step(), read(5, 9));
        sync.page_read(offset(9), false);
        assert_eq!(sync.step(), Step::Tell(offset(9)));
    }

    #[test]
    fn a_room_that_takes_no_more_is_told_again() {
        let mut sync = CatchUp::new(offset(5), offset(5), None);
        assert_eq!(sync.step(), Step::Tell(offset(5)));
        sync.untold();
        assert_eq!(sync.step(), Step::Tell(offset(5)));
        assert_eq!(sync.step(), Step::Wait);
    }

    #[test]
    fn a_failed_read_is_made_again() {
        let mut sync = CatchUp::new(offset(0), offset(1), None);
        assert_eq!(sync.step(), read(0, 1));
        sync.read_failed();
        assert_eq!(sync.step(), read(0, 1));
    }
}
