//! What a certificate says of T6c.

use super::super::image_length::is_of_an_image;
use super::super::prelude::*;
use super::Claim;
use num_bigint::BigInt;

/// The most samples with an open gate that T6c's inequality in mu admits on any path, where T6c applies; `None` where the
/// images are too many for `rho^2` to be their largest.
///
/// # Cost
/// A look at the pairs of patterns of every image, and a generalised inverse of the Gram matrix.
pub fn max_open_samples(problem: &Problem) -> Option<BigInt> {
    in_mu_alone(Claim::new(problem).filter(|_| is_of_an_image(problem))?)
}

/// The same of T6c's inequality with r key patches, whatever the images have and whether T6c applies or not; `None` without
/// winners of both labels besides.
///
/// # Cost
/// As [`max_open_samples`].
pub fn max_open_samples_read_with(problem: &Problem, r: u32) -> Option<BigInt> {
    in_mu_alone(Claim::read_with(problem, r).filter(|_| is_of_an_image(problem))?)
}

fn in_mu_alone(claim: Claim) -> Option<BigInt> {
    // The first is that in mu alone.
    claim.bounds.into_iter().next().map(|(_, most)| most)
}
