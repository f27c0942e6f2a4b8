"""Processes: forked after a fit, spawned, in pools; each fits, and none hangs."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import orders
import pytest

import loyalty
from loyalty import _loyalty

X = np.random.default_rng(3).normal(size=(3_000, 4))
LOG = orders.log()
FORKS = 1_000

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
# Python warns of any fork while a thread runs, and pools of these tests have some.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """A hang becomes a failure."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def late(*_: Any) -> None:
        raise TimeoutError("a process hangs")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(300)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def fit(seed: int) -> str:
    # On two threads, whatever the machine has.
    return str(loyalty.KMeans(4, random_state=seed, n_threads=2).fit(X).to_json())


def fit_all(seed: int) -> list[str]:
    churn = loyalty.LogisticChurn(n_threads=2).fit(X, X[:, 0] > X[::-1, 1])
    card = loyalty.Scorecard(horizon_days=120, random_state=seed, n_threads=2).fit(LOG)
    return [fit(seed), churn.to_json(), card.to_json(), loyalty.summarize(LOG)["total_amount"].tobytes().hex()]


def fork(work: Callable[[], bool]) -> int:
    """A child that ends with 0 if `work` is true."""
    child = os.fork()
    if child == 0:
        code = 2
        try:
            code = 0 if work() else 1
        finally:
            os._exit(code)
    return child


def code_of(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@forks
def test_a_thousand_forks_fit() -> None:
    right = fit(1)
    for start in range(0, FORKS, 20):
        children = [fork(lambda: fit(1) == right) for _ in range(20)]
        # The parent goes on meanwhile.
        assert fit(1) == right
        assert [code_of(child) for child in children] == [0] * 20, start


@forks
def test_a_fork_during_fits_of_other_threads_fits() -> None:
    right, ended = fit_all(1), threading.Event()

    def keep_fitting() -> None:
        while not ended.is_set():
            loyalty.KMeans(8, n_init=3, tol=1e-3, n_threads=2).fit(X)

    threads = [threading.Thread(target=keep_fitting) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(50):
            assert code_of(fork(lambda: fit_all(1) == right)) == 0
    finally:
        ended.set()
        for thread in threads:
            thread.join()


@forks
def test_a_child_of_a_child_fits() -> None:
    right = fit_all(2)
    assert code_of(fork(lambda: fit_all(2) == right and code_of(fork(lambda: fit_all(2) == right)) == 0)) == 0


@forks
def test_a_model_of_the_parent_answers_in_the_child() -> None:
    card = loyalty.Scorecard(horizon_days=120).fit(LOG)
    right = repr(card.score_one(12.0, 8, 530.5, 400.0))
    rows = loyalty.Accumulator()
    rows.update(LOG)
    total = rows.finish()["total_amount"].tobytes()
    for _ in range(50):
        same = fork(
            lambda: repr(card.score_one(12.0, 8, 530.5, 400.0)) == right
            and rows.finish()["total_amount"].tobytes() == total
        )
        assert code_of(same) == 0


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_pools_of_multiprocessing_fit(method: str) -> None:
    right = [fit_all(seed) for seed in range(4)]
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(fit_all, range(4)) == right


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_executors_fit_and_pass_models_on(method: str) -> None:
    model = loyalty.KMeans(4, random_state=1).fit(X)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        assert list(pool.map(fit, range(4))) == [fit(seed) for seed in range(4)]
        assert pool.submit(model.predict, X).result().tobytes() == model.predict(X).tobytes()
        fitted = pool.submit(loyalty.KMeans(4, random_state=1).fit, X).result()
        assert fitted.labels_.tobytes() == model.labels_.tobytes()
        with pytest.raises(loyalty.LoyaltyError) as failed:
            pool.submit(loyalty.KMeans(4).fit, np.full((5, 2), np.nan)).result()
        assert (failed.value.code, failed.value.row) == ("NON_FINITE", 0)


@pytest.mark.parametrize("backend", ["loky", "multiprocessing", "threading"])
def test_backends_of_joblib_fit(backend: str) -> None:
    joblib = pytest.importorskip("joblib")
    found = joblib.Parallel(n_jobs=2, backend=backend)(joblib.delayed(fit_all)(seed) for seed in range(4))
    assert found == [fit_all(seed) for seed in range(4)]


def test_a_pool_outlives_panics_in_its_workers() -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        worker = pool.submit(os.getpid).result()
        for detached in (True, False):
            with pytest.raises(loyalty.LoyaltyError, match="provoked by a test") as failed:
                pool.submit(_loyalty.provoke_panic, detached).result()
            assert failed.value.code == "INTERNAL"
        assert list(pool.map(fit, [1] * 1_000, chunksize=50)) == [fit(1)] * 1_000
        assert pool.submit(os.getpid).result() == worker


@forks
def test_a_server_that_loads_before_it_forks_answers() -> None:
    # As gunicorn does with --preload: the parent fits and serves nothing, the workers live long and are then told to end.
    program = """
        import os, signal, sys, time
        import numpy as np
        import loyalty
        X = np.random.default_rng(3).normal(size=(3_000, 4))
        model = loyalty.KMeans(4, random_state=1, n_threads=2).fit(X)
        workers = []
        for _ in range(4):
            child = os.fork()
            if child == 0:
                signal.signal(signal.SIGTERM, lambda *_: os._exit(7))
                ok = all((model.predict(X) == model.labels_).all() for _ in range(100))
                ok = ok and loyalty.KMeans(4, random_state=1, n_threads=2).fit(X).to_json() == model.to_json()
                os.write(1, b"right\\n" if ok else b"wrong\\n")
                while True:
                    loyalty.KMeans(4, n_threads=2).fit(X)
            workers.append(child)
        time.sleep(1.0)
        for child in workers:
            os.kill(child, signal.SIGTERM)
        print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in workers])
    """
    started = time.monotonic()
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True, timeout=120
    )
    assert sorted(found.stdout.splitlines()) == ["[7, 7, 7, 7]"] + ["right"] * 4, found.stderr
    assert time.monotonic() - started < 60.0
