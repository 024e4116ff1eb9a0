//! The verdict table for a terminal, at most 100 columns wide.

use super::escape::{visible, visible_lines};
use super::{format, summary};
use crate::check::CheckReport;
use crate::theory::REGISTRY;
use crate::theory::assumption::Audit;
use crate::theory::theorem::{Figure, Outcome, Statement, Verdict};
use comfy_table::{
    Attribute, Cell, Color, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle,
    Width,
};

/// Width of every table, in columns.
pub const WIDTH: u16 = 100;

/// How the rows of a table are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// A line between rows, for cells of several lines.
    Ruled,
    /// No line between rows.
    Plain,
}

const LINE: LineStyle = LineStyle::none().fill('─').junction('─');

/// A table in this crate's style. `coloured` says whether cells keep their colours.
pub fn new_table(rows: Rows, coloured: bool) -> Table {
    let style = TableStyle::new()
        .top_border(LINE)
        .header_separator(LINE)
        .bottom_border(LINE);
    let mut table = Table::new();
    table
        .load_style(match rows {
            Rows::Ruled => style.row_separator(LINE),
            Rows::Plain => style,
        })
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH);
    if coloured {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table
}

/// The table of assumptions.
pub fn assumptions(audits: &[Audit], coloured: bool) -> String {
    let mut table = new_table(Rows::Plain, coloured);
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

/// The table of theorems with verdict, layer of evidence, and what was shown.
pub fn theorems(outcomes: &[Outcome], coloured: bool) -> String {
    let mut table = new_table(Rows::Ruled, coloured);
    table.set_header(["", "theorem", "verdict", "evidence", "what was shown"]);
    for outcome in outcomes {
        let colour = match &outcome.verdict {
            Verdict::Holds { .. } => Color::Green,
            Verdict::Refuted { .. } => Color::Red,
            Verdict::NotApplicable { .. } => Color::DarkGrey,
            Verdict::Undecided { .. } => Color::Yellow,
        };
        table.add_row([
            Cell::new(outcome.id.name()).add_attribute(Attribute::Bold),
            Cell::new(title(outcome)),
            Cell::new(outcome.verdict.name().replace('-', " ")).fg(colour),
            Cell::new(outcome.verdict.layer().map_or("", |layer| layer.name())),
            Cell::new(visible_lines(&shown(outcome))),
        ]);
    }
    for (column, width) in [(0, 7), (1, 16), (2, 12), (3, 10)] {
        if let Some(column) = table.column_mut(column) {
            column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(width)));
        }
    }
    finish(&table)
}

/// The record of an outcome's theorem.
fn statement(outcome: &Outcome) -> Option<&'static Statement> {
    REGISTRY
        .iter()
        .map(|theorem| theorem.statement())
        .find(|statement| statement.id == outcome.id)
}

/// The title of an outcome's theorem.
pub fn title(outcome: &Outcome) -> &'static str {
    statement(outcome).map_or("", |statement| statement.title)
}

/// What an outcome says in words and figures, one item a line.
fn shown(outcome: &Outcome) -> String {
    let mut lines = Vec::new();
    match &outcome.verdict {
        Verdict::NotApplicable {
            assumption,
            witness,
        } => lines.push(format!("{} fails: {witness}.", assumption.name())),
        Verdict::Undecided { limit } => lines.push(format!("Limit: {limit}.")),
        Verdict::Holds { .. } | Verdict::Refuted { .. } => {}
    }
    lines.push(outcome.because.clone());
    lines.extend(
        outcome
            .beyond
            .iter()
            .map(|beyond| format!("Beyond: {beyond}")),
    );
    for (name, figure) in &outcome.figures {
        lines.push(figure_line(name, figure));
    }
    if let Some(name) = statement(outcome).and_then(|statement| statement.coq) {
        lines.push(format!("General statement proved in Coq: {name}."));
    }
    lines.join("\n")
}

/// `name = value [kind of evidence]`.
pub fn figure_line(name: &str, figure: &Figure) -> String {
    match format::kind(figure) {
        Some(layer) => format!("{name} = {} [{}]", format::figure(figure), layer.name()),
        None => format!("{name}: {}", format::figure(figure)),
    }
}

/// The whole answer of `check`: the problem, its assumptions, the verdicts, and a line that sums up.
pub fn check(report: &CheckReport, coloured: bool) -> String {
    let mut text = format!("{}\n\n", summary::describe(&report.problem));
    text += &assumptions(&report.audits, coloured);
    text += "\n\n";
    text += &theorems(&report.outcomes, coloured);
    text += "\n\n";
    text += &summary::verdicts(report);
    text += "\n";
    text
}

/// The registry as a table.
pub fn registry<'a>(statements: impl Iterator<Item = &'a Statement>, coloured: bool) -> String {
    let mut table = new_table(Rows::Ruled, coloured);
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

/// One theorem in full.
pub fn explanation(statement: &Statement) -> String {
    let mut text = format!("{}: {}\n\n", statement.id.name(), statement.title);
    text += &format!(
        "{}\n\nModel (A0): {}\n",
        statement.statement, statement.model
    );
    for a in statement.assumes {
        text += &format!("{} {}: {}\n", a.name(), a.title(), a.text());
    }
    text += &format!("\nServes the claims: {}\n", statement.claims.join(", "));
    text += "\nWrong theories that the same check must refute:\n";
    for wrong in statement.wrong_theories {
        text += &format!("- {wrong}\n");
    }
    text += &format!(
        "\nCheck: src/theory/{0}.rs\nTest: tests/theorem_{0}.rs\nProof: {1}\n",
        statement.file,
        statement.coq.map_or_else(
            || "none".to_owned(),
            |name| format!("{name} (proofs/theories)")
        )
    );
    wrapped(&text)
}

/// Text with its lines broken at [`WIDTH`].
pub fn wrapped(text: &str) -> String {
    // Breaks at spaces only: a norm bar is no place to break a line.
    let options = textwrap::Options::new(usize::from(WIDTH))
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}

/// The rendered table without trailing blanks.
pub fn finish(table: &Table) -> String {
    table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}
