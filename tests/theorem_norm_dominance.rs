//! T2 and T2s, norm dominance in the expected dynamics: over random problems, against the generic
//! gradient, and against the wrong theories.

mod common;

use common::{DictionaryKind, DistributionKind, HeadKind, Shape, problems};
use filtercert::dynamics::expected::Limits;
use filtercert::dynamics::gradient::{Model, Sample};
use filtercert::dynamics::state::State;
use filtercert::number::{Q, integer, ratio};
use filtercert::problem::assumption::{AssumptionId, audit};
use filtercert::problem::{Activation, Distribution, Label, Loss, Parts, Pooling, Problem, Train};
use filtercert::report::words;
use filtercert::theory::context::{Budget, Context};
use filtercert::theory::norm_dominance::NormDominance;
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::verdict::{Figure, Layer, Outcome, Verdict};
use num_traits::{Signed, Zero};

fn check(problem: &Problem, theory: Theory) -> Outcome {
    let audits = audit(problem);
    let context = Context::new(problem, &audits);
    NormDominance.check(&context, theory)
}

fn figure(outcome: &Outcome, name: &str) -> Q {
    match outcome.figures.iter().find(|(n, _)| *n == name) {
        Some((_, Figure::Exact(q))) => q.clone(),
        other => panic!("figure {name}: {other:?}"),
    }
}

/// Small weights beside large steps, so that dying coordinates overshoot 0 by more than their start.
fn shape() -> Shape {
    Shape {
        weight_numerator: 16,
        step_numerator: 4..=16,
        ..Shape::default()
    }
}

fn unbalanced() -> Shape {
    Shape {
        balanced: false,
        background_patches: 1..=3,
        ..shape()
    }
}

fn dependent_background() -> Shape {
    Shape {
        same_background: false,
        background: 2..=3,
        background_patches: 1..=3,
        ..shape()
    }
}

fn any_head() -> Shape {
    Shape {
        head: HeadKind::Rational,
        balanced: false,
        same_background: false,
        background_patches: 1..=3,
        ..shape()
    }
}

/// Follows the generic gradient for `steps` steps; the states at 0..=steps.
fn states(problem: &Problem, steps: u64) -> Vec<State<Q>> {
    let model = Model::new(problem);
    let table = problem.distribution().atoms().unwrap();
    let mut states = vec![State::initial(problem)];
    for t in 0..steps as usize {
        let mut state = states[t].clone();
        let gradient = model.gradient(
            &state,
            table.atoms().iter().map(|a| Sample {
                label: a.label,
                counts: &a.counts,
                weight: &a.probability,
            }),
        );
        model.apply(&mut state, &gradient);
        states.push(state);
    }
    states
}

fn split(problem: &Problem) -> (Vec<(usize, Label)>, Vec<usize>) {
    let winners: Vec<(usize, Label)> = Label::BOTH
        .into_iter()
        .flat_map(|y| problem.winners(y).into_iter().map(move |j| (j, y)))
        .collect();
    let losers = (0..problem.n_filters())
        .filter(|j| winners.iter().all(|w| w.0 != *j))
        .collect();
    (winners, losers)
}

/// Runs a population: all must meet what theory `i` assumes; prints and asserts the shares.
fn population(name: &str, shapes: Vec<(u64, u64, Shape)>, wrong: &[usize], stated_holds: bool) {
    let all = NormDominance.wrong_theories();
    let mut applicable = 0u64;
    let mut refuted = vec![0u64; wrong.len()];
    for (first_seed, cases, shape) in shapes {
        for (seed, problem) in problems(shape, first_seed, cases) {
            let outcome = check(&problem, Theory::Stated);
            if stated_holds {
                let expected = Verdict::Holds {
                    layer: Layer::Exact,
                };
                assert_eq!(outcome.verdict, expected, "{seed}: {}", outcome.because);
                assert!(outcome.beyond.is_none());
            } else if let Some(beyond) = &outcome.beyond {
                assert!(
                    beyond.to_string().contains("was verified at"),
                    "{seed}: {beyond}"
                );
            }
            let (winners, losers) = split(&problem);
            assert!(!winners.is_empty() && !losers.is_empty());
            let outcomes: Vec<_> = wrong
                .iter()
                .map(|&i| check(&problem, Theory::Wrong(i)))
                .collect();
            if outcomes.iter().any(|o| !o.fails.is_empty()) {
                continue;
            }
            applicable += 1;
            for ((count, outcome), &i) in refuted.iter_mut().zip(&outcomes).zip(wrong) {
                if let Some(violation) = outcome.violation() {
                    assert_eq!(violation.claim, all[i].breaks, "{}", all[i].text);
                    *count += 1;
                }
            }
        }
    }
    println!("{name}: {applicable} problems met all assumptions, with winners and losers");
    assert!(applicable >= 100, "{name}: only {applicable}");
    for (&i, count) in wrong.iter().zip(refuted) {
        let (share, text) = (100 * count / applicable, all[i].text);
        println!("  refuted by {share} % ({count}): {text}");
        assert!(share >= 10, "{name}: only {share} % refute {text}");
    }
}

#[test]
fn holds_on_random_problems_and_refutes_its_wrong_theories() {
    let keyed = Shape {
        distribution: DistributionKind::Generative,
        dictionary: DictionaryKind::Cayley,
        batch: 1..=4,
        ..shape()
    };
    population(
        "T2",
        vec![(0, 90, shape()), (200, 60, keyed)],
        &[0, 1, 2, 3],
        true,
    );
}

#[test]
fn is_refuted_when_claimed_without_balanced_labels() {
    population("T2 less A4", vec![(0, 110, unbalanced())], &[4], false);
}

#[test]
fn is_refuted_when_claimed_without_label_independent_background() {
    population(
        "T2 less A3",
        vec![(0, 150, dependent_background())],
        &[5],
        false,
    );
}

#[test]
fn t2s_holds_beyond_and_refutes_its_wrong_theories() {
    let atoms = Shape {
        distribution: DistributionKind::Atoms,
        ..any_head()
    };
    population(
        "T2s",
        vec![(0, 60, any_head()), (200, 60, atoms)],
        &[6, 7, 8],
        false,
    );
}

#[test]
fn the_generic_gradient_obeys_every_bound_at_every_step() {
    let mut dominated = 0;
    for (seed, problem) in problems(
        Shape {
            steps: 40..=40,
            ..shape()
        },
        0,
        25,
    ) {
        let outcome = check(&problem, Theory::Stated);
        assert_eq!(outcome.verdict.name(), "holds");
        let (winners, losers) = split(&problem);
        let Distribution::Generative(g) = &problem.distribution() else {
            panic!("generative");
        };
        let kappa = &problem.training().step * integer(g.key_patches()) / integer(2);
        let bound = |j: usize| {
            problem
                .dictionary()
                .norm_squared(problem.network().weights.row(j))
                + &kappa * &kappa
        };
        // T_dom(10) by trying every t.
        let largest = losers.iter().map(|&j| bound(j)).max().unwrap();
        let t_dominance = (0i64..)
            .find(|&t| {
                let x = &kappa * integer(t);
                &x * &x >= integer(100) * &largest
            })
            .unwrap();
        assert_eq!(
            figure(&outcome, "t_dominance"),
            integer(t_dominance),
            "seed {seed}"
        );
        let last = (t_dominance as u64 + 5).clamp(40, 400);
        for (t, state) in states(&problem, last).into_iter().enumerate() {
            let norms = state.norms_squared(&problem);
            for &(j, y) in &winners {
                let key = &problem.network().weights[(j, y.index())] + &kappa * integer(t as u64);
                assert_eq!(state.weights[(j, y.index())], key);
                let square = &key * &key;
                assert!(&square / &norms[j] >= &square / (&square + bound(j)));
            }
            for &j in &losers {
                assert!(norms[j] <= bound(j), "seed {seed} t {t} loser {j}");
            }
            let least = winners.iter().map(|w| &norms[w.0]).min().unwrap();
            let loser = losers.iter().map(|&j| &norms[j]).max().unwrap();
            if t as i64 >= t_dominance {
                assert!(*least >= integer(100) * loser);
                dominated += 1;
            }
            if t == 40 && loser.is_positive() {
                assert_eq!(figure(&outcome, "ratio_squared_at_end"), least / loser);
            }
        }
    }
    assert!(dominated >= 100, "{dominated} dominated steps were seen");
}

#[test]
fn the_generic_gradient_obeys_t2s_at_every_step() {
    let mut growing_losers = 0;
    for (_, problem) in problems(
        Shape {
            steps: 40..=40,
            ..any_head()
        },
        50,
        60,
    ) {
        let table = problem.distribution().atoms().unwrap();
        let states = states(&problem, 40);
        let (_, losers) = split(&problem);
        for j in 0..problem.n_filters() {
            let (mut rho, mut slack) = (Q::zero(), Q::zero());
            for p in 0..problem.n_patterns() {
                let z = &problem.network().weights[(j, p)];
                let kappa = table.atoms().iter().fold(Q::zero(), |s, a| {
                    s + integer(a.label.sign() * i64::from(a.counts[p])) * &a.probability
                }) * &problem.training().step
                    * &problem.network().head[j];
                slack += z * z;
                if z.is_positive() && kappa.is_positive() {
                    rho += &kappa * &kappa;
                } else if z.is_positive() {
                    slack += &kappa * &kappa;
                }
            }
            growing_losers += u32::from(losers.contains(&j) && rho.is_positive());
            for (t, state) in states.iter().enumerate() {
                let norm = &state.norms_squared(&problem)[j];
                let grown = &rho * integer((t * t) as u64);
                assert!(*norm >= grown);
                // sqrt(norm) <= sqrt(grown) + sqrt(slack), on squares.
                let rest = norm - &grown - &slack;
                assert!(!rest.is_positive() || &rest * &rest <= integer(4) * &grown * &slack);
            }
        }
        // The text names exactly the growing filters' number.
        let outcome = check(&problem, Theory::Stated);
        if outcome.verdict.name() == "not-applicable" {
            assert!(outcome.beyond.unwrap().to_string().starts_with("T2s"));
        }
    }
    println!("{growing_losers} losers grow");
    assert!(growing_losers >= 20);
}

#[track_caller]
fn not_applicable(problem: &Problem, assumption: AssumptionId, witness: &str) -> String {
    let outcome = check(problem, Theory::Stated);
    match &outcome.verdict {
        Verdict::NotApplicable {
            assumption: a,
            witness: w,
        } => {
            assert_eq!(*a, assumption);
            assert!(w.contains(witness), "{w}");
        }
        other => panic!("{other:?}"),
    }
    outcome.beyond.unwrap().to_string()
}

#[test]
fn each_assumption_has_a_problem_that_violates_it() {
    let one = |shape: Shape, seed| problems(shape, seed, 1).next().unwrap().1;
    let base = one(shape(), 1);
    assert_eq!(check(&base, Theory::Stated).verdict.name(), "holds");
    let coherent = Shape {
        dictionary: DictionaryKind::Coherent,
        background: 1..=1,
        winners_and_losers: false,
        ..shape()
    };
    let beyond = not_applicable(&one(coherent, 0), AssumptionId::A1, " and not ");
    assert!(beyond.starts_with("exact engine at step"), "{beyond}");
    let atoms = Shape {
        distribution: DistributionKind::Atoms,
        ..shape()
    };
    let beyond = not_applicable(&one(atoms, 0), AssumptionId::A2, "the atom with label");
    assert!(beyond.starts_with("T2s"), "{beyond}");
    let beyond = not_applicable(
        &one(dependent_background(), 1),
        AssumptionId::A3,
        "a background patch is",
    );
    assert!(beyond.starts_with("T2s"), "{beyond}");
    let beyond = not_applicable(
        &one(unbalanced(), 0),
        AssumptionId::A4,
        "label + has probability",
    );
    assert!(beyond.starts_with("T2s"), "{beyond}");
    let half = base
        .changed(|parts| parts.network.head[0] = ratio(1, 2))
        .unwrap();
    let beyond = not_applicable(&half, AssumptionId::A5f, "network.head[0] = 1/2");
    assert!(beyond.contains("rho^2"), "{beyond}");
    let trained = base
        .changed(|parts| parts.training.train = Train::FiltersAndHead)
        .unwrap();
    not_applicable(
        &trained,
        AssumptionId::A5f,
        "training.train = \"filters+head\"",
    );
    for (change, key) in [
        (
            (|p| p.training.loss = Loss::Hinge) as fn(&mut Parts),
            "training.loss = \"hinge\"",
        ),
        (
            |p| p.network.pooling = Pooling::Max,
            "network.pooling = \"max\"",
        ),
        (
            |p| p.network.activation = Activation::Identity,
            "network.activation = \"identity\"",
        ),
    ] {
        let problem = base.changed(change).unwrap();
        not_applicable(&problem, AssumptionId::A0, key);
    }
    let no_winner = base
        .changed(|parts| parts.network.weights = base.network().weights.map(|z| -z.abs()))
        .unwrap();
    not_applicable(&no_winner, AssumptionId::A6prime, "no winner");
    let no_loser = base
        .changed(|parts| parts.network.weights = base.network().weights.map(|_| ratio(1, 8)))
        .unwrap();
    not_applicable(&no_loser, AssumptionId::A0, "there is no loser");
}

/// The built-in size, with these priors.
fn realistic(prior: [Q; 2], steps: u64) -> Problem {
    let (_, base) = problems(
        Shape {
            dictionary: DictionaryKind::Standard,
            ..Shape::default()
        },
        1,
        1,
    )
    .next()
    .unwrap();
    common::realistic(&base, prior, 8, steps)
}

#[test]
fn a_problem_of_realistic_size_is_decided_at_once() {
    for prior in [[ratio(1, 2), ratio(1, 2)], [ratio(2, 5), ratio(3, 5)]] {
        let problem = realistic(prior, 10_000);
        let started = std::time::Instant::now();
        let outcome = check(&problem, Theory::Stated);
        println!(
            "{:?}\n{}\n{:?}",
            started.elapsed(),
            outcome.because,
            outcome.beyond
        );
        if outcome.verdict.name() == "holds" {
            assert!(figure(&outcome, "ratio_squared_at_end") > integer(100));
        } else {
            assert!(outcome.beyond.unwrap().to_string().contains("tends to"));
        }
    }
}

#[test]
fn a_refutation_can_be_replayed() {
    let mut replayed = 0;
    for (_, problem) in problems(shape(), 0, 40) {
        let Verdict::Refuted { violation, .. } = check(&problem, Theory::Wrong(1)).verdict else {
            continue;
        };
        let witness = words::witness(&problem, &violation);
        let [t, j] = ["step", "filter"].map(|key| witness[key].as_u64().unwrap());
        let state = states(&problem, t).pop().unwrap();
        let found = &state.norms_squared(&problem)[j as usize];
        let start = problem
            .dictionary()
            .norm_squared(problem.network().weights.row(j as usize));
        assert_eq!(witness["found"], found.to_string());
        assert_eq!(witness["claimed"], start.to_string());
        assert!(*found > start);
        replayed += 1;
    }
    println!("{replayed} witnesses were replayed");
    assert!(replayed >= 5);
}

/// A time of dominance that no step reaches is not said to hold, whether or not the engine stops on its way there.
#[test]
fn a_time_of_dominance_out_of_reach_is_undecided() {
    let (_, base) = problems(shape(), 2, 1).next().unwrap();
    let tiny = Q::new(1.into(), num_bigint::BigInt::from(10).pow(40));
    let slow = base.changed(|p| p.training.step = tiny).unwrap();
    let audits = audit(&slow);
    let budgets = [Limits::default().max_work, 1, 1_000];
    for max_work in budgets {
        let context = Context::new(&slow, &audits);
        let budget = Budget {
            exact: Limits {
                max_work,
                ..Limits::default()
            },
            ..Budget::default()
        };
        let outcome = NormDominance.check(&context.with_budget(budget), Theory::Stated);
        assert_eq!(outcome.verdict.name(), "undecided", "{max_work}");
    }
}
