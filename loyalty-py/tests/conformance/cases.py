"""Reads the conformance vectors of the core and compares answers with them; their form: the README beside them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

VECTORS = Path(__file__).parents[3] / "loyalty-core" / "tests" / "vectors"

#: The arguments that Python spells otherwise.
PYTHON_NAMES = {"x": "X", "c": "C", "seed": "random_state", "weight": "weights"}

_NON_FINITE = {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}


@dataclass(frozen=True)
class Case:
    """One case, texts for data resolved."""

    name: str
    call: str
    params: dict[str, Any]
    input: dict[str, Any]
    expected: dict[str, Any] | None
    error: str | None
    argument: str | None
    rtol: Any
    atol: Any
    oracle: str

    def vector(self, name: str) -> np.ndarray | None:
        """A vector of floats, or None if it is not given."""
        values = self.input.get(name)
        return None if values is None else np.array([number(v) for v in values], dtype=np.float64)

    def matrix(self, name: str) -> np.ndarray:
        """A matrix given as a list of rows."""
        rows = self.input[name]
        columns = len(rows[0]) if rows else 0
        return np.array([[number(v) for v in row] for row in rows], dtype=np.float64).reshape(len(rows), columns)


def cases_of(concept: str) -> list[Case]:
    """All cases of a vector file."""
    file = json.loads((VECTORS / f"{concept}.json").read_text(encoding="utf-8"))
    assert (file["format"], file["version"], file["concept"]) == ("loyalty-vectors", 1, concept)
    optional = {"expected": None, "error": None, "argument": None, "rtol": 0.0, "atol": 0.0}
    found = []
    for given in file["cases"]:
        assert given["oracle"], f"{given['name']}: no oracle"
        for part in ("params", "input", "expected"):
            if part in given:
                given[part] = _resolved(given[part], file["data"])
        found.append(Case(**optional | given))
    return found


def _resolved(value: Any, data: dict[str, Any]) -> Any:
    """The value with the data in place of the texts that stand for them."""
    if isinstance(value, str) and value.startswith("@"):
        return data[value[1:]]
    if isinstance(value, list):
        return [_resolved(item, data) for item in value]
    if isinstance(value, dict):
        return {key: _resolved(item, data) for key, item in value.items()}
    return value


def number(value: Any) -> Any:
    """A number that may be written as text."""
    if isinstance(value, str):
        return _NON_FINITE[value] if value in _NON_FINITE else int(value)
    return value


def restored(value: Any) -> Any:
    """The value with numbers in place of the texts that stand for them."""
    if isinstance(value, str):
        try:
            return number(value)
        except ValueError:
            return value
    if isinstance(value, list):
        return [restored(item) for item in value]
    if isinstance(value, dict):
        return {key: restored(item) for key, item in value.items()}
    return value


def plain(value: Any) -> Any:
    """An answer in the types that JSON has."""
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def failure(case: Case, answer: Any, but: frozenset[str] = frozenset()) -> str | None:
    """Why an answer is not the expected one, if it is not; results in `but` are not compared."""
    if case.expected is None:
        return f"answered {answer}, expected the error {case.error}"
    for field, expected in case.expected.items():
        if field in but:
            continue
        if field not in answer:
            return f"no result {field}"
        tolerances = (_tolerance(case.rtol, field), _tolerance(case.atol, field))
        why = difference(expected, plain(answer[field]), *tolerances, field)
        if why is not None:
            return why
    return None


def error_failure(case: Case, error: Any) -> str | None:
    """Why an error is not the expected one, if it is not."""
    argument = PYTHON_NAMES.get(case.argument or "", case.argument)
    if error.code == case.error and argument in (None, error.argument):
        return None
    return f"{error.code} of {error.argument} ({error}), expected {case.error} of {argument}"


def _tolerance(given: Any, field: str) -> float:
    found: Any = given.get(field, given.get("*", 0.0)) if isinstance(given, dict) else given
    return float(found)


def difference(expected: Any, actual: Any, rtol: float, atol: float, path: str) -> str | None:
    """What differs between the two, if anything; `path` says where."""
    if isinstance(expected, str) and not isinstance(actual, str):
        expected = restored(expected)
    if _is_number(expected) and _is_number(actual):
        same = expected == actual or (expected != expected and actual != actual)
        if same or (math.isfinite(expected) and abs(actual - expected) <= atol + rtol * abs(expected)):
            return None
        return f"{path}: {actual!r}, expected {expected!r}"
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return f"{path}: {len(actual)} items, expected {len(expected)}"
        parts = ((e, a, f"{path}[{i}]") for i, (e, a) in enumerate(zip(expected, actual, strict=True)))
    elif isinstance(expected, dict) and isinstance(actual, dict):
        parts = ((e, actual.get(key), f"{path}.{key}") for key, e in expected.items())
    else:
        same = type(expected) is type(actual) and expected == actual
        return None if same else f"{path}: {actual!r}, expected {expected!r}"
    return next((why for e, a, where in parts if (why := difference(e, a, rtol, atol, where)) is not None), None)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
