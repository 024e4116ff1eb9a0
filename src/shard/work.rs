//! What a command says of its work.

use super::items::{Items, Shard};
use crate::problem::SourceProblem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// Parts by the numbers of their items.
pub type Parts<P> = BTreeMap<u64, P>;

/// A computation as a list of items.
///
/// The part of an item depends on the problem, [`Work::options`] and the item's number, and on nothing else: not on
/// threads, nor on other items.
pub trait Work: Sync {
    /// What an item gives.
    type Part: Serialize + DeserializeOwned + Clone + Send + Sync;

    /// The command.
    fn command(&self) -> &'static str;

    /// What the items are, in the plural.
    fn unit(&self) -> &'static str;

    /// How many there are.
    fn total(&self) -> u64;

    /// The problem, if the work is on one.
    fn problem(&self) -> Option<&SourceProblem>;

    /// All options that the parts, or what is made of them, depend on.
    fn options(&self) -> Value;

    /// What no part depends on but whoever puts parts together may need: where data are found, words of the command line.
    fn aside(&self) -> Value {
        Value::Null
    }

    /// The seed of the items' random streams, if they have some.
    fn seed(&self) -> Option<u64>;

    /// The items of a shard.
    fn shared(&self, shard: Shard) -> Items;

    /// Items from this number on change nothing any more, given these parts; at most [`Work::total`].
    fn needed(&self, _parts: &Parts<Self::Part>) -> u64 {
        self.total()
    }

    /// Does these items, as far as they are needed given what they give, and hands over each part as it is there, from
    /// any thread, in any order. It ends early where it is [asked](crate::interrupt) to.
    ///
    /// # Errors
    /// Why it cannot go on, in words.
    fn perform(&self, items: &Items, done: &(dyn Fn(u64, Self::Part) + Sync))
    -> Result<(), String>;

    /// The items of a list that are needed and have no part.
    fn missing(&self, items: &Items, parts: &Parts<Self::Part>) -> Items {
        let needed = self.needed(parts);
        let open = items.iter().filter(|item| *item < needed);
        Items::of(open.filter(|item| !parts.contains_key(item)))
    }
}
