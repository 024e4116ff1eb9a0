//! `look PAGE.html ...`: what is wrong with these pages.

use anyhow::{Context, Result, bail};
use filtercert_browser::Browser;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    match look() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the faults; how many there are.
fn look() -> Result<usize> {
    let pages: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if pages.is_empty() {
        bail!("usage: look PAGE.html ...");
    }
    let found = Browser::start()?.faults_of(&pages);
    let mut count = 0;
    for (page, faults) in pages.iter().zip(found) {
        for fault in faults.with_context(|| page.display().to_string())? {
            println!("{}: {fault}", page.display());
            count += 1;
        }
    }
    Ok(count)
}
