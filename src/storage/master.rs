//! The master key: where it is kept, and how it wraps the data keys.
//!
//! Rotation rewraps the data keys and leaves every record as it is. While it runs, the new key is in `<file>.next`:
//! whichever of the two opens the database after a crash is the right one.

use super::config::KeySource;
use super::error::OpenError;
use super::folder::sync_folder;
use super::seal::{self, SealError, Secret};
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::KeyInit;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// 64 digits, a newline, and what an editor may add.
const KEY_FILE_BYTES_MAX: u64 = 128;

/// The key that wraps the data keys.
pub(super) struct MasterKey {
    cipher: XChaCha20Poly1305,
    id: u32,
}

impl MasterKey {
    pub(super) fn new(key: &Secret) -> Self {
        let hash = Sha256::new()
            .chain_update(b"greenroom master key id")
            .chain_update(**key)
            .finalize();
        let id = *hash
            .first_chunk()
            .expect("SHA-256 has 32 bytes, 4 are taken");
        Self {
            cipher: XChaCha20Poly1305::new(&(**key).into()),
            id: u32::from_be_bytes(id),
        }
    }

    /// Names the key without giving it away.
    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// Wraps a data key to be stored under `at`.
    pub(super) fn wrap(&self, at: &[u8], data_key: &Secret) -> Result<Vec<u8>, SealError> {
        seal::seal_with(&self.cipher, self.id, at, &**data_key)
    }

    /// Unwraps a data key stored under `at`; [`SealError::UnknownKey`] when another master key wrapped it.
    pub(super) fn unwrap(&self, at: &[u8], wrapped: &[u8]) -> Result<Secret, SealError> {
        let by = seal::sealed_by(wrapped)?;
        if by != self.id {
            return Err(SealError::UnknownKey(by));
        }
        let plain = Zeroizing::new(seal::open_with(&self.cipher, at, wrapped)?);
        let key: [u8; 32] = plain.as_slice().try_into().map_err(|_| SealError::Forged)?;
        Ok(Secret::new(key))
    }
}

/// The candidates for a database: the key, and the next one when a rotation was cut short.
pub(super) fn load(source: &KeySource) -> Result<Vec<Secret>, OpenError> {
    match source {
        KeySource::Given(key) => Ok(vec![key.clone()]),
        KeySource::File(path) => {
            let mut keys = Vec::new();
            for path in [path.clone(), next(path)] {
                keys.extend(read_file(&path)?);
            }
            if keys.is_empty() {
                return Err(OpenError::KeyMissing { path: path.clone() });
            }
            Ok(keys)
        }
    }
}

/// The key for a new database: read, or made and written with mode 0600.
pub(super) fn load_or_make(source: &KeySource) -> Result<Secret, OpenError> {
    match source {
        KeySource::Given(key) => Ok(key.clone()),
        KeySource::File(path) => match read_file(path)? {
            Some(key) => Ok(key),
            None => {
                let key =
                    Secret::new(seal::random().map_err(|e| file_error(path, io::Error::other(e)))?);
                write_file(path, &key)?;
                Ok(key)
            }
        },
    }
}

/// Writes the key of a rotation beside the old one.
pub(super) fn prepare_next(path: &Path, key: &Secret) -> Result<(), OpenError> {
    let next = next(path);
    match fs::remove_file(&next) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(file_error(&next, error)),
        _ => write_file(&next, key),
    }
}

/// Settles which key file stays, now that the database is known to be wrapped by `current`.
pub(super) fn settle(path: &Path, current: &MasterKey) -> Result<(), OpenError> {
    let next = next(path);
    let Some(key) = read_file(&next)? else {
        return Ok(());
    };
    let settled = if MasterKey::new(&key).id() == current.id() {
        fs::rename(&next, path)
    } else {
        fs::remove_file(&next)
    };
    settled
        .and_then(|()| sync_folder(&parent(path)))
        .map_err(|error| file_error(path, error))
}

fn next(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".next");
    name.into()
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn read_file(path: &Path) -> Result<Option<Secret>, OpenError> {
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|error| file_error(path, error))?,
    };
    let malformed = || OpenError::KeyMalformed {
        path: path.to_owned(),
    };
    if metadata.len() > KEY_FILE_BYTES_MAX {
        return Err(malformed());
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "others can read the key file: chmod 600 it");
    }
    let text = Zeroizing::new(fs::read(path).map_err(|error| file_error(path, error))?);
    let mut key = Secret::new([0; 32]);
    hex::decode_to_slice(text.trim_ascii(), &mut *key).map_err(|_| malformed())?;
    Ok(Some(key))
}

fn write_file(path: &Path, key: &Secret) -> Result<(), OpenError> {
    let io = |error| file_error(path, error);
    fs::create_dir_all(parent(path)).map_err(io)?;
    let mut file: File = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(io)?;
    let text = Zeroizing::new(hex::encode(**key) + "\n");
    file.write_all(text.as_bytes()).map_err(io)?;
    file.sync_all().map_err(io)?;
    sync_folder(&parent(path)).map_err(io)
}

fn file_error(path: &Path, source: io::Error) -> OpenError {
    OpenError::Io {
        path: path.to_owned(),
        source,
    }
}
