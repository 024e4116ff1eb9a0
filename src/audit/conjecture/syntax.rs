//! The language of conjectures as text: reading it into a tree with the place of every part, and printing that tree.
//!
//! ```text
//! claim      = or { "implies" claim }
//! or         = and { "or" and }
//! and        = not { "and" not }
//! not        = "not" not | comparison
//! comparison = sum { ( "<" | "<=" | "=" | "!=" | ">=" | ">" ) sum }
//! sum        = product { ( "+" | "-" ) product }
//! product    = signed { ( "*" | "/" ) signed }
//! signed     = "-" signed | power
//! power      = atom [ "^" digits ]
//! atom       = number | name | "'" name "'" | name "(" arguments ")" | name "(" fold ")" | "(" claim ")"
//! fold       = claim "for" name "in" name { "," name "in" name } [ "if" claim ]
//! ```
//!
//! A name that ends in `_`, and the name `v`, take a sign that stands right behind them: `B_+`, `v-`.

use crate::number::{Q, parse_rational};
use std::fmt;
use std::ops::Range;

/// Longest text that is read, in bytes.
pub const MAX_LENGTH: usize = 4_000;

/// Deepest nesting that is read.
pub const MAX_DEPTH: usize = 50;

/// Largest exponent.
pub const MAX_POWER: u32 = 64;

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// What was found there.
    pub found: String,
    /// What was expected.
    pub expected: String,
    /// What to do about it, where that is known.
    pub help: Option<String>,
}

impl Fault {
    /// A fault at a part of a text.
    pub fn new(
        span: &Range<usize>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Box<Self> {
        Box::new(Fault {
            span: span.clone(),
            found: found.into(),
            expected: expected.into(),
            help: None,
        })
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn help(mut self: Box<Self>, help: impl Into<String>) -> Box<Self> {
        self.help = Some(help.into());
        self
    }
}

/// How two sides are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `>=`
    AtLeast,
    /// `>`
    Above,
}

impl Comparison {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Comparison::Below => "<",
            Comparison::AtMost => "<=",
            Comparison::Equal => "=",
            Comparison::Unequal => "!=",
            Comparison::AtLeast => ">=",
            Comparison::Above => ">",
        }
    }

    /// Are two sides with this order related like this?
    pub fn admits(self, order: std::cmp::Ordering) -> bool {
        match self {
            Comparison::Below => order.is_lt(),
            Comparison::AtMost => order.is_le(),
            Comparison::Equal => order.is_eq(),
            Comparison::Unequal => order.is_ne(),
            Comparison::AtLeast => order.is_ge(),
            Comparison::Above => order.is_gt(),
        }
    }
}

/// A name with its place.
#[derive(Debug, Clone)]
pub struct Word {
    /// The name.
    pub text: String,
    /// Bytes of the text.
    pub span: Range<usize>,
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// A part of a claim with its place; two are equal if they say the same, wherever they stand.
#[derive(Debug, Clone)]
pub struct Syntax {
    /// What it is.
    pub part: Part,
    /// Bytes of the text.
    pub span: Range<usize>,
}

impl PartialEq for Syntax {
    fn eq(&self, other: &Self) -> bool {
        self.part == other.part
    }
}

/// What a part of a claim is.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// A number, as it is written: digits, with or without a point and an exponent.
    Number(String),
    /// A name that stands alone.
    Name(String),
    /// A name in quotes.
    Quoted(String),
    /// `name(arguments)`.
    Call {
        /// The name.
        name: Word,
        /// The arguments.
        arguments: Vec<Syntax>,
    },
    /// `name(body for variable in set, ... if condition)`.
    Fold {
        /// The name.
        name: Word,
        /// What is gathered.
        body: Box<Syntax>,
        /// Variables and the sets that they run through.
        ranges: Vec<(Word, Word)>,
        /// For which of them.
        condition: Option<Box<Syntax>>,
    },
    /// `- x`.
    Negative(Box<Syntax>),
    /// `x ^ n`.
    Power(Box<Syntax>, u32),
    /// At least two factors; true for those that divide, which the first does not.
    Product(Vec<(bool, Syntax)>),
    /// At least two terms; true for those that are taken away, which the first is not.
    Sum(Vec<(bool, Syntax)>),
    /// A first side, and at least one more with how the one before it compares.
    Compare(Box<Syntax>, Vec<(Comparison, Syntax)>),
    /// `not x`.
    Not(Box<Syntax>),
    /// At least two.
    And(Vec<Syntax>),
    /// At least two.
    Or(Vec<Syntax>),
    /// `x implies y`.
    Implies(Box<Syntax>, Box<Syntax>),
}

impl Part {
    /// How tightly it binds; what binds less needs parentheses inside of what binds more.
    fn rank(&self) -> u8 {
        match self {
            Part::Implies(..) => 0,
            Part::Or(_) => 1,
            Part::And(_) => 2,
            Part::Not(_) => 3,
            Part::Compare(..) => 4,
            Part::Sum(_) => 5,
            Part::Product(_) => 6,
            Part::Negative(_) => 7,
            Part::Power(..) => 8,
            _ => 9,
        }
    }
}

impl Syntax {
    /// Reads a text.
    ///
    /// # Errors
    /// The first [`Fault`].
    ///
    /// # Cost
    /// Linear in the text, of which at most `MAX_LENGTH` bytes are read.
    ///
    /// # Example
    /// ```
    /// use filtercert::audit::conjecture::Syntax;
    ///
    /// let claim = Syntax::parse("norm(winner)>=3*norm(loser)").unwrap();
    /// assert_eq!(claim.to_string(), "norm(winner) >= 3 * norm(loser)");
    /// assert_eq!(Syntax::parse("norm(winner) >= ").unwrap_err().span, 15..15);
    /// ```
    pub fn parse(text: &str) -> Result<Self, Box<Fault>> {
        if text.len() > MAX_LENGTH {
            let found = format!("a text of {} bytes", text.len());
            let expected = format!("at most {MAX_LENGTH} bytes");
            return Err(Fault::new(&(0..text.len()), found, expected));
        }
        let tokens = tokens(text)?;
        let end = text.trim_end().len();
        let mut reader = Reader {
            tokens,
            at: 0,
            end,
            depth: 0,
        };
        let read = reader.claim()?;
        match reader.peek() {
            None => Ok(read),
            Some(token) => Err(beyond(token)),
        }
    }
}

/// The fault of a token that nothing can have here.
fn beyond(token: &Token) -> Box<Fault> {
    let fault = Fault::new(
        &token.span,
        token.kind.describe(),
        "an operator or the end of the claim",
    );
    match &token.kind {
        Kind::Name(_) | Kind::Open => {
            fault.help("a product is written with *, as in 3 * norm(loser)")
        }
        _ => fault,
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Number(String),
    Name(String),
    Quoted(String),
    Open,
    Close,
    Comma,
    Plus,
    Minus,
    Times,
    Over,
    Power,
    Compare(Comparison),
}

impl Kind {
    fn describe(&self) -> String {
        match self {
            Kind::Number(text) => format!("the number {text}"),
            Kind::Name(text) => format!("`{text}`"),
            Kind::Quoted(text) => format!("the name '{text}'"),
            Kind::Open => "`(`".to_owned(),
            Kind::Close => "`)`".to_owned(),
            Kind::Comma => "`,`".to_owned(),
            Kind::Plus => "`+`".to_owned(),
            Kind::Minus => "`-`".to_owned(),
            Kind::Times => "`*`".to_owned(),
            Kind::Over => "`/`".to_owned(),
            Kind::Power => "`^`".to_owned(),
            Kind::Compare(how) => format!("`{}`", how.symbol()),
        }
    }
}

#[derive(Debug, Clone)]
struct Token {
    kind: Kind,
    span: Range<usize>,
}

/// Words that no variable can have as its name.
pub(super) const RESERVED: [&str; 8] = ["and", "or", "not", "implies", "for", "in", "if", "else"];

fn tokens(text: &str) -> Result<Vec<Token>, Box<Fault>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let (kind, long) = token(&text[at..], at)?;
        found.push(Token {
            kind,
            span: at..at + long,
        });
        at += long;
    }
    Ok(found)
}

/// The token that a text begins with, and its length.
fn token(rest: &str, at: usize) -> Result<(Kind, usize), Box<Fault>> {
    const SYMBOLS: [(&str, Kind); 19] = [
        ("**", Kind::Power),
        ("<=", Kind::Compare(Comparison::AtMost)),
        (">=", Kind::Compare(Comparison::AtLeast)),
        ("==", Kind::Compare(Comparison::Equal)),
        ("!=", Kind::Compare(Comparison::Unequal)),
        ("\u{2264}", Kind::Compare(Comparison::AtMost)),
        ("\u{2265}", Kind::Compare(Comparison::AtLeast)),
        ("\u{2260}", Kind::Compare(Comparison::Unequal)),
        ("<", Kind::Compare(Comparison::Below)),
        (">", Kind::Compare(Comparison::Above)),
        ("=", Kind::Compare(Comparison::Equal)),
        ("(", Kind::Open),
        (")", Kind::Close),
        (",", Kind::Comma),
        ("+", Kind::Plus),
        ("-", Kind::Minus),
        ("*", Kind::Times),
        ("/", Kind::Over),
        ("^", Kind::Power),
    ];
    const MEANT: [(&str, &str); 6] = [
        ("&&", "and"),
        ("&", "and"),
        ("||", "or"),
        ("|", "or"),
        ("!", "not"),
        ("=>", "implies"),
    ];
    let first = rest.chars().next().unwrap_or(' ');
    let fault = |long: usize, expected: &str| {
        let span = at..at + long;
        Fault::new(&span, format!("`{}`", &rest[..long]), expected)
    };
    if first.is_ascii_digit() || first == '.' {
        let long = number_length(rest);
        let text = &rest[..long];
        return match parse_rational(text) {
            Ok(_) => Ok((Kind::Number(text.to_owned()), long)),
            Err(_) => Err(fault(long, "a number such as 3, 0.25 or 1e-3")),
        };
    }
    if first.is_alphabetic() || first == '_' {
        let mut long = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let takes_sign = rest[..long].ends_with('_') || &rest[..long] == "v";
        if takes_sign && rest[long..].starts_with(['+', '-']) {
            long += 1;
        }
        return Ok((Kind::Name(rest[..long].to_owned()), long));
    }
    if first == '\'' || first == '"' {
        return match rest[1..].find(first) {
            Some(length) => Ok((Kind::Quoted(rest[1..=length].to_owned()), length + 2)),
            None => Err(fault(rest.len(), "a name between two quotes")),
        };
    }
    if rest.starts_with("=>") {
        return Err(fault(2, "`implies`, or `>=`"));
    }
    if let Some((symbol, kind)) = SYMBOLS.iter().find(|(symbol, _)| rest.starts_with(symbol)) {
        return Ok((kind.clone(), symbol.len()));
    }
    if let Some((symbol, word)) = MEANT.iter().find(|(symbol, _)| rest.starts_with(symbol)) {
        return Err(fault(symbol.len(), &format!("`{word}`")));
    }
    Err(fault(
        first.len_utf8(),
        "a number, a name, an operator or a parenthesis",
    ))
}

/// How long the number is that a text begins with.
fn number_length(text: &str) -> usize {
    let digits = |from: usize| {
        let run = text[from..].bytes().take_while(u8::is_ascii_digit).count();
        from + run
    };
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
    /// Where the text ends.
    end: usize,
    depth: usize,
}

type Read = Result<Syntax, Box<Fault>>;

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn take(&mut self, kind: &Kind) -> bool {
        let found = self.peek().is_some_and(|token| token.kind == *kind);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self
            .peek()
            .is_some_and(|token| matches!(&token.kind, Kind::Name(name) if name == word));
        self.at += usize::from(found);
        found
    }

    /// The fault that something else was expected here.
    fn expected<T>(&self, expected: &str) -> Result<T, Box<Fault>> {
        Err(match self.peek() {
            Some(token) => Fault::new(&token.span, token.kind.describe(), expected),
            None => Fault::new(&(self.end..self.end), "the end of the claim", expected),
        })
    }

    /// Goes one level deeper.
    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Read) -> Read {
        if self.depth == MAX_DEPTH {
            return self.expected(&format!("at most {MAX_DEPTH} levels of nesting"));
        }
        self.depth += 1;
        let part = read(self);
        self.depth -= 1;
        part
    }

    fn start(&self) -> usize {
        self.peek().map_or(self.end, |token| token.span.start)
    }

    /// A part from `start` to the last token that was taken.
    fn made(&self, start: usize, part: Part) -> Syntax {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        let end = last.map_or(self.end, |token| token.span.end);
        Syntax {
            part,
            span: start..end,
        }
    }

    fn claim(&mut self) -> Read {
        let start = self.start();
        let first = self.several("or", Part::Or, |this| {
            this.several("and", Part::And, Self::negation)
        })?;
        if !self.take_word("implies") {
            return Ok(first);
        }
        let then = self.nested(Self::claim)?;
        Ok(self.made(start, Part::Implies(Box::new(first), Box::new(then))))
    }

    fn several(
        &mut self,
        word: &str,
        join: fn(Vec<Syntax>) -> Part,
        read: impl Fn(&mut Self) -> Read,
    ) -> Read {
        let start = self.start();
        let first = read(self)?;
        let mut parts = vec![first];
        while self.take_word(word) {
            parts.push(read(self)?);
        }
        match parts.len() {
            1 => Ok(parts.remove(0)),
            _ => Ok(self.made(start, join(parts))),
        }
    }

    fn negation(&mut self) -> Read {
        let start = self.start();
        if self.take_word("not") {
            let part = self.nested(Self::negation)?;
            return Ok(self.made(start, Part::Not(Box::new(part))));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Read {
        let start = self.start();
        let first = self.sum()?;
        let mut sides = Vec::new();
        while let Some(Kind::Compare(how)) = self.peek().map(|token| &token.kind) {
            let how = *how;
            self.at += 1;
            sides.push((how, self.sum()?));
        }
        match sides.is_empty() {
            true => Ok(first),
            false => Ok(self.made(start, Part::Compare(Box::new(first), sides))),
        }
    }

    /// Parts joined by one of two operators, of which the second is told.
    fn joined(
        &mut self,
        operators: [Kind; 2],
        join: fn(Vec<(bool, Syntax)>) -> Part,
        read: fn(&mut Self) -> Read,
    ) -> Read {
        let start = self.start();
        let mut parts = vec![(false, read(self)?)];
        loop {
            let second = match () {
                () if self.take(&operators[0]) => false,
                () if self.take(&operators[1]) => true,
                () => break,
            };
            parts.push((second, read(self)?));
        }
        match parts.len() {
            1 => Ok(parts.remove(0).1),
            _ => Ok(self.made(start, join(parts))),
        }
    }

    fn sum(&mut self) -> Read {
        self.joined([Kind::Plus, Kind::Minus], Part::Sum, Self::product)
    }

    fn product(&mut self) -> Read {
        self.joined([Kind::Times, Kind::Over], Part::Product, Self::signed)
    }

    fn signed(&mut self) -> Read {
        let start = self.start();
        if self.take(&Kind::Minus) {
            let part = self.nested(Self::signed)?;
            return Ok(self.made(start, Part::Negative(Box::new(part))));
        }
        self.power()
    }

    fn power(&mut self) -> Read {
        let start = self.start();
        let base = self.atom()?;
        if !self.take(&Kind::Power) {
            return Ok(base);
        }
        let expected = format!("a whole number from 0 to {MAX_POWER}");
        let exponent = match self.peek().map(|token| &token.kind) {
            Some(Kind::Number(text)) => text.parse().ok().filter(|n| *n <= MAX_POWER),
            _ => None,
        };
        match exponent {
            Some(exponent) => {
                self.at += 1;
                Ok(self.made(start, Part::Power(Box::new(base), exponent)))
            }
            None => self.expected(&expected),
        }
    }

    fn atom(&mut self) -> Read {
        const EXPECTED: &str = "a number, a quantity such as norm(winner), or a parenthesis";
        let start = self.start();
        let Some(token) = self.peek().cloned() else {
            return self.expected(EXPECTED);
        };
        match token.kind {
            Kind::Number(text) => {
                self.at += 1;
                Ok(self.made(start, Part::Number(text)))
            }
            Kind::Quoted(text) => {
                self.at += 1;
                Ok(self.made(start, Part::Quoted(text)))
            }
            Kind::Open => {
                self.at += 1;
                let inner = self.nested(Self::claim)?;
                self.close()?;
                Ok(Syntax {
                    span: self.made(start, Part::Number(String::new())).span,
                    ..inner
                })
            }
            Kind::Name(text) if !RESERVED.contains(&text.as_str()) => {
                self.at += 1;
                let name = Word {
                    text,
                    span: token.span,
                };
                if self.take(&Kind::Open) {
                    return self.nested(|this| this.call(start, name));
                }
                Ok(self.made(start, Part::Name(name.text)))
            }
            _ => self.expected(EXPECTED),
        }
    }

    fn close(&mut self) -> Result<(), Box<Fault>> {
        if self.take(&Kind::Close) {
            return Ok(());
        }
        match self.peek() {
            Some(token) if matches!(token.kind, Kind::Name(_) | Kind::Open) => Err(beyond(token)),
            _ => self.expected("`)`"),
        }
    }

    /// What stands between the parentheses behind a name.
    fn call(&mut self, start: usize, name: Word) -> Read {
        let mut arguments = Vec::new();
        if self.take(&Kind::Close) {
            return Ok(self.made(start, Part::Call { name, arguments }));
        }
        arguments.push(self.claim()?);
        if self.take_word("for") {
            let body = Box::new(arguments.remove(0));
            return self.fold(start, name, body);
        }
        while self.take(&Kind::Comma) {
            arguments.push(self.claim()?);
        }
        self.close()?;
        Ok(self.made(start, Part::Call { name, arguments }))
    }

    fn word(&mut self, expected: &str) -> Result<Word, Box<Fault>> {
        match self.peek() {
            Some(Token {
                kind: Kind::Name(text),
                span,
            }) if !RESERVED.contains(&text.as_str()) => {
                let word = Word {
                    text: text.clone(),
                    span: span.clone(),
                };
                self.next();
                Ok(word)
            }
            _ => self.expected(expected),
        }
    }

    fn fold(&mut self, start: usize, name: Word, body: Box<Syntax>) -> Read {
        let mut ranges = Vec::new();
        loop {
            let variable = self.word("the name of a variable, as in `for j in filters`")?;
            if !self.take_word("in") {
                return self.expected("`in`, as in `for j in filters`");
            }
            let set = self.word("a set, such as filters or patterns")?;
            ranges.push((variable, set));
            if !self.take(&Kind::Comma) {
                break;
            }
            // `for i in winners, for j in losers` says the same.
            self.take_word("for");
        }
        let condition = match self.take_word("if") {
            true => Some(Box::new(self.claim()?)),
            false => None,
        };
        self.close()?;
        Ok(self.made(
            start,
            Part::Fold {
                name,
                body,
                ranges,
                condition,
            },
        ))
    }
}

impl fmt::Display for Syntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

impl Syntax {
    /// Writes this part where at least `rank` must bind.
    fn write_at(&self, rank: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.part.rank() < rank {
            f.write_str("(")?;
            self.write(f)?;
            return f.write_str(")");
        }
        self.write(f)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rank = self.part.rank();
        match &self.part {
            Part::Number(text) | Part::Name(text) => f.write_str(text),
            Part::Quoted(text) => match text.contains('\'') {
                true => write!(f, "\"{text}\""),
                false => write!(f, "'{text}'"),
            },
            Part::Call { name, arguments } => {
                write!(f, "{}(", name.text)?;
                for (at, argument) in arguments.iter().enumerate() {
                    if at > 0 {
                        f.write_str(", ")?;
                    }
                    argument.write(f)?;
                }
                f.write_str(")")
            }
            Part::Fold {
                name,
                body,
                ranges,
                condition,
            } => {
                write!(f, "{}({body} for ", name.text)?;
                for (at, (variable, set)) in ranges.iter().enumerate() {
                    if at > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{} in {}", variable.text, set.text)?;
                }
                if let Some(condition) = condition {
                    write!(f, " if {condition}")?;
                }
                f.write_str(")")
            }
            Part::Negative(part) => {
                f.write_str("-")?;
                part.write_at(rank, f)
            }
            Part::Power(base, exponent) => {
                base.write_at(rank + 1, f)?;
                write!(f, "^{exponent}")
            }
            Part::Product(parts) => write_joined(parts, [" * ", " / "], rank + 1, f),
            Part::Sum(parts) => write_joined(parts, [" + ", " - "], rank + 1, f),
            Part::Compare(first, sides) => {
                first.write_at(rank + 1, f)?;
                for (how, side) in sides {
                    write!(f, " {} ", how.symbol())?;
                    side.write_at(rank + 1, f)?;
                }
                Ok(())
            }
            Part::Not(part) => {
                f.write_str("not ")?;
                part.write_at(rank, f)
            }
            Part::And(parts) => write_list(parts, " and ", rank + 1, f),
            Part::Or(parts) => write_list(parts, " or ", rank + 1, f),
            Part::Implies(first, then) => {
                first.write_at(rank + 1, f)?;
                f.write_str(" implies ")?;
                then.write_at(rank, f)
            }
        }
    }
}

fn write_joined(
    parts: &[(bool, Syntax)],
    signs: [&str; 2],
    rank: u8,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    for (at, (second, part)) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(signs[usize::from(*second)])?;
        }
        part.write_at(rank, f)?;
    }
    Ok(())
}

fn write_list(parts: &[Syntax], word: &str, rank: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(word)?;
        }
        part.write_at(rank, f)?;
    }
    Ok(())
}

/// The number that a text of digits says.
pub(super) fn number(text: &str) -> Q {
    // The reader took only what is a number.
    parse_rational(text).unwrap_or_default()
}
