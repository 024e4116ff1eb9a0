//! A counterexample in words: a problem file that begins with what fails on it, and why.

use super::format::grouped;
use super::words::{counted, sentence};
use crate::audit::falsify::{Found, Question, Searched};
use crate::audit::sketch::Size;
use crate::problem::Label;
use crate::problem::assumption::AssumptionId;
use crate::problem::to_explicit_toml;
use crate::theory::violation::{Course, Detail, Violation};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Width of the comment lines.
const WIDTH: usize = 100;

/// `2 filters, 3 patterns, 1 patch, 1 step`.
pub fn size(size: &Size) -> String {
    [
        counted(size.filters as u64, "filter"),
        counted(size.patterns as u64, "pattern"),
        format!("at most {} an image", counted(size.patches, "patch")),
        counted(size.steps, "step"),
    ]
    .join(", ")
}

/// `T2 without A4`, or `T2`.
pub fn asked(question: &Question) -> String {
    let name = question.theorem.statement().id.name();
    match question.drop {
        Some(drop) => format!("{name} without {}", drop.name()),
        None => name.to_owned(),
    }
}

/// Where and how the conclusion fails, in one sentence, the path of samples included.
pub fn failure(found: &Found) -> String {
    let violation = &found.violation;
    let mut text = sentence(&found.problem, violation);
    if let Course::Samples(samples) = &violation.place.course {
        let path = match samples.is_empty() {
            true => "no sample: the start".to_owned(),
            false => path(samples),
        };
        text = text.replace("the path in the witness", "a path of SGD");
        let _ = write!(text, " The path: {path}.");
    }
    if let Some(thresholds) = thresholds(violation) {
        let _ = write!(text, " {thresholds}");
    }
    text
}

/// The samples of a path, one after another; equal ones in a row are counted.
fn path(samples: &[(Label, Vec<u32>)]) -> String {
    let rows = samples.chunk_by(|a, b| a == b).map(|row| {
        let (label, counts) = &row[0];
        let counts: Vec<String> = counts.iter().map(u32::to_string).collect();
        let sample = format!("{} [{}]", label.symbol(), counts.join(", "));
        match row.len() {
            1 => sample,
            often => format!("{often} times {sample}"),
        }
    });
    rows.collect::<Vec<_>>().join(", then ")
}

/// The thresholds of a bound on a probability.
fn thresholds(violation: &Violation) -> Option<String> {
    let said = violation.details.iter().map(|(name, detail)| {
        let value = match detail {
            Detail::Number(q) => q.to_string(),
            Detail::Integers(list) => format!("{list:?}"),
            Detail::Numbers(list) => {
                let list: Vec<String> = list.iter().map(ToString::to_string).collect();
                format!("[{}]", list.join(", "))
            }
            Detail::Word(word) => (*word).to_owned(),
        };
        format!("{name} = {value}")
    });
    let said: Vec<String> = said.collect();
    (!said.is_empty()).then(|| format!("The bound has {}.", said.join(", ")))
}

/// What makes a conclusion fail without this assumption, in one sentence.
fn cause(assumption: AssumptionId) -> &'static str {
    match assumption {
        AssumptionId::A1 => {
            "the inner products and lengths of the background patterns enter every step and every norm"
        }
        AssumptionId::A1k => {
            "a step along one pattern moves the coordinate on a key by their inner product, and a key moves its own coordinate by the square of its length"
        }
        AssumptionId::A1kMinus => {
            "an image of the other label, or a background patch, lowers the key of a winner"
        }
        AssumptionId::A2 => {
            "images of the other label hold the key too, and move what it moves the other way"
        }
        AssumptionId::A3 => {
            "a background pattern that is commoner under one label has a drift of its own"
        }
        AssumptionId::A4 => {
            "one label comes more often than the other, so its steps weigh more in the mean"
        }
        AssumptionId::A5f => "a head weight other than 1 and -1 scales the steps of its filter",
        AssumptionId::A5t => "the head stays where it is",
        AssumptionId::A6prime => "no filter learns the label that has no winner",
        AssumptionId::H => {
            "a pattern that drifts with the head carries the filter away from its key"
        }
        other => other.without().trim_end_matches('.'),
    }
}

/// How much was searched, in one sentence.
pub fn effort(question: &Question, searched: &Searched, seed: u64) -> String {
    let drawn = grouped(&searched.drawn.to_string());
    let compared = grouped(&searched.compared.to_string());
    let theorem = question.theorem.statement().id.name();
    let all = match question.drop {
        Some(drop) => format!("all that {theorem} assumes but {}", drop.name()),
        None => format!("all that {theorem} assumes"),
    };
    let mut text = format!("Of {drawn} problems drawn (seed {seed}), {compared} satisfy {all}");
    if let Some(largest) = &searched.largest {
        let _ = write!(text, "; the largest have {}", size(largest));
    }
    text.push('.');
    if searched.found.is_some() {
        let asked = grouped(&searched.shrunk.to_string());
        let _ = write!(
            text,
            " {asked} more were compared to make it small: no single change that was tried makes it smaller."
        );
    }
    text
}

/// A problem file that begins with these comments.
pub fn file(comments: &[String], found: &Found) -> String {
    self::comments(comments) + "\n" + &to_explicit_toml(&found.problem)
}

/// Paragraphs as the comments of a problem file.
pub fn comments(paragraphs: &[String]) -> String {
    let mut text = String::new();
    for paragraph in paragraphs {
        for line in lines(paragraph) {
            let _ = writeln!(text, "# {line}");
        }
    }
    text
}

/// The lines of a text, none longer than [`WIDTH`] unless a word is, each as full as it can be.
fn lines(text: &str) -> Vec<Cow<'_, str>> {
    let options = textwrap::Options::new(WIDTH)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit)
        .break_words(false);
    textwrap::wrap(text, options)
}

/// What is said of a search, a paragraph an entry, the answer first and how much was searched last.
pub fn story(question: &Question, searched: &Searched, seed: u64) -> Vec<String> {
    let mut story = Vec::new();
    if let Some(found) = &searched.found {
        let title = question.theorem.statement().title;
        story.push(format!(
            "{} ({title}): the conclusion fails. {}.",
            asked(question),
            size(&found.size)
        ));
        if let (Some(drop), Some(witness)) = (question.drop, &found.witness) {
            story.push(format!("{} fails: {witness}.", drop.name()));
        }
        story.push(failure(found));
        if let Some(drop) = question.drop {
            story.push(format!("Why: {}.", cause(drop)));
        }
    }
    story.push(effort(question, searched, seed));
    story
}
