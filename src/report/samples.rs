//! What observed images say, as text and as JSON.

use super::escape::visible;
use super::format;
use super::look::{Look, Rows, finish, new_table, wrapped};
use super::words::counted;
use crate::audit::samples::{
    BackgroundTest, Backgrounds, Decision, Fit, KeyFinding, LabelTest, Method, SampleAudit,
    Standing, Statistic, fitted,
};
use crate::number::Q;
use crate::probability::Tail;
use crate::problem::assumption::AssumptionId;
use crate::problem::{Distribution, Label, Observed};
use comfy_table::{Attribute, Cell};
use serde_json::{Value, json};

/// All that was found, a table of the assumptions first.
pub fn text(sample: &Observed, found: &SampleAudit, seed: u64, look: Look) -> String {
    let [plus, minus] = found.images;
    let names: Vec<_> = sample.patterns.iter().map(|name| visible(name)).collect();
    let mut text = wrapped(
        &format!(
            "{}: {} of label +, {} of label -; patterns {} (keys {} of + and {} of -)",
            visible(&sample.file),
            counted(plus, "image"),
            format::count(minus),
            shortened(&names.join(", ")),
            names[0],
            names[1],
        ),
        look,
    );
    text += "\n\n";
    text += &assumptions(found, look);
    text += "\n\n";
    for paragraph in remarks(found, seed) {
        text += &wrapped(&paragraph, look);
        text.push('\n');
    }
    text += "\nWhat that means for the theorems (explain ID tells more of one)\n\n";
    text += &theorems(found, look);
    text +=
        "\n\nDistributions fitted to these images (--to-problem --fit NAME prints the file)\n\n";
    text += &fits(sample, found, look);
    text.push('\n');
    text
}

/// A list of names that is not too long.
fn shortened(names: &str) -> String {
    const LONGEST: usize = 200;
    match names.char_indices().nth(LONGEST) {
        None => names.to_owned(),
        Some((at, _)) => format!("{}...", &names[..at]),
    }
}

fn bold(text: &str) -> Cell {
    Cell::new(text).add_attribute(Attribute::Bold)
}

fn assumptions(found: &SampleAudit, look: Look) -> String {
    let mut table = new_table(Rows::Ruled, look);
    table.set_header(["", "assumption", "", "what was found"]);
    let mut row = |id: AssumptionId, said: &str, what: String| {
        let what = visible(&what).into_owned();
        table.add_row([
            bold(id.name()),
            Cell::new(id.title()),
            Cell::new(said),
            Cell::new(what),
        ]);
    };
    match &found.key {
        KeyFinding::Unique { count } => row(
            AssumptionId::A2,
            "true of the sample",
            format!(
                "all {} hold their own key {} and never the other",
                counted(found.images[0] + found.images[1], "image"),
                counted(u64::from(*count), "time"),
            ),
        ),
        KeyFinding::Fault {
            fault,
            line,
            images,
        } => row(
            AssumptionId::A2,
            "false",
            format!(
                "line {line}: the image {fault} ({} with these counts)",
                counted(*images, "image")
            ),
        ),
    }
    match &found.backgrounds {
        Backgrounds::Empty => row(
            AssumptionId::A3,
            "true of the sample",
            "no image has a background patch".to_owned(),
        ),
        Backgrounds::OneLabel(label) => row(
            AssumptionId::A3,
            "not tested",
            format!(
                "no image has label {}, so nothing can be compared",
                label.symbol()
            ),
        ),
        Backgrounds::Tested(tests) => {
            for test in tests {
                row(AssumptionId::A3, test.decision.name(), of_backgrounds(test));
            }
        }
    }
    let labels = &found.labels;
    let what = format!(
        "|n+ - n-|/n = {}; exact binomial test, two-sided: p {}",
        format::rational(&labels.measure),
        tail(&labels.p_value)
    );
    row(AssumptionId::A4, labels.decision.name(), what);
    finish(&table)
}

fn tail(p: &Tail) -> String {
    match p {
        Tail::Exact(p) => format!("= {}", format::brief(p)),
        Tail::Enclosed { lo, hi } => match [lo, hi].map(format::brief) {
            [lo, hi] if lo == hi => format!("= {lo}, enclosed"),
            [lo, hi] => format!("in [{lo}, {hi}]"),
        },
    }
}

fn of_backgrounds(test: &BackgroundTest) -> String {
    let what = match test.statistic {
        Statistic::Distance => "total variation distance of the background counts",
        Statistic::Means => "differences of the mean background counts, added up",
    };
    let mut text = format!("{what}: {}", format::brief(&test.value));
    match (&test.p_value, &test.method) {
        (Some(p), method) => {
            let from = match &test.rejected_from {
                Some(from) => format!("rejected from {} on", format::brief(from)),
                None => "no value would be rejected".to_owned(),
            };
            let how = match method {
                Method::AllWays => "over all ways to deal the labels out, exact".to_owned(),
                Method::Random(n) => format!(
                    "over {} random permutations and the true one",
                    format::count(*n)
                ),
                Method::Stopped(limit) => limit.clone(),
            };
            text += &format!("; {from}; p = {} {how}", format::brief(p));
        }
        (None, Method::Stopped(limit)) => text += &format!("; no p-value: {limit}"),
        (None, _) => {}
    }
    text
}

fn remarks(found: &SampleAudit, seed: u64) -> Vec<String> {
    let [level, share] = found.level.each_ref().map(format::rational);
    let n = found.images[0] + found.images[1];
    let mut all = vec![
        "A2 is about these images only. The tests take them for independent draws of one distribution. \
         \"Not rejected\" does not mean that an assumption holds."
            .to_owned(),
    ];
    let tests = match &found.backgrounds {
        Backgrounds::Tested(tests) => 1 + tests.len() as u64,
        Backgrounds::Empty | Backgrounds::OneLabel(_) => 1,
    };
    all.push(format!(
        "Level {level} for {} together, {share} for each: if A3 and A4 are true, all of them are kept with \
         probability 1 - {level} at least.",
        counted(tests, "test")
    ));
    all.push(match &found.labels.seen_from {
        Some(d) => format!(
            "A4, with {}: every deviation |pi_+ - pi_-| of {} or more is rejected with probability {} at least (exact, a \
             multiple of 1/1000).",
            counted(n, "image"),
            format::rational(d),
            LabelTest::power()
        ),
        None => format!(
            "A4, with {}: no numbers of labels would have been rejected at this level.",
            counted(n, "image")
        ),
    });
    if let Backgrounds::Tested(tests) = &found.backgrounds {
        let mut text = "A3: \"rejected from x on\" is about these backgrounds with their labels dealt out anew. With which \
             probability a difference of the laws would be seen is not known."
            .to_owned();
        if tests
            .iter()
            .any(|test| matches!(test.method, Method::Random(_)))
        {
            text += &format!(" Permutations are drawn by ChaCha8, seed {seed}.");
        }
        all.push(text);
    }
    all
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::OnSample => "true of the sample",
        Standing::OneSign => "true of the sample for heads of one sign",
        Standing::NotRejected => "not rejected",
        Standing::Rejected => "rejected",
        Standing::FailsOnSample => "fails on the sample",
        Standing::Undecided => "undecided",
    }
}

fn theorems(found: &SampleAudit, look: Look) -> String {
    let mut rows: Vec<(String, Vec<&str>)> = Vec::new();
    let mut add = |what: String, name: &'static str| match rows.iter_mut().find(|(w, _)| *w == what)
    {
        Some((_, names)) => names.push(name),
        None => rows.push((what, vec![name])),
    };
    let listed = |asks: &[&(AssumptionId, Standing)]| {
        let each = asks.iter();
        let each = each.map(|(id, s)| format!("{} {}", id.name(), standing(*s)));
        each.collect::<Vec<_>>().join(", ")
    };
    for of in &found.theorems {
        let against: Vec<_> = of.asks.iter().filter(|(_, s)| s.is_against()).collect();
        let what = if !against.is_empty() {
            format!("off: {}", listed(&against))
        } else if of.asks.is_empty() {
            "asks nothing of images".to_owned()
        } else {
            let all: Vec<_> = of.asks.iter().collect();
            format!(
                "could apply, if the images are like this sample: {}",
                listed(&all)
            )
        };
        add(what, of.theorem.name());
    }
    rows.sort_by_key(|(what, _)| what.starts_with("off"));
    let mut table = new_table(Rows::Plain, look);
    table.set_header(["", "theorems"]);
    for (what, names) in rows {
        table.add_row([bold(&what), Cell::new(names.join(", "))]);
    }
    let note = "The table of images says nothing of the patterns as vectors (A1, A1k), of the network, or of the training: \
        separable is decided for orthonormal patterns, and check on the problem file says what else a theorem asks.";
    format!("{}\n{}", finish(&table), wrapped(note, look))
}

fn fits(sample: &Observed, found: &SampleAudit, look: Look) -> String {
    let mut table = new_table(Rows::Plain, look);
    table.set_header(["", "what it is"]);
    for fit in Fit::ALL {
        let what = match fitted(sample, &found.frequencies, fit) {
            Err(why) => format!("none: {why}"),
            Ok(Distribution::Explicit(atoms)) => format!(
                "{} with their frequencies; nothing is assumed",
                counted(atoms.atoms().len() as u64, "distinct image")
            ),
            Ok(Distribution::Generative(g)) => {
                let [plus, minus] = g.prior().each_ref().map(format::brief);
                let background = match fit {
                    Fit::Balanced => "one background for both labels, as A3 and A4 say",
                    _ => "a background for each label",
                };
                let warned = match (fit, is_rejected(found)) {
                    (Fit::Balanced, true) => "; but a test rejects that",
                    _ => "",
                };
                format!(
                    "prior {plus}, {minus}; {}, of which {} the key; {background}{warned}; patches drawn independently, \
                     which is not tested",
                    counted(u64::from(g.patches()), "patch"),
                    format::count(u64::from(g.key_patches())),
                )
            }
        };
        table.add_row([bold(fit.name()), Cell::new(visible(&what))]);
    }
    finish(&table)
}

/// Was A3 or A4 rejected?
fn is_rejected(found: &SampleAudit) -> bool {
    found.labels.decision == Decision::Rejected
        || found.backgrounds_decision() == Some(Decision::Rejected)
}

fn exact(q: Option<&Q>) -> Value {
    q.map_or(Value::Null, |q| json!(q.to_string()))
}

/// All that was found, as the fields of a JSON document.
pub fn json(sample: &Observed, found: &SampleAudit, seed: u64) -> Value {
    let key = match &found.key {
        KeyFinding::Unique { count } => {
            json!({"holds_on_sample": true, "key_patches": count, "witness": null, "line": null})
        }
        KeyFinding::Fault {
            fault,
            line,
            images,
        } => json!({
            "holds_on_sample": false, "key_patches": null, "witness": fault.to_string(), "line": line, "images": images,
        }),
    };
    let labels = &found.labels;
    let mut tests = vec![json!({
        "id": "A4",
        "statistic": "label-counts",
        "value": labels.measure.to_string(),
        "p_value": match &labels.p_value {
            Tail::Exact(p) => json!(p.to_string()),
            Tail::Enclosed { lo, hi } => json!({"enclosure": [lo.to_string(), hi.to_string()]}),
        },
        "decision": labels.decision.name(),
        "method": "exact-binomial",
        "seen_from": exact(labels.seen_from.as_ref()),
        "power": LabelTest::power().to_string(),
    })];
    if let Backgrounds::Tested(of) = &found.backgrounds {
        tests.extend(of.iter().map(|test| {
            let (method, permutations, limit) = match &test.method {
                Method::AllWays => ("all-ways", None, None),
                Method::Random(n) => ("random-permutations", Some(*n), None),
                Method::Stopped(limit) => ("stopped", None, Some(limit)),
            };
            json!({
                "id": "A3",
                "statistic": test.statistic.name(),
                "value": test.value.to_string(),
                "p_value": exact(test.p_value.as_ref()),
                "decision": test.decision.name(),
                "method": method,
                "permutations": permutations,
                "generator": permutations.map(|_| "ChaCha8"),
                "seed": permutations.map(|_| seed),
                "limit": limit,
                "rejected_from": exact(test.rejected_from.as_ref()),
            })
        }));
    }
    let theorems = found.theorems.iter().map(|of| {
        let asks = of.asks.iter();
        let asks = asks.map(|(id, s)| json!({"id": id.name(), "standing": standing(*s)}));
        json!({
            "id": of.theorem.name(),
            "could_apply": of.could_apply(),
            "asks": asks.collect::<Vec<_>>(),
        })
    });
    let fits = Fit::ALL.map(|fit| match fitted(sample, &found.frequencies, fit) {
        Err(why) => json!({"fit": fit.name(), "why_not": why.to_string()}),
        Ok(Distribution::Explicit(table)) => {
            json!({"fit": fit.name(), "atoms": table.atoms().len()})
        }
        Ok(Distribution::Generative(g)) => {
            let texts = |values: &[Q]| values.iter().map(Q::to_string).collect::<Vec<_>>();
            let [plus, minus] = Label::BOTH.map(|y| texts(g.background(y)));
            json!({
                "fit": fit.name(),
                "prior": texts(g.prior()),
                "patches": g.patches(),
                "key_patches": g.key_patches(),
                "background": {"+": plus, "-": minus},
            })
        }
    });
    json!({
        "samples": sample.file,
        "patterns": sample.patterns,
        "images": {"+": found.images[0], "-": found.images[1]},
        "unique_key": key,
        "level": found.level[0].to_string(),
        "level_each": found.level[1].to_string(),
        "tests": tests,
        "theorems": theorems.collect::<Vec<_>>(),
        "fits": fits,
    })
}
