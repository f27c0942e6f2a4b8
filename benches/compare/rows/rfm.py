"""RFM scores, beside quantile cuts of frames."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import data
import loyalty
import numpy as np
from row import ANY, Call, Case, Row, Scale, same
from rows.customers import orders, polars_frame


def agree(ours: Any, theirs: Any) -> None:
    """The same customers with the same three scores."""
    order = np.argsort(np.asarray(theirs["customer"]))
    for name in ("customer", "r", "f", "m"):
        # Sums of cents are exact in ours.
        same(name, ours[name], np.asarray(theirs[name]).astype(np.int64)[order], 1e-4)


def polars(columns: data.Columns, engine: str) -> Call:
    import polars as pl

    time, amount = pl.col("time"), pl.col("amount")
    figures = [time.max().alias("last"), pl.len().alias("n"), amount.sum()]
    grouped = polars_frame(columns).lazy().group_by("customer").agg(*figures)

    def scores(column: str, labels: str, name: str) -> Any:
        return pl.col(column).qcut(5, labels=list(labels)).alias(name)

    # The later the last order, the higher the score, as the more recent it is.
    three = [scores("last", "12345", "r"), scores("n", "12345", "f"), scores("amount", "12345", "m")]
    return lambda: grouped.collect(engine=engine).select("customer", *three)


def from_orders(customers: int) -> Callable[[Scale], Case]:
    def prepare(scale: Scale) -> Case:
        log = orders(scale, customers)

        def ours(n_threads: int) -> Any:
            rows = loyalty.summarize(log, period="none", n_threads=n_threads)
            scores = loyalty.RFM().fit(rows).transform(rows)
            return {"customer": rows["customer"], **scores}

        forms = {"Polars": partial(polars, log, "in-memory"), "Polars streaming": partial(polars, log, "streaming")}
        return Case(ours, forms, agree)

    return prepare


def small(rows: int, calls: int) -> Callable[[Scale], Case]:
    """Cut points and scores alone."""

    def prepare(_: Scale) -> Case:
        random = np.random.default_rng(7)
        x = random.gamma(2.0, [50.0, 2.0, 30.0], (rows, 3))

        def sklearn() -> Call:
            from sklearn.preprocessing import KBinsDiscretizer

            bins = KBinsDiscretizer(5, encode="ordinal", quantile_method="linear", subsample=None)
            return lambda: bins.fit_transform(x)

        def agree(ours: Any, theirs: Any) -> None:
            # The more recent, the higher.
            for column, scores in enumerate([5 - theirs[:, 0], 1 + theirs[:, 1], 1 + theirs[:, 2]]):
                same("rfm"[column], ours[:, column], scores)

        return Case(lambda _: loyalty.RFM().fit(x).transform(x), {"scikit-learn": sklearn}, agree, calls)

    return prepare


ROWS = [
    Row("rfm/summary", "customer summary and RFM scores; the peer: group-by and qcut", "1e7 orders, 1e6 int ids",
        from_orders(1_000_000), {ANY: 4.0}, 0.0),
    Row("rfm/small", "RFM scores", "1,000 customers", small(1000, 20), {ANY: 20.0}),
]  # fmt: skip
