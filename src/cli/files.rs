//! Output files: each is written whole or not at all, and none is written over what the command reads.

use super::Failure;
use super::format::shown;
use filtercert::problem::in_words;
use std::fs::{self, File};
use std::io::{Error, ErrorKind, Result, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What the names of drafts begin and end with; what stands between is random.
const DRAFT: [&str; 2] = [".filtercert-", ".draft"];

/// How often a draft is begun anew that somebody removed.
const ATTEMPTS: usize = 8;

/// Writes a file whole or not at all, as a [`Draft`].
///
/// # Errors
/// What the system says; a file that was there is then as it was.
///
/// # Cost
/// The content, and the list of the folder's files.
pub(super) fn write_whole(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    let mut draft = Draft::begin(path)?;
    draft.write_all(content.as_ref())?;
    draft.finish()
}

/// A file that is being written, whole or not at all: into a new file beside it, which then takes its name. A link is
/// followed; what is no regular file (a pipe, `/dev/stdout`) is written to as it is. An existing file keeps its
/// permissions. Without [`Draft::finish`] nothing is left.
pub(super) enum Draft {
    Beside {
        draft: NamedTempFile,
        real: PathBuf,
        permissions: Option<fs::Permissions>,
    },
    AsItIs(File),
}

impl Draft {
    /// Begins a file; drafts that killed processes left in the folder are removed.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Cost
    /// The list of the folder's files.
    pub(super) fn begin(path: &Path) -> Result<Self> {
        let there = fs::metadata(path).ok();
        if there.as_ref().is_some_and(|there| !there.is_file()) {
            return Ok(Draft::AsItIs(File::create(path)?));
        }
        let real = followed(path)?;
        let folder = real.parent().filter(|p| !p.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        remove_abandoned(folder);
        Ok(Draft::Beside {
            draft: begin(folder)?,
            real,
            permissions: there.map(|there| there.permissions()),
        })
    }

    /// Has all that was written reach the disk, under no name yet: of several files that belong together none takes its
    /// name before each of them is whole.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn sync(&self) -> Result<()> {
        let Draft::Beside {
            draft, permissions, ..
        } = self
        else {
            return Ok(());
        };
        if let Some(permissions) = permissions {
            draft.as_file().set_permissions(permissions.clone())?;
        }
        draft.as_file().sync_all()
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// What the system says; a file that was there is then as it was.
    pub(super) fn finish(self) -> Result<()> {
        self.sync()?;
        if let Draft::Beside { draft, real, .. } = self {
            draft.persist(&real).map_err(|error| error.error)?;
        }
        Ok(())
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        match self {
            Draft::Beside { draft, .. } => draft.write(bytes),
            Draft::AsItIs(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> Result<()> {
        match self {
            Draft::Beside { draft, .. } => draft.flush(),
            Draft::AsItIs(file) => file.flush(),
        }
    }
}

/// The failure to write a file.
pub(super) fn cannot_write(path: &Path, error: &Error) -> Failure {
    let why = in_words(error);
    Failure::Message(format!("{}: cannot be written: {why}", path.display()))
}

/// The file that a path leads to, through links even if it does not exist.
fn followed(path: &Path) -> Result<PathBuf> {
    let mut real = path.to_owned();
    // As many links as Linux follows.
    for _ in 0..40 {
        match fs::read_link(&real) {
            Ok(next) => real = real.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(fs::canonicalize(&real).unwrap_or(real)),
        }
    }
    fs::canonicalize(path)
}

/// A draft, locked as long as it is open: by this [`remove_abandoned`] knows that somebody writes it.
fn begin(folder: &Path) -> Result<NamedTempFile> {
    let mut beside = tempfile::Builder::new();
    beside.prefix(DRAFT[0]).suffix(DRAFT[1]);
    #[cfg(unix)]
    let open = {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file; the mask of the process applies.
        fs::Permissions::from_mode(0o666)
    };
    #[cfg(unix)]
    beside.permissions(open);
    for _ in 0..ATTEMPTS {
        let draft = beside.tempfile_in(folder)?;
        // Without locks nobody removes drafts. With them somebody may have, before this one was locked.
        if draft.as_file().lock().is_err() || draft.path().exists() {
            return Ok(draft);
        }
    }
    let what = format!("drafts in {} are removed by somebody", shown(folder));
    Err(Error::new(ErrorKind::NotFound, what))
}

/// Removes the drafts of processes that were killed while they wrote. What cannot be removed stays.
fn remove_abandoned(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_draft = name.starts_with(DRAFT[0]) && name.ends_with(DRAFT[1]);
        // Opening a pipe would wait for a writer.
        if !is_draft || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        // Whoever writes it holds the lock, which ends with the process.
        if let Ok(draft) = File::open(entry.path())
            && draft.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Removes those of these files that stand in a folder from an earlier run, and says so, a line each.
pub(super) fn remove_earlier(
    folder: &Path,
    names: impl IntoIterator<Item = String>,
    earlier: &str,
) -> std::result::Result<String, Failure> {
    let mut text = String::new();
    for name in names {
        let path = folder.join(name);
        if path.is_file() {
            fs::remove_file(&path).map_err(|error| cannot_write(&path, &error))?;
            text += &format!("removed {}: it is of an earlier {earlier}\n", shown(&path));
        }
    }
    Ok(text)
}

/// Something that a command reads.
pub(super) struct Input {
    name: String,
    identity: Option<Identity>,
}

/// The file behind a name: links and other spellings lead to the same.
#[derive(PartialEq, Eq)]
enum Identity {
    #[cfg(unix)]
    Inode(u64, u64),
    #[cfg(not(unix))]
    Canonical(PathBuf),
}

impl Input {
    /// A file; `-` is standard input, which may be a file too.
    pub(super) fn of(path: &Path) -> Self {
        if path == Path::new("-") {
            return Input {
                name: "standard input".to_owned(),
                identity: standard_input(),
            };
        }
        Input {
            name: shown(path),
            identity: identity(path),
        }
    }
}

/// Refuses outputs that are one of the command's own inputs.
///
/// # Errors
/// Names the output and the input.
pub(super) fn keep_apart<P: AsRef<Path>>(
    outputs: impl IntoIterator<Item = P>,
    inputs: &[Input],
) -> std::result::Result<(), Failure> {
    for output in outputs {
        let output = output.as_ref();
        let Some(found) = identity(output) else {
            continue;
        };
        let same = |input: &&Input| input.identity.as_ref() == Some(&found);
        if let Some(input) = inputs.iter().find(same) {
            return Err(Failure::Message(format!(
                "{}: found the command's own input ({}), expected another file to write to",
                shown(output),
                input.name
            )));
        }
    }
    Ok(())
}

/// `None` for what does not exist or is no regular file: writing there destroys nothing.
fn identity(path: &Path) -> Option<Identity> {
    let there = fs::metadata(path).ok()?;
    #[cfg(unix)]
    return of_metadata(&there);
    #[cfg(not(unix))]
    there
        .is_file()
        .then(|| fs::canonicalize(path).ok().map(Identity::Canonical))
        .flatten()
}

#[cfg(unix)]
fn of_metadata(there: &fs::Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    there
        .is_file()
        .then(|| Identity::Inode(there.dev(), there.ino()))
}

#[cfg(unix)]
fn standard_input() -> Option<Identity> {
    use std::os::fd::AsFd;
    let copy = std::io::stdin().as_fd().try_clone_to_owned().ok()?;
    of_metadata(&File::from(copy).metadata().ok()?)
}

#[cfg(not(unix))]
fn standard_input() -> Option<Identity> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap();
        let names = names.map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_written_whole_or_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        write_whole(&file, "one").unwrap();
        write_whole(&file, "two").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        // Neither a folder in the way nor a missing folder leaves a draft behind.
        assert!(write_whole(folder.path(), "x").is_err());
        assert!(write_whole(&folder.path().join("none/a"), "x").is_err());
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn drafts_of_the_dead_are_removed_and_those_of_the_living_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let living = begin(folder.path()).unwrap();
        let left = folder.path().join(".filtercert-AbCdEf.draft");
        fs::write(&left, "half a fi").unwrap();
        let other = folder.path().join(".filtercert-notes");
        fs::write(&other, "").unwrap();
        write_whole(&folder.path().join("a"), "whole").unwrap();
        assert!(!left.exists());
        assert!(living.path().exists() && other.exists());
        living.persist(folder.path().join("b")).unwrap();
        assert_eq!(names(folder.path()), [".filtercert-notes", "a", "b"]);
    }

    /// Writers of one folder remove each other's drafts at most before they are locked.
    #[test]
    fn writers_of_one_folder_do_not_disturb_each_other() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let folder = folder.path();
                scope.spawn(move || {
                    for round in 0..50 {
                        let file = folder.join(format!("{writer}"));
                        write_whole(&file, format!("{writer} {round}")).unwrap();
                    }
                });
            }
        });
        assert_eq!(names(folder.path()), ["0", "1", "2", "3"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_permissions_kept_and_devices_not_replaced() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let (file, link) = (place("a"), place("b"));
        fs::write(&file, "one").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let plain = place("plain");
        fs::write(&plain, "").unwrap();
        write_whole(&place("new"), "").unwrap();
        assert_eq!(mode(&place("new")), mode(&plain));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        write_whole(&link, "two").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        assert_eq!(mode(&file), 0o640);
        // So is a link to a file that is not there yet; a circle of links is an error.
        symlink("round", place("round")).unwrap();
        assert!(write_whole(&place("round"), "x").is_err());
        fs::create_dir(place("to")).unwrap();
        symlink("to/file", place("ahead")).unwrap();
        write_whole(&place("ahead"), "three").unwrap();
        assert!(fs::symlink_metadata(place("ahead")).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(place("to/file")).unwrap(), "three");
        write_whole(Path::new("/dev/null"), "x").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[cfg(unix)]
    #[test]
    fn an_input_is_known_by_any_of_its_names() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        fs::write(place("in"), "x").unwrap();
        fs::write(place("out"), "x").unwrap();
        symlink("in", place("link")).unwrap();
        fs::hard_link(place("in"), place("hard")).unwrap();
        fs::create_dir(place("sub")).unwrap();
        let inputs = [Input::of(&place("in"))];
        for same in ["in", "link", "hard", "./in", "sub/../in"] {
            let said = keep_apart([place(same)], &inputs).unwrap_err().to_string();
            assert!(said.contains("own input"), "{said}");
        }
        keep_apart([place("out"), place("new"), place("sub")], &inputs).unwrap();
        keep_apart(["/dev/null"], &[Input::of(Path::new("/dev/null"))]).unwrap();
        keep_apart(["new"], &[Input::of(&place("none"))]).unwrap();
    }
}
