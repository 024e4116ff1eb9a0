//! Numbers: exact rationals, matrices, and the one [`Scalar`] trait over which the gradient is written.
//!
//! This room knows no other room.

mod elimination;
mod integer;
mod matrix;
mod rational;
mod root;
mod scalar;
mod search;

pub use elimination::{Reduced, has_full_rank_mod_prime, longest_entry, reduce};
pub use integer::{IntegerError, parse_integer};
pub use matrix::Matrix;
pub use rational::{
    MAX_EXPONENT, MAX_NUMBER_LENGTH, Q, RationalError, common_denominator, decimal, integer,
    parse_rational, ratio,
};
pub use root::{sqrt_rd, sqrt_ru};
pub use scalar::Scalar;
pub use search::{largest_where, least_where};
