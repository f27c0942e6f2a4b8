"""Writes conformance vectors in the form that ../vectors/README.md describes."""

import json
import math
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent.parent / "vectors"


def plain(value):
    """The value as JSON holds it: no NumPy types, no NaN, no integer beyond 2**53."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value) if abs(int(value)) <= 2**53 else str(int(value))
    if isinstance(value, (float, np.floating)):
        value = float(value)
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return value
    return value


class Vectors:
    """The cases of one concept."""

    def __init__(self, concept):
        self.concept = concept
        self.data = {}
        self.cases = []

    def share(self, name, value):
        """Stores data for several cases; returns the reference to it."""
        self.data[name] = plain(value)
        return f"@{name}"

    def case(self, name, call, *, params=None, input=None, expected=None, error=None, argument=None,
             rtol=0, atol=0, oracle):
        assert (expected is None) != (error is None), f"{name}: either expected or error"
        assert name not in {case["name"] for case in self.cases}, f"{name}: twice"
        case = {"name": name, "call": f"{self.concept}.{call}", "params": params or {}, "input": input or {}}
        if error is None:
            case |= {"expected": expected, "rtol": rtol, "atol": atol}
        else:
            case |= {"error": error} | ({"argument": argument} if argument else {})
        self.cases.append(plain(case | {"oracle": oracle}))

    def write(self):
        """One line a case and a data set: short diffs."""
        line = lambda item: json.dumps(item, ensure_ascii=False, allow_nan=False)
        data = ",\n".join(f"    {line(name)}: {line(value)}" for name, value in self.data.items())
        cases = ",\n".join(f"    {line(case)}" for case in self.cases)
        (FOLDER / f"{self.concept}.json").write_text(
            f'{{\n  "format": "loyalty-vectors",\n  "version": 1,\n  "concept": "{self.concept}",\n'
            f'  "data": {{\n{data}\n  }},\n  "cases": [\n{cases}\n  ]\n}}\n', encoding="utf-8")
        print(f"{self.concept}: {len(self.cases)} cases")
