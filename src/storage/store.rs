//! The open database: opening, the node's identity, and sealed access to single records.

use super::committer::Committer;
use super::config::{KeySource, StoreConfig};
use super::directory::Directory;
use super::engine::{Engine, EngineError, Value, WriteBatch, guarded};
use super::error::{OpenError, ReadError};
use super::folder::{Content, Folder};
use super::key;
use super::master::{self, MasterKey};
use super::record::{self, Meta, Stored};
use super::seal::{self, KeyRing, SealError, Secret};
use super::watermark;
use crate::id::NodeId;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::Ed25519KeyPair;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The database, open for reading from any thread. Reads block on the disk: keep them off the arbiters.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    // Dropped in this order: the folder's lock goes last.
    engine: Engine,
    ring: KeyRing,
    meta: Meta,
    folder: Folder,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("node", &self.0.meta.node)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database, or makes it when the folder is empty, and starts its committer.
    ///
    /// # Errors
    /// [`OpenError`] says what the operator does.
    pub fn open(config: &StoreConfig) -> Result<(Self, Committer), OpenError> {
        let store = Self::open_reader(config)?;
        if store.is_importing().map_err(|e| damaged(&config.path, e))? {
            return Err(OpenError::HalfImported {
                path: config.path.clone(),
            });
        }
        let committer =
            Committer::start(store.clone(), config.lazy_delay).map_err(|source| OpenError::Io {
                path: config.path.clone(),
                source,
            })?;
        Ok((store, committer))
    }

    /// Opens without a committer.
    pub(super) fn open_reader(config: &StoreConfig) -> Result<Self, OpenError> {
        let (folder, content) = Folder::lock(&config.path)?;
        let path = &config.path;
        let engine = Engine::open(&folder.engine_path(), config.cache_bytes)
            .map_err(|e| engine_error(path, e))?;
        if content == Content::New {
            make(&engine, &config.key, path)?;
            folder.finish().map_err(|source| OpenError::Io {
                path: path.clone(),
                source,
            })?;
        }
        let (keys, master) = unwrap_keys(&engine, &config.key, path)?;
        if let KeySource::File(file) = &config.key {
            master::settle(file, &master)?;
        }
        let ring = KeyRing::new(&keys);
        let sealed = engine
            .get(key::META)
            .map_err(|e| engine_error(path, e))?
            .ok_or_else(|| damaged(path, "the meta record is missing"))?;
        let plain = ring
            .open(key::META, &sealed)
            .map_err(|e| damaged(path, e))?;
        let meta = record::decode(&plain).map_err(|e| damaged(path, e))?;
        let store = Self(Arc::new(Inner {
            engine,
            ring,
            meta,
            folder,
        }));
        match watermark::verify(&store, &store.0.folder).map_err(|e| damaged(path, e))? {
            Ok(()) => Ok(store),
            Err((held, noted)) => Err(damaged(
                path,
                format!("its newest data are lost: {noted} fsyncs were noted, it holds {held}"),
            )),
        }
    }

    /// The node: random, made with the database.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.0.meta.node
    }

    /// The node's Ed25519 key as PKCS#8, made with the database, stored sealed.
    #[must_use]
    pub fn signing_key(&self) -> Zeroizing<Vec<u8>> {
        self.0.meta.signing_key.clone()
    }

    /// Guests and revocations.
    #[must_use]
    pub fn directory(&self) -> Directory<'_> {
        Directory(self)
    }

    /// Bytes on disk, for the operator.
    ///
    /// # Errors
    /// [`ReadError::Engine`] when the folder cannot be read.
    pub fn size_on_disk_bytes(&self) -> Result<u64, ReadError> {
        Ok(self.0.engine.size_on_disk_bytes()?)
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(super) fn folder(&self) -> &Folder {
        &self.0.folder
    }

    pub(super) fn is_importing(&self) -> Result<bool, ReadError> {
        Ok(self.engine().get(key::IMPORTING)?.is_some())
    }

    /// Runs a read; damage that makes the engine panic is an error like any other.
    pub(super) fn guarded<T>(
        &self,
        read: impl FnOnce() -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        guarded(|| Ok(read()))?
    }

    /// The record under `key`.
    pub(super) fn get_record<T: Stored>(&self, key: &[u8]) -> Result<Option<T>, ReadError> {
        match self.engine().get(key)? {
            Some(sealed) => Ok(Some(self.open_record(key, &sealed)?)),
            None => Ok(None),
        }
    }

    /// Every record whose key starts with `prefix`, in key order.
    pub(super) fn scan_records<T: Stored>(
        &self,
        prefix: &[u8],
    ) -> impl DoubleEndedIterator<Item = Result<(Value, T), ReadError>> + use<'_, T> {
        self.engine()
            .range(prefix, &key::after_prefix(prefix))
            .map(|item| {
                let (key, sealed) = item?;
                let record = self.open_record(&key, &sealed)?;
                Ok((key, record))
            })
    }

    pub(super) fn open_record<T: Stored>(&self, key: &[u8], sealed: &[u8]) -> Result<T, ReadError> {
        let plain = self.open_value(key, sealed)?;
        record::decode(&plain).map_err(|e| ReadError::corrupted(key, e))
    }

    pub(super) fn open_value(&self, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, ReadError> {
        self.0
            .ring
            .open(key, sealed)
            .map_err(|e| ReadError::corrupted(key, e))
    }

    pub(super) fn seal_value(&self, key: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        self.0.ring.seal(key, plain)
    }
}

/// Writes the first records of a new database: a data key, the node's id and its signing key.
fn make(engine: &Engine, source: &KeySource, path: &Path) -> Result<(), OpenError> {
    let master = MasterKey::new(&master::load_or_make(source)?);
    let io = |text: String| OpenError::Io {
        path: path.to_owned(),
        source: std::io::Error::other(text),
    };
    let first = || -> Result<WriteBatch, String> {
        let data_key = Secret::new(seal::random().map_err(|e| e.to_string())?);
        let node = NodeId::from_bytes(seal::random().map_err(|e| e.to_string())?);
        let signing_key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_| "no signing key could be made")?;
        let meta = Meta {
            node,
            signing_key: Zeroizing::new(signing_key.as_ref().to_vec()),
        };
        let plain = Zeroizing::new(record::encode(&meta).map_err(|e| e.to_string())?);
        let at = key::data_key(1);
        let mut batch = WriteBatch::default();
        let wrapped = master.wrap(&at, &data_key).map_err(|e| e.to_string())?;
        batch.put(at, wrapped);
        let sealed = KeyRing::new(&BTreeMap::from([(1, data_key)]))
            .seal(key::META, &plain)
            .map_err(|e| e.to_string())?;
        batch.put(key::META.to_vec(), sealed);
        Ok(batch)
    };
    let batch = first().map_err(io)?;
    engine
        .apply(batch)
        .and_then(|()| engine.flush())
        .and_then(|()| engine.sync())
        .map_err(|e| engine_error(path, e))
}

/// Opens all data keys with whichever candidate wrapped them.
pub(super) fn unwrap_keys(
    engine: &Engine,
    source: &KeySource,
    path: &Path,
) -> Result<(BTreeMap<u32, Secret>, MasterKey), OpenError> {
    let wrapped = wrapped_keys(engine, path)?;
    for candidate in master::load(source)? {
        let master = MasterKey::new(&candidate);
        let keys: Result<BTreeMap<u32, Secret>, SealError> = wrapped
            .iter()
            .map(|(id, value)| Ok((*id, master.unwrap(&key::data_key(*id), value)?)))
            .collect();
        match keys {
            Ok(keys) => return Ok((keys, master)),
            Err(SealError::UnknownKey(_)) => {}
            Err(error) => return Err(damaged(path, error)),
        }
    }
    Err(OpenError::WrongKey {
        path: path.to_owned(),
    })
}

fn wrapped_keys(engine: &Engine, path: &Path) -> Result<BTreeMap<u32, Value>, OpenError> {
    let mut wrapped = BTreeMap::new();
    let end = key::after_prefix(key::DATA_KEYS);
    for item in engine.range(key::DATA_KEYS, &end).take(seal::DATA_KEYS_MAX) {
        let (key, value) = item.map_err(|e| engine_error(path, e))?;
        let id = key
            .last_chunk()
            .ok_or_else(|| damaged(path, "a data key without an id"))?;
        wrapped.insert(u32::from_be_bytes(*id), value);
    }
    if wrapped.is_empty() {
        return Err(damaged(path, "the data keys are missing"));
    }
    Ok(wrapped)
}

pub(super) fn damaged(path: &Path, what: impl ToString) -> OpenError {
    OpenError::Corrupted {
        path: path.to_owned(),
        what: what.to_string(),
    }
}

pub(super) fn engine_error(path: &Path, error: EngineError) -> OpenError {
    let path = path.to_owned();
    match error {
        EngineError::Locked => OpenError::InUse { path },
        EngineError::Corrupted(what) | EngineError::Unsupported(what) => {
            OpenError::Corrupted { path, what }
        }
        EngineError::Full => OpenError::Io {
            path,
            source: std::io::ErrorKind::StorageFull.into(),
        },
        EngineError::Io(text) => OpenError::Io {
            path,
            source: std::io::Error::other(text),
        },
    }
}
