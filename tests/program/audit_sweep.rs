//! `audit --sweep`: the table, JSON, charts, and what is refused.

use crate::common::run;
use serde_json::Value;
use std::fs;

const SWEEP: [&str; 7] = [
    "audit",
    "examples/violates-a4.toml",
    "--sweep",
    "prior=1/2..1",
    "--points",
    "3",
    "--no-certified",
];

#[test]
fn a_sweep_names_its_exact_threshold() {
    let (code, out, error) = run(&SWEEP);
    assert_eq!((code, error.as_str()), (0, ""));
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "Norms and accuracy are exact, of the expected dynamics at step 500",
        "accuracy is 1: to 2237/3520, where the margin is exactly 0",
        "every winner's norm is at least every loser's: holds at",
    ] {
        assert!(words.contains(said), "{said}:\n{out}");
    }
    let (code, out, _) = run(&[&SWEEP[..], &["--json", "--ratio", "3/2"]].concat());
    assert_eq!(code, 0);
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&document["format"], &document["sweep"]),
        (&2.into(), &"prior".into())
    );
    assert_eq!(document["points"][1]["value"], "3/4");
    assert_eq!(document["points"][1]["measure"], "1/2");
    assert_eq!(document["thresholds"][0]["ratio"], "3/2");
    assert_eq!(document["thresholds"][1]["at"], "2237/3520");
    let (_, again, _) =
        run(&[&SWEEP[..], &["--json", "--ratio", "3/2", "--threads", "1"]].concat());
    assert_eq!(out, again);
}

#[test]
fn charts_are_written_and_earlier_ones_removed() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("charts");
    let place = place.to_str().unwrap();
    fs::create_dir(place).unwrap();
    let stale = format!("{place}/sweep-certified.svg");
    fs::write(&stale, "").unwrap();
    let (code, out, error) = run(&[&SWEEP[..], &["-o", place]].concat());
    assert_eq!((code, error.as_str()), (0, ""));
    for name in ["sweep-ratio.svg", "sweep-accuracy.svg"] {
        assert!(out.contains(&format!("wrote {place}/{name}")), "{out}");
        let svg = fs::read_to_string(format!("{place}/{name}")).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("the probability of the label +"));
    }
    assert!(!fs::exists(&stale).unwrap(), "{out}");
}

#[test]
fn certified_steps_stand_in_the_table() {
    let (code, out, _) = run(&[
        "audit",
        "examples/small.toml",
        "--sweep",
        "wrong-key=0..1/2",
        "--points",
        "2",
    ]);
    assert_eq!(code, 0);
    assert!(out.contains("370 (T6)"), "{out}");
    let (code, out, _) = run(&[
        "audit",
        "examples/small.toml",
        "--sweep",
        "wrong-key=0..1/2",
        "--points",
        "2",
        "--json",
    ]);
    assert_eq!(code, 0);
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["points"][0]["certified"]["t"], 370);
    assert_eq!(document["points"][1]["certified"], Value::Null);
}

#[test]
fn a_sweep_that_is_stopped_shows_what_is_finished() {
    let arguments = [
        "audit",
        "examples/balanced.toml",
        "--sweep",
        "prior=1/2..9/10",
        "--points",
        "10000",
        "--no-certified",
        "--timeout",
        "2",
    ];
    let (code, out, err) = run(&[&arguments[..], &["--json"]].concat());
    assert_eq!(code, 3, "{err}");
    let document: Value = serde_json::from_str(&out).unwrap();
    let points = document["points"].as_array().unwrap();
    let said = format!("finished at {} of 10000 values", points.len());
    assert!(err.contains(&said), "{err}");
    assert!((1..10_000).contains(&points.len()), "{err}");
    assert!(points.iter().all(|point| point["accuracy"].is_string()));
    assert_eq!(document["thresholds"], Value::Array(Vec::new()));
    let (code, out, err) = run(&arguments);
    assert_eq!(code, 3, "{err}");
    assert!(out.contains("squared ratio of norms"), "{out}");
    assert!(!out.contains("Where a conclusion"), "{out}");
}

#[test]
fn what_cannot_be_swept_is_refused() {
    let small = "examples/small.toml";
    for (arguments, said) in [
        (vec![small, "--sweep", "priors=0..1"], "did you mean prior?"),
        (vec![small, "--sweep", "prior"], "a key and two ends"),
        (vec![small, "--sweep", "prior=1/2"], "a key and two ends"),
        (vec![small, "--sweep", "prior=a..1"], "two rational numbers"),
        (
            vec![small, "--sweep", "prior=1/2..0.5"],
            "two different ends",
        ),
        (
            vec![small, "--sweep", "prior=1/2..2"],
            "found 2, expected a probability from 0 to 1",
        ),
        (
            vec![small, "--sweep", "key-coherence=0..1"],
            "strictly between -1 and 1",
        ),
        (
            vec![small, "--sweep", "prior=0..1", "--points", "1"],
            "a number of values",
        ),
        (
            vec![small, "--sweep", "prior=0..1", "--ratio", "0"],
            "greater than 0",
        ),
        (
            vec![small, "--sweep", "prior=0..1", "--for", "T2"],
            "cannot be used with",
        ),
        (
            vec![small, "--points", "3"],
            "--points: found without --sweep",
        ),
        (
            vec!["examples/coherent.toml", "--sweep", "key-coherence=0..1/2"],
            "not orthonormal",
        ),
        (
            vec!["examples/data-set.toml", "--sweep", "prior=1/4..1/2"],
            "no keys",
        ),
    ] {
        let all: Vec<&str> = std::iter::once("audit")
            .chain(arguments.iter().copied())
            .collect();
        let (code, out, error) = run(&all);
        assert_eq!((code, out.as_str()), (2, ""), "{all:?}");
        assert!(error.contains(said), "{all:?}: {error}");
    }
}

#[test]
fn for_tells_how_far_each_hypothesis_is() {
    let (code, out, error) = run(&["audit", "examples/violates-a3.toml", "--for", "T2"]);
    assert_eq!((code, error.as_str()), (0, ""));
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "How far each is from failing or from holding, exact:",
        "- A4 holds at its edge: some changes of the difference of the labels' probabilities, however small, break it",
        "- A3 fails; the distance of the two background laws must move by",
    ] {
        assert!(words.contains(said), "{said}:\n{out}");
    }
    let (_, out, _) = run(&[
        "audit",
        "examples/violates-a3.toml",
        "--for",
        "T2",
        "--json",
    ]);
    let document: Value = serde_json::from_str(&out).unwrap();
    let a3 = &document["assumptions"][3];
    assert_eq!(a3["id"], "A3");
    assert_eq!(a3["distance"]["by"], a3["measure"]);
    assert_eq!(a3["distance"]["to"], "hold");
}
