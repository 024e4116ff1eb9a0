//! What the simulated runs show of T3, gathered while they run.

/// A run and reported time at which a claim seemed to be violated.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspect {
    /// The run.
    pub run: u64,
    /// The reported step.
    pub t: u64,
    /// The filter.
    pub filter: usize,
    /// The pattern.
    pub coordinate: usize,
}

/// What was gathered over all runs and reported times.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PathwiseObservation {
    /// States looked at: runs times reported times.
    pub states: u64,
    /// Largest difference between a winner's key and `Z(0) + eta r G_y`, as a share of the tolerance.
    pub largest_share: f64,
    /// The first suspect, by run, then time, then place.
    pub suspect: Option<Suspect>,
}
