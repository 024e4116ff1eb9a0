//! Norms in machine floats against what is claimed of them, at every step of every run.
//!
//! All comparisons are of rationals, with roots rounded outwards; no float decides.

use super::norms::{Claim, Facts, Miss, Part, Path, square};
use super::rounded::Descent;
use filtercert::dynamics::expected::{Expected, Limits};
use filtercert::dynamics::float::{lift, to_nearest};
use filtercert::dynamics::replay::Replayer;
use filtercert::dynamics::sampler::Sampler;
use filtercert::dynamics::sgd::{
    Arithmetic, ArithmeticChoice, Probe, Simulate, Snapshot, simulate,
};
use filtercert::number::{Matrix, Q, decimal, integer, ratio, sqrt_rd, sqrt_ru};
use filtercert::problem::{Label, Problem};
use num_traits::{Signed, Zero};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

pub type Bounds = fn(&Facts, &Path, Option<Miss>) -> Vec<Claim>;

/// A state in machine floats, lifted to rationals.
pub struct State {
    what: &'static str,
    whole: Vec<Q>,
    quiet: Vec<Q>,
    /// Bounds of the distance of each filter from the exact one.
    errors: Vec<Q>,
}

impl State {
    pub fn new(facts: &Facts, what: &'static str, rows: &Matrix<Q>, errors: Vec<Q>) -> Self {
        let squares = |j: usize, all: bool| -> Q {
            let row = rows.row(j).iter().enumerate();
            row.filter(|&(p, _)| all || p < 2 || !facts.is_positive(j, p))
                .map(|(_, z)| square(z))
                .sum()
        };
        State {
            what,
            whole: facts.filters().map(|j| squares(j, true)).collect(),
            quiet: facts.filters().map(|j| squares(j, false)).collect(),
            errors,
        }
    }

    fn seen(&self, claim: &Claim) -> &Q {
        match claim.part {
            Part::Whole => &self.whole[claim.filter],
            Part::Quiet => &self.quiet[claim.filter],
        }
    }

    /// Does the claim hold as it is?
    fn meets(&self, claim: &Claim) -> bool {
        let seen = self.seen(claim);
        if claim.at_most {
            *seen <= claim.square
        } else {
            *seen >= claim.square
        }
    }

    /// Does the claim hold, widened by the rounding?
    fn keeps(&self, claim: &Claim) -> bool {
        let (seen, error) = (self.seen(claim), &self.errors[claim.filter]);
        if error.is_zero() {
            return self.meets(claim);
        }
        if claim.at_most {
            return *seen <= square(&(sqrt_ru(&claim.square) + error));
        }
        let least = sqrt_rd(&claim.square) - error;
        !least.is_positive() || *seen >= square(&least)
    }
}

/// What a test has seen of a bound.
#[derive(Debug, Default)]
struct Seen {
    compared: u64,
    /// The quotient of smaller and larger square nearest to 1.
    best: Option<Q>,
}

/// What a test has seen.
#[derive(Debug, Default)]
pub struct Tally {
    problems: u64,
    bounds: BTreeMap<&'static str, Seen>,
    /// Problems that caught each near miss.
    caught: BTreeMap<(&'static str, Miss), u64>,
    /// States in plain floats, those with no rounding at all, and those with at most 1e-9 of it.
    plain: u64,
    exact: u64,
    near: u64,
    /// Claims about them that hold only because they are widened.
    widened: u64,
}

/// Names a theorem, states it, and lists its near misses.
pub type Stated = (&'static str, Bounds, &'static [Miss]);

/// One problem under test.
pub struct Trial<'a> {
    pub facts: &'a Facts,
    stated: &'a [Stated],
    caught: BTreeSet<(&'static str, Miss)>,
    tally: &'a mut Tally,
}

impl<'a> Trial<'a> {
    pub fn new(facts: &'a Facts, stated: &'a [Stated], tally: &'a mut Tally) -> Self {
        tally.problems += 1;
        let caught = BTreeSet::new();
        Trial {
            facts,
            stated,
            caught,
            tally,
        }
    }

    /// Compares states at one step with all claims; the last one is without rounding.
    pub fn compare(&mut self, path: &Path, states: &[State]) -> Result<(), String> {
        let exact = states.last().unwrap();
        assert!(exact.errors.iter().all(Zero::is_zero));
        for state in &states[..states.len() - 1] {
            self.tally.plain += 1;
            let most = state.errors.iter().max().unwrap();
            self.tally.exact += u64::from(most.is_zero());
            self.tally.near += u64::from(*most <= ratio(1, 1_000_000_000));
        }
        for &(theorem, state_claims, misses) in self.stated {
            for claim in state_claims(self.facts, path, None) {
                for state in states {
                    if !state.keeps(&claim) {
                        let Claim { name, filter, .. } = claim;
                        return Err(format!(
                            "{name}: step {}, filter {filter}, {}: the squared norm is {}, claimed {}, with a norm's rounding of {} at most",
                            path.t,
                            state.what,
                            decimal(state.seen(&claim), 12),
                            decimal(&claim.square, 12),
                            decimal(&state.errors[filter], 20),
                        ));
                    }
                }
                let rounded = states[..states.len() - 1].iter();
                self.tally.widened += rounded.filter(|s| !s.meets(&claim)).count() as u64;
                self.note(&claim, exact);
            }
            for &miss in misses {
                if !self.caught.contains(&(theorem, miss)) {
                    let claims = state_claims(self.facts, path, Some(miss));
                    if claims.iter().any(|claim| !exact.keeps(claim)) {
                        self.catch(theorem, miss);
                    }
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, claim: &Claim, state: &State) {
        let bound = self.tally.bounds.entry(claim.name).or_default();
        bound.compared += 1;
        let (seen, start) = (state.seen(claim), &self.facts.starts[claim.filter]);
        let moved = (&state.whole[claim.filter] - start).abs() * integer(4) >= *start;
        if moved && claim.square.is_positive() && seen.is_positive() {
            let quotient = if claim.at_most {
                seen / &claim.square
            } else {
                &claim.square / seen
            };
            if bound.best.as_ref().is_none_or(|best| *best < quotient) {
                bound.best = Some(quotient);
            }
        }
    }

    pub fn catch(&mut self, theorem: &'static str, miss: Miss) {
        if self.caught.insert((theorem, miss)) {
            *self.tally.caught.entry((theorem, miss)).or_default() += 1;
        }
    }
}

impl Tally {
    /// Prints what was seen; asserts the factors, in percent of squared norms, and the counts.
    pub fn conclude(&self, factors: &[(&str, i64)], counts: &[(&str, Miss, u64)]) {
        self.conclude_widened(1_000, factors, counts);
    }

    /// The same where so many claims need the widening.
    pub fn conclude_widened(
        &self,
        widened: u64,
        factors: &[(&str, i64)],
        counts: &[(&str, Miss, u64)],
    ) {
        println!(
            "{} problems, {} states in plain floats, {} without rounding, {} with at most 1e-9; {} claims need the widening",
            self.problems, self.plain, self.exact, self.near, self.widened
        );
        // The widening is used, and it is small but where rounding has decided a tie.
        assert!(self.near >= self.exact + self.plain / 5 && self.near >= self.plain / 4 * 3);
        assert!(self.widened >= widened);
        for (name, seen) in &self.bounds {
            let best = seen
                .best
                .as_ref()
                .map_or("none".to_owned(), |q| decimal(q, 4));
            println!(
                "  {name}: {} comparisons, best quotient {best}",
                seen.compared
            );
        }
        for ((theorem, miss), count) in &self.caught {
            println!("  {theorem} with {miss:?}: caught on {count} problems");
        }
        let names: Vec<&str> = self.bounds.keys().copied().collect();
        assert_eq!(names, factors.iter().map(|f| f.0).collect::<Vec<_>>());
        for (name, percent) in factors {
            let best = self.bounds[name].best.as_ref();
            assert!(
                best.is_some_and(|q| *q >= ratio(*percent, 100)),
                "{name}: {best:?}"
            );
        }
        for (theorem, miss, least) in counts {
            let found = self.caught.get(&(*theorem, *miss)).copied().unwrap_or(0);
            assert!(
                found >= *least,
                "{theorem} with {miss:?}: caught on {found} problems only"
            );
        }
    }
}

/// Updates so far and weights, by run and step.
pub type Runs = BTreeMap<(u64, u64), (u64, Matrix<f64>)>;

#[derive(Default)]
struct Recorder(Mutex<Runs>);

impl Probe for Recorder {
    fn visit(&self, s: &Snapshot<'_>) {
        let weights = Matrix::from_fn(s.n_filters(), s.n_patterns(), |j, p| s.weight(j, p));
        self.0
            .lock()
            .unwrap()
            .insert((s.run, s.t), (s.updates, weights));
    }
}

pub fn record(problem: &Problem, config: Simulate<'_>) -> (Arithmetic, Runs) {
    let recorder = Recorder::default();
    let simulation = simulate(problem, &config, Some(&recorder));
    (simulation.arithmetic, recorder.0.into_inner().unwrap())
}

pub fn unit_of(arithmetic: &Arithmetic) -> Result<&Q, String> {
    match arithmetic {
        Arithmetic::Lattice { unit } => Ok(unit),
        other => Err(format!("no lattice: {other:?}")),
    }
}

/// The lattice's own number, of which the simulator shows the nearest float.
pub fn on_lattice(w: f64, unit: &Q) -> Result<Q, String> {
    let exact = (lift(w).unwrap() / unit).round() * unit;
    if to_nearest(&exact) == w {
        Ok(exact)
    } else {
        Err(format!("{w} is not on the lattice of {unit}"))
    }
}

/// Follows some runs of a problem, in both arithmetics, and gives every step with its two states, the
/// one without rounding last. `ended` is told of the whole path and the run's own updates.
pub fn follow(
    trial: &mut Trial<'_>,
    ended: &mut dyn FnMut(&Path, &mut Trial<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let facts = trial.facts;
    let problem = &facts.problem;
    let times = || (0..=problem.training().steps).collect();
    let config = |arithmetic| Simulate {
        times: times(),
        arithmetic,
        ..Simulate::of(problem)
    };
    let (_, plain) = record(problem, config(ArithmeticChoice::F64));
    let (arithmetic, lattice) = record(problem, config(ArithmeticChoice::Automatic));
    let unit = unit_of(&arithmetic)?;
    let sampler = Sampler::new(problem.distribution());
    for run in 0..problem.training().runs {
        let mut rng = Sampler::stream(problem.training().seed, run);
        let mut batch = vec![sampler.blank(); problem.training().batch as usize];
        let mut replayer = Replayer::new(problem, &Limits::default());
        let mut path = Path::start(problem);
        for t in 0..=problem.training().steps {
            if t > 0 {
                for draw in &mut batch {
                    sampler.draw(&mut rng, draw);
                    path.counts[draw.label.index()] += 1;
                    for (k, walk) in path.walk.iter_mut().enumerate() {
                        *walk += draw.label.sign() * i64::from(draw.counts[k + 2]);
                        path.walk_max[k] = path.walk_max[k].max(walk.unsigned_abs());
                    }
                }
                replayer.step(&batch).unwrap();
            }
            path.t = t;
            path.gates = Label::BOTH.map(|y| replayer.exact().gate_sum(y));
            path.updates = replayer.exact().updates();
            let (rounded, exact) = (&plain[&(run, t)], &lattice[&(run, t)]);
            // The run's own updates are the path's, but where rounding could decide.
            let stable = replayer.first_unstable_step().is_none();
            if exact.0 != path.updates || (stable && rounded.0 != path.updates) {
                return Err(format!(
                    "run {run}, step {t}: {} updates on the lattice, {} in plain floats, {} exactly",
                    exact.0, rounded.0, path.updates
                ));
            }
            let mut errors = vec![Q::zero(); facts.key.len()];
            let mut lifted = rounded.1.map(|&w| lift(w).unwrap());
            for j in facts.filters() {
                for p in 0..problem.n_patterns() {
                    let (value, error) = replayer.weight(j, p);
                    if value != rounded.1[(j, p)] {
                        return Err(format!("run {run}, step {t}: the replay leaves the run"));
                    }
                    errors[j] += lift(error).unwrap();
                }
            }
            let first = State::new(facts, "plain floats", &lifted, errors);
            for j in facts.filters() {
                for (p, z) in lifted.row_mut(j).iter_mut().enumerate() {
                    *z = on_lattice(exact.1[(j, p)], unit)?;
                }
            }
            let none = vec![Q::zero(); facts.key.len()];
            let second = State::new(facts, "units of a lattice", &lifted, none);
            trial.compare(&path, &[first, second])?;
        }
        ended(&path, trial)?;
    }
    Ok(())
}

/// Gradient descent on the population in floats, and beside it the exact one, at every step.
pub fn descend(trial: &mut Trial<'_>) -> Result<(), String> {
    let facts = trial.facts;
    let problem = &facts.problem;
    let mut floats = Descent::new(problem);
    let mut engine = Expected::new(problem, &Limits::default()).unwrap();
    let mut path = Path::start(problem);
    for t in 0..=problem.training().steps {
        if t > 0 {
            floats.step();
            engine.step().unwrap();
        }
        path.t = t;
        path.gates = engine.open_mass();
        let exact = engine.state().weights;
        let mut errors = vec![Q::zero(); facts.key.len()];
        let mut lifted = exact.clone();
        for j in facts.filters() {
            for (p, z) in lifted.row_mut(j).iter_mut().enumerate() {
                let rounded = &floats.weights[j][p];
                *z = lift(rounded.value).unwrap();
                if (&*z - &exact[(j, p)]).abs() > rounded.error {
                    return Err(format!("step {t}, filter {j}, pattern {p}: {rounded:?}"));
                }
                errors[j] += &rounded.error;
            }
        }
        let none = vec![Q::zero(); facts.key.len()];
        let first = State::new(facts, "floats", &lifted, errors);
        let second = State::new(facts, "exact", &exact, none);
        trial.compare(&path, &[first, second])?;
    }
    Ok(())
}
