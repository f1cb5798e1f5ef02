//! Reads of rooms: the snapshot to start from, pages of the log, what is known of ops, lists.

use super::error::ReadError;
use super::key::{self, RoomKind};
use super::pages::{Page, PageLimits, RoomList};
use super::record;
use super::store::Store;
use crate::chat::{Head, Known, Record, Snapshot};
use crate::crdt::{Body, Dot, Entry, VersionVector};
use crate::id::{Counter, InviteId, Offset, RoomId, UserId};
use std::collections::BTreeMap;

/// Entries one call looks at, at most, when it leaves many out.
const SCAN_ITEMS_MAX: usize = 4096;

impl Store {
    /// All that a room needs to go on; `None` when there is no such room.
    ///
    /// # Errors
    /// [`ReadError`] when a record is damaged.
    pub fn load_room(&self, room: RoomId) -> Result<Option<Snapshot>, ReadError> {
        self.guarded(|| {
            let Some(head) = self.head(room)? else {
                return Ok(None);
            };
            let settings_key = key::of(room, RoomKind::Settings);
            let settings = self
                .get_record(&settings_key)?
                .ok_or_else(|| ReadError::corrupted(&settings_key, "missing"))?;
            let mut snapshot = Snapshot {
                room,
                head,
                settings,
                members: BTreeMap::new(),
                replicas: BTreeMap::new(),
                invites: BTreeMap::new(),
            };
            for item in self.scan_records(&key::of(room, RoomKind::Member)) {
                let (key, member) = item?;
                snapshot.members.insert(member_of(&key)?, member);
            }
            self.load_replicas(&mut snapshot)?;
            for item in self.scan_records(&key::of(room, RoomKind::Invite)) {
                let (key, invite) = item?;
                let id = key
                    .last_chunk()
                    .ok_or_else(|| ReadError::corrupted(&key, "no invite"))?;
                snapshot.invites.insert(InviteId::from_bytes(*id), invite);
            }
            Ok(Some(snapshot))
        })
    }

    /// Whether there is such a room. One look-up.
    ///
    /// # Errors
    /// [`ReadError`] when its record is damaged.
    pub fn has_room(&self, room: RoomId) -> Result<bool, ReadError> {
        self.guarded(|| Ok(self.head(room)?.is_some()))
    }

    /// Entries after `after` up to `up_to` (inclusive: the durable head). Purged bodies are left out.
    ///
    /// # Errors
    /// [`ReadError`] when a record is damaged.
    pub fn read_log(
        &self,
        room: RoomId,
        after: Offset,
        up_to: Offset,
        limits: PageLimits,
    ) -> Result<Page, ReadError> {
        self.read_where(room, after, up_to, limits, |_| true)
    }

    /// The same without what `vector` contains; [`start_of`](Self::start_of) says where to begin. A page may be empty and
    /// yet not the last one: go on until `next` is `up_to`.
    ///
    /// # Errors
    /// [`ReadError`] when a record is damaged.
    pub fn read_since(
        &self,
        room: RoomId,
        vector: &VersionVector,
        after: Offset,
        up_to: Offset,
        limits: PageLimits,
    ) -> Result<Page, ReadError> {
        self.read_where(room, after, up_to, limits, |entry| {
            !vector.contains(entry.op.dot)
        })
    }

    /// The offset just before the first op that `vector` does not contain; the head when it contains them all.
    ///
    /// # Errors
    /// [`ReadError`] when a record is damaged.
    pub fn start_of(&self, room: RoomId, vector: &VersionVector) -> Result<Offset, ReadError> {
        self.guarded(|| {
            let Some(head) = self.head(room)? else {
                return Ok(Offset::MIN);
            };
            let mut first = head.offset.get();
            for item in self.scan_records::<Counter>(&key::of(room, RoomKind::Counter)) {
                let (key, stored) = item?;
                let replica = key::trailing_replica(&key)
                    .ok_or_else(|| ReadError::corrupted(&key, "no replica"))?;
                let known = vector.get(replica);
                if known >= stored.get() {
                    continue;
                }
                let unknown =
                    Counter::try_from(known + 1).map_err(|e| ReadError::corrupted(&key, e))?;
                let at = key::dot(room, Dot::new(replica, unknown));
                let offset: Offset = self
                    .get_record(&at)?
                    .ok_or_else(|| ReadError::corrupted(&at, "missing"))?;
                first = first.min(offset.get().saturating_sub(1));
            }
            Ok(Offset::try_from(first).expect("not above the head's"))
        })
    }

    /// The last entries before `before` (exclusive), in offset order; `next` is the first one's offset, for the next call.
    ///
    /// # Errors
    /// [`ReadError`] when a record is damaged.
    pub fn read_back(
        &self,
        room: RoomId,
        before: Offset,
        limits: PageLimits,
    ) -> Result<Page, ReadError> {
        self.guarded(|| {
            let purged = self.head(room)?.and_then(|head| head.purged_up_to);
            let (start, end) = (key::log(room, Offset::MIN), key::log(room, before));
            let mut page = PageBuilder::new(before, limits);
            for item in self.engine().range(&start, &end).rev() {
                let (key, sealed) = item?;
                let record = self.open_log(&key, &sealed)?;
                if !page.fits(sealed.len()) {
                    break;
                }
                page.seen(record.entry.offset);
                page.push(self.readable(room, record, purged)?.entry, sealed.len());
            }
            if page.entries.is_empty() {
                page.seen(Offset::MIN);
            }
            page.entries.reverse();
            Ok(page.finish())
        })
    }

    /// What is known of these ops; unknown ones are left out.
    ///
    /// # Errors
    /// [`ReadError`] when a record is damaged.
    pub fn lookup(&self, room: RoomId, dots: &[Dot]) -> Result<BTreeMap<Dot, Known>, ReadError> {
        self.guarded(|| {
            let purged = self.head(room)?.and_then(|head| head.purged_up_to);
            let mut known = BTreeMap::new();
            for dot in dots {
                let Some(offset) = self.get_record::<Offset>(&key::dot(room, *dot))? else {
                    continue;
                };
                let key = key::log(room, offset);
                let sealed = self
                    .engine()
                    .get(&key)?
                    .ok_or_else(|| ReadError::corrupted(&key, "missing"))?;
                let record = self.open_log(&key, &sealed)?;
                let deleted = self.is_deleted(room, *dot)?;
                let record = self.readable(room, record, purged)?;
                known.insert(
                    *dot,
                    Known {
                        offset,
                        stamp: record.entry.stamp,
                        author: record.entry.op.author,
                        fingerprint: record.fingerprint,
                        body: record.entry.op.body,
                        deleted,
                        posts: record.posts,
                    },
                );
            }
            Ok(known)
        })
    }

    /// The rooms that the user is joined to, after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`ReadError`] when the list is damaged.
    pub fn rooms_of(
        &self,
        user: &UserId,
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<RoomList, ReadError> {
        self.list(&key::user_rooms(user), after, limit)
    }

    /// The public rooms after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`ReadError`] when the list is damaged.
    pub fn public_rooms(&self, after: Option<RoomId>, limit: usize) -> Result<RoomList, ReadError> {
        self.list(key::PUBLIC_ROOMS, after, limit)
    }

    /// The first room after `after`, in id order: the way through all of them.
    ///
    /// # Errors
    /// [`ReadError`] when a key is damaged.
    pub fn next_room(&self, after: Option<RoomId>) -> Result<Option<RoomId>, ReadError> {
        self.guarded(|| {
            let start = match after {
                Some(room) => key::after_prefix(&key::room(room)),
                None => key::ROOMS.to_vec(),
            };
            let mut keys = self.engine().range(&start, &key::after_prefix(key::ROOMS));
            match keys.next() {
                None => Ok(None),
                Some(item) => {
                    let (key, _) = item?;
                    let (room, ..) = key::parse_room(&key)
                        .ok_or_else(|| ReadError::corrupted(&key, "not a room's key"))?;
                    Ok(Some(room))
                }
            }
        })
    }

    pub(super) fn head(&self, room: RoomId) -> Result<Option<Head>, ReadError> {
        self.get_record(&key::of(room, RoomKind::Head))
    }

    pub(super) fn open_log(&self, key: &[u8], sealed: &[u8]) -> Result<Record, ReadError> {
        let offset =
            key::trailing_offset(key).ok_or_else(|| ReadError::corrupted(key, "no offset"))?;
        let plain = self.open_value(key, sealed)?;
        record::decode_log(offset, &plain).map_err(|e| ReadError::corrupted(key, e))
    }

    /// The record as readers may see it: without a body that is purged, or that belongs to a deleted message, even when
    /// the scrubber has not come to it yet.
    pub(super) fn readable(
        &self,
        room: RoomId,
        mut record: Record,
        purged: Option<crate::crdt::Stamp>,
    ) -> Result<Record, ReadError> {
        let hidden = match &record.entry.op.body {
            _ if purged.is_some_and(|up_to| record.entry.stamp <= up_to) => true,
            Body::Edit {
                target,
                content: Some(_),
            } => self.is_deleted(room, *target)?,
            _ => false,
        };
        if hidden {
            record.entry.op.purge();
        }
        Ok(record)
    }

    fn is_deleted(&self, room: RoomId, target: Dot) -> Result<bool, ReadError> {
        Ok(self.engine().get(&key::deleted(room, target))?.is_some())
    }

    fn load_replicas(&self, snapshot: &mut Snapshot) -> Result<(), ReadError> {
        let room = snapshot.room;
        let replica_of = |key: &[u8]| {
            key::trailing_replica(key).ok_or_else(|| ReadError::corrupted(key, "no replica"))
        };
        for item in self.scan_records(&key::of(room, RoomKind::Counter)) {
            let (key, counter) = item?;
            let known = snapshot.replicas.entry(replica_of(&key)?).or_default();
            known.0 = Some(counter);
        }
        for item in self.scan_records(&key::of(room, RoomKind::Owner)) {
            let (key, owner) = item?;
            let known = snapshot.replicas.entry(replica_of(&key)?).or_default();
            known.1 = Some(owner);
        }
        Ok(())
    }

    fn read_where(
        &self,
        room: RoomId,
        after: Offset,
        up_to: Offset,
        limits: PageLimits,
        wanted: impl Fn(&Entry) -> bool,
    ) -> Result<Page, ReadError> {
        self.guarded(|| {
            let purged = self.head(room)?.and_then(|head| head.purged_up_to);
            let start = key::log(room, after.next());
            let end = key::log(room, up_to.next());
            let mut page = PageBuilder::new(after, limits);
            for item in self.engine().range(&start, &end).take(SCAN_ITEMS_MAX) {
                let (key, sealed) = item?;
                let record = self.open_log(&key, &sealed)?;
                let offset = record.entry.offset;
                if wanted(&record.entry) {
                    if !page.fits(sealed.len()) {
                        break;
                    }
                    page.push(self.readable(room, record, purged)?.entry, sealed.len());
                }
                page.seen(offset);
            }
            Ok(page.finish())
        })
    }

    fn list(
        &self,
        prefix: &[u8],
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<RoomList, ReadError> {
        self.guarded(|| {
            let start = match after {
                Some(room) => key::after_prefix(&[prefix, room.as_bytes()].concat()),
                None => prefix.to_vec(),
            };
            let mut keys = self.engine().range(&start, &key::after_prefix(prefix));
            let mut rooms = Vec::new();
            for item in keys.by_ref().take(limit) {
                let (key, _) = item?;
                let room = key::trailing_room(&key)
                    .ok_or_else(|| ReadError::corrupted(&key, "no room"))?;
                rooms.push(room);
            }
            let more = keys.next().transpose()?.is_some();
            Ok(RoomList { rooms, more })
        })
    }
}

/// The user that ends a member's key.
pub(super) fn member_of(key: &[u8]) -> Result<UserId, ReadError> {
    let (_, _, rest) =
        key::parse_room(key).ok_or_else(|| ReadError::corrupted(key, "not a room's key"))?;
    let text = std::str::from_utf8(rest).map_err(|e| ReadError::corrupted(key, e))?;
    text.parse().map_err(|e| ReadError::corrupted(key, e))
}

struct PageBuilder {
    entries: Vec<Entry>,
    next: Offset,
    bytes: usize,
    limits: PageLimits,
}

impl PageBuilder {
    fn new(next: Offset, limits: PageLimits) -> Self {
        Self {
            entries: Vec::new(),
            next,
            bytes: 0,
            limits,
        }
    }

    fn fits(&self, bytes: usize) -> bool {
        let first = self.entries.is_empty() && self.limits.items > 0;
        first || (self.entries.len() < self.limits.items && self.bytes + bytes <= self.limits.bytes)
    }

    fn push(&mut self, entry: Entry, bytes: usize) {
        self.bytes += bytes;
        self.entries.push(entry);
    }

    fn seen(&mut self, offset: Offset) {
        self.next = offset;
    }

    fn finish(self) -> Page {
        Page {
            entries: self.entries,
            next: self.next,
        }
    }
}
