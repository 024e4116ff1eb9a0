//! The record of a theorem: its name, what it says and assumes, and what is proved of it.

use crate::problem::Problem;
use crate::problem::assumption::{AssumptionId, Audit, Failing};
use crate::problem::model::Model;

/// The permanent name of a theorem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TheoremId {
    /// Unbiasedness.
    T0,
    /// Closed form of the expected dynamics.
    T1,
    /// Norm dominance and alignment, expected dynamics.
    T2,
    /// Pathwise monotonicity.
    T3,
    /// Pathwise monotonicity under max pooling.
    T3max,
    /// Norm dominance for SGD, with exact probability.
    T4,
    /// Perfect accuracy for SGD, with exact probability.
    T5,
    /// Mistake bound of hinge SGD.
    T6,
    /// Fate and growth with a trained head.
    T7,
    /// Balancedness.
    T8,
    /// Initialisation lottery.
    T9,
    /// Rounding.
    T10,
    /// The main claim in one statement.
    T11,
}

impl TheoremId {
    /// The name, as users write it: `"T0"` ... `"T11"`, `"T3max"`.
    pub fn name(self) -> &'static str {
        match self {
            TheoremId::T0 => "T0",
            TheoremId::T1 => "T1",
            TheoremId::T2 => "T2",
            TheoremId::T3 => "T3",
            TheoremId::T3max => "T3max",
            TheoremId::T4 => "T4",
            TheoremId::T5 => "T5",
            TheoremId::T6 => "T6",
            TheoremId::T7 => "T7",
            TheoremId::T8 => "T8",
            TheoremId::T9 => "T9",
            TheoremId::T10 => "T10",
            TheoremId::T11 => "T11",
        }
    }
}

/// A theorem of `proofs/theories/Statements.v`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// Its name there, without the file.
    pub name: &'static str,
    /// What it says, in a phrase: of which dynamics, in which form.
    pub covers: &'static str,
}

impl Proof {
    /// The theorem of this name covers this.
    pub const fn new(name: &'static str, covers: &'static str) -> Self {
        Proof { name, covers }
    }
}

/// The record of a theorem in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// Permanent name.
    pub id: TheoremId,
    /// What it is called, e.g. `"norm dominance"`.
    pub title: &'static str,
    /// The file that holds it, in `src/theory`, `tests` (with `theorem_` in front) and `proofs`.
    pub file: &'static str,
    /// The claims of the paper's abstract that it serves, `"C1"` to `"C6"`.
    pub claims: &'static [&'static str],
    /// One sentence with its quantifiers.
    pub statement: &'static str,
    /// Model conditions (A0).
    pub model: Model,
    /// What the model asks for beside [`Statement::model`], in words; empty if nothing.
    pub further: &'static str,
    /// What it assumes beside A0.
    pub assumes: &'static [AssumptionId],
    /// Near misses of the statement that the same check must refute, in words.
    pub wrong_theories: &'static [&'static str],
    /// All Coq theorems of `proofs/theories/Statements.v` that belong to it.
    pub proofs: &'static [Proof],
    /// What the statement, or a figure of its check, says that none of these covers.
    pub unproved: &'static [&'static str],
}

impl Statement {
    /// What fails of its model conditions and of its assumptions, in order.
    pub fn failures(&self, problem: &Problem, audits: &[Audit]) -> Vec<Failing> {
        let mut fails = self.model.failures(problem);
        fails.extend(failing(audits, self.assumes));
        fails
    }
}

/// Those of these assumptions that fail by an audit, in the order given.
pub fn failing(audits: &[Audit], assumes: &[AssumptionId]) -> Vec<Failing> {
    assumes
        .iter()
        .filter_map(|&id| {
            let audit = audits.iter().find(|a| a.id == id)?;
            (!audit.holds).then(|| Failing {
                assumption: id,
                witness: audit.witness.clone().unwrap_or_default(),
            })
        })
        .collect()
}
