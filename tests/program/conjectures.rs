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

/// The line of the answer that certifies a conjecture, with another file for the certificate.
fn certifying(out: &str, certificate: &str) -> Vec<String> {
    let words: Vec<&str> = out.split_whitespace().collect();
    let start = words.iter().position(|word| *word == "it:").unwrap() + 2;
    let mut line: Vec<String> = words[start..start + 6].iter().map(|&w| w.into()).collect();
    assert_eq!(line.pop().as_deref(), Some("conjecture.cert"), "{line:?}");
    line.push(certificate.to_owned());
    line
}

/// The line that certifies a refuted claim works, and the certificate belongs to this claim alone.
#[test]
fn a_refutation_is_certified_in_its_own_words() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("it.cert");
    let certificate = certificate.to_str().unwrap();
    let every =
        "[[conjecture]]\nname = 'every'\nclaim = 'norm(0) <= norm0(0)'\nover = 'every path'";
    let (_folder, every) = file(every);
    let likely =
        "[[conjecture]]\nname = 'likely'\nclaim = 'B_+ <= 4'\nover = 'probability >= 9/10'";
    let (_folder, likely) = file(likely);
    let [every, likely] = [&every, &likely].map(|path| path.to_str().unwrap());
    for (path, kind, name, said) in [
        (
            SHRINK,
            "conjecture-fails-1",
            "losers-do-not-grow",
            "false of the expected dynamics with loser 2: norm(loser) <= norm0(loser)",
        ),
        (
            every,
            "conjecture-fails-1",
            "every",
            "false at the end of a path: norm(0) <= norm0(0)",
        ),
        (
            likely,
            "conjecture-1",
            "likely",
            "true at every step to 6 with probability 57/64, conjectured at least 9/10, which it is not: B_+ <= 4",
        ),
    ] {
        let (_, out, _) = run(&["check", path]);
        let line = certifying(&out, certificate);
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        let (code, out, error) = run(&line);
        assert_eq!(code, 0, "{line:?}: {out}{error}");
        assert!(out.contains(kind) && out.contains(name), "{out}");
        let verified = json(&["verify", certificate, "--problem", path], 0);
        assert_eq!(verified["result"], "valid");
        let claim = &verified["claims"][1];
        assert_eq!(
            (&claim["id"], &claim["claimed"]),
            (&kind.into(), &said.into())
        );
        // The same problem without the conjecture.
        let text = fs::read_to_string(path).unwrap();
        let (before, _) = text.split_once("[[conjecture]]").unwrap();
        let other = folder.path().join("other.toml");
        fs::write(&other, before).unwrap();
        let other = other.to_str().unwrap();
        let verified = json(&["verify", certificate, "--problem", other], 1);
        let told = verified["claims"][0]["recomputed"].as_str().unwrap();
        assert!(told.contains("about a conjecture that"), "{told}");
    }
}

/// `certify` writes what holds with all else, and says which conjectures it leaves out.
#[test]
fn what_holds_is_certified_and_what_is_open_is_left_out() {
    let (folder, path) = file(
        "[[conjecture]]\nname = 'holds'\nclaim = 'accuracy <= 1'\n\
         [[conjecture]]\nname = 'likely'\nclaim = 'updates <= t'\nover = 'probability > 1/2'\n\
         [[conjecture]]\nname = 'open'\nclaim = '1 / t > 0'",
    );
    let certificate = folder.path().join("it.cert");
    let [path, certificate] = [&path, &certificate].map(|path| path.to_str().unwrap());
    let found = json(&["certify", path, "-o", certificate], 3);
    let named = |list: &str| -> Vec<Value> {
        let claims = found[list].as_array().unwrap().iter();
        let named = claims.filter(|claim| !claim["conjecture"].is_null());
        named.map(|claim| claim["conjecture"].clone()).collect()
    };
    assert_eq!(named("claims"), ["holds", "likely"]);
    assert_eq!(named("left_out"), ["open"]);
    assert_eq!(found["left_out"][0]["reason"], "it is undecided");
    let verified = json(&["verify", certificate, "--problem", path], 0);
    let claims = verified["claims"].as_array().unwrap();
    let said = |at: usize| claims[claims.len() - at]["claimed"].as_str().unwrap();
    assert_eq!(
        [said(2), said(1)],
        [
            "true of the expected dynamics at every step to 6: accuracy <= 1",
            "true at every step to 6 with probability 1, conjectured above 1/2, which it is: updates <= t"
        ]
    );
    let (code, _, error) = run(&[
        "certify",
        path,
        "-o",
        certificate,
        "--claim",
        "conjecture-fails",
    ]);
    assert_eq!(code, 3);
    assert!(error.contains("no claim of conjecture-fails"), "{error}");
}

/// The path of a witness can be certified by itself.
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
