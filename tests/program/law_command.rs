//! `filtercert law` as its users meet it: fields, limits, merging, phase diagrams, bad input.

use assert_cmd::cargo::cargo_bin_cmd;
use filtercert::check::phase::{Cell, PhaseConfig, phase_diagram};
use filtercert::dynamics::law::{Chain, Horizon, LawLimits};
use filtercert::number::ratio;
use filtercert::probability::interval::clopper_pearson;
use filtercert::problem::{Builtin, Problem, parse_problem, read_problem};
use num_bigint::BigInt;
use num_traits::{One, ToPrimitive};
use serde_json::Value;
use std::path::Path;

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = cargo_bin_cmd!("filtercert")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .arg("law")
        .args(arguments)
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn json(arguments: &[&str], code: i32) -> Value {
    let (found, stdout, stderr) = run(arguments);
    assert_eq!(found, code, "{arguments:?}: {stderr}");
    serde_json::from_str(&stdout).unwrap()
}

const SMALL: &str = "examples/small.toml";

#[test]
fn a_whole_law() {
    let law = json(&[SMALL, "--json"], 0);
    assert_eq!(law["steps"], 60);
    for name in ["p_perfect", "expected_accuracy", "p_settled", "states"] {
        assert_eq!(law[name].as_array().unwrap().len(), 61, "{name}");
    }
    assert_eq!(law["merged"], false);
    assert_eq!(law["p_ever_perfect"], "1");
    assert!(law["expected_steps_to_perfect"].is_string());
    assert!(law["stopped"].is_null());
    assert_eq!(law["states_to_absorption"], law["reached"]);
    let (code, text, notes) = run(&[SMALL]);
    assert_eq!((code, notes.as_str()), (0, ""));
    assert!(
        text.contains("exact") && text.contains("P(accuracy = 1)"),
        "{text}"
    );
    let (_, csv, _) = run(&[SMALL, "--csv", "--steps", "7"]);
    assert_eq!(csv.lines().count(), 9);
    assert!(csv.starts_with("t,states,p_perfect,p_perfect_approx,expected_accuracy,expected_accuracy_approx,p_settled,p_settled_approx\n"));
}

#[test]
fn merging_changes_the_states_and_nothing_else() {
    let plain = json(&[SMALL, "--json"], 0);
    let merged = json(&[SMALL, "--json", "--merge"], 0);
    assert_eq!(merged["merged"], true);
    assert!(merged["reached"].as_u64() < plain["reached"].as_u64());
    for name in [
        "p_perfect",
        "expected_accuracy",
        "p_settled",
        "expected_norm_squared",
        "expected_steps_to_perfect",
    ] {
        assert_eq!(merged[name], plain[name], "{name}");
    }
}

#[test]
fn a_limit_gives_the_law_so_far_and_exit_code_3() {
    let whole = json(&[SMALL, "--json"], 0);
    let (code, stdout, notes) = run(&[SMALL, "--json", "--max-states", "100"]);
    assert_eq!(code, 3);
    assert!(notes.contains("100") && notes.contains("states"), "{notes}");
    let law: Value = serde_json::from_str(&stdout).unwrap();
    let t = law["stopped"]["t"].as_u64().unwrap() as usize;
    assert!(t >= 1 && law["stopped"]["limit"].is_string());
    for name in ["p_perfect", "expected_accuracy", "states"] {
        let (so_far, all) = (
            law[name].as_array().unwrap(),
            whole[name].as_array().unwrap(),
        );
        assert_eq!(so_far.len(), t + 1, "{name}");
        assert_eq!(so_far[..], all[..=t], "{name}");
    }
    assert!(law["expected_steps_to_perfect"].is_null());
}

#[test]
fn other_losses_have_no_hitting_times() {
    let law = json(&["tests/vectors/law-unhinged.toml", "--json"], 0);
    assert!(law["expected_steps_to_perfect"].is_null() && law["p_ever_perfect"].is_null());
    assert!(law["hitting_times_missing"].is_string());
}

#[test]
fn bad_input() {
    for (arguments, words) in [
        (&["no-such-file.toml"][..], "no-such-file.toml"),
        (&[SMALL, "--max-states", "0"][..], "1 to 100000000"),
        (&[SMALL, "--sweep", "4", "--merge"][..], "--merge"),
        (&[SMALL, "--at", "4"][..], "--sweep"),
        (&[SMALL, "--sweep", "0"][..], "network.filters"),
        (
            &["tests/vectors/law-hinge.toml", "--sweep", "5"][..],
            "network.head",
        ),
        (
            &[SMALL, "--sweep", "4", "--svg", "no/such/folder.svg"][..],
            "no/such",
        ),
        (&[SMALL, "--export", "no/such/folder.umb"][..], "no/such"),
        (&[SMALL, "--export", "model.tar"][..], "ends in .umb"),
        (&[SMALL, "--export", "-"][..], "ends in .umb"),
        (&[SMALL, "--export", ".umb"][..], "ends in .umb"),
        (&[SMALL, "--export", "a.umb", "--sweep", "4"][..], "--sweep"),
    ] {
        let (code, stdout, stderr) = run(arguments);
        assert_eq!(code, 2, "{arguments:?}");
        assert_eq!(stdout, "", "{arguments:?}");
        assert!(stderr.contains(words), "{arguments:?}: {stderr}");
    }
}

/// Neither file takes its name before both are whole: a device that is full stands for a full disk.
#[test]
#[cfg(target_os = "linux")]
fn no_model_stands_without_its_properties() {
    let folder = tempfile::tempdir().unwrap();
    let [model, properties] = ["m.umb", "m.props"].map(|name| folder.path().join(name));
    std::os::unix::fs::symlink("/dev/full", &properties).unwrap();
    let export = [SMALL, "--steps", "2", "--export", model.to_str().unwrap()];
    let (code, _, notes) = run(&export);
    assert_eq!(code, 2, "{notes}");
    assert!(notes.contains("m.props"), "{notes}");
    assert!(!model.exists(), "{notes}");
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "only the link");
    std::fs::remove_file(&properties).unwrap();
    let (code, _, notes) = run(&export);
    assert_eq!(code, 0, "{notes}");
    assert!(model.exists() && properties.exists());
}

/// The files are those of the library, whatever is printed, and the same ones each time.
#[test]
fn a_chain_is_exported_with_its_properties() {
    let folder = tempfile::tempdir().unwrap();
    let [model, properties] = ["m.umb", "m.props"].map(|name| folder.path().join(name));
    let problem = read_problem(Path::new(SMALL)).unwrap();
    let export = ["--export", model.to_str().unwrap()];
    let limits = LawLimits::default();
    let few = LawLimits {
        max_states: 100,
        ..LawLimits::default()
    };
    for (arguments, steps, merge, limits, code) in [
        (&["--steps", "9"][..], 9, false, &limits, 0),
        (&["--steps", "9", "--json"][..], 9, false, &limits, 0),
        (&["--merge", "--csv"][..], 60, true, &limits, 0),
        (&["--max-states", "100"][..], 60, false, &few, 3),
    ] {
        let arguments = [&[SMALL][..], arguments].concat();
        let (found, text, notes) = run(&[&arguments[..], &export].concat());
        assert_eq!(found, code, "{arguments:?}: {notes}");
        assert_eq!(text, run(&arguments).1, "{arguments:?}");
        for file in [&model, &properties] {
            assert!(
                notes.contains(&format!("wrote {}\n", file.display())),
                "{notes}"
            );
        }
        let chain = Chain::build(&problem, Horizon::Steps(steps), merge, limits).unwrap();
        let mut bytes = Vec::new();
        chain.write_umb(&mut bytes).unwrap();
        assert!(std::fs::read(&model).unwrap() == bytes, "{arguments:?}");
        let asked = std::fs::read_to_string(&properties).unwrap();
        assert_eq!(asked, chain.properties(steps), "{arguments:?}");
    }
    // A folder in the way: nothing is computed, printed or left.
    let in_the_way = folder.path().join("n.props");
    std::fs::create_dir(&in_the_way).unwrap();
    let (code, text, notes) = run(&[
        SMALL,
        "--export",
        folder.path().join("n.umb").to_str().unwrap(),
    ]);
    assert_eq!((code, text.as_str()), (2, ""));
    assert!(notes.contains("n.props: cannot be written"), "{notes}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn a_phase_diagram_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let svg = folder.path().join("phase.svg");
    let sweep = [SMALL, "--sweep", "2,4,6", "--at", "0,10,40"];
    let (code, text, notes) = run(&[&sweep[..], &["--svg", svg.to_str().unwrap()]].concat());
    assert_eq!(code, 0);
    assert!(
        notes.contains("phase.svg") && text.contains("t = 40"),
        "{text}"
    );
    assert!(std::fs::read_to_string(&svg).unwrap().contains("</svg>"));
    let document = json(&[&sweep[..], &["--json"]].concat(), 0);
    let cells = document["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 9);
    // The row of the file's own size is the law itself.
    let law = json(&[SMALL, "--json", "--steps", "40"], 0);
    let own = cells
        .iter()
        .find(|cell| cell["filters"] == 4 && cell["t"] == 40)
        .unwrap();
    assert_eq!(own["evidence"], "exact");
    assert_eq!(own["p_perfect"]["exact"], law["p_perfect"][40]);
    // With too few states allowed, later cells are sampled and say so.
    let few = ["--max-states", "30", "--runs", "50", "--csv"];
    let (code, csv, _) = run(&[&sweep[..], &few].concat());
    assert_eq!(code, 0);
    assert!(csv.lines().any(|line| line.starts_with("4,0,exact,0,")));
    assert!(
        csv.lines()
            .any(|line| line.starts_with("4,40,sampled,") && line.ends_with(",50"))
    );
}

/// The filters of a smaller network are the first of a larger one.
#[test]
fn rows_share_their_first_filters() {
    for problem in [
        read_problem(Path::new(SMALL)).unwrap(),
        Builtin::Hinge.read().unwrap().problem,
    ] {
        let larger = problem.with_filters(problem.n_filters() + 3).unwrap();
        let back = larger.with_filters(problem.n_filters()).unwrap();
        assert_eq!(back, problem);
        assert_eq!(
            larger.network().weights.row(1),
            problem.network().weights.row(1)
        );
        assert_ne!(larger.n_filters(), problem.n_filters());
    }
}

/// Sampled cells against the exact law: each interval of error 1e-10 holds the exact value (36 cells
/// at most: error 4e-9 were seeds not fixed). Power: 4,000 runs tell probabilities apart that differ
/// by 0.06 or more, since the interval is at most that wide.
#[test]
fn sampled_cells_agree_with_exact_ones() {
    let fixed = |name: &str| read_problem(&Path::new("tests/vectors").join(name)).unwrap();
    let trained: Problem = parse_problem(
        "trained.toml",
        &std::fs::read_to_string(SMALL)
            .unwrap()
            .replace("train = \"filters\"", "train = \"filters+head\"")
            .replace("\"hinge\"", "\"unhinged\""),
        filtercert::problem::Format::Toml,
    )
    .unwrap();
    let confidence = filtercert::number::Q::one()
        - filtercert::number::Q::new(1.into(), BigInt::from(10).pow(10));
    let mut sampled_cells = 0;
    for (problem, times) in [
        (fixed("law-hinge.toml"), vec![2, 5, 10, 20]),
        (fixed("law-unhinged.toml"), vec![1, 3, 6]),
        (read_problem(Path::new(SMALL)).unwrap(), vec![5, 10, 20, 30]),
        (trained, vec![1, 2, 3, 4]),
    ] {
        let diagram = |max_states| {
            let config = PhaseConfig {
                filters: vec![problem.n_filters()],
                times: times.clone(),
                runs: 4_000,
                limits: LawLimits {
                    max_states,
                    ..LawLimits::default()
                },
                progress: None,
            };
            phase_diagram(&problem, &config).unwrap().remove(0).cells
        };
        for (exact, sampled) in diagram(200_000).into_iter().zip(diagram(1)) {
            let Cell::Exact(p) = exact else {
                panic!("{}: {exact:?}", problem.name());
            };
            let Cell::Sampled { perfect, runs, .. } = sampled else {
                panic!("{}: {sampled:?}", problem.name());
            };
            let [low, high] = clopper_pearson(perfect, runs, &confidence);
            let p = p.to_f64().unwrap();
            assert!(
                low <= p && p <= high,
                "{}: {p} {low} {high}",
                problem.name()
            );
            assert!(high - low < 0.11, "{low} {high}");
            sampled_cells += 1;
        }
    }
    assert_eq!(sampled_cells, 15);
    assert_eq!(Cell::confidence(), ratio(99, 100));
}

/// The report shows the same law beside the simulated runs.
#[test]
fn the_report_shows_the_law() {
    let folder = tempfile::tempdir().unwrap();
    let problem = folder.path().join("few-runs.toml");
    let text = std::fs::read_to_string(SMALL).unwrap();
    std::fs::write(&problem, text.replace("runs = 1000", "runs = 50")).unwrap();
    let output = cargo_bin_cmd!("filtercert")
        .current_dir(folder.path())
        .args(["report", "few-runs.toml", "-o", "out"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let report: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("out/report.json")).unwrap())
            .unwrap();
    let law = json(&[SMALL, "--json"], 0);
    let points = report["series"]["probabilities"].as_array().unwrap();
    assert_eq!(points.last().unwrap()["t"], 60);
    for point in points {
        let t = point["t"].as_u64().unwrap() as usize;
        assert_eq!(point["exact"], law["p_perfect"][t]);
        assert!(point["sampled"]["ci"].is_array());
    }
    let plot = std::fs::read_to_string(folder.path().join("out/perfect.svg")).unwrap();
    assert!(plot.contains("exact law of SGD"));
}

/// One atom has D = 1, so the numbers never grow: the length of the answer stops it.
#[test]
fn an_endless_answer_stops_at_its_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one-atom.toml");
    let text = "name = \"one-atom\"\n[dictionary]\nbackground = 0\n[distribution]\n\
        atoms = [{ label = \"+\", counts = [1, 0], probability = \"1\" }]\n[network]\n\
        activation = \"relu\"\npooling = \"sum\"\nhead = [\"1\"]\nweights = [[\"1/2\", \"-1/2\"]]\n\
        [training]\nloss = \"hinge\"\ntrain = \"filters\"\nstep = \"1/4\"\nbatch = 1\nsteps = 5\n\
        runs = 1\nseed = 1\n";
    std::fs::write(&path, text).unwrap();
    let steps = u64::MAX.to_string();
    let (code, stdout, notes) = run(&[path.to_str().unwrap(), "--steps", &steps]);
    assert_eq!(code, 3);
    assert!(notes.contains("words"), "{notes}");
    assert!(stdout.contains("one-atom"));
}
