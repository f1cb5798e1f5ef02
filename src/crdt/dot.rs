//! The identity of an op.

use crate::id::{Counter, ReplicaId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// (replica, counter): names one op for ever. On the wire: `["<replica>", <counter>]`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Dot(ReplicaId, Counter);

impl Dot {
    /// The dot of the `counter`-th op of `replica`.
    #[must_use]
    pub const fn new(replica: ReplicaId, counter: Counter) -> Self {
        Self(replica, counter)
    }

    /// Who wrote it.
    #[must_use]
    pub const fn replica(self) -> ReplicaId {
        self.0
    }

    /// Its place among the replica's ops.
    #[must_use]
    pub const fn counter(self) -> Counter {
        self.1
    }
}

impl fmt::Display for Dot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0, self.1)
    }
}

impl fmt::Debug for Dot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
