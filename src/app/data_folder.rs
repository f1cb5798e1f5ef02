//! The data folder: one process at a time, and private files beside the database.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// A key or certificate file, in bytes.
const PRIVATE_FILE_BYTES_MAX: u64 = 64 * 1024;

/// Why the data folder cannot be used. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// Another process has it.
    #[error("{} is in use by another greenroom process: stop it first, or choose another folder with --data", .0.display())]
    InUse(PathBuf),
    /// The system refuses.
    #[error("cannot use the data folder {}: {source}", path.display())]
    Refused {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The data folder, held by this process until dropped.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// The system releases the lock with the file, even when the process is killed.
    _lock: File,
}

impl DataFolder {
    /// Takes the folder; makes it, open to its owner only, if there is none.
    ///
    /// # Errors
    /// [`DataFolderError`].
    pub fn open(path: &Path) -> Result<Self, DataFolderError> {
        let refused = |source| DataFolderError::Refused {
            path: path.into(),
            source,
        };
        create(path).map_err(refused)?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path.join("lock"))
            .map_err(refused)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.into(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(DataFolderError::InUse(path.into())),
            Err(TryLockError::Error(source)) => Err(refused(source)),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes a folder with its parents, open to its owner only; one that exists stays as it is.
///
/// # Errors
/// From the system.
pub fn create(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

/// Reads a private file, or makes it with this text, readable by its owner only. Of two processes that make it at once,
/// both get the same text. A file that others can read is reported in the log.
///
/// # Errors
/// From the system, or `make`'s; a file that is not text or too long is `InvalidData`.
pub fn private_file<E: From<io::Error>>(
    path: &Path,
    make: impl FnOnce() -> Result<Zeroizing<String>, E>,
) -> Result<Zeroizing<String>, E> {
    match read_private(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => (),
        outcome => return Ok(outcome?),
    }
    let text = make()?;
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let outcome = write_synced(&draft, text.as_bytes())
        // A link, unlike a rename, never replaces what another process has just made.
        .and_then(|()| fs::hard_link(&draft, path))
        .and_then(|()| File::open(path.parent().unwrap_or(path))?.sync_all());
    // The draft is of no more use either way.
    let _ = fs::remove_file(&draft);
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(read_private(path)?),
        outcome => Ok(outcome.map(|()| text)?),
    }
}

fn read_private(path: &Path) -> io::Result<Zeroizing<String>> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.len() > PRIVATE_FILE_BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "too long for a key file",
        ));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        tracing::warn!(
            "{} can be read by other users: chmod 600 it",
            path.display()
        );
    }
    let mut text = Zeroizing::new(String::new());
    file.take(PRIVATE_FILE_BYTES_MAX)
        .read_to_string(&mut text)?;
    Ok(text)
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Result<Zeroizing<String>, io::Error> {
        Ok(Zeroizing::new(text.into()))
    }

    #[test]
    fn a_second_holder_is_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a/b");
        let first = DataFolder::open(&path).expect("free");
        assert!(matches!(DataFolder::open(&path), Err(DataFolderError::InUse(at)) if at == path));
        drop(first);
        assert!(DataFolder::open(&path).is_ok());
    }

    #[test]
    fn a_private_file_is_made_once() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("node.key");
        assert_eq!(*private_file(&path, || text("one")).expect("made"), "one");
        assert_eq!(*private_file(&path, || text("two")).expect("read"), "one");
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(dir.path()).expect("readable").count(),
            1,
            "no draft stays"
        );
    }
}
