//! T11, the main claim in one statement: over random problems with fresh initialisations, against
//! the exact law over all initial points of tiny problems, and against its wrong theories.

use crate::common::{DictionaryKind, Shape};
use crate::harness::{self, Suite, exact, population, suite};
use crate::violate::Way;
use filtercert::dynamics::law::{Chain, Horizon, LawLimits};
use filtercert::number::{Matrix, Q, integer, ratio};
use filtercert::problem::assumption::{AssumptionId, audit};
use filtercert::problem::{
    Activation, Format, HeadInit, Label, Loss, Network, Parts, Pooling, Problem, parse_problem,
};
use filtercert::theory::context::{Budget, Context};
use filtercert::theory::evidence::{Frequency, share};
use filtercert::theory::figures::Side;
use filtercert::theory::main_claim::MainClaim;
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::verdict::{Figure, Layer, Outcome, Verdict};
use num_traits::{One, Signed, Zero};

laws![
    bounds_the_exact_probability_over_all_starts,
    a_fixed_head_has_its_own_lottery,
    the_least_certified_step_is_the_least_over_all_numbers_of_winners,
    steps_beyond_reach_leave_the_bound_and_no_verdict,
    the_law_of_the_winners_is_the_count_over_all_signs,
    bounds_on_the_updates_of_many_filters,
];

pub fn suites() -> Vec<Suite> {
    // Label - is so rare that it may not be seen in as many steps as M_bar allows updates.
    let rare = Shape {
        step_numerator: 40..=80,
        steps: 60..=120,
        ..shape()
    };
    let small_steps = Shape {
        step_numerator: 1..=2,
        step_denominator: 100,
        ..shape()
    };
    let populations = vec![
        population(50, shape()).made(fresh),
        population(50, small_steps).made(fresh),
        population(40, rare).made(|problem| {
            let rare = rare_minus(&problem, 200);
            let change = |parts: &mut Parts| parts.distribution = rare;
            fresh(problem.changed(change).unwrap())
        }),
    ];
    vec![Suite {
        budget: budget(200),
        holds: |outcome| match &outcome.verdict {
            Verdict::Holds { layer } => *layer == Layer::Sampled || outcome.vacuous,
            // So close to 1 that 200 runs cannot refute it.
            Verdict::Undecided { limit } => limit.to_string().contains("needed"),
            _ => false,
        },
        speaks: |_, outcome| matches!(&outcome.verdict, Verdict::Holds { .. }) && !outcome.vacuous,
        least_speaking: 50,
        look: |seen, _| {
            let figure = |name| exact(seen.outcome, name);
            assert!(figure("max_updates_sharp") <= figure("max_updates"));
        },
        further: vec![
            Way::new(
                "an alternating head",
                AssumptionId::A5f,
                "alternating",
                |p| p.network.head_init = HeadInit::Alternating,
            ),
            Way::new(
                "a given head",
                AssumptionId::A5f,
                "network.head is given",
                |p| p.network.head_init = HeadInit::Explicit,
            ),
        ],
        ..suite(&MainClaim, populations)
    }]
}

/// The same problem with random weights of at most 1/16.
fn fresh(problem: Problem) -> Problem {
    let seed = problem.training().seed;
    let denominator = 16 + seed % 48;
    let (head, half_width) = (HeadInit::RandomSigns, ratio(1, 16));
    randomised(problem, head, half_width, denominator, seed)
}

fn budget(fresh_starts: u64) -> Budget {
    Budget {
        fresh_starts,
        law: LawLimits {
            max_states: 300,
            max_transitions: 3_000,
            ..Budget::default().law
        },
        ..Budget::default()
    }
}

fn check(problem: &Problem, theory: Theory) -> Outcome {
    harness::check(&MainClaim, problem, theory, budget(200))
}

fn shape() -> Shape {
    Shape {
        dictionary: DictionaryKind::Standard,
        loss: Loss::Hinge,
        balanced: false,
        filters: 2..=4,
        background: 0..=1,
        key_patches: 1..=2,
        background_patches: 0..=0,
        step_numerator: 4..=40,
        step_denominator: 40,
        steps: 100..=200,
        ..Shape::default()
    }
}

/// The same problem with `filters` filters, drawn with random head signs.
fn randomised(
    mut problem: Problem,
    head: HeadInit,
    half_width: Q,
    denominator: u64,
    seed: u64,
) -> Problem {
    problem = problem
        .changed(|parts| {
            parts.network = Network::random(
                Activation::Relu,
                Pooling::Sum,
                problem.n_filters(),
                problem.n_patterns(),
                head,
                Vec::new(),
                half_width,
                denominator,
                seed,
            )
            .unwrap()
        })
        .unwrap();
    problem
}

/// The same images with label - once in `often`.
fn rare_minus(problem: &Problem, often: i64) -> filtercert::problem::Distribution {
    use filtercert::problem::{Distribution, Generative};
    let Distribution::Generative(g) = &problem.distribution() else {
        panic!("a table");
    };
    let prior = [ratio(often - 1, often), ratio(1, often)];
    let laws = Label::BOTH.map(|y| g.background(y).to_vec());
    Distribution::Generative(Generative::new(prior, g.patches(), g.key_patches(), laws).unwrap())
}

/// All vectors of `length` entries from `values`.
fn all_vectors(values: &[Q], length: usize) -> Vec<Vec<Q>> {
    (0..length).fold(vec![Vec::new()], |vectors, _| {
        vectors
            .into_iter()
            .flat_map(|v| {
                values.iter().map(move |x| {
                    let mut v = v.clone();
                    v.push(x.clone());
                    v
                })
            })
            .collect()
    })
}

/// `P(Bin(t, p) < k)`, one draw after the other.
fn binomial_below(t: u64, p: &Q, k: usize) -> Q {
    if k == 0 {
        return Q::zero();
    }
    let mut mass = vec![Q::zero(); k];
    mass[0] = Q::one();
    for _ in 0..t {
        for i in (0..k).rev() {
            let from_below = if i == 0 { Q::zero() } else { &mass[i - 1] * p };
            mass[i] = &mass[i] * (Q::one() - p) + from_below;
        }
    }
    mass.iter().sum()
}

/// Largest M with `(eta r M)^2 <= factor (n P h^2 + M (2 eta + eta^2 n square))`, one after the other.
fn largest(problem: &Problem, r: u64, h: &Q, factor: &Q, square: u64) -> usize {
    let eta = &problem.training().step;
    let n = integer(problem.n_filters() as u64);
    let start = &n * integer(problem.n_patterns() as u64) * h * h;
    let gain = eta * integer(2) + eta * eta * &n * integer(square);
    let holds = |m: u64| {
        let left = eta * integer(r) * integer(m);
        &left * &left <= factor * (&start + integer(m) * &gain)
    };
    (1..).find(|&m| !holds(m)).unwrap() as usize - 1
}

/// A problem with n = 2, no background, and coordinates +-1/2: 64 equally likely initial points.
fn tiny(prior: &str, step: &str, steps: u64, head: &str) -> Problem {
    let text = format!(
        r#"
name = "tiny"
[dictionary]
background = 0
[distribution]
prior = [{prior}]
patches = 2
key_patches = 2
background = []
[network]
activation = "relu"
pooling = "sum"
head = {head}
filters = 2
init = {{ kind = "uniform", half_width = "3/4", denominator = 1, seed = 11 }}
[training]
loss = "hinge"
train = "filters"
step = "{step}"
batch = 1
steps = {steps}
runs = 10
seed = 3
"#
    );
    parse_problem("tiny.toml", &text, Format::Toml).unwrap()
}

/// Pr(some margin < 1 at the last step) over all initial points and samples, and
/// `Pr(min(|J_+|, |J_-|) < j)` for j = 1, 2.
fn exact_over_all_starts(problem: &Problem, heads: &[Vec<Q>]) -> (Q, [Q; 2]) {
    let (n, p) = (problem.n_filters(), problem.n_patterns());
    let (mut open, mut starts) = (Q::zero(), Q::zero());
    let mut fewer = [Q::zero(), Q::zero()];
    for weights in all_vectors(&[ratio(1, 2), ratio(-1, 2)], n * p) {
        for head in heads {
            let problem = problem
                .changed(|parts| {
                    parts.network = Network::explicit(
                        Activation::Relu,
                        Pooling::Sum,
                        head.clone(),
                        Matrix::from_vec(n, p, weights.clone()).unwrap(),
                    )
                    .unwrap()
                })
                .unwrap();
            let steps = problem.training().steps;
            let chain = Chain::build(
                &problem,
                Horizon::Steps(steps),
                false,
                &LawLimits::default(),
            )
            .unwrap();
            open += Q::one() - chain.law(steps).p_settled[steps as usize].clone();
            let least = Label::BOTH.map(|y| problem.winners(y).len());
            let least = least[0].min(least[1]);
            for (j, sum) in fewer.iter_mut().enumerate() {
                *sum += integer(u64::from(least <= j));
            }
            starts += Q::one();
        }
    }
    (open / &starts, fewer.map(|sum| sum / &starts))
}

fn bounds_the_exact_probability_over_all_starts() {
    let signs = [Q::one(), -Q::one()];
    let half = ratio(1, 2);
    let mut near = 0;
    for (prior, step, steps) in [
        ("\"1/2\", \"1/2\"", "1/10", 0),
        ("\"1/2\", \"1/2\"", "1/10", 30),
        ("\"1/3\", \"2/3\"", "1", 9),
        ("\"9/10\", \"1/10\"", "1/2", 12),
        ("\"9/10\", \"1/10\"", "1/2", 200),
    ] {
        let problem = tiny(prior, step, steps, "\"random\"");
        let (open, fewer) = exact_over_all_starts(&problem, &all_vectors(&signs, 2));
        assert_eq!(fewer[0], ratio(7, 8));
        let outcome = check(&problem, Theory::Stated);
        // A bound near 1 may need more runs than there are to be put to the test.
        let verdict = outcome.verdict.name();
        assert!(
            ["holds", "undecided"].contains(&verdict),
            "{}",
            outcome.because
        );
        let atoms = problem.distribution().atoms().unwrap();
        let p = atoms
            .atoms()
            .iter()
            .map(|a| a.probability.clone())
            .min()
            .unwrap();
        let m_bar = largest(&problem, 2, &half, &integer(2), 4);
        let m = [1, 2].map(|j| largest(&problem, 2, &half, &ratio(2, j), 4));
        let tail = |k: usize| binomial_below(steps, &p, k);
        let classic = &fewer[0] + tail(m_bar);
        let mixed =
            &fewer[0] + (&fewer[1] - &fewer[0]) * tail(m[0]) + (Q::one() - &fewer[1]) * tail(m[1]);
        assert!(
            open <= mixed && mixed <= classic,
            "{open} {mixed} {classic}"
        );
        near += u64::from(&mixed - &open < ratio(1, 20));
        assert_eq!(exact(&outcome, "probability_upper_bound"), Some(mixed));
        assert_eq!(exact(&outcome, "bound_classic"), Some(classic));
        let [first, second] = [0, 1].map(|i| &fewer[i] + tail(m[i]));
        let best_j = if first <= second { 1 } else { 2 };
        assert_eq!(exact(&outcome, "best_j"), Some(integer(best_j)));
        assert_eq!(exact(&outcome, "bound_sharp"), Some(first.min(second)));
        assert_eq!(exact(&outcome, "max_updates"), Some(integer(m_bar as u64)));
        assert_eq!(exact(&outcome, "lottery_term"), Some(fewer[0].clone()));
        // No frequency is out of reach of the exact probability.
        let Some(Figure::Estimate { estimate, runs, .. }) =
            outcome.figures.get("sampled_frequency")
        else {
            panic!("{:?}", outcome.figures);
        };
        let seen = Frequency {
            successes: (estimate * *runs as f64).round() as u64,
            runs: *runs,
        };
        for side in [Side::AtLeast, Side::AtMost] {
            assert!(!seen.refutes(&open, side, &share(10)), "{open} {seen:?}");
        }
    }
    assert!(near >= 2, "the bound is nowhere near the probability");
}

fn a_fixed_head_has_its_own_lottery() {
    let problem = tiny("\"9/10\", \"1/10\"", "1/2", 30, "\"alternating\"");
    let outcome = check(&problem, Theory::Stated);
    match &outcome.verdict {
        Verdict::NotApplicable {
            assumption,
            witness,
        } => {
            assert_eq!(*assumption, AssumptionId::A5f);
            assert!(witness.contains("alternating"));
        }
        other => panic!("{other:?}"),
    }
    assert!(
        outcome
            .beyond
            .as_ref()
            .unwrap()
            .to_string()
            .contains("same proof")
    );
    let (open, fewer) = exact_over_all_starts(&problem, &[vec![Q::one(), -Q::one()]]);
    assert_eq!(fewer[0], ratio(3, 4));
    assert_eq!(exact(&outcome, "lottery_term"), Some(ratio(3, 4)));
    let bound = exact(&outcome, "probability_upper_bound").unwrap();
    assert!(open <= bound && bound < Q::one(), "{open} {bound}");
    // A near miss is seen there too.
    let problem = tiny("\"1/2\", \"1/2\"", "1/2", 60, "\"alternating\"");
    let wrong = check(&problem, Theory::Wrong(0));
    let violation = wrong.violation().unwrap();
    assert_eq!(violation.claim, MainClaim.wrong_theories()[0].breaks);
}

fn the_least_certified_step_is_the_least_over_all_numbers_of_winners() {
    let mut problem = tiny("\"1/2\", \"1/2\"", "1/2", 10, "\"random\"");
    problem = problem
        .changed(|parts| {
            parts.network = Network::random(
                Activation::Relu,
                Pooling::Sum,
                9,
                2,
                HeadInit::RandomSigns,
                Vec::new(),
                ratio(1, 8),
                64,
                5,
            )
            .unwrap()
        })
        .unwrap();
    let audits = audit(&problem);
    let delta = ratio(2, 5);
    let context = Context::new(&problem, &audits).with_budget(Budget {
        delta: delta.clone(),
        ..budget(50)
    });
    let outcome = MainClaim.check(&context, Theory::Stated);
    // P(min < j) for 9 filters, each of which wins +, -, nothing, nothing.
    let fewer: Vec<Q> = (1..=4)
        .map(|j| {
            let mut law = std::collections::BTreeMap::from([([0, 0], Q::one())]);
            for _ in 0..9 {
                let mut next = std::collections::BTreeMap::<[i32; 2], Q>::new();
                for ([a, b], mass) in law {
                    *next.entry([a, b]).or_default() += &mass * ratio(1, 2);
                    *next.entry([a + 1, b]).or_default() += &mass * ratio(1, 4);
                    *next.entry([a, b + 1]).or_default() += &mass * ratio(1, 4);
                }
                law = next;
            }
            law.iter()
                .filter(|([a, b], _)| *a.min(b) < j)
                .map(|(_, mass)| mass)
                .sum()
        })
        .collect();
    let h = ratio(15, 128);
    let updates: Vec<usize> = (1..=4)
        .map(|j| largest(&problem, 2, &h, &ratio(2, j), 4))
        .collect();
    let bound = |t: u64| {
        let terms = fewer.iter().zip(&updates);
        terms
            .map(|(q, &k)| q + binomial_below(t, &ratio(1, 2), k))
            .min()
            .unwrap()
    };
    let least = (0..).find(|&t| bound(t) <= delta).unwrap();
    let certified = outcome.figures.get("least_certified_t");
    assert_eq!(certified, Some(&Figure::AtMost(least)));
    // The least n with 2 (3/4)^n - (1/2)^n <= 1/5.
    assert_eq!(exact(&outcome, "least_filters"), Some(integer(8)));
    // With delta below the lottery term no step is enough, and the reason is given.
    let outcome = check(&problem, Theory::Stated);
    let missing = outcome.figures.iter().find_map(|(name, f)| match f {
        Figure::Missing(why) if *name == "least_certified_t" => Some(why.clone()),
        _ => None,
    });
    assert!(missing.unwrap().to_string().contains("no winner"));
}

fn steps_beyond_reach_leave_the_bound_and_no_verdict() {
    let mut problem = tiny("\"1/2\", \"1/2\"", "1/2", 10, "\"random\"");
    problem = problem
        .changed(|parts| parts.training.steps = u64::MAX)
        .unwrap();
    let outcome = check(&problem, Theory::Stated);
    match &outcome.verdict {
        Verdict::Undecided { limit } => assert!(limit.to_string().contains("too long")),
        other => panic!("{other:?}"),
    }
    let bound = outcome.figures.iter().find_map(|(name, f)| match f {
        Figure::Exact(q) | Figure::Enclosure(_, q) if *name == "probability_upper_bound" => {
            Some(q.clone())
        }
        _ => None,
    });
    let excess = bound.unwrap() - ratio(7, 8);
    assert!(!excess.is_negative() && excess < ratio(1, 1_000_000));
}

/// `P(min(|J_+|, |J_-|) < j)` by counting all cases: a filter wins a label, another one, or nothing.
fn counted(filters: &[&[Option<usize>]], j: u32) -> Q {
    let mut cases = vec![[0u32; 2]];
    for filter in filters {
        let with = |have: [u32; 2]| {
            filter.iter().map(move |wins| {
                let mut have = have;
                if let Some(label) = wins {
                    have[*label] += 1;
                }
                have
            })
        };
        cases = cases.into_iter().flat_map(with).collect();
    }
    let few = cases.iter().filter(|have| have[0].min(have[1]) < j).count();
    Q::new(few.into(), cases.len().into())
}

fn the_law_of_the_winners_is_the_count_over_all_signs() {
    let signs: [&[Option<usize>]; 2] = [&[Some(0), None], &[Some(1), None]];
    let fair: &[Option<usize>] = &[Some(0), Some(1), None, None];
    for n in 1..=7usize {
        for (head, init) in [
            ("\"random\"", HeadInit::RandomSigns),
            ("\"alternating\"", HeadInit::Alternating),
        ] {
            let problem = tiny("\"1/2\", \"1/2\"", "1/2", 20, head);
            let network = Network::random(
                Activation::Relu,
                Pooling::Sum,
                n,
                2,
                init.clone(),
                Vec::new(),
                ratio(1, 8),
                64,
                5,
            );
            let problem = problem.changed(|parts| parts.network = network.unwrap());
            let problem = problem.unwrap();
            let filters: Vec<&[Option<usize>]> = match init {
                HeadInit::RandomSigns => vec![fair; n],
                _ => (0..n).map(|j| signs[j % 2]).collect(),
            };
            // The law of total probability over j = 1, 2, ..., with all tails.
            let (mut bound, mut tail) = (Q::zero(), Q::one());
            let mut fewer = Q::zero();
            for j in 1..=n as i64 / 2 + 1 {
                let next = counted(&filters, j as u32);
                bound += (&next - &fewer) * &tail;
                fewer = next;
                let most = largest(&problem, 2, &ratio(15, 128), &ratio(2, j), 4);
                tail = binomial_below(20, &ratio(1, 2), most);
            }
            bound += (Q::one() - fewer) * tail;
            let outcome = check(&problem, Theory::Stated);
            let found = exact(&outcome, "probability_upper_bound");
            assert_eq!(found, Some(bound), "{n} {head}");
            assert_eq!(exact(&outcome, "lottery_term"), Some(counted(&filters, 1)));
        }
    }
}

/// The known example of 256 filters: M_bar, and the bound by the best number of winners.
fn bounds_on_the_updates_of_many_filters() {
    let many = |filters: usize, half_width: Q, denominator: u64| {
        let problem = tiny("\"1/2\", \"1/2\"", "1/50", 100, "\"random\"");
        let network = Network::random(
            Activation::Relu,
            Pooling::Sum,
            filters,
            2,
            HeadInit::RandomSigns,
            Vec::new(),
            half_width,
            denominator,
            7,
        );
        let changed = problem.changed(|parts| {
            parts.network = network.unwrap();
            parts.training.steps = 3;
        });
        changed.unwrap()
    };
    // The largest odd multiple of 1/(2 D) below the half width.
    for (half_width, denominator, h) in [
        (ratio(1, 2), 2, ratio(1, 4)),
        (ratio(1, 2), 64, ratio(63, 128)),
        (ratio(7, 10), 3, ratio(1, 2)),
        (ratio(1, 128), 8192, ratio(127, 16384)),
    ] {
        let problem = many(3, half_width, denominator);
        let most = largest(&problem, 2, &h, &integer(3), 4);
        let outcome = check(&problem, Theory::Stated);
        assert_eq!(exact(&outcome, "max_updates"), Some(integer(most as u64)));
    }
    // Beyond 2,048 filters the law of so many is an upper bound.
    let outcome = check(&many(2_100, ratio(1, 2), 2), Theory::Stated);
    let Some(Figure::Enclosure(lo, hi)) = outcome.figures.get("lottery_term") else {
        panic!("{:?}", outcome.figures);
    };
    let law =
        |n: usize| num_traits::pow(ratio(3, 4), n) * integer(2) - num_traits::pow(ratio(1, 2), n);
    assert!(lo.is_zero() && *hi == law(2_048) && law(2_100) < *hi);
}
