//! The expected dynamics: gradient descent on the population loss, in exact arithmetic.
//!
//! [`Expected`] chooses an engine by the problem:
//!
//! | head | gates | activation | pooling | engine |
//! |---|---|---|---|---|
//! | fixed | 0 or 1 | relu, leaky-relu, identity | either | lattice: integers over one constant denominator, jumps from event to event |
//! | trained | 0 or 1 | relu, leaky-relu, identity | sum | fixed-point enclosures decide, exact numbers follow stretch by stretch |
//! | any other | | | | integers over a common denominator, step by step |
//!
//! All of them compute the step of [`super::gradient`] and are tested against it.
//!
//! # Cost
//! With P patterns, n filters and A atoms (none are enumerated for the unhinged loss under sum
//! pooling, nor under max pooling with a generative distribution), an event costs P + A operations
//! for an orthonormal dictionary under sum pooling, n P^2 + A in general, and n A under max pooling.
//! A grows like `C(m - r + K - 1, m - r)` a label.

mod columns;
mod constants;
mod direct;
mod enclosure;
mod gates;
mod general;
mod lattice;
mod pace;
mod spec;
mod trained;

pub use super::limits::{Limits, Stop};

use super::accuracy::{Population, over_denominator};
use super::state::{ScaledState, State};
use crate::number::{Q, Scaled, integer};
use crate::problem::{Label, Loss, Pooling, Problem, Train};
use general::General;
use lattice::LatticeEngine;
use num_bigint::BigInt;
use spec::Spec;
use trained::Trained;

/// The expected dynamics of a problem at one step, moved forward on demand.
///
/// # Example
/// ```
/// use filtercert::{Expected, read_problem};
///
/// let problem = read_problem("examples/balanced.toml".as_ref())?;
/// let mut engine = Expected::new(&problem, &Default::default())?;
/// engine.advance_to(1_000_000)?;
/// let norms = engine.state().norms_squared(&problem);
/// let winner = problem.winners(filtercert::problem::Label::Plus)[0];
/// assert!(norms[winner] >= norms[norms.len() - 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Expected<'p> {
    problem: &'p Problem,
    limits: Limits,
    population: Population<'p>,
    t: u64,
    engine: Engine<'p>,
}

#[derive(Debug, Clone)]
enum Engine<'p> {
    Lattice(Box<LatticeEngine>),
    Trained(Box<Trained>),
    General(Box<General<'p>>),
}

/// The state as integers over one common denominator.
#[derive(Debug, Clone, Copy)]
pub struct IntegerState<'a> {
    /// The common denominator, the same at every step.
    pub denominator: &'a BigInt,
    /// Numerators of the pattern coordinates, n x P, row by row.
    pub weights: &'a [i64],
}

impl<'p> Expected<'p> {
    /// The dynamics at step 0.
    ///
    /// # Errors
    /// [`Stop`] if the distribution is too large for what the loss needs, found before anything is
    /// allocated, or if the state has no representation within `limits`.
    pub fn new(problem: &'p Problem, limits: &Limits) -> Result<Self, Stop> {
        let engine = Self::engine(problem, limits).map_err(|limit| Stop { limit, t: 0 })?;
        Ok(Expected {
            problem,
            limits: limits.clone(),
            population: Population::new(problem),
            t: 0,
            engine,
        })
    }

    fn engine(problem: &'p Problem, limits: &Limits) -> Result<Engine<'p>, String> {
        let training = problem.training();
        if training.loss.has_binary_gate()
            && let Some(slopes) = spec::slopes(&problem.network().activation)
        {
            match training.train {
                Train::Filters => {
                    let spec = Spec::new(problem, slopes, limits.max_bits)?;
                    let weights = problem.network().weights.entries();
                    let z = Scaled::over(spec.denominator.clone(), weights);
                    if let Some(lattice) = LatticeEngine::new(spec, &z.numerators) {
                        return Ok(Engine::Lattice(Box::new(lattice)));
                    }
                }
                Train::FiltersAndHead if problem.network().pooling == Pooling::Sum => {
                    if let Some(trained) = Trained::new(problem)? {
                        return Ok(Engine::Trained(Box::new(trained)));
                    }
                }
                Train::FiltersAndHead => {}
            }
        }
        Ok(Engine::General(Box::new(General::new(problem)?)))
    }

    /// The current step.
    pub fn t(&self) -> u64 {
        self.t
    }

    /// The exact state at the current step.
    ///
    /// # Cost
    /// A few divisions a number, by the small primes of the denominator ([`Denominator`]).
    ///
    /// [`Denominator`]: crate::number::Denominator
    pub fn state(&self) -> State<Q> {
        match &self.engine {
            Engine::Lattice(lattice) => State {
                weights: over_denominator(
                    &lattice.numerators(),
                    lattice.denominator(),
                    self.problem.n_filters(),
                    self.problem.n_patterns(),
                ),
                head: self.problem.network().head.clone(),
            },
            Engine::Trained(trained) => trained.state(),
            Engine::General(general) => general.state(),
        }
    }

    /// The weights as machine integers over one constant denominator, where the engine runs on them
    /// (fixed head, binary gates, piecewise linear activation, and no overflow so far).
    pub fn integers(&self) -> Option<IntegerState<'_>> {
        match &self.engine {
            Engine::Lattice(lattice) => Some(IntegerState {
                denominator: lattice.denominator(),
                weights: lattice.words()?,
            }),
            Engine::Trained(_) | Engine::General(_) => None,
        }
    }

    /// Sum over the steps so far of `E[1(label) g]`, the gate's mass on each label (mu_+ and mu_-).
    pub fn open_mass(&self) -> [Q; 2] {
        let counted = match &self.engine {
            Engine::Lattice(lattice) => lattice.open_mass(),
            Engine::Trained(trained) => trained.open_mass(),
            Engine::General(general) => return general.open_mass(),
        };
        match counted {
            Some((mass, denominator)) => {
                Label::BOTH.map(|y| Q::new(mass[y.index()].clone(), denominator.clone()))
            }
            None => Label::BOTH
                .map(|y| self.problem.distribution().label_probability(y) * integer(self.t)),
        }
    }

    /// Is the gate of every atom open (not 0) at the current state?
    ///
    /// # Errors
    /// [`Stop`] if it cannot be decided within the limits.
    pub fn all_gates_open(&mut self) -> Result<bool, Stop> {
        Ok(self.problem.training().loss == Loss::Unhinged
            || match &self.engine {
                Engine::Lattice(lattice) => lattice.all_open(),
                Engine::Trained(trained) => trained.all_open(),
                Engine::General(general) => general.all_open(),
            })
    }

    /// Moves one step.
    ///
    /// # Errors
    /// [`Stop`] at a limit; the state is then still the one before.
    pub fn step(&mut self) -> Result<(), Stop> {
        self.advance_to(self.t + 1)
    }

    /// Moves to step `t`, jumping over stretches where nothing changes its course; does nothing if
    /// `t` is not ahead.
    ///
    /// # Errors
    /// [`Stop`] at a limit; the state is then the last one that was reached.
    pub fn advance_to(&mut self, t: u64) -> Result<(), Stop> {
        let steps = t.saturating_sub(self.t);
        if steps == 0 {
            return Ok(());
        }
        let result = match &mut self.engine {
            Engine::Lattice(lattice) => lattice.run(self.t, steps, &self.limits).map(|_| ()),
            Engine::Trained(trained) => trained.run(self.t, steps, &self.limits),
            Engine::General(general) => general.run(self.t, steps, &self.limits),
        };
        self.t = result.as_ref().map_or_else(|stop| stop.t, |()| t);
        result
    }

    /// Accuracy `P(y f(X) > 0)` at the current state.
    ///
    /// # Errors
    /// [`Stop`] if the atoms are too many.
    pub fn accuracy(&self) -> Result<Q, Stop> {
        let found = match self.problem.network().pooling {
            Pooling::Sum => self.population.accuracy_under_sum(&self.scaled()),
            Pooling::Max => self.population.accuracy(&self.state()),
        };
        found.map_err(|e| self.stop(e.to_string()))
    }

    /// Population loss at the current state.
    ///
    /// # Errors
    /// [`Stop`] if the atoms are too many.
    pub fn loss(&self) -> Result<Q, Stop> {
        let found = match self.problem.network().pooling {
            Pooling::Sum => self.population.loss_under_sum(&self.scaled()),
            Pooling::Max => self.population.loss(&self.state()),
        };
        found.map_err(|e| self.stop(e.to_string()))
    }

    /// The state as the engine has it, which is not in lowest terms.
    fn scaled(&self) -> ScaledState {
        match &self.engine {
            Engine::Lattice(lattice) => ScaledState {
                weights: Scaled {
                    numerators: lattice.numerators(),
                    denominator: lattice.denominator().clone(),
                },
                head: Scaled::new(&self.problem.network().head),
            },
            Engine::Trained(trained) => trained.scaled(),
            Engine::General(general) => general.scaled(),
        }
    }

    /// The problem.
    pub fn problem(&self) -> &'p Problem {
        self.problem
    }

    fn stop(&self, limit: String) -> Stop {
        Stop { limit, t: self.t }
    }
}
