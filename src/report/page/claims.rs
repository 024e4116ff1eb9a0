//! The claims of the paper's abstract: what speaks for each on a problem, by kind of evidence, and what against it.

use crate::check::CheckReport;
use crate::check::happens::{Dynamics, Quantity, Row, Runs, Said, Value, in_the_mean, over_runs};
use crate::dynamics::float::lift;
use crate::number::{Q, Rounding, integer};
use crate::problem::assumption::AssumptionId;
use crate::problem::{Activation, Pooling};
use crate::report::format::Outward;
use crate::report::happens::line;
use crate::report::{format, glossary, words};
use crate::theory::record::{Coverage, TheoremId};
use crate::theory::verdict::{Layer, Outcome, Verdict};
use num_traits::One;
use std::collections::BTreeSet;

/// What there is of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A theorem that serves it was refuted here.
    Refuted,
    /// The problem is not of the kind that it is about.
    Fails,
    /// C2 is not so in the form in which A2 makes it exact; in another it may be.
    OtherForm,
    /// It is so by the problem itself, which was audited exactly.
    Given,
    /// Theorems that hold here say so.
    Said,
    /// They say so of the expected dynamics, and of SGD none does.
    SaidOfTheMean,
    /// No theorem says so here, but something was measured.
    Measured,
    /// The same, and what was measured speaks against it.
    MeasuredAgainst,
    /// Theorems that serve it apply here, and none was decided.
    Open,
    /// Nothing on this page is about it.
    NotShown,
}

impl State {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            State::Refuted => "refuted here",
            State::Fails => "not so here",
            State::OtherForm => "not in the form of A2",
            State::Given => "so by the problem",
            State::Said => "theorems say so",
            State::SaidOfTheMean => "said of the mean",
            State::Measured => "measured",
            State::MeasuredAgainst => "measured against it",
            State::Open => "undecided",
            State::NotShown => "not shown here",
        }
    }

    /// The class of a mark of it.
    pub fn class(self) -> &'static str {
        match self {
            State::Refuted => "refuted",
            State::Fails | State::OtherForm | State::MeasuredAgainst => "fails",
            State::Given | State::Said | State::SaidOfTheMean => "holds",
            State::Open | State::Measured => "undecided",
            State::NotShown => "apart",
        }
    }
}

/// One claim.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Its name, `C1` to `C6`.
    pub name: &'static str,
    /// What it says.
    pub text: &'static str,
    /// What there is of it.
    pub state: State,
    /// Those of the theorems that say so here which Coq proves in general, each with how much of it.
    pub proved: Vec<String>,
    /// The theorems that say so here, by what their check on this problem rests on: exact arithmetic, enclosures,
    /// simulated runs.
    pub checked: [Vec<String>; 3],
    /// Further theorems that serve it and hold here, each with its kind of evidence.
    pub beside: Vec<String>,
    /// What was measured of it.
    pub facts: Vec<String>,
    /// What speaks against it.
    pub against: Vec<String>,
}

/// The kinds of [`Claim::checked`].
pub const KINDS: [Layer; 3] = [Layer::Exact, Layer::Enclosed, Layer::Sampled];

/// All claims of the abstract, in order.
pub fn claims(report: &CheckReport, rows: &[Row]) -> Vec<Claim> {
    const NAMES: [&str; 6] = ["C1", "C2", "C3", "C4", "C5", "C6"];
    let one = |name| claim(report, rows, name);
    NAMES.into_iter().map(one).collect()
}

/// The quantities that a claim is about, and those in which theorems say it.
fn quantities(name: &str) -> (&'static [Quantity], &'static [Quantity]) {
    use Quantity::{
        Accuracy, Alignment, LoserNorm, Moves, PerfectAccuracy, Ratio, Updates, WinnerNorm,
    };
    match name {
        "C3" => (&[Alignment, WinnerNorm, Moves], &[Alignment, WinnerNorm]),
        "C4" => (&[Ratio, LoserNorm], &[Ratio]),
        "C5" => (&[PerfectAccuracy, Accuracy, Updates], &[PerfectAccuracy]),
        _ => (&[], &[]),
    }
}

fn claim(report: &CheckReport, rows: &[Row], name: &'static str) -> Claim {
    let serving = report.outcomes.iter();
    let serving = serving.filter(|outcome| outcome.record.claims.contains(&name));
    let serving: Vec<&Outcome> = serving.collect();
    let holding = serving.iter().filter(|o| !o.vacuous);
    let holding = holding.filter(|o| matches!(o.verdict, Verdict::Holds { .. }));
    let (_, in_which) = quantities(name);
    let said = |outcome: &Outcome| -> Vec<&Said> {
        let rows = rows.iter().filter(|row| in_which.contains(&row.quantity));
        let said = rows.flat_map(|row| row.says.iter().map(move |said| (row.quantity, said)));
        let own = said.filter(|(_, said)| said.theorem == outcome.shown_id());
        let own = own.filter(|(quantity, said)| is_enough(report, *quantity, said));
        own.map(|(_, said)| said).collect()
    };
    let (saying, beside): (Vec<&Outcome>, Vec<&Outcome>) =
        holding.partition(|outcome| !said(outcome).is_empty());
    let of_the_mean = |outcome: &Outcome| {
        let mut said = said(outcome).into_iter();
        said.all(|said| said.dynamics == Dynamics::Mean)
    };
    let named = |outcome: &Outcome| {
        let id = outcome.shown_id().name();
        match of_the_mean(outcome) {
            true => format!("{id} of the expected dynamics"),
            false => id.to_owned(),
        }
    };
    let by = |kind: Layer| -> Vec<String> {
        let own = saying.iter().filter(|o| o.verdict.layer() == Some(kind));
        let own = own.map(|outcome| named(outcome));
        own.chain(further(report, in_which).filter(|_| kind == Layer::Exact))
            .collect()
    };
    let proved = saying.iter().filter_map(|outcome| {
        let id = named(outcome);
        match outcome.record.coverage() {
            Coverage::Nothing => None,
            Coverage::All => Some(id),
            Coverage::Part => {
                let not = outcome.record.unproved.join("; ");
                Some(format!("{id} in part (not: {not})"))
            }
        }
    });
    let beside = beside.iter().map(|outcome| {
        let layer = outcome.verdict.layer().map_or("", |layer| layer.name());
        format!("{} {layer}", outcome.shown_id().name())
    });
    let refuted = serving.iter().filter(|outcome| outcome.is_refuted());
    let refuted: Vec<String> = refuted
        .map(|outcome| {
            let id = outcome.shown_id().name();
            format!("{id}: {}", words::because(&report.problem, outcome))
        })
        .collect();
    let undecided = |o: &&Outcome| matches!(o.verdict, Verdict::Undecided { .. });
    let seen = |row: &Row| row.mean.is_some() || row.law.is_some() || row.runs.is_some();
    let is_measured = rows
        .iter()
        .any(|row| in_which.contains(&row.quantity) && seen(row));
    let of_sgd = saying.iter().any(|outcome| !of_the_mean(outcome));
    let of_mean = !saying.is_empty() || further(report, in_which).next().is_some();
    let state = match given(report, name) {
        _ if !refuted.is_empty() => State::Refuted,
        Some(true) => State::Given,
        Some(false) if name == "C2" => State::OtherForm,
        Some(false) => State::Fails,
        None if of_sgd => State::Said,
        None if of_mean => State::SaidOfTheMean,
        _ if serving.iter().any(undecided) => State::Open,
        _ if is_measured => State::Measured,
        _ => State::NotShown,
    };
    let mut claim = Claim {
        name,
        text: glossary::word(name).map_or("", |word| word.text),
        state,
        proved: proved.collect(),
        checked: KINDS.map(by),
        beside: beside.collect(),
        facts: facts(report, rows, name),
        against: against(report, rows, name),
    };
    if claim.state == State::Measured && !claim.against.is_empty() {
        claim.state = State::MeasuredAgainst;
    }
    claim.against.splice(0..0, refuted);
    claim
}

/// Variants that hold where their theorem does not apply, by their lines: those that say it of the expected dynamics.
fn further(report: &CheckReport, in_which: &[Quantity]) -> impl Iterator<Item = String> {
    let is_shown = |id| {
        report
            .outcomes
            .iter()
            .any(|outcome| outcome.shown_id() == id)
    };
    // A ratio that stays bounded is not dominance.
    let bounded = tends(report).is_some();
    let curves = report.curves.iter().filter(move |curve| {
        let last = curve.points.last();
        curve.dynamics == Dynamics::Mean
            && !(bounded && curve.quantity == Quantity::Ratio)
            && in_which.contains(&curve.quantity)
            && !is_shown(curve.theorem)
            && last.is_some_and(|(_, bound)| is_beyond(report, curve.quantity, bound))
    });
    let names: BTreeSet<&str> = curves.map(|curve| curve.theorem.name()).collect();
    let names = names.into_iter();
    names.map(|id| format!("{id} of the expected dynamics"))
}

/// Does a bound say what the claim says, and not only less of it: that an alignment or a winner's norm grows beyond where it
/// starts, that winners are longer than losers, that accuracy is 1 with the probability asked for?
fn is_enough(report: &CheckReport, quantity: Quantity, said: &Said) -> bool {
    let likely = match &said.dynamics {
        Dynamics::WithProbability(p) => *p >= Q::one() - &report.delta,
        _ => true,
    };
    likely && is_beyond(report, quantity, &said.value)
}

/// The same of its value alone.
fn is_beyond(report: &CheckReport, quantity: Quantity, value: &Value) -> bool {
    let start = report.exact.points.first().filter(|point| point.t == 0);
    let square = value.signed_square();
    match quantity {
        Quantity::PerfectAccuracy => {
            let level = Q::one() - &report.delta;
            square >= &level * &level
        }
        Quantity::Ratio => square > Q::one(),
        Quantity::Alignment | Quantity::WinnerNorm => {
            let start = start.and_then(|point| in_the_mean(quantity, point));
            start.is_some_and(|start| square > start.signed_square())
        }
        _ => true,
    }
}

/// Of a claim about what the problem is: is it so?
fn given(report: &CheckReport, name: &str) -> Option<bool> {
    let audit = |id| report.audits.iter().find(|audit| audit.id == id);
    match name {
        // A network with the identity for its activation is linear, and max pooling makes it piecewise so.
        "C1" => {
            let network = report.problem.network();
            let linear = network.activation == Activation::Identity;
            Some(!linear || network.pooling == Pooling::Max)
        }
        "C2" => audit(AssumptionId::A2).map(|audit| audit.holds),
        _ => None,
    }
}

/// What was measured of a claim, in the words of the table of what happens.
fn facts(report: &CheckReport, rows: &[Row], name: &str) -> Vec<String> {
    let (training, network) = (report.problem.training(), report.problem.network());
    match name {
        "C1" => {
            return vec![format!(
                "{}, {} pooling, {} loss; SGD with batch {}; at most {} an image",
                network.activation.name(),
                network.pooling.name(),
                training.loss.name(),
                format::count(u64::from(training.batch)),
                words::counted(
                    u64::from(report.problem.distribution().max_patches()),
                    "patch"
                ),
            )];
        }
        "C2" => {
            let audits = report.audits.iter();
            let keys = audits.filter(|a| a.id == AssumptionId::A2 && a.holds);
            return keys
                .map(|a| format!("{} ({}) holds, exact", a.id.name(), a.id.title()))
                .collect();
        }
        "C6" => {
            let elsewhere = "real images are another command: filtercert images";
            return vec![elsewhere.to_owned()];
        }
        _ => {}
    }
    let (measured, _) = quantities(name);
    let rows = rows.iter().filter(|row| measured.contains(&row.quantity));
    let steps = report.problem.training().steps;
    rows.map(|row| line(row, steps)).collect()
}

/// What was measured against a claim.
fn against(report: &CheckReport, rows: &[Row], name: &str) -> Vec<String> {
    let row = |quantity| rows.iter().find(|row| row.quantity == quantity);
    let failing = |id: AssumptionId| {
        let failing = report.audits.iter().find(|a| a.id == id && !a.holds);
        failing.map(|a| {
            format!(
                "{} fails: {}",
                a.id.name(),
                a.witness.as_deref().unwrap_or("")
            )
        })
    };
    let mut found = Vec::new();
    match name {
        "C1" => {
            if given(report, name) == Some(false) {
                found.push("the activation is the identity: the network is linear".to_owned());
            }
            if report.problem.distribution().max_patches() == 1 {
                found.push("one patch an image: filters are not shared between places".to_owned());
            }
        }
        "C2" => found.extend(failing(AssumptionId::A2)),
        "C3" => {
            found.extend(failing(AssumptionId::A6prime));
            found.extend(falls(report, "alignment", Quantity::Alignment));
        }
        "C4" => {
            found.extend(failing(AssumptionId::A6prime));
            if let Some(Value::Root(square)) = row(Quantity::Ratio).and_then(|row| row.mean.clone())
                && square < Q::one()
            {
                found.push("in the expected dynamics a loser ends longer than a winner".to_owned());
            }
            if let Some(Runs::Spread { q50, .. }) =
                row(Quantity::Ratio).and_then(|row| row.runs.clone())
                && lift(q50).is_some_and(|q| q < Q::one())
            {
                found.push("in the median run a loser ends longer than a winner".to_owned());
            }
            found.extend(falls(report, "the ratio", Quantity::Ratio));
            found.extend(tends(report));
        }
        "C5" => {
            let level = Q::one() - &report.delta;
            let at = format::count(report.problem.training().steps);
            let percent = format::exact(&(&level * integer(100)));
            let less = format!("less than {percent} % at step {at}");
            match row(Quantity::PerfectAccuracy).map(|row| (&row.law, &row.runs)) {
                Some((Some(law), _)) if *law < level => {
                    found.push(format!("P(accuracy = 1) is {less}, by the exact law"));
                }
                Some((None, Some(Runs::Share { ci: [_, hi], .. })))
                    if lift(*hi).is_some_and(|hi| hi < level) =>
                {
                    found.push(format!("P(accuracy = 1) is {less}, by the runs"));
                }
                _ => {}
            }
            found.extend(falls(report, "accuracy", Quantity::Accuracy));
        }
        _ => {}
    }
    found
}

/// Where a quantity that should grow ends below its largest value: in the expected dynamics, and in the runs, if their
/// median ends below the middle 90 % of an earlier step.
fn falls(report: &CheckReport, what: &str, quantity: Quantity) -> Vec<String> {
    let mut found = Vec::new();
    let step = format::count;
    let exact = report.exact.points.iter();
    let exact: Vec<(u64, Value)> = exact
        .filter_map(|p| Some((p.t, in_the_mean(quantity, p)?)))
        .collect();
    let top = exact.iter().max_by_key(|(_, value)| value.signed_square());
    if let (Some((from, top)), Some((to, last))) = (top, exact.last()) {
        let [high, low] = [top, last].map(|value| Outward::of(value, Rounding::Nearest).text);
        // What four digits do not show is no fall.
        if high != low && from < to {
            found.push(format!(
                "in the expected dynamics {what} falls from ~{high} at step {} to ~{low} at step {}",
                step(*from),
                step(*to)
            ));
        }
    }
    let series = report.simulation.series.iter();
    let series = series.filter_map(|point| {
        let found = over_runs(quantity, point)?;
        Some((point.t, found.q05?, found.q50?))
    });
    let series: Vec<(u64, f64, f64)> = series.collect();
    let top = series.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    if let (Some((from, low, _)), Some((_, _, last))) = (top, series.last())
        && last < low
    {
        found.push(format!(
            "in the runs the median of {what} ends at {}, and 95 % of them were above {} at step {}",
            format::four(*last),
            format::four(*low),
            step(*from)
        ));
    }
    found
}

/// What T2s found of the ratio where T2 does not apply: losers may grow too.
fn tends(report: &CheckReport) -> Option<String> {
    let t2 = report.outcomes.iter().find(|o| o.id() == TheoremId::T2)?;
    let is_drawn = report
        .curves
        .iter()
        .any(|curve| curve.theorem.name() == "T2s");
    let found = t2.beyond.as_ref().filter(|_| is_drawn)?.to_string();
    found.contains("losers are among them").then_some(found)
}
