"""Vectors of scaling: scikit-learn, and mpmath where scikit-learn's own rounding is too coarse."""

import mpmath
import numpy as np
import sklearn
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from vectors import Vectors

SKLEARN = f"scikit-learn {sklearn.__version__}"
MPMATH = f"mpmath {mpmath.__version__}, 60 digits, from the definition"
mpmath.mp.dps = 60
rng = np.random.default_rng(20240602)


def constant(x, weight=None):
    used = np.asarray(x) if weight is None else np.asarray(x)[np.asarray(weight) > 0]
    return np.flatnonzero(np.ptp(used, axis=0) == 0)


def optional(**inputs):
    return {name: value for name, value in inputs.items() if value is not None}


def standard_case(v, name, x, *, rows=None, weight=None, **params):
    x = np.asarray(x, dtype=float)
    scaler = StandardScaler(**params).fit(x, sample_weight=weight)
    given = x if rows is None else np.asarray(rows, dtype=float)
    transformed = scaler.transform(given)
    expected = {"transformed": transformed, "inverse": scaler.inverse_transform(transformed)}
    # What a parameter switches off, scikit-learn does not report.
    if scaler.mean_ is not None:
        expected["mean"] = scaler.mean_
    if scaler.scale_ is not None:
        expected |= {"scale": scaler.scale_, "constant_columns": constant(x, weight)}
    v.case(f"standard: {name}", "standard_scaler", params=params, expected=expected, rtol=1e-12, atol=1e-14,
           input={"x": x} | optional(rows=rows, sample_weight=weight),
           oracle=f"{SKLEARN}, StandardScaler")


def exact_case(v, name, column, weight=None):
    """One column in exact arithmetic."""
    values = [mpmath.mpf(float(value)) for value in column]
    weights = [mpmath.mpf(1)] * len(values) if weight is None else [mpmath.mpf(float(w)) for w in weight]
    total = mpmath.fsum(weights)
    mean = mpmath.fsum(w * x for w, x in zip(weights, values)) / total
    scale = mpmath.sqrt(mpmath.fsum(w * (x - mean) ** 2 for w, x in zip(weights, values)) / total)
    v.case(f"standard: {name}", "standard_scaler",
           input={"x": [[x] for x in column]} | optional(sample_weight=weight),
           expected={"mean": [float(mean)], "scale": [float(scale)], "constant_columns": []}, rtol=1e-14, oracle=MPMATH)


def min_max_case(v, name, x, *, rows=None, **params):
    x = np.asarray(x, dtype=float)
    scaler = MinMaxScaler(**params).fit(x)
    given = x if rows is None else np.asarray(rows, dtype=float)
    transformed = scaler.transform(given)
    v.case(f"min-max: {name}", "min_max_scaler", params=params,
           input={"x": x} | optional(rows=rows),
           expected={"data_min": scaler.data_min_, "data_max": scaler.data_max_, "constant_columns": constant(x),
                     "transformed": transformed, "inverse": scaler.inverse_transform(transformed)},
           rtol=1e-12, atol=1e-13, oracle=f"{SKLEARN}, MinMaxScaler")


v = Vectors("scaling")
x = rng.normal(size=(25, 3)) * [1.0, 40.0, 0.01] + [0.0, 100.0, -2.0]
new = rng.normal(size=(4, 3)) * 5
weight = rng.random(25)
weight[3] = 0.0
with_constant = np.column_stack([x[:, 0], np.full(25, 3.5), np.zeros(25)])

standard_case(v, "three columns", x)
standard_case(v, "new rows", x, rows=new)
standard_case(v, "weights", x, weight=weight, rows=new)
standard_case(v, "whole weights", [[1.0], [2.0], [4.0]], weight=[1.0, 0.0, 3.0])
standard_case(v, "constant columns", with_constant, rows=new)
standard_case(v, "constant where the weight is", [[5.0, 1.0], [5.0, 2.0], [9.0, 4.0]], weight=[1.0, 2.0, 0.0])
standard_case(v, "one row", [[3.0, -1.0]])
standard_case(v, "without mean", x, with_mean=False)
standard_case(v, "without standard deviation", x, with_std=False)
standard_case(v, "with neither", x, with_mean=False, with_std=False)
exact_case(v, "offset 1e12", 1e12 + rng.random(40))
exact_case(v, "offset 1e12 with weights", 1e12 + rng.random(40), rng.random(40))
exact_case(v, "scale 1e150", 1e150 * rng.normal(size=20))
exact_case(v, "scale 1e-150", 1e-150 * rng.normal(size=20))
exact_case(v, "scale 1e-300", 1e-300 * rng.normal(size=20), rng.random(20))
exact_case(v, "scale 1e300", 1e300 * rng.normal(size=20))
exact_case(v, "one value apart in the last digit", [1.0, 1.0, 1.0 + 2.0**-52])

min_max_case(v, "three columns", x)
min_max_case(v, "new rows beyond the range", x, rows=new)
min_max_case(v, "clipped", x, rows=new, clip=True)
min_max_case(v, "to -1 and 2", x, rows=new, feature_range=(-1.0, 2.0))
min_max_case(v, "constant columns", with_constant, rows=new)
min_max_case(v, "constant columns, to -1 and 2, clipped", with_constant, rows=new, feature_range=(-1.0, 2.0), clip=True)
min_max_case(v, "one row", [[3.0, -1.0]])
halves = [1e12, 1e12 + 1, 1e12 + 0.25]
v.case("min-max: offset 1e12", "min_max_scaler", input={"x": [[value] for value in halves]},
       expected={"transformed": [[0.0], [1.0], [0.25]], "constant_columns": []}, oracle="exact arithmetic by hand")
v.case("min-max: scale 1e-150", "min_max_scaler", input={"x": [[2.0**-500], [2.0**-499], [2.0**-498]]},
       expected={"transformed": [[0.0], [1 / 3], [1.0]], "constant_columns": []}, rtol=1e-15,
       oracle="exact arithmetic by hand")

oracle = "documented domain; scikit-learn refuses"
for call in ["standard_scaler", "min_max_scaler"]:
    for name, given, error in [
        ("no rows", {"x": []}, "TOO_FEW_ROWS"),
        ("no columns", {"x": [[], []]}, "SHAPE_MISMATCH"),
        ("NaN", {"x": [[1.0], [np.nan]]}, "NON_FINITE"),
        ("infinity", {"x": [[1.0], [np.inf]]}, "NON_FINITE"),
        ("new rows with another column", {"x": [[1.0], [2.0]], "rows": [[1.0, 2.0]]}, "SHAPE_MISMATCH"),
    ]:
        v.case(f"{call}: {name}", call, input=given, error=error, argument="x", oracle=oracle)
for name, weights, error in [
    ("too few weights", [1.0], "SHAPE_MISMATCH"), ("a negative weight", [1.0, -2.0], "INVALID_VALUE"),
    ("weights all zero", [0.0, 0.0], "DEGENERATE"), ("a weight of NaN", [1.0, np.nan], "NON_FINITE"),
]:
    v.case(f"standard: {name}", "standard_scaler", input={"x": [[1.0], [2.0]], "sample_weight": weights}, error=error,
           argument="sample_weight", oracle="documented domain")
for low, high in [(1.0, 1.0), (2.0, -1.0)]:
    v.case(f"min-max: to {low} and {high}", "min_max_scaler", params={"feature_range": [low, high]},
           input={"x": [[1.0], [2.0]]}, error="INVALID_PARAMETER", argument="feature_range", oracle=oracle)
v.write()
