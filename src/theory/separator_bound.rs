//! T14: where one vector separates the images patch by patch, hinge SGD with leaky-relu makes finitely many updates,
//! whatever the dictionary.
//!
//! Let s be the slope (1 for the identity), `A = sum_j a_j^2 > 0`, and w* a vector with
//! `sum_p N_p min(y <w*, p>, s y <w*, p>) >= 1` on every image. An update adds `eta a_j y sum_p N_p theta_jp p` to
//! filter j, with derivatives `theta_jp` in [s, 1]. Two potentials move at each:
//!
//! - `F = sum_j a_j <w_j, w*>` grows by `eta sum_j a_j^2 sum_p N_p theta_jp y <w*, p> >= eta A`, since each term is at
//!   least its least value over theta in [s, 1], which is at an end;
//! - `|W|^2` grows by at most `2 eta + eta^2 A rho^2`: twice the inner product with the step is `2 eta y f < 2 eta`, as
//!   `sigma'(z) z = sigma(z)`; and the squared step is `eta^2 sum_j a_j^2 |sum_p N_p theta_jp p|^2 <= eta^2 A rho^2` with
//!   `rho^2 = max over images of sum_pq N_p N_q (max(G_pq, 0) - s max(-G_pq, 0))` (`constants.rs`).
//!
//! After M updates `F >= F(0) + eta A M`, and by Cauchy and Schwarz `F^2 <= A |w*|^2 |W|^2`: where
//! `F(0) + eta A M > 0`, `(F(0) + eta A M)^2 <= A |w*|^2 (|W(0)|^2 + M (2 eta + eta^2 A rho^2))`. Filters with
//! `a_j = 0` neither move nor count, so W is the others. The M that are admitted run from 0 to the larger root of a
//! quadratic (`constants.rs`), also where F(0) < 0. With batches, and along the expected dynamics, M is the sum mu of
//! the fractions (the mass) with an open gate: a step of fraction x adds at least `eta A x` to F, and at most
//! `2 eta x + eta^2 A rho^2 x^2` to `|W|^2`. For the perceptron an update has `y f <= 0`, and the 2 eta goes.
//!
//! *T14s.* F rises by exactly `eta sum_j a_j^2 g_j` with `g_j = sum_p N_p theta_jp y <w*, p> >= 1`, and where it rises by
//! the least, derivatives are small and `|W|^2` rises by less: with kappa the largest quotient of `|sum_p N_p theta_p p|^2`
//! and `sum_p N_p theta_p y <w*, p>` over images and derivatives (so `kappa <= rho^2`), the squared step is at most
//! `eta kappa` times what F rises by, and `|W|^2 <= |W(0)|^2 + 2 eta M + eta kappa (F - F(0))`. Write `F - F(0) = eta A M'`; then
//! `M <= M'`, and M' satisfies the inequality of T14 with kappa in place of `rho^2`. So M is at most its largest integer.
//!
//! A short w* makes the bound small, and the audit finds the shortest, or weights that show that there is none
//! (`problem/separable.rs`). Then (a) to (c) follow as for T6; (c) since F rises with every update, so that no state
//! comes back.

pub mod certified;
mod constants;
mod potentials;

use super::evidence::{along_paths, replay};
use super::figures::Figures;
use super::image_length::largest_square;
use super::mistake_bound::{
    Counted, UNSETTLED, Updates, along_open_mass, longest_of_the_law, observed_updates,
    probabilities, run_beyond, show_bounds,
};
use super::prelude::*;
use super::settling::{Waiting, tenth_of_the_tail};
use crate::dynamics::expected::Expected;
use crate::number::sqrt_ru;
use crate::problem::separable::{
    Balanced, Separability, Separator, described, least_margin, separability, separate, slope_of,
};
use crate::problem::{Activation, Parts};
use constants::{Constants, half, moves};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use potentials::{NORM, PRODUCT, Potentials, SHARP, Tracker};

/// T14.
pub struct SeparatorBound;

/// T14s, a sharper form.
pub(super) const T14S: [Formula; 1] = [Formula::new(
    "T14s: the same with kappa in place of rho^2, over all images and all theta in [s, 1]",
    r"\kappa = \max_{x,\, \theta} \frac{\left|\sum_p N_p \theta_p\, p\right|^2}{\sum_p N_p \theta_p\, y \langle w^*, p \rangle}",
)];

static STATEMENT: Statement = Statement {
    id: TheoremId::T14,
    title: "mistake bound by a separator",
    file: "separator_bound",
    claims: &["C1", "C5"],
    statement: "Let w* have sum_p N_p min(y <w*, p>, s y <w*, p>) >= 1 on every image, s the slope of leaky-relu (1 for the identity). On every sample path of hinge SGD the number M of steps with an open gate satisfies F(0) + eta A M <= 0 or (F(0) + eta A M)^2 <= A |w*|^2 (|W(0)|^2 + M (2 eta + eta^2 A rho^2)), with A = sum_j a_j^2, F(0) = sum_j a_j <w_j(0), w*> and rho^2 = max over images of sum_pq N_p N_q (max(G_pq, 0) - s max(-G_pq, 0)); so M is at most the largest such integer, and when no gate is open any more, accuracy is 1 and nothing moves. T14s: the same with kappa in place of rho^2, kappa the largest |sum_p N_p theta_p p|^2 / sum_p N_p theta_p y <w*, p> over images and theta in [s, 1]. Along the expected dynamics the same holds for the mass of open gates in place of M. For every step T: (a) P(some margin < 1 at step T) <= P(Bin(T, p_min) < M_max), p_min the least probability of an atom; (b) P(accuracy(t) <= 1 - epsilon for all t <= T) <= P(Bin(T, epsilon) < M_max); (c) but for the steps that do not move, the states form a finite graph without cycles, and accuracy is 1 where every path ends.",
    formulas: &[
        Formula::new(
            "let w* satisfy, on every image",
            r"\sum_p N_p \min\left(y \langle w^*, p \rangle,\; s\, y \langle w^*, p \rangle\right) \ge 1",
        ),
        Formula::new(
            "then on every sample path the number M of steps with an open gate satisfies",
            r"F(0) + \eta A M \le 0 \quad \text{or} \quad \left(F(0) + \eta A M\right)^2 \le A\, |w^*|^2 \left(|W(0)|^2 + M \left(2\eta + \eta^2 A \rho^2\right)\right)",
        ),
        Formula::new(
            "with",
            r"A = \sum_j a_j^2, \qquad F(0) = \sum_j a_j \langle w_j(0), w^* \rangle",
        ),
        Formula::new(
            "and, over all images",
            r"\rho^2 = \max_x \sum_{p,q} N_p N_q \left(\max(G_{pq}, 0) - s \max(-G_{pq}, 0)\right)",
        ),
        Formula::new(
            "so, with the largest integer that satisfies it",
            r"M \le M_{\max}",
        ),
        T14S[0],
        Formula::new(
            "(a) for every step T",
            r"\Pr\left(\text{some margin} < 1 \text{ at step } T\right) \le \Pr\left(\operatorname{Bin}(T, p_{\min}) < M_{\max}\right)",
        ),
        Formula::new(
            "(b) for every step T",
            r"\Pr\left(\text{accuracy}(t) \le 1 - \varepsilon \text{ for all } t \le T\right) \le \Pr\left(\operatorname{Bin}(T, \varepsilon) < M_{\max}\right)",
        ),
    ],
    model: Model {
        activations: &["leaky-relu", "identity"],
        pooling: Some(Pooling::Sum),
        losses: &[Loss::Hinge],
        train: Some(Train::Filters),
        one_sample: true,
    },
    further: "a head that is not 0 altogether",
    assumes: &[AssumptionId::Separable],
    proofs: proofs! {
        T14_separator: "the inequality in M on every path, with the larger rho^2 that leaves negative products out";
        T14_batches: "the inequality for any batches and the expected dynamics; the perceptron";
        T14_explicit: "a bound on M without M on its right side";
        T14_finitely_many: "one number bounds the updates of all paths";
        T14_unsettled: "(a)";
        T14_inaccurate: "(b)";
        T14_limit: "no gate open at a single step T with probability at least 1 - delta, for all large T; then accuracy is 1 and nothing moves any more";
    },
    unproved: &[
        "T14s: kappa in place of rho^2",
        "filters of head 0 left out of |W(0)|^2",
        "(c): finitely many states and no cycle, and that only states without an open gate are absorbing",
        "bounds of the tails by Chernoff",
    ],
};

static NEAR_MISSES: [NearMiss<Claim>; 9] = [
    NearMiss::new(
        NORM.name,
        "the term 2 eta is left out: |W|^2 grows by at most eta^2 A rho^2 an update",
        |claim, problem| claim.constants.gain -= &problem.training().step * integer(2),
    ),
    NearMiss::new(
        NORM.name,
        "the term eta^2 A rho^2 is left out: |W|^2 grows by at most 2 eta an update",
        |claim, problem| claim.constants.gain = &problem.training().step * integer(2),
    ),
    NearMiss::new(NORM.name, "rho in place of rho^2", |claim, problem| {
        let squared = largest_square(problem, &claim.slope);
        claim.take_square(problem, &sqrt_ru(&squared));
    }),
    NearMiss::new(
        PRODUCT.name,
        "|a_j| in place of a_j^2: F grows by at least eta sum_j |a_j| an update",
        |claim, problem| {
            let heads: Q = problem.network().head.iter().map(Signed::abs).sum();
            claim.constants.growth = &problem.training().step * heads;
        },
    ),
    NearMiss::new(
        SHARP.name,
        "T14s without the 2 eta: |W|^2 grows by at most eta kappa times what F does",
        |claim, _| claim.constants.margin_gain = Q::zero(),
    ),
    NearMiss::new(
        NORM.name,
        "patterns that oppose each other cancel in full: max(-G_pq, 0) is taken off, and not s max(-G_pq, 0)",
        |claim, problem| {
            let square = largest_square(problem, &Q::one());
            claim.take_square(problem, &square);
        },
    ),
    NearMiss::new(
        PRODUCT.name,
        "w* need only separate the summed images, y <w*, sum_p N_p p> >= 1/s",
        Claim::for_summed_images,
    )
    .without(|failing, problem| {
        let slope = slope_of(&problem.network().activation);
        failing.assumption == AssumptionId::Separable
            && slope.is_some_and(|slope| of_summed_images(problem, &slope).is_some())
    }),
    NearMiss::new(
        PRODUCT.name,
        "relu with the w* of leaky-relu, s = 1/2",
        |claim: &mut Claim, _| claim.speak_of_single_updates(),
    )
    .without(|failing, problem| {
        let leaky = |parts: &mut Parts| parts.network.activation = Activation::Identity;
        let fits = |other: Problem| STATEMENT.model.fits(&other) && moves(&other);
        failing.assumption == A0
            && problem.network().activation == Activation::Relu
            && problem.changed(leaky).is_ok_and(fits)
            && with_slope(problem, &half()).is_some()
    }),
    NearMiss::new(
        UNSETTLED,
        "the tail is divided by 10: P(Bin(T, p_min) < M_max) / 10",
        |claim, _| {
            if let Ok(waiting) = &mut claim.waiting {
                waiting.below = tenth_of_the_tail;
            }
        },
    ),
];

/// The shortest separator for a slope, if there is one.
fn with_slope(problem: &Problem, slope: &Q) -> Option<Separator> {
    match separate(problem.dictionary(), problem.distribution(), slope) {
        Ok(Separability::Separable(separator)) => Some(separator),
        _ => None,
    }
}

/// The shortest separator of the summed images, with margin 1/s.
fn of_summed_images(problem: &Problem, slope: &Q) -> Option<Separator> {
    let separator = with_slope(problem, &Q::one())?;
    let longer = separator.coefficients.iter().map(|c| c / slope).collect();
    Some(Separator::new(longer, problem.dictionary().gram()))
}

/// The separator.
const SEPARATED: Clause = Clause::new(
    "sum_p N_p min(y <w*, p>, s y <w*, p>), at the image where it is least",
    AtLeast,
);

/// What is claimed of a problem.
pub struct Claim {
    /// s, as the condition on w* has it.
    slope: Q,
    /// w*.
    separator: Separator,
    /// The constants that follow.
    constants: Constants,
    /// The most updates by T14 and by T14s; `None` where a near miss speaks of single updates alone.
    most: Option<[(&'static str, BigInt); 2]>,
    /// (a): how long it may take until they are over, unless the least atom is too long a number.
    waiting: Result<Waiting, Remark>,
}

impl Claim {
    fn new(problem: &Problem, separator: Separator, slope: Q) -> Self {
        let constants = Constants::new(problem, &separator, &slope, 2);
        Claim {
            most: Some([
                ("T14", constants.max_updates(&separator, &Q::one())),
                ("T14s", constants.max_updates_sharp(&separator, &Q::one())),
            ]),
            waiting: Waiting::with_least_atom(problem.distribution()),
            slope,
            separator,
            constants,
        }
    }

    /// The same with another number for `rho^2`.
    fn take_square(&mut self, problem: &Problem, square: &Q) {
        let eta = &problem.training().step;
        self.constants.gain = eta * integer(2) + eta * eta * &self.constants.squares * square;
    }

    /// Claims that F and `|W|^2` rise as T14 says, and no more.
    fn speak_of_single_updates(&mut self) {
        self.most = None;
        self.constants.rate = None;
    }

    /// The same with a separator of the summed images, if there is one.
    fn for_summed_images(&mut self, problem: &Problem) {
        if let Some(separator) = of_summed_images(problem, &self.slope) {
            let stated = self.constants.gain.clone();
            *self = Claim::new(problem, separator, Q::one());
            self.constants.gain = stated;
            self.speak_of_single_updates();
        }
    }
}

impl Claimed for SeparatorBound {
    type Claim = Claim;

    const RECORD: &'static Statement = &STATEMENT;

    const NEAR_MISSES: &'static [NearMiss<Claim>] = &NEAR_MISSES;

    const WITHOUT: &'static str =
        "No bound on the number of updates follows from a separator here.";

    fn further_failures(&self, problem: &Problem) -> Vec<Failing> {
        let mut fails = Vec::new();
        if !moves(problem) {
            fails.push(outside_of_model("network.head is 0 altogether".to_owned()));
        }
        if let Some(Ok(Separability::Balanced(parts))) = separability(problem) {
            fails.push(Failing {
                assumption: AssumptionId::Separable,
                witness: described(problem.dictionary(), &parts),
            });
        }
        fails
    }

    fn beyond(&self, context: &Context<'_>, outcome: &mut Outcome) {
        let problem = context.problem;
        match separability(problem) {
            Some(Ok(Separability::Balanced(parts))) => balanced(parts, outcome),
            Some(Ok(Separability::Separable(separator))) if moves(problem) => {
                of_batches(context, &separator, outcome);
            }
            _ => {}
        }
    }

    fn claim(&self, problem: &Problem) -> Result<Claim, Remark> {
        let slope = slope_of(&problem.network().activation).unwrap_or_else(half);
        match separate(problem.dictionary(), problem.distribution(), &slope) {
            Ok(Separability::Separable(separator)) => Ok(Claim::new(problem, separator, slope)),
            // Near misses bring their own.
            Ok(Separability::Balanced(_)) => of_summed_images(problem, &slope)
                .map(|separator| Claim::new(problem, separator, slope))
                .ok_or_else(|| "there is no separator".into()),
            Err(limit) => Err(limit.to_string().into()),
        }
    }

    fn compare(&self, context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
        let problem = context.problem;
        let steps = problem.training().steps;
        let potentials = Potentials::new(problem, claim);
        let found = along_paths(context, |_| Tracker::new(&potentials));
        outcome.verdict = found.verdict(problem);
        outcome.vacuous = steps == 0;
        outcome.scope = Some(Scope::on(found.scope()));
        outcome.because.push(remark!(
            "A vector separates the images patch by patch; the inequalities were compared after every update of {}, with at most {} updates.",
            found.describe(),
            found.largest_updates
        ));
        let margin = least_margin(
            problem.distribution(),
            &claim.separator.products,
            &claim.slope,
        );
        let separated = SEPARATED.check(Place::of(Course::Cases), &Q::one(), &margin);
        let expected = |outcome: &mut Outcome| {
            let holds = |engine: &Expected<'_>, [plus, minus]: &[Q; 2]| {
                potentials.in_state(&engine.state(), &(plus + minus))
            };
            along_open_mass(context, "They were", Figure::enclosed, holds, outcome)
        };
        let violation = separated
            .err()
            .or_else(|| found.violation.clone())
            .or_else(|| expected(outcome))
            .or_else(|| {
                let run = run_beyond(context, claim.most.as_ref()?)?;
                replay(problem, run, steps, |_| Tracker::new(&potentials))
            });
        outcome.refute_by(violation, Layer::Exact);
        outcome.undecided_after_overflow(context);
        if context.verdict_only && outcome.is_refuted() {
            return;
        }
        let Some(most) = &claim.most else {
            return;
        };
        if !context.verdict_only {
            show_separator(&claim.separator, &mut outcome.figures);
            let counted = Counted::updates(context, found.largest_updates);
            show_bounds(context, most, &counted, found.layer(), outcome);
            let [(_, most), (_, sharp)] = most;
            let text = remark!("At most {} updates can happen ({} by T14s).", most, sharp);
            outcome.because.push(text);
        }
        longest_of_the_law(context, most, found.largest_updates, outcome);
        // There |W(0)|^2 is that of all filters.
        let heads = &context.problem.network().head;
        let loud = heads.iter().all(|a| !a.is_zero());
        let updates = Updates {
            bounds: most,
            waiting: &claim.waiting,
            proved: [loud.then_some("T14_unsettled"), None],
        };
        probabilities(context, &updates, outcome);
    }

    fn curves(
        &self,
        context: &Context<'_>,
        claim: &Claim,
        _outcome: &Outcome,
        times: &[u64],
    ) -> Vec<Curve> {
        let Some(most) = &claim.most else {
            return Vec::new();
        };
        let updates = Updates {
            bounds: most,
            waiting: &claim.waiting,
            proved: [None; 2],
        };
        updates.curves(STATEMENT.id, context.problem.training().loss, times)
    }
}

/// w* as figures.
fn show_separator(separator: &Separator, figures: &mut Figures) {
    let products = separator.products.clone();
    figures.push(("separator", Figure::Numbers(products)));
    figures.number("separator_norm_squared", separator.norm_squared.clone());
}

/// Why there is no separator.
fn balanced(parts: Vec<Balanced>, outcome: &mut Outcome) {
    let images = parts.len() as u64;
    let text = remark!(
        "Of {}, with weights and derivatives, the sum is 0, so no vector separates the images patch by patch.",
        (images, "image")
    );
    outcome.beyond = Some(text.into());
    outcome.figures.push(("farkas", Figure::Images(parts)));
}

/// The bound for batches and for the perceptron, where the model of T14 is only left in these.
fn of_batches(context: &Context<'_>, separator: &Separator, outcome: &mut Outcome) {
    let problem = context.problem;
    let Some(threshold) = problem.training().loss.threshold() else {
        return;
    };
    let Some(slope) = slope_of(&problem.network().activation) else {
        return;
    };
    if problem.training().train != Train::Filters {
        return;
    }
    let constants = Constants::new(problem, separator, &slope, 2 * threshold);
    let batch = integer(problem.training().batch);
    let most = constants.max_updates_sharp(separator, &batch.recip());
    let potentials = Potentials::of(problem, &constants, separator);
    let found = along_paths(context, |_| Tracker::new(&potentials));
    let masses = found.ends.iter().map(|tracker| tracker.mu.clone());
    let seen = masses.max().unwrap_or_default() * batch;
    let text = match &found.violation {
        Some(violation) => remark!(
            "Its inequality for batches fails: {}; claimed {}, found {}.",
            violation.claim,
            &violation.claimed,
            &violation.found
        ),
        None => remark!(
            "A vector separates the images patch by patch, so at most {} samples can have an open gate; {} were seen, and the inequalities hold after every update of {}.",
            &most,
            seen,
            found.describe()
        ),
    };
    outcome.beyond = Some(text.into());
    show_separator(separator, &mut outcome.figures);
    outcome.figures.count("max_updates", most);
    let seen = observed_updates(context, found.largest_updates);
    outcome.figures.push(("largest_updates_seen", seen));
}
