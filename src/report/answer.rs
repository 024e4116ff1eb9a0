//! The answer of `check` at a glance: the problem, its assumptions, what happens, the verdicts.

use super::escape::visible;
use super::happens::happens;
use super::look::{Look, filled, finish, grid, spaced};
use super::{conjectures, format, summary, table, words};
use crate::audit::conjecture::Checked;
use crate::check::CheckReport;
use crate::check::happens::{Row, Value, what_happens};
use crate::problem::assumption::{AssumptionId, Audit, Failing};
use crate::theory::record::{Coverage, TheoremId};
use crate::theory::verdict::{Figure, Outcome, Verdict};
use crate::theory::violation::Relation;
use comfy_table::{Attribute, Cell, Color, ContentArrangement};
use std::collections::BTreeSet;

/// The answer, in lines of at most the width of the look. The problem is given as on the command line, for the commands
/// that lead on: a file, `--builtin NAME`, or nothing for the built-in one that `check` takes then.
pub fn answer(report: &CheckReport, problem_given: &str, look: Look) -> String {
    answer_with(report, &[], problem_given, look)
}

/// The same with the conjectures of the problem.
pub fn answer_with(
    report: &CheckReport,
    conjectures: &[Checked],
    problem_given: &str,
    look: Look,
) -> String {
    let rows = what_happens(report);
    let head = [problem(report, look), assumptions(&report.audits, look)].join("\n");
    let verdicts = [theorems(report, &rows, look), not_applicable(report, look)];
    let verdicts: Vec<String> = verdicts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    let mut parts = vec![
        head,
        happens(report, &rows, look),
        verdicts.join("\n"),
        filled(&summary::verdicts(report), "", look),
        conjectures::text(&report.problem, conjectures, problem_given, look),
    ];
    parts.retain(|part| !part.is_empty());
    let next = leads_on(report, &rows, problem_given, look);
    format!("{}\n{next}\n", parts.join("\n\n"))
}

/// One line a problem, by the name of its file: what decides first, then the counts.
pub fn several<'r>(
    rows: impl Iterator<Item = (String, &'r CheckReport, &'r [Checked])>,
    look: Look,
) -> String {
    let mut grid = grid(look);
    // A line each, however long.
    grid.set_content_arrangement(ContentArrangement::Disabled);
    for (file, report, checked) in rows {
        let mut counts = summary::verdicts(report);
        if !checked.is_empty() {
            counts = format!("{counts} {}", conjectures::totals(checked));
        }
        let refuted = report.any_refuted() || checked.iter().any(Checked::is_refuted);
        let (word, colour) = if refuted {
            ("refuted", Color::Red)
        } else if report.any_undecided() || checked.iter().any(Checked::is_undecided) {
            ("undecided", Color::Yellow)
        } else {
            ("holds", Color::Green)
        };
        grid.add_row([
            Cell::new(visible(&file).to_string()),
            Cell::new(word).fg(colour),
            Cell::new(counts.trim_end_matches('.')),
        ]);
    }
    spaced(&mut grid);
    format!("{}\n", finish(&grid))
}

/// The commands that lead on from an answer: all figures, the theorem to read first, a report, certificates.
fn leads_on(report: &CheckReport, rows: &[Row], problem: &str, look: Look) -> String {
    let undecided = |outcome: &&Outcome| {
        matches!(
            outcome.verdict,
            Verdict::Refuted { .. } | Verdict::Undecided { .. }
        )
    };
    let first = report
        .outcomes
        .iter()
        .find(undecided)
        .map(Outcome::shown_id);
    let speaking = || {
        let mut said = rows.iter().flat_map(|row| &row.says);
        said.next().map(|said| said.theorem)
    };
    let first = first.or_else(speaking).unwrap_or(TheoremId::T0);
    let check = match problem {
        "" => "check -v".to_owned(),
        problem => format!("check {problem} -v"),
    };
    let problem = match problem {
        "" => "--builtin default",
        problem => problem,
    };
    let text = format!(
        "next: filtercert {check} | explain {} | report {problem} -o out | certify {problem} -o out.cert",
        first.name()
    );
    filled(&text, "  ", look)
}

fn problem(report: &CheckReport, look: Look) -> String {
    filled(&summary::in_brief(&report.problem), "  ", look)
}

/// Those that hold in one line, then each that fails with what shows it; the two of the head are one.
fn assumptions(audits: &[Audit], look: Look) -> String {
    use AssumptionId::{A5f, A5t};
    let of_head = |audit: &&Audit| [A5f, A5t].contains(&audit.id);
    let holding = audits.iter().filter(|a| a.holds && !of_head(a));
    let holding: Vec<&str> = holding.map(|audit| audit.id.name()).collect();
    let head: Vec<&Audit> = audits.iter().filter(of_head).collect();
    let mut first = match holding.as_slice() {
        [] => "assumptions  none holds".to_owned(),
        names => format!("assumptions  {} hold", names.join(" ")),
    };
    let held = head.iter().find(|audit| audit.holds);
    if let Some(audit) = held {
        let how = match audit.id {
            A5f => "fixed to signs",
            _ => "trained",
        };
        first += &format!("; head {how} ({} holds)", audit.id.name());
    }
    let fails = audits
        .iter()
        .filter(|audit| !audit.holds && (held.is_none() || !of_head(audit)));
    let mut lines = vec![filled(&first, "             ", look)];
    lines.extend(fails.map(|audit| {
        let witness = visible(audit.witness.as_deref().unwrap_or("")).to_string();
        let text = format!("             {} fails: {witness}", audit.id.name());
        filled(&text, "             ", look)
    }));
    lines.join("\n")
}

/// The verdicts, refuted and undecided first.
fn theorems(report: &CheckReport, rows: &[Row], look: Look) -> String {
    let rank = |outcome: &Outcome| match &outcome.verdict {
        Verdict::Refuted { .. } => 0,
        Verdict::Undecided { .. } => 1,
        Verdict::Holds { .. } if !outcome.vacuous => 2,
        _ => 3,
    };
    let applies = |o: &&Outcome| !matches!(o.verdict, Verdict::NotApplicable { .. });
    let mut outcomes: Vec<&Outcome> = report.outcomes.iter().filter(applies).collect();
    outcomes.sort_by_key(|outcome| rank(outcome));
    if outcomes.is_empty() {
        return String::new();
    }
    let grids = outcomes.chunk_by(|one, other| rank(one) == rank(other));
    let grids: Vec<String> = grids
        .map(|group| {
            let mut grid = grid(look);
            let (word, colour) = match rank(group[0]) {
                0 => ("refuted", Color::Red),
                1 => ("undecided", Color::Yellow),
                2 => ("holds", Color::Green),
                _ => ("holds, vacuously", Color::Yellow),
            };
            let head = Cell::new(word).fg(colour).add_attribute(Attribute::Bold);
            let rest = ["what was compared", "in Coq", "bound/seen"].map(Cell::new);
            grid.set_header(std::iter::once(head).chain(rest));
            for outcome in group {
                let evidence = visible(&decided(report, outcome)).into_owned();
                let proved = match outcome.record.coverage() {
                    Coverage::Nothing => "no",
                    Coverage::All => "all",
                    Coverage::Part => "part",
                };
                grid.add_row([
                    format!("{:<3} {}", outcome.shown_id().name(), title(outcome)),
                    evidence,
                    proved.to_owned(),
                    tightness(outcome, rows),
                ]);
            }
            spaced(&mut grid);
            finish(&grid)
        })
        .collect();
    grids.join("\n")
}

/// What decided: of a refutation what was violated, of an undecided theorem the limit, else the evidence.
fn decided(report: &CheckReport, outcome: &Outcome) -> String {
    match &outcome.verdict {
        Verdict::Refuted { layer, .. } => {
            format!(
                "{}: {}",
                layer.name(),
                words::because(&report.problem, outcome)
            )
        }
        Verdict::Undecided { limit } => limit.to_string(),
        _ => table::evidence(outcome),
    }
}

/// What a theorem is called where there is little room: the name of its file.
fn title(outcome: &Outcome) -> String {
    let words = outcome.record.file.replace('_', " ");
    match words.strip_prefix("sgd ") {
        Some(rest) => format!("SGD {rest}"),
        None => words,
    }
}

/// How far the bounds of a theorem are from what they may be compared with, the closest and the farthest; `=`
/// where all that was compared are equalities.
fn tightness(outcome: &Outcome, rows: &[Row]) -> String {
    let said = rows.iter().flat_map(|row| &row.says);
    let own = said.filter(|said| said.theorem == outcome.shown_id());
    let mut factors: Vec<f64> = own.filter_map(|said| said.factor).collect();
    factors.extend(rounding(outcome));
    factors.sort_unstable_by(f64::total_cmp);
    let holds = matches!(outcome.verdict, Verdict::Holds { .. });
    let rows = &outcome.comparisons;
    let equal = || rows.iter().all(|row| row.relation == Relation::Equal);
    match factors.as_slice() {
        _ if !holds => "-".to_owned(),
        [] if !rows.is_empty() && equal() => "=".to_owned(),
        [] => "-".to_owned(),
        [one] => format::factor(*one),
        [first, .., last] => {
            let [first, last] = [first, last].map(|factor| format::factor(*factor));
            match first == last {
                true => first,
                false => format!("{}-{last}", first.trim_end_matches('x')),
            }
        }
    }
}

/// The bound of a rounding error over the largest error.
fn rounding(outcome: &Outcome) -> Option<f64> {
    let exact = |name| match outcome.figures.get(name)? {
        Figure::Exact(q) => Some(Value::Plain(q.clone()).approx()),
        _ => None,
    };
    let factor = exact("error_bound")? / exact("largest_error")?;
    factor.is_finite().then_some(factor)
}

/// Those that do not apply: by what fails, the fewest reasons first, and what was found there all the same.
fn not_applicable(report: &CheckReport, look: Look) -> String {
    let apart = |o: &&Outcome| matches!(o.verdict, Verdict::NotApplicable { .. });
    let outcomes: Vec<&Outcome> = report.outcomes.iter().filter(apart).collect();
    if outcomes.is_empty() {
        return String::new();
    }
    let text = format!("not applicable: {}", reasons(&outcomes).join(", "));
    let mut lines = vec![filled(&text, "  ", look)];
    let found = found_all_the_same(&outcomes);
    if !found.is_empty() {
        let text = format!("found there: {}", found.join("; "));
        lines.push(filled(&text, "  ", look));
    }
    lines.join("\n")
}

/// Longest finding that is shown with the answer, in characters.
const SHORT: usize = 120;

/// What was found of theorems that do not apply, as far as the table of what happens does not show it: short ones in
/// full, of the others the names.
fn found_all_the_same(outcomes: &[&Outcome]) -> Vec<String> {
    let shown = [TheoremId::T2, TheoremId::T4, TheoremId::T5, TheoremId::T6];
    // The bound of T6s stands in the table, and what it rests on nowhere else.
    let bounds = |outcome: &Outcome| outcome.figures.get("max_updates_sharp").is_some();
    let mut found: Vec<(Vec<&str>, String)> = Vec::new();
    for outcome in outcomes
        .iter()
        .filter(|o| !shown.contains(&o.id()) || o.id() == TheoremId::T6 && bounds(o))
    {
        let Some(beyond) = &outcome.beyond else {
            continue;
        };
        let name = outcome.shown_id().name();
        let text = beyond.to_string();
        let text = match text.chars().count() < SHORT || outcome.id() == TheoremId::T6 {
            true => visible(text.trim_end_matches('.')).into_owned(),
            false => "see -v".to_owned(),
        };
        match found.iter_mut().find(|(_, other)| *other == text) {
            Some((names, _)) => names.push(name),
            None => found.push((vec![name], text)),
        }
    }
    let lines = found.into_iter();
    lines
        .map(|(names, text)| format!("{}: {text}", names.join(", ")))
        .collect()
}

/// Theorems under the fewest failing assumptions that account for all of them: `T6 T11 (training.loss = "unhinged")`.
fn reasons(outcomes: &[&Outcome]) -> Vec<String> {
    let key = |failing: &Failing| (failing.assumption, failing.witness.clone());
    let mut left: Vec<&Outcome> = outcomes.to_vec();
    let mut all = Vec::new();
    while !left.is_empty() {
        let fails = left.iter().flat_map(|outcome| &outcome.fails).map(key);
        let distinct: Vec<_> = fails.fold(Vec::new(), |mut seen, one| {
            if !seen.contains(&one) {
                seen.push(one);
            }
            seen
        });
        let named = |one: &(AssumptionId, String)| {
            let own = left
                .iter()
                .filter(|o| o.fails.iter().any(|f| key(f) == *one));
            own.count()
        };
        // Of those that account for as many the first.
        let Some(best) = distinct.iter().rev().max_by_key(|one| named(one)) else {
            break;
        };
        let (own, rest): (Vec<&Outcome>, Vec<&Outcome>) = left
            .iter()
            .partition(|o| o.fails.iter().any(|f| key(f) == *best));
        let names: BTreeSet<usize> = own
            .iter()
            .filter_map(|o| outcomes.iter().position(|p| std::ptr::eq(*p, *o)))
            .collect();
        let names: Vec<&str> = names
            .iter()
            .map(|&i| outcomes[i].shown_id().name())
            .collect();
        // Of a key of the file its table goes without saying.
        let witness = ["training.", "network."]
            .iter()
            .find_map(|table| best.1.strip_prefix(table));
        let witness = witness.unwrap_or(&best.1);
        let reason = match best.0 {
            AssumptionId::A0 => witness.to_owned(),
            id => format!("{}: {witness}", id.name()),
        };
        all.push(format!("{} ({})", names.join(" "), visible(&reason)));
        left = rest;
    }
    all
}
