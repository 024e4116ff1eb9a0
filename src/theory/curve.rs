//! What a theorem says of a quantity over time: its own line in the plots.
//!
//! A theorem speaks of the expected dynamics, of every sample path, or with a probability; a line says of which, so that
//! it is drawn beside that and beside nothing else.

use super::record::TheoremId;
use super::violation::Relation;
use crate::number::Q;
use num_traits::Signed;

/// Something that is asked of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// The probability, over samples, that accuracy is 1.
    PerfectAccuracy,
    /// Accuracy.
    Accuracy,
    /// The least norm of a winner.
    WinnerNorm,
    /// The largest norm of a loser.
    LoserNorm,
    /// The former over the latter.
    Ratio,
    /// The least cosine of a winner with its key.
    Alignment,
    /// Steps with an open gate so far.
    Updates,
    /// Moves towards its own key that a filter has made, where keys are opposed.
    Moves,
}

impl Quantity {
    /// All, in the order in which they are shown.
    pub const ALL: [Quantity; 8] = [
        Quantity::PerfectAccuracy,
        Quantity::Accuracy,
        Quantity::WinnerNorm,
        Quantity::LoserNorm,
        Quantity::Ratio,
        Quantity::Alignment,
        Quantity::Updates,
        Quantity::Moves,
    ];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Quantity::PerfectAccuracy => "P(accuracy = 1)",
            Quantity::Accuracy => "accuracy",
            Quantity::WinnerNorm => "least winner norm",
            Quantity::LoserNorm => "largest loser norm",
            Quantity::Ratio => "dominance ratio",
            Quantity::Alignment => "alignment",
            Quantity::Updates => "updates",
            Quantity::Moves => "moves that T13 covers",
        }
    }

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Quantity::PerfectAccuracy => "p_perfect",
            Quantity::Accuracy => "accuracy",
            Quantity::WinnerNorm => "winner_norm",
            Quantity::LoserNorm => "loser_norm",
            Quantity::Ratio => "ratio",
            Quantity::Alignment => "alignment",
            Quantity::Updates => "updates",
            Quantity::Moves => "moves",
        }
    }
}

/// Of what a theorem speaks.
#[derive(Debug, Clone, PartialEq)]
pub enum Dynamics {
    /// Of the expected dynamics.
    Mean,
    /// Of every sample path.
    EveryPath,
    /// Of SGD, with at least this probability.
    WithProbability(Q),
    /// Of a probability over samples: the value is this probability.
    Probability,
    /// Of a probability over the initialisation and the samples.
    FreshStart,
}

/// An exact number, or the square root of one.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// The number.
    Plain(Q),
    /// The square root of this number with this number's sign.
    Root(Q),
}

impl Value {
    /// The square of the value with its sign, which orders values as they are.
    pub fn signed_square(&self) -> Q {
        match self {
            Value::Plain(q) => q * q.abs(),
            Value::Root(q) => q.clone(),
        }
    }

    /// The nearest float.
    pub fn approx(&self) -> f64 {
        let float = crate::dynamics::float::to_nearest;
        match self {
            Value::Plain(q) => float(q),
            Value::Root(q) if q.is_negative() => -float(&-q).sqrt(),
            Value::Root(q) => float(q).sqrt(),
        }
    }
}

/// What a theorem says of a quantity at several steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The theorem that speaks, in the form that does.
    pub theorem: TheoremId,
    /// Of which quantity.
    pub quantity: Quantity,
    /// Of what it speaks; a probability is that at each step by itself.
    pub dynamics: Dynamics,
    /// On which side the quantity is.
    pub relation: Relation,
    /// Steps, ascending, each with the bound there; a step where the theorem says nothing is left out.
    pub points: Vec<(u64, Value)>,
}

/// What a theorem says of several quantities at one step; `None` of those of which it says nothing there.
pub type AtStep<const N: usize> = (u64, [Option<Value>; N]);

impl Curve {
    /// The lines of a theorem for several quantities, by what it says at each of some steps, ascending. A lower bound
    /// that is not positive says nothing, and a line without points is none.
    pub fn all<const N: usize>(
        theorem: TheoremId,
        dynamics: &Dynamics,
        quantities: [(Quantity, Relation); N],
        said: impl IntoIterator<Item = AtStep<N>>,
    ) -> Vec<Curve> {
        let mut curves = quantities.map(|(quantity, relation)| Curve {
            theorem,
            quantity,
            dynamics: dynamics.clone(),
            relation,
            points: Vec::new(),
        });
        for (t, values) in said {
            for (curve, value) in curves.iter_mut().zip(values) {
                let says = |value: &Value| {
                    curve.relation != Relation::AtLeast || value.signed_square().is_positive()
                };
                curve
                    .points
                    .extend(value.filter(says).map(|value| (t, value)));
            }
        }
        let all = curves.into_iter();
        all.filter(|curve| !curve.points.is_empty()).collect()
    }

    /// The line of a theorem for one quantity, by what it says at each of some steps.
    pub fn of(
        theorem: TheoremId,
        dynamics: &Dynamics,
        quantity: (Quantity, Relation),
        times: &[u64],
        said: impl Fn(u64) -> Option<Value>,
    ) -> Vec<Curve> {
        let said = times.iter().map(|&t| (t, [said(t)]));
        Curve::all(theorem, dynamics, [quantity], said)
    }

    /// The bound at this step.
    pub fn at(&self, t: u64) -> Option<&Value> {
        let place = self.points.binary_search_by_key(&t, |(at, _)| *at);
        Some(&self.points[place.ok()?].1)
    }
}
