//! What T12 speaks of on one problem: filters along and across their keys, and the moments that bound how far
//! they go across.

use crate::dynamics::path::ExactPath;
use crate::number::{Matrix, Scaled, common_denominator, numerator_over, sqrt_ru};
use crate::problem::assumption::drifts;
use crate::theory::prelude::*;
use num_bigint::BigInt;
use num_traits::{Signed, Zero};

/// What counts as the part of a filter across its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// All that is orthogonal to its own key, the other label's key included.
    Whole,
    /// What is orthogonal to both keys: the other label's key is followed on its own.
    Split,
}

impl Form {
    pub const ALL: [Form; 2] = [Form::Whole, Form::Split];

    pub fn name(self) -> &'static str {
        match self {
            Form::Whole => "whole",
            Form::Split => "split",
        }
    }
}

/// What holds for all filters whose head has one sign.
#[derive(Debug, Clone)]
pub(super) struct Side {
    /// r_y; 0 if no image has this label.
    pub keys: Q,
    /// Probability of the label.
    pub prior: Q,
    /// `max sum_kl N_k N_l max(G_kl, 0)` over background patterns and the images of this label.
    pub heaviest: Q,
    /// V for these filters, by form.
    pub moment: [Q; 2],
    /// C for these filters, by form.
    pub largest: [Q; 2],
    /// Is H there, so that the theorem speaks of these filters?
    pub covered: bool,
}

/// One filter at the start.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    /// The label that its head votes for.
    pub side: Label,
    /// `|a_j|`.
    pub head: Q,
    /// The coordinate on its own key.
    pub own: Q,
    /// The coordinate on the other key.
    pub wrong: Q,
    /// `eta |a_j| r` over the samples of a step: what its own key gains with each sample of its label, if it is positive.
    pub growth: Q,
    /// The farthest that the square of the other key's coordinate goes.
    pub wrong_reach: Q,
    /// `|w_perp|^2`, by form.
    pub across: [Q; 2],
    /// The root of that, rounded up.
    pub length: [Q; 2],
    /// Can the part across move?
    pub moves: [bool; 2],
}

impl Filter {
    /// Is its own key positive, so that it grows for ever?
    pub fn wins(&self) -> bool {
        self.own.is_positive()
    }
}

/// Where a state stands, one filter.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub own: Q,
    pub wrong: Q,
    /// `|w_perp|^2`, by form.
    pub across: [Q; 2],
}

/// `E[N_p N_q] G_pq`, over one denominator.
#[derive(Debug, Clone)]
struct Products {
    entries: Entries,
    denominator: BigInt,
}

#[derive(Debug, Clone)]
enum Entries {
    /// The diagonal alone of an orthonormal dictionary, where all else is 0.
    Diagonal(Vec<BigInt>),
    Full(Matrix<BigInt>),
}

impl Products {
    fn new(problem: &Problem) -> Self {
        let distribution = problem.distribution();
        let Some(gram) = problem.dictionary().gram() else {
            let scaled = Scaled::new(&distribution.mean_squares());
            return Products {
                entries: Entries::Diagonal(scaled.numerators),
                denominator: scaled.denominator,
            };
        };
        let mean = distribution.mean_products();
        let n = problem.n_patterns();
        let products = Matrix::from_fn(n, n, |p, q| &mean[(p, q)] * &gram[(p, q)]);
        let denominator = common_denominator(products.entries());
        Products {
            entries: Entries::Full(products.map(|x| numerator_over(x, &denominator))),
            denominator,
        }
    }

    /// The sum over the pairs of these patterns, of `term` of each product.
    fn sum<'a>(&'a self, patterns: &[usize], term: impl Fn(&'a BigInt) -> Option<&'a BigInt>) -> Q {
        let sum: BigInt = match &self.entries {
            Entries::Diagonal(squares) => {
                let entries = patterns.iter().map(|&p| &squares[p]);
                entries.filter_map(term).sum()
            }
            Entries::Full(products) => {
                let row = |&p: &usize| patterns.iter().map(move |&q| &products[(p, q)]);
                patterns.iter().flat_map(row).filter_map(term).sum()
            }
        };
        Q::new(sum, self.denominator.clone())
    }

    /// The sum of the diagonal over these patterns.
    fn trace(&self, patterns: &[usize]) -> Q {
        let entry = |&p: &usize| match &self.entries {
            Entries::Diagonal(squares) => &squares[p],
            Entries::Full(products) => &products[(p, p)],
        };
        let sum: BigInt = patterns.iter().map(entry).sum();
        Q::new(sum, self.denominator.clone())
    }
}

/// The constants of T12 on one problem.
#[derive(Debug, Clone)]
pub struct Setting {
    pub(super) filters: Vec<Filter>,
    /// Label + first.
    pub(super) sides: [Side; 2],
    /// `eta^2`.
    pub(super) square: Q,
    /// How many of t steps count in `M_t`: all of them, if no near miss says otherwise.
    pub(super) counted: fn(u64) -> u64,
    /// `E[y N_p]`.
    drifts: Vec<Q>,
    products: Products,
    /// Which filters of the other label oppose the winners of one: all of them, if no near miss says otherwise.
    pub(super) opposes: fn(&Filter) -> bool,
    eta: Q,
    /// Samples of a step.
    pub(super) batch: u32,
}

impl Setting {
    pub(super) fn new(problem: &Problem) -> Result<Self, Remark> {
        let (distribution, dictionary) = (problem.distribution(), problem.dictionary());
        let keys = distribution
            .key_counts()
            .map_err(|fault| Remark::from(fault.to_string()))?
            .map(integer);
        let prior = Label::BOTH.map(|y| distribution.label_probability(y));
        let products = Products::new(problem);
        let background: Vec<usize> = (2..problem.n_patterns()).collect();
        let moment = products.sum(&background, |x| x.is_positive().then_some(x));
        let drifts = drifts(problem);
        let heaviest = Label::BOTH.map(|y| heaviest(problem, y));
        let [plus, minus] = &heaviest;
        let side = |y: Label| {
            let other = y.opposite().index();
            let wrong = &keys[other] * &keys[other];
            let drift = drifts[y.index()].as_ref();
            let of_other = match prior[other].is_zero() {
                true => Q::zero(),
                false => &wrong + &heaviest[other],
            };
            Side {
                keys: keys[y.index()].clone(),
                prior: prior[y.index()].clone(),
                heaviest: heaviest[y.index()].clone(),
                moment: [&moment + &prior[other] * wrong, moment.clone()],
                largest: [
                    of_other.max(heaviest[y.index()].clone()),
                    plus.max(minus).clone(),
                ],
                covered: drift.is_none_or(|at| !at.drift.is_positive()),
            }
        };
        let sides = Label::BOTH.map(side);
        let (eta, batch) = (problem.training().step.clone(), problem.training().batch);
        let rows = problem.network().weights.iter_rows();
        let filter = |(row, a): (&[Q], &Q)| {
            let side = Label::voted_by(a);
            let [own, wrong] = [side, side.opposite()].map(|y| row[y.index()].clone());
            let head = a.abs();
            let push = &eta * &head * &keys[side.opposite().index()];
            let whole = dictionary.norm_squared(row) - &own * &own;
            let across = [whole.clone(), whole - &wrong * &wrong];
            let active = |z: &&Q| z.is_positive();
            let backgrounds = row[2..].iter().any(|z| active(&z));
            Filter {
                growth: &eta * &head * &keys[side.index()] / integer(batch),
                wrong_reach: match wrong.is_positive() {
                    true => (&wrong * &wrong).max(&push * &push),
                    false => &wrong * &wrong,
                },
                moves: [backgrounds || wrong.is_positive(), backgrounds],
                length: across.each_ref().map(sqrt_ru),
                across,
                side,
                head,
                own,
                wrong,
            }
        };
        Ok(Setting {
            filters: rows.zip(&problem.network().head).map(filter).collect(),
            sides,
            square: &eta * &eta,
            counted: |t| t,
            drifts: distribution.signed_mean_counts(),
            products,
            opposes: |_| true,
            eta,
            batch,
        })
    }

    pub(super) fn side(&self, filter: &Filter) -> &Side {
        &self.sides[filter.side.index()]
    }

    /// Is H there for this filter?
    pub(super) fn covers(&self, filter: &Filter) -> bool {
        self.side(filter).covered
    }

    /// What `M_t` and `M'_t` of a filter gain with each step: `eta^2 a^2` times V, or C; nothing where its part across
    /// cannot move.
    pub(super) fn paces(&self, form: Form, filter: &Filter) -> [Q; 2] {
        let form = form as usize;
        if !filter.moves[form] {
            return [(); 2].map(|()| Q::zero());
        }
        let side = self.side(filter);
        let each = &self.square * &filter.head * &filter.head;
        [&side.moment[form], &side.largest[form]].map(|rate| &each * rate)
    }

    /// The squared part across of a filter at the start, and what was gained by step t.
    pub(super) fn mass(&self, form: Form, filter: &Filter, pace: &Q, t: u64) -> Q {
        &filter.across[form as usize] + pace * integer((self.counted)(t))
    }

    /// `M_t` and `M'_t` of a filter.
    pub(super) fn masses(&self, form: Form, filter: &Filter, t: u64) -> [Q; 2] {
        let paces = self.paces(form, filter);
        paces.map(|pace| self.mass(form, filter, &pace, t))
    }

    /// By how much `|w_perp|^2` of filter j grows in the mean in one step where a path stands.
    pub(super) fn mean_growth(&self, form: Form, j: usize, path: &ExactPath<'_>) -> Q {
        let filter = &self.filters[j];
        let own = filter.side.index();
        let wrong = filter.side.opposite().index();
        let across = |p: &usize| *p != own && (form == Form::Whole || *p != wrong);
        let patterns = 0..self.drifts.len();
        let active: Vec<usize> = patterns
            .filter(|p| across(p) && path.is_positive(j, *p))
            .collect();
        let drifting = || active.iter().filter(|&&p| !self.drifts[p].is_zero());
        let drifts: Q = drifting()
            .map(|&p| &self.drifts[p] * path.weight(j, p))
            .sum();
        let mut length = self.products.sum(&active, Some);
        if self.batch > 1 {
            // The mean of b independent samples: `E|d|^2 / b + (1 - 1/b) |E d|^2`.
            let gram = |p: usize, q: usize| path.problem().dictionary().gram_entry(p, q);
            let pairs = drifting().flat_map(|&p| drifting().map(move |&q| (p, q)));
            let products = pairs.map(|(p, q)| &self.drifts[p] * &self.drifts[q] * gram(p, q));
            let of_mean: Q = products.sum();
            length = (&length - &of_mean) / integer(self.batch) + of_mean;
        }
        let step = &self.eta * &filter.head;
        let second = &step * &step * length;
        if drifts.is_zero() {
            return second;
        }
        integer(2 * filter.side.sign()) * step * drifts + second
    }

    /// The most that the theorem says of this.
    pub(super) fn most_in_the_mean(&self, form: Form, j: usize) -> Q {
        let filter = &self.filters[j];
        let moment = &self.side(filter).moment[form as usize];
        &self.square * &filter.head * &filter.head * moment
    }

    /// The parts of all filters where a path stands.
    pub(super) fn parts_on(&self, path: &ExactPath<'_>) -> Vec<Parts> {
        let of = |(j, filter): (usize, &Filter)| {
            let keys = [filter.side, filter.side.opposite()].map(Label::index);
            let [own, wrong] = keys.map(|p| path.weight(j, p));
            Parts {
                across: path.squares_beside(j, keys),
                own,
                wrong,
            }
        };
        self.filters.iter().enumerate().map(of).collect()
    }

    /// The parts of all filters, given their coordinates and squared norms.
    pub(super) fn parts(&self, weights: &Matrix<Q>, norms: &[Q]) -> Vec<Parts> {
        let rows = weights.iter_rows().zip(norms).zip(&self.filters);
        rows.map(|((row, norm), filter)| {
            let [own, wrong] =
                [filter.side, filter.side.opposite()].map(|y| row[y.index()].clone());
            let whole = norm - &own * &own;
            let split = &whole - &wrong * &wrong;
            Parts {
                across: [whole, split],
                own,
                wrong,
            }
        })
        .collect()
    }

    /// The least squared norm of a winner over the largest of a loser, compared with R^2: is the ratio attained?
    pub(super) fn attains(&self, parts: &[Parts], ratio: u64) -> Option<[Q; 2]> {
        let norm = |parts: &Parts| &parts.own * &parts.own + &parts.across[0];
        let of = |wins: bool| {
            let all = parts.iter().zip(&self.filters);
            all.filter(move |(_, f)| f.wins() == wins)
                .map(|(parts, _)| norm(parts))
        };
        let (least, most) = (of(true).min()?, of(false).max()?);
        Some([least, integer(ratio) * integer(ratio) * most])
    }

    /// Leaves the products of different patterns out of V, as a near miss does.
    pub(super) fn leave_out_products(&mut self, problem: &Problem) {
        let background: Vec<usize> = (2..problem.n_patterns()).collect();
        let moment = self.products.trace(&background);
        for y in [0, 1] {
            let wrong = self.products.trace(&[1 - y]);
            self.sides[y].moment = [&moment + wrong, moment.clone()];
        }
    }
}

/// The largest `sum_kl N_k N_l max(G_kl, 0)` over background patterns and the images of a label.
///
/// With `G_kl <= |u_k| |u_l|` the sum is at most `(sum_k N_k |u_k|)^2`, so in the generative form it is largest where all
/// patches show the longest pattern: at an extreme image.
fn heaviest(problem: &Problem, label: Label) -> Q {
    let gram = |p, q| problem.dictionary().gram_entry(p, q).max(Q::zero());
    let images = problem.distribution().extreme_images();
    let images = images.filter(|image| image.label == label);
    let square = images.map(|image| -> Q {
        let background = || image.counts.iter().filter(|(p, _)| *p >= 2);
        let pairs = background().flat_map(|a| background().map(move |b| (a, b)));
        pairs
            .map(|((p, a), (q, b))| gram(*p, *q) * integer(u64::from(*a) * u64::from(*b)))
            .sum()
    });
    square.max().unwrap_or_else(Q::zero)
}
