//! T3 and T3max: what holds on every sample path of SGD.
//!
//! With an orthonormal dictionary a step moves each pattern coordinate by itself:
//! `Z_jp += eta a_j avg[g y N_p] 1(Z_jp > 0)`. Hence
//!
//! - (i) a coordinate at or below 0 never moves again;
//! - (ii) a winner's key coordinate is in every image of its label and in no other, so it never
//!   falls: `Z_{j,v_y}(t) = Z(0) + eta r G_y(t)`, `G_y` the sum of the gates on label y so far;
//! - (iii) the wrong label's key coordinate can only fall, and stops once it is not positive. The
//!   last step before that lowers a positive number by at most `eta r g_max`.
//!
//! Under max pooling the gradient goes to one pattern. If a filter's own key is positive and at
//! least as large as its backgrounds, it is the argmax on every image of its label (keys come first
//! in dictionary order), it only grows, and on images of the other label everything falls.
//!
//! Two consequences for the norms are checked with them: a winner's norm is at least
//! `Z(0) + eta r G_y(t)`, and a coordinate that follows the gated walk `S_k = sum g y N_k` until it
//! dies satisfies `|Z_jk(t)| <= |Z_jk(0)| + eta max_s |S_k(s)|`, which bounds every loser.

use super::context::Context;
use super::drift::count_of;
use super::evidence::{Number, Survey, Watcher, along_paths, replay};
use super::record::{Proof, Statement, TheoremId};
use super::theorem::{Theorem, Theory};
use super::verdict::{Comparison, Figure, Layer, Outcome, Scope};
use super::violation::{Course, Place, Violation};
use crate::dynamics::path::{ExactPath, Gates, View};
use crate::dynamics::sampler::Draw;
use crate::number::{Q, integer};
use crate::problem::assumption::AssumptionId;
use crate::problem::model::Model;
use crate::problem::{Label, Loss, Pooling, Problem, Train};
use crate::remark;
use crate::theory::violation::Relation;
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

/// T3.
pub struct Pathwise;

/// T3max.
pub struct PathwiseMax;

static SUM: Statement = Statement {
    id: TheoremId::T3,
    title: "pathwise monotonicity",
    file: "pathwise",
    claims: &["C1", "C3", "C4"],
    statement: "On every sample path: (i) a coordinate at or below 0 never changes; (ii) a winner's key coordinate is Z(0) + eta r G_y(t), with G_y(t) the sum of the gates on label-y samples so far; (iii) the wrong label's key coordinate of a filter with a_j = y lies in [min(Z(0), -eta r g_max), Z(0)] and never rises.",
    model: Model {
        losses: &[
            Loss::Unhinged,
            Loss::Hinge,
            Loss::Perceptron,
            Loss::SquaredHinge,
        ],
        ..Model::RELU_SUM
    },
    further: "gates not negative (g_max is 1 but for squared-hinge), any batch",
    assumes: &[AssumptionId::A1, AssumptionId::A2, AssumptionId::A5f],
    wrong_theories: &[
        "r is forgotten: a winner's key coordinate is Z(0) + eta G_y(t)",
        "half the step: a winner's key coordinate is Z(0) + eta r G_y(t) / 2",
        "no overshoot: the wrong label's key coordinate stays at least min(Z(0), 0)",
        "the lower bound of (iii) is -eta r g_max, without the minimum with Z(0)",
        "a coordinate at or below 0 moves like any other",
    ],
    proofs: &[
        Proof {
            name: "T3_pathwise",
            covers: "(i), (ii), (iii) on every path of any given gates that are not negative and at most g",
        },
        Proof {
            name: "T3_run",
            covers: "the same for descent in batches, losses with gates in [0, 1]",
        },
        Proof {
            name: "T3_sgd",
            covers: "the same, one sample a step",
        },
        Proof {
            name: "T3_gates",
            covers: "gates of unhinged, hinge and perceptron lie in [0, 1]",
        },
    ],
    unproved: &["the squared hinge, but as a list of given gates"],
};

static MAX: Statement = Statement {
    id: TheoremId::T3max,
    title: "pathwise monotonicity under max pooling",
    file: "pathwise",
    claims: &["C1", "C3", "C4"],
    statement: "Under max pooling, call j a winner if a_j = y and its key coordinate is positive and at least each of its background coordinates at t = 0. On every sample path its key stays the argmax of every label-y image, its key coordinate is Z(0) + eta G_y(t), and its other coordinates never rise; (i) and (iii) hold as for sum pooling, with 1 for r.",
    model: Model {
        activations: &["relu"],
        pooling: Some(Pooling::Max),
        losses: &[
            Loss::Unhinged,
            Loss::Hinge,
            Loss::Perceptron,
            Loss::SquaredHinge,
        ],
        ..Model::ANY
    },
    further: "gates not negative, any batch",
    assumes: &[AssumptionId::A1, AssumptionId::A2, AssumptionId::A5f],
    wrong_theories: &[
        "winners need not dominate their backgrounds: a_j = y and a positive key are enough",
        "the factor r of sum pooling is kept: Z(0) + eta r G_y(t)",
        "half the step: Z(0) + eta G_y(t) / 2",
        "a winner's other coordinates never move",
    ],
    proofs: &[
        Proof {
            name: "T3max_pathwise",
            covers: "key, argmax, other coordinates, (i) and (iii) on every path of any given gates that are not negative",
        },
        Proof {
            name: "T3max_run",
            covers: "key, argmax and other coordinates of winners for descent in batches, gates in [0, 1]",
        },
    ],
    unproved: &[
        "(i) and (iii) for a run of a loss, and the squared hinge, but as a list of given gates",
    ],
};

// The clauses of the claim.
const FROZEN: &str = "(i) a coordinate at or below 0 does not move";
const OTHERS_REST: &str = "a winner's other coordinates do not move";
const OTHERS_FALL: &str = "a winner's other coordinates do not rise";
const WRONG_FALLS: &str = "(iii) the wrong label's key coordinate never rises";
const WRONG_STOPS: &str = "(iii) lower bound of the wrong label's key coordinate";
const WINNER_KEY: &str = "(ii) the winner's key coordinate";
const WINNER_NORM: &str = "a winner's squared norm is at least the square of Z(0) + eta r G_y";
const ARGMAX: &str = "a winner's key stays the argmax of its label's images";
const LOSER_NORM: &str = "upper bound of a loser's squared norm";

/// What is claimed, in a form that one checker serves: the theorem and each near miss.
#[derive(Debug, Clone)]
struct Claim {
    pooling: Pooling,
    /// Winner of which label, one a filter.
    winner: Vec<Option<Label>>,
    /// Growth of a winner's key per unit of gate: `eta r`, or what a near miss makes of it.
    rate: Q,
    /// Largest fall of a wrong key below 0 per unit of the largest gate: `eta r`, 0 for a near miss.
    overshoot: Q,
    /// Is the lower bound of (iii) the minimum with Z(0)?
    with_minimum: bool,
    /// Near miss: coordinates at or below 0 move too.
    dead_move: bool,
    /// Near miss of T3max: a winner's other coordinates never move.
    others_rest: bool,
}

impl Claim {
    fn new(problem: &Problem, theory: Theory) -> Self {
        let pooling = problem.network().pooling;
        let max = pooling == Pooling::Max;
        let eta = &problem.training().step;
        let r = integer(problem.distribution().key_count().unwrap_or(1));
        let half = Q::new(1.into(), 2.into());
        let wrong = |is_max: bool, index: usize| max == is_max && theory == Theory::Wrong(index);
        let mut rate = if max { eta.clone() } else { eta * &r };
        let overshoot = if wrong(false, 2) {
            Q::zero()
        } else {
            rate.clone()
        };
        if wrong(false, 0) {
            rate = eta.clone();
        }
        if wrong(true, 1) {
            rate = eta * &r;
        }
        if wrong(false, 1) || wrong(true, 2) {
            rate *= half;
        }
        let winners = if wrong(true, 0) {
            Pooling::Sum
        } else {
            pooling
        };
        Claim {
            pooling,
            winner: problem.camps_for(winners).labels().to_vec(),
            rate,
            overshoot,
            with_minimum: !wrong(false, 3),
            dead_move: wrong(false, 4),
            others_rest: wrong(true, 3),
        }
    }
}

#[derive(Debug, Clone)]
enum Numbers {
    Integers(Box<Checker<i128>>),
    /// On the lattice too, where a sum of squares may not fit an `i128`.
    Wide(Box<Checker<BigInt>>),
    Rationals(Box<Checker<Q>>),
}

impl Watcher for Numbers {
    fn observe(&mut self, path: &ExactPath<'_>, batch: &[Draw]) -> Result<(), Box<Violation>> {
        match self {
            Numbers::Integers(checker) => checker.observe(path, batch),
            Numbers::Wide(checker) => checker.observe(path, batch),
            Numbers::Rationals(checker) => checker.observe(path, batch),
        }
    }
}

impl Numbers {
    fn start(path: &ExactPath<'_>, claim: &Claim) -> Self {
        if let View::Integers { denominator, .. } = path.view() {
            if let Some(checker) = Checker::new(path, claim, denominator) {
                return Numbers::Integers(Box::new(checker));
            }
            if let Some(checker) = Checker::new(path, claim, denominator) {
                return Numbers::Wide(Box::new(checker));
            }
        }
        let rational = ExactPath::rational(path.problem());
        match Checker::new(&rational, claim, &BigInt::one()) {
            Some(checker) => Numbers::Rationals(Box::new(checker)),
            // Rationals hold every number: this arm is not reached.
            None => Numbers::Rationals(Box::new(Checker::empty(claim))),
        }
    }

    /// Largest gate seen.
    fn largest_gate(&self) -> Q {
        match self {
            Numbers::Integers(c) => c.largest_gate.over(&BigInt::one()),
            Numbers::Wide(c) => c.largest_gate.over(&BigInt::one()),
            Numbers::Rationals(c) => c.largest_gate.clone(),
        }
    }

    /// A winner's key coordinate where the path ended: filter, claimed, found.
    fn winner_key(&self) -> Option<(usize, Label, Q, Q)> {
        match self {
            Numbers::Integers(c) => c.winner_key(),
            Numbers::Wide(c) => c.winner_key(),
            Numbers::Rationals(c) => c.winner_key(),
        }
    }

    /// The loser that comes closest to its bound: filter, bound, norm squared.
    fn closest_loser(&self) -> Option<(usize, Q, Q)> {
        match self {
            Numbers::Integers(c) => c.closest_loser(),
            Numbers::Wide(c) => c.closest_loser(),
            Numbers::Rationals(c) => c.closest_loser(),
        }
    }
}

/// Follows one path in one number system. Everything is over `denominator`; gates are whole
/// numbers in a batch of integers, so rates are divided by the batch size.
#[derive(Debug, Clone)]
struct Checker<S> {
    claim: Claim,
    denominator: BigInt,
    n_patterns: usize,
    head: Vec<i8>,
    initial: Vec<S>,
    now: Vec<S>,
    norms: Vec<S>,
    /// `eta / B`.
    unit: S,
    rate: S,
    overshoot: S,
    largest_gate: S,
    /// Sums of gates, one a label, in samples.
    gates: [S; 2],
    /// The gated walk `sum g y N_p` in samples and the largest absolute value of each entry.
    walk: Vec<S>,
    reach: Vec<S>,
    /// Upper bounds on the squared norms of losers; `None` for winners and under max pooling.
    bounds: Vec<Option<S>>,
    bounds_are_old: bool,
}

impl<S: Number> Checker<S> {
    fn new(path: &ExactPath<'_>, claim: &Claim, denominator: &BigInt) -> Option<Self> {
        let problem = path.problem();
        let (n, n_patterns) = (problem.n_filters(), problem.n_patterns());
        let view = path.view();
        let mut initial = Vec::with_capacity(n * n_patterns);
        for j in 0..n {
            for p in 0..n_patterns {
                initial.push(S::weight(&view, n_patterns, j, p)?);
            }
        }
        let batch = integer(problem.training().batch);
        // A walk may go further than any weight does; its square must still fit.
        let reach = integer(problem.training().steps)
            * &batch
            * integer(problem.distribution().max_patches());
        S::scaled(&(&problem.training().step / &batch * reach), denominator)?;
        // The integer path is watched in integers only if a near miss's numbers are on its
        // lattice too; rates are then kept doubled where they are halves.
        let scaled = |q: &Q| S::scaled(&(q / &batch), denominator);
        let norms = (0..n)
            .map(|j| norm(&initial[j * n_patterns..(j + 1) * n_patterns]))
            .collect();
        Some(Checker {
            claim: claim.clone(),
            denominator: denominator.clone(),
            n_patterns,
            head: problem
                .network()
                .head
                .iter()
                .map(|a| if a.is_positive() { 1 } else { -1 })
                .collect(),
            now: initial.clone(),
            norms,
            unit: scaled(&problem.training().step)?,
            // Twice the rate, so that half a step is on the lattice.
            rate: scaled(&(&claim.rate * integer(2)))?,
            // (iii) bounds one step, in which the whole batch may have the wrong label.
            overshoot: S::scaled(&claim.overshoot, denominator)?,
            largest_gate: S::zero(),
            gates: [S::zero(), S::zero()],
            walk: vec![S::zero(); n_patterns],
            reach: vec![S::zero(); n_patterns],
            bounds: vec![None; n],
            bounds_are_old: true,
            initial,
        })
    }

    fn empty(claim: &Claim) -> Self {
        Checker {
            claim: claim.clone(),
            denominator: BigInt::one(),
            n_patterns: 0,
            head: Vec::new(),
            initial: Vec::new(),
            now: Vec::new(),
            norms: Vec::new(),
            unit: S::zero(),
            rate: S::zero(),
            overshoot: S::zero(),
            largest_gate: S::zero(),
            gates: [S::zero(), S::zero()],
            walk: Vec::new(),
            reach: Vec::new(),
            bounds: Vec::new(),
            bounds_are_old: true,
        }
    }

    fn violation(
        &self,
        (claim, relation): (&'static str, Relation),
        j: usize,
        p: Option<usize>,
        claimed: Q,
        found: &S,
    ) -> Result<(), Box<Violation>> {
        let square = &self.denominator * &self.denominator;
        let mut place = Place::of(Course::Cases).filter(j);
        place.coordinate = p;
        let unit = if p.is_some() {
            &self.denominator
        } else {
            &square
        };
        Err(Box::new(Violation::new(
            place,
            claim,
            relation,
            claimed,
            found.over(unit),
        )))
    }

    /// Twice the claimed key coordinate of a winner of this label.
    fn doubled_key(&self, cell: usize, label: Label) -> S {
        let grown = self.rate.clone() * &self.gates[label.index()];
        self.initial[cell].clone() + &self.initial[cell] + grown
    }

    fn half(&self, doubled: &S) -> Q {
        doubled.over(&self.denominator) / integer(2)
    }

    fn observe(&mut self, path: &ExactPath<'_>, batch: &[Draw]) -> Result<(), Box<Violation>> {
        self.count_gates(path.gates(), batch);
        let view = path.view();
        for j in 0..self.head.len() {
            let label = if self.head[j] > 0 {
                Label::Plus
            } else {
                Label::Minus
            };
            let (own, wrong) = (label.index(), label.opposite().index());
            let winner = self.claim.winner[j];
            for &p in path.touched() {
                let p = p as usize;
                let cell = j * self.n_patterns + p;
                let Some(new) = S::weight(&view, self.n_patterns, j, p) else {
                    continue;
                };
                let old = &self.now[cell];
                if !old.is_positive() {
                    let claimed = if self.claim.dead_move {
                        old.clone() + self.drift(j, p, path.gates(), batch)
                    } else {
                        old.clone()
                    };
                    if new != claimed {
                        let claimed = claimed.over(&self.denominator);
                        return self.violation(
                            (FROZEN, Relation::Equal),
                            j,
                            Some(p),
                            claimed,
                            &new,
                        );
                    }
                }
                if p == wrong {
                    self.check_wrong_key(j, cell, p, &new)?;
                }
                if winner.is_some() && self.claim.pooling == Pooling::Max && p != own {
                    let limit = old.over(&self.denominator);
                    if self.claim.others_rest && new != *old {
                        return self.violation(
                            (OTHERS_REST, Relation::Equal),
                            j,
                            Some(p),
                            limit,
                            &new,
                        );
                    }
                    if new > *old {
                        return self.violation(
                            (OTHERS_FALL, Relation::AtMost),
                            j,
                            Some(p),
                            limit,
                            &new,
                        );
                    }
                }
                let change = new.clone() * &new - self.now[cell].clone() * &self.now[cell];
                self.norms[j] += &change;
                self.now[cell] = new;
            }
            if let Some(label) = winner {
                self.check_winner(j, label)?;
            }
        }
        self.check_losers()
    }

    fn count_gates(&mut self, gates: &Gates, batch: &[Draw]) {
        for (i, draw) in batch.iter().enumerate() {
            let gate = match gates {
                Gates::Binary(open) if open[i] => S::one(),
                Gates::Binary(_) => S::zero(),
                Gates::Rational(_) => {
                    S::scaled(&gates.gate(i), &BigInt::one()).unwrap_or_else(S::zero)
                }
            };
            if gate.is_zero() {
                continue;
            }
            if gate > self.largest_gate {
                self.largest_gate = gate.clone();
                self.bounds_are_old = true;
            }
            self.gates[draw.label.index()] += &gate;
            for &p in &draw.present {
                let p = p as usize;
                let amount = times(&gate, draw.counts[p]);
                match draw.label {
                    Label::Plus => self.walk[p] += &amount,
                    Label::Minus => self.walk[p] -= &amount,
                }
            }
        }
        // A batch is one step: its walk is looked at when it is complete.
        for (reach, walk) in self.reach.iter_mut().zip(&self.walk) {
            let now = walk.abs();
            if now > *reach {
                *reach = now;
                self.bounds_are_old = true;
            }
        }
    }

    /// `eta a_j avg[g y N_p]` of this step.
    fn drift(&self, j: usize, p: usize, gates: &Gates, batch: &[Draw]) -> S {
        let mut sum = S::zero();
        for (i, draw) in batch.iter().enumerate() {
            let gate = S::scaled(&gates.gate(i), &BigInt::one()).unwrap_or_else(S::zero);
            let amount = times(&gate, draw.counts[p]);
            match draw.label {
                Label::Plus => sum += &amount,
                Label::Minus => sum -= &amount,
            }
        }
        let moved = sum * &self.unit;
        if self.head[j] > 0 { moved } else { -moved }
    }

    fn check_wrong_key(
        &self,
        j: usize,
        cell: usize,
        p: usize,
        new: &S,
    ) -> Result<(), Box<Violation>> {
        let start = &self.initial[cell];
        if *new > self.now[cell] {
            return self.violation(
                (WRONG_FALLS, Relation::AtMost),
                j,
                Some(p),
                self.now[cell].over(&self.denominator),
                new,
            );
        }
        let mut lowest = -(self.overshoot.clone() * &self.largest_gate);
        if self.claim.with_minimum && *start < lowest {
            lowest = start.clone();
        }
        if *new < lowest {
            return self.violation(
                (WRONG_STOPS, Relation::AtLeast),
                j,
                Some(p),
                lowest.over(&self.denominator),
                new,
            );
        }
        Ok(())
    }

    fn check_winner(&self, j: usize, label: Label) -> Result<(), Box<Violation>> {
        let row = j * self.n_patterns;
        let cell = row + label.index();
        let doubled = self.doubled_key(cell, label);
        let key = &self.now[cell];
        if key.clone() + key != doubled {
            return self.violation(
                (WINNER_KEY, Relation::Equal),
                j,
                Some(label.index()),
                self.half(&doubled),
                key,
            );
        }
        // Four times a norm against the square of twice a key.
        let four = |x: &S| times(x, 4);
        if four(&self.norms[j]) < doubled.clone() * &doubled {
            let bound = self.half(&doubled);
            return self.violation(
                (WINNER_NORM, Relation::AtLeast),
                j,
                None,
                &bound * &bound,
                &self.norms[j],
            );
        }
        if self.claim.pooling == Pooling::Max {
            let backgrounds = &self.now[row + 2..row + self.n_patterns];
            if let Some(k) = backgrounds.iter().position(|z| z > key) {
                return self.violation(
                    (ARGMAX, Relation::AtMost),
                    j,
                    Some(k + 2),
                    key.over(&self.denominator),
                    &backgrounds[k],
                );
            }
        }
        Ok(())
    }

    /// `|w_j|^2 <= own^2 + max(|wrong|, eta r g_max)^2 + sum_k (|Z_jk(0)| + eta max|S_k|)^2` for
    /// every loser; its own key coordinate is at or below 0 and stands still.
    fn check_losers(&mut self) -> Result<(), Box<Violation>> {
        if self.claim.pooling == Pooling::Max {
            return Ok(());
        }
        if self.bounds_are_old {
            for j in 0..self.head.len() {
                if self.claim.winner[j].is_some() {
                    continue;
                }
                let row = &self.initial[j * self.n_patterns..(j + 1) * self.n_patterns];
                let wrong = usize::from(self.head[j] > 0);
                let mut bound = S::zero();
                for (p, z) in row.iter().enumerate() {
                    let most = if p == 1 - wrong {
                        z.abs()
                    } else if p == wrong {
                        // The true constant, whatever a near miss says of (iii).
                        let fall = self.largest_fall();
                        z.abs().max(fall)
                    } else {
                        z.abs() + self.unit.clone() * &self.reach[p]
                    };
                    bound += &(most.clone() * &most);
                }
                self.bounds[j] = Some(bound);
            }
            self.bounds_are_old = false;
        }
        for (j, bound) in self.bounds.iter().enumerate() {
            if let Some(bound) = bound
                && self.norms[j] > *bound
            {
                let square = &self.denominator * &self.denominator;
                return self.violation(
                    (LOSER_NORM, Relation::AtMost),
                    j,
                    None,
                    bound.over(&square),
                    &self.norms[j],
                );
            }
        }
        Ok(())
    }

    fn largest_fall(&self) -> S {
        self.overshoot.clone() * &self.largest_gate
    }

    fn winner_key(&self) -> Option<(usize, Label, Q, Q)> {
        let j = self.claim.winner.iter().position(Option::is_some)?;
        let label = self.claim.winner[j]?;
        let cell = j * self.n_patterns + label.index();
        Some((
            j,
            label,
            self.half(&self.doubled_key(cell, label)),
            self.now.get(cell)?.over(&self.denominator),
        ))
    }

    fn closest_loser(&self) -> Option<(usize, Q, Q)> {
        let square = &self.denominator * &self.denominator;
        self.bounds
            .iter()
            .enumerate()
            .filter_map(|(j, bound)| Some((j, bound.as_ref()?)))
            .min_by(|(i, a), (j, b)| {
                ((*a).clone() - &self.norms[*i]).cmp(&((*b).clone() - &self.norms[*j]))
            })
            .map(|(j, bound)| (j, bound.over(&square), self.norms[j].over(&square)))
    }
}

fn norm<S: Number>(row: &[S]) -> S {
    row.iter().fold(S::zero(), |sum, z| sum + z.clone() * z)
}

/// `x * count` by binary doubling: the number traits have no embedding of machine integers.
fn times<S: Number>(x: &S, count: u32) -> S {
    match count {
        0 => S::zero(),
        1 => x.clone(),
        _ => {
            let half = times(x, count / 2);
            let even = half.clone() + &half;
            if count.is_multiple_of(2) {
                even
            } else {
                even + x
            }
        }
    }
}

fn check(statement: &'static Statement, context: &Context<'_>, theory: Theory) -> Outcome {
    let problem = context.problem;
    let fails = statement.failures(problem, context.audits);
    if !fails.is_empty() {
        let because = "Coordinates need not move one by one and in one direction here.";
        let mut outcome = Outcome::not_applicable(statement, fails, because);
        outcome.beyond = beyond(context).map(Into::into);
        return outcome;
    }
    let mut outcome = Outcome::new(statement);
    let claim = Claim::new(problem, theory);
    let found = along_paths(context, |path| Numbers::start(path, &claim));
    let winners = claim.winner.iter().flatten().count();
    outcome.because = format!(
        "Every coordinate that a step touched was compared after every step of {}: {} filters, {winners} of them winners.",
        found.describe(),
        problem.n_filters()
    ).into();
    outcome.verdict = found.verdict(problem);
    outcome.vacuous = problem.training().steps == 0;
    outcome.figures = vec![
        ("exact_paths", Figure::Exact(integer(found.paths))),
        ("steps_checked", Figure::Exact(integer(found.steps))),
        ("winners", Figure::Exact(integer(winners as u64))),
    ]
    .into();
    let mut scope = found.scope();
    if let Some(gate) = found.ends.iter().map(Numbers::largest_gate).max() {
        outcome.figures.push(("largest_gate", Figure::Exact(gate)));
    }
    outcome.comparisons = comparisons(problem, &found);
    let mut violation = found.violation;
    if let (Some(seen), Some(simulation)) = (context.pathwise, context.simulation) {
        outcome.because.push_str(&match context.overflow() {
            None => format!(
                " In the simulation {} compared at {} reported states",
                match simulation.runs {
                    1 => "the only run was".to_owned(),
                    runs => format!("all {runs} runs were"),
                },
                seen.states
            ),
            Some(overflow) => format!(
                " The runs of the simulation were compared at {} reported states ({overflow})",
                seen.states
            ),
        });
        let runs = count_of(simulation.runs, "run");
        scope = remark!("{}; {} at {} states", scope, runs, seen.states);
        match &seen.suspect {
            None => outcome.because.push_str("."),
            Some(suspect) => {
                // Floats only name the run: what counts is its exact path.
                outcome.because.push_str(&format!(
                    "; run {} seemed to differ at step {}, its exact path does not.",
                    suspect.run, suspect.t
                ));
                violation = violation.or_else(|| {
                    replay(problem, suspect.run, suspect.t, |path| {
                        Numbers::start(path, &claim)
                    })
                });
            }
        }
        outcome.comparisons.push(Comparison {
            quantity: "largest rounding error of a winner's key, as a share of its bound, all runs and reported times".into(),
            relation: Relation::AtMost,
            theory: Some(Figure::Exact(Q::one())),
            exact: None,
            simulated: Some(Figure::Observed {
                value: seen.largest_share,
                runs: simulation.runs,
            }),
            margin: Some(Figure::Observed {
                value: 1.0 - seen.largest_share,
                runs: simulation.runs,
            }),
            layer: Layer::Sampled,
        });
    }
    outcome.scope = Some(Scope::on(scope));
    outcome.undecided_after_overflow(context);
    if let Some(violation) = violation {
        outcome.refute(*violation, Layer::Exact);
    }
    outcome
}

fn comparisons(problem: &Problem, found: &Survey<Numbers>) -> Vec<Comparison> {
    let mut rows = Vec::new();
    let Some(end) = found.ends.first() else {
        return rows;
    };
    let t = found.steps;
    if let Some((j, label, claimed, seen)) = end.winner_key() {
        rows.push(Comparison {
            quantity: format!(
                "Z of winner {j} on {} at t = {t}, first path",
                problem.dictionary().pattern_name(label.index())
            )
            .into(),
            relation: Relation::Equal,
            margin: Some(Figure::Exact(-(&claimed - &seen).abs())),
            theory: Some(Figure::Exact(claimed)),
            exact: Some(Figure::Exact(seen)),
            simulated: None,
            layer: found.layer(),
        });
    }
    if let Some((j, bound, norm)) = end.closest_loser() {
        rows.push(Comparison {
            quantity: format!(
                "|w|^2 of loser {j} at t = {t}, first path (the closest to its bound)"
            )
            .into(),
            relation: Relation::AtMost,
            margin: Some(Figure::Exact(&bound - &norm)),
            theory: Some(Figure::Exact(bound)),
            exact: Some(Figure::Exact(norm)),
            simulated: None,
            layer: found.layer(),
        });
    }
    rows
}

/// Counts, on one exact path, how often a coordinate at or below 0 moved.
#[derive(Debug, Clone)]
struct DeadMoves {
    before: Vec<Q>,
    moves: u64,
}

impl Watcher for DeadMoves {
    fn observe(&mut self, path: &ExactPath<'_>, _batch: &[Draw]) -> Result<(), Box<Violation>> {
        let n_patterns = path.problem().n_patterns();
        for &p in path.touched() {
            for j in 0..path.problem().n_filters() {
                let cell = j * n_patterns + p as usize;
                let new = path.weight(j, p as usize);
                if !self.before[cell].is_positive() && new != self.before[cell] {
                    self.moves += 1;
                }
                self.before[cell] = new;
            }
        }
        Ok(())
    }
}

/// What the exact paths show where the theorem does not speak: do dead coordinates stay dead?
fn beyond(context: &Context<'_>) -> Option<String> {
    let problem = context.problem;
    let mut budget = context.budget.clone();
    budget.exact_paths = 1;
    budget.exact_path_steps = budget.exact_path_steps.min(200);
    let context = context.with_budget(budget);
    let found = along_paths(&context, |path| DeadMoves {
        before: path.state().weights.entries().to_vec(),
        moves: 0,
    });
    let moves: u64 = found.ends.iter().map(|w| w.moves).sum();
    let trained = if problem.training().train == Train::FiltersAndHead {
        " (the head moves too)"
    } else {
        ""
    };
    Some(format!(
        "On {}{trained}, coordinates at or below 0 moved {moves} times.",
        found.describe()
    ))
}

impl Theorem for Pathwise {
    fn statement(&self) -> &'static Statement {
        &SUM
    }

    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome {
        check(&SUM, context, theory)
    }
}

impl Theorem for PathwiseMax {
    fn statement(&self) -> &'static Statement {
        &MAX
    }

    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome {
        check(&MAX, context, theory)
    }
}
