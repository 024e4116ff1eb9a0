//! `explain`: one theorem, one assumption or one word of the output in full.

use super::arguments::did_you_mean;
use super::output::{document, look};
use super::{Failure, Global, Output};
use clap::Args;
use filtercert::problem::assumption::AssumptionId;
use filtercert::report::glossary::{self, Entry, Group};
use filtercert::report::{json, table};
use filtercert::theory;
use serde_json::{Map, Value, json};

/// Explain a theorem, an assumption, or a word of the output
///
/// A theorem: its statement, what it assumes, where its check and its test are, and the wrong
/// theories that the check must refute. An assumption: what it says and what happens without it. Any other
/// word that a command prints: what it is. Each with a command to try. Without a word, all are listed.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  filtercert explain\n  filtercert explain T2\n  filtercert explain A3\n  filtercert explain dominance ratio"
)]
pub struct Options {
    /// Name of a theorem (T0 .. T14, T3max, T6c) or a variant (T2s), an assumption (A0 .. A6, A1k, A1k-, A6', H,
    /// opposed, separable), a claim (C1 .. C6), a finding (P1 .. P10), or a word such as gate
    #[arg(value_name = "WORD")]
    words: Vec<String>,
}

fn text(entry: &Entry) -> String {
    match entry {
        Entry::Theorem(theorem) => table::explanation(*theorem, look()),
        Entry::Assumption(id) => glossary::assumption(*id, look()),
        Entry::Proof(statement, proof) => glossary::proof(*statement, proof, look()),
        Entry::Word(word) => glossary::explanation(word, look()),
    }
}

fn fields(entry: &Entry) -> Value {
    match entry {
        Entry::Theorem(theorem) => {
            let mut fields = json::theorem(*theorem);
            fields["example"] = json!(table::example_of(theorem.statement()));
            fields
        }
        Entry::Assumption(id) => json!({
            "id": id.name(), "title": id.title(), "text": id.text(), "without": id.without(),
            "assumed_by": glossary::assuming(*id), "example": glossary::example_of(*id),
        }),
        Entry::Proof(statement, proof) => json!({
            "name": proof.name, "theorem": statement.map(|s| s.id.name()), "covers": proof.covers,
            "example": glossary::proof_example(*statement),
        }),
        Entry::Word(word) => {
            let theorems = word.names.iter().copied().flat_map(glossary::serving);
            json!({
                "names": word.names, "group": word.group.title(), "text": word.text,
                "theorems": theorems.collect::<Vec<_>>(),
                "appears_in": word.appears, "example": word.example,
            })
        }
    }
}

/// All theorems in all their forms, by name.
fn theorems() -> impl Iterator<Item = &'static str> {
    theory::forms().map(|form| form.statement().id.name())
}

/// All assumptions, by name.
fn assumptions() -> impl Iterator<Item = &'static str> {
    AssumptionId::ALL.iter().map(|id| id.name())
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        if self.words.is_empty() {
            return Ok(Output::fine(match global.json {
                true => document(None, all()),
                false => glossary::index(look()),
            }));
        }
        let name = self.words.join(" ");
        let Some(entry) = Entry::named(&name) else {
            let known = theorems().chain(assumptions()).chain(glossary::names());
            return Err(Failure::Message(format!(
                "found {name:?}, expected a theorem ({}), an assumption ({}) or a word that `filtercert explain` lists{}",
                theorems().collect::<Vec<_>>().join(", "),
                assumptions().collect::<Vec<_>>().join(", "),
                did_you_mean(&name, known)
            )));
        };
        Ok(Output::fine(match global.json {
            true => document(None, fields(&entry)),
            false => text(&entry),
        }))
    }
}

/// All names, in groups.
fn all() -> Value {
    let groups = Group::ALL.map(|group| {
        let words = glossary::words_of(group).flat_map(|word| word.listed());
        (group.title().to_owned(), json!(words.collect::<Vec<_>>()))
    });
    json!({
        "theorems": theorems().collect::<Vec<_>>(),
        "assumptions": assumptions().collect::<Vec<_>>(),
        "words": Map::from_iter(groups),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples are command lines of this program.
    #[test]
    fn every_example_is_a_command_line() {
        let words = Group::ALL.into_iter().flat_map(glossary::words_of);
        let mut examples: Vec<String> = words.map(|word| word.example.to_owned()).collect();
        examples.extend(AssumptionId::ALL.iter().map(|id| glossary::example_of(*id)));
        examples.extend(theory::forms().map(|form| table::example_of(form.statement())));
        assert!(examples.len() > 100);
        for example in examples {
            let parsed = crate::cli::definition().try_get_matches_from(example.split(' '));
            assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
            let file = example
                .split(' ')
                .find(|word| word.starts_with("examples/"));
            assert!(
                file.is_none_or(|file| std::path::Path::new(file).exists()),
                "{example}"
            );
        }
    }
}
