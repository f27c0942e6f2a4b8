"""Predicted probabilities against outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from loyalty import _html, _loyalty
from loyalty._arguments import count, params_json
from loyalty._matrix import as_vector, sample_weights
from loyalty.metrics._classes import answers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Calibration", "brier", "calibration", "log_loss"]


class Calibration(NamedTuple):
    """How predicted probabilities agree with observed rates, by bins of the probability.

    Attributes
    ----------
    lower, upper : array of float of shape (n_bins_in_use,)
        The edges of the bins that hold a row, ascending. A bin holds the rows whose probability lies above its lower
        and not above its upper edge; the lowest includes its lower edge.
    count : array of int of shape (n_bins_in_use,)
        The number of rows.
    mean_predicted : array of float of shape (n_bins_in_use,)
        The mean of their probabilities.
    observed_rate : array of float of shape (n_bins_in_use,)
        The share of positives among them.
    expected_calibration_error : float
        The mean over all rows of their bin's distance between mean probability and observed rate.
    """

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    # Hides the method of tuples, as a field of this name does.
    count: NDArray[np.int64]  # type: ignore[assignment]
    mean_predicted: NDArray[np.float64]
    observed_rate: NDArray[np.float64]
    expected_calibration_error: float

    @classmethod
    def of(cls, table: tuple[Any, ...]) -> Calibration:
        """The tuple from the core's table.

        Parameters
        ----------
        table : tuple
            Its columns in the order of the fields, and the error.

        Returns
        -------
        Calibration
            The same with signed counts.
        """
        lower, upper, rows, *rest = table
        return cls(lower, upper, rows.astype(np.int64), *rest)

    def _repr_html_(self) -> str:
        columns = self._asdict()
        error = columns.pop("expected_calibration_error")
        return _html.page(f"expected calibration error {error:.4f}", [_html.Table("", columns)])


def log_loss(
    truth: Any, probability: Any, *, sample_weight: ArrayLike | None = None, pos_label: Any = None
) -> float:
    """The mean negative log-likelihood of the outcomes.

    −Σ wᵢ·ln qᵢ / Σ wᵢ, where qᵢ is the probability given to what happened, clipped to [ε, 1 − ε] with ε = 2⁻⁵² as
    scikit-learn does. Outcomes of one class are no error.

    Parameters
    ----------
    truth : array of shape (n_samples,)
        What happened: bool, 0/1, or any two classes with `pos_label`.
    probability : array of shape (n_samples,)
        The predicted probability of the positive class, within [0, 1].
    sample_weight : array of shape (n_samples,), optional
        Weights, 0 or more, not all 0.
    pos_label : object, optional
        The positive class; None is True or 1.

    Returns
    -------
    float
        0 or more, in nats, the lower the better; a sure and wrong prediction costs 36.04, not infinity.

    Raises
    ------
    LoyaltyError
        No row; lengths that differ; more than two classes, or one that is missing; a probability outside [0, 1];
        weights that are no weights.

    Examples
    --------
    >>> import loyalty
    >>> round(loyalty.metrics.log_loss([True, False], [0.8, 0.5]), 6)
    0.458145
    """
    return _loyalty.log_loss(*_forecast(truth, probability, sample_weight, pos_label))


def brier(
    truth: Any, probability: Any, *, sample_weight: ArrayLike | None = None, pos_label: Any = None
) -> float:
    """The Brier score: the mean squared distance between probability and outcome.

    Σ wᵢ·(pᵢ − yᵢ)² / Σ wᵢ, with y = 1 for a positive and 0 for a negative row.

    Parameters
    ----------
    truth : array of shape (n_samples,)
        What happened: bool, 0/1, or any two classes with `pos_label`.
    probability : array of shape (n_samples,)
        The predicted probability of the positive class, within [0, 1].
    sample_weight : array of shape (n_samples,), optional
        Weights, 0 or more, not all 0.
    pos_label : object, optional
        The positive class; None is True or 1.

    Returns
    -------
    float
        Within [0, 1], the lower the better.

    Raises
    ------
    LoyaltyError
        As :func:`log_loss`.

    References
    ----------
    G. W. Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78(1), 1950, 1–3,
    in its usual form for two classes, half of Brier's own.

    Examples
    --------
    >>> import loyalty
    >>> loyalty.metrics.brier([True, False], [0.5, 0.25])
    0.15625
    """
    return _loyalty.brier(*_forecast(truth, probability, sample_weight, pos_label))


def calibration(
    truth: Any, probability: Any, n_bins: int, *, strategy: str = "uniform", pos_label: Any = None
) -> Calibration:
    """Mean probability against observed rate, bin by bin, and the expected calibration error.

    ECE = Σ_b (n_b / n) · \\|mean probability_b − observed rate_b\\|. The edges and the rows of each bin are those of
    scikit-learn's ``calibration_curve``: a probability on an edge belongs to the bin below it. Bins without rows are
    left out; with quantiles, many equal probabilities make fewer bins.

    Parameters
    ----------
    truth : array of shape (n_samples,)
        What happened: bool, 0/1, or any two classes with `pos_label`.
    probability : array of shape (n_samples,)
        The predicted probability of the positive class, within [0, 1].
    n_bins : int
        The number of bins, 1 to 10,000.
    strategy : {'uniform', 'quantile'}, default 'uniform'
        Bins of equal width over [0, 1], or with about the same number of rows: the edges are quantiles of the
        probabilities.
    pos_label : object, optional
        The positive class; None is True or 1.

    Returns
    -------
    Calibration
        The bins and the error.

    Raises
    ------
    LoyaltyError
        No row; lengths that differ; more than two classes, or one that is missing; a probability outside [0, 1];
        `n_bins` out of range.

    See Also
    --------
    loyalty.plot.calibration : The picture.

    References
    ----------
    M. P. Naeini, G. F. Cooper and M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI
    29, 2015, 2901–2907, equation 3, with the mean over all rows.

    Examples
    --------
    >>> import loyalty
    >>> found = loyalty.metrics.calibration([False, True, True], [0.2, 0.6, 0.8], 2)
    >>> found.observed_rate
    array([0., 1.])
    >>> round(found.expected_calibration_error, 4)
    0.2667
    """
    (happened,) = answers(pos_label, truth=truth)
    chances = as_vector(probability, "probability")
    bins, params = count("n_bins", n_bins), params_json({"strategy": strategy})
    return Calibration.of(_loyalty.calibration(happened, chances, bins, params))


def _forecast(truth: Any, probability: Any, sample_weight: Any, pos_label: Any) -> tuple[Any, Any, Any]:
    (happened,) = answers(pos_label, truth=truth)
    return happened, as_vector(probability, "probability"), sample_weights(sample_weight, len(happened))
