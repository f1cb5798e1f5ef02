//! How a connection catches up with a room: pages are read as the socket takes them, never ahead of it, and live ops
//! wait behind. A pure machine; the connection does the reading and the pushing.

use super::message::Missing;
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
    /// Wait until the connection may have another page.
    Queue,
    /// Wait for a read, the socket, or the room.
    Wait,
}

impl CatchUp {
    /// Through what is missing.
    pub(super) fn new(missing: Missing) -> Self {
        Self {
            after: missing.after,
            up_to: missing.up_to,
            vector: missing.vector.map(Arc::new),
            reading: false,
            queued: 0,
            told: false,
        }
    }

    /// What to do now; call it after every change until it says [`Step::Wait`]. `may_read`: the connection, with all its
    /// rooms, may have another page.
    pub(super) fn step(&mut self, may_read: bool) -> Step {
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
        if !may_read {
            return Step::Queue;
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

    /// The last step could not be done, because somebody has too much to do: it is the next one again.
    pub(super) fn not_done(&mut self) {
        self.reading = false;
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

    fn between(after: u64, up_to: u64) -> CatchUp {
        CatchUp::new(Missing {
            after: offset(after),
            up_to: offset(up_to),
            vector: None,
        })
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
        let mut sync = between(0, 1000);
        assert_eq!(sync.step(true), read(0, 1000));
        assert_eq!(sync.step(true), Step::Wait, "one read at a time");
        sync.page_read(offset(256), true);
        assert_eq!(sync.step(true), read(256, 1000));
        sync.page_read(offset(512), true);
        assert_eq!(sync.step(true), Step::Wait, "two pages wait for the socket");
        sync.page_taken();
        assert_eq!(sync.step(true), read(512, 1000));
    }

    #[test]
    fn tells_the_room_once_and_reads_on_when_it_went_on() {
        let mut sync = between(5, 5);
        assert_eq!(sync.step(true), Step::Tell(offset(5)));
        assert_eq!(sync.step(true), Step::Wait);
        sync.behind(offset(9));
        assert_eq!(sync.step(true), read(5, 9));
        sync.page_read(offset(9), false);
        assert_eq!(sync.step(true), Step::Tell(offset(9)));
    }

    #[test]
    fn a_failed_read_is_made_again() {
        let mut sync = between(0, 1);
        assert_eq!(sync.step(true), read(0, 1));
        sync.not_done();
        assert_eq!(sync.step(true), read(0, 1));
    }

    #[test]
    fn reads_when_the_connection_may_have_another_page() {
        let mut sync = between(0, 1);
        assert_eq!(sync.step(false), Step::Queue);
        assert_eq!(sync.step(true), read(0, 1));
        sync.page_read(offset(1), true);
        assert_eq!(
            sync.step(false),
            Step::Tell(offset(1)),
            "telling costs no page"
        );
        sync.not_done();
        assert_eq!(sync.step(false), Step::Tell(offset(1)));
    }
}
