"""`clv`: revenue, margins and counts in, values out."""

from __future__ import annotations

from typing import Any

from loyalty import clv

from .cases import Case, number


def _given(case: Case, name: str) -> Any:
    """One number for all, or a list or matrix of them; 0 if it is not given."""
    value = case.input.get(name, 0.0)
    if not isinstance(value, list):
        return number(value)
    return case.matrix(name) if any(isinstance(item, list) for item in value) else case.vector(name)


def _timing(params: dict[str, Any]) -> dict[str, Any]:
    timing = params.get("timing")
    return params | {"timing": timing["offset"]} if isinstance(timing, dict) else params


def _horizon(params: dict[str, Any]) -> dict[str, Any]:
    horizon = params.get("horizon")
    return params | {"horizon": horizon["finite"]} if isinstance(horizon, dict) else params


def call(function: str, case: Case) -> dict[str, Any]:
    if function in ("discounted", "undiscounted"):
        costs = {name: _given(case, name) for name in ("cost", "acquisition_cost")}
        return {"values": getattr(clv, function)(case.matrix("revenue"), **costs, **_timing(case.params))}
    if function == "historic":
        names = ("average_order_value", "purchases_per_period", "lifespan_periods")
        return {"values": clv.historic(*(case.vector(name) for name in names))}
    if function == "lifespan":
        return {"values": clv.lifespan(case.vector("churn_rate"))}
    if function == "retention":
        cost = _given(case, "acquisition_cost")
        rate = _given(case, "retention_rate")
        return {"values": clv.retention(case.vector("margin"), rate, acquisition_cost=cost, **_horizon(case.params))}
    assert function == "retention_rate"
    return {"value": clv.retention_rate(**case.input)}
