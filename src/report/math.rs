//! Formulas of theorems, which are written in LaTeX: as MathML, and what each of their symbols means.
//!
//! A formula is read twice: by `pulldown_latex`, which renders it, and by `math/letters.rs`, which finds the
//! letters in it and the words of the glossary that explain them.

mod letters;

use super::glossary::Word;
use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::event::{Content, Event};
use pulldown_latex::{Parser, Storage, push_mathml};
use thiserror::Error;

/// Why a formula cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MathError {
    /// It is no LaTeX, or a command in it is not known.
    #[error("a formula cannot be read: {0}")]
    Syntax(String),
    /// The name of a function in it is not made of letters and digits.
    #[error("a formula has a function named {0:?}")]
    Function(String),
}

/// A symbol of a formula, or several that one word explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// How it is written, as MathML.
    pub mathml: String,
    /// What it means: the word of the glossary.
    pub word: Word,
}

/// The rules of CSS that tables in MathML of [`mathml`] need: where cells are flush.
pub const STYLE: &str = "\
math mtd { padding-inline: 0; }
math .menv-cells-left > mtr > mtd { text-align: left; }
math .menv-cases > mtr > mtd:first-child { padding-right: 1em; }
";

/// A formula as a block: one `math` element, with nothing in it that acts or points elsewhere.
pub fn mathml(latex: &str) -> Result<String, MathError> {
    rendered(latex, DisplayMode::Block)
}

/// A formula within a line, as [`mathml`].
pub fn inline(latex: &str) -> Result<String, MathError> {
    rendered(latex, DisplayMode::Inline)
}

/// The symbols of a formula in the order of their first appearance, each once.
pub fn symbols(latex: &str) -> Vec<Symbol> {
    symbols_of([latex])
}

/// The symbols of several formulas, as [`symbols`].
pub fn symbols_of<'a>(formulas: impl IntoIterator<Item = &'a str>) -> Vec<Symbol> {
    let found = letters::of(formulas);
    let symbol = |letter: &letters::Letter| {
        Some(Symbol {
            mathml: inline(letter.shown).ok()?,
            word: letter.meaning()?,
        })
    };
    found.into_iter().filter_map(symbol).collect()
}

fn rendered(latex: &str, display_mode: DisplayMode) -> Result<String, MathError> {
    let storage = Storage::new();
    let events: Result<Vec<Event<'_>>, _> = Parser::new(latex, &storage).collect();
    let events = events.map_err(|error| MathError::Syntax(error.to_string()))?;
    // Names of functions are written as they are.
    let odd = events.iter().find_map(|event| match event {
        Event::Content(Content::Function(name)) => {
            let plain = name.chars().all(char::is_alphanumeric);
            (!plain).then(|| (*name).to_owned())
        }
        _ => None,
    });
    if let Some(name) = odd {
        return Err(MathError::Function(name));
    }
    let config = RenderConfig {
        display_mode,
        ..RenderConfig::default()
    };
    let mut text = String::new();
    let events = events.into_iter().map(Ok::<_, std::fmt::Error>);
    push_mathml(&mut text, events, config).map_err(|error| MathError::Syntax(error.to_string()))?;
    // Single characters are not escaped, and XML knows no name for a space that does not break.
    Ok(text
        .replace("><</", ">&lt;</")
        .replace(">></", ">&gt;</")
        .replace(">&</", ">&amp;</")
        .replace("&nbsp;", "\u{a0}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::record::Formula;
    use crate::theory::{SHARPER, forms};

    /// All formulas, with the name of what they are formulas of.
    pub(super) fn all() -> impl Iterator<Item = (&'static str, Formula)> {
        let stated = forms().map(|form| form.statement());
        let stated = stated.map(|statement| (statement.id.name(), statement.formulas));
        let every = stated.chain(SHARPER);
        every.flat_map(|(name, formulas)| formulas.iter().map(move |formula| (name, *formula)))
    }

    /// How many children these elements have.
    const CHILDREN: [(&str, usize); 8] = [
        ("mfrac", 2),
        ("mroot", 2),
        ("msub", 2),
        ("msup", 2),
        ("munder", 2),
        ("mover", 2),
        ("msubsup", 3),
        ("munderover", 3),
    ];

    /// The first fault of a text as MathML: a tag that is not closed, a character that is not escaped, an element
    /// with children too many or too few.
    fn fault(text: &str) -> Option<String> {
        let mut open: Vec<(&str, usize)> = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            let escaped = ["&lt;", "&gt;", "&amp;"].iter();
            let plain = escaped.fold(before.to_owned(), |text, name| text.replace(name, ""));
            if plain.contains('&') || plain.contains('>') {
                return Some(plain);
            }
            let Some((tag, after)) = after.split_once('>') else {
                return Some(format!("<{after}"));
            };
            rest = after;
            if tag.matches('"').count() % 2 == 1 || tag.contains('<') {
                return Some(tag.to_owned());
            }
            if let Some(name) = tag.strip_prefix('/') {
                let Some((_, children)) = open.pop().filter(|(opened, _)| *opened == name) else {
                    return Some(tag.to_owned());
                };
                let wanted = CHILDREN.iter().find(|(known, _)| *known == name);
                if wanted.is_some_and(|&(_, wanted)| wanted != children) {
                    return Some(format!("{name} with {children} children"));
                }
                continue;
            }
            if let Some((_, children)) = open.last_mut() {
                *children += 1;
            }
            if !tag.ends_with('/') {
                open.push((tag.split(' ').next().unwrap_or(""), 0));
            }
        }
        (!open.is_empty() || !rest.is_empty()).then(|| format!("{open:?} {rest}"))
    }

    #[test]
    fn every_theorem_has_formulas_and_all_can_be_rendered() {
        for form in forms() {
            let statement = form.statement();
            assert!(!statement.formulas.is_empty(), "{}", statement.id.name());
        }
        for (name, formula) in all() {
            let text = mathml(formula.latex).unwrap_or_else(|e| panic!("{name}: {formula:?}: {e}"));
            assert!(
                text.starts_with("<math display=\"block\">") && text.ends_with("</math>"),
                "{name}: {text}"
            );
            assert!(!text.contains("nbsp"), "{name}: {text}");
            let tags = text
                .split('<')
                .skip(1)
                .filter_map(|part| part.split('>').next());
            for tag in tags {
                let acts = ["merror", "script"]
                    .iter()
                    .any(|acts| tag.starts_with(acts));
                assert!(!acts, "{name}: <{tag}> in {text}");
                for forbidden in ["href", "src", "url", "http", " on"] {
                    assert!(!tag.contains(forbidden), "{name}: <{tag}> in {text}");
                }
            }
            assert_eq!(fault(&text), None, "{name}: {text}");
        }
    }

    #[test]
    fn nothing_in_a_formula_acts_on_the_page() {
        assert_eq!(
            mathml(r"a < b \text{ if <b> \& c}").map(|text| fault(&text)),
            Ok(None)
        );
        assert_eq!(
            mathml(r"\operatorname{<script>}"),
            Err(MathError::Function("<script>".to_owned()))
        );
        for latex in [
            r"\frac{1}",
            r"\nosuch",
            r"{",
            r"}",
            r"a_b_c",
            r"\href{x}{y}",
            r"\begin{cases} a",
        ] {
            let found = mathml(latex);
            assert!(
                matches!(found, Err(MathError::Syntax(_))),
                "{latex}: {found:?}"
            );
        }
    }

    #[test]
    fn the_faults_that_are_looked_for_are_found() {
        for text in [
            "<a><b></a></b>",
            "<a>&x</a>",
            "<a><</a>",
            "<a>",
            "<a x=\"></a>",
            "x",
            "<msub><a /></msub>",
        ] {
            assert!(fault(text).is_some(), "{text}");
        }
        assert_eq!(fault("<a x=\"1\">&lt;<b /></a>"), None);
    }

    #[test]
    fn symbols_have_their_meaning_and_come_once() {
        let found = symbols(r"Z_{j,v_y}(t) = Z_{j,v_y}(0) + \eta r\, G_y(t)");
        let names: Vec<&str> = found.iter().map(|symbol| symbol.word.names[0]).collect();
        assert_eq!(names, ["Z", "i", "v_y", "y", "t", "eta", "r", "G_y"]);
        assert!(
            found[0]
                .mathml
                .starts_with("<math display=\"inline\"><msub><mi>Z</mi>")
        );
        assert!(found[7].word.text.starts_with("The sum of the gates"));
    }
}
