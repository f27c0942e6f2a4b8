//! Clusters against the data they were made from.

use super::classes::{Column, encoded};
use crate::convert::{Matrix, matrix};
use crate::error::{Fallible, guarded};
use crate::task::{self, blocking, followed};
use loyalty_core::metrics;
use loyalty_core::monitor::Monitor;
use napi::Env;
use napi::bindgen_prelude::{Float64Array, Object, Unknown};
use napi_derive::napi;

/// Rows and the cluster of each.
fn clustering<'env>(x: Unknown<'env>, labels: Unknown<'env>) -> Fallible<(Matrix<'env>, Vec<u32>)> {
    let (_, [labels]) = encoded([&Column::new("labels", labels)?])?;
    Ok((matrix("x", x)?, labels))
}

/// The mean silhouette of all rows, the silhouette score of a clustering: within [−1, 1], the higher the better.
///
/// Source: Rousseeuw (1987), Journal of Computational and Applied Mathematics 20, 53–65.
///
/// @param x Finite numbers, one row a customer.
/// @param labels The cluster of each row, of any kind; at least 2 and at most n − 1 different ones.
/// @throws {LoyaltyError} SHAPE_MISMATCH if the lengths differ; NON_FINITE; DEGENERATE for too few or too many clusters
/// @example
/// ```js
/// metrics.silhouette([[0], [1], [5], [6]], ['a', 'a', 'b', 'b']) // 0.798…
/// ```
#[napi(namespace = "metrics", ts_args_type = "x: Matrix, labels: ClassColumn, options?: ThreadOptions")]
pub fn silhouette(env: &Env, x: Unknown<'_>, labels: Unknown<'_>, options: Unknown<'_>) -> napi::Result<f64> {
    guarded(env, || {
        let n_threads = blocking(options)?.only_threads()?;
        let (x, labels) = clustering(x, labels)?;
        let x = x.view()?;
        Ok(metrics::silhouette(x.array()?, &labels, n_threads, &mut Monitor::silent())?)
    })
}

/// As {@link silhouette}, on threads of its own.
///
/// @param x Finite numbers, one row a customer.
/// @param labels The cluster of each row, of any kind; at least 2 and at most n − 1 different ones.
/// @throws {LoyaltyError} SHAPE_MISMATCH if the lengths differ; NON_FINITE; DEGENERATE for too few or too many clusters
#[napi(
    namespace = "metrics",
    ts_args_type = "x: Matrix, labels: ClassColumn, options?: ThreadOptions & TaskOptions",
    ts_return_type = "Promise<number>"
)]
pub fn silhouette_async<'env>(
    env: &'env Env,
    x: Unknown<'env>,
    labels: Unknown<'env>,
    options: Unknown<'env>,
) -> napi::Result<Object<'env>> {
    task::start(env, || {
        let (control, options) = followed(options)?;
        let n_threads = options.only_threads()?;
        let (x, labels) = clustering(x, labels)?;
        let x = x.copied()?;
        let work =
            move |monitor: &mut Monitor<'_>| metrics::silhouette(x.view(), &labels, n_threads, monitor);
        Ok((control, work, |_: &Env, found| Ok(found)))
    })
}

/// The silhouette of each row, within [−1, 1]: how much nearer it is to its own cluster than to the next one.
///
/// s = (b − a) / max(a, b), where a is the mean Euclidean distance to the other rows of the row's own cluster and b the mean
/// distance to the rows of that other cluster where it is least. A row alone in its cluster has s = 0, as has one with
/// a = b = 0. The time is proportional to n²·d; no more than the rows themselves is held in memory.
///
/// Source: Rousseeuw (1987), Journal of Computational and Applied Mathematics 20, 53–65, equations 1 and 2.
///
/// @param x Finite numbers, one row a customer.
/// @param labels The cluster of each row, of any kind; at least 2 and at most n − 1 different ones.
/// @throws {LoyaltyError} SHAPE_MISMATCH if the lengths differ; NON_FINITE; DEGENERATE for too few or too many clusters
/// @example
/// ```js
/// metrics.silhouetteSamples([[0], [1], [5]], [0, 0, 1]) // Float64Array [ 0.8, 0.75, 0 ]
/// ```
#[napi(namespace = "metrics", ts_args_type = "x: Matrix, labels: ClassColumn, options?: ThreadOptions")]
pub fn silhouette_samples(
    env: &Env,
    x: Unknown<'_>,
    labels: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<Float64Array> {
    guarded(env, || {
        let n_threads = blocking(options)?.only_threads()?;
        let (x, labels) = clustering(x, labels)?;
        let x = x.view()?;
        Ok(metrics::silhouette_samples(x.array()?, &labels, n_threads, &mut Monitor::silent())?.into())
    })
}

/// As {@link silhouetteSamples}, on threads of its own.
///
/// @param x Finite numbers, one row a customer.
/// @param labels The cluster of each row, of any kind; at least 2 and at most n − 1 different ones.
/// @throws {LoyaltyError} SHAPE_MISMATCH if the lengths differ; NON_FINITE; DEGENERATE for too few or too many clusters
#[napi(
    namespace = "metrics",
    ts_args_type = "x: Matrix, labels: ClassColumn, options?: ThreadOptions & TaskOptions",
    ts_return_type = "Promise<Float64Array>"
)]
pub fn silhouette_samples_async<'env>(
    env: &'env Env,
    x: Unknown<'env>,
    labels: Unknown<'env>,
    options: Unknown<'env>,
) -> napi::Result<Object<'env>> {
    task::start(env, || {
        let (control, options) = followed(options)?;
        let n_threads = options.only_threads()?;
        let (x, labels) = clustering(x, labels)?;
        let x = x.copied()?;
        let work = move |monitor: &mut Monitor<'_>| {
            metrics::silhouette_samples(x.view(), &labels, n_threads, monitor)
        };
        Ok((control, work, |_: &Env, found| Ok(Float64Array::from(found))))
    })
}

/// The Davies–Bouldin index, how wide clusters are for the distance between them, each at its worst neighbour: 0 or more, the
/// lower the better.
///
/// (1/k)·Σᵢ max_{j≠i} (sᵢ + sⱼ) / dᵢⱼ, with s the mean distance of a cluster's rows to their centroid and d the distance of two
/// centroids. It does not change if all data are shifted or multiplied. Clusters whose centroids coincide do not count against
/// each other, as in scikit-learn.
///
/// Source: Davies and Bouldin (1979), IEEE Transactions on Pattern Analysis and Machine Intelligence 1(2), 224–227.
///
/// @param x Finite numbers, one row a customer.
/// @param labels The cluster of each row, of any kind; at least 2 and at most n − 1 different ones.
/// @throws {LoyaltyError} SHAPE_MISMATCH if the lengths differ; NON_FINITE; DEGENERATE for too few or too many clusters
/// @example
/// ```js
/// metrics.daviesBouldin([[0, 1], [1, 1], [3, 4]], [0, 0, 1]) // 0.128036…
/// ```
#[napi(namespace = "metrics", ts_args_type = "x: Matrix, labels: ClassColumn")]
pub fn davies_bouldin(env: &Env, x: Unknown<'_>, labels: Unknown<'_>) -> napi::Result<f64> {
    guarded(env, || {
        let (x, labels) = clustering(x, labels)?;
        Ok(metrics::davies_bouldin(x.view()?.array()?, &labels)?)
    })
}

/// The Caliński–Harabasz index or variance ratio, how far apart clusters are for their width: 0 or more, the higher the better;
/// 1 if no cluster has any width, as in scikit-learn.
///
/// (Σₖ nₖ·‖cₖ − c‖² / (k − 1)) / (Σᵢ ‖xᵢ − c_{label i}‖² / (n − k)), with cₖ the centroids and c the mean of all rows.
/// It does not change if all data are shifted or multiplied.
///
/// Source: Caliński and Harabasz (1974), Communications in Statistics 3(1), 1–27.
///
/// @param x Finite numbers, one row a customer.
/// @param labels The cluster of each row, of any kind; at least 2 and at most n − 1 different ones.
/// @throws {LoyaltyError} SHAPE_MISMATCH if the lengths differ; NON_FINITE; DEGENERATE for too few or too many clusters
/// @example
/// ```js
/// metrics.calinskiHarabasz([[0], [2], [10], [12]], [0, 0, 1, 1]) // 50
/// ```
#[napi(namespace = "metrics", ts_args_type = "x: Matrix, labels: ClassColumn")]
pub fn calinski_harabasz(env: &Env, x: Unknown<'_>, labels: Unknown<'_>) -> napi::Result<f64> {
    guarded(env, || {
        let (x, labels) = clustering(x, labels)?;
        Ok(metrics::calinski_harabasz(x.view()?.array()?, &labels)?)
    })
}
