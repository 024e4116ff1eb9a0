//! JSON of audits, outcomes and comparisons.

use super::words;
use crate::check::happens::{Dynamics, Runs, Said, Value as HappensValue, When, what_happens};
use crate::check::pictures::{RoundingPoint, Walks};
use crate::check::{CheckReport, ExactPoint, ProbabilityPoint};
use crate::dynamics::float::to_nearest;
use crate::dynamics::sgd::{Quantiles, SeriesPoint};
use crate::number::Q;
use crate::problem::Problem;
use crate::problem::assumption::{Audit, Failing};
use crate::problem::separable::Balanced;
use crate::theory::curve::Curve;
use crate::theory::figures::Mark;
use crate::theory::record::{Proof, Statement, TheoremId};
use crate::theory::theorem::Theorem;
use crate::theory::trained_head::{FilterFate, Plane};
use crate::theory::verdict::{Comparison, Figure, Outcome, Verdict};
use serde_json::{Map, Value, json};

/// The keys that every document starts with.
pub fn header(problem_sha256: Option<&str>) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("format".to_owned(), json!(2));
    map.insert("version".to_owned(), json!(env!("CARGO_PKG_VERSION")));
    if let Some(sha) = problem_sha256 {
        map.insert("problem_sha256".to_owned(), json!(sha));
    }
    map
}

/// One theorem of the registry: its record, and those of its further forms.
pub fn theorem(theorem: &dyn Theorem) -> Value {
    let mut forms = theorem.forms().into_iter();
    let mut value = forms.next().map_or(Value::Null, record);
    value["forms"] = forms.map(record).collect();
    value
}

fn record(theorem: &dyn Theorem) -> Value {
    let statement = theorem.statement();
    let wrong = theorem.wrong_theories();
    json!({
        "id": statement.id.name(),
        "title": statement.title,
        "claims": statement.claims,
        "statement": statement.statement,
        "model": statement.model.describe(statement.further),
        "assumes": statement.assumes.iter().map(|a| a.name()).collect::<Vec<_>>(),
        "wrong_theories": wrong.iter().map(|wrong| wrong.text).collect::<Vec<_>>(),
        "check": format!("src/theory/{}.rs", statement.file),
        "test": format!("tests/theorems/{}.rs", statement.file),
        "coq": proofs(statement),
        "not_proved": statement.unproved,
    })
}

fn text(q: Option<&Q>) -> Value {
    q.map_or(Value::Null, |q| json!(q.to_string()))
}

/// The name of a theorem of `Statements.v`, with its file.
fn proof_name(name: &str) -> String {
    format!("Statements.{name}")
}

/// The Coq theorems that belong to a theorem, each with what it covers.
fn proofs(statement: &Statement) -> Value {
    let one = |proof: &Proof| json!({"name": proof_name(proof.name), "covers": proof.covers});
    statement.proofs.iter().map(one).collect()
}

fn failing(failing: &Failing) -> Value {
    json!({"id": failing.assumption.name(), "witness": failing.witness})
}

/// One audit.
pub fn audit(audit: &Audit) -> Value {
    json!({
        "id": audit.id.name(),
        "holds": audit.holds,
        "measure": text(audit.measure.as_ref()),
        "witness": audit.witness,
    })
}

/// One figure, with its kind of evidence as the key; null if it is missing.
pub fn figure(figure: &Figure) -> Value {
    match figure {
        Figure::Exact(q) => json!({"exact": q.to_string(), "approx": to_nearest(q)}),
        Figure::Enclosure(lo, hi) => json!({"enclosure": [lo.to_string(), hi.to_string()]}),
        Figure::Estimate {
            estimate,
            ci,
            confidence,
            runs,
        } => json!({
            "estimate": estimate,
            "ci": ci,
            "confidence": confidence.to_string(),
            "runs": runs,
        }),
        Figure::Spread {
            q05,
            q50,
            q95,
            runs,
        } => json!({"observed": q50, "q05": q05, "q95": q95, "runs": runs}),
        Figure::Observed { value, runs } => json!({"observed": value, "runs": runs}),
        Figure::AtMost(t) => json!({"at_most": t.to_string()}),
        Figure::Numbers(list) => json!({
            "exact": list.iter().map(Q::to_string).collect::<Vec<_>>(),
            "approx": list.iter().map(to_nearest).collect::<Vec<_>>(),
        }),
        Figure::Images(parts) => {
            let list: Vec<Value> = parts.iter().map(balanced).collect();
            json!({ "images": list })
        }
        Figure::Missing(_) => Value::Null,
    }
}

/// An image in a combination that is 0: its patterns by their place in the dictionary.
fn balanced(part: &Balanced) -> Value {
    let patterns = part.image.counts.iter().zip(&part.slopes);
    let patterns: Vec<Value> = patterns
        .map(|((p, n), theta)| json!({"pattern": p, "count": n, "theta": theta.to_string()}))
        .collect();
    json!({
        "label": part.image.label.symbol(),
        "lambda": part.weight.to_string(),
        "patterns": patterns,
    })
}

/// A figure of a verdict with what is to be known of it; null if it is missing.
fn marked(shown: &Figure, mark: &Mark) -> Value {
    let mut value = figure(shown);
    if let Value::Object(fields) = &mut value {
        if let Some(name) = mark.proved_by {
            fields.insert("proved_by".to_owned(), json!(proof_name(name)));
        }
        if mark.vacuous {
            fields.insert("vacuous".to_owned(), json!(true));
        }
        if let Some(factor) = &mark.loose {
            fields.insert("loose".to_owned(), json!(to_nearest(factor)));
        }
    }
    value
}

fn comparison(row: &Comparison) -> Value {
    let side = |f: &Option<Figure>| f.as_ref().map_or(Value::Null, figure);
    json!({
        "quantity": row.quantity.to_string(),
        "relation": row.relation.symbol(),
        "theory": side(&row.theory),
        "exact": side(&row.exact),
        "simulated": side(&row.simulated),
        "margin": side(&row.margin),
        "layer": row.layer.name(),
    })
}

/// One outcome.
pub fn outcome(problem: &Problem, outcome: &Outcome) -> Value {
    let statement = outcome.record;
    let figures: Map<String, Value> = outcome
        .figures
        .iter()
        .map(|(name, f)| {
            (
                (*name).to_owned(),
                marked(f, &outcome.figures.mark_of(name)),
            )
        })
        .collect();
    let witness = match &outcome.verdict {
        Verdict::Refuted { violation, .. } => words::witness(problem, violation),
        Verdict::NotApplicable {
            assumption,
            witness,
        } => json!({"assumption": assumption.name(), "witness": witness}),
        Verdict::Undecided { limit } => json!({"limit": limit.to_string()}),
        Verdict::Holds { .. } => Value::Null,
    };
    json!({
        "id": outcome.id().name(),
        "title": statement.title,
        "form": outcome.form.map(TheoremId::name),
        "verdict": outcome.verdict.name(),
        "layer": outcome.verdict.layer().map(|layer| layer.name()),
        "vacuous": outcome.vacuous,
        "scope": outcome.scope.as_ref().map_or_else(
            || "nothing was compared".to_owned(),
            |scope| scope.extent.to_string(),
        ),
        "fails": outcome.fails.iter().map(failing).collect::<Vec<_>>(),
        "coq": proofs(statement),
        "not_proved": statement.unproved,
        "statement": statement.statement,
        "because": words::because(problem, outcome),
        "beyond": outcome.beyond.as_ref().map(ToString::to_string),
        "figures": figures,
        "comparisons": outcome.comparisons.iter().map(comparison).collect::<Vec<_>>(),
        "witness": witness,
    })
}

/// The document of `check`.
pub fn check(report: &CheckReport) -> Value {
    let mut map = header(Some(&report.problem_sha256));
    map.extend(fields_of(report));
    Value::Object(map)
}

/// One problem in the document of a check of several.
pub fn one_of_several(report: &CheckReport) -> Value {
    let mut map = Map::new();
    map.insert("problem_sha256".to_owned(), json!(report.problem_sha256));
    map.extend(fields_of(report));
    Value::Object(map)
}

fn fields_of(report: &CheckReport) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("problem".to_owned(), json!(report.problem.name()));
    map.insert(
        "assumptions".to_owned(),
        report.audits.iter().map(audit).collect(),
    );
    map.insert("what_happens".to_owned(), happens(report));
    map.insert(
        "theorems".to_owned(),
        report
            .outcomes
            .iter()
            .map(|o| outcome(&report.problem, o))
            .collect(),
    );
    map
}

/// What happens at the last step, quantity by quantity.
fn happens(report: &CheckReport) -> Value {
    let rows = what_happens(report);
    let rows = rows.iter().map(|row| {
        json!({
            "quantity": row.quantity.name(),
            "t": report.problem.training().steps,
            "theory": row.says.iter().map(said).collect::<Vec<_>>(),
            "mean": row.mean.as_ref().map(exact_value),
            "law": row.law.as_ref().map(|q| json!({"exact": q.to_string(), "approx": to_nearest(q)})),
            "runs": row.runs.as_ref().map(|runs| seen(runs, report.simulation.runs)),
        })
    });
    rows.collect()
}

/// An exact number, or the square of one.
fn exact_value(value: &HappensValue) -> Value {
    match value {
        HappensValue::Plain(q) => json!({"exact": q.to_string(), "approx": value.approx()}),
        HappensValue::Root(q) => json!({"square": q.to_string(), "approx": value.approx()}),
    }
}

fn seen(runs: &Runs, count: u64) -> Value {
    match runs {
        Runs::Spread { q05, q50, q95 } => {
            json!({"observed": q50, "q05": q05, "q95": q95, "runs": count})
        }
        Runs::Share { share, ci } => json!({
            "estimate": share,
            "ci": ci,
            "confidence": ProbabilityPoint::confidence().to_string(),
            "runs": count,
        }),
    }
}

/// Of what a theorem speaks, and the probability that belongs to it.
fn spoken_of(dynamics: &Dynamics) -> (&'static str, Option<&Q>) {
    match dynamics {
        Dynamics::Mean => ("mean", None),
        Dynamics::EveryPath => ("every path", None),
        Dynamics::WithProbability(p) => ("with probability", Some(p)),
        Dynamics::Probability => ("probability", None),
        Dynamics::FreshStart => ("fresh start", None),
    }
}

/// What a theorem says of a quantity over time.
fn curve(curve: &Curve) -> Value {
    let (dynamics, probability) = spoken_of(&curve.dynamics);
    let points = curve.points.iter();
    let points = points.map(|(t, bound)| json!({"t": t, "bound": exact_value(bound)}));
    json!({
        "theorem": curve.theorem.name(),
        "quantity": curve.quantity.name(),
        "dynamics": dynamics,
        "probability_at_least": text(probability),
        "relation": curve.relation.symbol(),
        "points": points.collect::<Vec<_>>(),
    })
}

fn said(said: &Said) -> Value {
    let (dynamics, probability) = spoken_of(&said.dynamics);
    let (from, to) = match said.when {
        When::At(t) => (t, Some(t)),
        When::Throughout(from, to) => (from, Some(to)),
        When::ForEverFrom(t) => (t, None),
    };
    json!({
        "theorem": said.theorem.name(),
        "dynamics": dynamics,
        "probability_at_least": text(probability),
        "relation": said.relation.symbol(),
        "bound": exact_value(&said.value),
        "from": from,
        "to": to,
        "factor": said.factor,
    })
}

/// The document of `report`: that of `check`, what there is of each claim of the abstract, and the series that the
/// pictures show.
pub fn report(report: &CheckReport) -> Value {
    with_series(check(report), report)
}

/// One problem in the document of a report of two.
pub fn one_reported(report: &CheckReport) -> Value {
    with_series(one_of_several(report), report)
}

fn with_series(mut document: Value, report: &CheckReport) -> Value {
    if let Value::Object(map) = &mut document {
        map.insert("claims".to_owned(), claims(report));
        map.insert("series".to_owned(), series(report));
    }
    document
}

fn claims(report: &CheckReport) -> Value {
    let found = super::page::claims(report, &what_happens(report));
    let found = found.iter().map(|claim| {
        let [exact, enclosed, sampled] = &claim.checked;
        json!({
            "id": claim.name,
            "here": claim.state.words(),
            "proved": claim.proved,
            "exact": exact,
            "enclosed": enclosed,
            "sampled": sampled,
            "beside": claim.beside,
            "facts": claim.facts,
            "against": claim.against,
        })
    });
    found.collect()
}

fn series(report: &CheckReport) -> Value {
    let (exact, simulation) = (&report.exact, &report.simulation);
    json!({
        "exact": exact.points.iter().map(exact_point).collect::<Vec<_>>(),
        "exact_stopped": exact.stopped.as_ref()
            .map(|stop| json!({"limit": stop.limit, "t": stop.t})),
        "curves": report.curves.iter().map(curve).collect::<Vec<_>>(),
        "walks": report.pictures.walks.iter().map(walks).collect::<Vec<_>>(),
        "rounding": report.pictures.rounding.iter().map(rounding_point).collect::<Vec<_>>(),
        "fates": report.pictures.fates.iter().map(fate).collect::<Vec<_>>(),
        "probabilities": report.probabilities.iter().map(probability_point).collect::<Vec<_>>(),
        "simulated_runs": simulation.runs,
        "simulated_finite_runs": simulation.finite_runs,
        "simulated_not_finite_from": simulation.not_finite_from,
        "simulated_arithmetic": simulation.arithmetic.name(),
        "simulated": simulation.series.iter().map(series_point).collect::<Vec<_>>(),
    })
}

/// The walk of one background pattern in some runs.
fn walks(walks: &Walks) -> Value {
    let barriers = walks.barriers.iter().map(|barrier| {
        json!({
            "theorem": barrier.theorem.name(),
            "walk": barrier.walk,
            "failure": text(Some(&barrier.failure)),
        })
    });
    json!({
        "pattern": walks.pattern,
        "t": walks.times,
        "runs": walks.runs,
        "barriers": barriers.collect::<Vec<_>>(),
    })
}

fn rounding_point(point: &RoundingPoint) -> Value {
    let number = |q: &Q| json!({"exact": q.to_string(), "approx": to_nearest(q)});
    json!({"t": point.t, "error": number(&point.error), "bound": number(&point.bound)})
}

/// The start of a filter with its fate, and the line that bounds the regions of fates: head = slope times `across`.
fn fate(filter: &FilterFate) -> Value {
    let decided_by = match filter.plane {
        Plane::None => "nothing",
        Plane::One(0) => "the key of label +",
        Plane::One(_) => "the key of label -",
        Plane::Both => "both keys",
    };
    json!({
        "head": filter.head.to_string(),
        "keys": filter.keys.each_ref().map(Q::to_string),
        "fate": filter.fate,
        "decided_by": decided_by,
        "across": text(filter.plane.first(&filter.keys).as_ref()),
        "slope": filter.plane.boundary().as_ref().map(exact_value),
    })
}

fn exact_point(point: &ExactPoint) -> Value {
    json!({
        "t": point.t,
        "winner_norm_squared": text(point.winner_norm_squared.as_ref()),
        "loser_norm_squared": text(point.loser_norm_squared.as_ref()),
        "ratio_squared": text(point.ratio_squared().as_ref()),
        "alignment_signed_square": text(point.alignment_signed_square.as_ref()),
        "accuracy": text(point.accuracy.as_ref()),
        "loss": text(point.loss.as_ref()),
    })
}

fn probability_point(point: &ProbabilityPoint) -> Value {
    json!({
        "t": point.t,
        "exact": text(point.exact.as_ref()),
        "sampled": point.sampled.map(|(share, ci)| json!({
            "estimate": share,
            "ci": ci,
            "confidence": ProbabilityPoint::confidence().to_string(),
        })),
    })
}

fn quantiles(q: &Quantiles) -> Value {
    json!({"q05": q.q05, "q50": q.q50, "q95": q.q95})
}

/// One point of the simulated series.
pub fn series_point(point: &SeriesPoint) -> Value {
    json!({
        "t": point.t,
        "winner_norm": quantiles(&point.winner_norm),
        "loser_norm": quantiles(&point.loser_norm),
        "ratio": quantiles(&point.ratio),
        "alignment": quantiles(&point.alignment),
        "accuracy": quantiles(&point.accuracy),
        "accuracy_kind": point.accuracy_kind.name(),
    })
}
