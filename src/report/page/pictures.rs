//! The pictures of a report: what theorems say of a quantity over time beside what they speak of. The expected dynamics
//! and SGD have a picture each, so that no bound is drawn beside something else.

use super::super::chart::{
    Axis, Band, Dots, Drawn, Hover, Ink, Line, Mark, Panel, PlotError, Scale, Shape, Stroke, draw,
    steps_axis,
};
use super::super::escape::visible;
use super::super::format::{self, Outward};
use super::super::words::counted;
use crate::check::happens::{Dynamics, Quantity, Row, Value, When, in_the_mean, over_runs};
use crate::check::pictures::{RoundingPoint, Walks};
use crate::check::{CheckReport, ProbabilityPoint};
use crate::dynamics::sgd::AccuracyKind;
use crate::number::{Q, Rounding, integer};
use crate::theory::curve::Curve;
use crate::theory::trained_head::{FilterFate, Plane};
use crate::theory::violation::Relation;
use num_traits::{One, Zero};
use std::collections::BTreeMap;

/// A picture with the numbers that it shows.
pub struct Picture {
    /// The name of its file without `.svg`.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What there is to see.
    pub see: String,
    /// On the first of its axes.
    pub plot: Drawn,
    /// The same on another axis, and what the two axes are called.
    pub other: Option<(Drawn, [&'static str; 2])>,
    /// Its numbers.
    pub table: Table,
}

/// The numbers of a picture.
pub struct Table {
    /// What a row is about.
    pub first: &'static str,
    /// The further columns.
    pub columns: Vec<Column>,
    /// Rows, a cell a column.
    pub rows: Vec<(String, Vec<Cell>)>,
}

/// A column of a table.
pub struct Column {
    /// What it is.
    pub label: String,
    /// The kind of evidence of its numbers.
    pub evidence: &'static str,
}

/// A number for people and, where it is exact and short, the number itself; empty where there is none.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// Four digits, rounded outwards if it is a bound, with `~` if it is exact and rounded to the nearest.
    pub text: String,
    /// The exact number, where `text` is not.
    pub exact: Option<String>,
}

/// What a picture shows at one step.
#[derive(Debug, Clone)]
enum Shown {
    /// An exact number, rounded this way.
    Number(Value, Rounding),
    /// A probability, rounded this way.
    Probability(Q, Rounding),
    /// Something sampled.
    Seen(f64),
    /// A span of something sampled.
    Span(f64, f64),
}

/// A line or a band of a picture.
struct Series {
    label: String,
    evidence: &'static str,
    ink: Ink,
    /// A band has none.
    stroke: Option<Stroke>,
    faint: Option<String>,
    points: Vec<(u64, Shown)>,
}

/// Longest exact number that is shown, in characters.
const LONGEST: usize = 80;

impl Shown {
    fn drawn(&self) -> (f64, f64) {
        let one = |x: f64| (x, x);
        match self {
            Shown::Number(value, _) => one(value.approx()),
            Shown::Probability(p, _) => one(Value::Plain(p.clone()).approx()),
            Shown::Seen(x) => one(*x),
            Shown::Span(lo, hi) => (*lo, *hi),
        }
    }

    fn cell(&self) -> Cell {
        let (outward, rounding, exact) = match self {
            Shown::Number(value, rounding) => {
                (Outward::of(value, *rounding), rounding, exactly(value))
            }
            Shown::Probability(p, rounding) => {
                let exact = exactly(&Value::Plain(p.clone()));
                (Outward::of_probability(p, *rounding), rounding, exact)
            }
            Shown::Seen(x) => return Cell::of(format::four(*x)),
            Shown::Span(lo, hi) => {
                return Cell::of(format!("{} to {}", format::four(*lo), format::four(*hi)));
            }
        };
        let about = *rounding == Rounding::Nearest && !outward.is_exact;
        Cell {
            text: format!("{}{}", if about { "~" } else { "" }, outward.text),
            exact: exact.filter(|_| !outward.is_exact),
        }
    }
}

impl Cell {
    fn of(text: String) -> Self {
        Cell { text, exact: None }
    }
}

/// The number itself, if it is short.
pub(super) fn exactly(value: &Value) -> Option<String> {
    let (q, root) = match value {
        Value::Plain(q) => (q, false),
        Value::Root(q) => (q, true),
    };
    if q.numer().bits() + q.denom().bits() > 4 * LONGEST as u64 {
        return None;
    }
    let text = q.to_string();
    let text = if root {
        format!("root of {text}")
    } else {
        text
    };
    (text.len() <= LONGEST).then_some(text)
}

/// All pictures of a report that have something to show, in order.
///
/// # Errors
/// If the plotting library fails.
pub fn pictures(report: &CheckReport, rows: &[Row]) -> Result<Vec<Picture>, PlotError> {
    let maker = Maker { report, rows };
    let made = [
        maker.norms_of_the_mean(),
        maker.norms_of_sgd(),
        maker.of_the_mean(&RATIO),
        maker.of_sgd(&RATIO),
        maker.of_the_mean(&ALIGNMENT),
        maker.of_sgd(&ALIGNMENT),
        maker.of_the_mean(&ACCURACY),
        maker.of_sgd(&ACCURACY),
        maker.perfect(),
    ];
    let made = made.into_iter().flatten();
    let further = maker.walks().into_iter().chain(maker.rounding());
    let drawn = made.chain(further).map(|sketch| sketch.drawn(report));
    drawn.chain(fates(report)).collect()
}

/// Pictures of walks, one a pattern.
const WALKS: [(&str, &str); 2] = [
    ("walks", "Walk of a background pattern"),
    ("walks-2", "Walk of another background pattern"),
];

/// Where each fate of a filter is decided, one picture a plane: by the key of one label, or by both.
const PLANES: [(Plane, &str, &str, &str); 3] = [
    (
        Plane::One(0),
        "fates-plus",
        "Fates of filters whose key of label + alone is positive",
        "key coordinate of label + at the start",
    ),
    (
        Plane::One(1),
        "fates-minus",
        "Fates of filters whose key of label - alone is positive",
        "key coordinate of label - at the start",
    ),
    (
        Plane::Both,
        "fates-both",
        "Fates of filters with both keys positive",
        "key of label + less key of label -, at the start",
    ),
];

/// The fates of the filters of a trained head, each where it starts.
fn fates(report: &CheckReport) -> Vec<Result<Picture, PlotError>> {
    let all = &report.pictures.fates;
    let planes = PLANES.iter().filter_map(|&(plane, name, title, x_words)| {
        let own = all.iter().enumerate().filter(|(_, f)| f.plane == plane);
        let own: Vec<(usize, &FilterFate, Q)> = own
            .filter_map(|(j, filter)| Some((j, filter, plane.first(&filter.keys)?)))
            .collect();
        (!own.is_empty()).then(|| fates_in(report, plane, (name, title, x_words), &own))
    });
    planes.collect()
}

fn fates_in(
    report: &CheckReport,
    plane: Plane,
    (name, title, x_words): (&'static str, &'static str, &'static str),
    own: &[(usize, &FilterFate, Q)],
) -> Result<Picture, PlotError> {
    let float = |q: &Q| Value::Plain(q.clone()).approx();
    let style = |fate: &str| match fate {
        "learns_plus" => (Ink::Winner, Shape::Circle),
        "learns_minus" => (Ink::Neutral, Shape::Triangle),
        "dies" => (Ink::Loser, Shape::Cross),
        _ => (Ink::Muted, Shape::Square),
    };
    let mut dots: Vec<Dots> = Vec::new();
    for (_, filter, x) in own {
        let label = filter.fate.replace('_', " ");
        let point = (float(x), float(&filter.head));
        match dots.iter_mut().find(|dots| dots.label == label) {
            Some(dots) => dots.points.push(point),
            None => {
                let (ink, shape) = style(filter.fate);
                let points = vec![point];
                dots.push(Dots {
                    label,
                    ink,
                    shape,
                    points,
                });
            }
        }
    }
    // The line through 0 as far as the filters reach.
    let places = own.iter().map(|(.., x)| float(x));
    let (low, high) = places.fold((0.0f64, 0.0f64), |(lo, hi), x| (lo.min(x), hi.max(x)));
    let boundary = plane.boundary().map(|slope| {
        let points = [low, high].map(|x| (x, slope.approx() * x)).to_vec();
        Line::new("T7: between two fates", Ink::Theory, Stroke::Dashed, points)
    });
    let see = format!(
        "{} of {}, each where it starts, by its fate in the expected dynamics. The dashed line is where T7 says that one fate ends and another begins: on each side all share one. Filters without a positive key never move and are in no picture.",
        format::count(own.len() as u64),
        counted(report.problem.n_filters() as u64, "filter")
    );
    let panel = Panel {
        name,
        caption: see.clone().into(),
        title: format!("{}: {title}", report.problem.name()),
        x: Axis::Linear(x_words),
        y_label: "head at the start",
        y: Scale::Linear,
        lines: boundary.into_iter().collect(),
        dots,
        ..Panel::default()
    };
    let exact = |q: &Q| Shown::Number(Value::Plain(q.clone()), Rounding::Nearest).cell();
    let row = |(j, filter, x): &(usize, &FilterFate, Q)| {
        let fate = Cell::of(filter.fate.replace('_', " "));
        (
            format::count(*j as u64),
            vec![exact(x), exact(&filter.head), fate],
        )
    };
    let column = |label: &str, evidence| Column {
        label: label.to_owned(),
        evidence,
    };
    Ok(Picture {
        name,
        title,
        see,
        plot: draw(&panel, Scale::Linear)?,
        other: None,
        table: Table {
            first: "filter",
            columns: vec![
                column(x_words, "exact"),
                column("head at the start", "exact"),
                column("fate", CLAIMED),
            ],
            rows: own.iter().map(row).collect(),
        },
    })
}

/// A quantity that has one line in the expected dynamics and one band under SGD.
struct Asked {
    quantity: Quantity,
    names: [&'static str; 2],
    titles: [&'static str; 2],
    what: &'static str,
    y_label: &'static str,
    scale: Scale,
}

const RATIO: Asked = Asked {
    quantity: Quantity::Ratio,
    names: ["ratio", "ratio-sgd"],
    titles: [
        "Dominance ratio of the expected dynamics",
        "Dominance ratio under SGD",
    ],
    what: "the least norm of a winner over the largest norm of a loser",
    y_label: "ratio",
    scale: Scale::Automatic,
};

const ALIGNMENT: Asked = Asked {
    quantity: Quantity::Alignment,
    names: ["alignment", "alignment-sgd"],
    titles: ["Alignment in the expected dynamics", "Alignment under SGD"],
    what: "the least cosine of a winner with its key",
    y_label: "cosine",
    scale: Scale::Linear,
};

const ACCURACY: Asked = Asked {
    quantity: Quantity::Accuracy,
    names: ["accuracy", "accuracy-sgd"],
    titles: ["Accuracy of the expected dynamics", "Accuracy under SGD"],
    what: "the probability that the network gives an image its label",
    y_label: "accuracy",
    scale: Scale::Linear,
};

/// A picture before it is drawn.
struct Sketch {
    name: &'static str,
    title: &'static str,
    see: String,
    y_label: &'static str,
    scale: Scale,
    /// Is there a second axis to switch to?
    switch: bool,
    series: Vec<Series>,
    marks: Vec<(u64, String)>,
}

struct Maker<'r> {
    report: &'r CheckReport,
    rows: &'r [Row],
}

/// The two sides of a picture of norms: quantity, words, colour.
const SIDES: [(Quantity, &str, Ink); 2] = [
    (Quantity::WinnerNorm, "least winner", Ink::Winner),
    (Quantity::LoserNorm, "largest loser", Ink::Loser),
];

/// The strokes of theorems that speak of one thing, in turn.
const STROKES: [Stroke; 2] = [Stroke::Dashed, Stroke::Dotted];

/// The stroke of what was seen: that of losers is told apart in grey.
fn stroke_of(ink: Ink) -> Stroke {
    match ink {
        Ink::Loser => Stroke::DashDot,
        _ => Stroke::Solid,
    }
}

/// A bound that is at least this many times off is drawn faint.
const LOOSE: f64 = 10.0;

impl Maker<'_> {
    fn norms_of_the_mean(&self) -> Option<Sketch> {
        let mut series = Vec::new();
        for (quantity, name, ink) in SIDES {
            series.push(self.exact(name, ink, quantity));
            series.extend(self.bounds(quantity, ink, name, is_mean));
        }
        let bounded = series.iter().any(|s| s.evidence == CLAIMED);
        let see = match bounded {
            true => {
                "The least norm of a winner stays above the dashed line of its colour or on it, and the largest norm of a loser below its own or on it. Lines of two colours may cross."
            }
            false => {
                "No theorem that holds here bounds these norms; the lines are what the exact engine found."
            }
        };
        Sketch::new(
            "norms",
            "Norms in the expected dynamics",
            see,
            "norm",
            Scale::Logarithmic,
            series,
        )
        .switched()
        .shown()
    }

    fn norms_of_sgd(&self) -> Option<Sketch> {
        let mut series = Vec::new();
        for (quantity, name, ink) in SIDES {
            series.extend(self.spread(name, ink, quantity));
            series.extend(self.bounds(quantity, ink, name, is_sgd));
        }
        let bounded = series.iter().any(|s| s.evidence == CLAIMED);
        let see = match bounded {
            true => format!(
                "Bands hold the middle 90 % of {}.{} Lines of two colours may cross.",
                counted(self.report.simulation.runs, "run"),
                how(&series)
            ),
            false => format!(
                "Bands hold the middle 90 % of {}. No theorem that holds here bounds these norms under SGD.",
                counted(self.report.simulation.runs, "run")
            ),
        };
        Sketch::new(
            "norms-sgd",
            "Norms under SGD",
            see,
            "norm",
            Scale::Logarithmic,
            series,
        )
        .switched()
        .shown()
    }

    fn of_the_mean(&self, asked: &Asked) -> Option<Sketch> {
        let mut series = vec![self.exact("expected dynamics", Ink::Winner, asked.quantity)];
        series.extend(self.bounds(asked.quantity, Ink::Theory, "", is_mean));
        let bounded = series.iter().any(|s| s.evidence == CLAIMED);
        let see = format!(
            "{}: {}.",
            capital(asked.what),
            match bounded {
                true => "the exact line stays above the bound or on it",
                false => "exact; no theorem that holds here bounds it in the expected dynamics",
            }
        );
        let mut sketch = Sketch::new(
            asked.names[0],
            asked.titles[0],
            see,
            asked.y_label,
            asked.scale,
            series,
        );
        sketch.marks = self.marks(asked.quantity, is_mean);
        if !sketch.marks.is_empty() {
            sketch.see += " A vertical line is a step from which on a theorem says at least the number before it.";
        }
        match asked.quantity {
            Quantity::Ratio => sketch.switched().shown(),
            _ => sketch.shown(),
        }
    }

    fn of_sgd(&self, asked: &Asked) -> Option<Sketch> {
        let mut series: Vec<Series> = self.spread("", Ink::Winner, asked.quantity).collect();
        series.extend(self.bounds(asked.quantity, Ink::Theory, "", is_sgd));
        let bounded = series.iter().any(|s| s.evidence == CLAIMED);
        let runs = counted(self.report.simulation.runs, "run");
        let mut see = format!("{}, median and middle 90 % of {runs}.", capital(asked.what));
        let mut marks = self.marks(asked.quantity, is_sgd);
        if asked.quantity == Quantity::Accuracy {
            // Of accuracy theorems speak through the probability that it is 1.
            marks = self.marks(Quantity::PerfectAccuracy, |of| *of != Dynamics::FreshStart);
            see += &match marks.is_empty() {
                true => format!(
                    " No theorem that holds here certifies accuracy 1 with probability at least {} within these steps.",
                    self.level()
                ),
                false => " A vertical line is a step at which a theorem certifies accuracy 1 with at least the probability before it, not always the least such step.".to_owned(),
            };
            let points = self.report.simulation.series.iter();
            let has = |kind| points.clone().any(|point| point.accuracy_kind == kind);
            see += match (has(AccuracyKind::Sampled), has(AccuracyKind::F64)) {
                (true, _) => {
                    " Where a run is not perfect its accuracy may be an estimate from sampled images."
                }
                (false, true) => " Accuracy was decided in floats.",
                _ => "",
            };
        } else if bounded {
            see += &how(&series);
            if !marks.is_empty() {
                see += " A vertical line is a step at which a theorem certifies at least the number before it, with this probability.";
            }
        } else {
            see += " No theorem that holds here bounds it under SGD.";
        }
        let mut sketch = Sketch::new(
            asked.names[1],
            asked.titles[1],
            see,
            asked.y_label,
            asked.scale,
            series,
        );
        sketch.marks = marks;
        match asked.quantity {
            Quantity::Ratio => sketch.switched().shown(),
            _ => sketch.shown(),
        }
    }

    /// P(accuracy = 1): the exact law, the runs, and each theorem's bound.
    fn perfect(&self) -> Option<Sketch> {
        let points = &self.report.probabilities;
        let level = ProbabilityPoint::confidence();
        let sampled = || points.iter().filter_map(|p| Some((p.t, p.sampled?)));
        let mut series = vec![
            Series {
                label: "exact law of SGD".to_owned(),
                evidence: "exact",
                ink: Ink::Winner,
                stroke: Some(Stroke::Solid),
                faint: None,
                points: points
                    .iter()
                    .filter_map(|p| {
                        Some((p.t, Shown::Probability(p.exact.clone()?, Rounding::Nearest)))
                    })
                    .collect(),
            },
            Series {
                label: format!(
                    "its {} % interval at each step",
                    format::exact(&(&level * crate::number::integer(100)))
                ),
                evidence: "sampled",
                ink: Ink::Loser,
                stroke: None,
                faint: None,
                points: sampled()
                    .map(|(t, (_, [lo, hi]))| (t, Shown::Span(lo, hi)))
                    .collect(),
            },
            Series {
                label: format!("share of {}", counted(self.report.simulation.runs, "run")),
                evidence: "sampled",
                ink: Ink::Loser,
                stroke: Some(stroke_of(Ink::Loser)),
                faint: None,
                points: sampled()
                    .map(|(t, (share, _))| (t, Shown::Seen(share)))
                    .collect(),
            },
        ];
        series.extend(self.bounds(Quantity::PerfectAccuracy, Ink::Theory, "", |_| true));
        let bounded = series.iter().any(|s| s.evidence == CLAIMED);
        let mut see = "The probability, over the samples of SGD, that accuracy is 1.".to_owned();
        see += match bounded {
            true => {
                " Each theorem's line is a lower bound of it at that step. A share of runs below a line is no contradiction where its interval reaches above."
            }
            false => " No theorem that holds here says more of it than 0 within these steps.",
        };
        let mut curves = self.report.curves.iter();
        if let Some(curve) = curves.find(|curve| curve.dynamics == Dynamics::FreshStart) {
            see += &format!(
                " The line of {} is of this probability over initialisations and samples, and not of these weights.",
                curve.theorem.name()
            );
        }
        let mut sketch = Sketch::new(
            "perfect",
            "P(accuracy = 1)",
            see,
            "probability",
            Scale::Linear,
            series,
        );
        sketch.marks = self.marks(Quantity::PerfectAccuracy, |_| true);
        if !sketch.marks.is_empty() {
            sketch.see += " A vertical line is a step at which a theorem certifies the probability before it, not always the least such step.";
        }
        sketch.shown()
    }

    /// Walks of background patterns with the barriers that T4 and T5 ask of them.
    fn walks(&self) -> Vec<Sketch> {
        let walks = self.report.pictures.walks.iter().zip(WALKS);
        let sketches = walks.filter_map(|(walks, (name, title))| self.walk(walks, name, title));
        sketches.collect()
    }

    fn walk(&self, walks: &Walks, name: &'static str, title: &'static str) -> Option<Sketch> {
        let at_each = |values: &mut dyn Iterator<Item = Q>| -> Vec<(u64, Shown)> {
            let shown = values.map(|q| Shown::Number(Value::Plain(q), Rounding::Nearest));
            walks.times.iter().copied().zip(shown).collect()
        };
        let runs = walks.runs.iter().enumerate().map(|(run, walk)| Series {
            label: format!("run {run}"),
            evidence: "sampled",
            ink: Ink::in_turn(run % 3),
            stroke: Some(if run < 3 {
                Stroke::Solid
            } else {
                Stroke::DashDot
            }),
            faint: None,
            points: at_each(&mut walk.iter().map(|&s| integer(s))),
        });
        let mut series: Vec<Series> = runs.collect();
        for (barrier, stroke) in walks.barriers.iter().zip(STROKES) {
            for (side, sign) in [("at most", 1), ("at least", -1)] {
                let level = integer(barrier.walk) * integer(sign);
                series.push(Series {
                    label: format!("{}: {side}", barrier.theorem.name()),
                    evidence: CLAIMED,
                    ink: Ink::Theory,
                    stroke: Some(stroke),
                    faint: None,
                    points: at_each(&mut std::iter::repeat(level)),
                });
            }
        }
        let failures = walks.barriers.iter().map(|barrier| {
            let failure = Outward::of_probability(&barrier.failure, Rounding::Up).text;
            format!("{} {failure}", barrier.theorem.name())
        });
        let failures: Vec<String> = failures.collect();
        let see = format!(
            "Samples of label + less those of label -, each times its patches of {}, one of {}, in {}. The lines are the thresholds, up to step {}, of the forms of T4 and T5 that bound whole walks: a run keeps what such a form says if all its walks stay between its lines and its labels come often enough. That one of these fails has at most this probability, which the other forms may improve on: {}.",
            visible(&self.report.problem.dictionary().pattern_name(walks.pattern)),
            counted(
                self.report.problem.n_patterns().saturating_sub(2) as u64,
                "background pattern"
            ),
            counted(walks.runs.len() as u64, "run"),
            format::count(self.report.problem.training().steps),
            failures.join(", ")
        );
        Sketch::new(name, title, see, "walk", Scale::Linear, series).shown()
    }

    /// The distance of a run in floats from exact arithmetic, beside its bound.
    fn rounding(&self) -> Option<Sketch> {
        let points = &self.report.pictures.rounding;
        if points.iter().all(|point| point.error.is_zero()) {
            return None;
        }
        let line = |of: fn(&RoundingPoint) -> &Q, rounding| -> Vec<(u64, Shown)> {
            let points = points.iter();
            let points =
                points.map(|p| (p.t, Shown::Number(Value::Plain(of(p).clone()), rounding)));
            points.collect()
        };
        let series = vec![
            Series {
                label: "largest error of a weight".to_owned(),
                evidence: "exact",
                ink: Ink::Winner,
                stroke: Some(Stroke::Solid),
                faint: None,
                points: line(|p| &p.error, Rounding::Nearest),
            },
            Series {
                label: "T10: at most".to_owned(),
                evidence: CLAIMED,
                ink: Ink::Theory,
                stroke: Some(Stroke::Dashed),
                faint: None,
                points: line(|p| &p.bound, Rounding::Up),
            },
        ];
        let end = points.last().map_or(0, |point| point.t);
        let ends = match end == self.report.problem.training().steps {
            true => String::new(),
            false => format!(
                " It ends at step {}: there T10 says no more, or a limit of the check was met.",
                format::count(end)
            ),
        };
        let see = format!(
            "Run 0 in floats, replayed in exact arithmetic: how far the farthest weight is off, beside the running bound of T10.{ends}"
        );
        let title = "Rounding of a run";
        let sketch = Sketch::new("rounding", title, see, "error", Scale::Logarithmic, series);
        sketch.switched().shown()
    }

    /// The probability that bounds are certified at.
    fn level(&self) -> String {
        format::exact(&(Q::one() - &self.report.delta))
    }

    /// The exact expected dynamics.
    fn exact(&self, label: &str, ink: Ink, quantity: Quantity) -> Series {
        let points = self.report.exact.points.iter();
        let points = points.filter_map(|p| {
            let value = in_the_mean(quantity, p)?;
            Some((p.t, Shown::Number(value, Rounding::Nearest)))
        });
        Series {
            label: label.to_owned(),
            evidence: "exact",
            ink,
            stroke: Some(stroke_of(ink)),
            faint: None,
            points: points.collect(),
        }
    }

    /// Median and band of the runs.
    fn spread(&self, name: &str, ink: Ink, quantity: Quantity) -> impl Iterator<Item = Series> {
        let points = self.report.simulation.series.iter();
        let all = || {
            let points = points.clone();
            points.filter_map(|p| Some((p.t, over_runs(quantity, p)?)))
        };
        let of = |what: &str| match name {
            "" => what.to_owned(),
            name => format!("{name}, {what}"),
        };
        let band = Series {
            label: of("5 to 95 % of runs"),
            evidence: "sampled",
            ink,
            stroke: None,
            faint: None,
            points: all()
                .filter_map(|(t, found)| Some((t, Shown::Span(found.q05?, found.q95?))))
                .collect(),
        };
        let median = Series {
            label: of("median run"),
            evidence: "sampled",
            ink,
            stroke: Some(stroke_of(ink)),
            faint: None,
            points: all()
                .filter_map(|(t, found)| Some((t, Shown::Seen(found.q50?))))
                .collect(),
        };
        [band, median].into_iter()
    }

    /// Each theorem's own lines of a quantity, of these dynamics.
    fn bounds(
        &self,
        quantity: Quantity,
        ink: Ink,
        name: &str,
        of: fn(&Dynamics) -> bool,
    ) -> Vec<Series> {
        let own = self.report.curves.iter();
        let own = own.filter(|curve| curve.quantity == quantity && of(&curve.dynamics));
        let series = own.zip(STROKES.iter().cycle());
        series
            .map(|(curve, stroke)| Series {
                label: label(curve, name),
                evidence: CLAIMED,
                ink,
                stroke: Some(*stroke),
                faint: self.faint(curve),
                points: points(curve),
            })
            .collect()
    }

    /// Why a bound is drawn faint: how far it is from what was seen at its last step.
    fn faint(&self, curve: &Curve) -> Option<String> {
        use Quantity::{LoserNorm, Ratio, WinnerNorm};
        if ![WinnerNorm, LoserNorm, Ratio].contains(&curve.quantity) {
            return None;
        }
        let (exact, series) = (&self.report.exact.points, &self.report.simulation.series);
        // Of the expected dynamics the last step that the engine reached.
        let reached =
            |t: u64| curve.dynamics != Dynamics::Mean || exact.iter().any(|point| point.t == t);
        let (t, bound) = curve.points.iter().rev().find(|(t, _)| reached(*t))?;
        let at_least = curve.relation == Relation::AtLeast;
        let seen = match &curve.dynamics {
            Dynamics::Mean => {
                let point = exact.iter().find(|point| point.t == *t)?;
                in_the_mean(curve.quantity, point)?.approx()
            }
            Dynamics::EveryPath | Dynamics::WithProbability(_) => {
                let point = series.iter().find(|point| point.t == *t)?;
                let found = over_runs(curve.quantity, point)?;
                if at_least { found.q05? } else { found.q95? }
            }
            Dynamics::Probability | Dynamics::FreshStart => return None,
        };
        let bound = bound.approx();
        let factor = if at_least { seen / bound } else { bound / seen };
        (factor >= LOOSE).then(|| match factor.is_finite() {
            true => format!(
                "loose: {} off at step {}",
                format::factor(factor),
                format::count(*t)
            ),
            false => "says nothing".to_owned(),
        })
    }

    /// The steps within the picture at which theorems certify something of a quantity.
    fn marks(&self, quantity: Quantity, of: fn(&Dynamics) -> bool) -> Vec<(u64, String)> {
        let steps = self.report.problem.training().steps;
        let rows = self.rows.iter().filter(|row| row.quantity == quantity);
        let said = rows
            .flat_map(|row| &row.says)
            .filter(|said| of(&said.dynamics));
        let mut marks: BTreeMap<(u64, &str), String> = BTreeMap::new();
        for said in said {
            let (t, until) = match said.when {
                When::At(t) => (t, String::new()),
                When::Throughout(from, to) => (from, format!(" to {}", format::count(to))),
                When::ForEverFrom(t) => (t, " for ever".to_owned()),
            };
            let id = said.theorem.name();
            if t == 0 || t > steps || t == steps && until.is_empty() {
                continue;
            }
            let bound = match (&said.value, quantity) {
                (Value::Plain(p), Quantity::PerfectAccuracy) => {
                    Outward::of_probability(p, Rounding::Down)
                }
                (value, _) => Outward::of(value, Rounding::Down),
            };
            let words = format!("{id}: {} at {}{until}", bound.text, format::count(t));
            marks.entry((t, id)).or_insert(words);
        }
        marks
            .into_iter()
            .map(|((t, _), words)| (t, words))
            .collect()
    }
}

/// The kind of evidence of a bound: what a theorem says.
const CLAIMED: &str = "theorem";

fn is_mean(dynamics: &Dynamics) -> bool {
    *dynamics == Dynamics::Mean
}

fn is_sgd(dynamics: &Dynamics) -> bool {
    *dynamics != Dynamics::Mean
}

/// How far the bounds among these go: at each step by itself, or on every path.
fn how(series: &[Series]) -> String {
    let any = |words: &str| {
        let mut claimed = series.iter().filter(|series| series.evidence == CLAIMED);
        claimed.any(|series| series.label.contains(words))
    };
    let mut text = String::new();
    if any("P >= ") {
        text += " A line with a probability is a bound at each step by itself.";
    }
    if any("every path") {
        text += " A line of every path bounds all runs at all steps.";
    }
    text
}

/// What a line of a theorem is called.
fn label(curve: &Curve, name: &str) -> String {
    let id = curve.theorem.name();
    let side = match (curve.quantity, curve.relation) {
        (_, Relation::AtMost) => "at most",
        _ => "at least",
    };
    let what = match name {
        "" => side.to_owned(),
        name => format!("{name} {side}"),
    };
    match &curve.dynamics {
        Dynamics::Mean | Dynamics::Probability => format!("{id}: {what}"),
        Dynamics::EveryPath => format!("{id}: {what}, every path"),
        Dynamics::FreshStart => format!("{id}: {what}, over fresh starts"),
        Dynamics::WithProbability(p) => {
            let p = Outward::of_probability(p, Rounding::Down).text;
            format!("{id}: {what}, P >= {p} at each step")
        }
    }
}

fn points(curve: &Curve) -> Vec<(u64, Shown)> {
    let rounding = match curve.relation {
        Relation::AtMost => Rounding::Up,
        _ => Rounding::Down,
    };
    let shown = |value: &Value| match (value, curve.quantity) {
        (Value::Plain(p), Quantity::PerfectAccuracy) => Shown::Probability(p.clone(), rounding),
        (value, _) => Shown::Number(value.clone(), rounding),
    };
    let points = curve.points.iter();
    points.map(|(t, value)| (*t, shown(value))).collect()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

impl Sketch {
    fn new(
        name: &'static str,
        title: &'static str,
        see: impl Into<String>,
        y_label: &'static str,
        scale: Scale,
        mut series: Vec<Series>,
    ) -> Self {
        series.retain(|series| !series.points.is_empty());
        Sketch {
            name,
            title,
            see: see.into(),
            y_label,
            scale,
            switch: false,
            series,
            marks: Vec::new(),
        }
    }

    /// With a second axis, if both can show something.
    fn switched(mut self) -> Self {
        let drawn = self.series.iter().flat_map(|series| &series.points);
        let positive = |(_, shown): &(u64, Shown)| shown.drawn().0 > 0.0;
        self.switch = drawn.clone().any(positive);
        if !self.switch {
            self.scale = Scale::Linear;
        }
        self
    }

    /// Itself, if there is something beside theorems to show.
    fn shown(self) -> Option<Self> {
        let is_seen = |series: &Series| series.evidence != CLAIMED;
        self.series.iter().any(is_seen).then_some(self)
    }

    fn panel(&self, report: &CheckReport, scale: Scale) -> Panel {
        let (mut lines, mut bands) = (Vec::new(), Vec::new());
        for series in &self.series {
            let points = series.points.iter();
            let points = points.map(|(t, shown)| (steps_axis(*t), shown.drawn()));
            let label = match series.evidence {
                CLAIMED => series.label.clone(),
                evidence => format!("{} ({evidence})", series.label),
            };
            match series.stroke {
                Some(stroke) => lines.push(Line {
                    label,
                    ink: series.ink,
                    stroke,
                    faint: series.faint.clone(),
                    points: points.map(|(x, (y, _))| (x, y)).collect(),
                }),
                None => bands.push(Band {
                    label,
                    ink: series.ink,
                    edge: stroke_of(series.ink),
                    points: points.map(|(x, (lo, hi))| (x, lo, hi)).collect(),
                }),
            }
        }
        let marks = self.marks.iter();
        let marks = marks.map(|(t, label)| Mark {
            x: steps_axis(*t),
            label: label.clone(),
        });
        Panel {
            name: self.name,
            caption: self.see.clone().into(),
            title: format!("{}: {}", report.problem.name(), self.title),
            x: Axis::Steps,
            y_label: self.y_label,
            y: scale,
            lines,
            bands,
            dots: Vec::new(),
            marks: marks.collect(),
            hover: self.hover(),
        }
    }

    /// All values at a step, for each step.
    fn hover(&self) -> Vec<Hover> {
        let table = self.table();
        let steps = self.steps();
        let rows = steps.iter().zip(&table.rows);
        rows.map(|(t, (step, cells))| {
            let named = table.columns.iter().zip(cells);
            let named = named.filter(|(_, cell)| !cell.text.is_empty());
            let lines = named.map(|(column, cell)| {
                let exact = cell.exact.as_ref();
                let exact = exact.map_or(String::new(), |exact| format!(" = {exact}"));
                format!(
                    "{} ({}): {}{exact}",
                    column.label, column.evidence, cell.text
                )
            });
            let lines: Vec<String> = std::iter::once(format!("step {step}"))
                .chain(lines)
                .collect();
            Hover {
                x: steps_axis(*t),
                text: lines.join("\n"),
            }
        })
        .collect()
    }

    /// All steps at which something is shown.
    fn steps(&self) -> Vec<u64> {
        let all = self.series.iter().flat_map(|series| &series.points);
        let mut steps: Vec<u64> = all.map(|(t, _)| *t).collect();
        steps.sort_unstable();
        steps.dedup();
        steps
    }

    fn table(&self) -> Table {
        let columns = self.series.iter().map(|series| Column {
            label: series.label.clone(),
            evidence: series.evidence,
        });
        let by_step: Vec<BTreeMap<u64, &Shown>> = self
            .series
            .iter()
            .map(|series| series.points.iter().map(|(t, shown)| (*t, shown)).collect())
            .collect();
        let row = |t: &u64| {
            let cells = by_step.iter();
            let cells = cells.map(|shown| shown.get(t).map_or_else(Cell::default, |s| s.cell()));
            (format::count(*t), cells.collect())
        };
        Table {
            first: "step",
            columns: columns.collect(),
            rows: self.steps().iter().map(row).collect(),
        }
    }

    fn drawn(self, report: &CheckReport) -> Result<Picture, PlotError> {
        let plot = draw(&self.panel(report, self.scale), self.scale)?;
        let (other, names) = match plot.scale {
            Scale::Linear => (Scale::Logarithmic, ["linear", "log"]),
            _ => (Scale::Linear, ["log", "linear"]),
        };
        let other = match self.switch {
            false => None,
            true => Some((draw(&self.panel(report, other), other)?, names)),
        };
        Ok(Picture {
            name: self.name,
            title: self.title,
            table: self.table(),
            see: self.see,
            plot,
            other,
        })
    }
}
