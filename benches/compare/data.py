"""Seeded data, the same for ours and for every peer."""

from __future__ import annotations

from typing import Any

import numpy as np

MICROSECONDS_PER_DAY = 86_400_000_000
START = np.datetime64("1997-01-01", "us").astype(np.int64)

Columns = dict[str, Any]


def orders(rows: int, customers: int, ids: str = "dense", seed: int = 7) -> Columns:
    """An unsorted order log of two years; the ids are dense, sparse in 64 bits, or text."""
    random = np.random.default_rng(seed)
    places = random.integers(0, customers, rows)
    if ids == "text":
        import pyarrow

        names = pyarrow.array([f"C{i:07d}" for i in range(customers)])
        customer = pyarrow.DictionaryArray.from_arrays(places.astype(np.int32), names).cast(pyarrow.string())
    elif ids == "sparse":
        customer = random.integers(-(2**63), 2**63 - 1, customers)[places]
    else:
        customer = places
    return {"customer": customer, "time": moments(random, rows), "amount": amounts(random, rows)}


def lines(rows: int, orders: int, customers: int, seed: int = 7) -> Columns:
    """Line items of orders, in no order; all lines of an order have its customer and its moment."""
    random = np.random.default_rng(seed)
    order = random.integers(0, orders, rows)
    return {
        "customer": random.integers(0, customers, orders)[order],
        "time": moments(random, orders)[order],
        "amount": amounts(random, rows),
        "order": order,
    }


def moments(random: np.random.Generator, n: int) -> np.ndarray:
    return (START + random.integers(0, 730 * 86_400, n) * 1_000_000).astype("M8[us]")


def amounts(random: np.random.Generator, n: int) -> np.ndarray:
    return np.round(random.gamma(2.0, 20.0, n), 2) + 0.01


def blobs(rows: int, columns: int, groups: int, seed: int = 7) -> np.ndarray:
    """Groups that overlap, so that K-means has work for many iterations."""
    random = np.random.default_rng(seed)
    centres = random.normal(0.0, 1.5, (groups, columns))
    x = random.normal(size=(rows, columns))
    x += centres[random.integers(0, groups, rows)]
    return x


def features(rows: int, columns: int, relevant: int | None = None, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Correlated standardised features, and who churned: about a third."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, columns))
    x[:, 1:] += 0.5 * x[:, :-1]
    x /= x.std(axis=0)
    weights = random.normal(0.0, 1.0, columns) / np.sqrt(columns)
    weights[relevant or columns :] = 0.0
    odds = x @ weights - 0.8
    return x, random.random(rows) < 1.0 / (1.0 + np.exp(-odds))


def music_shop(customers: int, seed: int = 7) -> Columns:
    """A log of the shape of CDNOW's: all begin in the first quarter; many buy once and some often; text ids; days.

    With 23,570 customers it has 69,659 orders, as CDNOW has.
    """
    random = np.random.default_rng(seed)
    n_orders = round(customers * 69_659 / 23_570)
    first = random.integers(0, 90, customers)
    appetite = random.gamma(0.25, 1.0, customers)
    again = random.choice(customers, n_orders - customers, p=appetite / appetite.sum())
    # The time until the last order shrinks with a customer's loss of interest.
    left = np.minimum(545 - first, 1 + random.exponential(250, customers))
    day = np.concatenate([first, first[again] + 1 + np.floor(random.random(len(again)) * left[again])])
    price = np.exp(random.normal(3.3, 0.5, customers))
    who = np.concatenate([np.arange(customers), again])
    amount = np.round(price[who] * np.exp(random.normal(0, 0.4, n_orders)), 2) + 0.01
    names = np.array([f"{i:05d}" for i in range(customers)])
    time = (START + day.astype(np.int64) * MICROSECONDS_PER_DAY).astype("M8[us]")
    order = np.lexsort((time, who))
    return {"customer": names[who][order], "time": time[order], "amount": amount[order]}
