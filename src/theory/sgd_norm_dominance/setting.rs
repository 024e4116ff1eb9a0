//! What T4 speaks of on one problem: winners, losers, walks, and the implication from thresholds
//! to dominance.

use crate::number::{Scaled, ceil_sqrt};
use crate::probability::StepLaw;
use crate::problem::Camps;
use crate::theory::count_law::step_law;
use crate::theory::prelude::*;
use crate::theory::thresholds::grouped;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};

/// A form of the bound. The first two speak of every step of a window, the third of its end alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// T4 as stated.
    Stated,
    /// With what never moves left where it is.
    Alive,
    /// The same with the end values of the walks in place of their maxima.
    EndPoint,
}

impl Form {
    pub const ALL: [Form; 3] = [Form::Stated, Form::Alive, Form::EndPoint];

    pub fn name(self) -> &'static str {
        match self {
            Form::Stated => "stated",
            Form::Alive => "alive",
            Form::EndPoint => "end point",
        }
    }

    /// Which of [`SIDES`] it uses.
    fn side(self) -> usize {
        usize::from(self != Form::Stated)
    }
}

/// Norms are bounded as stated, and sharper: with what never moves left where it is.
const SIDES: [bool; 2] = [false, true];

/// A winner: its norm squared is at least `(key + growth b)^2 + rest` after b samples of its label.
#[derive(Debug, Clone)]
struct Winner {
    label: Label,
    key: Q,
    /// Squares of the coordinates that never move.
    rest: Q,
}

/// An upper bound of a loser's squared norm, given bounds lambda of the walks, one a group:
/// `base + 2 eta sum_g linear_g lambda_g + eta^2 sum_g counts_g lambda_g^2`.
#[derive(Debug, Clone, PartialEq)]
struct Bound {
    base: Q,
    linear: Vec<Q>,
    counts: Vec<u64>,
    /// The base, and each `2 eta linear_g` and `eta^2 counts_g` in turn, as integers.
    terms: Scaled,
}

impl Bound {
    fn new(base: Q, linear: Vec<Q>, counts: Vec<u64>, eta: &Q) -> Self {
        let mut terms = vec![base.clone()];
        for (z, &n) in linear.iter().zip(&counts) {
            terms.push(integer(2) * eta * z);
            terms.push(eta * eta * integer(n));
        }
        Bound {
            terms: Scaled::new(&terms),
            base,
            linear,
            counts,
        }
    }

    fn at(&self, lambda: &[u64]) -> Q {
        let [base, terms @ ..] = &self.terms.numerators[..] else {
            return Q::zero();
        };
        let mut sum = base.clone();
        for (term, &l) in terms.chunks_exact(2).zip(lambda) {
            sum += (&term[0] + &term[1] * l) * l;
        }
        Q::new(sum, self.terms.denominator.clone())
    }

    fn is_at_most(&self, other: &Bound) -> bool {
        self.base <= other.base
            && self.linear.iter().zip(&other.linear).all(|(a, b)| a <= b)
            && self.counts.iter().zip(&other.counts).all(|(a, b)| a <= b)
    }
}

/// Background patterns whose walks have the same law.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub law: StepLaw,
    /// The patterns, as indices in `0..K`.
    pub members: Vec<usize>,
    /// Members on which some loser with head +1 (then -1) is positive at the start, so that a
    /// rising (falling) walk makes it grow.
    pub grows: [Vec<usize>; 2],
    /// Members in either list.
    pub alive: usize,
}

/// The claim on one problem.
#[derive(Clone)]
pub struct Setting {
    pub(super) eta: Q,
    /// `eta r`: what a winner's key gains with a sample of its label.
    pub(super) growth: Q,
    /// Probabilities of the labels.
    pub(super) prior: [Q; 2],
    pub(super) groups: Vec<Group>,
    /// Which filters are winners; the others are losers.
    pub(super) camps: Camps,
    /// Winners that no other one makes superfluous, for the stated and for the sharp forms.
    winners: [Vec<Winner>; 2],
    /// Upper bounds of losers, likewise.
    bounds: [Vec<Bound>; 2],
}

impl Setting {
    /// The claim of the theorem, for a problem on which the assumptions hold.
    pub(super) fn new(problem: &Problem) -> Result<Self, Remark> {
        Self::read_with(problem, problem.distribution().key_count().unwrap_or(1))
    }

    /// The same with r key patches, whatever the images have.
    pub(super) fn read_with(problem: &Problem, r: u32) -> Result<Self, Remark> {
        let step = problem.training().step.clone();
        let camps = problem.camps();
        let winner = |(j, label): (usize, Label), sharp: bool| {
            let row = problem.network().weights.row(j);
            let still = row.iter().filter(|z| sharp && !z.is_positive());
            Winner {
                label,
                key: row[label.index()].clone(),
                rest: still.map(square).sum(),
            }
        };
        let superfluous = |new: &Winner, kept: &Winner| {
            new.label == kept.label && kept.key <= new.key && kept.rest <= new.rest
        };
        let mut setting = Setting {
            growth: &step * integer(r),
            eta: step,
            prior: Label::BOTH.map(|y| problem.distribution().label_probability(y)),
            groups: groups(problem)?,
            winners: SIDES.map(|sharp| {
                let winners = camps.winners().map(|found| winner(found, sharp));
                frontier(winners, superfluous)
            }),
            bounds: [Vec::new(), Vec::new()],
            camps,
        };
        setting.bound_losers(problem);
        Ok(setting)
    }

    /// Leaves the background out of the losers' norms, as a near miss does.
    pub(super) fn leave_out_background(&mut self, problem: &Problem) {
        self.groups.clear();
        self.bound_losers(problem);
    }

    /// The upper bounds of these losers, over the background patterns of the groups.
    fn bound_losers(&mut self, problem: &Problem) {
        let bound = |(i, side): (usize, Label), sharp: bool| {
            let row = problem.network().weights.row(i);
            let moves = |z: &Q| z.is_positive() || !sharp;
            let [own, wrong] = [side, side.opposite()].map(|y| &row[y.index()]);
            let mut base = square(own) + square(wrong);
            if moves(wrong) {
                base = square(own) + square(wrong).max(square(&self.growth));
            }
            let (mut linear, mut counts) = (Vec::new(), Vec::new());
            for group in &self.groups {
                let of_group = || group.members.iter().map(|&k| &row[k + 2]);
                base += of_group().map(square).sum::<Q>();
                linear.push(of_group().filter(|z| moves(z)).map(Signed::abs).sum());
                counts.push(of_group().filter(|z| moves(z)).count() as u64);
            }
            Bound::new(base, linear, counts, &self.eta)
        };
        let smaller = |new: &Bound, kept: &Bound| new.is_at_most(kept);
        let losers = losers(problem);
        self.bounds = SIDES.map(|sharp| {
            let bounds = losers.iter().map(|&loser| bound(loser, sharp));
            frontier(bounds, smaller)
        });
    }

    /// The least lambda that a form looks at: the bounds of coordinates that move need a walk bound
    /// of at least one step's length.
    pub(super) fn least_lambda(&self, form: Form) -> Vec<u64> {
        let least = |g: &Group| match form {
            Form::Stated => 0,
            Form::Alive | Form::EndPoint => g.law.bound(),
        };
        self.groups.iter().map(least).collect()
    }

    /// The largest squared norm of a loser that these bounds of the walks allow.
    pub(super) fn largest_loser(&self, form: Form, lambda: &[u64]) -> Q {
        let bounds = self.bounds[form.side()].iter();
        let norms = bounds.map(|bound| bound.at(lambda));
        norms.max().unwrap_or_else(Q::zero)
    }

    /// The least squared norm of a winner, given numbers of samples of both labels.
    pub(super) fn least_winner(&self, form: Form, b: [u64; 2]) -> Q {
        let norm = |w: &Winner| {
            let key = &w.key + &self.growth * integer(b[w.label.index()]);
            &key * &key + &w.rest
        };
        let norms = self.winners[form.side()].iter().map(norm);
        norms.min().unwrap_or_else(Q::zero)
    }

    /// The least numbers of samples after which every winner's squared norm is at least `wanted`;
    /// `None` if one does not fit 64 bits.
    pub(super) fn least_samples(&self, form: Form, wanted: &Q) -> Option<[u64; 2]> {
        let mut least = [0u64; 2];
        for Winner { label, key, rest } in &self.winners[form.side()] {
            // The least integer b with (p/q + b)^2 >= x, where p/q = key/growth and x = (wanted - rest)/growth^2: the
            // least with p + q b >= ceil(sqrt(x q^2)). Nothing is reduced.
            let p = key.numer() * self.growth.denom();
            let q = key.denom() * self.growth.numer();
            let unit = key.denom() * self.growth.denom();
            let gap = wanted.numer() * rest.denom() - rest.numer() * wanted.denom();
            let square = gap * &unit * unit;
            let square = Integer::div_ceil(&square, &(wanted.denom() * rest.denom()));
            let b = Integer::div_ceil(&(ceil_sqrt(&integer(square)) - p), &q);
            let slot = &mut least[label.index()];
            *slot = (*slot).max(b.max(BigInt::zero()).to_u64()?);
        }
        Some(least)
    }

    /// The implication of the theorem: do these thresholds force the ratio?
    pub(super) fn implies(&self, form: Form, ratio: u64, b: [u64; 2], lambda: &[u64]) -> bool {
        let reached = lambda.iter().zip(self.least_lambda(form));
        reached.into_iter().all(|(&l, least)| l >= least)
            && self.least_winner(form, b)
                >= integer(ratio) * integer(ratio) * self.largest_loser(form, lambda)
    }
}

/// The losers, each with the label of its head's sign.
fn losers(problem: &Problem) -> Vec<(usize, Label)> {
    let head = &problem.network().head;
    let side = |j: usize| (j, Label::voted_by(&head[j]));
    problem.camps().losers().map(side).collect()
}

/// Background patterns by the law of their walks, in order of first appearance; none if there is no loser.
fn groups(problem: &Problem) -> Result<Vec<Group>, Remark> {
    let losers = losers(problem);
    if losers.is_empty() {
        return Ok(Vec::new());
    }
    let weights = &problem.network().weights;
    let alive = |k: usize, label: Label| {
        let mut of_label = losers.iter().filter(|(_, side)| *side == label);
        of_label.any(|&(i, _)| weights[(i, k + 2)].is_positive())
    };
    let laws: Option<Vec<StepLaw>> = (0..problem.n_patterns() - 2)
        .map(|k| step_law(problem, k))
        .collect();
    let laws = laws.ok_or_else(|| {
        remark!(
            "the count law of {} background patches is not written out",
            problem.distribution().max_patches()
        )
    })?;
    let group = |(law, members): (StepLaw, Vec<usize>)| {
        let of = |label| move |k: &usize| alive(*k, label);
        let grows = Label::BOTH.map(|y| Vec::from_iter(members.iter().copied().filter(of(y))));
        let moves = |k: &&usize| grows.iter().any(|list| list.contains(k));
        Group {
            alive: members.iter().filter(moves).count(),
            law,
            members,
            grows,
        }
    };
    Ok(grouped(laws).into_iter().map(group).collect())
}

fn square(z: &Q) -> Q {
    z * z
}

/// The items that no other one makes superfluous; of equals one is kept.
fn frontier<T>(items: impl Iterator<Item = T>, superfluous: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for item in items {
        if kept.iter().any(|k| superfluous(&item, k)) {
            continue;
        }
        kept.retain(|k| !superfluous(k, &item));
        kept.push(item);
    }
    kept
}
