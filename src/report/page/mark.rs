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
        match &outcome.verdict {
            Verdict::Refuted { .. } => Mark::new("refuted", "✗"),
            Verdict::Undecided { .. } => Mark::new("undecided", "?"),
            Verdict::NotApplicable { .. } => Mark::new("apart", "–"),
            Verdict::Holds { .. } if outcome.vacuous => Mark::new("vacuous", "○"),
            Verdict::Holds { .. } => Mark::new("holds", "✓"),
        }
    }

    /// The mark of an assumption.
    pub fn of_audit(holds: bool) -> Self {
        match holds {
            true => Mark::new("holds", "✓"),
            false => Mark::new("fails", "✗"),
        }
    }

    /// The mark of an assumption on another kind of head than the problem has.
    pub fn other_head() -> Self {
        Mark::new("apart", "–")
    }

    const fn new(class: &'static str, sign: &'static str) -> Self {
        Mark { class, sign }
    }
}

/// The sign that goes with a class.
pub fn sign_of(class: &str) -> &'static str {
    match class {
        "holds" => "✓",
        "refuted" | "fails" => "✗",
        "undecided" => "?",
        _ => "–",
    }
}
