//! What is studied: a dictionary of patterns, a distribution of images, a network, and how it is trained.
//!
//! A [`Problem`] is valid by construction: every constructor in this room checks its domain, and
//! nothing downstream checks again. Files are read by [`read_problem`].

pub mod assumption;
mod builtin;
mod camps;
mod dictionary;
mod distribution;
mod error;
mod escape;
mod explicit;
mod facts;
mod image;
mod item;
mod keys;
mod meant;
pub mod model;
mod network;
mod observed;
mod placed;
mod read;
mod samples;
pub mod separable;
mod source;

pub use builtin::Builtin;
pub use camps::Camps;
pub use dictionary::Dictionary;
pub use distribution::{
    Atom, AtomTable, Distribution, Generative, MAX_ATOM_CELLS, MAX_ATOM_WORK, MAX_ATOMS,
    NeverDrawn, SamplePlace, TooManyAtoms,
};
pub use error::{ProblemError, in_words};
pub use escape::{is_hidden, visible, visible_lines};
pub use explicit::{explicit_json_text, problem_sha256, to_explicit_json, to_explicit_toml};
pub use facts::{
    BackgroundDifference, BackgroundEvent, Backgrounds, CountWeights, KeyFault, NoUniqueKey,
    Unequal,
};
pub use image::{Draw, SparseImage};
pub use meant::closest;
pub(crate) use network::uniform_below;
pub use network::{Activation, HeadInit, Init, Network, Pooling};
pub use observed::{Observation, Observed, read_observed};
pub use placed::{ConjectureTable, Placed};
pub use read::{SourceProblem, parse_problem, read_problem};
pub use samples::{read_drawn_samples, read_samples};
pub use source::{Format, MAX_FILE_BYTES, Source, near};

use crate::number::{Matrix, Q, integer};
use num_traits::Signed;
use thiserror::Error;

/// A class label, `+` or `-`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// The label `+`, counted as +1.
    Plus,
    /// The label `-`, counted as -1.
    Minus,
}

impl Label {
    /// Both labels, `+` first.
    pub const BOTH: [Label; 2] = [Label::Plus, Label::Minus];

    /// +1 or -1.
    pub fn sign(self) -> i64 {
        match self {
            Label::Plus => 1,
            Label::Minus => -1,
        }
    }

    /// `+` for a positive number, else `-`: the label that a head weight votes for.
    pub fn voted_by(number: &Q) -> Label {
        match number.is_positive() {
            true => Label::Plus,
            false => Label::Minus,
        }
    }

    /// The other label.
    pub fn opposite(self) -> Label {
        match self {
            Label::Plus => Label::Minus,
            Label::Minus => Label::Plus,
        }
    }

    /// 0 for `+`, 1 for `-`: the place of this label in pairs, and of its key pattern in the dictionary.
    pub fn index(self) -> usize {
        match self {
            Label::Plus => 0,
            Label::Minus => 1,
        }
    }

    /// `"+"` or `"-"`.
    pub fn symbol(self) -> &'static str {
        match self {
            Label::Plus => "+",
            Label::Minus => "-",
        }
    }
}

/// The loss phi(z) of the margin z = y f(X). Its gate is `g = -phi'(z)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// `1 - z`; gate 1.
    Unhinged,
    /// `max(0, 1 - z)`; gate 1 if z < 1, else 0.
    Hinge,
    /// `max(0, -z)`; gate 1 if z <= 0, else 0.
    Perceptron,
    /// `max(0, 1 - z)^2 / 2`; gate `max(0, 1 - z)`.
    SquaredHinge,
    /// `(1 - z)^2 / 2`; gate `1 - z`.
    Square,
}

impl Loss {
    /// The name in problem files.
    pub fn name(self) -> &'static str {
        match self {
            Loss::Unhinged => "unhinged",
            Loss::Hinge => "hinge",
            Loss::Perceptron => "perceptron",
            Loss::SquaredHinge => "squared-hinge",
            Loss::Square => "square",
        }
    }

    /// Is the gate always 0 or 1?
    pub fn has_binary_gate(self) -> bool {
        matches!(self, Loss::Unhinged | Loss::Hinge | Loss::Perceptron)
    }

    /// The margin at which the gate of a binary loss closes: 1 for hinge (closed at and above),
    /// 0 for perceptron (closed above); `None` for every other loss.
    pub fn threshold(self) -> Option<i64> {
        match self {
            Loss::Hinge => Some(1),
            Loss::Perceptron => Some(0),
            Loss::Unhinged | Loss::SquaredHinge | Loss::Square => None,
        }
    }

    /// Is the gate 0 at this margin and at every larger one?
    pub fn is_closed(self, margin: &Q) -> bool {
        match self {
            Loss::Hinge | Loss::SquaredHinge => *margin >= integer(1),
            Loss::Perceptron => margin.is_positive(),
            Loss::Unhinged | Loss::Square => false,
        }
    }
}

/// What is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Train {
    /// Only the filters move; the head is fixed.
    Filters,
    /// Filters and head move, simultaneously.
    FiltersAndHead,
}

impl Train {
    /// The name in problem files.
    pub fn name(self) -> &'static str {
        match self {
            Train::Filters => "filters",
            Train::FiltersAndHead => "filters+head",
        }
    }
}

/// How the network is trained and simulated.
#[derive(Debug, Clone, PartialEq)]
pub struct Training {
    /// The loss.
    pub loss: Loss,
    /// What moves.
    pub train: Train,
    /// Step size eta > 0.
    pub step: Q,
    /// Samples a step, at least 1.
    pub batch: u32,
    /// Number of steps.
    pub steps: u64,
    /// Number of simulated SGD runs, at least 1.
    pub runs: u64,
    /// Seed of the simulated runs.
    pub seed: u64,
}

/// A complete problem: every number in it is exact, and its parts fit together.
///
/// It is changed through its [`Parts`] only, which are checked again.
///
/// # Example
/// ```
/// use filtercert::number::ratio;
/// use filtercert::read_problem;
///
/// let problem = read_problem("examples/small.toml".as_ref())?;
/// let faster = problem.changed(|parts| parts.training.step = ratio(1, 4))?;
/// assert_eq!(faster.training().step, ratio(1, 4));
/// assert!(problem.changed(|parts| parts.training.step = ratio(0, 1)).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    parts: Parts,
}

/// The parts of a problem, to build one or to change one; they need not fit together yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// The name given in the file.
    pub name: String,
    /// The patterns.
    pub dictionary: Dictionary,
    /// The images.
    pub distribution: Distribution,
    /// The network and its initial weights.
    pub network: Network,
    /// The training.
    pub training: Training,
}

impl Parts {
    /// Joins the parts, checking that they fit together: head and weights against the dictionary,
    /// atoms against the number of patterns, weights in the range of the Gram matrix.
    ///
    /// # Errors
    /// [`DomainError`] naming the key at fault.
    pub fn build(mut self) -> Result<Problem, DomainError> {
        let n_patterns = self.dictionary.n_patterns();
        self.distribution.set_keys(self.dictionary.has_keys())?;
        self.distribution.check_n_patterns(n_patterns)?;
        self.network.check_against(&self.dictionary)?;
        let training = &self.training;
        if !training.step.is_positive() {
            return Err(DomainError::new(
                "training.step",
                training.step.to_string(),
                "a rational number greater than 0",
            ));
        }
        for (key, value) in [
            ("training.batch", u64::from(training.batch)),
            ("training.runs", training.runs),
        ] {
            if value == 0 {
                return Err(DomainError::new(key, "0", "an integer of at least 1"));
            }
        }
        Ok(Problem { parts: self })
    }
}

/// Why values do not form a valid part of a problem.
///
/// `key` is the key of the problem file that is at fault, as a dotted path.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{key}`: found {found}, expected {expected}")]
pub struct DomainError {
    /// Dotted path of the key, e.g. `training.step`, with an index for entries: `network.weights[3]`.
    pub key: String,
    /// What was found.
    pub found: String,
    /// What was expected.
    pub expected: String,
}

impl DomainError {
    /// An error at `key`.
    pub fn new(
        key: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        DomainError {
            key: key.into(),
            found: found.into(),
            expected: expected.into(),
        }
    }
}

impl Problem {
    /// Joins the parts; see [`Parts::build`].
    ///
    /// # Errors
    /// [`DomainError`] naming the key at fault.
    pub fn new(
        name: String,
        dictionary: Dictionary,
        distribution: Distribution,
        network: Network,
        training: Training,
    ) -> Result<Self, DomainError> {
        Parts {
            name,
            dictionary,
            distribution,
            network,
            training,
        }
        .build()
    }

    /// The same problem with some of its parts changed.
    ///
    /// # Errors
    /// [`DomainError`] if the changed parts do not fit together.
    pub fn changed(&self, change: impl FnOnce(&mut Parts)) -> Result<Self, DomainError> {
        let mut parts = self.parts.clone();
        change(&mut parts);
        parts.build()
    }

    /// The name given in the file.
    pub fn name(&self) -> &str {
        &self.parts.name
    }

    /// The patterns.
    pub fn dictionary(&self) -> &Dictionary {
        &self.parts.dictionary
    }

    /// The images.
    pub fn distribution(&self) -> &Distribution {
        &self.parts.distribution
    }

    /// The network and its initial weights.
    pub fn network(&self) -> &Network {
        &self.parts.network
    }

    /// The training.
    pub fn training(&self) -> &Training {
        &self.parts.training
    }

    /// The same problem with one sample a step.
    pub fn one_sample(&self) -> Self {
        let mut changed = self.clone();
        changed.parts.training.batch = 1;
        changed
    }

    /// The same problem with a head that does not move.
    pub fn fixed_head(&self) -> Self {
        let mut changed = self.clone();
        changed.parts.training.train = Train::Filters;
        changed
    }

    /// The same problem from another initial point: pattern coordinates (n x P) and head (length n).
    ///
    /// # Errors
    /// [`DomainError`] for another number of filters or patterns, or for coordinates that no vectors have.
    pub fn started_at(&self, weights: Matrix<Q>, head: Vec<Q>) -> Result<Self, DomainError> {
        let network = self.network();
        let start = Network::explicit(network.activation.clone(), network.pooling, head, weights)?;
        self.changed(|parts| parts.network = start)
    }

    /// The same problem with `n_filters` filters; see [`Network::with_filters`].
    ///
    /// # Errors
    /// [`DomainError`] for no filter, or for more than the file lists.
    pub fn with_filters(&self, n_filters: usize) -> Result<Self, DomainError> {
        let network = self.network().with_filters(n_filters)?;
        self.changed(|parts| parts.network = network)
    }

    /// `eta E[y N_p]` for each pattern: the drift of coordinate p of an active filter with head 1.
    pub fn unit_drifts(&self) -> Vec<Q> {
        let counts = self.distribution().signed_mean_counts().into_iter();
        counts.map(|c| c * &self.training().step).collect()
    }

    /// Number of filters, n.
    pub fn n_filters(&self) -> usize {
        self.network().head.len()
    }

    /// Number of patterns, P; K + 2 where there are keys.
    pub fn n_patterns(&self) -> usize {
        self.dictionary().n_patterns()
    }
}
