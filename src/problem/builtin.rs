//! The problems that are compiled in: the first four files of `examples/`.

use super::error::ProblemError;
use super::read::SourceProblem;
use super::source::Format;

/// A problem that every copy of the program carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builtin {
    /// Unhinged loss, fixed head, all assumptions hold.
    Default,
    /// Hinge loss, fixed head.
    Hinge,
    /// Filters and head are trained.
    TrainedHead,
    /// Max pooling, hinge loss.
    MaxPooling,
}

impl Builtin {
    /// All of them, the default first.
    pub const ALL: [Builtin; 4] = [
        Builtin::Default,
        Builtin::Hinge,
        Builtin::TrainedHead,
        Builtin::MaxPooling,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Builtin::Default => "default",
            Builtin::Hinge => "hinge",
            Builtin::TrainedHead => "trained-head",
            Builtin::MaxPooling => "max-pooling",
        }
    }

    /// The file it was compiled from.
    pub fn file(self) -> &'static str {
        match self {
            Builtin::Default => "examples/balanced.toml",
            Builtin::Hinge => "examples/hinge.toml",
            Builtin::TrainedHead => "examples/trained-head.toml",
            Builtin::MaxPooling => "examples/max-pooling.toml",
        }
    }

    /// The text of that file.
    pub fn text(self) -> &'static str {
        match self {
            Builtin::Default => include_str!("../../examples/balanced.toml"),
            Builtin::Hinge => include_str!("../../examples/hinge.toml"),
            Builtin::TrainedHead => include_str!("../../examples/trained-head.toml"),
            Builtin::MaxPooling => include_str!("../../examples/max-pooling.toml"),
        }
    }

    /// The problem.
    ///
    /// # Errors
    /// None in a released program: a test reads all four.
    pub fn read(self) -> Result<SourceProblem, ProblemError> {
        SourceProblem::parse(self.file(), self.text(), Format::Toml)
    }
}
