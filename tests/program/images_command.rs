//! `images` as a user calls it, on generated images, so that no data set is needed.

use assert_cmd::Command;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn images(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("filtercert").expect("the binary");
    command.arg("images").args(arguments);
    command
}

const SMALL: [&str; 7] = [
    "--planted",
    "orthogonal",
    "--quick",
    "--images",
    "40",
    "--seeds",
    "2",
];

fn small(more: &[&str]) -> Command {
    images(&[&SMALL[..], more].concat())
}

fn json(mut command: Command) -> Value {
    let output = command.arg("--json").assert().code(0);
    serde_json::from_slice(&output.get_output().stdout).expect("one JSON document")
}

/// Everything but wall times.
fn timeless(mut value: Value) -> Value {
    let fields = value.as_object_mut().expect("an object");
    assert!(fields.remove("timing").is_some());
    value
}

#[test]
fn the_document_has_what_other_programs_read() {
    let found = json(small(&[]));
    assert_eq!(found["format"], 2);
    assert_eq!(found["layer"], "sampled");
    assert_eq!(found["confirmatory"], false);
    assert_eq!(found["data"][1]["id"], "planted-orthogonal");
    let findings = found["findings"].as_array().expect("findings");
    let ids: Vec<&str> = findings.iter().filter_map(|f| f["id"].as_str()).collect();
    assert_eq!(ids, ["P1", "P1", "P5", "P5"]);
    for finding in findings {
        let verdict = finding["verdict"].as_str().expect("a verdict");
        let verdicts = [
            "supported",
            "weaker-than-asked",
            "not-supported",
            "unclear",
            "not-applicable",
        ];
        assert!(verdicts.contains(&verdict));
        assert!(finding["statement"].is_string() && finding["threshold"].is_number());
        let ci = finding["ci"].as_array().expect("an interval");
        let [low, mean, high] =
            [&ci[0], &finding["measured"], &ci[1]].map(|x| x.as_f64().expect("x"));
        assert!(low <= mean && mean <= high, "{finding}");
        assert_eq!(
            finding["pairs"][0]["values"].as_array().map(Vec::len),
            Some(2)
        );
        assert_eq!(finding["arms"][0]["condition"], "real");
    }
    let roles: BTreeSet<&str> = findings.iter().filter_map(|f| f["role"].as_str()).collect();
    assert_eq!(roles, ["exploratory", "positive-control"].into());
    let training = found["training"].as_array().expect("epochs");
    for (i, epoch) in training.iter().enumerate() {
        assert_eq!(epoch["epoch"], i + 1);
        for key in ["loss", "test_accuracy"] {
            assert!(epoch[key].is_number(), "{key}");
        }
        assert!(found["timing"]["epoch_seconds"][i].is_number());
    }
    assert!(!training.is_empty());
    let sum = found["registration"]["sha256"].as_str().expect("a sum");
    assert_eq!(sum.len(), 64);
    assert_eq!(found["registration"]["whole"], false);
}

#[test]
fn results_do_not_depend_on_threads_and_the_answer_comes_first() {
    let one = timeless(json(small(&["--threads", "1"])));
    assert_eq!(one, timeless(json(small(&["--threads", "3"]))));
    let output = small(&[]).assert().code(0);
    let text = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].contains("exploratory") && lines[0].contains("confirms nothing"),
        "{text}"
    );
    assert!(lines[1].contains("SHA-256"), "{text}");
    assert!(text.contains("positive control"), "{text}");
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder)
        .expect("it")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

#[test]
fn files_are_written_only_with_a_folder_and_numbers_are_derived_again() {
    let folder = tempfile::tempdir().expect("a folder");
    small(&[]).current_dir(folder.path()).assert().code(0);
    assert_eq!(fs::read_dir(folder.path()).expect("it").count(), 0);

    let out = folder.path().join("out");
    let at = out.to_str().expect("UTF-8");
    let first = json(small(&["-o", at, "--no-timing"]));
    let expected = [
        "measures.json.gz",
        "motion.svg",
        "ratio.svg",
        "report.html",
        "results.json",
        "runs.jsonl",
        "verdicts.svg",
    ];
    let found = names(&out);
    for name in expected {
        assert!(found.contains(name), "{name}: {found:?}");
    }
    for name in found.iter().filter(|name| name.ends_with(".svg")) {
        let svg = fs::read_to_string(out.join(name)).expect(name);
        assert!(
            svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"),
            "{name}"
        );
    }
    let results = out.join("results.json");
    let text = fs::read_to_string(&results).expect("results");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(all["findings"], first["findings"]);
    assert_eq!(
        all["results"]["command"]
            .as_str()
            .map(|c| c.starts_with("filtercert images")),
        Some(true)
    );

    // Resumed at the end nothing is trained, and all is as before, byte for byte.
    small(&["-o", at, "--no-timing", "--resume"])
        .assert()
        .code(0);
    let command = |text: &str| {
        let mut value: Value = serde_json::from_str(text).expect("JSON");
        value["results"]["command"] = Value::Null;
        value
    };
    assert_eq!(
        command(&fs::read_to_string(&results).expect("results")),
        command(&text)
    );
    // Half of the runs, the last of them cut off: the rest is trained again, to the same numbers.
    let runs = out.join("runs.jsonl");
    let whole = fs::read_to_string(&runs).expect("runs");
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let half = lines[..lines.len() / 2].concat() + &lines[lines.len() / 2][..40];
    fs::write(&runs, half).expect("it");
    small(&["-o", at, "--no-timing", "--resume"])
        .assert()
        .code(0);
    assert_eq!(
        command(&fs::read_to_string(&results).expect("results")),
        command(&text)
    );

    let path = results.to_str().expect("UTF-8");
    let again = json(images(&["--recompute", path]));
    assert_eq!(
        (&again["agrees"], &again["from_weights"]),
        (&Value::Bool(true), &Value::Bool(false))
    );
    let packed = out.join("measures.json.gz");
    images(&["--recompute", packed.to_str().expect("UTF-8")])
        .assert()
        .code(0);
    // A verdict that does not follow from the runs is found.
    let mut changed: Value = serde_json::from_str(&text).expect("JSON");
    changed["results"]["findings"][0]["measured"] = 0.75.into();
    fs::write(&results, changed.to_string()).expect("it");
    let output = images(&["--recompute", path]).assert().code(1);
    let said = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    assert!(
        said.contains("finding P1") && said.contains("0.75"),
        "{said}"
    );
}

#[test]
fn finished_runs_of_another_experiment_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let at = out.to_str().expect("UTF-8");
    small(&["-o", at]).assert().code(0);
    let runs = out.join("runs.jsonl");
    let whole = fs::read_to_string(&runs).expect("runs");
    let refused = |more: &[&str], expected: &str| {
        let output = small(&[&["-o", at, "--resume"], more].concat())
            .assert()
            .code(2);
        let said = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
        assert!(
            said.contains("runs.jsonl") && said.contains(expected),
            "{said}"
        );
        assert!(output.get_output().stdout.is_empty());
    };
    refused(&["--no-timing"], "timed: true, not false");
    let other = [
        "--planted",
        "noisy",
        "--quick",
        "--images",
        "40",
        "--seeds",
        "2",
        "-o",
        at,
        "--resume",
    ];
    let output = images(&other).assert().code(2);
    let said = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(said.contains("data: planted-noisy differs"), "{said}");
    let more = [
        "--planted",
        "orthogonal",
        "--quick",
        "--images",
        "50",
        "--seeds",
        "2",
        "-o",
        at,
        "--resume",
    ];
    let output = images(&more).assert().code(2);
    let said = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(said.contains("plan of the experiment differs"), "{said}");
    // Damage: a digit of a run, no runs at all.
    let second = whole.find('\n').expect("lines") + 100;
    let mut bytes = whole.clone().into_bytes();
    bytes[second] ^= 1;
    fs::write(&runs, &bytes).expect("it");
    refused(&[], "line 2: found a damaged line");
    fs::write(&runs, "{}\n").expect("it");
    refused(&[], "found no file of parts");
}

#[test]
fn what_cannot_be_done_is_said_with_exit_code_2() {
    let missing = "no-such-folder";
    let cases: [(&[&str], &str); 12] = [
        (
            &["--data", missing],
            "apt-get install dataset-fashion-mnist",
        ),
        (&["--planted", "square"], "orthogonal"),
        (&["--planted", "noisy", "--classes", "0,7"], "7"),
        (
            &["--planted", "noisy", "--classes", "0,1,0"],
            "pairs of two different classes",
        ),
        (
            &["--planted", "noisy", "--classes", "1,1"],
            "pairs of two different classes",
        ),
        (&["--planted", "noisy", "--kernel", "13"], "12"),
        (&["--planted", "noisy", "--resume"], "--checkpoint"),
        (&["--planted", "noisy", "--registration", missing], missing),
        (
            &["--planted", "noisy", "--registration", "Cargo.toml"],
            "Cargo.toml: the registration",
        ),
        (&["--registered", missing], "experiments/data.sh"),
        (&["--planted", "noisy", "--finding", "P1"], "--recompute"),
        (&["--recompute", "Cargo.toml"], "expected a results file"),
    ];
    for (arguments, expected) in cases {
        let output = images(arguments).assert().code(2);
        let output = output.get_output();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(expected), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}
