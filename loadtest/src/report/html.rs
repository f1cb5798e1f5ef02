//! The report as one page that needs nothing else: tables, and plots as inline SVG.

use super::{Report, text};
use crate::histogram::Latency;
use crate::server::Sample;
use crate::tally::Tally;
use anyhow::anyhow;
use plotters::prelude::*;
use std::fmt::Write;

/// Width and height of a plot, pixels.
const SIZE: (u32, u32) = (860, 300);
const COLORS: [RGBColor; 3] = [
    RGBColor(33, 102, 172),
    RGBColor(214, 96, 77),
    RGBColor(27, 120, 55),
];

/// What the plots are drawn from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plots {
    pub(crate) tally: Tally,
    pub(crate) samples: Vec<Sample>,
    /// Start of the time line, microseconds of [`crate::clock::now_us`].
    pub(crate) start_us: u64,
}

type Line<'a> = (&'a str, Vec<(f64, f64)>);

/// The whole page.
///
/// # Errors
/// When a plot cannot be drawn.
pub(super) fn page(report: &Report) -> anyhow::Result<String> {
    let mut out = String::from(
        "<!doctype html><meta charset=\"utf-8\"><title>Greenroom load test</title><style>\
         body{font:15px/1.5 system-ui,sans-serif;max-width:900px;margin:2rem auto;padding:0 1rem;color:#222}\
         table{border-collapse:collapse}td{padding:.1rem 1rem .1rem 0;vertical-align:top}\
         td:first-child{color:#666}.missed{color:#b00}code{background:#f3f3f3}svg{max-width:100%;height:auto}</style>",
    );
    write!(
        out,
        "<h1>{}</h1><p><code>{}</code></p><table>",
        escape(&report.scenario),
        escape(&report.command)
    )?;
    for (name, value) in text::rows(report) {
        row(&mut out, name, &value)?;
    }
    for (name, value) in report.details.iter().chain(&report.parameters) {
        row(&mut out, name, &value.to_string())?;
    }
    row(&mut out, "commit", &report.commit)?;
    row(&mut out, "machine", &format!("{:?}", report.machine))?;
    out.push_str("</table><ul>");
    for figure in &report.figures {
        let class = if figure.met { "met" } else { "missed" };
        write!(
            out,
            "<li class={class}>{}</li>",
            escape(&text::line(figure))
        )?;
    }
    out.push_str("</ul>");
    plots(&mut out, &report.plots)?;
    Ok(out)
}

fn row(out: &mut String, name: &str, value: &str) -> anyhow::Result<()> {
    write!(
        out,
        "<tr><td>{}</td><td>{}</td></tr>",
        escape(name),
        escape(value)
    )?;
    Ok(())
}

fn plots(out: &mut String, plots: &Plots) -> anyhow::Result<()> {
    let tally = &plots.tally;
    let at = |n: usize| n as f64 * tally.bucket_s();
    let by_time = |value: &dyn Fn(&crate::tally::Bucket) -> Option<f64>| {
        let points = tally.buckets.iter().enumerate();
        points
            .filter_map(|(n, bucket)| Some((at(n), value(bucket)?)))
            .collect::<Vec<_>>()
    };
    let per_s = |n: u64| Some(n as f64 / tally.bucket_s());
    plot(
        out,
        "Posts a second, by time due (s)",
        &[
            ("sent", by_time(&|b| per_s(b.sent))),
            ("acked", by_time(&|b| per_s(b.acked))),
        ],
    )?;
    plot(
        out,
        "Deliveries a second, by time due (s)",
        &[("delivered", by_time(&|b| per_s(b.delivered)))],
    )?;
    plot(
        out,
        "Ack latency (ms), by time due (s)",
        &[
            ("p50", by_time(&|b| b.ack.at(0.5))),
            ("p99", by_time(&|b| b.ack.at(0.99))),
            ("max", by_time(&|b| b.ack.at(1.0))),
        ],
    )?;
    plot(
        out,
        "Delivery latency (ms), by time due (s)",
        &[
            ("p50", by_time(&|b| b.delivery.at(0.5))),
            ("p99", by_time(&|b| b.delivery.at(0.99))),
            ("max", by_time(&|b| b.delivery.at(1.0))),
        ],
    )?;
    plot(
        out,
        "Latency by quantile: 10^-x of all take longer than y ms",
        &[
            ("ack", nines(&tally.ack)),
            ("delivery", nines(&tally.delivery)),
        ],
    )?;
    server_plots(out, plots)
}

fn server_plots(out: &mut String, plots: &Plots) -> anyhow::Result<()> {
    let at = |sample: &Sample| (sample.at_us as f64 - plots.start_us as f64) / 1e6;
    let cpu = plots.samples.windows(2).filter_map(|pair| {
        let seconds = at(&pair[1]) - at(&pair[0]);
        let cores = (pair[1].usage.cpu_s - pair[0].usage.cpu_s) / seconds;
        (seconds > 0.0 && cores >= 0.0).then_some((at(&pair[1]), cores))
    });
    plot(
        out,
        "Server CPU (cores), by time (s)",
        &[("cores", cpu.collect())],
    )?;
    let rss = plots.samples.iter();
    let rss = rss.map(|s| (at(s), s.usage.rss_bytes as f64 / 1_048_576.0));
    plot(
        out,
        "Server memory (MiB), by time (s)",
        &[("resident", rss.collect())],
    )
}

/// The tail with the share on a logarithmic axis: x = 2 is the 99 % quantile, x = 3 the 99.9 %.
fn nines(latency: &Latency) -> Vec<(f64, f64)> {
    let tail = latency.tail().into_iter();
    tail.map(|(ms, share)| (-share.log10(), ms)).collect()
}

fn plot(out: &mut String, title: &str, lines: &[Line<'_>]) -> anyhow::Result<()> {
    if lines.iter().all(|(_, points)| points.len() < 2) {
        return Ok(());
    }
    write!(out, "<h3>{}</h3>", escape(title))?;
    let mut svg = String::new();
    draw(&mut svg, lines).map_err(|error| anyhow!("drawing {title:?}: {error}"))?;
    out.push_str(&svg);
    Ok(())
}

fn draw(svg: &mut String, lines: &[Line<'_>]) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let points = || lines.iter().flat_map(|(_, points)| points);
    let left = points().map(|p| p.0).fold(f64::INFINITY, f64::min);
    let right = points().map(|p| p.0).fold(left + 1e-9, f64::max);
    let top = points().map(|p| p.1).fold(1e-9, f64::max) * 1.05;
    let mut chart = ChartBuilder::on(&root)
        .margin(8)
        .x_label_area_size(28)
        .y_label_area_size(64)
        .build_cartesian_2d(left..right, 0.0..top)?;
    chart.configure_mesh().light_line_style(WHITE).draw()?;
    for ((name, points), color) in lines.iter().zip(COLORS) {
        chart
            .draw_series(LineSeries::new(
                points.iter().copied(),
                color.stroke_width(2),
            ))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 14, y)], color));
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .draw()?;
    root.present()?;
    Ok(())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
