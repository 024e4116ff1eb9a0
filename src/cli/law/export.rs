//! `law --export`: the chain as a model file, and its properties beside it.

use super::super::Failure;
use super::super::files::{Draft, Input, cannot_write, keep_apart};
use super::super::format::shown;
use filtercert::dynamics::law::{Chain, ExportError};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How the names of the two files end.
const ENDS: [&str; 2] = ["umb", "props"];

/// The model file and the property file, begun before anything is computed: a folder that cannot be
/// written to is told at once.
pub(super) struct Export([(PathBuf, Draft); 2]);

impl Export {
    /// The two files, given the name of the first.
    ///
    /// # Errors
    /// A name that does not end in `.umb`, and outputs that are the command's own input.
    pub(super) fn names(model: &Path, inputs: &[Input]) -> Result<[PathBuf; 2], Failure> {
        if model.extension().is_none_or(|end| end != ENDS[0]) {
            return Err(Failure::Message(format!(
                "--export: found {}, expected a file name that ends in .{}",
                shown(model),
                ENDS[0]
            )));
        }
        let names = ENDS.map(|end| model.with_extension(end));
        keep_apart(&names, inputs)?;
        Ok(names)
    }

    /// Begins both files.
    ///
    /// # Errors
    /// Names the file that cannot be written.
    pub(super) fn begin(names: [PathBuf; 2]) -> Result<Self, Failure> {
        let begin = |path: PathBuf| match Draft::begin(&path) {
            Ok(draft) => Ok((path, draft)),
            Err(error) => Err(cannot_write(&path, &error)),
        };
        let [model, properties] = names;
        Ok(Export([begin(model)?, begin(properties)?]))
    }

    /// Writes both files, the properties at this step, and returns the names; or, where the process is asked to end, neither, and
    /// the limit in words.
    ///
    /// # Errors
    /// Names the file that cannot be written.
    pub(super) fn write(
        self,
        chain: &Chain<'_>,
        steps: u64,
    ) -> Result<Result<[PathBuf; 2], String>, Failure> {
        let [(model, mut binary), (properties, mut text)] = self.0;
        match chain.write_umb(&mut binary) {
            Ok(()) => {}
            Err(ExportError::Stopped(limit)) => {
                return Ok(Err(format!("{}: not written: {limit}", shown(&model))));
            }
            Err(ExportError::Io(error)) => return Err(cannot_write(&model, &error)),
            Err(error) => return Err(Failure::Message(format!("{}: {error}", shown(&model)))),
        }
        let content = chain.properties(steps);
        let written = text.write_all(content.as_bytes());
        let written = written.and_then(|()| text.sync());
        written.map_err(|error| cannot_write(&properties, &error))?;
        // The model takes its name when both files are whole.
        let written = binary.finish();
        written.map_err(|error| cannot_write(&model, &error))?;
        let written = text.finish();
        written.map_err(|error| cannot_write(&properties, &error))?;
        Ok(Ok([model, properties]))
    }
}
