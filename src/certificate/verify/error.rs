//! What the checker says: why a claim is not confirmed, or that it is. Numbers are exact.

use num_rational::BigRational as Q;
use std::fmt;
use thiserror::Error;

/// Why a claim, the problem, or the segments are not confirmed: where, at which step, and what.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[allow(missing_docs)]
#[non_exhaustive]
pub enum VerifyError {
    /// A number is another one than is claimed.
    #[error("{}, step {step}: claimed {of} {claimed}, recomputed {of} {recomputed}", .claim.path())]
    Wrong {
        claim: Place,
        step: u64,
        of: Quantity,
        claimed: Q,
        recomputed: Q,
    },
    /// Something has to be so, and is not.
    #[error("{}, step {step}: claimed {rule}, recomputed: it is not so", .claim.path())]
    Unmet { claim: Place, step: u64, rule: Rule },
    /// Not recomputed: nothing is said about whether it holds.
    #[error("{}, step {step}: not covered: {what}", .claim.path())]
    NotCovered {
        claim: Place,
        step: u64,
        what: Limit,
    },
}

/// A part of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Place {
    Problem,
    Segments,
    /// Its kind, and its position from 0.
    Claim(&'static str, usize),
}

impl Place {
    /// Where it stands in the file.
    pub fn path(&self) -> String {
        match self {
            Self::Claim(kind, i) => format!("certificate.claims[{i}] ({kind})"),
            _ => format!("certificate.{self}"),
        }
    }
}

/// `problem`, `segments`, or the kind and the number from 1: `state-1`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem => f.write_str("problem"),
            Self::Segments => f.write_str("segments"),
            Self::Claim(kind, i) => write!(f, "{kind}-{}", i + 1),
        }
    }
}

/// An enumeration of things to be said, and how they are.
macro_rules! said {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $(($($data:ty),*))? $text:literal)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
        #[allow(missing_docs)]
        #[non_exhaustive]
        pub enum $name { $(#[error($text)] $variant $(($($data),*))?,)* }
    };
}

said! {
    /// The numbers that are compared, with what is claimed of them.
    Quantity {
        Total "sum of the probabilities ="
        Weight(usize, usize) "weight of filter {0} on pattern {1} ="
        Head(usize) "head {0} ="
        Accuracy "accuracy ="
        WinnerNorm "least squared norm of a winner >="
        MaxUpdates "M_max ="
        Probability "probability >="
        Perfect "P(accuracy = 1) ="
        Event "P(event) ="
        Kept "P(true at every step) ="
        KeptSteps "steps at which it is true, from the first on ="
        Updates "updates ="
        Predicted "predicted ="
        Value "value ="
        Margin "margin ="
        Remainder "squared length of the sum ="
    }
}

said! {
    /// What has to be so: of a problem, of its segments, of the model that a theorem is about, of a claim.
    Rule {
        Sizes "2 patterns and a filter"
        Square "a square Gram matrix"
        Symmetric "a symmetric Gram matrix"
        Semidefinite "a positive semidefinite Gram matrix"
        Weights "weights of each filter"
        Range "weights in the range of the Gram matrix"
        Slope "a slope of the activation above 0 and up to 1"
        Step "a positive step size"
        Batch "a batch of at least 1"
        Probabilities "positive probabilities"
        Counts "counts of each pattern"
        Draws "draws with a probability of each pattern, with sum 1"
        Length(usize) "segment {0}: a length of at least 1"
        Increment(usize) "segment {0}: its increment"
        Active(usize) "segment {0}: its active coordinates"
        Course(usize) "segment {0}: one course throughout"
        A0 "A0: the loss, the activation, one sample a step, a fixed head"
        A0Keys "A0: hinge or perceptron, relu, a fixed head without zeros"
        A1 "A1: an orthonormal dictionary"
        A0Heads "A0: unhinged, relu, one sample a step, a fixed head without zeros"
        A1k "A1k: keys of length 1, orthogonal to each other and to the background"
        A1kMinus "A1k-: keys that are not 0, not acute to each other, orthogonal to the background"
        A2Own "A2: key patches of its own label in every image, none of the other"
        A2 "A2: r key patches of its own label in every image, none of the other"
        A2Label "A2: r_y key patches of its own label y in every image, none of the other"
        A5f "A5f: a head of signs"
        A6 "A6': a winner of each label"
        H "H: a_j E[y N_p] <= 0 for every pattern but the filter's key"
        A0Separator "A0: hinge or perceptron, leaky-relu or identity, a fixed head that is not 0 altogether"
        Separates "a vector that separates every image"
        Shape "the shape of the problem"
        Ratio "a ratio of at least 0"
        Winner "a winner"
        Samples "samples as many as the batch"
        Atoms "samples that are atoms"
        Steps "a range of steps that the theorem has"
        Walks "a bound for each walk"
        Squares "a bound for each part across that the conclusion asks for"
        Thresholds "thresholds that imply the event"
        Coordinate "a filter and a pattern of the problem"
        PathLength "a path of that length"
        KeyPatches "key patches of an image"
        Fails "a conclusion that fails"
        Still "a state that no image moves"
        Open "an image with an open gate"
        Mixture "weights of at least 0 with sum 1"
        Factors "factors from the slope of the activation to 1"
        LastStep "a step up to the problem's last"
        Language "a claim of the language of conjectures, about this problem"
    }
}

said! {
    /// Why nothing is recomputed.
    Limit {
        Work "recomputing it takes more work than the limit"
        Cells "more numbers to hold at once than 2^23"
        Numbers "counts or steps beyond 2^64"
        Segments "segments take a fixed head, gates of 0 or 1"
        LawBatch "the law is recomputed for one sample a step"
        OtherCoordinate "the theorem says something else of this coordinate"
        Losses "the theorem is about other losses"
        Pooling "the claim is about another pooling"
        Undefined "a number of it is undefined"
        Roots "a number of it has more than 256 square roots"
        Images "images that are drawn have no numbers"
        NoProblem "the problem that it is about is not confirmed"
        NoSegments "the segments that lead to it are not confirmed"
    }
}

/// What is claimed, and what was recomputed and shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Confirmed {
    pub claimed: String,
    pub recomputed: String,
}

/// Until it is told where, an error is about the problem.
pub type Checked<T> = Result<T, Box<VerifyError>>;

pub fn need(holds: bool, rule: Rule) -> Checked<()> {
    if holds { Ok(()) } else { unmet(rule) }
}

pub fn unmet<T>(rule: Rule) -> Checked<T> {
    let (claim, step) = (Place::Problem, 0);
    Err(Box::new(VerifyError::Unmet { claim, step, rule }))
}

pub fn beyond<T>(what: Limit) -> Checked<T> {
    let (claim, step) = (Place::Problem, 0);
    Err(Box::new(VerifyError::NotCovered { claim, step, what }))
}

/// The claimed number is the recomputed one; of bounds from below: at most that.
pub fn agree(of: Quantity, claimed: &Q, recomputed: &Q) -> Checked<Confirmed> {
    let is_bound = [Quantity::WinnerNorm, Quantity::Probability].contains(&of);
    if claimed == recomputed || is_bound && claimed <= recomputed {
        let [claimed, recomputed] = [claimed, recomputed].map(|x| format!("{of} {x}"));
        return Ok(Confirmed {
            claimed,
            recomputed,
        });
    }
    Err(Box::new(VerifyError::Wrong {
        claim: Place::Problem,
        step: 0,
        of,
        claimed: claimed.clone(),
        recomputed: recomputed.clone(),
    }))
}

impl VerifyError {
    /// The same, said of this claim.
    pub(super) fn at(mut self, place: Place, t: u64) -> Self {
        let (Self::Wrong { claim, step, .. }
        | Self::Unmet { claim, step, .. }
        | Self::NotCovered { claim, step, .. }) = &mut self;
        (*claim, *step) = (place, t);
        self
    }

    /// What is claimed, then what was recomputed, in words; for what is not covered nothing, and why.
    pub fn words(&self) -> [String; 2] {
        match self {
            Self::Wrong {
                of,
                claimed,
                recomputed,
                ..
            } => [claimed, recomputed].map(|x| format!("{of} {x}")),
            Self::Unmet { rule, .. } => [rule.to_string(), "it is not so".to_owned()],
            Self::NotCovered { what, .. } => [String::new(), what.to_string()],
        }
    }
}
