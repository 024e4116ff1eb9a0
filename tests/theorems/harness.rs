//! What every theorem is put through: it holds on random problems; each near miss is refuted by the clause
//! that it breaks; each assumption violated alone is named; and how often all this said anything is counted.
//!
//! A module gives its [`Suite`]: populations of problems, and the counts that it expects at least. Problems
//! are drawn by `common::strategy`, the same ones in every run; what fails shrinks, is kept in
//! `proptest-regressions`, and is printed as a problem file.

use crate::common::strategy::{Cases, Parts, for_all_of};
use crate::common::{DictionaryKind, DistributionKind, HeadKind, Shape};
use crate::violate::{self, Way};
use filtercert::dynamics::law::LawLimits;
use filtercert::number::{Q, integer};
use filtercert::problem::Problem;
use filtercert::problem::assumption::{AssumptionId, audit};
use filtercert::theory::context::{Budget, Context};
use filtercert::theory::record::TheoremId;
use filtercert::theory::theorem::{Theorem, Theory};
use filtercert::theory::verdict::{Comparison, Figure, Layer, Outcome, Verdict};
use filtercert::theory::violation::{Relation, Violation};
use num_traits::{One, Signed, ToPrimitive};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;

/// A test that is not made here.
pub type Law = (&'static str, fn());

/// The laws and oracles of a module, by name.
#[macro_export]
macro_rules! laws {
    ($($name:ident),* $(,)?) => {
        pub const LAWS: &[$crate::harness::Law] = &[$((stringify!($name), $name)),*];
    };
}

/// Prints, if `--nocapture` asks for it.
#[macro_export]
macro_rules! detail {
    ($($text:tt)*) => { $crate::harness::detail(|| format!($($text)*)) };
}

/// What is to be said of the theorem itself on a population.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stated {
    /// It holds on every problem.
    Holds,
    /// It holds on every problem that it applies to.
    HoldsWhereItApplies,
    /// It need not apply; where it does, it is not refuted.
    NotRefuted,
}

/// A population of random problems.
#[derive(Clone)]
pub struct Population {
    pub shape: Shape,
    pub cases: u32,
    /// What is made of each problem drawn.
    pub make: fn(Problem) -> Problem,
    pub stated: Stated,
    /// The near misses that are tried on it.
    pub wrong: Range<usize>,
}

/// This many problems of a shape, on which the theorem holds and all near misses are tried.
pub fn population(cases: u32, shape: Shape) -> Population {
    Population {
        shape,
        cases,
        make: |problem| problem,
        stated: Stated::Holds,
        wrong: 0..usize::MAX,
    }
}

impl Population {
    pub fn made(self, make: fn(Problem) -> Problem) -> Self {
        Population { make, ..self }
    }

    pub fn stated(self, stated: Stated) -> Self {
        Population { stated, ..self }
    }

    /// Only these near misses are tried.
    pub fn wrong(self, wrong: Range<usize>) -> Self {
        Population { wrong, ..self }
    }
}

/// Counts by name.
#[derive(Debug, Default)]
pub struct Counts(BTreeMap<&'static str, u64>);

impl Counts {
    pub fn add(&mut self, name: &'static str, count: impl Into<u64>) {
        *self.0.entry(name).or_default() += count.into();
    }

    fn of(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }
}

/// One problem that the theorem was checked on.
pub struct Seen<'a> {
    pub problem: &'a Problem,
    pub context: &'a Context<'a>,
    pub outcome: &'a Outcome,
    /// Which of the populations.
    pub population: usize,
}

/// What a theorem is put through.
pub struct Suite {
    pub theorem: &'static dyn Theorem,
    pub populations: Vec<Population>,
    pub budget: Budget,
    /// Is it a verdict that the theorem holds?
    pub holds: fn(&Outcome) -> bool,
    /// Does it say something of this problem that could fail?
    pub speaks: fn(&Problem, &Outcome) -> bool,
    /// On how many problems, at least.
    pub least_speaking: u64,
    /// What else is asserted of each problem, and counted.
    pub look: fn(&Seen<'_>, &mut Counts),
    /// The least of each count.
    pub least: &'static [(&'static str, u64)],
    /// What is asserted of a near miss that is refuted.
    pub caught: fn(&Problem, &Violation),
    /// Where its assumptions are violated alone; all of them hold there.
    pub base: Population,
    /// Ways to violate what it asks for beside model and assumptions.
    pub further: Vec<Way>,
    /// What is asserted of the outcome where an assumption is violated in this way.
    pub violated: fn(&Problem, &Way, &Outcome),
}

/// The suite of a theorem on these populations, with the usual answers to everything else.
pub fn suite(theorem: &'static dyn Theorem, populations: Vec<Population>) -> Suite {
    Suite {
        theorem,
        base: populations[0].clone(),
        populations,
        budget: Budget::default(),
        holds,
        speaks,
        least_speaking: 100,
        look: |_, _| (),
        least: &[],
        caught: |_, _| (),
        further: Vec::new(),
        violated: |_, _, _| (),
    }
}

/// Something is compared, and what is claimed is not empty.
pub fn speaks(_: &Problem, outcome: &Outcome) -> bool {
    !outcome.vacuous && !outcome.comparisons.is_empty()
}

/// It holds, on whatever evidence.
pub fn holds(outcome: &Outcome) -> bool {
    matches!(outcome.verdict, Verdict::Holds { .. })
}

/// It holds, and that was found exactly.
pub fn holds_exactly(outcome: &Outcome) -> bool {
    let layer = Layer::Exact;
    outcome.verdict == Verdict::Holds { layer }
}

/// What a theorem, as stated or as misread, says of a problem within a budget.
pub fn check(theorem: &dyn Theorem, problem: &Problem, theory: Theory, budget: Budget) -> Outcome {
    let audits = audit(problem);
    let context = Context::new(problem, &audits).with_budget(budget);
    theorem.check(&context, theory)
}

/// Few exact paths, and small limits for the exact law: for tests that look at hundreds of problems.
pub fn small_law() -> Budget {
    Budget {
        exact_paths: 3,
        law: LawLimits {
            max_states: 500,
            max_transitions: 5_000,
            ..Budget::default().law
        },
        ..Budget::default()
    }
}

/// An exact figure.
pub fn exact(outcome: &Outcome, name: &str) -> Option<Q> {
    match outcome.figures.get(name) {
        Some(Figure::Exact(q)) => Some(q.clone()),
        _ => None,
    }
}

/// A figure that must be there.
pub fn figure<'a>(outcome: &'a Outcome, name: &str) -> &'a Figure {
    let found = outcome.figures.get(name);
    found.unwrap_or_else(|| panic!("no figure {name}"))
}

/// An exact figure that must be there.
pub fn number(outcome: &Outcome, name: &str) -> Q {
    exact(outcome, name).unwrap_or_else(|| panic!("{name}: {:?}", figure(outcome, name)))
}

/// How near what was seen came to what is claimed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Nearness {
    /// The largest quotient of what was seen and an upper bound, or of a lower bound and what was seen, of
    /// those that are not 1.
    tightest: Option<Q>,
    /// How many bounds were attained.
    attained: u64,
    /// Of which quantity.
    quantity: String,
    /// Was an equality compared?
    equal: bool,
}

impl Nearness {
    /// Notes a row; fails if it breaks its bound.
    fn note(&mut self, row: &Comparison) -> Result<(), String> {
        let (Some(theory), Some(Figure::Exact(seen))) = (&row.theory, &row.exact) else {
            return Ok(());
        };
        let at_most = row.relation == Relation::AtMost;
        let bound = match theory {
            Figure::Exact(bound) => bound,
            Figure::Enclosure(low, high) => {
                if at_most {
                    high
                } else {
                    low
                }
            }
            _ => return Ok(()),
        };
        if row.relation == Relation::Equal {
            self.equal = true;
            return if bound == seen {
                Ok(())
            } else {
                Err(format!("{}: {seen} is not {bound}", row.quantity))
            };
        }
        let (small, large) = if at_most {
            (seen, bound)
        } else {
            (bound, seen)
        };
        if small > large {
            return Err(format!("{}: {seen} is beyond {bound}", row.quantity));
        }
        // A lower bound of at most 0 says nothing.
        if small.is_positive() {
            let quotient = small / large;
            if quotient == Q::one() {
                self.attained += 1;
            } else if self
                .tightest
                .as_ref()
                .is_none_or(|tightest| *tightest < quotient)
            {
                self.tightest = Some(quotient);
                self.quantity = row.quantity.to_string();
            }
        }
        Ok(())
    }

    /// Three digits, rounded down; `=` where equalities alone were compared.
    fn text(&self) -> String {
        match &self.tightest {
            Some(q) => {
                let thousandths = (q * integer(1_000)).floor().to_integer();
                format!("0.{:03}", thousandths.to_u32().unwrap_or(0))
            }
            None if self.equal && self.attained == 0 => "=".to_owned(),
            None => "-".to_owned(),
        }
    }

    /// How often a bound was attained; nothing where none was compared.
    fn attained(&self) -> String {
        match (&self.tightest, self.attained) {
            (None, 0) => String::new(),
            (_, attained) => attained.to_string(),
        }
    }
}

/// What `holds` has found.
#[derive(Debug, Clone, Default)]
pub struct Held {
    problems: u64,
    speaking: u64,
    nearness: Nearness,
}

/// What the trials have found, by theorem.
static HELD: Mutex<BTreeMap<&'static str, Held>> = Mutex::new(BTreeMap::new());
static REFUTED: Mutex<BTreeMap<&'static str, [usize; 2]>> = Mutex::new(BTreeMap::new());

impl Suite {
    pub fn id(&self) -> &'static str {
        self.theorem.statement().id.name()
    }

    /// Checks every problem of a population, after those that failed before, which `failures` keeps.
    fn over(
        &self,
        index: usize,
        population: &Population,
        failures: Option<&'static str>,
        check: impl Fn(&Problem) -> Result<(), String>,
    ) {
        let cases = Cases {
            cases: population.cases,
            seed: index as u64,
            failures,
        };
        let make = |parts: &Parts| (population.make)(parts.problem());
        if let Err((reason, text)) = for_all_of(&population.shape, cases, make, check) {
            panic!("{reason}\nThe smallest problem found, as a problem file:\n\n{text}");
        }
    }

    /// What the theorem says of a problem: it is not refuted, it holds where it must, and what else is asserted.
    pub fn judge(
        &self,
        index: usize,
        problem: &Problem,
        held: &mut Held,
        counts: &mut Counts,
    ) -> Result<(), String> {
        let stated = self.populations[index].stated;
        let audits = audit(problem);
        let context = Context::new(problem, &audits).with_budget(self.budget.clone());
        let outcome = self.theorem.check(&context, Theory::Stated);
        if let Some(violation) = outcome.violation() {
            return Err(format!("{} is refuted: {violation:?}", self.id()));
        }
        let applies = outcome.fails.is_empty();
        if applies || stated == Stated::Holds {
            if !(self.holds)(&outcome) {
                let (verdict, because) = (&outcome.verdict, &outcome.because);
                return Err(format!("{}: {verdict:?} {because}", self.id()));
            }
            held.problems += 1;
            held.speaking += u64::from((self.speaks)(problem, &outcome));
            for row in outcome.comparisons.iter().filter(|_| !outcome.vacuous) {
                held.nearness.note(row)?;
            }
        }
        if applies || stated == Stated::NotRefuted {
            let seen = Seen {
                problem,
                context: &context,
                outcome: &outcome,
                population: index,
            };
            (self.look)(&seen, counts);
        }
        Ok(())
    }

    /// The theorem holds on random problems.
    pub fn holds(&self) {
        let (held, counts) = <(RefCell<Held>, RefCell<Counts>)>::default();
        for (index, population) in self.populations.iter().enumerate() {
            let id = self.id().to_lowercase();
            let file = format!("proptest-regressions/theorems/{id}-{index}.txt");
            // What failed before is tried first, and not counted.
            let old = std::fs::read_to_string(&file).unwrap_or_default();
            let old = Cell::new(old.lines().filter(|line| line.starts_with("cc ")).count());
            self.over(index, population, Some(file.leak()), |problem| {
                if old.get() > 0 {
                    old.set(old.get() - 1);
                    return self.judge(
                        index,
                        problem,
                        &mut Held::default(),
                        &mut Counts::default(),
                    );
                }
                let (held, counts) = (&mut held.borrow_mut(), &mut counts.borrow_mut());
                self.judge(index, problem, held, counts)
            });
        }
        let (held, counts, id) = (held.into_inner(), counts.into_inner(), self.id());
        detail(|| format!("{id}: {held:?} {counts:?}"));
        for (name, least) in self.least {
            let found = counts.of(name);
            assert!(found >= *least, "{id}, {name}: {found}, fewer than {least}");
        }
        assert!(
            held.speaking >= self.least_speaking,
            "{id} says something of {} problems only",
            held.speaking
        );
        HELD.lock().unwrap().insert(id, held);
    }

    /// Each near miss is refuted, by the clause that it breaks, on at least a tenth of at least 100 problems.
    pub fn near_misses(&self) {
        let wrong = self.theorem.wrong_theories();
        assert!(wrong.len() >= 2, "at least two near misses");
        let tally = RefCell::new(vec![(0u64, 0u64); wrong.len()]);
        for (index, population) in self.populations.iter().enumerate() {
            self.over(index, population, None, |problem| {
                let audits = audit(problem);
                let context = Context::new(problem, &audits).with_budget(self.budget.clone());
                for (i, wrong) in wrong.iter().enumerate() {
                    if !population.wrong.contains(&i) {
                        continue;
                    }
                    let outcome = self.theorem.check(&context, Theory::Wrong(i));
                    let (judged, refuted) = &mut tally.borrow_mut()[i];
                    *judged += u64::from(outcome.fails.is_empty());
                    if let Some(violation) = outcome.violation() {
                        *refuted += 1;
                        (self.caught)(problem, violation);
                        if violation.claim != wrong.breaks {
                            let (found, text) = (violation.claim, wrong.text);
                            return Err(format!("{text}: refuted by the clause {found:?}"));
                        }
                    }
                }
                Ok(())
            });
        }
        let (id, mut all) = (self.id(), 0);
        for (wrong, (judged, refuted)) in wrong.iter().zip(tally.into_inner()) {
            let text = wrong.text;
            detail(|| format!("{id}: {refuted} of {judged} refute: {text}"));
            assert!(judged >= 100, "{id}: {text}: only {judged} problems");
            let enough = 10 * refuted >= judged;
            assert!(enough, "{id}: only {refuted} of {judged} refute: {text}");
            all += 1;
        }
        let found = [all, wrong.len()];
        REFUTED.lock().unwrap().insert(id, found);
    }

    /// Each assumption violated alone keeps the theorem from the problem, and is named.
    pub fn assumptions(&self) {
        let record = self.theorem.statement();
        let ways = violate::ways(record);
        for way in ways.iter().chain(&self.further) {
            let base = self.base.clone();
            let shape = (way.shape)(base.shape.clone());
            let few = Population {
                cases: 3,
                shape,
                ..base
            };
            let violated = RefCell::new(0);
            self.over(self.populations.len(), &few, None, |problem| {
                let good = self.outcome(problem);
                if !good.fails.is_empty() {
                    return Err(format!("{}: {:?} before", way.what, good.fails));
                }
                let Some(bad) = (way.violate)(problem) else {
                    return Ok(());
                };
                let outcome = self.outcome(&bad);
                let fails: Vec<_> = outcome.fails.iter().map(|f| f.assumption).collect();
                let expected = &way.breaks;
                if fails != *expected {
                    return Err(format!("{}: {fails:?} and not {expected:?}", way.what));
                }
                self.named(&bad, way, &outcome, expected[0])?;
                *violated.borrow_mut() += 1;
                Ok(())
            });
            assert!(violated.into_inner() > 0, "{}: never violated", way.what);
        }
        // Random dictionaries, tables and heads.
        let base = &self.base.shape;
        let loose = |shape: Shape| Shape {
            winners_and_losers: false,
            ..shape
        };
        let random = [
            (
                AssumptionId::A1,
                loose(Shape {
                    dictionary: DictionaryKind::Coherent,
                    ..base.clone()
                }),
                " and not ",
            ),
            (
                AssumptionId::A1kMinus,
                loose(Shape {
                    dictionary: DictionaryKind::Coherent,
                    ..base.clone()
                }),
                " and not ",
            ),
            (
                AssumptionId::A2,
                Shape {
                    distribution: DistributionKind::Atoms,
                    ..base.clone()
                },
                "",
            ),
            (
                AssumptionId::A5f,
                loose(Shape {
                    head: HeadKind::Rational,
                    ..base.clone()
                }),
                "network.head[",
            ),
        ];
        for (assumption, shape, witness) in random {
            if !record.assumes.contains(&assumption) {
                continue;
            }
            let violated = RefCell::new(0);
            let some = Population {
                cases: 10,
                shape,
                make: |problem| problem,
                ..self.base.clone()
            };
            let way = Way::random(assumption, witness);
            self.over(self.populations.len() + 1, &some, None, |problem| {
                let audits = audit(problem);
                if audits.iter().any(|a| a.id == assumption && !a.holds) {
                    let outcome = self.outcome(problem);
                    // It may ask for less than the audit.
                    if outcome.fails.is_empty() && record.id == TheoremId::T6c {
                        return Ok(());
                    }
                    self.named(problem, &way, &outcome, assumption)?;
                    *violated.borrow_mut() += 1;
                }
                Ok(())
            });
            let violated = violated.into_inner();
            assert!(violated >= 3, "{assumption:?}: {violated} of 10");
        }
    }

    fn outcome(&self, problem: &Problem) -> Outcome {
        check(self.theorem, problem, Theory::Stated, self.budget.clone())
    }

    /// The verdict names this assumption, with its witness.
    fn named(
        &self,
        problem: &Problem,
        way: &Way,
        outcome: &Outcome,
        expected: AssumptionId,
    ) -> Result<(), String> {
        let Verdict::NotApplicable {
            assumption,
            witness,
        } = &outcome.verdict
        else {
            return Err(format!("{}: {:?}", way.what, outcome.verdict));
        };
        if *assumption != expected || !witness.contains(way.witness) {
            return Err(format!("{}: {assumption:?}, {witness}", way.what));
        }
        (self.violated)(problem, way, outcome);
        Ok(())
    }
}

/// Prints, if `--nocapture` asks for it.
pub fn detail(text: impl FnOnce() -> String) {
    if std::env::args().any(|argument| argument == "--nocapture") {
        println!("{}", text());
    }
}

/// One line a theorem, of those whose counts were taken, and whether these are all.
pub fn summary(suites: &[&Suite]) -> (String, bool) {
    let (held, refuted) = (HELD.lock().unwrap(), REFUTED.lock().unwrap());
    let heading = [
        "",
        "theorem",
        "problems",
        "non-vacuous",
        "near misses refuted",
        "tightest seen/bound",
        "attained",
    ];
    let mut rows = vec![heading.map(str::to_owned)];
    for suite in suites {
        let id = suite.id();
        if let (Some(held), Some([caught, all])) = (held.get(id), refuted.get(id)) {
            rows.push([
                id.to_owned(),
                suite.theorem.statement().file.to_owned(),
                held.problems.to_string(),
                held.speaking.to_string(),
                format!("{caught}/{all}"),
                held.nearness.text(),
                held.nearness.attained(),
            ]);
        }
    }
    if rows.len() == 1 {
        return (String::new(), false);
    }
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let widths = rows.iter().map(|row| row[column].len());
            let width = widths.max().unwrap_or(0);
            line += &match column {
                0 | 1 => format!("{cell:<width$}  "),
                _ => format!("{cell:>width$}  "),
            };
        }
        text += line.trim_end();
        text.push('\n');
    }
    (text, rows.len() == 1 + suites.len())
}

/// What the columns mean.
pub const COLUMNS: &str = "\
Non-vacuous: what the theorem says of the problem could fail. Tightest: the largest quotient of what was seen
and an exact bound, below 1 (\"=\" where only equalities are compared), beside the number of bounds attained.
";
