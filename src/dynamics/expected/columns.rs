//! Lattice engine for an orthonormal dictionary and sum pooling.
//!
//! All filters feel the same force `D_p` along pattern p, so coordinate (j, p) is
//! `z_jp + u_jp X_p` with a constant speed `u_jp = rate h_j c_jp` while it does not cross 0, and one
//! displacement `X_p` a column. A step therefore costs P operations beside the gates, whatever the
//! number of filters: `X_p += D_p` and `F_p += S_p D_p` with `S_p = sum_j h_j c_jp u_jp`. A column is
//! rewritten only when `X_p` reaches the next value at which one of its coordinates crosses 0.

use super::gates::Gates;
use super::pace::{Exit, Pace};
use super::spec::{Source, Spec};
use crate::number::{Int, convert};
use num_bigint::BigInt;

#[derive(Debug, Clone)]
pub(super) struct Columns<I> {
    n: usize,
    n_patterns: usize,
    head: Vec<I>,
    slopes: [I; 2],
    rate: I,
    z: Vec<I>,
    speed: Vec<I>,
    columns: Vec<Column<I>>,
    force: Vec<I>,
    f: Vec<I>,
    df: Vec<I>,
    gates: Option<Gates<I>>,
    /// Sum over steps of the open mass of each label since it was last taken.
    pub(super) mass: [I; 2],
    pace: Pace<I>,
}

#[derive(Debug, Clone)]
struct Column<I> {
    shift: I,
    /// `S_p`; 0 iff nothing in the column moves.
    square: I,
    /// The next crossing below and above: `shift <= low`, `shift >= high`.
    low: Option<I>,
    high: Option<I>,
}

/// `ceil(a / b)`, for b > 0.
fn ceil<I: Int>(a: &I, b: &I) -> I {
    num_integer::Integer::div_ceil(a, b)
}

impl<I: Int> Columns<I> {
    /// The engine at coordinates `z` (n x P); `None` if a number is out of range.
    pub(super) fn new(spec: &Spec, z: &[BigInt]) -> Option<Self> {
        let pace = Pace::new(spec)?;
        let (force, gates) = match &spec.source {
            Source::Moments(moments) => (convert(moments)?, None),
            Source::Bags(bags) => (
                vec![I::zero(); spec.n_patterns],
                Some(Gates::new(bags, spec.threshold.as_ref()?)?),
            ),
            Source::OrderLaw(_) | Source::Cells(_) => return None,
        };
        let mut engine = Columns {
            n: spec.n,
            n_patterns: spec.n_patterns,
            head: convert(&spec.head)?,
            slopes: [I::from_big(&spec.slopes[0])?, I::from_big(&spec.slopes[1])?],
            rate: I::from_big(&spec.rate)?,
            z: convert(z)?,
            speed: vec![I::zero(); z.len()],
            columns: vec![
                Column {
                    shift: I::zero(),
                    square: I::zero(),
                    low: None,
                    high: None,
                };
                spec.n_patterns
            ],
            f: vec![I::zero(); spec.n_patterns],
            df: vec![I::zero(); spec.n_patterns],
            force,
            gates,
            mass: [I::zero(), I::zero()],
            pace,
        };
        engine.pace.renew(&engine.z);
        if engine.pace.reach == 0 {
            return None;
        }
        for p in 0..engine.n_patterns {
            engine.rewrite(p);
        }
        if let Some(gates) = &mut engine.gates {
            gates.refresh(&engine.f, &mut engine.force);
        }
        engine.update_df();
        Some(engine)
    }

    fn update_df(&mut self) {
        for ((df, column), force) in self.df.iter_mut().zip(&self.columns).zip(&self.force) {
            *df = column.square.clone() * force;
        }
    }

    /// Writes the displacement of column p into its coordinates and finds its slopes, speeds and
    /// next crossings anew.
    fn rewrite(&mut self, p: usize) {
        let column = &mut self.columns[p];
        let (mut square, mut sum) = (I::zero(), I::zero());
        let (mut low, mut high): (Option<I>, Option<I>) = (None, None);
        for j in 0..self.n {
            let i = j * self.n_patterns + p;
            let z = &mut self.z[i];
            *z += &(self.speed[i].clone() * &column.shift);
            let positive = z.is_positive();
            let slope = &self.slopes[usize::from(!positive)];
            if slope.is_zero() {
                self.speed[i] = I::zero();
                continue;
            }
            let weight = self.head[j].clone() * slope;
            let speed = weight.clone() * &self.rate;
            sum += &(weight.clone() * &*z);
            square += &(weight * &speed);
            if self.slopes[0] != self.slopes[1] && !speed.is_zero() {
                // First displacement, in the direction that leads there, on the other side of 0.
                let distance = if positive {
                    ceil(z, &speed.abs())
                } else {
                    -z.clone() / &speed.abs() + &I::one()
                };
                if positive == speed.is_positive() {
                    let bound = -distance;
                    low = Some(low.map_or(bound.clone(), |b| b.max(bound)));
                } else {
                    high = Some(high.map_or(distance.clone(), |b| b.min(distance)));
                }
            }
            self.speed[i] = speed;
        }
        column.shift = I::zero();
        column.square = square;
        column.low = low;
        column.high = high;
        self.f[p] = sum;
    }

    /// Writes all displacements into the coordinates.
    pub(super) fn settle(&mut self) {
        for j in 0..self.n {
            let row = j * self.n_patterns;
            for (p, column) in self.columns.iter().enumerate() {
                if !column.shift.is_zero() {
                    self.z[row + p] += &(self.speed[row + p].clone() * &column.shift);
                }
            }
        }
        for column in &mut self.columns {
            for bound in [&mut column.low, &mut column.high].into_iter().flatten() {
                *bound -= &column.shift;
            }
            column.shift = I::zero();
        }
    }

    /// The coordinates, n x P; up to date after [`Columns::settle`].
    pub(super) fn z(&self) -> &[I] {
        &self.z
    }

    /// Are all gates open?
    pub(super) fn all_open(&self) -> bool {
        self.gates.as_ref().is_none_or(Gates::all_open)
    }

    /// Moves up to `steps` steps; says how many were taken and why it stopped.
    pub(super) fn run(&mut self, steps: u64, passes: &mut u64) -> (u64, Exit) {
        let mut left = steps;
        while left > 0 {
            if self.pace.reach == 0 {
                if self.mass.iter().any(|m| !m.is_zero()) {
                    return (steps - left, Exit::Full);
                }
                self.settle();
                self.pace.renew(&self.z);
                if self.pace.reach == 0 {
                    return (steps - left, Exit::OutOfRange);
                }
            }
            if *passes == 0 {
                return (steps - left, Exit::OutOfWork);
            }
            *passes -= 1;
            let mut k = 1;
            if left > 1 && self.pace.wants_jump() {
                k = self.horizon(left.min(self.pace.reach));
                self.pace.jumped(k);
            }
            self.pace.spend(k);
            let changed = self.advance(k);
            self.pace.saw(changed);
            left -= k;
        }
        (steps, Exit::Finished)
    }

    fn horizon(&mut self, mut best: u64) -> u64 {
        for (column, force) in self.columns.iter().zip(&self.force) {
            if force.is_positive() {
                if let Some(high) = &column.high {
                    best = I::first_step(&(high.clone() - &column.shift), force, best);
                }
            } else if force.is_negative()
                && let Some(low) = &column.low
            {
                best = I::first_step(&(column.shift.clone() - low), &-force.clone(), best);
            }
        }
        match &mut self.gates {
            Some(gates) => gates.horizon(&self.f, &self.df, best),
            None => best,
        }
    }

    /// Takes `k` steps that only the last of which may change the course; says whether it did.
    fn advance(&mut self, k: u64) -> bool {
        if let Some(gates) = &self.gates {
            for (total, mass) in self.mass.iter_mut().zip(&gates.mass) {
                if k == 1 {
                    *total += mass;
                } else {
                    *total += &mass.times(k);
                }
            }
        }
        let mut changed = false;
        for p in 0..self.n_patterns {
            let column = &mut self.columns[p];
            if column.square.is_zero() || self.force[p].is_zero() {
                continue;
            }
            if k == 1 {
                column.shift += &self.force[p];
                self.f[p] += &self.df[p];
            } else {
                column.shift += &self.force[p].times(k);
                self.f[p] += &self.df[p].times(k);
            }
            if column.low.as_ref().is_some_and(|b| column.shift <= *b)
                || column.high.as_ref().is_some_and(|b| column.shift >= *b)
            {
                self.rewrite(p);
                changed = true;
            }
        }
        if let Some(gates) = &mut self.gates {
            changed |= gates.refresh(&self.f, &mut self.force);
        }
        if changed {
            self.update_df();
        }
        changed
    }
}
