//! Numbers that are read off a state, or off the problem.

use crate::certificate::format::Loss;
use crate::certificate::verify::conjecture::meaning::Reader;
use crate::certificate::verify::conjecture::roots::Real;
use crate::certificate::verify::conjecture::sentence::{Kind, OF_STATE};
use crate::certificate::verify::conjecture::syntax::Part;
use crate::certificate::verify::error::{Checked, Rule, need, unmet};
use crate::certificate::verify::model::{Model, State, View, int, positive, sign, squared};
use crate::number::Q;
use num_bigint::BigInt;
use num_traits::{One, Zero};
use std::cell::OnceCell;

/// A state, and what is read off it once it was asked for.
pub struct Sight<'s> {
    state: &'s State,
    norms: OnceCell<Vec<Q>>,
    view: OnceCell<View>,
}

impl<'s> Sight<'s> {
    pub fn of(state: &'s State) -> Self {
        Sight {
            state,
            norms: OnceCell::new(),
            view: OnceCell::new(),
        }
    }

    fn norms(&self, model: &Model) -> Checked<&[Q]> {
        if self.norms.get().is_none() {
            let found = model.norms_squared(&self.state.weights)?;
            return Ok(self.norms.get_or_init(|| found));
        }
        Ok(self.norms.get().map_or(&[], Vec::as_slice))
    }

    fn margin(&self, model: &Model, place: usize) -> Checked<Q> {
        let atom = &model.atoms[place];
        if let Some(view) = self.view.get() {
            return model.margin_of(view, atom);
        }
        let view = model.view(self.state)?;
        model.margin_of(self.view.get_or_init(|| view), atom)
    }
}

impl Reader<'_, '_> {
    /// A number that is read off the state or the problem.
    pub fn quantity(&self, name: &str, of: &[Part]) -> Checked<Option<Real>> {
        let (model, work) = (self.model, &self.model.work);
        let (base, sight) = match name.strip_suffix('0') {
            Some(base) if OF_STATE.contains(&base) => (base, &self.start),
            _ => (name, &self.now),
        };
        let mut objects = Vec::new();
        let kinds: &[Kind] = match (base, of.len()) {
            ("Z", 2) => &[Kind::Filter, Kind::Pattern],
            ("norm" | "norm_squared" | "alignment" | "head", 1) => &[Kind::Filter],
            ("margin" | "label" | "probability", 1) => &[Kind::Image],
            ("N", 2) => &[Kind::Image, Kind::Pattern],
            ("EN_+" | "EN_-", 1) => &[Kind::Pattern],
            ("gram", 2) => &[Kind::Pattern, Kind::Pattern],
            (_, 0) => &[],
            _ => return unmet(Rule::Language),
        };
        for (part, kind) in of.iter().zip(kinds) {
            match self.object(part, *kind)? {
                Some(place) => objects.push(place),
                None => return Ok(None),
            }
        }
        let count = |n: usize| int(n as u64);
        let share = |mass: BigInt| Q::new(mass, model.whole.clone());
        let mass = |y: usize| {
            let own = model.atoms.iter().filter(|atom| atom.label == y);
            share(own.map(|atom| &atom.mass).sum())
        };
        let drawn = |k: usize| match self.moment.drawn {
            Some(drawn) => Ok(int(drawn[k])),
            None => unmet(Rule::Language),
        };
        let number = match (base, objects.as_slice()) {
            ("Z", &[j, p]) => sight.state.weights[j][p].clone(),
            ("norm", &[j]) => return Real::root(work, &sight.norms(model)?[j]).map(Some),
            ("norm_squared", &[j]) => sight.norms(model)?[j].clone(),
            ("alignment", &[j]) => {
                let Some(y) = self.own(j) else {
                    return Ok(None);
                };
                let length = Real::root(work, &(&sight.norms(model)?[j] * &model.gram[y][y]))?;
                return Real::from(sight.state.weights[j][y].clone()).over(work, &length);
            }
            ("head", &[j]) => sight.state.head[j].clone(),
            ("accuracy", []) => model.accuracy(sight.state)?,
            ("loss", []) => {
                let mut loss = Q::zero();
                for place in 0..model.atoms.len() {
                    let phi = self.loss(sight.margin(model, place)?);
                    work.add(&mut loss, &phi, &share(model.atoms[place].mass.clone()))?;
                }
                loss
            }
            ("margin", []) => {
                let margins = (0..model.atoms.len()).map(|place| sight.margin(model, place));
                let margins = margins.collect::<Checked<Vec<Q>>>()?;
                return Ok(margins.into_iter().min().map(Real::from));
            }
            ("margin", &[x]) => sight.margin(model, x)?,
            ("t", []) => int(self.moment.t),
            ("steps", []) => int(self.moment.steps),
            ("eta", []) => model.problem.step.0.clone(),
            ("n", []) => count(model.start.head.len()),
            ("P", []) => count(model.gram.len()),
            ("K", []) => count(model.gram.len() - 2),
            ("batch", []) => int(model.problem.batch.0),
            ("m", []) => {
                let patches = model.atoms.iter();
                let patches = patches.map(|a| a.counts.iter().map(|&c| BigInt::from(c)).sum());
                int(patches.max().unwrap_or_else(BigInt::zero))
            }
            ("r", []) => {
                let mut own = model
                    .atoms
                    .iter()
                    .map(|a| (a.counts[a.label], a.counts[1 - a.label]));
                let first = own.next();
                // r is what A2 says it is.
                let unique = |keys| Some(keys) == first && keys.0 >= 1 && keys.1 == 0;
                need(first.is_some_and(unique) && own.all(unique), Rule::Language)?;
                int(first.map_or(0, |keys| keys.0))
            }
            ("pi_+", []) => mass(0),
            ("pi_-", []) => mass(1),
            ("label", &[x]) => int(sign(model.atoms[x].label)),
            ("probability", &[x]) => share(model.atoms[x].mass.clone()),
            ("N", &[x, p]) => int(model.atoms[x].counts[p]),
            ("EN_+" | "EN_-", &[p]) => {
                let y = usize::from(base == "EN_-");
                let own = model.atoms.iter().filter(|atom| atom.label == y);
                work.charge(model.atoms.len() as u64, 1)?;
                share(own.map(|atom| &atom.mass * atom.counts[p]).sum())
            }
            ("gram", &[p, q]) => model.gram[p][q].clone(),
            ("B_+", []) => drawn(0)?,
            ("B_-", []) => drawn(1)?,
            ("updates", []) => drawn(2)?,
            _ => return unmet(Rule::Language),
        };
        Ok(Some(number.into()))
    }

    /// phi of a margin.
    fn loss(&self, margin: Q) -> Q {
        let slack = Q::one() - &margin;
        match self.model.problem.loss {
            Loss::Unhinged => slack,
            Loss::Hinge => positive(slack),
            Loss::Perceptron => positive(-margin),
            Loss::SquaredHinge => squared(&positive(slack)) / int(2),
            Loss::Square => squared(&slack) / int(2),
        }
    }
}
