//! filtercert: an exact checker for a theory of how two-layer convolutional networks learn.
//!
//! Data flows one way. A [`problem`] is read from a file; an engine of [`dynamics`] moves its
//! state; the [`theory`] says what must then be seen; the [`check`] compares the two and gives
//! verdicts; the [`report`] tells them. [`number`] holds the exact arithmetic under all of it, and
//! [`cli`] is the command line on top.
//!
//! | room | what is in it | knows |
//! |---|---|---|
//! | [`number`] | rationals, matrices, the [`number::Scalar`] trait | nobody |
//! | [`probability`] | tails of binomial laws and walks, exact and enclosed; confidence intervals | `number` |
//! | [`problem`] | dictionary, distribution, network, training; reading and validating files; assumptions A0-A6 | `number` |
//! | [`dynamics`] | the gradient, the exact expected dynamics, the exact law of SGD, the `f64` simulator, the replay | `problem`, `probability`, `number` |
//! | [`theory`] | the theorems, one file each | the four above |
//! | [`check`] | runs the theorems on a problem, gathers verdicts into one data model | `theory`, `dynamics` |
//! | [`certificate`] | claims that can be checked without trusting the engines: the format, the emitter, the checker (`verify`, which knows `number` and the format only) | `theory`, `dynamics` |
//! | [`images`] | the experiment on real images: data, the two-layer CNN, SGD in `f32`, the findings F1-F6, patch dictionaries, planted keys; measured, never proved | nobody |
//! | [`report`] | the verdict table, JSON, Markdown and plots, all from that data model | all |
//! | [`interrupt`] | a request to end early, from a limit of time or memory or a signal | nobody |
//! | [`cli`] | one file a command, exit codes, progress | all |
//!
//! Two rules hold everywhere. Exact code never touches `f64`, and an `f64` never decides an exact
//! verdict. A verdict always names its layer of evidence.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod certificate;
pub mod check;
pub mod cli;
pub mod dynamics;
pub mod images;
pub mod interrupt;
pub mod number;
pub mod probability;
pub mod problem;
pub mod report;
pub mod theory;
