//! The least step at which something is certified.

/// A t in `first ..= last` at which `certified` is true, and at `t - 1` false (or t = first): found
/// by doubling the distance from `first` and then by bisection. Where `certified` stays true once it
/// is, this is the least one. `certified` gives `None` where it cannot be computed.
///
/// # Errors
/// The step up to which nothing was certified, and whether that is because of the size.
pub(super) fn least_where(
    first: u64,
    last: u64,
    mut certified: impl FnMut(u64) -> Option<bool>,
) -> Result<u64, NotFound> {
    let mut failed: Option<u64> = None;
    let mut t = first;
    let mut distance = 1u64;
    let mut high = loop {
        if t > last {
            return Err(NotFound {
                up_to: failed,
                too_large: None,
            });
        }
        match certified(t) {
            Some(true) => break t,
            Some(false) => failed = Some(t),
            None => {
                return Err(NotFound {
                    up_to: failed,
                    too_large: Some(t),
                });
            }
        }
        if t == last {
            return Err(NotFound {
                up_to: failed,
                too_large: None,
            });
        }
        t = first.saturating_add(distance).min(last);
        distance = distance.saturating_mul(2);
    };
    let Some(mut low) = failed else {
        return Ok(high);
    };
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        match certified(middle) {
            Some(true) => high = middle,
            Some(false) => low = middle,
            None => {
                return Err(NotFound {
                    up_to: Some(low),
                    too_large: Some(middle),
                });
            }
        }
    }
    Ok(high)
}

/// Why nothing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotFound {
    /// The last step at which nothing was certified.
    pub up_to: Option<u64>,
    /// The step that was too large to be computed.
    pub too_large: Option<u64>,
}

impl NotFound {
    /// The limit, in words.
    pub fn limit(&self) -> String {
        let tried = match self.up_to {
            Some(t) => format!("not certified at steps 0, 1, 2, 4, ... up to {t}"),
            None => "nothing was tried".to_owned(),
        };
        match self.too_large {
            Some(t) => format!("{tried}; step {t} is beyond the affordable size"),
            None => tried,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_least_step() {
        for least in 0..70 {
            assert_eq!(least_where(0, 100, |t| Some(t >= least)), Ok(least));
        }
        assert_eq!(least_where(3, 100, |t| Some(t >= 100)), Ok(100));
        assert_eq!(least_where(1, 1, |_| Some(true)), Ok(1));
    }

    #[test]
    fn says_why_it_found_none() {
        let none = least_where(0, 50, |_| Some(false)).unwrap_err();
        assert_eq!((none.up_to, none.too_large), (Some(50), None));
        let large = least_where(0, 50, |t| (t < 20).then_some(false)).unwrap_err();
        assert_eq!((large.up_to, large.too_large), (Some(16), Some(32)));
        assert!(large.limit().contains("step 32"));
        assert!(least_where(2, 1, |_| Some(true)).is_err());
    }
}
