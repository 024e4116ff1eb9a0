//! A float that knows how far it may be from the exact value.
//!
//! Running error analysis: every operation bounds what its operands' errors can do to the result and
//! adds its own rounding error. That one is not estimated but computed, by error-free
//! transformations (two-sum, and two-product by a fused multiplication), so an exact operation adds
//! nothing. Products near the underflow threshold, where the transformation itself would round, are
//! bounded by unit roundoff and half the smallest subnormal instead. The bound's own arithmetic is
//! rounded up.

use super::float::{Real, decompose, lift, to_nearest};
use crate::number::Q;
use num_traits::{Signed, Zero};

/// Products at least this large have a rounding error that is a float (2^-900).
const SAFE_PRODUCT: f64 = f64::from_bits((1023 - 900) << 52);

/// Unit roundoff, 2^-53.
const UNIT_ROUNDOFF: f64 = f64::EPSILON / 2.0;

/// `|value - exact| <= error`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tracked {
    pub(crate) value: f64,
    pub(crate) error: f64,
}

/// The decisions that were used, and how many of them the bounds do not cover.
#[derive(Debug, Clone, Default)]
pub(crate) struct Doubts {
    /// Decisions that were used: those whose two outcomes differ.
    pub(crate) decisions: u64,
    /// Decisions closer to their threshold than the bound.
    pub(crate) near: u64,
}

impl Doubts {
    /// Was a decision taken that the bounds do not cover?
    pub(crate) fn any(&self) -> bool {
        self.near > 0
    }

    fn note(&mut self, decided: bool) {
        self.decisions += 1;
        self.near += u64::from(!decided);
    }
}

/// An upper bound of `a + b` for numbers of at least 0.
fn add_up(a: f64, b: f64) -> f64 {
    if a == 0.0 {
        b
    } else if b == 0.0 {
        a
    } else {
        (a + b).next_up()
    }
}

/// An upper bound of `a b` for numbers of at least 0.
fn mul_up(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 {
        0.0
    } else if a == 1.0 {
        b
    } else if b == 1.0 {
        a
    } else {
        (a * b).next_up()
    }
}

/// An upper bound of `a - b`, or 0 if that is not positive.
fn excess_up(a: f64, b: f64) -> f64 {
    let gap = a - b;
    if gap > 0.0 { gap.next_up() } else { 0.0 }
}

/// A bound of the rounding error of `product = a * b`.
fn product_error(a: f64, b: f64, product: f64) -> f64 {
    if a == 0.0 || b == 0.0 {
        return 0.0;
    }
    if product.abs() >= SAFE_PRODUCT {
        return a.mul_add(b, -product).abs();
    }
    let ((m, e), (n, f)) = (decompose(a), decompose(b));
    let (e, f) = (
        e + i64::from(m.trailing_zeros()),
        f + i64::from(n.trailing_zeros()),
    );
    let odd = u128::from(m >> m.trailing_zeros()) * u128::from(n >> n.trailing_zeros());
    if odd < 1 << 53 && e + f >= -1074 {
        return 0.0;
    }
    add_up(mul_up(product.abs(), UNIT_ROUNDOFF), f64::from_bits(1))
}

impl Tracked {
    /// Without a finite value nothing is known.
    fn new(value: f64, error: f64) -> Self {
        let known = value.is_finite() && !error.is_nan();
        Tracked {
            value,
            error: if known { error } else { f64::INFINITY },
        }
    }

    /// Is it certain on which side of the threshold the exact value lies, and whether it is on it?
    fn is_decided(self, threshold: f64) -> bool {
        let distance = (self.value - threshold).abs();
        // The difference from 0 is exact, others may be rounded up.
        let distance = if threshold == 0.0 {
            distance
        } else {
            distance.next_down()
        };
        self.error == 0.0 || distance > self.error
    }

    /// `chosen`, when it might have to be `other`.
    fn or_else(chosen: Self, other: Self) -> Self {
        let gap = (chosen.value - other.value).abs();
        let gap = if gap == 0.0 { 0.0 } else { gap.next_up() };
        let error = add_up(gap, other.error);
        // The largest of two numbers is not NaN if one of them is not.
        let error = if error.is_nan() {
            f64::INFINITY
        } else {
            error.max(chosen.error)
        };
        Tracked::new(chosen.value, error)
    }

    fn equals(self, other: Self) -> bool {
        self.value == other.value && self.error == 0.0 && other.error == 0.0
    }
}

impl Real for Tracked {
    type Log = Doubts;
    const ZERO: Self = Tracked {
        value: 0.0,
        error: 0.0,
    };
    const ONE: Self = Tracked {
        value: 1.0,
        error: 0.0,
    };

    fn constant(q: &Q) -> Self {
        let value = to_nearest(q);
        let error = match lift(value) {
            Some(lifted) => {
                let gap = (q - lifted).abs();
                if gap.is_zero() {
                    0.0
                } else {
                    to_nearest(&gap).next_up()
                }
            }
            None => f64::INFINITY,
        };
        Tracked::new(value, error)
    }

    fn exact(x: f64) -> Self {
        Tracked::new(x, 0.0)
    }

    fn value(self) -> f64 {
        self.value
    }

    fn count(n: u32) -> Self {
        Tracked::new(f64::from(n), 0.0)
    }

    fn plus(self, other: Self) -> Self {
        let (a, b) = (self.value, other.value);
        let sum = a + b;
        // Two-sum: exact, subnormal numbers included.
        let virtual_b = sum - a;
        let rounding = ((a - (sum - virtual_b)) + (b - virtual_b)).abs();
        Tracked::new(sum, add_up(add_up(self.error, other.error), rounding))
    }

    fn times(self, other: Self) -> Self {
        let (a, b) = (self.value, other.value);
        let product = a * b;
        let carried = add_up(
            add_up(mul_up(a.abs(), other.error), mul_up(b.abs(), self.error)),
            mul_up(self.error, other.error),
        );
        if !product.is_finite() {
            // A 0 that is not certain comes from a gate or a derivative that plain floats skip.
            let skipped = (a == 0.0 && self.error > 0.0) || (b == 0.0 && other.error > 0.0);
            if product.is_nan() && skipped {
                return Tracked::new(0.0, f64::INFINITY);
            }
            return Tracked::new(product, f64::INFINITY);
        }
        Tracked::new(product, add_up(carried, product_error(a, b, product)))
    }

    fn negated(self) -> Self {
        Tracked::new(-self.value, self.error)
    }

    fn relu(self) -> Self {
        if self.value > 0.0 {
            self
        } else if -self.value >= self.error {
            Self::ZERO
        } else {
            // max(., 0) moves no two numbers apart.
            Tracked::new(0.0, self.error)
        }
    }

    fn exceeds(self, other: Self) -> bool {
        self.value > other.value
    }

    fn larger(self, other: Self) -> Self {
        let (most, least) = if other.value > self.value {
            (other, self)
        } else {
            (self, other)
        };
        let top = if least.error == 0.0 {
            least.value
        } else {
            (least.value + least.error).next_up()
        };
        Tracked::new(most.value, most.error.max(excess_up(top, most.value)))
    }

    fn is_certain_zero(self) -> bool {
        self.equals(Self::ZERO)
    }

    fn is_positive(self, log: &mut Doubts) -> bool {
        log.note(self.is_decided(0.0));
        self.value > 0.0
    }

    fn blend_positive(self, then: Self, otherwise: Self) -> Self {
        self.if_positive(then, otherwise, &mut Doubts::default())
    }

    fn if_positive(self, then: Self, otherwise: Self, log: &mut Doubts) -> Self {
        let (chosen, other) = if self.value > 0.0 {
            (then, otherwise)
        } else {
            (otherwise, then)
        };
        if then.equals(otherwise) {
            return chosen;
        }
        let decided = self.is_decided(0.0);
        log.note(decided);
        if decided {
            return chosen;
        }
        Tracked::or_else(chosen, other)
    }

    fn if_below(self, bound: Self, then: Self, otherwise: Self, log: &mut Doubts) -> Self {
        let (chosen, other) = if self.value < bound.value {
            (then, otherwise)
        } else {
            (otherwise, then)
        };
        let total = Tracked::new(self.value, add_up(self.error, bound.error));
        if then.equals(otherwise) {
            return chosen;
        }
        let decided = total.is_decided(bound.value);
        log.note(decided);
        if decided {
            return chosen;
        }
        Tracked::or_else(chosen, other)
    }

    fn may_rival(self, best: Self) -> bool {
        let error = add_up(self.error, best.error);
        let gap = (best.value - self.value).next_down();
        error != 0.0 && (gap.is_nan() || gap <= error)
    }

    fn share(slope: Self, chosen: bool, doubtful: bool, log: &mut Doubts) -> Self {
        let share = if chosen { slope } else { Self::ZERO };
        if slope.is_certain_zero() {
            return share;
        }
        if chosen || doubtful {
            log.note(!doubtful);
        }
        if !doubtful {
            return share;
        }
        Tracked::or_else(share, if chosen { Self::ZERO } else { slope })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::ratio;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Random chains of operations on floats of every size, beside rational arithmetic.
    #[test]
    fn the_bound_holds_and_exact_operations_add_nothing() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut tight = 0;
        for case in 0..4_000u32 {
            let mut draw = || {
                let word = rng.next_u64();
                let exponent = match case % 4 {
                    0 => 1023,
                    1 => 1023 - 500 - word % 23,
                    2 => 1 + word % 40,
                    _ => 1000 + word % 46,
                };
                let fraction = if case % 3 == 0 {
                    word & (0xff << 44)
                } else {
                    word >> 12
                };
                f64::from_bits((word & 1) << 63 | exponent << 52 | fraction)
            };
            let mut x = Tracked::new(draw(), 0.0);
            let mut exact = lift(x.value).unwrap();
            for step in 0..4 {
                let y = draw();
                let other = Tracked::new(y, 0.0);
                let before = x;
                let lifted = lift(y).unwrap();
                let multiply = (case + step) % 2 == 0;
                x = if multiply {
                    x.times(other)
                } else {
                    x.plus(other)
                };
                exact = if multiply {
                    exact * &lifted
                } else {
                    exact + &lifted
                };
                if !x.value.is_finite() {
                    break;
                }
                let gap = (lift(x.value).unwrap() - &exact).abs();
                assert!(gap <= lift(x.error).unwrap(), "{before:?} {y} {multiply}");
                let from = lift(before.value).unwrap();
                let result = if multiply {
                    from * &lifted
                } else {
                    from + &lifted
                };
                if before.error == 0.0 && lift(x.value).unwrap() == result {
                    assert_eq!(x.error, 0.0, "{before:?} {y} {multiply}");
                    tight += 1;
                }
            }
        }
        assert!(tight > 500, "{tight}");
    }

    /// Exact values at the ends of both bounds.
    #[test]
    fn the_errors_of_both_operands_count_and_their_product_too() {
        let (x, y) = (Tracked::new(1.0, 0.5), Tracked::new(-2.0, 0.25));
        // 3/2 * 9/4 is 27/8.
        let product = x.times(y);
        assert!(product.value == -2.0 && product.error >= 1.375);
        assert!(product.error < 1.376);
        let sum = x.plus(y);
        assert!(sum.value == -1.0 && sum.error >= 0.75 && sum.error < 0.751);
    }

    #[test]
    fn undecided_choices_cover_both_outcomes() {
        let close = Tracked::new(1e-18, 1e-17);
        let mut log = Doubts::default();
        let one = close.if_positive(Tracked::ONE, Tracked::ZERO, &mut log);
        assert!(log.any() && one.value == 1.0 && one.error >= 1.0);
        let mut log = Doubts::default();
        let same = close.if_positive(Tracked::ONE, Tracked::ONE, &mut log);
        assert!(!log.any() && same.error == 0.0);
        // An exact tie is decided.
        assert_eq!(
            Tracked::ZERO
                .if_positive(Tracked::ONE, Tracked::ZERO, &mut log)
                .value,
            0.0
        );
        assert!(!log.any() && !Tracked::ONE.may_rival(Tracked::ONE));
        let third = Tracked::constant(&ratio(1, 3));
        assert!(third.error > 0.0 && third.error < 1e-16 && third.may_rival(third));
        let top = Tracked::new(1.0, 0.0).larger(Tracked::new(0.9, 0.2));
        assert!(top.value == 1.0 && top.error >= 0.1 && top.error < 0.11);
        assert_eq!(
            Tracked::new(f64::MAX, 0.0)
                .plus(Tracked::new(f64::MAX, 0.0))
                .error,
            f64::INFINITY
        );
    }
}
