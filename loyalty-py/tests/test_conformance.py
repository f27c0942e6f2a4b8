"""Runs the conformance vectors of the core through the package, one test a case.

`elementary` and `special` are mathematics below the concepts and have no name in Python; the core's own tests run them.
"""

from __future__ import annotations

import json
import warnings
from importlib import import_module

import pytest
from conformance.cases import VECTORS, Case, cases_of, difference, error_failure, failure

from loyalty import LoyaltyError, LoyaltyWarning

CONCEPTS = ("churn", "clv", "customers", "kmeans", "metrics", "rfm", "scaling", "score", "scorecard")
BELOW_THE_CONCEPTS = ("elementary", "special")

CASES = [(concept, case) for concept in CONCEPTS for case in cases_of(concept)]


@pytest.mark.parametrize(("concept", "case"), CASES, ids=[f"{concept}: {case.name}" for concept, case in CASES])
def test_case(concept: str, case: Case) -> None:
    adapter = import_module(f"conformance.{concept}")
    of, function = case.call.split(".")
    assert of == concept
    try:
        with warnings.catch_warnings():
            # What a case is about may also be worth a warning, which has its own tests.
            warnings.simplefilter("ignore", LoyaltyWarning)
            answer = adapter.call(function, case)
    except LoyaltyError as error:
        if case.error is None:
            raise
        assert error_failure(case, error) is None
    else:
        assert failure(case, answer, frozenset(getattr(adapter, "NO_RESULT", {}))) is None


def test_every_vector_file_is_run() -> None:
    assert {path.stem for path in VECTORS.glob("*.json")} == {*CONCEPTS, *BELOW_THE_CONCEPTS}
    for concept in CONCEPTS:
        written = json.loads((VECTORS / f"{concept}.json").read_text(encoding="utf-8"))["cases"]
        run = [case.name for of, case in CASES if of == concept]
        assert run == [case["name"] for case in written]
        print(f"{concept}: {len(run)} cases")


def test_the_comparison_can_fail() -> None:
    inf, nan = float("inf"), float("nan")
    assert difference(1.0, 1.1, 0.01, 0.0, "it") and not difference(1.0, 1.1, 0.2, 0.0, "it")
    assert difference([1, 2], [1], 1.0, 0.0, "it") and difference("a", "b", 1.0, 0.0, "it")
    assert difference(nan, 1.0, 1.0, 0.0, "it") and not difference(nan, nan, 0.0, 0.0, "it")
    assert difference(inf, 1.0, 1.0, 0.0, "it") and not difference(inf, inf, 1.0, 0.0, "it")
    assert difference(True, None, 1.0, 0.0, "it") and difference(True, 1, 0.0, 0.0, "it")
    case = Case("", "", {}, {}, None, "BAD_MODEL", "x", 0.0, 0.0, "")
    assert failure(case, {})
    assert error_failure(case, LoyaltyError("", "BAD_MODEL", "y"))
    assert error_failure(case, LoyaltyError("", "DEGENERATE", "X"))
    assert error_failure(case, LoyaltyError("", "BAD_MODEL", "X")) is None
    assert failure(Case("", "", {}, {}, {"a": 1}, None, None, 0.0, 0.0, ""), {}) == "no result a"
