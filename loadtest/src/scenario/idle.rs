//! Memory per idle connection: authenticated, in a room, doing nothing but beat.
//!
//! Everyone joins first; then the server is restarted and everyone comes back, so that the growth counted is what
//! connections and their rooms in memory cost, not what the database keeps of having written them.

use super::{blank, count};
use crate::args::Args;
use crate::fleet::{Pace, Signals};
use crate::report::{Plots, Report};
use crate::server::{Build, Meter};
use crate::stage::{Load, Stage, spread};

/// Memory per connection, bytes.
const RSS_BYTES_MAX: f64 = 20.0 * 1024.0;

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let mut stage = Stage::set(args, Build::Release).await?;
    let rooms = stage.rooms(args.rooms()).await?;
    let load = Load {
        pace: Pace::Silent,
        signals: Signals::default(),
        seconds: args.seconds(),
        stall_after_s: 0.0,
        resume: false,
    };
    let plans = stage.plans(&rooms, &spread(args.connections(), args.rooms()), load)?;
    let joined = stage.drive(plans.clone()).await?;
    // What joining wrote is memory of the database, not of connections: a server of our own starts afresh with it.
    let ran = if stage.restart().await? {
        stage.drive(plans).await?
    } else {
        joined
    };
    let mut report = blank(args);
    count(&mut report, &ran.outcome);
    if let Some([before, start, end]) = ran.usage {
        let grown = end.rss_bytes.saturating_sub(before.rss_bytes);
        let per_connection = grown as f64 / args.connections() as f64;
        report.server_rss_bytes = Some(end.rss_bytes);
        report.rss_bytes_per_connection = Some(per_connection);
        report.server_cpu_s = Some(end.cpu_s - start.cpu_s);
        report.detail("rss_bytes_before_connections", before.rss_bytes);
        report.at_most(
            "resident bytes per idle connection",
            Some(per_connection),
            RSS_BYTES_MAX,
        );
    }
    report.clean = ran.outcome.tally.error_count() == 0;
    report.plots = Plots {
        tally: ran.outcome.tally,
        samples: stage.meter.as_ref().map(Meter::samples).unwrap_or_default(),
        start_us: ran.start_us,
    };
    stage.strike().await?;
    Ok(report)
}
