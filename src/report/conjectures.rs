//! What was found of conjectures, in words and as JSON.

use super::counterexample::size;
use super::escape::visible;
use super::format;
use super::look::{Look, filled};
use super::words::counted;
use crate::audit::conjecture::{
    Attack, Chance, Checked, Conjecture, Extent, Finding, Kind, Over, PathTaken, Real, Verdict,
    Why, Witness,
};
use crate::dynamics::float::to_nearest;
use crate::number::{Q, integer};
use crate::problem::{Activation, Label, Problem, is_hidden};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// Longest exact number that a sentence shows, in characters.
const LONGEST: usize = 40;

/// Samples of a path that a sentence shows.
const MOST_SAMPLES: usize = 6;

/// The midpoint of an enclosure of about 60 bits.
fn middle(number: &Real) -> Q {
    let (low, high) = number.enclosure();
    (low + high) / integer(2)
}

/// A number exactly where it is short, with a decimal beside where it has roots.
fn number(number: &Real) -> String {
    if let Some(q) = number.as_rational() {
        return format::brief(q);
    }
    let decimal = format::brief(&middle(number));
    let decimal = match decimal.starts_with('~') {
        true => decimal,
        false => format!("~{decimal}"),
    };
    let exact = number.to_string();
    match exact.chars().count() <= LONGEST {
        true => format!("{exact} ({decimal})"),
        false => decimal,
    }
}

/// What a word or a variable stands for.
fn chosen(problem: &Problem, kind: Kind, index: usize) -> String {
    match kind {
        Kind::Pattern => problem.dictionary().pattern_name(index),
        Kind::Filter | Kind::Image => index.to_string(),
    }
}

/// `at t = 3 with winner 0 and loser 2`.
fn place(problem: &Problem, witness: &Witness) -> String {
    let mut text = format!("at t = {}", witness.t);
    for (at, (name, kind, index)) in witness.failure.chosen.iter().enumerate() {
        let joint = if at == 0 { " with" } else { "," };
        let _ = write!(text, "{joint} {name} {}", chosen(problem, *kind, *index));
    }
    text
}

/// The text of a part of a claim.
fn part<'t>(conjecture: &'t Conjecture, witness: &Witness) -> &'t str {
    let span = witness.failure.span.clone();
    let claim = &conjecture.claim_text;
    claim.get(span).unwrap_or(claim)
}

/// What fails, in one sentence.
fn failure(problem: &Problem, conjecture: &Conjecture, witness: &Witness) -> String {
    let part = part(conjecture, witness);
    let mut text = format!("{}, {part} is false", place(problem, witness));
    if let Some((left, how, right)) = &witness.failure.sides {
        let _ = write!(
            text,
            ": {} {} {}",
            number(left),
            how.symbol(),
            number(right)
        );
    }
    text
}

/// `+ [1, 0, 2] then - [0, 1, 1]`.
fn samples(samples: &[(Label, Vec<u32>)]) -> String {
    let one = |(label, counts): &(Label, Vec<u32>)| {
        let counts: Vec<String> = counts.iter().map(u32::to_string).collect();
        format!("{} [{}]", label.symbol(), counts.join(", "))
    };
    let all: Vec<String> = samples.iter().map(one).collect();
    all.join(" then ")
}

fn path(path: &PathTaken) -> String {
    match path.run {
        _ if path.samples.is_empty() => "no sample is needed: it fails at the start".to_owned(),
        _ if path.samples.len() <= MOST_SAMPLES => {
            format!("after the samples {}", samples(&path.samples))
        }
        Some((seed, run)) => format!("on run {run} of seed {seed}, followed exactly"),
        None => format!(
            "after {}, which --json lists",
            counted(path.samples.len() as u64, "sample")
        ),
    }
}

/// What was looked at, such as `every step, t <= 2000`.
pub fn scope(extent: &Extent, over: &Over) -> String {
    let mut parts = Vec::new();
    if let Some((every, later, last)) = extent.expected {
        parts.push(match later {
            0 => format!("expected dynamics, every step, t <= {every}"),
            later => format!(
                "expected dynamics, every step, t <= {every}, and {} up to t = {last}",
                counted(later, "later step")
            ),
        });
    }
    if let Some((states, last, for_ever)) = extent.reached {
        let states = counted(states, "state");
        parts.push(match (for_ever, over) {
            (true, _) => format!("all {states} that SGD can ever reach"),
            (false, _) => format!("all paths, t <= {last} ({states})"),
        });
    }
    if let Some((paths, last)) = extent.paths {
        parts.push(format!("{}, t <= {last}", counted(paths, "simulated path")));
    }
    match parts.is_empty() {
        true => "nothing was looked at".to_owned(),
        false => parts.join("; "),
    }
}

fn because(why: &Why, conjecture: &Conjecture) -> String {
    match why {
        Why::NotAll(None) => "not refuted, and not all of it was looked at".to_owned(),
        Why::NotAll(Some(limit)) => {
            format!("not refuted, and not all of it was looked at: the limit is {limit}")
        }
        Why::Undefined { t, what } => {
            let text = [Some(&conjecture.claim_text), conjecture.when_text.as_ref()];
            let place = text
                .into_iter()
                .flatten()
                .find_map(|text| text.get(what.span.clone()))
                .unwrap_or("a number");
            format!("at t = {t} it is undefined, {}: {place}", what.reason)
        }
        Why::Nothing(limit) | Why::Stopped(limit) => limit.clone(),
    }
}

fn chance(chance: &Chance) -> String {
    match chance {
        Chance::Exact(p, t) => format!("the exact probability is {} (t <= {t})", format::brief(p)),
        Chance::Between(low, high, t) => format!(
            "the exact probability lies between {} and {} (t <= {t})",
            format::brief(low),
            format::brief(high)
        ),
        Chance::Seen(kept, paths) => {
            format!("kept on {kept} of {}", counted(*paths, "simulated path"))
        }
    }
}

/// What certifies that a conjecture is refuted, if `certify` covers it.
fn certified(
    problem: &Problem,
    checked: &Checked,
    witness: &Witness,
    given: &str,
) -> Option<String> {
    if given.is_empty() || problem.network().activation == Activation::Relu2 {
        return None;
    }
    let Checked {
        conjecture,
        finding,
    } = checked;
    let chance = matches!(conjecture.over, Over::Probability { .. });
    let exact = matches!(finding.chance, Some(Chance::Exact(..))) && problem.training().batch == 1;
    if problem.dictionary().has_keys() && (!chance || exact) {
        return Some(format!(
            "certify it: filtercert certify {given} --claim conjecture -o conjecture.cert"
        ));
    }
    Some(match &witness.path {
        None => format!(
            "certify the state: filtercert certify {given} --claim state --at {} -o state.cert",
            witness.t
        ),
        Some(_) => format!(
            "certify {}, its samples (witness.path.samples of --json) in path.jsonl: filtercert certify {given} --samples path.jsonl -o path.cert",
            match chance {
                true => "this path, one of those that count",
                false => "the path",
            }
        ),
    })
}

/// What was found of one conjecture, in sentences.
fn sentences(problem: &Problem, checked: &Checked, given: &str) -> Vec<String> {
    let Checked {
        conjecture,
        finding,
    } = checked;
    let mut all = Vec::new();
    match &finding.verdict {
        Verdict::Holds if finding.is_vacuous() => {
            all.push("vacuously: there is nothing that it speaks of".to_owned());
        }
        Verdict::Holds => {}
        Verdict::Refuted(Some(witness)) => {
            let mut text = failure(problem, conjecture, witness);
            if let Some(taken) = &witness.path {
                let _ = write!(text, ", {}", path(taken));
            }
            all.push(text);
            all.extend(certified(problem, checked, witness, given));
        }
        Verdict::Refuted(None) => {}
        Verdict::Undecided(why) => all.push(because(why, conjecture)),
    }
    if let Some(found) = &finding.chance {
        all.push(chance(found));
    }
    all
}

fn layer(finding: &Finding) -> &'static str {
    finding.layer.map_or("nothing", |layer| layer.name())
}

/// What was found of the conjectures of a problem, a paragraph each, refuted ones first. The problem is given as on the
/// command line.
pub fn text(problem: &Problem, all: &[Checked], given: &str, look: Look) -> String {
    let rank = |checked: &&Checked| match checked.finding.verdict {
        Verdict::Refuted(_) => 0,
        Verdict::Undecided(_) => 1,
        Verdict::Holds => 2,
    };
    let mut sorted: Vec<&Checked> = all.iter().collect();
    sorted.sort_by_key(rank);
    let one = |checked: &&Checked| {
        let Checked {
            conjecture,
            finding,
        } = *checked;
        let head = format!(
            "conjecture {}: {} ({}; {})",
            visible(&conjecture.name),
            finding.verdict.name(),
            layer(finding),
            scope(&finding.extent, &conjecture.over),
        );
        let mut lines = vec![filled(&head, "  ", look)];
        for sentence in sentences(problem, checked, given) {
            let text = format!("  {}", visible(&sentence));
            lines.push(filled(&text, "  ", look));
        }
        lines.join("\n")
    };
    let paragraphs: Vec<String> = sorted.iter().map(one).collect();
    paragraphs.join("\n")
}

/// How many conjectures there are of each verdict: `2 conjectures: 1 holds, 1 refuted, 0 undecided.`
pub fn totals(all: &[Checked]) -> String {
    let named = |name: &str| {
        let of = all.iter().filter(|c| c.finding.verdict.name() == name);
        of.count()
    };
    format!(
        "{}: {} hold, {} refuted, {} undecided.",
        counted(all.len() as u64, "conjecture"),
        named("holds"),
        named("refuted"),
        named("undecided")
    )
}

/// The witness of a refutation: all that is needed to see it again.
fn witness(problem: &Problem, conjecture: &Conjecture, witness: &Witness) -> Value {
    let mut all = Map::new();
    match &witness.path {
        None => {
            all.insert("dynamics".to_owned(), json!("expected"));
        }
        Some(taken) => {
            let sample = |(label, counts): &(Label, Vec<u32>)| json!({"label": label.symbol(), "counts": counts});
            let samples: Vec<Value> = taken.samples.iter().map(sample).collect();
            let mut path = Map::new();
            if let Some((seed, run)) = taken.run {
                path.insert("seed".to_owned(), json!(seed));
                path.insert("run".to_owned(), json!(run));
            }
            path.insert("samples".to_owned(), json!(samples));
            all.insert("path".to_owned(), Value::Object(path));
        }
    }
    all.insert("step".to_owned(), json!(witness.t));
    let chosen: Map<String, Value> = witness
        .failure
        .chosen
        .iter()
        .map(|(name, kind, index)| {
            let value = match kind {
                Kind::Pattern => json!(problem.dictionary().pattern_name(*index)),
                Kind::Filter | Kind::Image => json!(index),
            };
            (name.clone(), value)
        })
        .collect();
    all.insert("chosen".to_owned(), Value::Object(chosen));
    all.insert("claim".to_owned(), json!(part(conjecture, witness)));
    if let Some((left, how, right)) = &witness.failure.sides {
        let side = |number: &Real| json!({"exact": number.to_string(), "approx": to_nearest(&middle(number))});
        all.insert("relation".to_owned(), json!(how.symbol()));
        all.insert("left".to_owned(), side(left));
        all.insert("right".to_owned(), side(right));
    }
    Value::Object(all)
}

fn probability(chance: &Chance) -> Value {
    let exact = |p: &Q| json!({"exact": p.to_string(), "approx": to_nearest(p)});
    match chance {
        Chance::Exact(p, t) => json!({"probability": exact(p), "to": t}),
        Chance::Between(low, high, t) => {
            json!({"enclosure": [low.to_string(), high.to_string()], "to": t})
        }
        Chance::Seen(kept, paths) => json!({"kept": kept, "paths": paths}),
    }
}

/// One conjecture as JSON.
pub fn one(problem: &Problem, checked: &Checked) -> Value {
    let Checked {
        conjecture,
        finding,
    } = checked;
    let shown = match &finding.verdict {
        Verdict::Holds | Verdict::Refuted(None) => Value::Null,
        Verdict::Refuted(Some(found)) => witness(problem, conjecture, found),
        Verdict::Undecided(why) => json!({"limit": because(why, conjecture)}),
    };
    json!({
        "name": conjecture.name,
        "claim": conjecture.claim_text,
        "when": conjecture.when_text,
        "over": conjecture.over.to_string(),
        "verdict": finding.verdict.name(),
        "layer": finding.layer.map(|layer| layer.name()),
        "vacuous": finding.is_vacuous(),
        "scope": scope(&finding.extent, &conjecture.over),
        "chance": finding.chance.as_ref().map(probability),
        "witness": shown,
    })
}

/// What fails on a counterexample, and where, in sentences.
pub fn why(problem: &Problem, checked: &Checked) -> String {
    let all = sentences(problem, checked, "");
    let mut text = all.join(". ");
    if let Some(first) = text.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    visible(&(text + ".")).into_owned()
}

/// How much of a family was searched, in one sentence.
pub fn effort(attack: &Attack, seed: u64, all: bool) -> String {
    let how = match (attack.all, all) {
        (true, _) => {
            "ways to fill the family in, which are all (some may be the same problem)".to_owned()
        }
        (false, true) => "ways to fill the family in, in their order".to_owned(),
        (false, false) => format!("random problems of the family (seed {seed})"),
    };
    let mut text = format!(
        "Tried: {} {how}; it speaks of {} and holds, looked at in full, on {} of these",
        format::count(attack.tried),
        format::count(attack.spoken_of),
        format::count(attack.held),
    );
    if let Some(largest) = &attack.largest {
        let _ = write!(text, "; the largest have {}", size(largest));
    }
    text.push('.');
    if attack.spoken_of == 0 {
        text += " It never speaks there: its condition is true at no step of these problems, or they lack what it speaks of. \
            `family` in the file says where to look (without it: steps 1 to 4).";
    }
    if attack.found.is_some() {
        let _ = write!(
            text,
            " {} more were looked at to make it small: no single change that was tried makes it smaller within the family.",
            format::count(attack.shrunk)
        );
    }
    text
}

/// A text as a TOML string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() || is_hidden(c) => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

/// The table of a conjecture in a problem file.
pub fn table(conjecture: &Conjecture) -> String {
    let mut text = format!(
        "[[conjecture]]\nname = {}\nclaim = {}\n",
        quoted(&conjecture.name),
        quoted(&conjecture.claim_text)
    );
    if let Some(when) = &conjecture.when_text {
        let _ = writeln!(text, "when = {}", quoted(when));
    }
    let _ = writeln!(text, "over = {}", quoted(&conjecture.over.to_string()));
    text
}

/// Puts the conjectures into a document about their problem, if there are any.
pub fn put(document: &mut Value, problem: &Problem, all: &[Checked]) {
    if let (Value::Object(map), false) = (document, all.is_empty()) {
        let list = all.iter().map(|checked| one(problem, checked));
        map.insert("conjectures".to_owned(), list.collect());
    }
}
