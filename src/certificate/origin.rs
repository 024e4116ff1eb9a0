//! Where a claim of a certificate belongs: to the theorem whose statement it certifies on this problem, to a
//! theorem whose conclusion fails here without its assumptions, to a conjecture, or to none.

use crate::problem::assumption::{Audit, audit};
use crate::problem::{Loss, Problem};
use crate::theory::forms;
use crate::theory::record::TheoremId;

/// An assumption that fails, and what shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// Its name: A0 to A6'.
    pub assumption: &'static str,
    /// What was found on this problem.
    pub witness: String,
}

impl Failing {
    /// What was found of an assumption.
    pub fn of(found: &crate::problem::assumption::Failing) -> Self {
        Failing {
            assumption: found.assumption.name(),
            witness: found.witness.clone(),
        }
    }
}

/// Where a claim belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The theorem; `None` if the claim is about the dynamics alone.
    pub theorem: Option<&'static str>,
    /// For a refutation: the assumption of the theorem that fails here. Its conclusion is refuted, the
    /// theorem is not.
    pub fails: Option<Failing>,
    /// The name of the conjecture that is decided, if one is.
    pub conjecture: Option<String>,
}

impl Origin {
    /// The claim certifies no theorem's statement.
    pub const NONE: Origin = Origin {
        theorem: None,
        fails: None,
        conjecture: None,
    };

    /// The claim certifies what this theorem says of the problem.
    pub fn of(theorem: &'static str) -> Self {
        Origin {
            theorem: Some(theorem),
            ..Self::NONE
        }
    }

    /// The claim refutes the conclusion of this theorem, without this assumption.
    pub fn without(theorem: &'static str, fails: Failing) -> Self {
        Origin {
            theorem: Some(theorem),
            fails: Some(fails),
            ..Self::NONE
        }
    }

    /// The claim decides the conjecture of this name.
    pub fn of_conjecture(name: &str) -> Self {
        Origin {
            conjecture: Some(name.to_owned()),
            ..Self::NONE
        }
    }

    /// Does the claim certify what the theorem says of the problem?
    pub fn certifies(&self, theorem: &str) -> bool {
        self.theorem == Some(theorem) && self.fails.is_none()
    }

    /// `T2`, `T2 without A4`, the name of a conjecture, or `-`.
    pub fn label(&self) -> String {
        match (self.theorem, &self.fails) {
            (None, _) => self.conjecture.clone().unwrap_or_else(|| "-".to_owned()),
            (Some(theorem), None) => theorem.to_owned(),
            (Some(theorem), Some(failing)) => format!("{theorem} without {}", failing.assumption),
        }
    }
}

/// Which of the theorems that claims may belong to apply, and what keeps the others away.
#[derive(Debug, Clone)]
pub struct Applicability {
    hinge: bool,
    failing: Vec<(TheoremId, Option<Failing>)>,
}

impl Applicability {
    /// Asks the theorems T1 to T8, T3max, T6c, T12 and T13 themselves.
    ///
    /// # Cost
    /// The audit of the problem.
    pub fn new(problem: &Problem) -> Self {
        let audits = audit(problem);
        let asked = [
            TheoremId::T1,
            TheoremId::T2,
            TheoremId::T3,
            TheoremId::T3max,
            TheoremId::T4,
            TheoremId::T5,
            TheoremId::T6,
            TheoremId::T6c,
            TheoremId::T7,
            TheoremId::T8,
            TheoremId::T12,
            TheoremId::T13,
        ];
        Applicability {
            hinge: problem.training().loss == Loss::Hinge,
            failing: asked
                .map(|id| (id, failing(problem, &audits, id)))
                .into_iter()
                .collect(),
        }
    }

    /// The first assumption of the theorem that fails, if it was asked and does not apply.
    pub fn failing(&self, id: TheoremId) -> Option<&Failing> {
        let mut asked = self.failing.iter();
        asked.find(|(of, _)| *of == id)?.1.as_ref()
    }

    /// The same for the theorem's conclusion without end: T1's corollary for the hinge ends where a margin
    /// reaches 1, so its closed form for ever takes the unhinged loss.
    pub fn failing_for_ever(&self, id: TheoremId) -> Option<Failing> {
        let past_the_corollary = || {
            (id == TheoremId::T1 && self.hinge).then(|| Failing {
                assumption: "A0",
                witness: "training.loss = \"hinge\", and a margin has reached 1".to_owned(),
            })
        };
        self.failing(id).cloned().or_else(past_the_corollary)
    }
}

fn failing(problem: &Problem, audits: &[Audit], id: TheoremId) -> Option<Failing> {
    let theorem = forms().find(|t| t.statement().id == id)?;
    let fails = theorem.applies(problem, audits).err()?;
    fails.first().map(Failing::of)
}
