"""Data frames of any library: their columns in, and frames of the caller's own kind out.

pandas, Polars, pyarrow (Table and RecordBatch), DuckDB relations, dicts of arrays and NumPy's structured arrays are known;
`narwhals` adds the frames that it knows. None of these libraries is needed, and none is imported before the caller did.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from loyalty.errors import LoyaltyError, LoyaltyTypeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Orders", "column", "is_frame", "like", "numbers", "time_zone"]

KIND_HINT = "a pandas or Polars DataFrame, a pyarrow Table, a DuckDB relation, a dict of arrays or a structured array"


def _library(name: str) -> Any:
    """A library, if the caller has imported it."""
    return sys.modules.get(name)


def _is_relation(frame: Any) -> bool:
    duckdb = _library("duckdb") or _library("_duckdb")
    return duckdb is not None and isinstance(frame, duckdb.DuckDBPyRelation)


def _is_record_batch(frame: Any) -> bool:
    pyarrow = _library("pyarrow")
    return pyarrow is not None and isinstance(frame, pyarrow.RecordBatch)


def _is_structured(frame: Any) -> bool:
    return isinstance(frame, np.ndarray) and frame.dtype.names is not None


def is_frame(data: Any) -> bool:
    """Whether the data have named columns."""
    return (
        isinstance(data, Mapping)
        or _is_structured(data)
        or _is_relation(data)
        or (not isinstance(data, (np.ndarray, list, tuple)) and _narwhals(data) is not None)
    )


def _narwhals(frame: Any) -> Any:
    """The frame as narwhals has it, or None."""
    if _is_record_batch(frame):
        frame = _library("pyarrow").Table.from_batches([frame])
    elif _is_relation(frame):
        frame = _relation_table(frame)
    elif hasattr(frame, "__arrow_c_stream__") and nw.from_native(frame, pass_through=True) is frame:
        # A frame that only speaks Arrow.
        try:
            import pyarrow

            frame = pyarrow.table(frame)
        except ImportError:
            return None
    native = nw.from_native(frame, pass_through=True)
    if isinstance(native, nw.LazyFrame):
        raise LoyaltyTypeError(
            f"the data are a {type(frame).__module__.partition('.')[0]} {type(frame).__name__}, which holds a query and "
            "no data yet; call .collect() first"
        )
    return native if isinstance(native, nw.DataFrame) else None


def _relation_table(relation: Any) -> Any:
    try:
        return relation.to_arrow_table()
    except ImportError:
        raise ImportError("a DuckDB relation needs pyarrow to be read: pip install pyarrow, or pass relation.df()") from None


def _names(frame: Any) -> list[Any]:
    if isinstance(frame, Mapping):
        return list(frame)
    if _is_structured(frame):
        return list(frame.dtype.names)
    if _is_relation(frame):
        return list(frame.columns)
    pandas = _library("pandas")
    if pandas is not None and isinstance(frame, pandas.DataFrame):
        return list(frame.columns)
    return list(_narwhals(frame).columns)


def _native_column(frame: Any, name: str) -> Any:
    """One column, as the frame's library has it."""
    if isinstance(frame, Mapping) or _is_structured(frame):
        return frame[name]
    if _is_relation(frame):
        quoted = name.replace('"', '""')
        return _relation_table(frame.project(f'"{quoted}"')).column(0)
    pandas = _library("pandas")
    if pandas is not None and isinstance(frame, pandas.DataFrame):
        found = frame[name]
        if isinstance(found, pandas.DataFrame):
            raise LoyaltyError(f"column {name!r} is there {found.shape[1]} times; it must be there once", argument=name)
        return found
    return _narwhals(frame)[name].to_native()


def _checked_column(frame: Any, name: Any, argument: str) -> Any:
    names = _names(frame)
    if name not in names:
        known = ", ".join(map(repr, names[:20])) + (", …" if len(names) > 20 else "")
        raise LoyaltyError(
            f"{argument} is {name!r}, which is no column of the data; it must be one of {known}", argument=argument
        )
    return _native_column(frame, name)


def column(frame: Any, name: str) -> NDArray[Any]:
    """One column as an array: texts as objects, nulls among numbers as NaN."""
    return as_numpy(_checked_column(frame, name, "column"))


def as_numpy(values: Any) -> NDArray[Any]:
    """Any column as a NumPy array of one dimension."""
    if isinstance(values, np.ma.MaskedArray):
        if values.dtype.kind == "f":
            return values.filled(np.nan)
        if values.dtype.kind == "M":
            return values.filled(np.datetime64("NaT"))
        return values.astype(object).filled(None)
    if isinstance(values, np.ndarray):
        return values
    if hasattr(values, "to_numpy"):
        try:
            return np.asarray(values.to_numpy())
        except TypeError:
            return np.asarray(values.to_numpy(zero_copy_only=False))
    if hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__"):
        return np.asarray(_pyarrow().chunked_array([values]).to_numpy())
    return _array_of_objects(values)


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        return None
    return pyarrow


def _array_of_objects(values: Any) -> NDArray[Any]:
    """A list as an array; where its values are of different types, an array of objects."""
    values = list(values)
    if any(value is None or isinstance(value, str) for value in values):
        return np.array(values, dtype=object)
    array = np.array(values)
    return array if array.dtype.kind in "biufM" else np.array(values, dtype=object)


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
    pandas = _library("pandas")
    if pandas is not None and isinstance(frame, pandas.DataFrame):
        if all(isinstance(dtype, np.dtype) and dtype == np.float64 for dtype in frame.dtypes):
            # One block of memory is taken as it is.
            return (names if all(texts) and names else None), frame.to_numpy(copy=False)
        columns = [frame.iloc[:, j] for j in range(len(names))]
    else:
        columns = [_native_column(frame, name) for name in names]
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
    pandas = _library("pandas")
    if pandas is not None and isinstance(values, pandas.Series):
        dtype = values.dtype
        if not isinstance(dtype, np.dtype) and getattr(dtype, "kind", "O") in "biuf":
            return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
    array = as_numpy(values)
    if array.dtype.kind in "USTMmVc":
        raise _no_number(name, array.dtype, argument)
    try:
        return array.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        kind = next((type(v).__name__ for v in array if not isinstance(v, (int, float, type(None)))), str(array.dtype))
        raise _no_number(name, f"{kind} ({error})", argument) from None


def _no_number(name: Any, kind: Any, argument: str) -> LoyaltyTypeError:
    return LoyaltyTypeError(
        f"{argument} has a column {name!r} of {kind}; it must hold numbers: encode it first, for example with "
        "sklearn.preprocessing.OneHotEncoder",
        argument=argument,
    )


def time_zone(values: Any) -> str | None:
    """The zone of a column of zoned timestamps."""
    zone = getattr(getattr(values, "dtype", None), "tz", None)  # pandas
    if zone is None:
        zone = getattr(getattr(values, "dtype", None), "time_zone", None)  # Polars
    if zone is None:
        arrow = getattr(getattr(values, "dtype", None), "pyarrow_dtype", getattr(values, "type", None))
        zone = getattr(arrow, "tz", None)  # pyarrow, also below pandas
    return None if zone is None else str(zone)


class Orders:
    """The columns of an order log: a frame with the names of its columns, or the columns themselves.

    Parameters
    ----------
    frame : frame or None
        Whose columns are meant by names.
    names : mapping of str to str, array or None
        For each of the core's columns its name in the frame, or the column itself.
    """

    def __init__(self, frame: Any, names: Mapping[str, Any]) -> None:
        if frame is not None and not is_frame(frame):
            raise LoyaltyTypeError(
                f"orders is of type {type(frame).__name__}; it must be {KIND_HINT}", argument="orders"
            )
        self.frame = frame
        self.names = {argument: name for argument, name in names.items() if isinstance(name, str)}
        self.columns: dict[str, Any] = {}
        for argument, name in names.items():
            if isinstance(name, str):
                if frame is None:
                    raise LoyaltyTypeError(
                        f"{argument} is {name!r} but there are no orders; it must be a column of values", argument=argument
                    )
                self.columns[argument] = _checked_column(frame, name, argument)
            elif name is not None:
                self.columns[argument] = name
        self.zone = time_zone(self.columns["time"])

    def native(self) -> tuple[Any, ...]:
        """The columns as the core's binding takes them."""
        role = {"customer": "ids", "order": "ids", "time": "times"}
        return tuple(
            None if self.columns.get(argument) is None
            else _incoming(self.columns[argument], role.get(argument, "numbers"), argument)
            for argument in ("customer", "time", "amount", "order", "usage", "feedback")
        )

    def id_name(self) -> str:
        """The name of the column of customers in a result."""
        return self.names.get("customer", "customer")

    def like(self, columns: Mapping[str, Any]) -> Any:
        """A result in the caller's kind of frame, its times in the zone of the log."""
        model = self.columns["customer"] if self.frame is None else self.frame
        return like(model, columns, self.zone)

    def explain(self, error: LoyaltyError) -> LoyaltyError:
        """The error in terms of the caller's columns."""
        name = self.names.get(error.argument or "")
        if name is None or name == error.argument:
            return error
        message = str(error).replace(f"{error.argument} ", f"{error.argument} (column {name!r}) ", 1)
        return type(error)(message, error.code, error.argument, error.row, error.column)


def _incoming(values: Any, role: str, argument: str) -> Any:
    """A column as a NumPy array or something that streams Arrow."""
    pandas = _library("pandas")
    if pandas is not None and isinstance(values, (pandas.Series, pandas.Index)):
        return _incoming_pandas(values, role, argument)
    if hasattr(values, "__arrow_c_stream__"):
        return values
    if hasattr(values, "__arrow_c_array__"):
        return _pyarrow().chunked_array([values])
    array = as_numpy(values)
    if array.ndim != 1:
        raise LoyaltyError(
            f"{argument} has shape {array.shape}; it must have one dimension", "SHAPE_MISMATCH", argument
        )
    return _moments(array, argument) if role == "times" and array.dtype.kind == "O" else array


def _incoming_pandas(values: Any, role: str, argument: str) -> Any:
    dtype = values.dtype
    if isinstance(dtype, np.dtype):
        array = values.to_numpy()
        return _moments(array, argument) if role == "times" and dtype.kind == "O" else array
    if getattr(dtype, "tz", None) is not None and hasattr(dtype, "unit"):
        # The instants, which pandas keeps in UTC.
        return np.asarray(values.array.view(f"M8[{dtype.unit}]"))
    pyarrow = _pyarrow()
    if pyarrow is not None:
        array = pyarrow.array(values.array, from_pandas=True)
        return array if hasattr(array, "__arrow_c_stream__") else pyarrow.chunked_array([array])
    if role == "numbers" and getattr(dtype, "kind", "O") in "iuf":
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(values.astype(object))


def _moments(array: NDArray[Any], argument: str) -> NDArray[Any]:
    """Dates and datetimes among Python's objects as NumPy's."""
    import datetime

    def instant(value: Any, row: int) -> Any:
        if value is None or value != value:
            return np.datetime64("NaT")
        if isinstance(value, datetime.datetime) and value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        if isinstance(value, (datetime.date, np.datetime64)):
            return np.datetime64(value, "us")
        raise LoyaltyTypeError(
            f"{argument} in row {row} is {value!r} of type {type(value).__name__}; it must be a timestamp or a date: "
            "convert the column first, for example with pandas.to_datetime",
            argument=argument,
            row=row,
        )

    return np.array([instant(value, row) for row, value in enumerate(array)], dtype="datetime64[us]")


def like(model: Any, columns: Mapping[str, Any], zone: str | None = None, *, index: Any = None) -> Any:
    """Columns as a frame of the kind of `model`: of its library, or a dict of arrays."""
    arrays = {name: _outgoing(values) for name, values in columns.items()}
    if _is_structured(model):
        fields = [(name, values.dtype) for name, values in arrays.items()]
        table = np.empty(len(next(iter(arrays.values()))), dtype=fields)
        for name, values in arrays.items():
            table[name] = values
        return table
    namespace = _namespace(model)
    if namespace is None:
        return arrays
    if namespace == "pandas":
        pandas = _library("pandas")
        if zone is not None:
            arrays = {
                name: pandas.Series(values).dt.tz_localize("UTC").dt.tz_convert(zone)
                if values.dtype.kind == "M" else values
                for name, values in arrays.items()
            }
        frame = pandas.DataFrame(arrays)
        if index is not None:
            frame.index = index
        return frame
    frame = nw.from_dict(arrays, backend=namespace)
    if zone is not None:
        times = [name for name, values in arrays.items() if values.dtype.kind == "M"]
        frame = frame.with_columns(
            nw.col(name).dt.replace_time_zone("UTC").dt.convert_time_zone(zone) for name in times
        )
    native = frame.to_native()
    if _is_record_batch(model):
        return native.combine_chunks().to_batches()[0]
    if _is_relation(model):
        return _library("duckdb").from_arrow(native)
    return native


def _outgoing(values: Any) -> NDArray[Any]:
    if isinstance(values, np.ndarray):
        return values
    return np.array(values, dtype=object)


def _namespace(model: Any) -> str | None:
    """The library that makes frames of the caller's kind."""
    if isinstance(model, (Mapping, np.ndarray, list, tuple, Sequence)):
        return None
    if _is_relation(model) or _is_record_batch(model):
        return "pyarrow"
    pandas = _library("pandas")
    if pandas is not None and isinstance(model, (pandas.DataFrame, pandas.Series, pandas.Index)):
        return "pandas"
    native = nw.from_native(model, allow_series=True, pass_through=True)
    if isinstance(native, (nw.DataFrame, nw.Series)):
        return str(native.implementation.value)
    return "pyarrow" if hasattr(model, "__arrow_c_stream__") and _pyarrow() is not None else None
