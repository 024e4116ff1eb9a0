//! Exact accuracy and population loss of a state.
//!
//! Accuracy 1 is decided by the worst atom and a linear loss by moments, both without enumerating
//! atoms, wherever the mathematics allows it. Everything else enumerates, within the limits of
//! [`crate::problem::Distribution::atoms`].

use super::bags::Bags;
use super::gradient::Model;
use super::state::{ScaledState, State};
use crate::number::{Denominator, Int, Matrix, Q, Scalar, Scaled};
use crate::problem::{Activation, Atom, Label, Loss, Pooling, Problem, TooManyAtoms};
use num_bigint::BigInt;
use num_traits::{NumAssignRef, One, Signed, Zero};
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
    match problem.network().pooling {
        Pooling::Sum => extreme_margins(problem, &pattern_sums(model, state), S::from_integer),
        Pooling::Max => {
            let sets = problem.distribution().present_sets(MOST_BACKGROUNDS)?;
            let margins = sets
                .into_iter()
                .map(|image| model.margin(state, image.label, &image.counts));
            least_and_largest(margins)
        }
    }
}

/// The smallest and the largest margin under sum pooling, from the sums `F_p`.
fn extreme_margins<T: NumAssignRef + PartialOrd + Clone>(
    problem: &Problem,
    f: &[T],
    integer: impl Fn(i64) -> T,
) -> Option<(T, T)> {
    let margins = problem.distribution().extreme_images().map(|image| {
        let mut sum = T::zero();
        for (p, count) in image.counts {
            let mut term = f[p].clone();
            term *= &integer(i64::from(count));
            sum += &term;
        }
        sum *= &integer(image.label.sign());
        sum
    });
    least_and_largest(margins)
}

fn least_and_largest<T: PartialOrd + Clone>(values: impl Iterator<Item = T>) -> Option<(T, T)> {
    let mut range: Option<(T, T)> = None;
    for value in values {
        match &mut range {
            None => range = Some((value.clone(), value)),
            Some((low, _)) if value < *low => *low = value,
            Some((_, high)) if value > *high => *high = value,
            Some(_) => {}
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
        match self.problem.network().pooling {
            Pooling::Sum => self.accuracy_under_sum(&ScaledState::new(state)),
            Pooling::Max => self.accuracy_under_max(state),
        }
    }

    /// The same under sum pooling.
    pub(super) fn accuracy_under_sum(&self, state: &ScaledState) -> Result<Q, TooManyAtoms> {
        let sums = self.sums(state);
        match extreme_margins(self.problem, &sums.numerators, BigInt::from) {
            Some((low, _)) if low.is_positive() => return Ok(Q::one()),
            Some((_, high)) if !high.is_positive() => return Ok(Q::zero()),
            _ => {}
        }
        let bags = self.bags()?;
        let right = match self.smallest(sums).0 {
            Sums::Words(f) => fold_margins(bags, &f, BigInt::zero(), |total, margin, i| {
                if margin.is_positive() {
                    *total += &bags.weight[i];
                }
            }),
            Sums::Big(f) => fold_margins(bags, &f, BigInt::zero(), |total, margin, i| {
                if margin.is_positive() {
                    *total += &bags.weight[i];
                }
            }),
        };
        Ok(Q::new(right, bags.denominator.clone()))
    }

    fn accuracy_under_max(&self, state: &State<Q>) -> Result<Q, TooManyAtoms> {
        match margin_range(&self.model, self.problem, state) {
            Some((low, _)) if Signed::is_positive(&low) => return Ok(Q::one()),
            Some((_, high)) if !Signed::is_positive(&high) => return Ok(Q::zero()),
            _ => {}
        }
        let sets = self.sets()?;
        let (margins, _) = self.max_margins(state, sets);
        let weighted = margins.iter().zip(&sets.weights.numerators);
        let right = weighted.filter(|(margin, _)| margin.is_positive());
        let right = right.map(|(_, weight)| weight).sum();
        Ok(Q::new(right, sets.weights.denominator.clone()))
    }

    /// Population loss `E[phi(y f(X))]`.
    ///
    /// Linear in the margins, and so a matter of moments, under the unhinged loss and wherever no
    /// margin lies beyond the kink of the hinge or the perceptron; quadratic losses enumerate.
    ///
    /// # Errors
    /// [`TooManyAtoms`] where the atoms are needed and too many to enumerate.
    pub fn loss(&self, state: &State<Q>) -> Result<Q, TooManyAtoms> {
        match self.problem.network().pooling {
            Pooling::Sum => self.loss_under_sum(&ScaledState::new(state)),
            Pooling::Max => self.loss_under_max(state),
        }
    }

    /// The same under sum pooling.
    pub(super) fn loss_under_sum(&self, state: &ScaledState) -> Result<Q, TooManyAtoms> {
        let sums = self.sums(state);
        let loss = self.problem.training().loss;
        let linear = match loss {
            Loss::Unhinged => Some(sums.denominator.clone()),
            Loss::Hinge | Loss::Perceptron => {
                let kink = &sums.denominator * loss.threshold().unwrap_or(0);
                match extreme_margins(self.problem, &sums.numerators, BigInt::from) {
                    Some((_, high)) if high <= kink => Some(kink),
                    Some((low, _)) if low >= kink => return Ok(Q::zero()),
                    _ => None,
                }
            }
            Loss::SquaredHinge | Loss::Square => None,
        };
        if let Some(at_zero) = linear {
            // `E[y f(X)] = sum_p E[y N_p] F_p`.
            let moments = Scaled::new(&self.problem.distribution().signed_mean_counts());
            let terms = moments.numerators.iter().zip(&sums.numerators);
            let mean: BigInt = terms.map(|(d, f)| d * f).sum();
            let whole = Denominator::new(sums.denominator * &moments.denominator);
            return Ok(whole.under(at_zero * moments.denominator - mean));
        }
        let bags = self.bags()?;
        let (sums, unit) = self.smallest(sums);
        let big = match sums {
            Sums::Words(f) => f.iter().map(Int::to_big).collect(),
            Sums::Big(f) => f,
        };
        let total = fold_margins(bags, &big, BigInt::zero(), |total, margin, i| {
            add_loss(loss, total, margin, &unit, &bags.weight[i]);
        });
        Ok(mean_loss(loss, total, unit, &bags.denominator))
    }

    fn loss_under_max(&self, state: &State<Q>) -> Result<Q, TooManyAtoms> {
        let loss = self.problem.training().loss;
        if let Loss::Hinge | Loss::Perceptron = loss {
            let kink = Q::from_integer(loss.threshold().unwrap_or(0).into());
            let range = margin_range(&self.model, self.problem, state);
            if range.is_some_and(|(low, _)| low >= kink) {
                return Ok(Q::zero());
            }
        }
        let sets = self.sets()?;
        let (margins, unit) = self.max_margins(state, sets);
        let mut total = BigInt::zero();
        for (margin, weight) in margins.into_iter().zip(&sets.weights.numerators) {
            add_loss(loss, &mut total, margin, &unit, weight);
        }
        Ok(mean_loss(loss, total, unit, &sets.weights.denominator))
    }

    /// The sums `F_p = sum_j a_j sigma(Z_jp)` as integers, not reduced.
    fn sums(&self, state: &ScaledState) -> Scaled {
        let ScaledState { weights, head } = state;
        let (one, zero) = (BigInt::one(), BigInt::zero());
        let network = self.problem.network();
        // `sigma(z) = right z` for z > 0 and `left z` for other z, in units of 1 / `unit` of a coordinate.
        let (right, left, unit) = match &network.activation {
            Activation::Relu => (&one, &zero, one.clone()),
            Activation::LeakyRelu { slope } => {
                (slope.denom(), slope.numer(), slope.denom().clone())
            }
            Activation::Identity => (&one, &one, one.clone()),
            Activation::Relu2 => (&one, &zero, weights.denominator.clone()),
        };
        let squares = network.activation == Activation::Relu2;
        let mut sums = vec![BigInt::zero(); self.problem.n_patterns()];
        let rows = weights.numerators.chunks_exact(sums.len());
        for (row, a) in rows.zip(&head.numerators) {
            for (sum, z) in sums.iter_mut().zip(row) {
                let slope = if z.is_positive() { right } else { left };
                if slope.is_zero() || a.is_zero() {
                    continue;
                }
                let value = if slope.is_one() { a * z } else { a * z * slope };
                *sum += if squares { value * z } else { value };
            }
        }
        Scaled {
            numerators: sums,
            denominator: &weights.denominator * &head.denominator * unit,
        }
    }

    /// Sums in the smallest type that holds all margins, and their denominator.
    fn smallest(&self, mut sums: Scaled) -> (Sums, BigInt) {
        let room = BigInt::from(self.problem.distribution().max_patches()) + 1;
        let is_short = |f: &BigInt| BigInt::bits(&(f * &room)) <= 124;
        let fits = |sums: &Scaled| sums.numerators.iter().all(is_short);
        // Far longer ones do not become so short.
        if !fits(&sums) && sums.bits() <= 1_000 {
            sums.reduce();
        }
        match sums.words() {
            Some(words) if fits(&sums) => (Sums::Words(words), sums.denominator),
            _ => (Sums::Big(sums.numerators), sums.denominator),
        }
    }
}

/// Adds what one atom adds to the mean of the loss, in units of the denominator of [`mean_loss`].
fn add_loss(loss: Loss, total: &mut BigInt, margin: BigInt, unit: &BigInt, weight: &BigInt) {
    let slack = match loss {
        Loss::Perceptron => -margin,
        _ => unit - margin,
    };
    let hinged = matches!(loss, Loss::Hinge | Loss::SquaredHinge | Loss::Perceptron);
    if hinged && !slack.is_positive() {
        return;
    }
    *total += match loss {
        Loss::SquaredHinge | Loss::Square => &slack * &slack * weight,
        _ => slack * weight,
    };
}

/// The mean of the loss, for margins over `unit` and probabilities over `denominator`.
fn mean_loss(loss: Loss, total: BigInt, unit: BigInt, denominator: &BigInt) -> Q {
    let whole = match loss {
        Loss::SquaredHinge | Loss::Square => &unit * &unit * denominator * 2,
        _ => unit * denominator,
    };
    Denominator::new(whole).under(total)
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
    let denominator = Denominator::new(denominator.clone());
    Matrix::from_fn(n, n_patterns, |j, p| {
        denominator.under(numerators[j * n_patterns + p].clone())
    })
}
