//! Every way to spread draws over parts, with its multinomial weight.

use num_bigint::BigInt;
use num_traits::Zero;

/// What is multiplied along the way: an integer, or two side by side.
pub trait Term: Clone {
    /// `self * factor`.
    fn times(&self, factor: &Self) -> Self;

    /// `self * numerator / denominator`, which is a whole number where this is used.
    fn share(&self, numerator: u32, denominator: u32) -> Self;

    /// `self^exponent`.
    fn power(&self, exponent: u32) -> Self;

    /// Is nothing left to be multiplied?
    fn is_nothing(&self) -> bool;
}

impl Term for BigInt {
    fn times(&self, factor: &Self) -> Self {
        self * factor
    }

    fn share(&self, numerator: u32, denominator: u32) -> Self {
        self * numerator / denominator
    }

    fn power(&self, exponent: u32) -> Self {
        self.pow(exponent)
    }

    fn is_nothing(&self) -> bool {
        self.is_zero()
    }
}

impl Term for i128 {
    fn times(&self, factor: &Self) -> Self {
        self * factor
    }

    fn share(&self, numerator: u32, denominator: u32) -> Self {
        self * i128::from(numerator) / i128::from(denominator)
    }

    fn power(&self, exponent: u32) -> Self {
        self.pow(exponent)
    }

    fn is_nothing(&self) -> bool {
        *self == 0
    }
}

impl<W: Term> Term for [W; 2] {
    fn times(&self, factor: &Self) -> Self {
        [0, 1].map(|i| self[i].times(&factor[i]))
    }

    fn share(&self, numerator: u32, denominator: u32) -> Self {
        [0, 1].map(|i| self[i].share(numerator, denominator))
    }

    fn power(&self, exponent: u32) -> Self {
        [0, 1].map(|i| self[i].power(exponent))
    }

    fn is_nothing(&self) -> bool {
        self.iter().all(W::is_nothing)
    }
}

/// Visits every way to spread `draws` over the parts, with `start` times the multinomial coefficient
/// times the product of `parts[i]^counts[i]`; ways of weight 0 are left out. The first count grows
/// slowest. Without a part there is one way if `draws` is 0, else none.
///
/// # Cost
/// `C(draws + n - 1, draws)` visits for n parts, each of a few products; as deep a recursion as there
/// are parts.
///
/// # Example
/// ```
/// use filtercert::number::spread;
/// let mut ways = Vec::new();
/// spread(&[1i128, 2], 2, 1, &mut |counts, weight| ways.push((counts.to_vec(), weight)));
/// assert_eq!(ways, [(vec![0, 2], 4), (vec![1, 1], 4), (vec![2, 0], 1)]);
/// ```
pub fn spread<W: Term>(parts: &[W], draws: u32, start: W, visit: &mut impl FnMut(&[u32], W)) {
    let mut counts = vec![0; parts.len()];
    spread_from(parts, 0, draws, start, &mut counts, visit);
}

fn spread_from<W: Term>(
    parts: &[W],
    at: usize,
    left: u32,
    weight: W,
    counts: &mut [u32],
    visit: &mut impl FnMut(&[u32], W),
) {
    if weight.is_nothing() {
        return;
    }
    if left == 0 {
        counts[at..].fill(0);
        visit(counts, weight);
        return;
    }
    if at + 1 >= parts.len() {
        let Some(part) = parts.get(at) else {
            return;
        };
        counts[at] = left;
        let weight = weight.times(&part.power(left));
        if !weight.is_nothing() {
            visit(counts, weight);
        }
        return;
    }
    let mut term = weight;
    for c in 0..=left {
        if c > 0 {
            // C(left, c) q^c from C(left, c - 1) q^(c - 1).
            term = term.share(left - c + 1, c).times(&parts[at]);
        }
        counts[at] = c;
        spread_from(parts, at + 1, left - c, term.clone(), counts, visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The weights add up to the power of the sum, whatever they are computed in.
        #[test]
        fn weights_add_up(parts in prop::collection::vec(0u32..5, 1..5), draws in 0u32..6) {
            let small: Vec<i128> = parts.iter().map(|&q| q.into()).collect();
            let big: Vec<BigInt> = parts.iter().map(|&q| q.into()).collect();
            let mut found = Vec::new();
            spread(&small, draws, 3, &mut |counts, weight| found.push((counts.to_vec(), weight)));
            let mut same = found.iter();
            spread(&big, draws, 3.into(), &mut |counts, weight| {
                let (c, w) = same.next().unwrap();
                assert_eq!((c.as_slice(), BigInt::from(*w)), (counts, weight));
            });
            let total: i128 = found.iter().map(|(_, weight)| weight).sum();
            prop_assert_eq!(total, 3 * small.iter().sum::<i128>().pow(draws));
            prop_assert!(found.iter().all(|(c, w)| *w > 0 && c.iter().sum::<u32>() == draws));
            prop_assert!(found.is_sorted() && same.next().is_none());
        }
    }

    #[test]
    fn no_part_takes_no_draw() {
        for (draws, ways) in [(0, 1), (2, 0)] {
            let mut seen = 0;
            spread::<i128>(&[], draws, 1, &mut |_, _| seen += 1);
            assert_eq!(seen, ways);
        }
    }
}
