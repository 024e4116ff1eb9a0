//! The Coq proofs have their own command, `proofs/check.sh`. Here it is named as ignored, never counted as
//! passed, and run by `cargo test --release --test proofs -- --ignored`. The script itself is tested with
//! stand-ins for Coq's programs.

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::Command;

/// The script passes and names every theorem of `Statements.v`.
fn proofs_pass() -> Result<(), Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("bash")
        .arg(root.join("proofs/check.sh"))
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}\n{text}\n{errors}", output.status).into());
    }
    let statements = std::fs::read_to_string(root.join("proofs/theories/Statements.v"))?;
    let mut theorems = 0;
    for line in statements.lines() {
        let Some(rest) = line.strip_prefix("Theorem ") else {
            continue;
        };
        let name = rest.split([' ', ':']).next().unwrap_or_default();
        theorems += 1;
        if !text.contains(&format!("  {name}: no axioms\n")) {
            return Err(format!("{name} is not listed as proved:\n{text}").into());
        }
    }
    if theorems == 0 {
        return Err("Statements.v holds no theorem".into());
    }
    Ok(())
}

fn main() {
    let arguments = Arguments::from_args();
    let name = "proofs_check_sh (not run here: proofs/check.sh, with --install the first time)";
    let mut trials = vec![Trial::test(name, proofs_pass).with_ignored_flag(true)];
    #[cfg(unix)]
    trials.extend(script::trials());
    libtest_mimic::run(&arguments, trials).exit();
}

/// `proofs/check.sh` on one small theorem, where `coqc`, `coqchk`, `coq_makefile` and `make` are scripts that
/// succeed at once, but for what a test puts in their place. What Coq itself finds is tested by
/// `proofs/faults.sh`.
#[cfg(unix)]
mod script {
    use super::{Command, Failed, Path, Trial};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;
    use std::process::{Output, Stdio};
    use std::sync::OnceLock;
    use std::time::{Duration, Instant};

    /// Long enough that no test waits for it.
    const SLEEP: &str = "exec sleep 600";

    /// Answers `-where`, and what the script asks about the definition, the theorem and its examples.
    const COQC: &str = r#"if [ "$1" = -where ]; then echo "$0-library"; exit; fi
for file in "$@"; do :; done
sed -n 's/^Redirect "\(.*\)" \(.*\)\.$/\1 \2/p' "$file" | while read -r out asked; do
  case "$asked" in
    "Print Module"*) echo "     Definition zero : nat." ;;
    "Print Assumptions"*) echo "Closed under the global context" ;;
    *wrong_one) printf 'it\n     : ~ (1 = 0)\n' ;;
    *wrong_two) printf 'it\n     : ~ (0 = 1)\n' ;;
    Check*) printf 'it\n     : 0 = 0\n' ;;
    *_holds) echo "T0_small_holds = Statements.T0_small" ;;
    *) echo "zero = 0" ;;
  esac | case "$out" in */full.*) sed 's/: ~ /: not /' ;; *) cat ;; esac >"$out.out"
done"#;

    /// The sources, with references as the stand-ins answer.
    const SOURCES: [(&str, &str); 4] = [
        ("theories/model.v", "Definition zero := 0.\n"),
        (
            "theories/Statements.v",
            "From filtercert Require Import model.\n\
             Theorem T0_small : zero = zero.\nProof. by []. Qed.\n",
        ),
        (
            "theories/examples/small.v",
            "Example T0_small_holds : zero = zero.\nProof. exact: Statements.T0_small. Qed.\n\
             Lemma T0_small_wrong_one : ~ (1 = zero).\nProof. by []. Qed.\n\
             Lemma T0_small_wrong_two : ~ (zero = 1).\nProof. by []. Qed.\n",
        ),
        (
            "_CoqProject",
            "-Q theories filtercert\n-arg -w -arg -notation-overridden,-ambiguous-paths\n\
             theories/model.v\ntheories/Statements.v\ntheories/examples/small.v\n",
        ),
    ];

    pub fn trials() -> Vec<Trial> {
        vec![
            Trial::test("a_step_that_times_out_is_named", timeouts_are_named),
            Trial::test("what_coq_refuses_fails", refusals_fail),
            Trial::test("what_lacks_examples_is_listed", missing_examples),
            Trial::test("its_arguments_are_read_strictly", bad_arguments),
            Trial::test("a_signal_ends_all_that_it_started", a_signal_ends_all),
        ]
    }

    /// A directory with the script and its sources, with stand-ins, `programs` in the place of those that
    /// succeed, and the directory for the script's temporary files.
    struct StandIns(tempfile::TempDir);

    /// `Statements.ref` and `Examples.ref` as the stand-ins that succeed answer.
    fn references() -> Result<&'static [String; 2], Failed> {
        static REFERENCES: OnceLock<[String; 2]> = OnceLock::new();
        if let Some(references) = REFERENCES.get() {
            return Ok(references);
        }
        let stand_ins = StandIns::with(&[], &[String::new(), String::new()])?;
        expect(&stand_ins.run(&["--update"])?, 0, "")?;
        let read = |name| fs::read_to_string(stand_ins.path().join("proofs").join(name));
        let references = [read("Statements.ref")?, read("Examples.ref")?];
        Ok(REFERENCES.get_or_init(|| references))
    }

    impl StandIns {
        fn new(programs: &[(&str, &str)]) -> Result<Self, Failed> {
            Self::with(programs, references()?)
        }

        fn with(programs: &[(&str, &str)], references: &[String; 2]) -> Result<Self, Failed> {
            let stand_ins = StandIns(tempfile::tempdir()?);
            let usual = [
                ("coqc", COQC),
                ("coqchk", ""),
                ("coq_makefile", ""),
                ("make", ""),
            ];
            for (name, text) in usual.iter().chain(programs) {
                let path = stand_ins.path().join(name);
                fs::write(&path, format!("#!/bin/sh\n{text}\n"))?;
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
            }
            let library = stand_ins
                .path()
                .join("coqc-library/user-contrib/mathcomp/algebra_tactics");
            fs::create_dir_all(&library)?;
            fs::write(library.join("ring.vo"), "")?;
            fs::create_dir(stand_ins.temporary())?;
            let proofs = stand_ins.path().join("proofs");
            fs::create_dir_all(proofs.join("theories/examples"))?;
            for (name, text) in SOURCES.into_iter().chain([
                ("Makefile", ""),
                (
                    "Assumptions.ref",
                    "T0_small: Closed under the global context\n",
                ),
                ("Statements.ref", &references[0]),
                ("Examples.ref", &references[1]),
            ]) {
                fs::write(proofs.join(name), text)?;
            }
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("proofs/check.sh");
            fs::copy(script, proofs.join("check.sh"))?;
            Ok(stand_ins)
        }

        fn path(&self) -> &Path {
            self.0.path()
        }

        fn temporary(&self) -> PathBuf {
            self.path().join("tmp")
        }

        fn command(&self, arguments: &[&str]) -> Result<Command, Failed> {
            let path = std::env::var_os("PATH").ok_or("no PATH")?;
            let mut all = vec![self.path().to_path_buf()];
            all.extend(std::env::split_paths(&path));
            let mut command = Command::new("bash");
            command
                .arg(self.path().join("proofs/check.sh"))
                .args(arguments)
                .env("PATH", std::env::join_paths(all)?)
                .env("TMPDIR", self.temporary())
                .stdin(Stdio::null());
            Ok(command)
        }

        fn run(&self, arguments: &[&str]) -> Result<Output, Failed> {
            Ok(self.command(arguments)?.output()?)
        }

        /// The script leaves no temporary files behind.
        fn nothing_left(&self) -> Result<(), Failed> {
            match fs::read_dir(self.temporary())?.next() {
                None => Ok(()),
                Some(left) => Err(format!("left behind: {:?}", left?.path()).into()),
            }
        }
    }

    /// It ended with this code and said this on standard error.
    fn expect(output: &Output, code: i32, said: &str) -> Result<(), Failed> {
        let errors = String::from_utf8_lossy(&output.stderr);
        if output.status.code() == Some(code) && errors.contains(said) {
            return Ok(());
        }
        let status = output.status;
        Err(format!("expected {code} and {said:?}, found {status} and {errors:?}").into())
    }

    /// Each step in turn takes too long; with a limit that none reaches all theorems are named.
    fn timeouts_are_named() -> Result<(), Failed> {
        let slow_coqc = COQC.replace("for file", &format!("{SLEEP}\nfor file"));
        for (program, text, step) in [
            ("make", SLEEP, "clean build"),
            ("coqc", slow_coqc.as_str(), "definitions of model.v"),
            ("coqchk", SLEEP, "coqchk"),
        ] {
            let stand_ins = StandIns::new(&[(program, text)])?;
            let output = stand_ins.run(&["--limit", "1"])?;
            let said = format!("proofs/check.sh: timed out after 1 s: {step}\n");
            expect(&output, 1, &said)?;
            if String::from_utf8_lossy(&output.stdout).contains("no axioms") {
                return Err(format!("{step}: counted as proved").into());
            }
            stand_ins.nothing_left()?;
        }
        let stand_ins = StandIns::new(&[])?;
        let again = stand_ins.run(&["--limit", "60", "--reuse-build"])?;
        expect(&again, 4, "")?;
        let output = stand_ins.run(&["--limit", "60"])?;
        expect(&output, 0, "")?;
        if !String::from_utf8_lossy(&output.stdout).contains("  T0_small: no axioms\n") {
            return Err("no theorem is named".into());
        }
        stand_ins.nothing_left()
    }

    /// Each program in turn fails, and a theorem rests on an axiom.
    fn refusals_fail() -> Result<(), Failed> {
        let failing_coqc = COQC.replace("for file", "exit 1\nfor file");
        let axiom = COQC.replace("Closed under the global context", "Axioms: cheat");
        let listed = "echo '  filtercert.model.cheat'";
        let weaker = COQC.replace(": 0 = 0", ": True");
        let unused = COQC.replace("= Statements.T0_small", "= I");
        let no_negation = COQC.replace(": ~ (1 = 0)", ": 1 = 0");
        for (program, text, said) in [
            ("make", "exit 2", "the build failed"),
            ("coqc", &failing_coqc, "the definitions cannot be printed"),
            (
                "coqc",
                &weaker,
                "Statements.ref differs: Theorems of Statements.v",
            ),
            ("coqc", &unused, "does not use Statements.T0_small"),
            (
                "coqc",
                &no_negation,
                "near misses are not mutations of their theorems",
            ),
            ("coqc", &axiom, "these theorems rest on axioms"),
            ("coqchk", "exit 1", "coqchk refuses the compiled files"),
            ("coqchk", listed, "coqchk finds these to rest on axioms"),
        ] {
            let stand_ins = StandIns::new(&[(program, text)])?;
            expect(&stand_ins.run(&[])?, 1, said)?;
            stand_ins.nothing_left()?;
        }
        Ok(())
    }

    /// Without building: a theorem without example, and with one near miss of two.
    fn missing_examples() -> Result<(), Failed> {
        let stand_ins = StandIns::new(&[("make", "exit 2"), ("coqc", "exit 2")])?;
        expect(&stand_ins.run(&["--list-missing"])?, 0, "")?;
        let examples = stand_ins.path().join("proofs/theories/examples/small.v");
        let text = fs::read_to_string(&examples)?;
        let text = text.replace("Example T0_small_holds", "(* Example T0_small_holds *)");
        fs::write(&examples, text.replace("_wrong_two", "_two"))?;
        let output = stand_ins.run(&["--list-missing"])?;
        expect(&output, 1, "")?;
        let listed = String::from_utf8_lossy(&output.stdout).into_owned();
        let wanted = "T0_small: there is no Example T0_small_holds\n\
                      T0_small: 1 of 2 lemmas T0_small_wrong_...\n";
        if listed != wanted {
            return Err(format!("expected {wanted:?}, found {listed:?}").into());
        }
        stand_ins.nothing_left()
    }

    fn bad_arguments() -> Result<(), Failed> {
        let stand_ins = StandIns::new(&[])?;
        let seconds = "expected seconds, from 1 to 999999";
        for (arguments, said) in [
            (&["--limit"][..], format!("--limit: found '', {seconds}")),
            (&["--limit", "0"], format!("--limit: found '0', {seconds}")),
            (
                &["--limit", "-1"],
                format!("--limit: found '-1', {seconds}"),
            ),
            (
                &["--limit", "1h"],
                format!("--limit: found '1h', {seconds}"),
            ),
            (
                &["--limit", "1000000"],
                format!("--limit: found '1000000', {seconds}"),
            ),
            (
                &["--fast"],
                "found '--fast', expected --install, --install-only, --list-missing, --update, \
                 --keep DIR, --reuse-build or --limit SECONDS"
                    .to_owned(),
            ),
        ] {
            expect(&stand_ins.run(arguments)?, 2, &said)?;
        }
        stand_ins.nothing_left()
    }

    /// `make`, which is told to write its process id and to sleep, is gone with the script.
    fn a_signal_ends_all() -> Result<(), Failed> {
        let stand_ins = StandIns::new(&[])?;
        let written = stand_ins.path().join("id");
        let text = format!(
            "#!/bin/sh\necho $$ >'{0}.part'\nmv '{0}.part' '{0}'\n{SLEEP}\n",
            written.display()
        );
        fs::write(stand_ins.path().join("make"), text)?;
        let mut script = stand_ins
            .command(&[])?
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let started = Instant::now();
        while !written.exists() {
            if started.elapsed() > Duration::from_secs(60) || script.try_wait()?.is_some() {
                script.kill().ok();
                return Err("make was not started".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        send("TERM", &script.id().to_string())?;
        let status = script.wait()?;
        if status.code() != Some(143) {
            return Err(format!("expected 143, found {status}").into());
        }
        if send("0", fs::read_to_string(&written)?.trim())? {
            return Err("make is still running".into());
        }
        stand_ins.nothing_left()
    }

    /// Whether the signal could be sent.
    fn send(signal: &str, id: &str) -> Result<bool, Failed> {
        let sent = Command::new("bash")
            .args(["-c", "kill -s \"$0\" \"$1\"", signal, id])
            .stderr(Stdio::null())
            .status()?;
        Ok(sent.success())
    }
}
