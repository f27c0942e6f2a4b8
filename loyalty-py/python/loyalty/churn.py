"""Churn: the probability that a customer leaves, by logistic regression."""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from loyalty import _frames, _html, _loyalty, _matrix
from loyalty._arguments import params_json, whole
from loyalty._compat import ClassifierMixin, DataConversionWarning
from loyalty._estimator import Estimator
from loyalty._progress import Progress, listening
from loyalty.errors import ConvergenceWarning, LoyaltyError, LoyaltyTypeError, SeparationWarning

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Inference", "InterceptInference", "LogisticChurn", "Summary", "labels"]


class InterceptInference(NamedTuple):
    """How certain the intercept of an unpenalised fit is.

    Attributes
    ----------
    standard_error : float
        Its standard error.
    z : float
        It in standard errors.
    p_value : float
        P(|Z| ≥ |z|) if it were 0.
    confidence_low, confidence_high : float
        The ends of its confidence interval.
    """

    standard_error: float
    z: float
    p_value: float
    confidence_low: float
    confidence_high: float


class Inference(NamedTuple):
    """How certain the coefficients of an unpenalised fit are, in the order of the features.

    Attributes
    ----------
    standard_errors : array of shape (n_features,)
        Those of maximum likelihood; sample weights count as frequencies.
    z : array of shape (n_features,)
        Coefficients in standard errors.
    p_values : array of shape (n_features,)
        P(|Z| ≥ |z|) if the coefficient were 0.
    confidence_low, confidence_high : array of shape (n_features,)
        The ends of Wald's confidence intervals.
    intercept : InterceptInference or None
        The same of the intercept, where one was fitted.
    condition : float
        How near the features are to being collinear. From about 1000 on, coefficients hardly tell one from others.
    """

    standard_errors: NDArray[np.float64]
    z: NDArray[np.float64]
    p_values: NDArray[np.float64]
    confidence_low: NDArray[np.float64]
    confidence_high: NDArray[np.float64]
    intercept: InterceptInference | None
    condition: float


class Summary(dict[str, "NDArray[Any]"]):
    """A table of coefficients as a dict of its columns, of which any library makes a frame."""

    def __repr__(self) -> str:
        cells = [[name, *map(_text, column)] for name, column in self.items()]
        widths = [max(map(len, column)) for column in cells]
        rows = zip(*cells, strict=True)
        return "\n".join(
            "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
            for row in rows
        )

    def _table(self) -> _html.Table:
        blank = {name: ["" if _is_nan(v) else v for v in column] for name, column in self.items()}
        return _html.Table("coefficients", blank)

    def _repr_html_(self) -> str:
        return _html.page("", [self._table()])


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if _is_nan(value) else f"{value:.4g}"


class LogisticChurn(ClassifierMixin, Estimator):  # type: ignore[misc]
    """Logistic regression of churn, with scikit-learn's parameters and attributes.

    P(churn | x) = 1 / (1 + e^−(w·x + b)), where w and b minimise

    ½(1 − l1_ratio)·‖w‖² + l1_ratio·‖w‖₁ + C·Σ sᵢ·ln(1 + e^−(2yᵢ−1)(w·xᵢ+b)),

    sᵢ = sample weight · class weight. It is scikit-learn's objective: the intercept b is not penalised, and the penalty
    counts in the units of X, although the solver standardises for its own sake and needs no scaler before it.

    Parameters
    ----------
    C : float, default 1.0
        The weight of the data against the penalty, above 0. ``numpy.inf`` is no penalty, and gives standard errors.
    l1_ratio : float, default 0.0
        The part of the penalty that is L1: at 0 ridge, at 1 lasso, between elastic net.
    class_weight : dict, 'balanced' or None, default None
        Weights by label, 1 for a label that is not in the dict; 'balanced' gives both classes the same weight in sum.
    fit_intercept : bool, default True
        Whether to fit an intercept or fix it at 0.
    max_iter : int, default 100
        Newton steps at the most; about 6 are usual.
    tol : float, default 1e-8
        The largest relative gradient at the end, of any standardised feature.
    confidence_level : float, default 0.95
        The level of the confidence intervals.
    n_threads : int, optional
        Threads of this call; see :func:`loyalty.set_num_threads`. No result depends on it.
    progress : bool or callable, default False
        True for tqdm bars; a callable is told ``(stage, done, total)`` and stops the fit by raising.

    Attributes
    ----------
    classes_ : array of shape (2,)
        The labels in ascending order; the second is the one that counts as churned. A model file holds no labels: one
        that was read from it has False and True.
    coef_ : array of shape (1, n_features)
        The coefficients w.
    intercept_ : array of shape (1,)
        The intercept b.
    n_iter_ : array of int32 of shape (1,)
        Newton steps taken over all rows.
    odds_ratios_ : array of shape (n_features,)
        By how much one unit more of a feature multiplies the odds of churn, e^w.
    inference_ : Inference or None
        Standard errors, tests and intervals, of a converged fit without penalty and without class weights.
    log_likelihood_, null_log_likelihood_ : float
        The log-likelihood of the training data under the model, and under their mean alone.
    converged_ : bool
        Whether the gradient came below `tol`.
    relative_gradient_ : float
        The gradient at the end.
    separation_risk_ : bool
        Whether the model tells all training rows apart without an error.
    constant_features_ : list of str
        Features that were constant in training and so have the coefficient 0.
    means_ : array of shape (n_features,)
        The mean of each feature in training.
    base_value_ : float
        The log odds of the mean customer, from which :meth:`contributions` start.
    n_features_in_ : int
        The number of features.
    feature_names_in_ : array of shape (n_features_in_,)
        Their names, if X had any.

    Warns
    -----
    SeparationWarning
        If the classes are told apart without an error, so that only the penalty keeps the coefficients finite.
    ConvergenceWarning
        If the fit ended before it converged.

    References
    ----------
    D. W. Hosmer, S. Lemeshow and R. X. Sturdivant, "Applied Logistic Regression", 3rd ed., 2013, section 2.2.

    Examples
    --------
    >>> import loyalty
    >>> recency_days = [[3.0], [10.0], [25.0], [40.0], [60.0], [90.0]]
    >>> left = ["no", "no", "yes", "no", "yes", "yes"]
    >>> model = loyalty.LogisticChurn().fit(recency_days, left)
    >>> model.predict([[80.0], [5.0]]).tolist()
    ['yes', 'no']
    >>> model.predict_proba([[80.0]]).round(3)
    array([[0.03, 0.97]])
    """

    _core_names: ClassVar[dict[str, str]] = {"C": "c"}
    _not_core: ClassVar[frozenset[str]] = frozenset({"n_threads", "progress"})
    _sparse: ClassVar[bool] = True

    _fitted: _loyalty.FittedLogisticChurn

    def __init__(
        self,
        C: float = 1.0,
        *,
        l1_ratio: float = 0.0,
        class_weight: Mapping[Any, float] | str | None = None,
        fit_intercept: bool = True,
        max_iter: int = 100,
        tol: float = 1e-8,
        confidence_level: float = 0.95,
        n_threads: int | None = None,
        progress: Progress = False,
    ) -> None:
        self.C = C
        self.l1_ratio = l1_ratio
        self.class_weight = class_weight
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol
        self.confidence_level = confidence_level
        self.n_threads = n_threads
        self.progress = progress

    @classmethod
    def _model_class(cls) -> type[_loyalty.FittedLogisticChurn]:
        return _loyalty.FittedLogisticChurn

    @classmethod
    def _own_params(cls, core: dict[str, Any]) -> dict[str, Any]:
        params = super()._own_params(core)
        if params["C"] == "infinity":
            params["C"] = math.inf
        weight = params["class_weight"]
        if isinstance(weight, dict):
            weight = {False: weight["given"]["retained"], True: weight["given"]["churned"]}
        return params | {"class_weight": None if weight == "none" else weight}

    def _core_params(self, classes: Sequence[Any] = (False, True)) -> dict[str, Any]:
        # Unless a fit says otherwise, as in a scorecard, who churned is True.
        params = super()._core_params()
        if isinstance(self.C, numbers.Real) and not math.isfinite(self.C):
            if self.C != math.inf:
                raise LoyaltyError(f"C is {self.C}; it must be a number above 0, or infinite", argument="C")
            params["c"] = "infinity"
        return params | {"class_weight": _class_weight(self.class_weight, classes)}

    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Find the coefficients.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Array, data frame or sparse matrix (which is made dense) of finite numbers.
        y : array of shape (n_samples,)
            Who churned: labels of two kinds, of any type that can be sorted. The second in order is churned.
        sample_weight : array of shape (n_samples,), optional
            Weights, 0 or more; each counts like that many copies of its row.

        Returns
        -------
        LogisticChurn
            Itself, fitted.

        Raises
        ------
        LoyaltyError
            For parameters out of range, values that are not finite numbers, and labels of other than two kinds;
            ``NO_ESTIMATE``, with the features to blame, where C is infinite and no unique maximum of the likelihood
            exists.
        """
        values, names = _matrix.as_matrix(X, sparse=self._sparse)
        weights = _matrix.sample_weights(sample_weight, values.shape[0])
        classes, churned = _encoded(y, values.shape[0])
        with self._fitting(values.shape[1], names), listening(self.progress) as listener:
            params = params_json(self._core_params(classes.tolist()))
            self._fitted = _loyalty.FittedLogisticChurn.fit(
                params, values, churned, weights, names or [], self._threads(), listener
            )
        self.classes_ = classes
        self._learn()
        self._warn()
        return self

    def _learn(self) -> None:
        fitted = self._fitted
        if not hasattr(self, "classes_"):
            self.classes_ = np.array([False, True])
        self.coef_ = fitted.coefficients[np.newaxis]
        self.intercept_ = np.array([fitted.intercept])
        self.n_iter_ = np.array([fitted.iterations], dtype=np.int32)
        self.odds_ratios_ = fitted.odds_ratios
        self.log_likelihood_ = fitted.log_likelihood
        self.null_log_likelihood_ = fitted.null_log_likelihood
        self.converged_ = fitted.converged
        self.relative_gradient_ = fitted.relative_gradient
        self.separation_risk_ = fitted.separation_risk
        self.constant_features_ = fitted.constant_features
        self.means_ = fitted.means
        self.base_value_ = fitted.base_value
        self.inference_: Inference | None = None
        if (found := fitted.inference) is not None:
            of_intercept = found.pop("intercept")
            self.inference_ = Inference(**found, intercept=of_intercept and InterceptInference(*of_intercept))

    def _warn(self) -> None:
        if self.separation_risk_:
            retained, churned = self.classes_.tolist()
            warnings.warn(
                f"the features tell {retained!r} and {churned!r} apart without an error, so that only the "
                "penalty keeps the coefficients finite: look for a feature that knows the answer, or lower C",
                SeparationWarning,
                stacklevel=3,
            )
        if not self.converged_:
            warnings.warn(
                f"the fit ended after {self.n_iter_[0]} of {self.max_iter} steps (max_iter) with a relative gradient "
                f"of {self.relative_gradient_:.1e}, above tol = {self.tol}",
                ConvergenceWarning,
                stacklevel=3,
            )

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """The log odds of churn of each row, w·x + b.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Rows with the columns of the fit.

        Returns
        -------
        array of shape (n_samples,)
            Above 0 where churn is more likely than not.
        """
        values = self._matrix(X)
        with self._naming():
            return self._fitted.decision(values, self._threads(len(values)))

    def predict(self, X: Any) -> NDArray[Any]:
        """The more likely label of each row.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Rows with the columns of the fit.

        Returns
        -------
        array of shape (n_samples,)
            Labels as in `classes_`.
        """
        values = self._matrix(X)
        with self._naming():
            return self.classes_[self._fitted.predict(values, self._threads(len(values))).astype(np.intp)]

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """The probability of each label.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Rows with the columns of the fit.

        Returns
        -------
        array of shape (n_samples, 2)
            In the order of `classes_`: that of churn is the second.
        """
        values = self._matrix(X)
        with self._naming():
            churned = self._fitted.predict_proba(values, self._threads(len(values)))
        probabilities = np.empty((len(churned), 2))
        np.subtract(1.0, churned, out=probabilities[:, 0])
        probabilities[:, 1] = churned
        return probabilities

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """The logarithm of the probability of each label.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Rows with the columns of the fit.

        Returns
        -------
        array of shape (n_samples, 2)
            In the order of `classes_`; finite also where a probability rounds to 0.
        """
        odds = self.decision_function(X)
        return np.column_stack([_loyalty.log_logistic(-odds), _loyalty.log_logistic(odds)])

    def contributions(self, X: Any) -> Any:
        """Each feature's part in each row's log odds, wⱼ·(xⱼ − meanⱼ).

        `base_value_` and the parts of a row add up to its :meth:`decision_function`. These are the Shapley values of a
        linear model with independent features.

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Rows with the columns of the fit.

        Returns
        -------
        array or frame of shape (n_samples, n_features)
            A frame of X's kind if X is one.

        References
        ----------
        E. Štrumbelj and I. Kononenko, "Explaining prediction models and individual predictions with feature
        contributions", Knowledge and Information Systems 41, 2014, section 3.
        """
        values = self._matrix(X)
        with self._naming():
            parts = self._fitted.contributions(values)
        if not _frames.is_frame(X):
            return parts
        columns = {name: parts[:, j] for j, name in enumerate(self._fitted.feature_names)}
        return _frames.like(X, columns, index=getattr(X, "index", None))

    def summary(self) -> Summary:
        """The table of coefficients.

        Returns
        -------
        Summary
            A dict of columns: feature, coefficient and odds ratio, and of an unpenalised fit also standard error, z,
            p-value and confidence interval. The intercept, where one was fitted, is the last row.

        Examples
        --------
        >>> import loyalty, math
        >>> X, y = [[3.0], [10.0], [25.0], [40.0], [60.0], [90.0]], [0, 0, 1, 0, 1, 1]
        >>> loyalty.LogisticChurn(C=math.inf).fit(X, y).summary()["feature"].tolist()
        ['x0', '(intercept)']
        """
        self._check_fitted()
        columns: dict[str, list[Any]] = {
            "feature": list(self._fitted.feature_names),
            "coefficient": self.coef_[0].tolist(),
            "odds_ratio": self.odds_ratios_.tolist(),
        }
        last: tuple[Any, ...] = ("(intercept)", self.intercept_[0], math.nan)
        if (found := self.inference_) is not None:
            columns |= {
                "standard_error": found.standard_errors.tolist(),
                "z": found.z.tolist(),
                "p_value": found.p_values.tolist(),
                "confidence_low": found.confidence_low.tolist(),
                "confidence_high": found.confidence_high.tolist(),
            }
            last += found.intercept or ()
        if self.fit_intercept:
            for column, value in zip(columns.values(), last, strict=True):
                column.append(value)
        return Summary(
            {name: np.array(column, dtype=object if name == "feature" else None) for name, column in columns.items()}
        )

    def _tables(self) -> list[_html.Table]:
        fit = {
            "log-likelihood": [self.log_likelihood_],
            "of the mean alone": [self.null_log_likelihood_],
            "iterations": [int(self.n_iter_[0])],
            "converged": [str(self.converged_)],
            "separation risk": [str(self.separation_risk_)],
            "churned": [str(self.classes_[1])],
        }
        return [self.summary()._table(), _html.Table("fit", fit)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.multi_class = False
        return tags


def _class_weight(given: Any, names: Sequence[Any]) -> Any:
    """The weights of the classes in the form of a model file."""
    if given is None:
        return "none"
    if isinstance(given, str):
        if given != "balanced":
            raise LoyaltyError(
                f"class_weight is {given!r}; it must be None, 'balanced' or a dict of labels", argument="class_weight"
            )
        return given
    if not isinstance(given, Mapping):
        raise LoyaltyTypeError(
            f"class_weight is {given!r}; it must be None, 'balanced' or a dict of labels", argument="class_weight"
        )
    unknown = [label for label in given if label not in names]
    if unknown and not all(name in given for name in names):
        raise LoyaltyError(
            f"class_weight has the label {unknown[0]!r}; it must be one of {list(names)}", argument="class_weight"
        )
    retained, churned = (given.get(name, 1.0) for name in names)
    return {"given": {"retained": retained, "churned": churned}}


def _encoded(y: Any, rows: int) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The two labels in ascending order, and which rows have the second."""
    if y is None:
        raise LoyaltyError(
            "LogisticChurn requires y to be passed, but the target y is None: it must say who churned", argument="y"
        )
    array = _labels_array(y)
    if array.shape[0] != rows:
        raise LoyaltyError(
            f"Found input variables with inconsistent numbers of samples: y has {array.shape[0]} labels; it must have "
            f"{rows}, one a row of X",
            "SHAPE_MISMATCH",
            "y",
        )
    missing = _missing(array)
    if missing.any():
        row = int(missing.argmax())
        raise LoyaltyError(
            f"Input y contains NaN or infinity: y in row {row} is {array[row]}; it must be a label",
            "NON_FINITE",
            "y",
            row,
        )
    if array.dtype.kind == "f" and (fractions := array != np.floor(array)).any():
        row = int(fractions.argmax())
        raise LoyaltyError(
            f"Unknown label type: continuous. y in row {row} is {array[row]}; it must be one of two labels, and no "
            "quantity",
            "INVALID_VALUE",
            "y",
            row,
        )
    try:
        classes, codes = np.unique(array, return_inverse=True)
    except TypeError:
        kinds = ", ".join(sorted({type(label).__name__ for label in array}))
        message = f"y has labels of different types ({kinds}); they must be of one"
        raise LoyaltyTypeError(message, argument="y") from None
    if len(classes) > 2:
        few = ", ".join(map(repr, classes[:5].tolist())) + (", …" if len(classes) > 5 else "")
        raise LoyaltyError(
            "Only binary classification is supported. The type of the target is multiclass: y must have two labels, it "
            f"has {len(classes)} ({few})",
            argument="y",
        )
    if len(classes) < 2:
        raise LoyaltyError(
            f"y has one class only, {classes.tolist()[0]!r}; it must have customers of two classes", "DEGENERATE", "y"
        )
    return classes, codes == 1


def _labels_array(y: Any) -> NDArray[Any]:
    """The labels in one dimension."""
    if hasattr(y, "toarray"):
        raise LoyaltyTypeError("y is sparse; it must be an array of labels", argument="y")
    array = np.asarray(y) if _is_plain(y) else _frames.as_numpy(y)
    if array.ndim == 2 and array.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected. Please change the shape of y to (n_samples,), "
            "for example using ravel().",
            DataConversionWarning,
            stacklevel=5,
        )
        array = array.ravel()
    if array.ndim != 1:
        raise LoyaltyError(
            f"y should be a 1d array, got an array of shape {array.shape} instead", "SHAPE_MISMATCH", "y"
        )
    if array.dtype.kind == "c":
        raise LoyaltyTypeError("Complex data not supported: y must hold labels", argument="y")
    return array


def _is_plain(y: Any) -> bool:
    """Whether NumPy takes the labels as they are: no column of a frame, and no list with nulls among texts."""
    if isinstance(y, (list, tuple)):
        return all(isinstance(label, str) for label in y)
    return hasattr(y, "__array__") and not hasattr(y, "to_numpy")


def _missing(array: NDArray[Any]) -> NDArray[np.bool_]:
    """Which labels are null, or not finite."""
    if array.dtype.kind == "f":
        found: NDArray[np.bool_] = ~np.isfinite(array)
        return found
    if array.dtype.kind == "O":
        # What is not equal to itself, or to anything, as pandas' NA.
        return np.array([v is None or type(v).__name__ == "NAType" or v != v for v in array], dtype=bool)
    return np.zeros(array.shape, dtype=bool)


def labels(next_purchase: Any, cutoff: Any, horizon_days: float) -> NDArray[np.bool_]:
    """Who churned by the order log itself: who bought nothing in the horizon after the cutoff.

    churnedᵢ = no purchase in (cutoff, cutoff + horizon]

    Parameters
    ----------
    next_purchase : array of shape (n_customers,)
        The time of each customer's first purchase after the cutoff, null or NaT where there is none: timestamps with or
        without a zone, dates, or whole microseconds since 1970-01-01 UTC, of which the least means none.
    cutoff : timestamp, date or int
        What is known of a customer ends here.
    horizon_days : float
        Days of 86,400 seconds, above 0. The log must reach to the end of the horizon.

    Returns
    -------
    array of bool of shape (n_customers,)
        True for those who churned.

    Raises
    ------
    LoyaltyError
        For a purchase that is not after the cutoff.

    Examples
    --------
    >>> import loyalty.churn, numpy as np
    >>> bought = np.array(["2024-01-06", "2024-02-10", "NaT"], dtype="datetime64[s]")
    >>> loyalty.churn.labels(bought, np.datetime64("2024-01-01"), 30)
    array([False,  True,  True])
    """
    moments = _microseconds(next_purchase, "next_purchase")
    if isinstance(cutoff, str):
        cutoff = np.datetime64(cutoff)
    if not isinstance(cutoff, (int, np.integer)):
        cutoff = int(_microseconds(np.array([cutoff], dtype=object), "cutoff")[0])
    return _loyalty.churn_labels(moments, whole("cutoff", cutoff), horizon_days)


def _microseconds(times: Any, argument: str) -> NDArray[np.int64]:
    """Times as whole microseconds, of which the least is NumPy's NaT."""
    array = _frames.as_numpy(_frames.incoming(times, "times", argument))
    if array.dtype.kind == "M":
        return np.ascontiguousarray(array.astype("datetime64[us]", copy=False)).view(np.int64)
    if array.dtype.kind not in "iu":
        raise LoyaltyTypeError(
            f"{argument} holds values of type {array.dtype}; it must hold timestamps, dates or whole microseconds",
            argument=argument,
        )
    return np.ascontiguousarray(array.astype(np.int64, copy=False))
