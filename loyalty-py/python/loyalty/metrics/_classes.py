"""Classes of any kind, and answers of yes or no, as the numbers that the core takes."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty import _frames
from loyalty.errors import LoyaltyError, LoyaltyTypeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["answers", "encoded"]

#: Kinds of NumPy's types whose values NumPy may put in order together without changing one.
_SORTED_BY_NUMPY = [set("bi"), set("bu"), set("bf"), set("M")]


def encoded(**columns: Any) -> tuple[NDArray[Any], list[NDArray[np.uint32]]]:
    """The distinct classes of all columns, ascending, and for each column where its classes stand among them."""
    return _encoded({name: _column(name, values) for name, values in columns.items()})


def answers(pos_label: Any, **columns: Any) -> list[NDArray[np.bool_]]:
    """Which rows of each column are positive."""
    arrays = {name: _column(name, values) for name, values in columns.items()}
    if pos_label is None and all(map(_says_yes_or_no, arrays.values())):
        return [np.ascontiguousarray(values == 1, dtype=bool) for values in arrays.values()]
    classes, codes = _encoded(arrays)
    if len(classes) > 2:
        raise _third_class(arrays, codes)
    known = " or ".join(map(repr, classes.tolist()))
    if pos_label is None:
        raise LoyaltyError(
            f"pos_label is None; it must say which class of {' and '.join(arrays)} is positive: {known}",
            argument="pos_label",
        )
    positive = [bool(label == pos_label) for label in classes.tolist()]
    if len(classes) == 2 and not any(positive):
        raise LoyaltyError(
            f"pos_label is {pos_label!r}; it must be a class of {' and '.join(arrays)}: {known}", argument="pos_label"
        )
    return [np.array(positive, dtype=bool)[code] for code in codes]


def _column(name: str, values: Any) -> NDArray[Any]:
    """One class a row."""
    try:
        if isinstance(values, (str, bytes, Mapping, Set)):
            raise TypeError
        array = _frames.as_numpy(values)
    except (TypeError, ValueError):
        raise LoyaltyTypeError(f"{name} is {values!r}; it must hold one class a row", argument=name) from None
    if array.ndim != 1:
        raise LoyaltyError(f"{name} has shape {array.shape}; it must have one dimension", "SHAPE_MISMATCH", name)
    # Texts without a width.
    return array.astype(object) if array.dtype.kind in "SUT" else array


def _says_yes_or_no(values: NDArray[Any]) -> bool:
    if values.dtype.kind == "O":
        try:
            return set(values.tolist()) <= {0, 1}
        except TypeError:
            return False
    return values.dtype.kind == "b" or (values.dtype.kind in "iuf" and bool(np.isin(values, (0, 1)).all()))


def _encoded(arrays: dict[str, NDArray[Any]]) -> tuple[NDArray[Any], list[NDArray[np.uint32]]]:
    for name, values in arrays.items():
        _refuse_missing(name, values)
    kinds = {values.dtype.kind for values in arrays.values()}
    if any(kinds <= together for together in _SORTED_BY_NUMPY):
        classes, places = np.unique(np.concatenate(list(arrays.values())), return_inverse=True)
        ends = np.cumsum([len(values) for values in arrays.values()])[:-1]
        return classes, np.split(places.astype(np.uint32), ends)
    try:
        found = sorted(set().union(*(values.tolist() for values in arrays.values())))
    except TypeError as error:
        raise LoyaltyTypeError(
            f"{' and '.join(arrays)} hold classes of different types; they must be all numbers or all texts ({error})",
            argument=list(arrays)[-1],
        ) from None
    place = {label: code for code, label in enumerate(found)}
    codes = [np.array([place[label] for label in values.tolist()], dtype=np.uint32) for values in arrays.values()]
    return _frames.as_numpy(found), codes


def _refuse_missing(name: str, values: NDArray[Any]) -> None:
    if values.dtype.kind == "f":
        missing = np.isnan(values)
    elif values.dtype.kind in "mM":
        missing = np.isnat(values)
    elif values.dtype.kind == "O":
        missing = np.fromiter(map(_is_missing, values), dtype=bool, count=len(values))
    else:
        return
    if missing.any():
        row = int(missing.argmax())
        raise LoyaltyError(f"{name} in row {row} is {values[row]}; it must be a class", "INVALID_VALUE", name, row)


def _is_missing(value: Any) -> bool:
    # Of pandas' own null nothing can be asked, not even whether it is itself.
    return value is None or type(value).__name__ == "NAType" or bool(value != value)


def _third_class(arrays: dict[str, NDArray[Any]], codes: list[NDArray[np.uint32]]) -> LoyaltyError:
    """The error for the first row whose class makes three."""
    places = sorted(np.unique(np.concatenate(codes), return_index=True)[1].tolist())[:3]
    labels = np.concatenate([values.astype(object) for values in arrays.values()])[places].tolist()
    begins = np.cumsum([0, *map(len, arrays.values())])
    column = int(np.searchsorted(begins, places[2], side="right")) - 1
    name, row = list(arrays)[column], places[2] - int(begins[column])
    return LoyaltyError(
        f"{name} in row {row} is {labels[2]!r}, a third class beside {labels[0]!r} and {labels[1]!r}; "
        "there must be two at most",
        "INVALID_VALUE",
        name,
        row,
    )
