//! The mathematics that every claim leans on: the problem, a state, what a network answers.
//!
//! Patterns `v_p` with inner products `G`, filters `w_j` held by their pattern coordinates
//! `Z_jp = <w_j, v_p>`, a head `a`. An image X has `N_p` patches `v_p` and the label y = 1 or -1. With sum
//! pooling `f(X) = sum_p N_p sum_j a_j sigma(Z_jp)`, with max pooling `f(X) = sum_j a_j max sigma(Z_jp)` over the
//! patterns that X has, 0 without any; where `sigma(z) = z` for z > 0 and `s z` for other z; s = 0
//! is relu.

use crate::certificate::format::{Loss, Number, Pooling, Problem};
use crate::certificate::verify::draws::images;
use crate::certificate::verify::error::{Checked, Quantity, Rule, agree, need};
use crate::certificate::verify::work::{Work, size};
use num_bigint::BigInt;
use num_rational::BigRational as Q;
use num_traits::{One, Signed, Zero};
use std::cell::OnceCell;
use std::collections::BTreeMap;

pub struct Atom {
    /// The place of the label's key pattern: 0 for +, 1 for -.
    pub label: usize,
    pub counts: Vec<u64>,
    /// The probability, in units of 1 / `whole`.
    pub mass: BigInt,
}

/// The law of an integer: values, and their probabilities in units of 1 / `whole`.
pub type Law = BTreeMap<i128, BigInt>;

/// Pattern coordinates and head.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct State {
    pub weights: Vec<Vec<Q>>,
    pub head: Vec<Q>,
}

/// What margins are read off, as integers: a margin is in units of 1 / `scale`.
pub struct View {
    values: Values,
    scale: BigInt,
}

enum Values {
    /// `sum_j a_j sigma(Z_jp)` for each pattern.
    Sum(Vec<BigInt>),
    /// `sigma(Z_jp)`, a row a filter, and `a_j`.
    Max(Vec<Vec<BigInt>>, Vec<BigInt>),
}

pub struct Model<'c> {
    pub problem: &'c Problem,
    pub work: Work,
    pub gram: Vec<Vec<Q>>,
    /// s, the slope of the activation at and below 0.
    pub slope: Q,
    pub atoms: Vec<Atom>,
    /// The common denominator of their probabilities.
    pub whole: BigInt,
    /// `E[y N_p]`.
    pub drift: Vec<Q>,
    /// `|w_j(0)|^2`.
    pub norms: Vec<Q>,
    pub start: State,
    /// What `along-and-across` asks of the images, once it was asked.
    pub backgrounds: OnceCell<[Q; 5]>,
    /// The laws of `y N_p`, once they were asked for.
    pub laws: OnceCell<Vec<Law>>,
}

pub fn int(n: impl Into<BigInt>) -> Q {
    Q::from_integer(n.into())
}

/// 1 for label 0 (+), -1 for label 1 (-).
pub fn sign(y: usize) -> BigInt {
    BigInt::from(if y == 0 { 1 } else { -1 })
}

pub fn positive(x: Q) -> Q {
    x.max(Q::zero())
}

pub fn squared(x: &Q) -> Q {
    x * x
}

pub fn shaped<T>(rows: &[Vec<T>], height: usize, width: usize) -> bool {
    rows.len() == height && rows.iter().all(|row| row.len() == width)
}

fn plain(rows: &[Vec<Number>]) -> Vec<Vec<Q>> {
    let row = |row: &Vec<Number>| row.iter().map(|x| x.0.clone()).collect();
    rows.iter().map(row).collect()
}

impl<'c> Model<'c> {
    /// Checks that the problem is one.
    pub fn new(problem: &'c Problem, work: u64) -> Checked<Self> {
        let (n, width) = (problem.head.len(), problem.gram.len());
        need(width >= 2 && n >= 1, Rule::Sizes)?;
        need(shaped(&problem.gram, width, width), Rule::Square)?;
        need(shaped(&problem.weights, n, width), Rule::Weights)?;
        let gram = plain(&problem.gram);
        let mut pairs = (0..width).flat_map(|p| (0..p).map(move |q| (p, q)));
        need(
            pairs.all(|(p, q)| gram[p][q] == gram[q][p]),
            Rule::Symmetric,
        )?;
        let slope = problem.slope.as_ref().map(|s| &s.0);
        let proper = |s: &Q| s.is_positive() && *s <= Q::one();
        need(slope.is_none_or(proper), Rule::Slope)?;
        need(problem.step.0.is_positive(), Rule::Step)?;
        need(problem.batch.0 >= 1, Rule::Batch)?;
        let mut model = Model {
            problem,
            work: Work::new(work),
            gram,
            slope: slope.cloned().unwrap_or_default(),
            atoms: Vec::new(),
            whole: BigInt::one(),
            drift: Vec::new(),
            norms: Vec::new(),
            start: State {
                weights: plain(&problem.weights),
                head: problem.head.iter().map(|x| x.0.clone()).collect(),
            },
            backgrounds: OnceCell::new(),
            laws: OnceCell::new(),
        };
        model.read_atoms()?;
        model.norms = model.norms_squared(&model.start.weights)?;
        Ok(model)
    }

    /// Writes out the atoms, and their drift.
    fn read_atoms(&mut self) -> Checked<()> {
        let (listed, whole) = images(&self.work, self.problem)?;
        let total = Q::new(listed.iter().map(|(_, _, n)| n).sum(), whole.clone());
        agree(Quantity::Total, &Q::one(), &total)?;
        let mut drift = vec![BigInt::zero(); self.gram.len()];
        for (label, counts, mass) in listed {
            self.work.charge(1, size(&whole))?;
            let signed = &mass * sign(label);
            for (sum, &count) in drift.iter_mut().zip(&counts).filter(|(_, c)| **c > 0) {
                *sum += &signed * count;
            }
            self.atoms.push(Atom {
                label,
                counts,
                mass,
            });
        }
        let share = |sum| Q::new(sum, whole.clone());
        self.drift = drift.into_iter().map(share).collect();
        self.whole = whole;
        Ok(())
    }

    /// Squared norms of the filters with these pattern coordinates: with `G = L D L^T` they are
    /// `sum_k (L^-1 z)_k^2 / D_k`. Fails where G has a negative direction or a row is not in its range.
    pub fn norms_squared(&self, weights: &[Vec<Q>]) -> Checked<Vec<Q>> {
        let rows = self.gram.len() + weights.len();
        self.work.charge((rows * self.gram.len()) as u64, 1)?;
        let (mut gram, mut weights) = (self.gram.clone(), weights.to_vec());
        let mut norms = vec![Q::zero(); weights.len()];
        for k in 0..gram.len() {
            let row = gram[k].clone();
            let pivot = &row[k];
            let semidefinite = pivot.is_positive() || row[k..].iter().all(Q::is_zero);
            need(semidefinite, Rule::Semidefinite)?;
            if pivot.is_zero() {
                need(weights.iter().all(|z| z[k].is_zero()), Rule::Range)?;
                continue;
            }
            for (norm, z) in norms.iter_mut().zip(&weights) {
                self.work.add(norm, &squared(&z[k]), &pivot.recip())?;
            }
            for i in (k + 1..row.len()).filter(|&i| !row[i].is_zero()) {
                let factor = -(&row[i] / pivot);
                for (x, y) in gram[i].iter_mut().zip(&row).skip(k) {
                    self.work.add(x, &factor, y)?;
                }
                for z in &mut weights {
                    let along = z[k].clone();
                    self.work.add(&mut z[i], &factor, &along)?;
                }
            }
        }
        Ok(norms)
    }

    pub fn max_pooling(&self) -> bool {
        self.problem.pooling == Some(Pooling::Max)
    }

    /// The winners of each label: `y a_j > 0` and `Z_jy > 0` at step 0.
    pub fn winners(&self) -> [Vec<usize>; 2] {
        let State { weights, head } = &self.start;
        let own =
            |y: usize, j: usize| (&head[j] * sign(y)).is_positive() && weights[j][y].is_positive();
        [0, 1].map(|y| (0..head.len()).filter(|&j| own(y, j)).collect())
    }

    /// All other filters.
    pub fn losers(&self) -> Vec<usize> {
        let mut losers = vec![true; self.start.head.len()];
        for j in self.winners().concat() {
            losers[j] = false;
        }
        (0..losers.len()).filter(|&j| losers[j]).collect()
    }

    /// `sigma(z)`.
    fn activated(&self, z: &Q) -> Checked<Q> {
        if z.is_positive() || self.slope.is_one() {
            return Ok(z.clone());
        }
        let mut value = Q::zero();
        if !self.slope.is_zero() {
            self.work.add(&mut value, z, &self.slope)?;
        }
        Ok(value)
    }

    pub fn view(&self, state: &State) -> Checked<View> {
        if self.max_pooling() {
            let mut values = Vec::new();
            for z in state.weights.iter().flatten() {
                values.push(self.activated(z)?);
            }
            let (values, unit) = self.work.common(&values.iter().collect::<Vec<_>>())?;
            let (head, scale) = self.work.common(&state.head.iter().collect::<Vec<_>>())?;
            let rows = values.chunks(self.gram.len()).map(<[_]>::to_vec).collect();
            return Ok(View {
                values: Values::Max(rows, head),
                scale: unit * scale,
            });
        }
        let mut totals = vec![Q::zero(); self.gram.len()];
        for (row, a) in state.weights.iter().zip(&state.head) {
            for (total, z) in totals.iter_mut().zip(row) {
                self.work.add(total, a, &self.activated(z)?)?;
            }
        }
        let (totals, scale) = self.work.common(&totals.iter().collect::<Vec<_>>())?;
        let values = Values::Sum(totals);
        Ok(View { values, scale })
    }

    /// `y f(X)`, in units of 1 / `scale`.
    fn margin(&self, view: &View, atom: &Atom) -> Checked<BigInt> {
        let mut f = BigInt::zero();
        match &view.values {
            Values::Sum(totals) => {
                for (total, &count) in totals.iter().zip(&atom.counts) {
                    if count > 0 {
                        self.work.charge(1 + size(total) / 32, 0)?;
                        f += total * count;
                    }
                }
            }
            Values::Max(rows, head) => {
                for (row, a) in rows.iter().zip(head) {
                    if let Some(p) = self.pick(row, atom)? {
                        self.work.charge(1, size(&row[p]) + size(a))?;
                        f += a * &row[p];
                    }
                }
            }
        }
        Ok(f * sign(atom.label))
    }

    /// The first of the patterns that an image has with the largest value.
    pub fn pick<T: Ord>(&self, row: &[T], atom: &Atom) -> Checked<Option<usize>> {
        self.work.charge(1 + row.len() as u64 / 8, 0)?;
        let has = |p: &usize| atom.counts[*p] > 0;
        // Of equal ones `max_by_key` gives the last.
        Ok((0..row.len()).rev().filter(has).max_by_key(|&p| &row[p]))
    }

    /// The pattern that the gradient of each filter goes to, with max pooling, on this image.
    pub fn picks(&self, view: &View, atom: &Atom) -> Checked<Vec<Option<usize>>> {
        match &view.values {
            Values::Sum(_) => Ok(Vec::new()),
            Values::Max(rows, _) => rows.iter().map(|row| self.pick(row, atom)).collect(),
        }
    }

    /// `y f(X)`.
    pub fn margin_of(&self, view: &View, atom: &Atom) -> Checked<Q> {
        Ok(Q::new(self.margin(view, atom)?, view.scale.clone()))
    }

    /// `-phi'(y f(X))`.
    pub fn gate(&self, view: &View, atom: &Atom) -> Checked<Q> {
        let margin = self.margin(view, atom)?;
        let slack = &view.scale - &margin;
        Ok(match self.problem.loss {
            Loss::Unhinged => Q::one(),
            Loss::Hinge => int(i32::from(slack.is_positive())),
            Loss::Perceptron => int(i32::from(!margin.is_positive())),
            Loss::SquaredHinge => positive(Q::new(slack, view.scale.clone())),
            Loss::Square => Q::new(slack, view.scale.clone()),
        })
    }

    /// `P(y f(X) > 0)`; a tie is an error.
    pub fn accuracy(&self, state: &State) -> Checked<Q> {
        let view = self.view(state)?;
        let mut right = BigInt::zero();
        for atom in &self.atoms {
            if self.margin(&view, atom)?.is_positive() {
                right += &atom.mass;
            }
        }
        Ok(Q::new(right, self.whole.clone()))
    }
}
