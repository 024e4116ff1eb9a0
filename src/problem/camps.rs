//! Winners and losers among the filters at the start.

use super::{Label, Network, Pooling, Problem};
use num_traits::{Signed, Zero};

/// The filters of a problem, parted into the winners of each label and the losers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Camps {
    labels: Vec<Option<Label>>,
}

impl Camps {
    /// The label that each filter wins, length n; `None` for a loser.
    pub fn labels(&self) -> &[Option<Label>] {
        &self.labels
    }

    /// Does this filter win a label?
    pub fn is_winner(&self, j: usize) -> bool {
        self.labels[j].is_some()
    }

    /// The winners of both labels with their label, those of `+` first, each in order.
    pub fn winners(&self) -> impl Iterator<Item = (usize, Label)> + '_ {
        Label::BOTH.into_iter().flat_map(|y| {
            let filters = self.labels.iter().enumerate();
            filters
                .filter(move |(_, label)| **label == Some(y))
                .map(move |(j, _)| (j, y))
        })
    }

    /// The filters that win no label, in order.
    pub fn losers(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.labels.len()).filter(|&j| !self.is_winner(j))
    }

    /// The least of the winners' values and the largest of the losers'; `None` for an empty camp.
    pub fn extremes<'a, T: Ord>(&self, values: &'a [T]) -> (Option<&'a T>, Option<&'a T>) {
        let of = |wins: bool| {
            let all = self.labels.iter().zip(values);
            all.filter(move |(label, _)| label.is_some() == wins)
                .map(|(_, value)| value)
        };
        (of(true).min(), of(false).max())
    }
}

impl Problem {
    /// The winners J_y for sum pooling: the filters j with `y a_j(0) > 0` and `Z_{j,v_y}(0) > 0`, in order.
    pub fn winners(&self, label: Label) -> Vec<usize> {
        self.winners_for(Pooling::Sum, label)
    }

    /// The winners that statements about a pooling speak of, in order: for max pooling those of
    /// [`Problem::winners`] whose key coordinate is at least every background coordinate too.
    pub fn winners_for(&self, pooling: Pooling, label: Label) -> Vec<usize> {
        let wins = |&j: &usize| self.label_won(pooling, j) == Some(label);
        (0..self.n_filters()).filter(wins).collect()
    }

    /// Winners and losers for sum pooling.
    pub fn camps(&self) -> Camps {
        self.camps_for(Pooling::Sum)
    }

    /// Winners and losers that statements about a pooling speak of; see [`Problem::winners_for`].
    pub fn camps_for(&self, pooling: Pooling) -> Camps {
        let filters = 0..self.n_filters();
        Camps {
            labels: filters.map(|j| self.label_won(pooling, j)).collect(),
        }
    }

    /// The label that filter j wins, if it does; see [`Problem::winners_for`]. Without keys none wins.
    pub fn label_won(&self, pooling: Pooling, j: usize) -> Option<Label> {
        let has_keys = self.dictionary().has_keys();
        has_keys.then(|| self.network().label_won(pooling, j))?
    }
}

impl Network {
    /// The label that filter j wins, if it does; see [`Problem::winners_for`].
    pub fn label_won(&self, pooling: Pooling, j: usize) -> Option<Label> {
        let a = &self.head[j];
        let label = Label::voted_by(a);
        let row = self.weights.row(j);
        let key = &row[label.index()];
        let wins = !a.is_zero()
            && key.is_positive()
            && match pooling {
                Pooling::Sum => true,
                Pooling::Max => row[2..].iter().all(|z| z <= key),
            };
        wins.then_some(label)
    }
}
