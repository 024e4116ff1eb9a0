//! The numbers of certificates: those of the library that the checker computes with, not those of the engines.

use filtercert::number;
pub use filtercert::number::parse_fraction as parse_rational;
pub use num_rational::BigRational as Q;

/// `numerator / denominator`.
pub fn ratio(numerator: i64, denominator: i64) -> Q {
    Q::new(numerator.into(), denominator.into())
}

/// As [`number::sqrt_rd`].
pub fn sqrt_rd(x: &Q) -> Q {
    number::sqrt_rd(&x.clone().into()).into()
}
