//! What a claim says at one state, exactly.
//!
//! A number may be undefined: a quotient by 0, the least of nothing, the cosine of a filter that is 0. Truths with
//! undefined numbers in them are decided where what is defined decides them (false and undefined is false), and are
//! undefined else.

use super::syntax::Comparison;
use super::typed::{
    Bound, Clause, Fold, Form, Gather, Number, Object, Truth, means, own_label, sign_of,
};
use super::value::{Real, TooManyRoots};
use super::words::{Constant, Drawn, Kind, Quantity};
use crate::dynamics::accuracy::{Population, margin_range};
use crate::dynamics::gradient::Model;
use crate::dynamics::state::State;
use crate::number::{Q, integer};
use crate::problem::{Label, Problem};
use num_traits::Zero;
use std::cell::OnceCell;
use std::cmp::Ordering;
use std::ops::Range;

/// Why an evaluation ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Halt {
    /// The work that it may do is done.
    Work,
    /// Something else, in words.
    Limit(String),
}

impl From<TooManyRoots> for Halt {
    fn from(_: TooManyRoots) -> Self {
        Halt::Limit(format!(
            "a number of the claim has more than {} square roots",
            super::value::MAX_ROOTS
        ))
    }
}

/// Why a number is undefined, and where in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undefined {
    /// Why.
    pub reason: &'static str,
    /// Bytes of the claim or of its condition.
    pub span: Range<usize>,
}

/// How a claim fails at a state.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The part that fails, as bytes of the claim.
    pub span: Range<usize>,
    /// What words and variables stand for there: name, what it is, and which one.
    pub chosen: Vec<(String, Kind, usize)>,
    /// The two sides of the comparison, where it is one.
    pub sides: Option<(Real, Comparison, Real)>,
}

/// What an observation found.
#[derive(Debug, Clone)]
pub(super) struct Looked {
    /// Choices of the words for which the condition is true.
    pub asked: u64,
    /// The first choice that fails.
    pub failure: Option<Box<Failure>>,
    /// Why some choice could not be decided.
    pub undefined: Option<Undefined>,
}

/// What is the same at every state of a problem.
pub(super) struct Facts<'p> {
    problem: &'p Problem,
    population: Population<'p>,
    model: Model<Q>,
    means: [Vec<Q>; 2],
    start: Look,
}

/// What is read off one state, when it is asked for.
pub(super) struct Look {
    state: State<Q>,
    norms_squared: OnceCell<Vec<Q>>,
    norms: OnceCell<Vec<Real>>,
    accuracy: OnceCell<Result<Q, String>>,
    loss: OnceCell<Result<Q, String>>,
    margins: OnceCell<Vec<Q>>,
}

impl Look {
    fn new(state: State<Q>) -> Self {
        Look {
            state,
            norms_squared: OnceCell::new(),
            norms: OnceCell::new(),
            accuracy: OnceCell::new(),
            loss: OnceCell::new(),
            margins: OnceCell::new(),
        }
    }
}

impl<'p> Facts<'p> {
    pub fn new(problem: &'p Problem) -> Self {
        Facts {
            problem,
            population: Population::new(problem),
            model: Model::new(problem),
            means: Label::BOTH.map(|label| means(problem, label)),
            start: Look::new(State::initial(problem)),
        }
    }
}

/// A state with its step and what was drawn on the way to it; the state itself is made when it is asked for.
pub(super) struct Moment<'a> {
    pub t: u64,
    /// Samples of label +, of label -, and steps with an open gate.
    pub drawn: [u64; 3],
    state: &'a dyn Fn() -> State<Q>,
    look: OnceCell<Look>,
}

impl<'a> Moment<'a> {
    pub fn new(t: u64, drawn: [u64; 3], state: &'a dyn Fn() -> State<Q>) -> Self {
        Moment {
            t,
            drawn,
            state,
            look: OnceCell::new(),
        }
    }
}

/// Looks at moments with a claim; counts its work.
pub(super) struct Judge<'a> {
    pub bound: &'a Bound,
    pub facts: &'a Facts<'a>,
    /// Operations done.
    pub work: u64,
    /// Operations that it may do.
    pub budget: u64,
}

impl Judge<'_> {
    /// The condition, where it speaks of nothing but the step: is it false at this step, whatever the state?
    pub fn is_silent_at(&mut self, t: u64) -> Result<bool, Halt> {
        let uses = self.bound.when_uses;
        let Some(when) = &self.bound.when else {
            return Ok(false);
        };
        if uses.state || uses.drawn || uses.updates || !self.bound.when_is_free {
            return Ok(false);
        }
        let nowhere = || State::initial(self.facts.problem);
        let moment = Moment::new(t, [0; 3], &nowhere);
        let mut at = At::new(self, &moment);
        Ok(at.truth(when)? == Some(false))
    }

    /// Every choice of the words at a moment, up to the first that fails.
    pub fn look(&mut self, moment: &Moment<'_>) -> Result<Looked, Halt> {
        let bound = self.bound;
        let mut looked = Looked {
            asked: 0,
            failure: None,
            undefined: None,
        };
        let mut at = At::new(self, moment);
        if bound.when_is_free
            && let Some(when) = &bound.when
        {
            match at.truth(when)? {
                Some(true) => {}
                Some(false) => return Ok(looked),
                None => {
                    looked.undefined = at.undefined;
                    return Ok(looked);
                }
            }
        }
        let mut place = vec![0; bound.choices.len()];
        if bound.choices.iter().any(|(_, members)| members.is_empty()) {
            return Ok(looked);
        }
        loop {
            for ((slot, members), place) in bound.choices.iter().zip(&place) {
                at.slots[*slot] = members[*place];
            }
            let asks = match &bound.when {
                Some(when) if !bound.when_is_free => at.truth(when)?,
                _ => Some(true),
            };
            if asks != Some(false) {
                at.undefined = at.undefined.take().filter(|_| asks.is_none());
                let says = at.truth(&bound.claim)?;
                match (asks, says) {
                    (Some(true), Some(true)) => looked.asked += 1,
                    (_, Some(true)) => {}
                    (Some(true), Some(false)) => {
                        looked.asked += 1;
                        looked.failure = Some(Box::new(at.explain(&bound.claim)?));
                        return Ok(looked);
                    }
                    _ => {
                        looked.undefined = looked.undefined.or(at.undefined.take());
                    }
                }
            }
            // The next choice.
            let mut turned = false;
            for ((_, members), place) in bound.choices.iter().zip(&mut place).rev() {
                *place += 1;
                if *place < members.len() {
                    turned = true;
                    break;
                }
                *place = 0;
            }
            if !turned {
                return Ok(looked);
            }
        }
    }
}

/// A judge at a moment.
struct At<'j, 'a, 'm> {
    bound: &'a Bound,
    facts: &'a Facts<'a>,
    work: &'j mut u64,
    budget: u64,
    moment: &'m Moment<'m>,
    slots: Vec<usize>,
    undefined: Option<Undefined>,
}

type Maybe<T> = Result<Option<T>, Halt>;

impl<'j, 'a, 'm> At<'j, 'a, 'm> {
    fn new(judge: &'j mut Judge<'a>, moment: &'m Moment<'m>) -> Self {
        At {
            bound: judge.bound,
            facts: judge.facts,
            work: &mut judge.work,
            budget: judge.budget,
            moment,
            slots: vec![0; judge.bound.slots.len()],
            undefined: None,
        }
    }

    fn spend(&mut self, work: usize) -> Result<(), Halt> {
        *self.work = self.work.saturating_add(work as u64);
        match *self.work > self.budget {
            true => Err(Halt::Work),
            false => Ok(()),
        }
    }

    /// Notes why a number is undefined, the first reason.
    fn gap<T>(&mut self, reason: &'static str, span: &Range<usize>) -> Maybe<T> {
        self.undefined.get_or_insert_with(|| Undefined {
            reason,
            span: span.clone(),
        });
        Ok(None)
    }

    /// Which one an object is; `None` for the key of a filter whose head is 0.
    fn index(&self, object: &Object) -> Option<usize> {
        let key = |filter: &Object| {
            let label = own_label(self.facts.problem, self.index(filter)?)?;
            Some(label.index())
        };
        match object {
            Object::Fixed(index) => Some(*index),
            Object::Slot(slot) => Some(self.slots[*slot]),
            Object::Own(filter) => key(filter),
            Object::Wrong(filter) => key(filter).map(|own| 1 - own),
        }
    }

    fn quantity(
        &mut self,
        quantity: Quantity,
        start: bool,
        of: &[usize],
        span: &Range<usize>,
    ) -> Maybe<Real> {
        let facts = self.facts;
        let problem = facts.problem;
        let moment = self.moment;
        let look = match start {
            true => &facts.start,
            false => moment.look.get_or_init(|| Look::new((moment.state)())),
        };
        let squared = || {
            look.norms_squared
                .get_or_init(|| look.state.norms_squared(problem))
        };
        let first = of.first().copied().unwrap_or(0);
        let rational = |q: &Q| Ok(Some(Real::Rational(q.clone())));
        let told = |told: &Result<Q, String>| match told {
            Ok(q) => Ok(Some(Real::Rational(q.clone()))),
            Err(limit) => Err(Halt::Limit(limit.clone())),
        };
        match quantity {
            Quantity::Coordinate => {
                let p = of.get(1).copied().unwrap_or(0);
                rational(&look.state.weights[(first, p)])
            }
            Quantity::NormSquared => {
                self.spend(problem.n_patterns())?;
                rational(&squared()[first])
            }
            Quantity::Norm => {
                self.spend(problem.n_patterns())?;
                let norms = look.norms.get_or_init(|| {
                    let roots = squared().iter().filter_map(Real::sqrt);
                    roots.collect()
                });
                Ok(norms.get(first).cloned())
            }
            Quantity::Alignment => {
                self.spend(problem.n_patterns())?;
                let Some(label) = own_label(problem, first) else {
                    return self.gap("a filter whose head is 0 has no key of its own", span);
                };
                let key = label.index();
                let length = &squared()[first] * problem.dictionary().gram_entry(key, key);
                if length.is_zero() {
                    return self.gap("a vector that is 0 has no direction", span);
                }
                let across = Real::Rational(look.state.weights[(first, key)].clone());
                let Some(length) = Real::sqrt(&length) else {
                    return self.gap("a negative square of a norm", span);
                };
                Ok(across.over(&length)?)
            }
            Quantity::Head => rational(&look.state.head[first]),
            Quantity::Accuracy => {
                self.spend(problem.n_filters() * problem.n_patterns())?;
                told(look.accuracy.get_or_init(|| {
                    let accuracy = facts.population.accuracy(&look.state);
                    accuracy.map_err(|error| error.to_string())
                }))
            }
            Quantity::Loss => {
                self.spend(problem.n_filters() * problem.n_patterns())?;
                told(look.loss.get_or_init(|| {
                    let loss = facts.population.loss(&look.state);
                    loss.map_err(|error| error.to_string())
                }))
            }
            Quantity::LeastMargin => {
                self.spend(problem.n_filters() * problem.n_patterns())?;
                if let Some((least, _)) = margin_range(&facts.model, problem, &look.state) {
                    return Ok(Some(Real::Rational(least)));
                }
                let atoms = problem.distribution().atoms();
                let atoms = atoms.map_err(|error| Halt::Limit(error.to_string()))?;
                self.spend(atoms.atoms().len())?;
                let margins = atoms.atoms().iter();
                let margins =
                    margins.map(|atom| facts.model.margin(&look.state, atom.label, &atom.counts));
                match margins.min() {
                    Some(least) => Ok(Some(Real::Rational(least))),
                    None => self.gap("the least margin of no image", span),
                }
            }
            Quantity::Margin => {
                let Some(atoms) = &self.bound.atoms else {
                    return Err(Halt::Limit("the images are not listed".to_owned()));
                };
                let before = look.margins.get().is_some();
                let margins = look.margins.get_or_init(|| {
                    let margins = atoms.atoms().iter();
                    margins
                        .map(|atom| facts.model.margin(&look.state, atom.label, &atom.counts))
                        .collect()
                });
                if !before {
                    self.spend(margins.len() * problem.n_filters())?;
                }
                Ok(margins
                    .get(first)
                    .map(|margin| Real::Rational(margin.clone())))
            }
        }
    }

    fn constant(&self, constant: Constant, of: &[usize]) -> Option<Q> {
        let atom = |x: usize| self.bound.atoms.as_ref()?.atoms().get(x);
        let mean = |label: Label| {
            let own = &self.facts.means[label.index()];
            own.get(*of.first()?).cloned()
        };
        match constant {
            Constant::Label => Some(integer(sign_of(atom(*of.first()?)?))),
            Constant::Probability => Some(atom(*of.first()?)?.probability.clone()),
            Constant::Count => Some(integer(*atom(*of.first()?)?.counts.get(*of.get(1)?)?)),
            Constant::MeanPlus => mean(Label::Plus),
            Constant::MeanMinus => mean(Label::Minus),
            Constant::Gram => {
                let dictionary = self.facts.problem.dictionary();
                Some(dictionary.gram_entry(*of.first()?, *of.get(1)?))
            }
            // The others are known before anything is looked at.
            _ => None,
        }
    }

    fn number(&mut self, number: &Number) -> Maybe<Real> {
        self.spend(1)?;
        let of = |this: &Self, objects: &[Object]| -> Option<Vec<usize>> {
            objects.iter().map(|object| this.index(object)).collect()
        };
        const NO_KEY: &str = "a filter whose head is 0 has no key of its own";
        match &number.form {
            Form::Known(q) => Ok(Some(Real::Rational(q.clone()))),
            Form::Time => Ok(Some(Real::integer(self.moment.t))),
            Form::State {
                quantity,
                start,
                of: objects,
            } => match of(self, objects) {
                Some(of) => self.quantity(*quantity, *start, &of, &number.span),
                None => self.gap(NO_KEY, &number.span),
            },
            Form::Constant(constant, objects) => match of(self, objects) {
                Some(of) => Ok(self.constant(*constant, &of).map(Real::Rational)),
                None => self.gap(NO_KEY, &number.span),
            },
            Form::Drawn(drawn) => Ok(Some(Real::integer(match drawn {
                Drawn::Plus => self.moment.drawn[0],
                Drawn::Minus => self.moment.drawn[1],
                Drawn::Updates => self.moment.drawn[2],
            }))),
            Form::Sum(parts) => {
                let mut sum = Real::zero();
                for (taken, part) in parts {
                    let Some(value) = self.number(part)? else {
                        return Ok(None);
                    };
                    let value = if *taken { value.negative() } else { value };
                    self.spend(roots(&sum) * roots(&value))?;
                    sum = sum.plus(&value)?;
                }
                Ok(Some(sum))
            }
            Form::Product(parts) => {
                let mut product = Real::integer(1);
                for (divides, part) in parts {
                    let Some(value) = self.number(part)? else {
                        return Ok(None);
                    };
                    self.spend(roots(&product) * roots(&value))?;
                    if !divides {
                        product = product.times(&value)?;
                        continue;
                    }
                    match product.over(&value)? {
                        Some(quotient) => product = quotient,
                        None => return self.gap("a quotient by 0", &part.span),
                    }
                }
                Ok(Some(product))
            }
            Form::Power(base, exponent) => match self.number(base)? {
                Some(base) => {
                    self.spend(*exponent as usize * roots(&base))?;
                    if let Some(q) = base.as_rational()
                        && (q.numer().bits() + q.denom().bits()) * u64::from(*exponent) > 1_000_000
                    {
                        return Err(Halt::Limit(
                            "a power of more than a million bits".to_owned(),
                        ));
                    }
                    Ok(Some(base.power(*exponent)?))
                }
                None => Ok(None),
            },
            Form::Negative(inner) => Ok(self.number(inner)?.map(|value| value.negative())),
            Form::Abs(inner) => Ok(self.number(inner)?.map(|value| match value.sign() {
                Ordering::Less => value.negative(),
                _ => value,
            })),
            Form::Sign(inner) => {
                let value = self.number(inner)?;
                Ok(value.map(|value| Real::integer(value.sign() as i64)))
            }
            Form::Sqrt(inner) => {
                let Some(value) = self.number(inner)? else {
                    return Ok(None);
                };
                match value.as_rational().map(Real::sqrt) {
                    Some(Some(root)) => Ok(Some(root)),
                    Some(None) => self.gap("the square root of a negative number", &number.span),
                    None => Err(TooManyRoots.into()),
                }
            }
            Form::OneOf(gather, parts) => {
                let mut best: Option<Real> = None;
                for part in parts {
                    let Some(value) = self.number(part)? else {
                        return Ok(None);
                    };
                    best = Some(self.better(*gather, best, value)?);
                }
                Ok(best)
            }
            Form::Fold(gather, fold) => {
                let mut so_far = match gather {
                    Gather::Sum => Some(Real::zero()),
                    _ => None,
                };
                let mut gone = false;
                let all = self.each(fold, |this, body| {
                    let Some(value) = this.number(body)? else {
                        gone = true;
                        return Ok(false);
                    };
                    so_far = Some(match (*gather, so_far.take()) {
                        (Gather::Sum, Some(sum)) => {
                            this.spend(roots(&sum) * roots(&value))?;
                            sum.plus(&value)?
                        }
                        (gather, best) => this.better(gather, best, value)?,
                    });
                    Ok(true)
                })?;
                if all.is_none() || gone {
                    return Ok(None);
                }
                match so_far {
                    Some(value) => Ok(Some(value)),
                    None => self.gap("the least or the most of nothing", &number.span),
                }
            }
            Form::Count(fold) => {
                let mut count = 0u64;
                let mut gone = false;
                let all = self.each(fold, |this, body| {
                    match this.truth(body)? {
                        Some(holds) => count += u64::from(holds),
                        None => gone = true,
                    }
                    Ok(!gone)
                })?;
                Ok((all.is_some() && !gone).then(|| Real::integer(count)))
            }
        }
    }

    fn better(&mut self, gather: Gather, best: Option<Real>, value: Real) -> Result<Real, Halt> {
        let Some(best) = best else {
            return Ok(value);
        };
        self.spend(roots(&best) * roots(&value))?;
        let order = value.compare(&best)?;
        let is_better = match gather {
            Gather::Least => order.is_lt(),
            _ => order.is_gt(),
        };
        Ok(if is_better { value } else { best })
    }

    /// Visits every member for which the condition is true, until the visit gives false. `None` if a condition is
    /// undefined.
    fn each<T>(
        &mut self,
        fold: &Fold<T>,
        mut visit: impl FnMut(&mut Self, &T) -> Result<bool, Halt>,
    ) -> Maybe<()> {
        if fold.ranges.iter().any(|(_, members)| members.is_empty()) {
            return Ok(Some(()));
        }
        let mut place = vec![0; fold.ranges.len()];
        loop {
            self.spend(1)?;
            for ((slot, members), place) in fold.ranges.iter().zip(&place) {
                self.slots[*slot] = members[*place];
            }
            let asks = match &fold.condition {
                Some(condition) => self.truth(condition)?,
                None => Some(true),
            };
            match asks {
                None => return Ok(None),
                Some(true) if !visit(self, &fold.body)? => return Ok(Some(())),
                _ => {}
            }
            let mut turned = false;
            for ((_, members), place) in fold.ranges.iter().zip(&mut place).rev() {
                *place += 1;
                if *place < members.len() {
                    turned = true;
                    break;
                }
                *place = 0;
            }
            if !turned {
                return Ok(Some(()));
            }
        }
    }

    fn truth(&mut self, truth: &Truth) -> Maybe<bool> {
        self.spend(1)?;
        match &truth.form {
            Clause::Compare(first, sides) => {
                let mut left = self.number(first)?;
                let mut whole = Some(true);
                for (how, side) in sides {
                    let right = self.number(side)?;
                    match (&left, &right) {
                        (Some(a), Some(b)) => {
                            self.spend(roots(a) * roots(b))?;
                            if !how.admits(a.compare(b)?) {
                                return Ok(Some(false));
                            }
                        }
                        _ => whole = None,
                    }
                    left = right;
                }
                Ok(whole)
            }
            Clause::Same(same, first, second) => match (self.index(first), self.index(second)) {
                (Some(a), Some(b)) => Ok(Some((a == b) == *same)),
                _ => self.gap(
                    "a filter whose head is 0 has no key of its own",
                    &truth.span,
                ),
            },
            Clause::Not(inner) => Ok(self.truth(inner)?.map(|holds| !holds)),
            Clause::And(parts) => self.decided_by(false, parts),
            Clause::Or(parts) => self.decided_by(true, parts),
            Clause::Implies(first, then) => match self.truth(first)? {
                Some(false) => Ok(Some(true)),
                first => match self.truth(then)? {
                    Some(true) => Ok(Some(true)),
                    then => Ok(first.and(then)),
                },
            },
            Clause::All(fold) => self.fold_decided_by(false, fold),
            Clause::Any(fold) => self.fold_decided_by(true, fold),
        }
    }

    /// One part with this value decides.
    fn decided_by(&mut self, value: bool, parts: &[Truth]) -> Maybe<bool> {
        let mut whole = Some(!value);
        for part in parts {
            match self.truth(part)? {
                Some(found) if found == value => return Ok(Some(value)),
                Some(_) => {}
                None => whole = None,
            }
        }
        Ok(whole)
    }

    fn fold_decided_by(&mut self, value: bool, fold: &Fold<Truth>) -> Maybe<bool> {
        let mut whole = Some(!value);
        let all = self.each(fold, |this, body| {
            match this.truth(body)? {
                Some(found) if found == value => {
                    whole = Some(value);
                    return Ok(false);
                }
                Some(_) => {}
                None => whole = None,
            }
            Ok(true)
        })?;
        Ok(all.and(whole))
    }

    /// The part of a false claim that shows it.
    fn explain(&mut self, truth: &Truth) -> Result<Failure, Halt> {
        let mut shown = Vec::new();
        for (slot, _) in &self.bound.choices {
            shown.push(*slot);
        }
        let mut here = truth;
        loop {
            let next = match &here.form {
                Clause::And(parts) => {
                    let mut failing = None;
                    for part in parts {
                        if self.truth(part)? == Some(false) {
                            failing = Some(part);
                            break;
                        }
                    }
                    failing
                }
                Clause::Implies(_, then) => Some(&**then),
                Clause::All(fold) => {
                    // The slots stay where the visit ends.
                    self.each(fold, |this, body| Ok(this.truth(body)? != Some(false)))?;
                    shown.extend(fold.ranges.iter().map(|(slot, _)| *slot));
                    Some(&fold.body)
                }
                _ => None,
            };
            match next {
                Some(next) => here = next,
                None => break,
            }
        }
        let (mut span, mut sides) = (here.span.clone(), None);
        if let Clause::Compare(first, rest) = &here.form {
            let mut left: &Number = first;
            for (how, right) in rest {
                if let (Some(a), Some(b)) = (self.number(left)?, self.number(right)?)
                    && !how.admits(a.compare(&b)?)
                {
                    span = left.span.start..right.span.end;
                    sides = Some((a, *how, b));
                    break;
                }
                left = right;
            }
        }
        let chosen = shown.into_iter().map(|slot| {
            let own = &self.bound.slots[slot];
            (own.name.clone(), own.kind, self.slots[slot])
        });
        Ok(Failure {
            span,
            chosen: chosen.collect(),
            sides,
        })
    }
}

/// What a number costs: its square roots.
fn roots(value: &Real) -> usize {
    match value {
        Real::Rational(_) => 1,
        Real::Quotient(parts) => 4 * parts.0.n_terms() * parts.1.n_terms(),
    }
}
