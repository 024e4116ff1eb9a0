//! `check` and `report` as a user meets them: verdicts of the examples, required figures, the width
//! of the table, and one set of numbers in table, JSON and Markdown.

use crate::common::run as filtercert;
use crate::{Kept, once};
use filtercert::number::{Q, parse_rational, ratio};
use filtercert::theory::forms;
use num_traits::{One, Signed};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

/// Exit code, standard output, standard error.
type Output = (i32, String, String);

/// What one run of `check --json` said of a file, for all tests of this program that ask.
fn checked(file: &str) -> Output {
    static RUNS: Kept<Output> = Mutex::new(BTreeMap::new());
    once(&RUNS, file, || filtercert(&["check", file, "--json"]))
}

fn check_json(file: &str) -> Value {
    let (code, stdout, stderr) = checked(file);
    let document: Value = serde_json::from_str(&stdout).unwrap();
    // Shortened problems have bounds that few runs cannot put to the test; nothing else may be open.
    let theorems = document["theorems"].as_array().unwrap();
    // A verdict that something decided says on which evidence, and no other does.
    for theorem in theorems {
        let decided = ["holds", "refuted"].contains(&theorem["verdict"].as_str().unwrap());
        assert_eq!(theorem["layer"].is_string(), decided, "{file}: {theorem}");
    }
    let open: Vec<&Value> = theorems
        .iter()
        .filter(|t| t["verdict"] == "undecided")
        .collect();
    for theorem in &open {
        let limit = theorem["witness"]["limit"].as_str().unwrap();
        assert!(limit.contains("needed"), "{file}: {limit}");
    }
    assert_eq!(
        code,
        if open.is_empty() { 0 } else { 3 },
        "{file}: {stderr}"
    );
    document
}

fn theorem<'a>(document: &'a Value, id: &str) -> &'a Value {
    document["theorems"]
        .as_array()
        .unwrap()
        .iter()
        .find(|t| t["id"] == id)
        .unwrap_or_else(|| panic!("no {id}"))
}

/// The assumption that makes a theorem not applicable, or its verdict.
fn outcome(document: &Value, id: &str) -> String {
    let theorem = theorem(document, id);
    match theorem["witness"]["assumption"].as_str() {
        Some(assumption) => assumption.to_owned(),
        None => theorem["verdict"].as_str().unwrap().to_owned(),
    }
}

const IDS: [&str; 16] = [
    "T0", "T1", "T2", "T3", "T3max", "T4", "T5", "T6", "T7", "T8", "T9", "T10", "T11", "T12",
    "T13", "T14",
];

/// A shorter copy of an example, so that all of them are checked in seconds; the same file for every test.
fn shortened(file: &str) -> String {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let lines: Vec<String> = text
        .lines()
        .map(|line| match line.split('=').next().map(str::trim) {
            // The bound of T11 says something only after many steps.
            Some("steps") if !file.contains("main-claim") => "steps = 120".to_owned(),
            Some("runs") => "runs = 400".to_owned(),
            _ => line.to_owned(),
        })
        .collect();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shortened");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(Path::new(file).file_name().unwrap());
    // Whoever reads the file meanwhile sees all of it.
    let mut whole = tempfile::NamedTempFile::new_in(&folder).unwrap();
    whole.write_all(lines.join("\n").as_bytes()).unwrap();
    whole.persist(&path).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn each_violating_example_names_the_assumption_it_violates() {
    // File; the theorems that are not applicable because of that assumption; those that hold.
    let cases: [(&str, &str, &[&str], &[&str]); 8] = [
        ("a1", "A1", &["T1", "T2", "T3"], &["T0", "T10"]),
        ("a2", "A2", &["T2", "T3"], &["T0", "T1", "T10"]),
        ("a3", "A3", &["T2"], &["T0", "T1", "T3", "T10"]),
        ("a4", "A4", &["T2"], &["T0", "T1", "T3", "T10"]),
        ("a5f", "A5f", &["T2", "T3"], &["T0", "T1", "T10"]),
        ("a5t", "A5t", &["T7"], &["T0", "T1", "T2", "T3", "T10"]),
        ("a6", "A6", &["T9"], &["T0", "T1", "T2", "T3", "T10"]),
        ("a6prime", "A6'", &["T6"], &["T0", "T3", "T10"]),
    ];
    for (name, assumption, fail, hold) in cases {
        let document = check_json(&shortened(&format!("examples/violates-{name}.toml")));
        for id in fail {
            let found = outcome(&document, id);
            // A theorem may also fail on its model (A0); the audited assumption must be named if not.
            assert!(
                found == assumption || found == "A0",
                "{name}: {id} says {found}"
            );
        }
        for id in hold {
            assert_eq!(outcome(&document, id), "holds", "{name}: {id}");
        }
        let audited: BTreeMap<&str, bool> = document["assumptions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|a| (a["id"].as_str().unwrap(), a["holds"].as_bool().unwrap()))
            .collect();
        assert!(!audited[assumption], "{name}");
    }
}

#[test]
fn documents_have_every_theorem_and_the_figures_that_others_read() {
    let required: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("T1", &["steps_compared"] as &[&str]),
        ("T2", &["t_dominance", "ratio_squared_at_end"]),
        (
            "T4",
            &["ratio", "probability_lower_bound", "sampled_frequency"],
        ),
        (
            "T5",
            &[
                "probability_lower_bound",
                "sampled_frequency",
                "least_certified_t",
            ],
        ),
        (
            "T6",
            &["max_updates", "max_updates_sharp", "largest_updates_seen"],
        ),
        ("T9", &["probability"]),
        ("T11", &["probability_upper_bound"]),
        ("T13", &["b", "probability_lower_bound"]),
        (
            "T12",
            &[
                "t0",
                "cross_moment_plus",
                "cross_moment_minus",
                "ratio",
                "tan_squared_bound",
                "ratio_probability_lower_bound",
                "direction_probability_lower_bound",
                "accuracy_probability_lower_bound",
                "sampled_frequency",
                "sampled_ratio_frequency",
                "sampled_direction_frequency",
                "ratio_by_moments",
                "ratio_by_exponentials",
                "ratio_for_ever",
                "direction_by_moments",
                "direction_by_exponentials",
                "direction_for_ever",
                "least_certified_t",
                "least_t_for_ever",
            ],
        ),
        (
            "T14",
            &[
                "separator",
                "separator_norm_squared",
                "max_updates",
                "largest_updates_seen",
            ],
        ),
    ]);
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for file in [
        "balanced",
        "hinge",
        "trained-head",
        "max-pooling",
        "coherent",
        "dependent",
        "main-claim",
        "keys-apart-hinge",
        "opposed-keys",
        "leaky-relu",
        "data-set",
        "not-separable",
    ] {
        let document = check_json(&shortened(&format!("examples/{file}.toml")));
        assert_eq!(document["format"], 2);
        let ids: Vec<&str> = document["theorems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, IDS, "{file}");
        for id in IDS {
            let theorem = theorem(&document, id);
            let verdict = theorem["verdict"].as_str().unwrap();
            assert!(
                ["holds", "not-applicable", "undecided"].contains(&verdict),
                "{file} {id}: {theorem}"
            );
            let form = theorem["form"].as_str();
            let expected = match (id, verdict, file) {
                ("T6", "not-applicable", _) => None,
                ("T6", _, "keys-apart-hinge") => Some("T6c"),
                ("T6", _, _) => Some("T6"),
                _ => None,
            };
            assert_eq!(form, expected, "{file} {id}");
            let coq = forms()
                .map(|theorem| theorem.statement())
                .find(|statement| statement.id.name() == form.unwrap_or(id))
                .unwrap()
                .proofs;
            let named: Vec<&str> = theorem["coq"]
                .as_array()
                .unwrap()
                .iter()
                .map(|proof| proof["name"].as_str().unwrap())
                .collect();
            let listed: Vec<String> = coq
                .iter()
                .map(|p| format!("Statements.{}", p.name))
                .collect();
            assert_eq!(named, listed);
            assert!(!theorem["statement"].as_str().unwrap().is_empty());
            assert!(!theorem["because"].as_str().unwrap().is_empty());
            if verdict == "holds" {
                *seen.entry(id).or_default() += 1;
                assert!(
                    ["exact", "enclosed", "sampled"].contains(&theorem["layer"].as_str().unwrap())
                );
                for name in required.get(id).copied().unwrap_or_default() {
                    let figure = &theorem["figures"][name];
                    assert!(figure.is_object(), "{file} {id} {name}: {figure}");
                }
                assert!(
                    !theorem["comparisons"].as_array().unwrap().is_empty(),
                    "{file} {id} compares nothing"
                );
            } else if verdict == "not-applicable" {
                assert!(theorem["layer"].is_null());
                assert!(theorem["witness"]["assumption"].is_string(), "{file} {id}");
            }
        }
    }
    for id in IDS {
        assert!(seen.contains_key(id), "{id} holds on no example");
    }
}

#[test]
fn the_verdict_table_fits_eighty_columns_and_says_what_json_says() {
    for file in [
        "balanced",
        "hinge",
        "trained-head",
        "max-pooling",
        "violates-a2",
    ] {
        let path = &shortened(&format!("examples/{file}.toml"));
        let (code, stdout, _) = filtercert(&["check", path, "-v"]);
        assert_eq!(code, 0);
        assert!(!stdout.contains('\u{1b}'), "{file}: colour in a pipe");
        for line in stdout.lines() {
            assert!(line.chars().count() <= 80, "{file}: {line}");
        }
        let document = check_json(path);
        for theorem in document["theorems"].as_array().unwrap() {
            let id = theorem["id"].as_str().unwrap();
            let row = stdout
                .lines()
                .find(|line| line.starts_with(&format!("{id} ")))
                .unwrap_or_else(|| panic!("{file}: no row for {id}"));
            let verdict = theorem["verdict"].as_str().unwrap();
            let word = verdict.split('-').next().unwrap();
            assert!(row.contains(word), "{file}: {row}");
            if let Some(layer) = theorem["layer"].as_str() {
                assert!(row.contains(layer), "{file}: {row}");
            }
        }
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let path = &shortened("examples/hinge.toml");
    let one = filtercert(&["check", path, "--json", "--threads", "1"]);
    let three = filtercert(&["check", path, "--json", "--threads", "3"]);
    assert_eq!(one, three);
}

#[test]
fn the_explicit_form_checks_like_the_file_and_hashes_to_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = &shortened("examples/violates-a3.toml");
    let explicit = folder.path().join("explicit.toml");
    let (code, text, _) = filtercert(&["check", path, "--explicit"]);
    assert_eq!(code, 0);
    fs::write(&explicit, text).unwrap();
    let original = check_json(path);
    let again = check_json(explicit.to_str().unwrap());
    assert_eq!(original["problem_sha256"], again["problem_sha256"]);
    // The law of the initial weights is lost, and with it A6, T9 and T11; all else is the same.
    for id in IDS.into_iter().filter(|id| !["T9", "T11"].contains(id)) {
        assert_eq!(theorem(&original, id), theorem(&again, id), "{id}");
    }
}

#[test]
fn the_report_has_the_numbers_of_check_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    for file in [
        "balanced",
        "hinge",
        "trained-head",
        "max-pooling",
        "violates-a4",
        "coherent",
    ] {
        let path = &shortened(&format!("examples/{file}.toml"));
        let out = folder.path().join(format!("{file}-report"));
        let (code, stdout, stderr) = filtercert(&["report", path, "-o", out.to_str().unwrap()]);
        assert!([0, 3].contains(&code), "{file}: {stderr}");
        assert!(stdout.contains("report.md"));
        let page = fs::read_to_string(out.join("report.md")).unwrap();
        let mut document: Value =
            serde_json::from_str(&fs::read_to_string(out.join("report.json")).unwrap()).unwrap();
        let series = document["series"].take();
        let fields = document.as_object_mut().unwrap();
        fields.remove("series");
        assert_eq!(
            fields.remove("claims").unwrap().as_array().unwrap().len(),
            6
        );
        assert_eq!(document, check_json(path), "{file}");
        assert!(series["simulated"].as_array().unwrap().len() > 20, "{file}");
        assert!(!series["exact"].as_array().unwrap().is_empty(), "{file}");
        for plot in [
            "norms.svg",
            "norms-sgd.svg",
            "ratio.svg",
            "ratio-sgd.svg",
            "alignment.svg",
            "alignment-sgd.svg",
            "accuracy.svg",
            "accuracy-sgd.svg",
            "perfect.svg",
        ] {
            assert!(page.contains(plot), "{file}: {plot} is not in the page");
            let svg = fs::read_to_string(out.join(plot)).unwrap();
            assert!(svg.trim_end().ends_with("</svg>"), "{file}: {plot}");
            assert!(!svg.contains("NaN"), "{file}: {plot}");
        }
        for theorem in document["theorems"].as_array().unwrap() {
            let heading = format!("## {}:", theorem["id"].as_str().unwrap());
            assert!(page.contains(&heading), "{file}: {heading}");
            for row in theorem["comparisons"].as_array().unwrap() {
                let Some(exact) = row["exact"]["exact"].as_str() else {
                    continue;
                };
                // Four digits, or all of an integer.
                let exact = parse_rational(exact).unwrap();
                let seen = |cell: &str| {
                    let number = cell
                        .split(" (")
                        .next()?
                        .trim_start_matches('~')
                        .replace(',', "");
                    let number = match number.strip_prefix("1 - ") {
                        Some(rest) => Q::one() - parse_rational(rest).ok()?,
                        None => parse_rational(&number).ok()?,
                    };
                    Some((number - &exact).abs() <= exact.abs() / ratio(999, 1))
                };
                let mut cells = page.lines().flat_map(|line| line.split('|'));
                assert!(
                    cells.any(|cell| seen(cell.trim()) == Some(true)),
                    "{file}: {row}"
                );
            }
        }
    }
}

#[test]
fn a_report_that_cannot_be_written_is_bad_input() {
    let (code, stdout, stderr) = filtercert(&[
        "report",
        "examples/violates-a4.toml",
        "-o",
        "Cargo.toml/report",
    ]);
    assert_eq!(code, 2);
    assert!(stdout.is_empty());
    assert!(stderr.contains("Cargo.toml/report"), "{stderr}");
}

#[test]
fn every_theorem_and_assumption_is_explained() {
    let (code, stdout, _) = filtercert(&["theorems", "--json"]);
    assert_eq!(code, 0);
    let document: Value = serde_json::from_str(&stdout).unwrap();
    let theorems = document["theorems"].as_array().unwrap();
    assert_eq!(theorems.len(), IDS.len());
    for theorem in theorems {
        let forms = theorem["forms"].as_array().unwrap().iter();
        let forms: Vec<&str> = forms.map(|form| form["id"].as_str().unwrap()).collect();
        let expected: &[&str] = if theorem["id"] == "T6" { &["T6c"] } else { &[] };
        assert_eq!(forms, expected);
    }
    for id in IDS
        .into_iter()
        .chain(["T6c", "A0", "A1", "A1k-", "A5f", "A6'", "opposed", "t3MAX"])
    {
        let (code, stdout, _) = filtercert(&["explain", id]);
        assert_eq!(code, 0, "{id}");
        assert!(stdout.len() > 100, "{id}: {stdout}");
        assert!(
            stdout.lines().all(|line| line.chars().count() <= 80),
            "{id}"
        );
    }
    let (code, stdout, stderr) = filtercert(&["explain", "T99"]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(
        stderr.contains("T99") && stderr.contains("T3max"),
        "{stderr}"
    );
}
