//! Gauss-Jordan elimination without fractions, and a quick test of full rank.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// A prime below 2^61: products of two residues fit a `u128`.
const PRIME: u64 = (1 << 61) - 1;

/// An integer matrix in reduced row echelon form, over one denominator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reduced {
    /// The rows; the first [`Reduced::pivots`] of them are not zero.
    pub rows: Vec<Vec<BigInt>>,
    /// The column of each pivot, ascending. Its entry is the denominator in its own row and 0 in all others.
    pub pivots: Vec<usize>,
    /// What all entries are over; not 0.
    pub denominator: BigInt,
}

/// Reduces a matrix, looking for pivots in its first `columns` columns.
///
/// Bareiss' rule: with p the new pivot and d the one before, `row = (p row - row[c] pivot_row) / d` in all
/// other rows, and the division is exact, since every entry is a minor of the matrix.
///
/// # Cost
/// rank x rows x columns products of numbers as long as a minor: rank times the digits of an entry.
pub fn reduce(mut rows: Vec<Vec<BigInt>>, columns: usize) -> Reduced {
    let mut pivots = Vec::new();
    let mut denominator = BigInt::one();
    for c in 0..columns {
        let next = pivots.len();
        let Some(found) = (next..rows.len()).find(|&r| !rows[r][c].is_zero()) else {
            continue;
        };
        rows.swap(next, found);
        let pivot_row = rows[next].clone();
        let pivot = &pivot_row[c];
        for (r, row) in rows.iter_mut().enumerate() {
            if r == next {
                continue;
            }
            let factor = row[c].clone();
            for (x, p) in row.iter_mut().zip(&pivot_row) {
                let mut minor = &*x * pivot;
                if !factor.is_zero() && !p.is_zero() {
                    minor -= &factor * p;
                }
                *x = if minor.is_zero() || denominator.is_one() {
                    minor
                } else {
                    minor / &denominator
                };
            }
        }
        denominator = pivot_row[c].clone();
        pivots.push(c);
    }
    Reduced {
        rows,
        pivots,
        denominator,
    }
}

/// Does a square matrix have full rank? `true` is certain: the rank modulo a prime is at most the rank.
/// `false` leaves it open.
///
/// # Cost
/// n^3 operations on machine integers, and one remainder an entry.
pub fn has_full_rank_mod_prime(rows: &[Vec<BigInt>]) -> bool {
    let modulus = BigInt::from(PRIME);
    let mut residues: Vec<Vec<u64>> = rows
        .iter()
        .map(|row| {
            let residue = |x: &BigInt| x.mod_floor(&modulus).to_u64().unwrap_or(0);
            row.iter().map(residue).collect()
        })
        .collect();
    let multiply = |a: u64, b: u64| (u128::from(a) * u128::from(b) % u128::from(PRIME)) as u64;
    let power = |mut base: u64, mut exponent: u64| {
        let mut result = 1;
        while exponent > 0 {
            if exponent % 2 == 1 {
                result = multiply(result, base);
            }
            base = multiply(base, base);
            exponent /= 2;
        }
        result
    };
    let n = residues.len();
    for c in 0..n {
        let Some(found) = (c..n).find(|&r| residues[r].get(c).is_some_and(|&x| x != 0)) else {
            return false;
        };
        residues.swap(c, found);
        let (done, open) = residues.split_at_mut(c + 1);
        let pivot_row = &done[c];
        let inverse = power(pivot_row[c], PRIME - 2);
        for row in open {
            let factor = multiply(row[c], inverse);
            if factor == 0 {
                continue;
            }
            for (x, &p) in row[c..].iter_mut().zip(&pivot_row[c..]) {
                // Both are below the prime, and so is their difference after one addition.
                *x = (*x + PRIME - multiply(factor, p)) % PRIME;
            }
        }
    }
    true
}

/// The longest number of a matrix, in bits.
pub fn longest_entry(rows: &[Vec<BigInt>]) -> u64 {
    let bits = rows.iter().flatten().map(|x| x.abs().bits());
    bits.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(entries: &[&[i64]]) -> Vec<Vec<BigInt>> {
        entries
            .iter()
            .map(|row| row.iter().map(|&x| x.into()).collect())
            .collect()
    }

    #[test]
    fn the_reduced_form_of_a_small_matrix_is_known() {
        // Rows 1 and 3 are dependent; the reduced form is [1 2 0 5; 0 0 1 -1; 0 0 0 0].
        let reduced = reduce(matrix(&[&[2, 4, 1, 9], &[1, 2, 3, 2], &[3, 6, 4, 11]]), 4);
        assert_eq!(reduced.pivots, [0, 2]);
        let d = &reduced.denominator;
        let over = |r: usize| -> Vec<BigInt> { reduced.rows[r].iter().map(|x| x / d).collect() };
        assert_eq!(over(0), matrix(&[&[1, 2, 0, 5]])[0]);
        assert_eq!(over(1), matrix(&[&[0, 0, 1, -1]])[0]);
        assert!(reduced.rows[2].iter().all(Zero::is_zero));
    }

    #[test]
    fn an_inverse_times_its_matrix_is_the_identity() {
        let a = matrix(&[&[0, 2, -1], &[3, 1, 4], &[-2, 7, 5]]);
        let with_identity: Vec<Vec<BigInt>> = a
            .iter()
            .enumerate()
            .map(|(i, row)| {
                let unit = (0..3).map(|k| BigInt::from(i64::from(i == k)));
                row.iter().cloned().chain(unit).collect()
            })
            .collect();
        let reduced = reduce(with_identity, 3);
        assert_eq!(reduced.pivots, [0, 1, 2]);
        for (i, row) in a.iter().enumerate() {
            for k in 0..3 {
                let sum: BigInt = (0..3).map(|l| &row[l] * &reduced.rows[l][3 + k]).sum();
                let expected = if i == k {
                    reduced.denominator.clone()
                } else {
                    BigInt::zero()
                };
                assert_eq!(sum, expected);
            }
        }
    }

    #[test]
    fn rank_modulo_a_prime_is_never_too_large() {
        assert!(has_full_rank_mod_prime(&matrix(&[&[0, 1], &[1, 0]])));
        assert!(!has_full_rank_mod_prime(&matrix(&[&[1, 2], &[2, 4]])));
        // Full rank over the rationals, but 0 modulo the prime: left open.
        let multiple = vec![vec![BigInt::from(PRIME)]];
        assert!(!has_full_rank_mod_prime(&multiple));
        assert_eq!(longest_entry(&matrix(&[&[-8, 3]])), 4);
    }
}
