//! The few statistics that the findings use.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Confidence of every interval of this module.
pub const CONFIDENCE: f64 = 0.95;

/// Mean of some values with a two-sided Student t interval of confidence [`CONFIDENCE`]. It takes the
/// values as independent draws of one normal law, which for a handful of seeds cannot be checked.
/// With fewer than two values the interval is the whole line.
pub fn mean_with_interval(values: &[f64]) -> (f64, [f64; 2]) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n.max(1.0);
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    let half = match StudentsT::new(0.0, 1.0, n - 1.0) {
        Ok(law) if values.len() > 1 => {
            let quantile = law.inverse_cdf(0.5 + CONFIDENCE / 2.0);
            quantile * (squares / (n - 1.0) / n).sqrt()
        }
        _ => f64::INFINITY,
    };
    (mean, [mean - half, mean + half])
}

/// The Gini coefficient of values >= 0: 0 if all are equal, `1 - 1/n` if one has everything; 0 if
/// all are 0.
pub fn gini(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (n, total) = (sorted.len() as f64, sorted.iter().sum::<f64>());
    if total == 0.0 {
        return 0.0;
    }
    let ranks = sorted.iter().enumerate();
    let weighted: f64 = ranks.map(|(i, x)| (i as f64 + 1.0) * x).sum();
    (2.0 * weighted / total - (n + 1.0)) / n
}

/// Spearman's rank correlation, with mean ranks for ties; 0 if one side is constant.
pub fn spearman(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (ranks(a), ranks(b));
    let mean = (a.len() as f64 - 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).map(|(x, y)| (x - mean) * (y - mean)).sum()
    };
    let scale = (product(&a, &a) * product(&b, &b)).sqrt();
    if scale == 0.0 {
        return 0.0;
    }
    product(&a, &b) / scale
}

/// Ranks from 0, ties share their mean.
fn ranks(values: &[f64]) -> Vec<f64> {
    let order = descending(values);
    let mut ranks = vec![0.0; values.len()];
    let last = values.len() as f64 - 1.0;
    for tied in order.chunk_by(|&i, &j| values[i] == values[j]) {
        let before = order.iter().position(|i| *i == tied[0]).unwrap_or(0);
        let rank = last - (before as f64 + (tied.len() as f64 - 1.0) / 2.0);
        tied.iter().for_each(|&i| ranks[i] = rank);
    }
    ranks
}

/// Places of the values, the largest first; equal ones in their order.
pub fn descending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[j].total_cmp(&values[i]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gini_of_known_values() {
        assert_eq!(gini(&[2.0, 2.0, 2.0]), 0.0);
        assert!((gini(&[0.0, 0.0, 0.0, 5.0]) - 0.75).abs() < 1e-12);
        assert!((gini(&[1.0, 3.0]) - 0.25).abs() < 1e-12);
        assert_eq!(gini(&[0.0, 0.0]), 0.0);
    }

    #[test]
    fn spearman_of_known_values() {
        assert!((spearman(&[1.0, 2.0, 3.0], &[10.0, 20.0, 21.0]) - 1.0).abs() < 1e-12);
        assert!((spearman(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]) + 1.0).abs() < 1e-12);
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), 0.0);
        // Ranks 0, 1.5, 1.5, 3 against 0, 1, 2, 3: 4.5 / sqrt(4.5 * 5).
        let tied = spearman(&[1.0, 2.0, 2.0, 3.0], &[1.0, 2.0, 3.0, 4.0]);
        assert!((tied - 0.9486832980505138).abs() < 1e-12);
    }

    /// The interval of 1, 2, 3 has half width 4.3027 / sqrt(3), the tabulated t quantile with two degrees of
    /// freedom.
    #[test]
    fn interval_of_known_values() {
        let (mean, [low, high]) = mean_with_interval(&[1.0, 2.0, 3.0]);
        assert!((mean - 2.0).abs() < 1e-12);
        assert!((high - 2.0 - 4.302_652_73 / 3f64.sqrt()).abs() < 1e-6);
        assert!((low + high - 4.0).abs() < 1e-9);
        assert_eq!(
            mean_with_interval(&[1.0]).1,
            [f64::NEG_INFINITY, f64::INFINITY]
        );
    }
}
