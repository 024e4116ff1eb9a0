//! `audit --samples`: what is said of observed images, the problem file, and what is refused.

use crate::common::run;
use serde_json::Value;
use std::fs;

const IMAGES: &str = "examples/images.csv";
const KEYS: &str = "bolt,crack";

#[test]
fn a_table_of_images_is_audited() {
    let (code, out, error) = run(&["audit", "--samples", IMAGES, "--keys", KEYS]);
    assert_eq!((code, error.as_str()), (0, ""));
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "34 images of label +, 26 of label -",
        "true of the sample",
        "\"Not rejected\" does not mean that an assumption holds",
        "Level 1/20 for 3 tests together, 1/60 for each",
        "Permutations are drawn by ChaCha8, seed 1",
    ] {
        assert!(words.contains(said), "{said}:\n{out}");
    }
    assert!(
        !words.contains("holds A") && !words.contains(" holds "),
        "{out}"
    );
}

#[test]
fn json_has_every_test_with_its_level_and_method() {
    let args = [
        "audit",
        "--samples",
        IMAGES,
        "--keys",
        KEYS,
        "--json",
        "--level",
        "0.03",
        "--permutations",
        "99",
        "--seed",
        "5",
    ];
    let (code, out, error) = run(&args);
    assert_eq!((code, error.as_str()), (0, ""));
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["format"], 2);
    assert_eq!(document["images"]["+"], 34);
    assert_eq!(document["level"], "3/100");
    assert_eq!(document["level_each"], "1/100");
    let tests = document["tests"].as_array().unwrap();
    assert_eq!(tests.len(), 3);
    assert_eq!(tests[0]["p_value"], p_of_34_in_60());
    for test in &tests[1..] {
        assert_eq!(test["method"], "random-permutations");
        assert_eq!(
            (&test["permutations"], &test["generator"], &test["seed"]),
            (&99.into(), &"ChaCha8".into(), &5.into())
        );
    }
    assert_eq!(
        document["fits"][1]["prior"],
        serde_json::json!(["17/30", "13/30"])
    );
    let t2 = document["theorems"]
        .as_array()
        .unwrap()
        .iter()
        .find(|of| of["id"] == "T2");
    assert_eq!(t2.unwrap()["could_apply"], true);
    // The same whatever the threads.
    let (_, again, _) = run(&[&args[..], &["--threads", "1"]].concat());
    assert_eq!(out, again);
}

/// 2 P(Bin(60, 1/2) <= 26), added up in integers.
fn p_of_34_in_60() -> String {
    let mut choose = 1u128;
    let mut sum = 1u128;
    for i in 1..=26 {
        choose = choose * (61 - i) / i;
        sum += choose;
    }
    let (mut p, mut q) = (sum, 1u128 << 59);
    while p % 2 == 0 {
        (p, q) = (p / 2, q / 2);
    }
    format!("{p}/{q}")
}

#[test]
fn a_fitted_problem_is_one_that_check_accepts() {
    let folder = tempfile::tempdir().unwrap();
    for fit in ["atoms", "by-label", "balanced"] {
        let arguments = [
            "audit",
            "--samples",
            IMAGES,
            "--keys",
            KEYS,
            "--to-problem",
            "--fit",
            fit,
        ];
        let (code, text, error) = run(&arguments);
        assert_eq!((code, error.as_str()), (0, ""));
        for said in [
            "# u1 is metal",
            "loss = \"hinge\"",
            "filters = 16",
            "name = \"images\"",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        let file = folder.path().join(format!("{fit}.toml"));
        fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        let (code, explicit, error) = run(&["check", file, "--explicit"]);
        assert_eq!((code, error.as_str()), (0, ""));
        // As JSON it is the same problem.
        let (code, text, _) = run(&[&arguments[..], &["--json"]].concat());
        assert_eq!(code, 0);
        let json = folder.path().join(format!("{fit}.json"));
        fs::write(&json, text).unwrap();
        let (_, same, _) = run(&["check", json.to_str().unwrap(), "--explicit"]);
        assert_eq!(explicit, same);
    }
}

/// Names of any kind take effect nowhere: neither in the terminal nor in the problem file.
#[test]
fn strange_names_stay_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a\"b.csv");
    fs::write(
        &file,
        "label,v+,v-,\"x\ny = 1\u{1b}[31m\"\n+,1,0,2\n-,0,1,2\n",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let (code, out, _) = run(&["audit", "--samples", file]);
    assert!(code == 0 && !out.contains('\u{1b}'), "{out:?}");
    let (code, text, _) = run(&["audit", "--samples", file, "--to-problem"]);
    assert!(
        code == 0 && !text.contains('\u{1b}') && !text.contains("\ny = 1"),
        "{text:?}"
    );
    let problem = folder.path().join("p.toml");
    fs::write(&problem, text).unwrap();
    let (code, _, error) = run(&["audit", problem.to_str().unwrap()]);
    assert_eq!((code, error.as_str()), (0, ""));
}

#[test]
fn what_is_refused_names_file_and_line_or_option() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let bad_count = write("bad.csv", "label,v+,v-\n+,1,0\n-,x,1\n");
    let bad_line = write(
        "bad.jsonl",
        "{\"label\": \"+\", \"counts\": [1,0]}\n{\"label\": 3}\n",
    );
    let one_label = write("one.csv", "label,v+,v-,u1\n+,1,0,1\n+,1,0,1\n");
    let good = write("good.csv", "label,v+,v-,u1\n+,1,0,1\n-,0,1,1\n");
    for (arguments, said) in [
        (
            vec!["--samples", &bad_count],
            "bad.csv:3: `v+`: found \"x\"",
        ),
        (vec!["--samples", &bad_line], "bad.jsonl:2: `label`"),
        (
            vec!["--samples", IMAGES],
            "images.csv:1: found the patterns",
        ),
        (
            vec!["--samples", "examples/none.csv"],
            "none.csv: found no such file",
        ),
        (
            vec!["--samples", &good, "--keys", "v+"],
            "--keys: found v+, expected two names",
        ),
        (
            vec!["--samples", &good, "--level", "1"],
            "found 1, expected a level",
        ),
        (
            vec!["--samples", &good, "--level", "0"],
            "found 0, expected a level",
        ),
        (
            vec!["--samples", &good, "--permutations", "0"],
            "expected a number of permutations",
        ),
        (
            vec!["--samples", &good, "--to-problem", "--fit", "atom"],
            "atom",
        ),
        (
            vec!["--samples", &good, "examples/small.toml"],
            "cannot be used with",
        ),
        (
            vec!["--keys", "a,b", "examples/small.toml"],
            "--keys: found without --samples",
        ),
        (
            vec!["--samples", &one_label, "--to-problem", "--fit", "balanced"],
            "no fit balanced: no image has label -",
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
