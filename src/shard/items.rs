//! Sets of item numbers, and which of them a shard has.

use crate::number::parse_integer;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Most shards that work is cut into.
const MAX_SHARDS: u64 = 100_000;

/// One of N equal shares of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    number: u64,
    of: u64,
}

impl Shard {
    /// The whole work: shard 1 of 1.
    pub const WHOLE: Shard = Shard { number: 1, of: 1 };

    /// Shard `number` of `of`; `None` unless `1 <= number <= of <= 100,000`.
    pub fn new(number: u64, of: u64) -> Option<Self> {
        (1 <= number && number <= of && of <= MAX_SHARDS).then_some(Shard { number, of })
    }

    /// Neighbouring items, as many as the other shards have or one more: for items of equal cost.
    pub fn neighbours(self, total: u64) -> Items {
        let end = |number: u64| {
            let product = u128::from(total) * u128::from(number);
            (product / u128::from(self.of)) as u64
        };
        let (first, end) = (end(self.number - 1), end(self.number));
        Items::from_range(first, end)
    }

    /// Every N-th item: for items that are done in order and may end early.
    pub fn in_turn(self, total: u64) -> Items {
        let first = self.number - 1;
        let count = total.saturating_sub(first).div_ceil(self.of);
        Items::new(vec![Progression {
            first,
            every: self.of,
            count,
        }])
    }

    /// Items dealt in the order of their estimated cost, the dearest first.
    ///
    /// # Cost
    /// One sort of the costs.
    pub fn dealt(self, costs: &[u64]) -> Items {
        let mut order: Vec<u64> = (0..costs.len() as u64).collect();
        order.sort_by_key(|&item| std::cmp::Reverse(costs[item as usize]));
        let own = order.iter().skip((self.number - 1) as usize);
        let mut own: Vec<u64> = own.step_by(self.of as usize).copied().collect();
        own.sort_unstable();
        Items::of(own)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (number, of) = text.split_once('/')?;
            Shard::new(parse_integer(number).ok()?, parse_integer(of).ok()?)
        };
        read().ok_or_else(|| {
            format!("found {text:?}, expected a shard I/N such as 2/7, 1 <= I <= N <= {MAX_SHARDS}")
        })
    }
}

/// `first, first + every, ...`, so many items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u64; 3]", into = "[u64; 3]")]
pub struct Progression {
    /// The first item.
    pub first: u64,
    /// The distance to the next one.
    pub every: u64,
    /// How many there are.
    pub count: u64,
}

impl From<[u64; 3]> for Progression {
    fn from([first, every, count]: [u64; 3]) -> Self {
        Progression {
            first,
            every,
            count,
        }
    }
}

impl From<Progression> for [u64; 3] {
    fn from(of: Progression) -> Self {
        [of.first, of.every, of.count]
    }
}

impl Progression {
    fn contains(&self, item: u64) -> bool {
        let Some(past) = item.checked_sub(self.first) else {
            return false;
        };
        let every = self.every.max(1);
        past.is_multiple_of(every) && past / every < self.count
    }

    fn iter(self) -> impl Iterator<Item = u64> {
        (0..self.count).map(move |k| self.first.saturating_add(k.saturating_mul(self.every)))
    }
}

/// Items by their numbers, from 0.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Items(Vec<Progression>);

impl Items {
    /// The items of some progressions that have none in common.
    pub fn new(progressions: Vec<Progression>) -> Self {
        let mut all = progressions;
        all.retain(|p| p.count > 0);
        Items(all)
    }

    /// The items `first..end`.
    pub fn from_range(first: u64, end: u64) -> Self {
        Items::new(vec![Progression {
            first,
            every: 1,
            count: end.saturating_sub(first),
        }])
    }

    /// These items, ascending, as ranges.
    pub fn of(ascending: impl IntoIterator<Item = u64>) -> Self {
        let mut ranges: Vec<Progression> = Vec::new();
        for item in ascending {
            match ranges.last_mut() {
                Some(last) if last.first + last.count == item => last.count += 1,
                _ => ranges.push(Progression {
                    first: item,
                    every: 1,
                    count: 1,
                }),
            }
        }
        Items(ranges)
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        let counts = self.0.iter().map(|p| p.count);
        counts.fold(0, u64::saturating_add)
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Is this one of them?
    pub fn contains(&self, item: u64) -> bool {
        self.0.iter().any(|p| p.contains(item))
    }

    /// The same, to ask of many items which of them are there.
    ///
    /// # Cost
    /// One look at each range, unless there are only a few; then a search in them for each question.
    pub(super) fn index(&self) -> Index<'_> {
        let is_range = |p: &Progression| p.every == 1;
        if self.0.len() <= FEW || !self.0.iter().all(is_range) {
            return Index::Few(self);
        }
        let mut ranges: Vec<(u64, u64)> = self
            .0
            .iter()
            .map(|p| (p.first, p.first.saturating_add(p.count)))
            .collect();
        ranges.sort_unstable();
        Index::Ranges(ranges)
    }

    /// Their numbers.
    pub fn iter(&self) -> impl Iterator<Item = u64> {
        self.0.iter().flat_map(|p| p.iter())
    }

    /// Does every one of them have a number below `total`, and are there no more than that?
    pub fn fit(&self, total: u64) -> bool {
        let fits = |p: &Progression| {
            let last = (p.count.saturating_sub(1)).checked_mul(p.every);
            let last = last.and_then(|past| past.checked_add(p.first));
            p.every > 0 && last.is_some_and(|last| last < total)
        };
        self.0.iter().all(fits) && self.len() <= total
    }
}

/// So many progressions are looked through one by one.
const FEW: usize = 8;

/// Items, to ask whether one is there.
pub(super) enum Index<'i> {
    Few(&'i Items),
    /// First item and the one behind the last, ascending.
    Ranges(Vec<(u64, u64)>),
}

impl Index<'_> {
    pub(super) fn contains(&self, item: u64) -> bool {
        match self {
            Index::Few(items) => items.contains(item),
            Index::Ranges(ranges) => {
                let behind = ranges.partition_point(|(first, _)| *first <= item);
                behind > 0 && item < ranges[behind - 1].1
            }
        }
    }
}

/// Ranges that a message lists before it says how many more there are.
const SHOWN: usize = 5;

/// `0 to 99, 200`: ranges of numbers, and `1, 8, ... 99` for every seventh one.
impl fmt::Display for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, p) in self.0.iter().take(SHOWN).enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            let last = p
                .first
                .saturating_add((p.count - 1).saturating_mul(p.every));
            match (p.count, p.every) {
                (1, _) => write!(f, "{comma}{}", p.first)?,
                (_, 1) => write!(f, "{comma}{} to {last}", p.first)?,
                (2, _) => write!(f, "{comma}{}, {last}", p.first)?,
                (_, every) => write!(f, "{comma}{}, {}, ... {last}", p.first, p.first + every)?,
            }
        }
        match self.0.len().checked_sub(SHOWN) {
            Some(more) if more > 0 => write!(f, " and {more} ranges more"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the rule, the shards have every item once.
        #[test]
        fn shards_have_every_item_once(total in 0u64..300, of in 1u64..40, costs in prop::collection::vec(0u64..9, 0..60)) {
            let shards: Vec<Shard> = (1..=of).map(|i| Shard::new(i, of).unwrap()).collect();
            let once = |items: &dyn Fn(Shard) -> Items, total: u64| {
                let mut all: Vec<u64> = Vec::new();
                for &shard in &shards {
                    let own = items(shard);
                    prop_assert!(own.fit(total));
                    prop_assert_eq!(own.len(), own.iter().count() as u64);
                    prop_assert!(own.iter().all(|item| own.contains(item)));
                    all.extend(own.iter());
                }
                all.sort_unstable();
                prop_assert_eq!(all, (0..total).collect::<Vec<_>>());
                Ok(())
            };
            once(&|s| s.neighbours(total), total)?;
            once(&|s| s.in_turn(total), total)?;
            once(&|s| s.dealt(&costs), costs.len() as u64)?;
        }

        /// Dealt shards differ by no more than the dearest item.
        #[test]
        fn dealt_shards_cost_the_same_but_for_one_item(of in 1u64..9, costs in prop::collection::vec(0u64..1000, 0..60)) {
            let cost = |i: u64| -> u64 {
                let items = Shard::new(i, of).unwrap().dealt(&costs);
                items.iter().map(|item| costs[item as usize]).sum()
            };
            let all: Vec<u64> = (1..=of).map(cost).collect();
            let (least, most) = (all.iter().min().unwrap(), all.iter().max().unwrap());
            prop_assert!(most - least <= costs.iter().copied().max().unwrap_or(0));
        }
    }

    #[test]
    fn shards_are_read_as_they_are_written() {
        let shard: Shard = "2/7".parse().unwrap();
        assert_eq!(
            (shard, shard.to_string()),
            (Shard::new(2, 7).unwrap(), "2/7".to_owned())
        );
        for text in [
            "", "2", "0/7", "8/7", "1/0", "a/b", "1/2/3", "-1/7", "1/100001",
        ] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    /// Few ranges or many, an item is there or not.
    #[test]
    fn an_index_has_the_items_of_its_ranges() {
        for step in [2u64, 3, 7] {
            for count in [3u64, 40] {
                let items = Items::of((0..count).flat_map(|i| [step * i, step * i + 1]));
                let index = items.index();
                for item in 0..step * count + 3 {
                    assert_eq!(index.contains(item), items.contains(item), "{item}");
                }
            }
        }
    }

    #[test]
    fn items_are_told_as_ranges() {
        assert_eq!(
            Items::of([0, 1, 2, 7, 9, 10]).to_string(),
            "0 to 2, 7, 9 to 10"
        );
        let every = Shard::new(2, 3).unwrap().in_turn(12);
        assert_eq!(every.to_string(), "1, 4, ... 10");
        assert_eq!(
            Items::of((0..14).map(|i| 2 * i)).to_string(),
            "0, 2, 4, 6, 8 and 9 ranges more"
        );
        let text = serde_json::to_string(&every).unwrap();
        assert_eq!(text, "[[1,3,4]]");
        assert_eq!(serde_json::from_str::<Items>(&text).unwrap(), every);
    }
}
