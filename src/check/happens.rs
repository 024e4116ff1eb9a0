//! What happens on a problem at its last step: what each theorem says of it, the exact expected dynamics, and the
//! simulated runs, quantity by quantity.
//!
//! A theorem speaks of the expected dynamics, of every sample path, or with a probability, and each bound here says
//! of which; so it is compared with that and with nothing else.

use super::{CheckReport, ExactPoint};
use crate::dynamics::sgd::{Quantiles, SeriesPoint};
use crate::number::{Q, integer};
use crate::problem::{Loss, Train};
pub use crate::theory::curve::{Dynamics, Quantity, Value};
use crate::theory::norm_bounds::NormBounds;
use crate::theory::record::TheoremId;
use crate::theory::trained_head::winners_learn;
use crate::theory::verdict::{Figure, Outcome, Verdict};
use crate::theory::violation::Relation;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// When it is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At this step.
    At(u64),
    /// At every step of these, both included.
    Throughout(u64, u64),
    /// At every step from this one on.
    ForEverFrom(u64),
}

/// What a theorem says of a quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The theorem that speaks, in the form that does.
    pub theorem: TheoremId,
    /// Of what it speaks.
    pub dynamics: Dynamics,
    /// On which side the quantity is.
    pub relation: Relation,
    /// The bound.
    pub value: Value,
    /// When.
    pub when: When,
    /// How far it is from what it speaks of: what was seen over a lower bound, an upper bound over what was seen, so
    /// that 1 is tight and less a violation. `None` where nothing that may be compared with it was seen.
    pub factor: Option<f64>,
}

/// What the simulated runs show of a quantity.
#[derive(Debug, Clone, PartialEq)]
pub enum Runs {
    /// Quantiles over runs.
    Spread {
        /// The 5 % quantile.
        q05: f64,
        /// The median.
        q50: f64,
        /// The 95 % quantile.
        q95: f64,
    },
    /// A share of runs.
    Share {
        /// The share.
        share: f64,
        /// Its exact (Clopper-Pearson) interval of level [`super::ProbabilityPoint::confidence`].
        ci: [f64; 2],
    },
}

/// One quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Which.
    pub quantity: Quantity,
    /// What theorems say of it, in their order.
    pub says: Vec<Said>,
    /// In the exact expected dynamics at the last step.
    pub mean: Option<Value>,
    /// By the exact law of SGD at the last step.
    pub law: Option<Q>,
    /// In the simulated runs at the last step.
    pub runs: Option<Runs>,
}

/// Every quantity that a theorem, the engine or the runs know something of, at the last step of the problem.
///
/// Only a theorem that holds here speaks, and of the bounds that say nothing none is there.
pub fn what_happens(report: &CheckReport) -> Vec<Row> {
    let steps = report.problem.training().steps;
    let at_end = |t: u64| t == steps;
    let point = report.exact.points.last().filter(|point| at_end(point.t));
    let series = report.simulation.series.last();
    let series = series.filter(|p| at_end(p.t) && report.simulation.runs > 0);
    let chance = report.probabilities.last().filter(|p| at_end(p.t));
    let said: Vec<(Quantity, Said)> = report
        .outcomes
        .iter()
        .flat_map(|outcome| Speaker { report, outcome }.says())
        .collect();
    let rows = Quantity::ALL.into_iter().filter_map(|quantity| {
        let mut row = Row {
            quantity,
            says: Vec::new(),
            mean: point.and_then(|point| in_the_mean(quantity, point)),
            law: None,
            runs: series.and_then(|series| spread(over_runs(quantity, series)?)),
        };
        match quantity {
            Quantity::PerfectAccuracy => {
                row.law = chance.and_then(|point| point.exact.clone());
                let sampled = chance.and_then(|point| point.sampled);
                row.runs = sampled.map(|(share, ci)| Runs::Share { share, ci });
            }
            Quantity::Updates if closes(report.problem.training().loss) => {
                row.runs = updates(report);
            }
            _ => {}
        }
        let own = said.iter().filter(|(of, _)| *of == quantity);
        row.says = own.map(|(_, said)| said.clone()).collect();
        for said in &mut row.says {
            said.factor = factor(report, said, row.mean.as_ref(), row.runs.as_ref(), quantity);
        }
        let silent = row.says.is_empty();
        (!silent || row.mean.is_some() || row.law.is_some() || row.runs.is_some()).then_some(row)
    });
    rows.collect()
}

/// Can a gate of this loss be closed for good?
fn closes(loss: Loss) -> bool {
    matches!(loss, Loss::Hinge | Loss::Perceptron | Loss::SquaredHinge)
}

/// A quantity in the exact expected dynamics at a step; `None` where it is not there.
pub fn in_the_mean(quantity: Quantity, point: &ExactPoint) -> Option<Value> {
    match quantity {
        Quantity::Accuracy => point.accuracy.clone().map(Value::Plain),
        Quantity::WinnerNorm => point.winner_norm_squared.clone().map(Value::Root),
        Quantity::LoserNorm => point.loser_norm_squared.clone().map(Value::Root),
        Quantity::Ratio => point.ratio_squared().map(Value::Root),
        Quantity::Alignment => point.alignment_signed_square.clone().map(Value::Root),
        Quantity::PerfectAccuracy | Quantity::Updates | Quantity::Moves => None,
    }
}

/// The quantiles of a quantity over the runs at a step; `None` of what the simulator does not follow.
pub fn over_runs(quantity: Quantity, series: &SeriesPoint) -> Option<Quantiles> {
    match quantity {
        Quantity::Accuracy => Some(series.accuracy),
        Quantity::WinnerNorm => Some(series.winner_norm),
        Quantity::LoserNorm => Some(series.loser_norm),
        Quantity::Ratio => Some(series.ratio),
        Quantity::Alignment => Some(series.alignment),
        Quantity::PerfectAccuracy | Quantity::Updates | Quantity::Moves => None,
    }
}

fn spread(quantiles: Quantiles) -> Option<Runs> {
    Some(Runs::Spread {
        q05: quantiles.q05?,
        q50: quantiles.q50?,
        q95: quantiles.q95?,
    })
}

/// Updates over the simulated runs, where all are finite.
fn updates(report: &CheckReport) -> Option<Runs> {
    let simulation = &report.simulation;
    if simulation.runs == 0 || simulation.finite_runs < simulation.runs {
        return None;
    }
    let ends = simulation.ends.iter();
    spread(Quantiles::of(ends.map(|end| Some(end.updates as f64))))
}

/// How far a bound is from what it may be compared with: the expected dynamics, or the run that comes closest
/// (of updates the most of any run, else the quantile on the side of the bound).
fn factor(
    report: &CheckReport,
    said: &Said,
    mean: Option<&Value>,
    runs: Option<&Runs>,
    quantity: Quantity,
) -> Option<f64> {
    let steps = report.problem.training().steps;
    if said.when != When::At(steps) && quantity != Quantity::Updates {
        return None;
    }
    let bound = said.value.approx();
    let at_least = said.relation == Relation::AtLeast;
    let seen = match (&said.dynamics, runs) {
        (Dynamics::Mean, _) => mean?.approx(),
        (Dynamics::EveryPath, _) if quantity == Quantity::Updates => {
            let ends = report.simulation.ends.iter();
            ends.map(|end| end.updates).max()? as f64
        }
        (Dynamics::EveryPath, Some(Runs::Spread { q05, q95, .. })) => {
            if at_least {
                *q05
            } else {
                *q95
            }
        }
        _ => return None,
    };
    let factor = if at_least { seen / bound } else { bound / seen };
    (factor.is_finite() && factor > 0.0).then_some(factor)
}

/// A theorem with its outcome, about to speak.
struct Speaker<'r> {
    report: &'r CheckReport,
    outcome: &'r Outcome,
}

impl Speaker<'_> {
    fn low(&self, name: &str) -> Option<Q> {
        self.outcome.figures.lower(name).cloned()
    }

    fn high(&self, name: &str) -> Option<Q> {
        self.outcome.figures.upper(name).cloned()
    }

    /// The step under this name.
    fn step(&self, name: &str) -> Option<u64> {
        match self.outcome.figures.get(name)? {
            Figure::Exact(q) if q.is_integer() => q.to_integer().to_u64(),
            Figure::AtMost(t) => Some(*t),
            _ => None,
        }
    }

    fn says(&self) -> Vec<(Quantity, Said)> {
        let holds = matches!(self.outcome.verdict, Verdict::Holds { .. });
        let mut all = Vec::new();
        match self.outcome.id() {
            TheoremId::T2 if holds => self.norm_dominance(&mut all),
            TheoremId::T3 if holds => self.pathwise(&mut all),
            TheoremId::T4 if holds => self.sgd_norm_dominance(&mut all),
            TheoremId::T5 if holds => self.perfect_accuracy(&mut all),
            TheoremId::T6 | TheoremId::T14 if holds => self.mistake_bound(&mut all),
            TheoremId::T6 => self.sharp_mistake_bound(&mut all),
            TheoremId::T7 if holds => self.trained_head(&mut all),
            TheoremId::T11 if holds => self.main_claim(&mut all),
            TheoremId::T12 if holds => self.along_and_across(&mut all),
            TheoremId::T13 if holds => self.opposed_keys(&mut all),
            _ => {}
        }
        all
    }

    /// This bound on what is asked, if it is there.
    fn say(
        &self,
        all: &mut Vec<(Quantity, Said)>,
        quantity: Quantity,
        dynamics: Dynamics,
        (relation, value): (Relation, Option<Value>),
        when: When,
    ) {
        let Some(value) = value else { return };
        all.push((
            quantity,
            Said {
                theorem: self.outcome.shown_id(),
                dynamics,
                relation,
                value,
                when,
                factor: None,
            },
        ));
    }

    fn last(&self) -> When {
        When::At(self.report.problem.training().steps)
    }

    fn norm_dominance(&self, all: &mut Vec<(Quantity, Said)>) {
        let root = |name| self.low(name).map(Value::Root);
        let mean = || Dynamics::Mean;
        let least = root("winner_norm_squared_at_least");
        self.say(
            all,
            Quantity::WinnerNorm,
            mean(),
            (Relation::AtLeast, least),
            self.last(),
        );
        let most = root("loser_norm_squared_at_most");
        self.say(
            all,
            Quantity::LoserNorm,
            mean(),
            (Relation::AtMost, most),
            self.last(),
        );
        let ratio = root("ratio_squared_at_least");
        self.say(
            all,
            Quantity::Ratio,
            mean(),
            (Relation::AtLeast, ratio),
            self.last(),
        );
        self.dominance_time(all);
        let cosine = root("cosine_squared_at_least");
        self.say(
            all,
            Quantity::Alignment,
            mean(),
            (Relation::AtLeast, cosine),
            self.last(),
        );
    }

    /// T_dom(10), of T2 and T7.
    fn dominance_time(&self, all: &mut Vec<(Quantity, Said)>) {
        if let Some(t) = self.step("t_dominance") {
            let ten = Some(Value::Plain(integer(10)));
            self.say(
                all,
                Quantity::Ratio,
                Dynamics::Mean,
                (Relation::AtLeast, ten),
                When::At(t),
            );
        }
    }

    /// T7 speaks of those that learn and of all others: of winners and losers where these are the same.
    fn trained_head(&self, all: &mut Vec<(Quantity, Said)>) {
        if winners_learn(&self.report.problem) {
            self.dominance_time(all);
        }
    }

    fn pathwise(&self, all: &mut Vec<(Quantity, Said)>) {
        let least = self.low("winner_norm_squared_at_least").map(Value::Root);
        self.say(
            all,
            Quantity::WinnerNorm,
            Dynamics::EveryPath,
            (Relation::AtLeast, least),
            self.last(),
        );
    }

    fn sgd_norm_dominance(&self, all: &mut Vec<(Quantity, Said)>) {
        self.ratio("probability_lower_bound", all);
        let losers = self.report.problem.camps().losers().count();
        if let Some(t) = self.step("least_certified_t").filter(|_| losers > 0) {
            let dynamics = Dynamics::WithProbability(self.level());
            let ratio = self.low("ratio").map(Value::Plain);
            self.say(
                all,
                Quantity::Ratio,
                dynamics,
                (Relation::AtLeast, ratio),
                When::At(t),
            );
        }
    }

    /// The ratio that is certified at the last step with this probability.
    fn ratio(&self, probability: &str, all: &mut Vec<(Quantity, Said)>) {
        let Some(p) = self.low(probability).filter(Q::is_positive) else {
            return;
        };
        // Without a loser there is no ratio.
        if self.report.problem.camps().losers().next().is_none() {
            return;
        }
        let ratio = self.low("ratio").map(Value::Plain);
        self.say(
            all,
            Quantity::Ratio,
            Dynamics::WithProbability(p),
            (Relation::AtLeast, ratio),
            self.last(),
        );
    }

    /// The probability that is certified: 1 - delta.
    fn level(&self) -> Q {
        Q::one() - &self.report.delta
    }

    /// P(accuracy = 1) is at least this.
    fn perfect(&self, p: Option<Q>, when: When, all: &mut Vec<(Quantity, Said)>) {
        let p = p.filter(Q::is_positive).map(Value::Plain);
        self.say(
            all,
            Quantity::PerfectAccuracy,
            Dynamics::Probability,
            (Relation::AtLeast, p),
            when,
        );
    }

    fn perfect_accuracy(&self, all: &mut Vec<(Quantity, Said)>) {
        self.perfect(self.low("probability_lower_bound"), self.last(), all);
        if let Some(t) = self.step("least_certified_t") {
            self.perfect(Some(self.level()), When::At(t), all);
        }
        let names = [
            ("least_t_for_ever_sharp", "bound_for_ever_sharp"),
            ("least_t_for_ever", "bound_for_ever"),
        ];
        let for_ever = names
            .iter()
            .find_map(|(t, p)| Some((self.step(t)?, self.low(p)?)));
        if let Some((t, p)) = for_ever {
            self.perfect(Some(p), When::ForEverFrom(t), all);
        }
    }

    fn mistake_bound(&self, all: &mut Vec<(Quantity, Said)>) {
        let training = self.report.problem.training();
        let sharp = self.high("max_updates_sharp");
        let most = sharp.into_iter().chain(self.high("max_updates")).min();
        let value = most.clone().map(Value::Plain);
        let for_ever = When::ForEverFrom(0);
        self.say(
            all,
            Quantity::Updates,
            Dynamics::EveryPath,
            (Relation::AtMost, value),
            for_ever,
        );
        // Where no gate is open every margin is positive, and nothing moves any more.
        if matches!(training.loss, Loss::Hinge | Loss::Perceptron) {
            let open = self.high("probability_open_gate_bound");
            self.perfect(open.map(|p| Q::one() - p), self.last(), all);
            if let Some(t) = self.step("least_certified_t") {
                self.perfect(Some(self.level()), When::ForEverFrom(t), all);
            }
        }
        if self.outcome.shown_id() == TheoremId::T6 {
            let audits = &self.report.audits;
            let bounds = NormBounds::new(&self.report.problem, audits, most);
            let most = bounds.and_then(|bounds| bounds.loser_squared_at_most(training.steps));
            let most = most.map(Value::Root);
            self.say(
                all,
                Quantity::LoserNorm,
                Dynamics::EveryPath,
                (Relation::AtMost, most),
                self.last(),
            );
        }
    }

    /// T6s where T6 does not apply: its bound is there if its inequality was compared and held.
    fn sharp_mistake_bound(&self, all: &mut Vec<(Quantity, Said)>) {
        let training = self.report.problem.training();
        let counts = training.batch == 1 && training.train == Train::Filters;
        if counts && matches!(training.loss, Loss::Hinge | Loss::Perceptron) {
            let before = all.len();
            let most = self.high("max_updates_sharp").map(Value::Plain);
            let for_ever = When::ForEverFrom(0);
            self.say(
                all,
                Quantity::Updates,
                Dynamics::EveryPath,
                (Relation::AtMost, most),
                for_ever,
            );
            for (_, said) in &mut all[before..] {
                said.theorem = TheoremId::new("T6s");
            }
        }
    }

    fn main_claim(&self, all: &mut Vec<(Quantity, Said)>) {
        let mut fresh = |p: Option<Q>, when| {
            let p = p.filter(Q::is_positive).map(Value::Plain);
            let dynamics = Dynamics::FreshStart;
            self.say(
                all,
                Quantity::PerfectAccuracy,
                dynamics,
                (Relation::AtLeast, p),
                when,
            );
        };
        let fails = self.high("probability_upper_bound");
        fresh(fails.map(|p| Q::one() - p), self.last());
        if let Some(t) = self.step("least_certified_t") {
            fresh(Some(self.level()), When::At(t));
        }
    }

    fn along_and_across(&self, all: &mut Vec<(Quantity, Said)>) {
        let steps = self.report.problem.training().steps;
        if let Some(start) = self.step("t0") {
            let when = match start {
                t if t == steps => When::At(t),
                t => When::Throughout(t, steps),
            };
            self.perfect(self.low("accuracy_probability_lower_bound"), when, all);
        }
        if let Some(t) = self.step("least_certified_t") {
            self.perfect(Some(self.level()), When::At(t), all);
        }
        if let Some(t) = self.step("least_t_for_ever") {
            self.perfect(Some(self.level()), When::ForEverFrom(t), all);
        }
        // Of the norms and directions of all winners it speaks only where it covers all filters.
        if self.outcome.figures.get("filters_covered").is_some() {
            return;
        }
        self.ratio("ratio_probability_lower_bound", all);
        let p = self.low("direction_probability_lower_bound");
        if let (Some(p), Some(square)) = (p.filter(Q::is_positive), self.high("tan_squared_bound"))
        {
            let cosine = Value::Root((Q::one() + square).recip());
            let dynamics = Dynamics::WithProbability(p);
            self.say(
                all,
                Quantity::Alignment,
                dynamics,
                (Relation::AtLeast, Some(cosine)),
                self.last(),
            );
        }
    }

    fn opposed_keys(&self, all: &mut Vec<(Quantity, Said)>) {
        let b = self.low("b").filter(|b| !b.is_zero()).map(Value::Plain);
        if let Some(p) = self.low("probability_lower_bound") {
            let dynamics = Dynamics::WithProbability(p);
            self.say(
                all,
                Quantity::Moves,
                dynamics,
                (Relation::AtLeast, b),
                self.last(),
            );
        }
    }
}
