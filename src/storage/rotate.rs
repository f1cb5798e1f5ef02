//! Key rotation: a new master key rewraps the data keys; records stay as they are.

use super::config::{KeySource, StoreConfig};
use super::engine::{Engine, WriteBatch};
use super::error::OpenError;
use super::folder::{Content, Folder};
use super::key;
use super::master::{self, MasterKey};
use super::seal::{self, Secret};
use super::store::{damaged, engine_error, unwrap_keys};
use std::io;
use std::path::Path;
use zeroize::Zeroizing;

/// Whether a rotation also makes a new data key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataKeys {
    /// New records go on under the newest one.
    Keep,
    /// New records are sealed under a new one; old ones stay readable under theirs.
    AddOne,
}

/// A finished rotation.
#[derive(Clone)]
pub struct Rotated {
    /// The new master key. Already in the key file, when the database has one.
    pub key: Zeroizing<[u8; 32]>,
    /// Data keys now wrapped by it.
    pub data_keys: usize,
}

impl std::fmt::Debug for Rotated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rotated")
            .field("data_keys", &self.data_keys)
            .finish_non_exhaustive()
    }
}

/// Gives a closed database a new master key (`None`: a random one). Cut short at any point, the database opens with the
/// old key or the new one, and a key file is settled on the right one by the next opening.
///
/// # Errors
/// As for [`Store::open`](super::Store::open); also when there are too many data keys.
pub fn rotate(
    config: &StoreConfig,
    new: Option<Zeroizing<[u8; 32]>>,
    data_keys: DataKeys,
) -> Result<Rotated, OpenError> {
    let path = &config.path;
    let (folder, content) = Folder::lock(path)?;
    if content == Content::New {
        return Err(OpenError::NotGreenroom {
            path: path.clone(),
            found: "nothing yet".into(),
        });
    }
    let engine = Engine::open(&folder.engine_path(), config.cache_bytes)
        .map_err(|e| engine_error(path, e))?;
    let (mut keys, old) = unwrap_keys(&engine, &config.key, path)?;
    let random = || -> Result<Secret, OpenError> {
        Ok(Secret::new(
            seal::random().map_err(|e| no_randomness(path, e))?,
        ))
    };
    if data_keys == DataKeys::AddOne {
        let newest = keys.last_key_value().map_or(0, |(id, _)| *id);
        if keys.len() >= seal::DATA_KEYS_MAX {
            return Err(damaged(path, "it has as many data keys as it may have"));
        }
        keys.insert(newest + 1, random()?);
    }
    let new = match new {
        Some(new) => new,
        None => random()?,
    };
    if let KeySource::File(file) = &config.key {
        master::settle(file, &old)?;
        master::prepare_next(file, &new)?;
    }
    let master = MasterKey::new(&new);
    let mut batch = WriteBatch::default();
    for (id, data_key) in &keys {
        let at = key::data_key(*id);
        let wrapped = master
            .wrap(&at, data_key)
            .map_err(|e| no_randomness(path, e))?;
        batch.put(at, wrapped);
    }
    engine
        .apply(batch)
        .and_then(|()| engine.flush())
        .and_then(|()| engine.sync())
        .map_err(|e| engine_error(path, e))?;
    if let KeySource::File(file) = &config.key {
        master::settle(file, &master)?;
    }
    Ok(Rotated {
        key: new,
        data_keys: keys.len(),
    })
}

fn no_randomness(path: &Path, error: seal::SealError) -> OpenError {
    OpenError::Io {
        path: path.to_owned(),
        source: io::Error::other(error.to_string()),
    }
}
