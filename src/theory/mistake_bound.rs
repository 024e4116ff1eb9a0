//! T6 and T6s: hinge SGD makes finitely many updates, and then is perfect for ever.
//!
//! Let `J_y` be the winners of label y, `c = min(|J_+|, |J_-|)`, `|J| = |J_+| + |J_-|`, and M the
//! number of steps with an open gate. Two potentials move at every such step:
//!
//! - `<W, U>` with `U_j = v_{a_j}` for winners grows by `eta r |J_y| >= eta r c` (T3);
//! - `|W|^2` grows by at most `2 eta + eta^2 n m^2`: the inner product of the active weights with the
//!   step is `eta y f < eta` by homogeneity, and each of n filters moves by at most `eta m`.
//!
//! With Cauchy and Schwarz, `(eta r c M)^2 <= |J| (|W(0)|^2 + M (2 eta + eta^2 n m^2))`: M is bounded.
//!
//! T6s is sharper: winners' keys are themselves part of the norm, so no inner product is needed.
//! With `A_y = sum over J_y of a_j^2`, `mu_y` the sum of the open fraction of the batch (or the open
//! mass of the distribution) with label y, and Q the largest `sum_j a_j^2 sum_{p: Z_jp(0) > 0} N_p^2`
//! of an image,
//!
//! `sum_y [A_y (eta r mu_y)^2 + 2 eta r mu_y sum_{J_y} |a_j| Z_{j,v_y}(0)]
//!  <= sum of relu(Z_jp(0))^2 outside winners' keys + mu (theta eta + eta^2 Q)`,
//!
//! theta = 2 for the hinge and 0 for the perceptron loss; for any batch (Jensen) and for the expected
//! dynamics. Under max pooling the winners are those of T3max, r is 1 and Q is `sum_j a_j^2`.
//! For the squared hinge with `eta Q <= 2`, mu is the sum of the gates and the bracket is `2 eta`.

use super::assumption::AssumptionId;
use super::drift::{log_spaced, short, witness};
use super::paths::{Number, Survey, Violation, Watcher, replay, survey};
use super::pathwise::max_winners;
use super::theorem::{
    Comparison, Context, Figure, Layer, Outcome, Statement, Theorem, TheoremId, Theory, Verdict,
};
use crate::dynamics::expected::Expected;
use crate::dynamics::path::{ExactPath, View};
use crate::dynamics::sampler::Draw;
use crate::number::{Q, common_denominator, integer};
use crate::problem::{Activation, Distribution, Label, Loss, Pooling, Problem, Train};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};
use serde_json::json;

/// T6, with T6s.
pub struct MistakeBound;

static STATEMENT: Statement = Statement {
    id: TheoremId::T6,
    title: "mistake bound",
    file: "mistake_bound",
    claims: &["C1", "C3", "C5"],
    statement: "On every sample path of hinge SGD the number M of steps with an open gate satisfies (eta r c M)^2 <= |J| (|W(0)|^2 + M (2 eta + eta^2 n m^2)) with c = min(|J_+|, |J_-|), so M is at most the largest such integer; when no gate is open any more, accuracy is 1 and nothing moves. T6s: sum_y [A_y (eta r mu_y)^2 + 2 eta r mu_y sum_{J_y} |a_j| Z_{j,v_y}(0)] <= sum of relu(Z(0))^2 outside winners' keys + mu (2 eta + eta^2 Q), for every batch size and for the expected dynamics.",
    model: "relu, sum pooling, hinge, fixed head, one sample a step",
    assumes: &[
        AssumptionId::A1,
        AssumptionId::A2,
        AssumptionId::A5f,
        AssumptionId::A6prime,
    ],
    wrong_theories: &[
        "the term 2 eta is left out: |W|^2 grows by at most eta^2 n m^2 an update",
        "the term eta^2 n m^2 is left out: |W|^2 grows by at most 2 eta an update",
        "c is replaced by |J|: <W, U> grows by eta r |J| an update",
        "the key counts twice: <W, U> grows by eta r^2 c an update",
        "T6s with the bracket of the perceptron: mu eta^2 Q",
    ],
    coq: None,
};

/// The winners that the bound speaks of, by pooling.
fn winners(problem: &Problem, label: Label) -> Vec<usize> {
    match problem.network.pooling {
        Pooling::Sum => problem.winners(label),
        Pooling::Max => max_winners(problem, label),
    }
}

/// The largest integer M >= 0 with `a M^2 <= b M + c`, for a > 0 and b, c >= 0.
fn largest_root(a: &Q, b: &Q, c: &Q) -> BigInt {
    let scale = common_denominator([a, b, c]);
    let whole = |x: &Q| x.numer() * (&scale / x.denom());
    let (a, b, c) = (whole(a), whole(b), whole(c));
    // floor((b + sqrt(d)) / 2a) = floor((b + floor(sqrt(d))) / 2a) for integers.
    let discriminant: BigInt = &b * &b + &a * &c * 4;
    let root = discriminant.sqrt();
    (b + root).div_floor(&(a * 2))
}

/// Constants of T6.
#[derive(Debug, Clone)]
struct Classic {
    /// `eta r c`, or what a near miss makes of it.
    growth: Q,
    winners: Q,
    start: Q,
    /// `2 eta + eta^2 n m^2`, or what a near miss makes of it.
    gain: Q,
}

impl Classic {
    fn new(problem: &Problem, r: &Q, theory: Theory) -> Self {
        let eta = &problem.training.step;
        let [plus, minus] = Label::BOTH.map(|y| problem.winners(y).len() as u64);
        let m = integer(problem.distribution.max_patches());
        let n = integer(problem.n_filters() as u64);
        let mut gain = Q::zero();
        if theory != Theory::Wrong(0) {
            gain += eta * integer(2);
        }
        if theory != Theory::Wrong(1) {
            gain += eta * eta * n * &m * &m;
        }
        let mut growth = eta * r * integer(plus.min(minus));
        if theory == Theory::Wrong(2) {
            growth = eta * r * integer(plus + minus);
        }
        if theory == Theory::Wrong(3) {
            growth *= r;
        }
        Classic {
            growth,
            winners: integer(plus + minus),
            start: sum_of_squares(problem.network.weights.entries()),
            gain,
        }
    }

    fn max_updates(&self) -> BigInt {
        largest_root(
            &(&self.growth * &self.growth),
            &(&self.winners * &self.gain),
            &(&self.winners * &self.start),
        )
    }
}

fn sum_of_squares<'a>(entries: impl IntoIterator<Item = &'a Q>) -> Q {
    let entries: Vec<&Q> = entries.into_iter().collect();
    let denominator = common_denominator(entries.iter().copied());
    let sum: BigInt = entries
        .iter()
        .map(|z| z.numer() * (&denominator / z.denom()))
        .map(|z| &z * &z)
        .sum();
    Q::new(sum, &denominator * &denominator)
}

/// Constants of T6s.
#[derive(Debug, Clone)]
struct Sharp {
    /// `eta r`.
    rate: Q,
    /// `A_y`.
    squares: [Q; 2],
    /// `sum over J_y of |a_j| Z_{j,v_y}(0)`.
    starts: [Q; 2],
    /// Sum of `relu(Z(0))^2` outside winners' keys, and over everything.
    rest: Q,
    all: Q,
    /// What the norm may gain per unit of mu.
    gain: Q,
}

impl Sharp {
    /// The constants, where T6s speaks: an orthonormal dictionary, relu, a fixed head, images
    /// with their own key at least r times and never the other; else the reason.
    fn new(problem: &Problem, theory: Theory) -> Result<Self, &'static str> {
        if !problem.dictionary.is_orthonormal() {
            return Err("the dictionary is not orthonormal");
        }
        if problem.network.activation != Activation::Relu {
            return Err("the activation is not relu");
        }
        if problem.training.train != Train::Filters {
            return Err("the head is trained");
        }
        let r = least_key_count(&problem.distribution)
            .ok_or("some image lacks its key or holds the other one")?;
        let eta = &problem.training.step;
        let head = &problem.network.head;
        let max = problem.network.pooling == Pooling::Max;
        let q = if max {
            head.iter().map(|a| a * a).sum()
        } else {
            largest_square(problem)
        };
        let gain = match problem.training.loss {
            Loss::Hinge if theory == Theory::Wrong(4) => eta * eta * q,
            Loss::Hinge => eta * integer(2) + eta * eta * q,
            Loss::Perceptron => eta * eta * q,
            Loss::SquaredHinge if eta * &q <= integer(2) => eta * integer(2),
            Loss::SquaredHinge => return Err("eta Q > 2"),
            Loss::Unhinged | Loss::Square => {
                return Err("gates of this loss do not close for good");
            }
        };
        let winners = Label::BOTH.map(|y| winners(problem, y));
        let relu = |z: &&Q| z.is_positive();
        let all = sum_of_squares(problem.network.weights.entries().iter().filter(relu));
        let mut keys = Q::zero();
        let mut squares = [Q::zero(), Q::zero()];
        let mut starts = [Q::zero(), Q::zero()];
        for label in Label::BOTH {
            let y = label.index();
            for &j in &winners[y] {
                let z = &problem.network.weights[(j, y)];
                squares[y] += &head[j] * &head[j];
                starts[y] += head[j].abs() * z;
                keys += z * z;
            }
        }
        Ok(Sharp {
            rate: if max { eta.clone() } else { eta * integer(r) },
            squares,
            starts,
            rest: &all - keys,
            all,
            gain,
        })
    }

    /// Right side minus left side of T6s.
    fn slack(&self, mu: &[Q; 2]) -> Q {
        let mut slack = &self.rest + (&mu[0] + &mu[1]) * &self.gain;
        for ((mu, square), start) in mu.iter().zip(&self.squares).zip(&self.starts) {
            let grown = &self.rate * mu;
            slack -= square * &grown * &grown + integer(2) * &grown * start;
        }
        slack
    }

    /// The whole part of the largest real mu with `H (eta r mu)^2 <= sum relu(Z(0))^2 + mu gain`,
    /// `H = A_+ A_- / (A_+ + A_-)`. `None` if a label has no winner.
    fn largest_mass(&self) -> Option<BigInt> {
        let [plus, minus] = &self.squares;
        if plus.is_zero() || minus.is_zero() {
            return None;
        }
        let h = plus * minus / (plus + minus);
        Some(largest_root(
            &(h * &self.rate * &self.rate),
            &self.gain,
            &self.all,
        ))
    }

    /// The largest total of `mu_+ + mu_-` in units of `unit` (an integer): no split of a larger
    /// total satisfies the inequality. `None` if a label has no winner: then there is no bound.
    ///
    /// For one label each side is convex in its number of units, so the best split of a total is
    /// next to the vertex of a parabola, and the totals that have a split form an interval from 0.
    fn largest_total(&self, unit: &Q) -> Option<BigInt> {
        if self.squares.iter().any(Q::is_zero) {
            return None;
        }
        let quadratic = [0, 1].map(|y| {
            let rate = &self.rate * unit;
            &self.squares[y] * &rate * &rate
        });
        let linear =
            [0, 1].map(|y| (integer(2) * &self.rate * &self.starts[y] - &self.gain) * unit);
        let curvature = (&quadratic[0] + &quadratic[1]) * integer(2);
        let feasible = |total: &BigInt| {
            let vertex = (integer(2) * &quadratic[1] * integer(total.clone()) + &linear[1]
                - &linear[0])
                / &curvature;
            [vertex.floor(), vertex.ceil()].into_iter().any(|split| {
                let plus = split.to_integer().clamp(BigInt::zero(), total.clone());
                let minus = total - &plus;
                self.slack(&[integer(plus) * unit, integer(minus) * unit]) >= Q::zero()
            })
        };
        let mut high = BigInt::one();
        while feasible(&high) {
            high *= 2;
        }
        let mut low = BigInt::zero();
        while &high - &low > BigInt::one() {
            let middle: BigInt = (&low + &high) / 2;
            if feasible(&middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        Some(low)
    }
}

/// The least number of times an image holds its own key, if that is at least 1 and no image holds
/// the other key.
fn least_key_count(distribution: &Distribution) -> Option<u32> {
    match distribution {
        Distribution::Generative(g) => Some(g.key_patches()),
        Distribution::Explicit(table) => table
            .atoms()
            .iter()
            .map(|a| {
                let other = a.counts[a.label.opposite().index()];
                if other == 0 {
                    a.counts[a.label.index()]
                } else {
                    0
                }
            })
            .min()
            .filter(|&r| r >= 1),
    }
}

/// `Q = max over atoms of sum_j a_j^2 sum_{p: Z_jp(0) > 0} N_p^2`. For the generative form this is
/// convex in the background counts, so it is largest where all of them are one pattern.
fn largest_square(problem: &Problem) -> Q {
    let network = &problem.network;
    let weight: Vec<Q> = (0..problem.n_patterns())
        .map(|p| {
            network
                .head
                .iter()
                .enumerate()
                .filter(|(j, _)| network.weights[(*j, p)].is_positive())
                .map(|(_, a)| a * a)
                .sum()
        })
        .collect();
    let square = |count: u32| integer(u64::from(count) * u64::from(count));
    match &problem.distribution {
        Distribution::Generative(g) => Label::BOTH
            .into_iter()
            .filter(|y| g.prior()[y.index()].is_positive())
            .map(|y| {
                let background = g
                    .support(y)
                    .into_iter()
                    .map(|k| &weight[k + 2] * square(g.background_patches()))
                    .max()
                    .unwrap_or_else(Q::zero);
                &weight[y.index()] * square(g.key_patches()) + background
            })
            .max()
            .unwrap_or_else(Q::zero),
        Distribution::Explicit(table) => table
            .atoms()
            .iter()
            .map(|atom| {
                atom.counts
                    .iter()
                    .zip(&weight)
                    .filter(|(n, _)| **n > 0)
                    .map(|(&n, w)| w * square(n))
                    .sum()
            })
            .max()
            .unwrap_or_else(Q::zero),
    }
}

/// The least margin of any atom: by vertices where the distribution is generative (sum pooling).
fn least_margin(problem: &Problem, weights: &[Q]) -> Option<Q> {
    let n_patterns = problem.n_patterns();
    let mut f = vec![Q::zero(); n_patterns];
    for (row, a) in weights.chunks(n_patterns).zip(&problem.network.head) {
        for (sum, z) in f.iter_mut().zip(row) {
            if z.is_positive() {
                *sum += a * z;
            }
        }
    }
    let signed = |label: Label, x: Q| x * integer(label.sign());
    match &problem.distribution {
        Distribution::Generative(g) => Label::BOTH
            .into_iter()
            .filter(|y| g.prior()[y.index()].is_positive())
            .map(|y| {
                let worst = g
                    .support(y)
                    .into_iter()
                    .map(|k| signed(y, f[k + 2].clone()))
                    .min()
                    .unwrap_or_else(Q::zero);
                signed(y, &f[y.index()] * integer(g.key_patches()))
                    + worst * integer(g.background_patches())
            })
            .min(),
        Distribution::Explicit(table) => table
            .atoms()
            .iter()
            .map(|atom| {
                let sum = atom
                    .counts
                    .iter()
                    .zip(&f)
                    .fold(Q::zero(), |s, (&n, f)| s + f * integer(n));
                signed(atom.label, sum)
            })
            .min(),
    }
}

/// What is checked along a path.
#[derive(Debug, Clone)]
struct Claim {
    classic: Option<Classic>,
    sharp: Option<Sharp>,
    /// For each filter, the key pattern that `<W, U>` sums (winners only).
    key: Vec<Option<usize>>,
}

impl Claim {
    fn new(problem: &Problem, classic: Option<Classic>, sharp: Option<Sharp>) -> Self {
        let mut key = vec![None; problem.n_filters()];
        for label in Label::BOTH {
            for j in winners(problem, label) {
                key[j] = Some(label.index());
            }
        }
        Claim {
            classic,
            sharp,
            key,
        }
    }
}

/// The potentials of one path, over `denominator` (its square for squares).
#[derive(Debug, Clone)]
struct Potentials<S> {
    n_patterns: usize,
    denominator: BigInt,
    now: Vec<S>,
    /// `|W|^2` and the same over positive coordinates.
    norm: S,
    active: S,
    /// `<W(t) - W(0), U>`.
    product: S,
}

impl<S: Number> Potentials<S> {
    fn new(path: &ExactPath<'_>, denominator: &BigInt) -> Option<Self> {
        let n_patterns = path.problem().n_patterns();
        let view = path.view();
        let mut now = Vec::new();
        for j in 0..path.problem().n_filters() {
            for p in 0..n_patterns {
                now.push(S::weight(&view, n_patterns, j, p)?);
            }
        }
        let square = |z: &S| z.clone() * z;
        let norm = now.iter().fold(S::zero(), |s, z| s + square(z));
        let active = now
            .iter()
            .filter(|z| z.is_positive())
            .fold(S::zero(), |s, z| s + square(z));
        Some(Potentials {
            n_patterns,
            denominator: denominator.clone(),
            now,
            norm,
            active,
            product: S::zero(),
        })
    }

    fn follow(&mut self, path: &ExactPath<'_>, key: &[Option<usize>]) {
        let view = path.view();
        for (j, key) in key.iter().enumerate() {
            for &p in path.touched() {
                let p = p as usize;
                let cell = j * self.n_patterns + p;
                let Some(new) = S::weight(&view, self.n_patterns, j, p) else {
                    continue;
                };
                let old = std::mem::replace(&mut self.now[cell], new.clone());
                let (before, after) = (old.clone() * &old, new.clone() * &new);
                if *key == Some(p) {
                    self.product += &(new.clone() - &old);
                }
                if old.is_positive() {
                    self.active -= &before;
                }
                if new.is_positive() {
                    self.active += &after;
                }
                self.norm += &(after - before);
            }
        }
    }

    /// `|W|^2`, its active part, `<W(t) - W(0), U>`.
    fn values(&self) -> [Q; 3] {
        let square = &self.denominator * &self.denominator;
        [
            self.norm.over(&square),
            self.active.over(&square),
            self.product.over(&self.denominator),
        ]
    }
}

#[derive(Debug, Clone)]
enum Tracked {
    Integers(Box<Potentials<i128>>),
    Rationals(Box<Potentials<Q>>),
}

#[derive(Debug, Clone)]
struct Tracker<'c> {
    claim: &'c Claim,
    tracked: Option<Tracked>,
    updates: u64,
    mu: [Q; 2],
}

impl<'c> Tracker<'c> {
    fn start(path: &ExactPath<'_>, claim: &'c Claim) -> Self {
        let tracked = match path.view() {
            View::Integers { denominator, .. } => {
                Potentials::new(path, denominator).map(|p| Tracked::Integers(Box::new(p)))
            }
            View::Rational(_) => {
                Potentials::new(path, &BigInt::one()).map(|p| Tracked::Rationals(Box::new(p)))
            }
        };
        Tracker {
            claim,
            tracked,
            updates: 0,
            mu: [Q::zero(), Q::zero()],
        }
    }

    fn weights(&self) -> Vec<Q> {
        match &self.tracked {
            Some(Tracked::Integers(p)) => p.now.iter().map(|z| z.over(&p.denominator)).collect(),
            Some(Tracked::Rationals(p)) => p.now.clone(),
            None => Vec::new(),
        }
    }
}

fn require(claim: &str, low: Q, high: Q) -> Result<(), Box<Violation>> {
    if low <= high {
        return Ok(());
    }
    Err(Box::new(Violation {
        claim: claim.to_owned(),
        filter: None,
        coordinate: None,
        claimed: high,
        found: low,
    }))
}

impl Watcher for Tracker<'_> {
    fn observe(&mut self, path: &ExactPath<'_>, _batch: &[Draw]) -> Result<(), Box<Violation>> {
        if !path.gates().any_open() {
            // Nothing moves: no column was touched.
            return require(
                "with every gate closed nothing moves (columns touched)",
                integer(path.touched().len() as u64),
                Q::zero(),
            );
        }
        let [norm, active, product] = match &mut self.tracked {
            Some(Tracked::Integers(p)) => {
                p.follow(path, &self.claim.key);
                p.values()
            }
            Some(Tracked::Rationals(p)) => {
                p.follow(path, &self.claim.key);
                p.values()
            }
            None => return Ok(()),
        };
        self.updates = path.updates();
        self.mu = Label::BOTH.map(|y| path.gate_sum(y));
        if let Some(classic) = &self.claim.classic {
            let updates = integer(self.updates);
            let bound = &classic.start + &classic.gain * &updates;
            let grown = &classic.growth * &updates;
            require(
                "|W(t)|^2 is at most |W(0)|^2 + M (2 eta + eta^2 n m^2)",
                norm,
                bound.clone(),
            )?;
            // Claimed from below: written as -<W(t) - W(0), U> <= -eta r c M.
            require(
                "-<W(t) - W(0), U> is at most -eta r c M",
                -product,
                -grown.clone(),
            )?;
            require(
                "(eta r c M)^2 is at most |J| (|W(0)|^2 + M (2 eta + eta^2 n m^2))",
                &grown * &grown,
                bound * &classic.winners,
            )?;
        }
        if let Some(sharp) = &self.claim.sharp {
            let mu = &self.mu[0] + &self.mu[1];
            let bound = &sharp.all + mu * &sharp.gain;
            require(
                "the sum of relu(Z)^2 is at most its start + mu (theta eta + eta^2 Q)",
                active,
                bound,
            )?;
            require(
                "the inequality of T6s (minus its slack is at most 0)",
                -sharp.slack(&self.mu),
                Q::zero(),
            )?;
        }
        Ok(())
    }
}

/// How far T6s was compared along the expected dynamics.
struct Compared {
    times: u64,
    last: u64,
    /// `mu_+ + mu_-` at the last step.
    mu: Q,
    stopped: Option<String>,
}

/// T6s along the expected dynamics, exactly, or the sentence and witness of a violation.
fn expected_dynamics(
    context: &Context<'_>,
    sharp: &Sharp,
) -> Result<Compared, (String, serde_json::Value)> {
    let mut compared = 0;
    let mut engine = match Expected::new(context.problem, &context.budget.exact) {
        Ok(engine) => engine,
        Err(stop) => {
            return Ok(Compared {
                times: 0,
                last: 0,
                mu: Q::zero(),
                stopped: Some(stop.to_string()),
            });
        }
    };
    let mut stopped = None;
    for t in log_spaced(context.problem.training.steps) {
        if let Err(stop) = engine.advance_to(t) {
            stopped = Some(stop.to_string());
        }
        let mu = engine.open_mass();
        let slack = sharp.slack(&mu);
        if slack.is_negative() {
            let t = engine.t();
            let text = format!(
                "Step {t} of the expected dynamics: the two sides of T6s differ by {}, claimed at least 0.",
                short(&slack)
            );
            let what = json!("right side minus left side of T6s, expected dynamics");
            return Err((text, witness(t, what, ">=", &Q::zero(), &slack)));
        }
        compared += 1;
        if stopped.is_some() {
            break;
        }
    }
    let [plus, minus] = engine.open_mass();
    Ok(Compared {
        times: compared,
        last: engine.t(),
        mu: plus + minus,
        stopped,
    })
}

fn model_failure(problem: &Problem) -> Option<Verdict> {
    let failure = super::drift::model_failure(problem, &[Loss::Hinge], None);
    failure.or_else(|| {
        (problem.training.batch != 1).then(|| Verdict::NotApplicable {
            assumption: AssumptionId::A0,
            witness: format!("training.batch = {}", problem.training.batch),
        })
    })
}

impl Theorem for MistakeBound {
    fn statement(&self) -> &'static Statement {
        &STATEMENT
    }

    fn check(&self, context: &Context<'_>, theory: Theory) -> Outcome {
        let problem = context.problem;
        let mut outcome = Outcome {
            id: TheoremId::T6,
            verdict: Verdict::Holds {
                layer: Layer::Sampled,
            },
            because: String::new(),
            beyond: None,
            figures: Vec::new(),
            comparisons: Vec::new(),
        };
        let failure = model_failure(problem).or_else(|| context.first_failure(STATEMENT.assumes));
        let r = integer(least_key_count(&problem.distribution).unwrap_or(1));
        let sharp = Sharp::new(problem, theory);
        if let Some(failure) = failure {
            outcome.verdict = failure;
            outcome.because =
                "The bound on the number of updates is not about this problem.".into();
            beyond(context, sharp, &mut outcome);
            return outcome;
        }
        let classic = Classic::new(problem, &r, theory);
        let max_updates = classic.max_updates();
        let unit = Q::one();
        let max_sharp = sharp.as_ref().ok().and_then(|s| s.largest_total(&unit));
        let claim = Claim::new(problem, Some(classic), sharp.ok());
        let found = survey(context, |path| Tracker::start(path, &claim));
        let settled = settled(problem, &found);
        outcome.because = format!(
            "Both inequalities were compared after every update of {}; at most {} updates can happen ({} by T6s) and at most {} were seen; {settled} of these paths have every margin at 1 or above at their end.",
            found.describe(),
            short(&integer(max_updates.clone())),
            max_sharp
                .as_ref()
                .map_or("no bound".to_owned(), |m| short(&integer(m.clone()))),
            found.largest_updates,
        );
        outcome.verdict = found.verdict(problem);
        let mut violation = found.violation.clone();
        if let Some(sharp) = &claim.sharp {
            match expected_dynamics(context, sharp) {
                Ok(found) => {
                    outcome.because.push_str(&format!(
                        " T6s holds along the expected dynamics at {} steps from 0 to {}{}.",
                        found.times,
                        found.last,
                        found.stopped.map_or(String::new(), |s| format!(" ({s})"))
                    ));
                    outcome
                        .figures
                        .push(("expected_open_mass", Figure::Exact(found.mu)));
                }
                Err(refuted) => violation = violation.or(Some(refuted)),
            }
        }
        let seen = integer(found.largest_updates);
        let simulated = simulated_updates(context);
        if let Some((run, updates)) = simulated {
            let exceeded = [Some(&max_updates), max_sharp.as_ref()]
                .into_iter()
                .flatten()
                .any(|bound| BigInt::from(updates) > *bound);
            // Machine floats may decide a tie otherwise: what counts is the exact path.
            if exceeded && violation.is_none() {
                violation = replay(problem, run, problem.training.steps, |path| {
                    Tracker::start(path, &claim)
                });
            }
        }
        let observed = observed_updates(context, found.largest_updates);
        outcome.figures.extend([
            ("max_updates", Figure::Exact(integer(max_updates.clone()))),
            (
                "max_updates_sharp",
                match &max_sharp {
                    Some(m) => Figure::Exact(integer(m.clone())),
                    None => Figure::Missing("a label without winner".into()),
                },
            ),
            (
                "largest_updates_seen",
                observed
                    .clone()
                    .unwrap_or_else(|| Figure::Exact(seen.clone())),
            ),
            ("exact_paths", Figure::Exact(integer(found.paths))),
            ("settled_paths", Figure::Exact(integer(settled))),
        ]);
        for (name, bound) in [("T6", Some(max_updates)), ("T6s", max_sharp)] {
            let Some(bound) = bound.map(integer) else {
                continue;
            };
            outcome.comparisons.push(Comparison {
                quantity: format!("number of updates of a path ({name})"),
                relation: "<=",
                margin: Some(Figure::Exact(&bound - &seen)),
                theory: Some(Figure::Exact(bound)),
                exact: Some(Figure::Exact(seen.clone())),
                simulated: observed.clone(),
                layer: found.layer(),
            });
        }
        if let Some((text, witness)) = violation {
            outcome.because = text;
            outcome.verdict = Verdict::Refuted {
                layer: Layer::Exact,
                witness,
            };
        }
        outcome
    }
}

/// The simulated run with the most updates, and their number.
fn simulated_updates(context: &Context<'_>) -> Option<(u64, u64)> {
    let ends = &context.simulation?.ends;
    let (run, end) = ends
        .iter()
        .enumerate()
        .max_by_key(|(run, end)| (end.updates, std::cmp::Reverse(*run)))?;
    Some((run as u64, end.updates))
}

/// The largest number of updates over simulated and exact paths.
fn observed_updates(context: &Context<'_>, exact: u64) -> Option<Figure> {
    let (_, updates) = simulated_updates(context)?;
    Some(Figure::Observed {
        value: updates.max(exact) as f64,
        runs: context.simulation?.runs,
    })
}

/// How many followed paths ended with every margin at least 1, so that accuracy is 1 for ever.
fn settled(problem: &Problem, found: &Survey<Tracker<'_>>) -> u64 {
    found
        .ends
        .iter()
        .filter(|end| {
            least_margin(problem, &end.weights()).is_some_and(|margin| margin >= Q::one())
        })
        .count() as u64
}

/// T6s, or the bound for a coherent dictionary, where T6 does not speak.
fn beyond(context: &Context<'_>, sharp: Result<Sharp, &'static str>, outcome: &mut Outcome) {
    let problem = context.problem;
    let sharp = match sharp {
        Ok(sharp) => sharp,
        Err(reason) => {
            outcome.beyond = Some(match coherent_bound(problem) {
                Some(bound) => {
                    let claim = Claim::new(problem, None, None);
                    let found = survey(context, |path| Tracker::start(path, &claim));
                    format!(
                        "Keys are orthogonal to the background and to each other or opposed: at most {} updates can happen; at most {} were seen on {}.",
                        short(&integer(bound)),
                        found.largest_updates,
                        found.describe()
                    )
                }
                None => format!("T6s does not apply either: {reason}."),
            });
            return;
        }
    };
    let batch = integer(problem.training.batch);
    let unit = batch.recip();
    let largest = match problem.training.loss {
        Loss::SquaredHinge => sharp.largest_mass().map(|m| m + 1),
        _ => sharp.largest_total(&unit),
    };
    let claim = Claim::new(problem, None, Some(sharp));
    let found = survey(context, |path| Tracker::start(path, &claim));
    let seen = found
        .ends
        .iter()
        .map(|end| &end.mu[0] + &end.mu[1])
        .max()
        .unwrap_or_else(Q::zero);
    let seen = if problem.training.loss == Loss::SquaredHinge {
        seen
    } else {
        seen * &batch
    };
    let what = if problem.training.loss == Loss::SquaredHinge {
        "the sum of the gates"
    } else {
        "the number of samples with an open gate"
    };
    let text = match (&found.violation, &largest) {
        (Some((text, _)), _) => format!("T6s fails: {text}"),
        (None, Some(bound)) => format!(
            "T6s bounds {what} by {}; {} were seen, and its inequality holds after every update of {}.",
            short(&integer(bound.clone())),
            short(&seen),
            found.describe()
        ),
        (None, None) => format!(
            "A label has no winner, so T6s gives no bound; its inequality holds after every update of {}.",
            found.describe()
        ),
    };
    outcome.beyond = Some(text);
    if let Some(bound) = largest {
        outcome
            .figures
            .push(("max_updates_sharp", Figure::Exact(integer(bound))));
    }
    outcome.figures.push((
        "largest_updates_seen",
        observed_updates(context, found.largest_updates)
            .unwrap_or_else(|| Figure::Exact(integer(found.largest_updates))),
    ));
}

/// Atoms up to which the largest `sum_pq N_p N_q max(G_pq, 0)` is found by looking at all of them.
const MAX_COHERENT_ATOMS: u64 = 20_000;

/// T6 for a coherent dictionary whose keys are orthogonal to the background, with `<v+, v-> <= 0`:
/// winners' keys grow by at least `eta r |a_j| |v_y|^2` an update of their label, and `n m^2`
/// becomes `rho^2 sum a_j^2`.
fn coherent_bound(problem: &Problem) -> Option<BigInt> {
    let gram = problem.dictionary.gram()?;
    let n_patterns = problem.n_patterns();
    let network = &problem.network;
    let fits = network.activation == Activation::Relu
        && network.pooling == Pooling::Sum
        && problem.training.loss == Loss::Hinge
        && problem.training.train == Train::Filters
        && problem.training.batch == 1
        && !gram[(0, 1)].is_positive()
        && (2..n_patterns).all(|k| gram[(0, k)].is_zero() && gram[(1, k)].is_zero());
    let r = least_key_count(&problem.distribution)?;
    if !fits || problem.distribution.n_atoms().to_u64()? > MAX_COHERENT_ATOMS {
        return None;
    }
    let growth = Label::BOTH
        .iter()
        .map(|&y| {
            let heads: Q = problem
                .winners(y)
                .into_iter()
                .map(|j| network.head[j].abs())
                .sum();
            heads * &gram[(y.index(), y.index())]
        })
        .min()?
        * &problem.training.step
        * integer(r);
    if !growth.is_positive() {
        return None;
    }
    let target: Q = Label::BOTH
        .iter()
        .map(|&y| integer(problem.winners(y).len() as u64) * &gram[(y.index(), y.index())])
        .sum();
    let table = problem.distribution.atoms().ok()?;
    let rho = table
        .atoms()
        .iter()
        .map(|atom| {
            let mut sum = Q::zero();
            for (p, &n) in atom.counts.iter().enumerate().filter(|(_, n)| **n > 0) {
                for (q, &m) in atom.counts.iter().enumerate().filter(|(_, m)| **m > 0) {
                    if gram[(p, q)].is_positive() {
                        sum += &gram[(p, q)] * integer(u64::from(n) * u64::from(m));
                    }
                }
            }
            sum
        })
        .max()?;
    let start: Q = network
        .weights
        .iter_rows()
        .map(|row| problem.dictionary.norm_squared(row))
        .sum();
    let heads: Q = network.head.iter().map(|a| a * a).sum();
    let eta = &problem.training.step;
    let gain = eta * integer(2) + eta * eta * rho * heads;
    Some(largest_root(
        &(&growth * &growth),
        &(&target * gain),
        &(target * start),
    ))
}
