//! Faults that a checker could have, planted in a plain recomputation of each kind of claim. On random problems
//! the faulty recomputation and the right one differ, and what the faulty one says is claimed: a checker with
//! that fault would accept it. The checker refuses it, by the error that is about it, and accepts what the right
//! one says. The conditions of T4's and T5's thresholds have their slips in `bounds.rs`.

use super::across::{self, Formula, Slip, random_across};
use super::bounds::{Thresholds, claimed, numbers, random_problem};
use super::naive::{self, Image, State, int, margin};
use super::refuted;
use crate::number::{Q, ratio, sqrt_rd};
use filtercert::certificate::format::{
    Claim, Label, Loss, Natural, Number, Part, Probability, Problem, Refutation, Theorem, Train,
};
use filtercert::certificate::verify::{Quantity, Rule, Verdict, VerifyError, verify};
use num_traits::{One, Signed, Zero};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// What a checker could get wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    // In a step.
    KinkOpen,
    NoLabel,
    NoGram,
    FreshHead,
    FixedHead,
    NoMean,
    GateAtOne,
    StepEarly,
    // In what is read off a state.
    TieIsRight,
    AtomsAlike,
    RatioNotSquared,
    CoordinateNorm,
    BestWinner,
    UpdatesThatMove,
    // In the law, bounds, and conclusions.
    EverPerfect,
    MoreWinners,
    NoFilters,
    FewestPatches,
    WalkAtItsEnd,
    NoLabelCounts,
    NoWalks,
    NoCeiling,
    WholeRate,
    EqualIsMore,
    BothLabels,
    // Of separators.
    RelativeSlope,
    NoMarginTerm,
    NoSquareTerm,
    HeadNotSquared,
    StartAside,
    SummedImages,
    NoCounts,
    AnyFactors,
    AnyWeights,
    AnyTotal,
    // Of keys that are apart.
    UnitKeys,
    Halves,
    KeysTwice,
    // Of refutations from T3 on.
    NoReach,
    ReachTwice,
    NoMirror,
    DeadMove,
    OwnKeySpread,
    StepNotSquared,
    FirstKeys,
    AtItsEnd,
    AnyState,
    NoHead,
    FromTheStart,
    NoProduct,
    // Of T12's formula.
    Across(Slip),
}

use Fault::*;

/// Each kind of claim, the faults of its recomputation, and the error that they are refused by.
const FAULTS: [(&str, &[Fault]); 12] = [
    (
        "state",
        &[
            KinkOpen, NoLabel, NoGram, FreshHead, FixedHead, StepEarly, GateAtOne,
        ],
    ),
    ("accuracy", &[TieIsRight, AtomsAlike, StepEarly]),
    (
        "norm-dominance",
        &[RatioNotSquared, CoordinateNorm, BestWinner],
    ),
    ("mistake-bound", &[MoreWinners, NoFilters, FewestPatches]),
    (
        "coherent-mistake-bound",
        &[
            NoMarginTerm,
            NoSquareTerm,
            CoordinateNorm,
            UnitKeys,
            Halves,
            KeysTwice,
        ],
    ),
    (
        "separator-bound",
        &[
            RelativeSlope,
            NoMarginTerm,
            NoSquareTerm,
            HeadNotSquared,
            StartAside,
            SummedImages,
        ],
    ),
    ("inseparable", &[NoCounts, AnyFactors, AnyWeights, AnyTotal]),
    ("probability", &[WalkAtItsEnd, NoLabelCounts, NoWalks]),
    (
        "along-and-across",
        &[
            Across(Slip::HalfMoment),
            Across(Slip::NoProducts),
            Across(Slip::StepNotSquared),
            Across(Slip::NoStart),
            Across(Slip::MeanForLargest),
            Across(Slip::OneTail),
            Across(Slip::NoCounts),
            Across(Slip::MomentsForEver),
            Across(Slip::NoOtherKey),
            Across(Slip::NoReach),
            Across(Slip::NoOwn),
            Across(Slip::StartForEver),
            Across(Slip::LosersAlone),
            Across(Slip::HeadLeftOut),
            Across(Slip::RatioNotSquared),
            Across(Slip::OtherLabelsKeys),
        ],
    ),
    ("law", &[AtomsAlike, EverPerfect, StepEarly, TieIsRight]),
    ("path", &[NoMean, UpdatesThatMove, KinkOpen, GateAtOne]),
    (
        "refutation",
        &[NoCeiling, WholeRate, EqualIsMore, BothLabels],
    ),
];

/// A problem with the fault that its recomputation has, if any.
pub struct World {
    pub problem: Problem,
    pub images: Vec<Image>,
    pub fault: Option<Fault>,
}

impl World {
    fn new(problem: &Problem, fault: Option<Fault>) -> Self {
        World {
            images: naive::images(problem),
            problem: problem.clone(),
            fault,
        }
    }

    pub fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    pub fn start(&self) -> State {
        let plain = |row: &Vec<Number>| row.iter().map(|x| x.0.clone()).collect();
        State {
            weights: self.problem.weights.iter().map(plain).collect(),
            head: plain(&self.problem.head),
        }
    }

    pub fn gate(&self, state: &State, image: &Image) -> Q {
        let (margin, one) = (margin(&self.problem, state, image), Q::one());
        let open = match self.problem.loss {
            Loss::Unhinged => true,
            Loss::Hinge => margin < one || self.has(GateAtOne) && margin == one,
            Loss::Perceptron => !margin.is_positive(),
            Loss::SquaredHinge => return (one - margin).max(Q::zero()),
            Loss::Square => return one - margin,
        };
        int(u8::from(open))
    }

    /// One step on images with shares.
    fn step(&self, state: &State, batch: &[(&Image, Q)]) -> State {
        let mut next = state.clone();
        for (image, share) in batch {
            let mut push = self.gate(state, image) * share * &self.problem.step.0;
            if image.label == 1 && !self.has(NoLabel) {
                push = -push;
            }
            for (j, row) in state.weights.iter().enumerate() {
                for (p, &count) in image.counts.iter().enumerate() {
                    let moves = row[p].is_positive() || self.has(KinkOpen) && row[p].is_zero();
                    if !moves || count == 0 {
                        continue;
                    }
                    let along = &push * int(count);
                    if self.problem.train == Train::FiltersAndHead && !self.has(FixedHead) {
                        next.head[j] += &along * &row[p];
                    }
                    let head = match self.has(FreshHead) {
                        true => next.head[j].clone(),
                        false => state.head[j].clone(),
                    };
                    for q in 0..row.len() {
                        let gram = match self.has(NoGram) {
                            true => int(u8::from(p == q)),
                            false => self.problem.gram[p][q].0.clone(),
                        };
                        next.weights[j][q] += &along * &head * gram;
                    }
                }
            }
        }
        next
    }

    pub fn expected(&self, t: u64) -> State {
        let share = |x: &Image| x.probability.clone();
        let all: Vec<(&Image, Q)> = self.images.iter().map(|x| (x, share(x))).collect();
        let t = t.saturating_sub(u64::from(self.has(StepEarly)));
        (0..t).fold(self.start(), |state, _| self.step(&state, &all))
    }

    fn share(&self, image: &Image) -> Q {
        match self.has(AtomsAlike) {
            true => int(self.images.len()).recip(),
            false => image.probability.clone(),
        }
    }

    pub fn accuracy(&self, state: &State) -> Q {
        let right = |x: &&Image| {
            let margin = margin(&self.problem, state, x);
            margin.is_positive() || self.has(TieIsRight) && margin.is_zero()
        };
        let right = self.images.iter().filter(right);
        right.map(|x| self.share(x)).sum()
    }

    fn wins(&self, state: &State, j: usize) -> bool {
        state.weights[j][usize::from(state.head[j].is_negative())].is_positive()
    }

    /// The squared norms of the least winner and the largest loser.
    pub fn extremes(&self, state: &State) -> Option<[Q; 2]> {
        let norm = |z: &Vec<Q>| match self.has(CoordinateNorm) {
            true => z.iter().map(|x| x * x).sum(),
            false => naive::norm_squared(&self.problem, z).expect("in the range"),
        };
        let start = &self.start();
        let norms = |wins: bool| {
            let of = (0..state.head.len()).filter(move |&j| self.wins(start, j) == wins);
            of.map(|j| norm(&state.weights[j])).collect::<Vec<Q>>()
        };
        let (winners, losers) = (norms(true).into_iter(), norms(false).into_iter());
        let winner = match self.has(BestWinner) {
            true => winners.max(),
            false => winners.min(),
        };
        Some([winner?, losers.max()?])
    }

    pub fn max_updates(&self) -> Q {
        let start = self.start();
        let winners = [0, 1].map(|y| {
            let of =
                (0..start.head.len()).filter(|&j| usize::from(start.head[j].is_negative()) == y);
            of.filter(|&j| self.wins(&start, j)).count()
        });
        let c = match self.has(MoreWinners) {
            true => winners.iter().max(),
            false => winners.iter().min(),
        };
        let patches = self.images.iter().map(|x| x.counts.iter().sum::<u64>());
        let m = match self.has(FewestPatches) {
            true => patches.min(),
            false => patches.max(),
        };
        let n = if self.has(NoFilters) {
            1
        } else {
            start.head.len()
        };
        let (eta, m) = (&self.problem.step.0, int(m.unwrap_or(0)));
        let r = int(self.images[0].counts[self.images[0].label]);
        let square: Q = start.weights.iter().flatten().map(|z| z * z).sum();
        let gain = eta * int(2) + eta * eta * int(n) * &m * &m;
        let admits = |x: u64| {
            let left = eta * &r * int(*c.expect("two")) * int(x);
            &left * &left <= int(winners[0] + winners[1]) * (&square + int(x) * &gain)
        };
        let first = (0..).find(|&x| !admits(x + 1));
        int(first.expect("one"))
    }

    /// Calls `visit` with each path of t more single samples: its states and its probability.
    pub fn every_path(
        &self,
        states: &mut Vec<State>,
        mass: &Q,
        t: u64,
        visit: &mut dyn FnMut(&[State], &Q),
    ) {
        if t == 0 {
            return visit(states, mass);
        }
        for image in &self.images {
            let next = self.step(states.last().expect("one"), &[(image, Q::one())]);
            states.push(next);
            self.every_path(states, &(mass * self.share(image)), t - 1, visit);
            states.pop();
        }
    }

    /// P(accuracy 1 at step t), over every path.
    fn law(&self, states: &mut Vec<State>, t: u64) -> Q {
        if t <= u64::from(self.has(StepEarly)) {
            let perfect = |s: &State| self.accuracy(s).is_one();
            let some = states.iter().any(perfect);
            let hit = if self.has(EverPerfect) {
                some
            } else {
                states.last().is_some_and(perfect)
            };
            return int(u8::from(hit));
        }
        let mut found = Q::zero();
        for image in &self.images {
            let next = self.step(states.last().expect("one"), &[(image, Q::one())]);
            states.push(next);
            found += self.share(image) * self.law(states, t - 1);
            states.pop();
        }
        found
    }

    /// The end of a path, its updates, and the gates of each label.
    pub fn path(&self, samples: &[Vec<Natural>]) -> (State, u64, [Q; 2]) {
        let (mut state, mut updates, mut gates) = (self.start(), 0, [Q::zero(), Q::zero()]);
        for batch in samples {
            let share = match self.has(NoMean) {
                true => Q::one(),
                false => int(batch.len()).recip(),
            };
            let of = |i: &Natural| (&self.images[i.0 as usize], share.clone());
            let batch: Vec<(&Image, Q)> = batch.iter().map(of).collect();
            for (image, share) in &batch {
                gates[image.label] += self.gate(&state, image) * share;
            }
            let next = self.step(&state, &batch);
            let open = batch.iter().any(|(x, _)| !self.gate(&state, x).is_zero());
            updates += u64::from(if self.has(UpdatesThatMove) {
                next != state
            } else {
                open
            });
            state = next;
        }
        (state, updates, gates)
    }
}

fn state_claim(state: &State, t: u64) -> Claim {
    Claim::State {
        t: Natural(t),
        weights: state.weights.iter().map(|row| numbers(row)).collect(),
        head: numbers(&state.head),
    }
}

/// T6c's bound.
fn coherent_bound(world: &World) -> Option<Claim> {
    let problem = &world.problem;
    let mut numbers = naive::Coherent::of(problem)?;
    let eta = &problem.step.0;
    let start = world.start();
    match world.fault {
        Some(NoMarginTerm) => numbers.gain -= eta * int(2),
        Some(NoSquareTerm) => numbers.gain = eta * int(2),
        Some(CoordinateNorm) => {
            for row in &start.weights {
                numbers.rest += row.iter().map(|z| z * z).sum::<Q>();
                numbers.rest -= naive::norm_squared(problem, row)?;
            }
        }
        // What is gained on the keys is not divided by their length, and heads count as signs.
        Some(UnitKeys) => {
            for (y, squares) in numbers.squares.iter_mut().enumerate() {
                *squares /= &problem.gram[y][y].0;
            }
        }
        Some(Halves) => {
            let least = numbers.squares.iter().min()?.clone();
            numbers.squares = [least.clone(), least];
        }
        // Their squares stay in what is left.
        Some(KeysTwice) => {
            for (j, row) in start.weights.iter().enumerate() {
                let y = usize::from(start.head[j].is_negative());
                if world.wins(&start, j) {
                    numbers.rest += &row[y] * &row[y] / &problem.gram[y][y].0;
                }
            }
        }
        _ => {}
    }
    let bound = (0..50_000).find(|&m| !numbers.admits(&int(m + 1)))?;
    let bound = Number(int(bound));
    Some(Claim::CoherentMistakeBound { bound })
}

/// T14's bound for a separator along the keys, and a little along the rest, scaled to margin 1.
fn separator_bound(world: &World, rng: &mut ChaCha8Rng) -> Option<Claim> {
    let problem = &world.problem;
    let width = problem.gram.len();
    let mut separator: Vec<Q> = (0..width)
        .map(|_| ratio(rng.random_range(-1..=1), 16))
        .collect();
    (separator[0], separator[1]) = (int(1), int(-1));
    let products = naive::products(problem, &separator);
    let sign = |x: &Image| int(if x.label == 0 { 1 } else { -1 });
    let margin = |x: &Image| match world.has(SummedImages) {
        true => {
            let terms = products.iter().zip(&x.counts);
            sign(x) * terms.map(|(x, &n)| x * int(n)).sum::<Q>()
        }
        false => naive::least_corner(problem, x, &products),
    };
    let least = world.images.iter().map(margin).min()?;
    if !least.is_positive() {
        return None;
    }
    for c in &mut separator {
        *c /= &least;
    }
    // What is right; for the fault in the condition: of the summed images, which is as if s were 1.
    let mut of = problem.clone();
    if world.has(SummedImages) {
        of.slope = Some(Number(int(1)));
    }
    let mut numbers = naive::Separated::of(&of, &separator)?;
    let eta = &problem.step.0;
    let squares: Q = problem.head.iter().map(|a| &a.0 * &a.0).sum();
    match world.fault {
        Some(NoMarginTerm) => numbers.gain -= eta * int(2),
        Some(NoSquareTerm) => numbers.gain = eta * int(2),
        Some(HeadNotSquared) => {
            numbers.growth = eta * problem.head.iter().map(|a| a.0.abs()).sum::<Q>()
        }
        Some(StartAside) => numbers.product = Q::zero(),
        // Patterns that oppose each other cancel in full.
        Some(RelativeSlope) => {
            let square = naive::largest_square(problem, &int(1));
            numbers.gain = eta * int(2) + eta * eta * &squares * square;
        }
        _ => {}
    }
    let bound = (0..20_000).find(|&m| !numbers.admits(&int(m + 1)))?;
    Some(Claim::SeparatorBound {
        separator: self::numbers(&separator),
        bound: Number(int(bound)),
    })
}

/// Two images with opposite labels, the counts of one twice those of the other, that add up to 0.
fn inseparable(world: &World, rng: &mut ChaCha8Rng) -> Claim {
    let width = world.problem.gram.len();
    let slope = world.problem.slope.as_ref().expect("leaky").0.clone();
    let part = |atom: u64, weight: Q, factors: &[Q]| Part {
        atom: Natural(atom),
        weight: Number(weight),
        factors: numbers(factors),
    };
    let draw = |_| &slope + ratio(rng.random_range(0..=4), 4) * (int(1) - &slope);
    let mut factors: Vec<Q> = (0..width).map(draw).collect();
    let mut weights = [ratio(2, 3), ratio(1, 3)];
    match world.fault {
        Some(NoCounts) => weights = [ratio(1, 2), ratio(1, 2)],
        Some(AnyFactors) => factors.iter_mut().for_each(|theta| *theta /= int(4)),
        Some(AnyTotal) => weights.iter_mut().for_each(|weight| *weight *= int(2)),
        _ => {}
    }
    let [first, second] = weights;
    let mut parts = vec![part(0, first, &factors), part(1, second, &factors)];
    if world.has(AnyWeights) {
        // One image with itself.
        let [low, high] = [ratio(1, 2), int(1)].map(|theta| vec![theta; width]);
        parts = vec![part(0, int(2), &low), part(0, int(-1), &high)];
    }
    Claim::Inseparable { parts }
}

/// What a recomputation with this fault says of the problem, drawn with this generator; `None` if it has no
/// claim of the kind.
fn claim_of(
    kind: &str,
    problem: &Problem,
    fault: Option<Fault>,
    mut rng: ChaCha8Rng,
) -> Option<Claim> {
    let world = World::new(problem, fault);
    if is_refuted(kind) {
        return refuted::claim_of(kind, &world, &mut rng);
    }
    let t = rng.random_range(0..=3);
    let r = world.images[0].counts[world.images[0].label];
    let eta = &problem.step.0;
    Some(match kind {
        "state" => state_claim(&world.expected(t), t),
        "accuracy" => Claim::Accuracy {
            t: Natural(t),
            accuracy: Number(world.accuracy(&world.expected(t))),
        },
        "norm-dominance" => {
            let [least, largest] = world.extremes(&world.expected(t))?;
            // The largest ratio of 64ths.
            let most = if largest.is_zero() {
                return None;
            } else {
                least / largest
            };
            let most = if world.has(RatioNotSquared) {
                most
            } else {
                sqrt_rd(&most)
            };
            Claim::NormDominance {
                t: Natural(t),
                ratio: Number((most * int(64)).floor() / int(64)),
            }
        }
        "mistake-bound" => Claim::MistakeBound {
            bound: Number(world.max_updates()),
        },
        "coherent-mistake-bound" => coherent_bound(&world)?,
        "separator-bound" => separator_bound(&world, &mut rng)?,
        "inseparable" => inseparable(&world, &mut rng),
        "law" => Claim::Law {
            t: Natural(t),
            perfect: Number(world.law(&mut vec![world.start()], t)),
        },
        "probability" => {
            // Thresholds that imply dominance with ratio 0, whatever they are.
            let counts = [0, 1].map(|_| rng.random_range(0..=t.min(2)));
            let patterns = problem.gram.len() - 2;
            let walks: Vec<u64> = (0..patterns).map(|_| rng.random_range(0..=2)).collect();
            let counted = if world.has(NoLabelCounts) {
                [0; 2]
            } else {
                counts
            };
            let wide = if world.has(NoWalks) {
                vec![1_000; patterns]
            } else {
                walks.clone()
            };
            let found = Thresholds::of(problem, counted, wide);
            let found = found.formula(t, t, world.has(WalkAtItsEnd));
            Claim::Probability(Probability {
                ratio: Some(Number(Q::zero())),
                from: Natural(t),
                t: Natural(t),
                label_counts: counts.map(Natural),
                walks: walks.into_iter().map(Natural).collect(),
                bound: Number(found - ratio(1, 1_000_000_000)),
            })
        }
        "along-and-across" => {
            let slip = match fault {
                Some(Across(slip)) => Some(slip),
                _ => None,
            };
            let which = rng.random_range(0..3);
            let formula = Formula::draw(problem, slip, &mut rng);
            Claim::AlongAndAcross(formula.claim(which)?)
        }
        "path" => {
            let one =
                |rng: &mut ChaCha8Rng| Natural(rng.random_range(0..world.images.len() as u64));
            let batch = |rng: &mut ChaCha8Rng| (0..problem.batch.0).map(|_| one(rng)).collect();
            let samples: Vec<Vec<Natural>> = (0..t).map(|_| batch(&mut rng)).collect();
            let (end, updates, _) = world.path(&samples);
            Claim::Path {
                samples,
                weights: end.weights.iter().map(|row| numbers(row)).collect(),
                head: numbers(&end.head),
                updates: Natural(updates),
            }
        }
        _ => {
            let theorem = [Theorem::T1, Theorem::T2, Theorem::T3][rng.random_range(0..3)];
            let length = if theorem == Theorem::T3 { t } else { 0 };
            let one =
                |rng: &mut ChaCha8Rng| Natural(rng.random_range(0..world.images.len() as u64));
            let samples: Vec<_> = (0..length).map(|_| vec![one(&mut rng)]).collect();
            let j = rng.random_range(0..problem.head.len());
            let start = world.start();
            let own = usize::from(start.head[j].is_negative());
            let wins = world.wins(&start, j);
            let state = world.expected(t);
            let norm = |s: &State| naive::norm_squared(problem, &s.weights[j]).expect("in it");
            let (pattern, predicted, value) = match theorem {
                Theorem::T1 => {
                    let p = rng.random_range(0..problem.gram.len());
                    let z = start.weights[j][p].clone();
                    let sign = |x: &Image| int(if x.label == 0 { 1 } else { -1 });
                    let mean = |x: &Image| sign(x) * int(x.counts[p]) * &x.probability;
                    let kappa = eta * &start.head[j] * world.images.iter().map(mean).sum::<Q>();
                    let mut steps = int(if z.is_positive() { t } else { 0 });
                    if z.is_positive() && kappa.is_negative() {
                        let end = &z / -&kappa;
                        let end = if world.has(NoCeiling) {
                            end
                        } else {
                            end.ceil()
                        };
                        steps = steps.min(end);
                    }
                    (p, z + kappa * steps, state.weights[j][p].clone())
                }
                Theorem::T2 => {
                    let rate = if world.has(WholeRate) {
                        int(1)
                    } else {
                        ratio(1, 2)
                    };
                    let kappa = eta * int(r) * rate;
                    if wins {
                        let says = &start.weights[j][own] + kappa * int(t);
                        (own, says, state.weights[j][own].clone())
                    } else {
                        (0, norm(&start) + &kappa * &kappa, norm(&state))
                    }
                }
                // Those from T7 on, and T3 (iii), are in `refuted.rs`.
                _ => {
                    let (end, _, gates) = world.path(&samples);
                    let counted = match world.has(BothLabels) {
                        true => &gates[0] + &gates[1],
                        false => gates[own].clone(),
                    };
                    let says = &start.weights[j][own] + eta * int(r) * counted;
                    (own, says, end.weights[j][own].clone())
                }
            };
            let of_loser = theorem == Theorem::T2 && !wins;
            let fails = match of_loser {
                true => value > predicted || world.has(EqualIsMore) && value == predicted,
                false => value != predicted,
            };
            if !fails || theorem == Theorem::T3 && !wins {
                return None;
            }
            Claim::Refutation(Refutation {
                theorem,
                t: Natural(t),
                samples,
                key_patches: Natural(r),
                filter: Natural(j as u64),
                pattern: Natural(pattern as u64),
                predicted: Number(predicted),
                value: Number(value),
            })
        }
    })
}

/// A problem on which faults of the kind can show.
fn problem_for(kind: &str, fault: Fault, rng: &mut ChaCha8Rng) -> Problem {
    if is_refuted(kind) {
        return refuted::problem_for(kind, fault, rng);
    }
    if kind == "along-and-across" {
        // With both labels, so that H holds.
        loop {
            let problem = random_across(rng);
            if problem.atoms.iter().any(|x| x.label == Label::Minus) {
                return problem;
            }
        }
    }
    let loss = match (kind, fault) {
        ("mistake-bound" | "coherent-mistake-bound" | "separator-bound", _) | (_, GateAtOne) => {
            Loss::Hinge
        }
        ("path", UpdatesThatMove) => Loss::Hinge,
        ("law", _) => [Loss::Unhinged, Loss::Hinge][rng.random_range(0..2)],
        _ => Loss::Unhinged,
    };
    let mut problem = random_problem(rng, loss);
    if matches!(fault, FreshHead | FixedHead) {
        problem.train = Train::FiltersAndHead;
    }
    if kind != "coherent-mistake-bound" && matches!(fault, NoGram | CoordinateNorm) {
        for (p, q) in [(0, 2), (2, 0)] {
            problem.gram[p][q] = Number(ratio(1, 2));
        }
    }
    if fault == TieIsRight {
        // Whole weights, so that margins of 0 are frequent at the start.
        for z in problem.weights.iter_mut().flatten() {
            z.0 = z.0.signum();
        }
    }
    if fault == UpdatesThatMove {
        // No filter is active: gates are open, and nothing moves.
        for z in problem.weights.iter_mut().flatten() {
            z.0 = -z.0.abs();
        }
    }
    if fault == NoMean {
        problem.batch = Natural(2);
    }
    if ["separator-bound", "inseparable"].contains(&kind) {
        problem.slope = Some(Number(ratio(1, rng.random_range(2..=3))));
    }
    if kind == "coherent-mistake-bound" {
        problem.batch = Natural(rng.random_range(1..=2));
        // Longer keys that oppose each other a little, a longer background.
        for (p, q, g) in [(0, 0, 2), (1, 1, 3), (0, 1, -1), (1, 0, -1), (2, 2, 2)] {
            problem.gram[p][q] = Number(int(g));
        }
        for a in &mut problem.head {
            a.0 *= ratio(rng.random_range(1..=3), 2);
        }
    }
    if kind == "separator-bound" {
        for a in &mut problem.head {
            a.0 *= ratio(rng.random_range(1..=3), 2);
        }
        // A key leans against a background.
        let lean = Number(ratio(-1, 4));
        (problem.gram[0][2], problem.gram[2][0]) = (lean.clone(), lean);
    }
    if kind == "inseparable" {
        let once = problem.atoms[0].counts.clone();
        problem.atoms[1].counts = once.into_iter().map(|n| Natural(2 * n.0)).collect();
    }
    if kind == "refutation" {
        // A theorem's conclusion fails where images have both keys.
        problem.atoms[0].counts[1] = Natural(1);
    }
    if fault == EqualIsMore {
        // In one step the last filter, a loser, goes from 3/8 to 5/8 in the background: its squared norm grows
        // by (eta r / 2)^2 = 1/4, and no more.
        let row = |row: [i64; 3]| row.map(|x| Number(ratio(x, 8))).to_vec();
        problem.gram = vec![row([8, 0, 0]), row([0, 8, 0]), row([0, 0, 8])];
        problem.weights = vec![row([8, 0, 0]), row([0, 8, 0]), row([-8, 0, 3])];
        problem.head = [1, -1, 1].map(|a| Number(int(a))).to_vec();
        problem.step = Number(int(1));
        problem.atoms.truncate(2);
        for (y, share) in [5, 3].into_iter().enumerate() {
            let counts = [1 - y as u64, y as u64, 1];
            problem.atoms[y].counts = counts.map(Natural).to_vec();
            problem.atoms[y].probability = Number(ratio(share, 8));
        }
    }
    problem
}

/// Is it one of `refuted.rs`?
fn is_refuted(kind: &str) -> bool {
    refuted::KINDS.iter().any(|(of, _)| *of == kind)
}

fn is_about(kind: &str, error: &VerifyError) -> bool {
    use Quantity as Is;
    if is_refuted(kind) {
        return refuted::is_about(kind, error);
    }
    match error {
        VerifyError::Wrong { of, .. } => match kind {
            "state" => matches!(of, Is::Weight(..) | Is::Head(_)),
            "accuracy" => *of == Is::Accuracy,
            "norm-dominance" => *of == Is::WinnerNorm,
            "mistake-bound" | "coherent-mistake-bound" | "separator-bound" => *of == Is::MaxUpdates,
            "inseparable" => *of == Is::Remainder,
            "probability" | "along-and-across" => *of == Is::Probability,
            "law" => *of == Is::Perfect,
            "path" => matches!(of, Is::Weight(..) | Is::Updates),
            _ => matches!(of, Is::Predicted | Is::Value),
        },
        VerifyError::Unmet { rule, .. } => match kind {
            "refutation" => *rule == Rule::Fails,
            "separator-bound" => *rule == Rule::Separates,
            "along-and-across" => *rule == Rule::Thresholds,
            "inseparable" => matches!(rule, Rule::Factors | Rule::Mixture),
            _ => false,
        },
        _ => false,
    }
}

/// What one planted fault met.
struct Met {
    kind: &'static str,
    fault: Fault,
    caught: u32,
    confirmed: u32,
}

/// Deterministic seeds, exact comparisons. Faults are independent of each other: every core takes some.
#[test]
fn a_planted_fault_in_each_kind_of_claim_is_caught() {
    let faults: Vec<(&str, Fault)> = refuted::KINDS
        .into_iter()
        .chain(FAULTS)
        .flat_map(|(kind, faults)| faults.iter().map(move |&fault| (kind, fault)))
        .collect();
    let met: Vec<Met> = faults
        .into_par_iter()
        .with_max_len(1)
        .map(|(kind, fault)| plant(kind, fault))
        .collect();
    let mut in_refutations = 0;
    for Met {
        kind,
        fault,
        caught,
        confirmed,
    } in met
    {
        println!("{kind}, {fault:?}: {caught} caught, {confirmed} right ones confirmed");
        let enough = if kind.starts_with("refutation-") {
            in_refutations += u32::from(caught > 0);
            confirmed >= 1
        } else {
            caught >= 3 && confirmed >= 20
        };
        assert!(enough, "{kind} {fault:?}: {caught} {confirmed}");
    }
    // Claims about paths and thresholds that are drawn at random seldom tell a fault from the truth: most faults are
    // met, not all.
    assert!(
        in_refutations >= 9,
        "{in_refutations} faults of 11 in refutations are met"
    );
}

/// Claims with the fault until enough of them are caught, and of right ones confirmed.
fn plant(kind: &'static str, fault: Fault) -> Met {
    let mut rng = ChaCha8Rng::seed_from_u64(49);
    let (mut caught, mut confirmed) = (0, 0);
    // Claims about paths and thresholds drawn at random seldom are refutations.
    let rarest = kind.starts_with("refutation-");
    // Refutations are rare, and what a fault in one conclusion of three changes.
    let rare = kind == "along-and-across" || kind.starts_with("refutation");
    let (draws, enough) = match (rarest, rare) {
        // The rarest of all, and quickly drawn.
        (true, _) if kind == "refutation-probability" => (1_500, 3),
        (true, _) => (400, 3),
        (false, true) => (600, 20),
        (false, false) => (200, 20),
    };
    for draw in 0..draws {
        if caught >= enough && confirmed >= 20 {
            break;
        }
        let problem = problem_for(kind, fault, &mut rng);
        let mut stream = ChaCha8Rng::seed_from_u64(50);
        stream.set_stream(draw);
        let right = claim_of(kind, &problem, None, stream.clone());
        let wrong = claim_of(kind, &problem, Some(fault), stream);
        if let Some(claim) = right.as_ref().filter(|_| confirmed < 60) {
            let report = verify(&claimed(&problem, claim.clone()));
            assert_eq!(report.verdict(), Verdict::Valid, "{kind}: {report:?}");
            confirmed += 1;
        }
        let Some(claim) = wrong.filter(|_| caught < 20) else {
            continue;
        };
        if right.as_ref() == Some(&claim) || is_weaker(right.as_ref(), &claim) {
            continue;
        }
        let report = verify(&claimed(&problem, claim));
        let error = report.claims[0].result.as_ref().err();
        assert!(
            error.is_some_and(|error| is_about(kind, error)),
            "a checker of {kind} with the fault {fault:?} would not be noticed: {report:?}"
        );
        caught += 1;
    }
    Met {
        kind,
        fault,
        caught,
        confirmed,
    }
}

/// Is a bound smaller than the right one? Then it holds all the same.
fn is_weaker(right: Option<&Claim>, wrong: &Claim) -> bool {
    match (right, wrong) {
        (
            Some(Claim::NormDominance { ratio: right, .. }),
            Claim::NormDominance { ratio: wrong, .. },
        ) => wrong.0 <= right.0,
        (Some(Claim::Probability(right)), Claim::Probability(wrong)) => {
            wrong.bound.0 <= &right.bound.0 + ratio(1, 1_000_000)
        }
        (Some(Claim::AlongAndAcross(right)), Claim::AlongAndAcross(wrong)) => {
            across::is_weaker(wrong, right)
        }
        _ => false,
    }
}
