"""Scores against outcomes: how well the order of the scores tells positives from negatives.

Rows of equal score have no order among themselves. They are always taken together, so that no figure depends on the
order of the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from loyalty import _html, _loyalty
from loyalty._arguments import count
from loyalty._matrix import as_vector, sample_weights
from loyalty.metrics._classes import answers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "CumulativeGains",
    "Lift",
    "PrecisionRecallCurve",
    "RocCurve",
    "average_precision",
    "cumulative_gains",
    "lift",
    "precision_recall_curve",
    "roc_auc",
    "roc_curve",
]


class RocCurve(NamedTuple):
    """The receiver operating characteristic: one point for each threshold, from the highest down.

    Attributes
    ----------
    fpr : array of float of shape (n_points,)
        The share of the negatives with a score at or above the threshold.
    tpr : array of float of shape (n_points,)
        The share of the positives with a score at or above the threshold.
    thresholds : array of float of shape (n_points,)
        Infinity, then every distinct score, descending.
    """

    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]
    thresholds: NDArray[np.float64]


class PrecisionRecallCurve(NamedTuple):
    """Precision against recall: one point for each threshold, from the lowest up.

    Attributes
    ----------
    precision : array of float of shape (n_thresholds + 1,)
        The share of positives among the rows with a score at or above the threshold; at last 1.
    recall : array of float of shape (n_thresholds + 1,)
        The share of the positives with a score at or above the threshold; at last 0.
    thresholds : array of float of shape (n_thresholds,)
        Every distinct score, ascending.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    thresholds: NDArray[np.float64]


class CumulativeGains(NamedTuple):
    """The gains curve: who is reached by taking customers in order of score, highest first.

    Attributes
    ----------
    customers : array of float of shape (n_points,)
        The share of the customers taken, from 0 to 1: one point for each distinct score after the first.
    positives : array of float of shape (n_points,)
        The share of the positives among those taken, from 0 to 1.
    """

    customers: NDArray[np.float64]
    positives: NDArray[np.float64]


class Lift(NamedTuple):
    """The lift table: columns with one entry a bin, highest scores first.

    Attributes
    ----------
    bin : array of int of shape (n_bins_in_use,)
        The bin's number, from 1 for the highest scores.
    count : array of int of shape (n_bins_in_use,)
        The number of customers in it.
    positives : array of int of shape (n_bins_in_use,)
        The number of positives among them.
    lowest_score, highest_score : array of float of shape (n_bins_in_use,)
        Their lowest and highest score.
    rate : array of float of shape (n_bins_in_use,)
        The share of positives among them.
    lift : array of float of shape (n_bins_in_use,)
        `rate` over the share of positives among all customers.
    cumulative_customers : array of float of shape (n_bins_in_use,)
        The share of all customers in this bin or a higher one.
    cumulative_positives : array of float of shape (n_bins_in_use,)
        The share of all positives in this bin or a higher one.
    cumulative_lift : array of float of shape (n_bins_in_use,)
        The rate of this and all higher bins together over the share of positives among all customers.
    """

    bin: NDArray[np.int64]
    # Hides the method of tuples, as a field of this name does.
    count: NDArray[np.int64]  # type: ignore[assignment]
    positives: NDArray[np.int64]
    lowest_score: NDArray[np.float64]
    highest_score: NDArray[np.float64]
    rate: NDArray[np.float64]
    lift: NDArray[np.float64]
    cumulative_customers: NDArray[np.float64]
    cumulative_positives: NDArray[np.float64]
    cumulative_lift: NDArray[np.float64]

    def _repr_html_(self) -> str:
        return _html.page("lift", [_html.Table("", self._asdict())])


def roc_auc(
    truth: Any, score: Any, *, sample_weight: ArrayLike | None = None, pos_label: Any = None
) -> float:
    """The area under the receiver operating characteristic.

    It is the chance that a random positive scores above a random negative, ties counting one half:
    AUC = Σᵢ Σⱼ wᵢ·wⱼ·([sᵢ > sⱼ] + ½·[sᵢ = sⱼ]) / (Σᵢ wᵢ · Σⱼ wⱼ), with i over the positives and j over the negatives.
    Time grows as n·log n.

    Parameters
    ----------
    truth : array of shape (n_samples,)
        Which rows are positive: bool, 0/1, or any two classes with `pos_label`.
    score : array of shape (n_samples,)
        Any finite numbers, the higher the more likely positive.
    sample_weight : array of shape (n_samples,), optional
        Weights, 0 or more, not all 0.
    pos_label : object, optional
        The positive class; None is True or 1.

    Returns
    -------
    float
        1 for a perfect ranking, ½ for one by chance, 0 for an inverted one.

    Raises
    ------
    LoyaltyError
        No row; lengths that differ; more than two classes, or one that is missing; a score that is not finite;
        ``DEGENERATE`` if a class has no weight.

    See Also
    --------
    roc_curve : The curve itself.

    References
    ----------
    J. A. Hanley and B. J. McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC)
    curve", Radiology 143(1), 1982, 29–36.

    Examples
    --------
    >>> import loyalty
    >>> loyalty.metrics.roc_auc([False, False, True, True], [0.1, 0.4, 0.35, 0.8])
    0.75
    >>> loyalty.metrics.roc_auc(["stays", "stays", "left", "left"], [0.1, 0.4, 0.35, 0.8], pos_label="left")
    0.75
    """
    return _loyalty.roc_auc(*_ranking(truth, score, sample_weight, pos_label))


def roc_curve(
    truth: Any, score: Any, *, sample_weight: ArrayLike | None = None, pos_label: Any = None
) -> RocCurve:
    """The receiver operating characteristic, a point for each distinct score.

    fpr(t) = Σ w over negatives with score ≥ t / Σ w over negatives; tpr(t) the same over positives. The curve runs from
    (0, 0) at threshold infinity to (1, 1); no point is left out, as with scikit-learn's ``drop_intermediate=False``.

    Parameters
    ----------
    truth : array of shape (n_samples,)
        Which rows are positive: bool, 0/1, or any two classes with `pos_label`.
    score : array of shape (n_samples,)
        Any finite numbers, the higher the more likely positive.
    sample_weight : array of shape (n_samples,), optional
        Weights, 0 or more, not all 0.
    pos_label : object, optional
        The positive class; None is True or 1.

    Returns
    -------
    RocCurve
        ``fpr, tpr, thresholds``.

    Raises
    ------
    LoyaltyError
        As :func:`roc_auc`.

    See Also
    --------
    loyalty.plot.roc : The picture.

    Examples
    --------
    >>> import loyalty
    >>> fpr, tpr, thresholds = loyalty.metrics.roc_curve([False, True, True], [0.2, 0.2, 0.9])
    >>> fpr
    array([0., 0., 1.])
    >>> tpr
    array([0. , 0.5, 1. ])
    >>> thresholds
    array([inf, 0.9, 0.2])
    """
    return RocCurve(*_loyalty.roc_curve(*_ranking(truth, score, sample_weight, pos_label)))


def precision_recall_curve(
    truth: Any, score: Any, *, sample_weight: ArrayLike | None = None, pos_label: Any = None
) -> PrecisionRecallCurve:
    """Precision and recall for each distinct score as threshold.

    precision(t) = TP / (TP + FP) and recall(t) = TP / P over the rows with score ≥ t. The points follow the ascending
    thresholds and end with (precision 1, recall 0), as scikit-learn's.

    Parameters
    ----------
    truth : array of shape (n_samples,)
        Which rows are positive: bool, 0/1, or any two classes with `pos_label`.
    score : array of shape (n_samples,)
        Any finite numbers, the higher the more likely positive.
    sample_weight : array of shape (n_samples,), optional
        Weights, 0 or more, not all 0.
    pos_label : object, optional
        The positive class; None is True or 1.

    Returns
    -------
    PrecisionRecallCurve
        ``precision, recall, thresholds``.

    Raises
    ------
    LoyaltyError
        No row; lengths that differ; more than two classes, or one that is missing; a score that is not finite;
        ``DEGENERATE`` if no positive has weight.

    Examples
    --------
    >>> import loyalty
    >>> curve = loyalty.metrics.precision_recall_curve([False, True, True], [0.2, 0.5, 0.9])
    >>> curve.recall
    array([1. , 1. , 0.5, 0. ])
    """
    return PrecisionRecallCurve(
        *_loyalty.precision_recall_curve(*_ranking(truth, score, sample_weight, pos_label))
    )


def average_precision(
    truth: Any, score: Any, *, sample_weight: ArrayLike | None = None, pos_label: Any = None
) -> float:
    """The average precision: the area of the steps under the precision–recall curve.

    AP = Σₖ (Rₖ − Rₖ₋₁)·Pₖ over the distinct scores, descending, with recall R and precision P.

    Parameters
    ----------
    truth : array of shape (n_samples,)
        Which rows are positive: bool, 0/1, or any two classes with `pos_label`.
    score : array of shape (n_samples,)
        Any finite numbers, the higher the more likely positive.
    sample_weight : array of shape (n_samples,), optional
        Weights, 0 or more, not all 0.
    pos_label : object, optional
        The positive class; None is True or 1.

    Returns
    -------
    float
        1 for a perfect ranking, near the share of positives for one by chance.

    Raises
    ------
    LoyaltyError
        As :func:`precision_recall_curve`.

    Examples
    --------
    >>> import loyalty
    >>> round(loyalty.metrics.average_precision([False, False, True, True], [0.1, 0.4, 0.35, 0.8]), 6)
    0.833333
    """
    return _loyalty.average_precision(*_ranking(truth, score, sample_weight, pos_label))


def cumulative_gains(truth: Any, score: Any, *, pos_label: Any = None) -> CumulativeGains:
    """The share of positives reached against the share of customers taken, highest score first.

    The points run from (0, 0) to (1, 1), one for each distinct score; customers of equal score are taken together, and
    the straight line between two points is what taking them in random order gives on average.

    Parameters
    ----------
    truth : array of shape (n_samples,)
        Which customers are positive: bool, 0/1, or any two classes with `pos_label`.
    score : array of shape (n_samples,)
        Any finite numbers, the higher the more likely positive.
    pos_label : object, optional
        The positive class; None is True or 1.

    Returns
    -------
    CumulativeGains
        ``customers, positives``.

    Raises
    ------
    LoyaltyError
        No row; lengths that differ; more than two classes, or one that is missing; a score that is not finite;
        ``DEGENERATE`` if there is no positive.

    See Also
    --------
    loyalty.plot.cumulative_gains : The picture.

    Examples
    --------
    >>> import loyalty
    >>> gains = loyalty.metrics.cumulative_gains([True, True, False, False], [0.9, 0.4, 0.4, 0.1])
    >>> gains.customers
    array([0.  , 0.25, 0.75, 1.  ])
    >>> gains.positives
    array([0. , 0.5, 1. , 1. ])
    """
    (positive,) = answers(pos_label, truth=truth)
    return CumulativeGains(*_loyalty.cumulative_gains(positive, as_vector(score, "score")))


def lift(truth: Any, score: Any, n_bins: int, *, pos_label: Any = None) -> Lift:
    """The lift table: customers in `n_bins` bins by descending score, and how rich in positives each bin is.

    bin = 1 + ⌊n_bins · (customers with a higher score) / n⌋; lift = rate of the bin / rate of all. Customers of equal
    score share a bin, that of the best placed among them; bins that stay empty are left out. Without ties the bins'
    sizes differ by one at most.

    Parameters
    ----------
    truth : array of shape (n_samples,)
        Which customers are positive: bool, 0/1, or any two classes with `pos_label`.
    score : array of shape (n_samples,)
        Any finite numbers, the higher the more likely positive.
    n_bins : int
        The number of bins, 1 to 10,000; 10 for deciles.
    pos_label : object, optional
        The positive class; None is True or 1.

    Returns
    -------
    Lift
        Arrays with one entry a bin.

    Raises
    ------
    LoyaltyError
        As :func:`cumulative_gains`; `n_bins` out of range.

    Examples
    --------
    >>> import loyalty
    >>> table = loyalty.metrics.lift([True, True, False, False], [0.9, 0.8, 0.4, 0.1], 2)
    >>> table.lift
    array([2., 0.])
    """
    (positive,) = answers(pos_label, truth=truth)
    bins, rows, positives, *figures = _loyalty.lift(positive, as_vector(score, "score"), count("n_bins", n_bins))
    return Lift(bins.astype(np.int64), rows.astype(np.int64), positives.astype(np.int64), *figures)


def _ranking(truth: Any, score: Any, sample_weight: Any, pos_label: Any) -> tuple[Any, Any, Any]:
    (positive,) = answers(pos_label, truth=truth)
    return positive, as_vector(score, "score"), sample_weights(sample_weight, len(positive))
