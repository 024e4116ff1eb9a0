//! What differs between two problems: parameters, assumptions, verdicts, what happens.

use super::Reported;
use crate::check::happens::Quantity;
use crate::number::Q;
use crate::problem::Problem;
use crate::problem::assumption::Audit;
use crate::report::escape::visible;
use crate::report::happens::told;
use crate::report::{format, table};
use crate::theory::verdict::Outcome;
use serde_json::{Value, json};

/// Rows of what differs, a part each; null of one problem.
pub fn differences(all: &[Reported<'_>]) -> Value {
    let [one, other] = all else {
        return Value::Null;
    };
    let rows = |pairs: Vec<(String, String, String)>| -> Vec<Value> {
        let different = pairs.into_iter().filter(|(_, a, b)| a != b);
        different
            .map(|(what, a, b)| json!({"what": what, "first": visible(&a), "second": visible(&b)}))
            .collect()
    };
    json!({
        "problem": rows(parameters(&one.report.problem, &other.report.problem)),
        "assumptions": rows(assumptions(one, other)),
        "theorems": rows(theorems(one, other)),
        "happens": rows(happens(one, other)),
    })
}

fn parameters(one: &Problem, other: &Problem) -> Vec<(String, String, String)> {
    let shown = |problem: &Problem| -> Vec<(&str, String)> {
        let (network, training) = (problem.network(), problem.training());
        let distribution = problem.distribution();
        let list = |numbers: &[Q]| {
            let numbers: Vec<String> = numbers.iter().map(format::exact).collect();
            numbers.join(", ")
        };
        let head = |signs: &[Q]| match signs.len() {
            0..=8 => list(signs),
            n => format!(
                "{}, ... ({} in all)",
                list(&signs[..8]),
                format::count(n as u64)
            ),
        };
        let prior = crate::problem::Label::BOTH.map(|y| distribution.label_probability(y));
        vec![
            ("name", problem.name().to_owned()),
            ("patterns", format::count(problem.n_patterns() as u64)),
            ("prior of +, -", list(&prior)),
            (
                "patches of an image, at most",
                format::count(u64::from(distribution.max_patches())),
            ),
            (
                "key patches of an image",
                distribution
                    .key_count()
                    .map_or("not one number".to_owned(), |r| r.to_string()),
            ),
            ("activation", network.activation.name().to_owned()),
            ("pooling", network.pooling.name().to_owned()),
            ("filters", format::count(problem.n_filters() as u64)),
            ("head", head(&network.head)),
            ("loss", training.loss.name().to_owned()),
            ("train", training.train.name().to_owned()),
            ("step", format::exact(&training.step)),
            ("batch", format::count(u64::from(training.batch))),
            ("steps", format::count(training.steps)),
            ("runs", format::count(training.runs)),
            ("seed", training.seed.to_string()),
        ]
    };
    let pairs = shown(one).into_iter().zip(shown(other));
    let mut rows: Vec<(String, String, String)> = pairs
        .map(|((what, a), (_, b))| (what.to_owned(), a, b))
        .collect();
    let same_weights = one.network().weights == other.network().weights;
    if !same_weights {
        let own = |problem: &Problem| {
            let size = problem.network().weights.entries().len();
            format!("{} numbers", format::count(size as u64))
        };
        let (a, b) = (own(one), own(other));
        let b = if a == b { format!("{b}, others") } else { b };
        rows.push(("initial weights".to_owned(), a, b));
    }
    rows
}

fn assumptions(one: &Reported<'_>, other: &Reported<'_>) -> Vec<(String, String, String)> {
    let shown = |audit: &Audit| match &audit.witness {
        Some(witness) if !audit.holds => format!("fails: {witness}"),
        _ => "holds".to_owned(),
    };
    let pairs = one.report.audits.iter().zip(&other.report.audits);
    pairs
        .map(|(a, b)| (a.id.name().to_owned(), shown(a), shown(b)))
        .collect()
}

fn theorems(one: &Reported<'_>, other: &Reported<'_>) -> Vec<(String, String, String)> {
    let shown = |outcome: &Outcome| {
        let layer = outcome.verdict.layer();
        let layer = layer.map_or(String::new(), |layer| format!(", {}", layer.name()));
        format!("{}{layer}", table::verdict(outcome))
    };
    let pairs = one.report.outcomes.iter().zip(&other.report.outcomes);
    pairs
        .map(|(a, b)| (a.id().name().to_owned(), shown(a), shown(b)))
        .collect()
}

fn happens(one: &Reported<'_>, other: &Reported<'_>) -> Vec<(String, String, String)> {
    let shown = |of: &Reported<'_>, quantity: Quantity| {
        let row = of.rows.iter().find(|row| row.quantity == quantity);
        let steps = of.report.problem.training().steps;
        row.map_or("-".to_owned(), |row| told(row, steps))
    };
    let all = Quantity::ALL.into_iter();
    all.map(|quantity| {
        let [a, b] = [one, other].map(|of| shown(of, quantity));
        (quantity.title().to_owned(), a, b)
    })
    .collect()
}
