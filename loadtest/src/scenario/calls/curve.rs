//! `curve`: the rooms of `call`, more and more of them, until audio is lost.

use super::hall::Hall;
use super::{judge, rooms};
use crate::args::Args;
use crate::report::Report;
use crate::server::Build;
use serde_json::json;

/// Rooms added at each step.
const STEP: usize = 20;
/// Steps at most.
const STEPS_MAX: usize = 20;
/// Audio lost at which the server is said to be beyond what it carries, percent.
const LOSS_PERCENT_MAX: f64 = 0.1;
/// Participants without any loss.
const PARTICIPANTS_MIN: f64 = 1_000.0;

pub(super) async fn run(args: &Args) -> anyhow::Result<Report> {
    let hall = Hall::open(args, Build::Release, None).await?;
    let mut points = Vec::new();
    let (mut clean, mut total) = (0, 0);
    let mut rooms = 0..args.rooms();
    let mut last = None;
    for _ in 0..STEPS_MAX {
        if hall
            .admit(rooms::guests(args, rooms.clone()))
            .await
            .is_err()
        {
            // Not even let in, or not connected in time: that is where it ends.
            points.push(json!({ "participants": total + rooms.len(), "refused": true }));
            break;
        }
        let measured = hall.measure(args.seconds()).await?;
        total = hall.seats.borrow().len();
        let tally = &measured.tally;
        let cpu_s = measured.usage.map(|[start, end]| end.cpu_s - start.cpu_s);
        points.push(json!({
            "participants": total,
            "audio_lost": tally.audio_lost,
            "audio_loss_percent": tally.audio_loss_percent(),
            "audio_latency_ms": tally.audio_latency.quantiles(),
            "server_cpu_percent": cpu_s.map(|s| 100.0 * s / measured.seconds),
            "forwarded_per_s": judge::forwarded_per_s(&measured),
        }));
        if tally.audio_lost == 0 {
            clean = total;
        }
        let over = tally
            .audio_loss_percent()
            .is_some_and(|p| p > LOSS_PERCENT_MAX);
        last = Some(measured);
        if over {
            break;
        }
        rooms = rooms.end..rooms.end + STEP;
        hall.more_rooms(STEP).await?;
    }
    let mut report = judge::report(args, &hall, &last.unwrap_or_default());
    report.detail("curve", points);
    let without_loss = Some(clean as f64);
    report.at_least(
        "participants without audio loss",
        without_loss,
        PARTICIPANTS_MIN,
    );
    hall.clear().await?;
    Ok(report)
}
