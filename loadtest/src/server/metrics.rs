//! The server's metrics, as far as calls need them: counters of OpenMetrics text, and their growth.

use super::http;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// One scrape: samples by name, with their labels.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics(Vec<Sample>);

#[derive(Debug, Clone, PartialEq)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// Sums by two labels.
pub(crate) type Sums = BTreeMap<String, BTreeMap<String, u64>>;

impl Metrics {
    /// Reads the server's metrics.
    ///
    /// # Errors
    /// When it does not answer.
    pub(crate) async fn read(addr: SocketAddr) -> anyhow::Result<Self> {
        let (_, body) = http::send(addr, "GET", "/metrics").await?;
        Ok(Self(body.lines().filter_map(sample).collect()))
    }

    /// A counter, all labels together; 0 when there is none.
    pub(crate) fn sum(&self, name: &str) -> f64 {
        self.named(name).map(|sample| sample.value).sum()
    }

    /// The growth of a counter since an earlier scrape.
    pub(crate) fn since(&self, before: &Self, name: &str) -> u64 {
        (self.sum(name) - before.sum(name)).max(0.0) as u64
    }

    /// The growth of a counter by two of its labels; what did not grow is left out.
    pub(crate) fn sums_since(&self, before: &Self, name: &str, labels: [&str; 2]) -> Sums {
        let mut sums = Sums::new();
        for sample in self.named(name) {
            let earlier = before
                .0
                .iter()
                .find(|b| b.name == name && b.labels == sample.labels);
            let grown = sample.value - earlier.map_or(0.0, |b| b.value);
            if grown > 0.0 {
                let [outer, inner] =
                    labels.map(|label| sample.labels.get(label).cloned().unwrap_or_default());
                *sums.entry(outer).or_default().entry(inner).or_default() += grown as u64;
            }
        }
        sums
    }

    /// The quantile of a histogram's growth: the upper bound of the bucket it falls into, seconds.
    pub(crate) fn quantile_since(&self, before: &Self, name: &str, quantile: f64) -> Option<f64> {
        let bucket = format!("{name}_bucket");
        let mut grown: Vec<(f64, f64)> = Vec::new();
        for (metrics, sign) in [(self, 1.0), (before, -1.0)] {
            for sample in metrics.named(&bucket) {
                let Some(bound) = sample.labels.get("le").and_then(|le| le.parse().ok()) else {
                    continue;
                };
                match grown.iter_mut().find(|(known, _)| *known == bound) {
                    Some((_, count)) => *count += sign * sample.value,
                    None => grown.push((bound, sign * sample.value)),
                }
            }
        }
        grown.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total = grown
            .last()
            .map(|(_, count)| *count)
            .filter(|count| *count > 0.0)?;
        let found = grown.iter().find(|(_, count)| *count >= quantile * total);
        found.map(|(bound, _)| *bound)
    }

    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Sample> {
        self.0.iter().filter(move |sample| sample.name == name)
    }
}

fn sample(line: &str) -> Option<Sample> {
    if line.starts_with('#') {
        return None;
    }
    let (head, value) = match line.rsplit_once('}') {
        Some((head, rest)) => (head, rest.split_whitespace().next()?),
        None => {
            let mut words = line.split_whitespace();
            (words.next()?, words.next()?)
        }
    };
    let (name, labels) = head.split_once('{').unwrap_or((head, ""));
    let labels = labels.split(',').filter_map(|label| {
        let (key, value) = label.split_once('=')?;
        Some((key.to_owned(), value.trim_matches('"').to_owned()))
    });
    Some(Sample {
        name: name.to_owned(),
        labels: labels.collect(),
        value: value.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrape(text: &str) -> Metrics {
        Metrics(text.lines().filter_map(sample).collect())
    }

    #[test]
    fn counters_grow_by_label() {
        let before = scrape(
            "# TYPE x counter\nx_total{lane=\"a\",reason=\"r\"} 5\nx_total{lane=\"b\",reason=\"r\"} 1\n",
        );
        let after = scrape(
            "x_total{lane=\"a\",reason=\"r\"} 9\nx_total{lane=\"b\",reason=\"r\"} 1\ny 2 17\n",
        );
        assert_eq!(after.since(&before, "x_total"), 4);
        assert_eq!(after.sum("y"), 2.0);
        let sums = after.sums_since(&before, "x_total", ["lane", "reason"]);
        assert_eq!(
            sums,
            Sums::from([("a".into(), BTreeMap::from([("r".into(), 4)]))])
        );
    }

    #[test]
    fn a_quantile_is_a_bound_of_its_bucket() {
        let before = scrape(
            "h_bucket{le=\"0.001\"} 10\nh_bucket{le=\"0.1\"} 10\nh_bucket{le=\"+Inf\"} 10\n",
        );
        let after = scrape(
            "h_bucket{le=\"0.001\"} 100\nh_bucket{le=\"0.1\"} 109\nh_bucket{le=\"+Inf\"} 110\n",
        );
        assert_eq!(after.quantile_since(&before, "h", 0.5), Some(0.001));
        assert_eq!(after.quantile_since(&before, "h", 0.99), Some(0.1));
        assert_eq!(before.quantile_since(&before, "h", 0.5), None);
    }
}
