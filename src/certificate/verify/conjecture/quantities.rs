//! Numbers that are read off a state, or off the problem.

use crate::certificate::format::Loss;
use crate::certificate::verify::conjecture::meaning::Reader;
use crate::certificate::verify::conjecture::roots::Real;
use crate::certificate::verify::conjecture::sentence::{base_of, kinds_of};
use crate::certificate::verify::conjecture::syntax::Part;
use crate::certificate::verify::error::{Checked, Rule, unmet};
use crate::certificate::verify::model::{Model, State, View, int, positive, sign, squared};
use crate::certificate::verify::work::size;
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

/// What is read off the problem alone.
pub struct Facts {
    pub winners: Vec<usize>,
    pub losers: Vec<usize>,
    /// m, the most patches of an image.
    patches: Q,
    /// r, if A2 says what it is.
    pub own_keys: Option<Q>,
    /// pi_+ and pi_-.
    prior: [Q; 2],
    /// `E[N_p; y]` of each label.
    means: [Vec<Q>; 2],
}

impl Facts {
    fn of(model: &Model) -> Checked<Self> {
        let (work, patterns) = (&model.work, model.gram.len());
        work.charge(2 * model.start.head.len() as u64, 1)?;
        let mut patches = BigInt::zero();
        let mut prior = [BigInt::zero(), BigInt::zero()];
        let mut means = [0, 1].map(|_| vec![BigInt::zero(); patterns]);
        for atom in &model.atoms {
            work.charge(2 * patterns as u64, size(&model.whole))?;
            patches = patches.max(atom.counts.iter().map(|&c| BigInt::from(c)).sum());
            prior[atom.label] += &atom.mass;
            for (mean, &count) in means[atom.label].iter_mut().zip(&atom.counts) {
                *mean += &atom.mass * count;
            }
        }
        // r is the number of own keys where that is the same in every image, at least 1, and none has the other key.
        let mut keys = model
            .atoms
            .iter()
            .map(|a| (a.counts[a.label], a.counts[1 - a.label]));
        let first = keys.next();
        let unique = |keys| Some(keys) == first && keys.0 >= 1 && keys.1 == 0;
        let own_keys = first
            .filter(|&keys| unique(keys))
            .filter(|_| keys.all(unique));
        work.charge(2 * patterns as u64 + 2, 2 * size(&model.whole))?;
        let share = |mass| Q::new(mass, model.whole.clone());
        Ok(Facts {
            winners: model.winners().concat(),
            losers: model.losers(),
            patches: int(patches),
            own_keys: own_keys.map(|keys| int(keys.0)),
            prior: prior.map(share),
            means: means.map(|row| row.into_iter().map(share).collect()),
        })
    }
}

impl Reader<'_, '_> {
    pub fn facts(&self) -> Checked<&Facts> {
        let known = &self.sentence.facts;
        if known.get().is_none() {
            let found = Facts::of(self.model)?;
            return Ok(known.get_or_init(|| found));
        }
        known.get().map_or_else(|| unmet(Rule::Language), Ok)
    }

    /// A number that is read off the state or the problem.
    pub fn quantity(&self, name: &str, of: &[Part]) -> Checked<Option<Real>> {
        let (model, work) = (self.model, &self.model.work);
        let (base, at_start) = base_of(name);
        let sight = if at_start { &self.start } else { &self.now };
        let kinds = kinds_of(name, of.len())?;
        let mut objects = Vec::new();
        for (part, kind) in of.iter().zip(kinds) {
            match self.object(part, *kind)? {
                Some(place) => objects.push(place),
                None => return Ok(None),
            }
        }
        let count = |n: usize| int(n as u64);
        let share = |place: usize| -> Checked<Q> {
            work.charge(1, 2 * size(&model.whole))?;
            Ok(Q::new(model.atoms[place].mass.clone(), model.whole.clone()))
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
                    work.add(&mut loss, &phi, &share(place)?)?;
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
            ("m", []) => self.facts()?.patches.clone(),
            ("r", []) => match &self.facts()?.own_keys {
                Some(keys) => keys.clone(),
                None => return unmet(Rule::Language),
            },
            ("pi_+", []) => self.facts()?.prior[0].clone(),
            ("pi_-", []) => self.facts()?.prior[1].clone(),
            ("label", &[x]) => int(sign(model.atoms[x].label)),
            ("probability", &[x]) => share(x)?,
            ("N", &[x, p]) => int(model.atoms[x].counts[p]),
            ("EN_+", &[p]) => self.facts()?.means[0][p].clone(),
            ("EN_-", &[p]) => self.facts()?.means[1][p].clone(),
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
