//! Lists of rooms, read from disk: a room need not be in memory to be listed.

use crate::crdt::Standing;
use crate::id::{RoomId, UserId};
use crate::protocol::{RoomInfo, room_weight};
use crate::storage::{ReadError, Store};

/// Bytes of one list, about: topics are long, and clients take messages only so large.
const LIST_BYTES_MAX: usize = 128 * 1024;

/// A user's rooms, or the public ones, after `after` and as far as `shown` lets them; true when there are more.
///
/// # Errors
/// [`ReadError`] when a record is damaged.
pub(super) fn rooms(
    store: &Store,
    user: &UserId,
    public: bool,
    after: Option<RoomId>,
    limit: usize,
    shown: impl Fn(&RoomId) -> bool,
) -> Result<(Vec<RoomInfo>, bool), ReadError> {
    let list = if public {
        store.public_rooms(after, limit)?
    } else {
        store.rooms_of(user, after, limit)?
    };
    let mut rooms = Vec::with_capacity(list.rooms.len());
    let mut bytes = 0;
    for room in list.rooms.into_iter().filter(shown) {
        let Some(info) = info(store, room, user)? else {
            continue;
        };
        bytes += room_weight(&info);
        if bytes > LIST_BYTES_MAX && !rooms.is_empty() {
            return Ok((rooms, true));
        }
        rooms.push(info);
    }
    Ok((rooms, list.more))
}

fn info(store: &Store, room: RoomId, user: &UserId) -> Result<Option<RoomInfo>, ReadError> {
    let Some(summary) = store.room_summary(room, user)? else {
        return Ok(None);
    };
    let member = summary
        .member
        .filter(|member| member.membership.standing == Standing::Joined);
    let marker = member.as_ref().and_then(|member| member.marker);
    let read = marker.map_or(0, |marker| marker.posts);
    Ok(Some(RoomInfo {
        room,
        epoch: summary.head.epoch,
        head: summary.head.offset,
        name: summary.settings.name,
        visibility: summary.settings.visibility,
        topic: summary.settings.topic,
        retention_days: summary.settings.retention_days,
        members: summary.members,
        unread: member
            .as_ref()
            .map_or(0, |_| summary.head.posts.saturating_sub(read)),
        role: member.map(|member| member.membership.role),
        read: marker.map(|marker| (marker.stamp, marker.dot)),
    }))
}
