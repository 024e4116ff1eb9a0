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

/// The same as [`largest_where`], with few looks where `guess` is near: away from it in steps that double, then by
/// bisection.
pub fn largest_near(low: u64, high: u64, guess: u64, mut holds: impl FnMut(u64) -> bool) -> u64 {
    let high = high.max(low);
    let guess = guess.clamp(low, high);
    let mut step = 1u64;
    // Each end is one at which it is known whether it holds; what is below `low` is not looked at.
    if guess == low || holds(guess) {
        let mut known = guess;
        loop {
            let next = known.saturating_add(step).min(high);
            if next == known {
                return known;
            }
            if !holds(next) {
                return largest_where(known, next - 1, holds);
            }
            known = next;
            step = step.saturating_mul(2);
        }
    }
    let mut fails = guess;
    loop {
        let next = fails.saturating_sub(step).max(low);
        if next == low || holds(next) {
            return largest_where(next, fails - 1, holds);
        }
        fails = next;
        step = step.saturating_mul(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_changes_the_way_and_not_the_end() {
        for (low, high) in [(0, 0), (3, 9), (0, 40), (u64::MAX - 5, u64::MAX)] {
            for limit in low..=high {
                for guess in (low..=high).chain([0, 1, 50, u64::MAX]) {
                    let mut looks = 0;
                    let found = largest_near(low, high, guess, |n| {
                        looks += 1;
                        n <= limit
                    });
                    assert_eq!(found, limit);
                    assert!(guess != limit || looks <= 2, "{looks}");
                }
            }
            // Nothing above `low` holds, or not even that.
            assert_eq!(largest_near(low, high, high, |_| false), low);
            assert_eq!(largest_near(low, high, low, |_| true), high);
        }
    }

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
