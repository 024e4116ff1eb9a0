//! Files that commands write: whole or not at all, and never over what the command reads.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_filtercert"));
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn manifest(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A copy of examples/small.toml with this name and seed.
fn small(folder: &Path, name: &str, seed: u64) -> PathBuf {
    let source = fs::read_to_string(manifest("examples/small.toml")).expect("an example");
    let lines = source.lines().map(|line| {
        if line.starts_with("name = ") {
            format!("name = \"{name}\"")
        } else if line.starts_with("seed = ") {
            format!("seed = {seed}")
        } else if line.starts_with("runs = ") {
            "runs = 20".to_owned()
        } else {
            line.to_owned()
        }
    });
    let path = folder.join(format!("{name}.toml"));
    fs::write(&path, lines.collect::<Vec<_>>().join("\n")).expect("written");
    path
}

fn is_draft(name: &str) -> bool {
    name.ends_with(".draft")
}

/// Name and content of each file of a folder, drafts left out.
fn contents(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let named = paths.map(|path| {
        let name = path.file_name().expect("a name").to_string_lossy();
        (name.into_owned(), path)
    });
    named
        .filter(|(name, _)| !is_draft(name))
        .map(|(name, path)| (name, fs::read_to_string(path).expect("UTF-8")))
        .collect()
}

/// Content without the times of the run.
fn timeless(name: &str, content: &str) -> String {
    if !name.ends_with(".json") {
        return content.to_owned();
    }
    let mut value: Value = serde_json::from_str(content).expect("whole JSON");
    if let Some(object) = value.as_object_mut() {
        object.remove("timing");
    }
    value.to_string()
}

/// Each output named as the input, in every spelling, ends with exit code 2 and leaves the file as it was.
#[cfg(unix)]
#[test]
fn an_output_is_never_the_input() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| folder.path().join(name);
    let problem = small(folder.path(), "small", 1);
    let before = fs::read(&problem).expect("the problem");
    symlink(&problem, place("link.toml")).expect("a link");
    fs::hard_link(&problem, place("hard.toml")).expect("a link");
    fs::create_dir(place("sub")).expect("a folder");
    let around = format!("{}/sub/../small.toml", text(folder.path()));
    let file = text(&problem);
    let links = ["link.toml", "hard.toml"].map(|name| text(&place(name)).to_owned());
    let spellings = [file.to_owned(), around].into_iter().chain(links);
    let refuse = |arguments: &[&str], kept: &Path, before: &[u8]| {
        let output = run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(said.contains("own input"), "{arguments:?}: {said}");
        assert_eq!(fs::read(kept).expect("kept"), before, "{arguments:?}");
    };
    for other in spellings {
        refuse(&["certify", file, "-o", &other], &problem, &before);
        refuse(&["certify", &other, "-o", file], &problem, &before);
        let law = ["law", file, "--steps", "3", "--sweep", "4", "--svg", &other];
        refuse(&law, &problem, &before);
    }
    // Both files of an export.
    for name in ["model.umb", "model.props"] {
        let within = place(name);
        fs::copy(&problem, &within).expect("copied");
        let model = place("model.umb");
        let law = [
            "law",
            text(&within),
            "--steps",
            "3",
            "--export",
            text(&model),
        ];
        refuse(&law, &within, &before);
        fs::remove_file(within).expect("removed");
    }
    // Standard input may be a file.
    let input = fs::File::open(&problem).expect("the problem");
    let mut certify = command(&["certify", "-", "-o", file]);
    let output = certify.stdin(input).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read(&problem).expect("kept"), before);
    // A report's own files: a problem that stands there under one of their names.
    let out = place("out");
    fs::create_dir(&out).expect("a folder");
    for name in ["report.json", "report.md", "norms.svg"] {
        let within = out.join(name);
        fs::copy(&problem, &within).expect("copied");
        refuse(
            &["report", text(&within), "-o", text(&out)],
            &within,
            &before,
        );
        fs::remove_file(&within).expect("removed");
        symlink(&problem, &within).expect("a link");
        refuse(&["report", file, "-o", text(&out)], &problem, &before);
        fs::remove_file(&within).expect("removed");
    }
    // The certificate, and the problem that it is compared with.
    let certificate = place("small.cert");
    let cert = text(&certificate);
    assert!(run(&["certify", file, "-o", cert]).status.success());
    let written = fs::read(&certificate).expect("written");
    let verify = ["verify", cert, "--coq", "--coq-file", cert];
    refuse(&verify, &certificate, &written);
    let verify = [&verify[..4], &[file, "--problem", file]].concat();
    refuse(&verify, &problem, &before);
    // Another file in the same folder is none of these.
    assert!(
        run(&["certify", file, "-o", text(&place("other"))])
            .status
            .success()
    );
}

/// The images of a data set are not overwritten by pictures of them.
#[cfg(unix)]
#[test]
fn a_data_set_is_never_an_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, out) = (folder.path().join("data"), folder.path().join("out"));
    fs::create_dir(&data).expect("a folder");
    fs::create_dir(&out).expect("a folder");
    // 20 images of 8 by 8 pixels of two classes, in IDX files.
    for set in ["train", "t10k"] {
        let mut images = vec![0, 0, 8, 3];
        for n in [20u32, 8, 8] {
            images.extend(n.to_be_bytes());
        }
        images.extend((0..20u32 * 64).map(|i| (i * 37 % 251) as u8));
        let mut labels = vec![0, 0, 8, 1];
        labels.extend(20u32.to_be_bytes());
        labels.extend((0..20u8).map(|i| i % 2));
        fs::write(data.join(format!("{set}-images-idx3-ubyte")), images).expect("written");
        fs::write(data.join(format!("{set}-labels-idx1-ubyte")), labels).expect("written");
    }
    let images = data.join("train-images-idx3-ubyte");
    let before = fs::read(&images).expect("written");
    fs::hard_link(&images, out.join("results.json")).expect("a link");
    let arguments = ["--quick", "--seeds", "2"];
    let arguments = [
        &["images", "--data", text(&data), "-o", text(&out)],
        &arguments[..],
    ]
    .concat();
    let output = run(&arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("own input"), "{said}");
    assert_eq!(fs::read(&images).expect("kept"), before);
}

/// Runs a command and ends it with SIGKILL: after a random share of the time that it takes, or (every other
/// time) as soon as a draft is seen.
fn killed(arguments: &[&str], folder: &Path, takes: std::time::Duration, round: u32) -> bool {
    let mut child = command(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let start = std::time::Instant::now();
    // Low-discrepancy shares of 0 to 1.2.
    let share = f64::from(round).mul_add(0.618_033_988_75, 0.25).fract() * 1.2;
    let wait = takes.mul_f64(share);
    let sees_draft = || {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .into_iter()
            .any(|entry| is_draft(&entry.file_name().to_string_lossy()))
    };
    let old = sees_draft();
    loop {
        let now = match round % 2 {
            0 => start.elapsed() >= wait,
            _ => !old && sees_draft() || start.elapsed() >= 2 * takes,
        };
        if now || child.try_wait().expect("a child").is_some() {
            break;
        }
        std::thread::yield_now();
    }
    let _ = child.kill();
    !child.wait().expect("it ended").success()
}

/// 50 kills at random moments of `report` and of `certify` over outputs of another problem leave each file as
/// it was or as it was to be.
#[test]
fn kills_leave_whole_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let problems = [
        small(folder.path(), "one", 1),
        small(folder.path(), "two", 2),
    ];
    let place = |name: &str| folder.path().join(name);
    // The outputs of either problem, and the time that the second takes.
    let mut expected: Vec<BTreeMap<String, String>> = Vec::new();
    let mut takes = [std::time::Duration::ZERO; 2];
    for (problem, name) in problems.iter().zip(["a", "b"]) {
        let out = place(name);
        let start = std::time::Instant::now();
        run(&["report", text(problem), "-o", text(&out)]);
        takes[0] = start.elapsed();
        let start = std::time::Instant::now();
        assert!(
            run(&["certify", text(problem), "-o", text(&out.join("cert"))])
                .status
                .success()
        );
        takes[1] = start.elapsed();
        let files = contents(&out).into_iter();
        expected.push(
            files
                .map(|(name, c)| (name.clone(), timeless(&name, &c)))
                .collect(),
        );
    }
    assert!(expected[0].len() >= 5, "{:?}", expected[0].keys());
    let out = place("out");
    let certificate = out.join("cert");
    run(&["report", text(&problems[0]), "-o", text(&out)]);
    run(&["certify", text(&problems[0]), "-o", text(&certificate)]);
    let mut ended_early = 0;
    for round in 0..50u32 {
        let problem = text(&problems[(1 + round as usize) % 2]);
        let report = ["report", problem, "-o", text(&out)];
        let certify = ["certify", problem, "-o", text(&certificate)];
        for (arguments, takes) in [report, certify].iter().zip(takes) {
            ended_early += u32::from(killed(arguments, &out, takes, round));
            for (name, content) in contents(&out) {
                let found = timeless(&name, &content);
                let whole = expected
                    .iter()
                    .any(|files| files.get(&name) == Some(&found));
                assert!(whole, "round {round}: {name} is neither old nor new");
            }
        }
    }
    assert!(ended_early > 25, "{ended_early} of 100 runs were killed");
    // The next run that ends removes what the killed ones left.
    run(&["report", text(&problems[0]), "-o", text(&out)]);
    run(&["certify", text(&problems[0]), "-o", text(&certificate)]);
    let names = fs::read_dir(&out).expect("a folder");
    let mut names = names.map(|entry| entry.expect("an entry").file_name());
    assert!(!names.any(|name| is_draft(&name.to_string_lossy())));
    let files = contents(&out).into_iter();
    let files: BTreeMap<_, _> = files
        .map(|(name, c)| (name.clone(), timeless(&name, &c)))
        .collect();
    assert_eq!(files, expected[0]);
}

/// What cannot be written leaves the old file, and the message names it.
#[test]
fn what_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let problem = small(folder.path(), "small", 1);
    let missing = folder.path().join("none/small.cert");
    let output = run(&["certify", text(&problem), "-o", text(&missing)]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("small.cert") && said.contains("cannot be written"),
        "{said}"
    );
    // A pipe or a device is written to as it is.
    if cfg!(target_os = "linux") {
        let output = run(&["certify", text(&problem), "-o", "/dev/stdout"]);
        assert!(
            output
                .stdout
                .starts_with(b"{\"format\":\"filtercert-certificate\"")
        );
    }
}
