//! No word wider than what was checked: scopes, every failing assumption, vacuous bounds, which Coq theorem
//! covers which figure, and no theorem cited where it does not apply.

use crate::common::strategy::property;
use crate::common::{DictionaryKind, DistributionKind, HeadKind, Shape, case};
use filtercert::check::{CheckReport, Config, check};
use filtercert::number::{Q, integer, ratio};
use filtercert::problem::assumption::AssumptionId;
use filtercert::problem::{Activation, Loss, Pooling, Problem, Train, read_problem};
use filtercert::theory::context::Budget;
use filtercert::theory::evidence::{SAMPLING_THEOREMS, TOTAL_ERROR, share};
use filtercert::theory::figures::Mark;
use filtercert::theory::record::{Statement, TheoremId};
use filtercert::theory::verdict::{Figure, Layer, Outcome, Verdict};
use filtercert::theory::{REGISTRY, forms};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn example(name: &str) -> Problem {
    read_problem(&root().join("examples").join(name)).unwrap()
}

fn checked(problem: &Problem, delta: Q) -> CheckReport {
    let budget = Budget {
        delta,
        exact_paths: 2,
        fresh_starts: 100,
        ..Budget::default()
    };
    check(
        problem,
        &Config {
            budget,
            ..Config::default()
        },
    )
}

fn outcome(report: &CheckReport, id: TheoremId) -> &Outcome {
    report.outcomes.iter().find(|o| o.id() == id).unwrap()
}

fn statement(id: TheoremId) -> &'static Statement {
    let mut all = forms().map(|t| t.statement());
    all.find(|s| s.id == id).unwrap()
}

/// Names such as `T6`, `T2s` or `T3max` in a text.
fn cited(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| {
            let digits = word.strip_prefix('T').unwrap_or("");
            digits.starts_with(|c: char| c.is_ascii_digit())
        })
        .collect()
}

/// What every outcome must keep, whatever the problem is.
fn keeps_its_word(name: &str, report: &CheckReport) {
    let applies = |id: &str| {
        let found = report.outcomes.iter().find(|o| o.id().name() == id);
        found.is_some_and(|o| !matches!(o.verdict, Verdict::NotApplicable { .. }))
    };
    for outcome in &report.outcomes {
        let id = outcome.id().name();
        let place = format!("{name} {id}");
        let beyond = outcome.beyond.clone().unwrap_or_default();
        for word in cited(&format!("{} {beyond}", outcome.because)) {
            let base = word.trim_end_matches('s');
            // A sharper form of its own is cited only where it was verified.
            let own = base == id && word != id;
            assert!(own || applies(base), "{place} cites {word}: {beyond}");
            assert!(
                !beyond
                    .to_string()
                    .contains(&format!("{word} does not apply")),
                "{place}: {beyond}"
            );
        }
        let not_applicable = matches!(outcome.verdict, Verdict::NotApplicable { .. });
        assert_eq!(not_applicable, !outcome.fails.is_empty(), "{place}");
        if let Verdict::NotApplicable {
            assumption,
            witness,
        } = &outcome.verdict
        {
            assert_eq!(outcome.fails[0].assumption, *assumption, "{place}");
            assert_eq!(outcome.fails[0].witness, *witness, "{place}");
            assert!(!outcome.vacuous, "{place}");
        }
        for failing in &outcome.fails {
            assert!(!failing.witness.is_empty(), "{place}");
        }
        // Every audited assumption that the theorem makes and that fails is named.
        for audit in report.audits.iter().filter(|a| !a.holds) {
            let assumed = statement(outcome.id()).assumes.contains(&audit.id);
            // A form of T6 asks for less.
            let own_keys = report.problem.distribution().least_key_count().is_some();
            let less = id == "T6" && audit.id == AssumptionId::A2 && own_keys;
            let applies = outcome.fails.is_empty() && outcome.form == Some(TheoremId::T6c);
            let assumed = assumed && !less && !applies;
            let named = outcome.fails.iter().any(|f| f.assumption == audit.id);
            assert!(!assumed || named, "{place}: {:?} is not named", audit.id);
        }
        if matches!(outcome.verdict, Verdict::Holds { .. }) {
            let scope = outcome.scope.as_ref().unwrap_or_else(|| panic!("{place}"));
            assert!(!scope.extent.to_string().is_empty(), "{place}");
        }
        if outcome.vacuous {
            assert!(matches!(outcome.verdict, Verdict::Holds { .. }), "{place}");
        }
        for (figure, value) in outcome.figures.iter() {
            let Mark {
                proved_by, loose, ..
            } = outcome.figures.mark_of(figure);
            if let Some(theorem) = proved_by {
                let proofs = statement(outcome.form.unwrap_or(outcome.id())).proofs;
                assert!(
                    proofs.iter().any(|p| p.name == theorem),
                    "{place} {figure}: {theorem}"
                );
            }
            assert!(loose.is_none_or(|f| f >= integer(10)), "{place} {figure}");
            assert!(
                !UNPROVED.contains(&(id, figure)) || proved_by.is_none(),
                "{place} {figure}: {value:?} is covered by no Coq theorem"
            );
        }
    }
}

/// Figures that no theorem of Statements.v covers, whatever the problem is.
const UNPROVED: [(&str, &str); 7] = [
    ("T5", "bound_for_ever"),
    ("T5", "bound_for_ever_sharp"),
    ("T11", "probability_upper_bound"),
    ("T11", "bound_sharp"),
    ("T11", "best_j"),
    ("T10", "error_bound"),
    ("T6", "probability_low_accuracy_bound"),
];

#[test]
fn examples_say_no_more_than_was_checked() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(root().join("examples"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    assert!(files.len() >= 16);
    for file in files {
        let mut problem = read_problem(Path::new(&file)).unwrap();
        problem = problem
            .changed(|parts| {
                parts.training.steps = problem.training().steps.min(120);
                parts.training.runs = problem.training().runs.min(60);
            })
            .unwrap();
        let report = checked(&problem, ratio(1, 100));
        keeps_its_word(&file.display().to_string(), &report);
    }
}

#[test]
fn random_problems_say_no_more_than_was_checked() {
    let base = Shape {
        steps: 0..=20,
        filters: 1..=4,
        winners_and_losers: false,
        ..Shape::default()
    };
    let mut shapes = Vec::new();
    for loss in [
        Loss::Unhinged,
        Loss::Hinge,
        Loss::Perceptron,
        Loss::SquaredHinge,
        Loss::Square,
    ] {
        for pooling in [Pooling::Sum, Pooling::Max] {
            for dictionary in [DictionaryKind::Orthonormal, DictionaryKind::Coherent] {
                shapes.push(Shape {
                    loss,
                    pooling,
                    dictionary,
                    ..base.clone()
                });
            }
        }
        shapes.push(Shape {
            loss,
            head: HeadKind::Rational,
            batch: 1..=2,
            balanced: false,
            same_background: false,
            distribution: DistributionKind::Atoms,
            ..base.clone()
        });
        shapes.push(Shape {
            loss,
            train: Train::FiltersAndHead,
            activation: Activation::LeakyRelu { slope: ratio(1, 4) },
            steps: 0..=6,
            ..base.clone()
        });
    }
    let (mut cites, mut vacuous, mut several) = (0, 0, 0);
    for (i, shape) in shapes.into_iter().enumerate() {
        property(shape, 900 + 10 * i as u64, 2, |mut problem| {
            problem = problem.changed(|parts| parts.training.runs = 20).unwrap();
            let report = checked(&problem, ratio(1, 10));
            keeps_its_word("a random problem", &report);
            for o in &report.outcomes {
                cites += cited(
                    &o.beyond
                        .as_ref()
                        .map_or_else(String::new, ToString::to_string),
                )
                .len();
                vacuous += usize::from(o.vacuous);
                several += usize::from(o.fails.len() > 1);
            }
        });
    }
    // The laws above are not empty.
    assert!(
        cites >= 10 && vacuous >= 10 && several >= 50,
        "{cites} {vacuous} {several}"
    );
}

#[test]
fn the_scope_of_unbiasedness_stands_in_the_verdict() {
    let mut problem = example("balanced.toml");
    problem = problem
        .changed(|parts| {
            parts.training.steps = 30;
            parts.training.runs = 5;
        })
        .unwrap();
    let report = checked(&problem, ratio(1, 100));
    let t0 = outcome(&report, TheoremId::T0);
    let scope = t0.scope.as_ref().unwrap();
    assert!(
        scope.extent.to_string().starts_with("2 states, t <= 24"),
        "{scope}"
    );
    assert!(scope.to_string().starts_with("at 2 states"), "{scope}");
}

#[test]
fn the_least_certified_step_is_the_least() {
    let report = checked(&case("least-certified"), ratio(1, 10));
    let t5 = outcome(&report, TheoremId::T5);
    let least = t5.figures.get("least_certified_t");
    assert_eq!(least, Some(&Figure::Exact(integer(23))));
    // The bound there, from an independent implementation; and none before it is certified.
    let bound_at = |steps: u64| {
        let mut problem = case("least-certified");
        problem = problem
            .changed(|parts| parts.training.steps = steps)
            .unwrap();
        let report = checked(&problem, ratio(1, 10));
        match outcome(&report, TheoremId::T5).figures.get("bound_joint") {
            Some(Figure::Exact(q)) => q.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(bound_at(23), ratio(7429, 8192));
    let falls = (1..23).map(bound_at).collect::<Vec<_>>();
    assert!(falls.iter().all(|q| *q < ratio(9, 10)));
    assert!(bound_at(24) < ratio(9, 10) || bound_at(25) < ratio(9, 10));
}

#[test]
fn where_not_every_step_was_looked_at_the_figure_says_by_which_step() {
    let mut problem = example("balanced.toml");
    problem = problem
        .changed(|parts| {
            parts.training.steps = 400;
            parts.training.runs = 5;
        })
        .unwrap();
    let report = checked(&problem, ratio(1, 100));
    let t5 = outcome(&report, TheoremId::T5);
    let Some(Figure::AtMost(t)) = t5.figures.get("least_certified_t") else {
        panic!("{:?}", t5.figures);
    };
    assert!(
        t5.because.to_string().contains(&format!(
            "by step {}",
            filtercert::report::format::count(*t)
        )),
        "{}",
        t5.because
    );
}

#[test]
fn without_losers_dominance_holds_vacuously() {
    let report = checked(&case("t4-no-losers"), ratio(1, 100));
    let t4 = outcome(&report, TheoremId::T4);
    assert!(
        t4.vacuous && matches!(t4.verdict, Verdict::Holds { .. }),
        "{t4:?}"
    );
    let summary = filtercert::report::summary::verdicts(&report);
    assert!(summary.contains(" 1 vacuously,"), "{summary}");
    let holding = report
        .outcomes
        .iter()
        .filter(|o| matches!(o.verdict, Verdict::Holds { .. }) && !o.vacuous);
    let count = holding.count();
    assert!(summary.starts_with(&format!("{count} hold ")), "{summary}");
}

#[test]
fn runs_that_could_not_refute_leave_it_undecided() {
    let mut problem = example("balanced.toml");
    problem = problem
        .changed(|parts| {
            parts.training.runs = 1;
            parts.training.steps = 3_000;
        })
        .unwrap();
    let report = checked(&problem, ratio(1, 100));
    for id in [TheoremId::T4, TheoremId::T5] {
        let found = outcome(&report, id);
        let Verdict::Undecided { limit } = &found.verdict else {
            panic!("{found:?}");
        };
        assert!(limit.to_string().contains("are needed"), "{limit}");
        // As many as it names are enough.
        let needed: u64 = limit
            .to_string()
            .split("at least ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next())
            .and_then(|n| n.parse().ok())
            .unwrap();
        assert!((2..100).contains(&needed), "{limit}");
        problem = problem
            .changed(|parts| parts.training.runs = needed)
            .unwrap();
        let more = checked(&problem, ratio(1, 100));
        let verdict = &outcome(&more, id).verdict;
        let sampled = Verdict::Holds {
            layer: Layer::Sampled,
        };
        assert_eq!(*verdict, sampled, "{id:?} with {needed} runs");
        problem = problem.changed(|parts| parts.training.runs = 1).unwrap();
    }
    // What is deterministic and was seen on some paths stays sampled.
    let t3 = outcome(&report, TheoremId::T3);
    assert_eq!(t3.verdict.layer(), Some(Layer::Sampled));
    assert!(report.any_undecided());
}

#[test]
fn a_vacuous_bound_needs_no_runs() {
    let mut problem = example("balanced.toml");
    problem = problem
        .changed(|parts| {
            parts.training.runs = 1;
            parts.training.steps = 50;
        })
        .unwrap();
    let report = checked(&problem, ratio(1, 100));
    let t5 = outcome(&report, TheoremId::T5);
    assert!(
        t5.vacuous && matches!(t5.verdict, Verdict::Holds { .. }),
        "{t5:?}"
    );
    assert!(t5.figures.mark_of("probability_lower_bound").vacuous);
}

#[test]
fn every_failing_assumption_is_named() {
    let mut problem = example("violates-a3.toml");
    problem = problem
        .changed(|parts| {
            parts.training.loss = Loss::Hinge;
            parts.network.pooling = Pooling::Max;
            parts.training.steps = 10;
            parts.training.runs = 10;
        })
        .unwrap();
    let report = checked(&problem, ratio(1, 100));
    let t2 = outcome(&report, TheoremId::T2);
    let named: Vec<(AssumptionId, &str)> = t2
        .fails
        .iter()
        .map(|f| (f.assumption, f.witness.as_str()))
        .collect();
    assert_eq!(named[0], (AssumptionId::A0, "network.pooling = \"max\""));
    assert_eq!(named[1], (AssumptionId::A0, "training.loss = \"hinge\""));
    assert!(
        named.iter().any(|(id, _)| *id == AssumptionId::A3),
        "{named:?}"
    );
}

#[test]
fn all_sampled_refutations_of_one_check_share_one_error_probability() {
    // T4 compares 7 ratios, T5 three forms, T9 two sides, T12 three conclusions; T6, T11, T13 and T14 pass the number of theirs.
    let total: Q = [7u64, 3, 2, 3, 40, 60, 5, 20]
        .into_iter()
        .map(|comparisons| share(comparisons) * integer(comparisons))
        .sum();
    assert_eq!(total, ratio(1, i64::try_from(TOTAL_ERROR).unwrap()));
    let sampling = REGISTRY.iter().filter(|t| {
        let id = t.statement().id;
        [
            TheoremId::T4,
            TheoremId::T5,
            TheoremId::T6,
            TheoremId::T9,
            TheoremId::T11,
            TheoremId::T12,
            TheoremId::T13,
            TheoremId::T14,
        ]
        .contains(&id)
    });
    assert_eq!(sampling.count() as u64, SAMPLING_THEOREMS);
}

#[test]
fn proved_figures_name_the_theorem_that_covers_them() {
    let report = checked(&case("least-certified"), ratio(1, 10));
    let mark = |id, name: &str| outcome(&report, id).figures.mark_of(name).proved_by;
    assert_eq!(
        mark(TheoremId::T1, "steps_compared"),
        Some("T1_closed_form")
    );
    assert_eq!(
        mark(TheoremId::T5, "bound_thresholds"),
        Some("T5_probability")
    );
    assert_eq!(
        mark(TheoremId::T5, "bound_end_point"),
        Some("T5s_probability")
    );
    assert_eq!(mark(TheoremId::T5, "bound_joint"), Some("T5_joint"));
    let mut problem = example("small.toml");
    problem = problem
        .changed(|parts| {
            parts.training.loss = Loss::Unhinged;
            parts.training.steps = 100;
        })
        .unwrap();
    let report = checked(&problem, ratio(1, 10));
    let mark = |id, name: &str| outcome(&report, id).figures.mark_of(name).proved_by;
    assert_eq!(
        mark(TheoremId::T4, "stated_probability_lower_bound"),
        Some("T4_probability")
    );
    assert_eq!(
        mark(TheoremId::T4, "alive_probability_lower_bound"),
        Some("T4_alive")
    );
    // Two background patterns: the check asks for both walks at once, the theorem adds up.
    assert_eq!(mark(TheoremId::T5, "bound_joint"), None);
    assert_eq!(mark(TheoremId::T9, "probability"), Some("T9_fixed_heads"));
    let hinge = checked(&example("main-claim.toml"), ratio(1, 10));
    let t11 = outcome(&hinge, TheoremId::T11);
    assert_eq!(
        t11.figures.mark_of("bound_classic").proved_by,
        Some("T11_main_claim")
    );
    // The first form says nothing there: above 1.
    assert!(t11.figures.mark_of("bound_classic").vacuous && !t11.vacuous);
}
