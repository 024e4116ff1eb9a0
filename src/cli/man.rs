//! `man`: the man page, from the definition of the command line.

use super::output::document;
use super::{Failure, Global, Output, definition};
use clap::Args;
use serde_json::json;

/// Print the manual page
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  filtercert man | man -l -")]
pub struct Options {
    /// The page of one command; without it, the page of the program
    command: Option<String>,
}

impl Options {
    pub fn run(&self, global: &Global) -> Result<Output, Failure> {
        let mut root = definition();
        root.build();
        let page = match &self.command {
            None => root,
            Some(name) => {
                let known: Vec<&str> = root.get_subcommands().map(|c| c.get_name()).collect();
                let unknown = format!("no command `{name}`; there are {}", known.join(", "));
                root.find_subcommand(name)
                    .cloned()
                    .ok_or(Failure::Message(unknown))?
            }
        };
        let mut bytes = Vec::new();
        clap_mangen::Man::new(page)
            .render(&mut bytes)
            .map_err(|error| Failure::Message(format!("the manual page: {error}")))?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Output::fine(if global.json {
            document(None, json!({ "page": text }))
        } else {
            text
        }))
    }
}
