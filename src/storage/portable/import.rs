//! Reading an export into an empty node, a bounded batch at a time.
//!
//! Each room gets a new epoch and a new server replica: the old node may live on, and two logs must never share them.

use super::lines::{EndLine, EntryLine, Line, RoomLine};
use super::{EXPORT_VERSION, LINE_BYTES_MAX};
use crate::chat::{Change, Head};
use crate::id::{Epoch, Offset, ReplicaId, RoomId};
use crate::storage::batch::{self, Durability, RoomBatch, Staged};
use crate::storage::config::StoreConfig;
use crate::storage::directory::{self, NodeChange};
use crate::storage::engine::EngineError;
use crate::storage::error::{CommitError, OpenError, ReadError};
use crate::storage::key;
use crate::storage::seal;
use crate::storage::store::Store;
use sha2::{Digest, Sha256};
use std::io::{self, BufRead, Read};

/// Changes applied as one batch.
const BATCH_CHANGES_MAX: usize = 256;
/// Batches between two fsyncs: what the engine holds in memory stays bounded.
const BATCHES_PER_SYNC: u64 = 64;

/// What was imported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rooms.
    pub rooms: u64,
    /// Log entries of all rooms.
    pub entries: u64,
    /// Lines before the last one.
    pub lines: u64,
}

/// Why an export was not imported. Except for the first three, the folder is then half filled, and refuses to open until
/// it is deleted.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The database did not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The node has rooms or guests already.
    #[error("the node is not empty: import into a new data folder")]
    NotEmpty,
    /// The input is no export, or of a later version.
    #[error("this is not an export that this version reads (expected version {EXPORT_VERSION})")]
    NotAnExport,
    /// A line is wrong.
    #[error("line {line}: {what}")]
    Line {
        /// Its number, from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// The input ends early or was changed.
    #[error(
        "the export is incomplete or was changed: its last line does not match the lines before"
    )]
    Incomplete,
    /// The input failed.
    #[error("cannot read the export: {0}")]
    Read(#[from] io::Error),
    /// The database failed.
    #[error("cannot write the database: {0}")]
    Write(String),
}

impl From<EngineError> for ImportError {
    fn from(error: EngineError) -> Self {
        Self::Write(error.to_string())
    }
}

impl From<CommitError> for ImportError {
    fn from(error: CommitError) -> Self {
        Self::Write(error.to_string())
    }
}

impl From<ReadError> for ImportError {
    fn from(error: ReadError) -> Self {
        Self::Write(error.to_string())
    }
}

/// Fills an empty node from an export.
///
/// # Errors
/// [`ImportError`] says which line, or what to do.
pub fn import(config: &StoreConfig, input: &mut dyn BufRead) -> Result<ImportReport, ImportError> {
    let mut lines = Lines::new(input);
    match lines.next() {
        Ok(Some(Line::GreenroomExport(header))) if header.version == EXPORT_VERSION => {}
        Err(ImportError::Read(error)) => return Err(error.into()),
        _ => return Err(ImportError::NotAnExport),
    }
    let store = Store::open_reader(config)?;
    if store.is_importing()? {
        return Err(OpenError::HalfImported {
            path: config.path.clone(),
        }
        .into());
    }
    let guests = store
        .engine()
        .range(key::GUESTS, &key::after_prefix(key::GUESTS));
    if store.next_room(None)?.is_some() || guests.into_iter().next().is_some() {
        return Err(ImportError::NotEmpty);
    }
    let mut import = Import::begin(&store)?;
    let end = loop {
        match lines.next()? {
            Some(Line::End(end)) => break end,
            Some(line) => import.line(&lines, line)?,
            None => return Err(ImportError::Incomplete),
        }
    };
    import.close_room(&lines)?;
    lines.verify(&end)?;
    import.report.lines = end.lines;
    import.finish()
}

struct Import<'a> {
    store: &'a Store,
    room: Option<Filling>,
    batches: u64,
    report: ImportReport,
}

/// The room whose lines are being read.
struct Filling {
    line: RoomLine,
    head: Head,
    changes: Vec<Change>,
}

impl<'a> Import<'a> {
    fn begin(store: &'a Store) -> Result<Self, ImportError> {
        let mut staged = Staged::new(store);
        staged.put(key::IMPORTING.to_vec(), &())?;
        let mut import = Self {
            store,
            room: None,
            batches: 0,
            report: ImportReport::default(),
        };
        import.write(staged)?;
        import.sync()?;
        Ok(import)
    }

    fn line(&mut self, lines: &Lines<'_>, line: Line) -> Result<(), ImportError> {
        match line {
            Line::Room(line) => self.open_room(lines, line),
            Line::Entry(line) => self.entry(lines, line),
            Line::Member(line) => {
                let (room, (user, member)) = (line.room, line.member());
                self.change(lines, room, Change::Member { user, member })
            }
            Line::Replica(line) => {
                let (room, (replica, owner)) = (line.room, line.owner());
                self.change(lines, room, Change::BindReplica { replica, owner })
            }
            Line::Invite(line) => {
                let (room, (invite, value)) = (line.room, line.invite());
                let value = Some(value);
                self.change(lines, room, Change::Invite { invite, value })
            }
            Line::Guest(line) => self.node(NodeChange::PutGuest(line.into())),
            Line::Revoked(line) => self.node(NodeChange::Revoke(line.into())),
            Line::GreenroomExport(_) | Line::End(_) => Err(lines.wrong("a second header or end")),
        }
    }

    fn open_room(&mut self, lines: &Lines<'_>, line: RoomLine) -> Result<(), ImportError> {
        self.close_room(lines)?;
        if self.store.head(line.room)?.is_some() {
            return Err(lines.wrong("the room is there twice"));
        }
        let random = |e: seal::SealError| ImportError::Write(e.to_string());
        let head = Head {
            epoch: Epoch::from_bytes(seal::random().map_err(random)?),
            server_replica: ReplicaId::from_bytes(seal::random().map_err(random)?),
            offset: Offset::MIN,
            stamp: line.stamp,
            posts: 0,
            purged_up_to: line.purged_up_to,
        };
        let mut changes = vec![Change::Settings(line.settings())];
        changes.extend(line.purged_up_to.map(Change::PurgeUpTo));
        self.report.rooms += 1;
        self.room = Some(Filling {
            line,
            head,
            changes,
        });
        Ok(())
    }

    fn entry(&mut self, lines: &Lines<'_>, line: EntryLine) -> Result<(), ImportError> {
        let room = line.room;
        let record = line.record();
        let (offset, posts) = (record.entry.offset, record.posts);
        self.change(lines, room, Change::Append(record))?;
        self.report.entries += 1;
        let filling = self
            .room
            .as_mut()
            .expect("`change` refuses lines without a room");
        if offset != filling.head.offset.next() {
            return Err(lines.wrong("the offset does not follow the one before"));
        }
        filling.head.offset = offset;
        filling.head.posts = posts;
        if filling.changes.len() >= BATCH_CHANGES_MAX {
            self.flush_room()?;
        }
        Ok(())
    }

    fn change(
        &mut self,
        lines: &Lines<'_>,
        room: RoomId,
        change: Change,
    ) -> Result<(), ImportError> {
        let full = match &self.room {
            Some(filling) if filling.line.room == room => {
                filling.changes.len() >= BATCH_CHANGES_MAX
            }
            _ => return Err(lines.wrong("it is not of the room before it")),
        };
        if full {
            self.flush_room()?;
        }
        if let Some(filling) = &mut self.room {
            filling.changes.push(change);
        }
        Ok(())
    }

    fn flush_room(&mut self) -> Result<(), ImportError> {
        let Some(filling) = &mut self.room else {
            return Ok(());
        };
        let batch = RoomBatch {
            room: filling.line.room,
            head: filling.head,
            changes: std::mem::take(&mut filling.changes),
            durability: Durability::Durable,
        };
        let mut staged = Staged::new(self.store);
        batch::stage(&mut staged, &batch)?;
        self.write(staged)
    }

    fn close_room(&mut self, lines: &Lines<'_>) -> Result<(), ImportError> {
        self.flush_room()?;
        match self.room.take() {
            Some(filling) if filling.head.offset.get() != filling.line.entries => {
                Err(lines.wrong("the room before has fewer or more entries than it says"))
            }
            _ => Ok(()),
        }
    }

    fn node(&mut self, change: NodeChange) -> Result<(), ImportError> {
        let mut staged = Staged::new(self.store);
        directory::stage(&mut staged, change)?;
        self.write(staged)
    }

    fn write(&mut self, staged: Staged<'_>) -> Result<(), ImportError> {
        self.store.engine().apply(staged.seal()?)?;
        self.batches += 1;
        if self.batches.is_multiple_of(BATCHES_PER_SYNC) {
            self.sync()?;
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), ImportError> {
        self.store.engine().flush()?;
        Ok(self.store.engine().sync()?)
    }

    fn finish(mut self) -> Result<ImportReport, ImportError> {
        // Everything is durable before the mark goes.
        self.sync()?;
        let mut staged = Staged::new(self.store);
        staged.remove(key::IMPORTING.to_vec());
        self.write(staged)?;
        self.sync()?;
        Ok(self.report)
    }
}

struct Lines<'a> {
    input: &'a mut dyn BufRead,
    /// Of all lines read, without the one read last.
    hash: Sha256,
    last: Vec<u8>,
    number: u64,
}

impl<'a> Lines<'a> {
    fn new(input: &'a mut dyn BufRead) -> Self {
        Self {
            input,
            hash: Sha256::new(),
            last: Vec::new(),
            number: 0,
        }
    }

    fn next(&mut self) -> Result<Option<Line>, ImportError> {
        self.hash.update(&self.last);
        self.last.clear();
        let limit = LINE_BYTES_MAX as u64 + 1;
        let read = (&mut *self.input)
            .take(limit)
            .read_until(b'\n', &mut self.last)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if read > LINE_BYTES_MAX {
            return Err(self.wrong("longer than 1 MiB"));
        }
        match serde_json::from_slice(&self.last) {
            Ok(line) => Ok(Some(line)),
            Err(error) => Err(self.wrong(&error.to_string())),
        }
    }

    fn wrong(&self, what: &str) -> ImportError {
        ImportError::Line {
            line: self.number,
            what: what.into(),
        }
    }

    /// Whether the end line fits the lines before it, and nothing follows.
    fn verify(&mut self, end: &EndLine) -> Result<(), ImportError> {
        let hash: [u8; 32] = std::mem::take(&mut self.hash).finalize().into();
        let complete = end.lines + 1 == self.number && end.sha256 == hash;
        if complete && self.input.fill_buf()?.is_empty() {
            Ok(())
        } else {
            Err(ImportError::Incomplete)
        }
    }
}
