"""Columns, and checks of what they hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty._frames import KIND_HINT, column, is_frame
from loyalty._matrix import as_vector
from loyalty.errors import LoyaltyError, LoyaltyTypeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["cited", "columns", "finite", "groups", "numbers", "positive_sum", "vector"]


def cited(argument: str, name: str) -> str:
    """How an error speaks of the column ``name``, which ``argument`` asks for."""
    return argument if argument == name else f"{argument} (column {name!r})"


def columns(scores: Any, **names: str) -> list[NDArray[Any]]:
    """The columns whose names are given by argument: one row a customer, in a dict of arrays too."""
    if not is_frame(scores):
        raise LoyaltyTypeError(f"scores is of type {type(scores).__name__}; it must be {KIND_HINT}", argument="scores")
    found = {argument: column(scores, name) for argument, name in names.items()}
    for argument, values in found.items():
        if values.ndim != 1:
            raise LoyaltyError(
                f"{cited(argument, names[argument])} has shape {values.shape}; it must have one dimension",
                "SHAPE_MISMATCH",
                argument,
            )
        if not len(values):
            raise LoyaltyError("scores has no row; it must have one a customer", "TOO_FEW_ROWS", "scores")
    rows = {names[argument]: len(values) for argument, values in found.items()}
    if len(set(rows.values())) > 1:
        raise LoyaltyError(f"scores has columns of different lengths: {rows}", "SHAPE_MISMATCH", "scores")
    return list(found.values())


def numbers(values: NDArray[Any], where: str, argument: str) -> NDArray[np.float64]:
    """A column as finite numbers."""
    return finite(as_vector(values, where), where, argument)


def vector(values: Any, argument: str) -> NDArray[np.float64]:
    """An argument as finite numbers, at least one."""
    found = as_vector(values, argument)
    if not len(found):
        raise LoyaltyError(f"{argument} has no row; it must have one a customer", "TOO_FEW_ROWS", argument)
    return finite(found, argument, argument)


def finite(values: NDArray[np.float64], where: str, argument: str) -> NDArray[np.float64]:
    """The values, if all are finite."""
    wrong = ~np.isfinite(values)
    if wrong.any():
        place = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        row = int(place[0])
        raise LoyaltyError(
            f"{where} is {values[place]} in row {row}; it must hold finite numbers only", "NON_FINITE", argument, row
        )
    return values


def groups(values: NDArray[Any], where: str, argument: str) -> tuple[NDArray[np.str_], NDArray[np.intp]]:
    """The distinct values of a column as texts, and for each row the place of its own."""
    places: dict[Any, int] = {}
    codes = np.array([places.setdefault(value, len(places)) for value in values.tolist()], dtype=np.intp)
    for value, place in places.items():
        if _is_missing(value):
            row = int(np.argmax(codes == place))
            raise LoyaltyError(
                f"{where} is missing in row {row}; it must be there for every customer", "INVALID_VALUE", argument, row
            )
    return np.array([str(value) for value in places]), codes


def _is_missing(value: Any) -> bool:
    try:
        return value is None or bool(value != value)
    except (TypeError, ValueError):  # pandas.NA is neither equal to itself nor not.
        return True


def positive_sum(values: NDArray[np.float64], where: str, argument: str) -> float:
    """The sum of values, if it can be shared out."""
    total = float(values.sum())
    if not 0 < total < math.inf:
        raise LoyaltyError(
            f"{where} sums to {total:g}; to be shared out the sum must be above 0 and finite", "DEGENERATE", argument
        )
    return total
