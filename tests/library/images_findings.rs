//! The findings F1 to F6 where their truth is known: on planted patterns, trained as in the theory, they are
//! seen; and each of them can fail.

use filtercert::images::bridge::{BridgePlan, bridge};
use filtercert::images::data::{DataSet, Images};
use filtercert::images::findings::{ALL, F1, Finding, Verdict, decide, findings};
use filtercert::images::network::{Architecture, Head, Loss, PoolKind, Pooling};
use filtercert::images::planted::{self, Kind, PATCH};
use filtercert::images::study::{KeyPatches, Measured, Study};
use filtercert::images::training::{Plan, Unwatched};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn study() -> Study {
    Study {
        plan: Plan {
            architecture: Architecture {
                filters: 16,
                kernel: PATCH,
                stride: PATCH,
                pooling: Pooling {
                    kind: PoolKind::Sum,
                    side: None,
                },
                head: Head::FixedSigns,
                loss: Loss::Unhinged,
                bias: false,
            },
            init_scale: 0.1,
            step: 0.02,
            batch: 16,
            epochs: 8,
            seed: 1,
        },
        scale: 0.1,
        scales: vec![3.0, 0.1],
        seeds: (1..=8).collect(),
    }
}

fn run(study: &Study, data: &DataSet) -> (Vec<Measured>, Vec<Finding>) {
    let kernel = study.plan.architecture.kernel;
    let keys = KeyPatches::learn(data, kernel).expect("a dictionary");
    let runs = study.run(data, &keys, &mut |_| Ok(None), &mut Unwatched);
    let runs = runs.expect("it ends");
    assert!(runs.diverged.is_empty());
    let findings = findings(&runs, study.scale);
    (runs.finite, findings)
}

fn verdict(findings: &[Finding], id: &str) -> Verdict {
    findings.iter().find(|f| f.id == id).expect(id).verdict
}

#[test]
fn on_planted_patterns_the_findings_are_seen() {
    let data = planted::generate(Kind::Orthogonal, 600, 400, 3).data;
    let (runs, found) = run(&study(), &data);
    assert_eq!(runs.len(), 16);
    let ids: Vec<&str> = found.iter().map(|f| f.id).collect();
    assert_eq!(ids, ALL.map(|d| d.id));
    for finding in &found {
        assert_eq!(finding.values.len(), 8, "{finding:?}");
        assert_eq!(finding.layer, "sampled");
        // F2 is not expected: all winners grow alike, so which label's are the top quarter is a matter of
        // little, and a quarter that serves one label is worse than a random one. F4 is a matter of T
        // with the unhinged loss (T5), and comes with the hinge (T6).
        if finding.id != "F2" && finding.id != "F4" {
            assert_eq!(finding.verdict, Verdict::Supported, "{finding:#?}");
        }
    }
    let mut hinge = study();
    hinge.plan.architecture.loss = Loss::Hinge;
    assert_eq!(verdict(&run(&hinge, &data).1, "F4"), Verdict::Supported);
    // What the theory does say: the winners alone suffice, the others alone do not.
    for run in runs.iter().filter(|run| run.scale == 0.1) {
        let grown = run.norms.last().expect("norms").filters.iter();
        let most = grown.clone().fold(0.0f64, |a, b| a.max(*b));
        let winners = grown.filter(|norm| **norm > most / 2.0).count();
        assert!((2..15).contains(&winners), "{winners}");
        let pruning = &run.pruning;
        assert!(pruning.top_by_norm[winners] > run.accuracy() - 0.01);
        assert!(
            pruning.bottom_by_norm[16 - winners] < 0.75,
            "{:?}",
            pruning.bottom_by_norm
        );
    }
}

/// Filters that hardly move have the norms they began with, and nothing of F1, F2, F3, F4 or F6 is seen.
#[test]
fn without_training_the_findings_are_not_seen() {
    let data = planted::generate(Kind::Orthogonal, 300, 300, 3).data;
    let mut study = study();
    study.plan.step = 1e-6;
    let (_, found) = run(&study, &data);
    for id in ["F1", "F4", "F6"] {
        assert_eq!(verdict(&found, id), Verdict::NotSupported, "{id}");
    }
    for id in ["F2", "F3", "F5"] {
        assert_ne!(verdict(&found, id), Verdict::Supported, "{id}");
    }
}

/// Labels that have nothing to do with the images: no key pattern, no accuracy.
#[test]
fn with_random_labels_there_are_no_key_patterns() {
    let data = planted::generate(Kind::Orthogonal, 600, 400, 3).data;
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut shuffled = |images: &Images| {
        let pixels = (0..images.len()).flat_map(|i| images.pixels(i).to_vec());
        let labels = (0..images.len())
            .map(|_| rng.random_range(0..2u8))
            .collect();
        Images::new(images.rows(), images.columns(), 2, pixels.collect(), labels).expect("images")
    };
    let (train, test) = (shuffled(&data.train), shuffled(&data.test));
    let data = DataSet {
        name: "random".to_owned(),
        train,
        test,
    };
    let (_, found) = run(&study(), &data);
    assert_eq!(verdict(&found, "F3"), Verdict::Unclear);
    assert_eq!(verdict(&found, "F4"), Verdict::NotSupported);
    let f3 = found.iter().find(|f| f.id == "F3").expect("F3");
    assert!(
        f3.because
            .as_ref()
            .is_some_and(|why| why.contains("no centre")),
        "{f3:?}"
    );
}

#[test]
fn verdicts_compare_the_interval_with_the_threshold() {
    let verdict = |values: &[f64]| decide(&F1, values.to_vec()).verdict;
    assert_eq!(verdict(&[0.7, 0.71, 0.72]), Verdict::Supported);
    assert_eq!(verdict(&[0.3, 0.31, 0.32]), Verdict::NotSupported);
    assert_eq!(verdict(&[0.3, 0.5, 0.6]), Verdict::Unclear);
    // Exactly at the threshold is not above it.
    assert_eq!(verdict(&[0.375, 0.375, 0.375]), Verdict::NotSupported);
    let one = decide(&F1, vec![0.9]);
    assert_eq!((one.verdict, one.ci), (Verdict::Unclear, None));
    let none = decide(&F1, Vec::new());
    assert_eq!((none.verdict, none.measured), (Verdict::Unclear, None));
}

/// The thresholds were fixed before anything was measured; whoever moves one has to move it here too.
#[test]
fn thresholds_are_pinned() {
    let thresholds = ALL.map(|d| (d.id, d.threshold));
    let expected = [
        ("F1", 0.375),
        ("F2", 0.03),
        ("F3", 0.1),
        ("F4", 0.99),
        ("F5", 0.5),
        ("F6", 0.05),
    ];
    assert_eq!(thresholds, expected);
    for definition in ALL {
        let text = definition.threshold.to_string();
        let said = definition.statement;
        assert!(said.contains(&text) || definition.id == "F5", "{said}");
    }
}

/// On a planted orthogonal set used as "real" images the assumptions hold almost, and so do the predictions;
/// with a step size that the prediction is not told of they do not.
#[test]
fn predictions_carry_where_the_assumptions_nearly_hold() {
    let data = planted::generate(Kind::Orthogonal, 2_000, 300, 7).data;
    let plan = BridgePlan {
        patch: PATCH,
        filters: 12,
        init_scale: 0.1,
        step: 0.01,
        batch: 16,
        steps: 400,
        seeds: vec![1, 2, 3],
    };
    let bridge = bridge(&data, &plan, &|_| ()).expect("it fits");
    assert_eq!(bridge.runs.len(), 3);
    for run in &bridge.runs {
        assert!((run.growth_ratio - 1.0).abs() < 0.2, "{run:?}");
        let end = run.points.last().expect("a point");
        assert_eq!(end.step, 400);
        assert!((end.winner_key / end.winner_key_predicted - 1.0).abs() < 0.2);
        assert!(end.winner_key > 5.0 * run.points[0].winner_key);
    }
    let large = BridgePlan { patch: 13, ..plan };
    let said = filtercert::images::bridge::bridge(&data, &large, &|_| ());
    assert!(said.expect_err("12 x 12 pixels").to_string().contains("13"));
}

/// With a trained head a filter's norm decides what it adds, and the largest quarter beats a random one.
#[test]
fn f2_can_be_supported() {
    let data = planted::generate(Kind::Orthogonal, 600, 400, 3).data;
    let mut study = study();
    study.plan.architecture.head = Head::Trained;
    study.plan.architecture.loss = Loss::Logistic;
    study.plan.architecture.bias = true;
    study.plan.step = 0.05;
    study.seeds = (1..=6).collect();
    let (_, found) = run(&study, &data);
    let f2 = found.iter().find(|f| f.id == "F2").expect("F2");
    assert_eq!(f2.verdict, Verdict::Supported, "{f2:#?}");
}
