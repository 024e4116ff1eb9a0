//! Claims with every name resolved in a problem: numbers, truths, and the filters, patterns and images they speak of.

use super::syntax::{Comparison, Fault, Part, RESERVED, Syntax, Word, number};
use super::words::{
    Constant, Drawn, FOLDS, Kind, Meaning, OF_NUMBERS, Quantity, Set, meanings, names, note,
};
use crate::number::{Q, integer};
use crate::problem::{Atom, AtomTable, Label, Problem, closest};
use num_traits::{Signed, ToPrimitive, Zero};
use std::ops::Range;
use std::sync::Arc;

/// A filter, a pattern or an image.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Object {
    /// This one.
    Fixed(usize),
    /// The one that this slot holds.
    Slot(usize),
    /// The key of the label of a filter at t = 0.
    Own(Box<Object>),
    /// The other key.
    Wrong(Box<Object>),
}

/// What gathers numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gather {
    Sum,
    Least,
    Most,
}

/// What is gathered, for which members of which sets.
#[derive(Debug, Clone)]
pub(super) struct Fold<T> {
    /// Slots, and the members that they run through.
    pub ranges: Vec<(usize, Arc<[usize]>)>,
    pub condition: Option<Truth>,
    pub body: T,
}

/// A number with its place in the text.
#[derive(Debug, Clone)]
pub(super) struct Number {
    pub form: Form,
    pub span: Range<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum Form {
    Known(Q),
    Time,
    State {
        quantity: Quantity,
        start: bool,
        of: Vec<Object>,
    },
    Constant(Constant, Vec<Object>),
    Drawn(Drawn),
    Sum(Vec<(bool, Number)>),
    Product(Vec<(bool, Number)>),
    Power(Box<Number>, u32),
    Negative(Box<Number>),
    Abs(Box<Number>),
    Sign(Box<Number>),
    Sqrt(Box<Number>),
    /// The least or the most of several.
    OneOf(Gather, Vec<Number>),
    Fold(Gather, Box<Fold<Number>>),
    Count(Box<Fold<Truth>>),
}

/// A truth with its place in the text.
#[derive(Debug, Clone)]
pub(super) struct Truth {
    pub form: Clause,
    pub span: Range<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum Clause {
    Compare(Box<Number>, Vec<(Comparison, Number)>),
    /// Are two of a kind the same (true), or not?
    Same(bool, Object, Object),
    Not(Box<Truth>),
    And(Vec<Truth>),
    Or(Vec<Truth>),
    Implies(Box<Truth>, Box<Truth>),
    All(Box<Fold<Truth>>),
    Any(Box<Fold<Truth>>),
}

/// What a claim looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Uses {
    /// The step.
    pub time: bool,
    /// Samples drawn of either label.
    pub drawn: bool,
    /// Steps with an open gate.
    pub updates: bool,
    /// The state, at the step that is looked at.
    pub state: bool,
}

impl Uses {
    fn and(self, other: Uses) -> Uses {
        Uses {
            time: self.time || other.time,
            drawn: self.drawn || other.drawn,
            updates: self.updates || other.updates,
            state: self.state || other.state,
        }
    }
}

/// A slot with what it is called and what it holds.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub name: String,
    pub kind: Kind,
}

/// A claim and its condition in a problem.
#[derive(Debug, Clone)]
pub(super) struct Bound {
    pub claim: Truth,
    pub when: Option<Truth>,
    /// What the condition alone looks at, and whether it speaks of words such as winner.
    pub when_uses: Uses,
    pub when_is_free: bool,
    pub uses: Uses,
    pub slots: Vec<Slot>,
    /// Slots of words such as winner, with every choice.
    pub choices: Vec<(usize, Arc<[usize]>)>,
    pub atoms: Option<Arc<AtomTable>>,
}

/// Where a text of a conjecture is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// In the claim.
    Claim,
    /// In the condition.
    When,
}

/// Resolves a claim and its condition in a problem. `paths`: is it about sample paths, which have counts of samples?
pub(super) fn bind(
    problem: &Problem,
    claim: &Syntax,
    when: Option<&Syntax>,
    paths: bool,
) -> Result<Bound, (Which, Box<Fault>)> {
    let mut binder = Binder {
        problem,
        paths,
        slots: Vec::new(),
        scope: Vec::new(),
        choices: Vec::new(),
        uses: Uses::default(),
        atoms: None,
    };
    let when = when
        .map(|when| binder.truth(when))
        .transpose()
        .map_err(|fault| (Which::When, fault))?;
    let when_uses = std::mem::take(&mut binder.uses);
    let when_is_free = binder.choices.is_empty();
    let claim = binder.truth(claim).map_err(|fault| (Which::Claim, fault))?;
    Ok(Bound {
        claim,
        when,
        when_uses,
        when_is_free,
        uses: binder.uses.and(when_uses),
        choices: binder
            .choices
            .into_iter()
            .map(|(_, slot, members)| (slot, members))
            .collect(),
        slots: binder.slots,
        atoms: binder.atoms,
    })
}

struct Binder<'p> {
    problem: &'p Problem,
    paths: bool,
    slots: Vec<Slot>,
    /// Variables of `for` around here, with their slots.
    scope: Vec<(String, usize)>,
    choices: Vec<(Set, usize, Arc<[usize]>)>,
    uses: Uses,
    atoms: Option<Arc<AtomTable>>,
}

type Found<T> = Result<T, Box<Fault>>;

/// What a part says that is no number, no truth.
fn describe(part: &Syntax) -> String {
    match &part.part {
        Part::Number(text) => format!("the number {text}"),
        Part::Quoted(text) => format!("the name '{text}'"),
        Part::Name(text) => format!("`{text}`"),
        Part::Compare(..) | Part::Not(_) | Part::And(_) | Part::Or(_) | Part::Implies(..) => {
            "a claim, which is true or false".to_owned()
        }
        Part::Call { name, .. } | Part::Fold { name, .. } => match name.text.as_str() {
            "all" | "any" => format!("`{}(...)`, which is true or false", name.text),
            text => format!("`{text}(...)`"),
        },
        _ => "a number".to_owned(),
    }
}

const A_NUMBER: &str = "a number";
const A_TRUTH: &str = "a claim that is true or false, such as norm(winner) >= 3 * norm(loser)";

impl Binder<'_> {
    fn slot(&mut self, name: &str, kind: Kind) -> usize {
        self.slots.push(Slot {
            name: name.to_owned(),
            kind,
        });
        self.slots.len() - 1
    }

    fn needs_keys(&self, span: &Range<usize>, text: &str) -> Found<()> {
        match self.problem.dictionary().has_keys() {
            true => Ok(()),
            false => Err(Fault::new(
                span,
                format!("`{text}`"),
                "no keys: the patterns of this problem have free names",
            )),
        }
    }

    fn table(&mut self, span: &Range<usize>) -> Found<Arc<AtomTable>> {
        if let Some(atoms) = &self.atoms {
            return Ok(atoms.clone());
        }
        match self.problem.distribution().atoms() {
            Ok(atoms) => Ok(self.atoms.insert(atoms).clone()),
            Err(error) => Err(Fault::new(
                span,
                format!("a distribution of {} atoms", error.atoms),
                "few enough images to list them all",
            )),
        }
    }

    fn members(&mut self, set: Set, span: &Range<usize>, text: &str) -> Found<Arc<[usize]>> {
        let problem = self.problem;
        if set.needs_keys() {
            self.needs_keys(span, text)?;
        }
        let members: Vec<usize> = match set {
            Set::Filters => (0..problem.n_filters()).collect(),
            Set::Winners => problem.camps().winners().map(|(j, _)| j).collect(),
            Set::Losers => problem.camps().losers().collect(),
            Set::Patterns => (0..problem.n_patterns()).collect(),
            Set::Backgrounds => (2..problem.n_patterns()).collect(),
            Set::Keys => vec![0, 1],
            Set::Images => (0..self.table(span)?.atoms().len()).collect(),
        };
        Ok(members.into())
    }

    /// The slot of a word such as winner, the same wherever it stands.
    fn choice(&mut self, set: Set, word: &str, span: &Range<usize>) -> Found<usize> {
        if let Some((_, slot, _)) = self.choices.iter().find(|(own, ..)| *own == set) {
            return Ok(*slot);
        }
        let members = self.members(set, span, word)?;
        let slot = self.slot(word, set.kind());
        self.choices.push((set, slot, members));
        Ok(slot)
    }

    fn pattern_named(&self, name: &str) -> Option<usize> {
        let dictionary = self.problem.dictionary();
        (0..dictionary.n_patterns()).find(|&p| dictionary.pattern_name(p) == name)
    }

    /// What a name of a pattern can be.
    fn pattern_names(&self) -> String {
        const MOST: usize = 12;
        let dictionary = self.problem.dictionary();
        let n = dictionary.n_patterns();
        let names: Vec<String> = (0..n.min(MOST))
            .map(|p| dictionary.pattern_name(p))
            .collect();
        let rest = if n > MOST { ", ..." } else { "" };
        format!("a pattern: one of {}{rest}", names.join(", "))
    }

    fn unknown(&self, span: &Range<usize>, text: &str) -> Box<Fault> {
        let expected = "a quantity, a set, a pattern or a variable of `for`";
        let fault = Fault::new(span, format!("the unknown name `{text}`"), expected);
        if let Some(note) = note(text) {
            return fault.help(note);
        }
        let dictionary = self.problem.dictionary();
        let patterns = (0..dictionary.n_patterns()).map(|p| dictionary.pattern_name(p));
        let variables = self.scope.iter().map(|(name, _)| name.clone());
        let known: Vec<String> = names()
            .into_iter()
            .chain(variables)
            .chain(patterns)
            .collect();
        match closest(text, known.iter().map(String::as_str)) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault,
        }
    }

    /// Of what kind a part is, if it is no number and no truth.
    fn kind_of(&self, part: &Syntax) -> Option<Kind> {
        match &part.part {
            Part::Quoted(_) => Some(Kind::Pattern),
            Part::Name(text) => {
                if let Some((_, slot)) = self.scope.iter().rev().find(|(name, _)| name == text) {
                    return Some(self.slots[*slot].kind);
                }
                if let Some((set, ..)) = Set::ALL.iter().find(|(_, one, _)| one == text) {
                    return Some(set.kind());
                }
                let known = !meanings(text).is_empty();
                (!known && self.pattern_named(text).is_some()).then_some(Kind::Pattern)
            }
            Part::Call { name, .. } => {
                matches!(name.text.as_str(), "own" | "wrong").then_some(Kind::Pattern)
            }
            _ => None,
        }
    }

    fn object(&mut self, part: &Syntax, kind: Kind) -> Found<Object> {
        let wrong = |found: String| Err(Fault::new(&part.span, found, kind.forms()));
        if let Some(own) = self.kind_of(part)
            && own != kind
        {
            return wrong(format!("{}, which is {}", describe(part), own.name()));
        }
        match &part.part {
            Part::Number(text) if kind != Kind::Pattern => {
                let most = match kind {
                    Kind::Filter => self.problem.n_filters(),
                    _ => self.table(&part.span)?.atoms().len(),
                };
                let whole = Some(number(text)).filter(Q::is_integer);
                match whole.and_then(|q| q.to_integer().to_usize()) {
                    Some(index) if index < most => Ok(Object::Fixed(index)),
                    _ => {
                        let (found, last) = (describe(part), most - 1);
                        let expected = format!("{} from 0 to {last}", kind.name());
                        Err(Fault::new(&part.span, found, expected))
                    }
                }
            }
            Part::Name(text) => {
                if let Some((_, slot)) = self.scope.iter().rev().find(|(name, _)| name == text) {
                    return Ok(Object::Slot(*slot));
                }
                if let Some((set, one, _)) = Set::ALL.iter().find(|(_, one, _)| one == text) {
                    return self.choice(*set, one, &part.span).map(Object::Slot);
                }
                if kind == Kind::Pattern
                    && let Some(p) = self.pattern_named(text)
                {
                    return Ok(Object::Fixed(p));
                }
                if let Some((_, one, all)) = Set::ALL.iter().find(|(_, _, all)| all == text) {
                    return Err(Fault::new(
                        &part.span,
                        format!("`{text}`, which is a set"),
                        kind.forms(),
                    )
                    .help(format!(
                        "write {one} for every one of them, or gather them with `for j in {all}`"
                    )));
                }
                match meanings(text).is_empty() {
                    true => {
                        let fault = self.unknown(&part.span, text);
                        Err(Box::new(Fault {
                            expected: kind.forms().to_owned(),
                            ..*fault
                        }))
                    }
                    false => wrong(format!("`{text}`, which is a number")),
                }
            }
            Part::Quoted(text) => match self.pattern_named(text) {
                Some(p) => Ok(Object::Fixed(p)),
                None => {
                    let fault = self.unknown(&part.span, text);
                    Err(Box::new(Fault {
                        expected: self.pattern_names(),
                        ..*fault
                    }))
                }
            },
            Part::Call { name, arguments } if matches!(name.text.as_str(), "own" | "wrong") => {
                self.needs_keys(&name.span, &name.text)?;
                let of = self.arguments(name, arguments, &part.span)?.1;
                let filter = of.into_iter().next().unwrap_or(Object::Fixed(0));
                Ok(match name.text.as_str() {
                    "own" => Object::Own(Box::new(filter)),
                    _ => Object::Wrong(Box::new(filter)),
                })
            }
            _ => wrong(describe(part)),
        }
    }

    /// The meaning of a name with these arguments, and what they are.
    fn arguments(
        &mut self,
        name: &Word,
        arguments: &[Syntax],
        span: &Range<usize>,
    ) -> Found<(Meaning, Vec<Object>)> {
        let known = meanings(&name.text);
        if known.is_empty() {
            let mut fault = self.unknown(&name.span, &name.text);
            if Set::ALL
                .iter()
                .any(|(_, one, all)| [*one, *all].contains(&name.text.as_str()))
            {
                fault = Fault::new(
                    &name.span,
                    format!("`{}(`", name.text),
                    "a quantity or a function before a parenthesis",
                );
            }
            return Err(fault);
        }
        let fits = known
            .iter()
            .find(|(_, kinds)| kinds.len() == arguments.len());
        let Some((meaning, kinds)) = fits else {
            let forms: Vec<String> = known
                .iter()
                .map(|(_, kinds)| form(&name.text, kinds))
                .collect();
            let found = match arguments.len() {
                0 => format!("`{}` alone", name.text),
                1 => format!("`{}` of one argument", name.text),
                n => format!("`{}` of {n} arguments", name.text),
            };
            return Err(Fault::new(span, found, forms.join(" or ")));
        };
        let of = arguments.iter().zip(*kinds);
        let of = of
            .map(|(argument, kind)| self.object(argument, *kind))
            .collect::<Found<Vec<Object>>>()?;
        Ok((*meaning, of))
    }

    fn named(&mut self, name: &Word, arguments: &[Syntax], span: &Range<usize>) -> Found<Form> {
        let (meaning, of) = self.arguments(name, arguments, span)?;
        Ok(match meaning {
            Meaning::Time => {
                self.uses.time = true;
                Form::Time
            }
            Meaning::State(quantity) | Meaning::Start(quantity) => {
                if quantity == Quantity::Alignment {
                    self.needs_keys(&name.span, &name.text)?;
                }
                if quantity == Quantity::Margin {
                    self.table(span)?;
                }
                let start = matches!(meaning, Meaning::Start(_));
                self.uses.state |= !start;
                Form::State {
                    quantity,
                    start,
                    of,
                }
            }
            Meaning::Constant(constant) => match self.known(constant, &name.span)? {
                Some(value) => Form::Known(value),
                None => Form::Constant(constant, of),
            },
            Meaning::Drawn(drawn) => {
                if !self.paths {
                    return Err(Fault::new(
                        &name.span,
                        format!("`{}`, which counts samples", name.text),
                        "a quantity of the expected dynamics, which draw none",
                    )
                    .help("write over = \"every path\" or over = \"probability >= 99/100\""));
                }
                match drawn {
                    Drawn::Updates => self.uses.updates = true,
                    Drawn::Plus | Drawn::Minus => self.uses.drawn = true,
                }
                Form::Drawn(drawn)
            }
            Meaning::Own | Meaning::Wrong | Meaning::Abs | Meaning::Sign | Meaning::Sqrt => {
                let found = format!("`{}`", name.text);
                return Err(Fault::new(span, found, A_NUMBER));
            }
        })
    }

    /// A number of the problem that does not depend on variables.
    fn known(&mut self, constant: Constant, span: &Range<usize>) -> Found<Option<Q>> {
        let problem = self.problem;
        let (distribution, training) = (problem.distribution(), problem.training());
        let size = |n: usize| integer(n as u64);
        Ok(Some(match constant {
            Constant::Eta => training.step.clone(),
            Constant::Filters => size(problem.n_filters()),
            Constant::Patches => integer(distribution.max_patches()),
            Constant::KeyPatches => {
                self.needs_keys(span, "r")?;
                let Some(r) = distribution.key_count() else {
                    let found = "`r`, but the images differ in their number of key patches";
                    let expected = "a distribution with one number of key patches";
                    return Err(Fault::new(span, found, expected));
                };
                integer(r)
            }
            Constant::Patterns => size(problem.n_patterns()),
            Constant::Backgrounds => {
                self.needs_keys(span, "K")?;
                size(problem.n_patterns() - 2)
            }
            Constant::Batch => integer(training.batch),
            Constant::Steps => integer(training.steps),
            Constant::PriorPlus => distribution.label_probability(Label::Plus),
            Constant::PriorMinus => distribution.label_probability(Label::Minus),
            Constant::Label | Constant::Probability | Constant::Count => {
                self.table(span)?;
                return Ok(None);
            }
            Constant::MeanPlus | Constant::MeanMinus | Constant::Gram => return Ok(None),
        }))
    }

    fn number(&mut self, part: &Syntax) -> Found<Number> {
        let wrong = |found: String| Err(Fault::new(&part.span, found, A_NUMBER));
        let form = match &part.part {
            Part::Number(text) => Form::Known(number(text)),
            Part::Name(text) => {
                if let Some(kind) = self.kind_of(part) {
                    let fault = Fault::new(
                        &part.span,
                        format!("`{text}`, which is {}", kind.name()),
                        A_NUMBER,
                    );
                    return Err(match kind {
                        Kind::Filter => fault.help(format!("write norm({text}) or Z({text}, p)")),
                        Kind::Pattern => fault.help(format!("write Z(j, {text})")),
                        Kind::Image => fault.help(format!("write margin({text})")),
                    });
                }
                if let Some((_, one, all)) = Set::ALL.iter().find(|(_, _, all)| all == text) {
                    return Err(Fault::new(
                        &part.span,
                        format!("`{text}`, which is a set"),
                        A_NUMBER,
                    )
                    .help(format!(
                        "write sum(... for x in {all}), or {one} for every one of them"
                    )));
                }
                if FOLDS.contains(&text.as_str()) || function(text).is_some() {
                    return Err(Fault::new(
                        &part.span,
                        format!("`{text}` alone"),
                        "a parenthesis behind it",
                    ));
                }
                let name = Word {
                    text: text.clone(),
                    span: part.span.clone(),
                };
                self.named(&name, &[], &part.span)?
            }
            Part::Call { name, arguments } => {
                if let Some(meaning) = function(&name.text) {
                    let [argument] = arguments.as_slice() else {
                        let found = format!("`{}` of {} arguments", name.text, arguments.len());
                        return Err(Fault::new(&part.span, found, "one number"));
                    };
                    let argument = Box::new(self.number(argument)?);
                    match meaning {
                        Meaning::Abs => Form::Abs(argument),
                        Meaning::Sign => Form::Sign(argument),
                        _ if argument.has_roots() => {
                            return Err(Fault::new(
                                &argument.span,
                                "a number that may have square roots in it",
                                "a rational number under `sqrt`",
                            ));
                        }
                        _ => Form::Sqrt(argument),
                    }
                } else if let Some(gather) = gather(&name.text) {
                    if gather == Gather::Sum || arguments.len() < 2 {
                        let found = format!("`{}` without `for`", name.text);
                        let expected = match gather {
                            Gather::Sum => "sum(... for j in filters)".to_owned(),
                            _ => format!("{0}(x, y), or {0}(... for j in filters)", name.text),
                        };
                        return Err(Fault::new(&part.span, found, expected));
                    }
                    let several = arguments.iter().map(|argument| self.number(argument));
                    Form::OneOf(gather, several.collect::<Found<_>>()?)
                } else if name.text == "count" {
                    return Err(Fault::new(
                        &part.span,
                        "`count` without `for`",
                        "count(... for j in filters)",
                    ));
                } else if matches!(name.text.as_str(), "all" | "any") {
                    return wrong(describe(part));
                } else {
                    if let Some(kind) = self.kind_of(part) {
                        return wrong(format!("{}, which is {}", describe(part), kind.name()));
                    }
                    self.named(name, arguments, &part.span)?
                }
            }
            Part::Fold {
                name,
                body,
                ranges,
                condition,
            } => {
                let fold = name.text.as_str();
                if fold == "count" {
                    let fold =
                        self.folded(ranges, condition.as_deref(), |this| this.truth(body))?;
                    Form::Count(Box::new(fold))
                } else if let Some(gather) = gather(fold) {
                    let fold =
                        self.folded(ranges, condition.as_deref(), |this| this.number(body))?;
                    Form::Fold(gather, Box::new(fold))
                } else if matches!(fold, "all" | "any") {
                    return wrong(describe(part));
                } else {
                    return Err(self.no_fold(name));
                }
            }
            Part::Negative(inner) => Form::Negative(Box::new(self.number(inner)?)),
            Part::Power(base, exponent) => Form::Power(Box::new(self.number(base)?), *exponent),
            Part::Product(parts) => Form::Product(self.numbers(parts)?),
            Part::Sum(parts) => Form::Sum(self.numbers(parts)?),
            Part::Quoted(_)
            | Part::Compare(..)
            | Part::Not(_)
            | Part::And(_)
            | Part::Or(_)
            | Part::Implies(..) => return wrong(describe(part)),
        };
        Ok(Number {
            form,
            span: part.span.clone(),
        })
    }

    fn no_fold(&self, name: &Word) -> Box<Fault> {
        let found = format!("`{}` with `for`", name.text);
        let expected = format!("one of {}", FOLDS.join(", "));
        let fault = Fault::new(&name.span, found, expected);
        match note(&name.text) {
            Some(note) => fault.help(note),
            None => match closest(&name.text, FOLDS) {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault,
            },
        }
    }

    fn numbers(&mut self, parts: &[(bool, Syntax)]) -> Found<Vec<(bool, Number)>> {
        let parts = parts.iter();
        parts
            .map(|(second, part)| Ok((*second, self.number(part)?)))
            .collect()
    }

    fn folded<T>(
        &mut self,
        ranges: &[(Word, Word)],
        condition: Option<&Syntax>,
        body: impl FnOnce(&mut Self) -> Found<T>,
    ) -> Found<Fold<T>> {
        let outside = self.scope.len();
        let mut members = Vec::with_capacity(ranges.len());
        for (variable, set) in ranges {
            let known = Set::ALL.iter().find(|(_, _, all)| *all == set.text);
            let Some((own, ..)) = known else {
                let all = Set::ALL.map(|(_, _, all)| all);
                let found = format!("`{}`", set.text);
                let fault = Fault::new(&set.span, found, format!("one of {}", all.join(", ")));
                return Err(match closest(&set.text, all) {
                    Some(near) => fault.help(format!("did you mean `{near}`?")),
                    None => fault,
                });
            };
            let is_taken = !meanings(&variable.text).is_empty()
                || RESERVED.contains(&variable.text.as_str())
                || names().contains(&variable.text)
                || self.scope.iter().any(|(name, _)| *name == variable.text);
            if is_taken {
                return Err(Fault::new(
                    &variable.span,
                    format!(
                        "the variable `{}`, which means something already",
                        variable.text
                    ),
                    "another name, such as i, j, p or x",
                ));
            }
            let range = self.members(*own, &set.span, &set.text)?;
            let slot = self.slot(&variable.text, own.kind());
            self.scope.push((variable.text.clone(), slot));
            members.push((slot, range));
        }
        let condition = condition.map(|condition| self.truth(condition)).transpose();
        let body = condition.and_then(|condition| Ok((condition, body(self)?)));
        self.scope.truncate(outside);
        let (condition, body) = body?;
        Ok(Fold {
            ranges: members,
            condition,
            body,
        })
    }

    fn truth(&mut self, part: &Syntax) -> Found<Truth> {
        let form = match &part.part {
            Part::Compare(first, sides) => self.comparison(part, first, sides)?,
            Part::Not(inner) => Clause::Not(Box::new(self.truth(inner)?)),
            Part::And(parts) => Clause::And(self.truths(parts)?),
            Part::Or(parts) => Clause::Or(self.truths(parts)?),
            Part::Implies(first, then) => {
                Clause::Implies(Box::new(self.truth(first)?), Box::new(self.truth(then)?))
            }
            Part::Fold {
                name,
                body,
                ranges,
                condition,
            } if matches!(name.text.as_str(), "all" | "any") => {
                let fold = self.folded(ranges, condition.as_deref(), |this| this.truth(body))?;
                match name.text.as_str() {
                    "all" => Clause::All(Box::new(fold)),
                    _ => Clause::Any(Box::new(fold)),
                }
            }
            Part::Call { name, .. } if matches!(name.text.as_str(), "all" | "any") => {
                let found = format!("`{}` without `for`", name.text);
                let expected = format!("{}(... for j in filters)", name.text);
                return Err(Fault::new(&part.span, found, expected));
            }
            Part::Fold { name, .. } if !FOLDS.contains(&name.text.as_str()) => {
                return Err(self.no_fold(name));
            }
            _ => {
                let found = match self.kind_of(part) {
                    Some(kind) => format!("{}, which is {}", describe(part), kind.name()),
                    None => {
                        // A fault inside of a number comes first.
                        self.number(part)?;
                        match describe(part) {
                            plain if plain == A_NUMBER => plain,
                            found => format!("{found}, which is a number"),
                        }
                    }
                };
                return Err(Fault::new(&part.span, found, A_TRUTH));
            }
        };
        Ok(Truth {
            form,
            span: part.span.clone(),
        })
    }

    fn truths(&mut self, parts: &[Syntax]) -> Found<Vec<Truth>> {
        parts.iter().map(|part| self.truth(part)).collect()
    }

    fn comparison(
        &mut self,
        part: &Syntax,
        first: &Syntax,
        sides: &[(Comparison, Syntax)],
    ) -> Found<Clause> {
        let kinds = std::iter::once(first).chain(sides.iter().map(|(_, side)| side));
        let kind = kinds.clone().find_map(|side| self.kind_of(side));
        let Some(kind) = kind else {
            let first = Box::new(self.number(first)?);
            let sides = sides.iter();
            let sides = sides
                .map(|(how, side)| Ok((*how, self.number(side)?)))
                .collect::<Found<Vec<_>>>()?;
            return Ok(Clause::Compare(first, sides));
        };
        match sides {
            [(how @ (Comparison::Equal | Comparison::Unequal), second)] => {
                let [first, second] = [first, second].map(|side| self.object(side, kind));
                Ok(Clause::Same(*how == Comparison::Equal, first?, second?))
            }
            _ => Err(Fault::new(
                &part.span,
                format!(
                    "an order of {}",
                    kind.name()
                        .trim_start_matches("an ")
                        .trim_start_matches("a ")
                ),
                "= or != between two of them; numbers such as norm(j) have an order",
            )),
        }
    }
}

/// How a name is called.
fn form(name: &str, kinds: &[Kind]) -> String {
    if kinds.is_empty() {
        return name.to_owned();
    }
    let letters = kinds.iter().enumerate().map(|(at, kind)| match kind {
        Kind::Filter => "j",
        Kind::Pattern if at > 0 && kinds[0] == Kind::Pattern => "q",
        Kind::Pattern => "p",
        Kind::Image => "x",
    });
    let letters: Vec<&str> = letters.collect();
    format!("{name}({})", letters.join(", "))
}

fn function(name: &str) -> Option<Meaning> {
    let found = OF_NUMBERS.iter().find(|(own, _)| *own == name);
    found.map(|(_, meaning)| *meaning)
}

fn gather(name: &str) -> Option<Gather> {
    match name {
        "sum" => Some(Gather::Sum),
        "min" => Some(Gather::Least),
        "max" => Some(Gather::Most),
        _ => None,
    }
}

impl Number {
    /// May there be square roots in it?
    fn has_roots(&self) -> bool {
        match &self.form {
            Form::State { quantity, .. } => {
                matches!(quantity, Quantity::Norm | Quantity::Alignment)
            }
            Form::Sqrt(_) => true,
            Form::Known(_)
            | Form::Time
            | Form::Constant(..)
            | Form::Drawn(_)
            | Form::Sign(_)
            | Form::Count(_) => false,
            Form::Sum(parts) | Form::Product(parts) => {
                parts.iter().any(|(_, part)| part.has_roots())
            }
            Form::Power(inner, _) | Form::Negative(inner) | Form::Abs(inner) => inner.has_roots(),
            Form::OneOf(_, parts) => parts.iter().any(Number::has_roots),
            Form::Fold(_, fold) => fold.body.has_roots(),
        }
    }
}

/// `E[N_p; y = label]`, one a pattern.
pub(super) fn means(problem: &Problem, label: Label) -> Vec<Q> {
    problem.distribution().mean_counts(label)
}

/// The label that a filter's head votes for at t = 0, if it is not 0.
pub(super) fn own_label(problem: &Problem, j: usize) -> Option<Label> {
    let head = &problem.network().head[j];
    (!head.is_zero()).then(|| match head.is_positive() {
        true => Label::Plus,
        false => Label::Minus,
    })
}

/// The label of an atom as a number.
pub(super) fn sign_of(atom: &Atom) -> i64 {
    atom.label.sign()
}
