"""`score`: behaviours in, loyalty scores and tiers out."""

from __future__ import annotations

from typing import Any

import pandas as pd

import loyalty

from .cases import Case


def call(function: str, case: Case) -> dict[str, Any]:
    params = dict(case.params)
    behaviours = params.pop("behaviours")
    names = [b["name"] for b in behaviours]
    weights: Any = {b["name"]: b["weight"] for b in behaviours}
    x: Any = case.matrix("x")
    if len(weights) < len(names):
        # Names twice are nothing a mapping can have, but a frame can.
        weights, x = [b["weight"] for b in behaviours], pd.DataFrame(x, columns=names)
    elif not weights:
        # Only a frame may have columns without a weight.
        x = {"unused": x[:, 0]}
    model = loyalty.LoyaltyScore(
        weights=weights,
        normaliser={b["name"]: b["normaliser"] for b in behaviours if "normaliser" in b},
        inverted=[b["name"] for b in behaviours if b.get("inverted")],
        **params,
    ).fit(x)
    rows = case.matrix("new_x" if "new_x" in case.input else "x")
    if function == "fit":
        return {"normalisations": model.normalisations_}
    if function == "tier":
        tiers = model.tier(rows)
        return {"names": tiers, "tier": [model.tier_names_.index(tier) for tier in tiers]}
    return {function: getattr(model, function)(rows)}
