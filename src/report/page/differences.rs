//! What differs between two problems: parameters, assumptions, verdicts, what happens.

use super::Reported;
use crate::check::happens::Quantity;
use crate::number::Q;
use crate::problem::Problem;
use crate::report::escape::visible;
use crate::report::happens::line;
use crate::report::{format, table};
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
        .map(
            |((what, a), (_, b))| match a.len().max(b.len()) > 60 && a != b {
                true => (what.to_owned(), "one".to_owned(), "another".to_owned()),
                false => (what.to_owned(), a, b),
            },
        )
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
    let shown = |of: &Reported<'_>, i: usize| {
        let audit = of.report.audits.get(i)?;
        let witness = audit.witness.as_deref().unwrap_or("");
        Some(match audit.holds {
            true => "holds".to_owned(),
            false => format!("fails: {witness}"),
        })
    };
    let ids = one.report.audits.iter().enumerate();
    ids.map(|(i, audit)| {
        let [a, b] = [one, other].map(|of| shown(of, i).unwrap_or_default());
        (audit.id.name().to_owned(), a, b)
    })
    .collect()
}

fn theorems(one: &Reported<'_>, other: &Reported<'_>) -> Vec<(String, String, String)> {
    let shown = |of: &Reported<'_>, i: usize| {
        let outcome = of.report.outcomes.get(i)?;
        let layer = outcome.verdict.layer();
        let layer = layer.map_or(String::new(), |layer| format!(", {}", layer.name()));
        Some(format!("{}{layer}", table::verdict(outcome)))
    };
    let outcomes = one.report.outcomes.iter().enumerate();
    outcomes
        .map(|(i, outcome)| {
            let [a, b] = [one, other].map(|of| shown(of, i).unwrap_or_default());
            (outcome.id().name().to_owned(), a, b)
        })
        .collect()
}

fn happens(one: &Reported<'_>, other: &Reported<'_>) -> Vec<(String, String, String)> {
    let shown = |of: &Reported<'_>, quantity: Quantity| {
        let row = of.rows.iter().find(|row| row.quantity == quantity);
        let text = row.map(|row| line(row, of.report.problem.training().steps));
        let title = format!("{}: ", quantity.title());
        text.map_or("-".to_owned(), |text| text.replacen(&title, "", 1))
    };
    Quantity::ALL
        .into_iter()
        .map(|quantity| {
            let [a, b] = [one, other].map(|of| shown(of, quantity));
            (quantity.title().to_owned(), a, b)
        })
        .collect()
}
