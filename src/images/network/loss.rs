//! Losses, their gates, and when an answer is right.

use serde::{Deserialize, Serialize};

/// What is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// `max(0, 1 - y f)`, two classes, one output.
    Hinge,
    /// `1 - y f`, two classes, one output.
    Unhinged,
    /// `ln(1 + e^(-y f))`, two classes, one output.
    Logistic,
    /// `max(0, 1 + max_{c != y} f_c - f_y)`, one output a class.
    MulticlassHinge,
    /// Cross-entropy of the softmax, one output a class.
    Softmax,
}

impl Loss {
    /// Is it a loss of one output for two classes?
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Hinge | Self::Unhinged | Self::Logistic)
    }

    /// The loss of these outputs, whether the answer is right, and `d loss / d output` times `share` into `d`.
    pub(super) fn lose(self, label: usize, share: f32, f: &[f32], d: &mut [f32]) -> (f64, bool) {
        let right = is_right(f, label);
        d.fill(0.0);
        let loss = match self {
            Self::Hinge | Self::Unhinged | Self::Logistic => {
                let sign = if label == 0 { 1.0 } else { -1.0 };
                let margin = sign * f[0];
                let (loss, gate) = match self {
                    Self::Hinge if margin >= 1.0 => (0.0, 0.0),
                    Self::Logistic => {
                        let decay = (-margin.abs()).exp();
                        let gate = if margin > 0.0 { decay } else { 1.0 } / (1.0 + decay);
                        ((-margin).max(0.0) + decay.ln_1p(), gate)
                    }
                    _ => (1.0 - margin, 1.0),
                };
                d[0] = -sign * gate * share;
                loss
            }
            Self::MulticlassHinge => {
                let others = (0..f.len()).filter(|&c| c != label);
                let rival = others
                    .max_by(|&a, &b| f[a].total_cmp(&f[b]))
                    .unwrap_or(label);
                let loss = 1.0 + f[rival] - f[label];
                if loss > 0.0 && rival != label {
                    (d[rival], d[label]) = (share, -share);
                }
                // Not `max`, which would make 0 of NaN.
                if loss < 0.0 { 0.0 } else { loss }
            }
            Self::Softmax => {
                let most = f.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let sum: f32 = f.iter().map(|x| (x - most).exp()).sum();
                for (d, x) in d.iter_mut().zip(f) {
                    *d = (x - most).exp() / sum * share;
                }
                d[label] -= share;
                sum.ln() + most - f[label]
            }
        };
        (f64::from(loss), right)
    }
}

/// Is the answer right? A tie is an error.
pub(super) fn is_right(outputs: &[f32], label: usize) -> bool {
    match outputs {
        [f] => (label == 0 && *f > 0.0) || (label == 1 && *f < 0.0),
        _ => {
            let mut others = outputs.iter().enumerate().filter(|(c, _)| *c != label);
            others.all(|(_, f)| *f < outputs[label])
        }
    }
}
