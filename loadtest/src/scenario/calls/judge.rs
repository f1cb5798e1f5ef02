//! What the reports of calls have in common.

use super::hall::{Hall, Measured};
use crate::args::Args;
use crate::report::{Plots, Report};
use crate::scenario::blank;
use crate::tally::Tally;
use std::collections::BTreeMap;

/// Names of the server's metrics.
const PACKETS_IN: &str = "greenroom_media_packets_in_total";
const PACKETS_FORWARDED: &str = "greenroom_media_packets_forwarded_total";
const FORWARDING: &str = "greenroom_media_forwarding_seconds";
const DROPS: &str = "greenroom_media_drops_total";
const REFUSED: &str = "greenroom_media_refused_total";
/// Counters of the server that explain a figure, shown when they grew.
const EXPLAIN: [&str; 9] = [
    "nacks_out",
    "nacks_in",
    "retransmitted",
    "repaired",
    "keyframes_out",
    "keyframes_in",
    "handshakes_failed",
    "shed",
    "faults",
];

/// A report of one measurement.
pub(super) fn report(args: &Args, hall: &Hall, measured: &Measured) -> Report {
    let mut report = blank(args);
    let [before, after] = &measured.metrics;
    let tally = &measured.tally;
    parameters(args, &mut report);
    report.packets_in = Some(after.since(before, PACKETS_IN));
    report.packets_forwarded = Some(after.since(before, PACKETS_FORWARDED));
    report.drops = after.sums_since(before, DROPS, ["lane", "reason"]);
    report.cpu_us_per_forwarded_packet = cpu_us_per_forwarded(measured);
    if let Some([start, end]) = measured.usage {
        report.server_cpu_s = Some(end.cpu_s - start.cpu_s);
        report.server_rss_bytes = Some(end.rss_bytes);
        let share = 100.0 * (end.cpu_s - start.cpu_s) / measured.seconds;
        report.detail("server_cpu_percent", share);
    }
    report.audio_loss_percent = tally.audio_loss_percent();
    report.video_loss_percent = tally.video_loss_percent();
    report.audio_latency_ms = tally.audio_latency.quantiles();
    report.video_latency_ms = tally.video_latency.quantiles();
    let mut forward = tally.audio_latency.clone();
    forward.merge(&tally.video_latency);
    report.forward_ms = forward.quantiles();
    report.freezes = Some(tally.freezes);
    report.time_to_first_frame_ms = tally.first_frame.quantiles();
    details(hall, measured, &mut report);
    // Nothing here is promised for ever; what was missed shows in the figures.
    report.clean = true;
    report.plots = Plots {
        tally: Tally::default(),
        samples: hall.stage.samples(),
        start_us: 0,
    };
    report
}

/// Server CPU per forwarded packet, microseconds.
pub(super) fn cpu_us_per_forwarded(measured: &Measured) -> Option<f64> {
    let [before, after] = &measured.metrics;
    let forwarded = after.since(before, PACKETS_FORWARDED);
    let [start, end] = measured.usage?;
    (forwarded > 0).then(|| (end.cpu_s - start.cpu_s) * 1e6 / forwarded as f64)
}

/// Packets a second that the server forwarded.
pub(super) fn forwarded_per_s(measured: &Measured) -> f64 {
    let [before, after] = &measured.metrics;
    after.since(before, PACKETS_FORWARDED) as f64 / measured.seconds
}

fn parameters(args: &Args, report: &mut Report) {
    let scenario = args.scenario;
    let names = ["connections", "text_bytes", "processes"];
    report
        .parameters
        .retain(|name, _| !names.contains(&name.as_str()));
    let profile = format!("{:?}", args.call.profile(scenario)).to_lowercase();
    for (name, value) in [
        ("participants", args.call.participants(scenario).into()),
        ("profile", profile.into()),
        ("loss", args.call.loss(scenario).into()),
    ] {
        report.parameters.insert(name.into(), value);
    }
}

fn details(hall: &Hall, measured: &Measured, report: &mut Report) {
    let tally = &measured.tally;
    let [before, after] = &measured.metrics;
    report.detail("participants", hall.seats.borrow().len());
    report.detail("connect_ms", hall.joins.borrow().quantiles());
    report.detail("packets_received", tally.packets);
    report.detail("packets_sent", measured.sent.packets);
    report.detail("sender_late_ms_max", measured.sent.late_us_max as f64 / 1e3);
    for (name, n) in [
        ("packets_bad", tally.packets_bad),
        ("packets_unread", measured.unread),
        ("audio_repaired", tally.audio_repaired),
        ("frames_partial", tally.frames_partial),
        ("frames_absent", tally.frames_absent),
        ("switches", tally.switches),
    ] {
        if n > 0 {
            report.detail(name, n);
        }
    }
    if tally.audio_expected > 0 {
        report.detail("audio_packets_expected", tally.audio_expected);
        report.detail("audio_packets_lost", tally.audio_lost);
        report.detail("audio_playable_percent", tally.audio_playable_percent());
        report.detail("speaker_heard_ms", tally.spurt_heard.quantiles());
        report.detail("audio_gap_ms", tally.audio_gap.quantiles());
        report.detail("spurts_heard", tally.spurts_heard);
        report.detail("spurts_expected", measured.spurts_expected);
    }
    if tally.frames_shown > 0 {
        report.detail("frames_shown", tally.frames_shown);
        report.detail("freeze_ms", tally.freeze.quantiles());
    }
    let mut counters = BTreeMap::new();
    for name in EXPLAIN {
        let grown = after.since(before, &format!("greenroom_media_{name}_total"));
        if grown > 0 {
            counters.insert(name.to_owned(), grown);
        }
    }
    for (reason, grown) in after.sums_since(before, REFUSED, ["reason", "reason"]) {
        counters.insert(format!("refused_{reason}"), grown.values().sum());
    }
    let estimate = after.sum("greenroom_media_estimate_bps");
    if estimate > 0.0 {
        counters.insert("estimate_bps".into(), estimate as u64);
    }
    if !counters.is_empty() {
        report.detail("server_counters", counters);
    }
    let seconds = |quantile| after.quantile_since(before, FORWARDING, quantile);
    if let (Some(p50), Some(p99)) = (seconds(0.5), seconds(0.99)) {
        let bounds = format!("p50 ≤ {}, p99 ≤ {}", p50 * 1e3, p99 * 1e3);
        report.detail("server_forward_ms", bounds);
    }
}

/// Packets a second that came from the participants.
pub(super) fn offered_per_s(measured: &Measured) -> f64 {
    measured.sent.packets as f64 / measured.seconds
}
