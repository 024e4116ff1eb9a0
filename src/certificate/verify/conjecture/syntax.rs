//! The words of a claim as a tree. The grammar, from what binds least to what binds most:
//!
//! ```text
//! claim      = or [ "implies" claim ]
//! or         = and { "or" and }
//! and        = not { "and" not }
//! not        = "not" not | comparison
//! comparison = sum { ( "<" | "<=" | "=" | "!=" | ">=" | ">" ) sum }
//! sum        = product { ( "+" | "-" ) product }
//! product    = signed { ( "*" | "/" ) signed }
//! signed     = "-" signed | power
//! power      = atom [ "^" digits ]
//! atom       = number | name [ "(" [ list | fold ] ")" ] | "'" name "'" | "(" claim ")"
//! list       = claim { "," claim }
//! fold       = claim "for" name "in" name { "," [ "for" ] name "in" name } [ "if" claim ]
//! ```
//!
//! A name that ends in `_`, and the name `v`, take a sign that stands right behind them: `B_+`, `v-`.

use crate::certificate::verify::error::{Checked, Rule, need, unmet};
use crate::number::parse_fraction;
use num_rational::BigRational as Q;

/// Longest text that is read, in bytes, deepest nesting, and largest exponent.
const MAX_LENGTH: usize = 4_000;
const MAX_DEPTH: usize = 50;
const MAX_POWER: u32 = 64;

pub enum Part {
    Number(Q),
    Name(String),
    Quoted(String),
    Call(String, Vec<Part>),
    Fold {
        name: String,
        body: Box<Part>,
        /// Variables and the sets that they run through.
        ranges: Vec<(String, String)>,
        condition: Option<Box<Part>>,
    },
    Negative(Box<Part>),
    Power(Box<Part>, u32),
    /// True with what divides.
    Product(Vec<(bool, Part)>),
    /// True with what is taken away.
    Sum(Vec<(bool, Part)>),
    /// A first side, and others each with the symbol before it.
    Compare(Box<Part>, Vec<(&'static str, Part)>),
    Not(Box<Part>),
    And(Vec<Part>),
    Or(Vec<Part>),
    Implies(Box<Part>, Box<Part>),
}

#[derive(Clone, PartialEq)]
enum Token {
    /// Its value, and is it written in digits alone?
    Number(Q, bool),
    Name(String),
    Quoted(String),
    Symbol(&'static str),
}

/// Each symbol as it may be written, and what it is.
const SYMBOLS: [(&str, &str); 19] = [
    ("**", "^"),
    ("<=", "<="),
    (">=", ">="),
    ("==", "="),
    ("!=", "!="),
    ("\u{2264}", "<="),
    ("\u{2265}", ">="),
    ("\u{2260}", "!="),
    ("<", "<"),
    (">", ">"),
    ("=", "="),
    ("(", "("),
    (")", ")"),
    (",", ","),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
    ("^", "^"),
];

const COMPARISONS: [&str; 6] = ["<", "<=", "=", "!=", ">=", ">"];

/// Words that are no names.
pub const RESERVED: [&str; 8] = ["and", "or", "not", "implies", "for", "in", "if", "else"];

/// Reads a claim.
pub fn parse(text: &str) -> Checked<Part> {
    need(text.len() <= MAX_LENGTH, Rule::Language)?;
    let mut reader = Reader {
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
    };
    let part = reader.claim()?;
    need(reader.at == reader.tokens.len(), Rule::Language)?;
    Ok(part)
}

fn tokens(mut rest: &str) -> Checked<Vec<Token>> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else {
            return Ok(found);
        };
        let (token, long) = if first.is_ascii_digit() || first == '.' {
            let long = number_length(rest);
            let Ok(value) = parse_fraction(&rest[..long]) else {
                return unmet(Rule::Language);
            };
            let plain = rest[..long].bytes().all(|b| b.is_ascii_digit());
            (Token::Number(value, plain), long)
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
            let mut long = end.unwrap_or(rest.len());
            let takes_sign = rest[..long].ends_with('_') || &rest[..long] == "v";
            if takes_sign && rest[long..].starts_with(['+', '-']) {
                long += 1;
            }
            (Token::Name(rest[..long].to_owned()), long)
        } else if first == '\'' || first == '"' {
            let Some(length) = rest[1..].find(first) else {
                return unmet(Rule::Language);
            };
            (Token::Quoted(rest[1..=length].to_owned()), length + 2)
        } else {
            let starts = |(written, _): &&(&str, &str)| rest.starts_with(written);
            let Some((written, symbol)) = SYMBOLS.iter().find(starts) else {
                return unmet(Rule::Language);
            };
            (Token::Symbol(symbol), written.len())
        };
        found.push(token);
        rest = &rest[long..];
    }
}

/// How long the number is that a text begins with: digits, a point, an exponent.
fn number_length(text: &str) -> usize {
    let digits = |from: usize| from + text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut long = digits(0);
    if text[long..].starts_with('.') {
        long = digits(long + 1);
    }
    if text[long..].starts_with(['e', 'E']) {
        let sign = usize::from(text[long + 1..].starts_with(['+', '-']));
        let end = digits(long + 1 + sign);
        if end > long + 1 + sign {
            long = end;
        }
    }
    long
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn take(&mut self, token: &Token) -> bool {
        let found = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(found);
        found
    }

    fn symbol(&mut self, symbol: &'static str) -> bool {
        self.take(&Token::Symbol(symbol))
    }

    fn word(&mut self, word: &str) -> bool {
        self.take(&Token::Name(word.to_owned()))
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Checked<Part>) -> Checked<Part> {
        need(self.depth < MAX_DEPTH, Rule::Language)?;
        self.depth += 1;
        let part = read(self);
        self.depth -= 1;
        part
    }

    /// Parts with a word between them.
    fn several(
        &mut self,
        word: &str,
        join: fn(Vec<Part>) -> Part,
        read: fn(&mut Self) -> Checked<Part>,
    ) -> Checked<Part> {
        let mut parts = vec![read(self)?];
        while self.word(word) {
            parts.push(read(self)?);
        }
        match parts.len() {
            1 => Ok(parts.remove(0)),
            _ => Ok(join(parts)),
        }
    }

    /// Parts with one of two symbols between them.
    fn joined(
        &mut self,
        [first, second]: [&'static str; 2],
        join: fn(Vec<(bool, Part)>) -> Part,
        read: fn(&mut Self) -> Checked<Part>,
    ) -> Checked<Part> {
        let mut parts = vec![(false, read(self)?)];
        loop {
            let is_second = !self.symbol(first);
            if is_second && !self.symbol(second) {
                break;
            }
            parts.push((is_second, read(self)?));
        }
        match parts.len() {
            1 => Ok(parts.remove(0).1),
            _ => Ok(join(parts)),
        }
    }

    fn claim(&mut self) -> Checked<Part> {
        let first = self.several("or", Part::Or, |this| {
            this.several("and", Part::And, Self::negation)
        })?;
        if !self.word("implies") {
            return Ok(first);
        }
        let then = self.nested(Self::claim)?;
        Ok(Part::Implies(Box::new(first), Box::new(then)))
    }

    fn negation(&mut self) -> Checked<Part> {
        if self.word("not") {
            return Ok(Part::Not(Box::new(self.nested(Self::negation)?)));
        }
        let first = self.sum()?;
        let mut sides = Vec::new();
        while let Some(Token::Symbol(symbol)) = self.tokens.get(self.at)
            && COMPARISONS.contains(symbol)
        {
            let symbol = *symbol;
            self.at += 1;
            sides.push((symbol, self.sum()?));
        }
        match sides.is_empty() {
            true => Ok(first),
            false => Ok(Part::Compare(Box::new(first), sides)),
        }
    }

    fn sum(&mut self) -> Checked<Part> {
        self.joined(["+", "-"], Part::Sum, |this| {
            this.joined(["*", "/"], Part::Product, Self::signed)
        })
    }

    fn signed(&mut self) -> Checked<Part> {
        if self.symbol("-") {
            return Ok(Part::Negative(Box::new(self.nested(Self::signed)?)));
        }
        let base = self.atom()?;
        if !self.symbol("^") {
            return Ok(base);
        }
        let Some(Token::Number(exponent, true)) = self.tokens.get(self.at) else {
            return unmet(Rule::Language);
        };
        match u32::try_from(exponent.to_integer()) {
            Ok(n) if n <= MAX_POWER => {
                self.at += 1;
                Ok(Part::Power(Box::new(base), n))
            }
            _ => unmet(Rule::Language),
        }
    }

    fn atom(&mut self) -> Checked<Part> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        match token {
            Some(Token::Number(value, _)) => Ok(Part::Number(value)),
            Some(Token::Quoted(name)) => Ok(Part::Quoted(name)),
            Some(Token::Symbol("(")) => {
                let inner = self.nested(Self::claim)?;
                need(self.symbol(")"), Rule::Language)?;
                Ok(inner)
            }
            Some(Token::Name(name)) if !RESERVED.contains(&name.as_str()) => {
                if !self.symbol("(") {
                    return Ok(Part::Name(name));
                }
                self.nested(|this| this.call(name))
            }
            _ => unmet(Rule::Language),
        }
    }

    /// What stands between the parentheses behind a name.
    fn call(&mut self, name: String) -> Checked<Part> {
        if self.symbol(")") {
            return Ok(Part::Call(name, Vec::new()));
        }
        let mut arguments = vec![self.claim()?];
        if self.word("for") {
            return self.fold(name, arguments.remove(0));
        }
        while self.symbol(",") {
            arguments.push(self.claim()?);
        }
        need(self.symbol(")"), Rule::Language)?;
        Ok(Part::Call(name, arguments))
    }

    fn fold(&mut self, name: String, body: Part) -> Checked<Part> {
        let mut ranges = Vec::new();
        loop {
            let variable = self.name()?;
            need(self.word("in"), Rule::Language)?;
            ranges.push((variable, self.name()?));
            if !self.symbol(",") {
                break;
            }
            self.word("for");
        }
        let condition = match self.word("if") {
            true => Some(Box::new(self.claim()?)),
            false => None,
        };
        need(self.symbol(")"), Rule::Language)?;
        let body = Box::new(body);
        Ok(Part::Fold {
            name,
            body,
            ranges,
            condition,
        })
    }

    fn name(&mut self) -> Checked<String> {
        match self.tokens.get(self.at) {
            Some(Token::Name(name)) if !RESERVED.contains(&name.as_str()) => {
                self.at += 1;
                Ok(name.clone())
            }
            _ => unmet(Rule::Language),
        }
    }
}
