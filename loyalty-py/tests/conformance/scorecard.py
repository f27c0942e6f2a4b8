"""`scorecard`: an order log in, every score of each customer out."""

from __future__ import annotations

from typing import Any

import numpy as np

import loyalty

from .cases import Case, restored
from .churn import logistic_churn
from .kmeans import kmeans


def _plan(params: dict[str, Any]) -> loyalty.Scorecard:
    """The estimator with the core's parameters."""
    params = restored(params)
    if "seed" in params:
        params["random_state"] = params.pop("seed")
    if "churn" in params:
        params["churn"] = logistic_churn(params["churn"])
    if "rfm" in params:
        params["rfm"] = loyalty.RFM(**params["rfm"])
    if "clusters" in params:
        clusters = params["clusters"]
        params["clusters"] = loyalty.ChooseK(**clusters | {"kmeans": kmeans(clusters["kmeans"])})
    if "actions" in params:
        params["actions"] = [(rule["tier"], rule["risk"], rule["action"]) for rule in params["actions"]]
    return loyalty.Scorecard(**params)


def call(function: str, case: Case) -> dict[str, Any]:
    log = {"customer": case.input["customer"], "time": np.array(case.input["time"], dtype=np.int64)}
    log |= {name: case.vector(name) for name in ("amount", "usage", "feedback") if name in case.input}
    known = {name: name for name in ("usage", "feedback") if name in log}
    card = _plan(case.params).fit(log, **known)
    if function == "fit":
        tried = card.candidates_
        return {"k": len(card.cluster_names_), "inertia": tried.inertia, "silhouette": tried.silhouette}
    assert function == "score"
    scores: dict[str, Any] = card.score(log, as_of=card.as_of)
    return scores
