//! The tests of the theorems, one module each: what the harness makes of its suite, and its own laws and
//! oracles. After them one line a theorem says on how many problems, and what was seen.

#[path = "../common/mod.rs"]
mod common;

#[macro_use]
mod harness;
mod misread;
mod violate;

mod along_and_across;
mod balancedness;
mod closed_form;
mod coherent_mistake_bound;
mod lottery;
mod main_claim;
mod mistake_bound;
mod norm_dominance;
mod opposed_keys;
mod pathwise;
mod perfect_accuracy;
mod rounding;
mod separator_bound;
mod sgd_norm_dominance;
mod trained_head;
mod unbiasedness;

use filtercert::theory;
use harness::{Law, Suite};
use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;
use std::sync::Arc;

/// What a module has: the name of its theorem's file in `src/theory`, suites, laws.
struct Module {
    file: &'static str,
    suites: Vec<Arc<Suite>>,
    laws: &'static [Law],
}

macro_rules! modules {
    ($($name:ident),* $(,)?) => {
        vec![$(Module {
            file: stringify!($name),
            suites: $name::suites().into_iter().map(Arc::new).collect(),
            laws: $name::LAWS,
        }),*]
    };
}

/// In the order of the registry.
fn modules() -> Vec<Module> {
    modules![
        unbiasedness,
        closed_form,
        norm_dominance,
        pathwise,
        sgd_norm_dominance,
        perfect_accuracy,
        mistake_bound,
        coherent_mistake_bound,
        trained_head,
        balancedness,
        lottery,
        rounding,
        main_claim,
        along_and_across,
        opposed_keys,
        separator_bound,
    ]
}

fn trials(modules: &[Module]) -> Vec<Trial> {
    let mut trials = Vec::new();
    for module in modules {
        let mut add = |name: &str, run: Box<dyn FnOnce() + Send>| {
            let run = move || {
                run();
                Ok(())
            };
            trials.push(Trial::test(
                format!("theorem::{}::{name}", module.file),
                run,
            ));
        };
        for suite in &module.suites {
            let id = suite.id().to_lowercase();
            let [one, two, three] = [(); 3].map(|()| Arc::clone(suite));
            add(&format!("{id}_holds"), Box::new(move || one.holds()));
            add(
                &format!("{id}_near_misses"),
                Box::new(move || two.near_misses()),
            );
            add(
                &format!("{id}_assumptions"),
                Box::new(move || three.assumptions()),
            );
        }
        for &(name, law) in module.laws {
            add(name, Box::new(law));
        }
    }
    let own: [Law; 2] = [
        ("every_theorem_has_a_suite", every_theorem_has_a_suite),
        (
            "a_wrong_theorem_is_found_and_shrinks",
            misread::a_wrong_theorem_is_found_and_shrinks,
        ),
    ];
    for (name, law) in own {
        trials.push(Trial::test(
            format!("theorem::harness::{name}"),
            move || {
                law();
                Ok(())
            },
        ));
    }
    trials
}

/// The modules' suites are those of the registry and of all forms, in its order, in the files that the records name.
fn every_theorem_has_a_suite() {
    let mut found = Vec::new();
    for module in modules() {
        for suite in module.suites {
            assert_eq!(suite.theorem.statement().file, module.file);
            found.push(suite.id());
        }
    }
    let all: Vec<_> = theory::forms().map(|t| t.statement().id.name()).collect();
    assert_eq!(found, all);
}

/// docs/theorems.md shows the table of a whole run; `README_UPDATE=1 cargo test --release --test theorems` writes it.
fn page_shows(table: &str) -> bool {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/theorems.md");
    let mark = "<!-- the table of tests/theorems, compared by its run -->\n```text\n";
    let text = std::fs::read_to_string(path).unwrap();
    let (before, rest) = text.split_once(mark).unwrap();
    let (shown, after) = rest.split_once("```\n").unwrap();
    if std::env::var_os("README_UPDATE").is_none() {
        return shown == table;
    }
    std::fs::write(path, format!("{before}{mark}{table}```\n{after}")).unwrap();
    true
}

fn main() -> ExitCode {
    let modules = modules();
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials(&modules));
    let suites = modules.iter().flat_map(|module| &module.suites);
    let suites: Vec<&Suite> = suites.map(Arc::as_ref).collect();
    let (table, whole) = harness::summary(&suites);
    if !table.is_empty() {
        println!("{table}{}", harness::COLUMNS);
    }
    // More problems than usual have other counts.
    let usual = std::env::var_os("PROPTEST_CASES").is_none();
    if whole && usual && !conclusion.has_failed() && !page_shows(&table) {
        println!("docs/theorems.md shows another table: README_UPDATE=1 writes it anew");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}
