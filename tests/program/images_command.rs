//! `images` as a user calls it, on generated images, so that no data set is needed.

use assert_cmd::Command;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

fn images(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("filtercert").expect("the binary");
    command.arg("images").args(arguments);
    command
}

const SMALL: [&str; 11] = [
    "--planted",
    "orthogonal",
    "--quick",
    "--images",
    "200",
    "--filters",
    "8",
    "--epochs",
    "2",
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
    assert_eq!(found["data"]["name"], "planted-orthogonal");
    let findings = found["findings"].as_array().expect("findings");
    let ids: Vec<&str> = findings.iter().filter_map(|f| f["id"].as_str()).collect();
    assert_eq!(ids, ["F1", "F2", "F3", "F4", "F5", "F6"]);
    for finding in findings {
        let verdict = finding["verdict"].as_str().expect("a verdict");
        assert!(["supported", "not-supported", "unclear"].contains(&verdict));
        assert!(finding["statement"].is_string() && finding["threshold"].is_number());
        let ci = finding["ci"].as_array().expect("an interval");
        let [low, mean, high] =
            [&ci[0], &finding["measured"], &ci[1]].map(|x| x.as_f64().expect("x"));
        assert!(low <= mean && mean <= high, "{finding}");
        assert_eq!(finding["values"].as_array().map(Vec::len), Some(2));
    }
    let training = found["training"].as_array().expect("epochs");
    assert_eq!(training.len(), 2);
    for (i, epoch) in training.iter().enumerate() {
        assert_eq!(epoch["epoch"], i + 1);
        for key in ["loss", "test_accuracy"] {
            assert!(epoch[key].is_number(), "{key}");
        }
        assert!(found["timing"]["epoch_seconds"][i].is_number());
    }
    assert!(found["audit"]["coherence_max"].is_number());
    assert!(found["bridge"]["growth_ratio"]["mean"].is_number());
}

#[test]
fn results_do_not_depend_on_threads_and_do_on_the_seed() {
    let one = timeless(json(small(&["--threads", "1"])));
    assert_eq!(one, timeless(json(small(&["--threads", "3"]))));
    assert_ne!(one["findings"], json(small(&["--seed", "9"]))["findings"]);
}

#[test]
fn files_are_written_only_with_a_folder_and_runs_go_on_from_there() {
    let folder = tempfile::tempdir().expect("a folder");
    small(&[]).current_dir(folder.path()).assert().code(0);
    assert_eq!(fs::read_dir(folder.path()).expect("it").count(), 0);

    let out = folder.path().join("out");
    let at = out.to_str().expect("UTF-8");
    let first = json(small(&["-o", at, "--checkpoints", "5"]));
    let names: BTreeSet<String> = fs::read_dir(&out)
        .expect("it")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let pictures = [
        "accuracy",
        "bridge",
        "bridge-accuracy",
        "drift",
        "filters",
        "gini",
        "norms",
        "pruning",
    ];
    for name in pictures {
        let svg = fs::read_to_string(out.join(format!("{name}.svg"))).expect(name);
        assert!(
            svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"),
            "{name}"
        );
    }
    assert!(names.contains("run-scale-0.1-seed-2.json"), "{names:?}");
    let all = fs::read_to_string(out.join("results.json")).expect("results");
    let all: Value = serde_json::from_str(&all).expect("JSON");
    assert_eq!(all["findings"], first["findings"]);
    assert_eq!(
        all["runs"][0]["norms"][0]["filters"]
            .as_array()
            .map(Vec::len),
        Some(8)
    );

    // Resumed at the end nothing is trained, and all is as before, wall times included.
    assert_eq!(json(small(&["-o", at, "--resume"])), first);
    // A broken file is not taken for a run.
    fs::write(out.join("run-scale-0.1-seed-1.json"), "{").expect("it");
    let output = small(&["-o", at, "--resume"]).assert().code(2);
    let said = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(said.contains("run-scale-0.1-seed-1.json"), "{said}");
    assert!(output.get_output().stdout.is_empty());
}

#[test]
fn what_cannot_be_done_is_said_with_exit_code_2() {
    let missing = "no-such-folder";
    let cases: [(&[&str], &str); 9] = [
        (
            &["--data", missing],
            "apt-get install dataset-fashion-mnist",
        ),
        (&["--planted", "square"], "orthogonal"),
        (&["--planted", "noisy", "--classes", "0,7"], "7"),
        (&["--planted", "noisy", "--kernel", "13"], "12"),
        (&["--planted", "noisy", "--pool", "average:9"], "8 x 8"),
        (
            &["--planted", "noisy", "--pool", "median"],
            "average, sum or max",
        ),
        (
            &["--planted", "noisy", "--head", "fixed", "--loss", "softmax"],
            "fixed signs",
        ),
        (&["--planted", "noisy", "--step", "0"], "a positive number"),
        (&["--planted", "noisy", "--resume"], "--output"),
    ];
    for (arguments, expected) in cases {
        let output = images(arguments).assert().code(2);
        let output = output.get_output();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(expected), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}
