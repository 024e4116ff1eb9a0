//! The checker of certificates against the same checks made plainly here, every operation on reduced rationals: the
//! expected dynamics step by step through the definition of the gradient, and the law of a walk between two barriers as
//! exact probabilities.
//!
//! `cargo bench --bench verifier -- state` runs one group. What is timed of the checker is `verify` as a whole, with
//! reading the problem's atoms; of the plain way the steps alone.

use criterion::{Criterion, criterion_group, criterion_main};
use filtercert::certificate::format::{Certificate, Claim, Natural, Probability};
use filtercert::certificate::verify::verify;
use filtercert::certify;
use filtercert::dynamics::gradient::{Model, Sample};
use filtercert::dynamics::state::State;
use filtercert::number::{Q, integer};
use filtercert::problem::{Label, Loss, Problem, read_problem};
use num_bigint::BigInt;
use num_traits::{One, Zero};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;

fn instance() -> Problem {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instances/exact-a.toml");
    read_problem(&file).expect("a valid instance")
}

/// The weights after so many steps of the expected dynamics.
fn stepped(problem: &Problem, steps: u64) -> State<Q> {
    let model = Model::<Q>::new(problem);
    let table = problem.distribution().atoms().expect("few atoms");
    let mut state = State::initial(problem);
    for _ in 0..steps {
        let batch = table.atoms().iter().map(|atom| Sample {
            label: atom.label,
            counts: &atom.counts,
            weight: &atom.probability,
        });
        let gradient = model.gradient(&state, batch);
        model.apply(&mut state, &gradient);
    }
    state
}

/// The claim about the state at a step, with the segments that lead there.
fn state(c: &mut Criterion) {
    const STEPS: u64 = 50;
    let problem = instance();
    let mut certificate = certify(&problem, STEPS).expect("covered");
    let is_state = |claim: &Claim| matches!(claim, Claim::State { .. });
    certificate.claims.retain(is_state);
    let [Claim::State { t, weights, .. }] = &certificate.claims[..] else {
        panic!("one claim about the state");
    };
    assert_eq!(t.0, STEPS);
    let claimed = weights.iter().flatten().map(Q::from);
    assert!(claimed.eq(stepped(&problem, STEPS).weights.entries().iter().cloned()));
    assert!(verify(&certificate).claims[0].is_valid());
    let mut group = c.benchmark_group("state");
    group.bench_function("verify", |b| b.iter(|| verify(black_box(&certificate))));
    group.sample_size(10);
    group.bench_function("plain", |b| b.iter(|| stepped(black_box(&problem), STEPS)));
    group.finish();
}

/// Steps of the walks.
const T: u64 = 30;

/// Their barriers.
const LAMBDA: u64 = 20;

/// The probability that the walk of pattern p, `y N_p` an image, stays between the barriers.
fn stayed(problem: &Problem, p: usize) -> Q {
    let table = problem.distribution().atoms().expect("few atoms");
    let mut law: BTreeMap<i64, Q> = BTreeMap::new();
    for atom in table.atoms() {
        let step = i64::from(atom.counts[p]) * atom.label.sign();
        *law.entry(step).or_insert_with(Q::zero) += &atom.probability;
    }
    let mut mass = BTreeMap::from([(0i64, Q::one())]);
    for _ in 0..T {
        let mut next: BTreeMap<i64, Q> = BTreeMap::new();
        for (x, q) in &mass {
            for (step, r) in &law {
                let to = x + step;
                if to.unsigned_abs() <= LAMBDA {
                    *next.entry(to).or_insert_with(Q::zero) += q * r;
                }
            }
        }
        mass = next;
    }
    mass.into_values().sum()
}

/// A claim about probabilities of which only the walks matter: any norm is at least 0 times another.
fn walks(c: &mut Criterion) {
    let problem = instance()
        .changed(|parts| parts.training.loss = Loss::Unhinged)
        .expect("it fits");
    let patterns = problem.n_patterns();
    let certificate = |bound: Q| {
        let made = certify(&problem, 1).expect("covered");
        let claim = Probability {
            ratio: Some(Q::zero().into()),
            from: Natural(T),
            t: Natural(T),
            label_counts: [Natural(0); 2],
            walks: vec![Natural(LAMBDA); patterns - 2],
            bound: bound.into(),
        };
        Certificate {
            segments: Vec::new(),
            claims: vec![Claim::Probability(claim)],
            ..made
        }
    };
    // The checker finds the exact probability but for what it rounds away.
    let left = (2..patterns).map(|p| Q::one() - stayed(&problem, p));
    let exact = Q::one() - left.sum::<Q>();
    let little = integer(1) / Q::from_integer(BigInt::one() << 40);
    let [below, above] = [&exact - &little, exact + little];
    assert!(verify(&certificate(below.clone())).claims[0].is_valid());
    assert!(!verify(&certificate(above)).claims[0].is_valid());
    assert!(problem.winners(Label::Plus).len() + problem.winners(Label::Minus).len() > 0);
    let certificate = certificate(below);
    let mut group = c.benchmark_group("walks");
    group.bench_function("verify", |b| b.iter(|| verify(black_box(&certificate))));
    group.sample_size(10);
    group.bench_function("plain", |b| {
        b.iter(|| {
            (2..patterns)
                .map(|p| stayed(black_box(&problem), p))
                .collect::<Vec<Q>>()
        });
    });
    group.finish();
}

criterion_group!(benches, state, walks);
criterion_main!(benches);
