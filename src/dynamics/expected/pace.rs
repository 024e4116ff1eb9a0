//! How far a lattice engine may go at once, and why it stops.

use super::spec::Spec;
use crate::number::Int;
use num_bigint::BigInt;
use num_traits::{One, ToPrimitive};

/// Why a run stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Finished,
    /// The sums over steps must be taken away before it can go on.
    Full,
    /// The next step might leave the range of the integers.
    OutOfRange,
    OutOfWork,
}

/// When to look for a jump, and for how many steps the numbers surely stay in range.
///
/// A look ahead costs more than a step, so it waits for a step that changed nothing, and for
/// twice as many such steps after every jump that was not worth it.
#[derive(Debug, Clone)]
pub(super) struct Pace<I> {
    bounds: Option<(I, I, I)>,
    pub(super) reach: u64,
    calm: u32,
    patience: u32,
}

impl<I: Int> Pace<I> {
    const MAX_PATIENCE: u32 = 64;

    /// `None` if the constants of the problem are out of range.
    pub(super) fn new(spec: &Spec) -> Option<Self> {
        let bounds = match I::BITS {
            None => None,
            Some(bits) => {
                let (cap, change) = spec.range(bits)?;
                Some((
                    I::from_big(&cap)?,
                    I::from_big(&change)?,
                    I::from_big(&((BigInt::one() << (bits - 1)) / &spec.weight_denominator))?,
                ))
            }
        };
        Some(Pace {
            bounds,
            reach: 0,
            calm: 1,
            patience: 1,
        })
    }

    /// Counts the steps that are surely in range from coordinates `z`, with all sums starting at 0.
    pub(super) fn renew(&mut self, z: &[I]) {
        let Some((cap, change, mass_steps)) = &self.bounds else {
            self.reach = u64::MAX;
            return;
        };
        let count = |v: I| v.to_big().to_u64().unwrap_or(u64::MAX);
        let top = z.iter().map(|v| v.abs()).max().unwrap_or_else(I::zero);
        let steps = if top >= *cap {
            0
        } else if change.is_zero() {
            u64::MAX
        } else {
            count((cap.clone() - &top) / change)
        };
        self.reach = steps.min(count(mass_steps.clone()));
    }

    pub(super) fn wants_jump(&self) -> bool {
        self.calm >= self.patience
    }

    pub(super) fn jumped(&mut self, k: u64) {
        self.calm = 0;
        self.patience = if k > 3 {
            1
        } else {
            (2 * self.patience).min(Self::MAX_PATIENCE)
        };
    }

    pub(super) fn saw(&mut self, changed: bool) {
        self.calm = if changed {
            0
        } else {
            self.calm.saturating_add(1)
        };
    }

    pub(super) fn spend(&mut self, k: u64) {
        if self.bounds.is_some() {
            self.reach -= k;
        }
    }
}
