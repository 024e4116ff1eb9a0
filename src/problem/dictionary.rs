//! The dictionary of patterns and its Gram matrix.

use super::DomainError;
use crate::number::{Matrix, Q};
use num_traits::{One, Signed, Zero};

/// The patterns: key patterns `v+`, `v-`, then background patterns `u1..uK`.
///
/// Only the Gram matrix enters the dynamics. An orthonormal dictionary stores none.
#[derive(Debug, Clone, PartialEq)]
pub struct Dictionary {
    n_patterns: usize,
    vectors: Option<Vec<Vec<Q>>>,
    gram: Option<Matrix<Q>>,
    pinv: Option<Matrix<Q>>,
    null_space: Vec<Vec<Q>>,
}

impl Dictionary {
    /// Most background patterns that are accepted.
    pub const MAX_BACKGROUND: usize = 65_536;

    /// Most explicit patterns that are accepted (their Gram matrix is inverted exactly).
    pub const MAX_EXPLICIT: usize = 256;

    /// `v+`, `v-` and `n_background` further patterns, all orthonormal.
    ///
    /// # Errors
    /// If there are more than [`Dictionary::MAX_BACKGROUND`].
    pub fn orthonormal(n_background: usize) -> Result<Self, DomainError> {
        if n_background > Self::MAX_BACKGROUND {
            return Err(DomainError::new(
                "dictionary.background",
                n_background.to_string(),
                format!("at most {}", Self::MAX_BACKGROUND),
            ));
        }
        Ok(Dictionary {
            n_patterns: n_background + 2,
            vectors: None,
            gram: None,
            pinv: None,
            null_space: Vec::new(),
        })
    }

    /// Explicit vectors, in dictionary order `v+`, `v-`, `u1`, ...; they may be linearly dependent.
    ///
    /// # Errors
    /// If there are fewer than two, more than [`Dictionary::MAX_EXPLICIT`], or their lengths differ.
    ///
    /// # Cost
    /// P^2 d rational operations for the Gram matrix and P^3 to invert it.
    pub fn explicit(vectors: Vec<Vec<Q>>) -> Result<Self, DomainError> {
        let n = vectors.len();
        if !(2..=Self::MAX_EXPLICIT).contains(&n) {
            return Err(DomainError::new(
                "dictionary.patterns",
                format!("{n} patterns"),
                format!("from 2 to {}", Self::MAX_EXPLICIT),
            ));
        }
        let dimension = vectors[0].len();
        for (i, v) in vectors.iter().enumerate() {
            if v.len() != dimension {
                return Err(DomainError::new(
                    format!("dictionary.patterns.{}", pattern_name(i)),
                    format!("{} entries", v.len()),
                    format!("{dimension} entries, as in v+"),
                ));
            }
        }
        let gram = Matrix::from_fn(n, n, |i, k| {
            vectors[i]
                .iter()
                .zip(&vectors[k])
                .fold(Q::zero(), |sum, (a, b)| sum + a * b)
        });
        let identity = (0..n).all(|i| {
            (0..n).all(|k| {
                if i == k {
                    gram[(i, k)].is_one()
                } else {
                    gram[(i, k)].is_zero()
                }
            })
        });
        if identity {
            return Ok(Dictionary {
                n_patterns: n,
                vectors: Some(vectors),
                gram: None,
                pinv: None,
                null_space: Vec::new(),
            });
        }
        let (pinv, null_space) = generalised_inverse(&gram);
        Ok(Dictionary {
            n_patterns: n,
            vectors: Some(vectors),
            gram: Some(gram),
            pinv: Some(pinv),
            null_space,
        })
    }

    /// Number of patterns, P = K + 2.
    pub fn n_patterns(&self) -> usize {
        self.n_patterns
    }

    /// Number of background patterns, K.
    pub fn n_background(&self) -> usize {
        self.n_patterns - 2
    }

    /// The vectors, if the file gave any.
    pub fn vectors(&self) -> Option<&[Vec<Q>]> {
        self.vectors.as_deref()
    }

    /// The Gram matrix, P x P; `None` stands for the identity.
    pub fn gram(&self) -> Option<&Matrix<Q>> {
        self.gram.as_ref()
    }

    /// Entry `<p, q>` of the Gram matrix.
    pub fn gram_entry(&self, p: usize, q: usize) -> Q {
        match &self.gram {
            Some(gram) => gram[(p, q)].clone(),
            None if p == q => Q::one(),
            None => Q::zero(),
        }
    }

    /// A symmetric generalised inverse of the Gram matrix (`G X G = G`); `None` stands for the identity.
    ///
    /// For `Z` in the range of G, `Z X Z^T = Z G^+ Z^T` whichever generalised inverse X is taken.
    pub fn gram_inverse(&self) -> Option<&Matrix<Q>> {
        self.pinv.as_ref()
    }

    /// Are the patterns orthonormal (assumption A1)?
    pub fn is_orthonormal(&self) -> bool {
        self.gram.is_none()
    }

    /// Are the patterns linearly dependent?
    pub fn is_dependent(&self) -> bool {
        !self.null_space.is_empty()
    }

    /// Coherence, `max |G_pq - [p = q]|`, with a pair of patterns that attains it.
    pub fn coherence(&self) -> (Q, usize, usize) {
        let mut worst = (Q::zero(), 0, 0);
        if let Some(gram) = &self.gram {
            for p in 0..self.n_patterns {
                for q in p..self.n_patterns {
                    let mut entry = gram[(p, q)].clone();
                    if p == q {
                        entry -= Q::one();
                    }
                    let entry = entry.abs();
                    if entry > worst.0 {
                        worst = (entry, p, q);
                    }
                }
            }
        }
        worst
    }

    /// The name of pattern `p`: `v+`, `v-`, `u1`, `u2`, ...
    pub fn pattern_name(&self, p: usize) -> String {
        pattern_name(p)
    }

    /// Is `z` (length P) in the range of the Gram matrix, i.e. are these pattern coordinates of some vector?
    pub fn is_consistent(&self, z: &[Q]) -> bool {
        self.null_space.iter().all(|null| {
            null.iter()
                .zip(z)
                .fold(Q::zero(), |sum, (a, b)| sum + a * b)
                .is_zero()
        })
    }

    /// Squared norm `Z G^+ Z^T` of a filter in the span of the dictionary, from its pattern coordinates.
    ///
    /// # Cost
    /// P operations for an orthonormal dictionary, P^2 otherwise.
    pub fn norm_squared(&self, z: &[Q]) -> Q {
        match &self.pinv {
            None => z.iter().fold(Q::zero(), |sum, x| sum + x * x),
            Some(pinv) => {
                let mut total = Q::zero();
                for (i, zi) in z.iter().enumerate() {
                    if zi.is_zero() {
                        continue;
                    }
                    let inner = pinv
                        .row(i)
                        .iter()
                        .zip(z)
                        .fold(Q::zero(), |sum, (a, b)| sum + a * b);
                    total += zi * inner;
                }
                total
            }
        }
    }
}

fn pattern_name(p: usize) -> String {
    match p {
        0 => "v+".to_owned(),
        1 => "v-".to_owned(),
        k => format!("u{}", k - 1),
    }
}

/// A symmetric generalised inverse of a symmetric positive semidefinite matrix, and a basis of its null space.
///
/// The rows and columns of a maximal independent set are inverted, the rest is zero.
fn generalised_inverse(gram: &Matrix<Q>) -> (Matrix<Q>, Vec<Vec<Q>>) {
    let n = gram.rows();
    // Gauss-Jordan on [G | I]; for a positive semidefinite matrix the pivot columns index an
    // independent set of patterns.
    let mut rows: Vec<Vec<Q>> = (0..n).map(|i| gram.row(i).to_vec()).collect();
    let mut pivots = Vec::new();
    let mut next = 0;
    for col in 0..n {
        let Some(found) = (next..n).find(|&r| !rows[r][col].is_zero()) else {
            continue;
        };
        rows.swap(next, found);
        let inverse = rows[next][col].recip();
        for x in &mut rows[next] {
            *x *= &inverse;
        }
        let pivot_row = rows[next].clone();
        for (r, row) in rows.iter_mut().enumerate() {
            if r != next && !row[col].is_zero() {
                let factor = row[col].clone();
                for (x, p) in row.iter_mut().zip(&pivot_row) {
                    *x -= &factor * p;
                }
            }
        }
        pivots.push(col);
        next += 1;
    }
    let null_space = (0..n)
        .filter(|col| !pivots.contains(col))
        .map(|free| {
            let mut v = vec![Q::zero(); n];
            v[free] = Q::one();
            for (r, &col) in pivots.iter().enumerate() {
                v[col] = -rows[r][free].clone();
            }
            v
        })
        .collect();
    let rank = pivots.len();
    let mut work: Vec<Vec<Q>> = pivots
        .iter()
        .enumerate()
        .map(|(r, &i)| {
            let mut row: Vec<Q> = pivots.iter().map(|&k| gram[(i, k)].clone()).collect();
            row.extend((0..rank).map(|c| if c == r { Q::one() } else { Q::zero() }));
            row
        })
        .collect();
    for col in 0..rank {
        if let Some(found) = (col..rank).find(|&r| !work[r][col].is_zero()) {
            work.swap(col, found);
            let inverse = work[col][col].recip();
            for x in &mut work[col] {
                *x *= &inverse;
            }
            let pivot_row = work[col].clone();
            for (r, row) in work.iter_mut().enumerate() {
                if r != col && !row[col].is_zero() {
                    let factor = row[col].clone();
                    for (x, p) in row.iter_mut().zip(&pivot_row) {
                        *x -= &factor * p;
                    }
                }
            }
        }
    }
    let mut pinv = Matrix::from_fn(n, n, |_, _| Q::zero());
    for (r, &i) in pivots.iter().enumerate() {
        for (c, &k) in pivots.iter().enumerate() {
            pinv[(i, k)] = work[r][rank + c].clone();
        }
    }
    (pinv, null_space)
}
