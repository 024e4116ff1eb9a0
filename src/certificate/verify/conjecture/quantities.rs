//! Numbers that are read off a state, or off the problem.

use crate::certificate::format::Loss;
use crate::certificate::verify::conjecture::reader::Reader;
use crate::certificate::verify::conjecture::roots::Real;
use crate::certificate::verify::conjecture::sentence::{base_of, kinds_of};
use crate::certificate::verify::conjecture::syntax::Part;
use crate::certificate::verify::error::{Checked, Rule, unmet};
use crate::certificate::verify::model::{int, positive, sign, squared};
use crate::certificate::verify::work::size;
use num_rational::BigRational as Q;
use num_traits::{One, Zero};

impl Reader<'_, '_> {
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
