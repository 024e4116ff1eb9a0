//! What the file of a theorem begins with.

pub use super::context::Context;
pub use super::curve::{Curve, Dynamics, Quantity, Value};
pub(crate) use super::record::proofs;
pub use super::record::{Formula, Statement, TheoremId};
pub use super::remark::{Remark, Remarks};
pub use super::theorem::{Claimed, NearMiss};
pub use super::verdict::{Comparison, Figure, Layer, Outcome, Scope, Verdict};
pub use super::violation::Relation::{self, Above, AtLeast, AtMost, Equal};
pub use super::violation::{Clause, Course, Detail, Place, Violation};
pub use crate::number::{Q, integer, ratio};
pub use crate::problem::assumption::AssumptionId::{
    self, A0, A1, A1k, A1kMinus, A2, A3, A4, A5f, A5t, A6, A6prime,
};
pub use crate::problem::assumption::Failing;
pub use crate::problem::model::{Model, outside_of_model};
pub use crate::problem::{Label, Loss, Pooling, Problem, Train};
pub use crate::remark;
