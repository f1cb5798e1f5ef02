//! The database's folder: who may use it, and whether it is ours.
//!
//! `greenroom.lock` is locked while open. `greenroom.json` says that the folder is a complete database, and of which
//! format; it is written last, so a folder with `greenroom.new` instead is one whose making was cut short.

use super::error::OpenError;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The newest format this program reads and the one it writes.
pub(super) const FORMAT: u32 = 1;

const LOCK: &str = "greenroom.lock";
const MARKER: &str = "greenroom.json";
const UNFINISHED: &str = "greenroom.new";
const WATERMARK: &str = "greenroom.synced";
/// A marker is small; more is not ours.
const MARKER_BYTES_MAX: u64 = 4096;

/// The folder, locked until dropped.
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

/// What the folder holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing yet: make the database, then [`Folder::finish`].
    New,
    /// A complete database.
    Database,
}

#[derive(Serialize, Deserialize)]
struct Marker {
    greenroom_database: u32,
}

impl Folder {
    /// Makes the folder when absent, locks it, and looks what it is.
    pub(super) fn lock(path: &Path) -> Result<(Self, Content), OpenError> {
        let at = |source| OpenError::Io {
            path: path.to_owned(),
            source,
        };
        fs::create_dir_all(path).map_err(at)?;
        // Looked at before the lock file is made: a foreign folder stays untouched.
        let found = foreign(path).map_err(at)?;
        let marker = read_marker(path)?;
        if marker.is_none()
            && let Some(found) = found
        {
            return Err(OpenError::NotGreenroom {
                path: path.to_owned(),
                found,
            });
        }
        let folder = Self {
            path: path.to_owned(),
            _lock: take_lock(path)?,
        };
        // Again under the lock: another process may just have finished making it.
        if read_marker(path)?.is_some() {
            return Ok((folder, Content::Database));
        }
        folder.start_over().map_err(at)?;
        Ok((folder, Content::New))
    }

    /// Where the engine's files are.
    pub(super) fn engine_path(&self) -> PathBuf {
        self.path.join("sled")
    }

    /// Marks the database as complete.
    pub(super) fn finish(&self) -> io::Result<()> {
        let marker = Marker {
            greenroom_database: FORMAT,
        };
        let new = self.path.join(UNFINISHED);
        let mut file = File::create(&new)?;
        serde_json::to_writer(&mut file, &marker)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&new, self.path.join(MARKER))?;
        sync_folder(&self.path)
    }

    /// The last [`write_watermark`](Self::write_watermark); 0 when there is none that can be read.
    pub(super) fn read_watermark(&self) -> u64 {
        let text = fs::read_to_string(self.path.join(WATERMARK)).unwrap_or_default();
        text.trim().parse().unwrap_or(0)
    }

    /// Notes a count, whole or not at all.
    pub(super) fn write_watermark(&self, count: u64) -> io::Result<()> {
        let new = self.path.join("greenroom.synced.new");
        let mut file = File::create(&new)?;
        writeln!(file, "{count}")?;
        file.sync_all()?;
        fs::rename(&new, self.path.join(WATERMARK))
    }

    /// Forgets a making that was cut short: nothing in it was ever acknowledged.
    fn start_over(&self) -> io::Result<()> {
        File::create(self.path.join(UNFINISHED))?.sync_all()?;
        sync_folder(&self.path)?;
        // No count of an older database may be held against the new one.
        self.write_watermark(0)?;
        match fs::remove_dir_all(self.engine_path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Makes the names in a folder durable, and the folder's own name.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    match path.parent() {
        Some(parent) if parent != Path::new("") => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

fn take_lock(path: &Path) -> Result<File, OpenError> {
    let lock_path = path.join(LOCK);
    let io = |source| OpenError::Io {
        path: lock_path.clone(),
        source,
    };
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock_path)
        .map_err(io)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

/// Something in a folder that has no marker and that we would not have left there.
fn foreign(path: &Path) -> io::Result<Option<String>> {
    let unfinished = path.join(UNFINISHED).exists();
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        let ours = name == LOCK || name == UNFINISHED || name == "lost+found";
        let cut_short =
            unfinished && (name == "sled" || name.to_string_lossy().starts_with(WATERMARK));
        if !(ours || cut_short) {
            return Ok(Some(name.to_string_lossy().into_owned()));
        }
    }
    Ok(None)
}

fn read_marker(path: &Path) -> Result<Option<Marker>, OpenError> {
    let file = path.join(MARKER);
    let foreign = || OpenError::NotGreenroom {
        path: path.to_owned(),
        found: format!("a {MARKER} that is not ours"),
    };
    let io = |source| OpenError::Io {
        path: file.clone(),
        source,
    };
    let length = match fs::metadata(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
        Ok(metadata) => metadata.len(),
    };
    if length > MARKER_BYTES_MAX {
        return Err(foreign());
    }
    let text = fs::read(&file).map_err(io)?;
    let marker: Marker = serde_json::from_slice(&text).map_err(|_| foreign())?;
    if marker.greenroom_database > FORMAT {
        return Err(OpenError::NewerFormat {
            path: path.to_owned(),
            found: marker.greenroom_database,
            known: FORMAT,
        });
    }
    Ok(Some(marker))
}
