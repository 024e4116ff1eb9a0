//! `shoot PAGE.html OUT.png WIDTH [dark] [print]`: a picture of a whole page.

use anyhow::{Context, Result, bail};
use filtercert_browser::{Browser, View};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    match shoot() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn shoot() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [page, picture, width, modes @ ..] = arguments.as_slice() else {
        bail!("usage: shoot PAGE.html OUT.png WIDTH [dark] [print]");
    };
    let has = |mode: &str| modes.iter().any(|given| given == mode);
    if let Some(unknown) = modes
        .iter()
        .find(|mode| !["dark", "print"].contains(&mode.as_str()))
    {
        bail!("{unknown} is neither dark nor print");
    }
    let view = View {
        width: width.parse().context("WIDTH is a number of pixels")?,
        print: has("print"),
        dark: has("dark"),
    };
    let png = Browser::start()?.picture(Path::new(page), view)?;
    std::fs::write(picture, png).with_context(|| picture.clone())
}
