//! What `plan` prints is run: by a shell, by GNU parallel, by Slurm, with one shard killed on the way, and what `merge` makes
//! of the shards must be the bytes of the single run. docs/clusters.md shows these runs: a block below a line
//!
//!     <!-- tests/clusters.rs: SESSION -->
//!
//! is run line by line, in the order of the page, and what it prints is compared. After a change of the output,
//!
//!     CLUSTERS_UPDATE=1 cargo test --release --test clusters
//!
//! writes the blocks anew. Numbers of jobs, and of runs that were kept, are shown as N. Slurm is one node that
//! tests/clusters/slurm.sh starts. Without GNU parallel, or where that Slurm does not start, its test reports itself as
//! ignored, by name; it is never counted as passed.

#[path = "clusters/page.rs"]
mod page;
#[path = "clusters/slurm.rs"]
mod slurm;

use libtest_mimic::{Arguments, Failed, Trial};
use page::{PAGE, blocks, commands, difference, masked, page, write};
use slurm::Slurm;
use std::fmt::Write;
use std::fs;
use std::ops::Range;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const SHARDS: usize = 7;
/// The shard whose first try is killed.
const KILLED: &str = "3/7";
/// How the files of the diagram end.
const ENDS: [&str; 3] = ["json", "csv", "svg"];

/// What the page says once, and every session needs.
const NAMES: &str = "names";
/// In a session of Slurm, time passes between blocks until its jobs have ended, or it was looked so many times.
const AWAIT: &str = "looks=0
while [ -n \"$(squeue --noheader --name=filtercert,filtercert-merge)\" ]; do
  looks=$((looks + 1))
  [ $looks -lt 400 ] || { echo 'still there:'; squeue; break; }
  sleep 0.1
done
";

/// Blocks of the page that are run in one folder, one after the other.
#[derive(Clone, Copy, PartialEq)]
enum Session {
    Plain,
    Parallel,
    Slurm,
    Refused,
    Kept,
}

impl Session {
    const ALL: [Session; 5] = [
        Session::Slurm,
        Session::Parallel,
        Session::Plain,
        Session::Refused,
        Session::Kept,
    ];

    /// Its name in the page.
    fn name(self) -> &'static str {
        match self {
            Session::Plain => "plain",
            Session::Parallel => "parallel",
            Session::Slurm => "slurm",
            Session::Refused => "refused",
            Session::Kept => "kept",
        }
    }

    fn kills(self) -> bool {
        matches!(self, Session::Parallel | Session::Slurm)
    }

    /// The name of its test.
    fn test(self) -> &'static str {
        match self {
            Session::Plain => "lines_of_a_plan_give_the_single_run",
            Session::Parallel => "parallel_with_a_shard_killed_gives_the_single_run",
            Session::Slurm => "slurm_with_a_shard_killed_gives_the_single_run",
            Session::Refused => "merge_refuses_what_the_page_says",
            Session::Kept => "an_interrupted_run_says_what_is_kept",
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A session in a folder of its own.
struct Run {
    folder: tempfile::TempDir,
}

impl Run {
    fn new() -> Result<Self, Failed> {
        let run = Run {
            folder: tempfile::tempdir()?,
        };
        symlink(root().join("examples"), run.place("examples"))?;
        fs::create_dir(run.place(".bin"))?;
        let wrapper = root().join("tests/clusters/filtercert.sh");
        symlink(wrapper, run.place(".bin/filtercert"))?;
        Ok(run)
    }

    fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A shell whose `filtercert` is the program, and notes its calls.
    fn shell(&self, script: &str, kills: bool) -> Result<String, Failed> {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", script])
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", self.place(".bin").display()))
            .env("CLUSTERS_PROGRAM", env!("CARGO_BIN_EXE_filtercert"))
            .env("CLUSTERS_CALLS", self.place(".calls"))
            .env("CLUSTERS_KILL", if kills { KILLED } else { "none" })
            .env("PARALLEL_HOME", self.place(".parallel"))
            .env("PARALLEL_SHELL", "/bin/sh")
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        if let Some(conf) = slurm::CONF.get() {
            shell.env("SLURM_CONF", conf);
        }
        for name in ["COLUMNS", "NO_COLOR", "PARALLEL"] {
            shell.env_remove(name);
        }
        Ok(String::from_utf8(shell.output()?.stdout)?)
    }

    /// What the commands of some blocks print, each by itself. A line of its own stands before each.
    fn blocks(
        &self,
        names: &[&str],
        blocks: &[Vec<&str>],
        session: Session,
    ) -> Result<Vec<Vec<String>>, Failed> {
        let mut script = format!("exec 2>&1\n{}\n", names.join("\n"));
        for block in blocks {
            for command in block {
                writeln!(
                    script,
                    "code=$?; printf '\\001\\n'; (exit $code)\n{command}"
                )?;
            }
            if session == Session::Slurm {
                script += AWAIT;
            }
        }
        let printed = self.shell(&script, session.kills())?;
        let mut outputs = printed
            .split("\u{1}\n")
            .skip(1)
            .map(|text| text.lines().map(masked).collect::<Vec<_>>());
        let mut written = Vec::new();
        for block in blocks {
            let mut lines = Vec::new();
            for command in block {
                lines.push(format!("$ {command}"));
                lines.extend(outputs.next().ok_or("the shell ended early")?);
            }
            written.push(lines);
        }
        Ok(written)
    }

    /// How often each shard was called.
    fn calls(&self) -> Result<Vec<usize>, Failed> {
        let calls = fs::read_to_string(self.place(".calls"))?;
        let of = |i: usize| format!(" --shard {i}/{SHARDS} ");
        let count = |i: usize| calls.lines().filter(|call| call.contains(&of(i))).count();
        Ok((1..=SHARDS).map(count).collect())
    }

    /// The merged files against those of one process that does the whole.
    fn is_the_single_run(&self, names: &[&str]) -> Result<(), Failed> {
        let whole = WHOLE.get_or_init(|| whole(names).map_err(|error| format!("{error:?}")));
        for (end, whole) in ENDS.iter().zip(whole.as_ref()?) {
            let merged = fs::read(self.place(&format!("diagram.{end}")))?;
            if whole.is_empty() || *whole != merged {
                return Err(format!("diagram.{end} is not that of the single run").into());
            }
        }
        Ok(())
    }
}

/// The diagram by one process, as the tests share it.
static WHOLE: OnceLock<Result<[Vec<u8>; 3], String>> = OnceLock::new();

/// The diagram by one process, in the order of [`ENDS`].
fn whole(names: &[&str]) -> Result<[Vec<u8>; 3], Failed> {
    let run = Run::new()?;
    let law = "filtercert law $SWEEP --no-timing";
    let script = format!(
        "{}\n{law} --json > whole.json\n{law} --csv --svg whole.svg > whole.csv",
        names.join("\n")
    );
    run.shell(&script, false)?;
    let read = |end: &str| fs::read(run.place(&format!("whole.{end}")));
    let [json, table, picture] = [read("json")?, read("csv")?, read("svg")?];
    let text = String::from_utf8(table.clone())?;
    let cells = |kind: &str| text.lines().filter(|line| line.contains(kind)).count();
    let (exact, sampled) = (cells(",exact,"), cells(",sampled,"));
    if exact == 0 || sampled == 0 || exact + sampled != 1000 {
        return Err(format!("{exact} exact and {sampled} sampled cells").into());
    }
    Ok([json, table, picture])
}

fn check(session: Session) -> Result<(), Failed> {
    let lines = page()?;
    let all = blocks(&lines)?;
    let of = |name: &str| -> Vec<Range<usize>> {
        let own = all.iter().filter(|(found, _)| found == name);
        own.map(|(_, block)| block.clone()).collect()
    };
    let names: Vec<&str> = of(NAMES)
        .iter()
        .flat_map(|block| commands(&lines, block))
        .collect();
    let own = of(session.name());
    if names.is_empty() || own.is_empty() {
        return Err(format!("{PAGE} has no blocks of {}", session.name()).into());
    }
    let asked: Vec<Vec<&str>> = own.iter().map(|block| commands(&lines, block)).collect();
    let run = Run::new()?;
    let printed = run.blocks(&names, &asked, session)?;
    let calls = match session {
        Session::Refused | Session::Kept => Vec::new(),
        _ => run.calls()?,
    };
    let expected = match session {
        Session::Refused | Session::Kept => Vec::new(),
        Session::Plain => vec![1; SHARDS],
        // A finished one looks at its file, and leaves it alone.
        Session::Parallel | Session::Slurm => vec![2; SHARDS],
    };
    if calls != expected {
        return Err(format!("shards were called {calls:?} times, not {expected:?}").into());
    }
    if session.kills() {
        let kept = fs::read_to_string(run.place(".calls.killed"));
        let kept: usize = kept.map_err(|_| "nothing was killed")?.trim().parse()?;
        if kept < 2 {
            return Err("the killed shard had kept no row".into());
        }
    }
    if !expected.is_empty() {
        run.is_the_single_run(&names)?;
    }
    if std::env::var_os("CLUSTERS_UPDATE").is_some() {
        return write(session.name(), &printed);
    }
    match own.iter().zip(&printed).find_map(|(block, printed)| {
        let shown = &lines[block.clone()];
        difference(block.start + 1, shown, printed)
    }) {
        Some(difference) => Err(difference.into()),
        None => Ok(()),
    }
}

/// Every block with commands is in a session, and a block that differs is found.
fn nothing_is_left_out() -> Result<(), Failed> {
    let lines = page()?;
    for (name, _) in blocks(&lines)? {
        if name != NAMES && Session::ALL.iter().all(|session| session.name() != name) {
            return Err(format!("{PAGE}: there is no session {name}").into());
        }
    }
    for (at, _) in lines
        .iter()
        .enumerate()
        .filter(|(_, l)| l.starts_with("```sh"))
    {
        if at == 0 || !lines[at - 1].starts_with("<!-- tests/clusters.rs: ") {
            return Err(format!("{PAGE}:{}: compared by whom?", at + 1).into());
        }
    }
    let text = |lines: &[&str]| lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>();
    let shown = text(&["$ a", "1"]);
    for (printed, differs) in [
        (&["$ a", "1"][..], false),
        (&["$ a", "2"], true),
        (&["$ a"], true),
        (&["$ a", "1", "2"], true),
    ] {
        if difference(1, &shown, &text(printed)).is_some() != differs {
            return Err(format!("{printed:?} against {shown:?}").into());
        }
    }
    Ok(())
}

/// Why there is no GNU parallel.
fn without_parallel() -> Option<String> {
    let output = Command::new("parallel").arg("--version").output();
    let is_there = output.is_ok_and(|output| output.stdout.starts_with(b"GNU parallel"));
    (!is_there).then(|| "apt-get install parallel".to_owned())
}

fn main() {
    let arguments = Arguments::from_args();
    let slurm = match arguments.list {
        true => Err("not started for a list".to_owned()),
        false => Slurm::start(),
    };
    let mut trials = vec![Trial::test("every_block_is_compared", nothing_is_left_out)];
    for session in Session::ALL {
        let missing = match session {
            Session::Parallel => without_parallel(),
            Session::Slurm => slurm.as_ref().err().cloned(),
            _ => None,
        };
        let mut name = session.test().to_owned();
        if let Some(why) = &missing {
            eprintln!("{name}: not run here: {why}");
            name += &format!(" (not run here: {why})");
        }
        let ignored = missing.is_some();
        trials.push(Trial::test(name, move || check(session)).with_ignored_flag(ignored));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(slurm);
    conclusion.exit();
}
