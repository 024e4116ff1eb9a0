//! Pictures of the experiment on real images: the filters sorted by norm, norms over time, pruning curves,
//! dominance by initial scale, and the bridge.

use super::chart::{
    Axis, Band, Dots, Ink, Line, Panel, Plot, PlotError, Shape, Stroke, draw_all, steps_axis,
};
use super::escape::visible;
use crate::images::bridge::{Bridge, BridgePoint};
use crate::images::statistics::descending;
use crate::images::study::{Measured, Runs, quarter, short};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

const TOP: RGBColor = RGBColor(0, 90, 160);
const REST: RGBColor = RGBColor(200, 90, 0);
const GREY: RGBColor = RGBColor(120, 120, 120);

/// The files of all pictures that there can be.
pub const PICTURES: [&str; 8] = [
    "filters.svg",
    "norms.svg",
    "pruning.svg",
    "drift.svg",
    "gini.svg",
    "accuracy.svg",
    "bridge.svg",
    "bridge-accuracy.svg",
];

/// Side of one weight in the grid of filters, in pixels; filters a row; space around.
const WEIGHT: i32 = 12;
const ACROSS: usize = 8;
const GAP: i32 = 10;
const LABEL: i32 = 16;

/// All pictures of one experiment, of the runs that stayed finite; `scale` is the primary scale of the
/// initialisation. A picture without data is left out.
///
/// # Errors
/// If the plotting library fails.
pub fn image_plots(
    data: &str,
    runs: &Runs,
    scale: f64,
    bridge: Option<&Bridge>,
) -> Result<Vec<Plot>, PlotError> {
    let primary = runs.at(scale);
    let mut plots = Vec::new();
    if let Some(first) = primary.first() {
        plots.push(filters(data, first)?);
        plots.extend(draw_all([
            norms(data, first),
            pruning(data, &primary),
            drift(data, first),
        ])?);
    }
    plots.extend(draw_all([gini(data, runs), accuracy(data, runs)])?);
    plots.extend(draw_all(bridge.into_iter().flat_map(bridge_panels))?);
    Ok(plots)
}

/// Filters as an image grid, the largest norm first; each in colours of its own range: blue above 0,
/// orange below.
fn filters(data: &str, run: &Measured) -> Result<Plot, PlotError> {
    let norms: Vec<f64> = run
        .norms
        .last()
        .map_or_else(Vec::new, |n| n.filters.clone());
    let order = descending(&norms);
    let kernel = run.filters.first().map_or(1, |w| w.len().isqrt().max(1));
    let side = kernel as i32 * WEIGHT;
    let rows = order.len().div_ceil(ACROSS) as i32;
    let width = GAP + ACROSS as i32 * (side + GAP);
    let height = 40 + rows * (side + GAP + LABEL) + GAP;
    let mut svg = String::new();
    let drawn = (|| -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let size = (width.max(520) as u32, height as u32);
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE).map_err(|e| e.to_string())?;
        let words = |text: &str, at: (i32, i32), size: i32, h: HPos| {
            let style = ("sans-serif", size)
                .into_text_style(&area)
                .pos(Pos::new(h, VPos::Center));
            area.draw_text(&visible(text), &style, at)
                .map_err(|e| e.to_string())
        };
        let title = format!(
            "{data}: filters by norm (seed {}, initial scale {})",
            run.seed,
            short(run.scale)
        );
        words(&title, (GAP, 20), 18, HPos::Left)?;
        for (place, &j) in order.iter().enumerate() {
            let left = GAP + (place % ACROSS) as i32 * (side + GAP);
            let top = 40 + (place / ACROSS) as i32 * (side + GAP + LABEL);
            let weights = &run.filters[j];
            let most = weights.iter().fold(0.0f32, |m, w| m.max(w.abs()));
            for (at, &w) in weights.iter().enumerate() {
                let share = if most > 0.0 { f64::from(w / most) } else { 0.0 };
                let colour = if share >= 0.0 { TOP } else { REST };
                let (y, x) = ((at / kernel) as i32, (at % kernel) as i32);
                let corner = (left + x * WEIGHT, top + y * WEIGHT);
                let other = (corner.0 + WEIGHT, corner.1 + WEIGHT);
                let fill = colour.mix(share.abs()).filled();
                area.draw(&Rectangle::new([corner, other], fill))
                    .map_err(|e| e.to_string())?;
            }
            let frame = Rectangle::new([(left, top), (left + side, top + side)], GREY);
            area.draw(&frame).map_err(|e| e.to_string())?;
            let norm = super::format::float(norms[j]);
            let middle = (left + side / 2, top + side + LABEL / 2 + 1);
            words(&norm, middle, 12, HPos::Center)?;
        }
        area.present().map_err(|e| e.to_string())?;
        Ok(())
    })();
    drawn.map_err(|cause| PlotError::new("filters.svg", cause.to_string()))?;
    Ok(Plot {
        unshown: None,
        name: "filters.svg",
        caption: "The filters of the first run at the primary scale that stayed finite, the largest norm first, with their norms. Blue weights are positive, orange ones negative, each filter in its own range.".into(),
        inline: svg.clone(),
        svg,
    })
}

fn norms(data: &str, run: &Measured) -> Panel {
    let last: Vec<f64> = run
        .norms
        .last()
        .map_or_else(Vec::new, |n| n.filters.clone());
    let order = descending(&last);
    let k = quarter(order.len());
    // The rest first, so that the top quarter is drawn over it.
    let lines = order.iter().enumerate().rev().map(|(place, &j)| {
        let (ink, stroke) = if place < k {
            (Ink::Winner, Stroke::Solid)
        } else {
            (Ink::Loser, Stroke::Dashed)
        };
        let label = match place {
            0 => "top quarter at the end",
            _ if place >= k && place + 1 == order.len() => "the rest",
            _ => "",
        };
        let points = run.norms.iter();
        let points = points.map(|n| (steps_axis(n.step), n.filters[j]));
        Line::new(label, ink, stroke, points.collect())
    });
    Panel {
        name: "norms.svg",
        caption: "The norm of each filter of the first run at the primary scale that stayed finite, over time.".into(),
        title: format!(
            "{data}: filter norms (seed {}, initial scale {})",
            run.seed,
            short(run.scale)
        ),
        x: Axis::Steps,
        y_label: "norm",
        lines: lines.collect(),
        ..Panel::default()
    }
}

fn pruning(data: &str, runs: &[&Measured]) -> Panel {
    type Curve = fn(&Measured) -> &[f64];
    let curves: [(&str, Ink, Stroke, Curve); 4] = [
        ("largest |w|", Ink::Winner, Stroke::Solid, |r| {
            &r.pruning.top_by_norm
        }),
        ("random", Ink::Muted, Stroke::Dotted, |r| &r.pruning.random),
        ("smallest |w|", Ink::Loser, Stroke::DashDot, |r| {
            &r.pruning.bottom_by_norm
        }),
        ("largest |w||a|", Ink::Theory, Stroke::Dashed, |r| {
            &r.pruning.top_by_product
        }),
    ];
    let (mut lines, mut bands) = (Vec::new(), Vec::new());
    for (label, ink, stroke, curve) in curves {
        let length = runs.first().map_or(0, |run| curve(run).len());
        let at = |k: usize| runs.iter().map(move |run| curve(run)[k]);
        let fold = |k, f: fn(f64, f64) -> f64, start| at(k).fold(start, f);
        let mean = |k| (k as f64, at(k).sum::<f64>() / runs.len() as f64);
        lines.push(Line::new(
            label,
            ink,
            stroke,
            (0..length).map(mean).collect(),
        ));
        if ink != Ink::Theory {
            bands.push(Band {
                label: format!("{label}: least to most"),
                ink,
                edge: stroke,
                points: (0..length)
                    .map(|k| (k as f64, fold(k, f64::min, 1.0), fold(k, f64::max, 0.0)))
                    .collect(),
            });
        }
    }
    Panel {
        name: "pruning.svg",
        caption: "Test accuracy when only k filters are left: mean over the seeds whose runs at the primary scale stayed finite, with the range over them.".into(),
        title: format!("{data}: accuracy with k filters left"),
        x: Axis::Linear("filters left"),
        y_label: "test accuracy",
        lines,
        bands,
        ..Panel::default()
    }
}

/// Drift at step 0 against the norm at the end, a dot a filter.
fn drift(data: &str, run: &Measured) -> Panel {
    let last: Vec<f64> = run
        .norms
        .last()
        .map_or_else(Vec::new, |n| n.filters.clone());
    let points = run.drift.iter().copied().zip(last).collect();
    Panel {
        name: "drift.svg",
        caption: "Drift of each filter at step 0 and its norm at the end, for the first run at the primary scale that stayed finite.".into(),
        title: format!(
            "{data}: drift at step 0 and norm at the end (rank correlation {:.2})",
            run.drift_predicts
        ),
        x: Axis::Linear("drift at step 0"),
        y_label: "norm at the end",
        dots: vec![Dots {
            label: "a filter".to_owned(),
            ink: Ink::Winner,
            shape: Shape::Circle,
            points,
        }],
        ..Panel::default()
    }
}

/// A line a scale: the mean over its runs of what `points` gives, all at the same places.
fn scale_lines(all_runs: &Runs, points: fn(&Measured) -> Vec<(f64, f64)>) -> Vec<Line> {
    let each = all_runs.scales().into_iter().enumerate();
    each.map(|(place, scale)| {
        let (runs, diverged) = (all_runs.at(scale), all_runs.diverged_at(scale).len());
        let missing = match diverged {
            0 => String::new(),
            n => format!(" ({} of {} runs)", runs.len(), runs.len() + n),
        };
        let all: Vec<Vec<(f64, f64)>> = runs.iter().map(|run| points(run)).collect();
        let length = all.iter().map(Vec::len).min().unwrap_or(0);
        let mean = |i: usize| all.iter().map(|p| p[i].1).sum::<f64>() / all.len() as f64;
        Line::new(
            format!("initial scale {}{missing}", short(scale)),
            Ink::in_turn(place),
            Stroke::in_turn(place),
            (0..length).map(|i| (all[0][i].0, mean(i))).collect(),
        )
    })
    .collect()
}

fn gini(data: &str, runs: &Runs) -> Panel {
    Panel {
        name: "gini.svg",
        caption: "Concentration of the filter norms over time, for each scale of the initialisation: mean Gini coefficient over the runs that stayed finite.".into(),
        title: format!("{data}: concentration of the norms"),
        x: Axis::Steps,
        y_label: "Gini coefficient",
        lines: scale_lines(runs, |run| {
            let points = run.concentration.iter();
            points.map(|c| (steps_axis(c.step), c.gini)).collect()
        }),
        ..Panel::default()
    }
}

fn accuracy(data: &str, runs: &Runs) -> Panel {
    Panel {
        name: "accuracy.svg",
        caption: "Test accuracy after each epoch, for each scale of the initialisation: mean over the runs that stayed finite.".into(),
        title: format!("{data}: test accuracy"),
        x: Axis::Linear("epoch"),
        y_label: "test accuracy",
        lines: scale_lines(runs, |run| {
            let start = std::iter::once((0.0, run.accuracy_at_start));
            let epochs = run.epochs.iter();
            start
                .chain(epochs.map(|e| (e.epoch as f64, e.test_accuracy)))
                .collect()
        }),
        ..Panel::default()
    }
}

fn bridge_panels(bridge: &Bridge) -> Vec<Panel> {
    let Some(run) = bridge.runs.first() else {
        return Vec::new();
    };
    let line = |label: &str, ink, stroke, value: fn(&BridgePoint) -> f64| {
        let points = run.points.iter().map(|p| (steps_axis(p.step), value(p)));
        let finite = points.filter(|p| p.1.is_finite()).collect();
        Line::new(label, ink, stroke, finite)
    };
    let panel = |name, caption: &'static str, title: &str, y_label, lines| Panel {
        name,
        caption: caption.into(),
        title: format!("real images with a planted key: {title}"),
        y_label,
        lines,
        ..Panel::default()
    };
    vec![
        panel(
            "bridge.svg",
            "Real images with a planted key: the winners' key coordinate beside what T2 says, and the largest norm of a loser beside T2's bound; first run that stayed finite.",
            "T2",
            "norm",
            vec![
                line("winners' key coordinate", Ink::Winner, Stroke::Solid, |p| {
                    p.winner_key
                }),
                line("T2: Z(0) + kappa t", Ink::Theory, Stroke::Dashed, |p| {
                    p.winner_key_predicted
                }),
                line(
                    "largest norm of a loser",
                    Ink::Loser,
                    Stroke::DashDot,
                    |p| p.loser_norm,
                ),
                line("T2: bound", Ink::TheoryTwo, Stroke::Dotted, |p| {
                    p.loser_norm_bound
                }),
            ],
        ),
        panel(
            "bridge-accuracy.svg",
            "Real images with a planted key: accuracy on test images over time; first run that stayed finite.",
            "accuracy",
            "test accuracy",
            vec![line("test accuracy", Ink::Winner, Stroke::Solid, |p| {
                p.accuracy
            })],
        ),
    ]
}
