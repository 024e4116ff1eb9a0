//! Tables for a terminal: assumptions, verdicts with every figure, the registry.

use super::escape::{visible, visible_lines};
use super::happens::happens;
use super::look::{Look, Rows, filled, finish, new_table, wrapped};
use super::{format, summary, words};
use crate::check::CheckReport;
use crate::check::happens::what_happens;
use crate::number::decimal;
use crate::problem::Problem;
use crate::problem::assumption::{AssumptionId, Audit};
use crate::theory::figures::Mark;
use crate::theory::record::Statement;
use crate::theory::theorem::Theorem;
use crate::theory::verdict::{Figure, Outcome, Verdict};
use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, Cell, Color, ColumnConstraint, Width};

/// The table of assumptions.
pub fn assumptions(audits: &[Audit], look: Look) -> String {
    let mut table = new_table(Rows::Plain, look);
    table.set_header(["", "assumption", "", "measure", "witness"]);
    for audit in audits {
        let verdict = if audit.holds {
            Cell::new("holds").fg(Color::Green)
        } else {
            Cell::new("fails").fg(Color::Yellow)
        };
        table.add_row([
            Cell::new(audit.id.name()).add_attribute(Attribute::Bold),
            Cell::new(audit.id.title()),
            verdict,
            Cell::new(
                audit
                    .measure
                    .as_ref()
                    .map_or_else(String::new, format::rational),
            ),
            Cell::new(visible(audit.witness.as_deref().unwrap_or(""))),
        ]);
    }
    finish(&table)
}

/// Which theorems each failing assumption takes away, and which are left; no check runs for that.
pub fn what_is_left(asked: &[(&str, Vec<AssumptionId>)], audits: &[Audit], look: Look) -> String {
    let named = |keep: &dyn Fn(&[AssumptionId]) -> bool| -> String {
        let kept = asked.iter().filter(|(_, fails)| keep(fails));
        let kept: Vec<&str> = kept.map(|(name, _)| *name).collect();
        kept.join(", ")
    };
    let mut table = new_table(Rows::Plain, look);
    table.set_header(["", "theorems"]);
    let mut row = |what: String, theorems: String| {
        if !theorems.is_empty() {
            table.add_row([
                Cell::new(what).add_attribute(Attribute::Bold),
                Cell::new(theorems),
            ]);
        }
    };
    for &id in AssumptionId::ALL {
        let what = match id {
            AssumptionId::A0 => "of another model (A0)".to_owned(),
            id if audits.iter().any(|audit| audit.id == id && audit.holds) => {
                format!("asking more than {}", id.name())
            }
            id => format!("off without {}", id.name()),
        };
        row(what, named(&|fails| fails.contains(&id)));
    }
    row("left".to_owned(), named(&<[AssumptionId]>::is_empty));
    finish(&table)
}

/// Every theorem with its verdict, its evidence, and all that was shown, a block each.
pub fn theorems(problem: &Problem, outcomes: &[Outcome], look: Look) -> String {
    let blocks = outcomes.iter().map(|outcome| {
        let colour = match &outcome.verdict {
            Verdict::Holds { .. } => AnsiColor::Green,
            Verdict::Refuted { .. } => AnsiColor::Red,
            Verdict::NotApplicable { .. } => AnsiColor::BrightBlack,
            Verdict::Undecided { .. } => AnsiColor::Yellow,
        };
        let [bold, said] = match look.coloured {
            true => [Style::new().bold(), colour.on_default()],
            false => [Style::new(); 2],
        };
        let evidence = match evidence(outcome) {
            text if text.is_empty() => String::new(),
            text => format!(", {text}"),
        };
        let head = format!(
            "{bold}{}{bold:#} {said}{}{said:#}{evidence}: {}",
            outcome.shown_id().name(),
            verdict(outcome),
            outcome.record.title
        );
        let mut lines = vec![filled(&head, "    ", look)];
        lines.extend(shown(problem, outcome).iter().map(|line| {
            let line = format!("    {}", visible_lines(line));
            filled(&line, "      ", look)
        }));
        lines.join("\n")
    });
    blocks.collect::<Vec<_>>().join("\n\n")
}

/// The verdict in words, and whether it says anything.
pub fn verdict(outcome: &Outcome) -> String {
    let name = outcome.verdict.name().replace('-', " ");
    if outcome.vacuous {
        format!("{name}, vacuously")
    } else {
        name
    }
}

/// The kind of evidence with what it was reached on: `exact at 2 states, t <= 24`.
pub fn evidence(outcome: &Outcome) -> String {
    let layer = outcome.verdict.layer();
    match (layer, &outcome.scope) {
        (Some(layer), Some(scope)) => format!("{} {scope}", layer.name()),
        (Some(layer), None) => layer.name().to_owned(),
        (None, _) => String::new(),
    }
}

/// What an outcome says in words and figures, one item a line.
fn shown(problem: &Problem, outcome: &Outcome) -> Vec<String> {
    let mut lines = Vec::new();
    for failing in &outcome.fails {
        let name = failing.assumption.name();
        lines.push(format!("{name} fails: {}.", failing.witness));
    }
    if let Verdict::Undecided { limit } = &outcome.verdict {
        lines.push(format!("Limit: {limit}."));
    }
    lines.push(words::because(problem, outcome));
    lines.extend(
        outcome
            .beyond
            .iter()
            .map(|beyond| format!("Beyond: {beyond}")),
    );
    for (name, figure) in outcome.figures.iter() {
        lines.push(figure_line(name, figure, &outcome.figures.mark_of(name)));
    }
    if outcome.fails.is_empty() {
        lines.push(proved_briefly(outcome.record, outcome));
    }
    lines
}

/// What is proved in Coq of a theorem, and what is not, in one line.
pub fn proved(statement: &Statement) -> String {
    let covers: Vec<&str> = statement.proofs.iter().map(|proof| proof.covers).collect();
    let text = |parts: &[&str]| match parts {
        [] => "nothing".to_owned(),
        parts => parts.join("; "),
    };
    format!(
        "Proved in Coq: {}. Not proved: {}.",
        text(&covers),
        text(statement.unproved)
    )
}

/// The same in brief: what covers a figure that is shown, and how many theorems there are.
fn proved_briefly(statement: &Statement, outcome: &Outcome) -> String {
    let id = statement.id.name();
    let shown: Vec<&str> = statement
        .proofs
        .iter()
        .filter(|proof| {
            let covers = |name: &str| outcome.figures.mark_of(name).proved_by == Some(proof.name);
            outcome.figures.iter().any(|(name, _)| covers(name))
        })
        .map(|proof| proof.covers)
        .collect();
    let mut text = match (statement.proofs.len(), shown.as_slice()) {
        (0, _) => "Proved in Coq: nothing".to_owned(),
        (n, []) => format!("Proved in Coq: {n} theorems (explain {id})"),
        (n, shown) => format!(
            "Proved in Coq: {} ({n} theorems: explain {id})",
            shown.join("; ")
        ),
    };
    if !statement.unproved.is_empty() {
        text.push_str(&format!(". Not proved: {}", statement.unproved.join("; ")));
    }
    text.push('.');
    text
}

/// `name = value [kind of evidence, what is to be known of it]`.
pub fn figure_line(name: &str, figure: &Figure, mark: &Mark) -> String {
    let Some(layer) = format::kind(figure) else {
        return format!("{name}: {}", format::figure(figure));
    };
    let mut known = vec![layer.name().to_owned()];
    if mark.vacuous {
        known.push("vacuous".to_owned());
    }
    if let Some(factor) = &mark.loose {
        known.push(format!("loose by a factor of {}", decimal(factor, 3)));
    }
    if let Some(theorem) = mark.proved_by {
        known.push(format!("proved: {theorem}"));
    }
    let relation = match figure {
        Figure::AtMost(_) => "",
        _ => "= ",
    };
    format!(
        "{name} {relation}{} [{}]",
        format::figure(figure),
        known.join(", ")
    )
}

/// What intervals and refutations by simulated runs are good for.
const LEVELS: &str = "Each interval of a sampled figure is at the level of this one comparison. Over all that \
    this check compared, simulated runs refute wrongly with probability at most 1e-9.";

/// All that `check` knows: the problem, its assumptions, the verdicts, and a line that sums up.
pub fn check(report: &CheckReport, look: Look) -> String {
    let mut text = format!(
        "{}\n\n",
        wrapped(&summary::describe(&report.problem).replace('\n', " "), look)
    );
    text += &assumptions(&report.audits, look);
    text += "\n\n";
    let happens = happens(report, &what_happens(report), look);
    if !happens.is_empty() {
        text += &format!("{happens}\n\n");
    }
    text += &theorems(&report.problem, &report.outcomes, look);
    text += "\n\n";
    text += &wrapped(LEVELS, look);
    text += "\n";
    text += &wrapped(&summary::verdicts(report), look);
    text += "\n";
    text
}

/// The registry as a table.
pub fn registry<'a>(statements: impl Iterator<Item = &'a Statement>, look: Look) -> String {
    let mut table = new_table(Rows::Ruled, look);
    table.set_header(["", "theorem", "claims", "assumes", "statement"]);
    for statement in statements {
        table.add_row([
            Cell::new(statement.id.name()).add_attribute(Attribute::Bold),
            Cell::new(statement.title),
            Cell::new(statement.claims.join(" ")),
            Cell::new(assumed(statement)),
            Cell::new(statement.statement),
        ]);
    }
    for (column, width) in [(0, 7), (1, 16), (2, 8), (3, 14)] {
        if let Some(column) = table.column_mut(column) {
            column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(width)));
        }
    }
    finish(&table)
}

fn assumed(statement: &Statement) -> String {
    statement
        .assumes
        .iter()
        .map(|a| a.name())
        .collect::<Vec<_>>()
        .join(" ")
}

/// One theorem in full, in its first form; its further ones by name.
pub fn explanation(theorem: &dyn Theorem, look: Look) -> String {
    let mut forms = theorem.forms().into_iter();
    let first = forms.next().unwrap_or(theorem);
    let statement = first.statement();
    let mut text = format!("{}: {}\n\n", statement.id.name(), statement.title);
    text += &format!(
        "{}\n\nModel (A0): {}\n",
        statement.statement,
        statement.model.describe(statement.further)
    );
    for a in statement.assumes {
        text += &format!("{} {}: {}\n", a.name(), a.title(), a.text());
    }
    for form in forms.map(Theorem::statement) {
        let (id, title) = (form.id.name(), form.title);
        text += &format!(
            "\nWhere it does not apply, it may have another form: {id}, {title} (explain {id}).\n"
        );
    }
    text += &format!("\nServes the claims: {}\n", statement.claims.join(", "));
    text += "\nWrong theories that the same check must refute:\n";
    for wrong in first.wrong_theories() {
        text += &format!("- {}\n", wrong.text);
    }
    text += "\nProved in Coq (proofs/theories/Statements.v):\n";
    for proof in statement.proofs {
        text += &format!("- {}: {}\n", proof.name, proof.covers);
    }
    if statement.proofs.is_empty() {
        text += "- nothing\n";
    }
    text += "\nNot proved:\n";
    for part in statement.unproved {
        text += &format!("- {part}\n");
    }
    if statement.unproved.is_empty() {
        text += "- nothing that is stated here\n";
    }
    text += &format!(
        "\nCheck: src/theory/{0}.rs\nTest: tests/theorems/{0}.rs\nExample: {1}\n",
        statement.file,
        example_of(statement),
    );
    wrapped(&text, look)
}

/// A command that shows what a check says of a theorem.
pub fn example_of(statement: &Statement) -> String {
    format!("filtercert check --only {} -v", statement.id.name())
}
