//! Writing an export, one record at a time.

use super::EXPORT_VERSION;
use super::lines::{
    EndLine, EntryLine, HeaderLine, InviteLine, Line, MemberLine, ReplicaLine, RevokedLine,
    RoomLine,
};
use crate::chat::{Invite, Member, ReplicaOwner, Settings};
use crate::id::{InviteId, RoomId};
use crate::storage::directory::{Guest, Revocation};
use crate::storage::error::ReadError;
use crate::storage::key::{self, RoomKind};
use crate::storage::read::member_of;
use crate::storage::store::Store;
use sha2::{Digest, Sha256};
use std::io::{self, Write};

/// What was exported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExportReport {
    /// Rooms.
    pub rooms: u64,
    /// Log entries of all rooms.
    pub entries: u64,
    /// Lines before the last one.
    pub lines: u64,
}

/// Why an export was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database is damaged: run `db check`.
    #[error("cannot read the database: {0}")]
    Read(#[from] ReadError),
    /// The output failed.
    #[error("cannot write the export: {0}")]
    Write(#[from] io::Error),
}

/// Writes everything but the node's own keys, purged bodies left out. Nothing else may write to the database meanwhile.
///
/// # Errors
/// [`ExportError`]; what was written until then lacks its last line, and will not import.
pub fn export(store: &Store, output: &mut dyn Write) -> Result<ExportReport, ExportError> {
    let mut lines = Lines {
        output,
        hash: Sha256::new(),
        report: ExportReport::default(),
    };
    lines.put(&Line::GreenroomExport(HeaderLine {
        version: EXPORT_VERSION,
        node: store.node(),
    }))?;
    let mut after = None;
    while let Some(room) = store.next_room(after)? {
        export_room(store, &mut lines, room)?;
        after = Some(room);
    }
    for item in store.scan_records::<Guest>(key::GUESTS) {
        lines.put(&Line::Guest(item?.1.into()))?;
    }
    for item in store.scan_records::<Revocation>(key::REVOCATIONS) {
        lines.put(&Line::Revoked(RevokedLine::from(item?.1)))?;
    }
    lines.end()
}

fn export_room(store: &Store, lines: &mut Lines<'_>, room: RoomId) -> Result<(), ExportError> {
    let missing = |kind| ReadError::corrupted(&key::of(room, kind), "missing");
    let head = store.head(room)?.ok_or_else(|| missing(RoomKind::Head))?;
    let settings: Settings = store
        .get_record(&key::of(room, RoomKind::Settings))?
        .ok_or_else(|| missing(RoomKind::Settings))?;
    lines.report.rooms += 1;
    lines.put(&Line::Room(RoomLine::new(
        room,
        settings,
        head.offset.get(),
        head.stamp,
        head.purged_up_to,
    )))?;
    for item in store.scan_records::<Member>(&key::of(room, RoomKind::Member)) {
        let (key, member) = item?;
        lines.put(&Line::Member(MemberLine::new(
            room,
            member_of(&key)?,
            member,
        )))?;
    }
    for item in store.scan_records::<ReplicaOwner>(&key::of(room, RoomKind::Owner)) {
        let (key, owner) = item?;
        let replica =
            key::trailing_replica(&key).ok_or_else(|| ReadError::corrupted(&key, "no replica"))?;
        lines.put(&Line::Replica(ReplicaLine::new(room, replica, owner)))?;
    }
    for item in store.scan_records::<Invite>(&key::of(room, RoomKind::Invite)) {
        let (key, invite) = item?;
        let id = key
            .last_chunk()
            .ok_or_else(|| ReadError::corrupted(&key, "no invite"))?;
        let id = InviteId::from_bytes(*id);
        lines.put(&Line::Invite(InviteLine::new(room, id, invite)))?;
    }
    let log = key::of(room, RoomKind::Log);
    for item in store.engine().range(&log, &key::after_prefix(&log)) {
        let (key, sealed) = item.map_err(ReadError::from)?;
        let record = store.open_log(&key, &sealed)?;
        let record = store.readable(room, record, head.purged_up_to)?;
        lines.report.entries += 1;
        lines.put(&Line::Entry(EntryLine::new(room, record)))?;
    }
    Ok(())
}

struct Lines<'a> {
    output: &'a mut dyn Write,
    hash: Sha256,
    report: ExportReport,
}

impl Lines<'_> {
    fn put(&mut self, line: &Line) -> Result<(), ExportError> {
        let mut text = serde_json::to_vec(line).map_err(io::Error::from)?;
        text.push(b'\n');
        self.hash.update(&text);
        self.report.lines += 1;
        self.output.write_all(&text)?;
        Ok(())
    }

    fn end(mut self) -> Result<ExportReport, ExportError> {
        let report = self.report;
        let end = Line::End(EndLine {
            lines: report.lines,
            sha256: std::mem::take(&mut self.hash).finalize().into(),
        });
        self.put(&end)?;
        self.output.flush()?;
        Ok(report)
    }
}
