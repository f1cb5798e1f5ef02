//! The scenarios, one file each, and what their reports have in common.

mod acks;
mod calls;
mod chaos;
mod chat;
mod crash;
mod fanout;
mod fill;
mod idle;
mod offline;
mod slow;
mod sync;

use crate::args::{Args, Scenario};
use crate::fleet::Outcome;
use crate::ledger::Findings;
use crate::report::{Machine, Plots, Report, command_line, commit};
use crate::stage::{Ran, Stage};
use serde_json::json;
use std::collections::BTreeMap;

/// Runs the chosen scenario.
///
/// # Errors
/// When the server or a client fails in a way the scenario is not about.
pub(crate) async fn run(args: &Args) -> anyhow::Result<Report> {
    match args.scenario {
        Scenario::Fanout => fanout::run(args).await,
        Scenario::Chat => chat::run(args).await,
        Scenario::Offline => offline::run(args).await,
        Scenario::Slow => slow::run(args).await,
        Scenario::Chaos => chaos::run(args).await,
        Scenario::Crash => crash::run(args).await,
        Scenario::Idle => idle::run(args).await,
        Scenario::Acks => acks::run(args).await,
        Scenario::Sync => sync::run(args).await,
        _ => calls::run(args).await,
    }
}

/// A report that says what was run, and nothing of what came of it.
fn blank(args: &Args) -> Report {
    let parameters = json!({
        "connections": args.connections(),
        "rooms": args.rooms(),
        "rate": args.rate(),
        "seconds": args.seconds(),
        "burst": args.burst(),
        "text_bytes": args.text_bytes(),
        "seed": args.seed,
        "processes": args.processes(),
        "subprotocol": args.subprotocol,
    });
    let parameters = serde_json::from_value(parameters).expect("an object has names");
    Report {
        scenario: args.scenario.name().into(),
        command: command_line(),
        commit: commit(),
        machine: Machine::here(),
        parameters,
        clean: true,
        ..Report::default()
    }
}

/// The report of a run with what every scenario measures.
fn measured(stage: &Stage, ran: &Ran, found: &Findings) -> Report {
    let mut report = blank(&stage.args);
    count(&mut report, &ran.outcome);
    judge(&mut report, found);
    if let (Some([_, start, end]), Some(meter)) = (ran.usage, &stage.meter) {
        let cpu_s = end.cpu_s - start.cpu_s;
        let delivered = ran.outcome.tally.delivered;
        report.server_cpu_s = Some(cpu_s);
        report.server_rss_bytes = Some(meter.rss_max(ran.start_us, ran.end_us));
        if delivered > 0 && cpu_s > 0.0 {
            report.cpu_us_per_delivery = Some(cpu_s * 1e6 / delivered as f64);
            report.deliveries_per_cpu_s = Some(delivered as f64 / cpu_s);
        }
    }
    report.plots = Plots {
        tally: ran.outcome.tally.clone(),
        samples: stage.samples(),
        start_us: ran.start_us,
    };
    report
}

fn count(report: &mut Report, outcome: &Outcome) {
    let tally = &outcome.tally;
    report.sent = Some(tally.sent);
    report.acked = Some(tally.acked);
    report.delivered = Some(tally.delivered);
    report.errors = Some(tally.error_count());
    report.ack_ms = tally.ack.quantiles();
    report.delivery_ms = tally.delivery.quantiles();
    report.detail("unacked", outcome.unacked());
    for (name, n) in [
        ("retries", tally.retries),
        ("reconnects", tally.reconnects),
        ("signals", tally.signals),
    ] {
        if n > 0 {
            report.detail(name, n);
        }
    }
    for (name, map) in [("errors_by_name", &tally.errors), ("closes", &tally.closes)] {
        if !map.is_empty() {
            report.detail(name, map);
        }
    }
}

fn judge(report: &mut Report, found: &Findings) {
    report.lost_acked = Some(found.lost_acked);
    report.duplicated = Some(found.duplicated);
    report.out_of_order = Some(found.out_of_order);
    report.clean = found.clean();
    let audit: BTreeMap<&str, u64> = BTreeMap::from([
        ("ops_stored", found.stored),
        ("views_compared", found.views),
        ("views_behind", found.behind),
        ("views_that_differ", found.views_differ),
        ("posts_with_wrong_content", found.wrong_content),
    ]);
    report.detail("audit", audit);
}

/// The promises that every scenario under load checks.
fn promises(report: &mut Report) {
    let (lost, doubled) = (report.lost_acked, report.duplicated);
    report.at_most("acked ops lost", lost.map(|n| n as f64), 0.0);
    report.at_most("ops duplicated", doubled.map(|n| n as f64), 0.0);
}
