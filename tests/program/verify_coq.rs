//! `verify --coq` with a stand-in for `coqc`: what is run, what is not, and that it ends with the program.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A stand-in that notes how it was called, compiles nothing, and accepts every theorem of a certificate.
const OBLIGING: &str = r#"#!/bin/sh
echo "$PWD $*" >> "$CALLS"
for last; do :; done
case "$last" in
  --version) echo "The Coq Proof Assistant, version 0" ;;
  */certificate.v) sed -n 's/^Print Assumptions.*/Closed under the global context/p' "$last" ;;
  *) : > "${last}o" ;;
esac
"#;

struct Place {
    folder: tempfile::TempDir,
    certificate: PathBuf,
}

impl Place {
    fn new(coqc: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("bin")).expect("a folder");
        fs::create_dir(folder.path().join("cache")).expect("a folder");
        let program = folder.path().join("bin/coqc");
        fs::write(&program, coqc).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a program");
        let certificate = folder.path().join("small.cert");
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/small.toml");
        let place = Place {
            folder,
            certificate,
        };
        // The state alone: Coq's checker has it.
        let mut certify = place.command(&["certify"]);
        certify.arg(example).arg("-o").arg(&place.certificate);
        let output = certify
            .args(["--claim", "state"])
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{output:?}");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_filtercert"));
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .args(arguments)
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("CALLS", self.path("calls"))
            .env("XDG_CACHE_HOME", self.path("cache"));
        command
    }

    fn verify(&self, more: &[&str]) -> Output {
        let mut verify = self.command(&["verify", "--coq"]);
        verify.arg(&self.certificate).args(more);
        verify.output().expect("it runs")
    }

    /// How the stand-in was called since the last time.
    fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("calls")).unwrap_or_default();
        let _ = fs::remove_file(self.path("calls"));
        text.lines().map(str::to_owned).collect()
    }

    /// A directory of proofs: the theories of this project, and a Makefile that must not be run.
    fn proofs(&self) -> PathBuf {
        let proofs = self.path("proofs");
        fs::create_dir_all(proofs.join("theories")).expect("a folder");
        let theories = Path::new(env!("CARGO_MANIFEST_DIR")).join("proofs/theories");
        for entry in fs::read_dir(theories).expect("theories").flatten() {
            if entry.path().extension().is_some_and(|e| e == "v") {
                fs::copy(
                    entry.path(),
                    proofs.join("theories").join(entry.file_name()),
                )
                .expect("copied");
            }
        }
        let bad = format!(
            "%:\n\ttouch {0}\n$(shell touch {0})\n",
            self.path("was-run").display()
        );
        for name in ["Makefile", "Makefile.coq", "GNUmakefile"] {
            fs::write(proofs.join(name), &bad).expect("written");
        }
        proofs
    }
}

#[test]
fn nothing_in_the_directory_of_proofs_is_run() {
    let place = Place::new(OBLIGING);
    let proofs = place.proofs();
    // Compiled files that were planted there are not used either.
    for name in ["certificates", "model", "checker"] {
        fs::write(
            proofs.join("theories").join(name).with_extension("vo"),
            "planted",
        )
        .expect("written");
    }
    let proofs = proofs.to_str().expect("UTF-8");
    let output = place.verify(&["--proofs", proofs]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("Print Assumptions: Closed under the global context (1 theorems)"),
        "{said}"
    );
    assert!(String::from_utf8_lossy(&output.stderr).contains("compiling the proofs"));
    assert!(!place.path("was-run").exists());
    let calls = place.calls();
    // The version, seven theories in order, the certificate.
    assert_eq!(calls.len(), 9, "{calls:?}");
    assert!(calls.iter().all(|call| !call.contains(proofs)), "{calls:?}");
    let last = |i: usize| calls[i].rsplit('/').next().expect("a file");
    assert_eq!((last(1), last(7)), ("model.v", "certificates.v"));
    // Compiled once, for one version of Coq.
    let output = place.verify(&[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("compiling"));
    assert_eq!(place.calls().len(), 2);
    let newer = OBLIGING.replace("version 0", "version 1");
    fs::write(place.path("bin/coqc"), newer).expect("written");
    assert_eq!(place.verify(&[]).status.code(), Some(0));
    assert_eq!(place.calls().len(), 9);
}

#[test]
fn other_proofs_are_refused_before_coq_is_asked() {
    let place = Place::new(OBLIGING);
    let proofs = place.proofs();
    let checker = proofs.join("theories/checker.v");
    let text = fs::read_to_string(&checker).expect("a theory");
    // What counts is every byte of what is needed, and nothing else.
    fs::write(proofs.join("theories/lottery.v"), "").expect("written");
    let proofs = proofs.to_str().expect("UTF-8");
    assert_eq!(place.verify(&["--proofs", proofs]).status.code(), Some(0));
    place.calls();
    for other in [
        text.replacen("true", "false", 1),
        format!("{text} "),
        String::new(),
    ] {
        fs::write(&checker, other).expect("written");
        let output = place.verify(&["--proofs", proofs]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("other proofs than this program"), "{said}");
        assert!(said.contains("theories/checker.v differs"), "{said}");
        assert!(place.calls().is_empty());
    }
    fs::remove_file(&checker).expect("removed");
    let output = place.verify(&["--proofs", proofs]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("no theories/checker.v there"), "{said}");
}

/// A cache that others may write is not believed.
#[test]
fn a_cache_of_others_is_not_used() {
    let place = Place::new(OBLIGING);
    let cache = place.path("cache/filtercert");
    fs::create_dir(&cache).expect("a folder");
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).expect("open to all");
    for _ in 0..2 {
        assert_eq!(place.verify(&[]).status.code(), Some(0));
        assert_eq!(place.calls().len(), 9);
    }
    assert_eq!(fs::read_dir(&cache).expect("a folder").count(), 0);
}

fn runs(pid: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status"));
    status.is_ok_and(|text| !text.contains("State:\tZ"))
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whatever ends this program ends `coqc`: a stand-in that would sleep for ten minutes.
#[test]
fn coqc_ends_with_the_program() {
    let has = |name: &str| {
        let path = std::env::var("PATH").unwrap_or_default();
        path.split(':')
            .any(|folder| Path::new(folder).join(name).is_file())
    };
    if !has("setpriv") {
        return;
    }
    let sleeping = "#!/bin/sh\ncase \"$1\" in --version) echo 0; exit ;; esac\n\
                    echo $$ > \"$CALLS\"\nexec sleep 600\n";
    for signal in ["TERM", "INT", "HUP", "KILL", "timeout"] {
        let place = Place::new(sleeping);
        let mut verify = place.command(&["verify", "--coq"]);
        verify.arg(&place.certificate);
        // Signals that whoever started the tests ignores, as `nohup` does, would be ignored by the program.
        let mut before = Command::new("env");
        before.arg("--default-signal=HUP,INT,TERM");
        if signal == "timeout" {
            before.args(["timeout", "3"]);
        }
        before.arg(verify.get_program()).args(verify.get_args());
        before.envs(verify.get_envs().filter_map(|(k, v)| Some((k, v?))));
        let mut verify = before;
        let mut child = verify
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        let mut pid = String::new();
        wait_until("coqc starts", || {
            pid = fs::read_to_string(place.path("calls")).unwrap_or_default();
            pid.ends_with('\n')
        });
        let pid = pid.trim();
        assert!(runs(pid), "{signal}");
        if signal != "timeout" {
            let kill = Command::new("kill")
                .args(["-s", signal, &child.id().to_string()])
                .status();
            assert!(kill.expect("kill runs").success());
        }
        child.wait().expect("it ended");
        wait_until(signal, || !runs(pid));
    }
}
