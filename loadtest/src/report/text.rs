//! The report as a table for a terminal.

use super::{Figure, Report};
use crate::histogram::Quantiles;
use serde_json::Value;
use std::fmt::Write;

/// Width of the first column.
const NAME_WIDTH: usize = 28;

/// The whole table.
pub(super) fn table(report: &Report) -> String {
    let mut out = String::new();
    let mut row = |name: &str, value: &str| {
        writeln!(out, "{name:<NAME_WIDTH$} {value}").expect("writing to memory cannot fail");
    };
    row("scenario", &report.scenario);
    row("command", &report.command);
    row("commit", &report.commit);
    let machine = &report.machine;
    row(
        "machine",
        &format!(
            "{} cores, {}, {}",
            machine.cores, machine.cpu, machine.system
        ),
    );
    for (name, value) in rows(report) {
        row(name, &value);
    }
    for (name, value) in &report.details {
        row(name, &plain(value));
    }
    for figure in &report.figures {
        row("figure", &line(figure));
    }
    row("clean", if report.clean { "yes" } else { "NO" });
    out
}

/// Name and value of every standard field that applies.
pub(super) fn rows(report: &Report) -> Vec<(&'static str, String)> {
    let count = |n: Option<u64>| n.map(|n| n.to_string());
    let real = |x: Option<f64>| x.map(|x| format!("{x:.2}"));
    let fine = |x: Option<f64>| x.map(|x| format!("{x:.4}"));
    let quantiles = |q: Option<Quantiles>| {
        q.map(|q| {
            let Quantiles {
                p50,
                p99,
                p999,
                max,
            } = q;
            format!("p50 {p50:.2}  p99 {p99:.2}  p999 {p999:.2}  max {max:.2}")
        })
    };
    [
        ("sent", count(report.sent)),
        ("acked", count(report.acked)),
        ("delivered", count(report.delivered)),
        ("lost_acked", count(report.lost_acked)),
        ("duplicated", count(report.duplicated)),
        ("out_of_order", count(report.out_of_order)),
        ("errors", count(report.errors)),
        ("ack_ms", quantiles(report.ack_ms)),
        ("delivery_ms", quantiles(report.delivery_ms)),
        ("server_cpu_s", real(report.server_cpu_s)),
        ("cpu_us_per_delivery", real(report.cpu_us_per_delivery)),
        ("deliveries_per_cpu_s", real(report.deliveries_per_cpu_s)),
        ("server_rss_bytes", count(report.server_rss_bytes)),
        (
            "rss_bytes_per_connection",
            real(report.rss_bytes_per_connection),
        ),
        ("restarts", count(report.restarts)),
        ("recover_ms", quantiles(report.recover_ms)),
        ("packets_in", count(report.packets_in)),
        ("packets_forwarded", count(report.packets_forwarded)),
        (
            "cpu_us_per_forwarded_packet",
            real(report.cpu_us_per_forwarded_packet),
        ),
        ("audio_loss_percent", fine(report.audio_loss_percent)),
        ("video_loss_percent", fine(report.video_loss_percent)),
        ("audio_latency_ms", quantiles(report.audio_latency_ms)),
        ("video_latency_ms", quantiles(report.video_latency_ms)),
        ("forward_ms", quantiles(report.forward_ms)),
        ("freezes", count(report.freezes)),
        (
            "time_to_first_frame_ms",
            quantiles(report.time_to_first_frame_ms),
        ),
        ("drops", drops(report)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

/// Every lane that dropped something, with its reasons.
fn drops(report: &Report) -> Option<String> {
    let lanes = report.drops.iter().map(|(lane, reasons)| {
        let reasons: Vec<_> = reasons
            .iter()
            .map(|(why, n)| format!("{why} {n}"))
            .collect();
        format!("{lane}: {}", reasons.join(", "))
    });
    let lanes: Vec<_> = lanes.collect();
    (!lanes.is_empty()).then(|| lanes.join("; "))
}

/// A figure in words.
pub(super) fn line(figure: &Figure) -> String {
    let Figure {
        what,
        measured,
        bound,
        at_least,
        met,
    } = figure;
    let sign = if *at_least { "≥" } else { "≤" };
    let verdict = if *met { "met" } else { "missed" };
    format!("{what}: {measured:.2} ({sign} {bound}: {verdict})")
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(n) => match n.as_f64() {
            Some(x) if n.is_f64() => format!("{x:.2}"),
            _ => n.to_string(),
        },
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| format!("{name} {}", plain(value)))
            .collect::<Vec<_>>()
            .join("  "),
        other => other.to_string(),
    }
}
