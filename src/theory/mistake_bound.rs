//! T6 and T6s: hinge SGD makes finitely many updates, and then is perfect for ever.
//!
//! Every update moves the potentials `<W, U>`, U the winners' keys, and `|W|^2` (`potentials.rs`): so their number M
//! is bounded, by T6 (`classic.rs`) and, sharper, by T6s (`sharp.rs`). From either bound follow (a) and (b), upper
//! bounds on the probability that accuracy is not yet 1 (`unsettled.rs`), and (c): the chain of hinge SGD is a finite
//! graph without cycles but for steps that do not move (`whole.rs`). The derivations are in section T6 of
//! `docs/theory.md`; three more facts are used here:
//!
//! - T6s holds for any batch by Jensen's inequality, mu_y being the sum of the open fraction of the batch (or the open
//!   mass of the distribution) with label y;
//! - under max pooling the winners are those of T3max, r is 1 and Q is `sum_j a_j^2`;
//! - for the squared hinge with `eta Q <= 2`, mu is the sum of the gates and `theta eta + eta^2 Q` becomes `2 eta`.

mod beyond;
mod classic;
mod potentials;
mod sharp;
mod unsettled;
mod whole;

use super::evidence::log_spaced;
use super::evidence::{InNumbers, Survey, along_expected, along_paths, in_numbers, replay};
use super::norm_bounds::NormBounds;
use super::prelude::*;
use super::settling::{Waiting, a_third_of_the_updates, tenth_of_the_tail};
use crate::dynamics::accuracy::margin_range;
use crate::dynamics::expected::{Expected, Stop};
use crate::dynamics::gradient;
use crate::dynamics::state::State;
use crate::number::Matrix;
pub(super) use beyond::{beyond, curves_beyond};
use classic::Classic;
pub(super) use classic::largest_root;
use num_bigint::BigInt;
use num_traits::{One, Zero};
use potentials::{ACTIVE, Inequalities, KEYS, NORM, SHARP, sharp_holds};
pub(super) use sharp::Sharp;
use unsettled::updates_so_far;
pub(super) use unsettled::{UNSETTLED, Updates, probabilities};
pub(super) use whole::{LONGEST, a_third_of_the_longest_path, longest_of_the_law};
use whole::{every_state, longest_path};

/// T6, with T6s.
pub struct MistakeBound;

/// T6s, a sharper form.
pub(super) const T6S: [Formula; 2] = [
    Formula::new(
        "T6s: for every batch size and for the expected dynamics",
        r"\sum_y \left[A_y (\eta r \mu_y)^2 + 2 \eta r \mu_y \sum_{j \in J_y} |a_j|\, Z_{j,v_y}(0)\right] \le \sum_{(j,p) \text{ not a winner's key}} \operatorname{relu}(Z_{jp}(0))^2 + \mu \left(2\eta + \eta^2 Q\right)",
    ),
    Formula::new(
        "with",
        r"A_y = \sum_{j \in J_y} a_j^2, \qquad Q = \max_x \sum_j a_j^2 \sum_{p:\, Z_{jp}(0) > 0} N_p^2",
    ),
];

static STATEMENT: Statement = Statement {
    id: TheoremId::T6,
    title: "mistake bound",
    file: "mistake_bound",
    claims: &["C1", "C3", "C5"],
    statement: "On every sample path of hinge SGD the number M of steps with an open gate satisfies (eta r c M)^2 <= |J| (|W(0)|^2 + M (2 eta + eta^2 n m^2)) with c = min(|J_+|, |J_-|), so M is at most the largest such integer; when no gate is open any more, accuracy is 1 and nothing moves. T6s: sum_y [A_y (eta r mu_y)^2 + 2 eta r mu_y sum_{J_y} |a_j| Z_{j,v_y}(0)] <= sum of relu(Z(0))^2 outside winners' keys + mu (2 eta + eta^2 Q), for every batch size and for the expected dynamics. For every step T: (a) P(some margin < 1 at step T) <= P(Bin(T, p_min) < M_max), p_min the least probability of an atom; (b) P(accuracy(t) <= 1 - epsilon for all t <= T) <= P(Bin(T, epsilon) < M_max); (c) but for the steps that do not move, the states form a finite graph without cycles, and accuracy is 1 where every path ends.",
    formulas: &[
        Formula::new(
            "on every sample path, M the number of steps with an open gate",
            r"(\eta r c M)^2 \le |J| \left(|W(0)|^2 + M \left(2\eta + \eta^2 n m^2\right)\right), \qquad c = \min\left(|J_+|, |J_-|\right)",
        ),
        Formula::new(
            "so, with the largest integer that satisfies it",
            r"M \le M_{\max}",
        ),
        T6S[0],
        T6S[1],
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
        losses: &[Loss::Hinge],
        one_sample: true,
        ..Model::RELU_SUM
    },
    further: "fixed head",
    assumes: &[A1, A2, A5f, A6prime],
    proofs: proofs! {
        T6_mistake_bound: "the inequality in M on every path";
        T6_explicit: "a bound on M without M on its right side";
        T6_finitely_many: "one number bounds the updates of all paths";
        T6_settled: "when no gate is open, accuracy is 1 and nothing moves any more";
        T6_absorbing: "a state that no image moves has accuracy 1, if it was reached from a start with winners of both labels";
        T6s_hinge: "T6s: its inequality for any batches and for the expected dynamics";
        T6s_perceptron: "T6s for the perceptron loss";
        T6s_squared_hinge: "T6s for the squared hinge with eta Q <= 2";
        T6a_unsettled: "(a) with the M_max of T6";
        T6b_inaccurate: "(b) with the M_max of T6";
        T6a_sharp: "(a) with the largest M of T6s's inequality in mu alone, one sample a step";
        T6b_sharp: "(b) with the largest M of T6s's inequality in mu alone, one sample a step";
        T6a_perceptron: "the same for the perceptron loss: accuracy below 1 at step T";
        T6a_batches: "(a) with the largest M of T6s's inequality in mu alone, batches of any size";
        T6b_perceptron: "(b) with the same, for the perceptron loss";
        C5_hinge: "every margin at least 1 at a single step T with probability at least 1 - delta, for all large T";
    },
    unproved: &[
        "(a) and (b) with the M_max of T6s by labels",
        "(c): finitely many states and no cycle",
        "bounds of the tails by Chernoff",
    ],
};

static NEAR_MISSES: [NearMiss<Claim>; 10] = [
    NearMiss::new(
        NORM.name,
        "the term 2 eta is left out: |W|^2 grows by at most eta^2 n m^2 an update",
        |claim, problem| claim.classic.gain -= two_eta(problem),
    ),
    NearMiss::new(
        NORM.name,
        "the term eta^2 n m^2 is left out: |W|^2 grows by at most 2 eta an update",
        |claim, problem| claim.classic.gain = two_eta(problem),
    ),
    NearMiss::new(
        KEYS.name,
        "c is replaced by |J|: <W, U> grows by eta r |J| an update",
        |claim, problem| {
            claim.classic.growth = &problem.training().step * &claim.r * &claim.classic.winners;
        },
    ),
    NearMiss::new(
        KEYS.name,
        "the key counts twice: <W, U> grows by eta r^2 c an update",
        |claim, _| claim.classic.growth *= &claim.r,
    ),
    NearMiss::new(
        SHARP.name,
        "T6s with the bracket of the perceptron: mu eta^2 Q",
        |claim, problem| claim.sharp.gain -= two_eta(problem),
    ),
    NearMiss::new(
        UNSETTLED,
        "p_min is replaced by the largest probability of an atom: P(Bin(T, p_max) < M_max)",
        |claim, problem| {
            if let Ok(waiting) = &mut claim.waiting {
                waiting.take_largest_atom(problem.distribution());
            }
        },
    ),
    NearMiss::new(
        UNSETTLED,
        "the tail is divided by 10: P(Bin(T, p_min) < M_max) / 10",
        |claim, _| {
            if let Ok(waiting) = &mut claim.waiting {
                waiting.below = tenth_of_the_tail;
            }
        },
    ),
    NearMiss::new(
        UNSETTLED,
        "a third of the updates suffices: P(Bin(T, p_min) < M_max / 3)",
        |claim, _| {
            if let Ok(waiting) = &mut claim.waiting {
                waiting.below = a_third_of_the_updates;
            }
        },
    ),
    NearMiss::new(
        ACTIVE.name,
        "the sum of relu(Z)^2 grows by at most eta^2 Q an update",
        |claim, problem| claim.sharp.active_gain -= two_eta(problem),
    ),
    NearMiss::new(
        LONGEST.name,
        "(c): no path makes more than a third of M_max updates",
        |claim, _| a_third_of_the_longest_path(&mut claim.bounds, &mut claim.waiting),
    ),
];

fn two_eta(problem: &Problem) -> Q {
    &problem.training().step * integer(2)
}

/// What is claimed of a problem.
pub struct Claim {
    /// The number of key patches.
    r: Q,
    /// T6, after every update.
    classic: Classic,
    /// T6s, after every update and along the expected dynamics.
    sharp: Sharp,
    /// The most updates by T6 and by T6s.
    bounds: [(&'static str, BigInt); 2],
    /// (a): how long it may take until they are over, unless the least atom is too long a number.
    waiting: Result<Waiting, Remark>,
}

impl Claim {
    fn inequalities(&self, problem: &Problem) -> Inequalities<'_> {
        Inequalities::new(problem, Some(&self.classic), Some(&self.sharp))
    }
}

impl Claimed for MistakeBound {
    type Claim = Claim;

    const RECORD: &'static Statement = &STATEMENT;

    const NEAR_MISSES: &'static [NearMiss<Claim>] = &NEAR_MISSES;

    const WITHOUT: &'static str = "The bound on the number of updates is not about this problem.";

    fn beyond(&self, context: &Context<'_>, outcome: &mut Outcome) {
        beyond(context, "max_updates_sharp", outcome);
    }

    fn claim(&self, problem: &Problem) -> Result<Claim, Remark> {
        let r = problem
            .distribution()
            .key_count()
            .ok_or("images differ in their key patches")?;
        let r = integer(r);
        let (classic, sharp) = (Classic::new(problem, &r), Sharp::new(problem)?);
        let most = sharp
            .largest_total(&Q::one())
            .ok_or("a label has no winner")?;
        Ok(Claim {
            bounds: [("T6", classic.max_updates()), ("T6s", most)],
            waiting: Waiting::with_least_atom(problem.distribution()),
            classic,
            sharp,
            r,
        })
    }

    fn compare(&self, context: &Context<'_>, claim: &Claim, outcome: &mut Outcome) {
        let problem = context.problem;
        let steps = problem.training().steps;
        let inequalities = claim.inequalities(problem);
        let watch = &inequalities;
        let found = along_paths(context, in_numbers(&watch));
        outcome.verdict = found.verdict(problem);
        outcome.vacuous = steps == 0;
        outcome.scope = Some(Scope::on(found.scope()));
        let [(_, classic), (_, sharp)] = &claim.bounds;
        outcome.because.push(remark!(
            "Both inequalities were compared after every update of {}, with at most {} updates; {} can happen ({} by T6s).",
            found.describe(),
            found.largest_updates,
            classic,
            sharp
        ));
        let expected = |outcome: &mut Outcome| {
            let holds = |_: &Expected<'_>, mass: &[Q; 2]| sharp_holds(&claim.sharp, mass);
            let shown = |mass: &Q| Figure::Exact(mass.clone());
            along_open_mass(context, "T6s was", shown, holds, outcome)
        };
        let violation = found
            .violation
            .clone()
            .or_else(|| expected(outcome))
            .or_else(|| {
                let run = run_beyond(context, &claim.bounds)?;
                replay(problem, run, steps, in_numbers(&watch))
            });
        outcome.refute_by(violation, Layer::Exact);
        if let Some(states) = every_state(context, claim, outcome) {
            if let Verdict::Holds { layer } = &mut outcome.verdict {
                *layer = Layer::Exact;
            }
            let scope = remark!("all {} states that can be reached, t <= {}", states, steps);
            outcome.scope = Some(Scope::on(scope));
        }
        outcome.undecided_after_overflow(context);
        if context.verdict_only && outcome.is_refuted() {
            return;
        }
        if !context.verdict_only {
            show_updates(context, claim, &found, outcome);
        }
        longest_path(context, claim, found.largest_updates, outcome);
        let updates = Updates {
            bounds: &claim.bounds,
            waiting: &claim.waiting,
            proved: [Some("T6a_unsettled"), None],
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
        let problem = context.problem;
        let updates = Updates {
            bounds: &claim.bounds,
            waiting: &claim.waiting,
            proved: [None; 2],
        };
        let mut curves = updates.curves(STATEMENT.id, problem.training().loss, times);
        let most = claim.bounds.iter().map(|(_, most)| most).min();
        let most = most.map(|most| integer(most.clone()));
        if let Some(bounds) = NormBounds::new(problem, context.audits, most) {
            curves.extend(Curve::of(
                STATEMENT.id,
                &Dynamics::EveryPath,
                (Quantity::LoserNorm, AtMost),
                times,
                |t| bounds.loser_squared_at_most(t).map(Value::Root),
            ));
        }
        curves
    }

    fn curves_beyond(&self, context: &Context<'_>, outcome: &Outcome, times: &[u64]) -> Vec<Curve> {
        curves_beyond(context, outcome, times)
    }
}

/// Compares at steps of the expected dynamics what `holds` asks of the engine and of the mass of open gates so far, by
/// label; `what` was compared, and `shown` makes a figure of the whole mass.
pub(super) fn along_open_mass(
    context: &Context<'_>,
    what: &'static str,
    shown: fn(&Q) -> Figure,
    mut holds: impl FnMut(&Expected<'_>, &[Q; 2]) -> Result<(), Box<Violation>>,
    outcome: &mut Outcome,
) -> Option<Box<Violation>> {
    let mut last = [Q::zero(), Q::zero()];
    let times = log_spaced(context.problem.training().steps);
    let walked = along_expected(context, times, |engine| {
        last = engine.open_mass();
        holds(engine, &last).map_err(|mut violation| {
            violation.place = Place::expected(engine.t());
            violation
        })
    });
    let figures = &mut outcome.figures;
    let missing = |stop: &Stop| figures.missing("expected_open_mass", stop.to_string());
    let walked = walked.inspect_err(missing).ok()?;
    outcome.because.push(remark!(
        "{} compared at {} of the expected dynamics, up to {}.",
        what,
        (walked.compared, "step"),
        walked.last
    ));
    if let Some(stop) = &walked.stopped {
        let text = remark!("The exact engine {}.", Remark::from(stop));
        outcome.because.push(text);
    }
    let [plus, minus] = last;
    let mass = shown(&(plus + minus));
    outcome.figures.push(("expected_open_mass", mass));
    walked.violation
}

/// The simulated run that made more updates than some bound allows, if one did: machine floats may decide a tie otherwise,
/// and what counts is its exact path.
pub(super) fn run_beyond(context: &Context<'_>, bounds: &[(&'static str, BigInt)]) -> Option<u64> {
    let (run, updates) = simulated_updates(context)?;
    let beyond = bounds.iter().any(|(_, most)| *most < updates.into());
    beyond.then_some(run)
}

/// The figures and rows about the number of updates.
fn show_updates<'c>(
    context: &Context<'_>,
    claim: &Claim,
    found: &Survey<InNumbers<&'c Inequalities<'c>>>,
    outcome: &mut Outcome,
) {
    let counted = Counted::updates(context, found.largest_updates);
    show_bounds(context, &claim.bounds, &counted, found.layer(), outcome);
    let figures = &mut outcome.figures;
    figures.proved("max_updates", "T6_mistake_bound");
    figures.proved("max_updates_sharp", "T6s_hinge");
    figures.count("exact_paths", found.paths);
    let ends = found.ends.iter().map(|end| end.end().weights);
    figures.count("settled_paths", settled(context.problem, ends));
}

/// What a bound bounds on a path.
pub(super) struct Counted {
    /// In words: the updates, or the samples with an open gate.
    what: &'static str,
    /// The most that was seen on an exact path.
    seen: u64,
    /// The most of a simulated run, where the simulation decided every gate exactly.
    simulated: Option<u64>,
    /// The most of any path of so many steps.
    possible: BigInt,
}

impl Counted {
    /// The steps with an open gate.
    pub(super) fn updates(context: &Context<'_>, seen: u64) -> Self {
        Counted {
            what: "number of updates of a path",
            seen,
            simulated: simulated_updates(context).map(|(_, updates)| updates),
            possible: context.problem.training().steps.into(),
        }
    }

    /// The samples with an open gate.
    pub(super) fn samples(context: &Context<'_>, seen: u64) -> Self {
        let updates = Self::updates(context, seen);
        match context.problem.training().batch {
            1 => updates,
            batch => Counted {
                what: "number of samples with an open gate on a path",
                simulated: None,
                possible: updates.possible * batch,
                ..updates
            },
        }
    }
}

/// The figures and rows of bounds on the updates of a path, the first named `max_updates`, the second
/// `max_updates_sharp`, a third `max_updates_orthonormal`.
pub(super) fn show_bounds(
    context: &Context<'_>,
    bounds: &[(&'static str, BigInt)],
    counted: &Counted,
    layer: Layer,
    outcome: &mut Outcome,
) {
    let seen = counted.seen;
    let largest = counted.simulated.unwrap_or(0).max(seen);
    let observed = observed_updates(context, seen);
    let figures = &mut outcome.figures;
    let names = [
        "max_updates",
        "max_updates_sharp",
        "max_updates_orthonormal",
    ];
    for ((name, most), figure) in bounds.iter().zip(names) {
        figures.count(figure, most.clone());
        if *most >= counted.possible {
            // No path of so few steps could make more.
            figures.vacuous(figure);
        } else {
            figures.compare(figure, &integer(most.clone()), &integer(largest));
        }
        let quantity = remark!("{} ({})", counted.what, *name);
        outcome.comparisons.push(Comparison {
            simulated: counted.simulated.map(|_| observed.clone()),
            layer,
            ..Comparison::exact(quantity, AtMost, integer(most.clone()), integer(seen))
        });
    }
    figures.push(("largest_updates_seen", observed));
}

/// The simulated run with the most updates, and their number, where the simulation decided every gate
/// exactly: plain floats may open gates that are closed, and count what never happens.
fn simulated_updates(context: &Context<'_>) -> Option<(u64, u64)> {
    let simulation = context.simulation?;
    if !simulation.is_on_lattice() {
        return None;
    }
    let ends = simulation.ends.iter().enumerate();
    let (run, end) = ends.max_by_key(|(run, end)| (end.updates, std::cmp::Reverse(*run)))?;
    Some((run as u64, end.updates))
}

/// The largest number of updates over simulated and exact paths.
pub(super) fn observed_updates(context: &Context<'_>, exact: u64) -> Figure {
    match (simulated_updates(context), context.simulation) {
        (Some((_, updates)), Some(simulation)) => Figure::Observed {
            value: updates.max(exact) as f64,
            runs: simulation.runs,
        },
        _ => Figure::Exact(integer(exact)),
    }
}

/// How many of these states, row by row, close every gate, so that accuracy is 1 for ever.
fn settled(problem: &Problem, ends: impl Iterator<Item = Vec<Q>>) -> u64 {
    let model = gradient::Model::new(problem);
    let least = ends.filter_map(|weights| {
        let weights = Matrix::from_vec(problem.n_filters(), problem.n_patterns(), weights)?;
        let head = problem.network().head.clone();
        margin_range(&model, problem, &State { weights, head })
    });
    let loss = problem.training().loss;
    least.filter(|(least, _)| loss.is_closed(least)).count() as u64
}

/// M_max of T6 for a problem; `None` without a number of key patches that all images share, or
/// without winners of both labels.
pub fn max_updates(problem: &Problem) -> Option<BigInt> {
    max_updates_read_with(problem, problem.distribution().key_count()?)
}

/// M_max of T6's inequality with r key patches, whatever the images have and whether T6 applies or not; `None` without
/// winners of both labels.
pub fn max_updates_read_with(problem: &Problem, r: u32) -> Option<BigInt> {
    let classic = Classic::new(problem, &integer(r));
    (!classic.growth.is_zero()).then(|| classic.max_updates())
}

/// What the unit tests look at.
#[cfg(test)]
mod examples {
    use crate::problem::{Format, Problem, parse_problem};

    /// Two filters with heads 1 and -1 and these coordinates, one key patch an image and no background.
    pub(super) fn two_filters(weights: [[&str; 2]; 2], step: &str, steps: u64) -> Problem {
        let text = format!(
            r#"
name = "two filters"
[dictionary]
background = 0
[distribution]
prior = ["1/2", "1/2"]
patches = 1
key_patches = 1
background = []
[network]
activation = "relu"
pooling = "sum"
head = ["1", "-1"]
weights = {weights:?}
[training]
loss = "hinge"
train = "filters"
step = "{step}"
batch = 1
steps = {steps}
runs = 1
seed = 1
"#
        );
        parse_problem("two-filters.toml", &text, Format::Toml).expect("a problem")
    }
}
