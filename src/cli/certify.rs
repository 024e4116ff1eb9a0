//! `certify`: writes a certificate.

use super::arguments::{ProblemArgs, did_you_mean, one_from_stdin, step};
use super::files::{Input, cannot_write, keep_apart, write_whole};
use super::format::bold;
use super::output::document;
use super::verify::{as_json, as_text, short};
use super::{Exit, Failure, Global, Output, Progress};
use clap::Args;
use filtercert::audit::conjecture::{self, Chance, Checked, Limits, Over};
use filtercert::certificate::confirm::{LeftOut, confirm};
use filtercert::certificate::conjectured::Found;
use filtercert::certificate::emit::{Emitted, emit, emit_path};
use filtercert::certificate::format::{Claim, Conjecture, FORMAT, MAX_BYTES, VERSION};
use filtercert::certificate::line::Line;
use filtercert::certificate::origin::Origin;
use filtercert::certificate::verify::{Report, Verdict};
use filtercert::problem::{Problem, read_drawn_samples};
use filtercert::report::escape::visible;
use filtercert::theory::{REGISTRY, forms};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Write a certificate: claims about a problem that `verify` can check without the engines
///
/// Covered are networks of relu, leaky-relu or the identity: the exact state, norm dominance and
/// accuracy of the expected dynamics, a sample path of SGD, the bounds of T4, T5, T6 (T6c), T12 and T14
/// or why no vector separates the images, the exact law of small problems, conjectures of the problem
/// file, and refutations: a theorem that does not apply to this problem, because an assumption fails,
/// and whose conclusion fails as well. Bounds and norm dominance take sum pooling. What is written was
/// recomputed by the checker first.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  filtercert certify examples/small.toml -o small.cert\n  filtercert verify small.cert --problem examples/small.toml"
)]
pub struct Options {
    #[command(flatten)]
    problem: ProblemArgs,
    /// Where the certificate goes
    #[arg(short, long, value_name = "CERT")]
    output: PathBuf,
    /// Only claims that belong to this theorem (T1, T2, ...) or are of this kind (state,
    /// norm-dominance, accuracy, mistake-bound, coherent-mistake-bound, separator-bound, inseparable,
    /// probability, along-and-across, law, path, refutation-probability, refutation-updates,
    /// refutation-stuck, conjecture-fails; refutation is all kinds of refutations, conjecture all that is
    /// said of conjectures)
    #[arg(long, value_name = "ID")]
    claim: Option<String>,
    /// The step of the claims about the expected dynamics [default: the problem's last step]
    #[arg(long, value_name = "T", value_parser = step)]
    at: Option<u64>,
    /// Only the exact state after these samples: JSON lines as for `replay`; - is standard input
    #[arg(long, value_name = "PATH", conflicts_with_all = ["claim", "at"])]
    samples: Option<PathBuf>,
}

const KINDS: [&str; 17] = [
    "state",
    "norm-dominance",
    "accuracy",
    "mistake-bound",
    "coherent-mistake-bound",
    "separator-bound",
    "inseparable",
    "probability",
    "along-and-across",
    "law",
    "path",
    "refutation",
    "refutation-probability",
    "refutation-updates",
    "refutation-stuck",
    "conjecture",
    "conjecture-fails",
];

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let files = [self.problem.file(), self.samples.as_deref()];
        let inputs: Vec<Input> = files.into_iter().flatten().map(Input::of).collect();
        keep_apart([&self.output], &inputs)?;
        one_from_stdin(&[("FILE", files[0]), ("--samples", files[1])])?;
        let read = self.problem.read()?;
        let asked = conjecture::read(&read)?;
        let problem = read.problem;
        let wanted = self.wanted()?;
        let progress = Progress::start("certify", None);
        let emitted = match &self.samples {
            Some(path) => {
                let samples = read_drawn_samples(path, problem.distribution())?;
                emit_path(&problem, &samples)
            }
            None => emit(&problem, self.at.unwrap_or(problem.training().steps)),
        };
        let mut emitted = match emitted {
            Ok(emitted) => emitted,
            Err(reason) => return Ok(nothing(&[reason])),
        };
        let found = emitted.origins.clone();
        let fits = |kind: &str, origin: &Origin| {
            let family = |w| (w == "refutation" || w == "conjecture") && kind.starts_with(w);
            let fits = |w| w == kind || family(w) || origin.theorem == Some(w);
            wanted.as_deref().is_none_or(fits)
        };
        emitted.retain(fits);
        let mut undecided = Vec::new();
        if self.samples.is_none()
            && ["conjecture", "conjecture-fails"]
                .iter()
                .any(|kind| fits(kind, &Origin::NONE))
        {
            for conjecture in &asked {
                let checked = conjecture::checked(&problem, conjecture, &Limits::default());
                if let Err(reason) = add(&mut emitted, &problem, &checked) {
                    undecided.push(LeftOut {
                        kind: "conjecture",
                        origin: Origin::of_conjecture(&conjecture.name),
                        step: problem.training().steps,
                        reason,
                    });
                }
            }
            // `--claim conjecture-fails` asks for those that fail.
            emitted.retain(fits);
        }
        if emitted.certificate.claims.is_empty() {
            let mut reasons: Vec<String> =
                emitted.shortened.into_iter().map(|s| s.reason).collect();
            reasons.extend(undecided.iter().map(LeftOut::to_string));
            reasons.push(match &wanted {
                Some(wanted) => format!("no claim of {wanted} about this problem"),
                None => "no claim about this problem".to_owned(),
            });
            return Ok(nothing(&reasons));
        }
        let mut confirmed = match confirm(emitted) {
            Ok(confirmed) => confirmed,
            Err(report) => return Ok(self.disagreement(global, &problem, &report)),
        };
        confirmed.left_out.extend(undecided);
        drop(progress);
        let certificate = &confirmed.certificate;
        if certificate.claims.is_empty() {
            let reasons: Vec<String> = confirmed.left_out.iter().map(LeftOut::to_string).collect();
            return Ok(nothing(&reasons));
        }
        let text = certificate
            .to_text()
            .map_err(|error| Failure::Message(error.to_string()))?;
        if text.len() > MAX_BYTES {
            let bytes = text.len();
            return Ok(nothing(&[format!(
                "the certificate has {bytes} bytes, more than {MAX_BYTES}, the limit; --claim writes fewer claims"
            )]));
        }
        // What a limit kept out altogether is missing; what stops early is there.
        let at_start = confirmed.shortened.iter().any(|short| short.at_start);
        let exit = if at_start || !confirmed.left_out.is_empty() {
            Exit::Unfinished
        } else {
            Exit::Fine
        };
        write_whole(&self.output, &text).map_err(|error| cannot_write(&self.output, &error))?;
        let claims = certificate.claims.iter().zip(&confirmed.origins);
        let claims: Vec<(String, &Claim, &Origin)> = claims
            .enumerate()
            .map(|(i, (claim, origin))| (format!("{}-{}", claim.kind(), i + 1), claim, origin))
            .collect();
        // What was found and only not asked for is not missing.
        let is_certified = |id: &str| {
            let of = |origins: &[Origin]| origins.iter().any(|origin| origin.certifies(id));
            let dropped = || {
                confirmed
                    .left_out
                    .iter()
                    .any(|out| out.origin.certifies(id))
            };
            of(&found) && (of(&confirmed.origins) || !dropped())
        };
        let missing: Vec<&str> = REGISTRY
            .iter()
            .filter(|theorem| {
                let forms = theorem.forms();
                let mut ids = forms.iter().map(|form| form.statement().id.name());
                !ids.any(is_certified)
            })
            .map(|theorem| theorem.statement().id.name())
            .collect();
        let shortened = confirmed.shortened.iter().map(|short| &short.reason);
        let text = if global.json {
            let claims: Vec<Value> = claims
                .iter()
                .map(|(id, claim, origin)| {
                    let mut fields = labelled(origin);
                    fields["id"] = json!(id);
                    fields["step"] = json!(claim.step());
                    fields
                })
                .collect();
            let left_out: Vec<Value> = confirmed
                .left_out
                .iter()
                .map(|out| {
                    let mut fields = labelled(&out.origin);
                    fields["kind"] = json!(out.kind);
                    fields["step"] = json!(out.step);
                    fields["reason"] = json!(out.reason);
                    fields
                })
                .collect();
            document(
                Some(&problem),
                json!({
                    "problem": problem.name(),
                    "certificate": { "format": FORMAT, "version": VERSION, "bytes": text.len() },
                    "claims": claims,
                    "shortened": shortened.collect::<Vec<_>>(),
                    "left_out": left_out,
                    "not_covered": missing,
                }),
            )
        } else {
            let mut out = format!(
                "{}\n",
                bold(&format!(
                    "{}: {} claims, {} segments, {} bytes",
                    self.output.display(),
                    claims.len(),
                    certificate.segments.len(),
                    text.len()
                ))
            );
            for (id, claim, origin) in &claims {
                let (label, step) = (origin.label(), claim.step());
                let more = match claim {
                    Claim::Conjecture(claim) => conjectured(claim),
                    claim => refuted(claim, origin),
                };
                out.push_str(&format!(
                    "  {id:<25} {:<15} step {step}{}\n",
                    visible(&label),
                    visible(&more)
                ));
            }
            for reason in shortened {
                out.push_str(&format!("shortened: {}\n", visible(reason)));
            }
            for left in &confirmed.left_out {
                out.push_str(&format!("left out: {}\n", visible(&left.to_string())));
            }
            if !missing.is_empty() {
                out.push_str(&format!("no certificate of: {}\n", missing.join(", ")));
            }
            out
        };
        Ok(Output {
            text,
            notes: Vec::new(),
            exit,
        })
    }

    /// The checker finds a claim of the engines wrong: one of the two has an error.
    fn disagreement(&self, global: &Global, problem: &Problem, report: &Report) -> Output {
        let wrong = report.findings().map(Line::from);
        let wrong: Vec<Line> = wrong.filter(|f| f.verdict == Verdict::Invalid).collect();
        let text = if global.json {
            let claims: Vec<Value> = wrong.iter().map(as_json).collect();
            document(
                Some(problem),
                json!({ "problem": problem.name(), "result": "invalid", "claims": claims }),
            )
        } else {
            let lines: String = wrong.iter().map(as_text).collect();
            let head = format!("{}: engine and checker disagree", problem.name());
            format!("{}\n{lines}", bold(&head))
        };
        Output {
            text,
            notes: vec![format!(
                "{}: nothing was written, because the checker recomputes something else than the engines \
                 found; this is an error of filtercert",
                self.output.display()
            )],
            exit: Exit::Refuted,
        }
    }

    /// The theorem or the kind that was asked for.
    fn wanted(&self) -> Result<Option<String>, Failure> {
        let Some(claim) = &self.claim else {
            return Ok(None);
        };
        let names = || forms().map(|form| form.statement().id.name());
        let mut known = names().chain(KINDS);
        if let Some(known) = known.find(|known| known.eq_ignore_ascii_case(claim)) {
            return Ok(Some(known.to_owned()));
        }
        Err(Failure::Message(format!(
            "--claim: found {claim:?}, expected a theorem ({}) or one of {}{}",
            names().collect::<Vec<_>>().join(", "),
            KINDS.join(", "),
            did_you_mean(claim, names().chain(KINDS))
        )))
    }
}

/// Adds what was found of a conjecture, or says why nothing of it can be certified.
fn add(emitted: &mut Emitted, problem: &Problem, checked: &Checked) -> Result<(), String> {
    use conjecture::Verdict as Of;
    let Checked {
        conjecture,
        finding,
    } = checked;
    let found = match (&conjecture.over, &finding.verdict) {
        (_, Of::Undecided(_)) => return Err("it is undecided".to_owned()),
        (Over::Probability { at_least, strict }, _) => match &finding.chance {
            Some(Chance::Exact(is, t)) => Found::Probability {
                t: *t,
                is: is.clone(),
                at_least: at_least.clone(),
                strict: *strict,
            },
            _ => return Err("its probability is not known exactly".to_owned()),
        },
        (Over::Expected, Of::Holds) => Found::Expected,
        (Over::EveryPath, Of::Holds) => Found::EveryPath,
        (_, Of::Refuted(Some(witness))) => match &witness.path {
            None => Found::Fails(witness.t),
            Some(path) => Found::FailsOnPath(&path.samples),
        },
        (_, Of::Refuted(None)) => return Err("it is refuted without a witness".to_owned()),
    };
    let texts = [conjecture.name.as_str(), conjecture.claim_text.as_str()];
    emitted.add_conjecture(problem, texts, conjecture.when_text.as_deref(), &found)
}

/// The members that say where a claim belongs.
fn labelled(origin: &Origin) -> Value {
    let fails = origin.fails.as_ref();
    json!({
        "theorem": origin.theorem,
        "conjecture": origin.conjecture,
        "fails": fails.map(|failing| failing.assumption),
        "witness": fails.map(|failing| &failing.witness),
    })
}

/// Of what a conjecture is true, or with which probability it is.
fn conjectured(claim: &Conjecture) -> String {
    use filtercert::certificate::format::Over;
    match &claim.over {
        Over::Expected => ": true of the expected dynamics".to_owned(),
        Over::EveryPath => ": true of every path".to_owned(),
        Over::Probability {
            is,
            at_least,
            strict,
        } => format!(
            ": true with probability {}, conjectured {} {}",
            short(&is.0.to_string()),
            if *strict { "above" } else { "at least" },
            at_least.0
        ),
    }
}

/// What a refutation says, and which assumption fails; nothing for another claim.
fn refuted(claim: &Claim, origin: &Origin) -> String {
    let Some(failing) = &origin.fails else {
        return String::new();
    };
    let [says, is] = match claim {
        Claim::Refutation(claim) => [&claim.predicted, &claim.value].map(|x| x.0.to_string()),
        Claim::RefutationProbability(claim) => {
            let says = &claim.thresholds;
            let event = match &says.ratio {
                Some(ratio) => format!("ratio of norms >= {}", ratio.0),
                None => "accuracy = 1".to_owned(),
            };
            [
                format!("P({event}) >= {}", says.bound.0),
                claim.probability.0.to_string(),
            ]
        }
        Claim::RefutationUpdates(claim) => [
            format!("at most {} updates", claim.bound.0),
            claim.updates.0.to_string(),
        ],
        Claim::RefutationStuck(claim) => [
            "that every gate is closed where no image moves the state".to_owned(),
            format!(
                "open for image {} with margin {}",
                claim.atom.0, claim.margin.0
            ),
        ],
        _ => return String::new(),
    };
    format!(
        ": {} would say {}, it is {} ({} fails: {})",
        origin.theorem.unwrap_or("-"),
        short(&says),
        short(&is),
        failing.assumption,
        short(&failing.witness)
    )
}

fn nothing(reasons: &[String]) -> Output {
    let notes = reasons
        .iter()
        .map(|reason| format!("not covered: {reason}"));
    Output {
        text: String::new(),
        notes: notes.chain(["nothing was written".to_owned()]).collect(),
        exit: Exit::Unfinished,
    }
}
