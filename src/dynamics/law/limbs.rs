//! Non-negative integers as little-endian slices of 64-bit words: the inner loop of a law.

use num_bigint::BigUint;

/// Words that hold every number up to `bound`; at least 1.
pub(super) fn words_for(bound: &BigUint) -> usize {
    (bound.bits().div_ceil(64) as usize).max(1)
}

/// The words of `value`, padded with zeros to `width`.
pub(super) fn to_words(value: &BigUint, width: usize) -> Vec<u64> {
    let mut words = value.to_u64_digits();
    words.resize(width.max(words.len()), 0);
    words
}

/// The number that these words stand for.
pub(super) fn to_integer(words: &[u64]) -> BigUint {
    let halves = words
        .iter()
        .flat_map(|&w| [w as u32, (w >> 32) as u32])
        .collect();
    BigUint::new(halves)
}

/// `sum += term`. The sum must fit, and `term` be no longer than `sum` but for zeros.
#[inline]
pub(super) fn add(sum: &mut [u64], term: &[u64]) {
    let mut carry = false;
    // The term comes first in `zip`: its end must not swallow a word of the sum.
    let mut words = sum.iter_mut();
    for (&t, word) in term.iter().zip(words.by_ref()) {
        let (a, first) = word.overflowing_add(t);
        let (b, second) = a.overflowing_add(u64::from(carry));
        *word = b;
        carry = first | second;
    }
    for word in words {
        if !carry {
            return;
        }
        (*word, carry) = word.overflowing_add(1);
    }
}

/// `sum += term * factor`. The result must fit, and `term` be no longer than `sum` but for zeros.
#[inline]
pub(super) fn add_multiple(sum: &mut [u64], term: &[u64], factor: u64) {
    let mut carry = 0u64;
    let mut words = sum.iter_mut();
    for (&t, word) in term.iter().zip(words.by_ref()) {
        // (2^64 - 1)^2 + 2 (2^64 - 1) = 2^128 - 1: no overflow.
        let wide = u128::from(t) * u128::from(factor) + u128::from(*word) + u128::from(carry);
        *word = wide as u64;
        carry = (wide >> 64) as u64;
    }
    for word in words {
        if carry == 0 {
            return;
        }
        let (a, over) = word.overflowing_add(carry);
        *word = a;
        carry = u64::from(over);
    }
}

/// `sum += term * factor`, for numbers of N words. The result must fit.
#[inline]
pub(super) fn add_multiple_fixed<const N: usize>(sum: &mut [u64; N], term: &[u64; N], factor: u64) {
    let mut carry = 0u64;
    for (word, &t) in sum.iter_mut().zip(term) {
        let wide = u128::from(t) * u128::from(factor) + u128::from(*word) + u128::from(carry);
        *word = wide as u64;
        carry = (wide >> 64) as u64;
    }
}

/// `sum += term * factor` with a factor of any number of words. The result must fit.
#[inline]
pub(super) fn add_product(sum: &mut [u64], term: &[u64], factor: &[u64]) {
    if let [single] = factor {
        return add_multiple(sum, term, *single);
    }
    for (shift, &word) in factor.iter().enumerate() {
        if word != 0
            && let Some(room) = sum.get_mut(shift..)
        {
            add_multiple(room, term, word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_products_agree_with_big_integers() {
        let values = [
            BigUint::from(0u32),
            BigUint::from(1u32),
            BigUint::from(u64::MAX),
            (BigUint::from(1u32) << 128u32) - 1u32,
            (BigUint::from(0x1234_5678_9abc_def0u64) << 77u32) + 3u32,
        ];
        for a in &values {
            for b in &values {
                for c in &values {
                    let mut sum = to_words(a, 6);
                    add_product(&mut sum, &to_words(b, 3), &to_words(c, 2));
                    assert_eq!(to_integer(&sum), a + b * c);
                    add(&mut sum, &to_words(b, 2));
                    assert_eq!(to_integer(&sum), a + b * c + b);
                }
            }
        }
        // A carry through words that the term does not have.
        for one in [vec![1], vec![1, 0]] {
            let all = (BigUint::from(1u32) << 256u32) - 1u32;
            let power = BigUint::from(1u32) << 256u32;
            let mut sum = to_words(&all, 5);
            add(&mut sum, &one);
            assert_eq!(to_integer(&sum), power);
            let mut sum = to_words(&all, 5);
            add_multiple(&mut sum, &one, 1);
            assert_eq!(to_integer(&sum), power);
        }
        let mut sum = [u64::MAX, 7, 0];
        add_multiple_fixed(&mut sum, &[3, u64::MAX, 0], u64::MAX);
        let expected = (BigUint::from(7u32) << 64u32)
            + u64::MAX
            + ((BigUint::from(u64::MAX) << 64u32) + 3u32) * u64::MAX;
        assert_eq!(to_integer(&sum), expected);
        assert_eq!(words_for(&values[0]), 1);
        assert_eq!(words_for(&values[3]), 2);
    }
}
