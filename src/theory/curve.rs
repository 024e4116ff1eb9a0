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
            Quantity::Moves => "moves of a filter",
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
