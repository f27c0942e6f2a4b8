"""Pictures of customers: their scores, segments, tiers and risks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from loyalty.errors import LoyaltyError
from loyalty.plot._axes import axes_or_new, fit_ticks, head, settle, shrink, wrapped
from loyalty.plot._cells import annotate, color_bar, mesh
from loyalty.plot._colors import AMOUNTS, BLUE, DIFFERENCES, ORANGE, ink
from loyalty.plot._columns import cited, columns, groups, numbers, positive_sum
from loyalty.plot._numbers import percent, percent_tick, tick, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer
    from numpy.typing import NDArray

__all__ = ["rfm_heatmap", "segment_revenue", "segment_sizes", "tier_risk"]

# The highest score that RFM gives.
_MAX_SCORE = 10


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
    loyalty.LoyaltyError
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
        raise LoyaltyError(f"aggregate is {aggregate!r}; it must be 'count', 'mean' or 'sum'", argument="aggregate")
    if aggregate == "count" and values is not None:
        raise LoyaltyError(
            f"aggregate is 'count'; with values={values!r} it must be 'mean' or 'sum'", argument="aggregate"
        )
    if aggregate != "count" and values is None:
        raise LoyaltyError(
            f"values is None; with aggregate={aggregate!r} it must be the name of a column", argument="values"
        )
    if values is None:
        what = "Customers"
        recency, frequency = columns(scores, r=r, f=f)
        weights = np.ones(len(recency))
    else:
        what = f"{'Mean' if aggregate == 'mean' else 'Sum of'} {values.replace('_', ' ')}"
        recency, frequency, weights = columns(scores, r=r, f=f, values=values)
        weights = numbers(weights, cited("values", values), "values")
    recency, frequency = _scores(recency, cited("r", r), "r"), _scores(frequency, cited("f", f), "f")
    size = int(max(recency.max(), frequency.max()))
    cell = (recency - 1, frequency - 1)
    count, table = np.zeros((size, size)), np.zeros((size, size))
    np.add.at(count, cell, 1)
    np.add.at(table, cell, weights)
    if aggregate == "mean":
        table /= np.maximum(count, 1)
    table[count == 0] = np.nan

    ax = axes_or_new(ax)
    low, high = _limits(table, from_zero=aggregate != "mean")
    cells = mesh(ax, table, DIFFERENCES if low < 0 < high else AMOUNTS, low, high)
    bar = color_bar(ax, cells, table, what)
    if aggregate == "count":
        bar.ax.locator_params(axis="y", integer=True)
    names = [str(score) for score in range(1, size + 1)]
    ax.set_xticks(range(size), names)
    ax.set_yticks(range(size), names)
    ax.set_xlabel("Frequency score")
    ax.set_ylabel("Recency score")
    ax.set_title(f"{what} by recency and frequency")
    write = written(table[~np.isnan(table)])
    annotate(ax, cells, table, [["" if np.isnan(value) else write(value) for value in row] for row in table])
    return ax


def _scores(values: NDArray[Any], where: str, argument: str) -> NDArray[np.intp]:
    scores = numbers(values, where, argument)
    wrong = (scores < 1) | (scores > _MAX_SCORE) | (scores != np.floor(scores))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise LoyaltyError(
            f"{where} is {scores[row]:g} in row {row}; it must hold scores, whole numbers from 1 to {_MAX_SCORE}",
            "INVALID_VALUE",
            argument,
            row,
        )
    return scores.astype(np.intp)


def _limits(table: NDArray[np.float64], *, from_zero: bool) -> tuple[float, float]:
    """The values of the lowest and the highest colour."""
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
    loyalty.LoyaltyError
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
    (segments,) = columns(scores, segment=segment)
    names, codes = groups(segments, cited("segment", segment), "segment")
    counts = np.bincount(codes)
    order = np.lexsort((names, -counts))
    sizes = counts[order].tolist()

    ax = axes_or_new(ax, rows=len(names))
    bars = ax.barh(range(len(names)), sizes, color=BLUE)
    _name_rows(ax, names[order].tolist())
    ax.xaxis.set_major_formatter(tick)
    ax.locator_params(axis="x", integer=True)
    ax.set_xlabel("Customers")
    ax.set_title(f"Customers by {segment.replace('_', ' ')}")
    _label_bars(ax, [(bars, [f"{size:,} ({percent(size / len(codes))})" for size in sizes])])
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
    loyalty.LoyaltyError
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
    segments, amounts = columns(scores, segment=segment, revenue=revenue)
    names, codes = groups(segments, cited("segment", segment), "segment")
    where = cited("revenue", revenue)
    amounts = numbers(amounts, where, "revenue")
    of_revenue = np.bincount(codes, weights=amounts / positive_sum(amounts, where, "revenue"))
    of_customers = np.bincount(codes) / len(codes)
    order = np.lexsort((names, -of_revenue))

    ax = axes_or_new(ax, rows=2 * len(names))
    money = revenue.replace("_", " ")
    labelled = []
    for shares, offset, label, color in (
        (of_revenue[order], -0.2, f"Share of {money}", BLUE),
        (of_customers[order], 0.2, "Share of customers", ORANGE),
    ):
        bars = ax.barh(np.arange(len(names)) + offset, shares, 0.4, color=color, label=label)
        labelled.append((bars, [percent(share) for share in shares]))
    _name_rows(ax, names[order].tolist())
    ax.xaxis.set_major_formatter(percent_tick)
    ax.set_xlabel("Share of the total")
    if of_revenue.min() < 0:
        ax.axvline(0, color=ink(ax), linewidth=0.8)
    head(ax, f"{money.capitalize()} by {segment.replace('_', ' ')}")
    _label_bars(ax, labelled)
    return ax


def _name_rows(ax: Axes, names: list[str]) -> None:
    """Set up rows of horizontal bars, the first on top."""
    ax.set_yticks(range(len(names)), [wrapped(name) for name in names])
    # A few bars are no thicker than four would be.
    spare = max(4 - len(names), 0) / 2
    ax.set_ylim(len(names) - 0.4 + spare, -0.6 - spare)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right"]].set_visible(False)


def _label_bars(ax: Axes, labelled: Sequence[tuple[BarContainer, list[str]]]) -> None:
    """Write behind the ends of bars, and make room for it."""
    size = "medium" if len(labelled) == 1 else "small"
    texts = [text for bars, labels in labelled for text in ax.bar_label(bars, labels, padding=3, fontsize=size)]
    fit_ticks(ax.yaxis)
    settle(ax)
    shrink(texts, np.inf, 0.9 * ax.bbox.height / len(texts))
    lengths = np.concatenate([bars.datavalues for bars, _ in labelled])
    low, high = min(float(lengths.min()), 0.0), max(float(lengths.max()), 0.0)
    margin = (max(text.get_window_extent().width for text in texts) + 8) / ax.bbox.width
    right = min(margin, 0.4)
    left = right if low < 0 else 0.0
    span = (high - low) / (1 - left - right)
    ax.set_xlim(low - left * span, high + right * span)


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
    loyalty.LoyaltyError
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
    in_tiers, in_risks = columns(scores, tier=tier, risk=risk)
    table = np.zeros((len(tiers), len(risks)))
    row = _levels(in_tiers, cited("tier", tier), "tier", tiers)
    place = _levels(in_risks, cited("risk", risk), "risk", risks)
    np.add.at(table, (row, place), 1)

    ax = axes_or_new(ax)
    cells = mesh(ax, table, AMOUNTS, 0.0, float(table.max()))
    color_bar(ax, cells, table, "Customers").ax.locator_params(axis="y", integer=True)
    ax.set_xticks(range(len(risks)), [wrapped(str(name)) for name in risks])
    ax.set_yticks(range(len(tiers)), [wrapped(str(name)) for name in tiers])
    ax.set_xlabel("Churn risk")
    ax.set_ylabel("Loyalty tier")
    ax.set_title("Customers by loyalty tier and churn risk")
    annotate(ax, cells, table, [[f"{n:,.0f}\n({percent(n / len(row))})" if n else "0" for n in line] for line in table])
    return ax


def _levels(values: NDArray[Any], where: str, argument: str, levels: Sequence[str]) -> NDArray[np.intp]:
    """For each row the place of its value among the levels."""
    if isinstance(levels, str) or not len(levels) or len(set(levels)) < len(levels):
        raise LoyaltyError(
            f"{argument}s is {levels!r}; it must be one or more different names, ascending", argument=f"{argument}s"
        )
    names, codes = groups(values, where, argument)
    known = {str(level): place for place, level in enumerate(levels)}
    for place, found in enumerate(names.tolist()):
        if found not in known:
            row = int(np.argmax(codes == place))
            raise LoyaltyError(
                f"{where} is {found!r} in row {row}; it must be one of {argument}s, {tuple(levels)!r}",
                "INVALID_VALUE",
                argument,
                row,
            )
    return np.array([known[found] for found in names], dtype=np.intp)[codes]
