"""Clusters against the data they were made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loyalty import _loyalty, _threads
from loyalty._matrix import as_matrix
from loyalty._progress import Progress, listening
from loyalty.metrics._classes import encoded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["calinski_harabasz", "davies_bouldin", "silhouette", "silhouette_samples"]


def silhouette(X: Any, labels: Any, *, n_threads: int | None = None, progress: Progress = False) -> float:
    """The mean silhouette of all rows: the silhouette score of a clustering.

    Parameters
    ----------
    X : table of shape (n_samples, n_features)
        Finite numbers, one row a customer.
    labels : array of shape (n_samples,)
        The cluster of each row, of any kind; at least 2 and at most n_samples − 1 different ones.
    n_threads : int, optional
        Threads of this call; see :func:`loyalty.set_num_threads`. No bit of the result depends on it.
    progress : bool or callable, default False
        True for a tqdm bar; a callable is told ``(stage, done, total)`` and stops the work by raising.

    Returns
    -------
    float
        Within [−1, 1], the higher the better.

    Raises
    ------
    LoyaltyError
        As :func:`silhouette_samples`.

    See Also
    --------
    silhouette_samples : The silhouette of each row.

    References
    ----------
    P. J. Rousseeuw, "Silhouettes", Journal of Computational and Applied Mathematics 20, 1987, 53–65.

    Examples
    --------
    >>> import loyalty
    >>> round(loyalty.metrics.silhouette([[0.0], [1.0], [5.0], [6.0]], ["a", "a", "b", "b"]), 4)
    0.798
    """
    values, clusters = _clustering(X, labels)
    with listening(progress) as listener:
        return _loyalty.silhouette(values, clusters, _threads.resolve(n_threads), listener)


def silhouette_samples(
    X: Any, labels: Any, *, n_threads: int | None = None, progress: Progress = False
) -> NDArray[np.float64]:
    """The silhouette of each row: how much nearer it is to its own cluster than to the next one.

    s = (b − a) / max(a, b), where a is the mean Euclidean distance to the other rows of the row's own cluster and b the
    mean distance to the rows of that other cluster where it is least. A row alone in its cluster has s = 0, as has
    one with a = b = 0. The time is proportional to n²·d; no more than the rows themselves is held in memory.

    Parameters
    ----------
    X : table of shape (n_samples, n_features)
        Finite numbers, one row a customer.
    labels : array of shape (n_samples,)
        The cluster of each row, of any kind; at least 2 and at most n_samples − 1 different ones.
    n_threads : int, optional
        Threads of this call; see :func:`loyalty.set_num_threads`. No bit of the result depends on it.
    progress : bool or callable, default False
        True for a tqdm bar; a callable is told ``(stage, done, total)`` and stops the work by raising.

    Returns
    -------
    array of float of shape (n_samples,)
        Within [−1, 1].

    Raises
    ------
    LoyaltyError
        ``SHAPE_MISMATCH`` if the lengths differ, ``NON_FINITE``, ``DEGENERATE`` for too few or too many clusters.

    See Also
    --------
    silhouette : Their mean.

    References
    ----------
    P. J. Rousseeuw, "Silhouettes", Journal of Computational and Applied Mathematics 20, 1987, 53–65, equations 1 and 2.

    Examples
    --------
    >>> import loyalty
    >>> loyalty.metrics.silhouette_samples([[0.0], [1.0], [5.0]], [0, 0, 1])
    array([0.8 , 0.75, 0.  ])
    """
    values, clusters = _clustering(X, labels)
    with listening(progress) as listener:
        return _loyalty.silhouette_samples(values, clusters, _threads.resolve(n_threads), listener)


def davies_bouldin(X: Any, labels: Any) -> float:
    """The Davies–Bouldin index: how wide clusters are for the distance between them, each at its worst neighbour.

    (1/k)·Σᵢ max_{j≠i} (sᵢ + sⱼ) / dᵢⱼ, with s the mean distance of a cluster's rows to their centroid and d the
    distance of two centroids. It does not change if all data are shifted or multiplied. Clusters whose centroids
    coincide do not count against each other, as in scikit-learn.

    Parameters
    ----------
    X : table of shape (n_samples, n_features)
        Finite numbers, one row a customer.
    labels : array of shape (n_samples,)
        The cluster of each row, of any kind; at least 2 and at most n_samples − 1 different ones.

    Returns
    -------
    float
        0 or more, the lower the better.

    Raises
    ------
    LoyaltyError
        ``SHAPE_MISMATCH`` if the lengths differ, ``NON_FINITE``, ``DEGENERATE`` for too few or too many clusters.

    References
    ----------
    D. L. Davies and D. W. Bouldin, "A cluster separation measure", IEEE Transactions on Pattern Analysis and Machine
    Intelligence 1(2), 1979, 224–227.

    Examples
    --------
    >>> import loyalty
    >>> round(loyalty.metrics.davies_bouldin([[0.0, 1.0], [1.0, 1.0], [3.0, 4.0]], [0, 0, 1]), 6)
    0.128037
    """
    return _loyalty.davies_bouldin(*_clustering(X, labels))


def calinski_harabasz(X: Any, labels: Any) -> float:
    """The Caliński–Harabasz index, or variance ratio: how far apart clusters are for their width.

    (Σₖ nₖ·‖cₖ − c‖² / (k − 1)) / (Σᵢ ‖xᵢ − c_{label i}‖² / (n − k)), with cₖ the centroids and c the mean of all rows.
    It does not change if all data are shifted or multiplied.

    Parameters
    ----------
    X : table of shape (n_samples, n_features)
        Finite numbers, one row a customer.
    labels : array of shape (n_samples,)
        The cluster of each row, of any kind; at least 2 and at most n_samples − 1 different ones.

    Returns
    -------
    float
        0 or more, the higher the better; 1 if no cluster has any width, as in scikit-learn.

    Raises
    ------
    LoyaltyError
        ``SHAPE_MISMATCH`` if the lengths differ, ``NON_FINITE``, ``DEGENERATE`` for too few or too many clusters.

    References
    ----------
    T. Caliński and J. Harabasz, "A dendrite method for cluster analysis", Communications in Statistics 3(1), 1974,
    1–27.

    Examples
    --------
    >>> import loyalty
    >>> loyalty.metrics.calinski_harabasz([[0.0], [2.0], [10.0], [12.0]], [0, 0, 1, 1])
    50.0
    """
    return _loyalty.calinski_harabasz(*_clustering(X, labels))


def _clustering(X: Any, labels: Any) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
    values, _ = as_matrix(X)
    _, (clusters,) = encoded(labels=labels)
    return values, clusters
