//! `along-and-across`: with independent samples a conclusion is there, at every step from `from` to t or at every step from
//! `from` on, with a probability of at least `bound`.
//!
//! The hypotheses: unhinged, relu, one sample a step, a fixed head without zeros; keys of length 1, orthogonal to each
//! other and to every background; `r_y >= 1` key patches of its own label y in every image, none of the other. The label of
//! filter j is the sign of its head, `Z_j` its coordinate on the key of that label, `u_j` that on the other key, and
//! `w_perp` the rest of it, with `u_j` in the form `whole` and without in `split`. The claim brings thresholds: `b_y` for the
//! number of samples of label y among the first `from`, and `x_j` for `|w_perp|^2` of some filters; each of them has
//! `a_j E[y N_p] <= 0` for every pattern p but its key.
//!
//! With `S(X)` the sum of `N_p N_q max(G_pq, 0)` over the backgrounds of an image, and in the form `whole` `r^2` besides where
//! its key is not the filter's, V and C are the mean and the largest value of S, `M = |w_perp(0)|^2 + eta^2 a_j^2 V t` and `M'` the
//! same with C. The thresholds are missed with a probability of at most `sum_y P(B_y < b_y)`, exactly, and for each x the
//! least of 1, `M / x` and `2 exp(-x / (2 M'))`, an exponential in fixed point, rounded up; of a filter without a positive
//! coordinate across, which never moves there, 0 or 1. For ever: `exp(-2 from (pi_y - b_y / from)^2)` for the counts, and for x
//! the exponential with `from` for t.
//!
//! With `k_j = Z_j + eta |a_j| r_y b_y`, for ever without `Z_j`, they imply
//! - accuracy 1, if `r_y sum |a_j| k_j > rho_y sum |a_i| sqrt(x_i)` for each label that occurs: j the winners of y, i the filters of
//!   the other label, `rho_y^2` the largest S of an image of label y to these; in the form `split` with
//!   `r_y sum |a_i| max(u_i, 0)` on the right besides;
//! - a ratio R of norms, if `k_j^2 >= R^2 (Z_i^2 + x_i)` for all winners j and losers i, and
//! - a squared tangent T, if `x_j <= T k_j^2`; in the form `split` with `u^2` beside x, or `(eta a_j r)^2` if that is more and
//!   `u > 0`.
//!
//! That this is so, and that the thresholds are missed no more often, is T12.

use super::hypotheses::fixed_heads;
use super::separator_bound::squares;
use super::tails::{decayed, fewer, root};
use super::*;

/// Its proof is in the head of `src/theory/along_and_across.rs`; Coq has it with `M / x` alone, up to a step t.
pub const RESTS_ON: &str = "T12 (no Coq proof of its exponentials)";

struct Filter {
    label: usize,
    /// `|a_j|`.
    head: Q,
    own: Q,
    other: Q,
    /// `|w_perp(0)|^2`.
    across: Q,
    moves: bool,
}

struct Setting<'c> {
    model: &'c Model<'c>,
    claim: &'c AlongAndAcross,
    /// r_y; 0 of a label that no image has.
    keys: [Q; 2],
    prior: [Q; 2],
    /// `rho_y^2`.
    largest: [Q; 2],
    /// V and C, by the label of the filter.
    rates: [[Q; 2]; 2],
    filters: Vec<Filter>,
}

pub fn check(model: &Model, claim: &AlongAndAcross) -> Checked<Confirmed> {
    let keys = key_patches(model)?;
    let n = model.start.head.len();
    let range = claim.t.map_or(claim.from.0 >= 1, |t| claim.from <= t);
    need(range, Rule::Steps)?;
    need(claim.squares.len() == n, Rule::Shape)?;
    let setting = Setting::new(model, claim, keys)?;
    for (filter, x) in setting.filters.iter().zip(&claim.squares) {
        let mut others = (0..).zip(&model.drift);
        let opposes = |drift: &Q| drift.is_zero() || drift.is_negative() == (filter.label == 0);
        let opposed = others.all(|(p, drift)| p == filter.label || opposes(drift));
        need(x.is_none() || opposed, Rule::H)?;
    }
    let implied = match &claim.conclusion {
        Conclusion::Accuracy => setting.accuracy()?,
        Conclusion::Ratio(ratio) => setting.ratio(&ratio.0)?,
        Conclusion::Tangent(tangent) => setting.tangent(&tangent.0)?,
    };
    need(implied, Rule::Thresholds)?;
    let mut found = Q::one();
    for y in 0..2 {
        found -= setting.fewer(y)?;
    }
    for (filter, x) in setting.filters.iter().zip(&claim.squares) {
        if let Some(x) = x {
            found -= setting.longer(filter, &x.0)?;
        }
    }
    let kept = agree(Quantity::Probability, &claim.bound.0, &found)?;
    let what = match &claim.conclusion {
        Conclusion::Accuracy => "accuracy 1".to_owned(),
        Conclusion::Ratio(ratio) => format!("a ratio of norms of {}", ratio.0),
        Conclusion::Tangent(tangent) => format!("squared tangents of at most {}", tangent.0),
    };
    let when = match claim.t {
        Some(t) => format!("at every step of [{}, {}]", claim.from.0, t.0),
        None => format!("at every step from {} on", claim.from.0),
    };
    Ok(Confirmed {
        claimed: format!("{what} {when}: {}", kept.claimed),
        recomputed: kept.recomputed,
    })
}

/// r_y of both labels; fails where a hypothesis does.
fn key_patches(model: &Model) -> Checked<[Q; 2]> {
    fixed_heads(model)?;
    let unit = |y: usize| {
        let mut row = model.gram[y].iter().enumerate();
        row.all(|(p, g)| *g == int(u8::from(p == y)))
    };
    need(unit(0) && unit(1), Rule::A1k)?;
    model.work.charge(model.atoms.len() as u64, 0)?;
    let mut keys = [None, None];
    for atom in &model.atoms {
        let own = atom.counts[atom.label];
        let same = *keys[atom.label].get_or_insert(own) == own;
        let unique = own >= 1 && atom.counts[1 - atom.label] == 0;
        need(same && unique, Rule::A2Label)?;
    }
    Ok(keys.map(|r| int(r.unwrap_or(0))))
}

/// pi_+ and pi_-, the largest S of the backgrounds of an image of each label, and the mean of S; once for all claims.
fn backgrounds<'m>(model: &'m Model) -> Checked<&'m [Q; 5]> {
    if let Some(found) = model.backgrounds.get() {
        return Ok(found);
    }
    let (sums, unit) = squares(model, 2)?;
    let (mut mean, mut masses) = (BigInt::zero(), [BigInt::zero(), BigInt::zero()]);
    let mut most = masses.clone();
    for (atom, sum) in model.atoms.iter().zip(sums) {
        model.work.charge(2, size(&sum) + size(&model.whole))?;
        mean += &sum * &atom.mass;
        masses[atom.label] += &atom.mass;
        most[atom.label] = sum.max(most[atom.label].clone());
    }
    let [plus, minus] = masses.map(|mass| Q::new(mass, model.whole.clone()));
    let [most_plus, most_minus] = most.map(|sum| Q::new(sum, unit.clone()));
    let mean = Q::new(mean, unit * &model.whole);
    let found = [plus, minus, most_plus, most_minus, mean];
    Ok(model.backgrounds.get_or_init(|| found))
}

impl<'c> Setting<'c> {
    fn new(model: &'c Model, claim: &'c AlongAndAcross, keys: [Q; 2]) -> Checked<Self> {
        let [plus, minus, most_plus, most_minus, mean] = backgrounds(model)?;
        let (prior, most) = ([plus.clone(), minus.clone()], [most_plus, most_minus]);
        let split = claim.form == Form::Split;
        // What the key of a label adds to S of the filters of the other one.
        let met = keys
            .clone()
            .map(|r| if split { Q::zero() } else { &r * &r });
        let largest = [0, 1].map(|y| most[y] + &met[y]);
        let rates = [0, 1].map(|y| {
            let other = 1 - y;
            let mean = mean + &prior[other] * &met[other];
            [mean, most[y].clone().max(largest[other].clone())]
        });
        let mut filters = Vec::new();
        let rows = model.start.weights.iter().zip(&model.start.head);
        for ((row, a), norm) in rows.zip(&model.norms) {
            let label = usize::from(a.is_negative());
            let [own, other] = [&row[label], &row[1 - label]];
            model
                .work
                .charge(8, words(norm) + words(own) + words(other))?;
            let whole = norm - squared(own);
            filters.push(Filter {
                moves: row[2..].iter().any(Q::is_positive) || !split && other.is_positive(),
                across: if split { whole - squared(other) } else { whole },
                head: a.abs(),
                own: own.clone(),
                other: other.clone(),
                label,
            });
        }
        Ok(Setting {
            filters,
            model,
            claim,
            keys,
            prior,
            largest,
            rates,
        })
    }

    /// At most the probability that there are fewer samples of a label than its threshold.
    fn fewer(&self, y: usize) -> Checked<Q> {
        let (from, count) = (self.claim.from.0, self.claim.label_counts[y].0);
        if self.claim.t.is_some() || count == 0 {
            return fewer(&self.model.work, from, &self.prior[y], count);
        }
        let gap = positive(&self.prior[y] - Q::new(count.into(), from.into()));
        decayed(&self.model.work, &(int(2) * int(from) * squared(&gap)))
    }

    /// At most the probability that the part of a filter across is longer than its threshold.
    fn longer(&self, filter: &Filter, x: &Q) -> Checked<Q> {
        let t = self.claim.t.unwrap_or(self.claim.from).0;
        if !filter.moves || t == 0 || !x.is_positive() {
            return Ok(int(u8::from(filter.across > *x)));
        }
        let gone = squared(&self.push(filter)?) * int(t);
        let mass = |rate: &Q| -> Checked<Q> {
            let mut mass = filter.across.clone();
            self.model.work.add(&mut mass, &gone, rate)?;
            self.model.work.charge(4, words(&mass) + words(x))?;
            Ok(mass)
        };
        let [mean, largest] = &self.rates[filter.label];
        let exponent = x / (int(2) * mass(largest)?);
        let chance = int(2) * decayed(&self.model.work, &exponent)?;
        let moments = match self.claim.t {
            Some(_) => mass(mean)? / x,
            None => Q::one(),
        };
        Ok(chance.min(moments).min(Q::one()))
    }

    /// `eta |a_j|`.
    fn push(&self, filter: &Filter) -> Checked<Q> {
        let step = &self.model.problem.step.0;
        self.model
            .work
            .charge(4, words(step) + words(&filter.head) + 4)?;
        Ok(step * &filter.head)
    }

    /// k_j.
    fn key(&self, filter: &Filter) -> Checked<Q> {
        let y = filter.label;
        let samples = &self.keys[y] * int(self.claim.label_counts[y].0);
        let mut key = match self.claim.t {
            Some(_) => filter.own.clone(),
            None => Q::zero(),
        };
        self.model
            .work
            .add(&mut key, &self.push(filter)?, &samples)?;
        Ok(key)
    }

    /// x_j, with the most that the square of the other key's coordinate is, where that is not part of it.
    fn square(&self, j: usize) -> Checked<Q> {
        let Some(x) = &self.claim.squares[j] else {
            return unmet(Rule::Squares);
        };
        let filter = &self.filters[j];
        let step = self.push(filter)? * &self.keys[1 - filter.label];
        let far = match self.claim.form {
            Form::Whole => Q::zero(),
            Form::Split if filter.other.is_positive() => step.max(filter.other.clone()),
            Form::Split => filter.other.clone(),
        };
        let mut square = x.0.clone();
        self.model.work.add(&mut square, &far, &far)?;
        Ok(square)
    }

    fn accuracy(&self) -> Checked<bool> {
        let work = &self.model.work;
        let winners = self.model.winners();
        for y in (0..2).filter(|&y| self.prior[y].is_positive()) {
            let (mut along, mut against) = (Q::zero(), Q::zero());
            for &j in &winners[y] {
                let filter = &self.filters[j];
                work.add(&mut along, &filter.head, &self.key(filter)?)?;
            }
            let rho = root(work, &self.largest[y])?;
            for (filter, x) in self.filters.iter().zip(&self.claim.squares) {
                if filter.label == y {
                    continue;
                }
                let Some(x) = x else {
                    return unmet(Rule::Squares);
                };
                need(!x.0.is_negative(), Rule::Thresholds)?;
                let length = root(work, &x.0)?;
                work.add(&mut against, &filter.head, &(length * &rho))?;
                if self.claim.form == Form::Split {
                    let key = positive(filter.other.clone()) * &self.keys[y];
                    work.add(&mut against, &filter.head, &key)?;
                }
            }
            if &self.keys[y] * along <= against {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn ratio(&self, ratio: &Q) -> Checked<bool> {
        need(!ratio.is_negative(), Rule::Ratio)?;
        let work = &self.model.work;
        let winners = self.model.winners().concat();
        let keys = winners.iter().map(|&j| self.key(&self.filters[j]));
        let keys: Vec<Q> = keys.collect::<Checked<_>>()?;
        let Some(least) = keys.into_iter().min() else {
            return unmet(Rule::Winner);
        };
        let mut room = Q::zero();
        work.add(&mut room, &least, &least)?;
        for i in self.model.losers() {
            let mut norm = self.square(i)?;
            let own = &self.filters[i].own;
            work.add(&mut norm, own, own)?;
            work.charge(4, words(ratio) + words(&norm) + words(&room))?;
            if room < squared(ratio) * norm {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn tangent(&self, tangent: &Q) -> Checked<bool> {
        let bounded = |j: &usize| self.claim.squares[*j].is_some();
        let spoken: Vec<usize> = (0..self.filters.len()).filter(bounded).collect();
        let win = spoken.iter().all(|&j| self.filters[j].own.is_positive());
        need(win && !spoken.is_empty(), Rule::Winner)?;
        for j in spoken {
            let (key, square) = (self.key(&self.filters[j])?, self.square(j)?);
            let length = words(tangent) + words(&key) + words(&square);
            self.model.work.charge(4, length)?;
            if !key.is_positive() || square > tangent * squared(&key) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
