//! A law whose work is saved as it goes, and gone on with later.
//!
//! Saved are the states explored and their transitions, the mass of the states at the step that the law is at, and the
//! level that hitting times are at, with all that limits count: who goes on stops where the whole work would have
//! stopped, with the same words. What follows from that (hash tables, sums of values) is made anew.

mod chain;

use super::absorption::{Begun, Point, absorption_from, restore_absorption, save_absorption};
use super::following::{Following, SavedFollowing, restore_law, save_law};
use super::saved::{In, Out, SavedError};
use super::{Absorption, AbsorptionStop, Chain, Explored, Horizon, Law, LawLimits, Stop};
use crate::interrupt;
use crate::problem::{Problem, problem_sha256};
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The form of the bytes. Another number for every change, also of what limits count.
const VERSION: u8 = 1;

/// What is there of the law, or of hitting times.
const NOTHING: u8 = 0;
const BEGUN: u8 = 1;
const FINISHED: u8 = 2;

/// Who saves the work of a [`Resumable`].
pub trait Keeper: Send {
    /// Is it time to save? Asked between levels of states and between steps, that is often: a quick no is what matters.
    fn is_due(&self) -> bool;

    /// Takes what there is to save. Its errors are its own to remember; the work goes on.
    fn keep(&mut self, snapshot: &Snapshot<'_>);
}

/// How far a [`Resumable`] is.
pub struct Snapshot<'a> {
    write: &'a dyn Fn(&mut Out<'_>),
}

impl Snapshot<'_> {
    /// Writes all of it, for [`Resumable::resume`].
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Cost
    /// One look at everything; it is never in memory twice.
    pub fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut out = Out::new(to);
        (self.write)(&mut out);
        out.finish()
    }
}

/// The exact law of SGD at the steps `0..=steps` and its hitting times, saved by a [`Keeper`] as the work goes.
///
/// [`Resumable::chain`] comes first, then [`Resumable::law`] of this chain and [`Resumable::absorption`], one after
/// the other in this order, or both at the same time. What they give is what [`Chain::build_watched`], [`Chain::law`]
/// and [`absorption`](super::absorption()) give, whether or not it is saved, and from wherever it is gone on with.
///
/// Once the law is known, the chain is saved no more. Once the process is asked to end, nothing is.
///
/// # Example
/// ```
/// use filtercert::dynamics::law::{Chain, Horizon, Keeper, Resumable, Snapshot};
/// use filtercert::read_problem;
///
/// struct Always(Vec<Vec<u8>>);
///
/// impl Keeper for Always {
///     fn is_due(&self) -> bool {
///         true
///     }
///
///     fn keep(&mut self, snapshot: &Snapshot<'_>) {
///         let mut bytes = Vec::new();
///         if snapshot.write(&mut bytes).is_ok() {
///             self.0.push(bytes);
///         }
///     }
/// }
///
/// let problem = read_problem("examples/small.toml".as_ref())?;
/// let (limits, mut all, mut none) = (Default::default(), Always(Vec::new()), Always(Vec::new()));
/// let work = Resumable::new(&problem, 6, false, &limits, &mut all);
/// let law = work.law(&work.chain(&mut |_| {})?);
/// assert_eq!(law, Chain::build(&problem, Horizon::Steps(6), false, &limits)?.law(6));
/// // Six levels of states, and the steps from 0 to 6.
/// assert_eq!(all.0.len(), 6 + 7);
/// let again = Resumable::resume(&problem, 6, false, &limits, &all.0[9], &mut none)?;
/// assert_eq!(law, again.law(&again.chain(&mut |_| {})?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Resumable<'p, 'k> {
    problem: &'p Problem,
    steps: u64,
    merge: bool,
    limits: &'p LawLimits,
    /// What the bytes begin with: what they are the law of.
    head: Vec<u8>,
    start: Mutex<Start<'p>>,
    shared: Mutex<Shared<'k>>,
}

/// What to go on from.
#[derive(Default)]
struct Start<'p> {
    chain: Option<Chain<'p>>,
    law: Option<SavedFollowing>,
    absorption: Option<Begun<'p>>,
    absorbed: Option<Result<Absorption, AbsorptionStop>>,
}

/// What the law and hitting times, which may run at the same time, must know of each other to save.
struct Shared<'k> {
    keeper: &'k mut dyn Keeper,
    /// The law, once it is known.
    law: Option<Law>,
    /// What was saved last of hitting times.
    absorption: Vec<u8>,
    /// Was it saved since the keeper got something?
    is_fresh: bool,
}

impl Shared<'_> {
    fn keep(
        &mut self,
        head: &[u8],
        explored: Option<&Explored<'_>>,
        following: Option<&Following<'_>>,
        point: Option<&Point<'_>>,
    ) {
        let (law, absorption) = (&self.law, &self.absorption);
        let write = |out: &mut Out<'_>| {
            out.raw(head);
            out.flag(explored.is_some());
            if let Some(explored) = explored {
                explored.save(out);
            }
            match (following, law) {
                (Some(following), _) => {
                    out.byte(BEGUN);
                    following.save(out);
                }
                (None, Some(law)) => {
                    out.byte(FINISHED);
                    save_law(law, out);
                }
                (None, None) => out.byte(NOTHING),
            }
            match point {
                Some(point) => save_point(point, out),
                None => out.raw(absorption),
            }
        };
        self.keeper.keep(&Snapshot { write: &write });
        self.is_fresh = false;
    }
}

fn save_point(point: &Point<'_>, out: &mut Out<'_>) {
    out.byte(BEGUN);
    point.save(out);
}

/// What this writes.
fn bytes_of(write: impl FnOnce(&mut Out<'_>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut out = Out::new(&mut bytes);
    write(&mut out);
    // Memory says nothing.
    let _ = out.finish();
    bytes
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'p, 'k> Resumable<'p, 'k> {
    /// Nothing is done yet. With `merge`, states are merged whose difference cannot matter.
    pub fn new(
        problem: &'p Problem,
        steps: u64,
        merge: bool,
        limits: &'p LawLimits,
        keeper: &'k mut dyn Keeper,
    ) -> Self {
        let head = bytes_of(|out| {
            out.byte(VERSION);
            out.text(&problem_sha256(problem));
            out.number(steps);
            out.flag(merge);
            out.count(limits.max_states);
            out.count(limits.max_transitions);
            out.number(limits.max_bits);
            out.number(limits.max_words);
            out.number(limits.max_work);
            out.number(limits.max_bytes);
        });
        Resumable {
            problem,
            steps,
            merge,
            limits,
            head,
            start: Mutex::default(),
            shared: Mutex::new(Shared {
                keeper,
                law: None,
                absorption: vec![NOTHING],
                is_fresh: false,
            }),
        }
    }

    /// From what [`Snapshot::write`] wrote of the same problem, steps and limits.
    ///
    /// # Errors
    /// If it is not that. Bytes that were changed are found out only where work could not go on from them: what comes
    /// from elsewhere needs a checksum.
    ///
    /// # Cost
    /// A few looks at every number: a small part of what finding them took.
    pub fn resume(
        problem: &'p Problem,
        steps: u64,
        merge: bool,
        limits: &'p LawLimits,
        saved: &[u8],
        keeper: &'k mut dyn Keeper,
    ) -> Result<Self, SavedError> {
        let work = Self::new(problem, steps, merge, limits, keeper);
        let rest = saved.strip_prefix(&work.head[..]);
        let reason = "it is of another problem, or of other steps or limits, or of another version";
        let mut input = In::new(rest.ok_or(SavedError::new(reason))?);
        let mut start = Start::default();
        if input.flag()? {
            start.chain = Some(Chain::restore(problem, merge, limits, &mut input)?);
        }
        let mut shared = lock(&work.shared);
        match input.byte()? {
            NOTHING => {}
            BEGUN => {
                let no_chain = SavedError::new("a law without its chain");
                let explored = start.chain.as_ref().ok_or(no_chain)?.explored();
                start.law = Some(SavedFollowing::restore(&mut input, &explored, steps)?);
            }
            FINISHED => {
                let filters = problem.n_filters();
                shared.law = Some(restore_law(&mut input, (steps, merge, filters))?);
            }
            _ => return Err(SavedError::new("a law of an unknown kind")),
        }
        shared.absorption = input.rest().to_vec();
        match input.byte()? {
            NOTHING => {}
            BEGUN => start.absorption = Some(Begun::restore(problem, limits, &mut input)?),
            FINISHED => start.absorbed = Some(restore_absorption(&mut input)?),
            _ => return Err(SavedError::new("hitting times of an unknown kind")),
        }
        input.end()?;
        drop(shared);
        *lock(&work.start) = start;
        Ok(work)
    }

    /// The law, if it was known when the work was saved. The chain is then not needed, and would be explored anew.
    pub fn known_law(&self) -> Option<Law> {
        lock(&self.shared).law.clone()
    }

    /// The chain, as [`Chain::build_watched`] gives it; `finished` is told after each step that is explored from here.
    ///
    /// # Errors
    /// As [`Chain::build`].
    ///
    /// # Cost
    /// See [`Chain::build`], less what is saved.
    pub fn chain(&self, finished: &mut dyn FnMut(&Explored<'_>)) -> Result<Chain<'p>, Stop> {
        let begun = lock(&self.start).chain.take();
        let asked = (Horizon::Steps(self.steps), self.merge, self.limits);
        Chain::explore(begun, self.problem, asked, &mut |explored| {
            finished(explored);
            self.when_due(|shared| shared.keep(&self.head, Some(explored), None, None));
        })
    }

    /// The law, as [`Chain::law`] gives it, of the chain that [`Resumable::chain`] gave.
    ///
    /// # Cost
    /// See [`Chain::law`], less what is saved.
    pub fn law(&self, chain: &Chain<'_>) -> Law {
        if let Some(law) = self.known_law() {
            return law;
        }
        let explored = chain.explored();
        let saved = lock(&self.start).law.take();
        let following = match saved.filter(|saved| saved.is_of(&explored)) {
            Some(saved) => Following::from_saved(&explored, saved),
            None => Following::new(&explored),
        };
        // Where not even one step was explored, there is nothing to save.
        let is_worth_it = chain.stopped().is_none_or(|stop| stop.t > 0);
        let law = following.run(self.steps, true, &mut |following| {
            if is_worth_it {
                self.when_due(|shared| {
                    shared.keep(&self.head, Some(&explored), Some(following), None);
                });
            }
        });
        if interrupt::asked().is_none() {
            lock(&self.shared).law = Some(law.clone());
        }
        law
    }

    /// Hitting times, as [`absorption`](super::absorption()) gives them. While the law is not known, they are saved
    /// with it.
    ///
    /// # Errors
    /// As [`absorption`](super::absorption()).
    pub fn absorption(&self) -> Result<Absorption, AbsorptionStop> {
        let mut start = lock(&self.start);
        if let Some(absorbed) = &start.absorbed {
            return absorbed.clone();
        }
        let begun = start.absorption.take();
        drop(start);
        let absorbed = absorption_from(self.problem, self.limits, begun, &mut |point| {
            self.when_due(|shared| {
                if shared.law.is_some() {
                    shared.keep(&self.head, None, None, Some(point));
                } else if !shared.is_fresh {
                    shared.absorption = bytes_of(|out| save_point(point, out));
                    shared.is_fresh = true;
                }
            });
        });
        if interrupt::asked().is_none() {
            lock(&self.shared).absorption = bytes_of(|out| {
                out.byte(FINISHED);
                save_absorption(&absorbed, out);
            });
        }
        absorbed
    }

    /// Saves if it is time, unless the other one is just saving.
    fn when_due(&self, save: impl FnOnce(&mut Shared<'k>)) {
        // What ends now ends at no place of its own: nobody should go on from there.
        if interrupt::asked().is_some() {
            return;
        }
        if let Ok(mut shared) = self.shared.try_lock()
            && shared.keeper.is_due()
        {
            save(&mut shared);
        }
    }
}
