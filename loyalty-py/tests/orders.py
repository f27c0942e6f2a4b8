"""Order logs for the tests, and results in a form that can be compared to the bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np

CDNOW = Path(__file__).parents[2] / "loyalty-core" / "examples" / "data" / "cdnow_sample.csv"


def cdnow() -> dict[str, np.ndarray]:
    """The order log of CDNOW's sample."""
    columns = np.loadtxt(CDNOW, delimiter=",", skiprows=1, dtype=str).T
    return {
        "customer": columns[0].astype(np.int64),
        "time": columns[1].astype("datetime64[us]"),
        "amount": columns[3].astype(np.float64),
    }


def log(rows: int = 600, customers: int = 60, seed: int = 7) -> dict[str, np.ndarray]:
    """A log of three years in whole days, with orders of several lines, refunds, and gaps in feedback."""
    rng = np.random.default_rng(seed)
    customer = rng.integers(0, customers, rows)
    # Some stay and some leave, so that there is churn to learn.
    day = rng.integers(0, np.where(customer % 3 == 0, 1_095, 500))
    return {
        "customer": customer,
        "time": (np.datetime64("1969-06-01") + day).astype("datetime64[us]"),
        "amount": np.round(rng.gamma(2.0, 20.0, rows), 2) * np.where(rng.random(rows) < 0.05, -1, 1),
        "order": rng.integers(0, 200, rows),
        "usage": rng.integers(0, 9, rows).astype(np.float64),
        "feedback": np.where(rng.random(rows) < 0.3, np.nan, rng.integers(1, 6, rows)),
    }


def plain(frame: Any) -> dict[Any, list[Any]]:
    """The columns of any frame as lists of Python's own values, times as microseconds."""
    if type(frame).__name__ == "DuckDBPyRelation":
        frame = frame.to_arrow_table()
    if isinstance(frame, np.ndarray):
        columns = {name: frame[name] for name in frame.dtype.names}
    elif isinstance(frame, dict):
        columns = frame
    elif type(frame).__name__ == "RecordBatch":
        columns = dict(zip(frame.schema.names, frame.columns, strict=True))
    else:
        columns = {name: nw.from_native(frame)[name].to_native() for name in nw.from_native(frame).columns}
    return {name: _plain(values) for name, values in columns.items()}


def _plain(values: Any) -> list[Any]:
    if not isinstance(values, np.ndarray):
        zone = getattr(getattr(values, "dtype", None), "tz", None)
        if zone is not None:
            values = values.dt.tz_convert("UTC").dt.tz_localize(None)
        try:
            values = values.to_numpy(zero_copy_only=False)
        except TypeError:
            values = values.to_numpy()
    if values.dtype.kind == "M":
        values = values.astype("datetime64[us]").astype(np.int64)
    return [float(v).hex() if isinstance(v, float) else v for v in values.tolist()]
