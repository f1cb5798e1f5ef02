//! Per replica, the highest contiguous counter.

use super::Dot;
use crate::id::{Counter, ReplicaId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a log holds, per replica without gaps. On the wire: `{"<replica>": <counter>, …}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VersionVector(BTreeMap<ReplicaId, Counter>);

impl VersionVector {
    /// The highest contiguous counter of `replica`; 0 when nothing of it is known.
    #[must_use]
    pub fn get(&self, replica: ReplicaId) -> u64 {
        self.0.get(&replica).map_or(0, |counter| counter.get())
    }

    /// Whether the op is known.
    #[must_use]
    pub fn contains(&self, dot: Dot) -> bool {
        dot.counter().get() <= self.get(dot.replica())
    }

    /// Notes that everything of the dot's replica up to the dot is known.
    pub fn advance(&mut self, dot: Dot) {
        let known = self.0.entry(dot.replica()).or_insert(dot.counter());
        *known = (*known).max(dot.counter());
    }

    /// The replicas with their counters, in id order.
    pub fn iter(&self) -> impl Iterator<Item = (ReplicaId, Counter)> + '_ {
        self.0.iter().map(|(replica, counter)| (*replica, *counter))
    }

    /// How many replicas it names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it names none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
