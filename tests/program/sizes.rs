//! Small inputs that ask for more than there is: numbers beyond any axis, batches and steps beyond any
//! memory. Each command ends soon, and names what stopped it.

use filtercert::certificate::format::{Certificate, Claim, Natural, Number};
use filtercert::certificate::verify::{Limit, MAX_WORK, Verdict, VerifyError, verify};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Exit code, standard output, standard error; the command must end within a minute.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_filtercert"));
    let start = Instant::now();
    let output = command.args(arguments).output().expect("the binary runs");
    assert!(start.elapsed() < Duration::from_secs(60), "{arguments:?}");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cases")
        .join(name)
}

/// A problem file with some lines replaced.
fn changed(folder: &Path, source: &Path, lines: &[(&str, &str)]) -> PathBuf {
    let source = fs::read_to_string(source).expect("a problem");
    let changed = source.lines().map(|line| {
        let key = line.split(['=', ' ']).next().unwrap_or_default();
        match lines.iter().find(|(name, _)| *name == key) {
            Some((name, value)) => format!("{name} = {value}"),
            None => line.to_owned(),
        }
    });
    let path = folder.join("changed.toml");
    fs::write(&path, changed.collect::<Vec<_>>().join("\n")).expect("written");
    path
}

/// The labels of the ticks of a plot, and its other words.
fn words(svg: &str) -> Vec<&str> {
    let texts = svg.split("<text").skip(1);
    let inner = texts.filter_map(|t| t.split_once('>')?.1.split_once("</text>"));
    inner.map(|(words, _)| words.trim()).collect()
}

#[test]
fn a_report_of_values_beyond_any_axis_says_what_it_cannot_show() {
    let folder = tempfile::tempdir().expect("a folder");
    let example = |name: &str| {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("examples")
            .join(name)
    };
    let out = folder.path().join("out");
    let few = ("runs", "20");
    let growing = [("step", "\"1/8\""), ("steps", "12000"), few];
    for (name, source, lines, lost) in [
        ("wide-axis", case("wide-axis.toml"), &[][..], true),
        (
            "a longer step",
            case("wide-axis.toml"),
            &[("step", "\"1e900\"")],
            true,
        ),
        ("trained-head", example("trained-head.toml"), &growing, true),
        (
            "small steps",
            example("small.toml"),
            &[("step", "\"1e-320\""), few],
            false,
        ),
    ] {
        let problem = changed(folder.path(), &source, lines);
        let (code, _, err) = run(&["report", text(&problem), "-o", text(&out)]);
        assert!(matches!(code, Some(0 | 1 | 3)), "{name}: {code:?} {err}");
        let page = fs::read_to_string(out.join("report.md")).expect("a page");
        let norms = ["norms.svg", "norms-sgd.svg"].map(|name| fs::read_to_string(out.join(name)));
        let norms = norms.map(|plot| plot.unwrap_or_default()).concat();
        let said = "points are not drawn: their values are not between 1e-300 and 1e300 in size";
        assert!(page.contains(said) || !lost, "{name}");
        assert_eq!(norms.contains(said), lost, "{name}");
        for plot in ["norms.svg", "ratio.svg", "accuracy.svg", "alignment.svg"] {
            let Ok(svg) = fs::read_to_string(out.join(plot)) else {
                continue;
            };
            assert!(svg.trim_end().ends_with("</svg>"), "{name} {plot}");
            assert!(svg.len() < 1 << 20, "{name} {plot}: {} bytes", svg.len());
            let numbers = words(&svg)
                .into_iter()
                .filter(|word| word.parse::<f64>().is_ok());
            assert!(numbers.count() >= 4, "{name} {plot}: {:?}", words(&svg));
            assert!(
                !svg.contains("infinite") && !svg.contains("NaN"),
                "{name} {plot}"
            );
        }
        fs::remove_dir_all(&out).expect("removed");
    }
}

/// A batch of 10^9 has no sample path in a certificate; the limit is named, and the rest is written.
#[test]
fn a_batch_that_does_not_fit_is_a_limit() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("batch.cert");
    let problem = case("batch-1e9.toml");
    let (code, out, err) = run(&["certify", text(&problem), "-o", text(&file), "--json"]);
    assert_eq!(code, Some(3), "{err}");
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    let why = "sample path up to step 0 of 50: longer takes more than 100000 samples, the limit, \
               at 1000000000 samples a step";
    assert_eq!(answer["shortened"], serde_json::json!([why]), "{out}");
    let (code, _, err) = run(&["verify", text(&file), "--problem", text(&problem)]);
    assert_eq!(code, Some(0), "{err}");
    // Alone there is nothing to write, for the same reason.
    let alone = folder.path().join("alone.cert");
    let arguments = [
        "certify",
        text(&problem),
        "-o",
        text(&alone),
        "--claim",
        "path",
    ];
    let (code, out, err) = run(&arguments);
    assert_eq!((code, out.as_str()), (Some(3), ""));
    assert!(err.contains(why), "{err}");
    assert!(!alone.exists());
    // Batches up to the limit have a path, as long as the samples reach.
    for (batch, steps) in [("1000", 50), ("30000", 3), ("100000", 1), ("100001", 0)] {
        let problem = changed(folder.path(), &problem, &[("batch", batch)]);
        let arguments = [
            "certify",
            text(&problem),
            "-o",
            text(&file),
            "--claim",
            "path",
        ];
        let (code, _, err) = run(&arguments);
        assert_eq!(code, Some(if steps == 0 { 3 } else { 0 }), "{batch}: {err}");
        if steps > 0 {
            let read = fs::read_to_string(&file).expect("written");
            let certificate = Certificate::read(&read).expect("canonical");
            assert_eq!(certificate.claims[0].step(), steps, "{batch}");
        }
    }
}

/// More weights than a certificate holds are refused before anything is computed.
#[test]
fn weights_that_do_not_fit_a_certificate_are_a_limit() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("many.cert");
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/small.toml");
    let problem = changed(folder.path(), &small, &[("filters", "1000000")]);
    let (code, out, err) = run(&["certify", text(&problem), "-o", text(&file)]);
    assert_eq!((code, out.as_str()), (Some(3), ""));
    assert!(
        err.contains("4000000 weights do not fit a certificate"),
        "{err}"
    );
    assert!(!file.exists());
}

/// The certificate of this name with this claim in place of its own.
fn with_claim(claim: Claim) -> Certificate {
    let read = fs::read_to_string(case("law-2e64.cert")).expect("a certificate");
    let mut certificate = Certificate::read(&read).expect("canonical");
    certificate.claims = vec![claim];
    certificate
}

/// Claims about steps that no work reaches are not covered, and this is seen before the work is done.
#[test]
fn steps_out_of_reach_are_refused_at_once() {
    let last = u64::MAX;
    let one = || Number::from(filtercert::number::integer(1));
    let t = |t| Natural(t);
    let start = || {
        let problem = with_claim(Claim::Law {
            t: t(0),
            perfect: one(),
        })
        .problem;
        (problem.weights, problem.head)
    };
    let (weights, head) = start();
    let claims = [
        Claim::Law {
            t: t(last),
            perfect: one(),
        },
        Claim::Law {
            t: t(1 << 40),
            perfect: one(),
        },
        Claim::Law {
            t: t(100_000),
            perfect: one(),
        },
        Claim::Law {
            t: t(5_000),
            perfect: one(),
        },
        Claim::Accuracy {
            t: t(last),
            accuracy: one(),
        },
        Claim::Accuracy {
            t: t(10_000_000),
            accuracy: one(),
        },
        Claim::NormDominance {
            t: t(last),
            ratio: one(),
        },
        Claim::State {
            t: t(1 << 50),
            weights,
            head,
        },
    ];
    for claim in claims {
        let said = format!("{} at step {}", claim.kind(), claim.step());
        let certificate = with_claim(claim);
        let report = verify(&certificate);
        assert_eq!(report.verdict(), Verdict::NotCovered, "{said}");
        let Err(VerifyError::NotCovered { what, .. }) = report.claims[0].result else {
            panic!("{said}: {report:?}");
        };
        assert_eq!(what, Limit::Work, "{said}");
        assert!(report.work < MAX_WORK / 3, "{said}: {}", report.work);
    }
    let (code, out, _) = run(&["verify", text(&case("law-2e64.cert"))]);
    assert_eq!(code, Some(3), "{out}");
    assert!(out.contains("more work than the limit"), "{out}");
}

/// A background that moves by 2^63 a step leaves every band at once: a certificate may claim probability 0 of
/// staying there, and no more.
#[test]
fn counts_at_the_ends_of_their_range_are_answered() {
    for count in [1u64 << 63, (1 << 63) - 1, u64::MAX, 1 << 32] {
        for (bound, verdict) in [("0", Verdict::Valid), ("1/2", Verdict::Invalid)] {
            let count = count.to_string();
            let atom = |label: &str, keys: [&str; 2]| {
                let counts = [keys[0], keys[1], &count];
                serde_json::json!({ "label": label, "counts": counts, "probability": "1/2" })
            };
            let certificate = serde_json::json!({
                "problem": {
                    "gram": [["1", "0", "0"], ["0", "1", "0"], ["0", "0", "1"]],
                    "atoms": [atom("+", ["1", "0"]), atom("-", ["0", "1"])],
                    "loss": "unhinged",
                    "train": "filters",
                    "step": "1/8",
                    "batch": "1",
                    "head": ["1", "-1"],
                    "weights": [["1", "0", "0"], ["0", "1", "0"]],
                },
                "segments": [],
                "claims": [{
                    "kind": "probability", "ratio": null, "from": "1", "t": "1",
                    "label_counts": ["0", "0"], "walks": ["5"], "bound": bound,
                }],
            });
            let certificate: Certificate = serde_json::from_value(certificate).expect("one");
            let report = verify(&certificate);
            assert_eq!(report.verdict(), verdict, "{count} {bound}: {report:?}");
        }
    }
}

/// The last step there is.
#[test]
fn the_last_step_of_all_is_a_step() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("some.cert");
    let example = |name: &str| {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("examples")
            .join(name)
    };
    for name in ["small.toml", "balanced.toml", "hinge.toml", "coherent.toml"] {
        let problem = example(name);
        let last = u64::MAX.to_string();
        let arguments = [
            "certify",
            text(&problem),
            "-o",
            text(&file),
            "--claim",
            "state",
        ];
        let (code, out, err) = run(&[&arguments[..], &["--at", &last]].concat());
        assert!(matches!(code, Some(0 | 3)), "{name}: {code:?} {out} {err}");
    }
}
