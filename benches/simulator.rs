//! The simulator against a plain scalar loop on the same sample paths, and how its time grows.
//!
//! `cargo bench --bench simulator`. Each group runs both in one process on one thread; the group
//! `threads` compares two threads with two copies of the one-thread run side by side.

#[path = "commands/plain.rs"]
mod plain;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use filtercert::dynamics::sgd::{ArithmeticChoice, Simulate, simulate};
use filtercert::number::ratio;
use filtercert::problem::{
    Activation, Dictionary, Distribution, Generative, HeadInit, Loss, Network, Pooling, Problem,
    Train, Training, read_problem,
};
use plain::plain;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

/// The problem of `instances/sgd.toml`, with other sizes where asked.
fn sgd(loss: Loss, filters: usize, background: usize) -> Problem {
    let q = vec![ratio(1, background as i64); background];
    let distribution = Generative::new([ratio(1, 2), ratio(1, 2)], 8, 1, [q.clone(), q]).unwrap();
    let network = Network::random(
        Activation::Relu,
        Pooling::Sum,
        filters,
        background + 2,
        HeadInit::Alternating,
        Vec::new(),
        ratio(1, 16),
        64,
        7,
    )
    .unwrap();
    let training = Training {
        loss,
        train: Train::Filters,
        step: ratio(1, 2000),
        batch: 1,
        steps: 1000,
        runs: 1000,
        seed: 1,
    };
    Problem::new(
        "sgd".to_owned(),
        Dictionary::orthonormal(background).unwrap(),
        Distribution::Generative(distribution),
        network,
        training,
    )
    .unwrap()
}

fn config(runs: u64, steps: u64) -> Simulate<'static> {
    Simulate {
        runs,
        steps,
        seed: 1,
        times: vec![0, steps],
        arithmetic: ArithmeticChoice::Automatic,
        progress: None,
    }
}

fn pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap()
}

fn against_plain(c: &mut Criterion) {
    let one = pool(1);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instances/sgd.toml");
    let instance = read_problem(Path::new(file)).unwrap();
    assert!(
        instance == sgd(Loss::Hinge, 64, 16),
        "the code above and {file} differ"
    );
    // From 200 runs on accuracy is sampled, as with the instance's 1,000 runs.
    let (runs, steps) = (200, 1000);
    for (name, loss) in [("hinge", Loss::Hinge), ("unhinged", Loss::Unhinged)] {
        let problem = sgd(loss, 64, 16);
        let open = plain(&problem, 1000, 1000) as f64 / 1e6;
        println!("{name}: {:.1} % of the gates are open", 100.0 * open);
        let mut group = c.benchmark_group(format!("simulator/{name}"));
        group.throughput(Throughput::Elements(runs * steps));
        group.bench_function("plain loop", |b| b.iter(|| plain(&problem, runs, steps)));
        group.bench_function("simulator, one thread", |b| {
            b.iter(|| one.install(|| simulate(&problem, &config(runs, steps), None)));
        });
        // The baseline of exact counts: rounding, and tracking what it may have decided.
        let rounded = Simulate {
            arithmetic: ArithmeticChoice::F64,
            ..config(runs, steps)
        };
        group.bench_function("plain f64, one thread", |b| {
            b.iter(|| one.install(|| simulate(&problem, &rounded, None)));
        });
        group.finish();
    }
}

/// Two threads share the runs; or two copies of the one-thread run go side by side, each on all runs.
fn threads(c: &mut Criterion) {
    let problem = sgd(Loss::Hinge, 64, 16);
    let (runs, steps) = (200, 1000);
    let (one, two) = (pool(1), pool(2));
    let mut group = c.benchmark_group("simulator/threads");
    group.throughput(Throughput::Elements(runs * steps));
    group.bench_function("one thread", |b| {
        b.iter(|| one.install(|| simulate(&problem, &config(runs, steps), None)));
    });
    group.bench_function("two threads", |b| {
        b.iter(|| two.install(|| simulate(&problem, &config(runs, steps), None)));
    });
    group.throughput(Throughput::Elements(2 * runs * steps));
    group.bench_function("two copies", |b| {
        let copies = [pool(1), pool(1)];
        b.iter_custom(|n| {
            let start = Instant::now();
            std::thread::scope(|scope| {
                for copy in &copies {
                    let problem = &problem;
                    scope.spawn(move || {
                        for _ in 0..n {
                            copy.install(|| {
                                black_box(simulate(problem, &config(runs, steps), None))
                            });
                        }
                    });
                }
            });
            start.elapsed()
        });
    });
    group.finish();
}

fn growth(c: &mut Criterion) {
    let one = pool(1);
    let mut group = c.benchmark_group("simulator/growth");
    group.measurement_time(Duration::from_secs(2));
    let mut measure = |what: &str, at: u64, problem: &Problem, steps: u64| {
        group.throughput(Throughput::Elements(200 * steps));
        group.bench_with_input(BenchmarkId::new(what, at), problem, |b, problem| {
            b.iter(|| one.install(|| simulate(problem, &config(200, steps), None)));
        });
    };
    for steps in [250, 1000, 4000] {
        measure("steps", steps, &sgd(Loss::Unhinged, 64, 16), steps);
    }
    for filters in [16, 64, 256] {
        measure(
            "filters",
            filters,
            &sgd(Loss::Unhinged, filters as usize, 16),
            500,
        );
    }
    for background in [4, 16, 64] {
        measure(
            "patterns",
            background + 2,
            &sgd(Loss::Unhinged, 64, background as usize),
            500,
        );
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(15)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    targets = against_plain, threads, growth
}
criterion_main!(benches);
