//! What a claim says at one moment: of one state, at one step.
//!
//! A number may be undefined: a quotient by 0, the least of nothing, the direction of a vector that is 0. A truth with an
//! undefined number in it is decided where what is defined decides it, and is undefined else.

use crate::certificate::verify::conjecture::reader::{Moment, Reader};
use crate::certificate::verify::conjecture::roots::Real;
use crate::certificate::verify::conjecture::sentence::{SETS, Sentence};
use crate::certificate::verify::conjecture::syntax::Part;
use crate::certificate::verify::error::{Checked, Rule, unmet};
use crate::certificate::verify::model::{Model, int};
use num_rational::BigRational as Q;
use num_traits::{One, Signed, Zero};

/// What was found at a moment.
pub enum Found {
    /// The claim is true for every choice of its words for which the condition is: so many.
    True(u64),
    /// It is false for this choice of its words.
    False(String),
    Undefined,
}

/// Reads a claim at a moment.
pub fn read<'a>(
    model: &'a Model,
    sentence: &'a Sentence,
    moment: &'a Moment<'a>,
) -> Checked<Found> {
    let mut reader = Reader::new(model, sentence, moment);
    let (mut asked, mut failure, mut undefined) = (0, None, false);
    let ranges = sentence.words.iter().map(|word| {
        let set = SETS.iter().find(|(own, ..)| own == word);
        ((*word).to_owned(), set.map_or("", |set| set.1).to_owned())
    });
    reader.each(&ranges.collect::<Vec<_>>(), &mut |reader| {
        let when = match &sentence.when {
            Some(when) => reader.truth(when)?,
            None => Some(true),
        };
        if when == Some(false) || failure.is_some() {
            return Ok(());
        }
        match (when, reader.truth(&sentence.claim)?) {
            (Some(true), Some(false)) => {
                let scope = reader.scope.iter();
                let chosen = scope.map(|(name, _, place)| format!("{name} {place}"));
                failure = Some(chosen.collect::<Vec<_>>().join(", "));
            }
            (Some(true), Some(true)) => asked += 1,
            (None, Some(true)) => {}
            _ => undefined = true,
        }
        Ok(())
    })?;
    Ok(match failure {
        Some(chosen) => Found::False(chosen),
        None if undefined => Found::Undefined,
        None => Found::True(asked),
    })
}

impl Reader<'_, '_> {
    fn number(&mut self, part: &Part) -> Checked<Option<Real>> {
        let work = &self.model.work;
        work.charge(1, 0)?;
        match part {
            Part::Number(q) => Ok(Some(q.clone().into())),
            Part::Name(name) => self.quantity(name, &[]),
            Part::Call(name, of) => match (name.as_str(), of.as_slice()) {
                ("abs" | "sign" | "sqrt", [inner]) => {
                    let Some(value) = self.number(inner)? else {
                        return Ok(None);
                    };
                    self.function(name, value)
                }
                ("min" | "max", [_, _, ..]) => {
                    let mut best = Some(None);
                    for part in of {
                        let value = self.number(part)?;
                        self.gather(name, &mut best, value)?;
                    }
                    Ok(best.flatten())
                }
                _ => self.quantity(name, of),
            },
            Part::Fold {
                name,
                body,
                ranges,
                condition,
            } => {
                let zero = || Real::from(Q::zero());
                // `None` once some number is undefined; without a number where nothing was gathered.
                let mut so_far = match name.as_str() {
                    "sum" | "count" => Some(Some(zero())),
                    "min" | "max" => Some(None),
                    _ => return unmet(Rule::Language),
                };
                let defined = self.fold(ranges, condition.as_deref(), &mut |reader| {
                    let value = match name.as_str() {
                        "count" => {
                            let holds = reader.truth(body)?;
                            holds.map(|holds| int(u8::from(holds)).into())
                        }
                        _ => reader.number(body)?,
                    };
                    reader.gather(name, &mut so_far, value)
                })?;
                Ok(so_far.filter(|_| defined).flatten())
            }
            Part::Negative(inner) => Ok(self.number(inner)?.map(Real::negative)),
            Part::Power(base, exponent) => {
                let Some(base) = self.number(base)? else {
                    return Ok(None);
                };
                let mut power = Real::from(Q::one());
                for _ in 0..*exponent {
                    power = power.times(work, &base)?;
                }
                Ok(Some(power))
            }
            Part::Sum(parts) => {
                let mut sum = Real::from(Q::zero());
                for (taken, part) in parts {
                    let Some(value) = self.number(part)? else {
                        return Ok(None);
                    };
                    let value = if *taken { value.negative() } else { value };
                    sum = sum.plus(work, &value)?;
                }
                Ok(Some(sum))
            }
            Part::Product(parts) => {
                let mut product = Real::from(Q::one());
                for (divides, part) in parts {
                    let Some(value) = self.number(part)? else {
                        return Ok(None);
                    };
                    let next = match divides {
                        true => product.over(work, &value)?,
                        false => Some(product.times(work, &value)?),
                    };
                    match next {
                        Some(next) => product = next,
                        None => return Ok(None),
                    }
                }
                Ok(Some(product))
            }
            _ => unmet(Rule::Language),
        }
    }

    fn function(&self, name: &str, value: Real) -> Checked<Option<Real>> {
        let work = &self.model.work;
        if name == "sqrt" {
            let Some(q) = value.rational() else {
                return unmet(Rule::Language);
            };
            return match q.is_negative() {
                true => Ok(None),
                false => Real::root(work, &q).map(Some),
            };
        }
        let order = value.sign(work)?;
        Ok(Some(match name {
            "sign" => int(order as i8).into(),
            _ if order.is_lt() => value.negative(),
            _ => value,
        }))
    }

    /// Adds a value to what was gathered so far, or keeps the least or the most of both.
    fn gather(
        &self,
        name: &str,
        so_far: &mut Option<Option<Real>>,
        value: Option<Real>,
    ) -> Checked<()> {
        let work = &self.model.work;
        *so_far = match (so_far.take(), value) {
            (None, _) | (_, None) => None,
            (Some(None), value) => Some(value),
            (Some(Some(kept)), Some(value)) => Some(Some(match name {
                "min" if value.compare(work, &kept)?.is_lt() => value,
                "max" if value.compare(work, &kept)?.is_gt() => value,
                "min" | "max" => kept,
                _ => kept.plus(work, &value)?,
            })),
        };
        Ok(())
    }

    pub fn truth(&mut self, part: &Part) -> Checked<Option<bool>> {
        let work = &self.model.work;
        work.charge(1, 0)?;
        match part {
            Part::Not(inner) => Ok(self.truth(inner)?.map(|holds| !holds)),
            Part::And(parts) => self.decided_by(false, parts.iter()),
            Part::Or(parts) => self.decided_by(true, parts.iter()),
            Part::Implies(first, then) => {
                let not_first = self.truth(first)?.map(|holds| !holds);
                let then = self.truth(then)?;
                Ok(either(true, [not_first, then]))
            }
            Part::Fold {
                name,
                body,
                ranges,
                condition,
            } => {
                let decisive = match name.as_str() {
                    "all" => false,
                    "any" => true,
                    _ => return unmet(Rule::Language),
                };
                let mut so_far = Some(!decisive);
                let defined = self.fold(ranges, condition.as_deref(), &mut |reader| {
                    so_far = either(decisive, [so_far, reader.truth(body)?]);
                    Ok(())
                })?;
                Ok(so_far.filter(|found| defined || *found == decisive))
            }
            Part::Compare(first, sides) => {
                let mut all = std::iter::once(&**first).chain(sides.iter().map(|(_, side)| side));
                if let Some(kind) = all.find_map(|side| self.kind(side)) {
                    let [(how @ ("=" | "!="), second)] = sides.as_slice() else {
                        return unmet(Rule::Language);
                    };
                    let [a, b] = [self.object(first, kind)?, self.object(second, kind)?];
                    return Ok(a.zip(b).map(|(a, b)| (a == b) == (*how == "=")));
                }
                let mut left = self.number(first)?;
                let mut whole = Some(true);
                for (how, side) in sides {
                    let right = self.number(side)?;
                    let holds = match (&left, &right) {
                        (Some(a), Some(b)) => {
                            let order = a.compare(work, b)?;
                            Some(match *how {
                                "<" => order.is_lt(),
                                "<=" => order.is_le(),
                                "=" => order.is_eq(),
                                "!=" => order.is_ne(),
                                ">=" => order.is_ge(),
                                _ => order.is_gt(),
                            })
                        }
                        _ => None,
                    };
                    whole = either(false, [whole, holds]);
                    left = right;
                }
                Ok(whole)
            }
            _ => unmet(Rule::Language),
        }
    }

    /// Truths of which one that is `decisive` decides.
    fn decided_by<'p>(
        &mut self,
        decisive: bool,
        parts: impl Iterator<Item = &'p Part>,
    ) -> Checked<Option<bool>> {
        let mut so_far = Some(!decisive);
        for part in parts {
            so_far = either(decisive, [so_far, self.truth(part)?]);
        }
        Ok(so_far)
    }
}

/// Decided by one that is `decisive`, undefined if one is undefined, else the opposite.
fn either(decisive: bool, parts: [Option<bool>; 2]) -> Option<bool> {
    if parts.contains(&Some(decisive)) {
        return Some(decisive);
    }
    (!parts.contains(&None)).then_some(!decisive)
}
