//! Exported chains, read back by the specification of UMB alone: every branch, label and value against the chain, and
//! a forward product over the file against the law, at every step. What Storm makes of them is tested by
//! `tests/storm.rs`.

use filtercert::dynamics::law::{Chain, Horizon, Law, LawLimits};
use filtercert::number::{Q, integer};
use filtercert::problem::{Format, Problem, parse_problem, read_problem};
use flate2::read::GzDecoder;
use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{One, Zero};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// The small example, some of its text replaced.
fn small(changes: &[(&str, &str)]) -> Problem {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/small.toml");
    let mut text = std::fs::read_to_string(path).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    parse_problem("small.toml", &text, Format::Toml).unwrap()
}

fn build(problem: &Problem, steps: u64, merge: bool) -> Chain<'_> {
    Chain::build(problem, Horizon::Steps(steps), merge, &LawLimits::default()).unwrap()
}

fn export(chain: &Chain<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    chain.write_umb(&mut bytes).unwrap();
    bytes
}

/// A model file.
struct Model {
    index: Value,
    files: BTreeMap<String, Vec<u8>>,
}

impl Model {
    fn read(bytes: &[u8]) -> Self {
        let mut archive = tar::Archive::new(GzDecoder::new(bytes));
        let mut files = BTreeMap::new();
        for (i, file) in archive.entries().unwrap().enumerate() {
            let mut file = file.unwrap();
            let name = file.path().unwrap().to_str().unwrap().to_owned();
            assert_eq!(i == 0, name == "index.json", "the index comes first");
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            assert!(files.insert(name, content).is_none());
        }
        let index = serde_json::from_slice(&files["index.json"]).unwrap();
        Model { index, files }
    }

    fn system(&self, key: &str) -> usize {
        self.index["transition-system"][key].as_u64().unwrap() as usize
    }

    fn numbers(&self, file: &str) -> Vec<usize> {
        let words = self.files[file].chunks(8);
        words
            .map(|w| u64::from_le_bytes(w.try_into().unwrap()) as usize)
            .collect()
    }

    /// The states of a label.
    fn label(&self, name: &str) -> Vec<bool> {
        self.bits(&format!("annotations/aps/{name}/states/values.bin"))
    }

    fn bits(&self, file: &str) -> Vec<bool> {
        let n = self.system("#states");
        let bytes = &self.files[file];
        assert_eq!(bytes.len(), n.div_ceil(64) * 8, "{file}");
        let bit = |i: usize| bytes[i / 8] >> (i % 8) & 1 == 1;
        assert!((n..bytes.len() * 8).all(|i| !bit(i)), "{file}");
        (0..n).map(bit).collect()
    }

    fn reward(&self, name: &str) -> Vec<Q> {
        let kind = &self.index["annotations"]["rewards"][name]["type"];
        fractions(
            &self.files[&format!("annotations/rewards/{name}/states/values.bin")],
            &[size(kind)],
        )
        .remove(0)
    }

    /// The values of each variable.
    fn valuations(&self) -> Vec<(String, Vec<Q>)> {
        let class = &self.index["valuations"]["states"]["classes"][0];
        let variables = class["variables"].as_array().unwrap();
        let sizes: Vec<usize> = variables.iter().map(|v| size(&v["type"])).collect();
        let columns = fractions(&self.files["valuations/states/valuations.bin"], &sizes);
        let names = variables
            .iter()
            .map(|v| v["name"].as_str().unwrap().to_owned());
        names.zip(columns).collect()
    }

    /// Of each state its branches.
    fn branches(&self) -> Vec<Vec<(usize, Q)>> {
        let starts = self.numbers("choice-to-branches.bin");
        let targets = self.numbers("branch-to-target.bin");
        let kind = &self.index["transition-system"]["branch-probability-type"];
        let bytes = &self.files["branch-to-probability.bin"];
        let probabilities = fractions(bytes, &[size(kind)]).remove(0);
        assert_eq!(starts.len(), self.system("#states") + 1);
        assert_eq!(targets.len(), self.system("#branches"));
        assert_eq!(probabilities.len(), targets.len());
        assert_eq!((starts[0], starts[starts.len() - 1]), (0, targets.len()));
        let all: Vec<(usize, Q)> = targets.into_iter().zip(probabilities).collect();
        starts
            .windows(2)
            .map(|w| all[w[0]..w[1]].to_vec())
            .collect()
    }
}

/// The size of a rational type, in bytes.
fn size(kind: &Value) -> usize {
    assert_eq!(kind["type"], "rational");
    let bits = kind["size"].as_u64().unwrap() as usize;
    assert_eq!(bits % 128, 0);
    bits / 8
}

/// The columns of rows of fractions of these sizes. All are reduced.
fn fractions(bytes: &[u8], sizes: &[usize]) -> Vec<Vec<Q>> {
    let width: usize = sizes.iter().sum();
    assert_eq!(bytes.len() % width, 0);
    let mut columns = vec![Vec::new(); sizes.len()];
    for row in bytes.chunks(width) {
        let mut at = 0;
        for (column, size) in columns.iter_mut().zip(sizes) {
            let (numerator, denominator) = row[at..at + size].split_at(size / 2);
            let numerator = BigInt::from_signed_bytes_le(numerator);
            let denominator = BigUint::from_bytes_le(denominator);
            assert!(numerator.sign() != Sign::Minus);
            let q = Q::new(numerator.clone(), denominator.clone().into());
            assert_eq!((q.numer(), q.denom()), (&numerator, &denominator.into()));
            column.push(q);
            at += size;
        }
    }
    columns
}

/// Every part of the file against the chain.
fn compare(chain: &Chain<'_>, model: &Model, name: &str) {
    let n = chain.n_states();
    let problem = chain.problem();
    let branches = model.branches();
    let unexplored = model.label("unexplored");
    let transitions = model.index["transition-system"].as_object().unwrap();
    let counts = [
        "#states",
        "#choices",
        "#initial-states",
        "#players",
        "#observations",
    ];
    assert_eq!(
        counts.map(|key| transitions[key].clone()),
        [n, n, 1, 0, 0].map(|x| json!(x))
    );
    assert_eq!(transitions["time"], "discrete");
    assert_eq!(
        model.bits("state-is-initial.bin").iter().position(|i| *i),
        Some(0)
    );
    assert_eq!(
        model
            .bits("state-is-initial.bin")
            .iter()
            .filter(|i| **i)
            .count(),
        1
    );
    let values = model.valuations();
    let norms = if chain.is_merged() {
        0
    } else {
        problem.n_filters()
    };
    assert_eq!(values.len(), 1 + norms, "{name}");
    for s in 0..n {
        let mut expected = chain.transitions(s);
        expected.sort();
        assert_eq!(unexplored[s], expected.is_empty(), "{name}: state {s}");
        if unexplored[s] {
            expected = vec![(s, Q::one())];
        }
        assert_eq!(branches[s], expected, "{name}: state {s}");
        assert_eq!(values[0].1[s], chain.accuracy(s), "{name}: state {s}");
        if let Some(state) = chain.state(s) {
            let of_state = state.norms_squared(problem);
            assert_eq!(chain.norms_squared(s).as_ref(), Some(&of_state));
            for (j, norm) in of_state.iter().enumerate() {
                assert_eq!(values[1 + j].1[s], *norm, "{name}: state {s}, filter {j}");
            }
        }
    }
    for (variable, column) in &values {
        assert_eq!(model.reward(variable), *column, "{name}: {variable}");
    }
    let perfect: Vec<bool> = values[0].1.iter().map(|a| a.is_one()).collect();
    assert_eq!(model.label("perfect"), perfect, "{name}");
    let settled: Vec<bool> = (0..n).map(|s| chain.is_settled(s)).collect();
    assert_eq!(model.label("settled"), settled, "{name}");
}

/// The law that follows from the file alone, against the engine's, at every step.
fn forward(model: &Model, law: &Law, name: &str) {
    let branches = model.branches();
    let [perfect, settled] = ["perfect", "settled"].map(|label| model.label(label));
    let values = model.valuations();
    let mut mass = vec![Q::zero(); branches.len()];
    mass[0] = Q::one();
    let over = |mass: &[Q], value: &dyn Fn(usize) -> Q| -> Q {
        let reached = mass.iter().enumerate().filter(|(_, p)| !p.is_zero());
        reached.map(|(s, p)| p * value(s)).sum()
    };
    for t in 0..=law.steps as usize {
        if t > 0 {
            let mut next = vec![Q::zero(); branches.len()];
            for (p, row) in mass.iter().zip(&branches).filter(|(p, _)| !p.is_zero()) {
                for (target, probability) in row {
                    next[*target] += p * probability;
                }
            }
            mass = next;
        }
        let share = |label: &[bool]| over(&mass, &|s| integer(u8::from(label[s])));
        assert_eq!(share(&perfect), law.p_perfect[t], "{name}: step {t}");
        assert_eq!(share(&settled), law.p_settled[t], "{name}: step {t}");
        let accuracy = over(&mass, &|s| values[0].1[s].clone());
        assert_eq!(accuracy, law.expected_accuracy[t], "{name}: step {t}");
    }
    for ((_, column), norm) in values[1..].iter().zip(&law.expected_norm_squared) {
        assert_eq!(over(&mass, &|s| column[s].clone()), *norm, "{name}");
    }
}

/// Whole chains and chains with a horizon, both engines, batches, merged states.
#[test]
fn the_law_follows_from_the_file() {
    let main = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instances/law-main.toml");
    let max = ("pooling = \"sum\"", "pooling = \"max\"");
    let head = ("train = \"filters\"", "train = \"filters+head\"");
    let batch = ("batch = 1", "batch = 2");
    for (name, problem, steps, merge, on_lattice, is_whole) in [
        ("whole", small(&[]), 40, false, true, true),
        ("horizon", small(&[]), 9, false, true, false),
        ("start", small(&[]), 0, false, true, false),
        ("merged", small(&[]), 40, true, true, true),
        ("merged, horizon", small(&[]), 6, true, true, false),
        (
            "law-main",
            read_problem(&main).unwrap(),
            12,
            false,
            true,
            false,
        ),
        ("batch", small(&[batch]), 5, false, true, false),
        ("max pooling", small(&[max]), 4, false, false, false),
        ("max pooling, merged", small(&[max]), 4, true, false, false),
        ("trained head", small(&[head]), 3, false, false, false),
    ] {
        let chain = build(&problem, steps, merge);
        assert_eq!(chain.is_on_lattice(), on_lattice, "{name}");
        let bytes = export(&chain);
        let model = Model::read(&bytes);
        compare(&chain, &model, name);
        let law = chain.law(steps);
        assert_eq!((law.steps, &law.stopped), (steps, &None), "{name}");
        forward(&model, &law, name);
        // Equal chains give equal bytes.
        assert!(export(&build(&problem, steps, merge)) == bytes, "{name}");
        let explored = &model.index["file-data"]["parameters"]["explored_steps"];
        assert_eq!(explored.is_null(), is_whole, "{name}: {explored}");
        assert_eq!(
            model.label("unexplored").contains(&true),
            !is_whole,
            "{name}"
        );
        let rewards = model.index["annotations"]["rewards"].as_object().unwrap();
        assert_eq!(rewards.contains_key("steps"), is_whole, "{name}");
        if is_whole {
            assert!(model.reward("steps").iter().all(One::is_one), "{name}");
        }
    }
}

/// A limit ends the chain before the steps that were asked for.
#[test]
fn a_chain_that_a_limit_stopped_has_a_horizon() {
    let problem = small(&[]);
    let limits = LawLimits {
        max_states: 100,
        ..LawLimits::default()
    };
    let chain = Chain::build(&problem, Horizon::Steps(60), false, &limits).unwrap();
    let stop = chain.stopped().unwrap().clone();
    assert!(stop.t > 2);
    let model = Model::read(&export(&chain));
    compare(&chain, &model, "stopped");
    forward(&model, &chain.law(stop.t), "stopped");
    assert_eq!(
        model.index["file-data"]["parameters"]["explored_steps"],
        stop.t
    );
    assert!(
        chain
            .properties(60)
            .contains(&format!("F[{0},{0}] \"perfect\"", stop.t))
    );
    assert!(chain.properties(2).contains("F[2,2] \"perfect\""));
}

/// Fractions longer than a word each way.
#[test]
fn long_fractions_are_written_whole() {
    let prior = (
        "[\"1/2\", \"1/2\"]",
        "[\"1/100000000003\", \"100000000002/100000000003\"]",
    );
    let problem = small(&[prior, ("batch = 1", "batch = 4")]);
    let chain = build(&problem, 1, false);
    let model = Model::read(&export(&chain));
    let kind = &model.index["transition-system"]["branch-probability-type"];
    assert!(size(kind) > 32, "{kind}");
    compare(&chain, &model, "long");
    forward(&model, &chain.law(1), "long");
}

/// What the property file asks: for ever where that is known, else bounds.
#[test]
fn properties_are_those_of_the_chain() {
    let problem = small(&[]);
    let whole = build(&problem, 60, false).properties(60);
    let horizon = build(&problem, 9, true).properties(60);
    for (text, has, has_not) in [
        (
            &whole,
            [
                "F[60,60] \"perfect\"",
                "R{\"steps\"}=? [F \"perfect\"]",
                "norm_squared_3",
            ],
            "unexplored\")",
        ),
        (
            &horizon,
            ["F[9,9] \"perfect\"", "\"perfect\" | \"unexplored\"", "I=9"],
            "norm_squared_3",
        ),
    ] {
        assert!(has.iter().all(|part| text.contains(part)), "{text}");
        assert!(!text.contains(has_not), "{text}");
        let lines = text.lines().filter(|line| !line.starts_with("//"));
        assert!(lines.clone().count() >= 6);
        for line in lines {
            assert!(line.starts_with('"') && line.ends_with("];"), "{line}");
        }
    }
}
