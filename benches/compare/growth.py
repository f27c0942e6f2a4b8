"""How the time grows with the rows: ten times as many are to take at most eleven times as long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import data
import loyalty
from peers import THREADS
from row import Call

MOST = 11.0


@dataclass(frozen=True)
class Growth:
    name: str
    work: str
    #: A call on so many rows.
    prepare: Callable[[int], Call]
    full: tuple[int, ...] = (100_000, 1_000_000, 10_000_000)


def summary(rows: int) -> Call:
    log = data.orders(rows, rows // 10)
    return lambda: loyalty.summarize(log, period="none", n_threads=THREADS)


def kmeans(rows: int) -> Call:
    x = data.blobs(rows, 4, 8)
    model = loyalty.KMeans(8, init=x[:8].copy(), n_init=1, max_iter=20, tol=0.0, n_threads=THREADS)
    return lambda: model.fit(x)


def logistic(rows: int) -> Call:
    x, y = data.features(rows, 10)
    return lambda: loyalty.LogisticChurn(n_threads=THREADS).fit(x, y)


GROWTHS = [
    Growth("growth/customers", "customer summary, ten orders a customer", summary),
    Growth("growth/kmeans", "K-means, 20 iterations from given centres, ×4, k = 8", kmeans),
    Growth("growth/churn", "logistic L2, ×10", logistic),
]
