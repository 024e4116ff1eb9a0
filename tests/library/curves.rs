//! What each theorem says over time, beside what it speaks of: the expected dynamics, every run, shares of runs, the
//! exact law; and beside what is said of the last step.

use crate::common::strategy::property;
use crate::common::{DictionaryKind, DistributionKind, HeadKind, Shape, coarse};
use filtercert::check::happens::{Said, When, what_happens};
use filtercert::check::{CheckReport, Config, check};
use filtercert::dynamics::float::lift;
use filtercert::dynamics::sampler::Sampler;
use filtercert::dynamics::sgd::{ArithmeticChoice, Probe, Simulate, Snapshot, simulate};
use filtercert::number::{Q, integer, ratio};
use filtercert::problem::{Activation, Init, Loss, Pooling, Problem, Train, read_problem};
use filtercert::report::json;
use filtercert::theory::curve::{Curve, Dynamics, Quantity, Value};
use filtercert::theory::evidence::{Frequency, share};
use filtercert::theory::figures::Side;
use filtercert::theory::settling::settle;
use filtercert::theory::violation::Relation;
use num_traits::{One, Signed, Zero};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

/// The squares, with their signs, of what is asked of one run at one step.
struct Seen {
    winner: Option<Q>,
    loser: Option<Q>,
    cosine: Option<Q>,
    updates: Q,
}

impl Seen {
    fn new(problem: &Problem, snapshot: &Snapshot<'_>) -> Self {
        let row = |j| -> Vec<Q> {
            let patterns = 0..snapshot.n_patterns();
            patterns
                .map(|p| lift(snapshot.weight(j, p)).unwrap())
                .collect()
        };
        let rows: Vec<Vec<Q>> = (0..snapshot.n_filters()).map(row).collect();
        let norms: Vec<Q> = rows
            .iter()
            .map(|row| problem.dictionary().norm_squared(row))
            .collect();
        let camps = problem.camps();
        let cosine = |(j, label): (usize, filtercert::problem::Label)| {
            let key = label.index();
            let length = &norms[j] * problem.dictionary().gram_entry(key, key);
            let z = &rows[j][key];
            (!length.is_zero()).then(|| z * z.abs() / length)
        };
        let cosines: Option<Vec<Q>> = camps.winners().map(cosine).collect();
        let (winner, loser) = camps.extremes(&norms);
        Seen {
            winner: winner.cloned(),
            loser: loser.cloned(),
            cosine: cosines.and_then(|all| all.into_iter().min()),
            updates: integer(snapshot.updates),
        }
    }

    /// The square of a quantity with its sign.
    fn of(&self, quantity: Quantity) -> Option<Q> {
        match quantity {
            Quantity::WinnerNorm => self.winner.clone(),
            Quantity::LoserNorm => self.loser.clone(),
            Quantity::Ratio => {
                let loser = self.loser.as_ref().filter(|loser| !loser.is_zero())?;
                Some(self.winner.as_ref()? / loser)
            }
            Quantity::Alignment => self.cosine.clone(),
            Quantity::Updates => Some(&self.updates * &self.updates),
            Quantity::PerfectAccuracy | Quantity::Accuracy | Quantity::Moves => None,
        }
    }
}

/// All runs by step.
struct Watch<'a> {
    problem: &'a Problem,
    seen: Mutex<BTreeMap<u64, Vec<Seen>>>,
}

impl Probe for Watch<'_> {
    fn visit(&self, snapshot: &Snapshot<'_>) {
        let seen = Seen::new(self.problem, snapshot);
        let mut all = self.seen.lock().unwrap();
        all.entry(snapshot.t).or_default().push(seen);
    }
}

/// The runs of a problem at these steps.
fn runs(problem: &Problem, times: &BTreeSet<u64>) -> BTreeMap<u64, Vec<Seen>> {
    let watch = Watch {
        problem,
        seen: Mutex::default(),
    };
    let training = problem.training();
    let config = Simulate {
        runs: training.runs,
        steps: training.steps,
        seed: training.seed,
        times: times.iter().copied().collect(),
        arithmetic: ArithmeticChoice::Automatic,
        progress: None,
    };
    simulate(problem, &config, Some(&watch));
    watch.seen.into_inner().unwrap()
}

/// The steps from which on no gate is open, of runs from fresh starts; `None` of those that are open to the end.
fn fresh(problem: &Problem, runs: u64) -> Vec<Option<u64>> {
    let sampler = Sampler::new(problem.distribution());
    let settled = |run: u64| {
        let reseeded = |parts: &mut filtercert::problem::Parts| {
            if let Init::Uniform { seed, .. } = &mut parts.network.init {
                *seed = 1_000 + run;
            }
            let n = parts.network.head.len();
            parts.network = parts.network.with_filters(n).unwrap();
        };
        let fresh = problem.changed(reseeded).unwrap();
        settle(&fresh, &sampler, run, problem.training().steps)
            .unwrap()
            .at
    };
    (0..runs).map(settled).collect()
}

/// A problem with its report, and what was seen beside it.
struct Case {
    report: CheckReport,
    runs: BTreeMap<u64, Vec<Seen>>,
    fresh: Vec<Option<u64>>,
}

/// Beyond rounding of a run that is not on the lattice.
fn relates(relation: Relation, found: &Q, claimed: &Q) -> bool {
    let slack = found.abs() * ratio(1, 1_000_000_000);
    match relation {
        Relation::AtLeast => found + slack >= *claimed,
        Relation::AtMost => found - slack <= *claimed,
        Relation::Equal | Relation::Above => false,
    }
}

impl Case {
    fn new(problem: &Problem) -> Self {
        let config = Config {
            with_series: true,
            ..Config::default()
        };
        let report = check(problem, &config);
        let points = report.curves.iter().flat_map(|curve| &curve.points);
        let times: BTreeSet<u64> = points.map(|(t, _)| *t).collect();
        let is_fresh = |curve: &Curve| curve.dynamics == Dynamics::FreshStart;
        let starts = if report.curves.iter().any(is_fresh) {
            200
        } else {
            0
        };
        Case {
            runs: runs(problem, &times),
            fresh: fresh(problem, starts),
            report,
        }
    }

    /// The first step at which a line is violated by what it speaks of.
    fn violated(&self, curve: &Curve) -> Option<u64> {
        let violates = |(t, value): &&(u64, Value)| !self.holds(curve, *t, value);
        curve.points.iter().find(violates).map(|(t, _)| *t)
    }

    fn holds(&self, curve: &Curve, t: u64, value: &Value) -> bool {
        let claimed = value.signed_square();
        let runs = || {
            self.runs[&t]
                .iter()
                .filter_map(|seen| seen.of(curve.quantity))
        };
        let refuted = |seen: Frequency, p: &Q| seen.refutes(p, Side::AtLeast, &share(1));
        match &curve.dynamics {
            Dynamics::Mean => {
                let mut points = self.report.exact.points.iter();
                let Some(point) = points.find(|point| point.t == t) else {
                    return true;
                };
                let found = match curve.quantity {
                    Quantity::WinnerNorm => point.winner_norm_squared.clone(),
                    Quantity::LoserNorm => point.loser_norm_squared.clone(),
                    Quantity::Ratio => point.ratio_squared(),
                    Quantity::Alignment => point.alignment_signed_square.clone(),
                    _ => None,
                };
                found.is_none_or(|found| curve.relation.holds(&found, &claimed))
            }
            Dynamics::EveryPath => runs().all(|found| relates(curve.relation, &found, &claimed)),
            Dynamics::WithProbability(p) => {
                let kept: Vec<bool> = runs()
                    .map(|found| relates(curve.relation, &found, &claimed))
                    .collect();
                let seen = Frequency {
                    successes: kept.iter().filter(|kept| **kept).count() as u64,
                    runs: kept.len() as u64,
                };
                seen.runs == 0 || !refuted(seen, p)
            }
            Dynamics::Probability => {
                let Value::Plain(bound) = value else {
                    return false;
                };
                let mut points = self.report.probabilities.iter();
                let exact = points
                    .find(|point| point.t == t)
                    .and_then(|p| p.exact.as_ref());
                let mut series = self.report.simulation.series.iter();
                let seen = series.find(|point| point.t == t).unwrap();
                let seen = seen.perfect_runs.map(|successes| Frequency {
                    successes,
                    runs: self.report.simulation.runs,
                });
                exact.is_none_or(|exact| exact >= bound)
                    && seen.is_none_or(|seen| !refuted(seen, bound))
            }
            Dynamics::FreshStart => {
                let Value::Plain(bound) = value else {
                    return false;
                };
                let settled = self.fresh.iter().flatten().filter(|at| **at <= t);
                let seen = Frequency {
                    successes: settled.count() as u64,
                    runs: self.fresh.len() as u64,
                };
                !refuted(seen, bound)
            }
        }
    }

    /// All that is wrong with the lines of the report.
    fn faults(&self) -> Vec<String> {
        let report = &self.report;
        let steps = report.problem.training().steps;
        let mut faults = Vec::new();
        for curve in &report.curves {
            let name = format!("{} {}", curve.theorem.name(), curve.quantity.name());
            if curve.points.is_empty() || !curve.points.is_sorted_by(|a, b| a.0 < b.0) {
                faults.push(format!("{name}: no points, or not ascending"));
            }
            if let Some(t) = self.violated(curve) {
                faults.push(format!("{name}: violated at {t}"));
            }
        }
        for row in what_happens(report) {
            // A ratio that the expected dynamics reach by some step is kept from then on.
            let ratio =
                |said: &&Said| row.quantity == Quantity::Ratio && said.dynamics == Dynamics::Mean;
            for said in row.says.iter().filter(ratio) {
                let When::At(from) = said.when else { continue };
                let bound = said.value.signed_square();
                let mut later = report.exact.points.iter().filter(|point| point.t >= from);
                if later.any(|point| point.ratio_squared().is_some_and(|found| found < bound)) {
                    faults.push(format!("{} ratio: not kept", said.theorem.name()));
                }
            }
            let at_end = |said: &&Said| match said.when {
                When::At(t) => t == steps,
                When::Throughout(_, t) => t == steps,
                When::ForEverFrom(t) => t == 0,
            };
            for said in row.says.iter().filter(at_end) {
                if !report
                    .curves
                    .iter()
                    .any(|c| covers(c, row.quantity, said, steps))
                {
                    let theorem = said.theorem.name();
                    faults.push(format!(
                        "{theorem} {}: less than is said",
                        row.quantity.name()
                    ));
                }
            }
        }
        faults
    }
}

/// Is a line at the last step as strong as what is said of it, or is that said with less probability than the line has?
fn covers(curve: &Curve, quantity: Quantity, said: &Said, steps: u64) -> bool {
    let same = curve.theorem == said.theorem
        && curve.quantity == quantity
        && curve.relation == said.relation;
    let Some(value) = curve.at(steps).filter(|_| same) else {
        return false;
    };
    let (bound, known) = (value.signed_square(), said.value.signed_square());
    let as_strong = match curve.relation {
        Relation::AtLeast => bound >= known,
        _ => bound <= known,
    };
    match (&curve.dynamics, &said.dynamics) {
        (Dynamics::WithProbability(p), Dynamics::WithProbability(q)) => as_strong || q < p,
        (one, other) => one == other && as_strong,
    }
}

fn assert_true(problem: &Problem) -> Case {
    let case = Case::new(problem);
    let faults = case.faults();
    assert!(faults.is_empty(), "{}: {faults:?}", problem.name());
    case
}

/// The lines of a report.
fn names(case: &Case) -> BTreeSet<String> {
    let curves = case.report.curves.iter();
    let name = |curve: &Curve| format!("{} {}", curve.theorem.name(), curve.quantity.name());
    curves.map(name).collect()
}

fn example(name: &str, most: u64) -> Problem {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name);
    let problem = read_problem(&file).unwrap();
    let fewer = |parts: &mut filtercert::problem::Parts| {
        parts.training.runs = parts.training.runs.min(most);
    };
    problem.changed(fewer).unwrap()
}

/// A line that says far more: of norms by a factor of 10,000, of probabilities that they are all but 1 from the start on.
fn overstated(case: &Case, curve: &Curve) -> Curve {
    let square = integer(100_000_000);
    let change = |value: &Value| match curve.relation {
        Relation::AtLeast => Value::Root(value.signed_square() * &square),
        _ => Value::Root(value.signed_square() / &square),
    };
    let all_but_one = Q::one() - ratio(1, 1_000_000_000_000);
    let points = match curve.quantity {
        Quantity::PerfectAccuracy => {
            let series = case.report.simulation.series.iter();
            series
                .map(|point| (point.t, Value::Plain(all_but_one.clone())))
                .collect()
        }
        _ => {
            let points = curve.points.iter();
            points.map(|(t, value)| (*t, change(value))).collect()
        }
    };
    Curve {
        points,
        ..curve.clone()
    }
}

#[test]
fn lines_hold_on_every_example_and_say_what_is_said_of_the_last_step() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut seen = BTreeSet::new();
    let mut spared = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".toml") {
            continue;
        }
        let case = assert_true(&example(&name, 24));
        seen.extend(names(&case));
        for curve in &case.report.curves {
            // Nothing of a simulation tells how often a filter has moved.
            let compared = curve.quantity != Quantity::Moves;
            if compared && case.violated(&overstated(&case, curve)).is_none() {
                spared.insert(format!(
                    "{name} {} {}",
                    curve.theorem.name(),
                    curve.quantity.name()
                ));
            }
        }
        let document = json::report(&case.report);
        let listed = document["series"]["curves"].as_array().unwrap();
        assert_eq!(listed.len(), case.report.curves.len());
        for (listed, curve) in listed.iter().zip(&case.report.curves) {
            assert_eq!(listed["theorem"], curve.theorem.name());
            assert_eq!(
                listed["points"].as_array().unwrap().len(),
                curve.points.len()
            );
        }
    }
    assert_eq!(spared, BTreeSet::new(), "overstated, and not refuted");
    let all = [
        "T2 winner_norm",
        "T2 loser_norm",
        "T2 ratio",
        "T2 alignment",
        "T2s winner_norm",
        "T2s loser_norm",
        "T2s ratio",
        "T3 winner_norm",
        "T4 winner_norm",
        "T4 loser_norm",
        "T4 ratio",
        "T5 p_perfect",
        "T6 updates",
        "T6 loser_norm",
        "T6 p_perfect",
        "T6s updates",
        "T6c updates",
        "T6c p_perfect",
        "T7 winner_norm",
        "T7 loser_norm",
        "T7 ratio",
        "T11 p_perfect",
        "T12 p_perfect",
        "T12 ratio",
        "T12 alignment",
        "T13 moves",
        "T14 updates",
        "T14 p_perfect",
    ];
    let all: BTreeSet<String> = all.into_iter().map(str::to_owned).collect();
    assert_eq!(seen, all);
}

/// The lines of T2 are close to the expected dynamics: none of them can be drawn twice as strong.
#[test]
fn a_line_of_the_expected_dynamics_that_is_twice_as_strong_is_refuted() {
    let case = Case::new(&example("violates-a5t.toml", 10));
    let lines = case.report.curves.iter();
    let lines: Vec<&Curve> = lines.filter(|c| c.theorem.name() == "T2").collect();
    assert_eq!(lines.len(), 4);
    for curve in lines {
        let four = match curve.relation {
            Relation::AtLeast => integer(4),
            _ => ratio(1, 4),
        };
        let mut twice = curve.clone();
        for (_, value) in &mut twice.points {
            *value = Value::Root(value.signed_square() * &four);
        }
        assert_eq!(case.violated(curve), None);
        assert!(case.violated(&twice).is_some(), "{}", curve.quantity.name());
    }
}

/// Lines hold on random problems of a shape; which lines there were.
fn on_random_problems(shape: Shape, seed: u64, cases: u64) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    property(Shape { runs: 60, ..shape }, seed, cases, |problem| {
        seen.extend(names(&assert_true(&problem)));
    });
    seen
}

#[test]
fn lines_hold_on_random_problems() {
    let hinge = Shape {
        loss: Loss::Hinge,
        ..coarse()
    };
    let shapes = [
        (Shape::default(), 6),
        (coarse(), 6),
        (
            Shape {
                head: HeadKind::Rational,
                batch: 1..=3,
                ..coarse()
            },
            4,
        ),
        (
            Shape {
                train: Train::FiltersAndHead,
                ..Shape::default()
            },
            2,
        ),
        (
            // Keys beyond their heads: a loser may learn.
            Shape {
                train: Train::FiltersAndHead,
                weight_numerator: 128,
                step_numerator: 8..=16,
                ..Shape::default()
            },
            3,
        ),
        (hinge.clone(), 6),
        (
            Shape {
                pooling: Pooling::Max,
                ..hinge.clone()
            },
            4,
        ),
        (
            Shape {
                loss: Loss::Perceptron,
                batch: 1..=3,
                dictionary: DictionaryKind::KeysNotAcute,
                head: HeadKind::Rational,
                ..hinge.clone()
            },
            4,
        ),
        (
            Shape {
                dictionary: DictionaryKind::KeysApart,
                head: HeadKind::Rational,
                ..Shape::default()
            },
            6,
        ),
        (
            Shape {
                dictionary: DictionaryKind::Opposed,
                winners_and_losers: false,
                ..Shape::default()
            },
            4,
        ),
        (
            Shape {
                activation: Activation::LeakyRelu { slope: ratio(1, 4) },
                distribution: DistributionKind::KeyedAtoms,
                ..hinge
            },
            4,
        ),
    ];
    let mut seen = BTreeSet::new();
    for (seed, (shape, cases)) in (0..).zip(shapes) {
        seen.extend(on_random_problems(shape, seed, cases));
    }
    let theorems: BTreeSet<&str> = seen
        .iter()
        .filter_map(|name| name.split(' ').next())
        .collect();
    let all = [
        "T2", "T2s", "T3", "T4", "T5", "T6", "T6s", "T6c", "T7", "T12", "T13", "T14",
    ];
    assert_eq!(theorems, BTreeSet::from(all));
}
