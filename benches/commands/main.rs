//! Whole commands, as users run them, against named baselines in the same run; and how their time
//! grows.
//!
//! `cargo bench --bench commands` prints the figures; with `-- --record NAME` they are also written to
//! `benches/records/NAME.json`, from which `docs/performance.md` and its pictures are made. A command
//! and its baseline are run in turns, and medians are compared. Python is needed for the baseline of
//! `expected`, bash for its clock of processors.

mod floors;
mod plain;
mod told;

use filtercert::problem::read_problem;
use plain::plain;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use told::{Baseline, Figure, Floor, Growth, Line, Record, Wanted, markdown, picture};

const PROGRAM: &str = env!("CARGO_BIN_EXE_filtercert");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Rounds of a command and its baseline.
const ROUNDS: usize = 5;

/// Seconds of the plain loop (sgd.toml, 4,000 runs) on the machine for which limits in seconds were set: there it made
/// 2.4 million run-steps a second.
const LOOP: f64 = 4.0 / 2.4;

type Done<T> = Result<T, String>;

/// Commands on problems that grow, by what grows.
type Points = Vec<(f64, Shown)>;

/// What the processes of one measurement share.
struct Bench {
    rounds: usize,
    /// Only try that everything runs.
    is_trial: bool,
    folder: tempfile::TempDir,
}

/// Seconds of one process.
#[derive(Clone, Copy)]
struct Seconds {
    wall: f64,
    processors: f64,
}

/// A command: how it is shown, and what is run.
struct Shown {
    text: String,
    words: Vec<String>,
}

/// A command of the program. Paths are from the repository's root.
fn ours(arguments: &str) -> Shown {
    let words = arguments.split(' ').map(str::to_owned);
    Shown {
        text: format!("filtercert {arguments}"),
        words: [PROGRAM.to_owned()].into_iter().chain(words).collect(),
    }
}

fn python(arguments: &str) -> Shown {
    let text = format!("python3 benches/baselines/expected.py {arguments}");
    Shown {
        words: text.split(' ').map(str::to_owned).collect(),
        text,
    }
}

/// The plain loop on an instance, in a process of its own: this one, started once more.
fn plain_loop(instance: &str, runs: u64) -> Done<Shown> {
    let me = std::env::current_exe().map_err(|e| e.to_string())?;
    Ok(Shown {
        text: format!("the plain loop of benches/commands/plain.rs, {instance}, {runs} runs"),
        words: vec![
            me.display().to_string(),
            "--plain".to_owned(),
            format!("{ROOT}/benches/instances/{instance}"),
            runs.to_string(),
        ],
    })
}

fn run(shown: &Shown, stdout: Stdio) -> Done<(Seconds, Vec<u8>)> {
    let output = Command::new("bash")
        .args(["-c", "TIMEFORMAT='%R %U %S'; time \"$@\"", "bash"])
        .args(&shown.words)
        .current_dir(ROOT)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(stdout)
        .output()
        .map_err(|e| format!("bash cannot be started: {e}"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{} failed: {told}", shown.text));
    }
    let times: Vec<f64> = told
        .lines()
        .last()
        .unwrap_or_default()
        .split(' ')
        .filter_map(|x| x.parse().ok())
        .collect();
    match times[..] {
        [wall, user, system] => Ok((
            Seconds {
                wall,
                processors: user + system,
            },
            output.stdout,
        )),
        _ => Err(format!("{}: no times in {told}", shown.text)),
    }
}

/// What a command prints as JSON.
fn document(command: &Shown) -> Done<Value> {
    let (_, output) = run(command, Stdio::piped())?;
    serde_json::from_slice(&output).map_err(|e| e.to_string())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The clock on the wall, or the time of all processors.
#[derive(Clone, Copy, PartialEq)]
enum Clock {
    Wall,
    Processors,
}

impl Bench {
    fn medians(&self, commands: &[&Shown], clock: Clock) -> Done<Vec<f64>> {
        let mut times = vec![Vec::new(); commands.len()];
        for _ in 0..self.rounds {
            for (times, command) in times.iter_mut().zip(commands) {
                let (seconds, _) = run(command, Stdio::null())?;
                times.push(match clock {
                    Clock::Wall => seconds.wall,
                    Clock::Processors => seconds.processors,
                });
            }
        }
        Ok(times.into_iter().map(median).collect())
    }

    /// A command in turns with its baseline.
    fn against(
        &self,
        name: &str,
        clock: Clock,
        times: f64,
        command: &Shown,
        baseline: &Shown,
    ) -> Done<Figure> {
        self.compared(name, clock, Wanted::Times(times), command, baseline)
    }

    /// A command in turns with a baseline that it may take so many seconds more than.
    fn beside(
        &self,
        name: &str,
        clock: Clock,
        more: f64,
        command: &Shown,
        baseline: &Shown,
    ) -> Done<Figure> {
        self.compared(name, clock, Wanted::More(more), command, baseline)
    }

    fn compared(
        &self,
        name: &str,
        clock: Clock,
        wanted: Wanted,
        command: &Shown,
        baseline: &Shown,
    ) -> Done<Figure> {
        let medians = self.medians(&[command, baseline], clock)?;
        Ok(Figure {
            name: name.to_owned(),
            command: command.text.clone(),
            seconds: medians[0],
            clock: word(clock),
            baseline: Some(Baseline {
                command: baseline.text.clone(),
                seconds: medians[1],
            }),
            wanted,
        })
    }

    /// The files of many shards.
    fn shards(&self, command: &str, shards: u64) -> Done<Shown> {
        let file = |i: u64| self.folder.path().join(format!("{i}.part"));
        for i in 1..=shards {
            let mut shard = ours(&format!("{command} --shard {i}/{shards} -o"));
            shard.words.push(file(i).display().to_string());
            run(&shard, Stdio::null())?;
        }
        let files = (1..=shards).map(|i| file(i).display().to_string());
        Ok(Shown {
            text: format!("filtercert merge FILES, the {shards} shards of {command}"),
            words: [PROGRAM.to_owned(), "merge".to_owned()]
                .into_iter()
                .chain(files)
                .collect(),
        })
    }

    /// A command by itself.
    fn alone(&self, name: &str, clock: Clock, limit: f64, command: &Shown) -> Done<Figure> {
        Ok(Figure {
            name: name.to_owned(),
            command: command.text.clone(),
            seconds: self.medians(&[command], clock)?[0],
            clock: word(clock),
            baseline: None,
            wanted: Wanted::Seconds(limit),
        })
    }

    fn figures(&self) -> Done<Vec<Figure>> {
        let runs: u64 = if self.is_trial { 20 } else { 4000 };
        let steps = if self.is_trial { 20 } else { 400 };
        let million = if self.is_trial { 10 } else { 100 };
        let simulate = |file: &str, threads: u64| {
            ours(&format!(
                "simulate benches/instances/{file} --runs {runs} --threads {threads}"
            ))
        };
        let law = |threads: u64| {
            ours(&format!(
                "law benches/instances/law-million.toml --steps {million} --json --threads {threads}"
            ))
        };
        let at = |file: &str, steps: u64| format!("benches/instances/{file} {steps}");
        let expected = |file: &str, steps: u64| {
            ours(&format!(
                "expected benches/instances/{file} --at {steps} --json"
            ))
        };
        let certificate = self.folder.path().join("balanced.cert");
        let made = |text: &str| Shown {
            text: format!("filtercert {text}"),
            words: [PROGRAM]
                .into_iter()
                .chain(text.split(' '))
                .map(|word| {
                    if word.ends_with(".cert") {
                        certificate.display().to_string()
                    } else if word == "page" || word.ends_with(".part") {
                        self.folder.path().join(word).display().to_string()
                    } else {
                        word.to_owned()
                    }
                })
                .collect(),
        };
        let (wall, processors) = (Clock::Wall, Clock::Processors);
        let plain = plain_loop("sgd.toml", runs)?;
        Ok(vec![
            self.against(
                "simulate, hinge",
                wall,
                3.0,
                &simulate("sgd.toml", 1),
                &plain,
            )?,
            self.against(
                "simulate, every step updating",
                wall,
                2.0,
                &simulate("sgd-unhinged.toml", 1),
                &plain_loop("sgd-unhinged.toml", runs)?,
            )?,
            self.against(
                "simulate, two threads",
                wall,
                1.6,
                &simulate("sgd.toml", 2),
                &simulate("sgd.toml", 1),
            )?,
            self.against(
                "expected, hinge, trained head",
                wall,
                2.0,
                &expected("exact-c.toml", steps),
                &python(&at("exact-c.toml", steps)),
            )?,
            self.against(
                "expected, unhinged, trained head",
                wall,
                2.0,
                &expected("exact-b.toml", steps),
                &python(&at("exact-b.toml", steps)),
            )?,
            self.against(
                "expected, hinge, fixed head",
                wall,
                2.0,
                &expected("exact-a.toml", steps),
                &python(&at("exact-a.toml", steps)),
            )?,
            self.against("law, two threads", wall, 1.6, &law(2), &law(1))?,
            self.against(
                "certify",
                processors,
                LOOP / 3.0,
                &made("certify examples/balanced.toml -o balanced.cert"),
                &plain,
            )?,
            self.against(
                "verify",
                processors,
                LOOP / 3.0,
                &made("verify balanced.cert"),
                &plain,
            )?,
            self.against(
                "check, built-in problem",
                wall,
                LOOP / 2.5,
                &ours("check"),
                &plain,
            )?,
            self.against(
                "report",
                wall,
                LOOP / 10.0,
                &made("report --builtin default -o page"),
                &plain,
            )?,
            self.beside(
                "one of 7 shards",
                wall,
                0.05,
                &made(&format!(
                    "simulate benches/instances/sgd.toml --runs {runs} --shard 1/7 -o shard.part"
                )),
                &ours(&format!(
                    "simulate benches/instances/sgd.toml --runs {}",
                    runs / 7
                )),
            )?,
            self.alone(
                "merge of 1,000 files",
                wall,
                5.0,
                &self.shards(
                    &format!("simulate benches/instances/sgd.toml --runs {runs}"),
                    if self.is_trial { 10 } else { 1000 },
                )?,
            )?,
        ])
    }

    /// A command in turns with what it is up against.
    fn floor(&self, command: &Shown, alone: &str, work: &dyn Fn() -> Done<f64>) -> Done<Floor> {
        let (mut whole, mut part) = (Vec::new(), Vec::new());
        for _ in 0..self.rounds {
            whole.push(run(command, Stdio::null())?.0.wall);
            part.push(work()?);
        }
        Ok(Floor {
            command: command.text.clone(),
            seconds: median(whole),
            alone: alone.to_owned(),
            floor: median(part),
        })
    }

    /// How far each engine is from what it is up against.
    fn floors(&self) -> Done<Vec<Floor>> {
        let problem = |instance: &str| {
            let path = Path::new(ROOT).join("benches/instances").join(instance);
            read_problem(&path).map_err(|e| e.to_string())
        };
        let (runs, steps, million) = match self.is_trial {
            true => (20, 20, 10),
            false => (4000, 1600, 100),
        };
        let mut floors = Vec::new();
        for instance in ["sgd.toml", "sgd-unhinged.toml"] {
            let problem = problem(instance)?;
            let command = ours(&format!(
                "simulate benches/instances/{instance} --runs {runs} --threads 1"
            ));
            let images = || Ok(floors::images(&problem, runs));
            floors.push(self.floor(
                &command,
                "drawing all images, as counts of patterns",
                &images,
            )?);
            let words = || Ok(floors::words(&problem, runs));
            floors.push(self.floor(&command, "the random words of all images", &words)?);
        }
        for instance in ["exact-b.toml", "exact-c.toml"] {
            let command = ours(&format!(
                "expected benches/instances/{instance} --at {steps} --json"
            ));
            let state = document(&command)?;
            let digits = || Ok(floors::digits(&state));
            floors.push(self.floor(&command, "writing the digits of the state", &digits)?);
        }
        let command = ours(&format!(
            "law benches/instances/law-million.toml --steps {million} --json --threads 1"
        ));
        let law = document(&command)?;
        let states: Vec<usize> =
            serde_json::from_value(law["states"].clone()).map_err(|e| e.to_string())?;
        let problem = problem("law-million.toml")?;
        let copies = || floors::copies(&problem, &states);
        let alone = "copying the probabilities once a step";
        floors.push(self.floor(&command, alone, &copies)?);
        Ok(floors)
    }

    /// Whole processes on problems that grow.
    fn line(&self, name: &str, points: Points) -> Done<Line> {
        let points = if self.is_trial {
            points.into_iter().take(1).collect()
        } else {
            points
        };
        let measured = points.into_iter().map(|(x, command)| {
            let time = self.medians(&[&command], Clock::Wall)?[0];
            Ok((x, time))
        });
        Ok(Line {
            name: name.to_owned(),
            points: measured.collect::<Done<_>>()?,
        })
    }

    /// A problem file of its own, and a command on it.
    fn on(&self, name: &str, problem: &str, command: &str, options: &str) -> Done<Shown> {
        let path = self.folder.path().join(format!("{name}.toml"));
        fs::write(&path, problem).map_err(|e| format!("{}: {e}", path.display()))?;
        let words = [PROGRAM, command, &path.display().to_string()]
            .into_iter()
            .chain(options.split_whitespace())
            .map(str::to_owned)
            .collect();
        Ok(Shown {
            text: format!("filtercert {command} {name}.toml {options}"),
            words,
        })
    }

    fn growth(&self) -> Done<Vec<Growth>> {
        let sgd = |loss: &str, filters: u64, background: u64, steps: u64| {
            let name = format!("{loss}-{filters}-{background}-{steps}");
            let problem = random(&name, loss, filters, background, 8, "1/2000", steps);
            let command = self.on(&name, &problem, "simulate", "--runs 1000 --threads 1");
            command.map(|command| (name, command))
        };
        let both = |points: &dyn Fn(&str) -> Done<Points>| -> Done<Vec<Line>> {
            ["hinge", "unhinged"]
                .into_iter()
                .map(|loss| self.line(loss, points(loss)?))
                .collect()
        };
        let simulate = |id: &str, against: &str, lines: Vec<Line>| Growth {
            id: format!("simulate-{id}"),
            title: format!("simulate, 1,000 runs, one thread: time against {id}"),
            against: against.to_owned(),
            lines,
        };
        let steps = both(&|loss| {
            let steps = [250, 1000, 4000, 16_000];
            let point = |t| Ok((t as f64, sgd(loss, 64, 16, t)?.1));
            steps.into_iter().map(point).collect()
        })?;
        let filters = both(&|loss| {
            let filters = [16, 64, 256, 1024];
            let point = |n| Ok((n as f64, sgd(loss, n, 16, 1000)?.1));
            filters.into_iter().map(point).collect()
        })?;
        let patterns = both(&|loss| {
            let background = [4, 16, 64, 256];
            let point = |k| Ok(((k + 2) as f64, sgd(loss, 64, k, 1000)?.1));
            background.into_iter().map(point).collect()
        })?;
        let exact = ["exact-a", "exact-b", "exact-c"].into_iter().map(|name| {
            let steps = [100u64, 200, 400, 800, 1600].into_iter().map(|t| {
                let command = format!("expected benches/instances/{name}.toml --at {t} --json");
                (t as f64, ours(&command))
            });
            self.line(name, steps.collect())
        });
        let atoms = ["hinge"].into_iter().map(|loss| {
            let patches = [3u64, 5, 9, 17, 33].into_iter().map(|m| {
                let name = format!("atoms-{m}");
                let problem = random(&name, loss, 16, 4, m, "1/50", 100);
                let command = self.on(&name, &problem, "expected", "--at 100 --json")?;
                // Multisets of m - 1 out of 4, for two labels.
                let atoms = 2 * (m * (m + 1) * (m + 2)) / 6;
                Ok((atoms as f64, command))
            });
            self.line(
                "hinge, fixed head, 100 steps",
                patches.collect::<Done<_>>()?,
            )
        });
        let law = {
            let mut points = Vec::new();
            for t in [10, 20, 40, 70, 100] {
                let options = format!("law benches/instances/law-million.toml --steps {t} --json");
                let command = ours(&format!("{options} --threads 2"));
                let told = document(&command)?;
                points.push((told["reached"].as_f64().unwrap_or(0.0), command));
                if self.is_trial {
                    break;
                }
            }
            self.line("law-million, 10 to 100 steps", points)?
        };
        Ok(vec![
            simulate("steps", "steps", steps),
            simulate("filters", "filters", filters),
            simulate("patterns", "patterns", patterns),
            Growth {
                id: "expected-steps".to_owned(),
                title: "expected: time against steps".to_owned(),
                against: "steps".to_owned(),
                lines: exact.collect::<Done<_>>()?,
            },
            Growth {
                id: "expected-atoms".to_owned(),
                title: "expected: time against atoms".to_owned(),
                against: "atoms".to_owned(),
                lines: atoms.collect::<Done<_>>()?,
            },
            Growth {
                id: "law-states".to_owned(),
                title: "law, with hitting times, two threads: time against states".to_owned(),
                against: "states reached".to_owned(),
                lines: vec![law],
            },
        ])
    }
}

fn word(clock: Clock) -> String {
    match clock {
        Clock::Wall => "wall".to_owned(),
        Clock::Processors => "processor".to_owned(),
    }
}

/// A problem with uniform background and random weights.
fn random(
    name: &str,
    loss: &str,
    filters: u64,
    background: u64,
    patches: u64,
    step: &str,
    steps: u64,
) -> String {
    let uniform = vec![format!("\"1/{background}\""); background as usize].join(", ");
    format!(
        "name = \"{name}\"\n[dictionary]\nbackground = {background}\n\
         [distribution]\nprior = [\"1/2\", \"1/2\"]\npatches = {patches}\nkey_patches = 1\n\
         background = [{uniform}]\n\
         [network]\nactivation = \"relu\"\npooling = \"sum\"\nhead = \"alternating\"\n\
         filters = {filters}\n\
         init = {{ kind = \"uniform\", half_width = \"1/16\", denominator = 64, seed = 7 }}\n\
         [training]\nloss = \"{loss}\"\ntrain = \"filters\"\nstep = \"{step}\"\nbatch = 1\n\
         steps = {steps}\nruns = 1000\nseed = 1\n"
    )
}

fn processor() -> String {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = told
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.and_then(|rest| rest.split_once(": "));
    model.map_or("an unknown processor".to_owned(), |(_, name)| {
        name.to_owned()
    })
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(ROOT)
            .output();
        output.map_or(String::new(), |o| {
            String::from_utf8_lossy(&o.stdout).trim().to_owned()
        })
    };
    let changed = !git(&[
        "status",
        "--porcelain",
        "--",
        ".",
        ":!benches/records",
        ":!docs",
    ])
    .is_empty();
    let changed = if changed { " with changes" } else { "" };
    git(&["rev-parse", "--short", "HEAD"]) + changed
}

fn measure(is_trial: bool, name: Option<&str>) -> Done<()> {
    let bench = Bench {
        rounds: if is_trial { 1 } else { ROUNDS },
        is_trial,
        folder: tempfile::tempdir().map_err(|e| e.to_string())?,
    };
    let record = Record {
        commit: commit(),
        processor: processor(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        figures: bench.figures()?,
        floors: bench.floors()?,
        growth: bench.growth()?,
    };
    if is_trial {
        println!("test commands ... ok");
        return Ok(());
    }
    println!("{}", markdown(&record));
    let Some(name) = name else {
        return Ok(());
    };
    let root = Path::new(ROOT);
    let write = |path: PathBuf, text: String| {
        let folder = path.parent().unwrap_or(root);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|e| format!("{}: {e}", path.display()))
    };
    let json = serde_json::to_string_pretty(&record).map_err(|e| e.to_string())?;
    write(
        root.join("benches/records").join(format!("{name}.json")),
        json + "\n",
    )?;
    for growth in &record.growth {
        let path = root.join("docs/performance");
        write(path.join(format!("{}.svg", growth.id)), picture(growth)?)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |flag: &str| {
        let at = arguments.iter().position(|a| a == flag)?;
        arguments.get(at + 1).map(String::as_str)
    };
    if let Some(file) = after("--plain") {
        let runs = arguments.last().and_then(|a| a.parse().ok()).unwrap_or(1);
        return match read_problem(Path::new(file)) {
            Ok(problem) => {
                let updates = plain(&problem, runs, problem.training().steps);
                println!("{updates} updates");
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let is_trial = arguments.iter().any(|a| a == "--test");
    // A filter for another bench.
    let others = arguments.iter().skip(1).any(|a| !a.starts_with("--"));
    if others && after("--record").is_none() {
        return ExitCode::SUCCESS;
    }
    match measure(is_trial, after("--record")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("benches/commands: {error}");
            ExitCode::FAILURE
        }
    }
}
