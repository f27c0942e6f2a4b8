"""`kmeans`: rows in, clusters out."""

from __future__ import annotations

from typing import Any

import numpy as np

import loyalty

from .cases import Case, restored


def kmeans(params: dict[str, Any]) -> loyalty.KMeans:
    """The estimator with the core's parameters."""
    params = restored(params)
    if "seed" in params:
        params["random_state"] = params.pop("seed")
    if isinstance(params.get("init"), list):
        params["init"] = np.array(params["init"], dtype=np.float64)
    return loyalty.KMeans(**params)


def call(function: str, case: Case) -> dict[str, Any]:
    weight = case.vector("sample_weight")
    if function == "choose_k":
        params = dict(case.params)
        if "kmeans" in params:
            params["kmeans"] = kmeans(params["kmeans"])
        chosen = loyalty.ChooseK(**params).fit(case.matrix("x"), sample_weight=weight)
        columns = chosen.candidates_._asdict()
        candidates = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return {"k": chosen.k_, "candidates": candidates}

    model = kmeans(case.params).fit(case.matrix("x"), sample_weight=weight)
    if function == "predict":
        return {"labels": model.predict(case.matrix("new_x"))}
    if function == "distances":
        return {"distances": model.transform(case.matrix("new_x"))}
    assert function == "fit"
    return {
        "labels": model.labels_,
        "centroids": model.cluster_centers_,
        "inertia": model.inertia_,
        "iterations": model.n_iter_,
        "converged": model.converged_,
        "n_used_clusters": len(np.unique(model.labels_)),
        "cluster_weights": model.cluster_weights_,
    }
