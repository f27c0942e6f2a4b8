//! The names of segments.

use serde::{Deserialize, Serialize};

/// The side of the grid.
pub(super) const GRID: usize = 5;

/// The name of the segment of each pair of recency and frequency score: five rows, one for each recency score
/// from 1 to 5, each of five names, one for each frequency score from 1 to 5.
///
/// With another number of bins a score s stands for ⌈5·s / n_bins⌉. The same name may stand in several cells.
/// The default:
///
/// | recency | F 1 | F 2 | F 3 | F 4 | F 5 |
/// |---|---|---|---|---|---|
/// | 1, 2 | Hibernating | Hibernating | At Risk | At Risk | Can't Lose |
/// | 3 | About to Sleep | About to Sleep | Need Attention | Loyal | Loyal |
/// | 4 | Promising | Potential Loyalist | Potential Loyalist | Loyal | Loyal |
/// | 5 | New | Potential Loyalist | Potential Loyalist | Champion | Champion |
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SegmentGrid {
    /// The names, by recency score and then by frequency score.
    pub rows: [[String; GRID]; GRID],
}

impl SegmentGrid {
    /// The grid of these names, the row of recency score 1 first.
    pub fn new<S: Into<String>>(rows: [[S; GRID]; GRID]) -> Self {
        Self { rows: rows.map(|row| row.map(Into::into)) }
    }

    /// Each name once, in the order of the grid.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.rows.iter().flatten() {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }
}

impl Default for SegmentGrid {
    fn default() -> Self {
        let lapsing = ["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"];
        Self::new([
            lapsing,
            lapsing,
            ["About to Sleep", "About to Sleep", "Need Attention", "Loyal", "Loyal"],
            ["Promising", "Potential Loyalist", "Potential Loyalist", "Loyal", "Loyal"],
            ["New", "Potential Loyalist", "Potential Loyalist", "Champion", "Champion"],
        ])
    }
}
