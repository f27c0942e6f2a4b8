"""Other threads run during a fit, share models, and change no bit."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fitted
import numpy as np
import orders
import pytest

import loyalty
from loyalty import _loyalty

RNG = np.random.default_rng(11)
X = RNG.normal(size=(400_000, 8))
Y = X @ RNG.normal(size=8) + RNG.normal(size=len(X)) > 0.0
HUGE_LOG = {
    "customer": RNG.integers(0, 40_000, 3_000_000),
    "time": RNG.integers(0, 730 * 86_400_000_000, 3_000_000).view("datetime64[us]"),
    "amount": RNG.exponential(30.0, 3_000_000),
}
BIG_LOG = {name: values[:300_000] for name, values in HUGE_LOG.items()}
CDNOW = orders.cdnow()
ROWS = fitted.customers(CDNOW)
ESTIMATORS = fitted.estimators(ROWS, CDNOW)
CARD = ESTIMATORS["Scorecard"]


@pytest.fixture(autouse=True)
def setting() -> Iterator[None]:
    yield
    loyalty.set_num_threads(None)


# ------------------------------------------------------------------------------------------------- the interpreter's lock

WORK: dict[str, Callable[[], object]] = {
    "K-means": lambda: loyalty.KMeans(16, n_init=4, max_iter=40, tol=0.0, n_threads=1).fit(X).n_iter_,
    "logistic": lambda: loyalty.LogisticChurn(max_iter=30, l1_ratio=0.5, n_threads=1).fit(X, Y).n_iter_,
    "silhouette": lambda: loyalty.metrics.silhouette(X[:20_000], Y[:20_000].astype(int), n_threads=1),
    "choice of k": lambda: loyalty.ChooseK(2, 5, n_threads=1).fit(X[:150_000]).k_,
    "scorecard": lambda: loyalty.Scorecard(n_threads=1).fit(BIG_LOG).behaviours_,
    "scores": lambda: len(CARD.score(HUGE_LOG)),
    "customer rows": lambda: len(loyalty.summarize(HUGE_LOG, n_threads=1)),
}


def longest_gap(work: Callable[[], object]) -> float:
    """The longest time, in seconds, for which another thread could not run while `work` did."""
    ended, gap = threading.Event(), 0.0

    def heart() -> None:
        nonlocal gap
        last = time.perf_counter()
        while not ended.is_set():
            time.sleep(0.001)
            now = time.perf_counter()
            gap, last = max(gap, now - last), now

    thread = threading.Thread(target=heart)
    thread.start()
    try:
        work()
    finally:
        ended.set()
        thread.join()
    return gap


@pytest.mark.filterwarnings("ignore::loyalty.ConvergenceWarning")
@pytest.mark.parametrize("what", WORK)
def test_other_threads_run_meanwhile(what: str) -> None:
    # Below 11 ms on a quiet machine. One that is busy may itself take a turn of tens of milliseconds from us, which a
    # second try tells from a lock that is held: each of these takes 0.3 s at the least.
    gaps: list[float] = []
    while not gaps or (gaps[-1] >= 0.02 and len(gaps) < 5):
        gaps.append(longest_gap(WORK[what]))
    assert min(gaps) < 0.1, gaps


# ------------------------------------------------------------------------------------------------------- shared models


def at_once(n_threads: int, work: Callable[[int], Any]) -> list[Any]:
    """What `work` returns in so many threads that start together."""
    start = threading.Barrier(n_threads)

    def wait_and_work(i: int) -> Any:
        start.wait()
        return work(i)

    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(wait_and_work, range(n_threads)))


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_threads_share_a_model(kind: str) -> None:
    model = ESTIMATORS[kind]
    alone = fitted.answers(model, ROWS, CDNOW)
    for answers in at_once(16, lambda _: [fitted.answers(model, ROWS, CDNOW) for _ in range(3)]):
        assert answers == [alone] * 3


def test_threads_share_a_scorecard_for_single_customers() -> None:
    alone = [repr(CARD.score_one(i % 300, 1 + i % 9, 10.0 * i, 400.0)) for i in range(2_000)]

    def all_of_them(_: int) -> list[str]:
        return [repr(CARD.score_one(i % 300, 1 + i % 9, 10.0 * i, 400.0)) for i in range(2_000)]

    assert at_once(8, all_of_them) == [alone] * 8


def test_fits_at_the_same_time_do_not_meet() -> None:
    alone = [loyalty.KMeans(5, random_state=seed).fit(X[:20_000]).to_json() for seed in range(8)]
    together = at_once(8, lambda seed: loyalty.KMeans(5, random_state=seed).fit(X[:20_000]).to_json())
    assert together == alone


def test_failures_stay_in_their_thread() -> None:
    def fit(i: int) -> str:
        x = X[:5_000].copy()
        if i % 2:
            x[i, 3] = np.nan
        try:
            return str(loyalty.KMeans(3, random_state=1).fit(x).inertia_)
        except loyalty.LoyaltyError as error:
            return f"{error.code} {error.row}"

    right = str(loyalty.KMeans(3, random_state=1).fit(X[:5_000]).inertia_)
    assert at_once(8, fit) == [f"NON_FINITE {i}" if i % 2 else right for i in range(8)]


def test_threads_fill_one_accumulator() -> None:
    rows = loyalty.Accumulator()
    batches = [{name: values[i::8] for name, values in BIG_LOG.items()} for i in range(8)]
    at_once(8, lambda i: rows.update(batches[i]))
    alone = loyalty.summarize(BIG_LOG)
    for name, values in rows.finish().items():
        np.testing.assert_array_equal(values, alone[name], err_msg=name)


def test_an_accumulator_may_be_read_while_it_works() -> None:
    # Whoever works may wait for the interpreter's lock; were the rows awaited with it held, both would wait for ever.
    rows = loyalty.Accumulator()
    rows.update(BIG_LOG)
    ended = threading.Event()

    def finish(i: int) -> Any:
        if i == 0:
            try:
                return [rows.finish()["total_amount"].tobytes() for _ in range(20)]
            finally:
                ended.set()
        spans = {rows.span}
        while not ended.is_set():
            spans.add(rows.span)
        return spans

    finished, *spans = at_once(3, finish)
    assert len(set(finished)) == 1
    assert spans == [{rows.span}] * 2


def test_accumulators_merge_into_each_other() -> None:
    both = [loyalty.Accumulator(), loyalty.Accumulator()]
    for rows, start in zip(both, (0, 1), strict=True):
        rows.update({name: values[start::2] for name, values in CDNOW.items()})
    at_once(2, lambda i: both[i].merge(both[1 - i]))
    # Each has at least all rows, and possibly what the other had of its own in addition.
    assert {rows.span for rows in both} == {(CDNOW["time"].min(), CDNOW["time"].max())}


# -------------------------------------------------------------------------------------------------- numbers of threads


@pytest.mark.parametrize("n_threads", [1, 2, 3, 8])
def test_threads_change_no_bit(n_threads: int) -> None:
    def bits(n: int) -> list[Any]:
        kmeans = loyalty.KMeans(6, random_state=3, n_threads=n).fit(X[:50_000])
        churn = loyalty.LogisticChurn(n_threads=n).fit(X[:50_000], Y[:50_000])
        card = loyalty.Scorecard(random_state=7, n_threads=n).fit(CDNOW)
        return [
            kmeans.to_json(),
            kmeans.labels_.tobytes(),
            kmeans.transform(X).tobytes(),
            kmeans.score(X),
            churn.to_json(),
            churn.predict_proba(X).tobytes(),
            loyalty.ChooseK(2, 4, kmeans=loyalty.KMeans(random_state=3), n_threads=n).fit(X[:20_000]).to_json(),
            loyalty.metrics.silhouette(X[:3_000], kmeans.labels_[:3_000], n_threads=n),
            loyalty.summarize(BIG_LOG, n_threads=n)["total_amount"].tobytes(),
            card.to_json(),
            fitted.answers(card, ROWS, CDNOW),
        ]

    assert bits(n_threads) == bits(1)


def test_the_number_of_threads_is_the_calls_the_settings_or_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    from loyalty._threads import resolve

    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert loyalty.get_num_threads() == cores
    for asked, threads in [("3", 3), ("2,1", 2), (" 5 ", 5), ("0", cores), ("all", cores), ("", cores), ("-1", cores)]:
        monkeypatch.setenv("OMP_NUM_THREADS", asked)
        assert loyalty.get_num_threads() == threads, asked
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    loyalty.set_num_threads(7)
    assert loyalty.get_num_threads() == resolve(None) == 7
    assert resolve(2) == 2
    loyalty.set_num_threads(np.int64(4))
    assert loyalty.get_num_threads() == 4
    loyalty.set_num_threads(None)
    assert loyalty.get_num_threads() == 3


@pytest.mark.parametrize("wrong", [0, -1])
def test_no_threads_are_refused(wrong: int) -> None:
    with pytest.raises(loyalty.LoyaltyError, match=f"n_threads is {wrong}; it must be at least 1") as refused:
        loyalty.set_num_threads(wrong)
    assert refused.value.argument == "n_threads"
    with pytest.raises(loyalty.LoyaltyError, match="n_threads"):
        loyalty.KMeans(2, n_threads=wrong).fit(X[:10])


@pytest.mark.parametrize("wrong", [1.5, "2", True])
def test_threads_are_a_whole_number(wrong: Any) -> None:
    with pytest.raises(loyalty.LoyaltyTypeError, match="n_threads is .*; it must be a whole number"):
        loyalty.set_num_threads(wrong)


def test_workers_of_joblib_share_the_cores() -> None:
    joblib = pytest.importorskip("joblib")
    with joblib.parallel_config("loky", n_jobs=2, inner_max_num_threads=1):
        assert joblib.Parallel()(joblib.delayed(loyalty.get_num_threads)() for _ in range(4)) == [1] * 4


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads in /proc")
def test_a_fit_uses_no_more_threads_than_asked_and_leaves_none_behind() -> None:
    program = (
        "import os, statistics, time\n"
        "import numpy as np\n"
        "import loyalty\n"
        "def threads(): return len(os.listdir('/proc/self/task'))\n"
        "before, seen = threads(), []\n"
        "X = np.random.default_rng(1).normal(size=(400_000, 8))\n"
        "loyalty.KMeans(8, n_init=5, n_threads=3, tol=1e-3, progress=lambda *_: seen.append(threads())).fit(X)\n"
        # One that has done its work is gone a moment later, also to the system.
        "end = time.monotonic() + 10\n"
        "while threads() > before and time.monotonic() < end: time.sleep(0.001)\n"
        "print(statistics.median(seen) - before, threads() - before)\n"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    more, left = map(float, found.stdout.split())
    assert more <= 2  # the thread that calls works too
    assert left == 0


# ------------------------------------------------------------------------------------------------------ free threading


def test_free_threaded_builds_are_declined() -> None:
    # Such an interpreter switches its lock on, with a warning, when a module needs it that is not declared safe without.
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        return
    program = "import sys, warnings; warnings.simplefilter('ignore'); import loyalty; print(sys._is_gil_enabled())"
    found = subprocess.run([sys.executable, "-X", "gil=0", "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "True"


def test_the_native_module_is_one_for_all_versions() -> None:
    spec = importlib.util.find_spec("loyalty._loyalty")
    assert spec is not None
    assert ".abi3." in str(spec.origin) or sys.platform == "win32"
    assert _loyalty.__name__ == "loyalty._loyalty"
