//! The command line: one file a command, exit codes, progress. No mathematics lives here.
//!
//! Every command returns an [`Output`] that is printed when it is complete, so that nothing reaches
//! standard output if the command fails.

mod arguments;
mod attack;
mod audit;
mod certify;
mod check;
mod completions;
mod expected;
mod explain;
mod falsify;
mod files;
mod format;
mod images;
mod law;
mod man;
mod merge;
mod necessity;
mod new;
mod output;
mod plan;
mod progress;
mod replay;
mod report;
mod simulate;
mod spread;
mod theorems;
mod verify;
mod watch;

pub use output::{Exit, Failure, Output};
pub use progress::Progress;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use filtercert::problem::{Builtin, is_hidden, visible_lines};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

/// Checks, exactly, a theory of how two-layer convolutional networks learn.
///
/// A problem file says what is studied: patterns, images, network, training. Numbers in it are exact
/// rationals, and every number that comes out says what kind of evidence stands behind it.
#[derive(Debug, Parser)]
#[command(
    name = "filtercert",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 all that was checked holds; 1 something was refuted, or a certificate is invalid; 2 bad input or usage; \
                  3 undecided, not covered, or stopped at a limit.\n\n\
                  Example:\n  filtercert check\n  filtercert new > problem.toml\n  filtercert check problem.toml"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

/// Options that every command takes.
#[derive(Debug, Args)]
pub struct Global {
    /// Print one JSON document on standard output, and nothing else
    #[arg(long, global = true)]
    pub json: bool,
    /// Use this many threads; results do not depend on it [default: one a core]
    #[arg(long, global = true, value_name = "N", value_parser = arguments::integer::<u16>("a number of threads", 1..=1024))]
    pub threads: Option<u16>,
    /// End after this many seconds: what is finished is printed, and the exit code is 3
    #[arg(long, global = true, value_name = "SECONDS", value_parser = watch::parse_seconds)]
    pub timeout: Option<Duration>,
    /// End when this much memory is taken: what is finished is printed, and the exit code is 3
    #[arg(long, global = true, value_name = "SIZE", value_parser = watch::parse_size, default_value = watch::Size::DEFAULT)]
    pub max_memory: watch::Size,
    /// Colours: on a terminal only, always, or never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Colours,
    /// Leave out all that depends on the clock: equal inputs then give equal bytes
    #[arg(long, global = true)]
    pub no_timing: bool,
}

/// When text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colours {
    /// On a terminal, unless the environment (`NO_COLOR`) says no.
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

impl Colours {
    /// From here on all output follows this.
    fn choose(self) {
        let choice = match self {
            Colours::Auto => return,
            Colours::Always => anstream::ColorChoice::Always,
            Colours::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Options),
    Audit(audit::Options),
    Expected(expected::Options),
    Simulate(simulate::Options),
    Replay(replay::Options),
    Law(law::Options),
    Certify(certify::Options),
    Verify(verify::Options),
    Falsify(falsify::Options),
    Necessity(necessity::Options),
    Images(images::Options),
    Merge(merge::Options),
    Plan(plan::Options),
    Report(report::Options),
    Theorems(theorems::Options),
    Explain(explain::Options),
    New(new::Options),
    Completions(completions::Options),
    Man(man::Options),
}

impl Command {
    fn run(&self, global: &Global) -> Result<Output, Failure> {
        match self {
            Command::Check(options) => options.run(global),
            Command::Audit(options) => options.run(global),
            Command::Expected(options) => options.run(global),
            Command::Simulate(options) => options.run(global),
            Command::Replay(options) => options.run(global),
            Command::Law(options) => options.run(global),
            Command::Certify(options) => options.run(global),
            Command::Verify(options) => options.run(global),
            Command::Falsify(options) => options.run(global),
            Command::Necessity(options) => options.run(global),
            Command::Images(options) => options.run(global),
            Command::Merge(options) => options.run(global),
            Command::Plan(options) => options.run(global),
            Command::Report(options) => options.run(global),
            Command::Theorems(options) => options.run(global),
            Command::Explain(options) => options.run(global),
            Command::New(options) => options.run(global),
            Command::Completions(options) => options.run(global),
            Command::Man(options) => options.run(global),
        }
    }
}

/// Runs the program on the arguments of the process and says how it ended.
pub fn main() -> ExitCode {
    let cli = match parse() {
        Ok(cli) => cli,
        Err(message) => {
            // Help and version go to standard output with code 0, everything else to standard error with 2.
            // A closed pipe is no reason to fail.
            // The message repeats arguments; nothing hidden in them takes effect.
            let hidden = |argument: OsString| argument.to_string_lossy().contains(is_hidden);
            if message.use_stderr() && std::env::args_os().any(hidden) {
                let plain = message.to_string();
                let _ = write!(anstream::stderr(), "{}", visible_lines(&plain));
            } else {
                let _ = message.print();
            }
            return if message.use_stderr() {
                Exit::BadInput.into()
            } else {
                Exit::Fine.into()
            };
        }
    };
    cli.global.color.choose();
    watch::start(&cli.global);
    let result = set_threads(cli.global.threads).and_then(|()| cli.command.run(&cli.global));
    output::finish(result).into()
}

fn parse() -> Result<Cli, clap::Error> {
    let matches = definition().try_get_matches().map_err(with_builtin)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut definition()))
}

/// Says of a command without its problem that a built-in one does too.
fn with_builtin(mut error: clap::Error) -> clap::Error {
    let missing = matches!(
        error.get(ContextKind::InvalidArg),
        Some(ContextValue::Strings(missing)) if missing.iter().any(|name| name == "<FILE>")
    );
    if error.kind() == ErrorKind::MissingRequiredArgument && missing {
        let names = Builtin::ALL.map(Builtin::name).join(", ");
        let tip = format!("a built-in problem will do: --builtin NAME, one of {names}");
        let tips = ContextValue::StyledStrs(vec![tip.into()]);
        error.insert(ContextKind::Suggested, tips);
    }
    error
}

fn set_threads(threads: Option<u16>) -> Result<(), Failure> {
    let Some(threads) = threads else {
        return Ok(());
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(usize::from(threads))
        .build_global()
        .map_err(|error| Failure::Message(format!("--threads {threads}: {error}")))
}

/// The definition of the whole command line, for completions and man pages.
fn definition() -> clap::Command {
    arguments::with_negative_numbers(Cli::command())
}
