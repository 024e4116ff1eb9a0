//! Gradient descent on the population in `f64`, written from the definition, with a proved bound of
//! its rounding.
//!
//! Every number carries a rational that is at least its distance from the exact value. An operation
//! adds the exact error of its own rounding, `|fl(x + y) - (x + y)|`, which is rational since floats
//! are, to what it inherits: `e_x + e_y` for a sum, `|x| e_y + |y| e_x + e_x e_y` for a product. A
//! decision closer to its threshold than the bound may have gone the other way: its outcome, 0 or 1,
//! has the bound 1 from there. Bounds are rounded upwards to a grid, so that they stay short.

use filtercert::dynamics::float::{lift, to_nearest};
use filtercert::number::{Q, integer};
use filtercert::problem::{Label, Loss, Problem};
use num_traits::{Signed, Zero};

/// A float and a bound of its error.
#[derive(Debug, Clone)]
pub struct Rounded {
    pub value: f64,
    pub error: Q,
}

fn exact(x: f64) -> Q {
    lift(x).unwrap()
}

impl Rounded {
    pub fn of(q: &Q) -> Self {
        let value = to_nearest(q);
        Self::new(value, (exact(value) - q).abs())
    }

    fn new(value: f64, error: Q) -> Self {
        let grid = integer(1u128 << 100);
        let error = if error.is_zero() {
            error
        } else {
            (error * &grid).ceil() / grid
        };
        Rounded { value, error }
    }

    fn plus(&self, other: &Self) -> Self {
        let value = self.value + other.value;
        let own = (exact(value) - exact(self.value) - exact(other.value)).abs();
        Self::new(value, own + &self.error + &other.error)
    }

    fn times(&self, other: &Self) -> Self {
        let value = self.value * other.value;
        let (x, y) = (exact(self.value), exact(other.value));
        let inherited = x.abs() * &other.error + y.abs() * &self.error + &self.error * &other.error;
        Self::new(value, (exact(value) - x * y).abs() + inherited)
    }

    /// 1 if `holds`, else 0; doubtful if this number is too close to the threshold to tell.
    fn decided(&self, threshold: i64, holds: bool) -> Self {
        let distance = (exact(self.value) - integer(threshold)).abs();
        let doubtful = !self.error.is_zero() && distance <= self.error;
        Rounded {
            value: f64::from(u8::from(holds)),
            error: integer(i64::from(doubtful)),
        }
    }

    fn derivative(&self) -> Self {
        self.decided(0, self.value > 0.0)
    }

    /// relu is continuous: what it inherits is all there is.
    fn relu(&self) -> Self {
        Rounded {
            value: self.value.max(0.0),
            error: self.error.clone(),
        }
    }
}

/// Gradient descent on the population: orthonormal dictionary, relu, sum pooling, a fixed head.
pub struct Descent {
    loss: Loss,
    step: Rounded,
    head: Vec<Rounded>,
    /// Label, counts, probability.
    atoms: Vec<(Label, Vec<u32>, Rounded)>,
    /// Pattern coordinates, one list a filter.
    pub weights: Vec<Vec<Rounded>>,
}

impl Descent {
    pub fn new(problem: &Problem) -> Self {
        let atoms = problem.distribution().atoms().unwrap();
        let rows = problem.network().weights.iter_rows();
        Descent {
            loss: problem.training().loss,
            step: Rounded::of(&problem.training().step),
            head: problem.network().head.iter().map(Rounded::of).collect(),
            atoms: atoms
                .atoms()
                .iter()
                .map(|a| (a.label, a.counts.clone(), Rounded::of(&a.probability)))
                .collect(),
            weights: rows
                .map(|row| row.iter().map(Rounded::of).collect())
                .collect(),
        }
    }

    fn count(n: u32) -> Rounded {
        Rounded::of(&integer(n))
    }

    /// `-phi'(y f(X))`.
    fn gate(&self, label: Label, counts: &[u32]) -> Rounded {
        let mut f = Rounded::of(&Q::zero());
        if self.loss != Loss::Unhinged {
            for (row, a) in self.weights.iter().zip(&self.head) {
                for (z, &n) in row.iter().zip(counts).filter(|(_, n)| **n > 0) {
                    f = f.plus(&a.times(&z.relu().times(&Self::count(n))));
                }
            }
        }
        let margin = f.times(&Rounded::of(&integer(label.sign())));
        match self.loss {
            Loss::Unhinged => Rounded::of(&integer(1)),
            Loss::Hinge => margin.decided(1, margin.value < 1.0),
            Loss::Perceptron => margin.decided(0, margin.value <= 0.0),
            other => panic!("no gate of {other:?} here"),
        }
    }

    /// `Z_jp += eta a_j relu'(Z_jp) E[g y N_p]`.
    pub fn step(&mut self) {
        let zero = Rounded::of(&Q::zero());
        let mut means = vec![zero; self.weights[0].len()];
        for (label, counts, probability) in &self.atoms {
            let weight = self
                .gate(*label, counts)
                .times(probability)
                .times(&Rounded::of(&integer(label.sign())));
            for (mean, &n) in means.iter_mut().zip(counts).filter(|(_, n)| **n > 0) {
                *mean = mean.plus(&weight.times(&Self::count(n)));
            }
        }
        for (row, a) in self.weights.iter_mut().zip(&self.head) {
            let rate = self.step.times(a);
            for (z, mean) in row.iter_mut().zip(&means) {
                let moved = rate.times(mean).times(&z.derivative());
                *z = z.plus(&moved);
            }
        }
    }
}
