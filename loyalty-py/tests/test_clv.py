"""Lifetime value: single numbers, arrays, frames; the figures themselves are in the conformance vectors."""

from __future__ import annotations

import inspect
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from loyalty import LoyaltyError, _loyalty, clv

REVENUE = [[1000.0, 800.0, 600.0], [200.0, 200.0, 200.0]]
COST = [[10.0, 20.0, 30.0], [1.0, 2.0, 3.0]]


def fails(argument: str, code: str, call: Any, *args: Any, **kwargs: Any) -> LoyaltyError:
    with pytest.raises(LoyaltyError) as caught:
        call(*args, **kwargs)
    assert (caught.value.argument, caught.value.code) == (argument, code), caught.value
    return caught.value


def test_worked_figures() -> None:
    assert clv.discounted([[1000, 800, 600]], discount_rate=0.1).round(4).tolist() == [2021.0368]
    later = clv.discounted([[1000] * 5], discount_rate=0.1, acquisition_cost=50, timing=2)
    assert later.round(2).tolist() == [3396.17]
    assert clv.retention_rate(1000, 900, 100) == 0.8


def test_timing() -> None:
    def at(timing: Any) -> list[float]:
        found: list[float] = clv.discounted(REVENUE, discount_rate=0.21, timing=timing).tolist()
        return found

    assert at("end") == at(1) == at(1.0) == at(np.float32(1.0))
    assert at("mid") == at(0.5)
    assert at("start") == at(0)
    fails("timing", "INVALID_PARAMETER", at, "late")
    fails("timing", "INVALID_PARAMETER", at, 1e9)
    fails("timing", "INVALID_PARAMETER", at, math.nan)
    fails("timing", "INVALID_TYPE", clv.discounted, REVENUE, discount_rate=0.1, timing=object())


@pytest.mark.parametrize(
    "kind",
    [
        np.array,
        lambda rows: np.asfortranarray(rows, dtype=np.float32),
        lambda rows: np.array(rows, dtype=np.int64),
        lambda rows: pl.DataFrame(np.array(rows), schema=["a", "b", "c"]),
        lambda rows: pa.table(dict(zip("abc", zip(*rows, strict=True), strict=True))),
        lambda rows: dict(zip("abc", np.array(rows).T, strict=True)),
        lambda rows: pd.DataFrame(rows, dtype="Float64").to_numpy(dtype=float),
    ],
    ids=["NumPy", "float32", "int64", "Polars", "pyarrow", "dict", "pandas values"],
)
def test_tables_of_every_kind(kind: Any) -> None:
    found = clv.discounted(kind(REVENUE), discount_rate=0.1, cost=kind(COST), acquisition_cost=[5.0, 6.0])
    plain = clv.discounted(REVENUE, discount_rate=0.1, cost=COST, acquisition_cost=[5.0, 6.0])
    assert type(found) is np.ndarray
    assert found.tobytes() == plain.tobytes()


def test_a_pandas_answer_has_the_index_of_the_question() -> None:
    index = pd.Index(["ann", "bob"], name="customer")
    revenue = pd.DataFrame(REVENUE, index=index)
    found = clv.discounted(revenue, discount_rate=0.1, acquisition_cost=pd.Series([5.0, 6.0], index=index))
    assert found.name == "clv" and found.index.equals(index) and found.index.name == "customer"
    assert found.tolist() == clv.discounted(REVENUE, discount_rate=0.1, acquisition_cost=[5.0, 6.0]).tolist()
    assert clv.undiscounted(revenue).index.equals(index)

    rate = pd.Series([0.75, 0.5], index=index)
    assert clv.retention(100.0, rate, discount_rate=0.25).index.equals(index)
    assert clv.retention([100.0, 50.0], rate, discount_rate=0.25).tolist() == [150.0, 50 * 2 / 3]
    assert clv.historic(50.0, rate, 3.0).index.equals(index)
    spans = clv.lifespan(rate)
    assert spans.index.equals(index) and spans.name == "lifespan_periods"


def test_rows_in_another_order_are_refused() -> None:
    revenue = pd.DataFrame(REVENUE, index=["ann", "bob"])
    cost = pd.Series([5.0, 6.0], index=["bob", "ann"])
    error = fails(
        "acquisition_cost", "SHAPE_MISMATCH", clv.discounted, revenue, discount_rate=0.1, acquisition_cost=cost
    )
    assert "another index" in str(error)
    by_place = clv.discounted(revenue, discount_rate=0.1, acquisition_cost=cost.to_numpy())
    assert by_place.tolist() == clv.discounted(REVENUE, discount_rate=0.1, acquisition_cost=[5.0, 6.0]).tolist()
    fails("retention_rate", "SHAPE_MISMATCH", clv.retention, cost, cost.sort_index() / 10, discount_rate=0.1)
    # The lengths come first.
    fails("cost", "SHAPE_MISMATCH", clv.undiscounted, revenue, cost=pd.DataFrame([[1.0] * 3] * 3))


@pytest.mark.parametrize("kind", [pl.Series, pa.array, tuple, lambda v: pd.array(v, dtype="Float64")], ids=repr)
def test_vectors_of_every_kind(kind: Any) -> None:
    found = clv.retention(kind([100.0, 50.0]), kind([0.75, 0.5]), discount_rate=0.25, acquisition_cost=kind([1.0, 2.0]))
    assert found.tolist() == clv.retention([100, 50], [0.75, 0.5], discount_rate=0.25, acquisition_cost=[1, 2]).tolist()


def test_single_numbers_give_a_single_number() -> None:
    for fifty in (50, 50.0, np.float64(50), np.int32(50), np.array(50.0), Decimal(50)):
        found = clv.historic(fifty, 4, 3)
        assert found == 600.0 and type(found) is float
    assert clv.lifespan(0.25) == 4.0
    assert clv.retention(100, 0.75, discount_rate=0.25, acquisition_cost=30) == 120.0
    assert clv.margin_multiple(0.75, discount_rate=0.25) == 1.5
    assert type(clv.lifespan([0.25])) is np.ndarray


def test_single_numbers_stand_for_all() -> None:
    assert clv.historic([50, 80], 4, [3, 2]).tolist() == [600.0, 640.0]
    assert clv.historic(50, 4, []).tolist() == []
    assert clv.retention(100, [0.75, 0.5], discount_rate=0.25).tolist() == [150.0, 100 * 2 / 3]
    assert clv.retention(100, 0.75, discount_rate=0.25, acquisition_cost=[0.0, 30.0]).tolist() == [150.0, 120.0]
    assert clv.retention([100, 200], 0.75, discount_rate=0.25, acquisition_cost=30).tolist() == [120.0, 270.0]
    assert clv.undiscounted(REVENUE, cost=100.0).tolist() == [2100.0, 300.0]


def test_horizon_and_first_margin() -> None:
    assert clv.margin_multiple(0.75, discount_rate=0.25, horizon=2) == 0.6 + 0.36
    assert clv.margin_multiple(0.75, discount_rate=0.25, first_margin="now") == 2.5
    assert clv.retention(100, 0.75, discount_rate=0.25, horizon=np.int64(2)) == 96.0  # type: ignore[arg-type]
    fails("horizon", "INVALID_PARAMETER", clv.margin_multiple, 0.5, discount_rate=0.1, horizon=0)
    fails("horizon", "INVALID_PARAMETER", clv.margin_multiple, 0.5, discount_rate=0.1, horizon=-1)
    fails("horizon", "INVALID_PARAMETER", clv.margin_multiple, 0.5, discount_rate=0.1, horizon=2**32)
    fails("horizon", "INVALID_TYPE", clv.margin_multiple, 0.5, discount_rate=0.1, horizon=2.5)
    fails("horizon", "INVALID_TYPE", clv.margin_multiple, 0.5, discount_rate=0.1, horizon="infinite")
    fails("first_margin", "INVALID_PARAMETER", clv.margin_multiple, 0.5, discount_rate=0.1, first_margin="later")


def test_nothing_to_value() -> None:
    assert clv.discounted(np.empty((2, 0)), discount_rate=0.1, acquisition_cost=[5.0, 0.0]).tolist() == [-5.0, 0.0]
    assert clv.undiscounted(np.empty((0, 3))).tolist() == []
    empty = pd.DataFrame({"a": pd.Series(dtype=float)})
    assert clv.undiscounted(empty).tolist() == []
    assert clv.retention([], 0.5, discount_rate=0.1).tolist() == []


def test_errors() -> None:
    fails("discount_rate", "INVALID_PARAMETER", clv.discounted, REVENUE, discount_rate=-1)
    fails("discount_rate", "INVALID_PARAMETER", clv.discounted, REVENUE, discount_rate=math.nan)
    fails("discount_rate", "INVALID_TYPE", clv.discounted, REVENUE, discount_rate="10 %")
    fails("discount_rate", "INVALID_TYPE", clv.discounted, REVENUE, discount_rate=None)
    fails("revenue", "SHAPE_MISMATCH", clv.discounted, REVENUE[0], discount_rate=0.1)
    fails("revenue", "INVALID_TYPE", clv.undiscounted, pd.DataFrame({"a": ["x"]}))
    error = fails("revenue", "NON_FINITE", clv.undiscounted, pl.DataFrame({"a": [1.0, 2.0], "b": [3.0, None]}))
    assert (error.row, error.column) == (1, 1)
    fails("cost", "INVALID_PARAMETER", clv.undiscounted, REVENUE, cost=math.inf)
    fails("cost", "INVALID_TYPE", clv.undiscounted, REVENUE, cost="much")
    fails("cost", "INVALID_TYPE", clv.undiscounted, REVENUE, cost=None)
    fails("cost", "SHAPE_MISMATCH", clv.undiscounted, REVENUE, cost=[1.0, 2.0])
    fails("acquisition_cost", "SHAPE_MISMATCH", clv.undiscounted, REVENUE, acquisition_cost=[1.0])
    fails("acquisition_cost", "SHAPE_MISMATCH", clv.undiscounted, REVENUE, acquisition_cost=[[1.0], [2.0]])
    error = fails("purchases_per_period", "INVALID_VALUE", clv.historic, 1.0, [1.0, -1.0], 1.0)
    assert error.row == 1
    fails("lifespan_periods", "SHAPE_MISMATCH", clv.historic, [1.0, 2.0], 1.0, [1.0])
    fails("churn_rate", "INVALID_VALUE", clv.lifespan, 0.0)
    fails("retention_rate", "INVALID_PARAMETER", clv.retention, 1.0, 1.0, discount_rate=0.0)
    fails("customers_at_end", "INVALID_TYPE", clv.retention_rate, 10, 9.5, 1)
    fails("new_customers", "INVALID_PARAMETER", clv.retention_rate, 10, 9, -1)


def test_inputs_stay_as_they_are() -> None:
    revenue, cost = np.array(REVENUE), np.array(COST)
    revenue.flags.writeable = cost.flags.writeable = False
    clv.discounted(revenue, discount_rate=0.1, cost=cost, acquisition_cost=cost[:, 0])


def test_defaults_are_the_core_s() -> None:
    """What is left out of the parameters is the core's own default."""
    rate = '{"discount_rate": 0.1}'
    core = _loyalty.clv_discounted(rate, np.array(REVENUE), 0.0, 0.0)
    assert clv.discounted(REVENUE, discount_rate=0.1).tobytes() == core.tobytes()
    assert clv.margin_multiple(0.8, discount_rate=0.1) == _loyalty.clv_margin_multiple(rate, 0.8)
    retained = _loyalty.clv_retention(rate, np.array([100.0]), 0.8, 0.0)
    assert clv.retention([100.0], 0.8, discount_rate=0.1).tobytes() == retained.tobytes()
    for function in (clv.discounted, clv.undiscounted, clv.retention):
        parameters = inspect.signature(function).parameters
        assert all(parameters[name].default == 0.0 for name in ("cost", "acquisition_cost") if name in parameters)
