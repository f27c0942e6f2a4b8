"""Customer rows from an order log, beside group-bys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import data
import loyalty
import numpy as np
import peers
from row import ANY, Call, Case, Disagreement, Row, Scale, close, same

#: What stands for the number of purchases in SQL and in Polars, by what a purchase is.
SQL = {"none": "count(*)", "day": "count(DISTINCT time::DATE)", "order": 'count(DISTINCT "order")'}
#: The same in two steps, which is faster where groups are small.
INNER_KEY = {"day": "time::DATE", "order": '"order"'}


def polars_count(purchase: str) -> Any:
    import polars as pl

    day = pl.col("time").dt.timestamp("us") // data.MICROSECONDS_PER_DAY
    return {"none": pl.len(), "day": day.n_unique(), "order": pl.col("order").n_unique()}[purchase]


def polars_frame(columns: data.Columns) -> Any:
    import polars as pl

    return pl.DataFrame({name: pl.Series(name, values) for name, values in columns.items()})


def polars(columns: data.Columns, purchase: str, engine: str) -> Call:
    import polars as pl

    frame = polars_frame(columns)
    time, amount = pl.col("time"), pl.col("amount")
    figures = [time.max().alias("last_time"), time.min().alias("first_time"), amount.sum().alias("total_amount")]
    grouped = frame.lazy().group_by("customer").agg(*figures, polars_count(purchase).alias("n_purchases"))
    return lambda: grouped.collect(engine=engine)


def duckdb(columns: data.Columns, purchase: str, steps: int) -> Call:
    connection = peers.duckdb(orders=polars_frame(columns).to_arrow())
    figures = "max(time) AS last_time, min(time) AS first_time, sum(amount) AS total_amount"
    query = f"SELECT customer, {figures}, {SQL[purchase]} AS n_purchases FROM orders GROUP BY customer"
    if steps == 2:
        query = f"""
            SELECT customer, max(last_time) AS last_time, min(first_time) AS first_time,
                sum(total_amount) AS total_amount, count(*) AS n_purchases
            FROM (SELECT customer, {figures} FROM orders GROUP BY customer, {INNER_KEY[purchase]}) GROUP BY customer"""
    return lambda: connection.execute(query).to_arrow_table()


def agree(ours: Any, theirs: Any) -> None:
    """The same customers with the same figures."""
    kind = "S8" if np.asarray(ours["customer"]).dtype.kind in "OU" else np.int64
    ids = np.asarray(theirs["customer"]).astype(kind)
    order = np.argsort(ids)
    if len(ids) != len(ours["customer"]):
        raise Disagreement(f"{len(ids)} customers in place of {len(ours['customer'])}")
    same("customer", np.asarray(ours["customer"]).astype(kind), ids[order])
    for name, kind in {"n_purchases": np.int64, "first_time": "M8[us]", "last_time": "M8[us]"}.items():
        same(name, np.asarray(ours[name]).astype(kind), np.asarray(theirs[name]).astype(kind)[order])
    close("total_amount", ours["total_amount"], np.asarray(theirs["total_amount"])[order], 1e-12)


def pandas(columns: data.Columns) -> Call:
    import pandas as pd

    frame = pd.DataFrame(columns)
    figures = {"first_time": ("time", "min"), "last_time": ("time", "max"), "total_amount": ("amount", "sum")}
    return lambda: frame.groupby("customer").agg(**figures, n_purchases=("time", "size")).reset_index()


def small(rows: int, calls: int) -> Callable[[Scale], Case]:
    def prepare(_: Scale) -> Case:
        log = data.orders(rows, rows // 10)
        forms = {"pandas": partial(pandas, log), "Polars": partial(polars, log, "none", "in-memory")}
        return Case(lambda n: loyalty.summarize(log, period="none", n_threads=n), forms, agree, calls)

    return prepare


def repeat_buying(customers: int) -> Callable[[Scale], Case]:
    """Frequency, age at the last purchase, age and mean amount, as lifetimes wants them."""

    def prepare(scale: Scale) -> Case:
        import pandas as pd

        log = pd.DataFrame(data.music_shop(scale.rows(customers)))

        def lifetimes() -> Call:
            from lifetimes.utils import summary_data_from_transaction_data as summary

            return lambda: summary(log, "customer", "time", "amount")

        def agree(ours: Any, theirs: Any) -> None:
            pairs = {"frequency": "frequency", "t_x": "recency", "t": "T", "repeat_mean_amount": "monetary_value"}
            for name, other in pairs.items():
                # Who bought once has no mean of repeat purchases here, and 0 there.
                close(name, np.nan_to_num(ours[name]), np.nan_to_num(theirs[other]), 1e-12)

        return Case(lambda n: loyalty.summarize(log, n_threads=n), {"lifetimes": lifetimes}, agree)

    return prepare


def summary(columns: Callable[[Scale], data.Columns], customers: int, purchase: str) -> Callable[[Scale], Case]:
    """A purchase is an order (none), a day with orders, or the lines of an order."""

    def prepare(scale: Scale) -> Case:
        log = columns(scale)
        given = log if isinstance(log["customer"], np.ndarray) else polars_frame(log)
        params = {"period": "none", "order": "order"} if purchase == "order" else {"period": purchase}
        forms = {
            "Polars": partial(polars, log, purchase, "in-memory"),
            "Polars streaming": partial(polars, log, purchase, "streaming"),
            "DuckDB": partial(duckdb, log, purchase, 1),
        }
        if purchase in INNER_KEY:
            forms["DuckDB in two steps"] = partial(duckdb, log, purchase, 2)
        return Case(
            ours=lambda n_threads: loyalty.summarize(given, n_threads=n_threads, **params),
            peers=forms,
            agree=agree,
            unit=scale.rows(customers, 50),
        )

    return prepare


def orders(scale: Scale, customers: int = 1_000_000, ids: str = "dense") -> data.Columns:
    return data.orders(scale.rows(10_000_000), scale.rows(customers, 50), ids)


def lines(scale: Scale) -> data.Columns:
    return data.lines(scale.rows(10_000_000), scale.rows(2_000_000), scale.rows(500_000, 50))


def _row(
    name: str, size: str, required: float, columns: Any, customers: int = 1_000_000, purchase: str = "none"
) -> Row:
    work = {"none": "customer summary", "day": "customer summary by day", "order": "customer summary of line items"}
    memory = None if "text" in name else (60.0, "bytes a customer")
    prepare = summary(columns, customers, purchase)
    return Row(f"customers/{name}", work[purchase], size, prepare, {ANY: required}, threads=0.0, memory=memory)


ROWS = [
    _row("dense", "1e7 orders, 1e6 int ids", 3.0, orders),
    _row("few", "1e7 orders, 1e5 int ids", 3.0, partial(orders, customers=100_000), 100_000),
    _row("sparse", "1e7 orders, 1e6 ids sparse in i64", 3.0, partial(orders, ids="sparse")),
    _row("text", "1e7 orders, 1e6 string ids", 2.0, partial(orders, ids="text")),
    _row("day", "1e7 orders, 1e6 int ids, unsorted", 3.0, orders, purchase="day"),
    _row("lines", "1e7 lines, 2e6 orders, 5e5 int ids", 3.0, lines, 500_000, "order"),
    Row("customers/repeat-buying", "customer summary by day, from pandas; the peer: its repeat-buying part",
        "69,659 orders, 23,570 string ids", repeat_buying(23_570)),
    Row("customers/small", "customer summary", "1,000 orders, 100 int ids", small(1000, 20), {"pandas": 20.0}),
]  # fmt: skip
