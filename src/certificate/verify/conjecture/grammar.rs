//! Is a text a claim of the language, about this problem? Asked of every part once, whether or not it is ever read.

use crate::certificate::verify::conjecture::reader::{Moment, Reader};
use crate::certificate::verify::conjecture::sentence::{
    COUNTS, Kind, OF_STATE, OTHERS, SETS, Sentence, base_of, kinds_of,
};
use crate::certificate::verify::conjecture::syntax::{Part, RESERVED};
use crate::certificate::verify::error::{Checked, Rule, need, unmet};
use crate::certificate::verify::model::Model;

/// `paths`: is it about paths, which have counts of samples and updates?
pub fn check(model: &Model, sentence: &Sentence, paths: bool) -> Checked<()> {
    let moment = Moment {
        t: 0,
        steps: 0,
        state: &model.start,
        drawn: paths.then_some([0; 3]),
    };
    let mut reader = Reader::new(model, sentence, &moment);
    for word in &sentence.words {
        let kind = reader.kind_of_set(word)?;
        reader.scope.push(((*word).to_owned(), kind, 0));
    }
    reader.is_truth(&sentence.claim)?;
    sentence
        .when
        .iter()
        .try_for_each(|when| reader.is_truth(when))
}

impl Reader<'_, '_> {
    /// What the members of a set are, or what a word for one of them is.
    fn kind_of_set(&self, name: &str) -> Checked<Kind> {
        let found = SETS
            .iter()
            .find(|(one, all, _)| [*one, *all].contains(&name));
        found.map_or_else(|| unmet(Rule::Language), |(_, _, kind)| Ok(*kind))
    }

    /// A gathering: its variables are new names, and in it they are known.
    fn gathers<T>(
        &mut self,
        ranges: &[(String, String)],
        condition: Option<&Part>,
        body: impl FnOnce(&mut Self) -> Checked<T>,
    ) -> Checked<T> {
        let outside = self.scope.len();
        for (variable, set) in ranges {
            let name = variable.as_str();
            let is_known = OF_STATE.contains(&base_of(name).0)
                || OTHERS.contains(&name)
                || RESERVED.contains(&name)
                || self.kind_of_set(name).is_ok()
                || self.scope.iter().any(|(own, ..)| own == name);
            need(!is_known, Rule::Language)?;
            need(SETS.iter().any(|(_, all, _)| all == set), Rule::Language)?;
            let kind = self.kind_of_set(set)?;
            self.scope.push((variable.clone(), kind, 0));
        }
        if let Some(condition) = condition {
            self.is_truth(condition)?;
        }
        let body = body(self)?;
        self.scope.truncate(outside);
        Ok(body)
    }

    fn is_truth(&mut self, part: &Part) -> Checked<()> {
        match part {
            Part::Not(inner) => self.is_truth(inner),
            Part::And(parts) | Part::Or(parts) => parts.iter().try_for_each(|p| self.is_truth(p)),
            Part::Implies(first, then) => self.is_truth(first).and_then(|()| self.is_truth(then)),
            Part::Fold {
                name,
                body,
                ranges,
                condition,
            } if ["all", "any"].contains(&name.as_str()) => {
                self.gathers(ranges, condition.as_deref(), |this| this.is_truth(body))
            }
            Part::Compare(first, sides) => {
                let mut all = std::iter::once(&**first).chain(sides.iter().map(|(_, side)| side));
                match all.clone().find_map(|side| self.kind(side)) {
                    // One filter, pattern or image is another or not; there is no order of them.
                    Some(kind) => {
                        let plain = matches!(sides.as_slice(), [("=" | "!=", _)]);
                        need(plain, Rule::Language)?;
                        all.try_for_each(|side| self.object(side, kind).map(|_| ()))
                    }
                    None => all.try_for_each(|side| self.is_number(side).map(|_| ())),
                }
            }
            _ => unmet(Rule::Language),
        }
    }

    /// May there be square roots in it?
    fn is_number(&mut self, part: &Part) -> Checked<bool> {
        match part {
            Part::Number(_) => Ok(false),
            Part::Name(name) => self.is_quantity(name, &[]),
            Part::Call(name, of) => match (name.as_str(), of.as_slice()) {
                ("abs", [inner]) => self.is_number(inner),
                ("sign", [inner]) => self.is_number(inner).map(|_| false),
                ("sqrt", [inner]) => {
                    let rooted = self.is_number(inner)?;
                    need(!rooted, Rule::Language).map(|()| true)
                }
                ("min" | "max", [_, _, ..]) => self.any_rooted(of.iter()),
                _ => self.is_quantity(name, of),
            },
            Part::Fold {
                name,
                body,
                ranges,
                condition,
            } => self.gathers(ranges, condition.as_deref(), |this| match name.as_str() {
                "sum" | "min" | "max" => this.is_number(body),
                "count" => this.is_truth(body).map(|()| false),
                _ => unmet(Rule::Language),
            }),
            Part::Negative(inner) | Part::Power(inner, _) => self.is_number(inner),
            Part::Sum(parts) | Part::Product(parts) => {
                self.any_rooted(parts.iter().map(|(_, part)| part))
            }
            _ => unmet(Rule::Language),
        }
    }

    fn any_rooted<'p>(&mut self, parts: impl Iterator<Item = &'p Part>) -> Checked<bool> {
        let mut rooted = false;
        for part in parts {
            rooted |= self.is_number(part)?;
        }
        Ok(rooted)
    }

    /// A number that is read off the state or the problem, with what it is of.
    fn is_quantity(&self, name: &str, of: &[Part]) -> Checked<bool> {
        for (part, kind) in of.iter().zip(kinds_of(name, of.len())?) {
            self.object(part, *kind)?;
        }
        need(
            !COUNTS.contains(&name) || self.moment.drawn.is_some(),
            Rule::Language,
        )?;
        need(
            name != "r" || self.facts()?.own_keys.is_some(),
            Rule::Language,
        )?;
        Ok(["norm", "alignment"].contains(&base_of(name).0))
    }
}
