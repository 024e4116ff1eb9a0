//! The few statistics that the findings use.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
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
    let mut before = 0;
    for tied in order.chunk_by(|&i, &j| values[i] == values[j]) {
        let rank = last - (before as f64 + (tied.len() as f64 - 1.0) / 2.0);
        tied.iter().for_each(|&i| ranks[i] = rank);
        before += tied.len();
    }
    ranks
}

/// Places of the values, the largest first; equal ones in their order.
pub fn descending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[j].total_cmp(&values[i]));
    order
}

/// Mean of some values; 0 of none.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// `sum a_i b_i`, in f64.
pub fn dot<A: Copy + Into<f64>, B: Copy + Into<f64>>(a: &[A], b: &[B]) -> f64 {
    a.iter().zip(b).map(|(&x, &y)| x.into() * y.into()).sum()
}

/// The Euclidean norm, in f64.
pub fn norm<A: Copy + Into<f64>>(values: &[A]) -> f64 {
    dot(values, values).sqrt()
}

/// The cosine of the angle between two vectors; 0 if one of them is 0.
pub fn cosine<A: Copy + Into<f64>, B: Copy + Into<f64>>(a: &[A], b: &[B]) -> f64 {
    let scale = (dot(a, a) * dot(b, b)).sqrt();
    if scale > 0.0 { dot(a, b) / scale } else { 0.0 }
}

/// Slope of the least-squares line through some points; `None` with fewer than two places, or a value that is not
/// finite.
pub fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let n = points.len() as f64;
    let (x, y) = points
        .iter()
        .fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let (over, under) = points.iter().fold((0.0, 0.0), |(over, under), p| {
        (over + (p.0 - x) * (p.1 - y), under + (p.0 - x).powi(2))
    });
    Some(over / under).filter(|slope: &f64| slope.is_finite())
}

/// What a one-sided Student t test says of the mean of the law that some values are independent draws of: the
/// p value of "the mean is at most `least`". 1 with fewer than two values; values that are all equal decide
/// without doubt.
pub fn p_above(values: &[f64], least: f64) -> f64 {
    let n = values.len() as f64;
    if values.len() < 2 || values.iter().any(|x| !x.is_finite()) {
        return 1.0;
    }
    let m = mean(values);
    let scatter: f64 = values.iter().map(|x| (x - m).powi(2)).sum();
    let error = (scatter / (n - 1.0) / n).sqrt();
    if error <= f64::EPSILON * m.abs().max(least.abs()) {
        return if m > least { 0.0 } else { 1.0 };
    }
    match StudentsT::new(0.0, 1.0, n - 1.0) {
        // The lower tail, which keeps small probabilities.
        Ok(law) => law.cdf((least - m) / error),
        Err(_) => 1.0,
    }
}

/// The p value of "the mean is at least `most`".
pub fn p_below(values: &[f64], most: f64) -> f64 {
    let negated: Vec<f64> = values.iter().map(|x| -x).collect();
    p_above(&negated, -most)
}

/// Holm's step-down method: which hypotheses are refused so that the probability of refusing any true one is at most
/// `level`, whatever depends on what.
pub fn holm(p: &[f64], level: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&i, &j| p[i].total_cmp(&p[j]));
    let mut refused = vec![false; p.len()];
    for (before, &i) in order.iter().enumerate() {
        if p[i] > level / (p.len() - before) as f64 {
            break;
        }
        refused[i] = true;
    }
    refused
}

/// Mean over clusters of the means within them, with the percentile interval of the cluster bootstrap: clusters are
/// drawn with replacement, then values within each. It stays within the range of the values. `None` without
/// values, or if one is not finite; the interval is `None` where no cluster has two values.
///
/// # Cost
/// Resamples x values.
pub fn cluster_interval(
    clusters: &[Vec<f64>],
    confidence: f64,
    resamples: usize,
    rng: &mut ChaCha8Rng,
) -> Option<(f64, Option<[f64; 2]>)> {
    let clusters: Vec<&Vec<f64>> = clusters.iter().filter(|c| !c.is_empty()).collect();
    if clusters.is_empty() || clusters.iter().any(|c| c.iter().any(|x| !x.is_finite())) {
        return None;
    }
    let means: Vec<f64> = clusters.iter().map(|c| mean(c)).collect();
    let centre = mean(&means);
    if clusters.iter().all(|c| c.len() < 2) {
        return Some((centre, None));
    }
    let below = |n: usize, rng: &mut ChaCha8Rng| rng.random_range(0..n as u32) as usize;
    let mut drawn: Vec<f64> = (0..resamples)
        .map(|_| {
            let sum: f64 = (0..clusters.len())
                .map(|_| {
                    let cluster = clusters[below(clusters.len(), rng)];
                    let n = cluster.len();
                    (0..n).map(|_| cluster[below(n, rng)]).sum::<f64>() / n as f64
                })
                .sum();
            sum / clusters.len() as f64
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| drawn[((share * drawn.len() as f64) as usize).min(drawn.len() - 1)];
    let tail = (1.0 - confidence) / 2.0;
    Some((centre, Some([at(tail), at(1.0 - tail)])))
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

    /// Against tabulated values of Student's t: with 4 degrees of freedom P(T > 2.776445) = 0.025, P(T > 7.173182) = 0.001.
    #[test]
    fn t_tests_of_known_values() {
        for (t, p) in [(2.776_445_1, 0.025), (7.173_182_2, 0.001)] {
            // Mean 3, standard error sqrt(10 / 4 / 5); the threshold is t standard errors away.
            let values = [1.0, 2.0, 3.0, 4.0, 5.0];
            let (m, least) = (3.0, 3.0 - t * 0.5f64.sqrt());
            assert!(
                (p_above(&values, least) - p).abs() < 1e-6 * p.max(1e-3),
                "{t}"
            );
            assert!((p_below(&values, 2.0 * m - least) - p).abs() < 1e-6 * p.max(1e-3));
        }
        assert_eq!(p_above(&[1.0, 1.0], 0.5), 0.0);
        assert_eq!(p_above(&[1.0, 1.0], 1.0), 1.0);
        assert_eq!(p_above(&[1.0], 0.0), 1.0);
        assert_eq!(p_above(&[1.0, f64::NAN], 0.0), 1.0);
    }

    /// The example of a table: 0.01, 0.04, 0.03, 0.005 at 0.05 refuses 0.005 and 0.01, and stops at 0.03 > 0.05 / 2.
    #[test]
    fn holm_stops_at_the_first_that_stays() {
        assert_eq!(
            holm(&[0.01, 0.04, 0.03, 0.005], 0.05),
            [true, false, false, true]
        );
        // 0.04 alone would pass; behind one that stays it does not.
        assert_eq!(holm(&[0.04], 0.05), [true]);
        assert_eq!(holm(&[], 0.05), [false; 0]);
    }

    #[test]
    fn slopes_of_known_lines() {
        let line = |slope: f64| -> Vec<(f64, f64)> {
            (0..5)
                .map(|x| (f64::from(x), 3.0 + slope * f64::from(x)))
                .collect()
        };
        assert!((slope(&line(0.5)).unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(slope(&[(1.0, 2.0)]), None);
        assert_eq!(slope(&[(1.0, 2.0), (2.0, f64::NEG_INFINITY)]), None);
    }

    /// The interval of proportions stays in [0, 1], has the exact bootstrap quantiles where they are known, and
    /// speaks of the worst cluster: of three, all draws are the same one with probability 1/27 > 0.025.
    #[test]
    fn cluster_bootstrap_of_known_values() {
        let rng = || super::super::streams::stream(super::super::streams::Use::Bootstrap, 1, 0);
        let clusters = vec![vec![0.0; 4], vec![0.5; 4], vec![1.0; 4]];
        let (m, ci) = cluster_interval(&clusters, 0.95, 4_000, &mut rng()).unwrap();
        assert_eq!((m, ci), (0.5, Some([0.0, 1.0])));
        // One cluster of 0 and 1: the sum of two draws is 0 with probability 1/4.
        let (m, ci) = cluster_interval(&[vec![0.0, 1.0]], 0.4, 4_000, &mut rng()).unwrap();
        assert_eq!((m, ci), (0.5, Some([0.5, 0.5])));
        assert_eq!(
            cluster_interval(&[vec![2.0]], 0.95, 10, &mut rng()),
            Some((2.0, None))
        );
        assert_eq!(cluster_interval(&[], 0.95, 10, &mut rng()), None);
        assert_eq!(
            cluster_interval(&[vec![f64::NAN, 1.0]], 0.95, 10, &mut rng()),
            None
        );
    }
}
