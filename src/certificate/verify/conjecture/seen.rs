//! What is read off a state, and off the problem, once it was asked for.

use crate::certificate::verify::error::Checked;
use crate::certificate::verify::model::{Model, State, View, int};
use crate::certificate::verify::work::size;
use num_bigint::BigInt;
use num_rational::BigRational as Q;
use num_traits::Zero;
use std::cell::OnceCell;

/// A state, and what is read off it once it was asked for.
pub struct Sight<'s> {
    pub state: &'s State,
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

    pub fn norms(&self, model: &Model) -> Checked<&[Q]> {
        if self.norms.get().is_none() {
            let found = model.norms_squared(&self.state.weights)?;
            return Ok(self.norms.get_or_init(|| found));
        }
        Ok(self.norms.get().map_or(&[], Vec::as_slice))
    }

    pub fn margin(&self, model: &Model, place: usize) -> Checked<Q> {
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
    pub patches: Q,
    /// r, if A2 says what it is.
    pub own_keys: Option<Q>,
    /// pi_+ and pi_-.
    pub prior: [Q; 2],
    /// `E[N_p; y]` of each label.
    pub means: [Vec<Q>; 2],
}

impl Facts {
    pub fn of(model: &Model) -> Checked<Self> {
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
