//! The expected dynamics at any step, by segments and then step by step.
//!
//! A segment is checked at its first and its last step. The states in which given coordinates are
//! positive, the others not, and given gates are open, and with max pooling given patterns are picked, form a convex set,
//! since there every margin is affine in the weights; on it one step adds a constant. So if the first and the last state are in it, and
//! the first step adds the increment, every state between is in it and every step adds the increment.

use crate::certificate::format::{Loss, Segment, Train};
use crate::certificate::verify::error::{Checked, Limit, Rule, beyond, need};
use crate::certificate::verify::model::{Atom, Model, State, int, shaped};
use crate::certificate::verify::work::{room, units};
use num_traits::{Signed, Zero};

pub struct Course<'c> {
    segments: &'c [Segment],
    /// Where the segments start, and where the last one ends.
    starts: Vec<(u64, State)>,
    /// The last state that plain steps led to.
    last: (u64, State),
}

/// Everything that decides the course of one step: the signs of the weights, the gates, and what is picked.
type Decisions = (Vec<String>, Vec<bool>, Vec<Vec<Option<usize>>>);

fn decisions(model: &Model, state: &State) -> Checked<Decisions> {
    let digit = |z: &num_rational::BigRational| if z.is_positive() { '1' } else { '0' };
    let signs = state.weights.iter();
    let signs = signs.map(|row| row.iter().map(digit).collect()).collect();
    let view = model.view(state)?;
    let open = |atom: &Atom| Ok(!model.gate(&view, atom)?.is_zero());
    // Unhinged gates are 1.
    let atoms = model.atoms.iter();
    let atoms = atoms.filter(|_| model.problem.loss != Loss::Unhinged);
    let gates = atoms.map(open).collect::<Checked<_>>()?;
    if model.max_pooling() {
        room(state.head.len(), model.atoms.len())?;
    }
    let picks = model.atoms.iter().filter(|_| model.max_pooling());
    let picks = picks.map(|atom| model.picks(&view, atom));
    Ok((signs, gates, picks.collect::<Checked<_>>()?))
}

fn along(model: &Model, start: &State, segment: &Segment, steps: u64) -> Checked<State> {
    let mut state = start.clone();
    let increment = segment.increment.iter().flatten();
    for (z, x) in state.weights.iter_mut().flatten().zip(increment) {
        model.work.add(z, &x.0, &int(steps))?;
    }
    Ok(state)
}

/// The least that a step can cost: its view takes three operations a weight on three words, and one a
/// pattern; a gate, where gates are asked for, one. With max pooling each filter picks on each image.
fn least_step(model: &Model) -> u64 {
    let (n, patterns) = (model.start.head.len(), model.gram.len());
    let asked = match model.problem.loss {
        _ if model.max_pooling() => return units(0) * (n * model.atoms.len()) as u64,
        Loss::Unhinged => 0,
        _ => model.atoms.len(),
    };
    3 * units(3) * (n * patterns) as u64 + units(2) * (patterns + asked) as u64
}

impl<'c> Course<'c> {
    /// Checks the segments, one after the other.
    pub fn follow(model: &Model, segments: &'c [Segment]) -> Checked<Self> {
        let smooth = [Loss::SquaredHinge, Loss::Square].contains(&model.problem.loss);
        if !segments.is_empty() && (smooth || model.problem.train == Train::FiltersAndHead) {
            return beyond(Limit::Segments);
        }
        let mut starts = vec![(0u64, model.start.clone())];
        for (i, segment) in (1..).zip(segments) {
            let (t, start) = starts[i - 1].clone();
            let after = |steps| along(model, &start, segment, steps);
            need(segment.length.0 >= 1, Rule::Length(i))?;
            let full = shaped(&segment.increment, start.head.len(), model.gram.len());
            let fits = full && after(1)? == model.step(&start, None)?.state;
            need(fits, Rule::Increment(i))?;
            let first = decisions(model, &start)?;
            need(segment.active == first.0, Rule::Active(i))?;
            let last = decisions(model, &after(segment.length.0 - 1)?)?;
            need(first == last, Rule::Course(i))?;
            let Some(t) = t.checked_add(segment.length.0) else {
                return beyond(Limit::Numbers);
            };
            let end = after(segment.length.0)?;
            starts.push((t, end));
        }
        let last = (0, model.start.clone());
        Ok(Course {
            segments,
            starts,
            last,
        })
    }

    /// The state at step t.
    pub fn at(&mut self, model: &Model, t: u64) -> Checked<State> {
        let k = self.starts.partition_point(|(start, _)| *start <= t) - 1;
        let (start, state) = &self.starts[k];
        if let Some(segment) = self.segments.get(k) {
            return along(model, state, segment, t - start);
        }
        if !(*start..=t).contains(&self.last.0) {
            self.last = (*start, state.clone());
        }
        let steps = t - self.last.0;
        model.work.afford(steps.saturating_mul(least_step(model)))?;
        while self.last.0 < t {
            let next = model.step(&self.last.1, None)?.state;
            self.last = (self.last.0 + 1, next);
        }
        Ok(self.last.1.clone())
    }
}
