//! The comparison report as Markdown.

use super::chart::Plot;
use super::escape::{markdown as escaped, markdown_code, visible};
use super::words;
use super::{format, json, summary, table};
use crate::check::{CheckReport, ExactPoint};
use crate::problem::Problem;
use crate::theory::verdict::Figure;
use crate::theory::verdict::Outcome;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Value, json};
use thiserror::Error;

/// The report could not be rendered.
#[derive(Debug, Error)]
#[error("the report could not be rendered: {0}")]
pub struct RenderError(#[from] minijinja::Error);

/// Renders the report; `plots` are named as files beside it.
///
/// # Errors
/// If the template fails on a value, which a test excludes for every built-in problem.
pub fn markdown(report: &CheckReport, plots: &[Plot]) -> Result<String, RenderError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    environment.add_template("report", include_str!("report.md.jinja"))?;
    let theorems: Vec<Value> = report
        .outcomes
        .iter()
        .map(|o| theorem(&report.problem, o))
        .collect();
    let audits: Vec<Value> = report
        .audits
        .iter()
        .map(|audit| {
            json!({
                "id": audit.id.name(),
                "title": audit.id.title(),
                "verdict": if audit.holds { "holds" } else { "fails" },
                "measure": audit.measure.as_ref().map_or_else(String::new, format::rational),
                "witness": escaped(audit.witness.as_deref().unwrap_or("")),
            })
        })
        .collect();
    let plots: Vec<Value> = plots
        .iter()
        .map(|plot| json!({"name": plot.name, "caption": plot.caption, "unshown": plot.unshown}))
        .collect();
    let rendered = environment.get_template("report")?.render(Serde(json!({
        "name": escaped(report.problem.name()),
        "description": description(report),
        "version": env!("CARGO_PKG_VERSION"),
        "sha256": report.problem_sha256,
        "summary": summary::verdicts(report),
        "runs": format::count(report.simulation.runs),
        "audits": audits,
        "theorems": theorems,
        "plots": plots,
        "exact": series(report),
        "exact_stopped": report.exact.stopped.as_ref().map(ToString::to_string),
    })))?;
    Ok(rendered)
}

/// Two lines; the name is the only part of them that anybody else chose.
fn description(report: &CheckReport) -> String {
    let shown = visible(report.problem.name());
    let lines = summary::describe(&report.problem);
    match lines.strip_prefix(&*shown) {
        Some(rest) => format!("{}{rest}", escaped(report.problem.name())),
        None => lines,
    }
}

fn theorem(problem: &Problem, outcome: &Outcome) -> Value {
    let statement = outcome.record;
    let rows: Vec<Value> = outcome
        .comparisons
        .iter()
        .map(|row| {
            let side =
                |figure: &Option<Figure>| figure.as_ref().map_or_else(String::new, format::figure);
            json!({
                "quantity": cell(&row.quantity.to_string()),
                "relation": cell(row.relation.symbol()),
                "theory": cell(&side(&row.theory)),
                "exact": cell(&side(&row.exact)),
                "simulated": cell(&side(&row.simulated)),
                "margin": cell(&side(&row.margin)),
                "layer": row.layer.name(),
            })
        })
        .collect();
    let figures: Vec<String> = outcome
        .figures
        .iter()
        .map(|(name, figure)| table::figure_line(name, figure, &outcome.figures.mark_of(name)))
        .collect();
    json!({
        "id": outcome.shown_id().name(),
        "title": statement.title,
        "claims": statement.claims.join(", "),
        "statement": statement.statement,
        "verdict": table::verdict(outcome),
        "layer": table::evidence(outcome),
        "fails": outcome.fails.iter()
            .map(|f| format!("{} fails: {}.", f.assumption.name(), escaped(&f.witness)))
            .collect::<Vec<_>>(),
        "proved": outcome.fails.is_empty().then(|| table::proved(statement)),
        "because": visible(&words::because(problem, outcome)),
        "beyond": outcome.beyond.as_ref().map(|beyond| visible(&beyond.to_string()).into_owned()),
        "figures": figures,
        "rows": rows,
        "witness": match json::outcome(problem, outcome).get("witness") {
            Some(Value::Null) | None => Value::Null,
            Some(witness) => Value::String(markdown_code(&witness.to_string())),
        },
    })
}

/// A dozen of the exact points, evenly over the list, the last included.
fn series(report: &CheckReport) -> Vec<Value> {
    let points = &report.exact.points;
    let stride = points.len().div_ceil(12).max(1);
    let mut chosen: Vec<&ExactPoint> = points.iter().step_by(stride).collect();
    if let Some(last) = points.last()
        && chosen.last().is_none_or(|c| c.t != last.t)
    {
        chosen.push(last);
    }
    let show = |q: &Option<crate::number::Q>| q.as_ref().map_or_else(String::new, format::rational);
    chosen
        .into_iter()
        .map(|p| {
            json!({
                "t": format::count(p.t),
                "winner_bound": show(&p.winner_bound_squared),
                "winner": show(&p.winner_norm_squared),
                "loser": show(&p.loser_norm_squared),
                "loser_bound": show(&p.loser_bound_squared),
                "accuracy": show(&p.accuracy),
            })
        })
        .collect()
}

/// Text that cannot break out of a table cell.
fn cell(text: &str) -> String {
    visible(&text.replace('\n', " "))
        .replace('\\', "\\\\")
        .replace('|', "\\|")
}
