//! The theory's promises about norms, kept by machine floats: every filter, every step, every run.
//!
//! Over random problems, which shrink: the norms of the simulator's runs, in plain floats and in units
//! of a lattice, lie inside the bounds of T3, T4, T6, T6s and T6c (of T14 under leaky-relu and the identity)
//! with the path's own walks and updates, and the norms of gradient descent in floats inside those of
//! T1, T2 and T2s. A bound is widened by the proved bound of the rounding, which is 0 on a lattice. All
//! comparisons are of rationals, with roots rounded outwards; no float decides.
//!
//! Each bound has the best quotient of what is seen and what is claimed, over states whose squared
//! norm differs from its start by a quarter or more, and near misses that must be caught. They are
//! read off the states without rounding.

mod common;

use common::norms::{Facts, Miss, square};
use common::strategy::{Cases, assert_for_all, for_all};
use common::trial::{Bounds, Stated, Tally, Trial, descend, follow, on_lattice, record, unit_of};
use common::{DistributionKind, HeadKind, Shape, coarse, problems};
use filtercert::dynamics::law::LawLimits;
use filtercert::dynamics::sgd::Simulate;
use filtercert::number::{Q, decimal, integer, ratio};
use filtercert::problem::assumption::audit;
use filtercert::problem::{Activation, Format, Loss, Problem, parse_problem};
use filtercert::theory::context::{Budget, Context};
use filtercert::theory::mistake_bound::MistakeBound;
use filtercert::theory::norm_bounds::NormBounds;
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::verdict::Figure;
use num_traits::{One, Signed, Zero, pow};
use std::cell::RefCell;

/// Checks populations of problems, one a shape, and gives what was seen.
fn judge(
    shapes: &[Shape],
    cases_each: u32,
    stated: &[Stated],
    look: impl Fn(&mut Trial<'_>) -> Result<(), String>,
) -> Tally {
    let tally = RefCell::default();
    for (i, shape) in shapes.iter().enumerate() {
        assert_for_all(shape, cases(cases_each, i as u64), |problem| {
            let facts = Facts::new(problem);
            look(&mut Trial::new(&facts, stated, &mut tally.borrow_mut()))
        });
    }
    tally.into_inner()
}

/// Failures that were found of this shape in this test, which is the thread's name, are tried first from then on.
fn cases(cases: u32, seed: u64) -> Cases {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("main");
    let file = format!("proptest-regressions/simulator_norm_bounds/{test}-{seed}.txt");
    Cases {
        cases,
        seed,
        failures: Some(file.leak()),
    }
}

/// Weights on a grid with the steps (ties), coarse ones (deaths, overshoots), and small ones.
fn shapes(loss: Loss) -> [Shape; 3] {
    let ties = Shape {
        loss,
        balanced: false,
        same_background: false,
        filters: 2..=4,
        background: 0..=2,
        step_denominator: 20,
        weight_numerator: 8,
        weight_denominator: 20,
        steps: 10..=40,
        runs: 2,
        ..Shape::default()
    };
    let coarse = Shape {
        loss,
        filters: 2..=4,
        background_patches: 0..=3,
        steps: 5..=20,
        runs: 2,
        ..coarse()
    };
    let small = Shape {
        weight_numerator: 2,
        weight_denominator: 24,
        step_denominator: 12,
        background_patches: 0..=2,
        ..ties.clone()
    };
    [ties, coarse, small]
}

#[test]
fn sgd_without_a_threshold_stays_inside_t3_and_t4() {
    use Miss::*;
    let stated: [Stated; 2] = [
        ("T3", Facts::t3, &[KeyTwice, NoOvershoot]),
        (
            "T4",
            Facts::t4,
            &[OtherLabel, NoOvershoot, EndOfWalk, HalfWalk],
        ),
    ];
    let tally = judge(&shapes(Loss::Unhinged), 120, &stated, |trial| {
        follow(trial, &mut |path, _| {
            let open = path.counts.map(integer);
            if path.gates == open {
                Ok(())
            } else {
                Err("a gate is closed".to_owned())
            }
        })
    });
    tally.conclude(
        &[
            ("T3, at least", 100),
            ("T3, at most", 100),
            ("T4, losers at rest at most", 90),
            ("T4, losers that walk at most", 95),
            ("T4, winners at least", 100),
            ("T4, winners at most", 100),
        ],
        &[
            ("T3", KeyTwice, 300),
            ("T3", NoOvershoot, 100),
            ("T4", OtherLabel, 300),
            ("T4", NoOvershoot, 75),
            ("T4", EndOfWalk, 15),
            ("T4", HalfWalk, 75),
        ],
    );
}

/// The largest numbers of updates by T6 and T6s, as a check prints them.
fn printed_bounds(facts: &Facts) -> [Q; 2] {
    let context = Context::new(&facts.problem, &facts.audits);
    let budget = Budget {
        exact_paths: 1,
        exact_path_steps: 1,
        law: LawLimits {
            max_states: 1,
            ..Budget::default().law
        },
        ..Budget::default()
    };
    let outcome = MistakeBound.check(&context.with_budget(budget), Theory::Stated);
    ["max_updates", "max_updates_sharp"].map(|name| {
        let figure = outcome.figures.iter().find(|(found, _)| *found == name);
        match figure {
            Some((_, Figure::Exact(q))) => q.clone(),
            other => panic!("{name}: {other:?}"),
        }
    })
}

#[test]
fn hinge_sgd_stays_inside_t3_t6_and_t6s() {
    use Miss::*;
    const T6: &str = "T6 with M_max";
    const T6S: &str = "T6s with its largest mu";
    let stated: [Stated; 6] = [
        ("T3", Facts::t3, &[KeyTwice, NoOvershoot]),
        ("T6", Facts::t6, &[NoTheta, HalfUpdates, NoSquare]),
        (T6, Facts::t6_ever, &[]),
        ("T6s", Facts::t6s, &[NoTheta, HalfUpdates, NoSquare]),
        (T6S, Facts::t6s_ever, &[]),
        ("drawn", Facts::drawn_capped, &[]),
    ];
    let [ties, coarse, small] = shapes(Loss::Hinge);
    let long = |shape: Shape| Shape {
        steps: 40..=80,
        background: 0..=1,
        filters: 2..=3,
        ..shape
    };
    // One filter a label and nothing else: what T6 allows comes near.
    let alone = Shape {
        filters: 2..=2,
        background: 0..=0,
        key_patches: 1..=1,
        step_denominator: 8,
        weight_numerator: 8,
        weight_denominator: 8,
        ..ties.clone()
    };
    let long = [coarse.clone(), small.clone()].map(long);
    let shapes = [[ties, coarse, small].as_slice(), &long, &[alone]].concat();
    let most_updates = RefCell::new([Q::zero(), Q::zero()]);
    let tally = judge(&shapes, 120, &stated, |trial| {
        // The bounds that are printed: T6's is the one computed here, T6s's is sharper.
        let printed = printed_bounds(trial.facts);
        let own = trial.facts.caps.each_ref().map(|cap| cap.as_ref().unwrap());
        if printed[0] != *own[0] || printed[1] > *own[1] {
            return Err(format!(
                "printed by T6 and T6s: {} and {}, at most {} and {}",
                printed[0], printed[1], own[0], own[1]
            ));
        }
        follow(trial, &mut |path, trial| {
            let updates = integer(path.updates);
            for (i, name) in [T6, T6S].into_iter().enumerate() {
                if updates > printed[i] {
                    return Err(format!("{updates} updates, {name}: {}", printed[i]));
                }
                for miss in [AllWinners, NoTheta, NoSquare] {
                    if updates > trial.facts.most(i == 1, Some(miss)).unwrap() {
                        trial.catch(name, miss);
                    }
                }
                if printed[i] >= integer(5) {
                    let best = &mut most_updates.borrow_mut()[i];
                    *best = best.clone().max(&updates / &printed[i]);
                }
            }
            Ok(())
        })
    });
    let [plain, sharp] = most_updates.into_inner();
    println!(
        "updates by what is allowed (5 or more): {} by T6, {} by T6s",
        decimal(&plain, 3),
        decimal(&sharp, 3)
    );
    assert!(plain >= ratio(2, 5) && sharp >= ratio(1, 2));
    tally.conclude(
        &[
            ("T3, at least", 100),
            ("T3, at most", 100),
            ("T6 with M_max, at most", 15),
            ("T6, at most", 80),
            ("T6s with its largest mu, at most", 30),
            ("T6s, at most", 95),
            ("drawn, losers at most", 25),
            ("drawn, winners at least", 95),
        ],
        &[
            ("T3", KeyTwice, 400),
            ("T3", NoOvershoot, 120),
            ("T6", NoTheta, 70),
            ("T6", HalfUpdates, 15),
            ("T6", NoSquare, 80),
            ("T6s", NoTheta, 200),
            ("T6s", HalfUpdates, 150),
            ("T6s", NoSquare, 120),
            (T6, AllWinners, 100),
            (T6, NoTheta, 25),
            (T6, NoSquare, 20),
            (T6S, AllWinners, 150),
            (T6S, NoTheta, 70),
            (T6S, NoSquare, 25),
        ],
    );
}

#[test]
fn batches_and_the_perceptron_stay_inside_t3_and_t6s() {
    use Miss::*;
    let stated: [Stated; 3] = [
        ("T3", Facts::t3, &[KeyTwice, NoOvershoot]),
        ("T6s", Facts::t6s, &[HalfUpdates, NoSquare]),
        ("T6s with its largest mu", Facts::t6s_ever, &[]),
    ];
    let mut all = Vec::new();
    for loss in [Loss::Hinge, Loss::Perceptron] {
        all.extend(shapes(loss).map(|shape| Shape {
            batch: 1..=3,
            ..shape
        }));
    }
    let tally = judge(&all, 40, &stated, |trial| {
        follow(trial, &mut |path, trial| {
            let mu: Q = path.gates.iter().sum();
            match &trial.facts.caps[1] {
                Some(most) if mu > *most => Err(format!("mu {mu}, at most {most}")),
                _ => Ok(()),
            }
        })
    });
    tally.conclude(
        &[
            ("T3, at least", 100),
            ("T3, at most", 100),
            ("T6s with its largest mu, at most", 40),
            ("T6s, at most", 95),
        ],
        &[
            ("T3", KeyTwice, 130),
            ("T3", NoOvershoot, 50),
            ("T6s", HalfUpdates, 50),
            ("T6s", NoSquare, 70),
        ],
    );
}

/// Leaky-relu and the identity, where no coordinate is ever at rest.
#[test]
fn leaky_relu_stays_inside_t14() {
    use Miss::*;
    let stated: [Stated; 1] = [("T14", Facts::t14, &[NoTheta, HalfUpdates, NoSquare])];
    let mut all = Vec::new();
    for activation in [
        Activation::LeakyRelu { slope: ratio(1, 4) },
        Activation::Identity,
    ] {
        for loss in [Loss::Hinge, Loss::Perceptron] {
            all.extend(shapes(loss).map(|shape| Shape {
                activation: activation.clone(),
                filters: 1..=3,
                batch: 1..=2,
                ..shape
            }));
        }
    }
    let tally = judge(&all, 40, &stated, |trial| follow(trial, &mut |_, _| Ok(())));
    tally.conclude_widened(
        100,
        &[("T14, at most", 50)],
        &[
            ("T14", NoTheta, 10),
            ("T14", HalfUpdates, 5),
            ("T14", NoSquare, 10),
        ],
    );
}

/// Heads of any size, and any batch.
#[test]
fn any_head_stays_inside_t6c() {
    use Miss::*;
    let misses = &[NoTheta, HalfUpdates, NoSquare, KeyTwice, HeadsAreSigns];
    let stated: [Stated; 1] = [("T6c", Facts::t6c, misses)];
    let mut all = Vec::new();
    for loss in [Loss::Hinge, Loss::Perceptron] {
        all.extend(shapes(loss).map(|shape| Shape {
            head: HeadKind::Rational,
            filters: 3..=4,
            batch: 1..=3,
            ..shape
        }));
    }
    let tally = judge(&all, 40, &stated, |trial| follow(trial, &mut |_, _| Ok(())));
    tally.conclude_widened(
        100,
        &[("T6c, at most", 50), ("T6c, winners at least", 95)],
        &[
            ("T6c", NoTheta, 5),
            ("T6c", HalfUpdates, 3),
            ("T6c", NoSquare, 5),
            ("T6c", KeyTwice, 30),
            ("T6c", HeadsAreSigns, 5),
        ],
    );
}

#[test]
fn gradient_descent_stays_inside_t1_t2_and_t2s() {
    use Miss::*;
    let stated: [Stated; 4] = [
        ("T1", Facts::t1, &[KappaTwice, NoDeath, DiesAtZero]),
        ("T2", Facts::t2, &[WholeRate, NoKappaSquare]),
        ("T2s", Facts::t2s, &[LargestDrift, NoDelta, InactiveToo]),
        ("drawn", Facts::drawn, &[]),
    ];
    let unfair = shapes(Loss::Unhinged);
    let any = Shape {
        distribution: DistributionKind::Atoms,
        head: HeadKind::Rational,
        ..unfair[1].clone()
    };
    let mut all = unfair.clone().map(fair).to_vec();
    all.extend(unfair);
    all.push(any);
    judge(&all, 60, &stated, descend).conclude(
        &[
            ("T1, at least", 100),
            ("T1, at most", 100),
            ("T2, losers at most", 85),
            ("T2, winners at least", 100),
            ("T2s, at least", 95),
            ("T2s, at most", 95),
            ("drawn, losers at most", 95),
            ("drawn, winners at least", 100),
        ],
        &[
            ("T1", KappaTwice, 400),
            ("T1", NoDeath, 250),
            ("T1", DiesAtZero, 200),
            ("T2", WholeRate, 150),
            ("T2", NoKappaSquare, 8),
            ("T2s", LargestDrift, 40),
            ("T2s", NoDelta, 60),
            ("T2s", InactiveToo, 200),
        ],
    );
}

/// With the cap of T6 that a report draws under the hinge, although that counts updates of SGD.
#[test]
fn gradient_descent_with_a_threshold_stays_inside_t3_t6s_and_what_is_drawn() {
    use Miss::*;
    let stated: [Stated; 3] = [
        ("T3", Facts::t3, &[KeyTwice, NoOvershoot]),
        ("T6s", Facts::t6s, &[NoTheta, HalfUpdates, NoSquare]),
        ("drawn", Facts::drawn_capped, &[]),
    ];
    let all = [Loss::Hinge, Loss::Perceptron].map(shapes).concat();
    judge(&all, 200, &stated, descend).conclude(
        &[
            ("T3, at least", 100),
            ("T3, at most", 100),
            ("T6s, at most", 85),
            ("drawn, losers at most", 10),
            ("drawn, winners at least", 90),
        ],
        &[
            ("T3", KeyTwice, 100),
            ("T3", NoOvershoot, 25),
            ("T6s", NoTheta, 20),
            ("T6s", HalfUpdates, 12),
            ("T6s", NoSquare, 30),
        ],
    );
}

/// With balanced labels and one background law.
fn fair(shape: Shape) -> Shape {
    Shape {
        balanced: true,
        same_background: true,
        ..shape
    }
}

/// Runs of a problem over which means are taken.
const RUNS: u64 = 400;

/// One comparison of a mean errs with probability at most `2 e^-34`.
const EXPONENT: i64 = 34;

/// `E min(d, Bin(t, 1/2))`.
fn mean_of_least(d: &Q, t: u64) -> Q {
    let (mut ways, mut sum) = (Q::one(), Q::zero());
    for b in 0..=t {
        sum += &ways * integer(b).min(d.clone());
        ways = ways * integer(t - b) / integer(b + 1);
    }
    sum / pow(integer(2), t as usize)
}

/// T0's mean of a positive coordinate after t steps, and the square of how far, at most, the mean over
/// R runs is from it but for probability `2 e^-L`, L the exponent above.
///
/// What the sum over runs differs from its mean is a martingale of R t steps (a background stops where
/// it dies). A winner's key moves by `eta r` or 0, a background by at most `eta (m - r)` either way; a
/// wrong label's key stays between `-eta r` and Z(0) in each of R independent runs. So by Hoeffding and
/// Azuma the squares are `(eta r)^2 t L / 2R`, `2 (eta (m - r))^2 t L / R`, `(Z(0) + eta r)^2 L / 2R`.
fn mean_and_width(facts: &Facts, j: usize, p: usize, t: u64) -> (Q, Q) {
    let (z, step) = (facts.z(j, p), &facts.eta * &facts.r);
    let unit = ratio(EXPONENT, 2 * RUNS as i64);
    if facts.key[j] == Some(p) {
        let mean = z + &step * integer(t) / integer(2);
        return (mean, unit * integer(t) * square(&step));
    }
    if p >= 2 {
        let most = &facts.eta * (&facts.m - &facts.r);
        return (z.clone(), unit * integer(4 * t) * square(&most));
    }
    let mean = z - &step * mean_of_least(&(z / &step).ceil(), t);
    (mean, unit * square(&(z + step)))
}

/// T0 for SGD at three steps, over runs in units of a lattice. 20,000 comparisons err with probability
/// below 1e-10 together.
///
/// Power: a drift of a key off by the share s is caught, but for probability `e^-34`, where
/// `s eta r t / 2` is twice what is allowed, so for `s >= 4 sqrt(34 / 800 t)`: 0.16 at t = 30.
#[test]
fn means_over_runs_are_those_of_t0() {
    let shapes = shapes(Loss::Unhinged).map(|shape| Shape {
        steps: 30..=60,
        background: 1..=2,
        background_patches: 0..=2,
        ..fair(shape)
    });
    // Means, and problems that caught: keys that drift by 6/5, wrong keys as in T1, a fifth of the width.
    let seen = RefCell::new((0, [0; 3]));
    // Of keys, backgrounds and wrong keys.
    let widest = RefCell::new([Q::zero(), Q::zero(), Q::zero()]);
    let check = |problem: &Problem| {
        let facts = Facts::new(problem);
        let steps = problem.training().steps;
        let config = Simulate {
            runs: RUNS,
            times: vec![0, 2, steps / 3, steps],
            ..Simulate::of(problem)
        };
        let (arithmetic, runs) = record(problem, config);
        let unit = unit_of(&arithmetic)?;
        let mut caught = [false; 3];
        let cells = facts
            .filters()
            .flat_map(|j| (0..problem.n_patterns()).map(move |p| (j, p)));
        for (j, p) in cells.filter(|&(j, p)| facts.is_positive(j, p)) {
            for t in [2, steps / 3, steps] {
                let mut mean = Q::zero();
                for run in 0..RUNS {
                    mean += on_lattice(runs[&(run, t)].1[(j, p)], unit)?;
                }
                mean /= integer(RUNS);
                let (claimed, width) = mean_and_width(&facts, j, p, t);
                let off = square(&(&mean - &claimed));
                if off > width {
                    let at = format!("step {t}, filter {j}, pattern {p}");
                    return Err(format!(
                        "{at}: mean {mean} over {RUNS} runs, claimed {claimed}"
                    ));
                }
                seen.borrow_mut().0 += 1;
                let z = facts.z(j, p);
                let kind = match facts.key[j] {
                    Some(y) if y == p => {
                        let drift = (claimed - z) * ratio(6, 5);
                        caught[0] |= square(&(&mean - z - drift)) > width;
                        0
                    }
                    _ if p >= 2 => 1,
                    _ => {
                        let form = facts.closed_form(j, p, t, None);
                        caught[1] |= square(&(&mean - form)) > width;
                        2
                    }
                };
                caught[2] |= &off * integer(25) > width;
                if width.is_positive() {
                    let widest = &mut widest.borrow_mut()[kind];
                    *widest = widest.clone().max(off / width);
                }
            }
        }
        for (count, caught) in seen.borrow_mut().1.iter_mut().zip(caught) {
            *count += u64::from(caught);
        }
        Ok(())
    };
    for (i, shape) in shapes.iter().enumerate() {
        assert_for_all(shape, cases(40, i as u64), check);
    }
    let (means, caught) = seen.into_inner();
    let widest = widest.into_inner();
    let shown = widest.each_ref().map(|q| decimal(q, 3));
    println!("{means} means over {RUNS} runs of 120 problems, near misses caught on {caught:?}");
    println!("  largest square by what is allowed: keys, backgrounds, wrong keys {shown:?}");
    // 27/10 < e, so 20,000 times 2 e^-34 is below 1e-10.
    assert!(pow(ratio(27, 10), EXPONENT as usize) > integer(400_000_000_000_000u64));
    assert!((1_000..=20_000).contains(&means));
    assert!(caught[0] >= 100 && caught[1] >= 10 && caught[2] >= 10);
    assert!(widest.iter().all(|q| *q >= ratio(1, 30)));
}

/// A bound that is wrong makes a test fail, with a small problem as a file that reads back.
#[test]
fn a_wrong_bound_is_found_and_shrinks_to_a_small_problem() {
    let [_, coarse, _] = shapes(Loss::Unhinged);
    let without_regressions = Cases {
        cases: 100,
        seed: 0,
        failures: None,
    };
    let wrong: Bounds = |facts, path, _| facts.t4(path, Some(Miss::HalfWalk));
    let check = |problem: &Problem| {
        let facts = Facts::new(problem);
        let mut tally = Tally::default();
        follow(
            &mut Trial::new(&facts, &[("T4", wrong, &[])], &mut tally),
            &mut |_, _| Ok(()),
        )
    };
    let (reason, file) = for_all(&coarse, without_regressions, check).unwrap_err();
    println!("{reason}\n\n{file}");
    let problem = parse_problem("shrunk", &file, Format::Toml).unwrap();
    assert!(check(&problem).is_err());
    assert_eq!((problem.n_filters(), problem.n_patterns()), (2, 3));
    assert!(problem.training().steps == *coarse.steps.start());
}

#[test]
fn a_cap_on_updates_stops_the_growth_of_the_hinge_bound() {
    let (_, problem) = problems(
        Shape {
            loss: Loss::Hinge,
            ..Shape::default()
        },
        3,
        1,
    )
    .next()
    .unwrap();
    let audits = audit(&problem);
    let capped = NormBounds::new(&problem, &audits, Some(integer(7))).unwrap();
    let free = NormBounds::new(&problem, &audits, None).unwrap();
    assert_eq!(
        capped.loser_squared_at_most(7),
        free.loser_squared_at_most(7)
    );
    assert_eq!(
        capped.loser_squared_at_most(7),
        capped.loser_squared_at_most(1_000)
    );
    assert!(free.loser_squared_at_most(1_000) > capped.loser_squared_at_most(1_000));
}
