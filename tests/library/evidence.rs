//! The drivers that compare claims with what is seen, and the figures that they fill in, by their definitions.

mod probability {
    use filtercert::number::{Q, ratio};
    use filtercert::probability::{Tail, binomial_below};
    use filtercert::theory::evidence::{
        Frequency, Judgement, ProbabilityClaim, runs_needed, share,
    };
    use filtercert::theory::figures::Side;
    use filtercert::theory::verdict::Layer;
    use num_traits::{One, Zero};

    /// P(X <= k) under p, exactly: the definition of what a refutation may risk.
    fn at_most(k: u64, runs: u64, p: &Q) -> Q {
        binomial_below(runs, p, k + 1).upper().clone()
    }

    #[test]
    fn a_refutation_has_at_most_its_share() {
        let share = share(7);
        assert_eq!(share, ratio(1, 56_000_000_000));
        let mut refuted = 0;
        for (p, runs) in [
            (ratio(1, 2), 60),
            (ratio(9, 10), 40),
            (ratio(99, 100), 300),
            (ratio(1, 10), 400),
        ] {
            for k in 0..=runs {
                let seen = Frequency { successes: k, runs };
                let tail = at_most(k, runs, &p);
                // Within a millionth of the share the floats may fall on the safe side.
                if seen.refutes(&p, Side::AtLeast, &share) {
                    assert!(tail <= share, "{p} {runs} {k}");
                    refuted += 1;
                } else {
                    assert!(tail > &share * ratio(999_999, 1_000_000), "{p} {runs} {k}");
                }
                let mirrored = Frequency {
                    successes: runs - k,
                    runs,
                };
                let other = Q::one() - &p;
                assert_eq!(
                    mirrored.refutes(&other, Side::AtMost, &share),
                    seen.refutes(&p, Side::AtLeast, &share)
                );
            }
        }
        assert!(refuted > 100);
    }

    #[test]
    fn as_many_runs_as_needed_can_refute_and_one_fewer_cannot() {
        let share = share(1);
        for p in [
            ratio(1, 2),
            ratio(1, 100),
            ratio(99, 100),
            ratio(999_999_999, 1_000_000_000),
            ratio(1, 3),
        ] {
            for side in [Side::AtLeast, Side::AtMost] {
                let failing = match side {
                    Side::AtLeast => Q::one() - &p,
                    Side::AtMost => p.clone(),
                };
                let Some(needed) = runs_needed(&p, side, &share) else {
                    // Beyond 10^9 runs the check by powers below would take long.
                    assert!(failing.is_one() || failing > ratio(9, 10));
                    continue;
                };
                if needed < 10_000 {
                    let power = |n: u64| num_traits::pow(failing.clone(), n as usize);
                    assert!(power(needed) <= share, "{p} {side:?} {needed}");
                    assert!(needed == 1 || power(needed - 1) > share, "{p} {side:?}");
                }
            }
        }
        assert_eq!(runs_needed(&ratio(1, 2), Side::AtLeast, &share), Some(33));
        assert_eq!(runs_needed(&Q::zero(), Side::AtLeast, &share), None);
        assert_eq!(runs_needed(&Q::one(), Side::AtMost, &share), None);
    }

    #[test]
    fn claims_are_judged_by_the_strongest_evidence_there_is() {
        let share = share(1);
        let half = Tail::Exact(ratio(1, 2));
        let claim = |exact: Option<Q>, sampled: Option<(u64, u64)>, bound: &Tail| {
            ProbabilityClaim {
                bound,
                side: Side::AtLeast,
                exact: exact.as_ref(),
                sampled: sampled.map(|(successes, runs)| Frequency { successes, runs }),
                share: &share,
            }
            .judge()
        };
        use Judgement::{Holds, NothingToCompare, Refuted, TooFewRuns, Vacuous};
        assert_eq!(claim(Some(ratio(1, 2)), None, &half), Holds(Layer::Exact));
        assert_eq!(
            claim(Some(ratio(1, 3)), Some((9, 9)), &half),
            Refuted(Layer::Exact)
        );
        assert_eq!(claim(None, None, &half), NothingToCompare);
        assert_eq!(claim(None, Some((0, 1)), &half), TooFewRuns(Some(33)));
        assert_eq!(claim(None, Some((1, 32)), &half), TooFewRuns(Some(33)));
        assert_eq!(claim(None, Some((0, 33)), &half), Refuted(Layer::Sampled));
        assert_eq!(claim(None, Some((1, 33)), &half), Holds(Layer::Sampled));
        assert_eq!(claim(None, None, &Tail::zero()), Vacuous);
        assert_eq!(claim(None, Some((0, 1)), &Tail::zero()), Vacuous);
        assert_eq!(claim(Some(Q::zero()), None, &Tail::zero()), Vacuous);
    }
}

mod least {
    use filtercert::theory::evidence::{Certified, least_certified};

    #[test]
    fn finds_every_least_step() {
        for least in 0..70 {
            let found = least_certified(0, 100, 100, |t| Some(t >= least));
            assert_eq!(found, Ok(Certified::Least(least)));
        }
        let at_the_end = least_certified(3, 100, 100, |t| Some(t >= 100));
        assert_eq!(at_the_end, Ok(Certified::Least(100)));
        assert_eq!(
            least_certified(1, 1, 0, |_| Some(true)),
            Ok(Certified::Least(1))
        );
    }

    #[test]
    fn a_step_that_is_certified_before_one_that_is_not_is_found_or_allowed_for() {
        // Certified at 23 and 24, not at 25, and from 26 on.
        let certified = |t: u64| Some(t >= 26 || t == 23 || t == 24);
        let scanned = least_certified(0, 100, 50, certified);
        assert_eq!(scanned, Ok(Certified::Least(23)));
        let Ok(Certified::AtMost(t)) = least_certified(0, 100, 5, certified) else {
            panic!("more steps than may be looked at");
        };
        assert_eq!(certified(t), Some(true));
    }

    #[test]
    fn steps_that_cannot_be_computed_leave_it_open() {
        let found = least_certified(0, 100, 50, |t| (t != 5).then_some(t >= 9));
        assert_eq!(found, Ok(Certified::AtMost(9)));
    }

    #[test]
    fn says_why_it_found_none() {
        let none = least_certified(0, 50, 50, |_| Some(false)).unwrap_err();
        assert_eq!((none.up_to, none.too_large), (Some(50), None));
        let large = least_certified(0, 50, 50, |t| (t < 20).then_some(false)).unwrap_err();
        assert_eq!((large.up_to, large.too_large), (Some(16), Some(32)));
        assert!(large.limit().to_string().contains("step 32"));
        assert!(least_certified(2, 1, 0, |_| Some(true)).is_err());
    }
}

mod steps {
    use filtercert::theory::evidence::{log_spaced, with_events};
    use num_bigint::BigInt;

    #[test]
    fn compared_steps_hold_the_ends_and_every_event() {
        assert_eq!(log_spaced(0), [0]);
        let times = log_spaced(1_000_000_000_000);
        assert_eq!((times[0], times[times.len() - 1]), (0, 1_000_000_000_000));
        assert!(times.windows(2).all(|w| w[0] < w[1]) && times.len() < 400);
        let (times, complete) = with_events(1000, [BigInt::from(500), BigInt::from(2000)]);
        assert!(complete);
        for t in [0, 499, 500, 501, 1000] {
            assert!(times.contains(&t));
        }
        assert_eq!(times.last(), Some(&1000));
        let (times, complete) = with_events(10_000, (1..=9_999).map(BigInt::from));
        assert!(!complete && times.len() < 1_000 && times.contains(&9_999));
    }
}

mod figures {
    use filtercert::number::{integer, ratio};
    use filtercert::probability::Tail;
    use filtercert::theory::figures::{Figures, Mark, Side};
    use filtercert::theory::verdict::Figure;

    #[test]
    fn bounds_that_say_nothing_are_marked() {
        let mut figures = Figures::default();
        for (name, bound, side, vacuous) in [
            ("a", Tail::zero(), Side::AtLeast, true),
            ("b", Tail::Exact(ratio(1, 100)), Side::AtLeast, false),
            ("c", Tail::one(), Side::AtMost, true),
            (
                "d",
                Tail::between(ratio(1, 2), ratio(3, 2)),
                Side::AtMost,
                true,
            ),
            (
                "e",
                Tail::between(ratio(-1, 2), ratio(3, 4)),
                Side::AtLeast,
                true,
            ),
            ("f", Tail::zero(), Side::AtMost, false),
        ] {
            figures.push_probability(name, &bound, side);
            assert_eq!(figures.mark_of(name).vacuous, vacuous, "{name}");
            assert_eq!(figures.get(name), Some(&Figure::from(&bound)));
        }
        assert_eq!(figures.mark_of("none"), Mark::default());
    }

    #[test]
    fn loose_from_a_factor_of_ten_on() {
        let mut figures = Figures::default();
        for (name, bound, seen, loose) in [
            ("a", 10, 1, Some(integer(10))),
            ("b", 9, 1, None),
            ("c", 9, 0, None),
            ("d", 35, 2, Some(ratio(35, 2))),
        ] {
            figures.compare(name, &integer(bound), &integer(seen));
            assert_eq!(figures.mark_of(name).loose, loose, "{name}");
        }
    }
}

mod interval {
    use filtercert::number::ratio;
    use filtercert::probability::interval::clopper_pearson;

    /// `P(X <= k)` of a binomial, k < n, summed term by term.
    fn at_most(k: u64, n: u64, p: f64) -> f64 {
        if p > 0.5 {
            // Else the first term underflows.
            return 1.0 - at_most(n - k - 1, n, 1.0 - p);
        }
        let mut term = (1.0 - p).powi(n as i32);
        let mut sum = 0.0;
        for i in 0..=k {
            sum += term;
            term *= (n - i) as f64 / (i + 1) as f64 * p / (1.0 - p);
        }
        sum
    }

    #[test]
    fn ends_have_the_tail_probabilities_of_the_definition() {
        for (k, n) in [(0, 10), (1, 10), (7, 20), (50, 100), (199, 200), (200, 200)] {
            for (alpha, confidence) in [(0.05, ratio(19, 20)), (1e-6, ratio(999_999, 1_000_000))] {
                let [low, high] = clopper_pearson(k, n, &confidence);
                if k > 0 {
                    let tail = 1.0 - at_most(k - 1, n, low);
                    assert!((tail / (alpha / 2.0) - 1.0).abs() < 1e-4, "{k}/{n}: {tail}");
                } else {
                    assert_eq!(low, 0.0);
                }
                if k < n {
                    let tail = at_most(k, n, high);
                    assert!((tail / (alpha / 2.0) - 1.0).abs() < 1e-4, "{k}/{n}: {tail}");
                } else {
                    assert_eq!(high, 1.0);
                }
            }
        }
    }

    #[test]
    fn published_values() {
        // R: binom.test(7, 20)$conf.int
        let [low, high] = clopper_pearson(7, 20, &ratio(19, 20));
        assert!((low - 0.1539092).abs() < 1e-6 && (high - 0.5921885).abs() < 1e-6);
        assert_eq!(clopper_pearson(0, 0, &ratio(19, 20)), [0.0, 1.0]);
    }
}

mod nouns {
    use filtercert::number::{Q, integer, ratio};
    use filtercert::theory::remark::{Value, gaps};
    use filtercert::theory::verdict::Figure;
    use filtercert::theory::violation::Relation;

    #[test]
    fn relations_are_what_they_are_written_as() {
        let holds = |r: Relation| [(1, 2), (2, 2), (3, 2)].map(|(a, b)| r.holds(&a, &b));
        assert_eq!(holds(Relation::Equal), [false, true, false]);
        assert_eq!(holds(Relation::AtMost), [true, true, false]);
        assert_eq!(holds(Relation::AtLeast), [false, true, true]);
        assert_eq!(holds(Relation::Above), [false, false, true]);
    }

    #[test]
    fn values_fill_the_gaps_in_order() {
        let remark = filtercert::remark!("{} of {}, {}", 3u64, (4, "run"), integer(5));
        assert_eq!(remark.template(), "{} of {}, {}");
        let Value::Counted(4, "run") = remark.values()[1] else {
            panic!("{remark:?}");
        };
        assert_eq!(remark.to_string(), "3 of 4 runs, 5");
        assert_eq!((gaps("a"), gaps("{}{}"), gaps("")), (0, 2, 0));
    }

    #[test]
    fn long_numbers_are_enclosed() {
        let third = ratio(-1, 3);
        assert_eq!(Figure::enclosed(&third), Figure::Exact(third.clone()));
        let long: Q = third.pow(200);
        let Figure::Enclosure(lo, hi) = Figure::enclosed(&long) else {
            panic!("3^200 has more than 256 bits");
        };
        assert!(lo <= long && long <= hi && &hi - &lo < &hi / integer(1000));
    }
}
