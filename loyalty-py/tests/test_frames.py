"""The same log in every kind of frame and column: the same bits, in the caller's kind of frame."""

from __future__ import annotations

import datetime
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import orders
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import loyalty

Log = dict[str, np.ndarray]
COLUMNS = {"order": "order", "usage": "usage", "feedback": "feedback"}
UNITS = ("s", "ms", "us", "ns")
SCALE = {"s": 1_000_000, "ms": 1_000, "us": 1}


def uuid_of(value: int) -> uuid.UUID:
    """A UUID in the order of the values."""
    return uuid.UUID(int=int(value) << 64)


def texts(values: np.ndarray) -> list[str]:
    return [f"c{value:04}" for value in values]


def uneven(array: Any, seed: int) -> pa.ChunkedArray:
    """An Arrow array in chunks of random lengths, some of them 0."""
    array = array if isinstance(array, pa.Array) else pa.array(array)
    cuts = np.sort(np.random.default_rng(seed).integers(0, len(array), 9))
    cuts = [0, *cuts.tolist(), cuts[-1].item(), len(array)]
    return pa.chunked_array([array[a:b] for a, b in zip(cuts, cuts[1:], strict=False)], array.type)


# Ids ------------------------------------------------------------------------------------------------------------------

INT_IDS: dict[str, Callable[[np.ndarray], Any]] = {
    **{
        f"numpy {t}": (lambda v, t=t: v.astype(t))
        for t in ("int8", "int16", "int32", "uint8", "uint16", "uint64", ">i4")
    },
    "numpy float": lambda v: v.astype(float),
    "numpy float32": lambda v: v.astype(np.float32),
    "numpy objects": lambda v: np.array(v.tolist(), dtype=object),
    "numpy scalars": lambda v: np.array([np.int32(x) for x in v], dtype=object),
    "decimal objects": lambda v: np.array([Decimal(int(x)) for x in v], dtype=object),
    "every other": lambda v: np.repeat(v, 2)[::2],
    "masked": lambda v: np.ma.masked_array(v, False),
    "list": lambda v: v.tolist(),
    "tuple": lambda v: tuple(v.tolist()),
    "pandas": lambda v: pd.Series(v, index=np.arange(len(v))[::-1]),
    "pandas index": lambda v: pd.Index(v),
    "pandas Int32": lambda v: pd.Series(v, dtype="Int32"),
    "pandas Float64": lambda v: pd.Series(v, dtype="Float64"),
    "pandas int64[pyarrow]": lambda v: pd.Series(v, dtype="int64[pyarrow]"),
    "pandas uint16[pyarrow]": lambda v: pd.Series(v, dtype="uint16[pyarrow]"),
    "pandas category": lambda v: pd.Series(v).astype("category"),
    "pandas object": lambda v: pd.Series(v).astype(object),
    "polars Int8": lambda v: pl.Series(v, dtype=pl.Int8),
    "polars UInt64": lambda v: pl.Series(v, dtype=pl.UInt64),
    "polars Decimal": lambda v: pl.Series(v).cast(pl.Decimal(20, 0)),
    "polars Object": lambda v: pl.Series([int(x) for x in v], dtype=pl.Object),
    "polars chunks": lambda v: pl.concat([pl.Series(v[:7]), pl.Series(v[7:])], rechunk=False),
    **{
        f"arrow {t}": (lambda v, t=t: pa.array(v, t))
        for t in (pa.int8(), pa.int16(), pa.uint8(), pa.uint32(), pa.uint64())
    },
    "arrow chunks": lambda v: uneven(v, 1),
    "arrow double": lambda v: pa.array(v.astype(float)),
    "arrow half": lambda v: pa.array(v.astype(np.float16)),
    "arrow decimal128": lambda v: pa.array([Decimal(int(x)) for x in v], pa.decimal128(38, 0)),
    "arrow decimal256": lambda v: pa.array([Decimal(int(x)) for x in v], pa.decimal256(60, 0)),
    "arrow decimal32": lambda v: pa.array([Decimal(int(x)) for x in v], pa.decimal32(5, 0)),
    "arrow dictionary": lambda v: pa.array(v).dictionary_encode(),
    "arrow run ends": lambda v: pa.compute.run_end_encode(pa.array(v)),
}

TEXT_IDS: dict[str, Callable[[list[str]], Any]] = {
    "list": list,
    "numpy U": np.array,
    "numpy T": lambda v: np.array(v, dtype=np.dtypes.StringDType()),
    "numpy O": lambda v: np.array(v, dtype=object),
    "pandas str": lambda v: pd.Series(v, dtype="str"),
    "pandas object": lambda v: pd.Series(v, dtype=object),
    "pandas string[python]": lambda v: pd.Series(v, dtype="string[python]"),
    "pandas str on python": lambda v: pd.Series(v, dtype=pd.StringDtype("python", na_value=np.nan)),
    "pandas string[pyarrow]": lambda v: pd.Series(v, dtype="string[pyarrow]"),
    "pandas ArrowDtype": lambda v: pd.Series(v, dtype=pd.ArrowDtype(pa.large_string())),
    "pandas category": lambda v: pd.Series(v, dtype="category"),
    "pandas dictionary": lambda v: pd.Series(v, dtype=pd.ArrowDtype(pa.dictionary(pa.int16(), pa.string()))),
    "polars String": pl.Series,
    "polars Categorical": lambda v: pl.Series(v, dtype=pl.Categorical),
    "polars Enum": lambda v: pl.Series(v, dtype=pl.Enum(sorted(set(v), reverse=True))),
    "polars Object": lambda v: pl.Series(v, dtype=pl.Object),
    "arrow string": lambda v: pa.array(v, pa.string()),
    "arrow large_string": lambda v: uneven(pa.array(v, pa.large_string()), 2),
    "arrow string_view": lambda v: pa.array(v, pa.string_view()),
    "arrow dictionary": lambda v: pa.array(v).dictionary_encode(),
    "arrow dictionaries": lambda v: pa.chunked_array(
        [pa.array(v[k : k + 50]).dictionary_encode() for k in range(0, len(v), 50)]
    ),
    "arrow view dictionary": lambda v: pa.DictionaryArray.from_arrays(
        pa.array([sorted(set(v)).index(x) for x in v], pa.uint16()), pa.array(sorted(set(v)), pa.string_view())
    ),
    "arrow run ends": lambda v: pa.compute.run_end_encode(pa.array(v)),
}

UUID_IDS: dict[str, Callable[[list[uuid.UUID]], Any]] = {
    "list": list,
    "pandas object": lambda v: pd.Series(v, dtype=object),
    "polars Object": lambda v: pl.Series(v, dtype=pl.Object),
    "arrow fixed_size_binary": lambda v: pa.array([x.bytes for x in v], pa.binary(16)),
    "arrow uuid": lambda v: pa.array([x.bytes for x in v], pa.uuid()),
}


def same(rows: Any, expected: Any) -> None:
    assert orders.plain(rows) == orders.plain(expected)


@pytest.fixture(scope="module")
def by_int(log: Log) -> Any:
    return loyalty.summarize(log, order="order")


@pytest.fixture(scope="module")
def by_text(log: Log) -> Any:
    return loyalty.summarize({**log, "customer": texts(log["customer"])}, order="order")


def test_ids_are_kept(by_int: Any, by_text: Any, log: Log) -> None:
    assert by_int["customer"].tolist() == np.unique(log["customer"]).tolist()
    assert by_text["customer"].tolist() == texts(np.unique(log["customer"]))
    same({k: v for k, v in by_int.items() if k != "customer"}, {k: v for k, v in by_text.items() if k != "customer"})


@pytest.mark.parametrize("kind", INT_IDS)
def test_whole_numbers_as_ids(kind: str, log: Log, by_int: Any) -> None:
    ids = INT_IDS[kind](log["customer"])
    same(loyalty.summarize({**log, "customer": ids}, order="order"), by_int)
    # And of orders, as columns themselves.
    order = INT_IDS[kind](log["order"] % 100)
    rows = loyalty.summarize(customer=log["customer"], time=log["time"], amount=log["amount"], order=order)
    same(rows, loyalty.summarize({**log, "order": log["order"] % 100}, order="order"))


@pytest.mark.parametrize("kind", TEXT_IDS)
def test_texts_as_ids(kind: str, log: Log, by_text: Any) -> None:
    ids = TEXT_IDS[kind](texts(log["customer"]))
    same(
        loyalty.summarize({**log, "customer": ids, "order": TEXT_IDS[kind](texts(log["order"]))}, order="order"),
        by_text,
    )


@pytest.mark.parametrize("kind", UUID_IDS)
def test_uuids_as_ids(kind: str, log: Log, by_int: Any) -> None:
    rows = loyalty.summarize({**log, "customer": UUID_IDS[kind]([uuid_of(v) for v in log["customer"]])}, order="order")
    same({**rows, "customer": np.array([uuid.UUID(v).int >> 64 for v in rows["customer"]])}, by_int)


# Times ----------------------------------------------------------------------------------------------------------------


def ticks(time: np.ndarray, unit: str) -> np.ndarray:
    return time.astype(f"datetime64[{unit}]")


def datetimes(time: np.ndarray, zone: datetime.tzinfo | None = None) -> list[datetime.datetime]:
    utc = [t.replace(tzinfo=datetime.timezone.utc) for t in time.tolist()]
    return [t.astimezone(zone) if zone else t.replace(tzinfo=None) for t in utc]


PARIS = datetime.timezone(datetime.timedelta(hours=1))

TIMES: dict[str, Callable[[np.ndarray], Any]] = {
    **{
        f"numpy {u}": (lambda t, u=u: ticks(t, u))
        for u in ("D", "h", "m", "s", "ms", "us", "ns", "2h", "12h", "1000us")
    },
    "numpy big-endian": lambda t: t.astype(">M8[us]"),
    "numpy every other": lambda t: np.repeat(t, 2)[::2],
    "microseconds": lambda t: t.astype(np.int64),
    "list of dates": lambda t: ticks(t, "D").tolist(),
    "list of datetimes": datetimes,
    "list of zoned datetimes": lambda t: datetimes(t, PARIS),
    "pandas dates": lambda t: pd.Series(ticks(t, "D").tolist(), dtype=object),
    "pandas Timestamps": lambda t: pd.Series(
        [pd.Timestamp(x, tz="UTC").tz_convert("Asia/Tokyo") for x in datetimes(t)], dtype=object
    ),
    **{f"pandas {u}": (lambda t, u=u: pd.Series(ticks(t, u))) for u in UNITS},
    **{
        f"pandas {u} zoned": (
            lambda t, u=u: pd.Series(ticks(t, u)).dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin")
        )
        for u in UNITS
    },
    "pandas index": lambda t: pd.DatetimeIndex(t, tz="UTC"),
    **{f"pandas {u} pyarrow": (lambda t, u=u: pd.Series(t).astype(pd.ArrowDtype(pa.timestamp(u)))) for u in UNITS},
    "pandas zoned pyarrow": lambda t: pd.Series(t).astype(pd.ArrowDtype(pa.timestamp("ns", "America/New_York"))),
    "pandas date32": lambda t: pd.Series(t).astype(pd.ArrowDtype(pa.date32())),
    "pandas Int64": lambda t: pd.Series(t.astype(np.int64), dtype="Int64"),
    **{f"polars {u}": (lambda t, u=u: pl.Series(t).cast(pl.Datetime(u))) for u in UNITS[1:]},
    **{f"polars {u} zoned": (lambda t, u=u: pl.Series(t).cast(pl.Datetime(u, "Asia/Kolkata"))) for u in UNITS[1:]},
    "polars Date": lambda t: pl.Series(t).cast(pl.Date),
    "polars Int64": lambda t: pl.Series(t.astype(np.int64)),
    "polars Object": lambda t: pl.Series(datetimes(t), dtype=pl.Object),
    **{f"arrow {u}": (lambda t, u=u: uneven(pa.array(ticks(t, u), pa.timestamp(u)), 3)) for u in UNITS},
    **{f"arrow {u} zoned": (lambda t, u=u: pa.array(ticks(t, u), pa.timestamp(u, "+05:30"))) for u in UNITS},
    "arrow date32": lambda t: pa.array(ticks(t, "D"), pa.date32()),
    "arrow date64": lambda t: pa.array(ticks(t, "D")).cast(pa.date64()),
    "arrow int64": lambda t: pa.array(t.astype(np.int64)),
    "arrow dictionary": lambda t: pa.array(t).dictionary_encode(),
    "arrow run ends": lambda t: pa.compute.run_end_encode(pa.array(t)),
}


@pytest.mark.parametrize("kind", TIMES)
def test_times(kind: str, log: Log, by_int: Any) -> None:
    time = TIMES[kind](log["time"])
    same(loyalty.summarize({**log, "time": time}, order="order"), by_int)


def test_calendar_units_are_their_first_days(log: Log) -> None:
    for unit in ("Y", "M"):
        time = log["time"].astype(f"M8[{unit}]")
        same(loyalty.summarize({**log, "time": time}), loyalty.summarize({**log, "time": time.astype("M8[us]")}))


@pytest.mark.parametrize(("unit", "scale"), [("ns", 1_000), ("us", 1)])
def test_times_before_1970_round_down(unit: str, scale: int) -> None:
    time = np.array([-1, -999, -1000, -1001, 1, 0], f"M8[{unit}]")
    for column in (time, pa.array(time), pl.Series(time), pd.Series(time), pd.Series(time).dt.tz_localize("UTC")):
        rows = loyalty.summarize(customer=np.arange(6), time=column, amount=np.ones(6))
        assert orders.plain(rows)["first_time"] == [t // scale for t in (-1, -999, -1000, -1001, 1, 0)]


@pytest.mark.parametrize(
    "time",
    [
        np.array([0, 2**62], "M8[s]"),
        np.array([0, -(2**62)], "M8[D]"),
        pa.array([0, 2**62], pa.timestamp("s")),
        pa.chunked_array([pa.array([0], pa.timestamp("ms", "UTC")), pa.array([2**62], pa.timestamp("ms", "UTC"))]),
    ],
    ids=str,
)
def test_times_beyond_microseconds(time: Any) -> None:
    with pytest.raises(
        loyalty.LoyaltyError, match=r"^time \(column 'when'\) in row 1 is -?\d+; .* 292,000 years"
    ) as error:
        loyalty.summarize({"customer": [1, 2], "when": time, "amount": [1.0, 2.0]}, time="when")
    assert (error.value.argument, error.value.row, error.value.code) == ("time", 1, "INVALID_VALUE")


# Numbers --------------------------------------------------------------------------------------------------------------

NUMBERS: dict[str, Callable[[np.ndarray], Any]] = {
    "numpy": lambda v: v,
    "numpy big-endian": lambda v: v.astype(">f8"),
    "numpy every other": lambda v: np.repeat(v, 2)[::2],
    "numpy objects": lambda v: np.array(v.tolist(), dtype=object),
    "list": lambda v: v.tolist(),
    "decimals": lambda v: [Decimal(f"{x:.2f}") for x in v],
    "pandas": pd.Series,
    "pandas Float64": lambda v: pd.Series(v, dtype="Float64"),
    "pandas pyarrow": lambda v: pd.Series(v, dtype="double[pyarrow]"),
    "pandas decimals": lambda v: pd.Series([Decimal(f"{x:.2f}") for x in v], dtype=object),
    "pandas category": lambda v: pd.Series(v).astype("category"),
    "polars": pl.Series,
    "polars Decimal": lambda v: pl.Series([Decimal(f"{x:.2f}") for x in v], dtype=pl.Decimal(12, 2)),
    "arrow": lambda v: uneven(v, 4),
    "arrow decimal128": lambda v: pa.array([Decimal(f"{x:.2f}") for x in v], pa.decimal128(18, 2)),
    "arrow decimal256": lambda v: pa.array([Decimal(f"{x:.2f}") for x in v], pa.decimal256(50, 2)),
    "arrow decimal64": lambda v: pa.array([Decimal(f"{x:.2f}") for x in v], pa.decimal64(12, 2)),
    "arrow dictionary": lambda v: pa.array(v).dictionary_encode(),
    "arrow run ends": lambda v: pa.compute.run_end_encode(pa.array(v)),
}

WHOLE_NUMBERS: dict[str, Callable[[np.ndarray], Any]] = {
    **{f"numpy {t}": (lambda v, t=t: v.astype(t)) for t in ("int8", "int16", "int32", "int64", "float16", "float32")},
    "pandas Int8": lambda v: pd.Series(v, dtype="Int8"),
    "pandas float[pyarrow]": lambda v: pd.Series(v, dtype="float[pyarrow]"),
    "polars Float32": lambda v: pl.Series(v, dtype=pl.Float32),
    "polars Int16": lambda v: pl.Series(v.astype(np.int16)),
    "arrow int8": lambda v: pa.array(v.astype(np.int8)),
    "arrow half": lambda v: pa.array(v.astype(np.float16)),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_amounts(kind: str, log: Log, by_int: Any) -> None:
    same(loyalty.summarize({**log, "amount": NUMBERS[kind](log["amount"])}, order="order"), by_int)


@pytest.mark.parametrize("kind", WHOLE_NUMBERS)
def test_whole_amounts(kind: str, log: Log) -> None:
    amount = np.round(log["amount"]).clip(-100, 100)
    same(
        loyalty.summarize({**log, "amount": WHOLE_NUMBERS[kind](amount)}),
        loyalty.summarize({**log, "amount": amount}),
    )


# Frames ---------------------------------------------------------------------------------------------------------------


def relation(log: Log) -> Any:
    table = pa.table(dict(log))
    return duckdb.from_arrow(table)


def structured(log: Log) -> np.ndarray:
    table = np.empty(len(next(iter(log.values()))), dtype=[(name, values.dtype) for name, values in log.items()])
    for name, values in log.items():
        table[name] = values
    return table


class OnlyArrow:
    """A frame of a library that nobody knows."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.table.__arrow_c_stream__(requested_schema)


FRAMES: dict[str, tuple[Callable[[Log], Any], type]] = {
    "dict": (dict, dict),
    "dict of lists": (lambda log: {k: v if v.dtype.kind == "M" else v.tolist() for k, v in log.items()}, dict),
    "structured": (structured, np.ndarray),
    "pandas": (pd.DataFrame, pd.DataFrame),
    "pandas, labelled": (lambda log: pd.DataFrame(log).set_index(pd.Index(np.arange(600) % 7, name="i")), pd.DataFrame),
    "pandas, pyarrow": (lambda log: pa.table(log).to_pandas(types_mapper=pd.ArrowDtype), pd.DataFrame),
    "pandas, nullable": (lambda log: pd.DataFrame(log).convert_dtypes(), pd.DataFrame),
    "polars": (pl.DataFrame, pl.DataFrame),
    "polars, chunks": (
        lambda log: pl.concat([pl.DataFrame(log)[:5], pl.DataFrame(log)[5:]], rechunk=False),
        pl.DataFrame,
    ),
    "arrow table": (pa.table, pa.Table),
    "arrow chunks": (
        lambda log: pa.table({name: uneven(values, seed) for seed, (name, values) in enumerate(log.items())}),
        pa.Table,
    ),
    "arrow batch": (
        lambda log: pa.RecordBatch.from_arrays([pa.array(v) for v in log.values()], names=list(log)),
        pa.RecordBatch,
    ),
    "duckdb": (relation, duckdb.DuckDBPyRelation),
    "only arrow": (lambda log: OnlyArrow(pa.table(log)), pa.Table),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_frames_come_back_as_they_came(kind: str, log: Log, card: loyalty.Scorecard) -> None:
    make, answer = FRAMES[kind]
    rows = loyalty.summarize(make(log), order="order")
    assert type(rows) is answer
    same(rows, loyalty.summarize(log, order="order"))
    scores = card.score(make(log))
    assert type(scores) is answer
    same(scores, card.score(log))


@pytest.mark.parametrize("kind", FRAMES)
def test_scorecards_of_all_frames_are_the_same(kind: str, log: Log, card: loyalty.Scorecard) -> None:
    again = loyalty.Scorecard(horizon_days=120, random_state=7).fit(FRAMES[kind][0](log), **COLUMNS)
    assert again.to_json() == card.to_json()


@pytest.mark.parametrize("kind", FRAMES)
def test_accumulators_answer_in_the_kind_of_the_first_batch(kind: str, log: Log) -> None:
    make, answer = FRAMES[kind]
    rows = loyalty.Accumulator(order="order")
    rows.update(make(log))
    for frame in (rows.finish(), rows.next_purchase("1970-06-01"), rows.purchase_totals("1970-06-01", "1971-06-01")):
        assert type(frame) is answer
    same(rows.finish(), loyalty.summarize(log, order="order"))


@pytest.mark.parametrize(
    ("column", "answer"),
    [
        (np.array, dict),
        (list, dict),
        (pd.Series, pd.DataFrame),
        (pd.Index, pd.DataFrame),
        (pl.Series, pl.DataFrame),
        (pa.array, pa.Table),
        (lambda v: pa.chunked_array([v]), pa.Table),
    ],
)
def test_columns_by_themselves(column: Any, answer: type, log: Log, by_int: Any) -> None:
    rows = loyalty.summarize(
        customer=column(log["customer"]), time=log["time"], amount=log["amount"], order=log["order"]
    )
    assert type(rows) is answer
    same(rows, by_int)


@pytest.mark.parametrize("kind", FRAMES)
def test_matrices_of_all_frames_are_the_same(kind: str, log: Log) -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(600, 3)).round(3) @ rng.normal(size=(3, 3))
    columns = {name: X[:, j].copy() for j, name in enumerate("abc")}
    y = X[:, 0] + rng.normal(size=600) > 0
    frame = FRAMES[kind][0](columns)
    kmeans, expected = (loyalty.KMeans(3, random_state=7).fit(data) for data in (frame, X))
    assert kmeans.labels_.tolist() == expected.labels_.tolist()
    assert kmeans.cluster_centers_.tobytes() == expected.cluster_centers_.tobytes()
    assert kmeans.feature_names_in_.tolist() == ["a", "b", "c"]
    churn, expected_churn = (loyalty.LogisticChurn().fit(data, y) for data in (frame, X))
    assert churn.predict_proba(frame).tobytes() == expected_churn.predict_proba(X).tobytes()
    scaler, expected_scaler = (loyalty.StandardScaler().fit(data) for data in (frame, X))
    assert scaler.mean_.tobytes() == expected_scaler.mean_.tobytes()


@pytest.mark.parametrize("kind", FRAMES)
def test_rfm_and_loyalty_of_all_frames(kind: str, by_int: Any) -> None:
    make, answer = FRAMES[kind]
    rows = {name: np.resize(values, 600) for name, values in by_int.items()}
    rfm = loyalty.RFM().fit(rows)
    frame = make(rows)
    assert loyalty.RFM().fit(frame).to_json() == rfm.to_json()
    scores = rfm.transform(frame)
    assert type(scores) is answer
    same(scores, rfm.transform(rows))
    score = loyalty.LoyaltyScore({"n_purchases": 2.0, "recency_days": 1.0}, inverted=["recency_days"]).fit(rows)
    assert type(score.contributions(frame)) is answer
    same(score.contributions(frame), score.contributions(rows))
    assert score.transform(frame).tobytes() == score.transform(rows).tobytes()
    if answer is pd.DataFrame:
        assert scores.index.equals(frame.index)
        assert score.contributions(frame).index.equals(frame.index)
        if hasattr(score, "set_output"):  # With scikit-learn.
            assert score.set_output(transform="pandas").transform(frame).index.equals(frame.index)


def test_numbers_with_nulls_in_matrices() -> None:
    values, missing = [1.0, None, 3.0], np.array([1.0, np.nan, 3.0])
    score = loyalty.LoyaltyScore(missing="renormalise").fit({"a": missing, "b": np.arange(3.0)})
    expected = score.score({"a": missing, "b": np.arange(3.0)})
    for column in (
        values, np.array(values, object), pd.Series(values), pd.Series(values, dtype="Float64"),
        pd.Series([1, None, 3], dtype="Int64"), pd.Series(values, dtype="double[pyarrow]"), pl.Series(values),
        pl.Series([1, None, 3]), pa.array(values), pa.array([1, None, 3]), pa.array([Decimal(1), None, Decimal(3)]),
    ):  # fmt: skip
        assert score.score({"a": column, "b": [0, 1, 2]}).tobytes() == expected.tobytes()
    nullable = pd.DataFrame({"a": pd.Series(values, dtype="Float64"), "b": pd.Series([0, 1, 2], dtype="int8[pyarrow]")})
    assert score.score(nullable).tobytes() == expected.tobytes()


# Zones ----------------------------------------------------------------------------------------------------------------


def test_zoned_times_come_back_zoned(log: Log) -> None:
    naive, berlin = pd.Series(log["time"]), "Europe/Berlin"
    frame = pd.DataFrame({**log, "time": naive.dt.tz_localize("UTC").dt.tz_convert(berlin)})
    rows = loyalty.summarize(frame)
    assert str(rows["first_time"].dtype) == str(rows["last_time"].dtype) == f"datetime64[us, {berlin}]"
    same(rows, loyalty.summarize(log))
    pyarrow = frame.astype({"time": pd.ArrowDtype(pa.timestamp("ns", berlin))})
    assert str(loyalty.summarize(pyarrow)["first_time"].dtype) == f"datetime64[us, {berlin}]"

    polars = pl.from_pandas(frame)
    assert loyalty.summarize(polars).schema["first_time"] == pl.Datetime("us", berlin)
    same(loyalty.summarize(polars), loyalty.summarize(log))
    for zone in (berlin, "+02:00", "UTC"):
        table = pa.table({**log, "time": pa.array(log["time"], pa.timestamp("us", zone))})
        assert loyalty.summarize(table).schema.field("first_time").type == pa.timestamp("us", zone)
        assert loyalty.summarize(table.to_batches()[0]).schema.field("last_time").type == pa.timestamp("us", zone)
        same(loyalty.summarize(table), loyalty.summarize(log))

    offset = pd.DataFrame({**log, "time": naive.dt.tz_localize(PARIS)})
    assert loyalty.summarize(offset)["first_time"].dt.tz == PARIS
    rows = loyalty.Accumulator()
    rows.update(frame)
    assert str(rows.next_purchase("1971-01-01")["next_purchase"].dtype) == f"datetime64[us, {berlin}]"


# DuckDB ---------------------------------------------------------------------------------------------------------------


def test_duckdb_types(log: Log, by_int: Any) -> None:
    lines = pa.table(dict(log))  # noqa: F841 (read by DuckDB)
    query = """
        select customer::{} as "the ""customer"" id", {} as "at (UTC)", amount::{} as amount, "order" as "order no."
        from lines
    """
    names = {"customer": 'the "customer" id', "time": "at (UTC)", "order": "order no."}
    for customer in ("HUGEINT", "UHUGEINT", "DECIMAL(12, 0)", "UBIGINT", "TINYINT", "DOUBLE"):
        for time in ("time", "time::DATE", "time::TIMESTAMP_S", "time::TIMESTAMP_NS", "timezone('UTC', time)"):
            for amount in ("DOUBLE", "DECIMAL(12, 2)"):
                rows = loyalty.summarize(duckdb.sql(query.format(customer, time, amount)), **names)
                assert rows.columns[0] == names["customer"]
                expected = {names["customer"] if k == "customer" else k: v for k, v in by_int.items()}
                same(rows, expected)


def test_duckdb_uuids_and_enums(log: Log, by_text: Any) -> None:
    table = pa.table({**log, "customer": pa.array(texts(log["customer"])).dictionary_encode()})
    same(loyalty.summarize(duckdb.from_arrow(table), order="order"), by_text)
    ids = pa.table({**log, "customer": [str(uuid_of(v)) for v in log["customer"]]})  # noqa: F841 (read by DuckDB)
    by_uuid = duckdb.sql("select * replace (customer::UUID as customer) from ids")
    assert orders.plain(loyalty.summarize(by_uuid, order="order"))["customer"][1] == str(uuid_of(1))


def test_a_relation_is_asked_once() -> None:
    # Whose rows come in another order each time it is asked.
    query = duckdb.sql(
        "select range as customer, range as time, range::DOUBLE as amount from range(5000) order by random()"
    )
    rows = loyalty.summarize(query).to_arrow_table()
    assert rows["total_amount"].to_pylist() == rows["customer"].to_pylist() == list(range(5_000))
    query = query.project("customer::DOUBLE as recency_days, customer as n_purchases, customer as total_amount")
    cut_points = loyalty.RFM().fit(query).cut_points_
    assert cut_points.monetary.tolist() == cut_points.recency_days.tolist()
    scores = loyalty.RFM().fit(query).transform(query).to_arrow_table()
    assert scores["f"].to_pylist() == scores["m"].to_pylist() == [6 - r for r in scores["r"].to_pylist()]


# Nulls ----------------------------------------------------------------------------------------------------------------

NULL_IDS = {
    "None in a list": [1, None, 3, 4],
    "NaN in a list": [1, float("nan"), 3, 4],
    "texts": ["a", None, "c", "d"],
    "NaN among texts": np.array(["a", np.nan, "c", "d"], dtype=object),
    "pandas.NA among texts": np.array(["a", pd.NA, "c", "d"], dtype=object),
    "NaT among texts": np.array(["a", pd.NaT, "c", "d"], dtype=object),
    "UUIDs": [uuid_of(1), None, uuid_of(3), uuid_of(4)],
    "float": np.array([1, np.nan, 3, 4]),
    "masked": np.ma.masked_array([1, 2, 3, 4], [False, True, False, False]),
    "pandas Int64": pd.Series([1, None, 3, 4], dtype="Int64"),
    "pandas str": pd.Series(["a", None, "c", "d"], dtype="str"),
    "pandas string": pd.Series(["a", None, "c", "d"], dtype="string[python]"),
    "pandas category": pd.Series(["a", None, "c", "d"], dtype="category"),
    "pandas pyarrow": pd.Series([1, None, 3, 4], dtype="int16[pyarrow]"),
    "polars": pl.Series([1, None, 3, 4]),
    "polars Categorical": pl.Series(["a", None, "c", "d"], dtype=pl.Categorical),
    "arrow": pa.chunked_array([pa.array([1]), pa.array([None, 3], pa.int64()), pa.array([4])]),
    "arrow double": pa.chunked_array([pa.array([1.0]), pa.array([float("nan"), 3.0, 4.0])]),
    "arrow string": pa.chunked_array([pa.array(["a", None]), pa.array(["c", "d"])]),
    "arrow dictionary": pa.array(["a", None, "c", "d"]).dictionary_encode(),
    "arrow null in the dictionary": pa.DictionaryArray.from_arrays([0, 1, 2, 3], ["a", None, "c", "d"]),
    "arrow run ends": pa.compute.run_end_encode(pa.array([1, None, 3, 4])),
    "arrow uuid": pa.array([uuid_of(1).bytes, None, uuid_of(3).bytes, uuid_of(4).bytes], pa.uuid()),
    "arrow decimal": pa.array([Decimal(1), None, Decimal(3), Decimal(4)]),
}

DAYS = np.array(["2020-01-01", "NaT", "2020-01-03", "2020-01-04"], "M8[D]")

NULL_TIMES = {
    **{f"numpy {u}": DAYS.astype(f"M8[{u}]") for u in ("D", *UNITS)},
    "list of dates": DAYS.tolist(),
    "NaT among datetimes": np.array([DAYS[0].tolist(), pd.NaT, *DAYS[2:].tolist()], dtype=object),
    "pandas.NA among datetimes": np.array([DAYS[0].tolist(), pd.NA, *DAYS[2:].tolist()], dtype=object),
    "NaN among datetimes": np.array([DAYS[0].tolist(), np.nan, *DAYS[2:].tolist()], dtype=object),
    **{f"pandas {u}": pd.Series(DAYS.astype(f"M8[{u}]")) for u in UNITS},
    "pandas zoned": pd.Series(DAYS.astype("M8[ns]")).dt.tz_localize("Europe/Berlin"),
    "pandas pyarrow": pd.Series(DAYS.astype("M8[s]")).astype(pd.ArrowDtype(pa.timestamp("s"))),
    "pandas Int64": pd.Series([1, None, 3, 4], dtype="Int64"),
    "polars": pl.Series(DAYS),
    **{f"arrow {u}": uneven(pa.array(DAYS.astype(f"M8[{u}]")), 5) for u in UNITS},
    "arrow date32": pa.array(DAYS),
    "arrow date64": pa.array(DAYS).cast(pa.date64()),
    "arrow int64": pa.array([1, None, 3, 4]),
}

NULL_AMOUNTS = {
    "numpy": np.array([1, np.nan, 3, 4]),
    "infinite": np.array([1, np.inf, 3, 4]),
    "list": [1.0, None, 3, 4],
    "pandas.NA": np.array([1, pd.NA, 3, 4], dtype=object),
    "pandas Int64": pd.Series([1, None, 3, 4], dtype="Int64"),
    "pandas pyarrow": pd.Series([1, None, 3, 4], dtype="double[pyarrow]"),
    "polars": pl.Series([1.0, None, 3, 4]),
    "polars NaN": pl.Series([1.0, float("nan"), 3, 4]),
    "arrow": uneven(pa.array([1.0, None, 3, 4]), 6),
    "arrow NaN": uneven(pa.array([1.0, float("nan"), 3, 4]), 6),
    "arrow int": pa.array([1, None, 3, 4]),
    "arrow decimal": pa.array([Decimal(1), None, Decimal(3), Decimal(4)]),
}

COUNTS = {"customer": "null_id", "time": "null_time", "amount": "non_finite_amount"}
NULLS = [
    (argument, kind, column)
    for argument, columns in (("customer", NULL_IDS), ("time", NULL_TIMES), ("amount", NULL_AMOUNTS))
    for kind, column in columns.items()
]


@pytest.mark.parametrize(("argument", "kind", "column"), NULLS, ids=[f"{a}: {k}" for a, k, _ in NULLS])
def test_nulls(argument: str, kind: str, column: Any) -> None:
    log = {"id": [1, 2, 3, 4], "at": np.arange(4).astype("M8[D]"), "paid": [1.0, 2.0, 3.0, 4.0]}
    names = {"customer": "id", "time": "at", "amount": "paid"}
    log[names[argument]] = column
    expected = rf"^{argument} \(column '{names[argument]}'\) in row 1 is (null|NaN|inf); it must be"
    with pytest.raises(loyalty.LoyaltyError, match=expected) as error:
        loyalty.summarize(log, **names)
    assert (error.value.argument, error.value.row) == (argument, 1)
    rows, counts = loyalty.summarize(log, **names, on_invalid="drop", return_counts=True)
    assert getattr(counts, COUNTS[argument]) == 1
    assert (counts.rows, counts.counted, len(rows["id"])) == (4, 3, 3)


def test_all_null_columns() -> None:
    log = {"customer": pa.nulls(3), "time": pa.nulls(3), "amount": pa.nulls(3)}
    rows, counts = loyalty.summarize(pa.table(log), on_invalid="drop", as_of="2020-01-01", return_counts=True)
    assert (rows.num_rows, counts.null_id) == (0, 3)
    polars = pl.DataFrame({name: [None, None] for name in log})
    assert loyalty.summarize(polars, on_invalid="drop", as_of=0).shape == (0, 12)


def test_rows_are_counted_across_chunks() -> None:
    ids = pa.chunked_array([[1, 2], [3], [], [4, None, 6]], pa.int64())
    with pytest.raises(loyalty.LoyaltyError, match="in row 4 is null") as error:
        loyalty.summarize(customer=ids, time=np.arange(6), amount=np.ones(6))
    assert error.value.row == 4
    amount = pa.chunked_array([[1.0], [2.0, 3.0, 4.0], [5.0, float("nan")]])
    with pytest.raises(loyalty.LoyaltyError, match=r"^amount in row 5 is NaN; it must be a finite number"):
        loyalty.summarize(customer=ids.fill_null(5), time=np.arange(6), amount=amount)
    halves = pa.chunked_array([[1.0, 2.0], [3.0, 4.5]])
    with pytest.raises(loyalty.LoyaltyError, match="customer in row 3 is 4.5; it must be a whole number"):
        loyalty.summarize(customer=halves, time=np.arange(4), amount=np.ones(4))


# Ids at the edge ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (np.array([1, 2**63], np.uint64), "in row 1 is 9223372036854775808; it must be at most 9223372036854775807"),
        (pa.array([1, 2**64 - 1], pa.uint64()), "in row 1 is 18446744073709551615; it must be at most"),
        (pl.Series([1, 2**63], dtype=pl.UInt64), "in row 1 is 9223372036854775808"),
        ([1, 2**70], "in row 1 is 1180591620717411303424; it must be a whole number"),
        (np.array([1.0, 2**53 + 1]), "in row 1 is 9007199254740992; it must be a whole number .* below 2\\^53"),
        (np.array([1.0, 2.5]), "in row 1 is 2.5; it must be a whole number"),
        (np.array([1.0, np.inf]), "in row 1 is inf"),
        ([1, Decimal("2.5")], "in row 1 is 2.5; it must be a whole number"),
        (pa.array([Decimal(1), Decimal(2**64)], pa.decimal128(38, 0)), "in row 1 is 18446744073709551616"),
    ],
    ids=str,
)
def test_ids_that_do_not_fit(ids: Any, message: str) -> None:
    with pytest.raises(loyalty.LoyaltyError, match=message) as error:
        loyalty.summarize({"customer": ids, "time": [0, 1], "amount": [1.0, 2.0]})
    assert (error.value.argument, error.value.row, error.value.code) == ("customer", 1, "INVALID_VALUE")


def test_greatest_ids_are_kept() -> None:
    for ids in (np.array([0, 2**63 - 1], np.uint64), [-(2**63), 2**63 - 1], np.array([-(2.0**53) + 1, 2.0**53 - 1])):
        assert loyalty.summarize(customer=ids, time=[0, 1], amount=[1, 2])["customer"].tolist() == [int(v) for v in ids]


@pytest.mark.parametrize(
    ("argument", "column", "message"),
    [
        ("customer", [True, False], "is a column of type bool; it must be a column of whole numbers or texts"),
        (
            "customer",
            pa.array([True, False]),
            "is a column of type Boolean; it must be a column of whole numbers or texts",
        ),
        ("customer", [1, True, None], "is True \\(bool\\) in row 1; it must be"),
        ("customer", [1, np.True_, None], "in row 1; it must be"),
        ("customer", [1, "a"], "is a text in row 1 and a number in row 0; it must be of one type; .* astype\\(str\\)"),
        (
            "customer",
            [datetime.date(2020, 1, 1), None],
            "\\(date\\) in row 0; it must be a column of whole numbers or texts",
        ),
        ("customer", np.array([b"a", b"b"]), "is a column of type \\|S1"),
        ("customer", np.arange(2).astype("M8[D]"), "is a column of type datetime64\\[D\\]"),
        ("time", ["2020-01-01", "2020-01-02"], "in row 0 is '2020-01-01' of type str; .* pandas.to_datetime"),
        ("time", np.array(["2020-01-01", "2020-01-02"]), "is a column of type <U10; .* pandas.to_datetime"),
        (
            "time",
            pd.Series(["2020-01-01", "2020-01-02"]),
            "(of type (Large)?Utf8|in row 0 is .* of type str); .* pandas.to_datetime",
        ),
        ("time", pl.Series(["2020-01-01", "2020-01-02"]), "is a column of type Utf8View"),
        ("time", [0.0, 1.5], "is a column of type float64; .* whole numbers are microseconds since 1970 UTC"),
        ("time", pa.array([0.0, 1.5]), "is a column of type Float64"),
        (
            "time",
            np.arange(2).astype("M8[ps]"),
            "is a column of type datetime64\\[ps\\]; it must be a column of weeks to",
        ),
        ("time", np.arange(2).astype("m8[s]"), "is a column of type timedelta64\\[s\\]"),
        ("time", [datetime.date(2020, 1, 1), "x"], "in row 1 is 'x' of type str"),
        ("amount", ["1.5", "2"], "in row 0 is '1.5' of type str; it must be a number: .* pandas.to_numeric"),
        ("amount", [1.5, None, "x"], "in row 2 is 'x' of type str"),
        ("amount", pl.Series(["1.5", "2"]), "is a column of type Utf8View; it must be a column of numbers"),
        ("amount", [True, False], "is a column of type bool; it must be a column of numbers"),
        ("amount", [1j, 2j], "in row 0 is 1j of type complex; it must be a number"),
        ("amount", pa.array([[1.0], [2.0]]), "is a column of type List"),
    ],
    ids=str,
)
def test_columns_of_wrong_types(argument: str, column: Any, message: str) -> None:
    rows = len(column)
    log = {"customer": np.arange(rows), "time": np.arange(rows), "amount": np.ones(rows), argument: column}
    names = {"customer": "customer", "time": "time", "amount": "amount", argument: "it"}
    with pytest.raises(loyalty.LoyaltyTypeError, match=rf"^{argument} \(column 'it'\) .*{message}") as error:
        loyalty.summarize({**log, "it": column}, **names)
    assert (error.value.argument, error.value.code) == (argument, "INVALID_TYPE")
    assert isinstance(error.value, TypeError)


# Frames that will not do ----------------------------------------------------------------------------------------------


def test_lazy_frames_are_to_be_collected(log: Log) -> None:
    with pytest.raises(
        TypeError, match=r"polars LazyFrame, which holds a query and no data yet; call \.collect\(\) first"
    ):
        loyalty.summarize(pl.LazyFrame(log))


def test_what_is_no_frame(log: Log) -> None:
    for wrong in (log["amount"], [1, 2], 5, "orders.csv", pa.chunked_array([[1, 2]]), pl.Series([1, 2])):
        with pytest.raises(TypeError, match=r"^orders is of type \w+; it must be a pandas or Polars DataFrame"):
            loyalty.summarize(wrong)


@pytest.mark.parametrize("kind", FRAMES)
def test_unknown_columns(kind: str, log: Log) -> None:
    frame = FRAMES[kind][0](log)
    with pytest.raises(loyalty.LoyaltyError) as error:
        loyalty.summarize(frame, amount="price")
    known = "'customer', 'time', 'amount', 'order', 'usage', 'feedback'"
    assert str(error.value) == f"amount is 'price', which is no column of the data; it must be one of {known}"
    assert error.value.argument == "amount"
    with pytest.raises(loyalty.LoyaltyError, match="^frequency is 'n_purchases', which is no column of the data"):
        loyalty.RFM().fit({"recency_days": [1.0], "total_amount": [1.0]})


def test_columns_of_one_name() -> None:
    twice = [("customer", [1, 2]), ("time", [0, 1]), ("amount", [1.0, 2.0]), ("amount", [3.0, 4.0])]
    names, columns = zip(*twice, strict=True)
    table = pa.Table.from_arrays([pa.array(c) for c in columns], names=list(names))
    pandas = pd.concat([pd.Series(values, name=name) for name, values in twice], axis=1)
    for frame in (table, pandas, table.to_batches()[0]):
        with pytest.raises(loyalty.LoyaltyError, match="^amount is 'amount', which 2 columns of the data are called"):
            loyalty.summarize(frame)
        assert len(loyalty.summarize(frame, amount=[1.0, 2.0])) == 2
    with pytest.raises(loyalty.LoyaltyError, match="^customer is the column 't', as one of the result's own is called"):
        loyalty.summarize({"t": [1], "time": [0], "amount": [1.0]}, customer="t")


def test_names_that_are_no_texts() -> None:
    frame = pd.DataFrame({0: [1, 2], 1: [0, 1], 2: [1.0, 2.0]})
    assert loyalty.summarize(frame, customer=0, time=1, amount=2).columns[:2].tolist() == [0, "n_purchases"]
    card = loyalty.Scorecard(120, random_state=7)
    log = pd.DataFrame(
        list(zip(*(orders.log()[name].tolist() for name in ("customer", "time", "amount")), strict=True))
    )
    assert len(card.fit(log, customer=0, time=1, amount=2).score(log)) == 60
    frame.columns = pd.MultiIndex.from_tuples([("a", "id"), ("a", "at"), ("b", "sum")])
    rows = loyalty.summarize(frame, customer=("a", "id"), time=("a", "at"), amount=("b", "sum"))
    assert rows["n_purchases"].tolist() == [1, 1]
    with pytest.raises(loyalty.LoyaltyError, match="^customer is 5, which is no column of the data; it must be one of"):
        loyalty.summarize(frame, customer=5)


def test_columns_that_do_not_fit_each_other(log: Log) -> None:
    with pytest.raises(
        loyalty.LoyaltyError, match=r"^time \(column 'at'\) has 2 row\(s\); it must have 3 row\(s\)"
    ) as error:
        loyalty.summarize({"customer": [1, 2, 3], "at": [0, 1], "amount": [1.0, 2.0, 3.0]}, time="at")
    assert (error.value.code, error.value.argument) == ("SHAPE_MISMATCH", "time")
    with pytest.raises(loyalty.LoyaltyError, match=r"^amount has shape \(2, 1\); it must have one dimension"):
        loyalty.summarize(customer=[1, 2], time=[0, 1], amount=np.ones((2, 1)))
    with pytest.raises(TypeError, match="^amount is None; it must be the name of a column or a column of values"):
        loyalty.summarize(log, amount=None)
    with pytest.raises(TypeError, match="^customer is 'customer' but there are no orders"):
        loyalty.summarize(time=log["time"], amount=log["amount"])
    with pytest.raises(
        TypeError, match=r"^amount \(column 'amount'\) is 3.5; it must be a column of values|^amount is 3.5"
    ):
        loyalty.summarize({"customer": [1], "time": [1], "amount": 3.5})


# No rows --------------------------------------------------------------------------------------------------------------

EMPTY: Log = {name: values[:0] for name, values in orders.log().items()}


@pytest.mark.parametrize("kind", [kind for kind in FRAMES if kind not in ("pandas, labelled", "arrow chunks")])
def test_empty_logs(kind: str, card: loyalty.Scorecard) -> None:
    make, answer = FRAMES[kind]
    empty = make(EMPTY)
    with pytest.raises(loyalty.LoyaltyError) as error:
        loyalty.summarize(empty)
    assert error.value.code == "TOO_FEW_ROWS"
    rows = loyalty.summarize(empty, as_of="2020-01-01")
    assert type(rows) is answer
    assert all(values == [] for values in orders.plain(rows).values())
    scores = card.score(empty, as_of="2020-01-01")
    assert type(scores) is answer
    assert all(values == [] for values in orders.plain(scores).values())


def test_empty_tables_without_chunks() -> None:
    schema = pa.schema([("customer", pa.string()), ("time", pa.timestamp("us")), ("amount", pa.float64())])
    assert loyalty.summarize(pa.Table.from_batches([], schema), as_of=0).num_rows == 0


# Many chunks ----------------------------------------------------------------------------------------------------------


def test_chunks_and_batches_change_no_bit(log: Log, by_text: Any) -> None:
    ids = texts(log["customer"])
    for size in (1, 7, 64, 599, 600):
        table = pa.table({**log, "customer": ids})
        chunks = pa.Table.from_batches(table.to_batches(max_chunksize=size))
        same(loyalty.summarize(chunks, order="order"), by_text)
        rows = loyalty.Accumulator(order="order")
        for batch in table.to_batches(max_chunksize=size):
            rows.update(batch)
        same(rows.finish(), by_text)


# Libraries that are not there -----------------------------------------------------------------------------------------

WITHOUT = """
    import sys

    class Blocked:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in {blocked!r}:
                raise ImportError(name + " is blocked")

    sys.meta_path.insert(0, Blocked())
    sys.path.insert(0, {tests!r})
    import numpy as np
    import loyalty
"""


def run_without(blocked: set[str], code: str) -> str:
    from pathlib import Path

    start = textwrap.dedent(WITHOUT.format(blocked=blocked, tests=str(Path(__file__).parent)))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", start + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_pandas_without_pyarrow(log: Log) -> None:
    out = run_without(
        {"pyarrow", "polars", "duckdb"},
        """
        import orders, pandas as pd
        log = orders.log()
        log["name"] = np.array([f"c{i:04}" for i in log["customer"]], dtype=object)
        expected = orders.plain(loyalty.summarize(log, customer="name", order="order"))
        card = loyalty.Scorecard(horizon_days=120, random_state=7).fit(log, customer="name")
        scores = orders.plain(card.score(log))

        frame = pd.DataFrame(log)
        kinds = {
            "default": frame,
            "object": frame.astype({"name": object}),
            "string": frame.astype({"name": "string"}),
            "category": frame.astype({"name": "category"}),
            "nullable": frame.convert_dtypes(),
            "zoned": frame.assign(time=frame["time"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")),
            "ns": frame.astype({"time": "M8[ns]"}),
            "s": frame.astype({"time": "M8[s]"}),
        }
        for kind, frame in kinds.items():
            rows = loyalty.summarize(frame, customer="name", order="order")
            assert type(rows) is pd.DataFrame, kind
            assert orders.plain(rows) == expected, kind
            assert orders.plain(card.score(frame)) == scores, kind
            again = loyalty.Scorecard(horizon_days=120, random_state=7).fit(frame, customer="name")
            assert again.to_json() == card.to_json(), kind
        by_int = pd.DataFrame(log).astype({"customer": "Int64"})
        by_int.loc[3, "customer"] = pd.NA
        rows, counts = loyalty.summarize(by_int, on_invalid="drop", return_counts=True)
        assert counts.null_id == 1
        times = pd.Series(log["time"].astype(np.int64), dtype="Int64")
        assert orders.plain(loyalty.summarize({**log, "time": times})) == orders.plain(loyalty.summarize(log))
        amounts = pd.Series(log["amount"], dtype="Float64")
        assert orders.plain(loyalty.summarize({**log, "amount": amounts})) == orders.plain(loyalty.summarize(log))
        assert "pyarrow" not in sys.modules
        print(card.to_json())
        """,
    )
    named = {**log, "name": texts(log["customer"])}
    assert out.strip() == loyalty.Scorecard(horizon_days=120, random_state=7).fit(named, customer="name").to_json()


def test_without_any_frame_library(log: Log, card: loyalty.Scorecard) -> None:
    out = run_without(
        {"pandas", "pyarrow", "polars", "duckdb", "sklearn", "matplotlib", "tqdm"},
        """
        import orders
        log = orders.log()
        names = dict(order="order", usage="usage", feedback="feedback")
        card = loyalty.Scorecard(horizon_days=120, random_state=7).fit(log, **names)
        rows = loyalty.summarize({**log, "customer": [str(i) for i in log["customer"]]})
        assert rows["customer"][0] == "0"
        table = np.empty(600, [(name, values.dtype) for name, values in log.items()])
        for name, values in log.items():
            table[name] = values
        assert card.score(table).dtype.names[0] == "customer"
        assert loyalty.RFM().fit(rows).transform(rows)["segment"][0]
        print(card.to_json())
        """,
    )
    assert out.strip() == card.to_json()


def test_no_library_is_imported_unasked() -> None:
    code = """
        loyalty.summarize({"customer": ["a"], "time": [0], "amount": [1.0]})
        print(sorted({"pandas", "polars", "pyarrow", "duckdb", "matplotlib", "tqdm"} & set(sys.modules)))
    """
    # scikit-learn imports pandas by itself.
    assert run_without({"sklearn"}, code).strip() == "[]"
