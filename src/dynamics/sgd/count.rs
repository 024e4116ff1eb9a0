//! Counting images that are classified correctly.

use super::super::float::Real;
use crate::problem::Label;

/// A number left the range of floats.
pub(super) struct Overflow;

/// How many images were classified correctly.
#[derive(Default)]
pub(super) struct Count {
    right: u64,
    wrong: u64,
    weight: f64,
    /// Was some margin not finite?
    overflows: bool,
}

impl Count {
    /// The share of all the weight that is classified correctly; exactly 1 or 0 if all or none is.
    pub(super) fn share(&self, total: f64) -> Result<f64, Overflow> {
        if self.overflows {
            return Err(Overflow);
        }
        Ok(match (self.right, self.wrong) {
            (_, 0) => 1.0,
            (0, _) => 0.0,
            _ => (self.weight / total).min(1.0),
        })
    }

    /// Adds images of weight 1.
    pub(super) fn add_many(&mut self, right: u64, wrong: u64, all_finite: bool) {
        self.right += right;
        self.wrong += wrong;
        self.weight += right as f64;
        self.overflows |= !all_finite;
    }

    #[inline(always)]
    pub(super) fn add<R: Real>(&mut self, label: Label, output: R, weight: f64, log: &mut R::Log) {
        let margin = match label {
            Label::Plus => output,
            Label::Minus => output.negated(),
        };
        self.overflows |= !margin.value().is_finite();
        let is_right = margin.is_positive(log);
        self.right += u64::from(is_right);
        self.wrong += u64::from(!is_right);
        self.weight += if is_right { weight } else { 0.0 };
    }
}
