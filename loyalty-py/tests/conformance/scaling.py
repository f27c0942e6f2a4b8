"""`scaling`: columns in, scaled columns out and back."""

from __future__ import annotations

from typing import Any

import numpy as np

import loyalty

from .cases import Case


def call(function: str, case: Case) -> dict[str, Any]:
    """Fits to `x`, then transforms `rows` (else `x`) and back."""
    x, params = case.matrix("x"), dict(case.params)
    if "feature_range" in params:
        params["feature_range"] = tuple(params["feature_range"])
    estimator = {"standard_scaler": loyalty.StandardScaler, "min_max_scaler": loyalty.MinMaxScaler}[function]
    scaler = estimator(**params).fit(x, sample_weight=case.vector("sample_weight"))
    if function == "standard_scaler":
        learnt = {"mean": scaler.mean_, "scale": scaler.scale_}
        # The variance of a tiny column underflows, its scale does not.
        constant = None if scaler.var_ is None else np.flatnonzero((scaler.var_ == 0) & (scaler.scale_ == 1))
    else:
        learnt = {"data_min": scaler.data_min_, "data_max": scaler.data_max_}
        constant = np.flatnonzero(scaler.data_range_ == 0)
    transformed = scaler.transform(case.matrix("rows") if "rows" in case.input else x)
    inverse = scaler.inverse_transform(transformed)
    return learnt | {"transformed": transformed, "inverse": inverse, "constant_columns": constant}
