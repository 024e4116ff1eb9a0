//! The letters of a formula, and the words of the glossary that explain them.

use crate::report::glossary::{self, Word};

/// A word of the glossary, and the letters of formulas that it explains.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Letter {
    /// The name of the word.
    word: &'static str,
    /// The letters as they are shown beside its text.
    pub shown: &'static str,
    /// How they stand in formulas: a letter or a macro with `'`, `^*` or `^\perp` if that belongs to its name, and
    /// with a subscript where the letter means something else without it.
    keys: &'static [&'static str],
}

impl Letter {
    /// The word.
    pub fn meaning(&self) -> Option<Word> {
        glossary::word(self.word)
    }
}

/// `"word" => "shown": "key", ...;`
macro_rules! letters {
    ($($word:literal => $shown:literal: $($key:literal),+;)*) => {
        &[$(Letter { word: $word, shown: $shown, keys: &[$($key),+] }),*]
    };
}

/// All letters of formulas.
const LETTERS: &[Letter] = letters! {
    "eta" => r"\eta": r"\eta";
    "y" => "y": "y";
    "N_p" => "N_p": "N";
    "Z" => "Z_{jp}": "Z";
    "w_j" => r"w_j,\; W": "w", "W";
    "w_perp" => r"w_j^\perp": r"w^\perp";
    "separator" => "w^*": "w^*";
    "a_j" => "a_j": "a";
    "r" => "r": "r";
    "m" => "m": "m";
    "n" => "n": "n";
    "n_+" => r"n_+,\; n_-": "n_+", "n_-";
    "P" => "P": "P";
    "Pr" => r"\Pr": r"\Pr";
    "E" => r"\mathbb{E}": r"\mathbb{E}";
    "h" => "h": "h";
    "t" => r"t,\; T": "t", "T";
    "t_0" => "t_0": "t_0";
    "s" => "s": "s";
    "G" => "G_{pq}": "G";
    "G_y" => "G_y": "G_y";
    "gate" => "g": "g";
    "g_max" => r"g_{\max}": r"g_{\max}";
    "kappa" => r"\kappa": r"\kappa";
    "rho" => r"\rho": r"\rho";
    "delta" => r"\delta": r"\delta";
    "epsilon" => r"\varepsilon": r"\varepsilon";
    "theta" => r"\theta": r"\theta";
    "mu" => r"\mu": r"\mu";
    "pi" => r"\pi": r"\pi";
    "alpha" => r"\alpha": r"\alpha";
    "beta_y" => r"\beta_y": r"\beta";
    "lambda_k" => r"\lambda_k": r"\lambda";
    "Delta" => r"\Delta": r"\Delta";
    "M_max" => r"M,\; M_{\max}": "M", r"M_{\max}";
    "M_j" => "M_j": "M_j";
    "M_t" => r"M_{j,t},\; M'_{j,t}": "M_{j,t}", "M_{i,t}", "M'_{j,t}", "M'_{i,t}", "M'_{i,t_0}";
    "p_min" => r"p_{\min}": r"p_{\min}";
    "B_y" => "B_y(t)": "B_y";
    "B" => "B": "B";
    "Bin" => r"\operatorname{Bin}": r"\operatorname{Bin}";
    "S_k" => r"S_k,\; S^*_k": "S_k", "S^*_k";
    "S" => "S": "S";
    "i" => r"i,\; j": "i", "j";
    "k" => "k": "k";
    "p" => r"p,\; q": "p", "q";
    "x" => "x": "x";
    "x_i" => "x_i": "x_i", "x_j";
    "v_y" => "v_y": "v";
    "u_k" => "u_k": "u";
    "camp" => r"J_y,\; J": "J";
    "R" => "R": "R";
    "c" => "c": "c";
    "b_y" => "b_y": "b";
    "A" => r"A,\; A_y": "A";
    "Q" => "Q": "Q";
    "F" => "F": "F";
    "V" => r"V_j,\; C_j": "V", "C";
    "L" => "L": "L";
    "D_j" => "D_j": "D_j";
    "E_k" => "E_k": "E_k", "E_0";
    "s_j" => "s_j": "s_j";
    "s_+" => r"s_+,\; s_-": "s_+", "s_-", "s_y";
    "win" => r"\operatorname{win}_y": r"\operatorname{win}";
    "opp" => r"\operatorname{opp}_y": r"\operatorname{opp}";
    "bg" => r"\operatorname{bg}_y": r"\operatorname{bg}";
    "own" => r"\operatorname{own}_i,\; \operatorname{wrong}_i": r"\operatorname{own}", r"\operatorname{wrong}";
    "relu" => r"\operatorname{relu}": r"\operatorname{relu}";
    "fl" => r"\operatorname{fl}": r"\operatorname{fl}";
    "err" => r"\operatorname{err}": r"\operatorname{err}";
    "indicator" => r"\mathbf{1}[\ldots]": r"\mathbf{1}";
};

/// Commands and functions that everybody knows.
const STRUCTURE: &[&str] = &[
    "frac",
    "tfrac",
    "sqrt",
    "sum",
    "le",
    "ge",
    "ne",
    "in",
    "notin",
    "implies",
    "langle",
    "rangle",
    "left",
    "right",
    "lceil",
    "rceil",
    "emptyset",
    "min",
    "max",
    "cos",
    "tan",
    "exp",
    "quad",
    "qquad",
    "ldots",
    "perp",
    "operatorname{sgn}",
    "operatorname{argmax}",
];

/// Commands whose argument is prose or the name of an environment.
const PROSE: &[&str] = &["text", "begin", "end"];

/// Commands that make a letter of their argument.
const NAMING: &[&str] = &["operatorname", "mathbb", "mathbf"];

/// The letters of formulas in the order of their first appearance, each once.
pub(super) fn of<'a>(formulas: impl IntoIterator<Item = &'a str>) -> Vec<&'static Letter> {
    let mut found: Vec<&Letter> = Vec::new();
    for latex in formulas {
        read(latex, &mut |_, letter| {
            if let Some(letter) = letter
                && !found.contains(&letter)
            {
                found.push(letter);
            }
        });
    }
    found
}

/// Meets every letter and every command of a formula that is not structure, with what explains it.
fn read(latex: &str, meet: &mut dyn FnMut(&str, Option<&'static Letter>)) {
    let mut rest = Rest(latex);
    while let Some(token) = rest.token() {
        let name = match token.strip_prefix('\\') {
            Some(command) if PROSE.contains(&command) => {
                rest.argument();
                continue;
            }
            Some(command) if NAMING.contains(&command) => {
                let argument = rest.argument();
                format!("\\{command}{{{argument}}}")
            }
            Some(command) if !command.starts_with(char::is_alphabetic) => continue,
            None if !token.starts_with(char::is_alphabetic) => continue,
            _ => token.to_owned(),
        };
        if name
            .strip_prefix('\\')
            .is_some_and(|command| STRUCTURE.contains(&command))
        {
            continue;
        }
        let scripts = rest.scripts();
        let part = ["*", "\\perp"].iter().find(|&&part| part == scripts.above);
        let part = part.map_or(String::new(), |part| format!("^{part}"));
        let below: String = scripts.below.split_whitespace().collect();
        let own = format!("{name}{}{part}", scripts.primes);
        let group = if below.starts_with('\\') || below.chars().count() > 1 {
            format!("{{{below}}}")
        } else {
            below
        };
        let full = format!("{own}_{group}");
        meet(&own, letter(&full).or_else(|| letter(&own)));
        for script in [scripts.below, scripts.above] {
            read(script, meet);
        }
    }
}

fn letter(key: &str) -> Option<&'static Letter> {
    LETTERS.iter().find(|letter| letter.keys.contains(&key))
}

/// What stands behind a letter.
#[derive(Default)]
struct Scripts<'a> {
    primes: String,
    above: &'a str,
    below: &'a str,
}

/// What has not been read of a formula.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// The next character, or command with its backslash.
    fn token(&mut self) -> Option<&'a str> {
        self.0 = self.0.trim_start();
        let mut chars = self.0.chars();
        let mut length = chars.next()?.len_utf8();
        if self.0.starts_with('\\') {
            let name = &self.0[1..];
            let letters = name.len()
                - name
                    .trim_start_matches(|c: char| c.is_ascii_alphabetic())
                    .len();
            let other = name.chars().next().map_or(0, char::len_utf8);
            length += if letters > 0 { letters } else { other };
        }
        Some(self.take(length))
    }

    /// The next argument, without its braces.
    fn argument(&mut self) -> &'a str {
        self.0 = self.0.trim_start();
        if !self.0.starts_with('{') {
            return self.token().unwrap_or("");
        }
        let mut depth = 0;
        let end = self.0.char_indices().find(|&(_, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        match end {
            Some((end, _)) => {
                let inside = &self.take(end + 1)[1..];
                inside.strip_suffix('}').unwrap_or(inside)
            }
            None => &self.take(self.0.len())[1..],
        }
    }

    /// Primes, subscript and superscript, in any order.
    fn scripts(&mut self) -> Scripts<'a> {
        let mut scripts = Scripts::default();
        loop {
            let behind = self.0.trim_start();
            let Some(mark @ ('\'' | '^' | '_')) = behind.chars().next() else {
                return scripts;
            };
            self.0 = &behind[1..];
            match mark {
                '\'' => scripts.primes.push('\''),
                '^' => scripts.above = self.argument(),
                _ => scripts.below = self.argument(),
            }
        }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::super::inline;
    use super::super::tests::all;
    use super::*;
    use crate::report::glossary::Group;
    use std::collections::BTreeSet;

    /// The letters and commands of a formula that nothing explains.
    fn unexplained(latex: &str) -> Vec<String> {
        let mut missing = Vec::new();
        read(latex, &mut |name, letter| {
            if letter.is_none() {
                missing.push(name.to_owned());
            }
        });
        missing
    }

    #[test]
    fn every_letter_of_every_formula_is_explained() {
        for (name, formula) in all() {
            assert_eq!(
                unexplained(formula.latex),
                [""; 0],
                "{name}: {}",
                formula.latex
            );
        }
    }

    /// Each letter and command is met, but those of commands' names and of prose: counted in another way.
    #[test]
    fn no_letter_is_passed_over() {
        for (name, formula) in all() {
            let mut met = 0;
            read(formula.latex, &mut |name, _| {
                let name = name.split('^').next().unwrap_or("");
                let shown = name.trim_start_matches("\\operatorname");
                let shown = shown
                    .trim_start_matches("\\mathbb")
                    .trim_start_matches("\\mathbf");
                met += if shown.starts_with('\\') {
                    0
                } else {
                    shown.matches(char::is_alphabetic).count()
                };
            });
            let mut text = formula.latex.to_owned();
            while let Some((before, rest)) = text.split_once("\\text{") {
                let after = rest.split_once('}').map_or("", |(_, after)| after);
                text = format!("{before}{after}");
            }
            for gone in ["{cases}", "{sgn}", "{argmax}"] {
                text = text.replace(gone, "");
            }
            let mut letters = 0;
            let mut command = false;
            for c in text.chars() {
                command = c == '\\' || command && c.is_alphabetic();
                letters += usize::from(!command && c.is_alphabetic());
            }
            assert_eq!(met, letters, "{name}: {}", formula.latex);
        }
    }

    #[test]
    fn what_is_not_explained_is_found() {
        assert_eq!(unexplained(r"\zeta + \frac{o}{2}"), [r"\zeta", "o"]);
        assert_eq!(unexplained(r"Z_{j o} + y^{\omega}"), ["o", r"\omega"]);
        assert_eq!(
            unexplained(r"\operatorname{foo}(\mathbb{R})"),
            [r"\operatorname{foo}", r"\mathbb{R}"]
        );
        assert_eq!(unexplained(r"M'"), ["M'"]);
        assert_eq!(unexplained(r"\text{prose}\quad\, \{t\}"), [""; 0]);
    }

    #[test]
    fn a_broken_formula_is_read_to_its_end() {
        for latex in [
            r"\",
            "{",
            "}",
            "Z_",
            "Z^{a",
            r"\text",
            r"\operatorname{",
            "Z_{}}",
            "ä_ß'",
            "_",
            "^^",
        ] {
            unexplained(latex);
        }
    }

    #[test]
    fn every_letter_has_a_word_is_shown_and_used() {
        let mut used = BTreeSet::new();
        for (_, formula) in all() {
            read(formula.latex, &mut |_, letter| {
                used.extend(letter.map(|letter| letter.word));
            });
        }
        let mut keys = BTreeSet::new();
        for letter in LETTERS {
            let word = letter.meaning();
            let word = word.unwrap_or_else(|| panic!("{} is not in the glossary", letter.word));
            assert!(word.names.contains(&letter.word), "{}", letter.word);
            assert_ne!(word.group, Group::Figures, "{}", letter.word);
            assert!(inline(letter.shown).is_ok(), "{}", letter.shown);
            assert!(used.contains(letter.word), "{} is not used", letter.word);
            for key in letter.keys {
                assert!(keys.insert(key), "{key} is explained twice");
            }
            assert_eq!(of([letter.shown])[0], letter, "{} is shown", letter.shown);
        }
    }
}
