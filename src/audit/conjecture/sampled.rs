//! A claim along simulated paths, each followed in exact arithmetic: the same samples as in every other engine.

use super::evaluate::{Facts, Judge, Moment};
use super::finding::{
    Chance, Finding, Layer, Limits, PathTaken, Seen, Verdict, Why, Witness, limit_of,
};
use super::reach::Reached;
use super::typed::Bound;
use crate::dynamics::path::{ExactPath, SampledPath, View, longest};
use crate::dynamics::sampler::Sampler;
use crate::interrupt;
use crate::number::{Q, ratio};
use crate::probability::binomial_below;
use crate::problem::Problem;

/// Longest number of a state that is followed, in bits.
const MAX_BITS: u64 = 4_096;

/// Error probability at which a claim about a probability is refuted by simulated paths. With at most a thousand of them
/// in a file, all such refutations together are wrong with probability at most 1e-9.
fn error() -> Q {
    ratio(1, 1_000_000_000_000)
}

/// What became of the claim on one path.
enum Ended {
    /// It was kept at every step.
    Kept,
    /// It was undefined at a step, and not broken.
    Unsure,
    Broken,
}

/// Looks along simulated paths, after what was found among all states.
pub(super) fn sampled(
    problem: &Problem,
    bound: &Bound,
    facts: &Facts<'_>,
    limits: &Limits,
    found: Reached,
    asked: Option<(&Q, bool)>,
) -> Finding {
    let Reached { mut finding, limit } = found;
    let steps = problem.training().steps;
    let seed = problem.training().seed;
    let runs = problem.training().runs.min(limits.paths);
    let sampler = Sampler::new(problem.distribution());
    let mut judge = Judge {
        bound,
        facts,
        work: 0,
        budget: limits.work,
    };
    let mut seen = Seen::default();
    let mut path_work = 0u64;
    let (mut kept, mut whole, mut shortest) = (0u64, 0u64, None::<u64>);
    let mut own_limit = None;
    'runs: for run in 0..runs {
        let mut path = SampledPath::new(ExactPath::new(problem), &sampler, seed, run);
        let (mut drawn, mut samples) = ([0u64; 3], Vec::new());
        let mut ended = Ended::Kept;
        for t in 0..=steps {
            if let Some(asked) = interrupt::asked() {
                finding.verdict = Verdict::Undecided(Why::Stopped(asked.to_owned()));
                return finding;
            }
            if t > 0 {
                let words = match path.path().view() {
                    View::Integers { .. } => 1,
                    View::Rational(state) => {
                        let bits = longest(state);
                        if bits > MAX_BITS {
                            own_limit =
                                Some(format!("numbers of a state with more than {MAX_BITS} bits"));
                            break 'runs;
                        }
                        8 + bits / 16
                    }
                };
                let weights = (problem.n_filters() * problem.n_patterns()) as u64;
                path_work = path_work.saturating_add(words * (8 + weights));
                if path_work > limits.path_work {
                    own_limit = Some(format!(
                        "{} operations for simulated paths",
                        limits.path_work
                    ));
                    break 'runs;
                }
                path.advance();
                for draw in path.batch() {
                    drawn[draw.label.index()] += 1;
                    samples.push((draw.label, draw.counts.clone()));
                }
                drawn[2] = path.path().updates();
            }
            let state = || path.path().state();
            let looked = match judge.look(&Moment::new(t, drawn, &state)) {
                Ok(looked) => looked,
                Err(halt) => {
                    own_limit = Some(limit_of(halt, limits));
                    break 'runs;
                }
            };
            let is_unsure = looked.undefined.is_some();
            // Only now was this step looked at.
            if run == 0 && asked.is_none() {
                shortest = Some(t);
            }
            if let Some(failure) = seen.take(t, looked) {
                if asked.is_none() {
                    finding.verdict = Verdict::Refuted(Some(Box::new(Witness {
                        t,
                        failure: *failure,
                        path: Some(PathTaken {
                            run: Some((seed, run)),
                            samples,
                        }),
                    })));
                    finding.layer = Some(Layer::Exact);
                    finding.asked += seen.asked;
                    finding.extent.paths = Some((run + 1, t));
                    return finding;
                }
                ended = Ended::Broken;
                break;
            }
            if is_unsure {
                ended = Ended::Unsure;
            }
        }
        whole += 1;
        shortest = Some(steps);
        match ended {
            // What is undefined may have been kept.
            Ended::Kept | Ended::Unsure => kept += 1,
            Ended::Broken => {}
        }
    }
    finding.asked += seen.asked;
    if let Some(shortest) = shortest {
        // A path that a limit cut short counts where it is the only one.
        let paths = if whole == 0 { 1 } else { whole };
        finding.extent.paths = Some((paths, shortest));
        finding.layer = Some(Layer::Sampled);
    }
    if let Some((at_least, _)) = asked
        && whole > 0
    {
        finding.chance = Some(Chance::Seen(kept, whole));
        // Of a probability of at least this, so few would be this unlikely.
        let unlikely = binomial_below(whole, at_least, kept + 1);
        if *unlikely.upper() <= error() {
            finding.verdict = Verdict::Refuted(None);
            return finding;
        }
    }
    finding.verdict = Verdict::Undecided(match (seen.undefined, shortest) {
        (Some((t, what)), _) => Why::Undefined { t, what },
        (None, None) if finding.extent.reached.is_none() => {
            Why::Nothing(own_limit.or(limit).unwrap_or_default())
        }
        _ => Why::NotAll(limit.or(own_limit)),
    });
    finding
}
