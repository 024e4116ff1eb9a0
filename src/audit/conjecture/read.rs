//! Conjectures of problem files: read with the place of every fault, and checked one by one.

use super::check::{bound, check};
use super::finding::{Finding, Limits};
use super::stated::{Conjecture, Over};
use super::syntax::Fault;
use super::typed::Which;
use crate::problem::{ConjectureTable, Placed, Problem, ProblemError, Source, SourceProblem};

impl Conjecture {
    /// Reads a table of a problem file, and resolves its names in the problem.
    ///
    /// # Errors
    /// [`ProblemError`] with the place in the file.
    pub fn read(
        table: &ConjectureTable,
        problem: &Problem,
        source: &Source,
    ) -> Result<Self, ProblemError> {
        let at = |text: &Placed, fault: Box<Fault>| {
            let Fault {
                span,
                found,
                expected,
                help,
            } = *fault;
            source.fault_in(text, &span, found, expected, help)
        };
        let over = match &table.over {
            Some(text) => Over::parse(text.text()).map_err(|fault| at(text, fault))?,
            None => Over::Expected,
        };
        let when = table.when.as_ref();
        let placed = |(which, fault)| match (which, when) {
            (Which::When, Some(when)) => at(when, fault),
            _ => at(&table.claim, fault),
        };
        let read = Conjecture::new(
            &table.name,
            table.claim.text(),
            when.map(Placed::text),
            over,
        )
        .map_err(placed)?;
        bound(problem, &read).map_err(placed)?;
        Ok(read)
    }
}

/// A conjecture with what was found of it.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The conjecture.
    pub conjecture: Conjecture,
    /// What was found.
    pub finding: Finding,
}

impl Checked {
    /// Is it refuted?
    pub fn is_refuted(&self) -> bool {
        self.finding.is_refuted()
    }

    /// Is it neither true nor false?
    pub fn is_undecided(&self) -> bool {
        self.finding.is_undecided()
    }
}

/// Checks a conjecture that was read from a file of this problem.
pub fn checked(problem: &Problem, conjecture: &Conjecture, limits: &Limits) -> Checked {
    let finding = match check(problem, conjecture, limits) {
        Ok(finding) => finding,
        // It was resolved in this problem when it was read.
        Err((_, fault)) => Finding::stopped(problem, &fault.found),
    };
    Checked {
        conjecture: conjecture.clone(),
        finding,
    }
}

/// All conjectures of a problem file, in its order.
///
/// # Errors
/// [`ProblemError`] with the place of the first fault.
pub fn read(file: &SourceProblem) -> Result<Vec<Conjecture>, ProblemError> {
    let tables = file.conjectures.iter();
    tables
        .map(|table| Conjecture::read(table, &file.problem, &file.source))
        .collect()
}
