//! What happens at the last step, as a table: what theorems say, the exact mean, simulated runs.

use super::format::{self, Outward};
use super::look::{Look, filled, finish, grid, spaced};
use super::words;
use crate::check::CheckReport;
use crate::check::happens::{Dynamics, Quantity, Row, Runs, Said, Value, When};
use crate::number::Rounding;
use crate::theory::violation::Relation;
use comfy_table::{Attribute, Cell};

/// What happens at the last step: a line a quantity and a bound; empty if nothing is known.
pub fn happens(report: &CheckReport, rows: &[Row], look: Look) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let steps = report.problem.training().steps;
    let mut grid = grid(look);
    grid.set_header(
        [
            "",
            "",
            "theory, rounded outwards",
            "mean",
            "SGD (5 to 95 %)",
        ]
        .map(Cell::new),
    );
    for row in rows {
        let mean = row
            .mean
            .as_ref()
            .map_or_else(|| "-".to_owned(), in_the_mean);
        let mut first = Some((row.quantity.title(), mean, in_runs(row)));
        let mut line = |id: &str, says: String| {
            let (title, mean, runs) = first.take().unwrap_or_default();
            let title = Cell::new(title).add_attribute(Attribute::Bold);
            let rest = [id.to_owned(), says, mean, runs];
            grid.add_row(std::iter::once(title).chain(rest.map(Cell::new)));
        };
        let stronger = row.says.iter().filter(|said| !is_implied(said, &row.says));
        let lines: Vec<&Said> = stronger.collect();
        for said in &lines {
            line(said.theorem.name(), says(row.quantity, said, steps));
        }
        if lines.is_empty() {
            line("", "-".to_owned());
        }
    }
    spaced(&mut grid);
    let head = format!(
        "what happens at step {} (mean dynamics: exact; SGD: median of {})",
        format::count(steps),
        words::counted(report.simulation.runs, "run")
    );
    let mut text = format!("{}\n{}", filled(&head, "  ", look), finish(&grid));
    if let Some(stop) = &report.exact.stopped {
        let why = format!(
            "  no exact mean: stopped at step {}: {}",
            format::count(stop.t),
            stop.limit
        );
        text += &format!("\n{}", filled(&why, "  ", look));
    }
    text
}

/// One quantity in one line, with its name.
pub(super) fn line(row: &Row, steps: u64) -> String {
    format!("{}: {}", row.quantity.title(), told(row, steps))
}

/// What theorems say of a quantity, the expected dynamics, SGD, each with its kind of evidence.
pub(super) fn told(row: &Row, steps: u64) -> String {
    let stronger = row.says.iter().filter(|said| !is_implied(said, &row.says));
    let mut parts: Vec<String> = stronger
        .map(|said| {
            let (id, says) = (said.theorem.name(), says(row.quantity, said, steps));
            format!("{id}: {says}")
        })
        .collect();
    let mean = row.mean.as_ref();
    parts.extend(mean.map(|value| format!("expected dynamics {} (exact)", in_the_mean(value))));
    match (&row.law, &row.runs) {
        (Some(_), _) => parts.push(in_runs(row)),
        (None, Some(_)) => parts.push(format!("SGD {} (sampled)", in_runs(row))),
        (None, None) => {}
    }
    parts.join("; ")
}

/// Does another bound say as much or more of the same, at the same or an earlier step?
pub(super) fn is_implied(said: &Said, all: &[Said]) -> bool {
    let at_most = said.relation == Relation::AtMost;
    let covers = |other: &Said| {
        let [one, two] = [other, said].map(|said| said.value.signed_square());
        let strong = if at_most { one <= two } else { one >= two };
        let likely = match (&other.dynamics, &said.dynamics) {
            (Dynamics::WithProbability(p), Dynamics::WithProbability(q)) => p >= q,
            (one, two) => one == two,
        };
        let early = match (other.when, said.when) {
            (When::At(s), When::At(t)) | (When::ForEverFrom(s), When::ForEverFrom(t)) => s <= t,
            (When::ForEverFrom(s), When::At(t)) => s <= t,
            (one, two) => one == two,
        };
        other.relation == said.relation && strong && likely && early
    };
    let own = all.iter().position(|other| std::ptr::eq(other, said));
    // Of two that say the same the first stays.
    let implied = |(i, other): (usize, &Said)| {
        Some(i) != own && covers(other) && (Some(i) < own || other != said)
    };
    all.iter().enumerate().any(implied)
}

pub(super) fn in_the_mean(value: &Value) -> String {
    let outward = Outward::of(value, Rounding::Nearest);
    format!(
        "{}{}",
        if outward.is_exact { "" } else { "~" },
        outward.text
    )
}

pub(super) fn in_runs(row: &Row) -> String {
    let float = |x: f64| format::four(x);
    if let Some(law) = &row.law {
        let law = Outward::of_probability(law, Rounding::Nearest);
        let about = if law.is_exact { "" } else { "~" };
        return format!("{about}{} (exact law)", law.text);
    }
    match &row.runs {
        None => "-".to_owned(),
        Some(Runs::Share {
            share,
            ci: [lo, hi],
        }) => {
            format!("{} (99 %: {}–{})", float(*share), float(*lo), float(*hi))
        }
        Some(Runs::Spread { q05, q50, q95 }) if q05 == q95 => float(*q50),
        Some(Runs::Spread { q05, q50, q95 }) => {
            format!("{} ({}–{})", float(*q50), float(*q05), float(*q95))
        }
    }
}

/// What a theorem says of a quantity, rounded outwards: `P >= 0.99 at 9,308: >= 5`.
pub(super) fn says(quantity: Quantity, said: &Said, steps: u64) -> String {
    let (symbol, rounding) = match said.relation {
        Relation::AtMost => ("<=", Rounding::Up),
        _ => (">=", Rounding::Down),
    };
    let value = match (&said.value, quantity) {
        (Value::Plain(q), Quantity::Updates | Quantity::Moves) if q.is_integer() => {
            format::grouped(&q.to_integer().to_string())
        }
        (Value::Plain(p), Quantity::PerfectAccuracy) => Outward::of_probability(p, rounding).text,
        (value, _) => Outward::of(value, rounding).text,
    };
    let when = match said.when {
        When::At(t) if t == steps => String::new(),
        When::At(t) => format!(" at {}", format::count(t)),
        When::Throughout(from, to) => {
            format!(" at all {}–{}", format::count(from), format::count(to))
        }
        When::ForEverFrom(0) => String::new(),
        When::ForEverFrom(t) => format!(" from {} on", format::count(t)),
    };
    let bound = format!("{symbol} {value}{when}");
    match &said.dynamics {
        Dynamics::Mean => format!("mean {bound}"),
        Dynamics::EveryPath => format!("every path {bound}"),
        Dynamics::Probability => bound,
        Dynamics::FreshStart => format!("fresh start {bound}"),
        Dynamics::WithProbability(p) => {
            let p = Outward::of_probability(p, Rounding::Down).text;
            format!("{bound}, P >= {p}")
        }
    }
}
