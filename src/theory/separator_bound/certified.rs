//! What a certificate says of T14: the most samples with an open gate, beyond the model of `check` too.

use super::super::image_length::is_of_an_image;
use super::super::prelude::*;
use super::constants::{Constants, moves};
use crate::problem::separable::{Separator, slope_of};
use num_bigint::BigInt;

/// The most samples with an open gate that T14's inequality admits on any path, for the hinge or the perceptron, with
/// batches of any size, and for a vector that separates the images; `None` for another loss or activation, a trained head
/// or one that is 0, or where the images are too many for `rho^2` to be their largest.
///
/// # Cost
/// A look at the pairs of patterns of every image.
pub fn max_open_samples(problem: &Problem, separator: &Separator) -> Option<BigInt> {
    let (network, training) = (problem.network(), problem.training());
    let theta = 2 * training.loss.threshold()?;
    let slope = slope_of(&network.activation)?;
    let fits = network.pooling == Pooling::Sum && training.train == Train::Filters;
    if !fits || !moves(problem) || !is_of_an_image(problem) {
        return None;
    }
    let constants = Constants::new(problem, separator, &slope, theta);
    Some(constants.max_updates(separator, &integer(training.batch).recip()))
}
