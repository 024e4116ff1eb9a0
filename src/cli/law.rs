//! `law`: the exact law of SGD, and phase diagrams.

mod checkpoint;
mod export;
mod phase;

use super::arguments::{ProblemArgs, integer, runs, step, steps};
use super::files::{Input, keep_apart};
use super::format::{bold, csv, exact_cells, exact_columns, short_rational, table};
use super::output::document;
use super::spread::{Form, NOTHING_KEPT, Spread};
use super::{Exit, Failure, Global, Output, Progress, watch};
use checkpoint::Checkpoint;
use clap::Args;
use export::Export;
use filtercert::dynamics::law::{Absorption, AbsorptionStop, Explored, Law, LawLimits, Resumable};
use filtercert::dynamics::sgd::report_times;
use filtercert::interrupt;
use filtercert::number::Q;
use filtercert::problem::{Label, Problem, SourceProblem};
use filtercert::report::format::count;
use filtercert::shard::Header;
pub(super) use phase::{Phase, PhaseAsked};
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Steps in the table on a terminal, and columns of a phase diagram without --at.
const COLUMNS: usize = 12;

/// Exact probability law of SGD: P(accuracy = 1), expectations, hitting times
///
/// SGD on a finite distribution is a Markov chain. Its reachable states are enumerated and their
/// probabilities computed as exact rationals, without sampling. If a limit stops the computation,
/// the law up to that step is printed and the exit code is 3. With --sweep: the phase diagram of
/// P(accuracy = 1 at step t) over the number of filters and t, exact where affordable, sampled
/// elsewhere, each cell marked.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    filtercert law examples/small.toml --steps 40\n  \
    filtercert law examples/small.toml --steps 200 --sweep 2,4,8 --csv\n  \
    filtercert law examples/small.toml --export small.umb")]
pub struct Options {
    #[command(flatten)]
    problem: ProblemArgs,
    /// Steps of SGD [default: those of the file]
    #[arg(long, value_name = "T", value_parser = steps)]
    steps: Option<u64>,
    /// Merge states that provably behave alike; "states" then counts merged states
    #[arg(long, conflicts_with = "sweep")]
    merge: bool,
    /// Stop at this many states
    #[arg(long, value_name = "N", default_value_t = LawLimits::default().max_states,
          value_parser = integer::<usize>("a number of states", 1..=100_000_000))]
    max_states: usize,
    /// Also write the chain into this .umb file, for Storm, PRISM and Modest, and properties beside it (.props)
    #[arg(long, value_name = "FILE", conflicts_with = "sweep")]
    export: Option<PathBuf>,
    /// Phase diagram over these numbers of filters, separated by commas
    #[arg(long, value_name = "N,..", value_delimiter = ',',
          value_parser = integer::<usize>("a number of filters", 0..=u64::MAX))]
    sweep: Option<Vec<usize>>,
    /// Steps of the phase diagram [default: a few up to --steps]
    #[arg(
        long,
        value_name = "T,..",
        value_delimiter = ',',
        value_parser = step,
        requires = "sweep",
        conflicts_with = "steps"
    )]
    at: Option<Vec<u64>>,
    /// Runs of the sampled cells of a phase diagram [default: those of the file]
    #[arg(long, value_name = "R", requires = "sweep", value_parser = runs)]
    runs: Option<u64>,
    /// Also draw the phase diagram into this SVG file
    #[arg(long, value_name = "FILE", requires = "sweep")]
    svg: Option<PathBuf>,
    /// Print CSV: one row a step, or one row a cell of the phase diagram
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// With --shard: the file of parts [default: standard output]
    #[arg(short, long, value_name = "FILE", requires = "shard")]
    output: Option<PathBuf>,
    #[command(flatten)]
    spread: Spread,
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let inputs: Vec<Input> = self.problem.file().map(Input::of).into_iter().collect();
        keep_apart(&self.svg, &inputs)?;
        let export = self.export.as_ref();
        let export = export
            .map(|path| Export::names(path, &inputs))
            .transpose()?;
        if self.spread.shard.is_some() && self.sweep.is_none() {
            return Err(Failure::Message(
                "--shard: found it for one law, whose chain is one piece, expected it with --sweep N,N,.."
                    .to_owned(),
            ));
        }
        let read = self.problem.read()?;
        match &self.sweep {
            Some(filters) => self.phase(&read, filters, &inputs, global),
            None => self.law(&read, &inputs, export, global),
        }
    }

    fn limits(&self) -> LawLimits {
        LawLimits {
            max_states: self.max_states,
            ..LawLimits::default()
        }
    }

    /// Where the law is kept, and what is kept of it already.
    fn kept(
        &self,
        read: &SourceProblem,
        steps: u64,
        inputs: &[Input],
    ) -> Result<(Checkpoint, Option<Vec<u8>>), Failure> {
        self.spread.is_begun()?;
        let Some(path) = &self.spread.checkpoint else {
            return Ok((Checkpoint::nowhere(), None));
        };
        keep_apart([path], inputs)?;
        let options = json!({"steps": steps, "merge": self.merge, "max_states": self.max_states});
        let header = Header::of_one_piece("law", read, options);
        let saved = path
            .exists()
            .then(|| checkpoint::kept(path, &header))
            .transpose()?;
        let every = Duration::from_secs(self.spread.checkpoint_seconds);
        Ok((Checkpoint::at(path, header, every), saved))
    }

    fn law(
        &self,
        read: &SourceProblem,
        inputs: &[Input],
        export: Option<[PathBuf; 2]>,
        global: &Global,
    ) -> Result<Output, Failure> {
        let problem = &read.problem;
        let export = export.map(Export::begin).transpose()?;
        let steps = self.steps.unwrap_or(problem.training().steps);
        let limits = self.limits();
        watch::shows_parts();
        let progress = Progress::start("exact law of SGD", None);
        let mut rows = Rows::new(problem, steps, !global.json && !self.csv);
        let mut finished = |explored: &Explored<'_>| {
            progress.say(&format!(
                "exact law of SGD: step {}, {} states",
                explored.steps().unwrap_or(steps),
                count(explored.n_states() as u64)
            ));
            rows.explored(explored);
        };
        let (mut checkpoint, saved) = self.kept(read, steps, inputs)?;
        let told = checkpoint.told();
        if saved.is_some() || self.spread.checkpoint.is_some() {
            let told = checkpoint.told();
            watch::at_the_end(Box::new(move || told().unwrap_or_default()));
        }
        let work = match &saved {
            None => Resumable::new(problem, steps, self.merge, &limits, &mut checkpoint),
            Some(saved) => {
                let keeper = &mut checkpoint;
                let resumed = Resumable::resume(problem, steps, self.merge, &limits, saved, keeper);
                resumed.map_err(|error| Failure::Message(format!("--checkpoint: {error}")))?
            }
        };
        drop(saved);
        // A law that was known already needs no chain, but a model of it does.
        let known = export.is_none() && work.known_law().is_some();
        let chain = match (!known).then(|| work.chain(&mut finished)).transpose() {
            Ok(chain) => chain,
            // A table of atoms that does not fit is a fault of the file.
            Err(stop) => match problem.distribution().atoms() {
                Err(too_many) => return Err(read.too_many_atoms(&too_many).into()),
                Ok(_) => return Err(Failure::Message(stop.to_string())),
            },
        };
        let explored = chain.as_ref().and_then(|chain| chain.stopped().cloned());
        // With batches of one, hitting times keep two levels of states in memory, and may run beside the law.
        // Else the law comes first, so that no limit which they reach takes anything from it.
        let beside = export.is_none() && explored.is_none() && problem.training().batch == 1;
        let mut follow = || {
            let law = match &chain {
                Some(chain) => Some(work.law(chain)),
                None => work.known_law(),
            };
            // What follows may take long: the law is told first.
            law.inspect(|law| rows.finished(law))
        };
        let (law, export, absorption) = if beside {
            let (law, absorption) = rayon::join(follow, || work.absorption());
            (law, None, absorption)
        } else {
            let law = follow();
            let export = match (export, &chain, &law) {
                (Some(files), Some(chain), Some(law)) => Some(files.write(chain, law.steps)?),
                _ => None,
            };
            drop(chain);
            let absorption = match explored {
                // What is too much for some steps is too much for all of them.
                Some(stop) => Err(AbsorptionStop::Limit(stop)),
                None => work.absorption(),
            };
            (law, export, absorption)
        };
        drop(work);
        drop(progress);
        let broken = checkpoint.failure();
        let law = law.ok_or_else(|| Failure::Stopped("there is no law".to_owned()))?;
        let mut notes = Vec::new();
        if let Some(stop) = &law.stopped {
            notes.push(stop.to_string());
        }
        if let Err(AbsorptionStop::Limit(limit)) = &absorption {
            notes.push(format!("hitting times: {limit}"));
        }
        if let Some(Err(limit)) = &export {
            notes.push(limit.clone());
        }
        let exit = if notes.is_empty() {
            Exit::Fine
        } else {
            Exit::Unfinished
        };
        if interrupt::asked().is_some() {
            let told = told().unwrap_or_else(|| NOTHING_KEPT.to_owned());
            notes.extend(told.lines().map(str::to_owned));
        }
        // The answer is worth more than its checkpoint.
        notes.extend(broken.map(|failure| failure.to_string()));
        if let Some(Ok(files)) = &export {
            notes.extend(files.iter().map(|file| format!("wrote {}", file.display())));
        }
        let text = if global.json {
            document(Some(problem), law_json(problem, &law, &absorption))
        } else if self.csv {
            law_csv(&law)
        } else {
            rows.text(&law, &absorption)
        };
        Ok(Output { text, notes, exit })
    }

    fn phase(
        &self,
        read: &SourceProblem,
        filters: &[usize],
        inputs: &[Input],
        global: &Global,
    ) -> Result<Output, Failure> {
        let problem = &read.problem;
        let steps = self.steps.unwrap_or(problem.training().steps);
        let mut times = match &self.at {
            Some(times) => times.clone(),
            None => columns(steps),
        };
        times.sort_unstable();
        times.dedup();
        let asked = PhaseAsked {
            filters: filters.to_vec(),
            times,
            runs: self.runs.unwrap_or(problem.training().runs),
            runs_given: self.runs.is_some(),
            max_states: self.max_states,
        };
        let form = Form {
            json: global.json,
            csv: self.csv,
            svg: self.svg.clone(),
            ..Form::default()
        };
        watch::shows_parts();
        let work = Phase::new(read, asked)?;
        self.spread
            .run(&work, &form, self.output.as_deref(), inputs, global)
    }
}

/// A few steps up to `steps`, spread as those of a simulation, with 0 and `steps`.
fn columns(steps: u64) -> Vec<u64> {
    let times = report_times(steps);
    spread(times.len(), COLUMNS)
        .into_iter()
        .map(|i| times[i])
        .collect()
}

/// At most `wanted` indices below `length`, evenly spread, the first and the last among them.
fn spread(length: usize, wanted: usize) -> Vec<usize> {
    if length <= wanted {
        return (0..length).collect();
    }
    (0..wanted)
        .map(|i| i * (length - 1) / (wanted - 1))
        .collect()
}

fn texts(values: &[Q]) -> Vec<String> {
    values.iter().map(Q::to_string).collect()
}

fn law_json(
    problem: &Problem,
    law: &Law,
    absorption: &Result<Absorption, AbsorptionStop>,
) -> Value {
    let known = absorption.as_ref().ok();
    json!({
        "problem": problem.name(),
        "steps": law.steps,
        "merged": law.merged,
        "states": law.states,
        "reached": law.reached,
        "p_perfect": texts(&law.p_perfect),
        "p_settled": texts(&law.p_settled),
        "expected_accuracy": texts(&law.expected_accuracy),
        "expected_norm_squared": texts(&law.expected_norm_squared),
        "expected_steps_to_perfect": known.map(|a| a.expected_steps_to_perfect.to_string()),
        "p_ever_perfect": known.map(|a| a.p_ever_perfect.to_string()),
        "states_to_absorption": known.map(|a| a.states),
        "longest_path": known.map(|a| a.longest_path),
        "hitting_times_missing": absorption.as_ref().err().map(|stop| stop.to_string()),
        "stopped": law.stopped.as_ref().map(|stop| json!({"limit": stop.limit, "t": stop.t})),
    })
}

fn law_csv(law: &Law) -> String {
    let mut header = ["t", "states"].map(str::to_owned).to_vec();
    header.extend(
        ["p_perfect", "expected_accuracy", "p_settled"]
            .iter()
            .flat_map(|name| exact_columns(name)),
    );
    csv(
        &header,
        (0..law.p_perfect.len()).map(|t| {
            let mut row = vec![t.to_string(), law.states[t].to_string()];
            let exact = [
                &law.p_perfect[t],
                &law.expected_accuracy[t],
                &law.p_settled[t],
            ];
            row.extend(exact.into_iter().flat_map(|q| exact_cells(Some(q))));
            row
        }),
    )
}

/// Widths of the columns of the law's table.
const WIDTHS: [usize; 5] = [6, 11, 24, 24, 13];

/// The time after which rows are printed as they are finished.
const WAIT: Duration = Duration::from_secs(1);

/// The answer of `law` in text: a row as its step is finished, where that takes long, and the rest at the end.
struct Rows<'p> {
    problem: &'p Problem,
    /// Steps that have a row, if they are reached.
    wanted: Vec<u64>,
    is_text: bool,
    /// What is printed already.
    printed: String,
    /// Steps whose rows are there.
    done: u64,
    last_look: Instant,
    pause: Duration,
}

impl<'p> Rows<'p> {
    fn new(problem: &'p Problem, steps: u64, is_text: bool) -> Self {
        Rows {
            problem,
            wanted: columns(steps),
            is_text,
            printed: String::new(),
            done: 0,
            last_look: Instant::now(),
            pause: WAIT,
        }
    }

    /// Prints the rows of the steps that follow from what is explored.
    fn explored(&mut self, explored: &Explored<'_>) {
        if !self.is_text || self.last_look.elapsed() < self.pause || interrupt::asked().is_some() {
            return;
        }
        let Some(steps) = explored.steps() else {
            return;
        };
        let start = Instant::now();
        let law = explored.law_without_norms(steps);
        self.print(&self.new_rows(&law, true));
        self.done = law.p_perfect.len() as u64;
        // At most a third of the time goes into rows.
        self.pause = WAIT.max(start.elapsed() * 2);
        self.last_look = Instant::now();
    }

    /// Prints what is left of the law itself, if the rest may take long.
    fn finished(&mut self, law: &Law) {
        if self.is_text && !self.printed.is_empty() {
            let rest = self.new_rows(law, false) + &self.below(law);
            self.print(&rest);
            self.done = law.p_perfect.len() as u64;
        }
    }

    fn print(&mut self, text: &str) {
        let mut stdout = anstream::stdout().lock();
        // Whoever closed the pipe has seen enough; other errors show at the end.
        let _ = stdout.write_all(text.as_bytes());
        let _ = stdout.flush();
        watch::printed_a_part();
        self.printed.push_str(text);
    }

    /// The header if nothing is printed yet, and the rows that are not; `is_growing` if more steps are to come.
    fn new_rows(&self, law: &Law, is_growing: bool) -> String {
        let mut text = String::new();
        if self.printed.is_empty() {
            text = format!(
                "{}: exact (~ marks a rounded display; --json prints all digits)\n\n{}",
                bold(&format!("law of SGD on {}", self.problem.name())),
                line(&[
                    "step",
                    "states",
                    "P(accuracy = 1)",
                    "E accuracy",
                    "P(settled)"
                ])
            );
        }
        let reached = law.p_perfect.len() as u64;
        let mut wanted: Vec<u64> = self
            .wanted
            .iter()
            .copied()
            .filter(|&t| t < reached)
            .collect();
        // Where a limit stopped it, the last step has a row too.
        if !is_growing && law.stopped.is_some() && reached > 0 {
            wanted.push(reached - 1);
            wanted.dedup();
        }
        for t in wanted.into_iter().filter(|&t| t >= self.done) {
            let i = t as usize;
            text += &line(&[
                &t.to_string(),
                &count(law.states[i]),
                &short_rational(&law.p_perfect[i]),
                &short_rational(&law.expected_accuracy[i]),
                &short_rational(&law.p_settled[i]),
            ]);
        }
        text
    }

    /// What stands below the rows.
    fn below(&self, law: &Law) -> String {
        let problem = self.problem;
        let last = law.p_perfect.len().saturating_sub(1);
        let camps = problem.camps();
        let filters = table(
            &["filter", "head", "", "E norm^2"],
            law.expected_norm_squared
                .iter()
                .enumerate()
                .map(|(j, norm)| {
                    let role = match camps.labels()[j] {
                        Some(Label::Plus) => "winner of +",
                        Some(Label::Minus) => "winner of -",
                        None => "loser",
                    };
                    vec![
                        j.to_string(),
                        short_rational(&problem.network().head[j]),
                        role.to_owned(),
                        short_rational(norm),
                    ]
                }),
        );
        let merged = if law.merged { " merged" } else { "" };
        let norms = if law.expected_norm_squared.is_empty() {
            String::new()
        } else {
            format!("\nAt step {last}:\n{filters}")
        };
        format!(
            "\n{} distinct{merged} states up to step {last}. Settled: every gate is closed, nothing moves any\n\
             more. E: expectation over SGD.\n{norms}\n",
            count(law.reached),
        )
    }

    /// What is not printed yet of the whole answer.
    fn text(&self, law: &Law, absorption: &Result<Absorption, AbsorptionStop>) -> String {
        let ending = match absorption {
            Ok(a) => format!(
                "For ever: accuracy 1 is reached with probability {}, first at step {} on average. No path\n\
                 makes more than {} updates; {} states can be reached.\n",
                short_rational(&a.p_ever_perfect),
                short_rational(&a.expected_steps_to_perfect),
                count(a.longest_path),
                count(a.states),
            ),
            Err(stop) => format!("Hitting times: {stop}.\n"),
        };
        if self.printed.is_empty() {
            self.new_rows(law, false) + &self.below(law) + &ending
        } else {
            ending
        }
    }
}

/// A row of the law's table.
fn line(cells: &[&str; 5]) -> String {
    let mut text = String::new();
    for (i, (cell, width)) in cells.iter().zip(WIDTHS).enumerate() {
        text += &match i {
            0 => format!(" {cell:<width$}"),
            _ => format!(" {cell:>width$}"),
        };
    }
    format!("{}\n", text.trim_end())
}
