//! Numbers: exact rationals, matrices, and the one [`Scalar`] trait over which the gradient is written.
//!
//! This room knows no other room.

mod matrix;
mod rational;
mod scalar;

pub use matrix::Matrix;
pub use rational::{
    MAX_EXPONENT, MAX_NUMBER_LENGTH, Q, RationalError, common_denominator, integer, parse_rational,
    ratio,
};
pub use scalar::Scalar;
