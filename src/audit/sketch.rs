//! A small problem as it is drawn, changed and shrunk: lists of integers and fractions that need not fit together yet.

mod kept;

use crate::number::{Matrix, Q, integer};
use crate::problem::{
    Activation, Atom, AtomTable, Dictionary, Distribution, Label, Loss, Network, Parts, Pooling,
    Problem, Train, Training,
};
use num_traits::{One, Zero};
use serde::{Deserialize, Serialize};

/// An image of a sketch: label, count of each pattern, weight. Probabilities are weights divided by their sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The label.
    pub label: Label,
    /// How often each pattern occurs.
    pub counts: Vec<u32>,
    /// The probability, up to a factor that all images share.
    pub weight: Q,
}

/// A problem with explicit patterns, images and weights, one sample a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "kept::Kept", into = "kept::Kept")]
pub struct Sketch {
    /// The patterns, keys first, P vectors of one length.
    pub patterns: Vec<Vec<Q>>,
    /// The images.
    pub images: Vec<Image>,
    /// The activation.
    pub activation: Activation,
    /// The pooling.
    pub pooling: Pooling,
    /// The head, n numbers.
    pub head: Vec<Q>,
    /// Pattern coordinates at step 0, n rows of P.
    pub weights: Vec<Vec<Q>>,
    /// The loss.
    pub loss: Loss,
    /// What moves.
    pub train: Train,
    /// The step size.
    pub step: Q,
    /// The number of steps.
    pub steps: u64,
}

/// How large a problem is, in the order in which sizes are compared: filters, patterns, most patches of an image,
/// steps, images, and then how long its numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "[u64; 6]", into = "[u64; 6]")]
pub struct Size {
    /// n.
    pub filters: usize,
    /// P.
    pub patterns: usize,
    /// m.
    pub patches: u64,
    /// Steps.
    pub steps: u64,
    /// Atoms.
    pub images: usize,
    /// What all numbers cost to write and to grasp: see [`Sketch::size`].
    pub digits: u64,
}

impl Size {
    /// The larger of two in each respect by itself, where there are any.
    pub(super) fn larger(a: Option<Size>, b: Option<Size>) -> Option<Size> {
        match (a, b) {
            (Some(a), Some(b)) => Some(Size {
                filters: a.filters.max(b.filters),
                patterns: a.patterns.max(b.patterns),
                patches: a.patches.max(b.patches),
                steps: a.steps.max(b.steps),
                images: a.images.max(b.images),
                digits: a.digits.max(b.digits),
            }),
            (a, b) => a.or(b),
        }
    }
}

/// The unit vectors of this dimension.
pub fn unit_vectors(n: usize) -> Vec<Vec<Q>> {
    let entry = |p: usize, i: usize| if p == i { Q::one() } else { Q::zero() };
    (0..n)
        .map(|p| (0..n).map(|i| entry(p, i)).collect())
        .collect()
}

/// What a pattern costs that is not a unit vector, beside its digits.
const CROOKED: u64 = 50;

/// How long a number is: 0 for 0, 1 for 1, then the bits of numerator and denominator, and one for a sign.
fn digits(q: &Q) -> u64 {
    if q.is_zero() {
        return 0;
    }
    let whole = if q.is_integer() { 0 } else { q.denom().bits() };
    let sign = u64::from(q < &Q::zero());
    2 * (q.numer().bits() + whole) - 1 + sign
}

impl Sketch {
    /// The sketch of a problem; `None` where its atoms do not fit in a table, or its patterns have names of their own.
    pub fn of(problem: &Problem) -> Option<Self> {
        let dictionary = problem.dictionary();
        if !dictionary.has_keys() {
            return None;
        }
        let (network, training) = (problem.network(), problem.training());
        let table = problem.distribution().atoms().ok()?;
        let image = |atom: &Atom| Image {
            label: atom.label,
            counts: atom.counts.clone(),
            weight: atom.probability.clone(),
        };
        Some(Sketch {
            patterns: match dictionary.vectors() {
                Some(vectors) => vectors.to_vec(),
                None => unit_vectors(dictionary.n_patterns()),
            },
            images: table.atoms().iter().map(image).collect(),
            activation: network.activation.clone(),
            pooling: network.pooling,
            head: network.head.clone(),
            weights: network.weights.iter_rows().map(<[Q]>::to_vec).collect(),
            loss: training.loss,
            train: training.train,
            step: training.step.clone(),
            steps: training.steps,
        })
    }

    /// The problem, with this name; `None` where the parts do not fit together.
    pub fn build(&self, name: &str) -> Option<Problem> {
        let (n, p) = (self.head.len(), self.patterns.len());
        let fits = self.weights.len() == n
            && n > 0
            && self.weights.iter().all(|row| row.len() == p)
            && self.images.iter().all(|image| image.counts.len() == p);
        let total: Q = self.images.iter().map(|image| &image.weight).sum();
        if !fits || total <= Q::zero() {
            return None;
        }
        let atom = |image: &Image| Atom {
            label: image.label,
            counts: image.counts.clone(),
            probability: &image.weight / &total,
        };
        let table = AtomTable::new(p, self.images.iter().map(atom).collect()).ok()?;
        let dictionary = if self.patterns == unit_vectors(p) {
            Dictionary::orthonormal(p - 2)
        } else {
            Dictionary::explicit(self.patterns.clone())
        };
        let cells = self.weights.iter().flatten().cloned().collect();
        let network = Network::explicit(
            self.activation.clone(),
            self.pooling,
            self.head.clone(),
            Matrix::from_vec(n, p, cells)?,
        );
        let parts = Parts {
            name: name.to_owned(),
            dictionary: dictionary.ok()?,
            distribution: Distribution::Explicit(table.into()),
            network: network.ok()?,
            training: Training {
                loss: self.loss,
                train: self.train,
                step: self.step.clone(),
                batch: 1,
                steps: self.steps,
                runs: 1_000,
                seed: 1,
            },
        };
        parts.build().ok()
    }

    /// How large it is.
    pub fn size(&self) -> Size {
        let patches = |image: &Image| image.counts.iter().map(|&c| u64::from(c)).sum();
        let total: Q = self.images.iter().map(|image| &image.weight).sum();
        // Where the weights are none, as they are: such a sketch is no problem.
        let total = if total.is_zero() { Q::one() } else { total };
        let numbers = self.head.iter().chain(self.weights.iter().flatten());
        let units = unit_vectors(self.patterns.len());
        let crooked = self
            .patterns
            .iter()
            .zip(&units)
            .filter(|(p, unit)| p != unit);
        // A pattern that is not its unit vector costs more than any number of digits that is met.
        let patterns: u64 = crooked
            .map(|(p, _)| CROOKED + p.iter().map(digits).sum::<u64>())
            .sum();
        let step = digits(&self.step);
        // Relu and sum pooling are what most theorems are about.
        let usual = [
            self.activation == Activation::Relu,
            self.pooling == Pooling::Sum,
        ];
        let unusual = usual.iter().filter(|is| !**is).count() as u64;
        let counts = self.images.iter().flat_map(|image| &image.counts);
        let counts: u64 = counts.map(|&c| digits(&integer(c))).sum();
        let chances = self.images.iter();
        let chances: u64 = chances.map(|i| digits(&(&i.weight / &total))).sum();
        Size {
            filters: self.head.len(),
            patterns: self.patterns.len(),
            patches: self.images.iter().map(patches).max().unwrap_or(0),
            steps: self.steps,
            images: self.images.len(),
            digits: numbers.map(digits).sum::<u64>() + patterns + step + counts + chances + unusual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::read_problem;

    #[test]
    fn a_sketch_of_a_problem_is_that_problem() {
        for name in [
            "small",
            "coherent",
            "opposed-keys",
            "violates-a2",
            "max-pooling",
        ] {
            let file = format!("{}/examples/{name}.toml", env!("CARGO_MANIFEST_DIR"));
            let problem = read_problem(file.as_ref()).expect("an example");
            let Some(sketch) = Sketch::of(&problem) else {
                panic!("{name}")
            };
            let again = sketch.build(name).expect("a problem");
            assert_eq!(Sketch::of(&again), Some(sketch), "{name}");
            assert_eq!(again.n_filters(), problem.n_filters());
        }
    }
}
