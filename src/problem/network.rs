//! The network and its initial point.

use super::{Dictionary, DomainError};
use crate::number::{Matrix, Q, fraction, integer};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The activation sigma.
#[derive(Debug, Clone, PartialEq)]
pub enum Activation {
    /// `max(z, 0)`, with derivative 0 at 0.
    Relu,
    /// `z` for z > 0, `slope * z` otherwise; derivative `slope` at 0.
    LeakyRelu {
        /// Strictly between 0 and 1.
        slope: Q,
    },
    /// `z`.
    Identity,
    /// `max(z, 0)^2`, with derivative `2 max(z, 0)`.
    Relu2,
}

impl Activation {
    /// The name in problem files.
    pub fn name(&self) -> &'static str {
        match self {
            Activation::Relu => "relu",
            Activation::LeakyRelu { .. } => "leaky-relu",
            Activation::Identity => "identity",
            Activation::Relu2 => "relu2",
        }
    }
}

/// How the activated patches of an image are pooled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The sum over patches.
    Sum,
    /// The largest activated value; the gradient goes to the first pattern that attains it.
    Max,
}

impl Pooling {
    /// The name in problem files.
    pub fn name(self) -> &'static str {
        match self {
            Pooling::Sum => "sum",
            Pooling::Max => "max",
        }
    }
}

/// How head signs were chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadInit {
    /// Given one by one.
    Explicit,
    /// +1, -1, +1, ...
    Alternating,
    /// Independent fair signs.
    RandomSigns,
}

/// Where the initial weights come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Init {
    /// Given one by one: there is no law.
    Explicit,
    /// Independent uniform draws from the odd multiples of `1/(2 denominator)` in `(-half_width, half_width)`.
    Uniform {
        /// Greater than `1/(2 denominator)`.
        half_width: Q,
        /// At least 1.
        denominator: u64,
        /// Seed of the generator (ChaCha8; stream 0 for weights, stream 1 for head signs).
        seed: u64,
    },
}

/// The network with its initial point.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// The activation.
    pub activation: Activation,
    /// The pooling.
    pub pooling: Pooling,
    /// Head weights a(0), one a filter.
    pub head: Vec<Q>,
    /// Pattern coordinates Z(0), n x P.
    pub weights: Matrix<Q>,
    /// How the head was chosen.
    pub head_init: HeadInit,
    /// How the weights were chosen.
    pub init: Init,
}

impl Network {
    /// Most entries `n * P` of the weights.
    pub const MAX_WEIGHTS: usize = 10_000_000;

    /// A network with explicit weights (n x P, not empty) and head (length n).
    ///
    /// # Errors
    /// If the lengths do not fit or there is no filter.
    pub fn explicit(
        activation: Activation,
        pooling: Pooling,
        head: Vec<Q>,
        weights: Matrix<Q>,
    ) -> Result<Self, DomainError> {
        if weights.rows() == 0 {
            return Err(DomainError::new(
                "network.weights",
                "no rows",
                "at least one filter",
            ));
        }
        check_head_length(head.len(), weights.rows())?;
        Ok(Network {
            activation,
            pooling,
            head,
            weights,
            head_init: HeadInit::Explicit,
            init: Init::Explicit,
        })
    }

    /// A network with random weights: every coordinate is an independent uniform draw from the odd
    /// multiples of `1/(2 denominator)` in `(-half_width, half_width)`, never 0.
    ///
    /// Draws come from ChaCha8 seeded by `seed`: stream 0 for the weights, row by row, and stream 1
    /// for head signs, so the same seed gives the same network everywhere. With
    /// [`HeadInit::Explicit`] the given `head` is used.
    ///
    /// # Errors
    /// [`DomainError`] if a value is outside its domain, or `n_filters * n_patterns` exceeds
    /// [`Network::MAX_WEIGHTS`].
    #[allow(clippy::too_many_arguments)]
    pub fn random(
        activation: Activation,
        pooling: Pooling,
        n_filters: usize,
        n_patterns: usize,
        head_init: HeadInit,
        head: Vec<Q>,
        half_width: Q,
        denominator: u64,
        seed: u64,
    ) -> Result<Self, DomainError> {
        if n_filters == 0 {
            return Err(DomainError::new(
                "network.filters",
                "0",
                "an integer of at least 1",
            ));
        }
        if n_filters
            .checked_mul(n_patterns)
            .is_none_or(|cells| cells > Self::MAX_WEIGHTS)
        {
            return Err(DomainError::new(
                "network.filters",
                n_filters.to_string(),
                format!(
                    "at most {} filters for {n_patterns} patterns",
                    Self::MAX_WEIGHTS / n_patterns
                ),
            ));
        }
        let half_points = half_points(&half_width, denominator)?;
        let grid: BigInt = BigInt::from(denominator) * 2u32;
        let mut weight_rng = ChaCha8Rng::seed_from_u64(seed);
        let weights = Matrix::from_fn(n_filters, n_patterns, |_, _| {
            let draw = uniform_below(&mut weight_rng, 2 * half_points);
            let odd = 2 * i128::from(draw) - 2 * i128::from(half_points) + 1;
            fraction(odd, &grid)
        });
        let head = match head_init {
            HeadInit::Explicit => {
                check_head_length(head.len(), n_filters)?;
                head
            }
            HeadInit::Alternating => alternating_signs(n_filters),
            HeadInit::RandomSigns => {
                let mut head_rng = ChaCha8Rng::seed_from_u64(seed);
                head_rng.set_stream(1);
                (0..n_filters)
                    .map(|_| {
                        integer(if head_rng.next_u64() >> 63 == 0 {
                            1
                        } else {
                            -1
                        })
                    })
                    .collect()
            }
        };
        Ok(Network {
            activation,
            pooling,
            head,
            weights,
            head_init,
            init: Init::Uniform {
                half_width,
                denominator,
                seed,
            },
        })
    }

    /// The same network with its origin forgotten: the initial point becomes explicit.
    pub fn into_explicit(self) -> Self {
        Network {
            head_init: HeadInit::Explicit,
            init: Init::Explicit,
            ..self
        }
    }

    /// The same network with `n_filters` filters: the first rows of explicit weights, or the same
    /// random draw cut short or continued.
    ///
    /// Random weights are drawn row by row and head signs one by one, so the first filters are the
    /// same for every `n_filters`.
    ///
    /// # Errors
    /// [`DomainError`] for no filter, or for more than there are explicit weights or head entries.
    pub fn with_filters(&self, n_filters: usize) -> Result<Self, DomainError> {
        let too_many = |key: &str, given: usize| {
            DomainError::new(
                key,
                format!("{given} entries"),
                format!("{n_filters}, one a filter"),
            )
        };
        let listed = self.head_init == HeadInit::Explicit;
        if listed && n_filters > self.head.len() {
            return Err(too_many("network.head", self.head.len()));
        }
        let n_patterns = self.weights.cols();
        match &self.init {
            Init::Uniform {
                half_width,
                denominator,
                seed,
            } => Self::random(
                self.activation.clone(),
                self.pooling,
                n_filters,
                n_patterns,
                self.head_init.clone(),
                if listed {
                    self.head[..n_filters].to_vec()
                } else {
                    Vec::new()
                },
                half_width.clone(),
                *denominator,
                *seed,
            ),
            Init::Explicit if n_filters > self.weights.rows() => {
                Err(too_many("network.weights", self.weights.rows()))
            }
            Init::Explicit => {
                let mut network = Self::explicit(
                    self.activation.clone(),
                    self.pooling,
                    self.head[..n_filters].to_vec(),
                    Matrix::from_fn(n_filters, n_patterns, |j, p| self.weights[(j, p)].clone()),
                )?;
                network.head_init = self.head_init.clone();
                Ok(network)
            }
        }
    }

    pub(super) fn check_against(&self, dictionary: &Dictionary) -> Result<(), DomainError> {
        if self.weights.cols() != dictionary.n_patterns() {
            return Err(DomainError::new(
                "network.weights",
                format!("{} columns", self.weights.cols()),
                format!("{}, one a pattern", dictionary.n_patterns()),
            ));
        }
        check_head_length(self.head.len(), self.weights.rows())?;
        if let Activation::LeakyRelu { slope } = &self.activation
            && (!slope.is_positive() || *slope >= Q::one())
        {
            return Err(DomainError::new(
                "network.slope",
                slope.to_string(),
                "a rational number strictly between 0 and 1",
            ));
        }
        if dictionary.is_dependent() {
            if matches!(self.init, Init::Uniform { .. }) {
                return Err(DomainError::new(
                    "network.init",
                    "random weights with linearly dependent patterns",
                    "explicit `weights` that are consistent with the dependence",
                ));
            }
            for (j, row) in self.weights.iter_rows().enumerate() {
                if !dictionary.is_consistent(row) {
                    return Err(DomainError::new(
                        format!("network.weights[{j}]"),
                        "pattern coordinates that no vector has",
                        "a row in the range of the Gram matrix: the patterns are linearly dependent",
                    ));
                }
            }
        }
        Ok(())
    }
}

/// +1, -1, +1, ...
pub(super) fn alternating_signs(n_filters: usize) -> Vec<Q> {
    (0..n_filters)
        .map(|j| integer(if j % 2 == 0 { 1 } else { -1 }))
        .collect()
}

/// Number of positive odd multiples of `1/(2 denominator)` below `half_width`.
fn half_points(half_width: &Q, denominator: u64) -> Result<u64, DomainError> {
    if denominator == 0 {
        return Err(DomainError::new(
            "network.init.denominator",
            "0",
            "an integer of at least 1",
        ));
    }
    if !half_width.is_positive() {
        return Err(DomainError::new(
            "network.init.half_width",
            half_width.to_string(),
            "a rational number greater than 0",
        ));
    }
    // (2i + 1)/(2D) < h  iff  2i + 1 < 2Dh  iff  i < (2Dh - 1)/2: count = ceil((2Dh - 1)/2).
    let bound = half_width * integer(denominator) * integer(2) - Q::one();
    let count = Integer::div_ceil(bound.numer(), &(bound.denom() * 2));
    if count.is_zero() || count.is_negative() {
        return Err(DomainError::new(
            "network.init.half_width",
            half_width.to_string(),
            format!(
                "more than 1/{}, else no odd multiple of it lies inside",
                u128::from(denominator) * 2
            ),
        ));
    }
    count
        .to_u64()
        .filter(|&c| c <= u64::MAX / 4)
        .ok_or_else(|| {
            DomainError::new(
                "network.init.half_width",
                "a grid of more than 2^62 points",
                "a smaller half_width * denominator",
            )
        })
}

fn check_head_length(found: usize, expected: usize) -> Result<(), DomainError> {
    if found == expected {
        return Ok(());
    }
    Err(DomainError::new(
        "network.head",
        format!("{found} entries"),
        format!("{expected}, one a filter"),
    ))
}

/// A uniform draw from `0..bound` without bias (multiplication with rejection), `bound >= 1`.
pub(crate) fn uniform_below(rng: &mut ChaCha8Rng, bound: u64) -> u64 {
    let threshold = bound.wrapping_neg() % bound;
    loop {
        let wide = u128::from(rng.next_u64()) * u128::from(bound);
        if wide as u64 >= threshold {
            return (wide >> 64) as u64;
        }
    }
}
