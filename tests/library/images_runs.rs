//! What `images` says of classes and of runs that do not stay finite: classes keep their own labels, those
//! without images are named, and what needs a run that overflowed is undecided, with the step.

use crate::idx::{Part, Set};
use assert_cmd::Command;
use filtercert::images::bridge::{BridgePlan, bridge};
use filtercert::images::findings::{Verdict, findings};
use filtercert::images::network::{Architecture, Head, Loss, PoolKind, Pooling};
use filtercert::images::planted::{self, Kind};
use filtercert::images::study::{KeyPatches, Study, not_finite};
use filtercert::images::training::{Plan, Unwatched};
use filtercert::report::image_plots::image_plots;
use serde_json::Value;
use std::fs;
use std::path::Path;

const OPTIONS: [&str; 10] = [
    "--kernel",
    "4",
    "--pool",
    "average",
    "--filters",
    "6",
    "--seeds",
    "2",
    "--epochs",
    "2",
];

struct Said {
    code: i32,
    text: String,
    errors: String,
}

fn images(data: &Path, more: &[&str]) -> Said {
    let mut command = Command::cargo_bin("filtercert").expect("the binary");
    command.arg("images").arg("--data").arg(data);
    let output = command.args(OPTIONS).args(more).output().expect("it runs");
    Said {
        code: output.status.code().expect("a code"),
        text: String::from_utf8(output.stdout).expect("UTF-8"),
        errors: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn json(data: &Path, more: &[&str], code: i32) -> Value {
    let said = images(data, &[more, &["--json"]].concat());
    assert_eq!(said.code, code, "{}", said.errors);
    serde_json::from_str(&said.text).expect("JSON without NaN")
}

fn labels(of: &Value, key: &str) -> Vec<u64> {
    let all = of.as_array().expect("a list").iter();
    all.map(|x| x[key].as_u64().expect("a class")).collect()
}

#[test]
fn classes_keep_their_own_labels() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("set");
    Set::of(&[6, 1, 9]).write(&data);
    let out = folder.path().join("out");
    let o = out.to_str().expect("UTF-8");
    for (order, lines) in [
        ("6,9", ["class 6:", "class 9:"]),
        ("9,6", ["class 9:", "class 6:"]),
    ] {
        let quick = ["--quick", "--classes", order];
        let said = images(&data, &quick);
        assert_eq!(said.code, 0, "{}", said.errors);
        let at = lines.map(|line| said.text.find(line).expect(line));
        assert!(at[0] < at[1]);
        assert!(
            said.text
                .contains(&format!("2 classes ({})", order.replace(',', ", ")))
        );
        for wrong in ["class 0", "class 1", "class 2"] {
            assert!(!said.text.contains(wrong), "{}", said.text);
        }
        let found = json(&data, &[&quick[..], &["-o", o]].concat(), 0);
        let expected: Vec<u64> = order
            .split(',')
            .map(|c| c.parse().expect("a class"))
            .collect();
        assert_eq!(labels(&found["audit"]["key_uniqueness"], "class"), expected);
        assert_eq!(labels(&found["key_patches"]["by_class"], "class"), expected);
        assert_eq!(found["data"]["class_labels"], Value::from(expected));
        assert_eq!(found["data"]["classes"], 2);
        assert_eq!(found["data"]["missing_classes"], Value::Array(Vec::new()));
        let keys = found["key_patches"]["by_class"]
            .as_array()
            .expect("a list")
            .iter();
        let keys: u64 = keys.map(|k| k["keys"].as_u64().expect("a count")).sum();
        assert_eq!(found["key_patches"]["keys"], keys);
        let title = format!("set (classes {}):", order.replace(',', ", "));
        for name in ["filters", "norms", "pruning", "drift", "gini", "accuracy"] {
            let svg = fs::read_to_string(out.join(format!("{name}.svg"))).expect(name);
            assert!(svg.contains(&title), "{name}");
        }
    }
    // Generated sets have the classes 0 and 1, in the order asked for.
    let mut command = Command::cargo_bin("filtercert").expect("the binary");
    command.args([
        "images",
        "--planted",
        "orthogonal",
        "--quick",
        "--images",
        "100",
        "--json",
    ]);
    command.args([
        "--filters",
        "4",
        "--epochs",
        "1",
        "--seeds",
        "1",
        "--classes",
        "1,0",
    ]);
    let output = command.output().expect("it runs");
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(labels(&found["audit"]["key_uniqueness"], "class"), [1, 0]);
}

/// The exchanged classes give the exchanged audit: a label is a name and nothing else.
#[test]
fn the_audit_follows_the_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let audits = [[0, 1], [6, 9]].map(|pair| {
        let data = folder.path().join(format!("set-{}", pair[0]));
        Set::of(&[0, 1]).write(&data);
        let mut set = Set::of(&[0, 1]);
        for part in [&mut set.train, &mut set.test] {
            let named = part.labels.iter().map(|label| pair[usize::from(*label)]);
            part.labels = named.collect();
        }
        set.write(&data);
        let classes = format!("{},{}", pair[0], pair[1]);
        let mut found = json(&data, &["--quick", "--classes", &classes], 0);
        let keys = found["audit"]["key_uniqueness"]
            .as_array_mut()
            .expect("keys");
        for (key, own) in keys.iter_mut().zip(pair) {
            assert_eq!(key["class"].take(), own);
        }
        (
            found["audit"].take(),
            found["findings"].take(),
            found["runs"].take(),
        )
    });
    assert_eq!(audits[0], audits[1]);
}

#[test]
fn classes_without_images_are_named_and_not_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("set");
    // Class 4: no training images. Class 7: no test images. 0, 1, 3, 5, 6, 8: none at all.
    let set = Set {
        train: Part::of(&[2, 7, 9], 60, 1),
        test: Part::of(&[2, 4, 9], 40, 2),
    };
    set.write(&data);
    let said = images(&data, &["--init-scales", "1,0.1"]);
    assert_eq!(said.code, 0, "{}", said.errors);
    assert!(
        said.text
            .contains("3 classes (2, 7, 9), 60 training and 27 test images"),
        "{}",
        said.text
    );
    let words = [
        "no training images of class 0, 1, 3 to 6, 8: left out, with 13 test images",
        "no test images of class 7",
        "class 7: best key patch",
    ];
    for words in words {
        assert!(said.text.contains(words), "{}", said.text);
    }
    let found = json(&data, &["--init-scales", "1,0.1"], 0);
    assert_eq!(found["data"]["classes"], 3);
    assert_eq!(found["data"]["class_labels"], serde_json::json!([2, 7, 9]));
    let missing = &found["data"]["missing_classes"];
    assert_eq!(labels(missing, "class"), [0, 1, 3, 4, 5, 6, 7, 8]);
    assert_eq!(labels(missing, "test_images"), [0, 0, 0, 13, 0, 0, 0, 0]);
    assert_eq!(found["audit"]["classes"], 3);

    // A class asked for: of two that are left the loss is that of two classes.
    let found = json(&data, &["--quick", "--classes", "9,4,2"], 0);
    assert_eq!(found["data"]["class_labels"], serde_json::json!([9, 2]));
    assert_eq!(labels(&found["data"]["missing_classes"], "class"), [4]);
    assert_eq!(found["study"]["plan"]["architecture"]["loss"], "logistic");
    // The limit on images can leave a class out as well: the first two are of classes 2 and 7.
    let found = json(&data, &["--images", "2", "--init-scales", "1,0.1"], 0);
    assert_eq!(found["data"]["class_labels"], serde_json::json!([2, 7]));

    let cases: [(&[&str], &str); 4] = [
        (
            &["--classes", "9,4"],
            "class 9 only, expected at least two classes with images (none of class 4)",
        ),
        (&["--classes", "9"], "class 9 only"),
        (
            &["--classes", "9,10"],
            "found class 10, expected a class below 10",
        ),
        (&["--images", "1"], "class 2 only"),
    ];
    for (arguments, expected) in cases {
        let said = images(&data, arguments);
        assert_eq!((said.code, said.text.as_str()), (2, ""));
        assert!(
            said.errors.contains(expected),
            "{arguments:?}: {}",
            said.errors
        );
    }
}

fn study() -> Study {
    Study {
        plan: Plan {
            architecture: Architecture {
                filters: 8,
                kernel: 4,
                stride: 4,
                pooling: Pooling {
                    kind: PoolKind::Sum,
                    side: None,
                },
                head: Head::Trained,
                loss: Loss::Unhinged,
                bias: false,
            },
            init_scale: 0.1,
            step: 0.02,
            batch: 16,
            epochs: 2,
            seed: 1,
        },
        scale: 0.1,
        scales: vec![1.0, 0.1],
        seeds: vec![1, 2, 3],
    }
}

/// One scale overflows at step 0, the other does not: only what needs the overflowed runs is undecided, and
/// everything else is as without them.
#[test]
fn only_what_needs_an_overflowed_run_is_undecided() {
    let data = planted::generate(Kind::Orthogonal, 200, 100, 3).data;
    let keys = KeyPatches::learn(&data, 4).expect("a dictionary");
    let run = |study: &Study| {
        let runs = study.run(&data, &keys, &mut |_| Ok(None), &mut Unwatched);
        let runs = runs.expect("it ends");
        let found = findings(&runs, study.scale);
        (runs, found)
    };
    let mut huge = study();
    huge.scales = vec![3e38, 0.1];
    let ((runs, found), (others, as_usual)) = (run(&huge), run(&study()));
    assert_eq!((runs.finite.len(), runs.diverged.len()), (3, 3));
    assert!(others.diverged.is_empty());
    assert!(runs.diverged.iter().all(|run| run.not_finite_from == 0));
    assert_eq!(found[..5], as_usual[..5]);
    let f6 = &found[5];
    assert_eq!(
        (f6.verdict, f6.ci, f6.measured),
        (Verdict::Undecided, None, None)
    );
    let because = f6.because.as_deref().expect("a reason");
    assert_eq!(
        because,
        "3 of 6 runs are not finite: scale 3e38: seed 1 from step 0, seed 2 from step 0, seed 3 from step 0"
    );
    let plots = image_plots("set", &runs, 0.1, None).expect("drawn");
    let gini = plots
        .iter()
        .find(|plot| plot.name == "gini.svg")
        .expect("it");
    assert!(!gini.svg.contains("3e38") && !gini.svg.contains("NaN"));

    // The primary scale overflows: F1 to F6 need it, and no picture is of one run.
    huge.scale = 3e38;
    let (runs, found) = run(&huge);
    for finding in &found {
        assert_eq!(finding.verdict, Verdict::Undecided, "{}", finding.id);
        assert!(
            finding
                .because
                .as_deref()
                .is_some_and(|why| why.contains("from step 0"))
        );
        assert_eq!((finding.measured, finding.ci), (None, None));
    }
    let plots = image_plots("set", &runs, huge.scale, None).expect("drawn");
    let names: Vec<&str> = plots.iter().map(|plot| plot.name).collect();
    assert_eq!(names, ["gini.svg", "accuracy.svg"]);
}

/// Some seeds of one scale overflow: the mean is over the others, with their number, and no interval.
#[test]
fn figures_are_over_the_finite_runs_with_their_number() {
    let data = planted::generate(Kind::Orthogonal, 200, 100, 3).data;
    let keys = KeyPatches::learn(&data, 4).expect("a dictionary");
    let mut all = study()
        .run(&data, &keys, &mut |_| Ok(None), &mut Unwatched)
        .expect("it ends");
    let whole = findings(&all, 0.1);
    let taken = all.finite.remove(1);
    assert_eq!((taken.scale, taken.seed), (0.1, 2));
    all.diverged.push(filtercert::images::study::Diverged {
        scale: 0.1,
        seed: 2,
        not_finite_from: 17,
        epochs: Vec::new(),
        norms: Vec::new(),
    });
    let found = findings(&all, 0.1);
    for (finding, whole) in found.iter().zip(&whole) {
        assert_eq!((finding.verdict, finding.ci), (Verdict::Undecided, None));
        let mut left = whole.values.clone();
        if left.len() == 3 {
            left.remove(1);
        }
        assert_eq!(finding.values, left, "{}", finding.id);
        let mean = left.iter().sum::<f64>() / left.len() as f64;
        assert!(finding.measured.is_none_or(|m| (m - mean).abs() < 1e-12));
        let total = if finding.id == "F6" { 6 } else { 3 };
        let because = format!("1 of {total} runs are not finite: scale 0.1: seed 2 from step 17");
        assert_eq!(finding.because.as_deref(), Some(because.as_str()));
    }
    let many: Vec<_> = (0..9).map(|_| &all.diverged[0]).collect();
    assert!(not_finite(&many, 9).ends_with("seed 2 from step 17, ..."));
    let plots = image_plots("set", &all, 0.1, None).expect("drawn");
    let accuracy = plots
        .iter()
        .find(|plot| plot.name == "accuracy.svg")
        .expect("it");
    assert!(accuracy.svg.contains("initial scale 0.1 (2 of 3 runs)"));
}

#[test]
fn the_semi_real_runs_end_where_they_overflow() {
    let data = planted::generate(Kind::Orthogonal, 200, 100, 3).data;
    let plan = BridgePlan {
        patch: 4,
        filters: 8,
        init_scale: 3e38,
        step: 0.01,
        batch: 16,
        steps: 20,
        seeds: vec![1, 2],
    };
    let found = bridge(&data, &plan, &|_| ()).expect("it fits");
    assert!(found.runs.is_empty());
    let steps: Vec<(u64, u64)> = found.not_finite.iter().map(|r| (r.seed, r.step)).collect();
    assert_eq!(steps, [(1, 0), (2, 0)]);
    assert_eq!(
        (found.accuracy.mean, found.accuracy.ci, found.accuracy.runs),
        (None, None, 0)
    );
    // A step beyond the floats: the first one.
    let large = BridgePlan {
        init_scale: 0.1,
        step: 1e38,
        ..plan
    };
    let found = bridge(&data, &large, &|_| ()).expect("it fits");
    assert!(
        found.not_finite.iter().all(|run| run.step >= 1),
        "{:?}",
        found.not_finite
    );
    assert_eq!(found.runs.len() + found.not_finite.len(), 2);
    assert!(!serde_json::to_string(&found).expect("JSON").contains("NaN"));
}

/// As a user sees it: exit code 3, the step in text, JSON and on standard error, null for what is not there.
#[test]
fn overflow_is_undecided_with_exit_code_3() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("set");
    Set::of(&[0, 1]).write(&data);
    let out = folder.path().join("out");
    let o = ["-o", out.to_str().expect("UTF-8")];
    // First an experiment that succeeds, so that its pictures are there.
    assert_eq!(images(&data, &[&["--quick"][..], &o].concat()).code, 0);
    assert!(out.join("norms.svg").is_file());
    let options = [
        &["--quick", "--step", "1e30", "--checkpoints", "1,2,8"][..],
        &o,
    ]
    .concat();
    let said = images(&data, &options);
    assert_eq!(said.code, 3, "{}", said.errors);
    assert_eq!(said.errors.lines().count(), 1, "{}", said.errors);
    assert!(
        said.errors.contains("4 of 4 runs are not finite"),
        "{}",
        said.errors
    );
    assert!(said.text.contains("undecided") && said.text.contains("no run stayed finite"));
    for word in ["NaN", "inf"] {
        assert!(!said.text.contains(word), "{}", said.text);
    }
    // No picture of the earlier experiment beside these results, and no checkpoint that is not finite.
    assert!(!out.join("norms.svg").is_file());
    assert!(said.text.contains("removed ") && said.text.contains("norms.svg"));
    let found = json(&data, &options, 3);
    assert_eq!(found["finite_runs"], 0);
    let run = &found["runs"][0];
    let step = run["not_finite_from"].as_u64().expect("a step");
    assert!(
        said.errors.contains(&format!("seed 1 from step {step}")),
        "{}",
        said.errors
    );
    assert!(run["test_accuracy"].is_null());
    let training = found["training"].as_array().expect("epochs");
    assert_eq!(training.len(), 2);
    assert!(
        training
            .iter()
            .all(|e| e["loss"].is_null() && e["test_accuracy"].is_null())
    );
    for finding in found["findings"].as_array().expect("findings") {
        assert_eq!(finding["verdict"], "undecided");
        assert!(finding["measured"].is_null() && finding["ci"].is_null());
        let because = finding["because"].as_str().expect("a reason");
        assert!(because.contains(&format!("from step {step}")), "{because}");
    }
    let results = fs::read_to_string(out.join("results.json")).expect("results");
    let results: Value = serde_json::from_str(&results).expect("JSON");
    assert_eq!(results["runs"][0]["not_finite_from"], step);
    // What was saved before the overflow goes on to the same end.
    let again = json(&data, &[&options[..], &["--resume"]].concat(), 3);
    assert_eq!(again["findings"], found["findings"]);
    assert_eq!(again["runs"], found["runs"]);
}

/// Runs that stay finite have null there, and the exit code is 0.
#[test]
fn finite_runs_say_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("set");
    Set::of(&[0, 1]).write(&data);
    let found = json(&data, &["--quick"], 0);
    assert_eq!(found["finite_runs"], 4);
    let runs = found["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 4);
    assert!(runs.iter().all(|run| run["not_finite_from"].is_null()));
    assert_eq!(found["bridge"]["not_finite"], Value::Array(Vec::new()));
}
