//! Work that is shared out or broken off: shards put together are the whole run byte for byte, a killed run goes on from
//! its checkpoint to the same bytes, and files that do not belong together are refused.

use crate::common::run;
use assert_cmd::cargo::cargo_bin;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A command that can be cut into shards.
struct Spread {
    name: &'static str,
    words: Vec<String>,
    /// Forms that it is told in beside text and JSON.
    forms: &'static [&'static str],
    /// Does `-o` name a folder of its own?
    folder: bool,
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// One of every kind; each takes a fraction of a second.
fn commands() -> Vec<Spread> {
    let plain = |name, text: &str, forms| Spread {
        name,
        words: words(text),
        forms,
        folder: false,
    };
    let folder = |name, text| Spread {
        folder: true,
        ..plain(name, text, &[])
    };
    vec![
        plain(
            "runs on a lattice",
            "simulate examples/hinge.toml --runs 150 --steps 400",
            &["csv"],
        ),
        plain(
            "runs in floats",
            "simulate examples/small.toml --runs 40 --steps 50 --arithmetic f64",
            &["csv"],
        ),
        plain(
            "a phase diagram",
            "law examples/small.toml --sweep 2,8,4,16,3 --at 0,5,20,60 --max-states 20 --runs 200",
            &["csv", "svg"],
        ),
        plain("a counterexample", "falsify --theorem T5 --drop A2", &[]),
        plain(
            "no counterexample",
            "falsify --theorem T3 --budget 1100",
            &[],
        ),
        plain(
            "a conjecture that is false",
            "falsify --conjecture never-opposite examples/conjectures/pattern-statistics.toml",
            &[],
        ),
        plain(
            "a conjecture that holds on all of its family",
            "falsify --conjecture one-patch examples/conjectures/pattern-statistics.toml --all --budget 100000",
            &[],
        ),
        folder(
            "a matrix",
            "necessity --theorem T1 --theorem T5 --budget 1500",
        ),
        folder(
            "real images",
            "images --planted orthogonal --quick --images 40 --seeds 2",
        ),
    ]
}

fn texts(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

/// What the command does with these words added.
fn with(words: &[String], more: &[&str]) -> (i32, String, String) {
    run(&[&texts(words)[..], more].concat())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// The files of N shards, in some order.
fn shards(command: &Spread, folder: &Path, n: usize) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = (1..=n)
        .map(|i| {
            let file = folder.join(format!("{i}-of-{n}.part"));
            let shard = format!("{i}/{n}");
            let (code, out, error) = with(&command.words, &["--shard", &shard, "-o", text(&file)]);
            assert_eq!((code, error.as_str()), (0, ""), "{}: {out}", command.name);
            file
        })
        .collect();
    files.rotate_left(n / 2);
    files
}

fn merge(files: &[PathBuf], more: &[&str]) -> (i32, String, String) {
    let mut words = vec!["merge"];
    words.extend(files.iter().map(|file| text(file)));
    words.extend(more);
    run(&words)
}

/// All files of a folder, by name.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut all: Vec<(String, Vec<u8>)> = entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            (name.into_owned(), fs::read(&path).expect("a file"))
        })
        .collect();
    all.sort();
    all
}

/// Fails where a part depends on the shard, where an item's number is counted from the shard's beginning, or where
/// anything is added up in an order that the shards change.
#[test]
fn shards_put_together_are_the_whole_run() {
    for command in commands() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let name = command.name;
        let (code, json, _) = with(&command.words, &["--json", "--no-timing"]);
        let (_, plain, _) = with(&command.words, &["--no-timing"]);
        let told = |form: &str| match form {
            "csv" => with(&command.words, &["--csv"]).1,
            _ => {
                let file = place("whole.svg");
                with(&command.words, &["--svg", text(&file)]);
                fs::read_to_string(file).unwrap()
            }
        };
        let forms: Vec<(&str, String)> = command
            .forms
            .iter()
            .map(|form| (*form, told(form)))
            .collect();
        for n in [1, 3, 5, 7] {
            let files = shards(&command, folder.path(), n);
            let outs: Vec<PathBuf> = command
                .forms
                .iter()
                .chain(&["json", "txt"])
                .map(|form| place(&format!("{n}.{form}")))
                .collect();
            let more: Vec<&str> = outs.iter().flat_map(|out| ["-o", text(out)]).collect();
            let (found, out, error) = merge(&files, &[&["--json"], &more[..]].concat());
            assert_eq!((found, &out), (code, &json), "{name}, {n} shards: {error}");
            let file = |form: &str| fs::read_to_string(place(&format!("{n}.{form}"))).unwrap();
            assert_eq!(file("json"), json, "{name}");
            assert_eq!(file("txt"), plain, "{name}");
            for (form, whole) in &forms {
                assert_eq!(&file(form), whole, "{name}: {form}");
            }
            let (found, out, _) = merge(&files, &[]);
            assert_eq!((found, &out), (code, &plain), "{name}, {n} shards");
            if n == 5 {
                // Partial merges of partial merges.
                let (two, four) = (place("two.part"), place("four.part"));
                let partial = |files: &[PathBuf], to: &Path| {
                    let (code, out, error) = merge(files, &["--partial", "-o", text(to)]);
                    assert_eq!((code, error.as_str()), (0, ""), "{out}");
                };
                partial(&files[..2], &two);
                partial(&[files[4].clone(), two.clone(), files[2].clone()], &four);
                let (found, out, _) = merge(&[four, files[3].clone()], &["--json"]);
                assert_eq!((found, &out), (code, &json), "{name}, partial");
            }
        }
        if command.folder {
            let (whole, merged) = (place("whole"), place("merged"));
            with(&command.words, &["--no-timing", "-o", text(&whole)]);
            merge(&shards(&command, folder.path(), 3), &["-o", text(&merged)]);
            assert_eq!(contents(&whole), contents(&merged), "{name}");
            assert!(!contents(&whole).is_empty());
        }
    }
}

/// Each in a folder of its own: the file, and what merging it with the others says.
#[test]
fn files_that_do_not_belong_together_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let command = Spread {
        words: words("simulate examples/small.toml --runs 9 --steps 20"),
        ..commands().remove(0)
    };
    let files = shards(&command, folder.path(), 3);
    let first = fs::read_to_string(&files[0]).unwrap();
    let refused = |files: &[PathBuf], expected: &[&str]| {
        let (code, out, error) = merge(files, &["--json"]);
        assert_eq!((code, out.as_str()), (2, ""), "{error}");
        for part in expected {
            assert!(error.contains(part), "{part:?} is not in {error}");
        }
    };
    let (others, name) = (&files[1..], text(&files[0]));
    // A gap, an overlap.
    refused(others, &["the runs 3 to 5 (counted from 0)"]);
    refused(
        &[&files[..], &files[..1]].concat(),
        &[name, "the runs 3 to 5 (counted from 0), which", "has too"],
    );
    let with_first = |changed: &Path| [&[changed.to_owned()], others].concat();
    // Another computation: other options, another problem, another command.
    for (more, expected) in [
        ("--runs 9 --steps 20 --seed 5", "seed: 5, not"),
        (
            "--runs 9 --steps 20 --arithmetic f64",
            "arithmetic: \"f64\", not \"auto\"",
        ),
        ("--runs 10 --steps 20", "runs: 10, not 9"),
        ("--runs 9 --steps 21", "steps: 21, not 20"),
    ] {
        let foreign = Spread {
            words: words(&format!("simulate examples/small.toml {more}")),
            ..commands().remove(0)
        };
        let sub = place(&more.replace(' ', "_"));
        fs::create_dir(&sub).unwrap();
        let file = shards(&foreign, &sub, 3).remove(0);
        // The first file says what is expected.
        let mut files = with_first(&file);
        files.rotate_left(1);
        refused(&files, &[text(&file), expected]);
    }
    let problem = fs::read_to_string("examples/small.toml").unwrap();
    let other = place("small.toml");
    fs::write(
        &other,
        problem.replace("name = ", "# another line\nname = "),
    )
    .unwrap();
    let foreign = Spread {
        words: words(&format!("simulate {} --runs 9 --steps 20", text(&other))),
        ..commands().remove(0)
    };
    let sub = place("problem");
    fs::create_dir(&sub).unwrap();
    let file = shards(&foreign, &sub, 3).remove(0);
    refused(&[others, &[file]].concat(), &["the problem file differs"]);
    let sweep = Spread {
        words: words("law examples/small.toml --sweep 2,3"),
        ..commands().remove(0)
    };
    let file = shards(&sweep, &sub, 1).remove(0);
    refused(
        &[others, &[file]].concat(),
        &["found parts of the command law --sweep, expected simulate"],
    );
    // Another version, another format, damage, an end that is missing, no file of parts.
    let changed = place("changed.part");
    let version = format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
    let end = first.trim_end().rfind('\n').unwrap() + 1;
    let cases = [
        (
            first.replace(&version, "\"version\":\"9.9.9\""),
            "filtercert \"9.9.9\", expected this version",
        ),
        (
            first.replace("filtercert-shard 1", "filtercert-shard 2"),
            "in the format \"filtercert-shard 2\"",
        ),
        (
            first.replace("\"total\":9", "\"total\":8"),
            "line 1: found a damaged header",
        ),
        (first.replace("[4,", "[5,"), "line 3: found a damaged line"),
        (first.replace("[4,", "[5,"), "lost are the runs 4 to 5"),
        (first[..end].to_owned(), "not finished"),
        (
            first[..end - 30].to_owned(),
            "the runs 5 (counted from 0) are missing",
        ),
        (first.clone() + "more\n", "found a line behind all parts"),
        ("{}\n".to_owned(), "found no file of parts"),
        (String::new(), "found no file of parts"),
        (problem, "found no file of parts"),
    ];
    for (content, expected) in cases {
        assert_ne!(content, first, "{expected}");
        fs::write(&changed, content).unwrap();
        refused(&with_first(&changed), &[text(&changed), expected]);
    }
    fs::write(&changed, b"\xff\xfe\n").unwrap();
    refused(&with_first(&changed), &["no UTF-8"]);
    refused(&with_first(&place("none")), &["cannot be read"]);
    // And what `merge` itself cannot do.
    for (more, expected) in [
        (&["--csv", "-o", name][..], "own input"),
        (&["-o", "diagram.svg"][..], "has no picture"),
        (
            &["--partial", "-o", "a", "-o", "b"][..],
            "expected one with --partial",
        ),
    ] {
        let (code, out, error) = merge(&files, more);
        assert_eq!((code, out.as_str()), (2, ""), "{error}");
        assert!(error.contains(expected), "{error}");
    }
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(cargo_bin("filtercert"));
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(words)
        .stdin(Stdio::null());
    command
}

/// Starts a command, sends a signal after a while, and waits for its end.
fn broken_off(words: &[&str], signal: &str, after: Duration) -> Output {
    let child = command(words)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    std::thread::sleep(after);
    // It may have ended by itself.
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .stderr(Stdio::null())
        .status();
    sent.expect("kill is there");
    child.wait_with_output().expect("it ended")
}

/// The same, as soon as this file is there and a moment more.
fn broken_off_behind(words: &[&str], signal: &str, file: &Path, moment: Duration) -> Output {
    std::thread::scope(|scope| {
        let child = command(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let id = child.id().to_string();
        let ended = scope.spawn(move || child.wait_with_output().expect("it ended"));
        while !file.exists() && !ended.is_finished() {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(moment);
        let sent = Command::new("kill")
            .args([signal, &id])
            .stderr(Stdio::null())
            .status();
        sent.expect("kill is there");
        ended.join().expect("it ended")
    })
}

/// Parts in a checkpoint, if it is there.
fn parts(checkpoint: &Path) -> usize {
    let text = fs::read_to_string(checkpoint).unwrap_or_default();
    text.matches('\n').count().saturating_sub(1)
}

/// Commands that take about half a second, killed 50 times in all, wherever they are: each goes on, is killed again, and
/// ends with the bytes of a run that was never broken off. Fails where a part is written before it is whole, where a
/// resumed run does an item with another stream, or where what is kept is counted twice.
#[test]
fn killed_runs_go_on_to_the_same_bytes() {
    let long = [
        "simulate examples/hinge.toml --runs 3000 --steps 1500",
        "simulate examples/small.toml --runs 6000 --steps 300 --arithmetic f64",
        "law examples/small.toml --sweep 16,15,14,13,12,11,10,9,8,7,6,5 --at 0,5,20,60 --max-states 20 --runs 2500",
        "falsify --theorem T3 --budget 2000",
        "falsify --theorem T2 --budget 12000",
        "necessity --theorem T1 --theorem T3 --budget 6000",
        "images --planted orthogonal --quick --images 80 --seeds 4",
        "law benches/instances/law-million.toml --steps 40",
        "law examples/small.toml --steps 400",
    ];
    let (mut kills, mut kept, mut ended) = (0u32, 0, 0);
    for (number, line) in (0u32..).zip(long) {
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = folder.path().join("checkpoint");
        let plain = [&words(line)[..], &words("--json --no-timing")].concat();
        let start = Instant::now();
        let whole = command(&texts(&plain)).output().unwrap();
        let takes = start.elapsed();
        let keeping = [
            "--checkpoint",
            text(&checkpoint),
            "--resume",
            "--checkpoint-seconds",
            "0",
        ];
        let resuming = [&texts(&plain)[..], &keeping].concat();
        let rounds = if number < 5 { 6 } else { 5 };
        for round in 0..rounds {
            // Low-discrepancy shares of the time; what is done already makes the rest shorter.
            let share = f64::from(round + number)
                .mul_add(0.618_033_988_75, 0.25)
                .fract();
            let before = parts(&checkpoint);
            let output = broken_off(&resuming, "-KILL", takes.mul_f64(share * 0.6));
            kills += 1;
            if output.status.success() || output.status.code().is_some() {
                ended += 1;
                // It was done: from the beginning again.
                let (status, error) = (output.status, String::from_utf8_lossy(&output.stderr));
                let same = output.stdout == whole.stdout;
                assert!(same, "{line}, round {round}: {status}: {error}");
                fs::remove_file(&checkpoint).unwrap();
                continue;
            }
            let now = parts(&checkpoint);
            assert!(now >= before, "{line}: {now} parts after {before}");
            kept += u32::from(now > 0);
        }
        let last = command(&resuming).output().unwrap();
        let error = String::from_utf8_lossy(&last.stderr);
        assert_eq!(last.status.code(), whole.status.code(), "{line}: {error}");
        assert!(last.stdout == whole.stdout, "{line}: other bytes");
        // And once more from the finished one, where nothing is left to do.
        let again = command(&resuming).output().unwrap();
        assert!(again.stdout == whole.stdout, "{line}: other bytes");
    }
    assert_eq!(kills, 50);
    assert!(ended < 25, "{ended} of 50 had ended");
    assert!(kept >= 15, "{kept} of 50 had kept something");
}

/// A shard is killed, begun again by the same line, and merged with the others.
#[test]
fn a_killed_shard_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let line = words("simulate examples/hinge.toml --runs 4000 --steps 1500");
    let whole = with(&line, &["--json", "--no-timing"]).1;
    let (mut files, mut killed) = (Vec::new(), false);
    for i in 1..=3 {
        let (file, checkpoint) = (
            place(&format!("{i}.part")),
            place(&format!("{i}.checkpoint")),
        );
        let shard = format!("{i}/3");
        let more = [
            "--shard",
            &shard,
            "-o",
            text(&file),
            "--checkpoint",
            text(&checkpoint),
            "--checkpoint-seconds",
            "0",
            "--resume",
        ];
        let words = [&texts(&line)[..], &more].concat();
        if i == 2 {
            for wait in [60, 30, 15, 8, 4] {
                let output = broken_off(&words, "-KILL", Duration::from_millis(wait));
                if output.status.code().is_none() {
                    killed = true;
                    assert!(!file.exists(), "a shard that was killed is not there");
                    break;
                }
                fs::remove_file(&file).unwrap();
                fs::remove_file(&checkpoint).unwrap();
            }
        }
        let (code, out, error) = run(&words);
        assert_eq!((code, error.as_str()), (0, ""));
        assert!(out.contains("is written"), "{out}");
        // What is finished is left alone, and looked at.
        let (code, out, _) = run(&words);
        assert_eq!(code, 0);
        assert!(out.contains("was finished before"), "{out}");
        files.push(file);
    }
    assert!(killed);
    assert_eq!(merge(&files, &["--json"]).1, whole);
    // The finished file of another shard, or of other options, is not taken for this one.
    for (more, expected) in [
        ("--shard 3/4", "another share of the work"),
        ("--shard 3/3 --seed 99", "seed: "),
    ] {
        let more = words(&format!("{more} -o {} --resume", text(&files[2])));
        let (code, out, error) = with(&line, &texts(&more));
        assert_eq!((code, out.as_str()), (2, ""));
        assert!(error.contains(expected), "{error}");
    }
}

/// On Ctrl-C the command says what is kept, and the line that it prints goes on.
#[test]
fn ctrl_c_says_what_is_kept_and_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let checkpoint = place("kept so far");
    let line = "simulate examples/hinge.toml --runs 60000 --steps 2000 --json --no-timing";
    let line = words(line);
    let keeping = [&texts(&line)[..], &["--checkpoint", text(&checkpoint)]].concat();
    let moment = Duration::from_millis(400);
    let output = broken_off_behind(&keeping, "-INT", &checkpoint, moment);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    let done = parts(&checkpoint);
    assert!(done > 0);
    let told = said
        .lines()
        .find(|line| line.starts_with("kept: "))
        .expect(&said);
    assert!(told.contains(" of 60,000 runs, in "), "{told}");
    let on = said
        .lines()
        .find(|line| line.starts_with("  filtercert "))
        .expect(&said);
    assert!(on.ends_with("--resume"), "{on}");
    // As a shell reads it, up to a second interruption.
    let program = cargo_bin("filtercert");
    let on = on.trim().replacen("filtercert", text(&program), 1) + " --timeout 1.5";
    let again = Command::new("sh")
        .args(["-c", &on])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8(again.stderr).unwrap();
    assert_eq!(again.status.code(), Some(3), "{said}");
    assert!(parts(&checkpoint) > done, "{said}");
    // Without a checkpoint it says that nothing is kept.
    let output = broken_off(&texts(&line), "-INT", Duration::from_millis(1000));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("are told") && said.contains("nothing is kept"),
        "{said}"
    );
    let sweep = words("falsify --theorem T8 --budget 1e6");
    let checkpoint = place("search");
    let keeping = [&texts(&sweep)[..], &["--checkpoint", text(&checkpoint)]].concat();
    let output = broken_off_behind(&keeping, "-TERM", &checkpoint, moment);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("kept: ") && said.contains("rounds of 512 problems"),
        "{said}"
    );
}

#[test]
fn a_checkpoint_of_other_inputs_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = folder.path().join("checkpoint");
    let keep = |line: &str, more: &[&str]| {
        let line = words(line);
        with(
            &line,
            &[&["--checkpoint", text(&checkpoint)], more].concat(),
        )
    };
    let own = "simulate examples/small.toml --runs 9 --steps 20";
    assert_eq!(keep(own, &["--resume"]).0, 0);
    let refused = |line: &str, more: &[&str], expected: &str| {
        let (code, out, error) = keep(line, more);
        assert_eq!((code, out.as_str()), (2, ""), "{error}");
        assert!(error.contains(expected), "{error}");
    };
    refused(own, &[], "which is there already, expected --resume");
    refused(own, &["--resume", "--seed", "5"], "seed: 1, not 5");
    refused(
        own,
        &["--resume", "--shard", "1/2"],
        "another share of the work",
    );
    refused(
        "simulate examples/hinge.toml --runs 9 --steps 20",
        &["--resume"],
        "the problem file differs",
    );
    refused(
        "law examples/small.toml --sweep 2,3",
        &["--resume"],
        "parts of the command simulate, expected law --sweep",
    );
    refused(
        "law examples/small.toml",
        &["--resume"],
        "parts of the command simulate",
    );
    refused(
        "falsify --theorem T3",
        &["--resume"],
        "parts of the command simulate",
    );
    // Threads, times and where the file lies change no result.
    let copy = folder.path().join("elsewhere.toml");
    fs::copy("examples/small.toml", &copy).unwrap();
    let moved = format!("simulate {} --runs 9 --steps 20 --threads 1", text(&copy));
    let (code, _, error) = keep(&moved, &["--resume", "--json"]);
    assert_eq!((code, error.as_str()), (0, ""));
    assert_eq!(keep(own, &["--resume"]).0, 0);
    // A damaged one is refused, one that was cut off in its last line is not.
    let whole = fs::read_to_string(&checkpoint).unwrap();
    fs::write(&checkpoint, whole.replace("[4,", "[14,")).unwrap();
    refused(own, &["--resume"], "found a damaged line");
    fs::write(&checkpoint, &whole[..whole.len() - 100]).unwrap();
    let (code, out, _) = keep(own, &["--resume", "--no-timing"]);
    assert_eq!((code, out), (0, with(&words(own), &["--no-timing"]).1));
    assert_eq!(fs::read_to_string(&checkpoint).unwrap(), whole);
}

/// The checkpoint of a law is one piece.
#[test]
fn a_law_is_kept_and_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = folder.path().join("law");
    let line = words("law benches/instances/law-million.toml --json --steps");
    let keep = |steps: &str, more: &[&str]| {
        let keeping = [
            "--checkpoint",
            text(&checkpoint),
            "--checkpoint-seconds",
            "0",
        ];
        with(&line, &[&[steps], &keeping[..], more].concat())
    };
    let whole = with(&line, &["30"]);
    // A limit that ends it on the way, and no limit.
    // On a slow machine the first level comes later.
    let error = ["0.2", "0.4", "0.8", "1.6"]
        .into_iter()
        .find_map(|seconds| {
            let (code, _, error) = keep("30", &["--timeout", seconds]);
            let kept = code == 3 && error.contains("kept: the law as it was ");
            if !kept && checkpoint.exists() {
                fs::remove_file(&checkpoint).unwrap();
            }
            kept.then_some(error)
        });
    let error = error.expect("one of them ends on the way");
    assert!(error.contains("--resume"), "{error}");
    let (code, out, error) = keep("30", &[]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.contains("expected --resume"), "{error}");
    assert_eq!(keep("30", &["--resume"]), whole);
    // What hitting times left is taken up too; the model is that of the whole.
    assert_eq!(keep("30", &["--resume"]), whole);
    let models = ["resumed.umb", "whole.umb"].map(|name| folder.path().join(name));
    keep("30", &["--resume", "--export", text(&models[0])]);
    with(&line, &["30", "--export", text(&models[1])]);
    let [resumed, model] = models.map(|path| fs::read(path).unwrap());
    assert!(resumed == model, "another model");
    for (steps, more, expected) in [
        ("31", &["--resume"][..], "steps: 30, not 31"),
        ("30", &["--resume", "--merge"], "merge: false, not true"),
        (
            "30",
            &["--resume", "--max-states", "7"],
            "max_states: 2000000, not 7",
        ),
    ] {
        let (code, out, error) = keep(steps, more);
        assert_eq!((code, out.as_str()), (2, ""));
        assert!(error.contains(expected), "{error}");
    }
    let mut bytes = fs::read(&checkpoint).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&checkpoint, bytes).unwrap();
    let (code, out, error) = keep("30", &["--resume"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.contains("found a damaged snapshot"), "{error}");
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let refused = |line: &str, expected: &str| {
        let (code, out, error) = run(&texts(&words(line)));
        assert_eq!((code, out.as_str()), (2, ""), "{line}: {error}");
        assert!(error.contains(expected), "{line}: {error}");
    };
    let own = "simulate examples/small.toml";
    for (more, expected) in [
        ("--shard 0/3", "expected a shard I/N such as 2/7"),
        ("--shard 4/3", "expected a shard I/N such as 2/7"),
        ("--shard 3", "expected a shard I/N such as 2/7"),
        ("--shard 1/3 --csv", "--csv: found it beside --shard"),
        ("--shard 1/3 --json", "expected -o FILE for the parts"),
        ("--shard 1/3 --resume", "found nothing to go on from"),
        ("--resume", "found nothing to go on from"),
        ("--checkpoint-seconds 5", "--checkpoint <FILE>"),
        ("-o x", "--shard <I/N>"),
        ("--checkpoint examples/small.toml --resume", "own input"),
        ("--shard 1/2 -o examples/small.toml", "own input"),
    ] {
        refused(&format!("{own} {more}"), expected);
    }
    refused(
        "law examples/small.toml --sweep 2,3 --shard 1/2 --svg x.svg",
        "--svg: found it beside --shard",
    );
    refused("law examples/small.toml --shard 1/2", "--sweep");
}

#[test]
fn a_plan_is_command_lines() {
    let plan = |line: &str| run(&texts(&words(line)));
    let line = "plan law examples/small.toml --sweep 2,3,4 --at 0,9 --json -o d.json --svg d.svg --shards 2";
    let (code, out, error) = plan(line);
    assert_eq!((code, error.as_str()), (0, ""));
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "set -e");
    let folder = lines[1].strip_prefix("mkdir -p ").expect(&out);
    let shard = |i: u64| {
        format!(
            "filtercert law examples/small.toml --sweep '2,3,4' --at '0,9' --shard {i}/2 -o {folder}/{i}.part --checkpoint {folder}/{i}.checkpoint --resume"
        )
    };
    assert_eq!(lines[2..4], [shard(1), shard(2)]);
    assert_eq!(
        lines[4..],
        [format!(
            "filtercert merge {folder}/*.part --json -o d.json -o d.svg"
        )]
    );
    // The folder is that of this command, its files and its number of shards; of how the answer is told, and of what
    // does the work, it knows nothing.
    let folder_of = |line: &str| {
        let out = plan(line).1;
        let made = out.lines().find_map(|line| line.strip_prefix("mkdir -p "));
        made.expect(&out).to_owned()
    };
    let same = "plan --shards 2 --slurm law examples/small.toml --sweep 2,3,4 --at 0,9 --csv";
    assert_eq!(folder_of(same), folder);
    for other in [
        "plan law examples/small.toml --sweep 2,3,5 --at 0,9 --shards 2",
        "plan law examples/hinge.toml --sweep 2,3,4 --at 0,9 --shards 2",
        "plan law examples/small.toml --sweep 2,3,4 --at 0,9 --shards 3",
    ] {
        assert_ne!(folder_of(other), folder);
    }
    assert_eq!(folder_of("plan necessity --shards 2 --in here"), "here");
    let (_, out, _) = plan("plan necessity --shards 20 --parallel --threads 2");
    assert!(out.contains("seq 20 | parallel --joblog "), "{out}");
    assert!(out.contains("--threads 2 --shard {}/20"), "{out}");
    for (line, expected) in [
        ("plan necessity", "--shards: found none"),
        ("plan necessity --shards 0", "a number of shards"),
        ("plan necessity --shards 10001", "a number of shards"),
        (
            "plan necessity -o x.json --shards 2",
            "does not end in .json",
        ),
        (
            "plan falsify --theorem T2 -ox --shards 2",
            "a space before the name",
        ),
        (
            "plan law examples/small.toml --sweep 2 --svg x --shards 2",
            "ends in .svg",
        ),
        ("plan images --recompute x --shards 2", "has no shards then"),
        ("plan necessity --shards 2 --in -x", "does not begin with -"),
        (
            "plan check x.toml --shards 2",
            "expected one that can be cut into shards",
        ),
        (
            "plan law examples/small.toml --shards 2",
            "law without --sweep",
        ),
        ("plan simulate --shards 2", "COMMAND: "),
        ("plan simulate - --shards 2", "standard input"),
        ("plan necessity --shard 1/2 --shards 2", "left to the plan"),
        ("plan necessity --nonsense --shards 2", "--nonsense"),
        (
            "plan necessity --slurm --parallel --shards 2",
            "expected one of them",
        ),
        (
            "plan falsify --theorem {} --parallel --shards 2",
            "GNU parallel replaces",
        ),
    ] {
        let (code, out, error) = plan(line);
        assert_eq!((code, out.as_str()), (2, ""), "{line}: {error}");
        assert!(error.contains(expected), "{line}: {error}");
    }
}

/// Lines for a shell that finds the program.
fn shell(script: &str, folder: &Path) -> Output {
    let program = cargo_bin("filtercert");
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", text(program.parent().unwrap()));
    Command::new("sh")
        .args(["-c", script])
        .current_dir(folder)
        .env("PATH", path)
        .output()
        .unwrap()
}

/// The lines of a plan that was made for another problem file merge nothing: every shard finds its file to be another
/// one's.
#[test]
fn a_plan_that_has_grown_old_merges_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let problem = folder.path().join("small.toml");
    fs::copy("examples/small.toml", &problem).unwrap();
    let plan = "filtercert plan simulate small.toml --runs 9 --steps 9 --csv -o all.csv --shards 2 > plan.sh && sh plan.sh";
    let output = shell(plan, folder.path());
    assert!(output.status.success());
    let all = folder.path().join("all.csv");
    let first = fs::read(&all).unwrap();
    fs::remove_file(&all).unwrap();
    // What was lost is done again.
    let lost = shell("rm shards-*/1.part && sh plan.sh", folder.path());
    assert!(lost.status.success());
    assert_eq!(fs::read(&all).unwrap(), first);
    fs::remove_file(&all).unwrap();
    let changed = fs::read_to_string(&problem).unwrap();
    fs::write(
        &problem,
        changed.replace("step = \"1/8\"", "step = \"1/2\""),
    )
    .unwrap();
    let output = shell("sh plan.sh", folder.path());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("the problem file differs"), "{said}");
    assert!(!all.exists());
}

/// A checkpoint that cannot be written costs no answer, and is told.
#[test]
fn an_answer_is_told_though_its_checkpoint_fails() {
    let folder = tempfile::tempdir().unwrap();
    let problem = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/small.toml");
    let line = format!(
        "simulate '{}' --runs 900 --steps 20 --json --no-timing",
        text(&problem)
    );
    let whole = shell(&format!("filtercert {line}"), folder.path());
    let script = format!(
        "trap '' XFSZ; ulimit -f 40; filtercert {line} --checkpoint kept --checkpoint-seconds 0"
    );
    let output = shell(&script, folder.path());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(output.stdout == whole.stdout);
    assert!(said.contains("kept: cannot be written: "), "{said}");
}

/// A thousand shards are put together in a moment: no file is open longer than it is read, and none is compared with
/// all others.
#[test]
fn a_thousand_files_are_put_together() {
    let folder = tempfile::tempdir().unwrap();
    let line = words("simulate examples/small.toml --runs 1500 --steps 9");
    let files: Vec<PathBuf> = (1..=1000)
        .map(|i| {
            let file = folder.path().join(format!("{i}.part"));
            let shard = format!("{i}/1000");
            let (code, ..) = with(&line, &["--shard", &shard, "-o", text(&file)]);
            assert_eq!(code, 0);
            file
        })
        .collect();
    let (code, out, error) = merge(&files, &["--json"]);
    assert_eq!(code, 0, "{error}");
    assert_eq!(out, with(&line, &["--json", "--no-timing"]).1);
}
