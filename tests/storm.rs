//! The law against Storm, a probabilistic model checker that shares no code with this program: it reads what
//! `law --export` writes, in exact arithmetic, and must give the same fractions, digit for digit.
//!
//! Storm comes as the Python package stormpy. Without it these tests report themselves as ignored, by name;
//! they are never counted as passed.

use filtercert::dynamics::law::{Chain, Horizon, Law, LawLimits, absorption};
use filtercert::number::{Q, decimal, integer};
use filtercert::problem::{Problem, read_problem};
use libtest_mimic::{Arguments, Failed, Trial};
use num_traits::One;
use serde_json::Value;
use std::fmt::{Debug, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What Storm comes with.
const STORMPY: &str = "python3 -m pip install stormpy==2.0.0";

/// A law to compare.
struct Case {
    name: &'static str,
    /// A problem file below the root, and text of it that is replaced.
    file: &'static str,
    changes: &'static [(&'static str, &'static str)],
    steps: u64,
    merge: bool,
    /// The first digits of P(accuracy = 1) at the last step.
    digits: &'static str,
}

const PLAIN: Case = Case {
    name: "",
    file: "examples/small.toml",
    changes: &[],
    steps: 0,
    merge: false,
    digits: "",
};

/// Whole chains and chains with a horizon, both engines, batches, coherent and dependent patterns.
const CASES: [Case; 11] = [
    Case {
        name: "law_main",
        file: "benches/instances/law-main.toml",
        steps: 30,
        digits: "0.330915",
        ..PLAIN
    },
    Case {
        name: "law_wide",
        file: "benches/instances/law-wide.toml",
        steps: 30,
        digits: "0.351389",
        ..PLAIN
    },
    Case {
        name: "law_fine",
        file: "benches/instances/law-fine.toml",
        steps: 100,
        digits: "0.999911",
        ..PLAIN
    },
    Case {
        name: "small",
        steps: 60,
        ..PLAIN
    },
    Case {
        name: "small_up_to_a_horizon",
        steps: 9,
        ..PLAIN
    },
    Case {
        name: "small_merged",
        steps: 40,
        merge: true,
        ..PLAIN
    },
    Case {
        name: "batches_of_two",
        changes: &[("batch = 1", "batch = 2")],
        steps: 7,
        ..PLAIN
    },
    Case {
        name: "coherent_patterns",
        file: "examples/coherent.toml",
        steps: 6,
        ..PLAIN
    },
    Case {
        name: "dependent_patterns",
        file: "examples/dependent.toml",
        steps: 5,
        ..PLAIN
    },
    Case {
        name: "max_pooling",
        changes: &[("\"sum\"", "\"max\"")],
        steps: 5,
        ..PLAIN
    },
    Case {
        name: "a_trained_head",
        changes: &[("\"filters\"", "\"filters+head\"")],
        steps: 4,
        ..PLAIN
    },
];

/// Fails unless two things are equal.
fn same<T: PartialEq + Debug>(what: &str, storm: &T, ours: &T) -> Result<(), Failed> {
    if storm == ours {
        return Ok(());
    }
    Err(format!("{what}: Storm has {storm:?}, the law {ours:?}").into())
}

/// What a command printed, if it succeeded.
fn printed(command: &mut Command) -> Result<Vec<u8>, Failed> {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output()?;
    if status.success() {
        return Ok(stdout);
    }
    Err(format!(
        "{command:?}: {status}\n{}",
        String::from_utf8_lossy(&stderr)
    )
    .into())
}

/// A case in a folder of its own: the problem, and Storm's answers to what is exported of it.
struct Asked {
    problem: Problem,
    answers: Value,
}

impl Asked {
    fn new(case: &Case) -> Result<Self, Failed> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = tempfile::tempdir()?;
        let place = |name: &str| folder.path().join(name);
        let mut text = std::fs::read_to_string(root.join(case.file))?;
        for (from, to) in case.changes {
            if !text.contains(from) {
                return Err(format!("{} has no {from}", case.file).into());
            }
            text = text.replace(from, to);
        }
        let [file, model, asked] = ["problem.toml", "model.umb", "model.props"].map(place);
        std::fs::write(&file, text)?;
        let mut law = Command::new(env!("CARGO_BIN_EXE_filtercert"));
        law.arg("law").arg(&file).arg("--export").arg(&model);
        law.args(["--steps", &case.steps.to_string()]);
        law.args(case.merge.then_some("--merge"));
        printed(&mut law)?;
        // Beside the properties of the export, P(accuracy = 1) at some earlier steps.
        let mut properties = std::fs::read_to_string(&asked)?;
        for t in earlier(case.steps) {
            writeln!(properties, "\"earlier_{t}\": P=? [F[{t},{t}] \"perfect\"];")?;
        }
        std::fs::write(&asked, properties)?;
        Ok(Asked {
            problem: read_problem(&file).map_err(|error| error.to_string())?,
            answers: storm(&model, &asked)?,
        })
    }

    /// Storm's value of a property.
    fn property(&self, name: &str) -> Result<&str, Failed> {
        let value = self.answers["properties"][name].as_str();
        Ok(value.ok_or_else(|| {
            format!(
                "Storm does not answer {name}: {}",
                self.answers["properties"]
            )
        })?)
    }

    fn count(&self, key: &str) -> Option<usize> {
        self.answers[key].as_u64().map(|n| n as usize)
    }
}

/// Runs Storm.
fn storm(model: &PathBuf, properties: &PathBuf) -> Result<Value, Failed> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/storm/check.py");
    let out = printed(
        Command::new("python3")
            .arg(script)
            .arg(model)
            .arg(properties),
    )?;
    Ok(serde_json::from_slice(&out)?)
}

/// Steps before the last one: the first ones, and some of the others.
fn earlier(steps: u64) -> impl Iterator<Item = u64> {
    (0..steps).filter(move |t| *t < 8 || t % 9 == 0)
}

fn compare(case: &Case) -> Result<(), Failed> {
    let asked = Asked::new(case)?;
    let limits = LawLimits::default();
    let horizon = Horizon::Steps(case.steps);
    let chain = Chain::build(&asked.problem, horizon, case.merge, &limits)?;
    let t = case.steps;
    let law = chain.law(t);
    same("steps", &law.steps, &t)?;
    same("exact", &asked.answers["is_exact"], &Value::Bool(true))?;
    same("states", &asked.count("states"), &Some(chain.n_states()))?;
    states(&asked, &chain)?;
    let last = t as usize;
    let missed = chain
        .never(t, &|s| chain.is_perfect(s))
        .ok_or("beyond a limit")?;
    let mut expected = vec![
        (format!("perfect_at_{t}"), law.p_perfect[last].clone()),
        (format!("perfect_by_{t}"), Q::one() - &missed[last]),
        (format!("settled_at_{t}"), law.p_settled[last].clone()),
        (
            format!("accuracy_at_{t}"),
            law.expected_accuracy[last].clone(),
        ),
    ];
    expected
        .extend(earlier(t).map(|t| (format!("earlier_{t}"), law.p_perfect[t as usize].clone())));
    if !case.merge {
        let norms = law.expected_norm_squared.iter().enumerate();
        expected.extend(norms.map(|(j, norm)| (format!("norm_squared_{j}_at_{t}"), norm.clone())));
    }
    for (name, ours) in &expected {
        same(name, &asked.property(name)?, &ours.to_string().as_str())?;
    }
    let digits = decimal(&law.p_perfect[last], 6);
    if !digits.starts_with(case.digits) {
        return Err(format!("P(accuracy = 1) is {digits}, expected {}", case.digits).into());
    }
    for_ever(&asked, &law)
}

/// Labels and variables, state by state.
fn states(asked: &Asked, chain: &Chain<'_>) -> Result<(), Failed> {
    let n = chain.n_states();
    let labelled = |label: &dyn Fn(usize) -> bool| (0..n).filter(|&s| label(s)).count();
    let unexplored = labelled(&|s| chain.transitions(s).is_empty());
    let branches = chain.n_transitions() + unexplored;
    same("transitions", &asked.count("transitions"), &Some(branches))?;
    for (name, count) in [
        ("perfect", labelled(&|s| chain.is_perfect(s))),
        ("settled", labelled(&|s| chain.is_settled(s))),
        ("unexplored", unexplored),
        ("init", 1),
    ] {
        same(name, &asked.answers["labels"][name], &Value::from(count))?;
    }
    let text = |values: Vec<Q>| values.iter().map(Q::to_string).collect::<Vec<_>>();
    let mut variables = vec![(
        "accuracy".to_owned(),
        text((0..n).map(|s| chain.accuracy(s)).collect()),
    )];
    if !chain.is_merged() {
        let norms: Option<Vec<Vec<Q>>> = (0..n).map(|s| chain.norms_squared(s)).collect();
        let norms = norms.ok_or("no norms")?;
        variables.extend((0..chain.problem().n_filters()).map(|j| {
            let column = norms.iter().map(|row| row[j].clone()).collect();
            (format!("norm_squared_{j}"), text(column))
        }));
    }
    let found = asked.answers["variables"].as_object().map(|all| all.len());
    same("variables", &found, &Some(variables.len()))?;
    for (name, ours) in variables {
        same(
            &name,
            &asked.answers["variables"][&name],
            &Value::from(ours),
        )?;
    }
    Ok(())
}

/// Hitting times where the law has them; where the chain ends at a horizon, bounds of the probability.
fn for_ever(asked: &Asked, law: &Law) -> Result<(), Failed> {
    let known = absorption(&asked.problem, &LawLimits::default()).ok();
    let is_whole = asked.answers["labels"]["unexplored"] == 0;
    let number = |name: &str| -> Result<Q, Failed> { Ok(asked.property(name)?.parse()?) };
    if is_whole {
        if let Some(known) = known {
            let steps = known.expected_steps_to_perfect.to_string();
            same(
                "steps",
                &asked.property("steps_to_perfect")?,
                &steps.as_str(),
            )?;
            same("ever", &number("ever_perfect")?, &known.p_ever_perfect)?;
        } else {
            // Some runs of law-main never end at accuracy 1.
            same("steps", &asked.property("steps_to_perfect")?, &"inf")?;
        }
        return Ok(());
    }
    let [least, most] = [
        number("ever_perfect_at_least")?,
        number("ever_perfect_at_most")?,
    ];
    let by = number(&format!("perfect_by_{}", law.steps))?;
    let mut ordered = vec![integer(0), by, least];
    ordered.extend(known.map(|known| known.p_ever_perfect));
    ordered.extend([most, integer(1)]);
    if ordered.is_sorted() {
        return Ok(());
    }
    Err(format!("not in order: {ordered:?}").into())
}

/// Is there a Storm that reads the format?
fn is_there() -> bool {
    let asked = "import stormpy; stormpy.build_model_from_umb";
    let output = Command::new("python3").args(["-c", asked]).output();
    output.is_ok_and(|output| output.status.success())
}

fn main() {
    let arguments = Arguments::from_args();
    let there = is_there();
    if !there {
        eprintln!("python3 has no stormpy ({STORMPY}): the law is not compared with Storm");
    }
    let trials = CASES.into_iter().map(|case| {
        let mut name = format!("storm_agrees_on_{}", case.name);
        if !there {
            name += &format!(" (not run here: {STORMPY})");
        }
        Trial::test(name, move || compare(&case)).with_ignored_flag(!there)
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}
