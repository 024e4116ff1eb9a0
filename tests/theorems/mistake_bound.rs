//! T6 and T6s, the mistake bound of hinge SGD: over random problems that nearly attain it, against
//! an independent recount along the generic gradient, and against its wrong theories.

use crate::common::strategy::property;
use crate::common::{DistributionKind, HeadKind, Shape};
use crate::harness::{self, Suite, exact, population, small_law, suite};
use filtercert::dynamics::expected::Expected;
use filtercert::dynamics::gradient::{Model, Sample};
use filtercert::dynamics::sampler::Sampler;
use filtercert::dynamics::state::State;
use filtercert::number::{Q, integer, ratio};
use filtercert::problem::assumption::{AssumptionId, audit};
use filtercert::problem::{Atom, Format, Label, Loss, Pooling, Problem, parse_problem};
use filtercert::theory::context::{Budget, Context};
use filtercert::theory::mistake_bound::MistakeBound;
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::verdict::{Figure, Layer, Outcome, Verdict};
use num_traits::{One, Signed, ToPrimitive, Zero};

laws![
    the_bounds_are_the_largest_integers_of_their_inequalities,
    t6s_of_other_losses_and_of_max_pooling_is_sharp_too,
    hinge_sgd_ends_perfect,
    settled_paths_have_no_margin_below_1,
    probabilities_and_longest_path_are_those_of_all_paths,
    where_the_law_does_not_fit_simulated_runs_stand_in,
    numbers_out_of_reach_are_missing_with_their_reason,
    t6s_takes_over_where_t6_does_not_speak,
];

pub fn suites() -> Vec<Suite> {
    let with = |distribution, step_numerator| Shape {
        distribution,
        step_numerator,
        ..shape()
    };
    let populations = vec![
        population(40, with(DistributionKind::Generative, 1..=40)),
        population(40, with(DistributionKind::Generative, 1..=4)),
        population(40, with(DistributionKind::KeyedAtoms, 1..=20)),
        population(80, tight()),
    ];
    vec![Suite {
        budget: small_law(),
        speaks: |_, outcome| {
            exact(outcome, "largest_updates_seen")
                .unwrap()
                .is_positive()
        },
        look: |seen, counts| {
            let [bound, sharp, updates] =
                ["max_updates", "max_updates_sharp", "largest_updates_seen"]
                    .map(|name| exact(seen.outcome, name).unwrap());
            assert!(
                updates <= sharp && sharp <= bound,
                "{updates} {sharp} {bound}"
            );
            let near = sharp < updates * integer(3);
            counts.add("T6s within a factor 3 of the updates seen", near);
        },
        least: &[("T6s within a factor 3 of the updates seen", 1)],
        violated: |_, _, outcome| assert!(outcome.beyond.is_some()),
        ..suite(&MistakeBound, populations)
    }]
}

fn check(problem: &Problem, theory: Theory) -> Outcome {
    harness::check(&MistakeBound, problem, theory, small_law())
}

/// Tiny initial weights, few patches, step sizes from small to large.
fn shape() -> Shape {
    Shape {
        loss: Loss::Hinge,
        balanced: false,
        same_background: false,
        filters: 3..=6,
        background: 1..=2,
        key_patches: 1..=3,
        background_patches: 0..=1,
        weight_numerator: 8,
        weight_denominator: 256,
        step_numerator: 1..=40,
        step_denominator: 40,
        steps: 40..=120,
        ..Shape::default()
    }
}

/// One atom a label, and steps so large that few updates close its gate.
fn tight() -> Shape {
    Shape {
        key_patches: 2..=3,
        background_patches: 0..=0,
        filters: 3..=3,
        step_numerator: 40..=120,
        steps: 17..=30,
        ..shape()
    }
}

/// Largest integer with the inequality of T6, by trying them one after the other.
fn brute_force_max_updates(problem: &Problem) -> Q {
    let eta = &problem.training().step;
    let [plus, minus] = Label::BOTH.map(|y| problem.winners(y).len() as i64);
    let r = problem
        .distribution()
        .atoms()
        .unwrap()
        .atoms()
        .iter()
        .map(|a| a.counts[a.label.index()])
        .min()
        .unwrap();
    let m = integer(problem.distribution().max_patches());
    let start: Q = problem
        .network()
        .weights
        .entries()
        .iter()
        .map(|z| z * z)
        .sum();
    let gain = eta * integer(2) + eta * eta * integer(problem.n_filters() as i64) * &m * &m;
    let holds = |count: i64| {
        let left = eta * integer(r) * integer(plus.min(minus)) * integer(count);
        &left * &left <= integer(plus + minus) * (&start + integer(count) * &gain)
    };
    let mut count = 0;
    while holds(count + 1) {
        count += 1;
    }
    integer(count)
}

/// Largest total of updates that some split allows by T6s, trying all splits.
fn brute_force_sharp(problem: &Problem) -> Q {
    let eta = &problem.training().step;
    let table = problem.distribution().atoms().unwrap();
    let pooling = problem.network().pooling;
    let max = pooling == Pooling::Max;
    let r = if max {
        1
    } else {
        table.atoms()[0].counts[table.atoms()[0].label.index()]
    };
    let z = &problem.network().weights;
    let q = table
        .atoms()
        .iter()
        .map(|a| {
            let mut sum = 0u64;
            for j in 0..problem.n_filters() {
                for (p, &n) in a.counts.iter().enumerate() {
                    if z[(j, p)].is_positive() {
                        sum += u64::from(n * n);
                    }
                }
            }
            sum
        })
        .max()
        .unwrap();
    // The heads are signs.
    let q = if max { problem.n_filters() as u64 } else { q };
    let theta = match problem.training().loss {
        Loss::Perceptron => 0,
        _ => 2,
    };
    let gain = eta * integer(theta) + eta * eta * integer(q);
    let mut rest = Q::zero();
    for j in 0..problem.n_filters() {
        for p in 0..problem.n_patterns() {
            let key = Label::BOTH
                .iter()
                .any(|&y| p == y.index() && problem.winners_for(pooling, y).contains(&j));
            if z[(j, p)].is_positive() && !key {
                rest += &z[(j, p)] * &z[(j, p)];
            }
        }
    }
    let side = |label: Label, count: i64| {
        let winners = problem.winners_for(pooling, label);
        let grown = eta * integer(r) * integer(count);
        let start: Q = winners.iter().map(|&j| z[(j, label.index())].clone()).sum();
        integer(winners.len() as i64) * &grown * &grown + integer(2) * grown * start
            - integer(count) * &gain
    };
    let sides = Label::BOTH.map(|y| (0..200).map(|k| side(y, k)).collect::<Vec<Q>>());
    let mut best = 0;
    for (plus, left) in sides[0].iter().enumerate() {
        for (minus, right) in sides[1].iter().enumerate() {
            if plus + minus > best && left + right <= rest {
                assert!(plus < 199 && minus < 199, "search range too small");
                best = plus + minus;
            }
        }
    }
    integer(best as u64)
}

fn the_bounds_are_the_largest_integers_of_their_inequalities() {
    let shape = Shape {
        step_numerator: 20..=40,
        steps: 3..=5,
        filters: 3..=4,
        ..shape()
    };
    property(shape, 70, 12, |problem| {
        let outcome = check(&problem, Theory::Stated);
        assert_eq!(
            exact(&outcome, "max_updates"),
            Some(brute_force_max_updates(&problem))
        );
        assert_eq!(
            exact(&outcome, "max_updates_sharp"),
            Some(brute_force_sharp(&problem))
        );
    });
}

/// The bracket of the perceptron has no term in eta alone, that of the squared hinge no other; under max pooling r is
/// 1 and Q the number of filters.
fn t6s_of_other_losses_and_of_max_pooling_is_sharp_too() {
    let (mut compared, mut limited) = ([0; 3], 0);
    for (i, loss, pooling) in [
        (0, Loss::Perceptron, Pooling::Sum),
        (1, Loss::Hinge, Pooling::Max),
        (2, Loss::SquaredHinge, Pooling::Sum),
    ] {
        let shape = Shape {
            loss,
            pooling,
            step_numerator: if i == 2 { 1..=8 } else { 4..=40 },
            steps: 3..=4,
            filters: 3..=4,
            ..shape()
        };
        property(shape, 90, 14, |problem| {
            let outcome = check(&problem, Theory::Stated);
            let expected = match loss {
                Loss::SquaredHinge => brute_force_mass(&problem),
                _ => Some(brute_force_sharp(&problem)),
            };
            let found = exact(&outcome, "max_updates_sharp");
            limited += u64::from(expected.is_none());
            compared[i] += u64::from(found.is_some());
            if found.is_some() || i != 1 {
                assert_eq!(found, expected, "{}", loss.name());
            }
        });
    }
    detail!("T6s beyond T6: {compared:?}, {limited} problems with eta Q > 2");
    assert!(
        compared.iter().all(|&n| n >= 4) && limited >= 1,
        "{compared:?} {limited}"
    );
}

/// One more than the largest integer mu with `H (eta r mu)^2 <= sum relu(Z(0))^2 + 2 eta mu`,
/// `1/H = 1/|J_+| + 1/|J_-|`; none where `eta Q > 2`.
fn brute_force_mass(problem: &Problem) -> Option<Q> {
    let eta = &problem.training().step;
    let table = problem.distribution().atoms().unwrap();
    let z = &problem.network().weights;
    let alive = |p: usize| z.iter_rows().filter(|row| row[p].is_positive()).count() as u64;
    let square = |atom: &Atom| -> u64 {
        let counts = atom.counts.iter().enumerate();
        counts.map(|(p, &n)| alive(p) * u64::from(n * n)).sum()
    };
    let q = table.atoms().iter().map(square).max().unwrap();
    if eta * integer(q) > integer(2) {
        return None;
    }
    let r = table.atoms()[0].counts[table.atoms()[0].label.index()];
    let [plus, minus] = Label::BOTH.map(|y| problem.winners(y).len() as u64);
    let h = Q::new((plus * minus).into(), (plus + minus).into());
    let start: Q = z
        .entries()
        .iter()
        .filter(|z| z.is_positive())
        .map(|z| z * z)
        .sum();
    let holds = |mu: u64| {
        let grown = eta * integer(r) * integer(mu);
        &h * &grown * &grown <= &start + eta * integer(2 * mu)
    };
    let most = (0..10_000).take_while(|&mu| holds(mu)).last().unwrap();
    Some(integer(most + 1))
}

/// Once every gate is closed, by the generic gradient: accuracy is 1, and nothing moves any more.
fn hinge_sgd_ends_perfect() {
    let mut ended = 0;
    property(shape(), 40, 30, |problem| {
        let model = Model::<Q>::new(&problem);
        let sampler = Sampler::new(problem.distribution());
        let table = problem.distribution().atoms().unwrap();
        let mut rng = Sampler::stream(1, 0);
        let mut draw = sampler.blank();
        let mut state = State::<Q>::initial(&problem);
        let one = Q::one();
        let mut updates = 0;
        for _ in 0..400 {
            sampler.draw(&mut rng, &mut draw);
            let gradient = model.gradient(
                &state,
                [Sample {
                    label: draw.label,
                    counts: &draw.counts,
                    weight: &one,
                }],
            );
            updates += i64::from(!gradient.gates[0].is_zero());
            model.apply(&mut state, &gradient);
        }
        let outcome = check(&problem, Theory::Stated);
        assert!(integer(updates) <= exact(&outcome, "max_updates_sharp").unwrap());
        let closed = table
            .atoms()
            .iter()
            .all(|a| model.margin(&state, a.label, &a.counts) >= one);
        if closed {
            ended += 1;
            let problem = problem
                .changed(|parts| parts.network.weights = state.weights.clone())
                .unwrap();
            let mut expected = Expected::new(&problem, &Default::default()).unwrap();
            assert_eq!(expected.accuracy(), Ok(Q::one()));
            expected.step().unwrap();
            assert_eq!(expected.state(), state);
        }
    });
    detail!("{ended} of 30 paths ended with every gate closed");
    assert!(ended >= 10);
}

/// The followed paths that are counted as settled are those of which the generic gradient says so.
fn settled_paths_have_no_margin_below_1() {
    let mut counts = [0; 2];
    // Few and small steps, and too many for all paths to be followed.
    let shape = Shape {
        steps: 18..=40,
        step_numerator: 1..=4,
        ..shape()
    };
    property(shape, 140, 16, |problem| {
        let outcome = check(&problem, Theory::Stated);
        let model = Model::<Q>::new(&problem);
        let sampler = Sampler::new(problem.distribution());
        let table = problem.distribution().atoms().unwrap();
        let is_settled = |run: &u64| {
            let mut rng = Sampler::stream(problem.training().seed, *run);
            let mut draw = sampler.blank();
            let mut state = State::<Q>::initial(&problem);
            for _ in 0..problem.training().steps {
                sampler.draw(&mut rng, &mut draw);
                let sample = Sample {
                    label: draw.label,
                    counts: &draw.counts,
                    weight: &Q::one(),
                };
                let gradient = model.gradient(&state, [sample]);
                model.apply(&mut state, &gradient);
            }
            let mut atoms = table.atoms().iter();
            atoms.all(|a| model.margin(&state, a.label, &a.counts) >= Q::one())
        };
        let paths = exact(&outcome, "exact_paths").unwrap();
        let paths = paths.to_integer().to_u64().unwrap();
        let settled = (0..paths).filter(is_settled).count() as u64;
        let found = exact(&outcome, "settled_paths");
        assert_eq!(found, Some(integer(settled)));
        counts[0] += settled;
        counts[1] += paths - settled;
    });
    detail!("{} paths settled, {} not", counts[0], counts[1]);
    assert!(counts.iter().all(|&n| n >= 3), "{counts:?}");
}

/// What every sequence of samples does, by the generic gradient.
struct BruteForce {
    model: Model<Q>,
    atoms: Vec<Atom>,
    epsilon: Q,
    open: Q,
    never_perfect: Q,
    low_accuracy: Q,
}

impl BruteForce {
    fn new(problem: &Problem, epsilon: Q) -> Self {
        let mut found = BruteForce {
            model: Model::new(problem),
            atoms: problem.distribution().atoms().unwrap().atoms().to_vec(),
            epsilon,
            open: Q::zero(),
            never_perfect: Q::zero(),
            low_accuracy: Q::zero(),
        };
        let start = State::initial(problem);
        found.walk(&start, problem.training().steps, Q::one(), true, true);
        found
    }

    fn margins(&self, state: &State<Q>) -> Vec<Q> {
        let margin = |a: &Atom| self.model.margin(state, a.label, &a.counts);
        self.atoms.iter().map(margin).collect()
    }

    fn step(&self, state: &State<Q>, atom: &Atom) -> State<Q> {
        let sample = Sample {
            label: atom.label,
            counts: &atom.counts,
            weight: &Q::one(),
        };
        let mut next = state.clone();
        self.model
            .apply(&mut next, &self.model.gradient(state, [sample]));
        next
    }

    fn walk(&mut self, state: &State<Q>, left: u64, p: Q, imperfect: bool, low: bool) {
        let margins = self.margins(state);
        let accuracy: Q = self
            .atoms
            .iter()
            .zip(&margins)
            .filter(|(_, margin)| margin.is_positive())
            .map(|(atom, _)| atom.probability.clone())
            .sum();
        let imperfect = imperfect && accuracy < Q::one();
        let low = low && accuracy <= Q::one() - &self.epsilon;
        if left == 0 {
            let add = |sum: &mut Q, counts: bool| {
                if counts {
                    *sum += &p;
                }
            };
            add(&mut self.open, margins.iter().any(|m| *m < Q::one()));
            add(&mut self.never_perfect, imperfect);
            add(&mut self.low_accuracy, low);
            return;
        }
        for atom in self.atoms.clone() {
            let next = self.step(state, &atom);
            self.walk(&next, left - 1, &p * &atom.probability, imperfect, low);
        }
    }

    /// The most updates from a state on.
    fn longest(&self, state: &State<Q>) -> u64 {
        self.margins(state)
            .iter()
            .zip(&self.atoms)
            .filter(|(margin, _)| **margin < Q::one())
            .map(|(_, atom)| 1 + self.longest(&self.step(state, atom)))
            .max()
            .unwrap_or(0)
    }

    fn least_probability(&self) -> Q {
        let least = self.atoms.iter().map(|a| &a.probability).min();
        least.unwrap().clone()
    }
}

/// `P(Bin(t, p) < k)` for t = 0, 1, 2, ..., one more draw at a time.
fn binomial_tails(p: &Q, k: usize) -> impl Iterator<Item = Q> {
    let mut mass = vec![Q::zero(); k];
    mass[0] = Q::one();
    let p = p.clone();
    std::iter::from_fn(move || {
        let tail = mass.iter().sum();
        for i in (0..k).rev() {
            let from_below = if i == 0 { Q::zero() } else { &mass[i - 1] * &p };
            mass[i] = &mass[i] * (Q::one() - &p) + from_below;
        }
        Some(tail)
    })
}

fn probabilities_and_longest_path_are_those_of_all_paths() {
    let mut proper = 0;
    let shape = Shape {
        background: 1..=2,
        background_patches: 0..=1,
        steps: 4..=6,
        ..tight()
    };
    property(shape, 500, 40, |problem| {
        if problem.distribution().n_atoms() > 3u32.into() {
            return;
        }
        let outcome = check(&problem, Theory::Stated);
        let layer = Verdict::Holds {
            layer: Layer::Exact,
        };
        assert_eq!(outcome.verdict, layer);
        let get = |name: &str| exact(&outcome, name).unwrap_or_else(|| panic!("no {name}"));
        let delta = Budget::default().delta;
        let brute = BruteForce::new(&problem, delta.clone());
        assert_eq!(get("probability_open_gate_exact"), brute.open);
        assert_eq!(get("probability_not_perfect_exact"), brute.never_perfect);
        assert_eq!(get("probability_low_accuracy_exact"), brute.low_accuracy);
        let start = State::initial(&problem);
        assert_eq!(get("longest_path"), integer(brute.longest(&start)));
        assert_eq!(get("p_ever_perfect"), Q::one());
        let p = brute.least_probability();
        assert_eq!(get("least_atom"), p);
        let at_end = problem.training().steps as usize;
        let max_sharp = get("max_updates_sharp").to_integer().to_usize().unwrap();
        let max_updates = get("max_updates").to_integer().to_usize().unwrap();
        let tail = |p: &Q, k: usize| binomial_tails(p, k).nth(at_end).unwrap();
        let bound = tail(&p, max_sharp);
        assert!(brute.open <= bound);
        assert_eq!(get("probability_open_gate_bound"), bound);
        assert_eq!(get("probability_not_perfect_bound"), bound);
        assert_eq!(
            get("probability_open_gate_bound_classic"),
            tail(&p, max_updates)
        );
        assert_eq!(
            get("probability_low_accuracy_bound"),
            tail(&delta, max_sharp)
        );
        let least_t = binomial_tails(&p, max_sharp).position(|tail| tail <= delta);
        assert_eq!(get("least_certified_t"), integer(least_t.unwrap() as u64));
        proper += u64::from(brute.open.is_positive() && brute.open < Q::one());
    });
    detail!("{proper} problems with a probability strictly between 0 and 1");
    assert!(proper >= 10);
}

/// A label that is seen once in 60 steps, after which its gate closes: by the law
/// `P(some margin < 1 at step t) = (59/60)^t` as soon as the other label's gate is closed.
fn rare() -> Problem {
    let text = r#"
name = "rare"
[dictionary]
background = 0
[distribution]
prior = ["59/60", "1/60"]
patches = 2
key_patches = 2
background = []
[network]
activation = "relu"
pooling = "sum"
head = ["1", "-1"]
weights = [["3/5", "-1/100"], ["-1/100", "1/100"]]
[training]
loss = "hinge"
train = "filters"
step = "1"
batch = 1
steps = 64
runs = 1000
seed = 5
"#;
    parse_problem("rare.toml", text, Format::Toml).unwrap()
}

fn where_the_law_does_not_fit_simulated_runs_stand_in() {
    let problem = rare();
    let outcome = check(&problem, Theory::Stated);
    let layer = Verdict::Holds {
        layer: Layer::Exact,
    };
    assert_eq!(outcome.verdict, layer);
    // The label + starts with a margin of 6/5.
    let law = num_traits::pow(ratio(59, 60), 64);
    assert_eq!(
        exact(&outcome, "probability_open_gate_exact"),
        Some(law.clone())
    );
    assert_eq!(exact(&outcome, "longest_path"), Some(Q::one()));
    let audits = audit(&problem);
    let mut budget = small_law();
    budget.law.max_states = 1;
    let context = Context::new(&problem, &audits).with_budget(budget);
    let outcome = MistakeBound.check(&context, Theory::Stated);
    let sampled = Verdict::Holds {
        layer: Layer::Sampled,
    };
    assert_eq!(outcome.verdict, sampled, "{}", outcome.because);
    assert_eq!(exact(&outcome, "longest_path"), None);
    let frequency = outcome
        .figures
        .iter()
        .find_map(|(name, figure)| match figure {
            Figure::Estimate {
                estimate, ci, runs, ..
            } if *name == "probability_open_gate_sampled" => Some((*estimate, *ci, *runs)),
            _ => None,
        });
    let (value, [low, high], runs) = frequency.unwrap();
    assert_eq!(runs, 1000);
    // Those runs that have not seen the label - before the last step, or at it.
    let sampler = Sampler::new(problem.distribution());
    let is_open = |run: &u64| {
        let mut rng = Sampler::stream(problem.training().seed, *run);
        let mut draw = sampler.blank();
        (0..64).all(|_| {
            sampler.draw(&mut rng, &mut draw);
            draw.label == Label::Plus
        })
    };
    let open = (0..1000).filter(is_open).count();
    assert_eq!(value, open as f64 / 1000.0);
    let law = law.to_f64().unwrap();
    assert!(low < law && law < high, "{law} is not in [{low}, {high}]");
    // The probability is 0.34; the largest atom would have it below 1e-60.
    for (wrong, layer) in [(5, Layer::Sampled), (6, Layer::Exact)] {
        let verdict = MistakeBound.check(&context, Theory::Wrong(wrong)).verdict;
        assert_eq!(verdict.name(), "refuted");
        assert_eq!(verdict.layer(), Some(layer));
    }
}

fn numbers_out_of_reach_are_missing_with_their_reason() {
    let missing = |outcome: &Outcome, name: &str| {
        let found = outcome.figures.iter().find_map(|(n, f)| match f {
            Figure::Missing(why) if *n == name => Some(why.clone()),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("{name} is not missing"))
    };
    // An atom of probability 1/2 (1/16)^20000.
    let text = hinge_text("20001", "1/16", 16).replace("step = \"1/50\"", "step = \"1/500000\"");
    let problem = parse_problem("many.toml", &text, Format::Toml).unwrap();
    let outcome = check(&problem, Theory::Stated);
    assert_ne!(outcome.verdict.name(), "refuted");
    assert!(
        missing(&outcome, "least_certified_t")
            .to_string()
            .contains("20,000 bits")
    );
    // Steps beyond any walk.
    let text = hinge_text("3", "1/2", 2).replace("steps = 100", "steps = 1000000000000000");
    let problem = parse_problem("long.toml", &text, Format::Toml).unwrap();
    let outcome = check(&problem, Theory::Stated);
    assert_eq!(outcome.verdict.name(), "holds", "{}", outcome.because);
    missing(&outcome, "probability_open_gate_exact");
    let bound = outcome
        .figures
        .iter()
        .find_map(|(name, figure)| match figure {
            Figure::Exact(hi) | Figure::Enclosure(_, hi)
                if *name == "probability_open_gate_bound" =>
            {
                Some(hi.clone())
            }
            _ => None,
        });
    assert!(bound.unwrap() < ratio(1, 1_000_000));
}

/// A hinge problem with `k` equally likely backgrounds.
fn hinge_text(patches: &str, q: &str, k: usize) -> String {
    let laws = vec![format!("\"{q}\""); k].join(", ");
    format!(
        r#"
name = "hinge"
[dictionary]
background = {k}
[distribution]
prior = ["1/2", "1/2"]
patches = {patches}
key_patches = 1
background = [{laws}]
[network]
activation = "relu"
pooling = "sum"
head = "alternating"
filters = 12
init = {{ kind = "uniform", half_width = "1/8", denominator = 64, seed = 7 }}
[training]
loss = "hinge"
train = "filters"
step = "1/50"
batch = 1
steps = 100
runs = 10
seed = 1
"#
    )
}

fn assert_beyond(problem: &Problem, id: AssumptionId) {
    let outcome = check(problem, Theory::Stated);
    match outcome.verdict {
        Verdict::NotApplicable { assumption, .. } => assert_eq!(assumption, id),
        other => panic!("{other:?}"),
    }
    let text = outcome.beyond.clone().unwrap();
    assert!(!text.to_string().contains("fails"), "{text}");
    assert!(!text.to_string().contains("does not apply"), "{text}");
    if let (Some(bound), Some(seen)) = (
        exact(&outcome, "max_updates_sharp"),
        exact(&outcome, "largest_updates_seen"),
    ) {
        // For the squared hinge the bound is on the sum of gates, and said so in the text.
        assert!(problem.training().loss == Loss::SquaredHinge || seen <= bound);
    }
}

fn t6s_takes_over_where_t6_does_not_speak() {
    let settings = [
        Shape {
            loss: Loss::Perceptron,
            ..shape()
        },
        Shape {
            batch: 2..=3,
            ..shape()
        },
        Shape {
            pooling: Pooling::Max,
            ..shape()
        },
        Shape {
            loss: Loss::SquaredHinge,
            step_numerator: 1..=2,
            steps: 4..=8,
            ..shape()
        },
    ];
    for shape in settings {
        property(shape, 10, 10, |problem| {
            assert_beyond(&problem, AssumptionId::A0);
        });
    }
    let heads = Shape {
        head: HeadKind::Rational,
        filters: 4..=6,
        ..shape()
    };
    property(heads, 10, 10, |mut problem| {
        problem = problem
            .changed(|parts| parts.network.head[3] = integer(3))
            .unwrap();
        assert_beyond(&problem, AssumptionId::A5f);
    });
}
