"""`rfm`: recency, frequency and monetary value in, scores and segments out."""

from __future__ import annotations

from typing import Any

import loyalty

from .cases import Case

_FEATURES = ("recency_days", "frequency", "monetary")


def call(function: str, case: Case) -> dict[str, Any]:
    customers = {name: case.vector(name) for name in _FEATURES}
    model = loyalty.RFM(**case.params, frequency="frequency", monetary="monetary").fit(customers)
    if function == "fit":
        nested: Any = model.nested_cut_points_
        if nested is not None:
            nested = {name: cells.ravel() for name, cells in zip(_FEATURES[1:], nested, strict=True)}
        return {
            "cut_points": model.cut_points_._asdict(),
            "nested_cut_points": nested,
            "bins_in_use": model.bins_in_use_._asdict(),
        }
    assert function == "score"
    new = {name: case.vector(f"new_{name}") for name in _FEATURES}
    rows = {name: customers[name] if new[name] is None else new[name] for name in _FEATURES}
    scores: dict[str, Any] = model.transform(rows)
    return scores | {"combined": scores["rfm_score"], "codes": scores["rfm"]}
