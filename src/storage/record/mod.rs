//! Record forms: what is inside a sealed value. bincode 2 with a limit, behind this one module.
//!
//! Every record is an enum of versions; a reader refuses what it does not know, what is too long, and trailing bytes.
//! The forms are separate from the types of `chat` and `crdt`, so that those can change without touching the disk.
//! Golden bytes: `tests/vectors/records/`.

#[cfg(test)]
mod golden;
mod log;
mod node;
mod room;

pub(super) use log::{decode_log, encode_log};
pub(super) use node::{Meta, PurgeJob};

use super::seal;
use crate::id::IdError;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The largest sealed value, bytes. sled keeps about 17 values in a page, and a page must stay below 1 MiB (see `engine`).
pub const VALUE_BYTES_MAX: usize = 32 * 1024;
/// The largest record before sealing.
pub(super) const RECORD_BYTES_MAX: usize = VALUE_BYTES_MAX - seal::OVERHEAD_BYTES;

/// Why bytes are not a record, or a record has no bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RecordError {
    #[error("a record of {bytes} bytes is too large")]
    TooLarge { bytes: usize },
    #[error("{0}")]
    Malformed(String),
    #[error("{0} bytes follow the record")]
    Trailing(usize),
}

impl From<IdError> for RecordError {
    fn from(error: IdError) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl From<serde_json::Error> for RecordError {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// A type with a form on disk.
pub(super) trait Stored: Sized {
    /// Its form, version 1.
    type Form: Serialize + DeserializeOwned;
    /// To the form.
    fn to_form(&self) -> Result<Self::Form, RecordError>;
    /// From the form, checking every value.
    fn from_form(form: Self::Form) -> Result<Self, RecordError>;
}

/// The versions of a record. The next one is added below, the decoder keeps reading this one.
#[derive(Serialize, Deserialize)]
enum Versioned<T> {
    V1(T),
}

/// The bytes of a record.
pub(super) fn encode<T: Stored>(value: &T) -> Result<Vec<u8>, RecordError> {
    encode_form(value.to_form()?)
}

/// The record of these bytes.
pub(super) fn decode<T: Stored>(bytes: &[u8]) -> Result<T, RecordError> {
    T::from_form(decode_form(bytes)?)
}

fn encode_form<F: Serialize>(form: F) -> Result<Vec<u8>, RecordError> {
    let bytes = bincode::serde::encode_to_vec(Versioned::V1(form), bincode::config::standard())
        .map_err(|e| RecordError::Malformed(e.to_string()))?;
    if bytes.len() > RECORD_BYTES_MAX {
        return Err(RecordError::TooLarge { bytes: bytes.len() });
    }
    Ok(bytes)
}

fn decode_form<F: DeserializeOwned>(bytes: &[u8]) -> Result<F, RecordError> {
    if bytes.len() > RECORD_BYTES_MAX {
        return Err(RecordError::TooLarge { bytes: bytes.len() });
    }
    let config = bincode::config::standard().with_limit::<{ 2 * VALUE_BYTES_MAX }>();
    let (Versioned::V1(form), used) = bincode::serde::decode_from_slice(bytes, config)
        .map_err(|e| RecordError::Malformed(e.to_string()))?;
    match bytes.len() - used {
        0 => Ok(form),
        trailing => Err(RecordError::Trailing(trailing)),
    }
}

/// The forms that others share.
mod parts {
    use super::RecordError;
    use crate::crdt::{Dot, Hlc, Stamp};
    use crate::id::{Counter, ReplicaId};
    use serde::{Deserialize, Serialize};

    /// Milliseconds, counter.
    #[derive(Debug, Clone, Copy, Serialize, Deserialize)]
    pub(super) struct HlcForm(u64, u32);

    impl From<Hlc> for HlcForm {
        fn from(hlc: Hlc) -> Self {
            Self(hlc.ms(), hlc.counter())
        }
    }

    impl From<Stamp> for HlcForm {
        fn from(stamp: Stamp) -> Self {
            stamp.0.into()
        }
    }

    impl HlcForm {
        pub(super) fn hlc(self) -> Result<Hlc, RecordError> {
            Ok(Hlc::new(self.0, self.1)?)
        }

        pub(super) fn stamp(self) -> Result<Stamp, RecordError> {
            Ok(Stamp(self.hlc()?))
        }
    }

    /// Replica, counter.
    #[derive(Debug, Clone, Copy, Serialize, Deserialize)]
    pub(super) struct DotForm([u8; 8], u64);

    impl From<Dot> for DotForm {
        fn from(dot: Dot) -> Self {
            Self(*dot.replica().as_bytes(), dot.counter().get())
        }
    }

    impl DotForm {
        pub(super) fn dot(self) -> Result<Dot, RecordError> {
            let counter = Counter::try_from(self.1)?;
            Ok(Dot::new(ReplicaId::from_bytes(self.0), counter))
        }
    }
}
