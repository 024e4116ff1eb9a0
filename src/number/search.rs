//! Bisection over whole numbers.

/// The least number of `low ..= high` at which `holds`, where it stays true once it is; `high` if it holds at
/// none before.
pub fn least_where(mut low: u64, mut high: u64, mut holds: impl FnMut(u64) -> bool) -> u64 {
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    high
}

/// The largest number of `low ..= high` at which `holds`, where it stays false once it is; `low` if it holds at
/// none after.
pub fn largest_where(low: u64, high: u64, mut holds: impl FnMut(u64) -> bool) -> u64 {
    least_where(low, high.max(low), |n| !holds(n + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_middle_are_found() {
        for (low, high) in [(0, 0), (3, 9), (0, 100), (u64::MAX - 5, u64::MAX)] {
            for limit in low..=high {
                assert_eq!(least_where(low, high, |n| n >= limit), limit);
                assert_eq!(largest_where(low, high, |n| n <= limit), limit);
            }
            assert_eq!(least_where(low, high, |_| false), high);
            assert_eq!(largest_where(low, high, |_| false), low);
        }
    }
}
