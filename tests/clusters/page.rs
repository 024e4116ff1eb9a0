//! docs/clusters.md: the blocks that are run, and whether they show what is printed.

use super::root;
use libtest_mimic::Failed;
use std::fs;
use std::ops::Range;
use std::sync::Mutex;

pub const PAGE: &str = "docs/clusters.md";

/// The page is read, and written anew, by one test at a time.
static LOCK: Mutex<()> = Mutex::new(());

pub fn page() -> Result<Vec<String>, Failed> {
    let text = fs::read_to_string(root().join(PAGE))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// The blocks below such lines: names of sessions, and the lines between the fences.
pub fn blocks(lines: &[String]) -> Result<Vec<(String, Range<usize>)>, Failed> {
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = line.strip_prefix("<!-- tests/clusters.rs: ") else {
            continue;
        };
        let name = name.trim_end_matches(" -->").to_owned();
        let first = at + 2;
        if lines.get(at + 1).map(String::as_str) != Some("```sh-session") {
            return Err(format!("{PAGE}:{first}: expected ```sh-session").into());
        }
        let length = lines[first..].iter().position(|line| line == "```");
        let length = length.ok_or_else(|| format!("{PAGE}:{first}: no end"))?;
        found.push((name, first..first + length));
    }
    Ok(found)
}

/// The commands of a block.
pub fn commands<'a>(lines: &'a [String], block: &Range<usize>) -> Vec<&'a str> {
    let lines = &lines[block.clone()];
    let command = |line: &'a String| line.strip_prefix("$ ");
    lines.iter().filter_map(command).collect()
}

/// A line without what differs from run to run.
pub fn masked(line: &str) -> String {
    for start in [
        "Submitted batch job ",
        "kept: ",
        "stopped: interrupted by signal 2; ",
    ] {
        if let Some(rest) = line.strip_prefix(start) {
            let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ',');
            return format!("{start}N{rest}");
        }
    }
    line.to_owned()
}

/// The first line of a block that differs, given the number of its first line.
pub fn difference(first: usize, shown: &[String], printed: &[String]) -> Option<String> {
    let count = shown.len().max(printed.len());
    let at = (0..count).find(|&i| shown.get(i) != printed.get(i))?;
    let line = |lines: &[String]| lines.get(at).map_or("(nothing)", |l| l).to_owned();
    Some(format!(
        "{PAGE}:{}: CLUSTERS_UPDATE=1 writes it anew\n  shown:   {}\n  printed: {}",
        first + at,
        line(shown),
        line(printed)
    ))
}

/// Writes the blocks of this session anew.
pub fn write(session: &str, printed: &[Vec<String>]) -> Result<(), Failed> {
    let _lock = LOCK.lock().map_err(|_| "another test failed")?;
    let mut lines = page()?;
    let mut all = blocks(&lines)?;
    all.retain(|(name, _)| name == session);
    // From below, so that the places above stay.
    for ((_, block), printed) in all.into_iter().zip(printed).rev() {
        lines.splice(block, printed.iter().cloned());
    }
    fs::write(root().join(PAGE), lines.join("\n") + "\n")?;
    Ok(())
}
