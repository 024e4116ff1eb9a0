//! The drivers: how a claim meets what is seen. A theorem says what to look at; these say where, how far, and
//! what may be concluded.

mod expected;
mod least;
mod paths;
mod probability;
mod steps;

pub use expected::{
    Walked, Within, along_expected, along_expected_while, denser, gates_stayed_open, started,
};
pub use least::{Certified, NotFound, least_certified};
pub use paths::{
    InNumbers, Number, Survey, Watch, Watcher, along_paths, in_numbers, moves_along, replay,
};
pub use probability::{
    Frequency, Judgement, ProbabilityClaim, SAMPLING_THEOREMS, TOTAL_ERROR, runs_needed, share,
    shown_confidence, too_few_runs,
};
pub use steps::{Snapshot, log_spaced, snapshot, with_events};
