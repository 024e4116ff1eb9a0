//! T3 and T3max, what holds on every sample path: over random problems, every path of tiny ones,
//! and against their wrong theories.

use crate::common::strategy::property;
use crate::common::{DistributionKind, Shape};
use crate::harness::{self, Suite, exact, population, suite};
use filtercert::dynamics::gradient::{Model, Sample};
use filtercert::dynamics::sampler::Sampler;
use filtercert::dynamics::sgd::{Simulate, simulate};
use filtercert::dynamics::state::State;
use filtercert::number::{Matrix, Q, integer, ratio};
use filtercert::problem::assumption::audit;
use filtercert::problem::{
    Activation, Dictionary, Distribution, Generative, Label, Loss, Network, Pooling, Problem,
    Train, Training,
};
use filtercert::report::words;
use filtercert::theory::balancedness::Balancedness;
use filtercert::theory::context::{Budget, Context};
use filtercert::theory::pathwise::{Pathwise, PathwiseMax};
use filtercert::theory::pathwise_probe::{PathwiseObservation, PathwiseProbe};
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::verdict::{Figure, Layer, Outcome, Verdict};
use num_traits::{Signed, ToPrimitive, Zero};

laws![
    the_generic_gradient_agrees,
    the_bound_of_a_loser_is_the_stated_one,
    all_paths_of_a_tiny_problem_are_exact_evidence,
    simulated_runs_are_within_the_rounding_bound,
    the_probe_sees_another_step_size,
    wide_numerators_on_the_lattice_are_compared_too,
    paths_whose_digits_multiply_end_early,
];

pub fn suites() -> Vec<Suite> {
    vec![of(&Pathwise, Pooling::Sum), of(&PathwiseMax, Pooling::Max)]
}

fn of(theorem: &'static dyn Theorem, pooling: Pooling) -> Suite {
    let mut populations = Vec::new();
    for loss in [
        Loss::Unhinged,
        Loss::Hinge,
        Loss::Perceptron,
        Loss::SquaredHinge,
    ] {
        let steps = if loss == Loss::SquaredHinge {
            6..=10
        } else {
            20..=60
        };
        for distribution in [DistributionKind::Generative, DistributionKind::KeyedAtoms] {
            let shape = Shape {
                distribution,
                steps: steps.clone(),
                ..shape(pooling, loss)
            };
            populations.push(population(20, shape));
        }
    }
    Suite {
        budget: budget(3),
        violated: |_, _, outcome| assert!(outcome.beyond.is_some()),
        ..suite(theorem, populations)
    }
}

fn budget(exact_paths: u64) -> Budget {
    Budget {
        exact_paths,
        exact_path_steps: 60,
        ..Budget::default()
    }
}

fn check(theorem: &dyn Theorem, problem: &Problem, theory: Theory, paths: u64) -> Outcome {
    harness::check(theorem, problem, theory, budget(paths))
}

fn shape(pooling: Pooling, loss: Loss) -> Shape {
    Shape {
        pooling,
        loss,
        balanced: false,
        same_background: false,
        key_patches: 1..=3,
        batch: 1..=3,
        background_patches: 1..=3,
        // Key coordinates below -eta r happen, and so do deaths.
        step_numerator: 2..=12,
        ..Shape::default()
    }
}

/// The statement once more, written over the generic gradient alone.
fn oracle(problem: &Problem, run: u64, steps: u64) {
    let model = Model::<Q>::new(problem);
    let sampler = Sampler::new(problem.distribution());
    let mut rng = Sampler::stream(problem.training().seed, run);
    let mut state = State::<Q>::initial(problem);
    let start = state.clone();
    let weight = integer(problem.training().batch).recip();
    let eta = &problem.training().step;
    let max = problem.network().pooling == Pooling::Max;
    let Distribution::Generative(g) = &problem.distribution() else {
        panic!("generative problems only");
    };
    let r = integer(if max { 1 } else { g.key_patches() });
    let mut sums = [Q::zero(), Q::zero()];
    let mut largest_gate = Q::zero();
    for _ in 0..steps {
        let batch: Vec<_> = (0..problem.training().batch)
            .map(|_| {
                let mut draw = sampler.blank();
                sampler.draw(&mut rng, &mut draw);
                draw
            })
            .collect();
        let gradient = model.gradient(
            &state,
            batch.iter().map(|d| Sample {
                label: d.label,
                counts: &d.counts,
                weight: &weight,
            }),
        );
        model.apply(&mut state, &gradient);
        for (draw, gate) in batch.iter().zip(&gradient.gates) {
            sums[draw.label.index()] += gate * &weight;
            largest_gate = largest_gate.max(gate.clone());
        }
        for y in Label::BOTH {
            let winners = if max {
                problem.winners_for(Pooling::Max, y)
            } else {
                problem.winners(y)
            };
            for j in winners {
                let key = &start.weights[(j, y.index())] + eta * &r * &sums[y.index()];
                assert_eq!(state.weights[(j, y.index())], key);
            }
        }
        let lowest = -(eta * &r * &largest_gate);
        for j in 0..problem.n_filters() {
            let wrong = usize::from(problem.network().head[j].is_positive());
            let (now, first) = (&state.weights[(j, wrong)], &start.weights[(j, wrong)]);
            assert!(now <= first && *now >= lowest.clone().min(first.clone()));
            for p in 0..problem.n_patterns() {
                if !start.weights[(j, p)].is_positive() {
                    assert_eq!(state.weights[(j, p)], start.weights[(j, p)]);
                }
            }
        }
    }
}

fn the_generic_gradient_agrees() {
    for pooling in [Pooling::Sum, Pooling::Max] {
        for loss in [Loss::Unhinged, Loss::Hinge, Loss::SquaredHinge] {
            property(shape(pooling, loss), 77, 8, |problem| {
                oracle(&problem, 1, 10);
            });
        }
    }
}

/// `|Z_own|^2 + max(|Z_wrong|, eta r g_max)^2 + sum_k (|Z_k| + eta max_s |S_k(s)|)^2` of the start, for the loser that
/// ends closest to its bound: the row has these numbers, no larger bound and no smaller one.
fn the_bound_of_a_loser_is_the_stated_one() {
    let mut compared = 0;
    for loss in [Loss::Unhinged, Loss::Hinge, Loss::SquaredHinge] {
        let shape = Shape {
            steps: 6..=8,
            background: 2..=3,
            ..shape(Pooling::Sum, loss)
        };
        property(shape, 400, 12, |problem| {
            let outcome = check(&Pathwise, &problem, Theory::Stated, 1);
            let is_loser = |name: &str| name.starts_with("|w|^2 of loser");
            let mut rows = outcome.comparisons.iter();
            let row = rows.find(|row| is_loser(&row.quantity.to_string()));
            let one_path = exact(&outcome, "exact_paths") == Some(integer(1));
            let Some(row) = row.filter(|_| one_path) else {
                return;
            };
            let steps = exact(&outcome, "steps_checked").unwrap();
            let steps = steps.to_integer().to_u64().unwrap();
            let found = loser_bounds(&problem, steps);
            let closest = found.into_iter().min_by_key(|(bound, norm)| bound - norm);
            let (bound, norm) = closest
                .map(|(b, n)| (Figure::Exact(b), Figure::Exact(n)))
                .unwrap();
            assert_eq!(
                (row.theory.as_ref(), row.exact.as_ref()),
                (Some(&bound), Some(&norm))
            );
            compared += 1;
        });
    }
    detail!("{compared} bounds of losers");
    assert!(compared >= 20, "{compared}");
}

/// The bound of each loser's squared norm after run 0, and the squared norm, along the generic gradient.
fn loser_bounds(problem: &Problem, steps: u64) -> Vec<(Q, Q)> {
    let model = Model::<Q>::new(problem);
    let sampler = Sampler::new(problem.distribution());
    let mut rng = Sampler::stream(problem.training().seed, 0);
    let mut state = State::<Q>::initial(problem);
    let start = state.clone();
    let weight = integer(problem.training().batch).recip();
    let mut walk = vec![Q::zero(); problem.n_patterns()];
    let mut reach = walk.clone();
    let mut largest_gate = Q::zero();
    for _ in 0..steps {
        let mut batch = Vec::new();
        for _ in 0..problem.training().batch {
            let mut draw = sampler.blank();
            sampler.draw(&mut rng, &mut draw);
            batch.push(draw);
        }
        let samples = batch.iter().map(|draw| Sample {
            label: draw.label,
            counts: &draw.counts,
            weight: &weight,
        });
        let gradient = model.gradient(&state, samples);
        model.apply(&mut state, &gradient);
        for (draw, gate) in batch.iter().zip(&gradient.gates) {
            largest_gate = largest_gate.max(gate.clone());
            for (walk, &count) in walk.iter_mut().zip(&draw.counts) {
                *walk += gate * &weight * integer(draw.label.sign()) * integer(count);
            }
        }
        for (reach, walk) in reach.iter_mut().zip(&walk) {
            *reach = walk.abs().max(reach.clone());
        }
    }
    let eta = &problem.training().step;
    let r = integer(problem.distribution().key_count().unwrap());
    let is_winner = |j: &usize| Label::BOTH.iter().any(|&y| problem.winners(y).contains(j));
    let losers = (0..problem.n_filters()).filter(|j| !is_winner(j));
    losers
        .map(|j| {
            let own = usize::from(problem.network().head[j].is_negative());
            let most = (0..problem.n_patterns()).map(|p| {
                let z = start.weights[(j, p)].abs();
                if p == own {
                    z
                } else if p < 2 {
                    z.max(eta * &r * &largest_gate)
                } else {
                    z + eta * &reach[p]
                }
            });
            let norm = state.weights.row(j).iter().map(|z| z * z).sum();
            (most.map(|most| &most * &most).sum(), norm)
        })
        .collect()
}

/// Two filters, two background patterns, two atoms a label.
fn tiny(pooling: Pooling, steps: u64) -> Problem {
    let half = || ratio(1, 2);
    let q = || vec![half(), half()];
    let weights = [[3, -1, 2, -2], [1, 4, -1, 3], [-2, 5, 1, 1]];
    let data: Vec<Q> = weights.iter().flatten().map(|&w| ratio(w, 8)).collect();
    Problem::new(
        "tiny".into(),
        Dictionary::orthonormal(2).unwrap(),
        Distribution::Generative(Generative::new([half(), half()], 3, 2, [q(), q()]).unwrap()),
        Network::explicit(
            Activation::Relu,
            pooling,
            vec![integer(1), integer(-1), integer(1)],
            Matrix::from_vec(3, 4, data).unwrap(),
        )
        .unwrap(),
        Training {
            loss: Loss::Unhinged,
            train: Train::Filters,
            step: ratio(1, 5),
            batch: 1,
            steps,
            runs: 10,
            seed: 3,
        },
    )
    .unwrap()
}

fn all_paths_of_a_tiny_problem_are_exact_evidence() {
    let theorems: [(&dyn Theorem, Pooling); 2] =
        [(&Pathwise, Pooling::Sum), (&PathwiseMax, Pooling::Max)];
    for (theorem, pooling) in theorems {
        // 4^7 = 16,384 paths are all followed, 4^9 are sampled.
        for (steps, layer) in [(7, Layer::Exact), (9, Layer::Sampled)] {
            let outcome = check(theorem, &tiny(pooling, steps), Theory::Stated, 2);
            assert_eq!(outcome.verdict, Verdict::Holds { layer });
        }
        let outcome = check(theorem, &tiny(pooling, 7), Theory::Wrong(1), 2);
        let Verdict::Refuted { violation, .. } = outcome.verdict else {
            panic!("{}", outcome.because);
        };
        // The witness is a sample path: replay it.
        let problem = tiny(pooling, 7);
        let witness = words::witness(&problem, &violation);
        let model = Model::<Q>::new(&problem);
        let mut state = State::<Q>::initial(&problem);
        let one = integer(1);
        for sample in witness["path"]["samples"].as_array().unwrap() {
            let counts: Vec<u32> = sample["counts"]
                .as_array()
                .unwrap()
                .iter()
                .map(|c| c.as_u64().unwrap() as u32)
                .collect();
            let label = if sample["label"] == "+" {
                Label::Plus
            } else {
                Label::Minus
            };
            let gradient = model.gradient(
                &state,
                [Sample {
                    label,
                    counts: &counts,
                    weight: &one,
                }],
            );
            model.apply(&mut state, &gradient);
        }
        let j = witness["filter"].as_u64().unwrap() as usize;
        let p = (0..4)
            .find(|&p| problem.dictionary().pattern_name(p) == witness["coordinate"])
            .unwrap();
        assert_eq!(state.weights[(j, p)].to_string(), witness["found"]);
        assert_ne!(witness["claimed"], witness["found"]);
    }
}

/// All runs of the simulator, at every reported time, lie within the rounding bound of the theorem.
fn simulated_runs_are_within_the_rounding_bound() {
    let mut states = 0;
    for pooling in [Pooling::Sum, Pooling::Max] {
        for loss in [Loss::Unhinged, Loss::Hinge, Loss::SquaredHinge] {
            property(shape(pooling, loss), 200, 5, |mut problem| {
                problem = problem
                    .changed(|parts| {
                        parts.training.steps = 400;
                        parts.training.runs = 20;
                    })
                    .unwrap();
                let probe = PathwiseProbe::new(&problem);
                let simulation = simulate(&problem, &Simulate::of(&problem), Some(&probe));
                let seen = probe.finish();
                assert_eq!(seen.suspect, None);
                assert!(seen.largest_share <= 1.0);
                states += seen.states;
                let audits = audit(&problem);
                let context = Context::new(&problem, &audits)
                    .with_budget(Budget {
                        exact_paths: 1,
                        exact_path_steps: 5,
                        ..Budget::default()
                    })
                    .with_simulation(&simulation, &seen);
                let theorem: &dyn Theorem = match pooling {
                    Pooling::Sum => &Pathwise,
                    Pooling::Max => &PathwiseMax,
                };
                let outcome = theorem.check(&context, Theory::Stated);
                assert!(matches!(outcome.verdict, Verdict::Holds { .. }));
                // A suspect that its exact path does not confirm refutes nothing.
                let accused = PathwiseObservation {
                    suspect: Some((3, 5)),
                    ..seen.clone()
                };
                let outcome = theorem.check(
                    &context.with_simulation(&simulation, &accused),
                    Theory::Stated,
                );
                assert!(matches!(outcome.verdict, Verdict::Holds { .. }));
                assert!(
                    outcome
                        .because
                        .to_string()
                        .contains("its exact path does not")
                );
            });
        }
    }
    detail!("{states} states of simulated runs");
}

/// The probe is not blind: fed with runs of twice the step size, it names a suspect.
fn the_probe_sees_another_step_size() {
    let mut named = 0;
    property(shape(Pooling::Sum, Loss::Unhinged), 300, 10, |problem| {
        let faster = problem
            .changed(|parts| parts.training.step *= integer(2))
            .unwrap();
        let probe = PathwiseProbe::new(&problem);
        simulate(&faster, &Simulate::of(&faster), Some(&probe));
        named += u64::from(probe.finish().suspect.is_some());
    });
    assert_eq!(named, 10);
}

/// Numerators that fit the lattice while their squares might not fit 128 bits.
fn wide_numerators_on_the_lattice_are_compared_too() {
    let theorems: [(&dyn Theorem, Pooling); 2] =
        [(&Pathwise, Pooling::Sum), (&PathwiseMax, Pooling::Max)];
    for (theorem, pooling) in theorems {
        let mut problem = tiny(pooling, 1_000_000);
        problem = problem
            .changed(|parts| {
                parts.training.step = ratio(1, 64);
                parts.network.weights = Matrix::from_fn(3, 4, |j, p| {
                    &problem.network().weights[(j, p)] + ratio(1, 1 << 45)
                });
            })
            .unwrap();
        let outcome = check(theorem, &problem, Theory::Stated, 2);
        let layer = Layer::Sampled;
        assert_eq!(
            outcome.verdict,
            Verdict::Holds { layer },
            "{}",
            outcome.because
        );
        let outcome = check(theorem, &problem, Theory::Wrong(1), 2);
        assert_eq!(outcome.verdict.name(), "refuted", "{}", outcome.because);
    }
}

/// Squared hinge with a trained head: digits multiply at every step, and the path ends early.
fn paths_whose_digits_multiply_end_early() {
    for steps in [6, 50] {
        let mut problem = tiny(Pooling::Sum, steps);
        problem = problem
            .changed(|parts| {
                parts.training.loss = Loss::SquaredHinge;
                parts.training.train = Train::FiltersAndHead;
                parts.training.step = ratio(1, 11);
            })
            .unwrap();
        let outcome = check(&Balancedness, &problem, Theory::Stated, 8);
        assert_eq!(outcome.verdict.name(), "holds", "{}", outcome.because);
        let counted = ["exact_paths", "steps_checked", "expected_steps_checked"];
        let [paths, checked, expected] = counted.map(|name| exact(&outcome, name).unwrap());
        detail!("{steps} steps: {paths} paths of {checked}, {expected} of the expected dynamics");
        assert_eq!(paths, integer(8));
        for followed in [checked, expected] {
            assert!(
                followed >= integer(2) && followed <= integer(12),
                "{followed}"
            );
        }
    }
}
