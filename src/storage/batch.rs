//! From a room's decision to one atomic batch.

use super::engine::WriteBatch;
use super::error::{CommitError, ReadError};
use super::key::{self, RoomKind};
use super::record::{self, PurgeJob, Stored};
use super::scrub;
use super::store::Store;
use crate::chat::{Change, Head, Record};
use crate::crdt::{Body, Dot, Standing, Visibility};
use crate::id::{Offset, RoomId};
use std::collections::BTreeMap;

/// The changes of one decision, committed together.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomBatch {
    /// The room.
    pub room: RoomId,
    /// Where the log ends after the changes.
    pub head: Head,
    /// The changes, in order.
    pub changes: Vec<Change>,
    /// Whether someone waits for the fsync.
    pub durability: Durability,
}

/// Whether someone waits for a batch's fsync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// An ack waits: fsync as soon as possible.
    Durable,
    /// Nobody waits (read markers, last seen): ride along with others, within [`lazy_delay`](super::StoreConfig::lazy_delay).
    Lazy,
}

impl RoomBatch {
    /// About how many bytes it will write.
    #[must_use]
    pub fn bytes(&self) -> usize {
        /// Keys, indexes, sealing and counters of one change.
        const CHANGE_BYTES: usize = 400;
        let content = |change: &Change| match change {
            Change::Append(record) => match &record.entry.op.body {
                Body::Post {
                    content: Some(content),
                    ..
                }
                | Body::Edit {
                    content: Some(content),
                    ..
                } => content.text.len(),
                Body::Topic { text } => text.len(),
                _ => 0,
            },
            _ => 0,
        };
        self.changes
            .iter()
            .map(|change| CHANGE_BYTES + content(change))
            .sum::<usize>()
            + CHANGE_BYTES
    }
}

/// Writes that are not applied yet; reads see them.
pub(super) struct Staged<'a> {
    store: &'a Store,
    /// Records before sealing; `None` removes.
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl<'a> Staged<'a> {
    pub(super) fn new(store: &'a Store) -> Self {
        Self {
            store,
            writes: BTreeMap::new(),
        }
    }

    pub(super) fn store(&self) -> &'a Store {
        self.store
    }

    pub(super) fn put<T: Stored>(&mut self, key: Vec<u8>, value: &T) -> Result<(), CommitError> {
        self.writes.insert(key, Some(record::encode(value)?));
        Ok(())
    }

    pub(super) fn remove(&mut self, key: Vec<u8>) {
        self.writes.insert(key, None);
    }

    pub(super) fn get<T: Stored>(&self, key: &[u8]) -> Result<Option<T>, CommitError> {
        match self.get_plain(key)? {
            Some(plain) => {
                let damaged = |e| ReadError::corrupted(key, e);
                Ok(Some(record::decode(&plain).map_err(damaged)?))
            }
            None => Ok(None),
        }
    }

    pub(super) fn put_log(&mut self, room: RoomId, record: &Record) -> Result<(), CommitError> {
        let plain = record::encode_log(record)?;
        self.writes
            .insert(key::log(room, record.entry.offset), Some(plain));
        Ok(())
    }

    pub(super) fn get_log(&self, room: RoomId, at: Offset) -> Result<Option<Record>, CommitError> {
        let key = key::log(room, at);
        match self.get_plain(&key)? {
            Some(plain) => {
                let damaged = |e| ReadError::corrupted(&key, e);
                Ok(Some(record::decode_log(at, &plain).map_err(damaged)?))
            }
            None => Ok(None),
        }
    }

    /// The first keys that start with `prefix`, staged or stored.
    pub(super) fn keys(&self, prefix: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, CommitError> {
        let end = key::after_prefix(prefix);
        let staged = self.writes.range(prefix.to_vec()..end.clone());
        let mut keys: BTreeMap<Vec<u8>, bool> = staged
            .map(|(key, value)| (key.clone(), value.is_some()))
            .collect();
        // Staged removals hide stored keys: look at so many more.
        let budget = limit + keys.len();
        for item in self.store.engine().range(prefix, &end).take(budget) {
            let (key, _) = item.map_err(ReadError::from)?;
            keys.entry(key.to_vec()).or_insert(true);
        }
        Ok(keys
            .into_iter()
            .filter(|(_, present)| *present)
            .map(|(key, _)| key)
            .take(limit)
            .collect())
    }

    /// Seals everything into a batch of the engine.
    pub(super) fn seal(self) -> Result<WriteBatch, CommitError> {
        let mut batch = WriteBatch::default();
        for (key, plain) in self.writes {
            match plain {
                Some(plain) => {
                    let sealed = self.store.seal_value(&key, &plain)?;
                    assert!(
                        sealed.len() <= record::VALUE_BYTES_MAX,
                        "the encoder refuses larger records"
                    );
                    batch.put(key, sealed);
                }
                None => batch.remove(key),
            }
        }
        Ok(batch)
    }

    fn get_plain(&self, key: &[u8]) -> Result<Option<Vec<u8>>, CommitError> {
        if let Some(staged) = self.writes.get(key) {
            return Ok(staged.clone());
        }
        match self.store.engine().get(key).map_err(ReadError::from)? {
            Some(sealed) => Ok(Some(self.store.open_value(key, &sealed)?)),
            None => Ok(None),
        }
    }
}

/// Stages a room's batch.
///
/// # Errors
/// [`CommitError::Conflict`] when it does not continue the stored log.
pub(super) fn stage(staged: &mut Staged<'_>, batch: &RoomBatch) -> Result<(), CommitError> {
    let RoomBatch {
        room,
        head,
        changes,
        durability: _,
    } = batch;
    let head_key = key::of(*room, RoomKind::Head);
    let stored: Option<Head> = staged.get(&head_key)?;
    continues(stored.as_ref(), head, changes)?;
    for change in changes {
        stage_change(staged, *room, change)?;
    }
    staged.put(head_key, head)
}

/// Two incarnations of a room that wrote at once would tear the log: the second is refused.
fn continues(stored: Option<&Head>, head: &Head, changes: &[Change]) -> Result<(), CommitError> {
    let ends_at = stored.map_or(Offset::MIN, |stored| stored.offset);
    let mut at = ends_at;
    let mut contiguous = stored.is_none_or(|stored| stored.epoch == head.epoch);
    for change in changes {
        if let Change::Append(record) = change {
            contiguous &= record.entry.offset == at.next();
            at = record.entry.offset;
        }
    }
    if contiguous && at == head.offset {
        Ok(())
    } else {
        Err(CommitError::Conflict { stored: ends_at })
    }
}

fn stage_change(staged: &mut Staged<'_>, room: RoomId, change: &Change) -> Result<(), CommitError> {
    match change {
        Change::Append(record) => append(staged, room, record),
        Change::BindReplica { replica, owner } => staged.put(key::owner(room, *replica), owner),
        Change::Member { user, member } => {
            staged.put(key::member(room, user), member)?;
            if member.membership.standing == Standing::Joined {
                staged.put(key::user_room(user, room), &())
            } else {
                staged.remove(key::user_room(user, room));
                Ok(())
            }
        }
        Change::Settings(settings) => {
            staged.put(key::of(room, RoomKind::Settings), settings)?;
            if settings.visibility == Visibility::Public {
                staged.put(key::public_room(room), &())
            } else {
                staged.remove(key::public_room(room));
                Ok(())
            }
        }
        Change::Invite { invite, value } => match value {
            Some(value) => staged.put(key::invite(room, *invite), value),
            None => {
                staged.remove(key::invite(room, *invite));
                Ok(())
            }
        },
        Change::Strip { target } => strip(staged, room, *target),
        Change::PurgeUpTo(up_to) => {
            let at = key::of(room, RoomKind::Scrub);
            let old: Option<PurgeJob> = staged.get(&at)?;
            let job = PurgeJob {
                up_to: old.map_or(*up_to, |old| old.up_to.max(*up_to)),
                done: old.map_or(Offset::MIN, |old| old.done),
            };
            staged.put(at, &job)?;
            staged.put(key::purge(room), &())
        }
    }
}

fn append(staged: &mut Staged<'_>, room: RoomId, record: &Record) -> Result<(), CommitError> {
    let (op, offset) = (&record.entry.op, record.entry.offset);
    staged.put_log(room, record)?;
    staged.put(key::dot(room, op.dot), &offset)?;
    staged.put(key::counter(room, op.dot.replica()), &op.dot.counter())?;
    match &op.body {
        Body::Edit {
            target,
            content: Some(_),
        } => staged.put(key::edit(room, *target, offset), &()),
        Body::Delete { target } => staged.put(key::deleted(room, *target), &()),
        _ => Ok(()),
    }
}

/// Takes the bodies of a message and of its edits; of more edits than a batch should rewrite, the scrubber does the rest
/// (readers already see none of a deleted message's edits).
fn strip(staged: &mut Staged<'_>, room: RoomId, target: Dot) -> Result<(), CommitError> {
    if let Some(offset) = staged.get::<Offset>(&key::dot(room, target))? {
        strip_at(staged, room, offset)?;
    }
    match scrub::strip_edits(staged, room, target)? {
        scrub::Progress::Done => Ok(()),
        scrub::Progress::More => staged.put(key::strip(room, target), &()),
    }
}

/// Takes the body and the unknown fields of one entry.
pub(super) fn strip_at(
    staged: &mut Staged<'_>,
    room: RoomId,
    offset: Offset,
) -> Result<(), CommitError> {
    let Some(mut record) = staged.get_log(room, offset)? else {
        return Ok(());
    };
    if let Body::Edit {
        target,
        content: Some(_),
    } = record.entry.op.body
    {
        staged.remove(key::edit(room, target, offset));
    }
    let before = record.entry.op.clone();
    record.entry.op.purge();
    if record.entry.op != before {
        staged.put_log(room, &record)?;
    }
    Ok(())
}
