//! The same input means the same to every command, wherever it comes from: files, pipes, standard input,
//! built-in problems, numbers with exponents and with signs.

use assert_cmd::cargo::cargo_bin_cmd;
use filtercert::problem::{Builtin, Format, parse_problem, read_problem};
use serde_json::Value;
use std::fs;
use std::path::Path;

struct Run {
    code: i32,
    stdout: String,
    stderr: String,
}

fn run_with(arguments: &[&str], stdin: &[u8]) -> Run {
    let output = cargo_bin_cmd!("filtercert")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .write_stdin(stdin)
        .output()
        .unwrap();
    let run = Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    assert!(
        run.code != 2 || run.stdout.is_empty(),
        "{arguments:?}: {}",
        run.stdout
    );
    run
}

fn run(arguments: &[&str]) -> Run {
    run_with(arguments, b"")
}

fn ok(arguments: &[&str]) -> String {
    let run = run(arguments);
    assert_eq!(run.code, 0, "{arguments:?}: {}", run.stderr);
    run.stdout
}

/// The message of a command that refuses its input.
fn refused(arguments: &[&str], stdin: &[u8]) -> String {
    let run = run_with(arguments, stdin);
    assert_eq!(run.code, 2, "{arguments:?}: {}", run.stderr);
    run.stderr
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

const SMALL: &str = "examples/small.toml";
const MARK: &str = "\u{feff}";

/// The example in both syntaxes.
fn both() -> [(Format, String); 2] {
    let toml = fs::read_to_string(SMALL).unwrap();
    let table: toml::Table = toml.parse().unwrap();
    let json = serde_json::to_string_pretty(&table).unwrap();
    [(Format::Toml, toml), (Format::Json, json)]
}

#[test]
fn content_decides_the_syntax_where_the_name_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let expected = ok(&["expected", SMALL, "--at", "0,7", "--json"]);
    for (format, text) in both() {
        for (mark, space) in [("", ""), (MARK, ""), ("", "\n \n"), (MARK, "\r\n")] {
            let text = format!("{mark}{space}{text}");
            for name in ["-", "/dev/stdin"] {
                let from_pipe = run_with(
                    &["expected", name, "--at", "0,7", "--json"],
                    text.as_bytes(),
                );
                assert_eq!(
                    (from_pipe.code, &from_pipe.stdout),
                    (0, &expected),
                    "{}",
                    from_pipe.stderr
                );
            }
            let own = if format == Format::Json {
                "a.JSON"
            } else {
                "a.toml"
            };
            for name in [own, "a", "a.txt", "a.json.bak", ".json"] {
                let path = directory.path().join(name);
                fs::write(&path, &text).unwrap();
                let path = path.to_str().unwrap();
                assert_eq!(
                    ok(&["expected", path, "--at", "0,7", "--json"]),
                    expected,
                    "{name}"
                );
                assert!(!ok(&["audit", path]).is_empty());
            }
        }
    }
    // A name that says something is believed.
    let [(_, toml), (_, json)] = both();
    for (name, text, syntax) in [("b.json", toml, "not JSON"), ("b.toml", json, "not TOML")] {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        let said = refused(&["audit", path.to_str().unwrap()], b"");
        assert!(said.contains(syntax) && said.contains(name), "{said}");
    }
}

#[test]
fn the_explicit_form_goes_through_a_pipe() {
    for file in [
        SMALL,
        "examples/coherent.toml",
        "tests/vectors/expected-hinge-atoms.toml",
    ] {
        let explicit = ok(&["check", file, "--explicit", "--json"]);
        let plain = ok(&["expected", file, "--at", "0", "--json"]);
        let piped = run_with(
            &["expected", "-", "--at", "0", "--json"],
            explicit.as_bytes(),
        );
        assert_eq!((piped.code, piped.stdout), (0, plain), "{}", piped.stderr);
    }
}

/// An error in a pipe names what was read, the line and the key; a mark moves nothing.
#[test]
fn errors_in_pipes_name_their_place() {
    for (_, text) in both() {
        let line = 1 + text
            .lines()
            .position(|line| line.contains("square") || line.contains("loss"))
            .unwrap();
        let bad = text.replace("\"hinge\"", "\"hinges\"");
        for mark in ["", MARK] {
            let said = refused(
                &["expected", "-", "--at", "0"],
                format!("{mark}{bad}").as_bytes(),
            );
            let place = format!(
                "standard input:{line}: `training.loss`: found \"hinges\", expected one of"
            );
            assert!(said.contains(&place), "{place}: {said}");
        }
    }
    for text in ["", "\u{feff}", "\u{feff} \n"] {
        let said = refused(&["audit", "-"], text.as_bytes());
        assert!(
            said.contains("standard input:1: found an empty file"),
            "{said}"
        );
    }
    let said = refused(&["audit", "-"], b"{\"name\": ");
    assert!(
        said.contains("standard input:1: found text that is not JSON"),
        "{said}"
    );
    let said = refused(&["audit", "-"], b"name = ");
    assert!(
        said.contains("standard input:1: found text that is not TOML"),
        "{said}"
    );
    // UTF-16 is no UTF-8, with or without a mark.
    let said = refused(&["audit", "-"], b"\xff\xfe{\x00}\x00");
    assert!(
        said.contains("found the byte 0xff, which is not UTF-8"),
        "{said}"
    );
}

#[cfg(unix)]
mod pipes {
    use super::*;
    use std::path::PathBuf;
    use std::process::Command;

    /// A named pipe into which a thread writes.
    pub fn pipe(folder: &Path, name: &str, bytes: Vec<u8>) -> PathBuf {
        let path = folder.join(name);
        assert!(
            Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        let to = path.clone();
        std::thread::spawn(move || fs::write(to, bytes));
        path
    }

    #[test]
    fn named_pipes_are_read_like_files() {
        let folder = tempfile::tempdir().unwrap();
        let expected = ok(&["expected", SMALL, "--at", "3", "--json"]);
        for (i, (_, text)) in both().into_iter().enumerate() {
            let path = pipe(folder.path(), &format!("pipe{i}"), text.into_bytes());
            let path = path.to_str().unwrap();
            assert_eq!(ok(&["expected", path, "--at", "3", "--json"]), expected);
        }
        let (problem, samples) = (
            "tests/vectors/replay-dyadic.toml",
            "tests/vectors/replay-dyadic.samples.jsonl",
        );
        let bytes = fs::read(samples).unwrap();
        let path = pipe(folder.path(), "samples", bytes);
        let piped = ok(&[
            "replay",
            problem,
            "--samples",
            path.to_str().unwrap(),
            "--json",
        ]);
        assert_eq!(
            piped,
            ok(&["replay", problem, "--samples", samples, "--json"])
        );
    }
}

#[test]
fn certificates_come_through_standard_input_and_stay_canonical() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.cert");
    let name = path.to_str().unwrap();
    ok(&[
        "certify", SMALL, "-o", name, "--claim", "state", "--at", "1e1",
    ]);
    let text = fs::read_to_string(&path).unwrap();
    for arguments in [
        &["verify", "-", "--problem", SMALL, "--json"][..],
        &["verify", "/dev/stdin", "--problem", SMALL, "--json"],
    ] {
        let piped = run_with(arguments, text.as_bytes());
        assert_eq!(piped.code, 0, "{}", piped.stderr);
        assert_eq!(
            piped.stdout,
            ok(&["verify", name, "--problem", SMALL, "--json"])
        );
    }
    let piped = run_with(&["verify", "-"], text.as_bytes());
    assert!(
        piped.stdout.contains("standard input: valid"),
        "{}",
        piped.stdout
    );
    // The problem may come from there instead, but only one of the two.
    let problem = fs::read(SMALL).unwrap();
    assert_eq!(
        run_with(&["verify", name, "--problem", "-"], &problem).code,
        0
    );
    let said = refused(&["verify", "-", "--problem", "-"], &problem);
    assert!(
        said.contains("standard input for both CERTIFICATE and --problem"),
        "{said}"
    );
    // A certificate has one spelling, and that has no mark.
    let said = refused(&["verify", "-"], format!("{MARK}{text}").as_bytes());
    assert!(
        said.contains("standard input: byte 0: found a byte order mark"),
        "{said}"
    );
    assert!(refused(&["verify", "-"], b"").contains("standard input: "));
    // Another problem, built in.
    let other = run(&["verify", name, "--builtin", "hinge"]);
    assert_eq!(other.code, 1, "{}", other.stdout);
}

/// Options, each with what is expected of its value.
type Options = Vec<(&'static str, &'static str)>;

/// Every option that takes a number says what it found and expected, negative numbers first.
#[test]
fn negative_numbers_are_no_unexpected_arguments() {
    let replay = ["--samples", "tests/vectors/replay-dyadic.samples.jsonl"];
    let planted = ["images", "--planted", "orthogonal"];
    let mut cases: Vec<(Vec<&str>, Options)> = vec![
        (vec!["expected", SMALL], vec![("--at", "a step")]),
        (
            vec!["certify", SMALL, "-o", "/dev/null"],
            vec![("--at", "a step")],
        ),
        (
            vec!["simulate", SMALL],
            vec![
                ("--runs", "a number of runs"),
                ("--steps", "a number of steps"),
                ("--seed", "a seed"),
            ],
        ),
        (
            vec!["law", SMALL],
            vec![
                ("--steps", "a number of steps"),
                ("--max-states", "a number of states"),
                ("--sweep", "a number of filters"),
            ],
        ),
        (
            vec!["law", SMALL, "--sweep", "2"],
            vec![("--at", "a step"), ("--runs", "a number of runs")],
        ),
        (
            vec!["check", SMALL],
            vec![("--delta", "a rational strictly between 0 and 1")],
        ),
        (
            vec!["report", SMALL, "-o", "no/where"],
            vec![("--delta", "a rational strictly between 0 and 1")],
        ),
        (
            planted.to_vec(),
            vec![
                ("--classes", "a class"),
                ("--images", "a number of images"),
                ("--kernel", "a side in pixels"),
                ("--seeds", "a number of seeds"),
            ],
        ),
    ];
    for command in [
        vec!["audit", SMALL],
        [&["replay", SMALL][..], &replay].concat(),
        vec!["new"],
        vec!["theorems"],
    ] {
        cases.push((
            command,
            vec![
                ("--threads", "a number of threads"),
                ("--timeout", "a positive number of seconds"),
                ("--max-memory", "a size"),
            ],
        ));
    }
    for (command, options) in cases {
        for (option, expected) in options {
            for value in ["-1", "-1e3", "-99999999999999999999"] {
                let said = refused(&[&command[..], &[option, value]].concat(), b"");
                assert!(
                    !said.contains("unexpected argument"),
                    "{command:?} {option}: {said}"
                );
                assert!(
                    said.contains("found -") && said.contains(&format!("expected {expected}")),
                    "{command:?} {option} {value}: {said}"
                );
                let joined = format!("{option}={value}");
                assert_eq!(run(&[&command[..], &[&joined]].concat()).code, 2);
            }
        }
    }
    let said = refused(&["expected", SMALL, "--at", "-1"], b"");
    assert!(said.contains("found -1, expected a step"), "{said}");
    for list in ["0,-1", "-1,0", "1,-2,3"] {
        let said = refused(&["expected", SMALL, "--at", list], b"");
        assert!(said.contains("found -"), "{said}");
    }
    // Options after a value are options still.
    assert_eq!(run(&["expected", SMALL, "--at", "1", "--json"]).code, 0);
    assert_eq!(
        run(&["simulate", SMALL, "--runs", "2", "--steps", "3", "--csv"]).code,
        0
    );
}

#[test]
fn integers_may_have_exponents_on_the_command_line() {
    for (with, without) in [
        (
            &["expected", SMALL, "--at", "1e1,2e0,+3", "--json"][..],
            &["expected", SMALL, "--at", "10,2,3", "--json"][..],
        ),
        (
            &[
                "expected",
                "examples/balanced.toml",
                "--at",
                "1e12",
                "--json",
            ],
            &[
                "expected",
                "examples/balanced.toml",
                "--at",
                "1000000000000",
                "--json",
            ],
        ),
        (
            &[
                "law",
                SMALL,
                "--steps",
                "1e1",
                "--max-states",
                "1e5",
                "--json",
            ],
            &[
                "law",
                SMALL,
                "--steps",
                "10",
                "--max-states",
                "100000",
                "--json",
            ],
        ),
        (
            &[
                "law", SMALL, "--sweep", "2e0,4", "--at", "1e1", "--runs", "1e2", "--json",
            ],
            &[
                "law", SMALL, "--sweep", "2,4", "--at", "10", "--runs", "100", "--json",
            ],
        ),
        (
            &[
                "simulate",
                SMALL,
                "--runs",
                "1e1",
                "--steps",
                "1.5e1",
                "--seed",
                "1e3",
                "--threads",
                "2e0",
                "--json",
                "--no-timing",
            ],
            &[
                "simulate",
                SMALL,
                "--runs",
                "10",
                "--steps",
                "15",
                "--seed",
                "1000",
                "--threads",
                "1",
                "--json",
                "--no-timing",
            ],
        ),
    ] {
        assert_eq!(ok(with), ok(without), "{with:?}");
    }
    for (option, bad) in [
        ("--at", "1.5e0"),
        ("--at", "1e-1"),
        ("--at", "1e20"),
        ("--at", "1e999999999"),
        ("--at", "1e"),
        ("--at", "10^6"),
        ("--at", "0..5"),
    ] {
        let said = refused(&["expected", SMALL, option, bad], b"");
        assert!(said.contains("expected a step"), "{bad}: {said}");
    }
}

#[test]
fn integers_may_have_exponents_in_files() {
    let text = fs::read_to_string("examples/balanced.toml").unwrap();
    let plain: toml::Table = text.parse().unwrap();
    let read = |table: &toml::Table| {
        let problem = parse_problem("a.toml", &table.to_string(), Format::Toml);
        let as_json = serde_json::to_string(table).unwrap();
        let from_json = parse_problem("a.json", &as_json, Format::Json);
        match (problem, from_json) {
            (Ok(a), Ok(b)) => {
                assert_eq!(a, b);
                Ok(a)
            }
            (Err(a), Err(b)) => {
                assert_eq!((a.key(), a.expected()), (b.key(), b.expected()));
                Err(a)
            }
            (a, b) => panic!("{a:?}\n{b:?}"),
        }
    };
    let original = read(&plain).unwrap();
    let set = |path: &[&str], value: &str| {
        let mut table = plain.clone();
        let (last, above) = path.split_last().unwrap();
        let mut at = &mut table;
        for key in above {
            at = at[*key].as_table_mut().unwrap();
        }
        at.insert((*last).to_owned(), toml::Value::String(value.to_owned()));
        read(&table)
    };
    let integers: &[&[&str]] = &[
        &["dictionary", "background"],
        &["distribution", "patches"],
        &["distribution", "key_patches"],
        &["network", "filters"],
        &["network", "init", "denominator"],
        &["network", "init", "seed"],
        &["training", "batch"],
        &["training", "steps"],
        &["training", "runs"],
        &["training", "seed"],
    ];
    for path in integers {
        let value = path
            .iter()
            .fold(&toml::Value::Table(plain.clone()), |at, key| &at[*key])
            .clone();
        let value = value.as_integer().unwrap();
        for same in [
            format!("{value}"),
            format!("{value}e0"),
            format!("+{value}E+0"),
        ] {
            assert_eq!(set(path, &same).unwrap(), original, "{path:?} = {same:?}");
        }
        for bad in [
            "-1",
            "-1e0",
            "1.5",
            "1.5e0",
            "1e-1",
            "1e20",
            "1e4097",
            "1e99999999999999999999",
            "",
            " 1",
            "1 ",
            "x",
            "0x1",
            "1_0",
            "1/1",
            "\u{661}",
        ] {
            let error = set(path, bad).unwrap_err();
            assert_eq!(
                error.key(),
                Some(path.join(".").as_str()),
                "{bad:?}: {error}"
            );
            assert!(
                error.expected().starts_with("an integer"),
                "{bad:?}: {error}"
            );
        }
    }
    let steps = |value: &str| set(&["training", "steps"], value).unwrap().training().steps;
    assert_eq!(steps("1e6"), 1_000_000);
    assert_eq!(steps("1.5e3"), 1_500);
    // Without quotes an exponent makes a float, of which the message says how to write it.
    let bare = text.replace("steps = ", "steps = 1e6 # ");
    let error = parse_problem("a.toml", &bare, Format::Toml).unwrap_err();
    assert_eq!(error.key(), Some("training.steps"));
    assert!(
        error
            .to_string()
            .contains("found the number 1e6, expected an integer")
            && error.to_string().contains("in quotes"),
        "{error}"
    );
}

#[test]
fn counts_of_atoms_and_samples_take_the_same_integers() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string("tests/vectors/expected-hinge-atoms.toml").unwrap();
    assert!(text.contains("[\"0\", \"1\", \"2\"]"));
    let other = text.replace("[\"0\", \"1\", \"2\"]", "[0, \"1e0\", \"+2\"]");
    let read = |text: &str| parse_problem("a.toml", text, Format::Toml).unwrap();
    assert_eq!(read(&text), read(&other));
    let samples = folder.path().join("s.jsonl");
    let samples = |lines: &str| {
        fs::write(&samples, lines).unwrap();
        ok(&[
            "replay",
            "tests/vectors/expected-hinge-atoms.toml",
            "--samples",
            samples.to_str().unwrap(),
            "--json",
        ])
    };
    assert_eq!(
        samples("{\"label\": \"-\", \"counts\": [0, 1, 2]}\n"),
        samples("\u{feff}{\"label\": \"-\", \"counts\": [\"0\", \"1e0\", \"2\"]}\r\n"),
    );
}

#[test]
fn samples_that_are_never_drawn_are_refused_unless_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("path.jsonl");
    let name = path.to_str().unwrap();
    // One key and one of two background patterns, or listed atoms, or one label only.
    let one = folder.path().join("one.toml");
    let text = fs::read_to_string(SMALL).unwrap();
    fs::write(&one, text.replace("[\"1/2\", \"1/2\"]", "[\"1\", \"0\"]")).unwrap();
    let one = one.to_str().unwrap();
    let atoms = "tests/vectors/expected-hinge-atoms.toml";
    let (plus, minus) = ("[1, 0, 1, 0]", "[0, 1, 0, 1]");
    for (problem, good, label, counts, key, found) in [
        (
            SMALL,
            ("+", plus),
            "+",
            "[2, 0, 0, 0]",
            "counts[0]",
            "found 2, expected 1",
        ),
        (
            SMALL,
            ("+", plus),
            "+",
            "[0, 1, 1, 0]",
            "counts[0]",
            "found 0, expected 1",
        ),
        (
            SMALL,
            ("-", minus),
            "-",
            "[0, 2, 0, 0]",
            "counts[1]",
            "found 2, expected 1",
        ),
        (
            SMALL,
            ("-", minus),
            "-",
            "[0, 1, 1, 1]",
            "counts",
            "found 3 patches, expected 2",
        ),
        (
            SMALL,
            ("-", minus),
            "-",
            "[0, 0, 0, 0]",
            "counts",
            "found 0 patches, expected 2",
        ),
        (
            one,
            ("+", plus),
            "-",
            "[0, 1, 1, 0]",
            "label",
            "which has probability 0, expected the label \"+\"",
        ),
        (
            atoms,
            ("-", "[0, 1, 2]"),
            "-",
            "[0, 1, 1]",
            "counts",
            "found counts that have probability 0",
        ),
    ] {
        let line = |label: &str, counts: &str| {
            format!("{{\"label\": \"{label}\", \"counts\": {counts}}}\n")
        };
        let good = line(good.0, good.1);
        fs::write(&path, format!("{good}{good}{}{good}", line(label, counts))).unwrap();
        let said = refused(&["replay", problem, "--samples", name], b"");
        assert!(said.contains(&format!("path.jsonl:3: `{key}`: ")), "{said}");
        assert!(
            said.contains(found) && said.contains("never draws"),
            "{said}"
        );
        let document = json(&ok(&[
            "replay",
            problem,
            "--samples",
            name,
            "--any-samples",
            "--json",
        ]));
        assert_eq!(document["steps"], 4);
        fs::write(&path, &good).unwrap();
        let plain = ok(&["replay", problem, "--samples", name, "--json"]);
        assert_eq!(
            plain,
            ok(&[
                "replay",
                problem,
                "--samples",
                name,
                "--any-samples",
                "--json"
            ])
        );
        // The path may come through standard input too, but not together with the problem.
        let piped = run_with(
            &["replay", problem, "--samples", "-", "--json"],
            good.as_bytes(),
        );
        assert_eq!(piped.stdout, plain);
    }
    let said = refused(&["replay", "-", "--samples", "-"], b"");
    assert!(
        said.contains("standard input for both FILE and --samples"),
        "{said}"
    );
    // What cannot be read at all is refused with either.
    fs::write(&path, "{\"label\": \"+\", \"counts\": [1, 0]}\n").unwrap();
    assert!(
        refused(&["replay", SMALL, "--samples", name, "--any-samples"], b"")
            .contains("a list of 2")
    );
}

#[test]
fn built_in_problems_stand_in_place_of_files() {
    let folder = tempfile::tempdir().unwrap();
    let cert = folder.path().join("a.cert");
    let cert = cert.to_str().unwrap();
    let samples = folder.path().join("s.jsonl");
    let samples = samples.to_str().unwrap();
    for builtin in Builtin::ALL {
        let (name, file) = (builtin.name(), builtin.file());
        let short = ["--runs", "3", "--steps", "4", "--no-timing", "--json"];
        for (command, rest) in [
            ("audit", &["--json"][..]),
            ("expected", &["--at", "0,3", "--json"]),
            ("simulate", &short),
            ("check", &["--explicit", "--json"]),
        ] {
            let named = [&[command, "--builtin", name], rest].concat();
            assert_eq!(
                ok(&named),
                ok(&[&[command, file], rest].concat()),
                "{named:?}"
            );
        }
        assert_eq!(
            run(&[
                "law",
                "--builtin",
                name,
                "--steps",
                "1",
                "--max-states",
                "50",
                "--json"
            ])
            .stdout,
            run(&["law", file, "--steps", "1", "--max-states", "50", "--json"]).stdout
        );
        let problem = read_problem(Path::new(file)).unwrap();
        let atoms = problem.distribution().atoms().unwrap();
        let atom = &atoms.atoms()[0];
        let line = serde_json::json!({"label": atom.label.symbol(), "counts": atom.counts});
        fs::write(samples, format!("{line}\n")).unwrap();
        let replay = |problem: &[&str]| {
            ok(&[&["replay"], problem, &["--samples", samples, "--json"]].concat())
        };
        assert_eq!(replay(&["--builtin", name]), replay(&[file]));
    }
    ok(&[
        "certify",
        "--builtin",
        "hinge",
        "-o",
        cert,
        "--claim",
        "state",
        "--at",
        "3",
    ]);
    ok(&["verify", cert, "--builtin", "hinge"]);
    ok(&["verify", cert, "--problem", "examples/hinge.toml"]);
    // A file and a built-in problem, neither, or no such name.
    for command in ["audit", "simulate", "law", "check"] {
        assert!(
            refused(&[command, SMALL, "--builtin", "hinge"], b"").contains("cannot be used with")
        );
        assert!(refused(&[command, "--builtin", "no-such"], b"").contains("max-pooling"));
        if command != "check" {
            assert!(refused(&[command], b"").contains("required"));
        }
    }
}

#[test]
fn the_name_of_a_built_in_problem_is_no_file() {
    for (file, builtin) in [
        ("hinge", "hinge"),
        ("trained-head", "trained-head"),
        ("max-pooling", "max-pooling"),
        ("default", "default"),
        ("balanced", "default"),
        ("no/such/folder/hinge.toml", "hinge"),
    ] {
        for rest in [
            &["audit"][..],
            &["check"],
            &["expected", "--at", "1"],
            &["simulate"],
            &["law"],
            &["report", "-o", "no/where"],
        ] {
            let said = refused(&[&rest[..1], &[file], &rest[1..]].concat(), b"");
            assert!(
                said.contains(&format!("{file}: found no such file")),
                "{said}"
            );
            assert!(said.contains(&format!("--builtin {builtin}")), "{said}");
        }
    }
    let said = refused(&["audit", "no-such-file"], b"");
    assert!(!said.contains("--builtin"), "{said}");
    // A file of that name is a file.
    let folder = tempfile::tempdir().unwrap();
    fs::copy(SMALL, folder.path().join("hinge")).unwrap();
    cargo_bin_cmd!("filtercert")
        .current_dir(folder.path())
        .args(["audit", "hinge"])
        .assert()
        .success();
}

/// Columns of CSV by their names.
fn columns(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut lines = text
        .lines()
        .map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let rows: Vec<Vec<String>> = lines.collect();
    assert!(rows.iter().all(|row| row.len() == header.len()));
    (header, rows)
}

/// Beside each exact column stands a float that is the nearest one; no other cell is a fraction.
#[test]
fn every_exact_column_of_csv_has_a_decimal_beside_it() {
    let mut fractions = 0;
    for (arguments, exact) in [
        (
            &["expected", SMALL, "--at", "0,9", "--csv"][..],
            &[
                "head",
                "v+",
                "v-",
                "u1",
                "u2",
                "norm_squared",
                "accuracy",
                "loss",
            ][..],
        ),
        (
            &["expected", "examples/coherent.toml", "--at", "5", "--csv"],
            &["head", "v+", "loss"],
        ),
        (
            &["law", SMALL, "--steps", "9", "--csv"],
            &["p_perfect", "expected_accuracy", "p_settled"],
        ),
        (
            &["law", SMALL, "--sweep", "2,4", "--at", "1,9,60", "--csv"],
            &["p_perfect"],
        ),
        (
            &[
                "law",
                SMALL,
                "--sweep",
                "4",
                "--at",
                "1,9,60",
                "--runs",
                "50",
                "--max-states",
                "20",
                "--csv",
            ],
            &["p_perfect"],
        ),
        (
            &["simulate", SMALL, "--runs", "5", "--steps", "9", "--csv"],
            &[],
        ),
    ] {
        let (header, rows) = columns(&ok(arguments));
        for name in exact {
            let at = header.iter().position(|column| column == name).unwrap();
            assert_eq!(header[at + 1], format!("{name}_approx"), "{arguments:?}");
        }
        for row in &rows {
            for (at, cell) in row.iter().enumerate() {
                if header.get(at + 1) == Some(&format!("{}_approx", header[at])) {
                    let near: f64 = row[at + 1].parse().unwrap();
                    let q = filtercert::number::parse_rational(cell).unwrap();
                    assert_eq!(near, filtercert::dynamics::float::to_nearest(&q), "{cell}");
                    fractions += usize::from(cell.contains('/'));
                } else {
                    assert!(
                        !cell.contains('/'),
                        "{arguments:?}: {} = {cell}",
                        header[at]
                    );
                }
            }
        }
    }
    assert!(fractions > 50, "{fractions}");
}

/// No number in any output of floats is longer than the shortest text of a float.
#[test]
fn floats_take_their_shortest_form() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("far.toml");
    let text = fs::read_to_string(SMALL).unwrap();
    for step in ["1e300", "3e-300", "7e150"] {
        fs::write(
            &path,
            text.replace("step = \"1/8\"", &format!("step = \"{step}\"")),
        )
        .unwrap();
        let file = path.to_str().unwrap();
        for arguments in [
            &["simulate", file, "--runs", "9", "--steps", "12", "--csv"][..],
            &[
                "simulate",
                file,
                "--runs",
                "9",
                "--steps",
                "12",
                "--json",
                "--no-timing",
            ],
            &["simulate", file, "--runs", "9", "--steps", "12"],
            &[
                "simulate",
                file,
                "--runs",
                "9",
                "--steps",
                "12",
                "--arithmetic",
                "f64",
                "--csv",
            ],
            &["expected", file, "--at", "3"],
        ] {
            let text = ok(arguments);
            let digits = |c: char| !(c.is_ascii_digit() || c == '.');
            let longest = text.split(digits).map(str::len).max().unwrap();
            assert!(longest <= 24, "{arguments:?}: {longest} digits\n{text}");
        }
        // Exact columns of CSV keep all digits, and the decimal beside them few.
        let (header, rows) = columns(&ok(&["expected", file, "--at", "3", "--csv"]));
        let at = header
            .iter()
            .position(|name| name == "norm_squared_approx")
            .unwrap();
        assert!(rows.iter().all(|row| row[at].len() <= 24), "{rows:?}");
    }
}

/// What depends on the clock stands in `timing`, and is left out if asked for.
#[test]
fn equal_inputs_give_equal_bytes_without_timing() {
    let folder = tempfile::tempdir().unwrap();
    let samples = "tests/vectors/replay-dyadic.samples.jsonl";
    let small = ["--runs", "40", "--steps", "30"];
    let images = [
        "images",
        "--planted",
        "orthogonal",
        "--quick",
        "--images",
        "40",
        "--seeds",
        "2",
    ];
    let commands: &[(&[&str], &[&str])] = &[
        (&["simulate", "examples/hinge.toml"], &small),
        (&["law", SMALL], &["--steps", "9"]),
        (
            &["law", SMALL],
            &[
                "--sweep",
                "2,4",
                "--at",
                "9",
                "--max-states",
                "20",
                "--runs",
                "60",
            ],
        ),
        (&["expected", SMALL], &["--at", "9"]),
        (&["audit", SMALL], &[]),
        (
            &["replay", "tests/vectors/replay-dyadic.toml"],
            &["--samples", samples],
        ),
        (&["check", SMALL], &[]),
        (&images, &[]),
    ];
    for (command, rest) in commands {
        for form in [&[][..], &["--json"], &["--csv"]] {
            if form == ["--csv"] && !["simulate", "law", "expected"].contains(&command[0]) {
                continue;
            }
            let with = |threads: &str| {
                let run =
                    run(&[command, *rest, form, &["--no-timing", "--threads", threads]].concat());
                assert!([0, 3].contains(&run.code), "{command:?}: {}", run.stderr);
                run.stdout
            };
            let first = with("1");
            assert_eq!(first, with("3"), "{command:?}");
            if form == ["--json"] {
                let plain = json(&run(&[command, *rest, form].concat()).stdout);
                let mut fields = plain.clone();
                let timing = fields.as_object_mut().unwrap().shift_remove("timing");
                let timed = ["simulate", "images"].contains(&command[0]);
                assert_eq!(timing.is_some(), timed, "{command:?}");
                assert_eq!(fields, json(&first), "{command:?}");
                assert!(!fields.to_string().contains("seconds"), "{command:?}");
            } else if form.is_empty() {
                assert!(!first.contains("run-steps a second"), "{first}");
            }
        }
    }
    // Written files too, finished runs among them.
    let written = |name: &str, threads: &str, timing: &[&str]| {
        let out = folder.path().join(name);
        let output = ["-o", out.to_str().unwrap(), "--threads", threads];
        assert_eq!(run(&[&images[..], &output, timing].concat()).code, 0);
        let files = fs::read_dir(out)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let files = files.map(|path| {
            (
                path.file_name().unwrap().to_owned(),
                fs::read(path).unwrap(),
            )
        });
        files.collect::<std::collections::BTreeMap<_, _>>()
    };
    let (one, two) = (
        written("a", "1", &["--no-timing"]),
        written("b", "2", &["--no-timing"]),
    );
    assert!(one.len() > 5 && one == two);
    let timed = written("c", "1", &[]);
    let results = |files: &std::collections::BTreeMap<std::ffi::OsString, Vec<u8>>| {
        serde_json::from_slice::<Value>(&files[std::ffi::OsStr::new("results.json")]).unwrap()
    };
    let mut all = results(&timed);
    let timing = all.as_object_mut().unwrap().shift_remove("timing").unwrap();
    assert_eq!(all, results(&one));
    let seconds = timing["epoch_seconds"].as_array().unwrap();
    assert_eq!(seconds.len(), all["training"].as_array().unwrap().len());
    assert!(seconds.iter().all(|x| x.as_f64().unwrap() > 0.0));
}

/// A law that cannot take its first step is the law at step 0.
#[test]
fn a_law_that_stops_before_its_first_step_tells_of_step_0() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string("tests/cases/batch-1e9.toml").unwrap();
    let path = folder.path().join("batch.toml");
    let name = path.to_str().unwrap();
    let one = text.replace("batch = 1000000000", "batch = 1");
    fs::write(&path, &one).unwrap();
    let start = json(&run(&["law", name, "--steps", "0", "--json"]).stdout);
    for (batch, head, merge) in [
        (1_000_000_000u64, "\"alternating\"", &[][..]),
        (1_000_000_000, "\"alternating\"", &["--merge"]),
        (4_294_967_295, "\"alternating\"", &[]),
        (300_000, "\"alternating\"", &[]),
        (200_000_000, "\"alternating\"", &["--merge"]),
    ] {
        let batch = batch.to_string();
        fs::write(
            &path,
            text.replace("1000000000", &batch)
                .replace("\"alternating\"", head),
        )
        .unwrap();
        let run = run(&[&["law", name, "--steps", "3", "--json"], merge].concat());
        assert_eq!(run.code, 3, "{batch}: {}", run.stderr);
        assert!(run.stderr.contains("step 0"), "{}", run.stderr);
        let law = json(&run.stdout);
        assert_eq!((&law["steps"], &law["reached"]), (&0.into(), &1.into()));
        assert_eq!(law["states"], serde_json::json!([1]));
        assert_eq!(law["merged"], !merge.is_empty());
        for key in [
            "p_perfect",
            "expected_accuracy",
            "p_settled",
            "expected_norm_squared",
        ] {
            assert_eq!(law[key], start[key], "{key}");
        }
        assert_eq!(law["stopped"]["t"], 0);
        assert!(
            law["stopped"]["limit"]
                .as_str()
                .unwrap()
                .contains("more than"),
            "{law}"
        );
        assert!(law["expected_steps_to_perfect"].is_null() && law["p_ever_perfect"].is_null());
    }
    // In text and CSV as well.
    for form in [&[][..], &["--csv"]] {
        let run = run(&[&["law", name, "--steps", "3"], form].concat());
        assert_eq!(run.code, 3);
        assert!(run.stdout.lines().count() >= 2, "{}", run.stdout);
    }
    // A table of atoms that would not fit is a fault of the file.
    fs::write(
        &path,
        one.replace("background = 1\n", "background = 3\n")
            .replace("[\"1\"]", "[\"1/3\", \"1/3\", \"1/3\"]")
            .replace("patches = 2", "patches = 4000000"),
    )
    .unwrap();
    let said = refused(&["law", name, "--steps", "3", "--json"], b"");
    assert!(
        said.contains("`distribution.patches`: found a distribution of"),
        "{said}"
    );
}

/// Sizes that are counted before anything is done: bad input if the atoms do not fit, else a limit.
#[test]
fn sizes_are_counted_before_they_are_spent() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(SMALL).unwrap();
    let path = folder.path().join("big.toml");
    let name = path.to_str().unwrap();
    let report = folder.path().join("report");
    let report = report.to_str().unwrap();
    let write = |changes: &[(&str, &str)]| {
        let changed = changes.iter().fold(text.clone(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        fs::write(&path, changed).unwrap();
    };
    // Atoms that would not fit.
    write(&[("\npatches = 2", "\npatches = 4000000")]);
    for arguments in [
        &["check", name][..],
        &["check", name, "--json"],
        &["report", name, "-o", report],
        &["expected", name, "--at", "1"],
        &["law", name],
    ] {
        let said = refused(arguments, b"");
        assert!(
            said.contains("big.toml:10: `distribution.patches`: found a distribution of"),
            "{said}"
        );
    }
    assert_eq!(run(&["audit", name]).code, 0);
    assert_eq!(run(&["check", name, "--explicit"]).code, 0);
    // Runs and steps that would not end: a limit, with what is finished.
    for (changes, place) in [
        (
            &[("runs = 1000", "runs = \"1e12\"")][..],
            "big.toml:27: `training.runs`: found 1000000000000, expected at most",
        ),
        (
            &[("steps = 60", "steps = \"1e12\"")],
            "big.toml:26: `training.steps`: found 1000000000000, expected at most",
        ),
        (
            &[
                ("steps = 60", "steps = 1000000000"),
                ("batch = 1", "batch = 1000000000"),
            ],
            "big.toml:26: `training.steps`: found 1000000000, expected at most",
        ),
    ] {
        write(changes);
        for command in ["check", "simulate", "report"] {
            for form in [&[][..], &["--json"], &["--csv"]] {
                if form == ["--csv"] && command != "simulate" {
                    continue;
                }
                let output: &[&str] = if command == "report" {
                    &["-o", report]
                } else {
                    &[]
                };
                let run = run(&[&[command, name], form, output].concat());
                assert_eq!(run.code, 3, "{command}: {}", run.stderr);
                assert!(run.stderr.contains(place), "{}", run.stderr);
                if form == ["--json"] {
                    let document = json(&run.stdout);
                    let names_it = |limit: &Value| limit.as_str().unwrap().contains(place);
                    if command == "simulate" {
                        assert!(names_it(&document["stopped"]["limit"]));
                        assert_eq!(document["runs"], 0);
                        assert_eq!(document["series"], serde_json::json!([]));
                    } else {
                        assert!(document["assumptions"].as_array().unwrap().len() > 5);
                        for theorem in document["theorems"].as_array().unwrap() {
                            if theorem["verdict"] == "not-applicable" {
                                continue;
                            }
                            assert_eq!(theorem["verdict"], "undecided");
                            assert!(names_it(&theorem["witness"]["limit"]), "{theorem}");
                        }
                    }
                }
            }
        }
    }
    assert!(!Path::new(report).exists());
    // From the command line the option is named.
    for (option, value) in [("--runs", "1e12"), ("--steps", "1e15")] {
        let run = run(&["simulate", SMALL, option, value, "--json"]);
        assert_eq!(run.code, 3);
        let place = format!("{option}: found 1000000");
        assert!(run.stderr.contains(&place), "{}", run.stderr);
        assert!(json(&run.stdout)["stopped"].is_object());
    }
    // The exact cells of a phase diagram stand; those that would be sampled are missing.
    let sweep = [
        "law", SMALL, "--sweep", "2", "--at", "1,60", "--runs", "1e12", "--json",
    ];
    assert_eq!(run(&sweep).code, 0, "all cells are exact");
    let cut = run(&[&sweep[..], &["--max-states", "20"]].concat());
    assert_eq!(cut.code, 3, "{}", cut.stderr);
    let cells = json(&cut.stdout)["cells"].clone();
    assert_eq!(
        (&cells[0]["evidence"], &cells[1]["evidence"]),
        (&"exact".into(), &"missing".into())
    );
    assert!(
        cells[1]["missing"]
            .as_str()
            .unwrap()
            .contains("--runs: found 1000000000000"),
        "{cells}"
    );
}
