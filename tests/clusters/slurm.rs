//! The Slurm of one node that these tests start.

use super::root;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Where the clients of that Slurm find it.
pub static CONF: OnceLock<PathBuf> = OnceLock::new();

/// The Slurm of these tests.
pub struct Slurm {
    folder: tempfile::TempDir,
}

impl Slurm {
    fn script(&self, what: &str) -> Result<(), String> {
        let mut script = Command::new(root().join("tests/clusters/slurm.sh"));
        script.arg(what).arg(self.folder.path());
        // Its daemons keep what they inherit.
        let said = self.folder.path().join("said");
        let file = fs::File::create(&said).map_err(|error| error.to_string())?;
        let status = script.stdin(Stdio::null()).stdout(Stdio::null());
        let status = status.stderr(file).status();
        if status.is_ok_and(|status| status.success()) {
            return Ok(());
        }
        let said = fs::read_to_string(said).unwrap_or_default();
        Err(said.trim().replace('\n', "; "))
    }

    /// Starts it, or says why it cannot be.
    pub fn start() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let slurm = Slurm { folder };
        slurm.script("start")?;
        let _ = CONF.set(slurm.folder.path().join("slurm.conf"));
        Ok(slurm)
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        if let Err(why) = self.script("stop") {
            eprintln!("Slurm is not stopped: {why}");
        }
    }
}
