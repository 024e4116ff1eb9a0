//! The graph of claims, theorems, proofs and assumptions, each with its state on a problem: where everything stands, for
//! the template to draw.

use super::claims::Claim;
use super::mark::Mark;
use crate::check::CheckReport;
use crate::problem::assumption::AssumptionId;
use crate::report::table;
use crate::theory::record::Coverage;
use crate::theory::verdict::Outcome;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Height of a row, and of a box in it.
const ROW: usize = 34;
const BOX: usize = 26;

/// Left edges and widths of the columns: claims, theorems, proofs, assumptions.
const COLUMNS: [(usize, usize); 4] = [(8, 172), (262, 190), (464, 96), (652, 140)];

/// Width of the whole.
const WIDTH: usize = 800;

/// Space above the first row, for the headings.
const TOP: usize = 34;

struct Graph {
    nodes: Vec<Value>,
    edges: Vec<Value>,
}

/// Boxes and the lines between them.
pub fn graph(report: &CheckReport, claims: &[Claim], prefix: &str) -> Value {
    let assumptions: BTreeSet<AssumptionId> = report
        .outcomes
        .iter()
        .flat_map(|outcome| outcome.record.assumes.iter().copied())
        .collect();
    let assumptions: Vec<AssumptionId> = AssumptionId::ALL
        .iter()
        .copied()
        .filter(|id| assumptions.contains(id))
        .collect();
    let most = report
        .outcomes
        .len()
        .max(assumptions.len())
        .max(claims.len());
    let height = TOP + ROW * most + 8;
    // Shorter columns are spread over the whole height.
    let middle = |i: usize, n: usize| TOP + (2 * i + 1) * ROW * most / (2 * n.max(1));
    let mut graph = Graph {
        nodes: Vec::new(),
        edges: Vec::new(),
    };
    for (i, claim) in claims.iter().enumerate() {
        let text = format!("{} {}", claim.name, claim.state.words());
        let target = format!("#{prefix}{}", claim.name);
        graph.node(
            0,
            middle(i, claims.len()),
            &text,
            claim.state.class(),
            claim.text,
            &target,
        );
    }
    for (i, &id) in assumptions.iter().enumerate() {
        let (class, word, hint) = match audited(report, id) {
            Some(Ok(())) => ("holds", "holds", id.title().to_owned()),
            Some(Err(witness)) => ("fails", "fails", witness),
            None => ("apart", "not audited", id.title().to_owned()),
        };
        let text = format!("{} {word}", id.name());
        graph.node(
            3,
            middle(i, assumptions.len()),
            &text,
            class,
            &hint,
            &format!("#{prefix}assumptions"),
        );
    }
    for (i, outcome) in report.outcomes.iter().enumerate() {
        let y = middle(i, report.outcomes.len());
        graph.theorem(outcome, y, prefix);
        for claim in outcome.record.claims {
            if let Some(k) = claims.iter().position(|c| c.name == *claim) {
                graph.edge(0, middle(k, claims.len()), 1, y, outcome);
            }
        }
        for id in outcome.record.assumes {
            if let Some(k) = assumptions.iter().position(|other| other == id) {
                graph.edge(2, y, 3, middle(k, assumptions.len()), outcome);
            }
        }
    }
    json!({
        "width": WIDTH,
        "height": height,
        "heads": COLUMNS.iter().zip(["claims", "theorems", "in Coq", "assumptions"])
            .map(|((x, _), text)| json!({"x": x, "y": TOP - 14, "text": text}))
            .collect::<Vec<_>>(),
        "nodes": graph.nodes,
        "edges": graph.edges,
    })
}

/// Does an assumption hold: by the audit, else by the theorems that make it, if one of them found that it fails, or
/// applies? The witness if it does not hold; `None` where nobody looked.
fn audited(report: &CheckReport, id: AssumptionId) -> Option<Result<(), String>> {
    if let Some(audit) = report.audits.iter().find(|audit| audit.id == id) {
        return Some(match audit.holds {
            true => Ok(()),
            false => Err(audit.witness.clone().unwrap_or_default()),
        });
    }
    let mut fails = report.outcomes.iter().flat_map(|outcome| &outcome.fails);
    if let Some(failing) = fails.find(|failing| failing.assumption == id) {
        return Some(Err(failing.witness.clone()));
    }
    let makes = |o: &&Outcome| o.fails.is_empty() && o.record.assumes.contains(&id);
    let outcome = report.outcomes.iter().find(makes)?;
    // T12 may speak of some filters only.
    let covers_all = outcome.figures.get("filters_covered").is_none();
    Some(match covers_all || id != AssumptionId::H {
        true => Ok(()),
        false => Err("it holds for some of the filters only; see the card".to_owned()),
    })
}

impl Graph {
    fn node(&mut self, column: usize, y: usize, text: &str, class: &str, hint: &str, target: &str) {
        let (x, width) = COLUMNS[column];
        self.nodes.push(json!({
            "x": x,
            "y": y - BOX / 2,
            "width": width,
            "height": BOX,
            "text_x": x + 10,
            "text_y": y + 5,
            "text": text,
            "class": class,
            "hint": hint,
            "target": target,
        }));
    }

    fn theorem(&mut self, outcome: &Outcome, y: usize, prefix: &str) {
        let id = outcome.shown_id().name();
        let (mark, target) = (Mark::of(outcome), format!("#{prefix}{id}"));
        let layer = outcome.verdict.layer().map(|layer| layer.name());
        let text = match layer {
            Some(layer) => format!("{id} {}, {layer}", outcome.verdict.name()),
            None => format!("{id} {}", table::verdict(outcome)),
        };
        self.node(1, y, &text, mark.class, outcome.record.title, &target);
        let (class, words) = proofs(outcome);
        let hint = table::proved(outcome.record);
        self.node(2, y, &words, class, &hint, &target);
    }

    fn edge(&mut self, from: usize, y: usize, to: usize, end: usize, outcome: &Outcome) {
        let (x, width) = COLUMNS[from];
        let (start, stop) = (x + width, COLUMNS[to].0);
        let bend = (stop - start) / 2;
        self.edges.push(json!({
            "path": format!("M{start} {y} C{} {y} {} {end} {stop} {end}", start + bend, stop - bend),
            "class": Mark::of(outcome).class,
        }));
    }
}

/// How much of a theorem is proved in Coq, as a class and in words.
fn proofs(outcome: &Outcome) -> (&'static str, String) {
    let n = outcome.record.proofs.len();
    match outcome.record.coverage() {
        Coverage::Nothing => ("apart", "nothing".to_owned()),
        Coverage::All => ("holds", format!("all ({n})")),
        Coverage::Part => ("part", format!("part ({n})")),
    }
}
