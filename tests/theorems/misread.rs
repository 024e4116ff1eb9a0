//! The harness can fail: a theorem that says what one of its near misses says is found out.

use crate::common::Shape;
use crate::common::strategy::{Cases, for_all};
use crate::harness::{population, suite};
use filtercert::problem::assumption::{Audit, Failing};
use filtercert::problem::{Format, Problem, parse_problem};
use filtercert::theory::closed_form::ClosedForm;
use filtercert::theory::context::Context;
use filtercert::theory::curve::Curve;
use filtercert::theory::record::Statement;
use filtercert::theory::theorem::{Theorem, Theory, Wrong};
use filtercert::theory::verdict::Outcome;

/// The closed form with every drift twice as large.
struct Misread;

impl Theorem for Misread {
    fn forms(&self) -> Vec<&dyn Theorem> {
        vec![self]
    }

    fn statement(&self) -> &'static Statement {
        ClosedForm.statement()
    }

    fn wrong_theories(&self) -> Vec<Wrong> {
        ClosedForm.wrong_theories()
    }

    fn applies(&self, problem: &Problem, audits: &[Audit]) -> Result<(), Vec<Failing>> {
        ClosedForm.applies(problem, audits)
    }

    fn check(&self, context: &Context<'_>, _theory: Theory) -> Outcome {
        ClosedForm.check(context, Theory::Wrong(0))
    }

    fn curves(&self, context: &Context<'_>, outcome: &Outcome, times: &[u64]) -> Vec<Curve> {
        Theorem::curves(&ClosedForm, context, outcome, times)
    }
}

/// The problem that is printed is as small as such problems are, and a file that reads back.
pub fn a_wrong_theorem_is_found_and_shrinks() {
    let shape = Shape::default();
    let suite = suite(&Misread, vec![population(40, shape.clone())]);
    let judge = |problem: &Problem| {
        suite.judge(0, problem, &mut Default::default(), &mut Default::default())
    };
    let cases = Cases {
        cases: 40,
        seed: 0,
        failures: None,
    };
    let (reason, file) = for_all(&shape, cases, judge).unwrap_err();
    assert!(reason.contains("T1 is refuted"), "{reason}");
    let problem = parse_problem("shrunk", &file, Format::Toml).unwrap();
    assert!(judge(&problem).is_err());
    assert_eq!((problem.n_filters(), problem.n_patterns()), (3, 3));
    assert_eq!(problem.training().steps, *shape.steps.start());
}
