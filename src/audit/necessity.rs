//! Which theorem needs which assumption: a matrix, each cell with what it rests on.

use super::falsify::{Question, Searched, Unasked, falsify, found};
use super::sketch::{Size, Sketch};
use crate::problem::assumption::AssumptionId::{
    self, A1, A1k, A2, A3, A4, A5f, A5t, A6, A6prime, H,
};
use crate::theory::forms;
use crate::theory::record::Statement;
use crate::theory::theorem::Theorem;
use serde::{Deserialize, Serialize};

/// What is known of a theorem and an assumption.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// A counterexample satisfies all that the theorem assumes but this, and its conclusion fails.
    Needed(Box<Searched>),
    /// The theorem is proved without it.
    NotNeeded,
    /// Without it the conclusion has no meaning.
    NotStated,
    /// Neither a counterexample nor a proof.
    Open(Box<Searched>),
}

impl Verdict {
    /// As JSON and tables name it.
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Needed(_) => "needed",
            Verdict::NotNeeded => "not-needed",
            Verdict::NotStated => "not-stated",
            Verdict::Open(_) => "open",
        }
    }
}

/// One cell.
#[derive(Clone)]
pub struct Cell {
    /// The theorem: one form.
    pub theorem: &'static dyn Theorem,
    /// The assumption.
    pub assumption: AssumptionId,
    /// What is known.
    pub verdict: Verdict,
    /// What a verdict without a counterexample rests on, or what is to be known beside one.
    pub argument: Option<String>,
}

/// The columns: A5 is A5t where a theorem is about a trained head, else A5f.
pub const COLUMNS: [&str; 8] = ["A1", "A1k", "A2", "A3", "A4", "A5", "A6", "A6'"];

/// The assumption of a column for a theorem.
fn of_column(record: &Statement, column: usize) -> AssumptionId {
    let trained = record.assumes.contains(&A5t);
    let fifth = if trained { A5t } else { A5f };
    [A1, A1k, A2, A3, A4, fifth, A6, A6prime][column]
}

/// The Coq theorem that says what a theorem says, with no assumption beside those that it lists.
fn proof(record: &Statement) -> Option<&'static str> {
    let main = match record.id.name() {
        "T3" => "T3_run",
        "T3max" => "T3max_run",
        "T4" => "T4_probability",
        "T5" => "T5_probability",
        "T13" => "T13_probability",
        _ => return record.proofs.first().map(|proof| proof.name),
    };
    record
        .proofs
        .iter()
        .map(|proof| proof.name)
        .find(|name| *name == main)
}

/// What is to be known of a cell beside its verdict.
fn remark(record: &Statement, id: AssumptionId) -> Option<&'static str> {
    let listed = |id| record.assumes.contains(&id);
    Some(match (record.id.name(), id) {
        ("T2" | "T7", A1) => {
            "Where A1k, A2, A3 and A4 hold, every background has mean signed count 0, so the expected dynamics move a filter along its keys alone: an argument by hand, not proved in Coq"
        }
        ("T0", _) => {
            "Of the mean of one step; the part for all t (T0_for_all_t) asks for A1, A3, A4, A5f, and for A2 of keys"
        }
        ("T6c", A1 | A1k) => "It asks for A1k- in its place",
        ("T13", A1 | A1k) => "It asks for opposed keys in its place, which contradict it",
        ("T12", A1 | A5f | A6 | A6prime) => "So do T12b_maximal to T12f_accuracy",
        ("T3max", A3 | A4 | A6 | A6prime) => "(i) and (iii): T3max_pathwise",
        ("T3" | "T3max", A1) => {
            "A single background pattern overlaps with nothing, and its length changes no sign: fewer than 4 patterns are not enough"
        }
        ("T4", A1) => {
            "Winners of both labels and a loser are 3 filters at least. T12 holds in its place where H holds, with bounds of its own"
        }
        ("T4", A1k | A2 | A5f) => "Winners of both labels and a loser are 3 filters at least",
        ("T6", A1) => {
            "None shorter was found: a short background hides how long a filter is, which with 2 filters and 2 background patches an image takes more than 72 updates. T6c holds in its place, with a bound of its own"
        }
        ("T6", A1k) => "Where A1k- holds, T6c holds in its place, with a bound of its own",
        ("T6", A5f) => "T6c holds in its place, for any heads but 0",
        ("T5", A1) => "T12 holds in its place where H holds, with bounds of its own",
        ("T4", A3 | A4) => {
            "The bound needs neither A3 nor A4; that its right side tends to 1 does (T4_limit)"
        }
        ("T5", A3 | A4) => {
            "The bound needs neither A3 nor A4; that its right side tends to 1 does (C5_unhinged)"
        }
        ("T4", A6prime) => {
            "Of a label without winners it asks nothing, and without any winner it claims nothing"
        }
        ("T5", A6prime) => {
            "Where a label has no winner no thresholds satisfy its condition, so it claims nothing; that its right side tends to 1 needs A6' (C5_unhinged)"
        }
        ("T12", A3 | A4) if listed(H) => "It is needed as far as H is, which A3 and A4 imply",
        _ => return None,
    })
}

/// Is a verdict known without a search?
fn settled(theorem: &'static dyn Theorem, id: AssumptionId) -> Option<(Verdict, Option<String>)> {
    let record = theorem.statement();
    let said = remark(record, id);
    let with = |name: &str| match said {
        Some(said) => format!("{name}. {said}"),
        None => name.to_owned(),
    };
    match Question::new(theorem, Some(id)) {
        Ok(_) => None,
        Err(Unasked::NotAssumed) => {
            proof(record).map(|name| (Verdict::NotNeeded, Some(with(name))))
        }
        Err(Unasked::NoConclusion) if id == A6 => Some((
            Verdict::NotStated,
            Some("A given start has no law, so there is no probability over it".to_owned()),
        )),
        Err(Unasked::NoConclusion) if id == A6prime => {
            proof(record).map(|name| (Verdict::NotNeeded, Some(with(name))))
        }
        Err(Unasked::NoConclusion) => None,
    }
}

/// The name of a counterexample's problem and file.
pub fn name(record: &Statement, id: AssumptionId) -> String {
    format!(
        "{}-without-{}",
        record.id.name(),
        id.name().replace('\'', "prime")
    )
}

/// The place of a cell.
#[derive(Clone, Copy)]
pub struct Place {
    /// The theorem: one form.
    pub theorem: &'static dyn Theorem,
    /// The assumption.
    pub assumption: AssumptionId,
}

/// What the search for a counterexample gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// Problems that were drawn.
    pub drawn: u64,
    /// Of these, problems of which the conclusion was compared.
    pub compared: u64,
    /// Problems that were compared while counterexamples were shrunk.
    pub shrunk: u64,
    /// The largest sizes among those compared, each by itself.
    pub largest: Option<Size>,
    /// The smallest counterexample found.
    pub found: Option<Sketch>,
}

/// The cells of the matrix of these theorems, a row a form, in the order of [`COLUMNS`].
pub fn places(theorems: &[&'static dyn Theorem]) -> Vec<Place> {
    let row = |&theorem: &&'static dyn Theorem| {
        (0..COLUMNS.len()).map(move |column| Place {
            theorem,
            assumption: of_column(theorem.statement(), column),
        })
    };
    theorems.iter().flat_map(row).collect()
}

impl Place {
    /// The question that a search of this cell asks; `None` where its verdict is known without a search, or where there
    /// is no conclusion to search with.
    fn question(&self) -> Option<Question> {
        if settled(self.theorem, self.assumption).is_some() {
            return None;
        }
        Question::new(self.theorem, Some(self.assumption)).ok()
    }

    /// Is there something to search?
    pub fn is_searched(&self) -> bool {
        self.question().is_some()
    }

    /// The search of this cell, if there is something to search. Where it is asked to end, only a part of it.
    ///
    /// # Cost
    /// As [`falsify`].
    pub fn search(&self, seed: u64, budget: u64) -> Option<Tried> {
        let question = self.question()?;
        let name = name(self.theorem.statement(), self.assumption);
        let searched = falsify(&question, &name, seed, budget);
        Some(Tried {
            drawn: searched.drawn,
            compared: searched.compared,
            shrunk: searched.shrunk,
            largest: searched.largest,
            found: searched.found.map(|found| found.sketch),
        })
    }

    /// The cell, given what its search gave, if there was one.
    ///
    /// # Cost
    /// The conclusion is compared on the counterexample once more.
    pub fn cell(&self, tried: Option<&Tried>) -> Cell {
        let (theorem, assumption) = (self.theorem, self.assumption);
        let record = theorem.statement();
        let settled = settled(theorem, assumption);
        let (verdict, argument) = settled.unwrap_or_else(|| {
            let question = self.question();
            let mut searched = Box::new(Searched::nothing());
            if let (Some(tried), Some(question)) = (tried, &question) {
                let name = name(record, assumption);
                let counterexample = tried.found.as_ref();
                *searched = Searched {
                    found: counterexample.and_then(|sketch| found(question, sketch, &name)),
                    drawn: tried.drawn,
                    compared: tried.compared,
                    shrunk: tried.shrunk,
                    largest: tried.largest,
                    stopped: None,
                };
            }
            let verdict = match searched.found {
                Some(_) => Verdict::Needed(searched),
                None => Verdict::Open(searched),
            };
            let unread = question.is_none();
            let assumed = super::falsify::assumes(record, assumption);
            let argument = match (unread, remark(record, assumption)) {
                (true, _) if !assumed => {
                    Some("The statement does not assume it, and is not proved in Coq".to_owned())
                }
                (true, _) => Some(
                    "Not proved in Coq without it, and no conclusion that could be read on one problem"
                        .to_owned(),
                ),
                (false, said) => said.map(str::to_owned),
            };
            (verdict, argument)
        });
        Cell {
            theorem,
            assumption,
            verdict,
            argument,
        }
    }
}

/// All forms of all theorems, the rows.
pub fn rows() -> Vec<&'static dyn Theorem> {
    forms().collect()
}

/// A cell of the matrix that this version ships, filled by `necessity` with its usual seed and budget.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Known {
    /// The theorem.
    pub theorem: String,
    /// The assumption.
    pub assumption: String,
    /// `needed`, `not-needed`, `not-stated` or `open`.
    pub verdict: String,
    /// The problem file in `examples/counterexamples`, where it is needed.
    pub counterexample: Option<String>,
    /// The certificate that this problem is one.
    pub certificate: Option<String>,
    /// What the verdict rests on, or what is to be known beside it.
    pub argument: Option<String>,
    /// Problems that the search compared.
    pub tried: u64,
    /// How large the counterexample is, in words.
    pub size: Option<String>,
}

/// The matrix that this version ships.
///
/// # Cost
/// One short file is read.
pub fn known() -> Vec<Known> {
    #[derive(Deserialize)]
    struct Matrix {
        cells: Vec<Known>,
    }
    let text = include_str!("../../examples/counterexamples/necessity.json");
    let matrix: Result<Matrix, _> = serde_json::from_str(text);
    // A test reads it; a file that does not parse is no matrix.
    matrix.map_or(Vec::new(), |matrix| matrix.cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_that_is_shipped_has_every_cell() {
        let names: Vec<(String, String)> = known()
            .into_iter()
            .map(|cell| (cell.theorem, cell.assumption))
            .collect();
        let mut wanted = Vec::new();
        for theorem in rows() {
            let record = theorem.statement();
            for column in 0..COLUMNS.len() {
                let assumption = of_column(record, column).name().to_owned();
                wanted.push((record.id.name().to_owned(), assumption));
            }
        }
        assert_eq!(names, wanted);
    }

    #[test]
    fn every_argument_by_proof_names_a_theorem_of_the_record() {
        let mut without = Vec::new();
        for theorem in rows() {
            let record = theorem.statement();
            match proof(record) {
                Some(name) => assert!(record.proofs.iter().any(|p| p.name == name)),
                None => without.push(record.id.name()),
            }
        }
        // It is about machine floats.
        assert_eq!(without, ["T10"]);
    }
}
