//! T6c: T6 for dictionaries whose backgrounds overlap, for any fixed head without zeros, keys of any length, any batch,
//! hinge (theta = 2) and perceptron (theta = 0).
//!
//! The keys are not 0, `<v_+, v_->` is at most 0, and both are orthogonal to every background (A1k-). Images of label y
//! hold `v_y` at least r times and never the other key. Let `mu_y` be the sum over the steps of the fraction of the batch
//! that has label y and an open gate; `mu = mu_+ + mu_-`, `A = sum_j a_j^2`.
//!
//! *Winners' keys.* Let j win y, so `y a_j = |a_j|`, and let `z = Z_{j,v_y}`. A sample with label y and an open gate moves
//! it by `eta |a_j| N_{v_y} |v_y|^2 >= eta r |a_j| |v_y|^2` while z > 0: backgrounds are orthogonal to `v_y`, and the other
//! key is not there. A sample of label -y moves it by `-eta |a_j| N <v_-y, v_y> 1[Z_{j,v_-y} > 0] >= 0`. So z never
//! decreases, stays positive, and `z(t) >= z(0) + eta r |a_j| |v_y|^2 mu_y(t)`.
//!
//! *Norm.* A step adds to filter j `eta a_j` times a mean over the batch of `g y x_j`, x_j the sum of the patches that j is
//! active on. Its inner product with `w_j`, summed over j, is `eta` times the mean of `g y f`, and `y f` is below theta/2
//! where the gate is open (at most 0 for the perceptron). With fraction m of open gates the squared step is, by Jensen, at
//! most `eta^2 m sum_j a_j^2` times the mean of `g |x_j|^2`, and `|x_j|^2 <= rho^2`, the largest
//! `sum_pq N_p N_q max(G_pq, 0)`. So `|W(t)|^2 <= |W(0)|^2 + mu (theta eta + eta^2 A rho^2)`.
//!
//! *Together.* A filter has norm at least that of its part along a key, `z^2 / |v_y|^2`, and wins one label at most. With
//! `A_y = |v_y|^2 sum_{J_y} a_j^2` and `S = sum_y sum_{J_y} z(0)^2 / |v_y|^2`, which is at most `|W(0)|^2`,
//! `S + sum_y [A_y (eta r mu_y)^2 + 2 eta r mu_y sum_{J_y} |a_j| z(0)] <= |W(t)|^2`. The brackets are at least
//! `A_y (eta r mu_y)^2`, and `A_+ a^2 + A_- b^2 >= H (a + b)^2` with `H = A_+ A_- / (A_+ + A_-)` (Cauchy and Schwarz).
//!
//! In units of a sample, mu counts the samples with an open gate: so they are finitely many, and (a) to (c) follow as for
//! T6; (c) since an update raises the winners' keys of its label and lowers none, so that no state comes back. With
//! batches: while some gate is open, each of the B samples of a step has an open gate with probability at least `p_min`,
//! whatever came before; and were more than M_max - B samples open by then, a batch of copies of the open image would go
//! beyond M_max.

pub mod certified;
mod keys;

use super::evidence::{along_paths, replay};
use super::image_length::largest_square;
use super::mistake_bound::{
    Counted, LONGEST, Sharp, UNSETTLED, Updates, a_third_of_the_longest_path, along_open_mass,
    beyond, curves_beyond, longest_of_the_law, probabilities, run_beyond, show_bounds,
};
use super::prelude::*;
use super::settling::{Waiting, a_tenth_of_the_updates, tenth_of_the_tail};
use crate::dynamics::expected::Expected;
use crate::dynamics::path::ExactPath;
use crate::number::sqrt_ru;
use crate::problem::assumption::without_own_key;
use crate::problem::model::silent_filter;
use keys::{GROWN, Inequalities, Key, NORM, Tracker};
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

/// T6c.
pub struct CoherentMistakeBound;

static STATEMENT: Statement = Statement {
    id: TheoremId::T6c,
    title: "mistake bound, coherent dictionary",
    file: "coherent_mistake_bound",
    claims: &["C1", "C3", "C5"],
    statement: "On every sample path of hinge (theta = 2) or perceptron (theta = 0) SGD with any batch, and along the expected dynamics: sum_y [A_y (eta r mu_y)^2 + 2 eta r mu_y sum_{J_y} |a_j| Z_{j,v_y}(0)] <= |W(0)|^2 - S + mu (theta eta + eta^2 A rho^2), with mu_y the sum over the steps of the share of the batch that has label y and an open gate, mu = mu_+ + mu_-, r the least number of key patches, A = sum_j a_j^2, A_y = |v_y|^2 sum_{J_y} a_j^2, S = sum_y sum_{J_y} Z_{j,v_y}(0)^2 / |v_y|^2 and rho^2 = max over images of sum_pq N_p N_q max(G_pq, 0); hence H (eta r mu)^2 <= the same right side, H = A_+ A_- / (A_+ + A_-), so the number of samples with an open gate is at most a largest integer M_max. A winner's key never decreases, and Z_{j,v_y}(t) >= Z_{j,v_y}(0) + eta r |a_j| |v_y|^2 mu_y. When no gate is open any more, accuracy is 1 and nothing moves. For every step T of B samples: (a) P(some gate is open at step T) <= P(Bin(B T, p_min) <= M_max - B), p_min the least probability of an atom; (b) P(accuracy(t) <= 1 - epsilon for all t <= T) <= P(Bin(B T, epsilon) <= M_max - B); (c) but for the steps that do not move, the states form a finite graph without cycles, and accuracy is 1 where every path ends.",
    formulas: &[
        Formula::new(
            "on every sample path, with any batch, and along the expected dynamics",
            r"\sum_y \left[A_y (\eta r \mu_y)^2 + 2 \eta r \mu_y \sum_{j \in J_y} |a_j|\, Z_{j,v_y}(0)\right] \le |W(0)|^2 - S + \mu \left(\theta \eta + \eta^2 A \rho^2\right)",
        ),
        Formula::new(
            "with",
            r"A = \sum_j a_j^2, \qquad A_y = |v_y|^2 \sum_{j \in J_y} a_j^2, \qquad S = \sum_y \sum_{j \in J_y} \frac{Z_{j,v_y}(0)^2}{|v_y|^2}",
        ),
        Formula::new(
            "and, over all images",
            r"\rho^2 = \max_x \sum_{p,q} N_p N_q \max(G_{pq}, 0)",
        ),
        Formula::new(
            "hence",
            r"\frac{A_+ A_-}{A_+ + A_-} (\eta r \mu)^2 \le |W(0)|^2 - S + \mu \left(\theta \eta + \eta^2 A \rho^2\right)",
        ),
        Formula::new(
            "a winner's key never decreases, and",
            r"Z_{j,v_y}(t) \ge Z_{j,v_y}(0) + \eta r\, |a_j|\, |v_y|^2 \mu_y",
        ),
        Formula::new(
            "(a) for every step T, B samples a step",
            r"\Pr\left(\text{some gate is open at step } T\right) \le \Pr\left(\operatorname{Bin}(B T, p_{\min}) \le M_{\max} - B\right)",
        ),
        Formula::new(
            "(b) for every step T",
            r"\Pr\left(\text{accuracy}(t) \le 1 - \varepsilon \text{ for all } t \le T\right) \le \Pr\left(\operatorname{Bin}(B T, \varepsilon) \le M_{\max} - B\right)",
        ),
    ],
    model: Model {
        losses: &[Loss::Hinge, Loss::Perceptron],
        train: Some(Train::Filters),
        ..Model::RELU_SUM
    },
    further: "a head without zeros; of A2 only that each image holds its own key, and never the other",
    assumes: &[A1kMinus, A2, A6prime],
    proofs: proofs! {
        T6c_hinge: "both inequalities on every path and along the expected dynamics, any batches, hinge";
        T6c_perceptron: "the same for the perceptron loss";
        T6c_explicit: "a bound on M without M on its right side, one sample a step";
        T6c_finitely_many: "one number bounds the updates of all paths, one sample a step";
        T6c_settled: "when no gate is open, accuracy is 1 and nothing moves any more";
        T6c_absorbing: "a state that no image moves has no open gate, if it was reached from a start with winners of both labels";
        T6c_unsettled: "(a) with the largest M of the inequality in mu alone, one sample a step";
        T6c_inaccurate: "(b) with the largest M of the inequality in mu alone, one sample a step";
        T6c_limit: "no gate open at a single step T with probability at least 1 - delta, for all large T, one sample a step";
    },
    unproved: &[
        "that a winner's key never decreases, and grows with the open gates of its label",
        "(a) and (b) with the M_max by labels, and for batches",
        "(c): finitely many states and no cycle",
        "bounds of the tails by Chernoff",
    ],
};

static NEAR_MISSES: [NearMiss<Claim>; 12] = [
    NearMiss::new(
        NORM.name,
        "the sum of Z(0)^2 is |W(0)|^2, as if the dictionary were orthonormal",
        |claim, problem| {
            let squares = problem.network().weights.entries().iter().map(|z| z * z);
            claim.take_start(squares.sum());
        },
    ),
    NearMiss::new(
        NORM.name,
        "the term theta eta is left out: |W|^2 grows by at most eta^2 A rho^2 mu",
        |claim, problem| claim.sharp.gain -= margin_gain(problem),
    ),
    NearMiss::new(
        NORM.name,
        "the term eta^2 A rho^2 is left out: |W|^2 grows by at most theta eta mu",
        |claim, problem| claim.sharp.gain = margin_gain(problem),
    ),
    NearMiss::new(NORM.name, "rho in place of rho^2", |claim, problem| {
        let square = largest_square(problem, &Q::zero());
        claim.take_square(problem, &sqrt_ru(&square));
    }),
    NearMiss::new(
        NORM.name,
        "rho^2 without its terms p != q: the largest sum_p N_p^2 |p|^2",
        |claim, problem| {
            let length = |p: usize| problem.dictionary().gram_entry(p, p);
            let square = problem
                .distribution()
                .largest_sum(|_, p, n| length(p) * integer(u64::from(n) * u64::from(n)));
            claim.take_square(problem, &square);
        },
    ),
    NearMiss::new(
        GROWN.name,
        "T6's rate, as if heads were signs: Z grows by at least eta r |v_y|^2 mu_y",
        |claim, problem| {
            claim.change_paces(|pace, key| pace / problem.network().head[key.filter].abs())
        },
    ),
    NearMiss::new(
        GROWN.name,
        "T6's rate, as if keys had length 1: Z grows by at least eta r |a_j| mu_y",
        |claim, _| claim.change_paces(|pace, key| pace / &key.length_squared),
    ),
    NearMiss::new(
        GROWN.name,
        "the key counts twice: Z grows by at least eta r^2 |a_j| |v_y|^2 mu_y",
        |claim, _| {
            let r = claim.r.clone();
            claim.change_paces(|pace, _| pace * &r);
        },
    ),
    NearMiss::new(
        UNSETTLED,
        "p_min is replaced by the largest probability of an atom",
        |claim, problem| {
            if let Ok(waiting) = &mut claim.waiting {
                waiting.take_largest_atom(problem.distribution());
            }
        },
    ),
    NearMiss::new(UNSETTLED, "the tail is divided by 10", |claim, _| {
        if let Ok(waiting) = &mut claim.waiting {
            waiting.below = tenth_of_the_tail;
        }
    }),
    NearMiss::new(
        UNSETTLED,
        "a tenth of the updates suffices: P(Bin(T, p_min) < M_max / 10)",
        |claim, _| {
            if let Ok(waiting) = &mut claim.waiting {
                waiting.below = a_tenth_of_the_updates;
            }
        },
    ),
    NearMiss::new(
        LONGEST.name,
        "(c): no path makes more than a third of M_max updates",
        |claim, _| a_third_of_the_longest_path(&mut claim.bounds, &mut claim.waiting),
    ),
];

/// `theta eta`.
fn margin_gain(problem: &Problem) -> Q {
    let threshold = problem.training().loss.threshold().unwrap_or(1);
    &problem.training().step * integer(2 * threshold)
}

/// What is claimed of a problem.
pub struct Claim {
    /// r, the least number of key patches.
    r: Q,
    /// `|W(0)|^2`.
    start: Q,
    /// The winners' keys.
    keys: Vec<Key>,
    /// The inequality, in the constants of T6s.
    sharp: Sharp,
    /// The most samples with an open gate: by mu alone, by the labels, and by T6s where the dictionary is orthonormal.
    bounds: Vec<(&'static str, BigInt)>,
    /// (a): how long it may take until they are over, unless the least atom is too long a number.
    waiting: Result<Waiting, Remark>,
}

impl Claim {
    fn new(problem: &Problem) -> Option<Self> {
        Self::read_with(problem, problem.distribution().least_key_count()?)
    }

    /// With r key patches, whatever the images have.
    fn read_with(problem: &Problem, r: u32) -> Option<Self> {
        let (network, training) = (problem.network(), problem.training());
        let dictionary = problem.dictionary();
        let eta = &training.step;
        let r = integer(r);
        let rate = eta * &r;
        let key = |(filter, label): (usize, Label)| {
            let length_squared = dictionary.gram_entry(label.index(), label.index());
            let head = network.head[filter].abs();
            Key {
                filter,
                label,
                start: network.weights[(filter, label.index())].clone(),
                pace: &rate * &head * &length_squared,
                length_squared,
            }
        };
        let keys: Vec<Key> = problem.camps().winners().map(key).collect();
        let of = |label: Label| keys.iter().filter(move |key| key.label == label);
        let squares = Label::BOTH.map(|y| {
            let squares = of(y).map(|key| {
                let a = &network.head[key.filter];
                a * a * &key.length_squared
            });
            squares.sum::<Q>()
        });
        let starts = Label::BOTH.map(|y| {
            let starts = of(y).map(|key| network.head[key.filter].abs() * &key.start);
            starts.sum::<Q>()
        });
        let norms = network.weights.iter_rows();
        let start: Q = norms.map(|row| dictionary.norm_squared(row)).sum();
        let gain = margin_gain(problem) + norm_gain(problem, &largest_square(problem, &Q::zero()));
        let rest = &start - along_keys(&keys);
        let sharp = Sharp {
            rate,
            squares,
            starts,
            all: rest.clone(),
            rest,
            active_gain: gain.clone(),
            gain,
        };
        let sample = integer(training.batch).recip();
        let waiting = Waiting::with_least_atom(problem.distribution());
        let orthonormal = Sharp::new(problem).ok();
        let orthonormal = orthonormal.and_then(|sharp| sharp.largest_total(&sample));
        let mut bounds = vec![
            ("T6c", sharp.largest_mass(&sample)?),
            ("T6c by labels", sharp.largest_total(&sample)?),
        ];
        bounds.extend(orthonormal.map(|most| ("T6s", most)));
        Some(Claim {
            bounds,
            waiting: waiting.map(|waiting| waiting.in_batches(training.batch)),
            r,
            start,
            keys,
            sharp,
        })
    }

    /// Another number for `rho^2`.
    fn take_square(&mut self, problem: &Problem, square: &Q) {
        self.sharp.gain = margin_gain(problem) + norm_gain(problem, square);
    }

    /// Another number for `|W(0)|^2`.
    fn take_start(&mut self, start: Q) {
        self.sharp.rest = &start - along_keys(&self.keys);
        self.start = start;
    }

    fn change_paces(&mut self, change: impl Fn(&Q, &Key) -> Q) {
        for key in &mut self.keys {
            key.pace = change(&key.pace, key);
        }
    }
}

/// `eta^2 A rho^2`.
fn norm_gain(problem: &Problem, square: &Q) -> Q {
    let eta = &problem.training().step;
    let heads: Q = problem.network().head.iter().map(|a| a * a).sum();
    eta * eta * heads * square
}

/// S.
fn along_keys(keys: &[Key]) -> Q {
    let parts = keys.iter();
    let parts = parts.map(|key| &key.start * &key.start / &key.length_squared);
    parts.sum()
}

impl Claimed for CoherentMistakeBound {
    type Claim = Claim;

    const RECORD: &'static Statement = &STATEMENT;

    const NEAR_MISSES: &'static [NearMiss<Claim>] = &NEAR_MISSES;

    const WITHOUT: &'static str = "No bound on the number of updates follows from the keys here.";

    fn in_its_form(&self, failing: Failing, problem: &Problem) -> Option<Failing> {
        match failing.assumption {
            A2 => without_own_key(problem),
            _ => Some(failing),
        }
    }

    fn further_failures(&self, problem: &Problem) -> Vec<Failing> {
        silent_filter(problem).into_iter().collect()
    }

    fn beyond(&self, context: &Context<'_>, outcome: &mut Outcome) {
        beyond(context, "max_updates_sharp", outcome);
    }

    fn claim(&self, problem: &Problem) -> Result<Claim, Remark> {
        Claim::new(problem).ok_or_else(|| "a label has no winner".into())
    }

    fn compare(&self, context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
        let problem = context.problem;
        let training = problem.training();
        let inequalities = Inequalities::new(problem, claim);
        let found = along_paths(context, |_| Tracker::new(&inequalities));
        found.tell(problem, outcome);
        let masses = found.ends.iter().map(|tracker| tracker.mass());
        let samples = masses.max().unwrap_or_default() * integer(training.batch);
        let samples = samples.to_integer().to_u64().unwrap_or(0);
        if let [(_, most), (_, by_labels), ..] = claim.bounds.as_slice() {
            outcome.because.push(remark!(
                "The inequalities were compared after every update of {}, with an open gate on at most {} of a path; on at most {} can it be ({} by labels).",
                found.describe(),
                (samples, "sample"),
                most,
                by_labels
            ));
        }
        let expected = |outcome: &mut Outcome| {
            let holds =
                |engine: &Expected<'_>, mass: &[Q; 2]| inequalities.in_state(&engine.state(), mass);
            along_open_mass(context, "They were", Figure::enclosed, holds, outcome)
        };
        let violation = found
            .violation
            .clone()
            .or_else(|| expected(outcome))
            .or_else(|| {
                let run = run_beyond(context, &claim.bounds)?;
                let start = |_: &ExactPath<'_>| Tracker::new(&inequalities);
                replay(problem, run, training.steps, start)
            });
        outcome.refute_by(violation, Layer::Exact);
        outcome.undecided_after_overflow(context);
        if context.verdict_only && outcome.is_refuted() {
            return;
        }
        if !context.verdict_only {
            let counted = Counted::samples(context, samples);
            show_bounds(context, &claim.bounds, &counted, found.layer(), outcome);
        }
        longest_of_the_law(context, &claim.bounds, found.largest_updates, outcome);
        let proved = (training.batch == 1).then_some("T6c_unsettled");
        let updates = Updates {
            bounds: &claim.bounds,
            waiting: &claim.waiting,
            proved: [proved, None],
        };
        probabilities(context, &updates, outcome);
        if !context.verdict_only && problem.dictionary().is_orthonormal() {
            beyond(context, "max_updates_orthonormal", outcome);
        }
    }

    fn curves(
        &self,
        context: &Context<'_>,
        claim: &Claim,
        _outcome: &Outcome,
        times: &[u64],
    ) -> Vec<Curve> {
        let updates = Updates {
            bounds: &claim.bounds,
            waiting: &claim.waiting,
            proved: [None; 2],
        };
        updates.curves(STATEMENT.id, context.problem.training().loss, times)
    }

    fn curves_beyond(&self, context: &Context<'_>, outcome: &Outcome, times: &[u64]) -> Vec<Curve> {
        curves_beyond(context, outcome, times)
    }
}
