//! What is certified: counts of samples and bounds of the parts across that imply a conclusion, chosen so that the
//! probability of missing them is small.

mod beside;

use super::setting::{Filter, Form, Parts, Setting};
use crate::number::{dyadic, least_where, sqrt_ru};
use crate::probability::fixed::units;
use crate::probability::{Tail, exp_neg_ru, quotient_rd, quotient_ru, round_rd, round_ru};
use crate::theory::prelude::*;
use crate::theory::thresholds::LabelCounts;
pub(super) use beside::misses_some_time;
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::cell::{LazyCell, OnceCell};
use std::ops::Range;
use std::sync::OnceLock;

/// Most products spent on the law of the label count.
const MAX_PRODUCTS: u64 = 1_000_000;

/// Levels of the label tails that are tried, from the smallest: 2^-e for these e.
const LEVELS: [u32; 16] = [64, 48, 32, 24, 16, 12, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1];

/// Bits of the bounds that are chosen.
pub(super) const BITS: u32 = 64;

/// Exponents L are looked for in eighths up to 512.
const MOST_EIGHTHS: u64 = 4096;

/// Shares of the label probabilities that are tried for the counts of the form for ever.
const SHARES: i64 = 8;

/// How the parts across are bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// Second moments, `P(max_{s <= t} |w_perp|^2 > x) <= M_t / x`.
    Moments,
    /// Exponentials, `P(some s <= t has |w_perp|^2 >= 2 L M'_t) <= 2 e^-L`.
    Exponential,
}

impl Method {
    pub const ALL: [Method; 2] = [Method::Moments, Method::Exponential];

    pub fn name(self) -> &'static str {
        match self {
            Method::Moments => "moments",
            Method::Exponential => "exponential",
        }
    }
}

/// A conclusion at a step.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Aim {
    /// Every margin is positive.
    Accuracy,
    /// The least winner norm is at least this many times the largest loser norm.
    Ratio(u64),
    /// `tan^2` of the angle of each winner that is covered with its key is at most this.
    Direction(Q),
}

/// Thresholds: on a path with `B_y >= counts[y]` on which no part across was longer so far, the conclusion is there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Goal {
    pub aim: Aim,
    pub form: Form,
    pub method: Method,
    /// b_y; below 0 in a near miss alone.
    pub counts: [i64; 2],
    /// Bounds of `|w_perp|^2`, where one is asked for.
    pub squares: Vec<Option<Q>>,
    /// The probability that a part across exceeds its bound is at most this.
    lost: Q,
    /// The probability that the thresholds are missed is at most this, in few digits.
    pub failure: Q,
}

impl Goal {
    /// Do these thresholds hold where so many samples were seen and parts across were at most so large?
    pub fn is_met(&self, samples: [u64; 2], largest: &[[Q; 2]]) -> bool {
        let mut counts = samples.iter().zip(&self.counts);
        let enough = counts.all(|(&n, &b)| i128::from(n) >= i128::from(b));
        let mut within = self.squares.iter().zip(largest);
        enough
            && within.all(|(bound, seen)| {
                bound
                    .as_ref()
                    .is_none_or(|b| seen[self.form as usize] <= *b)
            })
    }
}

/// What is asked for at any step, each part of it found once.
pub(super) struct Demands<'c> {
    pub setting: &'c Setting,
    /// By form and label, at step 0 and after it.
    accuracy: [[[OnceCell<Demand<'c>>; 2]; 2]; 2],
    /// By form.
    ratio: [OnceCell<Vec<Loser<'c>>>; 2],
}

/// A filter that loses, as a ratio asks of it.
struct Loser<'c> {
    index: usize,
    filter: &'c Filter,
    /// What its squared norm holds beside the part across, at most.
    fixed: Q,
    paces: [Q; 2],
}

/// The thresholds of one window: counts at its first step, parts across up to its last.
pub(super) struct Window<'a, 'c> {
    demands: &'a Demands<'c>,
    setting: &'c Setting,
    /// Samples up to its first step.
    samples: u64,
    /// The last step.
    pub to: u64,
    labels: LabelCounts,
    /// By label, at each of the levels: the largest b with `P(B_y < b)` at most that, and this probability.
    counts: [[OnceCell<(u64, Q)>; LEVELS.len()]; 2],
    /// At each of the levels, the least squared key of a winner after so many samples.
    winners: [OnceCell<Option<Q>>; LEVELS.len()],
}

/// What accuracy asks for of the images of one label, in one form.
struct Demand<'c> {
    setting: &'c Setting,
    form: Form,
    /// Are there no images of this label?
    absent: bool,
    /// What the winners give with no sample, and with each sample.
    start: Q,
    each: Q,
    /// What opposes them whatever happens.
    against: Q,
    /// rho_y, rounded up.
    rho: Q,
    /// The opposing filters whose part across moves: index, filter, what M and M' gain with each step.
    moving: Vec<(usize, &'c Filter, [Q; 2])>,
}

impl<'c> Demands<'c> {
    /// Of these constants.
    pub fn new(setting: &'c Setting) -> Self {
        Demands {
            setting,
            accuracy: [const { [const { [const { OnceCell::new() }; 2] }; 2] }; 2],
            ratio: [const { OnceCell::new() }; 2],
        }
    }

    fn accuracy(&self, form: Form, label: Label, t: u64) -> &Demand<'c> {
        let moved = t > 0;
        let cell = &self.accuracy[usize::from(moved)][form as usize][label.index()];
        cell.get_or_init(|| self.setting.demand(form, label, moved))
    }

    fn losers(&self, form: Form) -> &[Loser<'c>] {
        self.ratio[form as usize].get_or_init(|| self.setting.losers(form))
    }
}

impl Setting {
    /// Samples of so many steps.
    fn samples(&self, steps: u64) -> u64 {
        steps.saturating_mul(u64::from(self.batch))
    }

    /// What accuracy asks for at step 0, or where parts across may have `moved`.
    fn demand(&self, form: Form, label: Label, moved: bool) -> Demand<'_> {
        let side = &self.sides[label.index()];
        let winners = || {
            let all = self.filters.iter();
            all.filter(|f| f.side == label && f.wins())
        };
        let opposing = || {
            let all = self.filters.iter().enumerate();
            all.filter(|(_, f)| f.side != label && (self.opposes)(f))
        };
        let rho = match form {
            Form::Whole => &side.keys * &side.keys + &side.heaviest,
            Form::Split => side.heaviest.clone(),
        };
        let rho = round_ru(&sqrt_ru(&rho), BITS);
        let at = form as usize;
        let moves = |f: &Filter| moved && f.moves[at];
        let still: Q = opposing()
            .filter(|(_, f)| !moves(f))
            .map(|(_, f)| round_ru(&(&f.head * &f.length[at]), BITS))
            .sum();
        let mut against = still * &rho;
        if form == Form::Split {
            let wrong = opposing().filter(|(_, f)| f.wrong.is_positive());
            against += &side.keys * wrong.map(|(_, f)| &f.head * &f.wrong).sum::<Q>();
        }
        Demand {
            setting: self,
            form,
            absent: side.prior.is_zero(),
            start: &side.keys * winners().map(|f| &f.head * &f.own).sum::<Q>(),
            each: &side.keys * winners().map(|f| &f.head * &f.growth).sum::<Q>(),
            against: round_ru(&against, BITS),
            rho,
            moving: opposing()
                .filter(|(_, f)| moves(f))
                .map(|(i, f)| (i, f, self.paces(form, f)))
                .collect(),
        }
    }

    fn losers<'c>(&'c self, form: Form) -> Vec<Loser<'c>> {
        let losers = self.filters.iter().enumerate().filter(|(_, f)| !f.wins());
        let of = |(index, filter): (usize, &'c Filter)| {
            let Filter {
                own, wrong_reach, ..
            } = filter;
            let fixed = match form {
                Form::Whole => own * own,
                Form::Split => own * own + wrong_reach,
            };
            Loser {
                index,
                filter,
                fixed,
                paces: self.paces(form, filter),
            }
        };
        losers.map(of).collect()
    }

    /// Does it speak of accuracy: is H there for all filters, and has each label that occurs a winner?
    pub(super) fn speaks_of_accuracy(&self) -> bool {
        let won = |y: Label| {
            let side = &self.sides[y.index()];
            let wins = |f: &Filter| f.side == y && f.wins();
            side.prior.is_zero() || self.filters.iter().any(wins)
        };
        self.filters.iter().all(|f| self.covers(f)) && Label::BOTH.into_iter().all(won)
    }

    /// Does it speak of the ratio: are there winners and losers, and is H there for the losers?
    pub(super) fn speaks_of_ratio(&self) -> bool {
        let losers = || self.filters.iter().filter(|f| !f.wins());
        self.filters.iter().any(Filter::wins)
            && losers().next().is_some()
            && losers().all(|f| self.covers(f))
    }

    /// Is there a winner under H, of whose direction it speaks?
    pub(super) fn speaks_of_direction(&self) -> bool {
        let mut filters = self.filters.iter();
        filters.any(|f| f.wins() && self.covers(f))
    }

    /// Is a conclusion there in a state? Claimed, and found.
    pub(super) fn reached(
        &self,
        aim: &Aim,
        parts: &[Parts],
        least: impl Fn() -> Q,
    ) -> Option<Found> {
        match aim {
            Aim::Accuracy => {
                let least = least();
                Some(Found {
                    holds: least.is_positive(),
                    relation: Above,
                    claimed: Q::zero(),
                    found: least,
                })
            }
            Aim::Ratio(ratio) => {
                let [least, most] = self.attains(parts, *ratio)?;
                Some(Found {
                    holds: least >= most,
                    relation: AtLeast,
                    claimed: most,
                    found: least,
                })
            }
            Aim::Direction(bound) => {
                let of = |(parts, f): (&Parts, &Filter)| {
                    let key = &parts.own * &parts.own;
                    (f.wins() && self.covers(f)).then(|| &parts.across[0] / key)
                };
                let tangents = parts.iter().zip(&self.filters).filter_map(of);
                let largest = tangents.max()?;
                Some(Found {
                    holds: largest <= *bound,
                    relation: AtMost,
                    claimed: bound.clone(),
                    found: largest,
                })
            }
        }
    }
}

/// A conclusion beside what was found.
pub(super) struct Found {
    pub holds: bool,
    pub relation: Relation,
    pub claimed: Q,
    pub found: Q,
}

/// Bounds of the parts across of all filters of a demand, given the room that the keys leave them: how likely they are
/// exceeded, as a multiple that depends on the room, is found once.
struct Spread {
    method: Method,
    /// What each filter takes, before it is scaled to the room.
    roots: Vec<Q>,
    /// A little more than `sum |a_i| root_i`.
    taken: Q,
    /// `sum M_i / root_i^2`; 0 with exponents, which do not ask for it.
    lost: Q,
}

impl Spread {
    /// With second moments the sum of `M_i / u_i^2` is least, where `sum |a_i| u_i` is given, if `u_i^3` is in proportion to
    /// `M_i / |a_i|`; with exponents all L are equal.
    fn new(demand: &Demand<'_>, method: Method, t: u64) -> Self {
        let (mut roots, mut taken, mut lost) = (Vec::new(), Q::zero(), Q::zero());
        for (_, filter, paces) in &demand.moving {
            let pace = &paces[method as usize];
            let mass = demand.setting.mass(demand.form, filter, pace, t);
            let root = match method {
                Method::Moments => cube_root(&(&mass / &filter.head)),
                Method::Exponential => round_ru(&sqrt_ru(&mass), BITS),
            };
            let more = round_ru(&(&filter.head * &root), BITS);
            taken = round_ru(&(taken + more), BITS);
            if method == Method::Moments {
                lost += round_ru(&(mass / (&root * &root)), BITS);
            }
            roots.push(root);
        }
        Spread {
            method,
            roots,
            taken: taken / just_below_one(),
            lost: round_ru(&lost, BITS),
        }
    }

    /// How much of the room each filter takes, times its root: 1 where none asks for any.
    fn scale(&self, room: &Q) -> Q {
        match self.taken.is_zero() {
            true => Q::one(),
            false => quotient_rd(room, &self.taken, BITS),
        }
    }

    /// Bounds the squares of the parts across by their shares of the room.
    fn bound(&self, demand: &Demand<'_>, room: &Q, squares: &mut [Option<Q>]) {
        let scale = self.scale(room);
        for ((i, ..), root) in demand.moving.iter().zip(&self.roots) {
            let bound = &scale * root;
            squares[*i] = Some(&bound * &bound);
        }
    }

    /// The probability that some part across exceeds its share of this room, at most.
    fn failure(&self, room: &Q) -> Q {
        if self.roots.is_empty() {
            return Q::zero();
        }
        let scale = self.scale(room);
        if !scale.is_positive() {
            return Q::one();
        }
        let square = &scale * &scale;
        if square < integer(2) && self.method == Method::Exponential {
            // `2 e^-L` with L < 1 says next to nothing.
            return Q::one();
        }
        let failure = match self.method {
            Method::Moments => quotient_ru(&self.lost, &square, BITS),
            Method::Exponential => {
                let each = exp_neg_ru(&(square / integer(2)));
                round_ru(&(integer(2 * self.roots.len()) * each), BITS)
            }
        };
        failure.min(Q::one())
    }
}

/// A number a little below 1, by which a strict inequality is kept strict.
fn just_below_one() -> Q {
    Q::one() - dyadic(BigInt::one(), 40)
}

/// A positive number near the cube root.
fn cube_root(q: &Q) -> Q {
    let scaled: BigInt = (q.numer() << 120u32) / q.denom();
    dyadic(scaled.cbrt() + 1, 40)
}

impl Demand<'_> {
    /// What the keys leave to the parts across after b samples, `None` where it is not enough.
    fn room(&self, samples: &Q) -> Option<Q> {
        self.room_from(&self.start, samples)
    }

    /// The same with another start of the winners.
    fn room_from(&self, start: &Q, samples: &Q) -> Option<Q> {
        let left = round_rd(&(start + &self.each * samples - &self.against), BITS);
        if !left.is_positive() {
            return None;
        }
        // Where images hold nothing that a part across meets, it may be as long as it likes.
        Some(if self.rho.is_zero() {
            integer(BigInt::one() << BITS)
        } else {
            round_rd(&(left / &self.rho), BITS)
        })
    }
}

impl<'a, 'c> Window<'a, 'c> {
    pub fn new(demands: &'a Demands<'c>, from: u64, to: u64) -> Self {
        let setting = demands.setting;
        let prior = setting.sides.each_ref().map(|side| side.prior.clone());
        let samples = setting.samples(from);
        Window {
            demands,
            setting,
            samples,
            to,
            labels: LabelCounts::new(&prior, samples, MAX_PRODUCTS),
            counts: [const { [const { OnceCell::new() }; LEVELS.len()] }; 2],
            winners: [const { OnceCell::new() }; LEVELS.len()],
        }
    }

    /// The largest b with a tail of at most this level, and the tail.
    fn at_level(&self, label: Label, level: usize) -> &(u64, Q) {
        self.counts[label.index()][level].get_or_init(|| {
            let count = self.labels.largest(label, LEVELS[level]);
            (count, self.missed(label, count))
        })
    }

    fn missed(&self, label: Label, count: u64) -> Q {
        units(self.labels.below(label, count).1)
    }

    /// The best thresholds for accuracy, of one form and method, that are missed with at most this probability.
    pub fn accuracy(&self, form: Form, method: Method, cap: &Q) -> Option<Goal> {
        let mut counts = [0i64; 2];
        let mut squares = vec![None; self.setting.filters.len()];
        let mut lost = Q::zero();
        for label in Label::BOTH {
            let demand = self.demands.accuracy(form, label, self.to);
            if demand.absent {
                continue;
            }
            let spread = LazyCell::new(|| Spread::new(demand, method, self.to));
            let of = |level: usize| {
                let (count, _) = *self.at_level(label, level);
                let room = demand.room(&integer(count))?;
                Some((spread.failure(&room), (count, room)))
            };
            let missed = |level: usize| self.at_level(label, level).1.clone();
            let (found, (count, room)) = least_sum(0..LEVELS.len(), cap, missed, of)?;
            counts[label.index()] = count as i64;
            lost += found;
            spread.bound(demand, &room, &mut squares);
        }
        Some(self.goal(Aim::Accuracy, form, method, counts, squares, lost))
    }

    /// The best thresholds for accuracy, of all forms and methods.
    pub fn best_accuracy(&self) -> Option<Goal> {
        let one = Q::one();
        best(ways().filter_map(|(form, method)| self.accuracy(form, method, &one)))
    }

    /// Thresholds for accuracy that are missed with at most this probability, the best of each form and method.
    pub fn accuracies(&self, cap: &Q) -> impl Iterator<Item = Goal> {
        ways().filter_map(|(form, method)| self.accuracy(form, method, cap))
    }

    /// With Cantelli's inequality for the counts, `P(B < t pi/2) <= 4 (1 - pi) / (4 (1 - pi) + t pi)`, and second moments:
    /// the probability of failure.
    pub fn by_cantelli(&self) -> Option<Q> {
        let of = |form| {
            let mut failure = Q::zero();
            for label in Label::BOTH {
                let demand = self.demands.accuracy(form, label, self.to);
                if demand.absent {
                    continue;
                }
                let prior = &self.setting.sides[label.index()].prior;
                let mean = prior * integer(self.samples);
                let half = (&mean / integer(2)).ceil();
                let spread = integer(4) * (Q::one() - prior);
                if !mean.is_zero() {
                    failure += &spread / (&spread + &mean);
                }
                let room = demand.room(&half)?;
                failure += Spread::new(demand, Method::Moments, self.to).failure(&room);
            }
            Some(round_ru(&failure, BITS))
        };
        Form::ALL.into_iter().filter_map(of).min()
    }

    /// The best thresholds for a ratio, of one form and method, that are missed with at most this probability.
    fn ratio_by(&self, ratio: u64, form: Form, method: Method, cap: &Q) -> Option<Goal> {
        let setting = self.setting;
        let (losers, at) = (self.demands.losers(form), form as usize);
        let moves = |loser: &&Loser<'_>| loser.filter.moves[at] && self.to > 0;
        let moving = || losers.iter().filter(moves);
        let mass = |loser: &Loser<'_>| {
            let pace = &loser.paces[method as usize];
            setting.mass(form, loser.filter, pace, self.to)
        };
        let masses: Vec<Q> = moving().map(mass).collect();
        // With exponents, by what holds of all losers that move.
        let worst = moving().map(|loser| &loser.fixed).max();
        let mass = masses.iter().max();
        let lost = |keys: &Q| -> Option<Q> {
            let still = losers.iter().filter(|loser| !moves(loser));
            let mut still = still.map(|loser| &loser.fixed + &loser.filter.across[at]);
            if !still.all(|norm| norm <= *keys) {
                return None;
            }
            let (Some(worst), Some(mass)) = (worst, mass) else {
                return Some(Q::zero());
            };
            let room = keys - worst;
            if !room.is_positive() {
                return None;
            }
            Some(match method {
                Method::Exponential => {
                    let exponent = room / (integer(2) * mass);
                    integer(2 * masses.len()) * exp_neg_ru(&exponent)
                }
                Method::Moments => moving()
                    .zip(&masses)
                    .map(|(loser, mass)| round_ru(&(mass / (keys - &loser.fixed)), BITS))
                    .sum(),
            })
        };
        let square = integer(ratio) * integer(ratio);
        let of = |level: usize| {
            let counts = Label::BOTH.map(|y| self.counted_at(y, level).0);
            let keys = self.least_winner(level).as_ref()? / &square;
            Some((lost(&keys)?, (counts, keys)))
        };
        let missed = |level: usize| {
            let [plus, minus] = Label::BOTH.map(|y| self.counted_at(y, level).1);
            plus + minus
        };
        let (lost, (counts, keys)) = least_sum(0..LEVELS.len(), cap, missed, of)?;
        let mut squares = vec![None; setting.filters.len()];
        for loser in moving() {
            squares[loser.index] = Some(&keys - &loser.fixed);
        }
        let counts = counts.map(|b| b as i64);
        Some(self.goal(Aim::Ratio(ratio), form, method, counts, squares, lost))
    }

    /// The count of a label at a level with its tail, where a winner has this label; else 0.
    fn counted_at(&self, label: Label, level: usize) -> (u64, Q) {
        let mut filters = self.setting.filters.iter();
        match filters.any(|f| f.side == label && f.wins()) {
            true => self.at_level(label, level).clone(),
            false => (0, Q::zero()),
        }
    }

    /// The least squared key of a winner after as many samples as this level has.
    fn least_winner(&self, level: usize) -> &Option<Q> {
        self.winners[level].get_or_init(|| {
            let counts = Label::BOTH.map(|y| self.counted_at(y, level).0);
            let winners = self.setting.filters.iter().filter(|f| f.wins());
            let keys = winners.map(|f| &f.own + &f.growth * integer(counts[f.side.index()]));
            keys.min().map(|key| &key * &key)
        })
    }

    /// The best thresholds for a ratio, of all forms and methods, that are missed with at most this probability.
    pub fn ratio(&self, ratio: u64, cap: &Q) -> Option<Goal> {
        best(ways().filter_map(|(form, method)| self.ratio_by(ratio, form, method, cap)))
    }

    /// The largest square of a ratio that is certified at `1 - delta`, of all forms and methods: for each number of samples
    /// that is tried, the rest of delta bounds the parts across of the losers.
    pub fn largest_ratio(&self, delta: &Q) -> Option<Q> {
        let of = |(form, method)| {
            let all =
                (0..LEVELS.len()).filter_map(move |at| self.ratio_at(at, delta, form, method));
            all.max()
        };
        ways().filter_map(of).max()
    }

    /// The square of a ratio that is missed with probability at most `delta`, with as many samples as this level has.
    fn ratio_at(&self, level: usize, delta: &Q, form: Form, method: Method) -> Option<Q> {
        let (losers, at) = (self.demands.losers(form), form as usize);
        let moves = |loser: &Loser<'_>| loser.filter.moves[at] && self.to > 0;
        let missed: Q = Label::BOTH
            .map(|y| self.counted_at(y, level).1)
            .iter()
            .sum();
        let left = round_rd(&(delta - missed), BITS);
        if !left.is_positive() {
            return None;
        }
        let moving = || losers.iter().filter(|loser| moves(loser));
        let masses = moving().map(|loser| {
            let pace = &loser.paces[method as usize];
            self.setting.mass(form, loser.filter, pace, self.to)
        });
        let masses: Vec<Q> = masses.collect();
        let across = match method {
            _ if masses.is_empty() => Q::zero(),
            // As large for every loser: then each is missed in proportion to its mass.
            Method::Moments => masses.iter().sum::<Q>() / left,
            Method::Exponential => {
                let exponent = exponent_for(&(left / integer(masses.len() as u64)))?;
                integer(2) * exponent * masses.iter().max()?
            }
        };
        let norms = losers.iter().map(|loser| match moves(loser) {
            true => &loser.fixed + &across,
            false => &loser.fixed + &loser.filter.across[at],
        });
        let largest = norms.max().filter(Q::is_positive)?;
        let winner = self.least_winner(level).as_ref()?;
        Some(round_rd(&(winner / largest), BITS))
    }

    /// The least bound of `tan^2` for all winners under H that is missed with probability at most `delta`.
    pub fn direction(&self, delta: &Q) -> Option<Goal> {
        let of = |method: Method| {
            let all = (0..LEVELS.len()).filter_map(|at| self.direction_at(at, delta, method));
            all.min_by(|a, b| a.0.cmp(&b.0))
        };
        let (_, goal) = Method::ALL
            .into_iter()
            .filter_map(of)
            .min_by(|a, b| a.0.cmp(&b.0))?;
        Some(goal)
    }

    fn direction_at(&self, level: usize, delta: &Q, method: Method) -> Option<(Q, Goal)> {
        let (setting, form) = (self.setting, Form::Whole);
        let winners = || {
            let all = setting.filters.iter().enumerate();
            all.filter(|(_, f)| f.wins() && setting.covers(f))
        };
        let counts = Label::BOTH.map(|y| match winners().any(|(_, f)| f.side == y) {
            true => self.at_level(y, level).clone(),
            false => (0, Q::zero()),
        });
        let [(plus, missed_plus), (minus, missed_minus)] = counts;
        let (counts, missed) = ([plus, minus], missed_plus + missed_minus);
        let moves = |f: &Filter| f.moves[0] && self.to > 0;
        let moving = winners().filter(|(_, f)| moves(f)).count();
        let share = (delta - missed) / integer(moving.max(1));
        if !share.is_positive() {
            return None;
        }
        let share = round_rd(&share, BITS);
        let exponent = match method {
            Method::Moments => Q::zero(),
            Method::Exponential => exponent_for(&share)?,
        };
        let mut squares = vec![None; setting.filters.len()];
        let mut bound = Q::zero();
        for (j, f) in winners() {
            let [moment, largest] = setting.masses(form, f, self.to);
            let square = match method {
                _ if !moves(f) => moment,
                Method::Moments => round_ru(&(moment / &share), BITS),
                Method::Exponential => round_ru(&(integer(2) * &exponent * largest), BITS),
            };
            let key = &f.own + &f.growth * integer(counts[f.side.index()]);
            bound = bound.max(round_ru(&(&square / (&key * &key)), BITS));
            squares[j] = Some(square);
        }
        let counts = counts.map(|b| b as i64);
        let lost = share * integer(moving);
        let aim = Aim::Direction(bound.clone());
        Some((bound, self.goal(aim, form, method, counts, squares, lost)))
    }

    fn goal(
        &self,
        aim: Aim,
        form: Form,
        method: Method,
        counts: [i64; 2],
        squares: Vec<Option<Q>>,
        lost: Q,
    ) -> Goal {
        let missed = Label::BOTH.map(|y| self.missed(y, counts[y.index()].max(0) as u64));
        let failure = &lost + missed.iter().sum::<Q>();
        Goal {
            failure: round_ru(&failure, BITS),
            lost,
            aim,
            form,
            method,
            counts,
            squares,
        }
    }

    /// The probability that the thresholds are missed, at most, with the tails of the counts as sharp as they are to be had.
    pub fn failure(&self, goal: &Goal) -> Tail {
        let missed = self.labels.missed(goal.counts.map(|b| b.max(0) as u64));
        missed.add(&Tail::Exact(round_ru(&goal.lost, BITS)))
    }
}

/// All forms with all methods.
fn ways() -> impl Iterator<Item = (Form, Method)> {
    let of = |form| Method::ALL.map(|method| (form, method));
    Form::ALL.into_iter().flat_map(of)
}

/// Of the ways to choose how many samples are asked for, in the order in which that many are missed with more and more
/// probability, the one for which that and what is lost besides are least together; with what is lost.
///
/// Nothing where the sum is certainly above `cap`: what is lost falls in that order, so it is least at the last way that
/// the cap allows.
fn least_sum<T>(
    ways: Range<usize>,
    cap: &Q,
    missed: impl Fn(usize) -> Q,
    lost: impl Fn(usize) -> Option<(Q, T)>,
) -> Option<(Q, T)> {
    if *cap < Q::one() {
        let allowed = ways.clone().take_while(|way| missed(*way) <= *cap);
        let (least, _) = lost(allowed.last()?)?;
        if least > *cap {
            return None;
        }
    }
    let mut best: Option<(Q, Q, T)> = None;
    for way in ways {
        let missed = missed(way);
        if best.as_ref().is_some_and(|(least, ..)| missed >= *least) {
            break;
        }
        let Some((lost, found)) = lost(way) else {
            continue;
        };
        let sum = missed + &lost;
        if best.as_ref().is_none_or(|(least, ..)| sum < *least) {
            best = Some((sum, lost, found));
        }
    }
    best.map(|(_, lost, found)| (lost, found))
}

/// The goal that is missed with the least probability.
fn best(goals: impl Iterator<Item = Goal>) -> Option<Goal> {
    goals.min_by(|a, b| a.failure.cmp(&b.failure))
}

/// The least L in eighths with `2 exp(-L)` at most this.
fn exponent_for(level: &Q) -> Option<Q> {
    static BOUNDS: [OnceLock<Q>; MOST_EIGHTHS as usize + 1] =
        [const { OnceLock::new() }; MOST_EIGHTHS as usize + 1];
    let bound = |k: u64| {
        let find = || exp_neg_ru(&Q::new(k.into(), 8.into())) * integer(2);
        BOUNDS[k as usize].get_or_init(find)
    };
    let least = least_where(0, MOST_EIGHTHS, |k| bound(k) <= level);
    (bound(least) <= level).then(|| Q::new(least.into(), 8.into()))
}

/// The probability, at most, that accuracy is not 1 at all steps from `start` on.
///
/// Of n samples up to t0, and all later ones, a share of at least beta_y has label y with probability
/// `1 - exp(-2 n (pi_y - beta_y)^2)`; parts across within
/// `2 L M'_{t0} max(1, s/t0)^2`; both sides of the condition grow with `s/t0`, so that it holds at all s if it holds at t0
/// without the winners' start. `None` where that is above `cap`.
pub(super) fn for_ever(demands: &Demands<'_>, start: u64, cap: &Q) -> Option<Q> {
    let all = Form::ALL.into_iter();
    let all = all.filter_map(|form| from_start_on(demands, form, start, cap, |count| count));
    all.map(|goal| goal.failure).min()
}

/// The best thresholds for that with whole counts.
pub(super) fn counted_for_ever(demands: &Demands<'_>, start: u64) -> Option<Goal> {
    let whole = |count: Q| count.floor();
    let all = Form::ALL.into_iter();
    best(all.filter_map(|form| from_start_on(demands, form, start, &Q::one(), whole)))
}

/// Thresholds of one form for accuracy at all steps from `start` on, with counts b_y as `counted` makes them.
fn from_start_on(
    demands: &Demands<'_>,
    form: Form,
    start: u64,
    cap: &Q,
    counted: fn(Q) -> Q,
) -> Option<Goal> {
    if start == 0 {
        return None;
    }
    let setting = demands.setting;
    let mut failure = Q::zero();
    let mut counts = [0i64; 2];
    let mut squares = vec![None; setting.filters.len()];
    for label in Label::BOTH {
        let demand = demands.accuracy(form, label, start);
        if demand.absent {
            continue;
        }
        let spread = LazyCell::new(|| Spread::new(demand, Method::Exponential, start));
        let prior = &setting.sides[label.index()].prior;
        let samples = integer(setting.samples(start));
        let count = |k: usize| counted(prior * ratio(k as i64, SHARES) * &samples);
        let missed = |k: usize| {
            let gap = prior - count(k) / &samples;
            exp_neg_ru(&(integer(2) * &samples * &gap * gap))
        };
        let of = |k: usize| {
            let room = demand.room_from(&Q::zero(), &count(k))?;
            Some((spread.failure(&room), (k, room)))
        };
        let (lost, (k, room)) = least_sum(1..SHARES as usize, cap, missed, of)?;
        failure += lost + missed(k);
        counts[label.index()] = count(k).to_integer().to_i64()?;
        spread.bound(demand, &room, &mut squares);
    }
    let failure = round_ru(&failure, BITS);
    Some(Goal {
        aim: Aim::Accuracy,
        form,
        method: Method::Exponential,
        counts,
        squares,
        lost: failure.clone(),
        failure,
    })
}
