//! A fixed-point copy of a state whose head is trained, with a rigorous bound on its error.
//!
//! Numbers are integers over `2^scale`; every step adds to one common bound for the heads and one
//! for the coordinates what the errors so far and the rounding of that step can contribute.

use super::constants::Constants;
use crate::problem::Loss;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};
use std::collections::HashMap;

/// Heads, coordinates and their error bounds, in units of `2^-scale`.
#[derive(Debug, Clone)]
pub(super) struct Enclosure {
    n_patterns: usize,
    /// Numbers below `2^room` leave room for every sum that is formed.
    room: u32,
    /// Bits of the multipliers.
    multiplier_bits: u32,
    scale: i64,
    head: Vec<i64>,
    weights: Vec<i64>,
    head_error: i128,
    weight_error: i128,
    /// Multipliers of the present course over `2^shift`: `e1 u_jp / q` and `e2 (u G)_jp / q`.
    gain: Vec<i64>,
    pull: Vec<i64>,
    shift: u32,
    /// Largest sum of |gain| over a filter, and largest |pull|, both plus their rounding.
    gain_bound: i128,
    pull_bound: i128,
    usable: bool,
    slopes: [i64; 2],
    patches: i128,
    loss: Loss,
    f: Vec<i128>,
}

/// The smallest b with `v < 2^b`.
fn bit_length(v: u64) -> u32 {
    64 - v.leading_zeros()
}

impl Enclosure {
    pub(super) fn new(constants: &Constants) -> Self {
        let (n, width) = (constants.n, constants.n_patterns);
        // F sums n products of two numbers and a slope; margins add up to `patches` of them.
        let overhead = bit_length(n as u64)
            + bit_length(u64::from(constants.patches))
            + bit_length(constants.slopes[0].unsigned_abs())
            + 2;
        let room = ((126u32.saturating_sub(overhead)) / 2).min(60);
        Enclosure {
            n_patterns: width,
            room,
            multiplier_bits: (124 - room - bit_length(width as u64)).min(62),
            scale: 0,
            head: vec![0; n],
            weights: vec![0; n * width],
            head_error: 0,
            weight_error: 0,
            gain: vec![0; n * width],
            pull: vec![0; n * width],
            shift: 0,
            gain_bound: 0,
            pull_bound: 0,
            usable: true,
            slopes: constants.slopes,
            patches: i128::from(constants.patches),
            loss: constants.loss,
            f: vec![0; width],
        }
    }

    /// Bits in front of the binary point that numbers may need.
    pub(super) fn magnitude_bits(&self) -> u64 {
        (i64::from(self.room) - self.scale).max(0).unsigned_abs()
    }

    /// Encloses exact numbers, given as numerators and the keys of their denominators.
    pub(super) fn set(
        &mut self,
        head: &[(BigInt, usize)],
        weights: &[(BigInt, usize)],
        denominators: &HashMap<usize, BigInt>,
    ) {
        let magnitude = head
            .iter()
            .chain(weights)
            .filter(|(v, _)| !v.is_zero())
            .map(|(v, key)| v.bits() as i64 - denominators[key].bits() as i64 + 1)
            .max()
            .unwrap_or(1);
        // Eight bits to grow.
        self.scale = i64::from(self.room) - 8 - magnitude;
        let scale = self.scale;
        let fix = |(v, key): &(BigInt, usize)| -> i64 {
            let denominator = &denominators[key];
            let quotient = if scale >= 0 {
                (v << scale.unsigned_abs()) / denominator
            } else {
                v / (denominator << scale.unsigned_abs())
            };
            quotient.to_i64().unwrap_or(i64::MAX)
        };
        self.head = head.iter().map(fix).collect();
        self.weights = weights.iter().map(fix).collect();
        self.head_error = 1;
        self.weight_error = 1;
    }

    /// Sets the multipliers for a force and signs.
    pub(super) fn course(&mut self, constants: &Constants, force: &[i64], positive: &[bool]) {
        let width = self.n_patterns;
        let n = self.head.len();
        let mut sums = vec![(0i128, 0i128); n * width];
        let mut largest = 1u128;
        for j in 0..n {
            for p in 0..width {
                let slope = constants.slopes[usize::from(!positive[j * width + p])];
                let u = i128::from(force[p]) * i128::from(slope);
                sums[j * width + p].0 = u;
                largest = largest.max(u.unsigned_abs());
                match &constants.gram {
                    None => sums[j * width + p].1 = u,
                    Some(gram) if u != 0 => {
                        for q in 0..width {
                            sums[j * width + q].1 += u * i128::from(gram[p * width + q]);
                        }
                    }
                    Some(_) => {}
                }
            }
        }
        for (_, y) in &sums {
            largest = largest.max(y.unsigned_abs());
        }
        let top = (BigInt::from(largest) * constants.e1.abs().max(constants.e2.abs())
            / &constants.q)
            .bits()
            + 1;
        // Multipliers that are too large leave every decision to the exact state.
        self.usable = top < u64::from(self.multiplier_bits);
        if !self.usable {
            return;
        }
        self.shift = self.multiplier_bits - top as u32;
        let shift = self.shift;
        let mut cache: HashMap<(i128, bool), i64> = HashMap::new();
        let mut multiplier = |v: i128, first: bool| -> i64 {
            if v == 0 {
                return 0;
            }
            *cache.entry((v, first)).or_insert_with(|| {
                let rate = if first { &constants.e1 } else { &constants.e2 };
                let value = ((rate * v) << shift).div_floor(&constants.q);
                // Not 0, so that what moves can be told from what does not.
                value.to_i64().filter(|&m| m != 0).unwrap_or(1)
            })
        };
        self.gain_bound = 0;
        self.pull_bound = 0;
        for j in 0..n {
            let mut total = 0i128;
            let row = j * width..(j + 1) * width;
            for ((&(u, y), gain), pull) in sums[row.clone()]
                .iter()
                .zip(&mut self.gain[row.clone()])
                .zip(&mut self.pull[row])
            {
                *gain = multiplier(u, true);
                *pull = multiplier(y, false);
                total += i128::from(gain.unsigned_abs()) + 2;
                let bound = i128::from(pull.unsigned_abs()) + 2;
                self.pull_bound = self.pull_bound.max(bound);
            }
            self.gain_bound = self.gain_bound.max(total);
        }
    }

    /// One step; `false` if the numbers or their errors have outgrown the format.
    pub(super) fn step(&mut self) -> bool {
        if !self.usable {
            return false;
        }
        let width = self.n_patterns;
        let shift = self.shift;
        let limit = 1u64 << self.room;
        let (mut head_top, mut weight_top) = (0u64, 0u64);
        let mut fits = true;
        for (j, head) in self.head.iter_mut().enumerate() {
            let old = i128::from(*head);
            let row = j * width..(j + 1) * width;
            let mut sum = 0i128;
            head_top = head_top.max(head.unsigned_abs());
            for ((z, &gain), &pull) in self.weights[row.clone()]
                .iter_mut()
                .zip(&self.gain[row.clone()])
                .zip(&self.pull[row])
            {
                sum += i128::from(gain) * i128::from(*z);
                weight_top = weight_top.max(z.unsigned_abs());
                if pull != 0 {
                    let next = i128::from(*z) + ((i128::from(pull) * old) >> shift);
                    fits &= next.unsigned_abs() < u128::from(limit);
                    *z = next as i64;
                }
            }
            let next = old + (sum >> shift);
            fits &= next.unsigned_abs() < u128::from(limit);
            *head = next as i64;
        }
        // A multiplier is off by at most 2 units, a shift by 1.
        let (ea, ez) = (self.head_error, self.weight_error);
        let width = width as i128;
        let grow = |bound: i128, error: i128, units: i128, top: u64| -> Option<i128> {
            let spread = bound.checked_mul(error)?;
            let rounding = units * i128::from(top);
            Some(error_after_shift(spread.checked_add(rounding)?, shift))
        };
        let Some(head_add) = grow(self.gain_bound, ez, 2 * width, weight_top) else {
            return false;
        };
        let Some(weight_add) = grow(self.pull_bound, ea, 2, head_top) else {
            return false;
        };
        self.head_error = ea + head_add;
        self.weight_error = ez + weight_add;
        fits && self.head_error < i128::from(limit) && self.weight_error < i128::from(limit)
    }

    /// The coordinates that moved and whose sign differs from `positive`; `false` if some sign
    /// cannot be told.
    pub(super) fn signs(&self, positive: &[bool], flips: &mut Vec<u32>) -> bool {
        let error = self.weight_error as i64;
        for (i, ((&z, &pull), &was)) in
            (0u32..).zip(self.weights.iter().zip(&self.pull).zip(positive))
        {
            if pull == 0 {
                continue;
            }
            let now = if z > error {
                true
            } else if z <= -error {
                false
            } else {
                return false;
            };
            if now != was {
                flips.push(i);
            }
        }
        true
    }

    /// The sums `F_p = sum_j a_j sigma(Z_jp)`, the gate's threshold, and a bound on the error of any
    /// margin, all in one unit; `None` if they do not fit.
    pub(super) fn margins(&mut self, positive: &[bool]) -> Option<(&[i128], i128, i128)> {
        let width = self.n_patterns;
        self.f.fill(0);
        let (mut head_top, mut weight_top) = (0i128, 0u64);
        for (j, &head) in self.head.iter().enumerate() {
            head_top = head_top.max(i128::from(head.unsigned_abs()));
            for (p, sum) in self.f.iter_mut().enumerate() {
                let i = j * width + p;
                let z = self.weights[i];
                weight_top = weight_top.max(z.unsigned_abs());
                let slope = self.slopes[usize::from(!positive[i])];
                if slope != 0 {
                    *sum += i128::from(head) * i128::from(z) * i128::from(slope);
                }
            }
        }
        let n = self.head.len() as i128;
        let each = head_top.checked_mul(self.weight_error)?.checked_add(
            self.head_error
                .checked_mul(i128::from(weight_top) + self.weight_error)?,
        )?;
        let error = each
            .checked_mul(n * i128::from(self.slopes[0]))?
            .checked_mul(self.patches)?
            .checked_add(2)?;
        let threshold = match self.loss {
            Loss::Hinge if self.scale >= 0 => {
                let shift = u32::try_from(2 * self.scale).ok().filter(|&s| s < 124)?;
                i128::from(self.slopes[0]).checked_mul(1i128 << shift)?
            }
            // 2^(2 scale) lies between 0 and 1 unit, which the error covers.
            _ => 0,
        };
        (error < 1 << 125 && threshold < 1 << 125).then_some((&self.f[..], threshold, error))
    }
}

/// A bound in multiplier units brought back to units of the state, rounded up, plus one for the
/// rounding of the shift itself.
fn error_after_shift(bound: i128, shift: u32) -> i128 {
    (bound >> shift) + 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Q, integer};
    use proptest::prelude::*;

    fn constants(gram: Option<Vec<i64>>, rate: i64) -> Constants {
        Constants {
            n: 2,
            n_patterns: 2,
            slopes: [1, 0],
            gram,
            e1: rate.into(),
            e2: (3 * rate).into(),
            q: 7_919.into(),
            patches: 3,
            loss: Loss::Hinge,
        }
    }

    proptest! {
        /// Beside the exact recurrence: the errors stay inside their bounds, a sign is told only if it
        /// is the exact one, and the bounds are not far above what they bound.
        #[test]
        fn the_exact_state_stays_inside(
            numerators in proptest::array::uniform6(-60i64..=60),
            force in proptest::array::uniform2(-2i64..=2),
            positive in proptest::array::uniform4(any::<bool>()),
            coherent: bool,
            rate in 1i64..=40,
        ) {
            let gram = coherent.then(|| vec![2, 1, 1, 3]);
            let constants = constants(gram.clone(), rate);
            let denominators = HashMap::from([(0, BigInt::from(61))]);
            let number = |i: usize| (BigInt::from(numerators[i]), 0);
            let mut enclosure = Enclosure::new(&constants);
            enclosure.set(&[number(0), number(1)], &[2, 3, 4, 5].map(number), &denominators);
            enclosure.course(&constants, &force, &positive);
            let exact = |i: usize| Q::new(numerators[i].into(), 61.into());
            let (mut head, mut weights) = ([exact(0), exact(1)], [2, 3, 4, 5].map(exact));
            let gram = gram.unwrap_or_else(|| vec![1, 0, 0, 1]);
            for _ in 0..60 {
                let u: [i64; 4] = std::array::from_fn(|i| force[i % 2] * i64::from(positive[i]));
                let old = head.clone();
                for j in 0..2 {
                    let sum: Q = (0..2).map(|p| integer(u[2 * j + p]) * &weights[2 * j + p]).sum();
                    head[j] += Q::new(rate.into(), 7_919.into()) * sum;
                    for p in 0..2 {
                        let pull: i64 = (0..2).map(|q| u[2 * j + q] * gram[2 * q + p]).sum();
                        weights[2 * j + p] +=
                            Q::new((3 * rate).into(), 7_919.into()) * integer(pull) * &old[j];
                    }
                }
                if !enclosure.step() {
                    break;
                }
                let unit = |value: &Q| value * Q::from(BigInt::from(1) << enclosure.scale as u64);
                let near = |value: &Q, found: i64, error: i128| {
                    (unit(value) - integer(found)).abs() <= Q::from(BigInt::from(error))
                };
                for (exact, &found) in head.iter().zip(&enclosure.head) {
                    prop_assert!(near(exact, found, enclosure.head_error));
                }
                for (exact, &found) in weights.iter().zip(&enclosure.weights) {
                    prop_assert!(near(exact, found, enclosure.weight_error));
                }
                let mut flips = Vec::new();
                if enclosure.signs(&positive, &mut flips) {
                    for i in (0..4).filter(|&i| enclosure.pull[i] != 0) {
                        let flipped = flips.contains(&(i as u32));
                        prop_assert_eq!(flipped, weights[i].is_positive() != positive[i]);
                    }
                }
            }
            prop_assert!(enclosure.weight_error < 1 << 24, "{}", enclosure.weight_error);
        }
    }

    /// One unit of error on either side of 0 leaves the sign open; beyond it the sign is told.
    #[test]
    fn signs_near_zero_are_left_open() {
        let constants = constants(None, 1);
        let denominators = HashMap::from([(0, BigInt::from(1))]);
        let one = (BigInt::from(1), 0);
        let mut enclosure = Enclosure::new(&constants);
        enclosure.set(&[one.clone(), one.clone()], &vec![one; 4], &denominators);
        enclosure.course(&constants, &[1, 1], &[true; 4]);
        for (z, told) in [(2, Some(true)), (1, None), (0, None), (-1, Some(false))] {
            enclosure.weights = vec![z; 4];
            let mut flips = Vec::new();
            let sure = enclosure.signs(&[true; 4], &mut flips);
            assert_eq!(sure.then_some(flips.is_empty()), told, "{z}");
        }
    }

    #[test]
    fn what_a_shift_drops_is_counted() {
        for (bound, shift, least) in [
            (0, 3, 1),
            (8, 3, 2),
            (9, 3, 3),
            (1 << 40, 10, (1 << 30) + 1),
        ] {
            assert!(error_after_shift(bound, shift) >= least);
        }
    }
}
