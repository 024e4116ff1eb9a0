//! The Coq proofs, by `proofs/check.sh`. Without Coq this test reports itself as ignored, by name; it
//! is never counted as passed.

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether `coqc` can be run at all; `proofs/check.sh` says what else may be missing.
fn coq_is_there() -> bool {
    Command::new("coqc")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

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
    let name = if coq_is_there() {
        "proofs_check_sh"
    } else {
        "proofs_check_sh (Coq is not installed: proofs/check.sh --install)"
    };
    let trial = Trial::test(name, proofs_pass).with_ignored_flag(!coq_is_there());
    libtest_mimic::run(&arguments, vec![trial]).exit();
}
