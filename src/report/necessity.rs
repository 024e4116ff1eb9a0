//! The matrix of theorems and assumptions in words.

use super::counterexample::size;
use super::format::count;
use crate::audit::necessity::{COLUMNS, Cell, Known, Verdict, known};
use crate::problem::assumption::{AssumptionId, Audit};
use std::fmt::Write as _;

/// How a verdict stands in the tables.
pub struct Sign {
    /// Its name, as [`Verdict::name`] has it.
    pub verdict: &'static str,
    /// In a cell.
    pub sign: &'static str,
    /// In the line that counts.
    pub words: &'static str,
    /// What it says, and by what kind of evidence.
    pub says: &'static str,
}

/// The signs of all verdicts, in the order in which the cells are explained.
pub const SIGNS: [Sign; 4] = [
    Sign {
        verdict: "needed",
        sign: "needed",
        words: "needed",
        says: "a counterexample satisfies all but this assumption (exact)",
    },
    Sign {
        verdict: "open",
        sign: "open",
        words: "open",
        says: "no counterexample found, which proves nothing",
    },
    Sign {
        verdict: "not-stated",
        sign: "n/s",
        words: "not stated",
        says: "without it the conclusion has no meaning",
    },
    Sign {
        verdict: "not-needed",
        sign: "-",
        words: "not needed",
        says: "a theorem in Coq does without it (proved)",
    },
];

/// The sign of a verdict.
fn sign_of(verdict: &str) -> &'static str {
    let found = SIGNS.iter().find(|sign| sign.verdict == verdict);
    found.map_or("?", |sign| sign.sign)
}

/// What the columns A1 and A1k tell apart.
pub const COLUMNS_SAY: &str = "A1: the backgrounds alone are not orthonormal, and the keys are apart. A1k: the keys are not apart; so A1 fails too.";

/// A cell in words.
struct Told {
    theorem: String,
    assumption: String,
    verdict: String,
    /// What the verdict rests on.
    said: String,
}

impl Told {
    fn of(cell: &Cell) -> Self {
        let (size, tried) = match &cell.verdict {
            Verdict::Needed(searched) => (searched.found.as_ref().map(|f| size(&f.size)), 0),
            Verdict::Open(searched) => (None, searched.compared),
            Verdict::NotNeeded | Verdict::NotStated => (None, 0),
        };
        Told {
            theorem: cell.theorem.statement().id.name().to_owned(),
            assumption: cell.assumption.name().to_owned(),
            verdict: cell.verdict.name().to_owned(),
            said: said(size, tried, cell.argument.clone()),
        }
    }

    /// Of the matrix that is shipped, which has files too.
    fn of_known(cell: &Known) -> Self {
        let tried = match cell.verdict.as_str() {
            "open" => cell.tried,
            _ => 0,
        };
        let mut said = said(cell.size.clone(), tried, cell.argument.clone());
        if let Some(file) = &cell.counterexample {
            let certified = match &cell.certificate {
                Some(_) => "with its certificate",
                None => "no certificate",
            };
            said += &format!(" ({file}, {certified})");
        }
        Told {
            theorem: cell.theorem.clone(),
            assumption: cell.assumption.clone(),
            verdict: cell.verdict.clone(),
            said,
        }
    }
}

/// The parts of what a verdict rests on that there are.
fn said(size: Option<String>, tried: u64, argument: Option<String>) -> String {
    let tried = (tried > 0).then(|| format!("{} problems compared", count(tried)));
    let parts: Vec<String> = [size, tried, argument].into_iter().flatten().collect();
    parts.join(". ")
}

/// The matrix as a table: a row a theorem, its signs in the order of [`COLUMNS`].
pub struct Matrix {
    /// How many cells of each verdict there are.
    pub totals: String,
    /// Name of the theorem, and signs.
    pub rows: Vec<(String, Vec<&'static str>)>,
    /// Of each verdict that there is what its cells rest on: those cells, and what is said of them.
    pub grounds: Vec<(&'static Sign, Vec<(String, String)>)>,
}

impl Matrix {
    /// The matrix that this version ships; no rows if it cannot be read, which a test excludes.
    pub fn shipped() -> Self {
        Matrix::of(&known().iter().map(Told::of_known).collect::<Vec<_>>())
    }

    fn of(cells: &[Told]) -> Self {
        let named = |sign: &Sign| -> Vec<&Told> {
            let cells = cells.iter();
            cells.filter(|c| c.verdict == sign.verdict).collect()
        };
        let [needed, open, not_stated, not_needed] = SIGNS.map(|sign| named(&sign).len());
        let rows = cells.chunks(COLUMNS.len()).map(|row| {
            let name = row.first().map_or("", |c| c.theorem.as_str());
            let signs = row.iter().map(|c| sign_of(&c.verdict));
            (name.to_owned(), signs.collect())
        });
        let grounds = SIGNS
            .iter()
            .map(|sign| (sign, grouped_by_argument(&named(sign))));
        Matrix {
            totals: format!(
                "{} cells: {needed} needed, {not_needed} not needed (-), {not_stated} not stated (n/s), {open} open",
                cells.len()
            ),
            rows: rows.collect(),
            grounds: grounds.filter(|(_, own)| !own.is_empty()).collect(),
        }
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
    let told: Vec<Told> = cells.iter().map(|cell| Told::of(cell)).collect();
    let matrix = Matrix::of(&told);
    let mut text = matrix.totals + "\n\n";
    let _ = write!(text, "{:<6}", "");
    for column in COLUMNS {
        let _ = write!(text, " {column:<6}");
    }
    text.push('\n');
    for (name, signs) in &matrix.rows {
        let _ = write!(text, "{name:<6}");
        for sign in signs {
            let _ = write!(text, " {sign:<6}");
        }
        text = text.trim_end().to_owned() + "\n";
    }
    let _ = write!(text, "\n{COLUMNS_SAY}\n");
    for (sign, own) in &matrix.grounds {
        let _ = write!(text, "\n{}: {}\n", capitalised(sign.words), sign.says);
        for (name, said) in own {
            let _ = writeln!(text, "  {name:<9} {said}");
        }
    }
    text
}

/// With a capital letter at the beginning.
pub fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// What each cell rests on; those of one theorem with the same argument together.
fn grouped_by_argument(cells: &[&Told]) -> Vec<(String, String)> {
    let mut found: Vec<(&str, Vec<&str>, &str)> = Vec::new();
    for cell in cells {
        match found.last_mut() {
            Some((name, assumptions, known)) if *name == cell.theorem && *known == cell.said => {
                assumptions.push(&cell.assumption);
            }
            _ => found.push((&cell.theorem, vec![&cell.assumption], &cell.said)),
        }
    }
    let line = |(theorem, assumptions, said): (&str, Vec<&str>, &str)| {
        (
            format!("{theorem} {}", assumptions.join(", ")),
            said.to_owned(),
        )
    };
    found.into_iter().map(line).collect()
}
