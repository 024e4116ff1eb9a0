//! The exact engine against two plain steps kept here: one in reduced rationals, one in integers
//! over a common denominator; and how its time grows with steps, filters and patterns.
//!
//! `cargo bench --bench exact_engine -- exact-a` runs one instance; times are for 200 steps from a
//! prepared start, and the engine's include leaving the exact state behind. `exact-c/plain` takes
//! minutes: its rationals reach thousands of bits.

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use filtercert::dynamics::expected::{Expected, Limits};
use filtercert::number::{Q, common_denominator};
use filtercert::problem::{
    Activation, Atom, HeadInit, Label, Loss, Network, Pooling, Problem, Train, read_problem,
};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use std::hint::black_box;
use std::path::Path;

const STEPS: u64 = 200;

fn instance(name: &str) -> Problem {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("benches/instances")
        .join(format!("{name}.toml"));
    read_problem(&file).expect("a valid instance")
}

fn plain(numbers: Vec<Q>) -> Vec<BigRational> {
    numbers.into_iter().map(BigRational::from).collect()
}

/// relu, sum pooling, orthonormal patterns: a plain step, every operation on reduced rationals of
/// num-rational, margins through `F_p = sum_j a_j relu(Z_jp)`, forces from the moments when no gate
/// is needed.
#[derive(Clone)]
struct PlainRational {
    hinge: bool,
    trained: bool,
    step: BigRational,
    /// Atoms with `y N_p` times their probability.
    atoms: Vec<(Atom, Vec<BigRational>)>,
    moments: Vec<BigRational>,
    head: Vec<BigRational>,
    weights: Vec<Vec<BigRational>>,
}

/// `a d`. Where d is `1/k` this is a quotient, which saves the gcd of a long number with 1.
fn times(a: &BigRational, d: &BigRational) -> BigRational {
    if d.numer().is_one() {
        a / d.denom()
    } else if (-d.numer()).is_one() {
        -(a / d.denom())
    } else {
        a * d
    }
}

impl PlainRational {
    fn new(problem: &Problem) -> Self {
        PlainRational {
            hinge: problem.training().loss == Loss::Hinge,
            trained: problem.training().train == Train::FiltersAndHead,
            step: problem.training().step.clone().into(),
            atoms: problem
                .distribution()
                .atoms()
                .expect("few")
                .atoms()
                .iter()
                .map(|atom| {
                    let mass = BigRational::from(atom.probability.clone());
                    let signed = mass * BigInt::from(atom.label.sign());
                    let push = |&c: &u32| &signed * BigInt::from(c);
                    (atom.clone(), atom.counts.iter().map(push).collect())
                })
                .collect(),
            moments: plain(problem.distribution().signed_mean_counts()),
            head: plain(problem.network().head.clone()),
            weights: problem
                .network()
                .weights
                .iter_rows()
                .map(|row| plain(row.to_vec()))
                .collect(),
        }
    }

    fn step(&mut self) {
        let force = if self.hinge {
            let mut f = vec![BigRational::zero(); self.moments.len()];
            for (row, a) in self.weights.iter().zip(&self.head) {
                for (sum, z) in f.iter_mut().zip(row) {
                    if z.is_positive() {
                        *sum += a * z;
                    }
                }
            }
            let mut force = vec![BigRational::zero(); f.len()];
            for (atom, pushes) in &self.atoms {
                let mut margin = BigRational::zero();
                for (sum, &c) in f.iter().zip(&atom.counts) {
                    match c {
                        0 => {}
                        1 => margin += sum,
                        _ => margin += sum * BigInt::from(c),
                    }
                }
                if atom.label == Label::Minus {
                    margin = -margin;
                }
                if margin < BigRational::one() {
                    for (slot, push) in force.iter_mut().zip(pushes) {
                        if !push.is_zero() {
                            *slot += push;
                        }
                    }
                }
            }
            force
        } else {
            self.moments.clone()
        };
        let force: Vec<BigRational> = force.iter().map(|d| d * &self.step).collect();
        for (row, a) in self.weights.iter_mut().zip(&mut self.head) {
            // A sum that starts at 0 would cost a gcd with it.
            let mut turn: Option<BigRational> = None;
            for (z, d) in row.iter_mut().zip(&force) {
                if z.is_positive() && !d.is_zero() {
                    if self.trained {
                        let part = times(z, d);
                        turn = Some(turn.map_or_else(|| part.clone(), |sum| sum + &part));
                    }
                    *z += times(a, d);
                }
            }
            if let Some(turn) = turn {
                *a += turn;
            }
        }
    }
}

/// The same step on integers over one common denominator, which a trained head multiplies by a
/// constant at every step; no gcd.
#[derive(Clone)]
struct CommonDenominator {
    hinge: bool,
    trained: bool,
    /// Force times step over `grow`: labels, counts, weights.
    atoms: Vec<(Label, Vec<u32>, BigInt)>,
    moments: Vec<BigInt>,
    rate: BigInt,
    grow: BigInt,
    denominator: BigInt,
    head: Vec<BigInt>,
    weights: Vec<Vec<BigInt>>,
}

impl CommonDenominator {
    fn new(problem: &Problem) -> Self {
        let over = |values: &[Q], unit: &BigInt| -> Vec<BigInt> {
            values
                .iter()
                .map(|q| q.numer() * (unit / q.denom()))
                .collect()
        };
        let hinge = problem.training().loss == Loss::Hinge;
        let trained = problem.training().train == Train::FiltersAndHead;
        let table = problem.distribution().atoms().expect("few");
        let moments = problem.distribution().signed_mean_counts();
        let unit = if hinge {
            common_denominator(table.atoms().iter().map(|a| &a.probability))
        } else {
            common_denominator(&moments)
        };
        let step = &problem.training().step;
        let grow = step.denom() * &unit;
        let network = problem.network();
        let mut denominator =
            common_denominator(network.weights.entries().iter().chain(&network.head));
        if !trained {
            denominator = num_integer::Integer::lcm(&denominator, &grow);
        }
        CommonDenominator {
            hinge,
            trained,
            atoms: table
                .atoms()
                .iter()
                .map(|a| {
                    let weight = a.probability.numer() * (&unit / a.probability.denom());
                    (a.label, a.counts.clone(), weight)
                })
                .collect(),
            moments: if hinge {
                Vec::new()
            } else {
                over(&moments, &unit)
            },
            rate: if trained {
                step.numer().clone()
            } else {
                step.numer() * (&denominator / &grow)
            },
            grow,
            head: if trained {
                over(&network.head, &denominator)
            } else {
                over(&network.head, &BigInt::one())
            },
            weights: network
                .weights
                .iter_rows()
                .map(|row| over(row, &denominator))
                .collect(),
            denominator,
        }
    }

    fn step(&mut self) {
        let force = if self.hinge {
            let mut f = vec![BigInt::zero(); self.weights[0].len()];
            for (row, a) in self.weights.iter().zip(&self.head) {
                for (sum, z) in f.iter_mut().zip(row) {
                    if z.is_positive() {
                        *sum += a * z;
                    }
                }
            }
            let one = if self.trained {
                &self.denominator * &self.denominator
            } else {
                self.denominator.clone()
            };
            let mut force = vec![BigInt::zero(); f.len()];
            for (label, counts, weight) in &self.atoms {
                let mut margin = BigInt::zero();
                for (sum, &c) in f.iter().zip(counts) {
                    if c > 0 {
                        margin += sum * c;
                    }
                }
                if *label == Label::Minus {
                    margin = -margin;
                }
                if margin < one {
                    for (slot, &c) in force.iter_mut().zip(counts) {
                        if c > 0 {
                            match label {
                                Label::Plus => *slot += weight * c,
                                Label::Minus => *slot -= weight * c,
                            }
                        }
                    }
                }
            }
            force
        } else {
            self.moments.clone()
        };
        let push: Vec<BigInt> = force.iter().map(|d| d * &self.rate).collect();
        for (row, a) in self.weights.iter_mut().zip(&mut self.head) {
            let old = a.clone();
            if self.trained {
                *a *= &self.grow;
            }
            for (z, d) in row.iter_mut().zip(&push) {
                let moves = z.is_positive() && !d.is_zero();
                if self.trained {
                    if moves {
                        *a += d * &*z;
                    }
                    *z *= &self.grow;
                }
                if moves {
                    *z += d * &old;
                }
            }
        }
        if self.trained {
            self.denominator *= &self.grow;
        }
    }
}

/// The three ways to take 200 steps end in the same state.
fn agree(problem: &Problem, steps: u64) {
    let mut engine = Expected::new(problem, &Limits::default()).expect("few atoms");
    let mut plain = PlainRational::new(problem);
    let mut common = CommonDenominator::new(problem);
    engine.advance_to(steps).expect("within limits");
    for _ in 0..steps {
        plain.step();
        common.step();
    }
    let state = engine.state();
    for (j, row) in plain.weights.iter().enumerate() {
        let row: Vec<Q> = row.iter().cloned().map(Q::from).collect();
        assert_eq!(state.weights.row(j), row);
        for (z, q) in common.weights[j].iter().zip(&row) {
            assert_eq!(Q::new(z.clone(), common.denominator.clone()), *q);
        }
    }
    let head: Vec<Q> = plain.head.into_iter().map(Q::from).collect();
    assert_eq!(state.head, head);
}

fn instances(c: &mut Criterion) {
    for name in ["exact-a", "exact-b", "exact-c"] {
        let problem = instance(name);
        agree(&problem, 25);
        let mut group = c.benchmark_group(name);
        let ready = Expected::new(&problem, &Limits::default()).expect("few atoms");
        group.bench_function("engine", |b| {
            b.iter_batched(
                || ready.clone(),
                |mut engine| {
                    engine.advance_to(STEPS).expect("within limits");
                    engine
                },
                BatchSize::SmallInput,
            );
        });
        group.bench_function("engine-with-setup", |b| {
            b.iter(|| {
                let mut engine =
                    Expected::new(black_box(&problem), &Limits::default()).expect("few atoms");
                engine.advance_to(STEPS).expect("within limits");
                engine
            });
        });
        group.sample_size(10);
        group.warm_up_time(std::time::Duration::from_millis(100));
        group.measurement_time(std::time::Duration::from_secs(1));
        let common = CommonDenominator::new(&problem);
        group.bench_function("common-denominator", |b| {
            b.iter_batched(
                || common.clone(),
                |mut state| {
                    (0..STEPS).for_each(|_| state.step());
                    state
                },
                BatchSize::PerIteration,
            );
        });
        let plain = PlainRational::new(&problem);
        group.bench_function("plain", |b| {
            b.iter_batched(
                || plain.clone(),
                |mut state| {
                    (0..STEPS).for_each(|_| state.step());
                    state
                },
                BatchSize::PerIteration,
            );
        });
        group.finish();
    }
}

/// `problem` with another network of this many filters.
fn with_filters(problem: &Problem, n: usize) -> Problem {
    let network = Network::random(
        Activation::Relu,
        Pooling::Sum,
        n,
        problem.n_patterns(),
        HeadInit::Alternating,
        Vec::new(),
        filtercert::number::ratio(1, 2),
        64,
        7,
    )
    .expect("a valid network");
    problem
        .changed(|parts| parts.network = network)
        .expect("it fits")
}

fn growth(c: &mut Criterion) {
    let mut group = c.benchmark_group("growth");
    let base = instance("exact-a");
    let run = |b: &mut criterion::Bencher<'_>, problem: &Problem, steps: u64| {
        let ready = Expected::new(problem, &Limits::default()).expect("few atoms");
        b.iter_batched(
            || ready.clone(),
            |mut engine| {
                engine.advance_to(steps).expect("within limits");
                engine
            },
            BatchSize::SmallInput,
        );
    };
    for steps in [100, 1_000, 10_000, 1_000_000_000_000] {
        group.bench_with_input(BenchmarkId::new("steps", steps), &steps, |b, &steps| {
            run(b, &base, steps);
        });
    }
    for n in [16, 64, 256, 1024] {
        let problem = with_filters(&base, n);
        group.bench_with_input(BenchmarkId::new("filters", n), &problem, |b, problem| {
            run(b, problem, STEPS);
        });
    }
    for k in [2u32, 4, 8, 12] {
        let side = vec![filtercert::number::ratio(1, i64::from(k)); k as usize];
        let half = filtercert::number::ratio(1, 2);
        let generative =
            filtercert::problem::Generative::new([half.clone(), half], 5, 1, [side.clone(), side])
                .expect("a valid distribution");
        let wider = base
            .changed(|parts| {
                parts.dictionary =
                    filtercert::problem::Dictionary::orthonormal(k as usize).expect("small");
                parts.distribution = filtercert::problem::Distribution::Generative(generative);
                parts.network = Network::random(
                    Activation::Relu,
                    Pooling::Sum,
                    16,
                    k as usize + 2,
                    HeadInit::Alternating,
                    Vec::new(),
                    filtercert::number::ratio(1, 2),
                    64,
                    7,
                )
                .expect("a valid network");
            })
            .expect("the parts fit together");
        group.bench_with_input(BenchmarkId::new("patterns", k + 2), &wider, |b, problem| {
            run(b, problem, STEPS);
        });
    }
    group.finish();
}

criterion_group!(benches, instances, growth);
criterion_main!(benches);
