//! Observed images: the tests of A3 and A4 against counting by hand, the fits, and what is said of theorems.

use filtercert::audit::samples::{
    Backgrounds, Decision, Fit, KeyFinding, LabelTest, Method, NoFit, SampleAudit, Standing,
    Statistic, Tests, audit_samples, fitted,
};
use filtercert::number::{Q, integer, ratio};
use filtercert::probability::Tail;
use filtercert::problem::assumption::{AssumptionId, audit};
use filtercert::problem::{Distribution, KeyFault, Label, Observation, Observed, read_problem};
use num_traits::{One, Signed, Zero};
use proptest::prelude::*;

fn sample(images: &[(Label, Vec<u32>)]) -> Observed {
    let names = ["v+".to_owned(), "v-".to_owned()].into_iter();
    let names = names.chain((1..).map(|k| format!("u{k}")));
    let images = images
        .iter()
        .enumerate()
        .map(|(i, (label, counts))| Observation {
            label: *label,
            counts: counts.clone(),
            line: i + 2,
        });
    let images: Vec<Observation> = images.collect();
    Observed {
        file: "images.csv".to_owned(),
        patterns: names.take(images[0].counts.len()).collect(),
        images,
    }
}

/// An image with its own key once.
fn image(label: Label, background: &[u32]) -> (Label, Vec<u32>) {
    let key = match label {
        Label::Plus => [1, 0],
        Label::Minus => [0, 1],
    };
    (label, key.iter().chain(background).copied().collect())
}

fn tests(level: Q) -> Tests {
    Tests {
        level,
        permutations: 999,
        seed: 3,
    }
}

fn audited(images: &[(Label, Vec<u32>)]) -> SampleAudit {
    audit_samples(&sample(images), &tests(ratio(1, 20))).unwrap()
}

/// Both statistics by their definitions.
fn by_definition(labels: &[bool], backgrounds: &[Vec<u32>]) -> [Q; 2] {
    let size = |y: bool| integer(labels.iter().filter(|&&l| l == y).count());
    let share = |y: bool, background: &Vec<u32>| {
        let like = labels.iter().zip(backgrounds);
        integer(like.filter(|(l, b)| **l == y && *b == background).count()) / size(y)
    };
    let mut distinct = backgrounds.to_vec();
    distinct.sort();
    distinct.dedup();
    let distance = distinct
        .iter()
        .map(|b| (share(true, b) - share(false, b)).abs());
    let mean = |y: bool, k: usize| {
        let of = labels.iter().zip(backgrounds).filter(|(l, _)| **l == y);
        of.map(|(_, b)| integer(b[k])).sum::<Q>() / size(y)
    };
    let means = (0..backgrounds[0].len()).map(|k| (mean(true, k) - mean(false, k)).abs());
    [distance.sum::<Q>() / integer(2), means.sum()]
}

/// All ways to give `plus` of the images the label +, one by one.
fn relabelled(n: usize, plus: usize) -> Vec<Vec<bool>> {
    let all = (0..1u32 << n).filter(|bits| bits.count_ones() as usize == plus);
    all.map(|bits| (0..n).map(|i| bits >> i & 1 == 1).collect())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The p-value and the least rejected value are those of going through every way to label the images.
    #[test]
    fn permutation_tests_agree_with_all_relabellings(
        images in prop::collection::vec((any::<bool>(), prop::collection::vec(0u32..3, 2)), 2..9),
        level in 1i64..20,
    ) {
        let labels: Vec<bool> = images.iter().map(|(y, _)| *y).collect();
        let backgrounds: Vec<Vec<u32>> = images.iter().map(|(_, b)| b.clone()).collect();
        let plus = labels.iter().filter(|y| **y).count();
        prop_assume!(plus > 0 && plus < labels.len());
        prop_assume!(backgrounds.iter().flatten().any(|&count| count > 0));
        let label = |y: bool| if y { Label::Plus } else { Label::Minus };
        let made: Vec<_> = images.iter().map(|(y, b)| image(label(*y), b)).collect();
        let found = audit_samples(&sample(&made), &tests(ratio(level, 20))).unwrap();
        let Backgrounds::Tested(of) = &found.backgrounds else { panic!("not tested") };
        let share = ratio(level, 60);
        prop_assert_eq!(&found.level[1], &share);
        let seen = by_definition(&labels, &backgrounds);
        let ways = relabelled(labels.len(), plus);
        let all: Vec<[Q; 2]> = ways.iter().map(|way| by_definition(way, &backgrounds)).collect();
        for (at, test) in of.iter().enumerate() {
            prop_assert_eq!(test.statistic, Statistic::ALL[at]);
            prop_assert_eq!(&test.method, &Method::AllWays);
            prop_assert_eq!(&test.value, &seen[at]);
            let p = |from: &Q| {
                let above = all.iter().filter(|t| t[at] >= *from).count();
                integer(above) / integer(all.len())
            };
            prop_assert_eq!(test.p_value.clone(), Some(p(&seen[at])));
            let rejected = p(&seen[at]) <= share;
            prop_assert_eq!(test.decision == Decision::Rejected, rejected);
            let least = all.iter().map(|t| &t[at]).filter(|t| p(t) <= share).min();
            prop_assert_eq!(test.rejected_from.as_ref(), least);
        }
    }

    /// The binomial test is a sum of binomial coefficients, and the least deviation seen is the least on the grid.
    #[test]
    fn the_label_test_agrees_with_adding_up(n in 1u64..40, plus in 0u64..40, level in 1i64..20) {
        prop_assume!(plus <= n);
        let level = ratio(level, 40);
        let weight = |k: u64, p: &Q| -> Q {
            let choose = (1..=k).fold(Q::one(), |c, i| c * integer(n + 1 - i) / integer(i));
            let power = |x: Q, e: u64| (0..e).fold(Q::one(), |product, _| product * &x);
            choose * power(p.clone(), k) * power(Q::one() - p, n - k)
        };
        let p_value = |k: u64| {
            let far = k.min(n - k);
            let sum: Q = (0..=n).filter(|i| *i <= far || n - i <= far).map(|i| weight(i, &ratio(1, 2))).sum();
            sum.min(Q::one())
        };
        let mut images: Vec<_> = (0..plus).map(|_| image(Label::Plus, &[0])).collect();
        images.extend((plus..n).map(|_| image(Label::Minus, &[0])));
        // No background patch: the label test has the whole level.
        let found = audit_samples(&sample(&images), &tests(level.clone())).unwrap();
        let labels = &found.labels;
        prop_assert_eq!(&found.backgrounds, &Backgrounds::Empty);
        prop_assert_eq!(&labels.p_value, &Tail::Exact(p_value(plus)));
        prop_assert_eq!(labels.decision == Decision::Rejected, p_value(plus) <= level);
        let power = |d: &Q| -> Q {
            let p = (Q::one() + d) / integer(2);
            (0..=n).filter(|k| p_value(*k) <= level).map(|k| weight(k, &p)).sum()
        };
        match &labels.seen_from {
            None => prop_assert!(p_value(0) > level),
            Some(d) => {
                prop_assert!(power(d) >= LabelTest::power());
                let before = d - ratio(1, 1000);
                prop_assert!(before.is_negative() || power(&before) < LabelTest::power());
            }
        }
    }
}

/// A law that differs is rejected where it can be, by the statistic that sees it, and permutations are the same for a seed.
#[test]
fn random_permutations_see_a_drift_that_the_distance_cannot() {
    // No two backgrounds are alike, so that the distance is 1 however the labels are dealt out.
    let plus = (0..20).map(|i| image(Label::Plus, &[100 + i, i]));
    let minus = (0..20).map(|i| image(Label::Minus, &[i, 100 + i]));
    let images: Vec<_> = plus.chain(minus).collect();
    let found = audited(&images);
    let Backgrounds::Tested(of) = &found.backgrounds else {
        panic!("not tested")
    };
    assert_eq!(of[0].method, Method::Random(999));
    assert_eq!(
        (&of[0].value, of[0].p_value.clone()),
        (&Q::one(), Some(Q::one()))
    );
    assert_eq!(
        (of[0].decision, of[0].rejected_from.clone()),
        (Decision::NotRejected, None)
    );
    assert_eq!(of[1].value, integer(200));
    assert_eq!(
        (of[1].decision, of[1].p_value.clone()),
        (Decision::Rejected, Some(ratio(1, 1000)))
    );
    let from = of[1].rejected_from.clone().unwrap();
    assert!(from > Q::zero() && from < integer(200), "{from}");
    assert_eq!(found.backgrounds_decision(), Some(Decision::Rejected));
    assert_eq!(found, audited(&images));
    let threads = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    assert_eq!(found, threads.install(|| audited(&images)));
    // Where the labels have nothing to do with the backgrounds, the p-value depends on the seed.
    let mixed = (0..40).map(|i| {
        let label = if i * 7 % 40 < 20 {
            Label::Plus
        } else {
            Label::Minus
        };
        image(label, &[i, 40 - i])
    });
    let mixed = sample(&mixed.collect::<Vec<_>>());
    let p = |seed| {
        let level = ratio(1, 20);
        let tests = Tests {
            level,
            permutations: 999,
            seed,
        };
        let found = audit_samples(&mixed, &tests).unwrap();
        let Backgrounds::Tested(of) = found.backgrounds else {
            panic!("not tested")
        };
        assert_eq!(of[1].decision, Decision::NotRejected);
        of[1].p_value.clone()
    };
    assert_ne!(p(1), p(2));
}

/// Too much work is refused before any of it, and no decision is made up.
#[test]
fn too_many_permutations_leave_a3_undecided() {
    let images: Vec<_> = (0..60)
        .map(|i| {
            image(
                if i % 2 == 0 {
                    Label::Plus
                } else {
                    Label::Minus
                },
                &[i, 1],
            )
        })
        .collect();
    let tests = Tests {
        level: ratio(1, 20),
        permutations: 1 << 40,
        seed: 1,
    };
    let found = audit_samples(&sample(&images), &tests).unwrap();
    assert_eq!(found.backgrounds_decision(), Some(Decision::Undecided));
    let t2 = found
        .theorems
        .iter()
        .find(|of| of.theorem.name() == "T2")
        .unwrap();
    assert!(
        t2.asks.contains(&(AssumptionId::A3, Standing::Undecided)),
        "{t2:?}"
    );
    assert!(t2.could_apply());
}

#[test]
fn a_fault_of_the_keys_names_the_first_line_that_has_it() {
    let good = image(Label::Plus, &[1]);
    let bad = (Label::Minus, vec![1, 1, 0]);
    let found = audited(&[good.clone(), bad.clone(), image(Label::Minus, &[1]), bad]);
    let fault = KeyFault::Other(Label::Plus);
    assert_eq!(
        found.key,
        KeyFinding::Fault {
            fault,
            line: 3,
            images: 2
        }
    );
    let found = audited(&[good.clone(), image(Label::Minus, &[3])]);
    assert_eq!(found.key, KeyFinding::Unique { count: 1 });
    // Of one label alone nothing can be compared.
    let found = audited(&[good.clone(), good]);
    assert_eq!(found.backgrounds, Backgrounds::OneLabel(Label::Minus));
    assert_eq!(found.backgrounds_decision(), None);
    assert_eq!(found.level[0], found.level[1]);
    let t2 = found
        .theorems
        .iter()
        .find(|of| of.theorem.name() == "T2")
        .unwrap();
    assert!(!t2.could_apply());
}

/// What keeps theorems from a problem's own images is what its audit says, and no more.
#[test]
fn theorems_are_off_where_their_form_of_an_assumption_fails() {
    let uneven = [
        (Label::Plus, vec![2, 0, 1]),
        (Label::Minus, vec![0, 1, 1]),
        (Label::Minus, vec![0, 1, 1]),
        (Label::Plus, vec![2, 0, 1]),
    ];
    let found = audited(&uneven);
    let asks = |id: &str| {
        let of = found.theorems.iter().find(|of| of.theorem.name() == id);
        of.unwrap().asks.clone()
    };
    // r differs by label: T2 asks for the same r, T12 for one r a label, and T6c for r at least.
    assert!(asks("T2").contains(&(AssumptionId::A2, Standing::FailsOnSample)));
    assert!(asks("T12").contains(&(AssumptionId::A2, Standing::OnSample)));
    assert!(asks("T6c").contains(&(AssumptionId::A2, Standing::OnSample)));
    assert_eq!(asks("T8"), []);
    // Backgrounds that are the same under both labels, and as many images: A3 and A4 are true of the sample.
    for id in [AssumptionId::A3, AssumptionId::A4] {
        assert!(asks("T2").contains(&(id, Standing::OnSample)), "{id:?}");
    }
}

/// The frequencies of the images of a small problem, each as often as its probability says, give the problem back.
#[test]
fn fits_give_the_distribution_back() {
    let problem = read_problem("examples/small.toml".as_ref()).unwrap();
    let table = problem.distribution().atoms().unwrap();
    let weights = table.weights();
    let images: Vec<_> = table
        .atoms()
        .iter()
        .zip(&weights.numerators)
        .flat_map(|(atom, times)| {
            let times: usize = times.to_string().parse().unwrap();
            std::iter::repeat_n((atom.label, atom.counts.clone()), times)
        })
        .collect();
    let sample = sample(&images);
    let found = audit_samples(&sample, &tests(ratio(1, 20))).unwrap();
    let fit = |fit| fitted(&sample, &found.frequencies, fit);
    assert_eq!(fit(Fit::Atoms), Ok(Distribution::Explicit(table)));
    assert_eq!(fit(Fit::ByLabel).as_ref(), Ok(problem.distribution()));
    let balanced = fit(Fit::Balanced).unwrap();
    let balanced = problem
        .changed(|parts| parts.distribution = balanced)
        .unwrap();
    for audit in audit(&balanced) {
        if [AssumptionId::A2, AssumptionId::A3, AssumptionId::A4].contains(&audit.id) {
            assert!(audit.holds, "{audit:?}");
        }
    }
}

#[test]
fn images_without_a_generative_form_say_why() {
    let why = |images: &[(Label, Vec<u32>)]| {
        let sample = sample(images);
        let found = audit_samples(&sample, &tests(ratio(1, 20))).unwrap();
        assert!(fitted(&sample, &found.frequencies, Fit::Atoms).is_ok());
        fitted(&sample, &found.frequencies, Fit::ByLabel).unwrap_err()
    };
    let (plus, minus) = (image(Label::Plus, &[1]), image(Label::Minus, &[1]));
    assert_eq!(
        why(&[plus.clone(), (Label::Minus, vec![1, 1, 0])]),
        NoFit::Keys
    );
    let longer = image(Label::Minus, &[2]);
    assert_eq!(
        why(&[plus.clone(), longer]),
        NoFit::Patches([(2, 2), (3, 3)])
    );
    assert_eq!(why(&[plus.clone(), plus]), NoFit::OneLabel(Label::Minus));
    let bare = [image(Label::Plus, &[0]), image(Label::Minus, &[0])];
    assert_eq!(why(&bare), NoFit::NoBackground);
    assert!(matches!(
        why(&[minus.clone(), minus]),
        NoFit::OneLabel(Label::Plus)
    ));
}
