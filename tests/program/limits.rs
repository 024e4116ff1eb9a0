//! Limits of time and memory, and signals: every command ends, what is finished is printed, exit code 3.

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn start(arguments: &[&str]) -> Child {
    Command::new(cargo_bin("filtercert"))
        .current_dir(root())
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn run(arguments: &[&str]) -> (Output, Duration) {
    let clock = Instant::now();
    let output = start(arguments).wait_with_output().unwrap();
    (output, clock.elapsed())
}

/// Standard output as JSON.
fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    })
}

/// A chain in rationals whose states multiply by four a step: it ends at no step that can be reached.
const ENDLESS: [&str; 4] = ["law", "tests/cases/endless-law.toml", "--steps", "40"];

#[test]
fn the_law_up_to_the_time_limit_is_printed() {
    let mut arguments = ENDLESS.to_vec();
    arguments.extend(["--timeout", "4", "--json"]);
    let (output, took) = run(&arguments);
    assert_eq!(output.status.code(), Some(3));
    // A loaded machine may be slow to end it, but not by much.
    assert!(took < Duration::from_secs(30), "{took:?}");
    let document = json(&output);
    let stopped = &document["stopped"];
    assert_eq!(stopped["limit"], "the time limit of 4 s (--timeout)");
    let t = stopped["t"].as_u64().unwrap() as usize;
    assert!(t >= 2);
    for name in ["states", "p_perfect", "expected_accuracy"] {
        assert_eq!(document[name].as_array().unwrap().len(), t + 1, "{name}");
    }
    assert_eq!(document["states"][2], 30);
    // In text, rows come as they are finished, and the last one at the end.
    arguments.pop();
    let (output, _) = run(&arguments);
    assert_eq!(output.status.code(), Some(3));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\n 2               30"), "{text}");
}

/// The time is over before the file is begun: the law is printed, and no part of a file is left.
#[test]
fn a_chain_is_not_exported_after_the_time_limit() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.umb");
    let mut arguments = ENDLESS.to_vec();
    arguments.extend([
        "--timeout",
        "3",
        "--json",
        "--export",
        model.to_str().unwrap(),
    ]);
    let (output, _) = run(&arguments);
    assert_eq!(output.status.code(), Some(3));
    assert!(json(&output)["stopped"]["t"].as_u64().unwrap() >= 1);
    let notes = String::from_utf8(output.stderr).unwrap();
    let said = "model.umb: not written: the time limit of 3 s (--timeout)";
    assert!(notes.contains(said) && !notes.contains("wrote"), "{notes}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Peak resident memory of a running process, in bytes.
#[cfg(target_os = "linux")]
fn peak(id: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = text.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib << 10)
}

#[test]
#[cfg(target_os = "linux")]
fn memory_stays_within_the_limit_and_a_tenth() {
    const LIMIT: u64 = 160 << 20;
    let mut arguments = ENDLESS.to_vec();
    arguments.extend(["--max-memory", "160MiB", "--timeout", "300", "--json"]);
    let mut child = start(&arguments);
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(peak(child.id()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(most > LIMIT / 2 && most <= LIMIT + LIMIT / 10, "{most}");
    if !output.stdout.is_empty() {
        let limit = json(&output)["stopped"]["limit"].clone();
        assert_eq!(limit, "the memory limit of 160 MiB (--max-memory)");
    }
}

#[test]
fn an_interrupted_law_prints_its_rows() {
    let mut child = start(&ENDLESS);
    std::thread::sleep(Duration::from_secs(4));
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(sent.success());
    let clock = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(clock.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\n 2               30"), "{text}");
    // 3 with the whole answer; 130 where the rest did not come in time.
    assert!([Some(3), Some(130)].contains(&output.status.code()));
}

#[test]
fn a_check_that_is_stopped_says_what_is_undecided() {
    // So many runs that the simulation alone takes minutes.
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(root().join("examples/balanced.toml")).unwrap();
    let long = text.replace("runs = 1000", "runs = 1000000");
    assert_ne!(text, long);
    let file = folder.path().join("long.toml");
    std::fs::write(&file, long).unwrap();
    let arguments = ["check", file.to_str().unwrap(), "--timeout", "2", "--json"];
    let (output, took) = run(&arguments);
    assert_eq!(output.status.code(), Some(3));
    assert!(took < Duration::from_secs(30), "{took:?}");
    let document = json(&output);
    assert_eq!(document["assumptions"].as_array().unwrap().len(), 10);
    let theorems = document["theorems"].as_array().unwrap();
    assert!(theorems.len() >= 13);
    let mut undecided = 0;
    for theorem in theorems {
        // Whether a theorem applies is known without any run.
        if theorem["verdict"] == "not-applicable" {
            assert!(!theorem["fails"].as_array().unwrap().is_empty());
            continue;
        }
        undecided += 1;
        assert_eq!(theorem["verdict"], "undecided", "{theorem}");
        assert_eq!(
            theorem["witness"]["limit"],
            "the time limit of 2 s (--timeout)"
        );
    }
    assert!(undecided >= 8, "{undecided}");
    // Complete runs of a simulation are shown.
    let arguments = [
        "simulate",
        file.to_str().unwrap(),
        "--timeout",
        "3",
        "--json",
    ];
    let (output, _) = run(&arguments);
    assert_eq!(output.status.code(), Some(3));
    if !output.stdout.is_empty() {
        let document = json(&output);
        let runs = document["runs"].as_u64().unwrap();
        assert!(runs > 0 && runs < 1_000_000, "{runs}");
    }
}

#[test]
fn every_command_ends_at_its_time_limit() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let out = out.to_str().unwrap();
    for arguments in [
        vec!["report", "examples/balanced.toml", "-o", out],
        vec!["certify", "examples/balanced.toml", "-o", out],
        vec![
            "expected",
            "examples/trained-head.toml",
            "--at",
            "0,1000000",
        ],
    ] {
        let mut limited = arguments.clone();
        limited.extend(["--timeout", "0.3"]);
        let (output, took) = run(&limited);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        assert!(took < Duration::from_secs(30), "{arguments:?}: {took:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        // The digits of a trained head may reach their own limit first.
        let limit = ["the time limit of 0.3 s", "more than 200000 bits"];
        assert!(limit.iter().any(|l| stderr.contains(l)), "{stderr}");
    }
    assert!(!PathBuf::from(out).is_file());
}

#[test]
fn limits_that_are_no_limits_are_refused() {
    for (option, value, what) in [
        ("--timeout", "0", "a positive number of seconds"),
        ("--timeout", "-3", "a positive number of seconds"),
        ("--max-memory", "lots", "a size such as 512MiB"),
        ("--max-memory", "0", "a size such as 512MiB"),
    ] {
        let (output, _) = run(&["audit", "examples/small.toml", option, value]);
        assert_eq!(output.status.code(), Some(2));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(value) && stderr.contains(what), "{stderr}");
    }
}
