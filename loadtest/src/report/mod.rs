//! What a run found: JSON with stable names, a table for people, HTML with plots.

mod html;
mod machine;
mod text;

pub(crate) use html::Plots;
pub(crate) use machine::{Machine, command_line, commit};

use crate::histogram::Quantiles;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A report. The names are documented in `loadtest/README.md` and stay as they are; fields that do not apply to a
/// scenario are absent.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) scenario: String,
    pub(crate) command: String,
    pub(crate) commit: String,
    pub(crate) machine: Machine,
    pub(crate) parameters: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sent: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) acked: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delivered: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lost_acked: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duplicated: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) out_of_order: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) errors: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ack_ms: Option<Quantiles>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delivery_ms: Option<Quantiles>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_cpu_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cpu_us_per_delivery: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deliveries_per_cpu_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_rss_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rss_bytes_per_connection: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) restarts: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recover_ms: Option<Quantiles>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) packets_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) packets_forwarded: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cpu_us_per_forwarded_packet: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audio_loss_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) video_loss_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audio_latency_ms: Option<Quantiles>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) video_latency_ms: Option<Quantiles>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) forward_ms: Option<Quantiles>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) freezes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) time_to_first_frame_ms: Option<Quantiles>,
    /// Packets dropped, by lane and reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) drops: BTreeMap<String, BTreeMap<String, u64>>,
    /// What only some scenarios measure.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) details: BTreeMap<String, Value>,
    /// The figures this run bears on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) figures: Vec<Figure>,
    /// Whether nothing acked was lost, doubled, reordered or changed.
    pub(crate) clean: bool,
    #[serde(skip)]
    pub(crate) plots: Plots,
}

/// A figure to reach, and what was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) measured: f64,
    /// `measured` shall be at most (or at least) this.
    pub(crate) bound: f64,
    pub(crate) at_least: bool,
    pub(crate) met: bool,
}

impl Report {
    /// Notes a value that only some scenarios have.
    pub(crate) fn detail(&mut self, name: &str, value: impl Serialize) {
        let value = serde_json::to_value(value).expect("details are plain numbers and maps");
        self.details.insert(name.to_owned(), value);
    }

    /// Notes a figure that shall be at most `bound`; nothing when it was not measured.
    pub(crate) fn at_most(&mut self, what: &str, measured: Option<f64>, bound: f64) {
        self.figure(what, measured, bound, false);
    }

    /// Notes a figure that shall be at least `bound`; nothing when it was not measured.
    pub(crate) fn at_least(&mut self, what: &str, measured: Option<f64>, bound: f64) {
        self.figure(what, measured, bound, true);
    }

    /// The report as JSON.
    pub(crate) fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a report is plain data")
    }

    /// The report as a table.
    pub(crate) fn text(&self) -> String {
        text::table(self)
    }

    /// The report as a page.
    ///
    /// # Errors
    /// When a plot cannot be drawn.
    pub(crate) fn html(&self) -> anyhow::Result<String> {
        html::page(self)
    }

    fn figure(&mut self, what: &str, measured: Option<f64>, bound: f64, at_least: bool) {
        let Some(measured) = measured else {
            return;
        };
        let met = if at_least {
            measured >= bound
        } else {
            measured <= bound
        };
        self.figures.push(Figure {
            what: what.to_owned(),
            measured,
            bound,
            at_least,
            met,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let quantiles = Quantiles {
            p50: 1.5,
            p99: 9.0,
            p999: 12.0,
            max: 20.5,
        };
        let mut report = Report {
            scenario: "chat".into(),
            command: "loadtest chat --seed 1".into(),
            commit: "0123456".into(),
            machine: Machine {
                cpu: "a CPU".into(),
                cores: 2,
                memory_bytes: 1_024,
                system: "Linux 6".into(),
            },
            parameters: BTreeMap::from([("seed".into(), Value::from(1))]),
            sent: Some(10),
            acked: Some(10),
            delivered: Some(90),
            lost_acked: Some(0),
            duplicated: Some(0),
            out_of_order: Some(0),
            errors: Some(0),
            ack_ms: Some(quantiles),
            delivery_ms: Some(quantiles),
            server_cpu_s: Some(0.5),
            cpu_us_per_delivery: Some(5.5),
            deliveries_per_cpu_s: Some(180.0),
            server_rss_bytes: Some(4_096),
            rss_bytes_per_connection: Some(409.5),
            restarts: Some(1),
            recover_ms: Some(quantiles),
            packets_in: Some(100),
            packets_forwarded: Some(900),
            cpu_us_per_forwarded_packet: Some(1.5),
            audio_loss_percent: Some(0.0),
            video_loss_percent: Some(2.5),
            audio_latency_ms: Some(quantiles),
            video_latency_ms: Some(quantiles),
            forward_ms: Some(quantiles),
            freezes: Some(2),
            time_to_first_frame_ms: Some(quantiles),
            drops: BTreeMap::from([("enhancement".into(), BTreeMap::from([("stale".into(), 7)]))]),
            clean: true,
            ..Report::default()
        };
        report.detail("retries", 3);
        report.at_most("ack p99, ms", Some(9.0), 25.0);
        report.at_least("acked posts/s", Some(9.0), 10_000.0);
        report.at_least("not measured", None, 10.0);
        report
    }

    #[test]
    fn the_names_in_the_json_are_stable() {
        assert_eq!(report().json(), include_str!("golden.json").trim_end());
    }

    #[test]
    fn what_does_not_apply_is_absent() {
        let json: Value = serde_json::from_str(&Report::default().json()).expect("JSON");
        for absent in ["sent", "ack_ms", "recover_ms", "details", "plots"] {
            assert_eq!(json.get(absent), None, "{absent}");
        }
    }

    #[test]
    fn the_table_says_what_was_missed() {
        let text = report().text();
        assert!(text.contains("missed"), "{text}");
        assert!(text.contains("ack_ms"), "{text}");
    }

    #[test]
    fn the_page_escapes_what_it_shows() {
        let mut report = report();
        report.command = "loadtest <b>".into();
        let page = report.html().expect("a page");
        assert!(page.contains("loadtest &lt;b&gt;"));
    }
}
