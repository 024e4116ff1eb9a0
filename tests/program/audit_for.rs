//! `audit --for`: what one theorem asks of a problem.

use crate::common::run;
use serde_json::Value;

/// Name, verdict, measure and witness of each row.
fn rows(file: &str, theorem: &str) -> Vec<(String, bool, Option<String>, Option<String>)> {
    let (code, out, error) = run(&["audit", file, "--for", theorem, "--json"]);
    assert_eq!((code, error.as_str()), (0, ""));
    let document: Value = serde_json::from_str(&out).unwrap();
    let rows = document["assumptions"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    rows.map(|row| {
        (
            text(&row["id"]).unwrap(),
            row["holds"].as_bool().unwrap(),
            text(&row["measure"]),
            text(&row["witness"]),
        )
    })
    .collect()
}

#[test]
fn separability_is_audited_with_its_measure() {
    let found = rows("examples/data-set.toml", "t14");
    let separable = (
        "separable".to_owned(),
        true,
        Some("49/464".to_owned()),
        None,
    );
    assert_eq!(found, [("A0".to_owned(), true, None, None), separable]);
    let found = rows("examples/not-separable.toml", "T14");
    assert_eq!(found.len(), 2);
    let (id, holds, measure, witness) = &found[1];
    assert_eq!(
        (id.as_str(), *holds, measure.as_deref()),
        ("separable", false, Some("0"))
    );
    assert!(
        witness
            .as_ref()
            .unwrap()
            .contains("1 ahead with 1/4, 1 back with 1/2")
    );
}

#[test]
fn a_theorem_asks_for_its_model_and_its_assumptions() {
    let found = rows("examples/violates-a3.toml", "T2");
    let ids: Vec<&str> = found.iter().map(|row| row.0.as_str()).collect();
    assert_eq!(ids, ["A0", "A1", "A2", "A3", "A4", "A5f"]);
    let failing: Vec<&str> = found
        .iter()
        .filter(|row| !row.1)
        .map(|row| row.0.as_str())
        .collect();
    assert_eq!(failing, ["A3"]);
    // Beside its assumptions: what else keeps it from the problem.
    let found = rows("examples/hinge.toml", "T14");
    let (_, holds, _, witness) = &found[0];
    assert!(
        !holds
            && witness
                .as_ref()
                .unwrap()
                .contains("network.activation = \"relu\"")
    );
    let found = rows("examples/data-set.toml", "T9");
    let failing: Vec<&str> = found
        .iter()
        .filter(|row| !row.1)
        .map(|row| row.0.as_str())
        .collect();
    assert_eq!(failing, ["A6", "A2"]);
}

#[test]
fn text_and_bad_names() {
    let (code, out, _) = run(&["audit", "examples/not-separable.toml", "--for", "T14"]);
    assert_eq!(code, 0);
    assert!(
        out.starts_with("Assumptions of not-separable for T14, audited exactly"),
        "{out}"
    );
    let (code, out, error) = run(&["audit", "examples/small.toml", "--for", "T99"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.contains("T99") && error.contains("T14"), "{error}");
}
