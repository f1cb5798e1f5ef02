//! Figures that are read when somebody asks: the supervision tree, the committer.

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet},
    metrics::MetricType,
};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// Samples that one scrape may hold; more are left out.
const SAMPLES_MAX: usize = 10_000;

type Labels = Vec<(&'static str, String)>;
type Source = Box<dyn Fn(&mut Samples) + Send + Sync>;

/// What a source fills in.
#[derive(Debug, Default)]
pub struct Samples {
    families: BTreeMap<&'static str, Family>,
    count: usize,
}

#[derive(Debug)]
struct Family {
    help: &'static str,
    rows: Vec<(Labels, Value)>,
}

#[derive(Debug)]
enum Value {
    Gauge(f64),
    Counter(u64),
    Histogram { buckets: Vec<(f64, u64)>, sum: f64 },
}

impl Value {
    fn encode(&self, row: &mut MetricEncoder) -> Result<(), fmt::Error> {
        match self {
            Self::Gauge(value) => row.encode_gauge(value),
            Self::Counter(value) => row.encode_counter::<NoLabelSet, _, f64>(value, None),
            Self::Histogram { buckets, sum } => {
                let count = buckets.iter().map(|(_, count)| count).sum();
                row.encode_histogram::<NoLabelSet>(*sum, count, buckets, None)
            }
        }
    }

    fn kind(&self) -> MetricType {
        match self {
            Self::Gauge(_) => MetricType::Gauge,
            Self::Counter(_) => MetricType::Counter,
            Self::Histogram { .. } => MetricType::Histogram,
        }
    }
}

impl Samples {
    /// A value that goes up and down. `name` without the `greenroom_` prefix; labels from a small fixed set.
    pub fn gauge(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &str)],
        value: f64,
    ) {
        self.push(name, help, labels, Value::Gauge(value));
    }

    /// A value that only grows. `name` without the `greenroom_` prefix and the `_total` suffix.
    pub fn counter(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &str)],
        value: u64,
    ) {
        self.push(name, help, labels, Value::Counter(value));
    }

    /// How values are distributed. Buckets with upper bounds (the last infinite), lowest first, each counting alone.
    pub fn histogram(
        &mut self,
        name: &'static str,
        help: &'static str,
        buckets: &[(f64, u64)],
        sum: f64,
    ) {
        let buckets = buckets.to_vec();
        self.push(name, help, &[], Value::Histogram { buckets, sum });
    }

    fn push(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &str)],
        value: Value,
    ) {
        if self.count == SAMPLES_MAX {
            return;
        }
        self.count += 1;
        let labels = labels.iter().map(|(k, v)| (*k, (*v).into())).collect();
        let rows = Vec::new();
        let family = self.families.entry(name).or_insert(Family { help, rows });
        family.rows.push((labels, value));
    }
}

/// The sources registered so far. The lock is held while one registers, and during a scrape.
#[derive(Clone, Default)]
pub(super) struct Sources(Arc<Mutex<Vec<Source>>>);

impl Sources {
    pub(super) fn add(&self, source: Source) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(source);
    }

    fn read(&self) -> Samples {
        let mut samples = Samples::default();
        for source in &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            source(&mut samples);
        }
        samples
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sources")
    }
}

impl Collector for Sources {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        for (name, family) in self.read().families {
            let kind = family.rows[0].1.kind();
            let mut metric = encoder.encode_descriptor(name, family.help, None, kind)?;
            for (labels, value) in &family.rows {
                if labels.is_empty() {
                    value.encode(&mut metric)?;
                } else {
                    value.encode(&mut metric.encode_family(labels)?)?;
                }
            }
        }
        Ok(())
    }
}
