//! `refutation`: the conclusion of a theorem, read with r = `key_patches`, fails on this problem: of one filter it
//! says `predicted`, and what is, is `value`. The theorem is not refuted: an assumption of it fails here, and which
//! one is no part of the claim.
//!
//! Both numbers are recomputed, the first from the conclusion (`T1_closed_form`, `T2_norm_dominance` and
//! `T3_run` of Statements.v say it), the second from the dynamics; no proof is leaned on.

use super::*;

/// The filter j and the pattern p that the conclusion is about.
struct Subject<'m> {
    j: usize,
    p: usize,
    /// `Z_jp` at step 0.
    z: &'m Q,
    head: &'m Q,
    /// The place of the label that has the sign of the head.
    own: usize,
    winner: bool,
    eta_r: Q,
}

impl<'m> Subject<'m> {
    fn of(model: &'m Model, claim: &Refutation, path: u64) -> Checked<Self> {
        let place = |x: u64| usize::try_from(x).unwrap_or(usize::MAX);
        let (j, p) = (place(claim.filter.0), place(claim.pattern.0));
        let State { weights, head } = &model.start;
        need(j < head.len() && p < model.gram.len(), Rule::Coordinate)?;
        need(claim.samples.len() as u64 == path, Rule::PathLength)?;
        let r = claim.key_patches.0;
        let has = |a: &Atom| a.counts[a.label] == r;
        need(r >= 1 && model.atoms.iter().any(has), Rule::KeyPatches)?;
        let own = usize::from(head[j].is_negative());
        Ok(Subject {
            j,
            p,
            z: &weights[j][p],
            head: &head[j],
            own,
            winner: model.winners()[own].contains(&j),
            eta_r: &model.problem.step.0 * int(r),
        })
    }
}

fn refuted(claim: &Refutation, says: Q, is: Q, fails: bool) -> Checked<Confirmed> {
    agree(Quantity::Predicted, &claim.predicted.0, &says)?;
    agree(Quantity::Value, &claim.value.0, &is)?;
    need(fails, Rule::Fails)?;
    Ok(Confirmed {
        claimed: format!("{:?} says {says}", claim.theorem),
        recomputed: is.to_string(),
    })
}

/// T1: `Z_jp(t) = z + kappa min(t, ceil(z / -kappa))` with `kappa = eta a_j E[y N_p]` where z > 0 (without an end
/// where kappa >= 0), else z.
pub fn of_closed_form(model: &Model, state: &State, claim: &Refutation) -> Checked<Confirmed> {
    let Subject { j, p, z, head, .. } = Subject::of(model, claim, 0)?;
    let mut says = z.clone();
    if z.is_positive() {
        let (t, kappa) = (
            int(claim.t.0),
            &model.problem.step.0 * head * &model.drift[p],
        );
        let end = kappa.is_negative().then(|| (z / -&kappa).ceil());
        says += kappa * end.map_or(t.clone(), |end| end.min(t));
    }
    let is = state.weights[j][p].clone();
    let fails = says != is;
    refuted(claim, says, is, fails)
}

/// T2: `Z_jy(t) = z + (eta r / 2) t` for a winner j of label y, and for a loser (with p = 0)
/// `|w_j(t)|^2 <= |w_j(0)|^2 + (eta r / 2)^2`.
pub fn of_norm_dominance(model: &Model, state: &State, claim: &Refutation) -> Checked<Confirmed> {
    let about = Subject::of(model, claim, 0)?;
    let kappa = &about.eta_r / int(2);
    let (j, p) = (about.j, about.p);
    if about.winner && p == about.own {
        let says = about.z + kappa * int(claim.t.0);
        let is = state.weights[j][p].clone();
        let fails = says != is;
        return refuted(claim, says, is, fails);
    }
    if about.winner || p != 0 {
        return beyond(Limit::OtherCoordinate);
    }
    let rows = [&model.start, state].map(|s| s.weights[j].clone());
    let norms = model.norms_squared(&rows)?;
    let says = &norms[0] + squared(&kappa);
    let fails = norms[1] > says;
    refuted(claim, says, norms[1].clone(), fails)
}

/// T3 at the end of a path: (i) a coordinate that is not positive at step 0 is where it was; (ii) the key of a
/// winner of label y has grown by `eta r` times the sum of the average gates on images of label y.
pub fn of_pathwise(model: &Model, claim: &Refutation) -> Checked<Confirmed> {
    let about = Subject::of(model, claim, claim.t.0)?;
    let end = model.path(&claim.samples)?;
    let says = match (about.z.is_positive(), about.winner && about.p == about.own) {
        (false, _) => about.z.clone(),
        (true, true) => about.z + about.eta_r * &end.gates[about.own],
        (true, false) => return beyond(Limit::OtherCoordinate),
    };
    let is = end.state.weights[about.j][about.p].clone();
    let fails = says != is;
    refuted(claim, says, is, fails)
}
