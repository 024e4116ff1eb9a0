//! `completions`: shell completions, from the definition of the command line.

use super::output::document;
use super::{Failure, Global, Output, definition};
use clap::Args;
use clap_complete::Shell;
use serde_json::json;

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  filtercert completions bash > ~/.local/share/bash-completion/completions/filtercert"
)]
pub struct Options {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let mut bytes = Vec::new();
        clap_complete::generate(self.shell, &mut definition(), "filtercert", &mut bytes);
        let script = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Output::fine(if global.json {
            document(
                None,
                json!({ "shell": self.shell.to_string(), "script": script }),
            )
        } else {
            script
        }))
    }
}
