//! Patterns with free names: plain data sets, read and written, audited, and checked, without keys.

use filtercert::check::{Config, check};
use filtercert::number::integer;
use filtercert::problem::assumption::{AssumptionId, audit};
use filtercert::problem::{
    Activation, Dictionary, Format, Label, Loss, Pooling, Problem, Train, parse_problem,
    problem_sha256, read_problem, to_explicit_json, to_explicit_toml,
};
use filtercert::theory::verdict::Verdict;
use std::path::Path;

fn data_set() -> Problem {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data-set.toml");
    read_problem(&file).unwrap()
}

#[test]
fn a_data_set_is_read_and_written_with_its_names_in_order() {
    let problem = data_set();
    let dictionary = problem.dictionary();
    assert!(!dictionary.has_keys() && dictionary.n_background() == 0);
    let names: Vec<String> = (0..6).map(|p| dictionary.pattern_name(p)).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e", "f"]);
    let toml = to_explicit_toml(&problem);
    let json = to_explicit_json(&problem).to_string();
    for (text, format) in [(toml, Format::Toml), (json, Format::Json)] {
        let again = parse_problem("again", &text, format).unwrap();
        assert_eq!(again, problem);
        assert_eq!(problem_sha256(&again), problem_sha256(&problem));
    }
}

#[test]
fn the_order_is_that_of_the_file_and_names_may_have_spaces() {
    let text = to_explicit_toml(&data_set())
        .replace("b = [", "\"b 2\" = [")
        .replace("a = [", "\"z, first\" = [");
    let problem = parse_problem("order", &text, Format::Toml).unwrap();
    let names: Vec<String> = (0..3)
        .map(|p| problem.dictionary().pattern_name(p))
        .collect();
    assert_eq!(names, ["z, first", "b 2", "c"]);
    let again = to_explicit_toml(&problem);
    assert_eq!(
        parse_problem("again", &again, Format::Toml).unwrap(),
        problem
    );
    // Other names make another problem, and so do the names of keys.
    assert_ne!(problem, data_set());
}

#[test]
fn there_are_no_keys_and_no_winners() {
    let problem = data_set();
    for label in Label::BOTH {
        assert!(problem.winners(label).is_empty());
    }
    let audits = audit(&problem);
    for id in [
        AssumptionId::A1k,
        AssumptionId::A1kMinus,
        AssumptionId::A2,
        AssumptionId::A3,
        AssumptionId::A6prime,
    ] {
        let found = audits.iter().find(|a| a.id == id).unwrap();
        assert!(!found.holds && found.measure.is_none());
        let witness = found.witness.as_deref();
        assert_eq!(witness, Some("the dictionary has no keys v+ and v-"));
    }
    assert!(problem.distribution().key_count().is_none());
    assert!(problem.distribution().least_key_count().is_none());
}

#[test]
fn what_a_file_must_not_say_is_named_with_its_place() {
    let text = to_explicit_toml(&data_set());
    let atoms = text.find("atoms = [").unwrap();
    let end = text.find("\n[network]").unwrap();
    let generative = "prior = [\"1/2\", \"1/2\"]\npatches = 1\nkey_patches = 1\nbackground = []\n";
    let cases = [
        (
            format!("{}{generative}{}", &text[..atoms], &text[end..]),
            "without v+ and v-",
        ),
        (
            text.replace("a = [", "\"a\\\\b\" = ["),
            "a name of at most 100 characters",
        ),
        (
            text.replace("a = [", "\"\" = ["),
            "a name of at most 100 characters",
        ),
        (text.replace("a = [\"2\", ", "a = ["), "3 entries"),
        (text.replace("a = [", "\"v+\" = ["), "v-"),
    ];
    for (text, expected) in cases {
        let error = parse_problem("bad.toml", &text, Format::Toml)
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{expected}: {error}");
    }
    let vector = || vec![integer(1)];
    let twice = Dictionary::named(vec!["a".into(), "a".into()], vec![vector(), vector()]);
    assert!(twice.unwrap_err().found.contains("twice"));
    let short = Dictionary::named(vec!["a".into()], vec![vector(), vector()]);
    assert!(short.is_err());
    let keys = Dictionary::named(vec!["v+".into(), "v-".into()], vec![vector(), vector()]);
    assert!(keys.is_err());
}

/// Every theorem gives an answer on every kind of network, and those about keys name A2 where only that fails.
#[test]
fn every_theorem_gives_an_answer() {
    let base = data_set()
        .changed(|p| {
            p.training.steps = 12;
            p.training.runs = 20;
        })
        .unwrap();
    type Change = fn(&mut filtercert::problem::Parts);
    let changes: [Change; 7] = [
        |_| (),
        |p| p.network.activation = Activation::Relu,
        |p| {
            p.network.activation = Activation::Relu;
            p.network.pooling = Pooling::Max;
        },
        |p| {
            p.network.activation = Activation::Relu;
            p.training.loss = Loss::Unhinged;
            p.network.head = [1, -1, 1, -1].map(integer).to_vec();
        },
        |p| {
            p.network.activation = Activation::Relu;
            p.training.loss = Loss::Unhinged;
            p.training.train = Train::FiltersAndHead;
        },
        |p| p.training.loss = Loss::Perceptron,
        |p| p.training.batch = 2,
    ];
    for (i, change) in changes.into_iter().enumerate() {
        let problem = base.changed(change).unwrap();
        // With an orthonormal dictionary nothing but the keys is missing.
        let mut orthonormal = problem.clone();
        let units = (0..6)
            .map(|p| (0..6).map(|q| integer(i64::from(p == q))).collect())
            .collect();
        let names = ["a", "b", "c", "d", "e", "f"].map(str::to_owned).to_vec();
        orthonormal = orthonormal
            .changed(|p| p.dictionary = Dictionary::named(names, units).unwrap())
            .unwrap();
        for problem in [problem, orthonormal] {
            let report = check(&problem, &Config::default());
            for outcome in &report.outcomes {
                let id = outcome.id().name();
                let assumes_keys = outcome.record.assumes.contains(&AssumptionId::A2);
                if assumes_keys || id == "T9" {
                    let named = outcome
                        .fails
                        .iter()
                        .any(|f| f.assumption == AssumptionId::A2);
                    assert!(named, "{i}: {id}");
                }
                let refuted = matches!(outcome.verdict, Verdict::Refuted { .. });
                assert!(!refuted, "{i}: {id}: {:?}", outcome.verdict);
            }
            let holds = |id: &str| {
                let outcome = report
                    .outcomes
                    .iter()
                    .find(|o| o.id().name() == id)
                    .unwrap();
                matches!(outcome.verdict, Verdict::Holds { .. })
            };
            assert!(holds("T0") && holds("T10"), "{i}");
            assert_eq!(holds("T14"), i == 0, "{i}");
        }
    }
}
