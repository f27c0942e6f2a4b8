"""Memory: flat over many calls, and no copy of what is read where it is."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/self/status")

SETTING = """
    import os, sys
    import numpy as np
    import loyalty
    from loyalty import _loyalty

    def kilobytes(name):
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(name))

    rng = np.random.default_rng(5)
    X = rng.normal(size=(50, 3))
    y = X[:, 0] + rng.normal(size=50) > 0.0
    log = {
        "customer": rng.integers(0, 40, 300),
        "time": rng.integers(0, 730, 300).astype("datetime64[D]").astype("datetime64[us]"),
        "amount": rng.exponential(30.0, 300),
    }
    texts = log | {"customer": [f"customer {i}" for i in log["customer"]]}
    card = loyalty.Scorecard(90, random_state=1).fit(log)
    churn, clusters = loyalty.LogisticChurn().fit(X, y), loyalty.KMeans(3).fit(X)
    text, bad = clusters.to_json(), np.where(np.arange(150).reshape(50, 3) == 77, np.nan, X)
    big = rng.normal(size=(200_000, 4))

    class Stop(Exception): pass
    def stop(*_): raise Stop

    def fails(work, error=loyalty.LoyaltyError):
        def call():
            try:
                work()
            except error:
                return
            raise AssertionError("it did not fail")
        return call
"""

FLAT = (
    SETTING
    + """
    calls, work = {
        "score_one": (100_000, lambda: card.score_one(12.0, 8, 530.5, 400.0)),
        "score_one refused": (50_000, fails(lambda: card.score_one(float("nan"), 8, 530.5, 400.0))),
        "score": (500, lambda: card.score(log)),
        "predict_proba": (30_000, lambda: churn.predict_proba(X)),
        "predict refused": (10_000, fails(lambda: clusters.predict(bad))),
        "K-means": (5_000, lambda: loyalty.KMeans(3, n_threads=2).fit(X)),
        "K-means refused": (5_000, fails(lambda: loyalty.KMeans(3).fit(bad))),
        "K-means stopped": (150, fails(lambda: loyalty.KMeans(9, n_init=99, tol=0.0, progress=stop).fit(big), Stop)),
        "logistic": (3_000, lambda: loyalty.LogisticChurn().fit(X, y)),
        "scorecard": (100, lambda: loyalty.Scorecard(90).fit(log)),
        "customer rows": (3_000, lambda: loyalty.summarize(texts)),
        "customer rows refused": (3_000, fails(lambda: loyalty.summarize(texts, as_of="the other day"))),
        "model files": (10_000, lambda: loyalty.loads(text).to_json()),
        "model files refused": (20_000, fails(lambda: loyalty.loads(text[:-9]))),
        "accumulator": (1_000, lambda: loyalty.Accumulator().update(log)),
        "panics": (2_000, fails(lambda: _loyalty.provoke_panic(True))),
    }[sys.argv[1]]

    def some(n):
        for _ in range(n):
            work()
        return kilobytes("VmRSS")

    # What is kept for later calls is there after the first third.
    warm = some(calls // 3)
    print(some(calls - calls // 3) - warm)
    """
)


def run(program: str, *arguments: str) -> list[int]:
    command = [sys.executable, "-c", textwrap.dedent(program), *arguments]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr[-2_000:]
    return [int(word) for word in found.stdout.split()]


@pytest.mark.parametrize(
    "what",
    [
        "score_one", "score_one refused", "score", "predict_proba", "predict refused", "K-means", "K-means refused",
        "K-means stopped", "logistic", "scorecard", "customer rows", "customer rows refused", "model files",
        "model files refused", "accumulator", "panics",
    ],
)  # fmt: skip
def test_memory_is_flat_after_the_first_calls(what: str) -> None:
    (grown,) = run(FLAT, what)
    # A leak of one pointer a call would be 0.5 MB in 67,000 calls, one of an array far more.
    assert grown < 1_500, f"{grown} KiB more"


PEAK = (
    SETTING
    + """
    def peak(work):
        '''KiB that a call needs at its most, beyond what there was.'''
        with open("/proc/self/clear_refs", "w") as reset:
            reset.write("5")
        before = kilobytes("VmRSS")
        result = work()
        return kilobytes("VmHWM") - before

    rows = int(sys.argv[2])
    x = np.empty((rows, 4))
    for start in range(0, rows, 100_000):
        x[start : start + 100_000] = rng.normal(size=(len(x[start : start + 100_000]), 4))
    if sys.argv[1] == "native":
        params = '{"n_clusters": 4, "max_iter": 3, "n_init": 1}'
        print(peak(lambda: _loyalty.FittedKMeans.fit(params, x, None, [], 2, None)))
    else:
        import warnings
        warnings.simplefilter("ignore")
        if sys.argv[1] == "pandas":
            import pandas as pd
            x = pd.DataFrame(x, columns=list("abcd"), copy=False)
        print(peak(lambda: loyalty.KMeans(4, max_iter=3, n_threads=2).fit(x)))
    """
)


@pytest.mark.parametrize("given", ["numpy", "pandas"])
def test_a_fit_does_not_copy_its_input(given: str) -> None:
    if given == "pandas":
        pytest.importorskip("pandas")
    rows = 2_000_000
    (core,), (ours,) = run(PEAK, "native", str(rows)), run(PEAK, given, str(rows))
    # `labels_` is the one array that Python adds to what the core holds: 4 bytes a row. The input has 32 bytes a row.
    assert ours - core < (4 * rows >> 10) + 4_096, f"{ours} KiB, the core {core}"
