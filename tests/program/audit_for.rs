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
fn opposed_keys_are_audited_with_their_measure() {
    let found = rows("examples/opposed-keys.toml", "T13");
    let names: Vec<&str> = found.iter().map(|row| row.0.as_str()).collect();
    assert_eq!(names, ["A0", "opposed", "A2"]);
    assert!(found.iter().all(|row| row.1));
    assert_eq!(found[1].2.as_deref(), Some("0"));
    let found = rows("examples/keys-apart-hinge.toml", "T13");
    let opposed = found.iter().find(|row| row.0 == "opposed").unwrap();
    let witness = Some("<v+, v-> = 0 and not -1".to_owned());
    assert_eq!((opposed.1, &opposed.3), (false, &witness));
    assert_eq!(opposed.2.as_deref(), Some("1"));
}

#[test]
fn each_form_of_a_theorem_is_audited_by_itself() {
    let failing = |theorem: &str| -> Vec<String> {
        let found = rows("examples/keys-apart-hinge.toml", theorem).into_iter();
        found.filter(|row| !row.1).map(|row| row.0).collect()
    };
    assert_eq!(failing("T6"), ["A1"]);
    assert_eq!(failing("T6c"), [""; 0]);
}

/// The line that begins with these words.
fn line<'a>(text: &'a str, words: &str) -> &'a str {
    let mut lines = text.lines().map(str::trim_start);
    lines
        .find(|line| line.starts_with(words))
        .unwrap_or_else(|| panic!("{words}: {text}"))
}

/// The theorems that a line names.
fn named(line: &str) -> Vec<&str> {
    let words = line
        .split_whitespace()
        .map(|word| word.trim_end_matches(','));
    let is_id = |word: &&str| word.starts_with('T') && word[1..].starts_with(char::is_numeric);
    words.filter(is_id).collect()
}

#[test]
fn what_failing_assumptions_take_away_stands_beside_what_is_left() {
    let (code, out, _) = run(&["audit", "examples/keys-apart-hinge.toml"]);
    assert_eq!(code, 0);
    let a1 = named(line(&out, "off without A1 "));
    assert!(
        ["T1", "T3", "T6", "T11"].iter().all(|id| a1.contains(id)),
        "{a1:?}"
    );
    assert!(!out.contains("off without A1k"), "{out}");
    let left = named(line(&out, "left"));
    assert!(
        ["T0", "T6c", "T9"].iter().all(|id| left.contains(id)),
        "{left:?}"
    );
    assert!(a1.iter().all(|id| !left.contains(id)));
    // Of another model, and of another head.
    assert!(named(line(&out, "of another model (A0)")).contains(&"T14"));
    assert!(named(line(&out, "off without A5t")).contains(&"T7"));
    let (_, out, _) = run(&["audit", "examples/coherent.toml"]);
    assert!(
        named(line(&out, "off without A1k-")).contains(&"T6c"),
        "{out}"
    );
    let (_, out, _) = run(&["audit", "examples/opposed-keys.toml"]);
    assert!(named(line(&out, "left")).contains(&"T13"), "{out}");
    // What check says applies is what is left.
    let (_, document, _) = run(&["check", "examples/opposed-keys.toml", "--json"]);
    let document: Value = serde_json::from_str(&document).unwrap();
    let theorems = document["theorems"].as_array().unwrap().iter();
    let applying = theorems.filter(|t| t["verdict"] != "not-applicable");
    let applying: Vec<&str> = applying.map(|t| t["id"].as_str().unwrap()).collect();
    assert_eq!(applying, named(line(&out, "left")));
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
