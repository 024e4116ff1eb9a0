//! Counterexamples: those that are shipped, replayed; the search that finds them, its rules, and that it finds none where
//! there is none.

use filtercert::audit::conclusion::conclusion;
use filtercert::audit::falsify::{Question, Searched, Unasked, falsify};
use filtercert::audit::necessity::{known, rows};
use filtercert::audit::sketch::Sketch;
use filtercert::certificate::bind::bind;
use filtercert::certificate::format::Certificate;
use filtercert::number::{Q, integer, ratio};
use filtercert::problem::assumption::{AssumptionId, audit};
use filtercert::problem::{Loss, Problem, read_problem};
use filtercert::theory::context::Context;
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::verdict::Verdict;
use filtercert::verify;
use std::path::PathBuf;

fn theorem(name: &str) -> &'static dyn Theorem {
    let found = rows().into_iter().find(|t| t.statement().id.name() == name);
    found.unwrap_or_else(|| panic!("no theorem {name}"))
}

fn assumption(name: &str) -> AssumptionId {
    let mut all = AssumptionId::ALL.iter().copied();
    all.find(|a| a.name() == name)
        .unwrap_or_else(|| panic!("no assumption {name}"))
}

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "examples", "counterexamples"]
        .iter()
        .collect()
}

fn question(theorem_name: &str, drop: Option<&str>) -> Question {
    let question = Question::new(theorem(theorem_name), drop.map(assumption));
    question.unwrap_or_else(|why| panic!("{theorem_name} without {drop:?}: {why:?}"))
}

/// Each cell that says so has its file, and that file is a counterexample: all but the one assumption hold, and the
/// conclusion fails at the last step of the file.
#[test]
fn every_counterexample_that_is_shipped_is_one() {
    let mut files = 0;
    for cell in known().iter().filter(|cell| cell.verdict == "needed") {
        let name = cell.counterexample.as_ref().expect("a file");
        let problem = read_problem(&folder().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let question = question(&cell.theorem, Some(&cell.assumption));
        let witness = question.admits(&problem);
        assert!(matches!(witness, Some(Some(_))), "{name}: {witness:?}");
        let violation = question.compare(&problem).violation;
        let violation = violation.unwrap_or_else(|| panic!("{name}: the conclusion holds"));
        // Nothing shorter would do: the file ends where the conclusion fails.
        let step = violation.place.step.expect("a step");
        assert_eq!(step.max(1), problem.training().steps, "{name}");
        // The theorem itself does not apply, and names the assumption.
        let audits = audit(&problem);
        let context = Context::new(&problem, &audits);
        let outcome = question.theorem.check(&context, Theory::Stated);
        assert!(
            matches!(outcome.verdict, Verdict::NotApplicable { .. }),
            "{name}"
        );
        files += 1;
    }
    assert!(files >= 40, "{files}");
    let written = std::fs::read_dir(folder()).unwrap();
    let written = written.filter(|e| {
        e.as_ref()
            .unwrap()
            .path()
            .extension()
            .is_some_and(|x| x == "toml")
    });
    assert_eq!(written.count(), files, "a file that no cell names");
}

/// The checker, which shares no code with the search, finds that the conclusion fails there.
#[test]
fn every_certificate_of_a_counterexample_is_valid() {
    let mut certified = 0;
    for cell in known() {
        let Some(name) = &cell.certificate else {
            continue;
        };
        let text = std::fs::read_to_string(folder().join(name)).unwrap();
        let certificate = Certificate::read(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        // It is about the problem of the file beside it.
        let file = cell.counterexample.as_ref().expect("a file");
        let problem = read_problem(&folder().join(file)).unwrap();
        let faults = bind(&problem, &certificate);
        assert!(faults.is_ok(), "{name}: {faults:?}");
        let report = verify(&certificate);
        assert!(!report.claims.is_empty(), "{name}");
        assert!(report.claims.iter().all(|claim| claim.is_valid()), "{name}");
        certified += 1;
    }
    assert_eq!(certified, CERTIFIED);
    let written = std::fs::read_dir(folder()).unwrap();
    let written = written.filter(|e| {
        e.as_ref()
            .unwrap()
            .path()
            .extension()
            .is_some_and(|x| x == "cert")
    });
    assert_eq!(
        written.count(),
        certified,
        "a certificate that no cell names"
    );
}

/// Certificates that are shipped.
const CERTIFIED: usize = 41;

fn search(theorem_name: &str, drop: Option<&str>, seed: u64, budget: u64) -> Searched {
    falsify(&question(theorem_name, drop), "found", seed, budget)
}

/// The same counterexample whatever the number of threads; another seed draws other problems.
#[test]
fn a_search_depends_on_seed_and_budget_alone() {
    let found = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let searched = pool.install(|| search("T2", Some("A3"), seed, 2_000));
        let found = searched.found.expect("a counterexample");
        (
            found.problem,
            searched.drawn,
            searched.compared,
            searched.shrunk,
        )
    };
    let one = found(1, 3);
    assert_eq!(one, found(2, 3));
    assert_ne!((one.1, one.2, one.3), {
        let (_, drawn, compared, shrunk) = found(2, 4);
        (drawn, compared, shrunk)
    });
}

/// Where nothing is dropped, no conclusion fails: the theorems are attacked, and the conclusions as they are read here
/// are checked against the proofs.
#[test]
fn no_conclusion_fails_where_its_assumptions_hold() {
    let mut compared = 0;
    for theorem in rows() {
        let id = theorem.statement().id;
        if conclusion(id, None).is_none() {
            assert_eq!(
                Question::new(theorem, None).err(),
                Some(Unasked::NoConclusion)
            );
            continue;
        }
        let budget = if id.name() == "T8" { 320 } else { 2_000 };
        let searched = search(id.name(), None, 1, budget);
        if let Some(found) = &searched.found {
            panic!(
                "{}: {:?} on {:?}",
                id.name(),
                found.violation,
                found.problem
            );
        }
        assert!(
            searched.compared >= 100,
            "{}: {}",
            id.name(),
            searched.compared
        );
        compared += searched.compared;
    }
    assert!(compared >= 5_000, "{compared}");
}

/// Every way to take a number away from a shrunk counterexample is a problem that is none.
#[test]
fn a_counterexample_is_as_small_as_single_changes_make_it() {
    let asked = question("T2", Some("A4"));
    let found = search("T2", Some("A4"), 1, 5_000)
        .found
        .expect("a counterexample");
    let sketch = Sketch::of(&found.problem).unwrap();
    let fails = |sketch: &Sketch| {
        let problem = sketch.build("smaller");
        problem.is_some_and(|p| asked.admits(&p).is_some() && asked.compare(&p).violation.is_some())
    };
    assert!(fails(&sketch));
    assert_eq!(sketch.size(), found.size);
    for j in 0..sketch.head.len() {
        let mut fewer = sketch.clone();
        fewer.head.remove(j);
        fewer.weights.remove(j);
        assert!(!fails(&fewer), "filter {j}");
        for p in 0..sketch.patterns.len() {
            let mut simpler = sketch.clone();
            if simpler.weights[j][p] != Q::from_integer(0.into()) {
                simpler.weights[j][p] = integer(0);
                assert!(!fails(&simpler), "weight {j}, {p}");
            }
        }
    }
    // The smallest there is: a winner and a loser, two keys, one patch, one step.
    let size = found.size;
    assert_eq!(
        (size.filters, size.patterns, size.patches, size.steps),
        (2, 2, 1, 1)
    );
}

/// What is no question is refused, and says why.
#[test]
fn what_is_no_question_is_refused() {
    for (name, drop, why) in [
        ("T1", Some("A2"), Unasked::NotAssumed),
        ("T4", Some("A3"), Unasked::NotAssumed),
        ("T9", Some("A6"), Unasked::NoConclusion),
        ("T4", Some("A6'"), Unasked::NoConclusion),
        ("T10", None, Unasked::NoConclusion),
        ("T14", Some("separable"), Unasked::NoConclusion),
    ] {
        let asked = Question::new(theorem(name), drop.map(assumption));
        assert_eq!(asked.err(), Some(why), "{name} {drop:?}");
    }
}

/// A problem that breaks the dropped assumption together with another one is no counterexample.
#[test]
fn only_the_dropped_assumption_may_fail() {
    let file = |name: &str| -> Problem {
        let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "examples", name]
            .iter()
            .collect();
        let problem = read_problem(&path).unwrap();
        problem
            .changed(|parts| parts.training.loss = Loss::Unhinged)
            .unwrap()
    };
    let uneven = file("violates-a4.toml");
    assert!(question("T2", Some("A4")).admits(&uneven).is_some());
    assert!(question("T2", Some("A3")).admits(&uneven).is_none());
    assert!(question("T2", None).admits(&uneven).is_none());
    let both = uneven
        .changed(|parts| parts.network.head[0] = ratio(1, 2))
        .unwrap();
    assert!(question("T2", Some("A4")).admits(&both).is_none());
    assert!(question("T2", Some("A5f")).admits(&both).is_none());
    // Keys that overlap break A1k, and A1 with it: that is the dropping of A1k.
    let near = file("violates-a1.toml");
    let apart = audit(&near).iter().any(|a| a.id.name() == "A1k" && a.holds);
    assert_eq!(question("T3", Some("A1")).admits(&near).is_some(), apart);
}
