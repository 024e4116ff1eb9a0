//! The default answer of `check`: it fits the screen, says what JSON says, and no bound is rounded inwards.

use assert_cmd::Command;
use filtercert::number::{Q, Rounding, decimal, decimal_rounded, parse_rational, ratio};
use num_traits::{One, Signed};
use proptest::prelude::*;
use serde_json::Value;

struct Said {
    code: i32,
    text: String,
    errors: String,
}

fn run(columns: Option<&str>, arguments: &[&str]) -> Said {
    let mut command = Command::cargo_bin("filtercert").unwrap();
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("COLUMNS")
        .env_remove("NO_COLOR")
        .args(arguments);
    if let Some(columns) = columns {
        command.env("COLUMNS", columns);
    }
    let output = command.output().unwrap();
    Said {
        code: output.status.code().unwrap(),
        text: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&run(None, arguments).text).unwrap()
}

fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap()
}

const SMALL: &str = "examples/small.toml";

#[test]
fn built_in_problems_are_answered_on_one_screen() {
    for name in ["default", "hinge", "trained-head", "max-pooling"] {
        let said = run(None, &["check", "--builtin", name]);
        assert_eq!(said.code, 0, "{name}: {}", said.errors);
        let lines = said.text.lines().count();
        assert!(lines <= 40, "{name}: {lines} lines\n{}", said.text);
        assert!(widest(&said.text) <= 80, "{name}\n{}", said.text);
        let starts = [
            "assumptions  ",
            "what happens at step 10,000 ",
            "  holds ",
            "next: ",
        ];
        for start in starts {
            let found = said.text.lines().filter(|line| line.starts_with(start));
            assert_eq!(found.count(), 1, "{name}: {start}\n{}", said.text);
        }
        for row in [
            "P(accuracy = 1)",
            "least winner norm",
            "largest loser norm",
            "dominance ratio",
            "alignment",
        ] {
            assert!(said.text.contains(&format!("\n  {row} ")), "{name}: {row}");
        }
    }
}

#[test]
fn text_is_as_wide_as_the_terminal_from_60_to_160() {
    for (columns, most) in [
        ("20", 60),
        ("60", 60),
        ("80", 80),
        ("117", 117),
        ("500", 160),
        ("wide", 80),
    ] {
        for verbose in [&[][..], &["-v"]] {
            let said = run(Some(columns), &[&["check", SMALL], verbose].concat());
            let widest = widest(&said.text);
            assert!(
                widest <= most,
                "COLUMNS={columns} {verbose:?}: {widest}\n{}",
                said.text
            );
            assert!(
                widest > most * 3 / 5,
                "COLUMNS={columns} {verbose:?}: {widest}\n{}",
                said.text
            );
        }
    }
}

#[test]
fn bounds_are_compared_with_what_they_speak_of_and_keep_it() {
    let mut speakers = std::collections::BTreeSet::new();
    for file in [
        "small",
        "balanced",
        "keys-apart",
        "keys-apart-hinge",
        "leaky-relu",
        "opposed-keys",
        "main-claim",
    ] {
        let file = format!("examples/{file}.toml");
        let document = json(&["check", &file, "--json"]);
        for row in document["what_happens"].as_array().unwrap() {
            for said in row["theory"].as_array().unwrap() {
                let theorem = said["theorem"].as_str().unwrap();
                speakers.insert(theorem.to_owned());
                let dynamics = said["dynamics"].as_str().unwrap();
                let speaks_of: &[&str] = match theorem {
                    "T2" | "T7" => &["mean"],
                    "T3" | "T6s" => &["every path"],
                    "T6" | "T6c" | "T14" => &["every path", "probability"],
                    "T11" => &["fresh start"],
                    _ => &["with probability", "probability"],
                };
                assert!(speaks_of.contains(&dynamics), "{file}: {said}");
                // What a theorem that holds says of the mean and of every path is never passed.
                if let Some(factor) = said["factor"].as_f64() {
                    assert!(["mean", "every path"].contains(&dynamics), "{file}: {said}");
                    assert!(factor >= 1.0 - 1e-12, "{file}: {row}");
                }
                if dynamics == "mean" && said["to"] == row["t"] {
                    assert!(said["factor"].is_f64(), "{file}: {row}");
                }
                // Only theorems that hold speak, but T6s, which is no verdict.
                let verdicts = document["theorems"].as_array().unwrap();
                let own = verdicts
                    .iter()
                    .find(|t| t["id"] == theorem || t["form"] == theorem);
                assert!(
                    theorem == "T6s" || own.unwrap()["verdict"] == "holds",
                    "{file}: {said}"
                );
            }
        }
    }
    let expected = [
        "T11", "T12", "T13", "T14", "T2", "T3", "T4", "T5", "T6", "T6c",
    ];
    assert_eq!(speakers.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn quiet_is_the_line_of_totals_of_the_answer() {
    let all = run(None, &["check", SMALL]);
    let quiet = run(None, &["check", SMALL, "-q"]);
    assert_eq!(quiet.code, all.code);
    assert_eq!(quiet.text.lines().count(), 1);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&all.text).contains(&words(&quiet.text)));
    assert_eq!(run(None, &["check", SMALL, "-q", "-v"]).code, 2);
}

#[test]
fn only_the_theorems_that_are_asked_for_are_checked() {
    let document = json(&["check", SMALL, "--json", "--only", "t9,T6c"]);
    let ids: Vec<&str> = document["theorems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["T6", "T9"]);
    let said = run(None, &["check", SMALL, "--only", "T9"]);
    assert!(
        said.text
            .contains("1 hold (1 exact), 0 refuted, 0 not applicable, 0 undecided."),
        "{}",
        said.text
    );
    let wrong = run(None, &["check", SMALL, "--only", "T41"]);
    assert_eq!((wrong.code, wrong.text.as_str()), (2, ""));
    assert!(
        wrong.errors.contains("'T4'") || wrong.errors.contains("'T1'"),
        "{}",
        wrong.errors
    );
}

#[test]
fn several_problems_have_a_line_each_and_the_worst_of_their_exit_codes() {
    // Too few runs to refute the bound of T5.
    let few = "examples/violates-a4.toml";
    let one = run(None, &["check", few, "-q"]);
    assert_eq!(one.code, 3, "{}", one.text);
    let said = run(Some("160"), &["check", SMALL, few, SMALL]);
    assert_eq!(said.code, 3);
    let lines: Vec<&str> = said.text.lines().collect();
    assert_eq!(lines.len(), 3, "{}", said.text);
    for (line, (file, word)) in
        lines
            .iter()
            .zip([(SMALL, "holds"), (few, "undecided"), (SMALL, "holds")])
    {
        let mut words = line.split_whitespace();
        assert_eq!(
            (words.next(), words.next()),
            (Some(file), Some(word)),
            "{line}"
        );
    }
    let document = json(&["check", SMALL, few, "--json"]);
    let problems = document["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 2);
    let alone = json(&["check", few, "--json"]);
    assert_eq!(problems[1]["theorems"], alone["theorems"]);
    assert_eq!(problems[1]["problem_sha256"], alone["problem_sha256"]);
    // Every file that cannot be read is told of, and nothing runs.
    let wrong = run(None, &["check", SMALL, "no-such.toml", "README.md"]);
    assert_eq!((wrong.code, wrong.text.as_str()), (2, ""));
    for file in ["no-such.toml", "README.md"] {
        assert!(wrong.errors.contains(file), "{}", wrong.errors);
    }
    assert_eq!(run(None, &["check", SMALL, few, "--explicit"]).code, 2);
}

#[test]
fn colours_are_there_when_they_are_wanted() {
    for (choice, coloured) in [("always", true), ("never", false), ("auto", false)] {
        for command in [
            &["check", SMALL][..],
            &["check", SMALL, "-v"],
            &["audit", SMALL],
        ] {
            let said = run(None, &[command, &["--color", choice]].concat());
            assert_eq!(
                said.text.contains('\u{1b}'),
                coloured,
                "{command:?} {choice}"
            );
        }
    }
}

/// Four digits on both sides of a number.
fn sides(q: &Q) -> [Q; 2] {
    [Rounding::Down, Rounding::Up].map(|way| parse_rational(&decimal_rounded(q, 4, way)).unwrap())
}

proptest! {
    #[test]
    fn decimals_are_rounded_outwards_and_by_less_than_a_digit(
        numerator in any::<i64>(),
        denominator in 1..=i64::MAX,
        power in -40..40i32,
    ) {
        let scale = ratio(10, 1).pow(power);
        let q = ratio(numerator, denominator) * scale;
        let [down, up] = sides(&q);
        prop_assert!(down <= q && q <= up);
        // One in the fourth digit is at most 1/1000 of the number.
        prop_assert!(&up - &down <= q.abs() / ratio(999, 1));
        let nearest = parse_rational(&decimal(&q, 4)).unwrap();
        prop_assert!(nearest == down || nearest == up);
        prop_assert_eq!(down == up, q == down);
    }

    #[test]
    fn numbers_of_four_digits_are_printed_exactly(digits in -9_999..=9_999i64, power in -40..40i32) {
        let q = ratio(digits, 1) * ratio(10, 1).pow(power);
        let [down, up] = sides(&q);
        prop_assert!(down == q && up == q);
        prop_assert!(!decimal_rounded(&q, 4, Rounding::Up).ends_with(".0"));
    }
}

#[test]
fn a_probability_below_one_never_reads_one() {
    use filtercert::report::format::Outward;
    for exponent in 1..400 {
        let rest = ratio(10, 1).pow(-exponent) * ratio(7, 9);
        let p = Q::one() - &rest;
        for rounding in [Rounding::Down, Rounding::Nearest, Rounding::Up] {
            let said = Outward::of_probability(&p, rounding).text;
            let shown = match said.strip_prefix("1 - ") {
                Some(rest) => Q::one() - parse_rational(rest).unwrap(),
                None => parse_rational(&said).unwrap(),
            };
            assert!(shown < Q::one(), "{said}");
            assert!(rounding != Rounding::Down || shown <= p, "{said}");
            assert!(rounding != Rounding::Up || shown >= p, "{said}");
        }
    }
}
