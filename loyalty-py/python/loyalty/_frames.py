"""Data frames of any library: their columns in, and frames of the caller's own kind out.

pandas, Polars, pyarrow (Table and RecordBatch), DuckDB relations, dicts of arrays and NumPy's structured arrays are
known; `narwhals` adds the frames that it knows. None of these libraries is needed, and none is imported before the
caller did, but for pyarrow where a frame's own library needs it.
"""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import narwhals as nw
import numpy as np

from loyalty._loyalty import Texts
from loyalty.errors import LoyaltyError, LoyaltyTypeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Orders", "Result", "as_numpy", "column", "explained", "floats", "incoming", "is_frame", "like", "numbers"]

KIND_HINT = "a pandas or Polars DataFrame, a pyarrow Table, a DuckDB relation, a dict of arrays or a structured array"


def _library(name: str) -> Any:
    """A library, if the caller has imported it."""
    return sys.modules.get(name)


def _is(value: Any, library: str, *classes: str) -> bool:
    """Whether a value is of one of these classes of a library."""
    module = _library(library)
    return module is not None and isinstance(value, tuple(getattr(module, name, ()) for name in classes))


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        return None
    return pyarrow


def _is_pandas(frame: Any) -> bool:
    return _is(frame, "pandas", "DataFrame")


def _is_pyarrow(frame: Any) -> bool:
    return _is(frame, "pyarrow", "Table", "RecordBatch")


def _is_relation(frame: Any) -> bool:
    return _is(frame, "duckdb", "DuckDBPyRelation")


def _is_structured(frame: Any) -> bool:
    return isinstance(frame, np.ndarray) and frame.dtype.names is not None


def is_frame(data: Any) -> bool:
    """Whether the data have named columns."""
    if isinstance(data, Mapping) or _is_structured(data):
        return True
    if isinstance(data, (np.ndarray, list, tuple)):
        return False
    return _is_pandas(data) or _is_pyarrow(data) or _is_relation(data) or _narwhals(data) is not None


def _narwhals(frame: Any) -> Any:
    """A frame of another library as narwhals has it, or None."""
    native = nw.from_native(frame, pass_through=True)
    if isinstance(native, nw.LazyFrame):
        raise LoyaltyTypeError(
            f"the data are a {type(frame).__module__.partition('.')[0]} {type(frame).__name__}, which holds a query "
            "and no data yet; call .collect() first"
        )
    if native is frame and hasattr(frame, "__arrow_c_stream__") and (pyarrow := _pyarrow()) is not None:
        # Perhaps a frame that only speaks Arrow; a stream of anything but records is none.
        try:
            native = nw.from_native(pyarrow.table(frame))
        except (TypeError, ValueError):
            return None
    return native if isinstance(native, nw.DataFrame) else None


def _relation_table(relation: Any) -> Any:
    try:
        return relation.to_arrow_table()
    except ImportError:
        raise ImportError(
            "a DuckDB relation needs pyarrow to be read: pip install pyarrow, or pass relation.df()"
        ) from None


def _names(frame: Any) -> list[Any]:
    if isinstance(frame, Mapping):
        return list(frame)
    if _is_structured(frame):
        return list(frame.dtype.names)
    if _is_pyarrow(frame):
        return list(frame.schema.names)
    return list(frame.columns if _is_pandas(frame) or _is_relation(frame) else _narwhals(frame).columns)


def _native_column(frame: Any, name: Any) -> Any:
    """One column, as the frame's library has it."""
    if isinstance(frame, Mapping) or _is_structured(frame) or _is_pandas(frame):
        return frame[name]
    return frame.column(name) if _is_pyarrow(frame) else _narwhals(frame)[name].to_native()


def _columns(frame: Any, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Columns by the arguments that name them; those of a relation from one query, whose rows may come in any order."""
    names = _names(frame)
    for argument, name in wanted.items():
        if name not in names:
            known = ", ".join(map(repr, names[:20])) + (", …" if len(names) > 20 else "")
            raise LoyaltyError(
                f"{argument} is {name!r}, which is no column of the data; it must be one of {known}", argument=argument
            )
        if names.count(name) > 1:
            raise LoyaltyError(
                f"{argument} is {name!r}, which {names.count(name)} columns of the data are called; it must be one",
                argument=argument,
            )
    if _is_relation(frame):
        quoted = ('"' + name.replace('"', '""') + '"' for name in dict.fromkeys(wanted.values()))
        frame = _relation_table(frame.project(", ".join(quoted)))
    return {argument: _native_column(frame, name) for argument, name in wanted.items()}


def column(frame: Any, name: str) -> NDArray[Any]:
    """One column as an array: texts as objects, nulls among numbers as NaN."""
    return as_numpy(_columns(frame, {"column": name})["column"])


def floats(frame: Any, names: Mapping[str, Any]) -> list[NDArray[np.float64]]:
    """Columns of numbers, null as NaN, by the arguments that name them."""
    found = _columns(frame, names)
    return [np.ascontiguousarray(_as_floats(found[argument], name, argument)) for argument, name in names.items()]


def as_numpy(values: Any) -> NDArray[Any]:
    """Any column as a NumPy array of one dimension."""
    if isinstance(values, np.ma.MaskedArray):
        if values.dtype.kind == "f":
            return values.filled(np.nan)
        if values.dtype.kind == "M":
            return values.filled(np.datetime64("NaT"))
        # `filled(None)` would fill in a number.
        objects = values.data.astype(object)
        objects[np.ma.getmaskarray(values)] = None
        return objects
    if isinstance(values, np.ndarray):
        return values
    if hasattr(values, "to_numpy"):
        try:
            return np.asarray(values.to_numpy())
        except ValueError:
            # pyarrow's array, which copies nulls, bools and texts only if told to.
            return np.asarray(values.to_numpy(zero_copy_only=False))
    if (hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__")) and _pyarrow() is not None:
        return np.asarray(_pyarrow().chunked_array([values]).to_numpy())
    return _array_of_objects(values)


def _array_of_objects(values: Any) -> NDArray[Any]:
    """A list as an array; where its values are of different types, an array of objects."""
    values = list(values)
    if not any(value is None or isinstance(value, str) for value in values):
        array = np.array(values)
        if array.dtype.kind in "biufM":
            return array
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def numbers(frame: Any, argument: str) -> tuple[list[str] | None, NDArray[np.float64]]:
    """All columns of a frame as a matrix, null as NaN, and their names."""
    names = _names(frame)
    if _is_relation(frame):
        frame = _relation_table(frame)
    texts = [isinstance(name, str) for name in names]
    if any(texts) and not all(texts):
        kinds = sorted({type(name).__name__ for name in names})
        raise LoyaltyTypeError(
            "Feature names are only supported if all input features have string names, but your input has "
            f"{kinds} as feature name / column name types",
            argument=argument,
        )
    if _is_pandas(frame):
        if all(isinstance(dtype, np.dtype) and dtype == np.float64 for dtype in frame.dtypes):
            # One block of memory is taken as it is.
            return (names if all(texts) and names else None), frame.to_numpy(copy=False)
        columns = [frame.iloc[:, j] for j in range(len(names))]
    elif _is_pyarrow(frame):
        columns = list(frame.columns)
    else:
        columns = [_native_column(frame, name) for name in names]
    for name, values in zip(names, columns, strict=True):
        if not hasattr(values, "__len__"):
            raise LoyaltyTypeError(f"{argument} has a column {name!r} of {values!r}; it must be values", argument=argument)
    lengths = {len(values) for values in columns}
    if len(lengths) > 1:
        raise LoyaltyError(f"{argument} has columns of different lengths", "SHAPE_MISMATCH", argument)
    matrix = np.empty((lengths.pop() if lengths else 0, len(columns)), order="F")
    for j, (name, values) in enumerate(zip(names, columns, strict=True)):
        matrix[:, j] = _as_floats(values, name, argument)
    _require(matrix.shape, argument)
    return (names if all(texts) else None), matrix


def _require(shape: tuple[int, int], argument: str) -> None:
    for size, what in zip(shape, ("sample", "feature"), strict=True):
        if size == 0:
            raise LoyaltyError(
                f"Found array with 0 {what}(s) (shape={shape}) while a minimum of 1 is required: {argument} is empty",
                "TOO_FEW_ROWS" if what == "sample" else "SHAPE_MISMATCH",
                argument,
            )


def _as_floats(values: Any, name: Any, argument: str) -> NDArray[np.float64]:
    if _is(values, "pandas", "Series"):
        dtype = values.dtype
        if not isinstance(dtype, np.dtype) and getattr(dtype, "kind", "O") in "biuf":
            return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
    array = as_numpy(values)
    if array.dtype.kind in "USTMmVc":
        raise _no_number(name, array.dtype, argument)
    if array.ndim != 1:
        raise LoyaltyError(
            f"{argument} has a column {name!r} of shape {array.shape}; it must have one dimension",
            "SHAPE_MISMATCH",
            argument,
        )
    try:
        return array.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError) as error:
        kind = next((type(v).__name__ for v in array if not isinstance(v, (int, float, type(None)))), str(array.dtype))
        raise _no_number(name, f"{kind} ({error})", argument) from None


def _no_number(name: Any, kind: Any, argument: str) -> LoyaltyTypeError:
    return LoyaltyTypeError(
        f"{argument} has a column {name!r} of {kind}; it must hold numbers: encode it first, for example with "
        "sklearn.preprocessing.OneHotEncoder",
        argument=argument,
    )


def _time_zone(values: Any) -> Any:
    """The zone of a column of zoned timestamps."""
    dtype = getattr(values, "dtype", None)
    arrow = getattr(dtype, "pyarrow_dtype", getattr(values, "type", None))
    zones = (getattr(dtype, "tz", None), getattr(dtype, "time_zone", None), getattr(arrow, "tz", None))
    # Of pandas, Polars and pyarrow, the last also below pandas.
    return next((zone for zone in zones if zone is not None), None)


class Orders:
    """The columns of an order log: a frame with the names of its columns, or the columns themselves.

    Parameters
    ----------
    frame : frame or None
        Whose columns are meant by names.
    columns : mapping of str to name, array or None
        For each of the core's columns its name in the frame, or the column itself.
    """

    def __init__(self, frame: Any, columns: Mapping[str, Any]) -> None:
        if frame is not None and not is_frame(frame):
            raise LoyaltyTypeError(
                f"orders is of type {type(frame).__name__}; it must be {KIND_HINT}", argument="orders"
            )
        self.names = {argument: value for argument, value in columns.items() if _is_name(value, frame)}
        if frame is None and self.names:
            argument, name = next(iter(self.names.items()))
            raise LoyaltyTypeError(
                f"{argument} is {name!r} but there are no orders; it must be a column of values", argument=argument
            )
        self.columns = {argument: value for argument, value in columns.items() if argument not in self.names}
        for argument in ("customer", "time", "amount"):
            if columns[argument] is None:
                raise LoyaltyTypeError(
                    f"{argument} is None; it must be the name of a column or a column of values", argument=argument
                )
        if self.names:
            self.columns |= _columns(frame, self.names)
        self.result = Result(
            _kind(self.columns["customer"] if frame is None else frame),
            self.names.get("customer", "customer"),
            _time_zone(self.columns["time"]),
        )

    def native(self) -> tuple[Any, ...]:
        """The columns as the core's binding takes them."""
        roles = {"customer": "ids", "time": "times", "amount": "numbers", "order": "ids"}
        arguments = (*roles, "usage", "feedback")
        found = {argument: self.columns.get(argument) for argument in arguments}
        return tuple(None if v is None else incoming(v, roles.get(a, "numbers"), a) for a, v in found.items())

    def explained(self) -> AbstractContextManager[None]:
        """Errors of the core in terms of the caller's columns."""
        return explained(self.names)


@contextmanager
def explained(names: Mapping[str, Any]) -> Iterator[None]:
    """Errors of the core about one of its columns with the name that it has in the caller's frame."""
    try:
        yield
    except LoyaltyError as error:
        message, argument = str(error), error.argument or ""
        if error.column is not None:
            # A column has no columns of its own.
            message = message.replace(f", column {error.column} ", " ", 1)
        name = names.get(argument, argument)
        if name != argument and message.startswith(argument):
            message = f"{argument} (column {name!r}){message.removeprefix(argument)}"
        raise type(error)(message, error.code, error.argument, error.row) from None


def _is_name(value: Any, frame: Any) -> bool:
    """Whether a value names a column, as texts and whole numbers do, and tuples in a frame that has them as names."""
    if isinstance(value, tuple):
        return frame is not None and value in _names(frame)
    return isinstance(value, (str, int))


class Result(NamedTuple):
    """How the rows of customers come back to the caller.

    Attributes
    ----------
    kind : str
        The kind of frame.
    id_name : str
        The name of the column of customers.
    zone : str, tzinfo or None
        That of the log's times.
    """

    kind: str
    id_name: Any
    zone: Any

    def frame(self, ids: Any, columns: Mapping[str, Any]) -> Any:
        """The frame of customers with these ids and columns."""
        if self.id_name in columns:
            raise LoyaltyError(
                f"customer is the column {self.id_name!r}, as one of the result's own is called; it must have another "
                "name",
                argument="customer",
            )
        return _FRAMES.get(self.kind, _of_other)(self.kind, {self.id_name: ids, **columns}, self.zone)


def incoming(values: Any, role: str, argument: str) -> Any:
    """A column as a NumPy array or as something that gives Arrow; its role is 'ids', 'times' or 'numbers'."""
    if _is(values, "pandas", "Series", "Index"):
        found = _incoming_pandas(values, role)
    elif (hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__")) and not _has_objects(values):
        return _not_null(values)
    elif isinstance(values, (str, bytes)) or not hasattr(values, "__len__"):
        raise LoyaltyTypeError(f"{argument} is {values!r}; it must be a column of values", argument=argument)
    else:
        found = as_numpy(values)
    if not isinstance(found, np.ndarray):
        return found
    if found.ndim != 1:
        raise LoyaltyError(
            f"{argument} has shape {found.shape}; it must have one dimension", "SHAPE_MISMATCH", argument
        )
    if role == "times" and found.dtype.kind == "M" and np.datetime_data(found.dtype)[0] in ("Y", "M", "generic"):
        # Months have no fixed length, and what is of no unit is no time; days hold either.
        return found.astype("datetime64[D]")
    if found.dtype.kind != "O" or role == "ids":
        return found
    return _moments(found, argument) if role == "times" else _numbers(found, argument)


def _not_null(values: Any) -> Any:
    """A column of Arrow's; one of its type for nothing but nulls as integers, for not all hand that type over alike."""
    if _is(values, "pyarrow", "Array", "ChunkedArray") and str(values.type) == "null":
        return values.cast("int64")
    if _is(values, "polars", "Series") and str(values.dtype) == "Null":
        return values.cast(_library("polars").Int64)
    return values


def _has_objects(values: Any) -> bool:
    """Whether it is a series of Polars with Python's objects, which Arrow does not know."""
    return str(getattr(values, "dtype", None)) == "Object"


def _incoming_pandas(values: Any, role: str) -> Any:
    dtype = values.dtype
    if isinstance(dtype, np.dtype):
        return values.to_numpy()
    if getattr(dtype, "tz", None) is not None and hasattr(dtype, "unit"):
        # The instants, which pandas keeps in UTC.
        return np.asarray(values.array.view(f"M8[{dtype.unit}]"))
    if getattr(dtype, "storage", None) == "python":
        return np.asarray(values.array, dtype=object)
    if (pyarrow := _pyarrow()) is not None:
        return _not_null(pyarrow.array(values.array, from_pandas=True))
    kind = getattr(dtype, "kind", "O")
    if role == "numbers" and kind in "iuf":
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    if role == "times" and kind in "iu":
        return values.to_numpy(dtype=np.int64, na_value=np.iinfo(np.int64).min)
    return np.asarray(values.astype(object))


def _is_null(value: Any) -> bool:
    """Whether an object stands for nothing: None, NaN, NaT or pandas.NA."""
    try:
        return value is None or bool(value != value)
    except (TypeError, ValueError):
        return type(value).__name__ == "NAType"


def _moments(array: NDArray[Any], argument: str) -> NDArray[Any]:
    """Dates and datetimes among Python's objects as NumPy's."""

    def instant(row: int, value: Any) -> Any:
        if _is_null(value):
            return np.datetime64("NaT", "us")
        if isinstance(value, datetime.datetime) and value.tzinfo is not None:
            return np.datetime64(value.astimezone(datetime.timezone.utc).replace(tzinfo=None), "us")
        if isinstance(value, datetime.date):
            return np.datetime64(value, "us")
        if isinstance(value, np.datetime64):
            return value.astype("datetime64[us]")
        raise LoyaltyTypeError(
            f"{argument} in row {row} is {value!r} of type {type(value).__name__}; it must be a timestamp or a date: "
            "convert the column first, for example with pandas.to_datetime",
            argument=argument,
            row=row,
        )

    return np.array([instant(row, value) for row, value in enumerate(array)], dtype="datetime64[us]")


def _numbers(array: NDArray[Any], argument: str) -> NDArray[np.float64]:
    """Numbers among Python's objects, decimals too, as floats."""

    def number(row: int, value: Any) -> float:
        if _is_null(value):
            return np.nan
        if isinstance(value, (Real, Decimal)) and not isinstance(value, bool):
            return float(value)
        raise LoyaltyTypeError(
            f"{argument} in row {row} is {value!r} of type {type(value).__name__}; it must be a number: convert the "
            "column first, for example with pandas.to_numeric",
            argument=argument,
            row=row,
        )

    return np.fromiter((number(row, value) for row, value in enumerate(array)), np.float64, len(array))


def like(model: Any, columns: Mapping[str, Any], *, index: Any = None) -> Any:
    """Columns as a frame of the kind of `model`: of its library, or a dict of arrays."""
    kind = _kind(model)
    frame = _FRAMES.get(kind, _of_other)(kind, columns, None)
    if kind == "pandas" and index is not None:
        frame.index = index
    return frame


def _kind(model: Any) -> str:
    """The kind of a frame, or of the frames that the library of a column has."""
    if _is_structured(model):
        return "structured"
    if isinstance(model, (Mapping, np.ndarray, list, tuple)):
        return "dict"
    if _is_relation(model):
        return "relation"
    if _is_pyarrow(model):
        return "record batch" if _is(model, "pyarrow", "RecordBatch") else "pyarrow"
    if _is(model, "pandas", "DataFrame", "Series", "Index"):
        return "pandas"
    native = nw.from_native(model, allow_series=True, pass_through=True)
    if isinstance(native, (nw.DataFrame, nw.Series)):
        return str(native.implementation.value)
    arrow = hasattr(model, "__arrow_c_stream__") or hasattr(model, "__arrow_c_array__")
    return "pyarrow" if arrow and _pyarrow() is not None else "dict"


def _of_arrays(_: str, columns: Mapping[str, Any], zone: Any) -> dict[str, NDArray[Any]]:
    return {name: values.to_numpy() if isinstance(values, Texts) else values for name, values in columns.items()}


def _of_structured(_: str, columns: Mapping[str, Any], zone: Any) -> NDArray[Any]:
    arrays = _of_arrays(_, columns, zone)
    table = np.empty(len(next(iter(arrays.values()))), dtype=[(name, values.dtype) for name, values in arrays.items()])
    for name, values in arrays.items():
        table[name] = values
    return table


def _of_pandas(_: str, columns: Mapping[str, Any], zone: Any) -> Any:
    pandas = _library("pandas")
    # What pandas makes of texts, which depends on its version and on whether there is pyarrow.
    texts = pandas.Series([""]).dtype

    def series(values: Any) -> Any:
        if isinstance(values, Texts):
            if getattr(texts, "storage", None) == "pyarrow":
                return pandas.array(_pyarrow().array(values), dtype=texts)
            return pandas.array(values.to_numpy(), dtype=texts)
        if zone is not None and values.dtype.kind == "M":
            return pandas.Series(values).dt.tz_localize("UTC").dt.tz_convert(zone)
        return values

    return pandas.DataFrame({name: series(values) for name, values in columns.items()}, copy=False)


def _arrow_arrays(columns: Mapping[str, Any], zone: Any) -> list[Any]:
    pyarrow = _pyarrow()
    zoned = None if zone is None else pyarrow.timestamp("us", str(zone))
    is_time = (not isinstance(values, Texts) and values.dtype.kind == "M" for values in columns.values())
    return [pyarrow.array(v, zoned if time else None) for v, time in zip(columns.values(), is_time, strict=True)]


def _of_pyarrow(_: str, columns: Mapping[str, Any], zone: Any) -> Any:
    return _pyarrow().Table.from_arrays(_arrow_arrays(columns, zone), names=list(columns))


def _of_record_batch(_: str, columns: Mapping[str, Any], zone: Any) -> Any:
    return _pyarrow().RecordBatch.from_arrays(_arrow_arrays(columns, zone), names=list(columns))


def _of_relation(_: str, columns: Mapping[str, Any], zone: Any) -> Any:
    return _library("duckdb").from_arrow(_of_pyarrow(_, columns, zone))


def _of_other(kind: str, columns: Mapping[str, Any], zone: Any) -> Any:
    # The name is one that narwhals gave.
    frame = nw.from_dict(columns, backend=cast(Any, kind))
    if zone is not None:
        times = [name for name, dtype in frame.schema.items() if dtype == nw.Datetime]
        frame = frame.with_columns(
            nw.col(name).dt.replace_time_zone("UTC").dt.convert_time_zone(str(zone)) for name in times
        )
    return frame.to_native()


_FRAMES: dict[str, Callable[[str, Mapping[str, Any], Any], Any]] = {
    "dict": _of_arrays,
    "structured": _of_structured,
    "pandas": _of_pandas,
    "pyarrow": _of_pyarrow,
    "record batch": _of_record_batch,
    "relation": _of_relation,
}
