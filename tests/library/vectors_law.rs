//! Reference laws of SGD, computed by an independent program from the definitions:
//! `tests/vectors/law-*.answer.json` beside the problem of the same name.

use filtercert::dynamics::law::{AbsorptionStop, Chain, Horizon, LawLimits, absorption};
use filtercert::number::{Q, parse_rational};
use filtercert::problem::read_problem;
use serde_json::Value;
use std::path::Path;

fn rational(value: &Value) -> Q {
    parse_rational(value.as_str().unwrap()).unwrap()
}

fn rationals(value: &Value) -> Vec<Q> {
    value.as_array().unwrap().iter().map(rational).collect()
}

fn compare(file: &Path) {
    let name = file.file_stem().unwrap().to_str().unwrap();
    let problem = read_problem(file).unwrap();
    let answer: Value =
        serde_json::from_str(&std::fs::read_to_string(file.with_extension("answer.json")).unwrap())
            .unwrap();
    let steps = answer["steps"].as_u64().unwrap();
    let limits = LawLimits::default();
    let chain = Chain::build(&problem, Horizon::Steps(steps), false, &limits).unwrap();
    let law = chain.law(steps);
    assert_eq!(law.stopped, None, "{name}");
    let states: Vec<u64> = answer["states"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s.as_u64().unwrap())
        .collect();
    assert_eq!(law.states, states, "{name}");
    assert_eq!(law.reached, answer["reached"].as_u64().unwrap(), "{name}");
    assert_eq!(law.p_perfect, rationals(&answer["p_perfect"]), "{name}");
    assert_eq!(
        law.expected_accuracy,
        rationals(&answer["expected_accuracy"]),
        "{name}"
    );
    assert_eq!(
        law.expected_norm_squared,
        rationals(&answer["expected_norm_squared"]),
        "{name}"
    );
    match absorption(&problem, &limits) {
        Ok(found) => {
            assert_eq!(
                found.expected_steps_to_perfect,
                rational(&answer["expected_steps_to_perfect"]),
                "{name}"
            );
            assert_eq!(
                found.p_ever_perfect,
                rational(&answer["p_ever_perfect"]),
                "{name}"
            );
        }
        Err(AbsorptionStop::NotApplicable(_)) => {
            assert!(answer["expected_steps_to_perfect"].is_null(), "{name}");
            assert!(answer["p_ever_perfect"].is_null(), "{name}");
        }
        Err(limit) => panic!("{name}: {limit}"),
    }
    // What merging leaves out changes no figure but the counts.
    let merged = Chain::build(&problem, Horizon::Steps(steps), true, &limits)
        .unwrap()
        .law(steps);
    assert_eq!(merged.p_perfect, law.p_perfect, "{name}");
    assert_eq!(merged.expected_accuracy, law.expected_accuracy, "{name}");
    assert_eq!(merged.p_settled, law.p_settled, "{name}");
    assert_eq!(
        merged.expected_norm_squared, law.expected_norm_squared,
        "{name}"
    );
    assert!(merged.reached <= law.reached, "{name}");
}

#[test]
fn every_reference_law_is_equal() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut compared = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_str().unwrap();
        if name.starts_with("law-") && name.ends_with(".toml") {
            compare(&file);
            compared += 1;
        }
    }
    assert!(compared >= 3);
}
