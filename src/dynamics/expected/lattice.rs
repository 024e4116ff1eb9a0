//! The lattice engine: a fixed head, gates in {0, 1}, a piecewise linear activation.
//!
//! States are integers over one constant denominator. Between events (a coordinate crosses 0, a
//! margin crosses its threshold, the order of activated values changes) the state moves along a
//! straight line, so the number of steps to the next possible event is an integer quotient, and
//! the engine jumps there. It runs in 64-bit integers, moves on to 128-bit and then to arbitrary
//! ones when a bound says that a value might not fit, and never divides by a gcd.

use super::columns::Columns;
use super::direct::Direct;
use super::pace::Exit;
use super::spec::Spec;
use crate::dynamics::limits::{Limits, Stop};
use crate::number::Int;
use num_bigint::BigInt;
use num_traits::Zero;

/// One of the two forms of the engine on one kind of integer.
#[derive(Debug, Clone)]
enum Form<I> {
    Columns(Box<Columns<I>>),
    Direct(Box<Direct<I>>),
}

impl<I: Int> Form<I> {
    fn new(spec: &Spec, z: &[BigInt]) -> Option<Self> {
        if spec.gram.is_none()
            && let Some(columns) = Columns::new(spec, z)
        {
            return Some(Form::Columns(Box::new(columns)));
        }
        Direct::new(spec, z).map(|d| Form::Direct(Box::new(d)))
    }

    fn run(&mut self, steps: u64, passes: &mut u64) -> (u64, Exit) {
        match self {
            Form::Columns(c) => c.run(steps, passes),
            Form::Direct(d) => d.run(steps, passes),
        }
    }

    fn settle(&mut self) {
        if let Form::Columns(c) = self {
            c.settle();
        }
    }

    fn z(&self) -> &[I] {
        match self {
            Form::Columns(c) => c.z(),
            Form::Direct(d) => d.z(),
        }
    }

    fn take_mass(&mut self, total: &mut [BigInt; 2]) {
        let mass = match self {
            Form::Columns(c) => &mut c.mass,
            Form::Direct(d) => &mut d.mass,
        };
        for (total, part) in total.iter_mut().zip(mass) {
            if !part.is_zero() {
                *total += part.to_big();
                *part = I::zero();
            }
        }
    }

    fn all_open(&self) -> bool {
        match self {
            Form::Columns(c) => c.all_open(),
            Form::Direct(d) => d.all_open(),
        }
    }
}

#[derive(Debug, Clone)]
enum Machine {
    Narrow(Form<i64>),
    Wide(Form<i128>),
    Big(Form<BigInt>),
}

macro_rules! on_form {
    ($machine:expr, $form:ident => $body:expr) => {
        match $machine {
            Machine::Narrow($form) => $body,
            Machine::Wide($form) => $body,
            Machine::Big($form) => $body,
        }
    };
}

impl Machine {
    /// The smallest integers, from `level` up, that fit.
    fn new(spec: &Spec, z: &[BigInt], level: u8) -> Option<Self> {
        if level == 0
            && let Some(form) = Form::new(spec, z)
        {
            return Some(Machine::Narrow(form));
        }
        if level <= 1
            && let Some(form) = Form::new(spec, z)
        {
            return Some(Machine::Wide(form));
        }
        Form::new(spec, z).map(Machine::Big)
    }
}

/// The lattice engine with its constants.
#[derive(Debug, Clone)]
pub(super) struct LatticeEngine {
    spec: Spec,
    machine: Machine,
    mass: [BigInt; 2],
}

impl LatticeEngine {
    /// The engine at coordinates `z` over the denominator of `spec`.
    pub(super) fn new(spec: Spec, z: &[BigInt]) -> Option<Self> {
        let machine = Machine::new(&spec, z, 0)?;
        Some(LatticeEngine {
            spec,
            machine,
            mass: [BigInt::zero(), BigInt::zero()],
        })
    }

    pub(super) fn denominator(&self) -> &BigInt {
        &self.spec.denominator
    }

    /// Numerators of the coordinates, n x P.
    pub(super) fn numerators(&self) -> Vec<BigInt> {
        on_form!(&self.machine, form => form.z().iter().map(Int::to_big).collect())
    }

    /// Numerators as machine words, while the engine runs on them.
    pub(super) fn words(&self) -> Option<&[i64]> {
        on_form!(&self.machine, form => Int::words(form.z()))
    }

    /// Sum over the steps of the open mass of each label, as numerator and denominator; `None` if
    /// gates are always open.
    pub(super) fn open_mass(&self) -> Option<(&[BigInt; 2], &BigInt)> {
        self.spec
            .threshold
            .is_some()
            .then_some((&self.mass, &self.spec.weight_denominator))
    }

    pub(super) fn all_open(&self) -> bool {
        on_form!(&self.machine, form => form.all_open())
    }

    /// Moves `steps` steps from step `t`; returns the step reached.
    ///
    /// # Errors
    /// [`Stop`] with the step reached, if the work exceeds the limit.
    pub(super) fn run(&mut self, t: u64, steps: u64, limits: &Limits) -> Result<u64, Stop> {
        let mut done = 0;
        let mut work = limits.max_work;
        loop {
            let limbs = match &self.machine {
                Machine::Narrow(_) => 1,
                Machine::Wide(_) => 2,
                Machine::Big(_) => 20 + self.spec.denominator.bits() / 64,
            };
            let cost = self.spec.pass_cost().saturating_mul(limbs).max(1);
            let allowed = work / cost;
            let mut passes = allowed;
            let (taken, exit) = on_form!(&mut self.machine, form => {
                let result = form.run(steps - done, &mut passes);
                form.settle();
                form.take_mass(&mut self.mass);
                result
            });
            work -= (allowed - passes) * cost;
            done += taken;
            match exit {
                Exit::Finished => return Ok(t + done),
                Exit::OutOfWork => {
                    return Err(Stop {
                        limit: format!(
                            "the estimated work exceeds {} machine operations",
                            limits.max_work
                        ),
                        t: t + done,
                    });
                }
                Exit::Full => {}
                Exit::OutOfRange => {
                    let z = self.numerators();
                    let level = match &self.machine {
                        Machine::Narrow(_) => 1,
                        Machine::Wide(_) | Machine::Big(_) => 2,
                    };
                    if let Some(machine) = Machine::new(&self.spec, &z, level) {
                        self.machine = machine;
                    }
                }
            }
        }
    }
}
