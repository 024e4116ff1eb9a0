//! Reference states of the expected dynamics, computed by an independent program from the
//! definitions: `tests/vectors/expected-*.answer.json` beside the problem of the same name.

use filtercert::dynamics::expected::{Expected, Limits};
use filtercert::number::{Q, parse_rational};
use filtercert::problem::read_problem;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn rational(value: &Value) -> Q {
    parse_rational(value.as_str().unwrap()).unwrap()
}

fn rationals(value: &Value) -> Vec<Q> {
    value.as_array().unwrap().iter().map(rational).collect()
}

/// Compares every state of one file; `by_steps` reaches them one step at a time.
fn compare(problem_file: &Path, by_steps: bool) {
    let name = problem_file.file_stem().unwrap().to_str().unwrap();
    let problem = read_problem(problem_file).unwrap();
    let answer: Value = serde_json::from_str(
        &std::fs::read_to_string(problem_file.with_extension("answer.json")).unwrap(),
    )
    .unwrap();
    let mut expected = Expected::new(&problem, &Limits::default()).unwrap();
    let states = answer["states"].as_array().unwrap();
    assert!(states.len() >= 2, "{name}");
    for state in states {
        let t = state["t"].as_u64().unwrap();
        if by_steps {
            while expected.t() < t {
                expected.step().unwrap();
            }
        } else {
            expected.advance_to(t).unwrap();
        }
        assert_eq!(expected.t(), t);
        let found = expected.state();
        let rows = state["weights"].as_array().unwrap();
        assert_eq!(rows.len(), found.weights.rows(), "{name}");
        for (j, row) in rows.iter().enumerate() {
            assert_eq!(
                found.weights.row(j),
                rationals(row),
                "{name} t={t} filter {j}"
            );
        }
        assert_eq!(found.head, rationals(&state["head"]), "{name} t={t}");
        assert_eq!(
            found.norms_squared(&problem),
            rationals(&state["norm_squared"]),
            "{name} t={t}"
        );
        let accuracy = expected.accuracy().unwrap();
        assert_eq!(accuracy, rational(&state["accuracy"]), "{name} t={t}");
        let loss = expected.loss().unwrap();
        assert_eq!(loss, rational(&state["loss"]), "{name} t={t}");
    }
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with("expected-") && name.ends_with(".toml")
        })
        .collect();
    files.sort();
    assert_eq!(files.len(), 16);
    files
}

#[test]
fn every_reference_state_is_reached_by_jumps() {
    files().iter().for_each(|file| compare(file, false));
}

#[test]
fn every_reference_state_is_reached_step_by_step() {
    files().iter().for_each(|file| compare(file, true));
}
