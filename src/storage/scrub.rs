//! Takes purged bodies off the disk, in slices small enough to go between commits. Survives restarts: the jobs are keys.
//!
//! Readers never see a purged body, scrubbed or not. sled is log-structured: old (sealed) bytes stay in its file until
//! it reuses the segment.

use super::batch::{Staged, strip_at};
use super::error::{CommitError, ReadError};
use super::key::{self, RoomKind};
use super::record::{self, PurgeJob};
use super::store::Store;
use crate::crdt::Dot;
use crate::id::{Offset, RoomId};

/// Entries that one slice may rewrite.
const SLICE_ITEMS_MAX: usize = 128;
/// Edits that one batch or slice may rewrite.
const EDITS_MAX: usize = 1024;
/// Bytes of records that one slice may rewrite.
const SLICE_BYTES_MAX: usize = 1 << 20;

/// Whether anything is left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// All done.
    Done,
    /// There is more.
    More,
}

/// Stages the next slice of the first job, if there is one.
pub(super) fn stage_slice(staged: &mut Staged<'_>) -> Result<Progress, CommitError> {
    let store = staged.store();
    if let Some(at) = first_key(store, key::STRIPS)? {
        let (room, target) = parse_strip(&at)?;
        if strip_edits(staged, room, target)? == Progress::Done {
            staged.remove(at);
        }
        return Ok(Progress::More);
    }
    if let Some(at) = first_key(store, key::PURGES)? {
        let room = key::trailing_room(&at).ok_or_else(|| ReadError::corrupted(&at, "no room"))?;
        if purge_slice(staged, room)? == Progress::Done {
            staged.remove(at);
        }
        return Ok(Progress::More);
    }
    Ok(Progress::Done)
}

/// Stages the removal of the bodies of a message's edits.
pub(super) fn strip_edits(
    staged: &mut Staged<'_>,
    room: RoomId,
    target: Dot,
) -> Result<Progress, CommitError> {
    let edits = staged.keys(&key::edits(room, target), EDITS_MAX)?;
    for key in &edits {
        let offset =
            key::trailing_offset(key).ok_or_else(|| ReadError::corrupted(key, "no offset"))?;
        strip_at(staged, room, offset)?;
        staged.remove(key.clone());
    }
    if edits.len() < EDITS_MAX {
        Ok(Progress::Done)
    } else {
        Ok(Progress::More)
    }
}

/// Stages the removal of some bodies stamped up to the purge's stamp. Stamps rise along a log, so it stops at the first
/// later one, and the next purge goes on from there.
fn purge_slice(staged: &mut Staged<'_>, room: RoomId) -> Result<Progress, CommitError> {
    let store = staged.store();
    let at = key::of(room, RoomKind::Scrub);
    let Some(mut job) = staged.get::<PurgeJob>(&at)? else {
        return Ok(Progress::Done);
    };
    let log = key::of(room, RoomKind::Log);
    let start = key::log(room, job.done.next());
    let mut progress = Progress::Done;
    let mut bytes = 0;
    for (items, item) in store
        .engine()
        .range(&start, &key::after_prefix(&log))
        .enumerate()
    {
        if items >= SLICE_ITEMS_MAX || bytes >= SLICE_BYTES_MAX {
            progress = Progress::More;
            break;
        }
        let (key, sealed) = item.map_err(ReadError::from)?;
        bytes += sealed.len();
        let offset = key::trailing_offset(&key).unwrap_or(Offset::MIN);
        let plain = store.open_value(&key, &sealed)?;
        let entry = record::decode_log(offset, &plain)
            .map_err(|e| ReadError::corrupted(&key, e))?
            .entry;
        if entry.stamp > job.up_to {
            break;
        }
        strip_at(staged, room, offset)?;
        job.done = offset;
    }
    staged.put(at, &job)?;
    Ok(progress)
}

fn first_key(store: &Store, prefix: &[u8]) -> Result<Option<Vec<u8>>, CommitError> {
    let first = store
        .engine()
        .range(prefix, &key::after_prefix(prefix))
        .next();
    match first {
        Some(item) => Ok(Some(item.map_err(ReadError::from)?.0.to_vec())),
        None => Ok(None),
    }
}

fn parse_strip(key: &[u8]) -> Result<(RoomId, Dot), ReadError> {
    let rest = key.strip_prefix(key::STRIPS).unwrap_or_default();
    let parsed = rest.split_first_chunk::<16>().and_then(|(room, rest)| {
        key::leading_dot(rest).map(|target| (RoomId::from_bytes(*room), target))
    });
    parsed.ok_or_else(|| ReadError::corrupted(key, "not a room and a message"))
}
