//! Numbers: exact rationals, matrices, and the one [`Scalar`] trait over which the gradient is written.
//!
//! This room knows no other room.

mod denominator;
mod elimination;
mod four_squares;
mod gcd;
mod int;
mod integer;
mod matrix;
mod multinomial;
mod nearest_point;
mod quotient;
mod rational;
mod root;
mod scalar;
mod scaled;
mod search;
mod simplest;
mod surd;

pub use denominator::Denominator;
pub(crate) use denominator::take_power;
pub use elimination::{Reduced, has_full_rank_mod_prime, longest_entry, reduce};
pub use four_squares::four_squares;
pub use gcd::gcd;
pub(crate) use int::{Int, convert};
pub use integer::{IntegerError, parse_integer};
pub use matrix::Matrix;
pub use multinomial::{Term, spread};
pub use nearest_point::{InnerProduct, Nearest, TooMuchWork, nearest_point};
pub use quotient::{Q, fraction};
pub use rational::{
    MAX_EXPONENT, MAX_NUMBER_LENGTH, RationalError, Rounding, common_denominator, decimal,
    decimal_rounded, dyadic, inner_product, integer, parse_fraction, parse_rational, ratio,
};
pub use root::{ceil, ceil_sqrt, sqrt_rd, sqrt_ru};
pub use scalar::Scalar;
pub use scaled::{Scaled, numerator_over};
pub use search::{largest_near, largest_where, least_where};
pub use simplest::{simple_middle, simplest_between};
pub use surd::Surd;
