//! A claim with its condition, and the names that it may have.

use crate::certificate::verify::conjecture::seen::Facts;
use crate::certificate::verify::conjecture::syntax::{Part, parse};
use crate::certificate::verify::error::{Checked, Rule, unmet};
use std::cell::OnceCell;

/// What a word is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Filter,
    Pattern,
    Image,
}

/// The words for a member, the sets, and what they are of.
pub const SETS: [(&str, &str, Kind); 7] = [
    ("filter", "filters", Kind::Filter),
    ("winner", "winners", Kind::Filter),
    ("loser", "losers", Kind::Filter),
    ("pattern", "patterns", Kind::Pattern),
    ("background", "backgrounds", Kind::Pattern),
    ("key", "keys", Kind::Pattern),
    ("image", "images", Kind::Image),
];

/// What is read off a state; with a 0 behind it, off the state at step 0.
pub const OF_STATE: [&str; 8] = [
    "Z",
    "norm",
    "norm_squared",
    "alignment",
    "head",
    "accuracy",
    "loss",
    "margin",
];

/// Every other name that means something.
pub const OTHERS: [&str; 31] = [
    "t",
    "eta",
    "n",
    "m",
    "r",
    "P",
    "K",
    "batch",
    "steps",
    "pi_+",
    "pi_-",
    "label",
    "probability",
    "N",
    "EN_+",
    "EN_-",
    "gram",
    "B_+",
    "B_-",
    "updates",
    "own",
    "wrong",
    "abs",
    "sign",
    "sqrt",
    "sum",
    "min",
    "max",
    "all",
    "any",
    "count",
];

/// What only a path has.
pub const COUNTS: [&str; 3] = ["B_+", "B_-", "updates"];

/// The name of what is read off a state, and whether that is the one at step 0; any other name as it is.
pub fn base_of(name: &str) -> (&str, bool) {
    match name.strip_suffix('0') {
        Some(base) if OF_STATE.contains(&base) => (base, true),
        _ => (name, false),
    }
}

/// What a number of this name and so many arguments is of.
pub fn kinds_of(name: &str, arguments: usize) -> Checked<&'static [Kind]> {
    Ok(match (base_of(name).0, arguments) {
        ("Z", 2) => &[Kind::Filter, Kind::Pattern],
        ("norm" | "norm_squared" | "alignment" | "head", 1) => &[Kind::Filter],
        ("margin" | "label" | "probability", 1) => &[Kind::Image],
        ("N", 2) => &[Kind::Image, Kind::Pattern],
        ("EN_+" | "EN_-", 1) => &[Kind::Pattern],
        ("gram", 2) => &[Kind::Pattern, Kind::Pattern],
        ("accuracy" | "loss" | "margin", 0) => &[],
        ("t" | "eta" | "n" | "m" | "r" | "P" | "K" | "batch" | "steps", 0) => &[],
        ("pi_+" | "pi_-" | "B_+" | "B_-" | "updates", 0) => &[],
        _ => return unmet(Rule::Language),
    })
}

/// A claim, its condition, and the words in them that stand for every member of a set.
pub struct Sentence {
    pub claim: Part,
    pub when: Option<Part>,
    pub words: Vec<&'static str>,
    /// What it reads off the problem, once it was asked for.
    pub facts: OnceCell<Facts>,
}

/// Calls `visit` with each name that stands alone, and each that has parentheses.
fn names(part: &Part, visit: &mut dyn FnMut(&str)) {
    match part {
        Part::Number(_) | Part::Quoted(_) => {}
        Part::Name(name) => visit(name),
        Part::Call(name, parts) => {
            visit(name);
            parts.iter().for_each(|part| names(part, visit));
        }
        Part::Fold {
            body, condition, ..
        } => {
            names(body, visit);
            condition.iter().for_each(|part| names(part, visit));
        }
        Part::Negative(part) | Part::Power(part, _) | Part::Not(part) => names(part, visit),
        Part::Product(parts) | Part::Sum(parts) => {
            parts.iter().for_each(|(_, part)| names(part, visit));
        }
        Part::Compare(first, sides) => {
            names(first, visit);
            sides.iter().for_each(|(_, part)| names(part, visit));
        }
        Part::And(parts) | Part::Or(parts) => parts.iter().for_each(|part| names(part, visit)),
        Part::Implies(first, then) => {
            names(first, visit);
            names(then, visit);
        }
    }
}

impl Sentence {
    pub fn read(claim: &str, when: Option<&str>) -> Checked<Self> {
        let (claim, when) = (parse(claim)?, when.map(parse).transpose()?);
        let mut sentence = Sentence {
            claim,
            when,
            words: Vec::new(),
            facts: OnceCell::new(),
        };
        let used = SETS.iter().map(|(word, ..)| *word);
        sentence.words = used.filter(|word| sentence.speaks_of(&[word])).collect();
        Ok(sentence)
    }

    /// Has it one of these names?
    pub fn speaks_of(&self, some: &[&str]) -> bool {
        let mut found = false;
        let mut visit = |name: &str| found |= some.contains(&name);
        names(&self.claim, &mut visit);
        self.when.iter().for_each(|part| names(part, &mut visit));
        found
    }
}
