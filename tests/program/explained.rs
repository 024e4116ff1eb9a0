//! `explain` knows every word that the output uses, in text and in JSON.

use crate::common::run;
use filtercert::check::{Config, check};
use filtercert::problem::{Builtin, read_problem};
use filtercert::report::glossary::{self, Entry};
use filtercert::report::look::Look;
use filtercert::report::table;
use serde_json::Value;
use std::collections::BTreeSet;

fn explain(arguments: &[&str]) -> (i32, String, String) {
    run(&[&["explain"], arguments].concat())
}

fn json(arguments: &[&str]) -> Value {
    let (code, stdout, stderr) = explain(&[arguments, &["--json"]].concat());
    assert_eq!(code, 0, "{arguments:?}: {stderr}");
    let document: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(document["format"], 2);
    document
}

/// Words that commands print, by hand: the list of names must not lose one.
const PRINTED: [&str; 78] = [
    "T2s",
    "T5s",
    "T6s",
    "T14s",
    "T6c",
    "T3max",
    "C1",
    "C2",
    "C3",
    "C4",
    "C5",
    "C6",
    "A0",
    "A1",
    "A1k",
    "A1k-",
    "A2",
    "A3",
    "A4",
    "A5f",
    "A5t",
    "A6",
    "A6'",
    "H",
    "separable",
    "opposed",
    "winner",
    "loser",
    "margin",
    "kappa",
    "vacuous",
    "loose",
    "lattice",
    "gate",
    "update",
    "mean",
    "every path",
    "fresh start",
    "dominance ratio",
    "alignment",
    "delta",
    "rho",
    "exact",
    "enclosed",
    "sampled",
    "proved",
    "P1",
    "P2",
    "P3",
    "P4",
    "P5",
    "P6",
    "holds",
    "refuted",
    "not applicable",
    "undecided",
    "bound/seen",
    "found there",
    "witness",
    "measure",
    "eta",
    "exact law",
    "settled",
    "head",
    "atom",
    "updates",
    "moves",
    "accuracy",
    "P(accuracy = 1)",
    "least winner norm",
    "largest loser norm",
    "valid",
    "not-covered",
    "shortened",
    "left out",
    "supported",
    "unclear",
    "T6_mistake_bound",
];

#[test]
fn every_word_that_is_printed_is_listed_and_explained() {
    for word in PRINTED {
        let (code, stdout, stderr) = explain(&word.split(' ').collect::<Vec<_>>());
        assert_eq!(code, 0, "{word}: {stderr}");
        assert!(
            stdout.contains("\nExample: filtercert "),
            "{word}: {stdout}"
        );
        assert!(
            stdout.lines().all(|line| line.chars().count() <= 80),
            "{word}"
        );
        let document = json(&[word]);
        assert!(document["example"].is_string(), "{word}");
    }
    // One of each kind in any spelling.
    for word in ["t6S", "a6'", "WINNER", "Every-Path", "h", "OPPOSED"] {
        assert_eq!(explain(&[word]).0, 0, "{word}");
    }
}

#[test]
fn without_a_word_all_are_listed_in_groups() {
    let (code, stdout, _) = explain(&[]);
    assert_eq!(code, 0);
    let document = json(&[]);
    let groups = document["words"].as_object().unwrap();
    let listed: Vec<&str> = groups
        .values()
        .chain([&document["theorems"], &document["assumptions"]])
        .flat_map(|names| names.as_array().unwrap())
        .map(|name| name.as_str().unwrap())
        .collect();
    let flowing: String = stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for name in &listed {
        assert!(flowing.contains(name), "{name} is not listed");
        assert!(Entry::named(name).is_some(), "{name} is not explained");
    }
    assert!(listed.len() > 150 && groups.contains_key("claims of the abstract"));
    // All names but plurals.
    let unlisted = glossary::names().filter(|name| !listed.contains(name));
    let unlisted: Vec<&str> = unlisted.collect();
    assert!(
        unlisted.iter().all(|name| name.ends_with('s')),
        "{unlisted:?}"
    );
}

#[test]
fn a_claim_names_the_theorems_that_serve_it() {
    let serving = |claim: &str| {
        let document = json(&[claim]);
        let theorems = document["theorems"].as_array().unwrap().clone();
        theorems
            .iter()
            .map(|t| t.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(serving("C5").contains(&"T5".to_owned()) && !serving("C5").contains(&"T2".to_owned()));
    assert!(serving("C4").contains(&"T2".to_owned()));
    assert!(serving("C6").is_empty());
}

#[test]
fn unknown_words_are_refused_with_what_was_meant() {
    for (word, meant) in [
        ("T99", "did you mean T9?"),
        ("A55f", "did you mean A5f?"),
        ("winers", "did you mean winners?"),
        ("aligment", "did you mean alignment?"),
    ] {
        let (code, stdout, stderr) = explain(&[word]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{word}");
        assert!(
            stderr.contains(meant) && stderr.contains("filtercert explain"),
            "{stderr}"
        );
    }
    let (_, _, stderr) = explain(&["qwertzuiop"]);
    assert!(!stderr.contains("did you mean"), "{stderr}");
}

/// Names such as `T6`, `A1k-`, `T2_norm_dominance`.
fn cited(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_'-".contains(c);
    text.split(|c: char| !is_part(c))
        .map(|word| match word.strip_suffix('-') {
            Some(_) if word == "A1k-" => word,
            Some(rest) => rest,
            None => word,
        })
        .filter(|word| {
            let digits = word.strip_prefix(['T', 'C', 'A', 'F']).unwrap_or("");
            digits.starts_with(|c: char| c.is_ascii_digit())
        })
        .collect()
}

#[test]
fn every_name_and_figure_of_a_check_is_explained() {
    let look = Look {
        width: 1000,
        ..Look::default()
    };
    let builtins = Builtin::ALL.map(|builtin| builtin.read().unwrap().problem);
    let examples = [
        "data-set",
        "keys-apart",
        "keys-apart-hinge",
        "main-claim",
        "not-separable",
        "opposed-keys",
        "small",
        "violates-a4",
    ];
    let read = |name: &str| {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        read_problem(&root.join("examples").join(name).with_extension("toml")).unwrap()
    };
    let (mut all, mut figures) = (BTreeSet::new(), BTreeSet::new());
    for problem in builtins.into_iter().chain(examples.map(read)) {
        let problem = problem.changed(|parts| {
            parts.training.steps = parts.training.steps.min(300);
            parts.training.runs = 10;
        });
        let report = check(&problem.unwrap(), &Config::default());
        let text = table::check(&report, look);
        let name = report.problem.name();
        for word in cited(&text) {
            assert!(Entry::named(word).is_some(), "{name}: {word}");
            all.insert(word.to_owned());
        }
        for (figure, _) in report
            .outcomes
            .iter()
            .flat_map(|outcome| outcome.figures.iter())
        {
            assert!(Entry::named(figure).is_some(), "{name}: {figure}");
            figures.insert(figure.to_owned());
        }
    }
    assert!(figures.len() > 80, "{figures:?}");
    for name in ["T0", "T14", "A6'", "A1k-", "T6s"] {
        assert!(all.contains(name), "{name} is cited nowhere: {all:?}");
    }
    assert!(
        all.iter().any(|name| name.contains('_')),
        "no Coq theorem is cited: {all:?}"
    );
}
