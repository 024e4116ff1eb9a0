//! SVG plots: theory, exact expected dynamics and simulated band on one axis.

use crate::check::{CheckReport, ExactPoint};
use crate::dynamics::sgd::{Quantiles, SeriesPoint};
use crate::number::Q;
use num_traits::{Signed, ToPrimitive};
use plotters::coord::Shift;
use plotters::prelude::*;
use thiserror::Error;

/// Size of a plot, in pixels.
const SIZE: (u32, u32) = (860, 520);

const WINNER: RGBColor = RGBColor(0, 90, 160);
const LOSER: RGBColor = RGBColor(200, 90, 0);
const THEORY: RGBColor = RGBColor(40, 40, 40);

/// A plot could not be drawn.
#[derive(Debug, Error)]
#[error("the plot {name} could not be drawn: {cause}")]
pub struct PlotError {
    name: &'static str,
    cause: String,
}

/// One SVG file.
pub struct Plot {
    /// File name, e.g. `norms.svg`.
    pub name: &'static str,
    /// What it shows, for the report's text.
    pub caption: &'static str,
    /// The SVG text.
    pub svg: String,
}

struct Line {
    label: String,
    colour: RGBColor,
    dashed: bool,
    points: Vec<(f64, f64)>,
}

struct Band {
    label: String,
    colour: RGBColor,
    /// x, lower, upper.
    points: Vec<(f64, f64, f64)>,
}

struct Panel {
    name: &'static str,
    caption: &'static str,
    title: String,
    y_label: &'static str,
    /// Fixed limits of the y axis; else they follow the data.
    limits: Option<(f64, f64)>,
    lines: Vec<Line>,
    bands: Vec<Band>,
}

/// All plots of a report: norms, dominance ratio, alignment,
/// accuracy, P(accuracy = 1). A plot without data is left out.
///
/// # Errors
/// If the plotting library fails.
pub fn plots(report: &CheckReport) -> Result<Vec<Plot>, PlotError> {
    [
        norms(report),
        ratio(report),
        alignment(report),
        accuracy(report),
        perfect(report),
    ]
    .into_iter()
    .filter(|panel| {
        panel.lines.iter().any(|line| !line.points.is_empty())
            || panel.bands.iter().any(|band| !band.points.is_empty())
    })
    .map(|panel| {
        draw(&panel).map_err(|cause| PlotError {
            name: panel.name,
            cause,
        })
    })
    .collect()
}

fn norms(report: &CheckReport) -> Panel {
    let mut lines = Vec::new();
    let mut bands = Vec::new();
    type Side = (
        &'static str,
        RGBColor,
        fn(&ExactPoint) -> Option<&Q>,
        fn(&SeriesPoint) -> &Quantiles,
    );
    let sides: [Side; 2] = [
        (
            "least winner",
            WINNER,
            |p| p.winner_norm_squared.as_ref(),
            |p| &p.winner_norm,
        ),
        (
            "largest loser",
            LOSER,
            |p| p.loser_norm_squared.as_ref(),
            |p| &p.loser_norm,
        ),
    ];
    for (name, colour, exact, simulated) in sides {
        bands.push(band(
            report,
            format!("{name}: simulated, 5 to 95 %"),
            colour,
            simulated,
        ));
        lines.push(exact_line(
            report,
            format!("{name}: exact expected"),
            colour,
            exact,
        ));
    }
    lines.push(Line {
        dashed: true,
        ..exact_line(report, "theory: winners at least".to_owned(), THEORY, |p| {
            p.winner_bound_squared.as_ref()
        })
    });
    lines.push(Line {
        dashed: true,
        ..exact_line(
            report,
            "theory: losers at most".to_owned(),
            RGBColor(150, 40, 40),
            |p| p.loser_bound_squared.as_ref(),
        )
    });
    Panel {
        name: "norms.svg",
        caption: "Norms of winners and losers over time: the theoretical bounds, the exact expected dynamics, and the band of simulated runs.",
        title: format!("{}: filter norms", report.problem.name),
        y_label: "norm",
        limits: None,
        lines,
        bands,
    }
}

fn ratio(report: &CheckReport) -> Panel {
    let mut exact = exact_line(report, "exact expected".to_owned(), WINNER, |_| None);
    exact.points = report
        .exact
        .points
        .iter()
        .filter_map(|p| Some((axis(p.t), root(&p.ratio_squared()?)?)))
        .collect();
    Panel {
        name: "ratio.svg",
        caption: "Dominance ratio over time: least winner norm over largest loser norm.",
        title: format!("{}: dominance ratio", report.problem.name),
        y_label: "ratio",
        limits: None,
        lines: vec![exact],
        bands: vec![band(
            report,
            "simulated, 5 to 95 %".to_owned(),
            WINNER,
            |p| &p.ratio,
        )],
    }
}

fn alignment(report: &CheckReport) -> Panel {
    let mut exact = exact_line(report, "exact expected".to_owned(), WINNER, |_| None);
    exact.points = report
        .exact
        .points
        .iter()
        .filter_map(|p| {
            let square = p.alignment_signed_square.as_ref()?;
            let cosine = root(&square.abs())?;
            Some((
                axis(p.t),
                if square.is_negative() {
                    -cosine
                } else {
                    cosine
                },
            ))
        })
        .collect();
    Panel {
        name: "alignment.svg",
        caption: "Alignment over time: least cosine of a winner with its key pattern.",
        title: format!(
            "{}: alignment of winners with their keys",
            report.problem.name
        ),
        y_label: "cosine",
        limits: Some((-0.05, 1.05)),
        lines: vec![exact],
        bands: vec![band(
            report,
            "simulated, 5 to 95 %".to_owned(),
            WINNER,
            |p| &p.alignment,
        )],
    }
}

fn accuracy(report: &CheckReport) -> Panel {
    let mut exact = exact_line(report, "exact expected".to_owned(), WINNER, |_| None);
    exact.points = report
        .exact
        .points
        .iter()
        .filter_map(|p| Some((axis(p.t), p.accuracy.as_ref()?.to_f64()?)))
        .collect();
    Panel {
        name: "accuracy.svg",
        caption: "Accuracy over the distribution, over time.",
        title: format!("{}: accuracy", report.problem.name),
        y_label: "accuracy",
        limits: Some((-0.02, 1.02)),
        lines: vec![exact],
        bands: vec![band(
            report,
            "simulated, 5 to 95 %".to_owned(),
            WINNER,
            |p| &p.accuracy,
        )],
    }
}

/// P(accuracy = 1): the law of SGD, where the other plots show the expected dynamics.
fn perfect(report: &CheckReport) -> Panel {
    let points = &report.probabilities;
    let sampled = || points.iter().filter_map(|p| Some((axis(p.t), p.sampled?)));
    Panel {
        name: "perfect.svg",
        caption: "Probability that accuracy is 1, over time: the exact law of SGD where it is affordable, and the share of simulated runs with its 99 % interval at each step.",
        title: format!("{}: P(accuracy = 1)", report.problem.name),
        y_label: "probability",
        limits: Some((-0.02, 1.02)),
        lines: vec![
            Line {
                label: "exact law of SGD".to_owned(),
                colour: THEORY,
                dashed: true,
                points: points
                    .iter()
                    .filter_map(|p| Some((axis(p.t), p.exact.as_ref()?.to_f64()?)))
                    .collect(),
            },
            Line {
                label: "share of simulated runs".to_owned(),
                colour: WINNER,
                dashed: false,
                points: sampled().map(|(t, (share, _))| (t, share)).collect(),
            },
        ],
        bands: vec![Band {
            label: "its 99 % interval".to_owned(),
            colour: WINNER,
            points: sampled().map(|(t, (_, [lo, hi]))| (t, lo, hi)).collect(),
        }],
    }
}

/// Steps are drawn on a logarithmic axis, so step t stands at t + 1.
fn axis(t: u64) -> f64 {
    t as f64 + 1.0
}

fn root(square: &Q) -> Option<f64> {
    square.to_f64().map(f64::sqrt).filter(|x| x.is_finite())
}

fn exact_line(
    report: &CheckReport,
    label: String,
    colour: RGBColor,
    value: fn(&ExactPoint) -> Option<&Q>,
) -> Line {
    Line {
        label,
        colour,
        dashed: false,
        points: report
            .exact
            .points
            .iter()
            .filter_map(|p| Some((axis(p.t), root(value(p)?)?)))
            .collect(),
    }
}

fn band(
    report: &CheckReport,
    label: String,
    colour: RGBColor,
    value: fn(&SeriesPoint) -> &Quantiles,
) -> Band {
    Band {
        label,
        colour,
        points: report
            .simulation
            .series
            .iter()
            .filter_map(|p| {
                let q = value(p);
                Some((axis(p.t), q.q05?, q.q95?))
            })
            .filter(|(_, lo, hi)| lo.is_finite() && hi.is_finite())
            .collect(),
    }
}

fn draw(panel: &Panel) -> Result<Plot, String> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE).map_err(|e| e.to_string())?;
        let ys = panel
            .lines
            .iter()
            .flat_map(|line| line.points.iter().map(|p| p.1))
            .chain(
                panel
                    .bands
                    .iter()
                    .flat_map(|b| b.points.iter().flat_map(|p| [p.1, p.2])),
            );
        let (mut low, mut high, mut least_positive) = (f64::INFINITY, 0.0f64, f64::INFINITY);
        for y in ys {
            low = low.min(y);
            high = high.max(y);
            if y > 0.0 {
                least_positive = least_positive.min(y);
            }
        }
        let end = panel
            .lines
            .iter()
            .flat_map(|line| line.points.last().map(|p| p.0))
            .chain(
                panel
                    .bands
                    .iter()
                    .flat_map(|b| b.points.last().map(|p| p.0)),
            )
            .fold(2.0, f64::max);
        match panel.limits {
            Some((low, high)) => chart(panel, &root, end, low..high)?,
            // Two decades and more read better on a logarithmic axis.
            None if high > 100.0 * least_positive && low > 0.0 => {
                chart(
                    panel,
                    &root,
                    end,
                    (least_positive / 1.5..high * 1.5).log_scale(),
                )?;
            }
            None => chart(panel, &root, end, 0.0..high.max(1e-9) * 1.08)?,
        }
        root.present().map_err(|e| e.to_string())?;
    }
    Ok(Plot {
        name: panel.name,
        caption: panel.caption,
        svg,
    })
}

fn chart<Y>(
    panel: &Panel,
    root: &DrawingArea<SVGBackend<'_>, Shift>,
    end: f64,
    y_range: Y,
) -> Result<(), String>
where
    Y: plotters::coord::ranged1d::AsRangedCoord<Value = f64>,
    Y::CoordDescType: plotters::coord::ranged1d::ValueFormatter<f64>,
{
    let mut chart = ChartBuilder::on(root)
        .caption(&panel.title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d((1.0..end).log_scale(), y_range)
        .map_err(|e| e.to_string())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("step t, drawn at t + 1")
        .y_desc(panel.y_label)
        .x_label_formatter(&|x| super::format::float(*x))
        .y_label_formatter(&|y| super::format::float(*y))
        .draw()
        .map_err(|e| e.to_string())?;
    for band in &panel.bands {
        if band.points.is_empty() {
            continue;
        }
        let mut outline: Vec<(f64, f64)> = band.points.iter().map(|p| (p.0, p.2)).collect();
        outline.extend(band.points.iter().rev().map(|p| (p.0, p.1)));
        let fill = band.colour.mix(0.22).filled();
        chart
            .draw_series(std::iter::once(Polygon::new(outline, fill)))
            .map_err(|e| e.to_string())?
            .label(&band.label)
            .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 20, y + 5)], fill));
    }
    for line in &panel.lines {
        if line.points.is_empty() {
            continue;
        }
        let style = line.colour.stroke_width(2);
        let points = line.points.iter().copied();
        let series = if line.dashed {
            chart.draw_series(DashedLineSeries::new(points, 6, 4, style))
        } else {
            chart.draw_series(LineSeries::new(points, style))
        };
        let reach = if line.dashed { 8 } else { 20 };
        series
            .map_err(|e| e.to_string())?
            .label(&line.label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + reach, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .draw()
        .map_err(|e| e.to_string())?;
    Ok(())
}
