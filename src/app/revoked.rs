//! The file of revoked tokens: the command line appends, the running server looks every two seconds.

use crate::access::{Revocation, RevocationError, Revocations};
use std::{
    fs::{self, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// The largest file read, in bytes: far more than [`crate::access::REVOCATIONS_MAX`] lines.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Why the file does not count. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum RevokedError {
    /// It cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is wrong: nothing may be skipped, so correct or remove it.
    #[error("{}, line {line}: {source}", path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Why.
        source: RevocationError,
    },
}

/// The file, and what it was when it was last read.
#[derive(Debug, Clone)]
pub struct RevokedFile {
    path: PathBuf,
    seen: Option<(SystemTime, u64)>,
}

impl RevokedFile {
    /// `revoked` in the data folder. It need not exist.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            path: folder.join("revoked"),
            seen: None,
        }
    }

    /// Appends one and waits until it is on disk.
    ///
    /// # Errors
    /// [`RevokedError::File`].
    pub fn append(&self, revocation: &Revocation) -> Result<(), RevokedError> {
        let append = || {
            let mut file = OpenOptions::new()
                .read(true)
                .append(true)
                .create(true)
                .mode(0o600)
                .open(&self.path)?;
            let mut last = [b'\n'];
            if file.metadata()?.len() > 0 {
                file.seek(SeekFrom::End(-1))?;
                file.read_exact(&mut last)?;
            }
            // Somebody may have edited it by hand and left the last line open.
            let newline = if last == [b'\n'] { "" } else { "\n" };
            file.write_all(format!("{newline}{revocation}\n").as_bytes())?;
            file.sync_all()
        };
        append().map_err(|source| self.file_error(source))
    }

    /// What the file says, if it has changed since it was last read; a file that is gone revokes nothing.
    ///
    /// # Errors
    /// [`RevokedError`]; the same fault is not reported again until the file changes.
    pub fn poll(&mut self, now_s: u64) -> Result<Option<Revocations>, RevokedError> {
        let state = match fs::metadata(&self.path) {
            Ok(metadata) => {
                let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                Some((modified, metadata.len()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(self.file_error(source)),
        };
        if state == self.seen {
            return Ok(None);
        }
        self.seen = state;
        let text = match state {
            None => String::new(),
            Some((_, len)) if len > FILE_BYTES_MAX => {
                return Err(self.file_error(io::Error::other("longer than 16 MiB")));
            }
            Some(_) => fs::read_to_string(&self.path).map_err(|source| self.file_error(source))?,
        };
        let outcome = Revocations::parse(&text, now_s);
        outcome
            .map(Some)
            .map_err(|(line, source)| RevokedError::Line {
                path: self.path.clone(),
                line,
                source,
            })
    }

    fn file_error(&self, source: io::Error) -> RevokedError {
        RevokedError::File {
            path: self.path.clone(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: u64 = 1_800_000_000;

    fn ban(user: &str) -> Revocation {
        format!("user {user} forever").parse().expect("legal")
    }

    #[test]
    fn what_is_appended_is_seen_once() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut file = RevokedFile::in_folder(dir.path());
        assert_eq!(file.poll(NOW_S).expect("no file"), None);
        file.append(&ban("ann")).expect("room on disk");
        assert_eq!(file.poll(NOW_S).expect("legal").map(|r| r.len()), Some(1));
        assert_eq!(file.poll(NOW_S).expect("legal"), None);
        fs::write(dir.path().join("revoked"), "# by hand\nuser ann forever").expect("room");
        assert_eq!(file.poll(NOW_S).expect("legal").map(|r| r.len()), Some(1));
        file.append(&ban("bob")).expect("room on disk");
        assert_eq!(file.poll(NOW_S).expect("legal").map(|r| r.len()), Some(2));
        fs::remove_file(dir.path().join("revoked")).expect("there");
        assert_eq!(file.poll(NOW_S).expect("legal").map(|r| r.len()), Some(0));
    }

    #[test]
    fn a_wrong_line_is_named_once() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(
            dir.path().join("revoked"),
            "user ann forever\nuser ann for ever\n",
        )
        .expect("room");
        let mut file = RevokedFile::in_folder(dir.path());
        assert!(matches!(
            file.poll(NOW_S),
            Err(RevokedError::Line { line: 2, .. })
        ));
        assert_eq!(file.poll(NOW_S).expect("said already"), None);
    }
}
