//! What happens beyond the range of floats: runs end there, and whoever reads them says so.

use crate::common::strategy::property;
use crate::common::{Shape, case, run};
use filtercert::check::phase::{Cell, PhaseConfig, phase_diagram};
use filtercert::check::{Config, check};
use filtercert::dynamics::law::LawLimits;
use filtercert::dynamics::sgd::{
    AccuracyKind, Probe, Quantiles, Simulate, Simulation, Snapshot, simulate, state_after,
};
use filtercert::number::{Q, integer, ratio};
use filtercert::problem::assumption::audit;
use filtercert::problem::{Format, Loss, Pooling, Problem, Train, parse_problem};
use filtercert::theory::context::Context;
use filtercert::theory::record::TheoremId;
use filtercert::theory::rounding::Rounding;
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::verdict::{Outcome, Verdict};
use num_bigint::BigInt;
use serde_json::Value;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

fn power_of_ten(exponent: u32) -> Q {
    integer(BigInt::from(10).pow(exponent))
}

fn is_finite(problem: &Problem, run: u64, steps: u64) -> bool {
    let state = state_after(problem, problem.training().seed, run, steps);
    let mut numbers = state.weights.entries().iter().chain(&state.head);
    numbers.all(|x| x.is_finite())
}

/// Looks at all states, which must be finite.
#[derive(Default)]
struct Finite(AtomicU64);

impl Probe for Finite {
    fn visit(&self, s: &Snapshot<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
        for j in 0..s.n_filters() {
            assert!(s.head(j).is_finite());
            assert!((0..s.n_patterns()).all(|p| s.weight(j, p).is_finite()));
        }
        assert!(s.gate_sums.iter().all(|x| x.is_finite()));
    }
}

/// The invariants of a simulation with overflow, against states computed step by step.
fn examine(problem: &Problem) -> Simulation {
    let probe = Finite::default();
    let config = Simulate::of(problem);
    let simulation = simulate(problem, &config, Some(&probe));
    let runs = problem.training().runs;
    for (run, end) in simulation.ends.iter().enumerate() {
        let run = run as u64;
        match end.not_finite_from {
            None => assert!(is_finite(problem, run, config.steps)),
            Some(step) => {
                assert!(!is_finite(problem, run, step), "run {run} at {step}");
                assert!(step == 0 || is_finite(problem, run, step - 1), "run {run}");
                assert!(!end.perfect && end.updates < step.max(1));
            }
        }
    }
    let ended = |end: &&filtercert::dynamics::sgd::RunEnd| end.not_finite_from.is_some();
    let ended = simulation.ends.iter().filter(ended).count() as u64;
    assert_eq!(simulation.finite_runs, runs - ended);
    let first = simulation
        .ends
        .iter()
        .filter_map(|e| e.not_finite_from)
        .min();
    assert_eq!(simulation.not_finite_from, first);
    let mut visits = 0;
    for point in &simulation.series {
        let finite = simulation
            .ends
            .iter()
            .filter(|e| e.not_finite_from.is_none_or(|step| step > point.t))
            .count() as u64;
        visits += finite;
        assert_eq!(point.finite_runs, finite, "{}", point.t);
        assert_eq!(point.accuracy == Quantiles::default(), finite == 0);
        if finite < runs {
            assert_eq!(point.perfect_runs, None);
            assert_ne!(point.accuracy_kind, AccuracyKind::Exact);
        }
        for q in [
            point.winner_norm,
            point.loser_norm,
            point.ratio,
            point.alignment,
            point.accuracy,
        ] {
            let values = [q.q05, q.q50, q.q95];
            assert!(values.iter().flatten().all(|x| x.is_finite()));
        }
    }
    assert_eq!(probe.0.into_inner(), visits);
    assert!((0.0..=1.0).contains(&simulation.near_threshold_share));
    assert!((0.0..=1.0).contains(&simulation.open_gate_share));
    assert_eq!(simulation.overflow().is_some(), ended > 0);
    simulation
}

#[test]
fn runs_end_at_the_step_at_which_they_overflow() {
    let problem = case("overflow");
    let simulation = examine(&problem);
    assert_eq!(simulation.finite_runs, 0);
    let from = simulation.not_finite_from.unwrap();
    // Margins overflow long before the state does: accuracy is still decided, and is 1.
    let late = simulation
        .series
        .iter()
        .filter(|p| p.t > 1_000 && p.t < from);
    for point in late {
        assert_eq!(point.accuracy.q50, Some(1.0), "{}", point.t);
        assert!(point.winner_norm.q50 > Some(1e140));
    }
    let after = simulation.series.iter().filter(|p| p.t >= 2_100);
    assert!(after.clone().count() > 0);
    for point in after {
        assert_eq!(point.accuracy, Quantiles::default());
    }
}

#[test]
fn some_runs_may_overflow_and_others_not() {
    let mut problem = case("overflow");
    problem = problem
        .changed(|parts| parts.training.step = power_of_ten(100))
        .unwrap();
    let simulation = examine(&problem);
    assert!(simulation.finite_runs > 0 && simulation.finite_runs < 20);
    // From the start, in one step, and never.
    problem = problem
        .changed(|parts| parts.network.head[0] = power_of_ten(400))
        .unwrap();
    assert_eq!(examine(&problem).not_finite_from, Some(0));
    let mut problem = case("overflow");
    problem = problem
        .changed(|parts| parts.training.step = power_of_ten(400))
        .unwrap();
    assert_eq!(examine(&problem).not_finite_from, Some(1));
    problem = problem
        .changed(|parts| parts.training.step = ratio(1, 1_000))
        .unwrap();
    assert_eq!(examine(&problem).not_finite_from, None);
}

/// Random problems that blow up, over losses, poolings and both kinds of training.
#[test]
fn random_problems_that_blow_up() {
    let mut overflown = 0;
    for loss in [Loss::Unhinged, Loss::Square, Loss::SquaredHinge] {
        for pooling in [Pooling::Sum, Pooling::Max] {
            for train in [Train::Filters, Train::FiltersAndHead] {
                let shape = Shape {
                    loss,
                    pooling,
                    train,
                    steps: 60..=60,
                    ..Shape::default()
                };
                property(shape, 60, 6, |mut problem| {
                    problem = problem
                        .changed(|parts| parts.training.step = power_of_ten(30))
                        .unwrap();
                    overflown += u64::from(examine(&problem).not_finite_from.is_some());
                });
            }
        }
    }
    println!("{overflown} overflown");
    assert!(overflown >= 20);
}

#[test]
fn sampled_cells_after_an_overflow_are_missing_and_name_the_step() {
    let problem = case("overflow");
    let config = PhaseConfig {
        filters: vec![4],
        times: vec![1_600, 2_400],
        runs: 200,
        limits: LawLimits {
            max_states: 2,
            ..LawLimits::default()
        },
        progress: None,
    };
    let rows = phase_diagram(&problem, &config).unwrap();
    assert!(matches!(rows[0].cells[0], Cell::Sampled { perfect, .. } if perfect > 190));
    let Cell::Missing(why) = &rows[0].cells[1] else {
        panic!("{:?}", rows[0].cells[1]);
    };
    assert!(
        why.contains("undecided: 200 of 200 runs") && why.contains("step 19"),
        "{why}"
    );
}

/// The note on standard error, but for progress.
fn notes(stderr: &str) -> Vec<&str> {
    stderr
        .lines()
        .filter(|l| l.contains("range of f64"))
        .collect()
}

#[test]
fn commands_say_it_once_and_print_null() {
    let file = "tests/cases/overflow.toml";
    let (code, json, error) = run(&["simulate", file, "--json"]);
    assert_eq!((code, notes(&error).len()), (0, 1), "{error}");
    let document: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(document["finite_runs"], 0);
    let from = document["not_finite_from"].as_u64().unwrap();
    for point in document["series"].as_array().unwrap() {
        let gone = point["t"].as_u64().unwrap() >= 2_100;
        for key in ["winner_norm", "ratio", "alignment", "accuracy"] {
            assert_eq!(point[key]["q50"].is_null(), gone, "{key} {point}");
        }
    }
    let (code, text, error) = run(&["simulate", file]);
    let sentence =
        format!("all 20 runs leave the range of f64, the first at step {from}; values end there\n");
    assert_eq!(code, 0);
    assert_eq!(text.matches(&sentence).count(), 1);
    assert_eq!(error, sentence);
    assert!(!text.contains("inf") && !text.contains("NaN"));
    let (_, csv, _) = run(&["simulate", file, "--csv"]);
    assert!(!csv.contains("inf") && !csv.contains("NaN"));
    let sweep = [
        "law",
        "--sweep",
        "4",
        "--at",
        "1600,2400",
        "--runs",
        "200",
        "--max-states",
        "2",
    ];
    let (code, text, error) = run(&[&sweep[..], &[file]].concat());
    assert_eq!((code, notes(&error).len()), (3, 1), "{error}");
    assert!(text.contains("undecided: 200 of 200 runs have left the range of f64"));
    let row: Vec<&str> = text.lines().last().unwrap().split_whitespace().collect();
    assert_eq!((row[0], row[2]), ("4", "-"), "{text}");
    let (_, json, _) = run(&[&sweep[..], &[file, "--json"]].concat());
    let document: Value = serde_json::from_str(&json).unwrap();
    assert!(document["cells"][1]["p_perfect"].is_null());
    assert!(
        document["cells"][1]["missing"]
            .as_str()
            .unwrap()
            .contains("step")
    );
    let (_, text, error) = run(&["check", file]);
    assert_eq!(notes(&error).len(), 1);
    assert!(text.contains("all 20 runs leave the range of f64"));
    let folder = tempfile::tempdir().unwrap();
    let (_, _, error) = run(&["report", file, "-o", folder.path().to_str().unwrap()]);
    assert_eq!(notes(&error).len(), 1, "{error}");
    let json = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    let document: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(document["series"]["simulated_finite_runs"], 0);
    assert_eq!(document["series"]["simulated_not_finite_from"], from);
    let page = std::fs::read_to_string(folder.path().join("report.md")).unwrap();
    assert!(page.contains("all 20 runs leave the range of f64"));
}

fn outcome(problem: &Problem, id: TheoremId) -> Outcome {
    let report = check(problem, &Config::default());
    report.outcomes.into_iter().find(|o| o.id() == id).unwrap()
}

/// Squared hinge, relu, a fixed head: T3 looks at all simulated runs.
#[test]
fn a_theorem_that_reads_the_runs_is_undecided_and_names_the_step() {
    let shape = Shape {
        loss: Loss::SquaredHinge,
        steps: 40..=40,
        ..Shape::default()
    };
    let mut seen = 0;
    property(shape, 300, 12, |mut problem| {
        problem = problem
            .changed(|parts| parts.training.step = power_of_ten(200))
            .unwrap();
        let simulation = examine(&problem);
        let Some(step) = simulation.not_finite_from else {
            return;
        };
        let found = outcome(&problem, TheoremId::T3);
        let Verdict::Undecided { limit } = &found.verdict else {
            panic!("{:?}", found.verdict);
        };
        assert!(
            limit.to_string().contains(&format!("step {step}")),
            "{limit}"
        );
        seen += 1;
    });
    assert!(seen >= 3);
}

fn rounding(problem: &Problem) -> Outcome {
    let audits = audit(problem);
    Rounding.check(&Context::new(problem, &audits), Theory::Stated)
}

#[test]
fn the_two_zeros_are_equal() {
    let found = rounding(&case("minus-zero"));
    assert!(matches!(found.verdict, Verdict::Holds { .. }), "{found:?}");
    let (code, _, error) = run(&["check", "tests/cases/minus-zero.toml"]);
    assert_eq!(code, 0, "{error}");
}

/// Beyond the range of floats T10 compares nothing and refutes nothing.
#[test]
fn rounding_is_never_refuted_beyond_the_range_of_floats() {
    let tiny = |exponent: u32| power_of_ten(exponent).recip();
    for name in ["minus-zero", "overflow", "sim-tie"] {
        for step in [
            power_of_ten(400),
            power_of_ten(307),
            power_of_ten(160),
            tiny(400),
            tiny(324),
            tiny(310),
        ] {
            for scale in [
                integer(1),
                power_of_ten(400),
                power_of_ten(300),
                tiny(400),
                tiny(320),
            ] {
                let mut problem = case(name);
                problem = problem
                    .changed(|parts| {
                        parts.training.step = step.clone();
                        parts.network.weights = problem.network().weights.map(|z| z * &scale);
                        parts.training.steps = problem.training().steps.min(60);
                        parts.training.runs = 3;
                    })
                    .unwrap();
                let found = rounding(&problem);
                let refuted = matches!(found.verdict, Verdict::Refuted { .. });
                assert!(!refuted, "{name}, {step}, {scale}: {:?}", found.verdict);
                if scale > power_of_ten(350) {
                    let undecided = matches!(&found.verdict, Verdict::Undecided { limit } if limit.to_string().contains("step 0"));
                    assert!(undecided, "{name}: {:?}", found.verdict);
                }
            }
        }
    }
    // Every step overflows at once: nothing but the start can be compared.
    let mut problem = case("overflow");
    problem = problem
        .changed(|parts| parts.training.step = power_of_ten(400))
        .unwrap();
    let found = rounding(&problem);
    let Verdict::Undecided { limit } = &found.verdict else {
        panic!("{:?}", found.verdict);
    };
    assert!(
        limit
            .to_string()
            .contains("a float leaves its range at step 1"),
        "{limit}"
    );
    // It overflows after some steps: those were compared, and this is said.
    problem = problem
        .changed(|parts| parts.training.step = power_of_ten(100))
        .unwrap();
    let found = rounding(&problem);
    assert!(matches!(found.verdict, Verdict::Holds { .. }), "{found:?}");
    assert!(
        found
            .because
            .to_string()
            .contains("a float leaves its range at step")
    );
}

#[test]
fn a_replay_that_overflows_is_valid_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("problem.toml");
    let source = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/overflow.toml"),
    )
    .unwrap()
    .replace("step = \"1\"", "step = \"1e100\"");
    std::fs::write(&file, source).unwrap();
    let samples = folder.path().join("samples.jsonl");
    std::fs::write(
        &samples,
        "{\"label\": \"+\", \"counts\": [1,0,1,0]}\n".repeat(8),
    )
    .unwrap();
    let (file, samples) = (file.to_str().unwrap(), samples.to_str().unwrap());
    let (code, json, error) = run(&["replay", file, "--samples", samples, "--json"]);
    assert_eq!(code, 0, "{error}");
    let document: Value = serde_json::from_str(&json).unwrap();
    let step = document["not_finite_from"].as_u64().unwrap();
    assert!((1..=8).contains(&step));
    assert!(document["max_abs_error"].is_null() && document["error_bound"].is_null());
    let sentence = format!("the f64 state leaves its range at step {step}");
    assert!(error.contains(&sentence), "{error}");
    let (_, text, _) = run(&["replay", file, "--samples", samples]);
    assert!(text.contains(&sentence), "{text}");
}

/// Margins beyond the range of floats, by sums that cancel on the way: the gate goes by their sign.
#[test]
fn gates_are_decided_where_margins_overflow() {
    let source = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/overflow.toml"),
    )
    .unwrap();
    for (loss, pooling, own, other, updates) in [
        ("hinge", "sum", "2e160", "1e160", 0),
        ("hinge", "sum", "1e160", "2e160", 1),
        ("perceptron", "sum", "2e160", "1e160", 0),
        ("perceptron", "max", "1e160", "2e160", 1),
        ("squared-hinge", "max", "2e160", "1e160", 0),
    ] {
        let row = |z: &str| format!("[\"{z}\", \"{z}\", \"0\", \"0\"]");
        let weights = format!("weights = [{}, {}]", row(own), row(other));
        let text = source
            .replace("loss = \"unhinged\"", &format!("loss = \"{loss}\""))
            .replace("pooling = \"sum\"", &format!("pooling = \"{pooling}\""))
            .replace("head = \"alternating\"", "head = [\"1e160\", \"-1e160\"]")
            .replace("prior = [\"1/2\", \"1/2\"]", "prior = [\"1\", \"0\"]")
            .replace("step = \"1\"", "step = \"1e-300\"");
        let lines: Vec<&str> = text
            .lines()
            .filter(|l| !l.starts_with("filters") && !l.starts_with("init"))
            .collect();
        let text = lines
            .join("\n")
            .replace("[training]", &format!("{weights}\n[training]"));
        let problem = parse_problem("overflow.toml", &text, Format::Toml).unwrap();
        let config = Simulate {
            runs: 4,
            steps: 1,
            times: vec![0, 1],
            ..Simulate::of(&problem)
        };
        let simulation = simulate(&problem, &config, None);
        for end in &simulation.ends {
            assert_eq!(end.updates, updates, "{loss} {pooling} {own} {other}");
        }
    }
}
