//! Refutations from T3 on for `faults.rs`: problems on which conclusions fail, and what a recomputation with a fault says of
//! them.

use super::bounds::{Thresholds, random_problem};
use super::faults::{Fault, World};
use super::naive::{self, State, int, margin};
use crate::number::{Q, ratio};
use filtercert::certificate::format::{
    BoundedUpdates, Claim, Loss, Natural, Number, Probability, Problem, Refutation,
    RefutationProbability, RefutationStuck, RefutationUpdates, Theorem, Train,
};
use num_traits::{One, Signed, ToPrimitive, Zero};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// The kinds, of `refutation` one for each theorem.
pub const KINDS: [(&str, &[Fault]); 9] = [
    ("refutation of T3", &[Fault::NoReach, Fault::ReachTwice]),
    (
        "refutation of T7",
        &[Fault::WholeRate, Fault::NoMirror, Fault::DeadMove],
    ),
    (
        "refutation of T8",
        &[
            Fault::StepNotSquared,
            Fault::NoProduct,
            Fault::NoHead,
            Fault::NoGram,
            Fault::FixedHead,
        ],
    ),
    (
        "refutation of T12 (c)",
        &[
            Fault::BothLabels,
            Fault::FirstKeys,
            Fault::NoHead,
            Fault::DeadMove,
        ],
    ),
    (
        "refutation of T13",
        &[Fault::NoHead, Fault::EqualIsMore, Fault::FromTheStart],
    ),
    (
        "refutation of T12",
        &[
            Fault::OwnKeySpread,
            Fault::StepNotSquared,
            Fault::AtomsAlike,
        ],
    ),
    (
        "refutation-probability",
        &[
            Fault::FirstKeys,
            Fault::AtItsEnd,
            Fault::AtomsAlike,
            Fault::EqualIsMore,
        ],
    ),
    (
        "refutation-updates",
        &[
            Fault::MoreWinners,
            Fault::NoFilters,
            Fault::FewestPatches,
            Fault::EqualIsMore,
            Fault::UpdatesThatMove,
        ],
    ),
    ("refutation-stuck", &[Fault::GateAtOne, Fault::AnyState]),
];

/// A problem on which conclusions of the kind fail.
pub fn problem_for(kind: &str, fault: Fault, rng: &mut ChaCha8Rng) -> Problem {
    let hinge = ["refutation-updates", "refutation-stuck"].contains(&kind);
    let loss = if hinge { Loss::Hinge } else { Loss::Unhinged };
    let mut problem = random_problem(rng, loss);
    let number = |p, q| Number(ratio(p, q));
    match kind {
        "refutation of T3" => {
            // Images of the second label have their key once or thrice.
            problem.atoms[1].counts[1] = Natural([1, 3][rng.random_range(0..2)]);
            problem.weights[0][1] = number(1, 8);
        }
        "refutation of T7" => {
            problem.train = Train::FiltersAndHead;
            problem.head[0] = number(rng.random_range(-4..=4), 4);
            problem.head[1] = number(rng.random_range(-4..=4), 4);
        }
        "refutation of T8" => {
            for (p, q) in [(0, 2), (2, 0)] {
                problem.gram[p][q] = number(1, 2);
            }
            for a in &mut problem.head {
                a.0 *= ratio(rng.random_range(0..=3), 2);
            }
            // A head that is trained follows T8, and a fixed one does not.
            if fault == Fault::FixedHead && rng.random() {
                problem.train = Train::FiltersAndHead;
            }
        }
        "refutation of T12 (c)" | "refutation of T13" => {
            // Images of label - have the other key too, and more of their own.
            problem.atoms[1].counts[0] = Natural(rng.random_range(1..=2));
            problem.atoms[1].counts[1].0 += 1;
            for a in &mut problem.head {
                a.0 *= ratio(rng.random_range(1..=3), 2);
            }
        }
        "refutation of T12" => {
            // A drift, and far from 0.
            for row in &mut problem.weights {
                row[2] = number(rng.random_range(8..=24), 8);
            }
        }
        "refutation-probability" => {
            problem.atoms[0].counts[0] = Natural(rng.random_range(1..=3));
            problem.head[0] = number(1, rng.random_range(1..=16));
            problem.atoms[1].counts[0] = Natural(rng.random_range(0..=1));
        }
        "refutation-updates" => {
            // Both labels have the same image, so that updates do not end.
            let counts = problem.atoms[0].counts.clone();
            problem.atoms[1].counts = counts;
            problem.atoms[1].counts[1] = problem.atoms[0].counts[0];
            problem.atoms[0].counts[1] = problem.atoms[0].counts[0];
            if fault == Fault::UpdatesThatMove {
                for (j, row) in problem.weights.iter_mut().enumerate() {
                    row[2..].iter_mut().for_each(|z| z.0 = -z.0.abs());
                    row[1 - j.min(1)].0 = ratio(-1, 8);
                }
            }
            problem.step = number(rng.random_range(2..=8), 1);
        }
        _ => {
            // No filter is active but perhaps on one key, where the margin may be 1.
            for (j, row) in problem.weights.iter_mut().enumerate() {
                row.iter_mut().for_each(|z| z.0 = -z.0.abs());
                if fault == Fault::GateAtOne && j < 2 {
                    row[j].0 = int(problem.atoms[j].counts[j].0).recip();
                }
            }
            if fault == Fault::AnyState && rng.random_bool(0.7) {
                problem.weights[0][0] = number(1, 8);
            }
            if fault == Fault::GateAtOne && rng.random_bool(0.3) {
                problem.weights[0][0] = number(-1, 8);
            }
        }
    }
    problem
}

/// What a recomputation says; `None` if it has no claim of the kind.
pub fn claim_of(kind: &str, world: &World, rng: &mut ChaCha8Rng) -> Option<Claim> {
    match kind {
        "refutation of T8" | "refutation of T12 (c)" | "refutation of T13" => {
            of_step(kind, world, rng)
        }
        "refutation-probability" => of_probability(world, rng),
        "refutation-updates" => of_updates(world, rng),
        "refutation-stuck" => of_stuck(world, rng),
        _ => of_value(kind, world, rng),
    }
}

fn samples(world: &World, t: u64, rng: &mut ChaCha8Rng) -> Vec<Vec<Natural>> {
    let one = |rng: &mut ChaCha8Rng| Natural(rng.random_range(0..world.images.len() as u64));
    (0..t).map(|_| vec![one(rng)]).collect()
}

fn of_value(kind: &str, world: &World, rng: &mut ChaCha8Rng) -> Option<Claim> {
    let (problem, start) = (&world.problem, world.start());
    let (eta, width) = (&problem.step.0, problem.gram.len());
    let t = rng.random_range(1..=3);
    let r = world.images[0].counts[world.images[0].label];
    let j = rng.random_range(0..problem.head.len());
    let own = usize::from(start.head[j].is_negative());
    let path = samples(world, t, rng);
    let place = rng.random_range(0..=width);
    let (theorem, pattern, says, is) = match kind {
        "refutation of T3" => {
            let is = world.path(&path).0.weights[j][1 - own].clone();
            let z = start.weights[j][1 - own].clone();
            let reach = match world.fault {
                Some(Fault::NoReach) => 0,
                Some(Fault::ReachTwice) => 2,
                _ => 1,
            };
            let says = is.clone().max(-(eta * int(r * reach))).min(z.clone());
            if !z.is_positive() {
                return None;
            }
            (Theorem::T3, 1 - own, says, is)
        }
        "refutation of T7" => {
            let keys = [0, 1].map(|y| start.weights[j][y].is_positive());
            let y = match keys {
                [true, false] => 0,
                [false, true] => 1,
                _ => return None,
            };
            let mirror = match y == 1 && !world.has(Fault::NoMirror) {
                true => int(-1),
                false => int(1),
            };
            let parts = if world.has(Fault::WholeRate) { 1 } else { 2 };
            let kappa = eta * int(r) / int(parts);
            let (mut head, mut alpha) = (start.head[j].clone(), start.weights[j][y].clone());
            for _ in 0..t {
                if alpha.is_positive() || world.has(Fault::DeadMove) {
                    let step = (&kappa * &mirror * &alpha, &kappa * &mirror * &head);
                    head += step.0;
                    alpha += step.1;
                }
            }
            let end = world.expected(t);
            let (p, says, is) = match place {
                _ if place == y => (y, alpha, end.weights[j][y].clone()),
                _ if place == width => (width, head, end.head[j].clone()),
                _ => (
                    place,
                    start.weights[j][place].clone(),
                    end.weights[j][place].clone(),
                ),
            };
            (Theorem::T7, p, says, is)
        }
        _ => {
            let across = |state: &State| -> Q {
                let norm = naive::norm_squared(problem, &state.weights[j]).expect("in the range");
                norm - &state.weights[j][own] * &state.weights[j][own]
            };
            let mut rate = Q::zero();
            for image in &world.images {
                let met = |p: usize| p != own || world.has(Fault::OwnKeySpread);
                // An orthonormal dictionary.
                let squares = (0..width)
                    .filter(|&p| met(p))
                    .map(|p| image.counts[p].pow(2));
                rate += int(squares.sum::<u64>()) * &image.probability;
            }
            let push = eta * &start.head[j];
            let factor = match world.has(Fault::StepNotSquared) {
                true => push.abs(),
                false => &push * &push,
            };
            let says = across(&start) + factor * rate * int(t);
            let mut mean = Q::zero();
            world.every_path(
                &mut vec![start.clone()],
                &Q::one(),
                t,
                &mut |states, mass| {
                    mean += mass * across(states.last().expect("one"));
                },
            );
            if mean <= says {
                return None;
            }
            (Theorem::T12, 0, says, mean)
        }
    };
    if says == is {
        return None;
    }
    Some(Claim::Refutation(Refutation {
        theorem,
        t: Natural(t),
        samples: if theorem == Theorem::T3 {
            path
        } else {
            Vec::new()
        },
        key_patches: Natural(r),
        filter: Natural(j as u64),
        pattern: Natural(pattern as u64),
        predicted: Number(says),
        value: Number(is),
    }))
}

/// Of paths: T8 and T13 in their last step, T12 (c) at their end.
fn of_step(kind: &str, world: &World, rng: &mut ChaCha8Rng) -> Option<Claim> {
    let (problem, start) = (&world.problem, world.start());
    let eta = &problem.step.0;
    let t = rng.random_range(1..=3);
    let path = samples(world, t, rng);
    let j = rng.random_range(0..problem.head.len());
    let own = usize::from(start.head[j].is_negative());
    let [old, new] = [&path[..path.len() - 1], &path].map(|path| world.path(path).0);
    let (theorem, key_patches, pattern, says, is, fails) = match kind {
        "refutation of T8" => {
            let image = &world.images[path[path.len() - 1][0].0 as usize];
            let gate = world.gate(&old, image);
            let sign = int(if image.label == 0 { 1 } else { -1 });
            let width = problem.gram.len();
            let pull = |p: usize| match old.weights[j][p].is_positive() {
                true => &gate * &sign * int(image.counts[p]),
                false => Q::zero(),
            };
            let (mut square, mut along) = (Q::zero(), Q::zero());
            for p in 0..width {
                along += pull(p) * &old.weights[j][p];
                for q in 0..width {
                    let gram = match world.has(Fault::NoGram) {
                        true => int(u8::from(p == q)),
                        false => problem.gram[p][q].0.clone(),
                    };
                    square += pull(p) * pull(q) * gram;
                }
            }
            let rate = match world.has(Fault::StepNotSquared) {
                true => eta.clone(),
                false => eta * eta,
            };
            let head = match world.has(Fault::NoHead) {
                true => Q::one(),
                false => old.head[j].clone(),
            };
            let product = match world.has(Fault::NoProduct) {
                true => Q::zero(),
                false => &along * &along,
            };
            let says = rate * (&head * &head * square - product);
            // By the right Gram matrix whatever the fault; what the step does is the world's.
            let balance = |state: &State| {
                let norm = naive::norm_squared(problem, &state.weights[j]).expect("in the range");
                norm - &state.head[j] * &state.head[j]
            };
            let is = balance(&new) - balance(&old);
            (Theorem::T8, 0, 0, says.clone(), is.clone(), says != is)
        }
        "refutation of T12 (c)" => {
            let mut of_label = world.images.iter().filter(|x| x.label == own);
            let r = of_label.next()?.counts[own];
            let read = match world.has(Fault::FirstKeys) {
                true => world.images[0].counts[world.images[0].label],
                false => r,
            };
            let mut samples = path.iter().map(|batch| &world.images[batch[0].0 as usize]);
            let counted = samples.clone().filter(|x| x.label == own).count();
            let counted = match world.has(Fault::BothLabels) {
                true => samples.by_ref().count(),
                false => counted,
            };
            let head = match world.has(Fault::NoHead) {
                true => Q::one(),
                false => start.head[j].abs(),
            };
            let z = &start.weights[j][own];
            let says = match z.is_positive() || world.has(Fault::DeadMove) {
                true => z + eta * head * int(read) * int(counted),
                false => z.clone(),
            };
            let is = new.weights[j][own].clone();
            (Theorem::T12, r, own, says.clone(), is.clone(), says != is)
        }
        _ => {
            let first = if world.has(Fault::FromTheStart) {
                &start
            } else {
                &old
            };
            let [says, is] = [first, &new].map(|state| match world.has(Fault::NoHead) {
                true => state.weights[j][0].clone(),
                false => &state.head[j] * &state.weights[j][0],
            });
            let fails = is < says || world.has(Fault::EqualIsMore) && is == says;
            (Theorem::T13, 0, 0, says, is, fails)
        }
    };
    let claim = Refutation {
        theorem,
        t: Natural(t),
        samples: path,
        key_patches: Natural(key_patches),
        filter: Natural(j as u64),
        pattern: Natural(pattern as u64),
        predicted: Number(says),
        value: Number(is),
    };
    fails.then_some(Claim::Refutation(claim))
}

fn of_probability(world: &World, rng: &mut ChaCha8Rng) -> Option<Claim> {
    let problem = &world.problem;
    let t = rng.random_range(0..=3);
    let with_ratio = rng.random_bool(0.6);
    let from = if with_ratio {
        rng.random_range(0..=t)
    } else {
        t
    };
    let counts = [0, 1].map(|_| rng.random_range(0..=from.min(1)));
    let walks: Vec<u64> = (2..problem.gram.len())
        .map(|_| rng.random_range(0..=6))
        .collect();
    let image = &world.images[rng.random_range(0..world.images.len())];
    let r = image.counts[image.label];
    let read = match world.has(Fault::FirstKeys) {
        true => world.images[0].counts[world.images[0].label],
        false => r,
    };
    let thresholds = Thresholds::read_with(problem, counts, walks.clone(), read);
    let ratio_of = with_ratio.then(|| thresholds.largest_ratio());
    let wanted = ratio_of.as_ref();
    if r == 0 || !thresholds.implies(wanted) {
        return None;
    }
    if with_ratio {
        // Without losers nothing can fail.
        world.extremes(&world.start())?;
    }
    let formula = thresholds.formula(from, t, false) - ratio(1, 1_000_000_000);
    let mut probability = Q::zero();
    world.every_path(
        &mut vec![world.start()],
        &Q::one(),
        t,
        &mut |states, mass| {
            let first = if world.has(Fault::AtItsEnd) { t } else { from };
            let good = states[first as usize..].iter().all(|state| match wanted {
                None => world.accuracy(state).is_one(),
                Some(ratio) => {
                    let [least, largest] = world.extremes(state).expect("both");
                    least >= ratio * ratio * largest
                }
            });
            if good {
                probability += mass;
            }
        },
    );
    let bound = match world.has(Fault::EqualIsMore) && formula >= probability {
        true => probability.clone(),
        false => formula,
    };
    let fails = bound > probability || world.has(Fault::EqualIsMore) && bound == probability;
    (fails && bound.is_positive()).then(|| {
        Claim::RefutationProbability(RefutationProbability {
            thresholds: Probability {
                ratio: ratio_of.clone().map(Number),
                from: Natural(from),
                t: Natural(t),
                label_counts: counts.map(Natural),
                walks: walks.into_iter().map(Natural).collect(),
                bound: Number(bound),
            },
            key_patches: Natural(r),
            probability: Number(probability),
        })
    })
}

fn of_updates(world: &World, rng: &mut ChaCha8Rng) -> Option<Claim> {
    let most = world.max_updates().to_integer().to_u64()?;
    let length = match world.has(Fault::EqualIsMore) {
        true => most,
        false => most + rng.random_range(1..=2),
    };
    if length > 60 {
        return None;
    }
    // As long as some image has an open gate, one of these.
    let (mut path, mut state) = (Vec::new(), world.start());
    for _ in 0..length {
        let open: Vec<usize> = (0..world.images.len())
            .filter(|&i| margin(&world.problem, &state, &world.images[i]) < Q::one())
            .collect();
        let i = *open.get(rng.random_range(0..open.len().max(1)))?;
        path.push(vec![Natural(i as u64)]);
        state = world.path(&path).0;
    }
    let updates = world.path(&path).1;
    let fails = updates > most || world.has(Fault::EqualIsMore) && updates == most;
    fails.then(|| {
        Claim::RefutationUpdates(RefutationUpdates {
            theorem: BoundedUpdates::T6,
            samples: path,
            key_patches: Natural(world.images[0].counts[world.images[0].label]),
            bound: Number(int(most)),
            updates: Natural(updates),
        })
    })
}

fn of_stuck(world: &World, rng: &mut ChaCha8Rng) -> Option<Claim> {
    let path = samples(world, rng.random_range(0..=2), rng);
    let state = world.path(&path).0;
    let open = |i: &usize| !world.gate(&state, &world.images[*i]).is_zero();
    let atom = (0..world.images.len()).find(open)?;
    let still = world
        .images
        .iter()
        .all(|x| naive::is_still(&world.problem, &state, x));
    (still || world.has(Fault::AnyState) || world.has(Fault::GateAtOne)).then(|| {
        Claim::RefutationStuck(RefutationStuck {
            theorem: BoundedUpdates::T6,
            samples: path,
            atom: Natural(atom as u64),
            margin: Number(margin(&world.problem, &state, &world.images[atom])),
        })
    })
}

/// Is this what a certificate of the kind is refused by?
pub fn is_about(kind: &str, error: &filtercert::certificate::verify::VerifyError) -> bool {
    use filtercert::certificate::verify::{Quantity as Is, Rule, VerifyError};
    match error {
        VerifyError::Wrong { of, .. } => match kind {
            "refutation-probability" => matches!(of, Is::Probability | Is::Event),
            "refutation-updates" => matches!(of, Is::MaxUpdates | Is::Updates),
            "refutation-stuck" => *of == Is::Margin,
            _ => matches!(of, Is::Predicted | Is::Value),
        },
        VerifyError::Unmet { rule, .. } => match kind {
            "refutation-stuck" => matches!(rule, Rule::Still | Rule::Open),
            "refutation-probability" => matches!(rule, Rule::Fails | Rule::Thresholds),
            _ => *rule == Rule::Fails,
        },
        _ => false,
    }
}
