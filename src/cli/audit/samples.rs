//! `audit --samples`: observed images.

use super::super::arguments;
use super::super::new::{STARTER, as_json};
use super::super::output::{document, look};
use super::super::{Exit, Failure, Global, Output};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use filtercert::audit::samples::{
    Decision, Fit, SampleAudit, Tests, audit_samples, fitted, frequencies,
};
use filtercert::number::{Q, parse_rational, ratio};
use filtercert::problem::{
    Distribution, Format, Label, Observed, parse_problem, read_observed, visible,
};
use filtercert::report::samples;
use num_traits::{One, Signed};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Options for observed images.
#[derive(Debug, Args)]
#[command(next_help_heading = "Observed images")]
pub struct ImageOptions {
    /// Observed images in place of a problem: JSON lines as for replay, or a CSV table with the columns label, v+, v-, ...
    #[arg(long, value_name = "PATH", conflicts_with_all = ["file", "builtin", "theorem"])]
    samples: Option<PathBuf>,
    /// The patterns that are the keys of + and of - [default: v+,v-]
    #[arg(long, value_name = "NAME,NAME")]
    keys: Option<String>,
    /// Probability of rejecting anything where A3 and A4 are true, at most [default: 1/20]
    #[arg(long, value_name = "P", value_parser = level)]
    level: Option<Level>,
    /// Random permutations where there are too many to go through all [default: 9999]
    #[arg(long, value_name = "N", value_parser = arguments::integer::<u64>("a number of permutations", 1..=100_000_000))]
    permutations: Option<u64>,
    /// Seed of the permutations [default: 1]
    #[arg(long, value_name = "SEED", value_parser = arguments::seed)]
    seed: Option<u64>,
    /// Print a problem file with a distribution fitted to the images, and the network of `filtercert new`
    #[arg(long)]
    to_problem: bool,
    /// Which distribution [default: atoms]
    #[arg(long, value_name = "NAME", requires = "to_problem", value_parser = fit_parser())]
    fit: Option<Fit>,
}

/// The level of the tests.
#[derive(Debug, Clone)]
pub struct Level(Q);

fn level(text: &str) -> Result<Level, String> {
    let value = parse_rational(text).ok();
    let value = value.filter(|q| q.is_positive() && *q < Q::one());
    value.map(Level).ok_or_else(|| {
        let found = arguments::found(text);
        format!("found {found}, expected a level: a rational number between 0 and 1, such as 1/20")
    })
}

fn fit_parser() -> impl TypedValueParser<Value = Fit> {
    PossibleValuesParser::new(Fit::ALL.map(Fit::name)).map(|name| {
        let mut all = Fit::ALL.into_iter();
        all.find(|fit| fit.name() == name).unwrap_or(Fit::Atoms)
    })
}

impl ImageOptions {
    /// The file of images, if there is one.
    ///
    /// # Errors
    /// Names an option that is only for images, and was given without any.
    pub fn samples(&self) -> Result<Option<&Path>, Failure> {
        // The parser does not enforce this where a file of a problem is given.
        let given = [
            ("--keys", self.keys.is_some()),
            ("--level", self.level.is_some()),
            ("--permutations", self.permutations.is_some()),
            ("--seed", self.seed.is_some()),
            ("--to-problem", self.to_problem),
        ];
        match (&self.samples, given.iter().find(|(_, given)| *given)) {
            (None, Some((option, _))) => Err(Failure::Message(format!(
                "{option}: found without --samples, expected observed images: --samples PATH"
            ))),
            (samples, _) => Ok(samples.as_deref()),
        }
    }

    pub fn run(&self, path: &Path, global: &Global) -> Result<Output, Failure> {
        let keys = self.keys.as_deref().map(two_names).transpose()?;
        let sample = read_observed(path, keys)?;
        if self.to_problem {
            return self.problem_file(path, &sample, global);
        }
        let level = self.level.as_ref().map(|level| level.0.clone());
        let tests = Tests {
            level: level.unwrap_or_else(|| ratio(1, 20)),
            permutations: self.permutations.unwrap_or(9_999),
            seed: self.seed.unwrap_or(1),
        };
        let found = audit_samples(&sample, &tests).map_err(|error| no_problem(path, error))?;
        let text = match global.json {
            true => document(None, samples::json(&sample, &found, tests.seed)),
            false => samples::text(&sample, &found, tests.seed, look()),
        };
        Ok(Output {
            exit: exit(&found),
            ..Output::fine(text)
        })
    }

    fn problem_file(
        &self,
        path: &Path,
        sample: &Observed,
        global: &Global,
    ) -> Result<Output, Failure> {
        let frequencies = frequencies(sample).map_err(|error| no_problem(path, error))?;
        let fit = self.fit.unwrap_or(Fit::Atoms);
        let distribution = fitted(sample, &frequencies, fit).map_err(|why| {
            let fit = fit.name();
            Failure::Message(format!("{}: no fit {fit}: {why}", path.display()))
        })?;
        let text = problem_text(path, sample, &distribution, fit);
        // What is printed is read back: it is a problem, or nothing is printed.
        parse_problem("the fitted problem", &text, Format::Toml)?;
        Ok(Output::fine(match global.json {
            true => as_json(&text)?,
            false => text,
        }))
    }
}

fn no_problem(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::Message(format!("{}: {error}", path.display()))
}

/// Undecided tests end with 3.
fn exit(found: &SampleAudit) -> Exit {
    let undecided = found.labels.decision == Decision::Undecided
        || found.backgrounds_decision() == Some(Decision::Undecided);
    if undecided {
        Exit::Unfinished
    } else {
        Exit::Fine
    }
}

fn two_names(text: &str) -> Result<[&str; 2], Failure> {
    let names: Vec<&str> = text.split(',').map(str::trim).collect();
    match names.as_slice() {
        [plus, minus] if !plus.is_empty() && !minus.is_empty() => Ok([plus, minus]),
        _ => Err(Failure::Message(format!(
            "--keys: found {}, expected two names with a comma between them, such as v+,v-",
            arguments::found(text)
        ))),
    }
}

/// A list of fractions as TOML.
fn list(values: &[Q]) -> String {
    let texts: Vec<String> = values.iter().map(|q| format!("\"{q}\"")).collect();
    format!("[{}]", texts.join(", "))
}

/// A complete problem file: the starter file with the distribution of the images.
fn problem_text(path: &Path, sample: &Observed, distribution: &Distribution, fit: Fit) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = if stem == "-" { "samples".into() } else { stem };
    let one_line = |text: &str| visible(text).replace('\n', " ");
    let mut text = format!(
        "# A problem for filtercert, fitted to the {} images of {}.\n\
         # Rational numbers are strings, read exactly.\nname = {}\n\n[dictionary]\n",
        sample.images.len(),
        one_line(&sample.file),
        toml::Value::from(visible(&name).into_owned()),
    );
    let background = sample.patterns.len() - 2;
    text += "# The images say nothing of the patterns as vectors: they are taken to be orthonormal here.\n";
    let shown = |p: usize| match p {
        0 => "v+".to_owned(),
        1 => "v-".to_owned(),
        p => format!("u{}", p - 1),
    };
    let renamed = sample.patterns.iter().enumerate();
    let renamed = renamed.filter(|(p, name)| shown(*p) != **name);
    for (p, name) in renamed {
        let _ = writeln!(text, "# {} is {}", shown(p), one_line(name));
    }
    let _ = writeln!(text, "background = {background}\n\n[distribution]");
    match distribution {
        Distribution::Explicit(table) => {
            text += "# Every distinct image with its frequency.\natoms = [\n";
            for atom in table.atoms() {
                let label = atom.label.symbol();
                let (counts, probability) = (&atom.counts, &atom.probability);
                let _ = writeln!(
                    text,
                    "  {{ label = \"{label}\", counts = {counts:?}, probability = \"{probability}\" }},"
                );
            }
            text += "]\n";
        }
        Distribution::Generative(g) => {
            text += match fit {
                Fit::Balanced => {
                    "# As A3 and A4 say: labels of probability 1/2, and one background for both.\n"
                }
                _ => {
                    "# The frequencies of the labels, and for each label those of its background patches.\n"
                }
            };
            text += "# That the background patches of an image are drawn independently was not tested.\n";
            let [plus, minus] = Label::BOTH.map(|y| g.background(y));
            let background = match plus == minus {
                true => list(plus),
                false => format!("{{ \"+\" = {}, \"-\" = {} }}", list(plus), list(minus)),
            };
            let _ = writeln!(
                text,
                "prior = {}\npatches = {}\nkey_patches = {}\nbackground = {background}",
                list(g.prior()),
                g.patches(),
                g.key_patches(),
            );
        }
    }
    let rest = STARTER.find("[network]").map_or("", |at| &STARTER[at..]);
    text + "\n" + rest
}
