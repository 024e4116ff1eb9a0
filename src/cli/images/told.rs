//! What `images` says: text, JSON, and the answer of `--recompute`.

use crate::cli::format::{bold, shown};
use crate::cli::output::document;
use crate::cli::{Exit, Output};
use filtercert::images::bridge::{
    Bridge, BridgeLoss, Labels, Over, Overlap, Verdict as CellVerdict, Zero,
};
use filtercert::images::claim::controls::Condition;
use filtercert::images::claim::experiment::{Controls, Rung, supported};
use filtercert::images::claim::findings::{Finding, Verdict, statement};
use filtercert::images::claim::registration::{Asks, Role};
use filtercert::images::claim::results::Results;
use filtercert::images::claim::runs::Record;
use filtercert::images::patches::DataAudit;
use filtercert::report::format::{interval, thousandths};
use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;

/// By how much a measure of a run may differ when it is derived again from its weights.
pub const TOLERANCE: f64 = 1e-6;

/// Most bytes of an unpacked results file.
const MOST: u64 = 1 << 30;

/// One pair of one data set, audited.
type Audited = (String, [usize; 2], DataAudit);

/// The effect of a finding and what was asked of it.
pub fn effect(finding: &Finding, asks: Asks) -> String {
    let asked = match asks {
        Asks::Above => format!("above {}", finding.threshold),
        Asks::Within => format!("within {}", finding.threshold),
    };
    let seen = interval(finding.measured, finding.ci);
    match &finding.because {
        Some(because) => format!("{seen}, asked {asked}; {because}"),
        None => format!("{seen}, asked {asked}"),
    }
}

fn asks(results: &Results, id: &str) -> Asks {
    let plan = results.plan.finding.iter().find(|f| f.id == id);
    plan.map_or(Asks::Above, |f| f.asks)
}

/// The measure of the real runs and of each control.
fn arms(finding: &Finding) -> String {
    let each = finding
        .arms
        .iter()
        .map(|arm| format!("{} {}", arm.condition.name(), thousandths(arm.mean)));
    let mut text = each.collect::<Vec<_>>().join(", ");
    if let Some(p) = finding.permutation_p {
        text += &format!("; permutation p {} (median)", thousandths(p));
    }
    text
}

/// The answer: which findings got which verdict on one data set.
fn answer(findings: &[&Finding]) -> String {
    let mut parts = Vec::new();
    for verdict in [
        Verdict::Supported,
        Verdict::WeakerThanAsked,
        Verdict::NotSupported,
        Verdict::Unclear,
        Verdict::NotApplicable,
    ] {
        let ids: Vec<&str> = findings
            .iter()
            .filter(|f| f.verdict == verdict)
            .map(|f| f.id.as_str())
            .collect();
        if !ids.is_empty() {
            parts.push(format!("{}: {}", verdict.name(), ids.join(", ")));
        }
    }
    parts.join("; ")
}

/// Everything for a reader, the answer first.
pub fn text(results: &Results, audits: &[Audited]) -> String {
    let plan = &results.plan;
    let mut text = String::new();
    let registration = &results.registration;
    text += &bold(if registration.whole {
        "Claim C6, the registered experiment (sampled)"
    } else {
        "Claim C6, exploratory: seen before or a part of the registration; it confirms nothing (sampled)"
    });
    text += &format!(
        "\nregistration {}, SHA-256 {}\n{} seeds, {} of the training images each; Holm at {} over all verdicts of a role\n",
        registration.file,
        registration.sha256,
        plan.seeds,
        plan.sample.share,
        plan.statistics.level
    );
    if registration.whole {
        text += &table(results);
    }
    for data in plan.data.iter().rev() {
        let own: Vec<&Finding> = results
            .findings
            .iter()
            .filter(|f| f.data == data.id)
            .collect();
        if own.is_empty() {
            continue;
        }
        let pairs: Vec<String> = data.pairs.iter().map(|[a, b]| format!("{a}|{b}")).collect();
        text += &format!(
            "\n{}\n{}\n",
            bold(&format!(
                "{} ({}; classes {})",
                data.id,
                data.role.name(),
                pairs.join(", ")
            )),
            answer(&own)
        );
        for finding in own {
            let seen = effect(finding, asks(results, &finding.id));
            text += &format!(
                "{:<4} {:<48} {:<18} {seen}\n",
                finding.id,
                finding.title,
                finding.verdict.name(),
            );
            // Of a whole experiment the page and the file of results have them.
            if !registration.whole && !finding.arms.is_empty() {
                text += &format!("     {}\n", arms(finding));
            }
        }
    }
    text += &format!(
        "\nA finding is the real run less its control, by seed ({}). It is supported if the effect is above what is asked in \
         every pair, weaker than asked if it is only above 0, and void (not applicable) if it is not found on the \
         positive control. Intervals: cluster bootstrap over pairs and seeds, {} %, each on its own.\n",
        compared(results),
        plan.statistics.confidence * 100.0
    );
    text += &ladder(&results.ladder);
    text += &results.bridge.as_ref().map_or_else(String::new, bridge);
    text += &audit(audits);
    text
}

/// A short name of a verdict.
fn short(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "supported",
        Verdict::WeakerThanAsked => "weaker",
        Verdict::NotSupported => "not",
        Verdict::Unclear => "unclear",
        Verdict::NotApplicable => "n. a.",
    }
}

/// Findings by data sets.
fn table(results: &Results) -> String {
    let sets: Vec<_> = results.plan.data.iter().collect();
    let mut text = format!("\n{:<52} {:<10}", "", "supported");
    for data in &sets {
        text += &format!(" {:<13}", data.id);
    }
    text = text.trim_end().to_owned() + "\n";
    for (id, title) in titles(results) {
        let (yes, of) = supported(&results.findings)
            .get(id)
            .copied()
            .unwrap_or((0, 0));
        let mut line = format!("{id:<3} {title:<48} {:<10}", format!("{yes} of {of}"));
        for data in &sets {
            let of = results
                .findings
                .iter()
                .find(|f| f.id == id && f.data == data.id);
            line += &format!(" {:<13}", of.map_or("-", |f| short(f.verdict)));
        }
        text += &(line.trim_end().to_owned() + "\n");
    }
    text += &format!(
        "supported: on so many of the confirmatory sets on which it could be measured; weaker: than asked; n. a.: not applicable; {}\n",
        sets.iter()
            .filter(|d| d.role != Role::Confirmatory)
            .map(|d| format!("{} is the {} set", d.id, d.role.name()))
            .collect::<Vec<_>>()
            .join(", ")
            .replace("positive control set", "positive control")
    );
    text
}

/// Each finding with its title.
fn titles(results: &Results) -> impl Iterator<Item = (&str, &str)> {
    results
        .plan
        .finding
        .iter()
        .map(|f| (f.id.as_str(), f.title.as_str()))
}

/// Which finding is compared with which control.
fn compared(results: &Results) -> String {
    let each = results.plan.finding.iter().map(|f| match f.less {
        Some(control) => format!("{} less {}", f.id, control.name()),
        None => format!("{} a difference already", f.id),
    });
    each.collect::<Vec<_>>().join(", ")
}

fn ladder(rungs: &[Rung]) -> String {
    let Some(first) = rungs.first() else {
        return String::new();
    };
    let ids: Vec<&str> = first.findings.iter().map(|f| f.id.as_str()).collect();
    let mut text = format!(
        "\n{}\n{:<48}",
        bold("From the theory's network to a usual one, one change a line (exploratory)"),
        "network"
    );
    for id in &ids {
        text += &format!(" {id:<23}");
    }
    text += " accuracy\n";
    for rung in rungs {
        text += &format!("{:<48}", rung.change);
        for finding in &rung.findings {
            text += &format!(" {:<23}", interval(finding.measured, finding.ci));
        }
        text += &format!(" {}\n", interval(rung.accuracy, None));
    }
    text
}

/// The sixteen cells: what is seen, and what the theorem that speaks of a cell says of it.
fn bridge(bridge: &Bridge) -> String {
    let mut text = format!(
        "\n{}\n{:<48} {:<9} {:<9} {:<10} {:<9} {:<8} {}\n",
        bold(
            "Real images with a planted key: each cell beside the theorem that speaks of it (sampled)"
        ),
        "backgrounds, grey 0, labels, loss",
        "accuracy",
        "growth",
        "win/lose",
        "revived",
        "across",
        "theorem"
    );
    let number = |over: &Over| over.mean.map_or_else(|| "-".to_owned(), thousandths);
    for cell in &bridge.cells {
        let of = &cell.factors;
        let name = format!(
            "{}, {}, {}, {}",
            match of.overlap {
                Overlap::AsIs => "as they are",
                Overlap::Projected => "keys projected out",
            },
            match of.zero {
                Zero::Black => "black",
                Zero::Mean => "mean",
            },
            match of.labels {
                Labels::Averaged => "averaged",
                Labels::Sampled => "sampled",
            },
            match of.loss {
                BridgeLoss::Unhinged => "unhinged",
                BridgeLoss::Hinge => "hinge",
            }
        );
        let theorem = match (&cell.theorem, cell.verdict) {
            (Some(theorem), CellVerdict::Inside) => format!("{theorem}: inside"),
            (Some(theorem), CellVerdict::Outside) => format!("{theorem}: outside"),
            (_, CellVerdict::NotFinite) => "not finite".to_owned(),
            (Some(theorem), CellVerdict::NoTheorem) => format!("{theorem}: could not fail"),
            (None, _) => "none".to_owned(),
        };
        let seen = &cell.seen;
        text += &format!(
            "{name:<48} {:<9} {:<9} {:<10} {:<9} {:<8} {theorem}\n",
            number(&seen.accuracy),
            number(&seen.growth),
            number(&seen.dominance),
            number(&seen.revived),
            number(&seen.across)
        );
    }
    text += "growth: of the winners' key coordinates over kappa t; win/lose: least winner norm over largest loser norm; revived: \
             share of the losers; across: the winners' part across their key. Inside is no proof.\n";
    text
}

fn audit(audits: &[Audited]) -> String {
    if audits.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "\n{}\n",
        bold("How far the patches are from the assumptions (k-means, sampled)")
    );
    for (data, pair, audit) in audits {
        let keys: Vec<String> = audit
            .key_uniqueness
            .iter()
            .map(|key| {
                format!(
                    "class {} best key in {:.2} of its images and {:.2} of the others",
                    key.class, key.presence, key.elsewhere
                )
            })
            .collect();
        text += &format!(
            "{data} {}|{}: A1 |cosine| of two of {} centres up to {:.2} (0 if orthonormal); A3 total variation {:.2}, labels \
             shuffled {:.2}; A2 {}\n",
            pair[0],
            pair[1],
            audit.centres,
            audit.coherence_max,
            audit.label_dependence,
            audit.label_dependence_by_chance,
            keys.join(", ")
        );
    }
    text
}

/// What `--json` prints.
pub fn json(results: &Results, audits: &[Audited], timed: bool) -> Value {
    let first = results.first_run();
    let epochs = first.map_or(&[][..], |record| &record.epochs[..]);
    let training: Vec<Value> = epochs
        .iter()
        .map(|e| {
            json!({
                "epoch": e.epoch,
                "loss": e.loss,
                "test_accuracy": e.test_accuracy,
                "train_accuracy": e.train_accuracy,
            })
        })
        .collect();
    let audits: Vec<Value> = audits
        .iter()
        .map(|(data, pair, audit)| json!({ "data": data, "pair": pair, "audit": audit }))
        .collect();
    let counts = supported(&results.findings);
    let sets = |of: &(usize, usize)| json!({ "supported": of.0, "measured": of.1 });
    let mut fields = json!({
        "data": results.data,
        "layer": "sampled",
        "registration": results.registration,
        "confirmatory": results.registration.whole,
        "findings": results.findings,
        "sets": counts.iter().map(|(id, of)| (id.clone(), sets(of))).collect::<serde_json::Map<_, _>>(),
        "ladder": results.ladder,
        "bridge": results.bridge,
        "audit": audits,
        "training": training,
        "not_finite": results.not_finite().len(),
    });
    if timed {
        let seconds: Vec<Option<f64>> = epochs.iter().map(|e| e.seconds).collect();
        fields["timing"] = json!({ "epoch_seconds": seconds });
    }
    fields
}

/// Takes the wall times out.
pub fn without_times(results: &mut Results) {
    let all = results
        .records
        .iter_mut()
        .chain(&mut results.ladder_records);
    for epoch in all.flat_map(|record| &mut record.epochs) {
        epoch.seconds = None;
    }
}

/// Leaves the measures of all runs, without weights, from which verdicts and the ladder follow: a file that is small
/// enough to be kept.
pub fn without_weights(results: &mut Results) {
    results.starts.clear();
    results.keys.retain(|keys| keys.images == Condition::Real);
    for record in results
        .records
        .iter_mut()
        .chain(&mut results.ladder_records)
    {
        record.end.clear();
        record.start.clear();
        record.drift.clear();
    }
}

/// The runs that did not stay finite, in words.
pub fn not_finite(runs: &[&Record]) -> Option<String> {
    let first = runs.first()?;
    Some(format!(
        "{} runs are not finite, and findings that need them are not applicable: the first is {} {:?}, {}, {}, seed {}, from step {}",
        runs.len(),
        first.key.data,
        first.key.pair,
        first.key.network,
        first.key.condition.name(),
        first.key.seed,
        first.not_finite_from.unwrap_or(0)
    ))
}

/// Which controls a results file has.
pub fn controls(results: &Results) -> Controls {
    let all = |record: &Record| record.key.condition == Condition::PermutedPixels;
    if results.records.iter().any(all) {
        Controls::All
    } else {
        Controls::Compared
    }
}

/// The text of a results file, plain or gzip.
///
/// # Errors
/// What was found.
pub fn unpacked(bytes: &[u8]) -> Result<String, String> {
    let mut text = String::new();
    let read = if bytes.starts_with(&[0x1f, 0x8b]) {
        MultiGzDecoder::new(bytes)
            .take(MOST)
            .read_to_string(&mut text)
    } else {
        bytes.take(MOST).read_to_string(&mut text)
    };
    read.map_err(|error| format!("found {error}, expected JSON, plain or gzip"))?;
    Ok(text)
}

/// What `--recompute` found.
pub struct Recomputed {
    fields: Value,
    text: String,
    exit: Exit,
}

impl Recomputed {
    /// For standard output.
    pub fn output(self, json: bool) -> Output {
        Output {
            text: if json {
                document(None, self.fields)
            } else {
                self.text
            },
            exit: self.exit,
            notes: Vec::new(),
        }
    }
}

/// The answer of `--recompute`: whether all agrees, then the findings, or one of them.
pub fn recomputed(
    file: &Path,
    results: &Results,
    given: bool,
    compared: usize,
    wrong: &[String],
    only: Option<&str>,
) -> Recomputed {
    let weights = if given {
        "verdicts and the ladder from the runs' measures, and these from weights, images and the steps of the motion"
    } else {
        "verdicts and the ladder from the runs' measures; from weights and images, and the bridge, only with the file that has weights and with --registered"
    };
    let what = if given {
        "findings, rungs, cells and measures"
    } else {
        "findings and rungs"
    };
    let mut text = match wrong.len() {
        0 => format!("{}: all {compared} {what} agree\n", shown(file)),
        n => format!("{}: {n} differences in {compared} {what}\n", shown(file)),
    };
    text += &format!("derived again: {weights}\n");
    for difference in wrong.iter().take(20) {
        text += &format!("  {difference}\n");
    }
    if wrong.len() > 20 {
        text += &format!("  and {} more\n", wrong.len() - 20);
    }
    text += "\n";
    text += &match only {
        None => self::text(results, &[]),
        Some(id) => one(results, id),
    };
    let findings: Vec<&Finding> = results
        .findings
        .iter()
        .filter(|f| only.is_none_or(|id| f.id == id))
        .collect();
    Recomputed {
        fields: json!({
            "file": file.display().to_string(),
            "agrees": wrong.is_empty(),
            "compared": compared,
            "from_weights": given,
            "differences": wrong,
            "registration": results.registration,
            "findings": findings,
        }),
        text,
        exit: if wrong.is_empty() {
            Exit::Fine
        } else {
            Exit::Refuted
        },
    }
}

/// One finding on all sets: verdict, effect, pair by pair, and its measure under every control.
fn one(results: &Results, id: &str) -> String {
    let mut text = String::new();
    let plan = results.plan.finding.iter().find(|f| f.id == id);
    if let Some(plan) = plan {
        text += &format!("{} {}\n", bold(id), statement(plan));
        let theorem = plan.theorem.as_deref().unwrap_or("none");
        text += &format!(
            "network {}; theorem to compare with: {theorem}\n",
            plan.network
        );
    }
    for finding in results.findings.iter().rev().filter(|f| f.id == id) {
        text += &format!(
            "\n{:<14} {:<18} {}\n",
            finding.data,
            finding.verdict.name(),
            effect(finding, asks(results, id))
        );
        let pairs: Vec<String> = finding
            .pairs
            .iter()
            .filter_map(|p| {
                Some(format!(
                    "{}|{} {}",
                    p.pair[0],
                    p.pair[1],
                    thousandths(p.mean?)
                ))
            })
            .collect();
        if !pairs.is_empty() {
            text += &format!("  pair by pair: {}\n", pairs.join(", "));
        }
        if !finding.arms.is_empty() {
            text += &format!("  measure: {}\n", arms(finding));
        }
    }
    text
}
