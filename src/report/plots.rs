//! SVG plots: theory, exact expected dynamics and simulated band on one axis.

use super::chart::{Band, Ink, Line, Panel, Plot, PlotError, Stroke, draw_all, steps_axis as axis};
use crate::check::{CheckReport, ExactPoint};
use crate::dynamics::sgd::{Quantiles, SeriesPoint};
use crate::number::{Q, sqrt_rd};
use num_traits::{Signed, ToPrimitive, Zero};

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
        Ink,
        fn(&ExactPoint) -> Option<&Q>,
        fn(&SeriesPoint) -> &Quantiles,
    );
    let sides: [Side; 2] = [
        (
            "least winner",
            Ink::Winner,
            |p| p.winner_norm_squared.as_ref(),
            |p| &p.winner_norm,
        ),
        (
            "largest loser",
            Ink::Loser,
            |p| p.loser_norm_squared.as_ref(),
            |p| &p.loser_norm,
        ),
    ];
    for (name, ink, exact, simulated) in sides {
        bands.push(band(
            report,
            format!("{name}: simulated, 5 to 95 %"),
            ink,
            simulated,
        ));
        lines.push(exact_line(
            report,
            format!("{name}: exact expected"),
            ink,
            exact,
        ));
    }
    lines.push(Line {
        stroke: Stroke::Dashed,
        ..exact_line(
            report,
            "theory: winners at least".to_owned(),
            Ink::Theory,
            |p| p.winner_bound_squared.as_ref(),
        )
    });
    lines.push(Line {
        stroke: Stroke::Dashed,
        ..exact_line(
            report,
            "theory: losers at most".to_owned(),
            Ink::TheoryTwo,
            |p| p.loser_bound_squared.as_ref(),
        )
    });
    Panel {
        name: "norms.svg",
        caption: "Norms of winners and losers over time: the theoretical bounds, the exact expected dynamics, and the band of simulated runs.",
        title: format!("{}: filter norms", report.problem.name()),
        y_label: "norm",
        lines,
        bands,
        ..Panel::default()
    }
}

fn ratio(report: &CheckReport) -> Panel {
    let mut exact = exact_line(report, "exact expected".to_owned(), Ink::Winner, |_| None);
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
        y_label: "ratio",
        lines: vec![exact],
        bands: vec![band(
            report,
            "simulated, 5 to 95 %".to_owned(),
            Ink::Winner,
            |p| &p.ratio,
        )],
        ..Panel::default()
    }
}

fn alignment(report: &CheckReport) -> Panel {
    let mut exact = exact_line(report, "exact expected".to_owned(), Ink::Winner, |_| None);
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
        y_label: "cosine",
        lines: vec![exact],
        bands: vec![band(
            report,
            "simulated, 5 to 95 %".to_owned(),
            Ink::Winner,
            |p| &p.alignment,
        )],
        ..Panel::default()
    }
}

fn accuracy(report: &CheckReport) -> Panel {
    let mut exact = exact_line(report, "exact expected".to_owned(), Ink::Winner, |_| None);
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
        y_label: "accuracy",
        lines: vec![exact],
        bands: vec![band(
            report,
            "simulated, 5 to 95 %".to_owned(),
            Ink::Winner,
            |p| &p.accuracy,
        )],
        ..Panel::default()
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
        y_label: "probability",
        lines: vec![
            Line {
                label: "exact law of SGD".to_owned(),
                ink: Ink::Theory,
                stroke: Stroke::Dashed,
                faint: None,
                points: points
                    .iter()
                    .filter_map(|p| Some((axis(p.t), p.exact.as_ref()?.to_f64()?)))
                    .collect(),
            },
            Line {
                label: "share of simulated runs".to_owned(),
                ink: Ink::Winner,
                stroke: Stroke::Solid,
                faint: None,
                points: sampled().map(|(t, (share, _))| (t, share)).collect(),
            },
        ],
        bands: vec![Band {
            label: "its 99 % interval".to_owned(),
            ink: Ink::Winner,
            edge: Stroke::Solid,
            points: sampled().map(|(t, (_, [lo, hi]))| (t, lo, hi)).collect(),
        }],
        ..Panel::default()
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
    ink: Ink,
    value: fn(&ExactPoint) -> Option<&Q>,
) -> Line {
    Line {
        label,
        ink,
        stroke: Stroke::Solid,
        faint: None,
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
    ink: Ink,
    value: fn(&SeriesPoint) -> &Quantiles,
) -> Band {
    Band {
        label,
        ink,
        edge: Stroke::Solid,
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
