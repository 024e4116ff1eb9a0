//! `falsify` and `necessity`: what they print is a problem file, their exit codes, and what they refuse.

use crate::common::run;
use filtercert::problem::{Format, parse_problem};
use serde_json::Value;

#[test]
fn a_counterexample_is_printed_as_a_problem_file() {
    let (code, out, error) = run(&["falsify", "--theorem", "t2", "--drop", "a4"]);
    assert_eq!((code, error.as_str()), (1, ""), "{out}");
    assert!(out.starts_with("# T2 without A4 "), "{out}");
    assert!(
        out.contains("\n# A4 fails: label + has probability "),
        "{out}"
    );
    let problem = parse_problem("found.toml", &out, Format::Toml).expect("a problem file");
    assert_eq!(problem.name(), "T2-without-A4");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("found.toml");
    std::fs::write(&path, &out).unwrap();
    let path = path.to_str().unwrap();
    let (code, out, _) = run(&["check", path, "--json", "--no-timing"]);
    assert_eq!(code, 0);
    let checked: Value = serde_json::from_str(&out).unwrap();
    let theorems = checked["theorems"].as_array().unwrap();
    let t2 = theorems.iter().find(|t| t["id"] == "T2").unwrap();
    assert_eq!(t2["verdict"], "not-applicable");
    let fails = t2["fails"].as_array().unwrap();
    assert_eq!(fails.len(), 1);
    assert_eq!(fails[0]["id"], "A4");
}

#[test]
fn a_counterexample_in_json_is_the_same_file() {
    let arguments = ["falsify", "--theorem", "T5", "--drop", "A2", "--json"];
    let (code, out, _) = run(&arguments);
    assert_eq!(code, 1);
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(found["format"], 2);
    assert_eq!(
        (&found["theorem"], &found["assumption"]),
        (&"T5".into(), &"A2".into())
    );
    assert_eq!(found["verdict"], "refuted");
    let file = found["counterexample"]["file"].as_str().unwrap();
    let problem = parse_problem("found.toml", file, Format::Toml).expect("a problem file");
    let sha256 = filtercert::problem::problem_sha256(&problem);
    assert_eq!(found["problem_sha256"], sha256.as_str());
    // Equal inputs, equal bytes; on one thread too.
    assert_eq!(run(&arguments).1, out);
    assert_eq!(run(&[&arguments[..], &["--threads", "1"]].concat()).1, out);
}

#[test]
fn a_search_without_a_counterexample_says_that_it_proves_nothing() {
    let (code, out, _) = run(&["falsify", "--theorem", "T3", "--budget", "640"]);
    assert_eq!(code, 3);
    assert!(
        out.contains("no counterexample was found, which proves nothing"),
        "{out}"
    );
    assert!(out.contains("Of 640 problems drawn (seed 1)"), "{out}");
    let (code, out, _) = run(&[
        "falsify",
        "--theorem",
        "T2",
        "--drop",
        "A1",
        "--budget",
        "640",
        "--json",
    ]);
    assert_eq!(code, 3);
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(found["verdict"], "undecided");
    assert_eq!(found["counterexample"], Value::Null);
    assert_eq!(found["drawn"], 640);
}

#[test]
fn a_counterexample_is_written_where_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("found.toml");
    let name = path.to_str().unwrap();
    let (code, out, _) = run(&["falsify", "--theorem", "T12", "--drop", "A3", "-o", name]);
    assert_eq!(code, 1);
    assert!(out.starts_with("T12 without A3 "), "{out}");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(parse_problem("found.toml", &text, Format::Toml).is_ok());
}

#[test]
fn what_cannot_be_asked_is_refused() {
    for (arguments, said) in [
        (
            vec!["--theorem", "T22"],
            "--theorem: found \"T22\", expected one of T0, T1",
        ),
        (
            vec!["--theorem", "T2", "--drop", "A9"],
            "--drop: found \"A9\", expected an assumption of T2: A1, A1k, A2",
        ),
        (
            vec!["--theorem", "T1", "--drop", "A4"],
            "--drop: found A4, which T1 does not assume, expected one of A1, A1k",
        ),
        (
            vec!["--theorem", "T0", "--drop", "A1"],
            "--drop: found A1, but T0 assumes nothing beside its model",
        ),
        (
            vec!["--theorem", "T9"],
            "--theorem: found T9, whose conclusion cannot be read on one problem",
        ),
        (
            vec!["--theorem", "T9", "--drop", "A6"],
            "without which there is no conclusion of T9 to search with",
        ),
        (vec!["--theorem", "T2", "--budget", "0"], "0"),
        (vec!["--drop", "A1"], "expected --theorem T"),
        (
            vec!["examples/small.toml"],
            "expected --theorem T, or --conjecture NAME",
        ),
        (
            vec!["examples/small.toml", "--theorem", "T2"],
            "expected none beside --theorem",
        ),
        (vec!["--conjecture", "mine"], "FILE: found none"),
    ] {
        let (code, out, error) = run(&[&["falsify"], &arguments[..]].concat());
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(error.contains(said), "{arguments:?}: {error}");
    }
}

#[test]
fn the_matrix_has_a_row_a_theorem() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("made").to_str().unwrap().to_owned();
    let (code, out, _) = run(&["necessity", "--theorem", "T3", "-o", &name]);
    assert_eq!(code, 0, "{out}");
    assert!(
        out.starts_with("8 cells: 4 needed, 4 not needed (-), 0 not stated (n/s), 0 open\n"),
        "{out}"
    );
    let matrix = std::fs::read_to_string(folder.path().join("made/necessity.json")).unwrap();
    let matrix: Value = serde_json::from_str(&matrix).unwrap();
    let cells = matrix["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 8);
    // The files are those that are shipped.
    for cell in cells {
        if let Some(file) = cell["counterexample"].as_str() {
            let made = std::fs::read_to_string(folder.path().join("made").join(file)).unwrap();
            let shipped = format!(
                "{}/examples/counterexamples/{file}",
                env!("CARGO_MANIFEST_DIR")
            );
            assert_eq!(std::fs::read_to_string(shipped).unwrap(), made, "{file}");
        }
    }
    let (code, ..) = run(&["necessity", "--theorem", "T10"]);
    assert_eq!(code, 3);
}
