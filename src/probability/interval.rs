//! Confidence intervals for sampled proportions. Machine floats: nothing here decides an exact verdict.

use crate::number::Q;
use num_traits::{One, ToPrimitive};
use statrs::function::beta::checked_beta_reg;

/// Each end is moved outwards by this, relatively: far more than the error of the incomplete beta function.
const WIDENING: f64 = 1e-9;

/// The exact (Clopper-Pearson) confidence interval of a proportion, `successes` out of `runs`.
///
/// With `alpha = 1 - confidence`, the lower end is the p at which `successes` or more have
/// probability `alpha/2`, the upper end the p at which `successes` or fewer have that probability;
/// the interval misses the true proportion with probability at most alpha, whatever it is.
/// `alpha` is taken as an `f64`, so it is not lost when it is far below 2^-53.
///
/// Returns `[0, 1]` if there are no runs or if the numbers are out of range.
///
/// # Cost
/// Some 200 evaluations of the incomplete beta function.
pub fn clopper_pearson(successes: u64, runs: u64, confidence: &Q) -> [f64; 2] {
    let alpha = (Q::one() - confidence).to_f64().unwrap_or(0.0);
    if runs == 0 || successes > runs || alpha <= 0.0 {
        return [0.0, 1.0];
    }
    let (k, n) = (successes as f64, runs as f64);
    // P(X >= k) = I_p(k, n - k + 1) rises with p.
    let low = if successes == 0 {
        0.0
    } else {
        quantile(k, n - k + 1.0, alpha / 2.0) * (1.0 - WIDENING)
    };
    // P(X <= k) = I_(1-p)(n - k, k + 1); written in 1 - p no digit is lost near 1.
    let high = if successes == runs {
        1.0
    } else {
        1.0 - quantile(n - k, k + 1.0, alpha / 2.0) * (1.0 - WIDENING)
    };
    [low, high]
}

/// The x with `I_x(a, b) = level`, from below: bisection, since I rises with x.
fn quantile(a: f64, b: f64, level: f64) -> f64 {
    let (mut low, mut high) = (0.0f64, 1.0f64);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        match checked_beta_reg(a, b, middle) {
            Ok(value) if value < level => low = middle,
            Ok(_) => high = middle,
            // Out of range: the end that claims least.
            Err(_) => return 0.0,
        }
    }
    low
}
