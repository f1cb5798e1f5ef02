//! What reads return, and how much at most.

use crate::crdt::Entry;
use crate::id::{Offset, RoomId};

/// The most a page may hold. A page holds at least one entry when there is one, whatever its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimits {
    /// Entries.
    pub items: usize,
    /// Stored bytes of the entries (a little below their size on the wire).
    pub bytes: usize,
}

/// Some entries of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// In offset order.
    pub entries: Vec<Entry>,
    /// The last offset looked at: read on from here. (Going back: the first one; there is no more when it is ≤ 1.)
    pub next: Offset,
}

/// Some rooms of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomList {
    /// In id order.
    pub rooms: Vec<RoomId>,
    /// Whether there are more after the last one.
    pub more: bool,
}
