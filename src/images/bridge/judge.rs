//! A theorem's figures beside the seen ones: when is a comparison outside?

use super::record::{Comparison, Over, Relation, Scope, Verdict};
use super::set::TOLERANCE;
use crate::images::statistics::mean_with_interval;

/// A run's figures: predicted and seen.
pub(super) type Pair = (f64, f64);

/// Runs against a probability that are rarer than this are too many.
const RARE: f64 = 0.05;

/// Compares over the runs that have both figures; `None` without such a run.
pub(super) fn compare(
    part: &str,
    says: &str,
    (relation, scope): (Relation, Scope),
    pairs: impl IntoIterator<Item = Option<Pair>>,
    could_fail: bool,
) -> Option<Comparison> {
    let pairs: Vec<Pair> = pairs.into_iter().flatten().collect();
    if pairs.is_empty() {
        return None;
    }
    let against = pairs.iter().filter(|pair| wrong(relation, **pair)).count();
    let (possible, outside) = match scope {
        Scope::Every => (true, against > 0),
        Scope::Mean => {
            let differences: Vec<f64> = pairs.iter().map(|(said, seen)| seen - said).collect();
            let (_, [low, high]) = mean_with_interval(&differences);
            let outside = match relation {
                Relation::Equal => low > 0.0 || high < 0.0,
                Relation::AtMost => low > 0.0,
                Relation::AtLeast => high < 0.0,
            };
            (pairs.len() > 1, outside)
        }
        Scope::Probability(p) => {
            let few = |k| at_least(pairs.len(), 1.0 - p, k) < RARE;
            (few(pairs.len()), few(against))
        }
    };
    Some(Comparison {
        part: part.to_owned(),
        says: says.to_owned(),
        relation,
        scope,
        predicted: Over::of(pairs.iter().map(|pair| Some(pair.0))),
        seen: Over::of(pairs.iter().map(|pair| Some(pair.1))),
        runs: pairs.len(),
        against,
        could_fail: could_fail && possible,
        verdict: if outside {
            Verdict::Outside
        } else {
            Verdict::Inside
        },
    })
}

/// Is the seen figure on the wrong side, by more than rounding? What is not a number is.
fn wrong(relation: Relation, (said, seen): Pair) -> bool {
    let slack = TOLERANCE * said.abs().max(1.0);
    let holds = match relation {
        Relation::Equal => (seen - said).abs() <= slack,
        Relation::AtMost => seen <= said + slack,
        Relation::AtLeast => seen >= said - slack,
    };
    !holds
}

/// P(Bin(n, q) >= k).
fn at_least(n: usize, q: f64, k: usize) -> f64 {
    let mut term = (1.0 - q).powi(n as i32);
    let mut below = 0.0;
    for i in 0..k.min(n) {
        below += term;
        term *= (n - i) as f64 / (i + 1) as f64 * q / (1.0 - q);
    }
    if k > n { 0.0 } else { (1.0 - below).max(0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(relation: Relation, scope: Scope, seen: &[f64]) -> Comparison {
        let pairs = seen.iter().map(|x| Some((1.0, *x)));
        compare("T", "x", (relation, scope), pairs, true).expect("runs")
    }

    /// Each relation and scope is met by figures inside and by figures outside.
    #[test]
    fn each_comparison_can_fail() {
        let (inside, outside) = (Verdict::Inside, Verdict::Outside);
        let cases = [
            (
                Relation::Equal,
                Scope::Every,
                vec![1.0, 1.0 + 1e-12],
                inside,
            ),
            (
                Relation::Equal,
                Scope::Every,
                vec![1.0, 1.0 + 1e-6],
                outside,
            ),
            (Relation::Equal, Scope::Every, vec![1.0, f64::NAN], outside),
            (Relation::AtMost, Scope::Every, vec![0.2, 1.0], inside),
            (Relation::AtMost, Scope::Every, vec![0.2, 1.1], outside),
            (Relation::AtLeast, Scope::Every, vec![3.0, 1.0], inside),
            (Relation::AtLeast, Scope::Every, vec![3.0, 0.9], outside),
            // The interval of these reaches across 1: not refuted.
            (Relation::AtMost, Scope::Mean, vec![0.9, 1.2, 1.0], inside),
            (
                Relation::AtMost,
                Scope::Mean,
                vec![1.2, 1.21, 1.22],
                outside,
            ),
            (
                Relation::AtLeast,
                Scope::Mean,
                vec![0.8, 0.81, 0.82],
                outside,
            ),
            (
                Relation::AtLeast,
                Scope::Mean,
                vec![1.2, 1.21, 1.22],
                inside,
            ),
            // One of five against a probability of 0.95 has probability 0.23, two have 0.023.
            (
                Relation::AtLeast,
                Scope::Probability(0.95),
                vec![0.5, 2.0, 2.0, 2.0, 2.0],
                inside,
            ),
            (
                Relation::AtLeast,
                Scope::Probability(0.95),
                vec![0.5, 0.5, 2.0, 2.0, 2.0],
                outside,
            ),
        ];
        for (relation, scope, seen, verdict) in cases {
            let found = judged(relation, scope, &seen);
            assert_eq!(found.verdict, verdict, "{relation:?} {scope:?} {seen:?}");
            assert!(found.could_fail);
        }
        let none: [Option<Pair>; 1] = [None];
        assert!(compare("T", "x", (Relation::Equal, Scope::Every), none, true).is_none());
    }

    /// One run cannot refute a mean, or a probability of 0.95.
    #[test]
    fn what_cannot_fail_says_so() {
        for scope in [Scope::Mean, Scope::Probability(0.95)] {
            let found = judged(Relation::AtMost, scope, &[9.0]);
            assert!(!found.could_fail, "{scope:?}");
            assert_eq!(found.verdict, Verdict::Inside);
        }
        assert!(judged(Relation::AtMost, Scope::Every, &[9.0]).could_fail);
    }

    #[test]
    fn binomial_tails() {
        assert!((at_least(5, 0.05, 1) - (1.0 - 0.95f64.powi(5))).abs() < 1e-12);
        assert!((at_least(5, 0.05, 2) - 0.022_592_5).abs() < 1e-9);
        assert!((at_least(3, 0.5, 3) - 0.125).abs() < 1e-12);
        assert_eq!((at_least(3, 0.5, 0), at_least(3, 0.5, 4)), (1.0, 0.0));
    }
}
