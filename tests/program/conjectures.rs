//! Conjectures as a user meets them: verdicts, exit codes and places of faults in `check`, `report` and `falsify`.

use crate::common::run;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

const DOMINATE: &str = "examples/conjectures/winners-dominate.toml";
const SHRINK: &str = "examples/conjectures/losers-shrink.toml";
const STATISTICS: &str = "examples/conjectures/pattern-statistics.toml";

fn json(arguments: &[&str], code: i32) -> Value {
    let mut all = arguments.to_vec();
    all.extend(["--json", "--no-timing"]);
    let (exit, out, error) = run(&all);
    assert_eq!(exit, code, "{arguments:?}: {error}");
    serde_json::from_str(&out).unwrap()
}

/// A folder with small.toml with few steps and runs, and this table behind it.
fn file(table: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let small = fs::read_to_string("examples/small.toml").unwrap();
    let small = small.replace("steps = 60", "steps = 6");
    let small = small.replace("runs = 1000", "runs = 20");
    let path = folder.path().join("it.toml");
    fs::write(&path, format!("{small}\n{table}\n")).unwrap();
    (folder, path)
}

#[test]
fn verdicts_decide_the_exit_code() {
    for (table, code, verdict, layer) in [
        ("claim = 'accuracy <= 1'", 0, "holds", "exact"),
        (
            "claim = 'norm(0) <= norm0(0)'\nover = 'every path'",
            1,
            "refuted",
            "exact",
        ),
        ("claim = '1 / t > 0'", 3, "undecided", "exact"),
        (
            "claim = 'B_+ <= 4'\nover = 'probability >= 9/10'",
            1,
            "refuted",
            "exact",
        ),
        (
            "claim = 'B_+ <= 4'\nwhen = 't = 6'\nover = 'probability >= 57/64'",
            0,
            "holds",
            "exact",
        ),
        (
            "claim = 'B_+ <= 4'\nwhen = 't = 6'\nover = 'probability > 57/64'",
            1,
            "refuted",
            "exact",
        ),
    ] {
        let (_folder, path) = file(&format!("[[conjecture]]\nname = 'it'\n{table}"));
        let path = path.to_str().unwrap();
        let document = json(&["check", path], code);
        let found = &document["conjectures"][0];
        let shown = (
            found["verdict"].as_str().unwrap(),
            found["layer"].as_str().unwrap(),
        );
        assert_eq!(shown, (verdict, layer), "{table}: {found}");
        assert_eq!(found["name"], "it");
        assert!(found["scope"].is_string(), "{table}");
        assert_eq!(
            found["witness"].is_null(),
            verdict == "holds",
            "{table}: {found}"
        );
        if verdict == "undecided" {
            let (exit, out, _) = run(&["check", path, "-q"]);
            assert_eq!(exit, code);
            assert!(
                out.ends_with("1 conjecture: 0 hold, 0 refuted, 1 undecided.\n"),
                "{out}"
            );
        }
    }
    // Without conjectures nothing is said of any, and the hash is that of the problem alone.
    let (_folder, path) = file("");
    let plain = json(&["check", path.to_str().unwrap()], 0);
    assert!(plain.get("conjectures").is_none());
    let (_folder, path) = file("[[conjecture]]\nname = 'it'\nclaim = 't < 3'");
    let asked = json(&["check", path.to_str().unwrap()], 1);
    assert_eq!(plain["problem_sha256"], asked["problem_sha256"]);
    assert_eq!(plain["theorems"], asked["theorems"]);
    // The explicit form is the problem alone.
    let (_, explicit, _) = run(&["check", path.to_str().unwrap(), "--explicit"]);
    assert!(!explicit.contains("conjecture"));
}

#[test]
fn the_examples_are_what_they_are_said_to_be() {
    let found = json(&["check", DOMINATE], 0);
    assert_eq!(found["conjectures"][0]["verdict"], "holds");
    let (code, out, _) = run(&["check", SHRINK]);
    assert_eq!(code, 1);
    assert!(
        out.contains("conjecture losers-do-not-grow: refuted (exact;"),
        "{out}"
    );
    assert!(
        out.contains("norm(loser) <= norm0(loser) is false: "),
        "{out}"
    );
    let found = json(&["check", STATISTICS], 1);
    let verdicts: Vec<&str> = found["conjectures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["refuted", "holds", "holds"]);
}

/// The line that certifies a refuted claim's state works.
#[test]
fn the_state_of_a_refutation_is_certified() {
    let (_, out, _) = run(&["check", SHRINK]);
    let words: Vec<&str> = out.split_whitespace().collect();
    let start = words.iter().position(|word| *word == "state:").unwrap() + 2;
    let mut line: Vec<&str> = words[start..start + 8].to_vec();
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("state.cert");
    assert_eq!(line.pop(), Some("state.cert"), "{line:?}");
    line.push(certificate.to_str().unwrap());
    let (code, out, error) = run(&line);
    assert_eq!(code, 0, "{line:?}: {out}{error}");
    let verified = json(
        &["verify", certificate.to_str().unwrap(), "--problem", SHRINK],
        0,
    );
    assert_eq!(verified["result"], "valid");
}

/// So does the path of one over every path.
#[test]
fn the_path_of_a_refutation_is_certified() {
    let (folder, path) =
        file("[[conjecture]]\nname = 'it'\nclaim = 'norm(0) <= norm0(0)'\nover = 'every path'");
    let path = path.to_str().unwrap();
    let document = json(&["check", path], 1);
    let samples = document["conjectures"][0]["witness"]["path"]["samples"]
        .as_array()
        .unwrap();
    let lines: Vec<String> = samples.iter().map(Value::to_string).collect();
    let [samples, certificate] = ["path.jsonl", "path.cert"].map(|name| folder.path().join(name));
    let [samples, certificate] = [samples.to_str().unwrap(), certificate.to_str().unwrap()];
    fs::write(samples, lines.join("\n")).unwrap();
    let (code, out, error) = run(&["certify", path, "--samples", samples, "-o", certificate]);
    assert_eq!(code, 0, "{out}{error}");
    assert!(out.contains("1 claims"), "{out}");
    let verified = json(&["verify", certificate, "--problem", path], 0);
    assert_eq!(verified["result"], "valid");
    let claims = verified["claims"].as_array().unwrap().iter();
    assert!(
        claims
            .filter_map(|claim| claim["id"].as_str())
            .any(|id| id.starts_with("path")),
        "{verified}"
    );
    fs::write(samples, "{\"label\": \"+\", \"counts\": [9, 9, 9, 9]}").unwrap();
    let (code, _, error) = run(&["certify", path, "--samples", samples, "-o", certificate]);
    assert_eq!(code, 2, "{error}");
}

#[test]
fn faults_point_at_the_place_in_the_text() {
    let table = "[[conjecture]]\nname = 'it'\nclaim = \"t >= 0 and nrom(0) > 1\"";
    let (_folder, path) = file(table);
    let path = path.to_str().unwrap();
    for command in [vec!["check", path], vec!["report", path, "-o", "out"]] {
        let (code, out, error) = run(&command);
        assert_eq!((code, out.as_str()), (2, ""), "{error}");
        assert!(
            error.contains("nrom") && error.contains("did you mean `norm`?"),
            "{error}"
        );
        // The column of `nrom` in the file.
        assert!(error.contains(":21]") || error.contains(":21 "), "{error}");
    }
    // Commands that do not look at conjectures do not read them.
    assert_eq!(run(&["audit", path]).0, 0);
    let (_folder, path) = file("[[conjecture]]\nname = 'it'\nclam = 't >= 0'");
    let (code, _, error) = run(&["audit", path.to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(error.contains("did you mean `claim`?"), "{error}");
}

/// What `falsify` prints is a problem file that `check` refutes, the same for the same seed.
#[test]
fn counterexamples_are_problem_files() {
    let search = [
        "falsify",
        "--conjecture",
        "losers-do-not-grow",
        SHRINK,
        "--budget",
        "2000",
    ];
    let (code, printed, error) = run(&search);
    assert_eq!(code, 1, "{error}");
    assert_eq!(run(&search).1, printed);
    assert!(printed.contains("1 filter, 2 patterns"), "{printed}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("found.toml");
    fs::write(&path, &printed).unwrap();
    let found = json(&["check", path.to_str().unwrap()], 1);
    assert_eq!(found["conjectures"][0]["verdict"], "refuted");
    let document = json(&search, 1);
    assert_eq!(
        document["counterexample"]["file"].as_str(),
        Some(printed.as_str())
    );
    assert_eq!(document["verdict"], "refuted");
    let (code, printed, _) = run(&["falsify", "--conjecture", "never-opposite", STATISTICS]);
    assert_eq!(code, 1);
    fs::write(&path, &printed).unwrap();
    json(&["check", path.to_str().unwrap()], 1);
}

#[test]
fn a_search_without_a_counterexample_says_what_it_tried() {
    let (_folder, path) = file(
        "[[conjecture]]\nname = 'it'\nclaim = 'accuracy <= 1'\nfamily = { filters = '1', background = '0', patches = '1', images = '1', steps = '1', step = '1', weights = '0, 1', head = '1', prior = '1/2' }",
    );
    let path = path.to_str().unwrap();
    let (code, out, _) = run(&["falsify", "--conjecture", "it", path, "--budget", "100"]);
    assert_eq!(code, 3);
    assert!(
        out.contains("which proves nothing") && out.contains("Tried: 100 random"),
        "{out}"
    );
    // Two bags an image and two weights: 2^2 2^2 problems.
    let (code, out, _) = run(&["falsify", "--conjecture", "it", path, "--all"]);
    assert_eq!(code, 0);
    assert!(
        out.contains("holds on every problem of the family. Tried: 16 "),
        "{out}"
    );
    let document = json(
        &[
            "falsify",
            "--conjecture",
            "it",
            path,
            "--all",
            "--budget",
            "5",
        ],
        3,
    );
    assert_eq!(
        (&document["all"], &document["tried"]),
        (&Value::from(false), &Value::from(5))
    );
    for (arguments, part) in [
        (vec!["falsify", "--conjecture", "its", path], "did you mean"),
        (
            vec!["falsify", "--conjecture", "it", "examples/small.toml"],
            "has no conjectures",
        ),
        (
            vec![
                "falsify",
                "--conjecture",
                "losers-do-not-grow",
                SHRINK,
                "--all",
            ],
            "found a range",
        ),
        (vec!["falsify", "--conjecture", "it"], "FILE: found none"),
        (vec!["falsify"], "--theorem"),
    ] {
        let (code, out, error) = run(&arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(error.contains(part), "{arguments:?}: {error}");
    }
}
