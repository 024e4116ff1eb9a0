//! Writes certificates: takes from the engines and the theorems what they say, in the form that the
//! checker recomputes. Nothing here is trusted.

use super::bind::{label_of, numbers, problem_of, rows};
use super::digits::{DIGITS, is_short, kept};
use super::format::{
    AlongAndAcross, Certificate, Claim, Conclusion, Form, Label, Loss, MAX_BYTES, Natural, Number,
    Part, Probability, Problem, Refutation, Segment, Theorem, Train,
};
use super::origin::{Applicability, Origin};
use super::outcomes::images_with;
use super::refute::{off_path, refutations};
use crate::dynamics::expected::{Expected, Limits};
use crate::dynamics::gradient::Model;
use crate::dynamics::law::{Chain, Horizon, LawLimits};
use crate::dynamics::path::ExactPath;
use crate::dynamics::sampler::Sampler;
use crate::dynamics::state::State;
use crate::number::{MAX_NUMBER_LENGTH, Q, integer, least_where, ratio, sqrt_rd};
use crate::problem;
use crate::problem::Draw;
use crate::problem::separable::{Balanced, Separability, separability};
use crate::theory::along_and_across::certified;
use crate::theory::context::Budget;
use crate::theory::record::TheoremId;
use crate::theory::separator_bound::SeparatorBound;
use crate::theory::theorem::Theorem as _;
use crate::theory::{
    MissedThresholds, coherent_mistake_bound, mistake_bound, perfect_accuracy, separator_bound,
    sgd_norm_dominance,
};
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Most segments of one certificate.
const MAX_SEGMENTS: usize = 64;

/// The kinds of claims about the expected dynamics.
const EXPECTED: &[&str] = &["state", "norm-dominance", "accuracy"];

/// Most steps that are left to plain recomputation, times atoms; with max pooling also times filters.
const MAX_PLAIN: u64 = 200_000;

/// With max pooling, most segments times atoms and filters.
const MAX_PICKS: u64 = 1_000_000;

/// Steps of the sample path.
const PATH: u64 = 50;

/// Most samples of the sample path: its steps times the batch.
pub(super) const MAX_SAMPLES: u64 = 100_000;

/// Most samples of the sample path, times filters and patterns.
const MAX_PATH: u64 = 20_000_000;

/// Most counts of patterns in a table of images that is held.
const MAX_COUNTS: usize = 1 << 24;

/// Steps, states and atoms of a law together.
const MAX_LAW: u64 = 40_000;

/// What a certificate of a problem contains, claim by claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emitted {
    /// The certificate; with no claims if nothing is covered.
    pub certificate: Certificate,
    /// For each claim where it belongs.
    pub origins: Vec<Origin>,
    /// The claims that stop before the step that was asked for.
    pub shortened: Vec<Shortened>,
}

/// Claims that stop early, and what stopped them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortened {
    /// Their kinds.
    pub kinds: &'static [&'static str],
    /// How far they go, of how much, and why no farther.
    pub reason: String,
    /// Do they go no step at all?
    pub at_start: bool,
}

impl Emitted {
    /// Keeps the claims whose kind and origin fit, and what is said of them.
    pub fn retain(&mut self, fits: impl Fn(&str, &Origin) -> bool) {
        let claims = self.certificate.claims.drain(..);
        let (claims, origins) = claims
            .zip(self.origins.drain(..))
            .filter(|(claim, origin)| fits(claim.kind(), origin))
            .unzip();
        (self.certificate.claims, self.origins) = (claims, origins);
        let claims = &self.certificate.claims;
        let kept = |kind: &&str| claims.iter().any(|claim| claim.kind() == *kind);
        let asked = |kind: &&str| kept(kind) || fits(kind, &Origin::NONE);
        self.shortened.retain(|short| short.kinds.iter().any(asked));
    }
}

/// Where each image stands among the atoms, families written out.
pub(super) type Places = HashMap<(Label, Vec<u64>), u64>;

/// Writes a certificate with every claim that is covered: about the expected dynamics at step `t` and
/// before, one sample path, bounds, the law, and theorems that do not apply and whose conclusion fails
/// here.
///
/// # Errors
/// The reason why nothing about this problem is covered.
///
/// # Cost
/// The engines', the audit, and a search for segments: about 2 log2(t) jumps a segment.
pub fn emit(problem: &problem::Problem, t: u64) -> Result<Emitted, String> {
    // A number takes at least four characters: two quotes, a digit and a comma.
    let weights = problem.n_filters().saturating_mul(problem.n_patterns());
    if weights.saturating_mul(4) > MAX_BYTES {
        return Err(format!(
            "{weights} weights do not fit a certificate, which has at most {MAX_BYTES} bytes"
        ));
    }
    let mut emitter = Emitter::new(problem)?;
    let segments = emitter.expected_dynamics(t);
    if problem.network().pooling == problem::Pooling::Sum {
        emitter.bounds();
        emitter.along_and_across();
        emitter.coherent_bound();
        emitter.separability();
    }
    emitter.law();
    emitter.path(None);
    let known = emitter.has_refuted(emitter.pathwise());
    let refuted = refutations(problem, &emitter.explicit, &emitter.applies, known);
    emitter
        .claims
        .extend(refuted.into_iter().filter(|(_, claim)| is_writable(claim)));
    Ok(emitter.finish(segments))
}

/// The certificate of one path: the exact state after these samples, in batches of the problem's size.
///
/// # Errors
/// Why nothing can be claimed: the problem is not covered, or the samples do not fill their batches.
///
/// # Cost
/// The exact path, in the length of its samples.
pub fn emit_path(
    problem: &problem::Problem,
    samples: &[(problem::Label, Vec<u32>)],
) -> Result<Emitted, String> {
    let batch = problem.training().batch as usize;
    if !samples.len().is_multiple_of(batch) {
        return Err(format!(
            "{} samples do not fill batches of {batch}",
            samples.len()
        ));
    }
    let draw = |(label, counts): &(problem::Label, Vec<u32>)| Draw::new(*label, counts.clone());
    let draws: Vec<Draw> = samples.iter().map(draw).collect();
    let mut emitter = Emitter::new(problem)?;
    emitter.path(Some(&draws));
    Ok(emitter.finish(Vec::new()))
}

struct Emitter<'p> {
    problem: &'p problem::Problem,
    explicit: Problem,
    applies: Applicability,
    claims: Vec<(Origin, Claim)>,
    shortened: Vec<Shortened>,
    /// The network, if its pooling is the maximum.
    max_pooled: Option<Model<Q>>,
    /// [`Emitter::places`], once they were asked for.
    places: OnceCell<Result<Rc<Places>, String>>,
}

impl<'p> Emitter<'p> {
    fn new(problem: &'p problem::Problem) -> Result<Self, String> {
        Ok(Emitter {
            problem,
            explicit: problem_of(problem).map_err(|error| error.to_string())?,
            applies: Applicability::new(problem),
            claims: Vec::new(),
            shortened: Vec::new(),
            max_pooled: (problem.network().pooling == problem::Pooling::Max)
                .then(|| Model::new(problem)),
            places: OnceCell::new(),
        })
    }

    fn finish(self, segments: Vec<Segment>) -> Emitted {
        let (origins, claims) = self.claims.into_iter().unzip();
        Emitted {
            certificate: Certificate {
                problem: self.explicit,
                segments,
                claims,
            },
            origins,
            shortened: self.shortened,
        }
    }

    fn add(&mut self, origin: Origin, claim: Claim) {
        self.claims.push((origin, claim));
    }

    /// Says that claims stop at step `at`, if that is before `t`.
    fn shorten(&mut self, kinds: &'static [&'static str], what: &str, at: u64, t: u64, why: &str) {
        if at < t {
            let reason = format!("{what} up to step {at} of {t}: {why}");
            self.shortened.push(Shortened {
                kinds,
                reason,
                at_start: at == 0,
            });
        }
    }

    /// The theorem, if it applies here and so says what is claimed.
    fn origin(&self, theorem: TheoremId) -> Origin {
        match self.applies.failing(theorem) {
            None => Origin::of(theorem.name()),
            Some(_) => Origin::NONE,
        }
    }

    /// T1 of the unhinged loss, and of the hinge while every gate has been open; T7 of a trained head.
    fn origin_of_state(&self, reached: &Expected<'_>) -> Origin {
        let open = || {
            let [plus, minus] = reached.open_mass();
            plus + minus == integer(reached.t())
        };
        if self.explicit.train == Train::FiltersAndHead {
            self.origin(TheoremId::T7)
        } else if self.explicit.loss == Loss::Unhinged || open() {
            self.origin(TheoremId::T1)
        } else {
            Origin::NONE
        }
    }

    /// Claims about the expected dynamics, and the segments that lead there.
    fn expected_dynamics(&mut self, t: u64) -> Vec<Segment> {
        let start = match Expected::new(self.problem, &Limits::default()) {
            Ok(start) => start,
            Err(stop) => {
                let reason = format!("expected dynamics: {stop}");
                self.shortened.push(Shortened {
                    kinds: EXPECTED,
                    reason,
                    at_start: true,
                });
                return Vec::new();
            }
        };
        let (segments, mut engine) = self.segments(start.clone(), t);
        // What is left is recomputed step by step.
        let cost = self.step_cost();
        let last = t.min(engine.t().saturating_add(MAX_PLAIN / cost));
        let mut reached = engine.clone();
        let mut why = "longer would take the checker more than its limit".to_owned();
        while engine.t() < last {
            if let Err(stop) = engine.step() {
                why = format!("{stop}");
                break;
            }
            let state = engine.state();
            if !state
                .weights
                .entries()
                .iter()
                .chain(&state.head)
                .all(is_short)
            {
                why = format!("longer gives numbers of more than {MAX_NUMBER_LENGTH} characters");
                break;
            }
            reached = engine.clone();
        }
        self.shorten(EXPECTED, "expected dynamics", reached.t(), t, &why);
        let state = reached.state();
        let t = Natural(reached.t());
        self.add(
            self.origin_of_state(&reached),
            Claim::State {
                t,
                weights: rows(&state.weights),
                head: numbers(&state.head),
            },
        );
        let sum = self.problem.network().pooling == problem::Pooling::Sum;
        if sum {
            self.dominance(&start, reached.t());
        }
        if let Ok(accuracy) = reached.accuracy() {
            let accuracy = Number::from(accuracy);
            self.add(Origin::NONE, Claim::Accuracy { t, accuracy });
        }
        if sum {
            self.refute_expected(start, reached.t().min(200));
        }
        segments
    }

    /// Affine stretches from step 0 towards step t, and the dynamics where they end.
    fn segments(&self, start: Expected<'p>, t: u64) -> (Vec<Segment>, Expected<'p>) {
        let training = self.problem.training();
        let straight = training.train == problem::Train::Filters && training.loss.has_binary_gate();
        let most = match self.max_pooled {
            None => MAX_SEGMENTS,
            Some(_) => MAX_SEGMENTS.min((MAX_PICKS / self.step_cost()) as usize),
        };
        let (mut segments, mut engine) = (Vec::new(), start);
        while straight && engine.t() < t && segments.len() < most {
            let from = engine.state();
            let mut next = engine.clone();
            if next.step().is_err() {
                break;
            }
            let step = next.state();
            let increment = difference(&step, &from);
            let picks = self.picks(&from);
            let is_along = |length: u64| -> Option<Expected<'p>> {
                let mut before = engine.clone();
                before.advance_to(engine.t() + length - 1).ok()?;
                let mut end = before.clone();
                end.step().ok()?;
                let on_line = |state: &State<Q>, steps: u64| {
                    let entries = state.weights.entries().iter().zip(from.weights.entries());
                    let steps = integer(steps);
                    entries.zip(&increment).all(|((x, start), add)| {
                        // Most coordinates do not move.
                        x == start && add.is_zero() || *x == start + add * &steps
                    })
                };
                let state = before.state();
                let same_course = signs(&state) == signs(&from) && self.picks(&state) == picks;
                let fits = same_course && on_line(&state, length - 1);
                (fits && on_line(&end.state(), length)).then_some(end)
            };
            let most = t - engine.t();
            let (mut length, mut end) = (1, next);
            let mut reach = 1u64;
            // Doubling, then bisection between the last that fits and the first that does not.
            let mut fails = most.saturating_add(1);
            while reach < most {
                reach = reach.saturating_mul(2).min(most);
                match is_along(reach) {
                    Some(found) => (length, end) = (reach, found),
                    None => {
                        fails = reach;
                        break;
                    }
                }
            }
            least_where(length + 1, fails, |t| match is_along(t) {
                Some(found) => {
                    (length, end) = (t, found);
                    false
                }
                None => true,
            });
            let patterns = self.problem.n_patterns();
            segments.push(Segment {
                length: Natural(length),
                active: signs(&from),
                increment: increment.chunks(patterns).map(numbers).collect(),
            });
            engine = end;
        }
        (segments, engine)
    }

    /// What a step costs the checker: its images, and with max pooling each filter on each of these.
    fn step_cost(&self) -> u64 {
        let atoms = self.problem.distribution().n_atoms().to_u64();
        let filters = match self.max_pooled {
            None => 1,
            Some(_) => self.problem.n_filters() as u64,
        };
        atoms.unwrap_or(u64::MAX).saturating_mul(filters).max(1)
    }

    /// With max pooling, the pattern that each filter picks on each image.
    fn picks(&self, state: &State<Q>) -> Vec<Option<usize>> {
        let Some(model) = &self.max_pooled else {
            return Vec::new();
        };
        let mut picks = Vec::new();
        // Images that are too many to be listed are so in the checker, too.
        if let Ok(table) = self.problem.distribution().atoms() {
            for atom in table.atoms() {
                let rows = state.weights.iter_rows();
                picks.extend(rows.map(|row| model.argmax(row, &atom.counts)));
            }
        }
        picks
    }

    /// Norm dominance at T_dom(10) where the statement of T2 gives one within reach, and at `t` with the
    /// largest integer ratio.
    fn dominance(&mut self, start: &Expected<'p>, t: u64) {
        let problem = self.problem;
        let camps = problem.camps();
        let mut engine = start.clone();
        let mut ratio_at = |t: u64| -> Option<Q> {
            if engine.t() > t {
                engine = start.clone();
            }
            engine.advance_to(t).ok()?;
            let norms = engine.state().norms_squared(problem);
            let (Some(least), Some(largest)) = camps.extremes(&norms) else {
                return None;
            };
            largest.is_positive().then(|| least / largest)
        };
        let mut times = Vec::new();
        let hundred = integer(100);
        if ratio_at(t).is_some_and(|r| r >= hundred) {
            // The least step with ratio 10, if it stays there, by bisection.
            let least = least_where(1, t, |t| ratio_at(t).is_some_and(|r| r >= hundred));
            times.push((least, integer(10)));
        }
        if let Some(found) = ratio_at(t) {
            let whole = sqrt_rd(&found).floor();
            if whole.is_positive() {
                times.push((t, whole));
            }
        }
        times.dedup_by_key(|(t, _)| *t);
        for (t, ratio) in times {
            let (t, ratio) = (Natural(t), Number::from(ratio));
            self.add(
                self.origin(TheoremId::T2),
                Claim::NormDominance { t, ratio },
            );
        }
    }

    /// T4, T5 and T6.
    fn bounds(&mut self) {
        let (problem, one) = (self.problem, Q::one());
        let t = problem.training().steps;
        let fixed = problem.training().train == problem::Train::Filters
            && problem.training().batch == 1
            && problem.network().head.iter().all(|a| a.abs() == one)
            && problem.dictionary().is_orthonormal();
        let both = problem::Label::BOTH.iter();
        let both = both.copied().all(|y| !problem.winners(y).is_empty());
        if !fixed || !both || problem.distribution().key_count().is_none() {
            return;
        }
        if self.explicit.loss == Loss::Hinge
            && let Some(bound) = mistake_bound::max_updates(problem)
        {
            let bound = Number::from(Q::from_integer(bound));
            self.add(Origin::of("T6"), Claim::MistakeBound { bound });
        }
        if self.explicit.loss != Loss::Unhinged {
            return;
        }
        let mut add = |theorem, ratio: Option<u64>, found: MissedThresholds| {
            if let Some(bound) = kept(&found.failure, DIGITS[0]) {
                let claim = Probability {
                    ratio: ratio.map(|r| Number::from(integer(r))),
                    from: Natural(t),
                    t: Natural(t),
                    label_counts: found.counts.map(Natural),
                    walks: found.walks.into_iter().map(Natural).collect(),
                    bound,
                };
                self.add(Origin::of(theorem), Claim::Probability(claim));
            }
        };
        if let Some((ratio, found)) = sgd_norm_dominance::thresholds_at(problem, t, &ratio(1, 100))
        {
            add("T4", Some(ratio), found);
        }
        if let Some(found) = perfect_accuracy::thresholds_at(problem, t) {
            add("T5", None, found);
        }
    }

    /// T12, with the failure probability of `check` where it has a choice.
    fn along_and_across(&mut self) {
        let one_sample = self.problem.training().batch == 1;
        if !one_sample || self.applies.failing(TheoremId::T12).is_some() {
            return;
        }
        let delta = Budget::default().delta;
        for found in certified::thresholds(self.problem, &delta) {
            let short = found.squares.iter().flatten().all(is_short);
            let Some(bound) = kept(&found.failure, DIGITS[1]).filter(|_| short) else {
                continue;
            };
            let squares = found.squares.into_iter();
            let claim = AlongAndAcross {
                conclusion: match found.conclusion {
                    certified::Conclusion::Accuracy => Conclusion::Accuracy,
                    certified::Conclusion::Ratio(ratio) => {
                        Conclusion::Ratio(Number::from(integer(ratio)))
                    }
                    certified::Conclusion::Tangent(bound) => {
                        Conclusion::Tangent(Number::from(bound))
                    }
                },
                form: match found.split {
                    true => Form::Split,
                    false => Form::Whole,
                },
                from: Natural(found.from),
                t: found.to.map(Natural),
                label_counts: found.counts.map(Natural),
                squares: squares.map(|x| x.map(Number::from)).collect(),
                bound,
            };
            self.add(Origin::of("T12"), Claim::AlongAndAcross(claim));
        }
    }

    /// T6c, where T6 has not said it already.
    fn coherent_bound(&mut self) {
        let known = |(_, claim): &(Origin, Claim)| matches!(claim, Claim::MistakeBound { .. });
        let applies = self.applies.failing(TheoremId::T6c).is_none();
        if !applies || self.claims.iter().any(known) {
            return;
        }
        if let Some(bound) = coherent_mistake_bound::certified::max_open_samples(self.problem) {
            let bound = Number::from(Q::from_integer(bound));
            self.add(Origin::of("T6c"), Claim::CoherentMistakeBound { bound });
        }
    }

    /// T14, or why no vector separates the images.
    fn separability(&mut self) {
        match separability(self.problem) {
            Some(Ok(Separability::Separable(separator))) => {
                let Some(bound) =
                    separator_bound::certified::max_open_samples(self.problem, &separator)
                else {
                    return;
                };
                let bound = Q::from_integer(bound);
                if !separator.coefficients.iter().chain([&bound]).all(is_short) {
                    return;
                }
                let model = &SeparatorBound.statement().model;
                let origin = match model.fits(self.problem) {
                    true => Origin::of("T14"),
                    false => Origin::NONE,
                };
                let claim = Claim::SeparatorBound {
                    separator: numbers(&separator.coefficients),
                    bound: Number::from(bound),
                };
                self.add(origin, claim);
            }
            Some(Ok(Separability::Balanced(balanced))) => match self.places() {
                Ok(places) => {
                    let parts = balanced.iter().map(|part| self.part(part, &places));
                    if let Some(parts) = parts.collect() {
                        self.add(Origin::NONE, Claim::Inseparable { parts });
                    }
                }
                Err(why) => self.shorten(&["inseparable"], "separability", 0, 1, &why),
            },
            Some(Err(limit)) => {
                let kinds = &["separator-bound", "inseparable"];
                self.shorten(kinds, "separability", 0, 1, &limit.to_string());
            }
            None => {}
        }
    }

    /// An image of a combination that is 0; `None` if it has a long number.
    fn part(&self, part: &Balanced, places: &Places) -> Option<Part> {
        let mut counts = vec![0; self.problem.n_patterns()];
        let mut factors = vec![Q::one(); self.problem.n_patterns()];
        for (&(p, n), factor) in part.image.counts.iter().zip(&part.slopes) {
            (counts[p], factors[p]) = (u64::from(n), factor.clone());
        }
        let place = places.get(&(label_of(part.image.label), counts))?;
        let short = factors.iter().chain([&part.weight]).all(is_short);
        short.then(|| Part {
            atom: Natural(*place),
            weight: Number::from(part.weight.clone()),
            factors: numbers(&factors),
        })
    }

    /// Where each image stands among the atoms, found once.
    fn places(&self) -> Result<Rc<Places>, String> {
        let find = || places(&self.explicit).map(Rc::new);
        self.places.get_or_init(find).clone()
    }

    /// The law, as far as naive propagation is quick.
    fn law(&mut self) {
        let Some(atoms) = self.problem.distribution().n_atoms().to_u64() else {
            return;
        };
        if self.problem.training().batch != 1 || atoms > 100 {
            return;
        }
        let steps = self.problem.training().steps.min(30);
        let limits = LawLimits {
            max_states: 20_000,
            max_work: 200_000_000,
            ..LawLimits::default()
        };
        let Ok(chain) = Chain::build(self.problem, Horizon::Steps(steps), false, &limits) else {
            return;
        };
        let law = chain.law(steps);
        let (mut total, mut last) = (0u64, None);
        for (t, states) in law.states.iter().enumerate() {
            total = total.saturating_add(states.saturating_mul(atoms));
            if total > MAX_LAW {
                break;
            }
            last = Some(t);
        }
        if let Some((t, perfect)) = last.and_then(|t| Some((t, law.p_perfect.get(t)?))) {
            if t == 0 || !is_short(perfect) {
                return;
            }
            let (t, perfect) = (Natural(t as u64), Number::from(perfect.clone()));
            self.add(Origin::NONE, Claim::Law { t, perfect });
        }
    }

    /// The path of these samples, or the beginning of the first simulated run, exactly.
    fn path(&mut self, given: Option<&[Draw]>) {
        let problem = self.problem;
        let batch = u64::from(problem.training().batch);
        let steps = match given {
            Some(samples) => samples.len() as u64 / batch.max(1),
            None => problem.training().steps.min(PATH),
        };
        let mut given = given.map(|samples| samples.iter());
        let size = problem.n_filters().saturating_mul(problem.n_patterns());
        let most = MAX_SAMPLES.min(MAX_PATH / (size as u64).max(1));
        let longest = most / batch.max(1);
        let mut why =
            format!("longer takes more than {most} samples, the limit, at {batch} samples a step");
        let table = match longest {
            0 => Err(why.clone()),
            _ => self.places(),
        };
        let places = match table {
            Ok(places) => places,
            Err(why) => return self.shorten(&["path"], "sample path", 0, steps, &why),
        };
        let sampler = Sampler::new(problem.distribution());
        let mut rng = Sampler::stream(problem.training().seed, 0);
        let mut path = ExactPath::new(problem);
        let (mut samples, mut end) = (Vec::new(), None);
        for _ in 0..steps.min(longest) {
            let mut batch = Vec::new();
            for _ in 0..problem.training().batch {
                if let Some(draw) = given.as_mut().and_then(Iterator::next) {
                    batch.push(draw.clone());
                    continue;
                }
                let mut draw = sampler.blank();
                sampler.draw(&mut rng, &mut draw);
                batch.push(draw);
            }
            let place = |draw: &Draw| {
                let counts: Vec<u64> = draw.counts.iter().map(|&c| c.into()).collect();
                let image = (label_of(draw.label), counts);
                places.get(&image).copied().map(Natural)
            };
            let Some(row) = batch.iter().map(place).collect() else {
                return;
            };
            path.step(&batch);
            let state = path.state();
            if !state
                .weights
                .entries()
                .iter()
                .chain(&state.head)
                .all(is_short)
            {
                why = format!("longer gives numbers of more than {MAX_NUMBER_LENGTH} characters");
                break;
            }
            let gates = problem::Label::BOTH.map(|y| path.gate_sum(y));
            samples.push(row);
            self.refute_path(&samples, &state, &gates);
            end = Some((state, path.updates()));
        }
        self.shorten(&["path"], "sample path", samples.len() as u64, steps, &why);
        if let Some((state, updates)) = end {
            self.add(
                Origin::NONE,
                Claim::Path {
                    samples,
                    weights: rows(&state.weights),
                    head: numbers(&state.head),
                    updates: Natural(updates),
                },
            );
        }
    }

    /// The number of key patches of the first image that has any; 0 where patterns are no keys.
    fn key_patches(&self) -> u64 {
        if !self.problem.dictionary().has_keys() {
            return 0;
        }
        let own = self.explicit.atoms.iter().map(|atom| match atom.label {
            Label::Plus => atom.counts[0].0,
            Label::Minus => atom.counts[1].0,
        });
        own.filter(|&r| r > 0).min().unwrap_or(0)
    }

    fn winner_key(&self, j: usize) -> Option<usize> {
        let won = self.problem.label_won(problem::Pooling::Sum, j);
        won.map(problem::Label::index)
    }

    fn has_refuted(&self, theorem: Theorem) -> bool {
        let known = |(_, claim): &(Origin, Claim)| match claim {
            Claim::Refutation(found) => found.theorem == theorem,
            _ => false,
        };
        self.claims.iter().any(known)
    }

    /// What the theorem about paths is called with this pooling.
    fn pathwise(&self) -> Theorem {
        match self.problem.network().pooling {
            problem::Pooling::Sum => Theorem::T3,
            problem::Pooling::Max => Theorem::T3max,
        }
    }

    /// Says so if its conclusion fails at the end of this path, and has not before.
    fn refute_path(&mut self, samples: &[Vec<Natural>], state: &State<Q>, gates: &[Q; 2]) {
        let (problem, theorem, r) = (self.problem, self.pathwise(), self.key_patches());
        if r == 0 || self.has_refuted(theorem) {
            return;
        }
        if let Some((place, predicted, value)) = off_path(problem, r, state, gates) {
            let t = samples.len() as u64;
            self.refute_at(theorem, t, samples.to_vec(), place, predicted, value);
        }
    }

    fn refute_at(
        &mut self,
        theorem: Theorem,
        t: u64,
        samples: Vec<Vec<Natural>>,
        [j, p]: [usize; 2],
        predicted: Q,
        value: Q,
    ) {
        let id = match theorem {
            Theorem::T1 => TheoremId::T1,
            Theorem::T2 => TheoremId::T2,
            Theorem::T3 => TheoremId::T3,
            Theorem::T3max => TheoremId::T3max,
            Theorem::T7 => TheoremId::T7,
            Theorem::T8 => TheoremId::T8,
            Theorem::T12 => TheoremId::T12,
            Theorem::T13 => TheoremId::T13,
        };
        // Where the theorem applies its conclusion holds.
        let Some(fails) = self.applies.failing_for_ever(id) else {
            return;
        };
        let claim = Refutation {
            theorem,
            t: Natural(t),
            samples,
            key_patches: Natural(match theorem {
                Theorem::T3max => 0,
                _ => self.key_patches(),
            }),
            filter: Natural(j as u64),
            pattern: Natural(p as u64),
            predicted: Number::from(predicted),
            value: Number::from(value),
        };
        let origin = Origin::without(id.name(), fails);
        self.add(origin, Claim::Refutation(claim));
    }

    /// The first step at which the conclusion of T1, and of T2, fails on the expected dynamics.
    fn refute_expected(&mut self, mut engine: Expected<'p>, last: u64) {
        let (problem, r) = (self.problem, self.key_patches());
        if r == 0 || self.explicit.train == Train::FiltersAndHead {
            return;
        }
        let training = problem.training();
        let means: Vec<Q> = problem.distribution().signed_mean_counts();
        let start = engine.state();
        let norms = start.norms_squared(problem);
        let kappa = &training.step * integer(r) / integer(2);
        let (mut first, mut second) = (false, false);
        while engine.t() < last && !(first && second) && engine.step().is_ok() {
            let (t, state) = (engine.t(), engine.state());
            let now = state.norms_squared(problem);
            for j in 0..problem.n_filters() {
                let winner = self.winner_key(j);
                for (p, mean) in means.iter().enumerate() {
                    let z = &start.weights[(j, p)];
                    let value = &state.weights[(j, p)];
                    let drift = &training.step * &problem.network().head[j] * mean;
                    let mut steps = integer(if z.is_positive() { t } else { 0 });
                    if z.is_positive() && drift.is_negative() {
                        steps = steps.min((z / -&drift).ceil());
                    }
                    let says = z + drift * steps;
                    if !first && *value != says {
                        first = true;
                        self.refute_at(Theorem::T1, t, Vec::new(), [j, p], says, value.clone());
                    }
                    let says = z + &kappa * integer(t);
                    if !second && winner == Some(p) && *value != says {
                        second = true;
                        self.refute_at(Theorem::T2, t, Vec::new(), [j, p], says, value.clone());
                    }
                }
                let most = &norms[j] + &kappa * &kappa;
                if !second && winner.is_none() && now[j] > most {
                    second = true;
                    self.refute_at(Theorem::T2, t, Vec::new(), [j, 0], most, now[j].clone());
                }
            }
        }
    }
}

/// Where each image stands among the atoms.
///
/// # Errors
/// The limit in words, if the images are too many to be listed.
pub(super) fn places(explicit: &Problem) -> Result<Places, String> {
    let most = MAX_COUNTS / explicit.gram.len().max(16);
    let images = images_with(explicit, most, |_, _| ());
    let images = images
        .ok_or_else(|| format!("a table of the images exceeds the limit of {MAX_COUNTS} counts"))?;
    let places = images.into_iter().zip(0u64..);
    Ok(places.map(|((image, _), place)| (image, place)).collect())
}

/// Are the numbers of a refutation short enough to be written?
fn is_writable(claim: &Claim) -> bool {
    match claim {
        Claim::Refutation(claim) => claim.predicted.is_short() && claim.value.is_short(),
        Claim::RefutationProbability(claim) => {
            claim.thresholds.bound.is_short() && claim.probability.is_short()
        }
        Claim::RefutationStuck(claim) => claim.margin.is_short(),
        _ => true,
    }
}

fn difference(new: &State<Q>, old: &State<Q>) -> Vec<Q> {
    let pairs = new.weights.entries().iter().zip(old.weights.entries());
    pairs.map(|(x, y)| x - y).collect()
}

/// Which weights are positive, one text of digits a filter.
fn signs(state: &State<Q>) -> Vec<String> {
    let digit = |z: &Q| if z.is_positive() { '1' } else { '0' };
    let rows = state.weights.iter_rows();
    rows.map(|row| row.iter().map(digit).collect()).collect()
}
