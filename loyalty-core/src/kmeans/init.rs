//! Where the centroids start.

use super::points::Points;
use crate::error::Result;
use crate::monitor::Monitor;
use crate::numeric::elementary::ln;
use crate::numeric::rng::Rng;
use ndarray::Array2;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How the first centroids are found. In a model file: `"k-means++"`, `"random"`, or a list of rows.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub enum Init {
    /// Rows drawn one after the other, each with a probability proportional to weight times squared distance from the
    /// centroids so far; of 2 + ⌊ln k⌋ draws the one that leaves the least inertia is taken (greedy k-means++).
    #[default]
    KMeansPlusPlus,
    /// Rows drawn without replacement, with a probability proportional to their weight.
    Random,
    /// These: `n_clusters` rows × as many columns as the data.
    Centroids(Array2<f64>),
}

const PLUS_PLUS: &str = "k-means++";
const RANDOM: &str = "random";

impl Serialize for Init {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Init::KMeansPlusPlus => serializer.serialize_str(PLUS_PLUS),
            Init::Random => serializer.serialize_str(RANDOM),
            Init::Centroids(rows) => serializer.collect_seq(rows.rows().into_iter().map(|row| row.to_vec())),
        }
    }
}

impl<'de> Deserialize<'de> for Init {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(InitVisitor)
    }
}

struct InitVisitor;

impl<'de> Visitor<'de> for InitVisitor {
    type Value = Init;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{PLUS_PLUS:?}, {RANDOM:?} or a list of rows of numbers")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> std::result::Result<Init, E> {
        match name {
            PLUS_PLUS => Ok(Init::KMeansPlusPlus),
            RANDOM => Ok(Init::Random),
            other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
        }
    }

    // Flat from the start: a list of lists could take many times the memory of its text.
    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> std::result::Result<Init, A::Error> {
        let mut values: Vec<f64> = Vec::new();
        let mut columns = None;
        let mut n_rows = 0;
        while let Some(row) = rows.next_element::<Vec<f64>>()? {
            if row.is_empty() || *columns.get_or_insert(row.len()) != row.len() {
                return Err(A::Error::invalid_length(row.len(), &"rows of one length, above 0"));
            }
            values.extend(row);
            n_rows += 1;
        }
        let columns = columns.ok_or_else(|| A::Error::invalid_length(0, &"at least one row"))?;
        Array2::from_shape_vec((n_rows, columns), values).map(Init::Centroids).map_err(A::Error::custom)
    }
}

/// The first centroids of one restart, drawn from the rows.
///
/// Greedy k-means++: Arthur and Vassilvitskii (2007), Proceedings of the 18th ACM-SIAM Symposium on Discrete Algorithms:
/// 1027–1035, section 2.2, with the trials of their section 7. Where no distinct row is left, the last centroid is repeated.
pub(super) fn k_means_plus_plus(
    points: &mut Points<'_>,
    rng: &mut Rng,
    monitor: &mut Monitor<'_>,
) -> Result<Vec<f64>> {
    let (n_clusters, columns) = (points.n_clusters(), points.columns());
    let n_trials = 2 + ln(n_clusters as f64) as usize;
    let mut centroids = Vec::with_capacity(n_clusters * columns);
    let mut candidates = Vec::with_capacity(n_trials * columns);

    points.forget_distances(monitor)?;
    if let Some(first) = points.draw(rng, monitor)? {
        points.copy_row(first, &mut centroids);
    }
    for done in 1..n_clusters {
        monitor.report("kmeans_init", done, Some(n_clusters))?;
        let last = (done - 1) * columns..done * columns;
        points.approach(&centroids[last.clone()], done == 1, monitor)?;
        candidates.clear();
        for _ in 0..n_trials {
            if let Some(place) = points.draw(rng, monitor)? {
                points.copy_row(place, &mut candidates);
            }
        }
        if candidates.is_empty() {
            centroids.extend_from_within(last);
        } else {
            let best = points.best_of(&candidates, monitor)? * columns;
            centroids.extend_from_slice(&candidates[best..best + columns]);
        }
    }
    Ok(centroids)
}

/// The first centroids of one restart: distinct rows, drawn by weight alone. Where no row is left, the last is repeated.
pub(super) fn random(points: &mut Points<'_>, rng: &mut Rng, monitor: &mut Monitor<'_>) -> Result<Vec<f64>> {
    let (n_clusters, columns) = (points.n_clusters(), points.columns());
    let mut centroids = Vec::with_capacity(n_clusters * columns);
    points.forget_distances(monitor)?;
    for done in 0..n_clusters {
        monitor.report("kmeans_init", done, Some(n_clusters))?;
        if done > 0 {
            points.exclude(&centroids[(done - 1) * columns..], monitor)?;
        }
        match points.draw(rng, monitor)? {
            Some(place) => points.copy_row(place, &mut centroids),
            None => centroids.extend_from_within(done.saturating_sub(1) * columns..),
        }
    }
    Ok(centroids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn text_there_and_back() {
        let given = Init::Centroids(array![[0.1, -2.0], [5e-324, 1e300]]);
        for (init, text) in [
            (Init::KMeansPlusPlus, r#""k-means++""#),
            (Init::Random, r#""random""#),
            (given, "[[0.1,-2.0],[5e-324,1e+300]]"),
        ] {
            assert_eq!(serde_json::to_string(&init).unwrap(), text);
            assert_eq!(serde_json::from_str::<Init>(text).unwrap(), init);
        }
    }

    fn start(x: &Array2<f64>, weights: &[f64], n_clusters: usize, seed: u64, by_distance: bool) -> Vec<f64> {
        let monitor = &mut Monitor::silent();
        let mut points = Points::new(x.view(), Some(weights), n_clusters, None, 1, monitor).unwrap();
        let mut rng = Rng::new(seed);
        let drawn = if by_distance {
            k_means_plus_plus(&mut points, &mut rng, monitor).unwrap()
        } else {
            random(&mut points, &mut rng, monitor).unwrap()
        };
        points.leave(&drawn)
    }

    #[test]
    fn a_start_is_distinct_rows_of_positive_weight() {
        let x = array![[0.0], [1.0], [2.0], [3.0], [4.0]];
        for seed in 0..200 {
            for by_distance in [false, true] {
                let mut drawn = start(&x, &[1.0, 0.0, 0.2, 7.0, 0.0], 3, seed, by_distance);
                drawn.sort_by(f64::total_cmp);
                assert_eq!(drawn, [0.0, 2.0, 3.0]);
            }
        }
    }

    #[test]
    fn where_rows_run_out_the_last_is_repeated() {
        for by_distance in [false, true] {
            let drawn = start(&array![[4.0], [4.0], [9.0]], &[1.0, 0.0, 1.0], 3, 0, by_distance);
            assert_eq!(drawn.len(), 3);
            assert!(drawn.contains(&4.0) && drawn.contains(&9.0), "{drawn:?}");
            assert_eq!(drawn[1], drawn[2]);
        }
    }

    #[test]
    fn copies_and_weights_draw_alike_in_any_order() {
        let rows: Vec<[f64; 2]> = (0..30).map(|i| [f64::from(i * i % 17), f64::from(i % 7)]).collect();
        let weights: Vec<f64> = (0..30).map(|i| f64::from(i % 4)).collect();
        let copies: Vec<[f64; 2]> = rows
            .iter()
            .zip(&weights)
            .rev()
            .flat_map(|(row, &w)| std::iter::repeat_n(*row, w as usize))
            .collect();
        for seed in 0..100 {
            for by_distance in [false, true] {
                let weighted = start(&Array2::from(rows.clone()), &weights, 5, seed, by_distance);
                let copied =
                    start(&Array2::from(copies.clone()), &vec![1.0; copies.len()], 5, seed, by_distance);
                assert_eq!(weighted, copied, "{seed}");
            }
        }
    }

    #[test]
    fn rounding_the_rows_changes_no_draw() {
        let rows = |round: fn(f64) -> f64| {
            Array2::from_shape_fn((400, 3), |(i, j)| round(((i * 7919 + j * 104_729) % 1009) as f64 / 1009.0))
        };
        let exact = start(&rows(|v| v), &[1.0; 400], 6, 3, true);
        let rounded = start(&rows(|v| f64::from(v as f32)), &[1.0; 400], 6, 3, true);
        assert!(exact.iter().zip(&rounded).all(|(a, b)| (a - b).abs() < 1e-6), "{exact:?} {rounded:?}");
    }

    #[test]
    fn random_starts_go_by_weight() {
        let first_is_heavy = |seed: &u64| start(&array![[0.0], [1.0]], &[1.0, 3.0], 1, *seed, false) == [1.0];
        let share = (0..4000).filter(first_is_heavy).count();
        // Five standard deviations of a binomial(4000, 3/4).
        assert!(share.abs_diff(3000) < 137, "{share}");
    }
}
