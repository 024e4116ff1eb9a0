//! The exact law of SGD against the plain way kept here: a hash map from states in reduced
//! rationals to probabilities in reduced rationals, every state moved by every open atom at every
//! step.
//!
//! `cargo bench --bench law -- law-fine` runs one instance. Times of the engine are for building
//! the chain and pushing the law to T, on one thread, from a problem that is read: everything that
//! [`Law`] holds. The plain way computes the same figures. It takes minutes to T on law-fine and
//! law-large, so both are compared at a smaller T there (`engine-to-20` and `plain-to-20`); with
//! `LAW_PLAIN=1` in the environment the plain way goes to T once on every instance, and its time
//! and its ratio to one run of the engine right after are printed.

use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use filtercert::dynamics::law::{Chain, Horizon, Law, LawLimits, absorption};
use filtercert::number::{Q, decimal};
use filtercert::problem::{Atom, Label, Problem, read_problem};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

fn instance(name: &str) -> Problem {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("benches/instances")
        .join(format!("{name}.toml"));
    read_problem(&file).expect("a valid instance")
}

/// What the plain way finds: the figures of a [`Law`].
struct PlainLaw {
    states: Vec<u64>,
    reached: u64,
    p_perfect: Vec<Q>,
    expected_accuracy: Vec<Q>,
    expected_norm_squared: Vec<Q>,
}

/// A state, hashed by numerators and denominators: the hash of a rational itself is far slower.
#[derive(Clone, PartialEq, Eq)]
struct Key(Vec<Q>);

impl Hash for Key {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        for q in &self.0 {
            q.numer().hash(hasher);
            q.denom().hash(hasher);
        }
    }
}

/// `sum_j a_j relu(Z_jp)` for every p.
fn pattern_sums(state: &[Q], head: &[Q], n_patterns: usize) -> Vec<Q> {
    let mut sums = vec![Q::zero(); n_patterns];
    for (row, a) in state.chunks_exact(n_patterns).zip(head) {
        for (sum, z) in sums.iter_mut().zip(row) {
            if z.is_positive() {
                *sum += a * z;
            }
        }
    }
    sums
}

fn margin(atom: &Atom, sums: &[Q]) -> Q {
    let mut f = Q::zero();
    for (sum, &count) in sums.iter().zip(&atom.counts) {
        if count > 0 {
            f += sum * BigInt::from(count);
        }
    }
    if atom.label == Label::Plus { f } else { -f }
}

/// Hinge, relu, sum pooling, orthonormal patterns, a fixed head, one sample a step.
fn plain(problem: &Problem, steps: u64) -> PlainLaw {
    let n_patterns = problem.n_patterns();
    let head = &problem.network().head;
    let table = problem.distribution().atoms().expect("few atoms");
    let start = Key(problem.network().weights.entries().to_vec());
    let mut seen: HashSet<Key> = HashSet::from([start.clone()]);
    let mut law: HashMap<Key, Q> = HashMap::from([(start, Q::one())]);
    let mut result = PlainLaw {
        states: Vec::new(),
        reached: 0,
        p_perfect: Vec::new(),
        expected_accuracy: Vec::new(),
        expected_norm_squared: Vec::new(),
    };
    for t in 0..=steps {
        let mut next: HashMap<Key, Q> = HashMap::new();
        let (mut perfect, mut accuracy) = (Q::zero(), Q::zero());
        result.states.push(law.len() as u64);
        if t == steps {
            result.expected_norm_squared = (0..problem.n_filters())
                .map(|j| {
                    law.iter().fold(Q::zero(), |sum, (state, p)| {
                        let row = &state.0[j * n_patterns..(j + 1) * n_patterns];
                        sum + row.iter().fold(Q::zero(), |s, z| s + z * z) * p
                    })
                })
                .collect();
        }
        for (state, p) in law {
            let sums = pattern_sums(&state.0, head, n_patterns);
            let (mut right, mut closed) = (Q::zero(), Q::zero());
            for atom in table.atoms() {
                let z = margin(atom, &sums);
                if z.is_positive() {
                    right += &atom.probability;
                }
                if t == steps {
                    continue;
                }
                if z >= Q::one() {
                    closed += &atom.probability;
                    continue;
                }
                let mut target = state.clone();
                for (row, a) in target.0.chunks_exact_mut(n_patterns).zip(head) {
                    for (z, &count) in row.iter_mut().zip(&atom.counts) {
                        if count > 0 && z.is_positive() {
                            let signed = BigInt::from(atom.label.sign() * i64::from(count));
                            *z += &problem.training().step * a * signed;
                        }
                    }
                }
                *next.entry(target).or_insert_with(Q::zero) += &p * &atom.probability;
            }
            if right.is_one() {
                perfect += &p;
            }
            accuracy += right * &p;
            if !closed.is_zero() {
                *next.entry(state).or_insert_with(Q::zero) += p * closed;
            }
        }
        result.p_perfect.push(perfect);
        result.expected_accuracy.push(accuracy);
        for state in next.keys() {
            if !seen.contains(state) {
                seen.insert(state.clone());
            }
        }
        law = next;
    }
    result.reached = seen.len() as u64;
    result
}

fn engine(problem: &Problem, steps: u64) -> Law {
    let limits = LawLimits::default();
    Chain::build(problem, Horizon::Steps(steps), false, &limits)
        .expect("few atoms")
        .law(steps)
}

fn assert_equal(fast: &Law, slow: &PlainLaw) {
    assert_eq!(fast.stopped, None);
    assert_eq!(fast.states, slow.states);
    assert_eq!(fast.reached, slow.reached);
    assert_eq!(fast.p_perfect, slow.p_perfect);
    assert_eq!(fast.expected_accuracy, slow.expected_accuracy);
    assert_eq!(fast.expected_norm_squared, slow.expected_norm_squared);
}

/// Name, T, T of the comparison with the plain way, states reached, P(accuracy 1 at T).
const INSTANCES: [(&str, u64, u64, u64, &str); 4] = [
    ("law-main", 30, 10, 1_360, "0.330915"),
    ("law-wide", 30, 10, 3_639, "0.351389"),
    ("law-fine", 100, 20, 8_474, "0.999911"),
    ("law-large", 30, 8, 100_944, "0.173094"),
];

fn laws(c: &mut Criterion) {
    for (name, steps, compared, reached, perfect) in INSTANCES {
        let problem = instance(name);
        let law = engine(&problem, steps);
        assert_eq!(law.reached, reached, "{name}");
        assert_eq!(
            decimal(&law.p_perfect[steps as usize], 6),
            perfect,
            "{name}"
        );
        let mut group = c.benchmark_group(name);
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        group.bench_function("engine", |b| {
            b.iter(|| black_box(engine(&problem, steps)));
        });
        group.bench_function("engine-merged", |b| {
            let limits = LawLimits::default();
            b.iter(|| {
                let chain = Chain::build(&problem, Horizon::Steps(steps), true, &limits);
                black_box(chain.expect("few atoms").law(steps))
            });
        });
        group.bench_function("build", |b| {
            let limits = LawLimits::default();
            b.iter(|| {
                black_box(Chain::build(
                    &problem,
                    Horizon::Steps(steps),
                    false,
                    &limits,
                ))
            });
        });
        assert_equal(&engine(&problem, compared), &plain(&problem, compared));
        group.bench_function(format!("engine-to-{compared}"), |b| {
            b.iter(|| black_box(engine(&problem, compared)));
        });
        group.bench_function(format!("plain-to-{compared}"), |b| {
            b.iter(|| black_box(plain(&problem, compared)));
        });
        if std::env::var_os("LAW_PLAIN").is_some() {
            let start = Instant::now();
            let slow = plain(&problem, steps);
            let plain_time = start.elapsed();
            let start = Instant::now();
            let fast = engine(&problem, steps);
            let engine_time = start.elapsed();
            assert_equal(&fast, &slow);
            let ratio = plain_time.as_secs_f64() / engine_time.as_secs_f64();
            println!("{name}: plain {plain_time:.2?}, engine {engine_time:.2?}: {ratio:.0} times");
        }
        group.finish();
    }
}

fn hitting_times(c: &mut Criterion) {
    let problem = instance("law-million");
    let mut group = c.benchmark_group("absorption");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.bench_function("law-million", |b| {
        b.iter(|| {
            let found = absorption(&problem, &LawLimits::default()).expect("within the limits");
            assert_eq!(found.states, 1_478_984);
            assert!(found.p_ever_perfect.is_one());
            black_box(found)
        });
    });
    group.finish();
}

criterion_group!(benches, laws, hitting_times);
criterion_main!(benches);
