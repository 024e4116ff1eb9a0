//! Refutations of small problems: where a theorem does not apply because an assumption fails, and its conclusion fails as
//! well, the first step at which it does. The engines decide; nothing here is trusted.

mod paths;
mod probabilities;

use super::bind::{label_of, numbers};
use super::format::{
    BoundedUpdates, Claim, Label, Natural, Number, Problem, Refutation, RefutationStuck,
    RefutationUpdates, Theorem, Train,
};
use super::origin::{Applicability, Failing, Origin};
use crate::dynamics::expected::{Expected, Limits};
use crate::dynamics::state::State;
use crate::number::{Q, integer};
use crate::problem;
use crate::problem::assumption::drift_of;
use crate::theory::record::TheoremId;
use crate::theory::{coherent_mistake_bound, mistake_bound};
use num_traits::{One, Signed, Zero};
use paths::{Paths, Samples, Step};
use probabilities::Laws;

/// Most images, and most weights, of a problem whose paths are gone through.
const MAX_IMAGES: usize = 16;
const MAX_WEIGHTS: usize = 64;

/// Steps of all paths that are gone through.
const MAX_STEPS: u64 = 12;

/// Steps of the expected dynamics with a trained head, whose numbers grow.
const MAX_TRAINED: u64 = 200;

/// Of each theorem from T3 on whose conclusion fails, the claim that it does, and the assumption that fails; of T3, or of
/// T3max with max pooling, unless that is `known`. The other theorems are about sum pooling.
///
/// # Cost
/// For problems of at most 16 images and 64 weights: a law of at most a thousand states, and some ten thousand steps.
pub(super) fn refutations(
    problem: &problem::Problem,
    explicit: &Problem,
    applies: &Applicability,
    known: bool,
) -> Vec<(Origin, Claim)> {
    let small = explicit.atoms.len() <= MAX_IMAGES
        && explicit.atoms.iter().all(|atom| atom.draws.is_none())
        && problem.n_filters() * problem.n_patterns() <= MAX_WEIGHTS;
    let search = Search {
        problem,
        explicit,
        applies,
        key_patches: key_patches(problem, explicit),
        found: Vec::new(),
    };
    match small && problem.dictionary().has_keys() {
        true => search.run(known),
        false => Vec::new(),
    }
}

/// The numbers of key patches of its own label that images have, ascending, without 0.
fn key_patches(problem: &problem::Problem, explicit: &Problem) -> Vec<u32> {
    if !problem.dictionary().has_keys() {
        return Vec::new();
    }
    let own = explicit.atoms.iter().map(|atom| match atom.label {
        Label::Plus => atom.counts[0].0,
        Label::Minus => atom.counts[1].0,
    });
    let mut own: Vec<u32> = own.filter_map(|r| u32::try_from(r).ok()).collect();
    own.retain(|&r| r > 0);
    own.sort_unstable();
    own.dedup();
    own
}

/// The first coordinate that is not where T3 with r key patches says, or T3max with max pooling, at the end of a path with
/// these sums of gates: filter and pattern, what it says, and what is. Of clauses (i) and (ii), then of the others.
pub(super) fn off_path(
    problem: &problem::Problem,
    r: u64,
    state: &State<Q>,
    gates: &[Q; 2],
) -> Option<([usize; 2], Q, Q)> {
    let (head, pooling) = (&problem.network().head, problem.network().pooling);
    let max = pooling == problem::Pooling::Max;
    let rate = &problem.training().step * integer(if max { 1 } else { r });
    let places =
        (0..problem.n_filters()).flat_map(|j| (0..problem.n_patterns()).map(move |p| [j, p]));
    let other = |[j, p]: [usize; 2]| {
        let opposite = problem::Label::voted_by(&head[j]).opposite().index();
        p == opposite && !head[j].is_zero() && problem.training().loss.has_binary_gate()
    };
    let says = |[j, p]: [usize; 2], third: bool| {
        let (z, is) = (&problem.network().weights[(j, p)], &state.weights[(j, p)]);
        let wins = problem.label_won(pooling, j);
        let stays = !z.is_positive();
        let grows = wins.is_some_and(|y| y.index() == p);
        Some(match third {
            false if stays => z.clone(),
            false if grows => z + &rate * &gates[p],
            true if !stays && !grows && max && wins.is_some() => is.clone().min(z.clone()),
            true if !stays && !grows && other([j, p]) => is.clone().clamp(-&rate, z.clone()),
            _ => return None,
        })
    };
    let all = [false, true].map(|third| places.clone().map(move |place| (place, third)));
    all.into_iter().flatten().find_map(|([j, p], third)| {
        let (says, is) = (says([j, p], third)?, &state.weights[(j, p)]);
        (says != *is).then(|| ([j, p], says, is.clone()))
    })
}

/// The claim that a conclusion fails at the end of a path.
fn of_path(
    theorem: Theorem,
    samples: Samples,
    r: u32,
    [j, p]: [usize; 2],
    predicted: Q,
    value: Q,
) -> Refutation {
    Refutation {
        theorem,
        t: Natural(samples.len() as u64),
        samples,
        key_patches: Natural(r.into()),
        filter: Natural(j as u64),
        pattern: Natural(p as u64),
        predicted: Number::from(predicted),
        value: Number::from(value),
    }
}

struct Search<'p> {
    problem: &'p problem::Problem,
    explicit: &'p Problem,
    applies: &'p Applicability,
    key_patches: Vec<u32>,
    found: Vec<(Origin, Claim)>,
}

impl Search<'_> {
    fn run(mut self, known: bool) -> Vec<(Origin, Claim)> {
        if !known {
            self.pathwise();
        }
        if self.problem.network().pooling == problem::Pooling::Max {
            return self.found;
        }
        self.probabilities();
        self.updates();
        self.trained_head();
        self.balancedness();
        self.own_keys();
        self.opposed_keys();
        self.found
    }

    /// The assumption that fails, where the model is that of the theorem.
    fn failing(&self, id: TheoremId) -> Option<&Failing> {
        let failing = self.applies.failing(id)?;
        (failing.assumption != "A0").then_some(failing)
    }

    fn add(&mut self, id: TheoremId, claim: Claim) {
        let origin = match self.failing(id) {
            Some(failing) => Origin::without(id.name(), failing.clone()),
            None => Origin::of(id.name()),
        };
        self.found.push((origin, claim));
    }

    /// T4, T5 and T12, by the law of SGD.
    fn probabilities(&mut self) {
        let problem = self.problem;
        // T12 speaks of one filter at a time, and may apply to some alone.
        let drifts: Vec<Option<Failing>> = (0..problem.n_filters())
            .map(|j| drift_of(problem, j).map(|found| Failing::of(&found)))
            .collect();
        let apart = match self.applies.failing(TheoremId::T12) {
            Some(_) => self.failing(TheoremId::T12).is_some(),
            None => drifts.iter().any(Option::is_some),
        } && problem.training().batch == 1;
        let asked = [TheoremId::T4, TheoremId::T5].map(|id| self.failing(id).is_some());
        let asked = [asked[0], asked[1], apart];
        if !asked.contains(&true) {
            return;
        }
        let steps = problem.training().steps.min(MAX_STEPS);
        let Some(laws) = Laws::new(problem, steps) else {
            return;
        };
        let least = |found: Vec<Claim>| found.into_iter().min_by_key(Claim::step);
        let rs = self.key_patches.iter();
        let [dominance, accuracy, square] = asked;
        if dominance {
            let found = rs.clone().filter_map(|&r| laws.dominance(r)).collect();
            if let Some(claim) = least(found) {
                self.add(TheoremId::T4, claim);
            }
        }
        if accuracy {
            let rs = self.key_patches.iter();
            let found = rs.filter_map(|&r| laws.accuracy(r)).collect();
            if let Some(claim) = least(found) {
                self.add(TheoremId::T5, claim);
            }
        }
        if let (true, Some(&r)) = (square, self.key_patches.first())
            && let Some((t, filter, predicted, value)) = self.mean_square(&laws, &drifts)
        {
            let claim = Refutation {
                theorem: Theorem::T12,
                t: Natural(t),
                samples: Vec::new(),
                key_patches: Natural(r.into()),
                filter: Natural(filter as u64),
                pattern: Natural(0),
                predicted: Number::from(predicted),
                value: Number::from(value),
            };
            let failing = self.failing(TheoremId::T12).or(drifts[filter].as_ref());
            let origin = match failing {
                Some(failing) => Origin::without(TheoremId::T12.name(), failing.clone()),
                None => Origin::of(TheoremId::T12.name()),
            };
            self.found.push((origin, Claim::Refutation(claim)));
        }
    }

    /// The first step at which the mean square of a filter is above T12's bound: of a filter under H where another
    /// assumption fails and there is one.
    fn mean_square(
        &self,
        laws: &Laws<'_>,
        drifts: &[Option<Failing>],
    ) -> Option<(u64, usize, Q, Q)> {
        let of = |drifting: bool| laws.mean_square(&|j| drifts[j].is_some() == drifting);
        match self.failing(TheoremId::T12) {
            Some(failing) if failing.assumption != "H" => of(false).or_else(|| of(true)),
            _ => of(true),
        }
    }

    /// T3 or T3max, on all paths side by side.
    fn pathwise(&mut self) {
        let (id, theorem) = match self.problem.network().pooling {
            problem::Pooling::Sum => (TheoremId::T3, Theorem::T3),
            problem::Pooling::Max => (TheoremId::T3max, Theorem::T3max),
        };
        if self.failing(id).is_none() || self.problem.training().batch != 1 {
            return;
        }
        let Some(paths) = Paths::new(self.problem) else {
            return;
        };
        let steps = self.problem.training().steps.min(MAX_STEPS);
        let found = self.key_patches.iter().filter_map(|&r| {
            let off = |step: &Step<'_>| off_path(self.problem, r.into(), step.after, step.gates);
            let (samples, (place, predicted, value)) = paths.first(steps, off)?;
            let r = if theorem == Theorem::T3max { 0 } else { r };
            Some(of_path(theorem, samples, r, place, predicted, value))
        });
        if let Some(claim) = found.min_by_key(|claim| claim.t) {
            self.add(id, Claim::Refutation(claim));
        }
    }

    /// T6 and T6c, along paths.
    fn updates(&mut self) {
        let forms = [
            (TheoremId::T6, BoundedUpdates::T6),
            (TheoremId::T6c, BoundedUpdates::T6c),
        ];
        for (id, theorem) in forms {
            if self.failing(id).is_none() || self.problem.training().batch != 1 {
                continue;
            }
            let Some(paths) = Paths::new(self.problem) else {
                return;
            };
            if let Some((samples, atom, margin)) = paths.stuck(MAX_STEPS) {
                let claim = RefutationStuck {
                    theorem,
                    samples,
                    atom: Natural(atom as u64),
                    margin: Number::from(margin),
                };
                self.add(id, Claim::RefutationStuck(claim));
            }
            let most = |&r: &u32| {
                let most = match theorem {
                    BoundedUpdates::T6 => mistake_bound::max_updates_read_with(self.problem, r),
                    BoundedUpdates::T6c => {
                        let certified =
                            coherent_mistake_bound::certified::max_open_samples_read_with;
                        certified(self.problem, r)
                    }
                };
                Some((u64::try_from(most?).ok()?, r))
            };
            let Some((most, r)) = self.key_patches.iter().filter_map(most).min() else {
                continue;
            };
            if let Some(samples) = paths.of_updates(most.saturating_add(1)) {
                let claim = RefutationUpdates {
                    theorem,
                    updates: Natural(samples.len() as u64),
                    samples,
                    key_patches: Natural(r.into()),
                    bound: Number::from(integer(most)),
                };
                self.add(id, Claim::RefutationUpdates(claim));
            }
        }
    }

    /// A fixed head of signs is what other theorems are about.
    fn has_fixed_signs(&self) -> bool {
        let mut head = self.problem.network().head.iter();
        self.explicit.train == Train::Filters && head.all(|a| a.abs().is_one())
    }

    /// The first path in whose last step something is found.
    fn on_paths<T>(&self, find: impl Fn(&Paths, &Step<'_>) -> Option<T>) -> Option<(Samples, T)> {
        if self.problem.training().batch != 1 {
            return None;
        }
        let paths = Paths::new(self.problem)?;
        let steps = self.problem.training().steps.min(MAX_STEPS);
        paths.first(steps, |step| find(&paths, step))
    }

    /// T8: the first step in which `|w|^2 - a^2` of a filter changes otherwise.
    fn balancedness(&mut self) {
        if self.failing(TheoremId::T8).is_none() || self.has_fixed_signs() {
            return;
        }
        let problem = self.problem;
        let eta = &problem.training().step;
        let found = self.on_paths(|paths, step| {
            let pulls = paths.gradient(step.before, step.image).filters;
            let norms = [step.before, step.after].map(|state| state.norms_squared(problem));
            (0..problem.n_filters()).find_map(|j| {
                let (s, z) = (pulls.row(j), step.before.weights.row(j));
                let along: Q = s.iter().zip(z).map(|(s, z)| s * z).sum();
                let pairs = (0..s.len()).flat_map(|p| (0..s.len()).map(move |q| (p, q)));
                let square: Q = pairs
                    .map(|(p, q)| &s[p] * &s[q] * problem.dictionary().gram_entry(p, q))
                    .sum();
                let [a, b] = [step.before, step.after].map(|state| &state.head[j]);
                let says = eta * eta * (a * a * square - &along * &along);
                let is = (&norms[1][j] - b * b) - (&norms[0][j] - a * a);
                (says != is).then_some(([j, 0], says, is))
            })
        });
        if let Some((samples, (place, says, is))) = found {
            let claim = of_path(Theorem::T8, samples, 0, place, says, is);
            self.add(TheoremId::T8, Claim::Refutation(claim));
        }
    }

    /// T12 (c): the first path at whose end the own key of a filter is elsewhere, which H has no part in.
    fn own_keys(&mut self) {
        let Some(&any) = self.key_patches.first() else {
            return;
        };
        let failing = self.failing(TheoremId::T12);
        let problem = self.problem;
        if problem.training().batch != 1 || failing.is_none_or(|failing| failing.assumption == "H")
        {
            return;
        }
        let (weights, step_size) = (&problem.network().weights, &problem.training().step);
        let read = problem::Label::BOTH.map(|y| self.least_key_patches(y));
        let found = self.on_paths(|_, step| {
            let heads = problem.network().head.iter().enumerate();
            heads.filter(|(_, a)| !a.is_zero()).find_map(|(j, a)| {
                let own = problem::Label::voted_by(a).index();
                let (z, is) = (&weights[(j, own)], &step.after.weights[(j, own)]);
                // Every gate is 1.
                let samples = &step.gates[own];
                let moves = z.is_positive() && !samples.is_zero();
                let r = if moves { read[own]? } else { any };
                let mut says = z.clone();
                if moves {
                    says += step_size * a.abs() * integer(r) * samples;
                }
                (says != *is).then(|| (r, [j, own], says, is.clone()))
            })
        });
        if let Some((samples, (r, place, says, is))) = found {
            let claim = of_path(Theorem::T12, samples, r, place, says, is);
            self.add(TheoremId::T12, Claim::Refutation(claim));
        }
    }

    /// The fewest key patches, one at least, of an image of this label.
    fn least_key_patches(&self, y: problem::Label) -> Option<u32> {
        let own = self.explicit.atoms.iter();
        let own = own.filter(|atom| atom.label == label_of(y));
        let own = own.filter_map(|atom| u32::try_from(atom.counts[y.index()].0).ok());
        own.filter(|&r| r > 0).min()
    }

    /// T13, of keys that are opposed: the first step in which `a_j alpha` decreases.
    fn opposed_keys(&mut self) {
        let failing = self.failing(TheoremId::T13);
        if failing.is_none_or(|failing| failing.assumption != "A2") {
            return;
        }
        let filters = 0..self.problem.n_filters();
        let found = self.on_paths(|_, step| {
            filters.clone().find_map(|j| {
                let [says, is] =
                    [step.before, step.after].map(|state| &state.head[j] * &state.weights[(j, 0)]);
                (is < says).then_some(([j, 0], says, is))
            })
        });
        if let Some((samples, (place, says, is))) = found {
            let claim = of_path(Theorem::T13, samples, 0, place, says, is);
            self.add(TheoremId::T13, Claim::Refutation(claim));
        }
    }

    /// T7: the first step at which the head, a key or a background coordinate of a filter is not where it says.
    fn trained_head(&mut self) {
        if self.failing(TheoremId::T7).is_none() || self.has_fixed_signs() {
            return;
        }
        let found = self.key_patches.iter().filter_map(|&r| self.off_course(r));
        if let Some(claim) = found.min_by_key(|claim| claim.t) {
            self.add(TheoremId::T7, Claim::Refutation(claim));
        }
    }

    fn off_course(&self, r: u32) -> Option<Refutation> {
        let problem = self.problem;
        let kappa = &problem.training().step * integer(r) / integer(2);
        let mut engine = Expected::new(problem, &Limits::default()).ok()?;
        let mut says = engine.state();
        // The key that moves; `None` where that takes both.
        let alive = says.weights.iter_rows().map(|row| {
            let keys: Vec<usize> = (0..2).filter(|&y| row[y].is_positive()).collect();
            keys
        });
        let alive: Vec<Vec<usize>> = alive.collect();
        let last = problem.training().steps.min(MAX_TRAINED);
        while engine.t() < last {
            engine.step().ok()?;
            let is = engine.state();
            for (j, alive) in alive.iter().enumerate() {
                if let [y] = alive[..] {
                    let (b, alpha) = (says.head[j].clone(), says.weights[(j, y)].clone());
                    if alpha.is_positive() {
                        let sign = if y == 0 { integer(1) } else { integer(-1) };
                        says.weights[(j, y)] += &kappa * &sign * &b;
                        says.head[j] += &kappa * sign * alpha;
                    }
                }
                let width = problem.n_patterns();
                let spoken = match alive.len() {
                    2 => 2..width,
                    _ => 0..width + 1,
                };
                let of = |state: &State<Q>, p: usize| match p < width {
                    true => state.weights[(j, p)].clone(),
                    false => state.head[j].clone(),
                };
                for p in spoken {
                    let (says, is) = (of(&says, p), of(&is, p));
                    if says != is {
                        return Some(Refutation {
                            theorem: Theorem::T7,
                            t: Natural(engine.t()),
                            samples: Vec::new(),
                            key_patches: Natural(r.into()),
                            filter: Natural(j as u64),
                            pattern: Natural(p as u64),
                            predicted: numbers(&[says]).remove(0),
                            value: numbers(&[is]).remove(0),
                        });
                    }
                }
            }
        }
        None
    }
}
