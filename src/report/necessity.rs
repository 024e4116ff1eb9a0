//! The matrix of theorems and assumptions in words.

use super::counterexample::size;
use super::format::grouped;
use crate::audit::necessity::{COLUMNS, Cell, Known, Verdict, known};
use crate::problem::assumption::{AssumptionId, Audit};
use std::fmt::Write as _;

/// What a verdict is in a cell of the table.
fn mark(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Needed(_) => "needed",
        Verdict::NotNeeded => "-",
        Verdict::NotStated => "n/s",
        Verdict::Open(_) => "open",
    }
}

/// Whether the theorems that failing assumptions take away need them, a line an assumption: where they do, the smallest
/// problem that shows it can be printed.
pub fn needed(asked: &[(&str, Vec<AssumptionId>)], audits: &[Audit]) -> Vec<String> {
    let known = known();
    let mut lines = Vec::new();
    let holds = |id| audits.iter().any(|audit| audit.id == id && audit.holds);
    for audit in audits.iter().filter(|audit| !audit.holds) {
        let id = audit.id;
        // Of the two of the head one at most can hold.
        let other = match id {
            AssumptionId::A5f => holds(AssumptionId::A5t),
            AssumptionId::A5t => holds(AssumptionId::A5f),
            _ => false,
        };
        if other {
            continue;
        }
        let through_h = matches!(id, AssumptionId::A3 | AssumptionId::A4);
        let is_off = |fails: &[AssumptionId]| {
            // Of a theorem of another model nothing is to be said here.
            !fails.contains(&AssumptionId::A0)
                && (fails.contains(&id) || through_h && fails.contains(&AssumptionId::H))
        };
        let off = asked.iter().filter(|(_, fails)| is_off(fails));
        let off: Vec<&str> = off.map(|(name, _)| *name).collect();
        // Where the keys are not apart, more of A1 fails than its own cells are about.
        let near = id == AssumptionId::A1 && !holds(AssumptionId::A1k);
        let id = if near { AssumptionId::A1k } else { id };
        let of = |verdict: &str| -> Vec<&Known> {
            let cells = known.iter();
            cells
                .filter(|c| c.assumption == id.name() && c.verdict == verdict)
                .filter(|c| off.contains(&c.theorem.as_str()))
                .collect()
        };
        let names = |cells: &[&Known]| -> String {
            let names: Vec<&str> = cells.iter().map(|c| c.theorem.as_str()).collect();
            names.join(", ")
        };
        let needed = of("needed");
        if let Some(first) = needed.first() {
            let (theorem, assumption) = (&first.theorem, id.name());
            let quoted = match assumption.contains('\'') {
                true => format!("\"{assumption}\""),
                false => assumption.to_owned(),
            };
            lines.push(format!(
                "{assumption} is needed by {}: without it the conclusion fails on some problem (exact), which `filtercert falsify --theorem {theorem} --drop {quoted}` finds and prints.",
                names(&needed)
            ));
        }
        let open = of("open");
        if !open.is_empty() {
            lines.push(format!(
                "{} is not known to be needed by {}: no counterexample was found, which proves nothing.",
                id.name(),
                names(&open)
            ));
        }
        if matches!(id, AssumptionId::A3 | AssumptionId::A4) {
            let applies = |name: &&str| asked.contains(&(*name, Vec::new()));
            let left: Vec<&str> = ["T4", "T5"].into_iter().filter(applies).collect();
            if !left.is_empty() {
                lines.push(format!(
                    "{} without {}: the bound holds, but that it tends to 1 with the steps is not said; it may say nothing here.",
                    left.join(", "),
                    id.name()
                ));
            }
        }
    }
    lines.dedup();
    lines
}

/// The matrix, and below it what each cell rests on.
pub fn table(cells: &[&Cell]) -> String {
    let rows: Vec<&[&Cell]> = cells.chunks(COLUMNS.len()).collect();
    let count = |wanted: &str| cells.iter().filter(|c| c.verdict.name() == wanted).count();
    let mut text = format!(
        "{} cells: {} needed, {} not needed (-), {} not stated (n/s), {} open\n\n",
        cells.len(),
        count("needed"),
        count("not-needed"),
        count("not-stated"),
        count("open")
    );
    let _ = write!(text, "{:<6}", "");
    for column in COLUMNS {
        let _ = write!(text, " {column:<6}");
    }
    text.push('\n');
    for row in &rows {
        let name = row.first().map_or("", |c| c.theorem.statement().id.name());
        let _ = write!(text, "{name:<6}");
        for cell in *row {
            let _ = write!(text, " {:<6}", mark(&cell.verdict));
        }
        text = text.trim_end().to_owned() + "\n";
    }
    text += "\nA1: the backgrounds alone are not orthonormal, and the keys are apart. A1k: the keys are not apart; so A1 fails too.\n";
    for wanted in ["needed", "open", "not-stated", "not-needed"] {
        let of: Vec<&&Cell> = cells
            .iter()
            .filter(|c| c.verdict.name() == wanted)
            .collect();
        if of.is_empty() {
            continue;
        }
        let title = match wanted {
            "needed" => "Needed: a counterexample satisfies all but this assumption (exact)",
            "open" => "Open: no counterexample found, which proves nothing",
            "not-stated" => "Not stated: without it the conclusion has no meaning",
            _ => "Not needed: a theorem in Coq does without it (proved)",
        };
        let _ = write!(text, "\n{title}\n");
        for (name, said) in grouped_by_argument(&of) {
            let _ = writeln!(text, "  {name:<9} {said}");
        }
    }
    text
}

/// What each cell rests on; those of one theorem with the same argument together.
fn grouped_by_argument(cells: &[&&Cell]) -> Vec<(String, String)> {
    let mut found: Vec<(&str, Vec<&str>, String)> = Vec::new();
    for cell in cells {
        let said = match &cell.verdict {
            Verdict::Needed(searched) => searched.found.as_ref().map(|found| size(&found.size)),
            Verdict::Open(searched) if searched.compared > 0 => Some(format!(
                "{} problems compared",
                grouped(&searched.compared.to_string())
            )),
            _ => None,
        };
        let said: Vec<String> = said.into_iter().chain(cell.argument.clone()).collect();
        let (theorem, said) = (cell.theorem.statement().id.name(), said.join(". "));
        match found.last_mut() {
            Some((name, assumptions, known)) if *name == theorem && *known == said => {
                assumptions.push(cell.assumption.name());
            }
            _ => found.push((theorem, vec![cell.assumption.name()], said)),
        }
    }
    let line = |(theorem, assumptions, said): (&str, Vec<&str>, String)| {
        (format!("{theorem} {}", assumptions.join(", ")), said)
    };
    found.into_iter().map(line).collect()
}
