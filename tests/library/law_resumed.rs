//! The exact law saved at every place where it can be, and gone on with from there: the answer, the limits that stop it,
//! the exported chain and all that is saved later are those of the uninterrupted work, byte by byte.

use crate::common::strategy::{property, random};
use crate::common::{DictionaryKind, DistributionKind, Shape, coarse};
use filtercert::dynamics::law::{
    Absorption, AbsorptionStop, Chain, Horizon, Keeper, Law, LawLimits, Resumable, Snapshot, Stop,
    absorption,
};
use filtercert::number::{Q, ratio};
use filtercert::problem::{Activation, Loss, Pooling, Problem, Train};

/// Keeps everything that can be saved.
#[derive(Default)]
struct Everything(Vec<Vec<u8>>);

impl Keeper for Everything {
    fn is_due(&self) -> bool {
        true
    }

    fn keep(&mut self, snapshot: &Snapshot<'_>) {
        let mut bytes = Vec::new();
        snapshot.write(&mut bytes).unwrap();
        self.0.push(bytes);
    }
}

/// Is never due.
struct Nothing;

impl Keeper for Nothing {
    fn is_due(&self) -> bool {
        false
    }

    fn keep(&mut self, _snapshot: &Snapshot<'_>) {
        panic!("nothing was due");
    }
}

/// What is asked.
#[derive(Clone, Copy)]
struct Task<'a> {
    problem: &'a Problem,
    steps: u64,
    merge: bool,
    limits: &'a LawLimits,
}

/// What is known of a chain: states, transitions, the limit, the engine, and the exported file.
#[derive(Debug, PartialEq)]
struct Explored(usize, usize, Option<Stop>, bool, Vec<u8>);

fn explored(chain: &Chain<'_>) -> Explored {
    let mut file = Vec::new();
    chain.write_umb(&mut file).unwrap();
    let (states, transitions) = (chain.n_states(), chain.n_transitions());
    let stop = chain.stopped().cloned();
    Explored(states, transitions, stop, chain.is_on_lattice(), file)
}

#[derive(Debug, PartialEq)]
struct Answer {
    /// Nothing where the law was known without the chain.
    chain: Option<Explored>,
    law: Law,
    absorption: Result<Absorption, AbsorptionStop>,
}

impl<'a> Task<'a> {
    /// By the functions that save nothing.
    fn plain(self) -> Answer {
        let horizon = Horizon::Steps(self.steps);
        let chain = Chain::build(self.problem, horizon, self.merge, self.limits).unwrap();
        Answer {
            chain: Some(explored(&chain)),
            law: chain.law(self.steps),
            absorption: absorption(self.problem, self.limits),
        }
    }

    fn begin<'k>(self, from: Option<&[u8]>, keeper: &'k mut dyn Keeper) -> Resumable<'a, 'k> {
        let Task {
            problem,
            steps,
            merge,
            limits,
        } = self;
        match from {
            None => Resumable::new(problem, steps, merge, limits, keeper),
            Some(saved) => Resumable::resume(problem, steps, merge, limits, saved, keeper).unwrap(),
        }
    }

    /// One after the other, from there; with all that was saved on the way.
    fn run(self, from: Option<&[u8]>) -> (Answer, Vec<Vec<u8>>) {
        let mut keeper = Everything::default();
        let work = self.begin(from, &mut keeper);
        let (chain, law) = match work.known_law() {
            Some(law) => (None, law),
            None => {
                let chain = work.chain(&mut |_| {}).unwrap();
                let law = work.law(&chain);
                (Some(explored(&chain)), law)
            }
        };
        let absorption = work.absorption();
        assert_eq!(work.known_law(), Some(law.clone()));
        drop(work);
        let answer = Answer {
            chain,
            law,
            absorption,
        };
        (answer, keeper.0)
    }

    /// Law and hitting times at the same time, from there.
    fn run_beside(self, from: Option<&[u8]>) -> (Answer, Vec<Vec<u8>>) {
        let mut keeper = Everything::default();
        let work = self.begin(from, &mut keeper);
        let chain = work.chain(&mut |_| {}).unwrap();
        let (law, absorption) = rayon::join(|| work.law(&chain), || work.absorption());
        let chain = Some(explored(&chain));
        drop(work);
        let answer = Answer {
            chain,
            law,
            absorption,
        };
        (answer, keeper.0)
    }
}

/// How much was seen of what.
#[derive(Debug, Default)]
struct Seen {
    lattice: u32,
    rational: u32,
    stopped: u32,
    absorbed: u32,
    absorption_stopped: u32,
    /// Goings on from the chain, from the law, and from hitting times.
    from: [u32; 3],
}

/// Saves at every place, goes on from each, and compares. What is saved after going on must be what was saved after
/// that place before: so what limits count, which is among it, is compared even where no limit is reached.
fn check(task: Task<'_>, seen: &mut Seen) {
    let plain = task.plain();
    let (answer, saved) = task.run(None);
    assert_eq!(answer, plain);
    let chain = plain.chain.as_ref().unwrap();
    *(if chain.3 {
        &mut seen.lattice
    } else {
        &mut seen.rational
    }) += 1;
    seen.stopped += u32::from(plain.law.stopped.is_some());
    seen.absorbed += u32::from(plain.absorption.is_ok());
    seen.absorption_stopped += u32::from(matches!(plain.absorption, Err(AbsorptionStop::Limit(_))));
    // All of them, but where hitting times go state by state.
    let stride = 1 + saved.len() / 50;
    for (i, bytes) in saved.iter().enumerate() {
        if i > 20 && i % stride != 0 && i + 3 < saved.len() {
            continue;
        }
        let (again, later) = task.run(Some(bytes));
        assert_eq!(again.law, plain.law, "from {i}");
        assert_eq!(again.absorption, plain.absorption, "from {i}");
        match &again.chain {
            None => seen.from[2] += 1,
            Some(chain) => assert_eq!(Some(chain), plain.chain.as_ref(), "from {i}"),
        }
        // A place is passed again where something is saved before it is done.
        let rest = [&saved[i..], &saved[i + 1..]];
        assert!(rest.contains(&&later[..]), "other bytes after {i}");
        if again.chain.is_some() {
            seen.from[usize::from(later.len() == rest[0].len())] += 1;
        }
    }
}

/// No limit, and limits that stop at some place of what this task takes.
fn some_limits(seed: u64) -> LawLimits {
    let all = LawLimits {
        max_states: 400,
        ..LawLimits::default()
    };
    let n = 3 + seed % 17;
    match seed % 6 {
        0 => LawLimits {
            max_states: n as usize,
            ..all
        },
        1 => LawLimits {
            max_transitions: 3 * n as usize,
            ..all
        },
        2 => LawLimits {
            max_work: 50 * n,
            ..all
        },
        3 => LawLimits {
            max_bytes: 100 * n,
            ..all
        },
        _ => all,
    }
}

/// Every engine, with and without merging and limits.
///
/// Planted faults that were caught: moves, work or memory of an exploration, or the work of its pieces, not saved (a
/// limit stops it later) or not restored (the bytes saved later differ); what merged states lose left out; what was lost
/// so far, the work or the length of the answer of a law begun at 0 again.
#[test]
fn going_on_from_every_place_gives_the_uninterrupted_answer() {
    let mut seen = Seen::default();
    let mut seed = 0;
    let mut all = |shape: Shape, cases: u64, steps: u64, seen: &mut Seen| {
        seed += 1;
        property(shape, 0x5a7e + seed, cases, |problem| {
            for merge in [false, true] {
                seed += 1;
                for limits in [some_limits(5), some_limits(seed)] {
                    let task = Task {
                        problem: &problem,
                        steps,
                        merge,
                        limits: &limits,
                    };
                    check(task, seen);
                }
            }
        });
    };
    for loss in [Loss::Unhinged, Loss::Hinge, Loss::Perceptron] {
        for batch in [1, 2] {
            let shape = Shape {
                loss,
                batch: batch..=batch,
                ..coarse()
            };
            all(shape.clone(), 3, 4, &mut seen);
            let linked = Shape {
                dictionary: DictionaryKind::Coherent,
                distribution: DistributionKind::Atoms,
                activation: match batch {
                    1 => Activation::Relu,
                    _ => Activation::LeakyRelu { slope: ratio(1, 4) },
                },
                winners_and_losers: false,
                ..shape.clone()
            };
            all(linked.clone(), 2, 3, &mut seen);
            // Pieces that move as a whole.
            let rigid = Shape {
                activation: Activation::Identity,
                ..linked
            };
            all(rigid, 2, 3, &mut seen);
            let pooled = Shape {
                pooling: Pooling::Max,
                train: match batch {
                    1 => Train::Filters,
                    _ => Train::FiltersAndHead,
                },
                filters: 2..=2,
                ..shape
            };
            all(pooled, 2, 2, &mut seen);
        }
    }
    println!("{seen:?}");
    assert!(seen.lattice >= 60 && seen.rational >= 30, "{seen:?}");
    assert!(seen.stopped >= 20 && seen.absorbed >= 15, "{seen:?}");
    assert!(seen.absorption_stopped >= 1, "{seen:?}");
    assert!(seen.from.iter().all(|&n| n >= 100), "{seen:?}");
}

/// Of all steps of a chain that ends, only some are within the work that exploring it takes.
///
/// Planted faults that were caught: the work of the law not saved, or not restored.
#[test]
fn a_limit_of_the_law_itself_stops_it_at_the_same_step() {
    for batch in [1, 2] {
        let problem = ending(0, batch, true);
        let with_work = |max_work| LawLimits {
            max_work,
            ..LawLimits::default()
        };
        let horizon = Horizon::Steps(400);
        let is_explored = |limits: &LawLimits| {
            let chain = Chain::build(&problem, horizon, false, limits).unwrap();
            chain.stopped().is_none()
        };
        let enough = (0..40).map(|i| with_work(1 << i)).find(is_explored);
        let limits = enough.unwrap();
        let task = Task {
            problem: &problem,
            steps: 400,
            merge: false,
            limits: &limits,
        };
        let mut seen = Seen::default();
        check(task, &mut seen);
        assert_eq!(seen.stopped, 1);
        assert!(seen.from[1] >= 10, "{seen:?}");
    }
}

/// A hinge problem for which hitting times exist, in so fine units that no machine integers hold them if not
/// `on_lattice`.
fn ending(seed: u64, batch: u32, on_lattice: bool) -> Problem {
    let shape = Shape {
        loss: Loss::Hinge,
        batch: batch..=batch,
        filters: 2..=2,
        background: 1..=1,
        step_numerator: 1..=3,
        ..coarse()
    };
    let mut problem = random(&shape, seed);
    if !on_lattice {
        let fine = Q::new(1.into(), num_traits::pow(3.into(), 50));
        let change = |parts: &mut filtercert::problem::Parts| parts.training.step += fine;
        problem = problem.changed(change).unwrap();
    }
    problem
}

/// Hitting times by levels, by the chain in machine integers, and by the chain in rationals, state by state.
///
/// Planted faults that were caught: work, moves, states, the sum of probabilities or the base of denominators of levels
/// begun anew; the level one too low; a state of the passage left out; its sum of probabilities begun anew.
#[test]
fn hitting_times_go_on_on_every_way() {
    let mut seen = Seen::default();
    for (batch, on_lattice) in [(1, true), (2, true), (1, false), (2, false)] {
        for seed in 0..3 {
            let problem = ending(seed, batch, on_lattice);
            for limits in [
                some_limits(5),
                some_limits(6 * seed),
                some_limits(6 * seed + 2),
            ] {
                let task = Task {
                    problem: &problem,
                    steps: 1,
                    merge: seed == 1,
                    limits: &limits,
                };
                check(task, &mut seen);
            }
        }
    }
    assert!(seen.lattice >= 12 && seen.rational >= 12, "{seen:?}");
    assert!(
        seen.absorbed >= 8 && seen.absorption_stopped >= 8,
        "{seen:?}"
    );
}

/// Each saves what is there of the other: from everything that was saved the answer is the same.
#[test]
fn law_and_hitting_times_at_the_same_time_go_on_too() {
    let problem = ending(0, 1, true);
    let limits = LawLimits::default();
    let task = Task {
        problem: &problem,
        steps: 12,
        merge: false,
        limits: &limits,
    };
    let plain = task.plain();
    assert!(plain.absorption.is_ok());
    let mut of_chain = Everything::default();
    task.begin(None, &mut of_chain).chain(&mut |_| {}).unwrap();
    let (answer, saved) = task.run_beside(None);
    assert_eq!(answer, plain);
    // While one is saved the other goes on unsaved; the first of both finds nobody saving.
    assert!(saved.len() > of_chain.0.len());
    for bytes in &saved {
        assert_eq!(task.run_beside(Some(bytes)).0, plain);
        let (again, _) = task.run(Some(bytes));
        assert_eq!(
            (again.law, again.absorption),
            (plain.law.clone(), plain.absorption.clone())
        );
    }
}

/// What takes up bytes that are not what was saved: an error in words, or an answer, but no panic and no endless work.
fn survives(task: Task<'_>, bytes: &[u8]) -> bool {
    let mut keeper = Nothing;
    let Task {
        problem,
        steps,
        merge,
        limits,
    } = task;
    match Resumable::resume(problem, steps, merge, limits, bytes, &mut keeper) {
        Err(error) => {
            assert!(
                error
                    .to_string()
                    .starts_with("what is saved cannot be gone on from: ")
            );
            false
        }
        Ok(work) => {
            if work.known_law().is_none()
                && let Ok(chain) = work.chain(&mut |_| {})
            {
                work.law(&chain);
                chain.write_umb(std::io::sink()).unwrap();
            }
            let _ = work.absorption();
            true
        }
    }
}

/// Every byte of some saved states is changed, and every third beginning is tried.
///
/// Planted faults that were caught: weights, classes or values of pieces not compared with what is there; depths that need
/// not ascend; targets beyond the next depth; a fraction over 0.
#[test]
fn changed_bytes_are_an_error_or_an_answer() {
    let limits = LawLimits {
        max_states: 50,
        max_work: 20_000_000,
        ..LawLimits::default()
    };
    let (mut errors, mut answers) = (0u32, 0u32);
    let mut all = |problem: &Problem, merge: bool| {
        let task = Task {
            problem,
            steps: 3,
            merge,
            limits: &limits,
        };
        let (_, saved) = task.run(None);
        // In the chain, in the law and in hitting times.
        for place in [4, saved.len() - 1] {
            let bytes = &saved[place.min(saved.len() - 1)];
            assert!(survives(task, bytes));
            for end in (0..bytes.len()).step_by(3) {
                assert!(!survives(task, &bytes[..end]), "cut at {end}");
            }
            let mut changed = bytes.clone();
            changed.push(0);
            assert!(!survives(task, &changed));
            for at in 0..bytes.len() {
                changed.clone_from(bytes);
                changed[at] ^= [1, 0x80, 2, 0xff, 0x41][at % 5];
                match survives(task, &changed) {
                    true => answers += 1,
                    false => errors += 1,
                }
            }
        }
    };
    all(&ending(0, 1, true), true);
    all(&ending(1, 2, true), false);
    all(&ending(2, 2, false), true);
    println!("{errors} errors, {answers} answers");
    assert!(errors > answers && answers > 100);
}

#[test]
fn what_was_saved_of_something_else_is_refused() {
    let (problem, other) = (ending(0, 1, true), ending(1, 1, true));
    let limits = LawLimits::default();
    let fewer = LawLimits {
        max_states: 1_000,
        ..LawLimits::default()
    };
    let task = Task {
        problem: &problem,
        steps: 3,
        merge: false,
        limits: &limits,
    };
    let bytes = task.run(None).1.swap_remove(0);
    assert!(survives(task, &bytes));
    for task in [
        Task {
            problem: &other,
            ..task
        },
        Task { steps: 4, ..task },
        Task {
            merge: true,
            ..task
        },
        Task {
            limits: &fewer,
            ..task
        },
    ] {
        assert!(!survives(task, &bytes));
    }
    assert!(!survives(task, b""));
}
