"""Pictures of how good predictions are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from loyalty import metrics
from loyalty.plot._axes import axes_or_new, diagonal, head, unit_square
from loyalty.plot._colors import BLUE, SKY, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

__all__ = ["calibration", "cumulative_gains", "roc"]

# Where, and how high, the customers behind a reliability diagram stand below it.
_STRIP_BASE, _STRIP_HEIGHT, _STRIP_BINS = -0.22, 0.17, 40


def calibration(
    truth: ArrayLike,
    probability: ArrayLike,
    *,
    n_bins: int = 10,
    strategy: Literal["uniform", "quantile"] = "quantile",
    ax: Axes | None = None,
) -> Axes:
    """
    Draw observed rates against predicted probabilities.

    On the diagonal, of the customers given a probability of 30 % just 30 % are positive. The legend says the expected
    calibration error (ECE), the mean distance from there. The histogram below shows how many customers have each
    probability.

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
    loyalty.LoyaltyError
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

    ax = axes_or_new(ax)
    unit_square(ax)
    ax.set_ylim(_STRIP_BASE, 1.02)
    ax.set_yticks(np.linspace(0, 1, 6))
    diagonal(ax, "Perfect")
    ax.plot(
        found.mean_predicted, found.observed_rate, "o-", color=BLUE, clip_on=False,
        label=f"Predictions (ECE {found.expected_calibration_error:.3f})",
    )
    ax.stairs(
        _STRIP_BASE + _STRIP_HEIGHT * height / height.max(), edges, baseline=_STRIP_BASE, fill=True, color=SKY,
        linewidth=0, label=f"Customers (tallest {height.max():,})",
    )
    ax.set_xlabel("Mean predicted probability")
    ax.set_ylabel("Observed rate")
    head(ax, "Calibration")
    return ax


def roc(truth: ArrayLike, score: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """
    Draw the receiver operating characteristic.

    For each threshold: the share of the positives at or above it against the share of the negatives. The diagonal is
    what chance gives.

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
    loyalty.LoyaltyError
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

    ax = axes_or_new(ax)
    unit_square(ax)
    ax.plot(curve.fpr, curve.tpr, color=BLUE, label=f"Predictions (AUC {area:.3f})")
    diagonal(ax, "Chance (AUC 0.5)")
    ax.set_aspect("equal")
    ax.set_xlabel("False positive rate")
    ax.set_ylabel("True positive rate")
    head(ax, "ROC curve")
    return ax


def cumulative_gains(truth: ArrayLike, score: ArrayLike, *, ax: Axes | None = None) -> Axes:
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
    loyalty.LoyaltyError
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

    ax = axes_or_new(ax)
    unit_square(ax)
    ax.plot([0, base, 1], [0, 1, 1], color=ink(ax), linestyle=":", linewidth=1.2, alpha=0.8, label="Perfect order")
    ax.plot(gains.customers, gains.positives, color=BLUE, label="Predictions")
    diagonal(ax, "Random order")
    ax.set_xlabel("Share of customers, highest score first")
    ax.set_ylabel("Share of positives reached")
    head(ax, "Cumulative gains")
    return ax
