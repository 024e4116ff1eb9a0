//! T4, T5 and T12 against the law of SGD, step by step.

use crate::certificate::digits::{DIGITS, kept};
use crate::certificate::format::{Claim, Natural, Number, Probability, RefutationProbability};
use crate::dynamics::law::{Chain, Horizon, LawLimits};
use crate::number::{Q, integer, sqrt_rd};
use crate::problem::{Label, Problem};
use crate::theory::{MissedChances, perfect_accuracy, sgd_norm_dominance};
use num_traits::{One, Signed, Zero};
use std::collections::BTreeMap;

/// Most states of a law.
const MAX_STATES: usize = 1_000;

/// Most thresholds that are tried at a step.
const MAX_THRESHOLDS: u64 = 20_000;

/// Denominators of ratios that are tried: 2^0 to 2^40.
const MAX_BITS: u32 = 40;

/// The laws of the states of SGD at the steps from 0 on.
pub(super) struct Laws<'p> {
    problem: &'p Problem,
    chain: Chain<'p>,
    chances: MissedChances,
    /// The states of positive probability at each step, with it.
    at: Vec<Vec<(usize, Q)>>,
}

/// Thresholds at a step, and what they give.
struct Candidate {
    counts: [u64; 2],
    walks: Vec<u64>,
    bound: Q,
}

impl<'p> Laws<'p> {
    /// Up to this step; `None` beyond the limits.
    pub fn new(problem: &'p Problem, steps: u64) -> Option<Self> {
        let limits = LawLimits {
            max_states: MAX_STATES,
            max_work: 20_000_000,
            ..LawLimits::default()
        };
        if problem.training().batch != 1 {
            return None;
        }
        let chain = Chain::build(problem, Horizon::Steps(steps), false, &limits).ok()?;
        let n = chain.n_states();
        let last = chain.stopped().map_or(steps, |stop| stop.t.min(steps));
        let mut at = Vec::new();
        for t in 0..=last {
            let masses = chain.at(t, n, &|event, state| event == state)?;
            let law = masses.into_iter().enumerate();
            at.push(law.filter(|(_, mass)| mass.is_positive()).collect());
        }
        Some(Laws {
            problem,
            chances: MissedChances::new(problem)?,
            chain,
            at,
        })
    }

    /// The first step at which thresholds that T5's condition takes give accuracy 1 more than its probability.
    pub fn accuracy(&self, r: u32) -> Option<Claim> {
        let reading = perfect_accuracy::Reading::new(self.problem, r);
        (0..).zip(&self.at).find_map(|(t, law)| {
            let is = self.mass(law, |state| self.chain.is_perfect(state));
            let candidates = counts(t).filter_map(|counts| {
                let walks = reading.largest_walks(counts)?.into_iter().enumerate();
                let walks = walks.map(|(k, lambda)| lambda.min(self.chances.reach(k, t)));
                self.candidate(t, counts, walks.collect())
            });
            let best = candidates.max_by(|a, b| a.bound.cmp(&b.bound))?;
            (best.bound > is).then(|| best.claim(None, t, r, is))
        })
    }

    /// The first step at which thresholds imply by T4's condition a ratio of norms, and give it more than its probability.
    pub fn dominance(&self, r: u32) -> Option<Claim> {
        self.problem.camps().losers().next()?;
        let reading = sgd_norm_dominance::Reading::new(self.problem, r)?;
        (0..)
            .zip(&self.at)
            .find_map(|(t, law)| self.dominance_at(&reading, r, t, law))
    }

    fn dominance_at(
        &self,
        reading: &sgd_norm_dominance::Reading,
        r: u32,
        t: u64,
        law: &[(usize, Q)],
    ) -> Option<Claim> {
        let camps = self.problem.camps();
        // The squared ratio of each state; `None` is without end.
        let ratio = |state: usize| -> Option<Option<Q>> {
            let norms = self.chain.norms_squared(state)?;
            let (least, largest) = camps.extremes(&norms);
            let (least, largest) = (least?, largest?);
            Some(largest.is_positive().then(|| least / largest))
        };
        let squares = law.iter().map(|(s, mass)| Some((ratio(*s)?, mass)));
        let squares: Vec<(Option<Q>, &Q)> = squares.collect::<Option<_>>()?;
        let chance = |square: &Q| -> Q {
            let met = squares.iter();
            let met = met.filter(|(of, _)| of.as_ref().is_none_or(|of| of >= square));
            met.map(|(_, mass)| *mass).sum()
        };
        let floor: Q = squares
            .iter()
            .filter(|(of, _)| of.is_none())
            .map(|(_, m)| *m)
            .sum();
        let groups = reading.groups();
        let reaches: Vec<u64> = groups.iter().map(|g| self.chances.reach(g[0], t)).collect();
        let tried = reaches
            .iter()
            .fold((t + 1) * (t + 2) / 2, |product, reach| {
                product.saturating_mul(reach + 1)
            });
        if tried > MAX_THRESHOLDS {
            return None;
        }
        let mut best: Option<(Q, Candidate, Q)> = None;
        let mut lambda = vec![0; groups.len()];
        loop {
            let mut walks = vec![0; self.problem.n_patterns() - 2];
            for (group, &lambda) in groups.iter().zip(&lambda) {
                group.iter().for_each(|&k| walks[k] = lambda);
            }
            let largest = reading.largest_loser(&lambda);
            for counts in counts(t).filter(|_| largest.is_positive()) {
                let Some(candidate) = self.candidate(t, counts, walks.clone()) else {
                    continue;
                };
                if candidate.bound <= floor {
                    continue;
                }
                let square = reading.least_winner(counts) / &largest;
                let gap = &candidate.bound - chance(&square);
                let better = best.as_ref().is_none_or(|(most, ..)| gap > *most);
                if gap.is_positive() && better {
                    best = Some((gap, candidate, square));
                }
            }
            // The next lambdas.
            let Some(place) = (0..lambda.len()).find(|&g| lambda[g] < reaches[g]) else {
                break;
            };
            lambda[place] += 1;
            lambda[..place].fill(0);
        }
        let (_, candidate, square) = best?;
        // The simplest of some ratios that they imply.
        let root = sqrt_rd(&square);
        let (ratio, is) = (0..=MAX_BITS).find_map(|bits| {
            let unit = integer(1u64 << bits);
            let ratio = (&root * &unit).floor() / unit;
            let is = chance(&(&ratio * &ratio));
            (candidate.bound > is).then_some((ratio, is))
        })?;
        Some(candidate.claim(Some(ratio), t, r, is))
    }

    /// What thresholds give; `None` if that is nothing.
    fn candidate(&self, t: u64, counts: [u64; 2], walks: Vec<u64>) -> Option<Candidate> {
        let mut failure = Q::zero();
        for y in Label::BOTH {
            failure += self.chances.fewer(y, t, counts[y.index()]).upper();
        }
        let mut far = false;
        for (k, &lambda) in walks.iter().enumerate() {
            if lambda < self.chances.reach(k, t) {
                far = true;
                failure += self.chances.farther(k, t, lambda).upper();
            }
        }
        let bound = match far {
            true => Q::from(&kept(&failure, DIGITS[0])?),
            false => Q::one() - failure,
        };
        bound.is_positive().then_some(Candidate {
            counts,
            walks,
            bound,
        })
    }

    fn mass(&self, law: &[(usize, Q)], holds: impl Fn(usize) -> bool) -> Q {
        let met = law.iter().filter(|(state, _)| holds(*state));
        met.map(|(_, mass)| mass).sum()
    }

    /// The first step at which the mean square of one of these filters across its key is above T12's bound: the step, the filter, the
    /// bound, and the mean.
    pub fn mean_square(&self, spoken: &dyn Fn(usize) -> bool) -> Option<(u64, usize, Q, Q)> {
        let problem = self.problem;
        let (head, dictionary) = (&problem.network().head, problem.dictionary());
        let own = |j: usize| Label::voted_by(&head[j]).index();
        let across = |state: usize| -> Option<Vec<Q>> {
            let (weights, norms) = (self.chain.weights(state)?, self.chain.norms_squared(state)?);
            let rest = |(j, norm): (usize, Q)| {
                let length = dictionary.gram_entry(own(j), own(j));
                let along = &weights[(j, own(j))];
                match length.is_zero() {
                    true => norm,
                    false => norm - along * along / length,
                }
            };
            Some(norms.into_iter().enumerate().map(rest).collect())
        };
        let mut known: BTreeMap<usize, Vec<Q>> = BTreeMap::new();
        let rates: Option<Vec<Q>> = (0..2).map(|own| self.spread(own)).collect();
        let rates = rates?;
        for (t, law) in (0u64..).zip(&self.at) {
            let mut means = vec![Q::zero(); head.len()];
            for (state, mass) in law {
                if !known.contains_key(state) {
                    known.insert(*state, across(*state)?);
                }
                for (mean, square) in means.iter_mut().zip(&known[state]) {
                    *mean += mass * square;
                }
            }
            let start = &known[&0];
            for (j, mean) in means.into_iter().enumerate() {
                let push = &problem.training().step * &head[j];
                let bound = &start[j] + &push * &push * &rates[own(j)] * integer(t);
                if spoken(j) && !head[j].is_zero() && mean > bound {
                    return Some((t, j, bound, mean));
                }
            }
        }
        None
    }

    /// V of the filters with this key: the mean of `sum N_p N_q max(G_pq, 0)` over all other patterns of an image.
    fn spread(&self, own: usize) -> Option<Q> {
        let table = self.problem.distribution().atoms().ok()?;
        let mut mean = Q::zero();
        for image in table.atoms() {
            let others = image.counts.iter().enumerate().filter(|(p, _)| *p != own);
            let mut sum = Q::zero();
            for (p, &n) in others.clone() {
                for (q, &m) in others.clone() {
                    let near = self.problem.dictionary().gram_entry(p, q);
                    sum += near.max(Q::zero()) * integer(n) * integer(m);
                }
            }
            mean += &image.probability * sum;
        }
        Some(mean)
    }
}

/// b_+ and b_- that t samples can have.
fn counts(t: u64) -> impl Iterator<Item = [u64; 2]> {
    (0..=t).flat_map(move |plus| (0..=t - plus).map(move |minus| [plus, minus]))
}

impl Candidate {
    fn claim(self, ratio: Option<Q>, t: u64, r: u32, probability: Q) -> Claim {
        // Three digits are enough where they are more than what is.
        let thousand = integer(1_000);
        let short = (&self.bound * &thousand).floor() / &thousand;
        let long = *self.bound.denom() > *thousand.numer();
        let bound = match long && short > probability {
            true => short,
            false => self.bound,
        };
        Claim::RefutationProbability(RefutationProbability {
            thresholds: Probability {
                ratio: ratio.map(Number::from),
                from: Natural(t),
                t: Natural(t),
                label_counts: self.counts.map(Natural),
                walks: self.walks.into_iter().map(Natural).collect(),
                bound: Number::from(bound),
            },
            key_patches: Natural(r.into()),
            probability: Number::from(probability),
        })
    }
}
