//! Sentences: remarks and violations of the theory, written out.

use super::format;
use crate::number::Rounding;
use crate::problem::Problem;
use crate::theory::remark::{Remark, Remarks, Value};
use crate::theory::verdict::{Outcome, Scope, Verdict};
use crate::theory::violation::{Course, Detail, Violation};
use serde_json::{Map, Value as Json, json};
use std::fmt;

/// A remark with its gaps filled.
impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut values = self.values().iter();
        let mut before = "";
        for (i, piece) in self.template().split("{}").enumerate() {
            if i > 0
                && let Some(value) = values.next()
            {
                f.write_str(&filled(value, before))?;
            }
            f.write_str(piece)?;
            before = piece;
        }
        Ok(())
    }
}

/// Remarks, one after another.
impl fmt::Display for Remarks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, remark) in self.iter().enumerate() {
            let text = remark.to_string();
            if i > 0 && !text.starts_with([' ', ';', ',', '.']) {
                f.write_str(" ")?;
            }
            f.write_str(&text)?;
        }
        Ok(())
    }
}

/// With its preposition, to follow the kind of evidence: `at 2 states, t <= 24`.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.preposition, self.extent)
    }
}

/// A value as it is written after these words: a bound is rounded so that it stays one.
fn filled(value: &Value, before: &str) -> String {
    match value {
        Value::Count(n) => format::grouped(&n.to_string()),
        Value::Counted(n, noun) => counted(*n, noun),
        Value::Number(q) if before.ends_with("at least ") => format::bound(q, Rounding::Down),
        Value::Number(q) if before.ends_with("at most ") => format::bound(q, Rounding::Up),
        Value::Number(q) => format::brief(q),
        Value::Text(text) => text.clone(),
        Value::Remark(inner) => inner.to_string(),
    }
}

/// `1 run`, `3 runs`.
pub fn counted(n: u64, noun: &str) -> String {
    let plural = match noun.ends_with("ch") {
        _ if n == 1 => "",
        true => "es",
        false => "s",
    };
    format!("{} {noun}{plural}", format::count(n))
}

/// What an outcome rests on: the violation if it was refuted, else what was compared.
pub fn because(problem: &Problem, outcome: &Outcome) -> String {
    match &outcome.verdict {
        Verdict::Refuted { violation, .. } => sentence(problem, violation),
        _ => outcome.because.to_string(),
    }
}

/// A violation in one sentence.
pub fn sentence(problem: &Problem, violation: &Violation) -> String {
    let place = &violation.place;
    let of = match &place.course {
        Course::Expected => "the expected dynamics".to_owned(),
        Course::Run { seed, run } => format!("run {run} of seed {seed}"),
        Course::Samples(_) => "the path in the witness".to_owned(),
        Course::Law => "the exact law of SGD".to_owned(),
        Course::Runs(runs) => counted(*runs, "run"),
        Course::Cases => "all cases".to_owned(),
    };
    let mut text = match place.step {
        Some(t) => format!("Step {t} of {of}"),
        None => {
            let mut text = of;
            if let Some(first) = text.get_mut(0..1) {
                first.make_ascii_uppercase();
            }
            text
        }
    };
    if let Some(j) = place.filter {
        text.push_str(&format!(", filter {j}"));
    }
    if let Some(p) = place.coordinate {
        let name = problem.dictionary().pattern_name(p);
        text.push_str(&format!(", coordinate {name}"));
    }
    format!(
        "{text}: {}; claimed {} {}, found {}.",
        violation.claim,
        violation.relation.symbol(),
        format::brief(&violation.claimed),
        format::brief(&violation.found)
    )
}

/// The witness of a violation, for machines: all that is needed to see it again.
pub fn witness(problem: &Problem, violation: &Violation) -> Json {
    let place = &violation.place;
    let mut all = Map::new();
    let mut put = |key: &str, value: Json| {
        all.insert(key.to_owned(), value);
    };
    match &place.course {
        Course::Expected => put("dynamics", json!("expected")),
        Course::Run { seed, run } => put("path", json!({"seed": seed, "run": run})),
        Course::Samples(samples) => {
            let sample = |(label, counts): &(crate::problem::Label, Vec<u32>)| json!({"label": label.symbol(), "counts": counts});
            let samples: Vec<Json> = samples.iter().map(sample).collect();
            put("path", json!({ "samples": samples }));
        }
        Course::Law => put("dynamics", json!("exact law of SGD")),
        Course::Runs(runs) => put("runs", json!(runs)),
        Course::Cases => {}
    }
    if let Some(t) = place.step {
        put("step", json!(t));
    }
    if let Some(j) = place.filter {
        put("filter", json!(j));
    }
    if let Some(p) = place.coordinate {
        put("coordinate", json!(problem.dictionary().pattern_name(p)));
    }
    put("claim", json!(violation.claim));
    put("relation", json!(violation.relation.symbol()));
    put("claimed", json!(violation.claimed.to_string()));
    put("found", json!(violation.found.to_string()));
    for (name, detail) in &violation.details {
        let value = match detail {
            Detail::Number(q) => json!(q.to_string()),
            Detail::Numbers(list) => {
                json!(list.iter().map(ToString::to_string).collect::<Vec<_>>())
            }
            Detail::Integers(list) => json!(list),
            Detail::Word(word) => json!(word),
        };
        put(name, value);
    }
    Json::Object(all)
}
