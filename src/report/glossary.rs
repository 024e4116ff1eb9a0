//! The words that the program's output uses, for `explain`: what each is, where it appears, a command that shows it.

mod figures;
mod word;
mod words;

pub use word::{Group, Word};

use super::look::{Look, wrapped};
use crate::images::claim::findings::statement;
use crate::images::claim::registration::{REGISTERED, Registration};
use crate::problem::assumption::AssumptionId;
use crate::theory::record::{GENERAL, Proof, Statement};
use crate::theory::theorem::Theorem;
use crate::theory::{REGISTRY, forms};
use std::sync::OnceLock;

/// Something that is explained.
pub enum Entry {
    /// A theorem; one of several forms by the first, with the others.
    Theorem(&'static dyn Theorem),
    /// An assumption.
    Assumption(AssumptionId),
    /// A theorem of `Statements.v`, and that which it belongs to, if that is checked here.
    Proof(Option<&'static Statement>, Proof),
    /// Any other word.
    Word(Word),
}

impl Entry {
    /// The entry of a name: as it is written, else whatever its case.
    pub fn named(name: &str) -> Option<Entry> {
        let by = |same: &dyn Fn(&str) -> bool| {
            let mut theorems = REGISTRY.iter().copied().chain(forms());
            let theorem = theorems.find(|theorem| same(theorem.statement().id.name()));
            let mut assumptions = AssumptionId::ALL.iter().copied();
            let proofs = forms().flat_map(|form| {
                let statement = form.statement();
                statement
                    .proofs
                    .iter()
                    .map(move |proof| (Some(statement), *proof))
            });
            let mut proofs = proofs.chain(GENERAL.iter().map(|proof| (None, *proof)));
            None.or_else(|| theorem.map(Entry::Theorem))
                .or_else(|| {
                    assumptions
                        .find(|id| same(id.name()))
                        .map(Entry::Assumption)
                })
                .or_else(|| {
                    let proof = proofs.find(|(_, proof)| same(proof.name));
                    proof.map(|(statement, proof)| Entry::Proof(statement, proof))
                })
        };
        let known = word(name).map(Entry::Word);
        let is_written = names().any(|known| known == name);
        let nearly = |known: &str| known.eq_ignore_ascii_case(name);
        match by(&|known| known == name) {
            None if is_written => known,
            None => by(&nearly).or(known),
            found => found,
        }
    }
}

/// The entry of a word, by any of its names: as written, else whatever the case, and with `-`, `_` or a space
/// between parts.
pub fn word(name: &str) -> Option<Word> {
    let all = all_words;
    let exact = all().find(|word| word.names.contains(&name));
    exact.or_else(|| all().find(|word| word.names.iter().any(|known| same(known, name))))
}

/// All words of a group, in their order.
pub fn words_of(group: Group) -> impl Iterator<Item = Word> {
    all_words().filter(move |word| word.group == group)
}

/// All names of all words.
pub fn names() -> impl Iterator<Item = &'static str> {
    all_words().flat_map(|word| word.names.iter().copied())
}

/// The theorems that serve a claim of the abstract, in their order.
pub fn serving(claim: &str) -> impl Iterator<Item = &'static str> {
    let statements = forms().map(|form| form.statement());
    let serves = move |claims: &[&str]| claims.contains(&claim);
    let serving = statements.filter(move |statement| serves(statement.claims));
    let names: Vec<&str> = serving.map(|statement| statement.id.name()).collect();
    names.into_iter()
}

/// One word in full.
pub fn explanation(word: &Word, look: Look) -> String {
    let names: Vec<&str> = word.listed().collect();
    let names = names.join(", ");
    let mut text = format!("{names} ({})\n\n{}\n\n", word.group.title(), word.text);
    let theorems: Vec<&str> = word.names.iter().copied().flat_map(serving).collect();
    if !theorems.is_empty() {
        text += &format!("Theorems that serve it: {}\n", theorems.join(", "));
    }
    text += &format!("Appears in: {}\nExample: {}\n", word.appears, word.example);
    wrapped(&text, look)
}

/// What a theorem of `Statements.v` says.
pub fn proof(statement: Option<&Statement>, proof: &Proof, look: Look) -> String {
    let name = proof.name;
    let text = format!("{name} (a theorem of proofs/theories/Statements.v, checked by Coq)\n\n");
    let rest = match statement {
        Some(statement) => {
            let (id, title) = (statement.id.name(), statement.title);
            format!(
                "It covers of {id}, {title}: {}.\n\nAppears in: check -v, explain {id}\nExample: {}\n",
                proof.covers,
                proof_example(Some(statement))
            )
        }
        None => format!(
            "It says: {}. No check reports it.\n\nExample: {}\n",
            proof.covers,
            proof_example(None)
        ),
    };
    wrapped(&(text + &rest), look)
}

/// A command that shows more of a theorem of `Statements.v`.
pub fn proof_example(statement: Option<&Statement>) -> String {
    match statement {
        Some(statement) => format!("filtercert explain {}", statement.id.name()),
        None => "proofs/check.sh".to_owned(),
    }
}

/// One assumption in full, with the theorems that make it.
pub fn assumption(id: AssumptionId, look: Look) -> String {
    let (name, title) = (id.name(), id.title());
    let mut text = format!(
        "{name}: {title}\n\n{}\n\nWithout it: {}\n\n",
        id.text(),
        id.without()
    );
    let theorems = assuming(id);
    if !theorems.is_empty() {
        text += &format!("Assumed by: {}\n", theorems.join(", "));
    }
    text += &format!("Example: {}\n", example_of(id));
    wrapped(&text, look)
}

/// The theorems that make an assumption; all have a model (A0).
pub fn assuming(id: AssumptionId) -> Vec<&'static str> {
    let statements = forms().map(|form| form.statement());
    let assumes = statements.filter(|s| id == AssumptionId::A0 || s.assumes.contains(&id));
    assumes.map(|statement| statement.id.name()).collect()
}

/// A command that audits an assumption.
pub fn example_of(id: AssumptionId) -> String {
    match assuming(id).first() {
        Some(theorem) => format!("filtercert audit --builtin default --for {theorem}"),
        None => "filtercert audit --builtin default".to_owned(),
    }
}

/// All that is explained, in groups.
pub fn index(look: Look) -> String {
    let theorems = forms().map(|form| form.statement().id.name()).collect();
    let assumptions = AssumptionId::ALL.iter().map(|id| id.name()).collect();
    let mut groups: Vec<(&str, Vec<&str>)> =
        vec![("theorems", theorems), ("assumptions", assumptions)];
    groups.extend(Group::ALL.map(|group| {
        let words = words_of(group).flat_map(|word| word.listed());
        (group.title(), words.collect())
    }));
    let options = textwrap::Options::new(usize::from(look.width))
        .initial_indent("  ")
        .subsequent_indent("  ")
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let mut text = String::new();
    for (title, names) in groups {
        text += &format!(
            "{title}\n{}\n\n",
            textwrap::fill(&names.join(", "), &options)
        );
    }
    text + "filtercert explain WORD tells more of one of them.\n"
}

/// All words, group by group.
fn all_words() -> impl Iterator<Item = Word> {
    let listed = words::WORDS.iter().chain(figures::FIGURES).copied();
    listed.chain(findings())
}

/// P1, P2, ...: the findings of the registration, made once.
fn findings() -> impl Iterator<Item = Word> {
    static MADE: OnceLock<Vec<(Vec<&'static str>, &'static str)>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let plans = Registration::read(REGISTERED).map_or_else(|_| Vec::new(), |r| r.finding);
        let kept = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        plans
            .iter()
            .map(|plan| (vec![kept(plan.id.clone())], kept(statement(plan) + ".")))
            .collect()
    });
    made.iter().map(|(names, text)| Word {
        names,
        group: Group::Images,
        text,
        appears: "images",
        example: "filtercert images --quick",
    })
}

/// The same name, whatever the case and whatever joins its parts?
fn same(known: &str, name: &str) -> bool {
    let plain = |c: char| match c {
        '-' | '_' => ' ',
        c => c.to_ascii_lowercase(),
    };
    known.chars().map(plain).eq(name.chars().map(plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_has_one_entry() {
        let mut seen = BTreeSet::new();
        let theorems = forms().map(|form| form.statement().id.name());
        let assumptions = AssumptionId::ALL.iter().map(|id| id.name());
        for name in theorems.chain(assumptions).chain(names()) {
            assert!(seen.insert(name), "{name} is explained twice");
            assert!(Entry::named(name).is_some(), "{name}");
        }
        let registered: Vec<_> = findings().map(|finding| finding.names[0]).collect();
        let expected: Vec<String> = (1..=10).map(|i| format!("P{i}")).collect();
        assert_eq!(registered, expected);
    }

    #[test]
    fn a_word_is_found_by_any_spelling_of_a_name() {
        let listed = |name: &str| word(name).map(|word| word.names[0]);
        assert_eq!(listed("Every_Path"), Some("every path"));
        assert_eq!(listed("t2S"), Some("T2s"));
        // Letters that differ in case only are two words.
        assert_eq!((listed("M"), listed("m")), (Some("M_max"), Some("m")));
        assert_eq!(listed("T99"), None);
    }

    #[test]
    fn every_group_has_words_and_every_word_says_something() {
        for group in Group::ALL {
            for word in words_of(group) {
                let name = word.names[0];
                assert!(word.text.ends_with('.') && word.text.len() > 15, "{name}");
                assert!(word.example.starts_with("filtercert "), "{name}");
                assert!(!word.appears.is_empty(), "{name}");
            }
            assert!(words_of(group).count() > 2, "{}", group.title());
        }
    }
}
