//! How far an assumption can be bent, as text, JSON and charts.

use super::chart::{
    Axis, Dots, Ink, Line, Mark, Panel, Plot, PlotError, Scale, Shape, Stroke, draw_all,
};
use super::format;
use super::look::{Look, Rows, filled, finish, new_table, wrapped};
use crate::audit::sweep::{Conclusion, Found, Plan, Sweep, SweepKey, SweepPoint, Threshold};
use crate::dynamics::float::to_nearest;
use crate::number::{Q, integer};
use crate::problem::Problem;
use crate::theory::forms;
use comfy_table::Cell;
use num_traits::One;
use serde_json::{Value, json};

/// What a key is, in words.
fn meaning(key: SweepKey) -> &'static str {
    match key {
        SweepKey::BackgroundCoherence => "the inner product of u1 and u2",
        SweepKey::KeyCoherence => "the inner product of v+ and u1",
        SweepKey::Prior => "the probability of the label +",
        SweepKey::BackgroundDistance => "the distance of the two background laws",
        SweepKey::WrongKey => "the probability of the wrong key",
    }
}

/// The measure in a heading.
fn measured(key: SweepKey) -> String {
    match key.measures() {
        Some(id) => format!("measure of {}", id.name()),
        None => "images with the wrong key".to_owned(),
    }
}

/// The table of values, and where conclusions first fail.
pub fn text(problem: &Problem, plan: &Plan, found: &Sweep, look: Look) -> String {
    let steps = problem.training().steps;
    let head = format!(
        "Norms and accuracy are exact, of the expected dynamics at step {}. Certified: the step at which a theorem certifies \
         accuracy 1 of SGD with probability 99/100.",
        format::count(steps)
    );
    let mut text = wrapped(&head, look);
    text += "\n\n";
    let mut table = new_table(Rows::Plain, look);
    let mut header = vec![
        plan.key.name().replace('-', " "),
        measured(plan.key),
        "squared ratio of norms".to_owned(),
        "accuracy".to_owned(),
    ];
    if plan.certify {
        header.push("certified".to_owned());
    }
    table.set_header(header);
    for point in &found.points {
        let number = |q: Option<&Q>| q.map_or_else(|| "-".to_owned(), format::brief);
        let mut row = vec![
            number(Some(&point.value)),
            number(point.measure.as_ref()),
            number(point.ratio_squared().as_ref()),
            number(point.accuracy.as_ref()),
        ];
        if plan.certify {
            row.push(certified(point));
        }
        table.add_row(row.into_iter().map(Cell::new));
    }
    text += &finish(&table);
    if found.thresholds.is_empty() {
        return text + "\n";
    }
    text += "\n\n";
    text += &wrapped(
        "Where a conclusion first fails, among the values that were tried:",
        look,
    );
    text.push('\n');
    for line in thresholds(&found.thresholds) {
        text += &filled(&format!("- {line}"), "  ", look);
        text.push('\n');
    }
    text
}

fn certified(point: &SweepPoint) -> String {
    match &point.certified {
        None => "-".to_owned(),
        Some(found) => {
            let sign = if found.is_least { "" } else { "<= " };
            format!(
                "{sign}{} ({})",
                format::count(found.t),
                found.theorem.name()
            )
        }
    }
}

fn conclusion(of: &Conclusion) -> String {
    match of {
        Conclusion::Ratio(ratio) if ratio.is_one() => {
            "every winner's norm is at least every loser's".to_owned()
        }
        Conclusion::Ratio(ratio) => format!(
            "every winner's norm is at least {} times every loser's",
            format::rational(ratio)
        ),
        Conclusion::Accuracy => "accuracy is 1".to_owned(),
        Conclusion::Applies(_, id) => format!("{} applies", id.name()),
    }
}

/// One line a conclusion; theorems of which the same is found share one.
fn thresholds(all: &[Threshold]) -> Vec<String> {
    let mut groups: Vec<(Vec<String>, &Found)> = Vec::new();
    for threshold in all {
        let words = conclusion(&threshold.conclusion);
        let is_theorem = matches!(threshold.conclusion, Conclusion::Applies(..));
        let shared = groups.iter_mut().find(|(of, found)| {
            is_theorem && of[0].ends_with(" applies") && **found == threshold.found
        });
        match shared {
            Some((of, _)) => of.push(words),
            None => groups.push((vec![words], &threshold.found)),
        }
    }
    let line = |(mut of, found): (Vec<String>, &Found)| {
        let last = of.pop().unwrap_or_default();
        let names: Vec<&str> = of.iter().map(|w| w.trim_end_matches(" applies")).collect();
        let subject = match names.as_slice() {
            [] => last,
            names => format!(
                "{}, {}",
                names.join(", "),
                last.replace(" applies", " apply")
            ),
        };
        format!("{subject}: {}", found_in_words(found))
    };
    groups.into_iter().map(line).collect()
}

fn found_in_words(found: &Found) -> String {
    let [number, near] = [format::rational, format::brief];
    match found {
        Found::Throughout => "at all values of the table".to_owned(),
        Found::FromTheStart => "not at the first value".to_owned(),
        Found::Unknown => "not known at a value of the table before any failure".to_owned(),
        Found::Exactly {
            at,
            holds_at,
            fails_at,
        } => {
            let sides = match [holds_at, fails_at].map(near) {
                [holds, fails] if holds == fails => {
                    "holds just before it, fails just after it".to_owned()
                }
                [holds, fails] => format!("holds at {holds}, fails at {fails}"),
            };
            format!("to {}, where the margin is exactly 0 ({sides})", number(at))
        }
        Found::Between { holds_at, fails_at } => {
            format!(
                "holds at {}, no longer at {} (halved down to these two)",
                number(holds_at),
                number(fails_at)
            )
        }
    }
}

fn texts(q: Option<&Q>) -> Value {
    q.map_or(Value::Null, |q| json!(q.to_string()))
}

/// The fields of a JSON document.
pub fn json(problem: &Problem, plan: &Plan, found: &Sweep) -> Value {
    let names: Vec<&str> = forms().map(|form| form.statement().id.name()).collect();
    let points = found.points.iter().map(|point| {
        let applying = names.iter().zip(&point.applies);
        let applying = applying.filter(|(_, applies)| **applies);
        let [winner, loser] = &point.norms_squared;
        json!({
            "value": point.value.to_string(),
            "measure": texts(point.measure.as_ref()),
            "winner_norm_squared": texts(winner.as_ref()),
            "loser_norm_squared": texts(loser.as_ref()),
            "ratio_squared": texts(point.ratio_squared().as_ref()),
            "accuracy": texts(point.accuracy.as_ref()),
            "least_margin": texts(point.least_margin.as_ref()),
            "certified": point.certified.map(|c| json!({
                "theorem": c.theorem.name(), "t": c.t, "is_least": c.is_least,
            })),
            "apply": applying.map(|(name, _)| *name).collect::<Vec<_>>(),
        })
    });
    let thresholds = found.thresholds.iter().map(|threshold| {
        let name = match &threshold.conclusion {
            Conclusion::Ratio(ratio) => json!({"conclusion": "ratio", "ratio": ratio.to_string()}),
            Conclusion::Accuracy => json!({"conclusion": "accuracy"}),
            Conclusion::Applies(_, id) => json!({"conclusion": "applies", "theorem": id.name()}),
        };
        let (kind, at, holds, fails) = match &threshold.found {
            Found::Throughout => ("throughout", None, None, None),
            Found::FromTheStart => ("not-at-the-start", None, None, None),
            Found::Unknown => ("unknown", None, None, None),
            Found::Exactly {
                at,
                holds_at,
                fails_at,
            } => ("exactly", Some(at), Some(holds_at), Some(fails_at)),
            Found::Between { holds_at, fails_at } => {
                ("between", None, Some(holds_at), Some(fails_at))
            }
        };
        let mut value = name;
        value["found"] = json!(kind);
        for (key, q) in [("at", at), ("holds_at", holds), ("fails_at", fails)] {
            value[key] = texts(q);
        }
        value
    });
    json!({
        "problem": problem.name(),
        "sweep": plan.key.name(),
        "measure_of": plan.key.measures().map(|id| id.name()),
        "steps": problem.training().steps,
        "points": points.collect::<Vec<_>>(),
        "thresholds": thresholds.collect::<Vec<_>>(),
        "stopped": found.stopped,
    })
}

/// Names of the files that [`plots`] may give.
pub const FILES: [&str; 3] = [
    "sweep-ratio.svg",
    "sweep-accuracy.svg",
    "sweep-certified.svg",
];

/// The norms' ratio, accuracy and the certified step against the value of the key, each a chart.
///
/// # Errors
/// If the plotting library fails.
pub fn plots(problem: &Problem, plan: &Plan, found: &Sweep) -> Result<Vec<Plot>, PlotError> {
    let steps = format::count(problem.training().steps);
    let over = |value: &dyn Fn(&SweepPoint) -> Option<f64>| -> Vec<(f64, f64)> {
        let points = found.points.iter();
        let points = points.filter_map(|p| Some((to_nearest(&p.value), value(p)?)));
        points.collect()
    };
    let mark = |wanted: &dyn Fn(&Conclusion) -> bool| -> Vec<Mark> {
        let of = found.thresholds.iter().filter(|t| wanted(&t.conclusion));
        let marks = of.filter_map(|threshold| {
            let (at, sign) = match &threshold.found {
                Found::Exactly { at, .. } => (at.clone(), "="),
                Found::Between { holds_at, fails_at } => {
                    ((holds_at + fails_at) / integer(2), "near")
                }
                _ => return None,
            };
            Some(Mark {
                x: to_nearest(&at),
                label: format!("fails from {sign} {}", format::brief(&at)),
            })
        });
        marks.collect()
    };
    let x = Axis::Linear(meaning(plan.key));
    let ratios = over(&|p| p.ratio_squared().map(|q| to_nearest(&q).sqrt()));
    let panel =
        |name, caption: String, title: &str, y_label, y, ink, points: Vec<(f64, f64)>, marks| {
            Panel {
                name,
                caption: caption.into(),
                title: format!("{title}: {}", problem.name()),
                x,
                y_label,
                y,
                // Nothing is known between two values, so no line joins them.
                dots: vec![Dots {
                    label: String::new(),
                    ink,
                    shape: Shape::Circle,
                    points,
                }],
                marks,
                ..Panel::default()
            }
        };
    let asked = format::rational(&plan.ratio);
    let mut ratio = panel(
        FILES[0],
        format!(
            "The least norm of a winner over the largest of a loser, expected dynamics at step {steps}, against {}.",
            meaning(plan.key)
        ),
        "norms",
        "winner / loser",
        Scale::Automatic,
        Ink::Winner,
        ratios.clone(),
        mark(&|of| matches!(of, Conclusion::Ratio(_))),
    );
    if let (Some(first), Some(last)) = (ratios.first(), ratios.last()) {
        let level = to_nearest(&plan.ratio);
        let ends = vec![(first.0, level), (last.0, level)];
        let label = format!("asked for: {asked}");
        ratio
            .lines
            .push(Line::new(label, Ink::Muted, Stroke::Dashed, ends));
    }
    let accuracy = panel(
        FILES[1],
        format!(
            "Accuracy of the expected dynamics at step {steps}, against {}.",
            meaning(plan.key)
        ),
        "accuracy",
        "accuracy",
        Scale::Linear,
        Ink::Neutral,
        over(&|p| p.accuracy.as_ref().map(to_nearest)),
        mark(&|of| *of == Conclusion::Accuracy),
    );
    let time = panel(
        FILES[2],
        format!(
            "The step at which a theorem certifies accuracy 1 of SGD with probability 99/100, against {}. No dot: nothing is certified.",
            meaning(plan.key)
        ),
        "certified",
        "step",
        Scale::Automatic,
        Ink::Theory,
        over(&|p| p.certified.map(|c| c.t as f64)),
        Vec::new(),
    );
    draw_all([ratio, accuracy, time])
}
