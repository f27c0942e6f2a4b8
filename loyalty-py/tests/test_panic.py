"""A panic, if one ever happened, is an exception like any other, and the process goes on."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest

import loyalty
from loyalty import _loyalty

X = np.random.default_rng(3).normal(size=(200, 3))

both = pytest.mark.parametrize("detached", [True, False])


@both
def test_a_panic_is_an_ordinary_exception(detached: bool) -> None:
    try:
        _loyalty.provoke_panic(detached)
    except Exception as error:  # noqa: BLE001 - that this catches it is what is tested
        raised = error
    assert type(raised) is loyalty.LoyaltyError
    assert str(raised) == "internal error, please report it: provoked by a test"
    assert (raised.code, raised.argument, raised.row, raised.column) == ("INTERNAL", None, None, None)


@both
def test_a_thousand_calls_are_served_after_each_of_many_panics(detached: bool) -> None:
    right = loyalty.KMeans(3, random_state=1).fit(X).to_json()
    for _ in range(3):
        with pytest.raises(loyalty.LoyaltyError):
            _loyalty.provoke_panic(detached)
        model = loyalty.KMeans(3, random_state=1, n_threads=2)
        assert [model.fit(X).to_json() for _ in range(1_000)] == [right] * 1_000


@both
def test_a_panic_in_a_thread_stays_there(detached: bool) -> None:
    caught = []

    def work() -> None:
        for _ in range(100):
            try:
                _loyalty.provoke_panic(detached)
            except loyalty.LoyaltyError as error:
                caught.append(error.code)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert caught == ["INTERNAL"] * 400


@both
def test_the_place_of_a_panic_is_on_standard_error(detached: bool) -> None:
    # Rust writes it there, once; a report needs it, and no caller's own hook is replaced to hide it.
    program = (
        "import loyalty, sys\n"
        "from loyalty import _loyalty\n"
        f"try: _loyalty.provoke_panic({detached})\n"
        "except loyalty.LoyaltyError as error: print(error.code)\n"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "INTERNAL\n"
    assert found.stderr.count("panicked at") == 1
    assert "lib.rs" in found.stderr
    assert "Traceback" not in found.stderr
