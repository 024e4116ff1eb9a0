//! The program as its users meet it: exit codes, order of answers, JSON, help, completions.

use assert_cmd::cargo::cargo_bin_cmd;
use filtercert::dynamics::expected::{Expected, Limits};
use filtercert::problem::{
    Format, explicit_json_text, parse_problem, problem_sha256, read_problem,
};
use serde_json::Value;
use std::path::Path;

struct Run {
    code: i32,
    stdout: String,
    stderr: String,
}

fn run(arguments: &[&str]) -> Run {
    let output = cargo_bin_cmd!("filtercert")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn ok(arguments: &[&str]) -> String {
    let run = run(arguments);
    assert_eq!(run.code, 0, "{arguments:?}: {}", run.stderr);
    assert!(!run.stdout.is_empty(), "{arguments:?}");
    run.stdout
}

/// One document on one line, with the keys that every document has.
fn json(arguments: &[&str]) -> Value {
    let text = ok(arguments);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["format"], 2, "{arguments:?}");
    assert_eq!(document["version"], env!("CARGO_PKG_VERSION"));
    document
}

fn commands() -> Vec<String> {
    let help = ok(&["--help"]);
    let (_, list) = help.split_once("Commands:\n").unwrap();
    list.lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .filter(|name| name != "help")
        .collect()
}

#[test]
fn every_command_has_help_with_an_example_of_itself() {
    let commands = commands();
    for name in [
        "audit",
        "expected",
        "simulate",
        "replay",
        "new",
        "completions",
        "man",
    ] {
        assert!(commands.iter().any(|command| command == name), "{name}");
    }
    for name in commands {
        for flag in ["--help", "-h"] {
            let help = ok(&[&name, flag]);
            let (_, example) = help
                .split_once("Example")
                .unwrap_or_else(|| panic!("{name}"));
            assert!(example.contains(&format!("filtercert {name}")), "{help}");
        }
        let page = ok(&["man", &name]);
        assert!(
            page.contains(".SH SYNOPSIS") && page.contains(&name),
            "{name}"
        );
    }
}

#[test]
fn completions_and_manual_come_from_the_same_definitions() {
    let commands = commands();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = ok(&["completions", shell]);
        for name in &commands {
            assert!(script.contains(name.as_str()), "{shell}: {name}");
        }
    }
    let page = ok(&["man"]);
    for name in &commands {
        assert!(page.contains(&format!("filtercert\\-{name}")), "{name}");
    }
    assert_eq!(json(&["completions", "fish", "--json"])["shell"], "fish");
    assert!(json(&["man", "--json"])["page"].is_string());
    assert_eq!(run(&["man", "no-such-command"]).code, 2);
}

#[test]
fn usage_errors_exit_with_2_and_say_nothing_on_standard_output() {
    let file = "examples/violates-a4.toml";
    for arguments in [
        &[][..],
        &["no-such-command"],
        &["expected", file],
        &["expected", file, "--at", ""],
        &["expected", file, "--at", "1,,2"],
        &["expected", file, "--at", "1, 2"],
        &["expected", file, "--at", "-1"],
        &["expected", file, "--at", "1.5"],
        &["expected", file, "--at", "1e-3"],
        &["expected", file, "--at", "1.5e0"],
        &["expected", file, "--at", "1e99"],
        &["expected", file, "--at", "18446744073709551616"],
        &["expected", file, "--at", "1", "--json", "--csv"],
        &["expected", file, "--at", "1", "--threads", "0"],
        &["expected", "--at", "1"],
        &["audit"],
        &["audit", file, "--csv"],
        &["completions", "tcsh"],
        &["simulate", file, "--runs", "0"],
        &["simulate", file, "--runs", "-1"],
        &["simulate", file, "--steps", "x"],
        &["simulate", file, "--json", "--csv"],
        &["replay", file],
        &["replay", file, "--samples", "no-such-file"],
        &["replay", file, "--samples", "."],
    ] {
        let run = run(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stderr);
        assert!(run.stdout.is_empty(), "{arguments:?}: {}", run.stdout);
        assert!(
            !run.stderr.is_empty() && !run.stderr.contains("panicked"),
            "{arguments:?}"
        );
    }
    assert_eq!(run(&["--version"]).code, 0);
}

#[test]
fn expected_answers_in_the_order_asked_for_with_repeats() {
    let file = "examples/violates-a4.toml";
    let document = json(&["expected", file, "--at", "7,0,30,7", "--json"]);
    let problem = read_problem(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    assert_eq!(document["problem"], "violates-a4");
    assert_eq!(document["problem_sha256"], problem_sha256(&problem));
    assert_eq!(document["stopped"], Value::Null);
    let states = document["states"].as_array().unwrap();
    let times: Vec<u64> = states
        .iter()
        .map(|state| state["t"].as_u64().unwrap())
        .collect();
    assert_eq!(times, [7, 0, 30, 7]);
    assert_eq!(states[0], states[3]);
    for state in states {
        let mut dynamics = Expected::new(&problem, &Limits::default()).unwrap();
        dynamics.advance_to(state["t"].as_u64().unwrap()).unwrap();
        let exact = dynamics.state();
        for (j, row) in exact.weights.iter_rows().enumerate() {
            for (p, z) in row.iter().enumerate() {
                assert_eq!(state["weights"][j][p], z.to_string());
            }
            assert_eq!(state["head"][j], exact.head[j].to_string());
            assert_eq!(
                state["norm_squared"][j],
                exact.norms_squared(&problem)[j].to_string()
            );
        }
        assert_eq!(state["accuracy"], dynamics.accuracy().unwrap().to_string());
        assert_eq!(state["loss"], dynamics.loss().unwrap().to_string());
    }
}

#[test]
fn expected_prints_a_table_or_csv_with_the_same_states() {
    let file = "examples/violates-a4.toml";
    let document = json(&["expected", file, "--at", "3", "--json"]);
    let csv = ok(&["expected", file, "--at", "3", "--csv"]);
    let mut lines = csv.lines();
    assert_eq!(
        lines.next().unwrap(),
        "t,filter,head,head_approx,v+,v+_approx,v-,v-_approx,u1,u1_approx,u2,u2_approx,\
         norm_squared,norm_squared_approx,accuracy,accuracy_approx,loss,loss_approx"
    );
    let state = &document["states"][0];
    for (j, line) in lines.enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells[..2], ["3", &j.to_string()]);
        for p in 0..4 {
            assert_eq!(state["weights"][j][p], cells[4 + 2 * p]);
        }
        assert_eq!(state["accuracy"], cells[14]);
    }
    let table = ok(&["expected", file, "--at", "3"]);
    assert!(table.contains("exact") && table.lines().all(|line| line.chars().count() <= 100));
    assert!(!table.contains('\u{1b}'), "no colour in a pipe");
}

#[test]
fn audit_exits_with_0_whatever_it_finds() {
    let document = json(&["audit", "examples/violates-a4.toml", "--json"]);
    let audits = document["assumptions"].as_array().unwrap();
    let ids: Vec<&str> = audits
        .iter()
        .map(|audit| audit["id"].as_str().unwrap())
        .collect();
    let wanted = [
        "A1", "A1k", "A1k-", "A2", "A3", "A4", "A5f", "A5t", "A6", "A6'",
    ];
    assert_eq!(ids, wanted);
    let a4 = &audits[5];
    assert_eq!(
        (&a4["holds"], &a4["measure"]),
        (&Value::Bool(false), &"1/5".into())
    );
    assert!(a4["witness"].is_string());
    assert_eq!(audits[0]["measure"], "0");
    assert_eq!(audits[0]["witness"], Value::Null);
    let text = ok(&["audit", "examples/violates-a4.toml"]);
    assert!(
        text.lines()
            .any(|line| line.starts_with(" A4") && line.contains("fails"))
    );
}

#[test]
fn the_starter_file_reads_back_in_both_syntaxes() {
    let toml = ok(&["new"]);
    assert!(toml.lines().filter(|line| line.contains('#')).count() >= 15);
    let from_toml = parse_problem("new.toml", &toml, Format::Toml).unwrap();
    let from_json = parse_problem("new.json", &ok(&["new", "--json"]), Format::Json).unwrap();
    assert_eq!(from_toml, from_json);
}

#[test]
fn a_problem_is_read_from_standard_input() {
    let text = std::fs::read_to_string("examples/violates-a4.toml").unwrap();
    let from_file = ok(&[
        "expected",
        "examples/violates-a4.toml",
        "--at",
        "3",
        "--json",
    ]);
    cargo_bin_cmd!("filtercert")
        .args(["expected", "-", "--at", "3", "--json"])
        .write_stdin(text)
        .assert()
        .success()
        .stdout(from_file);
}

/// The hash of a document is that of the explicit form, which is a problem file itself.
#[test]
fn the_explicit_form_has_the_same_hash_and_the_same_states() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("explicit.json");
    let problem = read_problem(Path::new("examples/violates-a3.toml")).unwrap();
    std::fs::write(&path, explicit_json_text(&problem)).unwrap();
    let original = json(&[
        "expected",
        "examples/violates-a3.toml",
        "--at",
        "9",
        "--json",
    ]);
    let explicit = json(&["expected", path.to_str().unwrap(), "--at", "9", "--json"]);
    assert_eq!(original, explicit);
}

#[test]
fn a_closed_pipe_is_no_failure() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_filtercert"))
        .args(["expected", "examples/violates-a4.toml", "--json", "--at"])
        .arg(vec!["0"; 200].join(","))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A document without what depends on the clock and on the number of threads.
fn timeless(mut document: Value) -> Value {
    let fields = document.as_object_mut().unwrap();
    let timing = fields.remove("timing").unwrap();
    for key in ["threads", "wall_seconds", "run_steps_per_second"] {
        assert!(
            timing[key].is_number() && !fields.contains_key(key),
            "{key}"
        );
    }
    document
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let file = "examples/violates-a4.toml";
    let with = |threads: &str| {
        let arguments = [
            "simulate",
            file,
            "--runs",
            "50",
            "--json",
            "--threads",
            threads,
        ];
        timeless(json(&arguments))
    };
    let one = with("1");
    assert_eq!(one, with("3"));
    let other_seed = ["simulate", file, "--runs", "50", "--json", "--seed", "2"];
    assert_ne!(one["series"], timeless(json(&other_seed))["series"]);
    let expected = |threads| {
        ok(&[
            "expected",
            file,
            "--at",
            "50",
            "--json",
            "--threads",
            threads,
        ])
    };
    assert_eq!(expected("1"), expected("3"));
}

#[test]
fn simulate_reports_a_series_from_step_0_to_the_last() {
    let file = "examples/balanced.toml";
    let arguments = ["simulate", file, "--runs", "20", "--steps", "300", "--json"];
    let document = json(&arguments);
    assert_eq!(document["runs"], 20);
    assert_eq!(document["steps"], 300);
    assert_eq!(document["seed"], 1);
    assert_eq!(document["open_gate_share"], 1.0);
    assert!(document["timing"]["run_steps_per_second"].as_f64().unwrap() > 0.0);
    let series = document["series"].as_array().unwrap();
    let times: Vec<u64> = series
        .iter()
        .map(|point| point["t"].as_u64().unwrap())
        .collect();
    assert!(times.is_sorted() && times[0] == 0 && times[times.len() - 1] == 300);
    for point in series {
        for key in [
            "winner_norm",
            "loser_norm",
            "ratio",
            "alignment",
            "accuracy",
        ] {
            let [low, middle, high] =
                ["q05", "q50", "q95"].map(|q| point[key][q].as_f64().unwrap());
            assert!(low <= middle && middle <= high, "{key} at {}", point["t"]);
        }
        assert!(["exact", "sampled"].contains(&point["accuracy_kind"].as_str().unwrap()));
    }
    // Every run starts at the same point.
    assert_eq!(series[0]["ratio"]["q05"], series[0]["ratio"]["q95"]);
    let csv = ok(&["simulate", file, "--runs", "20", "--steps", "300", "--csv"]);
    assert_eq!(csv.lines().count(), series.len() + 1);
    let text = ok(&["simulate", file, "--runs", "20", "--steps", "300"]);
    assert!(text.contains("20 runs") && text.lines().all(|line| line.chars().count() <= 100));
}

#[test]
fn replay_follows_one_path_exactly_and_in_floats() {
    let directory = tempfile::tempdir().unwrap();
    let samples = directory.path().join("path.jsonl");
    let file = "examples/violates-a4.toml";
    std::fs::write(
        &samples,
        "{\"label\": \"+\", \"counts\": [1, 0, 1, 1]}\n{\"label\": \"-\", \"counts\": [0, 1, 2, 0]}\n",
    )
    .unwrap();
    let samples = samples.to_str().unwrap();
    let document = json(&["replay", file, "--samples", samples, "--json"]);
    assert_eq!(
        (&document["steps"], &document["updates"]),
        (&2.into(), &2.into())
    );
    assert_eq!(document["stable"], true);
    assert_eq!(document["first_unstable_step"], Value::Null);
    // By hand: filter 2 has head 1 and the coordinates 15/32, -3/32, .., of which the key moves by
    // +1/50 at the first sample and the dead one does not move at the second.
    assert_eq!(document["weights"][2][0], "391/800");
    assert_eq!(document["weights"][2][1], "-3/32");
    let error: f64 = {
        let text = document["max_abs_error"].as_str().unwrap();
        let q = filtercert::number::parse_rational(text);
        // Exact distances of floats have many digits, but never more than can be read.
        num_traits::ToPrimitive::to_f64(&q.unwrap()).unwrap()
    };
    assert!(error <= document["error_bound"].as_f64().unwrap() && error < 1e-15);
    let text = ok(&["replay", file, "--samples", samples]);
    assert!(text.contains("2 steps") && text.lines().all(|line| line.chars().count() <= 100));
    // A sample of the wrong length is a fault of its line.
    let bad = directory.path().join("bad.jsonl");
    std::fs::write(
        &bad,
        "{\"label\": \"+\", \"counts\": [1, 0, 1, 1]}\n{\"label\": \"-\", \"counts\": [0, 1]}\n",
    )
    .unwrap();
    let refused = run(&["replay", file, "--samples", bad.to_str().unwrap()]);
    assert_eq!(refused.code, 2);
    assert!(refused.stdout.is_empty());
    assert!(
        refused.stderr.contains("bad.jsonl:2: `counts`"),
        "{}",
        refused.stderr
    );
}
