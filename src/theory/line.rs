//! The closed form of a coordinate in the expected dynamics of an orthonormal dictionary, a fixed head and the
//! unhinged loss (T1).

use crate::number::{Q, ceil, integer};
use crate::problem::Problem;
use num_bigint::BigInt;
use num_traits::{NumRef, Signed, ToPrimitive, Zero};

/// The line of one coordinate: it moves by `drift` a step before step `stop` and is at `rest` from then on.
#[derive(Debug, Clone)]
pub struct Line<N> {
    pub(super) start: N,
    /// 0 if it is frozen.
    pub(super) drift: N,
    /// `u64::MAX` for never.
    pub(super) stop: u64,
    pub(super) rest: N,
}

impl Line<Q> {
    pub(super) fn moving(start: Q, drift: Q) -> Self {
        let mut course = Line {
            rest: start.clone(),
            stop: u64::MAX,
            start,
            drift,
        };
        if course.drift.is_negative() {
            course.stop_at(ceil(&(&course.start / -&course.drift)));
        }
        course
    }

    pub(super) fn stop_at(&mut self, tau: BigInt) {
        self.stop = tau.to_u64().unwrap_or(u64::MAX);
        self.rest = &self.start + &self.drift * integer(tau);
    }

    /// It times this, in integers of 63 bits: at a step of 63 bits no product leaves an `i128`.
    pub(super) fn times(&self, denominator: &BigInt) -> Option<Line<i128>> {
        let word = |q: &Q| {
            let scaled = q * denominator;
            let whole = scaled.is_integer().then(|| scaled.to_integer().to_i64());
            whole.flatten().map(i128::from)
        };
        Some(Line {
            start: word(&self.start)?,
            drift: word(&self.drift)?,
            stop: self.stop,
            rest: word(&self.rest)?,
        })
    }
}

impl<N: NumRef + Clone> Line<N> {
    pub(super) fn at(&self, t: u64, as_number: &N) -> N {
        if t < self.stop {
            self.start.clone() + self.drift.clone() * as_number
        } else {
            self.rest.clone()
        }
    }
}

/// The closed form of every coordinate, n x P row by row, for these drifts of an active filter with head 1.
pub(super) fn lines(problem: &Problem, unit: &[Q]) -> Vec<Line<Q>> {
    let network = problem.network();
    let course = |z: &Q, kappa: Q| {
        let drift = if z.is_positive() { kappa } else { Q::zero() };
        Line::moving(z.clone(), drift)
    };
    let rows = network.weights.iter_rows().zip(&network.head);
    rows.flat_map(|(row, a)| row.iter().zip(unit).map(move |(z, c)| course(z, a * c)))
        .collect()
}

/// Those that stop.
pub(super) fn dying(lines: &[Line<Q>]) -> impl Iterator<Item = &Line<Q>> {
    lines.iter().filter(|c| c.drift.is_negative())
}

/// `eta r / 2`, the drift of a key where labels are balanced; `None` where there is no r.
pub(super) fn half_key_rate(problem: &Problem) -> Option<Q> {
    let r = problem.distribution().key_count()?;
    Some(&problem.training().step * integer(r) / integer(2))
}
