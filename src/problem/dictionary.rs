//! The dictionary of patterns and its Gram matrix.

use super::{DomainError, is_hidden};
use crate::number::{Matrix, Q, Scaled, has_full_rank_mod_prime, inner_product, reduce};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use std::sync::OnceLock;

/// The patterns: key patterns `v+`, `v-`, then background patterns `u1..uK`; or patterns with free names, of which none
/// is a key.
///
/// Only the Gram matrix enters the dynamics. An orthonormal dictionary stores none.
#[derive(Debug, Clone)]
pub struct Dictionary {
    n_patterns: usize,
    vectors: Option<Vec<Vec<Q>>>,
    /// Free names; `None` where there are keys.
    names: Option<Vec<String>>,
    gram: Option<Matrix<Q>>,
    /// Found when it is first asked for.
    inverse: OnceLock<Matrix<Q>>,
    null_space: Vec<Vec<Q>>,
}

impl PartialEq for Dictionary {
    fn eq(&self, other: &Self) -> bool {
        // All else follows from these.
        let all = |d: &Self| (d.n_patterns, d.vectors.clone(), d.names.clone());
        all(self) == all(other)
    }
}

impl Dictionary {
    /// Most background patterns that are accepted.
    pub const MAX_BACKGROUND: usize = 65_536;

    /// Most explicit patterns that are accepted (where norms are asked for, their Gram matrix is inverted exactly).
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
            names: None,
            gram: None,
            inverse: OnceLock::new(),
            null_space: Vec::new(),
        })
    }

    /// Explicit vectors, in dictionary order `v+`, `v-`, `u1`, ...; they may be linearly dependent.
    ///
    /// # Errors
    /// If there are fewer than two, more than [`Dictionary::MAX_EXPLICIT`], or their lengths differ.
    ///
    /// # Cost
    /// P^2 d products of integers for the Gram matrix, and P^3 operations on machine integers to see that the
    /// patterns are independent; where they are not, an elimination without fractions.
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
        let scaled = IntegerVectors::new(&vectors);
        let gram = scaled.gram();
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
                names: None,
                gram: None,
                inverse: OnceLock::new(),
                null_space: Vec::new(),
            });
        }
        Ok(Dictionary {
            n_patterns: n,
            null_space: scaled.null_space(),
            vectors: Some(vectors),
            names: None,
            gram: Some(gram),
            inverse: OnceLock::new(),
        })
    }

    /// Vectors with free names, none of them a key; they may be linearly dependent.
    ///
    /// # Errors
    /// As [`Dictionary::explicit`]; if there are not as many names as vectors, a name comes twice, is that of a key, or
    /// is not one that a problem file can write: empty, or with a quotation mark, a backslash or a hidden character.
    ///
    /// # Cost
    /// As [`Dictionary::explicit`].
    pub fn named(names: Vec<String>, vectors: Vec<Vec<Q>>) -> Result<Self, DomainError> {
        let fault = |found: String, expected: &str| {
            DomainError::new("dictionary.patterns", found, expected.to_owned())
        };
        if names.len() != vectors.len() {
            let found = format!("{} names for {} vectors", names.len(), vectors.len());
            return Err(fault(found, "a name for each vector"));
        }
        for (i, name) in names.iter().enumerate() {
            if !is_free_name(name) {
                return Err(fault(format!("the name {name:?}"), FREE_NAME));
            }
            if names[..i].contains(name) {
                return Err(fault(format!("{name} twice"), "a name for each pattern"));
            }
        }
        let dictionary = Self::explicit(vectors).map_err(|error| {
            // The places of vectors have names of their own here.
            let place = (0..names.len())
                .find(|&i| error.key == format!("dictionary.patterns.{}", pattern_name(i)));
            match place {
                Some(i) => DomainError {
                    key: format!("dictionary.patterns.{}", names[i]),
                    expected: error.expected.replace("v+", &names[0]),
                    ..error
                },
                None => error,
            }
        })?;
        Ok(Dictionary {
            names: Some(names),
            ..dictionary
        })
    }

    /// Are the first two patterns keys? Not where patterns have free names.
    pub fn has_keys(&self) -> bool {
        self.names.is_none()
    }

    /// Number of patterns, P; K + 2 where there are keys.
    pub fn n_patterns(&self) -> usize {
        self.n_patterns
    }

    /// Number of background patterns, K: those beside the keys, where there are any.
    pub fn n_background(&self) -> usize {
        match self.has_keys() {
            true => self.n_patterns - 2,
            false => 0,
        }
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
    ///
    /// # Cost
    /// At the first call P^3 products of numbers of P times the digits of an entry.
    pub fn gram_inverse(&self) -> Option<&Matrix<Q>> {
        self.gram.as_ref()?;
        let vectors = self.vectors.as_ref()?;
        let inverse = || IntegerVectors::new(vectors).generalised_inverse();
        Some(self.inverse.get_or_init(inverse))
    }

    /// Are the patterns orthonormal (assumption A1)?
    pub fn is_orthonormal(&self) -> bool {
        self.gram.is_none()
    }

    /// Are the patterns linearly dependent?
    pub fn is_dependent(&self) -> bool {
        !self.null_space.is_empty()
    }

    /// The patterns by linked groups, each ascending, in the order of their first patterns: two patterns whose inner
    /// product is not 0 are in one group. One group a pattern for an orthonormal dictionary.
    ///
    /// # Cost
    /// P^2 looks at the Gram matrix.
    pub fn components(&self) -> Vec<Vec<usize>> {
        let Some(gram) = &self.gram else {
            return (0..self.n_patterns).map(|p| vec![p]).collect();
        };
        let mut is_placed = vec![false; self.n_patterns];
        let mut components = Vec::new();
        for first in 0..self.n_patterns {
            if std::mem::replace(&mut is_placed[first], true) {
                continue;
            }
            let mut component = vec![first];
            let mut looked_at = 0;
            while let Some(&p) = component.get(looked_at) {
                looked_at += 1;
                for (q, is_placed) in is_placed.iter_mut().enumerate() {
                    if !*is_placed && !gram[(p, q)].is_zero() {
                        *is_placed = true;
                        component.push(q);
                    }
                }
            }
            component.sort_unstable();
            components.push(component);
        }
        components
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

    /// The name of pattern `p`: `v+`, `v-`, `u1`, `u2`, ..., or its free name.
    pub fn pattern_name(&self, p: usize) -> String {
        let free = self.names.as_ref().and_then(|names| names.get(p));
        free.cloned().unwrap_or_else(|| pattern_name(p))
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
        match self.gram_inverse() {
            None => inner_product(z.iter().zip(z)),
            Some(inverse) => {
                let met = |(i, zi): (usize, &Q)| match zi.is_zero() {
                    true => Q::zero(),
                    false => inner_product(inverse.row(i).iter().zip(z)),
                };
                let met: Vec<Q> = z.iter().enumerate().map(met).collect();
                inner_product(z.iter().zip(&met))
            }
        }
    }
}

/// What a free name is.
const FREE_NAME: &str =
    "a name of at most 100 characters, none of them a quotation mark, a backslash or hidden";

/// May a pattern without a role be called this?
fn is_free_name(name: &str) -> bool {
    let plain = |c: char| !is_hidden(c) && c != '"' && c != '\\';
    let length = name.chars().count();
    (1..=100).contains(&length) && name.chars().all(plain) && !matches!(name, "v+" | "v-")
}

fn pattern_name(p: usize) -> String {
    match p {
        0 => "v+".to_owned(),
        1 => "v-".to_owned(),
        k => format!("u{}", k - 1),
    }
}

/// Vectors as integers over one denominator each, and the Gram matrix of the integer vectors: with
/// `S = diag(1/d_i)` the Gram matrix of the vectors is `S A S`.
struct IntegerVectors {
    denominators: Vec<BigInt>,
    gram: Vec<Vec<BigInt>>,
}

impl IntegerVectors {
    fn new(vectors: &[Vec<Q>]) -> Self {
        let scaled = vectors.iter().map(Scaled::new);
        let (integers, denominators): (Vec<_>, Vec<_>) =
            scaled.map(|s| (s.numerators, s.denominator)).unzip();
        let n = vectors.len();
        let mut gram = vec![vec![BigInt::zero(); n]; n];
        for i in 0..n {
            for k in i..n {
                let pairs = integers[i].iter().zip(&integers[k]);
                let inner: BigInt = pairs.map(|(a, b)| a * b).sum();
                gram[k][i].clone_from(&inner);
                gram[i][k] = inner;
            }
        }
        IntegerVectors { denominators, gram }
    }

    fn gram(&self) -> Matrix<Q> {
        let n = self.gram.len();
        Matrix::from_fn(n, n, |i, k| {
            let denominator = &self.denominators[i] * &self.denominators[k];
            Q::new(self.gram[i][k].clone(), denominator)
        })
    }

    /// A basis of the null space of the Gram matrix; empty where the patterns are independent, which
    /// usually shows modulo a prime.
    fn null_space(&self) -> Vec<Vec<Q>> {
        let n = self.gram.len();
        if has_full_rank_mod_prime(&self.gram) {
            return Vec::new();
        }
        let reduced = reduce(self.gram.clone(), n);
        (0..n)
            .filter(|free| !reduced.pivots.contains(free))
            .map(|free| {
                let mut v = vec![Q::zero(); n];
                v[free] = Q::from_integer(self.denominators[free].clone());
                for (row, &col) in reduced.rows.iter().zip(&reduced.pivots) {
                    let entry = &row[free] * &self.denominators[col];
                    v[col] = -Q::new(entry, reduced.denominator.clone());
                }
                // As it was scaled: the free entry is 1.
                let unit = v[free].clone();
                v.iter_mut().for_each(|x| *x /= &unit);
                v
            })
            .collect()
    }

    /// A symmetric generalised inverse of the Gram matrix: the rows and columns of a maximal independent
    /// set are inverted, the rest is zero. For a positive semidefinite matrix the pivot columns index such
    /// a set.
    fn generalised_inverse(&self) -> Matrix<Q> {
        let n = self.gram.len();
        let independent = if has_full_rank_mod_prime(&self.gram) {
            (0..n).collect()
        } else {
            reduce(self.gram.clone(), n).pivots
        };
        let rank = independent.len();
        let with_identity = independent
            .iter()
            .enumerate()
            .map(|(r, &i)| {
                let unit = (0..rank).map(|c| BigInt::from(i64::from(c == r)));
                let row = independent.iter().map(|&k| self.gram[i][k].clone());
                row.chain(unit).collect()
            })
            .collect();
        let reduced = reduce(with_identity, rank);
        let mut inverse = Matrix::from_fn(n, n, |_, _| Q::zero());
        for (r, &i) in independent.iter().enumerate() {
            for (c, &k) in independent.iter().enumerate() {
                let scale = &self.denominators[i] * &self.denominators[k];
                let entry = &reduced.rows[r][rank + c] * scale;
                inverse[(i, k)] = Q::new(entry, reduced.denominator.clone());
            }
        }
        inverse
    }
}
