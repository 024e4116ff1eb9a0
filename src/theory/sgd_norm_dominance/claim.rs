//! What T4 speaks of on one problem: winners, losers, walks, and the implication from thresholds
//! to dominance.

use super::super::drift::ceil_sqrt;
use super::super::theorem::Theory;
use super::{DOUBLE_GROWTH, NO_BACKGROUND};
use crate::number::{Q, integer};
use crate::probability::StepLaw;
use crate::problem::{Label, Problem};
use crate::theory::count_law::step_law;
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

    /// Which of the two bounds of a loser's norm it uses.
    fn side(self) -> usize {
        usize::from(self != Form::Stated)
    }
}

/// A winner: its norm squared is at least `(key + growth b)^2 + rest` after b samples of its label.
#[derive(Debug, Clone)]
pub(super) struct Winner {
    pub label: Label,
    pub key: Q,
    /// Squares of the coordinates that never move.
    pub rest: Q,
}

/// An upper bound of a loser's squared norm, given bounds lambda of the walks, one a group:
/// `base + 2 eta sum_g linear_g lambda_g + eta^2 sum_g counts_g lambda_g^2`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bound {
    pub base: Q,
    linear: Vec<Q>,
    pub counts: Vec<u64>,
}

impl Bound {
    fn at(&self, eta: &Q, lambda: &[u64]) -> Q {
        let mut linear = Q::zero();
        let mut square = BigInt::zero();
        for ((z, &n), &l) in self.linear.iter().zip(&self.counts).zip(lambda) {
            if !z.is_zero() {
                linear += z * integer(l);
            }
            square += BigInt::from(l) * l * n;
        }
        &self.base + eta * (integer(2) * linear + eta * integer(square))
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
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub eta: Q,
    /// `eta r`: what a winner's key gains with a sample of its label.
    pub growth: Q,
    pub prior_plus: Q,
    pub groups: Vec<Group>,
    /// Winners that no other one makes superfluous, for the stated and for the sharp forms.
    winners: [Vec<Winner>; 2],
    /// Upper bounds of losers, likewise.
    bounds: [Vec<Bound>; 2],
}

impl Setup {
    /// The claim of a theory, for a problem on which the assumptions hold. An error is a limit.
    pub fn new(problem: &Problem, theory: Theory) -> Result<Self, String> {
        let r = integer(problem.distribution().key_count().unwrap_or(1));
        let eta = problem.training().step.clone();
        let weights = &problem.network().weights;
        let winners: Vec<(usize, Label)> = Label::BOTH
            .into_iter()
            .flat_map(|y| problem.winners(y).into_iter().map(move |j| (j, y)))
            .collect();
        let is_loser = |j: &usize| winners.iter().all(|(w, _)| w != j);
        let loser_filters: Vec<usize> = (0..problem.n_filters()).filter(is_loser).collect();
        let sign = |j: usize| {
            if problem.network().head[j].is_positive() {
                Label::Plus
            } else {
                Label::Minus
            }
        };
        let groups = if theory == NO_BACKGROUND {
            Vec::new()
        } else {
            let alive = |side: Label, k: usize| {
                loser_filters
                    .iter()
                    .any(|&i| sign(i) == side && weights[(i, k + 2)].is_positive())
            };
            groups(problem, &alive)?
        };
        let step = &eta * &r;
        let square = |z: &Q| z * z;
        let mut stated = Vec::new();
        let mut sharper = Vec::new();
        for &i in &loser_filters {
            let row = weights.row(i);
            let side = sign(i);
            let keys = square(&row[side.index()]);
            let wrong = &row[side.opposite().index()];
            let mut all = Bound {
                base: &keys + square(wrong).max(square(&step)),
                linear: Vec::new(),
                counts: Vec::new(),
            };
            let mut sharp = Bound {
                base: if wrong.is_positive() {
                    all.base.clone()
                } else {
                    keys + square(wrong)
                },
                ..all.clone()
            };
            for group in &groups {
                let (mut any, mut positive) = (Q::zero(), Q::zero());
                let mut count = 0;
                for &k in &group.members {
                    let z = &row[k + 2];
                    all.base += square(z);
                    sharp.base += square(z);
                    any += z.abs();
                    if z.is_positive() {
                        positive += z;
                        count += 1;
                    }
                }
                all.linear.push(any);
                all.counts.push(group.members.len() as u64);
                sharp.linear.push(positive);
                sharp.counts.push(count);
            }
            stated.push(all);
            sharper.push(sharp);
        }
        let winners: Vec<Winner> = winners
            .into_iter()
            .map(|(j, label)| {
                let row = weights.row(j);
                Winner {
                    label,
                    key: row[label.index()].clone(),
                    rest: row.iter().filter(|z| !z.is_positive()).map(square).sum(),
                }
            })
            .collect();
        let without_rest = winners.iter().map(|w| Winner {
            rest: Q::zero(),
            ..w.clone()
        });
        let superfluous = |new: &Winner, kept: &Winner| {
            new.label == kept.label && kept.key <= new.key && kept.rest <= new.rest
        };
        let smaller = |new: &Bound, kept: &Bound| new.is_at_most(kept);
        Ok(Setup {
            growth: if theory == DOUBLE_GROWTH {
                integer(2) * step
            } else {
                step
            },
            eta,
            prior_plus: problem.distribution().label_probability(Label::Plus),
            groups,
            winners: [
                frontier(without_rest, superfluous),
                frontier(winners.iter().cloned(), superfluous),
            ],
            bounds: [
                frontier(stated.into_iter(), smaller),
                frontier(sharper.into_iter(), smaller),
            ],
        })
    }

    /// The least lambda that a form looks at: the bounds of coordinates that move need a walk bound
    /// of at least one step's length.
    pub fn least_lambda(&self, form: Form) -> Vec<u64> {
        self.groups
            .iter()
            .map(|g| match form {
                Form::Stated => 0,
                Form::Alive | Form::EndPoint => g.law.bound(),
            })
            .collect()
    }

    /// The largest squared norm of a loser that these bounds of the walks allow.
    pub fn largest_loser(&self, form: Form, lambda: &[u64]) -> Q {
        self.bounds[form.side()]
            .iter()
            .map(|b| b.at(&self.eta, lambda))
            .max()
            .unwrap_or_else(Q::zero)
    }

    /// The winners whose norms a form has to look at.
    pub fn winners(&self, form: Form) -> &[Winner] {
        &self.winners[form.side()]
    }

    /// The least squared norm of a winner, given numbers of samples of both labels.
    pub fn least_winner(&self, form: Form, b: [u64; 2]) -> Q {
        let norm = |w: &Winner| {
            let key = &w.key + &self.growth * integer(b[w.label.index()]);
            &key * &key + &w.rest
        };
        let norms = self.winners(form).iter().map(norm);
        norms.min().unwrap_or_else(Q::zero)
    }

    /// The least numbers of samples after which every winner's squared norm is at least `wanted`;
    /// `None` if one does not fit 64 bits.
    pub fn least_samples(&self, form: Form, wanted: &Q) -> Option<[u64; 2]> {
        let mut least = [0u64; 2];
        let square = &self.growth * &self.growth;
        for winner in self.winners(form) {
            // The least integer b with (p/q + b)^2 >= x, where p/q = key/growth: the least with
            // p + q b >= ceil(sqrt(x q^2)).
            let start = &winner.key / &self.growth;
            let (p, q) = (start.numer(), start.denom());
            let x = (wanted - &winner.rest) / &square;
            let root = ceil_sqrt(&(x * integer(q * q)));
            let b = Integer::div_ceil(&(root - p), q);
            let slot = &mut least[winner.label.index()];
            *slot = (*slot).max(b.max(BigInt::zero()).to_u64()?);
        }
        Some(least)
    }

    /// The implication of the theorem: do these thresholds force the ratio?
    pub fn implies(&self, form: Form, ratio: u64, b: [u64; 2], lambda: &[u64]) -> bool {
        let reached = lambda.iter().zip(self.least_lambda(form));
        reached.into_iter().all(|(&l, least)| l >= least)
            && self.least_winner(form, b)
                >= integer(ratio) * integer(ratio) * self.largest_loser(form, lambda)
    }
}

/// Background patterns by the law of their walks, in order of first appearance.
fn groups(problem: &Problem, alive: &dyn Fn(Label, usize) -> bool) -> Result<Vec<Group>, String> {
    let mut groups: Vec<Group> = Vec::new();
    for k in 0..problem.n_patterns() - 2 {
        let law = step_law(problem, k).ok_or_else(|| {
            format!(
                "the count law of {} background patches is not written out",
                problem.distribution().max_patches()
            )
        })?;
        let at = groups.iter().position(|g| g.law == law).unwrap_or_else(|| {
            groups.push(Group {
                law,
                members: Vec::new(),
                grows: [Vec::new(), Vec::new()],
                alive: 0,
            });
            groups.len() - 1
        });
        let group = &mut groups[at];
        group.members.push(k);
        let grows = Label::BOTH.map(|side| alive(side, k));
        for (list, grows) in group.grows.iter_mut().zip(grows) {
            if grows {
                list.push(k);
            }
        }
        group.alive += usize::from(grows[0] || grows[1]);
    }
    Ok(groups)
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
