//! The exact law, the exact expected dynamics and the simulator on the same problem with other
//! dictionaries: the orthonormal one with the same activation is what the others are measured
//! against, in the same run.
//!
//! `cargo bench --bench dictionaries -- law` runs the law. Throughput counts states of the law, steps
//! of the expected dynamics, and samples of the simulator; none should be below a tenth of that of
//! the orthonormal dictionary. `law/rational` is the engine for every problem.

use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use filtercert::dynamics::expected::Expected;
use filtercert::dynamics::law::{Chain, Horizon, LawLimits};
use filtercert::dynamics::sgd::{ArithmeticChoice, Simulate, simulate};
use filtercert::number::{Matrix, Q, ratio};
use filtercert::problem::{
    Activation, Dictionary, Distribution, Generative, HeadInit, Loss, Network, Pooling, Problem,
    Train, Training,
};
use num_traits::{One, Zero};
use std::hint::black_box;

/// How the patterns overlap.
#[derive(Clone, Copy)]
enum Kind {
    Orthonormal,
    /// Every two backgrounds, and no key.
    Backgrounds,
    /// Every background with a key, so all patterns but one are linked.
    Keys,
    /// `v- = -v+`.
    Opposed,
}

fn vectors(kind: Kind, background: usize) -> Vec<Vec<Q>> {
    let mut vectors = vec![vec![Q::zero(); background + 2]; background + 2];
    for (p, vector) in vectors.iter_mut().enumerate() {
        vector[p] = Q::one();
        match kind {
            Kind::Backgrounds if p > 2 => vector[2] = ratio(3, 10),
            Kind::Keys if p >= 2 => vector[0] = ratio(3, 10),
            _ => {}
        }
    }
    if matches!(kind, Kind::Opposed) {
        vectors[1] = vectors[0].iter().map(|x| -x).collect();
    }
    vectors
}

/// The same filters, as vectors, for every kind of dictionary.
fn problem(kind: Kind, activation: Activation, loss: Loss, filters: usize, k: usize) -> Problem {
    let vectors = vectors(kind, k);
    let filter = Network::random(
        Activation::Relu,
        Pooling::Sum,
        filters,
        k + 2,
        HeadInit::Alternating,
        Vec::new(),
        ratio(1, 10),
        64,
        7,
    )
    .expect("valid");
    let inner = |j: usize, p: usize| -> Q {
        let pairs = filter.weights.row(j).iter().zip(&vectors[p]);
        pairs.map(|(w, x)| w * x).sum()
    };
    let weights = Matrix::from_fn(filters, k + 2, inner);
    let q = |first: i64| -> Vec<Q> {
        let rest = ratio(10 - first, 10 * (k as i64 - 1));
        let all = std::iter::once(ratio(first, 10)).chain(std::iter::repeat_n(rest, k - 1));
        all.collect()
    };
    let background = [7, 4].map(q);
    Problem::new(
        "dictionaries".to_owned(),
        Dictionary::explicit(vectors).expect("valid"),
        Distribution::Generative(
            Generative::new([ratio(9, 10), ratio(1, 10)], 4, 1, background).expect("valid"),
        ),
        Network::explicit(activation, Pooling::Sum, filter.head.clone(), weights).expect("valid"),
        Training {
            loss,
            train: Train::Filters,
            step: ratio(1, 50),
            batch: 1,
            steps: 2000,
            runs: 20,
            seed: 1,
        },
    )
    .expect("valid")
}

fn leaky() -> Activation {
    Activation::LeakyRelu { slope: ratio(1, 4) }
}

/// Those with an orthonormal dictionary are what the others are compared with.
fn variants() -> [(&'static str, Kind, Activation); 10] {
    [
        ("orthonormal, relu", Kind::Orthonormal, Activation::Relu),
        ("orthonormal, leaky-relu", Kind::Orthonormal, leaky()),
        (
            "orthonormal, identity",
            Kind::Orthonormal,
            Activation::Identity,
        ),
        ("backgrounds, relu", Kind::Backgrounds, Activation::Relu),
        ("keys, relu", Kind::Keys, Activation::Relu),
        ("keys, leaky-relu", Kind::Keys, leaky()),
        ("keys, identity", Kind::Keys, Activation::Identity),
        ("opposed, relu", Kind::Opposed, Activation::Relu),
        ("opposed, leaky-relu", Kind::Opposed, leaky()),
        ("opposed, identity", Kind::Opposed, Activation::Identity),
    ]
}

/// Filters and backgrounds.
const SIZES: [(usize, usize); 2] = [(12, 2), (64, 6)];

/// Steps of the law: thousands of states.
fn steps(filters: usize, activation: &Activation) -> u64 {
    match (filters, activation) {
        (12, Activation::Identity) => 100,
        (12, _) => 6,
        _ => 2,
    }
}

fn laws(c: &mut Criterion) {
    for (filters, k) in SIZES {
        let mut group = c.benchmark_group(format!("law-{filters}-{k}"));
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        let limits = LawLimits::default();
        for (name, kind, activation) in variants() {
            let problem = problem(kind, activation, Loss::Hinge, filters, k);
            let steps = steps(filters, &problem.network().activation);
            let run = || {
                let chain = Chain::build(&problem, Horizon::Steps(steps), false, &limits);
                chain.expect("few atoms").law(steps)
            };
            let law = run();
            assert_eq!(law.stopped, None);
            group.throughput(Throughput::Elements(law.reached));
            group.bench_function(BenchmarkId::new("engine", name), |b| {
                b.iter(|| black_box(run()));
            });
        }
        let problem = problem(Kind::Keys, Activation::Relu, Loss::Hinge, filters, k);
        // The rational engine ends at its work limit after one step of the larger problem.
        let steps = if filters == 12 { 2 } else { 1 };
        let rational = || {
            let chain = Chain::rational(&problem, Horizon::Steps(steps), false, &limits);
            chain.expect("few atoms").law(steps)
        };
        let engine = Chain::build(&problem, Horizon::Steps(steps), false, &limits);
        let found = rational();
        assert_eq!(found.stopped, None);
        assert_eq!(found, engine.expect("few atoms").law(steps));
        group.throughput(Throughput::Elements(found.reached));
        group.bench_function(BenchmarkId::new("rational", "keys, relu"), |b| {
            b.iter(|| black_box(rational()));
        });
        group.finish();
    }
}

fn expected(c: &mut Criterion) {
    for (filters, k) in SIZES {
        for loss in [Loss::Hinge, Loss::Unhinged] {
            let mut group = c.benchmark_group(format!("expected-{}-{filters}-{k}", loss.name()));
            group.sample_size(10).sampling_mode(SamplingMode::Flat);
            for (name, kind, activation) in variants() {
                let problem = problem(kind, activation, loss, filters, k);
                group.throughput(Throughput::Elements(2000));
                group.bench_function(name, |b| {
                    b.iter(|| {
                        let mut engine = Expected::new(&problem, &Default::default()).expect("few");
                        engine.advance_to(2000).expect("within the limits");
                        black_box(engine.state())
                    });
                });
            }
            group.finish();
        }
    }
}

fn simulator(c: &mut Criterion) {
    for (filters, k) in SIZES {
        let mut group = c.benchmark_group(format!("simulator-{filters}-{k}"));
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        for (name, kind, activation) in variants() {
            let problem = problem(kind, activation, Loss::Hinge, filters, k);
            let config = Simulate {
                runs: 20,
                steps: 2000,
                seed: 1,
                times: vec![0, 2000],
                arithmetic: ArithmeticChoice::Automatic,
                progress: None,
            };
            group.throughput(Throughput::Elements(40_000));
            group.bench_function(name, |b| {
                b.iter(|| black_box(simulate(&problem, &config, None)));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, laws, expected, simulator);
criterion_main!(benches);
