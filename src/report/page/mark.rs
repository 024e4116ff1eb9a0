//! Marks of verdicts: a sign, a word and a class, so that a state is told without colour.

use crate::theory::verdict::{Outcome, Verdict};

/// How a verdict is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The class that gives the colour.
    pub class: &'static str,
    /// A sign that is told apart in grey.
    pub sign: &'static str,
}

impl Mark {
    /// The mark of an outcome.
    pub fn of(outcome: &Outcome) -> Self {
        Mark::new(match &outcome.verdict {
            Verdict::Refuted { .. } => "refuted",
            Verdict::Undecided { .. } => "undecided",
            Verdict::NotApplicable { .. } => "apart",
            Verdict::Holds { .. } if outcome.vacuous => "vacuous",
            Verdict::Holds { .. } => "holds",
        })
    }

    /// The mark of a class.
    pub fn new(class: &'static str) -> Self {
        let sign = match class {
            "holds" => "✓",
            "refuted" | "fails" => "✗",
            "undecided" => "?",
            "vacuous" => "○",
            _ => "–",
        };
        Mark { class, sign }
    }
}
