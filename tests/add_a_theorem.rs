//! A theorem written from outside the crate: the page "Add a theorem" of docs/architecture.md, compiled and run.

mod common;

#[allow(dead_code, reason = "the summary is of the theorems in the registry")]
#[path = "theorems/harness.rs"]
mod harness;
#[path = "theorems/violate.rs"]
mod violate;

use common::Shape;
use common::strategy::random;
use filtercert::audit;
use filtercert::problem::Loss;
use filtercert::theory::context::Context;
use filtercert::theory::theorem::{Theorem, Theory};
use harness::{Suite, holds_exactly, population, suite};

// The page begins here.
mod linear_growth {
    //! Linear growth: no filter outgrows a straight line, in the expected dynamics.
    //!
    //! A step adds `eta a_j` times a mean of gated sums of m patterns of length 1 to a filter, with gates in
    //! [0, 1] and `a_j` a sign: its length changes by at most `eta m`. So `|w_j(t)| <= |w_j(0)| + eta m t`, and
    //! since `(a + b)^2 <= 2 a^2 + 2 b^2` the bound holds that is checked, a rational one.

    use filtercert::theory::evidence::{along_expected, started};
    use filtercert::theory::prelude::*;
    use num_traits::Zero;

    /// The bound by a straight line.
    pub struct LinearGrowth;

    static RECORD: Statement = Statement {
        id: TheoremId::new("TL"),
        title: "linear growth",
        file: "linear_growth",
        claims: &["C4"],
        statement: "For every filter j and step t: |w_j(t)|^2 <= 2 |w_j(0)|^2 + 2 (eta m t)^2.",
        formulas: &[Formula::new(
            "for every filter j and step t",
            r"|w_j(t)|^2 \le 2\, |w_j(0)|^2 + 2 (\eta m t)^2",
        )],
        model: Model {
            losses: &[Loss::Unhinged, Loss::Hinge, Loss::Perceptron],
            ..Model::RELU_SUM
        },
        further: "any batch",
        assumes: &[A1, A5f],
        proofs: &[],
        unproved: &["the statement"],
    };

    /// The clause of the claim.
    const LINE: Clause = Clause::new("the squared norm of a filter", AtMost);

    /// The line of each filter.
    pub struct Claim {
        /// `2 |w_j(0)|^2`, one a filter.
        start: Vec<Q>,
        /// `eta m`.
        pace: Q,
    }

    static NEAR_MISSES: [NearMiss<Claim>; 2] = [
        NearMiss::new(LINE.name, "filters do not grow at all", |claim, _| {
            claim.pace = Q::zero()
        }),
        NearMiss::new(LINE.name, "the start does not count", |claim, _| {
            claim.start.fill(Q::zero())
        }),
    ];

    impl Claimed for LinearGrowth {
        type Claim = Claim;

        const RECORD: &'static Statement = &RECORD;

        const NEAR_MISSES: &'static [NearMiss<Claim>] = &NEAR_MISSES;

        const WITHOUT: &'static str = "A step may be longer here.";

        fn claim(&self, problem: &Problem) -> Result<Claim, Remark> {
            let rows = problem.network().weights.iter_rows();
            let patches = integer(problem.distribution().max_patches());
            Ok(Claim {
                start: rows
                    .map(|row| problem.dictionary().norm_squared(row) * integer(2))
                    .collect(),
                pace: &problem.training().step * patches,
            })
        }

        fn compare(&self, context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
            let problem = context.problem;
            let steps = problem.training().steps;
            let walked = along_expected(context, 0..=steps, |engine| {
                let t = engine.t();
                let way = &claim.pace * integer(t);
                let norms = engine.state().norms_squared(problem);
                for (j, (norm, start)) in norms.iter().zip(&claim.start).enumerate() {
                    let bound = start + &way * &way * integer(2);
                    LINE.check(Place::expected(t).filter(j), &bound, norm)?;
                }
                Ok(())
            });
            let Some(walked) = started(walked, outcome) else {
                return;
            };
            outcome.scope = Some(walked.scope());
            let compared = (walked.compared, "step");
            outcome.because = remark!("All norms were compared at {}.", compared).into();
            walked.conclude(steps, outcome);
        }
    }
}
// The page ends here.

use linear_growth::LinearGrowth;

/// Its suite, as `suites()` of `tests/theorems/linear_growth.rs` would list it.
fn growth() -> Suite {
    let shape = |loss| Shape {
        loss,
        ..Shape::default()
    };
    let losses = [Loss::Unhinged, Loss::Hinge, Loss::Perceptron];
    let populations = losses.map(|loss| population(40, shape(loss)));
    Suite {
        holds: holds_exactly,
        speaks: |_, outcome| !outcome.vacuous,
        ..suite(&LinearGrowth, populations.into())
    }
}

#[test]
fn holds_on_random_problems() {
    growth().holds();
}

#[test]
fn near_misses_are_refuted() {
    growth().near_misses();
}

#[test]
fn says_which_assumption_fails() {
    growth().assumptions();
}

#[test]
fn a_near_miss_that_is_not_there_is_undecided() {
    let problem = random(&Shape::default(), 1);
    let audits = audit(&problem);
    let there = LinearGrowth.wrong_theories().len();
    let none = LinearGrowth.check(&Context::new(&problem, &audits), Theory::Wrong(there));
    assert_eq!(none.verdict.name(), "undecided");
}

/// The page shows this file.
#[test]
fn the_page_shows_this_code() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let source = read("tests/add_a_theorem.rs");
    let code = source
        .split_once("// The page begins here.\nmod linear_growth {\n")
        .and_then(|(_, rest)| rest.split_once("}\n// The page ends here.\n"))
        .unwrap()
        .0;
    // In the crate it is a file, and its paths begin with `crate`.
    let page: String = code
        .lines()
        .map(|line| {
            line.strip_prefix("    ")
                .unwrap_or(line)
                .replace("filtercert::", "crate::")
                + "\n"
        })
        .collect();
    let path = "docs/architecture.md";
    let text = read(path);
    let (before, rest) = text
        .split_once("a_theorem.rs, compared by a test -->\n```rust\n")
        .unwrap();
    let (shown, after) = rest.split_once("```\n<!-- end -->").unwrap();
    if std::env::var_os("README_UPDATE").is_some() {
        let mark = "a_theorem.rs, compared by a test -->\n```rust\n";
        let written = format!("{before}{mark}{page}```\n<!-- end -->{after}");
        std::fs::write(root.join(path), written).unwrap();
    } else {
        assert!(shown == page, "README_UPDATE=1 writes the page anew");
    }
}
