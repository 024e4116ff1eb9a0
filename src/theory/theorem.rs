//! What a theorem is to this crate: a record, when it applies, and a check that ends in a verdict.

use super::context::Context;
use super::curve::Curve;
use super::record::Statement;
use super::remark::Remark;
use super::verdict::{Outcome, Verdict};
use crate::problem::Problem;
use crate::problem::assumption::{AssumptionId, Audit, Failing};
use crate::remark;

/// Which theory a check is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theory {
    /// The statement itself.
    Stated,
    /// The wrong theory with this index in [`Theorem::wrong_theories`].
    Wrong(usize),
}

/// A near miss of a theorem: a wrong theory that its check must refute.
pub struct NearMiss<C> {
    /// What it says instead, in words.
    pub text: &'static str,
    /// The clause of the claim that it breaks, one of those that a [`Violation`](super::violation::Violation) names.
    pub breaks: &'static str,
    /// Makes it of the claim of a problem.
    pub make: fn(&mut C, &Problem),
    /// What keeps it from a problem, of what keeps the theorem from it: where the near miss is that an assumption
    /// is not needed.
    pub drops: fn(&Failing, &Problem) -> bool,
}

impl<C> NearMiss<C> {
    /// A near miss that needs all that the theorem needs.
    pub const fn new(breaks: &'static str, text: &'static str, make: fn(&mut C, &Problem)) -> Self {
        NearMiss {
            text,
            breaks,
            make,
            drops: |_, _| false,
        }
    }

    /// The same without what `drops` names.
    #[must_use]
    pub const fn without(self, drops: fn(&Failing, &Problem) -> bool) -> Self {
        NearMiss { drops, ..self }
    }
}

/// A near miss in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrong {
    /// What it says.
    pub text: &'static str,
    /// The clause that it breaks.
    pub breaks: &'static str,
}

/// A theorem as its file writes it: what it claims of a problem, as data; wrong claims beside it; and how a claim is
/// compared with what is seen. All else is done by [`Theorem`].
pub trait Claimed: Sync {
    /// What is claimed of one problem.
    type Claim: 'static;

    /// The record.
    const RECORD: &'static Statement;

    /// Near misses of the claim.
    const NEAR_MISSES: &'static [NearMiss<Self::Claim>];

    /// Why nothing is claimed where an assumption fails, in one sentence.
    const WITHOUT: &'static str;

    /// What the theorem asks of a problem beside the model and the assumptions of its record, and
    /// does not find.
    fn further_failures(&self, _problem: &Problem) -> Vec<Failing> {
        Vec::new()
    }

    /// What is left of the failure of an assumption of the record, where the theorem asks for a weaker form of it than
    /// the audit.
    fn in_its_form(&self, failing: Failing, _problem: &Problem) -> Option<Failing> {
        Some(failing)
    }

    /// What is found all the same where an assumption fails.
    fn beyond(&self, _context: &Context<'_>, _outcome: &mut Outcome) {}

    /// The claim of a problem that the theorem applies to.
    ///
    /// # Errors
    /// The limit that keeps it from being written out.
    fn claim(&self, problem: &Problem) -> Result<Self::Claim, Remark>;

    /// Compares a claim with all evidence there is, and fills in the outcome.
    fn compare(&self, context: &Context<'_>, claim: &Self::Claim, outcome: &mut Outcome);

    /// The lines of the claim at these steps, ascending, of an outcome that holds.
    fn curves(
        &self,
        _context: &Context<'_>,
        _claim: &Self::Claim,
        _outcome: &Outcome,
        _times: &[u64],
    ) -> Vec<Curve> {
        Vec::new()
    }

    /// The lines of what is found all the same where an assumption fails.
    fn curves_beyond(
        &self,
        _context: &Context<'_>,
        _outcome: &Outcome,
        _times: &[u64],
    ) -> Vec<Curve> {
        Vec::new()
    }
}

/// A theorem: its record, when it applies, and its check. Every [`Claimed`] is one.
pub trait Theorem: Sync {
    /// The record.
    fn statement(&self) -> &'static Statement;

    /// Its forms, itself where it has one: each with its own record, the later ones asked where no earlier one applies.
    fn forms(&self) -> Vec<&dyn Theorem>;

    /// The near misses that the same check must refute, of all forms.
    fn wrong_theories(&self) -> Vec<Wrong>;

    /// Does it apply to a problem with these audits?
    ///
    /// # Errors
    /// Everything that keeps it from the problem, in order: model (A0), assumptions, and what it asks for
    /// beside them.
    fn applies(&self, problem: &Problem, audits: &[Audit]) -> Result<(), Vec<Failing>>;

    /// Checks a theory on a problem.
    ///
    /// With [`Theory::Stated`] this is the theorem. With [`Theory::Wrong`] the same comparison is
    /// made against the near miss; on a problem where the two differ it must come out refuted.
    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome;

    /// What the theorem, or what is found where it does not apply, says over time, at these steps, ascending; nothing
    /// where its check refuted it or left it open.
    fn curves(&self, context: &Context<'_>, outcome: &Outcome, times: &[u64]) -> Vec<Curve>;
}

/// A theorem of two forms, of which the second asks for less.
pub struct Forms<A, B>(pub A, pub B);

impl<A: Claimed, B: Claimed> Forms<A, B> {
    /// The form to ask.
    fn asked(&self, problem: &Problem, audits: &[Audit]) -> &dyn Theorem {
        match self.0.applies(problem, audits) {
            Ok(()) => &self.0,
            Err(_) => &self.1,
        }
    }

    /// What keeps a form from a problem, and then what the first assumes beside the second and does not find.
    fn with_first(
        &self,
        mut fails: Vec<Failing>,
        problem: &Problem,
        audits: &[Audit],
    ) -> Vec<Failing> {
        let first = self.0.applies(problem, audits).err().unwrap_or_default();
        for failing in first {
            let id = failing.assumption;
            let asked = id == AssumptionId::A0 || B::RECORD.assumes.contains(&id);
            if !asked && !fails.contains(&failing) {
                fails.push(failing);
            }
        }
        fails
    }
}

impl<A: Claimed, B: Claimed> Theorem for Forms<A, B> {
    fn statement(&self) -> &'static Statement {
        A::RECORD
    }

    fn forms(&self) -> Vec<&dyn Theorem> {
        vec![&self.0, &self.1]
    }

    fn wrong_theories(&self) -> Vec<Wrong> {
        let forms = self.forms().into_iter();
        forms.flat_map(|form| form.wrong_theories()).collect()
    }

    fn applies(&self, problem: &Problem, audits: &[Audit]) -> Result<(), Vec<Failing>> {
        let fails = self.asked(problem, audits).applies(problem, audits);
        fails.map_err(|fails| self.with_first(fails, problem, audits))
    }

    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome {
        let firsts = A::NEAR_MISSES.len();
        let (form, theory): (&dyn Theorem, _) = match theory {
            Theory::Stated => (self.asked(context.problem, context.audits), theory),
            Theory::Wrong(index) if index < firsts => (&self.0, theory),
            Theory::Wrong(index) => (&self.1, Theory::Wrong(index - firsts)),
        };
        let mut outcome = form.check(context, theory);
        outcome.theorem = A::RECORD.id;
        match outcome.fails.is_empty() {
            true => outcome.form = Some(outcome.record.id),
            false => {
                outcome.record = A::RECORD;
                outcome.fails = self.with_first(outcome.fails, context.problem, context.audits);
            }
        }
        outcome
    }

    fn curves(&self, context: &Context<'_>, outcome: &Outcome, times: &[u64]) -> Vec<Curve> {
        let form = self.asked(context.problem, context.audits);
        form.curves(context, outcome, times)
    }
}

impl<T: Claimed> Theorem for T {
    fn statement(&self) -> &'static Statement {
        T::RECORD
    }

    fn forms(&self) -> Vec<&dyn Theorem> {
        vec![self]
    }

    fn wrong_theories(&self) -> Vec<Wrong> {
        let words = |miss: &NearMiss<T::Claim>| Wrong {
            text: miss.text,
            breaks: miss.breaks,
        };
        T::NEAR_MISSES.iter().map(words).collect()
    }

    fn applies(&self, problem: &Problem, audits: &[Audit]) -> Result<(), Vec<Failing>> {
        let fails = T::RECORD.failures(problem, audits).into_iter();
        let mut fails: Vec<Failing> = fails
            .filter_map(|failing| self.in_its_form(failing, problem))
            .collect();
        fails.extend(self.further_failures(problem));
        if fails.is_empty() { Ok(()) } else { Err(fails) }
    }

    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome {
        let problem = context.problem;
        let mut outcome = Outcome::new(T::RECORD);
        let miss = match theory {
            Theory::Stated => None,
            Theory::Wrong(index) => {
                let Some(miss) = T::NEAR_MISSES.get(index) else {
                    outcome.undecided(remark!("there is no near miss {}", index));
                    return outcome;
                };
                Some(miss)
            }
        };
        let mut fails = self
            .applies(problem, context.audits)
            .err()
            .unwrap_or_default();
        fails.retain(|failing| !miss.is_some_and(|miss| (miss.drops)(failing, problem)));
        if !fails.is_empty() {
            outcome = Outcome::not_applicable(T::RECORD, fails, T::WITHOUT);
            if miss.is_none() {
                self.beyond(context, &mut outcome);
            }
            return outcome;
        }
        match (self.claim(problem), miss) {
            (Err(limit), _) => outcome.undecided(limit),
            (Ok(claim), None) => self.compare(context, &claim, &mut outcome),
            (Ok(mut claim), Some(miss)) => {
                (miss.make)(&mut claim, problem);
                self.compare(&context.for_verdict(), &claim, &mut outcome);
            }
        }
        outcome
    }

    fn curves(&self, context: &Context<'_>, outcome: &Outcome, times: &[u64]) -> Vec<Curve> {
        match &outcome.verdict {
            Verdict::Holds { .. } => match self.claim(context.problem) {
                Ok(claim) => Claimed::curves(self, context, &claim, outcome, times),
                Err(_) => Vec::new(),
            },
            Verdict::NotApplicable { .. } => self.curves_beyond(context, outcome, times),
            Verdict::Refuted { .. } | Verdict::Undecided { .. } => Vec::new(),
        }
    }
}
