"""What one customer costs from Python: a loaded scorecard, and predictions of one row, beside scikit-learn's.

Needs the package and scikit-learn: python benches/compare/one_row.py
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression

import loyalty

CDNOW = Path(__file__).parents[2] / "loyalty-core" / "examples" / "data" / "cdnow_sample.csv"

#: Pairs of blocks in turns, so that whatever else the machine does meets both alike.
PAIRS, CALLS = 101, 200


def microseconds(call: Callable[[], object]) -> float:
    """Of one of a block of calls."""
    start = time.perf_counter()
    for _ in range(CALLS):
        call()
    return 1e6 * (time.perf_counter() - start) / CALLS


def main() -> None:
    columns = np.loadtxt(CDNOW, delimiter=",", skiprows=1, dtype=str).T
    log = {"customer": columns[0], "time": columns[1].astype("M8[us]"), "amount": columns[3].astype(float)}
    card = loyalty.loads(loyalty.Scorecard(random_state=7).fit(log).to_json())
    rows = card.score(log)
    x = np.column_stack([rows[name] for name in ("n_purchases", "total_amount", "tenure_days")]).astype(float)
    y = rows["recency_days"] > 180.0
    one = x[:1]

    peer = LogisticRegression().fit(x, y)
    churn, clusters = loyalty.LogisticChurn().fit(x, y), loyalty.KMeans(5, random_state=7).fit(x)
    peer_clusters = KMeans(5, n_init=1, random_state=7).fit(x)
    pairs = [
        (
            "Scorecard.score_one, all twelve scores",
            lambda: card.score_one(recency_days=12.0, n_purchases=8, total_amount=530.5, tenure_days=400.0),
            "LogisticRegression.predict_proba",
            lambda: peer.predict_proba(one),
        ),
        (
            "LogisticChurn.predict_proba",
            lambda: churn.predict_proba(one),
            "LogisticRegression.predict_proba",
            lambda: peer.predict_proba(one),
        ),
        ("KMeans.predict", lambda: clusters.predict(one), "KMeans.predict", lambda: peer_clusters.predict(one)),
    ]
    print(f"One customer, medians of {PAIRS} alternating blocks of {CALLS} calls, Python {sys.version.split()[0]}\n")
    print(f"{'loyalty':40} {'µs':>7}   {'scikit-learn':34} {'µs':>7}   {'ratio':>6}")
    for name, ours, peers_name, theirs in pairs:
        microseconds(ours), microseconds(theirs)
        times = [(microseconds(ours), microseconds(theirs)) for _ in range(PAIRS)]
        own, other = (statistics.median(column) for column in zip(*times, strict=True))
        ratio = statistics.median(theirs / ours for ours, theirs in times)
        print(f"{name:40} {own:7.2f}   {peers_name:34} {other:7.2f}   {ratio:5.1f}×")


if __name__ == "__main__":
    main()
