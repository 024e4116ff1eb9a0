//! The filters, patterns and images that a claim speaks of.

use crate::certificate::verify::conjecture::reader::Reader;
use crate::certificate::verify::conjecture::sentence::{Kind, SETS};
use crate::certificate::verify::conjecture::syntax::Part;
use crate::certificate::verify::error::{Checked, Limit, Rule, beyond, need, unmet};
use num_traits::{Signed, ToPrimitive, Zero};

impl Reader<'_, '_> {
    /// Visits every member of the sets, each variable in the scope.
    pub fn each(
        &mut self,
        ranges: &[(String, String)],
        visit: &mut dyn FnMut(&mut Self) -> Checked<()>,
    ) -> Checked<()> {
        let Some(((variable, set), rest)) = ranges.split_first() else {
            return visit(self);
        };
        let (kind, members) = self.members(set)?;
        for place in members {
            self.model.work.charge(1, 0)?;
            self.scope.push((variable.clone(), kind, place));
            self.each(rest, visit)?;
            self.scope.pop();
        }
        Ok(())
    }

    pub fn members(&self, set: &str) -> Checked<(Kind, Vec<usize>)> {
        let model = self.model;
        let (n, patterns) = (model.start.head.len(), model.gram.len());
        let Some((_, _, kind)) = SETS.iter().find(|(_, all, _)| *all == set) else {
            return unmet(Rule::Language);
        };
        let members = match set {
            "filters" => (0..n).collect(),
            "winners" => self.facts()?.winners.clone(),
            "losers" => self.facts()?.losers.clone(),
            "patterns" => (0..patterns).collect(),
            "backgrounds" => (2..patterns).collect(),
            "keys" => vec![0, 1],
            _ => (0..model.atoms.len()).collect(),
        };
        model.work.charge(1 + members.len() as u64 / 8, 0)?;
        Ok((*kind, members))
    }

    /// The members of a fold for which its condition is true; false if that is undefined for some.
    pub fn fold(
        &mut self,
        ranges: &[(String, String)],
        condition: Option<&Part>,
        visit: &mut dyn FnMut(&mut Self) -> Checked<()>,
    ) -> Checked<bool> {
        let mut defined = true;
        self.each(ranges, &mut |reader| {
            let asks = match condition {
                Some(condition) => reader.truth(condition)?,
                None => Some(true),
            };
            defined &= asks.is_some();
            match asks {
                Some(true) => visit(reader),
                _ => Ok(()),
            }
        })?;
        Ok(defined)
    }

    pub fn variable(&self, name: &str) -> Option<(Kind, usize)> {
        let found = self.scope.iter().find(|(own, ..)| own == name)?;
        Some((found.1, found.2))
    }

    /// The pattern of this name: the keys `v+` and `v-`, and `u1`, `u2` and so on.
    pub fn pattern(&self, name: &str) -> Option<usize> {
        let place = match name {
            "v+" => 0,
            "v-" => 1,
            _ => {
                let k: usize = name.strip_prefix('u')?.parse().ok()?;
                (k >= 1 && name == format!("u{k}"))
                    .then_some(k)?
                    .checked_add(1)?
            }
        };
        (place < self.model.gram.len()).then_some(place)
    }

    /// What a part is about, if it is no number and no truth.
    pub fn kind(&self, part: &Part) -> Option<Kind> {
        match part {
            Part::Quoted(_) => Some(Kind::Pattern),
            Part::Name(name) => match self.variable(name) {
                Some((kind, _)) => Some(kind),
                None => self.pattern(name).map(|_| Kind::Pattern),
            },
            Part::Call(name, _) => ["own", "wrong"]
                .contains(&name.as_str())
                .then_some(Kind::Pattern),
            _ => None,
        }
    }

    /// Which filter, pattern or image; `None` for the key of a filter whose head is 0.
    pub fn object(&self, part: &Part, kind: Kind) -> Checked<Option<usize>> {
        let model = self.model;
        match (part, kind) {
            (Part::Number(q), Kind::Filter | Kind::Image) => {
                if kind == Kind::Image && model.problem.atoms.iter().any(|a| a.draws.is_some()) {
                    return beyond(Limit::Images);
                }
                let most = match kind {
                    Kind::Filter => model.start.head.len(),
                    _ => model.atoms.len(),
                };
                let place = q.to_integer().to_usize().filter(|place| *place < most);
                need(q.is_integer() && place.is_some(), Rule::Language)?;
                Ok(place)
            }
            (Part::Name(name), _) => match self.variable(name) {
                Some((own, place)) if own == kind => Ok(Some(place)),
                None if kind == Kind::Pattern => self.named(name),
                _ => unmet(Rule::Language),
            },
            (Part::Quoted(name), Kind::Pattern) => self.named(name),
            (Part::Call(name, of), Kind::Pattern) => {
                let ([filter], "own" | "wrong") = (of.as_slice(), name.as_str()) else {
                    return unmet(Rule::Language);
                };
                let filter = self.object(filter, Kind::Filter)?;
                let own = filter.and_then(|j| self.own(j));
                Ok(own.map(|y| if name == "own" { y } else { 1 - y }))
            }
            _ => unmet(Rule::Language),
        }
    }

    pub fn named(&self, name: &str) -> Checked<Option<usize>> {
        let place = self.pattern(name);
        need(place.is_some(), Rule::Language)?;
        Ok(place)
    }

    /// The label that a filter's head votes for at step 0.
    pub fn own(&self, j: usize) -> Option<usize> {
        let head = &self.model.start.head[j];
        (!head.is_zero()).then(|| usize::from(head.is_negative()))
    }
}
