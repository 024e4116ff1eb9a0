//! `plan`: the command lines that spread a run over machines.

use super::arguments::integer;
use super::output::document;
use super::spread::{command_line, quoted};
use super::{Failure, Global, Output, definition};
use clap::Args;
use filtercert::problem::MAX_FILE_BYTES;
use serde_json::json;
use sha2::{Digest, Sha256};

/// Print the command lines that spread a run over machines
///
/// A run is cut into N shards, each a command line of its own, and put together by `merge`. With --parallel one line of
/// GNU parallel does them on this machine, or on those of its --sshlogin; with --slurm a script submits them as a job
/// array, with the merge behind it. Both may be stopped and begun again: finished shards are left alone, and the others
/// go on from their checkpoints.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    filtercert plan simulate problem.toml --runs 1e6 --json -o runs.json --shards 100\n  \
    filtercert plan law problem.toml --sweep 2,4,8 --svg diagram.svg --shards 7 --parallel\n  \
    filtercert plan falsify --theorem T2 --drop A4 --shards 20 --slurm > job.sh && bash job.sh")]
pub struct Options {
    /// The command to spread: simulate, law --sweep, falsify, necessity or images, with its options, and beside them
    /// --shards N, --parallel or --slurm, --in DIR
    #[arg(
        required = true,
        value_name = "COMMAND",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    command: Vec<String>,
    /// Into how many shards
    #[arg(long, value_name = "N", value_parser = shards)]
    shards: Option<u64>,
    /// A script that submits a job array of Slurm
    #[arg(long, conflicts_with = "parallel")]
    slurm: bool,
    /// A line for GNU parallel
    #[arg(long)]
    parallel: bool,
    /// The folder of the shards [default: one for this command and its files, shards- and eight digits]
    #[arg(long = "in", value_name = "DIR")]
    folder: Option<String>,
}

fn shards(text: &str) -> Result<u64, String> {
    integer("a number of shards", 1..=MAX_SHARDS)(text)
}

/// Most shards of a plan: the names of their files must fit into the command line of the merge.
const MAX_SHARDS: u64 = 10_000;

/// The engine that does the shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    Lines,
    Parallel,
    Slurm,
}

/// What is planned.
#[derive(Debug, Clone)]
struct Plan {
    engine: Engine,
    shards: u64,
    folder: String,
    /// Words of the command that every shard gets.
    work: Vec<String>,
    /// Words for `merge`.
    merge: Vec<String>,
    /// Threads of a shard, if they are given.
    threads: Option<String>,
}

fn refused(what: impl Into<String>) -> Failure {
    Failure::Message(what.into())
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let plan = self.plan()?;
        let shards: Vec<String> = (1..=plan.shards)
            .map(|i| plan.shard(&i.to_string()))
            .collect();
        let script = match plan.engine {
            Engine::Lines => format!(
                "set -e\n{}\n{}\n{}\n",
                plan.make_folder(),
                shards.join("\n"),
                plan.merge()
            ),
            Engine::Parallel => plan.parallel()?,
            Engine::Slurm => plan.slurm(),
        };
        Ok(Output::fine(match global.json {
            true => document(
                None,
                json!({"shards": shards, "merge": plan.merge(), "script": script}),
            ),
            false => script,
        }))
    }

    /// Sorts the words of the command.
    fn plan(&self) -> Result<Plan, Failure> {
        let mut count = self.shards;
        let (mut slurm, mut parallel, mut folder) =
            (self.slurm, self.parallel, self.folder.clone());
        let mut plan = Plan {
            engine: Engine::Lines,
            shards: 0,
            folder: String::new(),
            work: Vec::new(),
            merge: Vec::new(),
            threads: None,
        };
        let mut all = Vec::new();
        let mut words = self.command.iter().cloned();
        while let Some(word) = words.next() {
            let (name, attached) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => {
                    (name.to_owned(), Some(value.to_owned()))
                }
                _ => (word.clone(), None),
            };
            let mut value = || {
                let value = attached.clone().or_else(|| words.next());
                value.ok_or_else(|| refused(format!("{name}: found no value, expected one")))
            };
            match name.as_str() {
                "--shards" => {
                    count =
                        Some(shards(&value()?).map_err(|why| refused(format!("--shards: {why}")))?)
                }
                "--slurm" => slurm = true,
                "--parallel" => parallel = true,
                "--in" => folder = Some(value()?),
                "--shard" | "--checkpoint" | "--checkpoint-seconds" | "--resume" => {
                    return Err(refused(format!(
                        "{name}: found it in the command, expected it left to the plan"
                    )));
                }
                "--json" | "--csv" => {
                    plan.merge.push(word.clone());
                    all.push(word);
                }
                "--no-timing" => all.push(word),
                "-o" | "--output" | "--svg" => {
                    let value = value()?;
                    is_told_by_merge(&self.command, &name, &value)?;
                    all.extend([name, value.clone()]);
                    plan.merge.extend(["-o".to_owned(), value]);
                }
                "--threads" => {
                    let value = value()?;
                    all.extend([name, value.clone()]);
                    plan.threads = Some(value);
                }
                "--recompute" => {
                    return Err(refused(
                        "--recompute: found it in the command, which has no shards then",
                    ));
                }
                "--max-memory" => {
                    let value = value()?;
                    for words in [&mut all, &mut plan.work, &mut plan.merge] {
                        words.extend([name.clone(), value.clone()]);
                    }
                }
                short if short.starts_with("-o") => {
                    return Err(refused(format!(
                        "-o: found {short:?}, expected a space before the name"
                    )));
                }
                _ => {
                    plan.work.push(word.clone());
                    all.push(word);
                }
            }
        }
        plan.engine = match (slurm, parallel) {
            (true, true) => {
                return Err(refused(
                    "--slurm: found it beside --parallel, expected one of them",
                ));
            }
            (true, false) => Engine::Slurm,
            (false, true) => Engine::Parallel,
            (false, false) => Engine::Lines,
        };
        plan.shards = count.ok_or_else(|| refused("--shards: found none, expected --shards N"))?;
        if folder
            .as_ref()
            .is_some_and(|name| name.is_empty() || name.starts_with('-'))
        {
            return Err(refused(
                "--in: found no name of a folder, expected one that does not begin with -",
            ));
        }
        plan.folder = folder.unwrap_or_else(|| plan.own_folder());
        is_spread(&all)?;
        Ok(plan)
    }
}

/// Refuses a name that `merge` would take for another form than the command does.
fn is_told_by_merge(command: &[String], option: &str, value: &str) -> Result<(), Failure> {
    let end = value.rsplit_once('.').map_or("", |(_, end)| end);
    let is_form = ["json", "csv", "svg", "txt"].contains(&end.to_ascii_lowercase().as_str());
    let own = ["falsify", "necessity", "images"];
    let has_own = command.iter().any(|word| own.contains(&word.as_str()));
    if option == "--svg" && !end.eq_ignore_ascii_case("svg") {
        return Err(refused(format!(
            "--svg: found {value:?}, expected a name that ends in .svg, which `merge` draws"
        )));
    }
    if option != "--svg" && has_own && is_form {
        return Err(refused(format!(
            "{option}: found {value:?}, expected the file or folder that the command writes, whose name does not end in .{end}"
        )));
    }
    Ok(())
}

/// Refuses a command that is none, and one that has no shards.
fn is_spread(words: &[String]) -> Result<(), Failure> {
    let name = words.first().map_or("", String::as_str);
    let spread = ["simulate", "law", "falsify", "necessity", "images"];
    if !spread.contains(&name) {
        return Err(refused(format!(
            "COMMAND: found {name:?}, expected one that can be cut into shards: {}",
            spread.join(", ")
        )));
    }
    if words.iter().any(|word| word == "-") {
        return Err(refused(
            "COMMAND: found standard input in it, which every shard would read, expected a file",
        ));
    }
    let is_sweep = |word: &String| word == "--sweep" || word.starts_with("--sweep=");
    if name == "law" && !words.iter().any(is_sweep) {
        return Err(refused(
            "COMMAND: found law without --sweep, whose chain is one piece, expected law --sweep N,N,..",
        ));
    }
    // -o is the file or folder of the whole, which some of these commands leave to `merge`.
    let mut parsed = vec!["filtercert".to_owned()];
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if word == "-o" || word == "--output" {
            rest.next();
        } else {
            parsed.push(word.clone());
        }
    }
    match definition().try_get_matches_from(parsed) {
        Ok(_) => Ok(()),
        Err(error) => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            Err(refused(format!(
                "COMMAND: {}",
                first.trim_start_matches("error: ")
            )))
        }
    }
}

impl Plan {
    /// A folder that no other command has, nor this one with other files: what was finished there is finished for this
    /// command.
    fn own_folder(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(env!("CARGO_PKG_VERSION"));
        for word in &self.work {
            // Whoever reads the file says what is wrong with it.
            let is_file = std::fs::metadata(word)
                .is_ok_and(|found| found.is_file() && found.len() <= MAX_FILE_BYTES);
            let content = is_file.then(|| std::fs::read(word).ok()).flatten();
            let content = content.unwrap_or_default();
            for part in [word.as_bytes(), &content] {
                digest.update((part.len() as u64).to_le_bytes());
                digest.update(part);
            }
        }
        digest.update(self.shards.to_le_bytes());
        let digest = digest.finalize();
        let start: String = digest
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("shards-{start}")
    }

    /// The command line of a shard; `number` may be what stands for it in a script.
    fn shard(&self, number: &str) -> String {
        let threads = self
            .threads
            .iter()
            .flat_map(|threads| ["--threads".to_owned(), threads.clone()]);
        let line = command_line(self.work.iter().cloned().chain(threads));
        let folder = quoted(&self.folder);
        format!(
            "{line} --shard {number}/{} -o {folder}/{number}.part --checkpoint {folder}/{number}.checkpoint --resume",
            self.shards
        )
    }

    fn make_folder(&self) -> String {
        format!("mkdir -p {}", quoted(&self.folder))
    }

    fn merge(&self) -> String {
        let folder = quoted(&self.folder);
        let more: String = self
            .merge
            .iter()
            .map(|word| format!(" {}", quoted(word)))
            .collect();
        format!("filtercert merge {folder}/*.part{more}")
    }

    /// One core a shard, unless the command says otherwise.
    fn on_one_core(&self) -> Plan {
        let mut plan = self.clone();
        plan.threads.get_or_insert_with(|| "1".to_owned());
        plan
    }

    fn parallel(&self) -> Result<String, Failure> {
        let shard = self.on_one_core().shard("\u{0}");
        if shard.contains(['{', '}']) {
            return Err(refused(
                "COMMAND: found braces in it, which GNU parallel replaces, expected none with --parallel",
            ));
        }
        let shard = shard.replace('\u{0}', "{}");
        let job = quoted(&shard);
        let folder = quoted(&self.folder);
        Ok(format!(
            "set -e\n{}\nseq {} | parallel --joblog {folder}/joblog {job}\n{}\n",
            self.make_folder(),
            self.shards,
            self.merge()
        ))
    }

    fn slurm(&self) -> String {
        let plan = self.on_one_core();
        let threads = plan.threads.clone().unwrap_or_default();
        let shard = plan
            .shard("\u{0}")
            .replace('\u{0}', "\"$SLURM_ARRAY_TASK_ID\"");
        let folder = quoted(&self.folder);
        format!(
            "#!/bin/bash\n\
             # Submits {n} shards as a job array, and the merge behind them: bash FILE. Done again after a failure, it leaves\n\
             # finished shards alone, and the others go on from their checkpoints. Options of your cluster (--partition,\n\
             # --account, --time, --mem) may be given in SBATCH_* variables, or to both calls of sbatch.\n\
             set -eu\n\
             {make}\n\
             array=$(sbatch --parsable --job-name=filtercert --array=1-{n} --cpus-per-task={threads} --output={folder}/%a.log <<'SHARD'\n\
             #!/bin/bash\n\
             {shard}\n\
             SHARD\n\
             )\n\
             sbatch --job-name=filtercert-merge --dependency=\"afterok:$array\" --kill-on-invalid-dep=yes --output={folder}/merge.log <<'MERGE'\n\
             #!/bin/bash\n\
             {merge}\n\
             MERGE\n",
            n = self.shards,
            make = self.make_folder(),
            merge = self.merge(),
        )
    }
}
