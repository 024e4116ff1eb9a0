//! Rational numbers as sums of four rational squares (Lagrange), so that vectors of any rational squared length exist.

use super::Q;
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

/// Four rational numbers whose squares add up to `n/d^2`, given as the product of two factors of n; `None` if a factor is
/// negative or 2^64 or more, or d is not positive.
///
/// Each factor is taken apart by itself, and Euler's identity multiplies the two.
///
/// # Cost
/// Some thousand operations on machine integers.
///
/// # Example
/// ```
/// use filtercert::number::{four_squares, ratio, Q};
/// // 1 - (1/3)^2 = (3 - 1)(3 + 1)/3^2
/// let parts = four_squares([2.into(), 4.into()], &3.into()).unwrap();
/// assert_eq!(parts.iter().map(|x| x * x).sum::<Q>(), ratio(8, 9));
/// ```
pub fn four_squares(factors: [BigInt; 2], d: &BigInt) -> Option<[Q; 4]> {
    let [left, right] = factors
        .each_ref()
        .map(|n| Some(of_word(n.to_u64()?)?.map(BigInt::from)));
    let ([a, b, c, e], [x, y, z, w]) = (left?, right?);
    let product = [
        &a * &x + &b * &y + &c * &z + &e * &w,
        &a * &y - &b * &x + &c * &w - &e * &z,
        &a * &z - &c * &x + &e * &y - &b * &w,
        &a * &w - &e * &x + &b * &z - &c * &y,
    ];
    d.is_positive()
        .then(|| product.map(|x| Q::new(x.abs(), d.clone())))
}

/// The largest integer whose square is at most n.
fn root(n: u64) -> u64 {
    n.isqrt()
}

/// Four integers whose squares add up to n. The first two are as large as can be, then a little smaller, until what is
/// left, which is of the size of n^(1/4), is a sum of two squares.
fn of_word(n: u64) -> Option<[u64; 4]> {
    let mut x = root(n);
    loop {
        let rest = n - x * x;
        let largest = root(rest);
        let mut y = largest;
        loop {
            if let Some([z, w]) = two_squares(rest - y * y) {
                return Some([x, y, z, w]);
            }
            // Far from the root what is left is large, and another x is quicker; a small rest is gone through whole.
            if y == 0 || (largest > WIDTH && y < largest - WIDTH) {
                break;
            }
            y -= 1;
        }
        x = x.checked_sub(1)?;
    }
}

/// How far from the largest second square is looked.
const WIDTH: u64 = 1_000;

fn two_squares(n: u64) -> Option<[u64; 2]> {
    let mut z = root(n);
    loop {
        let rest = n - z * z;
        let w = root(rest);
        if w > z {
            return None;
        }
        if w * w == rest {
            return Some([z, w]);
        }
        z = z.checked_sub(1)?;
    }
}
