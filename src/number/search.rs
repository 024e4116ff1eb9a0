//! Bisection.

/// The least step of `fails + 1..=holds` at which a condition holds that fails at `fails`, holds at
/// `holds`, and does not fail again once it holds; neither end is looked at.
///
/// # Cost
/// One look for each bit of the distance.
///
/// # Example
/// ```
/// use filtercert::number::least_where;
/// assert_eq!(least_where(0, 100, |t| t * t >= 50), 8);
/// ```
pub fn least_where(fails: u64, holds: u64, mut condition: impl FnMut(u64) -> bool) -> u64 {
    let (mut low, mut high) = (fails, holds);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if condition(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::least_where;

    #[test]
    fn every_least_step_is_found() {
        for (low, high) in [(0, 1), (0, 40), (7, 23), (u64::MAX - 9, u64::MAX)] {
            for first in low + 1..=high {
                assert_eq!(least_where(low, high, |t| t >= first), first);
            }
        }
    }
}
