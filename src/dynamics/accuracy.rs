//! Exact accuracy and population loss of a state.
//!
//! Accuracy 1 is decided by the worst atom and a linear loss by moments, both without enumerating
//! atoms, wherever the mathematics allows it. Everything else enumerates, within the limits of
//! [`crate::problem::Distribution::atoms`].

use super::bags::Bags;
use super::gradient::Model;
use super::state::State;
use crate::number::{Int, convert};
use crate::number::{Matrix, Q, Scalar, Scaled};
use crate::problem::{Atom, Label, Loss, Pooling, Problem, TooManyAtoms};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use std::sync::{Arc, OnceLock};

/// Most background patterns of which all sets are gone through.
const MOST_BACKGROUNDS: usize = 12;

/// The smallest and the largest margin over all atoms, `(min y f, max y f)`, without enumerating a
/// generative distribution where the pooling allows it.
///
/// - Sum pooling: a margin is linear in the counts, so both are among the extreme images.
/// - Max pooling: the margin depends on the set of patterns present; sets are enumerated for at most
///   12 background patterns that occur, or for the atoms of a table.
///
/// `None` if there is no such short cut.
///
/// # Cost
/// n P operations under sum pooling, and one a count of an extreme image.
pub fn margin_range<S: Scalar>(
    model: &Model<S>,
    problem: &Problem,
    state: &State<S>,
) -> Option<(S, S)> {
    let mut range: Option<(S, S)> = None;
    let mut see = |margin: S| match &mut range {
        None => range = Some((margin.clone(), margin)),
        Some((low, high)) => {
            if margin < *low {
                *low = margin;
            } else if margin > *high {
                *high = margin;
            }
        }
    };
    match problem.network().pooling {
        Pooling::Sum => {
            let f = pattern_sums(model, state);
            for image in problem.distribution().extreme_images() {
                let mut sum = S::zero();
                for (p, count) in image.counts {
                    sum += &(f[p].clone() * &S::from_integer(i64::from(count)));
                }
                see(sum * &S::from_integer(image.label.sign()));
            }
        }
        Pooling::Max => {
            for image in problem.distribution().present_sets(MOST_BACKGROUNDS)? {
                see(model.margin(state, image.label, &image.counts));
            }
        }
    }
    range
}

/// The sums `F_p = sum_j a_j sigma(Z_jp)`, length P: under sum pooling `f(X) = sum_p N_p F_p`.
pub fn pattern_sums<S: Scalar>(model: &Model<S>, state: &State<S>) -> Vec<S> {
    let mut f = vec![S::zero(); state.weights.cols()];
    for (row, a) in state.weights.iter_rows().zip(&state.head) {
        for (sum, z) in f.iter_mut().zip(row) {
            let value = model.activate(z);
            if !value.is_zero() {
                *sum += &(value * a);
            }
        }
    }
    f
}

/// Is accuracy exactly 1, i.e. is every margin positive? `None` if only enumeration could tell.
pub fn is_perfect<S: Scalar>(
    model: &Model<S>,
    problem: &Problem,
    state: &State<S>,
) -> Option<bool> {
    margin_range(model, problem, state).map(|(low, _)| low.is_positive())
}

/// Exact accuracy and loss of the states of one problem; what is enumerated is kept.
#[derive(Debug, Clone)]
pub struct Population<'p> {
    problem: &'p Problem,
    model: Model<Q>,
    bags: OnceLock<Arc<Bags>>,
    sets: OnceLock<Arc<Sets>>,
}

/// The atoms under max pooling, where counts do not matter.
#[derive(Debug)]
struct Sets {
    /// Label, and the patterns that are present.
    images: Vec<(Label, Vec<usize>)>,
    /// Probabilities.
    weights: Scaled,
}

/// Integers over a common denominator, in the smallest type that holds all margins.
enum Sums {
    Words(Vec<i128>),
    Big(Vec<BigInt>),
}

impl<'p> Population<'p> {
    /// Nothing is enumerated yet.
    pub fn new(problem: &'p Problem) -> Self {
        Population {
            problem,
            model: Model::new(problem),
            bags: OnceLock::new(),
            sets: OnceLock::new(),
        }
    }

    fn sets(&self) -> Result<&Arc<Sets>, TooManyAtoms> {
        if let Some(sets) = self.sets.get() {
            return Ok(sets);
        }
        let table = self.problem.distribution().atoms()?;
        let image = |atom: &Atom| {
            let counts = atom.counts.iter().enumerate();
            let present = counts.filter(|(_, count)| **count > 0);
            (atom.label, present.map(|(p, _)| p).collect())
        };
        Ok(self.sets.get_or_init(|| {
            Arc::new(Sets {
                images: table.atoms().iter().map(image).collect(),
                weights: Scaled::new(table.atoms().iter().map(|atom| &atom.probability)),
            })
        }))
    }

    /// The margins of [`Self::sets`] under max pooling, as integers over a denominator: one of `sigma(Z)` times one of
    /// the head.
    fn max_margins(&self, state: &State<Q>, sets: &Sets) -> (Vec<BigInt>, BigInt) {
        let entries = state.weights.entries().iter();
        let values: Vec<Q> = entries.map(|z| self.model.activate(z)).collect();
        let (values, head) = (Scaled::new(&values), Scaled::new(&state.head));
        let bits = |numbers: &Scaled| numbers.numerators.iter().map(BigInt::bits).max();
        let longest = bits(&values).unwrap_or(0) + bits(&head).unwrap_or(0);
        // The sum over the filters is no longer than this.
        let fits = longest + u64::from(usize::BITS - state.head.len().leading_zeros()) <= 124;
        let cols = state.weights.cols();
        let words = || Some((values.words::<i128>()?, head.words::<i128>()?));
        let margins = match words().filter(|_| fits) {
            Some((values, head)) => margins_under_max(&values, &head, cols, sets),
            None => margins_under_max(&values.numerators, &head.numerators, cols, sets),
        };
        (margins, values.denominator * head.denominator)
    }

    fn bags(&self) -> Result<&Arc<Bags>, TooManyAtoms> {
        if let Some(bags) = self.bags.get() {
            return Ok(bags);
        }
        let table = self.problem.distribution().atoms()?;
        Ok(self.bags.get_or_init(|| Arc::new(Bags::new(&table))))
    }

    /// Accuracy `P(y f(X) > 0)`; a tie is an error.
    ///
    /// # Errors
    /// [`TooManyAtoms`] where it is neither 0 nor 1 and the atoms are too many to enumerate.
    ///
    /// # Cost
    /// n P rational operations where the worst or the best margin decides, else one addition an
    /// atom and pattern prefix (sum pooling), or n P an atom (max pooling).
    pub fn accuracy(&self, state: &State<Q>) -> Result<Q, TooManyAtoms> {
        match margin_range(&self.model, self.problem, state) {
            Some((low, _)) if Signed::is_positive(&low) => return Ok(Q::one()),
            Some((_, high)) if !Signed::is_positive(&high) => return Ok(Q::zero()),
            _ => {}
        }
        if self.problem.network().pooling == Pooling::Max {
            let sets = self.sets()?;
            let (margins, _) = self.max_margins(state, sets);
            let weighted = margins.iter().zip(&sets.weights.numerators);
            let right = weighted.filter(|(margin, _)| margin.is_positive());
            let right = right.map(|(_, weight)| weight).sum();
            return Ok(Q::new(right, sets.weights.denominator.clone()));
        }
        let bags = self.bags()?;
        let (sums, _) = self.integer_sums(state);
        let right = match &sums {
            Sums::Words(f) => fold_margins(bags, f, BigInt::zero(), |total, margin, i| {
                if margin.is_positive() {
                    *total += &bags.weight[i];
                }
            }),
            Sums::Big(f) => fold_margins(bags, f, BigInt::zero(), |total, margin, i| {
                if margin.is_positive() {
                    *total += &bags.weight[i];
                }
            }),
        };
        Ok(Q::new(right, bags.denominator.clone()))
    }

    /// Population loss `E[phi(y f(X))]`.
    ///
    /// Linear in the margins, and so a matter of moments, under the unhinged loss and wherever no
    /// margin lies beyond the kink of the hinge or the perceptron; quadratic losses enumerate.
    ///
    /// # Errors
    /// [`TooManyAtoms`] where the atoms are needed and too many to enumerate.
    pub fn loss(&self, state: &State<Q>) -> Result<Q, TooManyAtoms> {
        let loss = self.problem.training().loss;
        let linear = match loss {
            Loss::Unhinged => Some(Q::one()),
            Loss::Hinge | Loss::Perceptron => {
                let kink = Q::from_integer(loss.threshold().unwrap_or(0).into());
                match margin_range(&self.model, self.problem, state) {
                    Some((_, high)) if high <= kink => Some(kink),
                    Some((low, _)) if low >= kink => return Ok(Q::zero()),
                    _ => None,
                }
            }
            Loss::SquaredHinge | Loss::Square => None,
        };
        if let Some(at_zero) = &linear
            && let Some(mean) = self.mean_margin(state)
        {
            return Ok(at_zero - mean);
        }
        let hinge = matches!(loss, Loss::Hinge | Loss::SquaredHinge);
        let add = |total: &mut BigInt, margin: BigInt, unit: &BigInt, weight: &BigInt| {
            let slack = match loss {
                Loss::Perceptron => -margin,
                _ => unit - margin,
            };
            if (hinge || loss == Loss::Perceptron) && !slack.is_positive() {
                return;
            }
            *total += match loss {
                Loss::SquaredHinge | Loss::Square => &slack * &slack * weight,
                _ => slack * weight,
            };
        };
        let mean = |total: BigInt, unit: BigInt, denominator: &BigInt| match loss {
            Loss::SquaredHinge | Loss::Square => Q::new(total, &unit * &unit * denominator * 2),
            _ => Q::new(total, unit * denominator),
        };
        if self.problem.network().pooling == Pooling::Max {
            let sets = self.sets()?;
            let (margins, unit) = self.max_margins(state, sets);
            let mut total = BigInt::zero();
            for (margin, weight) in margins.into_iter().zip(&sets.weights.numerators) {
                add(&mut total, margin, &unit, weight);
            }
            return Ok(mean(total, unit, &sets.weights.denominator));
        }
        let bags = self.bags()?;
        let (sums, unit) = self.integer_sums(state);
        let big = match sums {
            Sums::Words(f) => f.iter().map(Int::to_big).collect(),
            Sums::Big(f) => f,
        };
        let total = fold_margins(bags, &big, BigInt::zero(), |total, margin, i| {
            add(total, margin, &unit, &bags.weight[i]);
        });
        Ok(mean(total, unit, &bags.denominator))
    }

    /// `E[y f(X)]` without enumerating, under sum pooling: `sum_p E[y N_p] F_p`.
    fn mean_margin(&self, state: &State<Q>) -> Option<Q> {
        (self.problem.network().pooling == Pooling::Sum).then(|| {
            self.problem
                .distribution()
                .signed_mean_counts()
                .iter()
                .zip(pattern_sums(&self.model, state))
                .fold(Q::zero(), |sum, (d, f)| {
                    if d.is_zero() || f.is_zero() {
                        sum
                    } else {
                        sum + d * f
                    }
                })
        })
    }

    /// The sums `F_p` as integers over a common denominator.
    fn integer_sums(&self, state: &State<Q>) -> (Sums, BigInt) {
        let f = pattern_sums(&self.model, state);
        let Scaled {
            numerators,
            denominator: unit,
        } = Scaled::new(&f);
        let patches = self.problem.distribution().max_patches();
        let fits = numerators.iter().all(|v| (v * (patches + 1)).bits() <= 124);
        match convert::<i128>(&numerators) {
            Some(words) if fits => (Sums::Words(words), unit),
            _ => (Sums::Big(numerators), unit),
        }
    }
}

/// The margins `y sum_j a_j max sigma(Z_jp)`, the largest of the patterns that are present and 0 where there is none; of
/// integers `sigma(Z)`, n x P row by row, and a.
fn margins_under_max<I: Int>(values: &[I], head: &[I], cols: usize, sets: &Sets) -> Vec<BigInt> {
    let margin = |(label, present): &(Label, Vec<usize>)| {
        let mut sum = I::zero();
        for (row, a) in values.chunks_exact(cols).zip(head) {
            if let Some(largest) = present.iter().map(|&p| &row[p]).max() {
                sum += a.clone() * largest;
            }
        }
        let f = sum.to_big();
        match label {
            Label::Plus => f,
            Label::Minus => -f,
        }
    };
    sets.images.iter().map(margin).collect()
}

/// Folds over the margins of all atoms, given the sums `F_p`.
fn fold_margins<I: Int, T>(
    bags: &Bags,
    f: &[I],
    mut total: T,
    mut visit: impl FnMut(&mut T, I, usize),
) -> T {
    let mut sums = Vec::new();
    bags.background_sums(f, &mut sums);
    for class in &bags.classes {
        let key = Bags::key_margin(class, f);
        for i in class.atoms.clone() {
            let background = sums[bags.node[i] as usize].clone();
            let margin = if class.label == Label::Plus {
                key.clone() + &background
            } else {
                key.clone() - &background
            };
            visit(&mut total, margin, i);
        }
    }
    total
}

/// The weights of a state as a matrix of rationals over one denominator.
pub(super) fn over_denominator(
    numerators: &[BigInt],
    denominator: &BigInt,
    n: usize,
    n_patterns: usize,
) -> Matrix<Q> {
    Matrix::from_fn(n, n_patterns, |j, p| {
        Q::new(numerators[j * n_patterns + p].clone(), denominator.clone())
    })
}
