"""Scaling: columns in different units brought to a common scale, learnt once and applied to any later row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from loyalty import _html, _loyalty, _matrix
from loyalty._compat import OneToOneFeatureMixin, TransformerMixin
from loyalty._estimator import Estimator

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

__all__ = ["MinMaxScaler", "StandardScaler"]


class _Scaler(OneToOneFeatureMixin, TransformerMixin, Estimator):  # type: ignore[misc]
    """What both scalers share."""

    _not_core: ClassVar[frozenset[str]] = frozenset({"copy"})

    def fit(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Learn the scale of each column.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Array or data frame of finite numbers.
        y : None
            Ignored.
        sample_weight : array of shape (n_samples,), optional
            Weights, 0 or more; each counts like that many copies of its row.

        Returns
        -------
        estimator
            Itself, fitted.

        Raises
        ------
        LoyaltyError
            For parameters out of range, and values that are not finite numbers.
        """
        values, names = _matrix.as_matrix(X, sparse=self._sparse)
        weights = _matrix.sample_weights(sample_weight, values.shape[0])
        with self._fitting(values.shape[1], names):
            self._fitted = self._model_class().fit(self._params_json(), values, weights, names or [])
        self.n_samples_seen_ = values.shape[0] if weights is None else weights.sum()
        self._learn()
        return self

    def transform(self, X: Any, copy: bool | None = None) -> NDArray[Any]:
        """Scaled rows.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Rows with the columns of the fit.
        copy : bool, optional
            Without effect: inputs are never changed.

        Returns
        -------
        array of shape (n_samples, n_features)
            Float32 if X is.
        """
        values = self._matrix(X)
        with self._naming():
            return _matrix.of_precision(self._fitted.transform(values), X)

    def inverse_transform(self, X: Any, copy: bool | None = None) -> NDArray[Any]:
        """Rows in the units of the fit from scaled ones.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Scaled rows.
        copy : bool, optional
            Without effect: inputs are never changed.

        Returns
        -------
        array of shape (n_samples, n_features)
            Float32 if X is.
        """
        self._check_fitted()
        values, _ = _matrix.as_matrix(X)
        with self._naming():
            return _matrix.of_precision(self._fitted.inverse_transform(values), X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class StandardScaler(_Scaler):
    """Each column to mean 0 and standard deviation 1, with scikit-learn's parameters and attributes.

    z = (x − mean) / scale, where the scale is the standard deviation of the population, √(Σ wᵢ·(xᵢ − mean)² / Σ wᵢ). It
    keeps its digits with offsets of 10¹² and at any size of the values.

    Parameters
    ----------
    copy : bool, default True
        Without effect: inputs are never changed.
    with_mean : bool, default True
        Whether to subtract the mean.
    with_std : bool, default True
        Whether to divide by the standard deviation.

    Attributes
    ----------
    mean_ : array of shape (n_features,) or None
        The means; None if neither `with_mean` nor `with_std`.
    var_ : array of shape (n_features,) or None
        The variances; None without `with_std`.
    scale_ : array of shape (n_features,) or None
        The standard deviations, 1 for a constant column; None without `with_std`.
    n_samples_seen_ : int or float
        The rows of the fit, or the sum of their weights. A model read from a file has none.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : array of shape (n_features_in_,)
        Their names, if X had any.

    Notes
    -----
    A column is constant if all its values are equal. scikit-learn also takes one for it whose variance lies within that
    library's own rounding error, as around an offset of 10¹². NaN is refused, where scikit-learn passes it on.

    References
    ----------
    T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample variance", The American Statistician
    37, 1983, equation 1.7.

    Examples
    --------
    >>> import loyalty
    >>> scaler = loyalty.StandardScaler().fit([[1.0, 5.0], [3.0, 5.0]])
    >>> scaler.transform([[4.0, 5.0]])
    array([[2., 0.]])
    """

    _fitted: _loyalty.FittedStandardScaler

    def __init__(self, *, copy: bool = True, with_mean: bool = True, with_std: bool = True) -> None:
        self.copy = copy
        self.with_mean = with_mean
        self.with_std = with_std

    @classmethod
    def _model_class(cls) -> type[_loyalty.FittedStandardScaler]:
        return _loyalty.FittedStandardScaler

    def _learn(self) -> None:
        fitted = self._fitted
        self.mean_ = fitted.mean if self.with_mean or self.with_std else None
        self.scale_ = fitted.scale if self.with_std else None
        self.var_ = None
        if self.scale_ is not None:
            with np.errstate(over="ignore", under="ignore"):
                self.var_ = np.square(self.scale_)
            self.var_[fitted.constant_columns] = 0.0

    def _tables(self) -> list[_html.Table]:
        names, fitted = self._fitted.feature_names, self._fitted
        return [_html.Table("columns", {"feature": names, "mean": fitted.mean, "scale": fitted.scale})]


class MinMaxScaler(_Scaler):
    """Each column to a given range, with scikit-learn's parameters and attributes.

    y = low + (x − data_min) / (data_max − data_min) · (high − low). The least and the greatest value of the fit become
    exactly `low` and `high`.

    Parameters
    ----------
    feature_range : tuple of two floats, default (0, 1)
        Where the least and the greatest value go.
    copy : bool, default True
        Without effect: inputs are never changed.
    clip : bool, default False
        Whether later values beyond those of the fit are held at the ends of the range.

    Attributes
    ----------
    data_min_, data_max_ : array of shape (n_features,)
        The least and the greatest value of each column.
    data_range_ : array of shape (n_features,)
        Their difference.
    scale_, min_ : array of shape (n_features,)
        The scaling as scikit-learn writes it, ``X * scale_ + min_``; :meth:`transform` rounds less.
    n_samples_seen_ : int or float
        The rows of the fit, or the sum of their weights. A model read from a file has none.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : array of shape (n_features_in_,)
        Their names, if X had any.

    Notes
    -----
    A constant column becomes `low`; a column is one if all its values are equal, at any scale. NaN is refused, where
    scikit-learn passes it on.

    Examples
    --------
    >>> import loyalty
    >>> scaler = loyalty.MinMaxScaler(feature_range=(0, 100)).fit([[10.0], [30.0]])
    >>> scaler.transform([[15.0], [40.0]])
    array([[ 25.],
           [150.]])
    """

    _fitted: _loyalty.FittedMinMaxScaler

    def __init__(
        self, feature_range: tuple[float, float] = (0, 1), *, copy: bool = True, clip: bool = False
    ) -> None:
        self.feature_range = feature_range
        self.copy = copy
        self.clip = clip

    @classmethod
    def _model_class(cls) -> type[_loyalty.FittedMinMaxScaler]:
        return _loyalty.FittedMinMaxScaler

    @classmethod
    def _own_params(cls, core: dict[str, Any]) -> dict[str, Any]:
        low, high = core["feature_range"]
        return super()._own_params(core) | {"feature_range": (low, high)}

    def _learn(self) -> None:
        low, high = self.feature_range
        self.data_min_, self.data_max_ = self._fitted.data_min, self._fitted.data_max
        # Of the ends of the range of floats the difference is infinite.
        with np.errstate(over="ignore", invalid="ignore"):
            self.data_range_ = self.data_max_ - self.data_min_
            self.scale_ = (high - low) / np.where(self.data_range_ == 0, 1.0, self.data_range_)
            self.min_ = low - self.data_min_ * self.scale_

    def _tables(self) -> list[_html.Table]:
        columns = {"feature": self._fitted.feature_names, "min": self.data_min_, "max": self.data_max_}
        return [_html.Table("columns", columns)]
