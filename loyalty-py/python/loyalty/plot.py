"""Pictures of customers, models and their quality.

Every function draws into the Axes given as ``ax``, or into those of a new figure, and returns the Axes: titles, labels and
limits stay yours to change. Nothing is shown, and no setting of matplotlib is changed. For several pictures in one figure
make it with ``layout="constrained"``, which keeps their labels apart. matplotlib is an optional dependency:
``pip install loyalty-py[plot]``.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from . import metrics
from ._frames import column

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.collections import QuadMesh
    from matplotlib.colorbar import Colorbar
    from matplotlib.container import BarContainer
    from matplotlib.text import Text

__all__ = [
    "calibration",
    "choice_of_k",
    "cluster_profiles",
    "clv_concentration",
    "clv_distribution",
    "cumulative_gains",
    "rfm_heatmap",
    "roc",
    "segment_revenue",
    "segment_sizes",
    "silhouettes",
    "tier_risk",
]

_Floats = npt.NDArray[np.float64]
_Codes = npt.NDArray[np.intp]


class _Candidates(Protocol):
    """What was tried for the number of clusters: arrays of equal length."""

    @property
    def k(self) -> npt.ArrayLike: ...
    @property
    def inertia(self) -> npt.ArrayLike: ...
    @property
    def silhouette(self) -> npt.ArrayLike: ...


class _Chosen(Protocol):
    """A fitted model that tried several numbers of clusters."""

    @property
    def candidates_(self) -> _Candidates: ...


# Okabe and Ito's colours, which the colour-blind tell apart; black and yellow, lost on dark and on light paper, left out.
_BLUE, _ORANGE, _GREEN, _PURPLE, _SKY, _VERMILION = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00",
)  # fmt: skip
_CYCLE = (_BLUE, _ORANGE, _GREEN, _PURPLE, _SKY, _VERMILION)
_AMOUNTS = "YlGnBu"
_DIFFERENCES = "RdBu_r"

# The highest score that RFM gives.
_MAX_SCORE = 10
# Points: text below this is not read.
_MIN_FONT = 5.5
# A standardised difference beyond this has the deepest colour.
_MAX_DEVIATION = 3.0
# Where, and how high, the customers behind a reliability diagram stand below it.
_STRIP_BASE, _STRIP_HEIGHT, _STRIP_BINS = -0.22, 0.17, 40


# --- Customers ---------------------------------------------------------------------------------------------------------


def rfm_heatmap(
    scores: Any,
    *,
    values: str | None = None,
    aggregate: Literal["count", "mean", "sum"] = "count",
    r: str = "r",
    f: str = "f",
    ax: Axes | None = None,
) -> Axes:
    """
    Draw customers, or a figure of theirs, by recency and frequency score.

    The most recent customers stand on top, the most frequent on the right. Cells without customers stay blank.

    Parameters
    ----------
    scores : frame-like
        One row per customer: a DataFrame of pandas or Polars, a pyarrow Table, or a dict of arrays.
    values : str, optional
        The column of numbers that `aggregate` takes the mean or the sum of.
    aggregate : {"count", "mean", "sum"}, default "count"
        What a cell shows: the number of its customers, or the mean or the sum of their `values`.
    r : str, default "r"
        The column of recency scores, whole numbers from 1 to 10, higher for more recent.
    f : str, default "f"
        The column of frequency scores, whole numbers from 1 to 10, higher for more often.
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
    ValueError
        If a column is missing or holds something else, there is no row, or `values` does not fit `aggregate`.

    See Also
    --------
    segment_sizes : The named segments of this grid.
    loyalty.RFM : The model that gives these scores.

    Examples
    --------
    >>> from loyalty import plot
    >>> scores = {"r": [5, 5, 1, 3], "f": [4, 4, 1, 5], "total_amount": [90.0, 70.0, 12.5, 240.0]}
    >>> ax = plot.rfm_heatmap(scores)
    >>> ax.get_title()
    'Customers by recency and frequency'
    >>> ax = plot.rfm_heatmap(scores, values="total_amount", aggregate="mean")
    >>> ax.get_title()
    'Mean total amount by recency and frequency'
    """
    if aggregate not in ("count", "mean", "sum"):
        raise ValueError(f"aggregate must be 'count', 'mean' or 'sum'; it is {aggregate!r}")
    if aggregate == "count" and values is not None:
        raise ValueError(f"values={values!r} needs aggregate='mean' or 'sum'; aggregate is 'count'")
    if aggregate != "count" and values is None:
        raise ValueError(f"aggregate={aggregate!r} needs values, the name of a column of numbers")
    recency, frequency = _scores(scores, r, "r"), _scores(scores, f, "f")
    size = int(max(recency.max(), frequency.max()))
    cell = (recency - 1) * size + frequency - 1
    count = np.bincount(cell, minlength=size * size).astype(np.float64)
    table = count
    if values is not None:
        weights = _numbers(scores, values, "values")
        table = np.bincount(cell, weights=weights, minlength=size * size).astype(np.float64)
        if aggregate == "mean":
            table = table / np.maximum(count, 1.0)
    table = np.where(count > 0, table, np.nan).reshape(size, size)

    ax = _axes(ax)
    what = {"count": "Customers", "mean": f"Mean {_spaced(values)}", "sum": f"Sum of {_spaced(values)}"}[aggregate]
    low, high = _limits(table, from_zero=aggregate != "mean")
    mesh = _mesh(ax, table, _DIFFERENCES if low < 0 < high else _AMOUNTS, low, high)
    bar = _color_bar(mesh, ax, what, table)
    if aggregate == "count":
        bar.ax.locator_params(axis="y", integer=True)
    names = [str(score) for score in range(1, size + 1)]
    ax.set_xticks(range(size), names)
    ax.set_yticks(range(size), names)
    ax.set_xlabel("Frequency score")
    ax.set_ylabel("Recency score")
    ax.set_title(f"{what} by recency and frequency")
    written = _written(table[count.reshape(size, size) > 0])
    _annotate(ax, mesh, table, [["" if math.isnan(v) else written(v) for v in row] for row in table])
    return ax


def segment_sizes(scores: Any, *, segment: str = "segment", ax: Axes | None = None) -> Axes:
    """
    Draw the number of customers in each segment.

    The largest segment stands on top; each bar says its number of customers and their share.

    Parameters
    ----------
    scores : frame-like
        One row per customer: a DataFrame of pandas or Polars, a pyarrow Table, or a dict of arrays.
    segment : str, default "segment"
        The column of segments. Any column of names does: a tier, a cluster, an action.
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
    ValueError
        If the column is missing or has a row without a value, or there is no row.

    See Also
    --------
    segment_revenue : What the segments bring in.
    rfm_heatmap : The grid behind RFM segments.

    Examples
    --------
    >>> from loyalty import plot
    >>> ax = plot.segment_sizes({"segment": ["Loyal", "New", "Loyal", "Loyal"]})
    >>> [text.get_text() for text in ax.texts]
    ['3 (75.0 %)', '1 (25.0 %)']
    """
    names, codes = _groups(scores, segment, "segment")
    counts = np.bincount(codes)
    order = sorted(range(len(names)), key=lambda i: (-counts[i], names[i]))
    sizes = [int(counts[i]) for i in order]

    ax = _axes(ax, rows=len(names))
    bars = ax.barh(range(len(order)), sizes, color=_BLUE)
    _name_rows(ax, [names[i] for i in order])
    ax.xaxis.set_major_formatter(_tick)
    ax.locator_params(axis="x", integer=True)
    ax.set_xlabel("Customers")
    ax.set_title(f"Customers by {_spaced(segment)}")
    texts = [f"{size:,} ({_percent(size / len(codes))})" for size in sizes]
    _label_bars(ax, [(bars, sizes, texts)], rows=len(names))
    return ax


def segment_revenue(
    scores: Any,
    *,
    segment: str = "segment",
    revenue: str = "total_amount",
    ax: Axes | None = None,
) -> Axes:
    """
    Draw each segment's share of revenue beside its share of customers.

    The segment that brings in most stands on top. Where the bar of revenue is the longer one, its customers are worth
    more than the average customer.

    Parameters
    ----------
    scores : frame-like
        One row per customer: a DataFrame of pandas or Polars, a pyarrow Table, or a dict of arrays.
    segment : str, default "segment"
        The column of segments.
    revenue : str, default "total_amount"
        The column of numbers to share out. Single values may be negative; their sum must not.
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
    ValueError
        If a column is missing or holds something else, there is no row, or the revenue does not sum to more than 0.

    See Also
    --------
    segment_sizes : The numbers of customers.
    clv_concentration : The same question without segments.

    Examples
    --------
    >>> from loyalty import plot
    >>> scores = {"segment": ["Loyal", "New", "New", "New"], "total_amount": [70.0, 10.0, 10.0, 10.0]}
    >>> ax = plot.segment_revenue(scores)
    >>> [text.get_text() for text in ax.texts]
    ['70.0 %', '30.0 %', '25.0 %', '75.0 %']
    """
    names, codes = _groups(scores, segment, "segment")
    amounts = _numbers(scores, revenue, "revenue")
    total = _positive_sum(amounts, f"revenue: column {revenue!r}")
    of_revenue = np.bincount(codes, weights=amounts / total)
    of_customers = np.bincount(codes) / len(codes)
    order = sorted(range(len(names)), key=lambda i: (-of_revenue[i], names[i]))

    ax = _axes(ax, rows=2 * len(names))
    pairs: list[tuple[BarContainer, list[float], list[str]]] = []
    for shares, offset, label, color in (
        (of_revenue, -0.2, f"Share of {_spaced(revenue)}", _BLUE),
        (of_customers, 0.2, "Share of customers", _ORANGE),
    ):
        lengths = [float(shares[i]) for i in order]
        bars = ax.barh([row + offset for row in range(len(order))], lengths, 0.4, color=color, label=label)
        pairs.append((bars, lengths, [_percent(share) for share in lengths]))
    _name_rows(ax, [names[i] for i in order])
    ax.xaxis.set_major_formatter(_percent_tick)
    ax.set_xlabel("Share of the total")
    if of_revenue.min() < 0:
        ax.axvline(0, color=_ink(ax), linewidth=0.8)
    _head(ax, f"{_spaced(revenue).capitalize()} by {_spaced(segment)}")
    _label_bars(ax, pairs, rows=2 * len(names))
    return ax


def tier_risk(
    scores: Any,
    *,
    tier: str = "tier",
    risk: str = "risk",
    tiers: Sequence[str] = ("low", "medium", "high"),
    risks: Sequence[str] = ("low", "medium", "high"),
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the number of customers by loyalty tier and churn risk.

    The most loyal tier stands on top, the highest risk on the right: who is top right is worth winning back.

    Parameters
    ----------
    scores : frame-like
        One row per customer: a DataFrame of pandas or Polars, a pyarrow Table, or a dict of arrays.
    tier : str, default "tier"
        The column of loyalty tiers.
    risk : str, default "risk"
        The column of churn risks.
    tiers : sequence of str, default ("low", "medium", "high")
        All tiers, ascending.
    risks : sequence of str, default ("low", "medium", "high")
        All risks, ascending.
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
    ValueError
        If a column is missing or holds a name that is not among `tiers` or `risks`, or there is no row.

    See Also
    --------
    loyalty.Scorecard : The model that gives both columns.

    Examples
    --------
    >>> from loyalty import plot
    >>> ax = plot.tier_risk({"tier": ["high", "low", "high"], "risk": ["low", "high", "low"]})
    >>> [text.get_text() for text in ax.texts if text.get_text() != "0"]
    ['1\\n(33.3 %)', '2\\n(66.7 %)']
    """
    row = _levels(scores, tier, "tier", tiers)
    place = _levels(scores, risk, "risk", risks)
    shape = (len(tiers), len(risks))
    count = np.bincount(row * shape[1] + place, minlength=shape[0] * shape[1]).reshape(shape)
    table = count.astype(np.float64)

    ax = _axes(ax)
    mesh = _mesh(ax, table, _AMOUNTS, 0.0, float(table.max()))
    _color_bar(mesh, ax, "Customers", table).ax.locator_params(axis="y", integer=True)
    ax.set_xticks(range(shape[1]), [_wrapped(str(name)) for name in risks])
    ax.set_yticks(range(shape[0]), [_wrapped(str(name)) for name in tiers])
    ax.set_xlabel("Churn risk")
    ax.set_ylabel("Loyalty tier")
    ax.set_title("Customers by loyalty tier and churn risk")
    texts = [[f"{n:,}\n({_percent(n / len(row))})" if n else "0" for n in line] for line in count.tolist()]
    _annotate(ax, mesh, table, texts)
    return ax


# --- Clusters ----------------------------------------------------------------------------------------------------------


def cluster_profiles(
    model_or_centers: Any,
    *,
    X: Any = None,  # noqa: N803
    feature_names: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """
    Draw how clusters differ from each other, feature by feature.

    The colour is the centre in standard deviations above or below the mean, of the rows of `X` if given and of the centres
    otherwise; the text is the centre itself. Deviations beyond 3 have the deepest colour.

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
    ValueError
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
    centers = _centers(model_or_centers)
    n_clusters, n_features = centers.shape
    names = _feature_names(model_or_centers, X, feature_names, n_features)
    deviation = _standardised(centers, centers if X is None else _matrix(X, model_or_centers, n_features))

    ax = _axes(ax, rows=n_clusters)
    limit = min(float(np.abs(deviation).max()), _MAX_DEVIATION) or 1.0
    mesh = _mesh(ax, deviation, _DIFFERENCES, -limit, limit)
    of = "centres" if X is None else "customers"
    _color_bar(mesh, ax, f"Standard deviations\nfrom the mean of {of}", deviation)
    ax.set_xticks(range(n_features), [_wrapped(name.replace("_", " "), width=14) for name in names])
    ax.set_yticks(range(n_clusters), [str(cluster) for cluster in range(n_clusters)])
    ax.invert_yaxis()
    ax.set_ylabel("Cluster")
    ax.set_title("Cluster centres")
    written = [_written(feature) for feature in centers.T]
    _annotate(ax, mesh, deviation, [[write(v) for write, v in zip(written, row)] for row in centers])
    return ax


def silhouettes(X: Any, labels: npt.ArrayLike, *, ax: Axes | None = None) -> Axes:  # noqa: N803
    """
    Draw the silhouette of every customer, cluster by cluster.

    A silhouette near 1 means far from other clusters, near 0 between two, below 0 nearer to another cluster. Within a
    cluster the highest stand on top. Time grows with the square of the number of customers: sample first if there are many.

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
    ValueError
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
    each = np.asarray(metrics.silhouette_samples(X, labels), dtype=np.float64)
    clusters, codes = np.unique(np.asarray(labels), return_inverse=True)

    ax = _axes(ax, rows=len(clusters))
    gap = max(1.0, 0.02 * len(each))
    middles, below = [], 0.0
    for code in range(len(clusters)):
        own = np.sort(each[codes == code])[::-1]
        # Steps rather than a line, so that a cluster of one customer is seen too.
        edges = below + np.arange(len(own) + 1)
        color = _CYCLE[code % len(_CYCLE)]
        ax.stairs(own, edges, orientation="horizontal", fill=True, color=color, linewidth=0)
        middles.append(below + len(own) / 2)
        below = float(edges[-1]) + gap
    mean = float(each.mean())
    ax.axvline(mean, color=_ink(ax), linestyle="--", linewidth=1.2, label=f"Mean {mean:z.2f}".replace("-", "−"))
    ax.axvline(0, color=_ink(ax), linewidth=0.8)
    ax.set_xlim(min(0.0, float(each.min())) - 0.03, 1.03)
    ax.set_ylim(below, -gap)
    sizes = np.bincount(codes).tolist()
    ax.set_yticks(middles, [f"{name} (n = {size:,})" for name, size in zip(clusters, sizes)])
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("Silhouette, −1 to 1")
    ax.set_ylabel("Cluster (customers)")
    _head(ax, "Silhouettes by cluster")
    _settle(ax)
    _fit_ticks(ax, ax.yaxis)
    return ax


def choice_of_k(chosen: _Chosen, *, ax: Axes | None = None) -> Axes:
    """
    Draw silhouette and inertia against the number of clusters.

    The number with the highest mean silhouette, the least one among equals, is marked: the one that was chosen. Inertia has
    its own axis on the right, which is a second Axes of the same figure.

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
    ValueError
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
        raise ValueError(
            "chosen must be a fitted ChooseK or Scorecard, which has candidates_;"
            f" it is {_described(chosen)}: call fit first"
        )
    k = _vector(tried.k, "candidates_.k")
    inertia = _vector(tried.inertia, "candidates_.inertia")
    silhouette = _vector(tried.silhouette, "candidates_.silhouette")
    order = np.argsort(k)
    k, inertia, silhouette = k[order], inertia[order], silhouette[order]
    best = int(np.argmax(silhouette))

    ax = _axes(ax)
    right = ax.twinx()
    # The silhouettes, which decide, lie over the inertia.
    ax.set_zorder(right.get_zorder() + 1)
    ax.patch.set_visible(False)
    (inertias,) = right.plot(k, inertia, "s--", color=_ORANGE, markersize=5, label="Inertia")
    (means,) = ax.plot(k, silhouette, "o-", color=_BLUE, label="Mean silhouette")
    (mark,) = ax.plot(
        k[best], silhouette[best], "o", color=_ink(ax), markersize=13, markerfacecolor="none", markeredgewidth=1.6,
        label=f"Chosen: k = {k[best]:,.0f}",
    )  # fmt: skip
    ax.axvline(k[best], color=_ink(ax), linestyle=":", linewidth=1)
    if len(k) <= 15:
        ax.set_xticks(k, [f"{value:,.0f}" for value in k])
    else:
        ax.locator_params(axis="x", integer=True)
    ax.margins(x=0.06, y=0.12)
    right.margins(x=0.06, y=0.12)
    right.yaxis.set_major_formatter(_tick)
    right.grid(False)
    ax.set_xlabel("Number of clusters k")
    ax.set_ylabel("Mean silhouette, −1 to 1")
    right.set_ylabel("Inertia (sum of squared distances)")
    _head(ax, f"Choice of {k[best]:,.0f} clusters", [means, mark, inertias])
    return ax


# --- Predictions -------------------------------------------------------------------------------------------------------


def calibration(
    truth: npt.ArrayLike,
    probability: npt.ArrayLike,
    *,
    n_bins: int = 10,
    strategy: Literal["uniform", "quantile"] = "quantile",
    ax: Axes | None = None,
) -> Axes:
    """
    Draw observed rates against predicted probabilities.

    On the diagonal, of the customers given a probability of 30 % just 30 % are positive. The legend says the expected
    calibration error (ECE), the mean distance from there. The histogram below shows how many customers have each probability.

    Parameters
    ----------
    truth : array-like of shape (n_samples,)
        Whether it happened: bool, or 0 and 1.
    probability : array-like of shape (n_samples,)
        The predicted probability that it happens, 0 to 1.
    n_bins : int, default 10
        The number of bins of probability.
    strategy : {"uniform", "quantile"}, default "quantile"
        Bins of equal width, or of about equally many customers.
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
    ValueError
        If the lengths differ, there is no row, a probability is outside 0 to 1, or a parameter is out of range.

    See Also
    --------
    loyalty.metrics.calibration : The numbers.
    roc : How well the predictions rank.

    Examples
    --------
    >>> from loyalty import plot
    >>> ax = plot.calibration([False, True, False, True], [0.2, 0.2, 0.7, 0.9], n_bins=2)
    >>> ax.get_ylabel()
    'Observed rate'
    """
    found = metrics.calibration(truth, probability, n_bins=n_bins, strategy=strategy)
    height, edges = np.histogram(np.asarray(probability, dtype=np.float64), _STRIP_BINS, (0.0, 1.0))

    ax = _axes(ax)
    ax.plot([0, 1], [0, 1], color=_ink(ax), linestyle="--", linewidth=1, alpha=0.6, label="Perfect")
    error = found.expected_calibration_error
    ax.plot(
        found.mean_predicted, found.observed_rate, "o-", color=_BLUE, clip_on=False,
        label=f"Predictions (ECE {error:.3f})",
    )  # fmt: skip
    strip = _STRIP_BASE + _STRIP_HEIGHT * height / height.max()
    ax.stairs(
        strip, edges, baseline=_STRIP_BASE, fill=True, color=_SKY, linewidth=0,
        label=f"Customers (tallest {int(height.max()):,})",
    )  # fmt: skip
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(_STRIP_BASE, 1.02)
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.xaxis.set_major_formatter(_percent_tick)
    ax.yaxis.set_major_formatter(_percent_tick)
    ax.set_xlabel("Mean predicted probability")
    ax.set_ylabel("Observed rate")
    _head(ax, "Calibration")
    return ax


def roc(truth: npt.ArrayLike, score: npt.ArrayLike, *, ax: Axes | None = None) -> Axes:
    """
    Draw the receiver operating characteristic.

    For each threshold: the share of the positives at or above it against the share of the negatives. The diagonal is what
    chance gives.

    Parameters
    ----------
    truth : array-like of shape (n_samples,)
        Which customers are positive: bool, or 0 and 1.
    score : array-like of shape (n_samples,)
        A probability or any number, higher for more likely positive.
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
    ValueError
        If the lengths differ, a score is not finite, or one class is missing.

    See Also
    --------
    loyalty.metrics.roc_curve : The numbers.
    cumulative_gains : The same ranking in shares of all customers.

    Examples
    --------
    >>> from loyalty import plot
    >>> ax = plot.roc([False, False, True, True], [0.1, 0.4, 0.35, 0.8])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['Predictions (AUC 0.750)', 'Chance (AUC 0.5)']
    """
    curve, area = metrics.roc_curve(truth, score), metrics.roc_auc(truth, score)

    ax = _axes(ax)
    _unit_square(ax)
    ax.plot(curve.fpr, curve.tpr, color=_BLUE, label=f"Predictions (AUC {area:.3f})")
    ax.plot([0, 1], [0, 1], color=_ink(ax), linestyle="--", linewidth=1, alpha=0.6, label="Chance (AUC 0.5)")
    ax.set_aspect("equal")
    ax.set_xlabel("False positive rate")
    ax.set_ylabel("True positive rate")
    _head(ax, "ROC curve")
    return ax


def cumulative_gains(truth: npt.ArrayLike, score: npt.ArrayLike, *, ax: Axes | None = None) -> Axes:
    """
    Draw the share of positives reached against the share of customers contacted.

    Customers are taken by score, highest first. The curve lies between those of random order and of perfect foresight.

    Parameters
    ----------
    truth : array-like of shape (n_samples,)
        Which customers are positive: bool, or 0 and 1.
    score : array-like of shape (n_samples,)
        A probability or any number, higher for more likely positive.
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
    ValueError
        If the lengths differ, a score is not finite, or there is no positive.

    See Also
    --------
    loyalty.metrics.cumulative_gains : The numbers.
    roc : The same ranking without regard to how many positives there are.

    Examples
    --------
    >>> from loyalty import plot
    >>> ax = plot.cumulative_gains([True, False, True, False], [0.9, 0.6, 0.5, 0.1])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['Perfect order', 'Predictions', 'Random order']
    """
    gains = metrics.cumulative_gains(truth, score)
    base = float(np.mean(np.asarray(truth) == 1))

    ax = _axes(ax)
    _unit_square(ax)
    ink = _ink(ax)
    ax.plot([0, base, 1], [0, 1, 1], color=ink, linestyle=":", linewidth=1.2, alpha=0.8, label="Perfect order")
    ax.plot(gains.customers, gains.positives, color=_BLUE, label="Predictions")
    ax.plot([0, 1], [0, 1], color=ink, linestyle="--", linewidth=1, alpha=0.6, label="Random order")
    ax.set_xlabel("Share of customers, highest score first")
    ax.set_ylabel("Share of positives reached")
    _head(ax, "Cumulative gains")
    return ax


# --- Lifetime value ----------------------------------------------------------------------------------------------------


def clv_distribution(values: npt.ArrayLike, *, ax: Axes | None = None) -> Axes:
    """
    Draw how lifetime values are distributed, with median and mean.

    Values above 0 that a logarithm makes less skewed are drawn over a logarithmic axis. Otherwise the axis is linear and ends
    where few values lie far out, at the 95th to 99th percentile or the 5th to 1st; the label says how many are not shown.

    Parameters
    ----------
    values : array-like of shape (n_samples,)
        The lifetime value of each customer. It may be negative.
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
    ValueError
        If there is no value, or one is not a finite number.

    See Also
    --------
    clv_concentration : How much of the total the best customers hold.
    loyalty.clv : The formulas of lifetime value.

    Examples
    --------
    >>> from loyalty import plot
    >>> ax = plot.clv_distribution([10.0, 20.0, 30.0, 1000.0])
    >>> ax.get_xscale()
    'log'
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['Median 25', 'Mean 265']
    """
    worth = _vector(values, "values")
    logarithmic = _is_log_like(worth)
    edges = _log_edges(worth) if logarithmic else _linear_edges(worth)
    low, high = float(edges[0]), float(edges[-1])

    ax = _axes(ax)
    if logarithmic:
        ax.set_xscale("log")
    shown = worth[(worth >= low) & (worth <= high)]
    ax.hist(shown, bins=edges.tolist(), color=_BLUE, edgecolor=ax.get_facecolor(), linewidth=0.5)
    if len(edges) == 2:
        ax.margins(x=2)
    middles = {"Median": float(np.median(worth)), "Mean": _mean(worth)}
    written = _written(np.array(list(middles.values())))
    for (name, value), style in zip(middles.items(), ("-", "--")):
        inside = low <= value <= high
        label = f"{name} {written(value)}" + ("" if inside else " (beyond the axis)")
        if inside:
            ax.axvline(value, color=_ink(ax), linestyle=style, linewidth=1.4, label=label)
        else:
            ax.plot([], [], color=_ink(ax), linestyle=style, linewidth=1.4, label=label)
    ax.xaxis.set_major_formatter(_tick)
    if logarithmic:
        few = high / low < 50
        ax.xaxis.set_minor_formatter(lambda value, _: _tick(value) if few and _leads(value, (2, 5)) else "")
    ax.yaxis.set_major_formatter(_tick)
    ax.locator_params(axis="y", integer=True)
    label = "Lifetime value of a customer (in your currency" + (", log scale)" if logarithmic else ")")
    hidden = [
        f"{_count(int(n))} ({_percent(int(n) / len(worth))}) {side} {_written(np.array([end]))(end)}"
        for n, side, end in ((np.sum(worth < low), "below", low), (np.sum(worth > high), "above", high))
        if n
    ]
    ax.set_xlabel("\n".join([label, *([f"not shown: {', '.join(hidden)}"] if hidden else [])]))
    ax.set_ylabel("Customers")
    _head(ax, "Customer lifetime value")
    return ax


def clv_concentration(values: npt.ArrayLike, *, ax: Axes | None = None) -> Axes:
    """
    Draw the share of total lifetime value that the best customers hold.

    Customers are taken by value, highest first. With customers of negative value the curve rises above 100 % before these
    bring it down.

    Parameters
    ----------
    values : array-like of shape (n_samples,)
        The lifetime value of each customer. Single values may be negative; their sum must not.
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
    ValueError
        If there is no value, one is not a finite number, or they do not sum to more than 0.

    See Also
    --------
    clv_distribution : The values themselves.
    segment_revenue : Which segments hold the value.

    Examples
    --------
    >>> from loyalty import plot
    >>> ax = plot.clv_concentration([500.0, 200.0, 100.0, 100.0, 100.0])
    >>> [text.get_text() for text in ax.texts]
    ['Top 20 % hold 50 %']
    """
    worth = _vector(values, "values")
    shares = np.sort(worth / _positive_sum(worth, "values"))[::-1]
    customers = np.linspace(0, 1, len(worth) + 1)
    held = np.concatenate([[0.0], np.cumsum(shares)])
    held[-1] = 1.0
    top = float(np.interp(0.2, customers, held))

    ax = _axes(ax)
    _unit_square(ax)
    highest = float(held.max())
    if highest > 1.02:
        ax.set_ylim(-0.02 * highest, 1.05 * highest)
        ax.axhline(1, color=_ink(ax), linewidth=0.8, alpha=0.4)
    ax.plot(customers, held, color=_BLUE, label="Customers by value")
    ax.plot([0, 1], [0, 1], color=_ink(ax), linestyle="--", linewidth=1, alpha=0.6, label="All of equal value")
    ax.plot([0.2, 0.2, 0], [0, top, top], color=_ink(ax), linestyle=":", linewidth=1)
    ax.plot(0.2, top, "o", color=_BLUE)
    # Below the curve, also where it has come down again at the end of the text.
    beside = min(top, float(np.interp(0.7, customers, held)))
    ax.annotate(
        f"Top 20 % hold {100 * top:,.0f} %", (0.2, beside), (9, -4), textcoords="offset points", va="top"
    )
    ax.set_xlabel("Share of customers, highest value first")
    ax.set_ylabel("Share of total lifetime value")
    _head(ax, "Concentration of lifetime value")
    return ax


# --- Input -------------------------------------------------------------------------------------------------------------


def _column(frame: Any, name: str, argument: str) -> npt.NDArray[Any]:
    found = np.asarray(column(frame, name))
    if found.ndim != 1:
        raise ValueError(f"{argument}: column {name!r} must have one dimension; it has {found.ndim}")
    if not len(found):
        raise ValueError("scores must have at least one row; it has none")
    return found


def _numbers(frame: Any, name: str, argument: str) -> _Floats:
    return _finite(_column(frame, name, argument), f"{argument}: column {name!r}")


def _vector(values: npt.ArrayLike, argument: str) -> _Floats:
    found = np.asarray(values)
    if found.ndim != 1:
        raise ValueError(f"{argument} must have one dimension; it has {found.ndim}")
    if not len(found):
        raise ValueError(f"{argument} must hold at least one value; it is empty")
    return _finite(found, argument)


def _finite(values: npt.NDArray[Any], what: str) -> _Floats:
    if values.dtype.kind not in "biufO":
        raise ValueError(f"{what} must hold numbers; it holds {values.dtype}")
    try:
        numbers = values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} must hold numbers: {error}") from None
    finite = np.isfinite(numbers)
    if not finite.all():
        at = np.unravel_index(int(np.argmin(finite)), finite.shape)
        raise ValueError(f"{what} must hold finite numbers; row {at[0]} is {numbers[at]}")
    return numbers


def _scores(frame: Any, name: str, argument: str) -> _Codes:
    numbers = _numbers(frame, name, argument)
    wrong = (numbers < 1) | (numbers > _MAX_SCORE) | (numbers != np.floor(numbers))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"{argument}: column {name!r} must hold scores, whole numbers from 1 to {_MAX_SCORE};"
            f" row {row} is {numbers[row]:g}"
        )
    return numbers.astype(np.intp)


def _groups(frame: Any, name: str, argument: str) -> tuple[list[str], _Codes]:
    """Name the distinct values of a column, and give each row the place of its own."""
    values = _column(frame, name, argument).tolist()
    places: dict[Any, int] = {}
    codes = np.fromiter((places.setdefault(v, len(places)) for v in values), np.intp, len(values))
    for value, place in places.items():
        if _is_missing(value):
            row = int(np.argmax(codes == place))
            raise ValueError(
                f"{argument}: column {name!r} must have a value for every customer; row {row} is {value!r}"
            )
    return [str(value) for value in places], codes


def _levels(frame: Any, name: str, argument: str, levels: Sequence[str]) -> _Codes:
    if isinstance(levels, str) or not levels or len(set(levels)) < len(levels):
        raise ValueError(f"{argument}s must be one or more different names, ascending; it is {levels!r}")
    names, codes = _groups(frame, name, argument)
    known = {str(level): place for place, level in enumerate(levels)}
    for place, found in enumerate(names):
        if found not in known:
            row = int(np.argmax(codes == place))
            raise ValueError(
                f"{argument}: column {name!r} must hold one of {argument}s={tuple(levels)!r};"
                f" row {row} is {found!r}"
            )
    return np.array([known[found] for found in names], dtype=np.intp)[codes]


def _is_missing(value: Any) -> bool:
    try:
        return value is None or bool(value != value)
    except (TypeError, ValueError):  # pandas.NA is neither equal to itself nor not.
        return True


def _positive_sum(values: _Floats, what: str) -> float:
    total = float(values.sum())
    if not 0 < total < math.inf:
        raise ValueError(f"{what} must sum to more than 0 and a finite number to be shared out; the sum is {total:g}")
    return total


def _described(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[:1] in 'AEIOUaeiou' else 'a'} {name}"


def _centers(model_or_centers: Any) -> _Floats:
    centers = getattr(model_or_centers, "cluster_centers_", None)
    if centers is None:
        if hasattr(model_or_centers, "fit"):
            raise ValueError(
                f"model_or_centers is {_described(model_or_centers)} without cluster_centers_: call fit first"
            )
        centers = model_or_centers
    return _table(centers, "model_or_centers")


def _table(values: Any, argument: str) -> _Floats:
    found = np.asarray(values)
    if found.ndim != 2 or 0 in found.shape:
        raise ValueError(f"{argument} must have rows and columns; its shape is {found.shape}")
    return _finite(found, argument)


def _feature_names(model: Any, X: Any, given: Sequence[str] | None, n_features: int) -> list[str]:  # noqa: N803
    names: Any = given
    if names is None:
        names = getattr(model, "feature_names_in_", None)
    if names is None and (columns := _columns_of(X)) is not None and len(columns) == n_features:
        names = columns
    if names is None:
        names = [f"feature {place}" for place in range(n_features)]
    if isinstance(names, str) or len(names) != n_features:
        raise ValueError(f"feature_names must be {n_features} names, one for each feature; it is {names!r}")
    return [str(name) for name in names]


def _columns_of(frame: Any) -> list[str] | None:
    if isinstance(frame, Mapping):
        return [str(name) for name in frame]
    names = getattr(frame, "column_names", None)  # pyarrow
    if names is None:
        names = getattr(frame, "columns", None)
    return None if names is None or callable(names) else [str(name) for name in names]


def _matrix(X: Any, model: Any, n_features: int) -> _Floats:  # noqa: N803
    names = getattr(model, "feature_names_in_", None)
    present = _columns_of(X)
    if present is not None and (names is not None or isinstance(X, Mapping)):
        parts = [np.asarray(column(X, str(name))) for name in (present if names is None else names)]
        found = _table(np.column_stack(parts), "X")
    else:
        found = _table(X, "X")
    if found.shape[1] != n_features:
        raise ValueError(f"X must have {n_features} columns, as many as the centres; it has {found.shape[1]}")
    return found


# --- Numbers -----------------------------------------------------------------------------------------------------------


def _standardised(centers: _Floats, yardstick: _Floats) -> _Floats:
    """Give the centres in standard deviations of the yardstick's rows; 0 where these are all equal."""
    # Scaled first, so that squares neither overflow nor vanish.
    size = np.maximum(np.abs(centers).max(axis=0), np.abs(yardstick).max(axis=0))
    size[size == 0] = 1.0
    mean, spread = (yardstick / size).mean(axis=0), (yardstick / size).std(axis=0)
    difference = centers / size - mean
    # A spread of rounding errors is none.
    flat = spread <= 1e-14
    result: _Floats = np.where(flat, 0.0, difference / np.where(flat, 1.0, spread))
    return result


def _mean(values: _Floats) -> float:
    """Give the mean, which exists even where the sum does not."""
    size = float(np.abs(values).max()) or 1.0
    return float((values / size).mean()) * size


def _skewness(values: _Floats) -> float:
    deviation = values - values.mean()
    spread = float(np.sqrt(np.mean(deviation**2)))
    return 0.0 if spread <= 1e-9 * float(np.abs(values).max()) else float(np.mean((deviation / spread) ** 3))


def _is_log_like(values: _Floats) -> bool:
    """Say whether a logarithm makes positive values with a long right tail less skewed."""
    if values.min() <= 0 or values.max() / 10 < np.median(values) / 2:
        return False
    skewness = _skewness(values / values.max())
    return skewness > 1 and abs(_skewness(np.log(values))) < skewness


def _n_bins(values: _Floats, low: float, high: float) -> int:
    """Give the finer of Rice's and of Freedman and Diaconis' rule, within what the eye can take."""
    finest = 2 * len(values) ** (1 / 3)
    first, third = np.quantile(values, [0.25, 0.75]).tolist()
    if third > first:
        finest = max(finest, min((high - low) / (third - first), 80) * finest / 4)
    return int(min(max(math.ceil(finest), 10), 80))


def _log_edges(values: _Floats) -> _Floats:
    low, high = float(values.min()), float(values.max())
    edges: _Floats = np.geomspace(low, high, _n_bins(np.log(values), math.log(low), math.log(high)) + 1)
    return edges


def _linear_edges(values: _Floats) -> _Floats:
    low, high = float(values.min()), float(values.max())
    rank = np.quantile(values, [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]).tolist()
    reach = 10 * (rank[4] - rank[2])
    first, middle, last = max(rank[0], min(rank[1], rank[2] - reach)), rank[3], min(rank[6], max(rank[5], rank[4] + reach))
    # Cut only far tails, and only if something is left between the cuts.
    if first < last and high - last > last - middle:
        high = last
    if first < last and first - low > middle - first:
        low = first
    if high - low <= 1e-9 * max(abs(high), abs(low)):
        half = 0.05 * max(abs(high), abs(low)) or 0.5
        return np.array([low - half, high + half])
    return np.linspace(low, high, _n_bins(values, low, high) + 1)


# --- Text --------------------------------------------------------------------------------------------------------------

_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"))


def _spaced(name: str | None) -> str:
    return (name or "").replace("_", " ")


def _wrapped(name: str, width: int = 24) -> str:
    return "\n".join(textwrap.wrap(name, width, max_lines=2, placeholder=" …")) or name


def _count(n: int) -> str:
    return f"{n:,} customer{'' if n == 1 else 's'}"


def _percent(share: float) -> str:
    if 0 < abs(share) < 0.0005:
        return "<0.1 %" if share > 0 else "−<0.1 %"
    return f"{100 * share:z,.1f} %".replace("-", "−")


def _percent_tick(share: float, _: object = None) -> str:
    return f"{100 * share:,.10g} %".replace("-", "−")


def _tick(value: float, _: object = None) -> str:
    size = abs(value)
    text = f"{value:,.10g}"
    if size >= 1e15 or 0 < size < 1e-4:
        text = f"{value:.4g}"
    else:
        for unit, letter in _UNITS:
            if size >= unit:
                text = f"{value / unit:,.10g}{letter}"
                break
    return text.replace("-", "−")


def _written(values: _Floats) -> Callable[[float], str]:
    """Give the way to write numbers like these: three digits or so, all with the same number of decimals."""
    sizes = np.abs(values[values != 0])
    typical = float(np.median(sizes)) if len(sizes) else 1.0
    whole = not np.any(values % 1)
    decimals = 0 if whole else min(max(2 - math.floor(math.log10(typical)), 0), 4)

    def write(value: float) -> str:
        size = abs(value)
        if size >= 1e15 or (value and typical < 1e-3):
            text = f"{value:.1e}"
        elif not value:
            text = "0"
        elif size >= 1e6:
            unit, letter = next(known for known in _UNITS if size >= 0.9995 * known[0])
            text = f"{value / unit:.{2 - min(int(math.log10(size / unit)), 2)}f}{letter}"
        else:
            text = f"{value:z,.{decimals}f}"
        return text.replace("-", "−")

    return write


def _leads(value: float, digits: tuple[int, ...]) -> bool:
    return value > 0 and round(value / 10 ** math.floor(math.log10(value) + 1e-9)) in digits


# --- Drawing -----------------------------------------------------------------------------------------------------------

def _axes(ax: Axes | None, rows: int = 0) -> Axes:
    """Give the Axes to draw into: those given, or those of a new figure that is high enough for so many rows of text."""
    try:
        from matplotlib import axes
    except ImportError as error:
        raise ImportError("loyalty.plot needs matplotlib: pip install loyalty-py[plot]") from error
    if ax is not None:
        if not isinstance(ax, axes.Axes):
            raise TypeError(f"ax must be a matplotlib Axes; it is {_described(ax)}")
        return ax
    from matplotlib import pyplot, rcParams

    width, height = rcParams["figure.figsize"]
    needed = (1.4 * rows * rcParams["font.size"] + 90) / 72
    figure, ax = pyplot.subplots(figsize=(width, min(max(height, needed), 2.5 * height)), layout="constrained")
    return ax


def _ink(ax: Axes) -> Any:
    """Give the colour of text on the paper of these Axes, whatever the style they were made with."""
    return ax.title.get_color()


def _settle(ax: Axes) -> None:
    """Lay out the figure if it does so itself, so that sizes on paper can be measured."""
    figure = ax.figure.figure
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)


def _head(ax: Axes, title: str, handles: Sequence[Artist] | None = None) -> None:
    """Set the title above a legend that lies above the picture, where it hides no data."""
    shown = ax.get_legend_handles_labels()[0] if handles is None else handles
    _settle(ax)
    for columns in range(len(shown), 0, -1):
        legend = ax.legend(
            handles=shown, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=columns, frameon=False,
            borderaxespad=0.2, columnspacing=1.4, handlelength=1.7,
        )  # fmt: skip
        box = legend.get_window_extent()
        if box.width <= ax.bbox.width:
            break
    ax.set_title(title, pad=box.height * 72 / ax.figure.figure.dpi + 4)


def _unit_square(ax: Axes) -> None:
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    ax.xaxis.set_major_formatter(_percent_tick)
    ax.yaxis.set_major_formatter(_percent_tick)


def _limits(table: _Floats, *, from_zero: bool) -> tuple[float, float]:
    """Give the values of the lowest and the highest colour."""
    low, high = float(np.nanmin(table)), float(np.nanmax(table))
    if low < 0 < high:
        return -max(-low, high), max(-low, high)
    if not from_zero:
        # Means of a few customers may lie so far out (Tukey) that all others would look alike.
        first, third = np.nanquantile(table, [0.25, 0.75]).tolist()
        low, high = max(low, first - 3 * (third - first)), min(high, third + 3 * (third - first))
    if from_zero or low == high:
        low, high = min(low, 0.0), max(high, 0.0)
    return (low, high) if low < high else (low, low + 1.0)


def _mesh(ax: Axes, table: _Floats, cmap: str, low: float, high: float) -> QuadMesh:
    """Draw a table as coloured cells around whole numbers, the first row at the bottom."""
    rows, columns = table.shape
    # A grid of the user's style would lie over the cells.
    ax.grid(False)
    mesh = ax.pcolormesh(
        np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5, np.ma.masked_invalid(table),
        cmap=cmap, vmin=low, vmax=high, edgecolors=[ax.get_facecolor()], linewidth=1.0 if rows * columns <= 400 else 0.0,
    )  # fmt: skip
    ax.set_xlim(-0.5, columns - 0.5)
    ax.set_ylim(-0.5, rows - 0.5)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return mesh


def _color_bar(mesh: QuadMesh, ax: Axes, label: str, table: _Floats) -> Colorbar:
    low, high = mesh.get_clim()
    below, above = bool(np.nanmin(table) < low), bool(np.nanmax(table) > high)
    beyond = {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[below, above]
    bar = ax.figure.colorbar(mesh, ax=ax, label=label, extend=beyond, extendfrac=0.03)
    bar.ax.yaxis.set_major_formatter(_tick)
    bar.outline.set_visible(False)
    return bar


def _annotate(ax: Axes, mesh: QuadMesh, table: _Floats, texts: list[list[str]]) -> None:
    """Write into the cells, light on dark and dark on light, as large as fits; nothing where nothing legible does."""
    _settle(ax)
    _fit_ticks(ax, ax.xaxis)
    _fit_ticks(ax, ax.yaxis)
    _settle(ax)
    rows, columns = table.shape
    cells = mesh.to_rgba(np.ma.masked_invalid(table))
    written = [
        ax.text(column, row, texts[row][column], ha="center", va="center", color=_contrast(cells[row, column]))
        for row in range(rows)
        for column in range(columns)
        if texts[row][column]
    ]
    _shrink(written, 0.9 * ax.bbox.width / columns, 0.9 * ax.bbox.height / rows)


def _shrink(texts: Sequence[Text], width: float, height: float) -> None:
    """Make all texts equally small, so that each takes no more than so many pixels; hide what could not be read."""
    boxes = [text.get_window_extent() for text in texts]
    factor = min([1.0, *(width / box.width for box in boxes), *(height / box.height for box in boxes)])
    for text in texts:
        size = factor * float(text.get_fontsize())
        text.set_fontsize(max(_MIN_FONT, size))
        text.set_visible(size >= _MIN_FONT)


def _contrast(cell: npt.NDArray[Any]) -> str:
    """Give the colour of text on a cell by the cell's relative luminance (WCAG 2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in cell[:3].tolist()]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    # Where white and black contrast equally.
    return "white" if luminance < 0.179 else "#111111"


def _fit_ticks(ax: Axes, axis: Axis) -> None:
    """Turn, shrink and, where that is not enough, thin out the labels of named ticks so that none touches the next."""
    ticks, labels = list(axis.get_ticklocs()), axis.get_ticklabels()
    if len(ticks) < 2:
        return
    horizontal = axis is ax.xaxis
    first, last = ax.transData.transform([(t, t) for t in (ticks[0], ticks[-1])])[:, 0 if horizontal else 1]
    room = abs(float(last - first)) / (len(ticks) - 1)
    normal = float(labels[0].get_fontsize())
    if horizontal and max(label.get_window_extent().width for label in labels) > 0.95 * room:
        for label in labels:
            label.set(rotation=40, ha="right", rotation_mode="anchor")
        axis.set_ticks(ticks, [label.get_text().replace("\n", " ") for label in labels])
        heights = [1.4 * normal * ax.figure.figure.dpi / 72]
    else:
        heights = [label.get_window_extent().width if horizontal else label.get_window_extent().height for label in labels]
    if max(heights) <= room:
        return
    size = max(_MIN_FONT, normal * room / max(heights))
    step = math.ceil(0.98 * max(heights) * size / normal / room)
    axis.set_tick_params(labelsize=size)
    if step > 1:
        axis.set_ticks(ticks[::step], [label.get_text() for label in labels[::step]])


def _name_rows(ax: Axes, names: list[str]) -> None:
    """Set up rows of horizontal bars, the first on top."""
    ax.set_yticks(range(len(names)), [_wrapped(name) for name in names])
    # A few bars are no thicker than four would be.
    spare = max(4 - len(names), 0) / 2
    ax.set_ylim(len(names) - 0.4 + spare, -0.6 - spare)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right"]].set_visible(False)


def _label_bars(
    ax: Axes, groups: Sequence[tuple[BarContainer, Sequence[float], list[str]]], *, rows: int
) -> None:
    """Write behind the ends of bars, and make room for it."""
    texts = [text for bars, _, labels in groups for text in ax.bar_label(bars, labels, padding=3)]
    _settle(ax)
    _fit_ticks(ax, ax.yaxis)
    _settle(ax)
    _shrink(texts, math.inf, 0.9 * ax.bbox.height / rows)
    lengths = [length for _, each, _ in groups for length in each]
    margin = (max(text.get_window_extent().width for text in texts) + 8) / ax.bbox.width
    right = min(margin, 0.4)
    left = right if min(lengths) < 0 else 0.0
    span = (max(*lengths, 0) - min(*lengths, 0)) / (1 - left - right)
    ax.set_xlim(min(*lengths, 0) - left * span, max(*lengths, 0) + right * span)
