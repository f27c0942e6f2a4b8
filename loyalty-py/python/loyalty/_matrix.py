"""Feature matrices: any table of numbers as the array of floats that the core reads."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty import _frames
from loyalty.errors import LoyaltyError, LoyaltyTypeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["as_matrix", "as_vector", "checked_names", "of_precision", "remember_features", "sample_weights"]


def as_matrix(
    X: Any, *, name: str = "X", sparse: bool = False, empty: bool = False
) -> tuple[NDArray[np.float64], list[str] | None]:
    """The values of a table, and its column names where it has some; without a row or column only if it may be `empty`.

    Float64 arrays are not copied. NaN and infinities are left to the core, which names their place.
    """
    if type(X) is np.ndarray and X.dtype == np.float64 and X.ndim == 2 and X.size > 0:
        # All is well: a single row would wait for the questions below longer than for its answer.
        return X, None
    if hasattr(X, "toarray") and hasattr(X, "nnz"):
        if not sparse:
            raise LoyaltyTypeError(
                f"Sparse data was passed for {name}, but dense data is required. Use '.toarray()' to convert to a dense "
                "numpy array.",
                argument=name,
            )
        X = X.toarray()
    if _frames.is_frame(X):
        names, values = _frames.numbers(X, name)
        return _of_array(values, name, empty), names
    return _of_array(X, name, empty), None


def _of_array(X: Any, name: str, empty: bool) -> NDArray[np.float64]:
    try:
        # What is masked is missing.
        array = np.ma.filled(X.astype(np.float64), np.nan) if isinstance(X, np.ma.MaskedArray) else np.asarray(X)
    except ValueError as error:
        raise LoyaltyError(f"{name} has rows of different lengths; it must be a matrix: {error}", argument=name) from None
    if np.iscomplexobj(array) or (array.dtype == object and any(isinstance(v, complex) for v in array.flat)):
        raise LoyaltyTypeError(f"Complex data not supported: {name} must hold real numbers", argument=name)
    if array.ndim != 2:
        hint = {0: "scalar array", 1: "1D array"}.get(array.ndim, f"array with dim {array.ndim}")
        raise LoyaltyError(
            f"Expected 2D array, got {hint} instead: {name} must have one row a customer and one column a feature. "
            "Reshape your data either using array.reshape(-1, 1) if it has a single feature or array.reshape(1, -1) if "
            "it contains a single sample.",
            "SHAPE_MISMATCH",
            name,
        )
    if array.dtype.kind in "USTMmV":
        raise LoyaltyTypeError(f"{name} holds values of type {array.dtype}; it must hold numbers", argument=name)
    try:
        values = array.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError) as error:
        kind = LoyaltyTypeError if isinstance(error, TypeError) else LoyaltyError
        raise kind(f"{name} must hold numbers: {error}", argument=name) from None
    rows, columns = values.shape
    if rows == 0 and not empty:
        raise LoyaltyError(
            f"Found array with 0 sample(s) (shape={values.shape}) while a minimum of 1 is required: {name} has no row",
            "TOO_FEW_ROWS",
            name,
        )
    if columns == 0 and not empty:
        raise LoyaltyError(
            f"Found array with 0 feature(s) (shape={values.shape}) while a minimum of 1 is required: {name} has no column",
            "SHAPE_MISMATCH",
            name,
        )
    return values


def as_vector(values: Any, name: str, dtype: Any = np.float64) -> Any:
    """One value a row, in one piece of memory."""
    if hasattr(values, "to_numpy") or isinstance(values, np.ma.MaskedArray):
        values = _frames.as_numpy(values)
    try:
        array = np.asarray(values)
        if array.dtype.kind in "USTMmVc":
            raise TypeError(f"values of type {array.dtype}")
        array = np.ascontiguousarray(array.astype(dtype, copy=False))
    except (TypeError, ValueError, OverflowError) as error:
        raise LoyaltyTypeError(f"{name} must hold one number a row: {error}", argument=name) from None
    if np.asarray(values).ndim != 1:
        raise LoyaltyError(
            f"{name} has shape {np.asarray(values).shape}; it must have one dimension", "SHAPE_MISMATCH", name
        )
    return array


def sample_weights(sample_weight: Any, rows: int) -> NDArray[np.float64] | None:
    """The weights of the rows; a single number is one for all."""
    if sample_weight is None:
        return None
    if np.isscalar(sample_weight):
        return np.full(rows, as_vector([sample_weight], "sample_weight")[0])
    weights: NDArray[np.float64] = as_vector(sample_weight, "sample_weight")
    return weights


def of_precision(values: NDArray[np.float64], X: Any) -> NDArray[Any]:
    """Values computed from X as float32, if X is."""
    return values.astype(np.float32) if getattr(X, "dtype", None) == np.float32 else values


def remember_features(estimator: Any, columns: int, names: list[str] | None) -> None:
    """Sets the attributes of the features of a fit."""
    estimator.n_features_in_ = columns
    if names is not None:
        estimator.feature_names_in_ = np.asarray(names, dtype=object)
    elif hasattr(estimator, "feature_names_in_"):
        del estimator.feature_names_in_


def checked_names(estimator: Any, columns: int, names: list[str] | None) -> None:
    """Compares the features of later data with those of the fit."""
    who = type(estimator).__name__
    fitted = getattr(estimator, "feature_names_in_", None)
    if names is not None and fitted is None:
        warnings.warn(f"X has feature names, but {who} was fitted without feature names", UserWarning, stacklevel=4)
    elif names is None and fitted is not None:
        warnings.warn(
            f"X does not have valid feature names, but {who} was fitted with feature names", UserWarning, stacklevel=4
        )
    elif names is not None and fitted is not None and names != list(fitted):
        unseen = [name for name in names if name not in set(fitted)]
        missing = [name for name in fitted if name not in set(names)]
        message = "The feature names should match those that were passed during fit.\n"
        if unseen:
            message += "Feature names unseen at fit time:\n" + "".join(f"- {name}\n" for name in unseen[:5])
        if missing:
            message += "Feature names seen at fit time, yet now missing:\n" + "".join(f"- {n}\n" for n in missing[:5])
        if not unseen and not missing:
            message += "Feature names must be in the same order as they were in fit.\n"
        raise LoyaltyError(message, "SHAPE_MISMATCH", "X")
    if columns != estimator.n_features_in_:
        raise LoyaltyError(
            f"X has {columns} features, but {who} is expecting {estimator.n_features_in_} features as input",
            "SHAPE_MISMATCH",
            "X",
        )
