//! SVG plots: theory, exact expected dynamics and simulated band on one axis.

use super::chart::{Axis, Band, Line, Panel, Plot, PlotError, draw_all, steps_axis as axis};
use crate::check::{CheckReport, ExactPoint};
use crate::dynamics::sgd::{Quantiles, SeriesPoint};
use crate::number::{Q, sqrt_rd};
use num_traits::{Signed, ToPrimitive, Zero};
use plotters::style::RGBColor;

const WINNER: RGBColor = RGBColor(0, 90, 160);
const LOSER: RGBColor = RGBColor(200, 90, 0);
const THEORY: RGBColor = RGBColor(40, 40, 40);

/// The files of all plots that there can be.
pub const PLOTS: [&str; 5] = [
    "norms.svg",
    "ratio.svg",
    "alignment.svg",
    "accuracy.svg",
    "perfect.svg",
];

/// All plots of a report: norms, dominance ratio, alignment,
/// accuracy, P(accuracy = 1). A plot without data is left out.
///
/// # Errors
/// If the plotting library fails.
pub fn plots(report: &CheckReport) -> Result<Vec<Plot>, PlotError> {
    draw_all([
        norms(report),
        ratio(report),
        alignment(report),
        accuracy(report),
        perfect(report),
    ])
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
        title: format!("{}: filter norms", report.problem.name()),
        x: Axis::Steps,
        dots: Vec::new(),
        legend_below: false,
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
        .filter_map(|p| Some((axis(p.t), root(&p.ratio_squared()?))))
        .collect();
    Panel {
        name: "ratio.svg",
        caption: "Dominance ratio over time: least winner norm over largest loser norm.",
        title: format!("{}: dominance ratio", report.problem.name()),
        x: Axis::Steps,
        dots: Vec::new(),
        legend_below: false,
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
            let cosine = root(&square.abs());
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
            report.problem.name()
        ),
        x: Axis::Steps,
        dots: Vec::new(),
        legend_below: false,
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
        title: format!("{}: accuracy", report.problem.name()),
        x: Axis::Steps,
        dots: Vec::new(),
        legend_below: false,
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
        title: format!("{}: P(accuracy = 1)", report.problem.name()),
        x: Axis::Steps,
        dots: Vec::new(),
        legend_below: false,
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

/// The root of a square, which need not itself be within the range of floats; infinite if the root is not.
fn root(square: &Q) -> f64 {
    let float = |q: &Q| q.to_f64().unwrap_or(f64::INFINITY);
    let direct = float(square);
    if square.is_zero() || (1e-290..1e290).contains(&direct) {
        return direct.sqrt();
    }
    float(&sqrt_rd(square))
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
            .filter_map(|p| Some((axis(p.t), root(value(p)?))))
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
            .collect(),
    }
}
