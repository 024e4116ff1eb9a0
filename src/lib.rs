//! filtercert: an exact checker for a theory of how two-layer convolutional networks learn.
//!
//! # A tour
//! A [`Problem`] is read from a file, or built from its [`Parts`](problem::Parts); it is valid by construction.
//!
//! ```
//! use filtercert::number::{integer, ratio};
//! use filtercert::theory::record::TheoremId;
//! use filtercert::{Expected, audit, check, law, read_problem, simulate, verify, certify};
//!
//! let problem = read_problem("examples/small.toml".as_ref())?;
//!
//! // The assumptions of the theory, exactly, each with a witness if it fails.
//! assert!(audit(&problem).iter().any(|a| a.id.name() == "A1" && a.holds));
//!
//! // The exact expected dynamics: rational numbers at any step.
//! let mut engine = Expected::new(&problem, &Default::default())?;
//! engine.advance_to(12)?;
//! assert!(engine.accuracy()? <= integer(1));
//!
//! // The exact law of SGD, and SGD itself.
//! let exact = law(&problem, 4, &Default::default())?;
//! let runs = simulate(&problem, &filtercert::dynamics::sgd::Simulate::of(&problem), None);
//! assert_eq!((exact.steps, runs.runs), (4, problem.training().runs));
//!
//! // All theorems on this problem: verdicts that name their evidence.
//! let report = check(&problem, &Default::default());
//! let t3 = report.outcomes.iter().find(|o| o.id() == TheoremId::T3).expect("a theorem");
//! assert_eq!(t3.verdict.name(), "holds");
//!
//! // A certificate, and the checker that recomputes it with code of its own.
//! let certificate = certify(&problem, 12)?;
//! assert!(verify(&certificate).claims.iter().all(|claim| claim.is_valid()));
//! # assert_eq!(ratio(1, 2) + ratio(1, 2), integer(1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The rooms
//! Data flows one way. A [`problem`] is read from a file; an engine of [`dynamics`] moves its
//! state; the [`theory`] says what must then be seen; the [`mod@check`] compares the two and gives
//! verdicts; the [`report`] tells them. [`number`] holds the exact arithmetic under all of it.
//!
//! | room | what is in it | knows |
//! |---|---|---|
//! | [`number`] | rationals, matrices, the [`number::Scalar`] trait | nobody |
//! | [`probability`] | tails of binomial laws and walks, exact and enclosed; confidence intervals | `number` |
//! | [`problem`] | dictionary, distribution, network, training; reading and validating files; assumptions A0-A6 | `number` |
//! | [`dynamics`] | the gradient, the exact expected dynamics, the exact law of SGD, the `f64` simulator, the replay | `problem`, `probability`, `number` |
//! | [`theory`] | the theorems, one file each, and the drivers that compare a claim with what is seen | the four above |
//! | [`mod@check`] | runs the theorems on a problem, gathers verdicts into one data model | `theory` and below |
//! | [`mod@audit`] | counterexamples and which assumption a theorem needs, sweeps, conjectures, data as a table | `check` and below |
//! | [`certificate`] | claims that can be checked without trusting the engines: the format, the emitter, the checker (`verify`, which knows `number` and the format only) | `theory` and below |
//! | [`images`] | the experiment on real images: data, the two-layer CNN, SGD in `f32`, claim C6 as a registered experiment, patch dictionaries, planted keys; measured, never proved | nobody |
//! | [`shard`] | work as items with numbers: shards, checkpoints, and putting their files together | `problem` |
//! | [`report`] | all text for people and machines: the verdict table, JSON, Markdown and plots, from that data model | all |
//! | [`interrupt`] | a request to end early, from a limit of time or memory or a signal | nobody |
//!
//! The commands are in the program, not in the library: `src/main.rs` and `src/cli`.
//!
//! Two rules hold everywhere. Exact code never touches `f64`, and an `f64` never decides an exact
//! verdict. A verdict always names its layer of evidence.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod audit;
pub mod certificate;
pub mod check;
pub mod dynamics;
pub mod images;
pub mod interrupt;
pub mod number;
pub mod probability;
pub mod problem;
pub mod report;
pub mod shard;
pub mod theory;

pub use certificate::confirm::certify;
pub use certificate::verify::verify;
pub use check::check;
pub use dynamics::expected::Expected;
pub use dynamics::law::law;
pub use dynamics::sgd::simulate;
pub use problem::assumption::audit;
pub use problem::{Problem, parse_problem, read_problem};
