//! A chain as a model file for probabilistic model checkers, so that an engine that shares no code with this one can
//! check its law.
//!
//! # What is in it
//! - The states in the order of their numbers, and one branch for each transition, by target, with its probability as
//!   a reduced fraction.
//! - Labels: `perfect`, accuracy is 1; `settled`, every gate is closed; `unexplored`, see below.
//! - Of each state its accuracy and, unless states are merged, the squared norm of each filter: as variables
//!   (`accuracy`, `norm_squared_J`) and as rewards of the same names, whose expectation at a step is that of the law.
//! - Where nothing is unexplored, the reward `steps`, 1 in every state: what gathers before accuracy is 1 is the
//!   hitting time.
//!
//! # The horizon
//! A chain that was explored for T steps does not know how the states that take T steps to reach go on. The file
//! has them stay where they are, with the label `unexplored`. A path is in no such state before step T, so what a
//! property says of the steps `0..=T` is exact. Of later steps it says nothing; `F "perfect"` without a bound is
//! a lower bound of the probability of ever reaching accuracy 1, and `F ("perfect" | "unexplored")` an upper one.

use super::Chain;
use super::space::key;
use super::umb::{Archive, ExportError, Fractions, go_on};
use crate::number::Q;
use crate::problem::problem_sha256;
use foldhash::fast::FixedState;
use num_bigint::BigInt;
use num_traits::One;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::io::Write;

/// The labels of states, and what they mean.
const LABELS: [(&str, &str); 3] = [
    ("perfect", "accuracy is 1: every margin is greater than 0"),
    ("settled", "every gate is closed: nothing moves any more"),
    (
        "unexplored",
        "how the chain goes on from here is not known; it stays",
    ),
];

/// The squared norms of all states: distinct values, and a row of their ids for each state.
struct Norms {
    values: Fractions,
    ids: Vec<u32>,
    filters: usize,
}

impl Norms {
    /// `None` in a merged chain, whose states have no norms of their own.
    fn of(chain: &Chain<'_>) -> Result<Option<Self>, ExportError> {
        if chain.is_merged {
            return Ok(None);
        }
        let filters = chain.problem.n_filters();
        let mut known: HashMap<Vec<BigInt>, u32, FixedState> = HashMap::default();
        let mut values = Vec::new();
        let mut ids = Vec::with_capacity(chain.n_states() * filters);
        for s in 0..chain.n_states() {
            go_on()?;
            let Some(norms) = chain.norms_squared(s) else {
                return Ok(None);
            };
            for norm in norms {
                let next = values.len() as u32;
                let id = *known.entry(key([&norm])).or_insert(next);
                if id == next {
                    values.push(norm);
                }
                ids.push(id);
            }
        }
        drop(known);
        Ok(Some(Norms {
            values: Fractions::new(&values),
            ids,
            filters,
        }))
    }

    fn bytes(&self, state: usize, filter: usize) -> &[u8] {
        self.values
            .bytes(self.ids[state * self.filters + filter] as usize)
    }
}

/// The weight of the branch of an unexplored state to itself.
const STAYS: u32 = u32::MAX;

/// The probabilities of all branches: distinct values, and the place of each weight of the chain among them.
struct Probabilities {
    values: Fractions,
    places: Vec<usize>,
}

impl Probabilities {
    fn of(chain: &Chain<'_>) -> Self {
        let weights = chain.space().weights();
        let total = BigInt::from(weights.total().clone());
        // Of unexplored states.
        let mut values = vec![Q::one()];
        let mut places = Vec::new();
        for s in (0..chain.n_states()).filter(|&s| chain.graph.is_expanded(s)) {
            for (_, weight) in chain.graph.transitions(s as u32) {
                if places.len() <= weight as usize {
                    places.resize(weight as usize + 1, 0);
                }
                let place = &mut places[weight as usize];
                if *place == 0 {
                    *place = values.len();
                    let numerator = weights.value(weight).clone();
                    values.push(Q::new(numerator.into(), total.clone()));
                }
            }
        }
        Probabilities {
            values: Fractions::new(&values),
            places,
        }
    }

    fn bytes(&self, weight: u32) -> &[u8] {
        let place = match weight {
            STAYS => 0,
            weight => self.places[weight as usize],
        };
        self.values.bytes(place)
    }
}

/// What the index says of a chain.
struct Contents {
    states: usize,
    branches: usize,
    probabilities: Probabilities,
    accuracies: Fractions,
    norms: Option<Norms>,
    /// The value of the reward `steps`, if the chain has it.
    step: Option<Fractions>,
}

impl Contents {
    /// The variables of a state, which are its rewards too: name and fractions.
    fn variables(&self) -> Vec<(String, &Fractions)> {
        let norms = self.norms.iter();
        let norms =
            norms.flat_map(|norms| (0..norms.filters).map(|j| (norm_name(j), &norms.values)));
        std::iter::once(("accuracy".to_owned(), &self.accuracies))
            .chain(norms)
            .collect()
    }
}

/// The name of a filter's squared norm.
pub(super) fn norm_name(filter: usize) -> String {
    format!("norm_squared_{filter}")
}

impl Chain<'_> {
    /// Are the transitions of all states known? Then the law follows for all steps.
    pub(super) fn is_whole(&self) -> bool {
        self.graph.last_step().is_none()
    }

    /// Writes the chain in UMB, the format that Storm, PRISM and Modest share. What was not explored
    /// stays where it is and has the label `unexplored`. Equal chains give equal bytes.
    ///
    /// # Errors
    /// What the system says, or [`ExportError::Stopped`] where the process is asked to end.
    ///
    /// # Cost
    /// One sort of the transitions of each state for each of two arrays, one gcd for each distinct probability, and
    /// in a chain that is not merged n P additions and n gcds a state for the norms, or n P products in the engine of rationals. The file is streamed; memory
    /// is 4 n bytes a state and the distinct fractions.
    ///
    /// # Example
    /// ```
    /// use filtercert::dynamics::law::{Chain, Horizon};
    /// use filtercert::read_problem;
    ///
    /// let problem = read_problem("examples/small.toml".as_ref())?;
    /// let chain = Chain::build(&problem, Horizon::Steps(6), false, &Default::default())?;
    /// let mut file = Vec::new();
    /// chain.write_umb(&mut file)?;
    /// assert!(file.starts_with(&[0x1f, 0x8b]));
    /// assert!(chain.properties(6).contains("P=? [F[6,6] \"perfect\"]"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_umb(&self, out: impl Write) -> Result<(), ExportError> {
        let contents = self.contents()?;
        let n = contents.states;
        let mut archive = Archive::new(out);
        archive.file(
            "index.json",
            format!("{:#}\n", self.index(&contents)).as_bytes(),
        )?;
        let mut first = 0;
        archive.array("choice-to-branches.bin", (n + 1) * 8, n + 1, |s, bytes| {
            bytes.extend(u64::to_le_bytes(first));
            if s < n {
                first += self.branches(s).len() as u64;
            }
        })?;
        let size = contents.branches * 8;
        archive.array("branch-to-target.bin", size, n, |s, bytes| {
            let targets = self.branches(s).into_iter().map(|(target, _)| target);
            bytes.extend(targets.flat_map(|target| u64::from(target).to_le_bytes()));
        })?;
        let probabilities = &contents.probabilities;
        let size = contents.branches * probabilities.values.width();
        archive.array("branch-to-probability.bin", size, n, |s, bytes| {
            for (_, weight) in self.branches(s) {
                bytes.extend_from_slice(probabilities.bytes(weight));
            }
        })?;
        archive.bits("state-is-initial.bin", n, |s| s == 0)?;
        self.write_labels(&mut archive)?;
        self.write_values(&mut archive, &contents)?;
        archive.finish()
    }

    fn contents(&self) -> Result<Contents, ExportError> {
        let states = self.n_states();
        let unexplored = (0..states).filter(|&s| !self.graph.is_expanded(s)).count();
        let accuracies = self.space().accuracies();
        let accuracies = (0..accuracies.len() as u32).map(|id| accuracies.value(id));
        Ok(Contents {
            states,
            branches: self.n_transitions() + unexplored,
            probabilities: Probabilities::of(self),
            accuracies: Fractions::new(&accuracies.collect::<Vec<_>>()),
            norms: Norms::of(self)?,
            step: self.is_whole().then(|| Fractions::new(&[Q::one()])),
        })
    }

    /// The branches of a state, by target, with their weights.
    fn branches(&self, s: usize) -> Vec<(u32, u32)> {
        if !self.graph.is_expanded(s) {
            return vec![(s as u32, STAYS)];
        }
        let mut branches: Vec<(u32, u32)> = self.graph.transitions(s as u32).collect();
        branches.sort_unstable();
        branches
    }

    fn index(&self, contents: &Contents) -> Value {
        let of_states = |kind: Value, description: &str| json!({"description": description, "applies-to": ["states"], "type": kind});
        let labels: Map<String, Value> = LABELS
            .iter()
            .map(|(name, description)| {
                let label = of_states(json!({"type": "bool", "size": 1}), description);
                (name.to_string(), label)
            })
            .collect();
        let variables = contents.variables();
        let rewards = variables.iter().map(|(name, values)| {
            let reward = of_states(
                values.kind(),
                "of the state; its expectation at a step is that of the law",
            );
            (name.clone(), reward)
        });
        let step = contents.step.iter().map(|one| {
            let reward = of_states(
                one.kind(),
                "1; what gathers before accuracy is 1 is the hitting time",
            );
            ("steps".to_owned(), reward)
        });
        let rewards: Map<String, Value> = rewards.chain(step).collect();
        let variables: Vec<Value> = variables
            .iter()
            .map(|(name, values)| json!({"name": name, "type": values.kind()}))
            .collect();
        json!({
            "format-version": 0,
            "format-revision": 0,
            "model-data": {
                "name": self.problem.name(),
                "description": "SGD on a finite distribution as a Markov chain",
            },
            "file-data": {
                "tool": env!("CARGO_PKG_NAME"),
                "tool-version": env!("CARGO_PKG_VERSION"),
                "parameters": {
                    "problem_sha256": problem_sha256(self.problem),
                    "merged": self.is_merged,
                    "explored_steps": self.graph.last_step(),
                },
            },
            "transition-system": {
                "time": "discrete",
                "#players": 0,
                "#states": contents.states,
                "#initial-states": 1,
                "#choices": contents.states,
                "#choice-actions": 0,
                "#branches": contents.branches,
                "#branch-actions": 0,
                "#observations": 0,
                "branch-probability-type": contents.probabilities.values.kind(),
            },
            "annotations": {"aps": labels, "rewards": rewards},
            "valuations": {"states": {"unique": false, "classes": [{"variables": variables}]}},
        })
    }

    fn write_labels(&self, archive: &mut Archive<impl Write>) -> Result<(), ExportError> {
        let holds = |label: usize, s: usize| match label {
            0 => self.is_perfect(s),
            1 => self.is_settled(s),
            _ => !self.graph.is_expanded(s),
        };
        for (label, (name, _)) in LABELS.iter().enumerate() {
            let file = format!("annotations/aps/{name}/states/values.bin");
            archive.bits(&file, self.n_states(), |s| holds(label, s))?;
        }
        Ok(())
    }

    /// The values of the states: as rewards, variable by variable, and as valuations, state by state.
    fn write_values(
        &self,
        archive: &mut Archive<impl Write>,
        contents: &Contents,
    ) -> Result<(), ExportError> {
        let n = contents.states;
        let space = self.space();
        // Variable 0 is the accuracy, the others are norms.
        let value = |s: usize, variable: usize| match &contents.norms {
            Some(norms) if variable > 0 => norms.bytes(s, variable - 1),
            _ => contents.accuracies.bytes(space.accuracy(s as u32) as usize),
        };
        let variables = contents.variables();
        for (variable, (name, values)) in variables.iter().enumerate() {
            let file = format!("annotations/rewards/{name}/states/values.bin");
            archive.array(&file, n * values.width(), n, |s, bytes| {
                bytes.extend_from_slice(value(s, variable));
            })?;
        }
        if let Some(one) = &contents.step {
            let file = "annotations/rewards/steps/states/values.bin";
            archive.array(file, n * one.width(), n, |_, bytes| {
                bytes.extend_from_slice(one.bytes(0));
            })?;
        }
        let width: usize = variables.iter().map(|(_, values)| values.width()).sum();
        archive.array(
            "valuations/states/valuations.bin",
            n * width,
            n,
            |s, bytes| {
                for variable in 0..variables.len() {
                    bytes.extend_from_slice(value(s, variable));
                }
            },
        )
    }
}
