//! The metrics that actors count as they go: atomics behind one `Arc`.

use super::{Histogram, Samples, sources::Sources};
use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, info::Info},
    registry::Registry,
};
use std::fmt;

/// Close codes with a count of their own; others count as `other`.
const CLOSE_CODES: [u16; 16] = [
    1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 4001, 4002, 4003, 4004, 4005, 4006,
];

/// Everything actors and transports count. Share it as `Arc<Metrics>`.
///
/// The public fields are atomics: `inc`, `set` and `record` take no lock.
#[derive(Debug)]
pub struct Metrics {
    /// Open WebSocket connections.
    pub connections: Gauge,
    /// Connections accepted since the start.
    pub connections_opened: Counter,
    /// Ops accepted: durable and acked, duplicates not counted.
    pub ops: Counter,
    /// Ops refused for good: a void stands under their dot.
    pub ops_refused: Counter,
    /// From the arrival of a post to its ack in the outbox.
    pub ack_latency: Histogram,
    /// From the arrival of a post to a subscriber's socket.
    pub delivery_latency: Histogram,
    /// Frames handed to sockets.
    pub frames_out: Counter,
    /// Frames received.
    pub frames_in: Counter,
    /// Bytes handed to sockets, WebSocket framing included.
    pub bytes_out: Counter,
    /// Bytes received.
    pub bytes_in: Counter,
    /// Pages read for clients that catch up.
    pub sync_pages: Counter,
    drops: Family<DropLabels, Counter>,
    closes: Closes,
    limited: Family<LimitLabels, Counter>,
    sources: Sources,
    registry: Registry,
}

/// Whose rate limit refused something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The connection's.
    Connection,
    /// The user's.
    User,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DropLabels {
    lane: &'static str,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabels {
    cost: &'static str,
    scope: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CloseLabels {
    code: CloseLabel,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct CloseLabel(Option<u16>);

type Closes = Family<CloseLabels, Counter>;

impl EncodeLabelValue for CloseLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), fmt::Error> {
        match self.0 {
            Some(code) => code.encode(encoder),
            None => "other".encode(encoder),
        }
    }
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self {
            connections: Gauge::default(),
            connections_opened: Counter::default(),
            ops: Counter::default(),
            ops_refused: Counter::default(),
            ack_latency: Histogram::seconds(),
            delivery_latency: Histogram::seconds(),
            frames_out: Counter::default(),
            frames_in: Counter::default(),
            bytes_out: Counter::default(),
            bytes_in: Counter::default(),
            sync_pages: Counter::default(),
            drops: Family::default(),
            closes: Family::default(),
            limited: Family::default(),
            sources: Sources::default(),
            registry: Registry::default(),
        };
        metrics.registry = metrics.register();
        metrics
    }

    /// Counts what an outbox dropped, by lane and reason: fixed words of the code.
    pub fn outbox_dropped(&self, lane: &'static str, reason: &'static str, items: u64) {
        let labels = DropLabels { lane, reason };
        self.drops.get_or_create(&labels).inc_by(items);
    }

    /// Counts the end of a connection by its close code.
    pub fn closed(&self, code: u16) {
        let code = CloseLabel(CLOSE_CODES.contains(&code).then_some(code));
        self.closes.get_or_create(&CloseLabels { code }).inc();
    }

    /// Counts a request refused for its rate. `cost` is a fixed word: `access::limits::Cost::as_str`.
    pub fn rate_limited(&self, cost: &'static str, by: Refusal) {
        let scope = match by {
            Refusal::Connection => "connection",
            Refusal::User => "user",
        };
        self.limited
            .get_or_create(&LimitLabels { cost, scope })
            .inc();
    }

    /// Adds figures that are read at each scrape. The source must be quick and must not call back in here.
    pub fn add_source(&self, source: impl Fn(&mut Samples) + Send + Sync + 'static) {
        self.sources.add(Box::new(source));
    }

    /// Everything as OpenMetrics text (`application/openmetrics-text; version=1.0.0`).
    #[must_use]
    pub fn render(&self) -> String {
        let mut out = String::with_capacity(16 * 1024);
        // Writing into a String cannot fail.
        let _ = text::encode(&mut out, &self.registry);
        out
    }

    fn register(&self) -> Registry {
        let mut registry = Registry::with_prefix("greenroom");
        let mut gauge = |name, help, gauge: &Gauge| registry.register(name, help, gauge.clone());
        gauge(
            "connections",
            "Open WebSocket connections",
            &self.connections,
        );
        let counters = [
            (
                "connections_opened",
                "Connections accepted",
                &self.connections_opened,
            ),
            ("ops", "Ops accepted, durable and acked", &self.ops),
            ("ops_refused", "Ops refused for good", &self.ops_refused),
            ("frames_out", "Frames handed to sockets", &self.frames_out),
            ("frames_in", "Frames received", &self.frames_in),
            ("bytes_out", "Bytes handed to sockets", &self.bytes_out),
            ("bytes_in", "Bytes received", &self.bytes_in),
            (
                "sync_pages",
                "Pages read for clients that catch up",
                &self.sync_pages,
            ),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
        let histograms = [
            (
                "ack_latency_seconds",
                "Arrival of a post to its ack in the outbox",
                &self.ack_latency,
            ),
            (
                "delivery_latency_seconds",
                "Arrival of a post to a subscriber's socket",
                &self.delivery_latency,
            ),
        ];
        for (name, help, histogram) in histograms {
            registry.register(name, help, histogram.clone());
        }
        registry.register(
            "outbox_drops",
            "Items that outboxes dropped",
            self.drops.clone(),
        );
        registry.register("closes", "Connections ended", self.closes.clone());
        registry.register(
            "rate_limited",
            "Requests refused for their rate",
            self.limited.clone(),
        );
        let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What runs here", version);
        registry.register_collector(Box::new(self.sources.clone()));
        registry
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn has(text: &str, line: &str) {
        assert!(text.lines().any(|l| l == line), "no `{line}` in\n{text}");
    }

    #[test]
    fn what_is_counted_is_rendered() {
        let metrics = Metrics::new();
        metrics.connections.set(3);
        metrics.ops.inc_by(7);
        metrics.outbox_dropped("signal", "stale", 2);
        metrics.outbox_dropped("signal", "stale", 1);
        metrics.closed(4004);
        metrics.closed(4999);
        metrics.closed(4998);
        metrics.rate_limited("ops", Refusal::User);
        let text = metrics.render();
        has(&text, "greenroom_connections 3");
        has(&text, "greenroom_ops_total 7");
        has(
            &text,
            "greenroom_outbox_drops_total{lane=\"signal\",reason=\"stale\"} 3",
        );
        has(&text, "greenroom_closes_total{code=\"4004\"} 1");
        has(&text, "greenroom_closes_total{code=\"other\"} 2");
        has(
            &text,
            "greenroom_rate_limited_total{cost=\"ops\",scope=\"user\"} 1",
        );
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn histograms_are_cumulative_and_in_seconds() {
        let metrics = Metrics::new();
        for us in [100, 101, 700, 20_000_000] {
            metrics.ack_latency.record(Duration::from_micros(us));
        }
        let text = metrics.render();
        has(
            &text,
            "greenroom_ack_latency_seconds_bucket{le=\"0.0001\"} 1",
        );
        has(
            &text,
            "greenroom_ack_latency_seconds_bucket{le=\"0.0002\"} 2",
        );
        has(
            &text,
            "greenroom_ack_latency_seconds_bucket{le=\"0.001\"} 3",
        );
        has(&text, "greenroom_ack_latency_seconds_bucket{le=\"+Inf\"} 4");
        has(&text, "greenroom_ack_latency_seconds_count 4");
    }

    #[test]
    fn sources_are_read_at_each_scrape_and_grouped() {
        let metrics = Metrics::new();
        metrics.add_source(|samples| {
            samples.gauge("mailbox_depth", "Items queued", &[("mailbox", "room")], 5.0);
            samples.counter("fences", "Fences", &[], 1);
            samples.histogram("batch", "Batches", &[(1.0, 2), (f64::INFINITY, 1)], 9.0);
            samples.gauge(
                "mailbox_depth",
                "Items queued",
                &[("mailbox", "outbox")],
                6.0,
            );
        });
        let text = metrics.render();
        has(&text, "greenroom_mailbox_depth{mailbox=\"room\"} 5.0");
        has(&text, "greenroom_mailbox_depth{mailbox=\"outbox\"} 6.0");
        has(&text, "greenroom_fences_total 1");
        has(&text, "greenroom_batch_bucket{le=\"+Inf\"} 3");
        has(&text, "greenroom_batch_sum 9.0");
        assert_eq!(text.matches("# TYPE greenroom_mailbox_depth").count(), 1);
    }
}
