//! The record of a theorem: its name, what it says and assumes, and what is proved of it.

use crate::problem::Problem;
use crate::problem::assumption::{AssumptionId, Audit, Failing};
use crate::problem::model::Model;

/// The permanent name of a theorem, as users write it: `T0` ... `T14`, `T3max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TheoremId(&'static str);

macro_rules! theorems {
    ($($name:ident: $title:literal),* $(,)?) => {
        #[allow(non_upper_case_globals, reason = "T3max is its name")]
        impl TheoremId {
            $(#[doc = $title] pub const $name: TheoremId = TheoremId(stringify!($name));)*
        }
    };
}

theorems! {
    T0: "Unbiasedness.",
    T1: "Closed form of the expected dynamics.",
    T2: "Norm dominance and alignment, expected dynamics.",
    T3: "Pathwise monotonicity.",
    T3max: "Pathwise monotonicity under max pooling.",
    T4: "Norm dominance for SGD, with exact probability.",
    T5: "Perfect accuracy for SGD, with exact probability.",
    T6: "Mistake bound of hinge SGD.",
    T6c: "Mistake bound of hinge and perceptron SGD, coherent dictionaries: a form of T6.",
    T7: "Fate and growth with a trained head.",
    T8: "Balancedness.",
    T9: "Initialisation lottery.",
    T10: "Rounding.",
    T11: "The main claim in one statement.",
    T12: "SGD along and across the keys.",
    T13: "Opposed keys.",
    T14: "Mistake bound by a separator.",
}

impl TheoremId {
    /// The name of a theorem that is not in the registry.
    pub const fn new(name: &'static str) -> Self {
        TheoremId(name)
    }

    /// The name.
    pub fn name(self) -> &'static str {
        self.0
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

/// `proofs! { NAME: "what it covers"; ... }`: theorems of `Statements.v`.
macro_rules! proofs {
    ($($name:ident: $covers:literal;)*) => {
        &[$($crate::theory::record::Proof { name: stringify!($name), covers: $covers }),*]
    };
}
pub(crate) use proofs;

/// Theorems of `Statements.v` that belong to no theorem that is checked here: that the model is what it is called, the
/// abstract in one statement, and the checker of certificates.
pub const GENERAL: &[Proof] = proofs! {
    Loss_subgradient: "minus the gate is a subgradient of each loss but logistic, at every margin";
    Loss_slope: "minus the gate is the derivative of each loss but logistic, and the only one, except at the kinks of hinge and perceptron";
    Activation_slope: "the derivatives of the activations, except at the kinks of relu and leaky-relu";
    Gradient_descent: "on images that are lists of vectors, one step is minus eta times the gradient of the loss of the batch, away from kinks; sum pooling";
    Pixels_lossless: "pattern coordinates and counts of patches are enough: filters as vectors, in any order of the patches, move and answer as they say; sum pooling";
    Generated_law: "generative data: the law of the label, and multinomial counts of the background patches";
    Multinomial_formula: "the multinomial coefficient is b! over the product of the c_k!";
    Generated_assumptions: "generative data satisfy A2, and A3 and A4 where the laws of the labels say so";
    Main_theorem: "the abstract in one statement (relu, unhinged, one sample a step; A1k, A2, A3, A4; heads of independent fair signs that stay; independent filters, bounded, symmetric and never 0 along both keys, on finitely many vectors): for every delta and R some n0, and for n >= n0 some T, such that with probability at least 1 - delta over initialisation and samples, at all t >= T together, both labels have winners, every winner is at least R times as long as every loser, its cosine with its key is positive and the square at least 1 - delta, and accuracy is 1";
    Main_theorem_rate: "the same for n filters, with probability at least 1 - 2 (3/4)^n + (1/2)^n - epsilon, where both labels occur and the signed counts of each background pattern have mean 0";
    certificate_sound: "a claim of a certificate that the checker in Coq accepts holds in the model";
};

/// A line of the mathematics of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formula {
    /// What it is said of, in a few words that lead to it; may be empty.
    pub words: &'static str,
    /// The formula, in LaTeX for displays.
    pub latex: &'static str,
}

impl Formula {
    /// These words and this formula.
    pub const fn new(words: &'static str, latex: &'static str) -> Self {
        Formula { words, latex }
    }
}

/// The record of a theorem in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// Permanent name.
    pub id: TheoremId,
    /// What it is called, e.g. `"norm dominance"`.
    pub title: &'static str,
    /// The file that holds it, in `src/theory`, `tests/theorems` and `proofs/theories`.
    pub file: &'static str,
    /// The claims of the paper's abstract that it serves, `"C1"` to `"C6"`.
    pub claims: &'static [&'static str],
    /// One sentence with its quantifiers.
    pub statement: &'static str,
    /// The mathematics of that sentence, a formula a line.
    pub formulas: &'static [Formula],
    /// Model conditions (A0).
    pub model: Model,
    /// What the model asks for beside [`Statement::model`], in words; empty if nothing.
    pub further: &'static str,
    /// What it assumes beside A0.
    pub assumes: &'static [AssumptionId],
    /// All Coq theorems of `proofs/theories/Statements.v` that belong to it.
    pub proofs: &'static [Proof],
    /// What the statement, or a figure of its check, says that none of these covers.
    pub unproved: &'static [&'static str],
}

/// How much of a theorem is proved in Coq.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// Nothing.
    Nothing,
    /// A part: [`Statement::unproved`] names the rest.
    Part,
    /// All that it says.
    All,
}

impl Statement {
    /// How much of it is proved.
    pub fn coverage(&self) -> Coverage {
        match (self.proofs, self.unproved) {
            ([], _) => Coverage::Nothing,
            (_, []) => Coverage::All,
            _ => Coverage::Part,
        }
    }

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
