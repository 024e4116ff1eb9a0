//! The proofs that Coq checks certificates with: their sources are part of this program, and Coq is given
//! no others. Nothing in a directory of proofs is run, neither its Makefile nor what was compiled there.

use super::child::run;
use super::format::sha256;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Debian's packages with everything that the proofs need.
pub const PACKAGES: &str = "coq libcoq-mathcomp-algebra-tactics";

/// How long compiling the proofs may take, which happens once.
const LIMIT: Duration = Duration::from_secs(1_800);

/// How long `coqc` may take to say its version.
const SHORT: Duration = Duration::from_secs(60);

/// What the names of folders begin with in which theories are being compiled.
const DRAFT: &str = ".filtercert-coq-";

macro_rules! theories {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!("../../proofs/theories/", $name, ".v")))),*]
    };
}

/// What `certificates.v` needs, and itself: each needs only those before it.
const THEORIES: [(&str, &str); 7] = theories!(
    "model",
    "facts",
    "pathwise",
    "mistake_bound_sharp",
    "mistake_bound",
    "checker",
    "certificates"
);

/// SHA-256 of the proofs that certificates are checked with: of their texts one after the other, each
/// after its name and a newline.
pub fn digest() -> String {
    let texts = THEORIES.map(|(name, text)| format!("{name}.v\n{text}"));
    sha256(&texts.concat())
}

/// Is this a directory with the proofs of this program?
///
/// # Errors
/// The first file that differs or cannot be read.
pub fn compare(proofs: &Path) -> Result<(), String> {
    for (name, own) in THEORIES {
        let file = Path::new("theories").join(name).with_extension("v");
        let at = || file.display();
        // A file that never ends is longer.
        let read = |path: &Path| {
            use std::io::Read;
            let mut text = Vec::new();
            let most = own.len() as u64 + 1;
            fs::File::open(path)?.take(most).read_to_end(&mut text)?;
            Ok::<_, std::io::Error>(text)
        };
        let whole = proofs.join(&file);
        if !whole.is_file() {
            return Err(format!(
                "{}: no {} there; --proofs DIR names a directory of proofs",
                proofs.display(),
                at()
            ));
        }
        let found = read(&whole)
            .map_err(|error| format!("{}: {} cannot be read: {error}", proofs.display(), at()))?;
        if found != own.as_bytes() {
            return Err(format!(
                "{} has other proofs than this program, which has those of SHA-256 {}: {} differs",
                proofs.display(),
                digest(),
                at()
            ));
        }
    }
    Ok(())
}

/// Compiled proofs: a folder of the user's cache, or a temporary one where there is no cache.
pub(super) struct Compiled {
    folder: PathBuf,
    temporary: Option<tempfile::TempDir>,
}

impl Compiled {
    /// The compiled proofs; if they have to be compiled first, `compiling` is called before that.
    ///
    /// # Errors
    /// Coq is missing, a theory does not compile, or nothing can be written.
    ///
    /// # Cost
    /// The first time about 15 seconds, at most half an hour.
    pub fn get(compiling: impl FnOnce()) -> Result<Self, String> {
        let version = coqc(&[OsStr::new("--version")], SHORT)?;
        let key = sha256(&format!("{}\n{}", digest(), version.said));
        let place = cache().map(|cache| cache.join(format!("proofs-{key}")));
        if let Some(folder) = place.as_ref().filter(|folder| folder.is_dir()) {
            return Ok(Compiled {
                folder: folder.clone(),
                temporary: None,
            });
        }
        compiling();
        let mut beside = tempfile::Builder::new();
        beside.prefix(DRAFT);
        let draft = match place.as_deref().and_then(Path::parent) {
            Some(cache) => {
                remove_abandoned(cache);
                beside.tempdir_in(cache)
            }
            None => beside.tempdir(),
        };
        let draft = draft.map_err(|error| format!("no temporary directory: {error}"))?;
        compile(draft.path())?;
        let Some(place) = place else {
            return Ok(Compiled {
                folder: draft.path().to_owned(),
                temporary: Some(draft),
            });
        };
        // Somebody else may have been faster.
        Ok(match fs::rename(draft.path(), &place) {
            Ok(()) => {
                let _ = draft.keep();
                Compiled {
                    folder: place,
                    temporary: None,
                }
            }
            Err(_) => Compiled {
                folder: draft.path().to_owned(),
                temporary: Some(draft),
            },
        })
    }

    /// The folder with the compiled theories.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes them where they are kept: they do not fit what else is installed. Says whether they were
    /// kept.
    pub fn forget(self) -> bool {
        self.temporary.is_none() && fs::remove_dir_all(&self.folder).is_ok()
    }
}

/// Removes what killed processes left in the cache: folders older than compiling may take.
fn remove_abandoned(cache: &Path) {
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        let is_draft = entry.file_name().to_string_lossy().starts_with(DRAFT);
        if is_draft && age().is_some_and(|age| age > LIMIT + SHORT) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Writes the theories into a folder and compiles them there.
fn compile(folder: &Path) -> Result<(), String> {
    let start = std::time::Instant::now();
    for (name, text) in THEORIES {
        let file = folder.join(name).with_extension("v");
        fs::write(&file, text)
            .map_err(|error| format!("{}: cannot be written: {error}", file.display()))?;
        let left = LIMIT.saturating_sub(start.elapsed());
        let ran = coqc(&arguments(folder, &file), left)?;
        match ran.status {
            Some(status) if status.success() => {}
            Some(_) => return Err(format!("the proofs do not compile: {}", ran.errors.trim())),
            None => {
                let limit = LIMIT.as_secs();
                return Err(format!(
                    "compiling the proofs was stopped after {limit} seconds"
                ));
            }
        }
    }
    Ok(())
}

/// The arguments with which `coqc` takes a file that needs the theories in a folder.
pub(super) fn arguments<'a>(folder: &'a Path, file: &'a Path) -> [&'a OsStr; 7] {
    [
        OsStr::new("-q"),
        OsStr::new("-Q"),
        folder.as_os_str(),
        OsStr::new("filtercert"),
        OsStr::new("-w"),
        OsStr::new("-notation-overridden,-ambiguous-paths"),
        file.as_os_str(),
    ]
}

/// Runs `coqc`.
pub(super) fn coqc(arguments: &[&OsStr], limit: Duration) -> Result<super::child::Ran, String> {
    let missing = format!("on Debian: apt-get install --no-install-recommends {PACKAGES}");
    run("coqc", arguments, limit, &missing)
}

/// The folder of this program in the user's cache; `None` if there is none that is the user's alone.
fn cache() -> Option<PathBuf> {
    let named = |name: &str| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let base = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")))?;
    let folder = base.join("filtercert");
    create_private(&folder).ok()?;
    is_private(&folder).then_some(folder)
}

#[cfg(unix)]
fn create_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder)
}

/// What others could have written there would be believed.
#[cfg(unix)]
fn is_private(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(folder).is_ok_and(|there| {
        there.uid() == rustix::process::geteuid().as_raw() && there.mode() & 0o022 == 0
    })
}

#[cfg(not(unix))]
fn create_private(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(not(unix))]
fn is_private(_folder: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_theory_needs_only_those_before_it() {
        for (place, (name, text)) in THEORIES.iter().enumerate() {
            let own = text.lines().filter_map(|line| {
                let needed = line
                    .trim()
                    .strip_prefix("From filtercert Require Import ")?;
                Some(needed.trim_end_matches('.').split_whitespace())
            });
            for needed in own.flatten() {
                let before = THEORIES[..place].iter().any(|(name, _)| *name == needed);
                assert!(before, "{name} needs {needed}");
            }
        }
    }

    #[test]
    fn other_proofs_are_refused() {
        let proofs = Path::new(env!("CARGO_MANIFEST_DIR")).join("proofs");
        assert_eq!(compare(&proofs), Ok(()));
        let folder = tempfile::tempdir().unwrap();
        let said = compare(folder.path()).unwrap_err();
        assert!(said.contains("no theories/model.v there"), "{said}");
        fs::create_dir(folder.path().join("theories")).unwrap();
        for (name, text) in THEORIES {
            let file = folder
                .path()
                .join("theories")
                .join(name)
                .with_extension("v");
            fs::write(&file, text).unwrap();
        }
        assert_eq!(compare(folder.path()), Ok(()));
        for (name, text) in THEORIES {
            let file = folder
                .path()
                .join("theories")
                .join(name)
                .with_extension("v");
            for other in [
                format!("{text}\n"),
                format!("{}x", &text[..text.len() - 1]),
                text[1..].to_owned(),
            ] {
                fs::write(&file, other).unwrap();
                let said = compare(folder.path()).unwrap_err();
                assert!(said.ends_with(&format!("{name}.v differs")), "{said}");
            }
            fs::write(&file, text).unwrap();
        }
    }
}
