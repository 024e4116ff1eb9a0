//! When hinge SGD has settled: paths against a look at every step, and the binomial bound against sums and scans.

use crate::common::binomial_sum;
use filtercert::dynamics::accuracy::margin_range;
use filtercert::dynamics::gradient::Model;
use filtercert::dynamics::path::{ExactPath, SampledPath};
use filtercert::dynamics::sampler::Sampler;
use filtercert::number::{Matrix, Q, integer, ratio};
use filtercert::probability::binomial_below;
use filtercert::problem::{Atom, AtomTable, Distribution, Format, Label, Problem, parse_problem};
use filtercert::theory::settling::{Settled, Waiting, is_settled, settle};
use num_traits::{One, Signed, Zero};
use std::sync::Arc;

fn problem(background: &str) -> Problem {
    let text = format!(
        r#"
name = "settling"
[dictionary]
background = 2
[distribution]
prior = ["3/5", "2/5"]
patches = 3
key_patches = 1
background = [{background}]
[network]
activation = "relu"
pooling = "sum"
head = "alternating"
filters = 6
init = {{ kind = "uniform", half_width = "1/2", denominator = 64, seed = 7 }}
[training]
loss = "hinge"
train = "filters"
step = "1/20"
batch = 1
steps = 60
runs = 10
seed = 1
"#
    );
    parse_problem("settling.toml", &text, Format::Toml).expect("a problem")
}

/// The first step at which the least margin is at least 1, looked at after every step.
fn first_settled(problem: &Problem, run: u64, steps: u64) -> Settled {
    let sampler = Sampler::new(problem.distribution());
    let model = Model::<Q>::new(problem);
    let path = ExactPath::new(problem);
    let mut sampled = SampledPath::new(path, &sampler, problem.training().seed, run);
    let mut at = None;
    for t in 0..=steps {
        if t > 0 {
            sampled.advance();
        }
        let state = sampled.path().state();
        let (least, _) = margin_range(&model, problem, &state).expect("a short cut");
        if at.is_none() && least >= Q::one() {
            at = Some(t);
        }
        assert_eq!(is_settled(sampled.path()), Some(least >= Q::one()));
    }
    Settled {
        updates: sampled.path().updates(),
        at,
    }
}

#[test]
fn a_run_settles_at_the_first_step_without_a_margin_below_1() {
    let generative = problem("\"1/3\", \"2/3\"");
    let one_pattern = problem("\"1\", \"0\"");
    let mut explicit = generative.clone();
    let atoms = [(Label::Plus, [1, 0, 2, 1]), (Label::Minus, [0, 1, 0, 3])];
    let atoms = atoms.map(|(label, counts)| Atom {
        label,
        counts: counts.to_vec(),
        probability: ratio(1, 2),
    });
    let table = AtomTable::new(4, atoms.to_vec()).expect("a table");
    explicit = explicit
        .changed(|parts| parts.distribution = Distribution::Explicit(Arc::new(table)))
        .unwrap();
    let mut ends = 0;
    for problem in [generative, one_pattern, explicit] {
        let sampler = Sampler::new(problem.distribution());
        for run in 0..8 {
            for steps in [0, 1, 20, 60, 400] {
                let found = settle(&problem, &sampler, run, steps);
                assert_eq!(found, Some(first_settled(&problem, run, steps)));
                ends += u64::from(found.is_some_and(|end| end.at.is_some()));
            }
        }
    }
    assert!(ends >= 20);
}

/// 1/2 + 1/4 + 1/4 is 1 for either label: both gates are closed at a margin of exactly 1.
#[test]
fn a_margin_of_exactly_1_is_settled() {
    let problem = problem("\"1/3\", \"2/3\"")
        .changed(|parts| {
            let weights = [[2, -1, 0, 0], [-1, 2, 0, 0]].as_flattened();
            let weights = weights.iter().map(|&z| ratio(z, 4)).collect();
            parts.network.weights = Matrix::from_vec(2, 4, weights).expect("two rows");
            parts.network.head = [1, -1].map(integer).to_vec();
            parts.training.step = ratio(1, 4);
        })
        .expect("a problem");
    let sampler = Sampler::new(problem.distribution());
    for run in 0..8 {
        let found = settle(&problem, &sampler, run, 60);
        assert_eq!(found, Some(first_settled(&problem, run, 60)));
        let end = found.expect("the lattice");
        assert!(end.updates == 4 && end.at.is_some(), "{end:?}");
    }
}

#[test]
fn tails_are_enclosed_on_both_sides_of_the_switch_to_chernoff() {
    let p = ratio(1, 4);
    for (t, k) in [(2_000u64, 40u64), (6_000, 900), (4_000, 600), (2_100, 200)] {
        let exact = binomial_sum(t, &p, k);
        let tail = Waiting::new(p.clone()).tail(t, &k.into());
        assert!(*tail.lower() <= exact && exact <= *tail.upper(), "{t} {k}");
    }
    // Far: Chernoff. Near: the sum.
    let waiting = Waiting::new(p);
    assert!(waiting.tail(6_000, &900.into()).lower().is_zero());
    assert!(waiting.tail(2_100, &500.into()).lower().is_positive());
}

#[test]
fn the_least_step_is_the_first_of_a_scan() {
    for (p, updates) in [
        (ratio(1, 3), 5u64),
        (ratio(1, 2), 1),
        (ratio(9, 10), 30),
        (Q::one(), 4),
    ] {
        for level in [
            ratio(1, 2),
            ratio(1, 10),
            ratio(1, 1_000_000),
            ratio(99, 100),
        ] {
            let waiting = Waiting::new(p.clone());
            let scanned = (0..).find(|&t| *binomial_below(t, &p, updates).upper() <= level);
            let found = waiting.least_t(&updates.into(), &level);
            assert_eq!(
                found,
                scanned.map(|t| [t; 2]).ok_or("".into()),
                "{p} {updates} {level}"
            );
        }
    }
    assert_eq!(
        Waiting::new(ratio(1, 2)).least_t(&0.into(), &ratio(1, 9)),
        Ok([0; 2])
    );
    let never = Waiting::new(ratio(1, 2)).least_t(&3.into(), &Q::zero());
    assert!(never.is_err(), "{never:?}");
}
