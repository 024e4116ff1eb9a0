//! Key coordinates and head of one filter whose head is trained, in closed form.
//!
//! Between the steps at which a key stops being positive the recurrence is linear. Its powers are
//! computed on integers over `q^t` (`kappa = p/q`), in Q(sqrt2) while both keys are positive. Nothing
//! is reduced on the way: a gcd of long numbers costs more than all else here.

use crate::number::{Q, common_denominator};
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;
use std::ops::Neg;

/// Head and key coordinates of one filter: `[a, alpha+, alpha-]`.
pub(super) type Triple = [Q; 3];

/// A stretch on which the same keys are positive.
#[derive(Debug, Clone)]
pub(super) struct Phase {
    pub(super) start: u64,
    /// Is `alpha+` positive, and is `alpha-`?
    pub(super) active: [bool; 2],
    pub(super) at_start: Triple,
}

/// The head as a key sees it: `a` for `alpha+` (key 0), `-a` for `alpha-` (key 1), so that both obey one recurrence.
pub(super) fn along<N: Clone + Neg<Output = N>>(key: usize, a: &N) -> N {
    if key == 0 { a.clone() } else { -a.clone() }
}

impl Phase {
    /// The key that is positive, if it is exactly one.
    pub(super) fn one(&self) -> Option<usize> {
        let [plus, minus] = self.active;
        (plus != minus).then_some(usize::from(minus))
    }

    /// The start over a common denominator: numerators, and the denominator.
    fn numerators(&self) -> ([BigInt; 3], BigInt) {
        let common = common_denominator(&self.at_start);
        let start = self.at_start.each_ref();
        (start.map(|x| x.numer() * (&common / x.denom())), common)
    }
}

/// A fraction with positive denominator that is not reduced.
#[derive(Clone)]
pub(super) struct Fraction {
    pub(super) numerator: BigInt,
    pub(super) denominator: BigInt,
}

impl Fraction {
    pub(super) fn equals(&self, q: &Q) -> bool {
        &self.numerator * q.denom() == q.numer() * &self.denominator
    }

    pub(super) fn reduced(self) -> Q {
        Q::new(self.numerator, self.denominator)
    }

    /// `x + y^2 + z^2`.
    pub(super) fn norm_squared(x: &Q, y: &Q, z: &Q) -> Self {
        let square = |n: &BigInt| n * n;
        let (y_unit, z_unit) = (square(y.denom()), square(z.denom()));
        let keys = square(y.numer()) * &z_unit + square(z.numer()) * &y_unit;
        let unit = y_unit * z_unit;
        Fraction {
            numerator: x.numer() * &unit + x.denom() * keys,
            denominator: x.denom() * unit,
        }
    }

    pub(super) fn compare(&self, other: &Fraction) -> Ordering {
        (&self.numerator * &other.denominator).cmp(&(&other.numerator * &self.denominator))
    }

    /// The quotient by a fraction that is not 0.
    pub(super) fn over(&self, other: &Fraction) -> Q {
        Q::new(
            &self.numerator * &other.denominator,
            &self.denominator * &other.numerator,
        )
    }
}

/// `kappa = p / q`, reduced.
pub(super) struct Rate {
    pub(super) kappa: Q,
}

impl Rate {
    /// `(q + p sqrt2)^t` as `x + y sqrt2`, by squaring.
    fn sqrt2_power(&self, t: u64) -> (BigInt, BigInt) {
        let (mut x, mut y) = (BigInt::one(), BigInt::zero());
        for bit in (0..64 - t.leading_zeros()).rev() {
            let square = &x * &x + BigInt::from(2) * &y * &y;
            y = BigInt::from(2) * &x * &y;
            x = square;
            if t >> bit & 1 == 1 {
                let product = &x * self.kappa.denom() + BigInt::from(2) * &y * self.kappa.numer();
                y = &x * self.kappa.numer() + &y * self.kappa.denom();
                x = product;
            }
        }
        (x, y)
    }

    /// `[a, alpha+, alpha-]` after `dt` steps of a phase, in closed form.
    pub(super) fn closed_form(&self, phase: &Phase, dt: u64) -> [Fraction; 3] {
        let (start, common) = phase.numerators();
        let over = |denominator: &BigInt, numerator| Fraction {
            numerator,
            denominator: denominator.clone(),
        };
        // Steps are bounded by digits long before 2^32.
        let (Some(exponent), true) = (dt.to_u32(), phase.active.contains(&true)) else {
            return start.map(|x| over(&common, x));
        };
        let (p, q) = (self.kappa.numer(), self.kappa.denom());
        let scale = q.pow(exponent);
        let halves: BigInt = &common * &scale * 2;
        let half = |x| over(&halves, x);
        if let Some(key) = phase.one() {
            let (head, alpha) = (along(key, &start[0]), &start[1 + key]);
            let grown = (&head + alpha) * (q + p).pow(exponent);
            let shrunk = (&head - alpha) * (q - p).pow(exponent);
            let head = along(key, &(&grown + &shrunk));
            let mut now = start.map(|x| over(&common, x));
            (now[0], now[1 + key]) = (half(head), half(grown - shrunk));
            return now;
        }
        let [a, plus, minus] = start;
        let (x, y) = self.sqrt2_power(dt);
        let (sum, u) = (&plus + &minus, &plus - &minus);
        let grown_u = &x * &u + BigInt::from(2) * &y * &a;
        let grown_a = (&x * &a + &y * &u) * 2;
        let sum = sum * &scale;
        [half(grown_a), half(&sum + &grown_u), half(sum - grown_u)]
    }

    /// Is `(s (1 + kappa)^dt - |d|) / 2 >= sqrt(square)`? Decided on integers.
    pub(super) fn key_exceeds(&self, s: &Q, d: &Q, square: &Q, dt: u64) -> bool {
        let Some(exponent) = dt.to_u32() else {
            return false;
        };
        let scale = self.kappa.denom().pow(exponent);
        let twice = s.numer() * (self.kappa.denom() + self.kappa.numer()).pow(exponent) * d.denom()
            - d.numer().abs() * s.denom() * &scale;
        let unit = s.denom() * d.denom() * scale;
        !twice.is_negative()
            && &twice * &twice * square.denom() >= &unit * &unit * square.numer() * 4
    }

    /// The first step of a phase, up to `limit`, at which this key is no longer
    /// positive. The recurrence runs on integers over `q^t`.
    pub(super) fn death(&self, phase: &Phase, key: usize, limit: u64) -> Option<u64> {
        let (mut now, _) = phase.numerators();
        for dt in 1..=limit {
            let mut next = now.each_ref().map(|x| x * self.kappa.denom());
            for i in (0..2).filter(|&i| phase.active[i]) {
                next[0] += along(i, self.kappa.numer()) * &now[1 + i];
                next[1 + i] += along(i, self.kappa.numer()) * &now[0];
            }
            now = next;
            if !now[1 + key].is_positive() {
                return Some(dt);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{integer, ratio};
    use num_traits::pow;

    /// The comparison on integers is that of the two sides as rationals; d of either sign counts with its size.
    #[test]
    fn a_key_exceeds_what_its_lower_bound_exceeds() {
        let values = [(-3, 1), (-1, 2), (0, 1), (1, 3), (5, 4), (4, 1)].map(|(p, q)| ratio(p, q));
        let squares = [(0, 1), (1, 9), (1, 1), (9, 4), (16, 1)].map(|(p, q)| ratio(p, q));
        let mut counts = [0; 2];
        for kappa in [ratio(1, 10), ratio(1, 2), ratio(9, 10)] {
            let rate = Rate {
                kappa: kappa.clone(),
            };
            for (s, d, dt) in values
                .iter()
                .flat_map(|s| values.iter().map(move |d| (s, d)))
                .flat_map(|(s, d)| [0, 1, 2, 5].map(|dt| (s, d, dt)))
            {
                let bound = (s * pow(Q::one() + &kappa, dt) - d.abs()) / integer(2);
                for square in &squares {
                    let exceeds = !bound.is_negative() && &bound * &bound >= *square;
                    let found = rate.key_exceeds(s, d, square, dt as u64);
                    assert_eq!(found, exceeds, "{kappa} {s} {d} {square} {dt}");
                    counts[usize::from(found)] += 1;
                }
            }
        }
        assert!(counts.iter().all(|&n| n > 100), "{counts:?}");
    }

    /// The powers in Q(sqrt2) are those of repeated multiplication.
    #[test]
    fn powers_of_one_plus_sqrt2_kappa_are_repeated_products() {
        for (p, q) in [(1, 10), (2, 3), (7, 8)] {
            let rate = Rate { kappa: ratio(p, q) };
            let (mut x, mut y) = (BigInt::one(), BigInt::zero());
            for t in 0..40 {
                assert_eq!(rate.sqrt2_power(t), (x.clone(), y.clone()), "{p}/{q} {t}");
                (x, y) = (&x * q + &y * (2 * p), &x * p + &y * q);
            }
        }
    }
}
