"""Pictures of clusters: what they are like, how well customers fit them and how many there should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from loyalty import metrics
from loyalty._frames import column, is_frame
from loyalty._matrix import as_matrix
from loyalty.errors import LoyaltyError, LoyaltyTypeError
from loyalty.plot._axes import axes_or_new, fit_ticks, head, wrapped
from loyalty.plot._cells import annotate, color_bar, mesh
from loyalty.plot._colors import BLUE, CYCLE, DIFFERENCES, ORANGE, ink
from loyalty.plot._columns import finite, vector
from loyalty.plot._numbers import tick, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

__all__ = ["choice_of_k", "cluster_profiles", "silhouettes"]

# A standardised difference beyond this has the deepest colour.
_MAX_DEVIATION = 3.0


class _Candidates(Protocol):
    """What was tried for the number of clusters: arrays of equal length."""

    @property
    def k(self) -> ArrayLike: ...
    @property
    def inertia(self) -> ArrayLike: ...
    @property
    def silhouette(self) -> ArrayLike: ...


class _Chosen(Protocol):
    """A fitted model that tried several numbers of clusters."""

    @property
    def candidates_(self) -> _Candidates: ...


def cluster_profiles(
    model_or_centers: Any,
    *,
    X: Any = None,
    feature_names: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw how clusters differ from each other, feature by feature.

    The colour is the centre in standard deviations above or below the mean, of the rows of `X` if given and of the
    centres otherwise; the text is the centre itself. Deviations beyond 3 have the deepest colour.

    Parameters
    ----------
    model_or_centers : loyalty.KMeans or array-like of shape (n_clusters, n_features)
        A fitted model, or its centres.
    X : array-like or frame-like of shape (n_samples, n_features), optional
        The customers whose mean and standard deviation are the yardstick.
    feature_names : sequence of str, optional
        Names of the features; by default those of the model, then those of `X`, then numbers.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes with the picture.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    loyalty.LoyaltyError
        If the model is not fitted, the shapes do not fit, or a number is not finite.

    See Also
    --------
    silhouettes : How well customers fit their clusters.
    choice_of_k : How the number of clusters was chosen.

    Examples
    --------
    >>> from loyalty import plot
    >>> ax = plot.cluster_profiles([[12.0, 8.5], [300.0, 1.5]], feature_names=["recency_days", "n_purchases"])
    >>> [text.get_text() for text in ax.texts]
    ['12', '8.50', '300', '1.50']
    """
    centers, known = _centers(model_or_centers)
    n_clusters, n_features = centers.shape
    yardstick, columns = (centers, None) if X is None else _like_centers(X, known, n_features)
    if feature_names is None:
        names = known or columns or [f"feature {place}" for place in range(n_features)]
    elif isinstance(feature_names, str) or len(feature_names) != n_features:
        raise LoyaltyError(
            f"feature_names is {feature_names!r}; it must be {n_features} names, one a feature",
            "SHAPE_MISMATCH",
            "feature_names",
        )
    else:
        names = [str(name) for name in feature_names]
    deviation = _standardised(centers, yardstick)

    ax = axes_or_new(ax, rows=n_clusters)
    limit = min(float(np.abs(deviation).max()), _MAX_DEVIATION) or 1.0
    cells = mesh(ax, deviation, DIFFERENCES, -limit, limit)
    color_bar(ax, cells, deviation, f"Standard deviations\nfrom the mean of {'centres' if X is None else 'customers'}")
    ax.set_xticks(range(n_features), [wrapped(name.replace("_", " "), width=14) for name in names])
    ax.set_yticks(range(n_clusters), [str(cluster) for cluster in range(n_clusters)])
    ax.invert_yaxis()
    ax.set_ylabel("Cluster")
    ax.set_title("Cluster centres")
    writers = [written(feature) for feature in centers.T]
    texts = [[write(value) for write, value in zip(writers, center, strict=True)] for center in centers]
    annotate(ax, cells, deviation, texts)
    return ax


def _centers(model_or_centers: Any) -> tuple[NDArray[np.float64], list[str] | None]:
    """The centres, and the names of their features if known."""
    argument = "model_or_centers"
    if hasattr(model_or_centers, "cluster_centers_"):
        centers, _ = as_matrix(model_or_centers.cluster_centers_, name=argument)
        known = getattr(model_or_centers, "feature_names_in_", None)
        names = None if known is None else [str(name) for name in known]
    elif hasattr(model_or_centers, "fit"):
        raise LoyaltyError(
            f"{argument} is of type {type(model_or_centers).__name__} and has no cluster_centers_; it must be fitted",
            argument=argument,
        )
    else:
        centers, names = as_matrix(model_or_centers, name=argument)
    return finite(centers, argument, argument), names


def _like_centers(X: Any, names: list[str] | None, n_features: int) -> tuple[NDArray[np.float64], list[str] | None]:
    """The customers as rows of the centres' features, found by name if both have names."""
    if names is not None and is_frame(X):
        X = {name: column(X, name) for name in names}
    found, columns = as_matrix(X, name="X")
    if found.shape[1] != n_features:
        raise LoyaltyError(
            f"X has {found.shape[1]} columns; it must have {n_features}, as the centres have", "SHAPE_MISMATCH", "X"
        )
    return finite(found, "X", "X"), columns


def _standardised(centers: NDArray[np.float64], yardstick: NDArray[np.float64]) -> NDArray[np.float64]:
    """The centres in standard deviations of the yardstick's rows; 0 where these are all equal."""
    # Scaled first, so that squares neither overflow nor vanish.
    size = np.maximum(np.abs(centers).max(axis=0), np.abs(yardstick).max(axis=0))
    size[size == 0] = 1.0
    mean, spread = (yardstick / size).mean(axis=0), (yardstick / size).std(axis=0)
    difference = centers / size - mean
    # A spread of rounding errors is none.
    flat = spread <= 1e-14
    result: NDArray[np.float64] = np.where(flat, 0.0, difference / np.where(flat, 1.0, spread))
    return result


def silhouettes(X: Any, labels: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """
    Draw the silhouette of every customer, cluster by cluster.

    A silhouette near 1 means far from other clusters, near 0 between two, below 0 nearer to another cluster. Within a
    cluster the highest stand on top. Time grows with the square of the number of customers: sample first if there are
    many.

    Parameters
    ----------
    X : array-like or frame-like of shape (n_samples, n_features)
        The customers.
    labels : array-like of shape (n_samples,)
        The cluster of each.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes with the picture.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    loyalty.LoyaltyError
        If the lengths differ, a number is not finite, or there are not at least two clusters.

    See Also
    --------
    loyalty.metrics.silhouette_samples : The numbers.
    choice_of_k : The mean silhouette against the number of clusters.

    Examples
    --------
    >>> from loyalty import plot
    >>> ax = plot.silhouettes([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1])
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['0 (n = 2)', '1 (n = 2)']
    """
    each = metrics.silhouette_samples(X, labels)
    clusters, codes, sizes = np.unique(np.asarray(labels), return_inverse=True, return_counts=True)

    ax = axes_or_new(ax, rows=len(clusters))
    gap = max(1.0, 0.02 * len(each))
    middles, below = [], 0.0
    for code, size in enumerate(sizes.tolist()):
        own = np.sort(each[codes == code])[::-1]
        # Steps rather than a line, so that a cluster of one customer is seen too.
        edges = below + np.arange(size + 1)
        color = CYCLE[code % len(CYCLE)]
        ax.stairs(own, edges, orientation="horizontal", fill=True, color=color, linewidth=0)
        middles.append(below + size / 2)
        below += size + gap
    mean = float(each.mean())
    ax.axvline(mean, color=ink(ax), linestyle="--", linewidth=1.2, label=f"Mean {mean:z.2f}".replace("-", "−"))
    ax.axvline(0, color=ink(ax), linewidth=0.8)
    ax.set_xlim(min(0.0, float(each.min())) - 0.03, 1.03)
    ax.set_ylim(below, -gap)
    ax.set_yticks(middles, [f"{name} (n = {size:,})" for name, size in zip(clusters, sizes, strict=True)])
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("Silhouette, −1 to 1")
    ax.set_ylabel("Cluster (customers)")
    head(ax, "Silhouettes by cluster")
    fit_ticks(ax.yaxis)
    return ax


def choice_of_k(chosen: _Chosen, *, ax: Axes | None = None) -> Axes:
    """
    Draw silhouette and inertia against the number of clusters.

    The number with the highest mean silhouette, the least one among equals, is marked: the one that was chosen.
    Inertia has its own axis on the right, which is a second Axes of the same figure.

    Parameters
    ----------
    chosen : loyalty.ChooseK or loyalty.Scorecard
        A fitted model, with the numbers that it tried in ``candidates_``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes with the silhouettes.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    loyalty.LoyaltyError
        If the model is not fitted.

    See Also
    --------
    silhouettes : The silhouettes behind one of the means.
    cluster_profiles : The clusters that were found.

    Examples
    --------
    >>> from typing import NamedTuple
    >>> from loyalty import plot
    >>> class Candidates(NamedTuple):
    ...     k: list
    ...     inertia: list
    ...     silhouette: list
    >>> class Chosen:
    ...     candidates_ = Candidates([2, 3, 4], [90.0, 40.0, 35.0], [0.4, 0.6, 0.5])
    >>> ax = plot.choice_of_k(Chosen())
    >>> ax.get_title()
    'Choice of 3 clusters'
    """
    tried = getattr(chosen, "candidates_", None)
    if tried is None:
        raise LoyaltyTypeError(
            f"chosen is of type {type(chosen).__name__} and has no candidates_; it must be a fitted ChooseK or"
            " Scorecard",
            argument="chosen",
        )
    k = vector(tried.k, "candidates_.k")
    inertia = vector(tried.inertia, "candidates_.inertia")
    silhouette = vector(tried.silhouette, "candidates_.silhouette")
    order = np.argsort(k)
    k, inertia, silhouette = k[order], inertia[order], silhouette[order]
    best = int(np.argmax(silhouette))

    ax = axes_or_new(ax)
    right = ax.twinx()
    # The silhouettes, which decide, lie over the inertia.
    ax.set_zorder(right.get_zorder() + 1)
    ax.patch.set_visible(False)
    (inertias,) = right.plot(k, inertia, "s--", color=ORANGE, markersize=5, label="Inertia")
    (means,) = ax.plot(k, silhouette, "o-", color=BLUE, label="Mean silhouette")
    (mark,) = ax.plot(
        k[best], silhouette[best], "o", color=ink(ax), markersize=13, markerfacecolor="none", markeredgewidth=1.6,
        label=f"Chosen: k = {k[best]:,.0f}",
    )
    ax.axvline(k[best], color=ink(ax), linestyle=":", linewidth=1)
    if len(k) <= 15:
        ax.set_xticks(k, [f"{value:,.0f}" for value in k])
    else:
        ax.locator_params(axis="x", integer=True)
    ax.margins(x=0.06, y=0.12)
    right.margins(x=0.06, y=0.12)
    right.yaxis.set_major_formatter(tick)
    right.grid(False)
    ax.set_xlabel("Number of clusters k")
    ax.set_ylabel("Mean silhouette, −1 to 1")
    right.set_ylabel("Inertia (sum of squared distances)")
    head(ax, f"Choice of {k[best]:,.0f} clusters", [means, mark, inertias])
    return ax
