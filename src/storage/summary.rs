//! What a list of rooms shows of one, without loading it.

use super::error::ReadError;
use super::key::{self, RoomKind};
use super::store::Store;
use crate::chat::{Head, Member, Settings};
use crate::crdt::Standing;
use crate::id::{RoomId, UserId};

/// A room in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomSummary {
    /// Where its log ends.
    pub head: Head,
    /// Its settings.
    pub settings: Settings,
    /// How many members it has.
    pub members: u32,
    /// The record of the user who asks.
    pub member: Option<Member>,
}

impl Store {
    /// What a list shows `user` of a room; `None` when there is no such room.
    ///
    /// # Errors
    /// [`ReadError`] when a record is damaged.
    pub fn room_summary(
        &self,
        room: RoomId,
        user: &UserId,
    ) -> Result<Option<RoomSummary>, ReadError> {
        self.guarded(|| {
            let Some(head) = self.head(room)? else {
                return Ok(None);
            };
            let settings_key = key::of(room, RoomKind::Settings);
            let settings = self.get_record(&settings_key)?;
            let settings =
                settings.ok_or_else(|| ReadError::corrupted(&settings_key, "missing"))?;
            let mut members = 0;
            for item in self.scan_records::<Member>(&key::of(room, RoomKind::Member)) {
                members += u32::from(item?.1.membership.standing == Standing::Joined);
            }
            let member = self.get_record(&key::member(room, user))?;
            Ok(Some(RoomSummary {
                head,
                settings,
                members,
                member,
            }))
        })
    }
}
