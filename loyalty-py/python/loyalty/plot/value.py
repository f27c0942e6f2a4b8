"""Pictures of customer lifetime value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from loyalty.plot._axes import axes_or_new, diagonal, head, unit_square
from loyalty.plot._colors import BLUE, ink
from loyalty.plot._columns import positive_sum, vector
from loyalty.plot._numbers import percent, tick, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

__all__ = ["clv_concentration", "clv_distribution"]


def clv_distribution(values: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """
    Draw how lifetime values are distributed, with median and mean.

    Values above 0 that a logarithm makes less skewed are drawn over a logarithmic axis. Otherwise the axis is linear
    and ends where few values lie far out, at the 95th to 99th percentile or the 5th to 1st; the label says how many
    are not shown.

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
    loyalty.LoyaltyError
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
    worth = vector(values, "values")
    logarithmic = _is_log_like(worth)
    edges = _log_edges(worth) if logarithmic else _linear_edges(worth)
    low, high = float(edges[0]), float(edges[-1])

    ax = axes_or_new(ax)
    if logarithmic:
        ax.set_xscale("log")
        ax.xaxis.set_minor_formatter(_minor_tick if high / low < 50 else "")
    shown = worth[(worth >= low) & (worth <= high)]
    ax.hist(shown, bins=edges.tolist(), color=BLUE, edgecolor=ax.get_facecolor(), linewidth=0.5)
    if len(edges) == 2:
        ax.margins(x=2)
    median, mean = float(np.median(worth)), _mean(worth)
    write = written(np.array([median, mean]))
    for name, value, style in (("Median", median, "-"), ("Mean", mean, "--")):
        label = f"{name} {write(value)}"
        if low <= value <= high:
            ax.axvline(value, color=ink(ax), linestyle=style, linewidth=1.4, label=label)
        else:
            ax.plot([], [], color=ink(ax), linestyle=style, linewidth=1.4, label=f"{label} (beyond the axis)")
    ax.xaxis.set_major_formatter(tick)
    ax.yaxis.set_major_formatter(tick)
    ax.locator_params(axis="y", integer=True)
    hidden = [
        f"{n:,} customer{'' if n == 1 else 's'} ({percent(n / len(worth))}) {side} {written(np.array([end]))(end)}"
        for n, side, end in (((worth < low).sum(), "below", low), ((worth > high).sum(), "above", high))
        if n
    ]
    label = f"Lifetime value of a customer (in your currency{', log scale' if logarithmic else ''})"
    ax.set_xlabel(f"{label}\nnot shown: {', '.join(hidden)}" if hidden else label)
    ax.set_ylabel("Customers")
    head(ax, "Customer lifetime value")
    return ax


def _mean(values: NDArray[np.float64]) -> float:
    """The mean, which exists even where the sum does not."""
    size = float(np.abs(values).max()) or 1.0
    return float((values / size).mean()) * size


def _is_log_like(values: NDArray[np.float64]) -> bool:
    """Whether a logarithm makes positive values with a long right tail less skewed."""
    if values.min() <= 0 or values.max() / 10 < np.median(values) / 2:
        return False
    skewness = _skewness(values / values.max())
    return skewness > 1 and abs(_skewness(np.log(values))) < skewness


def _skewness(values: NDArray[np.float64]) -> float:
    deviation = values - values.mean()
    spread = float(np.sqrt(np.mean(deviation**2)))
    return 0.0 if spread <= 1e-9 * float(np.abs(values).max()) else float(np.mean((deviation / spread) ** 3))


def _n_bins(values: NDArray[np.float64], low: float, high: float) -> int:
    """The finer of Rice's and of Freedman and Diaconis' rule, within what the eye can take."""
    finest = 2 * len(values) ** (1 / 3)
    first, third = np.quantile(values, [0.25, 0.75]).tolist()
    if third > first:
        finest = max(finest, min((high - low) / (third - first), 80) * finest / 4)
    return int(min(max(math.ceil(finest), 10), 80))


def _log_edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = float(values.min()), float(values.max())
    edges: NDArray[np.float64] = np.geomspace(low, high, _n_bins(np.log(values), math.log(low), math.log(high)) + 1)
    return edges


def _linear_edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = float(values.min()), float(values.max())
    p1, p5, p25, middle, p75, p95, p99 = np.quantile(values, [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]).tolist()
    reach = 10 * (p75 - p25)
    first, last = max(p1, min(p5, p25 - reach)), min(p99, max(p95, p75 + reach))
    # Cut only far tails, and only if something is left between the cuts.
    if first < last and high - last > last - middle:
        high = last
    if first < last and first - low > middle - first:
        low = first
    if high - low <= 1e-9 * max(abs(high), abs(low)):
        half = 0.05 * max(abs(high), abs(low)) or 0.5
        return np.array([low - half, high + half])
    return np.linspace(low, high, _n_bins(values, low, high) + 1)


def _minor_tick(value: float, _: object = None) -> str:
    """A number between powers of ten, if it leads with 2 or 5: more would not find room."""
    leads = value > 0 and round(value / 10 ** math.floor(math.log10(value) + 1e-9)) in (2, 5)
    return tick(value) if leads else ""


def clv_concentration(values: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """
    Draw the share of total lifetime value that the best customers hold.

    Customers are taken by value, highest first. With customers of negative value the curve rises above 100 % before
    these bring it down.

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
    loyalty.LoyaltyError
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
    worth = vector(values, "values")
    shares = np.sort(worth / positive_sum(worth, "values", "values"))[::-1]
    customers = np.linspace(0, 1, len(worth) + 1)
    held = np.concatenate([[0.0], np.cumsum(shares)])
    held[-1] = 1.0
    top = float(np.interp(0.2, customers, held))

    ax = axes_or_new(ax)
    unit_square(ax)
    highest = float(held.max())
    if highest > 1.02:
        ax.set_ylim(-0.02 * highest, 1.05 * highest)
        ax.axhline(1, color=ink(ax), linewidth=0.8, alpha=0.4)
    ax.plot(customers, held, color=BLUE, label="Customers by value")
    diagonal(ax, "All of equal value")
    ax.plot([0.2, 0.2, 0], [0, top, top], color=ink(ax), linestyle=":", linewidth=1)
    ax.plot(0.2, top, "o", color=BLUE)
    # Below the curve, also where it has come down again at the end of the text.
    beside = min(top, float(np.interp(0.7, customers, held)))
    ax.annotate(
        f"Top 20 % hold {100 * top:,.0f} %", (0.2, beside), (9, -4), textcoords="offset points", va="top"
    )
    ax.set_xlabel("Share of customers, highest value first")
    ax.set_ylabel("Share of total lifetime value")
    head(ax, "Concentration of lifetime value")
    return ax
