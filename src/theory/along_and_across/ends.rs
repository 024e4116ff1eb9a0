//! Where simulated runs end, as T12 speaks of it: exactly, in the integers of the simulator's lattice.
//!
//! Norms and tangents are compared as fractions, so the unit of the lattice is not needed. Between the keys and the
//! backgrounds the Gram matrix is 0 and the keys are of length 1: with X a generalised inverse of the backgrounds' Gram
//! matrix, `D |w_perp|^2 = D Z_wrong^2 + Z (D X) Z^T`, D the denominator of X.

use crate::dynamics::sgd::{Probe, Snapshot};
use crate::number::{Q, Scaled, integer};
use crate::problem::{Camps, Label, Problem};
use num_bigint::BigInt;
use std::cmp::Ordering;
use std::sync::{Mutex, PoisonError};

/// Where one run ended.
#[derive(Debug, Clone, Default, PartialEq)]
struct End {
    /// The least squared norm of a winner, if there is one.
    winner: Option<i128>,
    /// The largest squared norm of a loser, if there is one.
    loser: Option<i128>,
    /// By label, the squared part across and the squared key of the winner whose quotient is largest.
    tangents: [Option<[i128; 2]>; 2],
}

/// Where all simulated runs ended: the extremes that decide a ratio of norms, or a bound of the angles.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ends {
    ends: Vec<End>,
}

impl Ends {
    /// Number of runs.
    pub fn runs(&self) -> u64 {
        self.ends.len() as u64
    }

    /// In how many runs every winner's norm is at least so many times every loser's.
    pub fn with_ratio(&self, ratio: u64) -> u64 {
        let square = BigInt::from(ratio) * ratio;
        self.count(|end| match (end.winner, end.loser) {
            (Some(least), Some(most)) => BigInt::from(least) >= &square * most,
            // As by the exact law: without one of them there is nothing to miss.
            _ => true,
        })
    }

    /// In how many runs `tan^2` of the angle of each winner of these labels, + first, with its key is at most this.
    pub fn with_tangents(&self, bound: &Q, labels: [bool; 2]) -> u64 {
        let within = |&[across, key]: &[i128; 2]| integer(across) <= bound * integer(key);
        self.count(|end| {
            let asked = end.tangents.iter().zip(labels).filter(|(_, asked)| *asked);
            let mut found = asked.filter_map(|(tangent, _)| tangent.as_ref());
            found.all(within)
        })
    }

    fn count(&self, holds: impl Fn(&End) -> bool) -> u64 {
        self.ends.iter().filter(|end| holds(end)).count() as u64
    }
}

/// Looks at simulated runs where they end.
#[derive(Debug)]
pub struct EndProbe {
    last: u64,
    camps: Camps,
    /// The label that each filter's head votes for.
    sides: Vec<Label>,
    /// `D` and the numerators of `D X` over the backgrounds, row by row; the latter `None` for the identity.
    denominator: i64,
    form: Option<Vec<i64>>,
    /// With its run; no end where it leaves the machine integers, or where the run is not on a lattice.
    seen: Mutex<Vec<(u64, Option<End>)>>,
}

impl EndProbe {
    /// A probe for a problem that T12 applies to; `None` where a generalised inverse of the Gram matrix leaves the machine
    /// integers. Where T12 does not apply, what it finds means nothing.
    ///
    /// # Cost
    /// K^2; at the end of a run n K^2 operations on machine integers (n K for an orthonormal dictionary).
    pub fn new(problem: &Problem) -> Option<Self> {
        let n = problem.n_patterns();
        let (denominator, form) = match problem.dictionary().gram_inverse() {
            None => (1, None),
            Some(inverse) => {
                let rows = (2..n).flat_map(|p| &inverse.row(p)[2..]);
                let form = Scaled::new(rows);
                let words = form.words()?;
                (i64::try_from(&form.denominator).ok()?, Some(words))
            }
        };
        Some(EndProbe {
            last: problem.training().steps,
            camps: problem.camps(),
            sides: problem.network().head.iter().map(Label::voted_by).collect(),
            denominator,
            form,
            seen: Mutex::default(),
        })
    }

    /// Where the first so many runs ended; `None` if that is not known of each of them.
    pub fn finish(self, runs: u64) -> Option<Ends> {
        let seen = self.seen.into_inner();
        let mut seen = seen.unwrap_or_else(PoisonError::into_inner);
        seen.retain(|(run, _)| *run < runs);
        seen.sort_unstable_by_key(|(run, _)| *run);
        if seen.len() as u64 != runs {
            return None;
        }
        let ends: Option<Vec<End>> = seen.into_iter().map(|(_, end)| end).collect();
        ends.map(|ends| Ends { ends })
    }

    /// `Z (D X) Z^T` of coordinates on the backgrounds.
    fn square(&self, z: &[i64]) -> Option<i128> {
        let Some(form) = &self.form else {
            let mut squares = z.iter().map(|&z| i128::from(z) * i128::from(z));
            return squares.try_fold(0i128, i128::checked_add);
        };
        let rows = form.chunks_exact(z.len().max(1)).zip(z);
        let mut terms = rows.map(|(row, &z_p)| {
            let mut products = row
                .iter()
                .zip(z)
                .map(|(&x, &z_q)| i128::from(x) * i128::from(z_q));
            products
                .try_fold(0i128, i128::checked_add)?
                .checked_mul(z_p.into())
        });
        terms.try_fold(0i128, |sum, term| sum.checked_add(term?))
    }

    /// Where a run stands.
    fn end(&self, state: &Snapshot<'_>) -> Option<End> {
        let mut end = End::default();
        let denominator = i128::from(self.denominator);
        let mut row = vec![0i64; state.n_patterns()];
        for (j, side) in self.sides.iter().enumerate() {
            for (p, z) in row.iter_mut().enumerate() {
                *z = state.units(j, p)?;
            }
            let along = |label: Label| {
                let z = i128::from(row[label.index()]);
                (z * z).checked_mul(denominator)
            };
            let key = along(*side)?;
            let across = along(side.opposite())?.checked_add(self.square(&row[2..])?)?;
            let norm = key.checked_add(across)?;
            if !self.camps.is_winner(j) {
                end.loser = end.loser.max(Some(norm));
                continue;
            }
            end.winner = Some(end.winner.map_or(norm, |least| least.min(norm)));
            let largest = &mut end.tangents[side.index()];
            let found = [across, key];
            if largest.is_none_or(|largest| compare(found, largest) == Ordering::Greater) {
                *largest = Some(found);
            }
        }
        Some(end)
    }
}

/// Compares two fractions whose denominators are not negative.
fn compare([a, b]: [i128; 2], [c, d]: [i128; 2]) -> Ordering {
    debug_assert!(!b.is_negative() && !d.is_negative());
    match (a.checked_mul(d), c.checked_mul(b)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => (BigInt::from(a) * d).cmp(&(BigInt::from(c) * b)),
    }
}

impl Probe for EndProbe {
    fn visit(&self, snapshot: &Snapshot<'_>) {
        if snapshot.t != self.last {
            return;
        }
        let end = self.end(snapshot);
        let seen = self.seen.lock();
        let mut seen = seen.unwrap_or_else(PoisonError::into_inner);
        seen.push((snapshot.run, end));
    }
}
