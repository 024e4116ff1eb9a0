//! What each bound by itself certifies of a ratio of norms and of a bound of the angles that are given: second moments,
//! exponentials, and the form for ever.

use super::*;

/// Winners are of these labels, with positions and filters.
type Winners<'c> = Vec<(usize, &'c Filter)>;

impl Setting {
    fn winners(&self, asked: impl Fn(&Filter) -> bool) -> Winners<'_> {
        let all = self.filters.iter().enumerate();
        all.filter(|(_, f)| f.wins() && asked(f)).collect()
    }
}

impl Window<'_, '_> {
    /// The best thresholds for a ratio with one method.
    pub fn ratio_with(&self, ratio: u64, method: Method) -> Option<Goal> {
        let one = Q::one();
        let all = Form::ALL.into_iter();
        best(all.filter_map(|form| self.ratio_by(ratio, form, method, &one)))
    }

    /// The best thresholds for this bound of `tan^2` with one method.
    pub fn direction_with(&self, bound: &Q, method: Method) -> Option<Goal> {
        let (setting, form) = (self.setting, Form::Whole);
        let winners = setting.winners(|f| setting.covers(f));
        let counted =
            |label: Label, level: usize| match winners.iter().any(|(_, f)| f.side == label) {
                true => self.at_level(label, level).clone(),
                false => (0, Q::zero()),
            };
        let of = |level: usize| {
            let counts = Label::BOTH.map(|y| counted(y, level).0);
            let mut squares = vec![None; setting.filters.len()];
            let mut lost = Q::zero();
            for (j, f) in &winners {
                let key = &f.own + &f.growth * integer(counts[f.side.index()]);
                let square = round_rd(&(bound * &key * &key), BITS);
                let moves = f.moves[form as usize] && self.to > 0;
                let mass = &setting.masses(form, f, self.to)[method as usize];
                lost += exceeded(mass, &square, method, moves)?;
                squares[*j] = Some(square);
            }
            Some((round_ru(&lost, BITS), (counts, squares)))
        };
        let missed = |level: usize| {
            let [plus, minus] = Label::BOTH.map(|y| counted(y, level).1);
            plus + minus
        };
        let (lost, (counts, squares)) = least_sum(0..LEVELS.len(), &Q::one(), missed, of)?;
        let counts = counts.map(|b| b as i64);
        let aim = Aim::Direction(bound.clone());
        Some(self.goal(aim, form, method, counts, squares, lost))
    }
}

/// The probability, at most, that the square of a part across with this mass exceeds a bound; `None` where it may do so with
/// any probability.
fn exceeded(mass: &Q, square: &Q, method: Method, moves: bool) -> Option<Q> {
    if !moves || mass.is_zero() {
        // It stays as long as it is.
        return (mass <= square).then(Q::zero);
    }
    if !square.is_positive() {
        return None;
    }
    Some(match method {
        Method::Moments => round_ru(&(mass / square), BITS),
        Method::Exponential => exp_neg_ru(&(square / (mass * integer(2)))) * integer(2),
    })
}

/// The probability, at most, that a ratio or a bound of the angles is missed at some step from `start` on.
///
/// Keys are at least `eta |a_j| r_y beta_y s` and squared parts across below `2 L M'_{t0} (s/t0)^2`: both sides of the
/// condition grow with `(s/t0)^2`, and what else a loser's norm holds does not grow.
pub fn misses_some_time(demands: &Demands<'_>, start: u64, aim: &Aim) -> Option<Q> {
    if start == 0 {
        return None;
    }
    let setting = demands.setting;
    let winners = match aim {
        Aim::Accuracy => return for_ever(demands, start, &Q::one()),
        Aim::Ratio(_) => setting.winners(|_| true),
        Aim::Direction(_) => setting.winners(|f| setting.covers(f)),
    };
    let beta = |y: Label, k: usize| &setting.sides[y.index()].prior * ratio(k as i64, SHARES);
    let samples = integer(setting.samples(start));
    let key = |f: &Filter, k: usize| &f.growth * beta(f.side, k) * &samples;
    let missed = |k: usize| -> Q {
        let asked = |y: &Label| winners.iter().any(|(_, f)| f.side == *y);
        let labels = Label::BOTH.into_iter().filter(asked);
        let of = |y: Label| {
            let gap = &setting.sides[y.index()].prior - beta(y, k);
            exp_neg_ru(&(integer(2) * &samples * &gap * gap))
        };
        labels.map(of).sum()
    };
    let across = |form: Form, f: &Filter, square: &Q| {
        let mass = &setting.masses(form, f, start)[1];
        exceeded(mass, square, Method::Exponential, f.moves[form as usize])
    };
    let lost = |form: Form, k: usize| -> Option<Q> {
        match aim {
            Aim::Ratio(ratio) => {
                let keys = winners.iter().map(|(_, f)| key(f, k)).min()?;
                let norm = &keys * &keys / (integer(*ratio) * integer(*ratio));
                let losers = demands.losers(form).iter();
                let of = |loser: &Loser<'_>| across(form, loser.filter, &(&norm - &loser.fixed));
                losers.map(of).sum()
            }
            Aim::Direction(bound) => {
                let square = |f: &Filter| bound * key(f, k) * key(f, k);
                winners
                    .iter()
                    .map(|(_, f)| across(form, f, &square(f)))
                    .sum()
            }
            Aim::Accuracy => None,
        }
    };
    let forms = match aim {
        Aim::Direction(_) => &Form::ALL[..1],
        _ => &Form::ALL[..],
    };
    let of = |form: &Form| {
        let of = |k: usize| Some((lost(*form, k)?, k));
        let (lost, k) = least_sum(1..SHARES as usize, &Q::one(), missed, of)?;
        Some(round_ru(&(lost + missed(k)), BITS))
    };
    forms.iter().filter_map(of).min()
}
