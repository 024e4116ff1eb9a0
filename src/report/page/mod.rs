//! The comparison report: one page of HTML, complete in itself, and the same as Markdown. Both are made from one view, so
//! that they show the same numbers.

mod claims;
mod differences;
mod graph;
mod images;
mod mark;
mod needs;
mod pictures;

pub use claims::{Claim, State, claims};
pub use images::images;
pub use pictures::{Picture, pictures};

use super::chart::PlotError;
use super::escape::{markdown as escaped, markdown_code, visible};
use super::happens::{in_runs, in_the_mean, is_implied, says};
use super::math::{self, MathError};
use super::{chart, format, glossary, json, summary, table, words};
use crate::check::CheckReport;
use crate::check::happens::{Row, what_happens};
use crate::number::decimal;
use crate::problem::Problem;
use crate::problem::assumption::{AssumptionId, Audit};
use crate::report::necessity::needed;
use crate::theory::asked::standing;
use crate::theory::context::Budget;
use crate::theory::forms;
use crate::theory::record::TheoremId;
use crate::theory::verdict::{Figure, Outcome, Verdict};
use mark::Mark;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use pictures::exactly;
use serde_json::{Value, json};
use thiserror::Error;

/// The report could not be rendered.
#[derive(Debug, Error)]
pub enum RenderError {
    /// A template fails on a value, which a test excludes for every built-in problem.
    #[error("the report could not be rendered: {0}")]
    Template(#[from] minijinja::Error),
    /// A formula of a theorem cannot be rendered, which a test excludes for all of them.
    #[error(transparent)]
    Math(#[from] MathError),
    /// The plotting library failed.
    #[error(transparent)]
    Plot(#[from] PlotError),
}

/// A checked problem, with all that a report shows of it.
pub struct Reported<'r> {
    report: &'r CheckReport,
    rows: Vec<Row>,
    pictures: Vec<Picture>,
    /// The problem as it was given on the command line.
    given: &'r str,
    /// Before the names of its files and anchors: empty if it is the only one.
    prefix: &'static str,
}

/// What stands before the files of the first and the second of two problems.
pub const PREFIXES: [&str; 2] = ["first-", "second-"];

/// The names of all pictures that there can be, without prefix and `.svg`.
pub const PICTURES: [&str; 15] = [
    "norms",
    "norms-sgd",
    "ratio",
    "ratio-sgd",
    "alignment",
    "alignment-sgd",
    "accuracy",
    "accuracy-sgd",
    "perfect",
    "walks",
    "walks-2",
    "rounding",
    "fates-plus",
    "fates-minus",
    "fates-both",
];

impl<'r> Reported<'r> {
    /// Draws the pictures of a report; `prefix` is one of [`PREFIXES`] if there are two.
    ///
    /// # Errors
    /// If the plotting library fails.
    pub fn new(
        report: &'r CheckReport,
        given: &'r str,
        prefix: &'static str,
    ) -> Result<Self, RenderError> {
        let rows = what_happens(report);
        Ok(Reported {
            report,
            pictures: pictures(report, &rows)?,
            rows,
            given,
            prefix,
        })
    }

    /// The pictures as files: name and text.
    pub fn files(&self) -> impl Iterator<Item = (String, String)> {
        let pictures = self.pictures.iter();
        pictures.map(|picture| {
            let name = format!("{}{}.svg", self.prefix, picture.name);
            (name, picture.plot.file())
        })
    }
}

/// The page of a report in both forms.
pub struct Pages {
    /// Complete in itself; of two problems one beside the other.
    pub html: String,
    /// The same with the pictures as files beside it.
    pub markdown: String,
}

/// Both forms of the page, from one view.
///
/// # Errors
/// If a template fails on a value.
pub fn pages(all: &[Reported<'_>]) -> Result<Pages, RenderError> {
    let environment = environment()?;
    let view = minijinja::Value::from(Serde(json!({
        "style": style(),
        "script": SCRIPT,
        "title": title(all),
        "command": command(all),
        "version": env!("CARGO_PKG_VERSION"),
        "problems": all.iter().map(view).collect::<Result<Vec<_>, _>>()?,
        "differences": differences::differences(all),
        "needs": needs::needs(),
    })));
    Ok(Pages {
        html: environment
            .get_template("page.html")?
            .render(view.clone())?,
        markdown: environment.get_template("page.md")?.render(view)?,
    })
}

/// The style sheet of all pages.
fn style() -> String {
    [include_str!("style.css"), math::STYLE, &chart::style()].concat()
}

/// The script of all pages.
const SCRIPT: &str = include_str!("script.js");

fn environment() -> Result<Environment<'static>, RenderError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    environment.set_auto_escape_callback(|name| match name.ends_with(".html") {
        true => AutoEscape::Html,
        false => AutoEscape::None,
    });
    environment.add_filter("cell", |text: String| cell(&text));
    environment.add_filter("md", |text: String| escaped(&text));
    environment.add_filter("code", |text: String| markdown_code(&text));
    environment.add_template("base.html", include_str!("base.html.jinja"))?;
    environment.add_template("page.html", include_str!("page.html.jinja"))?;
    environment.add_template("page.md", include_str!("page.md.jinja"))?;
    environment.add_template("images.html", include_str!("images.html.jinja"))?;
    Ok(environment)
}

/// The command that makes the report again.
fn command(all: &[Reported<'_>]) -> String {
    let given = all.iter().map(|one| visible(one.given));
    let given = given.collect::<Vec<_>>().join(" ");
    let delta = all.first().map(|one| &one.report.delta);
    match delta.filter(|delta| **delta != Budget::default().delta) {
        Some(delta) => format!("filtercert report {given} --delta {delta} -o DIR"),
        None => format!("filtercert report {given} -o DIR"),
    }
}

fn title(all: &[Reported<'_>]) -> String {
    let names = all.iter().map(|one| visible(one.report.problem.name()));
    names.collect::<Vec<_>>().join(" and ")
}

/// All that the templates show of one problem.
fn view(of: &Reported<'_>) -> Result<Value, RenderError> {
    let (report, prefix) = (of.report, of.prefix);
    let problem = &report.problem;
    let claims = claims(report, &of.rows);
    let training = problem.training();
    let cards = report.outcomes.iter().map(|o| card(problem, o, prefix));
    let cards = cards.collect::<Result<Vec<Value>, RenderError>>()?;
    Ok(json!({
        "prefix": prefix,
        "name": visible(problem.name()),
        "description": visible(&summary::describe(problem).replace('\n', " ")),
        "brief": visible(&summary::in_brief(problem)),
        "sha256": report.problem_sha256,
        "seed": training.seed.to_string(),
        "delta": report.delta.to_string(),
        "given": visible(of.given),
        "steps": format::count(training.steps),
        "runs": format::count(report.simulation.runs),
        "summary": summary::verdicts(report),
        "outcome": overall(report),
        "theorems": cards,
        "assumptions": report.audits.iter().map(|a| assumption(a, &report.audits)).collect::<Vec<_>>(),
        "needed": needed(&standing(problem, &report.audits), &report.audits).iter().map(|line| visible(line)).collect::<Vec<_>>(),
        "happens": happens(of),
        "stopped": report.exact.stopped.as_ref()
            .map(|stop| format!("The exact expected dynamics stop at step {}: {}.", format::count(stop.t), stop.limit)),
        "claims": claims.iter().map(|claim| claim_line(claim, prefix)).collect::<Vec<_>>(),
        "pictures": of.pictures.iter().map(|p| picture(p, prefix)).collect::<Vec<_>>(),
        "graph": graph::graph(report, &claims, prefix),
        "absent": absent(of),
    }))
}

/// The verdict over all.
fn overall(report: &CheckReport) -> Value {
    let named = |is: fn(&Verdict) -> bool| {
        let own = report.outcomes.iter().filter(|o| is(&o.verdict));
        let own: Vec<&str> = own.map(|outcome| outcome.shown_id().name()).collect();
        own.join(", ")
    };
    let refuted = named(|verdict| matches!(verdict, Verdict::Refuted { .. }));
    let undecided = named(|verdict| matches!(verdict, Verdict::Undecided { .. }));
    let apart = |o: &&Outcome| matches!(o.verdict, Verdict::NotApplicable { .. });
    let all = report.outcomes.len();
    let applying = all - report.outcomes.iter().filter(apart).count();
    let (class, words) = match (refuted.as_str(), undecided.as_str()) {
        ("", "") => (
            "holds",
            format!("{applying} of {all} theorems apply here, and they hold"),
        ),
        ("", open) => (
            "undecided",
            format!(
                "{applying} of {all} theorems apply here; none is refuted, and {open} is undecided"
            ),
        ),
        (refuted, _) => (
            "refuted",
            format!("Of {applying} theorems that apply here {refuted} is refuted"),
        ),
    };
    json!({"class": class, "words": words})
}

fn assumption(audit: &Audit, all: &[Audit]) -> Value {
    use AssumptionId::{A5f, A5t};
    // Of the two of the head one at most can hold.
    let other = match audit.id {
        A5f => Some(A5t),
        A5t => Some(A5f),
        _ => None,
    };
    let is_other = all.iter().any(|a| Some(a.id) == other && a.holds);
    let mark = Mark::new(match audit.holds {
        true => "holds",
        false if is_other => "apart",
        false => "fails",
    });
    json!({
        "id": audit.id.name(),
        "title": audit.id.title(),
        "text": audit.id.text(),
        "class": mark.class,
        "sign": mark.sign,
        "verdict": if audit.holds { "holds" } else { "fails" },
        "measure": audit.measure.as_ref().map_or_else(String::new, format::exact),
        "witness": visible(audit.witness.as_deref().unwrap_or("")),
    })
}

/// What happens at the last step, quantity by quantity.
fn happens(of: &Reported<'_>) -> Vec<Value> {
    let steps = of.report.problem.training().steps;
    let rows = of.rows.iter().map(|row| {
        let stronger = row.says.iter().filter(|said| !is_implied(said, &row.says));
        let says = stronger.map(|said| {
            json!({
                "id": said.theorem.name(),
                "anchor": anchor(of.report, said.theorem),
                "text": says(row.quantity, said, steps),
                "exact": exactly(&said.value),
            })
        });
        json!({
            "title": row.quantity.title(),
            "says": says.collect::<Vec<_>>(),
            "mean": row.mean.as_ref().map_or("-".to_owned(), in_the_mean),
            "exact": row.mean.as_ref().and_then(exactly),
            "runs": in_runs(row),
        })
    });
    rows.collect()
}

/// The card of a theorem, of a variant that of the theorem.
fn anchor(report: &CheckReport, id: TheoremId) -> &'static str {
    let is_shown = |name: &str| report.outcomes.iter().any(|o| o.shown_id().name() == name);
    let name = id.name();
    let theorem = name.strip_suffix('s').filter(|theorem| is_shown(theorem));
    match theorem {
        Some(theorem) if !is_shown(name) => theorem,
        _ => name,
    }
}

fn claim_line(claim: &Claim, prefix: &str) -> Value {
    let kinds = claims::KINDS.iter().zip(&claim.checked);
    let mut evidence: Vec<Value> = Vec::new();
    if !claim.proved.is_empty() {
        evidence.push(json!({"kind": "proved in Coq", "theorems": claim.proved.join(", ")}));
    }
    let checked = kinds.filter(|(_, ids)| !ids.is_empty());
    evidence.extend(
        checked.map(|(kind, ids)| json!({"kind": kind.name(), "theorems": ids.join(", ")})),
    );
    if !claim.beside.is_empty() {
        evidence.push(json!({"kind": "serve it too", "theorems": claim.beside.join(", ")}));
    }
    json!({
        "anchor": format!("{prefix}{}", claim.name),
        "name": claim.name,
        "text": claim.text,
        "state": claim.state.words(),
        "class": claim.state.class(),
        "sign": Mark::new(claim.state.class()).sign,
        "evidence": evidence,
        "facts": claim.facts.iter().map(|fact| visible(fact)).collect::<Vec<_>>(),
        "against": claim.against.iter().map(|text| visible(text)).collect::<Vec<_>>(),
    })
}

fn picture(picture: &Picture, prefix: &str) -> Value {
    let id = format!("{prefix}{}", picture.name);
    let rows = picture.table.rows.iter().map(|(step, cells)| {
        let cells = cells
            .iter()
            .map(|cell| json!({"text": cell.text, "exact": cell.exact}));
        json!({"step": step, "cells": cells.collect::<Vec<_>>()})
    });
    let columns = picture.table.columns.iter();
    let columns = columns.map(|c| json!({"label": c.label, "evidence": c.evidence}));
    let mut versions = vec![json!({
        "id": format!("{id}-axis-0"),
        "words": picture.other.as_ref().map_or("", |(_, words)| words[0]),
        "svg": picture.plot.inline(&format!("{id}-0")),
    })];
    if let Some((plot, words)) = &picture.other {
        versions.push(json!({
            "id": format!("{id}-axis-1"),
            "words": words[1],
            "svg": plot.inline(&format!("{id}-1")),
        }));
    }
    json!({
        "id": id,
        "file": format!("{id}.svg"),
        "title": picture.title,
        "see": picture.see,
        "unshown": picture.plot.unshown,
        "versions": versions,
        "first": picture.table.first,
        "columns": columns.collect::<Vec<_>>(),
        "rows": rows.collect::<Vec<_>>(),
    })
}

/// All that there is of one theorem.
fn card(problem: &Problem, outcome: &Outcome, prefix: &str) -> Result<Value, RenderError> {
    let (statement, id) = (outcome.record, outcome.shown_id().name());
    let side = |figure: &Option<Figure>| figure.as_ref().map_or_else(String::new, format::figure);
    let rows = outcome.comparisons.iter().map(|row| {
        json!({
            "quantity": row.quantity.to_string(),
            "relation": row.relation.symbol(),
            "theory": side(&row.theory),
            "exact": side(&row.exact),
            "simulated": side(&row.simulated),
            "margin": side(&row.margin),
            "layer": match (&row.exact, &row.simulated) {
                (None, None) => "not compared",
                _ => row.layer.name(),
            },
        })
    });
    let figures = outcome.figures.iter().map(|(name, figure)| {
        let mark = outcome.figures.mark_of(name);
        let mut notes = Vec::new();
        if mark.vacuous {
            notes.push("says nothing".to_owned());
        }
        if let Some(factor) = &mark.loose {
            notes.push(format!("loose by a factor of {}", decimal(factor, 3)));
        }
        if let Some(theorem) = mark.proved_by {
            notes.push(format!("proved: {theorem}"));
        }
        json!({
            "name": name,
            "hint": glossary::word(name).map_or("", |word| word.text),
            "value": format::figure(figure),
            "evidence": format::kind(figure).map_or("", |layer| layer.name()),
            "notes": notes.join("; "),
            "faint": mark.vacuous || mark.loose.is_some(),
            "line": table::figure_line(name, figure, &mark),
        })
    });
    let formulas = statement.formulas.iter().map(|formula| {
        let mathml = math::mathml(formula.latex)?;
        Ok(json!({"words": formula.words, "latex": formula.latex, "mathml": mathml}))
    });
    let formulas = formulas.collect::<Result<Vec<Value>, MathError>>()?;
    let symbols = math::symbols_of(statement.formulas.iter().map(|formula| formula.latex));
    let own = forms().find(|form| form.statement().id == statement.id);
    let misses = own.map_or_else(Vec::new, |theorem| theorem.wrong_theories());
    let mark = Mark::of(outcome);
    let witness = json::outcome(problem, outcome);
    let witness = witness.get("witness").filter(|witness| !witness.is_null());
    Ok(json!({
        "anchor": format!("{prefix}{id}"),
        "id": id,
        "title": statement.title,
        "claims": statement.claims.join(", "),
        "statement": statement.statement,
        "formulas": formulas,
        "symbols": symbols.iter()
            .map(|symbol| json!({"mathml": symbol.mathml, "text": symbol.word.text}))
            .collect::<Vec<_>>(),
        "class": mark.class,
        "sign": mark.sign,
        "verdict": table::verdict(outcome),
        "layer": outcome.verdict.layer().map_or("", |layer| layer.name()),
        "evidence": visible(&table::evidence(outcome)),
        "assumes": statement.assumes.iter().map(|a| a.name()).collect::<Vec<_>>().join(" "),
        "model": statement.model.describe(statement.further),
        "fails": outcome.fails.iter()
            .map(|f| json!({"id": f.assumption.name(), "witness": visible(&f.witness)}))
            .collect::<Vec<_>>(),
        "limit": match &outcome.verdict {
            Verdict::Undecided { limit } => Some(limit.to_string()),
            _ => None,
        },
        "because": visible(&words::because(problem, outcome)),
        "beyond": outcome.beyond.as_ref().map(|beyond| visible(&beyond.to_string()).into_owned()),
        "witness": witness.map(|witness| visible(&witness.to_string()).into_owned()),
        "figures": figures.collect::<Vec<_>>(),
        "rows": rows.collect::<Vec<_>>(),
        "misses": misses.iter()
            .map(|miss| json!({"text": miss.text, "breaks": miss.breaks}))
            .collect::<Vec<_>>(),
        "proofs": statement.proofs.iter()
            .map(|proof| json!({"name": proof.name, "covers": proof.covers}))
            .collect::<Vec<_>>(),
        "unproved": statement.unproved,
        "file": statement.file,
    }))
}

/// What the page does not show, in sentences.
fn absent(of: &Reported<'_>) -> Vec<String> {
    let report = of.report;
    let mut sentences = vec![
        "Claim C6, on real images: no theorem is about it; see the command images.".to_owned(),
    ];
    let apart = report.outcomes.iter();
    let apart = apart.filter(|o| matches!(o.verdict, Verdict::NotApplicable { .. }));
    let apart: Vec<&str> = apart.map(|outcome| outcome.shown_id().name()).collect();
    if !apart.is_empty() {
        sentences.push(format!(
            "What {} say: what they assume does not hold here. Their cards say which assumption fails, and what was found all the same.",
            apart.join(", ")
        ));
    }
    let open = report.outcomes.iter();
    let open = open.filter(|o| matches!(o.verdict, Verdict::Undecided { .. }));
    let open: Vec<&str> = open.map(|outcome| outcome.shown_id().name()).collect();
    if !open.is_empty() {
        sentences.push(format!(
            "Whether {} is so here: a limit left it open, and no line of it is drawn; its card has the limit and what was certified.",
            open.join(", ")
        ));
    }
    sentences.push(
        "Any other start: all runs and all pictures begin at the one initial point of the problem; only T9 and T11 speak of others.".to_owned(),
    );
    sentences.push(
        "Any filter but the least winner and the largest loser: the others lie between or beyond them.".to_owned(),
    );
    if let Some(stop) = &report.exact.stopped {
        sentences.push(format!(
            "The expected dynamics after step {}; a bound that is drawn beyond it was not compared there.",
            format::count(stop.t)
        ));
    }
    if report
        .probabilities
        .iter()
        .any(|point| point.exact.is_none())
    {
        sentences.push(
            "The exact law of SGD at every step: it is beyond the limits of a check here, so P(accuracy = 1) is sampled where there is no exact line.".to_owned(),
        );
    }
    if report.simulation.runs > 0 {
        sentences.push(format!(
            "What happens less often than about once in {} runs: bands are the middle 90 %, and the runs do not see what is rare.",
            format::count(report.simulation.runs)
        ));
    }
    sentences.push("Steps between those of the tables: lines join computed points.".to_owned());
    sentences.extend(summary::overflow(report).map(|text| format!("{text}.")));
    sentences
}

/// Text that cannot break out of a table cell.
fn cell(text: &str) -> String {
    visible(&text.replace('\n', " "))
        .replace('\\', "\\\\")
        .replace('|', "\\|")
}
